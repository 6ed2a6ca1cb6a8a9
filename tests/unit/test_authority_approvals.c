/* Approvals: when they are asked for, whose yes counts, and who is named. */
#include "support/authority_rows.h"

#define SCALE_OUT .action = &actions[3]
#define FREELY GRANT(BY_ALL, .may = STRS(S("restart"), S("scale")), ON_TIER_1)
#define ASKS(...) RULE(APPROVAL, "two pairs of eyes", 9, .any = true, __VA_ARGS__)
#define BY(...)                                    \
	.by = (struct principal[]){ __VA_ARGS__ }, \
	.by_n = sizeof((struct principal[]){ __VA_ARGS__ }) / sizeof(struct principal)
#define WHEN(...) .when = (struct when[]){ { __VA_ARGS__ } }, .when_n = 1
#define OVER_TWICE \
	WHEN(.param = S("replicas"), .op = WHEN_GT, .times = { DELTA_FACTOR, 2000, 0 })
#define YES(who)                    \
	{                           \
		.principal = S(who) \
	}
#define AFTER(names, n)                                                        \
	.verdict = VERDICT_AFTER_APPROVAL, .kind = REASON_APPROVAL, .line = 9, \
	.approvers = names, .yes_missing = n, .expires_ms = 15 * MINUTE
#define FREE                                                       \
	.verdict = VERDICT_ALLOW, .kind = REASON_GRANT, .line = 3, \
	.text = "'restart tier 1' covers it"

static const struct row asked[] = {
	{ .name = "always",
	    .rules = { FREELY, ASKS(BY(PERSON("mei"))) },
	    AFTER("mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval",
	    .forward = "mei may approve" },
	{ .name = "more than the double of the live value",
	    SCALE_OUT,
	    .params = REPLICAS("40"),
	    .observed = LIVE("12"),
	    .rules = { FREELY, ASKS(BY(PERSON("mei")), OVER_TWICE) },
	    AFTER("mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval: replicas 40 is more than "
		    "twice the live 12",
	    .forward = "mei may approve" },
	{ .name = "exactly the double",
	    SCALE_OUT,
	    .params = REPLICAS("24"),
	    .observed = LIVE("12"),
	    .rules = { FREELY, ASKS(BY(PERSON("mei")), OVER_TWICE) },
	    FREE },
	{ .name = "not known",
	    SCALE_OUT,
	    .params = REPLICAS("24"),
	    .rules = { FREELY, ASKS(BY(PERSON("mei")), OVER_TWICE) },
	    .kind = REASON_UNKNOWN,
	    .line = 9,
	    .text = "'two pairs of eyes' compares replicas with its live value, which is "
		    "not known",
	    .forward = "its live value could not be read",
	    .needs = "replicas" },
	{ .name = "not known, but it cannot hold anyhow",
	    SCALE_OUT,
	    .params = REPLICAS("24"),
	    .rules = { FREELY, ASKS(BY(PERSON("mei")),
				   .when = (struct when[]){ { .param = S("targets"),
								.op = WHEN_GT,
								.number = 3 },
				       { .param = S("replicas"),
					   .op = WHEN_GT,
					   .times = { DELTA_FACTOR, 2000, 0 } } },
				   .when_n = 2) },
	    .targets_n = 3,
	    FREE },
	{ .name = "less than a part",
	    SCALE_OUT,
	    .params = REPLICAS("5"),
	    .observed = LIVE("12"),
	    .rules = { FREELY,
		ASKS(BY(PERSON("mei")), WHEN(.param = S("replicas"), .op = WHEN_LT,
					    .times = { DELTA_PERCENT, 500, 0 })) },
	    AFTER("mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval: replicas 5 is less than 50% "
		    "of the live 12",
	    .forward = "mei may approve" },
	{ .name = "a number",
	    SCALE_OUT,
	    .params = REPLICAS("10"),
	    .rules = { FREELY, ASKS(BY(PERSON("mei")), WHEN(.param = S("replicas"),
							   .op = WHEN_GE, .number = 10)) },
	    AFTER("mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval: replicas 10 is at least 10",
	    .forward = "mei may approve" },
	{ .name = "how many targets the plan has",
	    .targets_n = 4,
	    .rules = { FREELY, ASKS(BY(PERSON("mei")), WHEN(.param = S("targets"),
							   .op = WHEN_GT, .number = 3)) },
	    AFTER("mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval: 4 targets are more than 3",
	    .forward = "mei may approve" },
	{ .name = "the service itself is all its hosts",
	    .target = "checkout",
	    .rules = { FREELY, ASKS(BY(PERSON("mei")), WHEN(.param = S("targets"),
							   .op = WHEN_GT, .number = 5)) },
	    AFTER("mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval: 6 targets are more than 5",
	    .forward = "mei may approve" },
	{ .name = "a plan that does not say counts as one target",
	    .rules = { FREELY, ASKS(BY(PERSON("mei")), WHEN(.param = S("targets"),
							   .op = WHEN_GE, .number = 2)) },
	    FREE },
	{ .name = "one of some values",
	    .rules = { FREELY,
		ASKS(BY(PERSON("mei")), WHEN(.param = S("unit"), .op = WHEN_IS,
					    .values = STRS(S("db"), S("nginx.service")))) },
	    AFTER("mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval: unit nginx.service is one of "
		    "db or nginx.service",
	    .forward = "mei may approve" },
	{ .name = "one of some numbers of targets",
	    .targets_n = 3,
	    .rules = { FREELY,
		ASKS(BY(PERSON("mei")), WHEN(.param = S("targets"), .op = WHEN_IS,
					    .values = STRS(S("2"), S("3")))) },
	    AFTER("mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval: 3 targets are one of 2 or 3",
	    .forward = "mei may approve" },
	{ .name = "none of those numbers",
	    .targets_n = 4,
	    .rules = { FREELY,
		ASKS(BY(PERSON("mei")), WHEN(.param = S("targets"), .op = WHEN_IS,
					    .values = STRS(S("2"), S("3")))) },
	    FREE },
	{ .name = "a parameter that was left out may be anything",
	    SCALE_OUT,
	    .params = REPLICAS("2"),
	    .rules = { FREELY,
		ASKS(BY(PERSON("mei")),
		    WHEN(.param = S("zone"), .op = WHEN_IS, .values = STRS(S("eu-1")))) },
	    AFTER("mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval: zone is left out",
	    .forward = "mei may approve" },
	{ .name = "a parameter that the action does not have",
	    .rules = { FREELY,
		ASKS(BY(PERSON("mei")),
		    WHEN(.param = S("zone"), .op = WHEN_IS, .values = STRS(S("eu-1")))) },
	    FREE },
	{ .name = "for others only",
	    .rules = { FREELY, ASKS(BY(PERSON("mei")), TO(PERSON("ana"))) },
	    FREE },
	{ .name = "denied: nobody is asked",
	    .rules = { FREELY, ASKS(BY(PERSON("mei"))),
		RULE(PROHIBITION, "never", 12, .any = true) },
	    .kind = REASON_PROHIBITED,
	    .line = 12,
	    .text = "'never' forbids it",
	    .forward = "ask ana, who owns 'never'",
	    .second = "'two pairs of eyes' asks for 1 approval" },
	{ .name = "no grant: nobody is asked",
	    .rules = { ASKS(BY(PERSON("mei"))) },
	    .kind = REASON_NO_GRANT,
	    .text = "no grant lets automation do restart-unit on checkout",
	    .forward = "nobody may: write a grant for restart on checkout" },
	{ .name = "the least time of all rules, and the most that are missing",
	    .rules = { FREELY, ASKS(BY(TEAM), .need = 2, .expires_ms = HOUR),
		RULE(APPROVAL, "and a lead", 12, .any = true, BY(PERSON("mei")),
		    .expires_ms = 5 * MINUTE) },
	    .verdict = VERDICT_AFTER_APPROVAL,
	    .kind = REASON_APPROVAL,
	    .line = 9,
	    .approvers = "ana piotr mei",
	    .yes_missing = 2,
	    .expires_ms = 5 * MINUTE,
	    .limit = 2,
	    .text = "'two pairs of eyes' asks for 2 approvals",
	    .forward = "ana, piotr or mei may approve; 2 of them must",
	    .second = "'and a lead' asks for 1 approval" },
	{ .name = "too few",
	    .rules = { FREELY, ASKS(BY(PERSON("mei")), .need = 2) },
	    AFTER("mei", 2),
	    .limit = 2,
	    .text = "'two pairs of eyes' asks for 2 approvals",
	    .forward =
		"too few who may approve are there now: ask ana, who owns 'two pairs "
		"of eyes'" },
};

static const struct row given[] = {
	{ .name = "given",
	    .rules = { FREELY, ASKS(BY(PERSON("mei"))) },
	    .yes = { YES("person:mei") },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_APPROVED,
	    .line = 9,
	    .value = 1,
	    .limit = 1,
	    .text = "'two pairs of eyes' asked for 1 approval, which is given",
	    .second = "'restart tier 1' covers it" },
	{ .name = "one yes counts for every rule that it may",
	    .rules = { FREELY, ASKS(BY(PERSON("mei"))),
		RULE(APPROVAL, "another", 12, .any = true, BY(TEAM)) },
	    .yes = { YES("person:mei") },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_APPROVED,
	    .line = 9,
	    .value = 1,
	    .limit = 1,
	    .text = "'two pairs of eyes' asked for 1 approval, which is given",
	    .second = "'another' asked for 1 approval, which is given" },
	{ .name = "one person counts once",
	    .rules = { FREELY, ASKS(BY(TEAM), .need = 2) },
	    .yes = { YES("person:mei"), YES("person:mei") },
	    AFTER("ana piotr", 1),
	    .value = 1,
	    .limit = 2,
	    .text = "'two pairs of eyes' asks for 2 approvals, of which 1 is given",
	    .forward = "ana or piotr may approve" },
	{ .name = "not of who asks",
	    .principal = "person:ana",
	    .rules = { FREELY, ASKS(BY(TEAM)) },
	    .yes = { YES("person:ana") },
	    AFTER("piotr mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval",
	    .forward = "piotr or mei may approve" },
	{ .name = "not of whom an agent serves",
	    .principal = "agent:x",
	    .behalf = STRS(S("person:ana")),
	    .rules = { GRANT(TO(AGENT("x"), TEAM), RESTART, ON_TIER_1), ASKS(BY(TEAM)) },
	    .yes = { YES("person:ana") },
	    AFTER("piotr mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval",
	    .forward = "piotr or mei may approve" },
	{ .name = "not of machines, nor of nobody",
	    .rules = { FREELY, ASKS(BY(TEAM, AUTOMATION, AGENT("x"))) },
	    .yes = { YES("automation"), YES("agent:x"), YES("local-admin"),
		YES("person:eve") },
	    AFTER("ana piotr mei", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval",
	    .forward = "ana, piotr or mei may approve" },
	{ .name = "not of who is off duty now, whenever they said it",
	    .rules = { FREELY, ASKS(BY(ON_DUTY)) },
	    .yes = { { .principal = S("person:piotr"), .wall = WALL + 8 * DAY } },
	    AFTER("ana", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval",
	    .forward = "ana may approve" },
	{ .name = "not of who brought in the configuration",
	    .rules = { FREELY, ASKS(BY(TEAM), .not_reloader = true) },
	    .reloaded = "person:mei",
	    .yes = { YES("person:mei") },
	    AFTER("ana piotr", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval",
	    .forward = "ana or piotr may approve" },
	{ .name = "not of who brought in the runbook, whoever reloaded since",
	    .rules = { FREELY, ASKS(BY(TEAM), .not_reloader = true) },
	    .reloaded = "person:piotr",
	    .brought = "person:mei",
	    .yes = { YES("person:mei") },
	    AFTER("ana", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval",
	    .forward = "ana may approve" },
	{ .name = "nobody knows who brought in the runbook: one more",
	    .rules = { FREELY, ASKS(BY(TEAM), .not_reloader = true) },
	    .reloaded = "person:piotr",
	    .brought = "",
	    .yes = { YES("person:ana") },
	    AFTER("mei", 1),
	    .value = 1,
	    .limit = 2,
	    .text = "'two pairs of eyes' asks for 2 approvals, one more because "
		    "nobody knows who brought in the configuration or the runbook, "
		    "of which 1 is given",
	    .forward = "mei may approve" },
	{ .name = "not of who brought in a runbook that called it",
	    .rules = { FREELY, ASKS(BY(TEAM), .not_reloader = true) },
	    .reloaded = "person:piotr",
	    .called = { { .by = S("person:piotr") }, { .by = S("person:mei") } },
	    .yes = { YES("person:mei") },
	    AFTER("ana", 1),
	    .limit = 1,
	    .text = "'two pairs of eyes' asks for 1 approval",
	    .forward = "ana may approve" },
	{ .name = "nobody knows who brought in one that called it: one more",
	    .rules = { FREELY, ASKS(BY(TEAM), .not_reloader = true) },
	    .reloaded = "person:piotr",
	    .called = { { .by = S("person:piotr") }, { .by = S("firstline") } },
	    .yes = { YES("person:ana") },
	    AFTER("mei", 1),
	    .value = 1,
	    .limit = 2,
	    .text = "'two pairs of eyes' asks for 2 approvals, one more because "
		    "nobody knows who brought in the configuration or the runbook, "
		    "of which 1 is given",
	    .forward = "mei may approve" },
	{ .name = "of another than who brought it in",
	    .rules = { FREELY, ASKS(BY(TEAM), .not_reloader = true) },
	    .reloaded = "person:mei",
	    .yes = { YES("person:ana") },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_APPROVED,
	    .line = 9,
	    .value = 1,
	    .limit = 1,
	    .text = "'two pairs of eyes' asked for 1 approval, which is given" },
	{ .name = "nobody knows who brought it in: one more",
	    .rules = { FREELY, ASKS(BY(TEAM), .not_reloader = true) },
	    .reloaded = "local-admin",
	    .yes = { YES("person:ana") },
	    AFTER("piotr mei", 1),
	    .value = 1,
	    .limit = 2,
	    .text = "'two pairs of eyes' asks for 2 approvals, one more because "
		    "nobody knows who brought in the configuration or the runbook, "
		    "of which 1 is given",
	    .forward = "piotr or mei may approve" },
	{ .name = "a yes does not help against a no",
	    .rules = { FREELY, ASKS(BY(PERSON("mei"))),
		RULE(PROHIBITION, "never", 12, .any = true) },
	    .yes = { YES("person:mei") },
	    .kind = REASON_PROHIBITED,
	    .line = 12,
	    .text = "'never' forbids it",
	    .forward = "ask ana, who owns 'never'" },
};

static void
decide__asks_for_approval(void)
{
	CHECK_ROWS(asked);
}

static void
decide__counts_whose_yes_counts(void)
{
	CHECK_ROWS(given);
}

static const struct {
	const char *who, *why;
	struct row row;
} refusals[] = {
	{ "person:mei", "", { .rules = { FREELY, ASKS(BY(PERSON("mei"))) } } },
	{ "person:mei", "it waits for no approval", { .rules = { FREELY } } },
	{ "person:mei", "'never' forbids it",
	    { .rules = { FREELY, ASKS(BY(PERSON("mei"))),
		  RULE(PROHIBITION, "never", 12, .any = true) } } },
	{ "agent:x", "only people of the configuration approve, and 'agent:x' is none",
	    { .rules = { FREELY, ASKS(BY(PERSON("mei"), AGENT("x"))) } } },
	{ "person:eve",
	    "only people of the configuration approve, and 'person:eve' is none",
	    { .rules = { FREELY, ASKS(BY(PERSON("mei"))) } } },
	{ "person:ana", "ana asks for it, so somebody else must approve",
	    { .principal = "person:ana", .rules = { FREELY, ASKS(BY(TEAM)) } } },
	{ "person:mei",
	    "mei brought in the configuration in force, this runbook or one that "
	    "called it, and 'two pairs of eyes' wants another person",
	    { .rules = { FREELY, ASKS(BY(TEAM), .not_reloader = true) },
		.reloaded = "person:mei" } },
	{ "person:mei",
	    "mei has approved already, and 'two pairs of eyes' wants another "
	    "person",
	    { .rules = { FREELY, ASKS(BY(TEAM), .need = 2) },
		.yes = { YES("person:mei") } } },
	{ "person:tom",
	    "tom is none of those who approve 'two pairs of eyes': ask "
	    "ana, piotr or mei",
	    { .rules = { FREELY, ASKS(BY(TEAM)) } } },
	{ "person:tom", "",
	    { .rules = { FREELY, ASKS(BY(TEAM)),
		  RULE(APPROVAL, "and one of them", 12, .any = true,
		      BY(PERSON("tom"))) } } },
};

static void
yes_refuses__says_why(void)
{
	for (size_t i = 0; i < countof(refusals); i++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct rule rules[ROW_RULES];
		size_t n = row_rules(&refusals[i].row, rules);
		struct authority *authority = authority_of(&arena, rules, n);
		struct authority_request request = row_request(&refusals[i].row);
		struct authority_facts facts = row_facts(&refusals[i].row);
		test_row = refusals[i].who;
		EXPECT_STR(authority_yes_refuses(authority, &request, &facts,
			       str_of(refusals[i].who), &arena),
		    str_of(refusals[i].why));
	}
}

int
main(void)
{
	RUN(decide__asks_for_approval);
	RUN(decide__counts_whose_yes_counts);
	RUN(yes_refuses__says_why);
	TEST_MAIN_END();
}
