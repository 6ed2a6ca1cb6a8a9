#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/base.h"

/*
 * list -- doubly linked, the link lives in the object.
 *
 * A list is a `struct link` that points at itself when empty. An object that is
 * on no list has a zeroed link. Order is insertion order.
 */
struct link {
	struct link *prev;
	struct link *next;
};

static inline void
list_init(struct link *list)
{
	list->prev = list->next = list;
}

static inline bool
list_empty(const struct link *list)
{
	return list->next == list;
}

static inline bool
link_on(const struct link *link)
{
	return link->next != NULL;
}

static inline void
list_append(struct link *list, struct link *link)
{
	ASSERT(!link_on(link));
	link->prev = list->prev;
	link->next = list;
	list->prev->next = link;
	list->prev = link;
}

static inline void
link_remove(struct link *link)
{
	ASSERT(link_on(link));
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->prev = link->next = NULL;
}

#define list_each(it, list) \
	for (struct link *it = (list)->next; it != (list); it = it->next)
/* Allows removing `it` in the body. */
#define list_each_safe(it, list)                                                  \
	for (struct link *it = (list)->next, *it##_next = it->next; it != (list); \
	     it = it##_next, it##_next = it->next)

#endif
