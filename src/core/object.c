/*
 * Objects: rows with links. Where they come from, how they are found, which of them the
 * present batch touched, and how they go.
 *
 *	object_add -> (object_touch ...) -> object_done or object_erase -> core_clean
 *
 * What is done leaves its lists and maps at once, so that nothing decides by it any more,
 * but its memory stays until core_clean: its row has yet to be written.
 */
#include <assert.h>
#include <stdlib.h>

#include "core/sessions.h"

static size_t
grant_use_size(const struct grant_use_row *row)
{
	return sizeof(struct grant_use) +
	       authority_chain_n(row->behalf.n) * sizeof(struct authority_actor);
}

/* Of an object with that row: of what it is made of nothing changes. */
static size_t
object_size(enum table table, const void *row)
{
	switch (table) {
	case TABLE_INCIDENT:
		return sizeof(struct incident);
	case TABLE_TIMELINE:
		return sizeof(struct timeline);
	case TABLE_RUN:
		return sizeof(struct run);
	case TABLE_ATTEMPT:
		return sizeof(struct attempt);
	case TABLE_PROBE:
		return sizeof(struct question);
	case TABLE_DECISION:
		return sizeof(struct decision);
	case TABLE_GRANT_USE:
		return grant_use_size(row);
	case TABLE_NOTICE:
		return sizeof(struct notice);
	case TABLE_HANDOFF:
		return sizeof(struct handoff);
	case TABLE_GAP:
		return sizeof(struct gap);
	case TABLE_TOKEN:
		return sizeof(struct token);
	case TABLE_SILENCE:
		return sizeof(struct silence);
	case TABLE_ASKED:
		return sizeof(struct asked);
	case TABLE_LEASE:
		return sizeof(struct lease);
	case TABLE_TRUST:
		return sizeof(struct trust);
	case TABLE_SESSION:
		return sizeof(struct session);
	case TABLE_LOGIN:
		return sizeof(struct login);
	case TABLE_OVERRIDE:
		return sizeof(struct override);
	case TABLE_HEARTBEAT:
		return sizeof(struct heartbeat_kept);
	case TABLE_NOISE:
		return sizeof(struct noise);
	case TABLE_ANSWER:
		return sizeof(struct answer);
	case TABLE_CONTROL:
		return sizeof(struct control);
	case TABLE_QUARANTINE:
	case TABLE_ALERTS:
		break; /* the engine's own */
	}
	UNREACHABLE();
}

#define ROW_FOLLOWS(type) \
	static_assert(offsetof(struct type, row) == sizeof(struct object), "object_row")
ROW_FOLLOWS(incident);
ROW_FOLLOWS(timeline);
ROW_FOLLOWS(run);
ROW_FOLLOWS(attempt);
ROW_FOLLOWS(question);
ROW_FOLLOWS(decision);
ROW_FOLLOWS(grant_use);
ROW_FOLLOWS(notice);
ROW_FOLLOWS(handoff);
ROW_FOLLOWS(gap);
ROW_FOLLOWS(token);
ROW_FOLLOWS(silence);
ROW_FOLLOWS(asked);
ROW_FOLLOWS(lease);
ROW_FOLLOWS(trust);
ROW_FOLLOWS(session);
ROW_FOLLOWS(login);
ROW_FOLLOWS(override);
ROW_FOLLOWS(noise);
ROW_FOLLOWS(answer);
ROW_FOLLOWS(control);

void *
object_row(struct object *o)
{
	return o + 1;
}

const void *
object_row_const(const struct object *o)
{
	return o + 1;
}

static uint64_t
row_number(enum table table, const void *row)
{
	if (table == TABLE_INCIDENT)
		return ((const struct incident_row *)row)->id;
	return *(const row_id *)row; /* all others begin with it */
}

static_assert(offsetof(struct timeline_row, id) == 0 && offsetof(struct run_row, id) == 0 &&
		  offsetof(struct attempt_row, id) == 0 &&
		  offsetof(struct probe_row, id) == 0 &&
		  offsetof(struct decision_row, id) == 0 &&
		  offsetof(struct grant_use_row, id) == 0 &&
		  offsetof(struct notice_row, id) == 0 &&
		  offsetof(struct handoff_row, id) == 0 &&
		  offsetof(struct gap_row, id) == 0 &&
		  offsetof(struct token_row, id) == 0 &&
		  offsetof(struct silence_row, id) == 0 &&
		  offsetof(struct asked_row, id) == 0 &&
		  offsetof(struct lease_row, id) == 0 &&
		  offsetof(struct trust_row, id) == 0 &&
		  offsetof(struct session_row, id) == 0 &&
		  offsetof(struct login_row, id) == 0 &&
		  offsetof(struct override_row, id) == 0 &&
		  offsetof(struct noise_row, id) == 0 &&
		  offsetof(struct answer_row, id) == 0 &&
		  offsetof(struct control_row, id) == 0,
    "row_number reads the first field");

/* By number: incidents and noise have numbers of their own. */
static struct map *
map_of(struct core *core, enum table table)
{
	if (table == TABLE_INCIDENT)
		return &core->incidents;
	return table == TABLE_NOISE ? &core->noises : &core->rows;
}

row_id
row_next(struct core *core)
{
	return core->control->row.next_row++;
}

bool
core_roomy(const struct core *core)
{
	return pool_used(core->pool) < core->pool_bytes / 4 * 3;
}

struct object *
object_make(struct core *core, enum table table, const void *row)
{
	const struct record_type *type = table_type(table);
	struct object *o = pool_alloc(core->pool, object_size(table, row));
	if (o == NULL)
		return NULL;
	memcpy(object_row(o), row, type->size);
	if (!record_own(type, core->pool, object_row(o))) {
		pool_free(core->pool, o, object_size(table, row));
		return NULL;
	}
	o->table = (uint8_t)table;
	o->id = row_number(table, row);
	return o;
}

void
object_link(struct core *core, struct object *o)
{
	struct link *list = &core->tables[o->table];
	ASSERT(o->id != 0);
	if (!list_empty(list))
		ASSERT(object_of(list->prev, in_table)->id < o->id);
	list_append(list, &o->in_table);
	core->counts[o->table]++;
	if (o->table != TABLE_CONTROL)
		map_put(map_of(core, o->table), o->id, (uintptr_t)o);
	if (o->table == TABLE_GRANT_USE)
		use_link(core, container_of(o, struct grant_use, o));
	if (o->table == TABLE_NOTICE)
		line_join(core, container_of(o, struct notice, o));
}

void *
object_add(struct core *core, enum table table, const void *row)
{
	struct object *o = object_make(core, table, row);
	if (o == NULL) {
		core->control->row.shed++;
		return NULL;
	}
	object_link(core, o);
	object_touch(core, o);
	return o;
}

void
object_touch(struct core *core, struct object *o)
{
	if (o->touched)
		return;
	o->touched = true;
	list_append(&core->touched, &o->in_touched);
	core->touched_n++;
}

void
object_done(struct core *core, struct object *o)
{
	ASSERT(!o->done);
	o->done = true;
	if (o->heap != NULL)
		heap_set(o->heap, o, 0);
	link_remove(&o->in_table);
	core->counts[o->table]--;
	if (link_on(&o->of_incident))
		link_remove(&o->of_incident);
	map_remove(map_of(core, o->table), o->id);
	if (o->table == TABLE_GRANT_USE)
		use_unlink(container_of(o, struct grant_use, o));
	if (o->table == TABLE_NOTICE)
		line_leave(core, container_of(o, struct notice, o));
	object_touch(core, o);
}

void
object_erase(struct core *core, struct object *o)
{
	o->erased = true;
	object_done(core, o);
}

void
object_free(struct core *core, struct object *o)
{
	size_t size = object_size(o->table, object_row(o));
	record_disown(table_type(o->table), core->pool, object_row(o));
	pool_free(core->pool, o, size);
}

void *
object_find(const struct core *core, enum table table, row_id id)
{
	uint64_t value;
	if (!map_get(table == TABLE_NOISE ? &core->noises : &core->rows, id, &value))
		return NULL;
	struct object *o = (struct object *)(uintptr_t)value;
	return o->table == table ? o : NULL;
}

struct object *
object_pass(struct core *core, enum table table, const void *row)
{
	struct object *o = object_make(core, table, row);
	if (o == NULL) {
		core->control->row.shed++;
		return NULL;
	}
	o->done = true;
	object_touch(core, o);
	return o;
}

struct object *
object_pending(const struct core *core, enum table table, uint64_t id)
{
	list_each(it, &core->touched)
	{
		struct object *o = object_of(it, in_touched);
		if (o->done && !o->erased && o->table == table && o->id == id)
			return o;
	}
	return NULL;
}

void
row_set_str(struct core *core, str *field, str value)
{
	if (!own_str(core->pool, field, value))
		core->control->row.shed++;
}

void
row_set_strs(struct core *core, struct strs *field, struct strs value)
{
	if (!own_strs(core->pool, field, value))
		core->control->row.shed++;
}

void
row_set_records(struct core *core, const struct record_type *type, struct records *field,
    struct records value)
{
	if (!own_records(type, core->pool, field, value))
		core->control->row.shed++;
}

/* ---- what the batch touched ---- */

static bool
row_open(const struct object *o)
{
	if (o->done)
		return false;
	if (o->table == TABLE_TOKEN)
		return !((const struct token *)(const void *)o)->row.revoked;
	return true;
}

/* The incident and time of a row, for queries. */
static void
ref_fill(const struct object *o, struct row_ref *ref)
{
	const void *row = object_row_const(o);
	*ref = (struct row_ref){ .table = o->table,
		.id = o->id,
		.open = row_open(o),
		.row = o->erased ? NULL : row };
	switch (ref->table) {
	case TABLE_INCIDENT:
		ref->incident = ((const struct incident_row *)row)->id;
		ref->wall = ((const struct incident_row *)row)->opened_wall;
		return;
	case TABLE_TIMELINE:
		ref->incident = ((const struct timeline_row *)row)->incident;
		ref->wall = ((const struct timeline_row *)row)->wall;
		return;
	case TABLE_RUN:
		ref->incident = ((const struct run_row *)row)->incident;
		ref->wall = ((const struct run_row *)row)->begun_wall;
		return;
	case TABLE_ATTEMPT:
		ref->incident = ((const struct attempt_row *)row)->incident;
		ref->wall = ((const struct attempt_row *)row)->intent_wall;
		return;
	case TABLE_PROBE:
		ref->incident = ((const struct probe_row *)row)->incident;
		return;
	case TABLE_DECISION:
		ref->incident = ((const struct decision_row *)row)->incident;
		ref->wall = ((const struct decision_row *)row)->wall;
		return;
	case TABLE_GRANT_USE:
		ref->wall = ((const struct grant_use_row *)row)->wall;
		return;
	case TABLE_NOTICE:
		ref->incident = ((const struct notice_row *)row)->incident;
		ref->wall = ((const struct notice_row *)row)->made_wall;
		return;
	case TABLE_HANDOFF:
		ref->incident = ((const struct handoff_row *)row)->incident;
		ref->wall = ((const struct handoff_row *)row)->wall;
		return;
	case TABLE_GAP:
		ref->incident = ((const struct gap_row *)row)->incident;
		ref->wall = ((const struct gap_row *)row)->last_wall;
		return;
	case TABLE_TOKEN:
		ref->wall = ((const struct token_row *)row)->made_wall;
		return;
	case TABLE_ANSWER:
		ref->wall = ((const struct answer_row *)row)->wall;
		return;
	case TABLE_SILENCE:
		ref->wall = ((const struct silence_row *)row)->starts_wall;
		return;
	case TABLE_ASKED:
		ref->incident = ((const struct asked_row *)row)->incident;
		ref->wall = ((const struct asked_row *)row)->asked_wall;
		return;
	case TABLE_LEASE:
		ref->wall = ((const struct lease_row *)row)->from_wall;
		return;
	case TABLE_TRUST:
		ref->wall = ((const struct trust_row *)row)->since_wall;
		return;
	case TABLE_SESSION:
		ref->wall = ((const struct session_row *)row)->made_wall;
		return;
	case TABLE_LOGIN:
		ref->wall = ((const struct login_row *)row)->password_wall;
		return;
	case TABLE_OVERRIDE:
		ref->wall = ((const struct override_row *)row)->made_wall;
		return;
	case TABLE_HEARTBEAT:
		ref->wall = ((const struct heartbeat_row *)row)->since_wall;
		return;
	case TABLE_NOISE:
		ref->wall = ((const struct noise_row *)row)->day * DAY;
		return;
	case TABLE_CONTROL:
		ref->wall = ((const struct control_row *)row)->wall;
		return;
	case TABLE_QUARANTINE:
	case TABLE_ALERTS:
		break;
	}
	UNREACHABLE();
}

static int
ref_cmp(const void *a, const void *b)
{
	const struct row_ref *x = a, *y = b;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

const struct row_ref *
core_touched(struct core *core, size_t *ret_n)
{
	ASSERT(core->touched_n <= core->refs_cap);
	size_t n = 0;
	list_each(it, &core->touched) ref_fill(object_of(it, in_touched), &core->refs[n++]);
	ASSERT(n == core->touched_n);
	if (n > 0)
		qsort(core->refs, n, sizeof(*core->refs), ref_cmp);
	*ret_n = n;
	return core->refs;
}

void
core_clean(struct core *core)
{
	list_each_safe(it, &core->touched)
	{
		struct object *o = object_of(it, in_touched);
		link_remove(it);
		o->touched = false;
		if (o->done)
			object_free(core, o);
	}
	core->touched_n = 0;
}
