#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* Always compiled in. A failed ASSERT is our bug, never the user's input. */
#define ASSERT(cond) ((cond) ? (void)0 : panic(__FILE__, __LINE__, #cond))
#define UNREACHABLE() panic(__FILE__, __LINE__, "unreachable")

_Noreturn void panic(const char *file, int line, const char *what);

/* The object that holds `member` at `ptr`. */
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Milliseconds. An `at` is on the engine's clock (starts near 1, never runs
 * backwards, drives timers); a `wall` is since 1970-01-01 UTC (schedules, display);
 * a `_ms` suffix is a length. 0 means "not set". */
typedef uint64_t msec;

#define SECOND ((msec)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#endif
