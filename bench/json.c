/*
 * How fast the JSON reader goes through a body of 256 alerts as Prometheus sends them:
 * asked for every member, skipped as a whole, and the same body indented.
 */
#include "base/json.h"

#include "bench.h"

#define ALERTS 256
#define BODY_MAX (4 << 20)
#define GIGA 1e9

struct body {
	str text;
	size_t strings;
};

static void
put_member(struct buf *b, const char *gap, const char *name, const char *value, int i)
{
	buf_printf(b, "%s\"%s\":", gap, name);
	buf_printf(b, *gap ? " \"%s-%d\"" : "\"%s-%d\"", value, i);
}

static void
put_alert(struct buf *b, const char *gap, const char *gap2, int i)
{
	static const char *const labels[][2] = {
		{ "alertname", "PaymentsQueueStuck" },
		{ "cluster", "eu-west-prod" },
		{ "namespace", "shop" },
		{ "pod", "checkout-7c9d6f5b8d-x2x" },
		{ "container", "checkout" },
		{ "instance", "10.42.13.7:9102" },
		{ "job", "checkout-metrics" },
		{ "service", "checkout" },
		{ "severity", "critical" },
		{ "team", "platform-ops" },
	};
	buf_printf(b, "%s{%s\"labels\":{", i ? "," : "", gap);
	for (size_t k = 0; k < countof(labels); k++) {
		buf_add(b, k ? STR(",") : STR(""));
		put_member(b, gap2, labels[k][0], labels[k][1], i);
	}
	buf_printf(b, "%s},%s\"annotations\":{", gap, gap);
	put_member(b, gap2, "summary", "The payments queue of checkout is not draining", i);
	buf_char(b, ',');
	put_member(b, gap2, "description",
	    "Workers hold connections to a replica that went away; 1234 messages wait.", i);
	buf_char(b, ',');
	put_member(b, gap2, "runbook_url",
	    "https://runbooks.example.com/queue-not-draining", i);
	buf_printf(b,
	    "%s},%s\"startsAt\":\"2026-11-23T07:18:22.380Z\",%s\"endsAt\":"
	    "\"2026-11-23T07:22:22.380Z\",%s\"generatorURL\":"
	    "\"http://prometheus:9090/graph?g0.expr=queue_depth+%%3E+500&g0.tab=1\"%s}",
	    gap, gap, gap, gap, gap);
}

static str
make_body(struct buf *b, const char *gap, const char *gap2)
{
	buf_char(b, '[');
	for (int i = 0; i < ALERTS; i++)
		put_alert(b, gap, gap2, i);
	buf_char(b, ']');
	ASSERT(!b->overflow);
	return buf_str(b);
}

static size_t
read_map(struct json *j)
{
	size_t n = 0;
	str name, value;
	if (json_object(j)) {
		while (json_member(j, &name)) {
			n += json_string(j, &value);
			n += value.n > 0;
		}
	}
	return n;
}

static void
read_all(void *with)
{
	struct body *body = with;
	struct json j;
	size_t n = 0;
	json_open(&j, body->text, NULL);
	if (json_array(&j)) {
		while (json_element(&j)) {
			if (!json_object(&j))
				break;
			for (str name, value; json_member(&j, &name);) {
				if (str_eq(name, STR("labels")) ||
				    str_eq(name, STR("annotations")))
					n += read_map(&j);
				else
					n += json_string(&j, &value);
			}
		}
	}
	bool ok = json_close(&j);
	ASSERT(ok);
	body->strings = n;
}

static void
skip_all(void *with)
{
	struct body *body = with;
	struct json j;
	json_open(&j, body->text, NULL);
	bool ok = json_skip(&j) && json_close(&j);
	ASSERT(ok);
}

static void
write_all(void *with)
{
	static struct buf out = { .max = 2 * BODY_MAX };
	struct body *body = with;
	buf_reset(&out);
	json_put_string(&out, body->text);
	ASSERT(!out.overflow);
}

int
main(void)
{
	struct buf compact = BUF(BODY_MAX), indented = BUF(BODY_MAX);
	struct body body = { .text = make_body(&compact, "", "") };
	double size = (double)body.text.n / GIGA;
	printf("%d alerts, %zu bytes each\n", ALERTS, body.text.n / ALERTS);
	bench_run("json: every member", "GB/s", size, read_all, &body);
	bench_run("json: every member, alerts", "M/s", ALERTS / 1e6, read_all, &body);
	bench_run("json: skipped", "GB/s", size, skip_all, &body);
	bench_run("json: written as one string", "GB/s", size, write_all, &body);

	body.text = make_body(&indented, "\n    ", "\n      ");
	size = (double)body.text.n / GIGA;
	bench_run("json: every member, indented", "GB/s", size, read_all, &body);
	bench_run("json: skipped, indented", "GB/s", size, skip_all, &body);
	buf_done(&compact);
	buf_done(&indented);
	return 0;
}
