#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/arena.h"
#include "base/buf.h"

/*
 * hash -- digests and text forms of bytes.
 *
 * SHA-256 and HMAC are libcrypto's. FNV-1a is Prometheus' (prometheus/common
 * model/fnv.go) and is no protection against chosen keys; tables whose keys come
 * from outside use siphash with a key drawn at start.
 */
#define FNV64_BASIS UINT64_C(14695981039346656037)
#define FNV64_PRIME UINT64_C(1099511628211)

typedef struct {
	uint8_t b[32];
} hash32;

static inline bool
hash32_eq(const hash32 *a, const hash32 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool
hash32_zero(const hash32 *h)
{
	static const hash32 zero;
	return hash32_eq(h, &zero);
}

uint64_t fnv64(uint64_t seed, str bytes);

struct siphash_key {
	uint64_t k[2];
};
uint64_t siphash(const struct siphash_key *key, str bytes); /* SipHash-1-3 */

hash32 sha256(str bytes);
/* Of the concatenation of n parts. */
hash32 sha256_parts(const str *parts, size_t n);
hash32 hmac_sha256(str key, str bytes);
/* Gives back what this thread kept for its hashes; it may hash again. For threads that end
 * before the program does. */
void hash_thread_ends(void);
/* Takes the same time whatever differs. */
bool hash32_eq_secret(const hash32 *a, const hash32 *b);

void buf_hex(struct buf *b, str bytes);    /* lower case */
void buf_base64(struct buf *b, str bytes); /* RFC 4648 section 4, padded */
NODISCARD bool hex_decode(str hex, uint8_t *ret, size_t n);
/* Padded or not; ret has room for s.n * 3 / 4 bytes. */
NODISCARD bool base64_decode(str s, uint8_t *ret, size_t *ret_n);

#endif
