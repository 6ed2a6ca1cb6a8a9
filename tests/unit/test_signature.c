#include "intake/signature.h"

#include "intake/wire.h"
#include "support/test.h"

static struct buf out = { .max = WIRE_BODY_MAX };

static struct signature
of(struct pair *pair, size_t n)
{
	struct alert_body body = { .labels = { pair, n } };
	struct wire_parts parts = { 0 };
	buf_reset(&out);
	record_encode(&alert_body_type, &body, &out);
	EXPECT(wire_body_measure(buf_str(&out), &parts));
	return signature_of_labels(wire_labels(buf_str(&out), parts.labels_bytes));
}

static struct signature
wanted(enum label_op op, str name, str value)
{
	struct label_matchers matchers = { .n = 1 };
	EXPECT(label_matcher_make(op, name, value, &matchers.item[0]));
	struct signature ret = signature_of_matchers(&matchers);
	label_matchers_done(&matchers);
	return ret;
}

/* Values as long as need a head of one, two and three bytes. */
static void
signature__never_denies_a_label_that_is_there(void)
{
	static char value[5000];
	memset(value, 'v', sizeof(value));
	for (size_t n = 1; n <= LABEL_MATCHERS_BYTES_MAX; n += n < 40 ? 1 : n / 3) {
		struct pair pair[] = { { STR("a"), STR("1") }, { STR("b"), { value, n } },
			{ STR("name"), STR("2") } };
		struct signature alert = of(pair, countof(pair));
		for (size_t i = 0; i < countof(pair); i++) {
			struct signature want =
			    wanted(LABEL_EQUAL, pair[i].name, pair[i].value);
			EXPECT(signature_may_match(&alert, &want));
		}
	}
}

static void
signature__says_nothing_where_no_value_is_wanted(void)
{
	struct pair pair[] = { { STR("a"), STR("1") } };
	struct signature alert = of(pair, 1);
	struct signature rows[] = { wanted(LABEL_EQUAL, STR("b"), STR("")),
		wanted(LABEL_NOT_EQUAL, STR("a"), STR("2")),
		wanted(LABEL_MATCH, STR("a"), STR("2")),
		wanted(LABEL_NOT_MATCH, STR("a"), STR("2")) };
	for (size_t i = 0; i < countof(rows); i++)
		EXPECT(signature_may_match(&alert, &rows[i]));
}

static void
signature__of_ten_labels_is_seldom_wrong(void)
{
	static char name[10][4], value[10][8];
	size_t wrong = 0;
	struct signature want = wanted(LABEL_EQUAL, STR("l3"), STR("other"));
	for (size_t k = 0; k < 10000; k++) {
		struct pair pair[10];
		for (size_t i = 0; i < 10; i++) {
			(void)snprintf(name[i], sizeof(name[i]), "l%zu", i);
			(void)snprintf(value[i], sizeof(value[i]), "%zu", k * (i + 1));
			pair[i] = (struct pair){ str_of(name[i]), str_of(value[i]) };
		}
		struct signature alert = of(pair, countof(pair));
		wrong += signature_may_match(&alert, &want);
	}
	EXPECT(wrong < 100);
}

int
main(void)
{
	RUN(signature__never_denies_a_label_that_is_there);
	RUN(signature__says_nothing_where_no_value_is_wanted);
	RUN(signature__of_ten_labels_is_seldom_wrong);
	buf_done(&out);
	TEST_MAIN_END();
}
