/*
 * Who is told by severity and by hour: what is not urgent waits until somebody is at work,
 * what is urgent never does; and developers, where an exception says so, for as long as that.
 */
#include "core/state.h"
#include "model/policy.h"
#include "support/shop.h"
#include "support/world.h"

#define TEAM(on_call)                                                                \
	SHOP_TOP                                                                     \
	"people:\n"                                                                  \
	"  ana: {name: Ana, email: ana@example.com, reach: [mail]}\n"                \
	"  piotr: {name: Piotr, email: piotr@example.com, reach: [mail]}\n"          \
	"  mei: {name: Mei, email: mei@example.com, reach: [mail]}\n"                \
	"  dana: {name: Dana, email: dana@example.com, reach: [mail]}\n"             \
	"calendars:\n"                                                               \
	"  holidays: {zone: Europe/Lisbon, spans: [{from: 2026-12-24, until: "       \
	"2026-12-26}]}\n"                                                            \
	"  far: {zone: UTC, spans: [{from: 2027-06-01, until: 2027-06-02}]}\n"       \
	"teams:\n"                                                                   \
	"  ledger-dev: {kind: development, lead: dana}\n"                            \
	"  platform-ops:\n"                                                          \
	"    kind: operations\n"                                                     \
	"    lead: mei\n"                                                            \
	"    notify: [ops-hook]\n"                                                   \
	"    on_call:\n"                                                             \
	"      zone: Europe/Lisbon\n"                                                \
	"      rotations:\n"                                                         \
	"        - {name: primary, people: [ana], handover: 'Mon 09:00'}\n"          \
	"        - {name: second, people: [piotr], handover: 'Mon 09:00'}\n" on_call \
	"services:\n"                                                                \
	"  shop: {owner: platform-ops, tier: 1}\n"                                   \
	"  ledger: {owner: platform-ops, tier: 3}\n"
#define ESCALATE                                                                     \
	"      escalate: [{to: primary, after: 5m}, {to: second, after: 5m, hours: " \
	"[{days: mon-fri, from: '09:00', until: '17:00'}]}, {to: lead}]\n"
#define LOW(hours)                                                       \
	"      policies:\n"                                              \
	"        - {severity: [sev3, sev4], " hours ", outside: wait,\n" \
	"           escalate: [{to: primary, after: 30m}, {to: lead}]}\n"
#define OFFICE                                                                        \
	TEAM(ESCALATE LOW("hours: [{days: mon-fri, from: '09:00', until: '17:00'}], " \
			  "except: holidays"))
#define CALM "alertname=Slow,service=ledger,severity=warning" /* sev4 */
#define GRAVE "alertname=Down,service=shop,severity=critical" /* sev1 */

static msec
utc(int year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return (msec)civil_days(year, month, day) * DAY + hour * HOUR + minute * MINUTE;
}

static void
until(struct world *w, msec wall)
{
	EXPECT(wall > w->wall);
	world_after(w, wall - w->wall);
}

/* Messages to that person, whatever they say. */
static unsigned
told(const struct world *w, const char *whom)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->notice_n; i++)
		n += str_eq(w->notices[i].row.person, str_of(whom)) &&
		     w->notices[i].row.incident != 0;
	return n;
}

static void
hours__what_is_not_urgent_waits_until_somebody_is_at_work(void)
{
	struct world *w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 11, 23, 23, 10));
	world_fire(w, CALM);
	EXPECT(world_incident(w, 1).severity == SEV4);
	EXPECT_U64(told(w, "ana"), 0);
	EXPECT(world_told(w, PURPOSE_NEEDS_PERSON, "ops-hook") > 0);
	EXPECT_U64(world_incident(w, 1).waits_wall, utc(2026, 11, 24, 9, 0));
	EXPECT(world_says(w, 1, "nobody is paged before 2026-11-24 09:00:00"));
	until(w, utc(2026, 11, 24, 5, 0));
	world_restart(w);
	until(w, utc(2026, 11, 24, 8, 59));
	EXPECT_U64(told(w, "ana") + told(w, "mei") + told(w, "piotr"), 0);
	until(w, utc(2026, 11, 24, 9, 0));
	EXPECT_U64(told(w, "ana"), 1);
	EXPECT_U64(world_incident(w, 1).waits_wall, 0);
	/* From then on as any other, by its own tiers. */
	world_after(w, 29 * MINUTE);
	EXPECT_U64(told(w, "mei"), 0);
	world_after(w, MINUTE);
	EXPECT_U64(told(w, "mei"), 1);
	world_free(w);
}

static void
hours__what_is_over_by_then_is_nobodys_trouble(void)
{
	struct world *w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 11, 23, 23, 10));
	uint64_t calm = world_fire(w, CALM);
	until(w, utc(2026, 11, 24, 3, 0));
	world_resolve(w, calm);
	world_after(w, 10 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	world_after(w, DAY);
	EXPECT_U64(told(w, "ana"), 0);

	/* Over just then: not told of what has ended, and told of it if it has not. */
	until(w, utc(2026, 11, 25, 23, 10));
	calm = world_fire(w, CALM);
	until(w, utc(2026, 11, 26, 8, 59) + 30 * SECOND);
	world_resolve(w, calm);
	world_after(w, HOUR);
	EXPECT_U64(told(w, "ana"), 0);
	until(w, utc(2026, 11, 26, 23, 10));
	calm = world_fire(w, CALM);
	until(w, utc(2026, 11, 27, 8, 59) + 30 * SECOND);
	world_resolve(w, calm);
	world_after(w, 40 * SECOND);
	world_fire(w, CALM);
	EXPECT_U64(told(w, "ana"), 0);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(told(w, "ana"), 1);
	world_free(w);
}

static void
hours__what_is_urgent_does_not_wait(void)
{
	struct world *w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 11, 24, 3, 0));
	world_fire(w, GRAVE);
	EXPECT_U64(told(w, "ana"), 1);
	EXPECT_U64(world_incident(w, 1).waits_wall, 0);
	/* The second tier is not there at night: the third, at once. */
	world_after(w, 5 * MINUTE);
	EXPECT_U64(told(w, "piotr"), 0);
	EXPECT_U64(told(w, "mei"), 1);
	EXPECT(world_says(w, 1, "escalated to tier 3"));
	world_free(w);

	w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 11, 24, 10, 0));
	world_fire(w, GRAVE);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(told(w, "piotr"), 1);
	EXPECT_U64(told(w, "mei"), 0);
	world_free(w);
}

static void
hours__what_becomes_urgent_waits_no_longer(void)
{
	struct world *w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 11, 24, 3, 0));
	world_fire(w, CALM);
	EXPECT_U64(told(w, "ana"), 0);
	world_fire(w, "alertname=Slow,service=ledger,severity=sev1");
	EXPECT_U64(told(w, "ana"), 1);
	EXPECT_U64(world_incident(w, 1).waits_wall, 0);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(told(w, "mei"), 1);
	world_free(w);

	/* Nor under a configuration by which nothing waits. */
	w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 11, 24, 3, 0));
	world_fire(w, CALM);
	world_adopt(w, TEAM(ESCALATE), NULL);
	EXPECT_U64(told(w, "ana"), 1);
	world_free(w);
}

/* Told by day; nobody says anything; the office closes. */
static void
hours__that_end_stop_the_escalation_until_morning(void)
{
	struct world *w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 11, 23, 16, 50));
	world_fire(w, CALM);
	EXPECT_U64(told(w, "ana"), 1);
	until(w, utc(2026, 11, 24, 8, 59));
	EXPECT_U64(told(w, "ana"), 1);
	EXPECT_U64(told(w, "mei"), 0);
	EXPECT_U64(world_incident(w, 1).waits_wall, utc(2026, 11, 24, 9, 0));
	until(w, utc(2026, 11, 24, 9, 0));
	EXPECT_U64(told(w, "ana"), 2);
	world_free(w);

	/* Who has it by then is not told that it is there. */
	w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 11, 24, 3, 0));
	world_fire(w, CALM);
	until(w, utc(2026, 11, 24, 8, 30));
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	until(w, utc(2026, 11, 24, 9, 20));
	EXPECT_U64(told(w, "ana"), 0);
	world_free(w);
}

static void
hours__over_holidays_and_a_weekend(void)
{
	struct world *w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 12, 23, 18, 0));
	world_fire(w, CALM);
	EXPECT_U64(world_incident(w, 1).waits_wall, utc(2026, 12, 28, 9, 0));
	until(w, utc(2026, 12, 28, 8, 59));
	EXPECT_U64(told(w, "ana"), 0);
	until(w, utc(2026, 12, 28, 9, 0));
	EXPECT_U64(told(w, "ana"), 1);
	world_free(w);

	/* Longer than a week nothing waits. */
	w = world_new(TEAM(ESCALATE LOW("hours: far")), NULL, NULL);
	uint64_t calm = world_fire(w, CALM);
	EXPECT_U64(told(w, "ana"), 1);
	world_resolve(w, calm);
	until(w, utc(2027, 5, 26, 0, 0));
	world_fire(w, "alertname=Other,service=ledger,severity=warning");
	EXPECT_U64(world_incident(w, 2).waits_wall, utc(2027, 6, 1, 0, 0));
	world_free(w);
}

#define NIGHTLY TEAM(ESCALATE LOW("hours: [{days: any, from: '01:30', until: '09:00'}]"))

/* 01:30 that there is not is the instant of the change; of two, it is the first. */
static void
hours__begin_once_in_a_night_of_changed_clocks(void)
{
	struct world *w = world_new(NIGHTLY, NULL, NULL);
	until(w, utc(2027, 3, 27, 23, 0));
	world_fire(w, CALM);
	EXPECT_U64(world_incident(w, 1).waits_wall, utc(2027, 3, 28, 1, 0));
	until(w, utc(2027, 3, 28, 0, 59));
	EXPECT_U64(told(w, "ana"), 0);
	until(w, utc(2027, 3, 28, 1, 0));
	EXPECT_U64(told(w, "ana"), 1);
	/* 09:00 is an hour earlier that day. */
	until(w, utc(2027, 3, 28, 7, 59));
	world_fire(w, "alertname=Other,service=ledger,severity=warning");
	EXPECT_U64(world_incident(w, 2).waits_wall, 0);
	until(w, utc(2027, 3, 28, 8, 0));
	world_fire(w, "alertname=Third,service=ledger,severity=warning");
	EXPECT_U64(world_incident(w, 3).waits_wall, utc(2027, 3, 29, 0, 30));
	world_free(w);

	w = world_new(NIGHTLY, NULL, NULL);
	until(w, utc(2027, 10, 30, 22, 0));
	world_fire(w, CALM);
	EXPECT_U64(world_incident(w, 1).waits_wall, utc(2027, 10, 31, 0, 30));
	until(w, utc(2027, 10, 31, 0, 30));
	EXPECT_U64(told(w, "ana"), 1);
	until(w, utc(2027, 10, 31, 1, 20)); /* between the two */
	world_fire(w, "alertname=Other,service=ledger,severity=warning");
	EXPECT_U64(world_incident(w, 2).waits_wall, 0);
	world_free(w);
}

/* People fail open: where no tier is there at that hour, they are told all the same. */
static void
hours__of_every_tier_at_once_leave_nobody_untold(void)
{
	struct world *w = world_new(TEAM("      escalate: [{to: primary, hours: [{days: "
					 "mon, from: '09:00', until: "
					 "'10:00'}]}]\n"),
	    NULL, NULL);
	world_fire(w, GRAVE);
	EXPECT_U64(told(w, "ana"), 1);
	world_free(w);
}

/* Only within its hours, and the general one outside: nothing waits. */
static void
policy__of_some_hours_holds_within_them(void)
{
	struct world *w =
	    world_new(TEAM(ESCALATE
			  "      policies:\n"
			  "        - {hours: [{days: mon-fri, from: '09:00', until: "
			  "'17:00'}], escalate: [{to: second}]}\n"),
		NULL, NULL);
	uint64_t grave = world_fire(w, GRAVE);
	EXPECT_U64(told(w, "piotr"), 1);
	EXPECT_U64(told(w, "ana"), 0);
	world_resolve(w, grave);
	until(w, utc(2026, 11, 24, 3, 0));
	world_fire(w, "alertname=Other,service=ledger,severity=warning");
	EXPECT_U64(told(w, "ana"), 1);
	world_free(w);
}

#define EXCEPTION                                                                      \
	TEAM("      escalate: [{to: primary, after: 5m}, {to: ledger-dev, after: 5m, " \
	     "exception: {owner: mei, because: the new ledger, until: 2026-12-20}}, "  \
	     "{to: lead}]\n")

static void
exception__tells_developers_until_it_ends(void)
{
	struct world *w = world_new(EXCEPTION, NULL, NULL);
	EXPECT_U64(world_gap(w, GAP_EXCEPTION_ENDS, "ledger-dev in platform-ops").count, 0);
	uint64_t grave = world_fire(w, GRAVE);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(told(w, "dana"), 1);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(told(w, "mei"), 1);
	world_resolve(w, grave);

	/* 14 days ahead its owner is told, once. */
	until(w, utc(2026, 12, 6, 23, 0));
	EXPECT_U64(world_gap(w, GAP_EXCEPTION_ENDS, "ledger-dev in platform-ops").count, 0);
	unsigned before = world_told(w, PURPOSE_SELF, "mei");
	until(w, utc(2026, 12, 7, 9, 1));
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), before + 1);
	EXPECT_U64(world_gap(w, GAP_EXCEPTION_ENDS, "ledger-dev in platform-ops").count, 1);
	EXPECT(str_contains(world_last_notice(w)->text,
	    STR("the exception for ledger-dev in platform-ops ends with 2026-12-20")));
	until(w, utc(2026, 12, 20, 23, 0));
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), before + 1);

	/* Its last day is over: the next tier, at once. */
	until(w, utc(2026, 12, 21, 0, 1));
	unsigned dana = told(w, "dana"), mei = told(w, "mei");
	world_fire(w, "alertname=Again,service=shop,severity=critical");
	world_after(w, 5 * MINUTE);
	EXPECT_U64(told(w, "dana"), dana);
	EXPECT_U64(told(w, "mei"), mei + 1);
	world_adopt(w, TEAM(ESCALATE), NULL);
	EXPECT_U64(world_gap(w, GAP_EXCEPTION_ENDS, "ledger-dev in platform-ops").count, 0);
	world_free(w);
}

/* A warning of a grave service, later joined by what is critical. */
static void
hours__what_becomes_worse_is_told_anew_by_the_tiers_of_what_it_is(void)
{
	struct world *w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 11, 24, 10, 0));
	world_fire(w, "alertname=Down,service=shop,severity=warning");
	EXPECT(world_incident(w, 1).severity == SEV3);
	EXPECT_U64(told(w, "ana"), 1);
	world_after(w, MINUTE);
	world_fire(w, GRAVE);
	EXPECT(world_incident(w, 1).severity == SEV1);
	EXPECT_U64(told(w, "ana"), 2);
	EXPECT(str_starts(world_last_notice(w)->subject, STR("[sev1] ")));
	world_fire(w, GRAVE);
	EXPECT_U64(told(w, "ana"), 2); /* no worse */
	/* After five minutes, not what is left of the thirty of a sev3. */
	world_after(w, 5 * MINUTE);
	EXPECT_U64(told(w, "piotr"), 1);
	world_free(w);
}

/* Who took a warning is told what it has become, and so is who has the turn now. */
static void
hours__who_has_it_is_told_that_it_became_worse(void)
{
	struct world *w = world_new(OFFICE, NULL, NULL);
	until(w, utc(2026, 11, 24, 10, 0));
	world_fire(w, "alertname=Down,service=shop,severity=warning");
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	world_fire(w, GRAVE);
	EXPECT_U64(told(w, "mei"), 1);
	EXPECT_U64(told(w, "ana"), 2);
	EXPECT(world_incident(w, 1).acknowledged);
	world_free(w);
}

#define TEAMS(owner)                                                                  \
	SHOP_TOP                                                                      \
	"people:\n"                                                                   \
	"  ana: {name: Ana, email: ana@example.com, reach: [mail]}\n"                 \
	"  mei: {name: Mei, email: mei@example.com, reach: [mail]}\n"                 \
	"teams:\n"                                                                    \
	"  platform-ops: {kind: operations, on_call: {zone: UTC, rotations: [{name: " \
	"primary, people: [ana], handover: 'Mon 09:00'}]}}\n"                         \
	"  shop-ops: {kind: operations, on_call: {zone: UTC, rotations: [{name: "     \
	"primary, people: [mei], handover: 'Mon 09:00'}]}}\n"                         \
	"services:\n"                                                                 \
	"  shop: {owner: " owner ", tier: 1}\n"

static void
owner__of_another_configuration_is_told_what_is_open(void)
{
	struct world *w = world_new(TEAMS("platform-ops"), NULL, NULL);
	world_fire(w, GRAVE);
	EXPECT_U64(told(w, "ana"), 1);
	world_adopt(w, TEAMS("shop-ops"), NULL);
	EXPECT_STR(world_incident(w, 1).owner, STR("shop-ops"));
	EXPECT_U64(told(w, "mei"), 1);
	EXPECT(world_says(w, 1, "shop-ops answers for it now"));
	world_after(w, 31 * MINUTE);
	EXPECT_U64(told(w, "ana"), 1);
	EXPECT_U64(told(w, "mei"), 2);
	world_free(w);
}

int
main(void)
{
	RUN(hours__what_is_not_urgent_waits_until_somebody_is_at_work);
	RUN(hours__what_is_over_by_then_is_nobodys_trouble);
	RUN(hours__what_is_urgent_does_not_wait);
	RUN(hours__what_becomes_urgent_waits_no_longer);
	RUN(hours__that_end_stop_the_escalation_until_morning);
	RUN(hours__over_holidays_and_a_weekend);
	RUN(hours__begin_once_in_a_night_of_changed_clocks);
	RUN(hours__of_every_tier_at_once_leave_nobody_untold);
	RUN(policy__of_some_hours_holds_within_them);
	RUN(exception__tells_developers_until_it_ends);
	RUN(hours__what_becomes_worse_is_told_anew_by_the_tiers_of_what_it_is);
	RUN(hours__who_has_it_is_told_that_it_became_worse);
	RUN(owner__of_another_configuration_is_told_what_is_open);
	TEST_MAIN_END();
}
