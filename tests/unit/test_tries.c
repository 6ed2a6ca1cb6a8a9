#include "engine/tries.h"

#include <stdio.h>

#include "support/test.h"

static const struct tries_rule rule = { 3, 10 * SECOND };

static void
tries__refill_with_time(void)
{
	static struct tries tries = { .key = { { 1, 2 } } };
	msec now = 1000 * SECOND;
	for (int i = 0; i < 3; i++)
		EXPECT_U64(tries_take(&tries, STR("a"), rule, now), 0);
	EXPECT_U64(tries_take(&tries, STR("a"), rule, now), 10 * SECOND);
	EXPECT_U64(tries_take(&tries, STR("a"), rule, now + 4 * SECOND), 6 * SECOND);
	EXPECT_U64(tries_take(&tries, STR("b"), rule, now), 0);
	EXPECT_U64(tries_take(&tries, STR("a"), rule, now + 10 * SECOND), 0);
	EXPECT_U64(tries_take(&tries, STR("a"), rule, now + 10 * SECOND), 10 * SECOND);
	/* Never more than all of them, however long it was. */
	for (int i = 0; i < 3; i++)
		EXPECT_U64(tries_take(&tries, STR("a"), rule, now + DAY), 0);
	EXPECT(tries_take(&tries, STR("a"), rule, now + DAY) > 0);
	tries_forget(&tries, STR("a"));
	EXPECT_U64(tries_take(&tries, STR("a"), rule, now + DAY), 0);
}

static void
tries__who_goes_on_is_not_forgotten(void)
{
	static struct tries tries = { .key = { { 1, 2 } } };
	msec now = 1000 * SECOND;
	char other[8];
	for (int i = 0; i < 3; i++)
		EXPECT_U64(tries_take(&tries, STR("guesser"), rule, now), 0);
	for (unsigned i = 0; i < 20 * TRIES_KEYS_MAX; i++) {
		(void)snprintf(other, sizeof(other), "%u", i);
		if (i % 100 == 0)
			EXPECT(tries_take(&tries, STR("guesser"), rule, ++now) > 0);
		EXPECT_U64(tries_take(&tries, str_of(other), rule, now), 0);
	}
}

int
main(void)
{
	RUN(tries__refill_with_time);
	RUN(tries__who_goes_on_is_not_forgotten);
	TEST_MAIN_END();
}
