#include "hands/probes.h"

#include <stdlib.h>

#include "hands/clean.h"
#include "hands/probe.h"
#include "hands/queue.h"
#include "model/model.h"
#include "os/clock.h"

#define ERROR_MAX 300

struct probes {
	uv_loop_t *loop;
	struct net *net;
	struct spawner *spawner;
	const struct tell *tell;
	const struct model *model; /* NULL until the first */
	struct link out;           /* struct probe_out */
	size_t out_n;
	struct queue waiting;
	bool starting; /* guards against starting from within a start */
};

static void start_waiting(struct probes *probes);

static struct probe_out *
find_out(const struct probes *probes, row_id id)
{
	list_each(it, &probes->out)
	{
		struct probe_out *out = container_of(it, struct probe_out, link);
		if (out->id == id)
			return out;
	}
	return NULL;
}

static void
tell_probe(struct probes *probes, const struct probe_result *seen)
{
	static char memory[64 * 1024];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct event event = { .kind = EVENT_PROBE_RESULT, .probe_result = *seen };
	if (seen->value.n > PROBE_VALUE_MAX)
		event.probe_result.cut = true;
	event.probe_result.value =
	    clean_text(&arena, clean_cut(seen->value, PROBE_VALUE_MAX), PROBE_VALUE_MAX);
	event.probe_result.error =
	    clean_line(&arena, clean_cut(seen->error, ERROR_MAX), ERROR_MAX);
	tell_result(probes->tell, &event);
}

static void
tell_failed(struct probes *probes, row_id id, str error)
{
	struct probe_result result = { .probe = id,
		.status = PROBE_FAILED,
		.error = error };
	tell_probe(probes, &result);
}

static void
out_free(struct probe_out *out)
{
	link_remove(&out->link);
	out->probes->out_n--;
	free(out);
}

void
probe_done(struct probe_out *out, struct probe_result *result)
{
	struct probes *probes = out->probes;
	result->probe = out->id;
	tell_probe(probes, result);
	out_free(out);
	start_waiting(probes);
}

void
probe_failed(struct probe_out *out, str error)
{
	struct probe_result result = { .status = PROBE_FAILED, .error = error };
	probe_done(out, &result);
}

static bool
start_kind(struct probe_out *out, const struct probe_row *row, struct err *err)
{
	struct probes *probes = out->probes;
	if (row->timeout_ms == 0 || row->timeout_ms > PROBE_TIMEOUT_MS_MAX)
		return err_set(err, ERR_INVALID, "its timeout is out of range");
	switch (row->kind) {
	case PROBE_PROMQL:
		return probe_promql_start(out, probes->net, row, err);
	case PROBE_HTTP:
		return probe_http_start(out, probes->net, row, err);
	case PROBE_RUN:
		return probe_run_start(out, probes->loop, probes->spawner, row, err);
	case PROBE_SSH:
	case PROBE_SYSTEMD:
		return probe_act_start(out, probes->loop, probes->spawner, row, err);
	case PROBE_TCP:
		return probe_tcp_start(out, probes->loop, row, err);
	case PROBE_DNS:
		return probe_dns_start(out, probes->loop, row, err);
	case PROBE_TLS:
		return probe_tls_start(out, probes->loop, row, err);
	case PROBE_LOG:
		if (probes->model == NULL)
			return err_set(err, ERR_NOT_FOUND, "there is no configuration yet");
		return probe_log_start(out, probes->loop, &probes->model->probe_files, row,
		    err);
	}
	UNREACHABLE();
}

static void
start_one(struct probes *probes, const struct probe_row *row)
{
	struct probe_out *out = calloc(1, sizeof(*out));
	struct err err;
	ASSERT(out != NULL);
	out->probes = probes;
	out->id = row->id;
	list_append(&probes->out, &out->link);
	probes->out_n++;
	if (start_kind(out, row, &err))
		return;
	tell_failed(probes, row->id, str_of(err.text));
	out_free(out);
}

static bool
has_room(const struct probes *probes)
{
	return probes->out_n < PROBES_AT_ONCE_MAX && !spawner_busy(probes->spawner);
}

static void
start_waiting(struct probes *probes)
{
	static char memory[512 * 1024];
	if (probes->starting)
		return;
	probes->starting = true;
	struct waiting *item;
	while (has_room(probes) && (item = queue_take(&probes->waiting)) != NULL) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct effect effect;
		struct err err;
		if (order_decode(waiting_bytes(item), &arena, &effect, &err))
			start_one(probes, &effect.probe.probe);
		else
			tell_failed(probes, item->id, str_of(err.text));
		waiting_free(item);
	}
	probes->starting = false;
}

void
probes_adopt(struct probes *probes, const struct model *model)
{
	probes->model = model;
}

void
probes_ask(struct probes *probes, const struct probe_order *order, str bytes)
{
	row_id id = order->probe.id;
	if (find_out(probes, id) != NULL || queue_find(&probes->waiting, id) != NULL)
		return;
	if (!queue_put(&probes->waiting, id, clock_boot(), bytes)) {
		tell_failed(probes, id, STR("too many probes are waiting"));
		return;
	}
	start_waiting(probes);
}

void
probes_drop_waiting(struct probes *probes)
{
	queue_clear(&probes->waiting);
}

void
probes_answered(struct probes *probes, const struct spawn_answer *answer)
{
	struct probe_out *out = find_out(probes, answer->id);
	if (out != NULL && out->run != NULL)
		probe_run_spawned(out, answer->error);
	start_waiting(probes);
}

struct probes *
probes_new(uv_loop_t *loop, struct net *net, struct spawner *spawner,
    const struct tell *tell)
{
	struct probes *probes = calloc(1, sizeof(*probes));
	ASSERT(probes != NULL);
	*probes = (struct probes){
		.loop = loop,
		.net = net,
		.spawner = spawner,
		.tell = tell,
	};
	list_init(&probes->out);
	queue_init(&probes->waiting, PROBES_WAITING_MAX, PROBES_WAITING_BYTES_MAX);
	return probes;
}

void
probes_free(struct probes *probes)
{
	if (probes == NULL)
		return;
	list_each_safe(it, &probes->out)
	{
		struct probe_out *out = container_of(it, struct probe_out, link);
		if (out->run != NULL)
			probe_run_drop(out);
		if (out->drop != NULL)
			out->drop(out);
		out_free(out);
	}
	queue_clear(&probes->waiting);
	free(probes);
}
