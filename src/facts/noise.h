#ifndef FACTS_NOISE_H
#define FACTS_NOISE_H

#include "facts/row.h"

/*
 * noise -- the rows of row_noise.h in sum, as they are told to people: of one alert's name, one
 * source or one service, over some days.
 */
struct noise_item {
	str name; /* empty: none */
	uint64_t fired;
	uint32_t flaps, incidents, called, acted, alone, wasted, yes, no;
	uint32_t acted_percent; /* of the incidents */
	str verdict;            /* what to do about it, a sentence; empty: nothing */
	msec since_wall;        /* the first of the days */
};
#define NOISE_LISTED_MAX 500 /* in one answer; what is less is one more, NOISE_REST */
#define NOISE_REST "(the rest)"
#define NOISE_SINCE_MS (30 * DAY)

extern const struct record_type noise_item_type;

#endif
