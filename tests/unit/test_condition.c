#include "support/reading.h"
#include "support/test.h"

static void
condition__reads_subject_comparison_and_operand(void)
{
	static const struct {
		const char *in;
		enum condition_subject subject;
		enum condition_op op;
		bool numeric;
		const char *text;
	} rows[] = {
		{ "> 500", SUBJECT_VALUE, OP_GT, true, "500" },
		{ "<5", SUBJECT_VALUE, OP_LT, true, "5" },
		{ "  value >= -1.5e3 ", SUBJECT_VALUE, OP_GE, true, "-1.5e3" },
		{ "<= 0", SUBJECT_VALUE, OP_LE, true, "0" },
		{ "status == 200", SUBJECT_STATUS, OP_EQ, true, "200" },
		{ "status==200", SUBJECT_STATUS, OP_EQ, true, "200" },
		{ "exit != 0", SUBJECT_EXIT, OP_NE, true, "0" },
		{ "output contains ready", SUBJECT_OUTPUT, OP_CONTAINS, false, "ready" },
		{ "body contains \" a b \"", SUBJECT_BODY, OP_CONTAINS, false, " a b " },
		{ "output lacks error:", SUBJECT_OUTPUT, OP_CONTAINS_NOT, false, "error:" },
		{ "output == active", SUBJECT_OUTPUT, OP_EQ, false, "active" },
		{ "output == 5", SUBJECT_OUTPUT, OP_EQ, false, "5" },
		{ "output > 5", SUBJECT_OUTPUT, OP_GT, true, "5" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct condition c = { .number = 0 };
		test_row = rows[i].in;
		EXPECT(read_condition(&reader, reading(rows[i].in), &c));
		EXPECT(c.subject == rows[i].subject);
		EXPECT(c.op == rows[i].op);
		EXPECT(c.numeric == rows[i].numeric);
		EXPECT_STR(c.text, str_of(rows[i].text));
		EXPECT_STR(c.written, str_of(rows[i].in));
	}
}

static void
condition__refuses_what_cannot_be_compared(void)
{
	static const struct {
		const char *in;
		const char *message;
		size_t off;
	} rows[] = {
		{ "500", "expected a comparison, not '500'", 0 },
		{ "=> 500", "expected a comparison, not '=>'", 0 },
		{ "= 500", "expected a comparison, not '='", 0 },
		{ "stauts == 200", "unknown subject 'stauts'", 0 },
		{ "status is 200", "expected a comparison, not 'is'", 7 },
		{ "status contains 200", "'status' is a number and holds no text", 0 },
		{ "contains x", "'value' is a number and holds no text", 0 },
		{ "> lots", "expected a number, not 'lots'", 2 },
		{ "> 0x10", "expected a number, not '0x10'", 2 },
		{ ">", "this comparison has nothing to compare with", 0 },
		{ "status", "expected a comparison, not ''", 6 },
		{ "output contains \"\"", "every text contains the empty one", 16 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct condition c = { .subject = SUBJECT_EXIT };
		test_row = rows[i].in;
		EXPECT(!read_condition(&reader, reading(rows[i].in), &c));
		EXPECT(c.subject == SUBJECT_EXIT);
		EXPECT_U64(reading_diags.count, 1);
		EXPECT_STR(reading_diags.first->message, str_of(rows[i].message));
		EXPECT_U64(reading_diags.first->at.off, rows[i].off);
	}
}

static void
condition__holds_or_not_or_cannot_be_told(void)
{
	static char long_output[PROBE_VALUE_MAX + 1];
	memset(long_output, 'x', PROBE_VALUE_MAX);
	const struct {
		const char *condition;
		enum probe_status status;
		const char *value;
		int64_t code;
		enum holds holds;
	} rows[] = {
		{ "> 500", PROBE_OK, "501", 0, HOLDS_YES },
		{ "> 500", PROBE_OK, "500", 0, HOLDS_NO },
		{ ">= 500", PROBE_OK, "500", 0, HOLDS_YES },
		{ "== 0.5", PROBE_OK, "5e-1", 0, HOLDS_YES },
		{ "!= 0", PROBE_OK, "0", 0, HOLDS_NO },
		{ "< 5", PROBE_OK, "+Inf", 0, HOLDS_NO },
		{ "< 5", PROBE_OK, "-Inf", 0, HOLDS_YES },
		{ "< 5", PROBE_OK, "NaN", 0, HOLDS_UNKNOWN },
		{ "< 5", PROBE_NO_DATA, "", 0, HOLDS_UNKNOWN },
		{ "< 5", PROBE_FAILED, "1", 0, HOLDS_UNKNOWN },
		{ "status == 200", PROBE_OK, "", 200, HOLDS_YES },
		{ "status < 500", PROBE_OK, "", 503, HOLDS_NO },
		{ "exit == 0", PROBE_FAILED, "", 0, HOLDS_UNKNOWN },
		{ "output contains ok", PROBE_OK, "all ok\n", 0, HOLDS_YES },
		{ "output lacks ok", PROBE_OK, "all ok\n", 0, HOLDS_NO },
		{ "output == active", PROBE_OK, "active\n", 3, HOLDS_YES },
		{ "output > 5", PROBE_OK, " 6\n", 0, HOLDS_YES },
		{ "output > 5", PROBE_OK, "six", 0, HOLDS_UNKNOWN },
		{ "output contains ok", PROBE_OK, long_output, 0, HOLDS_UNKNOWN },
		{ "output lacks ok", PROBE_OK, long_output, 0, HOLDS_UNKNOWN },
		{ "output contains x", PROBE_OK, long_output, 0, HOLDS_YES },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct condition c;
		test_row = rows[i].condition;
		bool ok = read_condition(&reader, reading(rows[i].condition), &c);
		EXPECT(ok);
		struct probe_result seen = {
			.status = rows[i].status,
			.value = str_of(rows[i].value),
			.code = rows[i].code,
		};
		EXPECT_U64(ok ? condition_holds(&c, &seen) : 0, rows[i].holds);
	}
}

int
main(void)
{
	RUN(condition__reads_subject_comparison_and_operand);
	RUN(condition__refuses_what_cannot_be_compared);
	RUN(condition__holds_or_not_or_cannot_be_told);
	TEST_MAIN_END();
}
