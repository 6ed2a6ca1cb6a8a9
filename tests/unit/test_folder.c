#include "hands/folder.h"

#include "hands/clean.h"
#include "support/test.h"

static char memory[1 << 16];

static const char claim_text[] = "attempt=17\n"
				 "incident=3\n"
				 "epoch=5\n"
				 "wall=1795456684403\n"
				 "action=restart-unit\n"
				 "service=check%0Aout %25\n"
				 "target=web-1\n";

static void
claim__reads_what_it_wrote(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct claim claim = { .attempt = 17,
		.incident = 3,
		.epoch = 5,
		.wall = 1795456684403,
		.action = STR("restart-unit"),
		.service = STR("check\nout %"),
		.target = STR("web-1") };
	struct buf text = BUF(SHIM_TEXT_MAX);
	claim_write(&text, &claim);
	EXPECT_STR(buf_str(&text), str_of(claim_text));

	struct claim again;
	struct err err;
	EXPECT(claim_read(buf_str(&text), &arena, &again, &err));
	EXPECT_U64(again.attempt, 17);
	EXPECT_U64(again.wall, 1795456684403);
	EXPECT_STR(again.service, STR("check\nout %"));
	buf_done(&text);
}

static void
claim__refuses_damage(void)
{
	static const struct {
		const char *name;
		const char *in;
		const char *error;
	} rows[] = {
		{ "empty", "", "expected 'attempt='" },
		{ "another order", "incident=3\nattempt=17\n", "expected 'attempt='" },
		{ "twice", "attempt=17\nattempt=17\n", "expected 'incident='" },
		{ "no number", "attempt=x\n", "expected 'attempt='" },
		{ "a sign", "attempt=-1\n", "expected 'attempt='" },
		{ "a leading zero", "attempt=017\n", "expected 'attempt='" },
		{ "over 64 bits", "attempt=18446744073709551616\n", "expected 'attempt='" },
		{ "over 32 bits", "attempt=1\nincident=4294967296\n",
		    "expected 'incident='" },
		{ "no newline at the end", "attempt=17", "expected 'attempt='" },
		{ "a bad escape", "attempt=17\nincident=3\nepoch=5\nwall=1\naction=%0G\n",
		    "expected 'action='" },
		{ "an escape without need",
		    "attempt=17\nincident=3\nepoch=5\nwall=1\naction=%41\n",
		    "expected 'action='" },
		{ "a control character",
		    "attempt=17\nincident=3\nepoch=5\nwall=1\naction=a\tb\n",
		    "expected 'action='" },
		{ "more than it should have",
		    "attempt=17\nincident=3\nepoch=5\nwall=1\naction=\nservice=\ntarget="
		    "\nx=\n",
		    "more lines than expected" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct arena arena = arena_over(memory, sizeof(memory));
		struct claim claim = { .attempt = 99 };
		struct err err;
		EXPECT(!claim_read(str_of(rows[i].in), &arena, &claim, &err));
		EXPECT_STR(str_of(err.text), str_of(rows[i].error));
		EXPECT_U64(err.kind, ERR_CORRUPT);
		EXPECT_U64(claim.attempt, 99);
	}
}

static void
claim__refuses_every_cut(void)
{
	for (size_t n = 0; n < sizeof(claim_text) - 1; n++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct claim claim;
		struct err err;
		EXPECT(!claim_read((str){ claim_text, n }, &arena, &claim, &err));
	}
}

static void
result__knows_every_state(void)
{
	static const char *const words[] = { "exited", "signaled", "timed-out", "stopped",
		"never-started" };
	for (size_t i = 0; i < countof(words); i++) {
		test_row = words[i];
		struct arena arena = arena_over(memory, sizeof(memory));
		struct buf text = BUF(SHIM_TEXT_MAX);
		buf_printf(&text,
		    "state=%s\nexit_code=255\nsignal=9\nbegun_wall=1\nended_wall=2\n"
		    "output_bytes=3\nwhy=because\n",
		    words[i]);
		struct shim_result result;
		struct err err;
		EXPECT(result_read(buf_str(&text), &arena, &result, &err));
		EXPECT_U64(result.state, i + 1);
		EXPECT_U64(result.exit_code, 255);
		EXPECT_STR(result.why, STR("because"));

		struct buf again = BUF(SHIM_TEXT_MAX);
		result_write(&again, &result);
		EXPECT_STR(buf_str(&again), buf_str(&text));
		buf_done(&again);
		buf_done(&text);
	}
}

static void
result__refuses_an_exit_code_no_process_has(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct shim_result result;
	struct err err;
	EXPECT(!result_read(STR("state=exited\nexit_code=256\nsignal=0\n"), &arena, &result,
	    &err));
	EXPECT(!result_read(STR("state=gone\nexit_code=0\nsignal=0\n"), &arena, &result,
	    &err));
	EXPECT_STR(str_of(err.text), STR("expected 'state='"));
}

static void
probe_answer__splits_result_and_output(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct shim_result result;
	str output;
	struct err err;
	str text = STR("state=exited\nexit_code=3\nsignal=0\nbegun_wall=1\nended_wall=2\n"
		       "output_bytes=6\nwhy=\n\nhello\n");
	EXPECT(probe_answer_read(text, &arena, &result, &output, &err));
	EXPECT_U64(result.exit_code, 3);
	EXPECT_STR(output, STR("hello\n"));
	EXPECT(
	    !probe_answer_read(str_take(text, text.n - 7), &arena, &result, &output, &err));
}

static void
probe_answer__refuses_an_output_that_is_cut(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct shim_result result;
	str output;
	struct err err;
	str text = STR("state=exited\nexit_code=0\nsignal=0\nbegun_wall=1\nended_wall=2\n"
		       "output_bytes=6\nwhy=\n\nhello\n");
	for (size_t cut = 1; cut <= 6; cut++)
		EXPECT(!probe_answer_read(str_take(text, text.n - cut), &arena, &result,
		    &output, &err));
	EXPECT(str_contains(str_of(err.text), STR("its output is cut")));
}

static void
clean__leaves_nothing_that_acts(void)
{
	static const struct {
		const char *name;
		str in;
		const char *clean;
		const char *line;
	} rows[] = {
		{ "plain", { "ok", 2 }, "ok", "ok" },
		{ "newlines", { "a\r\nb\tc\n", 7 }, "a\nb\tc\n", "a b c " },
		{ "escape sequence", { "\033[31mred", 8 }, "?[31mred", "?[31mred" },
		{ "NUL and DEL", { "a\0b\177", 4 }, "a?b?", "a?b?" },
		{ "C1 control",
		    { "a\xc2\x9b"
		      "31m",
			6 },
		    "a?31m", "a?31m" },
		{ "bytes that are no UTF-8", { "\xff\xc3", 2 }, "??", "??" },
		{ "UTF-8", { "r\xc3\xa9sum\xc3\xa9", 8 }, "r\xc3\xa9sum\xc3\xa9",
		    "r\xc3\xa9sum\xc3\xa9" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct arena arena = arena_over(memory, sizeof(memory));
		EXPECT_STR(clean_text(&arena, rows[i].in, 100), str_of(rows[i].clean));
		EXPECT_STR(clean_line(&arena, rows[i].in, 100), str_of(rows[i].line));
	}
}

static void
clean_cut__never_splits_a_character(void)
{
	str text = STR("a\xc3\xa9\xe2\x82\xac");
	static const size_t kept[] = { 0, 1, 1, 3, 3, 3, 6, 6 };
	for (size_t max = 0; max < countof(kept); max++)
		EXPECT_U64(clean_cut(text, max).n, kept[max]);
}

int
main(void)
{
	RUN(claim__reads_what_it_wrote);
	RUN(claim__refuses_damage);
	RUN(claim__refuses_every_cut);
	RUN(result__knows_every_state);
	RUN(result__refuses_an_exit_code_no_process_has);
	RUN(probe_answer__splits_result_and_output);
	RUN(probe_answer__refuses_an_output_that_is_cut);
	RUN(clean__leaves_nothing_that_acts);
	RUN(clean_cut__never_splits_a_character);
	TEST_MAIN_END();
}
