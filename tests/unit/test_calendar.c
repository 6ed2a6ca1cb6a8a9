/*
 * When a calendar is on, by tables of what is known and against a slow answer: for each
 * minute of some days the clocks are read, and an interval is from the first minute that
 * shows its beginning until the last that shows its end.
 */
#include "model/model.h"
#include "support/test.h"

#define MINUTES_OF_DAY 1440
#define DAYS 15  /* that are looked at */
#define MARGIN 5 /* of them on each side, where an interval is not seen whole */
#define MINUTES (DAYS * MINUTES_OF_DAY)

static char memory[8 << 20];
static struct arena arena;

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
	struct zone *ret = NULL;
	struct err err;
	EXPECT(zone_parse(&arena, str_of(name), (str){ bytes, n }, &ret, &err));
	return ret;
}

/* A zone whose summer is one day of three hours more: two changes that any time of those
 * days may lie between. */
static const struct zone *
short_summer(void)
{
	/* Two headers of 44 bytes, the second of one type with a name of 4. */
	static const char counts[2][24] = { { 0 }, { [19] = 1, [23] = 4 } };
	static const char rest[] = "\0\0\0\0\0\0AAA\0"
				   "\nAAA0BBB-3,J100/0,J101/0\n";
	char file[2 * 44 + sizeof(rest) - 1] = { 0 };
	for (size_t i = 0; i < countof(counts); i++) {
		memcpy(file + i * 44, "TZif2", 5);
		memcpy(file + i * 44 + 20, counts[i], sizeof(counts[i]));
	}
	memcpy(file + sizeof(file) - sizeof(rest) + 1, rest, sizeof(rest) - 1);
	struct zone *ret = NULL;
	struct err err;
	EXPECT(zone_parse(&arena, STR("short"), (str){ file, sizeof(file) }, &ret, &err));
	return ret;
}

static msec
utc(int year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return (msec)civil_days(year, month, day) * DAY + hour * HOUR + minute * MINUTE;
}

#define WEEKEND (1u << 0 | 1u << 6)
#define MON_FRI (0x7fu & ~WEEKEND)
#define SUNDAY (1u << 0)

static void
calendar__week_is_in_local_time(void)
{
	struct calendar_week nights = { MON_FRI, 22 * 60, 6 * 60 };
	struct calendar c = { .zone = zone("Europe/Lisbon"),
		.weeks = &nights,
		.weeks_n = 1 };
	/* Friday 2026-01-02, winter: Lisbon is UTC. */
	EXPECT(!calendar_has(&c, utc(2026, 1, 2, 22, 0) - 1));
	EXPECT(calendar_has(&c, utc(2026, 1, 2, 22, 0)));
	EXPECT(calendar_has(&c, utc(2026, 1, 3, 6, 0) - 1));
	EXPECT(!calendar_has(&c, utc(2026, 1, 3, 6, 0)));
	EXPECT(!calendar_has(&c, utc(2026, 1, 3, 23, 0)));
	EXPECT(!calendar_has(&c, utc(2026, 1, 5, 5, 0)));
	EXPECT_U64(calendar_changes(&c, utc(2026, 1, 2, 21, 0)), utc(2026, 1, 2, 22, 0));
	EXPECT_U64(calendar_changes(&c, utc(2026, 1, 2, 22, 0)), utc(2026, 1, 3, 6, 0));
	EXPECT_U64(calendar_changes(&c, utc(2026, 1, 3, 6, 0)), utc(2026, 1, 5, 22, 0));
	/* Friday 2026-07-03, summer: an hour earlier. */
	EXPECT(calendar_has(&c, utc(2026, 7, 3, 21, 0)));
	EXPECT(!calendar_has(&c, utc(2026, 7, 4, 5, 0)));
}

/* On 2026-03-29 clocks of Lisbon go from 01:00 to 02:00, at 01:00 UTC; on 2026-10-25 from
 * 02:00 to 01:00, at 01:00 UTC. Both are Sundays. */
static void
calendar__jump_of_the_clocks_opens_and_closes_nothing_by_itself(void)
{
	const struct zone *lisbon = zone("Europe/Lisbon");
	static const struct {
		const char *name;
		unsigned from, until;
		msec at, begins, ends; /* the day's UTC midnight; in minutes after it */
	} rows[] = {
		{ "begins at a time there is not", 90, 240, 0, 60, 180 },
		{ "ends at a time there is not", 30, 90, 0, 30, 60 },
		{ "over the gap", 30, 150, 0, 30, 90 },
		{ "begins at a time there is twice", 90, 240, 1, 30, 240 },
		{ "ends at a time there is twice", 30, 90, 1, -30u, 90 },
		{ "ends as the hour comes back", 30, 60, 1, -30u, 60 },
		{ "begins as it is over", 120, 180, 1, 120, 180 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct calendar_week week = { SUNDAY, rows[i].from, rows[i].until };
		struct calendar c = { .zone = lisbon, .weeks = &week, .weeks_n = 1 };
		msec day = rows[i].at ? utc(2026, 10, 25, 0, 0) : utc(2026, 3, 29, 0, 0);
		msec begins = day + (msec)(int32_t)rows[i].begins * MINUTE;
		msec ends = day + rows[i].ends * MINUTE;
		EXPECT_U64(calendar_changes(&c, day - DAY), begins);
		EXPECT_U64(calendar_changes(&c, begins), ends);
		EXPECT(calendar_has(&c, begins) && !calendar_has(&c, begins - 1));
		EXPECT(calendar_has(&c, ends - 1) && !calendar_has(&c, ends));
	}

	/* All of what is skipped: on that Sunday it is not on at all. */
	struct calendar_week skipped = { SUNDAY, 60, 120 };
	struct calendar c = { .zone = lisbon, .weeks = &skipped, .weeks_n = 1 };
	EXPECT_U64(calendar_changes(&c, utc(2026, 3, 28, 0, 0)), utc(2026, 4, 5, 0, 0));
}

static void
calendar__spans_and_weeks_are_one_time(void)
{
	struct calendar_span spans[] = {
		{ utc(2026, 1, 1, 0, 0), utc(2026, 1, 3, 0, 0) },
		{ utc(2026, 1, 2, 0, 0), utc(2026, 1, 2, 12, 0) },
		{ utc(2026, 1, 3, 0, 0), utc(2026, 1, 3, 12, 0) },
		{ utc(2026, 2, 1, 0, 0), utc(2026, 2, 2, 0, 0) },
	};
	struct calendar_week saturday = { 1u << 6, 11 * 60, 1440 };
	struct calendar c = {
		.zone = zone_utc(),
		.spans = spans,
		.spans_n = countof(spans),
		.weeks = &saturday,
		.weeks_n = 1,
	};
	/* 2026-01-03 is a Saturday: three spans and the weekly time meet. */
	EXPECT_U64(calendar_changes(&c, utc(2026, 1, 1, 0, 0)), utc(2026, 1, 4, 0, 0));
	EXPECT(calendar_has(&c, utc(2026, 1, 3, 0, 0)));
	EXPECT(!calendar_has(&c, utc(2026, 1, 4, 0, 0)));
	EXPECT_U64(calendar_changes(&c, utc(2026, 1, 4, 0, 0)), utc(2026, 1, 10, 11, 0));
	EXPECT_U64(calendar_changes(&c, utc(2025, 12, 28, 0, 0)), utc(2026, 1, 1, 0, 0));
	c.weeks_n = 0;
	EXPECT_U64(calendar_changes(&c, utc(2026, 1, 4, 0, 0)), utc(2026, 2, 1, 0, 0));
	EXPECT_U64(calendar_changes(&c, utc(2026, 2, 2, 0, 0)), 0);
}

static void
calendar__looks_four_hundred_days_ahead(void)
{
	struct calendar_week always = { 0x7f, 0, 1440 };
	struct calendar_span span = { utc(2027, 2, 5, 0, 0), utc(2027, 2, 6, 0, 0) };
	struct calendar c = { .zone = zone("Europe/Lisbon"),
		.weeks = &always,
		.weeks_n = 1 };
	EXPECT(calendar_has(&c, utc(2026, 1, 1, 0, 0)));
	EXPECT_U64(calendar_changes(&c, utc(2026, 1, 1, 0, 0)), 0);
	c = (struct calendar){ .zone = zone_utc(), .spans = &span, .spans_n = 1 };
	EXPECT_U64(calendar_changes(&c, utc(2026, 1, 1, 0, 0)), utc(2027, 2, 5, 0, 0));
	EXPECT_U64(calendar_changes(&c, utc(2025, 12, 31, 23, 59)), 0);
	c.spans_n = 0;
	EXPECT(!calendar_has(&c, 0));
	EXPECT_U64(calendar_changes(&c, 0), 0);
	EXPECT(!calendar_has(&c, UINT64_MAX));
	EXPECT_U64(calendar_changes(&c, UINT64_MAX), 0);
}

/* ---- against the slow answer ---- */

static uint64_t seed = 20260329;

static uint64_t
below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static int64_t shown[MINUTES]; /* what clocks show, in minutes since 1970 */
static bool slow[MINUTES];

static void
read_clocks(const struct zone *z, int64_t first_s)
{
	for (int64_t i = 0; i < MINUTES; i++) {
		struct civil c = zone_civil(z, first_s + i * 60);
		shown[i] = civil_days(c.year, c.month, c.day) * MINUTES_OF_DAY +
		           c.hour * 60 + c.minute;
	}
}

/* The first minute (or the last) that shows it; where none does, the one that is the first
 * beyond it. MINUTES: not here. */
static int64_t
find(int64_t wanted, bool last)
{
	int64_t found = MINUTES, beyond = MINUTES;
	for (int64_t i = 0; i < MINUTES; i++) {
		if (shown[i] == wanted && (last || found == MINUTES))
			found = i;
		if (beyond == MINUTES && i > 0 && shown[i - 1] < wanted &&
		    shown[i] > wanted)
			beyond = i;
	}
	return found != MINUTES ? found : beyond;
}

static void
slow_week(const struct calendar_week *week)
{
	int64_t first = shown[0] / MINUTES_OF_DAY + 1;
	for (int64_t day = first; day < first + DAYS - 4; day++) {
		int64_t weekday = (day + 4) % 7;
		if ((week->days >> weekday & 1) == 0)
			continue;
		int64_t ends = day * MINUTES_OF_DAY + week->until_minute;
		if (week->until_minute <= week->from_minute)
			ends += MINUTES_OF_DAY;
		int64_t from = find(day * MINUTES_OF_DAY + week->from_minute, false);
		int64_t until = find(ends, true);
		for (int64_t i = from; i < until; i++)
			slow[i] = true;
	}
}

static struct calendar_week
random_week(void)
{
	/* Mostly in the small hours, where clocks are changed. */
	static const unsigned steps[] = { 1, 15, 30, 60 };
	unsigned step = steps[below(countof(steps))];
	unsigned most = below(3) == 0 ? MINUTES_OF_DAY : 4 * 60;
	struct calendar_week week = { .days = (unsigned)below(0x7f) + 1 };
	week.from_minute = (unsigned)below(most / step) * step;
	do
		week.until_minute = (unsigned)below(most / step + 1) * step;
	while (week.until_minute == week.from_minute);
	return week;
}

static void
compare(const struct calendar *c, msec first_ms)
{
	unsigned wrong = 0;
	msec next = 0; /* the change after this minute, 0: behind what is known */
	for (int64_t i = MINUTES - MARGIN * MINUTES_OF_DAY - 1;
	     i >= MARGIN * MINUTES_OF_DAY && wrong == 0; i--) {
		msec wall = first_ms + (msec)i * MINUTE;
		wrong += calendar_has(c, wall) != slow[i];
		wrong += calendar_has(c, wall + below(MINUTE)) != slow[i];
		if (slow[i + 1] != slow[i])
			next = wall + MINUTE;
		bool often = i % 7 == 0 || slow[i + 1] != slow[i];
		if (often && next != 0)
			wrong += calendar_changes(c, wall + below(MINUTE)) != next;
	}
	EXPECT(wrong == 0);
}

static void
calendar__agrees_with_the_clocks_of_many_zones(void)
{
	static const char *const names[] = { "UTC", "Europe/Lisbon", "Europe/Dublin",
		"America/New_York", "America/Sao_Paulo", "America/St_Johns",
		"Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu",
		"Antarctica/Troll", "Pacific/Apia", "Pacific/Kwajalein", "America/Godthab",
		"Asia/Gaza", "short summer" };
	for (size_t k = 0; k < countof(names); k++) {
		arena = arena_over(memory, sizeof(memory));
		bool made = str_eq(str_of(names[k]), STR("short summer"));
		const struct zone *z = made ? short_summer() : zone(names[k]);
		test_row = names[k];
		for (unsigned round = 0; round < 16; round++) {
			/* Mostly about a change of the clocks. */
			int64_t about = civil_days(1976 + (int)below(70), 1, 1) * 86400 +
			                (int64_t)below(366) * 86400;
			int64_t change = zone_change_after(z, about);
			if (round % 8 != 0 && change < civil_days(2050, 1, 1) * 86400)
				about = change;
			int64_t first_s = (about / 60 - MINUTES / 2) * 60;
			read_clocks(z, first_s);
			memset(slow, 0, sizeof(slow));
			struct calendar_week weeks[4];
			struct calendar c = { .zone = z, .weeks = weeks };
			for (c.weeks_n = 0; c.weeks_n < below(countof(weeks)) + 1;
			     c.weeks_n++) {
				weeks[c.weeks_n] = random_week();
				slow_week(&weeks[c.weeks_n]);
			}
			compare(&c, (msec)first_s * SECOND);
		}
	}
}

int
main(void)
{
	arena = arena_over(memory, sizeof(memory));
	RUN(calendar__week_is_in_local_time);
	RUN(calendar__jump_of_the_clocks_opens_and_closes_nothing_by_itself);
	RUN(calendar__spans_and_weeks_are_one_time);
	RUN(calendar__looks_four_hundred_days_ahead);
	RUN(calendar__agrees_with_the_clocks_of_many_zones);
	TEST_MAIN_END();
}
