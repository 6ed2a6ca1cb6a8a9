/* Each reason of a decision, in tables: rules, a request, and what is said about it. */
#include "support/authority_shop.h"
#include "support/test.h"

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
	bool only_at_once;
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
		.uses = uses_of(row->uses, uses_n),
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
	EXPECT(decision.only_at_once == row->only_at_once);
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
	    .only_at_once = true,
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .text = "1 of 1 restarts at once is under way",
	    .forward = "wait until what is under way has ended" },
	{ .name = "at once, and another limit",
	    .rules = { TIER_1_WITH(.at_once = 1, .per_service = { 1, HOUR }) },
	    .uses = { RESTARTING("checkout", "web-2", MINUTE) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + 59 * MINUTE,
	    .text = "1 of 1 restarts of checkout in 1h is used; free at 14:11 UTC",
	    .forward = "wait until what is under way has ended" },
	{ .name = "held on a service that is gone counts",
	    .rules = { TIER_1_WITH(.at_once = 1) },
	    .uses = { RESTARTING("cart", "cart", MINUTE) },
	    .only_at_once = true,
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

int
main(void)
{
	RUN(decide__allows_what_a_grant_covers);
	RUN(decide__denies_beyond_a_limit);
	RUN(decide__denies_and_names_what_is_nearest);
	RUN(decide__denies_a_request_that_makes_no_sense);
	TEST_MAIN_END();
}
