#ifndef INTAKE_SEARCH_H
#define INTAKE_SEARCH_H

#include "intake/intake.h"
#include "intake/needle.h"
#include "intake/signature.h"

/*
 * search -- the alerts that match, a page of them by fingerprint, found in slices.
 *
 *	search_begin(&s, ...)
 *	while (search_step(intake, &s))      a few microseconds each, at most half a millisecond
 *		... others get their turn; alerts come and go ...
 *	search_end(&s)                       s.found[0..n), ascending
 *
 * Where `scan.exceeded` is set then, a regular expression needed too many steps and what
 * matches is not known.
 *
 * search_narrow leaves out more of them, before the first step.
 *
 * What was found may be gone when it is looked up by its number. What comes while it looks
 * is found or not. The memory is the caller's: `most` places, whatever matches.
 */
struct found {
	uint64_t fingerprint;
	uint64_t number;
};

enum search_held { SEARCH_ANY, SEARCH_ACTIVE, SEARCH_HELD };

struct search {
	struct label_scan scan;
	const struct needle *needle; /* NULL: none */
	enum search_held held;
	struct signature wanted;
	uint64_t above; /* only fingerprints above this; 0: all */
	uint32_t slot,
	    end;       /* to look at next; of search_next: known after its first call */
	uint64_t cost; /* of this step of search_next */
	struct found *found; /* a heap with the largest on top, until search_end */
	size_t n, most;
	bool more;     /* there may be matches behind the page */
	uint64_t next; /* the lowest fingerprint of those that are known; or UINT64_MAX */
};

void search_begin(struct search *search, const struct label_matchers *matchers,
    uint64_t above, struct found *found, size_t most);
/* Only those that have the words, and that are held, or are not, as the core was told. The
 * needle stays until the end. */
void search_narrow(struct search *search, const struct needle *needle,
    enum search_held held);
/* true: not through yet */
bool search_step(const struct intake *intake, struct search *search);
/*
 * All that match, in no order and of any number, instead:
 *
 *	search_begin(&s, &matchers, 0, NULL, 0)
 *	while ((alert = search_next(intake, &s)) != NULL || s.slot < s.end)
 *		... NULL: others get their turn ...
 */
const struct alert *search_next(const struct intake *intake, struct search *search);
/* Sorts. Alerts of one fingerprint are not parted by the page's end. */
void search_end(struct search *search);

#endif
