/*
 * What a comparison says that it did not look at: probes by each thing that they look at,
 * and rules by each thing that a request must be to be about them.
 */
#include "authority/analyse.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

#define BASE_WITH(services)                                                          \
	"fallback: ops\n"                                                            \
	"prometheus: http://localhost:9090\n"                                        \
	"probe_files: [/var/log]\n"                                                  \
	"channels:\n"                                                                \
	"  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n"       \
	"people:\n"                                                                  \
	"  ana: {reach: [pager]}\n"                                                  \
	"  zoe: {reach: [pager]}\n"                                                  \
	"teams:\n"                                                                   \
	"  ops:\n"                                                                   \
	"    kind: operations\n"                                                     \
	"    on_call:\n"                                                             \
	"      zone: UTC\n"                                                          \
	"      rotations: [{name: primary, people: [ana], handover: 'Mon 09:00'}]\n" \
	"      escalate: [{to: primary, after: 5m}, {to: lead}]\n"                   \
	"    lead: zoe\n"                                                            \
	"services:\n" services
#define SERVICE(name, rest) "  " name ": {owner: ops, system: shop, " rest "}\n"
#define WEB SERVICE("web", "tier: 1, environment: production")
#define HOSTS                       \
	"hosts:\n"                  \
	"  web-1: {service: web}\n" \
	"  web-2: {service: web, environment: staging}\n"
#define ACTIONS                                                                          \
	"actions:\n"                                                                     \
	"  restart:\n"                                                                   \
	"    verb: restart\n"                                                            \
	"    params: {unit: {type: string, pattern: '[a-z]+'}}\n"                        \
	"    run: [act, '${unit}']\n"                                                    \
	"  scale:\n"                                                                     \
	"    verb: scale\n"                                                              \
	"    params: {n: {type: integer, min: 1, max: 100}, m: {type: integer, min: 1, " \
	"max: 100}}\n"                                                                   \
	"    run: [act, '${n}']\n"                                                       \
	"    observe: {n: {promql: up}, m: {promql: down}}\n"
#define RULES "authority:\n"
#define UNTIL ", until: 2028-06-30, owner: zoe}\n"
#define ANA "  - {grant: ana, to: [ana], may: [restart, scale], on: {tier: [1, 2]}" UNTIL
#define GRANT(rest) "  - {grant: g, to: [zoe], may: [restart], " rest UNTIL

static struct config one, other;
static struct difference difference;

static const struct model *
load(struct config *c, const char *text, const char *runbook)
{
	config_open(c);
	config_add(c, "a.yaml", text);
	if (runbook != NULL)
		config_add(c, "runbooks/r.md", runbook);
	const struct model *model = config_load(c);
	if (model == NULL)
		(void)fprintf(stderr, "%s: %.*s\n", test_row, STR_ARG(config_faults(c)));
	ASSERT(model != NULL);
	return model;
}

static void
compare(const char *before, const char *after, const char *runbook)
{
	const struct model *old = load(&one, before, runbook);
	const struct model *new = load(&other, after, runbook);
	authority_difference(old, new, WALL, &other.arena, &difference);
}

static void
done(void)
{
	config_close(&one);
	config_close(&other);
}

static bool
unseen(const char *words)
{
	for (size_t i = 0; i < difference.unseen_n; i++) {
		if (str_contains(difference.unseen[i].text, str_of(words)))
			return true;
	}
	return false;
}

/* ---- probes ---- */

static void
probes__that_look_at_something_else_are_told(void)
{
#define RUN_OF(argv) "run: [" argv "], expect: exit == 0"
#define UNIT(rest) "systemd: {unit: web.service" rest "}, expect: value == active"
#define TCP(where, rest) "tcp: '${target}:" where "'" rest
#define DNS(rest) "dns: {" rest "}, expect: answers > 0"
#define LOG(rest) "log: {file: /var/log/a, " rest "}, expect: matches < 5"
	static const struct {
		const char *name, *before, *after;
		bool told;
	} rows[] = {
		{ "the same", UNIT(", value: sub"), UNIT(", value: sub"), false },
		{ "another kind", "promql: up, expect: '== 1'",
		    "http: 'http://${target}/up', expect: status == 200", true },
		{ "another address", "http: 'http://${target}/a', expect: status == 200",
		    "http: 'http://${target}/b', expect: status == 200", true },
		{ "another query", "promql: up, expect: '== 1'",
		    "promql: on, expect: '== 1'", true },
		{ "the same command", RUN_OF("a, b"), RUN_OF("a, b"), false },
		{ "another command", RUN_OF("a, b, c"), RUN_OF("a, x, c"), true },
		{ "a longer command", RUN_OF("a, b"), RUN_OF("a, b, c"), true },
		{ "another unit", "systemd: {unit: a.service}, expect: value == active",
		    "systemd: {unit: b.service}, expect: value == active", true },
		{ "another state of it", UNIT(", value: active"), UNIT(", value: sub"),
		    true },
		{ "another server", "promql: up, server: http://a:9090, expect: '== 1'",
		    "promql: up, server: http://b:9090, expect: '== 1'", true },
		{ "another port", TCP("80", ", expect: open"), TCP("81", ", expect: open"),
		    true },
		{ "another name", DNS("name: a.example"), DNS("name: b.example"), true },
		{ "another type", DNS("name: a.example, type: A"),
		    DNS("name: a.example, type: AAAA"), true },
		{ "more lines", LOG("lines: 10, match: bad"), LOG("lines: 20, match: bad"),
		    true },
		{ "other words", LOG("lines: 10, match: bad"),
		    LOG("lines: 10, match: worse"), true },
		{ "another answer", "promql: up, expect: '== 1'",
		    "promql: up, expect: '== 2'", true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char texts[2][4096];
		test_row = rows[i].name;
		for (unsigned side = 0; side < 2; side++)
			(void)snprintf(texts[side], sizeof(texts[side]),
			    BASE_WITH(SERVICE("web", "tier: 1, healthy: {%s}"))
				ACTIONS RULES ANA,
			    side == 0 ? rows[i].before : rows[i].after);
		compare(texts[0], texts[1], NULL);
		EXPECT_U64(difference.unseen_n, rows[i].told);
		EXPECT(unseen("`healthy` of web") == rows[i].told);
		done();
	}
	test_row = NULL;
}

/* No kind has a choice of parts today; one that had would be told. */
static void
probes__with_other_parts_are_told(void)
{
#define UNIT_OF_WEB \
	BASE_WITH(SERVICE("web", "tier: 1, healthy: {" UNIT("") "}")) ACTIONS RULES ANA
	const struct model *before = load(&one, UNIT_OF_WEB, NULL);
	const struct model *after = load(&other, UNIT_OF_WEB, NULL);
	after->services[0].healthy->parts.p[0].name = STR("slice");
	authority_difference(before, after, WALL, &other.arena, &difference);
	EXPECT(unseen("`healthy` of web"));
	done();
}

/* That it is there at all now, or no more, is looked at as any other change. */
static void
probes__that_are_new_or_gone_are_no_change_of_what_is_looked_at(void)
{
#define WITHOUT BASE_WITH(SERVICE("web", "tier: 1")) ACTIONS RULES ANA
#define WITH_ONE                                                                    \
	BASE_WITH(SERVICE("web", "tier: 1, healthy: {promql: up, expect: '== 1'}")) \
	ACTIONS RULES ANA
	compare(WITHOUT, WITH_ONE, NULL);
	EXPECT(!unseen("`healthy` of web"));
	done();
	compare(WITH_ONE, WITHOUT, NULL);
	EXPECT(!unseen("`healthy` of web"));
	done();
}

/* ---- rules ---- */

#define CHANGED "was changed, and nothing that was asked was about it"

static void
rules__are_met_by_what_they_are_about_alone(void)
{
	static const struct {
		const char *name, *before, *after;
		bool told;
	} rows[] = {
		{ "by the service", BASE_WITH(WEB) ACTIONS RULES ANA,
		    BASE_WITH(WEB) ACTIONS RULES ANA GRANT("on: {tier: 1}"), false },
		{ "by no service that has its tier then",
		    BASE_WITH(SERVICE("web", "tier: 1") SERVICE("far", "tier: 2"))
			ACTIONS RULES ANA GRANT("on: {tier: 3}"),
		    BASE_WITH(SERVICE("web", "tier: 1") SERVICE("far", "tier: 3"))
			ACTIONS RULES ANA,
		    true },
		{ "by no service that is new",
		    BASE_WITH(SERVICE("web", "tier: 1"))
			ACTIONS RULES ANA GRANT("on: {tier: 3}"),
		    BASE_WITH(SERVICE("web", "tier: 1") SERVICE("new", "tier: 3"))
			ACTIONS RULES ANA,
		    true },
		{ "by no action that is new",
		    BASE_WITH(WEB) ACTIONS
		    "  say:\n    verb: say\n    params: {word: {type: string, pattern: "
		    "'(?<w>[a-z]+)-\\k<w>'}}\n    run: [act, '${word}']\n" RULES ANA
		    "  - {prohibit: g, may: [say]}\n",
		    BASE_WITH(WEB) ACTIONS "  say-all: {verb: say, run: [act]}\n" RULES ANA,
		    true },
		{ "by a host that stands elsewhere", BASE_WITH(WEB) HOSTS ACTIONS RULES ANA,
		    BASE_WITH(WEB) HOSTS ACTIONS RULES ANA
		    "  - {prohibit: g, may: [restart], on: {environment: staging}}\n",
		    false },
		/* A grant must cover the service itself too. */
		{ "by no host that stands elsewhere",
		    BASE_WITH(WEB SERVICE("far", "tier: 4, environment: staging"))
			HOSTS ACTIONS RULES ANA GRANT("on: {service: web, environment: "
						      "[staging, production]}, from: "
						      "2026-01-01"),
		    BASE_WITH(WEB SERVICE("far", "tier: 4, environment: staging"))
			HOSTS ACTIONS RULES ANA GRANT("on: {service: web, environment: "
						      "production}, from: 2026-01-01"),
		    false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		compare(rows[i].before, rows[i].after, NULL);
		EXPECT(unseen(CHANGED) == rows[i].told);
		done();
	}
	test_row = NULL;
}

/* The value of a runbook is asked first, so without an incident too: that is no request
 * which such a grant is about. */
static void
rules__in_an_incident_are_met_in_one(void)
{
	static const char runbook[] =
	    "---\nrunbook: r\nservice: web\nceiling: suggest\n---\n# R\n"
	    "```action go\ndo: restart\nwith: {unit: often}\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n";
	compare(BASE_WITH(WEB) ACTIONS RULES ANA,
	    BASE_WITH(WEB) ACTIONS RULES ANA GRANT(
		"on: {tier: 1}, while: incident, with: {unit: {one_of: [seldom]}}"),
	    runbook);
	EXPECT(!unseen(CHANGED));
	EXPECT(difference.n == 1 && difference.p[0].after == VERDICT_ALLOW);
	done();
}

/* ---- values ---- */

#define MANY(word)                                                                        \
	word "a, " word "b, " word "c, " word "d, " word "e, " word "f, " word "g, " word \
	     "h, " word "i, " word "j, " word "k, " word "l, " word "m, " word "n, " word \
	     "o, " word "p, " word "q, " word "r, " word "s, " word "t, " word "u, " word \
	     "v, " word "w, " word "x, " word "y, " word "z"
#define ONE_OF(name, values)                                                     \
	"  - {grant: " name ", to: [zoe], may: [restart], on: {tier: 1}, with: " \
	"{unit: {one_of: [" values "]}}" UNTIL

static void
values__of_changed_rules_that_find_no_room_are_told(void)
{
	compare(BASE_WITH(WEB) ACTIONS RULES ANA ONE_OF("old", MANY("o")),
	    BASE_WITH(WEB) ACTIONS RULES ANA ONE_OF("old", MANY("o"))
		ONE_OF("new", MANY("n")),
	    NULL);
	EXPECT(unseen("changed rules name more than 24 values of unit of restart"));
	done();
	/* Those of a rule that did not change are cut off, and nobody need look at them. */
	compare(BASE_WITH(WEB) ACTIONS RULES ANA ONE_OF("old", MANY("o")),
	    BASE_WITH(WEB) ACTIONS RULES ANA ONE_OF("old", MANY("o")) ONE_OF("new", "n"),
	    NULL);
	EXPECT(!unseen("more than 24 values"));
	done();
}

static void
values__of_an_action_with_too_many_parameters_are_not_asked_for(void)
{
	static char many[4096] = BASE_WITH(WEB) "actions:\n  restart:\n    verb: restart\n"
						"    run: [act]\n    params:\n";
	size_t n = strlen(many);
	for (unsigned i = 0; i <= 16; i++)
		n += (size_t)snprintf(&many[n], sizeof(many) - n,
		    "      p%02u: {type: integer}\n", i);
	n += (size_t)snprintf(&many[n], sizeof(many) - n,
	    RULES "  - {grant: ana, to: [ana], may: [restart], on: {tier: 1}" UNTIL);
	static char less[4096];
	(void)snprintf(less, sizeof(less), "%.*s", (int)n, many);
	char *tier = strstr(less, "on: {tier: 1}");
	tier[strlen("on: {tier: ")] = '2';
	compare(less, many, NULL);
	EXPECT(unseen("restart has more than 16 parameters: not asked for"));
	EXPECT_U64(difference.decisions, 0);
	done();
}

int
main(void)
{
	RUN(probes__that_look_at_something_else_are_told);
	RUN(probes__with_other_parts_are_told);
	RUN(probes__that_are_new_or_gone_are_no_change_of_what_is_looked_at);
	RUN(rules__are_met_by_what_they_are_about_alone);
	RUN(rules__in_an_incident_are_met_in_one);
	RUN(values__of_changed_rules_that_find_no_room_are_told);
	RUN(values__of_an_action_with_too_many_parameters_are_not_asked_for);
	TEST_MAIN_END();
}
