/*
 * Two things that are good to know: what a freeze leaves allowed, and how many hosts one
 * principal can reach within an hour.
 */
#include "authority/analysing.h"

#define TRIES_MAX 40
#define SHOWN_MAX 4
#define HOSTS_MAX 1000

struct asking {
	struct analysing *a;
	const struct authority *authority;
	struct sampler *sampler;
	struct strs all;
	struct arena *arena;
	struct pairs *params; /* of each action, plain; no memory: none can be made up */
};

/* ---- freeze ---- */

static bool
passes(struct asking *k, str principal, msec wall)
{
	for (size_t i = 0; i < TRIES_MAX; i++) {
		const struct sample *sample = sampler_next(k->sampler, principal, i);
		struct authority_decision decision;
		struct arena scratch = *k->arena;
		if (sample == NULL ||
		    !decisions_left(k->a, "of who, what and where in 'freeze'"))
			return false;
		k->sampler->sample.request.wall = wall;
		authority_decide(k->authority, &sample->request, &sample->facts, &scratch,
		    &decision);
		if (decision.verdict != VERDICT_DENY)
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
find_freeze(struct asking *k, const struct rule *freeze)
{
	const struct model *model = k->a->model;
	msec wall = rule_first_in_force(freeze, k->a->wall);
	struct left left = { .n = 0 };
	for (size_t i = 0; i < model->actions_n; i++) {
		struct arena kept = *k->arena;
		if (sampler_action(k->sampler, &model->actions[i]))
			freeze_leaves(k, freeze, &model->actions[i], wall, &left);
		*k->arena = kept;
	}
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
		    "%.*s%.*s",
		    STR_ARG(at), STR_ARG(freeze->name),
		    STR_ARG((left.n > 0 ? left.text : STR("nothing"))), STR_ARG(more)),
		.example = left.example,
		.note = true,
	    });
}

/* ---- blast ---- */

struct reached {
	struct authority_use *uses;
	struct authority_uses index;
	struct strs hosts;
	bool *touched;
	size_t n;
};

static bool
touch(struct asking *k, const struct service *service, str principal,
    const struct action *action, struct reached *reach, size_t host, msec at)
{
	struct authority_decision decision;
	struct arena scratch = *k->arena;
	struct pairs params = k->params[action - k->a->model->actions];
	if (params.p == NULL)
		return false;
	struct authority_request request = {
		.principal = principal,
		.action = action,
		.service = service,
		.target = reach->hosts.p[host],
		.params = &params,
		.incident_open = true,
		.wall = k->a->wall,
		.at = at,
	};
	struct authority_facts facts = { .uses = &reach->index,
		.observed = params,
		.health_known = true,
		.healthy = reach->hosts };
	if (!decisions_left(k->a, "of who, what and when in 'blast'"))
		return false;
	authority_decide(k->authority, &request, &facts, &scratch, &decision);
	if (decision.verdict == VERDICT_DENY)
		return false;
	struct authority_use *use = &reach->uses[reach->n++];
	*use = (struct authority_use){ .service = service->name,
		.target = request.target,
		.action = action->name,
		.verb = action->verb,
		.principal = principal,
		.at = at };
	authority_uses_add(&reach->index, use);
	reach->touched[host] = true;
	return true;
}

/* A try of every host every five minutes, for one hour. */
static size_t
hosts_reached(struct asking *k, const struct service *service, str principal,
    const struct strs *hosts, struct arena arena)
{
	const struct model *model = k->a->model;
	struct reached *reach = arena_new(&arena, struct reached, 1);
	reach->hosts = *hosts;
	struct arena *before = k->arena;
	reach->uses = arena_new(&arena, struct authority_use, hosts->n);
	reach->touched = arena_new(&arena, bool, hosts->n);
	authority_uses_init(&reach->index);
	k->arena = &arena;
	for (msec at = 0; at < HOUR; at += 5 * MINUTE) {
		for (size_t i = 0; i < hosts->n; i++) {
			for (size_t n = 0; n < model->actions_n && !reach->touched[i]; n++)
				(void)touch(k, service, principal, &model->actions[n],
				    reach, i, 400 * DAY + at);
		}
	}
	k->arena = before;
	return reach->n;
}

static void
find_blast(struct asking *k, const struct service *service, struct arena arena)
{
	const struct model *model = k->a->model;
	struct strs hosts = { arena_new(&arena, str, model->hosts_n + 1), 0 };
	size_t most_of_people = 0;
	str person = { 0 }, text = { 0 };
	for (size_t i = 0; i < model->hosts_n && hosts.n < HOSTS_MAX; i++) {
		if (model->hosts[i].service == service)
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
			text = arena_printf(&arena, "%.*s%s%.*s %zu", STR_ARG(text),
			    text.n > 0 ? ", " : "", STR_ARG(k->all.p[i]), n);
		}
	}
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
		    "of the %zu hosts of %.*s can be reached within an hour, now "
		    "and in an incident: by %.*s",
		    hosts.n, STR_ARG(service->name), STR_ARG(text)),
		.note = true,
	    });
}

void
analyse_spans(struct analysing *a)
{
	const struct model *model = a->model;
	struct arena_map map;
	struct arena arena =
	    arena_map(&map, ((size_t)64 << 20) + authority_arena_bytes(model));
	const struct rule **rules =
	    arena_new(&arena, const struct rule *, model->rules_n + 1);
	for (size_t i = 0; i < model->rules_n; i++)
		rules[i] = &model->rules[i];
	struct asking k = { .a = a,
		.authority = authority_new(model, &arena),
		.sampler = sampler_new(model, rules, model->rules_n, a->wall, &arena),
		.all = everyone(model, &arena),
		.arena = &arena };
	k.sampler->plain = true;
	k.sampler->moments_n = 1;
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		bool spans = rule->until_wall != 0 || rule->from_wall > a->wall ||
		             rule->during != NULL;
		if (rule->kind == RULE_PROHIBITION && spans && !a->gone[i])
			find_freeze(&k, rule);
	}
	a->decisions = 0;
	k.params = arena_new(&arena, struct pairs, model->actions_n + 1);
	for (size_t i = 0; i < model->actions_n; i++) {
		if (!params_plain(model, rules, model->rules_n, &model->actions[i], &arena,
			&k.params[i]))
			k.params[i] = (struct pairs){ 0 };
	}
	for (size_t i = 0; i < model->services_n && a->decisions <= ANALYSE_DECISIONS_MAX;
	     i++)
		find_blast(&k, &model->services[i], arena);
	arena_unmap(&map);
}
