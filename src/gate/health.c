/*
 * health -- what monitors ask: alive, ready, and every counter.
 */
#include <stdio.h>

#include "gate/state.h"
#include "intake/wire.h"
#include "os/clock.h"

#define TEXT_PLAIN "text/plain; charset=utf-8"

void
serve_healthy(struct call *call)
{
	respond(call, 200, TEXT_PLAIN, STR("OK"));
}

/* ---- ready ---- */

static void
on_probe(struct call *call, const struct answer *answer)
{
	if (answer == NULL)
		respond_no_engine(call);
	else if (answer->status == 507)
		respond_error(call, 503, 1, "not ready: %.*s", STR_ARG(answer->error));
	else if (answer->status >= 500)
		respond_answer_error(call, answer);
	else /* taken, or refused for want of a token: it works */
		respond(call, 200, TEXT_PLAIN, STR("OK"));
}

/* Would alerts be taken? Asked by sending none, the way alerts go. */
void
serve_ready(struct call *call)
{
	struct gate *gate = call->gate;
	if (gate->stopping) {
		respond_error(call, 503, 1, "stopping");
		return;
	}
	if (!link_ready(call))
		return;
	struct buf *out = peer_out(gate->engine);
	size_t begin = frame_begin(out, FRAME_ALERTS, link_wait(call, on_probe));
	wire_put_start(out, &(struct wire_start){ STR(""), clock_boot(), clock_wall() });
	frame_end(out, begin);
}

/* ---- metrics: OpenMetrics text ---- */

const uint64_t latency_bucket_us[LATENCY_BUCKETS] = { 250, 500, 1000, 2500, 5000, 10000,
	25000, 50000, 100000, 250000, 1000000, 10000000 };

static void
put_escaped(struct buf *b, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '\n')
			buf_add(b, STR("\\n"));
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else
			buf_char(b, c);
	}
}

static void
put_family(struct buf *b, str name, const char *type, str help)
{
	buf_printf(b, "# TYPE firstline_%.*s %s\n# HELP firstline_%.*s ", STR_ARG(name),
	    type, STR_ARG(name));
	put_escaped(b, help);
	buf_char(b, '\n');
}

static void
put_sample(struct buf *b, const struct metric_item *item, const char *suffix)
{
	buf_printf(b, "firstline_%.*s%s", STR_ARG(item->name), suffix);
	for (size_t i = 0; i < item->labels.n; i++) {
		buf_printf(b, "%s%.*s=\"", i == 0 ? "{" : ",",
		    STR_ARG(item->labels.p[i].name));
		put_escaped(b, item->labels.p[i].value);
		buf_char(b, '"');
	}
	buf_printf(b, "%s %llu\n", item->labels.n > 0 ? "}" : "",
	    (unsigned long long)item->value);
}

/* One with the label `le`, its last, is a bucket of a histogram; all are in the greatest. */
static void
put_item(struct buf *b, const struct metric_item *item, str last)
{
	str le = pairs_get(&item->labels, STR("le"));
	bool histogram = le.n > 0 && item->counter;
	const char *type = histogram ? "histogram" : item->counter ? "counter" : "gauge";
	if (!str_eq(item->name, last))
		put_family(b, item->name, type, item->help);
	put_sample(b, item, histogram ? "_bucket" : item->counter ? "_total" : "");
	if (histogram && str_eq(le, STR("+Inf"))) {
		struct metric_item all = *item;
		all.labels.n--;
		put_sample(b, &all, "_count");
	}
}

static void
put(struct buf *b, const char *name, bool counter, uint64_t value, const char *help)
{
	struct metric_item item = { .name = str_of(name),
		.help = str_of(help),
		.counter = counter,
		.value = value };
	put_item(b, &item, STR(""));
}

static void
put_refused(struct buf *b, const struct counters *n)
{
	const struct {
		const char *why;
		uint64_t value;
	} rows[] = {
		{ "body", n->refused_body },
		{ "connections", n->refused_connections },
		{ "connections-of-address", n->refused_address },
		{ "engine-full", n->refused_engine_full },
		{ "headers", n->refused_head },
		{ "host", n->refused_host },
		{ "memory", n->refused_memory },
		{ "no-engine", n->refused_no_engine },
		{ "quarantine", n->refused_quarantine },
		{ "signature", n->refused_signature },
	};
	str last = STR("");
	for (size_t i = 0; i < countof(rows); i++) {
		struct pair label = { STR("why"), str_of(rows[i].why) };
		struct metric_item item = { .name = STR("gate_refused"),
			.help = STR("Connections and requests turned away, by reason"),
			.counter = true,
			.labels = { &label, 1 },
			.value = rows[i].value };
		put_item(b, &item, last);
		last = item.name;
	}
}

static void
put_answers(struct buf *b, const struct counters *n)
{
	str last = STR("");
	for (unsigned status = 100; status < STATUS_CLASSES; status++) {
		char text[8];
		if (n->answers[status] == 0)
			continue;
		(void)snprintf(text, sizeof(text), "%u", status);
		struct pair label = { STR("status"), str_of(text) };
		struct metric_item item = { .name = STR("gate_answers"),
			.help = STR("Answers by HTTP status"),
			.counter = true,
			.labels = { &label, 1 },
			.value = n->answers[status] };
		put_item(b, &item, last);
		last = item.name;
	}
}

static void
put_latency(struct buf *b, const struct counters *n)
{
	uint64_t sum = 0;
	put_family(b, STR("gate_alerts_seconds"), "histogram",
	    STR("Request line to answer of POST /api/v2/alerts"));
	for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
		sum += n->latency[i];
		buf_printf(b, "firstline_gate_alerts_seconds_bucket{le=\"%g\"} %llu\n",
		    (double)latency_bucket_us[i] / 1e6, (unsigned long long)sum);
	}
	buf_printf(b,
	    "firstline_gate_alerts_seconds_bucket{le=\"+Inf\"} %llu\n"
	    "firstline_gate_alerts_seconds_sum %.6f\n"
	    "firstline_gate_alerts_seconds_count %llu\n",
	    (unsigned long long)n->latency_n, (double)n->latency_us / 1e6,
	    (unsigned long long)n->latency_n);
}

static void
put_own(struct buf *b, const struct gate *gate)
{
	const struct counters *n = &gate->n;
	put(b, "gate_requests", true, n->requests, "HTTP requests");
	put(b, "gate_received_bytes", true, n->bytes_in, "Bytes of request bodies");
	put(b, "gate_alert_bodies", true, n->alert_bodies, "Requests with alerts");
	put(b, "gate_alerts_accepted", true, n->alerts_accepted,
	    "Alerts the engine committed");
	put(b, "gate_alerts_refused", true, n->alerts_refused,
	    "Alerts refused by themselves: no labels, bad times, over a limit");
	put(b, "gate_alerts_in_flight", false, gate->alerts_in_flight,
	    "Bodies that are with the engine");
	put(b, "gate_alerts_held", false, gate->quarantine.n + gate->quarantine.kept_n,
	    "Bodies suspected or in quarantine");
	put(b, "gate_reports_dropped", true, n->reports_dropped,
	    "Bodies the engine was not told of: too many waited for it");
	put(b, "gate_calls_waiting", false, gate->calls.n, "Requests with the engine");
	put(b, "gate_connections_opened", true, n->connections, "Connections, ever");
	put(b, "gate_connections", false, gate->visit_n, "Connections now");
	put(b, "gate_streams", false, events_streams(gate), "Event streams now");
	put(b, "gate_events", true, n->events, "Events published");
	put(b, "gate_events_cut", true, n->events_cut,
	    "Event streams ended because their reader was too slow");
	put(b, "gate_late", true, n->late, "Requests the engine did not answer in time");
	put(b, "gate_cut_slow", true, n->cut_slow,
	    "Connections ended because their client was too slow");
	put(b, "gate_cut_for_room", true, n->cut_for_room,
	    "Connections ended, the longest idle or slowest first, so that others had "
	    "room");
	put(b, "gate_engine_lost", true, n->engine_lost, "Ends of the engine's connection");
	put(b, "gate_frames_bad", true, n->frames_bad, "Malformed messages of the engine");
	put_refused(b, n);
	put_answers(b, n);
	put_latency(b, n);
}

/* Families in the order they come; the engine sends equal names one after another. */
static void
on_metrics(struct call *call, const struct answer *answer)
{
	struct buf *b = &call->stream.out;
	if (answer == NULL) {
		respond_no_engine(call);
		return;
	}
	if (answer->status != 200) {
		respond_answer_error(call, answer);
		return;
	}
	const struct item *items = answer->items.p;
	struct arena scratch = call->gate->scratch;
	str last = STR("");
	for (size_t i = 0; i < answer->items.n; i++) {
		struct metric_item item;
		struct err err;
		if (items[i].table == 0 && items[i].kind == ITEM_METRIC &&
		    record_decode_all(&metric_item_type, items[i].body, &scratch, &item,
			&err)) {
			put_item(b, &item, last);
			last = item.name;
		}
	}
	if (answer->more)
		return;
	put_own(b, call->gate);
	buf_add(b, STR("# EOF\n"));
	stream_whole(call, 200,
	    "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

void
serve_metrics(struct call *call)
{
	struct request request = { .op = OP_METRICS };
	if (link_ready(call))
		link_ask(call, &request, on_metrics);
}
