/*
 * What a comparison looks at first, and what it says of what it could not look at.
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
    "  mei: {reach: [pager]}\n"
    "  zoe: {reach: [pager]}\n"
    "hosts:\n"
    "  web-1: {service: web, role: web}\n"
    "  web-2: {service: web, role: web}\n";

#define TEAM_WITH(rest)                                                                   \
	"teams:\n"                                                                        \
	"  ops:\n"                                                                        \
	"    kind: operations\n"                                                          \
	"    on_call:\n"                                                                  \
	"      zone: UTC\n"                                                               \
	"      rotations:\n"                                                              \
	"        - {name: primary, people: [ana, mei], every: 1 day, handover: "          \
	"'09:00'" rest "}\n"                                                              \
	"        - {name: second, people: [mei, ana], every: 1 day, handover: '21:00'}\n" \
	"      escalate: [{to: primary, after: 5m}, {to: second, after: 5m}, {to: "       \
	"lead}]\n"                                                                        \
	"    lead: zoe\n"
#define TEAM TEAM_WITH("")
#define SERVICES_WITH(healthy)                                                \
	"services:\n"                                                         \
	"  web: {owner: ops, system: shop, tier: 1, healthy: {promql: 'up', " \
	"expect: '" healthy "'}}\n"
#define SERVICES SERVICES_WITH("== 1")
#define ACTIONS_WITH(pattern, observed)                                \
	"actions:\n"                                                   \
	"  restart-unit:\n"                                            \
	"    verb: restart\n"                                          \
	"    params: {unit: {type: string, pattern: '" pattern "'}}\n" \
	"    run: [act, '${target}', '${unit}']\n"                     \
	"  scale-out:\n"                                               \
	"    verb: scale\n"                                            \
	"    params: {replicas: {type: integer, min: 1, max: 100}}\n"  \
	"    run: [scale, '${replicas}']\n"                            \
	"    observe: {replicas: {promql: '" observed "'}}\n"
#define ACTIONS ACTIONS_WITH("[a-z0-9]+\\.service", "replicas")
#define CATALOGUE TEAM SERVICES ACTIONS
#define TAIL ", until: 2028-06-30, owner: zoe}\n"
#define DUTY "  - {grant: duty, to: [on-duty: ops], may: [restart], on: {service: web}" TAIL
#define ANA "  - {grant: ana, to: [ana], may: [restart, scale], on: {service: web}" TAIL

static struct config one, other;
static struct difference difference;

static const struct model *
load(struct config *c, const char *catalogue, const char *rules)
{
	char text[8192];
	(void)snprintf(text, sizeof(text), "%sauthority:\n%s", catalogue, rules);
	config_open(c);
	config_add(c, "a.yaml", base);
	config_add(c, "b.yaml", text);
	const struct model *model = config_load(c);
	if (model == NULL)
		(void)fprintf(stderr, "%.*s\n", STR_ARG(config_faults(c)));
	ASSERT(model != NULL);
	return model;
}

static void
compare(const char *catalogue, const char *before, const char *new_catalogue,
    const char *after)
{
	const struct model *old = load(&one, catalogue, before);
	const struct model *new = load(&other, new_catalogue, after);
	authority_difference(old, new, WALL, &other.arena, &difference);
}

static void
done(void)
{
	config_close(&one);
	config_close(&other);
}

static bool
wider(void)
{
	return difference.n > 0 && difference.p[0].after < difference.p[0].before;
}

/* The text of what was not looked at that says this, or empty. */
static str
unseen(const char *words)
{
	for (size_t i = 0; i < difference.unseen_n; i++) {
		if (str_contains(difference.unseen[i].text, str_of(words)))
			return difference.unseen[i].text;
	}
	return (str){ 0 };
}

/* ---- moments ---- */

#define FREEZE "  - {prohibit: freeze, may: any, on: {tier: 1}, during: f, because: b}\n"

static void
difference__asks_at_moments_of_a_calendar_that_changed(void)
{
	static const struct {
		const char *name, *weekly, *spans;
	} rows[] = {
		{ "beside weeks",
		    "weekly: [{days: mon-fri, from: '22:00', until: '06:00'}], ", "" },
		{ "whose edges weeks hide",
		    "weekly: [{days: any, from: '23:00', until: '01:00'}], ", "" },
		{ "behind others", "",
		    "{from: 2026-11-24, until: 2026-11-25}, {from: 2026-11-26, until: "
		    "2026-11-27}, {from: 2026-11-28, until: 2026-11-29}, {from: "
		    "2026-11-30, "
		    "until: 2026-12-01}, {from: 2026-12-02, until: 2026-12-03}, {from: "
		    "2026-12-04, until: 2026-12-05}, {from: 2026-12-06, until: "
		    "2026-12-07}, "
		    "{from: 2026-12-08, until: 2026-12-09}, {from: 2026-12-10, until: "
		    "2026-12-11}, {from: 2026-12-12, until: 2026-12-13}, {from: "
		    "2026-12-14, "
		    "until: 2026-12-15}, {from: 2026-12-16, until: 2026-12-17}, " },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char before[4096], after[4096];
		test_row = rows[i].name;
#define CALENDAR  \
	CATALOGUE \
	"calendars:\n  f: {zone: Europe/Lisbon, %sspans: [%s{from: %s, until: %s}]}\n"
		(void)snprintf(before, sizeof(before), CALENDAR, rows[i].weekly,
		    rows[i].spans, "2026-12-20", "2027-01-02");
		/* A span that is over stands for none. */
		(void)snprintf(after, sizeof(after), CALENDAR, rows[i].weekly,
		    rows[i].spans, "2025-12-20", "2026-01-02");
		compare(before, DUTY ANA FREEZE, after, DUTY ANA FREEZE);
		EXPECT(wider());
		done();
	}
	test_row = NULL;
}

static void
difference__asks_at_edges_of_a_rule_before_turns(void)
{
	compare(CATALOGUE,
	    DUTY ANA "  - {prohibit: p, may: any, on: {tier: 1}, from: 2027-03-24, until: "
		     "2027-03-28, because: b}\n",
	    CATALOGUE,
	    DUTY ANA "  - {grant: more, to: [on-duty: ops], may: [scale], on: {service: "
		     "web}" TAIL);
	bool told = false;
	for (size_t i = 0; i < difference.n; i++)
		told |= str_contains(difference.p[i].because, STR("at 2027-03-2")) &&
		        str_contains(difference.p[i].request, STR("restart-unit"));
	EXPECT(told);
	EXPECT_U64(difference.unseen_n, 0);
	done();
}

static void
difference__asks_at_overrides_far_ahead(void)
{
	compare(CATALOGUE, DUTY,
	    TEAM_WITH(", overrides: [{person: zoe, from: '2027-05-03 09:00', until: "
		      "'2027-05-04 09:00'}]") SERVICES ACTIONS,
	    DUTY);
	EXPECT(wider());
	EXPECT(difference.n > 0 && str_contains(difference.p[0].request, STR("may zoe")));
	done();
}

/* ---- what was not looked at ---- */

static void
difference__lists_changed_rules_that_nothing_met(void)
{
#define LIMIT(rate) "  - {limit: many, for: any, within: {per_service: " rate " in 1h}}\n"
	static const struct {
		const char *name, *before, *after, *unseen;
	} rows[] = {
		{ .name = "all is seen",
		    .before = ANA LIMIT("2"),
		    .after = ANA LIMIT("3") },
		{ .name = "only words differ",
		    .before = ANA LIMIT("300"),
		    .after = ANA "  - {limit: other words, for: any, within: {per_service: "
				 "300 in 1h}}\n" },
		{ .name = "more uses than are made up",
		    .before = ANA LIMIT("100"),
		    .after = ANA LIMIT("300"),
		    .unseen =
			"limit 'many' was changed, and nothing that was asked ran into "
			"its limits: look at it yourself" },
		{ .name = "about nothing that there is",
		    .before = ANA,
		    .after =
			ANA "  - {grant: g, to: [ana], may: [restart], on: {tier: 4}" TAIL,
		    .unseen = "grant 'g' was changed, and nothing that was asked was about "
			      "it: look at it yourself" },
		{ .name = "over",
		    .before = ANA "  - {prohibit: p, may: any, on: {tier: 1}, until: "
				  "2026-01-01, because: "
				  "b}\n",
		    .after = ANA },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		compare(CATALOGUE, rows[i].before, CATALOGUE, rows[i].after);
		EXPECT((difference.unseen_n > 0) == (rows[i].unseen != NULL));
		if (rows[i].unseen != NULL) {
			EXPECT_STR(unseen(rows[i].unseen), str_of(rows[i].unseen));
			EXPECT_STR(difference.unseen[0].place.file, STR("b.yaml"));
			EXPECT(difference.unseen[0].place.line > 0);
		}
		done();
	}
	test_row = NULL;
}

static void
difference__says_when_no_value_could_be_made_up(void)
{
#define DOUBLED TEAM SERVICES ACTIONS_WITH("(?<x>[a-z]+)-\\k<x>", "replicas")
	compare(DOUBLED, ANA, DOUBLED,
	    ANA "  - {grant: new, to: [zoe], may: [restart], on: {service: web}" TAIL);
	EXPECT(difference.n == 0);
	EXPECT(
	    unseen("restart-unit was not asked for: no value of unit could be made up").n >
	    0);
	EXPECT(unseen("grant 'new' was changed").n > 0);
	EXPECT(difference.looked_at < difference.of);
	done();
}

static void
difference__says_when_rules_name_more_values_than_are_asked(void)
{
	char after[2048] = ANA "  - {grant: many, to: [zoe], may: [restart], on: {service: "
			       "web}, with: {unit: {one_of: [u.service";
	for (unsigned i = 0; i < 30; i++) {
		size_t n = strlen(after);
		(void)snprintf(&after[n], sizeof(after) - n, ", u%u.service", i);
	}
	size_t n = strlen(after);
	(void)snprintf(&after[n], sizeof(after) - n, "]}}" TAIL);
	compare(CATALOGUE, ANA, CATALOGUE, after);
	EXPECT(wider());
	EXPECT(
	    unseen("changed rules name more than 24 values of unit of restart-unit").n > 0);
	done();
}

static void
difference__tells_probes_that_changed(void)
{
	compare(CATALOGUE, ANA, TEAM SERVICES_WITH(">= 0") ACTIONS, ANA);
	EXPECT_U64(difference.n, 0);
	EXPECT_U64(difference.unseen_n, 1);
	EXPECT_STR(unseen("healthy"),
	    STR("what is looked at before an action changed: `healthy` of web; its answers "
		"cannot be compared"));
	done();
	compare(CATALOGUE, ANA,
	    TEAM SERVICES ACTIONS_WITH("[a-z0-9]+\\.service", "replicas * 9"), ANA);
	EXPECT_U64(difference.unseen_n, 1);
	EXPECT(unseen("`observe` of scale-out for replicas").n > 0);
	done();
	compare(CATALOGUE, ANA, CATALOGUE, ANA);
	EXPECT_U64(difference.unseen_n, 0);
	done();
}

int
main(void)
{
	RUN(difference__asks_at_moments_of_a_calendar_that_changed);
	RUN(difference__asks_at_edges_of_a_rule_before_turns);
	RUN(difference__asks_at_overrides_far_ahead);
	RUN(difference__lists_changed_rules_that_nothing_met);
	RUN(difference__says_when_no_value_could_be_made_up);
	RUN(difference__says_when_rules_name_more_values_than_are_asked);
	RUN(difference__tells_probes_that_changed);
	TEST_MAIN_END();
}
