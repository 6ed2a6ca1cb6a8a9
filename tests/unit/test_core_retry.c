/* `retry` of an action: what surely failed is tried again, and nothing else. */
#include "support/steps_shop.h"

#define RETRY(action) "```action go\ndo: " action "\nretry: {times: 2, wait: 30s}\n```\n"
#define BOTH(action)                                                                 \
	"```action go\ndo: " action "\ntargets: {service: payments, role: worker}\n" \
	"retry: {times: 1, wait: 30s}\n```\n"

static void
retry__what_failed_is_tried_again_after_the_wait(void)
{
	struct world *w =
	    world_new(STEPS_CONFIG, STEPS_RUNBOOK(RETRY("restart-unit") UP), NULL);
	world_fire(w, ODD);
	world_exit(w, 1);
	EXPECT(world_says(w, 1, "go on payments is tried again in 30s, time 1 of 2"));
	world_after(w, 29 * SECOND);
	EXPECT_U64(w->attempt_n, 0);
	world_after(w, SECOND);
	EXPECT_U64(w->attempt_n, 1);
	/* Each try is decided anew. */
	EXPECT_U64(world_count(w, TABLE_DECISION), 2);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_probe(w, "1");
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

static void
retry__ends_when_its_times_are_used_up(void)
{
	struct world *w =
	    world_new(STEPS_CONFIG, STEPS_RUNBOOK(RETRY("restart-unit") UP), NULL);
	world_fire(w, ODD);
	for (unsigned i = 0; i < 2; i++) {
		world_exit(w, 1);
		world_after(w, 30 * SECOND);
	}
	world_exit(w, 1);
	EXPECT_STR(needs_person(w), STR("go failed on payments"));
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 3);
	world_after(w, HOUR);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 3);
	world_free(w);
}

static void
retry__counts_for_each_target(void)
{
	struct world *w =
	    world_new(STEPS_CONFIG, STEPS_RUNBOOK(BOTH("restart-unit") UP), NULL);
	world_fire(w, ODD);
	for (unsigned i = 0; i < 2; i++) {
		world_exit(w, 1);
		world_after(w, 30 * SECOND);
		world_exit(w, 0);
	}
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 4);
	EXPECT_STR(last_attempt(w).target, STR("pay-2"));
	world_free(w);
}

static void
retry__what_may_have_happened_is_not_tried_again(void)
{
	/* Ended by its time: the verify says. */
	struct world *w =
	    world_new(STEPS_CONFIG, STEPS_RUNBOOK(RETRY("restart-unit") UP), NULL);
	world_fire(w, ODD);
	world_news(w, NEWS_TIMED_OUT);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_free(w);

	w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(RETRY("restart-unit") UP), NULL);
	world_fire(w, ODD);
	world_news(w, NEWS_KILLED);
	EXPECT_STR(needs_person(w), STR("go failed on payments"));
	world_after(w, HOUR);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);

	/* In doubt, and nobody can tell. */
	w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(RETRY("restart-unit") UP), NULL);
	world_fire(w, ODD);
	world_news(w, NEWS_UNKNOWN);
	world_probe(w, NULL);
	world_after(w, HOUR);
	EXPECT(last_attempt(w).state == ATTEMPT_IN_DOUBT);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

static void
retry__what_may_be_repeated_is_tried_again_also_then(void)
{
	struct world *w =
	    world_new(STEPS_CONFIG, STEPS_RUNBOOK(RETRY("restart-safe") UP), NULL);
	world_fire(w, ODD);
	world_news(w, NEWS_TIMED_OUT);
	world_after(w, 30 * SECOND);
	EXPECT_U64(w->attempt_n, 1);
	world_news(w, NEWS_KILLED);
	world_after(w, 30 * SECOND);
	EXPECT_U64(w->attempt_n, 1);
	world_news(w, NEWS_TIMED_OUT);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_free(w);
}

static void
retry__survives_a_restart_and_ends_at_stop_all(void)
{
	struct world *w =
	    world_new(STEPS_CONFIG, STEPS_RUNBOOK(RETRY("restart-unit") UP), NULL);
	world_fire(w, ODD);
	world_exit(w, 1);
	world_after(w, 10 * SECOND);
	world_restart(w);
	world_after(w, 20 * SECOND);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 2);
	EXPECT_U64(((const struct rolled *)last_run(w).rolled.p)->retries, 1);
	world_exit(w, 1);
	stop_all(w);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	world_after(w, HOUR);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 2);
	world_free(w);
}

static void
retry__goes_on_when_alerts_clear_meanwhile(void)
{
	struct world *w =
	    world_new(STEPS_CONFIG, STEPS_RUNBOOK(RETRY("restart-unit") UP), NULL);
	uint64_t alert = world_fire(w, ODD);
	world_exit(w, 1);
	world_resolve(w, alert);
	world_after(w, 30 * SECOND);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* A try that authority refuses by now is no try. */
static void
retry__is_refused_like_any_other(void)
{
	struct world *w = world_new(SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS
	    "authority:\n"
	    "  - {grant: one, to: [automation], may: [restart], on: {tier: [1, 2, 3]},"
	    " within: {per_service: 1 in 1h}, until: 2030-01-01, owner: mei}\n",
	    STEPS_RUNBOOK(RETRY("restart-unit") UP), NULL);
	world_fire(w, ODD);
	world_exit(w, 1);
	world_after(w, 30 * SECOND);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(last_run(w).refused);
	EXPECT(str_starts(needs_person(w), STR("go was refused: ")));
	/* It was tried once, and failed: it is not as if nothing had been done to it. */
	struct run_row run = last_run(w);
	const struct rolled *rolled = run.rolled.p;
	EXPECT(run.rolled.n == 1 && rolled->state == ROLLED_FAILED);
	world_free(w);
}

int
main(void)
{
	RUN(retry__what_failed_is_tried_again_after_the_wait);
	RUN(retry__ends_when_its_times_are_used_up);
	RUN(retry__counts_for_each_target);
	RUN(retry__what_may_have_happened_is_not_tried_again);
	RUN(retry__what_may_be_repeated_is_tried_again_also_then);
	RUN(retry__survives_a_restart_and_ends_at_stop_all);
	RUN(retry__goes_on_when_alerts_clear_meanwhile);
	RUN(retry__is_refused_like_any_other);
	TEST_MAIN_END();
}
