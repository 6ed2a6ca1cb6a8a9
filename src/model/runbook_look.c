/*
 * The steps that look, and the one that waits.
 *
 *	check, verify	what is looked at, for, every, within, otherwise; check: then;
 *			verify: undo
 *	wait		for: 45s
 *			until: {what is looked at, for, every}, within, otherwise
 *	rolling		healthy: {what is looked at, for, every, within}; without what is looked
 *			at: each host, by the `healthy` of its service
 *
 * What is looked at is a probe with its `expect`, or several at once: all of them must hold,
 * or any.
 *
 *	all:
 *	  - {name: depth, promql: queue_depth, expect: "> 500"}
 *	  - {name: up, http: http://127.0.0.1:8080/health, expect: status == 200}
 */
#include "model/runbook.h"

#include <assert.h>

struct look_nodes {
	struct probe_nodes probe;
	const struct node *all, *any;
};
#define LOOK_KEYS(n)                                   \
	PROBE_KEYS(&(n)->probe), { "all", &(n)->all }, \
	{                                              \
		"any", &(n)->any                       \
	}

/* ---- several at once ---- */

static str
probe_name(struct step_reader *s, const struct node *name, size_t n)
{
	str text;
	if (name == NULL || !read_name(s->r, name, &text))
		return arena_printf(s->r->arena, "%zu", n + 1);
	for (size_t i = 0; i < n; i++) {
		if (str_eq(s->step->probes[i].name, text))
			read_error(s->r, name, STR("give each a name of its own"),
			    "two are called '%.*s'", STR_ARG(text));
	}
	return text;
}

static void
read_one(struct step_reader *s, const struct node *item, struct step_probe *ret, size_t n)
{
	struct probe_nodes nodes = { 0 };
	const struct node *name = NULL;
	const struct key keys[] = {
		{ "name", &name },
		PROBE_KEYS(&nodes),
	};
	if (!read_is_map(s->r, item, "item"))
		return;
	(void)read_map(s->r, item, "item", keys, countof(keys));
	ret->name = probe_name(s, name, n);
	(void)read_probe(s->r, item, "this item", &nodes, s->probe_names, &ret->probe);
}

static void
read_several(struct step_reader *s, const struct node *list)
{
	struct reader *r = s->r;
	struct runbook_step *step = s->step;
	if (!read_is_list(r, list, NULL))
		return;
	if (list->n < STEP_PROBES_MIN || list->n > STEP_PROBES_MAX) {
		read_error_key(r, list, STR("one alone is written without 'all' or 'any'"),
		    "'%.*s' is a list of %d to %d probes", STR_ARG(list->key),
		    STEP_PROBES_MIN, STEP_PROBES_MAX);
		return;
	}
	step->probes = arena_new(r->arena, struct step_probe, list->n);
	for (const struct node *item = list->first; item != NULL; item = item->next) {
		read_one(s, item, &step->probes[step->probes_n], step->probes_n);
		step->probes_n++;
	}
	step->probe = step->probes[0].probe;
}

/* Whatever is written of one probe; NULL: it is not. */
#define LOOK_NODES_MAX 20
static size_t
nodes_of(const struct probe_nodes *p, const struct node *ret[LOOK_NODES_MAX])
{
	const struct node *const nodes[] = { p->promql, p->http, p->run, p->tcp, p->dns,
		p->tls, p->log, p->ssh, p->systemd, p->server, p->send, p->server_name,
		p->expect, p->timeout, p->sandbox.sandbox, p->sandbox.user,
		p->sandbox.paths, p->sandbox.secrets };
	static_assert(countof(nodes) <= LOOK_NODES_MAX, "there is room");
	memcpy(ret, nodes, sizeof(nodes));
	return countof(nodes);
}

static void
read_look(struct step_reader *s, const struct node *map, const char *what,
    const struct look_nodes *n)
{
	const struct node *list = n->all != NULL ? n->all : n->any;
	const struct probe_nodes *p = &n->probe;
	const struct node *alone[LOOK_NODES_MAX];
	size_t alone_n = nodes_of(p, alone);
	if (list == NULL) {
		(void)read_probe(s->r, map, what, p, s->probe_names, &s->step->probe);
		return;
	}
	if (n->all != NULL && n->any != NULL)
		read_error_key(s->r, n->any, STR("make two steps of it"),
		    "'all' and 'any' in %s", what);
	for (size_t i = 0; i < alone_n; i++) {
		if (alone[i] != NULL)
			read_error_key(s->r, alone[i],
			    read_hint(s->r, "put it into the list of '%.*s'",
				STR_ARG(list->key)),
			    "'%.*s' beside '%.*s'", STR_ARG(alone[i]->key),
			    STR_ARG(list->key));
	}
	s->step->any = list == n->any;
	read_several(s, list);
}

/* ---- times ---- */

static void
read_within(struct step_reader *s, const struct node *within, const struct node *hold)
{
	struct runbook_step *step = s->step;
	if (!read_duration(s->r, within, SECOND, STEP_WITHIN_MS_MAX, &step->within_ms))
		return;
	if (step->within_ms < step->for_ms)
		read_error(s->r, within, STR("write a 'within' that is longer than 'for'"),
		    "it cannot hold for %.*s within %.*s", STR_ARG(hold->text),
		    STR_ARG(within->text));
}

static void
read_times(struct step_reader *s, const struct node *hold, const struct node *every,
    const struct node *within)
{
	struct reader *r = s->r;
	struct runbook_step *step = s->step;
	step->every_ms = STEP_EVERY_MS_DEFAULT;
	if (hold != NULL)
		(void)read_duration(r, hold, SECOND, STEP_FOR_MS_MAX, &step->for_ms);
	if (every != NULL)
		(void)read_duration(r, every, SECOND, STEP_EVERY_MS_MAX, &step->every_ms);
	step->within_ms = step->for_ms + STEP_WITHIN_MS_MORE;
	if (within != NULL)
		read_within(s, within, hold);
}

void
step_read_check(struct step_reader *s)
{
	struct look_nodes n = { 0 };
	const struct node *hold = NULL, *every = NULL, *within = NULL;
	const struct key keys[] = {
		LOOK_KEYS(&n),
		{ "for", &hold },
		{ "every", &every },
		{ "within", &within },
		{ "then", &s->draft->then },
		{ "otherwise", &s->draft->otherwise },
	};
	if (!read_is_map(s->r, s->map, "check"))
		return;
	(void)read_map(s->r, s->map, "check", keys, countof(keys));
	read_look(s, s->map, "this check", &n);
	read_times(s, hold, every, within);
}

void
step_read_verify(struct step_reader *s)
{
	struct look_nodes n = { 0 };
	const struct node *hold = NULL, *every = NULL, *within = NULL;
	const struct key keys[] = {
		LOOK_KEYS(&n),
		{ "for", &hold },
		{ "every", &every },
		{ "within", &within, .required = true },
		{ "otherwise", &s->draft->otherwise },
		{ "undo", &s->draft->undo },
	};
	if (!read_is_map(s->r, s->map, "verify"))
		return;
	(void)read_map(s->r, s->map, "verify", keys, countof(keys));
	read_look(s, s->map, "this verify", &n);
	read_times(s, hold, every, within);
}

/* ---- wait ---- */

static void
read_until(struct step_reader *s, const struct node *until, const struct node *within)
{
	struct look_nodes n = { 0 };
	const struct node *hold = NULL, *every = NULL;
	const struct key keys[] = {
		LOOK_KEYS(&n),
		{ "for", &hold },
		{ "every", &every },
	};
	if (within == NULL)
		read_error_key(s->r, until,
		    STR("add 'within: 10m', and 'otherwise' for then"),
		    "this wait may never end");
	if (!read_is_map(s->r, until, NULL))
		return;
	(void)read_map(s->r, until, NULL, keys, countof(keys));
	read_look(s, until, "this 'until'", &n);
	read_times(s, hold, every, within);
}

static void
needs_until(struct step_reader *s, const struct node *node)
{
	if (node != NULL)
		read_error_key(s->r, node, STR("add 'until: {...}', or remove it"),
		    "'%.*s' means nothing without 'until'", STR_ARG(node->key));
}

void
step_read_wait(struct step_reader *s)
{
	struct reader *r = s->r;
	const struct node *time = NULL, *until = NULL, *within = NULL;
	const struct key keys[] = {
		{ "for", &time },
		{ "until", &until },
		{ "within", &within },
		{ "otherwise", &s->draft->otherwise },
	};
	if (!read_is_map(r, s->map, "wait"))
		return;
	(void)read_map(r, s->map, "wait", keys, countof(keys));
	if (time != NULL && until != NULL)
		read_error_key(r, until,
		    STR("keep one; how long it must hold is written inside of 'until'"),
		    "a wait has 'for' or 'until', not both");
	if (time == NULL && until == NULL)
		read_error_key(r, s->map,
		    STR("add 'for: 45s', or 'until: {...}' and 'within: 10m'"),
		    "'%.*s' waits for nothing", STR_ARG(s->map->key));
	if (until != NULL) {
		read_until(s, until, within);
		return;
	}
	if (time == NULL)
		return;
	needs_until(s, within);
	needs_until(s, s->draft->otherwise);
	(void)read_duration(r, time, SECOND, STEP_FOR_MS_MAX, &s->step->for_ms);
}

/* ---- between two batches ---- */

static bool
looks_at_something(const struct look_nodes *n)
{
	const struct node *nodes[LOOK_NODES_MAX];
	size_t count = nodes_of(&n->probe, nodes);
	for (size_t i = 0; i < count; i++) {
		if (nodes[i] != NULL)
			return true;
	}
	return n->all != NULL || n->any != NULL;
}

void
step_read_gate(struct step_reader *s, const struct node *node)
{
	struct reader *r = s->r;
	struct look_nodes n = { 0 };
	const struct node *hold = NULL, *every = NULL, *within = NULL;
	const struct key keys[] = {
		LOOK_KEYS(&n),
		{ "for", &hold },
		{ "every", &every },
		{ "within", &within, .required = true },
	};
	if (!read_is_map(r, node, NULL))
		return;
	(void)read_map(r, node, NULL, keys, countof(keys));
	read_times(s, hold, every, within);
	if (looks_at_something(&n)) {
		read_look(s, node, "this 'healthy'", &n);
		return;
	}
	const struct service *service = s->step->target_service;
	s->step->gate_hosts = true;
	if (service != NULL && service->healthy == NULL)
		read_error_key(r, node,
		    read_hint(r,
			"give '%.*s' a 'healthy' in the catalogue, or write what is looked "
			"at here",
			STR_ARG(service->name)),
		    "nobody can tell whether a host of '%.*s' is well",
		    STR_ARG(service->name));
}
