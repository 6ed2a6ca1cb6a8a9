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
	{ "live", BODY_LIVE, false },
	{ "for", BODY_SPAN, false },
	{ "digest", BODY_DIGEST, false },
	{ "targets", BODY_COUNT, false },
	{ "incident", BODY_INCIDENT, false },
	{ "behalf", BODY_BEHALF, false },
	{ "lease", BODY_ROW, false },
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
body__has_lengths_digests_counts_and_chains(void)
{
	static const struct {
		const char *json;
		msec ms;
	} spans[] = {
		{ "\"90s\"", 90 * SECOND },
		{ "\"30m\"", 30 * MINUTE },
		{ "\"2h\"", 2 * HOUR },
		{ "\"400d\"", 400 * DAY },
		{ "90000", 90 * SECOND },
	};
	struct request r;
	struct err err;
	char json[200];
	for (size_t i = 0; i < countof(spans); i++) {
		test_row = spans[i].json;
		(void)snprintf(json, sizeof(json), "{\"text\":\"a\",\"for\":%s}",
		    spans[i].json);
		EXPECT(take(json, &r, &err));
		EXPECT_U64(r.span_ms, spans[i].ms);
	}
	EXPECT(take("{\"text\":\"\",\"digest\":\"0123456789abcdef0123456789abcdef"
		    "0123456789abcdef0123456789abcdef\",\"targets\":12,"
		    "\"behalf\":\"person:ana\",\"live\":{\"replicas\":4},\"lease\":7}",
	    &r, &err));
	EXPECT_U64(r.row, 7);
	EXPECT_U64(r.digest.b[0], 0x01);
	EXPECT_U64(r.digest.b[31], 0xef);
	EXPECT_STR(pairs_get(&r.params, STR("targets")), STR("12"));
	EXPECT_STR(pairs_get(&r.params, STR("behalf.0")), STR("person:ana"));
	EXPECT_STR(pairs_get(&r.params, STR("live.replicas")), STR("4"));
	EXPECT(take("{\"text\":\"\",\"behalf\":[\"agent:x\",\"person:ana\"]}", &r, &err));
	EXPECT_STR(pairs_get(&r.params, STR("behalf.0")), STR("agent:x"));
	EXPECT_STR(pairs_get(&r.params, STR("behalf.1")), STR("person:ana"));
	EXPECT(take("{\"text\":\"\",\"behalf\":[]}", &r, &err));
	EXPECT_U64(r.params.n, 0);
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
		{ "{\"text\":\"a\",\"for\":\"5x\"}", "'for' is a length of time as 90s, "
						     "30m or 2h (at byte 22 of the body)" },
		{ "{\"text\":\"a\",\"for\":\"0m\"}", "'for' is a length of time as 90s, "
						     "30m or 2h (at byte 22 of the body)" },
		{ "{\"text\":\"a\",\"for\":\"401d\"}",
		    "'for' is a length of time as 90s, 30m or 2h (at byte 24 of the "
		    "body)" },
		{ "{\"text\":\"a\",\"for\":0}", "'for' is a length of time as 90s, 30m or "
						"2h (at byte 19 of the body)" },
		{ "{\"text\":\"a\",\"digest\":\"ab\"}",
		    "'digest' is 64 hexadecimal digits (at byte 25 of the body)" },
		{ "{\"text\":\"a\",\"digest\":\"0000000000000000000000000000000000000000"
		  "000000000000000000000000\"}",
		    "'digest' is 64 hexadecimal digits (at byte 87 of the body)" },
		{ "{\"text\":\"a\",\"targets\":0}",
		    "'targets' is a number from 1 to 1024 (at byte 23 of the body)" },
		{ "{\"text\":\"a\",\"incident\":0}",
		    "'incident' is the number of an incident (at byte 24 of the body)" },
		{ "{\"text\":\"a\",\"targets\":1025}",
		    "'targets' is a number from 1 to 1024 (at byte 26 of the body)" },
		{ "{\"text\":\"a\",\"behalf\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
		  "\"\"]}",
		    "'behalf' has at most 8 principals (at byte 46 of the body)" },
		{ "{\"text\":\"a\",\"lease\":0}",
		    "'lease' is a number from 1 (at byte 21 of the body)" },
		{ "{\"text\":\"a\",\"behalf\":[1]}",
		    "expected a string (at byte 22 of the body)" },
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
	RUN(body__has_lengths_digests_counts_and_chains);
	RUN(body__says_what_is_wrong_and_where);
	RUN(body__has_a_limit_of_parameters);
	TEST_MAIN_END();
}
