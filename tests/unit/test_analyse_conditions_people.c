/*
 * Is there anybody else, and anybody at all? Each thing that decides whether it is told.
 */
#include "authority/analyse.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

#define BASE                                                                              \
	"fallback: ops\n"                                                                 \
	"prometheus: http://localhost:9090\n"                                             \
	"channels:\n"                                                                     \
	"  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n"            \
	"people:\n"                                                                       \
	"  ana: {reach: [pager]}\n"                                                       \
	"  mei: {reach: [pager]}\n"                                                       \
	"  zoe: {reach: [pager]}\n"                                                       \
	"teams:\n"                                                                        \
	"  ops:\n"                                                                        \
	"    kind: operations\n"                                                          \
	"    on_call:\n"                                                                  \
	"      zone: UTC\n"                                                               \
	"      rotations: [{name: primary, people: [mei, ana], every: 1 week, handover: " \
	"'Mon 09:00', start: 2026-11-23}]\n"                                              \
	"      escalate: [{to: primary, after: 5m}, {to: lead}]\n"                        \
	"    lead: zoe\n"
#define TEAM(name, rotation, rest)                                                 \
	"  " name ":\n    kind: operations\n    on_call:\n      zone: UTC\n      " \
	"rotations: [{name: r, handover: 'Mon 09:00', " rotation "}]\n" rest
#define LEAD(who) "    lead: " who "\n"
#define SERVICES      \
	"services:\n" \
	"  web: {owner: ops, system: shop, tier: 1}\n"
#define ACTIONS                                                              \
	"actions:\n"                                                         \
	"  one: {verb: one, run: [act]}\n"                                   \
	"  say:\n    verb: say\n    params: {word: {type: string, pattern: " \
	"'(?<w>[a-z]+)-\\k<w>'}}\n    run: [act, '${word}']\n"
#define RULES SERVICES ACTIONS "authority:\n"
#define GRANT_OF(to, may, owner, rest)                                                    \
	"  - {grant: g, to: [" to "], may: [" may "], on: {tier: 1}, until: 2028-06-30, " \
	"owner: " owner rest "}\n"
#define GRANT(to, rest) GRANT_OF(to, "one", "zoe", rest)
#define APPROVAL(rest) "  - {approval: p, for: any, " rest "}\n"

static struct config config;
static struct analysis analysis;

static struct model *
load_both(const char *text, const char *more)
{
	config_open(&config);
	config_add(&config, "a.yaml", text);
	if (more != NULL)
		config_add(&config, "b.yaml", more);
	struct model *model = config_load(&config);
	if (model == NULL)
		(void)fprintf(stderr, "%s: %.*s\n", test_row,
		    STR_ARG(config_faults(&config)));
	ASSERT(model != NULL);
	return model;
}

static struct model *
load(const char *text)
{
	return load_both(text, NULL);
}

static const struct found *
found_of(enum found_kind kind)
{
	for (size_t i = 0; i < analysis.n; i++) {
		if (analysis.found[i].kind == kind && !analysis.found[i].note)
			return &analysis.found[i];
	}
	return NULL;
}

/* What is noted with these words. */
static bool
noted(const char *words)
{
	for (size_t i = 0; i < analysis.n; i++) {
		if (analysis.found[i].note &&
		    str_contains(analysis.found[i].text, str_of(words)))
			return true;
	}
	return false;
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
		const struct found *found = found_of(kind);
		EXPECT_STR(found != NULL ? found->text : STR("nothing"),
		    rows[i].told != NULL ? str_of(rows[i].told) : STR("nothing"));
		config_close(&config);
	}
	test_row = NULL;
}

/* ---- approvers ---- */

#define LACKS(at, who, there)                                                       \
	"approval 'p' wants 1 who agrees; at " at " UTC, when " who " asks, there " \
	"is " there

static void
approvers__that_are_nobody_are_none_who_asked(void)
{
	static const struct row separated[] = {
		{ "who asks could have agreed",
		    BASE RULES GRANT("ana", "") APPROVAL("by: ana"),
		    LACKS("2026-11-23 13:12", "ana", "nobody else") },
		{ "who asks could not", BASE RULES GRANT("ana", "") APPROVAL("by: mei"),
		    NULL },
		{ "an action that cannot be asked about",
		    BASE RULES GRANT_OF("ana", "say", "zoe",
			"") "  - {approval: p, for: [say], by: ana}\n",
		    NULL },
	};
	static const struct row nobody[] = {
		{ "nobody is on duty at night",
		    BASE TEAM("day",
			"people: [mei], hours: [{days: any, from: '08:00', until: "
			"'20:00'}]",
			"") RULES GRANT("automation", "") APPROVAL("by: {on-duty: day}"),
		    LACKS("2026-11-23 20:00", "automation", "nobody") },
	};
	expect(FOUND_SEPARATION, separated, countof(separated));
	expect(FOUND_APPROVERS, nobody, countof(nobody));
}

/* Who may ask, and who may agree, change at moments of their own. */
static void
approvers__are_looked_for_whenever_anything_changes(void)
{
#define CALENDARS                                                               \
	"calendars:\n"                                                          \
	"  soon: {zone: UTC, spans: [{from: 2026-12-01, until: 2026-12-02}]}\n" \
	"  later: {zone: UTC, spans: [{from: 2026-12-10, until: 2026-12-12}]}\n"
	static const struct row rows[] = {
		{ "turns of another team",
		    BASE TEAM("two", "people: [ana]", "") RULES GRANT("on-duty: ops", "")
			GRANT("on-duty: ops", "") APPROVAL("by: {on-duty: two}"),
		    LACKS("2026-11-30 09:00", "ana", "nobody else") },
		{ "a calendar",
		    BASE CALENDARS RULES GRANT("ana", ", during: later")
			APPROVAL("by: ana"),
		    LACKS("2026-12-10 00:00", "ana", "nobody else") },
		{ "one of two calendars",
		    BASE CALENDARS RULES GRANT("mei", ", during: soon") GRANT("mei", "")
			GRANT("automation", ", during: soon")
			    GRANT("ana", ", during: later") APPROVAL("by: ana"),
		    LACKS("2026-12-10 00:00", "ana", "nobody else") },
		{ "the beginning of a grant",
		    BASE RULES GRANT("mei", ", from: 2026-01-01")
			GRANT("ana", ", from: 2026-12-05") APPROVAL("by: ana"),
		    LACKS("2026-12-05 00:00", "ana", "nobody else") },
	};
	expect(FOUND_SEPARATION, rows, countof(rows));
}

/* Of seventeen who could agree sixteen are listed: they are no reason to say that there are
 * too few for the seventeen who are asked for. */
static void
approvers__are_not_too_few_because_not_all_are_listed(void)
{
	char team[512] = "  many:\n    kind: operations\n    on_call:\n      zone: UTC\n"
			 "      rotations: [{name: r, handover: 'Mon 09:00', people: [p0";
	char people[1024] = "people:\n  p0: {reach: [pager]}\n", text[4096];
	size_t n = strlen(team), k = strlen(people);
	for (unsigned i = 1; i < 17; i++) {
		n += (size_t)snprintf(&team[n], sizeof(team) - n, ", p%u", i);
		k += (size_t)snprintf(&people[k], sizeof(people) - k,
		    "  p%u: {reach: [pager]}\n", i);
	}
	(void)snprintf(text, sizeof(text), "%s%s%s", BASE, team,
	    "]}]\n" RULES GRANT("automation", "")
		APPROVAL("by: {team: many}, need: 16, not: reloader"));
	authority_analyse(load_both(text, people), WALL, &config.arena, &analysis);
	EXPECT(found_of(FOUND_APPROVERS) == NULL);
	config_close(&config);
}

/* On for the first half of each so many milliseconds, for so many times: more than a file
 * says. */
static void
switch_often(struct calendar *calendar, msec every_ms, size_t times)
{
	calendar->spans = arena_new(&config.arena, struct calendar_span, times);
	calendar->spans_n = times;
	for (size_t i = 0; i < times; i++)
		calendar->spans[i] = (struct calendar_span){
			.from_wall = WALL + i * every_ms,
			.until_wall = WALL + i * every_ms + every_ms / 2,
		};
}

static void
approvers__are_looked_for_at_so_many_moments(void)
{
	struct model *model = load(
	    BASE CALENDARS RULES GRANT("automation", ", during: soon") APPROVAL("by: zoe"));
	switch_often(&model->calendars[0], 8 * MINUTE, 10080);
	authority_analyse(model, WALL, &config.arena, &analysis);
	EXPECT(
	    noted("looked at the approvers of 'p' until 2027-01-18 02:32 UTC and left out "
		  "the rest of 8 weeks"));
	EXPECT(found_of(FOUND_APPROVERS) == NULL);
	config_close(&config);
}

/* ---- separation ---- */

#define OWN(to, rest) RULES GRANT_OF(to, "one", "ana", rest)
#define ALONE "grant 'g' is about ana alone, who owns it too"

static void
separation__is_wanting_where_a_grant_is_about_its_owner_alone(void)
{
	static const struct row rows[] = {
		{ "the owner", BASE OWN("ana", ""), ALONE },
		{ "the owner, twice",
		    BASE TEAM("two", "people: [ana]", "") OWN("ana, on-duty: two", ""),
		    ALONE },
		{ "and somebody else", BASE OWN("ana, mei", ""), NULL },
		{ "and automation", BASE OWN("ana, automation", ""), NULL },
		{ "a team of the owner",
		    BASE TEAM("two", "people: [ana]", "") OWN("team: two", ""), ALONE },
		{ "a team that the owner leads",
		    BASE TEAM("two", "people: [ana]", LEAD("ana")) OWN("team: two", ""),
		    ALONE },
		{ "a team that somebody else leads",
		    BASE TEAM("two", "people: [ana]", LEAD("zoe")) OWN("team: two", ""),
		    NULL },
		{ "whoever is on duty of it",
		    BASE TEAM("two", "people: [ana]", LEAD("zoe")) OWN("on-duty: two", ""),
		    ALONE },
	};
	expect(FOUND_SEPARATION, rows, countof(rows));
}

static void
separation__has_an_example_where_one_can_be_made(void)
{
	authority_analyse(load(BASE OWN("ana", "")), WALL, &config.arena, &analysis);
	EXPECT(found_of(FOUND_SEPARATION) != NULL);
	if (found_of(FOUND_SEPARATION) != NULL)
		EXPECT_STR(found_of(FOUND_SEPARATION)->example,
		    STR("firstline may ana one on web"));
	config_close(&config);
	struct model *model = load(BASE RULES GRANT_OF("ana", "say", "ana", ""));
	authority_analyse(model, WALL, &config.arena, &analysis);
	EXPECT(found_of(FOUND_SEPARATION) != NULL &&
	       found_of(FOUND_SEPARATION)->example.n == 0);
	/* No configuration has a grant that nobody owns. */
	model->rules[0].owner = NULL;
	authority_analyse(model, WALL, &config.arena, &analysis);
	EXPECT(found_of(FOUND_SEPARATION) == NULL);
	config_close(&config);
}

/* ---- duty ---- */

static void
duty__is_answered_by_any_tier_that_has_somebody(void)
{
#define NIGHTLY "people: [mei], hours: [{days: any, from: '20:00', until: '08:00'}]"
#define DAY_AND(escalate)                                                                  \
	BASE                                                                               \
	    "  two:\n    kind: operations\n    lead: zoe\n    on_call:\n      zone: UTC\n" \
	    "      rotations:\n        - {name: day, handover: 'Mon 09:00', people: "      \
	    "[ana], "                                                                      \
	    "hours: [{days: any, from: '08:00', until: '20:00'}]}\n        - {name: "      \
	    "night, "                                                                      \
	    "handover: 'Mon 09:00', " NIGHTLY "}\n      escalate: [" escalate              \
	    "]\n" SERVICES
#define HOLE(from, until, times)                                                     \
	"nobody of two is on duty from " from " UTC until " until " UTC, and " times \
	" more times within 12 weeks; alerts then go to the fallback ops"
	static const struct row rows[] = {
		{ "by one after the other", DAY_AND("{to: day, after: 5m}, {to: night}"),
		    NULL },
		{ "by day alone", DAY_AND("{to: day}"),
		    HOLE("2026-11-23 20:00", "2026-11-24 08:00", "83") },
		{ "by a person at night", DAY_AND("{to: day, after: 5m}, {to: lead}"),
		    NULL },
		{ "by a person before it", DAY_AND("{to: lead, after: 5m}, {to: night}"),
		    NULL },
		{ "by nobody: the team is not on call",
		    BASE "  two: {kind: operations, lead: zoe}\n" SERVICES, NULL },
	};
	expect(FOUND_HOLE, rows, countof(rows));
}

static void
duty__is_looked_at_for_so_many_changes(void)
{
	struct model *model = load(BASE TEAM("two", "people: [ana]",
	    "      escalate: [{to: r, hours: soon}]\n") SERVICES CALENDARS);
	switch_often(&model->calendars[0], 12 * MINUTE, 10080);
	authority_analyse(model, WALL, &config.arena, &analysis);
	EXPECT(noted(
	    "looked at 20000 changes of who is on duty in two and left out the rest"));
	EXPECT(found_of(FOUND_HOLE) != NULL); /* what was seen of it is told */
	config_close(&config);
}

int
main(void)
{
	RUN(approvers__that_are_nobody_are_none_who_asked);
	RUN(approvers__are_looked_for_whenever_anything_changes);
	RUN(approvers__are_not_too_few_because_not_all_are_listed);
	RUN(approvers__are_looked_for_at_so_many_moments);
	RUN(separation__is_wanting_where_a_grant_is_about_its_owner_alone);
	RUN(separation__has_an_example_where_one_can_be_made);
	RUN(duty__is_answered_by_any_tier_that_has_somebody);
	RUN(duty__is_looked_at_for_so_many_changes);
	TEST_MAIN_END();
}
