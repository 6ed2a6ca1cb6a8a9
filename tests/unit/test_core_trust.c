/*
 * What runbooks prove, and how far they go by it: outcomes, demotion, promotion by a
 * person; shadow; drills. And two hazards: H13 (a stale runbook loses its autonomy by
 * itself) and H15 (what undoes is drilled, and a drill that fails counts).
 */
#include "support/shop.h"
#include "support/world.h"

#define DOWN "alertname=Down,service=payments"
#define EARNED "autonomy:\n  - {trust: earned, owner: mei}\n"
#define SHADOW "autonomy:\n  - {shadow: true, service: payments, owner: mei}\n"

#define WORKERS(keys)                                            \
	"---\nrunbook: workers\nservice: payments\n"             \
	"answers: [{alertname: Down}]\n" keys "---\n# Workers\n" \
	"```action restart\ndo: restart-unit\n"                  \
	"targets: {service: payments, role: worker}\n```\n"      \
	"```verify up\nhttp: 'http://127.0.0.1:8080/health'\n"   \
	"expect: \"status == 200\"\nwithin: 2m\notherwise: person\n```\n"

/* ana drills in staging. */
#define STAGING                                          \
	"  - {grant: drills, to: [ana], may: [restart]," \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"
#define DRILLED "drill: {every: 30d, in: staging}\n"

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

static struct trust_row
trust(struct world *w)
{
	struct trust_row row = { 0 };
	row_id id = world_last(w, TABLE_TRUST);
	if (id != 0)
		EXPECT(world_row_get(w, TABLE_TRUST, id, &row));
	return row;
}

static struct run_row
the_run(struct world *w)
{
	struct run_row run = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &run));
	return run;
}

static struct trust_item
view(struct world *w)
{
	static struct arena_map map;
	static struct arena arena;
	if (map.memory == NULL)
		arena = arena_map(&map, 1 << 20);
	struct arena scratch = arena;
	struct trust_item item = { 0 };
	EXPECT_U64(core_trust(w->core, STR("workers"), w->wall, &scratch, &item, 1), 1);
	return item;
}

/* The attempts that are out do their work, and the verify sees this. */
static void
finish(struct world *w, int64_t code)
{
	while (w->attempt_n > 0)
		world_exit(w, 0);
	status(w, code);
	while (code != 200 && world_state(w, w->last_incident) == INCIDENT_VERIFYING) {
		world_after(w, 10 * SECOND);
		if (w->probe_n > 0)
			status(w, code);
	}
}

/* One trouble, from the alert to the end. */
static void
trouble(struct world *w, int64_t code)
{
	uint64_t alert = world_fire(w, DOWN);
	if (w->attempt_n > 0)
		finish(w, code);
	world_resolve(w, alert);
	world_after(w, 2 * MINUTE);
	world_after(w, HOUR); /* limits of the hour */
}

static struct reply
promote(struct world *w, const char *who, enum autonomy level)
{
	struct command command = { .kind = COMMAND_PROMOTE,
		.principal = str_of(who),
		.name = STR("workers"),
		.target = STR("payments"),
		.level = level,
		.digest = view(w).digest };
	return world_command(w, &command);
}

static void
trust__a_failed_verify_lowers_it_and_a_person_raises_it(void)
{
	struct world *w = world_new(SHOP, WORKERS(""), NULL);
	EXPECT(view(w).level == AUTONOMY_AUTO && view(w).held == AUTONOMY_AUTO);
	trouble(w, 200);
	EXPECT_STR(trust(w).history, STR("V"));
	unsigned told = world_told(w, PURPOSE_SELF, "ana");
	trouble(w, 503);
	EXPECT_STR(trust(w).history, STR("VF"));
	EXPECT(trust(w).level == AUTONOMY_PLAN && view(w).level == AUTONOMY_PLAN);
	EXPECT_STR(trust(w).level_by, STR("firstline"));
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), told + 1);
	EXPECT_U64(core_control(w->core)->demotions, 1);
	/* From now on a person says yes first. */
	uint64_t alert = world_fire(w, DOWN);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(the_run(w).phase == PHASE_PERMIT);
	world_resolve(w, alert);
	world_after(w, 2 * MINUTE);

	EXPECT_U64(promote(w, "agent:x", AUTONOMY_AUTO).status, 403);
	EXPECT_U64(promote(w, "person:kim", AUTONOMY_AUTO).status, 403);
	EXPECT_U64(promote(w, "person:mei", AUTONOMY_AUTO).status, 200);
	EXPECT(view(w).level == AUTONOMY_AUTO);
	world_restart(w);
	EXPECT(view(w).level == AUTONOMY_AUTO);
	world_fire(w, DOWN);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

static void
trust__is_earned_where_the_owner_says_so(void)
{
	struct world *w = world_new(SHOP EARNED, WORKERS(""), NULL);
	EXPECT(view(w).level == AUTONOMY_SUGGEST);
	world_resolve(w, world_fire(w, DOWN));
	EXPECT_U64(world_count(w, TABLE_RUN), 0);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(promote(w, "person:ana", AUTONOMY_PLAN).status, 409);
	EXPECT_U64(promote(w, "person:ana", AUTONOMY_STEP).status, 200);
	/* By hand, until it has proved enough. */
	for (unsigned i = 0; i < 10; i++) {
		uint64_t alert = world_fire(w, DOWN);
		struct command permit = { .kind = COMMAND_PERMIT,
			.incident = w->last_incident,
			.principal = STR("person:ana"),
			.digest = the_run(w).plan_digest };
		EXPECT_U64(world_command(w, &permit).status, 200);
		finish(w, 200);
		world_resolve(w, alert);
		world_after(w, 2 * HOUR);
	}
	EXPECT(view(w).earns == AUTONOMY_AUTO);
	EXPECT(view(w).level == AUTONOMY_STEP); /* only a person raises it */
	EXPECT_U64(promote(w, "person:ana", AUTONOMY_AUTO).status, 200);
	EXPECT(view(w).level == AUTONOMY_AUTO);
	/* Another text has proved nothing yet. */
	world_adopt(w, SHOP EARNED, WORKERS("veto: 1m\n"));
	EXPECT_STR(trust(w).history, STR("VVVVVVVVVVC"));
	EXPECT(view(w).level == AUTONOMY_PLAN);
	world_adopt(w, SHOP EARNED, WORKERS(""));
	EXPECT(view(w).level == AUTONOMY_PLAN);
	world_free(w);
}

static void
trust__a_promotion_is_of_the_evidence_shown(void)
{
	struct world *w = world_new(SHOP, WORKERS("ceiling: veto\n"), NULL);
	struct command command = { .kind = COMMAND_PROMOTE,
		.principal = STR("person:ana"),
		.name = STR("workers"),
		.target = STR("payments"),
		.level = AUTONOMY_PLAN };
	EXPECT_U64(world_command(w, &command).status, 422);
	command.digest = view(w).digest;
	command.level = AUTONOMY_AUTO;
	EXPECT_U64(world_command(w, &command).status, 409); /* its ceiling */
	command.target = STR("checkout");
	EXPECT_U64(world_command(w, &command).status, 404);
	EXPECT_STR(world_command(w, &command).error,
	    STR("runbook workers is not for service checkout"));
	command.target = STR("paymnts");
	EXPECT_STR(world_command(w, &command).error,
	    STR("there is no service 'paymnts': did you mean 'payments'?"));
	command.name = STR("workrs");
	EXPECT_STR(world_command(w, &command).error,
	    STR("there is no runbook workrs: did you mean 'workers'?"));
	command.name = STR("workers");
	command.target = STR("payments");
	command.level = AUTONOMY_PLAN;
	command.behalf = STR("person:mei");
	EXPECT_U64(world_command(w, &command).status, 403);
	command.behalf = (str){ 0 };
	hash32 before = command.digest;
	EXPECT_STR(view(w).why, STR("its ceiling"));
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT(view(w).level == AUTONOMY_PLAN);
	EXPECT_STR(view(w).why, STR("ana said so"));
	EXPECT_STR(view(w).next,
	    STR("plan needs more verified ends: 3 verified ends, at least 20 % of them "
		"recovered, the last within 180 days"));
	command.digest = before; /* what was seen is no longer so */
	command.level = AUTONOMY_VETO;
	EXPECT_U64(world_command(w, &command).status, 409);
	command.principal = STR("local-admin");
	command.digest = view(w).digest;
	EXPECT_U64(world_command(w, &command).status, 403);
	command.role = ROLE_OPERATOR;
	EXPECT_U64(world_command(w, &command).status, 403);
	command.role = ROLE_LEAD;
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT(view(w).level == AUTONOMY_VETO);
	world_free(w);
}

static void
trust__people_who_stop_it_are_counted(void)
{
	struct world *w = world_new(SHOP, WORKERS(""), NULL);
	world_fire(w, DOWN);
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	EXPECT_STR(trust(w).history, STR("O"));
	EXPECT_U64(view(w).overridden, 1);
	world_free(w);
}

static void
shadow__decides_and_does_nothing(void)
{
	struct world *w = world_new(SHOP SHADOW, WORKERS(""), NULL);
	uint64_t alert = world_fire(w, DOWN);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	EXPECT_U64(world_count(w, TABLE_GRANT_USE), 0);
	EXPECT_U64(world_count(w, TABLE_DECISION), 2);
	struct decision_row decision = { 0 };
	EXPECT(world_row_get(w, TABLE_DECISION, world_last(w, TABLE_DECISION), &decision));
	EXPECT(decision.shadow && decision.verdict == VERDICT_ALLOW);
	EXPECT_U64(decision.attempt, 0);
	EXPECT(the_run(w).shadow && the_run(w).would_act == 2 && !the_run(w).acted);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(core_control(w->core)->shadow_runs, 1);
	world_resolve(w, alert);
	world_after(w, 2 * MINUTE);
	EXPECT(world_says(w, 1, "would have acted; it ended by itself"));
	EXPECT_U64(trust(w).shadow_runs, 1);
	EXPECT_U64(trust(w).shadow_alone, 1);
	EXPECT_STR(trust(w).history, STR(""));

	world_fire(w, DOWN);
	EXPECT_U64(world_ask(w, COMMAND_RESOLVE, 2, "person:ana").status, 200);
	EXPECT_U64(trust(w).shadow_person, 1);
	EXPECT(view(w).shadow);
	world_free(w);
}

static void
shadow__also_of_what_may_only_be_suggested(void)
{
	struct world *w =
	    world_new(SHOP, WORKERS("ceiling: suggest\nshadow: true\n"), NULL);
	world_fire(w, DOWN);
	EXPECT(the_run(w).shadow && the_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	/* Whoever runs it by hand means it. */
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("workers"),
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* Its owner had enough of it in the middle of a run: nothing more of it is done. */
static void
shadow__stops_what_is_under_way(void)
{
	struct world *w = world_new(SHOP, WORKERS(""), NULL);
	world_fire(w, DOWN);
	EXPECT_U64(w->attempt_n, 1);
	world_adopt(w, SHOP SHADOW, WORKERS(""));
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

static struct reply
drill(struct world *w, const char *in)
{
	struct command command = { .kind = COMMAND_DRILL,
		.principal = STR("person:ana"),
		.name = STR("workers"),
		.environment = str_of(in) };
	return world_command(w, &command);
}

/* Practice is no trouble: neither for what is done during it, nor for who asks whether. */
static void
drill__is_no_incident_for_who_asks_either(void)
{
	struct world *w = world_new(SHOP STAGING, WORKERS(""), NULL);
	struct core_may may = { .principal = STR("automation"),
		.action = STR("restart-unit"),
		.service = STR("payments"),
		.target = STR("pay-1"),
		.at = w->at,
		.wall = w->wall };
	struct decision_row decision;
	EXPECT_U64(drill(w, "staging").status, 202);
	(void)core_judge(w->core, &may, &w->arena, &decision);
	EXPECT(!decision.given.incident_open);
	world_fire(w, "alertname=Slow,service=payments");
	world_restart(w);
	(void)core_judge(w->core, &may, &w->arena, &decision);
	EXPECT(decision.given.incident_open);
	world_free(w);
}

static void
drill__runs_elsewhere_and_counts(void)
{
	struct world *w = world_new(SHOP STAGING, WORKERS(""), NULL);
	EXPECT_U64(drill(w, "").status, 422);           /* the runbook names none */
	EXPECT_U64(drill(w, "production").status, 422); /* that is no drill */
	EXPECT_U64(drill(w, "moon").status, 422);
	EXPECT_STR(drill(w, "stagin").error,
	    STR("payments has no host in stagin: it can be drilled in staging"));
	uint64_t opened = core_control(w->core)->incidents_opened;
	EXPECT_U64(drill(w, "staging").status, 202);
	EXPECT_U64(drill(w, "staging").status, 409); /* it is under way */
	EXPECT_U64(w->attempt_n, 1);
	struct attempt_row attempt = world_attempt(w, world_last(w, TABLE_ATTEMPT));
	EXPECT_STR(attempt.target, STR("pay-3"));
	EXPECT_STR(attempt.principal, STR("person:ana"));
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.drill && !row.needs_person && row.escalate_at == 0);
	EXPECT_STR(row.environment, STR("staging"));
	w->last_incident = 1;
	finish(w, 200);
	EXPECT(the_run(w).drill && the_run(w).state == RUN_RECOVERED);
	world_after(w, 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT_STR(trust(w).history, STR("D"));
	EXPECT_U64(trust(w).drills, 1);
	EXPECT_U64(trust(w).verified, 0);
	EXPECT_U64(core_control(w->core)->incidents_opened, opened);
	EXPECT_U64(core_control(w->core)->incidents_closed, 0);
	EXPECT_U64(w->notice_n, 0);
	world_free(w);
}

/* A step without targets acts on the service itself, which is not in staging. */
static void
drill__never_acts_on_the_service_itself(void)
{
	struct world *w = world_new(SHOP STAGING,
	    "---\nrunbook: workers\nservice: payments\n"
	    "answers: [{alertname: Down}]\n---\n# Workers\n"
	    "```action restart\ndo: restart-unit\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n",
	    NULL);
	EXPECT_U64(drill(w, "staging").status, 422);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(world_count(w, TABLE_INCIDENT), 0);
	world_free(w);

	/* Nor a step of a runbook that it calls. */
	w = world_new(SHOP STAGING,
	    "---\nrunbook: workers\nservice: payments\n"
	    "answers: [{alertname: Down}]\n---\n# Workers\n"
	    "```call all\nrunbook: all-of-it\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n",
	    "---\nrunbook: all-of-it\nservice: payments\n---\n# All of it\n"
	    "```action restart\ndo: restart-unit\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n");
	struct reply reply = drill(w, "staging");
	EXPECT_U64(reply.status, 422);
	EXPECT(str_starts(reply.error,
	    STR("step restart of runbook all-of-it has no `targets`")));
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

/* Nor does its question wake who is on duty: who drills answers it. */
static void
drill__asks_who_drills(void)
{
	struct world *w = world_new(SHOP STAGING,
	    "---\nrunbook: workers\nservice: payments\n"
	    "answers: [{alertname: Down}]\n---\n# Workers\n"
	    "```ask which\nquestion: left or right?\n"
	    "answer: {type: one-of, values: [left, right]}\nwithin: 10m\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n",
	    NULL);
	struct command command = { .kind = COMMAND_DRILL,
		.principal = STR("person:mei"),
		.name = STR("workers"),
		.environment = STR("staging") };
	EXPECT_U64(world_command(w, &command).status, 202);
	EXPECT_U64(world_told(w, PURPOSE_QUESTION, "mei"), 1);
	EXPECT_U64(world_told(w, PURPOSE_QUESTION, NULL), 1);
	world_free(w);
}

static void
drill__tells_nobody_else_and_files_nothing(void)
{
	struct world *w = world_new(SHOP STAGING,
	    "---\nrunbook: workers\nservice: payments\n---\n# Workers\n"
	    "```action restart\ndo: restart-unit\n"
	    "targets: {service: payments, role: worker}\n```\n"
	    "```verify up\nhttp: 'http://127.0.0.1:8080/health'\n"
	    "expect: \"status == 200\"\nwithin: 2m\notherwise: handoff dev\n```\n"
	    "```handoff dev\nclass: investigation\nbecause: it is so\nask: look\n```\n",
	    NULL);
	EXPECT_U64(drill(w, "staging").status, 202);
	w->last_incident = 1;
	finish(w, 503);
	EXPECT(the_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_U64(world_count(w, TABLE_HANDOFF), 0);
	EXPECT_U64(world_count(w, TABLE_GAP), 0);
	EXPECT_U64(core_counts(w->core).incidents_open, 0);
	world_after(w, 2 * HOUR);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, NULL), 0);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "mei"), 0);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "ops-hook"), 0);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "ana"), 1);
	EXPECT_STR(trust(w).history, STR("E"));
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	world_free(w);
}

static void
drill__needs_authority_there_and_a_person(void)
{
	struct world *w = world_new(SHOP
	    "  - {prohibit: not in staging, may: [restart], on: {environment: [staging]},"
	    " until: 2030-01-01, because: it is being moved}\n",
	    WORKERS(DRILLED), NULL);
	EXPECT_U64(drill(w, "").status, 403);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	world_after(w, 2 * MINUTE);
	struct command command = { .kind = COMMAND_DRILL,
		.principal = STR("agent:helper"),
		.behalf = STR("person:ana"),
		.name = STR("workers") };
	EXPECT_U64(world_command(w, &command).status, 403);
	/* What counts for troubles does not count for practice. */
	command.principal = STR("automation");
	command.behalf = (str){ 0 };
	world_adopt(w, SHOP, WORKERS(DRILLED));
	EXPECT_U64(world_command(w, &command).status, 403); /* while: incident */
	world_free(w);
}

/* H13: a runbook that is not drilled goes less far by itself, and says so; so does one
 * whose text changed, where trust is earned (above), and one that nobody ran for long. */
static void
h13__a_stale_runbook_loses_its_autonomy(void)
{
	struct world *w = world_new(SHOP STAGING, WORKERS(DRILLED), NULL);
	EXPECT(view(w).level == AUTONOMY_AUTO && view(w).drill_due_wall > 0);
	world_after(w, 30 * DAY - MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 0);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1); /* a drill is due */
	EXPECT(view(w).level == AUTONOMY_AUTO);
	world_restart(w);
	world_after(w, 8 * DAY);
	EXPECT(view(w).stale && view(w).level == AUTONOMY_PLAN);
	EXPECT_U64(world_gap(w, GAP_DRILL, "workers on payments").count, 1);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 2); /* and what follows from it */
	EXPECT_U64(promote(w, "person:mei", AUTONOMY_AUTO).status, 409);
	EXPECT_U64(drill(w, "").status, 202);
	w->last_incident = 1;
	finish(w, 200);
	EXPECT(!view(w).stale && view(w).level == AUTONOMY_PLAN);
	EXPECT_U64(world_gap(w, GAP_DRILL, "workers on payments").count, 0);
	EXPECT_U64(promote(w, "person:mei", AUTONOMY_AUTO).status, 200);
	EXPECT(view(w).level == AUTONOMY_AUTO);
	world_free(w);
}

/* What speaks against it counts also while its owner has it held lower. */
static void
trust__is_lowered_while_it_is_held_down(void)
{
	static const char *const held =
	    SHOP STAGING "autonomy:\n  - {service: payments, level: plan, owner: mei}\n";
	struct world *w = world_new(held, WORKERS(DRILLED), NULL);
	world_after(w, 38 * DAY);
	EXPECT(view(w).stale && view(w).level == AUTONOMY_PLAN);
	world_adopt(w, SHOP STAGING, WORKERS(DRILLED));
	EXPECT(view(w).stale && view(w).level == AUTONOMY_PLAN);
	world_free(w);
}

/* H15: what is only ever needed in trouble is tried before: a drill that does not recover
 * lowers the runbook at once. */
static void
h15__a_drill_that_fails_is_known_before_it_is_needed(void)
{
	struct world *w = world_new(SHOP STAGING, WORKERS(DRILLED), NULL);
	EXPECT_U64(drill(w, "").status, 202);
	w->last_incident = 1;
	finish(w, 503);
	EXPECT_STR(trust(w).history, STR("E"));
	EXPECT_U64(trust(w).drills_failed, 1);
	EXPECT(view(w).level == AUTONOMY_PLAN);
	EXPECT_U64(trust(w).drill_wall, 0); /* it proves nothing */
	world_fire(w, DOWN);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

#define TAKEN_BACK                                                  \
	"---\nrunbook: workers\nservice: payments\n"                \
	"answers: [{alertname: Down}]\n" DRILLED "---\n# Workers\n" \
	"```action drain\ndo: drain\n"                              \
	"targets: {service: payments, role: worker}\n```\n"         \
	"```verify up\nhttp: 'http://127.0.0.1:8080/health'\n"      \
	"expect: \"status == 200\"\nwithin: 2m\nundo: true\notherwise: person\n```\n"
#define DRAINS                                                    \
	SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS           \
	    "  drain: {verb: restart, run: [drain, '${target}']," \
	    " undo: {do: fill, within: 1h}}\n"                    \
	    "  fill: {verb: restart, run: [fill, '${target}']}\n" SHOP_AUTHORITY STAGING

/* H15: the taking back is drilled too, on the hosts of the drill, and one that fails is
 * known by it before it is needed. */
static void
h15__an_undo_is_drilled_with_its_runbook(void)
{
	for (int code = 0; code < 2; code++) {
		struct world *w = world_new(DRAINS, TAKEN_BACK, NULL);
		EXPECT_U64(drill(w, "").status, 202);
		world_exit(w, 0);
		while (w->attempt_n == 0) { /* it does not recover */
			if (w->probe_n > 0)
				status(w, 503);
			world_after(w, 10 * SECOND);
		}
		struct attempt_row back = world_attempt(w, w->attempts[0]);
		EXPECT_STR(back.action, STR("fill"));
		EXPECT_STR(back.target, STR("pay-3")); /* of staging */
		EXPECT(back.undo_of != 0);
		world_exit(w, code);
		EXPECT(the_run(w).drill && the_run(w).state == RUN_NEEDS_PERSON);
		EXPECT(str_contains(the_run(w).why,
		    code == 0 ? STR("it has not recovered in time")
			      : STR("is not taken back")));
		EXPECT_U64(trust(w).drills_failed, 1);
		EXPECT(view(w).level == AUTONOMY_PLAN);
		EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "mei"), 0);
		world_fire(w, DOWN); /* in earnest: a person says yes first */
		EXPECT(the_run(w).phase == PHASE_PERMIT);
		EXPECT_U64(w->attempt_n, 0);
		world_free(w);
	}
}

int
main(void)
{
	RUN(trust__a_failed_verify_lowers_it_and_a_person_raises_it);
	RUN(trust__is_earned_where_the_owner_says_so);
	RUN(trust__a_promotion_is_of_the_evidence_shown);
	RUN(trust__people_who_stop_it_are_counted);
	RUN(shadow__decides_and_does_nothing);
	RUN(shadow__also_of_what_may_only_be_suggested);
	RUN(shadow__stops_what_is_under_way);
	RUN(drill__is_no_incident_for_who_asks_either);
	RUN(drill__runs_elsewhere_and_counts);
	RUN(drill__never_acts_on_the_service_itself);
	RUN(drill__asks_who_drills);
	RUN(drill__tells_nobody_else_and_files_nothing);
	RUN(drill__needs_authority_there_and_a_person);
	RUN(trust__is_lowered_while_it_is_held_down);
	RUN(h13__a_stale_runbook_loses_its_autonomy);
	RUN(h15__a_drill_that_fails_is_known_before_it_is_needed);
	RUN(h15__an_undo_is_drilled_with_its_runbook);
	TEST_MAIN_END();
}
