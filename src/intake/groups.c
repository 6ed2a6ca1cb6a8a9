#include "intake/groups.h"

#include "base/hash.h"
#include "base/map.h"
#include "intake/matchers.h"

#define STEP_ALERTS 64 /* that are put into the heap at once */
#define NONE UINT32_MAX

struct groups {
	struct arena_map map;
	struct arena arena; /* groups and their texts */
	size_t text_bytes;  /* of it, at the start */
	uint64_t *number;   /* of the alerts, as they were added */
	uint32_t *next;     /* the next of the same group */
	uint32_t *heap;     /* of the group whose turn it is */
	size_t alerts_n, alerts_max, heap_n;
	struct group **group;
	uint32_t *group_heap;
	size_t groups_n, group_heap_n;
	struct map
	    by_key; /* siphash of labels and owner to index + 1, more by next_alike */
	struct siphash_key key;
	struct group *now;
	uint32_t gathering; /* the next of its alerts to go into the heap */
	const struct intake *intake;
	struct pair pair[2][LABELS_MAX];
};

struct groups *
groups_new(size_t alerts_max, uint64_t seed)
{
	ASSERT(alerts_max < NONE);
	size_t each = sizeof(uint64_t) + 3 * sizeof(uint32_t) + sizeof(struct group *);
	struct arena_map map;
	struct arena arena = arena_map(&map,
	    sizeof(struct groups) + alerts_max * each + GROUPS_TEXT_MAX + 1024);
	struct groups *g = arena_fresh(&arena, struct groups, 1);
	g->map = map;
	g->alerts_max = alerts_max;
	g->number = arena_fresh(&arena, uint64_t, alerts_max);
	g->group = arena_fresh(&arena, struct group *, alerts_max);
	g->next = arena_fresh(&arena, uint32_t, alerts_max);
	g->heap = arena_fresh(&arena, uint32_t, alerts_max);
	g->group_heap = arena_fresh(&arena, uint32_t, alerts_max);
	g->arena = arena;
	g->text_bytes = (size_t)(arena.end - arena.beg);
	g->key = (struct siphash_key){ { seed, ~seed } };
	g->gathering = NONE;
	map_init(&g->by_key, seed);
	return g;
}

void
groups_free(struct groups *groups)
{
	if (groups == NULL)
		return;
	map_done(&groups->by_key);
	struct arena_map map = groups->map;
	arena_unmap(&map);
}

size_t
groups_bytes(const struct groups *g)
{
	size_t text = g->text_bytes - (size_t)(g->arena.end - g->arena.beg);
	return sizeof(*g) + g->alerts_n * (sizeof(uint64_t) + 2 * sizeof(uint32_t)) +
	       g->groups_n * (sizeof(struct group *) + sizeof(uint32_t)) +
	       g->by_key.cap * 2 * sizeof(uint64_t) + text;
}

/* ---- order ---- */

int
groups_compare_labels(const struct pairs *a, const struct pairs *b)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (size_t i = 0; i < a->n; i++) {
		/* The name that comes first in the alphabet is missing in the other. */
		int order = str_cmp(a->p[i].name, b->p[i].name);
		if (order != 0)
			return -order;
		order = str_cmp(a->p[i].value, b->p[i].value);
		if (order != 0)
			return order;
	}
	return 0;
}

static int
compare_groups(const struct groups *g, uint32_t a, uint32_t b)
{
	const struct group *x = g->group[a], *y = g->group[b];
	int order = groups_compare_labels(&x->labels, &y->labels);
	return order != 0 ? order : str_cmp(x->owner, y->owner);
}

static const struct pair *
find(const struct pairs *labels, str name)
{
	for (size_t i = 0; i < labels->n; i++) {
		if (str_eq(labels->p[i].name, name))
			return &labels->p[i];
	}
	return NULL;
}

/* One that is gone comes before all others: wherever it is in a heap, those above it and
 * below it stay in order. */
static int
compare_alerts(struct groups *g, uint32_t a, uint32_t b)
{
	static const str first[] = { { "job", 3 }, { "instance", 8 } };
	const struct alert *x = intake_find(g->intake, g->number[a]);
	const struct alert *y = intake_find(g->intake, g->number[b]);
	if (x == NULL || y == NULL)
		return (x != NULL) - (y != NULL);
	struct pairs labels = labels_of_body(x->head, g->pair[0]);
	struct pairs others = labels_of_body(y->head, g->pair[1]);
	for (size_t i = 0; i < countof(first); i++) {
		const struct pair *p = find(&labels, first[i]),
				  *q = find(&others, first[i]);
		if (p == NULL && q == NULL)
			continue;
		if (p == NULL || q == NULL)
			return p == NULL ? 1 : -1;
		int order = str_cmp(p->value, q->value);
		if (order != 0)
			return order;
	}
	return groups_compare_labels(&labels, &others);
}

static int
compare(struct groups *g, const uint32_t *heap, uint32_t a, uint32_t b)
{
	return heap == g->heap ? compare_alerts(g, a, b) : compare_groups(g, a, b);
}

/* ---- heaps: the lowest on top ---- */

static void
rise(struct groups *g, uint32_t *heap, size_t i, uint32_t what)
{
	for (; i > 0 && compare(g, heap, what, heap[(i - 1) / 2]) < 0; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = what;
}

/* The place on top goes down to a leaf, and the last rises from there: it mostly belongs far
 * below, so that is one comparison a level instead of two. */
static uint32_t
pop(struct groups *g, uint32_t *heap, size_t *n)
{
	ASSERT(*n > 0);
	uint32_t top = heap[0];
	size_t end = --*n, i = 0;
	for (size_t child; (child = 2 * i + 1) < end; i = child) {
		if (child + 1 < end && compare(g, heap, heap[child + 1], heap[child]) < 0)
			child++;
		heap[i] = heap[child];
	}
	rise(g, heap, i, heap[end]);
	return top;
}

/* ---- gathering ---- */

static uint64_t
key_of(const struct groups *g, const struct pairs *labels, str owner)
{
	struct siphash_key key = g->key;
	for (size_t i = 0; i < labels->n; i++) {
		key.k[0] ^= siphash(&key, labels->p[i].name);
		key.k[1] ^= siphash(&key, labels->p[i].value);
	}
	return siphash(&key, owner);
}

static struct group *
group_make(struct groups *g, const struct pairs *labels, str owner)
{
	size_t bytes =
	    sizeof(struct group) + labels->n * sizeof(struct pair) + owner.n + 32;
	for (size_t i = 0; i < labels->n; i++)
		bytes += labels->p[i].name.n + labels->p[i].value.n;
	if ((size_t)(g->arena.end - g->arena.beg) < bytes)
		return NULL;
	struct group *made = arena_new(&g->arena, struct group, 1);
	struct pair *pair = arena_new(&g->arena, struct pair, labels->n);
	for (size_t i = 0; i < labels->n; i++) {
		pair[i].name = arena_str(&g->arena, labels->p[i].name);
		pair[i].value = arena_str(&g->arena, labels->p[i].value);
	}
	*made = (struct group){ .labels = { pair, labels->n },
		.owner = arena_str(&g->arena, owner),
		.first = NONE,
		.next_alike = NONE };
	return made;
}

static struct group *
group_of(struct groups *g, const struct pairs *labels, str owner)
{
	uint64_t key = key_of(g, labels, owner), at;
	uint32_t alike = NONE;
	if (map_get(&g->by_key, key, &at))
		alike = (uint32_t)at;
	for (uint32_t i = alike; i != NONE; i = g->group[i]->next_alike) {
		struct group *group = g->group[i];
		if (str_eq(group->owner, owner) &&
		    groups_compare_labels(&group->labels, labels) == 0)
			return group;
	}
	struct group *made = group_make(g, labels, owner);
	if (made == NULL)
		return NULL;
	uint32_t i = (uint32_t)g->groups_n++;
	made->next_alike = alike;
	g->group[i] = made;
	map_put(&g->by_key, key, i);
	rise(g, g->group_heap, g->group_heap_n++, i);
	return made;
}

bool
groups_add(struct groups *g, const struct pairs *labels, str owner, uint64_t number)
{
	ASSERT(g->now == NULL && number != 0);
	if (g->alerts_n == g->alerts_max)
		return true;
	struct group *group = group_of(g, labels, owner);
	if (group == NULL)
		return false;
	uint32_t i = (uint32_t)g->alerts_n++;
	g->number[i] = number;
	g->next[i] = group->first;
	group->first = i;
	return true;
}

/* ---- in order ---- */

bool
groups_step(struct groups *g, const struct intake *intake, uint64_t *ret_number)
{
	g->intake = intake;
	*ret_number = 0;
	if (g->gathering == NONE && g->heap_n == 0) {
		if (g->group_heap_n == 0)
			return false;
		g->now = g->group[pop(g, g->group_heap, &g->group_heap_n)];
		g->gathering = g->now->first;
	}
	for (size_t i = 0; i < STEP_ALERTS && g->gathering != NONE; i++) {
		rise(g, g->heap, g->heap_n++, g->gathering);
		g->gathering = g->next[g->gathering];
	}
	if (g->gathering == NONE)
		*ret_number = g->number[pop(g, g->heap, &g->heap_n)];
	return true;
}

const struct group *
groups_now(const struct groups *groups)
{
	return groups->now;
}
