#include "intake/matchers.h"

#include "intake/wire.h"
#include "support/test.h"

static char memory[8192];

static bool
add(struct label_matchers *matchers, const char *text)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	*matchers = (struct label_matchers){ .n = 0 };
	return label_matchers_add(matchers, str_of(text), &arena);
}

static void
matchers__match_labels(void)
{
	static struct pair pairs[] = {
		{ { "alertname", 9 }, { "QueueStuck", 10 } },
		{ { "job", 3 }, { "checkout-api", 12 } },
		{ { "text", 4 }, { "two\nlines", 9 } },
	};
	static const struct pairs labels = { pairs, countof(pairs) };
	static const struct {
		const char *text;
		bool match;
	} rows[] = {
		{ "alertname=QueueStuck", true },
		{ "alertname=\"QueueStuck\"", true },
		{ " alertname = \"QueueStuck\" ", true },
		{ "{alertname=\"QueueStuck\"}", true },
		{ "{ alertname=QueueStuck , job=~\"checkout-.*\" , }", true },
		{ "alertname=QueueStuck,job=db", false },
		{ "alertname!=QueueStuck", false },
		{ "alertname!=Other", true },
		{ "job=~checkout", false },
		{ "job=~checkout-.*", true },
		{ "job=~\"a|checkout-api\"", true },
		{ "job!~checkout", true },
		{ "job!~checkout-.*", false },
		{ "text=~\"two.lines\"", true },
		{ "text=\"two\\nlines\"", true },
		{ "missing=\"\"", true },
		{ "missing=", true },
		{ "missing!=\"\"", false },
		{ "missing=~\".*\"", true },
		{ "missing=~\".+\"", false },
		{ "\"alertname\"=QueueStuck", true },
		{ "{}", true },
		{ "job=~\"(c+)+x\"", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct label_matchers matchers;
		test_row = rows[i].text;
		EXPECT(add(&matchers, rows[i].text));
		EXPECT(label_matchers_match(&matchers, &labels) == rows[i].match);
		label_matchers_done(&matchers);
	}
}

/* As Alertmanager reads them: what is not in quotes goes to the end. */
static void
matchers__of_a_filter_are_one(void)
{
	static const struct {
		const char *text, *value; /* NULL: refused */
	} rows[] = {
		{ "a=b", "b" },
		{ " a = b c ", "b c" },
		{ "a=", "" },
		{ "a=b,c=d", "b,c=d" },
		{ "a=b,", "b," },
		{ "a==b", "=b" },
		{ "a=b}", "b}" },
		{ "a=~[0-9]{1,2}", "[0-9]{1,2}" },
		{ "a=\"b,c\" ", "b,c" },
		{ "a=\"b\\\"c\"", "b\"c" },
		{ "a=\\\"b\\n\\d\\\\", "\"b\n\\d\\" },
		{ "a=\\", "\\" },
		{ "\"a\"=b", "b" },
		{ "{a=b,a!=c}", "b" },
		{ "", NULL },
		{ "a", NULL },
		{ "=b", NULL },
		{ "a=\"b", NULL },
		{ "a=b\"", NULL },
		{ "a=\"b\"c", NULL },
		{ "a=\"b\",c=d", NULL },
		{ "a=~(", NULL },
		{ "a=\xff", NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].text;
		struct arena arena = arena_over(memory, strlen(rows[i].text));
		struct label_matchers matchers = { .n = 0 };
		bool ok =
		    label_matchers_add_filter(&matchers, str_of(rows[i].text), &arena);
		EXPECT(ok == (rows[i].value != NULL));
		if (ok && rows[i].value != NULL) {
			EXPECT_STR(matchers.item[0].name, STR("a"));
			EXPECT_STR(matchers.item[0].value, str_of(rows[i].value));
		}
		label_matchers_done(&matchers);
		arena_release(memory, strlen(rows[i].text));
	}
}

/* The gate gives as much room as the text is long. */
static void
matchers__need_no_more_room_than_the_text(void)
{
	static const char text[] =
	    "{a=\"1\",b=\"2\",c=\"\\\"\",d=\"4\",e=\"5\",f=\"6\",\"g\"=\"7\"}";
	struct arena arena = arena_over(memory, sizeof(text));
	struct label_matchers matchers = { .n = 0 };
	EXPECT(label_matchers_add(&matchers, STR(text), &arena));
	EXPECT_U64(matchers.n, 7);
	EXPECT_STR(matchers.item[2].value, STR("\""));
	label_matchers_done(&matchers);
}

static void
matchers__refuse_what_is_no_matcher(void)
{
	static const char *const rows[] = { "", "{", "}", "a", "=b", "a=b c=d", "a==b",
		"a=\"b", "{a=b", "a=b}", "a=~\"(\"", "a=~\"[\"", "a=~\"(*NO_JIT)b\"",
		"a!~(*UCP)b", "a=b,,c=d", ",a=b", "a!b", "a=\"b\"c", "a=\xff" };
	for (size_t i = 0; i < countof(rows); i++) {
		struct label_matchers matchers;
		test_row = rows[i];
		EXPECT(!add(&matchers, rows[i]));
		label_matchers_done(&matchers);
	}
}

static void
matchers__have_a_step_limit(void)
{
	struct label_matchers matchers;
	char text[64];
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	EXPECT(add(&matchers, "a=~\"(a|aa)+\""));
	EXPECT(!label_matcher_match(&matchers.item[0], (str){ text, sizeof(text) }));
	label_matchers_done(&matchers);
}

static void
matchers__have_a_limit(void)
{
	struct label_matchers matchers;
	char text[LABEL_MATCHERS_MAX * 4 + 8] = "";
	for (size_t i = 0; i < LABEL_MATCHERS_MAX; i++)
		memcpy(text + 4 * i, "a=b,", 4);
	EXPECT(add(&matchers, text));
	EXPECT_U64(matchers.n, LABEL_MATCHERS_MAX);
	memcpy(text + 4 * (size_t)LABEL_MATCHERS_MAX, "a=b", 3);
	EXPECT(!add(&matchers, text));
	label_matchers_done(&matchers);
}

static void
matchers__are_made_of_their_parts(void)
{
	struct label_matcher a, b;
	EXPECT(label_matcher_make(label_op_of(true, true), STR("job"), STR("a|b"), &a));
	EXPECT(label_matcher_make(label_op_of(true, false), STR("job"), STR("a|b"), &b));
	EXPECT(label_matcher_match(&a, STR("b")) && !label_matcher_match(&b, STR("b")));
	EXPECT(!label_matcher_match(&a, STR("")) && label_matcher_match(&b, STR("")));
	EXPECT(label_matcher_eq(&a, &a) && !label_matcher_eq(&a, &b));
	label_matcher_done(&b);
	EXPECT(!label_matcher_make(LABEL_MATCH, STR("job"), STR("("), &b));
	label_matcher_done(&a);
}

static void
matchers__read_the_labels_of_a_body(void)
{
	struct pair pairs[] = { { STR("a"), STR("1") }, { STR("b"), STR("2") } };
	struct alert_body body = { .labels = { pairs, 2 } };
	struct buf out = BUF(1000);
	record_encode(&alert_body_type, &body, &out);
	static struct pair room[LABELS_MAX];
	struct pairs labels = labels_of_body(buf_str(&out), room);
	EXPECT_U64(labels.n, 2);
	EXPECT_STR(pairs_get(&labels, STR("b")), STR("2"));
	EXPECT_U64(labels_of_body(STR("x"), room).n, 0);
	buf_done(&out);
}

static uint64_t seed = 88172645463325252;

static size_t
below(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % n);
}

/* A few labels out of eight names, with values that often come again; some are longer than
 * a scan remembers, or than one byte of CBOR says. */
static struct pairs
random_labels(struct pair *pair)
{
	static const char *const names[] = { "a", "b", "c", "job", "name", "ort", "z",
		"zz" };
	static char value[countof(names)][400];
	size_t n = 0;
	for (size_t i = 0; i < countof(names); i++) {
		if (below(3) == 0)
			continue;
		size_t length =
		    below(8) == 0 ? below(sizeof(value[0]) - 1) + 1 : below(3) + 1;
		for (size_t k = 0; k < length; k++)
			value[i][k] = (char)('a' + below(k < 2 ? 2 : 1));
		pair[n++] = (struct pair){ str_of(names[i]), { value[i], length } };
	}
	if (n == 0)
		pair[n++] = (struct pair){ STR("a"), STR("a") };
	return (struct pairs){ pair, n };
}

static str
labels_bytes(const struct pairs *labels, struct buf *out)
{
	struct alert_body body = { .labels = *labels };
	struct wire_parts parts = { 0 };
	buf_reset(out);
	record_encode(&alert_body_type, &body, out);
	EXPECT(wire_body_measure(buf_str(out), &parts));
	return wire_labels(buf_str(out), parts.labels_bytes);
}

static void
label_scan__says_what_the_pairs_say(void)
{
	static const char *const rows[] = { "{}", "a=a", "a!=a", "a=\"\"", "job!=\"\"",
		"zz=~\"a|ab\"", "zz!~\"a|b\"", "name=~\"a.*\",a=a", "ort=~\".*\"",
		"ort=~\".+\",ort!~\"b.*\"", "none=~\"\",b=~\"a+\"", "none!~\"\"",
		"a=~\"a\",a=~\"a|b\",a!=b,c!~\"aa+\"" };
	struct buf out = BUF(WIRE_BODY_MAX);
	for (size_t i = 0; i < countof(rows); i++) {
		struct label_matchers matchers;
		struct label_scan scan;
		test_row = rows[i];
		EXPECT(add(&matchers, rows[i]));
		label_scan_begin(&scan, &matchers);
		for (size_t k = 0; k < 3000; k++) {
			struct pair pair[8];
			struct pairs labels = random_labels(pair);
			EXPECT(label_scan_match(&scan, labels_bytes(&labels, &out)) ==
			       label_matchers_match(&matchers, &labels));
		}
		EXPECT(!scan.exceeded);
		label_matchers_done(&matchers);
	}
	buf_done(&out);
}

static void
label_scan__runs_an_expression_once_for_the_same_value(void)
{
	struct label_matchers matchers;
	struct label_scan scan;
	EXPECT(add(&matchers, "job=~\"a.*\",none!~\"a\""));
	label_scan_begin(&scan, &matchers);
	struct buf out = BUF(WIRE_BODY_MAX);
	struct pair pair = { STR("job"), STR("api") };
	struct pairs labels = { &pair, 1 };
	for (size_t i = 0; i < 10; i++)
		EXPECT(label_scan_match(&scan, labels_bytes(&labels, &out)));
	EXPECT_U64(scan.regexes, 2);
	pair.value = STR("db");
	EXPECT(!label_scan_match(&scan, labels_bytes(&labels, &out)));
	EXPECT_U64(scan.regexes, 3);
	buf_done(&out);
	label_matchers_done(&matchers);
}

static void
label_scan__tells_of_an_expression_that_needs_too_many_steps(void)
{
	char value[64];
	memset(value, 'a', sizeof(value));
	struct pair pair = { STR("a"), { value, sizeof(value) } };
	struct pairs labels = { &pair, 1 };
	struct buf out = BUF(WIRE_BODY_MAX);
	static const char *const rows[] = { "a=~\"(a|aa)+[bc]\"", "a!~\"(a|aa)+[bc]\"" };
	for (size_t i = 0; i < countof(rows); i++) {
		struct label_matchers matchers;
		struct label_scan scan;
		EXPECT(add(&matchers, rows[i]));
		label_scan_begin(&scan, &matchers);
		EXPECT(!scan.exceeded);
		(void)label_scan_match(&scan, labels_bytes(&labels, &out));
		EXPECT(scan.exceeded);
		label_matchers_done(&matchers);
	}
	buf_done(&out);
}

int
main(void)
{
	RUN(matchers__match_labels);
	RUN(matchers__of_a_filter_are_one);
	RUN(matchers__need_no_more_room_than_the_text);
	RUN(matchers__refuse_what_is_no_matcher);
	RUN(matchers__have_a_step_limit);
	RUN(matchers__have_a_limit);
	RUN(matchers__are_made_of_their_parts);
	RUN(matchers__read_the_labels_of_a_body);
	RUN(label_scan__says_what_the_pairs_say);
	RUN(label_scan__runs_an_expression_once_for_the_same_value);
	RUN(label_scan__tells_of_an_expression_that_needs_too_many_steps);
	TEST_MAIN_END();
}
