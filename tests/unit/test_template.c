#include "support/reading.h"
#include "support/test.h"

static str names[] = { { "queue", 5 }, { "host", 4 }, { "n", 1 }, { "target", 6 } };
static const struct strs allowed = { names, countof(names) };

static bool
cut(const char *text, enum quote quote, struct template *ret)
{
	return read_template(&reader, reading(text), quote, &allowed, ret);
}

static struct pair values_p[] = { { { "host", 4 }, { "", 0 } },
	{ { "queue", 5 }, { "", 0 } }, { { "target", 6 }, { "", 0 } } };

/* With `value` for ${queue} and ${target}, and "web-1" for ${host}. */
static bool
fill(const struct template *t, const char *value, str *ret, struct err *err)
{
	values_p[0].value = STR("web-1");
	values_p[1].value = str_of(value);
	values_p[2].value = str_of(value);
	struct pairs values = { values_p, countof(values_p) };
	return template_fill(t, &values, reader.arena, ret, err);
}

static void
template__value_is_written_as_its_place_asks(void)
{
	static const struct {
		enum quote quote;
		const char *text;
		const char *value;
		const char *filled;
	} rows[] = {
		{ QUOTE_WHOLE, "${queue}", "a b;\"$(x)", "a b;\"$(x)" },
		{ QUOTE_WHOLE, "--now", "", "--now" },
		{ QUOTE_WHOLE, "a$${queue}b$", "", "a${queue}b$" },
		{ QUOTE_NONE, "on ${host}: ${queue}", "q", "on web-1: q" },
		{ QUOTE_PROMQL, "up{q=\"${queue}\"} > 0", "a", "up{q=\"a\"} > 0" },
		{ QUOTE_PROMQL, "up{q=\"${queue}\"}", "a\"} or b{c=\"d",
		    "up{q=\"a\\x22} or b{c=\\x22d\"}" },
		{ QUOTE_PROMQL, "up{q='${queue}'}", "it's \\ \n",
		    "up{q='it\\x27s \\\\ \\x0a'}" },
		{ QUOTE_PROMQL, "up{q=~\"${queue}:.*\"}", "a.b|c",
		    "up{q=~\"a\\\\.b\\\\|c:.*\"}" },
		{ QUOTE_PROMQL, "up{q !~ '${queue}', r=\"${queue}\"}", "a+\\d",
		    "up{q !~ 'a\\\\+\\\\\\\\d', r=\"a+\\\\d\"}" },
		{ QUOTE_PROMQL, "a{b=\"\\\"\", q=\"${queue}\"}", "x",
		    "a{b=\"\\\"\", q=\"x\"}" },
		{ QUOTE_PROMQL, "a{b=`\\`, q=\"${queue}\"}", "x", "a{b=`\\`, q=\"x\"}" },
		{ QUOTE_PROMQL, "# it's a\nup{q=\"${queue}\"}", "x",
		    "# it's a\nup{q=\"x\"}" },
		{ QUOTE_URL, "http://h/u/${queue}?on=${host}", "a/b c&d",
		    "http://h/u/a%2Fb%20c%26d?on=web-1" },
		{ QUOTE_URL, "http://${target}:80/${queue}", "web-1",
		    "http://web-1:80/web-1" },
		{ QUOTE_URL, "http://a.${target}", "web-1", "http://a.web-1" },
		{ QUOTE_URL, "http://h?${queue}", "\xc3\xa9", "http://h?%C3%A9" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct template t = { 0 };
		struct err err;
		str filled = STR("?");
		test_row = rows[i].text;
		EXPECT(cut(rows[i].text, rows[i].quote, &t));
		EXPECT_U64(reading_diags.count, 0);
		EXPECT(fill(&t, rows[i].value, &filled, &err));
		EXPECT_STR(filled, str_of(rows[i].filled));
	}
}

static void
template__placeholder_stands_only_where_its_value_is_harmless(void)
{
	static const struct {
		enum quote quote;
		const char *text;
		const char *message;
		size_t off;
	} rows[] = {
		{ QUOTE_WHOLE, "--unit=${queue}",
		    "a placeholder must be the whole argument", 0 },
		{ QUOTE_WHOLE, "${queue}${host}",
		    "a placeholder must be the whole argument", 0 },
		{ QUOTE_NONE, "x ${quue}", "unknown placeholder 'quue'", 4 },
		{ QUOTE_NONE, "x ${}", "unknown placeholder ''", 4 },
		{ QUOTE_NONE, "x ${queue", "this placeholder has no end", 2 },
		{ QUOTE_PROMQL, "${queue} > 1", "this placeholder is not inside quotes",
		    0 },
		{ QUOTE_PROMQL, "up{a=\"b\"} > ${n}",
		    "this placeholder is not inside quotes", 12 },
		{ QUOTE_PROMQL, "up{a=`${queue}`}", "this placeholder is not inside quotes",
		    6 },
		{ QUOTE_PROMQL, "up # '${queue}'", "this placeholder is not inside quotes",
		    6 },
		{ QUOTE_PROMQL, "up{a=\"\\${queue}\"}",
		    "a backslash would change the value that follows", 6 },
		{ QUOTE_PROMQL, "up{a=\"b}", "this quote is never closed", 5 },
		{ QUOTE_URL, "http://${host}/x",
		    "'http://${host}/x' has a placeholder in its host", 0 },
		{ QUOTE_URL, "http://${target}${host}/x",
		    "'http://${target}${host}/x' has a placeholder in its host", 0 },
		{ QUOTE_URL, "http://h:${target}/",
		    "'http://h:${target}/' has no proper host", 0 },
		{ QUOTE_URL, "http://x@${target}/",
		    "'http://x@${target}/' holds a user name or password", 0 },
		{ QUOTE_URL, "${host}", "'${host}' is not a URL", 0 },
		{ QUOTE_URL, "http://h:${n}/", "'http://h:${n}/' has no proper host", 0 },
		{ QUOTE_URL, "ftp://h/${host}", "'ftp://h/${host}' is not a URL", 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct template t = { .n = 77 };
		test_row = rows[i].text;
		EXPECT(!cut(rows[i].text, rows[i].quote, &t));
		EXPECT_U64(t.n, 77);
		EXPECT_U64(reading_diags.count, 1);
		EXPECT_STR(reading_diags.first->message, str_of(rows[i].message));
		EXPECT_U64(reading_diags.first->at.off, rows[i].off);
	}
}

static void
template__filling_fails_where_a_value_is_missing_or_cannot_stand(void)
{
	struct template t;
	struct err err;
	str filled;
	EXPECT(cut("${n}", QUOTE_WHOLE, &t));
	EXPECT(!fill(&t, "x", &filled, &err));
	EXPECT(err.kind == ERR_NOT_FOUND);
	EXPECT_STR(str_of(err.text), STR("'n' has no value"));

	EXPECT(cut("http://h/a/${queue}/b", QUOTE_URL, &t));
	EXPECT(!fill(&t, "..", &filled, &err));
	EXPECT(err.kind == ERR_INVALID);
	EXPECT(!fill(&t, ".", &filled, &err));
	EXPECT(fill(&t, "...", &filled, &err));

	EXPECT(cut("http://${target}/", QUOTE_URL, &t));
	EXPECT(!fill(&t, "a@b", &filled, &err));
	EXPECT(err.kind == ERR_INVALID);
	EXPECT(!fill(&t, "a/b", &filled, &err));

	static char large[17000];
	memset(large, 'x', sizeof(large) - 1);
	EXPECT(cut("a ${queue}", QUOTE_NONE, &t));
	EXPECT(!fill(&t, large, &filled, &err));
	EXPECT(err.kind == ERR_LIMIT);
}

static void
template__is_bounded_in_pieces(void)
{
	char text[8 * 80];
	size_t n = 0;
	for (unsigned i = 0; i < 70; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "${n}");
	struct template t;
	EXPECT(!cut(text, QUOTE_NONE, &t));
	EXPECT_STR(reading_diags.first->message, STR("more than 64 pieces in one text"));
}

int
main(void)
{
	RUN(template__value_is_written_as_its_place_asks);
	RUN(template__placeholder_stands_only_where_its_value_is_harmless);
	RUN(template__filling_fails_where_a_value_is_missing_or_cannot_stand);
	RUN(template__is_bounded_in_pieces);
	TEST_MAIN_END();
}
