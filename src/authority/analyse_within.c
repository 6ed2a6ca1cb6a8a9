/*
 * Prohibitions, limits and approvals within wider ones: whatever they stop or ask for, one
 * other rule does already, at the same times and for the same people.
 */
#include "authority/analysing.h"

/* The one is about everything that the other is about. */

static bool
covers_whom(const struct rule *wide, const struct rule *narrow)
{
	if (wide->to_n == 0)
		return true;
	for (size_t i = 0; i < narrow->to_n; i++) {
		bool covered = false;
		for (size_t k = 0; k < wide->to_n && !covered; k++)
			covered = covers_all_of(&wide->to[k], &narrow->to[i]);
		if (!covered)
			return false;
	}
	return narrow->to_n > 0;
}

static bool
covers_actions(const struct model *model, const struct rule *wide,
    const struct rule *narrow)
{
	for (size_t i = 0; !wide->any && i < model->actions_n; i++) {
		const struct action *action = &model->actions[i];
		if (rule_covers_action(narrow, action) && !rule_covers_action(wide, action))
			return false;
	}
	return true;
}

static bool
covers_services(const struct model *model, const struct rule *wide,
    const struct rule *narrow)
{
	for (size_t i = 0; i < model->services_n; i++) {
		const struct service *service = &model->services[i];
		if (rule_covers_service(model, narrow, service) &&
		    !covers_service_of(model, wide, narrow, service))
			return false;
	}
	return true;
}

/* Who may lift the one may lift the other. */
static bool
lifted_with(const struct rule *wide, const struct rule *narrow)
{
	return !wide->liftable || narrow->liftable;
}

/* ---- approvals ---- */

/* Always asked for, of fewer people, for no longer, and no fewer of them. */
static bool
approval_implies(const struct rule *wide, const struct rule *narrow)
{
	if (wide->when_n > 0 || wide->need < narrow->need || wide->by_n == 0 ||
	    wide->expires_ms > narrow->expires_ms ||
	    (narrow->not_reloader && !wide->not_reloader))
		return false;
	for (size_t i = 0; i < wide->by_n; i++) {
		bool counts = false;
		for (size_t k = 0; k < narrow->by_n && !counts; k++)
			counts = covers_all_of(&narrow->by[k], &wide->by[i]);
		if (!counts)
			return false;
	}
	return true;
}

static bool
does_as_much(const struct rule *wide, const struct rule *narrow)
{
	switch (wide->kind) {
	case RULE_PROHIBITION:
		return true;
	case RULE_LIMIT:
		return narrow->kind == RULE_LIMIT && limits_imply(wide, narrow);
	case RULE_APPROVAL:
		return narrow->kind == RULE_APPROVAL && approval_implies(wide, narrow);
	case RULE_GRANT:
		return false;
	}
	UNREACHABLE();
}

static bool
is_around(const struct analysing *a, const struct rule *wide, const struct rule *narrow)
{
	if (wide->kind == RULE_GRANT || !in_force_with(wide, narrow, a->wall))
		return false;
	return rules_same(wide, narrow) ||
	       (lifted_with(wide, narrow) && does_as_much(wide, narrow) &&
		   covers_whom(wide, narrow) && covers_actions(a->model, wide, narrow) &&
		   covers_services(a->model, wide, narrow));
}

static const struct rule *
rule_around(const struct analysing *a, const struct rule *narrow)
{
	for (size_t i = 0; i < a->model->rules_n; i++) {
		const struct rule *wide = &a->model->rules[i];
		if (wide != narrow && !a->gone[i] && is_around(a, wide, narrow))
			return wide;
	}
	return NULL;
}

static const char *
already(const struct rule *wide)
{
	switch (wide->kind) {
	case RULE_PROHIBITION:
		return "forbids all of it already";
	case RULE_LIMIT:
		return "bounds all of it as tightly already";
	case RULE_APPROVAL:
	case RULE_GRANT:
		return "asks for as much already";
	}
	UNREACHABLE();
}

/* From the last to the first, as with grants. */
void
analyse_within(struct analysing *a)
{
	for (size_t i = a->model->rules_n; i-- > 0;) {
		const struct rule *rule = &a->model->rules[i];
		if (rule->kind == RULE_GRANT || a->gone[i])
			continue;
		a->decisions += a->model->rules_n / 512;
		if (!decisions_left(a, "rules in 'shadowed'"))
			return;
		const struct rule *wide = rule_around(a, rule);
		if (wide == NULL)
			continue;
		a->gone[i] = true;
		found_add(a, &(struct found){
				 .kind = FOUND_SHADOWED,
				 .place = rule->place,
				 .text = arena_printf(a->arena,
				     "%s '%.*s' changes nothing: '%.*s' (%.*s:%u) %s",
				     rule_kind_word(rule->kind), STR_ARG(rule->name),
				     STR_ARG(wide->name), STR_ARG(wide->place.file),
				     wide->place.line, already(wide)),
				 .example = rule_example(a, rule),
				 .mend = STR("take it out, or make the other narrower"),
			     });
	}
}
