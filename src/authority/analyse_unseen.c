/*
 * What a comparison did not look at: rules that were changed and that no request met, what
 * is no question of authority at all, and whatever found no room.
 */
#include "authority/analysing.h"
#include "authority/internal.h"

void
unseen_add(struct difference *ret, str text, const struct place *place)
{
	if (ret->unseen_n == ANALYSE_FOUND_MAX) {
		ret->unseen_dropped++;
		return;
	}
	struct unseen *unseen = &ret->unseen[ret->unseen_n++];
	*unseen = (struct unseen){ .text = text };
	if (place != NULL)
		unseen->place = *place;
}

/* ---- did a request meet the rule? ---- */

static bool
in_force(const struct rule *rule, msec wall)
{
	return rule->from_wall <= wall &&
	       (rule->until_wall == 0 || wall < rule->until_wall) &&
	       (rule->during == NULL || calendar_has(rule->during, wall));
}

static bool
names_chain(const struct rule *rule, const struct authority_request *request)
{
	if (rule->to_n == 0)
		return true;
	for (size_t i = 0; i < rule->to_n; i++) {
		const struct principal *to = &rule->to[i];
		if (principal_covers(to, request->principal, NULL, request->wall))
			return true;
		for (size_t k = 0; k < request->behalf.n; k++) {
			if (principal_covers(to, request->behalf.p[k], NULL, request->wall))
				return true;
		}
	}
	return false;
}

/* As the model of the rule has both. */
static bool
covers_place(const struct judgement *j, const struct rule *rule)
{
	const struct strs *environments = &rule->on.environments;
	if (j->service == NULL || !scope_covers(&rule->on, j->service))
		return false;
	if (environments->n == 0)
		return true;
	const struct strs *elsewhere = j->elsewhere;
	bool all = strs_has(environments, j->service->environment), any = all;
	if (j->host != NULL) {
		bool host = strs_has(environments, j->host->environment);
		all &= host;
		any |= host;
	}
	for (size_t i = 0; elsewhere != NULL && i < elsewhere->n; i++) {
		bool there = strs_has(environments, elsewhere->p[i]);
		all &= there;
		any |= there;
	}
	return rule->kind == RULE_GRANT ? all : any;
}

static bool
ran_into(const struct rule *rule, const struct authority_decision *decision)
{
	for (size_t i = 0; i < decision->n; i++) {
		const struct finding *finding = &decision->findings[i];
		if (finding->entry != NULL && finding->entry->rule == rule &&
		    finding->kind == REASON_LIMIT)
			return true;
	}
	return false;
}

/* Limits are met when they stop something: a use more or less changes nothing else. */
bool
rule_met(const struct authority *authority, const struct rule *rule,
    const struct sample *sample, const struct authority_decision *decision, bool differs)
{
	const struct authority_request *request = &sample->request;
	if (!in_force(rule, request->wall) || !names_chain(rule, request))
		return false;
	bool limited = rule_limits(rule) && !differs;
	if (limited && !ran_into(rule, decision))
		return false;
	JUDGEMENT j;
	struct authority_decision again = *decision;
	judgement_again(&j, authority, request, &sample->facts, &again);
	if (j.action == NULL || !covers_place(&j, rule))
		return false;
	switch (rule->kind) {
	case RULE_GRANT:
		return (!rule->while_incident || request->incident_open) &&
		       bounds_hold(&j, rule->with, rule->with_n) == HOLDS_YES;
	case RULE_APPROVAL:
		return whens_hold(&j, rule->when, rule->when_n) == HOLDS_YES;
	case RULE_PROHIBITION:
	case RULE_LIMIT:
		return true;
	}
	UNREACHABLE();
}

void
unseen_rule(struct difference *ret, const struct rule *rule, bool removed,
    struct arena *arena)
{
	unseen_add(ret,
	    arena_printf(arena,
		"%s '%.*s'%s was changed, and nothing that was asked %s: look at it "
		"yourself",
		rule_kind_word(rule->kind), STR_ARG(rule->name),
		removed ? " of before" : "",
		rule_limits(rule) ? "ran into its limits" : "was about it"),
	    &rule->place);
}

/* ---- probes: what they would answer is not made up ---- */

static bool
templates_same(const struct template *a, const struct template *b)
{
	return str_eq(a->written, b->written);
}

static bool
argv_same(const struct templates *a, const struct templates *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; same && i < a->n; i++)
		same = templates_same(&a->p[i], &b->p[i]);
	return same;
}

static bool
parts_same(const struct parts *a, const struct parts *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; same && i < a->n; i++)
		same = str_eq(a->p[i].name, b->p[i].name) &&
		       templates_same(&a->p[i].value, &b->p[i].value);
	return same;
}

static bool
probes_same(const struct probe *a, const struct probe *b)
{
	return a->kind == b->kind && templates_same(&a->url, &b->url) &&
	       templates_same(&a->query, &b->query) && argv_same(&a->argv, &b->argv) &&
	       parts_same(&a->parts, &b->parts) && str_eq(a->server, b->server) &&
	       templates_same(&a->where, &b->where) && templates_same(&a->name, &b->name) &&
	       a->dns == b->dns && a->lines == b->lines && str_eq(a->text, b->text) &&
	       str_eq(a->expect.written, b->expect.written);
}

static void
look_at_services(struct difference *ret, const struct model *before,
    const struct model *after, struct arena *arena)
{
	for (size_t i = 0; i < after->services_n; i++) {
		const struct service *service = &after->services[i];
		const struct service *old = model_service(before, service->name);
		if (old == NULL || old->healthy == NULL || service->healthy == NULL ||
		    probes_same(old->healthy, service->healthy))
			continue;
		unseen_add(ret,
		    arena_printf(arena,
			"what is looked at before an action changed: `healthy` of %.*s; "
			"its "
			"answers cannot be compared",
			STR_ARG(service->name)),
		    &service->place);
	}
}

static void
look_at_observe(struct difference *ret, const struct action *old,
    const struct action *action, struct arena *arena)
{
	for (size_t i = 0; i < action->observe_n; i++) {
		for (size_t k = 0; k < old->observe_n; k++) {
			const struct observe *a = &old->observe[k],
					     *b = &action->observe[i];
			if (!str_eq(a->param, b->param) ||
			    probes_same(&a->probe, &b->probe))
				continue;
			unseen_add(ret,
			    arena_printf(arena,
				"what is looked at before an action changed: `observe` of "
				"%.*s for %.*s; its answers cannot be compared",
				STR_ARG(action->name), STR_ARG(b->param)),
			    &action->place);
		}
	}
}

void
unseen_probes(struct difference *ret, const struct model *before, const struct model *after,
    struct arena *arena)
{
	look_at_services(ret, before, after, arena);
	for (size_t i = 0; i < after->actions_n; i++) {
		const struct action *action = &after->actions[i];
		const struct action *old = model_action(before, action->name);
		if (old != NULL)
			look_at_observe(ret, old, action, arena);
	}
}

/* ---- what found no room, and what could not be made ---- */

void
unseen_values(struct difference *ret, const struct sampler *s, size_t changed_n,
    struct arena *arena)
{
	ASSERT(s->action->params.n <= PARAMS_MAX); /* else it is not known to the sampler */
	for (size_t i = 0; i < s->action->params.n; i++) {
		const struct param *param = &s->action->params.p[i];
		const struct candidates *candidates = &s->params[i];
		if (candidates->cut && candidates->rules < changed_n)
			unseen_add(ret,
			    arena_printf(arena,
				"changed rules name more than %d values of %.*s of %.*s: "
				"the rest was not asked for",
				CHOICES_MAX, STR_ARG(param->name),
				STR_ARG(s->action->name)),
			    &param->place);
	}
}

void
unseen_action(struct difference *ret, const struct sampler *s, struct arena *arena)
{
	const struct param *param = s->unmade;
	if (param == NULL) {
		unseen_add(ret,
		    arena_printf(arena, "%.*s has more than %d parameters: not asked for",
			STR_ARG(s->action->name), PARAMS_MAX),
		    &s->action->place);
		return;
	}
	unseen_add(ret,
	    arena_printf(arena, "%.*s was not asked for: no value of %.*s could be made up",
		STR_ARG(s->action->name), STR_ARG(param->name)),
	    &param->place);
}
