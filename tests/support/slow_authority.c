#include "support/slow_authority.h"

#define SET_MAX 24

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

/* Everything that the asking one is at this instant. */
static void
add_who(struct set *who, const struct model *model, const struct authority_request *request)
{
	bool person = str_starts(request->principal, STR("person:"));
	str name = person ? str_cut(request->principal, ':').tail : (str){ 0 };
	bool agent = str_starts(request->principal, STR("agent:"));
	if (person)
		set_add(who, "person", name);
	else if (agent)
		set_add(who, "agent", str_cut(request->principal, ':').tail);
	else
		set_add(who, "", request->principal);
	for (size_t t = 0; t < model->teams_n; t++) {
		const struct team *team = &model->teams[t];
		struct set members = { 0 };
		struct set duty = { 0 };
		if (team->lead != NULL)
			set_add(&members, "", team->lead->id);
		for (size_t r = 0; r < team->rotation_n; r++) {
			const struct rotation *rotation = &team->rotations[r];
			for (size_t p = 0; p < rotation->people_n; p++)
				set_add(&members, "", rotation->people[p]->id);
			set_add(&duty, "",
			    rotation_at(rotation, team->zone, request->wall).person->id);
		}
		if (set_has(&members, "", name))
			set_add(who, "team", team->name);
		if (set_has(&duty, "", name))
			set_add(who, "duty", team->name);
	}
}

static bool
is_for(const struct rule *rule, const struct set *who)
{
	bool found = false;
	for (size_t i = 0; i < rule->to_n; i++) {
		const struct principal *to = &rule->to[i];
		if (to->kind == PRINCIPAL_PERSON)
			found |= set_has(who, "person", to->name);
		if (to->kind == PRINCIPAL_TEAM)
			found |= set_has(who, "team", to->team->name);
		if (to->kind == PRINCIPAL_ON_DUTY)
			found |= set_has(who, "duty", to->team->name);
		if (to->kind == PRINCIPAL_AUTOMATION)
			found |= set_has(who, "", STR("automation"));
		if (to->kind == PRINCIPAL_AGENT)
			found |= set_has(who, "agent", to->name);
	}
	return found;
}

static bool
listed(const struct strs *strs, str s)
{
	struct set set = { 0 };
	for (size_t i = 0; i < strs->n; i++)
		set_add(&set, "", strs->p[i]);
	return strs->n == 0 || set_has(&set, "", s);
}

/* The services of the model that the rule's scope reaches, environments aside. */
static void
add_reach(struct set *reach, const struct model *model, const struct rule *rule)
{
	for (size_t i = 0; i < model->services_n; i++) {
		const struct service *service = &model->services[i];
		bool tier =
		    rule->on.tiers == 0 || (rule->on.tiers >> service->tier & 1) == 1;
		if (tier && listed(&rule->on.services, service->name) &&
		    listed(&rule->on.systems, service->system))
			set_add(reach, "", service->name);
	}
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
has_room(const struct model *model, const struct rule *rule,
    const struct authority_request *request, const struct authority_facts *facts)
{
	struct set reach = { 0 };
	add_reach(&reach, model, rule);
	uint64_t service = 0, target = 0, held = 0;
	for (size_t i = 0; i < facts->uses_n; i++) {
		const struct authority_use *use = &facts->uses[i];
		if (!is_about(rule, use->verb, use->action))
			continue;
		msec age = use->at > request->at ? 0 : request->at - use->at;
		bool known = model_service(model, use->service) != NULL;
		service += str_eq(use->service, request->service->name) &&
		           age < rule->per_service.window_ms;
		target += str_eq(use->target, request->target) &&
		          age < rule->per_target.window_ms;
		held += use->held && (!known || set_has(&reach, "", use->service));
	}
	return (rule->per_service.count == 0 || service < rule->per_service.count) &&
	       (rule->per_target.count == 0 || target < rule->per_target.count) &&
	       (rule->at_once == 0 || held < rule->at_once);
}

static bool
params_fit(const struct params *declared, const struct pairs *given)
{
	for (size_t i = 0; i < given->n; i++) {
		bool fits = false;
		for (size_t k = 0; k < declared->n; k++)
			fits |= str_eq(declared->p[k].name, given->p[i].name) &&
			        declared->p[k].values.n > 0 &&
			        listed(&declared->p[k].values, given->p[i].value);
		if (!fits)
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

/* The environments that the request touches: the service's, and the host's. */
static bool
target_exists(const struct model *model, const struct authority_request *request,
    struct set *environments)
{
	set_add(environments, "", request->service->environment);
	if (str_eq(request->target, request->service->name))
		return true;
	for (size_t i = 0; i < model->hosts_n; i++) {
		const struct host *host = &model->hosts[i];
		if (str_eq(host->name, request->target) &&
		    host->service == request->service) {
			set_add(environments, "", host->environment);
			return true;
		}
	}
	return false;
}

enum verdict
slow_verdict(const struct model *model, const struct authority_request *request,
    const struct authority_facts *facts)
{
	struct set who = { 0 };
	struct set environments = { 0 };
	if (facts->stopped || request->action == NULL || request->service == NULL ||
	    !target_exists(model, request, &environments) ||
	    !params_fit(&request->action->params, request->params))
		return VERDICT_DENY;
	add_who(&who, model, request);

	size_t grants = 0, refusals = 0;
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		struct set reach = { 0 };
		add_reach(&reach, model, rule);
		size_t in = 0;
		for (size_t e = 0; e < environments.n; e++)
			in += listed(&rule->on.environments, environments.words[e].name);
		bool now = request->wall >= rule->from_wall &&
		           (rule->until_wall == 0 || request->wall < rule->until_wall);
		if (!now || !set_has(&reach, "", request->service->name) ||
		    !is_about(rule, request->action->verb, request->action->name))
			continue;
		if (rule->kind == RULE_PROHIBITION) {
			refusals += in > 0;
		} else if (in == environments.n && is_for(rule, &who) &&
			   (request->incident_open || !rule->while_incident)) {
			grants++;
			refusals += !has_room(model, rule, request, facts);
		}
	}
	return grants > 0 && refusals == 0 ? VERDICT_ALLOW : VERDICT_DENY;
}
