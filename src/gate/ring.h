#ifndef GATE_RING_H
#define GATE_RING_H

#include "base/buf.h"

/*
 * ring -- what was published last, as text, for event streams.
 *
 * A block is the text of one journal entry. The place of a block is how much text came before
 * it, ever: places only grow, so a reader is one number. Text is kept until there is twice
 * `keep` bytes of it, then the older half goes; at RING_BLOCKS_MAX blocks the older half of these.
 *
 * Owns heap memory: the text, and 16 to 32 bytes for each block that is kept, however many
 * there were. ring_free gives all of it back.
 */
#define RING_BLOCKS_MAX 65536u /* a power of two */

struct ring_block {
	uint64_t seq;
	uint64_t at; /* where its text begins */
};

struct ring {
	size_t keep;
	struct buf text;
	uint64_t begin; /* place of text.p[0], which is the first block's */
	struct ring_block *blocks;
	size_t cap;          /* of blocks: 0 or a power of two */
	uint64_t first, end; /* of blocks, modulo cap */
	bool known;          /* all entries after known_after are in it */
	uint64_t known_after;
};

/* What is kept, and the most that one entry may add to it. */
void ring_init(struct ring *ring, size_t keep_bytes, size_t entry_bytes_max);
void ring_clear(struct ring *ring); /* nothing is known; keeps the memory */
void ring_free(struct ring *ring);  /* the same, and gives it back */

/* The block of entry `seq`, no less than the one before, begins; its text goes behind
 * ring->text, and then it ends. false: it is too long, and the ring has to be cleared. */
void ring_open(struct ring *ring, uint64_t seq);
NODISCARD bool ring_close(struct ring *ring);

uint64_t ring_end(const struct ring *ring); /* the place of what comes next */
/* Is all that came after entry `last` in it? */
bool ring_covers(const struct ring *ring, uint64_t last);
/* The place of the first block after entry `last`. */
uint64_t ring_after(const struct ring *ring, uint64_t last);
/* The first block that begins at that place or behind: its number. ring->end: there is none. */
uint64_t ring_at(const struct ring *ring, uint64_t place);
uint64_t ring_seq(const struct ring *ring, uint64_t block);
str ring_text(const struct ring *ring, uint64_t block);

#endif
