#ifndef GATE_FILTER_H
#define GATE_FILTER_H

#include "facts/event.h"

/*
 * filter -- Alertmanager's matchers, as in GET /api/v2/alerts?filter=...
 *
 *	alertname="QueueStuck"    severity!=info    job=~"checkout-.*"    {a="b",c!~"d"}
 *
 * A regular expression is anchored at both ends and runs under a step limit: one that
 * needs more matches nothing. A label that is missing counts as empty.
 */
#define FILTERS_MAX 32
#define FILTER_BYTES_MAX 4096

enum filter_kind { FILTER_EQUAL = 1, FILTER_NOT_EQUAL, FILTER_MATCH, FILTER_NOT_MATCH };

struct filter {
	enum filter_kind kind;
	str name;
	str value;
	void *regex; /* pcre2_code of FILTER_MATCH and FILTER_NOT_MATCH */
};

struct filters {
	struct filter item[FILTERS_MAX];
	size_t n;
};

/* Append the matchers of one text; names and values are slices of it, or in the arena
 * where they stood in quotes (room for text.n bytes). On false nothing may be used;
 * filters_done is still to be called. */
NODISCARD bool filters_add(struct filters *filters, str text, struct arena *arena);
/* A regular expression alone, anchored (`receiver=`), as a matcher of the empty name. */
NODISCARD bool filters_add_pattern(struct filters *filters, str pattern);
bool filters_match(const struct filters *filters, const struct pairs *labels);
bool filter_match(const struct filter *filter, str value);
void filters_done(struct filters *filters);

#endif
