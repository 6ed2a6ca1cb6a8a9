/*
 * A request has its parameters in the order of their names, whatever the order in which an
 * action declares them: what is made up must have it too, or it is refused as it stands.
 */
#include "authority/analyse.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

#define BASE                                                                   \
	"fallback: ops\n"                                                      \
	"prometheus: http://localhost:9090\n"                                  \
	"channels:\n"                                                          \
	"  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n" \
	"people:\n"                                                            \
	"  ana: {reach: [pager]}\n"                                            \
	"  zoe: {reach: [pager]}\n"                                            \
	"teams:\n"                                                             \
	"  ops:\n"                                                             \
	"    kind: operations\n"                                               \
	"    on_call:\n"                                                       \
	"      zone: UTC\n"                                                    \
	"      rotations: [{name: primary, people: [ana], handover: 'Mon "     \
	"09:00'}]\n"                                                           \
	"      escalate: [{to: primary, after: 5m}, {to: lead}]\n"             \
	"    lead: zoe\n"                                                      \
	"services:\n"                                                          \
	"  web: {owner: ops, system: shop, tier: 1}\n"                         \
	"hosts:\n"                                                             \
	"  web-1: {service: web}\n"                                            \
	"  web-2: {service: web}\n"                                            \
	"actions:\n"                                                           \
	"  set:\n"                                                             \
	"    verb: set\n"                                                      \
	"    run: [act, '${a}', '${b}']\n"                                     \
	"    observe: {a: {promql: up}, b: {promql: up}}\n"                    \
	"    undo: set\n"                                                      \
	"    params: "
#define A "a: {type: integer, min: 1, max: 9}"
#define B "b: {type: integer, min: 1, max: 9}"

static const char *const declared[] = { BASE "{" A ", " B "}\n", BASE "{" B ", " A "}\n" };

#define GRANT(to, rest)                                                                    \
	"  - {grant: g, to: [" to "], may: [set], on: {service: web}, until: 2027-06-30, " \
	"owner: zoe" rest "}\n"
#define RULES "authority:\n"

static const char runbook[] =
    "---\nrunbook: r\nservice: web\nanswers: [{alertname: Down}]\n---\n# R\n"
    "```action go\ndo: set\nwith: {b: 5, a: 4}\n```\n"
    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n";

static const struct model *
load(struct config *c, const char *catalogue, const char *rules)
{
	config_open(c);
	config_add(c, "a.yaml", catalogue);
	config_add(c, "b.yaml", rules);
	config_add(c, "runbooks/r.md", runbook);
	const struct model *model = config_load(c);
	if (model == NULL)
		(void)fprintf(stderr, "%s: %.*s\n", test_row, STR_ARG(config_faults(c)));
	ASSERT(model != NULL);
	return model;
}

static void
analyses__ask_in_the_order_of_names(void)
{
	static const struct {
		const char *name, *rules;
		enum found_kind kind;
		bool note;
		const char *text; /* NULL: nothing of this kind is told */
	} rows[] = {
		{ "what a step asks for is granted",
		    RULES GRANT("automation",
			", with: {a: {max: 4}, b: {min: 5, change: 2x}}"),
		    FOUND_FIT, false, NULL },
		{ "only people may", RULES GRANT("ana", ""), FOUND_FIT, true,
		    "step 'go' does set on web, which some people may and automation may "
		    "not: "
		    "a run that an alert starts ends there and asks for a person" },
		{ "nobody else could agree",
		    RULES GRANT("ana", "") "  - {approval: p, for: [set], by: ana}\n",
		    FOUND_SEPARATION, false,
		    "approval 'p' wants 1 who agrees; at 2026-11-23 13:12 UTC, when ana "
		    "asks, "
		    "there is nobody else" },
		{ "what a freeze leaves",
		    RULES GRANT("automation",
			"") "  - {prohibit: p, may: any, to: [ana], until: 2026-12-24}\n",
		    FOUND_FREEZE, true,
		    "from 2026-11-23 13:12 UTC 'p' is in force; in its scope may still be "
		    "done: automation set on web" },
		{ "how many hosts are in reach", RULES GRANT("automation", ""), FOUND_BLAST,
		    true,
		    "of the 2 hosts of web can be reached within an hour, now and in an "
		    "incident: by automation 2" },
	};
	static struct config config;
	for (size_t i = 0; i < 2 * countof(rows); i++) {
		struct analysis analysis;
		str text = STR("nothing");
		test_row = rows[i / 2].name;
		const struct model *model =
		    load(&config, declared[i % 2], rows[i / 2].rules);
		authority_analyse(model, WALL, &config.arena, &analysis);
		for (size_t k = 0; k < analysis.n; k++) {
			if (analysis.found[k].kind == rows[i / 2].kind &&
			    analysis.found[k].note == rows[i / 2].note)
				text = analysis.found[k].text;
		}
		EXPECT_STR(text,
		    rows[i / 2].text != NULL ? str_of(rows[i / 2].text) : STR("nothing"));
		config_close(&config);
	}
	test_row = NULL;
}

static void
difference__asks_in_the_order_of_names(void)
{
	static struct config one, other;
	for (size_t i = 0; i < countof(declared); i++) {
		struct difference difference;
		const struct model *before =
		    load(&one, declared[i], RULES GRANT("ana", ""));
		const struct model *after =
		    load(&other, declared[i], RULES GRANT("ana, automation", ""));
		authority_difference(before, after, WALL, &other.arena, &difference);
		EXPECT_U64(difference.n, 1);
		EXPECT_U64(difference.unseen_n, 0);
		if (difference.n > 0) {
			EXPECT_STR(str_take(difference.p[0].request, 34),
			    STR("firstline may automation set on we"));
			EXPECT(difference.p[0].after == VERDICT_ALLOW);
		}
		config_close(&one);
		config_close(&other);
	}
}

int
main(void)
{
	RUN(analyses__ask_in_the_order_of_names);
	RUN(difference__asks_in_the_order_of_names);
	TEST_MAIN_END();
}
