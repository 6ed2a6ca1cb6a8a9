#include "intake/silence.h"

#include "support/test.h"

#define TIMES "\"startsAt\":\"2026-11-23T07:00:00Z\",\"endsAt\":\"2026-11-23T09:00:00.5Z\""
#define WHO "\"createdBy\":\"ana\",\"comment\":\"new \\u0064isks\""
#define MATCHER "{\"name\":\"job\",\"value\":\"db\",\"isRegex\":false}"

static char memory[256 << 10];

static struct silence_read
read(str json)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct silence_read ret;
	silence_read(json, &arena, &ret);
	return ret;
}

static void
silence__is_read_as_alertmanager_writes_it(void)
{
	struct silence_read r =
	    read(STR("{\"id\":\"x\",\"unknown\":[{}]," TIMES "," WHO
		     ",\"matchers\":[" MATCHER ",{\"isEqual\":false,\"isRegex\":true,"
		     "\"name\":\"zone\",\"value\":\"eu-.*\"}]}"));
	EXPECT(r.status == SILENCE_READ);
	EXPECT_STR(r.row.uuid, STR("x"));
	EXPECT_STR(r.row.comment, STR("new disks"));
	EXPECT_STR(r.row.created_by, STR("ana"));
	EXPECT_U64(r.row.ends_wall - r.row.starts_wall, 2 * HOUR + 500);
	EXPECT_U64(r.row.matchers.n, 2);
	const struct silence_matcher *m = r.row.matchers.p;
	EXPECT(!m[0].regex && m[0].equal && m[1].regex && !m[1].equal);
	EXPECT_STR(m[1].name, STR("zone"));
	EXPECT_STR(m[1].value, STR("eu-.*"));
	char text[512];
	EXPECT(silence_refuses(&r.row, text) == NULL);
}

static void
silence__is_refused_in_alertmanagers_order_and_words(void)
{
	static const struct {
		const char *name, *json;
		enum silence_status status;
		uint32_t code;
		const char *error; /* its beginning */
	} rows[] = {
		{ "nothing", " ", SILENCE_INVALID, 602, "silence in body is required" },
		{ "no comment", "{}", SILENCE_INVALID, 602, "comment in body is required" },
		{ "no author", "{\"comment\":\"\"}", SILENCE_INVALID, 602,
		    "createdBy in body is required" },
		{ "no end", "{" WHO "}", SILENCE_INVALID, 602,
		    "endsAt in body is required" },
		{ "an end that is not set", "{" WHO ",\"endsAt\":\"0001-01-01T00:00:00Z\"}",
		    SILENCE_INVALID, 602, "endsAt in body is required" },
		{ "no matchers", "{" WHO "," TIMES "}", SILENCE_INVALID, 602,
		    "matchers in body is required" },
		{ "empty matchers", "{" WHO "," TIMES ",\"matchers\":[]}", SILENCE_INVALID,
		    612, "matchers in body should have at least 1 items" },
		{ "half a matcher", "{" WHO "," TIMES ",\"matchers\":[" MATCHER ",{}]}",
		    SILENCE_INVALID, 602, "matchers.1.isRegex in body is required" },
		{ "no value",
		    "{" WHO "," TIMES ",\"matchers\":[{\"isRegex\":true,\"name\":\"a\"}]}",
		    SILENCE_INVALID, 602, "matchers.0.value in body is required" },
		{ "no start",
		    "{" WHO ",\"endsAt\":\"2026-11-23T07:00:00Z\",\"matchers\":[" MATCHER
		    "]}",
		    SILENCE_INVALID, 602, "startsAt in body is required" },
		{ "a list", "[]", SILENCE_MALFORMED, 400,
		    "parsing silence body from \"\" failed, because expected" },
		{ "cut", "{", SILENCE_MALFORMED, 400, "parsing silence body from" },
		{ "more behind it", "{}{}", SILENCE_MALFORMED, 400,
		    "parsing silence body from" },
		{ "no time", "{\"startsAt\":\"x\"}", SILENCE_MALFORMED, 400,
		    "parsing silence body from \"\" failed, because a time is written" },
		{ "no text", "{\"comment\":3}", SILENCE_MALFORMED, 400,
		    "parsing silence body from" },
		{ "twice", "{\"comment\":\"a\",\"comment\":\"b\"}", SILENCE_MALFORMED, 400,
		    "parsing silence body from \"\" failed, because a member stands "
		    "twice" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct silence_read r = read(str_of(rows[i].json));
		EXPECT(r.status == rows[i].status);
		EXPECT_U64(r.code, rows[i].code);
		EXPECT_STR(str_take(str_of(r.error), strlen(rows[i].error)),
		    str_of(rows[i].error));
	}
}

/* A body with that many matchers, each with a value of so many bytes. */
static struct silence_read
read_large(size_t matchers, size_t bytes)
{
	static char text[128 << 10];
	struct buf b = BUF(sizeof(text));
	buf_add(&b, STR("{" WHO "," TIMES ",\"matchers\":["));
	for (size_t i = 0; i < matchers; i++) {
		buf_printf(&b, "%s{\"isRegex\":false,\"name\":\"a\",\"value\":\"",
		    i > 0 ? "," : "");
		for (size_t k = 0; k < bytes; k++)
			buf_char(&b, 'v');
		buf_add(&b, STR("\"}"));
	}
	buf_add(&b, STR("]}"));
	ASSERT(!b.overflow);
	memcpy(text, b.p, b.n);
	str json = { text, b.n };
	buf_done(&b);
	return read(json);
}

static void
silence__has_limits(void)
{
	static const struct {
		size_t matchers, bytes;
		bool ok;
	} rows[] = {
		{ SILENCE_MATCHERS_MAX, 1, true }, { SILENCE_MATCHERS_MAX + 1, 1, false },
		{ 1, SILENCE_TEXT_MAX, true }, { 1, SILENCE_TEXT_MAX + 1, false },
		{ 3, SILENCE_TEXT_MAX, true },
		{ 4, SILENCE_TEXT_MAX, false }, /* over SILENCE_BYTES_MAX together */
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct silence_read r = read_large(rows[i].matchers, rows[i].bytes);
		EXPECT(r.status == (rows[i].ok ? SILENCE_READ : SILENCE_TOO_MUCH));
		EXPECT((r.error[0] == '\0') == rows[i].ok);
	}
}

static void
silence__must_not_hold_everything(void)
{
	static const struct {
		const char *name, *value;
		bool regex, equal;
		const char *why; /* its beginning; NULL: it may be */
	} rows[] = {
		{ "a", "b", false, true, NULL },
		{ "a", "", false, false, NULL },
		{ "a", ".+", true, true, NULL },
		{ "a", "", false, true, "silence invalid: at least one matcher must not" },
		{ "a", "b", false, false, NULL }, /* "not" is taken at its word */
		{ "a", ".*", true, false, NULL },
		{ "a", ".*", true, true, "silence invalid: at least one matcher must not" },
		{ "", "b", false, true,
		    "silence invalid: invalid label matcher 0: invalid label" },
		{ "a", "(", true, true,
		    "silence invalid: invalid label matcher 0: invalid regular expression "
		    "\"(\"" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct silence_matcher m = { str_of(rows[i].name), str_of(rows[i].value),
			rows[i].regex, rows[i].equal };
		struct silence_row row = { .matchers = { &m, 1 } };
		char text[512];
		const char *why = silence_refuses(&row, text);
		EXPECT((why == NULL) == (rows[i].why == NULL));
		if (why != NULL && rows[i].why != NULL)
			EXPECT_STR(str_take(str_of(why), strlen(rows[i].why)),
			    str_of(rows[i].why));
	}
	EXPECT(silence_refuses(&(struct silence_row){ .id = 1 }, (char[512]){ 0 }) != NULL);
}

int
main(void)
{
	RUN(silence__is_read_as_alertmanager_writes_it);
	RUN(silence__is_refused_in_alertmanagers_order_and_words);
	RUN(silence__has_limits);
	RUN(silence__must_not_hold_everything);
	TEST_MAIN_END();
}
