#include "gate/body.h"

#include "support/test.h"

static const struct body_member members[] = {
	{ "text", BODY_TEXT, true },
	{ "runbook", BODY_NAME, false },
	{ "action", BODY_ACTION, false },
	{ "happened", BODY_HAPPENED, false },
	{ "role", BODY_PARAM, false },
	{ "until", BODY_TIME, false },
	{ "with", BODY_WITH_MAY, false },
	{ .name = NULL },
};

static char memory[65536];

static bool
take(const char *json, struct request *ret, struct err *err)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	*ret = (struct request){ .op = OP_MAY };
	return body_read(str_of(json), members, &arena, ret, err);
}

static void
body__becomes_a_request(void)
{
	struct request r;
	struct err err;
	EXPECT(
	    take("{\"text\":\"a\\u00e9\",\"action\":\"scale\",\"with\":{\"z\":4,\"a\":true,"
		 "\"m\":\"x\"},\"until\":\"2026-11-23T07:00:00+01:00\",\"role\":\"source\","
		 "\"happened\":\"no\"}",
		&r, &err));
	EXPECT_STR(r.text, STR("aé"));
	EXPECT_STR(r.name, STR("scale"));
	EXPECT(r.action);
	EXPECT_U64(r.happened, HAPPENED_NO);
	EXPECT_U64(r.params.n, 5);
	EXPECT_STR(pairs_get(&r.params, STR("with.z")), STR("4"));
	EXPECT_STR(pairs_get(&r.params, STR("with.a")), STR("true"));
	EXPECT_STR(pairs_get(&r.params, STR("until")), STR("1795413600000"));
	EXPECT(take("{\"text\":\"a\",\"until\":1795413600000}", &r, &err));
	EXPECT_STR(pairs_get(&r.params, STR("until")), STR("1795413600000"));
}

static void
body__says_what_is_wrong_and_where(void)
{
	static const struct {
		const char *json;
		const char *message;
	} rows[] = {
		{ "", "'text' is missing (at byte 2 of the body)" },
		{ "{}", "'text' is missing (at byte 2 of the body)" },
		{ "[]", "expected an object (at byte 0 of the body)" },
		{ "{\"text\":\"a\",\"x\":1}",
		    "unknown member 'x' (at byte 16 of the body)" },
		{ "{\"text\":\"a\",\"text\":\"b\"}",
		    "'text' is given twice (at byte 19 of the body)" },
		{ "{\"text\":\"a\",\"runbook\":\"b\",\"action\":\"c\"}",
		    "give a runbook or an action, not both (at byte 35 of the body)" },
		{ "{\"text\":\"a\",\"happened\":\"maybe\"}",
		    "'happened' is 'yes' or 'no' (at byte 30 of the body)" },
		{ "{\"text\":\"a\",\"until\":\"soon\"}",
		    "'until' is a time as 2026-11-23T07:00:00Z (at byte 26 of the body)" },
		{ "{\"text\":\"a\",\"with\":{\"b\":\"1\",\"b\":\"2\"}}",
		    "a parameter is given twice" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct request r;
		struct err err = { .text = "" };
		test_row = rows[i].json;
		EXPECT(!take(rows[i].json, &r, &err));
		EXPECT_STR(str_of(err.text), str_of(rows[i].message));
	}
}

static void
body__has_a_limit_of_parameters(void)
{
	struct request r;
	struct err err;
	struct buf json = BUF(65536);
	buf_add(&json, STR("{\"text\":\"a\",\"with\":{"));
	for (int i = 0; i <= PAIRS_MAX; i++)
		buf_printf(&json, "%s\"%d\":\"\"", i > 0 ? "," : "", i);
	buf_add(&json, STR("}}\0"));
	EXPECT(!take(json.p, &r, &err));
	EXPECT(str_starts(str_of(err.text), STR("more than 256 parameters")));
	buf_done(&json);
}

int
main(void)
{
	RUN(body__becomes_a_request);
	RUN(body__says_what_is_wrong_and_where);
	RUN(body__has_a_limit_of_parameters);
	TEST_MAIN_END();
}
