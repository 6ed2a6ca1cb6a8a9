#include "base/json.h"

#include <assert.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * A call leaves `at` behind what it took, or, with an error, where the fault is. Commas
 * and colons are taken with the name or element they belong to, closing brackets by the
 * json_member or json_element that returns false for them. So `first` says all there is
 * to know about the innermost container, and `depth` all about the others.
 */

#define BLOCK 16 /* bytes looked at together */

static bool __attribute__((cold, noinline))
fail(struct json *j, const char *at, const char *error)
{
	if (j->error == NULL) {
		j->error = error;
		j->error_at = (size_t)(at - j->beg);
		j->at = at;
	}
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const char *__attribute__((noinline)) blanks_long(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= BLOCK; p += BLOCK) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i space = _mm_cmpeq_epi8(x, _mm_set1_epi8(' '));
		__m128i line = _mm_cmpeq_epi8(x, _mm_set1_epi8('\n'));
		__m128i tab = _mm_cmpeq_epi8(x, _mm_set1_epi8('\t'));
		__m128i cr = _mm_cmpeq_epi8(x, _mm_set1_epi8('\r'));
		__m128i any =
		    _mm_or_si128(_mm_or_si128(space, line), _mm_or_si128(tab, cr));
		unsigned other = (unsigned)_mm_movemask_epi8(any) ^ 0xffff;
		if (other != 0)
			return p + __builtin_ctz(other);
	}
#endif
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* The first byte from p on that is not a blank. */
static inline const char *
blanks(const char *p, const char *end)
{
	if (p < end && (unsigned char)*p > ' ')
		return p;
	if (end - p > 1 && is_blank(*p) && (unsigned char)p[1] > ' ')
		return p + 1;
	return blanks_long(p, end);
}

/* The first byte from p on that a plain run of a string cannot hold: a quote, a backslash,
 * a control character or the start of a character beyond ASCII. */
static inline const char *
plain_run(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= BLOCK; p += BLOCK) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
		__m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
		/* signed: bytes from 0x80 on are below zero */
		__m128i other = _mm_cmplt_epi8(x, _mm_set1_epi8(' '));
		unsigned stop = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_or_si128(quote, slash), other));
		if (stop != 0)
			return p + __builtin_ctz(stop);
	}
#endif
	while (p < end && (unsigned char)(*p - ' ') < 0x80 - ' ' && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* Four hexadecimal digits at p, or -1. */
static int32_t
hex4(const char *p, const char *end)
{
	if (end - p < 4)
		return -1;
	int32_t value = 0;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
		            : c >= 'a' && c <= 'f' ? c - 'a' + 10
		            : c >= 'A' && c <= 'F' ? c - 'A' + 10
		                                   : -1;
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static bool
is_high_surrogate(int32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool
is_low_surrogate(int32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

/* The end of the escape at p (its backslash), or NULL with the error latched. */
static const char *
escape_end(struct json *j, const char *p)
{
	if (j->end - p < 2) {
		(void)fail(j, p, "unterminated string");
		return NULL;
	}
	if (p[1] != 'u') {
		if (p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) != NULL)
			return p + 2;
		(void)fail(j, p, "unknown escape in a string");
		return NULL;
	}
	int32_t unit = hex4(p + 2, j->end);
	if (unit < 0) {
		(void)fail(j, p, "expected four hexadecimal digits after '\\u'");
		return NULL;
	}
	if (unit == 0) {
		(void)fail(j, p, "'\\u0000' is not allowed in text");
		return NULL;
	}
	if (unit < 0xd800 || unit >= 0xe000)
		return p + 6;
	if (is_high_surrogate(unit) && j->end - p >= 12 && p[6] == '\\' && p[7] == 'u' &&
	    is_low_surrogate(hex4(p + 8, j->end)))
		return p + 12;
	(void)fail(j, p, "half of a surrogate pair in a string");
	return NULL;
}

/* The rest of a string whose plain beginning ended at p with something else than a quote.
 * Its closing quote, or NULL with the error latched. */
static const char *__attribute__((noinline))
string_rest(struct json *j, const char *p, bool *ret_escaped)
{
	bool escaped = false;
	for (;; p = plain_run(p, j->end)) {
		if (p == j->end) {
			(void)fail(j, p, "unterminated string");
			return NULL;
		}
		if (*p == '"') {
			*ret_escaped = escaped;
			return p;
		}
		if (*p == '\\') {
			escaped = true;
			p = escape_end(j, p);
			if (p == NULL)
				return NULL;
			continue;
		}
		if ((unsigned char)*p < ' ') {
			(void)fail(j, p, "control character in a string");
			return NULL;
		}
		while (p < j->end && (unsigned char)*p >= 0x80) {
			size_t n = str_utf8_char((str){ p, (size_t)(j->end - p) });
			if (n == 0) {
				(void)fail(j, p, "string is not UTF-8");
				return NULL;
			}
			p += n;
		}
	}
}

static char *
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*out++ = (char)(0xe0 | c >> 12);
		} else {
			*out++ = (char)(0xf0 | c >> 18);
			*out++ = (char)(0x80 | (c >> 12 & 63));
		}
		*out++ = (char)(0x80 | (c >> 6 & 63));
	}
	*out++ = (char)(0x80 | (c & 63));
	return out;
}

static char
escaped_char(char c)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c; /* a quote, a backslash or a slash stands for itself */
	}
}

/* The meaning of a checked string with escapes; never longer than its spelling. */
static bool
unescape(struct json *j, str raw, str *ret)
{
	char *text = j->strings ? arena_try(j->strings, char, raw.n) : NULL;
	if (text == NULL)
		return fail(j, raw.p, "no room for the text of strings");

	char *out = text;
	for (const char *p = raw.p, *end = raw.p + raw.n; p < end;) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		size_t plain = (size_t)((slash ? slash : end) - p);
		memcpy(out, p, plain);
		out += plain;
		p += plain;
		if (p == end)
			break;
		if (p[1] != 'u') {
			*out++ = escaped_char(p[1]);
			p += 2;
			continue;
		}
		uint32_t c = (uint32_t)hex4(p + 2, end);
		p += 6;
		if (is_high_surrogate((int32_t)c)) {
			uint32_t low = (uint32_t)hex4(p + 2, end);
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			p += 6;
		}
		out = put_utf8(out, c);
	}
	/* the arena has nothing behind it yet: give back what was too much */
	*ret = (str){ text, (size_t)(out - text) };
	j->strings->beg = out;
	return true;
}

/* The string whose opening quote is at p - 1; with want, its meaning as well. */
static inline bool
string_at(struct json *j, const char *p, bool want, str *ret)
{
	bool escaped = false;
	const char *end = plain_run(p, j->end);
	if (end == j->end || *end != '"') {
		end = string_rest(j, end, &escaped);
		if (end == NULL)
			return false;
	}
	str raw = { p, (size_t)(end - p) };
	if (!escaped)
		*ret = raw;
	else if (want && !unescape(j, raw, ret))
		return false;
	j->at = end + 1;
	return true;
}

void
json_open(struct json *j, str text, struct arena *strings)
{
	const char *p = text.n ? text.p : "";
	*j = (struct json){ .at = p, .beg = p, .end = p + text.n, .strings = strings };
}

void
json_fail(struct json *j, const char *error)
{
	(void)fail(j, j->at, error);
}

static enum json_kind
kind_of(char c)
{
	switch (c) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
	case 'f':
		return JSON_BOOL;
	case 'n':
		return JSON_NULL;
	default:
		return c == '-' || (c >= '0' && c <= '9') ? JSON_NUMBER : JSON_NONE;
	}
}

enum json_kind
json_peek(struct json *j)
{
	if (j->error != NULL)
		return JSON_NONE;
	j->at = blanks(j->at, j->end);
	if (j->at == j->end)
		return JSON_NONE;
	enum json_kind kind = kind_of(*j->at);
	if (kind == JSON_NONE)
		(void)fail(j, j->at, "expected a value");
	return kind;
}

/* Take the byte that begins a value of the wanted kind. */
static inline bool
opening(struct json *j, char c, const char *error)
{
	if (j->error != NULL)
		return false;
	const char *p = blanks(j->at, j->end);
	if (p == j->end || *p != c)
		return fail(j, p, error);
	j->at = p + 1;
	return true;
}

static inline bool
enter(struct json *j, char bracket, const char *error)
{
	if (!opening(j, bracket, error))
		return false;
	if (j->depth == JSON_DEPTH_MAX)
		return fail(j, j->at - 1, "nested too deeply");
	j->depth++;
	j->first = true;
	return true;
}

bool
json_object(struct json *j)
{
	return enter(j, '{', "expected an object");
}

bool
json_array(struct json *j)
{
	return enter(j, '[', "expected an array");
}

/* Up to the next thing in a container; false when that is its closing bracket. */
static inline bool
next(struct json *j, char bracket, const char *error)
{
	if (j->error != NULL)
		return false;
	const char *p = blanks(j->at, j->end);
	if (p == j->end)
		return fail(j, p, "unexpected end of text");
	if (*p == bracket) {
		ASSERT(j->depth > 0);
		j->depth--;
		j->first = false;
		j->at = p + 1;
		return false;
	}
	if (!j->first) {
		if (*p != ',')
			return fail(j, p, error);
		p = blanks(p + 1, j->end);
	}
	j->first = false;
	j->at = p;
	return true;
}

static inline bool
member(struct json *j, bool want, str *ret_name)
{
	if (!next(j, '}', "expected ',' or '}'"))
		return false;
	if (j->at == j->end || *j->at != '"')
		return fail(j, j->at, "expected a member's name in quotes");
	if (!string_at(j, j->at + 1, want, ret_name))
		return false;
	const char *p = blanks(j->at, j->end);
	if (p == j->end || *p != ':')
		return fail(j, p, "expected ':'");
	j->at = p + 1;
	return true;
}

bool
json_member(struct json *j, str *ret_name)
{
	return member(j, true, ret_name);
}

bool
json_element(struct json *j)
{
	return next(j, ']', "expected ',' or ']'");
}

bool
json_string(struct json *j, str *ret)
{
	return opening(j, '"', "expected a string") && string_at(j, j->at, true, ret);
}

static const char *
digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

bool
json_number(struct json *j, str *ret)
{
	if (j->error != NULL)
		return false;
	const char *beg = blanks(j->at, j->end);
	if (beg == j->end || kind_of(*beg) != JSON_NUMBER)
		return fail(j, beg, "expected a number");

	const char *end =
	    j->end - beg > JSON_NUMBER_MAX ? beg + JSON_NUMBER_MAX + 1 : j->end;
	const char *whole = beg + (*beg == '-');
	const char *p = digits(whole, end);
	bool ok = p > whole && (*whole != '0' || p == whole + 1);
	if (p < end && *p == '.') {
		const char *fraction = p + 1;
		p = digits(fraction, end);
		ok = ok && p > fraction;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		const char *exponent = p;
		p = digits(exponent, end);
		ok = ok && p > exponent;
	}
	if (p - beg > JSON_NUMBER_MAX)
		return fail(j, beg, "number is too long");
	if (!ok)
		return fail(j, beg, "malformed number");
	*ret = (str){ beg, (size_t)(p - beg) };
	j->at = p;
	return true;
}

bool
json_u64(struct json *j, uint64_t max, uint64_t *ret)
{
	str text;
	if (!json_number(j, &text))
		return false;
	if (digits(text.p, text.p + text.n) != text.p + text.n)
		return fail(j, text.p, "expected a whole number from 0");
	if (!str_u64(text, max, ret))
		return fail(j, text.p, "number is too large");
	return true;
}

static inline bool
literal(struct json *j, const char *p, str word)
{
	if ((size_t)(j->end - p) < word.n || memcmp(p, word.p, word.n) != 0)
		return false;
	j->at = p + word.n;
	return true;
}

bool
json_bool(struct json *j, bool *ret)
{
	if (j->error != NULL)
		return false;
	const char *p = blanks(j->at, j->end);
	bool yes = literal(j, p, STR("true"));
	if (!yes && !literal(j, p, STR("false")))
		return fail(j, p, "expected true or false");
	*ret = yes;
	return true;
}

bool
json_null(struct json *j)
{
	if (j->error != NULL)
		return false;
	const char *p = blanks(j->at, j->end);
	return literal(j, p, STR("null")) || fail(j, p, "expected null");
}

/* Take the next value, of a container its opening bracket only. */
static bool
skip_one(struct json *j, enum json_kind kind)
{
	str unused;
	bool flag;
	switch (kind) {
	case JSON_OBJECT:
		return json_object(j);
	case JSON_ARRAY:
		return json_array(j);
	case JSON_STRING:
		return string_at(j, j->at + 1, false, &unused);
	case JSON_NUMBER:
		return json_number(j, &unused);
	case JSON_BOOL:
		return json_bool(j, &flag);
	case JSON_NULL:
		return json_null(j);
	case JSON_NONE:
		return fail(j, j->at, "expected a value");
	}
	UNREACHABLE();
}

bool
json_skip(struct json *j)
{
	uint64_t objects = 0; /* bit d: the container at depth d + 1 is an object */
	static_assert(JSON_DEPTH_MAX <= 64, "one bit for each level");
	unsigned outside = j->depth;
	str unused;
	for (;;) {
		enum json_kind kind = json_peek(j);
		if (!skip_one(j, kind))
			return false;
		if (kind == JSON_OBJECT)
			objects |= UINT64_C(1) << (j->depth - 1);
		if (kind == JSON_ARRAY)
			objects &= ~(UINT64_C(1) << (j->depth - 1));

		/* on to the next value, out of the containers that end here */
		for (bool more = false; !more;) {
			if (j->depth == outside)
				return true;
			more = objects >> (j->depth - 1) & 1 ? member(j, false, &unused)
			                                     : json_element(j);
			if (!more && j->error != NULL)
				return false;
		}
	}
}

bool
json_raw(struct json *j, str *ret)
{
	if (j->error != NULL)
		return false;
	const char *beg = blanks(j->at, j->end);
	if (!json_skip(j))
		return false;
	*ret = (str){ beg, (size_t)(j->at - beg) };
	return true;
}

bool
json_close(struct json *j)
{
	if (j->error != NULL)
		return false;
	j->at = blanks(j->at, j->end);
	if (j->at != j->end)
		return fail(j, j->at, "expected the end of the text");
	if (j->depth > 0)
		return fail(j, j->at, "unexpected end of text");
	if (blanks(j->beg, j->end) == j->end)
		return fail(j, j->at, "expected a value");
	return true;
}

static void
put_escape(struct buf *b, char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char short_for[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	for (size_t i = 0; i + 1 < sizeof(short_for); i += 2) {
		if (short_for[i] == c) {
			char two[2] = { '\\', short_for[i + 1] };
			buf_put(b, two, sizeof(two));
			return;
		}
	}
	char six[6] = { '\\', 'u', '0', '0', hex[(unsigned char)c >> 4], hex[c & 15] };
	buf_put(b, six, sizeof(six));
}

void
json_put_string(struct buf *b, str s)
{
	const char *p = s.n ? s.p : "";
	const char *run = p;
	const char *end = p + s.n;
	buf_char(b, '"');
	for (;;) {
		p = plain_run(p, end);
		bool wide = p < end && (unsigned char)*p >= 0x80;
		size_t n = wide ? str_utf8_char((str){ p, (size_t)(end - p) }) : 0;
		if (n > 0) {
			p += n;
			continue;
		}
		buf_put(b, run, (size_t)(p - run));
		if (p == end)
			break;
		if (wide)
			buf_add(b, STR("\xef\xbf\xbd"));
		else
			put_escape(b, *p);
		run = ++p;
	}
	buf_char(b, '"');
}
