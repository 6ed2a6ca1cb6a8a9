#include "os/clock.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

static msec
read_clock(clockid_t id)
{
	struct timespec ts;
	ASSERT(clock_gettime(id, &ts) == 0);
	return (msec)ts.tv_sec * SECOND + (msec)ts.tv_nsec / 1000000;
}

msec
clock_boot(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

msec
clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

static uint64_t
read_clock_us(clockid_t id)
{
	struct timespec ts;
	ASSERT(clock_gettime(id, &ts) == 0);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

uint64_t
clock_boot_us(void)
{
	return read_clock_us(CLOCK_BOOTTIME);
}

uint64_t
clock_monotonic_us(void)
{
	return read_clock_us(CLOCK_MONOTONIC);
}

void
random_bytes(void *ret, size_t n)
{
	for (size_t have = 0; have < n;) {
		ssize_t got = getrandom((char *)ret + have, n - have, 0);
		/* Only a signal can interrupt: the pool is ready long before us. */
		ASSERT(got >= 0 || errno == EINTR);
		have += got > 0 ? (size_t)got : 0;
	}
}

uint64_t
random_u64(void)
{
	uint64_t value;
	random_bytes(&value, sizeof(value));
	return value;
}
