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
same_request(const struct action *action, const struct attempt_order *order,
    struct arena *arena)
{
	struct pairs values = values_of(action, order, arena);
	struct strs argv;
	struct pairs parts;
	struct err err;
	if (action->kind != (order->kind == 0 ? ACTION_RUN : order->kind) ||
	    !request_fill(&action->argv, &action->parts, &values, arena, &argv, &parts,
		&err) ||
	    argv.n != order->argv.n || parts.n != order->parts.n)
		return false;
	for (size_t i = 0; i < argv.n; i++) {
		if (!str_eq(argv.p[i], order->argv.p[i]))
			return false;
	}
	for (size_t i = 0; i < parts.n; i++) {
		if (!str_eq(parts.p[i].name, order->parts.p[i].name) ||
		    !str_eq(parts.p[i].value, order->parts.p[i].value))
			return false;
	}
	return true;
}

static bool
has_runbook(const struct model *model, const hash32 *hash)
{
	for (size_t i = 0; i < model->runbooks_n; i++) {
		if (hash32_eq(&model->runbooks[i].hash, hash))
			return true;
	}
	return false;
}

/* The one whose step it is, and all that called it. */
static bool
has_runbooks(const struct model *model, const struct attempt_order *order)
{
	const struct brought *callers = order->given.callers.p;
	if (!hash32_zero(&order->runbook_hash) && !has_runbook(model, &order->runbook_hash))
		return false;
	for (size_t i = 0; i < order->given.callers.n; i++) {
		if (!has_runbook(model, &callers[i].runbook))
			return false;
	}
	return true;
}

/* Is there anything that this action takes back? */
static bool
takes_back(const struct model *model, const struct action *undo)
{
	for (size_t i = 0; i < model->actions_n; i++) {
		if (model->actions[i].undo == undo)
			return true;
	}
	return false;
}

/* NULL: as it should be; else what differs, with the sentence in *ret_why. */
static const char *
differs(const struct model *model, const struct action *action,
    const struct attempt_order *order, struct arena *arena, str *ret_why)
{
	if (!str_eq(action->verb, order->verb)) {
		*ret_why =
		    arena_printf(arena, "action '%.*s' is of the verb %.*s, not %.*s",
			STR_ARG(action->name), STR_ARG(action->verb), STR_ARG(order->verb));
		return "verb";
	}
	if (order->timeout_ms > action->timeout_ms) {
		*ret_why = arena_printf(arena,
		    "action '%.*s' has a timeout of %llu ms, the order one of %llu",
		    STR_ARG(action->name), (unsigned long long)action->timeout_ms,
		    (unsigned long long)order->timeout_ms);
		return "timeout";
	}
	if (!same_request(action, order, arena)) {
		*ret_why = arena_printf(arena,
		    "the %s is not what action '%.*s' %s in the newest configuration",
		    action->kind == ACTION_RUN ? "command" : "request",
		    STR_ARG(action->name), action->kind == ACTION_RUN ? "runs" : "makes");
		return "command";
	}
	if (!has_runbooks(model, order)) {
		*ret_why =
		    STR("its runbook, or one that called it, is not one of the newest "
			"configuration, or was changed since the run began");
		return "runbook";
	}
	if (order->given.undo != (order->given.undo_of != 0) ||
	    (order->given.undo && !takes_back(model, action))) {
		*ret_why = arena_printf(arena, "action '%.*s' takes nothing back",
		    STR_ARG(action->name));
		return "undo";
	}
	return NULL;
}

/* Each yes that came with it, as authority takes them. */
static struct authority_facts
facts_of(const struct given *given, struct arena *arena)
{
	const struct vote *votes = given->votes.p;
	struct authority_yes *yes = arena_new(arena, struct authority_yes, given->votes.n);
	size_t n = 0;
	for (size_t i = 0; i < given->votes.n; i++) {
		if (votes[i].yes)
			yes[n++] =
			    (struct authority_yes){ votes[i].principal, votes[i].wall };
	}
	return (struct authority_facts){ .observed = given->observed,
		.health_known = given->health_known,
		.healthy = given->healthy,
		.yes = yes,
		.yes_n = n,
		.glass_by = given->glass_by,
		.reloaded_by = given->reloaded_by,
		.runbook_by = given->runbook_by,
		.over = { given->stand_ins.p, given->stand_ins.n } };
}

static str
judged_by(const struct reason *reason, struct arena *arena)
{
	if (reason->rule.n == 0)
		return STR("authority");
	return arena_printf(arena, "%.*s, %.*s:%u", STR_ARG(reason->rule),
	    STR_ARG(reason->file), reason->line);
}

/* It was allowed when it was decided, and is not any more: nobody judged otherwise. */
static bool
crossed_a_boundary(const struct authority *authority, const struct authority_request *now,
    const struct authority_facts *facts, msec decided_wall)
{
	struct authority_request then = *now;
	then.wall = decided_wall;
	return decided_wall != 0 && decided_wall != now->wall &&
	       authority_verdict(authority, &then, facts) == VERDICT_ALLOW;
}

static bool
authority_allows(const struct model *model, const struct authority *authority,
    const struct action *action, const struct attempt_order *order, msec wall, msec at,
    struct arena *arena, struct order_refusal *ret)
{
	struct authority_request request = {
		.principal = order->principal,
		.behalf = order->given.behalf,
		.action = action,
		.action_name = order->action,
		.service = model_service(model, order->service),
		.target = order->target,
		.targets_n = order->given.targets_n,
		.params = &order->params,
		.incident_open = order->incident != 0 && order->given.incident_open,
		.undo = order->given.undo,
		.wall = wall,
		.at = at,
	};
	struct authority_facts facts = facts_of(&order->given, arena);
	struct authority_decision decision;
	struct authority_answer answer;
	authority_decide(authority, &request, &facts, &decision);
	if (decision.verdict == VERDICT_ALLOW)
		return true;
	authority_explain(authority, &request, &facts, &decision, arena, &answer);
	bool said = answer.reasons_n > 0;
	ret->why = said ? answer.reasons[0].text : STR("not allowed");
	ret->judged = said ? judged_by(&answer.reasons[0], arena) : STR("authority");
	if (crossed_a_boundary(authority, &request, &facts, order->intent_wall)) {
		ret->why = arena_printf(arena,
		    "a boundary of time was crossed since it was decided: %.*s",
		    STR_ARG(ret->why));
		ret->judged = (str){ 0 };
	}
	return false;
}

bool
order_allowed(const struct model *model, const struct authority *authority,
    const struct attempt_order *order, msec wall, msec at, struct arena *arena,
    struct order_refusal *ret)
{
	struct order_refusal refusal = { 0 };
	const struct action *action = model_action(model, order->action);
	if (action == NULL) {
		refusal.why = arena_printf(arena, "the configuration has no action '%.*s'",
		    STR_ARG(order->action));
		refusal.judged = STR("action");
	} else {
		const char *what = differs(model, action, order, arena, &refusal.why);
		if (what != NULL)
			refusal.judged = str_of(what);
		else if (authority_allows(model, authority, action, order, wall, at, arena,
			     &refusal))
			return true;
	}
	if (!hash32_eq(&order->config, &model->hash))
		refusal.judged = (str){ 0 };
	*ret = refusal;
	return false;
}
