#include "hands/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hands/lookup.h"
#include "os/clock.h"

#define HOST_MAX 256

/* The poll of one try: it is closed with its try, not with the dial. */
struct
try {
	uv_poll_t poll;
	struct dial *dial;
};

struct dial {
	uv_loop_t *loop;
	struct lookup *lookup; /* NULL: over */
	struct try *try;       /* NULL: none is out */
	int fd;
	uv_timer_t timer;
	msec until, began; /* boot clock; until: the whole, began: this try */
	struct sockaddr_storage addresses[LOOKUP_ADDRESSES_MAX];
	size_t n, at;
	size_t refused_n;
	char host[HOST_MAX];
	char error[HOST_MAX + 100];
	dial_done *done;
	void *ctx;
};

static void next_try(struct dial *dial);

bool
dial_split(str where, str *ret_host, unsigned *ret_port)
{
	size_t colon = where.n;
	while (colon > 0 && where.p[colon - 1] != ':')
		colon--;
	uint64_t port;
	if (colon < 2 || !str_u64(str_drop(where, colon), 65535, &port) || port == 0)
		return false;
	str host = str_take(where, colon - 1);
	if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
		host = str_take(str_drop(host, 1), host.n - 2);
	if (host.n == 0 || host.n >= HOST_MAX)
		return false;
	*ret_host = host;
	*ret_port = (unsigned)port;
	return true;
}

/* ---- the end ---- */

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
end_try(struct dial *dial)
{
	if (dial->try != NULL)
		uv_close((uv_handle_t *)&dial->try->poll, on_closed);
	dial->try = NULL;
}

static void
close_all(struct dial *dial)
{
	end_try(dial);
	lookup_drop(dial->lookup);
	dial->lookup = NULL;
	uv_close((uv_handle_t *)&dial->timer, on_closed);
}

static void
finish(struct dial *dial)
{
	struct dial_answer answer = {
		.fd = dial->fd,
		.refused = dial->fd < 0 && dial->n > 0 && dial->refused_n == dial->n,
		.ms = clock_boot() - dial->began,
		.host = str_of(dial->host),
		.error = str_of(dial->error),
	};
	dial->fd = -1;
	dial->done(dial->ctx, &answer);
	close_all(dial);
}

/* ---- one address ---- */

static void
try_failed(struct dial *dial, int error)
{
	end_try(dial);
	if (dial->fd >= 0)
		(void)close(dial->fd);
	dial->fd = -1;
	if (error == ECONNREFUSED)
		dial->refused_n++;
	else if (error == 0)
		(void)snprintf(dial->error, sizeof(dial->error), "no connection in time");
	else
		(void)snprintf(dial->error, sizeof(dial->error), "cannot connect: %s",
		    strerror(error));
	next_try(dial);
}

static void
connected(struct dial *dial)
{
	end_try(dial);
	finish(dial);
}

static void
on_connected(uv_poll_t *poll, int status, int events)
{
	struct try *try = poll->data;
	struct dial *dial = try->dial;
	int error = 0;
	socklen_t size = sizeof(error);
	(void)events;
	if (getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error == 0 && status < 0)
		error = EIO;
	if (error == 0)
		connected(dial);
	else
		try_failed(dial, error);
}

static void
on_time_over(uv_timer_t *timer)
{
	struct dial *dial = timer->data;
	if (dial->lookup == NULL) {
		try_failed(dial, 0);
		return;
	}
	(void)snprintf(dial->error, sizeof(dial->error),
	    "cannot look up '%s': no answer in time", dial->host);
	finish(dial);
}

static bool
watch_connect(struct dial *dial)
{
	struct try *try = calloc(1, sizeof(*try));
	ASSERT(try != NULL);
	try->dial = dial;
	try->poll.data = try;
	if (uv_poll_init(dial->loop, &try->poll, dial->fd) != 0) {
		free(try);
		return false;
	}
	dial->try = try;
	return uv_poll_start(&try->poll, UV_WRITABLE, on_connected) == 0;
}

static socklen_t
address_size(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                      : sizeof(struct sockaddr_in);
}

static void
next_try(struct dial *dial)
{
	msec now = clock_boot();
	if (dial->at == dial->n || now >= dial->until) {
		finish(dial);
		return;
	}
	msec share = (dial->until - now) / (dial->n - dial->at);
	const struct sockaddr_storage *address = &dial->addresses[dial->at++];
	dial->began = now;
	(void)uv_timer_start(&dial->timer, on_time_over, share > 0 ? share : 1, 0);
	dial->fd =
	    socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (dial->fd < 0) {
		try_failed(dial, errno);
		return;
	}
	const struct sockaddr *to = (const struct sockaddr *)(const void *)address;
	int code = connect(dial->fd, to, address_size(address));
	if (code == 0)
		connected(dial);
	else if (errno != EINPROGRESS)
		try_failed(dial, errno);
	else if (!watch_connect(dial))
		try_failed(dial, EIO);
}

/* ---- the beginning ---- */

static void
on_addresses(void *ctx, const struct lookup_answer *answer)
{
	struct dial *dial = ctx;
	dial->lookup = NULL;
	if (!answer->ok) {
		(void)snprintf(dial->error, sizeof(dial->error), "%.*s",
		    STR_ARG(answer->error));
		finish(dial);
		return;
	}
	memcpy(dial->addresses, answer->addresses, answer->n * sizeof(dial->addresses[0]));
	dial->n = answer->n;
	(void)snprintf(dial->error, sizeof(dial->error), "no connection in time");
	next_try(dial);
}

struct dial *
dial_start(uv_loop_t *loop, str where, msec timeout_ms, dial_done *done, void *ctx,
    struct err *err)
{
	str host;
	unsigned port;
	if (!dial_split(where, &host, &port)) {
		(void)err_set(err, ERR_INVALID, "'%.*s' is not HOST:PORT", STR_ARG(where));
		return NULL;
	}
	struct dial *dial = calloc(1, sizeof(*dial));
	ASSERT(dial != NULL);
	dial->loop = loop;
	dial->fd = -1;
	dial->done = done;
	dial->ctx = ctx;
	dial->began = clock_boot();
	dial->until = dial->began + timeout_ms;
	(void)snprintf(dial->host, sizeof(dial->host), "%.*s", STR_ARG(host));
	dial->lookup = lookup_addresses(loop, host, port, on_addresses, dial, err);
	if (dial->lookup == NULL) {
		free(dial);
		return NULL;
	}
	dial->timer.data = dial;
	ASSERT(uv_timer_init(loop, &dial->timer) == 0);
	(void)uv_timer_start(&dial->timer, on_time_over, timeout_ms, 0);
	return dial;
}

void
dial_drop(struct dial *dial)
{
	if (dial == NULL)
		return;
	if (dial->fd >= 0)
		(void)close(dial->fd);
	dial->fd = -1;
	close_all(dial);
}
