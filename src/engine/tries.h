#ifndef ENGINE_TRIES_H
#define ENGINE_TRIES_H

#include "base/hash.h"

/*
 * tries -- how often somebody may guess: a bucket of tries for each key, refilled with time.
 *
 * Pure. Keys are hashed. There are TRIES_KEYS_MAX at once; then the one that is longest
 * unused starts anew, so whoever is guessing keeps a full memory of it.
 */
#define TRIES_KEYS_MAX 512

struct tries_rule {
	uint32_t most; /* at once */
	msec again_ms; /* then one more each */
};

struct tries {
	struct siphash_key key;
	struct tries_bucket {
		uint64_t key;  /* 0: free */
		msec used;     /* last */
		msec spent_ms; /* of `most` times `again_ms`, as of `used` */
	} bucket[TRIES_KEYS_MAX];
};

/* One more try by that key at `now`: 0, or after how many ms it may be. */
msec tries_take(struct tries *tries, str key, struct tries_rule rule, msec now);
/* It was no guess: all of them are there again. */
void tries_forget(struct tries *tries, str key);

#endif
