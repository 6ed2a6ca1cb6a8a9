/*
 * listing -- GET /api/v2/alerts and /api/v2/alerts/groups, as Alertmanager answers them, in
 * pages; and the same alerts as lists of /v1.
 *
 * The engine gives active alerts in the order of their fingerprints or group by group, those
 * that match, a page at a time; the next is asked for when the client has taken most of the last. So a listing
 * of a million alerts to a slow client costs a page of memory.
 *
 *	[{"annotations":{"summary":"s"},"endsAt":"2026-11-23T07:18:22.380Z",
 *	  "fingerprint":"d0b0f9c089b0ac23","receivers":[{"name":"platform-ops"}],
 *	  "startsAt":...,"status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},
 *	  "updatedAt":...,"generatorURL":"http://g/x","labels":{"alertname":"A"}}]
 *
 *	[{"alerts":[...],"labels":{"alertname":"A"},"receiver":{"name":"platform-ops"}}]
 */
#include <stdio.h>
#include <stdlib.h>

#include "gate/alert_query.h"

struct listing {
	struct label_matchers filters, receiver;   /* checked here, applied by the engine */
	struct pair param[LABEL_MATCHERS_MAX + 5]; /* of the request: what is asked for */
	char name[LABEL_MATCHERS_MAX][10];         /* "filter.00" and up */
	size_t filter_n, param_n;
	bool groups;
	struct buf group_end; /* what closes the one that is being written */
	bool page; /* one page, as a list of /v1: of an incident, or by `query` */
	struct alert_query query;
	incident_id incident;
	uint32_t limit;
	bool any;   /* one was written */
	bool asked; /* a page is on its way */
	bool paged; /* the first was asked for */
	uint64_t cursor;
};

/* ---- one alert ---- */

static void
put_pairs(struct buf *b, const struct pairs *pairs)
{
	buf_char(b, '{');
	for (size_t i = 0; i < pairs->n; i++) {
		if (i > 0)
			buf_char(b, ',');
		json_put_string(b, pairs->p[i].name);
		buf_char(b, ':');
		json_put_string(b, pairs->p[i].value);
	}
	buf_char(b, '}');
}

static void
put_time(struct buf *b, const char *name, msec wall)
{
	buf_add(b, str_of(name));
	buf_time(b, wall);
	buf_add(b, STR("\","));
}

static void
put_strs(struct buf *b, const struct strs *strs)
{
	for (size_t i = 0; i < strs->n; i++) {
		if (i > 0)
			buf_char(b, ',');
		json_put_string(b, strs->p[i]);
	}
}

static bool
is_suppressed(const struct alert_item *item)
{
	return item->silenced_by.n > 0 || item->inhibited_by.n > 0;
}

static void
put_alert(struct buf *b, const struct alert_item *item, const struct alert_body *body)
{
	buf_add(b, STR("{\"annotations\":"));
	put_pairs(b, &body->annotations);
	put_time(b, ",\"endsAt\":\"", item->ends_wall);
	buf_printf(b, "\"fingerprint\":\"%016llx\",\"receivers\":[{\"name\":",
	    (unsigned long long)item->fingerprint);
	json_put_string(b, item->owner);
	put_time(b, "}],\"startsAt\":\"", item->starts_wall);
	buf_add(b, STR("\"status\":{\"inhibitedBy\":["));
	put_strs(b, &item->inhibited_by);
	buf_add(b, STR("],\"silencedBy\":["));
	put_strs(b, &item->silenced_by);
	buf_printf(b, "],\"state\":\"%s\"},",
	    is_suppressed(item) ? "suppressed" : "active");
	put_time(b, "\"updatedAt\":\"", item->updated_wall);
	if (body->url.n > 0) {
		buf_add(b, STR("\"generatorURL\":"));
		json_put_string(b, body->url);
		buf_char(b, ',');
	}
	buf_add(b, STR("\"labels\":"));
	put_pairs(b, &body->labels);
	buf_char(b, '}');
}

/* The labels come behind the alerts, so they are kept until the next group begins. */
static void
begin_group(struct call *call, const struct alert_item *alert)
{
	struct listing *listing = call->own;
	struct buf *end = &listing->group_end, *out = &call->stream.out;
	buf_add(out, buf_str(end));
	buf_add(out, listing->any ? STR(",{\"alerts\":[") : STR("[{\"alerts\":["));
	end->n = 0;
	buf_add(end, STR("],\"labels\":"));
	put_pairs(end, &alert->group);
	buf_add(end, STR(",\"receiver\":{\"name\":"));
	json_put_string(end, alert->owner);
	buf_add(end, STR("}}"));
}

/* false when it is none */
static bool
read_alert(const struct item *item, struct arena *arena, struct alert_item *ret_alert,
    struct alert_body *ret_body)
{
	struct err err;
	return item->table == 0 && item->kind == ITEM_ALERT &&
	       record_decode_all(&alert_item_type, item->body, arena, ret_alert, &err) &&
	       record_decode_all(&alert_body_type, ret_alert->body, arena, ret_body, &err);
}

bool
listing_put_item(struct call *call, const struct item *item)
{
	struct arena scratch = call->gate->scratch;
	struct alert_item alert;
	struct alert_body body;
	if (!read_alert(item, &scratch, &alert, &body))
		return false;
	put_alert(&call->stream.out, &alert, &body);
	return true;
}

/* false when the engine sent nonsense */
static bool
take_alert(struct call *call, const struct item *item)
{
	struct listing *listing = call->own;
	struct arena scratch = call->gate->scratch;
	struct alert_item alert;
	struct alert_body body;
	if (!read_alert(item, &scratch, &alert, &body))
		return false;
	bool begins = alert.begins_group;
	if (listing->groups ? !begins && !listing->any : begins)
		return false;
	if (begins)
		begin_group(call, &alert);
	else if (listing->any || !listing->page)
		buf_add(&call->stream.out, listing->any ? STR(",") : STR("["));
	listing->any = true;
	put_alert(&call->stream.out, &alert, &body);
	return true;
}

/* ---- pages ---- */

static void on_page(struct call *call, const struct answer *answer);

static void
ask_page(struct call *call)
{
	struct listing *listing = call->own;
	struct request request = { .op = OP_ALERTS,
		.cursor = listing->cursor,
		.params = { listing->param, listing->param_n },
		.limit = GATE_FOUND_ALERTS };
	/* What matches was searched for: a page of it is as large as may be. */
	if (listing->page) {
		request.limit = listing->limit;
		request.incident = listing->incident;
	} else if (listing->filters.n == 0 || listing->groups)
		request.limit = listing->paged ? GATE_PAGE_ALERTS : GATE_FIRST_PAGE_ALERTS;
	listing->asked = listing->paged = true;
	link_ask(call, &request, on_page);
}

static void
on_low(struct call *call)
{
	const struct listing *listing = call->own;
	if (listing->asked)
		return;
	if (call->gate->engine == NULL)
		call->stream.broken = true;
	else
		ask_page(call);
}

static void
go_on(struct call *call, bool last_page)
{
	struct stream *s = &call->stream;
	struct listing *listing = call->own;
	if (last_page) {
		buf_add(&s->out, buf_str(&listing->group_end));
		buf_add(&s->out, listing->any ? STR("]\n") : STR("[]\n"));
		if (s->started)
			stream_end(call);
		else
			stream_whole(call, 200, "application/json");
	} else if (s->started) {
		call_wake(call);
	} else if (stream_waiting(call) >= GATE_LISTING_AT) {
		s->low = on_low;
		stream_start(call, 200, "application/json");
	} else if (!listing->asked) {
		ask_page(call);
	}
}

static void
end_page(struct call *call, const struct answer *answer)
{
	struct buf *b = &call->stream.out;
	buf_add(b, STR("],\"cursor\":"));
	if (answer->cursor != 0)
		buf_printf(b, "\"%llu\"", (unsigned long long)answer->cursor);
	else
		buf_add(b, STR("null"));
	buf_printf(b, ",\"seq\":%llu}\n", (unsigned long long)answer->seq);
	stream_whole(call, 200, "application/json");
}

static void
on_page(struct call *call, const struct answer *answer)
{
	struct listing *listing = call->own;
	if (answer == NULL) {
		respond_no_engine(call);
		return;
	}
	if (answer->status != 200) {
		respond_answer_error(call, answer);
		return;
	}
	const struct item *items = answer->items.p;
	for (size_t i = 0; i < answer->items.n; i++) {
		if (!take_alert(call, &items[i])) {
			call->gate->n.frames_bad++;
			respond_error(call, 500, 1, "the engine's answer is malformed");
			return;
		}
	}
	if (call->stream.out.overflow || listing->group_end.overflow) {
		respond_error(call, 500, 1, "the answer is too long");
		return;
	}
	if (!answer->more) {
		listing->asked = false;
		listing->cursor = answer->cursor;
	}
	if (listing->page && !answer->more)
		end_page(call, answer);
	else if (!listing->page)
		go_on(call, !answer->more && answer->cursor == 0);
}

/* ---- the query ---- */

static void
add_param(struct listing *listing, const char *name, str value)
{
	ASSERT(listing->param_n < countof(listing->param));
	listing->param[listing->param_n++] = (struct pair){ str_of(name), value };
}

static bool
take_filter(struct call *call, str text)
{
	struct listing *listing = call->own;
	size_t n = listing->filter_n;
	if (n == LABEL_MATCHERS_MAX ||
	    !label_matchers_add_filter(&listing->filters, text, &call->arena))
		return false;
	(void)snprintf(listing->name[n], sizeof(listing->name[n]), "filter.%02u",
	    (unsigned)n);
	add_param(listing, listing->name[n], text);
	listing->filter_n++;
	return true;
}

/* Behind the filters; their names ascend. */
static void
take_flags(struct listing *listing, const struct target *target, str receiver)
{
	static const str yes = { "1", 1 };
	/* None is ever unprocessed, or muted by the time of day: those leave nothing out. */
	if (listing->groups)
		add_param(listing, "groups", yes);
	if (!target_flag(target, "active"))
		add_param(listing, "no-active", yes);
	if (!target_flag(target, "inhibited"))
		add_param(listing, "no-inhibited", yes);
	if (!target_flag(target, "silenced"))
		add_param(listing, "no-silenced", yes);
	if (receiver.n > 0)
		add_param(listing, "receiver", receiver);
}

static bool
read_query(struct call *call, struct listing *listing)
{
	const struct target *target = &call->target;
	str receiver = { NULL, 0 };
	for (size_t i = 0; i < target->query_n; i++) {
		const struct pair *pair = &target->query[i];
		if (str_eq(pair->name, STR("filter")) && !take_filter(call, pair->value)) {
			respond_error(call, 400, 2, "bad matcher format: %.*s",
			    STR_ARG(pair->value));
			return false;
		}
		if (!str_eq(pair->name, STR("receiver")) || pair->value.n == 0)
			continue;
		if (receiver.n > 0 ||
		    !label_matchers_add_pattern(&listing->receiver, pair->value)) {
			respond_error(call, 400, 2, "failed to parse receiver param: %.*s",
			    STR_ARG(pair->value));
			return false;
		}
		receiver = pair->value;
	}
	take_flags(listing, target, receiver);
	return true;
}

static void
on_end(struct call *call)
{
	struct listing *listing = call->own;
	buf_done(&listing->group_end);
	label_matchers_done(&listing->filters);
	label_matchers_done(&listing->receiver);
	alert_query_done(&listing->query);
	free(listing);
}

static struct listing *
listing_new(struct call *call)
{
	struct listing *listing = calloc(1, sizeof(*listing));
	ASSERT(listing != NULL);
	call->own = listing;
	call->on_end = on_end;
	return listing;
}

void
serve_alerts_get(struct call *call)
{
	if (read_query(call, listing_new(call)) && link_ready(call))
		ask_page(call);
}

void
serve_groups(struct call *call)
{
	struct listing *listing = listing_new(call);
	listing->groups = true;
	listing->group_end = BUF(GATE_GROUP_BYTES);
	if (read_query(call, listing) && link_ready(call))
		ask_page(call);
}

void
serve_alert_list(struct call *call)
{
	struct listing *listing = listing_new(call);
	struct alert_query *query = &listing->query;
	if (!alert_query_take(call, false, query))
		return;
	memcpy(listing->param, query->param, query->param_n * sizeof(query->param[0]));
	listing->param_n = query->param_n;
	listing->page = true;
	listing->limit = (uint32_t)query->limit;
	listing->cursor = query->cursor;
	buf_add(&call->stream.out, STR("{\"items\":["));
	if (link_ready(call))
		ask_page(call);
}

void
serve_incident_alerts(struct call *call)
{
	uint64_t limit = 100, cursor = 0;
	str unknown = target_query_unknown(&call->target, "limit cursor");
	str limit_text = target_query(&call->target, STR("limit"));
	str cursor_text = target_query(&call->target, STR("cursor"));
	if (unknown.n > 0) {
		respond_error(call, 400, 2, "unknown or repeated query parameter '%.*s'",
		    STR_ARG(unknown));
		return;
	}
	if ((limit_text.n > 0 && (!str_u64(limit_text, 1000, &limit) || limit == 0)) ||
	    (cursor_text.n > 0 && !str_u64(cursor_text, UINT64_MAX, &cursor))) {
		respond_error(call, 400, 2,
		    "'limit' is a number from 1 to 1000, 'cursor' what the page before "
		    "ended with");
		return;
	}
	if (call->match.number > UINT32_MAX) {
		respond_error(call, 404, 3, "there is no incident %llu",
		    (unsigned long long)call->match.number);
		return;
	}
	struct listing *listing = listing_new(call);
	listing->page = true;
	listing->incident = (incident_id)call->match.number;
	listing->limit = (uint32_t)limit;
	listing->cursor = cursor;
	buf_add(&call->stream.out, STR("{\"items\":["));
	if (link_ready(call))
		ask_page(call);
}
