#ifndef FACTS_FIELD_H
#define FACTS_FIELD_H

#include "facts/record.h"

/*
 * field -- one field of one record, for the files that walk tables (record*.c, own.c).
 * Nobody else includes this.
 *
 * A field's place is struct + offset; its type there follows from its kind: bool,
 * uint32_t (also for enums), uint64_t, int64_t, str, hash32, struct strs, struct pairs,
 * struct records, or the nested struct itself.
 */
static inline const void *
field_place(const void *record, const struct field *field)
{
	return (const char *)record + field->offset;
}

static inline void *
field_place_in(void *record, const struct field *field)
{
	return (char *)record + field->offset;
}

static inline size_t
field_max(const struct field *field)
{
	return field->max ? field->max : FIELD_MAX_DEFAULT;
}

static inline bool
field_has_name(const struct field *field, uint64_t value)
{
	return value < field->names_n && field->names[value] != NULL;
}

/* Zero or of no length: left out of CBOR. */
bool field_empty(const struct field *field, const void *value);

#endif
