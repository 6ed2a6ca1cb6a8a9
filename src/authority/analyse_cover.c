/*
 * Which rule is about what, at any time, for anybody: what can be said of rules without a
 * request. Errs to the side of "no": what is claimed here is a proof.
 */
#include "authority/analysing.h"

const char *
rule_kind_word(enum rule_kind kind)
{
	switch (kind) {
	case RULE_GRANT:
		return "grant";
	case RULE_PROHIBITION:
		return "prohibition";
	case RULE_LIMIT:
		return "limit";
	case RULE_APPROVAL:
		return "approval";
	}
	UNREACHABLE();
}

bool
rule_over(const struct rule *rule, msec wall)
{
	return rule->until_wall != 0 && rule->until_wall <= wall;
}

bool
rule_limits(const struct rule *rule)
{
	return rule->per_service.count != 0 || rule->per_target.count != 0 ||
	       rule->per_actor.count != 0 || rule->at_once != 0 ||
	       rule->targets.count != 0 || rule->targets.percent != 0 ||
	       rule->keep_healthy.count != 0 || rule->keep_healthy.percent != 0 ||
	       rule->spacing_ms != 0 || rule->not_beside.n != 0;
}

static bool
has_all(const struct strs *wide, const struct strs *narrow)
{
	for (size_t i = 0; i < narrow->n; i++) {
		if (!strs_has(wide, narrow->p[i]))
			return false;
	}
	return true;
}

const struct param *
action_param(const struct action *action, str name)
{
	for (size_t i = 0; i < action->params.n; i++) {
		if (str_eq(action->params.p[i].name, name))
			return &action->params.p[i];
	}
	return NULL;
}

/* ---- actions and services ---- */

bool
rule_covers_action(const struct rule *rule, const struct action *action)
{
	return rule->any || strs_has(&rule->may, action->verb) ||
	       strs_has(&rule->may, action->name);
}

static bool
in_scope(const struct scope *on, const struct service *service)
{
	return (on->services.n == 0 || strs_has(&on->services, service->name)) &&
	       (on->systems.n == 0 || strs_has(&on->systems, service->system)) &&
	       (on->tiers == 0 || (on->tiers >> service->tier & 1) != 0);
}

static bool
in_environment(const struct scope *on, str environment)
{
	return on->environments.n == 0 || strs_has(&on->environments, environment);
}

bool
rule_covers_service(const struct model *model, const struct rule *rule,
    const struct service *service)
{
	if (!in_scope(&rule->on, service))
		return false;
	if (in_environment(&rule->on, service->environment))
		return true;
	if (rule->kind == RULE_GRANT) /* must cover both */
		return false;
	for (size_t i = 0; i < model->hosts_n; i++) {
		const struct host *host = &model->hosts[i];
		if (host->service == service &&
		    in_environment(&rule->on, host->environment))
			return true;
	}
	return false;
}

bool
covers_service_of(const struct model *model, const struct rule *wide,
    const struct rule *narrow, const struct service *service)
{
	/* A grant covers nothing of a service whose own environment it does not cover. */
	if (!in_scope(&wide->on, service) ||
	    !in_environment(&wide->on, service->environment))
		return false;
	if (wide->kind != RULE_GRANT)
		return true;
	for (size_t i = 0; i < model->hosts_n; i++) {
		const struct host *host = &model->hosts[i];
		if (host->service == service &&
		    in_environment(&narrow->on, host->environment) &&
		    !in_environment(&wide->on, host->environment))
			return false;
	}
	return true;
}

/* ---- principals and time ---- */

bool
covers_all_of(const struct principal *wide, const struct principal *narrow)
{
	if (wide->kind == narrow->kind)
		return wide->kind == PRINCIPAL_AUTOMATION ||
		       str_eq(wide->name, narrow->name);
	/* Not whoever is on duty: who stands in need not be one of the team. */
	return wide->kind == PRINCIPAL_TEAM && narrow->kind == PRINCIPAL_PERSON &&
	       duty_member(wide->team, narrow->name);
}

bool
in_force_with(const struct rule *wide, const struct rule *narrow, msec wall)
{
	msec from = narrow->from_wall > wall ? narrow->from_wall : wall;
	if (wide->from_wall > from)
		return false;
	if (wide->until_wall != 0 &&
	    (narrow->until_wall == 0 || wide->until_wall < narrow->until_wall))
		return false;
	return wide->during == NULL || wide->during == narrow->during;
}

static bool
span_ahead(const struct calendar *calendar, msec from, msec until)
{
	for (size_t i = 0; i < calendar->spans_n; i++) {
		const struct calendar_span *span = &calendar->spans[i];
		if (span->until_wall > from && (until == 0 || span->from_wall < until))
			return true;
	}
	return false;
}

msec
rule_first_in_force(const struct rule *rule, msec wall)
{
	msec at = rule->from_wall > wall ? rule->from_wall : wall;
	if (rule->until_wall != 0 && at >= rule->until_wall)
		return 0;
	if (rule->during == NULL || calendar_has(rule->during, at))
		return at;
	msec opens = calendar_changes(rule->during, at);
	if (opens == 0) /* not within 400 days */
		return span_ahead(rule->during, at, rule->until_wall) ? at : 0;
	return rule->until_wall != 0 && opens >= rule->until_wall ? 0 : opens;
}

/* ---- bounds ---- */

static bool
values_are_like(const struct strs *values, str like)
{
	for (size_t i = 0; i < values->n; i++) {
		if (!like_matches(like, values->p[i]))
			return false;
	}
	return values->n > 0;
}

static bool
delta_eq(const struct delta *a, const struct delta *b)
{
	return a->kind == b->kind && a->thousandths == b->thousandths &&
	       a->number == b->number;
}

/* What is written of `wide`, as bits, and what of that `narrow` implies. */
enum { PART_MIN = 1, PART_MAX = 2, PART_VALUES = 4, PART_LIKE = 8, PART_CHANGE = 16 };

static unsigned
parts_of(const struct param_bound *wide)
{
	return (wide->has_min ? PART_MIN : 0u) | (wide->has_max ? PART_MAX : 0u) |
	       (wide->values.n > 0 ? PART_VALUES : 0u) |
	       (wide->like.n > 0 ? PART_LIKE : 0u) |
	       (wide->change.kind != 0 ? PART_CHANGE : 0u);
}

static unsigned
parts_implied(const struct param_bound *narrow, const struct param_bound *wide)
{
	unsigned parts = 0;
	if (narrow->has_min && narrow->min >= wide->min)
		parts |= PART_MIN;
	if (narrow->has_max && narrow->max <= wide->max)
		parts |= PART_MAX;
	if (narrow->values.n > 0 && has_all(&wide->values, &narrow->values))
		parts |= PART_VALUES;
	if (wide->like.n > 0 && (str_eq(narrow->like, wide->like) ||
				    values_are_like(&narrow->values, wide->like)))
		parts |= PART_LIKE;
	if (narrow->change.kind != 0 && delta_eq(&narrow->change, &wide->change))
		parts |= PART_CHANGE;
	return parts;
}

static bool
bound_implied(const struct rule *narrow, const struct param_bound *wide)
{
	unsigned implied = 0;
	bool named = false;
	for (size_t i = 0; i < narrow->with_n; i++) {
		if (!str_eq(narrow->with[i].param, wide->param))
			continue;
		named = true;
		implied |= parts_implied(&narrow->with[i], wide);
	}
	return named && (parts_of(wide) & ~implied) == 0;
}

bool
bounds_imply(const struct rule *narrow, const struct rule *wide)
{
	for (size_t i = 0; i < wide->with_n; i++) {
		if (!bound_implied(narrow, &wide->with[i]))
			return false;
	}
	return true;
}

/* ---- limits ---- */

static bool
rate_implies(const struct rate *tight, const struct rate *loose)
{
	return loose->count == 0 || (tight->count != 0 && tight->count <= loose->count &&
					tight->window_ms >= loose->window_ms);
}

static bool
share_written(const struct share *share)
{
	return share->count != 0 || share->percent != 0;
}

/* At most `tight` is at most `loose`: both counts, or both percents. */
static bool
share_at_most_implies(const struct share *tight, const struct share *loose)
{
	if (!share_written(loose))
		return true;
	if (loose->count != 0)
		return tight->count != 0 && tight->count <= loose->count;
	return tight->count == 0 && tight->percent != 0 && tight->percent <= loose->percent;
}

static bool
share_at_least_implies(const struct share *tight, const struct share *loose)
{
	if (!share_written(loose))
		return true;
	if (loose->count != 0)
		return tight->count >= loose->count;
	return tight->count == 0 && tight->percent >= loose->percent;
}

static bool
scope_list_wider(const struct strs *wide, const struct strs *narrow)
{
	return wide->n == 0 || (narrow->n > 0 && has_all(wide, narrow));
}

/* Every use that `loose` counts, `tight` counts too. */
static bool
counts_all_of(const struct rule *tight, const struct rule *loose)
{
	const struct scope *wide = &tight->on, *narrow = &loose->on;
	return (tight->any || (!loose->any && has_all(&tight->may, &loose->may))) &&
	       scope_list_wider(&wide->services, &narrow->services) &&
	       scope_list_wider(&wide->systems, &narrow->systems) &&
	       scope_list_wider(&wide->environments, &narrow->environments) &&
	       (wide->tiers == 0 ||
		   (narrow->tiers != 0 && (narrow->tiers & ~wide->tiers) == 0));
}

bool
limits_imply(const struct rule *tight, const struct rule *loose)
{
	if (!rule_limits(loose))
		return true;
	return counts_all_of(tight, loose) &&
	       rate_implies(&tight->per_service, &loose->per_service) &&
	       rate_implies(&tight->per_target, &loose->per_target) &&
	       rate_implies(&tight->per_actor, &loose->per_actor) &&
	       (loose->at_once == 0 ||
		   (tight->at_once != 0 && tight->at_once <= loose->at_once)) &&
	       share_at_most_implies(&tight->targets, &loose->targets) &&
	       (!share_written(&loose->targets) ||
		   tight->targets_window_ms >= loose->targets_window_ms) &&
	       share_at_least_implies(&tight->keep_healthy, &loose->keep_healthy) &&
	       tight->spacing_ms >= loose->spacing_ms &&
	       has_all(&tight->not_beside, &loose->not_beside);
}
