#include "hands/talk.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is in flight at any time fits: 1024 attempts with their output, and all else. */
#define OUT_MAX ((size_t)24 << 20)

struct talk {
	uv_poll_t poll;
	struct peer *peer; /* NULL: closed */
	struct talk_use use;
	bool paused;
	bool broken; /* closes at the next turn of the loop */
};

static void on_poll(uv_poll_t *poll, int status, int events);

/* Who lets our answers pile up gets no more questions taken. */
static bool
may_read(const struct talk *talk)
{
	return !talk->paused && !peer_full(talk->peer);
}

static void
poll_again(struct talk *talk)
{
	bool reads = may_read(talk) || talk->broken;
	bool writes = peer_wants_write(talk->peer) && !talk->broken;
	int events = (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0);
	if (events != 0)
		(void)uv_poll_start(&talk->poll, events, on_poll);
	else
		(void)uv_poll_stop(&talk->poll);
}

static void
free_talk(uv_handle_t *handle)
{
	free(handle->data);
}

void
talk_close(struct talk *talk)
{
	if (talk == NULL || talk->peer == NULL)
		return;
	(void)uv_poll_stop(&talk->poll);
	peer_free(talk->peer);
	talk->peer = NULL;
	uv_close((uv_handle_t *)&talk->poll, free_talk);
}

static void
lose(struct talk *talk, const char *why)
{
	if (talk->peer == NULL)
		return;
	talk_close(talk);
	talk->use.gone(talk->use.ctx, why);
}

static void
take_frames(struct talk *talk)
{
	struct frame frame;
	struct err err = { .kind = ERR_NONE };
	while (
	    talk->peer != NULL && may_read(talk) && peer_next(talk->peer, &frame, &err)) {
		if (talk->use.frame(talk->use.ctx, &frame))
			continue;
		lose(talk, "it sent a frame that has no place here");
		return;
	}
	if (err.kind != ERR_NONE)
		lose(talk, err.text);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct talk *talk = poll->data;
	struct err err;
	size_t got;
	if (status < 0 || talk->broken) {
		lose(talk, status < 0 ? uv_strerror(status) : "it does not read");
		return;
	}
	if ((events & UV_WRITABLE) != 0 && !peer_flush(talk->peer, &err)) {
		lose(talk, err.text);
		return;
	}
	if ((events & UV_READABLE) != 0 && may_read(talk) &&
	    !peer_read(talk->peer, &got, &err)) {
		lose(talk, err.text);
		return;
	}
	take_frames(talk);
	if (talk->peer != NULL)
		poll_again(talk);
}

struct talk *
talk_new(uv_loop_t *loop, int fd, const struct talk_use *use)
{
	struct talk *talk = calloc(1, sizeof(*talk));
	ASSERT(talk != NULL);
	talk->use = *use;
	talk->poll.data = talk;
	ASSERT(uv_poll_init(loop, &talk->poll, fd) == 0);
	talk->peer = peer_new(fd, OUT_MAX);
	poll_again(talk);
	return talk;
}

struct buf *
talk_out(struct talk *talk)
{
	return peer_out(talk->peer);
}

void
talk_send(struct talk *talk)
{
	struct err err;
	if (talk->peer == NULL)
		return;
	if (!talk->broken && !peer_flush(talk->peer, &err)) {
		talk->broken = true;
		(void)shutdown(peer_fd(talk->peer), SHUT_RDWR); /* wakes the loop */
	}
	poll_again(talk);
}

void
talk_pause(struct talk *talk, bool paused)
{
	if (talk->peer == NULL || talk->paused == paused)
		return;
	talk->paused = paused;
	if (!paused)
		take_frames(talk);
	if (talk->peer != NULL)
		poll_again(talk);
}
