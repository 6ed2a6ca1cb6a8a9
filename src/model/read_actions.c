/*
 * actions: what may be done at all, typed.
 *
 *	actions:
 *	  scale-out:
 *	    verb: scale
 *	    params: {replicas: {type: integer, min: 1, max: 100}}
 *	    run: [scale, "${service}", "${replicas}"]      or another kind: kinds.h
 *	    happened: {run: [scale-is, "${service}", "${replicas}"], expect: exit == 0}
 *	    observe: {replicas: {promql: 'kube_replicas{deployment="${service}"}'}}
 *	    undo: {do: scale-out, with: {replicas: "${observed.replicas}"}, within: 1h}
 *	    timeout: 30s
 *	    repeat: safe
 *
 * No shell sees any of it: an argument is a literal or the whole of one checked value.
 */
#include "model/internal.h"
#include "model/kinds.h"

#define ACTION_TIMEOUT_MS_DEFAULT (60 * SECOND)
#define ACTION_TIMEOUT_MS_MAX HOUR

static const char *const repeats[] = { "safe", "unsafe" };

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
		if (str_eq(child->key, STR("targets")))
			read_error_key(r, child,
			    STR("in the `when` of an approval it is how many targets the "
				"plan has; use another name"),
			    "'%.*s' cannot be a parameter", STR_ARG(child->key));
		if (str_starts(child->key, STR("observed.")))
			read_error_key(r, child,
			    STR("${observed.NAME} is a live value; use another name"),
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

/* ---- observe ---- */

/* How the live value of one parameter is asked for. It may use the others: its own is what
 * somebody wants it to become. */
static void
observe_one(struct reader *r, const struct node *node, const struct strs *names,
    struct action *action)
{
	struct probe_nodes n = { 0 };
	const struct key keys[] = { PROBE_ASK_KEYS(&n) };
	const struct param *param = param_find(&action->params, node->key);
	if (param == NULL) {
		unknown_param(r, node, action);
		return;
	}
	if (param->kind != 0 && param->kind != PARAM_INTEGER)
		read_error_key(r, node,
		    STR("only a parameter of type: integer is observed"),
		    "'%.*s' is not a number", STR_ARG(node->key));
	struct strs others = { arena_new(r->arena, str, names->n), 0 };
	for (size_t i = 0; i < names->n; i++) {
		if (!str_eq(names->p[i], node->key))
			others.p[others.n++] = names->p[i];
	}
	struct observe *observe = &action->observe[action->observe_n++];
	observe->param = node->key;
	if (read_map(r, node, "observation", keys, countof(keys)))
		(void)read_observation(r, node, "this observation", &n, &others,
		    &observe->probe);
}

static void
observe_read(struct reader *r, const struct node *node, const struct strs *names,
    struct action *action)
{
	if (!read_is_map(r, node, NULL) || !read_at_most(r, node, PARAMS_MAX))
		return;
	if (node->n == 0)
		read_error(r, node, STR("as in {replicas: {promql: ...}}, or remove it"),
		    "'observe' names no parameter");
	action->observe = arena_new(r->arena, struct observe, node->n);
	for (const struct node *child = node->first; child != NULL; child = child->next)
		observe_one(r, child, names, action);
}

/* ---- actions ---- */

static void
action_read(struct reader *r, const struct node *node, struct action *action)
{
	const struct node *verb = NULL, *params = NULL, *happened = NULL, *observe = NULL,
			  *undo = NULL, *timeout = NULL, *repeat = NULL;
	const struct node *kinds[ACTION_KIND_COUNT] = { 0 };
	struct sandbox_nodes sandbox = { 0 };
	const struct key keys[] = {
		{ "verb", &verb, .required = true },
		{ "params", &params },
		{ "run", &kinds[ACTION_RUN] },
		{ "http", &kinds[ACTION_HTTP] },
		{ "ssh", &kinds[ACTION_SSH] },
		{ "systemd", &kinds[ACTION_SYSTEMD] },
		{ "happened", &happened },
		{ "observe", &observe },
		{ "undo", &undo }, /* once all actions are read */
		{ "timeout", &timeout },
		{ "repeat", &repeat },
		SANDBOX_KEYS(&sandbox),
	};
	(void)read_map(r, node, "action", keys, countof(keys));
	if (verb != NULL)
		(void)read_name(r, verb, &action->verb);
	if (params != NULL)
		params_read(r, params, &action->params);
	struct strs names = placeholders(r, &action->params);
	kind_read(r, node, kinds, &names, action);
	read_sandbox(r, &sandbox, kinds[ACTION_RUN] != NULL ? ACTION_RUN : action->kind,
	    &action->sandbox);
	if (happened != NULL)
		happened_read(r, happened, &names, action);
	if (observe != NULL)
		observe_read(r, observe, &names, action);
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
	for (size_t i = 0; i < section->n; i++)
		undo_read(r, section->nodes[i], &r->model->actions[i]);
}
