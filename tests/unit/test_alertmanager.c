#include "intake/intake.h"
#include "intake/moment.h"
#include "intake/wire.h"
#include "support/test.h"

#define NOW UINT64_C(1795419163000) /* 2026-11-23T07:32:43Z */
#define TIMEOUT (5 * MINUTE)

static char memory[1 << 20];
static struct buf out = { .max = 1 << 20 };

static struct intake_read
read_with(const struct intake_limits *limits, str json)
{
	struct arena scratch = arena_over(memory, sizeof(memory));
	buf_reset(&out);
	buf_add(&out, STR("head"));
	struct intake_read read =
	    intake_read_alertmanager(json, NOW, TIMEOUT, limits, &scratch, &out);
	EXPECT_STR(str_take(buf_str(&out), 4), STR("head"));
	return read;
}

static struct intake_read
read_json(const char *json)
{
	return read_with(&intake_limits_default, str_of(json));
}

/* The n-th alert in `out`, decoded; its strings lie in `out`. */
static struct wire_alert
alert_at(size_t n, struct alert_body *ret_body)
{
	static char decoded[1 << 16];
	struct arena arena = arena_over(decoded, sizeof(decoded));
	str in = str_drop(buf_str(&out), 4);
	struct wire_alert alert = { .body = { "", 0 } };
	for (size_t i = 0; i <= n; i++)
		EXPECT(wire_cut(&in, &alert) == WIRE_ALERT);
	struct wire_parts parts = { 0 };
	EXPECT(wire_body_measure(alert.body, &parts));
	EXPECT_U64(parts.labels_bytes, alert.labels_bytes);
	EXPECT_U64(alert.fingerprint, wire_fingerprint(alert.body));
	struct err err;
	EXPECT(record_decode_all(&alert_body_type, alert.body, &arena, ret_body, &err));
	return alert;
}

static size_t
alerts_out(void)
{
	str in = str_drop(buf_str(&out), 4);
	struct wire_alert alert;
	size_t n = 0;
	while (wire_cut(&in, &alert) == WIRE_ALERT)
		n++;
	EXPECT(in.n == 0);
	return n;
}

static void
read__takes_what_prometheus_sends(void)
{
	struct intake_read read = read_json(
	    "[{\"annotations\":{\"runbook_url\":\"https://r/"
	    "watchdog\",\"summary\":\"always "
	    "1\"},\"endsAt\":\"2026-11-23T07:33:05.632Z\",\"startsAt\":\"2026-11-23T07:32:"
	    "43.632Z\",\"generatorURL\":\"http://vm:19090/graph?g0.expr=vector%281%29"
	    "\\u0026g0.tab=1\",\"labels\":{\"alertname\":\"Watchdog\",\"cluster\":\"demo\","
	    "\"severity\":\"none\"}}]\n");
	EXPECT(read.status == INTAKE_OK && read.taken == 1 && read.refused == 0);
	EXPECT(read.error[0] == '\0');

	struct alert_body body;
	struct wire_alert alert = alert_at(0, &body);
	EXPECT_U64(alert.starts_wall, NOW + 632);
	EXPECT_U64(alert.ends_wall, NOW + 22632);
	EXPECT(!alert.timeout);
	EXPECT(body.labels.n == 3 && body.annotations.n == 2);
	EXPECT_STR(pairs_get(&body.labels, STR("alertname")), STR("Watchdog"));
	EXPECT_STR(pairs_get(&body.annotations, STR("summary")), STR("always 1"));
	EXPECT_STR(body.url, STR("http://vm:19090/graph?g0.expr=vector%281%29&g0.tab=1"));
}

static void
read__fingerprints_as_prometheus_does(void)
{
	static const struct {
		const char *labels;
		uint64_t fingerprint;
	} rows[] = {
		{ "{\"alertname\":\"A\",\"cluster\":\"c1\",\"severity\":\"critical\"}",
		    UINT64_C(0xd0b0f9c089b0ac23) },
		{ "{\"severity\":\"warning\",\"cluster\":\"c1\",\"alertname\":\"B\"}",
		    UINT64_C(0x5287aca26dea31e9) },
		{ "{\"alertname\":\"GoodOne\",\"dropped\":\"\"}",
		    UINT64_C(0x3f779503f87a9103) },
		{ "{\"severity\":\"warning\",\"alertname\":\"test1\"}",
		    UINT64_C(0x8f14a41207c8456c) },
		{ "{\"a\":\"b\",\"b\":\"\\u03a3\",\"c\":\"\\ud83d\\ude42\",\"d\":"
		  "\"e\xce\x98\"}",
		    UINT64_C(0x0f92a997ae46be5b) },
	};
	char json[2000] = "[";
	for (size_t i = 0; i < countof(rows); i++)
		(void)snprintf(json + strlen(json), sizeof(json) - strlen(json),
		    "%s{\"labels\":%s}", i ? "," : "", rows[i].labels);
	(void)snprintf(json + strlen(json), sizeof(json) - strlen(json), "]");
	EXPECT(read_json(json).taken == countof(rows));
	for (size_t i = 0; i < countof(rows); i++) {
		struct alert_body body;
		EXPECT_U64(alert_at(i, &body).fingerprint, rows[i].fingerprint);
	}
}

/* Each row was put to Alertmanager 0.25, but for those marked "ours". */
static void
read__answers_as_alertmanager_does(void)
{
#define L "\"labels\":{\"a\":\"b\"}"
#define P "parsing alerts body from \"\" failed, because "
	static const struct {
		const char *in;
		enum intake_status status;
		uint32_t code;
		const char *error;
		size_t taken;
	} rows[] = {
		{ "", INTAKE_INVALID, 602, "alerts in body is required", 0 },
		{ " \n", INTAKE_INVALID, 602, "alerts in body is required", 0 },
		{ "null", INTAKE_OK, 0, "", 0 },
		{ "[]", INTAKE_OK, 0, "", 0 },
		/* there the handler panics */
		{ "[null]", INTAKE_INVALID, 602, "0 in body is required", 0 },
		{ "{}", INTAKE_MALFORMED, 0, P "expected an array (at byte 0)", 0 },
		{ "\"x\"", INTAKE_MALFORMED, 0, P "expected an array (at byte 0)", 0 },
		{ "[5]", INTAKE_MALFORMED, 0, P "expected an object (at byte 1)", 0 },
		{ "[[]]", INTAKE_MALFORMED, 0, P "expected an object (at byte 1)", 0 },
		{ "[{}]", INTAKE_INVALID, 602, "0.labels in body is required", 0 },
		{ "[{\"labels\":null}]", INTAKE_INVALID, 602,
		    "0.labels in body is required", 0 },
		{ "[{" L "},{},{}]", INTAKE_INVALID, 602, "1.labels in body is required",
		    0 },
		{ "[{\"labels\":{}}]", INTAKE_PARTLY, 0, "at least one label pair required",
		    0 },
		{ "[{\"labels\":{\"a\":\"\"}}]", INTAKE_PARTLY, 0,
		    "at least one label pair required", 0 },
		{ "[{\"labels\":{\"a\":null}}]", INTAKE_PARTLY, 0,
		    "at least one label pair required", 0 },
		{ "[{\"labels\":{\"\":\"x\"}}]", INTAKE_PARTLY, 0,
		    "invalid label set: invalid name \"\"", 0 },
		/* names of any UTF-8, as since 0.27 */
		{ "[{\"labels\":{\"a-b\":\"x\"}}]", INTAKE_OK, 0, "", 1 },
		{ "[{\"labels\":{\"a\":1}}]", INTAKE_MALFORMED, 0,
		    P "expected a string (at byte 16)", 0 },
		{ "[{\"labels\":[]}]", INTAKE_MALFORMED, 0,
		    P "expected an object (at byte 11)", 0 },
		{ "[{},{" L ",\"generatorURL\":\"x\"}]", INTAKE_INVALID, 602,
		    "0.labels in body is required", 0 },
		{ "[{\"generatorURL\":\"not a uri\"}]", INTAKE_INVALID, 601,
		    "0.generatorURL in body must be of type uri: \"not a uri\"", 0 },
		{ "[{" L ",\"generatorURL\":\"a\\\"\\n\\\\\"}]", INTAKE_INVALID, 601,
		    "0.generatorURL in body must be of type uri: \"a\\\"\\x0a\\\\\"", 0 },
		{ "[{" L ",\"generatorURL\":\"\"}]", INTAKE_OK, 0, "", 1 },
		{ "[{" L ",\"generatorURL\":null}]", INTAKE_OK, 0, "", 1 },
		{ "[{" L ",\"generatorURL\":5}]", INTAKE_MALFORMED, 0,
		    P "expected a string (at byte 36)", 0 },
		{ "[{" L ",\"annotations\":null,\"startsAt\":null}]", INTAKE_OK, 0, "", 1 },
		{ "[{" L ",\"annotations\":{\"\":\"x\"}}]", INTAKE_PARTLY, 0,
		    "invalid annotations: invalid name \"\"", 0 },
		{ "[{" L ",\"annotations\":{\"a\":\"\"}}]", INTAKE_OK, 0, "", 1 },
		{ "[{" L ",\"foo\":{\"x\":[1,\"\\n\"]}}]", INTAKE_OK, 0, "", 1 },
		{ "[{" L "}", INTAKE_MALFORMED, 0, P "unexpected end of text (at byte 21)",
		    0 },
		{ "[{" L ",}]", INTAKE_MALFORMED, 0,
		    P "expected a member's name in quotes (at byte 21)", 0 },
		{ "[{" L ",\"startsAt\":\"today\"}]", INTAKE_MALFORMED, 0,
		    P "startsAt is not a date and time (at byte 39)", 0 },
		{ "[{" L ",\"endsAt\":\"2026-02-29\"}]", INTAKE_MALFORMED, 0,
		    P "endsAt is not a date and time (at byte 42)", 0 },
		{ "[{" L ",\"startsAt\":\"2030-01-01T00:00:00Z\"}]", INTAKE_PARTLY, 0,
		    "start time must be before end time", 0 },
		{ "[{" L
		  ",\"startsAt\":\"2030-01-01T00:00:00Z\",\"endsAt\":\"2029-01-01T00:"
		  "00:00Z\"}]",
		    INTAKE_PARTLY, 0, "start time must be before end time", 0 },
		{ "[{\"labels\":{}},{" L "},{\"labels\":{\"\":\"x\"}},{\"labels\":{}}]",
		    INTAKE_PARTLY, 0,
		    "at least one label pair required\ninvalid label set: invalid name "
		    "\"\"\nat least one label pair required",
		    1 },
		/* a fault of the schema before one of the text: the text decides */
		{ "[{},{" L "]", INTAKE_MALFORMED, 0, P "expected ',' or '}' (at byte 23)",
		    0 },
		/* ours: there the last one wins, or anything goes */
		{ "[{\"labels\":{\"a\":\"b\",\"a\":\"c\"}},{" L "}]", INTAKE_PARTLY, 0,
		    "alert 0: name 'a' is given twice", 1 },
		{ "[{\"labels\":{\"b\":\"\",\"a\":\"x\",\"b\":\"c\"}}]", INTAKE_PARTLY, 0,
		    "alert 0: name 'b' is given twice", 0 },
		{ "[{" L "},{" L ",\"annotations\":{\"x\":\"b\",\"x\":\"b\"}}]",
		    INTAKE_PARTLY, 0, "alert 1: name 'x' is given twice", 1 },
		{ "[{" L ",\"labels\":{\"c\":\"d\"}}]", INTAKE_PARTLY, 0,
		    "alert 0: member 'labels' is given twice", 0 },
		{ "[{" L "}] x", INTAKE_MALFORMED, 0,
		    P "expected the end of the text (at byte 23)", 0 },
		{ "[{\"labels\":{\"a\":\"\xff\"}}]", INTAKE_MALFORMED, 0,
		    P "string is not UTF-8 (at byte 17)", 0 },
		{ "[{\"labels\":{\"a\":\"\\ud800\"}}]", INTAKE_MALFORMED, 0,
		    P "half of a surrogate pair in a string (at byte 17)", 0 },
		{ "[{\"labels\":{\"a\":\"\\u0000\"}}]", INTAKE_MALFORMED, 0,
		    P "'\\u0000' is not allowed in text (at byte 17)", 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].in;
		struct intake_read read = read_json(rows[i].in);
		EXPECT_U64(read.status, rows[i].status);
		EXPECT_U64(read.code, rows[i].code);
		EXPECT_STR(str_of(read.error), str_of(rows[i].error));
		EXPECT_U64(read.taken, rows[i].taken);
		EXPECT_U64(alerts_out(), rows[i].taken);
	}
}

static void
read__fills_in_times_that_are_not_set(void)
{
	static const struct {
		const char *times;
		msec starts, ends;
		bool timeout;
	} rows[] = {
		{ "", NOW, NOW + TIMEOUT, true },
		{ ",\"startsAt\":\"\",\"endsAt\":\"0001-01-01T00:00:00.000Z\"", NOW,
		    NOW + TIMEOUT, true },
		{ ",\"startsAt\":\"2026-11-23T07:32:40Z\"", NOW - 3000, NOW + TIMEOUT,
		    true },
		{ ",\"endsAt\":\"2026-11-23T07:32:40Z\"", NOW - 3000, NOW - 3000, false },
		{ ",\"endsAt\":\"2026-11-23T07:32:53Z\"", NOW + 10000, NOW + 10000, false },
		{ ",\"startsAt\":\"1960-01-01T00:00:00Z\",\"endsAt\":\"9999-12-31T23:59:"
		  "59Z\"",
		    1, MOMENT_MAX - 999, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].times;
		char json[500];
		(void)snprintf(json, sizeof(json), "[{" L "%s}]", rows[i].times);
		EXPECT(read_json(json).status == INTAKE_OK);
		struct alert_body body;
		struct wire_alert alert = alert_at(0, &body);
		EXPECT_U64(alert.starts_wall, rows[i].starts);
		EXPECT_U64(alert.ends_wall, rows[i].ends);
		EXPECT(alert.timeout == rows[i].timeout);
	}
}

static void
read__refuses_alone_what_is_over_a_limit_of_an_alert(void)
{
	static const struct {
		const char *in;
		const char *error;
	} rows[] = {
		{ "\"labels\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}",
		    "alert 1: more than 2 labels" },
		{ L ",\"annotations\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}",
		    "alert 1: more than 2 annotations" },
		{ "\"labels\":{\"abcdefghi\":\"1\"}",
		    "alert 1: a name of 9 bytes; at most 8" },
		{ "\"labels\":{\"a\":\"0123456789abcdefg\"}",
		    "alert 1: label 'a' has 17 bytes; at most 16" },
		{ L ",\"generatorURL\":\"http://678901234567\"",
		    "alert 1: generatorURL has 19 bytes; at most 16" },
		{ "\"labels\":{\"a\":\"0123456789abcdef\",\"b\":\"0123456789abcdef\"}",
		    "alert 1 has 41 bytes; at most 40" },
	};
	struct intake_limits limits = { .labels_max = 2,
		.name_bytes_max = 8,
		.value_bytes_max = 16,
		.alert_bytes_max = 40,
		.alerts_max = 3 };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].in;
		char json[500];
		(void)snprintf(json, sizeof(json), "[{" L "},{%s},{" L "}]", rows[i].in);
		struct intake_read read = read_with(&limits, str_of(json));
		EXPECT(read.status == INTAKE_PARTLY);
		EXPECT(read.taken == 2 && read.refused == 1 && alerts_out() == 2);
		EXPECT_STR(str_of(read.error), str_of(rows[i].error));
	}
}

static void
read__refuses_a_request_over_a_limit(void)
{
	struct intake_limits limits = intake_limits_default;
	limits.alerts_max = 2;
	struct intake_read read = read_with(&limits, STR("[{" L "},{" L "},{" L "}]"));
	EXPECT(read.status == INTAKE_TOO_MUCH && alerts_out() == 0 && read.taken == 0);
	EXPECT_STR(str_of(read.error), STR("more than 2 alerts in one request"));

	size_t max = out.max;
	out.max = 4 + 2 * WIRE_HEAD_BYTES;
	read = read_json("[{" L "},{" L "}]");
	EXPECT(read.status == INTAKE_TOO_MUCH && alerts_out() == 0 && !out.overflow);
	out.max = max;

	struct arena scratch = arena_over(memory, INTAKE_SCRATCH_BYTES);
	static char text[INTAKE_SCRATCH_BYTES] = "[";
	memset(text + 1, ' ', sizeof(text) - 2);
	text[sizeof(text) - 1] = ']';
	read = intake_read_alertmanager((str){ text, sizeof(text) }, NOW, TIMEOUT,
	    &intake_limits_default, &scratch, &out);
	EXPECT(read.status == INTAKE_TOO_MUCH);
	read = intake_read_alertmanager(STR("[{" L "}]"), NOW, TIMEOUT,
	    &intake_limits_default, &scratch, &out);
	EXPECT(read.status == INTAKE_OK);
}

static void
read__says_how_many_problems_found_no_room(void)
{
	static char json[1 << 16] = "[{\"labels\":{}}";
	for (size_t i = 1; i < 100; i++)
		(void)snprintf(json + strlen(json), sizeof(json) - strlen(json),
		    ",{\"labels\":{}}");
	(void)snprintf(json + strlen(json), sizeof(json) - strlen(json), ",{" L "}]");
	struct intake_read read = read_json(json);
	EXPECT(read.status == INTAKE_PARTLY && read.refused == 100 && read.taken == 1);
	size_t lines = 1;
	for (const char *p = read.error; *p != '\0'; p++)
		lines += *p == '\n';
	char last[40];
	(void)snprintf(last, sizeof(last), "\nand %zu more", 100 - (lines - 1));
	EXPECT(str_ends(str_of(read.error), str_of(last)));
}

/* A label set that does not fit a lane of the fingerprints, between small ones. */
static void
read__fingerprints_long_label_sets_alone(void)
{
	static char json[1 << 16];
	static char value[8000];
	memset(value, 'v', sizeof(value) - 1);
	size_t n = 1;
	json[0] = '[';
	for (size_t i = 0; i < 11; i++)
		n += (size_t)snprintf(json + n, sizeof(json) - n,
		    "%s{\"labels\":{\"n\":\"%zu\",\"v\":\"%.*s\"}}", i ? "," : "", i,
		    i % 3 == 2 ? 2500 + (int)i : (int)i + 1, value);
	(void)snprintf(json + n, sizeof(json) - n, "]");
	EXPECT(read_json(json).taken == 11);
	for (size_t i = 0; i < 11; i++) {
		struct alert_body body;
		(void)alert_at(i, &body); /* checks the fingerprint */
	}
}

int
main(void)
{
	RUN(read__takes_what_prometheus_sends);
	RUN(read__fingerprints_as_prometheus_does);
	RUN(read__answers_as_alertmanager_does);
	RUN(read__fills_in_times_that_are_not_set);
	RUN(read__refuses_alone_what_is_over_a_limit_of_an_alert);
	RUN(read__refuses_a_request_over_a_limit);
	RUN(read__says_how_many_problems_found_no_room);
	RUN(read__fingerprints_long_label_sets_alone);
	buf_done(&out);
	TEST_MAIN_END();
}
