/*
 * alert_groups -- GET /v1/alerts/groups: alerts counted in groups of chosen labels, a page of
 * them, with what all of a group share and the first few of each.
 *
 *	{"items": [{"labels": {"service": "pay"}, "shared": {"env": "production"},
 *	    "alerts": 512, "held": 3, "sev1": 12, "sev2": 497, "sev3": 0, "sev4": 0,
 *	    "oldest_wall": "...", "newest_wall": "...", "first": [{"labels": ...}]}],
 *	 "cursor": null, "groups": 1, "alerts": 512, "held": 3, "seq": 4711}
 *
 * The page is bounded by the engine, so it is written whole.
 */
#include <stdlib.h>

#include "gate/alert_query.h"

struct grouping {
	struct alert_query query;
	struct alert_total_item total;
	size_t groups, alerts; /* written; of the last group */
};

static void
end_group(struct call *call)
{
	const struct grouping *g = call->own;
	if (g->groups > 0)
		buf_add(&call->stream.out, STR("]}"));
}

static void
put_group(struct call *call, const void *group)
{
	struct grouping *g = call->own;
	struct buf *b = &call->stream.out;
	end_group(call);
	if (g->groups++ > 0)
		buf_char(b, ',');
	record_to_json(&alert_group_item_type, group, b);
	if (b->overflow)
		return;
	ASSERT(b->n > 0 && b->p[b->n - 1] == '}');
	b->n--;
	buf_add(b, STR(",\"first\":["));
	g->alerts = 0;
}

/* false when the engine sent nonsense */
static bool
take_item(struct call *call, const struct item *item)
{
	struct grouping *g = call->own;
	struct arena scratch = call->gate->scratch;
	struct alert_group_item group;
	struct err err;
	if (item->table != 0)
		return false;
	switch (item->kind) {
	case ITEM_ALERT_TOTAL:
		return record_decode_all(&alert_total_item_type, item->body, &scratch,
		    &g->total, &err);
	case ITEM_ALERT_GROUP:
		if (!record_decode_all(&alert_group_item_type, item->body, &scratch, &group,
			&err))
			return false;
		put_group(call, &group);
		return true;
	case ITEM_ALERT:
		if (g->groups == 0)
			return false;
		if (g->alerts++ > 0)
			buf_char(&call->stream.out, ',');
		return listing_put_item(call, item);
	default:
		return false;
	}
}

static void
put_end(struct call *call, const struct answer *answer)
{
	const struct grouping *g = call->own;
	struct buf *b = &call->stream.out;
	end_group(call);
	buf_add(b, STR("],\"cursor\":"));
	if (answer->cursor != 0)
		buf_printf(b, "\"%llu\"", (unsigned long long)answer->cursor);
	else
		buf_add(b, STR("null"));
	buf_printf(b, ",\"groups\":%u,\"alerts\":%u,\"held\":%u,\"seq\":%llu}\n",
	    g->total.groups, g->total.alerts, g->total.held,
	    (unsigned long long)answer->seq);
	stream_whole(call, 200, "application/json");
}

static void
on_groups(struct call *call, const struct answer *answer)
{
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
		if (!take_item(call, &items[i])) {
			call->gate->n.frames_bad++;
			respond_error(call, 500, 1, "the engine's answer is malformed");
			return;
		}
	}
	if (call->stream.out.overflow)
		respond_error(call, 500, 1, "the answer is too long");
	else if (!answer->more)
		put_end(call, answer);
}

static void
on_end(struct call *call)
{
	struct grouping *g = call->own;
	alert_query_done(&g->query);
	free(g);
}

void
serve_alert_groups(struct call *call)
{
	struct grouping *g = calloc(1, sizeof(*g));
	ASSERT(g != NULL);
	call->own = g;
	call->on_end = on_end;
	if (!alert_query_take(call, true, &g->query) || !link_ready(call))
		return;
	struct request request = { .op = OP_ALERT_GROUPS,
		.cursor = g->query.cursor,
		.limit = (uint32_t)g->query.limit,
		.params = { g->query.param, g->query.param_n } };
	buf_add(&call->stream.out, STR("{\"items\":["));
	link_ask(call, &request, on_groups);
}
