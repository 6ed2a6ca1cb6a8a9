/*
 * notify_smtp -- a notice as mail.
 */
#include "hands/mail.h"
#include "hands/notify_http.h"
#include "hands/secrets.h"

#define TIMEOUT_MS (30 * SECOND)
#define BODY_MAX (256 * 1024)
#define URL_BYTES_MAX 1024

static void
on_answer(void *ctx, const struct net_answer *answer)
{
	struct notice_result result = {
		.delivered = answer->answered,
		.permanent =
		    !answer->answered && answer->status >= 500 && answer->status < 600,
		.error = answer->error,
	};
	notify_heard(ctx, answer);
	notice_done(ctx, &result);
}

static bool
is_loopback(str url)
{
	while (url.n > 0 && !str_starts(url, STR("://")))
		url = str_drop(url, 1);
	str rest = str_drop(url, url.n < 3 ? url.n : 3);
	if (str_starts(rest, STR("[::1]")))
		return true;
	str host = str_cut(str_cut(rest, '/').head, ':').head;
	for (size_t i = 0; i < host.n; i++) { /* 127.0.0.1, but not 127.example.com */
		if ((host.p[i] < '0' || host.p[i] > '9') && host.p[i] != '.')
			return str_eq(host, STR("localhost"));
	}
	return str_starts(host, STR("127."));
}

static bool
submit(struct notice_out *out, struct net *net, const struct channel *channel,
    const struct notice_row *notice, str body, struct err *err)
{
	static char memory[8192];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct secret secret = { 0 };
	if (channel->url.n > URL_BYTES_MAX || channel->username.n > URL_BYTES_MAX)
		return err_set(err, ERR_INVALID,
		    "the URL or user of its channel is too long");
	bool login = channel->username.n > 0;
	if (login && !secret_get(channel->secret, &secret, err))
		return false;
	struct net_order order = {
		.kind = NET_MAIL,
		.url = arena_cstr(&arena, channel->url),
		.body = body,
		.body_max = 1024,
		.from = arena_cstr(&arena, channel->from),
		.to = arena_cstr(&arena, notice->address),
		.user = login ? arena_cstr(&arena, channel->username) : NULL,
		.password = secret.bytes,
		.loopback = is_loopback(channel->url),
		.timeout_ms = TIMEOUT_MS,
		.done = on_answer,
		.ctx = out,
	};
	bool ok = notify_order(out, net, &order, err);
	secret_wipe(&secret);
	return ok;
}

bool
notify_smtp_start(struct notice_out *out, struct net *net, const struct channel *channel,
    const struct notice_row *notice, struct err *err)
{
	if (!mail_address_ok(channel->from))
		return err_set(err, ERR_INVALID, "'%.*s' is no address to send from",
		    STR_ARG(channel->from));
	if (!mail_address_ok(notice->address))
		return err_set(err, ERR_INVALID, "'%.*s' is no address to send to",
		    STR_ARG(notice->address));
	str tap = notify_field(notice, NOTICE_TAP_FIELD);
	struct buf text = BUF(BODY_MAX);
	buf_add(&text, notice->text);
	if (tap.n > 0 && !out->worded->own_text)
		buf_printf(&text, "\n%s yours with one tap:\n%.*s\n",
		    notice->purpose == PURPOSE_DIGEST ? "They are" : "It is", STR_ARG(tap));
	str yes = notify_field(notice, NOTICE_USEFUL_FIELD);
	str no = notify_field(notice, NOTICE_USELESS_FIELD);
	if (yes.n > 0 && no.n > 0 && !out->worded->own_text)
		buf_printf(&text,
		    "\nWas it useful to know of it? With one tap:\nyes: %.*s\nno:  %.*s\n",
		    STR_ARG(yes), STR_ARG(no));
	str asks = notify_field(notice, NOTICE_ASKS_FIELD);
	if (asks.n > 0 && !out->worded->own_text)
		buf_printf(&text,
		    "\nWas it useful to know of what is over? Of each:\n%.*s\n",
		    STR_ARG(asks));
	struct mail mail = {
		.notice = notice->id,
		.incident = notice->incident,
		.wall = notice->made_wall,
		.from = channel->from,
		.to = notice->address,
		.subject = notice->subject,
		.text = buf_str(&text),
		.html = out->worded->html,
	};
	struct buf body = BUF(BODY_MAX);
	mail_write(&body, &mail);
	bool ok = body.overflow || text.overflow
	              ? err_set(err, ERR_INVALID, "the notice is too long")
	              : submit(out, net, channel, notice, buf_str(&body), err);
	buf_done(&body);
	buf_done(&text);
	return ok;
}
