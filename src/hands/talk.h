#ifndef HANDS_TALK_H
#define HANDS_TALK_H

#include <uv.h>

#include "os/peer.h"

/*
 * talk -- a connection to another role on the loop.
 *
 * `frame` gets each frame in order and returns false where it does not expect it; then,
 * and when the other side is gone, the talk closes and `gone` is told: from the loop only,
 * never from within talk_send, so a frame in work stays whole. Frames stay unread while the
 * talk is paused, or while the other side does not read what it is sent.
 */
struct talk;

struct talk_use {
	bool (*frame)(void *ctx, const struct frame *frame);
	void (*gone)(void *ctx, const char *why);
	void *ctx;
};

struct talk *talk_new(uv_loop_t *loop, int fd, const struct talk_use *use);
/* Without telling `gone`. Not from within `frame`. */
void talk_close(struct talk *talk);

struct buf *talk_out(struct talk *talk); /* append frames, then talk_send */
void talk_send(struct talk *talk);
void talk_pause(struct talk *talk, bool paused);

#endif
