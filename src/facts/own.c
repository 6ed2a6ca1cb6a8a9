/*
 * Copying into a pool, see own.h. A copy that fails half way frees what it had copied; the
 * target is written last.
 */
#include "facts/own.h"

#include "facts/field.h"

/* ---- lists ---- */

static void
free_strs(struct pool *pool, str *p, size_t n, size_t filled)
{
	for (size_t i = 0; i < filled; i++)
		pool_str_free(pool, p[i]);
	if (n > 0)
		pool_free(pool, p, n * sizeof(*p));
}

static bool
copy_strs(struct pool *pool, struct strs value, struct strs *ret)
{
	struct strs copy = { NULL, value.n };
	if (value.n > 0) {
		copy.p = pool_alloc(pool, value.n * sizeof(*copy.p));
		if (copy.p == NULL)
			return false;
	}
	for (size_t i = 0; i < value.n; i++)
		if (!pool_str(pool, value.p[i], &copy.p[i])) {
			free_strs(pool, copy.p, value.n, i);
			return false;
		}
	*ret = copy;
	return true;
}

static void
free_pairs(struct pool *pool, struct pair *p, size_t n, size_t filled)
{
	for (size_t i = 0; i < filled; i++) {
		pool_str_free(pool, p[i].name);
		pool_str_free(pool, p[i].value);
	}
	if (n > 0)
		pool_free(pool, p, n * sizeof(*p));
}

static bool
copy_pair(struct pool *pool, struct pair value, struct pair *ret)
{
	if (!pool_str(pool, value.name, &ret->name))
		return false;
	if (pool_str(pool, value.value, &ret->value))
		return true;
	pool_str_free(pool, ret->name);
	return false;
}

static bool
copy_pairs(struct pool *pool, struct pairs value, struct pairs *ret)
{
	struct pairs copy = { NULL, value.n };
	if (value.n > 0) {
		copy.p = pool_alloc(pool, value.n * sizeof(*copy.p));
		if (copy.p == NULL)
			return false;
	}
	for (size_t i = 0; i < value.n; i++)
		if (!copy_pair(pool, value.p[i], &copy.p[i])) {
			free_pairs(pool, copy.p, value.n, i);
			return false;
		}
	*ret = copy;
	return true;
}

static void
free_records(const struct record_type *type, struct pool *pool, char *p, size_t n,
    size_t filled)
{
	for (size_t i = 0; i < filled; i++)
		record_disown(type, pool, p + i * type->size);
	if (n > 0)
		pool_free(pool, p, n * type->size);
}

static bool
copy_records(const struct record_type *type, struct pool *pool, struct records *records)
{
	if (records->n == 0) {
		records->p = NULL;
		return true;
	}
	if (records->n > POOL_SIZE_MAX / type->size)
		return false;
	char *p = pool_alloc(pool, records->n * type->size);
	if (p == NULL)
		return false;
	memcpy(p, records->p, records->n * type->size);
	for (size_t i = 0; i < records->n; i++)
		if (!record_own(type, pool, p + i * type->size)) {
			free_records(type, pool, p, records->n, i);
			return false;
		}
	records->p = p;
	return true;
}

/* ---- fields ---- */

/* Replace what the value points at by a copy; false leaves it as it was. */
static bool
own_value(const struct field *field, struct pool *pool, void *value)
{
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
		return true;
	case FIELD_STR:
	case FIELD_BYTES:
		return pool_str(pool, *(str *)value, value);
	case FIELD_STRS:
		return copy_strs(pool, *(struct strs *)value, value);
	case FIELD_PAIRS:
		return copy_pairs(pool, *(struct pairs *)value, value);
	case FIELD_RECORDS:
		return copy_records(field->type, pool, value);
	case FIELD_RECORD:
		return record_own(field->type, pool, value);
	}
	UNREACHABLE();
}

static void
disown_value(const struct field *field, struct pool *pool, void *value)
{
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
		return;
	case FIELD_STR:
	case FIELD_BYTES:
		pool_str_free(pool, *(str *)value);
		*(str *)value = (str){ NULL, 0 };
		return;
	case FIELD_STRS: {
		struct strs *strs = value;
		free_strs(pool, strs->p, strs->n, strs->n);
		*strs = (struct strs){ NULL, 0 };
		return;
	}
	case FIELD_PAIRS: {
		struct pairs *pairs = value;
		free_pairs(pool, pairs->p, pairs->n, pairs->n);
		*pairs = (struct pairs){ NULL, 0 };
		return;
	}
	case FIELD_RECORDS: {
		struct records *records = value;
		free_records(field->type, pool, records->p, records->n, records->n);
		*records = (struct records){ NULL, 0 };
		return;
	}
	case FIELD_RECORD:
		record_disown(field->type, pool, value);
		return;
	}
	UNREACHABLE();
}

/* ---- records ---- */

bool
record_own(const struct record_type *type, struct pool *pool, void *record)
{
	ASSERT(type->size <= RECORD_SIZE_MAX);

	alignas(max_align_t) char copy[RECORD_SIZE_MAX];
	memcpy(copy, record, type->size);
	for (unsigned i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (own_value(field, pool, field_place_in(copy, field)))
			continue;
		while (i-- > 0) {
			field = &type->fields[i];
			disown_value(field, pool, field_place_in(copy, field));
		}
		return false;
	}
	memcpy(record, copy, type->size);
	return true;
}

void
record_disown(const struct record_type *type, struct pool *pool, void *record)
{
	for (unsigned i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		disown_value(field, pool, field_place_in(record, field));
	}
}

bool
own_str(struct pool *pool, str *field, str value)
{
	str copy;
	if (!pool_str(pool, value, &copy))
		return false;
	pool_str_free(pool, *field);
	*field = copy;
	return true;
}

bool
own_strs(struct pool *pool, struct strs *field, struct strs value)
{
	struct strs copy;
	if (!copy_strs(pool, value, &copy))
		return false;
	free_strs(pool, field->p, field->n, field->n);
	*field = copy;
	return true;
}

bool
own_pairs(struct pool *pool, struct pairs *field, struct pairs value)
{
	struct pairs copy;
	if (!copy_pairs(pool, value, &copy))
		return false;
	free_pairs(pool, field->p, field->n, field->n);
	*field = copy;
	return true;
}

bool
own_records(const struct record_type *type, struct pool *pool, struct records *field,
    struct records value)
{
	struct records copy = value;
	if (!copy_records(type, pool, &copy))
		return false;
	free_records(type, pool, field->p, field->n, field->n);
	*field = copy;
	return true;
}
