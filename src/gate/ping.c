/*
 * ping -- heartbeats by the URLs of healthchecks.io:
 *
 *	/ping/KEY                /ping/PING_KEY/NAME
 *	/ping/KEY/start          /ping/PING_KEY/NAME/start       alike /fail, /log
 *	/ping/KEY/1              /ping/PING_KEY/NAME/1           an exit code, 0 to 255
 *
 * by HEAD, GET or POST, with ?rid=UUID where runs overlap; answered as it answers. Who knows
 * the key may ping: the supervisor gave us the keys, and only what they hash to is kept.
 */
#include <stdio.h>

#include "facts/heartbeat.h"
#include "gate/state.h"

#define TEXT_PLAIN "text/plain; charset=utf-8"
#define STATUS_MAX 255

static void
say(struct call *call, unsigned status, const char *text)
{
	char most[16];
	(void)snprintf(most, sizeof(most), "%d", PING_TEXT_MAX);
	respond(call, status, TEXT_PLAIN, str_of(text));
	response_header(call->response, "Access-Control-Allow-Origin", "*");
	response_header(call->response, "Ping-Body-Limit", most);
}

static void
on_answer(struct call *call, const struct answer *answer)
{
	if (answer == NULL || answer->status >= 500) {
		if (answer == NULL)
			respond_no_engine(call);
		else
			respond_answer_error(call, answer);
		return;
	}
	char again[16];
	uint32_t again_s = answer->again_s;
	say(call, answer->status,
	    answer->status == 200   ? "OK"
	    : answer->status == 429 ? "rate limited"
				    : "not found");
	(void)snprintf(again, sizeof(again), "%u", again_s);
	if (again_s > 0)
		response_header(call->response, "Retry-After", again);
}

/* NULL: it is nobody's. All keys are looked at, whichever it is. */
static const struct ping_key *
key_find(const struct pings *pings, str key)
{
	hash32 hash = sha256(key);
	const struct ping_key *found = NULL;
	for (size_t i = 0; i < pings->n; i++) {
		if (hash32_eq_secret(&pings->key[i].key, &hash))
			found = &pings->key[i];
	}
	return found;
}

static bool
is_uuid(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
		           (c >= 'A' && c <= 'F');
		if (dash ? c != '-' : !hex)
			return false;
	}
	return s.n == PING_RUN_MAX;
}

/* What stands behind the heartbeat in the URL; false: no such ending. */
static bool
ending_read(str ending, const char **ret_kind, uint64_t *ret_exit)
{
	static const char *const endings[] = { "start", "fail", "log" };
	for (size_t i = 0; i < countof(endings); i++) {
		if (str_eq(ending, str_of(endings[i]))) {
			*ret_kind = endings[i];
			return true;
		}
	}
	*ret_kind = "exit";
	return str_u64(ending, STATUS_MAX, ret_exit);
}

/* The beginning of the body, as text: what is none becomes '?'. */
static str
text_of(struct call *call, struct arena *arena)
{
	str body = buf_str(&call->body);
	size_t n = body.n < PING_TEXT_MAX ? body.n : PING_TEXT_MAX, at = 0;
	char *p = arena_try(arena, char, n + 1);
	if (p == NULL)
		return STR("");
	while (at < n) {
		size_t bytes = str_utf8_char(str_drop(body, at));
		unsigned char c = (unsigned char)body.p[at];
		bool control = c < ' ' && c != '\n' && c != '\t';
		if (bytes == 0 || control || c == 0x7f) {
			p[at++] = '?';
		} else if (at + bytes > n) {
			break;
		} else {
			memcpy(p + at, body.p + at, bytes);
			at += bytes;
		}
	}
	return (str){ p, at };
}

void
serve_ping(struct call *call)
{
	const struct target *target = &call->target;
	struct arena scratch = call->gate->scratch;
	const struct ping_key *key = key_find(&call->gate->pings, target->segment[1]);
	size_t next = 2;
	str name = key != NULL ? str_of(key->name) : STR("");
	if (key != NULL && name.n == 0 && target->segment_n > next)
		name = target->segment[next++];
	const char *kind = "success";
	uint64_t code = 0;
	str rid = target_query(target, STR("rid"));
	bool known = target->segment_n == next ||
	             (target->segment_n == next + 1 &&
			 ending_read(target->segment[next], &kind, &code));
	if (key == NULL || name.n == 0) {
		say(call, 404, "not found");
		return;
	}
	if (!known || !heartbeat_slug(name)) {
		say(call, 400, "invalid url format");
		return;
	}
	if (rid.n > 0 && !is_uuid(rid)) {
		say(call, 400, "invalid uuid format");
		return;
	}
	struct pair params[] = { { STR("kind"), str_of(kind) }, { STR("rid"), rid } };
	struct request request = { .op = OP_PING,
		.name = name,
		.row = code,
		.text = text_of(call, &scratch),
		.params = { params, rid.n > 0 ? 2 : 1 } };
	if (link_ready(call))
		link_ask(call, &request, on_answer);
}
