/*
 * probe_http -- GET a URL: what is its status, how does its body begin?
 */
#include "hands/probe.h"

static void
on_answer(void *ctx, const struct net_answer *answer)
{
	struct probe_out *out = ctx;
	/* Nothing listens there: that is an answer, unlike a timeout, which is doubt. */
	if (!answer->answered && !answer->refused) {
		probe_failed(out, answer->error);
		return;
	}
	struct probe_result result = {
		.status = PROBE_OK,
		.value = answer->body,
		.code = answer->status,
		.cut = answer->body_cut,
	};
	probe_done(out, &result);
}

bool
probe_http_start(struct probe_out *out, struct net *net, const struct probe_row *row,
    struct err *err)
{
	char url[4096];
	if (row->url.n >= sizeof(url))
		return err_set(err, ERR_LIMIT, "its URL is too long");
	memcpy(url, row->url.p, row->url.n);
	url[row->url.n] = '\0';
	struct net_order order = {
		.kind = NET_GET,
		.url = url,
		.body_max = PROBE_VALUE_MAX,
		.direct = true,
		.timeout_ms = row->timeout_ms,
		.done = on_answer,
		.ctx = out,
	};
	return net_start(net, &order, err);
}
