#ifndef TESTS_POOR_H
#define TESTS_POOR_H

#include "base/pool.h"

/*
 * poor -- some requests for memory of a core's pool are refused, whatever was asked for.
 *
 * The linker puts these in place (unit_wraps in tests/unit/meson.build). With `poorer` NULL
 * it is in the pool that is made next, and counted anew: so a replay is refused the same.
 */
#define WRAP(name) __wrap_##name
#define REAL(name) __real_##name
#define SPARED 96 /* requests with which a core is made */

static uint64_t refuse_every;     /* each that it divides; 0: none */
static uint64_t refuse_nth;       /* this one alone; 0: none */
static const struct pool *poorer; /* where; NULL: in the next that is made */
static uint64_t asked_for;        /* of it, so far */

static bool
refuses(const struct pool *pool)
{
	if (pool != poorer || ++asked_for <= SPARED)
		return false;
	return asked_for == refuse_nth ||
	       (refuse_every != 0 && asked_for % refuse_every == 0);
}

struct pool *WRAP(pool_new)(size_t bytes_max);
struct pool *REAL(pool_new)(size_t bytes_max);
struct pool *
WRAP(pool_new)(size_t bytes_max)
{
	struct pool *made = REAL(pool_new)(bytes_max);
	if (poorer == NULL) {
		poorer = made;
		asked_for = 0;
	}
	return made;
}

void *WRAP(pool_alloc)(struct pool *pool, size_t size);
void *REAL(pool_alloc)(struct pool *pool, size_t size);
void *
WRAP(pool_alloc)(struct pool *pool, size_t size)
{
	return refuses(pool) ? NULL : REAL(pool_alloc)(pool, size);
}

bool WRAP(pool_str)(struct pool *pool, str s, str *ret);
bool REAL(pool_str)(struct pool *pool, str s, str *ret);
bool
WRAP(pool_str)(struct pool *pool, str s, str *ret)
{
	return (s.n == 0 || !refuses(pool)) && REAL(pool_str)(pool, s, ret);
}

#endif
