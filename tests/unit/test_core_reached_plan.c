/* Plans of what is seldom planned, on simulated time; and that none of it is done. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define ACTIONS                                                                 \
	"actions:\n"                                                            \
	"  restart-unit: {verb: restart, run: [restart, '${target}']}\n"        \
	"  scale: {verb: scale, params: {to: {type: integer, min: 1, max: 9}}," \
	" run: [scale, '${to}']}\n"                                             \
	"  say: {verb: restart, params: {x: {type: string, pattern: '.*'}},"    \
	" run: [say, '${x}']}\n"
#define AUTHORITY                                                           \
	"authority:\n"                                                      \
	"  - {grant: anything, to: [automation, ana, {agent: helper}],"     \
	" may: [restart, scale], on: {tier: [1, 2, 3]}, until: 2030-01-01," \
	" owner: mei}\n"
#define CONFIG(rules) SHOP_TOP SHOP_PEOPLE SHOP_SERVICES ACTIONS AUTHORITY rules
#define ONE_AT_ONCE                                                           \
	"  - {limit: one at once, for: [restart], on: {service: [payments]}," \
	" within: {at_once: 1}}\n"

#define BOOK(top, steps)                                                        \
	"---\nrunbook: r\nservice: payments\nanswers: [{alertname: Odd}]\n" top \
	"---\n# R\n" steps
#define ODD "alertname=Odd,service=payments"
#define UP "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
#define GO "```action go\ndo: restart-unit\n```\n"
#define WORKERS                                 \
	"```action workers\ndo: restart-unit\n" \
	"targets: {service: payments, role: worker}\n```\n"
#define LONG "inputs: {long: {type: string, pattern: '.*', from: alert.labels.long}}\n"
#define LONG4 "${long}${long}${long}${long}"
#define LONG20 LONG4 LONG4 LONG4 LONG4 LONG4

static struct core_planned
plan_of(struct world *w, struct core_plan asked)
{
	struct core_planned planned;
	asked.runbook = asked.runbook.n > 0 ? asked.runbook : STR("r");
	asked.at = w->at;
	asked.wall = w->wall;
	if (asked.principal.n == 0)
		asked.principal = AUTOMATION;
	if (asked.incident == 0)
		asked.service = STR("payments");
	core_plan(w->core, &asked, &w->arena, &planned);
	return planned;
}

/* An incident whose first alert has a label of 1,000 bytes. */
static void
fire_long(struct world *w)
{
	char labels[1200];
	int n = snprintf(labels, sizeof(labels), "%s,long=", ODD);
	memset(labels + n, 'x', 1000);
	labels[n + 1000] = '\0';
	world_fire(w, labels);
}

/* Filled in, it is longer than what may be asked: it is refused, and nothing follows. */
static void
plan__refuses_what_cannot_be_filled_in(void)
{
	static const struct {
		const char *name, *step, *why;
	} rows[] = {
		{ "check",
		    "```check a\npromql: 'x{n=\"" LONG20 "\"}'\nexpect: '> 0'\n```\n",
		    "it cannot be asked: " },
		{ "wait",
		    "```wait a\nuntil: {promql: 'x{n=\"" LONG20 "\"}', expect: '> 0'}\n"
		    "within: 5m\n```\n",
		    "it cannot be asked: " },
		{ "ask",
		    "```ask a\nquestion: '" LONG20 "?'\nanswer: {type: name}\n"
		    "within: 5m\n```\n",
		    "asks whoever is on duty: it cannot be asked: " },
		{ "action", "```action a\ndo: say\nwith: {x: '" LONG20 "'}\n```\n",
		    "it cannot be asked for: " },
		{ "verify",
		    "```verify a\npromql: 'x{n=\"" LONG20
		    "\"}'\nexpect: '> 0'\nwithin: 5m\n```\n",
		    "it cannot be asked: " },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		static char book[8192];
		test_row = rows[i].name;
		(void)snprintf(book, sizeof(book), "%s%s%s",
		    BOOK("ceiling: suggest\n" LONG, ""), rows[i].step,
		    strcmp(rows[i].name, "verify") == 0 ? "" : GO UP);
		struct world *w = world_new(CONFIG(""), book, NULL);
		fire_long(w);
		struct core_planned p = plan_of(w, (struct core_plan){ .incident = 1 });
		EXPECT_U64(p.status, 200);
		EXPECT_U64(p.exit, EXIT_REFUSED);
		EXPECT(p.steps[0].fate == PLAN_REFUSED);
		EXPECT_STR(str_take(p.steps[0].text, strlen(rows[i].why)),
		    str_of(rows[i].why));
		if (p.n > 1)
			EXPECT(p.steps[1].fate == PLAN_UNREACHED);
		EXPECT_U64(w->probe_n + w->attempt_n, 0);
		world_free(w);
	}
	test_row = NULL;
}

/* An answer and an input that is asked for are not known; one that is given is. */
static void
plan__depends_on_what_is_not_answered_yet(void)
{
	static const char *const asks = BOOK("ceiling: suggest\n"
					     "inputs:\n  n: {type: integer, min: 1, max: "
					     "9, from: {promql: n}}\n",
	    "```ask one\nquestion: 'of ${n}?'\nanswer: {type: integer}\nwithin: 5m\n```\n"
	    "```ask two\nquestion: 'after ${one}?'\nanswer: {type: name}\nwithin: 5m\n"
	    "```\n" GO UP);
	struct world *w = world_new(CONFIG(""), asks, NULL);
	struct core_planned p = plan_of(w, (struct core_plan){ 0 });
	EXPECT(p.steps[0].fate == PLAN_UNKNOWN && p.steps[1].fate == PLAN_UNKNOWN);
	EXPECT_STR(p.steps[0].text,
	    STR("it depends on the input n, which is asked for when it begins"));
	EXPECT_STR(p.steps[1].text, STR("it depends on the answer to one"));
	struct pair n = { STR("n"), STR("4") };
	struct pairs inputs = { &n, 1 };
	p = plan_of(w, (struct core_plan){ .inputs = &inputs });
	EXPECT(p.steps[0].fate == PLAN_ASKS);
	EXPECT_STR(p.steps[0].text, STR("asks whoever is on duty: of 4?"));
	world_free(w);
}

static void
plan__says_what_runs_already_and_what_waits_for_its_turn(void)
{
	struct world *w = world_new(CONFIG(ONE_AT_ONCE),
	    BOOK("", GO "```action again\ndo: restart-unit\n```\n" UP), NULL);
	world_fire(w, ODD);
	EXPECT_U64(w->attempt_n, 1);
	struct core_planned p = plan_of(w, (struct core_plan){ .incident = 1 });
	EXPECT(p.steps[0].fate == PLAN_UNKNOWN);
	EXPECT(str_starts(p.steps[0].text, STR("it waits for its turn: ")));
	EXPECT_STR(p.note,
	    STR("runbook r is in work on incident 1: another begins when it ended"));
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* Announced to whoever may veto it; for an agent by its own chain. */
static void
plan__says_that_it_may_be_vetoed(void)
{
	struct world *w = world_new(CONFIG(""), BOOK("ceiling: veto\n", GO UP), NULL);
	struct core_planned p = plan_of(w, (struct core_plan){ 0 });
	EXPECT(p.steps[0].fate == PLAN_ASKS);
	EXPECT(str_starts(p.steps[0].text,
	    STR("it is announced, and somebody may veto it (veto): ")));
	str ana = STR("person:ana");
	p = plan_of(w,
	    (struct core_plan){ .principal = STR("agent:helper"), .behalf = { &ana, 1 } });
	EXPECT_U64(p.status, 200);
	EXPECT(p.steps[0].fate == PLAN_ASKS);
	world_free(w);
}

static void
plan__needs_steps_targets_and_an_incident_that_is_open(void)
{
	struct world *w = world_new(CONFIG(""),
	    BOOK("ceiling: suggest\ninputs: {where: {type: name, default: nowhere}}\n",
		"```action one\ndo: restart-unit\n"
		"targets: {service: payments, host: '${where}'}\n```\n" UP),
	    "---\nrunbook: to-read\nceiling: suggest\n---\n# Ask Jo\n");
	struct core_planned p = plan_of(w, (struct core_plan){ .runbook = STR("to-read") });
	EXPECT_U64(p.status, 422);
	EXPECT_STR(p.error,
	    STR("runbook to-read cannot start: it has no steps to run: it is for people "
		"to read"));
	p = plan_of(w, (struct core_plan){ 0 });
	EXPECT(p.steps[0].fate == PLAN_REFUSED);
	EXPECT_STR(p.steps[0].text, STR("it has no target: nothing is never everything"));
	/* There is one; it closes. */
	world_fire(w, ODD);
	EXPECT_U64(plan_of(w, (struct core_plan){ .incident = 1 }).status, 200);
	world_ask(w, COMMAND_RESOLVE, 1, "person:ana");
	p = plan_of(w, (struct core_plan){ .incident = 1 });
	EXPECT_U64(p.status, 409);
	EXPECT_STR(p.error, STR("incident 1 is closed"));
	world_free(w);
}

/* Each target is decided, and told with those that are alike. */
static void
plan__of_more_targets_than_it_decides_about(void)
{
	static char text[131072];
	size_t at = (size_t)snprintf(text, sizeof(text), "%s",
	    SHOP_TOP SHOP_PEOPLE
	    "services:\n  payments: {owner: platform-ops, tier: 2}\nhosts:\n");
	for (unsigned i = 0; i < 600; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    "  pay-%03u: {service: payments, role: worker}\n", i);
	(void)snprintf(text + at, sizeof(text) - at, "%s", ACTIONS AUTHORITY);
	struct world *w = world_new(text,
	    BOOK("ceiling: suggest\n", WORKERS "```action again\ndo: restart-unit\n"
					       "targets: {service: payments, role: "
					       "worker}\n```\n" UP),
	    NULL);
	struct core_planned p =
	    plan_of(w, (struct core_plan){ .principal = STR("person:ana") });
	EXPECT(p.steps[0].fate == PLAN_RUNS && p.steps[1].fate == PLAN_UNKNOWN);
	EXPECT_U64(p.steps[1].targets.n, 2);
	const struct plan_target *groups = p.steps[1].targets.p;
	EXPECT(groups[0].fate == PLAN_RUNS && groups[1].fate == PLAN_UNKNOWN);
	EXPECT_U64(groups[0].targets.n, PLAN_TARGETS_MAX - 600);
	EXPECT_U64(groups[0].targets.n + groups[1].targets.n, 600);
	EXPECT_STR(groups[1].text, STR("a plan decides about so many targets at most"));
	world_free(w);
}

int
main(void)
{
	RUN(plan__refuses_what_cannot_be_filled_in);
	RUN(plan__depends_on_what_is_not_answered_yet);
	RUN(plan__says_what_runs_already_and_what_waits_for_its_turn);
	RUN(plan__says_that_it_may_be_vetoed);
	RUN(plan__needs_steps_targets_and_an_incident_that_is_open);
	RUN(plan__of_more_targets_than_it_decides_about);
	TEST_MAIN_END();
}
