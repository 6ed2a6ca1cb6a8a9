/*
 * suppress -- tells intake what holds alerts, and the core which are held.
 */
#include <assert.h>

#include "engine/state.h"
#include "os/clock.h"

#define HOLD_SLICE 1000             /* alerts looked at in a turn: about a millisecond */
#define LOOK_AGAIN_MS (30 * SECOND) /* at the wall clock, which may be set */

static void on_suppress(uv_timer_t *timer);

static void
arm(struct engine *engine, msec wall)
{
	engine->suppress_seen = wall;
	if (engine->suppress_at == 0) {
		(void)uv_timer_stop(&engine->suppress);
		return;
	}
	msec left = engine->suppress_at > wall ? engine->suppress_at - wall : 0;
	(void)uv_timer_start(&engine->suppress, on_suppress,
	    left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS, 0);
}

static void
on_suppress(uv_timer_t *timer)
{
	struct engine *engine = timer->data;
	msec wall = clock_wall();
	if (wall >= engine->suppress_at || wall < engine->suppress_seen)
		suppress_silences(engine);
	else
		arm(engine, wall);
}

static void
sooner(msec *at, msec wall, msec when)
{
	if (when > wall && (*at == 0 || when < *at))
		*at = when;
}

bool
silence_on(const struct engine *engine, const struct silence_row *row, msec wall,
    msec *ret_changes)
{
	if (row->during.n == 0)
		return true;
	if (row->ends_wall <= wall)
		return false;
	const struct model *model = configs_newest(&engine->configs, engine->core);
	const struct calendar *calendar = names_get(&model->calendar_by_name, row->during);
	/* Not written any more: any doubt notifies. */
	if (calendar == NULL)
		return false;
	*ret_changes = calendar_changes(calendar, wall);
	return calendar_has(calendar, wall);
}

void
suppress_silences(struct engine *engine)
{
	struct arena scratch = engine->batch.arena;
	const struct silence_row **rows =
	    arena_new(&scratch, const struct silence_row *, CORE_SILENCES_MAX);
	size_t n = core_silences(engine->core, rows, CORE_SILENCES_MAX), on = 0;
	msec wall = clock_wall();
	engine->suppress_at = 0;
	for (size_t i = 0; i < n; i++) {
		sooner(&engine->suppress_at, wall, rows[i]->starts_wall);
		sooner(&engine->suppress_at, wall, rows[i]->ends_wall);
		msec changes = 0;
		if (silence_on(engine, rows[i], wall, &changes))
			rows[on++] = rows[i];
		sooner(&engine->suppress_at, wall, changes);
	}
	intake_silences(engine->intake, rows, on, wall);
	arm(engine, wall);
}

/* ---- rules ---- */

static struct records
parts_of(const struct matchers *matchers, struct arena *arena)
{
	struct silence_matcher *p = arena_new(arena, struct silence_matcher, matchers->n);
	for (size_t i = 0; i < matchers->n; i++) {
		enum match_op op = matchers->p[i].op;
		p[i] = (struct silence_matcher){ .name = matchers->p[i].label,
			.value = matchers->p[i].value,
			.regex = op == MATCH_RE || op == MATCH_NOT_RE,
			.equal = op == MATCH_EQ || op == MATCH_RE };
	}
	return (struct records){ p, matchers->n };
}

void
suppress_rules(struct engine *engine, const struct model *model)
{
	static_assert(INHIBITS_MAX <= INHIBIT_RULES_MAX, "intake takes all that may be");
	struct arena scratch = engine->batch.arena;
	struct inhibit_rule *rules =
	    arena_new(&scratch, struct inhibit_rule, model->inhibits_n + 1);
	for (size_t i = 0; i < model->inhibits_n; i++) {
		const struct inhibit *inhibit = &model->inhibits[i];
		rules[i] =
		    (struct inhibit_rule){ .source = parts_of(&inhibit->source, &scratch),
			    .target = parts_of(&inhibit->target, &scratch),
			    .equal = inhibit->equal };
	}
	intake_inhibit(engine->intake, rules, model->inhibits_n);
}

/* ---- alerts ---- */

bool
suppress_turn(struct engine *engine)
{
	struct batch *b = &engine->batch;
	if (!engine->ready || engine->refusing || !intake_hold_waits(engine->intake) ||
	    b->step_n >= ENGINE_BATCH_STEPS_MAX || b->steps.n >= ENGINE_BATCH_BYTES_MAX)
		return false;
	struct event event = { .kind = EVENT_ALERTS_CHANGED };
	engine_now(engine, &event.at, &event.wall);
	if (intake_hold(engine->intake, event.wall, HOLD_SLICE, &b->arena,
		&event.alerts_changed))
		batch_step(engine, &event);
	b->arena.beg = b->map.memory;
	return intake_hold_waits(engine->intake);
}
