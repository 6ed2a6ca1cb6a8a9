#include "cli/output.h"

#include "support/test.h"

static char memory[64 << 10];

static struct out
begin(struct arena *arena, size_t width)
{
	*arena = arena_over(memory, sizeof(memory));
	return (struct out){
		.text = BUF(10000),
		.arena = arena,
		.zone = zone_utc(),
		.width = width,
	};
}

static void
out_text__never_lets_a_control_character_through(void)
{
	static const struct {
		const char *name, *in, *want;
	} rows[] = {
		{ "plain", "a b\n\tc", "a b\n\tc" },
		{ "escape", "\033[31mred", "?[31mred" },
		{ "bell, delete and carriage return", "a\a\177\rb", "a???b" },
		{ "C1: a CSI of two bytes",
		    "a\xc2\x9b"
		    "31m",
		    "a?31m" },
		{ "the direction of writing",
		    "a\xe2\x80\xae"
		    "b\xe2\x81\xa6"
		    "c\xe2\x80\xa8\xe2\x80",
		    "a?b?c\xe2\x80\xa8\xe2\x80" },
		{ "letters outside ASCII", "d\xc3\xa9j\xc3\xa0 \xe2\x94\x94",
		    "d\xc3\xa9j\xc3\xa0 \xe2\x94\x94" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct arena arena;
		struct out out = begin(&arena, 80);
		out_text(&out, str_of(rows[i].in));
		EXPECT_STR(buf_str(&out.text), str_of(rows[i].want));
		buf_done(&out.text);
	}
}

static void
out_lines__keeps_to_the_width(void)
{
	static const struct {
		const char *name, *in, *want;
	} rows[] = {
		{ "short", "one two", "one two\n" },
		{ "empty", "", "\n" },
		{ "wrapped below itself", "alpha beta gamma delta epsilon",
		    "alpha beta gamma\n> delta epsilon\n" },
		{ "a word longer than the line", "a 0123456789012345678901234 b",
		    "a\n> 0123456789012345678901234\n> b\n" },
		{ "lines of its own", "first\nsecond line", "first\n> second line\n" },
		{ "exactly as wide", "12345678901234567890", "12345678901234567890\n" },
		{ "many blanks are one", "a   b", "a b\n" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct arena arena;
		struct out out = begin(&arena, 20);
		out_lines(&out, STR("> "), 0, str_of(rows[i].in));
		EXPECT_STR(buf_str(&out.text), str_of(rows[i].want));
		buf_done(&out.text);
	}
}

static void
out_styled__is_plain_without_colour(void)
{
	struct arena arena;
	struct out out = begin(&arena, 80);
	out_styled(&out, STYLE_BAD, STR("down"));
	EXPECT_STR(buf_str(&out.text), STR("down"));
	out.colour = true;
	out_styled(&out, STYLE_BAD, STR("!"));
	EXPECT_STR(buf_str(&out.text), STR("down\033[31m!\033[0m"));
	buf_done(&out.text);
}

static void
text_length__has_two_units_at_most(void)
{
	static const struct {
		msec ms;
		const char *want;
	} rows[] = {
		{ 0, "0ms" },
		{ 290, "290ms" },
		{ 1000, "1.0s" },
		{ 9940, "9.9s" },
		{ 12 * SECOND, "12s" },
		{ 125 * SECOND, "2m 5s" },
		{ 192 * MINUTE, "3h 12m" },
		{ 4 * DAY + 2 * HOUR, "4d 2h" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].want;
		struct arena arena = arena_over(memory, sizeof(memory));
		EXPECT_STR(text_length(&arena, rows[i].ms), str_of(rows[i].want));
	}
}

static void
text_date_time__names_its_zone(void)
{
	struct arena arena;
	struct out out = begin(&arena, 80);
	EXPECT_STR(text_date_time(&out, 1795418302380), STR("2026-11-23 07:18:22 UTC"));
	EXPECT_STR(text_clock(&out, 1795418302380), STR("07:18:22"));
}

int
main(void)
{
	RUN(out_text__never_lets_a_control_character_through);
	RUN(out_lines__keeps_to_the_width);
	RUN(out_styled__is_plain_without_colour);
	RUN(text_length__has_two_units_at_most);
	RUN(text_date_time__names_its_zone);
	TEST_MAIN_END();
}
