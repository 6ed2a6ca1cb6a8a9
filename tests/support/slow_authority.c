#include "support/slow_authority.h"

#define SET_MAX 96

__extension__ typedef __int128 i128;

/* Words that are true of something: who asks, what is asked. */
struct set {
	struct {
		str kind, name;
	} words[SET_MAX];
	size_t n;
};

static void
set_add(struct set *set, const char *kind, str name)
{
	ASSERT(set->n < SET_MAX);
	set->words[set->n].kind = str_of(kind);
	set->words[set->n++].name = name;
}

static bool
set_has(const struct set *set, const char *kind, str name)
{
	bool found = false;
	for (size_t i = 0; i < set->n; i++)
		found |= str_eq(set->words[i].kind, str_of(kind)) &&
		         str_eq(set->words[i].name, name);
	return found;
}

static void
set_add_once(struct set *set, str name)
{
	if (!set_has(set, "", name))
		set_add(set, "", name);
}

static bool
listed(const struct strs *strs, str s)
{
	bool found = strs->n == 0;
	for (size_t i = 0; i < strs->n; i++)
		found |= str_eq(strs->p[i], s);
	return found;
}

/* One of the chain is judged. */
struct slow {
	const struct model *model;
	const struct authority_request *request;
	const struct authority_facts *facts;
	const struct slow_uses *uses;
	str asking;
	const struct host *host;
};

/* ---- who ---- */

/* Everything that they are at this instant. */
static void
add_who(struct set *who, const struct model *model, str asking, msec wall)
{
	bool person = str_starts(asking, STR("person:"));
	str name = person ? str_cut(asking, ':').tail : (str){ 0 };
	bool agent = str_starts(asking, STR("agent:"));
	if (person)
		set_add(who, "person", name);
	else if (agent)
		set_add(who, "agent", str_cut(asking, ':').tail);
	else
		set_add(who, "", asking);
	for (size_t t = 0; t < model->teams_n; t++) {
		const struct team *team = &model->teams[t];
		struct set members = { 0 };
		struct set duty = { 0 };
		if (team->lead != NULL)
			set_add(&members, "", team->lead->id);
		for (size_t r = 0; r < team->rotation_n; r++) {
			const struct rotation *rotation = &team->rotations[r];
			size_t members_n = rotation->people_n - rotation->guests_n;
			for (size_t p = 0; p < members_n; p++)
				set_add(&members, "", rotation->people[p]->id);
			struct turn turn = rotation_at(rotation, wall);
			if (turn.person != NULL)
				set_add(&duty, "", turn.person->id);
		}
		if (set_has(&members, "", name))
			set_add(who, "team", team->name);
		if (set_has(&duty, "", name))
			set_add(who, "duty", team->name);
	}
}

static bool
is_one_of(const struct principal *to, size_t n, const struct model *model, str asking,
    msec wall)
{
	struct set who = { 0 };
	bool found = false;
	add_who(&who, model, asking, wall);
	for (size_t i = 0; i < n; i++) {
		if (to[i].kind == PRINCIPAL_PERSON)
			found |= set_has(&who, "person", to[i].name);
		if (to[i].kind == PRINCIPAL_TEAM)
			found |= set_has(&who, "team", to[i].team->name);
		if (to[i].kind == PRINCIPAL_ON_DUTY)
			found |= set_has(&who, "duty", to[i].team->name);
		if (to[i].kind == PRINCIPAL_AUTOMATION)
			found |= set_has(&who, "", STR("automation"));
		if (to[i].kind == PRINCIPAL_AGENT)
			found |= set_has(&who, "agent", to[i].name);
	}
	return found;
}

static bool
known(const struct model *model, str asking)
{
	if (str_eq(asking, STR("automation")) || str_eq(asking, STR("local-admin")) ||
	    str_starts(asking, STR("agent:")))
		return true;
	return str_starts(asking, STR("person:")) &&
	       model_person(model, str_cut(asking, ':').tail) != NULL;
}

static bool
is_machine(str asking)
{
	return str_eq(asking, STR("automation")) || str_starts(asking, STR("agent:"));
}

/* ---- on what ---- */

static bool
reaches(const struct rule *rule, const struct service *service)
{
	bool tier = rule->on.tiers == 0 || (rule->on.tiers >> service->tier & 1) == 1;
	return tier && listed(&rule->on.services, service->name) &&
	       listed(&rule->on.systems, service->system);
}

static bool
is_about(const struct rule *rule, str verb, str action)
{
	if (rule->any)
		return true;
	struct set may = { 0 };
	for (size_t i = 0; i < rule->may.n; i++)
		set_add(&may, "", rule->may.p[i]);
	return set_has(&may, "", verb) || set_has(&may, "", action);
}

static bool
in_force(const struct rule *rule, msec wall)
{
	bool open = rule->during == NULL;
	for (size_t i = 0; rule->during != NULL && i < rule->during->spans_n; i++)
		open |= rule->during->spans[i].from_wall <= wall &&
		        wall < rule->during->spans[i].until_wall;
	return open && wall >= rule->from_wall &&
	       (rule->until_wall == 0 || wall < rule->until_wall);
}

static bool
in_place(const struct slow *s, const struct rule *rule)
{
	const struct service *service = s->request->service;
	size_t in = listed(&rule->on.environments, service->environment);
	size_t places = 1;
	bool is_all = s->host == NULL && str_eq(s->request->target, service->name);
	for (size_t i = 0; i < s->model->hosts_n; i++) {
		const struct host *host = &s->model->hosts[i];
		bool meant = is_all && str_eq(host->service->name, service->name);
		if (host != s->host && !meant)
			continue;
		in += listed(&rule->on.environments, host->environment);
		places++;
	}
	return reaches(rule, service) && (rule->kind == RULE_GRANT ? in == places : in > 0);
}

/* ---- values ---- */

static bool
number(str text, int64_t *ret)
{
	char digits[24] = { 0 };
	if (text.n == 0 || text.n > 20)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] < '0' || text.p[i] > '9') &&
		    (text.p[i] != '-' || i > 0 || text.n == 1))
			return false;
	memcpy(digits, text.p, text.n);
	i128 value = 0;
	for (const char *p = digits + (digits[0] == '-'); *p != 0; p++)
		value = value * 10 + (*p - '0');
	if (value > INT64_MAX)
		return false;
	*ret = (int64_t)(digits[0] == '-' ? -value : value);
	return true;
}

static bool
value_of(const struct slow *s, str name, str *ret)
{
	const struct params *declared = &s->request->action->params;
	for (size_t i = 0; i < declared->n; i++) {
		if (str_eq(declared->p[i].name, name) && declared->p[i].otherwise.n > 0)
			*ret = declared->p[i].otherwise;
	}
	for (size_t i = 0; i < s->request->params->n; i++) {
		if (str_eq(s->request->params->p[i].name, name))
			*ret = s->request->params->p[i].value;
	}
	return ret->n > 0;
}

static bool
live_of(const struct slow *s, str name, int64_t *ret)
{
	for (size_t i = 0; i < s->facts->observed.n; i++) {
		if (str_eq(s->facts->observed.p[i].name, name))
			return number(s->facts->observed.p[i].value, ret);
	}
	return false;
}

/* Is it that near? By multiplying, where the other divides. */
static bool
near_enough(const struct delta *change, int64_t value, int64_t live)
{
	i128 v = value, l = live, t = (i128)change->thousandths;
	i128 off = v > l ? v - l : l - v;
	i128 size = l < 0 ? -l : l;
	if (change->kind == DELTA_NUMBER)
		return off <= (i128)change->number;
	if (change->kind == DELTA_PERCENT)
		return off * 1000 <= size * t;
	if (live >= 0)
		return v * 1000 <= l * t && v * t >= l * 1000;
	return v * 1000 >= l * t && v * t <= l * 1000;
}

static enum holds
both(enum holds a, enum holds b)
{
	if (a == HOLDS_NO || b == HOLDS_NO)
		return HOLDS_NO;
	return a == HOLDS_UNKNOWN || b == HOLDS_UNKNOWN ? HOLDS_UNKNOWN : HOLDS_YES;
}

static bool
like(str pattern, str value)
{
	if (pattern.n == 0)
		return value.n == 0;
	if (pattern.p[0] == '*')
		return like(str_drop(pattern, 1), value) ||
		       (value.n > 0 && like(pattern, str_drop(value, 1)));
	return value.n > 0 && (pattern.p[0] == '?' || pattern.p[0] == value.p[0]) &&
	       like(str_drop(pattern, 1), str_drop(value, 1));
}

static enum holds
within(const struct slow *s, const struct param_bound *bound)
{
	str value = { 0 };
	int64_t n = 0, live;
	if (!value_of(s, bound->param, &value) || !listed(&bound->values, value) ||
	    (bound->like.n > 0 && !like(bound->like, value)))
		return HOLDS_NO;
	bool numeric = bound->has_min || bound->has_max || bound->change.kind != 0;
	if (numeric && !number(value, &n))
		return HOLDS_NO;
	if ((bound->has_min && n < bound->min) || (bound->has_max && n > bound->max))
		return HOLDS_NO;
	if (bound->change.kind == 0)
		return HOLDS_YES;
	if (!live_of(s, bound->param, &live))
		return HOLDS_UNKNOWN;
	return near_enough(&bound->change, n, live) ? HOLDS_YES : HOLDS_NO;
}

static enum holds
all_within(const struct slow *s, const struct rule *rule)
{
	enum holds all = HOLDS_YES;
	for (size_t i = 0; i < rule->with_n; i++)
		all = both(all, within(s, &rule->with[i]));
	return all;
}

/* ---- limits ---- */

static msec
age_of(const struct authority_use *use, msec at)
{
	return use->at > at ? 0 : at - use->at;
}

static bool
acted(const struct authority_use *use, str who)
{
	bool is = str_eq(use->principal, who);
	for (size_t i = 0; i < use->behalf.n; i++)
		is |= str_eq(use->behalf.p[i], who);
	return is;
}

/* The hosts that the target is one of, or stands for. */
static void
add_group(const struct slow *s, struct set *group)
{
	for (size_t i = 0; i < s->model->hosts_n; i++) {
		const struct host *host = &s->model->hosts[i];
		bool same = str_eq(host->service->name, s->request->service->name);
		if (s->host != NULL)
			same &= str_eq(host->role, s->host->role) &&
			        str_eq(host->environment, s->host->environment);
		if (same)
			set_add(group, "", host->name);
	}
}

static bool
is_host(const struct model *model, str name)
{
	bool found = false;
	for (size_t i = 0; i < model->hosts_n; i++)
		found |= str_eq(model->hosts[i].name, name);
	return found;
}

static bool
targets_full(const struct slow *s, const struct rule *rule, const struct set *group)
{
	struct set touched = { 0 };
	str service = s->request->service->name;
	if (s->host == NULL)
		for (size_t g = 0; g < group->n; g++)
			set_add_once(&touched, group->words[g].name);
	if (s->host != NULL || group->n == 0)
		set_add_once(&touched, s->request->target);
	for (size_t i = 0; i < s->uses->n; i++) {
		const struct authority_use *use = &s->uses->p[i];
		if (!is_about(rule, use->verb, use->action) ||
		    !str_eq(use->service, service) ||
		    age_of(use, s->request->at) >= rule->targets_window_ms)
			continue;
		bool all = str_eq(use->target, service);
		for (size_t g = 0; all && g < group->n; g++)
			set_add_once(&touched, group->words[g].name);
		if (!all &&
		    (set_has(group, "", use->target) || !is_host(s->model, use->target)))
			set_add_once(&touched, use->target);
	}
	size_t most = rule->targets.count;
	if (rule->targets.percent > 0)
		most = (group->n > 0 ? group->n : 1) * rule->targets.percent / 100;
	return touched.n > most;
}

/* Too few left, or nobody knows. */
static bool
too_few_healthy(const struct slow *s, const struct rule *rule, const struct set *group)
{
	struct set well = { 0 };
	if (group->n == 0 || s->host == NULL || !s->facts->health_known)
		return true;
	for (size_t i = 0; i < s->facts->healthy.n; i++) {
		str name = s->facts->healthy.p[i];
		bool held = false;
		for (size_t u = 0; u < s->uses->n; u++)
			held |= s->uses->p[u].held && (str_eq(s->uses->p[u].target, name) ||
							  str_eq(s->uses->p[u].target,
							      s->request->service->name));
		if (set_has(group, "", name) && !held && !str_eq(name, s->request->target))
			set_add_once(&well, name);
	}
	size_t least = rule->keep_healthy.count;
	if (rule->keep_healthy.percent > 0)
		while (least * 100 < group->n * rule->keep_healthy.percent)
			least++;
	return well.n < least;
}

static bool
has_room(const struct slow *s, const struct rule *rule)
{
	const struct authority_request *request = s->request;
	uint64_t service = 0, target = 0, actor = 0, held = 0, soon = 0, beside = 0;
	for (size_t i = 0; i < s->uses->n; i++) {
		const struct authority_use *use = &s->uses->p[i];
		msec age = age_of(use, request->at);
		bool here = str_eq(use->service, request->service->name);
		const struct service *on = model_service(s->model, use->service);
		bool covered = on == NULL || reaches(rule, on);
		bool words =
		    rule->not_beside.n > 0 && (listed(&rule->not_beside, use->verb) ||
						  listed(&rule->not_beside, use->action));
		beside += use->held && here && words;
		if (!is_about(rule, use->verb, use->action))
			continue;
		service += here && age < rule->per_service.window_ms;
		soon += here && age < rule->spacing_ms;
		target += str_eq(use->target, request->target) &&
		          age < rule->per_target.window_ms;
		actor +=
		    acted(use, s->asking) && covered && age < rule->per_actor.window_ms;
		held += use->held && covered;
	}
	struct set group = { 0 };
	add_group(s, &group);
	bool few = (rule->keep_healthy.count > 0 || rule->keep_healthy.percent > 0) &&
	           too_few_healthy(s, rule, &group);
	bool many = (rule->targets.count > 0 || rule->targets.percent > 0) &&
	            targets_full(s, rule, &group);
	return (rule->per_service.count == 0 || service < rule->per_service.count) &&
	       (rule->per_target.count == 0 || target < rule->per_target.count) &&
	       (rule->per_actor.count == 0 || actor < rule->per_actor.count) &&
	       (rule->at_once == 0 || held < rule->at_once) && soon == 0 && beside == 0 &&
	       !few && !many;
}

/* ---- approvals ---- */

static enum holds
asked_when(const struct slow *s, const struct when *when)
{
	str value = { 0 };
	int64_t n = 0, live = 1;
	const struct params *declared = &s->request->action->params;
	bool there = false;
	for (size_t i = 0; i < declared->n; i++)
		there |= str_eq(declared->p[i].name, when->param);
	if (str_eq(when->param, STR("targets"))) {
		struct set group = { 0 };
		n = s->request->targets_n > 0 ? s->request->targets_n : 1;
		add_group(s, &group);
		if (s->host == NULL && (int64_t)group.n > n)
			n = (int64_t)group.n;
	} else {
		if (!there)
			return HOLDS_NO;
		if (!value_of(s, when->param, &value))
			return HOLDS_YES;
		if (when->op == WHEN_IS)
			return listed(&when->values, value) ? HOLDS_YES : HOLDS_NO;
		if (!number(value, &n))
			return HOLDS_YES;
	}
	if (when->times.kind != 0 && !live_of(s, when->param, &live))
		return HOLDS_UNKNOWN;
	i128 left = (i128)n * 1000;
	i128 right = when->times.kind != 0 ? (i128)live * (i128)when->times.thousandths
	                                   : (i128)when->number * 1000;
	bool is = (when->op == WHEN_GT && left > right) ||
	          (when->op == WHEN_GE && left >= right) ||
	          (when->op == WHEN_LT && left < right) ||
	          (when->op == WHEN_LE && left <= right);
	return is ? HOLDS_YES : HOLDS_NO;
}

static bool
agreed(const struct slow *s, const struct rule *rule)
{
	const struct authority_request *request = s->request;
	struct set not = { 0 }, said = { 0 };
	bool reloader = str_starts(s->facts->reloaded_by, STR("person:")) &&
	                str_starts(s->facts->runbook_by, STR("person:"));
	const struct brought *callers = s->facts->callers.p;
	for (size_t i = 0; i < s->facts->callers.n; i++)
		reloader = reloader && str_starts(callers[i].by, STR("person:"));
	size_t need = rule->need + (rule->not_reloader && !reloader);
	set_add(&not, "", request->principal);
	for (size_t i = 0; i < request->behalf.n; i++)
		set_add(&not, "", request->behalf.p[i]);
	if (rule->not_reloader) {
		set_add(&not, "", s->facts->reloaded_by);
		set_add(&not, "", s->facts->runbook_by);
		for (size_t i = 0; i < s->facts->callers.n; i++)
			set_add(&not, "", callers[i].by);
	}
	for (size_t i = 0; i < s->facts->yes_n; i++) {
		str who = s->facts->yes[i].principal;
		if (str_starts(who, STR("person:")) && known(s->model, who) &&
		    !set_has(&not, "", who) &&
		    is_one_of(rule->by, rule->by_n, s->model, who, request->wall))
			set_add_once(&said, who);
	}
	return said.n >= need;
}

static enum verdict
approval_verdict(const struct slow *s, const struct rule *rule)
{
	enum holds when = HOLDS_YES;
	for (size_t i = 0; i < rule->when_n; i++)
		when = both(when, asked_when(s, &rule->when[i]));
	if (when == HOLDS_UNKNOWN)
		return VERDICT_DENY;
	return when == HOLDS_NO || agreed(s, rule) ? VERDICT_ALLOW : VERDICT_AFTER_APPROVAL;
}

/* ---- the request ---- */

static bool
fits(const struct param *param, str value)
{
	int64_t n;
	if (param->kind == PARAM_ONE_OF)
		return listed(&param->values, value);
	return number(value, &n) && n >= param->min && n <= param->max;
}

static bool
params_fit(const struct params *declared, const struct pairs *given)
{
	for (size_t i = 0; i < given->n; i++) {
		bool fit = false;
		for (size_t k = 0; k < declared->n; k++)
			fit |= str_eq(declared->p[k].name, given->p[i].name) &&
			       fits(&declared->p[k], given->p[i].value);
		if (!fit)
			return false;
	}
	for (size_t k = 0; k < declared->n; k++) {
		bool there = declared->p[k].optional || declared->p[k].otherwise.n > 0;
		for (size_t i = 0; i < given->n; i++)
			there |= str_eq(declared->p[k].name, given->p[i].name);
		if (!there)
			return false;
	}
	return true;
}

static bool
target_exists(struct slow *s)
{
	if (str_eq(s->request->target, s->request->service->name))
		return true;
	for (size_t i = 0; i < s->model->hosts_n; i++) {
		const struct host *host = &s->model->hosts[i];
		if (str_eq(host->name, s->request->target) &&
		    host->service == s->request->service)
			s->host = host;
	}
	return s->host != NULL;
}

static enum verdict
stricter(enum verdict a, enum verdict b)
{
	return a > b ? a : b;
}

static enum verdict
rule_verdict(const struct slow *s, const struct rule *rule, bool *granted)
{
	const struct authority_request *request = s->request;
	bool is_for = (rule->kind != RULE_GRANT && rule->to_n == 0) ||
	              is_one_of(rule->to, rule->to_n, s->model, s->asking, request->wall);
	if (!is_for || !in_force(rule, request->wall) || !in_place(s, rule) ||
	    !is_about(rule, request->action->verb, request->action->name))
		return VERDICT_ALLOW;
	bool alone = str_eq(s->asking, request->principal);
	for (size_t i = 0; i < request->behalf.n; i++)
		alone &= str_eq(s->asking, request->behalf.p[i]);
	if (rule->kind != RULE_GRANT && rule->liftable && alone &&
	    str_starts(s->asking, STR("person:")) && str_eq(s->asking, s->facts->glass_by))
		return VERDICT_ALLOW;
	enum holds holds = HOLDS_NO;
	switch (rule->kind) {
	case RULE_GRANT:
		if (!rule->while_incident || request->incident_open)
			holds = all_within(s, rule);
		*granted |= holds == HOLDS_YES;
		return holds == HOLDS_NO || has_room(s, rule) ? VERDICT_ALLOW
		                                              : VERDICT_DENY;
	case RULE_LIMIT:
		return has_room(s, rule) ? VERDICT_ALLOW : VERDICT_DENY;
	case RULE_APPROVAL:
		return approval_verdict(s, rule);
	case RULE_PROHIBITION:
		return VERDICT_DENY;
	}
	UNREACHABLE();
}

static enum verdict
verdict_alone(struct slow *s)
{
	bool granted = false;
	enum verdict verdict = VERDICT_ALLOW;
	if (!known(s->model, s->asking) ||
	    (is_machine(s->asking) && s->facts->hands_on_by.n > 0))
		return VERDICT_DENY;
	if (s->request->undo)
		return VERDICT_ALLOW;
	for (size_t i = 0; i < s->model->rules_n; i++)
		verdict = stricter(verdict, rule_verdict(s, &s->model->rules[i], &granted));
	return granted ? verdict : VERDICT_DENY;
}

enum verdict
slow_verdict(const struct model *model, const struct authority_request *request,
    const struct authority_facts *facts, const struct slow_uses *uses)
{
	struct slow s = { model, request, facts, uses, request->principal, NULL };
	if (facts->stopped || request->action == NULL || request->service == NULL ||
	    !target_exists(&s) || !params_fit(&request->action->params, request->params))
		return VERDICT_DENY;
	enum verdict verdict = verdict_alone(&s);
	for (size_t i = 0; i < request->behalf.n; i++) {
		s.asking = request->behalf.p[i];
		verdict = stricter(verdict, verdict_alone(&s));
	}
	return verdict;
}
