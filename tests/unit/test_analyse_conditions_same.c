/*
 * Two rules, or two catalogues, are alike when nothing that decisions see differs: each
 * thing that they do see, changed by itself, and a few that they do not.
 */
#include "authority/analysing.h"
#include "support/config.h"
#include "support/test.h"

static const char base[] =
    "fallback: ops\n"
    "prometheus: http://localhost:9090\n"
    "channels:\n"
    "  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n"
    "people:\n"
    "  ana: {reach: [pager]}\n"
    "  mei: {reach: [pager]}\n"
    "  piotr: {reach: [pager]}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana, piotr], handover: 'Mon 09:00'}]\n"
    "    lead: mei\n"
    "services:\n"
    "  web: {owner: ops, system: shop, tier: 1, environment: production, healthy: "
    "{promql: up, expect: '== 1'}}\n"
    "  books: {owner: ops, system: office, tier: 2, environment: staging}\n"
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
    "  always: {zone: UTC, weekly: [{days: any}]}\n";

static const struct model *
load(struct config *c, const char *more)
{
	config_open(c);
	config_add(c, "a.yaml", base);
	config_add(c, "b.yaml", more);
	const struct model *model = config_load(c);
	if (model == NULL)
		(void)fprintf(stderr, "%s: %.*s\n", test_row, STR_ARG(config_faults(c)));
	ASSERT(model != NULL);
	return model;
}

struct pair_of {
	const char *name, *a, *b;
	bool same;
};

/* ---- rules ---- */

#define RULES(rule) "authority:\n  - {" rule "}\n"
#define GRANT(to, may, rest) \
	RULES("grant: g, to: " to ", may: " may ", until: 2027-06-30, owner: mei, " rest)
#define ON(on) GRANT("[ana]", "[restart]", "on: " on)
#define WITHIN(within) GRANT("[ana]", "[scale]", "on: {tier: 1}, within: {" within "}")
#define WITH(may, with) GRANT("[ana]", may, "on: {tier: 1}, with: {" with "}")
#define PROHIBIT(rest) RULES("prohibit: p, " rest)
#define APPROVAL(rest) RULES("approval: a, for: [scale, restart], " rest)
#define WHEN(when) APPROVAL("by: mei, when: {" when "}")
#define CALENDAR(zone, times) \
	"calendars:\n  c: {zone: " zone ", " times "}\n" PROHIBIT("may: any, during: c")
#define SPAN(from, until) "spans: [{from: " from ", until: " until "}]"
#define WEEK(days, from, until) \
	"weekly: [{days: " days ", from: '" from "', until: '" until "'}]"
#define ALL_OF_A_GRANT(name, owner)                                                       \
	RULES("grant: " name ", to: [ana, {team: ops}, automation], may: [scale, "        \
	      "restart], on: {service: [web, books], system: [shop, office], "            \
	      "environment: [production, staging], tier: [1, 2]}, with: {n: {min: 2, "    \
	      "max: 9, change: 2x}, unit: {one_of: [a, b], like: '*'}}, within: "         \
	      "{per_service: 3 in 1h, per_target: 2 in 1h, per_actor: 4 in 1h, at_once: " \
	      "2, targets: 30% in 1h, keep_healthy: 1, spacing: 1m, not_beside: "         \
	      "[restart]}, while: incident, during: always, from: 2026-01-01, until: "    \
	      "2027-06-30, owner: " owner)

static const struct pair_of rule_rows[] = {
	{ "all of a grant; its name and owner decide nothing", ALL_OF_A_GRANT("g", "mei"),
	    ALL_OF_A_GRANT("h", "ana"), true },
	{ "all of an approval; how long it waits is no question of it",
	    APPROVAL("when: {n: '> 2x', unit: 'is [a, b]', m: '< 5'}, by: [mei, ana], "
		     "need: 2, not: reloader, liftable: true, expires: 5m"),
	    APPROVAL("when: {n: '> 2x', unit: 'is [a, b]', m: '< 5'}, by: [mei, ana], "
		     "need: 2, not: reloader, liftable: true, expires: 6m"),
	    true },
	{ "a calendar, whatever it is called",
	    CALENDAR("UTC",
		SPAN("2026-12-01", "2026-12-02") ", " WEEK("mon-fri", "22:00", "06:00")),
	    "calendars:\n  d: {zone: UTC, " SPAN("2026-12-01",
		"2026-12-02") ", " WEEK("mon-fri", "22:00",
		"06:00") "}\n" PROHIBIT("may: any, during: d"),
	    true },
	{ "kind", PROHIBIT("may: any"), RULES("limit: l, for: any, within: {at_once: 1}"),
	    false },
	/* about what */
	{ "how many it is for", GRANT("[ana]", "[scale]", "on: {tier: 1}"),
	    GRANT("[ana, mei]", "[scale]", "on: {tier: 1}"), false },
	{ "what they are", GRANT("[{person: ana}]", "[scale]", "on: {tier: 1}"),
	    GRANT("[{agent: ana}]", "[scale]", "on: {tier: 1}"), false },
	{ "who they are", GRANT("[ana]", "[scale]", "on: {tier: 1}"),
	    GRANT("[mei]", "[scale]", "on: {tier: 1}"), false },
	{ "any deed", PROHIBIT("may: any"), PROHIBIT("may: [scale]"), false },
	{ "how many deeds", PROHIBIT("may: [scale]"), PROHIBIT("may: [scale, restart]"),
	    false },
	{ "which deeds", PROHIBIT("may: [scale]"), PROHIBIT("may: [restart]"), false },
	{ "services", ON("{service: web}"), ON("{service: books}"), false },
	{ "systems", ON("{system: shop}"), ON("{system: office}"), false },
	{ "environments", ON("{environment: production}"), ON("{environment: staging}"),
	    false },
	{ "tiers", ON("{tier: 1}"), ON("{tier: 2}"), false },
	/* limits */
	{ "a rate's count", WITHIN("per_service: 1 in 1h"), WITHIN("per_service: 2 in 1h"),
	    false },
	{ "a rate's window", WITHIN("per_service: 1 in 1h"), WITHIN("per_service: 1 in 2h"),
	    false },
	{ "per target", WITHIN("per_target: 1 in 1h"), WITHIN("per_target: 2 in 1h"),
	    false },
	{ "per actor", WITHIN("per_actor: 1 in 1h"), WITHIN("per_actor: 2 in 1h"), false },
	{ "at once", WITHIN("at_once: 1"), WITHIN("at_once: 2"), false },
	{ "targets", WITHIN("targets: 1 in 1h"), WITHIN("targets: 2 in 1h"), false },
	{ "a percent of targets", WITHIN("targets: 10% in 1h"),
	    WITHIN("targets: 20% in 1h"), false },
	{ "the window of targets", WITHIN("targets: 1 in 1h"), WITHIN("targets: 1 in 2h"),
	    false },
	{ "healthy ones", WITHIN("keep_healthy: 1"), WITHIN("keep_healthy: 2"), false },
	{ "spacing", WITHIN("spacing: 1m"), WITHIN("spacing: 2m"), false },
	{ "not beside", WITHIN("not_beside: [scale]"), WITHIN("not_beside: [restart]"),
	    false },
	/* bounds */
	{ "how many are bounded", WITH("[scale]", "n: {min: 2}"),
	    WITH("[scale]", "n: {min: 2}, m: {min: 2}"), false },
	{ "which is bounded", WITH("[scale]", "n: {min: 2}"),
	    WITH("[scale]", "m: {min: 2}"), false },
	{ "a least value at all", WITH("[scale]", "n: {min: 0, max: 9}"),
	    WITH("[scale]", "n: {max: 9}"), false },
	{ "a most value at all", WITH("[scale]", "n: {min: 2, max: 9}"),
	    WITH("[scale]", "n: {min: 2}"), false },
	{ "the least value", WITH("[scale]", "n: {min: 2}"), WITH("[scale]", "n: {min: 3}"),
	    false },
	{ "the most value", WITH("[scale]", "n: {max: 8}"), WITH("[scale]", "n: {max: 9}"),
	    false },
	{ "the values", WITH("[restart]", "unit: {one_of: [a]}"),
	    WITH("[restart]", "unit: {one_of: [b]}"), false },
	{ "what it is like", WITH("[restart]", "unit: {like: 'a*'}"),
	    WITH("[restart]", "unit: {like: 'b*'}"), false },
	{ "how a change is measured", WITH("[scale]", "n: {change: 2x}"),
	    WITH("[scale]", "n: {change: 200%}"), false },
	{ "how often the live value", WITH("[scale]", "n: {change: 2x}"),
	    WITH("[scale]", "n: {change: 3x}"), false },
	{ "how far from the live value", WITH("[scale]", "n: {change: 2}"),
	    WITH("[scale]", "n: {change: 3}"), false },
	{ "in an incident", GRANT("[ana]", "[scale]", "on: {tier: 1}"),
	    GRANT("[ana]", "[scale]", "on: {tier: 1}, while: incident"), false },
	/* conditions */
	{ "how many conditions", WHEN("n: '> 5'"), WHEN("n: '> 5', m: '> 5'"), false },
	{ "a condition of what", WHEN("n: '> 5'"), WHEN("m: '> 5'"), false },
	{ "more or less", WHEN("n: '> 5'"), WHEN("n: '< 5'"), false },
	{ "than how many", WHEN("n: '> 5'"), WHEN("n: '> 6'"), false },
	{ "than how often", WHEN("n: '> 2x'"), WHEN("n: '> 3x'"), false },
	{ "one of which", WHEN("unit: is a"), WHEN("unit: is b"), false },
	/* approvals */
	{ "how many may agree", APPROVAL("by: mei"), APPROVAL("by: [mei, ana]"), false },
	{ "who may agree", APPROVAL("by: mei"), APPROVAL("by: ana"), false },
	{ "how many must agree", APPROVAL("by: [mei, ana]"),
	    APPROVAL("by: [mei, ana], need: 2"), false },
	{ "not a reloader", APPROVAL("by: mei"), APPROVAL("by: mei, not: reloader"),
	    false },
	/* times */
	{ "from when on", PROHIBIT("may: any"), PROHIBIT("may: any, from: 2026-12-01"),
	    false },
	{ "until when", PROHIBIT("may: any"), PROHIBIT("may: any, until: 2026-12-01"),
	    false },
	{ "a calendar, and none", PROHIBIT("may: any, during: always"),
	    PROHIBIT("may: any"), false },
	{ "none, and a calendar", PROHIBIT("may: any"),
	    PROHIBIT("may: any, during: always"), false },
	{ "how many spans", CALENDAR("UTC", SPAN("2026-12-01", "2026-12-02")),
	    CALENDAR("UTC",
		"spans: [{from: 2026-12-01, until: 2026-12-02}, {from: 2026-12-05, until: "
		"2026-12-06}]"),
	    false },
	{ "how many weeks", CALENDAR("UTC", "weekly: [{days: mon}]"),
	    CALENDAR("UTC", "weekly: [{days: mon}, {days: tue}]"), false },
	{ "in whose time", CALENDAR("UTC", "weekly: [{days: mon}]"),
	    CALENDAR("Europe/Lisbon", "weekly: [{days: mon}]"), false },
	{ "a span's beginning", CALENDAR("UTC", SPAN("2026-12-01", "2026-12-03")),
	    CALENDAR("UTC", SPAN("2026-12-02", "2026-12-03")), false },
	{ "a span's end", CALENDAR("UTC", SPAN("2026-12-01", "2026-12-02")),
	    CALENDAR("UTC", SPAN("2026-12-01", "2026-12-03")), false },
	{ "a week's days", CALENDAR("UTC", WEEK("mon", "08:00", "09:00")),
	    CALENDAR("UTC", WEEK("tue", "08:00", "09:00")), false },
	{ "a day's beginning", CALENDAR("UTC", WEEK("mon", "07:00", "09:00")),
	    CALENDAR("UTC", WEEK("mon", "08:00", "09:00")), false },
	{ "a day's end", CALENDAR("UTC", WEEK("mon", "07:00", "08:00")),
	    CALENDAR("UTC", WEEK("mon", "07:00", "09:00")), false },
	{ "break-glass", PROHIBIT("may: any"), PROHIBIT("may: any, liftable: true"),
	    false },
};

static void
rules__are_alike_when_nothing_that_decides_differs(void)
{
	static struct config one, other;
	for (size_t i = 0; i < countof(rule_rows); i++) {
		const struct pair_of *row = &rule_rows[i];
		test_row = row->name;
		const struct model *a = load(&one, row->a);
		const struct model *b = load(&other, row->b);
		EXPECT(rules_same(&a->rules[0], &b->rules[0]) == row->same);
		EXPECT(rules_same(&b->rules[0], &a->rules[0]) == row->same);
		EXPECT(rules_same(&a->rules[0], &a->rules[0]));
		config_close(&one);
		config_close(&other);
	}
	test_row = NULL;
}

/* ---- the catalogue ---- */

#define PERSON(id) "people:\n  " id ": {reach: [pager]}\n"
#define TEAM(name, zone, rotations, rest)                                              \
	"calendars:\n  night: {zone: UTC, weekly: [{days: any, from: '22:00', until: " \
	"'06:00'}]}\nteams:\n  " name ":\n    kind: operations\n    on_call:\n"        \
	"      zone: " zone "\n      rotations:\n" rotations rest
#define TURNS(people, handover, rest) \
	"        - {name: r, people: " people ", handover: '" handover "'" rest "}\n"
#define NIGHTS(layer) TEAM("night", "UTC", layer, "")
#define OVERRIDDEN(person)                                                             \
	NIGHTS("        - {name: r, people: [ana], handover: 'Mon 09:00', overrides: " \
	       "[{person: " person ", from: 2026-12-01, until: 2026-12-02}]}\n")
#define SERVICE(name, rest) "services:\n  " name ": {owner: ops, " rest "}\n"
#define HOST(name, rest) "hosts:\n  " name ": {" rest "}\n"
#define PARAM(param) "actions:\n  do-it: {verb: do, run: [act], params: {" param "}}\n"
#define ACTION(name, rest) "actions:\n  " name ": {run: [act], " rest "}\n"
#define OBSERVED(param)                                                                    \
	ACTION("do-it",                                                                    \
	    "verb: do, params: {x: {type: integer}, y: {type: integer}}, observe: {" param \
	    "}")
#define UNDONE(undo)                                                                  \
	"actions:\n  do-it: {verb: do, run: [act]" undo "}\n"                         \
	"  back: {verb: back, run: [act], params: {x: {type: integer, optional: "     \
	"true}, y: {type: integer, optional: true}}}\n"                               \
	"  back-too: {verb: back, run: [act], params: {x: {type: integer, optional: " \
	"true}, y: {type: integer, optional: true}}}\n"
#define UNDO(name, with, within) \
	UNDONE(", undo: {do: " name ", with: {" with "}, within: " within "}")

#define ALL(lead, healthy)                                                      \
	TEAM("night", "UTC",                                                    \
	    TURNS("[ana, mei]", "Mon 09:00", ", hours: night, except: always"), \
	    "    lead: " lead "\n")                                             \
	SERVICE("far", "tier: 3, healthy: {promql: up, expect: '" healthy "'}") \
	HOST("far-1", "service: far, role: web, environment: staging")          \
	UNDO("back", "x: 1", "30m")

static const struct pair_of catalogue_rows[] = {
	{ "everything; what a probe looks at is told by itself", ALL("ana", "== 1"),
	    ALL("ana", "== 2"), true },
	{ "people", PERSON("zoe"), "", false },
	{ "who they are", PERSON("zoe"), PERSON("zed"), false },
	/* teams */
	{ "teams", TEAM("night", "UTC", TURNS("[ana]", "Mon 09:00", ""), ""), "", false },
	{ "a team's name", TEAM("night", "UTC", TURNS("[ana]", "Mon 09:00", ""), ""),
	    TEAM("day", "UTC", TURNS("[ana]", "Mon 09:00", ""), ""), false },
	{ "how many rotations", NIGHTS(TURNS("[ana]", "Mon 09:00", "")),
	    NIGHTS(TURNS("[ana]", "Mon 09:00",
		"") "        - {name: s, people: [mei], handover: 'Mon 09:00'}\n"),
	    false },
	{ "its lead",
	    TEAM("night", "UTC", TURNS("[ana]", "Mon 09:00", ""), "    lead: mei\n"),
	    TEAM("night", "UTC", TURNS("[ana]", "Mon 09:00", ""), "    lead: ana\n"),
	    false },
	{ "no lead", TEAM("night", "UTC", TURNS("[ana]", "Mon 09:00", ""), ""),
	    TEAM("night", "UTC", TURNS("[ana]", "Mon 09:00", ""), "    lead: ana\n"),
	    false },
	{ "its zone", TEAM("night", "UTC", TURNS("[ana]", "Mon 09:00", ", zone: UTC"), ""),
	    TEAM("night", "Europe/Lisbon", TURNS("[ana]", "Mon 09:00", ", zone: UTC"), ""),
	    false },
	{ "a team without rotations", "teams:\n  dev: {kind: development, lead: ana}\n",
	    "teams:\n  dev: {kind: development, lead: ana}\n", true },
	{ "how many layers",
	    NIGHTS("        - {name: r, layers: [{people: [ana], handover: "
		   "'Mon 09:00'}]}\n"),
	    NIGHTS("        - {name: r, layers: [{people: [ana], handover: 'Mon 09:00'}, "
		   "{people: [ana], handover: 'Mon 09:00'}]}\n"),
	    false },
	{ "a guest", OVERRIDDEN("ana"), OVERRIDDEN("mei"), false },
	{ "who stands in", OVERRIDDEN("piotr"), OVERRIDDEN("mei"), false },
	{ "how many take turns", NIGHTS(TURNS("[ana]", "Mon 09:00", "")),
	    NIGHTS(TURNS("[ana, mei]", "Mon 09:00", "")), false },
	{ "who takes turns", NIGHTS(TURNS("[ana]", "Mon 09:00", "")),
	    NIGHTS(TURNS("[mei]", "Mon 09:00", "")), false },
	{ "how long a turn is", NIGHTS(TURNS("[ana]", "Mon 09:00", ", every: 1 week")),
	    NIGHTS(TURNS("[ana]", "Mon 09:00", ", every: 2 weeks")), false },
	{ "the time of handover", NIGHTS(TURNS("[ana]", "Mon 09:00", "")),
	    NIGHTS(TURNS("[ana]", "Mon 10:00", "")), false },
	{ "the day of handover", NIGHTS(TURNS("[ana]", "Mon 09:00", "")),
	    NIGHTS(TURNS("[ana]", "Tue 09:00", "")), false },
	{ "in whose time", NIGHTS(TURNS("[ana]", "Mon 09:00", "")),
	    NIGHTS(TURNS("[ana]", "Mon 09:00", ", zone: Europe/Lisbon")), false },
	{ "its hours", NIGHTS(TURNS("[ana]", "Mon 09:00", ", hours: always")),
	    NIGHTS(TURNS("[ana]", "Mon 09:00", ", hours: night")), false },
	{ "when it is not", NIGHTS(TURNS("[ana]", "Mon 09:00", ", except: always")),
	    NIGHTS(TURNS("[ana]", "Mon 09:00", ", except: night")), false },
	/* services and hosts */
	{ "services", SERVICE("far", "tier: 3"), "", false },
	{ "a service's name", SERVICE("far", "tier: 3, system: shop"),
	    SERVICE("near", "tier: 3, system: shop"), false },
	{ "its system", SERVICE("far", "tier: 3, system: shop"),
	    SERVICE("far", "tier: 3, system: office"), false },
	{ "its tier", SERVICE("far", "tier: 3"), SERVICE("far", "tier: 4"), false },
	{ "its environment", SERVICE("far", "tier: 3, environment: staging"),
	    SERVICE("far", "tier: 3, environment: production"), false },
	{ "whether anybody knows its health", SERVICE("far", "tier: 3"),
	    SERVICE("far", "tier: 3, healthy: {promql: up, expect: '== 1'}"), false },
	{ "hosts", HOST("h-1", "service: web"), "", false },
	{ "a host's name", HOST("h-1", "service: web"), HOST("h-2", "service: web"),
	    false },
	{ "whose it is", HOST("h-1", "service: web, environment: production"),
	    HOST("h-1", "service: books, environment: production"), false },
	{ "its role", HOST("h-1", "service: web, role: a"),
	    HOST("h-1", "service: web, role: b"), false },
	{ "where it stands", HOST("h-1", "service: web, environment: staging"),
	    HOST("h-1", "service: web, environment: production"), false },
	/* actions */
	{ "actions", ACTION("do-it", "verb: do"), "", false },
	{ "an action's name", ACTION("do-it", "verb: do"), ACTION("do-that", "verb: do"),
	    false },
	{ "its verb", ACTION("do-it", "verb: do"), ACTION("do-it", "verb: act"), false },
	{ "its command is no question of it", ACTION("do-it", "verb: do, timeout: 1m"),
	    ACTION("do-it", "verb: do, timeout: 2m"), true },
	{ "how many parameters", PARAM("x: {type: integer}"),
	    PARAM("x: {type: integer}, y: {type: integer}"), false },
	{ "how many live values", OBSERVED("x: {promql: up}"),
	    OBSERVED("x: {promql: up}, y: {promql: up}"), false },
	{ "which live values", OBSERVED("x: {promql: up}"), OBSERVED("y: {promql: up}"),
	    false },
	{ "a parameter's name", PARAM("x: {type: integer}"), PARAM("y: {type: integer}"),
	    false },
	{ "its type", PARAM("x: {type: integer}"), PARAM("x: {type: name}"), false },
	{ "its pattern", PARAM("x: {type: string, pattern: a}"),
	    PARAM("x: {type: string, pattern: b}"), false },
	{ "its least value", PARAM("x: {type: integer, min: 1}"),
	    PARAM("x: {type: integer, min: 2}"), false },
	{ "its most value", PARAM("x: {type: integer, max: 1}"),
	    PARAM("x: {type: integer, max: 2}"), false },
	{ "its values", PARAM("x: {type: one-of, values: [a]}"),
	    PARAM("x: {type: one-of, values: [b]}"), false },
	{ "a value that looks like an option", PARAM("x: {type: string, pattern: '-a'}"),
	    PARAM("x: {type: string, pattern: '-a', dash: true}"), false },
	{ "whether it may be left out", PARAM("x: {type: integer}"),
	    PARAM("x: {type: integer, optional: true}"), false },
	{ "its default", PARAM("x: {type: integer, default: 1}"),
	    PARAM("x: {type: integer, default: 2}"), false },
	/* undo */
	{ "an undo at all", UNDONE(""), UNDO("back", "x: 1", "30m"), false },
	{ "what takes it back", UNDO("back", "x: 1", "30m"),
	    UNDO("back-too", "x: 1", "30m"), false },
	{ "with how many values", UNDO("back", "x: 1", "30m"),
	    UNDO("back", "x: 1, y: 1", "30m"), false },
	{ "for how long", UNDO("back", "x: 1", "30m"), UNDO("back", "x: 1", "31m"), false },
	{ "a value of what", UNDO("back", "x: 1", "30m"), UNDO("back", "y: 1", "30m"),
	    false },
	{ "which value", UNDO("back", "x: 1", "30m"), UNDO("back", "x: 2", "30m"), false },
};

static void
catalogues__are_alike_when_nothing_that_decides_differs(void)
{
	static struct config one, other;
	for (size_t i = 0; i < countof(catalogue_rows); i++) {
		const struct pair_of *row = &catalogue_rows[i];
		test_row = row->name;
		const struct model *a = load(&one, row->a);
		const struct model *b = load(&other, row->b);
		EXPECT(catalogues_same(a, b) == row->same);
		EXPECT(catalogues_same(b, a) == row->same);
		EXPECT(catalogues_same(a, a));
		config_close(&one);
		config_close(&other);
	}
	test_row = NULL;
}

int
main(void)
{
	RUN(rules__are_alike_when_nothing_that_decides_differs);
	RUN(catalogues__are_alike_when_nothing_that_decides_differs);
	TEST_MAIN_END();
}
