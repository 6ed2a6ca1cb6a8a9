#include "gate/ring.h"

#include <stdlib.h>

#define BLOCKS_FIRST 256u

void
ring_init(struct ring *ring, size_t keep_bytes, size_t entry_bytes_max)
{
	*ring = (struct ring){ .keep = keep_bytes };
	ring->text = BUF(2 * keep_bytes + entry_bytes_max);
}

void
ring_clear(struct ring *ring)
{
	ring->begin = ring_end(ring);
	buf_reset(&ring->text);
	ring->first = ring->end;
	ring->known = false;
}

void
ring_free(struct ring *ring)
{
	ring_clear(ring);
	buf_done(&ring->text);
	free(ring->blocks);
	ring->blocks = NULL;
	ring->cap = 0;
}

/* ---- blocks ---- */

static struct ring_block *
block_at(const struct ring *ring, uint64_t i)
{
	ASSERT(i >= ring->first && i < ring->end);
	return &ring->blocks[i & (ring->cap - 1)];
}

/* The older blocks, up to that one, with their text. */
static void
forget(struct ring *ring, uint64_t until)
{
	if (until == ring->first)
		return;
	ring->known_after = block_at(ring, until - 1)->seq;
	uint64_t place = until < ring->end ? block_at(ring, until)->at : ring_end(ring);
	ring->first = until;
	buf_drop(&ring->text, (size_t)(place - ring->begin));
	ring->begin = place;
}

/* A table of the largest size would be touched to its end by and by, however few of its places
 * are in use: so it has no more than were ever in use at once. */
static void
make_room(struct ring *ring)
{
	if (ring->end - ring->first < ring->cap)
		return;
	if (ring->cap == RING_BLOCKS_MAX) {
		forget(ring, ring->first + RING_BLOCKS_MAX / 2);
		return;
	}
	size_t cap = ring->cap == 0 ? BLOCKS_FIRST : 2 * ring->cap;
	struct ring_block *blocks = malloc(cap * sizeof(*blocks));
	ASSERT(blocks != NULL);
	for (uint64_t i = ring->first; i < ring->end; i++)
		blocks[i & (cap - 1)] = *block_at(ring, i);
	free(ring->blocks);
	ring->blocks = blocks;
	ring->cap = cap;
}

void
ring_open(struct ring *ring, uint64_t seq)
{
	if (!ring->known) {
		ring->known = true;
		ring->known_after = seq - 1;
	}
	make_room(ring);
	ring->end++;
	*block_at(ring, ring->end - 1) =
	    (struct ring_block){ .seq = seq, .at = ring_end(ring) };
}

/* What one very long entry took is given back once it is gone. */
static void
shrink(struct ring *ring)
{
	if (ring->text.cap <= 4 * ring->keep)
		return;
	struct buf text = BUF(ring->text.max);
	buf_add(&text, buf_str(&ring->text));
	buf_done(&ring->text);
	ring->text = text;
}

bool
ring_close(struct ring *ring)
{
	if (ring->text.overflow)
		return false;
	if (ring->text.n <= 2 * ring->keep)
		return true;
	/* Half of it at a time, so that moving the rest is rare. */
	uint64_t until = ring->first;
	while (until < ring->end && ring_end(ring) - block_at(ring, until)->at > ring->keep)
		until++;
	forget(ring, until);
	shrink(ring);
	return true;
}

/* ---- places ---- */

uint64_t
ring_end(const struct ring *ring)
{
	return ring->begin + ring->text.n;
}

bool
ring_covers(const struct ring *ring, uint64_t last)
{
	return ring->known && ring->known_after <= last;
}

uint64_t
ring_after(const struct ring *ring, uint64_t last)
{
	uint64_t low = ring->first, high = ring->end;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (block_at(ring, middle)->seq <= last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ring->end ? block_at(ring, low)->at : ring_end(ring);
}

uint64_t
ring_at(const struct ring *ring, uint64_t place)
{
	uint64_t low = ring->first, high = ring->end;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (block_at(ring, middle)->at < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t
ring_seq(const struct ring *ring, uint64_t block)
{
	return block_at(ring, block)->seq;
}

str
ring_text(const struct ring *ring, uint64_t block)
{
	uint64_t at = block_at(ring, block)->at;
	uint64_t end =
	    block + 1 < ring->end ? block_at(ring, block + 1)->at : ring_end(ring);
	return (str){ ring->text.p + (at - ring->begin), (size_t)(end - at) };
}
