/*
 * Two configurations are asked the same, and where they answer differently it is told.
 */
#include <stdlib.h>

#include "authority/analysing.h"
#include "authority/internal.h"

#define SAMPLES_MAX 2000 /* of one principal, action and service */
#define SAMPLES_MIN 40
#define CHAIN_PEOPLE_MAX 16 /* for whom each agent is asked about */

/* Who asks: alone, or an agent for a person. */
struct chain {
	str principal, behalf;
};

struct comparing {
	const struct model *models[2]; /* before, after */
	const struct authority *authorities[2];
	const struct rule **changed[2]; /* rules that the other has not alike */
	size_t changed_n[2];
	bool *met[2]; /* of those, which a request was about */
	/* Of those, which are about the action and service under way and were not met yet. */
	size_t *open[2], open_n[2];
	bool all; /* the catalogue differs: everything may */
	struct chain *chains;
	size_t chains_n;
	msec wall;
	struct arena *arena; /* what is told */
	struct arena *work;
	struct difference *ret;
	size_t samples;
	size_t budget; /* of decisions, for the pass under way */
	/* Of who, what and where it is under way with: what is told of it, from the first,
	 * and a bit for each change that there was no room to tell. */
	size_t from;
	uint64_t untold;
};

/* ---- what changed ---- */

static void
find_changed(struct comparing *c, unsigned side)
{
	const struct model *mine = c->models[side], *theirs = c->models[1 - side];
	bool *taken = arena_new(c->work, bool, theirs->rules_n + 1);
	size_t hint = 0;
	c->changed[side] = arena_new(c->work, const struct rule *, mine->rules_n + 1);
	for (size_t i = 0; i < mine->rules_n; i++) {
		bool found = false;
		for (size_t k = 0; k < theirs->rules_n && !found; k++) {
			size_t at = (hint + k) % theirs->rules_n;
			if (taken[at] || !rules_same(&mine->rules[i], &theirs->rules[at]))
				continue;
			taken[at] = found = true;
			hint = at + 1;
		}
		if (!found)
			c->changed[side][c->changed_n[side]++] = &mine->rules[i];
	}
}

static bool
may_be_about(const struct rule *rule, str principal)
{
	bool person = str_starts(principal, STR("person:"));
	struct principal narrow = { .kind = PRINCIPAL_AUTOMATION };
	if (person)
		narrow = (struct principal){ .kind = PRINCIPAL_PERSON,
			.name = str_drop(principal, 7) };
	else if (str_starts(principal, STR("agent:")))
		narrow = (struct principal){ .kind = PRINCIPAL_AGENT,
			.name = str_drop(principal, 6) };
	for (size_t i = 0; i < rule->to_n; i++) {
		struct principal wide = rule->to[i];
		if (wide.kind == PRINCIPAL_ON_DUTY)
			wide.kind = PRINCIPAL_TEAM;
		if (covers_all_of(&wide, &narrow))
			return true;
	}
	return rule->to_n == 0;
}

static bool
worth_asking(const struct comparing *c, const struct chain *chain,
    const struct action *action, const struct service *service)
{
	if (c->all)
		return true;
	for (unsigned side = 0; side < 2; side++) {
		for (size_t i = 0; i < c->changed_n[side]; i++) {
			const struct rule *rule = c->changed[side][i];
			if (rule_covers_action(rule, action) &&
			    rule_covers_service(c->models[side], rule, service) &&
			    (may_be_about(rule, chain->principal) ||
				(chain->behalf.n > 0 && may_be_about(rule, chain->behalf))))
				return true;
		}
	}
	return false;
}

/* ---- were they looked at? ---- */

static void
find_open(struct comparing *c, const struct action *action, const struct service *service)
{
	for (unsigned side = 0; side < 2; side++) {
		c->open_n[side] = 0;
		for (size_t i = 0; i < c->changed_n[side]; i++) {
			const struct rule *rule = c->changed[side][i];
			if (!c->met[side][i] && rule_covers_action(rule, action) &&
			    rule_covers_service(c->models[side], rule, service))
				c->open[side][c->open_n[side]++] = i;
		}
	}
}

static void
note_met(struct comparing *c, const struct sample *sample,
    const struct authority_decision decisions[2])
{
	bool differs = decisions[0].verdict != decisions[1].verdict;
	for (unsigned side = 0; side < 2; side++) {
		for (size_t i = c->open_n[side]; i-- > 0;) {
			size_t at = c->open[side][i];
			if (!rule_met(c->authorities[side], c->changed[side][at], sample,
				&decisions[side], differs))
				continue;
			c->met[side][at] = true;
			c->open[side][i] = c->open[side][--c->open_n[side]];
		}
	}
}

static void
tell_unmet(struct comparing *c)
{
	for (unsigned side = 0; side < 2; side++) {
		for (size_t i = 0; i < c->changed_n[side]; i++) {
			const struct rule *rule = c->changed[side][i];
			if (!c->met[side][i] && !rule_over(rule, c->wall))
				unseen_rule(c->ret, rule, side == 0, c->arena);
		}
	}
	if (c->ret->looked_at < c->ret->of)
		unseen_add(c->ret,
		    arena_printf(c->arena,
			"%zu of %zu combinations of who, what and where were not looked at",
			c->ret->of - c->ret->looked_at, c->ret->of),
		    NULL);
}

/* ---- asking ---- */

static void
ask_begin(struct comparing *c)
{
	c->from = c->ret->n;
	c->untold = 0;
}

static bool
told(const struct comparing *c, const struct differs *differs)
{
	for (size_t i = c->from; i < c->ret->n; i++) {
		if (c->ret->p[i].before == differs->before &&
		    c->ret->p[i].after == differs->after)
			return true;
	}
	return false;
}

/* `undone`: it is asked as what takes that action back; NULL: it is not. */
static void
tell(struct comparing *c, const struct sample *sample,
    const struct authority_decision decisions[2], const struct action *undone)
{
	struct arena scratch = *c->work;
	struct authority_answer answer;
	struct differs differs = { .before = decisions[0].verdict,
		.after = decisions[1].verdict };
	if (differs.before == differs.after || told(c, &differs))
		return;
	if (c->ret->n == ANALYSE_FOUND_MAX) {
		uint64_t change = UINT64_C(1) << (differs.before * 8 + differs.after);
		c->ret->dropped += (c->untold & change) == 0;
		c->untold |= change;
		return;
	}
	authority_explain(c->authorities[1], &sample->request, &sample->facts,
	    &decisions[1], &scratch, &answer);
	const struct reason *reason = &answer.reasons[0];
	differs.request = request_text(&sample->request, c->arena);
	differs.because = arena_str(c->arena, reason->text);
	differs.place = (struct place){ arena_str(c->arena, reason->file), reason->line };
	if (undone != NULL) {
		struct text text;
		text_begin(&text, c->arena);
		ADD(&text, STR("within "));
		add_duration(&text, undone->undo_within_ms);
		ADD(&text, STR(", as the undo of '"), undone->name, STR("': "),
		    differs.because);
		differs.because = text_end(&text);
		if (differs.place.file.n == 0)
			differs.place = undone->place;
	}
	if (sample->request.wall != c->wall) {
		str at = moment_text(sample->request.wall, c->arena);
		differs.because = arena_printf(c->arena, "at %.*s: %.*s", STR_ARG(at),
		    STR_ARG(differs.because));
	}
	c->ret->p[c->ret->n++] = differs;
}

static void
ask(struct comparing *c, struct sampler *sampler, struct chain *chain)
{
	ask_begin(c);
	for (size_t k = 0; k < c->samples && c->ret->decisions + 2 <= c->budget; k++) {
		const struct sample *sample = sampler_next(sampler, chain->principal, k);
		struct authority_decision decisions[2];
		if (sample == NULL)
			return;
		if (chain->behalf.n > 0)
			sampler->sample.request.behalf = (struct strs){ &chain->behalf, 1 };
		for (unsigned side = 0; side < 2; side++)
			authority_decide(c->authorities[side], &sample->request,
			    &sample->facts, &decisions[side]);
		c->ret->decisions += 2;
		note_met(c, sample, decisions);
		tell(c, sample, decisions, NULL);
	}
}

/* ---- asking as an undo ---- */

/* Now, later, or so short ago that it can still be taken back. What a grant let somebody do
 * that ended before that is over. */
static bool
may_do(const struct model *model, const struct action *action, str principal,
    const struct service *service, msec wall)
{
	msec since = wall - action->undo_within_ms;
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		if (rule->kind == RULE_GRANT && rule_covers_action(rule, action) &&
		    rule_covers_service(model, rule, service) &&
		    may_be_about(rule, principal) && rule_first_in_force(rule, since) != 0)
			return true;
	}
	return false;
}

/* The action of that side that `undo` takes back, and on the other side does not, not so
 * long after it, or not with those values; NULL: there is none that they may do. */
static const struct action *
undone_newly(const struct comparing *c, unsigned side, const struct action *undo,
    const struct chain *chain, const struct service *service)
{
	const struct model *mine = c->models[side], *theirs = c->models[1 - side];
	for (size_t i = 0; i < mine->actions_n; i++) {
		const struct action *action = &mine->actions[i];
		if (action->undo == NULL || !str_eq(action->undo->name, undo->name))
			continue;
		const struct action *other = model_action(theirs, action->name);
		bool taken_back = other != NULL && other->undo != NULL &&
		                  str_eq(other->undo->name, undo->name);
		if (taken_back && (undos_same(action, other) ||
				      other->undo_within_ms > action->undo_within_ms))
			continue;
		if (may_do(mine, action, chain->principal, service, c->wall) &&
		    (chain->behalf.n == 0 ||
			may_do(mine, action, chain->behalf, service, c->wall)))
			return action;
	}
	return NULL;
}

/* Only what the rules refuse, or let others agree to, is told. */
static void
ask_as_undo(struct comparing *c, struct sampler *sampler, struct chain *chain,
    unsigned side)
{
	ask_begin(c);
	const struct action *undone =
	    undone_newly(c, side, sampler->action, chain, sampler->service);
	for (size_t k = 0; undone != NULL && k < SAMPLES_MIN && c->ret->n == c->from; k++) {
		const struct sample *sample = sampler_next(sampler, chain->principal, k);
		struct authority_decision decisions[2];
		if (sample == NULL || c->ret->decisions + 2 > c->budget)
			return;
		struct authority_request *request = &sampler->sample.request;
		if (chain->behalf.n > 0)
			request->behalf = (struct strs){ &chain->behalf, 1 };
		for (unsigned asked = 2; asked-- > 0;) {
			request->undo = asked == side;
			authority_decide(c->authorities[asked], request, &sample->facts,
			    &decisions[asked]);
		}
		request->undo = side == 1; /* as the newer answers */
		c->ret->decisions += 2;
		tell(c, sample, decisions, undone);
	}
}

static void
ask_about_action(struct comparing *c, struct sampler *sampler, const struct action *action)
{
	const struct model *model = sampler->model;
	size_t of = c->ret->of;
	bool known = sampler_action(sampler, action);
	for (size_t i = 0; i < model->services_n; i++) {
		bool set = false;
		for (size_t p = 0; p < c->chains_n; p++) {
			if (!worth_asking(c, &c->chains[p], action, &model->services[i]))
				continue;
			c->ret->of++;
			if (!known || c->ret->decisions + 2 > c->budget)
				continue;
			c->ret->looked_at++;
			if (!set) {
				sampler_service(sampler, &model->services[i]);
				find_open(c, action, &model->services[i]);
			}
			set = true;
			ask(c, sampler, &c->chains[p]);
			for (unsigned side = 0; c->all && side < 2; side++)
				ask_as_undo(c, sampler, &c->chains[p], side);
		}
	}
	if (c->ret->of == of)
		return;
	if (known)
		unseen_values(c->ret, sampler, c->changed_n[0] + c->changed_n[1], c->arena);
	else
		unseen_action(c->ret, sampler, c->arena);
}

/* The changed rules first: there is room for so many edges. */
static const struct rule **
edges_of(struct comparing *c, size_t *ret_n)
{
	size_t n = 0, all = c->changed_n[0] + c->changed_n[1] + c->models[0]->rules_n +
	                    c->models[1]->rules_n;
	const struct rule **rules = arena_new(c->work, const struct rule *, all);
	for (unsigned side = 0; side < 2; side++) {
		for (size_t i = 0; i < c->changed_n[side]; i++)
			rules[n++] = c->changed[side][i];
	}
	for (unsigned side = 0; side < 2; side++) {
		for (size_t i = 0; i < c->models[side]->rules_n; i++)
			rules[n++] = &c->models[side]->rules[i];
	}
	ASSERT(n == all);
	*ret_n = n;
	return rules;
}

static size_t
cells_of(const struct comparing *c, const struct model *model)
{
	size_t n = 0;
	for (size_t i = 0; i < model->actions_n; i++) {
		for (size_t k = 0; k < model->services_n; k++) {
			for (size_t p = 0; p < c->chains_n; p++)
				n += worth_asking(c, &c->chains[p], &model->actions[i],
				    &model->services[k]);
		}
	}
	return n;
}

static void
ask_about_all(struct comparing *c, const struct model *model)
{
	size_t n;
	const struct rule **rules = edges_of(c, &n);
	struct sampler *sampler = sampler_new(model, rules, n, c->wall, c->work);
	sampler_moments(sampler, c->models, c->changed_n[0] + c->changed_n[1], c->wall);
	size_t cells = cells_of(c, model);
	if (sampler->moments_cut)
		unseen_add(c->ret,
		    arena_printf(c->arena,
			"there are more than %d moments at which something changes: the "
			"rest was not looked at",
			MOMENTS_MAX),
		    NULL);
	/* Two decisions a sample, and where the catalogue differs two passes. */
	size_t decisions = c->all ? ANALYSE_DECISIONS_MAX / 2 : ANALYSE_DECISIONS_MAX;
	c->samples = decisions / 2 / (cells + 1);
	if (c->samples > SAMPLES_MAX)
		c->samples = SAMPLES_MAX;
	if (c->samples < SAMPLES_MIN)
		c->samples = SAMPLES_MIN;
	c->budget = c->ret->decisions + decisions;
	for (size_t i = 0; i < model->actions_n; i++) {
		struct arena kept = *c->work;
		ask_about_action(c, sampler, &model->actions[i]);
		*c->work = kept;
	}
}

static struct strs
both_everyone(struct comparing *c)
{
	struct strs a = everyone(c->models[0], c->work);
	struct strs b = everyone(c->models[1], c->work);
	struct strs all = { arena_new(c->work, str, a.n + b.n), b.n };
	memcpy(all.p, b.p, b.n * sizeof(b.p[0]));
	for (size_t i = 0; i < a.n; i++) {
		if (!strs_has(&b, a.p[i]))
			all.p[all.n++] = a.p[i];
	}
	return all;
}

/* Everybody alone, and each agent for each of the first people: what both may. */
static void
make_chains(struct comparing *c)
{
	struct strs all = both_everyone(c);
	c->chains = arena_new(c->work, struct chain, all.n * (1 + CHAIN_PEOPLE_MAX));
	for (size_t i = 0; i < all.n; i++)
		c->chains[c->chains_n++] = (struct chain){ .principal = all.p[i] };
	for (size_t i = 0; i < all.n; i++) {
		size_t people = 0;
		if (!str_starts(all.p[i], STR("agent:")))
			continue;
		for (size_t k = 0; k < all.n && people < CHAIN_PEOPLE_MAX; k++) {
			if (!str_starts(all.p[k], STR("person:")))
				continue;
			c->chains[c->chains_n++] = (struct chain){ all.p[i], all.p[k] };
			people++;
		}
	}
}

static int
widening_first(const void *x, const void *y)
{
	const struct differs *a = x, *b = y;
	int widens_a = (int)a->before - (int)a->after,
	    widens_b = (int)b->before - (int)b->after;
	if (widens_a != widens_b)
		return widens_a > widens_b ? -1 : 1;
	int order = str_cmp(a->request, b->request);
	return order != 0 ? order : (int)a->after - (int)b->after;
}

/* Both catalogues may have told the same. */
static void
drop_repeated(struct difference *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < ret->n; i++) {
		if (n == 0 || !str_eq(ret->p[n - 1].request, ret->p[i].request) ||
		    ret->p[n - 1].before != ret->p[i].before ||
		    ret->p[n - 1].after != ret->p[i].after)
			ret->p[n++] = ret->p[i];
	}
	ret->n = n;
}

/* Keeps the order, which is that of what matters. */
static void
drop_repeated_unseen(struct difference *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < ret->unseen_n; i++) {
		bool told = false;
		for (size_t k = 0; k < n && !told; k++)
			told =
			    str_eq(ret->unseen[k].text, ret->unseen[i].text) &&
			    str_eq(ret->unseen[k].place.file, ret->unseen[i].place.file) &&
			    ret->unseen[k].place.line == ret->unseen[i].place.line;
		if (!told)
			ret->unseen[n++] = ret->unseen[i];
	}
	ret->unseen_n = n;
}

void
authority_difference(const struct model *before, const struct model *after, msec wall,
    struct arena *arena, struct difference *ret)
{
	struct arena_map map, indexes[2];
	struct arena work = arena_map(&map, ANALYSE_WORK_BYTES);
	struct comparing c = { .models = { before, after },
		.wall = wall,
		.arena = arena,
		.work = &work,
		.ret = ret };
	*ret =
	    (struct difference){ .p = arena_new(arena, struct differs, ANALYSE_FOUND_MAX),
		    .unseen = arena_new(arena, struct unseen, ANALYSE_FOUND_MAX) };
	for (unsigned side = 0; side < 2; side++) {
		c.authorities[side] = authority_mapped(c.models[side], &indexes[side]);
		find_changed(&c, side);
		c.met[side] = arena_new(&work, bool, c.changed_n[side] + 1);
		c.open[side] = arena_new(&work, size_t, c.changed_n[side] + 1);
	}
	c.all = !catalogues_same(before, after);
	make_chains(&c);
	if (c.all || c.changed_n[0] + c.changed_n[1] > 0) {
		ask_about_all(&c, after);
		if (c.all)
			ask_about_all(&c, before);
		tell_unmet(&c);
	}
	unseen_probes(ret, before, after, arena);
	arena_unmap(&indexes[0]);
	arena_unmap(&indexes[1]);
	arena_unmap(&map);
	qsort(ret->p, ret->n, sizeof(ret->p[0]), widening_first);
	drop_repeated(ret);
	drop_repeated_unseen(ret);
}
