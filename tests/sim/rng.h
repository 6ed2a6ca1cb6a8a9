#ifndef TESTS_SIM_RNG_H
#define TESTS_SIM_RNG_H

#include "base/base.h"

/*
 * rng -- all chance of a simulation, from its seed. Streams are apart, so that a further
 * draw in one part does not move what happens in the others.
 */
struct rng {
	uint64_t state;
};

static inline uint64_t
rng_u64(struct rng *rng)
{
	uint64_t x = rng->state += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* 0..n-1 */
static inline uint64_t
rng_below(struct rng *rng, uint64_t n)
{
	return n > 0 ? rng_u64(rng) % n : 0;
}

static inline bool
rng_percent(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}

static inline uint64_t
rng_between(struct rng *rng, uint64_t from, uint64_t to)
{
	return from + rng_below(rng, to - from + 1);
}

#endif
