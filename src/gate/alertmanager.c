/*
 * alertmanager -- what is left of Alertmanager's API: who is there, and who receives.
 *
 * A receiver is a team that answers. There is no cluster, and the configuration that is told
 * is one in Alertmanager's form that says the same: tools read it to draw routes.
 */
#include "gate/state.h"

#define ALERTMANAGER_API "0.25.0" /* whose API it is: tools ask before they use it */

static const struct receivers_item *
read_answer(struct call *call, const struct answer *answer, struct arena *scratch)
{
	if (answer == NULL) {
		respond_no_engine(call);
		return NULL;
	}
	if (answer->status != 200) {
		respond_answer_error(call, answer);
		return NULL;
	}
	struct receivers_item *item = arena_new(scratch, struct receivers_item, 1);
	const struct item *only = answer->items.p;
	struct err err;
	if (answer->items.n == 1 && only->table == 0 && only->kind == ITEM_RECEIVERS &&
	    record_decode_all(&receivers_item_type, only->body, scratch, item, &err))
		return item;
	respond_error(call, 500, 1, "the engine's answer is malformed");
	return NULL;
}

/* ---- receivers ---- */

static void
on_receivers(struct call *call, const struct answer *answer)
{
	struct arena scratch = call->gate->scratch;
	const struct receivers_item *item = read_answer(call, answer, &scratch);
	if (item == NULL)
		return;
	struct buf *b = &call->stream.out;
	buf_char(b, '[');
	for (size_t i = 0; i < item->names.n; i++) {
		buf_add(b, i > 0 ? STR(",{\"name\":") : STR("{\"name\":"));
		json_put_string(b, item->names.p[i]);
		buf_char(b, '}');
	}
	buf_add(b, STR("]\n"));
	stream_whole(call, 200, "application/json");
}

void
serve_receivers(struct call *call)
{
	struct request request = { .op = OP_RECEIVERS };
	if (link_ready(call))
		link_ask(call, &request, on_receivers);
}

/* ---- status ---- */

/* YAML has JSON's strings. */
static str
config_of(const struct receivers_item *item, struct arena *arena)
{
	struct buf b = BUF((size_t)1 << 20);
	buf_add(&b, STR("route:\n  receiver: "));
	json_put_string(&b, item->names.n > 0 ? item->names.p[0] : STR("none"));
	buf_add(&b, STR("\n  group_by: [alertname]\nreceivers:\n"));
	for (size_t i = 0; i < item->names.n; i++) {
		buf_add(&b, STR("- name: "));
		json_put_string(&b, item->names.p[i]);
		buf_char(&b, '\n');
	}
	if (item->names.n == 0)
		buf_add(&b, STR("- name: none\n"));
	str text = arena_str(arena, buf_str(&b));
	buf_done(&b);
	return text;
}

static void
on_status(struct call *call, const struct answer *answer)
{
	struct arena scratch = call->gate->scratch;
	const struct receivers_item *item = read_answer(call, answer, &scratch);
	if (item == NULL)
		return;
	struct buf *b = &call->stream.out;
	buf_add(b, STR("{\"cluster\":{\"peers\":[],\"status\":\"disabled\"},"
		       "\"config\":{\"original\":"));
	json_put_string(b, config_of(item, &scratch));
	buf_add(b, STR("},\"uptime\":\""));
	buf_time(b, item->since_wall);
	buf_add(b, STR("\",\"versionInfo\":{\"branch\":\"firstline\",\"buildDate\":\"\","
		       "\"buildUser\":\"\",\"goVersion\":\"\",\"revision\":"));
	json_put_string(b, item->version);
	buf_add(b, STR(",\"version\":\"" ALERTMANAGER_API "\"}}\n"));
	stream_whole(call, 200, "application/json");
}

void
serve_am_status(struct call *call)
{
	struct request request = { .op = OP_RECEIVERS };
	if (link_ready(call))
		link_ask(call, &request, on_status);
}

/* ---- v1 and reload ---- */

void
serve_v1_gone(struct call *call)
{
	respond(call, 410, "application/json",
	    STR("{\"status\":\"deprecated\",\"error\":\"The Alertmanager v1 API was "
		"deprecated in "
		"version 0.16.0 and is removed as of version 0.27.0 - please use the "
		"equivalent route in the v2 API\"}\n"));
}

static void
on_reloaded(struct call *call, const struct answer *answer)
{
	if (answer == NULL)
		respond_no_engine(call);
	else if (answer->status != 200)
		respond_answer_error(call, answer);
	else
		respond(call, 200, NULL, STR(""));
}

void
serve_reload(struct call *call)
{
	struct request request = { .op = OP_RELOAD };
	if (link_ready(call))
		link_ask(call, &request, on_reloaded);
}
