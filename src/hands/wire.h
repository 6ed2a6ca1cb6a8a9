#ifndef HANDS_WIRE_H
#define HANDS_WIRE_H

#include <uv.h>

#include "os/peer.h"

/*
 * wire -- a connection to another role on the loop.
 *
 * `frame` gets each frame in order and returns false where it does not expect it; then,
 * and when the other side is gone, the wire closes and `gone` is told: from the loop only,
 * never from within wire_send, so a frame in work stays whole. Frames stay unread while the
 * wire is paused, or while the other side does not read what it is sent.
 */
struct wire;

struct wire_use {
	bool (*frame)(void *ctx, const struct frame *frame);
	void (*gone)(void *ctx, const char *why);
	void *ctx;
};

struct wire *wire_new(uv_loop_t *loop, int fd, const struct wire_use *use);
/* Without telling `gone`. Not from within `frame`. */
void wire_close(struct wire *wire);

struct buf *wire_out(struct wire *wire); /* append frames, then wire_send */
void wire_send(struct wire *wire);
void wire_pause(struct wire *wire, bool paused);

#endif
