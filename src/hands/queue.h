#ifndef HANDS_QUEUE_H
#define HANDS_QUEUE_H

#include "base/list.h"
#include "base/str.h"

/*
 * queue -- orders that wait, as the bytes they came in, oldest first.
 *
 * Bounded in number and bytes: what does not fit is refused at once by whoever asked to
 * queue it, and so becomes visible.
 */
struct waiting {
	struct link link;
	uint64_t id;   /* of the thing ordered */
	msec since_at; /* boot clock */
	size_t n;
	char bytes[];
};

struct queue {
	struct link items; /* struct waiting */
	size_t n;
	size_t bytes;
	size_t n_max;
	size_t bytes_max;
};

void queue_init(struct queue *queue, size_t n_max, size_t bytes_max);
NODISCARD bool queue_put(struct queue *queue, uint64_t id, msec at, str bytes);
/* The oldest, out of the queue; NULL when empty. Whoever takes it frees it, or puts it
 * back as the youngest: there is room for it. */
struct waiting *queue_take(struct queue *queue);
void queue_put_back(struct queue *queue, struct waiting *item);
void waiting_free(struct waiting *item);

struct waiting *queue_find(const struct queue *queue, uint64_t id); /* still in it */
void queue_drop(struct queue *queue, struct waiting *item);         /* frees it */
void queue_clear(struct queue *queue);

static inline str
waiting_bytes(const struct waiting *item)
{
	return (str){ item->bytes, item->n };
}

#endif
