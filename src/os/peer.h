#ifndef OS_PEER_H
#define OS_PEER_H

#include "base/err.h"
#include "facts/frame.h"

/*
 * peer -- one end of a socket pair to another role, non-blocking, with frames.
 *
 * Not tied to a loop: the owner polls peer_fd for reading always and for writing while
 * peer_wants_write, and calls peer_read / peer_write when it may. A malformed frame or the
 * end of the stream shows as ERR_CLOSED or ERR_CORRUPT: the owner drops the peer and
 * tells the supervisor by that alone (the descriptor closes).
 *
 * Output is bounded by `out_max`; past it peer_full is true and the owner must stop
 * producing for this peer (reads less, answers 503) until it drains.
 */
struct peer;

struct peer *peer_new(int fd, size_t out_max);
void peer_free(struct peer *peer); /* closes the descriptor */
int peer_fd(const struct peer *peer);

/* Read what is there (one large read; *ret_n 0: nothing waits), then cut frames off with peer_next until it returns
 * false. A frame's payload holds until the next peer_read. A received descriptor belongs to
 * whoever takes the frame. */
NODISCARD bool peer_read(struct peer *peer, size_t *ret_n, struct err *err);
bool peer_next(struct peer *peer, struct frame *ret,
    struct err *err); /* err->kind set when the stream is bad */

/* The buffer to append frames to (frame_begin/frame_end/frame_record), then peer_flush tries to write. */
struct buf *peer_out(struct peer *peer);
NODISCARD bool peer_flush(struct peer *peer, struct err *err);
bool peer_wants_write(const struct peer *peer);
size_t peer_waiting(const struct peer *peer); /* bytes the kernel has not taken yet */
bool peer_full(const struct peer *peer);
/* A frame with a descriptor; the descriptor is duplicated by the kernel, the caller's stays open.
 * It waits for what is before it; where the other side takes nothing for PEER_FD_MS it is false,
 * and the peer of no more use: part of a frame may be gone. */
#define PEER_FD_MS (2 * SECOND)
NODISCARD bool peer_send_fd(struct peer *peer, enum frame_kind kind, uint64_t id,
    const struct record_type *type, const void *record, int fd, struct err *err);

NODISCARD bool peer_pair(int ret[2], struct err *err); /* CLOEXEC, non-blocking */

#endif
