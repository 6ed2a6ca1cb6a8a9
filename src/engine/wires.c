/*
 * wires -- frames to and from the other roles on the loop.
 *
 * A wire that breaks is closed: the supervisor brings a new connection. Of hands it is told,
 * for they may not have ended, and are then started again.
 */
#include <unistd.h>

#include "engine/state.h"

#define OUT_MAX ((size_t)64 << 20)

static void on_poll(uv_poll_t *poll, int status, int events);

static void
poll_again(struct wire *wire)
{
	bool full = wire->role == ROLE_KIND_GATE && peer_full(wire->peer);
	int events =
	    (full ? 0 : UV_READABLE) | (peer_wants_write(wire->peer) ? UV_WRITABLE : 0);
	/* Twice a system call, and this is asked after every frame that is sent. */
	if (events != wire->polled_for)
		(void)uv_poll_start(&wire->poll, events, on_poll);
	wire->polled_for = events;
}

void
wire_open(struct wire *wire, struct engine *engine, enum role_kind role, int fd)
{
	ASSERT(wire->peer == NULL);
	wire->engine = engine;
	wire->role = role;
	wire->peer = peer_new(fd, OUT_MAX);
	ASSERT(uv_poll_init(&engine->loop, &wire->poll, fd) == 0);
	wire->poll.data = wire;
	wire->polled = true;
	wire->polled_for = 0;
	poll_again(wire);
}

/* libuv lets go of the handle a turn later: the handle is then reused. */
static void
poll_closed(uv_handle_t *handle)
{
	struct wire *wire = handle->data;
	wire->polled = false;
	if (wire->next_fd >= 0) {
		int fd = wire->next_fd;
		wire->next_fd = -1;
		wire_open(wire, wire->engine, wire->role, fd);
		on_wire_opened(wire);
	}
}

void
wire_close(struct wire *wire)
{
	if (wire->peer == NULL)
		return;
	(void)uv_poll_stop(&wire->poll);
	uv_close((uv_handle_t *)&wire->poll, poll_closed);
	peer_free(wire->peer);
	wire->peer = NULL;
	on_wire_closed(wire);
}

void
wire_replace(struct wire *wire, struct engine *engine, enum role_kind role, int fd,
    uint64_t pair)
{
	wire_close(wire);
	wire->pair = pair;
	if (!wire->polled) {
		wire_open(wire, engine, role, fd);
		on_wire_opened(wire);
		return;
	}
	wire->engine = engine;
	wire->role = role;
	if (wire->next_fd >= 0)
		(void)close(wire->next_fd);
	wire->next_fd = fd;
}

void
wire_send(struct wire *wire)
{
	struct err err;
	if (wire->peer == NULL || wire->broken)
		return;
	if (peer_flush(wire->peer, &err)) {
		poll_again(wire);
		return;
	}
	/* A frame whose bytes are the peer's may be half done: a commit is waited for, and
	 * what it answers is sent. */
	if (wire->taking)
		wire->broken = true;
	else
		wire_close(wire);
}

static void
take_frames(struct wire *wire)
{
	struct frame frame;
	struct err err;
	wire->taking = true;
	while (wire->peer != NULL && !wire->broken && peer_next(wire->peer, &frame, &err)) {
		if (!batch_fits(wire->engine, frame.payload.n))
			batch_hand_over(wire->engine);
		on_frame(wire, &frame);
		if (wire->engine->batch.step_n >= ENGINE_BATCH_STEPS_MAX ||
		    wire->engine->batch.steps.n >= ENGINE_BATCH_BYTES_MAX)
			batch_hand_over(wire->engine);
	}
	wire->taking = false;
	bool broken = wire->broken;
	wire->broken = false;
	if (wire->peer == NULL || (err.kind == ERR_NONE && !broken))
		return;
	if (!broken)
		wire->engine->n.frames_bad++;
	wire_close(wire);
}

/* One read a turn: a commit that has ended meanwhile is seen, answered and followed by the
 * next in between. What is left wakes the loop again. */
static void
read_frames(struct wire *wire)
{
	struct err err;
	size_t got;
	if (!peer_read(wire->peer, &got, &err))
		wire_close(wire);
	else if (got > 0)
		take_frames(wire);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct wire *wire = poll->data;
	if (status < 0) {
		wire_close(wire);
		return;
	}
	if ((events & UV_WRITABLE) != 0)
		wire_send(wire);
	if (wire->peer != NULL && (events & UV_READABLE) != 0)
		read_frames(wire);
}
