/*
 * Probes: questions that change nothing, and what their answer is held against.
 *
 *	{promql: 'up{job="web"}', expect: == 1, server: http://prometheus:9090}
 *	{http: "http://${target}:8080/health", expect: status == 200, timeout: 5s}
 *	{run: [systemctl, is-active, "${unit}"], expect: exit == 0}
 *	{tcp: "${target}:5432", expect: open}             read_probe_net.c
 *	{dns: {name: shop.example, type: MX}, expect: answers >= 2}
 *	{tls: "shop.example:443", expect: days > 14}
 *	{ssh: {host: "${target}", ..., run: [uptime]}, expect: exit == 0}
 *	{systemd: {unit: nginx.service}, expect: value == active}
 *	{log: {file: /var/log/app.log, lines: 500, match: ERROR}, expect: matches == 0}
 */
#include "model/internal.h"
#include "model/kinds.h"

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

/* ---- the kinds ---- */

static void
promql_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe)
{
	(void)read_template(r, node, QUOTE_PROMQL, allowed, &probe->query);
	probe_server(r, node, n->server, probe);
}

static void
http_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe)
{
	(void)n;
	(void)read_template(r, node, QUOTE_URL, allowed, &probe->url);
}

static void
run_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe)
{
	(void)n;
	(void)read_argv(r, node, allowed, &probe->argv);
}

/* As actions of those kinds are written. */
static void
ssh_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe)
{
	(void)n;
	kind_probe_read(r, node, allowed, kind_ssh_read, probe);
}

static void
systemd_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe)
{
	(void)n;
	kind_probe_read(r, node, allowed, kind_systemd_look, probe);
}

static const struct kind {
	const char *key;
	enum probe_kind kind;
	size_t node; /* where in struct probe_nodes */
	void (*read)(struct reader *r, const struct node *node, const struct probe_nodes *n,
	    const struct strs *allowed, struct probe *probe);
} kinds[] = {
	{ "promql", PROBE_PROMQL, offsetof(struct probe_nodes, promql), promql_read },
	{ "http", PROBE_HTTP, offsetof(struct probe_nodes, http), http_read },
	{ "run", PROBE_RUN, offsetof(struct probe_nodes, run), run_read },
	{ "tcp", PROBE_TCP, offsetof(struct probe_nodes, tcp), probe_tcp_read },
	{ "dns", PROBE_DNS, offsetof(struct probe_nodes, dns), probe_dns_read },
	{ "tls", PROBE_TLS, offsetof(struct probe_nodes, tls), probe_tls_read },
	{ "log", PROBE_LOG, offsetof(struct probe_nodes, log), probe_log_read },
	{ "ssh", PROBE_SSH, offsetof(struct probe_nodes, ssh), ssh_read },
	{ "systemd", PROBE_SYSTEMD, offsetof(struct probe_nodes, systemd), systemd_read },
};

/* Keys that only one kind has. */
static const struct further {
	const char *key, *of;
	enum probe_kind kind;
	size_t node;
} further[] = {
	{ "server", "promql", PROBE_PROMQL, offsetof(struct probe_nodes, server) },
	{ "send", "tcp", PROBE_TCP, offsetof(struct probe_nodes, send) },
	{ "server_name", "tls", PROBE_TLS, offsetof(struct probe_nodes, server_name) },
};

static const struct node *
node_at(const struct probe_nodes *n, size_t offset)
{
	return *(const struct node *const *)(const void *)((const char *)n + offset);
}

/* The one that is there; NULL: none, or several. */
static const struct kind *
kind_of(const struct probe_nodes *n, unsigned *ret_count)
{
	const struct kind *found = NULL;
	*ret_count = 0;
	for (size_t i = 0; i < countof(kinds); i++) {
		if (node_at(n, kinds[i].node) == NULL)
			continue;
		found = &kinds[i];
		++*ret_count;
	}
	return *ret_count == 1 ? found : NULL;
}

/* "write one of promql, http, ... and log" */
static str
kinds_hint(struct reader *r)
{
	struct buf text = BUF(200);
	for (size_t i = 0; i < countof(kinds); i++) {
		if (i > 0)
			buf_add(&text, i + 1 < countof(kinds) ? STR(", ") : STR(" and "));
		buf_add(&text, str_of(kinds[i].key));
	}
	str ret = read_hint(r, "write one of %.*s", (int)text.n, text.p);
	buf_done(&text);
	return ret;
}

bool
read_observation(struct reader *r, const struct node *map, const char *what,
    const struct probe_nodes *n, const struct strs *allowed, struct probe *ret)
{
	unsigned faults = r->diags->count, count;
	const struct kind *kind = kind_of(n, &count);
	if (kind == NULL) {
		read_error_key(r, map, kinds_hint(r),
		    count > 0 ? "more than one probe in %s" : "no probe in %s", what);
		return false;
	}

	struct probe probe = { .kind = kind->kind, .timeout_ms = PROBE_TIMEOUT_MS_DEFAULT };
	kind->read(r, node_at(n, kind->node), n, allowed, &probe);
	for (size_t i = 0; i < countof(further); i++) {
		const struct node *node = node_at(n, further[i].node);
		if (node != NULL && further[i].kind != kind->kind)
			read_error_key(r, node, STR("remove it"), "'%s' is for %s",
			    further[i].key, further[i].of);
	}
	read_sandbox(r, &n->sandbox,
	    n->run != NULL       ? ACTION_RUN
	    : n->ssh != NULL     ? ACTION_SSH
	    : n->systemd != NULL ? ACTION_SYSTEMD
				 : 0,
	    &probe.sandbox);
	if (n->timeout != NULL)
		(void)read_duration(r, n->timeout, SECOND, PROBE_TIMEOUT_MS_MAX,
		    &probe.timeout_ms);
	*ret = probe;
	return faults == r->diags->count;
}

/* What must be there for what is expected, and only then. */
static void
probe_judge(struct reader *r, const struct probe_nodes *n, const struct probe *probe)
{
	if (n->send != NULL && n->tcp != NULL && probe->expect.subject != SUBJECT_BANNER)
		read_error_key(r, n->send,
		    STR("remove it, or expect something of the banner"),
		    "nothing is sent to see '%.*s'", STR_ARG(probe->expect.written));
	if (probe->expect.subject == SUBJECT_MATCHES && probe->text.n == 0)
		read_error(r, n->expect,
		    STR("add 'match: TEXT' to the log, or compare lines"),
		    "there is no text to count the lines of");
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
	else if (read_condition(r, n->expect, probe.kind, &probe.expect))
		probe_judge(r, n, &probe);
	if (!ok || faults != r->diags->count)
		return false;
	*ret = probe;
	return true;
}
