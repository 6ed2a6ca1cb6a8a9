/* How fetching a calendar goes, and when somebody should know. */
#include "node/watch.h"

#include "support/test.h"

#define T0 UINT64_C(1795439520000)

static bool
bad(struct watch *watch, msec wall, const char *why, enum watch_news want)
{
	bool new;
	EXPECT(watch_bad(watch, wall, str_of(why), &new) == want);
	return new;
}

static void
watch__tells_once_a_copy_is_old_and_then_each_day(void)
{
	struct watch w = { .every_ms = HOUR };
	EXPECT(watch_good(&w, T0) == WATCH_OVER); /* what was told before us is over */
	EXPECT(watch_good(&w, T0 + HOUR) == WATCH_NOTHING);
	msec good = T0 + HOUR;
	EXPECT(bad(&w, good + MINUTE, "refused", WATCH_NOTHING));
	EXPECT(!bad(&w, good + 2 * MINUTE, "refused", WATCH_NOTHING)); /* said already */
	EXPECT(bad(&w, good + 3 * MINUTE, "it answers 500", WATCH_NOTHING));
	(void)bad(&w, good + WATCH_PATIENCE_MS - 1, "refused", WATCH_NOTHING);
	(void)bad(&w, good + WATCH_PATIENCE_MS, "refused", WATCH_BAD);
	(void)bad(&w, good + WATCH_PATIENCE_MS + HOUR, "refused", WATCH_NOTHING);
	(void)bad(&w, good + WATCH_PATIENCE_MS + WATCH_AGAIN_MS, "refused", WATCH_BAD);
	EXPECT(watch_good(&w, good + 3 * DAY) == WATCH_OVER);
	EXPECT(w.why[0] == '\0');
	EXPECT(bad(&w, good + 3 * DAY + HOUR, "refused", WATCH_NOTHING)); /* news again */
}

static void
watch__waits_three_times_as_long_as_it_is_asked_for(void)
{
	struct watch w = { .every_ms = DAY, .good_wall = T0 };
	(void)bad(&w, T0 + DAY, "refused", WATCH_NOTHING);
	(void)bad(&w, T0 + 3 * DAY - 1, "refused", WATCH_NOTHING);
	(void)bad(&w, T0 + 3 * DAY, "refused", WATCH_BAD);
}

static void
watch__tells_at_once_what_never_came(void)
{
	struct watch w = { .every_ms = HOUR };
	(void)bad(&w, T0, "refused", WATCH_BAD);
	(void)bad(&w, T0 + MINUTE, "refused", WATCH_NOTHING);
	EXPECT(watch_good(&w, T0 + HOUR) == WATCH_OVER);
}

static void
watch__is_not_misled_by_a_clock_that_is_put_back(void)
{
	struct watch w = { .every_ms = HOUR, .good_wall = T0 };
	(void)bad(&w, T0 - DAY, "refused", WATCH_NOTHING);
	(void)bad(&w, T0 + DAY, "refused", WATCH_BAD);
	(void)bad(&w, T0 + DAY - HOUR, "refused", WATCH_BAD); /* told in what is to come */
	(void)bad(&w, T0 + DAY, "refused", WATCH_NOTHING);
}

int
main(void)
{
	RUN(watch__tells_once_a_copy_is_old_and_then_each_day);
	RUN(watch__waits_three_times_as_long_as_it_is_asked_for);
	RUN(watch__tells_at_once_what_never_came);
	RUN(watch__is_not_misled_by_a_clock_that_is_put_back);
	TEST_MAIN_END();
}
