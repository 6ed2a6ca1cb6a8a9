#ifndef NODE_WATCH_H
#define NODE_WATCH_H

#include "base/str.h"

/*
 * watch -- how fetching one calendar goes, and when somebody should know. Pure.
 *
 *	it came, or is as it was     all is well; what was told is over
 *	it did not, or does not fit  the last copy stands. Told once that is WATCH_PATIENCE old,
 *	                             or three times `every` where that is longer; at once where
 *	                             there is no copy. And again each WATCH_AGAIN_MS
 */
#define WATCH_PATIENCE_MS (6 * HOUR)
#define WATCH_AGAIN_MS DAY

struct watch {
	msec every_ms;
	msec good_wall; /* 0: never yet */
	msec told_wall; /* 0: nobody was */
	bool well;      /* and that is known since we began */
	char why[400];  /* the last thing that went wrong; empty: nothing is */
};

enum watch_news {
	WATCH_NOTHING = 1,
	WATCH_BAD,  /* it should be told */
	WATCH_OVER, /* it is well: whatever was told has ended */
};

enum watch_news watch_good(struct watch *watch, msec wall);
/* *ret_new: it did not go wrong before, or otherwise: worth a line in the log. */
enum watch_news watch_bad(struct watch *watch, msec wall, str why, bool *ret_new);

#endif
