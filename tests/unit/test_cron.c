#include "model/cron.h"
#include "support/test.h"

#define EXPECT_AT(got, want) EXPECT_U64((uint64_t)(got), (uint64_t)(want))

static char memory[1 << 20];

static const struct zone *
zone(const char *name)
{
	static char bytes[ZONE_FILE_MAX];
	char path[128];
	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	FILE *f = fopen(path, "rb");
	EXPECT(f != NULL);
	size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
	if (f != NULL)
		(void)fclose(f);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct zone *ret = NULL;
	struct err err;
	EXPECT(zone_parse(&arena, str_of(name), (str){ bytes, n }, &ret, &err));
	return ret;
}

static int64_t
utc(int year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return civil_days(year, month, day) * 86400 + hour * 3600 + minute * 60;
}

static int64_t
after(const char *text, const char *where, int64_t at)
{
	struct cron cron;
	str part;
	const char *hint;
	EXPECT(cron_parse(str_of(text), &cron, &part, &hint));
	return cron_after(&cron, where == NULL ? zone_utc() : zone(where), at);
}

static void
cron__is_due_at_its_next_time(void)
{
	static const struct {
		const char *name, *text;
		int64_t days; /* from Monday 2026-11-23 */
		unsigned hour, minute;
	} rows[] = {
		{ "every five minutes", "*/5 * * * *", 0, 13, 15 },
		{ "this hour is over", "12 13 * * *", 1, 13, 12 },
		{ "later today", "0 14-16 * * *", 0, 14, 0 },
		{ "weekdays by name", "0 9 * * sat,SUN", 5, 9, 0 },
		{ "sunday is seven too", "0 9 * * 7", 6, 9, 0 },
		{ "a month by name", "30 4 1 dec *", 8, 4, 30 },
		{ "either day is enough", "0 0 13 * fri", 4, 0, 0 },
		{ "both days, where one is any", "0 0 25 * *", 2, 0, 0 },
		{ "a nickname", "@daily", 1, 0, 0 },
		{ "steps from a number", "10/20 * * * *", 0, 13, 30 },
	};
	int64_t monday = utc(2026, 11, 23, 0, 0);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		int64_t at = after(rows[i].text, NULL, monday + 13 * 3600 + 12 * 60);
		EXPECT_AT(at, monday + rows[i].days * 86400 + rows[i].hour * 3600 +
				  rows[i].minute * 60);
	}
	EXPECT_AT(after("0 0 29 2 *", NULL, monday), utc(2028, 2, 29, 0, 0));
	EXPECT_AT(after("0 0 30 2 *", NULL, monday), 0);
}

/* Lisbon's clocks go from 01:00 to 02:00 on 2027-03-28, and from 02:00 to 01:00 on
 * 2026-10-25. */
static void
cron__is_due_once_in_the_nights_when_clocks_jump(void)
{
	const char *lisbon = "Europe/Lisbon";
	int64_t skipped = after("30 1 * * *", lisbon, utc(2027, 3, 27, 12, 0));
	EXPECT_AT(skipped, utc(2027, 3, 28, 1, 0)); /* the jump */
	EXPECT_AT(after("30 1 * * *", lisbon, skipped), utc(2027, 3, 29, 0, 30));

	int64_t twice = after("30 1 * * *", lisbon, utc(2026, 10, 24, 12, 0));
	EXPECT_AT(twice, utc(2026, 10, 25, 0, 30)); /* the first of the two */
	EXPECT_AT(after("30 1 * * *", lisbon, twice), utc(2026, 10, 26, 1, 30));
	/* Within the hour that comes again: on at the next time that is new. */
	EXPECT_AT(after("*/15 * * * *", lisbon, utc(2026, 10, 25, 0, 45)),
	    utc(2026, 10, 25, 2, 0));
	EXPECT_AT(after("*/15 * * * *", lisbon, utc(2026, 10, 25, 1, 20)),
	    utc(2026, 10, 25, 2, 0));
}

static void
cron__goes_forward_in_every_hour_of_a_year(void)
{
	const struct zone *z = zone("America/New_York");
	struct cron cron;
	str part;
	const char *hint;
	EXPECT(cron_parse(STR("17 2 * * *"), &cron, &part, &hint));
	int64_t at = utc(2026, 1, 1, 0, 0), end = utc(2027, 1, 1, 0, 0);
	unsigned n = 0;
	while ((at = cron_after(&cron, z, at)) < end) {
		struct civil c = zone_civil(z, at);
		EXPECT((c.hour == 2 && c.minute == 17) || (c.hour == 3 && c.minute == 0));
		n++;
	}
	EXPECT_U64(n, 365);
}

static void
cron__says_what_is_wrong(void)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ "60 * * * *", "60" },
		{ "0 0 0 * *", "0" },
		{ "0 0 * foo *", "foo" },
		{ "0 0 * * mon-sun", "mon-sun" },
		{ "*/0 * * * *", "*/0" },
		{ "5,,6 * * * *", "" },
		{ "0 0 * * * *", "*" },
		{ "0 0 * *", "0 0 * *" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].text;
		struct cron cron;
		str part;
		const char *hint = NULL;
		EXPECT(!cron_parse(str_of(rows[i].text), &cron, &part, &hint));
		EXPECT(str_eq(part, str_of(rows[i].part)));
		EXPECT(hint != NULL);
	}
}

int
main(void)
{
	RUN(cron__is_due_at_its_next_time);
	RUN(cron__is_due_once_in_the_nights_when_clocks_jump);
	RUN(cron__goes_forward_in_every_hour_of_a_year);
	RUN(cron__says_what_is_wrong);
	TEST_MAIN_END();
}
