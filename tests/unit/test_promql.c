#include "hands/promql.h"

#include "support/test.h"

#define VECTOR(series)                                                                    \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" series \
	"]}}"
#define SERIES(labels, value) "{\"metric\":{" labels "},\"value\":[1.5,\"" value "\"]}"

static char memory[1 << 16];

static void
promql_read__finds_the_value(void)
{
	static const struct {
		const char *name;
		const char *body;
		const char *value;
		uint32_t series;
	} rows[] = {
		{ "one series", VECTOR(SERIES("\"job\":\"a\"", "42")), "42", 1 },
		{ "an exponent", VECTOR(SERIES("", "1.5e+300")), "1.5e+300", 1 },
		{ "infinite", VECTOR(SERIES("", "+Inf")), "+Inf", 1 },
		{ "the first in label order",
		    VECTOR(SERIES("\"job\":\"b\"", "2") "," SERIES("\"job\":\"a\"",
			"1") "," SERIES("\"job\":\"c\"", "3")),
		    "1", 3 },
		{ "names in any order",
		    VECTOR(SERIES("\"z\":\"1\",\"a\":\"2\"",
			"2") "," SERIES("\"a\":\"1\",\"z\":\"9\"", "1")),
		    "1", 2 },
		{ "fewer labels first",
		    VECTOR(SERIES("\"a\":\"1\",\"b\":\"1\"", "2") "," SERIES("\"a\":\"1\"",
			"1")),
		    "1", 2 },
		{ "a scalar",
		    "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\","
		    "\"result\":[1,\"7\"]}}",
		    "7", 1 },
		{ "members it does not know",
		    "{\"warnings\":[\"x\"],\"data\":{\"stats\":{},\"result\":[1,\"7\"],"
		    "\"resultType\":\"scalar\"},\"status\":\"success\"}",
		    "7", 1 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct arena arena = arena_over(memory, sizeof(memory));
		struct probe_result result = { 0 };
		promql_read(str_of(rows[i].body), &arena, &result);
		EXPECT_U64(result.status, PROBE_OK);
		EXPECT_STR(result.value, str_of(rows[i].value));
		EXPECT_U64(result.series, rows[i].series);
		EXPECT_STR(result.error, STR(""));
	}
}

static void
promql_read__takes_no_series_and_nan_as_no_data(void)
{
	static const char *const rows[] = { VECTOR(""), VECTOR(SERIES("", "NaN")) };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i];
		struct arena arena = arena_over(memory, sizeof(memory));
		struct probe_result result = { 0 };
		promql_read(str_of(rows[i]), &arena, &result);
		EXPECT_U64(result.status, PROBE_NO_DATA);
		EXPECT_STR(result.value, STR(""));
	}
}

static void
promql_read__says_why_there_is_no_answer(void)
{
	static const struct {
		const char *name;
		const char *body;
		const char *error;
	} rows[] = {
		{ "no JSON", "<html>", "the answer is not JSON of Prometheus: " },
		{ "empty", "", "the answer is not JSON of Prometheus: " },
		{ "other JSON", "{}", "the answer is not one of Prometheus' API" },
		{ "an error",
		    "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":"
		    "\"unexpected\\n"
		    "end\"}",
		    "Prometheus says: unexpected end" },
		{ "a matrix",
		    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
		    "\"result\":[]}}",
		    "the query gives no single value but a range or a text" },
		{ "a histogram", VECTOR("{\"metric\":{},\"histogram\":[1,{}]}"),
		    "the answer cannot be read: a histogram has no single value" },
		{ "no value", VECTOR("{\"metric\":{}}"),
		    "the answer cannot be read: a series has no metric or no value" },
		{ "text for a value", VECTOR(SERIES("", "many")),
		    "the answer cannot be read: a value is no number" },
		{ "a label twice", VECTOR(SERIES("\"a\":\"1\",\"a\":\"2\"", "1")),
		    "the answer cannot be read: a label stands there twice" },
		{ "a member twice", "{\"status\":\"success\",\"status\":\"success\"}",
		    "the answer is not JSON of Prometheus: a member stands there twice" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct arena arena = arena_over(memory, sizeof(memory));
		struct probe_result result = { 0 };
		promql_read(str_of(rows[i].body), &arena, &result);
		EXPECT_U64(result.status, PROBE_FAILED);
		str want = str_of(rows[i].error);
		EXPECT_STR(str_take(result.error,
			       result.error.n < want.n ? result.error.n : want.n),
		    want);
	}
}

int
main(void)
{
	RUN(promql_read__finds_the_value);
	RUN(promql_read__takes_no_series_and_nan_as_no_data);
	RUN(promql_read__says_why_there_is_no_answer);
	TEST_MAIN_END();
}
