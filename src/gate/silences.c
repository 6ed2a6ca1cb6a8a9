/*
 * silences -- /api/v2/silences and /api/v2/silence/ID as Alertmanager has them, and the
 * body of POST /v1/silences.
 *
 *	{"id":"2f02ae82-f65d-4718-a648-cd00c51f3fb3","status":{"state":"active"},
 *	 "updatedAt":"2026-11-28T06:33:08.681Z","comment":"c","createdBy":"me","endsAt":...,
 *	 "matchers":[{"isEqual":true,"isRegex":false,"name":"a","value":"b"}],"startsAt":...}
 *
 * A filter here asks for silences that have the very same matcher: not for those that hold
 * an alert with such a label.
 */
#include <stdlib.h>

#include "gate/state.h"
#include "intake/matchers.h"
#include "intake/silence.h"
#include "os/clock.h"

#define UUID_CHARS 36

struct listing {
	struct label_matchers filters;
	bool wanted[SILENCE_EXPIRED + 1];
	bool any; /* one was written */
};

/* ---- one silence ---- */

/* Between two times of its calendar it waits for the next. */
static enum silence_state
state_of(const struct silence_row *row, msec wall)
{
	return row->off ? SILENCE_PENDING : silence_state(row, wall);
}

static void
put_silence(struct buf *b, const struct silence_row *row, msec wall)
{
	const struct silence_matcher *m = row->matchers.p;
	buf_add(b, STR("{\"id\":"));
	json_put_string(b, row->uuid);
	buf_printf(b, ",\"status\":{\"state\":\"%s\"},\"updatedAt\":\"",
	    silence_state_name(state_of(row, wall)));
	buf_time(b, row->updated_wall);
	buf_add(b, STR("\",\"comment\":"));
	json_put_string(b, row->comment);
	buf_add(b, STR(",\"createdBy\":"));
	json_put_string(b, row->created_by);
	buf_add(b, STR(",\"endsAt\":\""));
	buf_time(b, row->ends_wall);
	buf_add(b, STR("\",\"matchers\":["));
	for (size_t i = 0; i < row->matchers.n; i++) {
		buf_printf(b,
		    "%s{\"isEqual\":%s,\"isRegex\":%s,\"name\":", i > 0 ? "," : "",
		    m[i].equal ? "true" : "false", m[i].regex ? "true" : "false");
		json_put_string(b, m[i].name);
		buf_add(b, STR(",\"value\":"));
		json_put_string(b, m[i].value);
		buf_char(b, '}');
	}
	buf_add(b, STR("],\"startsAt\":\""));
	buf_time(b, row->starts_wall);
	buf_add(b, STR("\"}"));
}

static bool
has_matcher(const struct silence_row *row, const struct label_matcher *wanted)
{
	const struct silence_matcher *m = row->matchers.p;
	for (size_t i = 0; i < row->matchers.n; i++) {
		if (label_op_of(m[i].regex, m[i].equal) == wanted->op &&
		    str_eq(m[i].name, wanted->name) && str_eq(m[i].value, wanted->value))
			return true;
	}
	return false;
}

static bool
is_wanted(const struct listing *listing, const struct silence_row *row, msec wall)
{
	if (!listing->wanted[state_of(row, wall)])
		return false;
	for (size_t i = 0; i < listing->filters.n; i++) {
		if (!has_matcher(row, &listing->filters.item[i]))
			return false;
	}
	return true;
}

/* NULL when the engine sent nonsense. */
static const struct silence_row *
row_of(struct call *call, const struct item *item, struct arena *arena)
{
	const struct record_type *type;
	void *record;
	return item->table == TABLE_SILENCE &&
	               item_decode(call->gate, item, arena, &record, &type)
	           ? record
	           : NULL;
}

/* The one silence that was answered; NULL: it is none, and the client is told. */
static const struct silence_row *
only_row(struct call *call, const struct answer *answer, struct arena *arena)
{
	const struct silence_row *row =
	    answer->items.n == 1 ? row_of(call, answer->items.p, arena) : NULL;
	if (row == NULL)
		respond_error(call, 500, 1, "the engine's answer is malformed");
	return row;
}

/* ---- all of them ---- */

static bool
put_all(struct call *call, const struct answer *answer)
{
	struct listing *listing = call->own;
	const struct item *items = answer->items.p;
	msec wall = clock_wall();
	for (size_t i = 0; i < answer->items.n; i++) {
		struct arena scratch = call->gate->scratch;
		const struct silence_row *row = row_of(call, &items[i], &scratch);
		if (row == NULL)
			return false;
		if (!is_wanted(listing, row, wall))
			continue;
		buf_add(&call->stream.out, listing->any ? STR(",") : STR("["));
		listing->any = true;
		put_silence(&call->stream.out, row, wall);
	}
	if (!answer->more)
		buf_add(&call->stream.out, listing->any ? STR("]\n") : STR("[]\n"));
	return !call->stream.out.overflow;
}

static void
on_all(struct call *call, const struct answer *answer)
{
	struct stream *s = &call->stream;
	if (answer == NULL)
		respond_no_engine(call);
	else if (answer->status != 200)
		respond_answer_error(call, answer);
	else if (!put_all(call, answer))
		respond_error(call, 500, 1, "the engine's answer is malformed or too long");
	else if (answer->more && s->started)
		call_wake(call);
	else if (answer->more && stream_waiting(call) >= GATE_STREAM_AT)
		stream_start(call, 200, "application/json");
	else if (!answer->more && s->started)
		stream_end(call);
	else if (!answer->more)
		stream_whole(call, 200, "application/json");
}

static bool
read_query(struct call *call, struct listing *listing)
{
	const struct target *target = &call->target;
	for (size_t i = 0; i < target->query_n; i++) {
		const struct pair *pair = &target->query[i];
		if (str_eq(pair->name, STR("filter")) &&
		    !label_matchers_add_filter(&listing->filters, pair->value,
			&call->arena)) {
			respond_error(call, 400, 2, "bad matcher format: %.*s",
			    STR_ARG(pair->value));
			return false;
		}
	}
	listing->wanted[SILENCE_ACTIVE] = target_flag(target, "active");
	listing->wanted[SILENCE_PENDING] = target_flag(target, "pending");
	listing->wanted[SILENCE_EXPIRED] = target_flag(target, "expired");
	return true;
}

static void
on_end(struct call *call)
{
	struct listing *listing = call->own;
	label_matchers_done(&listing->filters);
	free(listing);
}

void
serve_silences_get(struct call *call)
{
	struct listing *listing = calloc(1, sizeof(*listing));
	ASSERT(listing != NULL);
	call->own = listing;
	call->on_end = on_end;
	struct request request = { .op = OP_SILENCES };
	if (read_query(call, listing) && link_ready(call))
		link_ask(call, &request, on_all);
}

/* ---- one of them ---- */

/* Alertmanager has an empty body for what is not there. */
static bool
is_not_there(struct call *call, const struct answer *answer)
{
	if (answer->status != 404)
		return false;
	respond(call, 404, NULL, STR(""));
	return true;
}

static void
on_one(struct call *call, const struct answer *answer)
{
	struct arena scratch = call->gate->scratch;
	if (answer == NULL) {
		respond_no_engine(call);
		return;
	}
	if (is_not_there(call, answer))
		return;
	if (answer->status != 200) {
		respond_answer_error(call, answer);
		return;
	}
	const struct silence_row *row = only_row(call, answer, &scratch);
	if (row == NULL)
		return;
	put_silence(&call->stream.out, row, clock_wall());
	buf_char(&call->stream.out, '\n');
	stream_whole(call, 200, "application/json");
}

static void
on_expired(struct call *call, const struct answer *answer)
{
	if (answer == NULL)
		respond_no_engine(call);
	else if (is_not_there(call, answer))
		return;
	else if (answer->status != 200)
		respond_answer_error(call, answer);
	else
		respond_taken(call);
}

/* The dashes may be left out, as in Alertmanager: no silence has such an id. */
static bool
is_uuid(str text)
{
	static const unsigned char part[] = { 8, 4, 4, 4, 12 };
	for (size_t k = 0; k < countof(part); k++) {
		if (k > 0 && str_starts(text, STR("-")))
			text = str_drop(text, 1);
		if (text.n < part[k])
			return false;
		for (size_t i = 0; i < part[k]; i++) {
			char c = text.p[i];
			if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') &&
			    !(c >= 'A' && c <= 'F'))
				return false;
		}
		text = str_drop(text, part[k]);
	}
	return text.n == 0;
}

static void
ask_one(struct call *call, enum op op,
    void (*answered)(struct call *call, const struct answer *answer))
{
	struct request request = { .op = op, .name = call->match.name };
	if (!is_uuid(call->match.name)) {
		struct buf text = BUF(1024);
		buf_printf(&text, "silenceID in path must be of type uuid: \"%.*s\"",
		    STR_ARG(str_take(call->match.name,
			call->match.name.n < 200 ? call->match.name.n : 200)));
		buf_char(&text, '\0');
		respond_coded(call, 422, 601, text.p);
		buf_done(&text);
	} else if (link_ready(call)) {
		link_ask(call, &request, answered);
	}
}

void
serve_silence_get(struct call *call)
{
	ask_one(call, OP_SILENCE, on_one);
}

void
serve_silence_delete(struct call *call)
{
	ask_one(call, OP_SILENCE_EXPIRE, on_expired);
}

/* ---- made or changed ---- */

static void
on_set(struct call *call, const struct answer *answer)
{
	struct arena scratch = call->gate->scratch;
	struct buf *b = &call->stream.out;
	if (answer == NULL) {
		respond_no_engine(call);
		return;
	}
	if (answer->status == 404 && call->face == FACE_ALERTMANAGER) {
		respond(call, 404, "application/json", STR("\"silence not found\"\n"));
		return;
	}
	if (answer->status != 200) {
		respond_answer_error(call, answer);
		return;
	}
	const struct silence_row *row = only_row(call, answer, &scratch);
	if (row == NULL)
		return;
	if (call->face == FACE_V1) {
		buf_add(b, STR("{\"exit\":0,\"silence\":"));
		record_to_json(&silence_row_type, row, b);
	} else {
		buf_add(b, STR("{\"silenceID\":"));
		json_put_string(b, row->uuid);
	}
	buf_add(b, STR("}\n"));
	stream_whole(call, 200, "application/json");
}

/* false: refused, and answered */
static bool
is_readable(struct call *call, const struct silence_read *read)
{
	switch (read->status) {
	case SILENCE_READ:
		return true;
	case SILENCE_MALFORMED:
		respond_coded(call, 400, read->code, read->error);
		return false;
	case SILENCE_INVALID:
		respond_coded(call, 422, read->code, read->error);
		return false;
	case SILENCE_TOO_MUCH:
		respond_coded(call, 413, 0, read->error);
		return false;
	}
	UNREACHABLE();
}

void
serve_silence_post(struct call *call)
{
	struct arena scratch = call->gate->scratch;
	struct silence_read read;
	if (call->body.n > GATE_API_BODY_MAX) {
		respond_error(call, 413, 2, "the body has %zu bytes; at most %u",
		    call->body.n, GATE_API_BODY_MAX);
		return;
	}
	silence_read(buf_str(&call->body), &scratch, &read);
	struct request request = { .op = OP_SILENCE_SET, .silence = read.row };
	if (is_readable(call, &read) && api_read_key(call, &request) && link_ready(call))
		link_ask(call, &request, on_set);
}
