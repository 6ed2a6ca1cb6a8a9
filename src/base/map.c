#include "base/map.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"

/*
 * Slots hold the key as it is; key 0 marks an empty one. The entry whose key really is 0
 * lives in one slot of its own behind the table, slots[cap], whose key is 1 when taken.
 *
 * Linear probing: an entry stands at its home or, without a gap in between, after it.
 * Removal moves followers back over the hole instead of leaving a mark, so look-ups
 * never slow down with age.
 */
struct map_slot {
	uint64_t key;
	uint64_t value;
};

__extension__ typedef unsigned __int128 u128;

#define MAP_CAP_FIRST 16

static size_t
home(const struct map *m, uint64_t key)
{
	/* Multiply by an odd number the outsider does not know, keep both halves. */
	uint64_t odd = (m->seed * UINT64_C(0x9e3779b97f4a7c15)) | 1;
	u128 product = (u128)(key ^ m->seed ^ UINT64_C(0xa0761d6478bd642f)) * odd;
	uint64_t h = (uint64_t)product ^ (uint64_t)(product >> 64);
	return (size_t)((h ^ h >> 32) & (m->cap - 1));
}

/* Where the key is, or the empty slot where it belongs; key is not 0. */
static struct map_slot *
probe(const struct map *m, uint64_t key)
{
	size_t i = home(m, key);
	while (m->slots[i].key != 0 && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static void
resize(struct map *m, size_t cap)
{
	struct map_slot *old = m->slots;
	size_t old_cap = m->cap;
	m->slots = calloc(cap + 1, sizeof(*m->slots));
	m->cap = cap;
	ASSERT(m->slots != NULL);
	for (size_t i = 0; i < old_cap; i++) {
		if (old[i].key != 0)
			*probe(m, old[i].key) = old[i];
	}
	if (old != NULL)
		m->slots[cap] = old[old_cap];
	free(old);
}

void
map_init(struct map *m, uint64_t seed)
{
	*m = (struct map){ .seed = seed };
}

void
map_done(struct map *m)
{
	free(m->slots);
	*m = (struct map){ .seed = m->seed };
}

bool
map_get(const struct map *m, uint64_t key, uint64_t *ret)
{
	if (m->cap == 0)
		return false;
	const struct map_slot *slot = key == 0 ? &m->slots[m->cap] : probe(m, key);
	if (slot->key == 0)
		return false;
	*ret = slot->value;
	return true;
}

void
map_put(struct map *m, uint64_t key, uint64_t value)
{
	if (m->cap == 0)
		resize(m, MAP_CAP_FIRST);
	struct map_slot *slot = key == 0 ? &m->slots[m->cap] : probe(m, key);
	if (slot->key == 0) {
		if (key != 0 && m->n + 1 > m->cap / 4 * 3) {
			resize(m, 2 * m->cap);
			slot = probe(m, key);
		}
		slot->key = key == 0 ? 1 : key;
		m->n++;
	}
	slot->value = value;
}

bool
map_remove(struct map *m, uint64_t key)
{
	if (m->cap == 0)
		return false;
	struct map_slot *slot = key == 0 ? &m->slots[m->cap] : probe(m, key);
	if (slot->key == 0)
		return false;
	slot->key = 0;
	m->n--;
	if (key == 0)
		return true;

	/* Close the hole: the next entry that may stand in it moves there, and so on. */
	size_t mask = m->cap - 1;
	size_t hole = (size_t)(slot - m->slots);
	for (size_t i = (hole + 1) & mask; m->slots[i].key != 0; i = (i + 1) & mask) {
		size_t from_home = (i - home(m, m->slots[i].key)) & mask;
		size_t from_hole = (i - hole) & mask;
		if (from_home < from_hole)
			continue; /* its home lies after the hole */
		m->slots[hole] = m->slots[i];
		m->slots[i].key = 0;
		hole = i;
	}
	return true;
}

struct names_node {
	struct names_node *child[4];
	str name;
	void *value;
};

void *
names_get(const struct names *names, str name)
{
	const struct names_node *node = names->root;
	uint64_t hash = fnv64(FNV64_BASIS, name);
	for (; node != NULL && !str_eq(node->name, name); hash <<= 2)
		node = node->child[hash >> 62];
	return node != NULL ? node->value : NULL;
}

void **
names_slot(struct names *names, struct arena *arena, str name)
{
	struct names_node **link = &names->root;
	uint64_t hash = fnv64(FNV64_BASIS, name);
	for (; *link != NULL && !str_eq((*link)->name, name); hash <<= 2)
		link = &(*link)->child[hash >> 62];
	if (*link == NULL) {
		*link = arena_new(arena, struct names_node, 1);
		(*link)->name = name;
		names->n++;
	}
	return &(*link)->value;
}
