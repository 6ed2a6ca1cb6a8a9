/* What a grant lets a parameter be: sets, globs, ranges, and change against the live value. */
#include "support/authority_rows.h"

#include "authority/internal.h"

#define SCALE_OUT .action = &actions[3]
#define TWICE                                                               \
	{                                                                   \
		.param = S("replicas"), .change = { DELTA_FACTOR, 2000, 0 } \
	}
#define TWO                                                                               \
	&(struct pairs)                                                                   \
	{                                                                                 \
		(struct pair[]){ { S("replicas"), S("5") }, { S("zone"), S("eu-3") } }, 2 \
	}
#define FITS                                                       \
	.verdict = VERDICT_ALLOW, .kind = REASON_GRANT, .line = 3, \
	.text = "'restart tier 1' covers it"
#define OUTSIDE(said, help)              \
	.kind = REASON_BOUND, .line = 3, \
	.text = "'restart tier 1' would cover it, but " said, .forward = help

static const struct row fixed[] = {
	{ .name = "within",
	    SCALE_OUT,
	    .rules = { SCALE_WITH({ .param = S("replicas"),
		.has_min = true,
		.min = 2,
		.has_max = true,
		.max = 20 }) },
	    .params = REPLICAS("20"),
	    FITS },
	{ .name = "over",
	    SCALE_OUT,
	    .rules = { SCALE_WITH({ .param = S("replicas"),
		.has_min = true,
		.min = 2,
		.has_max = true,
		.max = 20 }) },
	    .params = REPLICAS("21"),
	    OUTSIDE("replicas 21 is more than 20; at most 20",
		"at most 20 now: ask for replicas 20") },
	{ .name = "under",
	    SCALE_OUT,
	    .rules = { SCALE_WITH({ .param = S("replicas"), .has_min = true, .min = 2 }) },
	    .params = REPLICAS("-3"),
	    OUTSIDE("replicas -3 is less than 2; at least 2",
		"at least 2 now: ask for replicas 2") },
	{ .name = "one of",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("zone"), .values = STRS(S("eu-1"), S("eu-2")) }) },
	    .params = TWO,
	    OUTSIDE("zone eu-3 is not eu-1 or eu-2", "ask for zone eu-1 or eu-2") },
	{ .name = "like",
	    .rules = { TIER_1_WITH(.with = &(struct param_bound){ .param = S("unit"),
				       .like = S("web-*") },
		.with_n = 1) },
	    OUTSIDE("unit nginx.service is not like 'web-*'",
		"ask for a unit like 'web-*'") },
	{ .name = "like, and it is",
	    .rules = { TIER_1_WITH(.with = &(struct param_bound){ .param = S("unit"),
				       .like = S("nginx.*") },
		.with_n = 1) },
	    FITS },
	{ .name = "left out",
	    SCALE_OUT,
	    .rules = { SCALE_WITH({ .param = S("zone"), .values = STRS(S("eu-1")) }) },
	    .params = REPLICAS("3"),
	    OUTSIDE("scale-out is asked for without zone", "give a value for zone") },
	{ .name = "left out, and its default is outside",
	    .action = &actions[1],
	    .rules = { SCALE_WITH({ .param = S("replicas"), .has_min = true, .min = 3 }) },
	    OUTSIDE("replicas 2 is less than 3; at least 3",
		"at least 3 now: ask for replicas 3") },
	{ .name = "left out, and its default is within",
	    .action = &actions[1],
	    .rules = { SCALE_WITH({ .param = S("replicas"), .has_max = true, .max = 3 }) },
	    FITS },
	{ .name = "no number where one is compared",
	    .rules = { TIER_1_WITH(.with = &(struct param_bound){ .param = S("unit"),
				       .has_max = true },
		.with_n = 1) },
	    OUTSIDE("unit nginx.service is no whole number",
		"give a whole number for unit") },
	{ .name = "another grant has no such bound",
	    SCALE_OUT,
	    .rules = { SCALE_WITH({ .param = S("replicas"), .has_max = true, .max = 4 }),
		RULE(GRANT, "any number", 9, SCALE, TO(AUTOMATION)) },
	    .params = REPLICAS("5"),
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 9,
	    .text = "'any number' covers it" },
	{ .name = "the bounds of one who is not asked are nothing to them",
	    SCALE_OUT,
	    .principal = "person:tom",
	    .rules = { SCALE_WITH({ .param = S("replicas"), .has_max = true, .max = 4 }) },
	    .params = REPLICAS("5"),
	    .kind = REASON_NO_GRANT,
	    .line = 3,
	    .text = "no grant lets tom do scale-out on checkout; closest: 'restart tier 1' "
		    "at authority.yaml:3, which is not for tom",
	    .forward = "ask ana, who owns 'restart tier 1', to extend it" },
};

static const struct row live[] = {
	{ .name = "up to the double",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(TWICE) },
	    .params = REPLICAS("24"),
	    .observed = LIVE("12"),
	    FITS },
	{ .name = "more than the double",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(TWICE) },
	    .params = REPLICAS("40"),
	    .observed = LIVE("12"),
	    OUTSIDE("replicas 40 is more than twice the live 12; at most 24",
		"at most 24 now: ask for replicas 24") },
	{ .name = "down to the half",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(TWICE) },
	    .params = REPLICAS("5"),
	    .observed = LIVE("11"),
	    OUTSIDE("replicas 5 is less than the live 11 divided by 2; at least 6",
		"at least 6 now: ask for replicas 6") },
	{ .name = "a factor with a fraction",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_FACTOR, 1250, 0 } }) },
	    .params = REPLICAS("14"),
	    .observed = LIVE("11"),
	    OUTSIDE("replicas 14 is more than 1.25 times the live 11; at most 13",
		"at most 13 now: ask for replicas 13") },
	{ .name = "percent",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_PERCENT, 500, 0 } }) },
	    .params = REPLICAS("6"),
	    .observed = LIVE("13"),
	    OUTSIDE("replicas 6 is more than 50% below the live 13; at least 7",
		"at least 7 now: ask for replicas 7") },
	{ .name = "three digits of a fraction",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_FACTOR, 1234, 0 } }) },
	    .params = REPLICAS("15"),
	    .observed = LIVE("12"),
	    OUTSIDE("replicas 15 is more than 1.234 times the live 12; at most 14",
		"at most 14 now: ask for replicas 14") },
	{ .name = "two digits behind a nought",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_FACTOR, 1005, 0 } }) },
	    .params = REPLICAS("13"),
	    .observed = LIVE("12"),
	    OUTSIDE("replicas 13 is more than 1.005 times the live 12; at most 12",
		"at most 12 now: ask for replicas 12") },
	{ .name = "one nought behind it",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_FACTOR, 1090, 0 } }) },
	    .params = REPLICAS("14"),
	    .observed = LIVE("12"),
	    OUTSIDE("replicas 14 is more than 1.09 times the live 12; at most 13",
		"at most 13 now: ask for replicas 13") },
	{ .name = "one digit",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_FACTOR, 1900, 0 } }) },
	    .params = REPLICAS("23"),
	    .observed = LIVE("12"),
	    OUTSIDE("replicas 23 is more than 1.9 times the live 12; at most 22",
		"at most 22 now: ask for replicas 22") },
	{ .name = "no digit",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_FACTOR, 3000, 0 } }) },
	    .params = REPLICAS("37"),
	    .observed = LIVE("12"),
	    OUTSIDE("replicas 37 is more than 3 times the live 12; at most 36",
		"at most 36 now: ask for replicas 36") },
	{ .name = "percent with a fraction",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_PERCENT, 129, 0 } }) },
	    .params = REPLICAS("14"),
	    .observed = LIVE("12"),
	    OUTSIDE("replicas 14 is more than 12.9% above the live 12; at most 13",
		"at most 13 now: ask for replicas 13") },
	{ .name = "less than one percent",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_PERCENT, 5, 0 } }) },
	    .params = REPLICAS("13"),
	    .observed = LIVE("12"),
	    OUTSIDE("replicas 13 is more than 0.5% above the live 12; at most 12",
		"at most 12 now: ask for replicas 12") },
	{ .name = "more than a hundred",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_PERCENT, 1500, 0 } }) },
	    .params = REPLICAS("31"),
	    .observed = LIVE("12"),
	    OUTSIDE("replicas 31 is more than 150% above the live 12; at most 30",
		"at most 30 now: ask for replicas 30") },
	{ .name = "so many more",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(
		{ .param = S("replicas"), .change = { DELTA_NUMBER, 0, 3 } }) },
	    .params = REPLICAS("16"),
	    .observed = LIVE("12"),
	    OUTSIDE("replicas 16 is more than 3 above the live 12; at most 15",
		"at most 15 now: ask for replicas 15") },
	{ .name = "the nearest is within all bounds",
	    SCALE_OUT,
	    .rules = { SCALE_WITH({ .param = S("replicas"),
		.has_max = true,
		.max = 20,
		.change = { DELTA_FACTOR, 2000, 0 } }) },
	    .params = REPLICAS("21"),
	    .observed = LIVE("8"),
	    OUTSIDE("replicas 21 is more than 20; at most 16",
		"at most 16 now: ask for replicas 16") },
	{ .name = "nothing is within all bounds",
	    SCALE_OUT,
	    .rules = { SCALE_WITH({ .param = S("replicas"),
		.has_max = true,
		.max = 20,
		.change = { DELTA_FACTOR, 2000, 0 } }) },
	    .params = REPLICAS("20"),
	    .observed = LIVE("100"),
	    OUTSIDE("replicas 20 is less than the live 100 divided by 2; no value is "
		    "within all bounds",
		"no value is within all bounds") },
	{ .name = "from nothing nothing comes",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(TWICE) },
	    .params = REPLICAS("1"),
	    .observed = LIVE("0"),
	    OUTSIDE("replicas 1 is more than twice the live 0; at most 0",
		"at most 0 now: ask for replicas 0") },
	{ .name = "not known",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(TWICE) },
	    .params = REPLICAS("13"),
	    .kind = REASON_UNKNOWN,
	    .line = 3,
	    .text = "'restart tier 1' compares replicas with its live value, which is not "
		    "known",
	    .forward = "its live value could not be read",
	    .needs = "replicas" },
	{ .name = "no number",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(TWICE) },
	    .params = REPLICAS("13"),
	    .observed = LIVE("twelve"),
	    .kind = REASON_UNKNOWN,
	    .line = 3,
	    .text = "'restart tier 1' compares replicas with its live value, which is not "
		    "known",
	    .forward = "its live value could not be read",
	    .needs = "replicas" },
	{ .name = "cannot be known",
	    .action = &actions[1],
	    .rules = { SCALE_WITH(TWICE) },
	    .kind = REASON_UNKNOWN,
	    .line = 3,
	    .text = "'restart tier 1' compares replicas with its live value, which is not "
		    "known",
	    .forward = "its live value could not be read: scale-web does not say how to "
		       "observe it" },
	{ .name = "not known, and outside anyhow",
	    SCALE_OUT,
	    .rules = { SCALE_WITH({ .param = S("replicas"),
		.has_max = true,
		.max = 20,
		.change = { DELTA_FACTOR, 2000, 0 } }) },
	    .params = REPLICAS("40"),
	    OUTSIDE("replicas 40 is more than 20; at most 20",
		"at most 20 now: ask for replicas 20") },
	{ .name = "not known, and another grant covers it",
	    SCALE_OUT,
	    .rules = { SCALE_WITH(TWICE),
		RULE(GRANT, "any number", 9, SCALE, TO(AUTOMATION)) },
	    .params = REPLICAS("40"),
	    .verdict = VERDICT_ALLOW,
	    .kind = REASON_GRANT,
	    .line = 9,
	    .text = "'any number' covers it" },
	{ .name = "not known: the grant's limits hold all the same",
	    SCALE_OUT,
	    .rules = { GRANT(BY_ALL, SCALE, ON_TIER_1, .at_once = 1,
			   .with = (struct param_bound[]){ TWICE }, .with_n = 1),
		RULE(GRANT, "any number", 9, SCALE, TO(AUTOMATION)) },
	    .uses = { { .service = S("checkout"),
		.target = S("web-2"),
		.action = S("scale-out"),
		.verb = S("scale"),
		.at = AT,
		.held = true } },
	    .params = REPLICAS("40"),
	    .only_at_once = true,
	    .kind = REASON_LIMIT,
	    .line = 3,
	    .value = 1,
	    .limit = 1,
	    .text = "1 of 1 scalings at once is under way",
	    .forward = "wait until what is under way has ended",
	    .needs = "replicas" },
};

static void
decide__holds_values_against_fixed_bounds(void)
{
	CHECK_ROWS(fixed);
}

static void
decide__holds_values_against_the_live_value(void)
{
	CHECK_ROWS(live);
}

static void
delta_range__is_exact_at_the_ends_of_the_numbers(void)
{
	static const struct {
		struct delta delta;
		int64_t live, low, high;
		bool none;
	} rows[] = {
		{ { DELTA_FACTOR, 2000, 0 }, 12, 6, 24 },
		{ { DELTA_FACTOR, 2000, 0 }, 11, 6, 22 },
		{ { DELTA_FACTOR, 2000, 0 }, -11, -22, -6 },
		{ { DELTA_FACTOR, 2000, 0 }, 0, 0, 0 },
		{ { DELTA_FACTOR, 1001, 0 }, 1, 1, 1 },
		{ { DELTA_FACTOR, 1001, 0 }, 999, 999, 999 },
		{ { DELTA_FACTOR, 1001, 0 }, 1000, 1000, 1001 },
		{ { DELTA_FACTOR, 2000, 0 }, INT64_MAX, INT64_MAX / 2 + 1, INT64_MAX },
		{ { DELTA_FACTOR, 2000, 0 }, INT64_MIN, INT64_MIN, INT64_MIN / 2 },
		{ { DELTA_FACTOR, UINT64_MAX, 0 }, INT64_MAX, 500, INT64_MAX },
		{ { DELTA_FACTOR, UINT64_MAX, 0 }, INT64_MIN, INT64_MIN, -501 },
		{ { DELTA_FACTOR, 0, 0 }, 12, 0, 0, true },
		{ { DELTA_FACTOR, 500, 0 }, 12, 0, 0, true },
		{ { DELTA_PERCENT, 500, 0 }, 13, 7, 19 },
		{ { DELTA_PERCENT, 500, 0 }, -13, -19, -7 },
		{ { DELTA_PERCENT, 10, 0 }, 99, 99, 99 },
		{ { DELTA_PERCENT, 10000, 0 }, INT64_MAX, INT64_MIN, INT64_MAX },
		{ { DELTA_PERCENT, UINT64_MAX, 0 }, INT64_MIN, INT64_MIN, INT64_MAX },
		{ { DELTA_NUMBER, 0, 3 }, 12, 9, 15 },
		{ { DELTA_NUMBER, 0, UINT64_MAX }, 0, INT64_MIN, INT64_MAX },
		{ { DELTA_NUMBER, 0, 5 }, INT64_MAX - 2, INT64_MAX - 7, INT64_MAX },
		{ { DELTA_NUMBER, 0, 5 }, INT64_MIN + 2, INT64_MIN, INT64_MIN + 7 },
		{ { 0, 2000, 5 }, 12, 0, 0, true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		int64_t low = 0, high = 0;
		bool any = delta_range(&rows[i].delta, rows[i].live, &low, &high);
		EXPECT(any != rows[i].none);
		if (low != rows[i].low || high != rows[i].high)
			printf("row %zu: %lld..%lld\n", i, (long long)low, (long long)high);
		EXPECT(low == rows[i].low && high == rows[i].high);
	}
}

int
main(void)
{
	RUN(decide__holds_values_against_fixed_bounds);
	RUN(decide__holds_values_against_the_live_value);
	RUN(delta_range__is_exact_at_the_ends_of_the_numbers);
	TEST_MAIN_END();
}
