/*
 * probe_tcp -- does somebody listen there, how soon, and what do they say?
 *
 * Lines to send go out at once, whoever is to speak first.
 * What is said is read until the other side closes, a pause after the last byte, or as much
 * as a probe keeps. Silence until the deadline is doubt, not an empty banner.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "hands/dial.h"
#include "hands/probe.h"
#include "os/clock.h"

#define PAUSE_MS 300

struct tcp {
	struct probe_out *out;
	uv_loop_t *loop;
	struct dial *dial; /* NULL: over */
	bool listen;
	msec until, ms;
	int fd; /* -1: none */
	uv_poll_t poll;
	uv_timer_t timer; /* the pause, or the deadline */
	unsigned open;    /* handles */
	struct buf send, said;
};

static void
tcp_free(struct tcp *tcp)
{
	if (tcp->fd >= 0)
		(void)close(tcp->fd);
	buf_done(&tcp->send);
	buf_done(&tcp->said);
	free(tcp);
}

static void
on_closed(uv_handle_t *handle)
{
	struct tcp *tcp = handle->data;
	if (--tcp->open == 0)
		tcp_free(tcp);
}

static void
tcp_close(struct tcp *tcp)
{
	tcp->out->own = NULL;
	tcp->out->drop = NULL;
	dial_drop(tcp->dial);
	if (tcp->open == 0) {
		tcp_free(tcp);
		return;
	}
	uv_close((uv_handle_t *)&tcp->poll, on_closed);
	uv_close((uv_handle_t *)&tcp->timer, on_closed);
}

static void
tcp_drop(struct probe_out *out)
{
	tcp_close(out->own);
}

static void
fail(struct tcp *tcp, str error)
{
	struct probe_out *out = tcp->out;
	char text[200];
	size_t n = error.n < sizeof(text) ? error.n : sizeof(text);
	memcpy(text, error.p, n); /* it may be the dial's, which goes now */
	tcp_close(tcp);
	probe_failed(out, (str){ text, n });
}

static void
answer(struct tcp *tcp, bool is_open)
{
	struct probe_out *out = tcp->out;
	struct buf said = tcp->said;
	struct probe_result result = {
		.status = PROBE_OK,
		.code = is_open,
		.number = is_open ? (int64_t)tcp->ms : 0,
		.value = buf_str(&said),
	};
	tcp->said = (struct buf){ 0 };
	tcp_close(tcp);
	probe_done(out, &result);
	buf_done(&said);
}

/* ---- what is said ---- */

static void
on_time(uv_timer_t *timer)
{
	struct tcp *tcp = timer->data;
	if (tcp->said.n > 0)
		answer(tcp, true);
	else
		fail(tcp, STR("it is open, but says nothing in time"));
}

/* False: the connection is broken. */
static bool
say(struct tcp *tcp)
{
	while (tcp->send.n > 0) {
		ssize_t n = send(tcp->fd, tcp->send.p, tcp->send.n, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		buf_drop(&tcp->send, (size_t)n);
	}
	return true;
}

static void on_ready(uv_poll_t *poll, int status, int events);

/* False: that was all. */
static bool
hear(struct tcp *tcp)
{
	char bytes[PROBE_VALUE_MAX];
	ssize_t n = read(tcp->fd, bytes, sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	size_t room = PROBE_VALUE_MAX - tcp->said.n;
	buf_put(&tcp->said, bytes, (size_t)n < room ? (size_t)n : room);
	msec now = clock_boot();
	msec left = tcp->until > now ? tcp->until - now : 0;
	(void)uv_timer_start(&tcp->timer, on_time, left < PAUSE_MS ? left : PAUSE_MS, 0);
	return tcp->said.n < PROBE_VALUE_MAX;
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct tcp *tcp = poll->data;
	(void)status;
	if ((events & UV_WRITABLE) != 0 && !say(tcp)) {
		fail(tcp, STR("the connection broke before all was sent"));
		return;
	}
	/* Also when it hung up. */
	if ((events & UV_READABLE) != 0 || status < 0) {
		if (!hear(tcp)) {
			answer(tcp, true);
			return;
		}
	}
	int wanted = UV_READABLE | (tcp->send.n > 0 ? UV_WRITABLE : 0);
	(void)uv_poll_start(&tcp->poll, wanted, on_ready);
}

static void
talk(struct tcp *tcp)
{
	msec now = clock_boot();
	msec left = tcp->until > now ? tcp->until - now : 0;
	tcp->poll.data = tcp->timer.data = tcp;
	if (uv_poll_init(tcp->loop, &tcp->poll, tcp->fd) != 0) {
		fail(tcp, STR("the connection cannot be watched"));
		return;
	}
	ASSERT(uv_timer_init(tcp->loop, &tcp->timer) == 0);
	tcp->open = 2;
	(void)uv_timer_start(&tcp->timer, on_time, left, 0);
	int wanted = UV_READABLE | (tcp->send.n > 0 ? UV_WRITABLE : 0);
	(void)uv_poll_start(&tcp->poll, wanted, on_ready);
}

static void
on_dialled(void *ctx, const struct dial_answer *dialled)
{
	struct tcp *tcp = ctx;
	tcp->dial = NULL;
	tcp->fd = dialled->fd;
	tcp->ms = dialled->ms;
	if (dialled->fd < 0 && !dialled->refused)
		fail(tcp, dialled->error);
	else if (dialled->fd < 0 || !tcp->listen)
		answer(tcp, dialled->fd >= 0);
	else
		talk(tcp);
}

/* Each line with CR LF behind it, as the protocols that talk in lines want it. */
static void
put_lines(struct buf *out, str text)
{
	*out = BUF(2 * text.n + 2);
	while (text.n > 0) {
		struct str_cut cut = str_cut(text, '\n');
		buf_add(out, cut.head);
		buf_add(out, STR("\r\n"));
		text = cut.tail;
	}
}

bool
probe_tcp_start(struct probe_out *out, uv_loop_t *loop, const struct probe_row *row,
    struct err *err)
{
	struct tcp *tcp = calloc(1, sizeof(*tcp));
	ASSERT(tcp != NULL);
	tcp->out = out;
	tcp->loop = loop;
	tcp->fd = -1;
	tcp->listen = row->listen;
	tcp->until = clock_boot() + row->timeout_ms;
	tcp->said = BUF(PROBE_VALUE_MAX);
	put_lines(&tcp->send, row->text);
	tcp->dial = dial_start(loop, row->where, row->timeout_ms, on_dialled, tcp, err);
	if (tcp->dial == NULL) {
		tcp_free(tcp);
		return false;
	}
	out->own = tcp;
	out->drop = tcp_drop;
	return true;
}
