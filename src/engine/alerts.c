#include "engine/state.h"
#include "os/clock.h"
#include "os/crash.h"

/* The head of an alerts frame's payload: the sender's token, then the wire form. */
static bool
cut_token(str payload, str *ret_token, str *ret_wire)
{
	struct cbor c;
	cbor_open(&c, payload);
	if (!cbor_text(&c, ret_token))
		return false;
	*ret_wire = str_drop(payload, (size_t)((const char *)c.at - payload.p));
	return true;
}

static void
answer(struct engine *engine, uint64_t id, uint32_t status, const char *error)
{
	answer_plain(&engine->batch.to_gate, id, engine->head.seq, status,
	    status < 300 ? 0 : 1, error);
}

/* What could be kept was; the sender is told of the rest, and a person once a minute. */
static void
answer_partly(struct engine *engine, uint64_t id, str source, const struct merge *merge)
{
	struct arena scratch = engine->batch.arena;
	size_t all = merge->fired + merge->changed + merge->resolved + merge->unchanged +
	             merge->refused;
	str text = arena_printf(&scratch,
	    "%zu of %zu alerts were not kept: limits.alerts is reached, %llu are active; "
	    "send "
	    "them again",
	    merge->refused, all, (unsigned long long)intake_active(engine->intake));
	engine->n.alerts_refused += merge->refused;
	answer(engine, id, 503, arena_cstr(&scratch, text));
	msec now = clock_boot();
	if (engine->told_full != 0 && now - engine->told_full < MINUTE)
		return;
	engine->told_full = now;
	struct event event = { .kind = EVENT_SELF };
	event.self = (struct self){ .kind = SELF_OVERFLOW,
		.subject = source,
		.text = arena_printf(&scratch,
		    "limits.alerts is reached: new alerts are refused with 503 while %llu "
		    "are "
		    "active",
		    (unsigned long long)intake_active(engine->intake)) };
	engine->batch.arena = scratch; /* the step's own memory begins behind */
	batch_step(engine, &event);
}

void
on_alerts_frame(struct engine *engine, const struct frame *frame)
{
	str token, wire;
	if (!cut_token(frame->payload, &token, &wire)) {
		engine->n.frames_bad++;
		wire_close(&engine->gate);
		return;
	}
	CRASH_POISON(wire);
	if (engine->refusing) {
		answer(engine, frame->id, 507, engine->refusing_why);
		return;
	}
	struct caller caller = access_caller(engine, token);
	uint32_t refused = access_refuses_alerts(engine, caller);
	if (refused != 0) {
		engine->n.unauthorized++;
		answer(engine, frame->id, refused,
		    refused == 401 ? "a token is needed: Authorization: Bearer TOKEN"
				   : "this token may not send alerts");
		return;
	}

	struct batch *b = &engine->batch;
	struct event event = { .kind = EVENT_ALERTS_CHANGED };
	engine_now(engine, &event.at, &event.wall);
	uint64_t next = core_next_alert(engine->core);
	str source = caller.role == 0 ? STR("anonymous") : caller.principal;
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
		answer_partly(engine, frame->id, source, &merge);
	else
		answer(engine, frame->id, 200, "");
}
