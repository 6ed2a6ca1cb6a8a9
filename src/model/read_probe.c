/*
 * Probes: questions that change nothing, and what their answer is held against.
 *
 *	{promql: 'up{job="web"}', expect: == 1, server: http://prometheus:9090}
 *	{http: "http://${target}:8080/health", expect: status == 200, timeout: 5s}
 *	{run: [systemctl, is-active, "${unit}"], expect: exit == 0}
 */
#include "model/internal.h"

/* Which subjects the answer of each kind has. */
static bool
subject_fits(enum probe_kind kind, enum condition_subject subject)
{
	switch (kind) {
	case PROBE_PROMQL:
		return subject == SUBJECT_VALUE;
	case PROBE_HTTP:
		return subject == SUBJECT_STATUS || subject == SUBJECT_BODY;
	case PROBE_RUN:
	case PROBE_SSH:
	case PROBE_SYSTEMD:
		return subject == SUBJECT_EXIT || subject == SUBJECT_OUTPUT;
	}
	UNREACHABLE();
}

static void
probe_expect(struct reader *r, const struct node *node, struct probe *probe)
{
	static const char *const kind_names[] = { "a query", "an HTTP answer",
		"a command" };
	static const char *const hints[] = { "as in \"> 500\"",
		"as in status == 200 or body contains ok",
		"as in exit == 0 or output contains ok" };
	if (!read_condition(r, node, &probe->expect) ||
	    subject_fits(probe->kind, probe->expect.subject))
		return;
	read_error(r, node, str_of(hints[probe->kind - 1]), "%s has no '%s'",
	    kind_names[probe->kind - 1], condition_subject_name(probe->expect.subject));
}

static void
probe_server(struct reader *r, const struct node *promql, const struct node *server,
    struct probe *probe)
{
	if (server != NULL)
		(void)read_http_url(r, server, &probe->server);
	else if (r->model->prometheus.n > 0)
		probe->server = r->model->prometheus;
	else if (r->sections[SECTION_PROMETHEUS].n == 0 && !r->incomplete)
		read_error_key(r, promql,
		    STR("add a top-level 'prometheus: http://localhost:9090', or 'server' "
			"here"),
		    "there is no Prometheus to ask");
}

bool
read_observation(struct reader *r, const struct node *map, const char *what,
    const struct probe_nodes *n, const struct strs *allowed, struct probe *ret)
{
	unsigned faults = r->diags->count;
	int kinds = (n->promql != NULL) + (n->http != NULL) + (n->run != NULL);
	if (kinds != 1) {
		read_error_key(r, map, STR("write one of promql, http and run"),
		    kinds ? "more than one probe in %s" : "no probe in %s", what);
		return false;
	}

	struct probe probe = { .timeout_ms = PROBE_TIMEOUT_MS_DEFAULT };
	if (n->promql != NULL) {
		probe.kind = PROBE_PROMQL;
		(void)read_template(r, n->promql, QUOTE_PROMQL, allowed, &probe.query);
		probe_server(r, n->promql, n->server, &probe);
	} else if (n->http != NULL) {
		probe.kind = PROBE_HTTP;
		(void)read_template(r, n->http, QUOTE_URL, allowed, &probe.url);
	} else {
		probe.kind = PROBE_RUN;
		(void)read_argv(r, n->run, allowed, &probe.argv);
	}
	read_sandbox(r, &n->sandbox, n->run != NULL, &probe.sandbox);
	if (n->server != NULL && n->promql == NULL)
		read_error_key(r, n->server, STR("remove it"), "'server' is for promql");
	if (n->timeout != NULL)
		(void)read_duration(r, n->timeout, SECOND, PROBE_TIMEOUT_MS_MAX,
		    &probe.timeout_ms);
	*ret = probe;
	return faults == r->diags->count;
}

bool
read_probe(struct reader *r, const struct node *map, const char *what,
    const struct probe_nodes *n, const struct strs *allowed, struct probe *ret)
{
	struct probe probe = { 0 };
	bool ok = read_observation(r, map, what, n, allowed, &probe);
	if (probe.kind == 0)
		return false;
	unsigned faults = r->diags->count;
	if (n->expect == NULL)
		read_error_key(r, map, STR("add 'expect: ...'"),
		    "missing key 'expect' in %s", what);
	else
		probe_expect(r, n->expect, &probe);
	if (!ok || faults != r->diags->count)
		return false;
	*ret = probe;
	return true;
}
