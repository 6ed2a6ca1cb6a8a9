/*
 * Records as CBOR: a map from field number to value, without what is zero or empty.
 *
 * For instance field 1, id = 7, and field 3, pairs = { queue = "mail" }:
 *
 *	a2                     map of 2
 *	   01 07                  1: 7
 *	   03 82                  3: array of 2
 *	         65 7175657565        "queue"
 *	         64 6d61696c          "mail"
 *
 * Pairs are an array name, value, name, value, since a deterministic map would have to be
 * in another order than theirs: by length first, then by bytes.
 */
#include "facts/field.h"

/* ---- encoding ---- */

/*
 * Text is for people: somewhere a message was cut inside a character, or grew too long.
 * That must never make a row that cannot be read back, nor end the process.
 */
static void
put_text(struct buf *out, str text, size_t max)
{
	if (text.n > max) {
		size_t cut = max;
		while (
		    cut > 0 && max - cut < 3 && ((unsigned char)text.p[cut] & 0xc0) == 0x80)
			cut--;
		text.n = cut > 0 ? cut : max;
	}
	cbor_put_text_repaired(out, text);
}

/* Names and arguments mean something to machines: those are right or they are a bug. */
static void
put_exact(struct buf *out, str text)
{
	ASSERT(text.n <= FIELD_MAX_DEFAULT);
	cbor_put_text(out, text);
}

static void
put_pairs(struct buf *out, const struct pairs *pairs, size_t max)
{
	ASSERT(pairs->n <= max);
	cbor_put_array(out, 2 * pairs->n);
	for (size_t i = 0; i < pairs->n; i++) {
		ASSERT(i == 0 || str_cmp(pairs->p[i - 1].name, pairs->p[i].name) < 0);
		put_exact(out, pairs->p[i].name);
		put_text(out, pairs->p[i].value, FIELD_MAX_DEFAULT);
	}
}

static void
put_strs(struct buf *out, const struct strs *strs, size_t max)
{
	ASSERT(strs->n <= max);
	cbor_put_array(out, strs->n);
	for (size_t i = 0; i < strs->n; i++)
		put_exact(out, strs->p[i]);
}

static void
put_records(struct buf *out, const struct field *field, const struct records *records)
{
	ASSERT(records->n <= field_max(field));
	cbor_put_array(out, records->n);
	for (size_t i = 0; i < records->n; i++)
		record_encode(field->type, (const char *)records->p + i * field->type->size,
		    out);
}

static void
put_value(struct buf *out, const struct field *field, const void *value)
{
	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		cbor_put_bool(out, *(const bool *)value);
		return;
	case FIELD_ENUM:
		ASSERT(field_has_name(field, *(const uint32_t *)value));
		cbor_put_u64(out, *(const uint32_t *)value);
		return;
	case FIELD_U32:
		cbor_put_u64(out, *(const uint32_t *)value);
		return;
	case FIELD_U64:
	case FIELD_MSEC:
	case FIELD_WALL:
	case FIELD_HEX64:
		cbor_put_u64(out, *(const uint64_t *)value);
		return;
	case FIELD_I64:
		cbor_put_i64(out, *(const int64_t *)value);
		return;
	case FIELD_STR:
		put_text(out, *(const str *)value, field_max(field));
		return;
	case FIELD_BYTES:
		ASSERT(((const str *)value)->n <= field_max(field));
		cbor_put_bytes(out, *(const str *)value);
		return;
	case FIELD_HASH:
		cbor_put_bytes(out, (str){ value, sizeof(hash32) });
		return;
	case FIELD_STRS:
		put_strs(out, value, field_max(field));
		return;
	case FIELD_PAIRS:
		put_pairs(out, value, field_max(field));
		return;
	case FIELD_RECORDS:
		put_records(out, field, value);
		return;
	case FIELD_RECORD:
		record_encode(field->type, value, out);
		return;
	}
	UNREACHABLE();
}

void
record_encode(const struct record_type *type, const void *record, struct buf *out)
{
	ASSERT(type->field_count <= RECORD_FIELDS_MAX);

	uint64_t present[RECORD_FIELDS_MAX / 64] = { 0 };
	size_t n = 0;
	for (unsigned i = 0; i < type->field_count; i++) {
		if (field_empty(&type->fields[i], field_place(record, &type->fields[i])))
			continue;
		present[i / 64] |= UINT64_C(1) << i % 64;
		n++;
	}

	cbor_put_map(out, n);
	for (unsigned word = 0; word < countof(present); word++) {
		for (; present[word] != 0; present[word] &= present[word] - 1) {
			unsigned i = word * 64 + (unsigned)__builtin_ctzll(present[word]);
			const struct field *field = &type->fields[i];
			cbor_put_u64(out, field->number);
			put_value(out, field, field_place(record, field));
		}
	}
}

/* ---- decoding ---- */

/* The place of the first failure is kept; its sentence latches in the reader. */
struct decoding {
	struct cbor *in;
	struct arena *arena;
	const struct record_type *type; /* NULL while all is well */
	const struct field *field;      /* NULL: the record itself */
	bool full;                      /* no memory, rather than bad bytes */
};

/* why == NULL: the reader has said it already. */
static bool
refuse(struct decoding *d, const struct record_type *type, const struct field *field,
    const char *why)
{
	if (why != NULL)
		cbor_fail(d->in, why);
	if (d->type == NULL) {
		d->type = type;
		d->field = field;
	}
	return false;
}

static bool
no_room(struct decoding *d)
{
	d->full = true;
	return cbor_fail(d->in, "no memory left to decode it");
}

static bool decode_record(struct decoding *d, const struct record_type *type, void *ret);

static bool
read_u64(struct decoding *d, uint64_t max, uint64_t *ret)
{
	if (!cbor_u64(d->in, ret))
		return false;
	if (*ret > max)
		return cbor_fail(d->in, "number out of range");
	return true;
}

static bool
read_text(struct decoding *d, size_t max, str *ret)
{
	if (!cbor_text(d->in, ret))
		return false;
	if (ret->n > max)
		return cbor_fail(d->in, "too long");
	return true;
}

static bool
read_bytes(struct decoding *d, size_t min, size_t max, str *ret)
{
	if (!cbor_bytes(d->in, ret))
		return false;
	if (ret->n < min)
		return cbor_fail(d->in, "too short");
	if (ret->n > max)
		return cbor_fail(d->in, "too long");
	return true;
}

static bool
read_strs(struct decoding *d, size_t max, struct strs *ret)
{
	if (!cbor_array(d->in, &ret->n))
		return false;
	if (ret->n > max)
		return cbor_fail(d->in, "too many items");
	ret->p = arena_try(d->arena, str, ret->n);
	if (ret->p == NULL)
		return no_room(d);
	for (size_t i = 0; i < ret->n; i++)
		if (!read_text(d, FIELD_MAX_DEFAULT, &ret->p[i]))
			return false;
	return true;
}

static bool
read_pairs(struct decoding *d, size_t max, struct pairs *ret)
{
	size_t n;
	if (!cbor_array(d->in, &n))
		return false;
	if (n % 2 != 0)
		return cbor_fail(d->in, "a name without a value");
	if (n / 2 > max)
		return cbor_fail(d->in, "too many items");
	ret->n = n / 2;
	ret->p = arena_try(d->arena, struct pair, ret->n);
	if (ret->p == NULL)
		return no_room(d);
	for (size_t i = 0; i < ret->n; i++) {
		struct pair *pair = &ret->p[i];
		if (!read_text(d, FIELD_MAX_DEFAULT, &pair->name) ||
		    !read_text(d, FIELD_MAX_DEFAULT, &pair->value))
			return false;
		if (i > 0 && str_cmp(ret->p[i - 1].name, pair->name) >= 0)
			return cbor_fail(d->in, "names do not ascend");
	}
	return true;
}

static bool
read_records(struct decoding *d, const struct field *field, struct records *ret)
{
	const struct record_type *type = field->type;
	if (!cbor_array(d->in, &ret->n))
		return false;
	if (ret->n > field_max(field))
		return cbor_fail(d->in, "too many items");
	ret->p = arena_try_alloc(d->arena, type->size, alignof(max_align_t), ret->n);
	if (ret->p == NULL)
		return no_room(d);
	for (size_t i = 0; i < ret->n; i++)
		if (!decode_record(d, type, (char *)ret->p + i * type->size))
			return false;
	return true;
}

static bool
read_value(struct decoding *d, const struct field *field, void *value)
{
	uint64_t number;
	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		return cbor_bool(d->in, value);
	case FIELD_ENUM:
		if (!read_u64(d, UINT32_MAX, &number))
			return false;
		if (!field_has_name(field, number))
			return cbor_fail(d->in, "no such enumerator");
		*(uint32_t *)value = (uint32_t)number;
		return true;
	case FIELD_U32:
		if (!read_u64(d, UINT32_MAX, &number))
			return false;
		*(uint32_t *)value = (uint32_t)number;
		return true;
	case FIELD_U64:
	case FIELD_MSEC:
	case FIELD_WALL:
	case FIELD_HEX64:
		return cbor_u64(d->in, value);
	case FIELD_I64:
		return cbor_i64(d->in, value);
	case FIELD_STR:
		return read_text(d, field_max(field), value);
	case FIELD_BYTES:
		return read_bytes(d, 0, field_max(field), value);
	case FIELD_HASH: {
		str bytes;
		if (!read_bytes(d, sizeof(hash32), sizeof(hash32), &bytes))
			return false;
		memcpy(value, bytes.p, sizeof(hash32));
		return true;
	}
	case FIELD_STRS:
		return read_strs(d, field_max(field), value);
	case FIELD_PAIRS:
		return read_pairs(d, field_max(field), value);
	case FIELD_RECORDS:
		return read_records(d, field, value);
	case FIELD_RECORD:
		return decode_record(d, field->type, value);
	}
	UNREACHABLE();
}

static bool
decode_record(struct decoding *d, const struct record_type *type, void *ret)
{
	const struct field *field = type->fields;
	const struct field *end = field + type->field_count;
	size_t n;
	if (!cbor_map(d->in, &n))
		return refuse(d, type, NULL, NULL);

	memset(ret, 0, type->size);
	for (; n > 0; n--) {
		uint64_t number;
		if (!cbor_u64(d->in, &number))
			return refuse(d, type, NULL, NULL);
		while (field < end && field->number < number)
			field++;
		if (field == end || field->number != number)
			return refuse(d, type, NULL,
			    "field number unknown or out of order");

		void *value = field_place_in(ret, field);
		if (!read_value(d, field, value))
			return refuse(d, type, field, NULL);
		if (field_empty(field, value))
			return refuse(d, type, field, "empty, so it must be left out");
		field++;
	}
	return true;
}

bool
record_decode(const struct record_type *type, struct cbor *in, struct arena *arena,
    void *ret, struct err *err)
{
	ASSERT(type->size <= RECORD_SIZE_MAX);

	alignas(max_align_t) char record[RECORD_SIZE_MAX];
	struct decoding d = { .in = in, .arena = arena };
	if (decode_record(&d, type, record)) {
		memcpy(ret, record, type->size);
		return true;
	}
	enum err_kind kind = d.full ? ERR_LIMIT : ERR_CORRUPT;
	if (d.field == NULL)
		return err_set(err, kind, "%s: %s", d.type->name, in->error);
	return err_set(err, kind, "%s.%s: %s", d.type->name, d.field->name, in->error);
}

bool
record_decode_all(const struct record_type *type, str bytes, struct arena *arena, void *ret,
    struct err *err)
{
	alignas(max_align_t) char record[RECORD_SIZE_MAX];
	struct cbor in;
	cbor_open(&in, bytes);
	if (!record_decode(type, &in, arena, record, err))
		return false;
	if (!cbor_close(&in))
		return err_set(err, ERR_CORRUPT, "%s: %s", type->name, in.error);
	memcpy(ret, record, type->size);
	return true;
}
