/*
 * What an earlier version, or an earlier configuration, left in the store: each start reads it,
 * so nothing of it may end the engine.
 */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define FX_BYTES ((size_t)8 << 20)

/* ---- rows ---- */

typedef void change_fn(void *row);

static const struct model *
find_model(void *context, const hash32 *hash)
{
	struct world *w = context;
	for (size_t i = 0; i < w->config_n; i++) {
		if (hash32_eq(&w->configs[i].hash, hash))
			return w->configs[i].model;
	}
	return NULL;
}

static void
load_row(struct core *core, struct world *w, const struct world_row *from,
    change_fn *change)
{
	const struct record_type *type = table_type(from->table);
	struct buf body = BUF((size_t)1 << 20);
	struct err err;
	void *row = arena_alloc(&w->arena, type->size, 16, 1);
	bool ok = record_decode_all(type, from->body, &w->arena, row, &err);
	ASSERT(ok);
	if (change != NULL)
		change(row);
	record_encode(type, row, &body);
	ok = core_load(core, from->table, buf_str(&body), &err);
	ASSERT(ok);
	buf_done(&body);
}

/* What the engine has at its start, when the rows of one table are as they were written then. */
static struct core *
start(struct world *w, enum table table, change_fn *change)
{
	struct core *core = core_new(100);
	struct err err = { 0 };
	for (size_t i = 0; i < w->row_n; i++) {
		if (w->rows[i].open)
			load_row(core, w, &w->rows[i],
			    w->rows[i].table == table ? change : NULL);
	}
	bool ok = core_load_done(core, find_model, w, &err);
	ASSERT(ok);
	return core;
}

static row_id last_notice; /* that was ordered */

/* Not core_check: what was written then may hold less than what is written now. The status of
 * what was answered, or 0. */
static uint32_t
step(struct world *w, struct core *core, struct event *event)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, FX_BYTES);
	struct effects fx = { .arena = &arena };
	uint32_t status = 0;
	event->at = w->at;
	event->wall = w->wall;
	core_step(core, event, &fx);
	core_clean(core);
	for (size_t i = 0; i < fx.n; i++) {
		if (fx.item[i].kind == EFFECT_REPLY)
			status = fx.item[i].reply.status;
		if (fx.item[i].kind == EFFECT_NOTIFY)
			last_notice = fx.item[i].notify.notice.id;
	}
	arena_unmap(&map);
	return status;
}

/* As each start does. */
static void
adopt(struct world *w, struct core *core)
{
	const struct config *c = &w->configs[w->config_n - 1];
	struct event started = { .kind = EVENT_STARTED,
		.started = { .epoch = 9, .engine = true } };
	struct event event = { .kind = EVENT_CONFIG_ADOPTED,
		.config_adopted = { .hash = c->hash, .model = c->model } };
	(void)step(w, core, &started);
	(void)step(w, core, &event);
}

/* ---- who had which rotation ---- */

static void
before_handovers(void *row)
{
	struct control_row *control = row;
	control->duty_wall = control->duty_at = 0;
}

/* Nobody knows who was on duty: nobody is told that they came, and it is looked at from then. */
static void
earlier__a_store_without_handovers_begins_them(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow,service=payments");
	struct core *core = start(w, TABLE_CONTROL, before_handovers);
	EXPECT_U64(core_control(core)->duty_wall, 0);
	adopt(w, core);
	EXPECT_U64(core_control(core)->duty_wall, w->wall);
	EXPECT(core_control(core)->duty_at > w->at);
	core_check(core);
	core_free(core);
	world_free(w);
}

int
main(void)
{
	RUN(earlier__a_store_without_handovers_begins_them);
	TEST_MAIN_END();
}
