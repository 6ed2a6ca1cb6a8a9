#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"

/*
 * json -- the one strict JSON reader (RFC 8259) and writer of the program.
 *
 * A pull scanner: the caller asks for what it expects, in order; nothing is built.
 * Strings without escapes are slices of the text; others are unescaped into the
 * arena. Checked: grammar, depth, UTF-8 in strings, escapes (lone surrogates are
 * errors, and so is \u0000, which no text of ours may hold), control characters, numbers,
 * that nothing follows the value. The reader does not know duplicate members: whoever
 * reads an object refuses those it names twice.
 *
 *	json_open(&j, text, &arena);
 *	if (json_object(&j))
 *		for (str name; json_member(&j, &name);)
 *			if (str_eq(name, STR("id"))) json_string(&j, &id);
 *			else json_skip(&j);
 *	if (!json_close(&j)) report(j.error, j.error_at);
 *
 * The first error latches: every later call returns false, `error` is a sentence
 * for people ("expected ',' or ']'"), `error_at` a byte offset.
 *
 * Fast path: string bodies and blanks are scanned 16 bytes at a time (SSE2), with a
 * plain C fallback elsewhere.
 */
#define JSON_DEPTH_MAX 64
#define JSON_NUMBER_MAX 64 /* bytes of one number */

enum json_kind {
	JSON_NONE, /* end of text, or an error */
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_BOOL,
	JSON_NULL,
};

struct json {
	const char *at;
	const char *end;
	const char *beg;
	struct arena *strings; /* where unescaped strings go; a full one is an error */
	const char *error;     /* NULL while all is well */
	size_t error_at;       /* byte offset in the text */
	unsigned depth;
	bool first; /* no element read yet in the innermost object or array */
};

/* `strings` may be NULL where no string is read; skipping needs none. */
void json_open(struct json *j, str text, struct arena *strings);
/* The kind of the next value; nothing is taken. */
enum json_kind json_peek(struct json *j);

/* Enter; false (with an error) when the next value is of another kind. */
bool json_object(struct json *j);
bool json_array(struct json *j);
/* Move to the next member or element; false at the end, which also leaves the
 * object or array, and on error. */
bool json_member(struct json *j, str *ret_name);
bool json_element(struct json *j);

bool json_string(struct json *j, str *ret);
/* The number's text as written, already checked against the grammar. */
bool json_number(struct json *j, str *ret);
bool json_u64(struct json *j, uint64_t max, uint64_t *ret); /* an integer 0..max */
bool json_bool(struct json *j, bool *ret);
bool json_null(struct json *j);
/* Any value, checked to its end, up to JSON_DEPTH_MAX deep. */
bool json_skip(struct json *j);
/* The text of the next value as written, checked. */
bool json_raw(struct json *j, str *ret);
/* true when the whole text was one value and no error happened. */
NODISCARD bool json_close(struct json *j);
/* Latch an error of the caller's own ("missing 'labels'") at the present place. */
void json_fail(struct json *j, const char *error);

/* Writing: quotes and escapes; bytes that are not UTF-8 become U+FFFD. */
void json_put_string(struct buf *b, str s);

#endif
