/*
 * Rules that do nothing, and rules that others make superfluous: each thing that decides
 * whether it is told.
 */
#include "authority/analyse.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

#define BASE                                                                    \
	"fallback: ops\n"                                                       \
	"prometheus: http://localhost:9090\n"                                   \
	"channels:\n"                                                           \
	"  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n"  \
	"people:\n"                                                             \
	"  ana: {reach: [pager]}\n"                                             \
	"  mei: {reach: [pager]}\n"                                             \
	"  zoe: {reach: [pager]}\n"                                             \
	"teams:\n"                                                              \
	"  ops:\n"                                                              \
	"    kind: operations\n"                                                \
	"    on_call:\n"                                                        \
	"      zone: UTC\n"                                                     \
	"      rotations: [{name: primary, people: [ana, mei], handover: 'Mon " \
	"09:00'}]\n"                                                            \
	"  led: {kind: development, lead: zoe}\n"                               \
	"  dev: {kind: development}\n"                                          \
	"services:\n"                                                           \
	"  web: {owner: ops, system: shop, tier: 1}\n"                          \
	"  books: {owner: ops, system: shop, tier: 2}\n"                        \
	"hosts:\n"                                                              \
	"  web-1: {service: web}\n"
#define ONE "  one: {verb: one, run: [act]}\n"
#define TWO "  two: {verb: two, run: [act]}\n"
#define SAY                                                                  \
	"  say:\n    verb: say\n    params: {word: {type: string, pattern: " \
	"'(?<w>[a-z]+)-\\k<w>'}}\n    run: [act, '${word}']\n"
#define ACTIONS "actions:\n" ONE TWO SAY
#define RULES "authority:\n"
#define UNTIL ", until: 2027-06-30, owner: zoe}\n"

static struct config config;
static struct analysis analysis;

static struct model *
load(const char *text)
{
	config_open(&config);
	config_add(&config, "a.yaml", text);
	struct model *model = config_load(&config);
	if (model == NULL)
		(void)fprintf(stderr, "%s: %.*s\n", test_row,
		    STR_ARG(config_faults(&config)));
	ASSERT(model != NULL);
	return model;
}

static const struct found *
found_of(enum found_kind kind)
{
	for (size_t i = 0; i < analysis.n; i++) {
		if (analysis.found[i].kind == kind)
			return &analysis.found[i];
	}
	return NULL;
}

static void
expect_told(enum found_kind kind, const char *text)
{
	const struct found *found = found_of(kind);
	EXPECT_STR(found != NULL ? found->text : STR("nothing"),
	    text != NULL ? str_of(text) : STR("nothing"));
}

struct row {
	const char *name, *text;
	const char *told; /* NULL: nothing */
};

static void
expect(enum found_kind kind, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		test_row = rows[i].name;
		authority_analyse(load(rows[i].text), WALL, &config.arena, &analysis);
		expect_told(kind, rows[i].told);
		config_close(&config);
	}
	test_row = NULL;
}

/* ---- dead: values ---- */

/* Two actions of one verb. The second never has m: a, so that the rule is dead unless the
 * first can have such an n; the second can, or the rule would be a mistake as it stands. */
#define BOTH(n, other_n)                                                             \
	BASE "actions:\n  here: {verb: act, run: [act], params: {n: " n              \
	     ", m: {type: one-of, values: [a]}}}\n  there: {verb: act, run: [act], " \
	     "params: {n: " other_n ", m: {type: one-of, values: [b]}}}\n" RULES
#define WITH_AND(with, rest)                                                   \
	"  - {grant: g, to: [zoe], may: [act], on: {tier: 1}, with: {n: " with \
	", m: {one_of: "                                                       \
	"[a]}}" rest ", until: 2027-06-30, owner: ana}\n"
#define WITH(with) WITH_AND(with, "")
#define WITH_OF_ALL(with)                                                      \
	"  - {grant: g, to: [zoe], may: [act], on: {tier: 1}, with: {n: " with \
	"}, until: 2027-06-30, owner: ana}\n"
#define WHEN(when) \
	"  - {approval: p, for: [act], by: zoe, when: {n: '" when "', m: is a}}\n"
#define UP_TO(max) "{type: integer, min: -9, max: " max "}"
#define FROM(min) "{type: integer, min: " min ", max: 90}"
#define OF(values) "{type: one-of, values: [" values "]}"
#define OBSERVED(n, other_n)                                                              \
	BASE "actions:\n  here: {verb: act, run: [act], observe: {n: {promql: up}}, "     \
	     "params: {n: " n ", m: {type: one-of, values: [a]}}}\n  there: {verb: act, " \
	     "run: [act], observe: {n: {promql: up}}, params: {n: " other_n               \
	     ", m: {type: one-of, values: [b]}}}\n" RULES
#define NO_N "grant 'g' does nothing: no action that it names can have such a 'n'"
#define NO_M "grant 'g' does nothing: no action that it names can have such a 'm'"

static void
dead__is_a_grant_of_values_that_no_action_has(void)
{
	static const struct row rows[] = {
		{ "any value", BOTH(UP_TO("9"), UP_TO("9")) WITH("{min: 3}"), NULL },
		{ "too large a value", BOTH(UP_TO("4"), UP_TO("9")) WITH("{min: 5}"),
		    NO_M },
		{ "too small a value", BOTH(FROM("5"), UP_TO("9")) WITH("{max: 4}"), NO_M },
		{ "a value within both",
		    BOTH(UP_TO("5"), UP_TO("9")) WITH("{min: 5, max: 7}"), NULL },
		{ "wider than what it has",
		    BOTH(FROM("5"), UP_TO("9")) WITH("{min: -9, max: 95}"), NULL },
		/* values by name, within bounds too */
		{ "one of these", BOTH(UP_TO("4"), UP_TO("9")) WITH("{one_of: ['3', '7']}"),
		    NULL },
		{ "none of these",
		    BOTH(UP_TO("2"), UP_TO("9")) WITH("{one_of: ['3', '7']}"), NO_M },
		{ "one of these that is too small",
		    BOTH(UP_TO("4"), UP_TO("9")) WITH("{min: 5, one_of: ['3', '7']}"),
		    NO_M },
		{ "one of these that is too large",
		    BOTH(FROM("6"), UP_TO("9")) WITH("{max: 5, one_of: ['3', '7']}"),
		    NO_M },
		{ "one of these below zero",
		    BOTH(UP_TO("2"), UP_TO("9")) WITH("{min: -5, one_of: ['-3', '7']}"),
		    NULL },
		{ "one of these near the live value",
		    OBSERVED(UP_TO("4"), UP_TO("9"))
			WITH("{one_of: ['3', '7'], change: 2x}"),
		    NULL },
		{ "like one of a list", BOTH(OF("x1"), OF("x2")) WITH("{like: 'x*'}"),
		    NULL },
		{ "like none of a list", BOTH(OF("y1"), OF("x2")) WITH("{like: 'x*'}"),
		    NO_M },
		{ "one of a list", BOTH(OF("x1"), OF("x2")) WITH("{one_of: [x1, x2]}"),
		    NULL },
		{ "none of a list", BOTH(OF("x1"), OF("x2")) WITH("{one_of: [x2]}"), NO_M },
		/* Its limits hold while a live value is not known, whatever it grants. */
		{ "of a change with a limit",
		    OBSERVED(UP_TO("4"), UP_TO("9"))
			WITH_AND("{min: 5, change: 2x}", ", within: {at_once: 1}"),
		    NULL },
		{ "of a change without a limit",
		    OBSERVED(UP_TO("4"), UP_TO("9")) WITH("{min: 5, change: 2x}"), NO_M },
		{ "with a limit and no change",
		    OBSERVED(UP_TO("4"), UP_TO("9"))
			WITH_AND("{min: 5}", ", within: {at_once: 1}"),
		    NO_M },
	};
	expect(FOUND_DEAD, rows, countof(rows));
}

static void
dead__is_an_approval_that_is_never_asked_for(void)
{
#define NO_SUCH_M "approval 'p' does nothing: no action that it names can have such a 'm'"
#define NOT_ALL                                                                         \
	"approval 'p' does nothing: no action that it names has all parameters of its " \
	"`when:`, so it is never asked for"
	static const struct row rows[] = {
		{ "for such a value", BOTH(UP_TO("9"), UP_TO("9")) WHEN("> 5"), NULL },
		{ "for a value that it has not", BOTH(UP_TO("4"), UP_TO("9")) WHEN("> 5"),
		    NO_SUCH_M },
		{ "for more than it can be", BOTH(UP_TO("5"), UP_TO("9")) WHEN("> 5"),
		    NO_SUCH_M },
		{ "for as much as it can be", BOTH(UP_TO("5"), UP_TO("9")) WHEN(">= 5"),
		    NULL },
		{ "for as much as it cannot be", BOTH(UP_TO("4"), UP_TO("9")) WHEN(">= 5"),
		    NO_SUCH_M },
		{ "for less than it can be", BOTH(FROM("5"), UP_TO("9")) WHEN("< 5"),
		    NO_SUCH_M },
		{ "for less than it may be", BOTH(FROM("4"), UP_TO("9")) WHEN("< 5"),
		    NULL },
		{ "for as little as it can be", BOTH(FROM("5"), UP_TO("9")) WHEN("<= 5"),
		    NULL },
		{ "for as little as it cannot be", BOTH(FROM("6"), UP_TO("9")) WHEN("<= 5"),
		    NO_SUCH_M },
		{ "for what may be left out, and be anything",
		    BOTH("{type: integer, max: 4, optional: true}", UP_TO("9")) WHEN("> 5"),
		    NULL },
		{ "for a change", OBSERVED(UP_TO("4"), UP_TO("9")) WHEN("> 2x"), NULL },
		{ "for parameters of which each action has one",
		    BASE "actions:\n  here: {verb: act, run: [act], params: {n: {type: "
			 "integer}}}\n  there: {verb: act, run: [act], params: {m: {type: "
			 "one-of, values: [a]}}}\n" RULES WHEN("> 5"),
		    NOT_ALL },
		/* whichever of them is looked at last */
		{ "for a value that the first has not, and the second no parameter",
		    BASE
		    "actions:\n  here: {verb: act, run: [act], params: {n: {type: "
		    "integer, max: 4}, m: {type: one-of, values: [a]}}}\n  there: {verb: "
		    "act, run: [act], params: {n: {type: integer}}}\n" RULES WHEN("> 5"),
		    NO_SUCH_M },
	};
	expect(FOUND_DEAD, rows, countof(rows));
}

/* ---- dead: whom and when ---- */

#define FOR(who) "  - {prohibit: p, may: any, to: [" who "]}\n"
#define NOBODY "prohibition 'p' does nothing: it is about nobody: the team has no people"

static void
dead__is_a_rule_about_nobody(void)
{
	static const struct row rows[] = {
		{ "everybody", BASE ACTIONS RULES "  - {prohibit: p, may: any}\n", NULL },
		{ "a person", BASE ACTIONS RULES FOR("ana"), NULL },
		{ "a team with rotations", BASE ACTIONS RULES FOR("team: ops"), NULL },
		{ "who is on duty", BASE ACTIONS RULES FOR("on-duty: ops"), NULL },
		{ "a team with a lead", BASE ACTIONS RULES FOR("team: led"), NULL },
		{ "a team without anybody", BASE ACTIONS RULES FOR("team: dev"), NOBODY },
	};
	expect(FOUND_DEAD, rows, countof(rows));
	/* Nor is there anything to show. */
	authority_analyse(load(BASE ACTIONS RULES FOR("team: dev")), WALL, &config.arena,
	    &analysis);
	EXPECT(found_of(FOUND_DEAD) != NULL && found_of(FOUND_DEAD)->example.n == 0);
	config_close(&config);
}

static void
dead__has_an_example_where_one_can_be_made(void)
{
#define OVER(action)                                                                      \
	"  - {grant: g, to: [ana], may: [" action "], on: {tier: 1}, until: 2026-01-01, " \
	"owner: zoe}\n"
	authority_analyse(load(BASE ACTIONS RULES OVER("one")), WALL, &config.arena,
	    &analysis);
	EXPECT(found_of(FOUND_DEAD) != NULL);
	if (found_of(FOUND_DEAD) != NULL)
		EXPECT_STR(found_of(FOUND_DEAD)->example,
		    STR("firstline may ana one on web"));
	config_close(&config);
	authority_analyse(load(BASE ACTIONS RULES OVER("say")), WALL, &config.arena,
	    &analysis);
	EXPECT(found_of(FOUND_DEAD) != NULL && found_of(FOUND_DEAD)->example.n == 0);
	config_close(&config);
}

/* What the configuration refuses, and a model may have all the same. */
static void
dead__is_what_no_configuration_says(void)
{
#define GRANT(who, rest) \
	"  - {grant: g, to: [" who "], may: [one], on: {tier: 1}" rest UNTIL
	struct model *model = load(BASE ACTIONS RULES GRANT("ana", ""));
	model->rules[0].from_wall = model->rules[0].until_wall;
	authority_analyse(model, WALL, &config.arena, &analysis);
	expect_told(FOUND_DEAD, "grant 'g' does nothing: it ends before it begins");
	config_close(&config);
	model = load(BASE ACTIONS RULES GRANT("ana", ""));
	model->rules[0].to_n = 0;
	authority_analyse(model, WALL, &config.arena, &analysis);
	expect_told(FOUND_DEAD,
	    "grant 'g' does nothing: it is about nobody: the team has no people");
	config_close(&config);
}

/* ---- ending ---- */

static void
ending__is_a_grant_that_has_an_end_soon(void)
{
	struct model *model = load(BASE ACTIONS RULES GRANT("ana", ""));
	model->rules[0].until_wall = WALL + 36 * HOUR;
	authority_analyse(model, WALL, &config.arena, &analysis);
	expect_told(FOUND_ENDING, "grant 'g' ends at 2026-11-25 01:12 UTC, in 1 day");
	model->rules[0].until_wall = 0; /* without one it does not */
	authority_analyse(model, WALL, &config.arena, &analysis);
	expect_told(FOUND_ENDING, NULL);
	config_close(&config);
	/* The first action that it names takes no value of the grant: the example is not of it. */
	model = load(BOTH("{type: one-of, values: [slow]}",
	    "{type: one-of, values: [quick]}") WITH_OF_ALL("{like: 'q*'}"));
	model->rules[0].until_wall = WALL + 36 * HOUR;
	authority_analyse(model, WALL, &config.arena, &analysis);
	const struct found *found = found_of(FOUND_ENDING);
	EXPECT_STR(found != NULL ? found->example : STR("nothing"),
	    STR("firstline may zoe there on web m=b n=quick"));
	config_close(&config);
}

/* ---- never asked for, by how many targets ---- */

static void
approvals__for_more_targets_than_there_are_are_told(void)
{
#define TARGETS(when)                                                                      \
	BASE ACTIONS RULES "  - {approval: p, for: [one], by: zoe, when: {targets: '" when \
			   "'}}\n"
#define TOO_MANY(n)                                     \
	"approval 'p' is never asked for: it is for " n \
	" targets and more, and no service "            \
	"that it is about has more than 1 host"
	static const struct row rows[] = {
		{ "more than one", TARGETS("> 1"), TOO_MANY("2") },
		{ "more than none", TARGETS("> 0"), NULL },
		{ "two at least", TARGETS(">= 2"), TOO_MANY("2") },
		{ "one at least", TARGETS(">= 1"), NULL },
		{ "fewer than three", TARGETS("< 3"), NULL },
	};
	expect(FOUND_APPROVERS, rows, countof(rows));
}

/* ---- shadowed ---- */

static void
shadowed__is_a_grant_in_an_incident_beside_one_at_any_time(void)
{
#define BESIDE(first, second)                                                              \
	BASE ACTIONS RULES                                                                 \
	    "  - {grant: wide, to: [ana, mei], may: [one], on: {tier: [1, 2]}" first UNTIL \
		GRANT("ana", second)
#define SHADOWED "grant 'g' changes nothing: 'wide' (a.yaml:30) grants all of it already"
	static const struct row rows[] = {
		{ "both at any time", BESIDE("", ""), SHADOWED },
		{ "it in an incident", BESIDE("", ", while: incident"), SHADOWED },
		{ "both in an incident", BESIDE(", while: incident", ", while: incident"),
		    SHADOWED },
		{ "the other in an incident", BESIDE(", while: incident", ""), NULL },
	};
	expect(FOUND_SHADOWED, rows, countof(rows));
}

/* Each of the others says a part of it: three are named. */
static void
shadowed__is_a_grant_by_many_together(void)
{
#define PART(name, to, may) \
	"  - {grant: " name ", to: [" to "], may: [" may "], on: {tier: [1, 2]}" UNTIL
#define ALL_OF_IT PART("all", "ana, mei", "one, two")
	static const struct row rows[] = {
		{ "two",
		    BASE ACTIONS RULES PART("a", "ana", "one, two")
			PART("b", "mei", "one, two") ALL_OF_IT,
		    "grant 'all' changes nothing: 'a' (a.yaml:30) and 'b' (a.yaml:31) "
		    "together say as much" },
		{ "three",
		    BASE ACTIONS RULES PART("a", "ana", "one, two") PART("b", "mei", "one")
			PART("c", "mei", "two") ALL_OF_IT,
		    "grant 'all' changes nothing: 'a' (a.yaml:30) and 'b' (a.yaml:31) and "
		    "'c' (a.yaml:32) together say as much" },
		{ "four",
		    BASE ACTIONS RULES PART("a", "ana", "one") PART("b", "mei", "one")
			PART("c", "mei", "two") PART("d", "ana", "two") ALL_OF_IT,
		    "grant 'all' changes nothing: 'a' (a.yaml:30) and 'd' (a.yaml:33) and "
		    "'b' (a.yaml:31) and others together say as much" },
		{ "four, of which the last says one thing of one service",
		    BASE ACTIONS RULES PART("a", "ana", "one, two") PART("b", "mei",
			"one") "  - {grant: c, to: [mei], may: [two], on: {tier: 1}" UNTIL
			       "  - {grant: d, to: [mei], may: [two], on: {tier: 2}" UNTIL
				   ALL_OF_IT,
		    "grant 'all' changes nothing: 'a' (a.yaml:30) and 'b' (a.yaml:31) and "
		    "'c' "
		    "(a.yaml:32) and others together say as much" },
		{ "all but one",
		    BASE ACTIONS RULES PART("a", "ana", "one") PART("b", "mei", "one")
			PART("c", "mei", "two") ALL_OF_IT,
		    "grant 'a' changes nothing: 'all' (a.yaml:33) grants all of it "
		    "already" },
	};
	expect(FOUND_SHADOWED, rows, countof(rows));
}

static void
shadowed__is_a_prohibition_within_a_wider_one(void)
{
#define WITHIN(wide, narrow)                                 \
	BASE ACTIONS RULES "  - {prohibit: wide, may: " wide \
			   "}\n  - {prohibit: p, may: " narrow "}\n"
#define FORBIDDEN \
	"prohibition 'p' changes nothing: 'wide' (a.yaml:30) forbids all of it already"
	static const struct row rows[] = {
		{ "of the same deed", WITHIN("[one]", "[one], on: {tier: 1}"), FORBIDDEN },
		{ "of another deed", WITHIN("[one]", "[two], on: {tier: 1}"), NULL },
		{ "of more deeds", WITHIN("[one]", "[one, two], on: {tier: 1}"), NULL },
		{ "on the same service",
		    WITHIN("any, on: {service: web}", "[one], on: {service: web}"),
		    FORBIDDEN },
		{ "on another service",
		    WITHIN("any, on: {service: books}", "[one], on: {service: web}"),
		    NULL },
		{ "for the first", WITHIN("any, to: [ana, mei]", "[one], to: [ana]"),
		    FORBIDDEN },
		{ "for the second", WITHIN("any, to: [ana, mei]", "[one], to: [mei]"),
		    FORBIDDEN },
		{ "for somebody else", WITHIN("any, to: [ana]", "[one], to: [mei]"), NULL },
		{ "for everybody", WITHIN("any, to: [ana]", "[one]"), NULL },
		{ "both lifted", WITHIN("any, liftable: true", "[one], liftable: true"),
		    FORBIDDEN },
		{ "the other lifted", WITHIN("any, liftable: true", "[one]"), NULL },
		{ "it lifted", WITHIN("any", "[one], liftable: true"), FORBIDDEN },
	};
	expect(FOUND_SHADOWED, rows, countof(rows));
}

#define APPROVALS(wide, narrow)                                                 \
	BASE ACTIONS RULES "  - {approval: wide, for: any, expires: 15m, " wide \
			   "}\n  - {approval: p, for: [one], expires: 15m, " narrow "}\n"
#define ASKED "approval 'p' changes nothing: 'wide' (a.yaml:30) asks for as much already"

static void
shadowed__is_an_approval_within_a_wider_one(void)
{
	static const struct row rows[] = {
		{ "of the same people", APPROVALS("by: zoe", "by: zoe"), ASKED },
		{ "of the first of them", APPROVALS("by: ana", "by: [ana, zoe]"), ASKED },
		{ "of the last of them", APPROVALS("by: zoe", "by: [ana, zoe]"), ASKED },
		{ "of somebody else", APPROVALS("by: ana", "by: zoe"), NULL },
		{ "of more people than it", APPROVALS("by: [ana, zoe]", "by: zoe"), NULL },
		{ "of fewer", APPROVALS("by: [ana, zoe]", "by: [ana, zoe], need: 2"),
		    NULL },
		{ "of many alone", APPROVALS("by: zoe, when: {targets: '> 1'}", "by: zoe"),
		    NULL },
		{ "neither of a reloader",
		    APPROVALS("by: zoe, not: reloader", "by: zoe, not: reloader"), ASKED },
		{ "of a reloader too", APPROVALS("by: zoe", "by: zoe, not: reloader"),
		    NULL },
		{ "of no reloader", APPROVALS("by: zoe, not: reloader", "by: zoe"), ASKED },
		/* Two alike ask for the same, whatever they ask for. */
		{ "alike",
		    BASE ACTIONS RULES
		    "  - {approval: wide, for: [one], by: zoe, when: {targets: '< 2'}}\n"
		    "  - {approval: p, for: [one], by: zoe, when: {targets: '< 2'}}\n",
		    ASKED },
	};
	expect(FOUND_SHADOWED, rows, countof(rows));
	struct model *model = load(APPROVALS("by: zoe", "by: zoe"));
	model->rules[0].by_n = 0; /* as no configuration says: nothing is claimed */
	authority_analyse(model, WALL, &config.arena, &analysis);
	expect_told(FOUND_SHADOWED, NULL);
	config_close(&config);
}

/* ---- written ---- */

static void
written__is_what_is_kept_apart_from_one_side_alone(void)
{
#define APART(other)                                                                   \
	BASE ACTIONS RULES "  - {limit: l, for: [one], within: {not_beside: [two]}}\n" \
			   "  - {limit: m, for: [two], within: {" other "}}\n"
#define ONE_SIDED                                                                      \
	"'l' keeps one from beginning beside two, and no `not_beside` keeps two from " \
	"beginning beside one"
	static const struct row rows[] = {
		{ "from both", APART("not_beside: [one]"), NULL },
		{ "from one", APART("at_once: 1"), ONE_SIDED },
		{ "from itself", APART("not_beside: [two]"), ONE_SIDED },
	};
	expect(FOUND_OVERLAP, rows, countof(rows));
}

int
main(void)
{
	RUN(dead__is_a_grant_of_values_that_no_action_has);
	RUN(dead__is_an_approval_that_is_never_asked_for);
	RUN(dead__is_a_rule_about_nobody);
	RUN(dead__has_an_example_where_one_can_be_made);
	RUN(dead__is_what_no_configuration_says);
	RUN(ending__is_a_grant_that_has_an_end_soon);
	RUN(approvals__for_more_targets_than_there_are_are_told);
	RUN(shadowed__is_a_grant_in_an_incident_beside_one_at_any_time);
	RUN(shadowed__is_a_grant_by_many_together);
	RUN(shadowed__is_a_prohibition_within_a_wider_one);
	RUN(shadowed__is_an_approval_within_a_wider_one);
	RUN(written__is_what_is_kept_apart_from_one_side_alone);
	TEST_MAIN_END();
}
