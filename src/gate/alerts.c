/*
 * alerts -- POST /api/v2/alerts, the hot path.
 *
 * The body is read once and becomes the wire form straight in the buffer of the engine's
 * connection; the call then waits for the commit. The body is kept until the answer: when
 * the engine dies, it says who was there (quarantine.h). A suspect is sent alone: it waits
 * until no other body is in flight, and the others wait until it is answered.
 */
#include <stdlib.h>

#include "gate/state.h"
#include "intake/intake.h"
#include "intake/wire.h"
#include "os/clock.h"

#define EARLY_BYTES (32u << 10)

static void send_held(struct gate *gate);

/* ---- in flight ---- */

static void
landed(struct call *call)
{
	struct gate *gate = call->gate;
	ASSERT(gate->alerts_in_flight > 0);
	gate->alerts_in_flight--;
	gate->alone = false;
	uint64_t us = clock_boot_us() - call->began_us;
	size_t bucket = 0;
	while (bucket < LATENCY_BUCKETS && us > latency_bucket_us[bucket])
		bucket++;
	gate->n.latency[bucket]++;
	gate->n.latency_n++;
	gate->n.latency_us += us;
}

static void
on_answer(struct call *call, const struct answer *answer)
{
	struct gate *gate = call->gate;
	landed(call);
	if (answer == NULL) {
		respond_no_engine(call);
		return; /* whoever is held is told by alerts_lost */
	}
	if (!hash32_zero(&call->digest))
		quarantine_clear(&gate->quarantine, &call->digest);
	if (answer->status != 200) {
		respond_answer_error(call, answer);
	} else {
		gate->n.alerts_accepted += call->alerts_taken;
		if (call->problems != NULL)
			respond_coded(call, 400, 0, call->problems);
		else
			respond_taken(call);
	}
	send_held(gate);
}

static void
on_late(struct call *call)
{
	landed(call);
	respond_error(call, 504, 8,
	    "the engine did not answer within %u s: whether these alerts were kept is not "
	    "known; send them again",
	    (unsigned)(GATE_ENGINE_MS / SECOND));
	send_held(call->gate);
}

static void
on_held_late(struct call *call)
{
	link_remove(&call->held);
	respond_error(call, 503, 1, "the engine is busy with other alerts: send it again");
	send_held(call->gate);
}

static void
on_end(struct call *call)
{
	if (link_on(&call->held))
		link_remove(&call->held);
	if (call->id != 0) {
		landed(call);
		send_held(call->gate);
	}
}

/* ---- sending ---- */

/* What makes a body this body: its alerts without their times. */
static hash32
digest_of(str wire)
{
	struct wire_alert alert;
	struct buf bytes = BUF(GATE_BODIES_BYTES_MAX);
	while (wire_cut(&wire, &alert) == WIRE_ALERT)
		buf_add(&bytes, alert.body);
	hash32 digest = sha256(buf_str(&bytes));
	buf_done(&bytes);
	return digest;
}

static void
refuse_held(struct call *call)
{
	call->gate->n.refused_quarantine++;
	respond_coded(call, 422, 0,
	    "these alerts were with the engine when it died, twice: they are in quarantine "
	    "and an incident tells of them");
}

static void
hold(struct call *call)
{
	list_append(&call->gate->held, &call->held);
	call->phase = CALL_WAIT;
	call->on_late = on_held_late;
	deadline_set(call->visit, call->gate->now + GATE_ENGINE_MS);
}

/* While somebody is suspected: may this one go now? false: it was answered or it waits. */
static bool
may_go(struct call *call, str wire, bool was_held)
{
	struct gate *gate = call->gate;
	call->digest = digest_of(wire);
	switch (quarantine_look(&gate->quarantine, &call->digest, gate->now)) {
	case QUARANTINE_CLEAN:
		if (!gate->alone && (was_held || list_empty(&gate->held)))
			return true;
		break;
	case QUARANTINE_SUSPECT:
		if (gate->alerts_in_flight == 0 && (was_held || list_empty(&gate->held))) {
			gate->alone = true;
			return true;
		}
		break;
	case QUARANTINE_HELD:
		refuse_held(call);
		return false;
	}
	ASSERT(!was_held);
	hold(call);
	return false;
}

/* false: refused, and answered */
static bool
is_readable(struct call *call, const struct intake_read *read)
{
	call->gate->n.alerts_refused += read->refused;
	switch (read->status) {
	case INTAKE_OK:
		return true;
	case INTAKE_PARTLY:
		free(call->problems);
		call->problems = strdup(read->error);
		ASSERT(call->problems != NULL);
		return true;
	case INTAKE_MALFORMED:
		respond_coded(call, 400, 400, read->error);
		return false;
	case INTAKE_INVALID:
		respond_coded(call, 422, read->code, read->error);
		return false;
	case INTAKE_TOO_MUCH:
		respond_coded(call, 413, 0, read->error);
		return false;
	}
	UNREACHABLE();
}

static struct intake_read
read_body(struct call *call, struct buf *out)
{
	struct gate *gate = call->gate;
	struct arena scratch = gate->scratch;
	return intake_read_alertmanager(buf_str(&call->body), call->read_wall,
	    gate->settings.alert_timeout_ms, &intake_limits_default, &scratch, out);
}

/* The engine begins with what it has while the next body is read. */
static void
send_early(struct gate *gate)
{
	struct err err;
	if (peer_waiting(gate->engine) >= EARLY_BYTES && !peer_flush(gate->engine, &err))
		return; /* met again at the end of the turn */
}

static void
send_alerts(struct call *call, bool was_held)
{
	struct gate *gate = call->gate;
	struct buf *out = peer_out(gate->engine);
	size_t begin = frame_begin(out, FRAME_ALERTS, gate->last_id + 1);
	wire_put_start(out,
	    &(struct wire_start){ call->token, call->read_boot, call->read_wall });
	size_t wire_at = out->n;
	struct intake_read read = read_body(call, out);
	bool go = is_readable(call, &read);
	if (go && out->n - begin > FRAME_PAYLOAD_MAX) {
		respond_coded(call, 413, 0, "too many bytes in one request");
		go = false;
	}
	if (go && (gate->quarantine.n + gate->quarantine.kept_n > 0 ||
		      !list_empty(&gate->held) || gate->alone))
		go = may_go(call, str_drop(buf_str(out), wire_at), was_held);
	if (!go) {
		out->n = begin;
		return;
	}
	frame_end(out, begin);
	call->alerts_taken = read.taken;
	call->on_late = on_late;
	uint64_t id = link_wait(call, on_answer);
	ASSERT(id == gate->last_id);
	gate->alerts_in_flight++;
	send_early(gate);
}

static void
send_held(struct gate *gate)
{
	while (gate->engine != NULL && !gate->alone && !list_empty(&gate->held)) {
		struct call *call = container_of(gate->held.next, struct call, held);
		bool suspect = quarantine_look(&gate->quarantine, &call->digest,
				   gate->now) == QUARANTINE_SUSPECT;
		if (suspect && gate->alerts_in_flight > 0)
			return;
		link_remove(&call->held);
		send_alerts(call, true);
	}
}

void
serve_alerts_post(struct call *call)
{
	call->gate->n.alert_bodies++;
	call->on_end = on_end;
	call->read_boot = clock_boot();
	call->read_wall = clock_wall();
	if (link_ready(call))
		send_alerts(call, false);
}

/* ---- the engine died ---- */

static bool
is_in_flight(const struct call *call)
{
	return call != NULL && call->id != 0 && call->on_answer == on_answer;
}

static void
report_drop(struct gate *gate, size_t i)
{
	buf_done(&gate->report[i].frame);
	memmove(gate->report + i, gate->report + i + 1,
	    (--gate->report_n - i) * sizeof(*gate->report));
}

static struct report *
report_new(struct gate *gate)
{
	if (gate->report_n == GATE_REPORTS_MAX) {
		report_drop(gate, 0);
		gate->n.reports_dropped++;
	}
	struct report *report = &gate->report[gate->report_n++];
	*report = (struct report){ .frame = BUF(QUARANTINE_BODY_MAX + 65536) };
	return report;
}

static void
report(struct gate *gate, const struct call *call, uint32_t deaths)
{
	struct buf hex = BUF(65);
	buf_hex(&hex, (str){ (const char *)call->digest.b, sizeof(call->digest.b) });
	str body = buf_str(&call->body);
	struct quarantine_row row = {
		.body_hash = sha256(body),
		.body = str_take(body,
		    body.n < QUARANTINE_BODY_MAX ? body.n : QUARANTINE_BODY_MAX),
		.source = buf_str(&hex),
		.deaths = deaths,
		.wall = clock_wall(),
	};
	struct report *report = report_new(gate);
	report->digest = call->digest;
	frame_record(&report->frame, FRAME_QUARANTINE, 0, &quarantine_row_type, &row);
	gate_log(gate, LOG_ERROR,
	    "a body of %zu bytes was with the engine at %u of its deaths: quarantined, "
	    "digest %.*s",
	    body.n, deaths, STR_ARG(buf_str(&hex)));
	buf_done(&hex);
}

static void
strike_all(struct gate *gate)
{
	struct buf wire = BUF(2 * (size_t)FRAME_PAYLOAD_MAX);
	list_each(it, &gate->visits)
	{
		struct call *call = container_of(it, struct visit, link)->call;
		if (!is_in_flight(call))
			continue;
		buf_reset(&wire);
		(void)read_body(call, &wire);
		call->digest = digest_of(buf_str(&wire));
		uint32_t deaths =
		    quarantine_strike(&gate->quarantine, &call->digest, gate->now);
		if (deaths == QUARANTINE_DEATHS)
			report(gate, call, deaths);
	}
	buf_done(&wire);
}

void
alerts_lost(struct gate *gate)
{
	if (!gate->engine_blameless)
		strike_all(gate);
	while (!list_empty(&gate->held)) {
		struct call *call = container_of(gate->held.next, struct call, held);
		link_remove(&call->held);
		respond_no_engine(call);
	}
}

void
alerts_engine(struct gate *gate)
{
	for (size_t i = 0; i < gate->report_n; i++)
		gate->report[i].told = false;
}

/* Each once: an engine that keeps one says so, and one is some megabytes. */
static void
tell_reports(struct gate *gate)
{
	for (size_t i = 0; i < gate->report_n; i++) {
		struct report *report = &gate->report[i];
		if (!report->told)
			buf_add(peer_out(gate->engine), buf_str(&report->frame));
		report->told = true;
	}
}

bool
alerts_quarantined(struct gate *gate, const struct frame *frame)
{
	struct arena arena = gate->answers;
	struct quarantined_frame quarantined;
	struct err err;
	if (!record_decode_all(&quarantined_frame_type, frame->payload, &arena,
		&quarantined, &err) ||
	    !quarantine_keep(&gate->quarantine, quarantined.digests))
		return false;
	size_t before = gate->report_n;
	for (size_t i = gate->report_n; i-- > 0;) {
		if (quarantine_is_kept(&gate->quarantine, &gate->report[i].digest))
			report_drop(gate, i);
	}
	/* Not asked for: it could keep nothing when it was told, and now it can. */
	if (gate->report_n == before)
		alerts_engine(gate);
	tell_reports(gate);
	return true;
}
