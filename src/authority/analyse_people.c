/*
 * Is there anybody else? Approvals that could be asked for while too few could give them,
 * and grants that one person has given to themselves.
 */
#include "authority/analysing.h"

#define HORIZON (8 * 7 * DAY)
#define MOMENTS_LOOKED_MAX 20000 /* moments of one approval */
#define HOLDINGS_MAX 4096
#define HOLDING_BYTES_MAX (8 * (size_t)BUNDLE_BYTES_MAX) /* a name for each rotation */
#define TRIES_MAX 40 /* samples of one request: it only has to need the approval */

/* ---- approvers ---- */

struct lack {
	const struct sample *sample;
	struct authority_decision decision;
	struct authority_answer answer;
};

/* The catalogue with all grants, without their limits, and this approval. */
static struct model *
only_grants_and(struct analysing *a, const struct rule *approval, struct arena *arena)
{
	struct model *model = arena_new(arena, struct model, 1);
	*model = *a->model;
	model->rules = arena_new(arena, struct rule, a->model->rules_n + 1);
	model->rules_n = 0;
	for (size_t i = 0; i < a->model->rules_n; i++) {
		const struct rule *rule = &a->model->rules[i];
		if (rule->kind != RULE_GRANT)
			continue;
		struct rule *grant = &model->rules[model->rules_n++];
		*grant = *rule;
		grant->per_service = grant->per_target = grant->per_actor =
		    (struct rate){ 0 };
		grant->at_once = 0;
		grant->targets = grant->keep_healthy = (struct share){ 0 };
		grant->spacing_ms = 0;
		grant->not_beside.n = 0;
	}
	model->rules[model->rules_n++] = *approval;
	return model;
}

/* Of all, those whose yes the rule takes at that instant; machines are never. */
static size_t
could_say_yes(const struct rule *approval, const struct strs *all, msec wall)
{
	size_t n = 0;
	for (size_t i = 0; i < all->n; i++) {
		bool covered = false;
		for (size_t k = 0; k < approval->by_n && !covered; k++)
			covered = principal_covers(&approval->by[k], all->p[i], NULL, wall);
		n += covered;
	}
	return n;
}

/* Does somebody who asks for this, then, find too few who could agree? */
static bool
lacks(struct analysing *a, const struct authority *authority, struct sampler *sampler,
    str principal, msec wall, struct lack *ret)
{
	for (size_t k = 0; k < TRIES_MAX; k++) {
		const struct sample *sample = sampler_next(sampler, principal, k);
		struct arena scratch = *sampler->arena;
		if (sample == NULL ||
		    !decisions_left(a, "of who, what and when in 'approvers'"))
			return false;
		sampler->sample.request.wall = wall;
		authority_decide(authority, &sample->request, &sample->facts,
		    &ret->decision);
		if (ret->decision.verdict != VERDICT_AFTER_APPROVAL)
			continue;
		authority_explain(authority, &sample->request, &sample->facts,
		    &ret->decision, &scratch, &ret->answer);
		if (ret->answer.approvers.n < AUTHORITY_APPROVERS_MAX &&
		    ret->answer.approvers.n < ret->decision.yes_missing) {
			ret->sample = sample;
			return true;
		}
	}
	return false;
}

static str
names_of(const struct strs *people, struct arena *arena)
{
	str text = { 0 };
	for (size_t i = 0; i < people->n; i++)
		text = arena_printf(arena, "%.*s%s%.*s", STR_ARG(text),
		    i == 0               ? ""
		    : i + 1 == people->n ? " and "
					 : ", ",
		    STR_ARG(people->p[i]));
	return text;
}

static void
lack_found(struct analysing *a, const struct rule *approval, msec wall,
    const struct lack *lack)
{
	const struct authority_request *request = &lack->sample->request;
	const struct strs *who = &lack->answer.approvers;
	str at = moment_text(wall, a->arena);
	str asks = principal_text(request->principal);
	str others = names_of(who, a->arena);
	bool alone = who->n == 0;
	bool unknown = approval->not_reloader; /* then it may be any of them */
	/* Where it is the one who asks that could have agreed. */
	bool both = false;
	for (size_t i = 0; i < approval->by_n; i++)
		both |= principal_covers(&approval->by[i], request->principal, NULL, wall);
	found_add(a,
	    &(struct found){
		.kind = alone && both ? FOUND_SEPARATION : FOUND_APPROVERS,
		.place = approval->place,
		.text = arena_printf(a->arena,
		    "approval '%.*s' wants %u who agree%s%s; at %.*s, when %.*s asks, "
		    "%s%.*s",
		    STR_ARG(approval->name), approval->need, approval->need == 1 ? "s" : "",
		    unknown ? ", none who brought in the configuration (so one more)" : "",
		    STR_ARG(at), STR_ARG(asks),
		    alone ? both ? "there is nobody else" : "there is nobody"
			  : "there is only ",
		    STR_ARG(others)),
		.example = request_text(request, a->arena),
		.mend = STR("name more people in `by:`, such as a whole team or a second "
			    "rotation, or ask for fewer"),
	    });
}

/* Of the sampler's action. */
static bool
lack_of_action(struct analysing *a, const struct authority *authority,
    struct sampler *sampler, const struct rule *approval, const struct strs *all, msec wall)
{
	const struct model *model = a->model;
	struct lack lack;
	for (size_t k = 0; k < model->services_n; k++) {
		if (!rule_covers_service(model, approval, &model->services[k]))
			continue;
		sampler_service(sampler, &model->services[k]);
		for (size_t p = 0; p < all->n; p++) {
			if (lacks(a, authority, sampler, all->p[p], wall, &lack)) {
				lack_found(a, approval, wall, &lack);
				return true;
			}
		}
	}
	return false;
}

static bool
lack_at(struct analysing *a, const struct authority *authority, struct sampler *sampler,
    const struct rule *approval, const struct strs *all, msec wall)
{
	const struct model *model = a->model;
	for (size_t i = 0; i < model->actions_n; i++) {
		struct arena kept = *sampler->arena; /* candidates of one action */
		if (rule_covers_action(approval, &model->actions[i]) &&
		    sampler_action(sampler, &model->actions[i]) &&
		    lack_of_action(a, authority, sampler, approval, all, wall))
			return true;
		*sampler->arena = kept;
	}
	return false;
}

/*
 * All that can change who asks, who could agree and which rules are in force: turns of
 * rotations, calendars, beginnings and ends of rules. Between two changes nothing does, so
 * one moment of each stretch is all of it.
 */
struct changes {
	const struct team **teams;
	const struct calendar **calendars;
	msec *edges;
	size_t teams_n, calendars_n, edges_n;
};

static void
add_teams(struct changes *c, const struct principal *principals, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct principal *one = &principals[i];
		size_t k = 0;
		if (one->kind != PRINCIPAL_ON_DUTY)
			continue;
		while (k < c->teams_n && c->teams[k] != one->team)
			k++;
		if (k == c->teams_n)
			c->teams[c->teams_n++] = one->team;
	}
}

static void
add_rule(struct changes *c, const struct rule *rule)
{
	size_t k = 0;
	add_teams(c, rule->to, rule->to_n);
	add_teams(c, rule->by, rule->by_n);
	c->edges[c->edges_n++] = rule->from_wall; /* 0 is long past */
	c->edges[c->edges_n++] = rule->until_wall;
	while (k < c->calendars_n && c->calendars[k] != rule->during)
		k++;
	if (rule->during != NULL && k == c->calendars_n)
		c->calendars[c->calendars_n++] = rule->during;
}

static struct changes
changes_of(const struct model *model, const struct rule *rules, size_t n,
    struct arena *arena)
{
	struct changes c = {
		.teams = arena_new(arena, const struct team *, model->teams_n),
		.calendars = arena_new(arena, const struct calendar *, n),
		.edges = arena_new(arena, msec, 2 * n),
	};
	for (size_t i = 0; i < n; i++)
		add_rule(&c, &rules[i]);
	return c;
}

static void
sooner(msec at, msec change, msec *io)
{
	if (change > at && change < *io)
		*io = change;
}

/* The first of them after that; `end` at most. */
static msec
next_change(const struct changes *c, msec at, msec end)
{
	msec next = end;
	for (size_t i = 0; i < c->teams_n; i++) {
		const struct team *team = c->teams[i];
		for (size_t k = 0; k < team->rotation_n; k++)
			sooner(at, rotation_at(&team->rotations[k], at).until_wall, &next);
	}
	for (size_t i = 0; i < c->calendars_n; i++)
		sooner(at, calendar_changes(c->calendars[i], at), &next);
	for (size_t i = 0; i < c->edges_n; i++)
		sooner(at, c->edges[i], &next);
	return next;
}

/* What holds then, told from what holds at another moment: a moment alike finds the same. */
static hash32
holding(const struct changes *c, msec at)
{
	struct buf out = BUF(HOLDING_BYTES_MAX);
	size_t passed = 0;
	for (size_t i = 0; i < c->teams_n; i++) {
		const struct team *team = c->teams[i];
		for (size_t k = 0; k < team->rotation_n; k++) {
			const struct person *person =
			    rotation_at(&team->rotations[k], at).person;
			buf_add(&out, person != NULL ? person->id : (str){ 0 });
			buf_char(&out, '\n');
		}
	}
	for (size_t i = 0; i < c->calendars_n; i++)
		buf_char(&out, calendar_has(c->calendars[i], at) ? '1' : '0');
	for (size_t i = 0; i < c->edges_n; i++)
		passed += c->edges[i] <= at;
	buf_printf(&out, " %zu", passed);
	ASSERT(
	    !out.overflow); /* a rotation is written with more than an eighth of a name */
	hash32 hash = sha256(buf_str(&out));
	buf_done(&out);
	return hash;
}

/* Seen before; else it is from now on, while there is room. */
static bool
seen_before(hash32 *seen, size_t *n, const hash32 *hash)
{
	for (size_t i = 0; i < *n; i++) {
		if (hash32_eq(&seen[i], hash))
			return true;
	}
	if (*n < HOLDINGS_MAX)
		seen[(*n)++] = *hash;
	return false;
}

static void
find_lack(struct analysing *a, const struct rule *approval, const struct model *model,
    const struct authority *authority, struct arena *arena)
{
	const struct rule **rules = arena_new(arena, const struct rule *, model->rules_n);
	for (size_t i = 0; i < model->rules_n; i++)
		rules[i] = &model->rules[model->rules_n - 1 - i]; /* the approval first */
	struct sampler *sampler = sampler_new(model, rules, model->rules_n, a->wall, arena);
	struct strs all = everyone(a->model, arena);
	sampler->plain = true;
	size_t enough = approval->need + (size_t)approval->not_reloader + 1;
	/* Most of the time there are enough, whatever the grants say. */
	struct changes own = changes_of(model, approval, 1, arena);
	struct changes every = changes_of(model, model->rules, model->rules_n, arena);
	hash32 *seen = arena_new(arena, hash32, HOLDINGS_MAX);
	size_t seen_n = 0, looks = 0;
	msec at = a->wall, end = a->wall + HORIZON;
	for (; at < end && looks < MOMENTS_LOOKED_MAX; looks++) {
		bool few = could_say_yes(approval, &all, at) < enough;
		hash32 now = few ? holding(&every, at) : (hash32){ 0 };
		if (few && !seen_before(seen, &seen_n, &now) &&
		    lack_at(a, authority, sampler, approval, &all, at))
			return;
		at = next_change(few ? &every : &own, at, end);
	}
	if (at < end)
		left_out(a,
		    arena_printf(a->arena,
			"looked at the approvers of '%.*s' until %.*s and left out the "
			"rest of 8 weeks",
			STR_ARG(approval->name), STR_ARG(moment_text(at, a->arena))));
}

/* ---- separation ---- */

static bool
add_members(const struct principal *to, str *only)
{
	const struct team *team = to->team;
	if (to->kind == PRINCIPAL_PERSON) {
		bool same = only->n == 0 || str_eq(*only, to->name);
		*only = to->name;
		return same;
	}
	if (to->kind != PRINCIPAL_TEAM && to->kind != PRINCIPAL_ON_DUTY)
		return false;
	struct principal one = { .kind = PRINCIPAL_PERSON };
	for (size_t i = 0; i < team->rotation_n; i++) {
		const struct rotation *rotation = &team->rotations[i];
		size_t guests_n = to->kind == PRINCIPAL_TEAM ? rotation->guests_n : 0;
		for (size_t k = 0; k < rotation->people_n - guests_n; k++) {
			one.name = rotation->people[k]->id;
			if (!add_members(&one, only))
				return false;
		}
	}
	one.name = team->lead != NULL ? team->lead->id : (str){ 0 };
	return to->kind != PRINCIPAL_TEAM || team->lead == NULL || add_members(&one, only);
}

/* The one person that the grant is about; empty: there are more, or a machine. */
static str
only_person(const struct rule *grant)
{
	str only = { 0 };
	for (size_t i = 0; i < grant->to_n; i++) {
		if (!add_members(&grant->to[i], &only))
			return (str){ 0 };
	}
	return only;
}

static str
own_example(struct analysing *a, const struct rule *grant, str person)
{
	const struct model *model = a->model;
	struct pairs params;
	for (size_t i = 0; i < model->actions_n; i++) {
		const struct action *action = &model->actions[i];
		if (!rule_covers_action(grant, action) ||
		    !rule_fits_action(a, grant, action) ||
		    !params_plain(model, &grant, 1, action, a->arena, &params))
			continue;
		for (size_t k = 0; k < model->services_n; k++) {
			const struct service *service = &model->services[k];
			if (!rule_covers_service(model, grant, service))
				continue;
			return request_text(
			    &(struct authority_request){
				.principal =
				    arena_printf(a->arena, "person:%.*s", STR_ARG(person)),
				.action = action,
				.service = service,
				.target = service->name,
				.params = &params },
			    a->arena);
		}
	}
	return (str){ 0 };
}

static void
find_own_grant(struct analysing *a, const struct rule *grant)
{
	str person = only_person(grant);
	if (person.n == 0 || grant->owner == NULL || !str_eq(grant->owner->id, person))
		return;
	found_add(a,
	    &(struct found){
		.kind = FOUND_SEPARATION,
		.place = grant->place,
		.text = arena_printf(a->arena,
		    "grant '%.*s' is about %.*s alone, who owns it too",
		    STR_ARG(grant->name), STR_ARG(person)),
		.example = own_example(a, grant, person),
		.mend = STR("let somebody else own it, or name more people in `to:`"),
	    });
}

void
analyse_people(struct analysing *a)
{
	for (size_t i = 0; i < a->model->rules_n; i++) {
		const struct rule *rule = &a->model->rules[i];
		if (a->gone[i])
			continue;
		if (rule->kind == RULE_GRANT)
			find_own_grant(a, rule);
		if (rule->kind != RULE_APPROVAL)
			continue;
		struct arena_map map, index;
		struct arena arena = arena_map(&map, ANALYSE_WORK_BYTES);
		const struct model *model = only_grants_and(a, rule, &arena);
		find_lack(a, rule, model, authority_mapped(model, &index), &arena);
		arena_unmap(&index);
		arena_unmap(&map);
	}
}
