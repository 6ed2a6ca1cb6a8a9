#ifndef FACTS_TRUST_H
#define FACTS_TRUST_H

#include "facts/row.h"

/*
 * trust -- how far a runbook goes, as it is told to people; its row is in row.h.
 */
/* How far a runbook goes on a service, and all that it follows from. */
struct trust_item {
	str runbook;
	str service;           /* empty: any, and none is known yet */
	str owner;             /* the team */
	enum autonomy level;   /* in force: the least of the next three */
	enum autonomy ceiling; /* the runbook's */
	enum autonomy said;    /* the owner's */
	enum autonomy held;    /* what it was promoted to, or was demoted to */
	enum autonomy earns;   /* what the evidence is enough for */
	bool earned;           /* promotions are bound by that */
	bool shadow;
	str why;        /* what holds it there, a sentence */
	str arithmetic; /* how `bound` comes about */
	str next;       /* what the next level wants of it; empty: nothing is above */
	uint32_t bound; /* of the share that is verified, in hundredths of a percent */
	uint32_t verified, outcomes, drills, since_change, overridden,
	    undone; /* of the last */
	msec last_wall, drill_due_wall;
	bool stale;
	hash32 digest; /* of the evidence: what a promotion names */
	struct trust_row row;
};

extern const struct record_type trust_item_type;

#endif
