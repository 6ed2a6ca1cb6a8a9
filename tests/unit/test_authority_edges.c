/* What tables do not show: values, many reasons, full arenas, long lists, time. */
#include "support/authority_shop.h"
#include "support/config.h"
#include "support/test.h"

static void
decide__denies_a_value_that_the_parameter_refuses(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rule = GRANT(BY_ALL, .may = STRS(S("scale")), ON_TIER_1);
	struct authority *authority = authority_of(&arena, &rule, 1);
	struct pair pair = { STR("replicas"), STR("99") };
	struct authority_request request = {
		.principal = STR("automation"),
		.action = &actions[1],
		.service = &services[0],
		.target = STR("checkout"),
		.params = &(struct pairs){ &pair, 1 },
		.incident_open = true,
		.wall = WALL,
		.at = AT,
	};
	struct authority_facts facts = { 0 };
	struct decided decision;
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	EXPECT(decision.verdict == VERDICT_DENY);
	EXPECT(decision.reasons[0].kind == REASON_ERROR);
	EXPECT(str_starts(decision.reasons[0].text, STR("parameter 'replicas': ")));

	pair.value = STR("9");
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	EXPECT(decision.verdict == VERDICT_ALLOW);
}

static void
decide__tells_all_that_stands_against_it(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[] = {
		TIER_1_WITH(.per_service = { 1, HOUR }),
		{ .kind = RULE_PROHIBITION, .name = STR("freeze"), .any = true, PLACE(1) },
	};
	struct authority *authority = authority_of(&arena, rules, countof(rules));
	struct authority_use use = RESTARTED("checkout", "web-1", 0);
	struct authority_request request = {
		.principal = STR("automation"),
		.action = &actions[0],
		.service = &services[0],
		.target = STR("web-1"),
		.incident_open = true,
		.wall = WALL,
		.at = AT,
	};
	struct authority_facts facts = { .uses = uses_of(&use, 1),
		.stopped = true,
		.stopped_by = STR("person:ana") };
	struct decided decision;
	decide_and_explain(authority, &request, &facts, &arena, &decision);

	static const enum reason_kind kinds[] = { REASON_STOPPED, REASON_ERROR,
		REASON_PROHIBITED, REASON_LIMIT, REASON_GRANT };
	EXPECT_U64(decision.reasons_n, countof(kinds));
	for (size_t i = 0; i < countof(kinds) && i < decision.reasons_n; i++)
		EXPECT_U64(decision.reasons[i].kind, kinds[i]);
}

/* No agent resumes what was stopped, and an action may be called like its verb. */
static void
decide__names_nobody_and_nothing_in_vain(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[] = { TIER_1 };
	str verb = actions[2].verb;
	actions[2].verb = actions[2].name;
	struct authority *authority = authority_of(&arena, rules, countof(rules));
	struct authority_request request = {
		.principal = STR("automation"),
		.action = &actions[2],
		.service = &services[0],
		.target = STR("web-1"),
		.incident_open = true,
		.wall = WALL,
		.at = AT,
	};
	struct authority_facts facts = { .stopped_by = STR("agent:helper") };
	struct decided decision;
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	EXPECT(str_contains(decision.reasons[0].text, STR("which does not name flush")));
	EXPECT(!str_contains(decision.reasons[0].text, STR("flush or flush")));
	facts.stopped = true;
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	EXPECT_STR(decision.forward, STR("wait until a person resumes it"));
	actions[2].verb = verb;
}

static void
decide__counts_reasons_that_found_no_room(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[20];
	for (uint32_t i = 0; i < countof(rules); i++)
		rules[i] = (struct rule){ .kind = RULE_PROHIBITION,
			.name = STR("never"),
			.any = true,
			PLACE(100 - i) };
	struct authority *authority = authority_of(&arena, rules, countof(rules));
	struct authority_request request = {
		.principal = STR("automation"),
		.action = &actions[2],
		.service = &services[0],
		.target = STR("web-1"),
		.incident_open = true,
		.wall = WALL,
		.at = AT,
	};
	struct authority_facts facts = { 0 };
	struct decided decision;
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	EXPECT_U64(decision.reasons_n, AUTHORITY_REASONS_MAX);
	EXPECT_U64(decision.reasons[0].line, 81);
	EXPECT_U64(decision.reasons[14].line, 95);
	EXPECT_STR(decision.reasons[15].text, STR("and 6 more"));
}

static void
decide__keeps_its_verdict_in_a_full_arena(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rule = TIER_1;
	struct authority *authority = authority_of(&arena, &rule, 1);
	struct authority_request request = {
		.principal = STR("automation"),
		.action = &actions[0],
		.service = &services[0],
		.target = STR("web-1"),
		.params = UNIT,
		.incident_open = true,
		.wall = WALL,
		.at = AT,
	};
	struct authority_facts facts = { .uses = uses_of(NULL, 0) };
	static char small[4096];
	for (size_t size = 0; size <= sizeof(small); size += 64) {
		struct decided decision;
		struct arena tight = arena_over(small, size);
		request.target = STR("web-1");
		decide_and_explain(authority, &request, &facts, &tight, &decision);
		EXPECT(decision.verdict == VERDICT_ALLOW);
		tight = arena_over(small, size);
		request.target = STR("elsewhere");
		decide_and_explain(authority, &request, &facts, &tight, &decision);
		EXPECT(decision.verdict == VERDICT_DENY);
	}
	arena_release(small, sizeof(small));
}

/* A thousand words and a thousand services must not become a million shelves. */
static void
index__stays_small_for_long_lists(void)
{
	enum { MANY = 1000 };
	static str words[MANY], names[MANY];
	static char text[MANY][16];
	for (unsigned i = 0; i < MANY; i++) {
		int n = snprintf(text[i], sizeof(text[i]), "name-%u", i);
		words[i] = names[i] = (str){ text[i], (size_t)n };
	}
	words[MANY - 1] = STR("restart");
	names[MANY - 1] = STR("checkout");
	struct rule rule = { .kind = RULE_GRANT,
		.name = STR("long"),
		TO(AUTOMATION),
		.may = { words, MANY },
		.on = { .services = { names, MANY } },
		PLACE(1) };

	struct arena arena = arena_over(memory, sizeof(memory));
	(void)authority_of(&arena, &rule, 0);
	model.rules_n = 1;
	struct arena_map map;
	struct arena own = arena_map(&map, authority_arena_bytes(&model));
	char *begin = own.beg;
	struct authority *authority = authority_new(&model, &own);
	EXPECT(own.beg - begin < 1 << 20);

	struct authority_request request = {
		.principal = STR("automation"),
		.action = &actions[0],
		.service = &services[0],
		.target = STR("web-1"),
		.params = UNIT,
		.wall = WALL,
		.at = AT,
	};
	struct authority_facts facts = { 0 };
	struct decided decision;
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	EXPECT(decision.verdict == VERDICT_ALLOW);
	request.service = &services[1];
	request.target = STR("payments");
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	EXPECT(decision.verdict == VERDICT_DENY);
	EXPECT_STR(decision.forward, STR("ask ana, who owns 'long', to extend it"));
	arena_unmap(&map);
}

static void
window__is_the_longest_of_all_limits(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[] = {
		TIER_1_WITH(.per_service = { 3, HOUR }),
		TIER_1_WITH(.per_target = { 1, 7 * DAY }),
		TIER_1_WITH(.per_target = { 0, 30 * DAY }),
	};
	EXPECT_U64(authority_window_ms(authority_of(&arena, rules, 3)), 7 * DAY);
	/* each kind, where there is no other */
	const struct rule each[] = {
		TIER_1_WITH(.per_service = { 3, 2 * HOUR }),
		TIER_1_WITH(.per_target = { 3, 3 * HOUR }),
		TIER_1_WITH(.per_actor = { 3, 4 * HOUR }),
		TIER_1_WITH(.targets = { .count = 2 }, .targets_window_ms = 5 * HOUR),
		TIER_1_WITH(.targets = { .percent = 20 }, .targets_window_ms = 6 * HOUR),
		TIER_1_WITH(.spacing_ms = 7 * HOUR),
	};
	for (size_t i = 0; i < countof(each); i++) {
		struct rule rule = each[i];
		arena = arena_over(memory, sizeof(memory));
		EXPECT_U64(authority_window_ms(authority_of(&arena, &rule, 1)),
		    (i + 2) * HOUR);
	}
	arena = arena_over(memory, sizeof(memory));
	EXPECT_U64(authority_window_ms(authority_of(&arena, NULL, 0)), 0);
}

static void
what_can__lists_what_is_allowed_now(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[] = {
		GRANT(BY_ALL, .may = STRS(S("restart"), S("clear")), ON_TIER_1,
		    .per_target = { 1, HOUR }),
		{ .kind = RULE_PROHIBITION,
		    .name = STR("no flushing"),
		    .may = STRS(S("flush")),
		    PLACE(9) },
	};
	struct authority *authority = authority_of(&arena, rules, countof(rules));
	struct authority_facts facts = { 0 };
	struct authority_can can[3];
	struct authority_request request = { .principal = STR("person:ana"),
		.service = &services[0],
		.incident_open = true,
		.wall = WALL,
		.at = AT };
	size_t n =
	    authority_what_can(authority, &request, &facts, &arena, can, countof(can));
	EXPECT_U64(n, 1);
	EXPECT(can[0].action == &actions[0]);
	EXPECT(can[0].verdict == VERDICT_ALLOW);
	EXPECT_STR(can[0].text, STR("'restart tier 1' covers it"));

	n = authority_what_can(authority, &request, &facts, &arena, can, 0);
	EXPECT_U64(n, 0);
	str piotr = STR("person:piotr");
	request.behalf = (struct strs){ &piotr, 1 };
	n = authority_what_can(authority, &request, &facts, &arena, can, countof(can));
	EXPECT_U64(n, 0);
	request.behalf = (struct strs){ 0 };
	request.principal = piotr;
	n = authority_what_can(authority, &request, &facts, &arena, can, countof(can));
	EXPECT_U64(n, 0);
	request.principal = STR("person:ana");
	facts.stopped = true;
	n = authority_what_can(authority, &request, &facts, &arena, can, countof(can));
	EXPECT_U64(n, 0);
}

static void
principal_covers__on_duty_changes_hands_at_the_handover(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	(void)authority_of(&arena, NULL, 0);
	struct principal duty = ON_DUTY;
	msec handover = (msec)civil_days(2026, 11, 30) * DAY + 9 * HOUR;
	EXPECT(principal_covers(&duty, STR("person:ana"), NULL, handover - 1));
	EXPECT(!principal_covers(&duty, STR("person:piotr"), NULL, handover - 1));
	EXPECT(!principal_covers(&duty, STR("person:ana"), NULL, handover));
	EXPECT(principal_covers(&duty, STR("person:piotr"), NULL, handover));
	EXPECT(!principal_covers(&duty, STR("person:mei"), NULL, handover));
	EXPECT(!principal_covers(&duty, STR("agent:ana"), NULL, handover - 1));
	EXPECT(!principal_covers(&duty, STR("ana"), NULL, handover - 1));
	EXPECT(!principal_covers(&duty, STR("person:"), NULL, handover - 1));
	EXPECT(!principal_covers(&duty, STR("automation"), NULL, handover - 1));
}

/* ---- many services, and places that they stand in ---- */

#define CATALOGUE                                                                       \
	"fallback: ops\n"                                                               \
	"channels:\n"                                                                   \
	"  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n"          \
	"people:\n  ana: {reach: [pager]}\n"                                            \
	"teams:\n  ops: {kind: operations, on_call: {zone: UTC, rotations: [{name: r, " \
	"people: [ana], handover: 'Mon 09:00'}], escalate: [{to: r}]}}\n"               \
	"actions:\n  one: {verb: one, run: [act]}\n"
#define FOR_ALL                                                                          \
	"authority:\n  - {grant: g, to: [automation], may: [one], on: {tier: [1, 2, 3, " \
	"4]}, until: 2028-06-30, owner: ana}\n"

static const struct model *
load(struct config *config, const char *text)
{
	config_open(config);
	config_add(config, "a.yaml", text);
	const struct model *read = config_load(config);
	EXPECT_STR(read != NULL ? STR("") : config_faults(config), STR(""));
	ASSERT(read != NULL);
	return read;
}

static bool
may_do(const struct model *of, const struct authority *authority, const char *name)
{
	const struct service *service = model_service(of, str_of(name));
	ASSERT(service != NULL);
	struct authority_request request = {
		.principal = STR("automation"),
		.action = &of->actions[0],
		.service = service,
		.target = service->name,
		.wall = WALL,
		.at = AT,
	};
	struct authority_facts facts = { 0 };
	return authority_verdict(authority, &request, &facts) == VERDICT_ALLOW;
}

/* What is forbidden on every other of 200 services, for whatever is done. */
static void
index__finds_what_is_forbidden_on_each_of_many_services(void)
{
	static struct config config;
	static char text[65536];
	size_t n = 0;
#define ADD(...) n += (size_t)snprintf(&text[n], sizeof(text) - n, __VA_ARGS__)
	ADD(CATALOGUE "services:\n");
	for (unsigned i = 0; i < 200; i++)
		ADD("  s%u: {owner: ops, tier: %u}\n", i, i % 4 + 1);
	ADD(FOR_ALL);
	for (unsigned i = 0; i < 200; i += 2)
		ADD("  - {prohibit: p, may: any, on: {service: s%u}}\n", i);
	const struct model *of = load(&config, text);
	const struct authority *authority = authority_new(of, &config.arena);
	for (unsigned i = 0; i < 200; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "s%u", i);
		test_row = name;
		EXPECT(may_do(of, authority, name) == (i % 2 == 1));
	}
	test_row = NULL;
	config_close(&config);
}

/* A service stands wherever one of its hosts does: each in places of its own. */
static void
index__knows_where_hosts_of_each_service_stand(void)
{
	static struct config config;
	static const struct {
		const char *environment, *services; /* that have a host there */
	} rows[] = {
		{ "lab", "a" },
		{ "test", "b" },
		{ "stage", "b c" },
		{ "demo", "b d" },
		{ "office", "d" },
		{ "home", "d" },
		{ "ship", "d" },
	};
	static const char *const names[] = { "a", "b", "c", "d" };
	for (size_t i = 0; i < countof(rows); i++) {
		char text[4096];
		test_row = rows[i].environment;
		(void)snprintf(text, sizeof(text),
		    CATALOGUE "services:\n"
			      "  a: {owner: ops, tier: 1, environment: production}\n"
			      "  b: {owner: ops, tier: 1, environment: production}\n"
			      "  c: {owner: ops, tier: 1, environment: production}\n"
			      "  d: {owner: ops, tier: 1, environment: production}\n"
			      "hosts:\n"
			      "  a1: {service: a}\n"
			      "  a2: {service: a, environment: lab}\n"
			      "  b1: {service: b, environment: test}\n"
			      "  b2: {service: b, environment: stage}\n"
			      "  b3: {service: b, environment: demo}\n"
			      "  c1: {service: c, environment: stage}\n"
			      "  d1: {service: d, environment: demo}\n"
			      "  d2: {service: d, environment: office}\n"
			      "  d3: {service: d, environment: home}\n"
			      "  d4: {service: d, environment: ship}\n" FOR_ALL
			      "  - {prohibit: p, may: any, on: {environment: %s}}\n",
		    rows[i].environment);
		const struct model *of = load(&config, text);
		const struct authority *authority = authority_new(of, &config.arena);
		for (size_t k = 0; k < countof(names); k++)
			EXPECT(may_do(of, authority, names[k]) ==
			       (strstr(rows[i].services, names[k]) == NULL));
		config_close(&config);
	}
	test_row = NULL;
}

int
main(void)
{
	RUN(decide__denies_a_value_that_the_parameter_refuses);
	RUN(decide__tells_all_that_stands_against_it);
	RUN(decide__names_nobody_and_nothing_in_vain);
	RUN(decide__counts_reasons_that_found_no_room);
	RUN(decide__keeps_its_verdict_in_a_full_arena);
	RUN(index__stays_small_for_long_lists);
	RUN(index__finds_what_is_forbidden_on_each_of_many_services);
	RUN(index__knows_where_hosts_of_each_service_stand);
	RUN(window__is_the_longest_of_all_limits);
	RUN(what_can__lists_what_is_allowed_now);
	RUN(principal_covers__on_duty_changes_hands_at_the_handover);
	TEST_MAIN_END();
}
