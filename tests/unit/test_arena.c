#include "base/arena.h"

#include "base/poison.h"
#include "support/test.h"

static void
arena_new__is_zeroed_and_aligned(void)
{
	char memory[256];
	memset(memory, 0xff, sizeof(memory));
	struct arena a = arena_over(memory, sizeof(memory));
	char *one = arena_new(&a, char, 1);
	uint64_t *words = arena_new(&a, uint64_t, 4);
	EXPECT(*one == 0);
	EXPECT((uintptr_t)words % alignof(uint64_t) == 0);
	for (size_t i = 0; i < 4; i++)
		EXPECT_U64(words[i], 0);
}

static void
arena_try__says_null_when_full_and_takes_nothing(void)
{
	char memory[64];
	struct arena a = arena_over(memory, sizeof(memory));
	EXPECT(arena_try(&a, char, 65) == NULL);
	EXPECT(arena_try(&a, uint64_t, SIZE_MAX / 4) == NULL);
	EXPECT(arena_try(&a, char, 64) != NULL);
	EXPECT(arena_try(&a, char, 1) == NULL);
	EXPECT(arena_try(&a, char, 0) != NULL);
}

#ifdef POISON_ON
/* For the sanitizers to find what reads on: however far from the start, and whichever way the
 * last object was taken. */
static void
arena_alloc__what_follows_must_not_be_touched(void)
{
	enum { MB = 1 << 20 };
	struct arena_map map;
	struct arena a = arena_map(&map, 8 * MB);
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < 100; i++) {
			char *p = arena_new(&a, char, 65536);
			EXPECT(!POISONED(p) && !POISONED(p + 65535) && POISONED(p + 65536));
		}
		a = arena_map_reset(&map, 0);
		EXPECT(POISONED(map.memory) && POISONED((char *)map.memory + MB - 1));
	}
	(void)arena_fresh(&a, char, 3 * MB);
	EXPECT(POISONED(a.beg) && POISONED(a.beg + 1024));

	uint64_t *three = arena_new(&a, uint64_t, 3);
	uint64_t *next = arena_new(&a, uint64_t, 1);
	EXPECT(next > three + 3 && POISONED(three + 3) && !POISONED(next));

	/* What a copy has taken stays when none is taken behind it. */
	struct arena copy = a;
	char *taken = arena_new(&copy, char, 8);
	(void)arena_new(&a, char, 0);
	EXPECT(!POISONED(taken));
	arena_unmap(&map);
}
#endif

static size_t
use_scratch(struct arena scratch)
{
	char *p = arena_new(&scratch, char, 32);
	p[31] = 1;
	return (size_t)(scratch.beg - p);
}

static void
arena__by_value_gives_everything_back(void)
{
	char memory[64];
	struct arena a = arena_over(memory, sizeof(memory));
	EXPECT_U64(use_scratch(a), 32);
	EXPECT_U64(use_scratch(a), 32);
	EXPECT_U64(use_scratch(a), 32);
	EXPECT(a.beg == memory);
}

static void
arena_str__copies(void)
{
	char memory[64];
	struct arena a = arena_over(memory, sizeof(memory));
	char text[] = "abc";
	str s = arena_str(&a, str_of(text));
	const char *c = arena_cstr(&a, str_of(text));
	text[0] = 'x';
	EXPECT_STR(s, STR("abc"));
	EXPECT_STR(str_of(c), STR("abc"));
	EXPECT_U64(arena_str(&a, (str){ NULL, 0 }).n, 0);
}

static void
arena_printf__cuts_at_the_end_of_the_arena(void)
{
	char memory[8];
	struct arena a = arena_over(memory, sizeof(memory));
	EXPECT_STR(arena_printf(&a, "%d-%s", 12, "a"), STR("12-a"));
	EXPECT_STR(arena_printf(&a, "%s", "abcdef"), STR("abc"));
	EXPECT_STR(arena_printf(&a, "%s", "abcdef"), STR(""));
}

static void
arena_map__serves_and_resets(void)
{
	struct arena_map map;
	struct arena a = arena_map(&map, 1 << 20);
	uint64_t *pool = arena_fresh(&a, uint64_t, 1000);
	EXPECT_U64(pool[0] | pool[999], 0);
	char *far = arena_new(&a, char, 100000);
	far[99999] = 'x';
	pool[0] = 7;

	a = arena_map_reset(&map, sizeof(*pool));
	EXPECT(a.beg == map.memory);
	EXPECT(a.end == a.beg + (1 << 20));
	far = arena_new(&a, char, 200000);
	EXPECT(far[0] == 0 && far[199999] == 0);
	arena_unmap(&map);
	arena_unmap(&map);
	EXPECT(map.memory == NULL);
}

int
main(void)
{
	RUN(arena_new__is_zeroed_and_aligned);
	RUN(arena_try__says_null_when_full_and_takes_nothing);
#ifdef POISON_ON
	RUN(arena_alloc__what_follows_must_not_be_touched);
#endif
	RUN(arena__by_value_gives_everything_back);
	RUN(arena_str__copies);
	RUN(arena_printf__cuts_at_the_end_of_the_arena);
	RUN(arena_map__serves_and_resets);
	TEST_MAIN_END();
}
