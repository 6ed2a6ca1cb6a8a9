/* Taking back within a run: a verify that failed, and the step undo. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=mail"

#define ACTIONS                                                                   \
	SHOP_ACTIONS                                                              \
	"  drain:\n"                                                              \
	"    verb: drain\n"                                                       \
	"    run: [lb, drain, '${target}']\n"                                     \
	"    undo: {do: fill, within: 2h}\n"                                      \
	"  fill: {verb: fill, run: [lb, fill, '${target}'], timeout: 10s}\n"      \
	"  fill-safe: {verb: fill, run: [lb, fill, '${target}'], repeat: safe}\n" \
	"  drain-safe:\n"                                                         \
	"    verb: drain\n"                                                       \
	"    run: [lb, drain, '${target}']\n"                                     \
	"    undo: {do: fill-safe, within: 2h}\n"
#define AUTHORITY                                                        \
	SHOP_AUTHORITY                                                   \
	"  - {grant: automation drains, to: [automation], may: [drain]," \
	" on: {service: [payments]}, within: {per_service: 40 in 1h},"   \
	" until: 2030-01-01, owner: mei}\n"
#define BACK SHOP_TOP SHOP_PEOPLE SHOP_SERVICES ACTIONS AUTHORITY
#define FREEZE                                                                    \
	"  - {prohibit: nothing moves in the freeze, may: any, from: 2026-01-01," \
	" until: 2030-01-01, because: the year ends}\n"

#define HEAD                                   \
	"---\n"                                \
	"runbook: drain-it\n"                  \
	"service: payments\n"                  \
	"answers: [{alertname: QueueStuck}]\n" \
	"---\n"                                \
	"# Drain it\n"
#define DRAIN(action)                                  \
	"```action drain\n"                            \
	"do: " action "\n"                             \
	"targets: {service: payments, role: worker}\n" \
	"```\n"
#define RESTART               \
	"```action restart\n" \
	"do: restart-unit\n"  \
	"```\n"
#define VERIFY(name, rest)     \
	"```verify " name "\n" \
	"promql: 'depth'\n"    \
	"expect: \"< 50\"\n"   \
	"within: 2m\n" rest "```\n"
#define POISON                                          \
	"```handoff poison\n"                           \
	"class: investigation\n"                        \
	"because: messages the workers cannot digest\n" \
	"ask: decide to drop, fix forward, or replay\n" \
	"```\n"
#define RUNBOOK                                                                          \
	HEAD DRAIN("drain") RESTART VERIFY("drained", "undo: true\notherwise: poison\n") \
	    POISON

#define MANY                             \
	"---\n"                          \
	"runbook: many\n"                \
	"service: ledger\n"              \
	"answers: [{alertname: Slow}]\n" \
	"---\n"                          \
	"# Many\n"                       \
	"```action drain\n"              \
	"do: drain\n"                    \
	"targets: {service: ledger}\n"   \
	"```\n" VERIFY("drained", "undo: true\n")

static struct attempt_row
last_attempt(struct world *w)
{
	return world_attempt(w, world_last(w, TABLE_ATTEMPT));
}

/* Both workers drained, the service restarted, and it did not help: the first undo is out. */
static struct world *
failed(const char *yaml, const char *runbook)
{
	struct world *w = world_new(yaml, runbook, NULL);
	world_fire(w, STUCK);
	world_exit(w, 0);
	world_exit(w, 0);
	if (w->attempt_n > 0)
		world_exit(w, 0); /* the restart */
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_see(w, "812", 2 * MINUTE);
	return w;
}

static void
back__a_verify_that_fails_takes_back_last_first(void)
{
	struct world *w = failed(BACK, RUNBOOK);
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	EXPECT_U64(w->attempt_n, 1);
	struct attempt_row row = last_attempt(w);
	EXPECT_STR(row.action, STR("fill"));
	EXPECT_STR(row.target, STR("pay-2"));
	EXPECT_STR(row.step, STR("drained"));
	EXPECT_STR(row.principal, STR("automation"));
	EXPECT(row.undo_of != 0 && row.undo_of == row.takes_back);
	EXPECT(
	    world_says(w, 1, "2 attempts to take back; 1 stays: its action has no undo"));
	world_exit(w, 0);
	row = last_attempt(w);
	EXPECT_STR(row.target, STR("pay-1"));
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	world_exit(w, 0);
	/* Then it goes where it would have gone: to the developers. */
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
back__what_holds_is_not_taken_back(void)
{
	struct world *w = world_new(BACK, RUNBOOK, NULL);
	world_fire(w, STUCK);
	world_exit(w, 0);
	world_exit(w, 0);
	world_exit(w, 0);
	world_see(w, "12", 0);
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
	/* Nor where nobody can tell: no doubt is resolved by acting. */
	w = world_new(BACK, RUNBOOK, NULL);
	world_fire(w, STUCK);
	world_exit(w, 0);
	world_exit(w, 0);
	world_exit(w, 0);
	world_see(w, NULL, 0);
	for (int i = 0; i < 20 && w->probe_n == 0; i++)
		world_after(w, 10 * SECOND);
	while (w->probe_n > 0) {
		world_probe(w, NULL);
		world_after(w, 10 * SECOND);
	}
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why, STR("unverifiable")));
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
back__goes_on_after_a_restart_and_is_done_once(void)
{
	struct world *w = failed(BACK, RUNBOOK);
	row_id first = w->attempts[0];
	world_restart(w);
	EXPECT_U64(w->attempt_n, 1); /* asked about, not begun again */
	world_exit(w, 0);
	world_restart(w);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT(w->attempts[0] != first);
	world_exit(w, 0);
	world_restart(w);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_free(w);
}

static void
back__is_never_harder_than_doing(void)
{
	struct world *w = world_new(BACK, RUNBOOK, NULL);
	world_fire(w, STUCK);
	world_exit(w, 0);
	world_exit(w, 0);
	world_exit(w, 0);
	/* Frozen since, and the runbook was changed: it is taken back all the same. */
	world_adopt(w, BACK FREEZE, HEAD RESTART VERIFY("drained", ""));
	world_see(w, "812", 2 * MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(last_attempt(w).action, STR("fill"));
	struct attempt_row row = last_attempt(w);
	EXPECT(hash32_zero(&row.runbook_hash));
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_free(w);
}

static void
back__one_that_fails_needs_a_person_and_ends_it(void)
{
	struct world *w = failed(BACK, RUNBOOK);
	world_exit(w, 3);
	EXPECT_U64(w->attempt_n, 0); /* pay-1 stays as it is: order matters */
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_OPEN && row.needs_person);
	EXPECT(str_contains(row.needs_person_why, STR("drain on pay-2 (attempt ")));
	EXPECT(str_contains(row.needs_person_why, STR("is not taken back")));
	EXPECT(str_contains(row.needs_person_why, STR("exit 3")));
	world_free(w);

	w = failed(BACK, RUNBOOK);
	world_news(w, NEWS_TIMED_OUT);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_incident(w, 1).needs_person);
	world_free(w);
}

static void
back__one_in_doubt_waits_for_a_person(void)
{
	struct world *w = failed(BACK, RUNBOOK);
	row_id id = w->attempts[0];
	world_news(w, NEWS_UNKNOWN);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(w->attempt_n, 0);
	world_restart(w);
	struct command settle = { .kind = COMMAND_SETTLE,
		.row = id,
		.happened = HAPPENED_YES };
	EXPECT_U64(world_command(w, &settle).status, 200);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(last_attempt(w).target, STR("pay-1"));
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_free(w);
}

static void
back__one_that_never_started_is_tried_again(void)
{
	struct world *w = failed(BACK, RUNBOOK);
	world_news(w, NEWS_NEVER_STARTED);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(last_attempt(w).target, STR("pay-2"));
	world_news(w, NEWS_NEVER_STARTED);
	world_news(w, NEWS_NEVER_STARTED);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why, STR("try 3 in vain")));
	world_free(w);
	/* And one that nobody knows of, where it may be repeated. */
	w = failed(BACK, HEAD DRAIN("drain-safe") VERIFY("drained", "undo: drain\n"));
	world_news(w, NEWS_UNKNOWN);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(last_attempt(w).target, STR("pay-2"));
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why,
	    STR("it has not recovered in time, drained: saw 812, wanted < 50")));
	world_free(w);
}

/* Nothing that may or may not have happened is taken back by itself. */
static void
back__what_timed_out_is_a_persons(void)
{
	struct world *w =
	    world_new(BACK, HEAD DRAIN("drain") VERIFY("drained", "undo: true\n"), NULL);
	world_fire(w, STUCK);
	world_exit(w, 0);
	world_news(w, NEWS_TIMED_OUT);
	world_see(w, "812", 2 * MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why,
	    STR("nobody knows whether it happened")));
	world_free(w);
}

static void
back__what_a_person_took_back_is_done(void)
{
	struct world *w = failed(BACK, RUNBOOK);
	struct attempt_row out = last_attempt(w);
	row_id other = 0;
	for (row_id id = 1; id < out.id; id++) {
		struct attempt_row row;
		if (world_row_get(w, TABLE_ATTEMPT, id, &row) &&
		    str_eq(row.action, STR("drain")) && str_eq(row.target, STR("pay-1")))
			other = id;
	}
	struct command undo = { .kind = COMMAND_UNDO,
		.row = other,
		.principal = STR("automation") };
	EXPECT_U64(world_command(w, &undo).status, 202);
	EXPECT_U64(w->attempt_n, 2);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_exit(w, 0);
	world_free(w);
}

static void
back__stops_with_everything(void)
{
	struct world *w = failed(BACK, RUNBOOK);
	EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:ana").status, 200);
	EXPECT(world_incident(w, 1).run == 0);
	world_news(w, NEWS_KILLED);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
	/* And a person who has it in hand does it. */
	w = failed(BACK, RUNBOOK);
	struct command take = { .kind = COMMAND_HANDS_ON, .name = STR("payments") };
	EXPECT_U64(world_command(w, &take).status, 201);
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why, STR("has it in hand")));
	world_free(w);
}

static void
back__too_late_is_a_persons(void)
{
	struct world *w = world_new(BACK,
	    HEAD DRAIN("drain") "```verify drained\npromql: depth\nexpect: '< 50'\n"
				"within: 3h\nundo: true\n```\n",
	    NULL);
	world_fire(w, STUCK);
	world_exit(w, 0);
	world_exit(w, 0);
	world_see(w, "812", 3 * HOUR);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why, STR("it is too late")));
	world_free(w);
}

static void
undo_step__takes_back_one_step_and_goes_on(void)
{
	struct world *w = world_new(BACK,
	    HEAD DRAIN("drain") RESTART
	    "```check bad\npromql: worse\nexpect: '> 5'\n"
	    "otherwise: helped\n```\n"
	    "```undo back\nof: drain\n```\n" VERIFY("helped", ""),
	    NULL);
	world_fire(w, STUCK);
	world_exit(w, 0);
	world_exit(w, 0);
	world_exit(w, 0);
	world_probe(w, "9");
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(last_attempt(w).step, STR("back"));
	EXPECT_STR(last_attempt(w).target, STR("pay-2"));
	world_restart(w);
	world_exit(w, 0);
	EXPECT_STR(last_attempt(w).target, STR("pay-1"));
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_see(w, "12", 0);
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

/* What is no longer in memory cannot be taken back, and is not forgotten in silence. */
static void
back__of_more_than_is_kept_ends_with_a_person(void)
{
	static char yaml[65536];
	size_t n =
	    (size_t)snprintf(yaml, sizeof(yaml), "%s%s%s%s", SHOP_TOP, SHOP_PEOPLE, ACTIONS,
		"authority:\n"
		"  - {grant: all of it, to: [automation], may: [drain],"
		" on: {service: [ledger]}, until: 2030-01-01, owner: mei}\n"
		"services:\n  ledger: {owner: platform-ops, tier: 3}\nhosts:\n");
	for (int i = 1; i <= UNDO_KEPT_MAX + 4; i++)
		n += (size_t)snprintf(yaml + n, sizeof(yaml) - n,
		    "  many-%d: {service: ledger}\n", i);
	struct world *w = world_new(yaml, MANY, NULL);
	w->reload = false; /* it would take a minute */
	world_fire(w, "alertname=Slow,service=ledger");
	for (int i = 1; i <= UNDO_KEPT_MAX + 4; i++)
		world_exit(w, 0);
	world_see(w, "812", 2 * MINUTE);
	unsigned back = 0;
	for (; w->attempt_n > 0; back++)
		world_exit(w, 0);
	EXPECT(back >= UNDO_KEPT_MAX - 1 && back < UNDO_KEPT_MAX + 4);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why,
	    STR("what it did first is no longer known")));
	world_free(w);
}

/* More attempts than are kept begin beside a taking back: the one that it takes back stays
 * until it is known how that went. */
static void
back__others_beside_it_do_not_make_it_lose_its_way(void)
{
	static char yaml[65536];
	size_t n =
	    (size_t)snprintf(yaml, sizeof(yaml), "%s%s%s%s", SHOP_TOP, SHOP_PEOPLE, ACTIONS,
		"authority:\n"
		"  - {grant: all of it, to: [automation, ana], may: [drain],"
		" on: {service: [ledger]}, until: 2030-01-01, owner: mei}\n"
		"services:\n  ledger: {owner: platform-ops, tier: 3}\nhosts:\n");
	for (int i = 1; i <= TRAIL_KEPT_MAX + 1; i++)
		n += (size_t)snprintf(yaml + n, sizeof(yaml) - n,
		    "  many-%d: {service: ledger}\n", i);
	struct world *w = world_new(yaml, MANY, NULL);
	w->reload = false; /* it would take a minute */
	world_fire(w, "alertname=Slow,service=ledger");
	for (int i = 1; i <= TRAIL_KEPT_MAX + 1; i++)
		world_exit(w, 0);
	world_see(w, "812", 2 * MINUTE);
	EXPECT_STR(last_attempt(w).action, STR("fill"));
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("drain"),
		.action = true,
		.target = STR("many-1"),
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	world_exit(w, 0); /* the taking back */
	EXPECT(w->attempt_n == 2 && !world_incident(w, 1).needs_person);
	EXPECT(world_says(w, 1, "took back attempt"));
	world_free(w);
}

int
main(void)
{
	RUN(back__a_verify_that_fails_takes_back_last_first);
	RUN(back__what_holds_is_not_taken_back);
	RUN(back__goes_on_after_a_restart_and_is_done_once);
	RUN(back__is_never_harder_than_doing);
	RUN(back__one_that_fails_needs_a_person_and_ends_it);
	RUN(back__one_in_doubt_waits_for_a_person);
	RUN(back__one_that_never_started_is_tried_again);
	RUN(back__what_timed_out_is_a_persons);
	RUN(back__what_a_person_took_back_is_done);
	RUN(back__stops_with_everything);
	RUN(back__too_late_is_a_persons);
	RUN(undo_step__takes_back_one_step_and_goes_on);
	RUN(back__of_more_than_is_kept_ends_with_a_person);
	RUN(back__others_beside_it_do_not_make_it_lose_its_way);
	TEST_MAIN_END();
}
