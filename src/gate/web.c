/*
 * web -- libmicrohttpd's side: connections, requests as they come in, answers as they go.
 *
 * What it does not do for us, and is done here: it lets requests pass that can be read in
 * two ways (head.h); its timeouts start again at every byte, so the deadlines are ours and
 * end by shutting the socket down; a body is counted as it comes.
 */
#include <stdio.h>
#include <stdlib.h>

#include <string.h>
#include <sys/epoll.h>

#include "gate/state.h"
#include "gate/tls.h"
#include "os/clock.h"

#define TURNS_MAX 8 /* of libmicrohttpd before the engine is looked at again */
#define SPARE_BYTES_MAX (1u << 20)
#define CONNECTIONS_LEAVING 32 /* shut down by us, the library has still to see it */

/* ---- connections ---- */

static enum MHD_Result
on_accept(void *cls, const struct sockaddr *address, socklen_t n)
{
	(void)n;
	return visit_may_come(cls, address) ? MHD_YES : MHD_NO;
}

static void
expect_client(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	ASSERT(info != NULL);
	tls_expect(info->tls_session);
}

static void
on_connection(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		struct visit *visit = visit_new(cls, connection);
		*context = visit;
		if (visit->door->kind == DOOR_TLS)
			expect_client(connection);
	} else if (*context != NULL) {
		visit_free(*context);
		*context = NULL;
	}
}

/* ---- calls ---- */

/* The request line has come: the call begins. */
static void *
on_target(void *cls, const char *raw, struct MHD_Connection *connection)
{
	struct gate *gate = cls;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	ASSERT(info != NULL && info->socket_context != NULL);
	struct visit *visit = info->socket_context;
	ASSERT(visit->call == NULL);

	struct call *call = calloc(1, sizeof(*call));
	ASSERT(call != NULL);
	size_t n = strlen(raw);
	/* once as it came, once decoded, once for what is read out of that */
	size_t room = 3 * n + 64;
	call->memory = malloc(room);
	ASSERT(call->memory != NULL);
	memcpy(call->memory, raw, n);
	call->raw = (str){ call->memory, n };
	call->raw_at = raw;
	call->arena = arena_over(call->memory + n, room - n);
	call->gate = gate;
	call->visit = visit;
	call->connection = connection;
	call->phase = CALL_READ;
	call->began_us = clock_boot_us();
	call->began = gate->now;
	call->stream.out = BUF(GATE_ANSWER_BYTES_MAX);
	visit->call = call;
	gate->n.requests++;
	visit_waits(visit);
	deadline_set(visit, gate->now + GATE_HEAD_MS);
	return call;
}

void
body_give_back(struct call *call)
{
	struct gate *gate = call->gate;
	gate->bodies_bytes -= call->body.n;
	if (call->body.cap > 0 && call->body.cap <= SPARE_BYTES_MAX &&
	    gate->spare_n < countof(gate->spare)) {
		buf_reset(&call->body);
		gate->spare[gate->spare_n++] = call->body;
	} else {
		buf_done(&call->body);
	}
	call->body = BUF(0);
}

/* The answers that are made once. */
static bool
is_shared(const struct call *call)
{
	const struct gate *gate = call->gate;
	return call->response == gate->taken || call->response == gate->taken_last;
}

static void
call_free(struct call *call)
{
	struct visit *visit = call->visit;
	if (call->on_end != NULL)
		call->on_end(call);
	link_forget(call);
	visit_forget_answer(call);
	if (call->response != NULL && !is_shared(call))
		MHD_destroy_response(call->response);
	body_give_back(call);
	buf_done(&call->stream.out);
	arena_release(call->memory, call->raw.n);
	free(call->problems);
	free(call->memory);
	visit->call = NULL;
	visit->served |= call->status > 0 && call->status < 400;
	visit_waits(visit);
	deadline_set(visit, visit->gate->now + (visit->gate->stopping ? 1 : GATE_IDLE_MS));
	free(call);
}

static void
on_completed(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	if (*context != NULL)
		call_free(*context);
	*context = NULL;
}

void
call_wake(struct call *call)
{
	if (!call->suspended)
		return;
	call->suspended = false;
	MHD_resume_connection(call->connection);
}

/* ---- the head ---- */

static enum MHD_Result
on_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
    const char *value, size_t value_n)
{
	struct head *head = cls;
	(void)kind;
	head_add(head, (str){ name, name_n }, (str){ value != NULL ? value : "", value_n });
	return head->fault == HEAD_FINE ? MHD_YES : MHD_NO;
}

static bool
is_printable(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	}
	return true;
}

static bool
is_read(const struct call *call, str method)
{
	return call->head_only || str_eq(method, STR("GET"));
}

/* The request line; true: it is answered. */
static bool
refuse_target(struct call *call, str method, const char *version)
{
	const char *wrong;
	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0) {
		respond_error(call, 505, 2, "HTTP/1.1 is spoken here");
		return true;
	}
	if (call->raw.n > TARGET_BYTES_MAX) {
		respond_error(call, 414, 2, "the URL is longer than %d bytes",
		    TARGET_BYTES_MAX);
		return true;
	}
	call->face = route_face_of(call->raw);
	wrong = target_parse(call->raw, &call->arena, &call->target);
	call->head_only = str_eq(method, STR("HEAD"));
	if (wrong != NULL) {
		if (!is_read(call, method) || !reading_lost(call, 400, str_of(wrong)))
			respond_error(call, 400, 2, "%s", wrong);
		return true;
	}
	call->face = route_face(&call->target);
	return false;
}

static bool
refuse_head(struct call *call)
{
	struct gate *gate = call->gate;
	switch (call->head.fault) {
	case HEAD_FINE:
		break;
	case HEAD_BROKEN:
		gate->n.refused_head++;
		respond_error(call, 400, 2, "%s", call->head.why);
		return true;
	case HEAD_TOO_MUCH:
		gate->n.refused_head++;
		respond_error(call, 431, 2, "%s", call->head.why);
		return true;
	}
	if (!hosts_allow(&gate->settings.hosts, call->head.host)) {
		gate->n.refused_host++;
		respond_error(call, 421, 2,
		    "this server does not answer for the host '%.*s': set 'url' in its "
		    "configuration",
		    STR_ARG(call->head.host));
		return true;
	}
	return false;
}

/* A link to a page with a slash too much leads there. */
static bool
lead_to_page(struct call *call, str method)
{
	struct target target = call->target;
	struct route_match match;
	str path = target.path;
	while (target.segment_n > 1 && target.segment[target.segment_n - 1].n == 0) {
		target.segment_n--;
		path = str_take(path, path.n - 1);
	}
	if (path.n == target.path.n ||
	    route_find(gate_routes, gate_routes_n, method, &target, &match) !=
		ROUTE_FOUND ||
	    (match.route->serve != serve_page && match.route->serve != serve_reading))
		return false;
	str query = str_drop(call->raw, target.path.n);
	respond(call, 301, "text/plain; charset=utf-8", STR("moved\n"));
	struct arena scratch = call->gate->scratch;
	response_header(call->response, "Location",
	    arena_cstr(&scratch,
		arena_printf(&scratch, "%.*s%.*s", STR_ARG(path), STR_ARG(query))));
	return true;
}

/* Nothing is there: a person is told in a page. */
static void
refuse_path(struct call *call, str method)
{
	struct arena scratch = call->gate->scratch;
	str why =
	    arena_printf(&scratch, "path %.*s was not found", STR_ARG(call->target.path));
	if (is_read(call, method) &&
	    (lead_to_page(call, method) || reading_lost(call, 404, why)))
		return;
	respond_error(call, 404, 3, "%.*s", STR_ARG(why));
}

static bool
refuse_route(struct call *call, str method)
{
	enum route_status status =
	    route_find(gate_routes, gate_routes_n, method, &call->target, &call->match);
	switch (status) {
	case ROUTE_FOUND:
		call->face = call->match.route->face;
		return false;
	case ROUTE_NO_PATH:
		refuse_path(call, method);
		return true;
	case ROUTE_NO_METHOD:
		respond_error(call, 405, 2, "method %.*s is not allowed, but [%s] are",
		    STR_ARG(method), call->match.allow);
		response_header(call->response, "Allow", call->match.allow);
		return true;
	}
	UNREACHABLE();
}

/* Over TLS only what was set by TLS: the other may be of who reads along on the plain one. */
static str
session_cookie(const struct call *call)
{
	str strict = head_cookie(&call->head, STR(SESSION_COOKIE_TLS));
	return strict.n > 0 || call->secure ? strict
	                                    : head_cookie(&call->head, STR(SESSION_COOKIE));
}

static bool
refuse_token(struct call *call)
{
	const struct route *route = call->match.route;
	if (route->who == WHO_ANYONE)
		return false;
	call->token = head_token(&call->head);
	if (call->head.authorization.n == 0)
		call->session = session_cookie(call);
	if (route->page &&
	    (call->session.n > GATE_TOKEN_MAX || !is_printable(call->session)))
		call->session = STR("");
	if (call->token.n > GATE_TOKEN_MAX || !is_printable(call->token))
		respond_error(call, 401, 4, "this is no token");
	else if (call->session.n > GATE_TOKEN_MAX || !is_printable(call->session))
		respond_error(call, 401, 4, "this is no session");
	else if (call->token.n == 0 && call->session.n == 0 && route->who == WHO_TOKEN)
		respond_error(call, 401, 4,
		    "a token is needed: Authorization: Bearer TOKEN");
	else if ((call->session.n > 0 || route->op == OP_SESSION_ADD) &&
		 route->method != METHOD_GET && !head_same_origin(&call->head))
		respond_error(call, 403, 4, "another site's page asks for that");
	else
		return false;
	return true;
}

static uint64_t
body_max(const struct call *call)
{
	return call->face == FACE_ALERTMANAGER ? call->gate->settings.body_bytes_max
	                                       : GATE_API_BODY_MAX;
}

/* Where that can be changed. */
static const char *
body_key(const struct call *call)
{
	return call->face == FACE_ALERTMANAGER ? " (limits.body)" : "";
}

static bool
refuse_body(struct call *call)
{
	const struct route *route = call->match.route;
	const struct head *head = &call->head;
	bool has = head->chunked || head->length > 0;
	call->body = BUF((size_t)body_max(call));
	if (!has)
		return false;
	if (route->method != METHOD_POST) {
		respond_error(call, 400, 2, "this request takes no body");
		return true;
	}
	if (head->length > body_max(call)) {
		call->gate->n.refused_body++;
		respond_error(call, 413, 2, "the body has %llu bytes; at most %llu%s",
		    (unsigned long long)head->length, (unsigned long long)body_max(call),
		    body_key(call));
		return true;
	}
	bool coded = head->content_encoding.n > 0 &&
	             !str_eq(head->content_encoding, STR("identity"));
	bool right = route->raw    ? true
	             : route->form ? head_is_form(head)
	                           : head_is_json(head);
	if (!right || coded) {
		str type = coded                      ? head->content_encoding
		           : head->content_type.n > 0 ? head->content_type
		                                      : STR("application/octet-stream");
		respond_error(call, 415, 2,
		    "unsupported media type \"%.*s\", only [%s] are allowed", STR_ARG(type),
		    route->form ? "application/x-www-form-urlencoded" : "application/json");
		return true;
	}
	return false;
}

/* Memory for a body whose length is known is asked for once. */
static void
body_prepare(struct call *call)
{
	struct gate *gate = call->gate;
	if (call->head.length == 0 && !call->head.chunked)
		return;
	if (gate->spare_n > 0) {
		size_t max = call->body.max;
		call->body = gate->spare[--gate->spare_n];
		call->body.max = max;
	}
	if (call->head.length > 0)
		(void)buf_room(&call->body, (size_t)call->head.length);
}

/* The nearest in the list that is no proxy of ours; what stands before it anybody may have
 * written. */
static void
read_forwarded(struct call *call)
{
	str rest = call->head.forwarded_for;
	while (rest.n > 0) {
		size_t comma = rest.n;
		while (comma > 0 && rest.p[comma - 1] != ',')
			comma--;
		str one = str_trim(str_drop(rest, comma));
		struct network address;
		if (!network_parse(one, &address) || address.bits != 128)
			return;
		(void)snprintf(call->from, sizeof(call->from), "%.*s", STR_ARG(one));
		if (!visits_is_proxy(call->gate, one))
			return;
		rest = str_take(rest, comma > 0 ? comma - 1 : 0);
	}
}

/* Who it is, and by what way it came: what a proxy says is believed of those alone that the
 * configuration names. */
static void
client_of(struct call *call)
{
	const struct visit *visit = call->visit;
	memcpy(call->from, visit->from, sizeof(call->from));
	call->secure = visit->door->kind == DOOR_TLS;
	if (!visit->proxy) {
		call->head.user = STR("");
		return;
	}
	read_forwarded(call);
	call->secure |= str_eq_caseless(call->head.forwarded_proto, STR("https"));
}

static enum MHD_Result queue(struct call *call);

/* Refused at the head. A short body is read and dropped, so that the client gets to see
 * the answer and the connection lives on; else the connection ends with it. */
static enum MHD_Result
refused(struct call *call)
{
	const struct head *head = &call->head;
	if (head->fault == HEAD_FINE && !head->expects &&
	    head->length <= GATE_DRAIN_BYTES_MAX) {
		call->phase = CALL_DRAIN;
		return MHD_YES;
	}
	response_header(call->response, "Connection", "close");
	return queue(call);
}

static enum MHD_Result
begin(struct call *call, const char *method, const char *version)
{
	str name = str_of(method);
	call->body_began = call->gate->now;
	deadline_body(call);
	call->headed = true;
	call->face = FACE_PLAIN;
	call->head.user_header = str_of(call->gate->settings.user_header);
	head_begin(&call->head, name, call->raw, call->raw_at, str_of(version));
	(void)MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, on_header,
	    &call->head);
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(call->connection,
	    MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	ASSERT(info != NULL);
	head_end(&call->head, strcmp(version, "HTTP/1.0") != 0, info->header_size);
	client_of(call);
	if (refuse_target(call, name, version) || refuse_head(call) ||
	    refuse_route(call, name) || refuse_token(call) || refuse_body(call))
		return refused(call);
	body_prepare(call);
	return MHD_YES;
}

/* ---- the body ---- */

static enum MHD_Result
take_body(struct call *call, str piece)
{
	struct gate *gate = call->gate;
	gate->n.bytes_in += piece.n;
	if (call->visit->cut)
		return MHD_NO;
	if (call->phase == CALL_DRAIN) {
		call->drained += piece.n;
		deadline_body(call);
		return call->drained <= GATE_DRAIN_BYTES_MAX ? MHD_YES : MHD_NO;
	}
	if (gate->bodies_bytes + piece.n > GATE_BODIES_BYTES_MAX &&
	    !visit_make_room(gate, piece.n, call->visit)) {
		gate->n.refused_memory++;
		respond_error(call, 503, 1, "too many bodies at once: send it again");
		call->phase = CALL_DRAIN;
		return MHD_YES;
	}
	if (call->body.n + piece.n > call->body.max) {
		gate->n.refused_body++;
		respond_error(call, 413, 2, "the body is over %zu bytes%s", call->body.max,
		    body_key(call));
		call->phase = CALL_DRAIN;
		return MHD_YES;
	}
	buf_add(&call->body, piece);
	gate->bodies_bytes += piece.n;
	deadline_body(call);
	return MHD_YES;
}

/* ---- the answer ---- */

static void
count_answer(struct call *call)
{
	struct gate *gate = call->gate;
	if (call->status < STATUS_CLASSES)
		gate->n.answers[call->status]++;
}

static enum MHD_Result
queue(struct call *call)
{
	ASSERT(call->phase == CALL_READY && call->response != NULL);
	struct gate *gate = call->gate;
	call->phase = CALL_SEND;
	count_answer(call);
	deadline_set(call->visit, gate->now + GATE_SEND_MS);
	if (call->stream.endless) {
		visit_busy(call->visit); /* it has a bound of its own: events.c */
	} else {
		visit_waits(call->visit);
		visit_bound(call->visit);
	}
	/* The library takes bare LFs between chunks: what follows such a body may have been
	 * meant as a part of it, so nothing is read after it. */
	if (gate->stopping || call->head.chunked) {
		if (call->response == gate->taken)
			call->response = gate->taken_last;
		else
			response_header(call->response, "Connection", "close");
	}
	enum MHD_Result ok =
	    MHD_queue_response(call->connection, call->status, call->response);
	if (!is_shared(call))
		MHD_destroy_response(call->response);
	call->response = NULL;
	return ok;
}

/* The request is whole, or there is news for it. */
static enum MHD_Result
turn(struct call *call)
{
	if (call->visit->cut && call->phase == CALL_READ)
		return MHD_NO; /* its body is given back */
	if (call->phase == CALL_DRAIN)
		call->phase = CALL_READY;
	if (call->phase == CALL_READ) {
		deadline_set(call->visit, 0);
		call->match.route->serve(call);
	}
	if (call->phase == CALL_READY)
		return queue(call);
	ASSERT(call->phase == CALL_WAIT);
	if (call->visit->cut)
		return MHD_NO;
	visit_busy(call->visit);
	/* Suspended at once, the library would still be about to read when it is resumed,
	 * and take a client that closed its half meanwhile for one that is gone. */
	if (!call->settled) {
		call->settled = true;
		return MHD_YES;
	}
	call->suspended = true;
	MHD_suspend_connection(call->connection);
	return MHD_YES;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_n,
    void **context)
{
	struct call *call = *context;
	(void)cls;
	(void)connection;
	(void)url;
	ASSERT(call != NULL);
	if (!call->headed)
		return begin(call, method, version);
	if (*upload_n > 0) {
		enum MHD_Result ok = take_body(call, (str){ upload, *upload_n });
		*upload_n = 0;
		return ok;
	}
	return turn(call);
}

/* ---- the daemon ---- */

static char tls_priorities[] = TLS_PRIORITIES;

/* The target is decoded by target.c, from what came. */
static size_t
keep_escapes(void *cls, struct MHD_Connection *connection, char *s)
{
	(void)cls;
	(void)connection;
	return strlen(s);
}

/* A door without its certificate stays shut: it opens when that comes (gate.c). */
static bool
door_open(struct gate *gate, struct door *door)
{
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
	bool tls = door->kind == DOOR_TLS;
	struct MHD_OptionItem options[] = {
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, tls_priorities },
		{ MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, tls_retrieve() },
		{ MHD_OPTION_END, 0, NULL },
	};
	if (!tls)
		options[0].option = MHD_OPTION_END;
	door->daemon = MHD_start_daemon(flags | (tls ? MHD_USE_TLS : 0), 0, on_accept, gate,
	    on_request, gate, MHD_OPTION_LISTEN_SOCKET, door->fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)gate->visit_max + CONNECTIONS_LEAVING,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)GATE_POOL_BYTES,
	    MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)GATE_POOL_BYTES / 2,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, gate, MHD_OPTION_NOTIFY_COMPLETED,
	    on_completed, gate, MHD_OPTION_URI_LOG_CALLBACK, on_target, gate,
	    MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, gate,
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY, options,
	    MHD_OPTION_END);
	return door->daemon != NULL;
}

bool
web_start(struct gate *gate, struct err *err)
{
	for (size_t i = 0; i < DOORS; i++) {
		struct door *door = &gate->door[i];
		if (door->fd < 0 || door->daemon != NULL ||
		    (door->kind == DOOR_TLS && !tls_ready()))
			continue;
		if (!door_open(gate, door))
			return err_set(err, ERR_IO, "the HTTP server did not start");
		const union MHD_DaemonInfo *info =
		    MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_EPOLL_FD);
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = door };
		if (info == NULL ||
		    epoll_ctl(gate->epoll, EPOLL_CTL_ADD, info->epoll_fd, &event) < 0)
			return err_sys(err, ERR_IO, "watch the HTTP server");
	}
	return true;
}

void
web_stop(struct gate *gate)
{
	/* The listening sockets are the supervisor's: the next gate goes on with them. */
	for (size_t i = 0; i < DOORS; i++) {
		if (gate->door[i].daemon != NULL)
			(void)MHD_quiesce_daemon(gate->door[i].daemon);
	}
}

static void
door_turn(struct MHD_Daemon *daemon)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;
	for (int i = 0; i < TURNS_MAX; i++) {
		(void)MHD_run(daemon);
		if (MHD_get_timeout(daemon, &wait_ms) != MHD_YES || wait_ms > 0)
			return;
	}
}

void
web_turn(struct gate *gate)
{
	for (size_t i = 0; i < DOORS; i++) {
		if (gate->door[i].daemon != NULL)
			door_turn(gate->door[i].daemon);
	}
}

msec
web_wait_ms(const struct gate *gate, msec most)
{
	MHD_UNSIGNED_LONG_LONG wait;
	for (size_t i = 0; i < DOORS; i++) {
		struct MHD_Daemon *daemon = gate->door[i].daemon;
		if (daemon != NULL && MHD_get_timeout(daemon, &wait) == MHD_YES &&
		    wait < most)
			most = wait;
	}
	return most;
}
