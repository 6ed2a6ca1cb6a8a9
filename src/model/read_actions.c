/*
 * actions: what may be done at all, typed; and probes, which change nothing.
 *
 *	actions:
 *	  restart-unit:
 *	    verb: restart
 *	    params: {unit: {type: string, pattern: '[a-z0-9@.-]+\.service'}}
 *	    run: [systemctl, restart, "${unit}"]
 *	    happened: {run: [systemctl, is-active, "${unit}"], expect: exit == 0}
 *	    timeout: 30s
 *	    repeat: safe
 *
 * No shell sees any of it: an argument is a literal or the whole of one checked value.
 */
#include "model/internal.h"

#define ACTION_TIMEOUT_MS_DEFAULT (60 * SECOND)
#define ACTION_TIMEOUT_MS_MAX HOUR
#define PARAMS_MAX 32

static const char *const repeats[] = { "safe", "unsafe" };

/* ---- probes ---- */

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
read_probe(struct reader *r, const struct node *map, const char *what,
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
	if (n->server != NULL && n->promql == NULL)
		read_error_key(r, n->server, STR("remove it"), "'server' is for promql");

	if (n->expect == NULL)
		read_error_key(r, map, STR("add 'expect: ...'"),
		    "missing key 'expect' in %s", what);
	else
		probe_expect(r, n->expect, &probe);
	if (n->timeout != NULL)
		(void)read_duration(r, n->timeout, SECOND, PROBE_TIMEOUT_MS_MAX,
		    &probe.timeout_ms);
	if (faults != r->diags->count)
		return false;
	*ret = probe;
	return true;
}

/* ---- actions ---- */

void
actions_declare(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	m->actions = arena_new(r->arena, struct action, section->n);
	m->actions_n = section->n;
	known_init(r, &r->actions, "action", "actions", &m->action_by_name, section->n);
	for (size_t i = 0; i < section->n; i++) {
		m->actions[i].name = section->nodes[i]->key;
		m->actions[i].timeout_ms = ACTION_TIMEOUT_MS_DEFAULT;
		m->actions[i].place = node_place(section->nodes[i]);
		known_add(r, &r->actions, section->nodes[i], &m->actions[i]);
	}
}

static void
params_read(struct reader *r, const struct node *node, struct params *ret)
{
	if (!read_is_map(r, node, NULL) || !read_at_most(r, node, PARAMS_MAX))
		return;
	ret->p = arena_new(r->arena, struct param, node->n);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		struct param_nodes n = { 0 };
		const struct key keys[] = { PARAM_KEYS(&n) };
		if (str_eq(child->key, STR("target")) || str_eq(child->key, STR("service")))
			read_error_key(r, child,
			    STR("it is always there; use another name"),
			    "'%.*s' cannot be a parameter", STR_ARG(child->key));
		/* A parameter that is wrong is known all the same, by its name. */
		struct param *param = &ret->p[ret->n++];
		param->name = child->key;
		if (read_map(r, child, "parameter", keys, countof(keys)))
			(void)read_param(r, child, &n, param);
	}
}

/* What may stand in ${}: the parameters, the target and the service. */
static struct strs
placeholders(struct reader *r, const struct params *params)
{
	struct strs names = { arena_new(r->arena, str, params->n + 2), 0 };
	for (size_t i = 0; i < params->n; i++)
		names.p[names.n++] = params->p[i].name;
	names.p[names.n++] = STR("target");
	names.p[names.n++] = STR("service");
	return names;
}

/* Every parameter must reach something, and a value must always be there. */
static void
check_use(struct reader *r, const struct node *run, const struct params *params,
    const struct templates *argv)
{
	for (size_t i = 0; i < params->n; i++) {
		const struct param *param = &params->p[i];
		bool used = false;
		for (size_t k = 0; k < argv->n; k++)
			used = used || (argv->p[k].pieces[0].placeholder &&
					   str_eq(argv->p[k].pieces[0].text, param->name));
		if (used && param->optional && param->otherwise.n == 0)
			read_error(r, run,
			    read_hint(r, "give '%.*s' a default, or make it required",
				STR_ARG(param->name)),
			    "'%.*s' is optional, so '${%.*s}' may have no value",
			    STR_ARG(param->name), STR_ARG(param->name));
	}
}

static void
happened_read(struct reader *r, const struct node *node, const struct strs *names,
    struct action *action)
{
	struct probe_nodes n = { 0 };
	const struct key keys[] = { PROBE_KEYS(&n) };
	struct probe *probe = arena_new(r->arena, struct probe, 1);
	if (read_map(r, node, NULL, keys, countof(keys)) &&
	    read_probe(r, node, "'happened'", &n, names, probe))
		action->happened = probe;
}

static void
action_read(struct reader *r, const struct node *node, struct action *action)
{
	const struct node *verb = NULL, *params = NULL, *run = NULL, *happened = NULL,
			  *timeout = NULL, *repeat = NULL;
	const struct key keys[] = {
		{ "verb", &verb, .required = true },
		{ "params", &params },
		{ "run", &run, .required = true },
		{ "happened", &happened },
		{ "timeout", &timeout },
		{ "repeat", &repeat },
	};
	(void)read_map(r, node, "action", keys, countof(keys));
	if (verb != NULL)
		(void)read_name(r, verb, &action->verb);
	if (params != NULL)
		params_read(r, params, &action->params);
	struct strs names = placeholders(r, &action->params);
	if (run != NULL && read_argv(r, run, &names, &action->run))
		check_use(r, run, &action->params, &action->run);
	if (happened != NULL)
		happened_read(r, happened, &names, action);
	if (timeout != NULL)
		(void)read_duration(r, timeout, SECOND, ACTION_TIMEOUT_MS_MAX,
		    &action->timeout_ms);
	unsigned choice;
	if (repeat != NULL &&
	    read_choice(r, repeat, "repeat", repeats, countof(repeats), &choice))
		action->repeat_safe = choice == 0;
}

void
actions_read(struct reader *r, const struct section *section)
{
	for (size_t i = 0; i < section->n; i++)
		action_read(r, section->nodes[i], &r->model->actions[i]);
}
