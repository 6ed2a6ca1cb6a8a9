/*
 * A request held against the rules. Notes findings; explain.c finds the words.
 *
 *	the request itself	is there such an action, service, target, principal; does
 *				each param have one of its values
 *	prohibitions		in force and covering it: denied
 *	grants			those that apply (grant_lacks() == 0) must each have room
 *				under their limits; with none that applies: denied
 *
 * The verdict is the strictest that any finding asks for, so the order in which rules are
 * met cannot matter.
 */
#include "authority/internal.h"

/* ---- limits ---- */

static bool
young(const struct authority_use *use, msec at, msec window_ms)
{
	return use->at >= at || at - use->at < window_ms;
}

static struct near_use
near_use_of(const struct judgement *j, const struct authority_use *use)
{
	return (struct near_use){
		.use = use,
		.verb = word_get(j->authority, use->verb),
		.name = word_get(j->authority, use->action),
		.on_service = str_eq(use->service, j->service->name),
		.on_target = str_eq(use->target, j->request->target),
	};
}

/* str_eq for many names of one make: they differ at the end ("web-1", "web-2"). */
static bool
same_name(str a, str b)
{
	return a.n == b.n && (a.n == 0 || a.p[a.n - 1] == b.p[a.n - 1]) && str_eq(a, b);
}

/* Once for all limits. */
static void
find_near_uses(struct judgement *j)
{
	const struct authority_facts *facts = j->facts;
	j->near_uses_n = 0;
	for (size_t i = 0; i < facts->uses_n; i++) {
		const struct authority_use *use = &facts->uses[i];
		if (!use->held && !same_name(use->service, j->service->name) &&
		    !same_name(use->target, j->request->target))
			continue;
		if (j->near_uses_n < NEAR_USES_MAX)
			j->near_uses[j->near_uses_n] = near_use_of(j, use);
		j->near_uses_n++;
	}
}

static bool
use_counts(const struct judgement *j, const struct entry *entry, enum bound bound,
    const struct near_use *near)
{
	const struct rule *rule = entry->rule;
	const struct authority_use *use = near->use;
	msec at = j->request->at;
	switch (bound) {
	case BOUND_PER_SERVICE:
		return near->on_service && young(use, at, rule->per_service.window_ms) &&
		       entry_names(entry, near->verb, near->name);
	case BOUND_PER_TARGET:
		return near->on_target && young(use, at, rule->per_target.window_ms) &&
		       entry_names(entry, near->verb, near->name);
	case BOUND_AT_ONCE: {
		if (!use->held || !entry_names(entry, near->verb, near->name))
			return false;
		const struct service *on = model_service(j->authority->model, use->service);
		return on == NULL || scope_covers(&rule->on, on);
	}
	case BOUND_NONE:
		break;
	}
	UNREACHABLE();
}

/* Uses that count and began at `since` or later. */
static uint64_t
uses_since(const struct judgement *j, const struct entry *entry, enum bound bound,
    msec since)
{
	bool few = j->near_uses_n <= NEAR_USES_MAX;
	size_t looks = few ? j->near_uses_n : j->facts->uses_n;
	uint64_t n = 0;
	for (size_t i = 0; i < looks; i++) {
		struct near_use far;
		const struct near_use *near = few ? &j->near_uses[i] : &far;
		if (!few)
			far = near_use_of(j, &j->facts->uses[i]);
		msec at = near->use->at < j->request->at ? near->use->at : j->request->at;
		if (at >= since && use_counts(j, entry, bound, near))
			n++;
	}
	return n;
}

/* There is room again when the limit-th youngest use leaves the window; its time is found
 * by halving, which needs no memory and no order. */
static msec
rate_free_at(const struct judgement *j, const struct entry *entry, enum bound bound,
    const struct rate *rate)
{
	msec now = j->request->at;
	msec low = now < rate->window_ms ? 0 : now - rate->window_ms;
	msec high = now;
	while (low < high) {
		msec middle = low + (high - low + 1) / 2;
		if (uses_since(j, entry, bound, middle) >= rate->count)
			low = middle;
		else
			high = middle - 1;
	}
	return j->request->wall + (low + rate->window_ms - now);
}

/* Notes the bound when it is used up, else in *best when it leaves the least room. */
static void
check_bound(struct judgement *j, const struct entry *entry, enum bound bound,
    const struct rate *rate, struct finding *best)
{
	if (rate->count == 0)
		return;
	struct finding finding = {
		.kind = REASON_LIMIT,
		.entry = entry,
		.bound = bound,
		.value = uses_since(j, entry, bound, 0),
		.limit = rate->count,
		.window_ms = rate->window_ms,
	};
	if (finding.value < finding.limit) {
		if (best->bound == BOUND_NONE ||
		    finding.limit - finding.value < best->limit - best->value) {
			finding.kind = REASON_GRANT;
			*best = finding;
		}
		return;
	}
	if (bound == BOUND_AT_ONCE)
		j->free_never = true;
	else
		finding.free_at = rate_free_at(j, entry, bound, rate);
	if (finding.free_at > j->free_at)
		j->free_at = finding.free_at;
	finding_add(j, &finding);
}

/* ---- findings ---- */

/* What decides comes first; enumerators are stored, so their order is not ours to choose. */
static unsigned
finding_rank(enum reason_kind kind)
{
	switch (kind) {
	case REASON_STOPPED:
		return 0;
	case REASON_ERROR:
		return 1;
	case REASON_UNKNOWN:
		return 2;
	case REASON_PROHIBITED:
		return 3;
	case REASON_LIMIT:
		return 4;
	case REASON_NOT_NOW:
		return 5;
	case REASON_NO_GRANT:
		return 6;
	case REASON_BOUND:
		return 7;
	case REASON_HANDS_ON:
		return 8;
	case REASON_APPROVAL:
		return 9;
	case REASON_UNDO:
	case REASON_APPROVED:
	case REASON_LIFTED:
	case REASON_GRANT:
		return 10;
	}
	UNREACHABLE();
}

static enum verdict
finding_verdict(enum reason_kind kind)
{
	switch (kind) {
	case REASON_GRANT:
	case REASON_UNDO:
	case REASON_APPROVED:
	case REASON_LIFTED:
		return VERDICT_ALLOW;
	case REASON_APPROVAL:
		return VERDICT_AFTER_APPROVAL;
	case REASON_STOPPED:
	case REASON_ERROR:
	case REASON_UNKNOWN:
	case REASON_PROHIBITED:
	case REASON_LIMIT:
	case REASON_NOT_NOW:
	case REASON_NO_GRANT:
	case REASON_BOUND:
	case REASON_HANDS_ON:
		return VERDICT_DENY;
	}
	UNREACHABLE();
}

static bool
finding_before(const struct finding *a, const struct finding *b)
{
	unsigned rank_a = finding_rank(a->kind);
	unsigned rank_b = finding_rank(b->kind);
	if (rank_a != rank_b)
		return rank_a < rank_b;
	if (a->entry == NULL || b->entry == NULL)
		return a->entry == NULL && b->entry != NULL;
	if (a->entry != b->entry)
		return a->entry->order < b->entry->order;
	return a->bound < b->bound;
}

/* Sorted, the least important falls off. The first is never dropped, and it alone decides
 * the verdict, since ranks fall from deny to allow. */
void
finding_add(struct judgement *j, const struct finding *finding)
{
	if (finding_verdict(finding->kind) == VERDICT_DENY &&
	    finding->bound != BOUND_AT_ONCE)
		j->denied = true;
	size_t i = j->n;
	if (i == countof(j->findings)) {
		j->dropped++;
		if (!finding_before(finding, &j->findings[--i]))
			return;
	} else {
		j->n++;
	}
	for (; i > 0 && finding_before(finding, &j->findings[i - 1]); i--)
		j->findings[i] = j->findings[i - 1];
	j->findings[i] = *finding;
}

enum verdict
judgement_verdict(const struct judgement *j)
{
	return j->n == 0 ? VERDICT_DENY : finding_verdict(j->findings[0].kind);
}

static void
fault(struct judgement *j, enum reason_kind kind, str text, str forward)
{
	finding_add(j, &(struct finding){ .kind = kind, .text = text, .forward = forward });
}

/* ---- the request itself ---- */

static void
judge_principal(struct judgement *j, struct arena *arena)
{
	str asking = j->request->principal;
	str name;
	if (str_eq(asking, STR("automation")) || str_eq(asking, STR("local-admin")) ||
	    asking_as(asking, STR("agent:"), &name))
		return;
	if (asking_as(asking, STR("person:"), &name) &&
	    model_person(j->authority->model, name) != NULL)
		return;
	fault(j, REASON_UNKNOWN,
	    arena_printf(arena, "nobody knows '%.*s'", STR_ARG(asking)),
	    STR("ask as a person of the configuration"));
}

static void
judge_action(struct judgement *j, struct arena *arena)
{
	const struct action *asked = j->request->action;
	str name = asked != NULL ? asked->name : j->request->action_name;
	j->action = model_action(j->authority->model, name);
	if (j->action == NULL)
		fault(j, REASON_UNKNOWN,
		    arena_printf(arena, "unknown action '%.*s'", STR_ARG(name)),
		    STR("ask for an action of the configuration in force"));
}

static void
judge_service(struct judgement *j, struct arena *arena)
{
	const struct service *asked = j->request->service;
	if (asked == NULL) {
		fault(j, REASON_UNKNOWN, STR("it is about no service"),
		    STR("name the service that it is for"));
		return;
	}
	j->service = model_service(j->authority->model, asked->name);
	if (j->service == NULL)
		fault(j, REASON_UNKNOWN,
		    arena_printf(arena, "unknown service '%.*s'", STR_ARG(asked->name)),
		    STR("ask for a service of the configuration in force"));
}

static void
judge_target(struct judgement *j, struct arena *arena)
{
	str target = j->request->target;
	if (target.n == 0) {
		fault(j, REASON_ERROR,
		    STR("no target: nothing means nothing, not everything"),
		    STR("name a host, or the service"));
		return;
	}
	if (j->service == NULL || str_eq(target, j->service->name))
		return;
	const struct host *host = names_get(&j->authority->model->host_by_name, target);
	if (host != NULL && str_eq(host->service->name, j->service->name)) {
		j->host = host;
		return;
	}
	fault(j, REASON_UNKNOWN,
	    arena_printf(arena, "'%.*s' is neither service %.*s nor one of its hosts",
		STR_ARG(target), STR_ARG(j->service->name)),
	    STR("name a host of that service, or the service"));
}

static const struct param *
param_find(const struct params *params, str name)
{
	for (size_t i = 0; i < params->n; i++) {
		if (str_eq(params->p[i].name, name))
			return &params->p[i];
	}
	return NULL;
}

static void
judge_params(struct judgement *j, struct arena *arena)
{
	static const struct pairs none;
	const struct pairs *given = j->request->params ? j->request->params : &none;
	const struct params *declared = &j->action->params;

	for (size_t i = 0; i < given->n; i++) {
		const struct pair *pair = &given->p[i];
		const struct param *param = param_find(declared, pair->name);
		if (param == NULL) {
			fault(j, REASON_ERROR,
			    arena_printf(arena, "%.*s has no parameter '%.*s'",
				STR_ARG(j->action->name), STR_ARG(pair->name)),
			    arena_printf(arena, "leave '%.*s' out", STR_ARG(pair->name)));
			continue;
		}
		str why = param_refuses(param, pair->value, arena);
		if (why.n > 0)
			fault(j, REASON_ERROR,
			    arena_printf(arena, "parameter %.*s", STR_ARG(why)),
			    arena_printf(arena, "correct '%.*s'", STR_ARG(pair->name)));
	}
	for (size_t i = 0; i < declared->n; i++) {
		const struct param *param = &declared->p[i];
		if (param->optional || param->otherwise.n > 0 ||
		    pairs_has(given, param->name))
			continue;
		fault(j, REASON_ERROR,
		    arena_printf(arena, "parameter '%.*s' of %.*s is missing",
			STR_ARG(param->name), STR_ARG(j->action->name)),
		    arena_printf(arena, "give a value for '%.*s'", STR_ARG(param->name)));
	}
}

/* ---- rules ---- */

static bool
begun(const struct rule *rule, msec wall)
{
	return rule->from_wall <= wall;
}

static bool
ended(const struct rule *rule, msec wall)
{
	return rule->until_wall != 0 && wall >= rule->until_wall;
}

/* Beyond what it is for: place, time, incident, principal. */
static unsigned
grant_lacks_now(const struct judgement *j, const struct rule *rule)
{
	const struct authority_request *request = j->request;
	unsigned lacks = 0;
	if (!environments_cover(j, rule))
		lacks |= LACKS_SCOPE;
	if (!begun(rule, request->wall))
		lacks |= LACKS_BEGIN;
	if (ended(rule, request->wall))
		lacks |= LACKS_TIME;
	if (rule->while_incident && !request->incident_open)
		lacks |= LACKS_INCIDENT;
	for (size_t i = 0; i < rule->to_n; i++) {
		if (principal_covers(&rule->to[i], request->principal, request->wall))
			return lacks;
	}
	return lacks | LACKS_PRINCIPAL;
}

unsigned
grant_lacks(const struct judgement *j, const struct rule *rule)
{
	unsigned lacks = grant_lacks_now(j, rule);
	return scope_covers(&rule->on, j->service) ? lacks : lacks | LACKS_SCOPE;
}

static void
consider_near(struct judgement *j, const struct entry *entry, unsigned lacks)
{
	if (j->near == NULL || lacks < j->near_lacks ||
	    (lacks == j->near_lacks && entry->order < j->near->order)) {
		j->near = entry;
		j->near_lacks = lacks;
	}
}

static void
consider_grant(struct judgement *j, const struct entry *entry)
{
	const struct rule *rule = entry->rule;
	unsigned lacks = entry->shelved ? grant_lacks_now(j, rule) : grant_lacks(j, rule);
	if (lacks != 0) {
		consider_near(j, entry, lacks);
		return;
	}
	j->granted = true;
	struct finding grant = { .kind = REASON_GRANT, .entry = entry };
	const struct rate at_once = { .count = rule->at_once };
	check_bound(j, entry, BOUND_PER_SERVICE, &rule->per_service, &grant);
	if (j->whole)
		check_bound(j, entry, BOUND_PER_TARGET, &rule->per_target, &grant);
	check_bound(j, entry, BOUND_AT_ONCE, &at_once, &grant);
	finding_add(j, &grant);
}

static void
consider(struct judgement *j, const struct entry *entry)
{
	const struct rule *rule = entry->rule;
	msec wall = j->request->wall;
	switch (rule->kind) {
	case RULE_GRANT:
		consider_grant(j, entry);
		return;
	case RULE_PROHIBITION:
		if (begun(rule, wall) && !ended(rule, wall) &&
		    (entry->shelved || scope_covers(&rule->on, j->service)) &&
		    environments_cover(j, rule))
			finding_add(j,
			    &(struct finding){ .kind = REASON_PROHIBITED, .entry = entry });
		return;
	case RULE_LIMIT:
	case RULE_APPROVAL:
		break;
	}
	UNREACHABLE();
}

static void
judge_rules(struct judgement *j)
{
	find_near_uses(j);
	struct walk walk;
	walk_begin(&walk, j->authority, j->action, j->service);
	for (const struct entry *entry; (entry = walk_next(&walk)) != NULL;)
		consider(j, entry);
	if (j->granted)
		return;

	/* Only for the answer: nothing off these shelves can allow. */
	const struct authority *authority = j->authority;
	size_t looks = j->whole && j->near == NULL ? NEAREST_LOOKS_MAX : 0;
	for (size_t i = 0; looks > 0 && i < authority->entries_n; i++) {
		const struct entry *entry = &authority->entries[i];
		if (entry->rule->kind != RULE_GRANT)
			continue;
		unsigned lacks = grant_lacks(j, entry->rule);
		if (!entry_names(entry, walk.verb, walk.name))
			lacks |= LACKS_ACTION;
		consider_near(j, entry, lacks);
		looks--;
	}
	bool only_time = j->near != NULL && (j->near_lacks & ~LACKS_NOT_NOW) == 0;
	finding_add(j, &(struct finding){
			   .kind = only_time ? REASON_NOT_NOW : REASON_NO_GRANT,
			   .entry = j->near,
			   .lacks = j->near_lacks,
		       });
}

void
judge(struct judgement *j, struct arena *arena)
{
	if (j->facts->stopped)
		fault(j, REASON_STOPPED,
		    arena_printf(arena, "everything was stopped by %.*s%s%.*s",
			STR_ARG(j->facts->stopped_by),
			j->facts->stopped_why.n > 0 ? ": " : "",
			STR_ARG(j->facts->stopped_why)),
		    arena_printf(arena, "wait until it is resumed, or ask %.*s",
			STR_ARG(j->facts->stopped_by)));
	judge_principal(j, arena);
	judge_action(j, arena);
	judge_service(j, arena);
	if (j->whole)
		judge_target(j, arena);
	if (j->whole && j->action != NULL)
		judge_params(j, arena);
	if (j->action != NULL && j->service != NULL)
		judge_rules(j);
}
