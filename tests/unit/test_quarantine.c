#include "gate/quarantine.h"

#include "support/test.h"

static struct quarantine q;

static hash32
digest(uint32_t n)
{
	hash32 hash = { { 1 } };
	memcpy(hash.b + 8, &n, sizeof(n));
	return hash;
}

static void
quarantine__holds_at_the_second_death(void)
{
	hash32 a = digest(1), b = digest(2);
	q.n = 0;
	EXPECT_U64(quarantine_look(&q, &a, 1), QUARANTINE_CLEAN);
	EXPECT_U64(quarantine_strike(&q, &a, 1), 1);
	EXPECT_U64(quarantine_look(&q, &a, 2), QUARANTINE_SUSPECT);
	EXPECT_U64(quarantine_look(&q, &b, 2), QUARANTINE_CLEAN);
	EXPECT_U64(quarantine_strike(&q, &a, 3), 2);
	EXPECT_U64(quarantine_look(&q, &a, 4), QUARANTINE_HELD);
}

static void
quarantine__forgets_a_suspect_that_was_answered(void)
{
	hash32 a = digest(1);
	q.n = 0;
	(void)quarantine_strike(&q, &a, 1);
	quarantine_clear(&q, &a);
	EXPECT_U64(quarantine_look(&q, &a, 2), QUARANTINE_CLEAN);
	(void)quarantine_strike(&q, &a, 3);
	(void)quarantine_strike(&q, &a, 4);
	quarantine_clear(&q, &a);
	EXPECT_U64(quarantine_look(&q, &a, 5), QUARANTINE_HELD);
}

static void
quarantine__ages(void)
{
	hash32 a = digest(1), b = digest(2);
	q.n = 0;
	(void)quarantine_strike(&q, &a, 1);
	(void)quarantine_strike(&q, &b, 1);
	(void)quarantine_strike(&q, &b, 1);
	EXPECT_U64(quarantine_look(&q, &a, 1 + QUARANTINE_SUSPECT_MS), QUARANTINE_SUSPECT);
	EXPECT_U64(quarantine_look(&q, &a, 2 + QUARANTINE_SUSPECT_MS), QUARANTINE_CLEAN);
	EXPECT_U64(quarantine_look(&q, &b, 1 + QUARANTINE_KEEP_MS), QUARANTINE_HELD);
	EXPECT_U64(quarantine_look(&q, &b, 2 + QUARANTINE_KEEP_MS), QUARANTINE_CLEAN);
	EXPECT_U64(q.n, 0);
}

static void
quarantine__is_bounded_and_keeps_what_it_holds(void)
{
	hash32 held = digest(0);
	q.n = 0;
	(void)quarantine_strike(&q, &held, 1);
	(void)quarantine_strike(&q, &held, 1);
	for (uint32_t i = 1; i <= 2 * QUARANTINE_ITEMS_MAX; i++) {
		hash32 one = digest(i);
		EXPECT_U64(quarantine_strike(&q, &one, 1 + i), 1);
	}
	EXPECT_U64(q.n, QUARANTINE_ITEMS_MAX);
	EXPECT_U64(quarantine_look(&q, &held, 3 * QUARANTINE_ITEMS_MAX), QUARANTINE_HELD);
	hash32 last = digest(2 * QUARANTINE_ITEMS_MAX), first = digest(1);
	EXPECT_U64(quarantine_look(&q, &last, 3 * QUARANTINE_ITEMS_MAX),
	    QUARANTINE_SUSPECT);
	EXPECT_U64(quarantine_look(&q, &first, 3 * QUARANTINE_ITEMS_MAX), QUARANTINE_CLEAN);
}

static void
quarantine__holds_for_good_what_the_engine_keeps(void)
{
	hash32 kept[] = { digest(1), digest(2) };
	hash32 other = digest(3);
	q.n = 0;
	EXPECT(quarantine_keep(&q, (str){ (const char *)kept, sizeof(kept) }));
	EXPECT_U64(quarantine_look(&q, &kept[1], 100 * QUARANTINE_KEEP_MS),
	    QUARANTINE_HELD);
	EXPECT_U64(quarantine_look(&q, &other, 1), QUARANTINE_CLEAN);
	quarantine_clear(&q, &kept[0]);
	EXPECT_U64(quarantine_look(&q, &kept[0], 1), QUARANTINE_HELD);
	/* It is the engine's list, whatever we remember. */
	EXPECT(quarantine_keep(&q, (str){ (const char *)&other, sizeof(other) }));
	EXPECT_U64(quarantine_look(&q, &kept[0], 1), QUARANTINE_CLEAN);
	EXPECT_U64(quarantine_look(&q, &other, 1), QUARANTINE_HELD);
	/* What it keeps needs no place among the suspects. */
	(void)quarantine_strike(&q, &other, 2);
	(void)quarantine_strike(&q, &other, 2);
	(void)quarantine_strike(&q, &kept[0], 2);
	EXPECT(quarantine_keep(&q, (str){ (const char *)&other, sizeof(other) }));
	EXPECT_U64(q.n, 1);
	EXPECT_U64(quarantine_look(&q, &other, 3), QUARANTINE_HELD);
	EXPECT_U64(quarantine_look(&q, &kept[0], 3), QUARANTINE_SUSPECT);
	EXPECT(!quarantine_keep(&q, STR("no digest")));
	EXPECT(quarantine_keep(&q, (str){ 0 }));
	EXPECT_U64(quarantine_look(&q, &other, 1), QUARANTINE_CLEAN);
}

int
main(void)
{
	RUN(quarantine__holds_at_the_second_death);
	RUN(quarantine__forgets_a_suspect_that_was_answered);
	RUN(quarantine__holds_for_good_what_the_engine_keeps);
	RUN(quarantine__ages);
	RUN(quarantine__is_bounded_and_keeps_what_it_holds);
	TEST_MAIN_END();
}
