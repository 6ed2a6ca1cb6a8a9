#include "hands/net.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/list.h"
#include "hands/address.h"

#define CONNECT_MS_MAX (10 * SECOND)

struct net {
	uv_loop_t *loop;
	CURLM *multi;
	uv_timer_t *timer;
	struct link requests; /* struct net_request */
	size_t n;
};

struct net_request {
	struct link link;
	struct net *net;
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *recipients;
	struct buf out; /* MAIL: what is still to be sent */
	struct buf body;
	bool body_cut;
	void (*done)(void *ctx, const struct net_answer *answer);
	void *ctx;
	char error[CURL_ERROR_SIZE];
	char kept_from[128]; /* the last of its addresses that is forbidden; or empty */
};

/* One socket of curl's, watched. */
struct watch {
	uv_poll_t poll;
	struct net *net;
	curl_socket_t socket;
};

/* ---- the end of a request ---- */

static void
request_free(struct net_request *r)
{
	if (r->easy != NULL) {
		(void)curl_multi_remove_handle(r->net->multi, r->easy);
		curl_easy_cleanup(r->easy);
	}
	curl_slist_free_all(r->headers);
	curl_slist_free_all(r->recipients);
	buf_done(&r->out);
	buf_done(&r->body);
	if (link_on(&r->link)) {
		link_remove(&r->link);
		r->net->n--;
	}
	free(r);
}

static str
why_not(const struct net_request *r, CURLcode code)
{
	if (code == CURLE_COULDNT_CONNECT && r->kept_from[0] != '\0')
		return str_of(r->kept_from);
	return str_of(r->error[0] != '\0' ? r->error : curl_easy_strerror(code));
}

/* What a header says, where that may be sent back as it is. */
static str
header_of(CURL *easy, const char *name)
{
	struct curl_header *header;
	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return STR("");
	str value = str_of(header->value);
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < ' ' || value.p[i] > '~')
			return STR("");
	}
	return value;
}

static void
request_finish(struct net_request *r, CURLcode code)
{
	long status = 0, sys = 0;
	(void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &sys);
	/* We ended the transfer ourselves: enough of the body was there. */
	bool enough = code == CURLE_WRITE_ERROR && r->body_cut;
	struct net_answer answer = {
		.answered = code == CURLE_OK || enough,
		.status = status > 0 ? (uint32_t)status : 0,
		.body = buf_str(&r->body),
		.body_cut = r->body_cut,
		.refused = code == CURLE_COULDNT_CONNECT && sys == ECONNREFUSED,
	};
	if (answer.answered && status > 0) {
		answer.etag = header_of(r->easy, "ETag");
		answer.modified = header_of(r->easy, "Last-Modified");
	}
	if (!answer.answered)
		answer.error = why_not(r, code);
	r->done(r->ctx, &answer);
	request_free(r);
}

static void
finish_what_ended(struct net *net)
{
	int left;
	for (CURLMsg *msg; (msg = curl_multi_info_read(net->multi, &left)) != NULL;) {
		struct net_request *r = NULL;
		if (msg->msg != CURLMSG_DONE)
			continue;
		CURLcode code = msg->data.result;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
		request_finish(r, code);
	}
}

/* ---- curl's sockets and timer on the loop ---- */

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;
	struct net *net = watch->net;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0;
	flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
	flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
	int running;
	(void)curl_multi_socket_action(net->multi, watch->socket, flags, &running);
	finish_what_ended(net);
}

static void
on_time(uv_timer_t *timer)
{
	struct net *net = timer->data;
	int running;
	(void)curl_multi_socket_action(net->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finish_what_ended(net);
}

static int
on_timer_wanted(CURLM *multi, long wait_ms, void *ctx)
{
	struct net *net = ctx;
	(void)multi;
	if (wait_ms < 0)
		(void)uv_timer_stop(net->timer);
	else
		(void)uv_timer_start(net->timer, on_time, (uint64_t)wait_ms, 0);
	return 0;
}

static void
free_watch(uv_handle_t *handle)
{
	free(handle->data);
}

static struct watch *
watch_new(struct net *net, curl_socket_t socket)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	ASSERT(watch != NULL);
	watch->net = net;
	watch->socket = socket;
	if (uv_poll_init_socket(net->loop, &watch->poll, socket) != 0) {
		free(watch);
		return NULL;
	}
	watch->poll.data = watch;
	(void)curl_multi_assign(net->multi, socket, watch);
	return watch;
}

static int
on_socket_wanted(CURL *easy, curl_socket_t socket, int what, void *ctx, void *socket_ctx)
{
	struct net *net = ctx;
	struct watch *watch = socket_ctx;
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watch != NULL)
			uv_close((uv_handle_t *)&watch->poll, free_watch);
		(void)curl_multi_assign(net->multi, socket, NULL);
		return 0;
	}
	if (watch == NULL)
		watch = watch_new(net, socket);
	if (watch == NULL)
		return -1;
	int events = (what & CURL_POLL_IN ? UV_READABLE : 0) |
	             (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
	return uv_poll_start(&watch->poll, events, on_ready) == 0 ? 0 : -1;
}

/* ---- bodies ---- */

static size_t
on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct net_request *r = ctx;
	n *= size;
	size_t room = r->body.max - r->body.n;
	buf_put(&r->body, bytes, n < room ? n : room);
	if (n <= room)
		return n;
	r->body_cut = true;
	return 0;
}

static size_t
on_mail(char *bytes, size_t size, size_t n, void *ctx)
{
	struct net_request *r = ctx;
	n *= size;
	n = n < r->out.n ? n : r->out.n;
	memcpy(bytes, r->out.p, n);
	buf_drop(&r->out, n);
	return n;
}

/* ---- the start of a request ---- */

static curl_socket_t
on_guarded_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct net_request *r = ctx;
	if (purpose != CURLSOCKTYPE_IPCXN || address_kind(&to->addr) == ADDRESS_FORBIDDEN) {
		char address[64];
		address_text(&to->addr, address, sizeof(address));
		(void)snprintf(r->kept_from, sizeof(r->kept_from),
		    "it is at %s, where no request of ours goes", address);
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void
set_http(struct net_request *r, const struct net_order *order)
{
	CURL *easy = r->easy;
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "firstline/" FIRSTLINE_VERSION);
	if (order->kind == NET_POST) {
		(void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
		(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)order->body.n);
		(void)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, order->body.p);
		/* else curl asks the server whether it may, and waits a second */
		r->headers = curl_slist_append(r->headers, "Expect:");
	}
	for (size_t i = 0; i < NET_HEADERS_MAX && order->headers[i] != NULL; i++)
		r->headers = curl_slist_append(r->headers, order->headers[i]);
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->headers);
}

/*
 * A login never goes over a line that others could read. Without a login TLS is taken
 * where it is offered, unverified: whoever could show a false certificate could as well
 * hide the offer.
 */
static void
set_mail(struct net_request *r, const struct net_order *order)
{
	CURL *easy = r->easy;
	bool login = order->user != NULL;
	bool must = login && !order->loopback;
	bool smtps = strncmp(order->url, "smtps:", 6) == 0;
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	(void)curl_easy_setopt(easy, CURLOPT_USE_SSL,
	    (long)(must ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	if (!must && !smtps) {
		(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (login) {
		(void)curl_easy_setopt(easy, CURLOPT_USERNAME, order->user);
		(void)curl_easy_setopt(easy, CURLOPT_PASSWORD, order->password);
	}
	(void)curl_easy_setopt(easy, CURLOPT_MAIL_FROM, order->from);
	r->recipients = curl_slist_append(NULL, order->to);
	(void)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, r->recipients);
	r->out = BUF(order->body.n + 1);
	buf_add(&r->out, order->body);
	(void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_mail);
	(void)curl_easy_setopt(easy, CURLOPT_READDATA, r);
}

static void
set_all(struct net_request *r, const struct net_order *order)
{
	CURL *easy = r->easy;
	msec connect_ms =
	    order->timeout_ms < CONNECT_MS_MAX ? order->timeout_ms : CONNECT_MS_MAX;
	(void)curl_easy_setopt(easy, CURLOPT_URL, order->url);
	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, r);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, r->error);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)order->timeout_ms);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
	if (order->guarded) {
		(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_guarded_socket);
		(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, r);
	}
	if (order->direct)
		(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (order->kind == NET_MAIL)
		set_mail(r, order);
	else
		set_http(r, order);
}

bool
net_start(struct net *net, const struct net_order *order, struct err *err)
{
	struct net_request *r = calloc(1, sizeof(*r));
	ASSERT(r != NULL);
	r->net = net;
	r->done = order->done;
	r->ctx = order->ctx;
	r->body = BUF(order->body_max);
	r->easy = curl_easy_init();
	if (r->easy == NULL) {
		request_free(r);
		return err_set(err, ERR_LIMIT, "no memory for a request");
	}
	set_all(r, order);
	CURLMcode code = curl_multi_add_handle(net->multi, r->easy);
	if (code != CURLM_OK) {
		request_free(r);
		return err_set(err, ERR_IO, "%s", curl_multi_strerror(code));
	}
	list_append(&net->requests, &r->link);
	net->n++;
	return true;
}

/* ---- the whole ---- */

struct net *
net_new(uv_loop_t *loop, struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)err_set(err, ERR_IO, "libcurl does not start");
		return NULL;
	}
	struct net *net = calloc(1, sizeof(*net));
	uv_timer_t *timer = calloc(1, sizeof(*timer));
	ASSERT(net != NULL && timer != NULL);
	net->loop = loop;
	net->multi = curl_multi_init();
	ASSERT(net->multi != NULL);
	list_init(&net->requests);
	net->timer = timer;
	timer->data = net;
	(void)uv_timer_init(loop, timer);
	(void)curl_multi_setopt(net->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
	(void)curl_multi_setopt(net->multi, CURLMOPT_SOCKETDATA, net);
	(void)curl_multi_setopt(net->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	(void)curl_multi_setopt(net->multi, CURLMOPT_TIMERDATA, net);
	return net;
}

static void
free_timer(uv_handle_t *handle)
{
	free(handle);
}

void
net_free(struct net *net)
{
	if (net == NULL)
		return;
	list_each_safe(it, &net->requests)
	    request_free(container_of(it, struct net_request, link));
	(void)curl_multi_cleanup(net->multi);
	uv_close((uv_handle_t *)net->timer, free_timer);
	free(net);
	curl_global_cleanup();
}
