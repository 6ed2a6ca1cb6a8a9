/*
 * Timers: two binary heaps of objects, ordered by (due, table, id). When a time passes the
 * object looks at its own row for what is due, so timers hold nothing that rows do not.
 */
#include "core/state.h"

static bool
before(const struct object *a, const struct object *b)
{
	if (a->due != b->due)
		return a->due < b->due;
	if (a->table != b->table)
		return a->table < b->table;
	return a->id < b->id;
}

static void
put(struct heap *heap, size_t at, struct object *o)
{
	heap->p[at] = o;
	o->heap_at = (uint32_t)at;
}

static void
rise(struct heap *heap, struct object *o)
{
	size_t at = o->heap_at;
	while (at > 0 && before(o, heap->p[(at - 1) / 2])) {
		put(heap, at, heap->p[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(heap, at, o);
}

static void
sink(struct heap *heap, struct object *o)
{
	size_t at = o->heap_at;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= heap->n)
			break;
		if (child + 1 < heap->n && before(heap->p[child + 1], heap->p[child]))
			child++;
		if (!before(heap->p[child], o))
			break;
		put(heap, at, heap->p[child]);
		at = child;
	}
	put(heap, at, o);
}

static void
leave(struct object *o)
{
	struct heap *heap = o->heap;
	struct object *last = heap->p[--heap->n];
	if (last != o) {
		put(heap, o->heap_at, last);
		rise(heap, last);
		sink(heap, last);
	}
	o->heap = NULL;
	o->due = 0;
}

void
heap_set(struct heap *heap, struct object *o, msec due)
{
	if (o->heap == heap && o->due == due)
		return;
	if (o->heap != NULL)
		leave(o);
	if (due == 0)
		return;
	ASSERT(heap->n < heap->cap);
	o->heap = heap;
	o->due = due;
	put(heap, heap->n++, o);
	rise(heap, o);
}

struct object *
heap_top(const struct heap *heap)
{
	return heap->n > 0 ? heap->p[0] : NULL;
}

static bool
is_due(const struct core *core, msec at)
{
	return at != 0 && at <= core->at;
}

static void
control_timer(struct core *core)
{
	if (is_due(core, core->control->row.duty_at)) {
		struct hads had = handover_had(core);
		handover_look(core, &had);
	}
	if (is_due(core, core->control->row.grants_at))
		grants_look(core);
	if (is_due(core, channels_due(core)))
		channels_look(core);
	if (is_due(core, core->lines_at))
		lines_due(core);
}

msec
control_due(const struct core *core)
{
	msec due = core->control->row.duty_at, channels = channels_due(core);
	msec grants = core->control->row.grants_at;
	if (grants != 0 && (due == 0 || grants < due))
		due = grants;
	if (core->lines_at != 0 && (due == 0 || core->lines_at < due))
		due = core->lines_at;
	return channels != 0 && (due == 0 || channels < due) ? channels : due;
}

static void
fire(struct core *core, struct object *o)
{
	switch ((enum table)o->table) {
	case TABLE_INCIDENT:
		incident_timer(core, container_of(o, struct incident, o));
		return;
	case TABLE_RUN:
		run_timer(core, container_of(o, struct run, o));
		return;
	case TABLE_ATTEMPT:
		attempt_timer(core, container_of(o, struct attempt, o));
		return;
	case TABLE_PROBE:
		probe_timer(core, container_of(o, struct question, o));
		return;
	case TABLE_GRANT_USE:
		use_timer(core, container_of(o, struct grant_use, o));
		return;
	case TABLE_NOTICE:
		notice_timer(core, container_of(o, struct notice, o));
		return;
	case TABLE_HANDOFF:
		handoff_timer(core, container_of(o, struct handoff, o));
		return;
	case TABLE_SILENCE:
		silence_timer(core, container_of(o, struct silence, o));
		return;
	case TABLE_ASKED:
		asked_timer(core, container_of(o, struct asked, o));
		return;
	case TABLE_LEASE:
		lease_timer(core, container_of(o, struct lease, o));
		return;
	case TABLE_TRUST:
		trust_timer(core, container_of(o, struct trust, o));
		return;
	case TABLE_OVERRIDE:
		override_timer(core, container_of(o, struct override, o));
		return;
	case TABLE_HEARTBEAT:
		heartbeat_timer(core, container_of(o, struct heartbeat_kept, o));
		return;
	case TABLE_CONTROL:
		control_timer(core);
		return;
	case TABLE_TIMELINE:
	case TABLE_DECISION:
	case TABLE_GAP:
	case TABLE_NOISE:
	case TABLE_TOKEN:
	case TABLE_SESSION:
	case TABLE_LOGIN:
	case TABLE_ANSWER:
	case TABLE_QUARANTINE:
	case TABLE_ALERTS:
		break; /* wait for nothing */
	}
	UNREACHABLE();
}

/* Case files are large, and an entry of the journal has a limit. */
static bool
made_enough(const struct core *core, const char *begun)
{
	return core->fx->arena->beg - begun > EFFECT_BYTES_PER_STEP;
}

void
on_time_passed(struct core *core)
{
	const char *begun = core->fx->arena->beg;
	for (unsigned i = 0; i < TIMERS_PER_STEP_MAX; i++) {
		struct object *o = heap_top(&core->timers);
		if (o == NULL || o->due > core->at || made_enough(core, begun))
			return;
		struct arena mark = core->scratch;
		fire(core, o);
		core->scratch = mark;
		/* Whoever does not say what it waits for next would fire for ever. */
		ASSERT(core->timers.n == 0 || core->timers.p[0] != o || o->due > core->at);
	}
}

msec
core_next_due(const struct core *core)
{
	const struct object *timer = heap_top(&core->timers);
	const struct object *notice = heap_top(&core->outbox);
	msec due = timer != NULL ? timer->due : 0;
	if (notice != NULL && (due == 0 || notice->due < due))
		due = notice->due;
	return due;
}
