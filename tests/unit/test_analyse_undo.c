/* What a change of `undo:` lets past rules is told with the difference. */
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
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    lead: mei\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], every: 1 week, handover: 'Mon "
    "09:00'}]\n"
    "      escalate: [{to: primary, after: 5m}, {to: lead}]\n"
    "services:\n"
    "  checkout: {owner: ops, tier: 1}\n"
    "authority:\n"
    "  - {grant: drains, to: [automation], may: [drain], on: {service: [checkout]}, "
    "until: 2027-06-30, owner: mei}\n"
    "  - {prohibit: nothing is filled, may: [fill], because: the disks are weak}\n"
    "actions:\n"
    "  fill: {verb: fill, params: {n: {type: integer, min: 1, max: 9}}, run: [fill, "
    "'${n}']}\n";

#define DRAIN(undo) "  drain: {verb: drain, run: [drain]" undo "}\n"
#define UNDO(n, within) ", undo: {do: fill, with: {n: " n "}, within: " within "}"

static struct model *
load(struct config *c, const char *drain)
{
	char text[4096];
	(void)snprintf(text, sizeof(text), "%s%s", base, drain);
	config_open(c);
	config_add(c, "a.yaml", text);
	struct model *model = config_load(c);
	if (model == NULL)
		(void)fprintf(stderr, "%.*s\n", STR_ARG(config_faults(c)));
	ASSERT(model != NULL);
	return model;
}

static const struct {
	const char *before, *after;
	enum verdict becomes[2]; /* of the same request; 0: nothing is told */
	const char *because;     /* begins so */
} rows[] = {
	{ DRAIN(""), DRAIN(UNDO("3", "30m")), { VERDICT_ALLOW },
	    "within 30m, as the undo of 'drain': " },
	{ DRAIN(UNDO("3", "30m")), DRAIN(""), { VERDICT_DENY },
	    "within 30m, as the undo of 'drain': 'nothing is filled' forbids it" },
	{ DRAIN(UNDO("3", "30m")), DRAIN(UNDO("3", "2h")), { VERDICT_ALLOW },
	    "within 2h, as the undo of 'drain': " },
	{ DRAIN(UNDO("3", "30m")), DRAIN(UNDO("9", "30m")), { VERDICT_ALLOW, VERDICT_DENY },
	    "within 30m, as the undo of 'drain': " },
	{ DRAIN(UNDO("3", "30m")), DRAIN(UNDO("3", "30m")), { 0 }, NULL },
};

static void
difference__tells_what_an_undo_lets_past_rules(void)
{
	static struct config a, b;
	for (size_t i = 0; i < countof(rows); i++) {
		struct difference difference;
		const struct model *before = load(&a, rows[i].before);
		const struct model *after = load(&b, rows[i].after);
		authority_difference(before, after, WALL, &b.arena, &difference);
		size_t n = 0;
		while (n < countof(rows[i].becomes) && rows[i].becomes[n] != 0)
			n++;
		EXPECT_U64(difference.n, n);
		for (size_t k = 0; k < n && k < difference.n; k++) {
			const struct differs *differs = &difference.p[k];
			EXPECT(differs->after == rows[i].becomes[k]);
			EXPECT(differs->before != differs->after);
			EXPECT(str_starts(differs->because, str_of(rows[i].because)));
			EXPECT(str_starts(differs->request,
			    STR("firstline may automation fill on checkout")));
			EXPECT(differs->place.line > 0);
		}
		config_close(&a);
		config_close(&b);
	}
}

/* Nobody can take back what nobody could do. */
static void
difference__tells_no_undo_of_what_only_an_ended_grant_let_do(void)
{
	static const struct {
		msec ended_ago_ms;
		size_t n;
	} ends[] = { { 29 * MINUTE, 1 }, { 30 * MINUTE, 0 }, { 30 * DAY, 0 } };
	static struct config a, b;
	for (size_t i = 0; i < countof(ends); i++) {
		struct difference difference;
		struct model *before = load(&a, DRAIN(""));
		struct model *after = load(&b, DRAIN(UNDO("3", "30m")));
		before->rules[0].until_wall = after->rules[0].until_wall =
		    WALL - ends[i].ended_ago_ms;
		authority_difference(before, after, WALL, &b.arena, &difference);
		EXPECT_U64(difference.n, ends[i].n);
		config_close(&a);
		config_close(&b);
	}
}

int
main(void)
{
	RUN(difference__tells_no_undo_of_what_only_an_ended_grant_let_do);
	RUN(difference__tells_what_an_undo_lets_past_rules);
	TEST_MAIN_END();
}
