/* What waits for the approval of people, and every way it can end. */
#include "support/asked_shop.h"

/* A run that wants to restart checkout, and waits for a yes. */
static struct world *
waiting(const char *yaml)
{
	struct world *w = world_new(yaml, SHOP_DOWN("checkout", "restart-unit"), NULL);
	world_fire(w, DOWN);
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	EXPECT(last_run(w).phase == PHASE_ASKED);
	EXPECT_U64(last_run(w).waiting_for, last_asked(w).id);
	EXPECT_U64(w->attempt_n, 0);
	return w;
}

/* ---- approval ---- */

static void
asked__a_yes_starts_it_and_the_run_goes_on(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	struct asked_row row = last_asked(w);
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	EXPECT_STR(row.principal, STR("automation"));
	EXPECT_STR(row.action, STR("restart-unit"));
	EXPECT_STR(row.verb, STR("restart"));
	EXPECT_STR(row.target, STR("checkout"));
	EXPECT_STR(row.step, STR("restart"));
	EXPECT_U64(row.approvers.n, 3);
	EXPECT_U64(row.yes_missing, 1);
	EXPECT_U64(row.ends_wall, w->wall + 15 * MINUTE);
	EXPECT(!hash32_zero(&row.digest));
	EXPECT(last_decision(w).verdict == VERDICT_AFTER_APPROVAL);
	EXPECT_U64(last_decision(w).asked, row.id);
	EXPECT_U64(last_decision(w).id, row.decision);
	EXPECT_U64(world_count(w, TABLE_GRANT_USE), 0);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, "mei"), 1);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, "jon"), 1);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, NULL), 3);
	EXPECT(world_says(w, 1, "restart-unit on checkout waits for approval until"));

	world_after(w, 5 * MINUTE);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	row = last_asked(w);
	EXPECT(row.state == ASKED_STARTED);
	EXPECT_STR(row.why, STR("approved by mei"));
	EXPECT_U64(w->attempt_n, 1);
	struct attempt_row attempt = world_attempt(w, row.attempt);
	EXPECT_U64(attempt.asked, row.id);
	EXPECT_U64(attempt.decision, row.decision);
	EXPECT_STR(attempt.principal, STR("automation"));
	struct decision_row decision = last_decision(w);
	EXPECT(decision.verdict == VERDICT_ALLOW);
	EXPECT_U64(decision.asked, row.id);
	EXPECT_U64(decision.given.votes.n, 1);
	EXPECT(last_run(w).phase == PHASE_ATTEMPT);
	EXPECT(world_says(w, 1, "approved restart-unit on checkout"));
	/* The others need not answer any more; who did, knows. */
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, "jon"), 1);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, "mei"), 0);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_free(w);
}

static void
asked__the_notice_says_all_that_one_needs(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS), SCALE_RUNBOOK, NULL);
	world_fire(w, SMALL);
	world_probe(w, "12");
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	const struct notice_row *notice = NULL;
	for (size_t i = 0; i < w->notice_n; i++) {
		if (w->notices[i].row.purpose == PURPOSE_APPROVAL)
			notice = &w->notices[i].row;
	}
	ASSERT(notice != NULL);
	EXPECT_STR(notice->subject, STR("[sev3] checkout: scale-out on checkout (incident "
					"1): needs your approval"));
	str id = arena_printf(&w->arena, "firstline approve %llu",
	    (unsigned long long)last_asked(w).id);
	str deny_id = arena_printf(&w->arena, "firstline deny %llu",
	    (unsigned long long)last_asked(w).id);
	const str parts[] = { STR("automation asks for scale-out on checkout."),
		STR("action:    scale-out (scale)"),
		STR("with:      replicas = 30 (it is 12 now)"),
		STR("on:        checkout of service checkout"),
		STR("asked by:  automation, step grow of runbook too-small"),
		STR("more than double needs a second"), STR("production.yaml:"),
		STR("until:     2026-11-23 13:27:00 UTC (15m)"),
		STR("customers may be unable to buy"), id, deny_id, STR("/incidents/1") };
	for (size_t i = 0; i < countof(parts); i++) {
		bool there = str_contains(notice->text, parts[i]);
		if (!there)
			printf("%.*s\n--- lacks %.*s\n", (int)notice->text.n,
			    notice->text.p, STR_ARG(parts[i]));
		EXPECT(there);
	}
	EXPECT_U64(notice->asked, last_asked(w).id);
	EXPECT_STR(pairs_get(&notice->fields, STR("target")), STR("checkout"));
	EXPECT_STR(pairs_get(&notice->fields, STR("doing")),
	    STR("waiting for approval of scale-out on checkout"));
	world_free(w);
}

static void
asked__a_no_ends_it(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	struct command no = { .kind = COMMAND_DENY,
		.row = last_asked(w).id,
		.principal = STR("person:jon"),
		.text = STR("the disks are full,\nfirst") };
	EXPECT_U64(world_command(w, &no).status, 200);
	struct asked_row row = last_asked(w);
	EXPECT(row.state == ASKED_REFUSED);
	EXPECT_STR(row.why, STR("jon said no: the disks are full, first"));
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT(last_run(w).refused);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, "mei"), 1);
	EXPECT_U64(w->attempt_n, 0);
	/* Said is said. */
	EXPECT_U64(approve(w, "person:mei").status, 409);
	EXPECT_U64(deny(w, "person:mei").exit, 9);
	world_free(w);
}

static void
asked__who_asked_by_hand_hears_of_a_no(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
	world_fire(w, DOWN);
	restart(w, "checkout", "person:ana");
	EXPECT_U64(deny(w, "person:mei").status, 200);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, "jon"), 1);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, "mei"), 0);
	EXPECT_STR(world_last_notice(w)->subject,
	    STR("[sev3] checkout: restart-unit on checkout (incident 1): refused"));
	EXPECT(str_contains(world_last_notice(w)->text,
	    STR("restart-unit on checkout is refused: mei said no. Nobody need answer")));
	world_free(w);
}

static void
asked__nobody_answers_in_time(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	world_after(w, 15 * MINUTE - 1);
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	world_after(w, 1);
	EXPECT(last_asked(w).state == ASKED_EXPIRED);
	EXPECT_STR(last_asked(w).why,
	    STR("it was not approved by 2026-11-23 13:27:00 UTC"));
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, NULL), 3);
	struct reply reply = approve(w, "person:mei");
	EXPECT_U64(reply.status, 409);
	EXPECT(str_contains(reply.error, STR("expired")));
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
asked__a_yes_at_the_end_is_too_late(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	/* Its timer is due, but the answer comes first. */
	w->at += 15 * MINUTE;
	w->wall += 15 * MINUTE;
	EXPECT_U64(approve(w, "person:mei").status, 409);
	EXPECT(last_asked(w).state == ASKED_EXPIRED);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
asked__two_at_once_count_once(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	row_id id = last_asked(w).id;
	EXPECT_U64(answer(w, COMMAND_APPROVE, id, "person:mei").status, 200);
	struct reply late = answer(w, COMMAND_APPROVE, id, "person:jon");
	EXPECT_U64(late.status, 409);
	EXPECT(str_contains(late.error, STR("started: approved by mei")));
	EXPECT_U64(answer(w, COMMAND_DENY, id, "person:jon").status, 409);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

static void
asked__two_must_agree(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS_TWO));
	EXPECT_U64(last_asked(w).yes_missing, 2);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	EXPECT_U64(last_asked(w).yes_missing, 1);
	EXPECT_U64(world_count(w, TABLE_DECISION), 1);
	/* The same person again says nothing new. */
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT_U64(last_asked(w).given.votes.n, 1);
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	world_restart(w);
	EXPECT_U64(approve(w, "person:jon").status, 200);
	EXPECT(last_asked(w).state == ASKED_STARTED);
	EXPECT_STR(last_asked(w).why, STR("approved by mei and jon"));
	EXPECT_U64(last_decision(w).given.votes.n, 2);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

static void
asked__who_agreed_may_still_say_no(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS_TWO));
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT_U64(deny(w, "person:mei").status, 200);
	EXPECT(last_asked(w).state == ASKED_REFUSED);
	EXPECT_U64(last_asked(w).given.votes.n, 1);
	EXPECT_U64(approve(w, "person:jon").status, 409);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
asked__whose_answer_counts(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
	world_fire(w, DOWN);
	struct reply reply = restart(w, "checkout", "person:ana");
	EXPECT_U64(reply.status, 202);
	EXPECT_U64(reply.exit, 6);
	EXPECT(reply.table == TABLE_ASKED);
	struct asked_row row = last_asked(w);
	EXPECT_U64(reply.row, row.id);
	EXPECT_U64(row.approvers.n, 2);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, "ana"), 0);
	/* By whatever token: the principal is the person. */
	static const struct {
		const char *who;
		uint32_t status;
	} rows[] = {
		{ "person:ana", 403 },
		{ "person:tea", 403 },
		{ "person:nobody", 403 },
		{ "agent:helper", 403 },
		{ "automation", 403 },
		{ "local-admin", 403 },
		{ "person:", 403 },
		{ "mei", 403 },
		{ "", 403 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].who;
		if (rows[i].who[0] == 0)
			continue;
		EXPECT_U64(approve(w, rows[i].who).status, rows[i].status);
		EXPECT_U64(deny(w, rows[i].who).status, rows[i].status);
		EXPECT(last_asked(w).state == ASKED_APPROVAL);
		EXPECT_U64(last_asked(w).given.votes.n, 0);
	}
	test_row = NULL;
	EXPECT_U64(approve(w, "person:jon").status, 200);
	EXPECT(last_asked(w).state == ASKED_STARTED);
	EXPECT_STR(world_attempt(w, last_asked(w).attempt).principal, STR("person:ana"));
	world_free(w);
}

static void
asked__an_agent_asks_for_a_person(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
	world_fire(w, DOWN);
	struct command command = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("checkout"),
		.principal = STR("agent:helper"),
		.behalf = STR("person:jon") };
	EXPECT_U64(world_command(w, &command).exit, 6);
	struct asked_row row = last_asked(w);
	EXPECT_U64(row.given.behalf.n, 1);
	/* Not whom it serves. */
	EXPECT_U64(row.approvers.n, 2);
	EXPECT_U64(approve(w, "person:jon").status, 403);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT(last_asked(w).state == ASKED_STARTED);
	struct attempt_row attempt = world_attempt(w, last_asked(w).attempt);
	EXPECT_U64(attempt.behalf.n, 1);
	world_free(w);
}

static void
asked__a_yes_is_for_what_was_seen(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	struct asked_row row = last_asked(w);
	struct command yes = { .kind = COMMAND_APPROVE,
		.row = row.id,
		.principal = STR("person:mei"),
		.digest = row.digest };
	yes.digest.b[7] ^= 1;
	struct reply reply = world_command(w, &yes);
	EXPECT_U64(reply.status, 409);
	EXPECT_U64(reply.exit, 9);
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	yes.row = row.id + 100000;
	EXPECT_U64(world_command(w, &yes).status, 404);
	yes.row = row.id;
	yes.digest = row.digest;
	EXPECT_U64(world_command(w, &yes).status, 200);
	EXPECT(last_asked(w).state == ASKED_STARTED);
	world_free(w);
}

static void
asked__each_request_has_a_digest_of_its_own(void)
{
	str behalf = STR("person:jon");
	struct pair param = { STR("replicas"), STR("3") };
	struct asked_row row = { .principal = STR("person:ana"),
		.action = STR("scale-out"),
		.service = STR("checkout"),
		.target = STR("checkout"),
		.params = { &param, 1 },
		.given = { .behalf = { &behalf, 1 }, .targets_n = 2 } };
	hash32 digests[11];
	size_t n = 0;
	EXPECT(asked_digest(&row, &digests[n++]));
	struct asked_row other = row;
	other.principal = STR("automation");
	EXPECT(asked_digest(&other, &digests[n++]));
	other = row;
	other.given.behalf.n = 0;
	EXPECT(asked_digest(&other, &digests[n++]));
	other = row;
	str tea = STR("person:tea");
	other.given.behalf = (struct strs){ &tea, 1 };
	EXPECT(asked_digest(&other, &digests[n++]));
	other = row;
	other.action = STR("scale-in");
	EXPECT(asked_digest(&other, &digests[n++]));
	other = row;
	other.params.n = 0;
	EXPECT(asked_digest(&other, &digests[n++]));
	other = row;
	other.service = STR("payments");
	EXPECT(asked_digest(&other, &digests[n++]));
	other = row;
	other.target = STR("pay-1");
	EXPECT(asked_digest(&other, &digests[n++]));
	other = row;
	other.given.targets_n = 3;
	EXPECT(asked_digest(&other, &digests[n++]));
	other = row;
	other.runbook_hash.b[0] = 1;
	EXPECT(asked_digest(&other, &digests[n++]));
	other = row;
	other.config.b[0] = 1;
	EXPECT(asked_digest(&other, &digests[n++]));
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			EXPECT(!hash32_eq(&digests[i], &digests[k]));
	}
	/* What is told of it is no part of it. */
	other = row;
	other.why = STR("x");
	other.id = 9;
	hash32 same;
	EXPECT(asked_digest(&other, &same));
	EXPECT(hash32_eq(&same, &digests[0]));
}

/* ---- what changes meanwhile ---- */

static void
asked__another_configuration_voids_it_and_it_is_asked_again(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS_TWO));
	row_id before = last_asked(w).id;
	EXPECT_U64(approve(w, "person:mei").status, 200);
	world_adopt(w, CONFIG(RESTART_ASKS_TWO) "listen: 127.0.0.1:9999\n",
	    SHOP_DOWN("checkout", "restart-unit"));
	EXPECT(asked(w, before).state == ASKED_VOID);
	EXPECT_U64(answer(w, COMMAND_APPROVE, before, "person:jon").status, 409);
	world_after(w, 0);
	struct asked_row row = last_asked(w);
	EXPECT(row.id != before && row.state == ASKED_APPROVAL);
	struct asked_row old = asked(w, before);
	EXPECT(!hash32_eq(&row.digest, &old.digest));
	EXPECT_U64(row.given.votes.n, 0);
	EXPECT(last_run(w).phase == PHASE_ASKED);
	EXPECT_U64(approve(w, "person:jon").status, 200);
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* ---- not: reloader ---- */

#define NOT_RELOADER                                             \
	"  - {approval: restarts are agreed on, for: [restart]," \
	" on: {service: [checkout]}, by: [ana, mei, jon], not: reloader}\n"
#define OTHER(port) "listen: 127.0.0.1:" port "\n"
#define CHECKOUT_DOWN SHOP_DOWN("checkout", "restart-unit")

static void
asked__not_by_who_brought_in_the_runbook_whoever_reloaded_since(void)
{
	struct world *w = world_new(CONFIG(NOT_RELOADER), NULL, NULL);
	world_adopt_by(w, CONFIG(NOT_RELOADER), CHECKOUT_DOWN, "person:mei");
	world_adopt_by(w, CONFIG(NOT_RELOADER) OTHER("9999"), CHECKOUT_DOWN, "person:jon");
	world_restart(w);
	world_fire(w, DOWN);
	struct asked_row row = last_asked(w);
	EXPECT(row.state == ASKED_APPROVAL);
	EXPECT_U64(row.yes_missing, 1);
	EXPECT_U64(row.approvers.n, 1);
	EXPECT_STR(last_decision(w).given.runbook_by, STR("person:mei"));
	EXPECT(approve(w, "person:mei").status != 200);
	EXPECT(approve(w, "person:jon").status != 200);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(approve(w, "person:ana").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

static void
asked__a_runbook_that_comes_back_is_of_who_brought_it_back(void)
{
	struct world *w = world_new(CONFIG(NOT_RELOADER), CHECKOUT_DOWN, NULL);
	/* In force since the start: nobody knows, whoever reloads what. */
	world_adopt_by(w, CONFIG(NOT_RELOADER) OTHER("9999"), CHECKOUT_DOWN, "person:jon");
	const struct runbook *down = &w->core->newest->model->runbooks[0];
	hash32 hash = down->hash;
	EXPECT_STR(runbook_brought_by(w->core, &hash), STR(""));
	world_adopt_by(w, CONFIG(NOT_RELOADER), NULL, "person:ana");
	EXPECT_U64(core_control(w->core)->brought.n, 0);
	world_adopt_by(w, CONFIG(NOT_RELOADER) OTHER("9998"), CHECKOUT_DOWN, "person:mei");
	world_restart(w);
	EXPECT_STR(runbook_brought_by(w->core, &hash), STR("person:mei"));
	world_fire(w, DOWN);
	EXPECT_U64(last_asked(w).approvers.n, 2);
	EXPECT(approve(w, "person:mei").status != 200);
	EXPECT_U64(approve(w, "person:jon").status, 200);
	world_free(w);
}

static void
asked__nobody_knows_who_brought_in_the_runbook(void)
{
	struct world *w = world_new(CONFIG(NOT_RELOADER), CHECKOUT_DOWN, NULL);
	world_adopt_by(w, CONFIG(NOT_RELOADER) OTHER("9999"), CHECKOUT_DOWN, "person:jon");
	world_fire(w, DOWN);
	EXPECT_U64(last_asked(w).yes_missing, 2);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(approve(w, "person:ana").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

static void
asked__another_configuration_may_allow_it(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	world_adopt(w, CONFIG(""), SHOP_DOWN("checkout", "restart-unit"));
	world_after(w, 0);
	EXPECT(last_asked(w).state == ASKED_VOID);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT(last_run(w).phase == PHASE_ATTEMPT);
	world_free(w);
}

static void
asked__its_runbook_was_changed(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	world_adopt(w, CONFIG(RESTART_ASKS), SHOP_DOWN("checkout", "restart-unit") "\n");
	world_after(w, 0);
	EXPECT(last_asked(w).state == ASKED_VOID);
	EXPECT_U64(world_count(w, TABLE_ASKED), 1);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
asked__what_a_person_asked_for_is_not_asked_again_by_itself(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
	world_fire(w, DOWN);
	restart(w, "checkout", "person:ana");
	world_adopt(w, CONFIG(""), NULL);
	world_after(w, MINUTE);
	EXPECT(last_asked(w).state == ASKED_VOID);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
asked__twice_the_same_is_one(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
	world_fire(w, DOWN);
	row_id first = restart(w, "checkout", "person:ana").row;
	EXPECT_U64(restart(w, "checkout", "person:ana").row, first);
	EXPECT(restart(w, "checkout", "person:jon").row != first);
	EXPECT_U64(world_count(w, TABLE_ASKED), 2);
	world_free(w);
}

static void
asked__the_limit_holds_while_others_use_it_up(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	row_id waits = last_asked(w).id;
	/* Three others are approved and done meanwhile. */
	static const char *const who[] = { "person:ana", "person:jon", "person:ana" };
	for (size_t i = 0; i < 3; i++) {
		row_id other = restart(w, "checkout", who[i]).row;
		EXPECT_U64(answer(w, COMMAND_APPROVE, other, "person:mei").status, 200);
		world_exit(w, 0);
	}
	EXPECT_U64(answer(w, COMMAND_APPROVE, waits, "person:mei").status, 200);
	EXPECT(asked(w, waits).state == ASKED_REFUSED);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(last_decision(w).verdict == VERDICT_DENY);
	EXPECT_U64(last_decision(w).asked, waits);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_U64(world_count(w, TABLE_GRANT_USE), 3);
	world_free(w);
}

static void
asked__approved_it_waits_for_its_turn(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	row_id waits = last_asked(w).id;
	row_id other = restart(w, "checkout", "person:ana").row;
	EXPECT_U64(answer(w, COMMAND_APPROVE, other, "person:mei").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(answer(w, COMMAND_APPROVE, waits, "person:mei").status, 200);
	EXPECT(asked(w, waits).state == ASKED_APPROVAL);
	EXPECT(world_says(w, 1, "restart-unit on checkout waits for its turn"));
	EXPECT_U64(answer(w, COMMAND_APPROVE, waits, "person:jon").status, 409);
	world_restart(w);
	EXPECT_U64(w->attempt_n, 1);
	world_exit(w, 0);
	world_after(w, 0);
	EXPECT(asked(w, waits).state == ASKED_STARTED);
	EXPECT_U64(w->attempt_n, 1);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_free(w);
}

static void
asked__its_turn_does_not_come(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	row_id waits = last_asked(w).id;
	row_id other = restart(w, "checkout", "person:ana").row;
	answer(w, COMMAND_APPROVE, other, "person:mei");
	answer(w, COMMAND_APPROVE, waits, "person:mei");
	world_after(w, 15 * MINUTE);
	EXPECT(asked(w, waits).state == ASKED_EXPIRED);
	EXPECT(str_starts(asked(w, waits).why,
	    STR("its turn did not come by 2026-11-23 13:27:00 UTC: ")));
	world_exit(w, 0);
	world_after(w, MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
asked__stop_all_ends_what_waits(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	row_id of_run = last_asked(w).id;
	row_id by_hand = restart(w, "checkout", "person:ana").row;
	EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:jon").status, 200);
	EXPECT(asked(w, of_run).state == ASKED_VOID);
	EXPECT(asked(w, by_hand).state == ASKED_VOID);
	EXPECT_U64(answer(w, COMMAND_APPROVE, by_hand, "person:mei").status, 409);
	EXPECT_U64(world_ask(w, COMMAND_RESUME, 0, "person:jon").status, 200);
	world_after(w, MINUTE);
	EXPECT_U64(answer(w, COMMAND_APPROVE, of_run, "person:mei").status, 409);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
asked__a_person_takes_the_service_meanwhile(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	struct command hands_on = { .kind = COMMAND_HANDS_ON,
		.name = STR("checkout"),
		.principal = STR("person:jon"),
		.span_ms = HOUR };
	EXPECT_U64(world_command(w, &hands_on).status / 100, 2);
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	EXPECT_U64(approve(w, "person:mei").status, 200);
	EXPECT(last_asked(w).state == ASKED_REFUSED);
	EXPECT_U64(w->attempt_n, 0);
	struct run_row run = last_run(w);
	EXPECT(run.state == RUN_NEEDS_PERSON);
	EXPECT(!run.refused); /* nothing is wrong with what is written */
	EXPECT_U64(world_gap(w, GAP_REFUSED, NULL).count, 0);
	EXPECT(world_incident(w, 1).needs_person);
	world_free(w);
}

static void
asked__its_incident_ends(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
	world_fire(w, DOWN);
	row_id id = restart(w, "checkout", "person:ana").row;
	EXPECT_U64(world_ask(w, COMMAND_RESOLVE, 1, "person:ana").status, 200);
	EXPECT(asked(w, id).state == ASKED_VOID);
	EXPECT_U64(answer(w, COMMAND_APPROVE, id, "person:mei").status, 409);
	world_resolve(w, 1);
	EXPECT_U64(answer(w, COMMAND_APPROVE, id, "person:mei").status, 404);
	/* Whoever was asked is told that it is over, by the end of the incident. */
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "mei"), 1);
	world_free(w);
}

static void
asked__its_run_is_cancelled(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	EXPECT(last_asked(w).state == ASKED_VOID);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, "mei"), 1);
	EXPECT_U64(approve(w, "person:mei").status, 409);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
asked__who_asked_withdraws_it(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	struct reply reply = answer(w, COMMAND_WITHDRAW, last_asked(w).id, "person:ana");
	EXPECT_U64(reply.status, 403); /* automation's */
	row_id id = restart(w, "checkout", "person:ana").row;
	EXPECT_U64(answer(w, COMMAND_WITHDRAW, id, "person:jon").status, 403);
	EXPECT_U64(answer(w, COMMAND_WITHDRAW, id, "person:ana").status, 200);
	EXPECT(asked(w, id).state == ASKED_VOID);
	EXPECT_STR(asked(w, id).why, STR("ana withdrew it"));
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, "ana"), 0);
	EXPECT_U64(answer(w, COMMAND_WITHDRAW, id, "person:ana").status, 409);
	EXPECT_U64(answer(w, COMMAND_WITHDRAW, 99999, "person:ana").status, 404);
	world_free(w);
}

static row_id
token_of(struct world *w, const char *name, const char *principal, const char *behalf)
{
	struct command add = { .kind = COMMAND_TOKEN_ADD,
		.token = { .name = str_of(name),
		    .secret = sha256(str_of(name)),
		    .principal = str_of(principal),
		    .behalf = str_of(behalf),
		    .role = ROLE_OPERATOR } };
	struct reply reply = world_command(w, &add);
	EXPECT_U64(reply.status, 201);
	return reply.row;
}

static void
asked__goes_with_the_last_token_of_who_asked(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
	world_fire(w, DOWN);
	row_id phone = token_of(w, "phone", "person:jon", "");
	row_id desk = token_of(w, "desk", "person:jon", "");
	row_id helper = token_of(w, "helper", "agent:helper", "person:jon");
	EXPECT_U64(restart(w, "checkout", "person:jon").exit, EXIT_NEEDS_APPROVAL);
	row_id id = last_asked(w).id;
	EXPECT_U64(answer(w, COMMAND_TOKEN_REVOKE, helper, "person:mei").status, 200);
	EXPECT_U64(answer(w, COMMAND_TOKEN_REVOKE, phone, "person:mei").status, 200);
	EXPECT(asked(w, id).state == ASKED_APPROVAL);
	EXPECT_U64(answer(w, COMMAND_TOKEN_REVOKE, desk, "person:mei").status, 200);
	EXPECT(asked(w, id).state == ASKED_VOID);
	EXPECT_STR(asked(w, id).why, STR("the token of jon was revoked"));
	world_restart(w);
	EXPECT_U64(answer(w, COMMAND_APPROVE, id, "person:mei").status, 409);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
asked__a_run_of_a_person_is_withdrawn(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS),
	    "---\nrunbook: down-checkout\nservice: checkout\n---\n# It is down\n"
	    "```action restart\ndo: restart-unit\n```\n"
	    "```verify up\nhttp: 'http://127.0.0.1:8080/health'\n"
	    "expect: \"status == 200\"\nwithin: 2m\notherwise: person\n```\n",
	    NULL);
	world_fire(w, DOWN);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("down-checkout"),
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_STR(last_asked(w).principal, STR("person:ana"));
	EXPECT_U64(approve(w, "person:ana").status, 403);
	row_id id = last_asked(w).id;
	EXPECT_U64(answer(w, COMMAND_WITHDRAW, id, "person:ana").status, 200);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT(!last_run(w).refused);
	world_free(w);
}

static void
asked__only_so_many_wait_at_once(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS RESTART_ASKS), NULL, NULL);
	world_fire(w, DOWN);
	char n[8];
	for (unsigned i = 0; i < ASKED_OPEN_MAX; i++) {
		(void)snprintf(n, sizeof(n), "%u", 30 + i);
		EXPECT_U64(scale(w, n).status, 202);
	}
	struct reply reply = scale(w, "90");
	EXPECT_U64(reply.status, 403);
	EXPECT(str_contains(reply.error, STR("16 actions wait for incident 1 already")));
	reply = restart(w, "checkout", "person:ana");
	EXPECT_U64(reply.status, 403);
	EXPECT(last_decision(w).verdict == VERDICT_DENY);
	world_free(w);
}

static void
asked__nobody_can_be_reached(void)
{
	struct world *w = waiting(CONFIG("  - {approval: tea says, for: [restart], on: "
					 "{service: [checkout]}, by: [tea]}\n"));
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, NULL), 0);
	EXPECT_U64(world_gap(w, GAP_NOBODY, "restart-unit").count, 1);
	struct incident_row incident = world_incident(w, 1);
	EXPECT(incident.needs_person);
	EXPECT(str_contains(incident.needs_person_why, STR("whom no notice reaches")));
	EXPECT(incident.state == INCIDENT_ACTING);
	EXPECT_U64(approve(w, "person:tea").status, 200);
	EXPECT(!world_incident(w, 1).needs_person);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

static void
asked__nobody_may_approve(void)
{
	struct world *w = world_new(CONFIG("  - {approval: ana says, for: [restart],"
					   " on: {service: [checkout]}, by: [ana]}\n"),
	    NULL, NULL);
	world_fire(w, DOWN);
	struct reply reply = restart(w, "checkout", "person:ana");
	EXPECT_U64(reply.status, 403);
	EXPECT(str_contains(reply.error, STR("nobody may approve it now")));
	EXPECT(last_asked(w).state == ASKED_REFUSED);
	world_free(w);
}

/* Two must, and one could: it would wait in vain. One who may say yes to one rule is none
 * for another one. */
static void
asked__too_few_may_approve(void)
{
	static const char *const rules[] = {
		"  - {approval: two say, for: [restart], on: {service: [checkout]},"
		" by: [ana, mei], need: 2}\n",
		"  - {approval: two say, for: [restart], on: {service: [checkout]},"
		" by: [ana, mei], need: 2}\n"
		"  - {approval: jon says, for: [restart], on: {service: [checkout]},"
		" by: [jon]}\n",
	};
	for (size_t i = 0; i < countof(rules); i++) {
		char config[8192];
		(void)snprintf(config, sizeof(config), "%s%s", CONFIG(""), rules[i]);
		struct world *w = world_new(config, NULL, NULL);
		world_fire(w, DOWN);
		struct reply reply = restart(w, "checkout", "person:ana");
		EXPECT_U64(reply.status, 403);
		EXPECT(str_contains(reply.error,
		    STR("too few people may approve it now: 'two say' asks for 2 "
			"approvals; too few who may approve are there now: ")));
		EXPECT(last_asked(w).state == ASKED_REFUSED);
		EXPECT_U64(world_told(w, PURPOSE_APPROVAL, NULL), 0);
		world_free(w);
	}
}

static void
asked__who_was_not_told_yet_is_not_told(void)
{
	struct world *w =
	    world_new(CONFIG(RESTART_ASKS), SHOP_DOWN("checkout", "restart-unit"), NULL);
	w->deliver = false;
	char labels[64];
	for (unsigned i = 0; i <= CHANNEL_SENDING_MAX; i++) {
		(void)snprintf(labels, sizeof(labels), "alertname=A%u,service=payments", i);
		world_fire(w, labels);
	}
	world_fire(w, DOWN);
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, NULL), 0);
	EXPECT_U64(deny(w, "person:mei").status, 200);
	w->deliver = true;
	world_after(w, MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL, NULL), 0);
	EXPECT_U64(world_told(w, PURPOSE_APPROVAL_ENDED, NULL), 0);
	world_free(w);
}

static void
asked__expires_while_nobody_runs(void)
{
	struct world *w = waiting(CONFIG(RESTART_ASKS));
	w->at += HOUR;
	w->wall += HOUR;
	world_restart(w);
	EXPECT_U64(approve(w, "person:mei").status, 409);
	EXPECT(last_asked(w).state == ASKED_EXPIRED);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

int
main(void)
{
	RUN(asked__a_yes_starts_it_and_the_run_goes_on);
	RUN(asked__the_notice_says_all_that_one_needs);
	RUN(asked__a_no_ends_it);
	RUN(asked__who_asked_by_hand_hears_of_a_no);
	RUN(asked__nobody_answers_in_time);
	RUN(asked__a_yes_at_the_end_is_too_late);
	RUN(asked__two_at_once_count_once);
	RUN(asked__two_must_agree);
	RUN(asked__who_agreed_may_still_say_no);
	RUN(asked__whose_answer_counts);
	RUN(asked__an_agent_asks_for_a_person);
	RUN(asked__a_yes_is_for_what_was_seen);
	RUN(asked__each_request_has_a_digest_of_its_own);
	RUN(asked__another_configuration_voids_it_and_it_is_asked_again);
	RUN(asked__not_by_who_brought_in_the_runbook_whoever_reloaded_since);
	RUN(asked__a_runbook_that_comes_back_is_of_who_brought_it_back);
	RUN(asked__nobody_knows_who_brought_in_the_runbook);
	RUN(asked__another_configuration_may_allow_it);
	RUN(asked__its_runbook_was_changed);
	RUN(asked__what_a_person_asked_for_is_not_asked_again_by_itself);
	RUN(asked__twice_the_same_is_one);
	RUN(asked__the_limit_holds_while_others_use_it_up);
	RUN(asked__approved_it_waits_for_its_turn);
	RUN(asked__its_turn_does_not_come);
	RUN(asked__stop_all_ends_what_waits);
	RUN(asked__a_person_takes_the_service_meanwhile);
	RUN(asked__its_incident_ends);
	RUN(asked__its_run_is_cancelled);
	RUN(asked__who_asked_withdraws_it);
	RUN(asked__goes_with_the_last_token_of_who_asked);
	RUN(asked__a_run_of_a_person_is_withdrawn);
	RUN(asked__only_so_many_wait_at_once);
	RUN(asked__nobody_can_be_reached);
	RUN(asked__nobody_may_approve);
	RUN(asked__too_few_may_approve);
	RUN(asked__who_was_not_told_yet_is_not_told);
	RUN(asked__expires_while_nobody_runs);
	TEST_MAIN_END();
}
