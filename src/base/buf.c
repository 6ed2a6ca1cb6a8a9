#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/zone.h"

#define BUF_FIRST 256 /* bytes of the first block, unless max is smaller */
#define WALL_MAX UINT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

void
buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}

void
buf_wipe(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	buf_done(b);
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->overflow = false;
}

str
buf_str(const struct buf *b)
{
	return (str){ b->p, b->n };
}

/* Make cap - n >= more. One byte beyond cap is always there, for vsnprintf's NUL. */
static bool
grow(struct buf *b, size_t more)
{
	if (b->overflow)
		return false;
	if (more > b->max - b->n) {
		b->overflow = true;
		return false;
	}
	size_t want = b->n + more;
	if (want <= b->cap && b->p != NULL)
		return true;

	size_t cap = b->cap > b->max / 2 ? b->max : 2 * b->cap;
	cap = cap < BUF_FIRST ? BUF_FIRST : cap;
	cap = cap > b->max ? b->max : cap;
	cap = cap < want ? want : cap;
	if (cap == SIZE_MAX) {
		b->overflow = true;
		return false;
	}
	/* No memory is no overflow: a text that ends there would be kept as if it were whole. */
	char *p = realloc(b->p, cap + 1);
	ASSERT(p != NULL);
	b->p = p;
	b->cap = cap;
	return true;
}

char *
buf_room(struct buf *b, size_t n)
{
	ASSERT(b->n <= b->max);
	return grow(b, n) ? b->p + b->n : NULL;
}

void
buf_put_slow(struct buf *b, const void *bytes, size_t n)
{
	char *room = buf_room(b, n);
	if (room == NULL || n == 0)
		return;
	memcpy(room, bytes, n);
	b->n += n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	if (buf_room(b, 0) == NULL)
		return;

	va_list args;
	va_start(args, fmt);
	int want = vsnprintf(b->p + b->n, b->cap - b->n + 1, fmt, args);
	va_end(args);
	ASSERT(want >= 0);
	if ((size_t)want > b->cap - b->n) {
		if (buf_room(b, (size_t)want) == NULL)
			return;
		va_start(args, fmt);
		want = vsnprintf(b->p + b->n, b->cap - b->n + 1, fmt, args);
		va_end(args);
	}
	b->n += (size_t)want;
}

void
buf_u64(struct buf *b, uint64_t value)
{
	char digits[20];
	size_t i = sizeof(digits);
	do {
		digits[--i] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	buf_put(b, digits + i, sizeof(digits) - i);
}

void
buf_drop(struct buf *b, size_t n)
{
	ASSERT(n <= b->n);
	b->n -= n;
	if (b->n > 0)
		memmove(b->p, b->p + n, b->n);
}

/* `value` in exactly `n` digits at p; returns what follows. */
static char *
digits_to(char *p, uint64_t value, size_t n)
{
	for (size_t i = n; i-- > 0; value /= 10)
		p[i] = (char)('0' + value % 10);
	return p + n;
}

void
buf_time(struct buf *b, msec wall)
{
	wall = wall < WALL_MAX ? wall : WALL_MAX;
	int year;
	unsigned month, day;
	civil_from_days((int64_t)(wall / DAY), &year, &month, &day);
	msec in_day = wall % DAY;

	char text[sizeof("2026-11-23T07:18:22.380Z") - 1];
	char *p = digits_to(text, (uint64_t)year, 4);
	*p++ = '-';
	p = digits_to(p, month, 2);
	*p++ = '-';
	p = digits_to(p, day, 2);
	*p++ = 'T';
	p = digits_to(p, in_day / HOUR, 2);
	*p++ = ':';
	p = digits_to(p, in_day % HOUR / MINUTE, 2);
	*p++ = ':';
	p = digits_to(p, in_day % MINUTE / SECOND, 2);
	*p++ = '.';
	p = digits_to(p, in_day % SECOND, 3);
	*p++ = 'Z';
	ASSERT(p == text + sizeof(text));
	buf_put(b, text, sizeof(text));
}
