#include "hands/wire.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is in flight at any time fits: 1024 attempts with their output, and all else. */
#define OUT_MAX ((size_t)24 << 20)

struct wire {
	uv_poll_t poll;
	struct peer *peer; /* NULL: closed */
	struct wire_use use;
	bool paused;
	bool broken; /* closes at the next turn of the loop */
};

static void on_poll(uv_poll_t *poll, int status, int events);

/* Who lets our answers pile up gets no more questions taken. */
static bool
may_read(const struct wire *wire)
{
	return !wire->paused && !peer_full(wire->peer);
}

static void
poll_again(struct wire *wire)
{
	bool reads = may_read(wire) || wire->broken;
	bool writes = peer_wants_write(wire->peer) && !wire->broken;
	int events = (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0);
	if (events != 0)
		(void)uv_poll_start(&wire->poll, events, on_poll);
	else
		(void)uv_poll_stop(&wire->poll);
}

static void
free_wire(uv_handle_t *handle)
{
	free(handle->data);
}

void
wire_close(struct wire *wire)
{
	if (wire == NULL || wire->peer == NULL)
		return;
	(void)uv_poll_stop(&wire->poll);
	peer_free(wire->peer);
	wire->peer = NULL;
	uv_close((uv_handle_t *)&wire->poll, free_wire);
}

static void
lose(struct wire *wire, const char *why)
{
	if (wire->peer == NULL)
		return;
	wire_close(wire);
	wire->use.gone(wire->use.ctx, why);
}

static void
take_frames(struct wire *wire)
{
	struct frame frame;
	struct err err = { .kind = ERR_NONE };
	while (
	    wire->peer != NULL && may_read(wire) && peer_next(wire->peer, &frame, &err)) {
		if (wire->use.frame(wire->use.ctx, &frame))
			continue;
		lose(wire, "it sent a frame that has no place here");
		return;
	}
	if (err.kind != ERR_NONE)
		lose(wire, err.text);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct wire *wire = poll->data;
	struct err err;
	size_t got;
	if (status < 0 || wire->broken) {
		lose(wire, status < 0 ? uv_strerror(status) : "it does not read");
		return;
	}
	if ((events & UV_WRITABLE) != 0 && !peer_flush(wire->peer, &err)) {
		lose(wire, err.text);
		return;
	}
	if ((events & UV_READABLE) != 0 && may_read(wire) &&
	    !peer_read(wire->peer, &got, &err)) {
		lose(wire, err.text);
		return;
	}
	take_frames(wire);
	if (wire->peer != NULL)
		poll_again(wire);
}

struct wire *
wire_new(uv_loop_t *loop, int fd, const struct wire_use *use)
{
	struct wire *wire = calloc(1, sizeof(*wire));
	ASSERT(wire != NULL);
	wire->use = *use;
	wire->poll.data = wire;
	ASSERT(uv_poll_init(loop, &wire->poll, fd) == 0);
	wire->peer = peer_new(fd, OUT_MAX);
	poll_again(wire);
	return wire;
}

struct buf *
wire_out(struct wire *wire)
{
	return peer_out(wire->peer);
}

void
wire_send(struct wire *wire)
{
	struct err err;
	if (wire->peer == NULL)
		return;
	if (!wire->broken && !peer_flush(wire->peer, &err)) {
		wire->broken = true;
		(void)shutdown(peer_fd(wire->peer), SHUT_RDWR); /* wakes the loop */
	}
	poll_again(wire);
}

void
wire_pause(struct wire *wire, bool paused)
{
	if (wire->peer == NULL || wire->paused == paused)
		return;
	wire->paused = paused;
	if (!paused)
		take_frames(wire);
	if (wire->peer != NULL)
		poll_again(wire);
}
