#include "base/hmac_sha1.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "support/test.h"

/* As libcrypto makes it, around each edge of a block, for keys of every length. */
static void
hmac_sha1__is_what_libcrypto_makes(void)
{
	char key[200], text[300];
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (char)(i * 7 + 1);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 13 + 5);
	for (size_t k = 1; k < sizeof(key); k++) {
		struct hmac_sha1_key made;
		hmac_sha1_key((str){ key, k }, &made);
		for (size_t n = 0; n < sizeof(text); n += k % 3 + 1) {
			uint8_t ours[HMAC_SHA1_BYTES], theirs[EVP_MAX_MD_SIZE];
			unsigned size = 0;
			hmac_sha1(&made, (str){ text, n }, ours);
			EXPECT(HMAC(EVP_sha1(), key, (int)k, (const unsigned char *)text, n,
				   theirs, &size) != NULL);
			EXPECT_U64(size, sizeof(ours));
			EXPECT(memcmp(ours, theirs, sizeof(ours)) == 0);
		}
	}
}

int
main(void)
{
	RUN(hmac_sha1__is_what_libcrypto_makes);
	TEST_MAIN_END();
}
