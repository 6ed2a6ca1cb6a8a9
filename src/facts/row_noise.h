#ifndef FACTS_ROW_NOISE_H
#define FACTS_ROW_NOISE_H

#include "facts/row_limits.h"

/*
 * Rows: what alerts cost people, and what came of them. One for each day, alert, source and
 * service that had something to count.
 *
 * What is about an incident counts on the day it was opened, however much later it comes: so
 * of the incidents of some days all is told. Beyond NOISE_DAY_MAX rows of a day what has none
 * yet counts together, as NOISE_OTHERS.
 */
struct noise_row {
	row_id id;    /* numbered by themselves, from 1 */
	uint32_t day; /* since 1970, in UTC */
	str alert;    /* its `alertname`; of an incident without alerts what it recurs as */
	str source;
	str service;    /* empty: none */
	msec made_at;   /* engine clock: how old it is */
	uint64_t fired; /* alerts that began to fire, and that no silence held */
	uint32_t flaps; /* incidents that fired again before they were closed */
	uint32_t incidents;
	uint32_t called; /* of them: somebody was called */
	uint32_t
	    acted; /* a person did or said something about it, or an action was started */
	uint32_t alone;   /* closed, and nobody had acted */
	uint32_t wasted;  /* somebody was called, for nothing: noise.h */
	uint32_t yes, no; /* answers to "was it useful?" */
};
#define NOISE_OTHERS "(others)" /* its alert, source and service */
#define NOISE_DAY_MAX 256       /* rows of a day, and one of the others */
#define NOISE_MAX 32768         /* rows in all; beyond, the oldest go first */
#define NOISE_KEEP_DAYS 400
#define NOISE_NAME_MAX 200 /* bytes of each name */

/* Was an incident useful to know of? The last that each person said. */
struct useful {
	str who; /* a principal */
	bool yes;
	msec wall;
	str note;
};
#define USEFUL_MAX 64u /* people, of one incident */

extern const struct record_type noise_row_type, useful_type;

#endif
