/*
 * heartbeats -- pings on their way in, and alerts for those that stay away.
 *
 * Which of them are down is the core's to know; here each that is down is an alert that
 * fires, and each that is not one that is resolved, by the same way that all alerts come. It
 * is sent as a source would: all of them, at each change and again now and then. So nothing
 * has to be remembered of what was sent, after a restart neither, and the alert of one that
 * is not written any more expires.
 */
#include <stdlib.h>

#include "engine/state.h"
#include "intake/wire.h"
#include "os/clock.h"

#define SEND_AGAIN_MS (5 * MINUTE)
#define ALERT_MS (20 * MINUTE) /* it fires on for so long when nothing more is sent */
#define SOURCE STR("firstline")
#define SENT_MAX ((size_t)4 << 20)

/* Pings of one that are taken: a bucket of so many, filled again by the minute. */
#define PINGS_AT_ONCE 20
#define PINGS_A_MINUTE 10
/* An alert that is a ping is sent again and again: so often it is one. */
#define ALERT_PING_MS (10 * SECOND)

struct beats {
	uint64_t turned; /* of the core, when they were sent */
	msec sent;       /* boot time; 0: not yet */
	struct beat {
		uint64_t name; /* hashed; 0: free */
		msec filled, heard;
		uint32_t left;
	} beat[HEARTBEATS_MAX];
};

void
heartbeats_init(struct engine *engine)
{
	engine->beats = calloc(1, sizeof(*engine->beats));
	ASSERT(engine->beats != NULL);
}

static struct beat *
beat_of(struct beats *beats, str name, msec now)
{
	uint64_t hash = fnv64(FNV64_BASIS, name);
	struct beat *oldest = &beats->beat[0];
	for (size_t i = 0; i < countof(beats->beat); i++) {
		struct beat *beat = &beats->beat[i];
		if (beat->name == hash)
			return beat;
		if (beat->filled < oldest->filled)
			oldest = beat;
	}
	*oldest = (struct beat){ .name = hash, .filled = now, .left = PINGS_AT_ONCE };
	return oldest;
}

static bool
may_ping(struct beat *beat, msec now)
{
	uint64_t more = (now - beat->filled) * PINGS_A_MINUTE / MINUTE;
	if (more > 0) {
		beat->filled = now;
		beat->left = more + beat->left > PINGS_AT_ONCE
		                 ? PINGS_AT_ONCE
		                 : beat->left + (uint32_t)more;
	}
	if (beat->left == 0)
		return false;
	beat->left--;
	return true;
}

/* ---- pings ---- */

void
heartbeat_request(struct engine *engine, uint64_t id, const struct request *request)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	if (model == NULL || model_heartbeat(model, request->name) == NULL) {
		answer_plain(&engine->batch.to_gate, id, engine->head.seq, 404, 3,
		    "not found");
		return;
	}
	msec now = clock_boot();
	if (!may_ping(beat_of(engine->beats, request->name, now), now)) {
		struct answer answer = { .status = 429,
			.exit = 1,
			.seq = engine->head.seq,
			.again_s = 60 / PINGS_A_MINUTE,
			.error = STR("rate limited") };
		frame_record(&engine->batch.to_gate, FRAME_ANSWER, id, &answer_type,
		    &answer);
		return;
	}
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){ .kind = COMMAND_PING,
		.request = id,
		.principal = SOURCE,
		.name = request->name,
		.text = request->text,
		.row = request->row,
		.params = request->params };
	batch_step(engine, &event);
}

void
answer_heartbeats(struct engine *engine, struct answer_out *a)
{
	const struct heartbeat_row **rows =
	    arena_new(a->arena, const struct heartbeat_row *, HEARTBEATS_MAX);
	a->begin = *a->arena; /* they outlive each frame */
	size_t n = core_heartbeats(engine->core, rows, HEARTBEATS_MAX);
	for (size_t i = 0; i < n; i++)
		answer_row_record(a, TABLE_HEARTBEAT, rows[i]);
}

/* ---- alerts that are pings ---- */

static bool
has_all(const struct pairs *labels, const struct pairs *wanted)
{
	for (size_t i = 0; i < wanted->n; i++) {
		if (!str_eq(pairs_get(labels, wanted->p[i].name), wanted->p[i].value))
			return false;
	}
	return true;
}

static const struct heartbeat *
heartbeat_by_alert(const struct model *model, const struct pairs *labels)
{
	for (size_t i = 0; i < model->heartbeats_n; i++) {
		const struct heartbeat *heartbeat = &model->heartbeats[i];
		if (heartbeat->alert.n > 0 && has_all(labels, &heartbeat->alert))
			return heartbeat;
	}
	return NULL;
}

/* Most payloads have none: a look at the bytes spares them the reading. */
static bool
may_have_pings(const struct model *model, str wire)
{
	for (size_t i = 0; i < model->heartbeats_n; i++) {
		str name = pairs_get(&model->heartbeats[i].alert, STR("alertname"));
		if (name.n > 0 && memmem(wire.p, wire.n, name.p, name.n) != NULL)
			return true;
	}
	return false;
}

static void
ping_by_alert(struct engine *engine, const struct heartbeat *heartbeat)
{
	msec now = clock_boot();
	struct beat *beat = beat_of(engine->beats, heartbeat->name, now);
	if (beat->heard != 0 && now - beat->heard < ALERT_PING_MS)
		return;
	beat->heard = now;
	struct pair kind = { STR("kind"), STR("success") };
	struct event event = { .kind = EVENT_COMMAND };
	engine_now(engine, &event.at, &event.wall);
	event.command = (struct command){ .kind = COMMAND_PING,
		.principal = SOURCE,
		.name = heartbeat->name,
		.params = { &kind, 1 } };
	batch_step(engine, &event);
}

str
heartbeats_take(struct engine *engine, str wire, struct buf *keep)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	if (model == NULL || !may_have_pings(model, wire))
		return wire;
	msec at, wall;
	engine_now(engine, &at, &wall);
	*keep = BUF(wire.n + 1);
	str rest = wire;
	for (;;) {
		str before = rest;
		struct wire_alert alert;
		struct wire_parts parts;
		enum wire_status status = wire_cut(&rest, &alert);
		if (status == WIRE_END)
			return buf_str(keep);
		if (status == WIRE_BAD || !wire_body_measure(alert.body, &parts))
			return wire; /* whoever takes it says what it is */
		struct arena scratch = engine->batch.arena;
		struct pairs labels = wire_read_labels(alert.body, &scratch);
		const struct heartbeat *heartbeat = heartbeat_by_alert(model, &labels);
		if (heartbeat == NULL)
			buf_add(keep, str_take(before, before.n - rest.n));
		else if (alert.ends_wall > wall)
			ping_by_alert(engine, heartbeat);
	}
}

/* ---- alerts for those that are down ---- */

static void
put_alert(struct engine *engine, struct buf *out, const struct heartbeat_row *row,
    const struct heartbeat *heartbeat, msec wall)
{
	struct arena scratch = engine->batch.arena;
	bool down = row->state == HEARTBEAT_DOWN;
	struct pair labels[] = {
		{ STR("alertname"), STR(HEARTBEAT_ALERTNAME) },
		{ STR("heartbeat"), row->name },
		{ STR("service"), row->service },
		{ STR("severity"),
		    str_of(heartbeat->severity != 0 ? severity_name(heartbeat->severity)
						    : "warning") },
	};
	struct pair annotations[] = { { STR("summary"), row->why } };
	struct alert_body body = { .labels = { labels, countof(labels) },
		.annotations = { annotations, down ? 1 : 0 } };
	struct buf bytes = BUF(WIRE_BODY_MAX);
	struct wire_parts parts;
	record_encode(&alert_body_type, &body, &bytes);
	if (!bytes.overflow && wire_body_measure(buf_str(&bytes), &parts)) {
		struct wire_alert alert = { .body = buf_str(&bytes),
			.labels_bytes = parts.labels_bytes,
			.timeout = down,
			.fingerprint = wire_fingerprint(buf_str(&bytes)),
			.starts_wall = row->since_wall,
			.ends_wall = down ? wall + ALERT_MS : wall };
		char head[WIRE_HEAD_BYTES];
		wire_put_head(head, &alert);
		buf_put(out, head, sizeof(head));
		buf_add(out, buf_str(&bytes));
	}
	buf_done(&bytes);
	engine->batch.arena = scratch;
}

static void
send_all(struct engine *engine, const struct model *model)
{
	const struct heartbeat_row *rows[HEARTBEATS_MAX];
	struct batch *b = &engine->batch;
	size_t n = core_heartbeats(engine->core, rows, HEARTBEATS_MAX);
	struct event event = { .kind = EVENT_ALERTS_CHANGED };
	engine_now(engine, &event.at, &event.wall);
	struct buf wire = BUF(SENT_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct heartbeat *heartbeat = model_heartbeat(model, rows[i]->name);
		if (heartbeat != NULL)
			put_alert(engine, &wire, rows[i], heartbeat, event.wall);
	}
	uint64_t next = core_next_alert(engine->core);
	struct merge merge = intake_merge(engine->intake, buf_str(&wire), SOURCE, event.at,
	    event.wall, &next, &b->arena);
	ASSERT(merge.status == MERGE_OK);
	engine->n.alerts_fired += merge.fired;
	engine->n.alerts_resolved += merge.resolved;
	if (merge.event.changes.n > 0) {
		core_set_next_alert(engine->core, next);
		event.alerts_changed = merge.event;
		batch_step(engine, &event);
	}
	b->arena.beg = b->map.memory;
	buf_done(&wire);
}

void
heartbeats_turn(struct engine *engine)
{
	struct beats *beats = engine->beats;
	const struct model *model = configs_newest(&engine->configs, engine->core);
	msec now = clock_boot();
	uint64_t turned = core_heartbeats_turned(engine->core);
	if (engine->refusing || !engine->ready || model == NULL ||
	    (turned == beats->turned && beats->sent != 0 &&
		now - beats->sent < SEND_AGAIN_MS))
		return;
	beats->turned = turned;
	beats->sent = now;
	if (model->heartbeats_n > 0)
		send_all(engine, model);
}
