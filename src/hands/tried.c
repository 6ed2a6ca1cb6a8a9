/*
 * tried -- what a person who tries a channel is shown of it.
 *
 * The request is made a second time by the file of its kind, of a channel whose secrets are
 * all SECRET_MASKED, and written down instead of sent: so it shows what goes out, and never
 * had a secret in it. The answer is bytes from outside, and may repeat what it was sent:
 * secrets are looked for in every form that the shim knows, and control characters go.
 */
#include <stdlib.h>

#include "hands/clean.h"
#include "hands/notify.h"
#include "hands/secrets.h"
#include "shim/redact.h"

struct notice_tried *
tried_new(const struct notice_row *notice)
{
	if (notice->purpose != PURPOSE_TEST)
		return NULL;
	struct notice_tried *tried = calloc(1, sizeof(*tried));
	ASSERT(tried != NULL);
	tried->only_shown = notice->shows_as != 0;
	tried->request = BUF(NOTICE_REQUEST_MAX);
	tried->answer = BUF(NOTICE_ANSWER_MAX);
	return tried;
}

void
tried_free(struct notice_tried *tried)
{
	if (tried == NULL)
		return;
	buf_done(&tried->request);
	buf_done(&tried->answer);
	free(tried);
}

struct channel
tried_channel(const struct channel *channel)
{
	struct channel masked = *channel;
	if (masked.secret.n > 0)
		masked.secret = SECRET_MASKED;
	if (masked.url_secret.n > 0)
		masked.url_secret = SECRET_MASKED;
	if (masked.callback.n > 0)
		masked.callback = SECRET_MASKED;
	return masked;
}

struct notice_row
tried_notice(const struct notice_row *notice)
{
	struct notice_row shown = *notice;
	if (notice->shows_as != 0) {
		shown.purpose = notice->shows_as;
		shown.incident = notice->shows;
	}
	return shown;
}

/* ---- what goes out ---- */

static void
put_fitting(struct buf *out, str text)
{
	size_t room = out->max - out->n;
	buf_add(out, clean_cut(text, room));
}

static void
put_line(struct buf *out, const char *before, str text)
{
	put_fitting(out, str_of(before));
	put_fitting(out, text);
	put_fitting(out, STR("\n"));
}

static void
put_order(struct buf *out, const struct net_order *order)
{
	if (out->n > 0)
		put_fitting(out, STR("\n\n"));
	if (order->kind == NET_MAIL) {
		put_line(out, "MAIL ", str_of(order->url));
		if (order->user != NULL)
			put_line(out, "login: ", str_of(order->user));
		put_line(out, "from: ", str_of(order->from));
		put_line(out, "to: ", str_of(order->to));
	} else {
		put_line(out, "POST ", str_of(order->url));
		for (size_t i = 0; i < NET_HEADERS_MAX && order->headers[i] != NULL; i++)
			put_line(out, "", str_of(order->headers[i]));
	}
	put_fitting(out, STR("\n"));
	put_fitting(out, order->body);
}

bool
notify_order(struct notice_out *out, struct net *net, const struct net_order *order,
    struct err *err)
{
	if (out->tried == NULL || !out->tried->showing)
		return net_start(net, order, err);
	put_order(&out->tried->request, order);
	return true;
}

/* ---- what was answered ---- */

void
notify_heard(struct notice_out *out, const struct net_answer *answer)
{
	if (out->tried == NULL)
		return;
	struct buf *to = &out->tried->answer;
	buf_reset(to);
	if (answer->status != 0)
		buf_printf(to, "status %u\n", answer->status);
	put_fitting(to, answer->body.n > 0 ? STR("\n") : STR(""));
	put_fitting(to, answer->body);
}

/* Where a URL is a secret, so is what stands behind its host. */
static bool
add_secret(struct redactor *r, const struct secret *secret, bool url)
{
	str text = { secret->bytes, secret->n };
	if (!redact_add(r, text.p, text.n))
		return false;
	if (!url)
		return true;
	for (int slashes = 0; text.n > 0; text = str_drop(text, 1)) {
		if (text.p[0] == '/' && ++slashes == 3)
			break;
	}
	return text.n < REDACT_MIN || redact_add(r, text.p, text.n);
}

/* False: it cannot be known whether one is in it. */
static bool
add_secrets(struct redactor *r, const struct channel *channel)
{
	const str refs[] = { channel->secret, channel->url_secret, channel->callback };
	for (size_t i = 0; i < countof(refs); i++) {
		struct secret secret;
		struct err err;
		if (refs[i].n == 0)
			continue;
		if (!secret_get(refs[i], &secret, &err))
			return false;
		bool ok = add_secret(r, &secret, i == 1);
		secret_wipe(&secret);
		if (!ok)
			return false;
	}
	return true;
}

static void
collect(void *ctx, const char *p, size_t n)
{
	put_fitting(ctx, (str){ p, n });
}

static str
without_secrets(str answer, const struct channel *channel, struct arena *arena)
{
	struct redactor *r = calloc(1, sizeof(*r));
	struct buf out = BUF(NOTICE_ANSWER_MAX);
	ASSERT(r != NULL);
	redact_init(r, collect, &out);
	bool known = channel != NULL && add_secrets(r, channel);
	if (known) {
		redact_ready(r);
		redact_put(r, answer.p, answer.n);
		redact_end(r);
	} else if (answer.n > 0) {
		put_fitting(&out, STR("(not shown: it may hold a secret)"));
	}
	str text = clean_text(arena, buf_str(&out), NOTICE_ANSWER_MAX);
	explicit_bzero(r, sizeof(*r));
	free(r);
	buf_done(&out);
	return text;
}

void
tried_tell(const struct notice_tried *tried, const struct channel *channel,
    struct arena *arena, struct notice_result *result)
{
	result->request = clean_text(arena, buf_str(&tried->request), NOTICE_REQUEST_MAX);
	result->answer = without_secrets(buf_str(&tried->answer), channel, arena);
}
