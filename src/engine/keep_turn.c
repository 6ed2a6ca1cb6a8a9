/*
 * keep_turn -- when a slice of letting go (keep.h) is made: in a lull, one after the other
 * with pauses, on the committer's thread; where there is no lull, one each PUT_OFF_MS
 * between two commits. So whoever waits for a commit waits for one slice more at most.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/keep.h"
#include "engine/state.h"
#include "os/clock.h"

#define REST_MS HOUR
#define PAUSE_MS 20
#define LULL_MS 100 /* without a commit */
#define PUT_OFF_MS 500

struct keeper {
	struct engine *engine;
	struct keeping keeping;
	struct keep_now now;
	uv_timer_t timer; /* keeps the loop turning while there is work */
	msec next;        /* boot time */
	/* Of the last slice: */
	bool ok;
	struct err err;
	enum err_kind told; /* why nothing is let go of, as it was logged last */
};

void
keep_init(struct engine *engine)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	ASSERT(keeper != NULL);
	ASSERT(uv_timer_init(&engine->loop, &keeper->timer) == 0);
	keeper->engine = engine;
	keeper->keeping =
	    (struct keeping){ .state_dir = engine->options->state_dir, .stage = KEEP_TRIM };
	engine->keeper = keeper;
}

void
keep_again(struct engine *engine)
{
	engine->keeper->next = 0;
}

uint64_t
keep_begins(const struct engine *engine)
{
	return engine->keeper->keeping.begins;
}

static void
slice(void *context, struct store *store)
{
	struct keeper *keeper = context;
	keeper->ok = keep_slice(&keeper->keeping, store, &keeper->now, &keeper->err);
}

static void
on_timer(uv_timer_t *timer)
{
	(void)timer; /* that it is due is what turns the loop */
}

static void
rest(struct keeper *keeper)
{
	keeper->keeping.stage = KEEP_REST;
	keeper->next = clock_boot() + REST_MS;
	(void)uv_timer_stop(&keeper->timer);
}

static void
tell(struct engine *engine, const struct err *err)
{
	if (err->kind != ERR_NONE && engine->keeper->told != err->kind)
		engine_log(engine, LOG_ERROR, "nothing old is let go of: %s", err->text);
	engine->keeper->told = err->kind;
}

static void
slice_ended(void *context)
{
	struct keeper *keeper = context;
	struct engine *engine = keeper->engine;
	struct keeping *k = &keeper->keeping;
	if (!keeper->ok) {
		/* What is damaged or finds no room stays; else the disk may be behind. */
		if (keeper->err.kind != ERR_CORRUPT && keeper->err.kind != ERR_NO_SPACE)
			engine_die(engine, ENGINE_EXIT_FAILED, "let go of what is old: %s",
			    keeper->err.text);
		tell(engine, &keeper->err);
		rest(keeper);
		return;
	}
	if (k->stage == KEEP_REST) {
		tell(engine, &k->no_key);
		rest(keeper);
		return;
	}
	keeper->next = clock_boot() + PAUSE_MS;
	if (!uv_is_active((const uv_handle_t *)&keeper->timer))
		(void)uv_timer_start(&keeper->timer, on_timer, PAUSE_MS, PAUSE_MS);
}

/* All that are known of are said to be in use: no fewer than as of the store's head. */
static void
now_fill(struct engine *engine, struct keep_now *now)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	engine_now(engine, &now->at, &now->wall);
	now->keep = model != NULL ? model->keep : (struct keep){ 0, 0 };
	now->used_n = engine->configs.n;
	for (size_t i = 0; i < engine->configs.n; i++)
		now->used[i] = engine->configs.config[i].hash;
}

bool
keep_turn(struct engine *engine, bool idle)
{
	struct keeper *keeper = engine->keeper;
	msec boot = clock_boot();
	if (engine->refusing || !engine->ready || boot < keeper->next ||
	    engine->head.seq == 0)
		return false;
	bool lull = idle && boot - engine->committed_boot > LULL_MS;
	if (!lull && boot - keeper->next < PUT_OFF_MS)
		return false;
	if (keeper->keeping.stage == KEEP_REST)
		keeper->keeping.stage = KEEP_TRIM;
	now_fill(engine, &keeper->now);
	committer_run(engine->committer, slice, slice_ended, keeper);
	return true;
}
