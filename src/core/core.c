/*
 * The core's life and its one step. See README.md of this folder for who does what.
 */
#include "core/state.h"

#define JITTER_SEED UINT64_C(0x5bd1e995a1f2c3d7)
#define MAP_SEED UINT64_C(0x9e3779b97f4a7c15) /* order never shows, so any will do */

/* A map each: in the middle of a large one the first entry would cost a huge page. */
static void
heap_init(struct heap *heap, struct arena_map *map, size_t cap)
{
	struct arena memory = arena_map(map, cap * sizeof(struct object *));
	heap->p = arena_fresh(&memory, struct object *, cap);
	heap->cap = cap;
}

struct core *
core_new_within(uint32_t incidents_max, size_t bytes)
{
	struct pool *pool = pool_new(bytes);
	struct core *core = pool_alloc(pool, sizeof(*core));
	ASSERT(core != NULL);
	core->pool = pool;
	core->pool_bytes = bytes;
	core->incidents_max = incidents_max;
	core->remembered_max = REMEMBERED_MAX;
	core->noise_day = NOISE_NO_DAY;
	core->scratch = arena_map(&core->scratch_map, SCRATCH_BYTES);

	/* No object is smaller than its links, so there can never be more of them. */
	size_t objects = bytes / sizeof(struct object);
	heap_init(&core->timers, &core->timers_map, objects);
	heap_init(&core->outbox, &core->outbox_map, objects);
	struct arena rules = arena_map(&core->rules_map, rules_bytes());
	core->rules = rules_new(&rules);
	struct arena refs =
	    arena_map(&core->refs_map, (objects + 1) * sizeof(struct row_ref));
	core->refs = arena_fresh(&refs, struct row_ref, objects);
	core->refs_cap = objects;
	struct arena over =
	    arena_map(&core->over_map, (STAND_INS_MAX + 1) * sizeof(struct stand_in));
	core->stand_ins = arena_fresh(&over, struct stand_in, STAND_INS_MAX);

	lines_init(core);
	for (size_t i = 0; i < countof(core->tables); i++)
		list_init(&core->tables[i]);
	authority_uses_init(&core->uses);
	list_init(&core->touched);
	list_init(&core->open);
	list_init(&core->closed_firing);
	list_init(&core->remembered);
	list_init(&core->models);
	list_init(&core->spare_models);
	core_model_spare(core);
	list_init(&core->loading);
	struct map *maps[] = { &core->incidents, &core->rows, &core->keys,
		&core->closed_keys, &core->services, &core->gap_keys, &core->answer_keys,
		&core->trust_keys, &core->noises, &core->noise_keys };
	for (size_t i = 0; i < countof(maps); i++)
		map_init(maps[i], MAP_SEED);

	struct control_row control = { .id = 1,
		.next_row = 1,
		.next_incident = 1,
		.next_alert = 1,
		.jitter = JITTER_SEED };
	core->control =
	    container_of(object_make(core, TABLE_CONTROL, &control), struct control, o);
	object_link(core, &core->control->o);
	return core;
}

struct core *
core_new(uint32_t incidents_max)
{
	return core_new_within(incidents_max,
	    POOL_BASE_BYTES + (size_t)incidents_max * POOL_INCIDENT_BYTES);
}

void
core_free(struct core *core)
{
	if (core == NULL)
		return;
	struct map *maps[] = { &core->incidents, &core->rows, &core->keys,
		&core->closed_keys, &core->services, &core->gap_keys, &core->answer_keys,
		&core->trust_keys, &core->noises, &core->noise_keys };
	for (size_t i = 0; i < countof(maps); i++)
		map_done(maps[i]);
	arena_unmap(&core->scratch_map);
	arena_unmap(&core->timers_map);
	arena_unmap(&core->outbox_map);
	arena_unmap(&core->lines_map);
	arena_unmap(&core->rules_map);
	arena_unmap(&core->refs_map);
	arena_unmap(&core->over_map);
	if (core->authority_map.memory != NULL)
		arena_unmap(&core->authority_map);
	pool_free_all(core->pool); /* and the core itself with it */
}

static void
apply(struct core *core, const struct event *event)
{
	switch (event->kind) {
	case EVENT_ALERTS_CHANGED:
		on_alerts_changed(core, &event->alerts_changed);
		return;
	case EVENT_ALERTS_EXPIRED:
		on_alerts_expired(core, &event->alerts_expired);
		return;
	case EVENT_COMMAND:
		on_command(core, &event->command);
		return;
	case EVENT_ATTEMPT_RESULT:
		on_attempt_result(core, &event->attempt_result);
		return;
	case EVENT_PROBE_RESULT:
		on_probe_result(core, &event->probe_result);
		return;
	case EVENT_NOTICE_RESULT:
		on_notice_result(core, &event->notice_result);
		return;
	case EVENT_HANDOFF_RESULT:
		on_handoff_result(core, &event->handoff_result);
		return;
	case EVENT_TIME_PASSED:
		on_time_passed(core);
		return;
	case EVENT_CONFIG_ADOPTED:
		on_config_adopted(core, &event->config_adopted);
		return;
	case EVENT_STARTED:
		on_started(core, &event->started);
		return;
	case EVENT_SELF:
		on_self(core, &event->self);
		return;
	}
	UNREACHABLE();
}

void
core_step(struct core *core, const struct event *event, struct effects *fx)
{
	struct control_row *control = &core->control->row;
	ASSERT(event->at >= control->at);
	ASSERT(event->at > 0);
	struct arena scratch = core->scratch;
	core->at = event->at;
	core->wall = event->wall;
	core->fx = fx;
	control->at = event->at;
	control->wall = event->wall;
	object_touch(core, &core->control->o);

	answers_expire(core);
	apply(core, event);
	outbox_pump(core);

	core->fx = NULL;
	core->scratch = scratch;
}

const struct control_row *
core_control(const struct core *core)
{
	return &core->control->row;
}

uint64_t
core_next_alert(const struct core *core)
{
	return core->control->row.next_alert;
}

void
core_set_next_alert(struct core *core, uint64_t next)
{
	ASSERT(next >= core->control->row.next_alert);
	core->control->row.next_alert = next;
	object_touch(core, &core->control->o);
}
