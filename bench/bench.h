#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/base.h"

/*
 * bench -- runs a body often enough to time it, several times over, and prints the
 * median with the fastest and slowest run. Figures are for one core.
 */
#define BENCH_RUNS 9

static inline double
bench_now(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline int
bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* `n` is how much one call of the body does, in `unit`. */
static inline void
bench_run(const char *name, const char *unit, double n, void (*body)(void *), void *with)
{
	unsigned calls = 1;
	double took = 0;
	for (; calls < 1U << 30; calls *= 2) {
		double from = bench_now();
		for (unsigned i = 0; i < calls; i++)
			body(with);
		took = bench_now() - from;
		if (took > 0.05)
			break;
	}
	double rate[BENCH_RUNS];
	for (size_t run = 0; run < BENCH_RUNS; run++) {
		double from = bench_now();
		for (unsigned i = 0; i < calls; i++)
			body(with);
		rate[run] = n * calls / (bench_now() - from);
	}
	qsort(rate, BENCH_RUNS, sizeof(rate[0]), bench_order);
	printf("%-36s %12.3f %-8s [%.3f..%.3f]\n", name, rate[BENCH_RUNS / 2], unit,
	    rate[0], rate[BENCH_RUNS - 1]);
}

#endif
