/*
 * Pages that are read without a script: what is asked of the engine, and signing in by a form.
 *
 *	GET  /incidents/7    the page; in its <noscript> the incident, or the form
 *	POST /incidents/7    person=ana&password=...: signed in, and back to the same address
 */
#include "gate/reading.h"

#include <stdlib.h>

#include "gate/pages.h"
#include "gate/state.h"
#include "intake/form.h"

/* A piece of web/; this server may have been built without them. */
static void
put_piece(struct call *call, str name)
{
	const struct page_file *file = page_find(name);
	if (file != NULL)
		buf_add(&call->stream.out, file->body[PAGE_PLAIN]);
}

static void
begin_page(struct call *call)
{
	put_piece(call, STR("head"));
	buf_add(&call->stream.out, STR("<noscript><main class=\"reading\">\n"));
}

static void
end_page(struct call *call, unsigned status)
{
	buf_add(&call->stream.out, STR("</main></noscript>"));
	put_piece(call, STR("tail"));
	stream_whole(call, status, "text/html; charset=utf-8");
}

/* The page alone: the form stands in it. */
static void
page_alone(struct call *call)
{
	link_forget(call);
	serve_page(call);
}

bool
reading_lost(struct call *call, unsigned status, str why)
{
	struct buf *b = &call->stream.out;
	if (call->face != FACE_PLAIN || page_find(STR("head")) == NULL ||
	    !str_contains(call->head.accept, STR("text/html")))
		return false;
	begin_page(call);
	buf_add(b, STR("<h1>There is no such page</h1>\n<p>"));
	html_put(b, why);
	buf_add(b, STR(".</p>\n<p><a href=\"/\">To the duty board</a></p>\n"));
	end_page(call, status);
	return true;
}

/* ---- reading ---- */

static void on_rows(struct call *call, const struct answer *answer);
static void on_alerts(struct call *call, const struct answer *answer);

static void
ask_rows(struct call *call)
{
	const struct reading *reading = call->own;
	struct pair params[3] = { { STR("owner"), STR("") }, { STR("service"), STR("") },
		{ STR("state"), STR("open") } };
	struct request request = { .op = call->match.route->op,
		.incident = reading->incident,
		.cursor = reading->cursor };
	if (request.op == OP_INCIDENTS) {
		request.limit = READING_INCIDENTS;
		request.params = (struct pairs){ params, countof(params) };
	} else if (request.op == OP_HANDOFF) {
		request.row = call->match.number;
	}
	link_ask(call, &request, on_rows);
}

static void
ask_alerts(struct call *call)
{
	const struct reading *reading = call->own;
	struct request request = { .op = OP_ALERTS,
		.incident = reading->incident,
		.limit = READING_ALERTS };
	link_ask(call, &request, on_alerts);
}

static void
malformed(struct call *call)
{
	respond_error(call, 500, 1, "the engine's answer is malformed or too long");
}

/* What an answer is when it is no 200. */
static bool
refused(struct call *call, const struct answer *answer)
{
	if (answer != NULL && answer->status == 200)
		return false;
	buf_reset(&call->stream.out);
	if (answer == NULL || (answer->status != 404 && answer->status != 410)) {
		page_alone(call);
		return true;
	}
	begin_page(call);
	buf_add(&call->stream.out,
	    STR("<p><a href=\"/incidents\">All open incidents</a></p>\n<h1>"));
	html_put(&call->stream.out, answer->error);
	buf_add(&call->stream.out, STR("</h1>\n"));
	end_page(call, answer->status);
	return true;
}

static void
close_rows(struct call *call, bool more)
{
	struct reading *reading = call->own;
	struct buf *b = &call->stream.out;
	if (reading->listed) {
		buf_add(b, reading->any ? STR("</ul>\n") : STR("</ul>\n<p>None.</p>\n"));
		if (more)
			buf_add(b,
			    STR("<p>There are more: <code>firstline incident list</code>."
				"</p>\n"));
		end_page(call, 200);
		return;
	}
	reading_close(b, reading);
	if (more)
		buf_printf(b, "<p>It goes on: <code>firstline why %u</code>.</p>\n",
		    reading->incident);
	if (call->match.route->op == OP_INCIDENT && call->gate->engine != NULL)
		ask_alerts(call);
	else
		end_page(call, 200);
}

static void
on_rows(struct call *call, const struct answer *answer)
{
	struct reading *reading = call->own;
	if (refused(call, answer))
		return;
	const struct item *items = answer->items.p;
	for (size_t i = 0; i < answer->items.n; i++) {
		struct arena scratch = call->gate->scratch;
		const struct record_type *type;
		void *row;
		if (!item_decode(call->gate, &items[i], &scratch, &row, &type)) {
			malformed(call);
			return;
		}
		reading_row(&call->stream.out, reading, items[i].table, row);
	}
	if (call->stream.out.overflow) {
		malformed(call);
		return;
	}
	reading->cursor = answer->cursor;
	if (answer->more)
		return;
	bool enough = reading->listed || call->stream.out.n > READING_BYTES_MAX;
	if (answer->cursor != 0 && !enough && call->gate->engine != NULL)
		ask_rows(call);
	else
		close_rows(call, answer->cursor != 0);
}

static void
on_alerts(struct call *call, const struct answer *answer)
{
	struct reading *reading = call->own;
	struct buf *b = &call->stream.out;
	/* It is told without them to who may not see alerts. */
	bool ok = answer != NULL && answer->status == 200;
	const struct item *items = ok ? answer->items.p : NULL;
	for (size_t i = 0; ok && i < answer->items.n; i++) {
		struct arena scratch = call->gate->scratch;
		struct alert_item alert;
		struct alert_body body;
		struct err err;
		if (!record_decode_all(&alert_item_type, items[i].body, &scratch, &alert,
			&err) ||
		    !record_decode_all(&alert_body_type, alert.body, &scratch, &body,
			&err)) {
			malformed(call);
			return;
		}
		reading_alert(b, reading, &alert, &body);
	}
	if (ok && answer->more)
		return;
	reading_close(b, reading);
	if (ok && answer->cursor != 0)
		buf_printf(b, "<p>The first %d are shown.</p>\n", READING_ALERTS);
	end_page(call, 200);
}

static void
on_end(struct call *call)
{
	free(call->own);
}

void
serve_reading(struct call *call)
{
	enum op op = call->match.route->op;
	bool known = call->token.n > 0 || call->session.n > 0;
	bool exists = op != OP_INCIDENT || call->match.number <= UINT32_MAX;
	if (!known || !exists || call->gate->engine == NULL || page_files_n == 0) {
		serve_page(call);
		return;
	}
	begin_page(call);
	struct reading *reading = calloc(1, sizeof(*reading));
	ASSERT(reading != NULL);
	call->own = reading;
	call->on_end = on_end;
	reading->listed = op == OP_INCIDENTS;
	if (op == OP_INCIDENT)
		reading->incident = (incident_id)call->match.number;
	if (reading->listed)
		buf_add(&call->stream.out, STR("<h1>Open incidents</h1>\n<ul>\n"));
	if (link_ready(call))
		ask_rows(call);
}

/* ---- the form ---- */

static void
try_again(struct call *call, unsigned status, str wrong)
{
	struct buf *b = &call->stream.out;
	buf_reset(b);
	put_piece(call, STR("head"));
	put_piece(call, STR("form-head"));
	buf_add(b, STR("<p class=\"wrong\" role=\"alert\">"));
	html_put(b, wrong);
	buf_add(b, STR("</p>"));
	put_piece(call, STR("form-tail"));
	put_piece(call, STR("tail"));
	stream_whole(call, status, "text/html; charset=utf-8");
}

static void
on_signed(struct call *call, const struct answer *answer)
{
	/* As it came, so it is an address of ours; no other host's either. */
	str to = call->raw.n < 2 || call->raw.p[0] != '/' || call->raw.p[1] == '/'
	             ? STR("/")
	             : call->raw;
	if (answer == NULL) {
		try_again(call, 503, STR("Firstline is starting: once more, in a second"));
		return;
	}
	if (answer->status != 200) {
		try_again(call, answer->status, answer->error);
		return;
	}
	if (!session_give(call, answer)) {
		malformed(call);
		return;
	}
	struct arena scratch = call->gate->scratch;
	response_header(call->response, "Location", arena_cstr(&scratch, to));
}

bool
sign_in_read(str body, struct arena *arena, struct request *request)
{
	str token, password, person;
	if (form_value(body, STR("token"), arena, &token) != FORM_FOUND ||
	    form_value(body, STR("person"), arena, &person) != FORM_FOUND ||
	    form_value(body, STR("password"), arena, &password) != FORM_FOUND)
		return false;
	bool by_token = token.n > 0;
	request->text = by_token ? STR("token") : STR("password");
	request->secret = by_token ? token : password;
	request->name = by_token ? STR("") : person;
	return request->secret.n > 0 && request->secret.n <= GATE_TOKEN_MAX &&
	       str_utf8(request->secret) && str_utf8(request->name) &&
	       (by_token || person.n > 0);
}

void
serve_sign_in_form(struct call *call)
{
	struct arena scratch = call->gate->scratch;
	struct request request = { .op = OP_SESSION_ADD };
	call->session = STR(""); /* of before; the new one takes its place */
	if (!sign_in_read(buf_str(&call->body), &scratch, &request))
		try_again(call, 422, STR("Give a name and its password, or a token"));
	else if (link_ready(call))
		link_ask(call, &request, on_signed);
}
