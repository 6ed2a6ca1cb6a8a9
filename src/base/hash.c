#include "base/hash.h"

#include <assert.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

uint64_t
fnv64(uint64_t seed, str bytes)
{
	uint64_t h = seed;
	for (size_t i = 0; i < bytes.n; i++)
		h = (h ^ (uint8_t)bytes.p[i]) * FNV64_PRIME;
	return h;
}

static inline uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void __attribute__((always_inline)) sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static inline void
sip_block(uint64_t v[4], uint64_t block)
{
	v[3] ^= block;
	sip_round(v);
	v[0] ^= block;
}

uint64_t
siphash(const struct siphash_key *key, str bytes)
{
	uint64_t v[4] = {
		key->k[0] ^ UINT64_C(0x736f6d6570736575),
		key->k[1] ^ UINT64_C(0x646f72616e646f6d),
		key->k[0] ^ UINT64_C(0x6c7967656e657261),
		key->k[1] ^ UINT64_C(0x7465646279746573),
	};
	size_t i = 0;
	for (; i + 8 <= bytes.n; i += 8) {
		uint64_t block;
		memcpy(&block, bytes.p + i, 8);
		sip_block(v, block);
	}
	uint64_t last = (uint64_t)bytes.n << 56;
	for (size_t shift = 0; i < bytes.n; i++, shift += 8)
		last |= (uint64_t)(uint8_t)bytes.p[i] << shift;
	sip_block(v, last);
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "siphash reads words as they lie");

/*
 * Looking an algorithm up by name costs more than hashing a short text, so each thread does
 * it once and keeps one context, reset at each use.
 */
static _Thread_local struct hashing {
	EVP_MD *md;
	EVP_MD_CTX *context;
} of_thread;

static struct hashing *
hashing_begin(void)
{
	if (of_thread.context == NULL) {
		of_thread.md = EVP_MD_fetch(NULL, "SHA256", NULL);
		of_thread.context = EVP_MD_CTX_new();
	}
	ASSERT(of_thread.md != NULL && of_thread.context != NULL);
	return &of_thread;
}

void
hash_thread_ends(void)
{
	EVP_MD_CTX_free(of_thread.context);
	EVP_MD_free(of_thread.md);
	of_thread = (struct hashing){ .md = NULL };
}

hash32
sha256_parts(const str *parts, size_t n)
{
	struct hashing *hashing = hashing_begin();
	EVP_MD_CTX *context = hashing->context;
	int ok = EVP_DigestInit_ex2(context, hashing->md, NULL);
	for (size_t i = 0; i < n && ok; i++)
		ok = EVP_DigestUpdate(context, parts[i].p, parts[i].n);
	hash32 hash = { { 0 } };
	unsigned size = 0;
	ok = ok && EVP_DigestFinal_ex(context, hash.b, &size);
	ASSERT(ok);
	ASSERT(size == sizeof(hash.b));
	return hash;
}

hash32
sha256(str bytes)
{
	return sha256_parts(&bytes, 1);
}

hash32
hmac_sha256(str key, str bytes)
{
	ASSERT(key.n <= INT32_MAX);
	hash32 hash = { { 0 } };
	unsigned size = 0;
	const unsigned char *made = HMAC(hashing_begin()->md, key.n ? key.p : "",
	    (int)key.n, (const unsigned char *)bytes.p, bytes.n, hash.b, &size);
	ASSERT(made != NULL);
	ASSERT(size == sizeof(hash.b));
	return hash;
}

bool
hash32_eq_secret(const hash32 *a, const hash32 *b)
{
	return CRYPTO_memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

void
buf_hex(struct buf *b, str bytes)
{
	static const char digits[] = "0123456789abcdef";
	size_t n;
	char *p = __builtin_mul_overflow(bytes.n, 2, &n) ? NULL : buf_room(b, n);
	if (p == NULL)
		return;
	for (size_t i = 0; i < bytes.n; i++) {
		*p++ = digits[(uint8_t)bytes.p[i] >> 4];
		*p++ = digits[(uint8_t)bytes.p[i] & 15];
	}
	b->n += n;
}

static unsigned
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

bool
hex_decode(str hex, uint8_t *ret, size_t n)
{
	if (hex.n / 2 != n || hex.n % 2 != 0)
		return false;
	for (size_t i = 0; i < hex.n; i++) {
		if (hex_value(hex.p[i]) > 15)
			return false;
	}
	for (size_t i = 0; i < n; i++)
		ret[i] =
		    (uint8_t)(hex_value(hex.p[2 * i]) << 4 | hex_value(hex.p[2 * i + 1]));
	return true;
}

void
buf_base64(struct buf *b, str bytes)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i;
		unsigned x = (unsigned)(uint8_t)bytes.p[i] << 16;
		x |= left > 1 ? (unsigned)(uint8_t)bytes.p[i + 1] << 8 : 0;
		x |= left > 2 ? (unsigned)(uint8_t)bytes.p[i + 2] : 0;
		char four[4] = { digits[x >> 18], digits[x >> 12 & 63],
			left > 1 ? digits[x >> 6 & 63] : '=',
			left > 2 ? digits[x & 63] : '=' };
		buf_put(b, four, sizeof(four));
	}
}

static unsigned
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

bool
base64_decode(str s, uint8_t *ret, size_t *ret_n)
{
	if (s.n > 0 && s.n % 4 == 0) {
		s.n -= s.p[s.n - 1] == '=';
		s.n -= s.n % 4 == 3 && s.p[s.n - 1] == '=';
	}
	for (size_t i = 0; i < s.n; i++) {
		if (base64_value(s.p[i]) > 63)
			return false;
	}
	/* One spelling for each value: the bits that no byte takes are zero. */
	size_t tail = s.n % 4;
	unsigned last = s.n ? base64_value(s.p[s.n - 1]) : 0;
	if (tail == 1 || (tail == 2 && last & 15) || (tail == 3 && last & 3))
		return false;

	unsigned bits = 0;
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		bits = bits << 6 | base64_value(s.p[i]);
		if (i % 4 > 0)
			ret[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	*ret_n = n;
	return true;
}
