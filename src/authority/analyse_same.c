/*
 * Are two rules, or the catalogues of two models, alike in all that decisions see?
 */
#include "authority/analysing.h"

static bool
strs_same(const struct strs *a, const struct strs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (!str_eq(a->p[i], b->p[i]))
			return false;
	}
	return true;
}

static bool
principals_same(const struct principal *a, size_t a_n, const struct principal *b,
    size_t b_n)
{
	if (a_n != b_n)
		return false;
	for (size_t i = 0; i < a_n; i++) {
		if (a[i].kind != b[i].kind || !str_eq(a[i].name, b[i].name))
			return false;
	}
	return true;
}

static bool
scopes_same(const struct scope *a, const struct scope *b)
{
	return strs_same(&a->services, &b->services) &&
	       strs_same(&a->systems, &b->systems) &&
	       strs_same(&a->environments, &b->environments) && a->tiers == b->tiers;
}

static bool
rates_same(const struct rate *a, const struct rate *b)
{
	return a->count == b->count && a->window_ms == b->window_ms;
}

static bool
shares_same(const struct share *a, const struct share *b)
{
	return a->count == b->count && a->percent == b->percent;
}

static bool
deltas_same(const struct delta *a, const struct delta *b)
{
	return a->kind == b->kind && a->thousandths == b->thousandths &&
	       a->number == b->number;
}

static bool
limits_same(const struct rule *a, const struct rule *b)
{
	return rates_same(&a->per_service, &b->per_service) &&
	       rates_same(&a->per_target, &b->per_target) &&
	       rates_same(&a->per_actor, &b->per_actor) && a->at_once == b->at_once &&
	       shares_same(&a->targets, &b->targets) &&
	       a->targets_window_ms == b->targets_window_ms &&
	       shares_same(&a->keep_healthy, &b->keep_healthy) &&
	       a->spacing_ms == b->spacing_ms && strs_same(&a->not_beside, &b->not_beside);
}

static bool
bounds_same(const struct rule *a, const struct rule *b)
{
	if (a->with_n != b->with_n || a->when_n != b->when_n)
		return false;
	for (size_t i = 0; i < a->with_n; i++) {
		const struct param_bound *x = &a->with[i], *y = &b->with[i];
		if (!str_eq(x->param, y->param) || x->has_min != y->has_min ||
		    x->has_max != y->has_max || x->min != y->min || x->max != y->max ||
		    !strs_same(&x->values, &y->values) || !str_eq(x->like, y->like) ||
		    !deltas_same(&x->change, &y->change))
			return false;
	}
	for (size_t i = 0; i < a->when_n; i++) {
		const struct when *x = &a->when[i], *y = &b->when[i];
		if (!str_eq(x->param, y->param) || x->op != y->op ||
		    x->number != y->number || !deltas_same(&x->times, &y->times) ||
		    !strs_same(&x->values, &y->values))
			return false;
	}
	return true;
}

static bool
calendars_same(const struct calendar *a, const struct calendar *b)
{
	if (a == b)
		return true;
	if (a == NULL || b == NULL || a->spans_n != b->spans_n ||
	    a->weeks_n != b->weeks_n || !str_eq(zone_name(a->zone), zone_name(b->zone)))
		return false;
	for (size_t i = 0; i < a->spans_n; i++) {
		if (a->spans[i].from_wall != b->spans[i].from_wall ||
		    a->spans[i].until_wall != b->spans[i].until_wall)
			return false;
	}
	for (size_t i = 0; i < a->weeks_n; i++) {
		if (a->weeks[i].days != b->weeks[i].days ||
		    a->weeks[i].from_minute != b->weeks[i].from_minute ||
		    a->weeks[i].until_minute != b->weeks[i].until_minute)
			return false;
	}
	return true;
}

bool
rules_same(const struct rule *a, const struct rule *b)
{
	return a->kind == b->kind && principals_same(a->to, a->to_n, b->to, b->to_n) &&
	       a->any == b->any && strs_same(&a->may, &b->may) &&
	       scopes_same(&a->on, &b->on) && limits_same(a, b) && bounds_same(a, b) &&
	       a->while_incident == b->while_incident &&
	       principals_same(a->by, a->by_n, b->by, b->by_n) && a->need == b->need &&
	       a->not_reloader == b->not_reloader && a->from_wall == b->from_wall &&
	       a->until_wall == b->until_wall && calendars_same(a->during, b->during) &&
	       a->liftable == b->liftable;
}

/* ---- the catalogue ---- */

bool
layers_same(const struct layer *a, const struct layer *b)
{
	if (a->people_n != b->people_n || a->days != b->days ||
	    a->handover_minute != b->handover_minute || a->anchor_days != b->anchor_days ||
	    !str_eq(zone_name(a->zone), zone_name(b->zone)) ||
	    !calendars_same(a->when.only, b->when.only) ||
	    !calendars_same(a->when.except, b->when.except))
		return false;
	for (size_t i = 0; i < a->people_n; i++) {
		if (!str_eq(a->people[i]->id, b->people[i]->id))
			return false;
	}
	return true;
}

static bool
teams_same(const struct team *a, const struct team *b)
{
	str lead_a = a->lead != NULL ? a->lead->id : (str){ 0 };
	str lead_b = b->lead != NULL ? b->lead->id : (str){ 0 };
	if (!str_eq(a->name, b->name) || a->rotation_n != b->rotation_n ||
	    !str_eq(lead_a, lead_b) ||
	    (a->rotation_n > 0 && !str_eq(zone_name(a->zone), zone_name(b->zone))))
		return false;
	for (size_t i = 0; i < a->rotation_n; i++) {
		const struct rotation *x = &a->rotations[i], *y = &b->rotations[i];
		if (x->layers_n != y->layers_n || x->guests_n != y->guests_n)
			return false;
		for (size_t k = 0; k < x->layers_n; k++) {
			if (!layers_same(&x->layers[k], &y->layers[k]))
				return false;
		}
	}
	return true;
}

static bool
params_same(const struct param *a, const struct param *b)
{
	return str_eq(a->name, b->name) && a->kind == b->kind &&
	       str_eq(a->pattern_text, b->pattern_text) && a->min == b->min &&
	       a->max == b->max && strs_same(&a->values, &b->values) &&
	       a->dash == b->dash && a->optional == b->optional &&
	       str_eq(a->otherwise, b->otherwise);
}

bool
undos_same(const struct action *a, const struct action *b)
{
	if ((a->undo == NULL) != (b->undo == NULL))
		return false;
	if (a->undo == NULL)
		return true;
	if (!str_eq(a->undo->name, b->undo->name) || a->undo_with_n != b->undo_with_n ||
	    a->undo_within_ms != b->undo_within_ms)
		return false;
	for (size_t i = 0; i < a->undo_with_n; i++) {
		if (!str_eq(a->undo_with[i].name, b->undo_with[i].name) ||
		    !str_eq(a->undo_with[i].value.written, b->undo_with[i].value.written))
			return false;
	}
	return true;
}

static bool
actions_same(const struct action *a, const struct action *b)
{
	if (!str_eq(a->name, b->name) || !str_eq(a->verb, b->verb) ||
	    a->params.n != b->params.n || a->observe_n != b->observe_n)
		return false;
	for (size_t i = 0; i < a->params.n; i++) {
		if (!params_same(&a->params.p[i], &b->params.p[i]))
			return false;
	}
	for (size_t i = 0; i < a->observe_n; i++) {
		if (!str_eq(a->observe[i].param, b->observe[i].param))
			return false;
	}
	return undos_same(a, b);
}

static bool
services_same(const struct service *a, const struct service *b)
{
	return str_eq(a->name, b->name) && str_eq(a->system, b->system) &&
	       a->tier == b->tier && str_eq(a->environment, b->environment) &&
	       (a->healthy == NULL) == (b->healthy == NULL);
}

static bool
hosts_same(const struct host *a, const struct host *b)
{
	return str_eq(a->name, b->name) && str_eq(a->service->name, b->service->name) &&
	       str_eq(a->role, b->role) && str_eq(a->environment, b->environment);
}

#define ALL_SAME(a, b, list, n, same)                                               \
	bool list##_are = (a)->n == (b)->n;                                         \
	for (size_t i = 0; list##_are && (a)->list != (b)->list && i < (a)->n; i++) \
	list##_are = same(&(a)->list[i], &(b)->list[i])

static bool
people_same(const struct person *a, const struct person *b)
{
	return str_eq(a->id, b->id);
}

bool
catalogues_same(const struct model *a, const struct model *b)
{
	ALL_SAME(a, b, people, people_n, people_same);
	ALL_SAME(a, b, teams, teams_n, teams_same);
	ALL_SAME(a, b, services, services_n, services_same);
	ALL_SAME(a, b, hosts, hosts_n, hosts_same);
	ALL_SAME(a, b, actions, actions_n, actions_same);
	return people_are && teams_are && services_are && hosts_are && actions_are;
}
