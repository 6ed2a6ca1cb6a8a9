/* Uses by service, target and actor, each list by time: see authority.h. */
#include "authority/uses.h"
#include "authority/internal.h"

static struct link *
bucket_of(struct link *buckets, str name)
{
	return &buckets[uses_bucket(name)];
}

void
authority_uses_init(struct authority_uses *uses)
{
	for (size_t i = 0; i < AUTHORITY_USES_BUCKETS; i++) {
		list_init(&uses->by_service[i]);
		list_init(&uses->by_target[i]);
		list_init(&uses->by_actor[i]);
	}
	list_init(&uses->held);
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
#define ADD_BY_TIME(list, use, member, of_link)                             \
	do {                                                                \
		struct link *before = (list)->prev;                         \
		while (before != (list) && of_link(before)->at > (use)->at) \
			before = before->prev;                              \
		link_after(before, (member));                               \
	} while (0)

static void
add_actor(struct authority_uses *uses, struct authority_use *use, size_t i, str who)
{
	struct authority_actor *actor = &use->actors[i];
	for (size_t k = 0; k < i; k++) {
		if (str_eq(use->actors[k].who, who))
			return; /* counts once */
	}
	actor->use = use;
	actor->who = who;
	ADD_BY_TIME(bucket_of(uses->by_actor, who), use, &actor->by_actor, use_by_actor);
}

void
authority_uses_add(struct authority_uses *uses, struct authority_use *use)
{
	ADD_BY_TIME(bucket_of(uses->by_service, use->service), use, &use->by_service,
	    use_by_service);
	ADD_BY_TIME(bucket_of(uses->by_target, use->target), use, &use->by_target,
	    use_by_target);
	if (use->held)
		ADD_BY_TIME(&uses->held, use, &use->in_held, use_held);
	memset(use->actors, 0, sizeof(use->actors));
	add_actor(uses, use, 0, use->principal);
	for (size_t i = 0; i < use->behalf.n && i < BEHALF_MAX; i++)
		add_actor(uses, use, 1 + i, use->behalf.p[i]);
}

void
authority_uses_remove(struct authority_use *use)
{
	link_remove(&use->by_service);
	link_remove(&use->by_target);
	if (link_on(&use->in_held))
		link_remove(&use->in_held);
	for (size_t i = 0; i < countof(use->actors); i++) {
		if (link_on(&use->actors[i].by_actor))
			link_remove(&use->actors[i].by_actor);
	}
}

const struct link *
uses_list(const struct authority_uses *uses, enum uses_by by, str name)
{
	static struct link none = { &none, &none }; /* stays so */
	if (uses == NULL)
		return &none;
	switch (by) {
	case USES_BY_SERVICE:
		return &uses->by_service[uses_bucket(name)];
	case USES_BY_TARGET:
		return &uses->by_target[uses_bucket(name)];
	case USES_BY_ACTOR:
		return &uses->by_actor[uses_bucket(name)];
	case USES_HELD:
		return &uses->held;
	}
	UNREACHABLE();
}
