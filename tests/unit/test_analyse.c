/*
 * One configuration for each kind of finding that has it, one that has not; what is given
 * as an example is asked of the evaluator.
 */
#include "authority/analyse.h"
#include "support/authority_answer.h"
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
    "  piotr: {reach: [pager]}\n"
    "  mei: {reach: [pager]}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: Europe/Lisbon\n"
    "      rotations:\n"
    "        - {name: primary, people: [ana, piotr], every: 1 week, handover: 'Mon "
    "09:00'}\n"
    "        - {name: secondary, people: [piotr, ana], every: 1 week, handover: 'Mon "
    "09:00'}\n"
    "      escalate: [{to: primary, after: 5m}, {to: secondary}]\n"
    "    lead: mei\n"
    "services:\n"
    "  checkout: {owner: ops, system: shop, tier: 1, environment: production}\n"
    "  cart: {owner: ops, system: shop, tier: 2, environment: production}\n"
    "hosts:\n"
    "  web-1: {service: checkout, role: web}\n"
    "  web-2: {service: checkout, role: web}\n"
    "  web-3: {service: checkout, role: web}\n"
    "actions:\n"
    "  restart-unit:\n"
    "    verb: restart\n"
    "    params: {unit: {type: string, pattern: '[a-z-]+\\.service'}}\n"
    "    run: [systemctl, restart, '${unit}']\n"
    "  scale-out:\n"
    "    verb: scale\n"
    "    params: {replicas: {type: integer, min: 1, max: 100}}\n"
    "    run: [scale, '${service}', '${replicas}']\n"
    "    observe: {replicas: {promql: 'kube_replicas{deployment=\"${service}\"}'}}\n"
    "    undo: {do: scale-out, with: {replicas: '${observed.replicas}'}, within: 30m}\n"
    "calendars:\n"
    "  past: {zone: Europe/Lisbon, spans: [{from: 2026-01-01, until: 2026-01-03}]}\n"
    "  ahead: {zone: Europe/Lisbon, spans: [{from: 2029-01-01, until: 2029-01-03}]}\n";

#define GRANT_TAIL ", until: 2027-06-30, owner: mei}\n"
#define SCALE_20                                                                          \
	"  - {grant: scale to 20, to: [automation, team: ops], may: [scale], on: {tier: " \
	"[1, 2]}, with: {replicas: {min: 2, max: 20}}" GRANT_TAIL
#define RESTART                                                                            \
	"  - {grant: restart, to: [automation, on-duty: ops], may: [restart], on: {tier: " \
	"[1, 2]}, within: {per_service: 3 in 1h}" GRANT_TAIL

static struct config config;
static struct analysis analysis;
static const char *more; /* of the catalogue; NULL: nothing */

static const struct model *
load(struct config *c, const char *rules, const char *runbook)
{
	char text[8192] = "authority:\n";
	(void)snprintf(text, sizeof(text), "authority:\n%s", rules);
	config_open(c);
	config_add(c, "a.yaml", base);
	config_add(c, "b.yaml", text);
	if (more != NULL)
		config_add(c, "c.yaml", more);
	if (runbook != NULL)
		config_add(c, "runbooks/r.md", runbook);
	const struct model *model = config_load(c);
	if (model == NULL)
		(void)fprintf(stderr, "%.*s\n", STR_ARG(config_faults(c)));
	ASSERT(model != NULL);
	return model;
}

static void
analyse(const char *rules, const char *runbook)
{
	const struct model *model = load(&config, rules, runbook);
	authority_analyse(model, WALL, &config.arena, &analysis);
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

static size_t
warnings(void)
{
	size_t n = 0;
	for (size_t i = 0; i < analysis.n; i++) {
		if (analysis.found[i].note)
			continue;
		n++;
	}
	return n;
}

/* ---- the example, as the evaluator sees it ---- */

/* "firstline may WHO ACTION on SERVICE [--target HOST] [name=value...]" */
static void
read_example(str example, struct authority_request *request, struct pairs *params)
{
	str words[16] = { { 0 } };
	size_t n = 0;
	for (struct str_cut cut = { .tail = example, .found = true };
	     cut.found && n < 16;) {
		cut = str_cut(cut.tail, ' ');
		words[n++] = cut.head;
	}
	ASSERT(n >= 6 && str_eq(words[4], STR("on")));
	bool machine =
	    str_eq(words[2], STR("automation")) || str_starts(words[2], STR("agent:"));
	*request = (struct authority_request){
		.principal =
		    machine ? words[2]
			    : arena_printf(&config.arena, "person:%.*s", STR_ARG(words[2])),
		.action = model_action(config.model, words[3]),
		.service = model_service(config.model, words[5]),
		.target = words[5],
		.params = params,
		.incident_open = true,
		.wall = WALL,
		.at = 400 * DAY,
	};
	size_t i = 6;
	if (i + 1 < n && str_eq(words[i], STR("--target"))) {
		request->target = words[i + 1];
		i += 2;
	}
	for (params->n = 0; i < n; i++) {
		struct str_cut pair = str_cut(words[i], '=');
		params->p[params->n++] = (struct pair){ pair.head, pair.tail };
	}
}

static enum verdict
verdict_of(str example, msec wall, const struct pairs *observed)
{
	struct pair room[8];
	struct pairs params = { room, 0 };
	struct authority_request request;
	struct decided decision;
	struct authority_facts facts = { 0 };
	read_example(example, &request, &params);
	request.wall = wall;
	facts.observed = observed != NULL ? *observed : params;
	decide_and_explain(authority_new(config.model, &config.arena), &request, &facts,
	    &config.arena, &decision);
	return decision.verdict;
}

/* ---- nothing to say ---- */

static void
analyse__has_nothing_to_say_of_a_sound_configuration(void)
{
	test_row = "sound";
	analyse(RESTART SCALE_20
	    "  - {approval: many, for: [scale], when: {replicas: '> 10'}, by: {team: "
	    "ops}}\n"
	    "  - {limit: two hosts, for: any, within: {targets: 2 in 1h}}\n"
	    "  - {prohibit: far ahead, may: any, during: ahead}\n",
	    NULL);
	EXPECT_U64(warnings(), 0);
	config_close(&config);
}

/* ---- dead, shadowed, ending ---- */

static void
analyse__finds_rules_that_do_nothing(void)
{
	static const struct {
		const char *name, *rule, *text;
	} rows[] = {
		{ "over",
		    "  - {grant: g, to: [ana], may: [restart], on: {tier: 1}, from: "
		    "2025-01-01, "
		    "until: 2026-01-01, owner: mei}\n",
		    "grant 'g' does nothing: it ended at 2026-01-02 00:00 UTC" },
		{ "its calendar is over", "  - {prohibit: p, may: any, during: past}\n",
		    "prohibition 'p' does nothing: 'past' has no time left in it" },
		{ "its calendar opens too late",
		    "  - {grant: g, to: [ana], may: [restart], on: {tier: 1}, during: "
		    "ahead" GRANT_TAIL,
		    "grant 'g' does nothing: 'ahead' has no time left in it" },
		{ "no such service",
		    "  - {limit: l, for: any, on: {service: checkout, tier: 2}, within: "
		    "{at_once: "
		    "1}}\n",
		    "limit 'l' does nothing: no service is all that its `on:` asks for" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char rules[1024];
		(void)snprintf(rules, sizeof(rules), "%s%s", RESTART, rows[i].rule);
		analyse(rules, NULL);
		const struct found *found = found_of(FOUND_DEAD);
		EXPECT(found != NULL);
		EXPECT_U64(warnings(), 1);
		if (found != NULL) {
			EXPECT_STR(found->text, str_of(rows[i].text));
			EXPECT_U64(found->place.line, 3);
			EXPECT(found->mend.n > 0);
		}
		config_close(&config);
	}
}

static void
analyse__finds_grants_that_change_nothing(void)
{
	static const struct {
		const char *name, *rules, *text; /* NULL: it does change something */
	} rows[] = {
		{ "another says as much",
		    SCALE_20
		    "  - {grant: g, to: [mei], may: [scale-out], on: {service: cart}, "
		    "with: {replicas: {min: 3, max: 20}}, while: incident" GRANT_TAIL,
		    "grant 'g' changes nothing: 'scale to 20' (b.yaml:2) grants all of it "
		    "already" },
		{ "a wider value",
		    SCALE_20
		    "  - {grant: g, to: [mei], may: [scale-out], on: {service: cart}, "
		    "with: {replicas: {min: 3, max: 21}}" GRANT_TAIL,
		    NULL },
		{ "a later end",
		    SCALE_20
		    "  - {grant: g, to: [mei], may: [scale-out], on: {service: cart}, "
		    "with: {replicas: {min: 3, max: 20}}, until: 2028-01-01, owner: "
		    "ana}\n",
		    NULL },
		{ "a tighter limit",
		    RESTART
		    "  - {grant: g, to: [automation], may: [restart], on: {tier: 1}, "
		    "within: {per_service: 2 in 1h}" GRANT_TAIL,
		    NULL },
		{ "a looser limit",
		    RESTART
		    "  - {grant: g, to: [automation], may: [restart], on: {tier: 1}, "
		    "within: {per_service: 4 in 1h}" GRANT_TAIL,
		    "grant 'g' changes nothing: 'restart' (b.yaml:2) grants all of it "
		    "already" },
		{ "forbidden for good",
		    "  - {prohibit: p, may: [restart], on: {service: cart}}\n"
		    "  - {grant: g, to: [ana], may: [restart], on: {service: "
		    "cart}" GRANT_TAIL,
		    "grant 'g' changes nothing: 'p' (b.yaml:2) forbids all of it" },
		{ "forbidden, but break-glass lifts it",
		    "  - {prohibit: p, may: [restart], on: {service: cart}, liftable: "
		    "true}\n"
		    "  - {grant: g, to: [ana], may: [restart], on: {service: "
		    "cart}" GRANT_TAIL,
		    NULL },
		{ "two together",
		    "  - {grant: a, to: [ana], may: [restart], on: {tier: 1}" GRANT_TAIL
		    "  - {grant: g, to: [ana], may: [restart], on: {system: shop}, while: "
		    "incident" GRANT_TAIL "  - {grant: b, to: [team: ops], may: [restart], "
		    "on: {tier: 2}" GRANT_TAIL,
		    "grant 'g' changes nothing: 'a' (b.yaml:2) and 'b' (b.yaml:4) together "
		    "say as "
		    "much" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		analyse(rows[i].rules, NULL);
		const struct found *found = found_of(FOUND_SHADOWED);
		EXPECT((found != NULL) == (rows[i].text != NULL));
		if (found != NULL && rows[i].text != NULL) {
			EXPECT_STR(found->text, str_of(rows[i].text));
			EXPECT(verdict_of(found->example, WALL, NULL) ==
			       (strstr(rows[i].text, "forbids") != NULL ? VERDICT_DENY
									: VERDICT_ALLOW));
		}
		config_close(&config);
	}
}

static void
analyse__finds_rules_within_wider_ones(void)
{
	static const struct {
		const char *name, *rules, *text; /* NULL: it does change something */
	} rows[] = {
		{ "a prohibition",
		    "  - {prohibit: all, may: any, on: {system: shop}}\n"
		    "  - {prohibit: p, may: [restart], on: {service: cart}}\n",
		    "prohibition 'p' changes nothing: 'all' (b.yaml:2) forbids all of it "
		    "already" },
		{ "that is written first",
		    "  - {prohibit: p, may: [restart], on: {service: cart}}\n"
		    "  - {prohibit: all, may: any, on: {system: shop}}\n",
		    "prohibition 'p' changes nothing: 'all' (b.yaml:3) forbids all of it "
		    "already" },
		{ "within one that break-glass lifts",
		    "  - {prohibit: all, may: any, on: {system: shop}, liftable: true}\n"
		    "  - {prohibit: p, may: [restart], on: {service: cart}}\n",
		    NULL },
		{ "at other times",
		    "  - {prohibit: all, may: any, on: {system: shop}, during: ahead}\n"
		    "  - {prohibit: p, may: [restart], on: {service: cart}}\n",
		    NULL },
		{ "a looser limit",
		    "  - {limit: l, for: any, within: {per_service: 3 in 1h}}\n"
		    "  - {limit: m, for: [restart], on: {tier: 1}, within: {per_service: 3 "
		    "in 30m}}\n",
		    "limit 'm' changes nothing: 'l' (b.yaml:2) bounds all of it as tightly "
		    "already" },
		{ "a tighter limit",
		    "  - {limit: l, for: any, within: {per_service: 3 in 1h}}\n"
		    "  - {limit: m, for: [restart], on: {tier: 1}, within: {per_service: 2 "
		    "in 1h}}\n",
		    NULL },
		{ "a limit that counts less",
		    "  - {limit: l, for: [restart], on: {tier: 1}, within: {per_actor: 2 "
		    "in "
		    "1h}}\n"
		    "  - {limit: m, for: any, on: {tier: 1}, within: {per_actor: 3 in "
		    "1h}}\n",
		    NULL },
		{ "an approval by more people",
		    "  - {approval: a, for: any, by: {team: ops}, need: 2, expires: 10m}\n"
		    "  - {approval: b, for: [restart], by: {team: ops}, expires: 10m}\n",
		    "approval 'b' changes nothing: 'a' (b.yaml:2) asks for as much "
		    "already" },
		{ "an approval by others",
		    "  - {approval: a, for: any, by: {team: ops}, need: 2}\n"
		    "  - {approval: b, for: [restart], by: {on-duty: ops}}\n",
		    NULL },
		{ "an approval that ends sooner",
		    "  - {approval: a, for: any, by: {team: ops}, expires: 20m}\n"
		    "  - {approval: b, for: [restart], by: {team: ops}, expires: 10m}\n",
		    NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		analyse(rows[i].rules, NULL);
		const struct found *found = found_of(FOUND_SHADOWED);
		EXPECT_STR(found != NULL ? found->text : STR("nothing"),
		    rows[i].text != NULL ? str_of(rows[i].text) : STR("nothing"));
		EXPECT(found == NULL || found->example.n > 0);
		config_close(&config);
	}
}

static void
analyse__tells_of_two_alike_the_later_one(void)
{
	analyse(SCALE_20 SCALE_20, NULL);
	EXPECT_U64(warnings(), 1);
	const struct found *found = found_of(FOUND_SHADOWED);
	EXPECT(found != NULL && found->place.line == 3);
	config_close(&config);
}

static void
analyse__finds_grants_that_end_soon(void)
{
	analyse("  - {grant: g, to: [automation], may: [restart], on: {tier: 1}, until: "
		"2026-12-06, owner: mei}\n"
		"  - {grant: h, to: [automation], may: [restart], on: {tier: 2}, until: "
		"2026-12-08, owner: mei}\n",
	    NULL);
	const struct found *found = found_of(FOUND_ENDING);
	EXPECT_U64(warnings(), 1);
	EXPECT(found != NULL);
	if (found != NULL) {
		EXPECT_STR(found->text,
		    STR("grant 'g' ends at 2026-12-07 00:00 UTC, in 13 days"));
		EXPECT_STR(found->mend,
		    STR("write a later `until:`, or take it out; mei owns it"));
		EXPECT(verdict_of(found->example, WALL, NULL) == VERDICT_ALLOW);
		EXPECT(verdict_of(found->example, WALL + 14 * DAY, NULL) == VERDICT_DENY);
	}
	config_close(&config);
}

/* ---- fit, undo ---- */

#define RUNBOOK(inputs, with, within)                   \
	"---\n"                                         \
	"runbook: r\n"                                  \
	"service: checkout\n"                           \
	"answers: [{alertname: Down}]\n" inputs "---\n" \
	"# Down\n\n"                                    \
	"```action more\n"                              \
	"do: scale-out\n"                               \
	"with: {replicas: " with "}\n"                  \
	"```\n\n"                                       \
	"```verify up\n"                                \
	"http: http://127.0.0.1/\n"                     \
	"expect: status == 200\n"                       \
	"within: " within "\n"                          \
	"```\n"
#define INPUT(max)                                                             \
	"inputs: {n: {type: integer, min: 2, max: " max ", default: 4, from: " \
	"alert.labels.n}}\n"

static void
analyse__finds_values_that_no_grant_lets_through(void)
{
	static const struct {
		const char *name, *runbook, *rules, *text;
	} rows[] = {
		{ "fits", RUNBOOK("", "20", "5m"), SCALE_20, NULL },
		{ "too many", RUNBOOK("", "21", "5m"), SCALE_20,
		    "step 'more' can ask for scale-out on checkout with replicas=21, and "
		    "no "
		    "grant lets it through" },
		{ "an input that fits", RUNBOOK(INPUT("20"), "'${n}'", "5m"), SCALE_20,
		    NULL },
		{ "an input that does not", RUNBOOK(INPUT("30"), "'${n}'", "5m"), SCALE_20,
		    "step 'more' can ask for scale-out on checkout with replicas=21, and "
		    "no "
		    "grant lets it through" },
		{ "no grant", RUNBOOK("", "20", "5m"), RESTART,
		    "step 'more' can ask for scale-out on checkout, and no grant lets it "
		    "through" },
		{ "two grants, each a part", RUNBOOK(INPUT("30"), "'${n}'", "5m"),
		    SCALE_20 "  - {grant: g, to: [ana], may: [scale], on: {tier: 1}, with: "
			     "{replicas: {min: 21, change: 2x}}" GRANT_TAIL,
		    NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		analyse(rows[i].rules, rows[i].runbook);
		const struct found *found = found_of(FOUND_FIT);
		EXPECT((found != NULL) == (rows[i].text != NULL));
		if (found != NULL && rows[i].text != NULL) {
			EXPECT_STR(found->text, str_of(rows[i].text));
			EXPECT_STR(found->place.file, STR("runbooks/r.md"));
			EXPECT(verdict_of(found->example, WALL, NULL) == VERDICT_DENY);
		} else if (found != NULL) {
			printf("%.*s\n", STR_ARG(found->text));
		}
		config_close(&config);
	}
}

/* The incident is cart's: a grant `while: incident` on checkout does not hold for it. */
/* What only people may is said apart from what nobody may: a run by itself ends there. */
static void
analyse__tells_steps_that_automation_may_not(void)
{
	static const struct {
		const char *rules;
		bool told;
	} rows[] = {
		{ "  - {grant: people scale, to: [{team: ops}], may: [scale], on: {tier: "
		  "[1, "
		  "2]}" GRANT_TAIL,
		    true },
		{ SCALE_20, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		analyse(rows[i].rules, RUNBOOK("", "20", "5m"));
		const struct found *found = found_of(FOUND_FIT);
		EXPECT((found != NULL) == rows[i].told);
		if (found != NULL) {
			EXPECT(found->note);
			EXPECT(str_contains(found->text, STR("automation may not")));
			EXPECT(verdict_of(found->example, WALL, NULL) == VERDICT_DENY);
		}
		config_close(&config);
	}
}

static void
analyse__finds_a_step_that_acts_beside_its_incident(void)
{
#define BESIDE                                                      \
	"---\nrunbook: r\nservice: cart\n"                          \
	"answers: [{alertname: Down}]\n---\n# Down\n\n"             \
	"```action again\ndo: restart-unit\n"                       \
	"with: {unit: web.service}\ntargets: {service: checkout}\n" \
	"```\n\n```verify up\nhttp: http://127.0.0.1/\n"            \
	"expect: status == 200\nwithin: 5m\n```\n"
#define IN_INCIDENT(services)                                                             \
	"  - {grant: restart, to: [automation], may: [restart], on: {service: [" services \
	"]}, while: incident" GRANT_TAIL
	analyse(IN_INCIDENT("checkout, cart"), BESIDE);
	const struct found *found = found_of(FOUND_FIT);
	EXPECT(found != NULL);
	if (found != NULL)
		EXPECT_STR(found->text,
		    STR("step 'again' can ask for restart-unit on checkout (web-1) with "
			"unit=web.service, and no grant lets it through without an "
			"incident of that service"));
	config_close(&config);
	analyse(RESTART, BESIDE);
	EXPECT(found_of(FOUND_FIT) == NULL);
	config_close(&config);
}

static void
analyse__finds_a_verification_that_outlasts_the_undo(void)
{
	analyse(SCALE_20, RUNBOOK("", "20", "40m"));
	const struct found *found = found_of(FOUND_UNDO);
	EXPECT(found != NULL);
	if (found != NULL)
		EXPECT_STR(found->text, STR("step 'more' can be taken back for 30 minutes, "
					    "but 'up' may fail only "
					    "after 40"));
	config_close(&config);
	analyse(SCALE_20, RUNBOOK("", "20", "30m"));
	EXPECT(found_of(FOUND_UNDO) == NULL);
	config_close(&config);
}

/* ---- approvers, separation ---- */

static void
analyse__finds_approvals_that_nobody_else_could_give(void)
{
	static const struct {
		const char *name, *rule;
		enum found_kind kind; /* 0: enough people */
		const char *text;
	} rows[] = {
		{ "a team of three", "  - {approval: a, for: [restart], by: {team: ops}}\n",
		    0, NULL },
		{ "two of three, one of whom may ask",
		    "  - {approval: a, for: [restart], by: {team: ops}, need: 2}\n", 0,
		    NULL },
		{ "two of the two on duty",
		    "  - {approval: a, for: [restart], by: {on-duty: ops}, need: 2}\n",
		    FOUND_APPROVERS,
		    "approval 'a' wants 2 who agree; at 2026-11-23 13:12 UTC, when ana "
		    "asks, "
		    "there is only piotr" },
		{ "three of three",
		    "  - {approval: a, for: [restart], by: {team: ops}, need: 3}\n",
		    FOUND_APPROVERS,
		    "approval 'a' wants 3 who agree; at 2026-11-23 13:12 UTC, when ana "
		    "asks, "
		    "there is only piotr and mei" },
		{ "whoever asks", "  - {approval: a, for: [restart], by: ana}\n",
		    FOUND_SEPARATION,
		    "approval 'a' wants 1 who agrees; at 2026-11-23 13:12 UTC, when ana "
		    "asks, "
		    "there is nobody else" },
		{ "who never asks", "  - {approval: a, for: [restart], by: mei}\n", 0,
		    NULL },
		{ "a reloader",
		    "  - {approval: a, for: [restart], by: mei, not: reloader}\n",
		    FOUND_APPROVERS,
		    "approval 'a' wants 1 who agrees, none who brought in the "
		    "configuration (so "
		    "one more); at 2026-11-23 13:12 UTC, when automation asks, there is "
		    "only "
		    "mei" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char rules[2048];
		(void)snprintf(rules, sizeof(rules), "%s%s", RESTART, rows[i].rule);
		analyse(rules, NULL);
		EXPECT_U64(warnings(), rows[i].kind != 0);
		const struct found *found = found_of(rows[i].kind);
		if (rows[i].kind != 0) {
			EXPECT(found != NULL);
			if (found != NULL) {
				EXPECT_STR(found->text, str_of(rows[i].text));
				EXPECT(verdict_of(found->example, WALL, NULL) ==
				       VERDICT_AFTER_APPROVAL);
			}
		}
		config_close(&config);
	}
}

/* mei can agree until the next handover; then it is ana who would have to. */
static void
analyse__looks_at_rotations_to_come(void)
{
	analyse("  - {grant: g, to: [ana], may: [restart], on: {tier: 1}" GRANT_TAIL
		"  - {approval: a, for: [restart], by: {on-duty: two}}\n"
		"teams:\n"
		"  two:\n"
		"    kind: operations\n"
		"    on_call:\n"
		"      zone: Europe/Lisbon\n"
		"      rotations: [{name: primary, people: [mei, ana], every: 1 week, "
		"handover: "
		"'Mon 09:00', start: 2026-11-23}]\n"
		"      escalate: [{to: primary}]\n",
	    NULL);
	const struct found *found = found_of(FOUND_SEPARATION);
	EXPECT(found != NULL);
	if (found != NULL)
		EXPECT_STR(found->text,
		    STR("approval 'a' wants 1 who agrees; at 2026-11-30 09:00 UTC, when "
			"ana asks, there is nobody else"));
	config_close(&config);
}

/* An hour in the eighth week, behind more than a hundred turns. */
static void
analyse__looks_at_every_turn_and_override_of_eight_weeks(void)
{
	analyse("  - {grant: g, to: [ana], may: [restart], on: {tier: 1}" GRANT_TAIL
		"  - {approval: a, for: [restart], by: {on-duty: two}}\n"
		"teams:\n"
		"  two:\n"
		"    kind: operations\n"
		"    on_call:\n"
		"      zone: UTC\n"
		"      rotations:\n"
		"        - name: primary\n"
		"          layers:\n"
		"            - {people: [mei], every: 1 week, handover: 'Mon 09:00'}\n"
		"            - {people: [piotr], handover: 'Mon 09:00', hours: [{days: "
		"any, "
		"from: '08:00', until: '20:00'}]}\n"
		"          overrides:\n"
		"            - {person: ana, from: '2027-01-15 02:00', until: '2027-01-15 "
		"03:00'}\n"
		"      escalate: [{to: primary}]\n",
	    NULL);
	const struct found *found = found_of(FOUND_SEPARATION);
	EXPECT(found != NULL);
	if (found != NULL)
		EXPECT_STR(found->text,
		    STR("approval 'a' wants 1 who agrees; at 2027-01-15 02:00 UTC, when "
			"ana asks, there is nobody else"));
	config_close(&config);
}

static void
analyse__finds_who_owns_a_grant_about_nobody_else(void)
{
	analyse(
	    "  - {grant: g, to: [ana], may: [restart], on: {tier: 1}, until: 2027-06-30, "
	    "owner: ana}\n"
	    "  - {grant: h, to: [ana, automation], may: [restart], on: {tier: 2}, until: "
	    "2027-06-30, owner: ana}\n"
	    "  - {grant: i, to: [mei], may: [scale], on: {tier: 2}, until: 2027-06-30, "
	    "owner: "
	    "ana}\n",
	    NULL);
	const struct found *found = found_of(FOUND_SEPARATION);
	EXPECT_U64(warnings(), 1);
	EXPECT(found != NULL);
	if (found != NULL) {
		EXPECT_STR(found->text,
		    STR("grant 'g' is about ana alone, who owns it too"));
		EXPECT(verdict_of(found->example, WALL, NULL) == VERDICT_ALLOW);
	}
	config_close(&config);
}

/* ---- freeze, blast ---- */

static void
analyse__tells_what_a_freeze_leaves(void)
{
	analyse(RESTART SCALE_20
	    "  - {prohibit: freeze, may: [restart], from: 2026-12-20, until: 2027-01-02}\n",
	    NULL);
	const struct found *found = found_of(FOUND_FREEZE);
	EXPECT(found != NULL && found->note);
	if (found != NULL) {
		EXPECT_STR(found->text,
		    STR("from 2026-12-20 00:00 UTC 'freeze' is in force; in its scope may "
			"still be done: automation scale-out on checkout, ana scale-out on "
			"checkout, piotr scale-out on checkout, mei scale-out on checkout "
			"and 4 "
			"more"));
		EXPECT(verdict_of(found->example, WALL + 30 * DAY, NULL) == VERDICT_ALLOW);
	}
	config_close(&config);
	analyse(RESTART SCALE_20
	    "  - {prohibit: freeze, may: any, from: 2026-12-20, until: 2027-01-02}\n",
	    NULL);
	found = found_of(FOUND_FREEZE);
	EXPECT(found != NULL && str_ends(found->text, STR("may still be done: nothing")));
	config_close(&config);
}

/* Undo must never be harder than do. */
static void
analyse__finds_a_freeze_that_forbids_taking_back(void)
{
	static const struct {
		const char *name, *may;
		bool found;
	} rows[] = {
		{ "what takes it back alone", "[fill]", true },
		{ "both", "[shift-traffic, fill]", false },
		{ "what is taken back alone", "[shift-traffic]", false },
		{ "anything", "any", false },
	};
	more =
	    "actions:\n"
	    "  drain: {verb: shift-traffic, run: [drain], undo: {do: fill, within: 30m}}\n"
	    "  fill: {verb: fill, run: [fill]}\n";
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char rules[1024];
		(void)snprintf(rules, sizeof(rules),
		    "%s  - {grant: drain, to: [{team: ops}], may: [shift-traffic, fill],"
		    " on: {tier: 1}" GRANT_TAIL
		    "  - {prohibit: freeze, may: %s, on: {service: checkout},"
		    " from: 2026-12-20, until: 2027-01-02}\n",
		    RESTART, rows[i].may);
		analyse(rules, NULL);
		const struct found *found = NULL;
		for (size_t k = 0; k < analysis.n; k++) {
			if (analysis.found[k].kind == FOUND_FREEZE &&
			    !analysis.found[k].note)
				found = &analysis.found[k];
		}
		EXPECT((found != NULL) == rows[i].found);
		if (found != NULL)
			EXPECT_STR(found->text,
			    STR("'freeze' leaves drain on checkout allowed and forbids "
				"fill, "
				"which takes it back: after the 30 minutes in which that "
				"is "
				"free, or by others, it cannot be taken back"));
		config_close(&config);
	}
	more = NULL;
}

/* Only what the service says it bears is held against what can be reached. */
static void
analyse__finds_more_hosts_in_reach_than_the_service_bears(void)
{
	static const struct {
		const char *name, *blast, *text;
	} rows[] = {
		{ "not said", "", NULL },
		{ "as many", ", blast: 3", NULL },
		{ "fewer", ", blast: 2",
		    "ana can reach 3 of the 4 hosts of pool within an hour, and its "
		    "`blast:` is 2" },
		{ "a share", ", blast: 50%",
		    "ana can reach 3 of the 4 hosts of pool within an hour, and its "
		    "`blast:` is 2" },
		{ "a share that is enough", ", blast: 75%", NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char text[512];
		(void)snprintf(text, sizeof(text),
		    "services:\n  pool: {owner: ops, tier: 2%s}\n"
		    "hosts:\n"
		    "  p-1: {service: pool, role: web}\n  p-2: {service: pool, role: web}\n"
		    "  p-3: {service: pool, role: web}\n  p-4: {service: pool, role: "
		    "web}\n",
		    rows[i].blast);
		more = text;
		analyse(RESTART "  - {limit: l, for: any, within: {targets: 3 in 1h}}\n",
		    NULL);
		const struct found *found = NULL;
		for (size_t k = 0; k < analysis.n; k++) {
			if (analysis.found[k].kind == FOUND_BLAST &&
			    !analysis.found[k].note && found == NULL)
				found = &analysis.found[k];
		}
		EXPECT((found != NULL) == (rows[i].text != NULL));
		if (found != NULL && rows[i].text != NULL)
			EXPECT_STR(found->text, str_of(rows[i].text));
		config_close(&config);
	}
	more = NULL;
}

static void
analyse__counts_how_many_hosts_can_be_reached(void)
{
	analyse(RESTART "  - {limit: l, for: any, within: {targets: 2 in 2h}}\n", NULL);
	const struct found *found = found_of(FOUND_BLAST);
	EXPECT(found != NULL && found->note);
	if (found != NULL)
		EXPECT_STR(found->text, STR("of the 3 hosts of checkout can be reached "
					    "within an hour, now and in an "
					    "incident: by automation 2, ana 2"));
	config_close(&config);
}

/* ---- difference ---- */

static void
difference__tells_what_became_possible_first(void)
{
	static struct config other;
	struct difference difference;
	const struct model *before = load(&other, SCALE_20 RESTART, NULL);
	const struct model *after = load(&config,
	    "  - {grant: scale to 40, to: [automation], may: [scale], on: {tier: [1, 2]}, "
	    "with: {replicas: {min: 2, max: 40}}" GRANT_TAIL RESTART,
	    NULL);
	authority_difference(before, after, WALL, &config.arena, &difference);
	EXPECT(difference.n == 2 + 6);
	EXPECT_U64(difference.looked_at, difference.of);
	for (size_t i = 0; i < difference.n; i++) {
		const struct differs *differs = &difference.p[i];
		EXPECT(differs->before == (i < 2 ? VERDICT_DENY : VERDICT_ALLOW));
		EXPECT(differs->after == (i < 2 ? VERDICT_ALLOW : VERDICT_DENY));
		EXPECT(verdict_of(differs->request, WALL, NULL) == differs->after);
	}
	config_close(&config);
	config_close(&other);
}

/* What an agent may for a person is asked too, and no more than so many decisions made. */
static void
difference__asks_chains_and_keeps_its_number(void)
{
	static struct config old;
	struct difference difference;
	const struct model *before = load(&old, RESTART, NULL);
	const struct model *after = load(&config,
	    RESTART "  - {grant: helper, to: [{agent: helper}], may: [restart], on: {tier: "
		    "1}" GRANT_TAIL,
	    NULL);
	authority_difference(before, after, WALL, &config.arena, &difference);
	bool alone = false, chain = false;
	for (size_t i = 0; i < difference.n; i++) {
		str request = difference.p[i].request;
		alone |=
		    str_contains(request, STR("agent:helper restart-unit on checkout")) &&
		    !str_contains(request, STR("--behalf"));
		chain |= str_contains(request, STR("--behalf ana"));
	}
	EXPECT(alone && chain);
	EXPECT(difference.decisions > 0 && difference.decisions <= ANALYSE_DECISIONS_MAX);
	config_close(&old);
	config_close(&config);
}

static void
difference__sees_the_catalogue_too(void)
{
	static struct config other;
	struct difference difference;
	const struct model *before = load(&other, RESTART, NULL);
	const struct model *after = load(&config,
	    RESTART "services:\n  stock: {owner: ops, system: shop, tier: 2}\n", NULL);
	authority_difference(before, after, WALL, &config.arena, &difference);
	EXPECT(difference.n > 0);
	for (size_t i = 0; i < difference.n; i++)
		EXPECT(str_contains(difference.p[i].request, STR(" on stock")) &&
		       difference.p[i].after == VERDICT_ALLOW);
	authority_difference(after, before, WALL, &config.arena, &difference);
	EXPECT(difference.n > 0 && difference.p[0].after == VERDICT_DENY);
	config_close(&config);
	config_close(&other);
}

/* Two rotations of hours: from six to eight in the evening nobody has either. */
static const char hours[] =
    "teams:\n"
    "  desk:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations:\n"
    "        - name: day\n"
    "          layers: [{people: [ana], handover: 'Mon 09:00', hours: [{days: any, from: "
    "'08:00', until: '18:00'}]}]\n"
    "        - name: night\n"
    "          layers: [{people: [mei], handover: 'Mon 09:00', hours: [{days: any, from: "
    "'20:00', until: '08:00'}]}]\n"
    "      escalate: [{to: day, after: 5m}, {to: night%s}]\n"
    "    lead: piotr\n";

static void
analyse__finds_hours_at_which_nobody_is_on_duty(void)
{
	char text[2048];
	(void)snprintf(text, sizeof(text), hours, "");
	more = text;
	analyse(RESTART, NULL);
	const struct found *found = found_of(FOUND_HOLE);
	EXPECT(found != NULL && found->error);
	EXPECT_STR(found->place.file, STR("c.yaml"));
	EXPECT_U64(found->place.line, 7);
	EXPECT_STR(found->text,
	    STR("nobody of desk is on duty from 2026-11-23 18:00 UTC until 2026-11-23 "
		"20:00 "
		"UTC, and 83 more times within 12 weeks; alerts then go to the fallback "
		"ops"));
	config_close(&config);

	/* A person behind them: it may be meant that nobody has the rotation then. */
	(void)snprintf(text, sizeof(text), hours, ", after: 5m}, {to: lead");
	analyse(RESTART, NULL);
	found = found_of(FOUND_HOLE);
	EXPECT(found != NULL && !found->error && found->note);
	EXPECT_STR(found->text,
	    STR("nobody has rotation day of desk from 2026-11-23 18:00 UTC until "
		"2026-11-24 "
		"08:00 UTC, and 83 more times within 12 weeks; the next tier is told at "
		"once then"));
	config_close(&config);
	more = NULL;
}

/* Whoever may look into the server's process reads it. */
static void
analyse__finds_secrets_in_the_environment(void)
{
	more = "heartbeat_url: env:ALIVE_URL\n";
	analyse(RESTART, NULL);
	const struct found *found = found_of(FOUND_SECRET);
	EXPECT(found != NULL && !found->error && !found->note);
	EXPECT_STR(found->place.file, STR("c.yaml"));
	EXPECT_U64(found->place.line, 1);
	EXPECT(str_starts(found->text, STR("'env:ALIVE_URL' is read from the server's")));
	EXPECT(str_starts(found->mend, STR("cred:ALIVE_URL, as a credential")));
	config_close(&config);
	more = "heartbeat_url: cred:alive-url\n";
	analyse(RESTART, NULL);
	EXPECT(found_of(FOUND_SECRET) == NULL);
	config_close(&config);
	more = NULL;
}

static void
analyse__finds_drills_that_would_be_refused(void)
{
#define DRILLED(targets)                                                      \
	"---\nrunbook: r\nservice: checkout\n"                                \
	"drill: {every: 30d, in: staging}\nceiling: suggest\n---\n# R\n"      \
	"```action go\ndo: restart-unit\nwith: {unit: web.service}\n" targets \
	"```\n```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
	more = "hosts:\n  web-9: {service: checkout, role: web, environment: staging}\n";
	analyse(RESTART, DRILLED(""));
	const struct found *found = found_of(FOUND_DRILL);
	EXPECT(found != NULL && !found->error && !found->note);
	EXPECT_STR(found->text,
	    STR("runbook r is to be drilled in staging, but step go has no `targets`: it "
		"acts on the service itself, and each drill is refused"));
	config_close(&config);
	analyse(RESTART, DRILLED("targets: {service: checkout, role: web}\n"));
	EXPECT(found_of(FOUND_DRILL) == NULL);
	config_close(&config);
	more = NULL;
}

int
main(void)
{
	RUN(analyse__has_nothing_to_say_of_a_sound_configuration);
	RUN(analyse__finds_rules_that_do_nothing);
	RUN(analyse__finds_grants_that_change_nothing);
	RUN(analyse__finds_rules_within_wider_ones);
	RUN(analyse__tells_of_two_alike_the_later_one);
	RUN(analyse__finds_grants_that_end_soon);
	RUN(analyse__finds_values_that_no_grant_lets_through);
	RUN(analyse__tells_steps_that_automation_may_not);
	RUN(analyse__finds_a_step_that_acts_beside_its_incident);
	RUN(analyse__finds_a_verification_that_outlasts_the_undo);
	RUN(analyse__finds_approvals_that_nobody_else_could_give);
	RUN(analyse__looks_at_rotations_to_come);
	RUN(analyse__looks_at_every_turn_and_override_of_eight_weeks);
	RUN(analyse__finds_who_owns_a_grant_about_nobody_else);
	RUN(analyse__tells_what_a_freeze_leaves);
	RUN(analyse__finds_a_freeze_that_forbids_taking_back);
	RUN(analyse__finds_more_hosts_in_reach_than_the_service_bears);
	RUN(analyse__counts_how_many_hosts_can_be_reached);
	RUN(analyse__finds_hours_at_which_nobody_is_on_duty);
	RUN(analyse__finds_secrets_in_the_environment);
	RUN(analyse__finds_drills_that_would_be_refused);
	RUN(difference__tells_what_became_possible_first);
	RUN(difference__asks_chains_and_keeps_its_number);
	RUN(difference__sees_the_catalogue_too);
	TEST_MAIN_END();
}
