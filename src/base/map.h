#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

/*
 * map -- u64 key to u64 value, with deletion.
 *
 * Open addressing with backward-shift deletion, load at most 3/4. Keys are mixed
 * with a per-map seed, so keys chosen by an outsider cannot pile up. Key 0 is
 * allowed. There is deliberately no iteration: the order of a hash must never reach
 * an effect, a message or a file.
 *
 * Owns heap memory; a zeroed map is empty and ready. Grows by doubling.
 */
struct map {
	struct map_slot *slots;
	size_t cap; /* 0 or a power of two */
	size_t n;
	uint64_t seed;
};

void map_init(struct map *m, uint64_t seed);
void map_done(struct map *m);
/* true and *ret when found */
bool map_get(const struct map *m, uint64_t key, uint64_t *ret);
void map_put(struct map *m, uint64_t key, uint64_t value); /* inserts or replaces */
bool map_remove(struct map *m, uint64_t key);              /* false when absent */

/*
 * names -- str to a pointer, in an arena; never shrinks. A hash trie. For tables
 * built once from a configuration.
 */
struct names {
	struct names_node *root;
	size_t n;
};

struct arena;
/* NULL when absent. */
void *names_get(const struct names *names, str name);
/* The slot for `name`, made (with *slot == NULL) when absent. The name is borrowed. */
void **names_slot(struct names *names, struct arena *arena, str name);

#endif
