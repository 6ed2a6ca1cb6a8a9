#include "base/json.h"

#include "support/test.h"

static char memory[1 << 12];

/* Does the whole text read as one value? */
static bool
is_json(str text, const char **ret_error, size_t *ret_at)
{
	struct json j;
	json_open(&j, text, NULL);
	bool ok = json_skip(&j) && json_close(&j);
	*ret_error = j.error;
	*ret_at = j.error_at;
	return ok;
}

static void
json__takes_what_the_rfc_allows(void)
{
	static const char *const rows[] = { "null", " true ", "false", "0", "-0",
		"-1.5e+10", "1E3", "[]", "{}", "[ ]", "{ }", "[1,2]", "[\n1 ,\t2\r]",
		"{\"a\":1,\"a\":2}", "\"\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
		"\"\\ud83d\\udd25\"", "\"\x7f\"", "\"\xc3\xa9\xf0\x9f\x94\xa5\"",
		"[[[{\"a\":[]}]]]", "{\"\":\"\"}",
		"              \n                     [            1               ]" };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i];
		const char *error;
		size_t at;
		EXPECT(is_json(str_of(rows[i]), &error, &at));
		EXPECT(error == NULL);
	}
}

static void
json__refuses_the_rest_and_says_where(void)
{
	static const struct {
		const char *in, *error;
		size_t at;
	} rows[] = {
		{ "", "expected a value", 0 },
		{ "  ", "expected a value", 2 },
		{ "[", "unexpected end of text", 1 },
		{ "[1", "unexpected end of text", 2 },
		{ "[1,", "expected a value", 3 },
		{ "[1,]", "expected a value", 3 },
		{ "[,1]", "expected a value", 1 },
		{ "[1 2]", "expected ',' or ']'", 3 },
		{ "[1}", "expected ',' or ']'", 2 },
		{ "]", "expected a value", 0 },
		{ "{\"a\"}", "expected ':'", 4 },
		{ "{\"a\":}", "expected a value", 5 },
		{ "{\"a\":1,}", "expected a member's name in quotes", 7 },
		{ "{a:1}", "expected a member's name in quotes", 1 },
		{ "{1:1}", "expected a member's name in quotes", 1 },
		{ "{\"a\":1]", "expected ',' or '}'", 6 },
		{ "{\"a\":1 \"b\":2}", "expected ',' or '}'", 7 },
		{ "{} {}", "expected the end of the text", 3 },
		{ "tru", "expected true or false", 0 },
		{ "True", "expected a value", 0 },
		{ "nul", "expected null", 0 },
		{ "nullx", "expected the end of the text", 4 },
		{ "01", "malformed number", 0 },
		{ "-", "malformed number", 0 },
		{ "+1", "expected a value", 0 },
		{ "1.", "malformed number", 0 },
		{ ".5", "expected a value", 0 },
		{ "1e", "malformed number", 0 },
		{ "1e+", "malformed number", 0 },
		{ "0x1", "expected the end of the text", 1 },
		{ "NaN", "expected a value", 0 },
		{ "\"", "unterminated string", 1 },
		{ "\"abc", "unterminated string", 4 },
		{ "\"abc\\", "unterminated string", 4 },
		{ "\"\\\"", "unterminated string", 3 },
		{ "\"\\x\"", "unknown escape in a string", 1 },
		{ "\"\\u12g4\"", "expected four hexadecimal digits after '\\u'", 1 },
		{ "\"\\u12", "expected four hexadecimal digits after '\\u'", 1 },
		{ "\"\\u0000\"", "'\\u0000' is not allowed in text", 1 },
		{ "\"\\ud83d\"", "half of a surrogate pair in a string", 1 },
		{ "\"\\ud83d\\u0041\"", "half of a surrogate pair in a string", 1 },
		{ "\"\\udd25\"", "half of a surrogate pair in a string", 1 },
		{ "\"a\nb\"", "control character in a string", 2 },
		{ "\"0123456789abcdef\x1f\"", "control character in a string", 17 },
		{ "\"0123456789abcdef\xff\"", "string is not UTF-8", 17 },
		{ "\"\xed\xa0\x80\"", "string is not UTF-8", 1 },
		{ "\"\xe2\x82\"", "string is not UTF-8", 1 },
		{ "\xef\xbb\xbf{}", "expected a value", 0 },
		{ "'a'", "expected a value", 0 },
		{ "[1] // no", "expected the end of the text", 4 },
		{ "[\"a\"\f]", "expected ',' or ']'", 4 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].in;
		const char *error;
		size_t at;
		EXPECT(!is_json(str_of(rows[i].in), &error, &at));
		EXPECT_STR(str_of(error ? error : ""), str_of(rows[i].error));
		EXPECT_U64(at, rows[i].at);
	}
}

static void
json__refuses_a_raw_nul(void)
{
	const char *error;
	size_t at;
	EXPECT(!is_json((str){ "\"a\0b\"", 5 }, &error, &at));
	EXPECT(!is_json((str){ "[1\0]", 4 }, &error, &at));
	EXPECT(!is_json((str){ "1\0", 2 }, &error, &at));
	EXPECT(!is_json((str){ NULL, 0 }, &error, &at));
}

static void
json__reads_in_order(void)
{
	struct arena strings = arena_over(memory, sizeof(memory));
	struct json j;
	json_open(&j,
	    STR(" {\"id\": \"caf\\u00e9 \\ud83d\\udd25\", \"n\": 42, \"on\": true,"
		" \"none\": null, \"tags\": [\"a\", \"b\\n\"], \"more\": {\"x\": [1, {}]},"
		" \"last\": -1.5e3}"),
	    &strings);
	str id = { 0 }, tags[3] = { 0 }, more = { 0 }, last = { 0 };
	uint64_t n = 0;
	bool on = false, none = false;
	size_t tag = 0, members = 0;
	EXPECT(json_peek(&j) == JSON_OBJECT);
	if (json_object(&j)) {
		for (str name; json_member(&j, &name); members++) {
			if (str_eq(name, STR("id")))
				EXPECT(json_string(&j, &id));
			else if (str_eq(name, STR("n")))
				EXPECT(json_u64(&j, 42, &n));
			else if (str_eq(name, STR("on")))
				EXPECT(json_bool(&j, &on));
			else if (str_eq(name, STR("none")))
				none = json_null(&j);
			else if (str_eq(name, STR("tags")) && json_array(&j))
				while (json_element(&j) && tag < 3)
					EXPECT(json_string(&j, &tags[tag++]));
			else if (str_eq(name, STR("more")))
				EXPECT(json_raw(&j, &more));
			else
				EXPECT(json_number(&j, &last));
		}
	}
	EXPECT(json_close(&j));
	EXPECT_U64(members, 7);
	EXPECT_STR(id, STR("caf\xc3\xa9 \xf0\x9f\x94\xa5"));
	EXPECT_U64(n, 42);
	EXPECT(on && none);
	EXPECT_U64(tag, 2);
	EXPECT_STR(tags[0], STR("a"));
	EXPECT_STR(tags[1], STR("b\n"));
	EXPECT_STR(more, STR("{\"x\": [1, {}]}"));
	EXPECT_STR(last, STR("-1.5e3"));
}

static void
json__strings_without_escapes_are_slices(void)
{
	str text = STR("[\"plain\", \"a\\\\b\"]");
	struct arena strings = arena_over(memory, sizeof(memory));
	struct json j;
	json_open(&j, text, &strings);
	str plain, escaped;
	EXPECT(json_array(&j) && json_element(&j) && json_string(&j, &plain));
	EXPECT(plain.p == text.p + 2);
	EXPECT(strings.beg == memory);
	EXPECT(json_element(&j) && json_string(&j, &escaped));
	EXPECT(escaped.p == memory);
	EXPECT_STR(escaped, STR("a\\b"));
	EXPECT(strings.beg == memory + 3);
}

static void
json__a_full_arena_is_an_error(void)
{
	char little[4];
	struct arena strings = arena_over(little, sizeof(little));
	struct json j;
	str s = STR("untouched");
	json_open(&j, STR("\"\\n2345\""), &strings);
	EXPECT(!json_string(&j, &s));
	EXPECT_STR(str_of(j.error), STR("no room for the text of strings"));
	EXPECT_STR(s, STR("untouched"));
	json_open(&j, STR("\"\\n2345\""), NULL);
	EXPECT(!json_string(&j, &s));
}

static void
json__the_first_error_stays(void)
{
	struct json j;
	str s = STR("untouched");
	uint64_t n = 7;
	bool yes = true;
	json_open(&j, STR("[1, 2]"), NULL);
	EXPECT(json_array(&j) && json_element(&j));
	EXPECT(!json_string(&j, &s));
	EXPECT_STR(str_of(j.error), STR("expected a string"));
	EXPECT_U64(j.error_at, 1);
	EXPECT(json_peek(&j) == JSON_NONE);
	EXPECT(!json_object(&j) && !json_array(&j) && !json_member(&j, &s));
	EXPECT(!json_element(&j) && !json_string(&j, &s) && !json_number(&j, &s));
	EXPECT(!json_u64(&j, 9, &n) && !json_bool(&j, &yes) && !json_null(&j));
	EXPECT(!json_skip(&j) && !json_raw(&j, &s) && !json_close(&j));
	json_fail(&j, "later");
	EXPECT_STR(str_of(j.error), STR("expected a string"));
	EXPECT_STR(s, STR("untouched"));
	EXPECT(n == 7 && yes);

	json_open(&j, STR("{\"labels\": 1}"), NULL);
	EXPECT(json_object(&j) && json_member(&j, &s));
	json_fail(&j, "missing 'labels'");
	EXPECT_U64(j.error_at, 10);
	EXPECT(!json_close(&j));
}

static void
json__asking_for_the_wrong_kind_says_so(void)
{
	static const char *const want[] = { "expected an object", "expected an array",
		"expected a string", "expected a number", "expected true or false",
		"expected null" };
	for (size_t i = 0; i < countof(want); i++) {
		struct json j;
		str s;
		bool yes;
		json_open(&j, i == 0 ? STR("[]") : STR("{}"), NULL);
		bool got = i == 0   ? json_object(&j)
		           : i == 1 ? json_array(&j)
		           : i == 2 ? json_string(&j, &s)
		           : i == 3 ? json_number(&j, &s)
		           : i == 4 ? json_bool(&j, &yes)
		                    : json_null(&j);
		EXPECT(!got);
		EXPECT_STR(str_of(j.error), str_of(want[i]));
	}
}

static void
json_u64__takes_whole_numbers_in_range(void)
{
	static const struct {
		const char *in, *error;
	} rows[] = {
		{ "18446744073709551615", NULL },
		{ "18446744073709551616", "number is too large" },
		{ "-1", "expected a whole number from 0" },
		{ "1.0", "expected a whole number from 0" },
		{ "1e2", "expected a whole number from 0" },
		{ "\"1\"", "expected a number" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].in;
		struct json j;
		uint64_t n = 7;
		json_open(&j, str_of(rows[i].in), NULL);
		EXPECT(json_u64(&j, UINT64_MAX, &n) == (rows[i].error == NULL));
		EXPECT_U64(n, rows[i].error ? 7 : UINT64_MAX);
		EXPECT_STR(str_of(j.error ? j.error : ""),
		    str_of(rows[i].error ? rows[i].error : ""));
	}
}

static void
json__depth_and_number_length_are_limited(void)
{
	char text[2 * JSON_DEPTH_MAX + 2];
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	const char *error;
	size_t at;
	EXPECT(is_json((str){ text + 1, 2 * JSON_DEPTH_MAX }, &error, &at));
	EXPECT(!is_json((str){ text, sizeof(text) }, &error, &at));
	EXPECT_STR(str_of(error), STR("nested too deeply"));
	EXPECT_U64(at, JSON_DEPTH_MAX);

	memset(text, '9', JSON_NUMBER_MAX + 1);
	EXPECT(is_json((str){ text, JSON_NUMBER_MAX }, &error, &at));
	EXPECT(!is_json((str){ text, JSON_NUMBER_MAX + 1 }, &error, &at));
	EXPECT_STR(str_of(error), STR("number is too long"));
}

static void
json_close__wants_everything_read(void)
{
	struct json j;
	json_open(&j, STR("[1"), NULL);
	EXPECT(json_array(&j) && json_element(&j) && json_skip(&j));
	EXPECT(!json_close(&j));
	EXPECT_STR(str_of(j.error), STR("unexpected end of text"));
	json_open(&j, STR(" "), NULL);
	EXPECT(!json_close(&j));
	EXPECT_STR(str_of(j.error), STR("expected a value"));
}

static void
json_put_string__escapes_what_must_be(void)
{
	static const struct {
		str in;
		const char *want;
	} rows[] = {
		{ { "", 0 }, "\"\"" },
		{ { NULL, 0 }, "\"\"" },
		{ { "plain", 5 }, "\"plain\"" },
		{ { "a\"b\\c/d", 7 }, "\"a\\\"b\\\\c/d\"" },
		{ { "\b\f\n\r\t\x01\x1f\x7f", 8 },
		    "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"" },
		{ { "a\0b", 3 }, "\"a\\u0000b\"" },
		{ { "\xc3\xa9\xe2\x82\xac", 5 }, "\"\xc3\xa9\xe2\x82\xac\"" },
		{ { "a\xff\xc3", 3 }, "\"a\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ { "0123456789abcdef0123456789abcdef\n!", 34 },
		    "\"0123456789abcdef0123456789abcdef\\n!\"" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].want;
		struct buf b = BUF(200);
		json_put_string(&b, rows[i].in);
		EXPECT_STR(buf_str(&b), str_of(rows[i].want));
		buf_done(&b);
	}
}

int
main(void)
{
	RUN(json__takes_what_the_rfc_allows);
	RUN(json__refuses_the_rest_and_says_where);
	RUN(json__refuses_a_raw_nul);
	RUN(json__reads_in_order);
	RUN(json__strings_without_escapes_are_slices);
	RUN(json__a_full_arena_is_an_error);
	RUN(json__the_first_error_stays);
	RUN(json__asking_for_the_wrong_kind_says_so);
	RUN(json_u64__takes_whole_numbers_in_range);
	RUN(json__depth_and_number_length_are_limited);
	RUN(json_close__wants_everything_read);
	RUN(json_put_string__escapes_what_must_be);
	TEST_MAIN_END();
}
