/*
 * The engine looks into each new body here, so this is a reader of its own for the one
 * shape that an alert has, and not base/cbor.h: that one knows every item.
 */
#include "intake/wire.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/cbor.h"
#include "base/hash.h"
#include "intake/moment.h"

#define FLAG_TIMEOUT 1u

enum body_field {
	BODY_LABELS = 1,
	BODY_ANNOTATIONS = 2,
	BODY_URL = 3,
};

/* ---- the start ---- */

void
wire_put_start(struct buf *out, const struct wire_start *start)
{
	cbor_put_text(out, start->token);
	cbor_put_u64(out, start->boot);
	cbor_put_u64(out, start->wall);
}

bool
wire_cut_start(str payload, struct wire_start *ret, str *ret_wire)
{
	struct cbor c;
	cbor_open(&c, payload);
	if (!cbor_text(&c, &ret->token) || !cbor_u64(&c, &ret->boot) ||
	    !cbor_u64(&c, &ret->wall) || ret->boot > MOMENT_MAX || ret->wall > MOMENT_MAX)
		return false;
	*ret_wire = str_drop(payload, (size_t)((const char *)c.at - payload.p));
	return true;
}

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

static msec
distance(msec a, msec b)
{
	return a > b ? a - b : b - a;
}

static msec
moved(msec wall, msec old, msec new)
{
	if (new >= old)
		return new - old < MOMENT_MAX - wall ? wall + (new - old) : MOMENT_MAX;
	return old - new < wall ? wall - (old - new) : 1;
}

void
wire_set_clock(char *p, size_t n, msec old, msec new)
{
	str rest = { p, n };
	struct wire_alert alert;
	while (wire_cut(&rest, &alert) == WIRE_ALERT) {
		if (distance(alert.ends_wall, old) >= distance(alert.ends_wall, new))
			continue;
		alert.starts_wall = moved(alert.starts_wall, old, new);
		alert.ends_wall = moved(alert.ends_wall, old, new);
		wire_put_head(p + (alert.body.p - p) - WIRE_HEAD_BYTES, &alert);
	}
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

/*
 * Most text is ASCII, and looking at each piece of it alone would cost more than all the
 * rest. So first the odd bytes of the whole body are counted, those that are not from 1 to
 * 127, and then those in the heads between the texts. The same number: all text is plain.
 * Otherwise the body is walked again, with an eye on each text.
 */
static bool
is_odd(char c)
{
	return (signed char)c < 1;
}

static size_t
odd_bytes(str s)
{
	size_t odd = 0;
	size_t i = 0;
#ifdef __SSE2__
	while (s.n - i >= 16) {
		/* a counter for each of 16 bytes, before any of them can overflow */
		__m128i counts = _mm_setzero_si128();
		for (size_t k = 0; k < UINT8_MAX && s.n - i >= 16; k++, i += 16) {
			__m128i x =
			    _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
			counts = _mm_sub_epi8(counts, _mm_cmplt_epi8(x, _mm_set1_epi8(1)));
		}
		__m128i sums = _mm_sad_epu8(counts, _mm_setzero_si128());
		odd += (size_t)_mm_cvtsi128_si64(sums) + (size_t)_mm_extract_epi16(sums, 4);
	}
#endif
	for (; i < s.n; i++)
		odd += is_odd(s.p[i]);
	return odd;
}

struct walk {
	const char *p;
	const char *end;
	size_t odd;       /* odd bytes in heads so far */
	bool check_texts; /* each for UTF-8 */
};

/* Take a head of the major type `first` (0x60: text, 0x80: array) in its shortest form;
 * values from 65,536 up do not occur. */
static inline bool
take_head(struct walk *w, unsigned first, size_t *ret)
{
	const char *p = w->p;
	if (p == w->end)
		return false;
	size_t n = (unsigned char)*p - (size_t)first;
	size_t bytes = n < 24 ? 1 : n == 24 ? 2 : 3;
	if (n > 25 || (size_t)(w->end - p) < bytes)
		return false;
	w->p = p + bytes;
	if (n < 24) {
		*ret = n;
		w->odd += first == 0x80;
		return true;
	}
	size_t value = (unsigned char)p[1];
	if (n == 25)
		value = value << 8 | (unsigned char)p[2];
	for (size_t i = 0; i < bytes; i++)
		w->odd += is_odd(p[i]);
	*ret = value;
	return value >= (n == 24 ? 24u : 256u);
}

static inline bool
take_text(struct walk *w, str *ret)
{
	size_t n = 0;
	if (!take_head(w, 0x60, &n) || n > (size_t)(w->end - w->p))
		return false;
	*ret = (str){ w->p, n };
	w->p += n;
	return !w->check_texts || str_utf8(*ret);
}

static bool
take_field(struct walk *w, enum body_field field)
{
	if (w->p == w->end || *w->p != (char)field)
		return false;
	w->p++;
	return true;
}

/* At least one pair, names not empty, ascending. */
static bool
take_pairs(struct walk *walk, bool values_may_be_empty)
{
	struct walk w = *walk;
	size_t n = 0;
	if (!take_head(&w, 0x80, &n) || n == 0 || n % 2 != 0 || n / 2 > WIRE_PAIRS_MAX)
		return false;
	str before = { "", 0 };
	for (size_t i = 0; i < n; i += 2) {
		str name;
		str value;
		if (!take_text(&w, &name) || !take_text(&w, &value) ||
		    (value.n == 0 && !values_may_be_empty) || str_cmp(before, name) >= 0)
			return false;
		before = name;
	}
	*walk = w;
	return true;
}

static bool
walk_body(struct walk *w, struct wire_parts *ret)
{
	const char *beg = w->p;
	unsigned fields = (unsigned char)*w->p++ - 0xa0u;
	w->odd++;
	if (fields < 1 || fields > 3 || !take_field(w, BODY_LABELS) ||
	    !take_pairs(w, false))
		return false;
	ret->labels_bytes = (uint32_t)(w->p - beg);
	fields--;

	if (fields > 0 && take_field(w, BODY_ANNOTATIONS)) {
		if (!take_pairs(w, true))
			return false;
		fields--;
	}
	ret->head_bytes = (uint32_t)(w->p - beg);
	if (fields > 0 && take_field(w, BODY_URL)) {
		str url;
		if (!take_text(w, &url) || url.n == 0)
			return false;
		fields--;
	}
	return fields == 0 && w->p == w->end;
}

bool
wire_body_measure(str body, struct wire_parts *ret)
{
	if (body.n == 0 || body.n > WIRE_BODY_MAX)
		return false;
	struct wire_parts parts;
	struct walk w = { .p = body.p, .end = body.p + body.n };
	if (!walk_body(&w, &parts))
		return false;
	if (w.odd != odd_bytes(body)) {
		w = (struct walk){ .p = body.p,
			.end = body.p + body.n,
			.check_texts = true };
		if (!walk_body(&w, &parts))
			return false;
	}
	*ret = parts;
	return true;
}

struct pairs
wire_read_labels(str body, struct arena *arena)
{
	static const struct pairs none;
	struct walk w = { .p = body.p, .end = body.p + body.n };
	size_t n = 0;
	if (body.n == 0)
		return none;
	w.p++;
	if (!take_field(&w, BODY_LABELS) || !take_head(&w, 0x80, &n) || n % 2 != 0 ||
	    n / 2 > WIRE_PAIRS_MAX)
		return none;
	n /= 2;
	struct pair *p = arena_new(arena, struct pair, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (!take_text(&w, &p[i].name) || !take_text(&w, &p[i].value) ||
		    (i > 0 && str_cmp(p[i - 1].name, p[i].name) >= 0))
			return none;
	}
	return (struct pairs){ p, n };
}

uint64_t
wire_fingerprint(str body)
{
	struct walk w = { .p = body.p + 1, .end = body.p + body.n };
	size_t n = 0;
	bool ok = take_field(&w, BODY_LABELS) && take_head(&w, 0x80, &n);
	uint64_t hash = FNV64_BASIS;
	for (size_t i = 0; i < n; i++) {
		str text = { "", 0 };
		ok = ok && take_text(&w, &text);
		ASSERT(ok);
		hash = fnv64(fnv64(hash, text), STR("\xff"));
	}
	return hash;
}
