/*
 * start -- from the store to a core and an intake as they were at the last commit.
 *
 * Loads open rows and alert packs, then applies recorded outcomes of the entries that the
 * packs trail. Never runs core_step: what was decided is not decided again.
 *
 * A damaged row by which nothing is decided is left out and told; any other ends the start, for
 * without it more might be allowed than was, or an incident be forgotten.
 */
#include <stdio.h>

#include "engine/state.h"
#include "os/clock.h"

#define LOAD_ARENA_BYTES ((size_t)1 << 30)
#define LOAD_PAGE 1000

struct load {
	struct engine *engine;
	msec at;          /* the engine's clock now: freshness starts anew from it */
	enum table table; /* being loaded */
	uint64_t last;
	size_t taken;
	bool ok;
	struct err *err;
	struct arena_map map;
};

/* The engine's clock goes on from the last step's. */
static bool
start_clock(struct load *load, str body)
{
	static char memory[128 << 10]; /* BROUGHT_MAX runbooks are in it */
	struct arena arena = arena_over(memory, sizeof(memory));
	struct control_row control;
	if (!record_decode_all(&control_row_type, body, &arena, &control, load->err))
		return false;
	struct engine_clock *clock = &load->engine->clock;
	engine_clock_start(clock, control.at, control.wall, clock_wall(), clock_boot());
	load->at = engine_clock_at(clock, clock_boot());
	return true;
}

static bool
take_row(void *context, const struct stored_row *row)
{
	struct load *load = context;
	load->last = row->id;
	load->taken++;
	switch (row->table) {
	case TABLE_ALERTS:
		load->ok = intake_load_pack(load->engine->intake, row->id - 1, row->body,
		    load->at, load->err);
		break;
	case TABLE_CONTROL:
		load->ok = start_clock(load, row->body) &&
		           core_load(load->engine->core, row->table, row->body, load->err);
		break;
	case TABLE_ANSWER:
	case TABLE_INCIDENT:
	case TABLE_RUN:
	case TABLE_ATTEMPT:
	case TABLE_PROBE:
	case TABLE_DECISION:
	case TABLE_GRANT_USE:
	case TABLE_NOTICE:
	case TABLE_HANDOFF:
	case TABLE_GAP:
	case TABLE_TOKEN:
	case TABLE_SILENCE:
	case TABLE_ASKED:
	case TABLE_LEASE:
	case TABLE_TRUST:
	case TABLE_SESSION:
	case TABLE_LOGIN:
	case TABLE_OVERRIDE:
	case TABLE_HEARTBEAT:
	case TABLE_NOISE:
	case TABLE_QUARANTINE:
	case TABLE_TIMELINE:
		load->ok = core_load(load->engine->core, row->table, row->body, load->err);
		break;
	}
	return load->ok;
}

static void
leave_out(void *context, row_id id)
{
	struct load *load = context;
	struct engine *engine = load->engine;
	load->last = id;
	load->taken++;
	if (engine->damaged_n < DAMAGED_TOLD_MAX)
		engine->damaged[engine->damaged_n] = (struct damage){ load->table, id };
	engine->damaged_n++;
	engine_log(engine, LOG_ERROR, "%s %llu is damaged, and left out",
	    table_names[load->table], (unsigned long long)id);
}

void
engine_tell_damage(struct engine *engine)
{
	size_t told =
	    engine->damaged_n < DAMAGED_TOLD_MAX ? engine->damaged_n : DAMAGED_TOLD_MAX;
	for (size_t i = 0; i < told; i++) {
		char subject[64], text[300];
		(void)snprintf(subject, sizeof(subject), "%s %llu",
		    table_names[engine->damaged[i].table],
		    (unsigned long long)engine->damaged[i].id);
		(void)snprintf(text, sizeof(text),
		    "%zu damaged rows of the store were left out at the start: nothing is "
		    "decided by them, but the disk may be failing; 'firstline journal "
		    "verify', and a backup while there is one to make",
		    engine->damaged_n);
		struct event event = { .kind = EVENT_SELF };
		event.self = (struct self){ .kind = SELF_DAMAGED,
			.subject = str_of(subject),
			.text = str_of(text) };
		batch_step(engine, &event);
	}
}

/* What happened, in words, and counts of alerts: for people to read. */
static bool
decides_nothing(enum table table)
{
	return table == TABLE_TIMELINE || table == TABLE_NOISE;
}

static bool
load_table(struct load *load, enum table table)
{
	struct row_query query = { .table = table,
		.open_only = true,
		.limit = LOAD_PAGE,
		.damaged = decides_nothing(table) ? leave_out : NULL };
	uint64_t seq;
	load->table = table;
	do {
		load->taken = 0;
		if (!store_rows(load->engine->store, &query, take_row, load, &seq,
			load->err))
			return false;
		query.after = load->last;
	} while (load->ok && load->taken == LOAD_PAGE);
	return load->ok;
}

static bool
take_entry(void *context, const struct stored_entry *stored)
{
	struct load *load = context;
	struct arena arena = arena_map_reset(&load->map, (size_t)8 << 20);
	struct entry entry;
	load->ok = entry_decode(stored->bytes, &arena, &entry, load->err);
	for (size_t i = 0; load->ok && i < entry.step_n; i++)
		load->ok = intake_apply(load->engine->intake, stored->seq, &entry.step[i],
		    load->at, load->err);
	return load->ok;
}

static const struct model *
find_model(void *context, const hash32 *hash)
{
	struct load *load = context;
	const struct config *config = configs_find(&load->engine->configs, hash);
	if (config != NULL)
		return config->model;
	struct arena arena = arena_map_reset(&load->map, (size_t)8 << 20);
	str bytes;
	if (!store_bundle_get(load->engine->store, hash, &arena, &bytes, load->err))
		return NULL;
	config = configs_add(&load->engine->configs, hash, bytes, load->err);
	return config != NULL ? config->model : NULL;
}

static bool
load_all(struct load *load)
{
	/* The control row first: it starts the clock that the rest is read by. */
	static const enum table order[] = { TABLE_CONTROL, TABLE_INCIDENT, TABLE_TIMELINE,
		TABLE_RUN, TABLE_ATTEMPT, TABLE_PROBE, TABLE_DECISION, TABLE_GRANT_USE,
		TABLE_NOTICE, TABLE_HANDOFF, TABLE_GAP, TABLE_TOKEN, TABLE_ANSWER,
		TABLE_SILENCE, TABLE_ASKED, TABLE_LEASE, TABLE_TRUST, TABLE_SESSION,
		TABLE_LOGIN, TABLE_OVERRIDE, TABLE_HEARTBEAT, TABLE_NOISE, TABLE_ALERTS };
	struct engine *engine = load->engine;
	engine_clock_start(&engine->clock, 0, 0, clock_wall(),
	    clock_boot()); /* a new store */
	load->at = engine_clock_at(&engine->clock, clock_boot());
	for (size_t i = 0; i < countof(order); i++) {
		if (!load_table(load, order[i]))
			return false;
	}
	if (!store_entries(engine->store, engine->head.alerts_as_of + 1, UINT64_MAX,
		take_entry, load, load->err) ||
	    !load->ok)
		return false;
	(void)intake_packs_as_of(engine->intake,
	    engine->head.seq); /* it knows all until here */
	return core_load_done(engine->core, find_model, load, load->err);
}

bool
engine_load(struct engine *engine, struct err *err)
{
	struct load load = { .engine = engine, .err = err, .ok = true };
	(void)arena_map(&load.map, LOAD_ARENA_BYTES);
	bool ok = load_all(&load);
	arena_unmap(&load.map);
	engine->epoch = core_control(engine->core)->epoch;
	return ok;
}
