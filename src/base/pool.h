#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/str.h"

/*
 * pool -- many small objects of mixed sizes, freed one by one, within a fixed maximum.
 *
 * Size classes with free lists over one reserved range of address space; pages cost
 * memory only once used. The caller gives the size back on free. pool_alloc returns NULL
 * when the maximum is reached: the caller refuses or sheds. Sizes up to 1 MiB.
 */
struct pool;

struct pool *pool_new(size_t bytes_max);
void pool_free_all(struct pool *pool);
NODISCARD void *pool_alloc(struct pool *pool, size_t size); /* zeroed; size > 0 */
void pool_free(struct pool *pool, void *p, size_t size);    /* NULL is fine */
size_t pool_used(const struct pool *pool); /* bytes handed out, by class size */

/* Copy; an empty str needs no memory and is { NULL, 0 }. false when full. */
NODISCARD bool pool_str(struct pool *pool, str s, str *ret);
void pool_str_free(struct pool *pool, str s);

#endif
