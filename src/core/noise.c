/*
 * What alerts cost people, counted as it happens: row_noise.h says what.
 *
 *	an alert fires      -> the row of today, its name, its source, its service: one more
 *	an incident opens   -> the same of its first alert; it stays that of the incident
 *	called, acted upon, closed, answered for
 *	                    -> what the incident adds there is another: the difference
 *
 * Rows are found by what they are about on one day alone, the last that anything was counted
 * on; others by number. Rows stay open, as reports need all of them: they are in every mark,
 * and no `keep:` lets go of them. Old ones go a few at a time as new ones are made.
 */
#include "core/noise.h"

#include "core/state.h"

#define ERASED_EACH_MAX 2 /* rows that are too old, for each that is made */

/* ---- where it counts ---- */

struct about {
	uint32_t day;
	str alert, source, service;
};

static uint64_t
hash_of(const struct about *about)
{
	uint64_t hash = fnv64(FNV64_BASIS, about->alert);
	hash = fnv64(hash + 1, about->source);
	return fnv64(hash + 1, about->service);
}

static bool
is_about(const struct noise_row *row, const struct about *about)
{
	return row->day == about->day && str_eq(row->alert, about->alert) &&
	       str_eq(row->service, about->service) && str_eq(row->source, about->source);
}

static struct noise *
noise_at(struct link *it)
{
	return container_of(object_of(it, in_table), struct noise, o);
}

static void
key_put(struct core *core, struct noise *noise)
{
	const struct noise_row *row = &noise->row;
	uint64_t value,
	    hash =
		hash_of(&(struct about){ row->day, row->alert, row->source, row->service });
	while (map_get(&core->noise_keys, hash, &value))
		hash++;
	map_put(&core->noise_keys, hash, (uintptr_t)noise);
	core->noise_day_n++;
}

/* From now on rows of that day are found; the clock can also have been put back. */
static void
turn_to(struct core *core, uint32_t day)
{
	uint64_t seed = core->noise_keys.seed;
	map_done(&core->noise_keys);
	map_init(&core->noise_keys, seed);
	core->noise_last = NULL;
	core->noise_day = day;
	core->noise_day_n = 0;
	list_each(it, &core->tables[TABLE_NOISE])
	{
		if (noise_at(it)->row.day == day)
			key_put(core, noise_at(it));
	}
}

static struct noise *
find(struct core *core, const struct about *about)
{
	uint64_t value;
	/* Most alerts of a batch are of one name. */
	if (core->noise_last != NULL && is_about(&core->noise_last->row, about))
		return core->noise_last;
	if (core->noise_day != about->day)
		turn_to(core, about->day);
	for (uint64_t hash = hash_of(about); map_get(&core->noise_keys, hash, &value);
	     hash++) {
		struct noise *noise = (struct noise *)(uintptr_t)value;
		if (is_about(&noise->row, about)) {
			core->noise_last = noise;
			return noise;
		}
	}
	return NULL;
}

/* A wall clock that jumps ages nothing: by the engine's. */
static void
erase_old(struct core *core)
{
	for (unsigned i = 0; i < ERASED_EACH_MAX; i++) {
		struct link *list = &core->tables[TABLE_NOISE];
		if (list_empty(list))
			return;
		struct noise *oldest = noise_at(list->next);
		if (core->counts[TABLE_NOISE] < NOISE_MAX &&
		    core->at < oldest->row.made_at + (NOISE_KEEP_DAYS + 1) * DAY)
			return;
		bool known = oldest->row.day == core->noise_day;
		object_erase(core, &oldest->o);
		if (known)
			turn_to(core, core->noise_day);
	}
}

/* NULL: there is no memory for it, which is counted. */
static struct noise *
make(struct core *core, const struct about *about)
{
	erase_old(core);
	struct noise_row row = { .id = core->control->row.noise_rows + 1,
		.day = about->day,
		.alert = about->alert,
		.source = about->source,
		.service = about->service,
		.made_at = core->at };
	struct noise *noise = object_add(core, TABLE_NOISE, &row);
	if (noise == NULL)
		return NULL;
	core->control->row.noise_rows++;
	key_put(core, noise);
	core->noise_last = noise;
	return noise;
}

static struct noise *
noise_of(struct core *core, str alert, str source, str service)
{
	struct about about = { .day = (uint32_t)(core->wall / DAY),
		.alert = text_cut(alert, NOISE_NAME_MAX),
		.source = text_cut(source, NOISE_NAME_MAX),
		.service = text_cut(service, NOISE_NAME_MAX) };
	struct noise *noise = find(core, &about);
	if (noise != NULL)
		return noise;
	if (core->noise_day_n >= NOISE_DAY_MAX || !core_roomy(core)) {
		about.alert = about.source = about.service = STR(NOISE_OTHERS);
		noise = find(core, &about);
	}
	return noise != NULL ? noise : make(core, &about);
}

/* ---- alerts ---- */

void
noise_fired(struct core *core, const struct pairs *labels, str source,
    const struct service *service)
{
	struct noise *noise = noise_of(core, pairs_get(labels, STR("alertname")), source,
	    service != NULL ? service->name : (str){ 0 });
	if (noise == NULL)
		return;
	noise->row.fired++;
	object_touch(core, &noise->o);
}

/* ---- incidents ---- */

void
noise_opened(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	if (row->drill)
		return;
	str name = pairs_get(&row->labels, STR("alertname"));
	struct noise *noise = noise_of(core, name.n > 0 ? name : row->recurrence,
	    incident_is_self(incident) ? FIRSTLINE : row->source, row->service);
	if (noise == NULL)
		return;
	row->noise = noise->row.id;
	noise->row.incidents++;
	object_touch(core, &noise->o);
}

struct noise_share
noise_share(const struct incident_row *row)
{
	bool closed = row->state == INCIDENT_CLOSED;
	struct noise_share share = { .called = row->called,
		.acted = row->acted,
		.alone = closed && !row->acted };
	const struct useful *said = row->useful.p;
	for (size_t i = 0; i < row->useful.n; i++) {
		share.yes += said[i].yes ? 1 : 0;
		share.no += said[i].yes ? 0 : 1;
	}
	/* What people say of it counts for more than what they did. */
	bool for_nothing = share.yes == share.no ? share.alone != 0 : share.no > share.yes;
	share.wasted = row->called && for_nothing;
	return share;
}

static void
move(uint32_t *count, uint32_t was, uint32_t is)
{
	ASSERT(*count + is >= was);
	*count = *count + is - was;
}

void
noise_moved(struct core *core, const struct incident_row *row,
    const struct noise_share *was)
{
	struct noise_share is = noise_share(row);
	struct noise *noise = object_find(core, TABLE_NOISE, row->noise);
	if (noise == NULL || memcmp(&is, was, sizeof(is)) == 0)
		return;
	move(&noise->row.called, was->called, is.called);
	move(&noise->row.acted, was->acted, is.acted);
	move(&noise->row.alone, was->alone, is.alone);
	move(&noise->row.wasted, was->wasted, is.wasted);
	move(&noise->row.yes, was->yes, is.yes);
	move(&noise->row.no, was->no, is.no);
	object_touch(core, &noise->o);
}

void
noise_called(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	if (row->called || row->noise == 0)
		return;
	struct noise_share was = noise_share(row);
	row->called = true;
	object_touch(core, &incident->o);
	noise_moved(core, row, &was);
}

void
noise_acted(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	if (row->acted || row->noise == 0)
		return;
	struct noise_share was = noise_share(row);
	row->acted = true;
	object_touch(core, &incident->o);
	noise_moved(core, row, &was);
}

void
noise_flapped(struct core *core, const struct incident *incident)
{
	struct noise *noise = object_find(core, TABLE_NOISE, incident->row.noise);
	if (noise == NULL)
		return;
	noise->row.flaps++;
	object_touch(core, &noise->o);
}

/* ---- check.c ---- */

void
noise_check(const struct core *core)
{
	uint32_t of_day = 0;
	list_each(it, &core->tables[TABLE_NOISE])
	{
		const struct noise_row *row = &noise_at(it)->row;
		of_day += row->day == core->noise_day ? 1 : 0;
		ASSERT(row->id <= core->control->row.noise_rows);
		ASSERT(row->called <= row->incidents && row->acted <= row->incidents);
		ASSERT(row->acted + row->alone <= row->incidents);
		ASSERT(row->wasted <= row->called);
	}
	ASSERT(core->counts[TABLE_NOISE] <= NOISE_MAX);
	ASSERT(core->noise_day_n == core->noise_keys.n);
	ASSERT(core->noise_day == NOISE_NO_DAY || core->noise_day_n == of_day);
	ASSERT(core->noise_day_n <= NOISE_DAY_MAX + 1);
}
