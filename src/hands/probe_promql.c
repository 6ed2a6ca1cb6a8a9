/*
 * probe_promql -- an instant query to a Prometheus, or to what speaks its API.
 */
#include "hands/probe.h"
#include "hands/promql.h"

#define URL_MAX 65536

static void
on_answer(void *ctx, const struct net_answer *answer)
{
	struct probe_out *out = ctx;
	struct arena_map map;
	if (!answer->answered) {
		probe_failed(out, answer->error);
		return;
	}
	if (answer->body_cut) {
		probe_failed(out, STR("the answer is over 1 MiB: the query gives too many "
				      "series"));
		return;
	}
	struct arena arena = arena_map(&map, 2 * answer->body.n + 65536);
	struct probe_result result = { 0 };
	promql_read(answer->body, &arena, &result);
	/* Errors of the query come as JSON with 400 and 422; others from whoever is between. */
	if (result.status == PROBE_FAILED && answer->status != 200 &&
	    !str_starts(result.error, STR("Prometheus says")))
		result.error =
		    arena_printf(&arena, "the server answered %u", answer->status);
	probe_done(out, &result);
	arena_unmap(&map);
}

/* Everything but letters, digits and "-._~" as %XX. */
static void
put_escaped(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		             (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
		             c == '~';
		if (plain)
			buf_char(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

bool
probe_promql_start(struct probe_out *out, struct net *net, const struct probe_row *row,
    struct err *err)
{
	struct buf url = BUF(URL_MAX);
	str base = row->url;
	while (str_ends(base, STR("/")))
		base = str_take(base, base.n - 1);
	buf_add(&url, base);
	buf_add(&url, STR("/api/v1/query?query="));
	put_escaped(&url, row->query);
	buf_char(&url, '\0');
	bool ok = !url.overflow;
	if (!ok)
		(void)err_set(err, ERR_LIMIT, "its query is too long");
	struct net_order order = {
		.kind = NET_GET,
		.url = url.p,
		.body_max = PROMQL_BODY_MAX,
		.direct = true,
		.timeout_ms = row->timeout_ms,
		.done = on_answer,
		.ctx = out,
	};
	ok = ok && net_start(net, &order, err);
	buf_done(&url);
	return ok;
}
