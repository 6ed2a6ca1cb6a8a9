#ifndef BASE_STR_H
#define BASE_STR_H

#include <string.h>

#include "base/base.h"

/*
 * str -- a borrowed run of bytes.
 *
 * Does not own its memory, is not NUL-terminated, may hold any byte. Cheap:
 * pass it by value. The bytes live as long as whatever they were cut from
 * (usually an arena or the request buffer).
 */
typedef struct {
	const char *p;
	size_t n;
} str;

#define STR(literal) ((str){ (literal), sizeof(literal) - 1 })
#define STR_ARG(s) str_printf_len(s), (s).p /* printf("%.*s", STR_ARG(s)) */

struct str_cut {
	str head;
	str tail;
	bool found;
};

static inline str
str_of(const char *cstr)
{
	return (str){ cstr, strlen(cstr) };
}

static inline bool
str_eq(str a, str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline str
str_take(str s, size_t n)
{
	ASSERT(n <= s.n);
	return (str){ s.p, n };
}

static inline str
str_drop(str s, size_t n)
{
	ASSERT(n <= s.n);
	return (str){ n ? s.p + n : s.p, s.n - n }; /* NULL + 0 is undefined in C */
}

#define STR_PRINTED_MAX 1024 /* bytes of one text in a format; whole characters */
int str_printed(str s);

static inline int
str_printf_len(str s)
{
	return s.n <= STR_PRINTED_MAX ? (int)s.n : str_printed(s);
}

struct str_cut str_cut(str s, char separator);

int str_cmp_all(str a, str b);
/* memcmp order, shorter first when one begins the other. Mostly decided by the first byte. */
static inline int
str_cmp(str a, str b)
{
	if (a.n > 0 && b.n > 0 && *a.p != *b.p)
		return (unsigned char)*a.p < (unsigned char)*b.p ? -1 : 1;
	return str_cmp_all(a, b);
}
bool str_eq_caseless(str a, str b); /* as to ASCII letters */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
bool str_contains(str s, str part);
/* Without leading and trailing blanks, tabs, CR and LF. */
str str_trim(str s);

/* Digits only, no sign, no blanks, no overflow. The one way to read a number. */
NODISCARD bool str_u64(str s, uint64_t max, uint64_t *ret);
/* An optional '-', digits, optional fraction and exponent; finite; no hex, no blanks; at
 * most STR_DOUBLE_MAX bytes. */
#define STR_DOUBLE_MAX 127
NODISCARD bool str_double(str s, double *ret);

/* Valid UTF-8 without NUL, surrogates, or overlong forms. */
bool str_utf8(str s);
/* The length in bytes (1..4) of the character that s begins with; 0 when its bytes are
 * not UTF-8 or s is empty. NUL counts as a character here. */
size_t str_utf8_char(str s);

/* How many bytes a character takes at the start of s that whoever shows it would act on: C0,
 * DEL, C1, and those that turn the direction of writing (U+202A to U+202E, U+2066 to
 * U+2069), under which a value reads as another than it is; else 0. Line ends and tabs are
 * not such. */
size_t str_acts(str s);

/* Edit distance, for did-you-mean: inserted, lost, changed and swapped neighbouring bytes
 * count one each. Gives up and returns `max` + 1 beyond it. Both strings are looked at up
 * to their first 64 bytes. */
unsigned str_distance(str a, str b, unsigned max);

#endif
