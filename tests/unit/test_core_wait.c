/* The step `wait`, for a time and until something is so; and where a check leads by `then`. */
#include "support/steps_shop.h"

#define SETTLE "```wait settle\nfor: 45s\n```\n"
#define READY_OR(otherwise)                                                               \
	"```wait ready\nuntil: {promql: 'ready', expect: '== 1', for: 20s}\nwithin: 5m\n" \
	"otherwise: " otherwise "\n```\n"
#define READY READY_OR("hand")
#define HAND "```handoff hand\nclass: architecture\nbecause: a\nask: b\n```\n"

/* ---- for a time ---- */

static void
wait__goes_on_when_its_time_is_over(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(GO SETTLE UP), NULL);
	world_fire(w, ODD);
	world_exit(w, 0);
	EXPECT(world_says(w, 1, "settle: waits 45s"));
	EXPECT(last_run(w).phase == PHASE_WAITING);
	world_after(w, 44 * SECOND);
	EXPECT_U64(w->probe_n, 0);
	world_after(w, SECOND);
	EXPECT_U64(w->probe_n, 1);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_probe(w, "1");
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

static void
wait__survives_a_restart_in_the_middle(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(GO SETTLE UP), NULL);
	world_fire(w, ODD);
	world_exit(w, 0);
	world_after(w, 30 * SECOND);
	world_restart(w);
	world_after(w, 14 * SECOND);
	EXPECT_U64(w->probe_n, 0);
	world_after(w, SECOND);
	EXPECT_U64(w->probe_n, 1);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

static void
wait__ends_with_everything_else_at_stop_all(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(SETTLE GO UP), NULL);
	world_fire(w, ODD);
	stop_all(w);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	world_after(w, HOUR);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	world_free(w);
}

static void
wait__ends_when_alerts_clear_before_anything_was_done(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(SETTLE GO UP), NULL);
	uint64_t alert = world_fire(w, ODD);
	EXPECT_STR(world_last_notice(w)->subject,
	    STR("[sev3] payments: Odd (incident 1): waiting a while (settle)"));
	world_resolve(w, alert);
	EXPECT(last_run(w).state == RUN_CANCELLED);
	world_after(w, HOUR);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	EXPECT(world_incident(w, 1).end == END_RESOLVED);
	world_free(w);
}

static void
wait__goes_on_when_alerts_clear_after_something_was_done(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(GO SETTLE UP), NULL);
	uint64_t alert = world_fire(w, ODD);
	world_exit(w, 0);
	world_resolve(w, alert);
	world_after(w, 45 * SECOND);
	world_probe(w, "1");
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

static void
wait__before_the_verify_lets_a_timeout_be_verified(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(GO SETTLE UP), NULL);
	world_fire(w, ODD);
	world_news(w, NEWS_TIMED_OUT);
	world_after(w, 45 * SECOND);
	world_probe(w, "1");
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

/* ---- until ---- */

/* The next look brings nothing. */
static void
no_answer(struct world *w)
{
	world_after(w, 10 * SECOND);
	world_probe(w, NULL);
}

static void
wait__until_goes_on_when_it_holds_long_enough(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(GO READY UP HAND), NULL);
	world_fire(w, ODD);
	world_exit(w, 0);
	/* Not yet is no reason to give up. */
	world_see(w, "0", MINUTE);
	EXPECT(last_run(w).step == 1);
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	/* No answer breaks the time of holding. */
	world_see(w, "1", 10 * SECOND);
	no_answer(w);
	world_see(w, "1", 20 * SECOND);
	EXPECT(last_run(w).step == 1);
	world_see(w, "1", 10 * SECOND);
	EXPECT(last_run(w).step == 2);
	EXPECT(world_says(w, 1, "ready: saw 1, wanted == 1; held for 20s"));
	world_free(w);
}

static void
wait__until_that_never_holds_leads_otherwise(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(GO READY UP HAND), NULL);
	world_fire(w, ODD);
	world_exit(w, 0);
	world_restart(w);
	world_hands_restart(w);
	world_see(w, "0", 5 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	EXPECT(world_says(w, 1, "it did not become so in time, ready: saw 0, wanted == 1"));
	world_free(w);
}

static void
wait__until_in_doubt_at_the_end_needs_a_person(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(GO READY UP HAND), NULL);
	world_fire(w, ODD);
	world_exit(w, 0);
	world_see(w, "0", 4 * MINUTE);
	for (unsigned i = 0; i < 5; i++)
		no_answer(w);
	world_after(w, 10 * SECOND);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT(str_starts(needs_person(w), STR("could not tell, ready: saw no answer")));
	world_free(w);
}

static void
wait__until_ends_when_alerts_clear_and_at_stop_all(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(READY GO UP HAND), NULL);
	uint64_t alert = world_fire(w, ODD);
	EXPECT_U64(w->probe_n, 1);
	world_resolve(w, alert);
	EXPECT(last_run(w).state == RUN_CANCELLED);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	world_free(w);

	w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(READY GO UP HAND), NULL);
	world_fire(w, ODD);
	world_see(w, "0", MINUTE);
	stop_all(w);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	world_free(w);
}

/* ---- then ---- */

#define CHECK(then, otherwise)                                       \
	"```check small\npromql: depth\nexpect: '< 10'\nthen: " then \
	"\notherwise: " otherwise "\n```\n"

static void
then__leads_where_it_says(void)
{
	const char *runbook = STEPS_RUNBOOK(CHECK("go", "hand") HAND GO UP);
	struct world *w = world_new(STEPS_CONFIG, runbook, NULL);
	world_fire(w, ODD);
	world_probe(w, "3");
	EXPECT_U64(w->attempt_n, 1);
	EXPECT(last_run(w).step == 2);
	world_free(w);

	w = world_new(STEPS_CONFIG, runbook, NULL);
	world_fire(w, ODD);
	world_probe(w, "30");
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_free(w);
}

static void
then__may_end_the_run(void)
{
	struct world *w =
	    world_new(STEPS_CONFIG, STEPS_RUNBOOK(CHECK("stop", "go") GO UP), NULL);
	world_fire(w, ODD);
	world_probe(w, "3");
	EXPECT(last_run(w).state == RUN_STOPPED);
	world_free(w);

	w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(CHECK("person", "go") GO UP), NULL);
	world_fire(w, ODD);
	world_probe(w, "3");
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_STR(needs_person(w), STR("small: saw 3, wanted < 10"));
	world_free(w);
}

static void
then__is_not_taken_in_doubt(void)
{
	struct world *w =
	    world_new(STEPS_CONFIG, STEPS_RUNBOOK(CHECK("go", "hand") HAND GO UP), NULL);
	world_fire(w, ODD);
	world_probe(w, NULL);
	for (unsigned i = 0; i < 5; i++)
		no_answer(w);
	world_after(w, 10 * SECOND);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	world_free(w);
}

/* ---- a dry run ---- */

static void
wait__and_then_are_part_of_a_plan(void)
{
	struct world *w = world_new(STEPS_CONFIG,
	    STEPS_RUNBOOK(CHECK("go", "hand") HAND GO SETTLE READY_OR("person") UP), NULL);
	struct core_planned planned;
	core_plan(w->core,
	    &(struct core_plan){ .runbook = STR("r"),
		.service = STR("payments"),
		.principal = AUTOMATION,
		.at = w->at,
		.wall = w->wall },
	    &w->arena, &planned);
	EXPECT_U64(planned.n, 6);
	EXPECT(planned.steps[0].fate == PLAN_RUNS);
	EXPECT(
	    planned.steps[1].fate == PLAN_UNKNOWN); /* only when the check does not hold */
	EXPECT(planned.steps[2].fate == PLAN_RUNS);
	EXPECT(planned.steps[3].fate == PLAN_RUNS);
	EXPECT_STR(planned.steps[3].text, STR("waits 45s"));
	EXPECT_STR(planned.steps[3].otherwise, STR(""));
	EXPECT_STR(planned.steps[4].text, STR("ready: == 1 for 20s"));
	EXPECT_STR(planned.steps[4].otherwise, STR("a person is told"));
	EXPECT(planned.steps[5].fate == PLAN_RUNS);
	world_free(w);
}

int
main(void)
{
	RUN(wait__goes_on_when_its_time_is_over);
	RUN(wait__survives_a_restart_in_the_middle);
	RUN(wait__ends_with_everything_else_at_stop_all);
	RUN(wait__ends_when_alerts_clear_before_anything_was_done);
	RUN(wait__goes_on_when_alerts_clear_after_something_was_done);
	RUN(wait__before_the_verify_lets_a_timeout_be_verified);
	RUN(wait__until_goes_on_when_it_holds_long_enough);
	RUN(wait__until_that_never_holds_leads_otherwise);
	RUN(wait__until_in_doubt_at_the_end_needs_a_person);
	RUN(wait__until_ends_when_alerts_clear_and_at_stop_all);
	RUN(then__leads_where_it_says);
	RUN(then__may_end_the_run);
	RUN(then__is_not_taken_in_doubt);
	RUN(wait__and_then_are_part_of_a_plan);
	TEST_MAIN_END();
}
