#include "os/peer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/clock.h"

#define READ_BYTES (256u << 10)
#define FDS_WAITING_MAX 4

struct peer {
	int fd;
	size_t out_max;
	struct buf in;   /* bytes read, frames not yet cut */
	size_t in_taken; /* of them, already handed out */
	struct buf out;
	size_t out_sent;          /* of out, already with the kernel */
	int fds[FDS_WAITING_MAX]; /* received, not yet matched to a frame; oldest first */
	unsigned fd_n;
};

/* Frames that come with a descriptor. */
static bool
carries_fd(enum frame_kind kind)
{
	return kind == FRAME_PEER || kind == FRAME_BUNDLE;
}

struct peer *
peer_new(int fd, size_t out_max)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	ASSERT(peer != NULL);
	peer->fd = fd;
	peer->out_max = out_max;
	/* Past out_max the owner stops producing; what it was in the middle of still fits. */
	peer->out = BUF(out_max + 2 * (size_t)FRAME_PAYLOAD_MAX);
	peer->in = BUF(2 * (size_t)FRAME_PAYLOAD_MAX);
	return peer;
}

void
peer_free(struct peer *peer)
{
	if (peer == NULL)
		return;
	for (unsigned i = 0; i < peer->fd_n; i++)
		(void)close(peer->fds[i]);
	(void)close(peer->fd);
	buf_done(&peer->in);
	buf_done(&peer->out);
	free(peer);
}

int
peer_fd(const struct peer *peer)
{
	return peer->fd;
}

static bool
keep_fds(struct peer *peer, struct msghdr *msg, struct err *err)
{
	bool ok = true;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (peer->fd_n < FDS_WAITING_MAX) {
				peer->fds[peer->fd_n++] = fd;
				continue;
			}
			(void)close(fd);
			ok = err_set(err, ERR_CORRUPT, "peer sent too many descriptors");
		}
	}
	return ok;
}

bool
peer_read(struct peer *peer, size_t *ret_n, struct err *err)
{
	*ret_n = 0;
	buf_drop(&peer->in, peer->in_taken);
	peer->in_taken = 0;

	char *room = buf_room(&peer->in, READ_BYTES);
	if (room == NULL)
		return err_set(err, ERR_LIMIT, "peer sent a frame over the limit");
	struct iovec iov = { .iov_base = room, .iov_len = READ_BYTES };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * FDS_WAITING_MAX)];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t got = recvmsg(peer->fd, &msg, MSG_CMSG_CLOEXEC);
	if (got < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return true;
		return err_sys(err, ERR_CLOSED, "read from peer");
	}
	if (got == 0)
		return err_set(err, ERR_CLOSED, "peer closed the connection");
	peer->in.n += (size_t)got;
	*ret_n = (size_t)got;
	return keep_fds(peer, &msg, err);
}

bool
peer_next(struct peer *peer, struct frame *ret, struct err *err)
{
	str rest = str_drop(buf_str(&peer->in), peer->in_taken);
	size_t before = rest.n;
	struct frame frame;
	enum frame_status status = frame_cut(&rest, &frame);
	err->kind = ERR_NONE;
	if (status == FRAME_BAD)
		(void)err_set(err, ERR_CORRUPT, "peer sent a malformed frame");
	if (status != FRAME_WHOLE)
		return false;

	frame.fd = -1;
	if (carries_fd(frame.kind)) {
		if (peer->fd_n == 0) {
			(void)err_set(err, ERR_CORRUPT,
			    "a frame came without its descriptor");
			return false;
		}
		frame.fd = peer->fds[0];
		peer->fd_n--;
		memmove(peer->fds, peer->fds + 1, peer->fd_n * sizeof(int));
	}
	peer->in_taken += before - rest.n;
	*ret = frame;
	return true;
}

struct buf *
peer_out(struct peer *peer)
{
	return &peer->out;
}

bool
peer_flush(struct peer *peer, struct err *err)
{
	if (peer->out.overflow)
		return err_set(err, ERR_LIMIT, "peer does not read: its queue is full");
	while (peer->out_sent < peer->out.n) {
		ssize_t sent = send(peer->fd, peer->out.p + peer->out_sent,
		    peer->out.n - peer->out_sent, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0)
			return err_sys(err, ERR_CLOSED, "write to peer");
		peer->out_sent += (size_t)sent;
	}
	/* Moving the rest to the front is only worth it once it is the smaller part. */
	if (peer->out_sent == peer->out.n || peer->out_sent > peer->out.n / 2) {
		buf_drop(&peer->out, peer->out_sent);
		peer->out_sent = 0;
	}
	return true;
}

bool
peer_wants_write(const struct peer *peer)
{
	return peer->out_sent < peer->out.n;
}

size_t
peer_waiting(const struct peer *peer)
{
	return peer->out.n - peer->out_sent;
}

bool
peer_full(const struct peer *peer)
{
	/* What is sent still takes its place until the rest moves to the front. */
	return peer->out.n > peer->out_max;
}

/* Until the kernel takes more; not for long: whoever waits does nothing else. */
static bool
wait_for_room(int fd, msec until, struct err *err)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	msec now = clock_boot();
	int ready = now >= until ? 0 : poll(&room, 1, (int)(until - now));
	if (ready == 0)
		return err_set(err, ERR_CLOSED, "peer does not read: no room in %u s",
		    (unsigned)(PEER_FD_MS / SECOND));
	return ready > 0 || errno == EINTR || err_sys(err, ERR_CLOSED, "wait for peer");
}

/* All of it, blocking: used for frames with descriptors, which are few and small. */
static bool
send_whole(int fd, struct msghdr *msg, size_t n, msec until, struct err *err)
{
	size_t sent = 0;
	while (sent < n) {
		ssize_t part = sendmsg(fd, msg, MSG_NOSIGNAL);
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0 && errno == EAGAIN) {
			if (!wait_for_room(fd, until, err))
				return false;
			continue;
		}
		if (part < 0)
			return err_sys(err, ERR_CLOSED, "write to peer");
		sent += (size_t)part;
		/* The descriptor went with the first byte. */
		msg->msg_control = NULL;
		msg->msg_controllen = 0;
		msg->msg_iov->iov_base = (char *)msg->msg_iov->iov_base + part;
		msg->msg_iov->iov_len -= (size_t)part;
	}
	return true;
}

bool
peer_send_fd(struct peer *peer, enum frame_kind kind, uint64_t id,
    const struct record_type *type, const void *record, int fd, struct err *err)
{
	ASSERT(carries_fd(kind));
	/* What waits goes first, or the descriptor would arrive beside another frame. */
	msec until = clock_boot() + PEER_FD_MS;
	while (peer_wants_write(peer)) {
		if (!peer_flush(peer, err) ||
		    (peer_wants_write(peer) && !wait_for_room(peer->fd, until, err)))
			return false;
	}
	struct buf frame = BUF(4096);
	frame_record(&frame, kind, id, type, record);
	ASSERT(!frame.overflow);
	struct iovec iov = { .iov_base = frame.p, .iov_len = frame.n };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
			  .cmsg_level = SOL_SOCKET,
			  .cmsg_type = SCM_RIGHTS } };
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	bool ok = send_whole(peer->fd, &msg, frame.n, until, err);
	buf_done(&frame);
	return ok;
}

bool
peer_pair(int ret[2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret) < 0)
		return err_sys(err, ERR_IO, "socketpair");
	/* Larger than a batch of 256 alerts, so that one write carries it. */
	int bytes = 1 << 20;
	for (int i = 0; i < 2; i++)
		(void)setsockopt(ret[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return true;
}
