#include "hands/queue.h"

#include <stdlib.h>

void
queue_init(struct queue *queue, size_t n_max, size_t bytes_max)
{
	*queue = (struct queue){ .n_max = n_max, .bytes_max = bytes_max };
	list_init(&queue->items);
}

bool
queue_put(struct queue *queue, uint64_t id, msec at, str bytes)
{
	if (queue->n == queue->n_max || bytes.n > queue->bytes_max - queue->bytes)
		return false;
	struct waiting *item = malloc(sizeof(*item) + bytes.n);
	ASSERT(item != NULL);
	*item = (struct waiting){ .id = id, .since_at = at, .n = bytes.n };
	if (bytes.n > 0)
		memcpy(item->bytes, bytes.p, bytes.n);
	list_append(&queue->items, &item->link);
	queue->n++;
	queue->bytes += bytes.n;
	return true;
}

static void
take_out(struct queue *queue, struct waiting *item)
{
	link_remove(&item->link);
	queue->n--;
	queue->bytes -= item->n;
}

struct waiting *
queue_take(struct queue *queue)
{
	if (list_empty(&queue->items))
		return NULL;
	struct waiting *item = container_of(queue->items.next, struct waiting, link);
	take_out(queue, item);
	return item;
}

void
queue_put_back(struct queue *queue, struct waiting *item)
{
	list_append(&queue->items, &item->link);
	queue->n++;
	queue->bytes += item->n;
}

void
waiting_free(struct waiting *item)
{
	free(item);
}

struct waiting *
queue_find(const struct queue *queue, uint64_t id)
{
	list_each(it, &queue->items)
	{
		struct waiting *item = container_of(it, struct waiting, link);
		if (item->id == id)
			return item;
	}
	return NULL;
}

void
queue_drop(struct queue *queue, struct waiting *item)
{
	take_out(queue, item);
	free(item);
}

void
queue_clear(struct queue *queue)
{
	for (struct waiting *item; (item = queue_take(queue)) != NULL;)
		free(item);
}
