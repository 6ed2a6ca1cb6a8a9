#ifndef BASE_HMAC_SHA1_H
#define BASE_HMAC_SHA1_H

#include "base/str.h"

/*
 * hmac_sha1 -- RFC 2104 with SHA-1 (FIPS 180-4), for who signs so: Twilio.
 *
 * The key's part is made beforehand: what SHA-1 is after the key's two blocks. Whoever has
 * that sees whether something was signed with the key, and still has not the key: it can be
 * given to a process that must not have it. libcrypto makes no such halves.
 */
#define HMAC_SHA1_BYTES 20

struct hmac_sha1_key {
	uint32_t inner[5], outer[5];
};

void hmac_sha1_key(str secret, struct hmac_sha1_key *ret);
void hmac_sha1(const struct hmac_sha1_key *key, str bytes, uint8_t ret[HMAC_SHA1_BYTES]);

#endif
