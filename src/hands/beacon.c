#include "hands/beacon.h"

#include <stdlib.h>

#include "hands/secrets.h"

#define ANSWER_MAX 1024

struct beacon {
	struct net *net;
	const struct tell *tell;
	char *url; /* NULL: none; `secret`: what names the place of it */
	bool secret;
	msec every_ms;
	msec began_boot;
	bool began; /* ever, with this URL */
	bool out;
	bool failing; /* and that is in the log */
};

static void
failed(struct beacon *beacon, str why)
{
	if (!beacon->failing)
		tell_log(beacon->tell, LOG_WARNING, "heartbeat_url: %.*s", STR_ARG(why));
	beacon->failing = true;
}

static void
on_done(void *ctx, const struct net_answer *answer)
{
	struct beacon *beacon = ctx;
	beacon->out = false;
	if (!answer->answered) {
		failed(beacon, answer->error);
	} else if (answer->status < 200 || answer->status > 299) {
		struct buf why = BUF(64);
		buf_add(&why, STR("it answers "));
		buf_u64(&why, answer->status);
		failed(beacon, buf_str(&why));
		buf_done(&why);
	} else {
		if (beacon->failing)
			tell_log(beacon->tell, LOG_INFO,
			    "heartbeat_url: it hears us again");
		beacon->failing = false;
	}
}

/* The secret is read each time: a changed one needs no reload. */
static bool
ask(struct beacon *beacon, struct err *err)
{
	struct secret secret = { .n = 0 };
	if (beacon->secret && !secret_get(str_of(beacon->url), &secret, err))
		return false;
	str url = beacon->secret ? (str){ secret.bytes, secret.n } : str_of(beacon->url);
	bool ok = str_starts(url, STR("http://")) || str_starts(url, STR("https://"));
	struct net_order order = { .kind = NET_GET,
		.url = beacon->secret ? secret.bytes : beacon->url,
		.body_max = ANSWER_MAX,
		.guarded = true,
		.timeout_ms = BEACON_TIMEOUT_MS,
		.done = on_done,
		.ctx = beacon };
	if (!ok)
		(void)err_set(err, ERR_INVALID, "'%s' holds no http(s) URL", beacon->url);
	else
		ok = net_start(beacon->net, &order, err);
	secret_wipe(&secret);
	return ok;
}

void
beacon_all_well(struct beacon *beacon, bool delivers, msec now_boot)
{
	struct err err;
	if (beacon->url == NULL || beacon->out || !delivers)
		return;
	if (beacon->began &&
	    now_boot - beacon->began_boot + BEACON_SLACK_MS < beacon->every_ms)
		return;
	beacon->began = true;
	beacon->began_boot = now_boot;
	beacon->out = ask(beacon, &err);
	if (!beacon->out)
		failed(beacon, str_of(err.text));
}

void
beacon_adopt(struct beacon *beacon, const struct model *model)
{
	str secret = model->heartbeat_url_secret;
	str url = secret.n > 0 ? secret : model->heartbeat_url;
	beacon->every_ms = model->heartbeat_every_ms;
	if (beacon->url != NULL && str_eq(str_of(beacon->url), url))
		return;
	free(beacon->url);
	beacon->url = NULL;
	beacon->began = beacon->failing = false;
	if (url.n == 0)
		return;
	beacon->secret = secret.n > 0;
	beacon->url = calloc(1, url.n + 1);
	ASSERT(beacon->url != NULL);
	memcpy(beacon->url, url.p, url.n);
}

struct beacon *
beacon_new(struct net *net, const struct tell *tell)
{
	struct beacon *beacon = calloc(1, sizeof(*beacon));
	ASSERT(beacon != NULL);
	beacon->net = net;
	beacon->tell = tell;
	return beacon;
}

void
beacon_free(struct beacon *beacon)
{
	if (beacon == NULL)
		return;
	free(beacon->url);
	free(beacon);
}
