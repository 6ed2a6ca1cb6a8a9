#include "core/noise_sum.h"

#include <stdlib.h>

#include "base/arena.h"

#define CALLED_OFTEN 3 /* fewer calls prove nothing */
#define FLAPS_MUCH 5
#define ALONE_OFTEN 5

struct noise_sum_item {
	struct noise_item item;
	struct noise_sum_item *next;
};

bool
noise_by_word(str word, enum noise_by *ret)
{
	if (word.n == 0 || str_eq(word, STR("alert")))
		*ret = NOISE_BY_ALERT;
	else if (str_eq(word, STR("source")))
		*ret = NOISE_BY_SOURCE;
	else if (str_eq(word, STR("service")))
		*ret = NOISE_BY_SERVICE;
	else
		return false;
	return true;
}

void
noise_sum_begin(struct noise_sum *sum, struct arena *arena, enum noise_by by,
    msec since_wall)
{
	*sum = (struct noise_sum){ .arena = arena,
		.by = by,
		.first_day = (uint32_t)(since_wall / DAY) };
}

static str
name_of(const struct noise_sum *sum, const struct noise_row *row)
{
	switch (sum->by) {
	case NOISE_BY_ALERT:
		return row->alert;
	case NOISE_BY_SOURCE:
		return row->source;
	case NOISE_BY_SERVICE:
		return row->service;
	}
	UNREACHABLE();
}

static struct noise_item *
item_of(struct noise_sum *sum, str name)
{
	/* A name may be empty, and a key not; the name is the row's and goes with it. */
	str key = name.n > 0 ? name : STR("\n");
	struct noise_sum_item *found = names_get(&sum->names, key);
	if (found != NULL)
		return &found->item;
	struct noise_sum_item *made = arena_new(sum->arena, struct noise_sum_item, 1);
	made->item.name = arena_str(sum->arena, name);
	made->item.since_wall = sum->first_day * DAY;
	made->next = sum->first;
	sum->first = made;
	sum->n++;
	*names_slot(&sum->names, sum->arena, name.n > 0 ? made->item.name : key) = made;
	return &made->item;
}

static void
add(struct noise_item *to, const struct noise_item *more)
{
	to->fired += more->fired;
	to->flaps += more->flaps;
	to->incidents += more->incidents;
	to->called += more->called;
	to->acted += more->acted;
	to->alone += more->alone;
	to->wasted += more->wasted;
	to->yes += more->yes;
	to->no += more->no;
}

void
noise_sum_add(struct noise_sum *sum, const struct noise_row *row)
{
	if (row->day < sum->first_day)
		return;
	struct noise_item more = { .fired = row->fired,
		.flaps = row->flaps,
		.incidents = row->incidents,
		.called = row->called,
		.acted = row->acted,
		.alone = row->alone,
		.wasted = row->wasted,
		.yes = row->yes,
		.no = row->no };
	add(item_of(sum, name_of(sum, row)), &more);
}

/* In the words of who has to do something about it; empty: nobody has. */
static str
verdict_of(const struct noise_item *item, struct arena *arena)
{
	unsigned long long fired = item->fired;
	if (item->called >= CALLED_OFTEN && item->acted == 0 && item->yes <= item->no)
		return arena_printf(arena, "fired %llu, nobody acted: drop or fix", fired);
	if (item->no > item->yes && item->no > 1)
		return arena_printf(arena, "not useful, %u of %u said: drop or fix",
		    item->no, item->no + item->yes);
	if (item->called >= CALLED_OFTEN && 2 * item->wasted >= item->called)
		return arena_printf(arena,
		    "called somebody %u times, %u for nothing: change when it calls",
		    item->called, item->wasted);
	if (item->flaps >= FLAPS_MUCH && item->flaps >= item->incidents)
		return arena_printf(arena,
		    "cleared and fired again %u times: let it wait before it fires",
		    item->flaps);
	if (item->incidents >= ALONE_OFTEN && item->alone == item->incidents &&
	    item->called == 0)
		return STR("calls nobody and goes by itself: a graph will do");
	return (str){ 0 };
}

static int
more_first(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int
worse_first(const void *a, const void *b)
{
	const struct noise_item *x = a, *y = b;
	int order = more_first(x->wasted, y->wasted);
	if (order == 0)
		order = more_first(x->no, y->no);
	if (order == 0)
		order = more_first(x->alone, y->alone);
	if (order == 0)
		order = more_first(x->fired, y->fired);
	return order != 0 ? order : str_cmp(x->name, y->name);
}

size_t
noise_sum_end(struct noise_sum *sum, struct noise_item **ret)
{
	struct noise_item *items = arena_new(sum->arena, struct noise_item, sum->n + 1);
	size_t n = 0;
	for (const struct noise_sum_item *it = sum->first; it != NULL; it = it->next)
		items[n++] = it->item;
	if (n > 0)
		qsort(items, n, sizeof(*items), worse_first);
	if (n > NOISE_LISTED_MAX) {
		struct noise_item rest = { .name = STR(NOISE_REST),
			.since_wall = items[0].since_wall };
		for (size_t i = NOISE_LISTED_MAX; i < n; i++)
			add(&rest, &items[i]);
		items[NOISE_LISTED_MAX] = rest;
		n = NOISE_LISTED_MAX + 1;
	}
	for (size_t i = 0; i < n; i++) {
		struct noise_item *item = &items[i];
		item->acted_percent =
		    item->incidents == 0
			? 0
			: (uint32_t)(UINT64_C(100) * item->acted / item->incidents);
		item->verdict =
		    i == NOISE_LISTED_MAX ? (str){ 0 } : verdict_of(item, sum->arena);
	}
	*ret = items;
	return n;
}
