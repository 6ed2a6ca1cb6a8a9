#include "facts/record.h"

#include "facts/frame.h"
#include "support/fill.h"
#include "support/test.h"

#define ENCODED_MAX (4u << 20)

static char memory[8 << 20];
static char more_memory[8 << 20];
static char long_text[2 << 20];

/* A record of any type, with what it points at in `memory`. */
union record {
	max_align_t align;
	char bytes[RECORD_SIZE_MAX];
};

static struct fill
fill_from(struct arena *arena, uint64_t seed)
{
	*arena = arena_over(memory, sizeof(memory));
	return (struct fill){ .seed = seed * 977 + 1, .arena = arena, .fields_of_8 = 8 };
}

static str
unhex(struct arena *arena, const char *hex)
{
	char digits[512];
	size_t n = 0;
	for (; *hex != '\0'; hex++)
		if (*hex != ' ')
			digits[n++] = *hex;
	uint8_t *bytes = arena_new(arena, uint8_t, n / 2 + 1);
	bool ok = hex_decode((str){ digits, n }, bytes, n / 2);
	EXPECT(ok);
	return (str){ (const char *)bytes, n / 2 };
}

/* ---- tables ---- */

static void
record__every_table_keeps_the_rules(void)
{
	for (size_t i = 0; record_type_at(i) != NULL; i++) {
		test_row = record_type_at(i)->name;
		const char *wrong = record_type_check(record_type_at(i));
		EXPECT_STR(str_of(wrong ? wrong : ""), STR(""));
	}
}

static size_t
size_in_struct(const struct field *field, size_t *ret_align)
{
	enum field_kind kind = (enum field_kind)field->kind;
	*ret_align = 8;
	if (kind == FIELD_BOOL || kind == FIELD_HASH) {
		*ret_align = 1;
		return kind == FIELD_BOOL ? sizeof(bool) : sizeof(hash32);
	}
	if (kind == FIELD_U32 || kind == FIELD_ENUM) {
		*ret_align = 4;
		return sizeof(uint32_t);
	}
	if (kind == FIELD_RECORD)
		return field->type->size;
	return kind >= FIELD_STR ? sizeof(str) : sizeof(uint64_t);
}

/* Whoever adds a member to a struct and forgets its table leaves a hole that is larger
 * than padding could be. */
static void
record__no_member_is_missing_in_its_table(void)
{
	for (size_t i = 0; record_type_at(i) != NULL; i++) {
		const struct record_type *type = record_type_at(i);
		test_row = type->name;
		if (type == event_type(EVENT_CONFIG_ADOPTED))
			continue; /* its model is not stored */
		bool covered[RECORD_SIZE_MAX + 1] = { false };
		size_t align;
		for (unsigned k = 0; k < type->field_count; k++) {
			size_t size = size_in_struct(&type->fields[k], &align);
			memset(covered + type->fields[k].offset, true, size);
		}
		covered[type->size] = true;
		for (size_t at = 0, hole = 0; at <= type->size; at++) {
			hole = covered[at] ? 0 : hole + 1;
			EXPECT(hole < 8);
			EXPECT(hole < 4 || (at / 4 % 2 == 1)); /* 4 only before an 8 */
		}
	}
}

static void
record__a_bad_table_is_named(void)
{
	struct bad {
		uint32_t a, b;
	};
	static const char *const names[] = { NULL, "one" };
	static const struct field twice[] = { F_U32(1, struct bad, a),
		F_U32(1, struct bad, b) };
	static const struct field descending[] = { F_U32(2, struct bad, a),
		F_U32(1, struct bad, b) };
	static const struct field same_name[] = { F_U32(1, struct bad, a),
		F_U32(2, struct bad, a) };
	static const struct field outside[] = { F_U64(1, struct bad, b) };
	static const struct field nameless[] = {
		{ F_(1, FIELD_ENUM, struct bad, a, 0, 0) }
	};
	static const struct field too_many[] = { { F_(1, FIELD_U32, struct bad, a, 0, 0),
	    .names = names, .names_n = 2 } };
	static const struct field typeless[] = {
		{ F_(1, FIELD_RECORD, struct bad, a, 0, 0) }
	};
	static const struct field kindless[] = { { F_(1, 99, struct bad, a, 0, 0) } };
	static const struct {
		const char *name;
		struct record_type type;
	} rows[] = {
		{ "number twice", RECORD(struct bad, "bad", twice) },
		{ "descending", RECORD(struct bad, "bad", descending) },
		{ "same name", RECORD(struct bad, "bad", same_name) },
		{ "outside", RECORD(struct bad, "bad", outside) },
		{ "no names", RECORD(struct bad, "bad", nameless) },
		{ "names of a number", RECORD(struct bad, "bad", too_many) },
		{ "no type", RECORD(struct bad, "bad", typeless) },
		{ "no kind", RECORD(struct bad, "bad", kindless) },
		{ "no fields", { .name = "bad", .size = 4 } },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		EXPECT(record_type_check(&rows[i].type) != NULL);
	}
}

static void
record__tables_may_nest_only_so_deep(void)
{
	struct leaf {
		uint32_t a;
	};
	static const struct field leaf[] = { F_U32(1, struct leaf, a) };
	struct record_type types[RECORD_DEPTH_MAX + 1];
	struct field fields[RECORD_DEPTH_MAX + 1];
	types[0] = (struct record_type)RECORD(struct leaf, "leaf", leaf);
	for (unsigned i = 1; i < countof(types); i++) {
		fields[i] = (struct field)F_RECORD(1, struct leaf, a, &types[i - 1]);
		types[i] =
		    (struct record_type){ "nest", sizeof(struct leaf), &fields[i], 1 };
	}
	EXPECT(record_type_check(&types[RECORD_DEPTH_MAX - 1]) == NULL);
	EXPECT(record_type_check(&types[RECORD_DEPTH_MAX]) != NULL);
}

/* ---- all types ---- */

static void
check_cbor(const struct record_type *type, struct fill *fill)
{
	union record record, back;
	fill_record(fill, type, &record);
	struct buf once = BUF(ENCODED_MAX), twice = BUF(ENCODED_MAX);
	record_encode(type, &record, &once);
	EXPECT(!once.overflow);

	struct arena arena = arena_over(more_memory, sizeof(more_memory));
	struct err err = { .text = "" };
	bool ok = record_decode_all(type, buf_str(&once), &arena, &back, &err);
	EXPECT_STR(str_of(err.text), STR(""));
	EXPECT(ok && record_eq(type, &record, &back));
	if (ok)
		record_encode(type, &back, &twice);
	EXPECT(str_eq(buf_str(&once), buf_str(&twice)));
	buf_done(&once);
	buf_done(&twice);
}

static void
record__every_type_survives_cbor(void)
{
	for (unsigned round = 0; round < 20; round++)
		for (size_t i = 0; record_type_at(i) != NULL; i++) {
			struct arena arena;
			struct fill fill = fill_from(&arena, round * 100 + i);
			fill.fields_of_8 = round < 5 ? 8 : round % 8;
			test_row = record_type_at(i)->name;
			check_cbor(record_type_at(i), &fill);
		}
}

/* A secret never gets into JSON, so it does not come back. */
static void
forget_secrets(const struct record_type *type, void *record)
{
	for (unsigned i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		char *value = (char *)record + field->offset;
		size_t align;
		if (field->flags & FIELD_SECRET)
			memset(value, 0, size_in_struct(field, &align));
		else if (field->kind == FIELD_RECORD)
			forget_secrets(field->type, value);
	}
}

static void
check_json(const struct record_type *type, struct fill *fill)
{
	union record record, back;
	fill_record(fill, type, &record);
	forget_secrets(type, &record);
	struct buf once = BUF(ENCODED_MAX), twice = BUF(ENCODED_MAX);
	record_to_json(type, &record, &once);
	EXPECT(!once.overflow);

	struct arena arena = arena_over(more_memory, sizeof(more_memory));
	struct err err = { .text = "" };
	bool ok = record_from_json(type, buf_str(&once), &arena, &back, &err);
	EXPECT_STR(str_of(err.text), STR(""));
	EXPECT(ok && record_eq(type, &record, &back));
	if (ok)
		record_to_json(type, &back, &twice);
	EXPECT(str_eq(buf_str(&once), buf_str(&twice)));
	buf_done(&once);
	buf_done(&twice);
}

static void
record__every_type_survives_json(void)
{
	for (unsigned round = 0; round < 20; round++)
		for (size_t i = 0; record_type_at(i) != NULL; i++) {
			struct arena arena;
			struct fill fill = fill_from(&arena, round * 100 + i);
			fill.fields_of_8 = round < 5 ? 8 : round % 8;
			test_row = record_type_at(i)->name;
			check_json(record_type_at(i), &fill);
		}
}

static void
record__comparison_sees_every_field(void)
{
	static const union record zero;
	for (size_t i = 0; record_type_at(i) != NULL; i++) {
		const struct record_type *type = record_type_at(i);
		struct arena arena;
		struct fill fill = fill_from(&arena, i);
		union record record;
		fill_record(&fill, type, &record);
		for (unsigned k = 0; k < type->field_count; k++) {
			test_row = type->fields[k].name;
			const struct record_type one = { type->name, type->size,
				&type->fields[k], 1 };
			EXPECT(record_eq(&one, &record, &record));
			EXPECT(!record_eq(&one, &record, &zero));
		}
	}
}

static void
record__a_copy_outlives_the_original(void)
{
	for (size_t i = 0; record_type_at(i) != NULL; i++) {
		const struct record_type *type = record_type_at(i);
		test_row = type->name;
		struct arena arena;
		struct fill fill = fill_from(&arena, i);
		union record record, copy, again;
		fill_record(&fill, type, &record);
		struct arena kept = arena_over(more_memory, sizeof(more_memory));
		record_copy(type, &record, &kept, &copy);
		EXPECT(record_eq(type, &record, &copy));

		arena_release(memory, sizeof(memory));
		memset(memory, 0xaa, sizeof(memory));
		fill = fill_from(&arena, i);
		fill_record(&fill, type, &again);
		EXPECT(record_eq(type, &again, &copy));
	}
}

static void
record__no_part_of_a_record_is_a_record(void)
{
	for (size_t i = 0; record_type_at(i) != NULL; i++) {
		const struct record_type *type = record_type_at(i);
		test_row = type->name;
		struct arena arena;
		struct fill fill = fill_from(&arena, i);
		union record record, back;
		fill_record(&fill, type, &record);
		struct buf whole = BUF(ENCODED_MAX);
		record_encode(type, &record, &whole);
		size_t step = 1 + whole.n / 500;
		size_t accepted = 0;
		for (size_t n = 0; n < whole.n; n += step) {
			struct err err;
			struct arena other = arena_over(more_memory, sizeof(more_memory));
			str part = { whole.p, n };
			accepted += record_decode_all(type, part, &other, &back, &err);
		}
		EXPECT_U64(accepted, 0);
		buf_done(&whole);
	}
}

static void
record__too_little_memory_is_an_error_and_touches_nothing(void)
{
	const struct record_type *type = &decision_row_type;
	struct arena arena;
	struct fill fill = fill_from(&arena, 5);
	union record record, back;
	fill_record(&fill, type, &record);
	struct buf whole = BUF(ENCODED_MAX);
	record_encode(type, &record, &whole);

	bool ok = false;
	for (size_t size = 0; !ok && size < 4096; size += 8) {
		struct err err;
		struct arena small = arena_over(more_memory, size);
		memset(&back, 0x55, sizeof(back));
		ok = record_decode_all(type, buf_str(&whole), &small, &back, &err);
		EXPECT(ok || err.kind == ERR_LIMIT);
		EXPECT(ok || back.bytes[0] == 0x55);
	}
	EXPECT(ok && record_eq(type, &record, &back));
	buf_done(&whole);
}

/* ---- refusals ---- */

static void
record__decoding_refuses_what_encoding_would_not_write(void)
{
	static const struct {
		const char *name;
		const struct record_type *type;
		const char *hex;
		const char *message;
	} rows[] = {
		{ "as a start: fine", &timeline_row_type, "a2 01 07 05 01", NULL },
		{ "unknown number", &timeline_row_type, "a2 01 07 18 63 01",
		    "timeline: field number unknown or out of order" },
		{ "number 0", &timeline_row_type, "a1 00 01",
		    "timeline: field number unknown or out of order" },
		{ "descending", &timeline_row_type, "a2 05 01 01 07",
		    "timeline: field number unknown or out of order" },
		{ "twice", &timeline_row_type, "a2 01 07 01 07",
		    "timeline: field number unknown or out of order" },
		{ "number is no number", &timeline_row_type, "a1 61 31 07",
		    "timeline: expected an unsigned integer" },
		{ "not a map", &timeline_row_type, "82 01 07", "timeline: expected a map" },
		{ "trailing bytes", &timeline_row_type, "a1 01 07 00",
		    "timeline: bytes after the last item" },
		{ "zero written", &timeline_row_type, "a1 01 00",
		    "timeline.id: empty, so it must be left out" },
		{ "empty text written", &timeline_row_type, "a1 06 60",
		    "timeline.who: empty, so it must be left out" },
		{ "false written", &token_row_type, "a1 08 f4",
		    "token.revoked: empty, so it must be left out" },
		{ "zero hash written", &token_row_type,
		    "a1 03 5820 "
		    "0000000000000000000000000000000000000000000000000000000000000000",
		    "token.secret: empty, so it must be left out" },
		{ "short hash", &token_row_type, "a1 03 42 0102",
		    "token.secret: too short" },
		{ "empty list written", &probe_row_type, "a1 08 80",
		    "probe.argv: empty, so it must be left out" },
		{ "text for a number", &timeline_row_type, "a1 01 61 37",
		    "timeline.id: expected an unsigned integer" },
		{ "bytes for text", &timeline_row_type, "a1 06 41 61",
		    "timeline.who: expected a text string" },
		{ "number for a bool", &token_row_type, "a1 08 01",
		    "token.revoked: expected true or false" },
		{ "damaged text", &timeline_row_type, "a1 06 61 ff",
		    "timeline.who: text is not UTF-8" },
		{ "enumerator out of range", &timeline_row_type, "a1 05 18 63",
		    "timeline.kind: no such enumerator" },
		{ "number over 32 bits", &timeline_row_type, "a1 02 1b 0000000100000000",
		    "timeline.incident: number out of range" },
		{ "pairs", &metric_item_type, "a1 04 84 61 61 61 78 61 62 61 79", NULL },
		{ "unsorted pairs", &metric_item_type, "a1 04 84 61 62 61 78 61 61 61 79",
		    "metric.labels: names do not ascend" },
		{ "a name twice", &metric_item_type, "a1 04 84 61 61 61 78 61 61 61 79",
		    "metric.labels: names do not ascend" },
		{ "name without value", &metric_item_type, "a1 04 83 61 61 61 78 61 62",
		    "metric.labels: a name without a value" },
		{ "pairs as a map", &metric_item_type, "a1 04 a1 61 61 61 78",
		    "metric.labels: expected an array" },
		{ "more items than bytes", &probe_row_type, "a1 08 9a 00ffffff 61 61",
		    "probe.argv: more elements than bytes left" },
		{ "inside a list", &decision_row_type, "a1 0f 81 a1 01 18 63",
		    "reason.kind: no such enumerator" },
		{ "an empty record in a list", &decision_row_type, "a1 0f 81 a0", NULL },
		{ "an array too deep", &timeline_row_type,
		    "a1 01 81 81 81 81 81 81 81 81 01",
		    "timeline.id: expected an unsigned integer" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct arena arena = arena_over(memory, sizeof(memory));
		str bytes = unhex(&arena, rows[i].hex);
		union record record = { .bytes = { 0x55 } };
		struct err err = { .text = "" };
		bool ok = record_decode_all(rows[i].type, bytes, &arena, &record, &err);
		EXPECT(ok == (rows[i].message == NULL));
		EXPECT_STR(str_of(err.text),
		    str_of(rows[i].message ? rows[i].message : ""));
		EXPECT(ok || (record.bytes[0] == 0x55 && err.kind == ERR_CORRUPT));
	}
}

/* One text, list, byte string over its maximum each, and exactly at it. */
static void
record__decoding_holds_every_maximum(void)
{
	enum { OUTPUT = 5, ARGV = 8, LABELS = 4, BODY = 5 };
	static const struct {
		const char *name;
		const struct record_type *type;
		uint64_t number;
		size_t max;
		enum cbor_kind kind;
	} rows[] = {
		{ "text", NULL, OUTPUT, ATTEMPT_OUTPUT_MAX, CBOR_TEXT },
		{ "default", &timeline_row_type, 7, FIELD_MAX_DEFAULT, CBOR_TEXT },
		{ "case file", &handoff_row_type, 9, CASE_FILE_MAX, CBOR_TEXT },
		{ "list", &probe_row_type, ARGV, ARGV_MAX, CBOR_ARRAY },
		{ "bytes", &answer_row_type, BODY, ANSWER_BODY_MAX, CBOR_BYTES },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		const struct record_type *type =
		    rows[i].type ? rows[i].type : event_type(EVENT_ATTEMPT_RESULT);
		for (size_t over = 0; over < 2; over++) {
			size_t n = rows[i].max + over;
			struct buf out = BUF(ENCODED_MAX);
			memset(long_text, 'x', n);
			cbor_put_map(&out, 1);
			cbor_put_u64(&out, rows[i].number);
			if (rows[i].kind == CBOR_TEXT)
				cbor_put_text(&out, (str){ long_text, n });
			if (rows[i].kind == CBOR_BYTES)
				cbor_put_bytes(&out, (str){ long_text, n });
			if (rows[i].kind == CBOR_ARRAY)
				cbor_put_array(&out, n);
			for (size_t k = 0; rows[i].kind == CBOR_ARRAY && k < n; k++)
				cbor_put_text(&out, STR("x"));

			struct arena arena = arena_over(memory, sizeof(memory));
			union record record;
			struct err err;
			bool ok =
			    record_decode_all(type, buf_str(&out), &arena, &record, &err);
			EXPECT(ok == (over == 0));
			buf_done(&out);
		}
	}
}

static void
record__a_text_that_is_damaged_or_too_long_can_be_read_back(void)
{
	memset(long_text, 'x', sizeof(long_text));
	memcpy(long_text + FIELD_MAX_DEFAULT - 1, "\xc3\xa9", 2);
	struct pair label = { STR("job"), STR("caf\xc3") };
	const struct metric_item metric = {
		.name = { long_text, FIELD_MAX_DEFAULT + 1 },
		.help = STR("\xff\0ok"),
		.labels = { &label, 1 },
	};
	struct buf out = BUF(ENCODED_MAX);
	record_encode(&metric_item_type, &metric, &out);

	struct metric_item back = { .value = 1 };
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	bool ok = record_decode_all(&metric_item_type, buf_str(&out), &arena, &back, &err);
	EXPECT(ok);
	EXPECT_U64(back.name.n,
	    FIELD_MAX_DEFAULT - 1); /* not in the middle of a character */
	EXPECT_STR(back.help, STR("\?\?ok"));
	EXPECT_STR(pairs_get(&back.labels, STR("job")), STR("caf?"));
	buf_done(&out);
}

/* ---- JSON ---- */

static void
record__json_is_for_people(void)
{
	struct reason reason = {
		.kind = REASON_LIMIT,
		.rule = STR("restart"),
		.file = STR("policy.yaml"),
		.line = 7,
		.text = STR("3 of 3 are used"),
		.value = 3,
		.free_at = 1795418302380,
	};
	struct pair param = { STR("unit"), STR("a \"b\"") };
	const struct decision_row decision = {
		.id = 12,
		.incident = 3,
		.wall = 1795418302380,
		.principal = STR("automation"),
		.params = { &param, 1 },
		.verdict = VERDICT_AFTER_APPROVAL,
		.reasons = { &reason, 1 },
	};
	struct buf out = BUF(4096);
	record_to_json(&decision_row_type, &decision, &out);
	EXPECT_STR(buf_str(&out),
	    STR("{\"id\":12,\"incident\":3,\"wall\":\"2026-11-23T07:18:22.380Z\","
		"\"principal\":\"automation\",\"action\":\"\",\"verb\":\"\",\"service\":"
		"\"\","
		"\"target\":\"\",\"params\":{\"unit\":\"a \\\"b\\\"\"},\"config\":null,"
		"\"verdict\":\"allow-after-approval\",\"reasons\":[{\"kind\":\"limit\","
		"\"rule\":\"restart\",\"file\":\"policy.yaml\",\"line\":7,"
		"\"text\":\"3 of 3 are used\",\"value\":3,"
		"\"free_at\":\"2026-11-23T07:18:22.380Z\"}],\"forward\":\"\"}"));
	buf_done(&out);
}

static void
record__a_secret_is_not_in_json(void)
{
	const struct token_row token = { .id = 1,
		.secret = { { 1, 2, 3 } },
		.role = ROLE_ADMIN };
	struct buf out = BUF(4096);
	record_to_json(&token_row_type, &token, &out);
	EXPECT(!str_contains(buf_str(&out), STR("secret")));
	EXPECT(!str_contains(buf_str(&out), STR("010203")));
	EXPECT(str_contains(buf_str(&out), STR("\"role\":\"admin\",\"made_wall\":null")));
	buf_done(&out);
}

static void
record__json_numbers_keep_all_their_bits(void)
{
	const struct alert_item alert = { .fingerprint = UINT64_MAX - 1, .alert = 7 };
	struct buf out = BUF(4096);
	record_to_json(&alert_item_type, &alert, &out);
	EXPECT(str_contains(buf_str(&out), STR("\"fingerprint\":\"fffffffffffffffe\"")));
	buf_done(&out);
}

static void
record__from_json_says_what_is_wrong_and_where(void)
{
	static const struct {
		const char *name;
		const struct record_type *type;
		const char *text;
		const char *message;
	} rows[] = {
		{ "empty", &timeline_row_type, "{}", NULL },
		{ "blanks", &timeline_row_type, " { \"id\" : 7 , \"kind\" : \"note\" } ",
		    NULL },
		{ "null times", &timeline_row_type, "{\"wall\":null,\"kind\":null}", NULL },
		{ "not an object", &timeline_row_type, "[]",
		    "expected an object (byte 0)" },
		{ "unknown member", &timeline_row_type, "{\"id\":7,\"ids\":8}",
		    "member 'ids': there is no such member (byte 14)" },
		{ "a secret", &token_row_type, "{\"secret\":\"00\"}",
		    "member 'secret': there is no such member (byte 10)" },
		{ "twice", &timeline_row_type, "{\"id\":7,\"id\":8}",
		    "member 'id': it is there twice (byte 13)" },
		{ "no such name", &timeline_row_type, "{\"kind\":\"notes\"}",
		    "member 'kind': no such name (byte 15)" },
		{ "negative", &timeline_row_type, "{\"id\":-1}",
		    "member 'id': expected a whole number from 0 (byte 6)" },
		{ "null number", &timeline_row_type, "{\"id\":null}", "" },
		{ "over 32 bits", &timeline_row_type, "{\"incident\":4294967296}", "" },
		{ "a fraction", &timeline_row_type, "{\"id\":1.5}", "" },
		{ "NUL", &timeline_row_type, "{\"who\":\"a\\u0000\"}",
		    "member 'who': '\\u0000' is not allowed in text (byte 9)" },
		{ "time", &timeline_row_type, "{\"wall\":\"2026-11-23T07:18:22Z\"}", NULL },
		{ "leap day", &timeline_row_type, "{\"wall\":\"2024-02-29T00:00:00Z\"}",
		    NULL },
		{ "no leap day", &timeline_row_type, "{\"wall\":\"2026-02-29T00:00:00Z\"}",
		    "member 'wall': expected a time such as 2026-11-23T07:18:22Z (byte "
		    "30)" },
		{ "no zone", &timeline_row_type, "{\"wall\":\"2026-11-23T07:18:22\"}", "" },
		{ "an empty fraction", &timeline_row_type,
		    "{\"wall\":\"2026-11-23T07:18:22.Z\"}", "" },
		{ "no time", &timeline_row_type, "{\"wall\":\"tomorrow\"}", "" },
		{ "long fraction", &timeline_row_type,
		    "{\"wall\":\"2026-11-23T07:18:22.123456789123456789Z\"}", NULL },
		{ "hash", &entry_item_type, "{\"hash\":\"zz\"}",
		    "member 'hash': expected hex digits of its length (byte 12)" },
		{ "base64", &entry_item_type, "{\"bytes\":\"a?\"}",
		    "member 'bytes': expected base64 (byte 13)" },
		{ "pairs twice", &metric_item_type,
		    "{\"labels\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}}",
		    "member 'labels': a name is there twice (byte 35)" },
		{ "pairs unsorted: fine", &metric_item_type,
		    "{\"labels\":{\"b\":\"1\",\"a\":\"\"}}", NULL },
		{ "pair value", &metric_item_type, "{\"labels\":{\"a\":1}}",
		    "member 'a': expected a string (byte 15)" },
		{ "nested", &decision_row_type, "{\"reasons\":[{},{\"line\":\"7\"}]}",
		    "member 'line': expected a number (byte 23)" },
		{ "trailing", &timeline_row_type, "{} {}", "" },
		{ "cut", &timeline_row_type, "{\"id\":", "" },
		{ "cut list", &probe_row_type, "{\"argv\":[\"a\",", "" },
		{ "bad list", &probe_row_type, "{\"argv\":[\"a\" \"b\"]}", "" },
		{ "bad object", &metric_item_type, "{\"labels\":{\"a\":\"1\" \"b\"}}", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct arena arena = arena_over(memory, sizeof(memory));
		union record record = { .bytes = { 0x55 } };
		struct err err = { .text = "" };
		bool ok = record_from_json(rows[i].type, str_of(rows[i].text), &arena,
		    &record, &err);
		EXPECT(ok == (rows[i].message == NULL));
		EXPECT(ok || (record.bytes[0] == 0x55 && err.kind == ERR_INVALID));
		EXPECT(ok || err.text[0] != '\0');
		if (rows[i].message != NULL && rows[i].message[0] != '\0')
			EXPECT_STR(str_of(err.text), str_of(rows[i].message));
	}
}

/* ---- pairs ---- */

static void
pairs__are_found_by_name(void)
{
	struct pair items[] = { { STR("job"), STR("2") }, { STR(""), STR("0") },
		{ STR("Job"), STR("1") }, { STR("jobs"), STR("3") } };
	struct pairs pairs = { items, countof(items) };
	EXPECT(pairs_sort(&pairs));
	EXPECT_STR(pairs_get(&pairs, STR("")), STR("0"));
	EXPECT_STR(pairs_get(&pairs, STR("Job")), STR("1"));
	EXPECT_STR(pairs_get(&pairs, STR("job")), STR("2"));
	EXPECT_STR(pairs_get(&pairs, STR("jobs")), STR("3"));
	EXPECT_STR(pairs_get(&pairs, STR("jo")), STR(""));
	EXPECT(pairs_has(&pairs, STR("jobs")) && !pairs_has(&pairs, STR("z")));

	struct pair same[] = { { STR("a"), STR("1") }, { STR("b"), STR("1") },
		{ STR("a"), STR("2") } };
	struct pairs twice = { same, countof(same) };
	EXPECT(!pairs_sort(&twice));
	struct pairs none = { NULL, 0 };
	EXPECT(pairs_sort(&none) && !pairs_has(&none, STR("a")));
}

static void
strs__are_found_whole(void)
{
	str names[] = { STR("web"), STR("web-1"), STR("db") };
	const struct strs all = { names, countof(names) }, two = { names, 2 };
	for (size_t i = 0; i < countof(names); i++)
		EXPECT(strs_has(&all, names[i]));
	EXPECT(!strs_has(&two, STR("db")) && !strs_has(&all, STR("we")));
	EXPECT(!strs_has(&all, STR("")) && !strs_has(&(struct strs){ 0 }, STR("web")));
}

int
main(void)
{
	RUN(record__every_table_keeps_the_rules);
	RUN(record__no_member_is_missing_in_its_table);
	RUN(record__a_bad_table_is_named);
	RUN(record__tables_may_nest_only_so_deep);
	RUN(record__every_type_survives_cbor);
	RUN(record__every_type_survives_json);
	RUN(record__comparison_sees_every_field);
	RUN(record__a_copy_outlives_the_original);
	RUN(record__no_part_of_a_record_is_a_record);
	RUN(record__too_little_memory_is_an_error_and_touches_nothing);
	RUN(record__decoding_refuses_what_encoding_would_not_write);
	RUN(record__decoding_holds_every_maximum);
	RUN(record__a_text_that_is_damaged_or_too_long_can_be_read_back);
	RUN(record__json_is_for_people);
	RUN(record__a_secret_is_not_in_json);
	RUN(record__json_numbers_keep_all_their_bits);
	RUN(record__from_json_says_what_is_wrong_and_where);
	RUN(pairs__are_found_by_name);
	RUN(strs__are_found_whole);
	TEST_MAIN_END();
}
