#include "base/pool.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

static uint64_t seed = 1;

static size_t
below(size_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (size_t)(seed >> 33) % n;
}

static void
pool__objects_are_zeroed_and_aligned(void)
{
	struct pool *pool = pool_new(1 << 20);
	for (size_t size = 1; size < 3000; size = size * 3 / 2 + 1) {
		unsigned char *p = pool_alloc(pool, size);
		EXPECT(p != NULL && (uintptr_t)p % 16 == 0);
		memset(p, 0xff, size);
		pool_free(pool, p, size);
		p = pool_alloc(pool, size);
		for (size_t i = 0; i < size; i++)
			EXPECT(p[i] == 0);
		pool_free(pool, p, size);
	}
	EXPECT_U64(pool_used(pool), 0);
	pool_free_all(pool);
}

static void
pool__wastes_little(void)
{
	struct pool *pool = pool_new(2 << 20);
	size_t bad = 0;
	for (size_t size = 1; size <= POOL_SIZE_MAX; size += 1 + size / 97) {
		void *p = pool_alloc(pool, size);
		bad += p == NULL;
		size_t cost = pool_used(pool) - size;
		bad += cost < 8 || (cost > 31 && cost > 8 + size / 32);
		pool_free(pool, p, size);
	}
	EXPECT_U64(bad, 0);
	EXPECT(pool_alloc(pool, POOL_SIZE_MAX + 1) == NULL);
	pool_free_all(pool);
}

static void
pool__refuses_at_its_maximum_and_recovers(void)
{
	struct pool *pool = pool_new(64 * 1024);
	void *held[64];
	for (size_t i = 0; i < countof(held); i++) {
		held[i] = pool_alloc(pool, 1016);
		EXPECT(held[i] != NULL);
	}
	EXPECT_U64(pool_used(pool), 64 * 1024);
	EXPECT(pool_alloc(pool, 1) == NULL);
	EXPECT_U64(pool_used(pool), 64 * 1024);
	pool_free(pool, held[7], 1016);
	EXPECT(pool_alloc(pool, 1017) == NULL);
	EXPECT(pool_alloc(pool, 1016) == held[7]);
	pool_free_all(pool);
}

/* Fill it with small objects, free them in some order, and it holds one large one. */
static void
pool__neighbours_grow_together_again(void)
{
	for (size_t step = 1; step < 8; step += 2) {
		struct pool *pool = pool_new(64 * 1024);
		static void *held[1024];
		for (size_t i = 0; i < countof(held); i++) {
			held[i] = pool_alloc(pool, 50);
			EXPECT(held[i] != NULL);
		}
		EXPECT(pool_alloc(pool, 1) == NULL);
		for (size_t i = 0; i < countof(held); i++)
			pool_free(pool, held[i * step % countof(held)], 50);
		EXPECT_U64(pool_used(pool), 0);
		EXPECT(pool_alloc(pool, 64 * 1024 - 8) != NULL);
		pool_free_all(pool);
	}
}

/* As long as the sizes stay, so does the memory. */
static void
pool__steady_use_needs_no_more_memory(void)
{
	struct pool *pool = pool_new(200 * 1100);
	void *held[200];
	for (size_t i = 0; i < countof(held); i++)
		held[i] = pool_alloc(pool, 1000 + i % 2);
	size_t failed = 0;
	for (size_t round = 0; round < 5000; round++) {
		size_t i = below(countof(held));
		pool_free(pool, held[i], 1000 + i % 2);
		held[i] = pool_alloc(pool, 1000 + i % 2);
		failed += held[i] == NULL;
	}
	EXPECT_U64(failed, 0);
	pool_free_all(pool);
}

static void
pool__empty_strings_need_no_memory(void)
{
	struct pool *pool = pool_new(4096);
	str s = STR("left over");
	EXPECT(pool_str(pool, STR(""), &s) && s.p == NULL && s.n == 0);
	EXPECT_U64(pool_used(pool), 0);
	EXPECT(pool_str(pool, STR("queue"), &s));
	EXPECT_STR(s, STR("queue"));
	pool_str_free(pool, s);
	pool_str_free(pool, (str){ NULL, 0 });
	EXPECT_U64(pool_used(pool), 0);
	pool_free_all(pool);
}

/* Does it end a process? */
static bool
ends(void (*mistake)(struct pool *pool, char *a, char *b))
{
	pid_t child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		(void)dup2(null, STDERR_FILENO);
		struct pool *pool = pool_new(4096);
		char *a = pool_alloc(pool, 56);
		char *b = pool_alloc(pool, 56);
		char *last = pool_alloc(pool, 56);
		if (a != NULL && b != NULL && last != NULL)
			mistake(pool, a, b);
		_exit(0);
	}
	int status = 0;
	EXPECT(waitpid(child, &status, 0) == child);
	return status != 0;
}

static void
free_twice(struct pool *pool, char *a, char *b)
{
	(void)b;
	pool_free(pool, a, 56);
	pool_free(pool, a, 56);
}

static void
free_with_a_wrong_size(struct pool *pool, char *a, char *b)
{
	(void)b;
	pool_free(pool, a, 100);
}

static void
write_past_the_end(struct pool *pool, char *a, char *b)
{
	memset(a, 'x', (size_t)(b - a));
	pool_free(pool, b, 56);
}

static void
make_no_mistake(struct pool *pool, char *a, char *b)
{
	pool_free(pool, a, 56);
	pool_free(pool, b, 56);
}

static void
pool__misuse_ends_the_process(void)
{
	EXPECT(!ends(make_no_mistake));
	EXPECT(ends(free_twice));
	EXPECT(ends(free_with_a_wrong_size));
	EXPECT(ends(write_past_the_end));
}

/* Each object is filled with its own byte: overlap would show in one of them. */
static void
pool__agrees_with_a_shadow_over_many_changes(void)
{
	static struct {
		unsigned char *p;
		size_t size;
	} shadow[500];
	struct pool *pool = pool_new(1 << 20);
	size_t refused = 0, bytes = 0;
	for (unsigned round = 0; round < 60000; round++) {
		size_t i = below(countof(shadow));
		unsigned char fill = (unsigned char)i;
		if (shadow[i].p != NULL) {
			for (size_t k = 0; k < shadow[i].size; k++)
				ASSERT(shadow[i].p[k] == fill);
			pool_free(pool, shadow[i].p, shadow[i].size);
			bytes -= shadow[i].size;
			shadow[i].p = NULL;
			continue;
		}
		shadow[i].size = 1 + below(round / 20000 % 2 ? 12000 : 300);
		shadow[i].p = pool_alloc(pool, shadow[i].size);
		if (shadow[i].p == NULL) {
			refused++;
			continue;
		}
		memset(shadow[i].p, fill, shadow[i].size);
		bytes += shadow[i].size;
		ASSERT(pool_used(pool) >= bytes);
	}
	EXPECT(refused > 0);
	for (size_t i = 0; i < countof(shadow); i++)
		pool_free(pool, shadow[i].p, shadow[i].size);
	EXPECT_U64(pool_used(pool), 0);
	pool_free_all(pool);
}

int
main(void)
{
	RUN(pool__objects_are_zeroed_and_aligned);
	RUN(pool__wastes_little);
	RUN(pool__refuses_at_its_maximum_and_recovers);
	RUN(pool__neighbours_grow_together_again);
	RUN(pool__steady_use_needs_no_more_memory);
	RUN(pool__empty_strings_need_no_memory);
	RUN(pool__misuse_ends_the_process);
	RUN(pool__agrees_with_a_shadow_over_many_changes);
	TEST_MAIN_END();
}
