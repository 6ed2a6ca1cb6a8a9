#ifndef CORE_NOISE_SUM_H
#define CORE_NOISE_SUM_H

#include "base/map.h"
#include "facts/noise.h"

/*
 * noise_sum -- rows of what alerts cost, in sum, the worst first.
 *
 * Pure; memory from the arena alone.
 *
 *	noise_sum_begin(&sum, &arena, NOISE_BY_ALERT, since_wall);
 *	noise_sum_add(&sum, &row);                            any number of times
 *	n = noise_sum_end(&sum, &items);
 */
enum noise_by { NOISE_BY_ALERT = 1, NOISE_BY_SOURCE, NOISE_BY_SERVICE };
NODISCARD bool noise_by_word(str word, enum noise_by *ret); /* empty: by alert */

struct noise_sum {
	struct arena *arena;
	enum noise_by by;
	uint32_t first_day;
	struct names names;           /* to struct noise_sum_item */
	struct noise_sum_item *first; /* all of them */
	size_t n;
};

/* The days from that of `since_wall` on, in UTC. */
void noise_sum_begin(struct noise_sum *sum, struct arena *arena, enum noise_by by,
    msec since_wall);
void noise_sum_add(struct noise_sum *sum, const struct noise_row *row);
/* At most NOISE_LISTED_MAX, and one of the rest. Those for which most people were called for
 * nothing come first. */
size_t noise_sum_end(struct noise_sum *sum, struct noise_item **ret);

#endif
