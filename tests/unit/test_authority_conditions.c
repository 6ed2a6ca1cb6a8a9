/*
 * Each condition of a decision by itself: two cases that differ in nothing else, one on each
 * side of it. What is compared with values, when approvals are asked for, who stands in, and
 * where a rule holds; test_authority_uses.c has what is counted.
 */
#include "authority/internal.h"
#include "support/authority_rows.h"

/* An action of two numbers that can be observed, in the place of one that is not needed. */
static str sizes[] = { S("1"), S("2"), S("4") };
static struct param tuned[] = {
	{ .name = S("a"),
	    .kind = PARAM_INTEGER,
	    .min = -1000,
	    .max = 1000,
	    .optional = true,
	    .dash = true },
	{ .name = S("b"),
	    .kind = PARAM_INTEGER,
	    .min = -1000,
	    .max = 1000,
	    .optional = true,
	    .dash = true },
	{ .name = S("size"),
	    .kind = PARAM_ONE_OF,
	    .values = { sizes, 3 },
	    .optional = true },
};
static struct observe tuned_observes[] = { { .param = S("b") }, { .param = S("a") } };
static const struct action tune_action = { .name = S("tune"),
	.verb = S("tune"),
	.params = { tuned, 3 },
	.observe = tuned_observes,
	.observe_n = 2 };

#define PAIRS(...)                                                               \
	{                                                                        \
		(struct pair[]){ __VA_ARGS__ },                                  \
		    sizeof((struct pair[]){ __VA_ARGS__ }) / sizeof(struct pair) \
	}
#define GIVEN(...) &(struct pairs)PAIRS(__VA_ARGS__)
#define WITH(...)                                      \
	.with = (struct param_bound[]){ __VA_ARGS__ }, \
	.with_n =                                      \
	    sizeof((struct param_bound[]){ __VA_ARGS__ }) / sizeof(struct param_bound)
#define WHEN(...)                               \
	.when = (struct when[]){ __VA_ARGS__ }, \
	.when_n = sizeof((struct when[]){ __VA_ARGS__ }) / sizeof(struct when)
#define TUNE .action = &actions[2]
#define MAY_TUNE .may = STRS(S("tune"))
#define TUNE_WITH(...) GRANT(BY_ALL, MAY_TUNE, ON_TIER_1, WITH(__VA_ARGS__))
#define BY_TEAM .by = (struct principal[]){ TEAM }, .by_n = 1
#define ALLOWED \
	.verdict = VERDICT_ALLOW, .kind = REASON_GRANT, .text = "'restart tier 1' covers it"
#define OUTSIDE .kind = REASON_BOUND, .line = 3
#define OUT(what) "'restart tier 1' would cover it, but " what

/* ---- values ---- */

static const struct row values[] = {
	{ .name = "a value that is empty is no number",
	    TUNE,
	    .params = GIVEN({ S("a"), { 0 } }),
	    .rules = { TUNE_WITH({ .param = S("a"), .has_min = true, .min = 1 }) },
	    .kind = REASON_ERROR,
	    .text = "parameter 'a': it is empty",
	    .second = OUT("a  is no whole number") },
	{ .name = "a bound on what the action does not take",
	    .rules = { GRANT(BY_ALL, RESTART, ON_TIER_1,
		WITH({ .param = S("replicas"), .has_min = true, .min = 1 })) },
	    OUTSIDE,
	    .text = OUT("restart-unit is asked for without replicas"),
	    .forward = "give a value for replicas" },
	{ .name = "given although the action does not take it",
	    .params = GIVEN({ S("replicas"), S("0") }, { S("unit"), S("nginx.service") }),
	    .rules = { GRANT(BY_ALL, RESTART, ON_TIER_1,
		WITH({ .param = S("replicas"), .has_min = true, .min = 1 })) },
	    .kind = REASON_ERROR,
	    .text = "restart-unit has no parameter 'replicas'",
	    .second = OUT("replicas 0 is less than 1; at least 1") },
	{ .name = "least over most, the value between",
	    TUNE,
	    .params = GIVEN({ S("a"), S("4") }),
	    .rules = { TUNE_WITH({ .param = S("a"),
		.has_min = true,
		.min = 5,
		.has_max = true,
		.max = 3 }) },
	    OUTSIDE,
	    .text = OUT("a 4 is less than 5; no value is within all bounds"),
	    .forward = "no value is within all bounds" },
	{ .name = "more than the action takes",
	    TUNE,
	    .params = GIVEN({ S("a"), S("3") }),
	    .rules = { TUNE_WITH({ .param = S("a"), .has_min = true, .min = 2000 }) },
	    OUTSIDE,
	    .text = OUT("a 3 is less than 2000; no value is within all bounds") },
	{ .name = "as much as the action takes",
	    TUNE,
	    .params = GIVEN({ S("a"), S("3") }),
	    .rules = { TUNE_WITH({ .param = S("a"), .has_min = true, .min = 1000 }) },
	    OUTSIDE,
	    .text = OUT("a 3 is less than 1000; at least 1000") },
	{ .name = "a number that is one of a list has no range of its own",
	    TUNE,
	    .params = GIVEN({ S("size"), S("1") }),
	    .rules = { TUNE_WITH({ .param = S("size"), .has_min = true, .min = 2 }) },
	    OUTSIDE,
	    .text = OUT("size 1 is less than 2; at least 2") },
	{ .name = "one of the values, over the most",
	    TUNE,
	    .params = GIVEN({ S("a"), S("50") }),
	    .rules = { TUNE_WITH({ .param = S("a"),
		.values = STRS(S("5"), S("50")),
		.has_max = true,
		.max = 10 }) },
	    OUTSIDE,
	    .text = OUT("a 50 is more than 10; at most 10") },
	{ .name = "like the pattern, over the most",
	    TUNE,
	    .params = GIVEN({ S("a"), S("50") }),
	    .rules = { TUNE_WITH(
		{ .param = S("a"), .like = S("*0"), .has_max = true, .max = 10 }) },
	    OUTSIDE,
	    .text = OUT("a 50 is more than 10; at most 10") },
};

/* Compared with live values: of a, of b, of both. */
static const struct row live[] = {
	{ .name = "each with its own",
	    TUNE,
	    .params = GIVEN({ S("a"), S("4") }, { S("b"), S("10") }),
	    .observed = PAIRS({ S("a"), S("2") }, { S("b"), S("9") }),
	    .rules = { TUNE_WITH({ .param = S("a"), .change = { DELTA_FACTOR, 2000, 0 } },
		{ .param = S("b"), .change = { DELTA_NUMBER, 0, 1 } }) },
	    ALLOWED },
	{ .name = "the second is not known",
	    TUNE,
	    .params = GIVEN({ S("a"), S("4") }, { S("b"), S("10") }),
	    .observed = PAIRS({ S("a"), S("2") }),
	    .rules = { TUNE_WITH({ .param = S("a"), .change = { DELTA_FACTOR, 2000, 0 } },
		{ .param = S("b"), .change = { DELTA_NUMBER, 0, 1 } }) },
	    .kind = REASON_UNKNOWN,
	    .text = "'restart tier 1' compares b with its live value, which is not known",
	    .forward = "its live value could not be read",
	    .needs = "b" },
	{ .name = "the first is bounded without one",
	    TUNE,
	    .params = GIVEN({ S("a"), S("4") }, { S("b"), S("10") }),
	    .rules = { TUNE_WITH({ .param = S("b"), .has_min = true, .min = 1 },
		{ .param = S("a"), .change = { DELTA_NUMBER, 0, 1 } }) },
	    .kind = REASON_UNKNOWN,
	    .text = "'restart tier 1' compares a with its live value, which is not known",
	    .needs = "a" },
	{ .name = "a factor of millions, just so",
	    .action = &actions[3],
	    .params = REPLICAS("6000000"),
	    .observed = LIVE("2"),
	    .rules = { SCALE_WITH({ .param = S("replicas"),
		.change = { DELTA_FACTOR, UINT64_C(3000000000), 0 } }) },
	    ALLOWED },
	{ .name = "a factor of millions, one more",
	    .action = &actions[3],
	    .params = REPLICAS("6000001"),
	    .observed = LIVE("2"),
	    .rules = { SCALE_WITH({ .param = S("replicas"),
		.change = { DELTA_FACTOR, UINT64_C(3000000000), 0 } }) },
	    OUTSIDE,
	    .text = OUT("replicas 6000001 is more than 3000000 times the live 2; at most "
			"6000000") },
	{ .name = "half of one at most, and half of one at least",
	    TUNE,
	    .params = GIVEN({ S("a"), S("2") }),
	    .observed = PAIRS({ S("a"), S("1") }),
	    .rules = { TUNE_WITH({ .param = S("a"), .change = { DELTA_FACTOR, 500, 0 } }) },
	    OUTSIDE,
	    .text = OUT("a 2 is more than 0.5 times the live 1; no value is within all "
			"bounds") },
	{ .name = "near the live value, or at least ten",
	    TUNE,
	    .params = GIVEN({ S("a"), S("12") }),
	    .observed = PAIRS({ S("a"), S("2") }),
	    .rules = { TUNE_WITH({ .param = S("a"),
		.has_min = true,
		.min = 10,
		.change = { DELTA_NUMBER, 0, 1 } }) },
	    OUTSIDE,
	    .text = OUT("a 12 is more than 1 above the live 2; no value is within all "
			"bounds") },
};

/* A verb that there is no word for what it does. */
static const struct row unnamed[] = {
	{ .name = "called by its verb",
	    TUNE,
	    .uses = { { .service = S("checkout"),
		.target = S("web-1"),
		.verb = S("tune"),
		.action = S("tune-up"),
		.at = AT - MINUTE } },
	    .rules = { GRANT(BY_ALL, MAY_TUNE, ON_TIER_1, .per_service = { 1, HOUR }) },
	    .kind = REASON_LIMIT,
	    .text = "1 of 1 tune actions of checkout in 1h is used; free at 14:11 UTC" },
};

/* How what is done is spoken of, where there is a word for it. */
static void
verbs__have_nouns(void)
{
	static const struct {
		const char *verb, *noun;
	} rows[] = {
		{ "restart", "restarts" },
		{ "roll-back", "roll-backs" },
		{ "configure", "configurations" },
		{ "scale", "scalings" },
		{ "shift-traffic", "traffic shifts" },
		{ "tune", "" },
		{ "roll-bac", "" },
		{ "", "" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		EXPECT_STR(verb_noun(str_of(rows[i].verb)), str_of(rows[i].noun));
}

static void
decide__holds_values_against_bounds(void)
{
	CHECK_SAID(values);
	CHECK_SAID(live);
	CHECK_SAID(unnamed);
}

/* ---- approvals ---- */

#define MANY(...)                                   \
	RULE(APPROVAL, "many", 9, RESTART, BY_TEAM, \
	    WHEN({ .param = S("targets"), __VA_ARGS__ }))
#define ON_ALL GRANT(BY_ALL, RESTART)
#define ASKED(of)                                                              \
	.verdict = VERDICT_AFTER_APPROVAL, .kind = REASON_APPROVAL, .line = 9, \
	.text = "'many' asks for 1 approval: " of

static const struct row targets[] = {
	{ .name = "a service without hosts is one",
	    .service = &services[1],
	    .target = "payments",
	    .rules = { ON_ALL, MANY(.op = WHEN_GT, .number = 1) },
	    ALLOWED },
	{ .name = "more of a plan than the service has hosts",
	    .target = "checkout",
	    .targets_n = 7,
	    .rules = { ON_ALL, MANY(.op = WHEN_GT, .number = 6) },
	    ASKED("7 targets are more than 6") },
	{ .name = "a service is as many as its hosts",
	    .target = "checkout",
	    .targets_n = 2,
	    .rules = { ON_ALL, MANY(.op = WHEN_GE, .number = 6) },
	    ASKED("6 targets are at least 6") },
	{ .name = "a host is one, whatever its group",
	    .rules = { ON_ALL, MANY(.op = WHEN_GT, .number = 1) },
	    ALLOWED },
	{ .name = "one of the numbers",
	    .targets_n = 2,
	    .rules = { ON_ALL,
		MANY(.op = WHEN_IS, .values = STRS(S("some"), S("3"), S("2"))) },
	    ASKED("2 targets are one of some, 3 or 2") },
	{ .name = "none of the numbers",
	    .targets_n = 4,
	    .rules = { ON_ALL,
		MANY(.op = WHEN_IS, .values = STRS(S("some"), S("3"), S("2"))) },
	    ALLOWED },
};

#define TIMES(of, thousandths)                                                           \
	{                                                                                \
		.param = S(of), .op = WHEN_GT, .times = { DELTA_FACTOR, thousandths, 0 } \
	}
static const struct row whens[] = {
	{ .name = "a live value that nobody says how to observe",
	    .action = &actions[1],
	    .params = REPLICAS("9"),
	    .rules = { GRANT(BY_ALL, SCALE, ON_TIER_1),
		RULE(APPROVAL, "many", 9, SCALE, BY_TEAM, WHEN(TIMES("replicas", 2000))) },
	    .kind = REASON_UNKNOWN,
	    .text = "'many' compares replicas with its live value, which is not known",
	    .forward = "its live value could not be read: scale-web does not say how to "
		       "observe it",
	    .needs = "" },
	{ .name = "a number first, then a live value",
	    .action = &actions[3],
	    .params = REPLICAS("9"),
	    .rules = { GRANT(BY_ALL, SCALE, ON_TIER_1),
		RULE(APPROVAL, "many", 9, SCALE, BY_TEAM,
		    WHEN({ .param = S("replicas"), .op = WHEN_GT, .number = 1 },
			TIMES("replicas", 2000))) },
	    .kind = REASON_UNKNOWN,
	    .text = "'many' compares replicas with its live value, which is not known",
	    .forward = "its live value could not be read",
	    .needs = "replicas" },
	{ .name = "of two live values one is known",
	    TUNE,
	    .params = GIVEN({ S("a"), S("9") }, { S("b"), S("9") }),
	    .observed = PAIRS({ S("a"), S("2") }),
	    .rules = { GRANT(BY_ALL, MAY_TUNE, ON_TIER_1),
		RULE(APPROVAL, "many", 9, MAY_TUNE, BY_TEAM,
		    WHEN(TIMES("a", 2000), TIMES("b", 2000))) },
	    .kind = REASON_UNKNOWN,
	    .text = "'many' compares b with its live value, which is not known",
	    .needs = "b" },
	{ .name = "what is lifted need not be known beside what must be",
	    .principal = "person:ana",
	    .glass = "person:ana",
	    TUNE,
	    .params = GIVEN({ S("a"), S("9") }, { S("b"), S("9") }),
	    .rules = { GRANT(BY_ALL, MAY_TUNE, ON_TIER_1),
		RULE(APPROVAL, "lifted", 8, MAY_TUNE, BY_TEAM, WHEN(TIMES("a", 2000)),
		    .liftable = true),
		RULE(LIMIT, "lifted too", 9, MAY_TUNE, .keep_healthy = { .percent = 60 },
		    .liftable = true),
		RULE(APPROVAL, "many", 10, MAY_TUNE, BY_TEAM, WHEN(TIMES("b", 2000))) },
	    .kind = REASON_UNKNOWN,
	    .line = 10,
	    .text = "'many' compares b with its live value, which is not known",
	    .needs = "b" },
};

static const struct row needs[] = {
	{ .name = "as many as there are numbers, and nobody knows who brought it in",
	    .rules = { ON_ALL, RULE(APPROVAL, "all", 9, RESTART, BY_TEAM,
				   .need = UINT32_MAX, .not_reloader = true) },
	    .verdict = VERDICT_AFTER_APPROVAL,
	    .kind = REASON_APPROVAL,
	    .text = "'all' asks for 4294967295 approvals",
	    .forward = "too few who may approve are there now: ask ana, who owns 'all'" },
};

static void
decide__asks_for_approvals_where_conditions_hold(void)
{
	CHECK_SAID(targets);
	CHECK_SAID(whens);
	CHECK_SAID(needs);
}

/* ---- who stands in ---- */

#define OVER(...)                                       \
	.principal = "person:tom", .rules = { TIER_1 }, \
	.over = { (struct stand_in[]){ __VA_ARGS__ },   \
		sizeof((struct stand_in[]){ __VA_ARGS__ }) / sizeof(struct stand_in) }
#define FOR_OPS .team = S("platform-ops"), .person = S("tom")
#define NOW .from_wall = WALL, .until_wall = WALL + 1
#define NOT_TOM                                                                         \
	.kind = REASON_NO_GRANT,                                                        \
	.text =                                                                         \
	    "no grant lets tom do restart-unit on checkout; closest: 'restart tier 1' " \
	    "at authority.yaml:3, which is not for tom"

static const struct row stand_ins[] = {
	{ .name = "for the team, now", OVER({ FOR_OPS, NOW }), ALLOWED },
	{ .name = "nobody", OVER({ .from_wall = 0 }), NOT_TOM },
	{ .name = "not yet",
	    OVER({ FOR_OPS, .from_wall = WALL + 1, .until_wall = WALL + 9 }),
	    NOT_TOM },
	{ .name = "no longer",
	    OVER({ FOR_OPS, .from_wall = WALL - 9, .until_wall = WALL }),
	    NOT_TOM },
	{ .name = "somebody else",
	    OVER({ .team = S("platform-ops"), .person = S("piotr"), NOW }),
	    NOT_TOM },
	{ .name = "for another team",
	    OVER({ .team = S("x"), .person = S("tom"), NOW }),
	    NOT_TOM },
	{ .name = "for another team, then for this",
	    OVER({ .team = S("x"), .person = S("tom"), NOW }, { FOR_OPS, NOW }),
	    ALLOWED },
	{ .name = "for one whose turn it is not",
	    OVER({ FOR_OPS, .instead = S("piotr"), NOW }),
	    NOT_TOM },
};

static const struct row members[] = {
	{ .name = "a member of the team stands in",
	    .principal = "person:mei",
	    .rules = { TIER_1 },
	    .over = { (struct stand_in[]){
			  { .team = S("platform-ops"), .person = S("mei"), NOW } },
		1 },
	    ALLOWED },
	{ .name = "then whose turn it was is not on duty",
	    .principal = "person:ana",
	    .rules = { TIER_1 },
	    .over = { (struct stand_in[]){
			  { .team = S("platform-ops"), .person = S("mei"), NOW } },
		1 },
	    .kind = REASON_NO_GRANT,
	    .text =
		"no grant lets ana do restart-unit on checkout; closest: 'restart tier 1' "
		"at authority.yaml:3, which is not for ana",
	    .forward = "ask mei, who may do it now" },
};

static void
decide__lets_stand_in_who_does_so_now(void)
{
	CHECK_SAID(stand_ins);
	CHECK_SAID(members);
}

static void
principal_covers__tells_kinds_of_askers_apart(void)
{
	static const struct principal team = TEAM, agent = AGENT("x"), ana = PERSON("ana"),
				      duty = ON_DUTY;
	static const struct {
		const char *name;
		const struct principal *principal;
		const char *asking;
		bool covers;
	} rows[] = {
		{ "a member of the team", &team, "person:piotr", true },
		{ "a person who is none", &team, "person:tom", false },
		{ "an agent called like a member", &team, "agent:piotr", false },
		{ "the agent", &agent, "agent:x", true },
		{ "another agent", &agent, "agent:y", false },
		{ "a person called like the agent", &agent, "person:x", false },
		{ "the person", &ana, "person:ana", true },
		{ "another person", &ana, "person:mei", false },
		{ "an agent called like the person", &ana, "agent:ana", false },
		{ "who is on duty", &duty, "person:ana", true },
		{ "an agent called like who is on duty", &duty, "agent:ana", false },
	};
	struct arena arena = arena_over(memory, sizeof(memory));
	(void)authority_of(&arena, NULL, 0);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		EXPECT(principal_covers(rows[i].principal, str_of(rows[i].asking), NULL,
			   WALL) == rows[i].covers);
	}
}

/* ---- until when, and where ---- */

#define SECONDS_ON WALL / SECOND *SECOND
static struct calendar_span hour = { WALL - DAY, SECONDS_ON + HOUR };
static struct calendar an_hour = { .name = S("an hour"), .spans = &hour, .spans_n = 1 };
static struct calendar_span years = { WALL - DAY, SECONDS_ON + 900 * DAY };
static struct calendar for_years = { .name = S("years"), .spans = &years, .spans_n = 1 };

#define FORBIDS(...) RULE(PROHIBITION, "freeze", 9, .any = true, __VA_ARGS__)
static const struct row ends[] = {
	{ .name = "never",
	    .rules = { TIER_1, FORBIDS() },
	    .kind = REASON_PROHIBITED,
	    .text = "'freeze' forbids it" },
	{ .name = "when the calendar changes",
	    .rules = { TIER_1, FORBIDS(.during = &an_hour) },
	    .kind = REASON_PROHIBITED,
	    .text = "'freeze' forbids it until 14:12 UTC" },
	{ .name = "when the rule ends, before the calendar changes",
	    .rules = { TIER_1,
		FORBIDS(.during = &an_hour, .until_wall = SECONDS_ON + MINUTE) },
	    .kind = REASON_PROHIBITED,
	    .text = "'freeze' forbids it until 13:13 UTC" },
	{ .name = "when the calendar changes, before the rule ends",
	    .rules = { TIER_1,
		FORBIDS(.during = &an_hour, .until_wall = SECONDS_ON + 2 * HOUR) },
	    .kind = REASON_PROHIBITED,
	    .text = "'freeze' forbids it until 14:12 UTC" },
	{ .name = "when the rule ends, where the calendar does not change",
	    .rules = { TIER_1,
		FORBIDS(.during = &for_years, .until_wall = SECONDS_ON + 2 * HOUR) },
	    .kind = REASON_PROHIBITED,
	    .text = "'freeze' forbids it until 15:12 UTC" },
};

#define LACKS(what)                                                                     \
	.kind = REASON_NO_GRANT, .text = "no grant lets automation do restart-unit on " \
					 "checkout; closest: 'restart tier 1' at "      \
					 "authority.yaml:3, which does not cover " what
#define ELSEWHERE .environments = STRS(S("staging"))
static const struct row scopes[] = {
	{ .name = "its service, elsewhere",
	    .rules = { GRANT(BY_ALL, RESTART,
		.on = { .services = STRS(S("checkout")), ELSEWHERE }) },
	    LACKS("environment production") },
	{ .name = "its system, elsewhere",
	    .rules = { GRANT(BY_ALL, RESTART,
		.on = { .systems = STRS(S("shop")), ELSEWHERE }) },
	    LACKS("environment production") },
	{ .name = "its tier, elsewhere",
	    .rules = { GRANT(BY_ALL, RESTART, .on = { .tiers = 1u << 1, ELSEWHERE }) },
	    LACKS("environment production") },
	{ .name = "another tier",
	    .rules = { GRANT(BY_ALL, RESTART, .on = { .tiers = 1u << 2 }) },
	    LACKS("tier 1") },
	{ .name = "another system",
	    .rules = { GRANT(BY_ALL, RESTART, .on = { .systems = STRS(S("bank")) }) },
	    LACKS("system shop") },
	{ .name = "another service",
	    .rules = { GRANT(BY_ALL, RESTART, .on = { .services = STRS(S("ledger")) }) },
	    LACKS("service checkout") },
};

/* A host of staging in a service of production; the service with hosts in both. */
#define IN(...) .on = { .environments = STRS(__VA_ARGS__) }
#define FORBIDDEN .kind = REASON_PROHIBITED, .text = "'freeze' forbids it"
static const struct row environments[] = {
	{ .name = "a grant for the host's alone",
	    .target = "stage-1",
	    .rules = { GRANT(BY_ALL, RESTART, IN(S("staging"))) },
	    LACKS("environment production") },
	{ .name = "a grant for the service's alone",
	    .target = "stage-1",
	    .rules = { GRANT(BY_ALL, RESTART, IN(S("production"))) },
	    LACKS("environment staging") },
	{ .name = "a grant for both, of a host",
	    .target = "stage-1",
	    .rules = { GRANT(BY_ALL, RESTART, IN(S("production"), S("staging"))) },
	    ALLOWED },
	{ .name = "a grant for the service's alone, which is elsewhere too",
	    .target = "checkout",
	    .rules = { GRANT(BY_ALL, RESTART, IN(S("production"))) },
	    LACKS("environment staging") },
	{ .name = "a grant for elsewhere alone",
	    .target = "checkout",
	    .rules = { GRANT(BY_ALL, RESTART, IN(S("staging"))) },
	    LACKS("environment production") },
	{ .name = "a grant for both, of the service",
	    .target = "checkout",
	    .rules = { GRANT(BY_ALL, RESTART, IN(S("production"), S("staging"))) },
	    ALLOWED },
	{ .name = "forbidden where the service is, on a host elsewhere",
	    .target = "stage-1",
	    .rules = { ON_ALL, FORBIDS(IN(S("production"))) },
	    FORBIDDEN },
	{ .name = "forbidden where the host is",
	    .target = "stage-1",
	    .rules = { ON_ALL, FORBIDS(IN(S("staging"))) },
	    FORBIDDEN },
	{ .name = "forbidden where neither is",
	    .target = "stage-1",
	    .rules = { ON_ALL, FORBIDS(IN(S("test"))) },
	    ALLOWED },
	{ .name = "forbidden where the service is",
	    .target = "checkout",
	    .rules = { ON_ALL, FORBIDS(IN(S("production"))) },
	    FORBIDDEN },
	{ .name = "forbidden where one of its hosts is",
	    .target = "checkout",
	    .rules = { ON_ALL, FORBIDS(IN(S("staging"))) },
	    FORBIDDEN },
	{ .name = "forbidden where none of its hosts is",
	    .target = "checkout",
	    .rules = { ON_ALL, FORBIDS(IN(S("test"))) },
	    ALLOWED },
};

static void
decide__says_until_when_and_where(void)
{
	CHECK_SAID(ends);
	CHECK_SAID(scopes);
	CHECK_SAID(environments);
	/* Hosts of two roles in one place elsewhere are in that one place. */
	hosts[5].environment = STR("staging");
	CHECK_SAID(environments);
	hosts[5].environment = STR("production");
}

/* ---- which grants, and in what order ---- */

#define ON_CHECKOUT .on = { .services = STRS(S("checkout")) }
#define ALWAYS_AT(n, ...)                                                              \
	{                                                                              \
		.kind = RULE_GRANT, .name = S("restart tier 1"), PLACE(n), __VA_ARGS__ \
	}
#define GRANT_AT(n, ...) ALWAYS_AT(n, .while_incident = true, __VA_ARGS__)
#define TO_TOM TO(PERSON("tom"))
#define NOT_FOR_MACHINES(at)                                                               \
	.kind = REASON_NO_GRANT, .line = (at),                                             \
	.text = "no grant lets automation do restart-unit on checkout; closest: 'restart " \
		"tier 1' at authority.yaml:" #at ", which is not for automation"

static const struct row words[] = {
	{ .name = "two words, of which one is the action; none is its verb",
	    .rules = { GRANT(BY_ALL, .may = STRS(S("restart-unit"), S("tune")),
		ON_TIER_1) },
	    ALLOWED,
	    .second = "" },
	{ .name = "its verb and its name",
	    .rules = { GRANT(BY_ALL, .may = STRS(S("restart"), S("restart-unit")),
		ON_TIER_1) },
	    ALLOWED,
	    .second = "" },
	{ .name = "its name, where another rule says its verb",
	    .rules = { GRANT(TO_TOM, RESTART, ON_TIER_1),
		GRANT(BY_ALL, .may = STRS(S("restart-unit"), S("tune")), ON_TIER_1) },
	    ALLOWED,
	    .second = "" },
	{ .name = "its name alone, where another rule says its verb",
	    .rules = { GRANT(TO_TOM, RESTART, ON_TIER_1),
		GRANT(BY_ALL, .may = STRS(S("restart-unit")), ON_TIER_1) },
	    ALLOWED,
	    .second = "" },
	{ .name = "the same service twice",
	    .rules = { GRANT(BY_ALL, RESTART,
			   .on = { .services = STRS(S("checkout"), S("checkout")) }),
		GRANT_AT(4, BY_ALL, RESTART,
		    .on = { .services = STRS(S("checkout"), S("checkout")) }) },
	    ALLOWED,
	    .second = "'restart tier 1' covers it" },
	/* The same, to nobody who asks: the nearest. */
	{ .name = "nearest, two words without its verb",
	    .rules = { GRANT(TO_TOM, .may = STRS(S("restart-unit"), S("tune")),
		ON_TIER_1) },
	    NOT_FOR_MACHINES(3) },
	{ .name = "nearest, its verb and its name",
	    .rules = { GRANT(TO_TOM, .may = STRS(S("restart"), S("restart-unit")),
		ON_TIER_1) },
	    NOT_FOR_MACHINES(3) },
	{ .name = "nearest, its name, where another rule says its verb",
	    .rules = { RULE(LIMIT, "ten", 9, RESTART, .at_once = 10),
		GRANT(TO_TOM, .may = STRS(S("restart-unit"), S("tune")), ON_TIER_1) },
	    NOT_FOR_MACHINES(3) },
	{ .name = "nearest, its name alone, where another rule says its verb",
	    .rules = { RULE(LIMIT, "ten", 9, RESTART, .at_once = 10),
		GRANT(TO_TOM, .may = STRS(S("restart-unit")), ON_TIER_1) },
	    NOT_FOR_MACHINES(3) },
	{ .name = "nearest, its name, on another service",
	    .rules = { GRANT(BY_ALL, .may = STRS(S("restart-unit")),
		.on = { .services = STRS(S("payments")) }) },
	    LACKS("service checkout") },
	{ .name = "nearest, its verb, on another service",
	    .rules = { GRANT(BY_ALL, RESTART, .on = { .services = STRS(S("payments")) }) },
	    LACKS("service checkout") },
};

#define QUIET .quiet = true
#define LATER .from_wall = WALL + HOUR
#define NOT_NOW(at)                           \
	.kind = REASON_NOT_NOW, .line = (at), \
	.text = "'restart tier 1' needs an open incident on checkout"
/* Shelves of a service are met before those of its tier. */
static const struct row order[] = {
	{ .name = "what is met last is written first",
	    .rules = { GRANT_AT(5, BY_ALL, RESTART, ON_CHECKOUT),
		GRANT_AT(6, BY_ALL, RESTART, ON_CHECKOUT),
		GRANT_AT(3, BY_ALL, RESTART, ON_TIER_1) },
	    ALLOWED,
	    .line = 3,
	    .second = "and 2 more" },
	{ .name = "what is met last is written last",
	    .rules = { GRANT_AT(5, BY_ALL, RESTART, ON_CHECKOUT),
		GRANT_AT(6, BY_ALL, RESTART, ON_CHECKOUT),
		GRANT_AT(7, BY_ALL, RESTART, ON_TIER_1) },
	    ALLOWED,
	    .line = 5,
	    .second = "and 2 more" },
	{ .name = "forbidden behind two grants",
	    .rules = { GRANT_AT(5, BY_ALL, RESTART, ON_CHECKOUT),
		GRANT_AT(6, BY_ALL, RESTART, ON_CHECKOUT), FORBIDS(ON_TIER_1) },
	    FORBIDDEN,
	    .second = "'restart tier 1' covers it" },
	{ .name = "of two in one line, by their names",
	    .rules = { TIER_1, RULE(PROHIBITION, "b", 9, .any = true),
		RULE(PROHIBITION, "a", 9, .any = true) },
	    .kind = REASON_PROHIBITED,
	    .text = "'a' forbids it",
	    .second = "'b' forbids it" },
	{ .name = "of two in one line, the shorter name",
	    .rules = { TIER_1, RULE(PROHIBITION, "aa", 9, .any = true),
		RULE(PROHIBITION, "a", 9, .any = true) },
	    .kind = REASON_PROHIBITED,
	    .text = "'a' forbids it",
	    .second = "'aa' forbids it" },
	{ .name = "of two that are next to each other, by their lines",
	    .rules = { TIER_1, RULE(PROHIBITION, "a", 10, .any = true),
		RULE(PROHIBITION, "b", 9, .any = true) },
	    .kind = REASON_PROHIBITED,
	    .text = "'b' forbids it",
	    .second = "'a' forbids it" },
	{ .name = "nearest of two alike: what is written first, met last",
	    QUIET,
	    .rules = { GRANT_AT(5, BY_ALL, RESTART, ON_CHECKOUT),
		GRANT_AT(3, BY_ALL, RESTART, ON_TIER_1) },
	    NOT_NOW(3) },
	{ .name = "nearest of two alike: what is written first, met first",
	    QUIET,
	    .rules = { GRANT_AT(5, BY_ALL, RESTART, ON_CHECKOUT),
		GRANT_AT(7, BY_ALL, RESTART, ON_TIER_1) },
	    NOT_NOW(5) },
	{ .name = "nearest: what lacks less, met last",
	    QUIET,
	    .rules = { GRANT_AT(5, BY_ALL, RESTART, ON_CHECKOUT, LATER),
		GRANT_AT(7, BY_ALL, RESTART, ON_TIER_1) },
	    NOT_NOW(7) },
	{ .name = "nearest: what lacks less, met first",
	    QUIET,
	    .rules = { GRANT_AT(5, BY_ALL, RESTART, ON_CHECKOUT),
		GRANT_AT(3, BY_ALL, RESTART, ON_TIER_1, LATER) },
	    NOT_NOW(5) },
};

#define GRANT_TO(id, at, ...) GRANT_AT(at, TO(PERSON(id)), RESTART, __VA_ARGS__)
static const struct row people_asked[] = {
	{ .name = "by the first four grants",
	    .rules = { GRANT_TO("ana", 3, ON_TIER_1), GRANT_TO("ana", 4, ON_TIER_1),
		GRANT_TO("ana", 5, ON_TIER_1), GRANT_TO("ana", 6, ON_TIER_1),
		GRANT_TO("mei", 7, ON_TIER_1) },
	    NOT_FOR_MACHINES(3),
	    .forward = "ask ana, who may do it now" },
	{ .name = "three of them",
	    .rules = { GRANT_AT(3,
			   TO(PERSON("ana"), PERSON("piotr"), PERSON("mei"), PERSON("tom")),
			   RESTART, ON_TIER_1),
		GRANT_TO("tom", 4, ON_TIER_1) },
	    NOT_FOR_MACHINES(3),
	    .forward = "ask ana, piotr or mei, who may do it now" },
	{ .name = "who is in the configuration",
	    .rules = { GRANT_TO("nobody", 3, ON_TIER_1), GRANT_TO("mei", 4, ON_TIER_1) },
	    NOT_FOR_MACHINES(3),
	    .forward = "ask mei, who may do it now" },
	{ .name = "in the order of the file",
	    .rules = { GRANT_TO("mei", 5, ON_CHECKOUT), GRANT_TO("piotr", 3, ON_TIER_1) },
	    NOT_FOR_MACHINES(3),
	    .forward = "ask piotr or mei, who may do it now" },
	{ .name = "not where there would have to be an incident",
	    QUIET,
	    .rules = { GRANT_TO("mei", 3, ON_TIER_1),
		ALWAYS_AT(4, TO(PERSON("piotr")), RESTART, ON_TIER_1) },
	    NOT_FOR_MACHINES(4),
	    .forward = "ask piotr, who may do it now" },
	{ .name = "not where values are against it",
	    .rules = { GRANT_TO("mei", 3, ON_TIER_1,
			   WITH({ .param = S("unit"), .like = S("x*") })),
		GRANT_TO("piotr", 4, ON_TIER_1,
		    WITH({ .param = S("unit"), .like = S("nginx*") })) },
	    NOT_FOR_MACHINES(3),
	    .forward = "ask piotr, who may do it now" },
};

static const struct row nobody[] = {
	{ .name = "nobody has the turn",
	    .rules = { GRANT(TO(ON_DUTY), RESTART, ON_TIER_1) },
	    NOT_FOR_MACHINES(3),
	    .forward = "ask ana, who owns 'restart tier 1', to extend it" },
};

static void
decide__meets_each_rule_once_and_tells_the_first(void)
{
	CHECK_SAID(words);
	CHECK_SAID(order);
	CHECK_SAID(people_asked);
	rotations[0].layers_n = 0;
	CHECK_SAID(nobody);
	rotations[0].layers_n = 1;
}

/* ---- the glass, and chains ---- */

static const struct row lifted[] = {
	{ .name = "a rule whose two limits are used up, once",
	    .principal = "person:ana",
	    .glass = "person:ana",
	    .uses = { RESTARTED("checkout", "web-1", MINUTE) },
	    .rules = { TIER_1, RULE(LIMIT, "one", 9, RESTART, .per_service = { 1, HOUR },
				   .per_target = { 1, HOUR }, .liftable = true) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_LIFTED,
	    .text = "'one' is lifted: ana broke the glass",
	    .second = "'restart tier 1' covers it" },
	{ .name = "two rules, each",
	    .principal = "person:ana",
	    .glass = "person:ana",
	    .uses = { RESTARTED("checkout", "web-1", MINUTE) },
	    .rules = { TIER_1,
		RULE(LIMIT, "one", 9, RESTART, .per_service = { 1, HOUR },
		    .liftable = true),
		RULE(LIMIT, "other", 10, RESTART, .per_target = { 1, HOUR },
		    .liftable = true) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_LIFTED,
	    .text = "'one' is lifted: ana broke the glass",
	    .second = "'other' is lifted: ana broke the glass" },
	{ .name = "not for two who ask",
	    .principal = "person:ana",
	    .behalf = STRS(S("automation")),
	    .glass = "person:ana",
	    .rules = { TIER_1, FORBIDS(.liftable = true) },
	    FORBIDDEN },
};

/* Ana has three names (her own, her team's, who is on duty), piotr and mei two, tom one. */
#define ALL_OF_THEM \
	.behalf = STRS(S("person:ana"), S("person:piotr"), S("person:mei"), S("person:tom"))
static const struct row chains[] = {
	{ .name = "of nine names, all allowed",
	    ALL_OF_THEM,
	    .rules = { GRANT(TO(AUTOMATION, TEAM, PERSON("tom")), RESTART, ON_TIER_1) },
	    ALLOWED },
	{ .name = "of nine names, one not allowed",
	    ALL_OF_THEM,
	    .rules = { GRANT(TO(AUTOMATION, TEAM), RESTART, ON_TIER_1) },
	    NOT_TOM },
	{ .name = "of nine names, one forbidden",
	    ALL_OF_THEM,
	    .rules = { GRANT(TO(AUTOMATION, TEAM, PERSON("tom")), RESTART, ON_TIER_1),
		FORBIDS(TO(PERSON("mei"))) },
	    FORBIDDEN },
	{ .name = "of nine names, none of an agent",
	    ALL_OF_THEM,
	    .rules = { GRANT(TO(AUTOMATION, TEAM, PERSON("tom")), RESTART, ON_TIER_1),
		FORBIDS(TO(AGENT("mei"))) },
	    ALLOWED },
};

static void
decide__judges_each_of_the_chain(void)
{
	CHECK_SAID(lifted);
	CHECK_SAID(chains);
}

int
main(void)
{
	actions[2] = tune_action;
	an_hour.zone = for_years.zone = zone_utc();
	RUN(verbs__have_nouns);
	RUN(decide__holds_values_against_bounds);
	RUN(decide__asks_for_approvals_where_conditions_hold);
	RUN(decide__lets_stand_in_who_does_so_now);
	RUN(principal_covers__tells_kinds_of_askers_apart);
	RUN(decide__says_until_when_and_where);
	RUN(decide__meets_each_rule_once_and_tells_the_first);
	RUN(decide__judges_each_of_the_chain);
	TEST_MAIN_END();
}
