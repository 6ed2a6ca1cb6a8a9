#include "intake/matchers.h"

#include "intake/wire.h"
#include "support/fuzz.h"

/* A scan of the labels as they are kept says what the pairs say, the second time too. */
static void
check_scan(const struct label_matchers *matchers, const struct pairs *labels, bool match)
{
	static struct label_scan scan;
	struct alert_body body = { .labels = *labels };
	struct wire_parts parts = { 0 };
	struct buf out = BUF(WIRE_BODY_MAX);
	record_encode(&alert_body_type, &body, &out);
	bool ok = wire_body_measure(buf_str(&out), &parts);
	ASSERT(ok);
	label_scan_begin(&scan, matchers);
	for (size_t i = 0; i < 2; i++) {
		bool said =
		    label_scan_match(&scan, wire_labels(buf_str(&out), parts.labels_bytes));
		ASSERT(scan.exceeded || said == match);
	}
	buf_done(&out);
}

/* Any text as matchers: what is accepted has names, and matches itself or not, but never
 * both with a matcher and with its opposite. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[LABEL_MATCHERS_BYTES_MAX * 2];
	if (size > LABEL_MATCHERS_BYTES_MAX)
		return 0;
	str text = { (const char *)data, size };
	struct arena arena = arena_over(memory, sizeof(memory));
	struct label_matchers matchers = { .n = 0 };
	if (label_matchers_add(&matchers, text, &arena)) {
		struct pair pair = { STR("alertname"), STR("QueueStuck") };
		struct pairs labels = { &pair, 1 };
		bool all = true;
		for (size_t i = 0; i < matchers.n; i++) {
			const struct label_matcher *matcher = &matchers.item[i];
			ASSERT(str_utf8(matcher->name) && str_utf8(matcher->value));
			str value = pairs_get(&labels, matcher->name);
			struct label_matcher other = *matcher;
			other.op = matcher->op == LABEL_EQUAL       ? LABEL_NOT_EQUAL
			           : matcher->op == LABEL_NOT_EQUAL ? LABEL_EQUAL
			           : matcher->op == LABEL_MATCH     ? LABEL_NOT_MATCH
			                                            : LABEL_MATCH;
			/* Neither matches where an expression takes too many steps. */
			bool match = label_matcher_match(matcher, value);
			bool opposite = label_matcher_match(&other, value);
			ASSERT(!match || !opposite);
			ASSERT(match || opposite || matcher->regex != NULL);
			all = all && match;
		}
		ASSERT(label_matchers_match(&matchers, &labels) == all);
		check_scan(&matchers, &labels, all);
	}
	label_matchers_done(&matchers);
	arena = arena_over(memory, sizeof(memory));
	if (label_matchers_add_filter(&matchers, text, &arena))
		ASSERT(matchers.n == 1 || str_trim(text).p[0] == '{');
	label_matchers_done(&matchers);
	bool ok = label_matchers_add_pattern(&matchers, text);
	ASSERT(matchers.n == (ok ? 1 : 0));
	label_matchers_done(&matchers);
	arena_release(memory, sizeof(memory));
	return 0;
}
