/*
 * Two things that are good to know: what a freeze leaves allowed, and how many hosts one
 * principal can reach within an hour. Both are warnings where they say what nobody meant: a
 * freeze that stands in the way of taking back, and more hosts than the service bears.
 */
#include "authority/analysing.h"
#include "authority/internal.h"

#define TRIES_MAX 40
#define SHOWN_MAX 4
#define HOSTS_MAX 1000
#define VALUES_MAX 48 /* of one action */

/* Values that an action can have: the plain ones, then each other one of a parameter. */
struct values {
	struct pairs *p;
	size_t n; /* 0: none can be made up */
};

struct asking {
	struct analysing *a;
	const struct authority *authority;
	struct sampler *sampler;
	struct strs all;
	struct arena *arena;
	struct values *values; /* of each action */
};

/* ---- freeze ---- */

static bool
passes(struct asking *k, str principal, msec wall)
{
	for (size_t i = 0; i < TRIES_MAX; i++) {
		const struct sample *sample = sampler_next(k->sampler, principal, i);
		if (sample == NULL ||
		    !decisions_left(k->a, "of who, what and where in 'freeze'"))
			return false;
		k->sampler->sample.request.wall = wall;
		if (authority_verdict(k->authority, &sample->request, &sample->facts) !=
		    VERDICT_DENY)
			return true;
	}
	return false;
}

struct left {
	str text, example;
	size_t n;
};

static void
freeze_leaves(struct asking *k, const struct rule *freeze, const struct action *action,
    msec wall, struct left *left)
{
	const struct model *model = k->a->model;
	struct arena *arena = k->a->arena;
	for (size_t i = 0; i < model->services_n; i++) {
		const struct service *service = &model->services[i];
		if (!rule_covers_service(model, freeze, service))
			continue;
		sampler_service(k->sampler, service);
		for (size_t p = 0; p < k->all.n; p++) {
			if (!passes(k, k->all.p[p], wall))
				continue;
			left->n++;
			str who = principal_text(k->all.p[p]);
			if (left->n == 1)
				left->example =
				    request_text(&k->sampler->sample.request, arena);
			if (left->n <= SHOWN_MAX)
				left->text = arena_printf(arena, "%.*s%s%.*s %.*s on %.*s",
				    STR_ARG(left->text), left->n == 1 ? "" : ", ",
				    STR_ARG(who), STR_ARG(action->name),
				    STR_ARG(service->name));
		}
	}
}

static void
undo_forbidden(struct asking *k, const struct rule *freeze, const struct action *action,
    const struct service *service)
{
	struct arena *arena = k->a->arena;
	found_add(k->a,
	    &(struct found){
		.kind = FOUND_FREEZE,
		.place = freeze->place,
		.text = arena_printf(arena,
		    "'%.*s' leaves %.*s on %.*s allowed and forbids %.*s, which takes it "
		    "back: after the %llu minute%s in which that is free, or by others, it "
		    "cannot be taken back",
		    STR_ARG(freeze->name), STR_ARG(action->name), STR_ARG(service->name),
		    STR_ARG(action->undo->name),
		    (unsigned long long)(action->undo_within_ms / MINUTE),
		    action->undo_within_ms / MINUTE == 1 ? "" : "s"),
		.mend = STR("name both in its `may:`, or neither"),
	    });
}

/* Undo must never be harder than do. In its time no rule holds for it, a freeze neither. Once
 * a freeze and action. */
static void
find_undo_forbidden(struct asking *k, const struct rule *freeze)
{
	const struct model *model = k->a->model;
	for (size_t i = 0; i < model->actions_n; i++) {
		const struct action *action = &model->actions[i];
		if (action->undo == NULL || rule_covers_action(freeze, action) ||
		    !rule_covers_action(freeze, action->undo))
			continue;
		size_t s = 0;
		while (!rule_covers_service(model, freeze, &model->services[s])) {
			s++;
			ASSERT(s < model->services_n); /* else it is dead */
		}
		undo_forbidden(k, freeze, action, &model->services[s]);
	}
}

static void
find_freeze(struct asking *k, const struct rule *freeze)
{
	const struct model *model = k->a->model;
	msec wall = rule_first_in_force(freeze, k->a->wall);
	struct left left = { .n = 0 };
	str unknown = { 0 };
	for (size_t i = 0; i < model->actions_n; i++) {
		const struct action *action = &model->actions[i];
		struct arena kept = *k->arena;
		if (sampler_action(k->sampler, action))
			freeze_leaves(k, freeze, action, wall, &left);
		else
			unknown = arena_printf(k->a->arena, "%.*s%s%.*s", STR_ARG(unknown),
			    unknown.n > 0 ? ", " : "", STR_ARG(action->name));
		*k->arena = kept;
	}
	if (unknown.n > 0)
		unknown = arena_printf(k->a->arena,
		    "; of %.*s it could not be looked at: no value could be made up",
		    STR_ARG(unknown));
	str at = moment_text(wall, k->a->arena);
	str more = left.n > SHOWN_MAX
	               ? arena_printf(k->a->arena, " and %zu more", left.n - SHOWN_MAX)
	               : (str){ 0 };
	found_add(k->a,
	    &(struct found){
		.kind = FOUND_FREEZE,
		.place = freeze->place,
		.text = arena_printf(k->a->arena,
		    "from %.*s '%.*s' is in force; in its scope may still be done: "
		    "%.*s%.*s%.*s",
		    STR_ARG(at), STR_ARG(freeze->name),
		    STR_ARG((left.n > 0 ? left.text : STR("nothing"))), STR_ARG(more),
		    STR_ARG(unknown)),
		.example = left.example,
		.note = true,
	    });
	find_undo_forbidden(k, freeze);
}

/* ---- blast ---- */

struct reached {
	const struct service *service;
	str principal;
	struct authority_use *uses;
	struct authority_uses index;
	struct strs hosts;
	bool *touched;
	size_t n;
	msec at;      /* since the beginning */
	msec next_at; /* when some limit that stopped it has room; NEVER: not */
};
#define NEVER UINT64_MAX

/* May it be done now, with these values? When a limit stops it, notes until when. */
static bool
lets_through(struct asking *k, struct reached *reach, const struct action *action,
    const struct pairs *params, str target)
{
	struct authority_request request = {
		.principal = reach->principal,
		.action = action,
		.service = reach->service,
		.target = target,
		.params = params,
		.incident_open = true,
		.wall = k->a->wall,
		.at = 400 * DAY + reach->at,
	};
	struct authority_facts facts = { .uses = &reach->index,
		.observed = *params,
		.health_known = true,
		.healthy = reach->hosts };
	struct authority_decision decision;
	if (!decisions_left(k->a, "of who, what and when in 'blast'"))
		return false;
	authority_decide(k->authority, &request, &facts, &decision);
	for (size_t i = 0; i < decision.n && decision.verdict == VERDICT_DENY; i++) {
		msec free_at = decision.findings[i].free_at;
		if (free_at > request.wall &&
		    reach->at + (free_at - request.wall) < reach->next_at)
			reach->next_at = reach->at + (free_at - request.wall);
	}
	return decision.verdict != VERDICT_DENY;
}

/* With any of its values. */
static bool
touch(struct asking *k, struct reached *reach, const struct action *action, str target)
{
	const struct values *values = &k->values[action - k->a->model->actions];
	for (size_t i = 0; i < values->n; i++) {
		if (!lets_through(k, reach, action, &values->p[i], target))
			continue;
		struct authority_use *use = &reach->uses[reach->n++];
		*use = (struct authority_use){ .service = reach->service->name,
			.target = target,
			.action = action->name,
			.verb = action->verb,
			.principal = reach->principal,
			.at = 400 * DAY + reach->at };
		authority_uses_add(&reach->index, use);
		return true;
	}
	return false;
}

/* Does some grant name it for the service? Else nothing need be asked. */
static bool
is_granted(const struct model *model, const struct action *action,
    const struct service *service)
{
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		if (rule->kind == RULE_GRANT && rule_covers_action(rule, action) &&
		    rule_covers_service(model, rule, service))
			return true;
	}
	return false;
}

/* Each host that was not reached yet is tried, until none is left or nothing has room. Each
 * round is later than the one before, and has made decisions. */
static void
reach_hosts(struct asking *k, struct reached *reach, const struct action **actions,
    size_t actions_n)
{
	while (reach->at < HOUR) {
		reach->next_at = NEVER;
		for (size_t i = 0; i < reach->hosts.n; i++) {
			for (size_t n = 0; n < actions_n && !reach->touched[i]; n++)
				reach->touched[i] =
				    touch(k, reach, actions[n], reach->hosts.p[i]);
		}
		if (reach->next_at == NEVER)
			return;
		reach->at = reach->next_at;
	}
}

/* Within one hour. What acts on the service itself acts on all of them. */
static size_t
hosts_reached(struct asking *k, const struct service *service, str principal,
    const struct strs *hosts, struct arena arena)
{
	const struct model *model = k->a->model;
	struct reached *reach = arena_new(&arena, struct reached, 1);
	const struct action **actions =
	    arena_new(&arena, const struct action *, model->actions_n + 1);
	size_t actions_n = 0;
	reach->service = service;
	reach->principal = principal;
	reach->hosts = *hosts;
	reach->uses = arena_new(&arena, struct authority_use, hosts->n + 1);
	reach->touched = arena_new(&arena, bool, hosts->n);
	authority_uses_init(&reach->index);
	for (size_t i = 0; i < model->actions_n; i++) {
		if (is_granted(model, &model->actions[i], service))
			actions[actions_n++] = &model->actions[i];
	}
	struct arena *before = k->arena;
	k->arena = &arena;
	bool all = false;
	for (size_t i = 0; i < actions_n && !all; i++)
		all = touch(k, reach, actions[i], service->name);
	if (!all)
		reach_hosts(k, reach, actions, actions_n);
	k->arena = before;
	return all ? hosts->n : reach->n;
}

/* More than the service is said to bear. */
static void
find_over(struct asking *k, const struct service *service, str who, size_t n, size_t of)
{
	uint32_t bears = share_at_most(&service->blast, (uint32_t)of);
	if ((service->blast.count == 0 && service->blast.percent == 0) || n <= bears)
		return;
	found_add(k->a,
	    &(struct found){
		.kind = FOUND_BLAST,
		.place = service->place,
		.text = arena_printf(k->a->arena,
		    "%.*s can reach %zu of the %zu host%s of %.*s within an hour, and its "
		    "`blast:` is %u",
		    STR_ARG(who), n, of, of == 1 ? "" : "s", STR_ARG(service->name), bears),
		.mend = STR("write a limit with `within: {targets: ... in 1h}` on it, or a "
			    "higher `blast:`"),
	    });
}

static void
find_blast(struct asking *k, const struct service *service, struct arena arena)
{
	const struct model *model = k->a->model;
	struct strs hosts = { arena_new(&arena, str, model->hosts_n + 1), 0 };
	size_t most_of_people = 0, all_n = 0;
	str person = { 0 }, text = { 0 };
	for (size_t i = 0; i < model->hosts_n; i++) {
		if (model->hosts[i].service != service)
			continue;
		all_n++;
		if (hosts.n < HOSTS_MAX)
			hosts.p[hosts.n++] = model->hosts[i].name;
	}
	for (size_t i = 0; hosts.n > 0 && i < k->all.n; i++) {
		size_t n = hosts_reached(k, service, k->all.p[i], &hosts, arena);
		if (str_starts(k->all.p[i], STR("person:"))) {
			if (n > most_of_people) {
				most_of_people = n;
				person = principal_text(k->all.p[i]);
			}
		} else if (n > 0) {
			find_over(k, service, k->all.p[i], n, all_n);
			text = arena_printf(&arena, "%.*s%s%.*s %zu", STR_ARG(text),
			    text.n > 0 ? ", " : "", STR_ARG(k->all.p[i]), n);
		}
	}
	find_over(k, service, person, most_of_people, all_n);
	if (most_of_people > 0)
		text = arena_printf(&arena, "%.*s%s%.*s %zu", STR_ARG(text),
		    text.n > 0 ? ", " : "", STR_ARG(person), most_of_people);
	if (text.n == 0)
		return;
	found_add(k->a,
	    &(struct found){
		.kind = FOUND_BLAST,
		.place = service->place,
		.text = arena_printf(k->a->arena,
		    "of %s%zu host%s of %.*s can be reached within an hour, "
		    "now and in an incident: by %.*s",
		    hosts.n < all_n ? "the first " : "the ", hosts.n,
		    hosts.n == 1 ? "" : "s", STR_ARG(service->name), STR_ARG(text)),
		.note = true,
	    });
}

static void
add_values(struct asking *k, struct values *values, const struct pairs *plain, str name,
    str value)
{
	struct pairs one = { arena_new(k->arena, struct pair, plain->n), plain->n };
	for (size_t i = 0; i < plain->n; i++) {
		one.p[i] = plain->p[i];
		if (str_eq(one.p[i].name, name))
			one.p[i].value = value;
	}
	if (values->n < VALUES_MAX)
		values->p[values->n++] = one;
}

/* Grants may let different values through, and each has limits of its own. */
static void
find_values(struct asking *k, size_t at, const struct rule *const *rules)
{
	const struct model *model = k->a->model;
	const struct action *action = &model->actions[at];
	struct values *values = &k->values[at];
	struct pairs plain;
	if (!params_plain(model, rules, model->rules_n, action, k->arena, &plain))
		return;
	values->p = arena_new(k->arena, struct pairs, VALUES_MAX);
	values->p[values->n++] = plain;
	for (size_t i = 0; i < plain.n; i++) {
		const struct param *param = action_param(action, plain.p[i].name);
		struct candidates candidates = { .n = 0 };
		param_candidates(model, rules, model->rules_n, action, param, k->arena,
		    &candidates);
		for (size_t n = 1; n < candidates.n; n++)
			add_values(k, values, &plain, param->name, candidates.p[n]);
	}
}

/* What these analyses and that of approvers pass over. Never silently. */
static void
tell_unmade(struct analysing *a, const struct sampler *sampler)
{
	const struct param *param = sampler->unmade;
	if (param == NULL)
		return;
	found_add(a, &(struct found){
			 .kind = FOUND_LIMIT,
			 .place = param->place,
			 .text = arena_printf(a->arena,
			     "%.*s could not be looked at, for approvers, freezes and "
			     "hosts in reach: no value of %.*s could be made up",
			     STR_ARG(sampler->action->name), STR_ARG(param->name)),
			 .mend = STR("write one into a grant's `with:` or a runbook"),
		     });
}

void
analyse_spans(struct analysing *a)
{
	const struct model *model = a->model;
	struct arena_map map, index;
	struct arena arena = arena_map(&map, ANALYSE_WORK_BYTES);
	const struct rule **rules =
	    arena_new(&arena, const struct rule *, model->rules_n + 1);
	for (size_t i = 0; i < model->rules_n; i++)
		rules[i] = &model->rules[i];
	struct asking k = { .a = a,
		.authority = authority_mapped(model, &index),
		.sampler = sampler_new(model, rules, model->rules_n, a->wall, &arena),
		.all = everyone(model, &arena),
		.arena = &arena };
	k.values = arena_new(&arena, struct values, model->actions_n + 1);
	for (size_t i = 0; i < model->actions_n; i++)
		find_values(&k, i, rules);
	k.sampler->plain = true;
	for (size_t i = 0; i < model->actions_n; i++) {
		struct arena kept = arena;
		if (!sampler_action(k.sampler, &model->actions[i]))
			tell_unmade(a, k.sampler);
		arena = kept;
	}
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		bool spans = rule->until_wall != 0 || rule->from_wall > a->wall ||
		             rule->during != NULL;
		if (rule->kind == RULE_PROHIBITION && spans && !a->gone[i])
			find_freeze(&k, rule);
	}
	decisions_begin(a);
	for (size_t i = 0; i < model->services_n && !a->told; i++)
		find_blast(&k, &model->services[i], arena);
	arena_unmap(&index);
	arena_unmap(&map);
}
