#include "store/compact.h"

#include <string.h>

#include "support/test.h"

static struct compact_room in, out;

static void
expect_back(const char *name, str body)
{
	str back = { 0 };
	test_row = name;
	str stored = compact_body(&in, body);
	EXPECT(compact_open(&out, stored, body.n, &back));
	EXPECT_STR(back, body);
	test_row = NULL;
}

static void
compact__gives_back_every_body(void)
{
	static char same[100000], mixed[4096];
	uint64_t random = 7;
	memset(same, 'a', sizeof(same));
	for (size_t i = 0; i < sizeof(mixed); i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		mixed[i] = (char)(random >> 56);
	}
	expect_back("empty", (str){ 0 });
	expect_back("short", STR("short"));
	expect_back("all the same", (str){ same, sizeof(same) });
	expect_back("at the limit", (str){ same, COMPACT_FROM_BYTES });
	expect_back("nothing to gain", (str){ mixed, sizeof(mixed) });
	mixed[0] = (char)0xff;
	expect_back("looks compact", (str){ mixed, sizeof(mixed) });
	expect_back("looks compact and short", (str){ mixed, 1 });
}

static void
compact__shrinks_what_repeats_and_leaves_the_rest(void)
{
	static char text[64 * 64];
	for (size_t i = 0; i < 64; i++)
		(void)snprintf(text + 64 * i, 64,
		    "{\"alertname\":\"DiskFull\",\"instance\":\"host-%03zu\",\"job\":"
		    "\"node\"}",
		    i);
	str body = { text, sizeof(text) };
	EXPECT(compact_body(&in, body).n < body.n / 5);
	str shorter = str_take(body, COMPACT_FROM_BYTES - 1);
	EXPECT(compact_body(&in, shorter).p == shorter.p);
}

/* Some damage shows; what does not still stays within the body's size. */
static void
compact__stays_in_bounds_when_damaged(void)
{
	static char text[2048], damaged[2048];
	memset(text, 'z', sizeof(text));
	memcpy(text + 700, "something else", 14);
	str stored = compact_body(&in, (str){ text, sizeof(text) });
	str back = { 0 };
	EXPECT(stored.n < sizeof(text));
	for (size_t bit = 8; bit < stored.n * 8; bit++) {
		memcpy(damaged, stored.p, stored.n);
		damaged[bit / 8] = (char)(damaged[bit / 8] ^ 1 << bit % 8);
		EXPECT(
		    !compact_open(&out, (str){ damaged, stored.n }, sizeof(text), &back) ||
		    back.n <= sizeof(text));
	}
	for (size_t n = 1; n < stored.n; n++)
		EXPECT(!compact_open(&out, str_take(stored, n), sizeof(text), &back));
	EXPECT(!compact_open(&out, stored, sizeof(text) - 1, &back));
}

int
main(void)
{
	RUN(compact__gives_back_every_body);
	RUN(compact__shrinks_what_repeats_and_leaves_the_rest);
	RUN(compact__stays_in_bounds_when_damaged);
	compact_done(&in);
	compact_done(&out);
	TEST_MAIN_END();
}
