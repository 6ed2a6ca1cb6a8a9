#include "gate/filter.h"

#include "support/test.h"

static char memory[8192];

static bool
add(struct filters *filters, const char *text)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	*filters = (struct filters){ .n = 0 };
	return filters_add(filters, str_of(text), &arena);
}

static void
filters__match_labels(void)
{
	static struct pair pairs[] = {
		{ { "alertname", 9 }, { "QueueStuck", 10 } },
		{ { "job", 3 }, { "checkout-api", 12 } },
		{ { "text", 4 }, { "two\nlines", 9 } },
	};
	static const struct pairs labels = { pairs, countof(pairs) };
	static const struct {
		const char *text;
		bool match;
	} rows[] = {
		{ "alertname=QueueStuck", true },
		{ "alertname=\"QueueStuck\"", true },
		{ " alertname = \"QueueStuck\" ", true },
		{ "{alertname=\"QueueStuck\"}", true },
		{ "{ alertname=QueueStuck , job=~\"checkout-.*\" , }", true },
		{ "alertname=QueueStuck,job=db", false },
		{ "alertname!=QueueStuck", false },
		{ "alertname!=Other", true },
		{ "job=~checkout", false },
		{ "job=~checkout-.*", true },
		{ "job=~\"a|checkout-api\"", true },
		{ "job!~checkout", true },
		{ "job!~checkout-.*", false },
		{ "text=~\"two.lines\"", true },
		{ "text=\"two\\nlines\"", true },
		{ "missing=\"\"", true },
		{ "missing=", true },
		{ "missing!=\"\"", false },
		{ "missing=~\".*\"", true },
		{ "missing=~\".+\"", false },
		{ "\"alertname\"=QueueStuck", true },
		{ "{}", true },
		{ "job=~\"(c+)+x\"", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct filters filters;
		test_row = rows[i].text;
		EXPECT(add(&filters, rows[i].text));
		EXPECT(filters_match(&filters, &labels) == rows[i].match);
		filters_done(&filters);
	}
}

/* The gate gives as much room as the text is long. */
static void
filters__need_no_more_room_than_the_text(void)
{
	static const char text[] =
	    "{a=\"1\",b=\"2\",c=\"\\\"\",d=\"4\",e=\"5\",f=\"6\",\"g\"=\"7\"}";
	struct arena arena = arena_over(memory, sizeof(text));
	struct filters filters = { .n = 0 };
	EXPECT(filters_add(&filters, STR(text), &arena));
	EXPECT_U64(filters.n, 7);
	EXPECT_STR(filters.item[2].value, STR("\""));
	filters_done(&filters);
}

static void
filters__refuse_what_is_no_matcher(void)
{
	static const char *const rows[] = { "", "{", "}", "a", "=b", "a=b c=d", "a==b",
		"a=\"b", "{a=b", "a=b}", "a=~\"(\"", "a=~\"[\"", "a=b,,c=d", ",a=b", "a!b",
		"a=\"b\"c", "a=\xff" };
	for (size_t i = 0; i < countof(rows); i++) {
		struct filters filters;
		test_row = rows[i];
		EXPECT(!add(&filters, rows[i]));
		filters_done(&filters);
	}
}

static void
filters__have_a_step_limit(void)
{
	struct filters filters;
	char text[64];
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	EXPECT(add(&filters, "a=~\"(a|aa)+\""));
	EXPECT(!filter_match(&filters.item[0], (str){ text, sizeof(text) }));
	filters_done(&filters);
}

static void
filters__have_a_limit(void)
{
	struct filters filters;
	char text[FILTERS_MAX * 4 + 8] = "";
	for (size_t i = 0; i < FILTERS_MAX; i++)
		memcpy(text + 4 * i, "a=b,", 4);
	EXPECT(add(&filters, text));
	EXPECT_U64(filters.n, FILTERS_MAX);
	memcpy(text + 4 * (size_t)FILTERS_MAX, "a=b", 3);
	EXPECT(!add(&filters, text));
	filters_done(&filters);
}

int
main(void)
{
	RUN(filters__match_labels);
	RUN(filters__need_no_more_room_than_the_text);
	RUN(filters__refuse_what_is_no_matcher);
	RUN(filters__have_a_step_limit);
	RUN(filters__have_a_limit);
	TEST_MAIN_END();
}
