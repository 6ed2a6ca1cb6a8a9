#include "engine/clock.h"
#include "support/test.h"

static void
clock__goes_on_where_the_last_start_ended(void)
{
	struct engine_clock clock;
	engine_clock_start(&clock, 5000, 100000, 160000, 777);
	/* a minute was spent away */
	EXPECT_U64(engine_clock_at(&clock, 777), 65001);
	EXPECT_U64(engine_clock_at(&clock, 787), 65011);
}

static void
clock__lets_a_wrong_wall_clock_move_it_by_a_day_at_most(void)
{
	struct engine_clock clock;
	engine_clock_start(&clock, 5000, 100000, 100000 + 400 * DAY, 1);
	EXPECT_U64(engine_clock_at(&clock, 1), 5000 + DAY + 1);
	engine_clock_start(&clock, 5000, 100000, 1, 1); /* set back */
	EXPECT_U64(engine_clock_at(&clock, 1), 5001);
}

static void
clock__never_runs_backwards(void)
{
	struct engine_clock clock;
	engine_clock_start(&clock, 0, 0, 100000, 50);
	EXPECT_U64(engine_clock_at(&clock, 60), 11);
	EXPECT_U64(engine_clock_at(&clock, 55), 11);
	EXPECT_U64(engine_clock_at(&clock, 40), 11);
	EXPECT_U64(engine_clock_at(&clock, 61), 12);
}

int
main(void)
{
	RUN(clock__goes_on_where_the_last_start_ended);
	RUN(clock__lets_a_wrong_wall_clock_move_it_by_a_day_at_most);
	RUN(clock__never_runs_backwards);
	TEST_MAIN_END();
}
