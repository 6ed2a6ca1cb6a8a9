#ifndef TESTS_FILL_H
#define TESTS_FILL_H

#include "facts/record.h"

/*
 * fill -- records full of something, made from their tables, the same for the same seed.
 *
 * Every value is one that encoding takes as it is and decoding gives back. Texts hold what
 * is awkward (quotes, line ends, characters of several bytes), numbers are small, large and
 * at their limits, lists have up to four items.
 */
struct fill {
	uint64_t seed;
	struct arena *arena;  /* for all that the record points at */
	unsigned fields_of_8; /* how many of 8 fields get a value; 8: all */
};

uint64_t fill_number(struct fill *fill);
size_t fill_below(struct fill *fill, size_t n);
/* Zeroes the record first. */
void fill_record(struct fill *fill, const struct record_type *type, void *ret);

#endif
