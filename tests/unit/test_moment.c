#include "intake/moment.h"

#include "support/test.h"

#define NOON UINT64_C(1795419163000) /* 2026-11-23T07:32:43Z */

static void
moment_parse__reads_every_layout_of_alertmanager(void)
{
	static const struct {
		const char *in;
		msec ms;
	} rows[] = {
		{ "", 0 },
		{ "0001-01-01T00:00:00Z", 0 },
		{ "0001-01-01T00:00:00.000Z", 0 },
		{ "0001-01-01T01:00:00+01:00", 0 },
		{ "0001-01-01T00:00:01Z", 1 },
		{ "0000-01-01T00:00:00Z", 1 },
		{ "1969-12-31T23:59:59.999Z", 1 },
		{ "1970-01-01T00:00:00Z", 1 },
		{ "1970-01-01T00:00:00.002Z", 2 },
		{ "2026-11-23T07:32:43Z", NOON },
		{ "2026-11-23T07:32:43.632Z", NOON + 632 },
		{ "2026-11-23T07:32:43.1Z", NOON + 100 },
		{ "2026-11-23T07:32:43.123456789Z", NOON + 123 },
		{ "2026-11-23T07:32:43.1234567891Z", NOON + 123 },
		{ "2026-11-23T07:32:43,5Z", NOON + 500 },
		{ "2026-11-23T07:32:43+02:00", NOON - 2 * HOUR },
		{ "2026-11-23T07:32:43-00:00", NOON },
		{ "2026-11-23T07:32:43-23:59", NOON + 23 * HOUR + 59 * MINUTE },
		{ "2026-11-23T07:32:43+24:00", NOON - DAY },
		{ "2026-11-23T07:32:43.123+0200", NOON + 123 - 2 * HOUR },
		{ "2026-11-23T07:32:43.123456-0200", NOON + 123 + 2 * HOUR },
		{ "2026-11-23T07:32:43", NOON },
		{ "2026-11-23T07:32:43.5", NOON + 500 },
		{ "2026-11-23T7:32:43Z", NOON },
		{ "2026-11-23T07:32Z", NOON - 43 * SECOND },
		{ "2026-11-23T07:32", NOON - 43 * SECOND },
		{ "2026-11-23 07:32:43", NOON },
		{ "2026-11-23 07:32:43.25", NOON + 250 },
		{ "2026-11-23", NOON - 7 * HOUR - 32 * MINUTE - 43 * SECOND },
		{ "2024-02-29T00:00:00Z", UINT64_C(1709164800000) },
		{ "2000-02-29T00:00:00Z", UINT64_C(951782400000) },
		{ "9999-12-31T23:59:59.999Z", MOMENT_MAX },
		{ "9999-12-31T23:59:59-24:00", MOMENT_MAX },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].in;
		msec ms = 12345;
		EXPECT(moment_parse(str_of(rows[i].in), &ms));
		EXPECT_U64(ms, rows[i].ms);
	}
}

static void
moment_parse__refuses_what_alertmanager_refuses(void)
{
	static const char *const rows[] = {
		"2026-11-23T07:32:43+0200",
		"2026-11-23T07:32:43.12+0200",
		"2026-11-23T07:32+02:00",
		"2026-11-23t07:32:43z",
		"2026-11-23T24:00:00Z",
		"2026-11-23T07:60:00Z",
		"2026-11-23T07:32:60Z",
		"2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-11-23T07:32:43+99:99",
		"12026-11-23T07:32:43Z",
		"1763883163",
		" 2026-11-23T07:32:43Z",
		"2026-11-23T07:32:43Z ",
		"2026-1-2T00:00:00Z",
		"2026-11-23T07:32:43.Z",
		"2026-11-23 07:32",
		"2026-11-23 07:32:43Z",
		"2026-11-23T07:32:43Z07:00",
		"2026-11-23T",
		"2026-11-23T07",
		"2026-11-23T07:",
		"2026-11-2",
		"-026-11-23",
		"now",
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i];
		msec ms = 12345;
		EXPECT(!moment_parse(str_of(rows[i]), &ms));
		EXPECT(ms == 12345); /* untouched on failure */
	}
}

int
main(void)
{
	RUN(moment_parse__reads_every_layout_of_alertmanager);
	RUN(moment_parse__refuses_what_alertmanager_refuses);
	TEST_MAIN_END();
}
