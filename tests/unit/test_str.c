#include "base/str.h"

#include "support/test.h"

static void
str_cut__splits_at_the_first_separator(void)
{
	struct str_cut cut = str_cut(STR("a=b=c"), '=');
	EXPECT(cut.found);
	EXPECT_STR(cut.head, STR("a"));
	EXPECT_STR(cut.tail, STR("b=c"));
}

static void
str_cut__without_a_separator_is_all_head(void)
{
	struct str_cut cut = str_cut(STR("abc"), '=');
	EXPECT(!cut.found);
	EXPECT_STR(cut.head, STR("abc"));
	EXPECT_STR(cut.tail, STR(""));
	cut = str_cut((str){ NULL, 0 }, '=');
	EXPECT(!cut.found && cut.head.n == 0 && cut.tail.n == 0);
}

static void
str_cmp__orders_by_bytes_then_length(void)
{
	EXPECT(str_cmp(STR("a"), STR("b")) < 0);
	EXPECT(str_cmp(STR("ab"), STR("a")) > 0);
	EXPECT(str_cmp(STR("a"), STR("a")) == 0);
	EXPECT(str_cmp(STR("\xc3"), STR("z")) > 0);
	EXPECT(str_cmp((str){ NULL, 0 }, STR("")) == 0);
}

static void
str_starts_ends_contains__look_at_bytes(void)
{
	EXPECT(str_starts(STR("runbooks/x.md"), STR("runbooks/")));
	EXPECT(!str_starts(STR("run"), STR("runbooks")));
	EXPECT(str_ends(STR("x.md"), STR(".md")));
	EXPECT(!str_ends(STR("md"), STR(".md")));
	EXPECT(str_eq_caseless(STR("aBc-1"), STR("AbC-1")));
	EXPECT(
	    !str_eq_caseless(STR("a"), STR("ab")) && !str_eq_caseless(STR("@"), STR("`")));
	EXPECT(str_contains(STR("abc"), STR("bc")));
	EXPECT(str_contains(STR("abc"), STR("")));
	EXPECT(!str_contains(STR("abc"), STR("cb")));
	EXPECT(!str_contains((str){ NULL, 0 }, STR("a")));
}

static void
str_trim__takes_blanks_off_both_ends(void)
{
	EXPECT_STR(str_trim(STR(" \t a b\r\n")), STR("a b"));
	EXPECT_STR(str_trim(STR(" \n ")), STR(""));
}

static void
str_u64__takes_digits_up_to_the_maximum(void)
{
	static const struct {
		const char *in;
		uint64_t max, want;
		bool ok;
	} rows[] = {
		{ "0", 9, 0, true },
		{ "007", 9, 7, true },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX, true },
		{ "18446744073709551616", UINT64_MAX, 0, false },
		{ "99999999999999999999", UINT64_MAX, 0, false },
		{ "10", 9, 0, false },
		{ "", 9, 0, false },
		{ "+1", 9, 0, false },
		{ "-1", 9, 0, false },
		{ " 1", 9, 0, false },
		{ "1x", 9, 0, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].in;
		uint64_t value = 12345;
		EXPECT(str_u64(str_of(rows[i].in), rows[i].max, &value) == rows[i].ok);
		EXPECT_U64(value, rows[i].ok ? rows[i].want : 12345);
	}
}

static void
str_double__takes_json_numbers_that_are_finite(void)
{
	static const struct {
		const char *in;
		double want;
		bool ok;
	} rows[] = {
		{ "0", 0, true },
		{ "-1.5", -1.5, true },
		{ "1e3", 1000, true },
		{ "2.5E-1", 0.25, true },
		{ "1e999", 0, false },
		{ "", 0, false },
		{ "-", 0, false },
		{ "1.", 0, false },
		{ ".5", 0, false },
		{ "1e", 0, false },
		{ "1e+", 0, false },
		{ "0x10", 0, false },
		{ "inf", 0, false },
		{ "nan", 0, false },
		{ " 1", 0, false },
		{ "1 ", 0, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].in;
		double value = 7;
		EXPECT(str_double(str_of(rows[i].in), &value) == rows[i].ok);
		double want = rows[i].ok ? rows[i].want : 7;
		EXPECT(!(value < want) && !(value > want));
	}
}

static void
str_utf8__knows_what_is_not_text(void)
{
	static const struct {
		const char *name;
		str in;
		bool ok;
	} rows[] = {
		{ "empty", { "", 0 }, true },
		{ "ascii", { "plain", 5 }, true },
		{ "two, three and four bytes",
		    { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\xa5", 9 }, true },
		{ "last code point", { "\xf4\x8f\xbf\xbf", 4 }, true },
		{ "NUL", { "a\0b", 3 }, false },
		{ "NUL in a long text", { "0123456789abcdef0123\0", 21 }, false },
		{ "lone tail", { "\x80", 1 }, false },
		{ "cut short", { "\xe2\x82", 2 }, false },
		{ "overlong two", { "\xc0\xaf", 2 }, false },
		{ "overlong three", { "\xe0\x80\xaf", 3 }, false },
		{ "overlong four", { "\xf0\x80\x80\xaf", 4 }, false },
		{ "surrogate", { "\xed\xa0\x80", 3 }, false },
		{ "past the end", { "\xf4\x90\x80\x80", 4 }, false },
		{ "no such lead", { "\xff", 1 }, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		EXPECT(str_utf8(rows[i].in) == rows[i].ok);
	}

	/* wherever in a text of any length the fault lies */
	for (size_t at = 0; at < 40; at++) {
		char text[40];
		memset(text, 'x', sizeof(text));
		for (size_t n = at + 1; n <= sizeof(text); n++) {
			text[at] = 'x';
			EXPECT(str_utf8((str){ text, n }));
			text[at] = '\xff';
			EXPECT(!str_utf8((str){ text, n }));
			text[at] = '\0';
			EXPECT(!str_utf8((str){ text, n }));
			text[at] = '\x7f';
			EXPECT(str_utf8((str){ text, n }));
			memcpy(text + at, "\xc3\xa9", at + 1 < n ? 2 : 1);
			EXPECT(str_utf8((str){ text, n }) == (at + 1 < n));
			memset(text, 'x', sizeof(text));
		}
	}
}

static void
str_distance__counts_slips(void)
{
	EXPECT_U64(str_distance(STR("tier"), STR("tier"), 3), 0);
	EXPECT_U64(str_distance(STR("teir"), STR("tier"), 3), 1);
	EXPECT_U64(str_distance(STR("ownr"), STR("owner"), 3), 1);
	EXPECT_U64(str_distance(STR("ownerr"), STR("owner"), 3), 1);
	EXPECT_U64(str_distance(STR("kitten"), STR("sitting"), 5), 3);
	EXPECT_U64(str_distance(STR("kitten"), STR("sitting"), 2), 3);
	EXPECT_U64(str_distance(STR(""), STR("abc"), 9), 3);
	char many[200];
	memset(many, 'a', sizeof(many));
	EXPECT_U64(str_distance((str){ many, 200 }, (str){ many, 100 }, 9), 0);
}

static void
str_printf__prints_so_much_in_whole_characters(void)
{
	char text[STR_PRINTED_MAX + 8];
	memset(text, 'a', sizeof(text));
	EXPECT_U64((size_t)str_printf_len((str){ text, STR_PRINTED_MAX }), STR_PRINTED_MAX);
	EXPECT_U64((size_t)str_printf_len((str){ text, sizeof(text) }), STR_PRINTED_MAX);
	/* The euro sign goes over the end. */
	memcpy(&text[STR_PRINTED_MAX - 2], "\xe2\x82\xac", 3);
	EXPECT_U64((size_t)str_printf_len((str){ text, sizeof(text) }),
	    STR_PRINTED_MAX - 2);
}

int
main(void)
{
	RUN(str_printf__prints_so_much_in_whole_characters);
	RUN(str_cut__splits_at_the_first_separator);
	RUN(str_cut__without_a_separator_is_all_head);
	RUN(str_cmp__orders_by_bytes_then_length);
	RUN(str_starts_ends_contains__look_at_bytes);
	RUN(str_trim__takes_blanks_off_both_ends);
	RUN(str_u64__takes_digits_up_to_the_maximum);
	RUN(str_double__takes_json_numbers_that_are_finite);
	RUN(str_utf8__knows_what_is_not_text);
	RUN(str_distance__counts_slips);
	TEST_MAIN_END();
}
