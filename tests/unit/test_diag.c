#include "base/diag.h"

#include "support/test.h"

static char memory[1 << 16];

static void
expect_text(const struct diags *d, const char *want)
{
	struct buf out = BUF(1 << 16);
	diags_text(&out, d);
	EXPECT_STR(buf_str(&out), str_of(want));
	buf_done(&out);
}

static void
diags_text__shows_the_place_and_what_to_write(void)
{
	struct arena a = arena_over(memory, sizeof(memory));
	struct diags d;
	diags_init(&d, &a);
	struct source src = { STR("teams.yaml"),
		STR("teams:\n  escalate: [{after: 5x}]\nend\n") };
	diag_error(&d, &src, (struct span){ 28, 2 }, STR("use s, m, h or d"),
	    "unknown duration unit '%s'", "x");
	expect_text(&d, "teams.yaml:2:22: error: unknown duration unit 'x'\n"
			"      escalate: [{after: 5x}]\n"
			"                         ^~\n"
			"    hint: use s, m, h or d\n");
	EXPECT_U64(d.count, 1);
}

static void
diags_json__is_the_same_for_programs(void)
{
	struct arena a = arena_over(memory, sizeof(memory));
	struct diags d;
	diags_init(&d, &a);
	struct source src = { STR("teams.yaml"), STR("a\n\"\xff: 1\n") };
	diag_error(&d, &src, (struct span){ 3, 1 }, STR("say \"x\""), "bad '\xff'");
	for (unsigned i = 0; i < DIAGS_MAX; i++)
		diag_error(&d, &src, (struct span){ 0, 1 }, STR(""), "e");
	struct buf out = BUF(1 << 16);
	buf_add(&out, STR("{}"));
	diags_json(&out, &d);
	EXPECT(str_starts(buf_str(&out),
	    STR("{},{\"kind\":\"mistake\",\"note\":false,\"error\":true,"
		"\"file\":\"teams.yaml\",\"line\":2,\"column\":2,\"text\":\"bad '?'\","
		"\"example\":\"\",\"hint\":\"say \\\"x\\\"\"},{")));
	EXPECT(str_contains(buf_str(&out),
	    STR("\"line\":0,\"column\":0,\"text\":\"and 1 more\"")));
	buf_done(&out);
}

static void
diags_text__copes_with_any_bytes(void)
{
	static const struct {
		const char *name;
		str text;
		struct span at;
		const char *want;
	} rows[] = {
		{ "empty file", { "", 0 }, { 0, 0 }, "f:1:1: error: bad\n" },
		{ "end of a file", { "ab\n", 3 }, { 3, 0 },
		    "f:2:1: error: bad\n    \n    ^\n" },
		{ "end of a line", { "ab\n", 3 }, { 2, 1 },
		    "f:1:3: error: bad\n    ab\n      ^\n" },
		{ "carriage return", { "ab\r\n", 4 }, { 1, 3 },
		    "f:1:2: error: bad\n    ab\n     ^\n" },
		{ "tabs are kept", { "\ta: b", 5 }, { 4, 1 },
		    "f:1:5: error: bad\n    \ta: b\n    \t   ^\n" },
		{ "characters, not bytes", { "\xc3\xa9\xe2\x82\xac: bb", 9 }, { 7, 2 },
		    "f:1:5: error: bad\n    \xc3\xa9\xe2\x82\xac: bb\n        ^~\n" },
		{ "control and invalid bytes", { "\x1b[1m\xff\xc2\x9b x\x7f", 10 },
		    { 8, 1 }, "f:1:8: error: bad\n    ?[1m?? x?\n           ^\n" },
		{ "NUL", { "a\0b", 3 }, { 2, 1 }, "f:1:3: error: bad\n    a?b\n      ^\n" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct arena a = arena_over(memory, sizeof(memory));
		struct diags d;
		diags_init(&d, &a);
		struct source src = { STR("f"), rows[i].text };
		diag_error(&d, &src, rows[i].at, STR(""), "bad");
		expect_text(&d, rows[i].want);
	}
}

static void
diags_text__cuts_a_long_line_around_the_caret(void)
{
	char line[400];
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = (char)('a' + i % 26);
	struct arena a = arena_over(memory, sizeof(memory));
	struct diags d;
	diags_init(&d, &a);
	struct source src = { STR("f"), { line, sizeof(line) } };
	diag_error(&d, &src, (struct span){ 208, 300 - 208 }, STR(""), "bad");
	expect_text(&d, "f:1:209: error: bad\n    ..."
			"stuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
			"abcdefghijklmnopqrstuvwxyzabcdefghijklmn...\n       "
			"                                                            "
			"^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
}

static void
diags_sort__is_by_file_then_place_then_time(void)
{
	struct arena a = arena_over(memory, sizeof(memory));
	struct diags d;
	diags_init(&d, &a);
	struct source one = { STR("a"), STR("xyz") };
	struct source two = { STR("b"), STR("xyz") };
	diag_error(&d, &two, (struct span){ 1, 1 }, STR(""), "4");
	diag_error(&d, &one, (struct span){ 2, 1 }, STR(""), "2");
	diag_error(&d, &one, (struct span){ 2, 1 }, STR(""), "3");
	diag_error(&d, &one, (struct span){ 0, 1 }, STR(""), "1");
	diags_sort(&d);
	diag_error(&d, &two, (struct span){ 2, 1 }, STR(""), "5");
	char want = '1';
	for (const struct diag *diag = d.first; diag != NULL; diag = diag->next, want++)
		EXPECT(diag->message.p[0] == want);
	EXPECT(want == '6');
}

static void
diags__keep_a_hundred_and_count_the_rest(void)
{
	struct arena a = arena_over(memory, sizeof(memory));
	struct diags d;
	diags_init(&d, &a);
	struct source src = { STR("f"), STR("x") };
	for (int i = 0; i < 103; i++)
		diag_error(&d, &src, (struct span){ 0, 1 }, STR(""), "%d", i);
	EXPECT_U64(d.count, 103);
	EXPECT_U64(d.kept, DIAGS_MAX);
	struct buf out = BUF(1 << 16);
	diags_text(&out, &d);
	EXPECT(str_ends(buf_str(&out), STR("error: 99\n    x\n    ^\nand 3 more\n")));
	buf_done(&out);
}

static void
diags_text__tells_whole_ones_and_counts_what_has_no_room(void)
{
	struct arena a = arena_over(memory, sizeof(memory));
	struct diags d;
	diags_init(&d, &a);
	struct source src = { STR("f"), STR("x") };
	for (int i = 0; i < 103; i++)
		diag_error(&d, &src, (struct span){ 0, 1 }, STR("look"), "%d", i);
	for (size_t max = 1; max < 400; max++) {
		struct buf out = BUF(max);
		diags_text(&out, &d);
		EXPECT(max < 13 || str_ends(buf_str(&out), STR(" more\n")));
		EXPECT(max < 13 || out.n == 13 ||
		       str_contains(buf_str(&out), STR("    hint: look\nand ")));
		buf_done(&out);
	}
}

static void
diags__survive_a_full_arena(void)
{
	char little[sizeof(struct diag) + 24];
	struct arena a = arena_over(little, sizeof(little));
	struct diags d;
	diags_init(&d, &a);
	struct source src = { STR("f"), STR("x") };
	for (int i = 0; i < 5; i++)
		diag_error(&d, &src, (struct span){ 0, 1 }, STR(""), "%s",
		    "a message that is longer than what is left");
	EXPECT_U64(d.count, 5);
	EXPECT_U64(d.kept, 1);
}

static void
diag_suggest__finds_the_nearest_name(void)
{
	static const str names[] = { { "owner", 5 }, { "tier", 4 }, { "depends_on", 10 },
		{ "do", 2 } };
	static const struct {
		const char *wanted, *want;
	} rows[] = {
		{ "ownr", "did you mean 'owner'?" },
		{ "teir", "did you mean 'tier'?" },
		{ "dependson", "did you mean 'depends_on'?" },
		{ "od", "did you mean 'do'?" },
		{ "x", "" },
		{ "", "" },
		{ "journeys", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].wanted;
		struct arena a = arena_over(memory, sizeof(memory));
		EXPECT_STR(diag_suggest(&a, str_of(rows[i].wanted), names, countof(names)),
		    str_of(rows[i].want));
	}
}

int
main(void)
{
	RUN(diags_text__shows_the_place_and_what_to_write);
	RUN(diags_json__is_the_same_for_programs);
	RUN(diags_text__copes_with_any_bytes);
	RUN(diags_text__cuts_a_long_line_around_the_caret);
	RUN(diags_sort__is_by_file_then_place_then_time);
	RUN(diags__keep_a_hundred_and_count_the_rest);
	RUN(diags_text__tells_whole_ones_and_counts_what_has_no_room);
	RUN(diags__survive_a_full_arena);
	RUN(diag_suggest__finds_the_nearest_name);
	TEST_MAIN_END();
}
