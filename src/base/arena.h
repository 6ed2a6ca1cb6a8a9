#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdalign.h>
#include <stdarg.h>

#include "base/str.h"

/*
 * arena -- memory that is released all at once.
 *
 * One arena is one lifetime. Nothing is freed singly. Pass `struct arena *`
 * to a function that returns memory; pass `struct arena` BY VALUE for
 * scratch: the callee's copy, and all it allocated, is gone on return.
 *
 * Under ASan objects have gaps, and the first MiB of what is given out anew is poisoned, as
 * are 4 KiB behind what was given last. Memory that outlives its arena in another role (a
 * buffer on the stack, a static one) is given back by arena_over again or by arena_release.
 */
struct arena {
	char *beg; /* free space is [beg, end) */
	char *end;
};

struct arena arena_over(void *memory, size_t size);
void arena_release(void *memory, size_t size); /* the memory is anyone's again */

/* Zeroed. Use arena_new where our own limits bound n: exhaustion is a bug.
 * Use arena_try where an outsider chose n: exhaustion returns NULL. */
#define arena_new(a, type, n) ((type *)arena_alloc((a), sizeof(type), alignof(type), (n)))
#define arena_try(a, type, n) \
	((type *)arena_try_alloc((a), sizeof(type), alignof(type), (n)))

/* As arena_new, for a large pool at the start of an arena_map: trusts that the memory is
 * still the zeroes the map began with, so that unused objects never cost a page. */
#define arena_fresh(a, type, n) \
	((type *)arena_fresh_alloc((a), sizeof(type), alignof(type), (n)))

void *arena_alloc(struct arena *a, size_t size, size_t align, size_t n);
NODISCARD void *arena_try_alloc(struct arena *a, size_t size, size_t align, size_t n);
void *arena_fresh_alloc(struct arena *a, size_t size, size_t align, size_t n);
/* Formatted text; cut off where the arena ends. */
str arena_vprintf(struct arena *a, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A copy of s in the arena; aborts when full. s may stand in a copy of the arena (scratch). */
str arena_str(struct arena *a, str s);
/* A NUL-terminated copy, for calls to the OS and to libraries; s holds no NUL. */
const char *arena_cstr(struct arena *a, str s);

/*
 * Address space of `size` bytes whose pages cost memory only once touched. The
 * arena is an ordinary one; arena_unmap gives everything back at once. Panics
 * where the system gives no address space: this is for start-up and for sizes we chose.
 */
struct arena_map {
	void *memory;
	size_t size;
};
struct arena arena_map(struct arena_map *map, size_t size);
void arena_unmap(struct arena_map *map);
/* Forget the contents and return touched pages beyond the first `keep` bytes (those keep
 * what they held, so arena_fresh is for a new map only). */
struct arena arena_map_reset(struct arena_map *map, size_t keep);

#endif
