/*
 * undo: what takes an action back.
 *
 *	undo: {do: scale-out, with: {replicas: "${observed.replicas}"}, within: 1h}
 *	undo: start-unit
 *
 * What `with` does not name is handed on: the parameter of the same name.
 */
#include "model/internal.h"

#define UNDO_WITHIN_MS_DEFAULT HOUR
#define UNDO_WITHIN_MS_MAX (7 * DAY)
#define OBSERVED "observed."

const struct observe *
observe_find(const struct action *action, str param)
{
	for (size_t i = 0; i < action->observe_n; i++) {
		if (str_eq(action->observe[i].param, param))
			return &action->observe[i];
	}
	return NULL;
}

/* The parameters, each as it was live, the target and the service. */
static struct strs
placeholders(struct reader *r, const struct params *params)
{
	struct strs names = { arena_new(r->arena, str, 2 * params->n + 2), 0 };
	for (size_t i = 0; i < params->n; i++)
		names.p[names.n++] = params->p[i].name;
	for (size_t i = 0; i < params->n; i++)
		names.p[names.n++] =
		    arena_printf(r->arena, OBSERVED "%.*s", STR_ARG(params->p[i].name));
	names.p[names.n++] = STR("target");
	names.p[names.n++] = STR("service");
	return names;
}

static bool
may_be_absent(const struct param *param)
{
	return param->optional && param->otherwise.n == 0;
}

/* What one placeholder stands for must be there when the action is taken back. */
static void
check_piece(struct reader *r, const struct node *node, const struct action *action,
    str name, bool needed)
{
	if (str_starts(name, STR(OBSERVED))) {
		str param = str_drop(name, strlen(OBSERVED));
		if (observe_find(action, param) == NULL)
			read_error(r, node,
			    read_hint(r, "add '%.*s: {promql: ...}' under 'observe'",
				STR_ARG(param)),
			    "'%.*s' does not observe '%.*s'", STR_ARG(action->name),
			    STR_ARG(param));
		return;
	}
	const struct param *param = param_find(&action->params, name);
	if (needed && param != NULL && may_be_absent(param))
		read_error(r, node,
		    read_hint(r, "give '%.*s' a default, or make it required",
			STR_ARG(name)),
		    "'%.*s' is optional, so '${%.*s}' may have no value", STR_ARG(name),
		    STR_ARG(name));
}

static void
check_values(struct reader *r, const struct node *node, const struct action *action)
{
	const struct node *child = node->first;
	for (size_t i = 0; i < action->undo_with_n; i++, child = child->next) {
		const struct with *with = &action->undo_with[i];
		const struct param *param = param_find(&action->undo->params, with->name);
		for (size_t k = 0; k < with->value.n; k++) {
			const struct piece *piece = &with->value.pieces[k];
			if (piece->placeholder)
				check_piece(r, child, action, piece->text,
				    param != NULL && !param->optional);
		}
	}
}

static bool
is_written(const struct action *action, str param)
{
	for (size_t i = 0; i < action->undo_with_n; i++) {
		if (str_eq(action->undo_with[i].name, param))
			return true;
	}
	return false;
}

/* Whether the undo's parameter is the one of the same name here. */
static bool
is_handed_on(const struct action *action, const struct param *param)
{
	const struct param *mine = param_find(&action->params, param->name);
	return mine != NULL && !is_written(action, param->name) &&
	       (param->optional || !may_be_absent(mine));
}

/* "${unit}" for each parameter that both have and that is not written. */
static void
hand_on(struct reader *r, struct action *action)
{
	const struct params *params = &action->undo->params;
	size_t written_n = action->undo_with_n, n = written_n;
	for (size_t i = 0; i < params->n; i++)
		n += is_handed_on(action, &params->p[i]);
	struct with *all = arena_new(r->arena, struct with, n);
	n = written_n;
	if (n > 0)
		memcpy(all, action->undo_with, n * sizeof(*all));
	for (size_t i = 0; i < params->n; i++) {
		str name = params->p[i].name;
		if (!is_handed_on(action, &params->p[i]))
			continue;
		struct piece *piece = arena_new(r->arena, struct piece, 1);
		*piece = (struct piece){ name, .placeholder = true, .quote = QUOTE_NONE };
		str written = arena_printf(r->arena, "${%.*s}", STR_ARG(name));
		all[n++] = (struct with){ name, { piece, 1, written } };
	}
	action->undo_with = all;
	action->undo_with_n = n;
}

static void
undo_map(struct reader *r, const struct node *node, struct action *action)
{
	const struct node *undo = NULL, *with = NULL, *within = NULL;
	const struct key keys[] = {
		{ "do", &undo, .required = true },
		{ "with", &with },
		{ "within", &within },
	};
	(void)read_map(r, node, NULL, keys, countof(keys));
	if (undo != NULL)
		action->undo = read_ref(r, &r->actions, undo);
	struct strs names = placeholders(r, &action->params);
	if (with != NULL)
		read_with(r, with, action->undo, &names, &action->undo_with,
		    &action->undo_with_n);
	if (within != NULL)
		(void)read_duration(r, within, MINUTE, UNDO_WITHIN_MS_MAX,
		    &action->undo_within_ms);
	if (action->undo == NULL)
		return;
	if (with != NULL)
		check_values(r, with, action);
	hand_on(r, action);
	with_complete(r, undo, with, action->undo, action->undo_with, action->undo_with_n);
}

void
undo_read(struct reader *r, const struct node *node, struct action *action)
{
	const struct node *undo = node_get(node, STR("undo"));
	if (undo == NULL || undo->kind == NODE_EMPTY)
		return;
	action->undo_within_ms = UNDO_WITHIN_MS_DEFAULT;
	if (undo->kind != NODE_TEXT) {
		undo_map(r, undo, action);
		return;
	}
	action->undo = read_ref(r, &r->actions, undo);
	if (action->undo == NULL)
		return;
	hand_on(r, action);
	with_complete(r, undo, NULL, action->undo, action->undo_with, action->undo_with_n);
}
