/*
 * What is claimed of two rules without a request is a proof: each thing that it hangs on,
 * with it and without it.
 */
#include "authority/analysing.h"
#include "authority/internal.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

static const char base[] =
    "fallback: ops\n"
    "prometheus: http://localhost:9090\n"
    "channels:\n"
    "  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n"
    "people:\n"
    "  ana: {reach: [pager]}\n"
    "  mei: {reach: [pager]}\n"
    "  zoe: {reach: [pager]}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], handover: 'Mon 09:00'}]\n"
    "    lead: mei\n"
    "services:\n"
    "  web: {owner: ops, system: shop, tier: 1, environment: production, healthy: "
    "{promql: up, expect: '== 1'}}\n"
    "  books: {owner: ops, system: office, tier: 2, environment: staging}\n"
    "hosts:\n"
    "  web-3: {service: web, environment: attic}\n"
    "  web-1: {service: web}\n"
    "  web-2: {service: web, environment: staging}\n"
    "  books-1: {service: books, environment: attic}\n"
    "actions:\n"
    "  restart: {verb: restart, params: {unit: {type: string, pattern: '[a-z]+'}}, run: "
    "[act]}\n"
    "  scale:\n"
    "    verb: scale\n"
    "    params: {n: {type: integer, min: 1, max: 100}, m: {type: integer, min: 1, max: "
    "100}}\n"
    "    run: [act]\n"
    "    observe: {n: {promql: up}, m: {promql: up}}\n"
    "calendars:\n"
    "  now: {zone: UTC, spans: [{from: 2026-11-23, until: 2026-11-23}]}\n"
    "  soon: {zone: UTC, spans: [{from: 2026-12-01, until: 2026-12-02}]}\n"
    "  far: {zone: UTC, spans: [{from: 2020-01-01, until: 2020-01-02}, {from: 2029-01-01, "
    "until: 2029-01-02}]}\n"
    "  past: {zone: UTC, spans: [{from: 2020-01-01, until: 2020-01-02}]}\n"
    "  over: {zone: UTC, spans: [{from: 2026-11-01, until: '2026-11-23 13:12'}]}\n"
    "  last: {zone: UTC, spans: [{from: 2026-11-01, until: '2026-11-23 13:13'}]}\n";

static struct config config;

static const struct model *
load(const char *rules)
{
	char text[4096];
	(void)snprintf(text, sizeof(text), "authority:\n%s", rules);
	config_open(&config);
	config_add(&config, "a.yaml", base);
	config_add(&config, "b.yaml", text);
	const struct model *model = config_load(&config);
	if (model == NULL)
		(void)fprintf(stderr, "%s: %.*s\n", test_row,
		    STR_ARG(config_faults(&config)));
	ASSERT(model != NULL);
	return model;
}

/* The first and the second of its rules. */
static const struct model *
load_both(const char *one, const char *other)
{
	char rules[4096];
	(void)snprintf(rules, sizeof(rules), "  - {%s}\n  - {%s}\n", one, other);
	return load(rules);
}

#define GRANT(rest) "grant: g, to: [ana], may: [scale, restart], owner: mei, " rest
#define UNTIL ", until: 2027-06-30"
#define ON(on) GRANT("on: {" on "}" UNTIL)
#define WITHIN(within) GRANT("on: {tier: 1}, within: {" within "}" UNTIL)
#define PROHIBIT(rest) "prohibit: p, may: any" rest

struct two {
	const char *name, *wide, *narrow;
	bool yes;
};

/* ---- limits ---- */

static void
limits__are_there_when_any_is_written(void)
{
	static const char *const rows[] = { "per_service: 1 in 1h", "per_target: 1 in 1h",
		"per_actor: 1 in 1h", "at_once: 1", "targets: 1 in 1h",
		"targets: 10% in 1h", "keep_healthy: 1", "keep_healthy: 10%", "spacing: 1m",
		"not_beside: [scale]" };
	for (size_t i = 0; i < countof(rows); i++) {
		char rule[512];
		test_row = rows[i];
		(void)snprintf(rule, sizeof(rule),
		    "  - {" GRANT("on: {tier: 1}" UNTIL ", within: {%s}") "}\n", rows[i]);
		EXPECT(rule_limits(&load(rule)->rules[0]));
		config_close(&config);
	}
	test_row = "none";
	EXPECT(!rule_limits(&load("  - {" ON("tier: 1") "}\n")->rules[0]));
	config_close(&config);
	test_row = NULL;
}

#define LIMIT(for_, on, within) \
	"limit: l, for: " for_ ", on: {" on "}, within: {" within "}"
#define OF(within) LIMIT("any", "tier: 1", within)
#define COUNTS(on) LIMIT("any", on, "at_once: 1")
/* wide: what is bounded more tightly */
static const struct two limit_rows[] = {
	{ "alike",
	    OF("per_service: 1 in 1h, per_target: 1 in 1h, per_actor: 1 in 1h, at_once: "
	       "1, targets: 1 in 1h, keep_healthy: 1, spacing: 1m, not_beside: [scale]"),
	    OF("per_service: 1 in 1h, per_target: 1 in 1h, per_actor: 1 in 1h, at_once: 1, "
	       "targets: 1 in 1h, keep_healthy: 1, spacing: 1m, not_beside: [scale]"),
	    true },
	{ "all of it for none", OF("per_service: 1 in 1h"), ON("tier: 1"), true },
	/* counts as much */
	{ "any deed, of two", LIMIT("any", "tier: 1", "at_once: 1"),
	    LIMIT("[scale]", "tier: 1", "at_once: 1"), true },
	{ "the same deed", LIMIT("[scale]", "tier: 1", "at_once: 1"),
	    LIMIT("[scale]", "tier: 1", "at_once: 1"), true },
	{ "one deed, of any", LIMIT("[scale]", "tier: 1", "at_once: 1"),
	    LIMIT("any", "tier: 1", "at_once: 1"), false },
	{ "another deed", LIMIT("[scale]", "tier: 1", "at_once: 1"),
	    LIMIT("[restart]", "tier: 1", "at_once: 1"), false },
	{ "the service among others", COUNTS("service: [web, books]"),
	    COUNTS("service: [web]"), true },
	{ "a service, of all", COUNTS("service: web"), COUNTS("tier: 1"), false },
	{ "another service", COUNTS("service: web"), COUNTS("service: books"), false },
	{ "another system", COUNTS("system: shop"), COUNTS("system: office"), false },
	{ "another environment", COUNTS("environment: production"),
	    COUNTS("environment: staging"), false },
	{ "all tiers", COUNTS("system: shop"), COUNTS("tier: 1, system: shop"), true },
	{ "a tier, of all", COUNTS("tier: 1"), COUNTS("service: web"), false },
	{ "another tier", COUNTS("tier: 1"), COUNTS("tier: 2"), false },
	{ "a tier more", COUNTS("tier: [1, 2]"), COUNTS("tier: 1"), true },
	/* rates */
	{ "a rate that the other has not", OF("at_once: 1"), OF("per_service: 1 in 1h"),
	    false },
	{ "a higher rate", OF("per_service: 2 in 1h"), OF("per_service: 1 in 1h"), false },
	{ "a shorter window", OF("per_service: 1 in 30m"), OF("per_service: 1 in 1h"),
	    false },
	{ "fewer, for longer", OF("per_service: 1 in 2h"), OF("per_service: 2 in 1h"),
	    true },
	{ "more of a target", OF("per_target: 2 in 1h"), OF("per_target: 1 in 1h"), false },
	{ "more of an actor", OF("per_actor: 2 in 1h"), OF("per_actor: 1 in 1h"), false },
	{ "at once, which the other has not", OF("spacing: 1m"), OF("at_once: 1"), false },
	{ "more at once", OF("at_once: 2"), OF("at_once: 1"), false },
	{ "fewer at once", OF("at_once: 1"), OF("at_once: 2"), true },
	/* shares */
	{ "targets, which the other has not", OF("at_once: 1"), OF("targets: 1 in 1h"),
	    false },
	{ "more targets", OF("targets: 2 in 1h"), OF("targets: 1 in 1h"), false },
	{ "targets, of a percent", OF("targets: 2 in 1h"), OF("targets: 20% in 1h"),
	    false },
	{ "a percent, of none", OF("at_once: 1"), OF("targets: 20% in 1h"), false },
	{ "a higher percent", OF("targets: 30% in 1h"), OF("targets: 20% in 1h"), false },
	{ "a lower percent", OF("targets: 10% in 1h"), OF("targets: 20% in 1h"), true },
	{ "a shorter window of targets", OF("targets: 1 in 30m"), OF("targets: 1 in 1h"),
	    false },
	{ "fewer healthy", OF("keep_healthy: 1"), OF("keep_healthy: 2"), false },
	{ "more healthy", OF("keep_healthy: 2"), OF("keep_healthy: 1"), true },
	{ "healthy ones, of a percent", OF("keep_healthy: 2"), OF("keep_healthy: 20%"),
	    false },
	{ "a lower percent healthy", OF("keep_healthy: 10%"), OF("keep_healthy: 20%"),
	    false },
	{ "a higher percent healthy", OF("keep_healthy: 30%"), OF("keep_healthy: 20%"),
	    true },
	{ "less apart", OF("spacing: 1m"), OF("spacing: 2m"), false },
	{ "beside other things", OF("not_beside: [scale]"), OF("not_beside: [restart]"),
	    false },
};

static void
limits__imply_what_is_no_tighter_and_counts_no_more(void)
{
	for (size_t i = 0; i < countof(limit_rows); i++) {
		const struct two *row = &limit_rows[i];
		test_row = row->name;
		const struct model *model = load_both(row->wide, row->narrow);
		EXPECT(limits_imply(&model->rules[0], &model->rules[1]) == row->yes);
		config_close(&config);
	}
	test_row = NULL;
}

/* ---- bounds ---- */

#define WITH(with) GRANT("on: {tier: 1}" UNTIL ", with: {" with "}")
static const struct two bound_rows[] = {
	{ "nothing is bounded", ON("tier: 1"), WITH("n: {max: 9}"), true },
	{ "the other bounds nothing", WITH("n: {max: 9}"), ON("tier: 1"), false },
	{ "the other bounds something else", WITH("n: {max: 9}"), WITH("m: {max: 9}"),
	    false },
	{ "all alike",
	    WITH("n: {min: 2, max: 9, change: 2x}, unit: {one_of: [a, b], like: '?'}"),
	    WITH("n: {min: 2, max: 9, change: 2x}, unit: {one_of: [a, b], like: '?'}"),
	    true },
	{ "less at least", WITH("n: {min: 3}"), WITH("n: {min: 2}"), false },
	{ "no least", WITH("n: {min: 3}"), WITH("n: {max: 9}"), false },
	{ "more at least", WITH("n: {min: 2}"), WITH("n: {min: 3}"), true },
	{ "more at most", WITH("n: {max: 8}"), WITH("n: {max: 9}"), false },
	{ "no most", WITH("n: {max: 9}"), WITH("n: {min: 3}"), false },
	{ "one of fewer", WITH("unit: {one_of: [a, b]}"), WITH("unit: {one_of: [b]}"),
	    true },
	{ "one of others", WITH("unit: {one_of: [a]}"), WITH("unit: {one_of: [b]}"),
	    false },
	{ "one of no list", WITH("unit: {one_of: [a]}"), WITH("unit: {like: 'a*'}"),
	    false },
	{ "values that are like it", WITH("unit: {like: 'a*'}"),
	    WITH("unit: {one_of: [a, ab]}"), true },
	{ "a value that is not like it", WITH("unit: {like: 'a*'}"),
	    WITH("unit: {one_of: [a, b]}"), false },
	{ "the first value is not like it", WITH("unit: {like: 'a*'}"),
	    WITH("unit: {one_of: [b, a]}"), false },
	{ "like something else", WITH("unit: {like: 'a*'}"), WITH("unit: {like: 'ab*'}"),
	    false },
	{ "like one letter", WITH("unit: {like: a}"), WITH("unit: {like: b}"), false },
	{ "just as much at least", WITH("n: {min: 3}"), WITH("n: {min: 3}"), true },
	{ "just as much at most", WITH("n: {max: 9}"), WITH("n: {max: 9}"), true },
	{ "no change", WITH("n: {change: 2x}"), WITH("n: {max: 9}"), false },
	{ "the same change", WITH("n: {change: 2x}"), WITH("n: {change: 2x}"), true },
	{ "a change by a percent", WITH("n: {change: 2x}"), WITH("n: {change: 200%}"),
	    false },
	{ "another factor", WITH("n: {change: 2x}"), WITH("n: {change: 3x}"), false },
	{ "another number", WITH("n: {change: 2}"), WITH("n: {change: 3}"), false },
};

static void
bounds__imply_what_lets_no_less_through(void)
{
	for (size_t i = 0; i < countof(bound_rows); i++) {
		const struct two *row = &bound_rows[i];
		test_row = row->name;
		const struct model *model = load_both(row->wide, row->narrow);
		EXPECT(bounds_imply(&model->rules[1], &model->rules[0]) == row->yes);
		config_close(&config);
	}
	test_row = NULL;
}

/* ---- services ---- */

static void
rules__cover_services_that_are_all_that_they_ask_for(void)
{
	static const struct {
		const char *name, *rule, *service;
		bool yes;
	} rows[] = {
		{ "its name", ON("service: web"), "web", true },
		{ "another name", ON("service: books"), "web", false },
		{ "its system", ON("system: shop"), "web", true },
		{ "another system", ON("system: office"), "web", false },
		{ "its tier", ON("tier: 1"), "web", true },
		{ "another tier", ON("tier: 2"), "web", false },
		{ "its environment", ON("environment: production"), "web", true },
		{ "a host's environment is not enough for a grant",
		    ON("environment: attic"), "web", false },
		{ "it is for a prohibition", PROHIBIT(", on: {environment: attic}"), "web",
		    true },
		{ "of another host, too", PROHIBIT(", on: {environment: staging}"), "web",
		    true },
		{ "of no host of this service", PROHIBIT(", on: {environment: production}"),
		    "books", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char rule[512];
		test_row = rows[i].name;
		(void)snprintf(rule, sizeof(rule), "  - {%s}\n", rows[i].rule);
		const struct model *model = load(rule);
		const struct service *service =
		    model_service(model, str_of(rows[i].service));
		EXPECT(
		    rule_covers_service(model, &model->rules[0], service) == rows[i].yes);
		config_close(&config);
	}
	test_row = NULL;
}

/* Of web: hosts in production, staging and attic. */
static const struct two place_rows[] = {
	{ "everywhere", ON("service: web"), ON("service: web"), true },
	{ "another service", ON("service: books"), ON("service: web"), false },
	{ "not where the service is", ON("environment: staging"), ON("service: web"),
	    false },
	{ "not where a host of it is", ON("environment: [production, staging]"),
	    ON("service: web"), false },
	{ "where all are that the other covers", ON("environment: [production, staging]"),
	    ON("environment: [production, staging]"), true },
	{ "a prohibition of the service's environment is one of all its hosts",
	    PROHIBIT(", on: {environment: production}"), ON("service: web"), true },
};

static void
rules__cover_all_of_a_service_where_all_its_hosts_are(void)
{
	for (size_t i = 0; i < countof(place_rows); i++) {
		const struct two *row = &place_rows[i];
		test_row = row->name;
		const struct model *model = load_both(row->wide, row->narrow);
		EXPECT(covers_service_of(model, &model->rules[0], &model->rules[1],
			   model_service(model, STR("web"))) == row->yes);
		config_close(&config);
	}
	test_row = NULL;
}

/* ---- principals ---- */

#define TO(who) "prohibit: p, may: any, to: [" who "]"
static const struct two principal_rows[] = {
	{ "automation", TO("automation"), TO("automation"), true },
	{ "the same person", TO("ana"), TO("ana"), true },
	{ "another person", TO("ana"), TO("mei"), false },
	{ "a member", TO("team: ops"), TO("ana"), true },
	{ "the lead", TO("team: ops"), TO("mei"), true },
	{ "no member", TO("team: ops"), TO("zoe"), false },
	{ "a member for all of the team", TO("ana"), TO("team: ops"), false },
	{ "an agent of the name of a member", TO("team: ops"), TO("agent: ana"), false },
	{ "who is on duty may be no member", TO("team: ops"), TO("on-duty: ops"), false },
};

static void
principals__cover_members_of_their_teams(void)
{
	for (size_t i = 0; i < countof(principal_rows); i++) {
		const struct two *row = &principal_rows[i];
		test_row = row->name;
		const struct model *model = load_both(row->wide, row->narrow);
		EXPECT(covers_all_of(model->rules[0].to, model->rules[1].to) == row->yes);
		config_close(&config);
	}
	test_row = NULL;
}

/* ---- time ---- */

static const struct two force_rows[] = {
	{ "both always", PROHIBIT(""), PROHIBIT(""), true },
	{ "begins later", PROHIBIT(", from: 2026-12-01"), PROHIBIT(""), false },
	{ "begins with it", PROHIBIT(", from: 2026-12-01"), PROHIBIT(", from: 2026-12-01"),
	    true },
	{ "ends with it", PROHIBIT(", until: 2026-12-01"), PROHIBIT(", until: 2026-12-01"),
	    true },
	{ "began, and the other always", PROHIBIT(", from: 2026-11-01"), PROHIBIT(""),
	    true },
	{ "begins later, but so does the other", PROHIBIT(", from: 2026-12-01"),
	    PROHIBIT(", from: 2026-12-02"), true },
	{ "ends, and the other does not", PROHIBIT(", until: 2026-12-01"), PROHIBIT(""),
	    false },
	{ "ends sooner", PROHIBIT(", until: 2026-12-01"), PROHIBIT(", until: 2026-12-02"),
	    false },
	{ "ends later", PROHIBIT(", until: 2026-12-02"), PROHIBIT(", until: 2026-12-01"),
	    true },
	{ "in a calendar, and the other always", PROHIBIT(", during: soon"), PROHIBIT(""),
	    false },
	{ "in the same calendar", PROHIBIT(", during: soon"), PROHIBIT(", during: soon"),
	    true },
};

static void
rules__are_in_force_with_others_when_they_begin_no_later_and_end_no_sooner(void)
{
	for (size_t i = 0; i < countof(force_rows); i++) {
		const struct two *row = &force_rows[i];
		test_row = row->name;
		const struct model *model = load_both(row->wide, row->narrow);
		EXPECT(in_force_with(&model->rules[0], &model->rules[1], WALL) == row->yes);
		config_close(&config);
	}
	test_row = NULL;
}

static void
rules__are_first_in_force_when_all_their_times_are_on(void)
{
	static const struct {
		const char *rule, *at; /* NULL: never */
	} rows[] = {
		{ PROHIBIT(""), "2026-11-23 13:12 UTC" },
		{ PROHIBIT(", from: 2026-12-05"), "2026-12-05 00:00 UTC" },
		{ PROHIBIT(", until: 2026-11-22"), NULL },
		{ PROHIBIT(", until: 2026-11-24"), "2026-11-23 13:12 UTC" },
		{ PROHIBIT(", during: now"), "2026-11-23 13:12 UTC" },
		{ PROHIBIT(", during: soon"), "2026-12-01 00:00 UTC" },
		{ PROHIBIT(", during: soon, until: 2026-12-24"), "2026-12-01 00:00 UTC" },
		{ PROHIBIT(", during: soon, until: 2026-11-30"), NULL },
		{ PROHIBIT(", during: past"), NULL },
		{ PROHIBIT(", during: over"), NULL },
		{ PROHIBIT(", during: last"), "2026-11-23 13:12 UTC" },
		/* Further ahead than calendars are looked at: some time. */
		{ PROHIBIT(", during: far"), "2026-11-23 13:12 UTC" },
		{ PROHIBIT(", during: far, until: 2029-01-01"), "2026-11-23 13:12 UTC" },
		{ PROHIBIT(", during: far, until: 2028-12-31"), NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char rule[512];
		test_row = rows[i].rule;
		(void)snprintf(rule, sizeof(rule), "  - {%s}\n", rows[i].rule);
		const struct model *model = load(rule);
		msec at = rule_first_in_force(&model->rules[0], WALL);
		EXPECT_STR(at != 0 ? moment_text(at, &config.arena) : STR("never"),
		    rows[i].at != NULL ? str_of(rows[i].at) : STR("never"));
		config_close(&config);
	}
	test_row = NULL;
}

int
main(void)
{
	RUN(limits__are_there_when_any_is_written);
	RUN(limits__imply_what_is_no_tighter_and_counts_no_more);
	RUN(bounds__imply_what_lets_no_less_through);
	RUN(rules__cover_services_that_are_all_that_they_ask_for);
	RUN(rules__cover_all_of_a_service_where_all_its_hosts_are);
	RUN(principals__cover_members_of_their_teams);
	RUN(rules__are_in_force_with_others_when_they_begin_no_later_and_end_no_sooner);
	RUN(rules__are_first_in_force_when_all_their_times_are_on);
	TEST_MAIN_END();
}
