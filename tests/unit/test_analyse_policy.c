/* What `check` finds in policies: nobody there, hours that never come, exceptions that end. */
#include "authority/analyse.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

static struct config config;
static struct analysis analysis;

#define TEAM                                                                          \
	"fallback: ops\n"                                                             \
	"channels:\n"                                                                 \
	"  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n"        \
	"people:\n"                                                                   \
	"  ana: {reach: [pager]}\n"                                                   \
	"  mei: {reach: [pager]}\n"                                                   \
	"calendars:\n"                                                                \
	"  past: {zone: UTC, spans: [{from: 2026-01-01, until: 2026-01-03}]}\n"       \
	"  always: {zone: UTC, weekly: [{days: any}]}\n"                              \
	"teams:\n"                                                                    \
	"  dev: {kind: development, lead: mei}\n"                                     \
	"  ops:\n"                                                                    \
	"    kind: operations\n"                                                      \
	"    on_call:\n"                                                              \
	"      zone: UTC\n"                                                           \
	"      rotations:\n"                                                          \
	"        - {name: primary, people: [ana], handover: 'Mon 09:00'}\n"           \
	"        - {name: day, people: [mei], handover: 'Mon 09:00', hours: [{days: " \
	"any, from: '08:00', until: '18:00'}]}\n"
#define OFFICE "hours: [{days: mon-fri, from: '09:00', until: '17:00'}]"

static void
policies__that_cannot_be_meant_are_found(void)
{
	static const struct {
		const char *name;
		const char *escalate;
		enum found_kind kind; /* 0: nothing */
		bool error;
		const char *text;
	} rows[] = {
		{ "fine", "      escalate: [{to: primary}]\n", 0, false, NULL },
		{ "fine, with hours",
		    "      escalate: [{to: day, after: 5m, " OFFICE "}, {to: primary}]\n"
		    "      policies: [{severity: sev4, " OFFICE
		    ", outside: wait, escalate: [{to: day}]}]\n",
		    0, false, NULL },
		{ "a tier's hours that leave a hole",
		    "      escalate: [{to: primary, " OFFICE "}]\n", FOUND_HOLE, true,
		    "nobody of ops is on duty from 2026-11-23 17:00 UTC until 2026-11-24 "
		    "09:00 UTC, and 59 more times within 12 weeks; it is the fallback: "
		    "alerts then reach nobody" },
		{ "a policy of nobody at night",
		    "      escalate: [{to: primary}]\n"
		    "      policies: [{severity: [sev1, sev2], escalate: [{to: day}]}]\n",
		    FOUND_HOLE, false,
		    "this policy of ops for sev1, sev2 has nobody on duty from 2026-11-23 "
		    "18:00 UTC until 2026-11-24 08:00 UTC, and 83 more times within 12 "
		    "weeks; its `escalate` holds then" },
		{ "hours that are past",
		    "      escalate: [{to: primary}]\n"
		    "      policies: [{severity: sev4, hours: past, outside: wait, "
		    "escalate: [{to: primary}]}]\n",
		    FOUND_HOLE, true,
		    "the hours of this policy do not come within 12 weeks" },
		{ "hours without the time they are in",
		    "      escalate: [{to: primary}]\n"
		    "      policies: [{severity: sev4, hours: always, except: always, "
		    "escalate: [{to: primary}]}]\n",
		    FOUND_HOLE, true,
		    "the hours of this policy do not come within 12 weeks" },
		{ "a tier's hours that are past",
		    "      escalate: [{to: primary, after: 5m}, {to: day, hours: past}]\n",
		    FOUND_HOLE, true,
		    "the hours of this tier do not come within 12 weeks" },
		{ "an exception for a while",
		    "      escalate: [{to: primary, after: 5m}, {to: dev, exception: "
		    "{owner: ana, because: new, until: 2026-12-08}}]\n",
		    0, false, NULL },
		{ "an exception that ends",
		    "      escalate: [{to: primary, after: 5m}, {to: dev, exception: "
		    "{owner: ana, because: new, until: 2026-12-06}}]\n",
		    FOUND_ENDING, false,
		    "the exception for developers dev in ops ends with 2026-12-06: after "
		    "that this tier is told of nothing" },
		{ "an exception that has ended",
		    "      escalate: [{to: primary, after: 5m}, {to: dev, exception: "
		    "{owner: ana, because: new, until: 2026-11-22}}]\n",
		    FOUND_ENDING, true,
		    "the exception for developers dev in ops ended with 2026-11-22: this "
		    "tier is told of nothing any more" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char text[4096];
		(void)snprintf(text, sizeof(text), "%s%s", TEAM, rows[i].escalate);
		config_open(&config);
		config_add(&config, "a.yaml", text);
		const struct model *model = config_load(&config);
		ASSERT(model != NULL);
		authority_analyse(model, WALL, &config.arena, &analysis);
		size_t n = 0;
		for (size_t k = 0; k < analysis.n; k++) {
			const struct found *found = &analysis.found[k];
			if (found->note)
				continue;
			n++;
			EXPECT(found->kind == rows[i].kind);
			EXPECT(found->error == rows[i].error);
			EXPECT_STR(found->text, str_of(rows[i].text));
		}
		EXPECT_U64(n, rows[i].kind != 0);
		config_close(&config);
	}
}

int
main(void)
{
	RUN(policies__that_cannot_be_meant_are_found);
	TEST_MAIN_END();
}
