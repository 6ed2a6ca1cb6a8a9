/* The chain: each of it is judged, the strictest counts; and who may do something at all. */
#include "support/authority_rows.h"

#define X_AND_ANA .principal = "agent:x", .behalf = STRS(S("person:ana"))

static const struct row chain[] = {
	{ .name = "both may",
	    X_AND_ANA,
	    .rules = { GRANT(TO(AGENT("x")), RESTART, ON_TIER_1),
		RULE(GRANT, "ana may", 9, RESTART, TO(PERSON("ana"))) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it",
	    .second = "'ana may' covers it" },
	{ .name = "one grant for both is told once",
	    X_AND_ANA,
	    .rules = { GRANT(TO(AGENT("x"), PERSON("ana")), RESTART, ON_TIER_1) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it",
	    .second = "" },
	{ .name = "the agent may, whom it serves may not",
	    X_AND_ANA,
	    .rules = { GRANT(TO(AGENT("x")), RESTART, ON_TIER_1) },
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text = "no grant lets ana do restart-unit on checkout; closest: 'restart tier "
		    "1' at authority.yaml:3, which is not for ana",
	    .forward = "ask ana, who owns 'restart tier 1', to extend it" },
	{ .name = "whom it serves may, the agent may not",
	    X_AND_ANA,
	    .rules = { GRANT(TO(PERSON("ana")), RESTART, ON_TIER_1) },
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text = "no grant lets agent x do restart-unit on checkout; closest: 'restart "
		    "tier 1' at authority.yaml:3, which is not for agent x",
	    .forward = "ask ana, who owns 'restart tier 1', to extend it" },
	{ .name = "neither may: each is told",
	    X_AND_ANA,
	    .rules = { GRANT(TO(PERSON("mei")), RESTART, ON_TIER_1) },
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text = "no grant lets agent x do restart-unit on checkout; closest: 'restart "
		    "tier 1' at authority.yaml:3, which is not for agent x",
	    .second = "no grant lets ana do restart-unit on checkout; closest: 'restart "
		      "tier 1' at authority.yaml:3, which is not for ana",
	    .forward = "ask mei, who may do it now" },
	{ .name = "a prohibition for one is for all",
	    X_AND_ANA,
	    .rules = { GRANT(TO(AGENT("x"), PERSON("ana")), RESTART, ON_TIER_1),
		RULE(PROHIBITION, "no agents here", 9, RESTART, TO(AGENT("x"))) },
	    .kind = REASON_PROHIBITED,
	    .line = 9,
	    .text = "'no agents here' forbids it",
	    .forward = "ask ana, who owns 'no agents here'" },
	{ .name = "a prohibition for somebody else",
	    .rules = { TIER_1,
		RULE(PROHIBITION, "not tom", 9, RESTART, TO(PERSON("tom"))) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "one of the chain whom nobody knows",
	    .behalf = STRS(S("person:eve")),
	    .rules = { TIER_1 },
	    .kind = REASON_UNKNOWN,
	    .text = "nobody knows 'person:eve'",
	    .forward = "ask as a person of the configuration" },
	{ .name = "an empty one",
	    .behalf = STRS(S("")),
	    .rules = { TIER_1 },
	    .kind = REASON_UNKNOWN,
	    .text = "nobody knows ''",
	    .forward = "ask as a person of the configuration" },
	{ .name = "the same one twice is one",
	    .behalf = STRS(S("automation"), S("automation")),
	    .rules = { TIER_1 },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it",
	    .second = "" },
	{ .name = "too long",
	    .behalf = STRS(S("agent:1"), S("agent:2"), S("agent:3"), S("agent:4"),
		S("agent:5"), S("agent:6"), S("agent:7"), S("agent:8"), S("agent:9")),
	    .rules = { GRANT(TO(AUTOMATION, AGENT("1"), AGENT("2"), AGENT("3"), AGENT("4"),
				 AGENT("5"), AGENT("6"), AGENT("7"), AGENT("8"),
				 AGENT("9")),
		RESTART, ON_TIER_1) },
	    .kind = REASON_ERROR,
	    .text = "it is asked on behalf of more than 8 others",
	    .forward = "ask with a shorter chain" },
};

static void
decide__judges_each_of_the_chain(void)
{
	CHECK_ROWS(chain);
}

static void
who_can__lists_everyone_who_is_not_denied(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[] = { GRANT(TO(TEAM, AUTOMATION, AGENT("z"), AGENT("b")), RESTART,
				    ON_TIER_1),
		RULE(GRANT, "and z", 5, RESTART, TO(AGENT("z"))),
		RULE(PROHIBITION, "not piotr", 9, RESTART, TO(PERSON("piotr"))),
		RULE(APPROVAL, "agents ask", 12, RESTART, TO(AGENT("b")),
		    .by = (struct principal[]){ PERSON("mei") }, .by_n = 1) };
	struct authority *authority = authority_of(&arena, rules, countof(rules));
	struct row row = { .principal = "person:tom", .behalf = STRS(S("person:eve")) };
	struct authority_request request = row_request(&row);
	struct authority_facts facts = { .uses = NULL };
	static const struct {
		const char *who, *text;
		enum verdict verdict;
	} want[] = {
		{ "automation", "'restart tier 1' covers it", VERDICT_ALLOW },
		{ "person:ana", "'restart tier 1' covers it", VERDICT_ALLOW },
		{ "person:mei", "'restart tier 1' covers it", VERDICT_ALLOW },
		{ "agent:b", "'agents ask' asks for 1 approval", VERDICT_AFTER_APPROVAL },
		{ "agent:z", "'restart tier 1' covers it", VERDICT_ALLOW },
	};
	struct authority_who who[8];
	size_t n =
	    authority_who_can(authority, &request, &facts, &arena, who, countof(who));
	EXPECT_U64(n, countof(want));
	for (size_t i = 0; i < n && i < countof(want); i++) {
		EXPECT_STR(who[i].principal, str_of(want[i].who));
		EXPECT_STR(who[i].text, str_of(want[i].text));
		EXPECT_U64(who[i].verdict, want[i].verdict);
	}
	EXPECT_U64(authority_who_can(authority, &request, &facts, &arena, who, 2), 2);
	facts.stopped = true;
	EXPECT_U64(authority_who_can(authority, &request, &facts, &arena, who, 8), 0);
}

int
main(void)
{
	RUN(decide__judges_each_of_the_chain);
	RUN(who_can__lists_everyone_who_is_not_denied);
	TEST_MAIN_END();
}
