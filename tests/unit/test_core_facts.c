/* What waits for facts: live values, the health of others; and restarts meanwhile. */
#include "support/asked_shop.h"

static void
facts__facts_come_and_allow_it(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	struct asked_row row = last_asked(w);
	EXPECT(row.state == ASKED_FACTS);
	EXPECT_U64(row.probes.n, 1);
	EXPECT(last_run(w).phase == PHASE_ASKED);
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	EXPECT_U64(world_count(w, TABLE_DECISION), 0);
	EXPECT_U64(w->probe_n, 1);
	struct probe_row probe = { 0 };
	EXPECT(world_row_get(w, TABLE_PROBE, w->probes[0], &probe));
	EXPECT_STR(probe.query, STR("replicas{deployment=\"checkout\"}"));
	EXPECT_U64(probe.asked, row.id);
	EXPECT(world_says(w, 1, "asking for 1 fact that authority needs"));
	EXPECT_U64(approve(w, "person:mei").status, 409);
	world_probe(w, "20");
	row = last_asked(w);
	EXPECT(row.state == ASKED_STARTED);
	EXPECT_STR(row.why, STR("it needs no approval"));
	EXPECT_U64(row.probes.n, 0);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(observed(w), STR("20"));
	struct attempt_row attempt = world_attempt(w, row.attempt);
	EXPECT_STR(pairs_get(&attempt.observed, STR("replicas")), STR("20"));
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, NULL), 0);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, NULL), 0);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_free(w);
}

static void
facts__facts_that_tell_nothing_deny(void)
{
	static const struct {
		const char *name;
		struct probe_result seen;
	} rows[] = {
		{ "no answer", { .status = PROBE_FAILED, .error = { "refused", 7 } } },
		{ "no data", { .status = PROBE_NO_DATA } },
		{ "empty", { .status = PROBE_OK } },
		{ "words", { .status = PROBE_OK, .value = { "many", 4 } } },
		{ "a fraction", { .status = PROBE_OK, .value = { "12.5", 4 } } },
		{ "no number", { .status = PROBE_OK, .value = { "NaN", 3 } } },
		{ "too many digits",
		    { .status = PROBE_OK, .value = { "99999999999999999999", 20 } } },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
		world_fire(w, SMALL);
		struct event event = { .kind = EVENT_PROBE_RESULT,
			.probe_result = rows[i].seen };
		event.probe_result.probe = w->probes[0];
		w->probe_n = 0;
		world_step(w, &event);
		EXPECT(last_asked(w).state == ASKED_REFUSED);
		EXPECT(last_decision(w).verdict == VERDICT_DENY);
		EXPECT_U64(w->attempt_n, 0);
		EXPECT(last_run(w).refused);
		world_free(w);
	}
}

static void
facts__facts_that_never_come_deny(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	row_id probe = w->probes[0];
	world_after(w, ASKED_FACTS_MS - 1);
	EXPECT(last_asked(w).state == ASKED_FACTS);
	world_after(w, 1);
	EXPECT(last_asked(w).state == ASKED_REFUSED);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	struct reason *reasons = last_decision(w).reasons.p;
	EXPECT(reasons[0].kind == REASON_UNKNOWN);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	/* What comes late counts for nothing. */
	struct event late = { .kind = EVENT_PROBE_RESULT,
		.probe_result = { .probe = probe,
		    .status = PROBE_OK,
		    .value = STR("20"),
		    .series = 1 } };
	world_step(w, &late);
	EXPECT(last_asked(w).state == ASKED_REFUSED);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
facts__old_facts_are_asked_for_anew(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	world_probe(w, "12");
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	world_after(w, ASKED_FACTS_FRESH_MS + 1);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT(last_asked(w).state == ASKED_FACTS);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(w->probe_n, 1);
	world_probe(w, "13");
	EXPECT(last_asked(w).state == ASKED_STARTED);
	EXPECT_STR(observed(w), STR("13"));
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

static void
facts__fresh_facts_are_good_enough(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	world_probe(w, "12");
	world_after(w, ASKED_FACTS_FRESH_MS);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT(last_asked(w).state == ASKED_STARTED);
	EXPECT_U64(w->probe_n, 0);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

static void
facts__old_facts_that_do_not_come_again_deny(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	world_probe(w, "12");
	world_after(w, MINUTE);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	/* A second one agrees, and it makes no difference. */
	EXPECT_U64(approve(w, "person:jon").status, 409);
	world_after(w, ASKED_FACTS_MS);
	EXPECT(last_asked(w).state == ASKED_REFUSED);
	EXPECT_U64(last_decision(w).given.observed.n, 0);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
facts__are_asked_anew_when_all_have_agreed(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS_TWO), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	world_probe(w, "12");
	world_after(w, MINUTE);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	EXPECT_U64(w->probe_n, 0);
	EXPECT_U64(approve(w, "person:jon").status, 200);
	EXPECT(last_asked(w).state == ASKED_FACTS);
	/* It has shrunk meanwhile, and nothing else has to be agreed on. */
	world_probe(w, "010");
	EXPECT(last_asked(w).state == ASKED_STARTED);
	EXPECT_STR(observed(w), STR("10")); /* as a parameter takes it */
	EXPECT_U64(last_decision(w).given.votes.n, 2);
	world_free(w);
}

static void
facts__a_no_counts_while_facts_are_asked_anew(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	world_probe(w, "12");
	world_after(w, MINUTE);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT_U64(deny(w, "person:tea").status, 409);
	EXPECT(last_asked(w).state == ASKED_FACTS);
	EXPECT_U64(deny(w, "person:jon").status, 200);
	EXPECT(last_asked(w).state == ASKED_REFUSED);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
facts__facts_come_after_it_expired(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	world_probe(w, "12");
	world_after(w, 15 * MINUTE - 5 * SECOND);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT(last_asked(w).state == ASKED_FACTS);
	world_after(w, 5 * SECOND);
	EXPECT(last_asked(w).state == ASKED_EXPIRED);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
facts__how_the_others_are(void)
{
	static const struct {
		const char *name;
		int64_t codes[3]; /* -1: no answer */
		bool allowed;
	} rows[] = {
		{ "all are well", { 200, 200, 200 }, true },
		{ "the target is not", { 503, 200, 200 }, true },
		{ "another is not", { 200, 200, 503 }, false },
		{ "one does not answer", { 200, -1, 200 }, false },
		{ "nothing listens", { 200, 0, 200 }, false },
		{ "nobody answers", { -1, -1, -1 }, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(CONFIG(KEEP_HEALTHY), NULL, NULL);
		world_fire(w, "alertname=Down,service=payments");
		struct reply reply = restart(w, "pay-1", "person:ana");
		EXPECT_U64(reply.status, 202);
		EXPECT_U64(reply.exit, 0);
		EXPECT(reply.table == TABLE_ASKED);
		EXPECT_U64(w->probe_n, 3);
		for (size_t k = 0; k < 3; k++)
			status(w, rows[i].codes[k]);
		EXPECT(last_asked(w).state ==
		       (rows[i].allowed ? ASKED_STARTED : ASKED_REFUSED));
		EXPECT_U64(w->attempt_n, rows[i].allowed ? 1 : 0);
		bool none = rows[i].codes[0] < 0 && rows[i].codes[2] < 0;
		EXPECT(last_decision(w).given.health_known == !none);
		world_free(w);
	}
}

static void
facts__another_configuration_asks_for_facts_anew(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	row_id before = w->probes[0];
	world_after(w, 10 * SECOND);
	world_adopt(w, CONFIG(SCALE_ASKS) "listen: 127.0.0.1:9999\n", SCALE_RUNBOOK);
	struct asked_row row = last_asked(w);
	EXPECT(row.state == ASKED_FACTS);
	EXPECT_U64(row.due, w->at + ASKED_FACTS_MS);
	EXPECT_U64(w->probe_n, 2);
	struct event old = { .kind = EVENT_PROBE_RESULT,
		.probe_result = { .probe = before,
		    .status = PROBE_OK,
		    .value = STR("20"),
		    .series = 1 } };
	world_step(w, &old);
	EXPECT(last_asked(w).state == ASKED_FACTS);
	w->probes[0] = w->probes[1];
	w->probe_n = 1;
	world_probe(w, "20");
	EXPECT(last_asked(w).state == ASKED_STARTED);
	/* One that needs none any more decides at once. */
	world_free(w);
	w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	world_adopt(w, CONFIG(""), SCALE_RUNBOOK);
	world_after(w, 0);
	EXPECT(last_asked(w).state == ASKED_STARTED);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	world_free(w);
}

static void
facts__a_command_that_needs_no_wait_makes_no_row(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS RESTART_ASKS), NULL, NULL);
	world_fire(w, "alertname=Down,service=payments");
	EXPECT(restart(w, "pay-1", "person:ana").table == TABLE_ATTEMPT);
	EXPECT_U64(restart(w, "pay-1", "person:mei").status, 403);
	EXPECT_U64(world_count(w, TABLE_ASKED), 0);
	world_free(w);
}

/* ---- what actions of ours change meanwhile ---- */

static void
facts__health_that_was_read_before_another_restart_ended_is_void(void)
{
	struct world *w = world_new(CONFIG(KEEP_HEALTHY), NULL, NULL);
	world_fire(w, "alertname=Down,service=payments");
	EXPECT_U64(restart(w, "pay-1", "person:ana").status, 202);
	EXPECT_U64(restart(w, "pay-2", "person:jon").status, 202);
	row_id second = last_asked(w).id;
	EXPECT_U64(w->probe_n, 6);
	for (size_t i = 0; i < 3; i++)
		status(w, 200);
	EXPECT_U64(w->attempt_n, 1);
	world_exit(w, 0);
	/* Read before pay-1 went down. */
	for (size_t i = 0; i < 3; i++)
		status(w, 200);
	EXPECT(asked(w, second).state == ASKED_FACTS);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(w->probe_n, 3);
	EXPECT(world_says(w, 1, "asking again for 3 facts"));
	status(w, 503);
	status(w, 200);
	status(w, 200);
	EXPECT(asked(w, second).state == ASKED_REFUSED);
	EXPECT(last_decision(w).verdict == VERDICT_DENY);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

/* Live 12; 30 waits for a yes, and 10 is done meanwhile. */
static struct world *
scaled_meanwhile(row_id *ret_waits, bool ended)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), NULL, NULL);
	world_fire(w, SMALL);
	EXPECT_U64(scale(w, "30").status, 202);
	world_probe(w, "12");
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	*ret_waits = last_asked(w).id;
	EXPECT_U64(scale(w, "10").status, 202);
	world_probe(w, "12");
	EXPECT(last_asked(w).state == ASKED_STARTED);
	if (ended)
		world_exit(w, 0);
	world_after(w, SECOND);
	return w;
}

static void
facts__a_live_value_that_was_read_before_it_was_changed_is_void(void)
{
	row_id waits;
	struct world *w = scaled_meanwhile(&waits, true);
	world_restart(w);
	EXPECT_U64(answer(w, COMMAND_APPROVE, waits, "person:mei").status, 200);
	EXPECT(asked(w, waits).state == ASKED_FACTS);
	EXPECT_U64(w->attempt_n, 0);
	world_probe(w, "10");
	EXPECT(asked(w, waits).state == ASKED_STARTED);
	struct attempt_row attempt = world_attempt(w, asked(w, waits).attempt);
	EXPECT_STR(pairs_get(&attempt.observed, STR("replicas")), STR("10"));
	world_free(w);
}

static void
facts__a_live_value_is_not_known_while_it_is_being_changed(void)
{
	row_id waits;
	struct world *w = scaled_meanwhile(&waits, false);
	EXPECT_U64(answer(w, COMMAND_APPROVE, waits, "person:mei").status, 200);
	world_probe(w, "12");
	EXPECT(asked(w, waits).state == ASKED_APPROVAL);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT(world_says(w, 1, "waits for its turn: scale-out on checkout is under way"));
	world_exit(w, 0);
	world_after(w, 0);
	EXPECT(asked(w, waits).state == ASKED_FACTS);
	world_probe(w, "10");
	EXPECT(asked(w, waits).state == ASKED_STARTED);
	EXPECT_STR(observed(w), STR("10"));
	world_free(w);

	/* Who asks for it by hand is refused, and told why. */
	w = world_new(CONFIG(SCALE_ASKS), NULL, NULL);
	world_fire(w, SMALL);
	scale(w, "10");
	world_probe(w, "12");
	EXPECT_U64(w->attempt_n, 1);
	scale(w, "11");
	world_probe(w, "12");
	EXPECT(last_asked(w).state == ASKED_REFUSED);
	EXPECT_STR(last_asked(w).why,
	    STR("scale-out on checkout is under way: what is live there may change any "
		"moment"));
	world_free(w);
}

static void
facts__that_never_stay_as_they_were_read_deny(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), NULL, NULL);
	world_fire(w, SMALL);
	EXPECT_U64(scale(w, "20").status, 202);
	row_id first = last_asked(w).id;
	for (unsigned i = 0; i <= ASKED_ROUNDS_MAX; i++) {
		EXPECT(asked(w, first).state == ASKED_FACTS);
		EXPECT_U64(w->probe_n, 1);
		scale(w, i % 2 == 0 ? "10" : "11");
		row_id probe = w->probes[0];
		w->probes[0] = w->probes[1];
		w->probes[1] = probe;
		world_probe(w, "12");
		EXPECT(last_asked(w).state == ASKED_STARTED);
		world_exit(w, 0);
		world_probe(w, "12");
	}
	EXPECT(asked(w, first).state == ASKED_REFUSED);
	EXPECT(str_starts(asked(w, first).why,
	    STR("what it is judged by did not stay as it was read: scale-out on checkout "
		"began or ended since, and it was read 21 times")));
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

/* ---- restarts, in the middle of each state ---- */

static void
facts__survives_a_restart_of(bool engine)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	w->at += 15 * SECOND;
	w->wall += 15 * SECOND;
	if (engine)
		world_restart(w);
	else
		world_hands_restart(w);
	/* Asked anew, with all the time that this takes. */
	EXPECT(last_asked(w).state == ASKED_FACTS);
	EXPECT_U64(last_asked(w).due, w->at + ASKED_FACTS_MS);
	EXPECT_U64(world_effects(w, EFFECT_PROBE), 1);
	w->probes[0] = w->probes[w->probe_n - 1];
	w->probe_n = 1;
	world_probe(w, "12");
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, "mei"), 1);
	if (engine)
		world_restart(w);
	else
		world_hands_restart(w);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, "mei"), 1);
	world_after(w, MINUTE);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT(last_asked(w).state == ASKED_FACTS);
	if (engine)
		world_restart(w);
	else
		world_hands_restart(w);
	EXPECT(last_asked(w).state == ASKED_FACTS);
	EXPECT_U64(last_asked(w).given.votes.n, 1);
	w->probes[0] = w->probes[w->probe_n - 1];
	w->probe_n = 1;
	world_probe(w, "12");
	EXPECT(last_asked(w).state == ASKED_STARTED);
	EXPECT_U64(w->attempt_n, 1);
	if (engine)
		world_restart(w);
	EXPECT_U64(approve(w, "person:jon").status, 409);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

static void
facts__survives_the_engine(void)
{
	facts__survives_a_restart_of(true);
}

static void
facts__survives_hands(void)
{
	facts__survives_a_restart_of(false);
}

/* Of what is over the first goes first, and what still waits never. */
static void
asked__keeps_what_waits_and_the_last_that_is_over(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
	world_fire(w, DOWN);
	EXPECT_U64(restart(w, "checkout", "person:ana").status, 202);
	row_id waits = w->reply.row, first = 0, last = 0;
	w->reload = false; /* of each of so many steps it is slow */
	for (unsigned i = 0; i < TRAIL_KEPT_MAX + 1; i++) {
		EXPECT_U64(restart(w, "checkout", "person:jon").status, 202);
		last = w->reply.row;
		first = first == 0 ? last : first;
		struct command withdraw = { .kind = COMMAND_WITHDRAW,
			.row = last,
			.principal = STR("person:jon") };
		EXPECT_U64(world_command(w, &withdraw).status, 200);
	}
	const struct incident *incident = incident_find(w->core, 1);
	EXPECT_U64(incident->asked_n, TRAIL_KEPT_MAX);
	EXPECT(object_find(w->core, TABLE_ASKED, waits) != NULL);
	EXPECT(object_find(w->core, TABLE_ASKED, first) == NULL);
	EXPECT(object_find(w->core, TABLE_ASKED, last) != NULL);
	world_free(w);
}

int
main(void)
{
	RUN(facts__facts_come_and_allow_it);
	RUN(facts__facts_that_tell_nothing_deny);
	RUN(facts__facts_that_never_come_deny);
	RUN(facts__old_facts_are_asked_for_anew);
	RUN(facts__fresh_facts_are_good_enough);
	RUN(facts__old_facts_that_do_not_come_again_deny);
	RUN(facts__are_asked_anew_when_all_have_agreed);
	RUN(facts__a_no_counts_while_facts_are_asked_anew);
	RUN(facts__facts_come_after_it_expired);
	RUN(facts__how_the_others_are);
	RUN(facts__another_configuration_asks_for_facts_anew);
	RUN(facts__a_command_that_needs_no_wait_makes_no_row);
	RUN(facts__survives_the_engine);
	RUN(facts__survives_hands);
	RUN(facts__health_that_was_read_before_another_restart_ended_is_void);
	RUN(facts__a_live_value_that_was_read_before_it_was_changed_is_void);
	RUN(facts__a_live_value_is_not_known_while_it_is_being_changed);
	RUN(facts__that_never_stay_as_they_were_read_deny);
	RUN(asked__keeps_what_waits_and_the_last_that_is_over);
	TEST_MAIN_END();
}
