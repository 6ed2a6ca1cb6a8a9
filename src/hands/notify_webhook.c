/*
 * notify_webhook -- a notice by HTTP POST, signed where the channel has a secret.
 */
#include <stdio.h>

#include "hands/notify_http.h"
#include "hands/secrets.h"
#include "hands/webhook.h"
#include "os/clock.h"

#define HEADER_MAX 256

/* The header of its signature; none where the channel has no secret. */
static bool
sign(const struct channel *channel, str id, uint64_t timestamp, str body, char *ret,
    struct err *err)
{
	struct secret secret;
	ret[0] = '\0';
	if (channel->secret.n == 0)
		return true;
	if (secret_masked(channel->secret)) {
		(void)snprintf(ret, HEADER_MAX, "webhook-signature: v1," SECRET_SHOWN);
		return true;
	}
	if (!secret_get(channel->secret, &secret, err))
		return false;
	struct buf text = BUF(HEADER_MAX - 1);
	buf_add(&text, STR("webhook-signature: "));
	bool ok =
	    webhook_sign(&text, (str){ secret.bytes, secret.n }, id, timestamp, body, err);
	secret_wipe(&secret);
	ASSERT(!text.overflow);
	memcpy(ret, text.p, text.n);
	ret[text.n] = '\0';
	buf_done(&text);
	return ok;
}

static bool
post(struct notice_out *out, struct net *net, const struct channel *channel, str body,
    struct err *err)
{
	char url[NOTIFY_URL_MAX], id[64], id_header[96], time_header[64];
	char signature[HEADER_MAX];
	uint64_t timestamp = clock_wall() / SECOND;
	(void)snprintf(id, sizeof(id), "notice-%llu", (unsigned long long)out->id);
	(void)snprintf(id_header, sizeof(id_header), "webhook-id: %s", id);
	(void)snprintf(time_header, sizeof(time_header), "webhook-timestamp: %llu",
	    (unsigned long long)timestamp);
	if (!notify_url(channel, "", url, err) ||
	    !sign(channel, str_of(id), timestamp, body, signature, err))
		return false;
	return notify_post(out, net,
	    &(struct notify_post){
		.url = url,
		.headers = { "Content-Type: application/json", id_header, time_header,
		    signature[0] != '\0' ? signature : NULL },
		.body = body,
	    },
	    err);
}

bool
notify_webhook_start(struct notice_out *out, struct net *net, const struct channel *channel,
    const struct notice_row *notice, struct err *err)
{
	struct buf body = BUF(NOTIFY_BODY_MAX);
	if (out->worded->body.n > 0)
		buf_add(&body, out->worded->body);
	else
		webhook_body(&body, notice);
	bool ok = body.overflow ? err_set(err, ERR_INVALID, "the notice is too long")
	                        : post(out, net, channel, buf_str(&body), err);
	buf_done(&body);
	return ok;
}
