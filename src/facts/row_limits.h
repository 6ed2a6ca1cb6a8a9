#ifndef FACTS_ROW_LIMITS_H
#define FACTS_ROW_LIMITS_H

#include "facts/record.h"

/* What is common to the headers of rows; whoever uses rows includes facts/row.h. */

#define PAIRS_MAX 256     /* params, inputs, notice fields */
#define ARGV_MAX 256      /* arguments of one command */
#define TARGETS_MAX 1024  /* of one step of a run */
#define TOLD_MAX 1024     /* people told of one incident */
#define LABELS_MAX 1024   /* of one alert; annotations alike */
#define CHANNEL_OUT_MAX 8 /* notices of one channel that are out at once */

typedef uint32_t incident_id; /* numbered from 1, never reused */
typedef uint64_t row_id;      /* one running number over all other kinds, never reused */

#endif
