/* What a plan says of each kind of step, before any of it is done. */
#include <stdio.h>

#include "core/state.h"
#include "support/steps_shop.h"
#include "support/world.h"

#define BOOK(inputs, steps)                                                        \
	"---\nrunbook: r\nservice: payments\nanswers: [{alertname: Odd}]\n" inputs \
	"---\n# R\n" steps
#define CALLED                            \
	"---\nrunbook: one\n---\n# One\n" \
	"```check bad\npromql: bad\nexpect: '> 0'\n```\n"
#define HAND "```handoff hand\nclass: architecture\nbecause: it is full\nask: b\n```\n"
#define SIDE                                                                         \
	"```ask side\nquestion: Which side?\nanswer: {type: one-of, values: [left, " \
	"right]}\nwithin: 30m\nthen: {left: a, right: hand}\notherwise: hand\n```\n"
#define COUNT(more)                                \
	"```ask count\nquestion: How many?\n" more \
	"answer: {type: integer, min: 1, max: 9}\nwithin: 10m\n```\n"
#define WAIT "```wait a\nfor: 1m\n```\n"

static struct core_planned
plan_of(struct world *w, const char *service)
{
	struct core_plan asked = { .runbook = STR("r"),
		.principal = AUTOMATION,
		.service = str_of(service),
		.at = w->at,
		.wall = w->wall };
	struct core_planned planned;
	core_plan(w->core, &asked, &w->arena, &planned);
	return planned;
}

static void
plan__says_of_each_step_what_it_would_do(void)
{
	static const struct {
		const char *name, *inputs, *steps;
		size_t step;
		enum plan_fate fate;
		const char *text, *otherwise;
	} rows[] = {
		{ "any of several", "",
		    "```check a\nany:\n  - {name: x, promql: depth, expect: '> 5'}\n"
		    "  - {name: y, run: [look, well], expect: 'exit == 0'}\n"
		    "otherwise: stop\n```\n" HAND,
		    0, PLAN_RUNS, "any of depth: > 5; look well: exit == 0",
		    "the run stops" },
		{ "all of several", "",
		    "```check a\nall:\n  - {name: x, http: 'http://h/', expect: 'status == "
		    "200'}\n  - {name: y, run: [look], expect: 'exit == 0'}\n"
		    "otherwise: person\n```\n" HAND,
		    0, PLAN_RUNS, "all of http://h/: status == 200; look: exit == 0",
		    "a person is told" },
		{ "a wait", "", WAIT HAND, 0, PLAN_RUNS, "waits 1m", "" },
		{ "a wait until something is", "",
		    "```wait a\nuntil: {promql: up, expect: '== 1'}\nwithin: "
		    "5m\notherwise: "
		    "person\n```\n" HAND,
		    0, PLAN_RUNS, "up: == 1", "a person is told" },
		{ "a question with its ways", "", SIDE WAIT HAND, 0, PLAN_ASKS,
		    "asks whoever is on duty: Which side?", "hand" },
		{ "one of its ways", "", SIDE WAIT HAND, 1, PLAN_UNKNOWN,
		    "if it comes to that, would run: waits 1m", "" },
		{ "a question to a team", "", COUNT("to: {on-duty: platform-ops}\n") HAND,
		    0, PLAN_ASKS, "asks whoever is on duty of platform-ops: How many?",
		    "a person is told" },
		{ "a look that needs an answer", "",
		    COUNT("") "```check a\npromql: 'x{n=\"${count}\"}'\nexpect: '> 0'\n"
			      "```\n" HAND,
		    1, PLAN_UNKNOWN, "it depends on the answer to count", "the run stops" },
		{ "an action that needs an answer", "",
		    COUNT("") "```action go\ndo: scale\nwith: {replicas: '${count}'}\n"
			      "```\n" UP,
		    1, PLAN_UNKNOWN, "it depends on the answer to count",
		    "a person is told" },
		{ "a look that needs an input of a probe",
		    "inputs:\n  n: {type: integer, min: 1, max: 9, from: {promql: n}}\n",
		    "```check a\npromql: 'x{n=\"${n}\"}'\nexpect: '> 0'\n```\n" HAND, 0,
		    PLAN_UNKNOWN,
		    "it depends on the input n, which is asked for when it begins",
		    "the run stops" },
		{ "another runbook", "", "```call c\nrunbook: one\n```\n" UP, 0,
		    PLAN_UNKNOWN,
		    "runbook one is called: `firstline run one --dry-run` says what it "
		    "would do",
		    "a person is told" },
		{ "an action on two", "",
		    "```action go\ndo: restart-unit\ntargets: {service: payments, role: "
		    "worker}\nrolling: {batch: 2}\n```\n" UP,
		    0, PLAN_RUNS, "2 of 2 at once: ", "a person is told" },
		{ "an undo", "",
		    "```action go\ndo: turn-off\n```\n```undo back\nof: go\n```\n" HAND, 1,
		    PLAN_RUNS, "what go did is taken back, last first",
		    "a person is told" },
		{ "a verify that takes back", "",
		    "```action go\ndo: turn-off\n```\n```verify up\npromql: up\nexpect: "
		    "'== 1'\nwithin: 2m\nundo: true\n```\n",
		    1, PLAN_RUNS, "up: == 1; else it is taken back", "a person is told" },
		{ "a handoff", "", WAIT HAND, 1, PLAN_RUNS,
		    "handed to checkout-dev: it is full", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char book[4096];
		test_row = rows[i].name;
		(void)snprintf(book, sizeof(book), BOOK("%s", "%s"), rows[i].inputs,
		    rows[i].steps);
		struct world *w = world_new(SHOP_TOP SHOP_PEOPLE SHOP_SERVICES STEPS_ACTIONS
		    "  turn-off: {verb: restart, run: [turn, 'off'], undo: {do: "
		    "turn-on}}\n  turn-on: {verb: restart, run: [turn, "
		    "'on']}\n" STEPS_AUTHORITY,
		    book, CALLED);
		struct core_planned p = plan_of(w, "payments");
		EXPECT_U64(p.status, 200);
		EXPECT(rows[i].step < p.n);
		const struct plan_item *item = &p.steps[rows[i].step];
		EXPECT(item->fate == rows[i].fate);
		EXPECT_STR(str_take(item->text, strlen(rows[i].text)),
		    str_of(rows[i].text));
		EXPECT_STR(item->otherwise, str_of(rows[i].otherwise));
		/* And none of it was done. */
		EXPECT_U64(w->probe_n, 0);
		EXPECT_U64(world_count(w, TABLE_RUN), 0);
		world_free(w);
	}
}

static void
plan__without_developers_refuses_the_handoff(void)
{
	struct world *w =
	    world_new(STEPS_CONFIG, "---\nrunbook: r\n---\n# R\n" WAIT HAND, NULL);
	struct core_planned p = plan_of(w, "ledger");
	EXPECT_U64(p.exit, 5);
	EXPECT(p.steps[1].fate == PLAN_REFUSED);
	EXPECT_STR(p.steps[1].text, STR("ledger has no developers to hand it to"));
	world_free(w);
}

#define FOR_HOST                                                                       \
	"---\nrunbook: one\ninputs: {host: {type: host, default: lone}}\n---\n# One\n" \
	"```check bad\npromql: 'bad{host=\"${host}\"}'\nexpect: '> 0'\n```\n"

/* Nobody is asked for anything. */
static void
plan__says_for_how_many_hosts_another_is_called(void)
{
	static const struct {
		const char *more, *says;
	} rows[] = {
		{ "  lone: {service: ledger, role: worker}\n",
		    "runbook one is called for each of 1 host: " },
		{ "  lone: {service: ledger, role: worker}\n"
		  "  other: {service: ledger, role: worker}\n",
		    "runbook one is called for each of 2 hosts: " },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char config[8192];
		test_row = rows[i].says;
		(void)snprintf(config, sizeof(config),
		    SHOP_TOP SHOP_PEOPLE "services:\n  ledger: {owner: platform-ops}\n"
					 "hosts:\n%s" STEPS_ACTIONS STEPS_AUTHORITY,
		    rows[i].more);
		struct world *w = world_new(config,
		    "---\nrunbook: r\nservice: ledger\n---\n# R\n"
		    "```call c\nrunbook: one\neach: {service: ledger, role: worker}\n"
		    "with: {host: '${target}'}\n```\n" UP,
		    FOR_HOST);
		struct core_planned p = plan_of(w, "ledger");
		EXPECT_STR(str_take(p.steps[0].text, strlen(rows[i].says)),
		    str_of(rows[i].says));
		world_free(w);
	}
}

static void
plan__cannot_be_made_of_what_is_not_there(void)
{
	struct world *w = world_new(STEPS_CONFIG, BOOK("", WAIT HAND), NULL);
	static const struct {
		const char *name;
		struct core_plan asked;
		uint32_t status;
	} rows[] = {
		{ "no such runbook",
		    { .runbook = { "none", 4 }, .service = { "ledger", 6 } }, 404 },
		{ "no such incident", { .runbook = { "r", 1 }, .incident = 7 }, 404 },
		{ "no such service", { .runbook = { "r", 1 }, .service = { "moon", 4 } },
		    404 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct core_plan asked = rows[i].asked;
		asked.principal = AUTOMATION;
		asked.at = w->at;
		asked.wall = w->wall;
		struct core_planned p;
		core_plan(w->core, &asked, &w->arena, &p);
		EXPECT_U64(p.status, rows[i].status);
		EXPECT(p.error.n > 0);
		EXPECT_U64(p.n, 0);
	}
	world_free(w);
}

/* As it is refused when it is run. */
static void
plan__is_none_of_a_runbook_that_is_for_others(void)
{
	struct world *w = world_new(STEPS_CONFIG,
	    "---\nrunbook: r\nservice: payments\n---\n# R\n" WAIT HAND, NULL);
	struct core_planned p = plan_of(w, "ledger");
	EXPECT_U64(p.status, 422);
	EXPECT_STR(p.error,
	    STR("runbook r cannot start: it is not for incidents of ledger"));
	EXPECT_U64(p.n, 0);
	EXPECT_U64(plan_of(w, "payments").status, 200);
	world_fire(w, "alertname=Slow,service=ledger");
	world_fire(w, "alertname=Lost");
	static const char *const of[] = { "ledger", "no service" };
	for (size_t i = 0; i < countof(of); i++) {
		test_row = of[i];
		struct command run = { .kind = COMMAND_RUN,
			.principal = STR("person:ana"),
			.incident = (incident_id)(i + 1),
			.name = STR("r") };
		struct reply reply = world_command(w, &run);
		EXPECT_U64(reply.status, 422);
		EXPECT(str_ends(reply.error, str_of(of[i])));
		EXPECT_U64(world_count(w, TABLE_RUN), 0);
	}
	world_free(w);
}

int
main(void)
{
	RUN(plan__says_of_each_step_what_it_would_do);
	RUN(plan__without_developers_refuses_the_handoff);
	RUN(plan__says_for_how_many_hosts_another_is_called);
	RUN(plan__cannot_be_made_of_what_is_not_there);
	RUN(plan__is_none_of_a_runbook_that_is_for_others);
	TEST_MAIN_END();
}
