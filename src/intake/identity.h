#ifndef INTAKE_IDENTITY_H
#define INTAKE_IDENTITY_H

#include "base/arena.h"

/*
 * identity -- from the hash of an alert's labels to the slots that may hold it.
 *
 * Open addressing, 8 bytes a place, at most 13/16 full, deletion by moving back. It knows
 * only 32 bits of the hash: the caller compares the labels themselves. Hashes come from
 * SipHash with a key of our own, so nobody outside can make them collide. Doubles by
 * itself; the hash is kept, so nothing is hashed again.
 */
#define SLOT_NONE UINT32_MAX

struct identity_place {
	uint32_t tag;
	uint32_t slot_1; /* slot + 1; 0: empty */
};

struct identity {
	struct arena_map map;
	struct identity_place *place;
	uint32_t mask; /* places - 1 */
	uint32_t n;
};

void identity_init(struct identity *t);
void identity_done(struct identity *t);
void identity_add(struct identity *t, uint32_t tag, uint32_t slot);
void identity_remove(struct identity *t, uint32_t tag, uint32_t slot); /* must be there */

/* The next slot with this tag from place *at on, which begins as `tag`; SLOT_NONE: no more. */
static inline uint32_t
identity_next(const struct identity *t, uint32_t tag, uint32_t *at)
{
	for (uint32_t i = *at;; i++) {
		const struct identity_place *place = &t->place[i & t->mask];
		if (place->slot_1 == 0)
			return SLOT_NONE;
		if (place->tag == tag) {
			*at = i + 1;
			return place->slot_1 - 1;
		}
	}
}

static inline void
identity_prefetch(const struct identity *t, uint32_t tag)
{
	__builtin_prefetch(&t->place[tag & t->mask]);
}

#endif
