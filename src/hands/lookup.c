#include "hands/lookup.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

#define HOST_MAX 256
#define SERVER_MAX 80
#define MESSAGE_MAX 65536

/* One socket of c-ares', watched. */
struct watch {
	uv_poll_t poll;
	struct lookup *lookup;
	ares_socket_t socket;
	struct watch *next;
};

struct lookup {
	uv_loop_t *loop;
	ares_channel channel;
	uv_timer_t timer;
	unsigned open; /* handles */
	struct watch *watches;
	bool over; /* c-ares has called back */
	bool dropped;
	char host[HOST_MAX];
	struct sockaddr_storage addresses[LOOKUP_ADDRESSES_MAX];
	size_t n;
	struct buf message;
	bool ok;
	char error[HOST_MAX + 100];
	lookup_done *done;
	void *ctx;
};

static void arm(struct lookup *lookup);

/* ---- handles ---- */

static void
let_go(struct lookup *lookup)
{
	if (--lookup->open > 0)
		return;
	buf_done(&lookup->message);
	free(lookup);
}

static void
on_watch_closed(uv_handle_t *handle)
{
	struct watch *watch = handle->data;
	struct lookup *lookup = watch->lookup;
	free(watch);
	let_go(lookup);
}

static void
on_timer_closed(uv_handle_t *handle)
{
	let_go(handle->data);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;
	struct lookup *lookup = watch->lookup;
	ares_socket_t socket = watch->socket;
	bool reads = status < 0 || (events & UV_READABLE) != 0;
	bool writes = status < 0 || (events & UV_WRITABLE) != 0;
	ares_process_fd(lookup->channel, reads ? socket : ARES_SOCKET_BAD,
	    writes ? socket : ARES_SOCKET_BAD);
	arm(lookup);
}

static struct watch **
find_watch(struct lookup *lookup, ares_socket_t socket)
{
	struct watch **at = &lookup->watches;
	while (*at != NULL && (*at)->socket != socket)
		at = &(*at)->next;
	return at;
}

static void
on_socket_wanted(void *ctx, ares_socket_t socket, int reads, int writes)
{
	struct lookup *lookup = ctx;
	struct watch **at = find_watch(lookup, socket);
	struct watch *watch = *at;
	if (!reads && !writes) {
		if (watch == NULL)
			return;
		*at = watch->next;
		uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
		return;
	}
	if (watch == NULL) {
		watch = calloc(1, sizeof(*watch));
		ASSERT(watch != NULL);
		watch->lookup = lookup;
		watch->socket = socket;
		watch->poll.data = watch;
		if (uv_poll_init_socket(lookup->loop, &watch->poll, socket) != 0) {
			free(watch); /* c-ares' own timeout ends it */
			return;
		}
		watch->next = lookup->watches;
		lookup->watches = watch;
		lookup->open++;
	}
	(void)uv_poll_start(&watch->poll,
	    (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0), on_ready);
}

/* ---- the end ---- */

static void
finish(struct lookup *lookup)
{
	struct lookup_answer answer = {
		.ok = lookup->ok,
		.addresses = lookup->addresses,
		.n = lookup->n,
		.message = buf_str(&lookup->message),
		.error = str_of(lookup->error),
	};
	ares_destroy(lookup->channel);
	lookup->done(lookup->ctx, &answer);
	uv_close((uv_handle_t *)&lookup->timer, on_timer_closed);
}

static void
on_timer(uv_timer_t *timer)
{
	struct lookup *lookup = timer->data;
	if (lookup->over) {
		finish(lookup);
		return;
	}
	ares_process_fd(lookup->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm(lookup);
}

/* The channel may not be destroyed from within it: its end has a turn of its own. */
static void
arm(struct lookup *lookup)
{
	struct timeval wait;
	if (lookup->over) {
		(void)uv_timer_start(&lookup->timer, on_timer, 0, 0);
	} else if (ares_timeout(lookup->channel, NULL, &wait) != NULL) {
		uint64_t ms = (uint64_t)wait.tv_sec * 1000 + (uint64_t)wait.tv_usec / 1000;
		(void)uv_timer_start(&lookup->timer, on_timer, ms + 1, 0);
	}
}

static void
failed(struct lookup *lookup, int status)
{
	(void)snprintf(lookup->error, sizeof(lookup->error), "cannot look up '%s': %s",
	    lookup->host, ares_strerror(status));
}

static void
on_addresses(void *ctx, int status, int timeouts, struct ares_addrinfo *found)
{
	struct lookup *lookup = ctx;
	(void)timeouts;
	if (lookup->dropped || lookup->over) {
		ares_freeaddrinfo(found);
		return;
	}
	lookup->over = true;
	const struct ares_addrinfo_node *node = found != NULL ? found->nodes : NULL;
	for (; node != NULL && lookup->n < LOOKUP_ADDRESSES_MAX; node = node->ai_next) {
		if (node->ai_addrlen > sizeof(lookup->addresses[0]))
			continue;
		memcpy(&lookup->addresses[lookup->n++], node->ai_addr, node->ai_addrlen);
	}
	ares_freeaddrinfo(found);
	lookup->ok = status == ARES_SUCCESS && lookup->n > 0;
	if (!lookup->ok)
		failed(lookup, status == ARES_SUCCESS ? ARES_ENODATA : status);
}

static void
on_message(void *ctx, int status, int timeouts, unsigned char *bytes, int n)
{
	struct lookup *lookup = ctx;
	(void)timeouts;
	if (lookup->dropped || lookup->over)
		return;
	lookup->over = true;
	lookup->ok = (status == ARES_SUCCESS || status == ARES_ENODATA ||
			 status == ARES_ENOTFOUND) &&
	             bytes != NULL && n > 0;
	if (lookup->ok)
		buf_put(&lookup->message, bytes, (size_t)n);
	else
		failed(lookup, status);
}

/* ---- the beginning ---- */

static struct lookup *
lookup_new(uv_loop_t *loop, str host, lookup_done *done, void *ctx, struct err *err)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	ASSERT(lookup != NULL);
	lookup->loop = loop;
	lookup->done = done;
	lookup->ctx = ctx;
	lookup->message = BUF(MESSAGE_MAX);
	lookup->timer.data = lookup;
	(void)snprintf(lookup->host, sizeof(lookup->host), "%.*s", STR_ARG(host));
	struct ares_options options = {
		.timeout = LOOKUP_TRY_MS,
		.tries = LOOKUP_TRIES,
		.sock_state_cb = on_socket_wanted,
		.sock_state_cb_data = lookup,
	};
	int status = ares_init_options(&lookup->channel, &options,
	    ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
	if (status != ARES_SUCCESS) {
		free(lookup);
		(void)err_set(err, ERR_IO, "c-ares does not start: %s",
		    ares_strerror(status));
		return NULL;
	}
	ASSERT(uv_timer_init(loop, &lookup->timer) == 0);
	lookup->open = 1;
	return lookup;
}

struct lookup *
lookup_addresses(uv_loop_t *loop, str host, unsigned port, lookup_done *done, void *ctx,
    struct err *err)
{
	struct lookup *lookup = lookup_new(loop, host, done, ctx, err);
	if (lookup == NULL)
		return NULL;
	char service[8];
	const struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NUMERICSERV,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	(void)snprintf(service, sizeof(service), "%u", port);
	ares_getaddrinfo(lookup->channel, lookup->host, service, &hints, on_addresses,
	    lookup);
	arm(lookup);
	return lookup;
}

struct lookup *
lookup_query(uv_loop_t *loop, str server, str name, int type, lookup_done *done, void *ctx,
    struct err *err)
{
	struct lookup *lookup = lookup_new(loop, name, done, ctx, err);
	if (lookup == NULL)
		return NULL;
	char text[SERVER_MAX];
	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(server));
	int status =
	    server.n > 0 ? ares_set_servers_ports_csv(lookup->channel, text) : ARES_SUCCESS;
	if (status != ARES_SUCCESS) {
		lookup->over = true;
		(void)snprintf(lookup->error, sizeof(lookup->error),
		    "'%s' is no server to ask: %s", text, ares_strerror(status));
	} else {
		ares_query(lookup->channel, lookup->host, ns_c_in, type, on_message,
		    lookup);
	}
	arm(lookup);
	return lookup;
}

void
lookup_drop(struct lookup *lookup)
{
	if (lookup == NULL)
		return;
	lookup->dropped = true;
	ares_destroy(lookup->channel);
	uv_close((uv_handle_t *)&lookup->timer, on_timer_closed);
}
