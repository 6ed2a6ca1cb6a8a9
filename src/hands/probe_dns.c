/*
 * probe_dns -- one question to DNS: which answers are there, and how many?
 */
#include <arpa/nameser.h>
#include <stdlib.h>

#include "hands/dns.h"
#include "hands/lookup.h"
#include "hands/probe.h"

struct ask {
	struct probe_out *out;
	struct lookup *lookup; /* NULL: over */
	uv_timer_t timer;
	enum dns_type type;
	size_t name_n;
	char name[];
};

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
ask_close(struct ask *ask)
{
	ask->out->own = NULL;
	ask->out->drop = NULL;
	if (ask->lookup != NULL)
		lookup_drop(ask->lookup);
	uv_close((uv_handle_t *)&ask->timer, on_closed);
}

static void
ask_drop(struct probe_out *out)
{
	ask_close(out->own);
}

static void
on_time_over(uv_timer_t *timer)
{
	struct ask *ask = timer->data;
	struct probe_out *out = ask->out;
	ask_close(ask);
	probe_failed(out, STR("no answer in time"));
}

static void
on_answer(void *ctx, const struct lookup_answer *answer)
{
	struct ask *ask = ctx;
	struct probe_out *out = ask->out;
	struct arena_map map;
	ask->lookup = NULL;
	if (!answer->ok) {
		ask_close(ask);
		probe_failed(out, answer->error);
		return;
	}
	struct arena arena = arena_map(&map, DNS_ARENA_BYTES);
	struct dns_answer read;
	struct probe_result result = { .status = PROBE_FAILED };
	struct err err;
	if (dns_read(answer->message, (str){ ask->name, ask->name_n }, ask->type, &arena,
		&read, &err)) {
		result.status = PROBE_OK;
		result.code = read.rcode;
		result.number = (int64_t)read.n;
		result.value = read.text;
	} else {
		result.error = str_of(err.text);
	}
	ask_close(ask);
	probe_done(out, &result);
	arena_unmap(&map);
}

static int
number_of(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return ns_t_a;
	case DNS_AAAA:
		return ns_t_aaaa;
	case DNS_CNAME:
		return ns_t_cname;
	case DNS_MX:
		return ns_t_mx;
	case DNS_TXT:
		return ns_t_txt;
	case DNS_SRV:
		return ns_t_srv;
	case DNS_NS:
		return ns_t_ns;
	}
	UNREACHABLE();
}

bool
probe_dns_start(struct probe_out *out, uv_loop_t *loop, const struct probe_row *row,
    struct err *err)
{
	if (row->dns == 0 || row->name.n == 0 || row->name.n > DNS_NAME_MAX)
		return err_set(err, ERR_INVALID, "it asks for nothing");
	struct ask *ask = calloc(1, sizeof(*ask) + row->name.n);
	ASSERT(ask != NULL);
	ask->out = out;
	ask->type = row->dns;
	ask->name_n = row->name.n;
	memcpy(ask->name, row->name.p, row->name.n);
	ask->lookup = lookup_query(loop, row->where, row->name, number_of(row->dns),
	    on_answer, ask, err);
	if (ask->lookup == NULL) {
		free(ask);
		return false;
	}
	ask->timer.data = ask;
	ASSERT(uv_timer_init(loop, &ask->timer) == 0);
	(void)uv_timer_start(&ask->timer, on_time_over, row->timeout_ms, 0);
	out->own = ask;
	out->drop = ask_drop;
	return true;
}
