#ifndef AUTHORITY_USES_H
#define AUTHORITY_USES_H

#include "authority/authority.h"
#include "base/hash.h"

/* uses -- from a link of one of its lists to a use, and from a name to the list. */

/* Eight bytes at a time: a decision hashes three names or more. Nothing of it is kept, and
 * the names are those of the configuration, not of whoever asks. */
static inline uint64_t
name_hash(str name)
{
	uint64_t hash = name.n * UINT64_C(0x9e3779b97f4a7c15), part = 0;
	size_t at = 0;
	for (; name.n - at >= sizeof(part); at += sizeof(part)) {
		memcpy(&part, &name.p[at], sizeof(part));
		hash = (hash ^ part) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	for (part = 0; at < name.n; at++)
		part = part << 8 | (uint8_t)name.p[at];
	hash = (hash ^ part) * UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 29;
}

/* Of what an actor does, by a word. */
static inline uint64_t
deed_hash(uint64_t actor, uint64_t word)
{
	return (actor ^ word * FNV64_PRIME) * UINT64_C(0x9e3779b97f4a7c15) >> 32;
}

static inline size_t
uses_bucket(uint64_t hash)
{
	return hash & (AUTHORITY_USES_BUCKETS - 1);
}

/* One bit of 64 for a verb or an action's name: what shares none is called otherwise. */
static inline uint64_t
word_bit(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 58);
}

static inline const struct authority_use *
use_by_service(struct link *link)
{
	return container_of(link, struct authority_use, by_service);
}

static inline const struct authority_use *
use_by_target(struct link *link)
{
	return container_of(link, struct authority_use, by_target);
}

static inline const struct authority_use *
use_held(struct link *link)
{
	return container_of(link, struct authority_use, in_held);
}

static inline const struct authority_actor *
actor_by_actor(struct link *link)
{
	return container_of(link, struct authority_actor, by_actor);
}

static inline const struct authority_actor *
actor_by_verb(struct link *link)
{
	return container_of(link, struct authority_actor, by_actor_verb);
}

static inline const struct authority_actor *
actor_by_name(struct link *link)
{
	return container_of(link, struct authority_actor, by_actor_name);
}

/* The list on which those of that name are, among others; one that is empty for none. What
 * somebody does is found by the verb, and by the action's name (deed_hash). */
extern const struct authority_bucket *const uses_none;
#define uses_bucket_of(uses, by, hash) \
	((uses) == NULL ? uses_none : &(uses)->by[uses_bucket(hash)])

/* May anything of it be as young as that? */
static inline bool
bucket_reaches(const struct authority_bucket *bucket, msec at, msec window_ms)
{
	return (bucket->youngest >= at) | (at - bucket->youngest < window_ms);
}

/* The youngest first. */
#define uses_each(it, bucket) \
	for (struct link *it = (bucket)->list.prev; it != &(bucket)->list; it = it->prev)

#endif
