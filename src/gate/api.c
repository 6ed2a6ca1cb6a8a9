/*
 * api -- /v1: a request from path, query and body; the engine's answer as JSON.
 *
 * Items of an answer are rows and records in CBOR, as the engine keeps them; each becomes
 * JSON by its own table of fields (facts/record.h) and is appended to what is sent.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gate/body.h"
#include "gate/state.h"
#include "intake/moment.h"

#define LIMIT_MAX 1000
#define LIMIT_DEFAULT 100

/* What of an answer has been written; belongs to the call. */
struct writing {
	bool begun;
	unsigned section; /* of shapes that have them: 1 + the one that is open */
	size_t n;         /* items in the list or section */
	bool filtered;    /* a listing of incidents from the store: filter here */
	str state, service, owner;
	/* An incident comes in parts: */
	incident_id incident;
	uint64_t cursor; /* of the next part */
	bool asked;      /* a part, or all there is, is on its way */
};

/* ---- one item ---- */

static const char *
item_name(const struct item *item)
{
	static const char *const plain[] = {
		[ITEM_STATUS] = "status",
		[ITEM_METRIC] = "metric",
		[ITEM_ALERT] = "alert",
		[ITEM_DUTY] = "duty",
		[ITEM_SERVICE] = "service",
		[ITEM_RUNBOOK] = "runbook",
		[ITEM_CHANNEL] = "channel",
		[ITEM_RULE] = "rule",
		[ITEM_ENTRY] = "entry",
		[ITEM_SECRET] = "secret",
		[ITEM_CAN] = "can",
		[ITEM_WHO] = "who",
		[ITEM_TRUST] = "trust",
		[ITEM_NOISE] = "noise",
		[ITEM_OUTPUT] = "output",
		[ITEM_SHIFT] = "shift",
		[ITEM_PLAN] = "step",
		[ITEM_SESSION] = "session",
	};
	if (item->table != 0)
		return table_names[item->table];
	return item->kind < countof(plain) ? plain[item->kind] : NULL;
}

bool
item_decode(struct gate *gate, const struct item *item, struct arena *arena, void **ret,
    const struct record_type **ret_type)
{
	const struct record_type *type = item_body_type(item);
	struct err err;
	if (type == NULL || item_name(item) == NULL)
		return false;
	void *record = arena_try_alloc(arena, type->size, alignof(max_align_t), 1);
	if (record == NULL || !record_decode_all(type, item->body, arena, record, &err)) {
		gate->n.frames_bad++;
		return false;
	}
	*ret = record;
	*ret_type = type;
	return true;
}

static bool
is_wanted(const struct writing *w, const struct incident_row *row)
{
	if (w->service.n > 0 && !str_eq(row->service, w->service))
		return false;
	if (w->owner.n > 0 && !str_eq(row->owner, w->owner))
		return false;
	return w->state.n == 0 || str_eq(w->state, str_of(incident_state_name(row->state)));
}

/* ---- shapes ---- */

static void
put_comma(struct call *call, struct writing *w)
{
	if (w->n++ > 0)
		buf_char(&call->stream.out, ',');
}

static void
put_list_item(struct call *call, struct writing *w, const struct item *item, void *record,
    const struct record_type *type)
{
	if (item->table == TABLE_INCIDENT && w->filtered && !is_wanted(w, record))
		return;
	/* A list of handoffs is looked over; the case file is in each one's own answer. */
	if (item->table == TABLE_HANDOFF)
		((struct handoff_row *)record)->case_file = STR("");
	put_comma(call, w);
	record_to_json(type, record, &call->stream.out);
}

struct section {
	const char *name;
	enum table table;
	enum item_kind kind; /* when table is 0 */
	bool one;            /* an object, not a list */
};

static const struct section whole[] = {
	{ .name = "incident", .table = TABLE_INCIDENT, .one = true },
	{ .name = "timeline", .table = TABLE_TIMELINE },
	{ .name = "runs", .table = TABLE_RUN },
	{ .name = "attempts", .table = TABLE_ATTEMPT },
	{ .name = "decisions", .table = TABLE_DECISION },
	{ .name = "asked", .table = TABLE_ASKED },
	{ .name = "notices", .table = TABLE_NOTICE },
	{ .name = "handoffs", .table = TABLE_HANDOFF },
};

static const struct section why[] = {
	{ .name = "can", .kind = ITEM_CAN },
	{ .name = "incident", .table = TABLE_INCIDENT, .one = true },
	{ .name = "timeline", .table = TABLE_TIMELINE },
	{ .name = "runs", .table = TABLE_RUN },
	{ .name = "decisions", .table = TABLE_DECISION },
	{ .name = "attempts", .table = TABLE_ATTEMPT },
	{ .name = "asked", .table = TABLE_ASKED },
};

static const struct section asked[] = {
	{ .name = "asked", .table = TABLE_ASKED, .one = true },
	{ .name = "decision", .table = TABLE_DECISION, .one = true },
};

static const struct section *
sections_of(const struct call *call, size_t *ret_n)
{
	switch (call->match.route->shape) {
	case SHAPE_WHOLE:
		*ret_n = countof(whole);
		return whole;
	case SHAPE_WHY:
		*ret_n = countof(why);
		return why;
	case SHAPE_ASKED:
		*ret_n = countof(asked);
		return asked;
	case SHAPE_NONE:
	case SHAPE_ONE:
	case SHAPE_LIST:
	case SHAPE_DONE:
		break;
	}
	UNREACHABLE();
}

static void
close_section(struct call *call, const struct writing *w, const struct section *open)
{
	struct buf *b = &call->stream.out;
	if (open->one && w->n == 0)
		buf_add(b, STR("null"));
	if (!open->one)
		buf_char(b, ']');
}

/* Close what is open and write the empty ones, up to and with the head of number `to`. */
static void
open_section(struct call *call, struct writing *w, size_t to)
{
	struct buf *b = &call->stream.out;
	size_t n;
	const struct section *sections = sections_of(call, &n);
	while (w->section <= to) {
		if (w->section > 0) {
			close_section(call, w, &sections[w->section - 1]);
			buf_char(b, ',');
		}
		const struct section *next = &sections[w->section++];
		buf_printf(b, "\"%s\":%s", next->name, next->one ? "" : "[");
		w->n = 0;
	}
}

/* The engine sends sections in their order; what would go back is left out. */
static void
put_section_item(struct call *call, struct writing *w, const struct item *item,
    const void *record, const struct record_type *type)
{
	size_t n;
	const struct section *sections = sections_of(call, &n);
	for (size_t i = w->section > 0 ? w->section - 1 : 0; i < n; i++) {
		if (item->table != sections[i].table ||
		    (item->table == 0 && item->kind != (uint32_t)sections[i].kind))
			continue;
		open_section(call, w, i);
		if (sections[i].one && w->n > 0)
			return;
		put_comma(call, w);
		record_to_json(type, record, &call->stream.out);
		return;
	}
}

static void
put_begin(struct call *call, const struct answer *answer)
{
	struct buf *b = &call->stream.out;
	switch (call->match.route->shape) {
	case SHAPE_LIST:
		buf_add(b, STR("{\"items\":["));
		return;
	case SHAPE_WHOLE:
	case SHAPE_WHY:
	case SHAPE_ASKED:
		buf_char(b, '{');
		return;
	case SHAPE_DONE:
		buf_add(b, STR("{\"exit\":"));
		buf_u64(b, answer->exit);
		return;
	case SHAPE_ONE:
	case SHAPE_NONE:
		return;
	}
	UNREACHABLE();
}

static void
put_item(struct call *call, struct writing *w, const struct item *item, void *record,
    const struct record_type *type)
{
	struct buf *b = &call->stream.out;
	switch (call->match.route->shape) {
	case SHAPE_ONE:
		if (w->n++ == 0)
			record_to_json(type, record, b);
		return;
	case SHAPE_LIST:
		put_list_item(call, w, item, record, type);
		return;
	case SHAPE_WHOLE:
	case SHAPE_WHY:
	case SHAPE_ASKED:
		put_section_item(call, w, item, record, type);
		return;
	case SHAPE_DONE:
		buf_printf(b, ",\"%s\":", item_name(item));
		record_to_json(type, record, b);
		return;
	case SHAPE_NONE:
		return;
	}
	UNREACHABLE();
}

static void
put_note(struct buf *b, str note)
{
	if (note.n == 0)
		return;
	buf_add(b, STR(",\"note\":"));
	json_put_string(b, note);
}

static void
put_end(struct call *call, struct writing *w, const struct answer *answer)
{
	struct buf *b = &call->stream.out;
	const struct section *sections;
	size_t n;
	switch (call->match.route->shape) {
	case SHAPE_LIST:
		buf_add(b, STR("],\"cursor\":"));
		if (answer->cursor != 0)
			buf_printf(b, "\"%llu\"", (unsigned long long)answer->cursor);
		else
			buf_add(b, STR("null"));
		buf_add(b, STR(",\"seq\":"));
		buf_u64(b, answer->seq);
		put_note(b, answer->note);
		buf_add(b, STR("}\n"));
		return;
	case SHAPE_WHOLE:
	case SHAPE_WHY:
	case SHAPE_ASKED:
		sections = sections_of(call, &n);
		open_section(call, w, n - 1);
		close_section(call, w, &sections[n - 1]);
		buf_add(b, STR("}\n"));
		return;
	case SHAPE_DONE:
		put_note(b, answer->note);
		buf_add(b, STR("}\n"));
		return;
	case SHAPE_ONE:
		buf_add(b, w->n > 0 ? STR("\n") : STR("{}\n"));
		return;
	case SHAPE_NONE:
		return;
	}
	UNREACHABLE();
}

/* ---- answers ---- */

static void
respond_tagged(struct call *call, unsigned status)
{
	char tag[24];
	uint64_t hash = fnv64(FNV64_BASIS, buf_str(&call->stream.out));
	(void)snprintf(tag, sizeof(tag), "\"%016llx\"", (unsigned long long)hash);
	if (head_etag_matches(&call->head, str_of(tag)))
		respond(call, 304, NULL, STR(""));
	else
		stream_whole(call, status, "application/json");
	response_header(call->response, "ETag", tag);
}

static bool
comes_in_parts(const struct call *call)
{
	enum shape shape = call->match.route->shape;
	return shape == SHAPE_WHOLE || shape == SHAPE_WHY;
}

/* Nothing follows: no frame of this part, and no part. */
static bool
is_last(const struct call *call, const struct answer *answer)
{
	return !answer->more && (answer->cursor == 0 || !comes_in_parts(call));
}

static bool
put_answer(struct call *call, struct writing *w, const struct answer *answer)
{
	const struct item *items = answer->items.p;
	if (!w->begun)
		put_begin(call, answer);
	w->begun = true;
	for (size_t i = 0; i < answer->items.n; i++) {
		struct arena scratch = call->gate->scratch;
		const struct record_type *type;
		void *record;
		if (!item_decode(call->gate, &items[i], &scratch, &record, &type))
			return false;
		put_item(call, w, &items[i], record, type);
	}
	if (is_last(call, answer))
		put_end(call, w, answer);
	return !call->stream.out.overflow;
}

static void
ask_part(struct call *call)
{
	struct writing *w = call->own;
	struct request request = { .op = call->match.route->op,
		.incident = w->incident,
		.cursor = w->cursor };
	w->asked = true;
	link_ask(call, &request, api_answer);
}

/* The client has read most of the last part. */
static void
on_low(struct call *call)
{
	const struct writing *w = call->own;
	if (w->asked)
		return;
	if (call->gate->engine == NULL)
		call->stream.broken = true;
	else
		ask_part(call);
}

static void
end_answer(struct call *call, unsigned status)
{
	if (call->stream.started)
		stream_end(call);
	else if (call->match.route->tagged && status == 200)
		respond_tagged(call, status);
	else
		stream_whole(call, status, "application/json");
}

/* What there is goes to the client. */
static void
go_on(struct call *call, unsigned status)
{
	const struct writing *w = call->own;
	struct stream *s = &call->stream;
	if (s->started) {
		call_wake(call);
	} else if (stream_waiting(call) >= GATE_STREAM_AT) {
		s->low = comes_in_parts(call) ? on_low : NULL;
		stream_start(call, status, "application/json");
	} else if (!w->asked) {
		ask_part(call);
	}
}

void
api_answer(struct call *call, const struct answer *answer)
{
	struct writing *w = call->own;
	if (answer == NULL) {
		respond_no_engine(call);
		return;
	}
	if (answer->status < 200 || answer->status >= 300) {
		respond_answer_error(call, answer);
		return;
	}
	if (!put_answer(call, w, answer)) {
		respond_error(call, 500, 1, "the engine's answer is malformed or too long");
		return;
	}
	w->asked = answer->more;
	w->cursor = answer->cursor;
	if (is_last(call, answer))
		end_answer(call, answer->status);
	else
		go_on(call, answer->status);
}

/* ---- requests ---- */

static bool
is_state(str name)
{
	if (str_eq(name, STR("")) || str_eq(name, STR("all")))
		return true;
	for (enum incident_state state = INCIDENT_OPEN; state <= INCIDENT_CLOSED; state++) {
		if (str_eq(name, str_of(incident_state_name(state))))
			return true;
	}
	return false;
}

static bool
read_number(struct call *call, const char *name, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t number;
	str text = target_query(&call->target, str_of(name));
	if (text.n == 0)
		return true;
	if (!str_u64(text, max, &number) || number < min) {
		respond_error(call, 400, 2, "'%s' is a number from %llu to %llu", name,
		    (unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*ret = number;
	return true;
}

static bool
read_filter(struct call *call, struct writing *w, struct request *request,
    struct pair params[static 3])
{
	w->service = target_query(&call->target, STR("service"));
	w->owner = target_query(&call->target, STR("owner"));
	str state = target_query(&call->target, STR("state"));
	if (!is_state(state)) {
		respond_error(call, 400, 2, "there is no state '%.*s'", STR_ARG(state));
		return false;
	}
	/* "open" is all that are not closed, as without a word */
	bool open = state.n == 0 || str_eq(state, STR("open"));
	w->filtered = true;
	w->state = open || str_eq(state, STR("all")) ? STR("") : state;
	params[0] = (struct pair){ STR("owner"), w->owner };
	params[1] = (struct pair){ STR("service"), w->service };
	params[2] = (struct pair){ STR("state"), state };
	request->params = (struct pairs){ params, 3 };
	return true;
}

/* A time of the query, as milliseconds in the params. */
static bool
read_time(struct call *call, struct request *request, struct pair *params,
    struct arena *arena, const char *name)
{
	msec at;
	str given = target_query(&call->target, str_of(name));
	if (given.n == 0)
		return true;
	if (!body_time(given, &at)) {
		respond_error(call, 400, 2, "'%s' is a time as 2026-11-23T07:00:00Z", name);
		return false;
	}
	params[request->params.n++] = (struct pair){ str_of(name),
		arena_printf(arena, "%llu", (unsigned long long)at) };
	request->params.p = params;
	return true;
}

/* The team, and when: of OP_ON_CALL, OP_SHIFTS. */
static bool
read_duty(struct call *call, struct request *request, struct pair *params,
    struct arena *arena)
{
	request->name = target_query(&call->target, STR("team"));
	return read_time(call, request, params, arena, "at") &&
	       read_time(call, request, params, arena, "from") &&
	       read_time(call, request, params, arena, "to");
}

/* Which of them: of OP_RULES. */
static void
read_rules(struct call *call, struct request *request, struct pair params[3])
{
	static const char *const names[] = { "file", "line", "service" };
	for (size_t i = 0; i < countof(names); i++)
		params[i] = (struct pair){ str_of(names[i]),
			target_query(&call->target, str_of(names[i])) };
	request->params = (struct pairs){ params, countof(names) };
}

/* In sum by what, and since when: of OP_NOISE. */
static bool
read_noise(struct call *call, struct request *request)
{
	str by = target_query(&call->target, STR("by"));
	str since = target_query(&call->target, STR("since"));
	if (by.n > 0 && !str_eq(by, STR("alert")) && !str_eq(by, STR("source")) &&
	    !str_eq(by, STR("service"))) {
		respond_error(call, 400, 2, "'by' is alert, source or service");
		return false;
	}
	if (since.n > 0 && !body_span(since, &request->span_ms)) {
		respond_error(call, 400, 2,
		    "'since' is how long ago, as in 30d or 12h: at most %ud",
		    (unsigned)(BODY_SPAN_MS_MAX / DAY));
		return false;
	}
	request->name = by;
	return true;
}

/* "open", as without a word, or "all". */
static bool
read_waiting(struct call *call, struct request *request, struct pair *param)
{
	str state = target_query(&call->target, STR("state"));
	if (state.n > 0 && !str_eq(state, STR("open")) && !str_eq(state, STR("all"))) {
		respond_error(call, 400, 2, "'state' is open or all");
		return false;
	}
	*param = (struct pair){ STR("state"), state };
	request->params = (struct pairs){ param, 1 };
	return true;
}

static bool
read_path(struct call *call, struct request *request)
{
	const struct route_match *match = &call->match;
	bool named = str_starts(str_of(match->route->path), STR("/v1/services/")) ||
	             str_starts(str_of(match->route->path), STR("/v1/runbooks/")) ||
	             str_starts(str_of(match->route->path), STR("/v1/trust/")) ||
	             str_starts(str_of(match->route->path), STR("/v1/people/"));
	if (str_starts(str_of(match->route->path), STR("/v1/incidents/#"))) {
		if (match->number > UINT32_MAX) {
			respond_error(call, 404, 3, "there is no incident %llu",
			    (unsigned long long)match->number);
			return false;
		}
		request->incident = (incident_id)match->number;
	} else if (match->number > 0) {
		request->row = match->number;
	} else if (match->name.n > 0 &&
		   (named || !str_u64(match->name, UINT64_MAX, &request->row))) {
		request->name = match->name;
	}
	return true;
}

bool
api_read_key(struct call *call, struct request *request)
{
	str key = call->head.idempotency_key;
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] < ' ' || key.p[i] > '~' || i >= GATE_KEY_MAX) {
			respond_error(call, 400, 2,
			    "an Idempotency-Key is at most %d printable characters",
			    GATE_KEY_MAX);
			return false;
		}
	}
	request->idempotency_key = key;
	return true;
}

static bool
read_body(struct call *call, struct request *request, struct arena *arena)
{
	static const struct body_member none[] = { { .name = NULL } };
	const struct route *route = call->match.route;
	struct err err;
	if (route->method != METHOD_POST)
		return true;
	if (body_read(buf_str(&call->body), route->body != NULL ? route->body : none, arena,
		request, &err))
		return true;
	respond_error(call, 400, 2, "%s", err.text);
	return false;
}

static bool
says_what_to_run(struct call *call, const struct request *request)
{
	if (request->command != COMMAND_RUN || request->name.n > 0)
		return true;
	respond_error(call, 400, 2, "give a 'runbook' or an 'action'");
	return false;
}

static bool
read_query(struct call *call, struct request *request)
{
	const char *known = call->match.route->query;
	str unknown = target_query_unknown(&call->target, known != NULL ? known : "");
	uint64_t limit = LIMIT_DEFAULT;
	if (unknown.n > 0) {
		respond_error(call, 400, 2, "unknown or repeated query parameter '%.*s'",
		    STR_ARG(unknown));
		return false;
	}
	if (!read_number(call, "cursor", 0, UINT64_MAX, &request->cursor) ||
	    !read_number(call, "limit", 1, LIMIT_MAX, &limit))
		return false;
	request->limit = (uint32_t)limit;
	return true;
}

static void
on_end(struct call *call)
{
	free(call->own);
}

void
api_ask(struct call *call, void (*answered)(struct call *call, const struct answer *answer))
{
	const struct route *route = call->match.route;
	struct arena arena = call->gate->scratch;
	struct request request = { .op = route->op, .command = route->command };
	struct pair params[3];
	struct writing *w = calloc(1, sizeof(*w));
	ASSERT(w != NULL);
	call->own = w;
	call->on_end = on_end;
	bool ok = read_query(call, &request) && api_read_key(call, &request) &&
	          read_body(call, &request, &arena) && says_what_to_run(call, &request) &&
	          read_path(call, &request);
	if (ok && route->op == OP_INCIDENTS)
		ok = read_filter(call, w, &request, params);
	if (ok && (route->op == OP_ON_CALL || route->op == OP_SHIFTS))
		ok = read_duty(call, &request, params, &arena);
	if (ok &&
	    (route->op == OP_ASKED || route->op == OP_LEASES || route->op == OP_OVERRIDES))
		ok = read_waiting(call, &request, params);
	if (ok && route->op == OP_NOISE)
		ok = read_noise(call, &request);
	if (ok && route->op == OP_RULES)
		read_rules(call, &request, params);
	if (ok && route->op == OP_TRUST) {
		params[0] = (struct pair){ STR("runbook"),
			target_query(&call->target, STR("runbook")) };
		request.params = (struct pairs){ params, 1 };
	}
	w->incident = request.incident;
	w->asked = true;
	if (ok && link_ready(call))
		link_ask(call, &request, answered);
}

void
serve_api(struct call *call)
{
	api_ask(call, api_answer);
}
