/* Uses by service, target and actor, each list by time: see authority.h. */
#include "authority/uses.h"
#include "authority/internal.h"

static void
bucket_init(struct authority_bucket *bucket)
{
	list_init(&bucket->list);
	bucket->youngest = 0;
}

void
authority_uses_init(struct authority_uses *uses)
{
	for (size_t i = 0; i < AUTHORITY_USES_BUCKETS; i++) {
		bucket_init(&uses->by_service[i]);
		bucket_init(&uses->by_target[i]);
		bucket_init(&uses->by_actor[i]);
		bucket_init(&uses->by_actor_verb[i]);
		bucket_init(&uses->by_actor_name[i]);
	}
	bucket_init(&uses->held);
}

/* `link` after `before`. */
static void
link_after(struct link *before, struct link *link)
{
	ASSERT(!link_on(link));
	link->prev = before;
	link->next = before->next;
	before->next->prev = link;
	before->next = link;
}

/* Uses come as time goes: the place is at the end, or near. */
#define ADD_BY_TIME(bucket, use, member, of_link)                          \
	do {                                                               \
		struct link *list = &(bucket)->list, *before = list->prev; \
		while (before != list && of_link(before)->at > (use)->at)  \
			before = before->prev;                             \
		link_after(before, (member));                              \
		if ((use)->at > (bucket)->youngest)                        \
			(bucket)->youngest = (use)->at;                    \
	} while (0)

/* The principal, then the rest of the chain. */
static struct authority_actor *
actor_of(struct authority_use *use, size_t i)
{
	return i == 0 ? &use->actor : &use->chain[i - 1];
}

static size_t
actors_n(const struct authority_use *use)
{
	return 1 + authority_chain_n(use->behalf.n);
}

static void
add_actor(struct authority_uses *uses, struct authority_use *use, size_t i, str who)
{
	struct authority_actor *actor = actor_of(use, i);
	uint64_t hash = name_hash(who);
	*actor = (struct authority_actor){ .use = NULL };
	for (size_t k = 0; k < i; k++) {
		if (actor_of(use, k)->use != NULL && actor_of(use, k)->hash == hash)
			return; /* counts once */
	}
	actor->use = use;
	actor->hash = hash;
	actor->at = use->at;
	uint64_t verb = deed_hash(hash, use->verb_hash);
	uint64_t name = deed_hash(hash, use->action_hash);
	ADD_BY_TIME(&uses->by_actor[uses_bucket(hash)], use, &actor->by_actor,
	    actor_by_actor);
	ADD_BY_TIME(&uses->by_actor_verb[uses_bucket(verb)], use, &actor->by_actor_verb,
	    actor_by_verb);
	ADD_BY_TIME(&uses->by_actor_name[uses_bucket(name)], use, &actor->by_actor_name,
	    actor_by_name);
}

void
authority_uses_add(struct authority_uses *uses, struct authority_use *use)
{
	use->service_hash = name_hash(use->service);
	use->target_hash = name_hash(use->target);
	use->verb_hash = name_hash(use->verb);
	use->action_hash = name_hash(use->action);
	use->words = word_bit(use->verb_hash) | word_bit(use->action_hash);
	ADD_BY_TIME(&uses->by_service[uses_bucket(use->service_hash)], use,
	    &use->by_service, use_by_service);
	ADD_BY_TIME(&uses->by_target[uses_bucket(use->target_hash)], use, &use->by_target,
	    use_by_target);
	if (use->held)
		ADD_BY_TIME(&uses->held, use, &use->in_held, use_held);
	for (size_t i = 0; i < actors_n(use); i++)
		add_actor(uses, use, i, i == 0 ? use->principal : use->behalf.p[i - 1]);
}

void
authority_uses_remove(struct authority_use *use)
{
	link_remove(&use->by_service);
	link_remove(&use->by_target);
	if (link_on(&use->in_held))
		link_remove(&use->in_held);
	for (size_t i = 0; i < actors_n(use); i++) {
		struct authority_actor *actor = actor_of(use, i);
		if (!link_on(&actor->by_actor))
			continue;
		link_remove(&actor->by_actor);
		link_remove(&actor->by_actor_verb);
		link_remove(&actor->by_actor_name);
	}
}

static struct authority_bucket none = { { &none.list, &none.list }, 0 }; /* stays so */
const struct authority_bucket *const uses_none = &none;
