/*
 * What is made up for a pattern is the first of the shortest texts: so each thing that a
 * pattern can say is told from its neighbours by the very text.
 */
#include "authority/analysing.h"
#include "support/test.h"

static struct arena_map map;
static struct arena arena;

struct made {
	const char *pattern, *like, *text; /* NULL: none */
};

static void
expect(const struct made *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct arena scratch = arena;
		str text = STR("none");
		test_row = rows[i].pattern;
		bool ok = pattern_text_made(str_of(rows[i].pattern), str_of(rows[i].like),
		    0, &scratch, &text);
		EXPECT(ok == (rows[i].text != NULL));
		EXPECT_STR(text, rows[i].text != NULL ? str_of(rows[i].text) : STR("none"));
	}
	test_row = NULL;
}

static void
pattern__takes_what_its_classes_take(void)
{
	static const struct made rows[] = {
		{ "\\d", "*", "0" },
		{ "\\D", "*", "a" },
		{ "\\w", "*", "a" },
		{ "\\W", "*", "-" },
		{ "\\s", "*", " " },
		{ "\\S", "*", "a" },
		{ "\\h", "*", " " },
		{ "\\H", "*", "a" },
		{ "\\N", "*", "a" },
		{ "[a]", "*", "a" },
		{ "[c-e]", "*", "c" },
		{ "[+-]", "*", "-" },
		{ "[\\d]", "*", "0" },
		{ "[\\.]", "*", "." },
		{ "[\\p{Lu}]", "*", "A" },
		{ "[\\P{L}]", "*", "0" },
		{ "\\p{^Ll}", "*", "0" },
		{ "\\p{Ll}", "*", "a" },
		{ "\\pN", "*", "0" },
		{ "\\p{P}", "*", "-" },
		{ "\\pS", "*", "-" },
		{ "\\p{L}", "*", "a" },
		/* of more than ASCII nothing, and of an order that is none */
		{ "[ö]", "*", NULL },
		{ "[a-ö]", "*", NULL },
		{ "[b-a]", "*", NULL },
		/* not closed */
		{ "[ab", "*", NULL },
		{ "[a", "*", NULL },
		{ "[[:alpha:", "*", NULL },
		{ "[[:alpha:]]", "*", "a" },
	};
	expect(rows, countof(rows));
}

static void
pattern__takes_bytes_by_their_number_and_signs_behind_a_backslash(void)
{
	static const struct made rows[] = {
		{ "\\x2e", "*", "." },
		{ "\\x4A", "*", "J" },
		{ "\\x{41}", "*", "A" },
		{ "\\x{}", "*", NULL },
		{ "\\x{41", "*", NULL },
		/* no digit: the byte 0, which no value has */
		{ "\\x", "*", NULL },
		{ "\\x-", "*", NULL },
		{ "\\xg", "*", NULL },
		{ "\\x.", "*", NULL },
		{ "\\.", "*", "." },
		{ "\\:", "*", ":" },
		{ "\\[", "*", "[" },
		{ "\\{", "*", "{" },
		{ "\\1", "*", NULL },
		{ "\\a", "*", NULL },
		{ "\\C", "*", NULL },
		{ "\\Qa.b", "*", "a.b" },
		{ "\\Qa.b\\Ec", "*", "a.bc" },
	};
	expect(rows, countof(rows));
}

static void
pattern__takes_groups_of_every_kind(void)
{
	static const struct made rows[] = {
		{ "(?<w>a)", "*", "a" },
		{ "(?P<w>a)", "*", "a" },
		{ "(?'w'a)", "*", "a" },
		{ "(?>a)", "*", "a" },
		{ "(?|a|b)", "*", "a" },
		{ "(?i:a)", "*", "a" },
		{ "(?i)a", "*", "a" },
		{ "(?i", "*", NULL },
		{ "a)b", "*", NULL },
		{ "(a", "*", NULL },
	};
	expect(rows, countof(rows));
}

static void
pattern__takes_as_many_as_are_wanted(void)
{
#define TEN "abcdefghij"
	static const struct made rows[] = {
		{ "a{3}", "*", "aaa" },
		{ "a{2,}", "*", "aa" },
		{ "a{2,3}b", "*", "aab" },
		{ "a{000003}", "*", "aaa" },
		/* as many as the most, and not one more */
		{ "a{0,2}", "aa*", "aa" },
		{ "a{0,2}", "aaa*", NULL },
		{ "a{1,2}", "aaa*", NULL },
		{ "a{2,3}", "aaa*", "aaa" },
		{ "a{2,3}", "aaaa*", NULL },
		{ "a{2,4}", "aaaa*", "aaaa" },
		/* then it stands for itself */
		{ "a{3", "*", "a{3" },
		{ "a{b}", "*", "a{b}" },
		{ "a{", "*", "a{" },
		/* larger than an automaton may be */
		{ "a{5000}", "*", NULL },
		{ "(?:" TEN TEN TEN TEN "){0,60}", "*", NULL },
		{ "(?:" TEN TEN TEN TEN "){0,6}", "*", "" },
	};
	expect(rows, countof(rows));
}

static void
pattern__and_like_have_a_size_that_they_may_have(void)
{
	char long_pattern[REGEX_BYTES_MAX + 2] = { 0 }, stars[122] = { 0 };
	memset(stars, '*', 121);
	memset(long_pattern, '.', REGEX_BYTES_MAX + 1);
	const struct made too_long[] = {
		{ "a*", stars, NULL },
		{ "a*", &stars[1], "" },
		{ long_pattern, "*", NULL },
	};
	expect(too_long, countof(too_long));
	/* Short enough, and more ways to look at than there is room for. */
	struct arena scratch = arena;
	str text;
	EXPECT(pattern_text_made(STR("a{400}"), STR("*"), 0, &scratch, &text) &&
	       text.n == 400);
	EXPECT(!pattern_text_made(STR("a{400}"), (str){ stars, 100 }, 0, &scratch, &text));
}

/* ---- of parameters ---- */

static void
values__are_made_for_strings_names_and_numbers_alone(void)
{
	static const struct {
		enum param_kind kind;
		const char *like, *made; /* NULL: none */
	} rows[] = {
		{ PARAM_NAME, "web-*", "web-" },
		{ PARAM_INTEGER, "4*", "4" },
		{ PARAM_HOST, "*", NULL },
		{ PARAM_SERVICE, "*", NULL },
		{ PARAM_ONE_OF, "*", NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena scratch = arena;
		struct param param = { .kind = rows[i].kind,
			.min = INT64_MIN,
			.max = INT64_MAX };
		str made = STR("none");
		test_row = rows[i].like;
		EXPECT(value_made(&param, str_of(rows[i].like), 0, &scratch, &made) ==
		       (rows[i].made != NULL));
		EXPECT_STR(made, rows[i].made != NULL ? str_of(rows[i].made) : STR("none"));
	}
	test_row = NULL;
}

/* The shortest that a pattern takes may be no value at all: then a longer one is. */
static void
values__are_never_empty(void)
{
	struct arena scratch = arena;
	str made;
	struct param any = { .kind = PARAM_STRING, .pattern_text = STR("a*") };
	EXPECT(value_made(&any, STR("*"), 0, &scratch, &made));
	EXPECT_STR(made, STR("aa"));
}

int
main(void)
{
	arena = arena_map(&map, (size_t)1 << 20);
	RUN(pattern__takes_what_its_classes_take);
	RUN(pattern__takes_bytes_by_their_number_and_signs_behind_a_backslash);
	RUN(pattern__takes_groups_of_every_kind);
	RUN(pattern__takes_as_many_as_are_wanted);
	RUN(pattern__and_like_have_a_size_that_they_may_have);
	RUN(values__are_made_for_strings_names_and_numbers_alone);
	RUN(values__are_never_empty);
	arena_unmap(&map);
	TEST_MAIN_END();
}
