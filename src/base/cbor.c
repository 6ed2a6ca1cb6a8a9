#include "base/cbor.h"

/*
 * An item begins with a head: three bits of major type, five bits that hold the value
 * itself (below 24) or say how many bytes of it follow, big end first (24: one, 25: two,
 * 26: four, 27: eight).
 */
enum major {
	MAJOR_UINT = 0,
	MAJOR_NINT = 1,
	MAJOR_BYTES = 2,
	MAJOR_TEXT = 3,
	MAJOR_ARRAY = 4,
	MAJOR_MAP = 5,
};

#define HEAD_MAX 9 /* bytes */
#define BYTE_FALSE 0xf4
#define BYTE_TRUE 0xf5
#define BYTE_NULL 0xf6

/* The head at p, which has room for HEAD_MAX bytes; returns its length. */
static inline size_t
head_at(uint8_t *p, enum major major, uint64_t value)
{
	uint8_t first = (uint8_t)(major << 5);
	if (value < 24) {
		p[0] = first | (uint8_t)value;
		return 1;
	}
	if (value <= UINT8_MAX) {
		p[0] = first | 24;
		p[1] = (uint8_t)value;
		return 2;
	}
	if (value <= UINT16_MAX) {
		uint16_t big = __builtin_bswap16((uint16_t)value);
		p[0] = first | 25;
		memcpy(p + 1, &big, sizeof(big));
		return 3;
	}
	if (value <= UINT32_MAX) {
		uint32_t big = __builtin_bswap32((uint32_t)value);
		p[0] = first | 26;
		memcpy(p + 1, &big, sizeof(big));
		return 5;
	}
	uint64_t big = __builtin_bswap64(value);
	p[0] = first | 27;
	memcpy(p + 1, &big, sizeof(big));
	return 9;
}

static inline void
put_head(struct buf *b, enum major major, uint64_t value)
{
	if (!b->overflow && b->cap - b->n >= HEAD_MAX) {
		b->n += head_at((uint8_t *)b->p + b->n, major, value);
		return;
	}
	uint8_t head[HEAD_MAX];
	buf_put(b, head, head_at(head, major, value));
}

void
cbor_put_u64(struct buf *b, uint64_t value)
{
	put_head(b, MAJOR_UINT, value);
}

void
cbor_put_i64(struct buf *b, int64_t value)
{
	if (value >= 0)
		put_head(b, MAJOR_UINT, (uint64_t)value);
	else
		put_head(b, MAJOR_NINT, ~(uint64_t)value); /* -1 - value */
}

static inline void
put_string(struct buf *b, enum major major, str s)
{
	size_t room = b->overflow ? 0 : b->cap - b->n;
	if (s.n == 0 || room < HEAD_MAX || s.n > room - HEAD_MAX) {
		put_head(b, major, s.n);
		buf_put(b, s.p, s.n);
		return;
	}
	char *p = b->p + b->n;
	size_t head_n = head_at((uint8_t *)p, major, s.n);
	memcpy(p + head_n, s.p, s.n);
	b->n += head_n + s.n;
}

void
cbor_put_bytes(struct buf *b, str bytes)
{
	put_string(b, MAJOR_BYTES, bytes);
}

void
cbor_put_text(struct buf *b, str text)
{
	/* An entry that its own reader refuses must never reach the journal. */
	ASSERT(str_utf8(text));
	put_string(b, MAJOR_TEXT, text);
}

/* Append a text whose damage becomes '?', byte for byte. */
static void
put_repaired(struct buf *b, str text)
{
	char *p = buf_room(b, text.n);
	for (size_t i = 0; p != NULL && i < text.n;) {
		size_t n = str_utf8_char(str_drop(text, i));
		bool good = n > 0 && text.p[i] != '\0';
		memcpy(p + i, good ? text.p + i : "?", good ? n : 1);
		i += good ? n : 1;
	}
	b->n += p != NULL ? text.n : 0;
}

void
cbor_put_text_repaired(struct buf *b, str text)
{
	put_head(b, MAJOR_TEXT, text.n);
	if (str_utf8(text))
		buf_put(b, text.p, text.n);
	else
		put_repaired(b, text);
}

void
cbor_put_array(struct buf *b, size_t n)
{
	put_head(b, MAJOR_ARRAY, n);
}

void
cbor_put_map(struct buf *b, size_t n)
{
	put_head(b, MAJOR_MAP, n);
}

void
cbor_put_bool(struct buf *b, bool value)
{
	buf_char(b, (char)(value ? BYTE_TRUE : BYTE_FALSE));
}

void
cbor_put_null(struct buf *b)
{
	buf_char(b, (char)BYTE_NULL);
}

bool __attribute__((cold, noinline)) cbor_fail(struct cbor *c, const char *error)
{
	if (c->error == NULL)
		c->error = error;
	return false;
}

void
cbor_open(struct cbor *c, str bytes)
{
	const void *p = bytes.n ? bytes.p : "";
	*c = (struct cbor){ .at = p, .end = (const uint8_t *)p + bytes.n };
}

enum cbor_kind
cbor_peek(const struct cbor *c)
{
	if (c->error != NULL || c->at == c->end)
		return CBOR_NONE;
	static const enum cbor_kind kinds[] = { CBOR_UINT, CBOR_NINT, CBOR_BYTES, CBOR_TEXT,
		CBOR_ARRAY, CBOR_MAP };
	unsigned major = *c->at >> 5;
	if (major < countof(kinds))
		return kinds[major];
	if (*c->at == BYTE_FALSE || *c->at == BYTE_TRUE)
		return CBOR_BOOL;
	return *c->at == BYTE_NULL ? CBOR_NULL : CBOR_NONE;
}

/* The value of the head at c->at that has `info` in its first byte (24 or more), and how
 * long the head is; 0 when it is none of ours. */
static size_t
long_head(const struct cbor *c, unsigned info, uint64_t *ret)
{
	size_t n = info <= 27 ? (size_t)1 << (info - 24) : 0;
	if (n == 0 || (size_t)(c->end - c->at) < 1 + n)
		return 0;
	uint64_t value = 0;
	for (size_t i = 1; i <= n; i++)
		value = value << 8 | c->at[i];
	/* the shortest form only: the value does not fit in half the bytes */
	uint64_t least = n == 1 ? 24 : UINT64_C(1) << (n * 4);
	if (value < least)
		return 0;
	*ret = value;
	return 1 + n;
}

/* The head of an item of this major type; c->at stays, *ret_n is the head's length. */
static inline bool
head(struct cbor *c, enum major major, const char *error, uint64_t *ret, size_t *ret_n)
{
	if (c->error != NULL)
		return false;
	if (c->at == c->end)
		return cbor_fail(c, "unexpected end");
	if (*c->at >> 5 != (unsigned)major)
		return cbor_fail(c, error);
	unsigned info = *c->at & 31;
	if (info < 24) {
		*ret = info;
		*ret_n = 1;
		return true;
	}
	size_t n = long_head(c, info, ret);
	if (n == 0)
		return cbor_fail(c, "malformed or overlong head");
	*ret_n = n;
	return true;
}

bool
cbor_u64(struct cbor *c, uint64_t *ret)
{
	uint64_t value = 0;
	size_t n = 0;
	if (!head(c, MAJOR_UINT, "expected an unsigned integer", &value, &n))
		return false;
	c->at += n;
	*ret = value;
	return true;
}

bool
cbor_i64(struct cbor *c, int64_t *ret)
{
	bool negative = cbor_peek(c) == CBOR_NINT;
	uint64_t value = 0;
	size_t n = 0;
	if (!head(c, negative ? MAJOR_NINT : MAJOR_UINT, "expected an integer", &value, &n))
		return false;
	if (value > INT64_MAX)
		return cbor_fail(c, "integer is too large");
	c->at += n;
	*ret = negative ? -1 - (int64_t)value : (int64_t)value;
	return true;
}

static inline bool
string(struct cbor *c, enum major major, const char *error, str *ret)
{
	uint64_t size = 0;
	size_t n = 0;
	if (!head(c, major, error, &size, &n))
		return false;
	if (size > (size_t)(c->end - c->at) - n)
		return cbor_fail(c, "string is longer than what is left");
	str s = { (const char *)c->at + n, (size_t)size };
	if (major == MAJOR_TEXT && !str_utf8(s))
		return cbor_fail(c, "text is not UTF-8");
	c->at += n + s.n;
	*ret = s;
	return true;
}

bool
cbor_bytes(struct cbor *c, str *ret)
{
	return string(c, MAJOR_BYTES, "expected a byte string", ret);
}

bool
cbor_text(struct cbor *c, str *ret)
{
	return string(c, MAJOR_TEXT, "expected a text string", ret);
}

static inline bool
container(struct cbor *c, enum major major, size_t bytes_each, const char *error,
    size_t *ret)
{
	uint64_t count = 0;
	size_t n = 0;
	if (!head(c, major, error, &count, &n))
		return false;
	if (count > ((size_t)(c->end - c->at) - n) / bytes_each)
		return cbor_fail(c, "more elements than bytes left");
	c->at += n;
	*ret = (size_t)count;
	return true;
}

bool
cbor_array(struct cbor *c, size_t *ret_n)
{
	return container(c, MAJOR_ARRAY, 1, "expected an array", ret_n);
}

bool
cbor_map(struct cbor *c, size_t *ret_n)
{
	return container(c, MAJOR_MAP, 2, "expected a map", ret_n);
}

bool
cbor_bool(struct cbor *c, bool *ret)
{
	if (c->error != NULL)
		return false;
	if (cbor_peek(c) != CBOR_BOOL)
		return cbor_fail(c, "expected true or false");
	*ret = *c->at++ == BYTE_TRUE;
	return true;
}

bool
cbor_null(struct cbor *c)
{
	if (c->error != NULL)
		return false;
	if (cbor_peek(c) != CBOR_NULL)
		return cbor_fail(c, "expected null");
	c->at++;
	return true;
}

bool
cbor_key_u64(struct cbor *c, size_t i, uint64_t *key)
{
	uint64_t value;
	if (!cbor_u64(c, &value))
		return false;
	if (i > 0 && value <= *key)
		return cbor_fail(c, "map keys do not ascend");
	*key = value;
	return true;
}

bool
cbor_key_text(struct cbor *c, size_t i, str *key)
{
	str text;
	if (!cbor_text(c, &text))
		return false;
	if (i > 0 && (text.n != key->n ? text.n < key->n : str_cmp(text, *key) <= 0))
		return cbor_fail(c, "map keys do not ascend");
	*key = text;
	return true;
}

/* A container that cbor_skip is inside of. */
struct level {
	size_t left; /* items to come; of a map, keys and values */
	bool map;
	str key; /* the encoded key before; of no bytes at first */
};

/* Take one item, of a container its head only and *ret_left, the number of items in it. */
static inline bool
skip_one(struct cbor *c, enum cbor_kind kind, size_t *ret_left)
{
	str bytes;
	uint64_t number;
	int64_t negative;
	bool flag;
	switch (kind) {
	case CBOR_UINT:
		return cbor_u64(c, &number);
	case CBOR_NINT:
		return cbor_i64(c, &negative);
	case CBOR_BYTES:
		return cbor_bytes(c, &bytes);
	case CBOR_TEXT:
		return cbor_text(c, &bytes);
	case CBOR_ARRAY:
		return cbor_array(c, ret_left);
	case CBOR_MAP:
		if (!cbor_map(c, ret_left))
			return false;
		*ret_left *= 2;
		return true;
	case CBOR_BOOL:
		return cbor_bool(c, &flag);
	case CBOR_NULL:
		return cbor_null(c);
	case CBOR_NONE:
		return cbor_fail(c, c->at == c->end ? "unexpected end" : "unknown item");
	}
	UNREACHABLE();
}

/* Take the next key of a map: a scalar above the one before. */
static bool
skip_key(struct cbor *c, struct level *level)
{
	enum cbor_kind kind = cbor_peek(c);
	if (kind != CBOR_UINT && kind != CBOR_NINT && kind != CBOR_BYTES &&
	    kind != CBOR_TEXT)
		return cbor_fail(c, "expected a map key");
	const uint8_t *beg = c->at;
	size_t none = 0;
	if (!skip_one(c, kind, &none))
		return false;
	str key = { (const char *)beg, (size_t)(c->at - beg) };
	if (level->key.n > 0 && str_cmp(key, level->key) <= 0)
		return cbor_fail(c, "map keys do not ascend");
	level->key = key;
	return true;
}

bool
cbor_skip(struct cbor *c)
{
	if (c->error != NULL)
		return false;
	struct level levels[CBOR_DEPTH_MAX + 1];
	size_t depth = 0;
	levels[0] = (struct level){ .left = 1 };
	for (;;) {
		struct level *level = &levels[depth];
		if (level->left == 0) {
			if (depth == 0)
				return true;
			depth--;
			continue;
		}
		level->left--;
		if (level->map && level->left % 2 == 1) {
			if (!skip_key(c, level))
				return false;
			continue;
		}
		enum cbor_kind kind = cbor_peek(c);
		size_t left = 0;
		if (!skip_one(c, kind, &left))
			return false;
		if (left == 0)
			continue;
		if (depth == CBOR_DEPTH_MAX)
			return cbor_fail(c, "nested too deeply");
		levels[++depth] = (struct level){ .left = left, .map = kind == CBOR_MAP };
	}
}

bool
cbor_raw(struct cbor *c, str *ret)
{
	const uint8_t *beg = c->at;
	if (!cbor_skip(c))
		return false;
	*ret = (str){ (const char *)beg, (size_t)(c->at - beg) };
	return true;
}

bool
cbor_close(struct cbor *c)
{
	if (c->error == NULL && c->at != c->end)
		return cbor_fail(c, "bytes after the last item");
	return c->error == NULL;
}
