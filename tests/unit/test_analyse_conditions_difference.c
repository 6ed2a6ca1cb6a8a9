/*
 * Two configurations: at which moments they are asked, about whom, and what is told of it.
 */
#include "authority/analysing.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

#define BASE_OF(teams)                                                         \
	"fallback: ops\n"                                                      \
	"prometheus: http://localhost:9090\n"                                  \
	"channels:\n"                                                          \
	"  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n" \
	"people:\n"                                                            \
	"  ana: {reach: [pager]}\n"                                            \
	"  mei: {reach: [pager]}\n"                                            \
	"  zoe: {reach: [pager]}\n"                                            \
	"teams:\n" teams "services:\n"                                         \
	"  web: {owner: ops, system: shop, tier: 1}\n"                         \
	"  books: {owner: ops, system: shop, tier: 2}\n"
#define TEAM(name, rotation)                                                      \
	"  " name                                                                 \
	":\n    kind: operations\n    lead: zoe\n    on_call:\n      zone: UTC\n" \
	"      rotations: [{" rotation "}]\n"
#define DAILY(people) "name: r, people: " people ", every: 1 day, handover: '09:00'"
#define WEEKLY(people) "name: r, people: " people ", handover: 'Mon 09:00'"
#define OPS TEAM("ops", WEEKLY("[ana]"))
#define BASE BASE_OF(OPS)
#define ACTIONS                                                                         \
	"actions:\n"                                                                    \
	"  restart: {verb: restart, run: [act], params: {unit: {type: one-of, values: " \
	"[a, "                                                                          \
	"b]}}}\n"
#define RULES "authority:\n"
#define GRANT(to, may, rest)                      \
	"  - {grant: g, to: [" to "], may: [" may \
	"], until: 2028-06-30, owner: zoe, " rest "}\n"
#define ANA GRANT("ana", "restart", "on: {tier: 1}")

static struct config one, other;
static struct model *models[2];
static struct difference difference;

static struct model *
load(struct config *c, const char *text, const char *more)
{
	config_open(c);
	config_add(c, "a.yaml", text);
	if (more != NULL)
		config_add(c, "b.yaml", more);
	struct model *model = config_load(c);
	if (model == NULL)
		(void)fprintf(stderr, "%s: %.*s\n", test_row, STR_ARG(config_faults(c)));
	ASSERT(model != NULL);
	return model;
}

static void
load_both(const char *before, const char *after)
{
	models[0] = load(&one, before, NULL);
	models[1] = load(&other, after, NULL);
}

static void
done(void)
{
	config_close(&one);
	config_close(&other);
}

/* ---- moments ---- */

static struct sampler *
moments_of(const struct model *before, const struct model *after)
{
	const struct model *const both[] = { before, after };
	const struct rule **rules = arena_new(&other.arena, const struct rule *,
	    before->rules_n + after->rules_n + 1);
	size_t n = 0;
	for (size_t side = 0; side < 2; side++) {
		for (size_t i = 0; i < both[side]->rules_n; i++)
			rules[n++] = &both[side]->rules[i];
	}
	struct sampler *s = sampler_new(after, rules, n, WALL, &other.arena);
	sampler_moments(s, both, n, WALL);
	return s;
}

static bool
has_moment(const struct sampler *s, const char *moment)
{
	for (size_t i = 0; i < s->moments_n; i++) {
		if (str_eq(moment_text(s->moments[i], &other.arena), str_of(moment)))
			return true;
	}
	return false;
}

#define DURING(calendar) \
	"calendars:\n" calendar RULES "  - {prohibit: p, may: any, during: c}\n"
#define SPANS(name, spans) "  " name ": {zone: UTC, spans: [" spans "]}\n"
#define SPAN(from, until) "{from: '" from "', until: '" until "'}"

static void
moments__are_those_at_which_calendars_differ(void)
{
#define CALENDAR(spans) BASE ACTIONS DURING(SPANS("c", spans))
#define EVERY_DAY "weekly: [{days: any, from: '08:00', until: '20:00'}], "
#define AFTER_SPAN(weekly, until) \
	BASE ACTIONS DURING(      \
	    "  c: {zone: UTC, " weekly "spans: [" SPAN("2026-11-01 00:00", until) "]}\n")
	static const struct {
		const char *name, *before, *after, *moment;
		bool there;
	} rows[] = {
		{ "another beginning",
		    CALENDAR(SPAN("2027-03-01 10:00", "2027-03-01 12:00")),
		    CALENDAR(SPAN("2027-03-01 11:00", "2027-03-01 12:00")),
		    "2027-03-01 10:00 UTC", true },
		{ "another end", CALENDAR(SPAN("2029-03-01 10:00", "2029-03-01 12:00")),
		    CALENDAR(SPAN("2029-03-01 10:00", "2029-03-01 13:00")),
		    "2029-03-01 12:00 UTC", true },
		{ "no difference, too far ahead",
		    CALENDAR(SPAN("2029-03-01 10:00", "2029-03-01 12:00")),
		    CALENDAR(SPAN("2029-03-01 10:00", "2029-03-01 12:00")),
		    "2029-03-01 10:00 UTC", false },
		/* what weeks say is followed for 400 days: until 2027-12-28 13:12 */
		{ "hours that differ, as far ahead as is looked",
		    AFTER_SPAN(EVERY_DAY, "2027-12-28 10:00"),
		    AFTER_SPAN("", "2027-12-28 10:00"), "2027-12-28 10:00 UTC", true },
		{ "hours that differ, further ahead",
		    AFTER_SPAN(EVERY_DAY, "2027-12-28 16:00"),
		    AFTER_SPAN("", "2027-12-28 16:00"), "2027-12-28 16:00 UTC", false },
		{ "a calendar that is new", BASE ACTIONS RULES ANA,
		    CALENDAR(SPAN("2029-03-01 10:00", "2029-03-01 12:00")),
		    "2029-03-01 10:00 UTC", false },
		{ "a calendar that is gone",
		    CALENDAR(SPAN("2029-03-01 10:00", "2029-03-01 12:00")),
		    BASE ACTIONS RULES ANA, "2029-03-01 10:00 UTC", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		load_both(rows[i].before, rows[i].after);
		EXPECT(has_moment(moments_of(models[0], models[1]), rows[i].moment) ==
		       rows[i].there);
		done();
	}
	test_row = NULL;
	/* A model that is no other. */
	load_both(rows[1].before, rows[1].before);
	EXPECT(!has_moment(moments_of(models[1], models[1]), rows[1].moment));
	done();
}

/* Forty changes a day that are the same on both sides: they are followed for so long. */
static void
moments__are_looked_for_along_so_many_changes(void)
{
	char hours[2048] = "", text[8192];
	for (unsigned i = 0; i < 20; i++)
		(void)snprintf(&hours[strlen(hours)], sizeof(hours) - strlen(hours),
		    "%s{days: any, from: '%02u:00', until: '%02u:30'}", i == 0 ? "" : ", ",
		    i, i);
	(void)snprintf(text, sizeof(text),
	    BASE ACTIONS "calendars:\n  c: {zone: UTC, weekly: [%s]}\n" RULES
			 "  - {prohibit: p, may: any, during: c}\n",
	    hours);
	load_both(text, text);
	const struct sampler *s = moments_of(models[0], models[1]);
	EXPECT(has_moment(s, "2026-11-23 13:30 UTC")); /* an edge of the rule itself */
	EXPECT(!has_moment(s, "2026-11-30 13:30 UTC"));
	done();
	/* And so are turns. */
	(void)snprintf(text, sizeof(text),
	    BASE_OF(TEAM("ops", WEEKLY("[ana]") ", hours: [%s]"))
		ACTIONS RULES GRANT("on-duty: ops", "restart", "on: {tier: 1}"),
	    hours);
	load_both(text, text);
	s = moments_of(models[0], models[1]);
	EXPECT(has_moment(s, "2026-11-23 13:30 UTC"));
	EXPECT(!has_moment(s, "2026-11-30 13:30 UTC"));
	done();
}

static void
moments__are_those_at_which_somebody_else_is_on_duty(void)
{
#define DUTY(rotation) BASE_OF(TEAM("ops", rotation)) ACTIONS RULES ANA
#define BY_DAY(who, hours)                                            \
	"name: r, people: [" who                                      \
	"], handover: 'Mon 09:00', hours: [{days: any, from: '" hours \
	"', until: '20:00'}]"
	static const struct {
		const char *name, *before, *after, *moment;
		bool there;
	} rows[] = {
		{ "another person", DUTY(WEEKLY("[ana]")), DUTY(WEEKLY("[mei]")),
		    "2026-11-23 13:12 UTC", true },
		{ "the same person", DUTY(DAILY("[ana, mei]")), DUTY(DAILY("[ana, mei]")),
		    "2026-11-24 09:00 UTC", false },
		{ "other turns, and four are enough", DUTY(DAILY("[ana, mei]")),
		    DUTY(DAILY("[mei, ana]")), "2026-11-28 09:00 UTC", false },
		{ "other turns", DUTY(DAILY("[ana, mei]")), DUTY(DAILY("[mei, ana]")),
		    "2026-11-25 09:00 UTC", true },
		{ "nobody in the morning", DUTY(BY_DAY("ana", "08:00")),
		    DUTY(BY_DAY("ana", "10:00")), "2026-11-24 08:00 UTC", true },
		{ "nobody at night on either side", DUTY(BY_DAY("ana", "08:00")),
		    DUTY(BY_DAY("mei", "08:00")), "2026-11-23 20:00 UTC", false },
		{ "a rotation of another name",
		    DUTY("name: q, people: [ana], handover: 'Mon "
			 "09:00'"),
		    DUTY("name: r, people: [mei], handover: 'Tue 09:00'"),
		    "2026-11-24 09:00 UTC", false },
		{ "a team that is gone",
		    BASE_OF(OPS TEAM("two", WEEKLY("[ana]"))) ACTIONS RULES ANA,
		    BASE_OF(OPS TEAM("six", WEEKLY("[mei]"))) ACTIONS RULES ANA,
		    "2026-11-30 09:00 UTC", false },
		{ "an override far ahead", DUTY(WEEKLY("[ana]")),
		    DUTY(WEEKLY("[ana]") ", overrides: [{person: zoe, from: '2027-05-03 "
					 "09:00', until: '2027-05-03 12:00'}]"),
		    "2027-05-03 09:00 UTC", true },
		{ "an override that both have",
		    DUTY(WEEKLY("[ana]") ", overrides: [{person: zoe, from: '2027-05-03 "
					 "09:00', until: '2027-05-03 12:00'}]"),
		    DUTY(WEEKLY("[mei]") ", overrides: [{person: zoe, from: '2027-05-03 "
					 "09:00', until: '2027-05-03 12:00'}]"),
		    "2027-05-03 09:00 UTC", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		load_both(rows[i].before, rows[i].after);
		EXPECT(has_moment(moments_of(models[0], models[1]), rows[i].moment) ==
		       rows[i].there);
		done();
	}
	test_row = NULL;
	/* Teams that are copied have the rotations that they had. */
	load_both(rows[0].before, rows[0].after);
	struct model copied = *models[1];
	struct team team = models[1]->teams[0];
	copied.teams = &team;
	struct sampler *s = moments_of(models[1], &copied);
	EXPECT_U64(s->moments_first, 3); /* now, and the end of the grant */
	done();
}

/* ---- who is asked ---- */

static void
compare(const char *before, const char *after)
{
	load_both(before, after);
	authority_difference(models[0], models[1], WALL, &other.arena, &difference);
}

static const struct differs *
told(const char *request)
{
	for (size_t i = 0; i < difference.n; i++) {
		if (str_starts(difference.p[i].request, str_of(request)))
			return &difference.p[i];
	}
	return NULL;
}

static void
difference__asks_agents_for_people_whom_a_rule_is_about(void)
{
#define HELPED ANA GRANT("agent: helper, mei", "restart", "on: {tier: 1}")
	compare(BASE ACTIONS RULES HELPED,
	    BASE ACTIONS RULES HELPED "  - {prohibit: p, may: any, to: [ana]}\n");
	EXPECT(told("firstline may ana restart on web") != NULL);
	EXPECT(told("firstline may agent:helper restart on web --behalf ana") != NULL);
	EXPECT(told("firstline may agent:helper restart on web --behalf mei") == NULL);
	EXPECT(told("firstline may agent:helper restart on web unit") == NULL);
	done();
}

/* The first sixteen, and no more of them. */
static void
difference__asks_agents_for_so_many_people(void)
{
	char people[2048] = "people:\n";
	size_t n = strlen(people);
	for (unsigned i = 10; i < 30; i++)
		n += (size_t)snprintf(&people[n], sizeof(people) - n,
		    "  p%u: {reach: [pager]}\n", i);
	(void)snprintf(&people[n], sizeof(people) - n, "%s",
	    RULES ANA GRANT("agent: helper, ana, mei, zoe, p10, p22, p29", "restart",
		"on: {tier: 1}"));
	char before[2048];
	(void)snprintf(before, sizeof(before), "%.*s" RULES ANA, (int)n, people);
	models[0] = load(&one, BASE ACTIONS, before);
	models[1] = load(&other, BASE ACTIONS, people);
	authority_difference(models[0], models[1], WALL, &other.arena, &difference);
	EXPECT(told("firstline may agent:helper restart on web --behalf p22") != NULL);
	EXPECT(told("firstline may agent:helper restart on web --behalf p29") == NULL);
	EXPECT(told("firstline may p29 restart on web") != NULL);
	done();
}

/* ---- what is told ---- */

static void
difference__tells_each_kind_of_change_once(void)
{
#define WITH(values) \
	GRANT("ana", "restart", "on: {tier: 1}, with: {unit: {one_of: [" values "]}}")
	compare(BASE ACTIONS RULES WITH("a"), BASE ACTIONS RULES WITH("b"));
	EXPECT_U64(difference.n, 2);
	EXPECT(difference.p[0].after == VERDICT_ALLOW); /* what widens first */
	EXPECT(difference.p[1].after == VERDICT_DENY);
	done();
	compare(BASE ACTIONS RULES GRANT("mei", "restart", "on: {tier: 1}"),
	    BASE ACTIONS RULES GRANT("mei", "restart", "on: {tier: 1}")
		WITH("a, b") "  - {approval: p, for: any, to: [ana], by: zoe, when: {unit: "
			     "is b}}\n");
	EXPECT_U64(difference.n, 2);
	EXPECT(difference.p[0].after == VERDICT_ALLOW);
	EXPECT(difference.p[1].after == VERDICT_AFTER_APPROVAL);
	done();
}

/* By facts that stand in no request: the live value is 5, or 2. */
static void
difference__tells_one_request_with_two_answers(void)
{
#define SCALE                                                                       \
	"actions:\n  scale: {verb: scale, run: [act], observe: {n: {promql: up}}, " \
	"params: "                                                                  \
	"{n: {type: integer, min: 5, max: 5}}}\n"
	compare(BASE SCALE RULES GRANT("mei", "scale", "on: {tier: 1}"),
	    BASE SCALE RULES GRANT("mei", "scale", "on: {tier: 1}") GRANT("ana", "scale",
		"on: {tier: 1}") "  - {approval: p, for: any, to: [ana], by: zoe, when: "
				 "{n: '> 2x'}}\n");
	EXPECT_U64(difference.n, 2);
	EXPECT_STR(difference.p[0].request, difference.p[1].request);
	EXPECT(difference.p[0].after == VERDICT_ALLOW);
	EXPECT(difference.p[1].after == VERDICT_AFTER_APPROVAL);
	done();
}

static size_t
unseen(const char *words)
{
	size_t n = 0;
	for (size_t i = 0; i < difference.unseen_n; i++)
		n += str_contains(difference.unseen[i].text, str_of(words));
	return n;
}

/* Of one text two are told where they stand in two places. */
static void
difference__tells_what_is_unseen_once_for_each_place(void)
{
#define SAY                                                                  \
	"  say:\n    verb: say\n    params: {word: {type: string, pattern: " \
	"'(?<w>[a-z]+)-\\k<w>'}}\n    run: [act, '${word}']\n"
#define SHOUT                                                                  \
	"  shout:\n    verb: say\n    params: {word: {type: string, pattern: " \
	"'(?<w>[a-z]+)-\\k<w>'}}\n    run: [act, '${word}']\n"
#define UNMET GRANT("ana", "restart", "on: {tier: 4}")
	models[0] = load(&one, BASE ACTIONS SAY SHOUT RULES ANA, NULL);
	models[1] = load(&other, BASE ACTIONS SAY SHOUT RULES ANA UNMET UNMET,
	    RULES UNMET "services:\n  new: {owner: ops, tier: 3}\n");
	/* The same line of another file. */
	models[1]->rules[3].place.line = models[1]->rules[2].place.line;
	authority_difference(models[0], models[1], WALL, &other.arena, &difference);
	EXPECT_U64(unseen("grant 'g' was changed"), 3);
	EXPECT_U64(unseen("say was not asked for"), 1); /* by both catalogues */
	EXPECT_U64(unseen("shout was not asked for"), 1);
	done();
}

/* ---- undo ---- */

#define FILL "  fill: {verb: fill, run: [fill]}\n"
#define DRAIN(undo) "  drain: {verb: drain, run: [drain]" undo "}\n"
#define UNDO(name) ", undo: {do: " name ", within: 30m}"
#define NO_FILL "  - {prohibit: nothing is filled, may: [fill]}\n"
#define AS_UNDO "within 30m, as the undo of 'drain': "

static void
difference__asks_as_an_undo_whoever_may_do_what_it_takes_back(void)
{
#define DRAINS(to, on)               \
	RULES GRANT(to, "drain", on) \
	NO_FILL
	static const struct {
		const char *name, *before, *after, *who;
	} rows[] = {
		{ "an undo that is new",
		    ACTIONS FILL DRAIN("") DRAINS("ana", "on: {tier: 1}"),
		    ACTIONS FILL DRAIN(UNDO("fill")) DRAINS("ana", "on: {tier: 1}"),
		    "firstline may ana fill on web" },
		{ "an action that is new",
		    ACTIONS FILL
		    "  slow: {verb: drain, run: [drain]}\n" DRAINS("ana", "on: {tier: 1}"),
		    ACTIONS FILL DRAIN(UNDO("fill")) DRAINS("ana", "on: {tier: 1}"),
		    "firstline may ana fill on web" },
		{ "another undo",
		    ACTIONS FILL "  empty: {verb: empty, run: [fill]}\n" DRAIN(
			UNDO("empty")) DRAINS("ana", "on: {tier: 1}"),
		    ACTIONS FILL "  empty: {verb: empty, run: [fill]}\n" DRAIN(UNDO("fill"))
			DRAINS("ana", "on: {tier: 1}"),
		    "firstline may ana fill on web" },
		{ "of another service",
		    ACTIONS FILL DRAIN("") DRAINS("ana", "on: {tier: 2}"),
		    ACTIONS FILL DRAIN(UNDO("fill")) DRAINS("ana", "on: {tier: 2}"),
		    "firstline may ana fill on books" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		static char before[4096], after[4096];
		test_row = rows[i].name;
		(void)snprintf(before, sizeof(before), BASE "%s", rows[i].before);
		(void)snprintf(after, sizeof(after), BASE "%s", rows[i].after);
		compare(before, after);
		const struct differs *differs = told(rows[i].who);
		EXPECT(differs != NULL && differs->after == VERDICT_ALLOW &&
		       str_starts(differs->because, STR(AS_UNDO)));
		done();
	}
	test_row = NULL;
}

/* Each of a chain must be let do it. */
static void
difference__asks_as_an_undo_of_what_all_of_a_chain_may_do(void)
{
#define CHAINED                                                            \
	RULES GRANT("agent: helper, ana, mei", "restart", "on: {tier: 1}") \
	    GRANT("agent: helper, ana, zoe", "drain",                      \
		"on: {tier: 1}") "  - {prohibit: p, may: [fill]}\n"
	compare(BASE ACTIONS FILL DRAIN("") CHAINED,
	    BASE ACTIONS FILL DRAIN(UNDO("fill")) CHAINED);
	EXPECT(told("firstline may ana fill on web") != NULL);
	EXPECT(told("firstline may agent:helper fill on web --behalf ana") != NULL);
	EXPECT(told("firstline may agent:helper fill on web --behalf mei") == NULL);
	EXPECT(told("firstline may mei fill on web") == NULL);
	done();
}

/* Without people there is less to vary than is looked at elsewhere; and of what is let through
 * anyway, at any time, nothing is told. */
static void
difference__asks_no_more_than_there_is_to_ask(void)
{
#define ALONE RULES GRANT("automation", "drain, fill", "on: {tier: 1}")
	load_both(BASE ACTIONS FILL DRAIN("") ALONE,
	    BASE ACTIONS FILL DRAIN(UNDO("fill")) ALONE);
	for (size_t side = 0; side < 2; side++) {
		models[side]->people_n = 0;
		models[side]->rules[0].until_wall = 0;
	}
	authority_difference(models[0], models[1], WALL, &other.arena, &difference);
	EXPECT_U64(difference.n, 0);
	EXPECT_U64(difference.looked_at, difference.of);
	done();
}

/* Agents for people on many services: a share of all, and it is said how large it is. */
/* Of more than are told, the rest is counted. */
static void
difference__counts_what_it_does_not_tell(void)
{
	struct buf text = BUF(1 << 16);
	buf_add(&text, STR(BASE));
	for (unsigned i = 0; i < ANALYSE_FOUND_MAX; i++)
		buf_printf(&text, "  s%u: {owner: ops, system: shop, tier: 2}\n", i);
	buf_add(&text, STR(ACTIONS RULES GRANT("ana", "restart", "on: {tier: [1, 2]}")));
	struct arena_map map;
	struct arena arena = arena_map(&map, 1 << 17);
	const char *before = arena_cstr(&arena, buf_str(&text));
	buf_add(&text, STR("  - {prohibit: all of it, may: any}\n"));
	load_both(before, arena_cstr(&arena, buf_str(&text)));
	buf_done(&text);
	authority_difference(models[0], models[1], WALL, &other.arena, &difference);
	EXPECT_U64(difference.n, ANALYSE_FOUND_MAX);
	EXPECT_U64(difference.dropped, 2); /* web and books */
	done();
	arena_unmap(&map);
}

static void
difference__says_how_many_it_looked_at(void)
{
	static char before[32768], after[32768];
	static char *const texts[] = { before, after };
	for (size_t side = 0; side < 2; side++) {
		char *text = texts[side];
		size_t n = 0;
#define ADD(...) n += (size_t)snprintf(&text[n], sizeof(before) - n, __VA_ARGS__)
		ADD("services:\n");
		for (unsigned i = 0; i < 10; i++)
			ADD("  s%u: {owner: ops, tier: 1}\n", i);
		ADD(RULES "  - {grant: g, to: [automation, ana");
		for (unsigned i = 0; i < 60; i++)
			ADD(", agent: a%u", i);
		ADD("], may: [drain, fill], on: {tier: 1}, until: 2028-06-30, owner: zoe}\n"
		    "  - {prohibit: p, may: [fill], to: [automation]}\n"
		    "actions:\n" FILL "%s",
		    side == 0 ? DRAIN("") : DRAIN(UNDO("fill")));
	}
	models[0] = load(&one, BASE, before);
	models[1] = load(&other, BASE, after);
	authority_difference(models[0], models[1], WALL, &other.arena, &difference);
	EXPECT(told("firstline may automation fill on") != NULL);
	EXPECT(difference.looked_at < difference.of);
	EXPECT(difference.decisions <= ANALYSE_DECISIONS_MAX);
	EXPECT_U64(unseen("combinations of who, what and where were not looked at"), 1);
	done();
}

int
main(void)
{
	RUN(moments__are_those_at_which_calendars_differ);
	RUN(moments__are_looked_for_along_so_many_changes);
	RUN(moments__are_those_at_which_somebody_else_is_on_duty);
	RUN(difference__asks_agents_for_people_whom_a_rule_is_about);
	RUN(difference__asks_agents_for_so_many_people);
	RUN(difference__tells_each_kind_of_change_once);
	RUN(difference__tells_one_request_with_two_answers);
	RUN(difference__tells_what_is_unseen_once_for_each_place);
	RUN(difference__asks_as_an_undo_whoever_may_do_what_it_takes_back);
	RUN(difference__asks_as_an_undo_of_what_all_of_a_chain_may_do);
	RUN(difference__asks_no_more_than_there_is_to_ask);
	RUN(difference__counts_what_it_does_not_tell);
	RUN(difference__says_how_many_it_looked_at);
	TEST_MAIN_END();
}
