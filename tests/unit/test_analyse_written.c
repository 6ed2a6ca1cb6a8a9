/* What `check` finds in calendars: spans that are on at once. */
#include "authority/analyse.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

static struct config config;
static struct analysis analysis;

#define PEOPLE                                                        \
	"fallback: ops\n"                                             \
	"channels:\n"                                                 \
	"  pager: {webhook: https://p.example, secret: cred:pager}\n" \
	"people:\n"                                                   \
	"  ana: {reach: [pager]}\n"                                   \
	"teams:\n"                                                    \
	"  ops: {kind: operations, on_call: {zone: UTC, rotations: "  \
	"[{name: all, people: [ana], handover: 'Mon 09:00'}], "       \
	"escalate: [{to: all}]}}\n"                                   \
	"calendars:\n"                                                \
	"  night:\n"                                                  \
	"    zone: Europe/Lisbon\n"                                   \
	"    spans:\n"

static void
calendars__whose_spans_lie_over_each_other_are_found(void)
{
	static const struct {
		const char *name, *spans;
		const char *text; /* NULL: nothing */
	} rows[] = {
		{ "one after the other",
		    "      - {from: 2027-01-01, until: 2027-01-09}\n"
		    "      - {from: 2027-01-10, until: 2027-01-11}\n",
		    NULL },
		{ "a day of both",
		    "      - {from: 2027-01-09, until: 2027-01-11}\n"
		    "      - {from: 2027-01-01, until: 2027-01-09}\n",
		    "from 2027-01-09 00:00 UTC to 2027-01-10 00:00 UTC two spans of "
		    "'night' "
		    "are on: this one and that of line 13" },
		{ "within another",
		    "      - {from: 2027-01-01, until: 2027-01-09}\n"
		    "      - {from: 2027-01-02, until: 2027-01-03}\n",
		    "from 2027-01-02 00:00 UTC to 2027-01-04 00:00 UTC two spans of "
		    "'night' "
		    "are on: this one and that of line 12" },
		{ "within one that ends after the first",
		    "      - {from: 2027-01-01, until: 2027-01-03}\n"
		    "      - {from: 2027-01-05, until: 2027-01-20}\n"
		    "      - {from: 2027-01-10, until: 2027-01-12}\n",
		    "from 2027-01-10 00:00 UTC to 2027-01-13 00:00 UTC two spans of "
		    "'night' "
		    "are on: this one and that of line 13" },
		{ "within the first, after another that is over",
		    "      - {from: 2026-01-01, until: 2027-01-20}\n"
		    "      - {from: 2026-01-05, until: 2026-01-08}\n"
		    "      - {from: 2027-01-10, until: 2027-01-12}\n",
		    "from 2027-01-10 00:00 UTC to 2027-01-13 00:00 UTC two spans of "
		    "'night' "
		    "are on: this one and that of line 12" },
		{ "over, which is nobody's business",
		    "      - {from: 2026-01-01, until: 2026-01-09}\n"
		    "      - {from: 2026-01-08, until: 2026-01-11}\n",
		    NULL },
		{ "one begins as the other ends",
		    "      - {from: \"2027-10-30 22:00\", until: \"2027-10-31 02:30\"}\n"
		    "      - {from: \"2027-10-31 02:30\", until: 2027-11-02}\n",
		    NULL },
		{ "so it reads, but the clocks are put back over it",
		    "      - {from: \"2027-10-30 22:00\", until: \"2027-10-31 01:30\"}\n"
		    "      - {from: \"2027-10-31 01:30\", until: 2027-11-02}\n",
		    "from 2027-10-31 00:30 UTC to 2027-10-31 01:30 UTC two spans of "
		    "'night' "
		    "are on: this one and that of line 12" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char text[2048];
		(void)snprintf(text, sizeof(text), "%s%s", PEOPLE, rows[i].spans);
		config_open(&config);
		config_add(&config, "a.yaml", text);
		const struct model *model = config_load(&config);
		ASSERT(model != NULL);
		authority_analyse(model, WALL, &config.arena, &analysis);
		size_t n = 0;
		for (size_t k = 0; k < analysis.n; k++) {
			const struct found *found = &analysis.found[k];
			if (found->kind != FOUND_OVERLAP)
				continue;
			n++;
			EXPECT(!found->error && !found->note && found->mend.n > 0);
			EXPECT_STR(found->text, str_of(rows[i].text));
		}
		EXPECT_U64(n, rows[i].text != NULL);
		config_close(&config);
	}
}

int
main(void)
{
	RUN(calendars__whose_spans_lie_over_each_other_are_found);
	TEST_MAIN_END();
}
