#include "base/hmac_sha1.h"

#define BLOCK_BYTES 64

struct sha1 {
	uint32_t h[5];
	uint64_t bytes;
	size_t n; /* of the block that is not full */
	uint8_t block[BLOCK_BYTES];
};

static const uint32_t begin[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
	0xc3d2e1f0 };

static uint32_t
turn(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

/* The round's function and constant. */
static uint32_t
mix(unsigned i, uint32_t b, uint32_t c, uint32_t d)
{
	if (i < 20)
		return (d ^ (b & (c ^ d))) + 0x5a827999;
	if (i < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (i < 60)
		return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

static void
compress(uint32_t h[5], const uint8_t block[BLOCK_BYTES])
{
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	for (unsigned i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (unsigned i = 16; i < 80; i++)
		w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (unsigned i = 0; i < 80; i++) {
		uint32_t next = turn(a, 5) + mix(i, b, c, d) + e + w[i];
		e = d;
		d = c;
		c = turn(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

static void
sha1_put(struct sha1 *s, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	s->bytes += n;
	while (n > 0) {
		size_t room = sizeof(s->block) - s->n, take = n < room ? n : room;
		memcpy(s->block + s->n, p, take);
		s->n += take;
		p += take;
		n -= take;
		if (s->n == sizeof(s->block)) {
			compress(s->h, s->block);
			s->n = 0;
		}
	}
}

static void
sha1_end(struct sha1 *s, uint8_t ret[HMAC_SHA1_BYTES])
{
	static const uint8_t padding[BLOCK_BYTES] = { 0x80 };
	uint64_t bits = s->bytes * 8;
	uint8_t length[8];
	for (unsigned i = 0; i < sizeof(length); i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	size_t used = (s->n + sizeof(length)) % BLOCK_BYTES;
	sha1_put(s, padding, BLOCK_BYTES - used);
	sha1_put(s, length, sizeof(length));
	ASSERT(s->n == 0);
	for (unsigned i = 0; i < HMAC_SHA1_BYTES; i++)
		ret[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

static void
half(const uint8_t key[BLOCK_BYTES], uint8_t pad, uint32_t ret[5])
{
	uint8_t block[BLOCK_BYTES];
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = key[i] ^ pad;
	memcpy(ret, begin, sizeof(begin));
	compress(ret, block);
	explicit_bzero(block, sizeof(block));
}

void
hmac_sha1_key(str secret, struct hmac_sha1_key *ret)
{
	uint8_t key[BLOCK_BYTES] = { 0 };
	if (secret.n > sizeof(key)) {
		struct sha1 s = { .n = 0 };
		memcpy(s.h, begin, sizeof(begin));
		sha1_put(&s, secret.p, secret.n);
		sha1_end(&s, key);
		explicit_bzero(&s, sizeof(s));
	} else if (secret.n > 0) {
		memcpy(key, secret.p, secret.n);
	}
	half(key, 0x36, ret->inner);
	half(key, 0x5c, ret->outer);
	explicit_bzero(key, sizeof(key));
}

void
hmac_sha1(const struct hmac_sha1_key *key, str bytes, uint8_t ret[HMAC_SHA1_BYTES])
{
	uint8_t digest[HMAC_SHA1_BYTES];
	struct sha1 s = { .bytes = BLOCK_BYTES };
	memcpy(s.h, key->inner, sizeof(s.h));
	sha1_put(&s, bytes.p, bytes.n);
	sha1_end(&s, digest);
	s = (struct sha1){ .bytes = BLOCK_BYTES };
	memcpy(s.h, key->outer, sizeof(s.h));
	sha1_put(&s, digest, sizeof(digest));
	sha1_end(&s, ret);
}
