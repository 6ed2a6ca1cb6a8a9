#include "base/cbor.h"

#include "base/hash.h"
#include "support/test.h"

static char memory[1 << 12];

/* The bytes of a text like "83 01 02 03". */
static str
unhex(const char *hex)
{
	size_t n = 0;
	static char digits[1 << 12];
	for (; *hex != '\0'; hex++) {
		if (*hex != ' ')
			digits[n++] = *hex;
	}
	bool ok = hex_decode((str){ digits, n }, (uint8_t *)memory, n / 2);
	EXPECT(ok);
	return (str){ memory, n / 2 };
}

static void
expect_hex(struct buf *b, const char *want)
{
	struct buf hex = BUF(1 << 12);
	buf_hex(&hex, buf_str(b));
	EXPECT_STR(buf_str(&hex), str_of(want));
	buf_done(&hex);
	buf_done(b);
}

static void
cbor__integers_take_their_shortest_form(void)
{
	/* RFC 8949, appendix A */
	static const struct {
		uint64_t value;
		const char *hex;
	} rows[] = {
		{ 0, "00" },
		{ 23, "17" },
		{ 24, "1818" },
		{ 255, "18ff" },
		{ 256, "190100" },
		{ 1000, "1903e8" },
		{ 65535, "19ffff" },
		{ 65536, "1a00010000" },
		{ 1000000, "1a000f4240" },
		{ UINT32_MAX, "1affffffff" },
		{ UINT64_C(1) << 32, "1b0000000100000000" },
		{ UINT64_C(1000000000000), "1b000000e8d4a51000" },
		{ UINT64_MAX, "1bffffffffffffffff" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].hex;
		struct buf b = BUF(100);
		cbor_put_u64(&b, rows[i].value);
		expect_hex(&b, rows[i].hex);
		struct cbor c;
		uint64_t value = 1;
		cbor_open(&c, unhex(rows[i].hex));
		EXPECT(cbor_peek(&c) == CBOR_UINT);
		EXPECT(cbor_u64(&c, &value) && cbor_close(&c));
		EXPECT_U64(value, rows[i].value);
	}
}

static void
cbor__signed_integers_go_both_ways(void)
{
	static const struct {
		int64_t value;
		const char *hex;
	} rows[] = {
		{ 0, "00" },
		{ 100, "1864" },
		{ -1, "20" },
		{ -24, "37" },
		{ -25, "3818" },
		{ -100, "3863" },
		{ -1000, "3903e7" },
		{ INT64_MAX, "1b7fffffffffffffff" },
		{ INT64_MIN, "3b7fffffffffffffff" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].hex;
		struct buf b = BUF(100);
		cbor_put_i64(&b, rows[i].value);
		expect_hex(&b, rows[i].hex);
		struct cbor c;
		int64_t value = 1;
		cbor_open(&c, unhex(rows[i].hex));
		EXPECT(cbor_i64(&c, &value) && cbor_close(&c));
		EXPECT(value == rows[i].value);
	}
}

static void
cbor__a_record_goes_there_and_back(void)
{
	struct buf b = BUF(1 << 12);
	cbor_put_map(&b, 4);
	cbor_put_u64(&b, 1);
	cbor_put_text(&b, STR("checkout \xc3\xa9"));
	cbor_put_u64(&b, 2);
	cbor_put_bytes(&b, (str){ "\0\xff", 2 });
	cbor_put_u64(&b, 3);
	cbor_put_array(&b, 3);
	cbor_put_bool(&b, true);
	cbor_put_bool(&b, false);
	cbor_put_null(&b);
	cbor_put_u64(&b, 4);
	cbor_put_map(&b, 0);

	struct cbor c;
	cbor_open(&c, buf_str(&b));
	size_t n = 0;
	uint64_t key = 0;
	str text = { 0 }, bytes = { 0 };
	bool yes = false, no = true;
	EXPECT(cbor_map(&c, &n) && n == 4);
	EXPECT(cbor_key_u64(&c, 0, &key) && key == 1 && cbor_text(&c, &text));
	EXPECT(cbor_key_u64(&c, 1, &key) && key == 2 && cbor_bytes(&c, &bytes));
	EXPECT(cbor_key_u64(&c, 2, &key) && key == 3 && cbor_array(&c, &n) && n == 3);
	EXPECT(cbor_bool(&c, &yes) && cbor_bool(&c, &no) && cbor_null(&c));
	EXPECT(cbor_key_u64(&c, 3, &key) && key == 4 && cbor_map(&c, &n) && n == 0);
	EXPECT(cbor_peek(&c) == CBOR_NONE);
	EXPECT(cbor_close(&c));
	EXPECT_STR(text, STR("checkout \xc3\xa9"));
	EXPECT(text.p > b.p && text.p < b.p + b.n);
	EXPECT_U64(bytes.n, 2);
	EXPECT(yes && !no);

	str raw;
	cbor_open(&c, buf_str(&b));
	EXPECT(cbor_raw(&c, &raw) && cbor_close(&c));
	EXPECT_STR(raw, buf_str(&b));
	buf_done(&b);
}

static void
cbor_skip__takes_what_the_writer_writes(void)
{
	static const char *const rows[] = { "00", "20", "40", "60", "80", "a0", "f4", "f5",
		"f6", "83 01 82 02 03 04", "a2 01 02 03 04", "a2 61 61 01 61 62 02",
		"a3 00 00 20 00 60 00", "a2 61 7a 01 62 61 61 02", "65 e2 82 ac c3 a9",
		"81 81 81 81 81 81 81 81 81 81 81 81 81 81 81 81 00" };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i];
		struct cbor c;
		cbor_open(&c, unhex(rows[i]));
		EXPECT(cbor_skip(&c) && cbor_close(&c));
		EXPECT(c.error == NULL);
	}
}

static void
cbor_skip__refuses_the_rest(void)
{
	static const struct {
		const char *hex, *error;
	} rows[] = {
		{ "", "unexpected end" },
		{ "18", "malformed or overlong head" },
		{ "18 17", "malformed or overlong head" },
		{ "19 00 ff", "malformed or overlong head" },
		{ "1a 00 00 ff ff", "malformed or overlong head" },
		{ "1b 00 00 00 00 ff ff ff ff", "malformed or overlong head" },
		{ "1c", "malformed or overlong head" },
		{ "1f", "malformed or overlong head" },
		{ "9f ff", "malformed or overlong head" },
		{ "5f 40 ff", "malformed or overlong head" },
		{ "3b 80 00 00 00 00 00 00 00", "integer is too large" },
		{ "42 00", "string is longer than what is left" },
		{ "5b ff ff ff ff ff ff ff ff", "string is longer than what is left" },
		{ "61 ff", "text is not UTF-8" },
		{ "61 00", "text is not UTF-8" },
		{ "81", "more elements than bytes left" },
		{ "9b ff ff ff ff ff ff ff ff", "more elements than bytes left" },
		{ "bb 7f ff ff ff ff ff ff ff", "more elements than bytes left" },
		{ "a1 01", "more elements than bytes left" },
		{ "a1 61 61", "unexpected end" },
		{ "a2 01 00 01 00", "map keys do not ascend" },
		{ "a2 02 00 01 00", "map keys do not ascend" },
		{ "a2 61 62 00 61 61 00", "map keys do not ascend" },
		{ "a2 62 61 61 00 61 62 00", "map keys do not ascend" },
		{ "a2 20 00 01 00", "map keys do not ascend" },
		{ "a1 80 00", "expected a map key" },
		{ "a1 f6 00", "expected a map key" },
		{ "c0 00", "unknown item" },
		{ "f7", "unknown item" },
		{ "f8 20", "unknown item" },
		{ "f9 00 00", "unknown item" },
		{ "fb 00 00 00 00 00 00 00 00", "unknown item" },
		{ "ff", "unknown item" },
		{ "81 81 81 81 81 81 81 81 81 81 81 81 81 81 81 81 81 00",
		    "nested too deeply" },
		{ "00 00", "bytes after the last item" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].hex;
		struct cbor c;
		cbor_open(&c, unhex(rows[i].hex));
		EXPECT(!cbor_skip(&c) || !cbor_close(&c));
		EXPECT_STR(str_of(c.error ? c.error : ""), str_of(rows[i].error));
	}
}

static void
cbor__the_first_error_stays_and_outputs_are_untouched(void)
{
	struct cbor c;
	uint64_t u = 7;
	int64_t s = -7;
	str text = STR("untouched");
	size_t n = 7;
	bool flag = true;
	cbor_open(&c, unhex("f6 00"));
	EXPECT(!cbor_u64(&c, &u));
	EXPECT(!cbor_null(&c) && !cbor_i64(&c, &s) && !cbor_text(&c, &text));
	EXPECT(!cbor_bytes(&c, &text) && !cbor_array(&c, &n) && !cbor_map(&c, &n));
	EXPECT(!cbor_bool(&c, &flag) && !cbor_skip(&c) && !cbor_raw(&c, &text));
	EXPECT(!cbor_key_u64(&c, 0, &u) && !cbor_key_text(&c, 0, &text));
	EXPECT(!cbor_fail(&c, "later") && !cbor_close(&c));
	EXPECT_STR(str_of(c.error), STR("expected an unsigned integer"));
	EXPECT(u == 7 && s == -7 && n == 7 && flag);
	EXPECT_STR(text, STR("untouched"));
}

static void
cbor_key__ascends(void)
{
	struct cbor c;
	uint64_t key = 0;
	cbor_open(&c, unhex("00 05 05"));
	EXPECT(cbor_key_u64(&c, 0, &key) && cbor_key_u64(&c, 1, &key));
	EXPECT(!cbor_key_u64(&c, 2, &key) && key == 5);

	str text;
	cbor_open(&c, unhex("61 62 62 61 61 61 63"));
	EXPECT(cbor_key_text(&c, 0, &text) && cbor_key_text(&c, 1, &text));
	EXPECT_STR(text, STR("aa"));
	EXPECT(!cbor_key_text(&c, 2, &text));
	EXPECT_STR(str_of(c.error), STR("map keys do not ascend"));
}

static void
cbor__writing_respects_the_maximum(void)
{
	struct buf b = BUF(3);
	cbor_put_text(&b, STR("ab"));
	EXPECT(!b.overflow);
	cbor_put_u64(&b, 1);
	EXPECT(b.overflow);
	EXPECT_U64(b.n, 3);
	buf_done(&b);
}

static void
cbor__damaged_text_is_repaired(void)
{
	struct buf b = BUF(100);
	cbor_put_text_repaired(&b, STR("caf\xc3\xa9 \xe2\x82 \xff\0.\xc3"));
	struct cbor c;
	str text = { NULL, 0 };
	cbor_open(&c, buf_str(&b));
	EXPECT(cbor_text(&c, &text) && cbor_close(&c));
	EXPECT_STR(text, STR("caf\xc3\xa9 ?? ??.?"));
	buf_done(&b);
}

int
main(void)
{
	RUN(cbor__integers_take_their_shortest_form);
	RUN(cbor__signed_integers_go_both_ways);
	RUN(cbor__a_record_goes_there_and_back);
	RUN(cbor_skip__takes_what_the_writer_writes);
	RUN(cbor_skip__refuses_the_rest);
	RUN(cbor__the_first_error_stays_and_outputs_are_untouched);
	RUN(cbor_key__ascends);
	RUN(cbor__writing_respects_the_maximum);
	RUN(cbor__damaged_text_is_repaired);
	TEST_MAIN_END();
}
