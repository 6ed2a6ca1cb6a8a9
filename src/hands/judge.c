#include "hands/judge.h"

#include <stdlib.h>

static int
compare_pairs(const void *a, const void *b)
{
	const struct pair *one = a, *other = b;
	return str_cmp(one->name, other->name);
}

/* What placeholders stand for: the params, defaults for those left out, and the two names
 * that are always there. */
static struct pairs
values_of(const struct action *action, const struct attempt_order *order,
    struct arena *arena)
{
	struct pairs values = {
		.p = arena_new(arena, struct pair, order->params.n + action->params.n + 2),
	};
	for (size_t i = 0; i < order->params.n; i++)
		values.p[values.n++] = order->params.p[i];
	for (size_t i = 0; i < action->params.n; i++) {
		const struct param *param = &action->params.p[i];
		if (param->otherwise.n > 0 && !pairs_has(&order->params, param->name))
			values.p[values.n++] =
			    (struct pair){ param->name, param->otherwise };
	}
	values.p[values.n++] = (struct pair){ STR("service"), order->service };
	values.p[values.n++] = (struct pair){ STR("target"), order->target };
	qsort(values.p, values.n, sizeof(values.p[0]), compare_pairs);
	return values;
}

static bool
same_command(const struct action *action, const struct attempt_order *order,
    struct arena *arena)
{
	struct pairs values = values_of(action, order, arena);
	if (action->run.n != order->argv.n)
		return false;
	for (size_t i = 0; i < action->run.n; i++) {
		struct err err;
		str filled;
		if (!template_fill(&action->run.p[i], &values, arena, &filled, &err) ||
		    !str_eq(filled, order->argv.p[i]))
			return false;
	}
	return true;
}

bool
order_allowed(const struct model *model, const struct authority *authority,
    const struct attempt_order *order, msec wall, msec at, struct arena *arena,
    str *ret_why)
{
	const struct action *action = model_action(model, order->action);
	if (action == NULL) {
		*ret_why = arena_printf(arena, "the configuration has no action '%.*s'",
		    STR_ARG(order->action));
		return false;
	}
	if (!same_command(action, order, arena)) {
		*ret_why = arena_printf(arena,
		    "the command is not what action '%.*s' runs in the newest "
		    "configuration",
		    STR_ARG(order->action));
		return false;
	}
	struct authority_request request = {
		.principal = order->principal,
		.action = action,
		.action_name = order->action,
		.service = model_service(model, order->service),
		.target = order->target,
		.params = &order->params,
		.incident_open = order->incident != 0,
		.wall = wall,
		.at = at,
	};
	struct authority_facts facts = { .uses = NULL };
	struct authority_decision decision;
	authority_decide(authority, &request, &facts, arena, &decision);
	if (decision.verdict == VERDICT_ALLOW)
		return true;
	*ret_why = decision.reasons_n > 0 ? decision.reasons[0].text : STR("not allowed");
	return false;
}
