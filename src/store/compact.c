#include "store/compact.h"

#include <lz4.h>

#include "base/hash.h"

#define PACKED 0xff
#define SIZE_AT 1
#define CHECK_AT 5
#define PACKED_BYTES_MAX ((size_t)64 << 20) /* over every body's maximum */

/* Fixed and no secret: it finds what broke. */
static const struct siphash_key check_key = { { UINT64_C(0x7061636b),
    UINT64_C(0x6c7a34) } };

static uint64_t
block_check(str block, uint64_t body_bytes)
{
	struct siphash_key key = { { check_key.k[0], check_key.k[1] ^ body_bytes } };
	return siphash(&key, block);
}

static void
put_le(char *p, size_t n, uint64_t value)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)(value >> 8 * i);
}

static uint64_t
get_le(const char *p, size_t n)
{
	uint64_t value = 0;
	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return value;
}

static bool
looks_packed(str body)
{
	return body.n > 0 && (unsigned char)body.p[0] == PACKED;
}

static char *
room_for(struct compact_room *room, size_t n)
{
	room->bytes.max = PACKED_BYTES_MAX;
	buf_reset(&room->bytes);
	return buf_room(&room->bytes, n);
}

str
compact_body(struct compact_room *room, str body)
{
	/* What looks packed must be, or it would be taken apart when it is read. */
	bool must = looks_packed(body);
	if (!must && body.n < COMPACT_FROM_BYTES)
		return body;
	ASSERT(body.n <= PACKED_BYTES_MAX / 2);
	int most = LZ4_compressBound((int)body.n);
	char *p = room_for(room, COMPACT_HEAD_BYTES + (size_t)most);
	ASSERT(p != NULL);
	int n = LZ4_compress_default(body.p, p + COMPACT_HEAD_BYTES, (int)body.n, most);
	ASSERT(n > 0);
	size_t packed = COMPACT_HEAD_BYTES + (size_t)n;
	if (!must && packed > body.n - body.n / 8)
		return body;
	p[0] = (char)PACKED;
	put_le(p + SIZE_AT, 4, body.n);
	put_le(p + CHECK_AT, 8,
	    block_check((str){ p + COMPACT_HEAD_BYTES, (size_t)n }, body.n));
	return (str){ p, packed };
}

bool
compact_open(struct compact_room *room, str stored, size_t body_bytes_max, str *ret)
{
	if (!looks_packed(stored)) {
		*ret = stored;
		return stored.n <= body_bytes_max;
	}
	if (stored.n <= COMPACT_HEAD_BYTES)
		return false;
	uint64_t n = get_le(stored.p + SIZE_AT, 4);
	str block = str_drop(stored, COMPACT_HEAD_BYTES);
	if (n == 0 || n > body_bytes_max || n > PACKED_BYTES_MAX ||
	    block.n > PACKED_BYTES_MAX ||
	    get_le(stored.p + CHECK_AT, 8) != block_check(block, n))
		return false;
	char *p = room_for(room, (size_t)n);
	if (p == NULL || LZ4_decompress_safe(block.p, p, (int)block.n, (int)n) != (int)n)
		return false;
	*ret = (str){ p, (size_t)n };
	return true;
}

void
compact_done(struct compact_room *room)
{
	buf_done(&room->bytes);
}
