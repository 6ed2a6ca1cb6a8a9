/*
 * Records as JSON, for people and their tools: the API, --json, and what they send back.
 *
 * Reading is strict: a member without a field, or named twice, is an error that names the
 * member and its place. null stands for "not set" where writing says null: times, hashes,
 * enumerators. Whatever is accepted can be encoded, so lengths and counts are checked
 * here as they are in record_cbor.c; UTF-8 without NUL is json's.
 */
#include "facts/field.h"

#include "base/zone.h"

/* ---- writing ---- */

static void
json_hex64(struct buf *out, uint64_t value)
{
	buf_printf(out, "\"%016llx\"", (unsigned long long)value);
}

static void
json_pairs(struct buf *out, const struct pairs *pairs)
{
	buf_char(out, '{');
	for (size_t i = 0; i < pairs->n; i++) {
		if (i > 0)
			buf_char(out, ',');
		json_put_string(out, pairs->p[i].name);
		buf_char(out, ':');
		json_put_string(out, pairs->p[i].value);
	}
	buf_char(out, '}');
}

static void
json_strs(struct buf *out, const struct strs *strs)
{
	buf_char(out, '[');
	for (size_t i = 0; i < strs->n; i++) {
		if (i > 0)
			buf_char(out, ',');
		json_put_string(out, strs->p[i]);
	}
	buf_char(out, ']');
}

static void
json_records(struct buf *out, const struct record_type *type, const struct records *records)
{
	buf_char(out, '[');
	for (size_t i = 0; i < records->n; i++) {
		if (i > 0)
			buf_char(out, ',');
		record_to_json(type, (const char *)records->p + i * type->size, out);
	}
	buf_char(out, ']');
}

static void
json_enum(struct buf *out, const struct field *field, uint32_t value)
{
	if (field_has_name(field, value))
		json_put_string(out, str_of(field->names[value]));
	else
		buf_add(out, STR("null"));
}

static void
json_value(struct buf *out, const struct field *field, const void *value)
{
	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		buf_add(out, *(const bool *)value ? STR("true") : STR("false"));
		return;
	case FIELD_U32:
		buf_u64(out, *(const uint32_t *)value);
		return;
	case FIELD_U64:
	case FIELD_MSEC:
		buf_u64(out, *(const uint64_t *)value);
		return;
	case FIELD_I64:
		buf_printf(out, "%lld", (long long)*(const int64_t *)value);
		return;
	case FIELD_WALL:
		if (*(const msec *)value == 0) {
			buf_add(out, STR("null"));
			return;
		}
		buf_char(out, '"');
		buf_time(out, *(const msec *)value);
		buf_char(out, '"');
		return;
	case FIELD_HEX64:
		json_hex64(out, *(const uint64_t *)value);
		return;
	case FIELD_ENUM:
		json_enum(out, field, *(const uint32_t *)value);
		return;
	case FIELD_STR:
		json_put_string(out, *(const str *)value);
		return;
	case FIELD_BYTES:
		buf_char(out, '"');
		buf_base64(out, *(const str *)value);
		buf_char(out, '"');
		return;
	case FIELD_HASH:
		if (hash32_zero(value)) {
			buf_add(out, STR("null"));
			return;
		}
		buf_char(out, '"');
		buf_hex(out, (str){ value, sizeof(hash32) });
		buf_char(out, '"');
		return;
	case FIELD_STRS:
		json_strs(out, value);
		return;
	case FIELD_PAIRS:
		json_pairs(out, value);
		return;
	case FIELD_RECORDS:
		json_records(out, field->type, value);
		return;
	case FIELD_RECORD:
		record_to_json(field->type, value, out);
		return;
	}
	UNREACHABLE();
}

void
record_to_json(const struct record_type *type, const void *record, struct buf *out)
{
	bool first = true;
	buf_char(out, '{');
	for (unsigned i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		const void *value = field_place(record, field);
		if (field->flags & FIELD_SECRET)
			continue;
		if ((field->flags & FIELD_QUIET) && field_empty(field, value))
			continue;
		if (!first)
			buf_char(out, ',');
		first = false;
		buf_char(out, '"');
		buf_add(out, str_of(field->name));
		buf_add(out, STR("\":"));
		json_value(out, field, value);
	}
	buf_char(out, '}');
}

/* ---- reading ---- */

struct reading {
	struct json json;
	struct arena *arena;
	struct err *err;
	bool told; /* err is written */
};

/* The first failure wins: the innermost member is the one to name. */
static bool
refuse(struct reading *r, str member)
{
	if (!r->told)
		err_set(r->err, ERR_INVALID, "member '%.*s': %s (byte %zu)",
		    STR_ARG(member), r->json.error, r->json.error_at);
	r->told = true;
	return false;
}

static bool
fail(struct reading *r, const char *why)
{
	json_fail(&r->json, why);
	return false;
}

static bool
read_text(struct reading *r, size_t max, str *ret)
{
	if (!json_string(&r->json, ret))
		return false;
	if (ret->n > max)
		return fail(r, "the string is too long");
	return true;
}

static bool
read_bytes(struct reading *r, size_t max, str *ret)
{
	str text;
	if (!json_string(&r->json, &text))
		return false;
	uint8_t *bytes = arena_try(r->arena, uint8_t, text.n);
	if (bytes == NULL)
		return fail(r, "no memory left for it");
	size_t n;
	if (!base64_decode(text, bytes, &n))
		return fail(r, "expected base64");
	if (n > max)
		return fail(r, "too many bytes");
	*ret = (str){ (const char *)bytes, n };
	return true;
}

/* How many elements or members begin, up to the end or the first error; the reader does
 * not move. */
static size_t
count_items(const struct reading *r, enum json_kind kind)
{
	struct json ahead = r->json;
	size_t n = 0;
	bool more = true;
	str name;
	if (kind == JSON_ARRAY && json_array(&ahead))
		for (; more && json_element(&ahead); n++)
			more = json_skip(&ahead);
	if (kind == JSON_OBJECT && json_object(&ahead))
		for (; more && json_member(&ahead, &name); n++)
			more = json_skip(&ahead);
	return n;
}

static bool
read_strs(struct reading *r, size_t max, struct strs *ret)
{
	size_t n = count_items(r, JSON_ARRAY);
	if (n > max)
		return fail(r, "too many items");
	ret->p = arena_try(r->arena, str, n);
	if (ret->p == NULL)
		return fail(r, "no memory left for it");
	ret->n = 0;
	if (!json_array(&r->json))
		return false;
	while (json_element(&r->json)) {
		ASSERT(ret->n < n);
		if (!read_text(r, FIELD_MAX_DEFAULT, &ret->p[ret->n]))
			return false;
		ret->n++;
	}
	return r->json.error == NULL;
}

static bool
read_pairs(struct reading *r, size_t max, struct pairs *ret)
{
	size_t n = count_items(r, JSON_OBJECT);
	if (n > max)
		return fail(r, "too many members");
	ret->p = arena_try(r->arena, struct pair, n);
	if (ret->p == NULL)
		return fail(r, "no memory left for it");
	ret->n = 0;
	if (!json_object(&r->json))
		return false;
	for (str name; json_member(&r->json, &name);) {
		ASSERT(ret->n < n);
		struct pair *pair = &ret->p[ret->n];
		if (name.n > FIELD_MAX_DEFAULT)
			return fail(r, "a name is too long");
		pair->name = name;
		if (!read_text(r, FIELD_MAX_DEFAULT, &pair->value))
			return refuse(r, name);
		ret->n++;
	}
	if (r->json.error != NULL)
		return false;
	return pairs_sort(ret) || fail(r, "a name is there twice");
}

static bool read_record(struct reading *r, const struct record_type *type, void *ret);

static bool
read_records(struct reading *r, const struct field *field, struct records *ret)
{
	const struct record_type *type = field->type;
	size_t n = count_items(r, JSON_ARRAY);
	if (n > field_max(field))
		return fail(r, "too many items");
	ret->p = arena_try_alloc(r->arena, type->size, alignof(max_align_t), n);
	if (ret->p == NULL)
		return fail(r, "no memory left for it");
	ret->n = 0;
	if (!json_array(&r->json))
		return false;
	while (json_element(&r->json)) {
		ASSERT(ret->n < n);
		if (!read_record(r, type, (char *)ret->p + ret->n * type->size))
			return false;
		ret->n++;
	}
	return r->json.error == NULL;
}

static bool
read_enum(struct reading *r, const struct field *field, uint32_t *ret)
{
	str name;
	if (!json_string(&r->json, &name))
		return false;
	for (uint32_t i = 0; i < field->names_n; i++)
		if (field->names[i] != NULL && str_eq(name, str_of(field->names[i]))) {
			*ret = i;
			return true;
		}
	return fail(r, "no such name");
}

/* Two digits that are at most max. */
static bool
take_digits(str *s, size_t digits, unsigned max, unsigned *ret)
{
	uint64_t value;
	if (s->n < digits || !str_u64(str_take(*s, digits), max, &value))
		return false;
	*s = str_drop(*s, digits);
	*ret = (unsigned)value;
	return true;
}

static bool
take_char(str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_drop(*s, 1);
	return true;
}

/* RFC 3339 as we write it: in UTC, with or without a fraction, finer than ms cut off. */
static bool
wall_parse(str s, msec *ret)
{
	unsigned year, month, day, hour, minute, second, ms = 0;
	if (!take_digits(&s, 4, 9999, &year) || !take_char(&s, '-') ||
	    !take_digits(&s, 2, 12, &month) || !take_char(&s, '-') ||
	    !take_digits(&s, 2, 31, &day) || !take_char(&s, 'T') ||
	    !take_digits(&s, 2, 23, &hour) || !take_char(&s, ':') ||
	    !take_digits(&s, 2, 59, &minute) || !take_char(&s, ':') ||
	    !take_digits(&s, 2, 59, &second))
		return false;
	if (take_char(&s, '.')) {
		unsigned digit, weight = 100;
		if (s.n == 0 || s.p[0] == 'Z')
			return false;
		for (; take_digits(&s, 1, 9, &digit); weight /= 10)
			ms += digit * weight;
	}
	if (!str_eq(s, STR("Z")) || year < 1970 || month == 0 || day == 0)
		return false;

	int64_t days = civil_days((int)year, month, day);
	int same_year;
	unsigned same_month, same_day;
	civil_from_days(days, &same_year, &same_month, &same_day);
	if (same_month != month || same_day != day) /* 30 February */
		return false;
	*ret = (msec)days * DAY + hour * HOUR + minute * MINUTE + second * SECOND + ms;
	return true;
}

static bool
read_wall(struct reading *r, msec *ret)
{
	str text;
	if (!json_string(&r->json, &text))
		return false;
	return wall_parse(text, ret) ||
	       fail(r, "expected a time such as 2026-11-23T07:18:22Z");
}

static bool
read_hex(struct reading *r, uint8_t *ret, size_t n)
{
	str text;
	if (!json_string(&r->json, &text))
		return false;
	return hex_decode(text, ret, n) || fail(r, "expected hex digits of its length");
}

static bool
read_hex64(struct reading *r, uint64_t *ret)
{
	uint8_t bytes[sizeof(*ret)];
	if (!read_hex(r, bytes, sizeof(bytes)))
		return false;
	*ret = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*ret = *ret << 8 | bytes[i];
	return true;
}

static bool
read_i64(struct reading *r, int64_t *ret)
{
	str text;
	uint64_t size;
	if (!json_number(&r->json, &text))
		return false;
	bool negative = take_char(&text, '-');
	if (!str_u64(text, negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX, &size))
		return fail(r, "expected an integer of at most 63 bits");
	*ret = (int64_t)(negative ? 0 - size : size);
	return true;
}

static bool
may_be_null(const struct field *field)
{
	return field->kind == FIELD_WALL || field->kind == FIELD_HASH ||
	       (field->kind == FIELD_ENUM && !field_has_name(field, 0));
}

static bool
read_value(struct reading *r, const struct field *field, void *value)
{
	if (may_be_null(field) && json_peek(&r->json) == JSON_NULL)
		return json_null(&r->json); /* zero already */

	uint64_t number;
	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		return json_bool(&r->json, value);
	case FIELD_U32:
		if (!json_u64(&r->json, UINT32_MAX, &number))
			return false;
		*(uint32_t *)value = (uint32_t)number;
		return true;
	case FIELD_U64:
	case FIELD_MSEC:
		return json_u64(&r->json, UINT64_MAX, value);
	case FIELD_I64:
		return read_i64(r, value);
	case FIELD_WALL:
		return read_wall(r, value);
	case FIELD_HEX64:
		return read_hex64(r, value);
	case FIELD_ENUM:
		return read_enum(r, field, value);
	case FIELD_STR:
		return read_text(r, field_max(field), value);
	case FIELD_BYTES:
		return read_bytes(r, field_max(field), value);
	case FIELD_HASH:
		return read_hex(r, ((hash32 *)value)->b, sizeof(hash32));
	case FIELD_STRS:
		return read_strs(r, field_max(field), value);
	case FIELD_PAIRS:
		return read_pairs(r, field_max(field), value);
	case FIELD_RECORDS:
		return read_records(r, field, value);
	case FIELD_RECORD:
		return read_record(r, field->type, value);
	}
	UNREACHABLE();
}

/* The index of the field called so; field_count when there is none to be had. */
static unsigned
find_field(const struct record_type *type, str name)
{
	unsigned i = 0;
	while (i < type->field_count && ((type->fields[i].flags & FIELD_SECRET) ||
					    !str_eq(name, str_of(type->fields[i].name))))
		i++;
	return i;
}

static bool
read_record(struct reading *r, const struct record_type *type, void *ret)
{
	memset(ret, 0, type->size);
	if (!json_object(&r->json))
		return false;

	uint64_t seen[RECORD_FIELDS_MAX / 64] = { 0 };
	for (str name; json_member(&r->json, &name);) {
		unsigned i = find_field(type, name);
		if (i == type->field_count) {
			json_fail(&r->json, "there is no such member");
			return refuse(r, name);
		}
		if (seen[i / 64] & UINT64_C(1) << i % 64) {
			json_fail(&r->json, "it is there twice");
			return refuse(r, name);
		}
		seen[i / 64] |= UINT64_C(1) << i % 64;
		const struct field *field = &type->fields[i];
		if (!read_value(r, field, field_place_in(ret, field)))
			return refuse(r, name);
	}
	return r->json.error == NULL;
}

bool
record_from_json(const struct record_type *type, str text, struct arena *arena, void *ret,
    struct err *err)
{
	ASSERT(type->size <= RECORD_SIZE_MAX);

	alignas(max_align_t) char record[RECORD_SIZE_MAX];
	struct reading r = { .arena = arena, .err = err };
	json_open(&r.json, text, arena);
	if (read_record(&r, type, record) && json_close(&r.json)) {
		memcpy(ret, record, type->size);
		return true;
	}
	if (!r.told)
		err_set(err, ERR_INVALID, "%s (byte %zu)", r.json.error, r.json.error_at);
	return false;
}
