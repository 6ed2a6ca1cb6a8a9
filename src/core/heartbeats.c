/*
 * Heartbeats: what must be heard of again and again, and is down when it is not.
 *
 *	NEW -> (success) UP -> (later than due by its grace, a run too long, "it failed") DOWN
 *	NEW -> (the same) DOWN -> (success) UP
 *
 * One that was never heard of is waited for from the moment it is written: a job that is not
 * set up is as missing as one that stopped. Its row is here; that an alert fires while it is
 * down is the engine's to see to (engine/heartbeats.c), by the way that all alerts come.
 *
 * A start begins a run, which has `longest` to end; only its end is heard of. An end belongs
 * to the start with the same rid, or to the last one where neither has any.
 */
#include "core/state.h"

#define AWAY_MS (5 * MINUTE) /* at least, to be heard of after a start of ours */

static struct heartbeat_kept *
kept_of(struct link *it)
{
	return container_of(object_of(it, in_table), struct heartbeat_kept, o);
}

static struct heartbeat_kept *
find(const struct core *core, str name)
{
	list_each(it, &core->tables[TABLE_HEARTBEAT])
	{
		if (str_eq(kept_of(it)->row.name, name))
			return kept_of(it);
	}
	return NULL;
}

static const struct heartbeat *
written(const struct core *core, const struct heartbeat_row *row)
{
	return model_heartbeat(core->newest->model, row->name);
}

msec
heartbeat_next(const struct heartbeat_row *row)
{
	if (row->due_at == 0)
		return 0; /* down already */
	bool run = row->run_due_at != 0 && row->run_due_at < row->due_at;
	return run ? row->run_due_at : row->due_at;
}

static void
arm(struct core *core, struct heartbeat_kept *heartbeat)
{
	heap_set(&core->timers, &heartbeat->o, heartbeat_next(&heartbeat->row));
}

static msec
from_now(const struct core *core, msec wall)
{
	return core->at + (wall > core->wall ? wall - core->wall : 1);
}

/* So long it has after a start of ours, for what was due meanwhile. */
static msec
away_ms(const struct heartbeat *how)
{
	return how != NULL && how->grace_ms > AWAY_MS ? how->grace_ms : AWAY_MS;
}

/* ---- up and down ---- */

static void
expect(struct core *core, struct heartbeat_kept *heartbeat, const struct heartbeat *how)
{
	struct heartbeat_row *row = &heartbeat->row;
	row->due_wall =
	    heartbeat_due(how, row->heard_wall != 0 ? row->heard_wall : row->made_wall);
	if (row->state != HEARTBEAT_DOWN)
		row->due_at = from_now(core, row->due_wall + how->grace_ms);
}

static void
go_down(struct core *core, struct heartbeat_kept *heartbeat, str why)
{
	struct heartbeat_row *row = &heartbeat->row;
	row->due_at = 0;
	if (row->state == HEARTBEAT_DOWN)
		return; /* the first reason stands: it is one alert */
	row->state = HEARTBEAT_DOWN;
	row->since_wall = core->wall;
	row_set_str(core, &row->why, why);
	if (row->why.n == 0) /* there was no memory for it */
		row_set_str(core, &row->why, STR("down"));
	core->heartbeats_turned++;
}

static void
go_up(struct core *core, struct heartbeat_kept *heartbeat, const struct heartbeat *how)
{
	struct heartbeat_row *row = &heartbeat->row;
	if (row->state != HEARTBEAT_UP) {
		core->heartbeats_turned++;
		row->since_wall = core->wall;
	}
	row->state = HEARTBEAT_UP;
	row_set_str(core, &row->why, STR(""));
	row->heard_wall = core->wall;
	expect(core, heartbeat, how);
}

void
heartbeat_timer(struct core *core, struct heartbeat_kept *heartbeat)
{
	struct heartbeat_row *row = &heartbeat->row;
	str why;
	if (row->run_due_at != 0 && row->run_due_at <= core->at) {
		row->run_due_at = 0;
		why = text_make(core, "%.*s runs since %.*s and has not ended",
		    STR_ARG(row->name), STR_ARG(text_when(core, row->started_wall)));
	} else if (row->heard_wall != 0) {
		why = text_make(core, "%.*s was last heard of at %.*s, due at %.*s",
		    STR_ARG(row->name), STR_ARG(text_when(core, row->heard_wall)),
		    STR_ARG(text_when(core, row->due_wall)));
	} else {
		why = text_make(core, "%.*s was never heard of, due at %.*s",
		    STR_ARG(row->name), STR_ARG(text_when(core, row->due_wall)));
	}
	go_down(core, heartbeat, why);
	object_touch(core, &heartbeat->o);
	arm(core, heartbeat);
}

/* ---- pings ---- */

static bool
ping_kind_read(str text, enum ping_kind *ret)
{
	for (enum ping_kind i = PING_SUCCESS; i < PING_KIND_COUNT; i++) {
		if (str_eq(text, str_of(ping_kind_names[i]))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* Its run has ended, if it is that which began. */
static void
end_run(struct core *core, struct heartbeat_row *row, str run)
{
	if (row->started_wall == 0)
		return;
	if (str_eq(row->run, run)) {
		row->lasted = true;
		row->took_ms =
		    core->wall > row->started_wall ? core->wall - row->started_wall : 0;
	}
	row->started_wall = row->run_due_at = 0;
	row_set_str(core, &row->run, STR(""));
}

static void
begin_run(struct core *core, struct heartbeat_row *row, const struct heartbeat *how,
    str run)
{
	row->started_wall = core->wall;
	row->run_due_at = core->at + how->longest_ms;
	row_set_str(core, &row->run, run);
}

static void
heard(struct core *core, struct heartbeat_kept *heartbeat, const struct heartbeat *how,
    const struct command *command)
{
	struct heartbeat_row *row = &heartbeat->row;
	str run = str_take(pairs_get(&command->params, STR("rid")),
	    pairs_get(&command->params, STR("rid")).n < PING_RUN_MAX
		? pairs_get(&command->params, STR("rid")).n
		: PING_RUN_MAX);
	switch (row->last) {
	case PING_START:
		begin_run(core, row, how, run);
		return;
	case PING_LOG:
		return;
	case PING_SUCCESS:
	case PING_FAIL:
	case PING_EXIT:
		break;
	}
	end_run(core, row, run);
	if (row->last == PING_SUCCESS || (row->last == PING_EXIT && row->exit == 0))
		go_up(core, heartbeat, how);
	else if (row->last == PING_EXIT)
		go_down(core, heartbeat,
		    text_make(core, "%.*s ended with code %u", STR_ARG(row->name),
			row->exit));
	else
		go_down(core, heartbeat,
		    text_make(core, "%.*s said that it failed", STR_ARG(row->name)));
}

struct answering
heartbeat_ping(struct core *core, const struct command *command)
{
	struct heartbeat_kept *heartbeat = find(core, command->name);
	const struct heartbeat *how =
	    heartbeat != NULL ? written(core, &heartbeat->row) : NULL;
	enum ping_kind kind;
	if (how == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "not found");
	if (!ping_kind_read(pairs_get(&command->params, STR("kind")), &kind))
		return answer_no(core, 422, EXIT_USAGE, "a ping of no known kind");
	struct heartbeat_row *row = &heartbeat->row;
	row->last = kind;
	row->last_wall = core->wall;
	row->exit = kind == PING_EXIT ? (uint32_t)(command->row & 0xff) : 0;
	row->pings++;
	if (command->text.n > 0)
		row_set_str(core, &row->text, text_cut(command->text, PING_TEXT_MAX));
	heard(core, heartbeat, how, command);
	object_touch(core, &heartbeat->o);
	arm(core, heartbeat);
	return (struct answering){ .status = 200, .exit = EXIT_OK };
}

/* ---- what is written ---- */

/* Each start adopts what is written: that takes away none of the time that it gave, and what
 * is written otherwise makes nothing late before it could be heard of. */
static msec
not_at_once(const struct core *core, const struct heartbeat *how, msec was, msec due)
{
	msec least = core->at + away_ms(how);
	if (was < least)
		least = was;
	return due > least ? due : least;
}

static void
adopt(struct core *core, const struct heartbeat *how)
{
	struct heartbeat_kept *heartbeat = find(core, how->name);
	if (heartbeat == NULL) {
		struct heartbeat_row row = { .id = row_next(core),
			.name = how->name,
			.service = how->service->name,
			.state = HEARTBEAT_NEW,
			.since_wall = core->wall,
			.made_wall = core->wall };
		heartbeat = object_add(core, TABLE_HEARTBEAT, &row);
		if (heartbeat == NULL)
			return; /* counted */
	}
	struct heartbeat_row *row = &heartbeat->row;
	if (!str_eq(row->service, how->service->name))
		row_set_str(core, &row->service, how->service->name);
	if (row->run_due_at != 0)
		row->run_due_at = not_at_once(core, how, row->run_due_at,
		    from_now(core, row->started_wall + how->longest_ms));
	msec was = row->due_at;
	expect(core, heartbeat, how);
	if (was != 0)
		row->due_at = not_at_once(core, how, was, row->due_at);
	object_touch(core, &heartbeat->o);
	arm(core, heartbeat);
}

void
heartbeats_adopted(struct core *core)
{
	const struct model *model = core->newest->model;
	list_each_safe(it, &core->tables[TABLE_HEARTBEAT])
	{
		struct heartbeat_kept *heartbeat = kept_of(it);
		if (written(core, &heartbeat->row) != NULL)
			continue;
		heap_set(&core->timers, &heartbeat->o, 0);
		object_erase(core, &heartbeat->o);
	}
	for (size_t i = 0; i < model->heartbeats_n; i++) {
		struct arena mark = core->scratch;
		adopt(core, &model->heartbeats[i]);
		core->scratch = mark;
	}
	core->heartbeats_turned++;
}

void
heartbeats_started(struct core *core)
{
	if (core->newest == NULL)
		return;
	list_each(it, &core->tables[TABLE_HEARTBEAT])
	{
		struct heartbeat_kept *heartbeat = kept_of(it);
		struct heartbeat_row *row = &heartbeat->row;
		msec least = core->at + away_ms(written(core, row));
		bool moved = false;
		if (row->due_at != 0 && row->due_at < least) {
			row->due_at = least;
			moved = true;
		}
		if (row->run_due_at != 0 && row->run_due_at < least) {
			row->run_due_at = least;
			moved = true;
		}
		if (moved)
			object_touch(core, &heartbeat->o);
		arm(core, heartbeat);
	}
}

/* ---- looking ---- */

size_t
core_heartbeats(const struct core *core, const struct heartbeat_row **ret, size_t n)
{
	size_t count = 0;
	list_each(it, &core->tables[TABLE_HEARTBEAT])
	{
		if (count == n)
			break;
		ret[count++] = &kept_of(it)->row;
	}
	return count;
}

uint64_t
core_heartbeats_turned(const struct core *core)
{
	return core->heartbeats_turned;
}
