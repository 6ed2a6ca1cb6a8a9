#include "engine/state.h"
#include "intake/moment.h"
#include "intake/wire.h"
#include "os/clock.h"
#include "os/crash.h"

/* Alerts that wait while the clock is set would be active for years, or have ended before
 * anybody looked: they are taken by the clock of now. The copy is `keep`'s. */
static str
by_this_clock(const struct wire_start *start, str wire, struct buf *keep)
{
	msec boot = clock_boot(), new = clock_wall();
	msec old = start->wall + (boot > start->boot ? boot - start->boot : 0);
	msec set = new > old ? new - old : old - new;
	*keep = BUF(wire.n + 1);
	if (set <= CLOCK_SET_MS || old > MOMENT_MAX || new > MOMENT_MAX)
		return wire;
	buf_add(keep, wire);
	wire_set_clock(keep->p, keep->n, old, new);
	return buf_str(keep);
}

static void
answer(struct engine *engine, uint64_t id, uint32_t status, const char *error)
{
	answer_plain(&engine->batch.to_gate, id, engine->head.seq, status,
	    status < 300 ? 0 : 1, error);
}

static void
merge_alerts(struct engine *engine, uint64_t id, str source, str wire)
{
	struct batch *b = &engine->batch;
	struct event event = { .kind = EVENT_ALERTS_CHANGED };
	engine_now(engine, &event.at, &event.wall);
	uint64_t next = core_next_alert(engine->core);
	struct merge merge = intake_merge(engine->intake, wire, source, event.at,
	    event.wall, &next, &b->arena);
	switch (merge.status) {
	case MERGE_MALFORMED:
		engine->n.frames_bad++;
		wire_close(&engine->gate);
		return;
	case MERGE_OK:
		break;
	}
	engine->n.batches++;
	engine->n.alerts_fired += merge.fired;
	engine->n.alerts_changed += merge.changed;
	engine->n.alerts_resolved += merge.resolved;
	engine->n.alerts_unchanged += merge.unchanged;
	if (merge.event.changes.n > 0) {
		core_set_next_alert(engine->core, next);
		event.alerts_changed = merge.event;
		batch_step(engine, &event);
	}
	if (merge.refused > 0)
		overflow_answer(engine, id, source, &merge);
	else
		answer(engine, id, 200, "");
}

void
on_alerts_frame(struct engine *engine, const struct frame *frame)
{
	str wire;
	struct wire_start start;
	if (!wire_cut_start(frame->payload, &start, &wire)) {
		engine->n.frames_bad++;
		wire_close(&engine->gate);
		return;
	}
	CRASH_POISON(wire);
	if (engine->refusing) {
		answer(engine, frame->id, 507, engine->refusing_why);
		return;
	}
	struct caller caller = access_caller(engine, start.token);
	uint32_t refused = access_refuses_alerts(engine, caller);
	if (refused != 0) {
		engine->n.unauthorized++;
		answer(engine, frame->id, refused,
		    refused == 401 ? "a token is needed: Authorization: Bearer TOKEN"
				   : "this token may not send alerts");
		return;
	}

	struct buf timely, kept = BUF(0);
	wire = by_this_clock(&start, wire, &timely);
	wire = heartbeats_take(engine, wire, &kept);
	merge_alerts(engine, frame->id,
	    caller.role == 0 ? STR("anonymous") : caller.principal, wire);
	buf_done(&kept);
	buf_done(&timely);
}
