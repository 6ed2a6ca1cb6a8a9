/*
 * Holes that others had in their authority, and hazards of acting by machine, each with the
 * case that fell through: reference "authority and attempts", 3.1, 4 and 6.
 */
#include "support/authority_rows.h"

#define BOTH \
	GRANT(TO(AUTOMATION, AGENT("x"), AGENT("y"), PERSON("ana")), RESTART, ON_TIER_1)
#define NO_GRANT(whom, at)                                                               \
	.kind = REASON_NO_GRANT, .line = 3,                                              \
	.text = "no grant lets " whom " do restart-unit on checkout; closest: 'restart " \
		"tier 1' at authority.yaml:3, which is not for " whom,                   \
	.forward = at

/* StackStorm: who may not do X but may write a workflow wraps X in one and runs it. */
static const struct row deputies[] = {
	{ .name = "a person through a runbook of automation's",
	    .principal = "automation",
	    .behalf = STRS(S("person:tom")),
	    .rules = { BOTH },
	    NO_GRANT("tom", "ask ana, who may do it now") },
	{ .name = "a person through an agent through automation",
	    .principal = "agent:x",
	    .behalf = STRS(S("automation"), S("agent:y"), S("person:tom")),
	    .rules = { BOTH },
	    NO_GRANT("tom", "ask ana, who may do it now") },
	{ .name = "an agent behind a person",
	    .principal = "person:ana",
	    .behalf = STRS(S("agent:z")),
	    .rules = { BOTH },
	    NO_GRANT("agent z", "ask ana, who owns 'restart tier 1', to extend it") },
	{ .name = "the token of the machine behind automation",
	    .principal = "automation",
	    .behalf = STRS(S("local-admin")),
	    .rules = { BOTH },
	    NO_GRANT("local-admin", "ask ana, who may do it now") },
};

/* Rundeck #5428: a job within a job has limits of its own. Here the chain is counted. */
static const struct row nested[] = {
	{ .name = "through another agent each time",
	    .principal = "agent:y",
	    .behalf = STRS(S("person:ana")),
	    .rules = { BOTH, RULE(LIMIT, "a person restarts twice", 9, RESTART,
				 .per_actor = { 2, HOUR }) },
	    .uses = { { .service = S("checkout"),
			  .target = S("web-2"),
			  .action = S("restart-unit"),
			  .verb = S("restart"),
			  .principal = S("agent:x"),
			  .behalf = STRS(S("person:ana")),
			  .at = AT - MINUTE },
		{ .service = S("checkout"),
		    .target = S("web-3"),
		    .action = S("restart-unit"),
		    .verb = S("restart"),
		    .principal = S("automation"),
		    .behalf = STRS(S("agent:y"), S("person:ana")),
		    .at = AT - 2 * MINUTE } },
	    .kind = REASON_LIMIT,
	    .line = 9,
	    .value = 2,
	    .limit = 2,
	    .free_at = WALL + 58 * MINUTE,
	    .text = "2 of 2 restarts by ana in 1h are used; free at 14:10 UTC",
	    .forward = "wait until then" },
	{ .name = "by the service instead of its hosts",
	    .target = "checkout",
	    .rules = { BOTH, RULE(LIMIT, "two hosts an hour", 9, RESTART,
				 .targets = { .count = 2 }, .targets_window_ms = HOUR) },
	    .kind = REASON_LIMIT,
	    .line = 9,
	    .limit = 2,
	    .text = "checkout stands for its 6 hosts, and 2 are allowed in 1h",
	    .forward = "name single hosts of checkout" },
};

/* CVE-2026-92763: who may import configuration is root. Here bringing one in approves
 * nothing and grants nothing by itself. */
static const struct row imported[] = {
	{ .name = "who brought it in does not approve by it",
	    .rules = { BOTH,
		RULE(APPROVAL, "another looks", 9, RESTART,
		    .by = (struct principal[]){ TEAM }, .by_n = 1, .not_reloader = true) },
	    .reloaded = "person:mei",
	    .yes = { { .principal = S("person:mei") } },
	    .verdict = VERDICT_AFTER_APPROVAL,
	    .kind = REASON_APPROVAL,
	    .line = 9,
	    .limit = 1,
	    .approvers = "ana piotr",
	    .yes_missing = 1,
	    .expires_ms = 15 * MINUTE,
	    .text = "'another looks' asks for 1 approval",
	    .forward = "ana or piotr may approve" },
	{ .name = "nor does the machine's own token",
	    .principal = "local-admin",
	    .rules = { BOTH },
	    .reloaded = "local-admin",
	    NO_GRANT("local-admin", "ask ana, who may do it now") },
};

#define LONG_VALUE \
	"-oProxyCommand=touch /tmp/a-file-whose-name-goes-on-for-longer-than-it-should"

/* Cedar skips a rule that errs, a forbidding one too; Rundeck does not read what it does not
 * know. Here what cannot be told denies. */
static const struct row failing[] = {
	{ .name = "the approval that errs",
	    .action = &actions[3],
	    .params = REPLICAS("24"),
	    .observed = LIVE("1e3"),
	    .rules = { GRANT(BY_ALL, SCALE, ON_TIER_1),
		RULE(APPROVAL, "twice", 9, SCALE, .by = (struct principal[]){ TEAM },
		    .by_n = 1,
		    .when = &(struct when){ .param = S("replicas"),
			.op = WHEN_GT,
			.times = { DELTA_FACTOR, 2000, 0 } },
		    .when_n = 1) },
	    .kind = REASON_UNKNOWN,
	    .line = 9,
	    .text = "'twice' compares replicas with its live value, which is not known",
	    .forward = "its live value could not be read",
	    .needs = "replicas" },
	/* A sentence that finds no room is no permission. */
	{ .name = "T1: a long value that is refused at length",
	    .params = &(struct pairs){ (struct pair[]){ { S("unit"), S(LONG_VALUE) } }, 1 },
	    .rules = { GRANT(BY_ALL, .may = STRS(S("restart"))) },
	    .kind = REASON_ERROR,
	    .text = "parameter 'unit': '" LONG_VALUE "' begins with '-'",
	    .forward = "correct 'unit'" },
	{ .name = "parameters out of order",
	    .action = &actions[3],
	    .params =
		&(struct pairs){ (struct pair[]){ { S("zone"), S("eu-1") },
				     { S("replicas"), S("5000") } },
		    2 },
	    .rules = { GRANT(BY_ALL, SCALE, ON_TIER_1) },
	    .kind = REASON_ERROR,
	    .text = "parameter 'replicas' is out of order, or twice",
	    .forward = "give each parameter once" },
	{ .name = "one parameter with two values",
	    .action = &actions[3],
	    .params =
		&(struct pairs){ (struct pair[]){ { S("replicas"), S("5") },
				     { S("replicas"), S("5000") } },
		    2 },
	    .rules = { GRANT(BY_ALL, SCALE, ON_TIER_1) },
	    .kind = REASON_ERROR,
	    .text = "parameter 'replicas' is out of order, or twice",
	    .forward = "give each parameter once" },
};

/* MachineHealthCheck: a guard that is not set, or cannot be computed, is 100%. */
static const struct row unset[] = {
	{ .name = "nobody says how a host is known to be well",
	    .service = &services[1],
	    .target = "payments",
	    .rules = { GRANT(BY_ALL, RESTART, .keep_healthy = { .percent = 1 }) },
	    .healthy_known = true,
	    .kind = REASON_UNKNOWN,
	    .line = 3,
	    .text =
		"'restart tier 1' keeps 1% of the hosts of payments healthy, and it has "
		"none",
	    .forward = "ask ana, who owns 'restart tier 1': it asks for hosts" },
	{ .name = "a limit of others' is no limit of ours",
	    .rules = { BOTH, RULE(LIMIT, "one at once", 9, RESTART, .at_once = 1) },
	    .uses = { RESTARTING("cart", "cart", DAY) },
	    .only_at_once = true,
	    .kind = REASON_LIMIT,
	    .line = 9,
	    .value = 1,
	    .limit = 1,
	    .text = "1 of 1 restarts at once is under way",
	    .forward = "wait until what is under way has ended" },
};

static struct calendar_span announced[] = { { WALL - HOUR, WALL + HOUR } };
static struct calendar july = { .name = S("code freeze"),
	.spans = announced,
	.spans_n = 1 };

static const struct row hazards[] = {
	{ .name = "H1: an empty target is nothing, not everything",
	    .no_target = true,
	    .rules = { GRANT(BY_ALL, RESTART) },
	    .kind = REASON_ERROR,
	    .text = "no target: nothing means nothing, not everything",
	    .forward = "name a host, or the service" },
	{ .name = "H2: a typing error in a parameter of an approved playbook",
	    .action = &actions[3],
	    .params = REPLICAS("1"),
	    .observed = LIVE("12"),
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_PERCENT, 250, 0 } }) },
	    .kind = REASON_BOUND,
	    .line = 3,
	    .text =
		"'restart tier 1' would cover it, but replicas 1 is more than 25% below "
		"the live 12; at least 9",
	    .forward = "at least 9 now: ask for replicas 9" },
	/* A value under another name: the approval asks about 40, not about 040. */
	{ .name = "H2: a number has one way to be written",
	    .action = &actions[3],
	    .params = REPLICAS("040"),
	    .observed = LIVE("12"),
	    .rules = { GRANT(BY_ALL, .may = STRS(S("scale"))),
		RULE(APPROVAL, "forty is much", 7, .any = true,
		    .when = &(struct when){ .param = S("replicas"),
			.op = WHEN_IS,
			.values = STRS(S("40")) },
		    .when_n = 1, .by = (struct principal[]){ TEAM }, .by_n = 1) },
	    .kind = REASON_ERROR,
	    .text = "parameter 'replicas': '040' is written with a needless zero: 40",
	    .forward = "correct 'replicas'" },
	{ .name = "H10: what is ill together has one cause",
	    .rules = { TIER_1_WITH(.keep_healthy = { .percent = 60 }) },
	    .healthy_known = true,
	    .healthy = STRS(S("web-4")),
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 3,
	    .text = "1 of 4 hosts of checkout would stay healthy, and 3 must",
	    .forward = "wait until more hosts of checkout are healthy" },
	{ .name = "H17: an agent in an announced freeze, whatever it was told",
	    .principal = "agent:x",
	    .behalf = STRS(S("person:ana")),
	    .glass = "person:ana",
	    .rules = { BOTH, RULE(PROHIBITION, "code freeze", 9, .any = true,
				 .during = &july, .liftable = true) },
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'code freeze' forbids it until 14:12 UTC",
	    .forward = "ask ana, who owns 'code freeze'" },
	/* HolmesGPT #2388: a list of allowed beginnings. */
	{ .name = "T16: a word is the whole word",
	    .action = &(struct action){ .name = S("restart-units"), .verb = S("restarts") },
	    .rules = { GRANT(BY_ALL, .may = STRS(S("restart"), S("restart-unit"))) },
	    .kind = REASON_UNKNOWN,
	    .text = "unknown action 'restart-units'",
	    .forward = "ask for an action of the configuration in force" },
	{ .name = "T16: a glob is the whole value",
	    .params = UNIT,
	    .rules = { TIER_1_WITH(.with = &(struct param_bound){ .param = S("unit"),
				       .like = S("nginx") },
		.with_n = 1) },
	    .kind = REASON_BOUND,
	    .line = 3,
	    .text = "'restart tier 1' would cover it, but unit nginx.service is not like "
		    "'nginx'",
	    .forward = "ask for a unit like 'nginx'" },
};

static void
hole__confused_deputy_by_composition(void)
{
	CHECK_ROWS(deputies);
}

static unsigned
below(unsigned n)
{
	static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

/* T8: no nesting of those who may makes one who may not able to. */
static void
hole__confused_deputy_in_random_nestings(void)
{
	static const str may[] = { S("automation"), S("agent:x"), S("agent:y"),
		S("person:ana") };
	static const str may_not[] = { S("person:tom"), S("agent:z"), S("local-admin"),
		S("person:eve"), S("person:mei") };
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rule = BOTH;
	struct authority *authority = authority_of(&arena, &rule, 1);
	struct row row = { .name = "random" };
	struct authority_facts facts = { .glass_by = STR("person:tom") };
	for (unsigned i = 0; i < 20000; i++) {
		str chain[BEHALF_MAX];
		size_t n = 1 + below(BEHALF_MAX), at = below((unsigned)n + 1);
		for (size_t k = 0; k < n; k++)
			chain[k] = may[below(countof(may))];
		struct authority_request request = row_request(&row);
		request.principal = may[below(countof(may))];
		request.behalf = (struct strs){ chain, n };
		struct arena scratch = arena;
		struct decided decision;
		decide_and_explain(authority, &request, &facts, &scratch, &decision);
		EXPECT(decision.verdict == VERDICT_ALLOW);
		*(at < n ? &chain[at] : &request.principal) =
		    may_not[below(countof(may_not))];
		scratch = arena;
		decide_and_explain(authority, &request, &facts, &scratch, &decision);
		EXPECT(decision.verdict == VERDICT_DENY);
	}
}

/* StackStorm: what a rule starts runs as 'stanley', whoever caused it. Here who caused it is
 * judged, named and counted, wherever in the chain they stand. */
static void
hole__identity_loss(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[] = { BOTH,
		RULE(PROHIBITION, "not ana", 9, RESTART, TO(PERSON("ana"))) };
	struct authority *authority = authority_of(&arena, rules, countof(rules));
	str chains[][3] = { { STR("person:ana"), STR("agent:x"), STR("automation") },
		{ STR("automation"), STR("person:ana"), STR("agent:x") },
		{ STR("agent:x"), STR("automation"), STR("person:ana") } };
	for (size_t i = 0; i < countof(chains); i++) {
		struct row row = { .name = "identity" };
		struct authority_request request = row_request(&row);
		struct authority_facts facts = { .uses = NULL };
		struct decided decision;
		request.principal = chains[i][0];
		request.behalf = (struct strs){ &chains[i][1], 2 };
		decide_and_explain(authority, &request, &facts, &arena, &decision);
		EXPECT(decision.verdict == VERDICT_DENY);
		EXPECT_STR(decision.reasons[0].text, STR("'not ana' forbids it"));
	}
}

static void
hole__limit_bypass_by_nesting(void)
{
	CHECK_ROWS(nested);
}

/* T7 */
static void
hole__config_import_is_privilege(void)
{
	CHECK_ROWS(imported);
}

static void
hole__fail_open_on_error(void)
{
	CHECK_ROWS(failing);
}

static void
hole__unset_guard_is_unlimited(void)
{
	CHECK_ROWS(unset);
}

static void
hazards__are_stopped_by_rules(void)
{
	CHECK_ROWS(hazards);
}

/* T15: with nothing written nobody may do anything, whoever they are, whatever is known. */
static void
hole__broad_default_rights(void)
{
	static const str who[] = { S("automation"), S("agent:x"), S("person:ana"),
		S("person:mei"), S("local-admin"), S("root"), S("") };
	struct arena arena = arena_over(memory, sizeof(memory));
	struct authority *authority = authority_of(&arena, NULL, 0);
	for (size_t p = 0; p < countof(who); p++) {
		for (size_t a = 0; a < countof(actions); a++) {
			for (size_t s = 0; s < countof(services); s++) {
				struct authority_request request = {
					.principal = who[p],
					.action = &actions[a],
					.service = &services[s],
					.target = services[s].name,
					.incident_open = true,
					.wall = WALL,
					.at = AT,
				};
				struct authority_facts facts = { .glass_by = who[p] };
				struct decided decision;
				struct arena scratch = arena;
				decide_and_explain(authority, &request, &facts, &scratch,
				    &decision);
				EXPECT(decision.verdict == VERDICT_DENY);
				struct authority_who list[1];
				EXPECT(authority_who_can(authority, &request, &facts,
					   &scratch, list, 1) == 0);
			}
		}
	}
}

int
main(void)
{
	july.zone = zone_utc();
	RUN(hole__confused_deputy_by_composition);
	RUN(hole__confused_deputy_in_random_nestings);
	RUN(hole__identity_loss);
	RUN(hole__limit_bypass_by_nesting);
	RUN(hole__config_import_is_privilege);
	RUN(hole__fail_open_on_error);
	RUN(hole__unset_guard_is_unlimited);
	RUN(hazards__are_stopped_by_rules);
	RUN(hole__broad_default_rights);
	TEST_MAIN_END();
}
