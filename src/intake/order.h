#ifndef INTAKE_ORDER_H
#define INTAKE_ORDER_H

#include "base/arena.h"

/*
 * order -- the slots of all alerts, in buckets that ascend by fingerprint.
 *
 * A bucket holds what lies in one range of fingerprints, in no order; whoever lists sorts a
 * few dozen slots. Putting one in or taking one out is a handful of memory accesses,
 * whatever the number of alerts: it happens for each of them, a listing seldom.
 *
 * There are more buckets the more slots there are, one more at a time: the bucket before
 * `split` is parted into its halves. Those from `split` on are parted already:
 *
 *	bucket   0 | 1 | 2 | .. 2*split | 2*split+1 | ...     split = 3, of 4 at first
 *	range    quarters of all        | eighths
 *
 * Fingerprints are FNV, so anyone can make them collide: a bucket of a million costs its
 * length when it is listed or parted, and no more than another to add to or remove from.
 */
#define ORDER_LOAD 16 /* slots in a bucket, about, before one more is made */
#define ORDER_CHUNK 7 /* slots in a chunk */

struct alert;

struct order_chunk {   /* a cache line */
	uint32_t next; /* of the same bucket, all full; CHUNK_NONE: last */
	uint32_t n;
	uint32_t key[ORDER_CHUNK]; /* upper half of the fingerprint */
	uint32_t slot[ORDER_CHUNK];
};

struct order {
	struct arena_map chunks, buckets, chunks_of; /* of the next three */
	const struct alert *alert;                   /* by slot */
	struct order_chunk *chunk;                   /* by id */
	uint32_t *bucket;                            /* its first chunk */
	uint32_t *chunk_of;                          /* by slot */
	uint32_t n;                                  /* slots in it */
	uint32_t bits, split;
	uint32_t free, used, chunks_max; /* chunks */
};

/* A place: entry i of a chunk of that bucket. */
struct order_at {
	uint32_t bucket;
	uint32_t chunk;
	uint32_t i;
};

void order_init(struct order *o, const struct alert *alert, uint32_t alerts_max);
void order_done(struct order *o);
/* The alert's fingerprint is in place. */
void order_add(struct order *o, uint32_t slot);
void order_remove(struct order *o, uint32_t slot); /* must be there */
/* One with this fingerprint is about to be added: ask for the memory that will need. */
void order_prefetch(const struct order *o, uint64_t fingerprint);

/* The bucket that holds whatever has this fingerprint. */
struct order_at order_seek(const struct order *o, uint64_t fingerprint);
/* The slot there, and on to the next of the bucket; false at its end. */
bool order_next(const struct order *o, struct order_at *at, uint32_t *ret_slot);
/* To the next bucket, whose fingerprints are all above; false: that was the last. */
bool order_next_bucket(const struct order *o, struct order_at *at);

#endif
