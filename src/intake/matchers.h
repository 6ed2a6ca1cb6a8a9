#ifndef INTAKE_MATCHERS_H
#define INTAKE_MATCHERS_H

#include "facts/event.h"

/*
 * matchers -- Alertmanager's, of filters, silences and inhibitions.
 *
 *	alertname="QueueStuck"    severity!=info    job=~"checkout-.*"    {a="b",c!~"d"}
 *
 * A regular expression is anchored at both ends and runs under a step limit: one that
 * needs more matches nothing. A label that is missing counts as empty.
 */
#define LABEL_MATCHERS_MAX 32
#define LABEL_MATCHERS_BYTES_MAX 4096
#define LABEL_MATCH_STEPS_MAX 20000 /* of matching a value: about 100 us */

enum label_op { LABEL_EQUAL = 1, LABEL_NOT_EQUAL, LABEL_MATCH, LABEL_NOT_MATCH };

struct label_matcher {
	enum label_op op;
	str name;
	str value;
	void *regex; /* pcre2_code of LABEL_MATCH and LABEL_NOT_MATCH */
};

/* A pattern that does not compile: false, nothing to be done with *ret. Names and values
 * are the caller's. */
NODISCARD bool label_matcher_make(enum label_op op, str name, str value,
    struct label_matcher *ret);
void label_matcher_done(struct label_matcher *matcher);
bool label_matcher_match(const struct label_matcher *matcher, str value);
/* The same name, operator and text. */
bool label_matcher_eq(const struct label_matcher *a, const struct label_matcher *b);
enum label_op label_op_of(bool regex, bool equal);

struct label_matchers {
	struct label_matcher item[LABEL_MATCHERS_MAX];
	size_t n;
};

/* Append the matchers of one text; names and values are slices of it, or in the arena
 * where they stood in quotes (room for text.n bytes). On false nothing may be used;
 * label_matchers_done is still to be called. */
NODISCARD bool label_matchers_add(struct label_matchers *matchers, str text,
    struct arena *arena);
/* The text of a `filter=`: one matcher, whose value is whatever follows the operator, also
 * where it is not in quotes: `device=~sd[a-z]{1,2}`, `id=abc==`, `path=a,b`. In braces it is
 * as above. */
NODISCARD bool label_matchers_add_filter(struct label_matchers *matchers, str text,
    struct arena *arena);
/* A regular expression alone, anchored (`receiver=`), as a matcher of the empty name. */
NODISCARD bool label_matchers_add_pattern(struct label_matchers *matchers, str pattern);
bool label_matchers_match(const struct label_matchers *matchers,
    const struct pairs *labels);
void label_matchers_done(struct label_matchers *matchers);

/*
 * label_scan -- matchers that are asked about one alert after the other.
 *
 * It looks at labels as intake keeps them, makes no pairs of them, and remembers what each
 * regular expression said last: a label often has the value it had in the alert before.
 *
 * The expressions share LABEL_MATCH_STEPS_MAX for each alert, evenly. One that needs more
 * sets `exceeded`: what matches is then not known, and whoever asked is to be told.
 */
#define LABEL_MEMO_BYTES 96 /* longer values are not remembered */

struct label_scan {
	const struct label_matchers *matchers;
	uint32_t steps;   /* for each expression */
	uint64_t regexes; /* that were run so far: what a scan mostly costs */
	bool exceeded;
	struct label_memo {
		uint8_t n;
		bool known, match;
		char value[LABEL_MEMO_BYTES];
	} memo[LABEL_MATCHERS_MAX];
};

/* The matchers stay as they are while the scan is used. */
void label_scan_begin(struct label_scan *scan, const struct label_matchers *matchers);
/* The bytes are those of wire_labels, checked. */
bool label_scan_match(struct label_scan *scan, str labels);
/* What matcher i says of a value. */
bool label_scan_value(struct label_scan *scan, size_t i, str value);

/* The labels at the front of an alert's body (CBOR of struct alert_body), ascending, read
 * into `pair`, which has room for LABELS_MAX; none when it is no such body. */
struct pairs labels_of_body(str body, struct pair *pair);

#endif
