#include "intake/wire.h"

#include "base/hash.h"
#include "support/test.h"

/* A body from pairs "name=value", as record_encode writes it. */
static str
body_of(struct buf *b, const struct alert_body *body)
{
	buf_reset(b);
	record_encode(&alert_body_type, body, b);
	return buf_str(b);
}

static void
wire_fingerprint__is_prometheus_own(void)
{
	const struct {
		struct pair pair[4];
		size_t n;
		uint64_t fingerprint;
	} rows[] = {
		{ { { STR("alertname"), STR("A") }, { STR("cluster"), STR("c1") },
		      { STR("severity"), STR("critical") } },
		    3, UINT64_C(0xd0b0f9c089b0ac23) },
		{ { { STR("alertname"), STR("B") }, { STR("cluster"), STR("c1") },
		      { STR("severity"), STR("warning") } },
		    3, UINT64_C(0x5287aca26dea31e9) },
		{ { { STR("alertname"), STR("GoodOne") } }, 1,
		    UINT64_C(0x3f779503f87a9103) },
		{ { { STR("alertname"), STR("test1") },
		      { STR("severity"), STR("warning") } },
		    2, UINT64_C(0x8f14a41207c8456c) },
		{ { { STR("a"), STR("b") }, { STR("b"), STR("\xce\xa3") },
		      { STR("c"), STR("\xf0\x9f\x99\x82") },
		      { STR("d"), STR("e\xce\x98") } },
		    4, UINT64_C(0x0f92a997ae46be5b) },
	};
	struct buf b = BUF(4096);
	for (size_t i = 0; i < countof(rows); i++) {
		struct pair pair[4];
		memcpy(pair, rows[i].pair, sizeof(pair));
		struct alert_body body = { .labels = { pair, rows[i].n } };
		EXPECT_U64(wire_fingerprint(body_of(&b, &body)), rows[i].fingerprint);
	}
	buf_done(&b);
}

static void
wire_read_labels__gives_the_labels_and_none_of_what_is_no_body(void)
{
	static char memory[4096];
	struct pair pair[] = { { STR("alertname"), STR("A") },
		{ STR("cluster"), STR("a value of more than 23 bytes") } };
	struct alert_body whole = { .labels = { pair, 2 },
		.annotations = { pair, 2 },
		.url = STR("http://x") };
	struct buf b = BUF(4096);
	str body = body_of(&b, &whole);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct pairs labels = wire_read_labels(body, &arena);
	EXPECT_U64(labels.n, 2);
	for (size_t i = 0; i < labels.n; i++) {
		EXPECT_STR(labels.p[i].name, pair[i].name);
		EXPECT_STR(labels.p[i].value, pair[i].value);
	}

	/* octal: \241 is a map of one, \202 an array of two, 'a' the head of a text of one */
	const str rows[] = {
		STR(""), STR("\241"), STR("\241\2\202anav"), /* annotations first */
		STR("\241\1\201an"),                         /* a name without a value */
		STR("\241\1\202anbv"),                       /* longer than what is left */
		STR("\241\1\204anavamav"),                   /* out of order */
		STR("\241\1\232\377\377\377\377"),           /* more than may be */
	};
	EXPECT_U64(wire_read_labels(STR("\241\1\202anav"), &arena).n, 1);
	for (size_t i = 0; i < countof(rows); i++)
		EXPECT_U64(wire_read_labels(rows[i], &arena).n, 0);
	buf_done(&b);
}

static void
wire_body_measure__takes_what_record_encode_writes(void)
{
	static char text[5000];
	memset(text, 'x', sizeof(text));
	struct pair labels[30];
	static char names[30][4];
	for (size_t i = 0; i < countof(labels); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "l%02zu", i);
		labels[i] = (struct pair){ str_of(names[i]),
			{ text, 1 + i * i * 5 } }; /* through every length of head */
	}
	struct pair annotations[] = { { STR("\xc3\xa9"), { "", 0 } } };

	struct buf b = BUF(100000);
	for (unsigned with = 0; with < 4; with++) {
		struct alert_body body = { .labels = { labels, countof(labels) } };
		if (with & 1)
			body.annotations = (struct pairs){ annotations, 1 };
		if (with & 2)
			body.url = STR("http://x");
		struct wire_parts parts = { 0 };
		str bytes = body_of(&b, &body);
		EXPECT(wire_body_measure(bytes, &parts));
		EXPECT_U64(bytes.n - parts.head_bytes, with & 2 ? 10 : 0);
		EXPECT_U64(parts.head_bytes - parts.labels_bytes, with & 1 ? 6 : 0);
		for (size_t cut = 0; cut < bytes.n; cut++)
			EXPECT(!wire_body_measure(str_take(bytes, cut), &parts));
	}
	buf_done(&b);
}

#define LABEL "\x01\x82\x61\x61\x61\x62" /* field 1: ["a", "b"] */

static void
wire_body_measure__refuses_what_record_encode_would_not_write(void)
{
	const struct {
		const char *name;
		str body;
	} rows[] = {
		{ "empty", { "", 0 } },
		{ "no labels", STR("\xa0") },
		{ "an array of no labels", STR("\xa1\x01\x80") },
		{ "a name without a value", STR("\xa1\x01\x81\x61\x61") },
		{ "an empty name", STR("\xa1\x01\x82\x60\x61\x62") },
		{ "an empty value", STR("\xa1\x01\x82\x61\x61\x60") },
		{ "one name twice", STR("\xa1\x01\x84\x61\x61\x61\x62\x61\x61\x61\x62") },
		{ "names out of order",
		    STR("\xa1\x01\x84\x61\x62\x61\x62\x61\x61\x61\x62") },
		{ "not UTF-8", STR("\xa1\x01\x82\x61\x61\x61\xff") },
		{ "NUL", STR("\xa1\x01\x82\x61\x61\x61\x00") },
		{ "a byte string", STR("\xa1\x01\x82\x61\x61\x41\x62") },
		{ "an overlong head", STR("\xa1\x01\x82\x61\x61\x78\x01\x62") },
		{ "an overlong head of two", STR("\xa1\x01\x82\x61\x61\x79\x00\x01\x62") },
		{ "bytes behind it", STR("\xa1" LABEL "\x00") },
		{ "too many fields", STR("\xa4" LABEL "\x03\x61\x78") },
		{ "a field too few", STR("\xa2" LABEL) },
		{ "a field not counted", STR("\xa1" LABEL "\x03\x61\x78") },
		{ "an empty url", STR("\xa2" LABEL "\x03\x60") },
		{ "no annotations, said at length", STR("\xa2" LABEL "\x02\x80") },
		{ "annotations without a name", STR("\xa2" LABEL "\x02\x82\x60\x61\x62") },
		{ "fields out of order",
		    STR("\xa3" LABEL "\x03\x61\x78\x02\x82\x61\x61\x61\x62") },
		{ "an unknown field", STR("\xa2" LABEL "\x04\x61\x78") },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct wire_parts parts = { 7, 8 };
		EXPECT(!wire_body_measure(rows[i].body, &parts));
		EXPECT(parts.labels_bytes == 7 && parts.head_bytes == 8); /* untouched */
	}
	struct wire_parts parts = { 0 };
	EXPECT(wire_body_measure(STR("\xa1" LABEL), &parts));
	EXPECT_U64(parts.labels_bytes, 7);
}

static void
wire_cut__gives_back_what_was_put(void)
{
	struct wire_alert a = {
		.body = STR("\xa1" LABEL),
		.labels_bytes = 7,
		.timeout = true,
		.fingerprint = UINT64_C(0x8899aabbccddeeff),
		.starts_wall = 1795419163000,
		.ends_wall = 1795419163001,
	};
	char bytes[2 * (WIRE_HEAD_BYTES + 7)];
	for (size_t i = 0; i < 2; i++) {
		char *p = bytes + i * (WIRE_HEAD_BYTES + 7);
		wire_put_head(p, &a);
		memcpy(p + WIRE_HEAD_BYTES, a.body.p, a.body.n);
	}
	str in = { bytes, sizeof(bytes) };
	struct wire_alert got;
	for (size_t i = 0; i < 2; i++) {
		EXPECT(wire_cut(&in, &got) == WIRE_ALERT);
		EXPECT_STR(got.body, a.body);
		EXPECT(got.labels_bytes == 7 && got.timeout);
		EXPECT_U64(got.fingerprint, a.fingerprint);
		EXPECT_U64(got.starts_wall, a.starts_wall);
		EXPECT_U64(got.ends_wall, a.ends_wall);
	}
	EXPECT(wire_cut(&in, &got) == WIRE_END);
	for (size_t cut = 1; cut < WIRE_HEAD_BYTES + 7; cut++) {
		in = (str){ bytes, cut };
		EXPECT(wire_cut(&in, &got) == WIRE_BAD);
	}
}

static void
wire_cut_start__gives_back_what_was_put(void)
{
	struct wire_start start = { STR("token"), 5000, UINT64_C(1795419163000) };
	struct buf out = BUF(1000);
	wire_put_start(&out, &start);
	size_t n = out.n;
	buf_add(&out, STR("alerts"));
	struct wire_start got;
	str wire;
	EXPECT(wire_cut_start(buf_str(&out), &got, &wire));
	EXPECT_STR(got.token, start.token);
	EXPECT(got.boot == start.boot && got.wall == start.wall);
	EXPECT_STR(wire, STR("alerts"));
	for (size_t cut = 0; cut < n; cut++)
		EXPECT(!wire_cut_start(str_take(buf_str(&out), cut), &got, &wire));
	buf_reset(&out);
	start.wall = UINT64_C(253402300800000);
	wire_put_start(&out, &start);
	EXPECT(!wire_cut_start(buf_str(&out), &got, &wire)); /* after the year 9999 */
	buf_done(&out);
}

static void
wire_set_clock__moves_what_goes_by_this_clock(void)
{
	static const msec now = 1795419193000, year = UINT64_C(365) * 24 * 3600 * 1000,
			  last = UINT64_C(253402300799999);
	const struct wire_alert a = { .body = STR("\xa1" LABEL),
		.labels_bytes = 7,
		.timeout = true,
		.fingerprint = 7,
		.starts_wall = now - 60000,
		.ends_wall = now + 240000 };
	const struct {
		const char *name;
		msec old, new;
		msec starts, ends;
	} rows[] = {
		{ "back by ten years", now, now - 10 * year, a.starts_wall - 10 * year,
		    a.ends_wall - 10 * year },
		{ "on by ten years", now, now + 10 * year, a.starts_wall + 10 * year,
		    a.ends_wall + 10 * year },
		{ "back by a minute", now, now - 60000, a.starts_wall - 60000,
		    a.ends_wall - 60000 },
		{ "on by an hour", now, now + 3600000, a.starts_wall + 3600000,
		    a.ends_wall + 3600000 },
		{ "the sender's was right, and ours behind", now - 10 * year, now,
		    a.starts_wall, a.ends_wall },
		{ "the sender's was right, and ours ahead", now + 3600000, now,
		    a.starts_wall, a.ends_wall },
		{ "to 1970", now, 5, 1, 240005 },
		{ "to the year 9999", 5, last, last, last },
	};
	char bytes[2 * (WIRE_HEAD_BYTES + 7)];
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		for (size_t k = 0; k < 2; k++) {
			char *p = bytes + k * (WIRE_HEAD_BYTES + 7);
			wire_put_head(p, &a);
			memcpy(p + WIRE_HEAD_BYTES, a.body.p, a.body.n);
		}
		wire_set_clock(bytes, sizeof(bytes), rows[i].old, rows[i].new);
		str in = { bytes, sizeof(bytes) };
		struct wire_alert got;
		for (size_t k = 0; k < 2; k++) {
			EXPECT(wire_cut(&in, &got) == WIRE_ALERT);
			EXPECT_U64(got.starts_wall, rows[i].starts);
			EXPECT_U64(got.ends_wall, rows[i].ends);
			EXPECT_STR(got.body, a.body);
			EXPECT(
			    got.labels_bytes == 7 && got.timeout && got.fingerprint == 7);
		}
		EXPECT(wire_cut(&in, &got) == WIRE_END);
	}
}

static void
wire_cut__refuses_heads_that_cannot_be(void)
{
	static const struct {
		const char *name;
		size_t at;
		uint64_t value;
		size_t bytes;
	} rows[] = {
		{ "another version", 0, 2, 1 },
		{ "an unknown flag", 1, 2, 1 },
		{ "bytes that are zero", 2, 1, 1 },
		{ "a body longer than what is left", 4, 8, 4 },
		{ "a body over the limit", 4, WIRE_BODY_MAX + 1, 4 },
		{ "labels longer than the body", 8, 8, 4 },
		{ "no labels", 8, 1, 4 },
		{ "starts not set", 20, 0, 8 },
		{ "starts after it ends", 20, UINT64_C(1795419163002), 8 },
		{ "ends after year 9999", 28, UINT64_C(253402300800000), 8 },
	};
	struct wire_alert a = {
		.body = STR("\xa1" LABEL),
		.labels_bytes = 7,
		.starts_wall = 1795419163000,
		.ends_wall = 1795419163001,
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char bytes[WIRE_HEAD_BYTES + 7];
		wire_put_head(bytes, &a);
		memcpy(bytes + WIRE_HEAD_BYTES, a.body.p, a.body.n);
		memcpy(bytes + rows[i].at, &rows[i].value, rows[i].bytes);
		str in = { bytes, sizeof(bytes) };
		struct wire_alert got;
		EXPECT(wire_cut(&in, &got) == WIRE_BAD);
		EXPECT(in.n == sizeof(bytes)); /* untouched on failure */
	}
}

int
main(void)
{
	RUN(wire_fingerprint__is_prometheus_own);
	RUN(wire_read_labels__gives_the_labels_and_none_of_what_is_no_body);
	RUN(wire_body_measure__takes_what_record_encode_writes);
	RUN(wire_body_measure__refuses_what_record_encode_would_not_write);
	RUN(wire_cut__gives_back_what_was_put);
	RUN(wire_cut_start__gives_back_what_was_put);
	RUN(wire_set_clock__moves_what_goes_by_this_clock);
	RUN(wire_cut__refuses_heads_that_cannot_be);
	TEST_MAIN_END();
}
