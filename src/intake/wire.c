/*
 * The engine looks into each new body here, so this is a reader of its own for the one
 * shape that an alert has, and not base/cbor.h: that one knows every item.
 */
#include "intake/wire.h"

#include "base/hash.h"
#include "intake/moment.h"

#define FLAG_TIMEOUT 1u

enum body_field {
	BODY_LABELS = 1,
	BODY_ANNOTATIONS = 2,
	BODY_URL = 3,
};

/* ---- heads ---- */

static void
put_u32(char *p, uint32_t value)
{
	memcpy(p, &value, sizeof(value));
}

static void
put_u64(char *p, uint64_t value)
{
	memcpy(p, &value, sizeof(value));
}

static uint32_t
get_u32(const char *p)
{
	uint32_t value;
	memcpy(&value, p, sizeof(value));
	return value;
}

static uint64_t
get_u64(const char *p)
{
	uint64_t value;
	memcpy(&value, p, sizeof(value));
	return value;
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they lie");

void
wire_put_head(char *p, const struct wire_alert *alert)
{
	ASSERT(alert->body.n <= WIRE_BODY_MAX);
	put_u32(p, WIRE_VERSION | (alert->timeout ? FLAG_TIMEOUT << 8 : 0));
	put_u32(p + 4, (uint32_t)alert->body.n);
	put_u32(p + 8, alert->labels_bytes);
	put_u64(p + 12, alert->fingerprint);
	put_u64(p + 20, alert->starts_wall);
	put_u64(p + 28, alert->ends_wall);
}

static bool
is_wall(msec wall)
{
	return wall >= 1 && wall <= MOMENT_MAX;
}

enum wire_status
wire_cut(str *in, struct wire_alert *ret)
{
	if (in->n == 0)
		return WIRE_END;
	if (in->n < WIRE_HEAD_BYTES)
		return WIRE_BAD;
	const char *p = in->p;
	uint32_t first = get_u32(p);
	uint32_t body_bytes = get_u32(p + 4);
	if ((first & ~(FLAG_TIMEOUT << 8)) != WIRE_VERSION || body_bytes > WIRE_BODY_MAX ||
	    body_bytes > in->n - WIRE_HEAD_BYTES)
		return WIRE_BAD;

	struct wire_alert alert = {
		.body = { p + WIRE_HEAD_BYTES, body_bytes },
		.labels_bytes = get_u32(p + 8),
		.timeout = (first & FLAG_TIMEOUT << 8) != 0,
		.fingerprint = get_u64(p + 12),
		.starts_wall = get_u64(p + 20),
		.ends_wall = get_u64(p + 28),
	};
	if (alert.labels_bytes < 2 || alert.labels_bytes > body_bytes ||
	    !is_wall(alert.starts_wall) || !is_wall(alert.ends_wall) ||
	    alert.starts_wall > alert.ends_wall)
		return WIRE_BAD;
	*in = str_drop(*in, WIRE_HEAD_BYTES + body_bytes);
	*ret = alert;
	return WIRE_ALERT;
}

/* ---- bodies ---- */

/* Take a head of the major type `first` (0x60: text, 0x80: array) in its shortest form;
 * values from 65,536 up do not occur. */
static inline bool
take_head(str *s, unsigned first, size_t *ret)
{
	if (s->n == 0)
		return false;
	unsigned info = (unsigned char)*s->p - first;
	if (info < 24) {
		*ret = info;
		*s = str_drop(*s, 1);
		return true;
	}
	const unsigned char *p = (const unsigned char *)s->p;
	if (info == 24 && s->n >= 2 && p[1] >= 24) {
		*ret = p[1];
		*s = str_drop(*s, 2);
		return true;
	}
	if (info == 25 && s->n >= 3 && p[1] > 0) {
		*ret = (size_t)(p[1] << 8 | p[2]);
		*s = str_drop(*s, 3);
		return true;
	}
	return false;
}

static inline bool
take_text(str *s, str *ret)
{
	size_t n = 0;
	if (!take_head(s, 0x60, &n) || n > s->n)
		return false;
	*ret = str_take(*s, n);
	*s = str_drop(*s, n);
	return str_utf8(*ret);
}

static inline bool
take_field(str *s, enum body_field field)
{
	if (s->n == 0 || *s->p != (char)field)
		return false;
	*s = str_drop(*s, 1);
	return true;
}

/* At least one pair, names not empty, ascending. */
static bool
take_pairs(str *s, bool values_may_be_empty)
{
	size_t n = 0;
	if (!take_head(s, 0x80, &n) || n == 0 || n % 2 != 0 || n / 2 > WIRE_PAIRS_MAX)
		return false;
	str before = { "", 0 };
	for (size_t i = 0; i < n; i += 2) {
		str name;
		str value;
		if (!take_text(s, &name) || !take_text(s, &value) ||
		    (value.n == 0 && !values_may_be_empty) || str_cmp(before, name) >= 0)
			return false;
		before = name;
	}
	return true;
}

bool
wire_body_measure(str body, struct wire_parts *ret)
{
	str s = body;
	if (body.n == 0 || body.n > WIRE_BODY_MAX)
		return false;
	unsigned fields = (unsigned char)*s.p - 0xa0u;
	s = str_drop(s, 1);
	if (fields < 1 || fields > 3 || !take_field(&s, BODY_LABELS) ||
	    !take_pairs(&s, false))
		return false;
	uint32_t labels_bytes = (uint32_t)(body.n - s.n);
	fields--;

	if (fields > 0 && take_field(&s, BODY_ANNOTATIONS)) {
		if (!take_pairs(&s, true))
			return false;
		fields--;
	}
	uint32_t head_bytes = (uint32_t)(body.n - s.n);
	str url = { "", 0 };
	if (fields > 0 && take_field(&s, BODY_URL)) {
		if (!take_text(&s, &url) || url.n == 0)
			return false;
		fields--;
	}
	if (fields > 0 || s.n > 0)
		return false;
	*ret = (struct wire_parts){ labels_bytes, head_bytes };
	return true;
}

uint64_t
wire_fingerprint(str body)
{
	str s = str_drop(body, 1);
	size_t n = 0;
	bool ok = take_field(&s, BODY_LABELS) && take_head(&s, 0x80, &n);
	uint64_t hash = FNV64_BASIS;
	for (size_t i = 0; i < n; i++) {
		size_t bytes = 0;
		ok = ok && take_head(&s, 0x60, &bytes);
		ASSERT(ok);
		hash = fnv64(fnv64(hash, str_take(s, bytes)), STR("\xff"));
		s = str_drop(s, bytes);
	}
	return hash;
}
