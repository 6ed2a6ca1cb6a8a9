#include "intake/signature.h"

#include <string.h>

#include "base/buf.h"
#include "base/cbor.h"

#define BITS_A_PAIR 3
#define PAIR_BYTES_MAX (LABEL_MATCHERS_BYTES_MAX + 64)

static uint64_t
mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)(a ^ UINT64_C(0x9e3779b97f4a7c15)) *
	                      (b ^ UINT64_C(0xe7037ed1a0b428db));
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
load(const char *p, size_t n)
{
	uint64_t word = 0;
	memcpy(&word, p, n);
	return word;
}

/* Of the bytes of a pair as CBOR. Weak and fast: who makes it collide finds nothing out and
 * slows down a search for his own alerts. */
static uint64_t
hash_pair(const char *p, size_t n)
{
	uint64_t hash = n;
	for (; n > 16; p += 16, n -= 16)
		hash = mix(load(p, 8) ^ hash, load(p + 8, 8));
	if (n > 8)
		return mix(load(p, 8) ^ hash, load(p + n - 8, 8));
	return mix(load(p, n) ^ hash, n);
}

static void
set_bits(struct signature *signature, uint64_t hash)
{
	for (size_t i = 0; i < BITS_A_PAIR; i++, hash >>= 7)
		signature->bits[hash >> 6 & 1] |= UINT64_C(1) << (hash & 63);
}

/* Behind a text of CBOR that was checked: at most 65,535 bytes. */
static const char *
behind_text(const char *p)
{
	const unsigned char *head = (const unsigned char *)p;
	unsigned n = head[0] & 0x1f;
	if (n < 24)
		return p + 1 + n;
	if (n == 24)
		return p + 2 + head[1];
	return p + 3 + (head[1] << 8 | head[2]);
}

struct signature
signature_of_labels(str labels)
{
	struct signature ret = { { 0, 0 } };
	const char *p = labels.p + 1; /* behind the key */
	const char *end = labels.p + labels.n;
	/* Behind the head of the array. */
	unsigned head = (unsigned char)*p & 0x1f;
	p += head < 24 ? 1 : head == 24 ? 2 : 3;
	while (p < end) {
		const char *next = behind_text(behind_text(p));
		set_bits(&ret, hash_pair(p, (size_t)(next - p)));
		p = next;
	}
	return ret;
}

struct signature
signature_of_matchers(const struct label_matchers *matchers)
{
	struct signature ret = { { 0, 0 } };
	struct buf pair = BUF(PAIR_BYTES_MAX);
	for (size_t i = 0; i < matchers->n; i++) {
		const struct label_matcher *m = &matchers->item[i];
		if (m->op != LABEL_EQUAL || m->value.n == 0)
			continue; /* an empty value matches what is not there */
		buf_reset(&pair);
		cbor_put_text(&pair, m->name);
		cbor_put_text(&pair, m->value);
		if (!pair.overflow)
			set_bits(&ret, hash_pair(pair.p, pair.n));
	}
	buf_done(&pair);
	return ret;
}
