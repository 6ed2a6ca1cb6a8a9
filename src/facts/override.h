#ifndef FACTS_OVERRIDE_H
#define FACTS_OVERRIDE_H

#include <assert.h>

#include "facts/row.h"

/*
 * override -- rows of who stands in for whom in a rotation, and what a decision is told of
 * that.
 */
/* Somebody has a rotation in the place of whoever would have it, for as long as it says. */
struct stand_in {
	str team;
	str rotation; /* empty: all of the team's */
	str instead;  /* only where this person would have it; empty: whoever would */
	str person;
	msec from_wall, until_wall;
};

enum override_kind {
	OVERRIDE_SET = 1, /* somebody said who has it */
	OVERRIDE_COVER,   /* a person asked the others to take their turn */
	OVERRIDE_SWAP,    /* two give each other a turn */
};

enum override_state {
	OVERRIDE_ASKED = 1, /* waits for a yes */
	OVERRIDE_HOLDS,     /* from then until then */
	OVERRIDE_OVER,      /* its time has passed */
	OVERRIDE_ENDED,     /* a person took it back */
	OVERRIDE_DECLINED,  /* everybody who was asked said no */
	OVERRIDE_EXPIRED,   /* nobody said yes in time */
};

struct override_row {
	row_id id;
	enum override_kind kind;
	enum override_state state;
	str team;
	str rotation; /* empty: all of the team's */
	str instead;  /* whose turns; empty: whoever has one */
	str person;   /* who has them then; empty: nobody said yes yet */
	msec from_wall, until_wall;
	msec back_from_wall,
	    back_until_wall; /* SWAP: then `instead` has those of `person` */
	str why;
	str by; /* a principal */
	msec made_wall;
	struct strs asked; /* people whose yes is waited for */
	msec accepted_wall;
	str over_by, over_why;
	msec over_wall;
	msec due_at; /* engine clock: when it is looked at next */
	bool reminded;
};
#define OVERRIDES_OPEN_MAX 256
#define OVERRIDE_ASKED_MAX 64
#define OVERRIDE_WHY_MAX 1000

static_assert(STAND_INS_MAX == 2 * OVERRIDES_OPEN_MAX, "a swap is two");

const char *override_state_name(enum override_state state);

#endif
