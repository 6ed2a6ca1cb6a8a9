/* Limits of grants and of `limit` rules: each kind, what it counts, and when it gives way. */
#include "authority/uses.h"
#include "support/authority_rows.h"

#define USED(on, host, did, of, who, ago)                                             \
	{                                                                             \
		.service = S(on), .target = S(host), .action = S(did), .verb = S(of), \
		.principal = S(who), .at = AT - (ago)                                 \
	}
#define HELD(on, host, did, of, ago)                                                  \
	{                                                                             \
		.service = S(on), .target = S(host), .action = S(did), .verb = S(of), \
		.at = AT - (ago), .held = true                                        \
	}
#define LIMIT(...) RULE(LIMIT, "slowly", 9, RESTART, __VA_ARGS__)
#define WELL(...) .healthy_known = true, .healthy = STRS(__VA_ARGS__)

static const struct row actor[] = {
	{ .name = "what automation did, and what was done on its behalf",
	    .rules = { TIER_1_WITH(.per_actor = { 2, HOUR }) },
	    .uses = { USED("checkout", "web-2", "restart-unit", "restart", "automation",
			  20 * MINUTE),
		USED("checkout", "web-2", "restart-unit", "restart", "person:ana", MINUTE),
		{ .service = S("checkout"),
		    .target = S("web-3"),
		    .action = S("restart-unit"),
		    .verb = S("restart"),
		    .principal = S("agent:x"),
		    .behalf = STRS(S("person:mei"), S("automation")),
		    .at = AT - 10 * MINUTE } },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 2,
	    .limit = 2,
	    .free_at = WALL + 40 * MINUTE,
	    .text = "2 of 2 restarts by automation in 1h are used; free at 13:52 UTC",
	    .forward = "wait until then" },
	{ .name = "counts on every service that the rule covers, and on one that is gone",
	    .rules = { TIER_1_WITH(.per_actor = { 1, HOUR }) },
	    .uses = { USED("cart", "cart", "restart-unit", "restart", "automation", 0) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + HOUR,
	    .text = "1 of 1 restarts by automation in 1h is used; free at 14:12 UTC",
	    .forward = "wait until then" },
	{ .name = "does not count elsewhere, nor what is called otherwise",
	    .rules = { TIER_1_WITH(.per_actor = { 1, HOUR }) },
	    .uses = { USED("payments", "payments", "restart-unit", "restart", "automation",
			  0),
		USED("checkout", "web-2", "flush", "clear", "automation", 0) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .limit = 1,
	    .text = "'restart tier 1' covers it: 0 of 1 restarts by automation in 1h used "
		    "before this" },
	{ .name = "of each in the chain",
	    .rules = { GRANT(TO(AGENT("x"), PERSON("ana")), RESTART, ON_TIER_1,
		.per_actor = { 1, HOUR }) },
	    .principal = "agent:x",
	    .behalf = STRS(S("person:ana")),
	    .uses = { USED("checkout", "web-2", "restart-unit", "restart", "person:ana",
		30 * MINUTE) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + 30 * MINUTE,
	    .text = "1 of 1 restarts by ana in 1h is used; free at 13:42 UTC",
	    .forward = "wait until then" },
};

static const struct row targets[] = {
	{ .name = "a third host",
	    .rules = { TIER_1_WITH(.targets = { .count = 2 }, .targets_window_ms = HOUR) },
	    .uses = { RESTARTED("checkout", "web-2", 5 * MINUTE),
		RESTARTED("checkout", "web-2", 10 * MINUTE),
		RESTARTED("checkout", "web-3", 20 * MINUTE) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 2,
	    .limit = 2,
	    .free_at = WALL + 40 * MINUTE,
	    .text = "2 of 2 targets of checkout in 1h are used; free at 13:52 UTC",
	    .forward = "wait until then" },
	{ .name = "the same host again is none more",
	    .rules = { TIER_1_WITH(.targets = { .count = 2 }, .targets_window_ms = HOUR) },
	    .uses = { RESTARTED("checkout", "web-1", MINUTE),
		RESTARTED("checkout", "web-2", MINUTE) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .value = 1,
	    .limit = 2,
	    .text = "'restart tier 1' covers it: 1 of 2 targets of checkout in 1h used "
		    "before this" },
	{ .name = "hosts of another role or place are another group",
	    .rules = { TIER_1_WITH(.targets = { .count = 1 }, .targets_window_ms = HOUR) },
	    .uses = { RESTARTED("checkout", "db-1", MINUTE),
		RESTARTED("checkout", "stage-1", MINUTE) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .limit = 1,
	    .text = "'restart tier 1' covers it: 0 of 1 targets of checkout in 1h used "
		    "before this" },
	{ .name = "a host that is gone may have been of the group",
	    .rules = { TIER_1_WITH(.targets = { .count = 1 }, .targets_window_ms = HOUR) },
	    .uses = { RESTARTED("checkout", "web-0", MINUTE) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + 59 * MINUTE,
	    .text = "1 of 1 targets of checkout in 1h is used; free at 14:11 UTC",
	    .forward = "wait until then" },
	{ .name = "a percent is rounded down: 30% of 4 is 1",
	    .rules = { TIER_1_WITH(.targets = { .percent = 30 },
		.targets_window_ms = HOUR) },
	    .uses = { RESTARTED("checkout", "web-2", 0) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + HOUR,
	    .text = "1 of 1 targets of checkout in 1h is used; free at 14:12 UTC",
	    .forward = "wait until then" },
	{ .name = "24% of 4 is none",
	    .rules = { TIER_1_WITH(.targets = { .percent = 24 },
		.targets_window_ms = HOUR) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .text = "0 of 0 targets of checkout in 1h are used",
	    .forward = "ask ana, who owns 'restart tier 1': its limit leaves nothing" },
	{ .name = "the service stands for all its hosts",
	    .target = "checkout",
	    .rules = { TIER_1_WITH(.targets = { .count = 2 }, .targets_window_ms = HOUR) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .limit = 2,
	    .text = "checkout stands for its 6 hosts, and 2 are allowed in 1h",
	    .forward = "name single hosts of checkout" },
	{ .name = "after the whole service every host is met",
	    .rules = { TIER_1_WITH(.targets = { .count = 3 }, .targets_window_ms = HOUR) },
	    .uses = { RESTARTED("checkout", "checkout", MINUTE) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 3,
	    .limit = 3,
	    .free_at = WALL + 59 * MINUTE,
	    .text = "3 of 3 targets of checkout in 1h are used; free at 14:11 UTC",
	    .forward = "wait until then" },
	{ .name = "a service without hosts is one target",
	    .service = &services[1],
	    .target = "payments",
	    .rules = { GRANT(BY_ALL, RESTART, .targets = { .count = 1 },
		.targets_window_ms = HOUR) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .limit = 1,
	    .text = "'restart tier 1' covers it: 0 of 1 targets of payments in 1h used "
		    "before this" },
};

static const struct row spacing[] = {
	{ .name = "too soon",
	    .rules = { TIER_1_WITH(.spacing_ms = 10 * MINUTE) },
	    .uses = { RESTARTED("checkout", "web-2", 4 * MINUTE + 30 * SECOND),
		RESTARTED("checkout", "web-2", 9 * MINUTE) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 4 * MINUTE + 30 * SECOND,
	    .limit = 10 * MINUTE,
	    .free_at = WALL + 5 * MINUTE + 30 * SECOND,
	    .text = "restarts of checkout must be 10m apart, and the last was 4m ago; free "
		    "at 13:18 UTC",
	    .forward = "wait until then" },
	{ .name = "exactly as old",
	    .rules = { TIER_1_WITH(.spacing_ms = 10 * MINUTE) },
	    .uses = { RESTARTED("checkout", "web-2", 10 * MINUTE),
		RESTARTED("payments", "payments", 0) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
};

static const struct row beside[] = {
	{ .name = "by verb",
	    .rules = { TIER_1_WITH(.not_beside = STRS(S("scale"))) },
	    .uses = { HELD("checkout", "checkout", "scale-in", "scale", HOUR) },
	    .only_at_once = true,
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .text = "scale-in on checkout is under way, and restart-unit may not begin "
		    "beside it",
	    .forward = "wait until what is under way has ended" },
	{ .name = "not on another service, not what has ended, not another verb",
	    .rules = { TIER_1_WITH(.not_beside = STRS(S("scale"))) },
	    .uses = { HELD("payments", "payments", "scale-in", "scale", HOUR),
		USED("checkout", "checkout", "scale-in", "scale", "automation", 0),
		HELD("checkout", "web-2", "flush", "clear", 0) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
};

static const struct row healthy[] = {
	{ .name = "as many as must be",
	    .rules = { TIER_1_WITH(.keep_healthy = { .percent = 50 }) },
	    WELL(S("web-1"), S("web-2"), S("web-3")),
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "a percent is rounded up: 51% of 4 is 3",
	    .rules = { TIER_1_WITH(.keep_healthy = { .percent = 51 }) },
	    WELL(S("web-1"), S("web-2"), S("web-3")),
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 2,
	    .limit = 3,
	    .text = "2 of 4 hosts of checkout would stay healthy, and 3 must",
	    .forward = "wait until more hosts of checkout are healthy" },
	{ .name = "one in work is not healthy afterwards",
	    .rules = { TIER_1_WITH(.keep_healthy = { .count = 2 }) },
	    .uses = { HELD("checkout", "web-3", "flush", "clear", HOUR) },
	    WELL(S("web-1"), S("web-2"), S("web-3")),
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 2,
	    .text = "1 of 4 hosts of checkout would stay healthy, and 2 must",
	    .forward = "wait until more hosts of checkout are healthy" },
	{ .name = "while all of the service is in work none is",
	    .rules = { TIER_1_WITH(.keep_healthy = { .count = 1 }) },
	    .uses = { HELD("checkout", "checkout", "flush", "clear", HOUR) },
	    WELL(S("web-1"), S("web-2"), S("web-3")),
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .limit = 1,
	    .text = "0 of 4 hosts of checkout would stay healthy, and 1 must",
	    .forward = "wait until more hosts of checkout are healthy" },
	{ .name = "named twice, and hosts of other groups",
	    .rules = { TIER_1_WITH(.keep_healthy = { .count = 2 }) },
	    WELL(S("web-2"), S("stage-1"), S("web-2"), S("db-1"), S("web-9"), S("web-2")),
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 2,
	    .text = "1 of 4 hosts of checkout would stay healthy, and 2 must",
	    .forward = "wait until more hosts of checkout are healthy" },
	{ .name = "nobody knows",
	    .rules = { TIER_1_WITH(.keep_healthy = { .percent = 60 }) },
	    .kind = REASON_UNKNOWN,
	    .line = 3,
	    .text = "'restart tier 1' keeps 60% of the hosts of checkout healthy, and "
		    "nobody knows how many are",
	    .forward = "the health of its hosts could not be read",
	    .needs = "web-1 web-2 web-3 web-4" },
	{ .name = "nobody knows, and it is denied anyhow: nothing is asked for",
	    .rules = { TIER_1_WITH(.keep_healthy = { .percent = 60 }),
		RULE(PROHIBITION, "never", 9, .any = true) },
	    .kind = REASON_UNKNOWN,
	    .line = 3,
	    .text = "'restart tier 1' keeps 60% of the hosts of checkout healthy, and "
		    "nobody knows how many are",
	    .forward = "the health of its hosts could not be read" },
	{ .name = "without hosts",
	    .service = &services[1],
	    .target = "payments",
	    .rules = { GRANT(BY_ALL, RESTART, .keep_healthy = { .count = 1 }) },
	    WELL(S("payments")),
	    .kind = REASON_UNKNOWN,
	    .line = 3,
	    .text = "'restart tier 1' keeps 1 of the hosts of payments healthy, and it has "
		    "none",
	    .forward = "ask ana, who owns 'restart tier 1': it asks for hosts" },
	{ .name = "all of them at once",
	    .target = "checkout",
	    .rules = { TIER_1_WITH(.keep_healthy = { .count = 1 }) },
	    WELL(S("web-1"), S("web-2")),
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .limit = 1,
	    .text = "checkout stands for its 6 hosts, and 1 must stay healthy",
	    .forward = "name single hosts of checkout" },
};

static const struct row rules[] = {
	{ .name = "a limit holds for everyone",
	    .rules = { TIER_1, LIMIT(.per_service = { 1, HOUR }) },
	    .uses = { RESTARTED("checkout", "web-2", 0) },
	    .kind = REASON_LIMIT,
	    .line = 9,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + HOUR,
	    .text = "1 of 1 restarts of checkout in 1h is used; free at 14:12 UTC",
	    .forward = "wait until then" },
	{ .name = "a limit with room is not told",
	    .rules = { TIER_1, LIMIT(.per_service = { 2, HOUR }) },
	    .uses = { RESTARTED("checkout", "web-2", 0) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "a limit for others",
	    .rules = { TIER_1, LIMIT(TO(PERSON("ana")), .per_service = { 1, HOUR }) },
	    .uses = { RESTARTED("checkout", "web-2", 0) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "a limit for one of the chain",
	    .rules = { GRANT(TO(AGENT("x"), PERSON("ana")), RESTART, ON_TIER_1),
		LIMIT(TO(PERSON("ana")), .per_service = { 1, HOUR }) },
	    .principal = "agent:x",
	    .behalf = STRS(S("person:ana")),
	    .uses = { RESTARTED("checkout", "web-2", 0) },
	    .kind = REASON_LIMIT,
	    .line = 9,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + HOUR,
	    .text = "1 of 1 restarts of checkout in 1h is used; free at 14:12 UTC",
	    .forward = "wait until then" },
	{ .name = "a limit of anything",
	    .rules = { TIER_1,
		RULE(LIMIT, "slowly", 9, .any = true, .per_actor = { 2, HOUR }) },
	    .uses = { USED("checkout", "web-2", "flush", "clear", "automation", MINUTE),
		USED("ledger", "ledger", "scale-web", "scale", "automation", 0) },
	    .kind = REASON_LIMIT,
	    .line = 9,
	    .value = 2,
	    .limit = 2,
	    .free_at = WALL + 59 * MINUTE,
	    .text = "2 of 2 actions under this limit by automation in 1h are used; free at "
		    "14:11 UTC",
	    .forward = "wait until then" },
	{ .name = "a limit is over, has not begun, or is for another place",
	    .rules = { TIER_1, LIMIT(.per_service = { 1, HOUR }, .until_wall = WALL),
		LIMIT(.per_service = { 1, HOUR }, .from_wall = WALL + 1),
		LIMIT(.per_service = { 1, HOUR },
		    .on = { .environments = STRS(S("staging")) }) },
	    .uses = { RESTARTED("checkout", "web-2", 0) },
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 3,
	    .text = "'restart tier 1' covers it" },
	{ .name = "a limit for the place where the host stands",
	    .target = "stage-1",
	    .rules = { TIER_1, LIMIT(.per_service = { 1, HOUR },
				   .on = { .environments = STRS(S("staging")) }) },
	    .uses = { RESTARTED("checkout", "web-2", 0) },
	    .kind = REASON_LIMIT,
	    .line = 9,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + HOUR,
	    .text = "1 of 1 restarts of checkout in 1h is used; free at 14:12 UTC",
	    .forward = "wait until then" },
	{ .name = "the last of all limits gives the next slot",
	    .rules = { TIER_1_WITH(.per_service = { 1, HOUR }),
		LIMIT(.spacing_ms = 2 * HOUR) },
	    .uses = { RESTARTED("checkout", "web-2", 0) },
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .free_at = WALL + HOUR,
	    .text = "1 of 1 restarts of checkout in 1h is used; free at 14:12 UTC",
	    .forward = "next slot at 15:12 UTC" },
};

static void
decide__counts_what_an_actor_did(void)
{
	CHECK_ROWS(actor);
}

static void
decide__counts_different_targets(void)
{
	CHECK_ROWS(targets);
}

static void
decide__keeps_uses_apart_in_time(void)
{
	CHECK_ROWS(spacing);
}

static void
decide__begins_nothing_beside_what_excludes_it(void)
{
	CHECK_ROWS(beside);
}

static void
decide__keeps_hosts_healthy(void)
{
	CHECK_ROWS(healthy);
}

static void
decide__holds_limits_that_are_no_grants(void)
{
	CHECK_ROWS(rules);
}

static void
uses__are_found_whatever_the_order_they_came_in(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule rule = TIER_1_WITH(.per_service = { 2, HOUR });
	struct authority *authority = authority_of(&arena, &rule, 1);
	static struct authority_uses index;
	static struct authority_use uses[] = { RESTARTED("checkout", "web-2", MINUTE),
		RESTARTED("checkout", "web-3", 30 * MINUTE),
		RESTARTED("checkout", "web-4", 2 * HOUR),
		RESTARTED("checkout", "web-1", 10 * MINUTE) };
	static struct row row;
	struct authority_request request = row_request(&row);
	struct authority_facts facts = { .uses = &index };
	struct decided decision;
	authority_uses_init(&index);
	for (size_t i = 0; i < countof(uses); i++)
		authority_uses_add(&index, &uses[i]);
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	EXPECT_U64(decision.reasons[0].value, 3);
	EXPECT_U64(decision.reasons[0].free_at, WALL + 50 * MINUTE);
	authority_uses_remove(&uses[3]);
	authority_uses_remove(&uses[0]);
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	EXPECT(decision.verdict == VERDICT_ALLOW);
	EXPECT_U64(decision.reasons[0].value, 1);
}

/* Of n that are under way in turn on checkout, payments, ledger and on one that is gone, each
 * restarted, scaled and cleared in turn: so many does a restart of checkout meet. */
static uint64_t
met_at_once(struct scope on, struct strs may, size_t n)
{
	static const char *const places[] = { "checkout", "payments", "ledger", "cart" };
	static const char *const deeds[][2] = { { "restart-unit", "restart" },
		{ "scale-web", "scale" }, { "flush", "clear" } };
	struct arena arena = arena_over(memory, sizeof(memory));
	struct rule two[] = { TIER_1,
		RULE(LIMIT, "slowly", 9, .may = may, .on = on, .at_once = 1) };
	struct authority *authority = authority_of(&arena, two, countof(two));
	struct authority_use *uses = arena_new(&arena, struct authority_use, n + 1);
	static struct authority_uses index;
	static struct row row;
	struct authority_request request = row_request(&row);
	struct authority_facts facts = { .uses = &index };
	struct decided decision;
	authority_uses_init(&index);
	for (size_t i = 0; i < n; i++) {
		str place = str_of(places[i % countof(places)]);
		uses[i] = (struct authority_use){ .service = place,
			.target = place,
			.action = str_of(deeds[i % countof(deeds)][0]),
			.verb = str_of(deeds[i % countof(deeds)][1]),
			.at = AT - (n - i),
			.held = true };
		authority_uses_add(&index, &uses[i]);
	}
	decide_and_explain(authority, &request, &facts, &arena, &decision);
	return decision.verdict == VERDICT_ALLOW ? 0 : decision.reasons[0].value;
}

static void
at_once__counts_all_that_is_under_way_where_the_rule_is_about(void)
{
	static str restart[] = { S("restart") },
		   three[] = { S("restart"), S("flush"), S("scale-web") };
	static str two[] = { S("checkout"), S("ledger") }, shop[] = { S("shop") };
	static str checkout[] = { S("checkout") };
	static const struct {
		const char *name;
		struct scope on;
		size_t every; /* of 4 places: a bit each; one that is gone always counts */
	} scopes[] = {
		{ "everywhere", { .tiers = 0 }, 15 },
		{ "one service", { .services = { checkout, 1 } }, 1 | 8 },
		{ "two services", { .services = { two, 2 } }, 1 | 4 | 8 },
		{ "a system", { .systems = { shop, 1 } }, 1 | 2 | 8 },
		{ "tiers", { .tiers = 1 << 1 | 1 << 3 }, 1 | 4 | 8 },
		{ "a system, of which one tier",
		    { .systems = { shop, 1 }, .tiers = 1 << 1 }, 1 | 8 },
		{ "two services, of which one system",
		    { .services = { two, 2 }, .systems = { shop, 1 } }, 1 | 8 },
	};
	static const size_t counts[] = { 0, 1, 15, 16, 17, 40 };
	for (size_t i = 0; i < countof(scopes); i++) {
		test_row = scopes[i].name;
		for (size_t k = 0; k < countof(counts); k++) {
			uint64_t restarts = 0, all = 0;
			for (size_t use = 0; use < counts[k]; use++) {
				all += scopes[i].every >> use % 4 & 1;
				restarts +=
				    use % 3 == 0 && (scopes[i].every >> use % 4 & 1);
			}
			EXPECT_U64(met_at_once(scopes[i].on, (struct strs){ restart, 1 },
				       counts[k]),
			    restarts);
			EXPECT_U64(met_at_once(scopes[i].on, (struct strs){ three, 3 },
				       counts[k]),
			    all);
		}
	}
	test_row = NULL;
}

/* What is called otherwise counts for nothing, whichever bit its name has. */
static void
uses__are_told_apart_by_more_than_a_bit(void)
{
	static char other[16];
	unsigned at = 0;
	do
		(void)snprintf(other, sizeof(other), "v%u", at++);
	while (word_bit(name_hash(str_of(other))) != word_bit(name_hash(STR("restart"))));
	const struct {
		const char *name;
		struct strs may;
	} called[] = {
		{ "of one word", STRS(S("restart")) },
		{ "of two", STRS(S("restart"), S("flush")) },
		{ "of more", STRS(S("restart"), S("flush"), S("scale-web")) },
	};
	for (size_t i = 0; i < countof(called); i++) {
		struct row row = { .name = called[i].name,
			.rules = { TIER_1, RULE(LIMIT, "slowly", 9, .at_once = 1) },
			.uses = { HELD("checkout", "web-2", "restart-unit", "restart",
			    HOUR) },
			.kind = REASON_LIMIT,
			.line = 9,
			.value = 1,
			.limit = 1,
			.only_at_once = true,
			.text =
			    i == 0 ? "1 of 1 restarts at once is under way"
				   : "1 of 1 actions under this limit at once is under way",
			.forward = "wait until what is under way has ended" };
		row.rules[1].may = called[i].may;
		test_row = row.name;
		check_row(&row);
		row.uses[0].action = row.uses[0].verb = str_of(other);
		row.verdict = VERDICT_ALLOW;
		row.kind = REASON_GRANT;
		row.line = 3;
		row.value = row.limit = 0;
		row.only_at_once = false;
		row.text = "'restart tier 1' covers it";
		row.forward = NULL;
		check_row(&row);
	}
	test_row = NULL;
}

int
main(void)
{
	RUN(decide__counts_what_an_actor_did);
	RUN(decide__counts_different_targets);
	RUN(decide__keeps_uses_apart_in_time);
	RUN(decide__begins_nothing_beside_what_excludes_it);
	RUN(decide__keeps_hosts_healthy);
	RUN(decide__holds_limits_that_are_no_grants);
	RUN(at_once__counts_all_that_is_under_way_where_the_rule_is_about);
	RUN(uses__are_found_whatever_the_order_they_came_in);
	RUN(uses__are_told_apart_by_more_than_a_bit);
	TEST_MAIN_END();
}
