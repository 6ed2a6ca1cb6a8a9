#include "hands/notify_http.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "hands/secrets.h"
#include "model/internal.h"

#define TIMEOUT_MS (10 * SECOND)

static void
on_answer(void *ctx, const struct net_answer *answer)
{
	char text[64];
	struct notice_result result = { .error = answer->error };
	notify_heard(ctx, answer);
	uint32_t status = answer->status;
	if (answer->answered) {
		result.delivered = status >= 200 && status < 300;
		result.permanent =
		    status >= 400 && status < 500 && status != 408 && status != 429;
		(void)snprintf(text, sizeof(text), "the receiver answered %u", status);
		result.error = result.delivered ? STR("") : str_of(text);
	}
	notice_done(ctx, &result);
}

bool
notify_post(struct notice_out *out, struct net *net, const struct notify_post *post,
    struct err *err)
{
	struct net_order order = {
		.kind = NET_POST,
		.url = post->url,
		.body = post->body,
		.body_max = 1024,
		.timeout_ms = TIMEOUT_MS,
		.done = on_answer,
		.ctx = out,
	};
	for (size_t i = 0; i < NOTIFY_HEADERS_MAX; i++)
		order.headers[i] = post->headers[i];
	return notify_order(out, net, &order, err);
}

bool
notify_url(const struct channel *channel, const char *path, char ret[NOTIFY_URL_MAX],
    struct err *err)
{
	struct secret secret = { 0 };
	str url = channel->url;
	if (url.n == 0) {
		if (!secret_get(channel->url_secret, &secret, err))
			return false;
		url = (str){ secret.bytes, secret.n };
	}
	while (path[0] != '\0' && url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	bool fits = url.n + strlen(path) < NOTIFY_URL_MAX;
	bool ok = fits && (secret_masked(channel->url_secret) ||
			      url_fault(url, "http https") == NULL);
	if (ok)
		(void)snprintf(ret, NOTIFY_URL_MAX, "%.*s%s", STR_ARG(url), path);
	secret_wipe(&secret);
	return ok || err_set(err, ERR_INVALID, "the URL of its channel is none");
}

bool
notify_card(struct notice_out *out, struct net *net, const struct channel *channel,
    const struct notice_row *notice,
    void (*body)(struct buf *out, const struct notice_row *notice, bool markup),
    struct err *err)
{
	char url[NOTIFY_URL_MAX];
	if (!notify_url(channel, "", url, err))
		return false;
	struct buf text = BUF(NOTIFY_BODY_MAX);
	body(&text, notice, out->worded->markup);
	struct notify_post post = {
		.url = url,
		.headers = { "Content-Type: application/json" },
		.body = buf_str(&text),
	};
	bool ok = text.overflow ? err_set(err, ERR_INVALID, "the notice is too long")
	                        : notify_post(out, net, &post, err);
	explicit_bzero(url, sizeof(url));
	buf_done(&text);
	return ok;
}

bool
notify_authorization(const struct channel *channel, str user, char ret[NOTIFY_HEADER_MAX],
    struct err *err)
{
	struct secret secret;
	ret[0] = '\0';
	if (channel->secret.n == 0)
		return true;
	if (!secret_get(channel->secret, &secret, err))
		return false;
	struct buf text = BUF(NOTIFY_HEADER_MAX - 1);
	struct buf pair = BUF(NOTIFY_HEADER_MAX / 2);
	if (user.n > 0 && secret_masked(channel->secret)) {
		buf_add(&text, STR("Authorization: Basic " SECRET_SHOWN));
	} else if (user.n > 0) {
		buf_add(&pair, user);
		buf_char(&pair, ':');
		buf_add(&pair, (str){ secret.bytes, secret.n });
		buf_add(&text, STR("Authorization: Basic "));
		buf_base64(&text, buf_str(&pair));
	} else {
		buf_add(&text, STR("Authorization: Bearer "));
		buf_add(&text, (str){ secret.bytes, secret.n });
	}
	bool ok = !text.overflow && !pair.overflow;
	for (size_t i = 0; ok && i < text.n; i++)
		ok = (unsigned char)text.p[i] >= 0x20 && text.p[i] != 0x7f;
	if (ok) {
		memcpy(ret, text.p, text.n);
		ret[text.n] = '\0';
	}
	secret_wipe(&secret);
	buf_wipe(&text);
	buf_wipe(&pair);
	return ok || err_set(err, ERR_INVALID, "the secret of its channel cannot be sent");
}

str
notify_field(const struct notice_row *notice, const char *name)
{
	return pairs_get(&notice->fields, str_of(name));
}

bool
notify_is_tap(str name)
{
	return str_eq(name, STR(NOTICE_TAP_FIELD)) ||
	       str_eq(name, STR(NOTICE_USEFUL_FIELD)) ||
	       str_eq(name, STR(NOTICE_USELESS_FIELD)) ||
	       str_eq(name, STR(NOTICE_ASKS_FIELD));
}

bool
notify_is_end(const struct notice_row *notice)
{
	return notice->purpose == PURPOSE_ENDED ||
	       notice->purpose == PURPOSE_APPROVAL_ENDED ||
	       notice->purpose == PURPOSE_QUESTION_ENDED ||
	       (notice->purpose == PURPOSE_DIGEST && notice->severity == 0);
}

str
notify_thread(const struct notice_row *notice, char ret[64])
{
	unsigned long long id = notice->id;
	const char *of = "notice";
	if (notice->asked != 0) {
		id = notice->asked;
		of = "asked";
	} else if (notice->incident != 0) {
		id = notice->incident;
		of = "incident";
	}
	(void)snprintf(ret, 64, "firstline-%s-%llu", of, id);
	return str_of(ret);
}
