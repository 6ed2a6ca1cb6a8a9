#include "intake/tally.h"

#include "base/hash.h"
#include "base/map.h"
#include "intake/wire.h"

#define NONE UINT32_MAX
#define STEP_GROUPS 1024 /* that are ranked at once */
#define STEP_ALERTS 64   /* of a group that are looked at at once */

struct group {
	uint64_t key[2]; /* two hashes of the values: nobody makes both collide */
	struct tally_count count;
	uint32_t last;       /* of its alerts, as they were added */
	uint32_t next_alike; /* has the same first hash */
};

struct tally {
	struct arena_map map;
	str by[TALLY_BY_MAX];
	size_t by_n;
	size_t alerts_n, alerts_max, groups_n;
	uint64_t *number; /* of the alerts */
	uint32_t *before; /* the one before of the same group */
	struct group *group;
	struct map by_key; /* first hash to index */
	struct siphash_key key[2];
	struct tally_count all;
	struct buf values; /* of the alert that is added */
};

struct tally_page {
	struct arena_map map;
	struct arena arena; /* for one group */
	const struct tally *tally;
	uint64_t after;
	size_t first_max;
	struct ranked {
		uint64_t place;
		uint32_t group;
	} * ranked; /* a heap with the last on top, then in order */
	size_t ranked_n, ranked_max;
	bool more;
	uint32_t rank_at; /* the group to rank next */
	bool sorted;
	size_t at;        /* the group that is shown next */
	bool begun;       /* some of its alerts were looked at */
	bool seen;        /* one of them was still there */
	uint32_t looking; /* the next of them */
	struct tally_shown shown;
};

struct tally *
tally_new(const struct strs *by, size_t alerts_max, uint64_t seed)
{
	ASSERT(by->n > 0 && by->n <= TALLY_BY_MAX && alerts_max < NONE);
	size_t text_bytes = 0;
	for (size_t i = 0; i < by->n; i++)
		text_bytes += by->p[i].n;
	size_t groups_max = alerts_max < TALLY_GROUPS_MAX ? alerts_max : TALLY_GROUPS_MAX;
	struct arena_map map;
	struct arena arena =
	    arena_map(&map, sizeof(struct tally) + text_bytes +
				alerts_max * (sizeof(uint64_t) + sizeof(uint32_t)) +
				groups_max * sizeof(struct group) + 1024);
	struct tally *t = arena_fresh(&arena, struct tally, 1);
	t->map = map;
	t->by_n = by->n;
	for (size_t i = 0; i < by->n; i++)
		t->by[i] = arena_str(&arena, by->p[i]);
	t->alerts_max = alerts_max;
	t->number = arena_fresh(&arena, uint64_t, alerts_max);
	t->before = arena_fresh(&arena, uint32_t, alerts_max);
	t->group = arena_fresh(&arena, struct group, groups_max);
	t->key[0] = (struct siphash_key){ { seed, ~seed } };
	t->key[1] = (struct siphash_key){ { ~seed, seed } };
	t->values = BUF(TALLY_BY_MAX * (ALERT_BODY_MAX + 4));
	map_init(&t->by_key, seed);
	return t;
}

void
tally_free(struct tally *tally)
{
	if (tally == NULL)
		return;
	map_done(&tally->by_key);
	buf_done(&tally->values);
	struct arena_map map = tally->map;
	arena_unmap(&map);
}

size_t
tally_bytes(const struct tally *t)
{
	return sizeof(*t) + t->alerts_n * (sizeof(uint64_t) + sizeof(uint32_t)) +
	       t->groups_n * sizeof(struct group) + t->by_key.cap * 2 * sizeof(uint64_t);
}

struct tally_count
tally_all(const struct tally *tally)
{
	return tally->all;
}

size_t
tally_groups(const struct tally *tally)
{
	return tally->groups_n;
}

/* ---- counting ---- */

/* The alert's values of the labels, empty where it lacks one. */
static void
values_of(const struct tally *t, const struct alert *alert, str ret[static TALLY_BY_MAX])
{
	size_t found = 0;
	for (size_t i = 0; i < t->by_n; i++)
		ret[i] = STR("");
	struct wire_pairs pairs = wire_pairs(wire_labels(alert->head, alert->labels_bytes));
	struct pair pair;
	while (found < t->by_n && wire_next_pair(&pairs, &pair)) {
		for (size_t i = 0; i < t->by_n; i++) {
			if (str_eq(pair.name, t->by[i])) {
				ret[i] = pair.value;
				found++;
			}
		}
	}
}

static void
put_value(struct buf *b, str value)
{
	uint32_t n = (uint32_t)value.n;
	buf_put(b, (const char *)&n, sizeof(n));
	buf_add(b, value);
}

static struct group *
group_of(struct tally *t, const struct alert *alert)
{
	str value[TALLY_BY_MAX];
	uint64_t at;
	values_of(t, alert, value);
	t->values.n = 0;
	for (size_t i = 0; i < t->by_n; i++)
		put_value(&t->values, value[i]);
	uint64_t first = siphash(&t->key[0], buf_str(&t->values));
	uint64_t second = siphash(&t->key[1], buf_str(&t->values));
	uint32_t alike = map_get(&t->by_key, first, &at) ? (uint32_t)at : NONE;
	for (uint32_t i = alike; i != NONE; i = t->group[i].next_alike) {
		if (t->group[i].key[1] == second)
			return &t->group[i];
	}
	if (t->groups_n == TALLY_GROUPS_MAX)
		return NULL;
	struct group *made = &t->group[t->groups_n];
	*made =
	    (struct group){ .key = { first, second }, .last = NONE, .next_alike = alike };
	map_put(&t->by_key, first, t->groups_n++);
	return made;
}

static void
count(struct tally_count *c, const struct alert *alert, enum severity severity)
{
	c->alerts++;
	c->held += alert->held;
	c->severity[severity]++;
}

bool
tally_add(struct tally *t, const struct alert *alert, enum severity severity)
{
	ASSERT(severity < countof(t->all.severity));
	if (t->alerts_n == t->alerts_max)
		return true;
	struct group *group = group_of(t, alert);
	if (group == NULL)
		return false;
	uint32_t i = (uint32_t)t->alerts_n++;
	t->number[i] = alert->number;
	t->before[i] = group->last;
	group->last = i;
	count(&group->count, alert, severity);
	count(&t->all, alert, severity);
	return true;
}

/* ---- the groups of a page ---- */

/* Where it stands among the others, never 0: its worst severity in 3 bits, how few alerts in
 * 23, and of its hash as much as there is room for. */
static uint64_t
place_of(const struct group *group)
{
	uint64_t worst = SEV1;
	while (worst <= SEV4 && group->count.severity[worst] == 0)
		worst++;
	uint64_t few = (UINT64_C(1) << 23) - 1;
	few -= group->count.alerts < few ? group->count.alerts : few;
	return worst << 61 | few << 38 | group->key[0] >> 26;
}

static void
sink(struct ranked *heap, size_t n)
{
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && heap[child].place < heap[child + 1].place)
			child++;
		if (heap[i].place >= heap[child].place)
			return;
		struct ranked was = heap[i];
		heap[i] = heap[child];
		heap[child] = was;
	}
}

static void
rise(struct ranked *heap, size_t i)
{
	for (size_t up; i > 0 && heap[up = (i - 1) / 2].place < heap[i].place; i = up) {
		struct ranked was = heap[i];
		heap[i] = heap[up];
		heap[up] = was;
	}
}

static void
rank(struct tally_page *page, uint32_t group)
{
	struct ranked new = { place_of(&page->tally->group[group]), group };
	if (new.place <= page->after)
		return;
	if (page->ranked_n < page->ranked_max) {
		page->ranked[page->ranked_n] = new;
		rise(page->ranked, page->ranked_n++);
		return;
	}
	page->more = true;
	if (new.place < page->ranked[0].place) {
		page->ranked[0] = new;
		sink(page->ranked, page->ranked_n);
	}
}

static void
sort(struct tally_page *page)
{
	for (size_t n = page->ranked_n; n > 1;) {
		struct ranked last = page->ranked[0];
		page->ranked[0] = page->ranked[--n];
		page->ranked[n] = last;
		sink(page->ranked, n);
	}
	page->sorted = true;
}

struct tally_page *
tally_page_new(const struct tally *tally, uint64_t after, size_t groups_max,
    size_t first_max)
{
	ASSERT(groups_max > 0 && groups_max <= TALLY_PAGE_GROUPS_MAX);
	ASSERT(first_max <= TALLY_FIRST_MAX);
	struct arena_map map;
	struct arena arena =
	    arena_map(&map, sizeof(struct tally_page) + groups_max * sizeof(struct ranked) +
				(TALLY_BY_MAX + LABELS_MAX) * sizeof(struct pair) +
				2 * (size_t)ALERT_BODY_MAX + 1024);
	struct tally_page *page = arena_new(&arena, struct tally_page, 1);
	page->map = map;
	page->tally = tally;
	page->after = after;
	page->first_max = first_max;
	page->ranked = arena_new(&arena, struct ranked, groups_max);
	page->ranked_max = groups_max;
	page->arena = arena;
	return page;
}

void
tally_page_free(struct tally_page *page)
{
	if (page == NULL)
		return;
	struct arena_map map = page->map;
	arena_unmap(&map);
}

/* ---- what is shown of a group ---- */

static bool
is_by(const struct tally *t, str name)
{
	for (size_t i = 0; i < t->by_n; i++) {
		if (str_eq(t->by[i], name))
			return true;
	}
	return false;
}

/* Of the first that is still there: its values, and all that the others may share with it. */
static void
begin_shown(struct tally_page *page, const struct alert *alert)
{
	const struct tally *t = page->tally;
	struct arena arena = page->arena;
	struct tally_shown *shown = &page->shown;
	str value[TALLY_BY_MAX];
	values_of(t, alert, value);
	shown->by = (struct pairs){ arena_new(&arena, struct pair, t->by_n), t->by_n };
	for (size_t i = 0; i < t->by_n; i++)
		shown->by.p[i] = (struct pair){ t->by[i], arena_str(&arena, value[i]) };
	shown->shared = (struct pairs){ arena_new(&arena, struct pair, LABELS_MAX), 0 };
	size_t bytes = 0;
	struct wire_pairs pairs = wire_pairs(wire_labels(alert->head, alert->labels_bytes));
	struct pair pair;
	while (wire_next_pair(&pairs, &pair)) {
		bytes += pair.name.n + pair.value.n;
		if (is_by(t, pair.name) || bytes > TALLY_SHARED_BYTES_MAX)
			continue;
		shown->shared.p[shown->shared.n++] =
		    (struct pair){ arena_str(&arena, pair.name),
			    arena_str(&arena, pair.value) };
	}
	shown->oldest = shown->newest = alert->starts_wall;
	page->seen = true;
}

/* Names ascend in both: what is left is what both have. */
static void
keep_shared(struct pairs *shared, const struct alert *alert)
{
	struct wire_pairs pairs = wire_pairs(wire_labels(alert->head, alert->labels_bytes));
	struct pair pair;
	size_t n = 0, i = 0;
	while (i < shared->n && wire_next_pair(&pairs, &pair)) {
		int order = 1;
		while (i < shared->n && (order = str_cmp(shared->p[i].name, pair.name)) < 0)
			i++;
		if (i == shared->n || order > 0)
			continue;
		if (str_eq(shared->p[i].value, pair.value))
			shared->p[n++] = shared->p[i];
		i++;
	}
	shared->n = n;
}

/* The lowest fingerprints, ascending. */
static void
keep_first(struct tally_page *page, const struct alert *alert)
{
	struct tally_shown *s = &page->shown;
	size_t i = s->first_n;
	if (i < page->first_max)
		s->first_n++;
	else if (i == 0 || alert->fingerprint >= s->first_fingerprint[i - 1])
		return;
	else
		i--;
	for (; i > 0 && s->first_fingerprint[i - 1] > alert->fingerprint; i--) {
		s->first[i] = s->first[i - 1];
		s->first_fingerprint[i] = s->first_fingerprint[i - 1];
	}
	s->first[i] = alert->number;
	s->first_fingerprint[i] = alert->fingerprint;
}

static void
look_at(struct tally_page *page, const struct alert *alert)
{
	struct tally_shown *s = &page->shown;
	if (!page->seen)
		begin_shown(page, alert);
	else
		keep_shared(&s->shared, alert);
	if (alert->starts_wall < s->oldest)
		s->oldest = alert->starts_wall;
	if (alert->starts_wall > s->newest)
		s->newest = alert->starts_wall;
	keep_first(page, alert);
}

static enum tally_news
look(struct tally_page *page, const struct intake *intake)
{
	const struct tally *t = page->tally;
	const struct ranked *ranked = &page->ranked[page->at];
	if (!page->begun) {
		page->begun = true;
		page->seen = false;
		page->looking = t->group[ranked->group].last;
		page->shown = (struct tally_shown){ .place = ranked->place,
			.count = t->group[ranked->group].count };
	}
	for (size_t i = 0; i < STEP_ALERTS && page->looking != NONE; i++) {
		const struct alert *alert = intake_find(intake, t->number[page->looking]);
		page->looking = t->before[page->looking];
		if (alert != NULL)
			look_at(page, alert);
	}
	if (page->looking != NONE)
		return TALLY_NOTHING;
	page->begun = false;
	page->at++;
	return page->seen ? TALLY_GROUP : TALLY_NOTHING;
}

enum tally_news
tally_page_step(struct tally_page *page, const struct intake *intake)
{
	size_t groups_n = page->tally->groups_n;
	if (page->rank_at < groups_n) {
		for (size_t i = 0; i < STEP_GROUPS && page->rank_at < groups_n; i++)
			rank(page, page->rank_at++);
		return TALLY_NOTHING;
	}
	if (!page->sorted)
		sort(page);
	return page->at < page->ranked_n ? look(page, intake) : TALLY_END;
}

const struct tally_shown *
tally_page_shown(const struct tally_page *page)
{
	return &page->shown;
}

bool
tally_page_more(const struct tally_page *page)
{
	return page->more;
}
