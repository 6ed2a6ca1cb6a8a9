#include "gate/ring.h"

#include "support/test.h"

#define KEEP ((size_t)64 << 10)

static size_t
bytes(const struct ring *ring)
{
	return ring->text.cap + ring->cap * sizeof(*ring->blocks);
}

static void
put(struct ring *ring, uint64_t seq, size_t n)
{
	ring_open(ring, seq);
	buf_printf(&ring->text, "%-*llu", (int)n, (unsigned long long)seq);
	EXPECT(ring_close(ring));
}

/* What is read from a place on: whole blocks, each of them once, to the end. */
static void
expect_read(const struct ring *ring, uint64_t place, uint64_t first, uint64_t last)
{
	for (uint64_t i = ring_at(ring, place); i < ring->end; i++, first++) {
		str text = ring_text(ring, i);
		uint64_t seq;
		EXPECT_U64(ring_seq(ring, i), first);
		EXPECT(str_u64(str_trim(text), UINT64_MAX, &seq) && seq == first);
	}
	EXPECT_U64(first, last + 1);
}

static void
ring__memory_is_of_what_is_kept_not_of_what_came(void)
{
	struct ring ring;
	ring_init(&ring, KEEP, KEEP);
	uint64_t seq = 1;
	for (; seq <= 1000; seq++)
		put(&ring, seq, 1000);
	size_t warm = bytes(&ring);
	for (; seq <= 200000; seq++)
		put(&ring, seq, 1000);
	EXPECT_U64(bytes(&ring), warm);
	/* At most twice what is kept, and 16 bytes a block, both doubled as they grew. */
	EXPECT(ring.end - ring.first <= 2 * KEEP / 1000 + 1);
	EXPECT(bytes(&ring) <= 4 * KEEP + 256 * sizeof(*ring.blocks));
	ring_free(&ring);
	EXPECT_U64(bytes(&ring), 0);
}

static void
ring__who_comes_back_reads_all_that_followed(void)
{
	struct ring ring;
	ring_init(&ring, KEEP, KEEP);
	for (uint64_t seq = 7; seq <= 5000; seq++)
		put(&ring, seq, 100 + seq % 900);
	uint64_t oldest = ring_seq(&ring, ring.first);
	EXPECT(ring_end(&ring) - ring.begin >= KEEP - 1000);
	EXPECT(ring_covers(&ring, oldest - 1) && !ring_covers(&ring, oldest - 2));
	EXPECT_U64(ring_after(&ring, oldest - 1), ring.begin);
	for (uint64_t last = oldest - 1; last <= 5000; last++)
		expect_read(&ring, ring_after(&ring, last), last + 1, 5000);
	ring_clear(&ring);
	EXPECT(!ring_covers(&ring, 5000));
	put(&ring, 6001, 10);
	EXPECT(ring_covers(&ring, 6000) && !ring_covers(&ring, 5999));
	expect_read(&ring, ring_after(&ring, 6000), 6001, 6001);
	ring_free(&ring);
}

/* A reader that stands where text is gone sees that by its place, and skips nothing unseen. */
static void
ring__of_short_blocks_the_text_goes_with_the_block(void)
{
	struct ring ring;
	ring_init(&ring, (size_t)64 << 20, KEEP);
	put(&ring, 1, 8);
	uint64_t place = ring_end(&ring);
	for (uint64_t seq = 2; seq <= RING_BLOCKS_MAX; seq++)
		put(&ring, seq, 8);
	EXPECT(place >= ring.begin);
	expect_read(&ring, place, 2, RING_BLOCKS_MAX);
	put(&ring, RING_BLOCKS_MAX + 1, 8);
	EXPECT(place < ring.begin);
	EXPECT_U64(ring_text(&ring, ring.first).n, 8);
	EXPECT_U64(ring.begin, ring_after(&ring, RING_BLOCKS_MAX / 2));
	expect_read(&ring, ring.begin, RING_BLOCKS_MAX / 2 + 1, RING_BLOCKS_MAX + 1);
	EXPECT_U64(ring.cap, RING_BLOCKS_MAX);
	ring_free(&ring);
}

static void
ring__a_long_entry_is_given_back_and_one_too_long_refused(void)
{
	struct ring ring;
	ring_init(&ring, KEEP, 6 * KEEP);
	put(&ring, 1, 7 * KEEP);
	EXPECT_U64(ring.end - ring.first, 0);
	EXPECT(bytes(&ring) <= 4 * KEEP + 256 * sizeof(*ring.blocks));
	EXPECT(ring_covers(&ring, 1) && !ring_covers(&ring, 0));
	put(&ring, 2, 100);
	expect_read(&ring, ring_after(&ring, 1), 2, 2);
	ring_open(&ring, 3);
	EXPECT(buf_room(&ring.text, 9 * KEEP) == NULL);
	EXPECT(!ring_close(&ring));
	ring_clear(&ring);
	put(&ring, 4, 100);
	expect_read(&ring, ring_after(&ring, 3), 4, 4);
	ring_free(&ring);
}

int
main(void)
{
	RUN(ring__memory_is_of_what_is_kept_not_of_what_came);
	RUN(ring__who_comes_back_reads_all_that_followed);
	RUN(ring__of_short_blocks_the_text_goes_with_the_block);
	RUN(ring__a_long_entry_is_given_back_and_one_too_long_refused);
	TEST_MAIN_END();
}
