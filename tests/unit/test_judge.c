#include "hands/judge.h"

#include "support/config.h"
#include "support/test.h"

static const char text[] =
    "fallback: ops\n"
    "channels:\n"
    "  mail: {smtp: 'smtp://127.0.0.1:25', from: f@example.com}\n"
    "people:\n"
    "  ana: {name: Ana, email: ana@example.com, zone: UTC, reach: [mail]}\n"
    "  mei: {name: Mei, email: mei@example.com, zone: UTC, reach: [mail]}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], every: 1 week, handover: 'Mon "
    "09:00'}]\n"
    "      escalate: [{to: primary}]\n"
    "calendars:\n"
    "  year-end: {zone: UTC, spans: [{from: '2026-12-20', until: '2026-12-31'}]}\n"
    "services:\n"
    "  checkout: {owner: ops, tier: 1}\n"
    "  ledger: {owner: ops, tier: 2,"
    " healthy: {run: [well, '${target}'], expect: exit == 0}}\n"
    "hosts:\n"
    "  web-1: {service: checkout, role: web}\n"
    "  led-1: {service: ledger, role: db}\n"
    "  led-2: {service: ledger, role: db}\n"
    "actions:\n"
    "  restart-unit:\n"
    "    verb: restart\n"
    "    params:\n"
    "      unit: {type: string, pattern: '[a-z-]+\\.service'}\n"
    "      mode: {type: one-of, values: [soft, hard], default: soft}\n"
    "    run: [systemctl, restart, \"${unit}\", \"${mode}\", \"${target}\", "
    "\"${service}\"]\n"
    "  stop-unit:\n"
    "    verb: stop\n"
    "    run: [systemctl, stop, \"${target}\"]\n"
    "    undo: start-unit\n"
    "  start-unit: {verb: start, run: [systemctl, start, \"${target}\"]}\n"
    "  scale-out:\n"
    "    verb: scale\n"
    "    params: {replicas: {type: integer, min: 1, max: 100}}\n"
    "    run: [scale, \"${service}\", \"${replicas}\"]\n"
    "    observe: {replicas: {run: [replicas, \"${service}\"]}}\n"
    "authority:\n"
    "  - {grant: automation restarts tier 1, to: [automation], may: [restart],\n"
    "     on: {tier: [1]}, while: incident, until: 2027-06-30, owner: ana}\n"
    "  - {grant: the helper restarts tier 1, to: [{agent: helper}], may: [restart],"
    " on: {tier: [1]}, until: 2027-06-30, owner: ana}\n"
    "  - {grant: ana restarts tier 1, to: [ana], may: [restart], on: {tier: [1]},"
    " until: 2027-06-30, owner: ana}\n"
    "  - {grant: automation restarts what stays well, to: [automation], may: [restart],"
    " on: {service: [ledger]}, within: {per_service: 1 in 1h, keep_healthy: 1},"
    " until: 2027-06-30, owner: ana}\n"
    "  - {grant: automation scales to the double, to: [automation], may: [scale],"
    " on: {service: [checkout]}, with: {replicas: {change: 2x}}, until: 2027-06-30,"
    " owner: ana}\n"
    "  - {approval: more than ten needs a second, for: [scale], when: {replicas: '> 10'},"
    " by: [{on-duty: ops}]}\n"
    "  - {prohibit: nothing moves at the end of the year, may: any, during: year-end,"
    " because: the books are closed, liftable: true}\n";

static const char runbook[] = "---\nrunbook: down\nservice: checkout\n"
			      "answers: [{alertname: Down}]\n---\n# Down\n"
			      "```action restart\ndo: restart-unit\n"
			      "with: {unit: web.service}\n```\n"
			      "```verify up\nrun: ['true']\nexpect: exit == 0\n"
			      "within: 1m\n```\n";

#define WALL ((msec)1795456684403) /* November 2026 */

static struct config config;
static const struct authority *authority;
static char memory[1 << 18];
static str judged; /* of the last refusal */

static str argv[] = { { "systemctl", 9 }, { "restart", 7 }, { "web.service", 11 },
	{ "soft", 4 }, { "web-1", 5 }, { "checkout", 8 } };
static struct pair params[] = { { { "unit", 4 }, { "web.service", 11 } } };

static struct attempt_order
an_order(void)
{
	return (struct attempt_order){
		.attempt = 17,
		.action = STR("restart-unit"),
		.verb = STR("restart"),
		.service = STR("checkout"),
		.target = STR("web-1"),
		.principal = STR("automation"),
		.params = { params, countof(params) },
		.argv = { argv, countof(argv) },
		.incident = 3,
		.given = { .incident_open = true },
		.config = config.hash,
		.timeout_ms = config.model->actions[0].timeout_ms,
	};
}

static bool
allowed(const struct attempt_order *order, msec wall, str *ret_why)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct order_refusal refusal = { 0 };
	bool ok =
	    order_allowed(config.model, authority, order, wall, MINUTE, &arena, &refusal);
	*ret_why = refusal.why;
	judged = refusal.judged;
	return ok;
}

static void
order_allowed__allows_what_is_written(void)
{
	struct attempt_order order = an_order();
	str why;
	EXPECT(allowed(&order, WALL, &why));
	/* the core may send defaults along or leave them out */
	struct pair both[] = { { STR("mode"), STR("soft") },
		{ STR("unit"), STR("web.service") } };
	order.params = (struct pairs){ both, countof(both) };
	EXPECT(allowed(&order, WALL, &why));
}

static void
order_allowed__refuses_a_command_that_is_another(void)
{
	struct attempt_order order = an_order();
	str why, other[countof(argv)];
	memcpy(other, argv, sizeof(argv));
	order.argv.p = other;
	for (size_t i = 0; i < countof(argv); i++) {
		other[i] = STR("x");
		EXPECT(!allowed(&order, WALL, &why));
		EXPECT(str_contains(why, STR("not what action 'restart-unit' runs")));
		other[i] = argv[i];
	}
	order.argv.n--;
	EXPECT(!allowed(&order, WALL, &why));
}

static void
order_allowed__refuses_what_authority_does_not_grant(void)
{
	str why;
	struct attempt_order order = an_order();
	order.principal = STR("agent:other");
	EXPECT(!allowed(&order, WALL, &why));
	EXPECT(why.n > 0);
	order = an_order();
	order.incident = 0; /* the grant asks for one */
	EXPECT(!allowed(&order, WALL, &why));
	order = an_order();
	order.given.incident_open = false; /* it is another service's */
	EXPECT(!allowed(&order, WALL, &why));
	order = an_order();
	EXPECT(!allowed(&order, WALL + 365 * DAY, &why)); /* it has ended */
	order = an_order();
	order.action = STR("reboot");
	EXPECT(!allowed(&order, WALL, &why));
	EXPECT_STR(why, STR("the configuration has no action 'reboot'"));
}

static void
order_allowed__refuses_values_that_are_not_allowed(void)
{
	static struct pair bad[] = { { { "unit", 4 }, { "web.service; rm", 15 } } };
	str why, filled[countof(argv)];
	struct attempt_order order = an_order();
	memcpy(filled, argv, sizeof(argv));
	filled[2] = bad[0].value;
	order.argv.p = filled;
	order.params.p = bad;
	EXPECT(!allowed(&order, WALL, &why));
	order = an_order();
	order.target = STR("web-2");
	memcpy(filled, argv, sizeof(argv));
	filled[4] = STR("web-2");
	order.argv.p = filled;
	EXPECT(!allowed(&order, WALL, &why));
	EXPECT(why.n > 0);
}

/* ---- what differs, and what is stale ---- */

static bool
refused_as(const struct attempt_order *order, const char *as, const char *part)
{
	str why;
	bool ok = allowed(order, WALL, &why);
	if (!ok && (!str_eq(judged, str_of(as)) || !str_contains(why, str_of(part))))
		printf("%.*s: %.*s\n", STR_ARG(judged), STR_ARG(why));
	return !ok && str_eq(judged, str_of(as)) && str_contains(why, str_of(part));
}

/* H6: a stale plan. */
static void
h6__an_order_of_a_runbook_that_was_changed_is_refused(void)
{
	struct attempt_order order = an_order();
	str why;
	order.runbook_hash = model_runbook(config.model, STR("down"))->hash;
	EXPECT(allowed(&order, WALL, &why));
	order.runbook_hash.b[7] ^= 1;
	EXPECT(refused_as(&order, "runbook", "was changed since the run began"));
	/* So is one of a runbook that called it. */
	struct attempt_order called = an_order();
	hash32 down = model_runbook(config.model, STR("down"))->hash;
	struct brought by[] = { { .runbook = down }, { .runbook = down } };
	called.given.callers = (struct records){ by, countof(by) };
	EXPECT(allowed(&called, WALL, &why));
	by[1].runbook.b[7] ^= 1;
	EXPECT(refused_as(&called, "runbook", "or one that called it, is not one of"));
	/* Planned by another configuration it is stale, and nobody's fault. */
	order.config.b[0] ^= 1;
	EXPECT(refused_as(&order, "", "was changed since the run began"));
	order = an_order();
	order.config.b[0] ^= 1;
	EXPECT(allowed(&order, WALL, &why)); /* the newest allows it as well */
}

static void
order_allowed__refuses_what_differs(void)
{
	struct attempt_order order = an_order();
	order.verb = STR("scale");
	EXPECT(refused_as(&order, "verb", "is of the verb restart, not scale"));
	order = an_order();
	order.timeout_ms += 1;
	EXPECT(refused_as(&order, "timeout", "has a timeout of"));
	order = an_order();
	order.action = STR("reboot");
	EXPECT(refused_as(&order, "action", "no action 'reboot'"));
	order = an_order();
	order.argv.n--;
	EXPECT(refused_as(&order, "command", "is not what action"));
	order = an_order();
	order.given.undo = true;
	order.given.undo_of = 5;
	EXPECT(refused_as(&order, "undo", "takes nothing back"));
	order.given.undo = false;
	EXPECT(refused_as(&order, "undo", "takes nothing back"));
}

static void
order_allowed__judges_the_whole_chain(void)
{
	struct attempt_order order = an_order();
	str why, behalf = STR("person:ana");
	order.principal = STR("agent:helper");
	order.given.behalf = (struct strs){ &behalf, 1 };
	EXPECT(allowed(&order, WALL, &why));
	behalf = STR("person:mei"); /* no grant lets her */
	EXPECT(!allowed(&order, WALL, &why));
	EXPECT(judged.n > 0);
}

static void
order_allowed__judges_calendars_and_broken_glass(void)
{
	struct attempt_order order = an_order();
	str why;
	order.principal = STR("person:ana");
	EXPECT(!allowed(&order, WALL + 30 * DAY, &why));
	EXPECT(str_contains(why, STR("the books are closed")));
	EXPECT(str_starts(judged, STR("nothing moves at the end of the year, a.yaml:")));
	order.given.glass_by = STR("person:ana");
	EXPECT(allowed(&order, WALL + 30 * DAY, &why));
	order.given.glass_by = STR("person:mei");
	EXPECT(!allowed(&order, WALL + 30 * DAY, &why));
	order.given.glass_by = STR("person:ana");
	order.principal = STR("automation");
	EXPECT(!allowed(&order, WALL + 30 * DAY, &why));
}

/* The clock is hands' own: what began on the way is kept, and is nobody's fault. */
static void
order_allowed__says_when_a_boundary_of_time_was_crossed(void)
{
#define FREEZE_WALL ((msec)1797724800000) /* 2026-12-20 */
#define GRANTS_END ((msec)1814313600000)  /* 2027-06-30 */
	struct attempt_order order = an_order();
	static const struct {
		msec wall;
		const char *why;
	} boundaries[] = { { FREEZE_WALL, "the books are closed" },
		{ GRANTS_END + DAY, "ended" } };
	for (size_t i = 0; i < countof(boundaries); i++) {
		str why;
		order.intent_wall = boundaries[i].wall - 2 * DAY;
		EXPECT(allowed(&order, order.intent_wall, &why));
		EXPECT(!allowed(&order, boundaries[i].wall, &why));
		EXPECT_STR(judged, STR(""));
		EXPECT(str_starts(why,
		    STR("a boundary of time was crossed since it was decided: ")));
		EXPECT(str_contains(why, str_of(boundaries[i].why)));
		/* Not allowed then either: one of us is wrong. */
		order.intent_wall = boundaries[i].wall;
		EXPECT(!allowed(&order, boundaries[i].wall + 1, &why));
		EXPECT(judged.n > 0 && !str_starts(why, STR("a boundary")));
	}
	/* What is no matter of time is what it is. */
	order = an_order();
	order.intent_wall = WALL - 1;
	order.principal = STR("agent:other");
	str no;
	EXPECT(!allowed(&order, WALL, &no));
	EXPECT(judged.n > 0 && !str_starts(no, STR("a boundary")));
}

static str scale_argv[] = { { "scale", 5 }, { "checkout", 8 }, { "8", 1 } };
static struct pair scale_params[] = { { { "replicas", 8 }, { "8", 1 } } };
static struct pair live[] = { { { "replicas", 8 }, { "4", 1 } } };

static struct attempt_order
a_scale(const char *replicas)
{
	scale_argv[2] = scale_params[0].value = str_of(replicas);
	struct attempt_order order = an_order();
	order.action = STR("scale-out");
	order.verb = STR("scale");
	order.target = STR("web-1");
	order.timeout_ms = model_action(config.model, order.action)->timeout_ms;
	order.params = (struct pairs){ scale_params, 1 };
	order.argv = (struct strs){ scale_argv, 3 };
	order.given.observed = (struct pairs){ live, 1 };
	return order;
}

static void
order_allowed__judges_bounds_by_the_value_that_came(void)
{
	struct attempt_order order = a_scale("8");
	str why;
	live[0].value = STR("4");
	EXPECT(allowed(&order, WALL, &why));
	order = a_scale("9");
	EXPECT(!allowed(&order, WALL, &why));
	order = a_scale("8");
	order.given.observed = (struct pairs){ 0 };
	EXPECT(!allowed(&order, WALL, &why));
	live[0].value = STR("3");
	order = a_scale("8");
	EXPECT(!allowed(&order, WALL, &why));
}

static void
order_allowed__needs_the_approvals_that_are_written(void)
{
	live[0].value = STR("8");
	struct attempt_order order = a_scale("12");
	str why;
	EXPECT(!allowed(&order, WALL, &why));
	EXPECT(str_starts(judged, STR("more than ten needs a second, a.yaml:")));
	struct vote votes[] = {
		{ .principal = STR("person:ana"), .yes = true, .wall = WALL }
	};
	order.given.votes = (struct records){ votes, 1 };
	EXPECT(allowed(&order, WALL, &why));
	votes[0].yes = false;
	EXPECT(!allowed(&order, WALL, &why));
	votes[0].yes = true;
	votes[0].principal = STR("person:mei"); /* not on duty */
	EXPECT(!allowed(&order, WALL, &why));
	votes[0].principal = STR("agent:helper");
	EXPECT(!allowed(&order, WALL, &why));
	/* Nobody approves what they ask for. */
	votes[0].principal = STR("person:ana");
	str behalf = STR("person:ana");
	order.given.behalf = (struct strs){ &behalf, 1 };
	EXPECT(!allowed(&order, WALL, &why));
}

/* Whoever stands in is on duty, as came with the order; whoever is replaced is not. */
static void
order_allowed__judges_on_duty_by_who_stands_in(void)
{
	live[0].value = STR("8");
	struct attempt_order order = a_scale("12");
	struct vote vote = { .principal = STR("person:mei"), .yes = true, .wall = WALL };
	struct stand_in in = { .team = STR("ops"),
		.instead = STR("ana"),
		.person = STR("mei"),
		.from_wall = WALL - HOUR,
		.until_wall = WALL + HOUR };
	str why;
	order.given.votes = (struct records){ &vote, 1 };
	EXPECT(!allowed(&order, WALL, &why));
	order.given.stand_ins = (struct records){ &in, 1 };
	EXPECT(allowed(&order, WALL, &why));
	EXPECT(!allowed(&order, WALL + HOUR, &why));
	in.rotation = STR("primary");
	EXPECT(allowed(&order, WALL, &why));
	in.rotation = STR("night");
	EXPECT(!allowed(&order, WALL, &why));
	in.rotation = (str){ 0 };
	vote.principal = STR("person:ana");
	EXPECT(!allowed(&order, WALL, &why));
	in.instead = STR("mei");
	EXPECT(allowed(&order, WALL, &why));
}

static void
order_allowed__judges_who_is_well_and_counts_no_uses(void)
{
	struct attempt_order order = an_order();
	str why, well[] = { STR("led-1"), STR("led-2") };
	order.service = STR("ledger");
	order.target = STR("led-1");
	str filled[countof(argv)];
	memcpy(filled, argv, sizeof(argv));
	filled[4] = order.target;
	filled[5] = order.service;
	order.argv.p = filled;
	EXPECT(!allowed(&order, WALL, &why)); /* nobody said how they are */
	order.given.health_known = true;
	order.given.healthy = (struct strs){ well, 2 };
	for (unsigned i = 0; i < 3; i++)
		EXPECT(allowed(&order, WALL, &why));
	order.given.healthy = (struct strs){ well, 1 };
	EXPECT(!allowed(&order, WALL, &why)); /* it would be the last one */
}

static void
order_allowed__lets_what_takes_back_through(void)
{
	struct attempt_order order = an_order();
	str why, start[] = { STR("systemctl"), STR("start"), STR("web-1") };
	order.action = STR("start-unit");
	order.verb = STR("start");
	order.params = (struct pairs){ 0 };
	order.argv = (struct strs){ start, 3 };
	order.timeout_ms = model_action(config.model, order.action)->timeout_ms;
	EXPECT(!allowed(&order, WALL, &why)); /* no grant names it */
	order.given.undo = true;
	order.given.undo_of = 5;
	EXPECT(allowed(&order, WALL + 30 * DAY, &why)); /* also in the freeze */
	/* A fault of the request is none the less one. */
	order.target = start[2] = STR("web-9");
	EXPECT(!allowed(&order, WALL, &why));
}

int
main(void)
{
	config_open(&config);
	config_add(&config, "a.yaml", text);
	config_add(&config, "runbooks/down.md", runbook);
	if (config_load(&config) == NULL) {
		str faults = config_faults(&config);
		printf("%.*s", (int)faults.n, faults.p);
		return 1;
	}
	authority = authority_new(config.model, &config.arena);
	RUN(order_allowed__allows_what_is_written);
	RUN(order_allowed__refuses_a_command_that_is_another);
	RUN(order_allowed__refuses_what_authority_does_not_grant);
	RUN(order_allowed__refuses_values_that_are_not_allowed);
	RUN(h6__an_order_of_a_runbook_that_was_changed_is_refused);
	RUN(order_allowed__refuses_what_differs);
	RUN(order_allowed__judges_the_whole_chain);
	RUN(order_allowed__judges_calendars_and_broken_glass);
	RUN(order_allowed__says_when_a_boundary_of_time_was_crossed);
	RUN(order_allowed__judges_bounds_by_the_value_that_came);
	RUN(order_allowed__needs_the_approvals_that_are_written);
	RUN(order_allowed__judges_on_duty_by_who_stands_in);
	RUN(order_allowed__judges_who_is_well_and_counts_no_uses);
	RUN(order_allowed__lets_what_takes_back_through);
	config_close(&config);
	TEST_MAIN_END();
}
