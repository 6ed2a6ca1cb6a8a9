#include "base/zone.h"

#include <inttypes.h>
#include <stdlib.h>

#include "support/test.h"

#define DAY_S 86400
#define FOLDER "tests/corpus/zone/"

static char memory[1 << 18];

static struct zone *
parse(struct arena *arena, str name, str file)
{
	struct zone *zone = NULL;
	struct err err = { .kind = ERR_NONE };
	if (!zone_parse(arena, name, file, &zone, &err))
		printf("%s\n", err.text);
	EXPECT(zone != NULL);
	return zone;
}

static str
read_whole(const char *path, char *bytes, size_t room)
{
	FILE *f = fopen(path, "rb");
	EXPECT(f != NULL);
	if (f == NULL)
		return STR("");
	size_t n = fread(bytes, 1, room, f);
	(void)fclose(f);
	return (str){ bytes, n };
}

/* Europe/Berlin lies in tests/corpus/zone/Europe-Berlin. */
static struct zone *
zone_of(struct arena *arena, str name)
{
	static char bytes[ZONE_FILE_MAX];
	char path[200];
	(void)snprintf(path, sizeof(path), FOLDER "%.*s", STR_ARG(name));
	for (char *p = path + sizeof(FOLDER) - 1; *p != '\0'; p++)
		*p = *p == '/' ? '-' : *p;
	return parse(arena, name, read_whole(path, bytes, sizeof(bytes)));
}

static int64_t
signed_number(str s)
{
	uint64_t value = 0;
	bool negative = str_starts(s, STR("-"));
	EXPECT(str_u64(negative ? str_drop(s, 1) : s, INT64_MAX, &value));
	return negative ? -(int64_t)value : (int64_t)value;
}

/* "2026-03-29 02:30:00" */
static struct civil
civil_of(str date, str time)
{
	uint64_t part[6] = { 0 };
	str rest = date;
	for (size_t i = 0; i < 6; i++) {
		struct str_cut cut = str_cut(rest, i < 3 ? '-' : ':');
		EXPECT(str_u64(cut.head, 9999, &part[i]));
		rest = i == 2 ? time : cut.tail;
	}
	return (struct civil){ .year = (int)part[0],
		.month = (unsigned)part[1],
		.day = (unsigned)part[2],
		.hour = (unsigned)part[3],
		.minute = (unsigned)part[4],
		.second = (unsigned)part[5] };
}

static void
expect_same(const char *line, int64_t got, int64_t want)
{
	if (got == want)
		return;
	test_failures++;
	printf("%s\n\tgot %" PRId64 ", want %" PRId64 "\n", line, got, want);
}

static void
zone__agrees_with_the_vectors(void)
{
	FILE *f = fopen("tests/corpus/zone-vectors.txt", "r");
	EXPECT(f != NULL);
	if (f == NULL)
		return;
	struct arena arena;
	const struct zone *zone = NULL;
	unsigned lines = 0;
	for (char line[200]; fgets(line, sizeof(line), f) != NULL; lines++) {
		str word[5] = { 0 };
		struct str_cut cut = { .tail = str_trim(str_of(line)) };
		for (size_t i = 0; i < countof(word); i++) {
			cut = str_cut(cut.tail, ' ');
			word[i] = cut.head;
		}
		if (str_eq(word[0], STR("zone"))) {
			arena = arena_over(memory, sizeof(memory));
			zone = zone_of(&arena, word[1]);
		} else if (str_eq(word[0], STR("o"))) {
			int64_t t = signed_number(word[1]);
			expect_same(line, zone_offset(zone, t), signed_number(word[2]));
			EXPECT_STR(zone_abbreviation(zone, t), word[3]);
		} else if (str_eq(word[0], STR("l"))) {
			struct civil c = civil_of(word[1], word[2]);
			expect_same(line, zone_instant(zone, &c, ZONE_START),
			    signed_number(word[3]));
			expect_same(line, zone_instant(zone, &c, ZONE_END),
			    signed_number(word[4]));
		}
	}
	(void)fclose(f);
	EXPECT(lines > 3000);
}

static void
zone__every_second_has_its_place(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	const struct zone *zone = zone_of(&arena, STR("Australia/Lord_Howe"));
	EXPECT_STR(zone_name(zone), STR("Australia/Lord_Howe"));
	/* two years in steps of 17 minutes: what clocks show leads back */
	for (int64_t t = 1767225600; t < 1767225600 + 731 * DAY_S; t += 1020) {
		struct civil c = zone_civil(zone, t);
		int64_t start = zone_instant(zone, &c, ZONE_START);
		int64_t end = zone_instant(zone, &c, ZONE_END);
		EXPECT(start == t || end == t);
		EXPECT(end - start == 0 || end - start == 1800);
	}
}

static void
zone_utc__is_always_there(void)
{
	const struct zone *utc = zone_utc();
	EXPECT_STR(zone_name(utc), STR("UTC"));
	EXPECT_STR(zone_abbreviation(utc, 0), STR("UTC"));
	EXPECT(zone_offset(utc, 1795418302) == 0);
	struct civil c = zone_civil(utc, 1795418302);
	EXPECT(c.year == 2026 && c.month == 11 && c.day == 23);
	EXPECT(c.hour == 7 && c.minute == 18 && c.second == 22 && c.weekday == 1);
	EXPECT(zone_instant(utc, &c, ZONE_START) == 1795418302);
	c = (struct civil){ .year = 2026, .month = 2, .day = 31, .hour = 24 };
	EXPECT(zone_instant(utc, &c, ZONE_END) == civil_days(2026, 3, 4) * DAY_S);
}

static void
zone_civil__stays_within_its_years(void)
{
	struct civil c = zone_civil(zone_utc(), INT64_MAX);
	EXPECT(c.year == 9999 && c.month == 12 && c.day == 31 && c.second == 59);
	c = zone_civil(zone_utc(), INT64_MIN);
	EXPECT(c.year == 1 && c.month == 1 && c.day == 1 && c.hour == 0);
	struct arena arena = arena_over(memory, sizeof(memory));
	const struct zone *zone = zone_of(&arena, STR("Pacific/Kiritimati"));
	c = zone_civil(zone, INT64_MAX);
	EXPECT(c.year == 9999);
	EXPECT(zone_instant(zone, &c, ZONE_START) <= INT64_C(253402300799));
	zone = zone_of(&arena, STR("America/New_York"));
	EXPECT(zone_offset(zone, INT64_MAX) == -18000);
	EXPECT(zone_offset(zone, INT64_MIN) == -17762);
}

static void
civil__counts_days_both_ways(void)
{
	static const struct {
		int year;
		unsigned month, day;
		int64_t days;
	} rows[] = {
		{ 1970, 1, 1, 0 },
		{ 1969, 12, 31, -1 },
		{ 2000, 2, 29, 11016 },
		{ 2000, 3, 1, 11017 },
		{ 1900, 3, 1, -25508 },
		{ 2026, 11, 23, 20780 },
		{ 1, 1, 1, -719162 },
		{ 9999, 12, 31, 2932896 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		EXPECT(
		    civil_days(rows[i].year, rows[i].month, rows[i].day) == rows[i].days);
		int year;
		unsigned month, day;
		civil_from_days(rows[i].days, &year, &month, &day);
		EXPECT(
		    year == rows[i].year && month == rows[i].month && day == rows[i].day);
	}
	for (int64_t days = -719162; days < 2932896; days += 13) {
		int year;
		unsigned month, day;
		civil_from_days(days, &year, &month, &day);
		EXPECT(civil_days(year, month, day) == days);
	}
}

/* A file without transitions and with one type, an hour east: the footer says the rest. */
static str
file_with(const char *footer)
{
	static char file[500];
	static const char header[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4";
	static const char block[] = "\0\0\x0e\x10\0\0FTZ";
	size_t n = 0;
	for (int i = 0; i < 2; i++) {
		memcpy(file + n, header, 44);
		memcpy(file + n + 44, block, 10);
		n += 54;
	}
	int footer_n = snprintf(file + n, sizeof(file) - n, "\n%s\n", footer);
	return (str){ file, n + (size_t)footer_n };
}

static void
zone_parse__understands_every_form_of_footer(void)
{
	static const struct {
		const char *footer;
		int64_t at; /* first second of what follows */
		int32_t before, after;
		const char *name;
	} rows[] = {
		{ "", 0, 3600, 3600, "FTZ" },
		{ "UTC0", 0, 0, 0, "UTC" },
		{ "<-03>3", 0, -10800, -10800, "-03" },
		{ "<+0545>-5:45", 0, 20700, 20700, "+0545" },
		{ "XYZ-1:02:03", 0, 3723, 3723, "XYZ" },
		/* 2026-03-29 01:00Z */
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 3600, 7200, "CEST" },
		/* 2026-10-25 01:00Z */
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, 7200, 3600, "CET" },
		/* winter time as the exception: 2026-10-25 01:00Z */
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", 1792890000, 3600, 0, "GMT" },
		/* a rule's hours before its day: 2026-03-28 20:00Z, Saturday night in Nuuk */
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000, -7200, -3600, "-01" },
		/* and days after it: Thursday before the last Friday, as Gaza had it */
		{ "EET-2EEST,M3.4.4/50,M10.4.4/50", 1774656000, 7200, 10800, "EEST" },
		/* 2028-03-01 is day 60 by J in every year: 2028-03-01 02:00Z */
		{ "AAA0BBB,J60,J300", 1835488800, 0, 3600, "BBB" },
		/* and day 60 from 0 in a leap year: 2028-03-01 02:00Z */
		{ "AAA0BBB,60,300", 1835488800, 0, 3600, "BBB" },
		/* day 59 by J is February 28, in leap years too: 2028-02-28 02:00Z */
		{ "AAA0BBB,J59,J300", 1835316000, 0, 3600, "BBB" },
		/* day 60 by J is March 1 where there is no February 29: 2026-03-01 02:00Z */
		{ "AAA0BBB,J60,J300", 1772330400, 0, 3600, "BBB" },
		/* the last Sunday of December: 2026-12-27 02:00Z */
		{ "AAA0BBB,M12.5.0,M6.1.0", 1798336800, 0, 3600, "BBB" },
		/* Of changes whose hours lie in other years the latest counts: summer ends by the
		 * rule of 2026 on 2025-12-25 00:00Z, and begins by that of 2025 on 2026-01-06 23:00Z. */
		{ "AAA0BBB,J365/167,J1/-167", 1766620800, 3600, 0, "AAA" },
		{ "AAA0BBB,J365/167,J1/-167", 1767740400, 0, 3600, "BBB" },
		{ "Aa+0", 0, 0, 0, "Aa" },
		{ "<AZaz09+->-1:00", 0, 3600, 3600, "AZaz09+-" },
		/* summer all year: 2026-01-01 03:00Z */
		{ "XXX3EDT4,0/0,J365/23", 1767236400, -14400, -14400, "EDT" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].footer;
		struct arena arena = arena_over(memory, sizeof(memory));
		const struct zone *zone =
		    parse(&arena, STR("X"), file_with(rows[i].footer));
		if (zone == NULL)
			continue;
		EXPECT(zone_offset(zone, rows[i].at - 1) == rows[i].before);
		EXPECT(zone_offset(zone, rows[i].at) == rows[i].after);
		EXPECT_STR(zone_abbreviation(zone, rows[i].at), str_of(rows[i].name));
	}
}

static void
zone_parse__refuses_malformed_footers(void)
{
	static const char *const rows[] = { "CET", "C", "-1", "<CET-1", "<>-1", "CET-25",
		"CET-1:60", "CET-1:00:60", "CET-1x", "CET-1CEST", "CET-1CEST,M3.5.0",
		"CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J1", "CET-1CEST,J366,J1",
		"CET-1CEST,366,1", "CET-1CEST,M3.5.0/168,M10.5.0",
		"CET-1CEST,M3.5.0,M10.5.0,", "CET-1CEST,M3.5,M10.5.0",
		"CET-1CEST-99,M3.5.0,M10.5.0", "<A@>-1", "<A[>-1", "<A`>-1", "<A{>-1",
		"<A/>-1", "<A:>-1", "CET-0001", "CET-/", "CET-1:", "CET-1CEST,M3",
		"CET-1CEST,M3.x.0,M10.5.0", "CET-1CEST,M3.5.0,M13.1.0",
		"CET-1CEST,M3.5.0/,M10.5.0", "CET-1CEST,x,1", "CET-1CEST,M3.5.0;M10.5.0" };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i];
		struct arena arena = arena_over(memory, sizeof(memory));
		struct zone *zone = NULL;
		struct err err = { .kind = ERR_NONE };
		EXPECT(!zone_parse(&arena, STR("X/Y"), file_with(rows[i]), &zone, &err));
		EXPECT(err.kind == ERR_INVALID && zone == NULL);
		EXPECT(str_starts(str_of(err.text), STR("zone 'X/Y': malformed rule")));
	}
}

static void
zone_parse__refuses_what_is_not_a_zone(void)
{
	static const struct {
		const char *name;
		size_t at; /* this byte becomes */
		unsigned char byte;
		size_t keep; /* and the file is this long; 0 means whole */
		const char *error;
	} rows[] = {
		{ "magic", 0, 'x', 0, "zone 'X': not a TZif file" },
		{ "empty", 0, 'T', 3, "zone 'X': not a TZif file" },
		{ "version 1", 4, 0, 0,
		    "zone 'X': a TZif file of version 1, expected 2 or later" },
		{ "cut in the first block", 4, '2', 50, "zone 'X': not a TZif file" },
		{ "cut in the second header", 4, '2', 90,
		    "zone 'X': the TZif file is cut short" },
		{ "cut before the footer", 4, '2', 108,
		    "zone 'X': the TZif file has no footer" },
		{ "transitions that are not there", 54 + 32, 0xff, 0,
		    "zone 'X': the TZif file is cut short" },
		{ "no types", 54 + 39, 0, 0, NULL },
		{ "leap seconds", 54 + 31, 1, 0, NULL },
		{ "types that are not there", 54 + 38, 1, 0,
		    "zone 'X': the TZif file is cut short" },
		{ "no line end before the footer", 108, 'x', 0,
		    "zone 'X': the TZif file has no footer" },
		{ "no line end behind the footer", 113, 'x', 0,
		    "zone 'X': the TZif file has no footer" },
		{ "offset the other way", 98, 0x80, 0, "zone 'X': offset out of range" },
		{ "offset", 98, 0x7f, 0, "zone 'X': offset out of range" },
		{ "abbreviation", 98 + 5, 4, 0, "zone 'X': abbreviation out of range" },
		{ "abbreviation without an end", 98 + 9, 'X', 0,
		    "zone 'X': malformed abbreviation" },
		{ "empty abbreviation", 98 + 5, 3, 0, "zone 'X': malformed abbreviation" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char bytes[500];
		str file = file_with("UTC0");
		memcpy(bytes, file.p, file.n);
		bytes[rows[i].at] = (char)rows[i].byte;
		file.p = bytes;
		file.n = rows[i].keep ? rows[i].keep : file.n;
		struct arena arena = arena_over(memory, sizeof(memory));
		struct zone *zone = NULL;
		struct err err = { .kind = ERR_NONE };
		EXPECT(!zone_parse(&arena, STR("X"), file, &zone, &err));
		EXPECT(zone == NULL && err.kind == ERR_INVALID);
		if (rows[i].error != NULL)
			EXPECT_STR(str_of(err.text), str_of(rows[i].error));
	}
}

static void
zone_parse__says_when_there_is_no_room(void)
{
	static char bytes[ZONE_FILE_MAX + 1];
	str file = read_whole(FOLDER "Europe-Berlin", bytes, sizeof(bytes));
	struct zone *zone = NULL;
	struct err err = { .kind = ERR_NONE };
	/* With any less than it needs. */
	size_t room = 0;
	for (; room < sizeof(memory) && zone == NULL; room++) {
		struct arena arena = arena_over(memory, room);
		err.kind = ERR_NONE;
		if (!zone_parse(&arena, STR("Europe/Berlin"), file, &zone, &err))
			EXPECT(err.kind == ERR_LIMIT && zone == NULL);
	}
	EXPECT(room > 1300 && room < sizeof(memory));
	struct arena arena = arena_over(memory, sizeof(memory));
	EXPECT(!zone_parse(&arena, STR("X"), (str){ bytes, sizeof(bytes) }, &zone, &err));
	EXPECT_STR(str_of(err.text), STR("zone 'X': over 65536 bytes"));
}

static size_t
put(char *file, size_t n, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		file[n + i] = (char)(value >> 8 * (bytes - 1 - i));
	return n + bytes;
}

/* Types of 0, 1, 2 ... hours east, `of` of them, and transitions to some; no rule follows. */
static str
file_of(const int64_t *at, const uint8_t *to, uint32_t n, uint32_t of)
{
	static char file[5000];
	const uint32_t counts[2][6] = { { 0, 0, 0, 0, 1, 2 }, { 0, 0, 0, n, of, 2 } };
	size_t end = 0;
	for (size_t block = 0; block < 2; block++) {
		memset(file + end, 0, 20);
		memcpy(file + end, "TZif2", 5);
		end += 20;
		for (size_t i = 0; i < 6; i++)
			end = put(file, end, counts[block][i], 4);
		for (size_t i = 0; i < counts[block][3]; i++)
			end = put(file, end, (uint64_t)at[i], 8);
		for (size_t i = 0; i < counts[block][3]; i++)
			end = put(file, end, to[i], 1);
		for (size_t i = 0; i < counts[block][4]; i++) {
			end = put(file, end, i % 24 * 3600, 4);
			end = put(file, end, 0, 2);
		}
		end = put(file, end, 'A' << 8, 2);
	}
	memcpy(file + end, "\n\n", 2);
	return (str){ file, end + 2 };
}

static void
zone_parse__refuses_transitions_that_cannot_be(void)
{
	static const struct {
		const char *name;
		int64_t at[3];
		uint8_t to[3];
		uint32_t of;
		const char *error; /* NULL: it is a zone */
	} rows[] = {
		{ "ascending", { 10, 20, 30 }, { 1, 0, 1 }, 2, NULL },
		{ "as many types as there may be", { 10, 20, 30 }, { 1, 0, 255 }, 256,
		    NULL },
		{ "one type more", { 10, 20, 30 }, { 1, 0, 1 }, 257,
		    "zone 'X': has no local time types, or too many" },
		{ "the same instant twice", { 10, 20, 20 }, { 1, 0, 1 }, 2,
		    "zone 'X': transitions do not ascend" },
		{ "descending", { 10, 20, 19 }, { 1, 0, 1 }, 2,
		    "zone 'X': transitions do not ascend" },
		{ "to a type that is not there", { 10, 20, 30 }, { 1, 0, 2 }, 2,
		    "zone 'X': transition to an unknown type" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct arena arena = arena_over(memory, sizeof(memory));
		struct zone *zone = NULL;
		struct err err = { .kind = ERR_NONE };
		bool ok = zone_parse(&arena, STR("X"),
		    file_of(rows[i].at, rows[i].to, 3, rows[i].of), &zone, &err);
		EXPECT(ok == (rows[i].error == NULL));
		if (rows[i].error != NULL)
			EXPECT_STR(str_of(err.text), str_of(rows[i].error));
		else if (ok)
			EXPECT(zone_offset(zone, 10) == 3600 && zone_offset(zone, 9) == 0);
	}
}

/* Clocks go 2 hours ahead, back after ten minutes, and ahead again after ten more: what they
 * never show was skipped first at the first change, and that is where it is placed. */
static void
zone_instant__of_what_is_skipped_twice_is_the_first_change(void)
{
	static const int64_t at[] = { 1000000, 1000600, 1001200 };
	static const uint8_t to[] = { 2, 0, 2 };
	struct arena arena = arena_over(memory, sizeof(memory));
	const struct zone *zone = parse(&arena, STR("X"), file_of(at, to, 3, 3));
	if (zone == NULL)
		return;
	struct civil c = zone_civil(zone_utc(), 1000000 + 3600);
	EXPECT(zone_instant(zone, &c, ZONE_START) == 1000000);
	EXPECT(zone_instant(zone, &c, ZONE_END) == 1000000);
	/* What is shown between the two is found there. */
	c = zone_civil(zone_utc(), 1000900);
	EXPECT(zone_instant(zone, &c, ZONE_START) == 1000900);
	EXPECT(zone_change_after(zone, 1001200) == INT64_MAX);
	EXPECT(zone_change_after(zone, 999999) == 1000000);
}

static void
zone_change_after__is_the_next_of_both_rules(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	const struct zone *zone =
	    parse(&arena, STR("X"), file_with("CET-1CEST,M3.5.0,M10.5.0/3"));
	EXPECT(zone_change_after(zone, 1774745999) == 1774746000);
	EXPECT(zone_change_after(zone, 1774746000) == 1792890000);
	EXPECT(zone_change_after(zone, 1792890000) == 1806195600); /* 2027-03-28 01:00Z */
	zone = parse(&arena, STR("X"), file_with("UTC0"));
	EXPECT(zone_change_after(zone, 0) == INT64_MAX);
	zone = parse(&arena, STR("X"), file_with(""));
	EXPECT(zone_change_after(zone, 0) == INT64_MAX);
	EXPECT(zone_change_after(zone_utc(), 0) == INT64_MAX);
}

int
main(void)
{
	RUN(zone__agrees_with_the_vectors);
	RUN(zone__every_second_has_its_place);
	RUN(zone_utc__is_always_there);
	RUN(zone_civil__stays_within_its_years);
	RUN(civil__counts_days_both_ways);
	RUN(zone_parse__understands_every_form_of_footer);
	RUN(zone_parse__refuses_malformed_footers);
	RUN(zone_parse__refuses_what_is_not_a_zone);
	RUN(zone_parse__refuses_transitions_that_cannot_be);
	RUN(zone_instant__of_what_is_skipped_twice_is_the_first_change);
	RUN(zone_change_after__is_the_next_of_both_rules);
	RUN(zone_parse__says_when_there_is_no_room);
	TEST_MAIN_END();
}
