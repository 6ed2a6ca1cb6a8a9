/* Calendars, broken glass, hands on a service, and what takes back. */
#include "support/authority_rows.h"

static struct calendar_span freeze_spans[] = { { WALL - DAY, WALL + DAY } };
static struct calendar freeze = { .name = S("year-end"),
	.spans = freeze_spans,
	.spans_n = 1 };
static struct calendar_week night[] = { { 127, 22 * 60, 6 * 60 } };
static struct calendar nights = { .name = S("nights"), .weeks = night, .weeks_n = 1 };
static struct calendar_span long_ago[] = { { WALL - 9 * DAY, WALL - 8 * DAY } };
static struct calendar over = { .name = S("last week"), .spans = long_ago, .spans_n = 1 };

#define FREEZE(...) RULE(PROHIBITION, "nothing moves", 9, .any = true, __VA_ARGS__)
#define ANA .principal = "person:ana"
#define ALLOWED                                                    \
	.verdict = VERDICT_ALLOW, .kind = REASON_GRANT, .line = 3, \
	.text = "'restart tier 1' covers it"
#define LIFTED_BY_ANA                                               \
	.verdict = VERDICT_ALLOW, .kind = REASON_LIFTED, .line = 9, \
	.text = "'nothing moves' is lifted: ana broke the glass",   \
	.second = "'restart tier 1' covers it"

static const struct row times[] = {
	{ .name = "a freeze",
	    .rules = { TIER_1, FREEZE(.during = &freeze, .because = S("the books close")) },
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text =
		"'nothing moves' forbids it until 2026-11-24 13:12 UTC: the books close",
	    .forward = "ask ana, who owns 'nothing moves'" },
	{ .name = "a freeze that ends before its calendar does",
	    .rules = { TIER_1, FREEZE(.during = &freeze, .until_wall = WALL + HOUR) },
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'nothing moves' forbids it until 14:12 UTC",
	    .forward = "ask ana, who owns 'nothing moves'" },
	{ .name = "not the time of it",
	    .rules = { TIER_1, FREEZE(.during = &nights) },
	    ALLOWED },
	{ .name = "a grant for the nights",
	    .rules = { TIER_1_WITH(.during = &nights) },
	    .kind = REASON_NOT_NOW,
	    .line = 3,
	    .text = "'restart tier 1' is in force only during nights, next from 22:00 UTC",
	    .forward = "allowed from 22:00 UTC" },
	{ .name = "a grant for the nights, in an incident",
	    .rules = { TIER_1_WITH(.during = &nights) },
	    .quiet = true,
	    .kind = REASON_NOT_NOW,
	    .line = 3,
	    .text = "'restart tier 1' is in force only during nights, next from 22:00 UTC "
		    "and needs an open incident on checkout",
	    .forward = "allowed from 22:00 UTC, once an incident is open on checkout" },
	{ .name = "a grant for a time that does not come again",
	    .rules = { TIER_1_WITH(.during = &over) },
	    .kind = REASON_NOT_NOW,
	    .line = 3,
	    .text = "'restart tier 1' is in force only during last week",
	    .forward = "ask ana, who owns 'restart tier 1', to change its times" },
	{ .name = "a grant of that time",
	    .rules = { TIER_1_WITH(.during = &freeze) },
	    ALLOWED },
	{ .name = "limits and approvals have their times",
	    .rules = { TIER_1,
		RULE(LIMIT, "slowly", 9, .any = true, .spacing_ms = HOUR,
		    .during = &nights),
		RULE(APPROVAL, "ask", 10, .any = true, .during = &nights,
		    .by = (struct principal[]){ TEAM }, .by_n = 1) },
	    .uses = { RESTARTED("checkout", "web-1", 0) },
	    ALLOWED },
};

static const struct row glass[] = {
	{ .name = "a prohibition that may be lifted",
	    ANA,
	    .rules = { TIER_1, FREEZE(.liftable = true) },
	    .glass = "person:ana",
	    LIFTED_BY_ANA },
	{ .name = "the glass is whole: it is said that it can be broken",
	    ANA,
	    .rules = { TIER_1, FREEZE(.liftable = true) },
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'nothing moves' forbids it",
	    .forward =
		"ask ana, who owns 'nothing moves', or break the glass on checkout" },
	{ .name = "automation cannot break it, and is not told to",
	    .rules = { TIER_1, FREEZE(.liftable = true) },
	    .glass = "automation",
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'nothing moves' forbids it",
	    .forward = "ask ana, who owns 'nothing moves'" },
	{ .name = "a prohibition that may not",
	    ANA,
	    .rules = { TIER_1, FREEZE(.liftable = false) },
	    .glass = "person:ana",
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'nothing moves' forbids it",
	    .forward = "ask ana, who owns 'nothing moves'" },
	{ .name = "somebody else broke it",
	    ANA,
	    .rules = { TIER_1, FREEZE(.liftable = true) },
	    .glass = "person:mei",
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'nothing moves' forbids it",
	    .forward =
		"ask ana, who owns 'nothing moves', or break the glass on checkout" },
	{ .name = "not for her agent",
	    .principal = "agent:x",
	    .behalf = STRS(S("person:ana")),
	    .rules = { GRANT(TO(AGENT("x"), PERSON("ana")), RESTART, ON_TIER_1),
		FREEZE(.liftable = true) },
	    .glass = "person:ana",
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'nothing moves' forbids it",
	    .forward = "ask ana, who owns 'nothing moves'" },
	{ .name = "not with automation behind her",
	    ANA,
	    .behalf = STRS(S("automation")),
	    .rules = { TIER_1, FREEZE(.liftable = true) },
	    .glass = "person:ana",
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'nothing moves' forbids it",
	    .forward = "ask ana, who owns 'nothing moves'" },
	{ .name = "a limit",
	    ANA,
	    .rules = { TIER_1,
		RULE(LIMIT, "nothing moves", 9, .any = true, .per_service = { 1, HOUR },
		    .spacing_ms = DAY, .liftable = true) },
	    .uses = { RESTARTED("checkout", "web-1", 0) },
	    .glass = "person:ana",
	    LIFTED_BY_ANA },
	{ .name = "a limit with room needs no lifting",
	    ANA,
	    .rules = { TIER_1, RULE(LIMIT, "nothing moves", 9, .any = true,
				   .per_service = { 1, HOUR }, .liftable = true) },
	    .glass = "person:ana",
	    ALLOWED },
	{ .name = "what nobody knows, where it is lifted",
	    ANA,
	    .rules = { TIER_1, RULE(LIMIT, "nothing moves", 9, .any = true,
				   .keep_healthy = { .count = 2 }, .liftable = true) },
	    .glass = "person:ana",
	    LIFTED_BY_ANA },
	{ .name = "an approval",
	    ANA,
	    .rules = { TIER_1,
		RULE(APPROVAL, "nothing moves", 9, .any = true,
		    .by = (struct principal[]){ TEAM }, .by_n = 1, .liftable = true) },
	    .glass = "person:ana",
	    LIFTED_BY_ANA },
	{ .name = "the limits of a grant stay",
	    ANA,
	    .rules = { TIER_1_WITH(.per_service = { 1, HOUR }, .liftable = true) },
	    .uses = { RESTARTED("checkout", "web-1", 0) },
	    .glass = "person:ana",
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + HOUR,
	    .text = "1 of 1 restarts of checkout in 1h is used; free at 14:12 UTC",
	    .forward = "wait until then" },
	{ .name = "it grants nothing",
	    ANA,
	    .rules = { FREEZE(.liftable = true) },
	    .glass = "person:ana",
	    .kind = REASON_NO_GRANT,
	    .text = "no grant lets ana do restart-unit on checkout",
	    .forward = "nobody may: write a grant for restart on checkout",
	    .second = "'nothing moves' is lifted: ana broke the glass" },
	{ .name = "stop-all stays",
	    ANA,
	    .rules = { TIER_1 },
	    .glass = "person:ana",
	    .stopped = true,
	    .kind = REASON_STOPPED,
	    .text = "everything was stopped by mei",
	    .forward = "wait until it is resumed, or ask mei" },
};

#define HANDS_OFF(also)                                                        \
	.kind = REASON_HANDS_ON,                                               \
	.text = "mei has hands on checkout: automation and agents only watch", \
	.forward = "wait until mei lets go of it, or ask mei"

static const struct row hands[] = {
	{ .name = "automation stands back",
	    .rules = { TIER_1 },
	    .hands = "person:mei",
	    .hands_on = true,
	    HANDS_OFF() },
	{ .name = "an agent stands back, even of who holds it",
	    .principal = "agent:x",
	    .behalf = STRS(S("person:mei")),
	    .rules = { GRANT(TO(AGENT("x"), TEAM), RESTART, ON_TIER_1) },
	    .hands = "person:mei",
	    .hands_on = true,
	    HANDS_OFF() },
	{ .name = "people do not",
	    ANA,
	    .rules = { TIER_1 },
	    .hands = "person:mei",
	    ALLOWED },
	{ .name = "a person through automation",
	    ANA,
	    .behalf = STRS(S("automation")),
	    .rules = { TIER_1 },
	    .hands = "person:mei",
	    .hands_on = true,
	    HANDS_OFF() },
	{ .name = "and something else denies it",
	    .rules = { TIER_1, FREEZE(.liftable = false) },
	    .hands = "person:mei",
	    HANDS_OFF(),
	    .second = "'nothing moves' forbids it" },
	{ .name = "and it waits for its turn",
	    .rules = { TIER_1_WITH(.at_once = 1) },
	    .uses = { RESTARTING("checkout", "web-2", 0) },
	    .hands = "person:mei",
	    HANDS_OFF() },
};

static const struct row undo[] = {
	{ .name = "no rule holds for it",
	    .undo = true,
	    .rules = { FREEZE(.during = &freeze),
		RULE(LIMIT, "slowly", 12, .any = true, .spacing_ms = DAY) },
	    .uses = { RESTARTED("checkout", "web-1", 0) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_UNDO,
	    .text = "it takes back what was done before, and may for as long as the action "
		    "says" },
	{ .name = "stop-all does",
	    .undo = true,
	    .stopped = true,
	    .kind = REASON_STOPPED,
	    .text = "everything was stopped by mei",
	    .forward = "wait until it is resumed, or ask mei" },
	{ .name = "hands on the service do",
	    .undo = true,
	    .hands = "person:mei",
	    .hands_on = true,
	    HANDS_OFF() },
	{ .name = "faults do: the target",
	    .undo = true,
	    .no_target = true,
	    .kind = REASON_ERROR,
	    .text = "no target: nothing means nothing, not everything",
	    .forward = "name a host, or the service" },
	{ .name = "faults do: who asks",
	    .undo = true,
	    .principal = "person:eve",
	    .kind = REASON_UNKNOWN,
	    .text = "nobody knows 'person:eve'",
	    .forward = "ask as a person of the configuration" },
	{ .name = "faults do: a parameter",
	    .undo = true,
	    .params = &(struct pairs){ 0 },
	    .kind = REASON_ERROR,
	    .text = "parameter 'unit' of restart-unit is missing",
	    .forward = "give a value for 'unit'" },
};

static void
decide__knows_calendars(void)
{
	CHECK_ROWS(times);
}

static void
decide__lifts_what_is_liftable_for_who_broke_the_glass(void)
{
	CHECK_ROWS(glass);
}

static void
decide__keeps_machines_off_what_a_person_holds(void)
{
	CHECK_ROWS(hands);
}

static void
decide__lets_what_was_done_be_taken_back(void)
{
	CHECK_ROWS(undo);
}

int
main(void)
{
	freeze.zone = nights.zone = over.zone = zone_utc();
	RUN(decide__knows_calendars);
	RUN(decide__lifts_what_is_liftable_for_who_broke_the_glass);
	RUN(decide__keeps_machines_off_what_a_person_holds);
	RUN(decide__lets_what_was_done_be_taken_back);
	TEST_MAIN_END();
}
