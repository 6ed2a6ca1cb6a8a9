/*
 * Hosts in reach, values that cannot be made up, approvals that are never asked for and
 * steps that fit one value at a time.
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
    "      rotations: [{name: primary, people: [ana], every: 1 week, handover: 'Mon "
    "09:00'}]\n"
    "      escalate: [{to: primary, after: 5m}, {to: lead}]\n"
    "    lead: zoe\n"
    "services:\n"
    "  web: {owner: ops, system: shop, tier: 1, environment: production, blast: 1}\n"
    "  far: {owner: ops, system: shop, tier: 2, environment: production}\n"
    "actions:\n"
    "  restart-unit:\n"
    "    verb: restart\n"
    "    params: {unit: {type: string, pattern: '[a-z]+\\.service'}}\n"
    "    run: [act, '${target}', '${unit}']\n"
    "  scale-out:\n"
    "    verb: scale\n"
    "    params: {replicas: {type: integer, min: 1, max: 100}}\n"
    "    run: [scale, '${replicas}']\n"
    "  move:\n"
    "    verb: move\n"
    "    params: {x: {type: one-of, values: [a, b]}, y: {type: one-of, values: [a, b]}}\n"
    "    run: [move, '${target}', '${x}', '${y}']\n"
    "  say:\n"
    "    verb: say\n"
    "    params: {word: {type: string, pattern: '(?<w>[a-z]+)-\\k<w>'}}\n"
    "    run: [say, '${word}']\n";

#define TAIL ", until: 2027-06-30, owner: zoe}\n"

static struct config config;
static struct analysis analysis;

static void
analyse(unsigned hosts, const char *rules, const char *runbook)
{
	char text[8192];
	size_t n = (size_t)snprintf(text, sizeof(text), "hosts:\n");
	for (unsigned i = 1; i <= hosts; i++)
		n += (size_t)snprintf(&text[n], sizeof(text) - n,
		    "  web-%u: {service: web, role: web}\n", i);
	(void)snprintf(&text[n], sizeof(text) - n,
	    "  far-1: {service: far, role: web}\n"
	    "  far-2: {service: far, role: web, environment: staging}\nauthority:\n%s",
	    rules);
	config_open(&config);
	config_add(&config, "a.yaml", base);
	config_add(&config, "b.yaml", text);
	if (runbook != NULL)
		config_add(&config, "runbooks/r.md", runbook);
	const struct model *model = config_load(&config);
	if (model == NULL)
		(void)fprintf(stderr, "%.*s\n", STR_ARG(config_faults(&config)));
	ASSERT(model != NULL);
	authority_analyse(model, WALL, &config.arena, &analysis);
}

/* What is said with these words, or NULL. */
static const struct found *
found(const char *words)
{
	for (size_t i = 0; i < analysis.n; i++) {
		if (str_contains(analysis.found[i].text, str_of(words)))
			return &analysis.found[i];
	}
	return NULL;
}

static void
analyse__reaches_hosts_in_every_way_that_there_is(void)
{
	static const struct {
		const char *name;
		unsigned hosts;
		const char *rules, *text;
	} rows[] = {
		{ "the service itself is all of them", 3,
		    "  - {grant: g, to: [automation], may: [restart], on: {service: web}, "
		    "within: {per_service: 1 in 1h}" TAIL,
		    "automation can reach 3 of the 3 hosts of web within an hour" },
		{ "as often as a rate lets one", 30,
		    "  - {grant: g, to: [automation], may: [restart], on: {service: web}, "
		    "within: {per_service: 1 in 1m, targets: 1 in 1m}" TAIL,
		    "automation can reach 30 of the 30 hosts of web within an hour" },
		{ "as often as spacing lets one", 30,
		    "  - {grant: g, to: [automation], may: [restart], on: {service: web}, "
		    "within: {spacing: 1m, targets: 1 in 1m}" TAIL,
		    "automation can reach 30 of the 30 hosts of web within an hour" },
		{ "with the values of another grant", 3,
		    "  - {grant: g, to: [automation], may: [restart], on: {service: web}, "
		    "with: "
		    "{unit: {one_of: [a.service]}}, within: {targets: 1 in 1h}" TAIL
		    "  - {grant: h, to: [automation], may: [restart], on: {service: web}, "
		    "with: "
		    "{unit: {one_of: [b.service]}}" TAIL,
		    "automation can reach 3 of the 3 hosts of web within an hour" },
		{ "no more than limits let", 3,
		    "  - {grant: g, to: [automation], may: [restart], on: {service: web}, "
		    "within: {targets: 1 in 1h}" TAIL,
		    NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		analyse(rows[i].hosts, rows[i].rules, NULL);
		if (rows[i].text != NULL)
			EXPECT(found(rows[i].text) != NULL);
		else
			EXPECT(found("can reach") == NULL);
		config_close(&config);
	}
	test_row = NULL;
}

static void
analyse__says_when_no_value_could_be_made_up(void)
{
	analyse(1,
	    "  - {grant: g, to: [automation], may: [say], on: {service: web}" TAIL
	    "  - {prohibit: freeze, may: any, to: [ana], on: {service: web}, until: "
	    "2026-12-24, because: b}\n",
	    NULL);
	const struct found *said = found("say could not be looked at");
	EXPECT(said != NULL && !said->note && said->place.line > 0);
	if (said != NULL)
		EXPECT_STR(said->text,
		    STR("say could not be looked at, for approvers, freezes and hosts in "
			"reach: no value of word could be made up"));
	EXPECT(
	    found("may still be done: nothing; of say it could not be looked at") != NULL);
	config_close(&config);
}

static void
analyse__finds_approvals_that_are_never_asked_for(void)
{
#define APPROVAL(when)                                                                    \
	"  - {grant: g, to: [automation], may: [restart, scale], on: {service: web}" TAIL \
	"  - {approval: p, for: [scale, restart], on: {service: web}, by: [ana, zoe], "   \
	"when: {" when "}}\n"
	analyse(3, APPROVAL("replicas: 'is [20]', unit: is a.service"), NULL);
	const struct found *never = found("approval 'p' never applies");
	if (never == NULL)
		never = found("so it is never asked for");
	EXPECT(never != NULL && !never->note && never->place.line > 0);
	config_close(&config);
	analyse(3, APPROVAL("replicas: '> 20'"), NULL);
	EXPECT(found("never") == NULL);
	config_close(&config);
	analyse(3, APPROVAL("targets: '> 3'"), NULL);
	never = found("never asked for");
	EXPECT(never != NULL && !never->note);
	if (never != NULL)
		EXPECT_STR(never->text,
		    STR("approval 'p' is never asked for: it is for 4 targets and more, "
			"and "
			"no service that it is about has more than 3 hosts"));
	config_close(&config);
	analyse(4, APPROVAL("targets: '> 3'"), NULL);
	EXPECT(found("never") == NULL);
	config_close(&config);
}

#define RUNBOOK(inputs, step)                                                   \
	"---\nrunbook: r\nservice: web\nceiling: suggest\n" inputs "---\n# R\n" \
	"```action go\n" step                                                   \
	"```\n```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"

static void
analyse__tries_values_of_two_parameters_together(void)
{
#define GIVEN(name) \
	"  " name ": {type: one-of, values: [a, b], from: alert.labels." name "}\n"
#define MOVED                                      \
	RUNBOOK("inputs:\n" GIVEN("x") GIVEN("y"), \
	    "do: move\nwith: {x: \"${x}\", y: \"${y}\"}\n")
#define MOVES(name, with)                                                                 \
	"  - {grant: " name ", to: [automation], may: [move], on: {service: web}, with: " \
	"{" with "}" TAIL
	analyse(1, MOVES("g", "x: {one_of: [a]}") MOVES("h", "y: {one_of: [a]}"), MOVED);
	EXPECT(found("step 'go' can ask for move on web with y=b, and no grant") != NULL);
	config_close(&config);
	analyse(1,
	    MOVES("g", "x: {one_of: [a]}") MOVES("h", "y: {one_of: [a]}")
		MOVES("i", "x: {one_of: [b]}, y: {one_of: [b]}"),
	    MOVED);
	EXPECT(found("can ask for move") == NULL);
	config_close(&config);
}

static void
analyse__looks_at_the_environments_of_a_steps_hosts(void)
{
#define FAR                                                                         \
	RUNBOOK("",                                                                 \
	    "do: restart-unit\nwith: {unit: web.service}\ntargets: {service: far, " \
	    "role: web}\n")
#define ON(environments)                                                       \
	"  - {grant: g, to: [automation], may: [restart], on: {service: far, " \
	"environment: " environments "}" TAIL
	analyse(1, ON("production"), FAR);
	const struct found *unfit = found("can ask for restart-unit on far (far-2)");
	EXPECT(unfit != NULL && !unfit->note);
	config_close(&config);
	analyse(1, ON("[production, staging]"), FAR);
	EXPECT(found("can ask for restart-unit") == NULL);
	config_close(&config);
}

static void
analyse__tells_what_is_kept_apart_from_one_side_alone(void)
{
#define APART(name, what, from) \
	"  - {limit: " name ", for: [" what "], within: {not_beside: [" from "]}}\n"
	analyse(1, APART("l", "restart", "scale"), NULL);
	const struct found *one = found("'l' keeps restart-unit from beginning beside");
	EXPECT(one != NULL && one->note && one->place.line > 0);
	if (one != NULL)
		EXPECT_STR(one->text,
		    STR("'l' keeps restart-unit from beginning beside scale-out, and no "
			"`not_beside` keeps scale-out from beginning beside restart-unit"));
	config_close(&config);
	analyse(1, APART("l", "restart", "scale") APART("m", "scale", "restart-unit"),
	    NULL);
	EXPECT(found("from beginning beside") == NULL);
	config_close(&config);
}

int
main(void)
{
	RUN(analyse__tells_what_is_kept_apart_from_one_side_alone);
	RUN(analyse__reaches_hosts_in_every_way_that_there_is);
	RUN(analyse__says_when_no_value_could_be_made_up);
	RUN(analyse__finds_approvals_that_are_never_asked_for);
	RUN(analyse__tries_values_of_two_parameters_together);
	RUN(analyse__looks_at_the_environments_of_a_steps_hosts);
	TEST_MAIN_END();
}
