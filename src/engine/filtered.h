#ifndef ENGINE_FILTERED_H
#define ENGINE_FILTERED_H

#include "intake/matchers.h"
#include "intake/search.h"

/*
 * filtered -- which alerts a request asks for: its parameters "filter.00" and up, "receiver",
 * "state" and "text", and the search for them.
 */
struct filtered {
	struct arena_map map; /* of all this */
	struct label_matchers matchers;
	struct label_matchers receiver; /* a pattern, or none */
	struct label_scan owner;        /* of the receiver */
	struct needle needle;
	enum search_held held;
	struct search search;
	bool searched;
	size_t at; /* in what was found */
};

/* NULL where the request names none of them, or with *ret_wrong where one is none. What is
 * found has so many `places`; with 0 the search is one of search_next. */
struct filtered *filtered_new(const struct request *request, size_t places,
    const char **ret_wrong);
void filtered_free(struct filtered *filtered); /* nothing when NULL */
/* There is something to search by, besides the receiver. */
bool filtered_searches(const struct filtered *filtered);

#endif
