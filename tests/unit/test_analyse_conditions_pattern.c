/*
 * What is made up for a pattern is the first of the shortest texts: so each thing that a
 * pattern can say is told from its neighbours by the very text.
 */
#include "authority/analysing.h"
#include "support/config.h"
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
		/* from the first to the last of each */
		{ "\\p{N}", "9*", "9" },
		{ "\\p{Ll}", "z*", "z" },
		{ "\\p{Ll}", "A*", NULL },
		{ "\\p{Lu}", "A*", "A" },
		{ "\\p{Lu}", "Z*", "Z" },
		{ "\\p{Lu}", "a*", NULL },
		{ "\\p{L}", "z*", "z" },
		{ "\\p{L}", "A*", "A" },
		{ "\\p{L}", "Z*", "Z" },
		{ "\\p{L}", "1*", NULL },
		{ "\\p{P}", "!*", "!" },
		{ "\\p{S}", "/*", "/" },
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

/* 4,000 that lead nowhere, five around them, and one for each sign that takes nothing. */
static void
pattern__has_4095_states_at_most(void)
{
	char pattern[REGEX_BYTES_MAX] = "(a{2000}){0}";
	size_t n = strlen(pattern);
	memset(&pattern[n], '^', 91);
	pattern[n + 91] = 'b';
	struct arena scratch = arena;
	str text;
	EXPECT(!pattern_text_made(str_of(pattern), STR("*"), 0, &scratch, &text));
	memmove(&pattern[n], &pattern[n + 1], 92);
	EXPECT(pattern_text_made(str_of(pattern), STR("*"), 0, &scratch, &text));
	EXPECT_STR(text, STR("b"));
}

static void
pattern__has_31_groups_in_groups_at_most(void)
{
	static const char open[] = "((((((((((((((((((((((((((((((((",
			  close[] = "))))))))))))))))))))))))))))))))";
	static_assert(sizeof(open) == 32 + 1 && sizeof(close) == 32 + 1, "one too many");
	struct arena scratch = arena;
	str text;
	EXPECT(!pattern_text_made(arena_printf(&scratch, "%sa%s", open, close), STR("*"), 0,
	    &scratch, &text));
	EXPECT(pattern_text_made(arena_printf(&scratch, "%sa%s", &open[1], &close[1]),
	    STR("*"), 0, &scratch, &text));
	EXPECT_STR(text, STR("a"));
}

/* ---- held against the matcher ---- */

static const char config_head[] =
    "fallback: ops\nchannels:\n  pager: {webhook: 'http://127.0.0.1:8001/page'}\n"
    "people:\n  ana: {reach: [pager]}\n"
    "teams:\n  ops: {kind: operations, on_call: {zone: UTC, rotations: "
    "[{name: all, people: [ana], handover: 'Mon 09:00'}], escalate: [{to: all}]}}\n"
    "services:\n  shop: {owner: ops, tier: 1}\nactions:\n";

/* An action for each pattern, whose first parameter it is of. */
static const struct model *
patterns_read(struct config *config, const char *const *patterns, size_t n)
{
	static char text[32768];
	struct buf all = BUF(sizeof(text) - 1);
	buf_add(&all, str_of(config_head));
	for (size_t i = 0; i < n; i++)
		buf_printf(&all,
		    "  a%zu: {verb: v%zu, params: {x: {type: string, pattern: '%s'}}, run: "
		    "[act, '${x}']}\n",
		    i, i, patterns[i]);
	EXPECT(!all.overflow);
	memcpy(text, buf_str(&all).p, buf_str(&all).n);
	text[buf_str(&all).n] = '\0';
	buf_done(&all);
	config_open(config);
	config_add(config, "a.yaml", text);
	const struct model *model = config_load(config);
	if (model == NULL)
		(void)fprintf(stderr, "%.*s\n", STR_ARG(config_faults(config)));
	ASSERT(model != NULL);
	return model;
}

static void
expect_alike(const struct param *param, str text)
{
	struct arena scratch = arena;
	str made;
	bool takes = regex_match(param->pattern, text);
	bool ok = pattern_text_made(param->pattern_text, text, 0, &scratch, &made);
	if (ok != takes)
		(void)fprintf(stderr, "%s: '%.*s' is %s\n", test_row, STR_ARG(text),
		    takes ? "taken" : "not taken");
	EXPECT(ok == takes);
	EXPECT(!ok || str_eq(made, text));
}

/* Each printable sign, but those that stand for others in a `like`. */
static void
pattern__takes_each_sign_that_the_matcher_takes(void)
{
	static const char *const patterns[] = { "\\d", "\\D", "\\w", "\\W", "\\s", "\\S",
		"\\h", "\\H", ".", "[abc]", "[^a-z]", "[a-c0-2_.-]", "[[:alnum:]]",
		"[[:alpha:]]", "[[:digit:]]", "[[:lower:]]", "[[:upper:]]", "[[:word:]]",
		"[[:xdigit:]]", "[[:punct:]]", "[[:space:]]", "[[:blank:]]", "[[:print:]]",
		"[[:graph:]]", "[[:^digit:]]", "[[:^alnum:]]", "[[:^punct:]]",
		"[^[:alpha:]]", "[[:digit:][:upper:]_]", "[\\d_]", "[^\\d]", "[\\w.-]",
		"[\\W\\d]", "[a\\-z]", "[+--]", "[!-/]", "[ -~]", "\\x41", "\\x39", "\\x4f",
		"\\x5A", "\\x{7e}", "[\\x30-\\x39]", "[\\x41-\\x43]", "\\.", "[\\]]",
		"[]a]", "[^]a]", "[a-]", "[-a]", "[\\.\\\\]", "[^ -~]", "a|b|[0-3]",
		"(?:a|b)", "[a-c]|[x-z]", "(a|(b|(c)))", "x{0}y", "[0-9]{1}", "a?b",
		"[A-Z]{1,9}", "[a-fA-F0-9]{1,}", "a*", "a+", "z*y?x{0,1}" };
	static struct config config;
	const struct model *model = patterns_read(&config, patterns, countof(patterns));
	for (size_t i = 0; i < countof(patterns); i++) {
		test_row = patterns[i];
		for (char c = ' '; c < 0x7f; c++) {
			if (c != '*' && c != '?')
				expect_alike(&model->actions[i].params.p[0],
				    (str){ &c, 1 });
		}
		/* Matched or not, it stands in no value. */
		struct arena scratch = arena;
		str made;
		EXPECT(!pattern_text_made(str_of(patterns[i]), STR("\x7f"), 0, &scratch,
		    &made));
	}
	config_close(&config);
	test_row = NULL;
}

/* As often as the matcher takes it, and no more. */
static void
pattern__takes_as_often_as_the_matcher_takes(void)
{
	static const char *const patterns[] = { "a", "a?", "a+", "a*", "a{0}", "a{1}",
		"a{9}", "a{0,9}", "a{10}", "a{09}", "a{2,}", "a{0,}", "a{19,19}", "a{3,5}",
		"(aa)*", "(aaa){1,3}", "(a{2}){3}", "a{2}a{3}", "a?a?a?", "(a|aa){4}",
		"(aaa|aaaaa)+", "a{4}|a{7}", "a*a{5}", "(a{3}|a{5}){2}", "((a)(a)){2,3}",
		"a{1,2}a{10}" };
	static const char many[] = "aaaaaaaaaaaaaaaaaaaaaaaa";
	static struct config config;
	const struct model *model = patterns_read(&config, patterns, countof(patterns));
	for (size_t i = 0; i < countof(patterns); i++) {
		test_row = patterns[i];
		for (size_t n = 0; n < sizeof(many); n++)
			expect_alike(&model->actions[i].params.p[0],
			    str_take(STR(many), n));
	}
	config_close(&config);
	test_row = NULL;
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
	RUN(pattern__has_4095_states_at_most);
	RUN(pattern__has_31_groups_in_groups_at_most);
	RUN(pattern__and_like_have_a_size_that_they_may_have);
	RUN(pattern__takes_each_sign_that_the_matcher_takes);
	RUN(pattern__takes_as_often_as_the_matcher_takes);
	RUN(values__are_made_for_strings_names_and_numbers_alone);
	RUN(values__are_never_empty);
	arena_unmap(&map);
	TEST_MAIN_END();
}
