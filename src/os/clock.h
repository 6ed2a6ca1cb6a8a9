#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include "base/base.h"

/*
 * clock -- the only readers of time.
 *
 * clock_boot: milliseconds since the machine started, suspend included, never backwards.
 * clock_wall: milliseconds since 1970 UTC, may jump. The engine's clock (`at` in events)
 * is made of them in engine/clock.
 */
msec clock_boot(void);
msec clock_wall(void);
uint64_t clock_boot_us(void);      /* for measuring our own work */
uint64_t clock_monotonic_us(void); /* as systemd counts: without suspends */

/* 64 random bits from the kernel, for keys, seeds and secrets. */
uint64_t random_u64(void);
void random_bytes(void *ret, size_t n);

#endif
