#include "node/logged.h"

#include "support/test.h"

static void
logged__is_one_line_and_acts_on_nobody(void)
{
	const struct {
		str text;
		const char *want;
	} rows[] = {
		{ STR(""), "" },
		{ STR("a sign-in from 192.0.2.1 failed"),
		    "a sign-in from 192.0.2.1 failed" },
		{ STR("\xc3\xa4 \xe3\x81\xad\tb"), "\xc3\xa4 \xe3\x81\xad\tb" },
		{ STR("a\n2026-11-23T07:18:22.380Z engine: b"),
		    "a\n  2026-11-23T07:18:22.380Z engine: b" },
		{ STR("a\r\nb\rc"), "a?\n  b?c" },
		{ STR("\x1b[2Ja\x7f\x07"), "?[2Ja??" },
		{ STR("a\0b"), "a?b" },
		{ STR("\xc2\x9b"
		      "2J \xe2\x80\xae"),
		    "?2J ?" },
		{ STR("\xff\xc3"), "??" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct buf b = BUF(200);
		logged_put(&b, rows[i].text);
		EXPECT_STR(buf_str(&b), str_of(rows[i].want));
		buf_done(&b);
	}
}

int
main(void)
{
	RUN(logged__is_one_line_and_acts_on_nobody);
	TEST_MAIN_END();
}
