/*
 * What is counted, and what is not: uses that stand on the same list, of another service,
 * target, word or actor; and names of one hash, which are told apart nevertheless.
 */
#include "authority/uses.h"
#include "support/authority_rows.h"

#define TIER_1_AT_MOST(...) TIER_1, RULE(LIMIT, "few", 9, RESTART, ON_TIER_1, __VA_ARGS__)
#define BY_NAME_AT_MOST(...) \
	TIER_1,              \
	    RULE(LIMIT, "few", 9, .may = STRS(S("restart-unit")), ON_TIER_1, __VA_ARGS__)
#define USE(on, host, verb_, action_, ago, ...)                        \
	{                                                              \
		.service = S(on), .target = S(host), .verb = S(verb_), \
		.action = S(action_), .at = AT - (ago), __VA_ARGS__    \
	}
#define RESTART_BY(who, on, ago) \
	USE(on, "web-9", "restart", "restart-unit", ago, .principal = S(who))
#define ALLOWED \
	.verdict = VERDICT_ALLOW, .kind = REASON_GRANT, .text = "'restart tier 1' covers it"
#define FULL .kind = REASON_LIMIT, .line = 9

/* Names on the list of another: checked in main. */
#define BESIDE_CHECKOUT "service-86"
#define BESIDE_WEB_1 "node-201"
#define BESIDE_AUTOMATION "agent:a3"
#define VERB_BESIDE_RESTART "verb-66"
#define ACTION_BESIDE_RESTART_UNIT "act-92"
#define BESIDE_BY_VERB "agent:v55"
#define BESIDE_BY_NAME "agent:n10"

static const struct row rates[] = {
	{ .name = "per service: this one",
	    .uses = { RESTARTED("checkout", "web-2", MINUTE) },
	    .rules = { TIER_1_AT_MOST(.per_service = { 1, HOUR }) },
	    FULL,
	    .text = "1 of 1 restarts of checkout in 1h is used; free at 14:11 UTC" },
	{ .name = "per service: another on its list",
	    .uses = { RESTARTED(BESIDE_CHECKOUT, "web-1", MINUTE) },
	    .rules = { TIER_1_AT_MOST(.per_service = { 1, HOUR }) },
	    ALLOWED },
	{ .name = "per service: something else",
	    .uses = { USE("checkout", "web-1", "clear", "flush", MINUTE, .held = false) },
	    .rules = { TIER_1_AT_MOST(.per_service = { 1, HOUR }) },
	    ALLOWED },
	{ .name = "per target: this one",
	    .uses = { RESTARTED("payments", "web-1", MINUTE) },
	    .rules = { TIER_1_AT_MOST(.per_target = { 1, HOUR }) },
	    FULL,
	    .text = "1 of 1 restarts of web-1 in 1h is used; free at 14:11 UTC" },
	{ .name = "per target: another on its list",
	    .uses = { RESTARTED("checkout", BESIDE_WEB_1, MINUTE) },
	    .rules = { TIER_1_AT_MOST(.per_target = { 1, HOUR }) },
	    ALLOWED },
	{ .name = "per target: something else",
	    .uses = { USE("checkout", "web-1", "clear", "flush", MINUTE, .held = false) },
	    .rules = { TIER_1_AT_MOST(.per_target = { 1, HOUR }) },
	    ALLOWED },
};

#define USED_UP "1 of 1 restarts by automation in 1h is used; free at 14:11 UTC"
#define UNITS_USED_UP \
	"1 of 1 restart-unit actions by automation in 1h is used; free at 14:11 UTC"
#define ANY_USED_UP \
	"1 of 1 actions under this limit by automation in 1h is used; free at 14:11 UTC"
#define ONE_EACH .per_actor = { 1, HOUR }
#define ANY_AT_MOST TIER_1, RULE(LIMIT, "few", 9, .any = true, ON_TIER_1, ONE_EACH)
static const struct row actors[] = {
	{ .name = "by verb: theirs",
	    .uses = { RESTART_BY("automation", "checkout", MINUTE) },
	    .rules = { TIER_1_AT_MOST(ONE_EACH) },
	    FULL,
	    .text = USED_UP },
	{ .name = "by verb: another verb on their list",
	    .uses = { USE("checkout", "web-1", VERB_BESIDE_RESTART, "x", MINUTE,
		.principal = S("automation")) },
	    .rules = { TIER_1_AT_MOST(ONE_EACH) },
	    ALLOWED },
	{ .name = "by verb: another's on their list",
	    .uses = { RESTART_BY(BESIDE_BY_VERB, "checkout", MINUTE) },
	    .rules = { TIER_1_AT_MOST(ONE_EACH) },
	    ALLOWED },
	{ .name = "by verb: where the rule does not hold",
	    .uses = { RESTART_BY("automation", "payments", MINUTE) },
	    .rules = { TIER_1_AT_MOST(ONE_EACH) },
	    ALLOWED },
	{ .name = "by verb: where nobody knows any more whether it holds",
	    .uses = { RESTART_BY("automation", "gone", MINUTE) },
	    .rules = { TIER_1_AT_MOST(ONE_EACH) },
	    FULL,
	    .text = USED_UP },
	{ .name = "by name: theirs",
	    .uses = { RESTART_BY("automation", "checkout", MINUTE) },
	    .rules = { BY_NAME_AT_MOST(ONE_EACH) },
	    FULL,
	    .text = UNITS_USED_UP },
	{ .name = "by name: another on their list",
	    .uses = { USE("checkout", "web-1", "x", ACTION_BESIDE_RESTART_UNIT, MINUTE,
		.principal = S("automation")) },
	    .rules = { BY_NAME_AT_MOST(ONE_EACH) },
	    ALLOWED },
	{ .name = "by name: another's on their list",
	    .uses = { RESTART_BY(BESIDE_BY_NAME, "checkout", MINUTE) },
	    .rules = { BY_NAME_AT_MOST(ONE_EACH) },
	    ALLOWED },
	{ .name = "by verb and name: once",
	    .uses = { RESTART_BY("automation", "checkout", MINUTE) },
	    .rules = { TIER_1,
		RULE(LIMIT, "few", 9, .may = STRS(S("restart"), S("restart-unit")),
		    .per_actor = { 2, HOUR }) },
	    ALLOWED },
	{ .name = "any: theirs",
	    .uses = { RESTART_BY("automation", "checkout", MINUTE) },
	    .rules = { ANY_AT_MOST },
	    FULL,
	    .text = ANY_USED_UP },
	{ .name = "any: another's on their list",
	    .uses = { RESTART_BY(BESIDE_AUTOMATION, "checkout", MINUTE) },
	    .rules = { ANY_AT_MOST },
	    ALLOWED },
	{ .name = "one who is named twice behind another counts once",
	    .behalf = STRS(S("person:ana")),
	    .uses = { USE("checkout", "web-9", "restart", "restart-unit", MINUTE,
		.principal = S("agent:x"),
		.behalf = STRS(S("person:ana"), S("person:ana"), S("person:mei"))) },
	    .rules = { TIER_1_AT_MOST(.per_actor = { 2, HOUR }) },
	    ALLOWED },
	{ .name = "the last of the longest chain counts",
	    .behalf = STRS(S("person:ana")),
	    .uses = { USE("checkout", "web-9", "restart", "restart-unit", MINUTE,
		.principal = S("agent:x"),
		.behalf = STRS(S("a"), S("b"), S("c"), S("d"), S("e"), S("f"), S("g"),
		    S("person:ana"))) },
	    .rules = { TIER_1_AT_MOST(ONE_EACH) },
	    FULL,
	    .text = "1 of 1 restarts by ana in 1h is used; free at 14:11 UTC" },
	{ .name = "of a longer chain nobody looks at the rest",
	    .behalf = STRS(S("person:ana")),
	    .uses = { USE("checkout", "web-9", "restart", "restart-unit", MINUTE,
		.principal = S("agent:x"),
		.behalf = STRS(S("a"), S("b"), S("c"), S("d"), S("e"), S("f"), S("g"),
		    S("h"), S("person:ana"))) },
	    .rules = { TIER_1_AT_MOST(ONE_EACH) },
	    ALLOWED },
};

#define APART .spacing_ms = HOUR
static const struct row spacing[] = {
	{ .name = "the last one",
	    .uses = { RESTARTED("checkout", "web-2", MINUTE) },
	    .rules = { TIER_1_AT_MOST(APART) },
	    FULL,
	    .text =
		"restarts of checkout must be 1h apart, and the last was 1m ago; free at "
		"14:11 UTC" },
	{ .name = "of another service on its list, then the last one",
	    .uses = { RESTARTED("checkout", "web-2", 2 * MINUTE),
		RESTARTED(BESIDE_CHECKOUT, "web-1", MINUTE) },
	    .rules = { TIER_1_AT_MOST(APART) },
	    FULL,
	    .text =
		"restarts of checkout must be 1h apart, and the last was 2m ago; free at "
		"14:10 UTC" },
	{ .name = "something else, then nothing",
	    .uses = { USE("checkout", "web-1", "clear", "flush", MINUTE, .held = false) },
	    .rules = { TIER_1_AT_MOST(APART) },
	    ALLOWED },
};

#define BESIDE(on, verb_, action_, ago) USE(on, "web-2", verb_, action_, ago, .held = true)
#define UNDER_WAY(what) \
	what " on checkout is under way, and restart-unit may not begin beside it"
static const struct row beside[] = {
	{ .name = "called by its name",
	    .uses = { BESIDE("checkout", "clear", "flush", MINUTE) },
	    .rules = { TIER_1_AT_MOST(.not_beside = STRS(S("flush"))) },
	    FULL,
	    .text = UNDER_WAY("flush") },
	{ .name = "called by its verb",
	    .uses = { BESIDE("checkout", "clear", "flush", MINUTE) },
	    .rules = { TIER_1_AT_MOST(.not_beside = STRS(S("clear"))) },
	    FULL,
	    .text = UNDER_WAY("flush") },
	{ .name = "called otherwise",
	    .uses = { BESIDE("checkout", "clear", "flush", MINUTE) },
	    .rules = { TIER_1_AT_MOST(.not_beside = STRS(S("scale"))) },
	    ALLOWED },
	{ .name = "on another service",
	    .uses = { BESIDE("payments", "clear", "flush", MINUTE) },
	    .rules = { TIER_1_AT_MOST(.not_beside = STRS(S("flush"))) },
	    ALLOWED },
	{ .name = "two: the older is named",
	    .uses = { BESIDE("checkout", "clear", "wipe", 2 * MINUTE),
		BESIDE("checkout", "clear", "flush", MINUTE) },
	    .rules = { TIER_1_AT_MOST(.not_beside = STRS(S("clear"))) },
	    FULL,
	    .text = UNDER_WAY("wipe") },
	{ .name = "two of one time: the first by name, which is met last",
	    .uses = { BESIDE("checkout", "clear", "flush", MINUTE),
		BESIDE("checkout", "clear", "wipe", MINUTE) },
	    .rules = { TIER_1_AT_MOST(.not_beside = STRS(S("clear"))) },
	    FULL,
	    .text = UNDER_WAY("flush") },
	{ .name = "two of one time: the first by name, which is met first",
	    .uses = { BESIDE("checkout", "clear", "wipe", MINUTE),
		BESIDE("checkout", "clear", "flush", MINUTE) },
	    .rules = { TIER_1_AT_MOST(.not_beside = STRS(S("clear"))) },
	    FULL,
	    .text = UNDER_WAY("flush") },
};

/* web-1 to web-4 are a group; stage-1 and db-1 are none of it. */
#define TWO_HOSTS .targets = { .count = 2 }, .targets_window_ms = HOUR
#define SIX_HOSTS .targets = { .count = 6 }, .targets_window_ms = HOUR
#define TWO_USED(at) "2 of 2 targets of checkout in 1h are used; free at " at
#define ONE_USED "1 of 2 targets of checkout in 1h used before this"
#define NONE_USED "0 of 2 targets of checkout in 1h used before this"
#define LEAVES(said)                                    \
	.verdict = VERDICT_ALLOW, .kind = REASON_GRANT, \
	.text = "'restart tier 1' covers it: " said
static const struct row touched[] = {
	{ .name = "two others",
	    .uses = { RESTARTED("checkout", "web-2", MINUTE),
		RESTARTED("checkout", "web-3", 2 * MINUTE) },
	    .rules = { TIER_1_WITH(TWO_HOSTS) },
	    .kind = REASON_LIMIT,
	    .text = TWO_USED("14:10 UTC") },
	{ .name = "one other, twice",
	    .uses = { RESTARTED("checkout", "web-2", MINUTE),
		RESTARTED("checkout", "web-2", 2 * MINUTE) },
	    .rules = { TIER_1_WITH(TWO_HOSTS) },
	    LEAVES(ONE_USED) },
	{ .name = "this one itself",
	    .uses = { RESTARTED("checkout", "web-1", MINUTE) },
	    .rules = { TIER_1_WITH(TWO_HOSTS) },
	    LEAVES(NONE_USED) },
	{ .name = "something else",
	    .uses = { USE("checkout", "web-2", "clear", "flush", MINUTE, .held = false) },
	    .rules = { TIER_1_WITH(TWO_HOSTS) },
	    LEAVES(NONE_USED) },
	{ .name = "of another service on its list",
	    .uses = { RESTARTED(BESIDE_CHECKOUT, "web-2", MINUTE) },
	    .rules = { TIER_1_WITH(TWO_HOSTS) },
	    LEAVES(NONE_USED) },
	{ .name = "of another group",
	    .uses = { RESTARTED("checkout", "db-1", MINUTE),
		RESTARTED("checkout", "stage-1", MINUTE) },
	    .rules = { TIER_1_WITH(TWO_HOSTS) },
	    LEAVES(NONE_USED) },
	{ .name = "one that is gone may be any",
	    .uses = { RESTARTED("checkout", "web-99", MINUTE) },
	    .rules = { TIER_1_WITH(TWO_HOSTS) },
	    LEAVES(ONE_USED) },
	{ .name = "one that is gone, twice",
	    .uses = { RESTARTED("checkout", "web-99", MINUTE),
		RESTARTED("checkout", "web-99", 2 * MINUTE) },
	    .rules = { TIER_1_WITH(TWO_HOSTS) },
	    LEAVES(ONE_USED) },
	{ .name = "younger ones: of another service and of another kind, by that name",
	    .uses = { RESTARTED("checkout", "web-2", 3 * MINUTE),
		RESTARTED(BESIDE_CHECKOUT, "web-2", 2 * MINUTE),
		USE("checkout", "web-2", "clear", "flush", MINUTE, .held = false) },
	    .rules = { TIER_1_WITH(TWO_HOSTS) },
	    LEAVES(ONE_USED) },
	{ .name = "the service itself, twice: all of them once",
	    .uses = { RESTARTED("checkout", "checkout", MINUTE),
		RESTARTED("checkout", "checkout", 2 * MINUTE) },
	    .rules = { TIER_1_WITH(SIX_HOSTS) },
	    LEAVES("3 of 6 targets of checkout in 1h used before this") },
	{ .name = "the service itself, then one of its hosts",
	    .uses = { RESTARTED("checkout", "checkout", MINUTE),
		RESTARTED("checkout", "web-2", 2 * MINUTE) },
	    .rules = { TIER_1_WITH(SIX_HOSTS) },
	    LEAVES("3 of 6 targets of checkout in 1h used before this") },
	{ .name = "one of its hosts, then the service itself",
	    .uses = { RESTARTED("checkout", "checkout", 2 * MINUTE),
		RESTARTED("checkout", "web-2", MINUTE) },
	    .rules = { TIER_1_WITH(SIX_HOSTS) },
	    LEAVES("3 of 6 targets of checkout in 1h used before this") },
	{ .name = "the service itself, then one that is gone",
	    .uses = { RESTARTED("checkout", "checkout", MINUTE),
		RESTARTED("checkout", "web-99", 2 * MINUTE) },
	    .rules = { TIER_1_WITH(SIX_HOSTS) },
	    LEAVES("4 of 6 targets of checkout in 1h used before this") },
};

#define DOUBLE_LIVE                                            \
	.with = &(struct param_bound){ .param = S("replicas"), \
		.change = { DELTA_FACTOR, 2000, 0 } },         \
	.with_n = 1
static const struct row unsure[] = {
	{ .name = "health of no hosts, under a grant of which nobody knows",
	    .service = &services[1],
	    .target = "payments",
	    .action = &actions[3],
	    .params = REPLICAS("4"),
	    .rules = { GRANT(BY_ALL, SCALE, DOUBLE_LIVE, .keep_healthy = { .count = 1 }) },
	    .kind = REASON_UNKNOWN,
	    .text = "'restart tier 1' compares replicas with its live value, which is not "
		    "known",
	    .second = "'restart tier 1' keeps 1 of the hosts of payments healthy, and it "
		      "has none",
	    .needs = "replicas" },
	{ .name = "health of no hosts, under a grant that applies",
	    .service = &services[1],
	    .target = "payments",
	    .action = &actions[3],
	    .params = REPLICAS("4"),
	    .observed = LIVE("4"),
	    .rules = { GRANT(BY_ALL, SCALE, DOUBLE_LIVE, .keep_healthy = { .count = 1 }) },
	    .kind = REASON_UNKNOWN,
	    .text = "'restart tier 1' keeps 1 of the hosts of payments healthy, and it has "
		    "none",
	    .needs = "" },
};

static void
limits__count_what_they_are_about(void)
{
	CHECK_SAID(rates);
	CHECK_SAID(actors);
	CHECK_SAID(spacing);
	CHECK_SAID(beside);
	CHECK_SAID(touched);
	CHECK_SAID(unsure);
}

static bool
share_a_list(str a, str b)
{
	return !str_eq(a, b) && uses_bucket(name_hash(a)) == uses_bucket(name_hash(b));
}

static bool
deeds_share_a_list(str a, str a_word, str b, str b_word)
{
	return uses_bucket(deed_hash(name_hash(a), name_hash(a_word))) ==
	       uses_bucket(deed_hash(name_hash(b), name_hash(b_word)));
}

/* Else the rows above say nothing about lists. */
static void
names__of_these_tables_stand_on_one_list(void)
{
	const str automation = STR("automation");
	EXPECT(share_a_list(STR("checkout"), STR(BESIDE_CHECKOUT)));
	EXPECT(share_a_list(STR("web-1"), STR(BESIDE_WEB_1)));
	EXPECT(share_a_list(automation, STR(BESIDE_AUTOMATION)));
	EXPECT(deeds_share_a_list(automation, STR("restart"), automation,
	    STR(VERB_BESIDE_RESTART)));
	EXPECT(deeds_share_a_list(automation, STR("restart-unit"), automation,
	    STR(ACTION_BESIDE_RESTART_UNIT)));
	EXPECT(deeds_share_a_list(automation, STR("restart"), STR(BESIDE_BY_VERB),
	    STR("restart")));
	EXPECT(deeds_share_a_list(automation, STR("restart-unit"), STR(BESIDE_BY_NAME),
	    STR("restart-unit")));
}

/* ---- names of one hash ---- */

/* A name of three times eight bytes that is not `name`, and has its hash: the second part is
 * another, and the third makes up for it. */
static str
namesake(str prefix, str name, char *ret)
{
	char whole[24];
	ASSERT(prefix.n + name.n == sizeof(whole));
	memcpy(whole, prefix.p, prefix.n);
	memcpy(whole + prefix.n, name.p, name.n);
	uint64_t hash[2] = { sizeof(whole) * UINT64_C(0x9e3779b97f4a7c15), 0 }, part;
	memcpy(&part, whole, sizeof(part));
	hash[0] = (hash[0] ^ part) * UINT64_C(0xff51afd7ed558ccd);
	hash[0] ^= hash[0] >> 32;
	hash[1] = hash[0];
	for (size_t i = 0; i < 2; i++) {
		whole[8] ^= (char)i;
		memcpy(&part, &whole[8], sizeof(part));
		hash[i] = (hash[i] ^ part) * UINT64_C(0xff51afd7ed558ccd);
		hash[i] ^= hash[i] >> 32;
	}
	memcpy(&part, &whole[16], sizeof(part));
	part ^= hash[0] ^ hash[1];
	memcpy(&whole[16], &part, sizeof(part));
	memcpy(ret, whole + prefix.n, name.n);
	return (str){ ret, name.n };
}

static enum verdict
verdict_of(const struct authority *authority, str principal, str target)
{
	struct authority_request request = { .principal = principal,
		.action = &actions[0],
		.service = &services[0],
		.target = target,
		.params = UNIT,
		.incident_open = true,
		.wall = WALL,
		.at = AT };
	struct authority_facts facts = { 0 };
	return authority_verdict(authority, &request, &facts);
}

#define HOST_NAME "a-host-of-twenty-four-ch"
#define PERSON_NAME "a-person-of-seven"
#define AGENT_NAME "an-agent-of-eighte"

/* The third is in no configuration. */
static void
decide__tells_names_of_one_hash_apart(void)
{
	char host[24], person[24], agent[24];
	str host_two = namesake(STR(""), STR(HOST_NAME), host);
	str person_two = namesake(STR("person:"), STR(PERSON_NAME), person);
	str agent_two = namesake(STR("agent:"), STR(AGENT_NAME), agent);
	EXPECT(name_hash(host_two) == name_hash(STR(HOST_NAME)));
	EXPECT(!str_eq(host_two, STR(HOST_NAME)));
	for (size_t two = 0; two < 2; two++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct principal to[] = { AUTOMATION, PERSON(PERSON_NAME),
			AGENT(AGENT_NAME), AGENT("x") };
		struct rule rule = GRANT(.to = to, .to_n = 3 + two, RESTART, ON_TIER_1);
		str names[] = { hosts[0].name, hosts[1].name, people[2].id, people[3].id };
		hosts[0].name = STR(HOST_NAME);
		people[2].id = STR(PERSON_NAME);
		if (two) {
			hosts[1].name = host_two;
			people[3].id = person_two;
			to[3].name = agent_two;
		}
		struct authority *authority = authority_of(&arena, &rule, 1);
		str asking_person =
		    arena_printf(&arena, "person:%.*s", STR_ARG(person_two));
		str asking_agent = arena_printf(&arena, "agent:%.*s", STR_ARG(agent_two));
		const str automation = STR("automation");
		test_row = two ? "both are known" : "one is known";
		EXPECT(verdict_of(authority, automation, STR(HOST_NAME)) == VERDICT_ALLOW);
		EXPECT(
		    (verdict_of(authority, automation, host_two) == VERDICT_ALLOW) == two);
		EXPECT(verdict_of(authority, STR("person:" PERSON_NAME), STR("checkout")) ==
		       VERDICT_ALLOW);
		EXPECT(
		    verdict_of(authority, asking_person, STR("checkout")) == VERDICT_DENY);
		EXPECT(verdict_of(authority, STR("agent:" AGENT_NAME), STR("checkout")) ==
		       VERDICT_ALLOW);
		EXPECT((verdict_of(authority, asking_agent, STR("checkout")) ==
			   VERDICT_ALLOW) == two);
		hosts[0].name = names[0];
		hosts[1].name = names[1];
		people[2].id = names[2];
		people[3].id = names[3];
	}
}

/* A host that is called by the hash of its service is not all of the service. */
static void
decide__takes_no_namesake_for_the_service(void)
{
	char name[24];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rule = TIER_1;
	str was = services[0].name;
	services[0].name = STR(HOST_NAME);
	str other = namesake(STR(""), STR(HOST_NAME), name);
	struct authority *authority = authority_of(&arena, &rule, 1);
	EXPECT(verdict_of(authority, STR("automation"), STR(HOST_NAME)) == VERDICT_ALLOW);
	EXPECT(verdict_of(authority, STR("automation"), other) == VERDICT_DENY);
	services[0].name = was;
}

/* Names decide: the service of a host may be another of that name, not of another. */
static void
decide__takes_hosts_by_the_name_of_their_service(void)
{
	struct service copy = services[0];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rule = TIER_1;
	hosts[0].service = &copy;
	struct authority *authority = authority_of(&arena, &rule, 1);
	EXPECT(verdict_of(authority, STR("automation"), STR("web-1")) == VERDICT_ALLOW);
	copy.name = STR("ledger");
	arena = arena_over(memory, sizeof(memory));
	authority = authority_of(&arena, &rule, 1);
	EXPECT(verdict_of(authority, STR("automation"), STR("web-1")) == VERDICT_DENY);
	hosts[0].service = &services[0];
}

/* ---- many ---- */

/* Whoever is in more teams than are remembered is asked about by each rule. */
static void
decide__knows_whoever_is_in_many_teams(void)
{
	enum { MANY = 6 };
	struct arena arena = arena_over(memory, sizeof(memory));
	struct team many[MANY];
	for (unsigned i = 0; i < MANY; i++) {
		many[i] = teams[0];
		many[i].name = arena_printf(&arena, "team-%u", i);
	}
	struct principal last = { PRINCIPAL_ON_DUTY, many[MANY - 1].name, &many[MANY - 1] };
	struct rule rule = GRANT(.to = &last, .to_n = 1, RESTART, ON_TIER_1);
	(void)authority_of(&arena, &rule, 1);
	model.teams = many;
	model.teams_n = MANY;
	for (size_t i = 0; i < MANY; i++)
		many[i].zone = zone_utc();
	const struct authority *authority = authority_new(&model, &arena);
	EXPECT(verdict_of(authority, STR("person:ana"), STR("web-1")) == VERDICT_ALLOW);
	EXPECT(verdict_of(authority, STR("person:piotr"), STR("web-1")) == VERDICT_DENY);
	EXPECT(verdict_of(authority, STR("person:mei"), STR("web-1")) == VERDICT_DENY);
	EXPECT(verdict_of(authority, STR("automation"), STR("web-1")) == VERDICT_DENY);
}

/* A team of another configuration is one nonetheless: whose yes counts is worked out. */
static void
approval__counts_a_team_that_is_not_in_force(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct team old = teams[0];
	struct principal by = { PRINCIPAL_ON_DUTY, STR("platform-ops"), &old };
	struct rule rules[] = { TIER_1,
		RULE(APPROVAL, "look", 9, RESTART, .by = &by, .by_n = 1) };
	const struct authority *authority = authority_of(&arena, rules, countof(rules));
	old.zone = zone_utc();
	struct authority_request request = { .principal = STR("automation"),
		.action = &actions[0],
		.service = &services[0],
		.target = STR("web-1"),
		.params = UNIT,
		.incident_open = true,
		.wall = WALL,
		.at = AT };
	struct authority_facts facts = { 0 };
	EXPECT_STR(authority_yes_refuses(authority, &request, &facts, STR("person:ana"),
		       &arena),
	    STR(""));
	EXPECT_STR(authority_yes_refuses(authority, &request, &facts, STR("person:piotr"),
		       &arena),
	    STR("piotr is none of those who approve 'look': ask ana"));
}

enum { SERVICES = 48 };
static struct service many_services[SERVICES];

static void
many_services_of(struct arena *arena, struct rule *rule)
{
	(void)authority_of(arena, rule, 1);
	model.services = many_services;
	model.services_n = SERVICES;
	model.hosts_n = 0;
	for (unsigned i = 0; i < SERVICES; i++) {
		many_services[i] = services[0];
		many_services[i].name = arena_printf(arena, "s-%u", i);
		*names_slot(&model.service_by_name, arena, many_services[i].name) =
		    &many_services[i];
	}
}

/* One bit of 32 says where a rule may hold; with more services than that some share one. */
static void
limits__count_no_service_that_the_rule_does_not_name(void)
{
	for (size_t i = 0; i < SERVICES; i++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		str name = { 0 };
		struct rule rule = GRANT(BY_ALL, RESTART,
		    .on = { .services = { &name, 1 } }, .at_once = 1);
		many_services_of(&arena, &rule);
		name = many_services[i].name;
		const struct authority *authority = authority_new(&model, &arena);
		struct authority_request request = { .principal = STR("automation"),
			.action = &actions[0],
			.service = &many_services[i],
			.target = name,
			.params = UNIT,
			.incident_open = true,
			.wall = WALL,
			.at = AT };
		for (size_t k = 0; k < SERVICES; k++) {
			struct authority_use use = RESTARTING("", "", 0);
			use.service = use.target = many_services[k].name;
			struct authority_facts facts = { .uses = uses_of(&use, 1) };
			EXPECT((authority_verdict(authority, &request, &facts) ==
				   VERDICT_ALLOW) == (i != k));
		}
	}
}

/* Lists of scopes up to those that are long: a rule holds there and nowhere else, and what
 * is asked of memory is enough for a thousand of them. */
static void
index__finds_rules_by_scopes_of_any_length(void)
{
	enum { RULES = 1000 };
	static const size_t lengths[] = { 1, 2, 6, 32, 33, 40 };
	static struct rule rules[RULES];
	for (size_t i = 0; i < 2 * countof(lengths); i++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		size_t n = lengths[i / 2];
		str names[SERVICES];
		struct rule one = GRANT(BY_ALL, RESTART);
		many_services_of(&arena, &one);
		for (size_t k = 0; k < SERVICES; k++) {
			names[k] = many_services[k].name;
			many_services[k].system = arena_printf(&arena, "system-%zu", k);
		}
		bool systems = i % 2 != 0;
		for (size_t k = 0; systems && k < SERVICES; k++)
			names[k] = many_services[k].system;
		for (size_t k = 0; k < RULES; k++) {
			rules[k] = one;
			if (systems)
				rules[k].on.systems = (struct strs){ names, n };
			else
				rules[k].on.services = (struct strs){ names, n };
		}
		model.rules = rules;
		model.rules_n = RULES;
		struct arena_map map;
		struct arena own = arena_map(&map, authority_arena_bytes(&model));
		const struct authority *authority = authority_new(&model, &own);
		for (size_t k = 0; k < SERVICES; k++) {
			struct authority_request request = { .principal = STR("automation"),
				.action = &actions[0],
				.service = &many_services[k],
				.target = many_services[k].name,
				.params = UNIT,
				.incident_open = true,
				.wall = WALL,
				.at = AT };
			struct authority_facts facts = { 0 };
			EXPECT((authority_verdict(authority, &request, &facts) ==
				   VERDICT_ALLOW) == (k < n));
		}
		arena_unmap(&map);
	}
}

/* ---- questions ---- */

/* No room for what would have to be known, or for whom to ask about: less is said. */
static void
questions__say_less_in_a_full_arena(void)
{
	static char small[1024];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[] = { SCALE_WITH({ .param = S("replicas"),
				    .change = { DELTA_FACTOR, 2000, 0 } }),
		GRANT(TO(PERSON("ana"), AGENT("x")), RESTART, ON_TIER_1) };
	const struct authority *authority = authority_of(&arena, rules, countof(rules));
	struct authority_request request = { .principal = STR("automation"),
		.action = &actions[3],
		.service = &services[0],
		.target = STR("web-1"),
		.params = REPLICAS("4"),
		.incident_open = true,
		.wall = WALL,
		.at = AT };
	/* Its literal lives as long as this block. */
	const __typeof__(request.params) four = request.params;
	struct authority_facts facts = { 0 };
	size_t said = 0;
	for (size_t size = 0; size <= sizeof(small); size += 8) {
		struct arena tight = arena_over(small, size);
		struct authority_needs needs;
		struct authority_who who[8];
		request.action = &actions[3];
		authority_needs(authority, &request, &facts, &tight, &needs);
		EXPECT_U64(needs.observe_n, needs.observe != NULL);
		request.action = &actions[0];
		request.params = UNIT;
		tight = arena_over(small, size);
		size_t n = authority_who_can(authority, &request, &facts, &tight, who,
		    countof(who));
		request.params = four;
		EXPECT(n >= said);
		said = n;
	}
	EXPECT_U64(said, 2);
	arena_release(small, sizeof(small));
}

/* Where params are not judged, conditions about them are not either. */
static void
what_can__leaves_out_conditions_about_params(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rules[] = { GRANT(BY_ALL, SCALE, ON_TIER_1),
		RULE(APPROVAL, "many", 9, SCALE, .by = (struct principal[]){ TEAM },
		    .by_n = 1,
		    .when = &(
			struct when){ .param = S("replicas"), .op = WHEN_LT, .number = 1 },
		    .when_n = 1) };
	const struct authority *authority = authority_of(&arena, rules, countof(rules));
	struct authority_request request = { .principal = STR("automation"),
		.service = &services[0],
		.incident_open = true,
		.wall = WALL,
		.at = AT };
	struct authority_facts facts = { 0 };
	struct authority_can can[4];
	EXPECT_U64(authority_what_can(authority, &request, &facts, &arena, can, 4), 2);
	EXPECT(can[0].verdict == VERDICT_ALLOW);
	EXPECT(can[1].verdict == VERDICT_ALLOW);
}

static void
needs__are_hosts_only_where_one_can_tell(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rule = TIER_1_WITH(.keep_healthy = { .count = 1 });
	const struct authority *authority = authority_of(&arena, &rule, 1);
	struct authority_request request = { .principal = STR("automation"),
		.action = &actions[0],
		.service = &services[0],
		.target = STR("web-1"),
		.params = UNIT,
		.incident_open = true,
		.wall = WALL,
		.at = AT };
	struct authority_facts facts = { 0 };
	struct authority_needs needs;
	authority_needs(authority, &request, &facts, &arena, &needs);
	EXPECT_U64(needs.health_n, 4);
	services[0].healthy = NULL;
	authority_needs(authority, &request, &facts, &arena, &needs);
	EXPECT_U64(needs.health_n, 0);
	struct decided decision;
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	EXPECT_STR(decision.forward,
	    STR("write under 'healthy' of checkout how to tell that a host is well"));
}

/* Sixteen are named, and nobody says that they are too few. */
static void
approvers__are_sixteen_at_most(void)
{
	enum { MANY = 20 };
	struct arena arena = arena_over(memory, sizeof(memory));
	static struct person crowd[MANY];
	static struct principal by[MANY];
	struct rule rules[] = { TIER_1,
		RULE(APPROVAL, "look", 9, RESTART, .by = by, .by_n = MANY, .need = MANY) };
	(void)authority_of(&arena, rules, countof(rules));
	model.people = crowd;
	model.people_n = MANY;
	for (unsigned i = 0; i < MANY; i++) {
		crowd[i].id = arena_printf(&arena, "p%02u", i);
		by[i] = (struct principal){ .kind = PRINCIPAL_PERSON, .name = crowd[i].id };
		*names_slot(&model.person_by_name, &arena, crowd[i].id) = &crowd[i];
	}
	const struct authority *authority = authority_new(&model, &arena);
	struct authority_request request = { .principal = STR("automation"),
		.action = &actions[0],
		.service = &services[0],
		.target = STR("web-1"),
		.params = UNIT,
		.incident_open = true,
		.wall = WALL,
		.at = AT };
	struct authority_facts facts = { 0 };
	struct authority_decision decision;
	struct authority_answer answer;
	authority_decide(authority, &request, &facts, &decision);
	authority_explain(authority, &request, &facts, &decision, &arena, &answer);
	EXPECT_U64(answer.approvers.n, 16);
	EXPECT(!answer.too_few);
	EXPECT_STR(answer.approvers.p[15], STR("p15"));
}

int
main(void)
{
	RUN(names__of_these_tables_stand_on_one_list);
	RUN(limits__count_what_they_are_about);
	RUN(decide__tells_names_of_one_hash_apart);
	RUN(decide__takes_no_namesake_for_the_service);
	RUN(decide__takes_hosts_by_the_name_of_their_service);
	RUN(decide__knows_whoever_is_in_many_teams);
	RUN(approval__counts_a_team_that_is_not_in_force);
	RUN(limits__count_no_service_that_the_rule_does_not_name);
	RUN(index__finds_rules_by_scopes_of_any_length);
	RUN(questions__say_less_in_a_full_arena);
	RUN(what_can__leaves_out_conditions_about_params);
	RUN(needs__are_hosts_only_where_one_can_tell);
	RUN(approvers__are_sixteen_at_most);
	TEST_MAIN_END();
}
