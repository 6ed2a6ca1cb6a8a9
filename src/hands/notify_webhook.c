/*
 * notify_webhook -- a notice by HTTP POST, signed where the channel has a secret.
 */
#include <stdio.h>

#include "hands/notify.h"
#include "hands/secrets.h"
#include "hands/webhook.h"
#include "os/clock.h"

#define TIMEOUT_MS (10 * SECOND)
#define BODY_MAX (256 * 1024)
#define HEADER_MAX 256

static void
on_answer(void *ctx, const struct net_answer *answer)
{
	char text[64];
	struct notice_result result = { .error = answer->error };
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

/* The header of its signature; none where the channel has no secret. */
static bool
sign(const struct channel *channel, str id, uint64_t timestamp, str body, char *ret,
    struct err *err)
{
	struct secret secret;
	ret[0] = '\0';
	if (channel->secret.n == 0)
		return true;
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
	char url[4096], id[64], id_header[96], time_header[64], signature[HEADER_MAX];
	uint64_t timestamp = clock_wall() / SECOND;
	if (channel->url.n >= sizeof(url))
		return err_set(err, ERR_INVALID, "the URL of its channel is too long");
	memcpy(url, channel->url.p, channel->url.n);
	url[channel->url.n] = '\0';
	(void)snprintf(id, sizeof(id), "notice-%llu", (unsigned long long)out->id);
	(void)snprintf(id_header, sizeof(id_header), "webhook-id: %s", id);
	(void)snprintf(time_header, sizeof(time_header), "webhook-timestamp: %llu",
	    (unsigned long long)timestamp);
	if (!sign(channel, str_of(id), timestamp, body, signature, err))
		return false;
	struct net_order order = {
		.kind = NET_POST,
		.url = url,
		.headers = { "Content-Type: application/json", id_header, time_header,
		    signature[0] != '\0' ? signature : NULL },
		.body = body,
		.body_max = 1024,
		.timeout_ms = TIMEOUT_MS,
		.done = on_answer,
		.ctx = out,
	};
	return net_start(net, &order, err);
}

bool
notify_webhook_start(struct notice_out *out, struct net *net, const struct channel *channel,
    const struct notice_row *notice, struct err *err)
{
	struct buf body = BUF(BODY_MAX);
	webhook_body(&body, notice);
	bool ok = body.overflow ? err_set(err, ERR_INVALID, "the notice is too long")
	                        : post(out, net, channel, buf_str(&body), err);
	buf_done(&body);
	return ok;
}
