/*
 * with: the values that an action is given, by a step of a runbook or an undo.
 *
 *	with: {unit: nginx.service, replicas: "${observed.replicas}"}
 */
#include "model/internal.h"

void
unknown_param(struct reader *r, const struct node *node, const struct action *action)
{
	const struct params *params = &action->params;
	str *names = arena_new(r->arena, str, params->n);
	for (size_t i = 0; i < params->n; i++)
		names[i] = params->p[i].name;
	str hint = read_suggest(r, node->key, names, params->n);
	if (hint.n == 0 && params->n == 0)
		hint = STR("it has none: remove it");
	else if (hint.n == 0)
		hint = read_hint(r, "its parameters are %.*s",
		    STR_ARG(read_join(r, names, params->n)));
	read_error_key(r, node, hint, "'%.*s' has no parameter '%.*s'",
	    STR_ARG(action->name), STR_ARG(node->key));
}

static bool
is_literal(const struct template *value)
{
	return value->n == 1 && !value->pieces[0].placeholder;
}

static void
read_value(struct reader *r, const struct node *node, const struct action *action,
    const struct strs *names, struct with *with)
{
	with->name = node->key;
	bool ok = read_template(r, node, QUOTE_NONE, names, &with->value);
	if (action == NULL)
		return;
	const struct param *param = param_find(&action->params, node->key);
	if (param == NULL) {
		unknown_param(r, node, action);
		return;
	}
	/* A parameter whose own reading failed has no kind; that is reported there. */
	if (!ok || param->kind == 0 || !is_literal(&with->value))
		return;
	str why = param_refuses(param, with->value.pieces[0].text, r->arena);
	if (why.n > 0)
		read_error(r, node, STR(""), "a bad value for %.*s", STR_ARG(why));
}

void
read_with(struct reader *r, const struct node *node, const struct action *action,
    const struct strs *names, struct with **ret, size_t *ret_n)
{
	if (!read_is_map(r, node, NULL) || !read_at_most(r, node, PARAMS_MAX))
		return;
	struct with *with = arena_new(r->arena, struct with, node->n);
	size_t n = 0;
	for (const struct node *child = node->first; child != NULL; child = child->next)
		read_value(r, child, action, names, &with[n++]);
	*ret = with;
	*ret_n = n;
}

void
with_complete(struct reader *r, const struct node *where, const struct node *node,
    const struct action *action, const struct with *with, size_t with_n)
{
	for (size_t i = 0; i < action->params.n; i++) {
		const struct param *param = &action->params.p[i];
		bool given = param->optional || param->otherwise.n > 0;
		for (size_t k = 0; k < with_n; k++)
			given |= str_eq(with[k].name, param->name);
		if (given)
			continue;
		str hint = read_hint(r, "add 'with: {%.*s: ...}'", STR_ARG(param->name));
		if (node != NULL)
			read_error_key(r, node, hint,
			    "the parameter '%.*s' of '%.*s' is missing",
			    STR_ARG(param->name), STR_ARG(action->name));
		else
			read_error(r, where, hint,
			    "the parameter '%.*s' of '%.*s' is missing",
			    STR_ARG(param->name), STR_ARG(action->name));
	}
}
