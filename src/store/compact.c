#include "store/compact.h"

#include <lz4.h>

#define COMPACT 0xff
#define SIZE_AT 1
#define STORED_BYTES_MAX ((size_t)128 << 20) /* over every body's maximum */

static void
put_u32(char *p, size_t value)
{
	for (size_t i = 0; i < 4; i++)
		p[i] = (char)(value >> 8 * i);
}

static size_t
get_u32(const char *p)
{
	size_t value = 0;
	for (size_t i = 0; i < 4; i++)
		value |= (size_t)(unsigned char)p[i] << 8 * i;
	return value;
}

static bool
looks_compact(str body)
{
	return body.n > 0 && (unsigned char)body.p[0] == COMPACT;
}

static char *
room_for(struct compact_room *room, size_t n)
{
	room->bytes.max = STORED_BYTES_MAX;
	buf_reset(&room->bytes);
	return buf_room(&room->bytes, n);
}

str
compact_body(struct compact_room *room, str body)
{
	/* What looks compact must be, or it would be taken apart when it is read. */
	bool must = looks_compact(body);
	if (!must && body.n < COMPACT_FROM_BYTES)
		return body;
	ASSERT(body.n <= STORED_BYTES_MAX / 2);
	int most = LZ4_compressBound((int)body.n);
	char *p = room_for(room, COMPACT_HEAD_BYTES + (size_t)most);
	ASSERT(p != NULL);
	int n = LZ4_compress_default(body.p, p + COMPACT_HEAD_BYTES, (int)body.n, most);
	ASSERT(n > 0);
	size_t stored = COMPACT_HEAD_BYTES + (size_t)n;
	if (!must && stored > body.n - body.n / 8)
		return body;
	p[0] = (char)COMPACT;
	put_u32(p + SIZE_AT, body.n);
	return (str){ p, stored };
}

bool
compact_open(struct compact_room *room, str stored, size_t body_bytes_max, str *ret)
{
	if (!looks_compact(stored)) {
		*ret = stored;
		return stored.n <= body_bytes_max;
	}
	if (stored.n <= COMPACT_HEAD_BYTES)
		return false;
	size_t n = get_u32(stored.p + SIZE_AT);
	str block = str_drop(stored, COMPACT_HEAD_BYTES);
	if (n == 0 || n > body_bytes_max || n > STORED_BYTES_MAX ||
	    block.n > STORED_BYTES_MAX)
		return false;
	char *p = room_for(room, n);
	if (p == NULL || LZ4_decompress_safe(block.p, p, (int)block.n, (int)n) != (int)n)
		return false;
	*ret = (str){ p, n };
	return true;
}

void
compact_done(struct compact_room *room)
{
	buf_done(&room->bytes);
}
