/* Runs: a runbook from its first check to a verified recovery, and every way it can end. */
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=mail"
#define DOWN "alertname=Down,service=checkout"

static void
status(struct world *w, int64_t code)
{
	ASSERT(w->probe_n == 1);
	struct event event = {
		.kind = EVENT_PROBE_RESULT,
		.probe_result = { .probe = w->probes[0], .status = PROBE_OK, .code = code }
	};
	w->probe_n = 0;
	world_step(w, &event);
}

static struct attempt_row
last_attempt(struct world *w)
{
	return world_attempt(w, world_last(w, TABLE_ATTEMPT));
}

static struct grant_use_row
last_use(struct world *w)
{
	struct grant_use_row use = { 0 };
	EXPECT(world_row_get(w, TABLE_GRANT_USE, world_last(w, TABLE_GRANT_USE), &use));
	return use;
}

static struct decision_row
last_decision(struct world *w)
{
	struct decision_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_DECISION, world_last(w, TABLE_DECISION), &row));
	return row;
}

static void
run__a_restart_that_helps_is_verified_and_closed(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	uint64_t alert = world_fire(w, DOWN ",severity=critical");
	EXPECT_U64(w->attempt_n, 1);
	struct attempt_row attempt = last_attempt(w);
	EXPECT(attempt.state == ATTEMPT_INTENT);
	EXPECT_STR(attempt.principal, STR("automation"));
	EXPECT_STR(attempt.target, STR("checkout"));
	EXPECT_U64(attempt.argv.n, 4);
	EXPECT_STR(attempt.argv.p[3], STR("checkout"));
	EXPECT(last_use(w).state == USE_HELD);
	EXPECT(last_decision(w).verdict == VERDICT_ALLOW);
	EXPECT_U64(last_decision(w).attempt, attempt.id);
	EXPECT_STR(world_last_notice(w)->subject,
	    STR("[sev1] checkout: Down (incident 1): restarting checkout"));

	world_news(w, NEWS_CLAIMED);
	world_news(w, NEWS_STARTED);
	EXPECT(last_attempt(w).state == ATTEMPT_STARTED);
	EXPECT(last_use(w).state == USE_HELD);
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	world_exit(w, 0);
	EXPECT_U64(world_effects(w, EFFECT_FORGET_ATTEMPT), 1);
	EXPECT(last_use(w).state == USE_CONSUMED);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	status(w, 503);
	world_after(w, 10 * SECOND);
	status(w, 200);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_RECOVERED);
	EXPECT(row.recovered_wall == w->wall);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, NULL), 0);
	world_resolve(w, alert);
	world_after(w, 60 * SECOND);
	row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_CLOSED && row.end == END_VERIFIED);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ops-hook"), 1);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, NULL), 0);
	world_free(w);
}

/* To the attempt on the first worker. */
static struct world *
stuck_and_checked(const char *runbook)
{
	struct world *w = world_new(SHOP, runbook, NULL);
	world_fire(w, STUCK);
	EXPECT_U64(w->probe_n, 1);
	struct probe_row probe = { 0 };
	EXPECT(world_row_get(w, TABLE_PROBE, w->probes[0], &probe));
	EXPECT_STR(probe.query, STR("queue_depth{queue=\"mail\"}"));
	EXPECT_STR(probe.url, STR("http://127.0.0.1:9090"));
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(last_attempt(w).target, STR("pay-1"));
	return w;
}

static void
run__targets_are_done_one_after_the_other(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-unit"));
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 0);
	world_after(w, 44 * SECOND);
	EXPECT_U64(w->attempt_n, 0);
	world_after(w, SECOND);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(last_attempt(w).target, STR("pay-2"));
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_see(w, "12", 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_see(w, "12", MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

static void
run__holding_starts_anew_after_a_break(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-unit"));
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	world_exit(w, 0);
	world_see(w, "12", 2 * MINUTE);
	world_see(w, "70", 10 * SECOND);
	world_see(w, "12", 2 * MINUTE);
	/* No answer is a break as well. */
	world_see(w, NULL, 0);
	world_after(w, 10 * SECOND);
	world_probe(w, NULL);
	world_see(w, "12", 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_see(w, "12", 70 * SECOND);
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

static void
run__what_does_not_help_is_handed_off_with_a_case_file(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-unit"));
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	world_exit(w, 0);
	world_see(w, "812", 10 * MINUTE);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_HANDED_OFF);
	EXPECT(!row.needs_person);
	struct handoff_row handoff = { 0 };
	EXPECT(world_row_get(w, TABLE_HANDOFF, row.handoff, &handoff));
	EXPECT_STR(handoff.team, STR("checkout-dev"));
	EXPECT(handoff.class == HANDOFF_INVESTIGATION);
	const char *parts[] = { "# QueueStuck: it does not move", "decide to drop",
		"messages the workers cannot digest", "http://grafana/payments",
		"### restart-unit on pay-2: exited", "systemctl restart payments pay-2",
		"    restarted", "allow: restart-unit on pay-1 for automation",
		"queue=\"mail\"",
		"it has not recovered in time, drained: saw 812, wanted < 50" };
	for (size_t i = 0; i < countof(parts); i++) {
		test_row = parts[i];
		EXPECT(str_contains(handoff.case_file, str_of(parts[i])));
	}
	test_row = NULL;
	EXPECT_U64(world_told(w, PURPOSE_HANDED_OFF, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_HANDED_OFF, "ops-hook"), 1);

	/* Filing is tried again, then it is filed; alerts join, and their end ends it. */
	struct event failed = { .kind = EVENT_HANDOFF_RESULT,
		.handoff_result = { .handoff = handoff.id, .error = STR("disk full") } };
	world_step(w, &failed);
	world_after(w, 10 * SECOND);
	struct event filed = { .kind = EVENT_HANDOFF_RESULT,
		.handoff_result = { .handoff = handoff.id,
		    .filed = true,
		    .where = STR("handoffs/1.md") } };
	world_step(w, &filed);
	EXPECT(world_row_get(w, TABLE_HANDOFF, row.handoff, &handoff));
	EXPECT(handoff.state == HANDOFF_FILED);
	EXPECT_U64(handoff.tries, 2);
	uint64_t more = world_fire(w, STUCK ",instance=2");
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_resolve(w, more);
	world_resolve(w, 1);
	world_after(w, MINUTE);
	EXPECT(world_incident(w, 1).end == END_RESOLVED);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ana"), 1);
	world_free(w);
}

static void
run__a_handoff_without_developers_needs_a_person(void)
{
	struct world *w = world_new(SHOP,
	    "---\nrunbook: give-up\nservice: ledger\nanswers: [{alertname: Odd}]\n---\n"
	    "# Odd\n```handoff hand\nclass: code-change\nbecause: it is broken\n"
	    "ask: mend it\n```\n",
	    NULL);
	world_fire(w, "alertname=Odd,service=ledger");
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(world_gap(w, GAP_HANDOFF_INCOMPLETE, "ledger").count, 1);
	world_free(w);
}

static void
run__a_check_that_says_over_ends_as_not_real(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	uint64_t alert = world_fire(w, STUCK);
	world_probe(w, "3");
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_OPEN && !row.needs_person);
	EXPECT(row.look_again_at == w->at + 2 * MINUTE);
	world_resolve(w, alert);
	world_after(w, MINUTE);
	EXPECT(world_incident(w, 1).end == END_NOT_REAL);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
run__after_a_stop_the_next_runbook_is_tried_then_a_person(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"),
	    "---\nrunbook: second\nservice: payments\nanswers: [{alertname: QueueStuck}]\n"
	    "---\n# Second\n```check other\npromql: 'up'\nexpect: '== 0'\notherwise: stop\n"
	    "```\n```handoff hand\nclass: code-change\nbecause: a\nask: b\n```\n");
	uint64_t alert = world_fire(w, STUCK);
	EXPECT_STR(world_incident(w, 1).runbook, STR("queue-not-draining"));
	world_probe(w, "3");
	world_after(w, 2 * MINUTE);
	EXPECT_STR(world_incident(w, 1).runbook, STR("second"));
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	world_probe(w, "1");
	world_after(w, 2 * MINUTE);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_OPEN && row.needs_person);
	EXPECT_STR(row.needs_person_why,
	    STR("no other runbook answers after queue-not-draining, second"));
	/* Cleared later: still what the checks said. */
	world_resolve(w, alert);
	world_after(w, MINUTE);
	EXPECT(world_incident(w, 1).end == END_NOT_REAL);
	world_free(w);
}

static void
run__alerts_that_clear_during_checks_cancel_it(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	uint64_t alert = world_fire(w, STUCK);
	world_see(w, "812", 30 * SECOND);
	world_resolve(w, alert);
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	world_after(w, 30 * SECOND);
	world_fire(w, STUCK);
	/* Again before it was closed: from the start. */
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	world_resolve(w, 2);
	world_after(w, MINUTE);
	EXPECT(world_incident(w, 1).end == END_RESOLVED);
	world_free(w);
}

static void
run__alerts_that_clear_after_an_action_do_not_prove_it(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	uint64_t alert = world_fire(w, DOWN);
	world_resolve(w, alert);
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_after(w, 2 * MINUTE + MINUTE);
	/* Its probe never answered: nothing is proved, a person looks. */
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.needs_person);
	EXPECT(str_starts(row.needs_person_why, STR("unverifiable")));
	world_after(w, MINUTE);
	EXPECT(world_incident(w, 1).end == END_RESOLVED);
	world_free(w);
}

static void
run__a_check_that_cannot_tell_never_acts(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	world_see(w, "nonsense", 3 * MINUTE);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_OPEN && row.needs_person);
	EXPECT(str_starts(row.needs_person_why, STR("could not tell")));
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
run__what_authority_refuses_is_a_gap_and_a_person(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "drop-table"), NULL);
	world_fire(w, DOWN);
	EXPECT_U64(w->attempt_n, 0);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.needs_person);
	EXPECT(str_starts(row.needs_person_why, STR("restart was refused: ")));
	EXPECT_U64(world_gap(w, GAP_REFUSED, "drop-table on checkout").count, 1);
	struct decision_row decision = last_decision(w);
	EXPECT(decision.verdict == VERDICT_DENY && decision.attempt == 0);
	EXPECT(decision.reasons.n > 0);
	EXPECT_U64(world_count(w, TABLE_GRANT_USE), 0);
	world_free(w);
}

static void
run__fires_again_after_recovery_until_its_limit(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	uint64_t alert = world_fire(w, DOWN);
	for (uint32_t i = 0; i < 3; i++) {
		EXPECT_U64(w->attempt_n, 1);
		world_exit(w, 0);
		status(w, 200);
		EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
		world_resolve(w, alert);
		world_after(w, 30 * SECOND);
		alert = world_fire(w, DOWN);
		EXPECT_U64(world_incident(w, 1).refired, i + 1);
		EXPECT_U64(world_told(w, PURPOSE_REFIRED, "ana"), i + 1);
	}
	/* 3 in 1h are used. */
	EXPECT_U64(w->attempt_n, 0);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_OPEN && row.needs_person);
	EXPECT(str_contains(row.needs_person_why, STR("3 of 3")));
	EXPECT_U64(world_count(w, TABLE_INCIDENT), 1);
	/* An hour later the limit gives way: uses were forgotten in time. */
	EXPECT_U64(core_counts(w->core).attempts_open, 0);
	world_after(w, HOUR);
	struct core_may may = { .principal = STR("automation"),
		.action = STR("restart-unit"),
		.service = STR("checkout"),
		.at = w->at,
		.wall = w->wall };
	struct decision_row decision;
	core_judge(w->core, &may, &w->arena, &decision);
	EXPECT(decision.verdict == VERDICT_ALLOW);
	world_free(w);
}

static void
run__still_firing_long_after_recovery_needs_a_person(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	uint64_t alert = world_fire(w, DOWN);
	world_exit(w, 0);
	status(w, 200);
	world_after(w, 15 * MINUTE);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_RECOVERED && row.needs_person);
	EXPECT_STR(row.needs_person_why, STR("the verify holds, but 1 alert still fires"));
	world_resolve(w, alert);
	world_after(w, MINUTE);
	EXPECT(world_incident(w, 1).end == END_VERIFIED);
	world_free(w);
}

static void
run__a_failed_action_ends_the_step(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-unit"));
	world_exit(w, 3);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_OPEN && row.needs_person);
	EXPECT_STR(row.needs_person_why,
	    STR("restart-workers failed on pay-1"
		"; 0 of 2 done, 1 failed, 1 not begun: `firstline run queue-not-draining "
		"--continue 5` goes on with the rest"));
	EXPECT(last_attempt(w).exit_code == 3);
	EXPECT(last_use(w).state == USE_CONSUMED);
	world_free(w);
}

static void
run__a_timeout_is_decided_by_the_verify(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-unit"));
	world_news(w, NEWS_TIMED_OUT);
	EXPECT_U64(w->attempt_n, 0); /* not a second start, not another target */
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_see(w, "12", 3 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

static void
run__what_may_have_happened_is_never_called_not_started(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-safe"));
	world_news(w, NEWS_UNKNOWN);
	for (unsigned i = 0; i < 2; i++) {
		EXPECT_U64(w->attempt_n, 1);
		world_news(w, NEWS_NEVER_STARTED);
	}
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(world_says(w, 1, "was tried, and may have happened, 3 times"));
	EXPECT(!world_says(w, 1, "could not be started"));
	world_free(w);
}

static void
run__what_never_started_is_decided_again_three_times(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-unit"));
	for (unsigned i = 0; i < 3; i++) {
		EXPECT_U64(w->attempt_n, 1);
		EXPECT_U64(world_count(w, TABLE_DECISION), i + 1);
		world_news(w, NEWS_NEVER_STARTED);
	}
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(last_use(w).state == USE_RELEASED);
	EXPECT(last_attempt(w).state == ATTEMPT_LOST);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(world_says(w, 1, "could not be started 3 times: because"));
	world_free(w);
}

static void
run__hands_refusing_is_a_refusal(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-unit"));
	world_news(w, NEWS_REFUSED);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(world_gap(w, GAP_REFUSED, "restart-unit on payments").count, 1);
	EXPECT(last_use(w).state == USE_RELEASED);
	world_free(w);
}

/* ---- in doubt ---- */

static void
doubt__a_probe_that_says_yes_goes_on(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-known"));
	world_news(w, NEWS_STARTED);
	world_news(w, NEWS_UNKNOWN);
	EXPECT(last_attempt(w).state == ATTEMPT_IN_DOUBT);
	EXPECT(last_use(w).state == USE_HELD);
	EXPECT(!world_incident(w, 1).needs_person);
	world_probe(w, "1");
	struct attempt_row first = last_attempt(w);
	EXPECT(first.state == ATTEMPT_SETTLED && first.happened == HAPPENED_YES);
	EXPECT(last_use(w).state == USE_CONSUMED);
	world_after(w, 45 * SECOND);
	EXPECT_STR(last_attempt(w).target, STR("pay-2"));
	world_free(w);
}

static void
doubt__a_probe_that_says_no_decides_again(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-known"));
	world_news(w, NEWS_UNKNOWN);
	world_probe(w, "0");
	EXPECT_U64(w->attempt_n, 1);
	struct attempt_row again = last_attempt(w);
	EXPECT_STR(again.target, STR("pay-1"));
	EXPECT(again.state == ATTEMPT_INTENT);
	EXPECT_U64(world_count(w, TABLE_DECISION), 2);
	world_free(w);
}

static void
doubt__without_an_answer_a_person_says_what_happened(void)
{
	for (int yes = 0; yes < 2; yes++) {
		struct world *w = stuck_and_checked(
		    yes ? SHOP_QUEUE("restart-known") : SHOP_QUEUE("restart-unit"));
		world_news(w, NEWS_UNKNOWN);
		if (yes != 0)
			world_probe(w, NULL);
		struct incident_row row = world_incident(w, 1);
		EXPECT(row.state == INCIDENT_ACTING && row.needs_person);
		EXPECT(
		    str_contains(row.needs_person_why, STR("firstline incident settle")));
		EXPECT(last_use(w).state == USE_HELD);
		row_id id = world_last(w, TABLE_ATTEMPT);
		/* For as long as it takes, across a restart; a wrong answer changes nothing. */
		world_after(w, DAY);
		world_restart(w);
		EXPECT_U64(world_effects(w, EFFECT_RECONCILE_ATTEMPT), 1);
		struct command settle = { .kind = COMMAND_SETTLE, .row = id };
		EXPECT_U64(world_command(w, &settle).status, 422);
		settle.happened = yes ? HAPPENED_YES : HAPPENED_NO;
		EXPECT_U64(world_command(w, &settle).status, 200);
		EXPECT(world_attempt(w, id).state == ATTEMPT_SETTLED);
		EXPECT_STR(world_attempt(w, id).settled_by, STR("person:ana"));
		EXPECT(!world_incident(w, 1).needs_person);
		EXPECT_U64(w->attempt_n, yes ? 0 : 1);
		EXPECT_U64(world_command(w, &settle).status, 409);
		world_free(w);
	}
}

/* The shop in another configuration: that action's probe asks and expects other things. */
#define SHOP_ASKS_OTHERWISE                                                         \
	SHOP_TOP SHOP_PEOPLE SHOP_SERVICES                                          \
	    "actions:\n"                                                            \
	    "  restart-known:\n"                                                    \
	    "    verb: restart\n"                                                   \
	    "    run: [docker, restart, '${target}']\n"                             \
	    "    happened: {promql: 'starts{host=\"${target}\"}', expect: '> 5'}\n" \
	    "    timeout: 30s\n" SHOP_AUTHORITY

static void
doubt__is_judged_by_the_configuration_that_began_it(void)
{
	for (int asked = 0; asked < 2; asked++) {
		struct world *w = stuck_and_checked(SHOP_QUEUE("restart-known"));
		row_id id = world_last(w, TABLE_ATTEMPT);
		if (asked != 0)
			world_news(w, NEWS_UNKNOWN);
		world_adopt(w, SHOP_ASKS_OTHERWISE, SHOP_QUEUE("restart-known"));
		world_restart(w);
		if (asked == 0)
			world_news(w, NEWS_UNKNOWN);
		struct probe_row probe = { 0 };
		EXPECT(world_row_get(w, TABLE_PROBE, w->probes[0], &probe));
		EXPECT_STR(probe.query, STR("restarts{host=\"pay-1\"}"));
		/* Yes by what was asked, no by what would be asked now. */
		world_probe(w, "1");
		EXPECT(world_attempt(w, id).happened == HAPPENED_YES);
		EXPECT_U64(w->attempt_n, 0);
		EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
		/* Nothing needs the old one for this attempt any more; its incident does. */
		EXPECT_U64(core_models(w->core, (hash32[4]){ 0 }, 4), 2);
		world_free(w);
	}
}

static void
doubt__the_action_may_be_gone_from_the_newest_configuration(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-known"));
	row_id id = world_last(w, TABLE_ATTEMPT);
	world_adopt(w, SHOP_TOP SHOP_PEOPLE SHOP_SERVICES, NULL);
	world_news(w, NEWS_UNKNOWN);
	world_probe(w, "0");
	EXPECT(world_attempt(w, id).happened == HAPPENED_NO);
	EXPECT_U64(w->attempt_n, 0); /* decided again by the newest: refused */
	EXPECT(world_incident(w, 1).needs_person);
	world_free(w);
}

static void
doubt__what_may_be_repeated_is(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-safe"));
	world_news(w, NEWS_UNKNOWN);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 2);
	EXPECT(!world_incident(w, 1).needs_person);
	world_free(w);
}

static void
doubt__a_late_result_ends_it(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-unit"));
	row_id id = world_last(w, TABLE_ATTEMPT);
	world_news(w, NEWS_UNKNOWN);
	struct event late = { .kind = EVENT_ATTEMPT_RESULT,
		.attempt_result = { .attempt = id, .news = NEWS_EXITED } };
	world_step(w, &late);
	EXPECT(world_attempt(w, id).state == ATTEMPT_EXITED);
	EXPECT(!world_incident(w, 1).needs_person);
	/* And once more: hands may forget it, nothing else. */
	world_step(w, &late);
	EXPECT_U64(world_effects(w, EFFECT_FORGET_ATTEMPT), 1);
	world_after(w, 45 * SECOND);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* ---- several at once, restarts, configuration ---- */

static void
run__several_services_are_independent(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"),
	    SHOP_DOWN("ledger", "restart-unit"));
	world_fire(w, DOWN);
	/* The grant allows one at once over all of them. */
	world_fire(w, "alertname=Down,service=ledger");
	EXPECT_U64(w->attempt_n, 1);
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	EXPECT(world_state(w, 2) == INCIDENT_ACTING);
	EXPECT(!world_incident(w, 2).needs_person);
	world_exit(w, 0);
	world_after(w, 0);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	EXPECT(world_state(w, 2) == INCIDENT_ACTING);
	world_free(w);
}

/* ---- waiting for a turn ---- */

/* checkout is being restarted, ledger waits for its turn. */
static struct world *
taking_turns(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"),
	    SHOP_DOWN("ledger", "restart-unit"));
	world_fire(w, DOWN);
	world_fire(w, "alertname=Down,service=ledger");
	EXPECT_U64(w->attempt_n, 1);
	return w;
}

static void
turn__is_waited_for_and_judged_when_something_ends(void)
{
	struct world *w = taking_turns();
	EXPECT(world_says(w, 2,
	    "restart waits for its turn, at most 15m: 1 of 1 restarts "
	    "at once is under way"));
	EXPECT_STR(world_last_notice(w)->subject,
	    STR("[sev4] ledger: Down (incident 2): waiting for its turn (restart)"));
	unsigned decisions = world_count(w, TABLE_DECISION);
	EXPECT_U64(decisions, 2);
	EXPECT(last_decision(w).verdict == VERDICT_DENY);
	EXPECT_U64(world_gap(w, GAP_REFUSED, NULL).count, 0);
	/* News, time and restarts that free nothing change nothing. */
	world_news(w, NEWS_STARTED);
	world_after(w, 20 * SECOND);
	world_restart(w);
	EXPECT_U64(world_count(w, TABLE_DECISION), decisions);
	world_exit(w, 0);
	world_after(w, 0);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(last_attempt(w).target, STR("ledger"));
	EXPECT(last_decision(w).verdict == VERDICT_ALLOW);
	EXPECT_U64(world_count(w, TABLE_DECISION), decisions + 1);
	world_free(w);
}

static void
turn__is_waited_for_so_long_and_not_longer(void)
{
	/* In doubt, it is under way for as long as nobody says. */
	struct world *w = taking_turns();
	world_news(w, NEWS_UNKNOWN);
	world_after(w, 15 * MINUTE - 1);
	EXPECT(!world_incident(w, 2).needs_person);
	world_after(w, 1);
	EXPECT_STR(world_incident(w, 2).needs_person_why,
	    STR("restart was refused: its turn did not come within 15m: 1 of 1 restarts "
		"at once is under way; wait until what is under way has ended"));
	EXPECT_U64(world_gap(w, GAP_REFUSED, "restart-unit on ledger").count, 1);
	EXPECT_U64(world_count(w, TABLE_DECISION), 2);
	world_free(w);
}

static void
turn__refused_for_more_than_that_does_not_wait(void)
{
	struct world *w = taking_turns();
	/* Waiting, another rule begins to forbid it: it is told now, not later. */
	world_adopt(w,
	    SHOP "  - {prohibit: nothing moves today, may: any, from: 2026-01-01,"
		 " until: 2030-01-01, because: the year ends}\n",
	    NULL);
	world_after(w, 0);
	EXPECT(world_incident(w, 2).needs_person);
	EXPECT(str_contains(world_incident(w, 2).needs_person_why,
	    STR("nothing moves today")));
	EXPECT_U64(world_count(w, TABLE_DECISION), 3);
	world_free(w);
}

static void
turn__ends_with_what_made_it_wait_for_one(void)
{
	struct world *w = taking_turns();
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 2, "person:ana").status, 200);
	world_exit(w, 0);
	world_after(w, HOUR);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

static void
turn__comes_in_the_order_of_asking(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"),
	    "---\nrunbook: any\nanswers: [{alertname: Odd}]\n---\n# Any\n"
	    "```action restart\ndo: restart-unit\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n");
	world_fire(w, DOWN);
	world_fire(w, "alertname=Odd,service=ledger");
	world_fire(w, "alertname=Odd,service=payments");
	EXPECT_U64(w->attempt_n, 1);
	world_exit(w, 0);
	world_after(w, 0);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(last_attempt(w).target, STR("ledger"));
	world_exit(w, 0);
	world_after(w, 0);
	EXPECT_STR(last_attempt(w).target, STR("payments"));
	EXPECT_U64(world_count(w, TABLE_DECISION), 5); /* three allowed, two had to wait */
	world_free(w);
}

/* The whole of a good run, with a restart after the n-th step. */
static size_t
story(unsigned kill_at, bool engine)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	w->restart_at = w->entry_n + kill_at;
	w->restart_engine = engine;
	w->reload = kill_at == 0;
	size_t begun = w->entry_n;
	uint64_t alert = world_fire(w, STUCK);
	world_see(w, "812", MINUTE);
	world_news(w, NEWS_STARTED);
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	world_news(w, NEWS_CLAIMED);
	world_exit(w, 0);
	world_see(w, "12", 3 * MINUTE);
	world_resolve(w, alert);
	world_after(w, MINUTE);
	EXPECT(world_incident(w, 1).end == END_VERIFIED);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 2);
	EXPECT_U64(world_told(w, PURPOSE_OPENED, "ana"), 1 + w->sent_again);
	EXPECT_U64(core_counts(w->core).notices_open, 0);
	size_t steps = w->entry_n - begun;
	world_free(w);
	return steps;
}

static void
run__goes_on_after_a_restart_at_any_point(void)
{
	size_t steps = story(0, true);
	for (unsigned at = 1; at <= steps; at++) {
		(void)story(at, true);
		(void)story(at, false);
	}
}

static void
run__a_new_configuration_judges_but_does_not_rewrite(void)
{
	/* The runbook is gone from it, and restarts are forbidden. */
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-unit"));
	world_adopt(w,
	    SHOP "  - {prohibit: nothing moves today, may: any, from: 2026-01-01,"
		 " until: 2030-01-01, because: the year ends}\n",
	    NULL);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	world_after(w, 45 * SECOND);
	struct incident_row row = world_incident(w, 1);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(row.needs_person);
	EXPECT(str_contains(row.needs_person_why, STR("nothing moves today")));
	struct decision_row decision = last_decision(w);
	EXPECT(!hash32_eq(&decision.config, &row.config));
	EXPECT_U64(core_models(w->core, (hash32[4]){ 0 }, 4), 2);
	world_restart(w);
	world_resolve(w, 1);
	world_after(w, 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	world_free(w);
}

static void
run__no_news_of_an_attempt_is_asked_for(void)
{
	struct world *w = stuck_and_checked(SHOP_QUEUE("restart-unit"));
	world_news(w, NEWS_STARTED);
	unsigned before = w->reconciled;
	world_after(w, 30 * SECOND + MINUTE);
	EXPECT_U64(w->reconciled, before + 1);
	world_free(w);
}

static void
run__no_host_with_the_role_means_nobody(void)
{
	/* payments runs in another environment than its hosts. */
	struct world *w = world_new(SHOP_TOP SHOP_PEOPLE
	    "services:\n"
	    "  payments: {owner: platform-ops, developers: checkout-dev,"
	    " environment: canary}\n"
	    "hosts:\n  pay-1: {service: payments, role: worker, environment: production}\n"
	    "alerts: [{match: {queue: '~.+'}, service: payments}]\n" SHOP_ACTIONS
	    "authority:\n"
	    "  - {grant: automation restarts, to: [automation], may: [restart],"
	    " on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: mei}\n",
	    SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("no host of payments in canary has role worker"));
	world_free(w);
}

int
main(void)
{
	RUN(run__a_restart_that_helps_is_verified_and_closed);
	RUN(run__targets_are_done_one_after_the_other);
	RUN(run__holding_starts_anew_after_a_break);
	RUN(run__what_does_not_help_is_handed_off_with_a_case_file);
	RUN(run__a_handoff_without_developers_needs_a_person);
	RUN(run__a_check_that_says_over_ends_as_not_real);
	RUN(run__after_a_stop_the_next_runbook_is_tried_then_a_person);
	RUN(run__alerts_that_clear_during_checks_cancel_it);
	RUN(run__alerts_that_clear_after_an_action_do_not_prove_it);
	RUN(run__a_check_that_cannot_tell_never_acts);
	RUN(run__what_authority_refuses_is_a_gap_and_a_person);
	RUN(run__fires_again_after_recovery_until_its_limit);
	RUN(run__still_firing_long_after_recovery_needs_a_person);
	RUN(run__a_failed_action_ends_the_step);
	RUN(run__a_timeout_is_decided_by_the_verify);
	RUN(run__what_may_have_happened_is_never_called_not_started);
	RUN(run__what_never_started_is_decided_again_three_times);
	RUN(run__hands_refusing_is_a_refusal);
	RUN(doubt__a_probe_that_says_yes_goes_on);
	RUN(doubt__a_probe_that_says_no_decides_again);
	RUN(doubt__without_an_answer_a_person_says_what_happened);
	RUN(doubt__is_judged_by_the_configuration_that_began_it);
	RUN(doubt__the_action_may_be_gone_from_the_newest_configuration);
	RUN(doubt__what_may_be_repeated_is);
	RUN(doubt__a_late_result_ends_it);
	RUN(run__several_services_are_independent);
	RUN(turn__is_waited_for_and_judged_when_something_ends);
	RUN(turn__is_waited_for_so_long_and_not_longer);
	RUN(turn__refused_for_more_than_that_does_not_wait);
	RUN(turn__ends_with_what_made_it_wait_for_one);
	RUN(turn__comes_in_the_order_of_asking);
	RUN(run__goes_on_after_a_restart_at_any_point);
	RUN(run__a_new_configuration_judges_but_does_not_rewrite);
	RUN(run__no_news_of_an_attempt_is_asked_for);
	RUN(run__no_host_with_the_role_means_nobody);
	TEST_MAIN_END();
}
