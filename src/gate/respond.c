/*
 * respond -- answers: whole ones, errors in the language of their path, and long ones that
 * are sent while they are made.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gate/state.h"

#define POLICY                                                                          \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " \
	"img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "               \
	"form-action 'self'"

void
response_header(struct MHD_Response *response, const char *name, const char *value)
{
	ASSERT(response != NULL);
	(void)MHD_add_response_header(response, name, value);
}

/* On every answer there is. */
void
response_common(struct MHD_Response *response)
{
	response_header(response, "Cache-Control", "no-store");
	response_header(response, "Content-Security-Policy", POLICY);
	response_header(response, "X-Content-Type-Options", "nosniff");
	response_header(response, "X-Frame-Options", "DENY"); /* who knows no policy */
	response_header(response, "Referrer-Policy", "no-referrer");
	response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
}

/* The answer is decided: libmicrohttpd gets it in its next turn. Who waited for the engine
 * waits no more, so an answer of the last moment is not cut for being late. */
static void
decided(struct call *call)
{
	if (call->phase == CALL_WAIT)
		deadline_set(call->visit, call->gate->now + GATE_SEND_MS);
	call->phase = CALL_READY;
	call_wake(call);
}

static void
ready(struct call *call, unsigned status, const char *type, struct MHD_Response *response)
{
	ASSERT(call->response == NULL);
	ASSERT(response != NULL);
	response_common(response);
	if (type != NULL)
		response_header(response, "Content-Type", type);
	if (call->match.route != NULL && call->match.route->open_cors)
		response_header(response, "Access-Control-Allow-Origin", "*");
	call->response = response;
	call->status = status;
	decided(call);
}

/* Its status is decided, so what goes wrong now can only break it off. */
static bool
is_begun(const struct call *call)
{
	return call->stream.started || call->phase == CALL_SEND;
}

void
respond(struct call *call, unsigned status, const char *type, str text)
{
	if (is_begun(call)) {
		stream_break(call);
		return;
	}
	link_forget(call);
	/* the library only reads it */
	char empty[1] = "";
	void *bytes = empty;
	if (text.n > 0)
		memcpy(&bytes, &text.p, sizeof(bytes));
	call->answer_bytes = text.n;
	ready(call, status, type,
	    MHD_create_response_from_buffer(text.n, bytes, MHD_RESPMEM_MUST_COPY));
}

void
respond_kept(struct call *call, unsigned status, const char *type, str bytes,
    const char *keep)
{
	ASSERT(!is_begun(call));
	/* the library only reads it */
	char empty[1] = "";
	void *p = empty;
	if (bytes.n > 0)
		memcpy(&p, &bytes.p, sizeof(p));
	ready(call, status, type,
	    MHD_create_response_from_buffer(bytes.n, p,
		bytes.n > 0 ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY));
	(void)MHD_del_response_header(call->response, "Cache-Control", "no-store");
	response_header(call->response, "Cache-Control", keep);
}

void
respond_taken(struct call *call)
{
	struct gate *gate = call->gate;
	ASSERT(call->response == NULL);
	link_forget(call);
	call->response = gate->taken;
	call->status = 200;
	decided(call);
}

/* ---- errors ---- */

static void
put_alertmanager(struct buf *b, unsigned status, uint32_t code, str text)
{
	/* Where go-swagger answers it is an object, where Alertmanager does a string. */
	bool object = status == 404 || status == 405 || status == 413 || status == 415 ||
	              status == 422 || code != 0;
	if (!object) {
		json_put_string(b, text);
		buf_char(b, '\n');
		return;
	}
	buf_add(b, STR("{\"code\":"));
	buf_u64(b, code != 0 ? code : status);
	buf_add(b, STR(",\"message\":"));
	json_put_string(b, text);
	buf_char(b, '}');
}

static void
put_error(struct buf *b, enum face face, unsigned status, unsigned exit, uint32_t code,
    str text)
{
	switch (face) {
	case FACE_PLAIN:
		buf_add(b, text);
		buf_char(b, '\n');
		return;
	case FACE_ALERTMANAGER:
		put_alertmanager(b, status, code, text);
		return;
	case FACE_V1:
		buf_add(b, STR("{\"error\":{\"status\":"));
		buf_u64(b, status);
		buf_add(b, STR(",\"message\":"));
		json_put_string(b, text);
		buf_add(b, STR(",\"exit\":"));
		buf_u64(b, exit);
		buf_add(b, STR("}}\n"));
		return;
	}
	UNREACHABLE();
}

static void
respond_failure(struct call *call, unsigned status, unsigned exit, uint32_t code, str text)
{
	if (is_begun(call)) {
		stream_break(call);
		return;
	}
	struct buf b = BUF(1u << 20);
	put_error(&b, call->face, status, exit, code, text);
	respond(call, status,
	    call->face == FACE_PLAIN ? "text/plain; charset=utf-8" : "application/json",
	    buf_str(&b));
	buf_done(&b);
	if (status == 401)
		response_header(call->response, "WWW-Authenticate",
		    call->token.n > 0
			? "Bearer realm=\"firstline\", error=\"invalid_token\""
			: "Bearer realm=\"firstline\"");
	else if (status == 503)
		response_header(call->response, "Retry-After", "1");
	else if (status == 507)
		response_header(call->response, "Retry-After", "10");
}

void
respond_error(struct call *call, unsigned status, unsigned exit, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	respond_failure(call, status, exit, 0, str_of(text));
}

void
respond_coded(struct call *call, unsigned status, uint32_t code, const char *text)
{
	respond_failure(call, status, 2, code, str_of(text));
}

void
respond_answer_error(struct call *call, const struct answer *answer)
{
	unsigned status =
	    answer->status >= 400 && answer->status < 600 ? answer->status : 500;
	respond_failure(call, status, answer->exit, 0, answer->error);
	if (answer->again_s > 0 && !is_begun(call)) {
		char text[16];
		(void)snprintf(text, sizeof(text), "%u", answer->again_s);
		response_header(call->response, "Retry-After", text);
	}
}

void
respond_no_engine(struct call *call)
{
	call->gate->n.refused_no_engine++;
	respond_error(call, 503, 1, "the engine is starting: ask again");
}

/* ---- long answers ---- */

size_t
stream_waiting(const struct call *call)
{
	return call->stream.out.n - call->stream.taken;
}

void
stream_whole(struct call *call, unsigned status, const char *type)
{
	respond(call, status, type, buf_str(&call->stream.out));
	buf_done(&call->stream.out);
	call->stream.out = BUF(GATE_ANSWER_BYTES_MAX);
}

/* libmicrohttpd asks for the next bytes. */
static ssize_t
on_read(void *cls, uint64_t at, char *to, size_t max)
{
	struct call *call = cls;
	struct stream *s = &call->stream;
	(void)at;
	if (call->visit->cut || s->broken)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	size_t n = stream_waiting(call);
	if (n > 0) {
		n = n < max ? n : max;
		memcpy(to, s->out.p + s->taken, n);
		s->taken += n;
		if (s->taken > s->out.n / 2) {
			buf_drop(&s->out, s->taken);
			s->taken = 0;
			visit_count_answer(call);
		}
		msec by = call->gate->now + GATE_SEND_MS;
		msec last = s->began + GATE_SEND_ALL_MS;
		deadline_set(call->visit, s->endless || by < last ? by : last);
		if (!s->ended && s->low != NULL && stream_waiting(call) < GATE_STREAM_LOW)
			s->low(call);
		return (ssize_t)n;
	}
	if (s->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (s->low != NULL)
		s->low(call);
	if (stream_waiting(call) > 0)
		return on_read(cls, at, to, max);
	if (s->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (s->broken)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	/* To return 0 and not to suspend would make it spin. */
	call->suspended = true;
	MHD_suspend_connection(call->connection);
	return 0;
}

void
stream_start(struct call *call, unsigned status, const char *type)
{
	ASSERT(call->phase != CALL_SEND);
	call->stream.started = true;
	call->stream.began = call->gate->now;
	ready(call, status, type,
	    MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, GATE_POOL_BYTES, on_read,
		call, NULL));
}

void
stream_end(struct call *call)
{
	call->stream.ended = true;
	call_wake(call);
}

void
stream_break(struct call *call)
{
	link_forget(call);
	call->stream.broken = true;
	call_wake(call);
}
