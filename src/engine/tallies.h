#ifndef ENGINE_TALLIES_H
#define ENGINE_TALLIES_H

#include "engine/filtered.h"
#include "engine/state.h"
#include "intake/tally.h"

/*
 * tallies -- alerts counted in groups of chosen labels, for those who ask.
 *
 * Counting looks at every alert, so it is done once for all who ask the same: whoever asked
 * before it began, or since when nothing was committed, is shown what was counted. A page
 * of it is made for each. Nothing is kept between the pages of one asker: the next names the
 * place where it goes on.
 */
#define TALLIES_MAX 16                        /* at once */
#define TALLIES_BYTES_MAX ((size_t)128 << 20) /* of all of them */
#define TALLIES_NEW_ALERTS \
	1024 /* that come while those are counted which were there before */
#define TALLIES_IDLE_MS (5 * SECOND)         /* shown to nobody */
#define TALLIES_PAGE_BYTES ((size_t)4 << 20) /* of alerts: the page ends behind it */
#define TALLIES_GROUPS 50                    /* of a page, where nobody says how many */
#define TALLIES_FIRST 5                      /* alerts of each, alike */

struct tallied {
	hash32 what;         /* was asked for */
	struct tally *tally; /* NULL: this place is free */
	struct filtered *filtered;
	struct label_matchers none;
	struct search all; /* where there is no filter */
	uint64_t began_us;
	uint64_t seq; /* the last that was committed then */
	unsigned users;
	uint64_t left_us; /* by the last of them */
	bool done;
	uint32_t failed; /* 0, or the status for all who wait */
	const char *why;
};

struct tallies {
	struct tallied item[TALLIES_MAX];
	uint64_t seed; /* of all: a place in one's order is the same in the next */
};

/* What one asker is shown. */
struct shown {
	hash32 what;
	uint64_t asked_us;
	struct tallied *of; /* NULL: it was not his turn yet */
	struct tally_page *page;
	uint64_t after;
	size_t groups_max, first_max;
	size_t bytes;            /* of alerts */
	struct request *request; /* a copy: until it is counted */
	struct arena_map map;    /* of that */
};

/* NULL with *ret_why: it asks for what cannot be. */
struct shown *shown_new(const struct request *request, const char **ret_why);
void shown_free(struct shown *shown); /* nothing when NULL */

enum shown_news { SHOWN_MORE = 1, SHOWN_END, SHOWN_FAILED };
/* A slice, as far as the time of the turn goes. SHOWN_END: *ret_cursor; SHOWN_FAILED: the
 * status and why. */
enum shown_news shown_slice(struct engine *engine, struct tallies *tallies,
    struct shown *shown, struct answer_out *a, uint64_t *ret_cursor, uint32_t *ret_status,
    const char **ret_why);
/* It is not counted yet: still searching. */
bool shown_waits(const struct shown *shown);
void tallies_forget(struct tallies *tallies, bool all); /* or those that nobody is shown */

#endif
