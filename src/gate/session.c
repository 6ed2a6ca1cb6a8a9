/*
 * session -- /v1/session: a browser signs in, asks who it is, and leaves.
 *
 *	{"principal": "person:ana", "role": "lead", "csrf": "...", "until": "..."}
 *
 * and on signing in the cookie. Who may, and whether what was shown is right, the engine
 * says; the cookie's value passes through here and is not kept.
 */
#include <stdio.h>

#include "base/json.h"
#include "gate/state.h"

#define COOKIE_TAIL "; HttpOnly; SameSite=Strict; Path=/"

static void
set_cookie(struct call *call, str value, msec age_ms)
{
	char text[GATE_TOKEN_MAX + 128];
	(void)snprintf(text, sizeof(text), "%s=%.*s; Max-Age=%llu%s" COOKIE_TAIL,
	    call->secure ? SESSION_COOKIE_TLS : SESSION_COOKIE, STR_ARG(value),
	    (unsigned long long)(age_ms / SECOND), call->secure ? "; Secure" : "");
	response_header(call->response, "Set-Cookie", text);
	explicit_bzero(text, sizeof(text));
}

static void
put_session(struct buf *b, const struct session_item *item)
{
	buf_add(b, STR("{\"principal\":"));
	json_put_string(b, item->principal);
	buf_printf(b, ",\"role\":\"%s\",\"csrf\":", role_name(item->role));
	json_put_string(b, item->csrf);
	buf_add(b, STR(",\"until\":\""));
	buf_time(b, item->until_wall);
	buf_printf(b, "\",\"how\":\"%s\",\"id\":%llu}\n", session_how_name(item->how),
	    (unsigned long long)item->id);
}

static const struct session_item *
session_in(struct call *call, const struct answer *answer, struct arena *scratch)
{
	const struct record_type *type;
	const struct item *items = answer->items.p;
	void *record;
	for (size_t i = 0; i < answer->items.n; i++) {
		if (items[i].table == 0 && items[i].kind == ITEM_SESSION &&
		    item_decode(call->gate, &items[i], scratch, &record, &type))
			return record;
	}
	return NULL;
}

static void
on_session(struct call *call, const struct answer *answer)
{
	struct arena scratch = call->gate->scratch;
	if (answer == NULL) {
		respond_no_engine(call);
		return;
	}
	if (answer->status != 200) {
		respond_answer_error(call, answer);
		return;
	}
	const struct session_item *item = session_in(call, answer, &scratch);
	if (item == NULL || item->role == 0 || item->how == 0) {
		respond_error(call, 500, 1, "the engine's answer is malformed");
		return;
	}
	put_session(&call->stream.out, item);
	stream_whole(call, 200, "application/json");
	if (item->secret.n > 0)
		set_cookie(call, item->secret, SESSION_KEEP_MS);
}

bool
session_give(struct call *call, const struct answer *answer)
{
	struct arena scratch = call->gate->scratch;
	const struct session_item *item = session_in(call, answer, &scratch);
	if (item == NULL || item->secret.n == 0)
		return false;
	respond(call, 303, NULL, STR(""));
	set_cookie(call, item->secret, SESSION_KEEP_MS);
	return true;
}

void
serve_session(struct call *call)
{
	api_ask(call, on_session);
}

static void
on_ended(struct call *call, const struct answer *answer)
{
	bool ended = answer != NULL && answer->status == 200 && !answer->more;
	api_answer(call, answer);
	if (ended)
		set_cookie(call, STR(""), 0);
}

void
serve_session_end(struct call *call)
{
	api_ask(call, on_ended);
}
