#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>

#include "base/str.h"

/*
 * buf -- text that grows, up to a maximum.
 *
 * Owns heap memory; buf_done releases it. What does not fit under `max` is not
 * appended and latches `overflow`, and then nothing more is: check it once at the end.
 * Where there is no memory for what does fit, the process ends.
 * A zeroed buf with `max` set is ready to use. buf_reset keeps the memory for the next
 * use and forgets the overflow.
 */
struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t max; /* bytes; never exceeded */
	bool overflow;
};

#define BUF(max_bytes) ((struct buf){ .max = (max_bytes) })

void buf_done(struct buf *b);
void buf_wipe(struct buf *b); /* the same, and nothing of it stays in memory */
void buf_reset(struct buf *b);
str buf_str(const struct buf *b);

void buf_put_slow(struct buf *b, const void *bytes,
    size_t n); /* buf_put, when it must grow */

static inline void
buf_put(struct buf *b, const void *bytes, size_t n)
{
	if (b->overflow || n == 0 || n > b->cap - b->n) {
		buf_put_slow(b, bytes, n);
		return;
	}
	memcpy(b->p + b->n, bytes, n);
	b->n += n;
}

static inline void
buf_char(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

static inline void
buf_add(struct buf *b, str s)
{
	buf_put(b, s.p, s.n);
}

void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_u64(struct buf *b, uint64_t value);
/* Room for n more bytes at the end, not yet counted in b->n; NULL latches overflow. */
char *buf_room(struct buf *b, size_t n);
/* Remove the first n bytes (a sent part); n <= b->n. */
void buf_drop(struct buf *b, size_t n);

/* RFC 3339 in UTC with milliseconds: 2026-11-23T07:18:22.380Z; no later than year 9999 */
void buf_time(struct buf *b, msec wall);

#endif
