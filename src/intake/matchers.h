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
/* A regular expression alone, anchored (`receiver=`), as a matcher of the empty name. */
NODISCARD bool label_matchers_add_pattern(struct label_matchers *matchers, str pattern);
bool label_matchers_match(const struct label_matchers *matchers,
    const struct pairs *labels);
void label_matchers_done(struct label_matchers *matchers);

/* The labels at the front of an alert's body (CBOR of struct alert_body), ascending, read
 * into `pair`, which has room for LABELS_MAX; none when it is no such body. */
struct pairs labels_of_body(str body, struct pair *pair);

#endif
