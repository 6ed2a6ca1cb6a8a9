/*
 * Rules that do nothing, rules that others make superfluous, and those that end soon.
 */
#include "authority/analysing.h"

#define ENDING_DAYS 14

/* ---- values that can be ---- */

static bool
number_in(str text, int64_t min, int64_t max)
{
	int64_t value;
	if (!value_whole(text, &value))
		return false;
	return value >= min && value <= max;
}

/* Live values aside. */
static bool
bound_admits(const struct param_bound *bound, str value)
{
	if (bound->values.n > 0 && !strs_has(&bound->values, value))
		return false;
	if (bound->like.n > 0 && !like_matches(bound->like, value))
		return false;
	if (!bound->has_min && !bound->has_max)
		return true;
	return number_in(value, bound->has_min ? bound->min : INT64_MIN,
	    bound->has_max ? bound->max : INT64_MAX);
}

static bool
any_admitted(const struct param_bound *bound, const struct param *param,
    const struct strs *values, struct arena scratch)
{
	for (size_t i = 0; i < values->n; i++) {
		struct arena arena = scratch;
		if (bound_admits(bound, values->p[i]) &&
		    param_refuses(param, values->p[i], &arena).n == 0)
			return true;
	}
	return false;
}

/* Can the action have a value of this parameter that the bound lets through? */
static bool
bound_possible(const struct action *action, const struct param_bound *bound,
    struct arena scratch)
{
	const struct param *param = action_param(action, bound->param);
	if (param == NULL)
		return false;
	if (param->kind == PARAM_ONE_OF)
		return any_admitted(bound, param, &param->values, scratch);
	if (bound->values.n > 0)
		return any_admitted(bound, param, &bound->values, scratch);
	if (param->kind != PARAM_INTEGER)
		return true;
	int64_t min = param->min, max = param->max;
	if (bound->has_min && bound->min > min)
		min = bound->min;
	if (bound->has_max && bound->max < max)
		max = bound->max;
	return min <= max;
}

/* Can it hold? True where that cannot be told. What an action does not have never does, and
 * a value that it refuses is denied, whatever rules say. */
static bool
when_possible(const struct action *action, const struct when *when)
{
	const struct param *param = action_param(action, when->param);
	if (str_eq(when->param, STR("targets")))
		return true;
	if (param == NULL)
		return false;
	if (param->optional || when->times.kind != 0)
		return true;
	if (when->op == WHEN_IS) {
		for (size_t i = 0; i < when->values.n; i++) {
			if (param_takes(param, when->values.p[i]))
				return true;
		}
		return false;
	}
	if (param->kind != PARAM_INTEGER)
		return true;
	switch (when->op) {
	case WHEN_GT:
		return param->max > when->number;
	case WHEN_GE:
		return param->max >= when->number;
	case WHEN_LT:
		return param->min < when->number;
	case WHEN_LE:
		return param->min <= when->number;
	case WHEN_IS:
		return true;
	}
	UNREACHABLE();
}

static bool
change_bounded(const struct rule *rule)
{
	for (size_t i = 0; i < rule->with_n; i++) {
		if (rule->with[i].change.kind != 0)
			return true;
	}
	return false;
}

/* Of this action, has the rule anything to say at all? */
static bool
values_possible(const struct rule *rule, const struct action *action, struct arena scratch,
    str *ret_param)
{
	/* Its limits may hold while a live value is not known, whatever it grants. */
	bool grants = !(rule_limits(rule) && change_bounded(rule));
	for (size_t i = 0; grants && i < rule->with_n; i++) {
		if (bound_possible(action, &rule->with[i], scratch))
			continue;
		*ret_param = rule->with[i].param;
		return false;
	}
	for (size_t i = 0; i < rule->when_n; i++) {
		if (when_possible(action, &rule->when[i]))
			continue;
		*ret_param = rule->when[i].param;
		return false;
	}
	return true;
}

/* ---- dead ---- */

static bool
covers_somebody(const struct rule *rule)
{
	for (size_t i = 0; i < rule->to_n; i++) {
		const struct principal *to = &rule->to[i];
		if (to->kind != PRINCIPAL_TEAM && to->kind != PRINCIPAL_ON_DUTY)
			return true;
		if (to->kind == PRINCIPAL_TEAM && to->team->lead != NULL)
			return true;
		if (to->team->rotation_n > 0)
			return true; /* none is without people */
	}
	return rule->to_n == 0 && rule->kind != RULE_GRANT;
}

static bool
covers_some_service(const struct model *model, const struct rule *rule)
{
	for (size_t i = 0; i < model->services_n; i++) {
		if (rule_covers_service(model, rule, &model->services[i]))
			return true;
	}
	return false;
}

struct death {
	str why, mend;
};

static bool
action_dead(const struct analysing *a, const struct rule *rule, struct death *ret)
{
	str param = { 0 };
	bool named = false, had = false;
	for (size_t i = 0; i < a->model->actions_n; i++) {
		const struct action *action = &a->model->actions[i];
		if (!rule_covers_action(rule, action))
			continue;
		named = true;
		if (values_possible(rule, action, *a->arena, &param))
			return false;
		had = had || action_param(action, param) != NULL;
	}
	if (!named) {
		ret->why = STR("no action has such a verb or name");
		ret->mend = STR("name a verb or an action that there is");
		return true;
	}
	if (rule->kind == RULE_APPROVAL && !had) {
		ret->why = STR("no action that it names has all parameters of its `when:`, "
			       "so it is never asked for");
		ret->mend = STR("all of `when:` must hold; write two rules for 'or'");
		return true;
	}
	ret->why = arena_printf(a->arena, "no action that it names can have such a '%.*s'",
	    STR_ARG(param));
	ret->mend = arena_printf(a->arena,
	    "hold the bound against what the action takes as '%.*s'", STR_ARG(param));
	return true;
}

static bool
rule_dead(const struct analysing *a, const struct rule *rule, struct death *ret)
{
	if (rule_over(rule, a->wall)) {
		str at = moment_text(rule->until_wall, a->arena);
		ret->why = arena_printf(a->arena, "it ended at %.*s", STR_ARG(at));
		ret->mend = STR("take it out, or write a later `until:`");
		return true;
	}
	if (rule_first_in_force(rule, a->wall) == 0 && rule->during == NULL) {
		ret->why = STR("it ends before it begins");
		ret->mend = STR("write an `until:` after its `from:`");
		return true;
	}
	if (rule_first_in_force(rule, a->wall) == 0) {
		ret->why = arena_printf(a->arena, "'%.*s' has no time left in it",
		    STR_ARG(rule->during->name));
		ret->mend = STR("take it out, or give its calendar another span");
		return true;
	}
	if (!covers_some_service(a->model, rule)) {
		ret->why = STR("no service is all that its `on:` asks for");
		ret->mend = STR("each key of `on:` must hold; write two rules for 'or'");
		return true;
	}
	if (!covers_somebody(rule)) {
		ret->why = STR("it is about nobody: the team has no people");
		ret->mend = STR("give the team a rotation or a lead, or name others");
		return true;
	}
	return action_dead(a, rule, ret);
}

/* ---- examples ---- */

bool
rule_fits_action(const struct analysing *a, const struct rule *rule,
    const struct action *action)
{
	str param;
	return values_possible(rule, action, *a->arena, &param);
}

static str
some_principal(const struct analysing *a, const struct principal *to, msec wall)
{
	struct arena scratch = *a->arena;
	struct strs all = everyone(a->model, &scratch);
	for (size_t i = 0; i < all.n; i++) {
		if (principal_covers(to, all.p[i], NULL, wall))
			return arena_str(a->arena, all.p[i]);
	}
	return (str){ 0 };
}

static str
example_of(const struct analysing *a, const struct rule *rule, const struct principal *to,
    const struct action *action, const struct service *service)
{
	msec wall = rule_first_in_force(rule, a->wall);
	struct pairs params;
	str principal = STR("automation");
	if (to != NULL)
		principal = some_principal(a, to, wall != 0 ? wall : a->wall);
	if (principal.n == 0 ||
	    !params_plain(a->model, &rule, 1, action, a->arena, &params))
		return (str){ 0 };
	return request_text(&(struct authority_request){ .principal = principal,
				.action = action,
				.service = service,
				.target = service->name,
				.params = &params },
	    a->arena);
}

/* One that can be as the rule wants it, else any. */
static const struct action *
exemplary(const struct analysing *a, const struct rule *rule)
{
	const struct action *any = NULL;
	for (size_t i = 0; i < a->model->actions_n; i++) {
		const struct action *action = &a->model->actions[i];
		if (!rule_covers_action(rule, action))
			continue;
		if (rule_fits_action(a, rule, action))
			return action;
		any = any == NULL ? action : any;
	}
	return any;
}

str
rule_example(const struct analysing *a, const struct rule *rule)
{
	const struct model *model = a->model;
	const struct action *action = exemplary(a, rule);
	for (size_t k = 0; action != NULL && k < model->services_n; k++) {
		if (rule_covers_service(model, rule, &model->services[k]))
			return example_of(a, rule, rule->to_n > 0 ? rule->to : NULL, action,
			    &model->services[k]);
	}
	return (str){ 0 };
}

static void
find_dead(struct analysing *a)
{
	for (size_t i = 0; i < a->model->rules_n; i++) {
		const struct rule *rule = &a->model->rules[i];
		struct death death;
		if (!rule_dead(a, rule, &death))
			continue;
		a->gone[i] = true;
		found_add(a,
		    &(struct found){
			.kind = FOUND_DEAD,
			.place = rule->place,
			.text = arena_printf(a->arena, "%s '%.*s' does nothing: %.*s",
			    rule_kind_word(rule->kind), STR_ARG(rule->name),
			    STR_ARG(death.why)),
			.example = rule_example(a, rule),
			.mend = death.mend,
		    });
	}
}

/* ---- shadowed ---- */

static bool
any_covers_all_of(const struct rule *wide, const struct principal *narrow)
{
	for (size_t i = 0; i < wide->to_n; i++) {
		if (covers_all_of(&wide->to[i], narrow))
			return true;
	}
	return wide->to_n == 0;
}

/* Is the grant, for this principal, action and service, nothing beside the other rule: one
 * that grants as much and stops as much, or that forbids it for good? */
static bool
cell_shadowed_by(const struct analysing *a, const struct rule *grant,
    const struct rule *other, const struct principal *to, const struct action *action,
    const struct service *service)
{
	if (!rule_covers_action(other, action) ||
	    !covers_service_of(a->model, other, grant, service) ||
	    !any_covers_all_of(other, to) || !in_force_with(other, grant, a->wall))
		return false;
	if (other->kind == RULE_PROHIBITION)
		return !other->liftable;
	return other->kind == RULE_GRANT &&
	       (grant->while_incident || !other->while_incident) &&
	       bounds_imply(grant, other) && limits_imply(other, grant);
}

static const struct rule *
cell_shadow(const struct analysing *a, size_t at, const struct principal *to,
    const struct action *action, const struct service *service)
{
	const struct model *model = a->model;
	for (size_t i = 0; i < model->rules_n; i++) {
		if (i != at && !a->gone[i] &&
		    cell_shadowed_by(a, &model->rules[at], &model->rules[i], to, action,
			service))
			return &model->rules[i];
	}
	return NULL;
}

struct shadow {
	const struct rule *by[3]; /* the first different ones */
	size_t by_n, more;
	const struct principal *to; /* an example */
	const struct action *action;
	const struct service *service;
};

static void
shadow_add(struct shadow *shadow, const struct rule *by)
{
	for (size_t i = 0; i < shadow->by_n; i++) {
		if (shadow->by[i] == by)
			return;
	}
	if (shadow->by_n < countof(shadow->by))
		shadow->by[shadow->by_n++] = by;
	else
		shadow->more++;
}

static bool
cells_shadowed(struct analysing *a, size_t at, const struct principal *to,
    const struct action *action, struct shadow *shadow)
{
	const struct model *model = a->model;
	const struct rule *grant = &model->rules[at];
	for (size_t i = 0; i < model->services_n; i++) {
		const struct service *service = &model->services[i];
		if (!rule_covers_service(model, grant, service))
			continue;
		const struct rule *by = NULL;
		/* Many rules are as much work as a decision. */
		if (a->decisions + model->rules_n / 512 < ANALYSE_DECISIONS_MAX)
			a->decisions += model->rules_n / 512;
		if (decisions_left(a, "of who, what and where in 'shadowed'"))
			by = cell_shadow(a, at, to, action, service);
		if (by == NULL)
			return false;
		shadow_add(shadow, by);
		if (shadow->to == NULL) {
			shadow->to = to;
			shadow->action = action;
			shadow->service = service;
		}
	}
	return true;
}

static bool
grant_shadowed(struct analysing *a, size_t at, struct shadow *ret)
{
	const struct rule *grant = &a->model->rules[at];
	*ret = (struct shadow){ 0 };
	for (size_t i = 0; i < grant->to_n; i++) {
		for (size_t k = 0; k < a->model->actions_n; k++) {
			const struct action *action = &a->model->actions[k];
			if (rule_covers_action(grant, action) &&
			    !cells_shadowed(a, at, &grant->to[i], action, ret))
				return false;
		}
	}
	return ret->by_n > 0;
}

static void
shadow_found(struct analysing *a, const struct rule *grant, const struct shadow *shadow)
{
	str others = { 0 };
	bool forbidden = true;
	for (size_t i = 0; i < shadow->by_n; i++) {
		const struct rule *by = shadow->by[i];
		others = arena_printf(a->arena, "%.*s%s'%.*s' (%.*s:%u)", STR_ARG(others),
		    i == 0 ? "" : " and ", STR_ARG(by->name), STR_ARG(by->place.file),
		    by->place.line);
		forbidden &= by->kind == RULE_PROHIBITION;
	}
	if (shadow->more > 0)
		others = arena_printf(a->arena, "%.*s and others", STR_ARG(others));
	found_add(a,
	    &(struct found){
		.kind = FOUND_SHADOWED,
		.place = grant->place,
		.text = arena_printf(a->arena, "grant '%.*s' changes nothing: %.*s %s",
		    STR_ARG(grant->name), STR_ARG(others),
		    forbidden                         ? "forbids all of it"
		    : shadow->by_n + shadow->more > 1 ? "together say as much"
						      : "grants all of it already"),
		.example =
		    example_of(a, grant, shadow->to, shadow->action, shadow->service),
		.mend = forbidden ? STR("take it out, or make the prohibition narrower")
	                          : STR("take it out, or make the other narrower"),
	    });
}

/* From the last to the first, so that of two alike the later one goes; what goes shadows
 * nothing any more, so all of them can be taken out together. */
static void
find_shadowed(struct analysing *a)
{
	for (size_t i = a->model->rules_n; i-- > 0;) {
		struct shadow shadow;
		const struct rule *rule = &a->model->rules[i];
		if (rule->kind != RULE_GRANT || a->gone[i] ||
		    !grant_shadowed(a, i, &shadow))
			continue;
		a->gone[i] = true;
		shadow_found(a, rule, &shadow);
	}
}

/* ---- approvals for more targets than there are ---- */

static size_t
most_hosts(const struct model *model, const struct rule *rule)
{
	size_t most = 1;
	for (size_t i = 0; i < model->services_n; i++) {
		const struct service *service = &model->services[i];
		size_t n = 0;
		if (!rule_covers_service(model, rule, service))
			continue;
		for (size_t k = 0; k < model->hosts_n; k++)
			n += model->hosts[k].service == service;
		if (n > most)
			most = n;
	}
	return most;
}

/* A request may say any number; a plan never has more than the service has hosts. */
static void
find_never_asked(struct analysing *a, const struct rule *rule)
{
	for (size_t i = 0; i < rule->when_n; i++) {
		const struct when *when = &rule->when[i];
		bool more = when->op == WHEN_GT || when->op == WHEN_GE;
		if (!str_eq(when->param, STR("targets")) || !more)
			continue;
		/* More than any number is refused where it is read. */
		int64_t least = when->number + (when->op == WHEN_GT);
		if (least <= 1)
			continue;
		size_t most = most_hosts(a->model, rule);
		if ((uint64_t)least <= most)
			continue;
		found_add(a,
		    &(struct found){
			.kind = FOUND_APPROVERS,
			.place = rule->place,
			.text = arena_printf(a->arena,
			    "approval '%.*s' is never asked for: it is for %lld targets "
			    "and "
			    "more, and no service that it is about has more than %zu "
			    "host%s",
			    STR_ARG(rule->name), (long long)least, most,
			    most == 1 ? "" : "s"),
			.mend =
			    STR("write a smaller number under `targets`, or take it out"),
		    });
		return;
	}
}

static void
find_never(struct analysing *a)
{
	for (size_t i = 0; i < a->model->rules_n; i++) {
		if (a->model->rules[i].kind == RULE_APPROVAL && !a->gone[i])
			find_never_asked(a, &a->model->rules[i]);
	}
}

/* ---- ending ---- */

static void
find_ending(struct analysing *a)
{
	for (size_t i = 0; i < a->model->rules_n; i++) {
		const struct rule *rule = &a->model->rules[i];
		if (rule->kind != RULE_GRANT || a->gone[i] || rule->until_wall == 0 ||
		    rule->until_wall > a->wall + ENDING_DAYS * DAY)
			continue;
		unsigned days = (unsigned)((rule->until_wall - a->wall) / DAY);
		str at = moment_text(rule->until_wall, a->arena);
		found_add(a,
		    &(struct found){
			.kind = FOUND_ENDING,
			.place = rule->place,
			.text = arena_printf(a->arena,
			    "grant '%.*s' ends at %.*s, in %u day%s", STR_ARG(rule->name),
			    STR_ARG(at), days, days == 1 ? "" : "s"),
			.example = rule_example(a, rule),
			.mend = rule->owner == NULL
		                    ? STR("write a later `until:`, or take it out")
		                    : arena_printf(a->arena,
					  "write a later `until:`, or take it out; %.*s "
					  "owns it",
					  STR_ARG(rule->owner->id)),
		    });
	}
}

void
analyse_rules(struct analysing *a)
{
	find_dead(a);
	analyse_within(a);
	find_shadowed(a);
	find_never(a);
	find_ending(a);
}
