#ifndef FACTS_RECORD_H
#define FACTS_RECORD_H

#include "base/cbor.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"

/*
 * record -- one description of a struct, from which everything else follows.
 *
 * Every struct that is stored, sent between roles or shown by the API has a table of
 * its fields. From that table come its CBOR form (journal, tables, frames), its JSON
 * form (API, --json) and comparison. So a field is written down once, and there is one
 * decoder to fuzz.
 *
 * CBOR form: a map from the field's number to its value, ascending; fields that are zero
 * or empty are left out. A number is for ever: append fields, never renumber or reuse.
 * Decoding refuses unknown numbers, wrong kinds, enumerators without a name, counts and
 * lengths over the field's `max`, and a zero that is written down; absent fields are zero.
 * So each record has one encoding: encode(decode(x)) == x for whatever is accepted.
 *
 * JSON form: an object with the field names, all fields present except those marked
 * FIELD_QUIET when empty; enumerators by name; `wall` times as RFC 3339; hashes as hex.
 * A time, hash or enumerator that is not set is null.
 *
 * Decoded strings and arrays: strings are slices of the input bytes, arrays are in the
 * arena. Encoding never fails but by the buf's limit, and what it writes can be read back:
 * text (a FIELD_STR, the value of a pair) over its `max` is cut, and bytes of it that are
 * not UTF-8 become '?'. All else that decoding would refuse (too many items or bytes,
 * names out of order, an enumerator without a name) is a bug of whoever made the record
 * and ends the process.
 */
enum field_kind {
	FIELD_BOOL = 1,
	FIELD_U32,
	FIELD_U64,
	FIELD_I64,
	FIELD_MSEC,    /* an `at` or a length: a number in JSON */
	FIELD_WALL,    /* a msec since 1970: RFC 3339 in JSON */
	FIELD_HEX64,   /* a uint64_t of scattered bits: 16 hex digits in JSON, whose numbers
	                * lose bits above 2^53 in many readers */
	FIELD_ENUM,    /* a uint32-sized enum; names[value] is its JSON form */
	FIELD_STR,     /* UTF-8 without NUL */
	FIELD_BYTES,   /* str of any bytes; base64 in JSON */
	FIELD_HASH,    /* hash32 */
	FIELD_STRS,    /* struct strs */
	FIELD_PAIRS,   /* struct pairs; names ascend and are unique; a JSON object; in CBOR
	                * one array: name, value, name, value, ... */
	FIELD_RECORD,  /* a struct by value */
	FIELD_RECORDS, /* struct records of `type` */
};

struct strs {
	str *p;
	size_t n;
};

bool strs_has(const struct strs *strs, str s);

struct pair {
	str name;
	str value;
};

struct pairs {
	struct pair *p; /* names ascend bytewise, no name twice */
	size_t n;
};

/* An array of structs described by the field's type. */
struct records {
	void *p;
	size_t n;
};

#define FIELD_QUIET 1u  /* left out of JSON when zero or empty */
#define FIELD_SECRET 2u /* never in JSON */

struct record_type;

struct field {
	const char *name; /* its JSON name */
	uint8_t number;   /* its CBOR key, 1.. ascending within the table */
	uint8_t kind;     /* enum field_kind */
	uint8_t flags;
	uint16_t offset;
	uint32_t max; /* bytes of a string, items of an array, 0: FIELD_MAX_DEFAULT */
	const struct record_type *type; /* FIELD_RECORD, FIELD_RECORDS */
	const char *const *names; /* FIELD_ENUM: names[0..names_n), NULL = no such value */
	unsigned names_n;
};

struct record_type {
	const char *name;
	size_t size;
	const struct field *fields;
	unsigned field_count;
};

#define FIELD_MAX_DEFAULT 65536u
#define RECORD_DEPTH_MAX 6
#define RECORD_FIELDS_MAX 128 /* whole words of bits */
#define RECORD_SIZE_MAX 2048  /* bytes of the struct itself */

/* NULL when the table keeps the rules above, else what is wrong. For the unit test that
 * runs it over every type; nothing else checks tables. */
const char *record_type_check(const struct record_type *type);

void record_encode(const struct record_type *type, const void *record, struct buf *out);
/* *ret (type->size bytes) is written on success only. */
NODISCARD bool record_decode(const struct record_type *type, struct cbor *in,
    struct arena *arena, void *ret, struct err *err);
/* All of `bytes` is one record. */
NODISCARD bool record_decode_all(const struct record_type *type, str bytes,
    struct arena *arena, void *ret, struct err *err);

void record_to_json(const struct record_type *type, const void *record, struct buf *out);
/* Strict: unknown or repeated members are errors; err->text has member and byte offset.
 * What the text does not name is zero. */
NODISCARD bool record_from_json(const struct record_type *type, str text,
    struct arena *arena, void *ret, struct err *err);

/* A deep copy into the arena: nothing of the copy points outside it. */
void record_copy(const struct record_type *type, const void *record, struct arena *arena,
    void *ret);
bool record_eq(const struct record_type *type, const void *a, const void *b);

str pairs_get(const struct pairs *pairs, str name); /* empty when absent */
bool pairs_has(const struct pairs *pairs, str name);
/* Put pairs in the order of their names, in place; false when a name is there twice. */
NODISCARD bool pairs_sort(struct pairs *pairs);

/* For the tables in *.c:
 *	static const struct field incident_fields[] = {
 *		F_U32(1, struct incident_row, id),
 *		F_ENUM(2, struct incident_row, state, incident_state_names),
 *		...
 *	};
 *	const struct record_type incident_row_type =
 *	    RECORD(struct incident_row, "incident", incident_fields);
 */
/* clang-format off */
#define F_(num, k, T, m, fl, mx) \
	.name = #m, .number = (num), .kind = (k), .flags = (fl), .offset = offsetof(T, m), \
	.max = (mx)
#define F_BOOL(num, T, m) { F_(num, FIELD_BOOL, T, m, 0, 0) }
#define F_U32(num, T, m) { F_(num, FIELD_U32, T, m, 0, 0) }
#define F_U64(num, T, m) { F_(num, FIELD_U64, T, m, 0, 0) }
#define F_I64(num, T, m) { F_(num, FIELD_I64, T, m, 0, 0) }
#define F_MSEC(num, T, m) { F_(num, FIELD_MSEC, T, m, 0, 0) }
#define F_WALL(num, T, m) { F_(num, FIELD_WALL, T, m, 0, 0) }
#define F_HEX64(num, T, m) { F_(num, FIELD_HEX64, T, m, 0, 0) }
#define F_STR(num, T, m) { F_(num, FIELD_STR, T, m, 0, 0) }
#define F_STR_MAX(num, T, m, mx) { F_(num, FIELD_STR, T, m, 0, mx) }
#define F_BYTES(num, T, m, mx) { F_(num, FIELD_BYTES, T, m, 0, mx) }
#define F_HASH(num, T, m) { F_(num, FIELD_HASH, T, m, 0, 0) }
#define F_STRS(num, T, m, mx) { F_(num, FIELD_STRS, T, m, 0, mx) }
#define F_PAIRS(num, T, m, mx) { F_(num, FIELD_PAIRS, T, m, 0, mx) }
#define F_ENUM(num, T, m, nm) \
	{ F_(num, FIELD_ENUM, T, m, 0, 0), .names = (nm), .names_n = countof(nm) }
#define F_RECORD(num, T, m, t) { F_(num, FIELD_RECORD, T, m, 0, 0), .type = (t) }
#define F_RECORDS(num, T, m, t, mx) { F_(num, FIELD_RECORDS, T, m, 0, mx), .type = (t) }
/* The same, left out of JSON when zero or empty. */
#define FQ_BOOL(num, T, m) { F_(num, FIELD_BOOL, T, m, FIELD_QUIET, 0) }
#define FQ_U32(num, T, m) { F_(num, FIELD_U32, T, m, FIELD_QUIET, 0) }
#define FQ_U64(num, T, m) { F_(num, FIELD_U64, T, m, FIELD_QUIET, 0) }
#define FQ_I64(num, T, m) { F_(num, FIELD_I64, T, m, FIELD_QUIET, 0) }
#define FQ_MSEC(num, T, m) { F_(num, FIELD_MSEC, T, m, FIELD_QUIET, 0) }
#define FQ_WALL(num, T, m) { F_(num, FIELD_WALL, T, m, FIELD_QUIET, 0) }
#define FQ_STR(num, T, m) { F_(num, FIELD_STR, T, m, FIELD_QUIET, 0) }
#define FQ_BYTES(num, T, m, mx) { F_(num, FIELD_BYTES, T, m, FIELD_QUIET, mx) }
#define FQ_HASH(num, T, m) { F_(num, FIELD_HASH, T, m, FIELD_QUIET, 0) }
#define FQ_STRS(num, T, m, mx) { F_(num, FIELD_STRS, T, m, FIELD_QUIET, mx) }
#define FQ_PAIRS(num, T, m, mx) { F_(num, FIELD_PAIRS, T, m, FIELD_QUIET, mx) }
#define FQ_RECORDS(num, T, m, t, mx) \
	{ F_(num, FIELD_RECORDS, T, m, FIELD_QUIET, mx), .type = (t) }
#define FQ_ENUM(num, T, m, nm) \
	{ F_(num, FIELD_ENUM, T, m, FIELD_QUIET, 0), .names = (nm), .names_n = countof(nm) }
#define RECORD(T, nm, f) \
	{ .name = (nm), .size = sizeof(T), .fields = (f), .field_count = countof(f) }
/* clang-format on */

#endif
