/*
 * What a person permits, or vetoes, before a runbook does it: each level of autonomy, and
 * hazard H18 (approval fatigue: plans are permitted, what only looks never asks, and how
 * often people are asked is counted).
 */
#include "support/shop.h"
#include "support/world.h"

/* SHOP_PEOPLE without its first line. */
#define SHOP_REST                                                                  \
	"  ana: {name: Ana Souza, email: ana@example.com, reach: [mail, pager]}\n" \
	"  mei: {name: Mei Lin, email: mei@example.com, reach: [mail]}\n"          \
	"teams:\n"                                                                 \
	"  platform-ops:\n"                                                        \
	"    kind: operations\n"                                                   \
	"    lead: mei\n"                                                          \
	"    notify: [ops-hook]\n"                                                 \
	"    on_call:\n"                                                           \
	"      zone: UTC\n"                                                        \
	"      rotations: [{name: primary, people: [ana], every: 1 week,"          \
	" handover: 'Mon 09:00'}]\n"                                               \
	"      escalate: [{to: primary, after: 5m}, {to: lead}]\n"                 \
	"  checkout-dev: {kind: development, tracker: 'github:acme/checkout'}\n"
#define WHERE4 "${where}${where}${where}${where}"
#define DOWN "alertname=Down,service=payments"
#define LEVEL(scope, level) "autonomy:\n  - {" scope "level: " level ", owner: mei}\n"

/* Restart both workers, then the service itself; verified. */
#define TWO(keys)                                                  \
	"---\nrunbook: two-steps\nservice: payments\n"             \
	"answers: [{alertname: Down}]\n" keys "---\n# Two steps\n" \
	"```action workers\ndo: restart-unit\n"                    \
	"targets: {service: payments, role: worker}\n```\n"        \
	"```action whole\ndo: restart-safe\n```\n"                 \
	"```verify up\nhttp: 'http://127.0.0.1:8080/health'\n"     \
	"expect: \"status == 200\"\nwithin: 2m\notherwise: person\n```\n"

static struct run_row
the_run(struct world *w)
{
	struct run_row run = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &run));
	return run;
}

static const struct permit_item *
item(const struct run_row *run, size_t i)
{
	ASSERT(i < run->plan.n);
	return &((const struct permit_item *)run->plan.p)[i];
}

/* What an answer about incident 1 says of it now. */
#define EXPECT_DOING(w, text)                           \
	do {                                            \
		struct buf doing = BUF(4096);           \
		core_doing((w)->core, 1, &doing);       \
		EXPECT_STR(buf_str(&doing), STR(text)); \
		buf_done(&doing);                       \
	} while (0)

static struct reply
permit_as(struct world *w, const char *who)
{
	struct command command = { .kind = COMMAND_PERMIT,
		.incident = 1,
		.principal = str_of(who),
		.digest = the_run(w).plan_digest };
	return world_command(w, &command);
}

static void
permit__a_plan_waits_for_one_yes(void)
{
	struct world *w = world_new(SHOP, TWO("ceiling: plan\n"), NULL);
	world_fire(w, DOWN);
	EXPECT_U64(w->attempt_n, 0);
	struct run_row run = the_run(w);
	EXPECT(run.phase == PHASE_PERMIT && run.level == AUTONOMY_PLAN);
	EXPECT_U64(core_waiting_run(w->core, 1), run.id);
	EXPECT_U64(run.plan.n, 3);
	EXPECT_STR(item(&run, 0)->target, STR("pay-1"));
	EXPECT_STR(item(&run, 1)->target, STR("pay-2"));
	EXPECT_STR(item(&run, 2)->step, STR("whole"));
	EXPECT_STR(item(&run, 2)->target, STR("payments"));
	EXPECT(item(&run, 0)->verdict == VERDICT_ALLOW);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "ana"), 1);
	EXPECT(str_contains(world_last_notice(w)->text,
	    STR("workers: restart-unit on pay-1, pay-2 (allow: ")));

	EXPECT_U64(permit_as(w, "person:ana").status, 200);
	EXPECT(!world_incident(w, 1).needs_person);
	EXPECT_U64(core_waiting_run(w->core, 1), 0);
	for (unsigned i = 0; i < 3; i++) {
		EXPECT_U64(w->attempt_n, 1);
		world_exit(w, 0);
	}
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	EXPECT_U64(core_control(w->core)->permits_asked, 1);
	EXPECT_U64(core_control(w->core)->permits_given, 1);
	EXPECT_STR(the_run(w).permitted_by, STR("person:ana"));
	world_free(w);
}

/* In a hole of the rotation, without a lead or a channel: who could veto it? */
static void
veto__that_nobody_could_say_is_a_persons(void)
{
	static const char *const alone = SHOP_TOP
	    "calendars:\n  away: {zone: UTC, spans: [{from: 2026-01-01, until: "
	    "2027-12-31}]}\n"
	    "people:\n"
	    "  ana: {name: Ana Souza, email: ana@example.com, reach: [mail, pager]}\n"
	    "  mei: {name: Mei Lin, email: mei@example.com, reach: [mail]}\n"
	    "teams:\n"
	    "  platform-ops:\n"
	    "    kind: operations\n"
	    "    on_call:\n"
	    "      zone: UTC\n"
	    "      rotations: [{name: primary, people: [ana], every: 1 week,"
	    " handover: 'Mon 09:00', except: away}]\n"
	    "      escalate: [{to: primary}]\n"
	    "  checkout-dev: {kind: development, tracker: "
	    "'github:acme/checkout'}\n" SHOP_SERVICES SHOP_ACTIONS SHOP_AUTHORITY;
	struct world *w = world_new(alone, TWO("ceiling: veto\nveto: 5m\n"), NULL);
	world_fire(w, DOWN);
	EXPECT_U64(world_told(w, PURPOSE_VETO, NULL), 0);
	world_after(w, 6 * MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_incident(w, 1).needs_person);
	world_free(w);
}

/* A parameter that cannot be made, as one that is too long when it is filled in: it is
 * announced to nobody, again and again. */
static void
veto__of_what_cannot_be_asked_for_is_a_persons(void)
{
	static const char *const say = SHOP_TOP SHOP_PEOPLE SHOP_SERVICES
	    "actions:\n  say: {verb: restart, params: {x: {type: string, pattern: '.*'}},"
	    " run: [say, '${x}']}\n" SHOP_AUTHORITY;
	static const char *const runbook =
	    "---\nrunbook: r\nservice: payments\nanswers: [{alertname: Down}]\n"
	    "ceiling: veto\nveto: 5m\n"
	    "inputs: {where: {type: string, pattern: '.*', from: alert.labels.where}}\n"
	    "---\n# R\n```action go\ndo: say\nwith: {x: '" WHERE4 WHERE4 WHERE4 WHERE4
		WHERE4
	    "'}\n```\n```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n";
	char labels[1200];
	int n = snprintf(labels, sizeof(labels), "%s,where=", DOWN);
	memset(labels + n, 'x', 1000);
	labels[n + 1000] = '\0';
	struct world *w = world_new(say, runbook, NULL);
	world_fire(w, labels);
	EXPECT_U64(world_told(w, PURPOSE_VETO, NULL), 0);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why,
	    STR("cannot be asked for")));
	world_free(w);
}

static void
permit__each_step_waits_for_its_own(void)
{
	struct world *w = world_new(SHOP, TWO("ceiling: step\n"), NULL);
	world_fire(w, DOWN);
	EXPECT_U64(the_run(w).plan.n, 2);
	EXPECT_U64(permit_as(w, "person:ana").status, 200);
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 0);
	struct run_row run = the_run(w);
	EXPECT(run.phase == PHASE_PERMIT);
	EXPECT_U64(run.plan.n, 1);
	EXPECT_STR(item(&run, 0)->step, STR("whole"));
	EXPECT_U64(permit_as(w, "person:mei").status, 200); /* the lead */
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(core_control(w->core)->permits_asked, 2);
	world_free(w);
}

static void
permit__whose_yes_counts(void)
{
	static const struct {
		const char *who, *behalf;
		uint32_t status;
	} rows[] = {
		{ "agent:helper", "person:ana", 403 }, { "person:ana", "person:mei", 403 },
		{ "local-admin", "", 403 }, { "automation", "", 403 },
		{ "person:nobody", "", 403 },
		{ "person:kim", "", 403 }, /* not on duty, and may nothing */
		{ "person:jo", "", 200 },  /* may do all of it */
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].who;
		struct world *w = world_new(SHOP_TOP
		    "people:\n"
		    "  kim: {name: Kim, email: kim@example.com, reach: [mail]}\n"
		    "  jo: {name: Jo, email: jo@example.com, reach: [mail]}\n" SHOP_REST
			SHOP_SERVICES SHOP_ACTIONS SHOP_AUTHORITY
		    "  - {grant: jo restarts, to: [jo], may: [restart], on: {tier: [2]},"
		    " until: 2030-01-01, owner: mei}\n",
		    TWO("ceiling: plan\n"), NULL);
		world_fire(w, DOWN);
		struct command command = { .kind = COMMAND_PERMIT,
			.incident = 1,
			.principal = str_of(rows[i].who),
			.behalf = str_of(rows[i].behalf),
			.digest = the_run(w).plan_digest };
		EXPECT_U64(world_command(w, &command).status, rows[i].status);
		EXPECT_U64(w->attempt_n, rows[i].status == 200 ? 1 : 0);
		world_free(w);
	}
	test_row = NULL;
}

static void
permit__a_yes_is_for_what_was_shown(void)
{
	struct world *w = world_new(SHOP, TWO("ceiling: plan\n"), NULL);
	world_fire(w, DOWN);
	struct command command = { .kind = COMMAND_PERMIT,
		.incident = 1,
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &command).status, 422);
	command.digest.b[3] = 7;
	EXPECT_U64(world_command(w, &command).status, 409);
	hash32 before = the_run(w).plan_digest;
	/* Other rules: the same plan under another configuration is another plan. */
	world_adopt(w, SHOP "limits: {incidents: 9000}\n", TWO("ceiling: plan\n"));
	world_after(w, SECOND);
	EXPECT(the_run(w).phase == PHASE_PERMIT);
	hash32 after = the_run(w).plan_digest;
	EXPECT(!hash32_eq(&before, &after));
	command.digest = before;
	EXPECT_U64(world_command(w, &command).status, 409);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(permit_as(w, "person:ana").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	/* It changes again while the first target is in work: the second is asked for. */
	world_adopt(w, SHOP, TWO("ceiling: plan\n"));
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 0);
	struct run_row run = the_run(w);
	EXPECT(run.phase == PHASE_PERMIT && run.permitted_by.n == 0);
	EXPECT_U64(run.plan.n, 2);
	world_free(w);
}

static void
permit__a_veto_time_that_passes_is_a_yes(void)
{
	struct world *w = world_new(SHOP, TWO("ceiling: veto\nveto: 2m\n"), NULL);
	world_fire(w, DOWN);
	EXPECT(the_run(w).phase == PHASE_PERMIT && the_run(w).level == AUTONOMY_VETO);
	EXPECT_U64(core_waiting_run(w->core, 1), 0);
	EXPECT(!world_incident(w, 1).needs_person);
	EXPECT_U64(world_told(w, PURPOSE_VETO, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_VETO, "mei"), 1);
	EXPECT_U64(world_told(w, PURPOSE_VETO, "ops-hook"), 1);
	EXPECT_DOING(w, "will do restart-unit on pay-1 and 2 more actions at 2026-11-23 "
			"13:14:00 UTC unless somebody vetoes it");
	world_after(w, 2 * MINUTE - 1);
	EXPECT_U64(w->attempt_n, 0);
	world_after(w, 1);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_DOING(w, "restarting pay-1");
	EXPECT_STR(the_run(w).permitted_by, STR("firstline"));
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 1); /* the whole plan was announced */
	EXPECT_U64(core_control(w->core)->vetoes_offered, 1);
	world_free(w);
}

/* Silence is a yes only of those who were told. */
static void
veto__without_anybody_told_waits_for_a_person(void)
{
	struct world *w = world_new(SHOP, TWO("ceiling: veto\nveto: 2m\n"), NULL);
	w->deliver = false;
	world_fire(w, DOWN);
	EXPECT(the_run(w).level == AUTONOMY_VETO && !the_run(w).veto_told);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(the_run(w).phase == PHASE_PERMIT && the_run(w).level == AUTONOMY_PLAN);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(world_says(w, 1, "nobody was told in time"));
	world_after(w, 10 * MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	world_restart(w);
	EXPECT_U64(permit_as(w, "person:ana").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(the_run(w).permitted_by, STR("person:ana"));
	world_free(w);
}

/* A configuration that says nothing else about it leaves the time as it is; one that does
 * begins it anew. */
static void
veto__goes_on_under_a_configuration_that_changes_nothing(void)
{
	const char *runbook = TWO("ceiling: veto\nveto: 2m\n");
	struct world *w = world_new(SHOP, runbook, NULL);
	world_fire(w, DOWN);
	world_after(w, MINUTE);
	hash32 before = the_run(w).plan_digest;
	world_adopt(w, SHOP "  # another file\n", runbook);
	EXPECT_U64(core_control(w->core)->vetoes_offered, 1);
	EXPECT_U64(world_told(w, PURPOSE_VETO, "ana"), 1);
	hash32 after = the_run(w).plan_digest;
	EXPECT(!hash32_eq(&before, &after)); /* a yes is for the newest */
	world_after(w, MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(the_run(w).permitted_by, STR("firstline"));
	world_free(w);

	w = world_new(SHOP, runbook, NULL);
	world_fire(w, DOWN);
	world_after(w, MINUTE);
	world_adopt(w, SHOP LEVEL("runbook: two-steps, ", "plan"), runbook);
	world_after(w, MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(the_run(w).phase == PHASE_PERMIT && the_run(w).level == AUTONOMY_PLAN);
	world_free(w);
}

/* Of what the incident's service and each that is acted on allow, the least holds. */
static void
permit__the_least_of_all_services_that_are_acted_on_holds(void)
{
	static const char other[] =
	    "---\nrunbook: two-steps\nservice: checkout\n"
	    "answers: [{alertname: Slow}]\n---\n# Two steps\n"
	    "```action workers\ndo: restart-unit\n"
	    "targets: {service: payments, role: worker}\n```\n"
	    "```verify up\nhttp: 'http://127.0.0.1:8080/health'\n"
	    "expect: \"status == 200\"\nwithin: 2m\notherwise: person\n```\n";
	struct world *w =
	    world_new(SHOP "  - {grant: elsewhere too, to: [automation], may: [restart],"
			   " on: {service: [payments]}, until: 2030-01-01, owner: "
			   "mei}\n" LEVEL("service: payments, ", "plan"),
		other, NULL);
	world_fire(w, "alertname=Slow,service=checkout");
	EXPECT(the_run(w).phase == PHASE_PERMIT);
	EXPECT(the_run(w).level == AUTONOMY_PLAN);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
permit__a_veto_ends_it(void)
{
	struct world *w = world_new(SHOP, TWO("ceiling: veto\n"), NULL);
	world_fire(w, DOWN);
	world_after(w, 4 * MINUTE);
	struct command command = { .kind = COMMAND_VETO,
		.incident = 1,
		.principal = STR("agent:helper"),
		.behalf = STR("person:ana"),
		.text = STR("the database is being moved") };
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT(the_run(w).state == RUN_CANCELLED);
	EXPECT(world_incident(w, 1).needs_person);
	world_after(w, HOUR);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	EXPECT_U64(world_command(w, &command).status, 409);
	EXPECT_U64(core_control(w->core)->vetoes_said, 1);
	world_free(w);
}

static void
permit__nobody_answers_then_a_person_has_it(void)
{
	struct world *w = world_new(SHOP, TWO("ceiling: plan\n"), NULL);
	world_fire(w, DOWN);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 1);
	world_after(w, HOUR);
	EXPECT(the_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	world_free(w);
}

static void
permit__the_owner_lowers_the_ceiling(void)
{
	static const struct {
		const char *yaml;
		enum autonomy level; /* 0: it runs by itself; SUGGEST: it does not begin */
	} rows[] = {
		{ SHOP LEVEL("service: payments, ", "plan"), AUTONOMY_PLAN },
		{ SHOP LEVEL("", "step"), AUTONOMY_STEP },
		{ SHOP LEVEL("runbook: two-steps, ", "veto"), AUTONOMY_VETO },
		{ SHOP LEVEL("service: [ledger, checkout], ", "suggest"), 0 },
		{ SHOP LEVEL("runbook: two-steps, service: payments, ", "suggest"),
		    AUTONOMY_SUGGEST },
		{ SHOP LEVEL("", "auto"), 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].yaml + strlen(SHOP);
		struct world *w = world_new(rows[i].yaml, TWO(""), NULL);
		world_fire(w, DOWN);
		if (rows[i].level == AUTONOMY_SUGGEST)
			EXPECT_U64(world_count(w, TABLE_RUN), 0);
		else
			EXPECT(the_run(w).level == rows[i].level);
		EXPECT_U64(w->attempt_n, rows[i].level == 0 ? 1 : 0);
		world_free(w);
	}
	test_row = NULL;
}

static void
permit__who_starts_it_has_said_yes(void)
{
	struct world *w = world_new(SHOP, TWO("ceiling: suggest\n"), NULL);
	world_fire(w, DOWN);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("two-steps"),
		.principal = STR("agent:helper"),
		.behalf = STR("person:ana") };
	/* What an agent starts waits for a person, also for the one it serves. */
	EXPECT_U64(world_command(w, &run).status, 403); /* no grant names the agent */
	run.principal = STR("person:ana");
	run.behalf = (str){ 0 };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT(the_run(w).level == 0);
	world_free(w);
}

static void
permit__the_alerts_clear_and_nobody_need_answer(void)
{
	struct world *w = world_new(SHOP, TWO("ceiling: plan\n"), NULL);
	uint64_t alert = world_fire(w, DOWN);
	world_resolve(w, alert);
	EXPECT(the_run(w).state == RUN_CANCELLED);
	EXPECT(!world_incident(w, 1).needs_person);
	world_after(w, MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	world_free(w);
}

static void
permit__survives_a_restart(void)
{
	struct world *w = world_new(SHOP, TWO("ceiling: veto\n"), NULL);
	world_fire(w, DOWN);
	world_restart(w);
	EXPECT(the_run(w).phase == PHASE_PERMIT);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	world_restart(w);
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(core_control(w->core)->vetoes_offered, 1);
	world_free(w);
}

/* H18: one plan is one question; what only looks never asks; what is refused anyway does
 * not ask either; and it is counted. */
static void
h18__people_are_asked_for_plans_and_seldom(void)
{
	struct world *w = world_new(SHOP LEVEL("", "step"), SHOP_QUEUE("drop-table"), NULL);
	world_fire(w, "alertname=QueueStuck,queue=mail");
	world_see(w, "812", MINUTE);
	/* authority has no grant for drop-table: refused, and nobody was asked to permit it */
	EXPECT(the_run(w).state == RUN_NEEDS_PERSON || the_run(w).refused);
	EXPECT_U64(core_control(w->core)->permits_asked, 0);
	world_free(w);

	w = world_new(SHOP LEVEL("", "plan"), SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, "alertname=QueueStuck,queue=mail");
	EXPECT_U64(core_control(w->core)->permits_asked, 0); /* it looks */
	world_see(w, "812", MINUTE);
	EXPECT_U64(core_control(w->core)->permits_asked, 1);
	EXPECT_U64(permit_as(w, "person:ana").status, 200);
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	world_exit(w, 0);
	world_see(w, "12", 4 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	EXPECT_U64(core_control(w->core)->permits_asked, 1);
	world_free(w);
}

int
main(void)
{
	RUN(permit__a_plan_waits_for_one_yes);
	RUN(veto__that_nobody_could_say_is_a_persons);
	RUN(veto__of_what_cannot_be_asked_for_is_a_persons);
	RUN(permit__each_step_waits_for_its_own);
	RUN(permit__whose_yes_counts);
	RUN(permit__a_yes_is_for_what_was_shown);
	RUN(permit__a_veto_time_that_passes_is_a_yes);
	RUN(veto__without_anybody_told_waits_for_a_person);
	RUN(veto__goes_on_under_a_configuration_that_changes_nothing);
	RUN(permit__the_least_of_all_services_that_are_acted_on_holds);
	RUN(permit__a_veto_ends_it);
	RUN(permit__nobody_answers_then_a_person_has_it);
	RUN(permit__the_owner_lowers_the_ceiling);
	RUN(permit__who_starts_it_has_said_yes);
	RUN(permit__the_alerts_clear_and_nobody_need_answer);
	RUN(permit__survives_a_restart);
	RUN(h18__people_are_asked_for_plans_and_seldom);
	TEST_MAIN_END();
}
