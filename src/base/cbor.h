#ifndef BASE_CBOR_H
#define BASE_CBOR_H

#include "base/arena.h"
#include "base/buf.h"

/*
 * cbor -- the deterministic subset of CBOR that the journal, the tables and the
 * frames are written in (RFC 8949 section 4.2.1).
 *
 * Unsigned and negative integers in their shortest form, byte strings, text strings
 * (UTF-8 without NUL), arrays, maps, false, true, null. Definite lengths only. No floats,
 * no tags. Map keys are integers, byte or text strings and ascend by their encoded bytes
 * (so numbers by value, texts by length first): the writer's caller sees to that,
 * cbor_key_* and cbor_skip check it.
 *
 * The reader is strict (it refuses what the writer would not write), never allocates
 * and latches its first error; strings are slices of the input. A false means `error`
 * is set; outputs are then untouched.
 *
 *	size_t n;
 *	uint64_t key = 0;
 *	if (cbor_map(&c, &n))
 *		for (size_t i = 0; i < n && cbor_key_u64(&c, i, &key); i++)
 *			switch (key) { ... }
 */
#define CBOR_DEPTH_MAX 16

enum cbor_kind {
	CBOR_NONE, /* end of input, or an error */
	CBOR_UINT,
	CBOR_NINT,
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY,
	CBOR_MAP,
	CBOR_BOOL,
	CBOR_NULL,
};

/* Writing. Text is UTF-8 without NUL: whoever took it from outside has checked it. */
void cbor_put_u64(struct buf *b, uint64_t value);
void cbor_put_i64(struct buf *b, int64_t value);
void cbor_put_bytes(struct buf *b, str bytes);
void cbor_put_text(struct buf *b, str text);
/* The same for text that may be damaged: what is part of no character becomes '?'. */
void cbor_put_text_repaired(struct buf *b, str text);
void cbor_put_array(struct buf *b, size_t n);
void cbor_put_map(struct buf *b, size_t n);
void cbor_put_bool(struct buf *b, bool value);
void cbor_put_null(struct buf *b);

/* Reading */
struct cbor {
	const uint8_t *at;
	const uint8_t *end;
	const char *error; /* NULL while all is well */
};

void cbor_open(struct cbor *c, str bytes);
enum cbor_kind cbor_peek(const struct cbor *c);
bool cbor_u64(struct cbor *c, uint64_t *ret);
bool cbor_i64(struct cbor *c, int64_t *ret);
bool cbor_bytes(struct cbor *c, str *ret);
bool cbor_text(struct cbor *c, str *ret); /* checked UTF-8 */
/* The head of an array or map: the number of elements or pairs, never more than the
 * bytes that are left could hold. */
bool cbor_array(struct cbor *c, size_t *ret_n);
bool cbor_map(struct cbor *c, size_t *ret_n);
bool cbor_bool(struct cbor *c, bool *ret);
bool cbor_null(struct cbor *c);
bool cbor_skip(struct cbor *c); /* one item, at most CBOR_DEPTH_MAX deep */
/* The bytes of the next item, checked. */
bool cbor_raw(struct cbor *c, str *ret);
/* All bytes read and no error. */
NODISCARD bool cbor_close(struct cbor *c);
/* The key of pair i of a map, above the one before it, which *key still holds. */
bool cbor_key_u64(struct cbor *c, size_t i, uint64_t *key);
bool cbor_key_text(struct cbor *c, size_t i, str *key);
bool cbor_fail(struct cbor *c, const char *error); /* latches; returns false */

#endif
