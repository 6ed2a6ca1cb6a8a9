#ifndef INTAKE_TALLY_H
#define INTAKE_TALLY_H

#include "intake/intake.h"

/*
 * tally -- any number of alerts, counted by the values that they have of some labels, and
 * the groups that this makes shown a page at a time.
 *
 *	tally_add(tally, alert, severity)              for each alert
 *	page = tally_page_new(tally, after, groups, first)
 *	while ((news = tally_page_step(page, intake)) != TALLY_END)
 *		if (news == TALLY_GROUP)
 *			... page's group; others get their turn in between ...
 *
 * What an alert lacks of a label is the empty value. Groups come with the worst severity
 * first, then the most alerts. What all alerts of one share is found when it is shown, so
 * counting a million is quick and takes little: an alert 16 bytes, a group about 64.
 *
 * Each step takes some microseconds. Alerts may come and go between steps: what is gone when
 * its group is shown is counted, but neither among the first nor asked what it shares.
 */
#define TALLY_BY_MAX 8            /* labels */
#define TALLY_GROUPS_MAX 500000   /* of one tally */
#define TALLY_PAGE_GROUPS_MAX 200 /* of one page */
#define TALLY_FIRST_MAX 20        /* alerts of a group that are shown with it */
#define TALLY_SHARED_BYTES_MAX \
	16384 /* of the labels that all share; the others are left out */

struct tally;
struct tally_page;

struct tally_count {
	uint32_t alerts, held;
	uint32_t severity[5]; /* 0: in no incident, else of its incident */
};

/* `by` ascend, none twice; they are copied. `seed` is random: it keeps outsiders from making
 * groups collide. */
struct tally *tally_new(const struct strs *by, size_t alerts_max, uint64_t seed);
void tally_free(struct tally *tally); /* nothing when NULL */
/* Beyond `alerts_max` they are passed over. false: there would be too many groups. */
NODISCARD bool tally_add(struct tally *tally, const struct alert *alert,
    enum severity severity);
struct tally_count tally_all(const struct tally *tally);
size_t tally_groups(const struct tally *tally);
size_t tally_bytes(const struct tally *tally); /* the memory it takes, about */

enum tally_news { TALLY_NOTHING = 1, TALLY_GROUP, TALLY_END };

struct tally_shown {
	struct tally_count count;
	uint64_t place;      /* where the next page goes on */
	struct pairs by;     /* of the labels that were asked for, also empty values */
	struct pairs shared; /* by all that are still there, others than these */
	msec oldest, newest; /* when they started, wall */
	size_t first_n;      /* by fingerprint */
	uint64_t first[TALLY_FIRST_MAX]; /* numbers */
	uint64_t first_fingerprint[TALLY_FIRST_MAX];
};

/* The groups behind the place `after` (0: from the start). The tally must stay, and no alert
 * may be added to it any more. */
struct tally_page *tally_page_new(const struct tally *tally, uint64_t after,
    size_t groups_max, size_t first_max);
void tally_page_free(struct tally_page *page); /* nothing when NULL */
enum tally_news tally_page_step(struct tally_page *page, const struct intake *intake);
/* Behind TALLY_GROUP, until the next step. */
const struct tally_shown *tally_page_shown(const struct tally_page *page);
/* Behind TALLY_END: are there groups behind this page? */
bool tally_page_more(const struct tally_page *page);

#endif
