#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/str.h"

/*
 * pool -- many small objects of mixed sizes, freed one by one, within a fixed maximum.
 *
 * One reserved range of address space; pages cost memory only once used. Free blocks are
 * found by size class, 16 bytes or 3 % apart, and grow together with their neighbours at
 * once: what a flood of small objects used serves large ones afterwards. An object costs
 * its size and 8 bytes, rounded up to a class, at least 32. Taking and giving back are O(1).
 *
 * The caller gives the size back on free. pool_alloc returns NULL when the maximum is
 * reached or the size is over POOL_SIZE_MAX: the caller refuses or sheds. A wrong size, a
 * second free, or a write past an object's end ends the process when the block is freed.
 * Under ASan, use after free and past the end show at once.
 */
#define POOL_SIZE_MAX (1024 * 1024) /* bytes of one object */

struct pool;

/* Memory that nobody has touched yet: `left` bytes from p on, behind `used`. */
struct untouched {
	char *p;
	size_t left, used;
};

struct pool *pool_new(size_t bytes_max);
void pool_free_all(struct pool *pool);
NODISCARD void *pool_alloc(struct pool *pool, size_t size); /* zeroed; size > 0 */
void pool_free(struct pool *pool, void *p, size_t size);    /* NULL is fine */
/* What was never handed out. */
struct untouched pool_untouched(const struct pool *pool);
size_t pool_used(const struct pool *pool); /* bytes handed out, with what they cost */

/* Copy; an empty str needs no memory and is { NULL, 0 }. false when full. */
NODISCARD bool pool_str(struct pool *pool, str s, str *ret);
void pool_str_free(struct pool *pool, str s);

#endif
