#include "base/hash.h"

#include <malloc.h>
#include <pthread.h>

#include "support/test.h"

static void
expect_hex(hash32 hash, const char *want)
{
	struct buf b = BUF(100);
	buf_hex(&b, (str){ (const char *)hash.b, sizeof(hash.b) });
	EXPECT_STR(buf_str(&b), str_of(want));
	buf_done(&b);
}

static void
fnv64__is_the_published_one(void)
{
	EXPECT_U64(fnv64(FNV64_BASIS, STR("")), UINT64_C(0xcbf29ce484222325));
	EXPECT_U64(fnv64(FNV64_BASIS, STR("a")), UINT64_C(0xaf63dc4c8601ec8c));
	EXPECT_U64(fnv64(FNV64_BASIS, STR("foobar")), UINT64_C(0x85944171f73967e8));
	EXPECT_U64(fnv64(fnv64(FNV64_BASIS, STR("foo")), STR("bar")),
	    UINT64_C(0x85944171f73967e8));
}

static void
siphash__is_siphash_1_3(void)
{
	/* key 00..0f; input 00..n-1 */
	struct siphash_key key = { { UINT64_C(0x0706050403020100),
	    UINT64_C(0x0f0e0d0c0b0a0908) } };
	static const struct {
		size_t n;
		uint64_t want;
	} rows[] = {
		{ 0, UINT64_C(0xabac0158050fc4dc) },
		{ 1, UINT64_C(0xc9f49bf37d57ca93) },
		{ 7, UINT64_C(0xd3927d989bb11140) },
		{ 8, UINT64_C(0x369095118d299a8e) },
		{ 15, UINT64_C(0xd320d86d2a519956) },
		{ 16, UINT64_C(0xcc4fdd1a7d908b66) },
		{ 63, UINT64_C(0x9d199062b7bbb3a8) },
	};
	char in[64];
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (char)i;
	for (size_t i = 0; i < countof(rows); i++)
		EXPECT_U64(siphash(&key, (str){ in, rows[i].n }), rows[i].want);
}

static void
sha256__gives_the_published_digests(void)
{
	expect_hex(sha256(STR("")),
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect_hex(sha256(STR("abc")),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	str parts[] = { STR("a"), { NULL, 0 }, STR("bc") };
	expect_hex(sha256_parts(parts, countof(parts)),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
hmac__gives_the_published_codes(void)
{
	/* RFC 4231, cases 2 and 6 */
	expect_hex(hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?")),
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	char key[131];
	memset(key, 0xaa, sizeof(key));
	expect_hex(hmac_sha256((str){ key, sizeof(key) },
		       STR("Test Using Larger Than Block-Size Key - Hash Key First")),
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	expect_hex(hmac_sha256((str){ NULL, 0 }, (str){ NULL, 0 }),
	    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void
hash32_eq_secret__compares_all_bytes(void)
{
	hash32 a = sha256(STR("x"));
	hash32 b = a;
	EXPECT(hash32_eq_secret(&a, &b) && hash32_eq(&a, &b));
	b.b[31] ^= 1;
	EXPECT(!hash32_eq_secret(&a, &b) && !hash32_eq(&a, &b));
	EXPECT(!hash32_zero(&a) && hash32_zero(&(hash32){ { 0 } }));
}

static void
hex_decode__takes_exactly_n_bytes(void)
{
	uint8_t bytes[3] = { 0 };
	EXPECT(hex_decode(STR("00fFa1"), bytes, 3));
	EXPECT(bytes[0] == 0 && bytes[1] == 0xff && bytes[2] == 0xa1);
	EXPECT(!hex_decode(STR("00fFa"), bytes, 2));
	EXPECT(!hex_decode(STR("00fFa"), bytes, 3));
	EXPECT(!hex_decode(STR("00fFa1"), bytes, 2));
	EXPECT(!hex_decode(STR("0g"), bytes, 1));
	EXPECT(hex_decode(STR(""), bytes, 0));
}

static void
base64__goes_there_and_back(void)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfb", "//77" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i][1];
		str padded = str_of(rows[i][1]);
		struct buf b = BUF(100);
		buf_base64(&b, str_of(rows[i][0]));
		EXPECT_STR(buf_str(&b), padded);
		buf_done(&b);

		uint8_t bytes[16];
		size_t n = 99;
		EXPECT(base64_decode(padded, bytes, &n));
		EXPECT_STR(((str){ (char *)bytes, n }), str_of(rows[i][0]));
		str bare = str_cut(padded, '=').head;
		EXPECT(base64_decode(bare, bytes, &n));
		EXPECT_STR(((str){ (char *)bytes, n }), str_of(rows[i][0]));
	}
}

static void
base64_decode__has_one_spelling_for_each_value(void)
{
	static const char *const rows[] = { "Z", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9",
		"Zm 9v", "Zm9v=", "=", "====", "Zm-_", "Zg==Zg==" };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i];
		uint8_t bytes[16];
		size_t n = 99;
		EXPECT(!base64_decode(str_of(rows[i]), bytes, &n));
		EXPECT_U64(n, 99);
	}
}

static void *
hash_something(void *ret)
{
	*(hash32 *)ret = sha256(STR("abc"));
	hash_thread_ends();
	return NULL;
}

/* Under ASan the counter is 0, and its leak checker looks instead. */
static void
sha256__leaves_nothing_of_a_thread_that_ended(void)
{
	hash32 hash;
	size_t before = 0;
	for (int i = 0; i < 300; i++) {
		pthread_t thread;
		ASSERT(pthread_create(&thread, NULL, hash_something, &hash) == 0);
		ASSERT(pthread_join(thread, NULL) == 0);
		if (i == 100)
			before = mallinfo2().uordblks;
	}
	hash32 want = sha256(STR("abc"));
	EXPECT(hash32_eq(&hash, &want));
	EXPECT(mallinfo2().uordblks < before + 4096);
}

int
main(void)
{
	RUN(fnv64__is_the_published_one);
	RUN(siphash__is_siphash_1_3);
	RUN(sha256__gives_the_published_digests);
	RUN(sha256__leaves_nothing_of_a_thread_that_ended);
	RUN(hmac__gives_the_published_codes);
	RUN(hash32_eq_secret__compares_all_bytes);
	RUN(hex_decode__takes_exactly_n_bytes);
	RUN(base64__goes_there_and_back);
	RUN(base64_decode__has_one_spelling_for_each_value);
	TEST_MAIN_END();
}
