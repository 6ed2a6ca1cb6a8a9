#include "base/mustache.h"

#include "support/test.h"

static const char *const items[] = { "line", NULL };
static const struct mustache_name names[] = { { "title", NULL }, { "owner", NULL },
	{ "can", items } };

static struct mustache_value values[] = { { { "title", 5 }, { "<Down>", 6 } } };
static struct mustache_value lines[] = { { { "line", 4 }, { "ack", 3 } },
	{ { "line", 4 }, { "show", 4 } } };
static struct mustache_item two[] = { { &lines[0], 1 }, { &lines[1], 1 } };
static struct mustache_list can = { { "can", 3 }, two, 2 };

static char memory[64 * 1024];

static void
escape(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++)
		buf_printf(out, text.p[i] == '<' ? "&lt;" : "%c", text.p[i]);
}

static void
mustache__writes_what_names_stand_for(void)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{ "text alone", "a {b} c", "a {b} c" },
		{ "a value is escaped", "<b>{{title}}</b>", "<b>&lt;Down></b>" },
		{ "blanks around a name", "{{ title }}", "&lt;Down>" },
		{ "an empty one is nothing", "[{{owner}}]", "[]" },
		{ "if", "{{#title}}t{{/title}}{{#owner}}o{{/owner}}", "t" },
		{ "unless", "{{^title}}t{{/title}}{{^owner}}o{{/owner}}", "o" },
		{ "a list", "{{#can}}{{line}},{{/can}}", "ack,show," },
		{ "names from outside within one", "{{#can}}{{title}}{{/can}}",
		    "&lt;Down>&lt;Down>" },
		{ "a value's section within one", "{{#can}}{{#line}}x{{/line}}{{/can}}",
		    "xx" },
		{ "no list", "{{^can}}nothing{{/can}}", "" },
		{ "a comment", "a{{! b }}c", "ac" },
		{ "lines of their own go", "x\n{{#can}}\n- {{line}}\n  {{/can}}  \ny\n",
		    "x\n- ack\n- show\ny\n" },
		{ "not where something stands beside", "{{#can}} {{line}}\n{{/can}}.",
		    " ack\n show\n." },
	};
	struct mustache_data data = { values, 1, &can, 1 };
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct mustache m = { 0 };
		struct mustache_fault fault;
		struct buf out = BUF(1000);
		test_row = rows[i].name;
		EXPECT(mustache_read(str_of(rows[i].text), names, countof(names), &arena,
		    &m, &fault));
		mustache_write(&out, &m, &data, escape);
		EXPECT_STR(buf_str(&out), str_of(rows[i].want));
		buf_done(&out);
	}
}

static void
mustache__says_what_is_wrong_and_where(void)
{
	static const struct {
		const char *text, *what;
		size_t off, len;
	} rows[] = {
		{ "ab {{titel}}", "unknown name", 5, 5 },
		{ "{{#can}}{{lin}}{{/can}}", "unknown name", 10, 3 },
		{ "{{line}}", "unknown name", 2, 4 },
		{ "{{can}}", "a list is no value", 2, 3 },
		{ "{{#can}}{{#can}}{{/can}}{{/can}}",
		    "a list cannot be gone through within a list", 11, 3 },
		{ "a {{title", "this is not closed", 2, 2 },
		{ "{{#title}}", "this section is not closed", 3, 5 },
		{ "{{/title}}", "nothing is open here", 3, 5 },
		{ "{{#title}}{{/owner}}", "what is open here is another", 13, 5 },
		{ "{{{title}}}", "nothing is written unescaped", 2, 6 },
		{ "{{&title}}", "nothing is written unescaped", 2, 6 },
		{ "{{>title}}", "there are no partials and no other brackets", 2, 6 },
		{ "{{}}", "a name is missing", 2, 0 },
		{ "{{#title}}{{#title}}{{#title}}{{#title}}{{#title}}",
		    "sections stand too deep in each other", 43, 5 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct mustache m;
		struct mustache_fault fault = { 0 };
		test_row = rows[i].text;
		EXPECT(!mustache_read(str_of(rows[i].text), names, countof(names), &arena,
		    &m, &fault));
		EXPECT_STR(str_of(fault.what), str_of(rows[i].what));
		EXPECT_U64(fault.off, rows[i].off);
		EXPECT_U64(fault.len, rows[i].len);
	}
}

/* However many and however long: what is made has a bound, and is marked where it met it. */
static void
mustache__is_bounded(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct mustache m;
	struct mustache_fault fault = { 0 };
	static char text[MUSTACHE_TEXT_MAX + 1];
	memset(text, 'x', sizeof(text));
	EXPECT(!mustache_read((str){ text, sizeof(text) }, names, countof(names), &arena,
	    &m, &fault));
	EXPECT_STR(str_of(fault.what), STR("the text is too long"));
	EXPECT(mustache_read((str){ text, MUSTACHE_TEXT_MAX }, names, countof(names),
	    &arena, &m, &fault));
	struct buf out = BUF(100);
	struct mustache_data none = { 0 };
	mustache_write(&out, &m, &none, escape);
	EXPECT(out.overflow && out.n <= 100);
	buf_done(&out);
	for (size_t i = 0; i + 9 < sizeof(text); i += 9)
		memcpy(text + i, "{{title}} ", 10);
	EXPECT(!mustache_read((str){ text, 9 * 400 }, names, countof(names), &arena, &m,
	    &fault));
	EXPECT_STR(str_of(fault.what), STR("there are too many parts"));
}

int
main(void)
{
	RUN(mustache__writes_what_names_stand_for);
	RUN(mustache__says_what_is_wrong_and_where);
	RUN(mustache__is_bounded);
	TEST_MAIN_END();
}
