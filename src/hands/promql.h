#ifndef HANDS_PROMQL_H
#define HANDS_PROMQL_H

#include "facts/event.h"

/*
 * promql -- what a Prometheus answered to an instant query, as one value.
 *
 * Prometheus' API v1, read strictly. A vector gives the value of its first series, in the
 * order of the label sets (names and values, bytewise), and how many there were; a scalar
 * is one series. No series, or NaN as the value, is PROBE_NO_DATA: a question well asked
 * with no answer. Everything else (an error of the server's, a matrix, a histogram, text
 * that is not this format) is PROBE_FAILED with a sentence.
 *
 * Fills status, value, series and error; strings are slices of the body or in the arena.
 */
#define PROMQL_BODY_MAX (1u << 20)
#define PROMQL_LABELS_MAX 64 /* of one series */

void promql_read(str body, struct arena *arena, struct probe_result *ret);

#endif
