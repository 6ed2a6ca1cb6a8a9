#ifndef AUTHORITY_USES_H
#define AUTHORITY_USES_H

#include "authority/authority.h"
#include "base/hash.h"

/* uses -- from a link of one of its lists to a use, and from a name to the list. */

static inline size_t
uses_bucket(str name)
{
	return fnv64(FNV64_BASIS, name) & (AUTHORITY_USES_BUCKETS - 1);
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

static inline const struct authority_use *
use_by_actor(struct link *link)
{
	return container_of(link, struct authority_actor, by_actor)->use;
}

/* The list on which those of that name are, among others; one that is empty for none. */
enum uses_by { USES_BY_SERVICE, USES_BY_TARGET, USES_BY_ACTOR, USES_HELD };
const struct link *uses_list(const struct authority_uses *uses, enum uses_by by, str name);

/* The youngest first. */
#define uses_each(it, list) \
	for (struct link *it = (list)->prev; it != (list); it = it->prev)

#endif
