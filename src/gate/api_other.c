/*
 * Answers of /v1 that are not the JSON of a row: a case file, a token's secret, who asks.
 */
#include "base/json.h"
#include "gate/state.h"

static void
on_case_file(struct call *call, const struct answer *answer)
{
	struct arena scratch = call->gate->scratch;
	const struct record_type *type;
	void *record;
	const struct item *items = answer != NULL ? answer->items.p : NULL;
	if (answer == NULL)
		respond_no_engine(call);
	else if (answer->status != 200)
		respond_answer_error(call, answer);
	else if (answer->items.n != 1 || items[0].table != TABLE_HANDOFF ||
		 !item_decode(call->gate, &items[0], &scratch, &record, &type))
		respond_error(call, 500, 1, "the engine's answer is malformed");
	else
		respond(call, 200, "text/markdown; charset=utf-8",
		    ((const struct handoff_row *)record)->case_file);
}

void
serve_handoff(struct call *call)
{
	str format = target_query(&call->target, STR("format"));
	if (str_eq(format, STR("markdown")))
		api_ask(call, on_case_file);
	else if (format.n == 0 || str_eq(format, STR("json")))
		api_ask(call, api_answer);
	else
		respond_error(call, 400, 2, "'format' is json or markdown");
}

static void
on_whoami(struct call *call, const struct answer *answer)
{
	struct arena scratch = call->gate->scratch;
	const struct record_type *type;
	void *record;
	const struct item *items = answer != NULL ? answer->items.p : NULL;
	if (answer == NULL) {
		respond_no_engine(call);
	} else if (answer->status != 200) {
		respond_answer_error(call, answer);
	} else if (answer->items.n != 1 || items[0].table != TABLE_TOKEN ||
		   !item_decode(call->gate, &items[0], &scratch, &record, &type)) {
		respond_error(call, 500, 1, "the engine's answer is malformed");
	} else {
		const struct token_row *token = record;
		struct buf *b = &call->stream.out;
		buf_add(b, STR("{\"principal\":"));
		json_put_string(b, token->principal);
		buf_printf(b, ",\"role\":\"%s\"}\n", role_name(token->role));
		stream_whole(call, 200, "application/json");
	}
}

/* The secret is shown this once: {"id": 7, "name": "prometheus", "secret": "flt_..."} */
static void
on_token(struct call *call, const struct answer *answer)
{
	const struct item *items = answer != NULL ? answer->items.p : NULL;
	struct buf *b = &call->stream.out;
	if (answer == NULL) {
		respond_no_engine(call);
		return;
	}
	if (answer->status >= 300) {
		respond_answer_error(call, answer);
		return;
	}
	for (size_t i = 0; i < answer->items.n; i++) {
		struct arena scratch = call->gate->scratch;
		const struct record_type *type;
		void *record;
		if (items[i].table == 0 && items[i].kind == ITEM_SECRET &&
		    item_decode(call->gate, &items[i], &scratch, &record, &type))
			record_to_json(type, record, b);
	}
	if (b->n == 0) {
		respond_error(call, 500, 1, "the engine's answer is malformed");
		return;
	}
	stream_whole(call, answer->status, "application/json");
}

void
serve_token_add(struct call *call)
{
	api_ask(call, on_token);
}

void
serve_whoami(struct call *call)
{
	api_ask(call, on_whoami);
}
