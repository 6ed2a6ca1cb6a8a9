/* Shifts in a calendar: one event each, which is the same one whenever it is looked at. */
#include "facts/shift_ical.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* 2026-11-23 13:12 UTC */

static str
line_of(struct buf *out, const struct shift_item *shift, msec from, const char *name)
{
	buf_reset(out);
	shift_ical(out, shift, from, WALL);
	for (str rest = buf_str(out); rest.n > 0;) {
		struct str_cut cut = str_cut(rest, '\r');
		if (str_starts(cut.head, str_of(name)))
			return cut.head;
		rest = str_drop(cut.tail, 1);
	}
	return STR("");
}

static void
shift_ical__an_event_stays_what_it_is(void)
{
	struct shift_item shift = { .team = STR("ops"),
		.rotation = STR("primary"),
		.person = STR("ana"),
		.from_wall = WALL,
		.until_wall = WALL + DAY };
	struct buf out = BUF(4096), again = BUF(4096);
	str uid = line_of(&out, &shift, WALL - 60 * DAY, "UID:");
	EXPECT(str_ends(uid, STR("@firstline")));
	/* looked at a week later, and when it was cut short */
	shift.until_wall = WALL + HOUR;
	EXPECT_STR(line_of(&again, &shift, WALL - 53 * DAY, "UID:"), uid);
	/* another's, another time's, another rotation's */
	struct shift_item other = shift;
	other.person = STR("mei");
	EXPECT(!str_eq(line_of(&again, &other, WALL - 60 * DAY, "UID:"), uid));
	other = shift;
	other.from_wall++;
	EXPECT(!str_eq(line_of(&again, &other, WALL - 60 * DAY, "UID:"), uid));
	other = shift;
	other.rotation = STR("second");
	EXPECT(!str_eq(line_of(&again, &other, WALL - 60 * DAY, "UID:"), uid));
	buf_done(&out);
	buf_done(&again);
}

/* Cut at the span's beginning, it does not become another with each look. */
static void
shift_ical__one_that_began_before_is_known_by_that(void)
{
	struct shift_item shift = { .team = STR("ops"),
		.rotation = STR("primary"),
		.person = STR("ana"),
		.from_wall = WALL,
		.until_wall = WALL + 90 * DAY };
	struct buf out = BUF(4096), again = BUF(4096);
	str uid = line_of(&out, &shift, WALL, "UID:");
	shift.from_wall = WALL + 7 * DAY;
	EXPECT_STR(line_of(&again, &shift, WALL + 7 * DAY, "UID:"), uid);
	EXPECT(!str_eq(line_of(&again, &shift, WALL, "UID:"), uid));
	buf_done(&out);
	buf_done(&again);
}

static void
shift_ical__says_who_and_where_nobody(void)
{
	struct shift_item shift = { .team = STR("ops"),
		.rotation = STR("primary"),
		.person = STR("ana"),
		.from_wall = WALL,
		.until_wall = WALL + DAY };
	struct buf out = BUF(4096);
	EXPECT_STR(line_of(&out, &shift, 0, "SUMMARY:"),
	    STR("SUMMARY:ana: primary of ops"));
	shift.person = STR("");
	shift.gap = true;
	EXPECT_STR(line_of(&out, &shift, 0, "SUMMARY:"),
	    STR("SUMMARY:nobody: primary of ops"));
	EXPECT_STR(line_of(&out, &shift, 0, "DTEND:"), STR("DTEND:20261124T131200Z"));
	buf_done(&out);
}

int
main(void)
{
	RUN(shift_ical__an_event_stays_what_it_is);
	RUN(shift_ical__one_that_began_before_is_known_by_that);
	RUN(shift_ical__says_who_and_where_nobody);
	TEST_MAIN_END();
}
