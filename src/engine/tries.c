#include "engine/tries.h"

static uint64_t
hash_of(const struct tries *tries, str key)
{
	uint64_t hash = siphash(&tries->key, key);
	return hash != 0 ? hash : 1;
}

static struct tries_bucket *
find(struct tries *tries, uint64_t hash)
{
	struct tries_bucket *oldest = &tries->bucket[0];
	for (size_t i = 0; i < TRIES_KEYS_MAX; i++) {
		struct tries_bucket *bucket = &tries->bucket[i];
		if (bucket->key == hash)
			return bucket;
		if (bucket->used < oldest->used)
			oldest = bucket;
	}
	*oldest = (struct tries_bucket){ .key = hash };
	return oldest;
}

msec
tries_take(struct tries *tries, str key, struct tries_rule rule, msec now)
{
	struct tries_bucket *bucket = find(tries, hash_of(tries, key));
	msec since = now > bucket->used ? now - bucket->used : 0;
	bucket->spent_ms = bucket->spent_ms > since ? bucket->spent_ms - since : 0;
	bucket->used = now;
	msec all = (msec)rule.most * rule.again_ms;
	if (bucket->spent_ms + rule.again_ms > all)
		return bucket->spent_ms + rule.again_ms - all;
	bucket->spent_ms += rule.again_ms;
	return 0;
}

void
tries_forget(struct tries *tries, str key)
{
	uint64_t hash = hash_of(tries, key);
	for (size_t i = 0; i < TRIES_KEYS_MAX; i++) {
		if (tries->bucket[i].key == hash)
			tries->bucket[i] = (struct tries_bucket){ .key = 0 };
	}
}
