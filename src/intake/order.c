#include "intake/order.h"

#include <assert.h>

#include "intake/intake.h"

#define CHUNK_NONE UINT32_MAX
#define BITS_FIRST 2u
#define BITS_MAX 26u /* of the key that tell buckets apart */

static_assert(sizeof(struct order_chunk) == 64, "a chunk is a cache line");

static uint32_t
key_of(const struct order *o, uint32_t slot)
{
	return (uint32_t)(o->alert[slot].fingerprint >> 32);
}

static uint32_t
bucket_of(const struct order *o, uint32_t key)
{
	uint32_t whole = key >> (32 - o->bits);
	return whole < o->split ? whole : key >> (32 - o->bits - 1);
}

/* ---- chunks ---- */

static uint32_t
chunk_take(struct order *o, uint32_t next)
{
	uint32_t id = o->free;
	if (id != CHUNK_NONE)
		o->free = o->chunk[id].next;
	else
		id = o->used++;
	o->chunk[id].next = next;
	o->chunk[id].n = 0;
	return id;
}

static void
chunk_give(struct order *o, uint32_t id)
{
	o->chunk[id].next = o->free;
	o->free = id;
}

static void
put(struct order *o, uint32_t bucket, uint32_t key, uint32_t slot)
{
	uint32_t id = o->bucket[bucket];
	if (id == CHUNK_NONE || o->chunk[id].n == ORDER_CHUNK)
		id = o->bucket[bucket] = chunk_take(o, id);
	struct order_chunk *chunk = &o->chunk[id];
	chunk->key[chunk->n] = key;
	chunk->slot[chunk->n++] = slot;
	o->chunk_of[slot] = id;
}

/* ---- growing ---- */

/* Part the last whole bucket: what it holds moves to the two places of its halves, which
 * lie behind all whole ones. */
static void
part(struct order *o)
{
	uint32_t bucket = --o->split;
	uint32_t id = o->bucket[bucket];
	o->bucket[bucket] = CHUNK_NONE;
	o->bucket[2 * bucket] = o->bucket[2 * bucket + 1] = CHUNK_NONE;
	while (id != CHUNK_NONE) {
		struct order_chunk chunk = o->chunk[id];
		chunk_give(o, id);
		for (uint32_t i = 0; i < chunk.n; i++)
			put(o, chunk.key[i] >> (32 - o->bits - 1), chunk.key[i],
			    chunk.slot[i]);
		id = chunk.next;
	}
	if (o->split == 0) { /* all are parted: these are the whole ones now */
		o->bits++;
		o->split = 1u << o->bits;
	}
}

static uint32_t
buckets(const struct order *o)
{
	return (1u << o->bits) + ((1u << o->bits) - o->split);
}

/* ---- the whole ---- */

void
order_init(struct order *o, const struct alert *alert, uint32_t alerts_max)
{
	/* All buckets that may ever be, and a chunk that is not full for each. */
	size_t buckets_max = (size_t)2 << BITS_FIRST;
	while (buckets_max < 4 * (size_t)(alerts_max / ORDER_LOAD))
		buckets_max *= 2;
	size_t chunks_max = alerts_max / ORDER_CHUNK + buckets_max + 2;
	*o = (struct order){ .alert = alert,
		.bits = BITS_FIRST,
		.split = 1u << BITS_FIRST,
		.free = CHUNK_NONE,
		.chunks_max = (uint32_t)chunks_max };
	/* A map each: in the middle of a large one the first entry would cost a huge page. */
	struct arena memory = arena_map(&o->chunks, chunks_max * sizeof(*o->chunk));
	o->chunk = arena_fresh(&memory, struct order_chunk, chunks_max);
	memory = arena_map(&o->buckets, buckets_max * sizeof(*o->bucket));
	o->bucket = arena_fresh(&memory, uint32_t, buckets_max);
	memory = arena_map(&o->chunks_of, alerts_max * sizeof(*o->chunk_of));
	o->chunk_of = arena_fresh(&memory, uint32_t, alerts_max);
	for (uint32_t i = 0; i < o->split; i++)
		o->bucket[i] = CHUNK_NONE;
}

void
order_done(struct order *o)
{
	arena_unmap(&o->chunks);
	arena_unmap(&o->buckets);
	arena_unmap(&o->chunks_of);
}

void
order_add(struct order *o, uint32_t slot)
{
	uint32_t key = key_of(o, slot);
	put(o, bucket_of(o, key), key, slot);
	o->n++;
	if (o->n / ORDER_LOAD > buckets(o) && o->bits < BITS_MAX)
		part(o);
}

void
order_prefetch(const struct order *o, uint64_t fingerprint)
{
	uint32_t id = o->bucket[bucket_of(o, (uint32_t)(fingerprint >> 32))];
	if (id != CHUNK_NONE)
		__builtin_prefetch(&o->chunk[id], 1);
}

void
order_remove(struct order *o, uint32_t slot)
{
	struct order_chunk *chunk = &o->chunk[o->chunk_of[slot]];
	uint32_t i = 0;
	while (i < chunk->n && chunk->slot[i] != slot)
		i++;
	ASSERT(i < chunk->n);
	/* The newest of the bucket takes its place. */
	uint32_t bucket = bucket_of(o, chunk->key[i]);
	uint32_t first = o->bucket[bucket];
	struct order_chunk *from = &o->chunk[first];
	uint32_t last = --from->n;
	chunk->key[i] = from->key[last];
	chunk->slot[i] = from->slot[last];
	o->chunk_of[chunk->slot[i]] = o->chunk_of[slot];
	if (from->n == 0) {
		o->bucket[bucket] = from->next;
		chunk_give(o, first);
	}
	o->n--;
}

/* ---- looking ---- */

struct order_at
order_seek(const struct order *o, uint64_t fingerprint)
{
	uint32_t bucket = bucket_of(o, (uint32_t)(fingerprint >> 32));
	return (struct order_at){ bucket, o->bucket[bucket], 0 };
}

bool
order_next(const struct order *o, struct order_at *at, uint32_t *ret_slot)
{
	if (at->chunk == CHUNK_NONE)
		return false;
	const struct order_chunk *chunk = &o->chunk[at->chunk];
	*ret_slot = chunk->slot[at->i];
	if (++at->i == chunk->n)
		*at = (struct order_at){ at->bucket, chunk->next, 0 };
	return true;
}

bool
order_next_bucket(const struct order *o, struct order_at *at)
{
	uint32_t bucket = at->bucket + 1;
	if (bucket == o->split)
		bucket *= 2;
	if (bucket >= 2u << o->bits)
		return false;
	*at = (struct order_at){ bucket, o->bucket[bucket], 0 };
	return true;
}
