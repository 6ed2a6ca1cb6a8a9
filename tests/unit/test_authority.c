/*
 * Each reason of a decision, on a small catalogue written out by hand:
 *
 *	checkout  tier 1, shop, production   hosts web-1, web-2, and stage-1 in staging
 *	payments  tier 2, shop, production   no hosts
 *	ledger    tier 3, bank, staging      no hosts
 *
 * ana has the rotation of platform-ops on Monday 2026-11-23, piotr next week; mei leads.
 */
#include "authority/authority.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* 2026-11-23 13:12 UTC */
#define AT (100 * DAY)

/* STR for what is laid out before the program runs. */
#define S(literal)                             \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

static struct person people[] = {
	{ .id = S("ana"), .name = S("Ana Souza") },
	{ .id = S("piotr"), .name = S("Piotr Nowak") },
	{ .id = S("mei"), .name = S("Mei Lin") },
	{ .id = S("tom"), .name = S("Tom of checkout-dev") },
};

static const struct person *turns[] = { &people[0], &people[1] };

static struct rotation rotations[] = {
	{ .name = S("primary"),
	    .people = turns,
	    .people_n = 2,
	    .weeks = 1,
	    .handover_weekday = 1,
	    .handover_minute = 9 * 60 },
};

static struct team teams[] = {
	{ .name = S("platform-ops"),
	    .kind = TEAM_OPERATIONS,
	    .rotations = rotations,
	    .rotation_n = 1,
	    .lead = &people[2] },
};

static struct service services[] = {
	{ .name = S("checkout"),
	    .owner = &teams[0],
	    .system = S("shop"),
	    .tier = 1,
	    .environment = S("production") },
	{ .name = S("payments"),
	    .owner = &teams[0],
	    .system = S("shop"),
	    .tier = 2,
	    .environment = S("production") },
	{ .name = S("ledger"),
	    .owner = &teams[0],
	    .system = S("bank"),
	    .tier = 3,
	    .environment = S("staging") },
};

static struct host hosts[] = {
	{ .name = S("web-1"), .service = &services[0], .environment = S("production") },
	{ .name = S("web-2"), .service = &services[0], .environment = S("production") },
	{ .name = S("stage-1"), .service = &services[0], .environment = S("staging") },
};

static struct param unit[] = { { .name = S("unit"), .kind = PARAM_NAME } };
static struct param replicas[] = {
	{ .name = S("replicas"),
	    .kind = PARAM_INTEGER,
	    .min = 1,
	    .max = 9,
	    .otherwise = S("2") },
};

static struct action actions[] = {
	{ .name = S("restart-unit"), .verb = S("restart"), .params = { unit, 1 } },
	{ .name = S("scale-web"), .verb = S("scale"), .params = { replicas, 1 } },
	{ .name = S("flush"), .verb = S("clear") },
};

static struct model model;
static char memory[1 << 20];

/* The catalogue with these rules. */
static struct authority *
authority_of(struct arena *arena, struct rule *rules, size_t n)
{
	model = (struct model){
		.people = people,
		.people_n = countof(people),
		.teams = teams,
		.teams_n = countof(teams),
		.services = services,
		.services_n = countof(services),
		.hosts = hosts,
		.hosts_n = countof(hosts),
		.actions = actions,
		.actions_n = countof(actions),
		.rules = rules,
		.rules_n = n,
	};
	teams[0].zone = zone_utc();
	rotations[0].anchor_days = civil_days(2026, 1, 5);
	for (size_t i = 0; i < countof(people); i++)
		*names_slot(&model.person_by_name, arena, people[i].id) = &people[i];
	for (size_t i = 0; i < countof(services); i++)
		*names_slot(&model.service_by_name, arena, services[i].name) = &services[i];
	for (size_t i = 0; i < countof(hosts); i++)
		*names_slot(&model.host_by_name, arena, hosts[i].name) = &hosts[i];
	for (size_t i = 0; i < countof(actions); i++)
		*names_slot(&model.action_by_name, arena, actions[i].name) = &actions[i];
	return authority_new(&model, arena);
}

#define STRS(...)                                                                    \
	{                                                                            \
		(str[]){ __VA_ARGS__ }, sizeof((str[]){ __VA_ARGS__ }) / sizeof(str) \
	}
#define TO(...)                                    \
	.to = (struct principal[]){ __VA_ARGS__ }, \
	.to_n = sizeof((struct principal[]){ __VA_ARGS__ }) / sizeof(struct principal)
#define AUTOMATION                           \
	{                                    \
		.kind = PRINCIPAL_AUTOMATION \
	}
#define ON_DUTY                                                                         \
	{                                                                               \
		.kind = PRINCIPAL_ON_DUTY, .name = S("platform-ops"), .team = &teams[0] \
	}
#define TEAM                                                                         \
	{                                                                            \
		.kind = PRINCIPAL_TEAM, .name = S("platform-ops"), .team = &teams[0] \
	}
#define PERSON(id)                                      \
	{                                               \
		.kind = PRINCIPAL_PERSON, .name = S(id) \
	}
#define AGENT(id)                                      \
	{                                              \
		.kind = PRINCIPAL_AGENT, .name = S(id) \
	}
#define PLACE(n) .place = { S("authority.yaml"), (n) }, .owner = &people[0]
#define UNIT                                                       \
	&(struct pairs)                                            \
	{                                                          \
		&(struct pair){ S("unit"), S("nginx.service") }, 1 \
	}

#define GRANT(...)                                                                       \
	{                                                                                \
		.kind = RULE_GRANT, .name = S("restart tier 1"), .while_incident = true, \
		PLACE(3), __VA_ARGS__                                                    \
	}
#define BY_ALL TO(AUTOMATION, ON_DUTY)
#define RESTART .may = STRS(S("restart"))
#define ON_TIER_1 .on = { .tiers = 1u << 1 }
/* Automation and whoever is on duty restart tier 1 while there is an incident. */
#define TIER_1 GRANT(BY_ALL, RESTART, ON_TIER_1)
#define TIER_1_WITH(...) GRANT(BY_ALL, RESTART, ON_TIER_1, __VA_ARGS__)

#define RESTARTED(on, host, ago)                                                  \
	{                                                                         \
		.service = S(on), .target = S(host), .action = S("restart-unit"), \
		.verb = S("restart"), .at = AT - (ago)                            \
	}
#define RESTARTING(on, host, ago)                                                 \
	{                                                                         \
		.service = S(on), .target = S(host), .action = S("restart-unit"), \
		.verb = S("restart"), .at = AT - (ago), .held = true              \
	}

struct row {
	const char *name;
	struct rule rules[3];
	struct authority_use uses[4];
	/* The request; what is not named is automation's restart-unit of checkout's web-1. */
	const char *principal, *target, *action_name;
	const struct action *action;
	const struct service *service;
	const struct pairs *params;
	bool quiet; /* no open incident */
	bool stopped, no_service, no_target;
	/* The answer */
	enum verdict verdict; /* 0: deny */
	enum reason_kind kind;
	const char *text, *forward;
	uint64_t value, limit;
	msec free_at;
	uint32_t line;
};

static void
check_row(const struct row *row)
{
	test_row = row->name;
	struct arena arena = arena_over(memory, sizeof(memory));
	size_t rules_n = 0, uses_n = 0;
	struct rule rules[3];
	while (rules_n < countof(row->rules) && row->rules[rules_n].kind != 0) {
		rules[rules_n] = row->rules[rules_n];
		rules_n++;
	}
	while (uses_n < countof(row->uses) && row->uses[uses_n].service.n > 0)
		uses_n++;

	struct authority *authority = authority_of(&arena, rules, rules_n);
	struct authority_request request = {
		.principal = row->principal ? str_of(row->principal) : STR("automation"),
		.action = row->action ? row->action : &actions[0],
		.service = row->service ? row->service : &services[0],
		.target = row->target ? str_of(row->target) : STR("web-1"),
		.params = row->params   ? row->params
		          : row->action ? NULL
		                        : UNIT,
		.incident_open = !row->quiet,
		.wall = WALL,
		.at = AT,
	};
	if (row->action_name != NULL) {
		request.action = NULL;
		request.action_name = str_of(row->action_name);
	}
	if (row->no_service)
		request.service = NULL;
	if (row->no_target)
		request.target = (str){ 0 };
	struct authority_facts facts = {
		.uses = row->uses,
		.uses_n = uses_n,
		.stopped = row->stopped,
		.stopped_by = row->stopped ? STR("person:mei") : (str){ 0 },
	};
	struct authority_decision decision;
	authority_decide(authority, &request, &facts, &arena, &decision);

	EXPECT_U64(decision.verdict, row->verdict ? row->verdict : VERDICT_DENY);
	EXPECT(decision.reasons_n > 0);
	if (decision.reasons_n == 0)
		return;
	const struct reason *reason = &decision.reasons[0];
	EXPECT_U64(reason->kind, row->kind);
	EXPECT_STR(reason->text, str_of(row->text));
	EXPECT_STR(decision.forward, str_of(row->forward ? row->forward : ""));
	EXPECT_U64(reason->value, row->value);
	EXPECT_U64(reason->limit, row->limit);
	EXPECT_U64(reason->free_at, row->free_at);
	EXPECT_U64(reason->line, row->line);
	EXPECT_STR(reason->file, row->line ? STR("authority.yaml") : STR(""));
}

static const struct row allowed[] = {
	{ .name = "a grant without limits",
	    .rules = { TIER_1 },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "room left",
	    .rules = { TIER_1_WITH(.per_service = { 3, HOUR }) },
	    .uses = { RESTARTED("checkout", "web-1", MINUTE) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .value = 1,
	    .limit = 3,
	    .text = "'restart tier 1' covers it: 1 of 3 restarts of checkout in 1h used "
		    "before this" },
	{ .name = "the bound with least room is told",
	    .rules = { TIER_1_WITH(.per_service = { 5, HOUR }, .per_target = { 2, DAY }) },
	    .uses = { RESTARTED("checkout", "web-1", 2 * HOUR) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .value = 1,
	    .limit = 2,
	    .text =
		"'restart tier 1' covers it: 1 of 2 restarts of web-1 in 1d used before "
		"this" },
	{ .name = "as old as the window",
	    .rules = { TIER_1_WITH(.per_service = { 1, HOUR }) },
	    .uses = { RESTARTED("checkout", "web-1", HOUR) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .limit = 1,
	    .text = "'restart tier 1' covers it: 0 of 1 restarts of checkout in 1h used "
		    "before this" },
	{ .name = "another service's uses",
	    .rules = { TIER_1_WITH(.per_service = { 1, HOUR }) },
	    .uses = { RESTARTED("payments", "payments", MINUTE) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .limit = 1,
	    .text = "'restart tier 1' covers it: 0 of 1 restarts of checkout in 1h used "
		    "before this" },
	{ .name = "held outside the scope",
	    .rules = { TIER_1_WITH(.at_once = 1) },
	    .uses = { RESTARTING("payments", "payments", MINUTE) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .limit = 1,
	    .text =
		"'restart tier 1' covers it: 0 of 1 restarts at once used before this" },
	{ .name = "the service is its own target",
	    .rules = { TIER_1 },
	    .target = "checkout",
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "by the action's name",
	    .rules = { GRANT(BY_ALL, .may = STRS(S("scale-web")), ON_TIER_1) },
	    .action = &actions[1],
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "on duty now",
	    .rules = { TIER_1 },
	    .principal = "person:ana",
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "a team has its lead",
	    .rules = { GRANT(TO(TEAM), RESTART, ON_TIER_1) },
	    .principal = "person:mei",
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "an agent",
	    .rules = { GRANT(TO(AGENT("helper")), RESTART, ON_TIER_1) },
	    .principal = "agent:helper",
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "a prohibition that is over",
	    .rules = { TIER_1, { .kind = RULE_PROHIBITION,
				   .name = S("freeze"),
				   .any = true,
				   .until_wall = WALL,
				   PLACE(9) } },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "a prohibition that has not begun",
	    .rules = { TIER_1, { .kind = RULE_PROHIBITION,
				   .name = S("freeze"),
				   .any = true,
				   .from_wall = WALL + 1,
				   PLACE(9) } },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
};

static const struct row limited[] = {
	{ .name = "per service",
	    .rules = { TIER_1_WITH(.per_service = { 3, HOUR }) },
	    .uses = { RESTARTED("checkout", "web-1", 5 * MINUTE),
		RESTARTED("checkout", "web-2", 5 * MINUTE),
		RESTARTED("checkout", "web-2", 10 * MINUTE + 1),
		RESTARTED("checkout", "web-2", 2 * HOUR) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 3,
	    .limit = 3,
	    .free_at = WALL + 50 * MINUTE - 1,
	    .text = "3 of 3 restarts of checkout in 1h are used; free at 14:02 UTC",
	    .forward = "next slot at 14:02 UTC" },
	{ .name = "on another day",
	    .rules = { TIER_1_WITH(.per_target = { 1, DAY }) },
	    .uses = { RESTARTED("checkout", "web-1", HOUR) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + 23 * HOUR,
	    .text = "1 of 1 restarts of web-1 in 1d is used; free at 2026-11-24 12:12 UTC",
	    .forward = "next slot at 2026-11-24 12:12 UTC" },
	{ .name = "more than the limit: when enough have left",
	    .rules = { TIER_1_WITH(.per_service = { 2, HOUR }) },
	    .uses = { RESTARTED("checkout", "web-1", 50 * MINUTE),
		RESTARTED("checkout", "web-1", 40 * MINUTE),
		RESTARTED("checkout", "web-1", 20 * MINUTE) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 3,
	    .limit = 2,
	    .free_at = WALL + 20 * MINUTE,
	    .text = "3 of 2 restarts of checkout in 1h are used; free at 13:32 UTC",
	    .forward = "next slot at 13:32 UTC" },
	{ .name = "at once",
	    .rules = { TIER_1_WITH(.at_once = 1) },
	    .uses = { RESTARTING("checkout", "web-2", 3 * DAY) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .text = "1 of 1 restarts at once is under way",
	    .forward = "wait until what is under way has ended" },
	{ .name = "held on a service that is gone counts",
	    .rules = { TIER_1_WITH(.at_once = 1) },
	    .uses = { RESTARTING("cart", "cart", MINUTE) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .text = "1 of 1 restarts at once is under way",
	    .forward = "wait until what is under way has ended" },
	{ .name = "several words",
	    .rules = { GRANT(BY_ALL, .may = STRS(S("restart"), S("scale")), ON_TIER_1,
		.per_service = { 1, 90 * MINUTE }) },
	    .uses = { RESTARTED("checkout", "web-1", 0) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + 90 * MINUTE,
	    .text = "1 of 1 actions under this grant of checkout in 90m is used; free at "
		    "14:42 UTC",
	    .forward = "next slot at 14:42 UTC" },
	{ .name = "by action name",
	    .rules = { GRANT(BY_ALL, .may = STRS(S("restart-unit")), ON_TIER_1,
		.per_service = { 1, 30 * SECOND }) },
	    .uses = { RESTARTED("checkout", "web-1", 0) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + 30 * SECOND,
	    .text = "1 of 1 restart-unit actions of checkout in 30s is used; free at 13:13 "
		    "UTC",
	    .forward = "next slot at 13:13 UTC" },
	{ .name = "every grant that applies must have room",
	    .rules = { TIER_1_WITH(.per_service = { 1, HOUR }),
		{ .kind = RULE_GRANT,
		    .name = S("checkout freely"),
		    TO(AUTOMATION),
		    .may = STRS(S("restart")),
		    .on = { .services = STRS(S("checkout")) },
		    PLACE(9) } },
	    .uses = { RESTARTED("checkout", "web-1", 0) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + HOUR,
	    .text = "1 of 1 restarts of checkout in 1h is used; free at 14:12 UTC",
	    .forward = "next slot at 14:12 UTC" },
	{ .name = "the limit of a grant that does not apply is no limit",
	    .rules = { GRANT(TO(PERSON("ana")), RESTART, ON_TIER_1,
			   .per_service = { 1, HOUR }),
		{ .kind = RULE_GRANT,
		    .name = S("checkout freely"),
		    TO(AUTOMATION),
		    .may = STRS(S("restart")),
		    .on = { .services = STRS(S("checkout")) },
		    PLACE(9) } },
	    .uses = { RESTARTED("checkout", "web-1", 0) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 9,
	    .text = "'checkout freely' covers it" },
};

static const struct row refused[] = {
	{ .name = "stop-all",
	    .rules = { TIER_1 },
	    .stopped = true,
	    .kind = REASON_STOPPED,
	    .text = "everything was stopped by person:mei",
	    .forward = "wait until it is resumed, or ask person:mei" },
	{ .name = "prohibited",
	    .rules = { TIER_1, { .kind = RULE_PROHIBITION,
				   .name = S("year-end freeze"),
				   .any = true,
				   .because = S("the books are being closed"),
				   .until_wall = WALL + DAY,
				   PLACE(9) } },
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text =
		"'year-end freeze' forbids it until 2026-11-24 13:12 UTC: the books are "
		"being closed",
	    .forward = "ask ana, who owns 'year-end freeze'" },
	{ .name = "prohibited for good, by nobody",
	    .rules = { TIER_1, { .kind = RULE_PROHIBITION,
				   .name = S("never"),
				   .may = STRS(S("restart")),
				   .place = { S("authority.yaml"), 9 } } },
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'never' forbids it",
	    .forward = "have 'never' at authority.yaml:9 changed" },
	{ .name = "prohibited where the host stands",
	    .target = "stage-1",
	    .rules = { TIER_1, { .kind = RULE_PROHIBITION,
				   .name = S("hands off staging"),
				   .any = true,
				   .on = { .environments = STRS(S("staging")) },
				   PLACE(9) } },
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'hands off staging' forbids it",
	    .forward = "ask ana, who owns 'hands off staging'" },
	{ .name = "no rule at all",
	    .kind = REASON_NO_GRANT,
	    .text = "no grant lets automation do restart-unit on checkout",
	    .forward = "nobody may: write a grant for restart on checkout" },
	{ .name = "another service",
	    .service = &services[2],
	    .target = "ledger",
	    .rules = { GRANT(BY_ALL, RESTART, .on = { .services = STRS(S("checkout")) }) },
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text = "no grant lets automation do restart-unit on ledger; closest: 'restart "
		    "tier 1' at authority.yaml:3, which does not cover service ledger",
	    .forward = "ask ana, who owns 'restart tier 1', to extend it" },
	{ .name = "another system",
	    .service = &services[2],
	    .target = "ledger",
	    .rules = { GRANT(BY_ALL, RESTART, .on = { .systems = STRS(S("shop")) }) },
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text = "no grant lets automation do restart-unit on ledger; closest: 'restart "
		    "tier 1' at authority.yaml:3, which does not cover system bank",
	    .forward = "ask ana, who owns 'restart tier 1', to extend it" },
	{ .name = "another tier",
	    .service = &services[1],
	    .target = "payments",
	    .rules = { TIER_1 },
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text =
		"no grant lets automation do restart-unit on payments; closest: 'restart "
		"tier 1' at authority.yaml:3, which does not cover tier 2",
	    .forward = "ask ana, who owns 'restart tier 1', to extend it" },
	{ .name = "the host stands elsewhere",
	    .target = "stage-1",
	    .rules = { GRANT(BY_ALL, RESTART,
		.on = { .environments = STRS(S("production")) }) },
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text =
		"no grant lets automation do restart-unit on checkout; closest: 'restart "
		"tier 1' at authority.yaml:3, which does not cover environment staging",
	    .forward = "ask ana, who owns 'restart tier 1', to extend it" },
	{ .name = "another action",
	    .action = &actions[2],
	    .rules = { TIER_1 },
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text =
		"no grant lets automation do flush on checkout; closest: 'restart tier 1' "
		"at authority.yaml:3, which does not name clear or flush",
	    .forward = "ask ana, who owns 'restart tier 1', to extend it" },
	{ .name = "off duty: the one on duty is named",
	    .rules = { TIER_1 },
	    .principal = "person:piotr",
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text =
		"no grant lets piotr do restart-unit on checkout; closest: 'restart tier "
		"1' at authority.yaml:3, which is not for piotr",
	    .forward = "ask ana, who may do it now" },
	{ .name = "several people could",
	    .principal = "agent:helper",
	    .rules = { GRANT(TO(PERSON("mei"), PERSON("piotr"), ON_DUTY), RESTART,
		ON_TIER_1) },
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text = "no grant lets agent helper do restart-unit on checkout; closest: "
		    "'restart tier 1' at authority.yaml:3, which is not for agent helper",
	    .forward = "ask mei, piotr or ana, who may do it now" },
	{ .name = "nobody who could ask for it is a person",
	    .principal = "person:tom",
	    .rules = { GRANT(TO(AUTOMATION), RESTART, ON_TIER_1) },
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text =
		"no grant lets tom do restart-unit on checkout; closest: 'restart tier 1' "
		"at authority.yaml:3, which is not for tom",
	    .forward = "ask ana, who owns 'restart tier 1', to extend it" },
	{ .name = "local-admin holds nothing",
	    .rules = { TIER_1 },
	    .principal = "local-admin",
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text =
		"no grant lets local-admin do restart-unit on checkout; closest: 'restart "
		"tier 1' at authority.yaml:3, which is not for local-admin",
	    .forward = "ask ana, who may do it now" },
	{ .name = "no incident",
	    .rules = { TIER_1 },
	    .quiet = true,
	    .kind = REASON_NOT_NOW,
	    .line = 3,
	    .text = "'restart tier 1' needs an open incident on checkout",
	    .forward = "allowed once an incident is open on checkout" },
	{ .name = "ended",
	    .rules = { TIER_1_WITH(.until_wall = WALL) },
	    .kind = REASON_NOT_NOW,
	    .line = 3,
	    .text = "'restart tier 1' ended at 13:12 UTC",
	    .forward = "ask ana, who owns 'restart tier 1', to renew it" },
	{ .name = "not begun",
	    .rules = { TIER_1_WITH(.from_wall = WALL + DAY) },
	    .kind = REASON_NOT_NOW,
	    .line = 3,
	    .text = "'restart tier 1' begins at 2026-11-24 13:12 UTC",
	    .forward = "ask ana, who owns 'restart tier 1', to renew it" },
	{ .name = "ended, and no incident",
	    .rules = { TIER_1_WITH(.until_wall = WALL) },
	    .quiet = true,
	    .kind = REASON_NOT_NOW,
	    .line = 3,
	    .text = "'restart tier 1' ended at 13:12 UTC and needs an open incident on "
		    "checkout",
	    .forward = "ask ana, who owns 'restart tier 1', to renew it" },
};

static const struct row faulty[] = {
	{ .name = "unknown action",
	    .rules = { TIER_1 },
	    .action_name = "restart-all",
	    .kind = REASON_UNKNOWN,
	    .text = "unknown action 'restart-all'",
	    .forward = "ask for an action of the configuration in force" },
	{ .name = "action of another configuration",
	    .action = &(struct action){ .name = S("gone"), .verb = S("restart") },
	    .rules = { TIER_1 },
	    .kind = REASON_UNKNOWN,
	    .text = "unknown action 'gone'",
	    .forward = "ask for an action of the configuration in force" },
	{ .name = "no service",
	    .rules = { TIER_1 },
	    .no_service = true,
	    .kind = REASON_UNKNOWN,
	    .text = "it is about no service",
	    .forward = "name the service that it is for" },
	{ .name = "service of another configuration",
	    .rules = { TIER_1 },
	    .service = &(struct service){ .name = S("cart"), .tier = 1 },
	    .target = "cart",
	    .kind = REASON_UNKNOWN,
	    .text = "unknown service 'cart'",
	    .forward = "ask for a service of the configuration in force" },
	{ .name = "no target",
	    .rules = { TIER_1 },
	    .no_target = true,
	    .kind = REASON_ERROR,
	    .text = "no target: nothing means nothing, not everything",
	    .forward = "name a host, or the service" },
	{ .name = "another service's host",
	    .rules = { GRANT(BY_ALL, RESTART) },
	    .service = &services[1],
	    .target = "web-1",
	    .kind = REASON_UNKNOWN,
	    .text = "'web-1' is neither service payments nor one of its hosts",
	    .forward = "name a host of that service, or the service" },
	{ .name = "unknown person",
	    .rules = { TIER_1 },
	    .principal = "person:eve",
	    .kind = REASON_UNKNOWN,
	    .text = "nobody knows 'person:eve'",
	    .forward = "ask as a person of the configuration" },
	{ .name = "unknown kind of principal",
	    .rules = { TIER_1 },
	    .principal = "root",
	    .kind = REASON_UNKNOWN,
	    .text = "nobody knows 'root'",
	    .forward = "ask as a person of the configuration" },
	{ .name = "unknown parameter",
	    .rules = { GRANT(BY_ALL, .may = STRS(S("clear")), ON_TIER_1) },
	    .action = &actions[2],
	    .params = UNIT,
	    .kind = REASON_ERROR,
	    .text = "flush has no parameter 'unit'",
	    .forward = "leave 'unit' out" },
	{ .name = "missing parameter",
	    .rules = { TIER_1 },
	    .params = &(struct pairs){ 0 },
	    .kind = REASON_ERROR,
	    .text = "parameter 'unit' of restart-unit is missing",
	    .forward = "give a value for 'unit'" },
};

#define CHECK_ROWS(rows)                                   \
	do {                                               \
		for (size_t i = 0; i < countof(rows); i++) \
			check_row(&(rows)[i]);             \
	} while (0)

static void
decide__allows_what_a_grant_covers(void)
{
	CHECK_ROWS(allowed);
}

static void
decide__denies_beyond_a_limit(void)
{
	CHECK_ROWS(limited);
}

static void
decide__denies_and_names_what_is_nearest(void)
{
	CHECK_ROWS(refused);
}

static void
decide__denies_a_request_that_makes_no_sense(void)
{
	CHECK_ROWS(faulty);
}

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
	struct authority_decision decision;
	authority_decide(authority, &request, &facts, &arena, &decision);
	EXPECT(decision.verdict == VERDICT_DENY);
	EXPECT(decision.reasons[0].kind == REASON_ERROR);
	EXPECT(str_starts(decision.reasons[0].text, STR("parameter 'replicas': ")));

	pair.value = STR("9");
	authority_decide(authority, &request, &facts, &arena, &decision);
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
	struct authority_facts facts = { .uses = &use,
		.uses_n = 1,
		.stopped = true,
		.stopped_by = STR("person:ana") };
	struct authority_decision decision;
	authority_decide(authority, &request, &facts, &arena, &decision);

	static const enum reason_kind kinds[] = { REASON_STOPPED, REASON_ERROR,
		REASON_PROHIBITED, REASON_LIMIT, REASON_GRANT };
	EXPECT_U64(decision.reasons_n, countof(kinds));
	for (size_t i = 0; i < countof(kinds) && i < decision.reasons_n; i++)
		EXPECT_U64(decision.reasons[i].kind, kinds[i]);
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
	struct authority_decision decision;
	authority_decide(authority, &request, &facts, &arena, &decision);
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
	struct authority_facts facts = { 0 };
	static char small[4096];
	for (size_t size = 0; size <= sizeof(small); size += 64) {
		struct authority_decision decision;
		struct arena tight = arena_over(small, size);
		request.target = STR("web-1");
		authority_decide(authority, &request, &facts, &tight, &decision);
		EXPECT(decision.verdict == VERDICT_ALLOW);
		tight = arena_over(small, size);
		request.target = STR("elsewhere");
		authority_decide(authority, &request, &facts, &tight, &decision);
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
	struct authority_decision decision;
	authority_decide(authority, &request, &facts, &arena, &decision);
	EXPECT(decision.verdict == VERDICT_ALLOW);
	request.service = &services[1];
	request.target = STR("payments");
	authority_decide(authority, &request, &facts, &arena, &decision);
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
	size_t n = authority_what_can(authority, STR("person:ana"), &services[0], true,
	    WALL, AT, &facts, &arena, can, countof(can));
	EXPECT_U64(n, 1);
	EXPECT(can[0].action == &actions[0]);
	EXPECT(can[0].verdict == VERDICT_ALLOW);
	EXPECT_STR(can[0].text, STR("'restart tier 1' covers it"));

	n = authority_what_can(authority, STR("person:ana"), &services[0], true, WALL, AT,
	    &facts, &arena, can, 0);
	EXPECT_U64(n, 0);
	n = authority_what_can(authority, STR("person:piotr"), &services[0], true, WALL, AT,
	    &facts, &arena, can, countof(can));
	EXPECT_U64(n, 0);
	facts.stopped = true;
	n = authority_what_can(authority, STR("person:ana"), &services[0], true, WALL, AT,
	    &facts, &arena, can, countof(can));
	EXPECT_U64(n, 0);
}

static void
principal_covers__on_duty_changes_hands_at_the_handover(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	(void)authority_of(&arena, NULL, 0);
	struct principal duty = ON_DUTY;
	msec handover = (msec)civil_days(2026, 11, 30) * DAY + 9 * HOUR;
	EXPECT(principal_covers(&duty, STR("person:ana"), handover - 1));
	EXPECT(!principal_covers(&duty, STR("person:piotr"), handover - 1));
	EXPECT(!principal_covers(&duty, STR("person:ana"), handover));
	EXPECT(principal_covers(&duty, STR("person:piotr"), handover));
	EXPECT(!principal_covers(&duty, STR("person:mei"), handover));
	EXPECT(!principal_covers(&duty, STR("agent:ana"), handover - 1));
	EXPECT(!principal_covers(&duty, STR("ana"), handover - 1));
	EXPECT(!principal_covers(&duty, STR("person:"), handover - 1));
	EXPECT(!principal_covers(&duty, STR("automation"), handover - 1));
}

int
main(void)
{
	RUN(decide__allows_what_a_grant_covers);
	RUN(decide__denies_beyond_a_limit);
	RUN(decide__denies_and_names_what_is_nearest);
	RUN(decide__denies_a_request_that_makes_no_sense);
	RUN(decide__denies_a_value_that_the_parameter_refuses);
	RUN(decide__tells_all_that_stands_against_it);
	RUN(decide__counts_reasons_that_found_no_room);
	RUN(decide__keeps_its_verdict_in_a_full_arena);
	RUN(index__stays_small_for_long_lists);
	RUN(window__is_the_longest_of_all_limits);
	RUN(what_can__lists_what_is_allowed_now);
	RUN(principal_covers__on_duty_changes_hands_at_the_handover);
	TEST_MAIN_END();
}
