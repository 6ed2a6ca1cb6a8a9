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
		{ "ms < 50", SUBJECT_MS, OP_LT, true, "50" },
		{ "banner contains SSH-2.0", SUBJECT_BANNER, OP_CONTAINS, false,
		    "SSH-2.0" },
		{ "days > 14", SUBJECT_DAYS, OP_GT, true, "14" },
		{ "answers >= 2", SUBJECT_ANSWERS, OP_GE, true, "2" },
		{ "answers contains 192.0.2.7", SUBJECT_ANSWERS, OP_CONTAINS, false,
		    "192.0.2.7" },
		{ "text lacks \"v=spf1 \"", SUBJECT_TEXT, OP_CONTAINS_NOT, false,
		    "v=spf1 " },
		{ "lines > 0", SUBJECT_LINES, OP_GT, true, "0" },
		{ "matches == 0", SUBJECT_MATCHES, OP_EQ, true, "0" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct condition c = { .number = 0 };
		test_row = rows[i].in;
		EXPECT(read_condition(&reader, reading(rows[i].in), 0, &c));
		EXPECT(c.subject == rows[i].subject);
		EXPECT(c.op == rows[i].op);
		EXPECT(c.numeric == rows[i].numeric);
		EXPECT_STR(c.text, str_of(rows[i].text));
		EXPECT_STR(c.written, str_of(rows[i].in));
	}
}

static void
condition__some_words_are_a_whole_condition(void)
{
	static const struct {
		const char *in;
		enum condition_subject subject;
		double number;
	} rows[] = {
		{ "open", SUBJECT_OPEN, 1 },
		{ " closed ", SUBJECT_OPEN, 0 },
		{ "valid", SUBJECT_VALID, 1 },
		{ "invalid", SUBJECT_VALID, 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct condition c = { .number = 5 };
		test_row = rows[i].in;
		EXPECT(read_condition(&reader, reading(rows[i].in), 0, &c));
		EXPECT(c.subject == rows[i].subject && c.op == OP_EQ && c.numeric);
		EXPECT((int)c.number == (int)rows[i].number);
	}
}

/* What each kind of probe can be asked, and what is said to whoever asks another. */
static void
condition__knows_what_each_kind_of_probe_answers(void)
{
	static const struct {
		enum probe_kind kind;
		const char *in;
		const char *message; /* NULL: fits */
		const char *hint;
	} rows[] = {
		{ PROBE_TCP, "open", NULL, NULL },
		{ PROBE_TCP, "opne", "unknown subject 'opne'", "did you mean 'open'?" },
		{ PROBE_TCP, "status == 200", "a TCP connection has no 'status'",
		    "as in open, closed, \"ms < 50\" or banner contains SSH-2.0" },
		{ PROBE_TCP, "> 5", "a TCP connection has no 'value'",
		    "as in open, closed, \"ms < 50\" or banner contains SSH-2.0" },
		{ PROBE_TCP, "open == 1", "'open' stands alone", "remove it" },
		{ PROBE_TLS, "days > 14", NULL, NULL },
		{ PROBE_TLS, "valdi", "unknown subject 'valdi'", "did you mean 'valid'?" },
		{ PROBE_TLS, "day > 14", "unknown subject 'day'", "did you mean 'days'?" },
		{ PROBE_TLS, "answers > 1", "a certificate has no 'answers'",
		    "as in valid, invalid or \"days > 14\"" },
		{ PROBE_DNS, "answers >= 1", NULL, NULL },
		{ PROBE_DNS, "text contains spf", NULL, NULL },
		{ PROBE_DNS, "answer >= 1", "unknown subject 'answer'",
		    "did you mean 'answers'?" },
		{ PROBE_LOG, "matches == 0", NULL, NULL },
		{ PROBE_LOG, "matchs == 0", "unknown subject 'matchs'",
		    "did you mean 'matches'?" },
		{ PROBE_LOG, "days > 1", "a log has no 'days'",
		    "as in matches == 0, lines > 0 or text lacks \"out of memory\"" },
		{ PROBE_PROMQL, "== 1", NULL, NULL },
		{ PROBE_PROMQL, "exit == 0", "a query has no 'exit'", "as in \"> 500\"" },
		{ PROBE_RUN, "exti == 0", "unknown subject 'exti'",
		    "did you mean 'exit'?" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct condition c;
		test_row = rows[i].in;
		bool ok = read_condition(&reader, reading(rows[i].in), rows[i].kind, &c);
		EXPECT(ok == (rows[i].message == NULL));
		if (ok)
			continue;
		EXPECT_U64(reading_diags.count, 1);
		EXPECT_STR(reading_diags.first->message, str_of(rows[i].message));
		EXPECT_STR(reading_diags.first->hint, str_of(rows[i].hint));
	}
}

static void
condition__judges_what_the_other_probes_count(void)
{
	const struct {
		const char *condition;
		struct probe_result seen;
		enum holds holds;
	} rows[] = {
		{ "open", { .code = 1 }, HOLDS_YES },
		{ "open", { .code = 0 }, HOLDS_NO },
		{ "closed", { .code = 0 }, HOLDS_YES },
		{ "closed", { .status = PROBE_FAILED }, HOLDS_UNKNOWN },
		{ "ms < 50", { .code = 1, .number = 49 }, HOLDS_YES },
		/* Nobody there is slower than anything. */
		{ "ms < 50", { .code = 0 }, HOLDS_NO },
		{ "ms > 500", { .code = 0 }, HOLDS_YES },
		{ "banner lacks 421", { .code = 1, .value = STR("220 hi") }, HOLDS_YES },
		{ "banner lacks 421", { .code = 0 }, HOLDS_UNKNOWN },
		{ "valid", { .code = 0, .number = 30 }, HOLDS_NO },
		{ "days > 14", { .number = 14 }, HOLDS_NO },
		{ "days < 0", { .number = -1 }, HOLDS_YES },
		{ "answers == 0", { .code = 3 }, HOLDS_YES },
		{ "answers contains 10.0.0.1", { .value = STR("10.0.0.10\n10.0.0.11") },
		    HOLDS_NO },
		{ "answers contains 10.0.0.11", { .value = STR("10.0.0.10\n10.0.0.11") },
		    HOLDS_YES },
		{ "answers contains NS1.example.", { .value = STR("ns1.example") },
		    HOLDS_YES },
		{ "answers lacks a", { .value = STR("b"), .cut = true }, HOLDS_UNKNOWN },
		{ "matches == 0", { .code = 0, .number = 200 }, HOLDS_YES },
		{ "matches == 0", { .code = 0, .least = true }, HOLDS_UNKNOWN },
		{ "matches == 0", { .code = 1, .least = true }, HOLDS_NO },
		{ "matches > 3", { .code = 4, .least = true }, HOLDS_YES },
		{ "matches > 3", { .code = 3, .least = true }, HOLDS_UNKNOWN },
		{ "matches <= 3", { .code = 4, .least = true }, HOLDS_NO },
		{ "matches < 3", { .code = 1, .least = true }, HOLDS_UNKNOWN },
		{ "lines > 0", { .number = 0 }, HOLDS_NO },
		{ "text lacks panic", { .value = STR("fine"), .cut = true },
		    HOLDS_UNKNOWN },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct condition c;
		struct probe_result seen = rows[i].seen;
		test_row = rows[i].condition;
		if (seen.status == 0)
			seen.status = PROBE_OK;
		EXPECT(read_condition(&reader, reading(rows[i].condition), 0, &c));
		EXPECT_U64(condition_holds(&c, &seen), rows[i].holds);
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
		EXPECT(!read_condition(&reader, reading(rows[i].in), 0, &c));
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
		bool ok = read_condition(&reader, reading(rows[i].condition), 0, &c);
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
	RUN(condition__some_words_are_a_whole_condition);
	RUN(condition__knows_what_each_kind_of_probe_answers);
	RUN(condition__judges_what_the_other_probes_count);
	RUN(condition__refuses_what_cannot_be_compared);
	RUN(condition__holds_or_not_or_cannot_be_told);
	TEST_MAIN_END();
}
