#ifndef CORE_TRUST_H
#define CORE_TRUST_H

#include "facts/row.h"

/*
 * trust -- what a history of outcomes (struct trust_row) is worth.
 *
 * Pure functions of their arguments, in integers: the same history gives the same level on
 * every machine and in every replay.
 *
 * The bound is the lower end of the Wilson score interval (E. B. Wilson, "Probable
 * inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212),
 * two-sided 95 %, so z = 1.96 and z^2 = 3.8416:
 *
 *	(s + z^2/2 - z * sqrt(s * (n - s) / n + z^2/4)) / (n + z^2)
 *
 * for s verified of n outcomes. It is what the true share surely is, not what it seems to
 * be: 3 of 3 are at least 43 %, 10 of 10 at least 72 %, 49 of 50 at least 89 %.
 */

/* In hundredths of a percent, rounded down; 0 for none. verified <= outcomes <= 1000. */
uint32_t trust_bound(uint32_t verified, uint32_t outcomes);

struct proof {
	uint32_t outcomes, verified; /* drills among them */
	uint32_t drills;
	uint32_t since_change; /* outcomes by the present text */
	uint32_t overridden, undone;
	uint32_t bound;
};
struct proof trust_evidence(str history);

/* What a level wants. Percent of what was verified or overridden that may be undone or
 * overridden. */
struct trust_need {
	enum autonomy level;
	uint32_t outcomes;
	uint32_t bound;
	msec age_ms; /* of the last outcome, at most; 0: any */
	uint32_t disturbed_percent;
	uint32_t since_change;
};
extern const struct trust_need trust_needs[]; /* of plan, veto, auto; then level 0 */

/* NULL: the need is met; else a name for what is missing, of the first that is. */
const char *trust_lacks(const struct trust_need *need, const struct proof *evidence,
    msec last_wall, msec wall);
/* The highest level that the evidence is enough for; AUTONOMY_STEP needs none. */
enum autonomy trust_earns(const struct proof *evidence, msec last_wall, msec wall,
    bool stale);

/* The history with the letter added and what counts no more left out, in `out`. */
str trust_add(str history, char letter, char out[static TRUST_HISTORY_MAX]);

#endif
