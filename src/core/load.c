/*
 * Loading: rows back into objects. Everything that is no row (lists, maps, heaps, counts)
 * is derived here by the same functions that keep it true later, in the order of ids, so
 * that a core that was loaded decides exactly like the one that wrote the rows.
 */
#include <stdlib.h>

#include "core/pace.h"
#include "core/state.h"

struct loading {
	struct core *core;
	const struct model *(*find_model)(void *context, const hash32 *hash);
	void *context;
	struct err *err;
};

static bool
is_ours(enum table table)
{
	return table != TABLE_QUARANTINE && table != TABLE_ALERTS;
}

bool
core_load(struct core *core, enum table table, str body, struct err *err)
{
	if (!is_ours(table))
		return true; /* the engine's own */
	const struct record_type *type = table_type(table);
	struct arena scratch = core->scratch;
	void *row = arena_alloc(&scratch, type->size, alignof(max_align_t), 1);
	if (!record_decode_all(type, body, &scratch, row, err))
		return false;
	struct object *o = object_make(core, table, row);
	if (o == NULL)
		return err_set(err, ERR_LIMIT, "no memory for the rows of the store");
	if (o->id == 0) {
		object_free(core, o);
		return err_set(err, ERR_CORRUPT, "a row of table %s has no id",
		    table_names[table]);
	}
	list_append(&core->loading, &o->in_touched);
	return true;
}

static struct core_model *
need_model(const struct loading *l, const hash32 *hash)
{
	struct core_model *model = core_model_find(l->core, hash);
	if (model != NULL)
		return model;
	const struct model *found = l->find_model(l->context, hash);
	if (found == NULL) {
		err_set(l->err, ERR_NOT_FOUND,
		    "a configuration in use is not in the store");
		return NULL;
	}
	return core_model_add(l->core, hash, found);
}

static bool
wire_incident(const struct loading *l, struct incident *incident)
{
	struct core *core = l->core;
	const struct incident_row *row = &incident->row;
	bool rests = row->state == INCIDENT_CLOSED && row->alerts_active == 0;
	struct core_model *model = rests ? NULL : need_model(l, &row->config);
	if (model == NULL && !rests)
		return false;
	uint64_t value;
	if (row->state != INCIDENT_CLOSED && map_get(&core->keys, row->key, &value))
		return err_set(l->err, ERR_CORRUPT, "two open incidents have one key");
	if (!incident_wire(core, incident, model))
		return err_set(l->err, ERR_LIMIT, "no memory for the incidents");
	if (row->state == INCIDENT_CLOSED) {
		const struct incident *other =
		    map_get(&core->closed_keys, row->key, &value)
			? (const struct incident *)(uintptr_t)value
			: NULL;
		if (other == NULL || other->row.closed_at < row->closed_at)
			map_put(&core->closed_keys, row->key, (uintptr_t)incident);
	}
	incident_arm(core, incident);
	return true;
}

static bool
wire_run(const struct loading *l, struct run *run)
{
	struct core *core = l->core;
	struct incident *incident = incident_find(core, run->row.incident);
	struct core_model *model = need_model(l, &run->row.config);
	if (model == NULL)
		return false;
	const struct runbook *runbook = model_runbook(model->model, run->row.runbook);
	bool calls = run->row.phase == PHASE_CALLED;
	const struct run *caller = object_find(core, TABLE_RUN, run->row.caller);
	/* By id: whoever called comes before what it called. */
	bool called =
	    run->row.caller == 0 || (caller != NULL && caller->row.phase == PHASE_CALLED &&
					caller->row.waiting_for == run->row.id &&
					caller->row.incident == run->row.incident);
	if (incident == NULL || runbook == NULL || run->row.step >= runbook->steps_n ||
	    (incident->row.run == run->row.id) == calls || incident->row.run == 0 ||
	    !called)
		return err_set(l->err, ERR_CORRUPT, "run %llu fits no incident or runbook",
		    (unsigned long long)run->row.id);
	run->model = core_model_use(model);
	run->runbook = runbook;
	if (!calls)
		incident->run = run;
	heap_set(&core->timers, &run->o, run->row.due);
	return true;
}

static bool
wire_attempt(const struct loading *l, struct attempt *attempt)
{
	struct core *core = l->core;
	struct incident *incident = incident_find(core, attempt->row.incident);
	if (incident != NULL) {
		list_append(&incident->attempts, &attempt->o.of_incident);
		incident->attempts_n++;
	}
	heap_set(&core->timers, &attempt->o, attempt_due(attempt));
	if (!attempt_open(attempt))
		return true;
	struct core_model *model = need_model(l, &attempt->row.config);
	if (model == NULL)
		return false;
	attempt->model = core_model_use(model);
	return true;
}

static void
wire_notice(struct core *core, struct notice *notice)
{
	struct incident *incident = incident_find(core, notice->row.incident);
	if (incident != NULL)
		list_append(&incident->notices, &notice->o.of_incident);
	bool out = notice->row.state == NOTICE_SENDING;
	core->sending += out ? 1 : 0;
	notice->line->sending += out ? 1 : 0;
}

static void
wire_gap(struct core *core, struct gap *gap)
{
	uint64_t hash = gap_hash(gap->row.kind, gap->row.subject), value;
	while (map_get(&core->gap_keys, hash, &value))
		hash++;
	map_put(&core->gap_keys, hash, (uintptr_t)gap);
}

static bool
wire(const struct loading *l, struct object *o)
{
	struct core *core = l->core;
	struct incident *incident = NULL;
	switch ((enum table)o->table) {
	case TABLE_INCIDENT:
		return wire_incident(l, container_of(o, struct incident, o));
	case TABLE_TIMELINE:
		incident =
		    incident_find(core, container_of(o, struct timeline, o)->row.incident);
		if (incident != NULL) {
			list_append(&incident->timeline, &o->of_incident);
			incident->timeline_n++;
		}
		return true;
	case TABLE_RUN:
		return wire_run(l, container_of(o, struct run, o));
	case TABLE_ATTEMPT:
		return wire_attempt(l, container_of(o, struct attempt, o));
	case TABLE_PROBE: {
		struct question *probe = container_of(o, struct question, o);
		heap_set(&core->timers, o, probe_due(probe));
		return true;
	}
	case TABLE_DECISION:
		incident =
		    incident_find(core, container_of(o, struct decision, o)->row.incident);
		if (incident != NULL) {
			list_append(&incident->decisions, &o->of_incident);
			incident->decisions_n++;
		}
		return true;
	case TABLE_NOTICE:
		wire_notice(core, container_of(o, struct notice, o));
		return true;
	case TABLE_HANDOFF:
		heap_set(&core->timers, o, container_of(o, struct handoff, o)->row.next_at);
		return true;
	case TABLE_GAP:
		wire_gap(core, container_of(o, struct gap, o));
		return true;
	case TABLE_SILENCE:
		heap_set(&core->timers, o,
		    container_of(o, struct silence, o)->row.forget_at);
		return true;
	case TABLE_ASKED: {
		struct asked *asked = container_of(o, struct asked, o);
		incident = incident_find(core, asked->row.incident);
		if (incident != NULL) {
			list_append(&incident->asked, &o->of_incident);
			incident->asked_n++;
		}
		asked_arm(core, asked);
		return true;
	}
	case TABLE_LEASE:
		heap_set(&core->timers, o, lease_due(container_of(o, struct lease, o)));
		return true;
	case TABLE_OVERRIDE:
		heap_set(&core->timers, o, container_of(o, struct override, o)->row.due_at);
		return true;
	case TABLE_HEARTBEAT:
		heap_set(&core->timers, o,
		    heartbeat_next(&container_of(o, struct heartbeat_kept, o)->row));
		return true;
	case TABLE_TRUST:
		trust_wire(core, container_of(o, struct trust, o));
		return true;
	case TABLE_ANSWER:
		map_put(&core->answer_keys,
		    answer_hash(container_of(o, struct answer, o)->row.key), (uintptr_t)o);
		return true;
	case TABLE_CONTROL:
		heap_set(&core->timers, o, control_due(core));
		return true;
	case TABLE_NOISE:     /* found when something is counted */
	case TABLE_GRANT_USE: /* armed when the configuration is adopted */
	case TABLE_TOKEN:
	case TABLE_SESSION:
	case TABLE_LOGIN:
		return true;
	case TABLE_QUARANTINE:
	case TABLE_ALERTS:
		break;
	}
	UNREACHABLE();
}

/* By table and id: incidents come before what belongs to them. */
static int
object_cmp(const void *a, const void *b)
{
	const struct object *x = *(struct object *const *)a,
			    *y = *(struct object *const *)b;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static void
take_control(struct core *core, struct object *o)
{
	link_remove(&core->control->o.in_table);
	core->counts[TABLE_CONTROL]--;
	if (core->control->o.touched) {
		link_remove(&core->control->o.in_touched);
		core->touched_n--;
	}
	object_free(core, &core->control->o);
	core->control = container_of(o, struct control, o);
}

static bool
link_all(const struct loading *l, struct object **sorted, size_t n)
{
	struct core *core = l->core;
	for (size_t i = 0; i < n; i++) {
		struct object *o = sorted[i];
		if (i > 0 && object_cmp(&sorted[i - 1], &sorted[i]) == 0)
			return err_set(l->err, ERR_CORRUPT, "table %s has row %llu twice",
			    table_names[o->table], (unsigned long long)o->id);
		if (o->table == TABLE_CONTROL)
			take_control(core, o);
		object_link(core, o);
		if (!wire(l, o))
			return false;
	}
	if (!digests_wire(core, l->err))
		return false;
	if (hash32_zero(&core->control->row.config))
		return true;
	struct core_model *newest = need_model(l, &core->control->row.config);
	if (newest != NULL)
		core_adopt(core, newest);
	return newest != NULL;
}

bool
core_load_done(struct core *core,
    const struct model *(*find_model)(void *context, const hash32 *hash), void *context,
    struct err *err)
{
	struct loading loading = { core, find_model, context, err };
	size_t n = 0;
	list_each(it, &core->loading) n++;
	struct arena_map map;
	struct arena arena = arena_map(&map, (n + 1) * sizeof(struct object *));
	struct object **sorted = arena_new(&arena, struct object *, n + 1);
	size_t at = 0;
	list_each_safe(it, &core->loading)
	{
		sorted[at++] = object_of(it, in_touched);
		link_remove(it);
	}
	qsort(sorted, n, sizeof(*sorted), object_cmp);
	bool ok = link_all(&loading, sorted, n);
	core->at = core->control->row.at;
	lines_loaded(core);
	arena_unmap(&map);
	return ok;
}
