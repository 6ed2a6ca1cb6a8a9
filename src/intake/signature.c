#include "intake/signature.h"

#include <string.h>

#include "base/buf.h"
#include "base/cbor.h"
#include "intake/wire.h"

#define PAIR_BYTES_MAX (LABEL_MATCHERS_BYTES_MAX + 64)

static uint64_t
mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)(a ^ UINT64_C(0x9e3779b97f4a7c15)) *
	                      (b ^ UINT64_C(0xe7037ed1a0b428db));
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
load_8(const char *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof(word));
	return word;
}

static uint64_t
load_4(const char *p)
{
	uint32_t word;
	memcpy(&word, p, sizeof(word));
	return word;
}

/* At most 16 bytes, at least the two heads: loads of fixed sizes, which overlap. */
static uint64_t
hash_short(const char *p, size_t n)
{
	if (n >= 8)
		return mix(load_8(p) ^ n, load_8(p + n - 8));
	if (n >= 4)
		return mix(load_4(p) ^ n, load_4(p + n - 4));
	const unsigned char *byte = (const unsigned char *)p;
	return mix(n, (uint64_t)byte[0] << 16 | (uint64_t)byte[n / 2] << 8 | byte[n - 1]);
}

/* Of the bytes of a pair as CBOR. Weak and fast: who makes it collide finds nothing out and
 * slows down a search for his own alerts. */
static uint64_t
hash_pair(const char *p, size_t n)
{
	if (n <= 16)
		return hash_short(p, n);
	uint64_t last = mix(load_8(p + n - 16), load_8(p + n - 8) ^ n);
	uint64_t hash = mix(load_8(p) ^ n, load_8(p + 8));
	for (size_t at = 16; at + 16 < n; at += 16)
		hash = mix(load_8(p + at) ^ hash, load_8(p + at + 8));
	return hash ^ last;
}

/* Two in each word: without an index nothing is written before the end. */
static void
set_bits(struct signature *signature, uint64_t hash)
{
	signature->bits[0] |= UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63);
	signature->bits[1] |= UINT64_C(1) << (hash >> 12 & 63) | UINT64_C(1)
	                                                             << (hash >> 18 & 63);
}

struct signature
signature_of_labels(str labels)
{
	struct signature ret = { { 0, 0 } };
	struct wire_pairs pairs = wire_pairs(labels);
	struct pair pair;
	for (const char *p = pairs.at; wire_next_pair(&pairs, &pair); p = pairs.at)
		set_bits(&ret, hash_pair(p, (size_t)(pairs.at - p)));
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
