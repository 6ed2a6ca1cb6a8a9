#ifndef INTAKE_SIGNATURE_H
#define INTAKE_SIGNATURE_H

#include "intake/matchers.h"

/*
 * signature -- what labels an alert surely does not have, in 16 bytes.
 *
 * A Bloom filter: each pair sets four of 128 bits, so of alerts with ten labels one in two
 * hundred looks as if it had an eleventh. A search for `service="checkout"` looks at these
 * side by side in memory and opens only the alerts that may match.
 */
struct signature {
	uint64_t bits[2];
};

/* Of a checked body's labels (wire_labels): about 70 ns for ten. */
struct signature signature_of_labels(str labels);
/* What an alert must have to match; nothing where no matcher wants a certain value. */
struct signature signature_of_matchers(const struct label_matchers *matchers);

static inline bool
signature_may_match(const struct signature *alert, const struct signature *wanted)
{
	return (alert->bits[0] & wanted->bits[0]) == wanted->bits[0] &&
	       (alert->bits[1] & wanted->bits[1]) == wanted->bits[1];
}

#endif
