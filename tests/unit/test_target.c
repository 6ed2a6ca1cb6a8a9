#include "gate/target.h"

#include "support/test.h"

static char memory[4096];

static const char *
parse(const char *raw, struct target *ret)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	*ret = (struct target){ .segment_n = 0 };
	return target_parse(str_of(raw), &arena, ret);
}

static void
target__is_cut_into_decoded_parts(void)
{
	static const struct {
		const char *raw;
		size_t n;
		const char *last;
	} rows[] = {
		{ "/", 0, NULL },
		{ "/v1/status", 2, "status" },
		{ "/v1/tokens/prom%20eu", 3, "prom eu" },
		{ "/v1/a%2Fb", 2, "a/b" },
		{ "/v1/a+b", 2, "a+b" },
		{ "/v1/", 2, "" },
		{ "/v1//x", 3, "x" },
		{ "/%CE%A3", 1, "Σ" },
		{ "/a/b/c/d/e/f/g/h", 8, "h" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct target target;
		test_row = rows[i].raw;
		EXPECT(parse(rows[i].raw, &target) == NULL);
		EXPECT_U64(target.segment_n, rows[i].n);
		if (rows[i].last != NULL)
			EXPECT_STR(target.segment[rows[i].n - 1], str_of(rows[i].last));
	}
}

static void
target__refuses_what_is_not_plain(void)
{
	static const char *const rows[] = { "", "*", "v1", "http://localhost/", "/.",
		"/a/..", "/%2e%2E/a", "/%", "/%4", "/%zz", "/%00", "/%0a", "/%ff", "/a?b=%",
		"/a?%c0%80", "/a/b/c/d/e/f/g/h/i", "/a/b/c/d/e/f/g/h/" };
	for (size_t i = 0; i < countof(rows); i++) {
		struct target target;
		test_row = rows[i];
		EXPECT(parse(rows[i], &target) != NULL);
		EXPECT_U64(target.segment_n, 0);
	}
}

static void
target__reads_a_query(void)
{
	struct target target;
	EXPECT(parse("/a?filter=x%3D%22y+z%22&filter=b&&limit=&cursor", &target) == NULL);
	EXPECT_U64(target.query_n, 4);
	EXPECT_STR(target_query(&target, STR("filter")), STR("x=\"y z\""));
	EXPECT_STR(target.query[1].value, STR("b"));
	EXPECT_STR(target_query(&target, STR("none")), STR(""));
	EXPECT_STR(target_query_unknown(&target, "limit cursor"), STR("filter"));
	EXPECT_STR(target_query_unknown(&target, "filter limit cursor"), STR("filter"));
	EXPECT(parse("/a?limit=1&cursor=2", &target) == NULL);
	EXPECT_STR(target_query_unknown(&target, "limit cursor"), STR(""));
	EXPECT_STR(target_query_unknown(&target, "limit"), STR("cursor"));
	EXPECT(parse("/a?=1", &target) == NULL);
	EXPECT(target_query_unknown(&target, "limit").n > 0);
}

static void
target__has_a_limit_of_query_parts(void)
{
	char text[TARGET_QUERY_MAX * 4 + 16] = "/?";
	struct target target;
	for (size_t i = 0; i < TARGET_QUERY_MAX; i++)
		memcpy(text + 2 + 4 * i, "a=b&", 4);
	EXPECT(parse(text, &target) == NULL);
	EXPECT_U64(target.query_n, TARGET_QUERY_MAX);
	memcpy(text + 2 + 4 * TARGET_QUERY_MAX, "c", 1);
	EXPECT(parse(text, &target) != NULL);
}

static void
target__reads_flags_as_alertmanager_does(void)
{
	static const struct {
		const char *query;
		bool on;
	} rows[] = {
		{ "/?", true },
		{ "/?other=false", true },
		{ "/?active", true },
		{ "/?active=", true },
		{ "/?active=true", true },
		{ "/?active=TRUE", true },
		{ "/?active=1", true },
		{ "/?active=false", false },
		{ "/?active=maybe", false },
		{ "/?active=0", false },
		{ "/?active=true&active=false", false },
		{ "/?active=false&active=true", true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].query;
		struct target target;
		EXPECT(parse(rows[i].query, &target) == NULL);
		EXPECT(target_flag(&target, "active") == rows[i].on);
	}
}

int
main(void)
{
	RUN(target__is_cut_into_decoded_parts);
	RUN(target__refuses_what_is_not_plain);
	RUN(target__reads_a_query);
	RUN(target__reads_flags_as_alertmanager_does);
	RUN(target__has_a_limit_of_query_parts);
	TEST_MAIN_END();
}
