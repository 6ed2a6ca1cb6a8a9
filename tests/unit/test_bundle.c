#include "model/bundle.h"

#include "base/cbor.h"
#include "support/test.h"

static char memory[1 << 16];

static struct arena
fresh(void)
{
	return arena_over(memory, sizeof(memory));
}

static void
bundle__comes_back_in_order_as_it_was(void)
{
	struct bundle_file files[] = {
		{ STR("runbooks/b.md"), STR("# b\n") },
		{ STR("a.yaml"), STR("") },
		{ STR("zone:Europe/Lisbon"), { "\0\xff", 2 } },
		{ STR("runbooks/a/a.md"), STR("x") },
	};
	struct bundle bundle = { files, countof(files) };
	struct buf bytes = BUF(4096), again = BUF(4096);
	bundle_encode(&bundle, &bytes);

	struct arena arena = fresh();
	struct bundle back;
	struct err err;
	EXPECT(bundle_decode(buf_str(&bytes), &arena, &back, &err));
	EXPECT_U64(back.n, 4);
	EXPECT_STR(back.files[0].path, STR("a.yaml"));
	EXPECT_STR(back.files[3].path, STR("zone:Europe/Lisbon"));
	EXPECT_U64(back.files[3].bytes.n, 2);
	bundle_encode(&back, &again);
	EXPECT_STR(buf_str(&again), buf_str(&bytes));

	EXPECT_STR(bundle_find(&back, STR("runbooks/b.md"))->bytes, STR("# b\n"));
	EXPECT(bundle_find(&back, STR("runbooks/c.md")) == NULL);
	EXPECT(bundle_find(&back, STR("")) == NULL);
	buf_done(&bytes);
	buf_done(&again);
}

static void
bundle__decode_refuses_what_encode_would_not_write(void)
{
	static const struct {
		const char *name;
		const char *paths[2];
		const char *message;
	} rows[] = {
		{ "out of order", { "b", "a" }, "bundle: 'a' is out of order" },
		{ "twice", { "a", "a" }, "bundle: 'a' is out of order" },
		{ "above", { "a", "../b" }, "bundle: a bad file name" },
		{ "absolute", { "/a", "b" }, "bundle: a bad file name" },
		{ "empty part", { "a//b", "b" }, "bundle: a bad file name" },
		{ "here", { "a/.", "b" }, "bundle: a bad file name" },
		{ "empty", { "", "b" }, "bundle: a bad file name" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct buf bytes = BUF(4096);
		test_row = rows[i].name;
		cbor_put_array(&bytes, 2);
		for (size_t k = 0; k < 2; k++) {
			cbor_put_array(&bytes, 2);
			cbor_put_text(&bytes, str_of(rows[i].paths[k]));
			cbor_put_bytes(&bytes, STR("x"));
		}
		struct arena arena = fresh();
		struct bundle back = { NULL, 77 };
		struct err err;
		EXPECT(!bundle_decode(buf_str(&bytes), &arena, &back, &err));
		EXPECT_U64(back.n, 77);
		EXPECT_STR(str_of(err.text), str_of(rows[i].message));
		buf_done(&bytes);
	}
}

static void
bundle__decode_refuses_every_part_of_a_bundle(void)
{
	struct bundle_file files[] = { { STR("a"), STR("1") }, { STR("b"), STR("2") } };
	struct bundle bundle = { files, countof(files) };
	struct buf bytes = BUF(4096);
	bundle_encode(&bundle, &bytes);
	struct bundle back;
	struct err err;
	for (size_t n = 0; n < bytes.n; n++) {
		struct arena arena = fresh();
		EXPECT(!bundle_decode(str_take(buf_str(&bytes), n), &arena, &back, &err));
	}
	buf_char(&bytes, 0);
	struct arena arena = fresh();
	EXPECT(!bundle_decode(buf_str(&bytes), &arena, &back, &err));
	buf_done(&bytes);
}

int
main(void)
{
	RUN(bundle__comes_back_in_order_as_it_was);
	RUN(bundle__decode_refuses_what_encode_would_not_write);
	RUN(bundle__decode_refuses_every_part_of_a_bundle);
	TEST_MAIN_END();
}
