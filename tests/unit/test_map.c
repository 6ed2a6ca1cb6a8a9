#include "base/map.h"

#include "base/arena.h"
#include "support/test.h"

static void
map__finds_what_was_put(void)
{
	struct map m;
	map_init(&m, 99);
	uint64_t value = 5;
	EXPECT(!map_get(&m, 1, &value) && value == 5);
	EXPECT(!map_remove(&m, 1));
	map_put(&m, 1, 10);
	map_put(&m, 0, 20);
	map_put(&m, UINT64_MAX, 0);
	EXPECT(map_get(&m, 1, &value) && value == 10);
	EXPECT(map_get(&m, 0, &value) && value == 20);
	EXPECT(map_get(&m, UINT64_MAX, &value) && value == 0);
	map_put(&m, 1, 11);
	EXPECT(map_get(&m, 1, &value) && value == 11);
	EXPECT_U64(m.n, 3);
	EXPECT(map_remove(&m, 0));
	EXPECT(!map_get(&m, 0, &value));
	EXPECT_U64(m.n, 2);
	map_done(&m);
}

static void
map__zeroed_is_ready(void)
{
	struct map m = { 0 };
	map_put(&m, 7, 8);
	uint64_t value;
	EXPECT(map_get(&m, 7, &value) && value == 8);
	map_done(&m);
}

/* Against an array that does the obvious thing. */
static void
map__agrees_with_an_array_over_many_changes(void)
{
	enum { KEYS = 700 };
	static bool there[KEYS];
	static uint64_t want[KEYS];
	struct map m;
	map_init(&m, 12345);
	uint64_t random = 1;
	size_t n = 0;
	for (unsigned round = 0; round < 200000; round++) {
		random = random * UINT64_C(6364136223846793005) + 1;
		size_t key = (size_t)(random >> 33) % KEYS;
		/* phases of growing and of shrinking */
		bool put = (random >> 20) % 8 < (round / 20000 % 2 ? 2U : 6U);
		if (put) {
			map_put(&m, key, random);
			n += !there[key];
			there[key] = true;
			want[key] = random;
		} else {
			EXPECT(map_remove(&m, key) == there[key]);
			n -= there[key];
			there[key] = false;
		}
		EXPECT_U64(m.n, n);
		size_t look = (size_t)(random >> 45) % KEYS;
		uint64_t value = 0;
		EXPECT(map_get(&m, look, &value) == there[look]);
		EXPECT(!there[look] || value == want[look]);
	}
	for (size_t key = 0; key < KEYS; key++) {
		uint64_t value;
		EXPECT(map_get(&m, key, &value) == there[key]);
	}
	EXPECT(m.cap <= 1024 * 2);
	map_done(&m);
}

static void
map__spreads_regular_keys(void)
{
	/* Keys that differ only high up, or by a power of two, must not pile up: a pile
	 * would make this test take minutes. */
	struct map m;
	map_init(&m, 3);
	for (uint64_t i = 0; i < 20000; i++) {
		map_put(&m, i << 44, i);
		map_put(&m, i << 12, i);
	}
	uint64_t value;
	EXPECT(map_get(&m, UINT64_C(777) << 44, &value) && value == 777);
	map_done(&m);
}

static void
names__keep_every_name(void)
{
	static char memory[1 << 20];
	struct arena a = arena_over(memory, sizeof(memory));
	struct names names = { 0 };
	int things[1000];
	EXPECT(names_get(&names, STR("x")) == NULL);
	for (int i = 0; i < 1000; i++) {
		void **slot = names_slot(&names, &a, arena_printf(&a, "service-%d", i));
		EXPECT(*slot == NULL);
		*slot = &things[i];
	}
	EXPECT_U64(names.n, 1000);
	for (int i = 0; i < 1000; i++) {
		str name = arena_printf(&a, "service-%d", i);
		EXPECT(names_get(&names, name) == &things[i]);
		EXPECT(*names_slot(&names, &a, name) == &things[i]);
	}
	EXPECT_U64(names.n, 1000);
	EXPECT(names_get(&names, STR("service-1000")) == NULL);
	EXPECT(names_get(&names, STR("")) == NULL);
}

int
main(void)
{
	RUN(map__finds_what_was_put);
	RUN(map__zeroed_is_ready);
	RUN(map__agrees_with_an_array_over_many_changes);
	RUN(map__spreads_regular_keys);
	RUN(names__keep_every_name);
	TEST_MAIN_END();
}
