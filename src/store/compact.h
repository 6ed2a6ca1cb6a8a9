#ifndef STORE_COMPACT_H
#define STORE_COMPACT_H

#include "base/buf.h"

/*
 * compact -- bodies as they lie on the disk: as they are, or LZ4.
 *
 * The alerts of a batch resemble each other: what a storm writes shrinks to a tenth, and
 * with it the copies on the way to the disk, which are most of the cost of a commit.
 *
 * A body that begins with 0xff is packed; CBOR, which is what bodies are, never does:
 *
 *	0   u8   0xff
 *	1   u32  bytes of the body, little endian
 *	5        one LZ4 block
 *
 * LZ4 does not notice every flipped bit: digests and the chain are over the stored form.
 */
#define COMPACT_HEAD_BYTES 5
#define COMPACT_FROM_BYTES 512 /* smaller bodies gain nothing */

/* Memory for one body at a time; compact_done gives it back. All zero is a good one. */
struct compact_room {
	struct buf bytes;
};

/* The stored form: `body` itself, or bytes in `room` that hold until its next use. */
str compact_body(struct compact_room *room, str body);

/* The body again: `stored` itself, or bytes in `room` that hold until its next use. false:
 * not that form, or over `body_bytes_max`. */
NODISCARD bool compact_open(struct compact_room *room, str stored, size_t body_bytes_max,
    str *ret);
void compact_done(struct compact_room *room);

#endif
