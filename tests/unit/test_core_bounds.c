/* Limits at exactly their number, and one beyond. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

static uint64_t
count_of(const struct core *core, const char *subject)
{
	const struct gap_row *gap = gap_find(core, GAP_OVERFLOW, str_of(subject));
	return gap != NULL ? gap->count : 0;
}

/* Each by its name until there are so many; all further ones are one of their kind. */
static void
gaps__beyond_so_many_are_others(void)
{
	struct core *core = core_new(10);
	char subject[24];
	for (unsigned i = 0; i < GAPS_MAX; i++) {
		(void)snprintf(subject, sizeof(subject), "service-%u", i);
		gap_add(core, GAP_OVERFLOW, str_of(subject), STR("ops"), NULL, STR("much"));
	}
	EXPECT_U64(core->counts[TABLE_GAP], GAPS_MAX);
	EXPECT_U64(count_of(core, "others"), 0);
	/* One that is known is counted as itself. */
	gap_add(core, GAP_OVERFLOW, STR("service-7"), STR("ops"), NULL, STR("more"));
	EXPECT_U64(core->counts[TABLE_GAP], GAPS_MAX);
	EXPECT_U64(count_of(core, "service-7"), 2);
	for (unsigned i = 1; i <= 2; i++) {
		(void)snprintf(subject, sizeof(subject), "late-%u", i);
		gap_add(core, GAP_OVERFLOW, str_of(subject), STR("ops"), NULL, STR("much"));
		EXPECT_U64(count_of(core, subject), 0);
		EXPECT_U64(count_of(core, "others"), i);
		EXPECT_U64(core->counts[TABLE_GAP], GAPS_MAX + 1);
	}
	gap_close(core, GAP_OVERFLOW, STR("service-7"));
	EXPECT_U64(count_of(core, "service-7"), 0);
	core_free(core);
}

/* What the labels come to is remembered where it is short enough, and the same where not. */
static void
rules__match_the_same_however_long_the_labels_are(void)
{
	struct world *w = world_new(SHOP_TOP SHOP_PEOPLE
	    "services:\n"
	    "  checkout: {owner: platform-ops, tier: 1}\n"
	    "  payments: {owner: platform-ops, tier: 2}\n"
	    "alerts:\n"
	    "  - {match: {a: '~.+', b: '~.*x'}, service: checkout}\n"
	    "  - {match: {a: '~.+', b: '~.+'}, service: payments}\n",
	    NULL, NULL);
	const struct model *model = w->core->newest->model;
	char a[300], b[300];
	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	for (size_t all = 230; all < 250; all++) {
		for (unsigned twice = 0; twice < 4; twice++) {
			size_t n = all - 102; /* two lengths, and what is in a */
			b[n - 1] = twice % 2 == 0 ? 'x' : 'y';
			struct pair labels[] = { { STR("a"), { a, 100 } },
				{ STR("b"), { b, n } } };
			const struct alert_rule *rule =
			    rules_match(w->core->rules, &(struct pairs){ labels, 2 });
			EXPECT(rule == &model->alert_rules[twice % 2]);
		}
		b[all - 103] = 'b';
	}
	world_free(w);
}

int
main(void)
{
	RUN(gaps__beyond_so_many_are_others);
	RUN(rules__match_the_same_however_long_the_labels_are);
	TEST_MAIN_END();
}
