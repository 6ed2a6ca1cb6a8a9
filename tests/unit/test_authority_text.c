/* Numbers, times and names, as decisions tell them. */
#include "authority/internal.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */
#define TODAY (WALL / DAY * DAY)

static char memory[2 * TEXT_BYTES_MAX];
static struct arena arena;
static struct text text;

static void
begin(size_t room)
{
	ASSERT(room <= sizeof(memory));
	arena = (struct arena){ .beg = memory, .end = memory + room };
	text_begin(&text, &arena);
}

static void
numbers__are_told_by_all_their_digits(void)
{
	static const struct {
		uint64_t value;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 9, "9" },
		{ 10, "10" },
		{ 11, "11" },
		{ 99, "99" },
		{ 100, "100" },
		{ 1000000007, "1000000007" },
		{ UINT64_MAX, "18446744073709551615" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].text;
		begin(100);
		add_u64(&text, rows[i].value);
		EXPECT_STR(text_end(&text), str_of(rows[i].text));
	}
	test_row = NULL;
}

static void
numbers__have_a_sign_where_they_are_below_nothing(void)
{
	static const struct {
		int64_t value;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ -1, "-1" },
		{ -10, "-10" },
		{ INT64_MAX, "9223372036854775807" },
		{ INT64_MIN, "-9223372036854775808" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].text;
		begin(100);
		add_i64(&text, rows[i].value);
		EXPECT_STR(text_end(&text), str_of(rows[i].text));
	}
	test_row = NULL;
}

static void
durations__are_told_by_the_largest_unit_that_says_them(void)
{
	static const struct {
		msec ms;
		const char *text;
	} rows[] = {
		{ 0, "0 ms" },
		{ 1, "1 ms" },
		{ 999, "999 ms" },
		{ SECOND, "1s" },
		{ SECOND + 1, "1001 ms" },
		{ 59 * SECOND, "59s" },
		{ MINUTE, "1m" },
		{ 90 * SECOND, "90s" },
		{ 61 * MINUTE, "61m" },
		{ HOUR, "1h" },
		{ HOUR + SECOND, "3601s" },
		{ 23 * HOUR, "23h" },
		{ DAY, "1d" },
		{ 25 * HOUR, "25h" },
		{ 7 * DAY, "7d" },
		{ DAY + 1, "86400001 ms" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].text;
		begin(100);
		add_duration(&text, rows[i].ms);
		EXPECT_STR(text_end(&text), str_of(rows[i].text));
	}
	test_row = NULL;
}

/* At the time that is told it must be true. */
static void
clocks__tell_the_minute_that_is_over_and_of_another_day_its_date(void)
{
	static const struct {
		msec at;
		const char *text;
	} rows[] = {
		{ WALL, "13:12 UTC" },
		{ WALL + 1, "13:13 UTC" },
		{ WALL + MINUTE, "13:13 UTC" },
		{ WALL + MINUTE - 1, "13:13 UTC" },
		{ WALL - 1, "13:12 UTC" },
		{ TODAY + MINUTE, "00:01 UTC" },
		{ TODAY + 1, "00:01 UTC" },
		{ TODAY + 7 * MINUTE, "00:07 UTC" },
		{ TODAY + HOUR, "01:00 UTC" },
		{ TODAY, "2026-11-23 00:00 UTC" },
		{ TODAY - 1, "2026-11-23 00:00 UTC" },
		{ TODAY - MINUTE, "2026-11-22 23:59 UTC" },
		{ TODAY + DAY - MINUTE, "23:59 UTC" },
		{ TODAY + DAY - MINUTE + 1, "2026-11-24 00:00 UTC" },
		{ TODAY + DAY, "2026-11-24 00:00 UTC" },
		{ TODAY + DAY + MINUTE, "2026-11-24 00:01 UTC" },
		{ WALL + DAY, "2026-11-24 13:12 UTC" },
		{ WALL - DAY, "2026-11-22 13:12 UTC" },
		{ 0, "1970-01-01 00:00 UTC" },
		{ UINT64_C(1767225600000) + 9 * HOUR, "2026-01-01 09:00 UTC" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].text;
		begin(100);
		add_clock(&text, rows[i].at, WALL);
		EXPECT_STR(text_end(&text), str_of(rows[i].text));
	}
	test_row = NULL;
}

static void
names__are_told_as_people_say_them(void)
{
	static const struct {
		const char *asking, *text;
	} rows[] = {
		{ "person:ana", "ana" },
		{ "agent:x", "agent x" },
		{ "automation", "automation" },
		{ "local-admin", "local-admin" },
		{ "person:", "" },
		{ "", "" },
	};
	static const struct person ana = { .id = { "ana", 3 } },
				   mei = { .id = { "mei", 3 } },
				   jon = { .id = { "jon", 3 } };
	static const struct person *const people[] = { &ana, &mei, &jon };
	static const char *const lists[] = { "", "ana", "ana or mei", "ana, mei or jon" };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].asking;
		begin(100);
		add_principal(&text, str_of(rows[i].asking));
		EXPECT_STR(text_end(&text), str_of(rows[i].text));
	}
	for (size_t n = 0; n < countof(lists); n++) {
		test_row = lists[n];
		begin(100);
		add_people(&text, people, n, STR(" or "));
		EXPECT_STR(text_end(&text), str_of(lists[n]));
	}
	test_row = NULL;
}

static void
askers__are_told_apart_by_what_they_are_called(void)
{
	static const struct {
		const char *text;
		enum asker_kind kind;
		const char *name;
	} rows[] = {
		{ "person:ana", ASKER_PERSON, "ana" },
		{ "person:a", ASKER_PERSON, "a" },
		{ "person:", ASKER_OTHER, "" },
		{ "person", ASKER_OTHER, "" },
		{ "personal:a", ASKER_OTHER, "" },
		{ "persona", ASKER_OTHER, "" },
		{ "Person:ana", ASKER_OTHER, "" },
		{ "agent:x", ASKER_AGENT, "x" },
		{ "agent:agent:x", ASKER_AGENT, "agent:x" },
		{ "agent:", ASKER_OTHER, "" },
		{ "agents:x", ASKER_OTHER, "" },
		{ "agent-x", ASKER_OTHER, "" },
		{ "automation", ASKER_AUTOMATION, "" },
		{ "automation:", ASKER_OTHER, "" },
		{ "automatio", ASKER_OTHER, "" },
		{ "local-admin", ASKER_OTHER, "" },
		{ "", ASKER_OTHER, "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].text;
		const struct asker asker = asker_of(str_of(rows[i].text), NULL);
		EXPECT(asker.kind == rows[i].kind);
		EXPECT_STR(asker.name, str_of(rows[i].name));
		EXPECT_STR(asker.text, str_of(rows[i].text));
		EXPECT(asker.person == NULL && asker.over == NULL && asker.whom_n == 0 &&
		       asker.hash == 0);
	}
	test_row = NULL;
}

/* What is over the maximum, or the arena, is left out; what follows goes on behind it. */
static void
text__ends_where_there_is_no_room(void)
{
	static const struct {
		size_t room, n;
	} rows[] = {
		{ 0, 0 },
		{ 1, 1 },
		{ 9, 9 },
		{ 10, 10 },
		{ TEXT_BYTES_MAX - 1, TEXT_BYTES_MAX - 1 },
		{ TEXT_BYTES_MAX, TEXT_BYTES_MAX },
		{ TEXT_BYTES_MAX + 1, TEXT_BYTES_MAX },
		{ sizeof(memory), TEXT_BYTES_MAX },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		begin(rows[i].room);
		for (size_t k = 0; k < TEXT_BYTES_MAX; k++)
			ADD(&text, STR("01234567890"));
		str all = text_end(&text);
		EXPECT_U64(all.n, rows[i].n);
		EXPECT(all.p == memory);
		EXPECT(arena.beg == memory + rows[i].n);
		for (size_t k = 0; k < all.n; k++)
			EXPECT(all.p[k] == "01234567890"[k % 11]);
	}
}

int
main(void)
{
	RUN(numbers__are_told_by_all_their_digits);
	RUN(numbers__have_a_sign_where_they_are_below_nothing);
	RUN(durations__are_told_by_the_largest_unit_that_says_them);
	RUN(clocks__tell_the_minute_that_is_over_and_of_another_day_its_date);
	RUN(names__are_told_as_people_say_them);
	RUN(askers__are_told_apart_by_what_they_are_called);
	RUN(text__ends_where_there_is_no_room);
	TEST_MAIN_END();
}
