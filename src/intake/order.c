#include "intake/order.h"

#include "intake/intake.h"

#define RUN_NONE UINT32_MAX
#define MERGE_BELOW (ORDER_RUN / 2) /* two neighbours together never hold this or fewer */

static uint32_t
key_of(uint64_t fingerprint)
{
	return (uint32_t)(fingerprint >> 32);
}

/* How many of the ascending keys are below `want`; without a branch that is a guess. */
static uint32_t
keys_below(const uint32_t *key, uint32_t n, uint32_t want)
{
	uint32_t at = 0;
	for (; n > 1; n -= n / 2)
		at += n / 2 & -(uint32_t)(key[at + n / 2 - 1] < want);
	return at + (n == 1 && key[at] < want ? 1u : 0u);
}

static bool
alert_below(const struct alert *alert, uint64_t fingerprint, uint64_t number)
{
	return alert->fingerprint < fingerprint ||
	       (alert->fingerprint == fingerprint && alert->number < number);
}

/* Of the entries [i, end), all of one key, the first that is not below. */
static uint32_t
settle_equal(const struct order *o, const uint32_t *slot, uint32_t i, uint32_t end,
    uint64_t fingerprint, uint64_t number)
{
	while (i < end) {
		uint32_t middle = i + (end - i) / 2;
		if (alert_below(&o->alert[slot[middle]], fingerprint, number))
			i = middle + 1;
		else
			end = middle;
	}
	return i;
}

/* The number of entries in the run that are below. */
static uint32_t
below_in_run(const struct order *o, const struct order_run *run, uint64_t fingerprint,
    uint64_t number)
{
	uint32_t key = key_of(fingerprint);
	uint32_t i = keys_below(run->key, run->n, key);
	if (i == run->n || run->key[i] != key)
		return i;
	uint32_t end = i;
	while (end < run->n && run->key[end] == key)
		end++;
	return settle_equal(o, run->slot, i, end, fingerprint, number);
}

/* The number of runs whose first entry is below. */
static uint32_t
runs_below(const struct order *o, uint64_t fingerprint, uint64_t number)
{
	uint32_t key = key_of(fingerprint);
	uint32_t i = keys_below(o->first_key, o->n, key);
	if (i == o->n || o->first_key[i] != key)
		return i;
	uint32_t end = key == UINT32_MAX ? o->n : keys_below(o->first_key, o->n, key + 1);
	while (i < end) {
		uint32_t middle = i + (end - i) / 2;
		uint32_t slot = o->run[o->id[middle]].slot[0];
		if (alert_below(&o->alert[slot], fingerprint, number))
			i = middle + 1;
		else
			end = middle;
	}
	return i;
}

struct order_at
order_seek(const struct order *o, uint64_t fingerprint, uint64_t number)
{
	uint32_t below = runs_below(o, fingerprint, number);
	if (below == 0)
		return (struct order_at){ 0, 0 };
	const struct order_run *run = &o->run[o->id[below - 1]];
	return (struct order_at){ below - 1, below_in_run(o, run, fingerprint, number) };
}

bool
order_next(const struct order *o, struct order_at *at, uint32_t *ret_slot)
{
	while (at->run < o->n && at->i == o->run[o->id[at->run]].n)
		*at = (struct order_at){ at->run + 1, 0 };
	if (at->run >= o->n)
		return false;
	*ret_slot = o->run[o->id[at->run]].slot[at->i++];
	return true;
}

void
order_init(struct order *o, const struct alert *alert, uint32_t alerts_max)
{
	/* Neighbours hold more than MERGE_BELOW together. */
	uint32_t runs_max = alerts_max / (MERGE_BELOW / 2) + 2;
	*o = (struct order){ .alert = alert, .free = RUN_NONE, .runs_max = runs_max };
	struct arena arena = arena_map(&o->map,
	    runs_max * (sizeof(*o->run) + sizeof(*o->first_key) + sizeof(*o->id)));
	o->first_key = arena_fresh(&arena, uint32_t, runs_max);
	o->id = arena_fresh(&arena, uint32_t, runs_max);
	o->run = arena_fresh(&arena, struct order_run, runs_max);
}

void
order_done(struct order *o)
{
	arena_unmap(&o->map);
}

/* A new run at place `at` of the directory. */
static struct order_run *
insert_run(struct order *o, uint32_t at)
{
	uint32_t id = o->free;
	if (id != RUN_NONE) {
		o->free = o->run[id].next_free;
	} else {
		ASSERT(o->used < o->runs_max);
		id = o->used++;
	}
	memmove(o->id + at + 1, o->id + at, (o->n - at) * sizeof(*o->id));
	memmove(o->first_key + at + 1, o->first_key + at,
	    (o->n - at) * sizeof(*o->first_key));
	o->n++;
	o->id[at] = id;
	o->run[id].n = 0;
	return &o->run[id];
}

static void
remove_run(struct order *o, uint32_t at)
{
	uint32_t id = o->id[at];
	o->n--;
	memmove(o->id + at, o->id + at + 1, (o->n - at) * sizeof(*o->id));
	memmove(o->first_key + at, o->first_key + at + 1,
	    (o->n - at) * sizeof(*o->first_key));
	o->run[id].next_free = o->free;
	o->free = id;
}

/* Append entries [from, from + n) of one run to another. */
static void
append(struct order_run *to, const struct order_run *run, uint32_t from, uint32_t n)
{
	ASSERT(to->n + n <= ORDER_RUN);
	memcpy(to->key + to->n, run->key + from, n * sizeof(*to->key));
	memcpy(to->slot + to->n, run->slot + from, n * sizeof(*to->slot));
	to->n += n;
}

static void
split(struct order *o, uint32_t at)
{
	struct order_run *upper = insert_run(o, at + 1);
	struct order_run *lower = &o->run[o->id[at]];
	append(upper, lower, ORDER_RUN / 2, ORDER_RUN - ORDER_RUN / 2);
	lower->n = ORDER_RUN / 2;
	o->first_key[at + 1] = upper->key[0];
}

void
order_add(struct order *o, uint32_t slot)
{
	const struct alert *alert = &o->alert[slot];
	if (o->n == 0)
		(void)insert_run(o, 0);
	struct order_at at = order_seek(o, alert->fingerprint, alert->number);
	if (o->run[o->id[at.run]].n == ORDER_RUN) {
		split(o, at.run);
		if (at.i > ORDER_RUN / 2)
			at = (struct order_at){ at.run + 1, at.i - ORDER_RUN / 2 };
	}
	struct order_run *run = &o->run[o->id[at.run]];
	uint32_t after = run->n - at.i;
	memmove(run->key + at.i + 1, run->key + at.i, after * sizeof(*run->key));
	memmove(run->slot + at.i + 1, run->slot + at.i, after * sizeof(*run->slot));
	run->key[at.i] = key_of(alert->fingerprint);
	run->slot[at.i] = slot;
	run->n++;
	o->first_key[at.run] = run->key[0];
}

/* Join the run at `at` with the one behind it if they are small. */
static void
join(struct order *o, uint32_t at)
{
	if (at + 1 >= o->n)
		return;
	struct order_run *run = &o->run[o->id[at]];
	const struct order_run *next = &o->run[o->id[at + 1]];
	if (run->n + next->n > MERGE_BELOW)
		return;
	append(run, next, 0, next->n);
	o->first_key[at] = run->key[0];
	remove_run(o, at + 1);
}

void
order_remove(struct order *o, uint32_t slot)
{
	const struct alert *alert = &o->alert[slot];
	struct order_at at = order_seek(o, alert->fingerprint, alert->number);
	struct order_at next = at;
	uint32_t found = 0;
	bool any = order_next(o, &next, &found);
	ASSERT(any && found == slot);
	at = (struct order_at){ next.run, next.i - 1 };

	struct order_run *run = &o->run[o->id[at.run]];
	run->n--;
	uint32_t after = run->n - at.i;
	memmove(run->key + at.i, run->key + at.i + 1, after * sizeof(*run->key));
	memmove(run->slot + at.i, run->slot + at.i + 1, after * sizeof(*run->slot));
	if (run->n == 0) {
		remove_run(o, at.run);
		return;
	}
	o->first_key[at.run] = run->key[0];
	join(o, at.run);
	if (at.run > 0)
		join(o, at.run - 1);
}
