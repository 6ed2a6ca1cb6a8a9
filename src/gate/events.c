/*
 * events -- GET /v1/events: what changes, as server-sent events.
 *
 *	event: timeline
 *	data: {"id":12,"incident":3,...}
 *	id: 4711
 *
 * The id is the journal entry's number and stands on the last event of an entry: who comes
 * back with it gets what followed. Recent events are kept as text in a ring that all
 * streams read from; what is older is asked of the engine (timeline rows only). The ring is
 * filled while somebody listens, and a while longer for those who come back. When the
 * engine dies streams stay open, and catch up with the next one the same way.
 *
 *	ASKING -> LIVE <-> AWAY (no engine) -> CATCHING -> LIVE
 */
#include <stdlib.h>

#include "gate/ring.h"
#include "gate/state.h"

#define CATCH_UP_ENTRIES 1000  /* a page */
#define COPY_BYTES (32u << 10) /* from the ring at a time, whole blocks */
#define ASKS_A_LOOK 64
#define LOOK_MS 100
#define COME_BACK_MS (10 * MINUTE) /* for the ring, after the last stream's end */
#define PATIENCE_MS (30 * SECOND)  /* for a page of the engine */
/* The engine cuts a commit into frames at these: such a frame may not be the last. */
#define FRAME_FULL_ITEMS 500
#define FRAME_FULL_BYTES (500u << 10)

enum listener_state {
	LISTENER_ASKING = 1, /* whose token is this? */
	LISTENER_LIVE,       /* reads from the ring */
	LISTENER_AWAY,       /* there is no engine, or it was busy: asks again later */
	LISTENER_CATCHING,   /* a page is on its way */
	LISTENER_PAGED,      /* the next page is due once this one is sent */
	LISTENER_GONE,       /* told to go */
};

struct listener {
	struct link link;
	struct call *call;
	enum listener_state state;
	bool resumes;  /* came with an id */
	uint64_t last; /* all entries up to this one were sent */
	uint64_t at;   /* LIVE: place in the ring */
	msec ping_at, again_at;
};

struct events {
	struct link listeners;
	size_t n;
	struct ring ring;
	msec fill_until; /* while there is no listener */
	msec look_at;
};

void
events_init(struct gate *gate)
{
	struct events *events = calloc(1, sizeof(*events));
	ASSERT(events != NULL);
	ring_init(&events->ring, GATE_RING_BYTES,
	    2 * GATE_RING_BYTES + (size_t)FRAME_PAYLOAD_MAX * 4);
	list_init(&events->listeners);
	gate->events = events;
}

size_t
events_streams(const struct gate *gate)
{
	return gate->events->n;
}

/* ---- events as text ---- */

static bool
put_event(struct gate *gate, struct buf *b, const struct item *item, uint64_t id)
{
	struct arena scratch = gate->scratch;
	const struct record_type *type;
	void *record;
	if (item->table == 0 || !item_decode(gate, item, &scratch, &record, &type))
		return false;
	buf_printf(b, "event: %s\ndata: ", table_names[item->table]);
	record_to_json(type, record, b);
	if (id != 0)
		buf_printf(b, "\nid: %llu", (unsigned long long)id);
	buf_add(b, STR("\n\n"));
	return true;
}

/* The id on the last one; none when more of the same entry may follow. */
static void
put_events(struct gate *gate, struct buf *b, const struct records *records, uint64_t seq)
{
	const struct item *items = records->p;
	size_t bytes = 0;
	for (size_t i = 0; i < records->n; i++)
		bytes += items[i].body.n;
	bool full = records->n >= FRAME_FULL_ITEMS || bytes > FRAME_FULL_BYTES;
	for (size_t i = 0; i < records->n; i++)
		gate->n.events +=
		    put_event(gate, b, &items[i], i + 1 == records->n && !full ? seq : 0);
}

bool
events_wanted(struct gate *gate)
{
	struct events *events = gate->events;
	if (events->n > 0 || gate->now < events->fill_until)
		return true;
	ring_free(&events->ring);
	return false;
}

void
events_publish(struct gate *gate, const struct publish *publish)
{
	struct events *events = gate->events;
	ring_open(&events->ring, publish->seq);
	put_events(gate, &events->ring.text, &publish->items, publish->seq);
	if (!ring_close(&events->ring)) {
		/* too long for the ring: all ask the engine for what they lack */
		events_engine(gate, false);
		events_engine(gate, true);
		return;
	}
	list_each(it, &events->listeners)
	{
		struct listener *l = container_of(it, struct listener, link);
		if (l->state == LISTENER_LIVE)
			call_wake(l->call);
	}
}

/* ---- one listener ---- */

static void
say_and_end(struct listener *l, const char *comment)
{
	l->state = LISTENER_GONE;
	link_forget(l->call);
	buf_printf(&l->call->stream.out, ": %s\n\n", comment);
	stream_end(l->call);
}

static void on_page(struct call *call, const struct answer *answer);

static void
ask_page(struct listener *l)
{
	struct gate *gate = l->call->gate;
	struct request request = { .op = OP_EVENTS,
		.cursor = l->last,
		.limit = CATCH_UP_ENTRIES };
	l->state = LISTENER_CATCHING;
	l->again_at = gate->now + PATIENCE_MS;
	link_ask(l->call, &request, on_page);
}

static void
wait_for_engine(struct listener *l, msec ms)
{
	l->state = LISTENER_AWAY;
	l->again_at = l->call->gate->now + ms;
}

/* From the ring if it reaches back that far, else from the engine. */
static void
catch_up(struct listener *l)
{
	struct gate *gate = l->call->gate;
	const struct ring *ring = &gate->events->ring;
	if (ring_covers(ring, l->last)) {
		l->state = LISTENER_LIVE;
		l->at = ring_after(ring, l->last);
		call_wake(l->call);
	} else if (gate->engine == NULL) {
		wait_for_engine(l, SECOND);
	} else {
		ask_page(l);
	}
}

/* The engine told all there was; what came meanwhile is in the ring, from its start. */
static void
caught_up(struct listener *l)
{
	const struct ring *ring = &l->call->gate->events->ring;
	if (ring->known && ring->known_after > l->last) {
		catch_up(l);
		return;
	}
	l->state = LISTENER_LIVE;
	l->at = ring_after(ring, l->last);
	call_wake(l->call);
}

static void
on_page(struct call *call, const struct answer *answer)
{
	struct listener *l = call->own;
	if (answer == NULL || answer->status == 503) {
		link_forget(call);
		wait_for_engine(l, SECOND);
		return;
	}
	if (answer->status != 200) {
		say_and_end(l, answer->status == 401 || answer->status == 403
				   ? "your token is no longer accepted"
				   : "the engine cannot tell what happened since");
		return;
	}
	put_events(call->gate, &call->stream.out, &answer->items, answer->seq);
	if (answer->seq > l->last)
		l->last = answer->seq;
	if (call->stream.out.overflow)
		stream_break(call);
	else if (!answer->more && answer->cursor == 0)
		caught_up(l);
	else if (!answer->more)
		l->state = LISTENER_PAGED;
	call_wake(call);
}

/* The reader wants more. */
static void
on_low(struct call *call)
{
	struct listener *l = call->own;
	const struct ring *ring = &call->gate->events->ring;
	struct buf *out = &call->stream.out;
	if (l->state == LISTENER_PAGED) {
		catch_up(l);
		return;
	}
	if (l->state != LISTENER_LIVE)
		return;
	if (l->at < ring->begin) {
		call->gate->n.events_cut++;
		l->state = LISTENER_GONE;
		buf_add(out,
		    STR(": this reader is too slow: come back with the last id\n\n"));
		call->stream.ended = true;
		return;
	}
	/* whole blocks: a ping may follow any of them */
	size_t copied = 0;
	for (uint64_t i = ring_at(ring, l->at); i < ring->end && copied < COPY_BYTES; i++) {
		str text = ring_text(ring, i);
		buf_add(out, text);
		copied += text.n;
		l->at += text.n;
		l->last = ring_seq(ring, i);
	}
}

/* A stream outlives what opened it by one look at most. */
static void
on_still(struct call *call, const struct answer *answer)
{
	if (answer != NULL && (answer->status == 401 || answer->status == 403))
		say_and_end(call->own, "your token is no longer accepted");
}

static void
on_who(struct call *call, const struct answer *answer)
{
	struct listener *l = call->own;
	if (answer == NULL) {
		respond_no_engine(call);
		return;
	}
	if (answer->status != 200) {
		respond_answer_error(call, answer);
		return;
	}
	link_forget(call);
	buf_add(&call->stream.out, STR("retry: 2000\n\n"));
	call->stream.endless = true;
	call->stream.low = on_low;
	stream_start(call, 200, "text/event-stream");
	response_header(call->response, "X-Accel-Buffering", "no");
	l->ping_at = call->gate->now + GATE_PING_MS;
	if (l->resumes) {
		catch_up(l);
		return;
	}
	l->last = answer->seq;
	l->at = ring_end(&call->gate->events->ring);
	l->state = LISTENER_LIVE;
}

static void
on_end(struct call *call)
{
	struct listener *l = call->own;
	link_remove(&l->link);
	call->gate->events->n--;
	call->gate->events->fill_until = call->gate->now + COME_BACK_MS;
	free(l);
}

static bool
read_last(struct call *call, struct listener *l)
{
	str text = call->head.last_event_id;
	str unknown = target_query_unknown(&call->target, "after");
	if (unknown.n > 0) {
		respond_error(call, 400, 2, "unknown or repeated query parameter '%.*s'",
		    STR_ARG(unknown));
		return false;
	}
	if (text.n == 0)
		text = target_query(&call->target, STR("after"));
	l->resumes = text.n > 0;
	if (text.n == 0 || str_u64(text, UINT64_MAX / 2, &l->last))
		return true;
	respond_error(call, 400, 2, "Last-Event-ID is the id of an event: a number");
	return false;
}

void
serve_events(struct call *call)
{
	struct gate *gate = call->gate;
	struct request request = { .op = OP_WHO };
	if (gate->events->n >= gate->stream_max) {
		respond_error(call, 503, 1, "%zu event streams are open: that is the limit",
		    gate->stream_max);
		return;
	}
	struct listener *l = calloc(1, sizeof(*l));
	ASSERT(l != NULL);
	l->call = call;
	l->state = LISTENER_ASKING;
	list_append(&gate->events->listeners, &l->link);
	gate->events->n++;
	call->own = l;
	call->on_end = on_end;
	if (read_last(call, l) && link_ready(call))
		link_ask(call, &request, on_who);
}

/* ---- all of them ---- */

void
events_engine(struct gate *gate, bool there)
{
	struct events *events = gate->events;
	if (!there)
		ring_clear(&events->ring);
	list_each(it, &events->listeners)
	{
		struct listener *l = container_of(it, struct listener, link);
		if (!there && (l->state == LISTENER_LIVE || l->state == LISTENER_PAGED))
			l->state = LISTENER_AWAY;
		if (there && l->state == LISTENER_AWAY)
			l->again_at = gate->now;
	}
	events->look_at = 0;
}

static void
look_at_one(struct gate *gate, struct listener *l, size_t *asks)
{
	if (l->state == LISTENER_ASKING || l->state == LISTENER_GONE)
		return;
	if (l->state == LISTENER_CATCHING && gate->now >= l->again_at) {
		link_forget(l->call);
		l->state = LISTENER_AWAY;
	}
	if (l->state == LISTENER_AWAY && gate->engine != NULL && gate->now >= l->again_at &&
	    *asks < ASKS_A_LOOK) {
		++*asks;
		link_forget(l->call);
		ask_page(l);
	}
	if (gate->now < l->ping_at)
		return;
	if (l->state == LISTENER_LIVE && gate->engine != NULL && l->call->id == 0)
		link_ask(l->call, &(struct request){ .op = OP_WHO }, on_still);
	l->ping_at = gate->now + GATE_PING_MS;
	if (stream_waiting(l->call) == 0) {
		buf_add(&l->call->stream.out, STR(": ping\n\n"));
		call_wake(l->call);
	}
}

/* Pings, and asking again. */
void
events_look(struct gate *gate)
{
	struct events *events = gate->events;
	if (events->n == 0)
		return;
	if (gate->now >= events->look_at) {
		size_t asks = 0;
		msec next = gate->now + GATE_PING_MS;
		list_each(it, &events->listeners)
		{
			struct listener *l = container_of(it, struct listener, link);
			look_at_one(gate, l, &asks);
			bool waits =
			    l->state == LISTENER_AWAY || l->state == LISTENER_CATCHING;
			msec due = waits ? gate->now + LOOK_MS : l->ping_at;
			if (l->state != LISTENER_ASKING && l->state != LISTENER_GONE &&
			    due < next)
				next = due;
		}
		events->look_at = next;
	}
	if (events->look_at < gate->next_look)
		gate->next_look = events->look_at;
}

void
events_stop(struct gate *gate)
{
	list_each(it, &gate->events->listeners)
	{
		struct listener *l = container_of(it, struct listener, link);
		if (l->call->stream.started && l->state != LISTENER_GONE)
			say_and_end(l, "the server stops");
	}
}
