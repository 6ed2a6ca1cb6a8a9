/*
 * Blocks lie side by side from the start of the range to `fresh`, where what was never used
 * begins (or what came back to it). A block is a multiple of 16 bytes and begins 8 bytes
 * before a multiple of 16, so that objects are aligned:
 *
 *	| head | object ...                        |    in use
 *	| head | next | prev |  ...         | size |    free: links, and its size at the end
 *	| head | object ...                             the next block: its head says that the
 *	                                                one before it is free
 *
 * No two free blocks are neighbours, and the last block is never free. A head is the
 * block's size, two flags, and 16 bits that depend on its place: whoever writes over it is
 * found out. Free blocks hang in lists by class: multiples of 16 up to 512, then 32 to each
 * doubling. Blocks in use have the size of a class, so one that was freed whole is found
 * by the next object of its size.
 */
#include "base/pool.h"

#include "base/arena.h"
#include "base/poison.h"

#define GRAIN 16u
#define POISON_AHEAD \
	1024u /* bytes behind the last block: an arena leaves what is far in it */
#define BLOCK_MIN 32u
#define SMALL_MAX 512u /* bytes; below, classes are GRAIN apart */
#define SMALL_CLASSES (SMALL_MAX / GRAIN)
#define DOUBLINGS 31u /* from SMALL_MAX to RANGE_MAX */
#define CLASSES (SMALL_CLASSES + DOUBLINGS * SMALL_CLASSES)
#define RANGE_MAX ((size_t)SMALL_MAX << DOUBLINGS) /* bytes */

#define HEAD_FREE 1u
#define HEAD_BEFORE_FREE 2u /* the block before this one is free */
#define HEAD_SIZE (RANGE_MAX * 2 - GRAIN)

struct block {
	uint64_t head;
	struct block *next; /* these two only while free */
	struct block *prev;
};

struct pool {
	struct arena_map map;
	char *fresh; /* where blocks end */
	char *end;
	size_t used;
	struct block *free[CLASSES];
	uint64_t filled[(CLASSES + 63) / 64]; /* a bit for each class that has a block */
};

/* Heads and free blocks are poisoned for everyone but the functions marked with this. */
#define INSIDE __attribute__((no_sanitize("address"))) static

/* ---- heads ---- */

static uint64_t
place_tag(const struct block *block)
{
	return ((uintptr_t)block * UINT64_C(0x9e3779b97f4a7c15)) & UINT64_C(0xffff) << 48;
}

INSIDE void
set_head(struct block *block, size_t size, unsigned flags)
{
	block->head = place_tag(block) | size | flags;
}

INSIDE size_t
size_of(const struct block *block)
{
	ASSERT(
	    (block->head & UINT64_C(0xffff) << 48) == place_tag(block)); /* overwritten */
	return block->head & HEAD_SIZE;
}

INSIDE bool
has(const struct block *block, unsigned flag)
{
	return (block->head & flag) != 0;
}

static struct block *
block_at(char *p)
{
	void *block = p;
	return block;
}

static struct block *
after(struct block *block)
{
	return block_at((char *)block + size_of(block));
}

/* A free block repeats its size in its last bytes, for the one after it. */
INSIDE struct block *
before(struct block *block)
{
	ASSERT(has(block, HEAD_BEFORE_FREE));
	const uint64_t *size = (const void *)((char *)block - sizeof(uint64_t));
	return block_at((char *)block - *size);
}

/* ---- free lists ---- */

static unsigned
log2_floor(size_t n)
{
	return 63u - (unsigned)__builtin_clzll(n);
}

/* The largest class that is not above `size`: where a free block of that size hangs. */
static unsigned
class_below(size_t size)
{
	ASSERT(size >= GRAIN && size <= RANGE_MAX);
	if (size < SMALL_MAX)
		return (unsigned)(size / GRAIN) - 1;
	unsigned doubling = log2_floor(size) - log2_floor(SMALL_MAX);
	unsigned part = (unsigned)(size / GRAIN >> doubling) - SMALL_CLASSES;
	return SMALL_CLASSES - 1 + doubling * SMALL_CLASSES + part;
}

/* The block for an object: the smallest size of a class that has room for it and a head. */
static size_t
block_size(size_t size)
{
	size_t need = size + sizeof(uint64_t);
	if (need < BLOCK_MIN)
		return BLOCK_MIN;
	size_t step = GRAIN;
	if (need > SMALL_MAX)
		step <<= log2_floor(need - 1) - log2_floor(SMALL_MAX);
	return (need + step - 1) & ~(step - 1);
}

INSIDE void
list_put(struct pool *pool, struct block *block)
{
	unsigned class = class_below(size_of(block));
	struct block *first = pool->free[class];
	block->prev = NULL;
	block->next = first;
	if (first != NULL)
		first->prev = block;
	pool->free[class] = block;
	pool->filled[class / 64] |= UINT64_C(1) << class % 64;
}

INSIDE void
list_take(struct pool *pool, struct block *block)
{
	unsigned class = class_below(size_of(block));
	ASSERT(has(block, HEAD_FREE));
	if (block->next != NULL)
		block->next->prev = block->prev;
	if (block->prev != NULL)
		block->prev->next = block->next;
	else
		pool->free[class] = block->next;
	if (pool->free[class] == NULL)
		pool->filled[class / 64] &= ~(UINT64_C(1) << class % 64);
}

/* The first class from `class` up that has a free block; CLASSES when none has. */
static unsigned
filled_from(const struct pool *pool, unsigned class)
{
	for (unsigned i = class / 64; i < countof(pool->filled); i++) {
		uint64_t bits = pool->filled[i];
		if (i == class / 64)
			bits &= UINT64_MAX << class % 64;
		if (bits != 0)
			return i * 64 + (unsigned)__builtin_ctzll(bits);
	}
	return CLASSES;
}

/* Write the head and the end of a free block, tell the block after it, and list it. */
INSIDE void
make_free(struct pool *pool, struct block *block, size_t size)
{
	uint64_t *end = (void *)((char *)block + size - sizeof(uint64_t));
	set_head(block, size, HEAD_FREE);
	*end = size;
	after(block)->head |= HEAD_BEFORE_FREE;
	list_put(pool, block);
}

/* ---- blocks ---- */

/* Take a listed block; what it has too much becomes a free block of its own. */
INSIDE struct block *
take_listed(struct pool *pool, struct block *block, size_t need)
{
	size_t size = size_of(block);
	ASSERT(size >= need);
	list_take(pool, block);
	if (size - need >= BLOCK_MIN) {
		set_head(block, need, 0);
		make_free(pool, block_at((char *)block + need), size - need);
	} else {
		set_head(block, size, 0);
		after(block)->head &= ~(uint64_t)HEAD_BEFORE_FREE;
	}
	return block;
}

/* Never used memory: behind the last block, which is in use. */
INSIDE struct block *
take_fresh(struct pool *pool, size_t need)
{
	if ((size_t)(pool->end - pool->fresh) < need)
		return NULL;
	struct block *block = block_at(pool->fresh);
	size_t room = (size_t)(pool->end - pool->fresh) + sizeof(uint64_t);
	POISON(block, room - need < POISON_AHEAD ? room : need + POISON_AHEAD);
	set_head(block, need, 0);
	pool->fresh += need;
	return block;
}

static struct block *
take(struct pool *pool, size_t need)
{
	unsigned class = filled_from(pool, class_below(need));
	if (class < CLASSES)
		return take_listed(pool, pool->free[class], need);
	return take_fresh(pool, need);
}

/* Give back a block that is in use, grown together with free neighbours. */
INSIDE void
give(struct pool *pool, struct block *block)
{
	size_t size = size_of(block);
	struct block *behind = after(block);
	if (has(block, HEAD_BEFORE_FREE)) {
		block = before(block);
		list_take(pool, block);
		size += size_of(block);
	}
	if ((char *)behind == pool->fresh) {
		pool->fresh = (char *)block;
		return;
	}
	if (has(behind, HEAD_FREE)) {
		list_take(pool, behind);
		size += size_of(behind);
	}
	make_free(pool, block, size);
}

/* ---- the pool ---- */

struct pool *
pool_new(size_t bytes_max)
{
	ASSERT(bytes_max > 0 && bytes_max <= RANGE_MAX);
	struct arena_map map;
	struct arena memory = arena_map(&map, bytes_max + sizeof(struct pool) + 4 * GRAIN);
	struct pool *pool = arena_new(&memory, struct pool, 1);
	pool->map = map;
	size_t pad = (size_t)(-((uintptr_t)memory.beg + sizeof(uint64_t)) & (GRAIN - 1));
	pool->fresh = memory.beg + pad;
	pool->end = pool->fresh + bytes_max;
	ASSERT(pool->end + sizeof(uint64_t) <=
	       memory.end); /* poisoned, behind the last block */
	return pool;
}

void
pool_free_all(struct pool *pool)
{
	if (pool == NULL)
		return;
	struct arena_map map = pool->map;
	arena_unmap(&map);
}

static void *
alloc(struct pool *pool, size_t size)
{
	ASSERT(size > 0);
	if (size > POOL_SIZE_MAX)
		return NULL;
	struct block *block = take(pool, block_size(size));
	if (block == NULL)
		return NULL;
	pool->used += size_of(block);
	void *p = &block->next;
	UNPOISON(p, size);
	return p;
}

void *
pool_alloc(struct pool *pool, size_t size)
{
	void *p = alloc(pool, size);
	return p != NULL ? memset(p, 0, size) : NULL;
}

void
pool_free(struct pool *pool, void *p, size_t size)
{
	if (p == NULL)
		return;
	struct block *block = block_at((char *)p - sizeof(uint64_t));
	ASSERT((uintptr_t)p % GRAIN == 0);
	ASSERT((char *)block > (char *)pool && (char *)block < pool->fresh);
	ASSERT(!has(block, HEAD_FREE)); /* else: freed before */
	size_t had = size_of(block);
	ASSERT(size <= POOL_SIZE_MAX);
	ASSERT(had >= block_size(size) && had - block_size(size) < BLOCK_MIN);
	ASSERT(pool->used >= had);
#ifdef POISON_ON
	ASSERT(!POISONED((char *)p + size - 1) && POISONED((char *)p + size));
#endif
	pool->used -= had;
	POISON(block, had);
	give(pool, block);
}

struct untouched
pool_untouched(const struct pool *pool)
{
	const char *begin = (const char *)pool;
	return (struct untouched){ pool->fresh, (size_t)(pool->end - pool->fresh),
		(size_t)(pool->fresh - begin) };
}

size_t
pool_used(const struct pool *pool)
{
	return pool->used;
}

bool
pool_str(struct pool *pool, str s, str *ret)
{
	if (s.n == 0) {
		*ret = (str){ NULL, 0 };
		return true;
	}
	char *p = alloc(pool, s.n);
	if (p == NULL)
		return false;
	memcpy(p, s.p, s.n);
	*ret = (str){ p, s.n };
	return true;
}

void
pool_str_free(struct pool *pool, str s)
{
	if (s.n > 0)
		pool_free(pool, (char *)(uintptr_t)s.p, s.n);
}
