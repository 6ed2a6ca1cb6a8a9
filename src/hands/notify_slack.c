/*
 * notify_slack -- a notice by a bot of Slack: the first about an incident is a message with
 * buttons, the others are answers in its thread, and the message itself is kept as it is now.
 *
 *	POST chat.postMessage
 *	{"channel": "C0123", "text": "[sev2] checkout: ...", "attachments": [{"color": "#d24b4e",
 *	 "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "..."}},
 *	  {"type": "actions", "elements": [{"type": "button", "action_id":
 *	  "firstline_acknowledge", "value": "17", "text": {...}}]}]}]}
 *	-> {"ok": true, "channel": "C0123", "ts": "1503435956.000247"}
 *
 * and later chat.update with that channel and ts, then chat.postMessage with them as
 * thread_ts. "C0123:1503435956.000247" is what the message is called (notice_row.ref).
 *
 * What came from outside stands in plain_text, which Slack does not read as Markdown; in
 * `text`, which it does, '&', '<' and '>' are escaped, so nothing links or calls everybody.
 */
#include <stdlib.h>

#include "base/json.h"
#include "hands/clean.h"
#include "hands/notify_http.h"

#define TEXT_BYTES_MAX 2900 /* of a section: 3,000 characters */
#define SUBJECT_BYTES_MAX 1000
#define CONTEXT_BYTES_MAX 900
#define ERROR_BYTES_MAX 100
#define ANSWER_MAX (128u << 10) /* it shows the message again */
#define TIMEOUT_MS (10 * SECOND)

struct slack_try {
	struct net *net;
	char url[NOTIFY_URL_MAX]; /* of chat.postMessage */
	char authorization[NOTIFY_HEADER_MAX];
	size_t body_n;
	char body[NOTIFY_BODY_MAX]; /* of it */
};

void
slack_escape(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '&')
			buf_add(out, STR("&amp;"));
		else if (c == '<')
			buf_add(out, STR("&lt;"));
		else if (c == '>')
			buf_add(out, STR("&gt;"));
		else
			buf_char(out, c);
	}
}

/* Somebody has it. */
static bool
is_held(const struct notice_row *notice)
{
	return notify_field(notice, "acknowledged_by").n > 0;
}

static const char *
colour_of(const struct notice_row *notice)
{
	str severity = notify_field(notice, "severity");
	if (notify_is_end(notice))
		return "#3db887";
	if (notice->purpose == PURPOSE_ACKNOWLEDGED && is_held(notice))
		return "#4a90d9";
	return str_starts(severity, STR("sev1")) || str_starts(severity, STR("sev2"))
	           ? "#d24b4e"
	           : "#f5ab00";
}

static void
put_plain(struct buf *out, str text, size_t max)
{
	buf_add(out, STR("{\"type\":\"plain_text\",\"emoji\":false,\"text\":"));
	json_put_string(out, clean_cut(text, max));
	buf_char(out, '}');
}

/* The channel's own words. `verbatim`: what looks like a link or a name stays text. */
static void
put_markup(struct buf *out, str text, size_t max)
{
	buf_add(out, STR("{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":"));
	json_put_string(out, clean_cut(text, max));
	buf_char(out, '}');
}

static void
put_context(struct buf *out, const struct notice_row *notice)
{
	static const char *const names[] = { "severity", "service", "owner", "state" };
	struct buf line = BUF(4096);
	for (size_t i = 0; i < countof(names); i++) {
		str value = notify_field(notice, names[i]);
		if (value.n > 0)
			buf_printf(&line, "%s%s %.*s", line.n > 0 ? ", " : "", names[i],
			    STR_ARG(value));
	}
	if (line.n > 0) {
		buf_add(out, STR(",{\"type\":\"context\",\"elements\":["));
		put_plain(out, buf_str(&line), CONTEXT_BYTES_MAX);
		buf_add(out, STR("]}"));
	}
	buf_done(&line);
}

/* While it is open and nobody has it; and where what is pressed is heard of. */
static bool
may_acknowledge(const struct notice_row *notice, bool calls)
{
	return calls && notice->incident != 0 && !notify_is_end(notice) &&
	       !is_held(notice) && notice->purpose != PURPOSE_HANDED_OFF;
}

/* A button that opens a page. */
static void
put_link(struct buf *out, const char *action, const char *label, str url)
{
	buf_printf(out,
	    "{\"type\":\"button\",\"action_id\":\"firstline_%s\",\"text\":{\"type\":"
	    "\"plain_text\",\"text\":\"%s\"},\"url\":",
	    action, label);
	json_put_string(out, url);
	buf_char(out, '}');
}

static void
put_buttons(struct buf *out, const struct notice_row *notice, bool calls)
{
	str url = notify_field(notice, "url");
	bool acknowledge = may_acknowledge(notice, calls);
	if (!acknowledge && url.n == 0)
		return;
	buf_add(out, STR(",{\"type\":\"actions\",\"elements\":["));
	if (acknowledge)
		buf_printf(out,
		    "{\"type\":\"button\",\"style\":\"primary\",\"action_id\":"
		    "\"firstline_acknowledge\",\"value\":\"%u\",\"text\":{\"type\":"
		    "\"plain_text\",\"text\":\"Acknowledge\"}}%s",
		    notice->incident, url.n > 0 ? "," : "");
	if (url.n > 0)
		put_link(out, "open", "Open", url);
	str yes = notify_field(notice, NOTICE_USEFUL_FIELD);
	str no = notify_field(notice, NOTICE_USELESS_FIELD);
	str asks = notify_field(notice, NOTICE_ASKS_FIELD);
	if (url.n > 0 && asks.n > 0) {
		buf_char(out, ',');
		put_link(out, "was_useful", "Was it useful?", asks);
	}
	if (url.n > 0 && yes.n > 0 && no.n > 0) {
		buf_char(out, ',');
		put_link(out, "useful", "Useful", yes);
		buf_char(out, ',');
		put_link(out, "not_useful", "Not useful", no);
	}
	buf_add(out, STR("]}"));
}

/* `ts`: the message to change, or with `reply` the one to answer; empty: a new one. */
void
slack_body(struct buf *out, const struct notice_row *notice, str channel, str ts,
    bool reply, bool markup, bool calls)
{
	struct buf subject = BUF(4 * SUBJECT_BYTES_MAX + 16);
	slack_escape(&subject, clean_cut(notice->subject, SUBJECT_BYTES_MAX));
	buf_add(out, STR("{\"channel\":"));
	json_put_string(out, channel);
	if (ts.n > 0) {
		buf_add(out, reply ? STR(",\"thread_ts\":") : STR(",\"ts\":"));
		json_put_string(out, ts);
	}
	buf_add(out, STR(",\"text\":"));
	json_put_string(out, buf_str(&subject));
	if (ts.n == 0 || reply)
		buf_add(out, STR(",\"unfurl_links\":false,\"unfurl_media\":false"));
	buf_printf(out,
	    ",\"attachments\":[{\"color\":\"%s\",\"blocks\":[{\"type\":\"section\","
	    "\"text\":",
	    colour_of(notice));
	if (markup)
		put_markup(out, notice->text, TEXT_BYTES_MAX);
	else
		put_plain(out, notice->text, TEXT_BYTES_MAX);
	buf_char(out, '}');
	put_context(out, notice);
	if (!reply)
		put_buttons(out, notice, calls);
	buf_add(out, STR("]}]}"));
	buf_done(&subject);
}

/* ---- answers ---- */

/* What another try cannot change. */
static bool
is_permanent(str error)
{
	static const char *const names[] = { "account_inactive", "as_user_not_supported",
		"cannot_reply_to_message", "channel_not_found", "ekm_access_denied",
		"invalid_arguments", "invalid_auth", "invalid_blocks", "is_archived",
		"messages_tab_disabled", "missing_scope", "msg_too_long", "no_permission",
		"no_text", "not_allowed_token_type", "not_authed", "not_in_channel",
		"restricted_action", "team_access_not_granted", "token_expired",
		"token_revoked", "too_many_attachments", "user_not_found" };
	for (size_t i = 0; i < countof(names); i++) {
		if (str_eq(error, str_of(names[i])))
			return true;
	}
	return false;
}

/* Its errors are names. What is none may be anything, also what we sent: it is not told. */
static bool
is_word(str error)
{
	for (size_t i = 0; i < error.n; i++) {
		if ((error.p[i] < 'a' || error.p[i] > 'z') && error.p[i] != '_')
			return false;
	}
	return error.n > 0 && error.n <= ERROR_BYTES_MAX;
}

void
slack_answer(uint32_t status, str body, struct arena *arena, struct notice_result *ret)
{
	struct json j;
	str name, error = STR(""), channel = STR(""), ts = STR("");
	bool ok = false;
	*ret = (struct notice_result){ .error = STR("") };
	if (status < 200 || status >= 300) {
		ret->permanent =
		    status >= 400 && status < 500 && status != 408 && status != 429;
		ret->error = arena_printf(arena, "Slack answered %u", status);
		return;
	}
	json_open(&j, body, arena);
	if (json_object(&j)) {
		while (json_member(&j, &name)) {
			if (str_eq(name, STR("ok")))
				(void)json_bool(&j, &ok);
			else if (str_eq(name, STR("error")))
				(void)json_string(&j, &error);
			else if (str_eq(name, STR("channel")) &&
				 json_peek(&j) == JSON_STRING)
				(void)json_string(&j, &channel);
			else if (str_eq(name, STR("ts")))
				(void)json_string(&j, &ts);
			else
				(void)json_skip(&j);
		}
	}
	if (!json_close(&j)) {
		ret->error = STR("Slack answered what is no JSON");
	} else if (!ok) {
		ret->permanent = is_permanent(error);
		ret->error = is_word(error) ? arena_printf(arena, "Slack refused it: %.*s",
						  STR_ARG(error))
		                            : STR("Slack refused it");
	} else {
		ret->delivered = true;
		if (channel.n > 0 && ts.n > 0)
			ret->ref =
			    arena_printf(arena, "%.*s:%.*s", STR_ARG(channel), STR_ARG(ts));
	}
}

static void
on_posted(void *ctx, const struct net_answer *answer)
{
	static char memory[2 * ANSWER_MAX];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct notice_out *out = ctx;
	struct slack_try *try = out->own;
	struct notice_result result = { .error = answer->error };
	notify_heard(out, answer);
	if (answer->answered)
		slack_answer(answer->status, answer->body, &arena, &result);
	explicit_bzero(try->authorization, sizeof(try->authorization));
	notice_done(out, &result);
	arena_release(memory, sizeof(memory));
}

/* ---- asking ---- */

static bool
ask(struct notice_out *out, const char *url, str body,
    void (*done)(void *ctx, const struct net_answer *answer), struct err *err)
{
	struct slack_try *try = out->own;
	struct net_order order = {
		.kind = NET_POST,
		.url = url,
		.headers = { "Content-Type: application/json; charset=utf-8",
		    try->authorization },
		.body = body,
		.body_max = ANSWER_MAX,
		.timeout_ms = TIMEOUT_MS,
		.done = done,
		.ctx = out,
	};
	return notify_order(out, try->net, &order, err);
}

/* Whether or not the message could be changed: what is new is said below it. */
static void
on_updated(void *ctx, const struct net_answer *answer)
{
	struct notice_out *out = ctx;
	struct slack_try *try = out->own;
	struct err err;
	(void)answer;
	if (ask(out, try->url, (str){ try->body, try->body_n }, on_posted, &err))
		return;
	struct notice_result result = { .error = str_of(err.text) };
	notice_done(out, &result);
}

bool
notify_slack_start(struct notice_out *out, struct net *net, const struct channel *channel,
    const struct notice_row *notice, struct err *err)
{
	struct slack_try *try = calloc(1, sizeof(*try));
	char update[NOTIFY_URL_MAX];
	ASSERT(try != NULL);
	out->own = try;
	try->net = net;
	if (!notify_url(channel, "/chat.postMessage", try->url, err) ||
	    !notify_url(channel, "/chat.update", update, err) ||
	    !notify_authorization(channel, STR(""), try->authorization, err))
		return false;
	struct str_cut root = str_cut(notice->thread, ':');
	str where = root.found              ? root.head
	            : notice->address.n > 0 ? notice->address
	                                    : channel->address;
	struct buf first = BUF(NOTIFY_BODY_MAX), then = BUF(NOTIFY_BODY_MAX);
	bool markup = out->worded->markup;
	bool calls = channel->callback.n > 0;
	slack_body(&first, notice, where, root.tail, false, markup, calls);
	if (root.found)
		slack_body(&then, notice, where, root.tail, true, markup, calls);
	bool ok = !first.overflow && !then.overflow;
	if (ok && then.n > 0)
		memcpy(try->body, then.p, then.n);
	try->body_n = then.n;
	ok = ok ? ask(out, root.found ? update : try->url, buf_str(&first),
		      root.found ? on_updated : on_posted, err)
	        : err_set(err, ERR_INVALID, "the notice is too long");
	buf_done(&first);
	buf_done(&then);
	return ok;
}
