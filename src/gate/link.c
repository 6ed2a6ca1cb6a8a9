/*
 * link -- the engine's connection: requests out, answers in, and what happens when it ends.
 *
 * Each waiting call has a number of its own, which its frame carries and the answer echoes.
 * Numbers are never used twice, so an answer that comes too late finds nobody.
 */
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "gate/state.h"

#define LAST_READS_MAX 64 /* of 256 KiB, of an engine that has ended */

bool
link_ready(struct call *call)
{
	struct gate *gate = call->gate;
	if (gate->engine == NULL) {
		respond_no_engine(call);
		return false;
	}
	if (peer_full(gate->engine)) {
		gate->n.refused_engine_full++;
		respond_error(call, 503, 1,
		    "the engine does not keep up: send it again in a second");
		return false;
	}
	return true;
}

static void
late(struct call *call)
{
	respond_error(call, 504, 8,
	    "the engine did not answer within %u s: whether it took this is not known; ask "
	    "before you send it again",
	    (unsigned)(GATE_ENGINE_MS / SECOND));
}

uint64_t
link_wait(struct call *call,
    void (*on_answer)(struct call *call, const struct answer *answer))
{
	struct gate *gate = call->gate;
	ASSERT(call->id == 0);
	call->id = ++gate->last_id;
	call->on_answer = on_answer;
	if (call->on_late == NULL)
		call->on_late = late;
	map_put(&gate->calls, call->id, (uint64_t)(uintptr_t)call);
	if (call->phase == CALL_READ || call->phase == CALL_WAIT) {
		call->phase = CALL_WAIT;
		deadline_set(call->visit, gate->now + GATE_ENGINE_MS);
	}
	return call->id;
}

/* What a client says of itself; nothing where it is no plain text. */
static str
plain(str s, size_t most)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < ' ' || s.p[i] > '~')
			return STR("");
	}
	return str_take(s, s.n < most ? s.n : most);
}

void
link_ask(struct call *call, const struct request *request,
    void (*on_answer)(struct call *call, const struct answer *answer))
{
	uint64_t id = link_wait(call, on_answer);
	struct request asked = *request;
	asked.token = call->token;
	asked.session = call->session;
	asked.csrf = plain(call->head.csrf, GATE_TOKEN_MAX);
	asked.changes = call->match.route->method != METHOD_GET;
	asked.from = str_of(call->from);
	asked.user = plain(call->head.user, GATE_TOKEN_MAX);
	asked.agent = plain(call->head.agent, SESSION_TEXT_MAX);
	asked.deadline_ms = GATE_ENGINE_MS;
	frame_record(peer_out(call->gate->engine), FRAME_REQUEST, id, &request_type,
	    &asked);
}

void
link_forget(struct call *call)
{
	if (call->id == 0)
		return;
	(void)map_remove(&call->gate->calls, call->id);
	call->id = 0;
}

/* ---- frames ---- */

static bool
on_answer_frame(struct gate *gate, const struct frame *frame)
{
	struct arena arena = gate->answers;
	struct answer answer;
	struct err err;
	if (!record_decode_all(&answer_type, frame->payload, &arena, &answer, &err))
		return false;
	uint64_t found;
	if (!map_get(&gate->calls, frame->id, &found))
		return true; /* nobody waits any more */
	struct call *call = (struct call *)(uintptr_t)found;
	if (!answer.more)
		link_forget(call);
	call->on_answer(call, &answer);
	visit_count_answer(call);
	return true;
}

static bool
on_publish_frame(struct gate *gate, const struct frame *frame)
{
	struct arena arena = gate->answers;
	struct publish publish;
	struct err err;
	if (!events_wanted(gate))
		return true;
	if (!record_decode_all(&publish_type, frame->payload, &arena, &publish, &err))
		return false;
	events_publish(gate, &publish);
	return true;
}

static bool
on_frame(struct gate *gate, const struct frame *frame)
{
	switch ((int)frame->kind) {
	case FRAME_ANSWER:
		return on_answer_frame(gate, frame);
	case FRAME_PUBLISH:
		return on_publish_frame(gate, frame);
	case FRAME_QUARANTINED:
		return alerts_quarantined(gate, frame);
	case FRAME_BLAMELESS:
		gate->engine_blameless = true;
		return true;
	default:
		if (frame->fd >= 0)
			(void)close(frame->fd);
		return false;
	}
}

void
link_read(struct gate *gate)
{
	struct err err;
	struct frame frame;
	size_t got;
	if (!peer_read(gate->engine, &got, &err)) {
		link_close(gate, err.text);
		return;
	}
	while (gate->engine != NULL && peer_next(gate->engine, &frame, &err)) {
		if (!on_frame(gate, &frame)) {
			gate->n.frames_bad++;
			link_close(gate, "the engine sent a malformed message");
			return;
		}
	}
	if (gate->engine != NULL && err.kind != ERR_NONE) {
		gate->n.frames_bad++;
		link_close(gate, err.text);
	}
}

/* ---- coming and going ---- */

void
link_open(struct gate *gate, int fd)
{
	link_close(gate, "another engine came");
	gate->engine = peer_new(fd, GATE_ENGINE_BYTES_MAX);
	gate->engine_blameless = false;
	gate->engines++;
	gate->engine_events = EPOLLIN;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = &gate->engine };
	ASSERT(epoll_ctl(gate->epoll, EPOLL_CTL_ADD, fd, &event) == 0);
	gate->ask_again = 0;
	alerts_engine(gate);
	events_engine(gate, true);
	gate_tell_tls(gate);
}

/* Whoever waits is answered at once: the client can send it again. */
static void
tell_waiting(struct gate *gate)
{
	list_each_safe(it, &gate->visits)
	{
		struct visit *visit = container_of(it, struct visit, link);
		struct call *call = visit->call;
		if (call == NULL || call->id == 0)
			continue;
		link_forget(call);
		call->on_answer(call, NULL);
	}
}

/* Its last word may lie there still: to write to it fails before that is read. */
static void
hear_last_word(struct gate *gate)
{
	struct frame frame;
	struct err err = { .kind = ERR_NONE };
	size_t got = 1;
	for (unsigned i = 0; i < LAST_READS_MAX && got > 0 && err.kind == ERR_NONE; i++) {
		while (peer_next(gate->engine, &frame, &err)) {
			if (frame.kind == FRAME_BLAMELESS)
				gate->engine_blameless = true;
			if (frame.fd >= 0)
				(void)close(frame.fd);
		}
		if (err.kind == ERR_NONE && !peer_read(gate->engine, &got, &err))
			return;
	}
}

void
link_close(struct gate *gate, const char *why)
{
	if (gate->engine == NULL)
		return;
	hear_last_word(gate);
	gate->n.engine_lost++;
	(void)epoll_ctl(gate->epoll, EPOLL_CTL_DEL, peer_fd(gate->engine), NULL);
	peer_free(gate->engine);
	gate->engine = NULL;
	gate->ask_again = gate->now + GATE_AGAIN_MS;
	if (!gate->stopping) {
		gate_log(gate, LOG_WARNING, "no engine: %s", why);
		alerts_lost(gate);
	}
	tell_waiting(gate);
	events_engine(gate, false);
}
