/*
 * What all records share: the check of tables, emptiness, copies, comparison, pairs.
 * Their binary form is record_cbor.c, their JSON form record_json.c; records whose
 * strings live in a pool are own.c. Each is one walk over a table with a switch on the
 * kind of field.
 */
#include "facts/field.h"

#include <stdlib.h>

/* ---- checking tables ---- */

/* Bytes that a field of this kind takes in its struct; 0 for no such kind. */
static size_t
kind_size(const struct field *field)
{
	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		return sizeof(bool);
	case FIELD_U32:
	case FIELD_ENUM:
		return sizeof(uint32_t);
	case FIELD_U64:
	case FIELD_I64:
	case FIELD_MSEC:
	case FIELD_WALL:
	case FIELD_HEX64:
		return sizeof(uint64_t);
	case FIELD_STR:
	case FIELD_BYTES:
		return sizeof(str);
	case FIELD_HASH:
		return sizeof(hash32);
	case FIELD_STRS:
	case FIELD_PAIRS:
	case FIELD_RECORDS:
		return sizeof(struct records);
	case FIELD_RECORD:
		return field->type ? field->type->size : 0;
	}
	return 0;
}

static const char *check_type(const struct record_type *type, unsigned depth);

static const char *
check_field(const struct record_type *type, const struct field *field, unsigned depth)
{
	enum field_kind kind = (enum field_kind)field->kind;
	size_t size = kind_size(field);
	if (size == 0)
		return "a field is of no known kind";
	if (field->name == NULL || field->name[0] == '\0')
		return "a field has no name";
	if (field->offset + size > type->size)
		return "a field lies outside its struct";

	bool list = kind == FIELD_STR || kind == FIELD_BYTES || kind == FIELD_STRS ||
	            kind == FIELD_PAIRS || kind == FIELD_RECORDS;
	if (!list && field->max != 0)
		return "a field without length has a maximum";
	if ((kind == FIELD_ENUM) != (field->names_n > 0))
		return "names belong to enumerations";
	if (kind == FIELD_ENUM && field->names_n < 2)
		return "an enumeration has no names";

	bool nests = kind == FIELD_RECORD || kind == FIELD_RECORDS;
	if (nests != (field->type != NULL))
		return "a type belongs to nested records";
	return nests ? check_type(field->type, depth + 1) : NULL;
}

static const char *
check_type(const struct record_type *type, unsigned depth)
{
	if (depth > RECORD_DEPTH_MAX)
		return "records nest too deep";
	if (type->field_count == 0 || type->field_count > RECORD_FIELDS_MAX)
		return "no fields, or too many";
	if (type->size == 0 || type->size > RECORD_SIZE_MAX)
		return "the struct is too large";

	unsigned last = 0;
	for (unsigned i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (field->number <= last)
			return "numbers do not ascend from 1";
		last = field->number;
		const char *wrong = check_field(type, field, depth);
		if (wrong != NULL)
			return wrong;
		for (unsigned k = 0; k < i; k++)
			if (strcmp(type->fields[k].name, field->name) == 0)
				return "two fields have the same name";
	}
	return NULL;
}

const char *
record_type_check(const struct record_type *type)
{
	return check_type(type, 1);
}

/* ---- emptiness ---- */

static bool record_empty(const struct record_type *type, const void *record);

bool
field_empty(const struct field *field, const void *value)
{
	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		return !*(const bool *)value;
	case FIELD_U32:
	case FIELD_ENUM:
		return *(const uint32_t *)value == 0;
	case FIELD_U64:
	case FIELD_I64:
	case FIELD_MSEC:
	case FIELD_WALL:
	case FIELD_HEX64:
		return *(const uint64_t *)value == 0;
	case FIELD_STR:
	case FIELD_BYTES:
		return ((const str *)value)->n == 0;
	case FIELD_HASH:
		return hash32_zero(value);
	case FIELD_STRS:
		return ((const struct strs *)value)->n == 0;
	case FIELD_PAIRS:
		return ((const struct pairs *)value)->n == 0;
	case FIELD_RECORDS:
		return ((const struct records *)value)->n == 0;
	case FIELD_RECORD:
		return record_empty(field->type, value);
	}
	UNREACHABLE();
}

static bool
record_empty(const struct record_type *type, const void *record)
{
	for (unsigned i = 0; i < type->field_count; i++)
		if (!field_empty(&type->fields[i], field_place(record, &type->fields[i])))
			return false;
	return true;
}

/* ---- copies ---- */

static void
copy_pairs(const struct pairs *pairs, struct arena *arena, struct pairs *ret)
{
	struct pair *p = arena_new(arena, struct pair, pairs->n);
	for (size_t i = 0; i < pairs->n; i++) {
		p[i].name = arena_str(arena, pairs->p[i].name);
		p[i].value = arena_str(arena, pairs->p[i].value);
	}
	*ret = (struct pairs){ p, pairs->n };
}

static void
copy_strs(const struct strs *strs, struct arena *arena, struct strs *ret)
{
	str *p = arena_new(arena, str, strs->n);
	for (size_t i = 0; i < strs->n; i++)
		p[i] = arena_str(arena, strs->p[i]);
	*ret = (struct strs){ p, strs->n };
}

static void
copy_records(const struct record_type *type, const struct records *records,
    struct arena *arena, struct records *ret)
{
	char *p = arena_alloc(arena, type->size, alignof(max_align_t), records->n);
	for (size_t i = 0; i < records->n; i++)
		record_copy(type, (const char *)records->p + i * type->size, arena,
		    p + i * type->size);
	*ret = (struct records){ p, records->n };
}

void
record_copy(const struct record_type *type, const void *record, struct arena *arena,
    void *ret)
{
	memmove(ret, record, type->size);
	for (unsigned i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		void *value = field_place_in(ret, field);
		switch ((enum field_kind)field->kind) {
		case FIELD_BOOL:
		case FIELD_U32:
		case FIELD_U64:
		case FIELD_I64:
		case FIELD_MSEC:
		case FIELD_WALL:
		case FIELD_HEX64:
		case FIELD_ENUM:
		case FIELD_HASH:
			break;
		case FIELD_STR:
		case FIELD_BYTES:
			*(str *)value = arena_str(arena, *(str *)value);
			break;
		case FIELD_STRS:
			copy_strs(value, arena, value);
			break;
		case FIELD_PAIRS:
			copy_pairs(value, arena, value);
			break;
		case FIELD_RECORDS:
			copy_records(field->type, value, arena, value);
			break;
		case FIELD_RECORD:
			record_copy(field->type, value, arena, value);
			break;
		}
	}
}

/* ---- comparison ---- */

static bool
strs_eq(const struct strs *a, const struct strs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(a->p[i], b->p[i]))
			return false;
	return true;
}

static bool
pairs_eq(const struct pairs *a, const struct pairs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(a->p[i].name, b->p[i].name) ||
		    !str_eq(a->p[i].value, b->p[i].value))
			return false;
	return true;
}

static bool
records_eq(const struct record_type *type, const struct records *a, const struct records *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		size_t at = i * type->size;
		if (!record_eq(type, (const char *)a->p + at, (const char *)b->p + at))
			return false;
	}
	return true;
}

static bool
value_eq(const struct field *field, const void *a, const void *b)
{
	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case FIELD_U32:
	case FIELD_ENUM:
		return *(const uint32_t *)a == *(const uint32_t *)b;
	case FIELD_U64:
	case FIELD_I64:
	case FIELD_MSEC:
	case FIELD_WALL:
	case FIELD_HEX64:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case FIELD_STR:
	case FIELD_BYTES:
		return str_eq(*(const str *)a, *(const str *)b);
	case FIELD_HASH:
		return hash32_eq(a, b);
	case FIELD_STRS:
		return strs_eq(a, b);
	case FIELD_PAIRS:
		return pairs_eq(a, b);
	case FIELD_RECORDS:
		return records_eq(field->type, a, b);
	case FIELD_RECORD:
		return record_eq(field->type, a, b);
	}
	UNREACHABLE();
}

bool
record_eq(const struct record_type *type, const void *a, const void *b)
{
	for (unsigned i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (!value_eq(field, field_place(a, field), field_place(b, field)))
			return false;
	}
	return true;
}

/* ---- pairs ---- */

/* NULL when absent. */
static const struct pair *
pairs_find(const struct pairs *pairs, str name)
{
	size_t low = 0;
	size_t high = pairs->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_cmp(pairs->p[mid].name, name);
		if (order == 0)
			return &pairs->p[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool
strs_has(const struct strs *strs, str s)
{
	for (size_t i = 0; i < strs->n; i++) {
		if (str_eq(strs->p[i], s))
			return true;
	}
	return false;
}

str
pairs_get(const struct pairs *pairs, str name)
{
	const struct pair *pair = pairs_find(pairs, name);
	return pair ? pair->value : (str){ 0 };
}

bool
pairs_has(const struct pairs *pairs, str name)
{
	return pairs_find(pairs, name) != NULL;
}

static int
pair_order(const void *a, const void *b)
{
	return str_cmp(((const struct pair *)a)->name, ((const struct pair *)b)->name);
}

bool
pairs_sort(struct pairs *pairs)
{
	if (pairs->n > 1)
		qsort(pairs->p, pairs->n, sizeof(pairs->p[0]), pair_order);
	for (size_t i = 1; i < pairs->n; i++)
		if (str_eq(pairs->p[i - 1].name, pairs->p[i].name))
			return false;
	return true;
}
