/*
 * What a freeze leaves, what is in reach, and how far any of it was looked at.
 */
#include "authority/analyse.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

#define BASE                                                                         \
	"fallback: ops\n"                                                            \
	"prometheus: http://localhost:9090\n"                                        \
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
	"actions:\n"                                                                 \
	"  one: {verb: one, run: [act], undo: {do: two, within: 30m}}\n"             \
	"  two: {verb: two, run: [act]}\n"                                           \
	"calendars:\n"                                                               \
	"  soon: {zone: UTC, spans: [{from: 2026-12-01, until: 2026-12-02}]}\n"
#define WEB "services:\n  web: {owner: ops, tier: 1}\n  books: {owner: ops, tier: 2}\n"
#define RULES "authority:\n"
#define GRANT(to, may)                                                                   \
	"  - {grant: g, to: [" to "], may: [" may "], on: {tier: [1, 2, 3, 4]}, until: " \
	"2028-06-30, owner: zoe}\n"

static struct config config;
static struct analysis analysis;

static void
analyse(const char *text, const char *more)
{
	config_open(&config);
	config_add(&config, "a.yaml", text);
	if (more != NULL)
		config_add(&config, "b.yaml", more);
	const struct model *model = config_load(&config);
	if (model == NULL)
		(void)fprintf(stderr, "%s: %.*s\n", test_row,
		    STR_ARG(config_faults(&config)));
	ASSERT(model != NULL);
	authority_analyse(model, WALL, &config.arena, &analysis);
}

static bool
told(const char *words)
{
	for (size_t i = 0; i < analysis.n; i++) {
		if (str_contains(analysis.found[i].text, str_of(words)))
			return true;
	}
	return false;
}

static void
freeze__is_a_prohibition_for_a_time(void)
{
	static const struct {
		const char *name, *times, *told; /* NULL: it is none */
	} rows[] = {
		{ "always", "", NULL },
		{ "since long ago", ", from: 2026-01-01", NULL },
		{ "from then on", ", from: 2026-12-20", "from 2026-12-20 00:00 UTC 'p'" },
		{ "until then", ", until: 2026-12-20", "from 2026-11-23 13:12 UTC 'p'" },
		{ "during that", ", during: soon", "from 2026-12-01 00:00 UTC 'p'" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char text[4096];
		test_row = rows[i].name;
		(void)snprintf(text, sizeof(text),
		    BASE WEB RULES GRANT("ana", "one") "  - {prohibit: p, may: [two]%s}\n",
		    rows[i].times);
		analyse(text, NULL);
		EXPECT(told("is in force") == (rows[i].told != NULL));
		EXPECT(rows[i].told == NULL || told(rows[i].told));
		config_close(&config);
	}
	test_row = NULL;
}

static void
freeze__forbids_what_takes_back_what_it_leaves(void)
{
	static const struct {
		const char *name, *rest, *told; /* NULL: it does not */
	} rows[] = {
		{ "the undo alone", "may: [two]",
		    "'p' leaves one on web allowed and forbids two, which takes it back: "
		    "after "
		    "the 30 minutes in which that is free, or by others, it cannot be "
		    "taken "
		    "back" },
		{ "on the service that it is about", "may: [two], on: {service: books}",
		    "'p' leaves one on books allowed and forbids two" },
		{ "both", "may: [one, two]", NULL },
		{ "the deed alone", "may: [one]", NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char text[4096];
		test_row = rows[i].name;
		(void)snprintf(text, sizeof(text),
		    BASE WEB RULES GRANT("ana",
			"one") "  - {prohibit: p, %s, until: 2026-12-20}\n",
		    rows[i].rest);
		analyse(text, NULL);
		EXPECT(told("which takes it back") == (rows[i].told != NULL));
		EXPECT(rows[i].told == NULL || told(rows[i].told));
		config_close(&config);
	}
	test_row = NULL;
}

static void
analyse__counts_one_as_one(void)
{
	analyse(BASE WEB
	    "hosts:\n  w1: {service: web, role: a}\n" RULES GRANT("ana", "one"),
	    NULL);
	EXPECT(told("of the 1 host of web can be reached within an hour"));
	config_close(&config);
}

/* What a limit stopped is tried again when that has room: first the soonest. The service with
 * all of its five hosts is more than may be touched in a day. */
static void
blast__goes_on_when_a_limit_has_room_again(void)
{
#define AND(of, within) "  - {limit: b, for: " of ", within: {" within "}}\n"
	static const struct {
		const char *name, *within, *more, *told;
	} rows[] = {
		{ "at 20 and 40 minutes", "per_service: 1 in 20m", NULL, "automation 3" },
		{ "at 29 and 58 minutes", "per_service: 1 in 29m", NULL, "automation 3" },
		{ "at 30 minutes, and no more at the hour", "per_service: 1 in 30m", NULL,
		    "automation 2" },
		{ "not within the hour", "per_service: 1 in 1h", NULL, "automation 1" },
		{ "two at once, and two more", "per_service: 2 in 30m", NULL,
		    "automation 4" },
		{ "apart", "spacing: 25m", NULL, "automation 3" },
		{ "by whoever does it", "per_actor: 1 in 20m", NULL, "automation 3" },
		{ "targets", "targets: 1 in 20m", NULL, "automation 3" },
		{ "each once, as often as it likes", "per_target: 1 in 1d", NULL,
		    "automation 4" },
		{ "by what is free last", "per_service: 1 in 20m",
		    AND("[one]", "per_service: 2 in 2h"), "automation 2" },
		{ "by what is free first and what is free later", "per_service: 1 in 15m",
		    AND("[one]", "per_service: 2 in 50m"), "automation 3" },
		{ "by another action, which is free long before", "per_service: 1 in 20m",
		    AND("[two]", "per_service: 1 in 2h") GRANT("automation", "two"),
		    "automation 4" },
		{ "by another action, which is free long after", "per_service: 1 in 2h",
		    AND("[two]", "per_service: 1 in 20m") GRANT("automation", "two"),
		    "automation 4" },
		/* Nothing is under way: it stops nothing, and says nothing of when. */
		{ "at once", "at_once: 1", NULL, "automation 4" },
		{ "never", "keep_healthy: 99%", NULL, NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char text[4096];
		test_row = rows[i].name;
		(void)snprintf(text, sizeof(text),
		    BASE "services:\n  web: {owner: ops, tier: 1, healthy: {promql: up, "
			 "expect: '== 1'}}\n"
			 "hosts:\n  w1: {service: web}\n  w2: {service: web}\n"
			 "  w3: {service: web}\n  w4: {service: web}\n  w5: {service: "
			 "web}\n" RULES GRANT("automation",
			     "one") "  - {limit: l, for: any, within: {targets: 4 in 1d}}\n"
				    "  - {limit: a, for: [one], within: {%s}}\n"
				    "%s",
		    rows[i].within, rows[i].more != NULL ? rows[i].more : "");
		analyse(text, NULL);
		EXPECT(told("can be reached within an hour") == (rows[i].told != NULL));
		EXPECT(rows[i].told == NULL || told(rows[i].told));
		config_close(&config);
	}
	test_row = NULL;
}

/* 60 services, 100 agents that may nothing, and one that may: more than is looked at of any
 * of them, and each says so. */
static void
analyses__say_how_far_they_got(void)
{
	static char text[65536];
	size_t n = 0;
#define ADD(...) n += (size_t)snprintf(&text[n], sizeof(text) - n, __VA_ARGS__)
	ADD("services:\n");
	for (unsigned i = 0; i < 60; i++)
		ADD("  s%02u: {owner: ops}\n", i);
	ADD("hosts:\n");
	for (unsigned i = 0; i < 60; i++)
		ADD("  h%02u-a: {service: s%02u, role: a}\n  h%02u-b: {service: s%02u, "
		    "role: "
		    "b}\n",
		    i, i, i, i);
	ADD("actions:\n  both: {verb: both, run: [act], params: {n: {type: integer, min: "
	    "1, "
	    "max: 9}, m: {type: integer, min: 1, max: 9}}}\n" RULES
	    "  - {prohibit: freeze, may: any, to: [");
	for (unsigned i = 0; i < 100; i++)
		ADD("agent: a%u, ", i);
	ADD("ana], until: 2026-12-24}\n"
	    "  - {approval: p, for: [both], by: zoe}\n"
	    "  - {grant: g, to: [agent: z], may: [both], on: {tier: [1, 2, 3, 4]}, with: "
	    "{n: "
	    "{one_of: ['2', '3', '4', '5', '6', '7', '8']}, m: {max: 8}}, until: "
	    "2028-06-30, owner: zoe}\n");
	analyse(BASE, text);
	EXPECT(
	    told("looked at 200000 combinations of who, what and when in 'approvers' and "
		 "left out the rest"));
	EXPECT(told(
	    "looked at 200000 combinations of who, what and where in 'freeze' and left "
	    "out the rest"));
	EXPECT(
	    told("looked at 200000 combinations of who, what and when in 'blast' and left "
		 "out the rest"));
	/* The services are taken one after the other. */
	EXPECT(told("of the 2 hosts of s00 can be reached within an hour"));
	EXPECT(!told("hosts of s59"));
	config_close(&config);
}

int
main(void)
{
	RUN(freeze__is_a_prohibition_for_a_time);
	RUN(freeze__forbids_what_takes_back_what_it_leaves);
	RUN(analyse__counts_one_as_one);
	RUN(blast__goes_on_when_a_limit_has_room_again);
	RUN(analyses__say_how_far_they_got);
	TEST_MAIN_END();
}
