/*
 * What steps ask for, and what takes them back: each thing that decides whether it is told.
 */
#include "authority/analyse.h"
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
    "  zoe: {reach: [pager]}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], handover: 'Mon 09:00'}]\n"
    "      escalate: [{to: primary, after: 5m}, {to: lead}]\n"
    "    lead: zoe\n"
    "  dev: {kind: development}\n"
    "services:\n"
    "  web: {owner: ops, developers: dev, system: shop, tier: 1, environment: production}\n"
    "  books: {owner: ops, developers: dev, system: office, tier: 2, environment: "
    "production}\n"
    "hosts:\n"
    "  web-1: {service: web, role: front}\n"
    "  web-2: {service: web, role: back, environment: staging}\n"
    "  books-1: {service: books}\n"
    "actions:\n"
    "  restart:\n"
    "    verb: restart\n"
    "    params: {unit: {type: string, pattern: '[a-z]+'}}\n"
    "    run: [act, '${unit}']\n"
    "  scale:\n"
    "    verb: scale\n"
    "    params: {n: {type: integer, min: 1, max: 100}}\n"
    "    run: [act, '${n}']\n"
    "  ping: {verb: ping, run: [act]}\n"
    "  move:\n"
    "    verb: move\n"
    "    params: {x: {type: one-of, values: [a, b]}, y: {type: one-of, values: [a, b]}}\n"
    "    run: [act, '${x}', '${y}']\n"
    "  spin:\n"
    "    verb: spin\n"
    "    params: {x: {type: one-of, values: [a, b]}, y: {type: one-of, values: [a, b]}, z: "
    "{type: one-of, values: [a, b]}}\n"
    "    run: [act, '${x}', '${y}', '${z}']\n"
    "  say:\n"
    "    verb: say\n"
    "    params: {word: {type: string, pattern: '(?<w>[a-z]+)-\\k<w>'}}\n"
    "    run: [act, '${word}']\n"
    "  hint:\n"
    "    verb: hint\n"
    "    params: {word: {type: string, pattern: '(?<w>[a-z]+)-\\k<w>', optional: true}, n: "
    "{type: integer, min: 1, max: 100}}\n"
    "    run: [act, '${n}']\n";

static struct config config;
static struct analysis analysis;

static void
analyse(const char *more, const char *runbook)
{
	config_open(&config);
	config_add(&config, "a.yaml", base);
	config_add(&config, "b.yaml", more);
	if (runbook != NULL)
		config_add(&config, "runbooks/r.md", runbook);
	const struct model *model = config_load(&config);
	if (model == NULL)
		(void)fprintf(stderr, "%s: %.*s\n", test_row,
		    STR_ARG(config_faults(&config)));
	ASSERT(model != NULL);
	authority_analyse(model, WALL, &config.arena, &analysis);
}

/* The first that is told of this kind, or "nothing". */
static str
told(enum found_kind kind)
{
	for (size_t i = 0; i < analysis.n; i++) {
		if (analysis.found[i].kind == kind && !analysis.found[i].note)
			return analysis.found[i].text;
	}
	return STR("nothing");
}

struct row {
	const char *name, *rules, *runbook, *text; /* NULL: nothing is told */
};

static void
expect(enum found_kind kind, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		test_row = rows[i].name;
		analyse(rows[i].rules, rows[i].runbook);
		EXPECT_STR(told(kind),
		    rows[i].text != NULL ? str_of(rows[i].text) : STR("nothing"));
		config_close(&config);
	}
	test_row = NULL;
}

/* ---- fit ---- */

#define VERIFY "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
#define RUNBOOK(front, steps) \
	"---\nrunbook: r\nceiling: suggest\n" front "---\n# R\n" steps VERIFY
#define ACTION(rest) "```action go\n" rest "```\n"
#define WEB "service: web\n"
#define INPUT(name, type) "  " name ": {" type ", from: alert.labels." name "}\n"
#define ASK(name, type) \
	"```ask " name "\nquestion: How many?\nanswer: {" type "}\nwithin: 5m\n```\n"
#define GRANT(may, rest)                              \
	"  - {grant: g, to: [automation], may: [" may \
	"], until: 2027-06-30, owner: ana, " rest "}\n"
#define RULES "authority:\n"
#define OF(action, with) "do: " action "\nwith: {" with "}\n"
#define NO_GRANT(what) "step 'go' can ask for " what ", and no grant lets it through"

static void
fit__is_asked_of_the_values_that_a_step_can_give(void)
{
#define UP_TO_20 RULES GRANT("scale", "on: {service: web}, with: {n: {max: 20}}")
#define UNIT_A RULES GRANT("restart", "on: {service: web}, with: {unit: {one_of: [a]}}")
	static const struct row rows[] = {
		{ "a value", UP_TO_20, RUNBOOK(WEB, ACTION(OF("scale", "n: 21"))),
		    NO_GRANT("scale on web with n=21") },
		{ "an input that is a number", UP_TO_20,
		    RUNBOOK(WEB "inputs:\n" INPUT("n", "type: integer, min: 1, max: 30"),
			ACTION(OF("scale", "n: '${n}'"))),
		    NO_GRANT("scale on web with n=21") },
		{ "an input of a list", UNIT_A,
		    RUNBOOK(WEB "inputs:\n" INPUT("u", "type: one-of, values: [a, b]"),
			ACTION(OF("restart", "unit: '${u}'"))),
		    NO_GRANT("restart on web with unit=b") },
		{ "an input that may be anything", UNIT_A,
		    RUNBOOK(WEB "inputs:\n" INPUT("u", "type: name"),
			ACTION(OF("restart", "unit: '${u}'"))),
		    NULL },
		{ "text around an input", UNIT_A,
		    RUNBOOK(WEB "inputs:\n" INPUT("u", "type: one-of, values: [a, b]"),
			ACTION(OF("restart", "unit: 'x${u}'"))),
		    NULL },
		{ "no input at all", UNIT_A,
		    RUNBOOK(WEB, ACTION(OF("restart", "unit: '${service}'"))), NULL },
		{ "an answer", UP_TO_20,
		    RUNBOOK(WEB, ASK("more", "type: integer, min: 1, max: 30")
				     ACTION(OF("scale", "n: '${more}'"))),
		    NO_GRANT("scale on web with n=21") },
		{ "an answer to another question", UP_TO_20,
		    RUNBOOK(WEB, ASK("more", "type: integer, min: 1, max: 20")
				     ASK("less", "type: integer, min: 1, max: 30")
					 ACTION(OF("scale", "n: '${more}'"))),
		    NULL },
		{ "beside one that it leaves out and nobody could make up",
		    RULES GRANT("hint", "on: {service: web}, with: {n: {max: 20}}"),
		    RUNBOOK(WEB, ACTION(OF("hint", "n: 21"))),
		    NO_GRANT("hint on web with n=21") },
		{ "one that nobody could make up",
		    RULES GRANT("say", "on: {service: web}, with: {word: {like: 'x*'}}"),
		    RUNBOOK(WEB "inputs:\n" INPUT("u", "type: string, pattern: '.+'"),
			ACTION(OF("say", "word: '${u}'"))),
		    NULL },
		{ "one that nobody could make up, and no grant",
		    RULES GRANT("ping", "on: {service: web}"),
		    RUNBOOK(WEB "inputs:\n" INPUT("u", "type: string, pattern: '.+'"),
			ACTION(OF("say", "word: '${u}'"))),
		    NO_GRANT("say on web") },
	};
	expect(FOUND_FIT, rows, countof(rows));
}

#define AB(name) INPUT(name, "type: one-of, values: [a, b]")
#define SPIN                                             \
	RUNBOOK(WEB "inputs:\n" AB("x") AB("y") AB("z"), \
	    ACTION(OF("spin", "x: '${x}', y: '${y}', z: '${z}'")))
#define SPINS(with) GRANT("spin", "on: {service: web}, with: {" with "}")

/* Two at a time, with the third as it is at first. */
static void
fit__is_asked_of_each_two_of_three_values(void)
{
	static const struct row rows[] = {
		{ "all", RULES GRANT("spin", "on: {service: web}"), SPIN, NULL },
		{ "x and y", RULES SPINS("x: {one_of: [a]}") SPINS("y: {one_of: [a]}"),
		    SPIN, NO_GRANT("spin on web with y=b") },
		{ "x and z", RULES SPINS("x: {one_of: [a]}") SPINS("z: {one_of: [a]}"),
		    SPIN, NO_GRANT("spin on web with z=b") },
		{ "y and z", RULES SPINS("y: {one_of: [a]}") SPINS("z: {one_of: [a]}"),
		    SPIN, NO_GRANT("spin on web with z=b") },
		{ "no two, though all three",
		    RULES SPINS("y: {one_of: [a]}") SPINS("z: {one_of: [a]}")
			SPINS("x: {one_of: [a]}, y: {one_of: [b]}, z: {one_of: [b]}"),
		    SPIN, NULL },
	};
	expect(FOUND_FIT, rows, countof(rows));
}

static const char *
left_out_of_fit(void)
{
	for (size_t i = 0; i < analysis.n; i++) {
		if (analysis.found[i].kind == FOUND_LIMIT &&
		    str_contains(analysis.found[i].text, STR("in 'fit'")))
			return arena_cstr(&config.arena, analysis.found[i].text);
	}
	return "nothing";
}

/* Six pairs of four parameters: so many that some are left out, which is said. */
static void
fit__says_when_there_are_too_many_pairs(void)
{
#define LETTERS(last) "type: one-of, values: [a, b, c, d, e, f, g, h, i, " last "]"
#define FOUR(last)                                                                                                                                 \
	"actions:\n  four:\n    verb: four\n    params: {w: {" LETTERS(                                                                            \
	    last) "}, x: {" LETTERS(last) "}, y: {" LETTERS(last) "}, z: {" LETTERS(last) "}}\n"                                                   \
											  "    run: [act, '${w}', '${x}', '${y}', '${z}']\n" RULES \
											      GRANT(                                               \
												  "four",                                          \
												  "on: {service: web}")
#define ASKS_FOUR(last)                                                             \
	RUNBOOK(WEB "inputs:\n" INPUT("w", LETTERS(last)) INPUT("x", LETTERS(last)) \
		    INPUT("y", LETTERS(last)) INPUT("z", LETTERS(last)),            \
	    ACTION(OF("four", "w: '${w}', x: '${x}', y: '${y}', z: '${z}'")))
	analyse(FOUR("j"), ASKS_FOUR("j")); /* 600 of them */
	EXPECT_STR(str_of(left_out_of_fit()), STR("nothing"));
	config_close(&config);
	analyse(FOUR("j, k"), ASKS_FOUR("j, k"));
	EXPECT_STR(str_of(left_out_of_fit()),
	    STR("looked at 600 pairs of values of step 'go' (runbooks/r.md:12) in 'fit' "
		"and left out the rest"));
	config_close(&config);
}

/* What is always the same makes no pairs: only so 600 are enough. */
static void
fit__makes_pairs_of_what_can_differ(void)
{
	static const str names[] = { { "v", 1 }, { "w", 1 }, { "x", 1 }, { "y", 1 },
		{ "z", 1 } };
	char params[1024] = "", inputs[1024] = "", with[256] = "";
	char rules[4096], runbook[4096];
	for (size_t i = 0; i < countof(names); i++) {
		const char *values = i == 0 ? "type: one-of, values: [a]" : LETTERS("j");
		const char *comma = i == 0 ? "" : ", ", *name = names[i].p;
		(void)snprintf(&params[strlen(params)], sizeof(params) - strlen(params),
		    "%s%s: {%s}", comma, name, values);
		(void)snprintf(&inputs[strlen(inputs)], sizeof(inputs) - strlen(inputs),
		    "  %s: {%s, from: alert.labels.%s}\n", name, values, name);
		(void)snprintf(&with[strlen(with)], sizeof(with) - strlen(with),
		    "%s%s: '${%s}'", comma, name, name);
	}
	(void)snprintf(rules, sizeof(rules),
	    "actions:\n  five: {verb: five, params: {%s}, run: [act]}\n" RULES GRANT("five",
		"on: {service: web}"),
	    params);
	(void)snprintf(runbook, sizeof(runbook),
	    RUNBOOK(WEB "inputs:\n%s", ACTION(OF("five", "%s"))), inputs, with);
	analyse(rules, runbook);
	EXPECT_STR(str_of(left_out_of_fit()), STR("nothing"));
	EXPECT_STR(told(FOUND_FIT), STR("nothing"));
	config_close(&config);
}

/* Of as many services and environments as it is wrong on. */
static void
fit__is_told_of_a_step_once(void)
{
#define EVERYWHERE(action, rest) RULES GRANT(action, "on: {tier: [1, 2]}, with: {" rest "}")
#define TWO_GRANTS                             \
	EVERYWHERE("move", "x: {one_of: [a]}") \
	GRANT("move", "on: {tier: [1, 2]}, with: {y: {one_of: [a]}}")
#define ANSWERS "answers: [{alertname: Down}]\n"
#define XY "inputs:\n" AB("x") AB("y")
	static const struct row rows[] = {
		{ "a value", EVERYWHERE("scale", "n: {max: 20}"),
		    RUNBOOK("", ACTION(OF("scale", "n: 21"))), NULL },
		{ "a value, and automation may nothing",
		    EVERYWHERE("scale", "n: {max: 20}"),
		    RUNBOOK(ANSWERS, ACTION(OF("scale", "n: 21"))), NULL },
		{ "two values", TWO_GRANTS,
		    RUNBOOK(XY, ACTION(OF("move", "x: '${x}', y: '${y}'"))), NULL },
		{ "two values, and automation may not", TWO_GRANTS,
		    RUNBOOK(ANSWERS XY, ACTION(OF("move", "x: '${x}', y: '${y}'"))), NULL },
		{ "two environments", EVERYWHERE("scale", "n: {max: 20}"),
		    RUNBOOK(WEB, ACTION("targets: {service: web}\n" OF("scale", "n: 21"))),
		    NULL },
		{ "no grant", RULES GRANT("scale", "on: {tier: [1, 2]}"),
		    RUNBOOK(WEB, ACTION("do: ping\ntargets: {service: web}\n")), NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		size_t n = 0;
		test_row = rows[i].name;
		analyse(rows[i].rules, rows[i].runbook);
		for (size_t k = 0; k < analysis.n; k++)
			n += analysis.found[k].kind == FOUND_FIT;
		EXPECT_U64(n, 1);
		config_close(&config);
	}
	test_row = NULL;
}

static void
fit__is_asked_where_a_step_acts(void)
{
	static const struct row rows[] = {
		{ "what needs no value", RULES GRANT("ping", "on: {service: web}"),
		    RUNBOOK(WEB, ACTION("do: ping\n")), NULL },
		{ "what nobody may", RULES GRANT("scale", "on: {service: web}"),
		    RUNBOOK(WEB, ACTION("do: ping\n")), NO_GRANT("ping on web") },
		{ "on another service", RULES GRANT("ping", "on: {service: books}"),
		    RUNBOOK(WEB, ACTION("do: ping\n")), NO_GRANT("ping on web") },
		/* web stands wherever one of its hosts does */
		{ "on a service of two environments",
		    RULES GRANT("ping", "on: {environment: production}"),
		    RUNBOOK(WEB, ACTION("do: ping\n")), NO_GRANT("ping on web") },
		{ "on hosts of a role",
		    RULES GRANT("ping", "on: {environment: production}"),
		    RUNBOOK(WEB,
			ACTION("do: ping\ntargets: {service: web, role: front}\n")),
		    NULL },
		{ "on hosts of another role",
		    RULES GRANT("ping", "on: {environment: production}"),
		    RUNBOOK(WEB, ACTION("do: ping\ntargets: {service: web, role: back}\n")),
		    NO_GRANT("ping on web (web-2)") },
		{ "on all hosts", RULES GRANT("ping", "on: {environment: production}"),
		    RUNBOOK(WEB, ACTION("do: ping\ntargets: {service: web}\n")),
		    NO_GRANT("ping on web (web-2)") },
		/* a runbook for any service */
		{ "on those that are granted something",
		    RULES GRANT("scale", "on: {service: books}"),
		    RUNBOOK("", ACTION(OF("scale", "n: 21"))), NULL },
		{ "and not this",
		    RULES GRANT("scale", "on: {service: books}, with: {n: {max: 20}}"),
		    RUNBOOK("", ACTION(OF("scale", "n: 21"))),
		    NO_GRANT("scale on books with n=21") },
		/* whose incident it is */
		{ "in an incident of any service",
		    RULES GRANT("ping", "on: {service: books}, while: incident"),
		    RUNBOOK("", ACTION("do: ping\ntargets: {service: books}\n")), NULL },
		{ "in an incident of its own",
		    RULES GRANT("ping", "on: {service: books}, while: incident"),
		    RUNBOOK("service: books\n",
			ACTION("do: ping\ntargets: {service: books}\n")),
		    NULL },
		{ "in an incident of another",
		    RULES GRANT("ping", "on: {service: books}, while: incident"),
		    RUNBOOK(WEB, ACTION("do: ping\ntargets: {service: books}\n")),
		    NO_GRANT(
			"ping on books (books-1)") " without an incident of that service" },
	};
	expect(FOUND_FIT, rows, countof(rows));
}

/* What the action itself refuses is nobody's to grant. */
static void
fit__is_asked_of_two_values_that_the_action_takes(void)
{
#define BOTH(x, y)                                                          \
	RUNBOOK(WEB "inputs:\n" INPUT("x", "type: one-of, values: [" x "]") \
		    INPUT("y", "type: one-of, values: [" y "]"),            \
	    ACTION(OF("move", "x: '${x}', y: '${y}'")))
#define MOVE(with) GRANT("move", "on: {service: web}, with: {" with "}")
#define CROSSED RULES MOVE("x: {one_of: [a]}") MOVE("y: {one_of: [a]}")
	static const struct row rows[] = {
		{ "all are granted", RULES GRANT("move", "on: {service: web}"),
		    BOTH("a, b", "a, b"), NULL },
		{ "the first takes fewer", RULES GRANT("move", "on: {service: web}"),
		    BOTH("a, b, c", "a, b"), NULL },
		{ "the second takes fewer", RULES GRANT("move", "on: {service: web}"),
		    BOTH("a, b", "a, b, c"), NULL },
		{ "each by itself", CROSSED, BOTH("a, b", "a, b"),
		    NO_GRANT("move on web with y=b") },
		{ "the first is always one", CROSSED, BOTH("a", "a, b"), NULL },
		{ "the second is always one", CROSSED, BOTH("a, b", "a"), NULL },
	};
	expect(FOUND_FIT, rows, countof(rows));
}

/* Pairs of values of a step for any of many services, granted to the last of many agents. */
static void
fit__says_how_far_it_got(void)
{
	static char text[65536];
	size_t n = 0;
#define ADD(...) n += (size_t)snprintf(&text[n], sizeof(text) - n, __VA_ARGS__)
	ADD("services:\n");
	for (unsigned i = 0; i < 20; i++)
		ADD("  s%u: {owner: ops}\n", i);
	ADD(RULES "  - {prohibit: p, may: any, to: [");
	for (unsigned i = 0; i < 60; i++)
		ADD("agent: a%u, ", i);
	ADD("agent: z], during: c}\n"
	    "  - {grant: g, to: [agent: z], may: [scale-both], on: {tier: [1, 2, 3, 4]}, "
	    "until: 2027-06-30, owner: ana}\n"
	    "calendars:\n  c: {zone: UTC, spans: [{from: 2026-11-24, until: 2026-11-25}]}\n"
	    "actions:\n  scale-both: {verb: scale-both, run: [act], params: {n: {type: "
	    "integer}, m: {type: integer}}}\n");
#define RANGE(name, values) INPUT(name, "type: one-of, values: [" values "]")
	analyse(text,
	    RUNBOOK("inputs:\n" RANGE("n", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14")
			RANGE("m", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14"),
		ACTION(OF("scale-both", "n: '${n}', m: '${m}'"))));
	bool said = false;
	for (size_t i = 0; i < analysis.n; i++)
		said |= str_eq(analysis.found[i].text,
		    STR("looked at 200000 combinations of steps, services and values in "
			"'fit' "
			"and left out the rest"));
	EXPECT(said);
	config_close(&config);
}

/* ---- undo ---- */

#define UNDONE(params, undo, takes)                                                   \
	"actions:\n  do-it: {verb: do, run: [act], params: {" params "}, undo: {do: " \
	"back, within: 30m" undo "}}\n"                                               \
	"  back: {verb: back, run: [act], params: {" takes "}}\n"
#define LIST_30                                                             \
	", b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14" \
	", b15, b16, b17, b18, b19, b20, b21, b22, b23, b24, b25, b26, b27, b28, b29"
#define REFUSED(value) "do-it with x=" value " cannot be taken back: back refuses it"

static void
undo__is_asked_of_what_is_handed_on(void)
{
	static const struct row rows[] = {
		{ "all of it is taken",
		    UNDONE("x: {type: integer, min: 1, max: 9}", "",
			"x: {type: integer, min: 1, max: 9}"),
		    NULL, NULL },
		{ "the most is not",
		    UNDONE("x: {type: integer, min: 1, max: 9}", "",
			"x: {type: integer, min: 1, max: 8}"),
		    NULL, REFUSED("9") },
		{ "a number without an end is no value",
		    UNDONE("x: {type: integer, max: 9}", "", "x: {type: integer, max: 9}"),
		    NULL, NULL },
		{ "one of a list",
		    UNDONE("x: {type: one-of, values: [a, b]}", "",
			"x: {type: one-of, values: [a]}"),
		    NULL, REFUSED("b") },
		{ "one that cannot be given",
		    UNDONE("x: {type: one-of, values: [a, -b]}", "",
			"x: {type: one-of, values: [a]}"),
		    NULL, NULL },
		{ "one value among many",
		    UNDONE("x: {type: one-of, values: [a" LIST_30 ", z]}", "",
			"x: {type: one-of, values: [a, z]}"),
		    NULL, REFUSED("b0") },
		{ "one that is not looked at",
		    UNDONE("x: {type: one-of, values: [a" LIST_30 ", z]}", "",
			"x: {type: one-of, values: [a" LIST_30 "]}"),
		    NULL, NULL },
		{ "a value that is written",
		    UNDONE("x: {type: integer}", ", with: {x: 3}",
			"x: {type: integer, max: 3}"),
		    NULL, NULL },
		{ "text around a value",
		    UNDONE("x: {type: one-of, values: [a, b]}", ", with: {x: 'a${x}'}",
			"x: {type: one-of, values: [a, b]}"),
		    NULL, NULL },
		{ "what it need not have",
		    UNDONE("x: {type: integer}", "", "y: {type: integer, optional: true}"),
		    NULL, NULL },
		/* It has a value whether it is given or not. */
		{ "what has a default",
		    UNDONE("x: {type: integer, min: 1, max: 9, default: 3}", "",
			"x: {type: integer, min: 1, max: 9}"),
		    NULL, NULL },
	};
	expect(FOUND_UNDO, rows, countof(rows));
}

#define UNDO_30M                                                                           \
	"actions:\n  do-it: {verb: do, run: [act], undo: {do: ping, within: 30m}}\n" RULES \
	    GRANT("do, ping", "on: {service: web}")
#define DO ACTION("do: do-it\n")
#define CHECK(ways) "```check which\npromql: up\nexpect: '== 1'\nwithin: 1m\n" ways "```\n"
#define WAIT(name, time) "```wait " name "\nfor: " time "\n```\n"
#define HANDOFF "```handoff on\nclass: investigation\nbecause: b\nask: c\n```\n"
#define LATE(minutes)                                                         \
	"step 'go' can be taken back for 30 minutes, but 'up' may fail only " \
	"after " minutes

static void
undo__is_held_against_the_longest_way_to_a_verification(void)
{
	static const struct row rows[] = {
		{ "at once", UNDO_30M, RUNBOOK(WEB, DO), NULL },
		{ "after a wait", UNDO_30M, RUNBOOK(WEB, DO WAIT("w", "29m")), LATE("31") },
		{ "after a wait, in time", UNDO_30M, RUNBOOK(WEB, DO WAIT("w", "28m")),
		    NULL },
		{ "by the longer of two ways, which is the next", UNDO_30M,
		    RUNBOOK(WEB, DO CHECK("then: up\notherwise: w\n") WAIT("w", "40m")),
		    LATE("43") },
		{ "by the longer of two ways, which is the other", UNDO_30M,
		    RUNBOOK(WEB, DO CHECK("then: w\notherwise: up\n") WAIT("w", "40m")),
		    LATE("43") },
		{ "by the one way that leads to one", UNDO_30M,
		    RUNBOOK(WEB, DO CHECK("then: w\notherwise: on\n") WAIT("w", "40m"))
			HANDOFF,
		    LATE("43") },
		{ "by the other way that leads to one", UNDO_30M,
		    RUNBOOK(WEB, DO CHECK("then: on\notherwise: w\n") WAIT("w", "40m"))
			HANDOFF,
		    LATE("43") },
		{ "never: developers are asked", UNDO_30M,
		    "---\nrunbook: r\nceiling: suggest\n" WEB
		    "---\n# R\n" DO WAIT("w", "40m") HANDOFF,
		    NULL },
	};
	expect(FOUND_UNDO, rows, countof(rows));
}

int
main(void)
{
	RUN(fit__is_asked_of_the_values_that_a_step_can_give);
	RUN(fit__is_asked_of_each_two_of_three_values);
	RUN(fit__says_when_there_are_too_many_pairs);
	RUN(fit__makes_pairs_of_what_can_differ);
	RUN(fit__is_told_of_a_step_once);
	RUN(fit__is_asked_where_a_step_acts);
	RUN(fit__is_asked_of_two_values_that_the_action_takes);
	RUN(fit__says_how_far_it_got);
	RUN(undo__is_asked_of_what_is_handed_on);
	RUN(undo__is_held_against_the_longest_way_to_a_verification);
	TEST_MAIN_END();
}
