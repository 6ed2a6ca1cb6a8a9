/*
 * Samples: requests and facts at the edges of what rules say.
 */
#include "authority/analysing.h"

#define AT (400 * DAY)

/* ---- of the rules ---- */

static void
add_count(uint32_t *list, size_t *n, uint32_t count, uint32_t max)
{
	if (count > max)
		count = max;
	for (size_t i = 0; i < *n; i++) {
		if (list[i] == count)
			return;
	}
	if (*n < CHOICES_MAX && count > 0)
		list[(*n)++] = count;
}

static void
add_uses_n(struct sampler *s, uint32_t count)
{
	add_count(s->counts, &s->counts_n, count, USES_MADE_MAX);
	add_count(s->counts, &s->counts_n, count > 0 ? count - 1 : 0, USES_MADE_MAX);
}

static void
add_age(struct sampler *s, msec age)
{
	for (size_t i = 0; i < s->ages_n; i++) {
		if (s->ages[i] == age)
			return;
	}
	if (s->ages_n < CHOICES_MAX)
		s->ages[s->ages_n++] = age;
}

static void
add_window(struct sampler *s, msec window_ms)
{
	if (window_ms == 0)
		return;
	add_age(s, window_ms - 1);
	add_age(s, window_ms);
}

static void
add_limits(struct sampler *s, const struct rule *rule)
{
	const struct rate *rates[] = { &rule->per_service, &rule->per_target,
		&rule->per_actor };
	for (size_t i = 0; i < countof(rates); i++) {
		add_uses_n(s, rates[i]->count);
		if (rates[i]->count != 0)
			add_window(s, rates[i]->window_ms);
	}
	add_uses_n(s, rule->at_once);
	add_uses_n(s, rule->targets.count);
	if (rule->targets.count != 0 || rule->targets.percent != 0)
		add_window(s, rule->targets_window_ms);
	if (rule->targets.percent != 0 || rule->keep_healthy.count != 0 ||
	    rule->keep_healthy.percent != 0 || rule->not_beside.n != 0 ||
	    rule->spacing_ms != 0) {
		add_uses_n(s, 1);
		add_uses_n(s, 3);
		add_uses_n(s, USES_MADE_MAX);
	}
	add_window(s, rule->spacing_ms);
}

struct sampler *
sampler_new(const struct model *model, const struct rule *const *rules, size_t n, msec wall,
    struct arena *arena)
{
	struct sampler *s = arena_new(arena, struct sampler, 1);
	authority_uses_init(&s->sample.index);
	s->model = model;
	s->rules = rules;
	s->rules_n = n;
	s->arena = arena;
	for (size_t i = 0; i < model->people_n && i < VOTERS_MAX; i++)
		s->people[s->people_n++] =
		    arena_printf(arena, "person:%.*s", STR_ARG(model->people[i].id));
	s->moments[s->moments_n++] = wall;
	add_age(s, 0);
	add_count(s->targets_ns, &s->targets_ns_n, 1, 1);
	for (size_t i = 0; i < n; i++) {
		add_limits(s, rules[i]);
		for (size_t k = 0; k < rules[i]->when_n; k++) {
			const struct when *when = &rules[i]->when[k];
			if (!str_eq(when->param, STR("targets")) || when->number <= 0 ||
			    when->number > 1000)
				continue;
			uint32_t number = (uint32_t)when->number;
			add_count(s->targets_ns, &s->targets_ns_n, number + 1, 1001);
			add_count(s->targets_ns, &s->targets_ns_n, number, 1001);
			add_count(s->targets_ns, &s->targets_ns_n, number - 1, 1001);
		}
	}
	return s;
}

/* ---- of the action ---- */

static void
add_used(struct sampler *s, const struct action *action)
{
	for (size_t i = 0; i < s->used_n; i++) {
		if (s->used[i] == action)
			return;
	}
	if (s->used_n < CHOICES_MAX)
		s->used[s->used_n++] = action;
}

static void
find_used(struct sampler *s)
{
	s->used_n = 0;
	add_used(s, s->action);
	for (size_t i = 0; i < s->rules_n; i++) {
		const struct rule *rule = s->rules[i];
		for (size_t k = 0; k < s->model->actions_n; k++) {
			const struct action *action = &s->model->actions[k];
			if (strs_has(&rule->not_beside, action->verb) ||
			    strs_has(&rule->not_beside, action->name) ||
			    (rule_limits(rule) && rule_covers_action(rule, action)))
				add_used(s, action);
		}
	}
}

static void
add_live(struct sampler *s, struct candidates *lives, int64_t live)
{
	if (lives->n == CHOICES_MAX)
		return;
	str text = arena_printf(s->arena, "%lld", (long long)live);
	for (size_t i = 0; i < lives->n; i++) {
		if (str_eq(lives->p[i], text))
			return;
	}
	lives->p[lives->n++] = text;
}

/* Values from which the parameter's own are as far as some rule lets them be. */
static void
find_lives(struct sampler *s, size_t at)
{
	struct candidates *lives = &s->lives[at];
	lives->n = 0;
	for (size_t i = 0; i < s->params[at].n; i++) {
		int64_t value;
		bool number = value_whole(s->params[at].p[i], &value);
		ASSERT(number); /* what is observed is one */
		if (value > INT64_MAX / 4 || value < INT64_MIN / 4)
			continue;
		add_live(s, lives, value);
		add_live(s, lives, value / 2);
		add_live(s, lives, value * 2);
		add_live(s, lives, value / 2 - 1);
		add_live(s, lives, value + 1);
	}
}

bool
sampler_action(struct sampler *s, const struct action *action)
{
	s->action = action;
	s->unmade = NULL;
	if (action->params.n > PARAMS_MAX)
		return false;
	for (size_t i = 0; i < action->params.n; i++) {
		const struct param *param = &action->params.p[i];
		s->params[i] = (struct candidates){ .n = 0 };
		param_candidates(s->model, s->rules, s->rules_n, action, param, s->arena,
		    &s->params[i]);
		bool needed = !param->optional;
		if (needed && s->params[i].n == 0) {
			s->unmade = param;
			return false;
		}
		s->sizes[OF_PARAM + i] = (unsigned)s->params[i].n + !needed;
		s->lives[i].n = 0;
		for (size_t k = 0; k < action->observe_n; k++) {
			if (str_eq(action->observe[k].param, param->name))
				find_lives(s, i);
		}
		s->sizes[OF_LIVE + i] = (unsigned)s->lives[i].n + 1;
	}
	find_used(s);
	return true;
}

/* ---- of the service ---- */

static void
find_targets(struct sampler *s)
{
	const struct model *model = s->model;
	const struct host *groups[CHOICES_MAX];
	s->targets[0] = s->service->name;
	s->targets_n = 1;
	s->hosts_n = 0;
	for (size_t i = 0; i < model->hosts_n; i++) {
		const struct host *host = &model->hosts[i];
		if (!str_eq(host->service->name, s->service->name))
			continue;
		if (s->hosts_n < countof(s->hosts))
			s->hosts[s->hosts_n++] = host->name;
		bool known = s->targets_n == CHOICES_MAX;
		for (size_t k = 1; k < s->targets_n && !known; k++)
			known = str_eq(groups[k]->role, host->role) &&
			        str_eq(groups[k]->environment, host->environment);
		if (known)
			continue;
		groups[s->targets_n] = host;
		s->targets[s->targets_n++] = host->name;
	}
}

static bool
is_used(const struct sampler *s, size_t dimension)
{
	size_t params = s->action->params.n;
	return dimension < OF_PARAM + params ||
	       (dimension >= OF_LIVE && dimension < OF_LIVE + params);
}

/* The first of each thing that may vary, then the second of each: where there is no room for
 * all, the best of each are looked at. */
static void
find_singles(struct sampler *s)
{
	bool more = true;
	s->singles_n = 0;
	s->all = 1;
	for (size_t i = 0; i < DIMENSIONS; i++) {
		if (is_used(s, i))
			s->all = s->all > SIZE_MAX / s->sizes[i] ? SIZE_MAX
			                                         : s->all * s->sizes[i];
	}
	for (uint16_t choice = 1; more; choice++) {
		more = false;
		for (uint16_t i = 0; i < DIMENSIONS; i++) {
			if (!is_used(s, i) || choice >= s->sizes[i])
				continue;
			ASSERT(s->singles_n < SINGLES_MAX);
			s->singles[s->singles_n++] = (struct single){ i, choice };
			more = true;
		}
	}
}

void
sampler_service(struct sampler *s, const struct service *service)
{
	s->service = service;
	find_targets(s);
	s->sizes[OF_TARGET] = (unsigned)s->targets_n;
	s->sizes[OF_MOMENT] = (unsigned)s->moments_n;
	s->sizes[OF_INCIDENT] = 2;
	s->sizes[OF_TARGETS_N] = (unsigned)s->targets_ns_n;
	unsigned people = s->people_n;
	bool uses = !s->plain && s->counts_n > 0;
	s->sizes[OF_USES_N] = uses ? (unsigned)s->counts_n + 1 : 1;
	s->sizes[OF_USES_AGE] = uses ? (unsigned)s->ages_n : 1;
	s->sizes[OF_USES_HELD] = uses ? 3 : 1;
	s->sizes[OF_USES_ACTOR] = uses ? 2 : 1;
	s->sizes[OF_USES_TARGET] = uses ? 3 : 1;
	s->sizes[OF_USES_ACTION] = uses ? (unsigned)s->used_n : 1;
	s->sizes[OF_USES_SERVICE] = uses && s->model->services_n > 1 ? 3 : 1;
	s->sizes[OF_HEALTHY] = s->plain ? 1 : (unsigned)s->hosts_n + 2;
	s->sizes[OF_YES] = s->plain ? 1 : 1 + 2 * people;
	s->sizes[OF_RELOADED] = s->plain ? 1 : 1 + people;
	s->sizes[OF_GLASS] = s->plain ? 1 : 2;
	find_singles(s);
}

/* ---- one sample ---- */

static unsigned
below(struct sampler *s, unsigned n)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return (unsigned)(s->seed >> 33) % n;
}

/* A moment at which something changed, mostly. */
static unsigned
drawn(struct sampler *s, size_t dimension)
{
	unsigned n = s->sizes[dimension];
	if (dimension == OF_MOMENT && s->moments_first > 1 && s->moments_first < n &&
	    below(s, 4) > 0)
		n = (unsigned)s->moments_first;
	return below(s, n);
}

static bool
draw(struct sampler *s, size_t k, unsigned choice[static DIMENSIONS])
{
	memset(choice, 0, DIMENSIONS * sizeof(choice[0]));
	if (k > 0 && k <= s->singles_n)
		choice[s->singles[k - 1].dimension] = s->singles[k - 1].choice;
	if (k <= s->singles_n)
		return true;
	/* Drawn with repetition: some more than there are. */
	if (s->all < SIZE_MAX / 4 && k > s->all * 3)
		return false;
	unsigned keep = 1 + below(s, 3);
	for (size_t i = 0; i < DIMENSIONS; i++) {
		if (is_used(s, i) && s->sizes[i] > 1 && below(s, 4) >= keep)
			choice[i] = drawn(s, i);
	}
	return true;
}

static void
make_params(struct sampler *s, const unsigned *choice)
{
	struct sample *sample = &s->sample;
	sample->given = (struct pairs){ sample->params, 0 };
	sample->facts.observed = (struct pairs){ sample->observed, 0 };
	for (size_t i = 0; i < s->action->params.n; i++) {
		str name = s->action->params.p[i].name;
		unsigned value = choice[OF_PARAM + i], live = choice[OF_LIVE + i];
		if (value < s->params[i].n)
			sample->params[sample->given.n++] =
			    (struct pair){ name, s->params[i].p[value] };
		/* Known is the plainest. */
		if (live < s->lives[i].n)
			sample->observed[sample->facts.observed.n++] =
			    (struct pair){ name, s->lives[i].p[live] };
	}
	params_order(&sample->given);
	params_order(&sample->facts.observed);
}

static str
use_target(const struct sampler *s, const unsigned *choice, size_t i)
{
	if (choice[OF_USES_TARGET] == 0 || s->hosts_n == 0)
		return s->sample.request.target;
	return choice[OF_USES_TARGET] == 1 ? s->hosts[i % s->hosts_n]
	                                   : s->hosts[s->hosts_n - 1 - i % s->hosts_n];
}

static str
use_service(const struct sampler *s, const unsigned *choice)
{
	const struct model *model = s->model;
	size_t at = (size_t)(s->service - model->services);
	return model->services[(at + choice[OF_USES_SERVICE]) % model->services_n].name;
}

static void
make_uses(struct sampler *s, const unsigned *choice)
{
	struct sample *sample = &s->sample;
	unsigned chosen = choice[OF_USES_N];
	uint32_t n = chosen == 0 ? 0 : s->counts[chosen - 1];
	const struct action *action = s->used[choice[OF_USES_ACTION]];
	/* Few are in an index of many lists: those are taken out, instead of all begun anew. */
	for (uint32_t i = 0; i < sample->uses_n; i++)
		authority_uses_remove(&sample->uses[i]);
	sample->uses_n = n;
	for (uint32_t i = 0; i < n; i++) {
		struct authority_use *use = &sample->uses[i];
		*use = (struct authority_use){
			.service = use_service(s, choice),
			.target = use_target(s, choice, i),
			.action = action->name,
			.verb = action->verb,
			.principal = choice[OF_USES_ACTOR] == 0 ? sample->request.principal
			                                        : STR("person:somebody"),
			.at = AT - s->ages[choice[OF_USES_AGE]],
			.held = choice[OF_USES_HELD] == 1 ||
			        (choice[OF_USES_HELD] == 2 && i == 0),
		};
		authority_uses_add(&sample->index, use);
	}
	sample->facts.uses = &sample->index;
}

static void
make_people(struct sampler *s, const unsigned *choice)
{
	struct sample *sample = &s->sample;
	unsigned yes = choice[OF_YES], first = 0, n = yes;
	if (yes > s->people_n) { /* one alone, else the first so many */
		first = yes - s->people_n - 1;
		n = 1;
	}
	sample->facts.yes = sample->yes;
	sample->facts.yes_n = n;
	for (unsigned i = 0; i < n; i++)
		sample->yes[i] =
		    (struct authority_yes){ s->people[first + i], sample->request.wall };
	if (choice[OF_RELOADED] > 0)
		sample->facts.reloaded_by = sample->facts.runbook_by =
		    s->people[choice[OF_RELOADED] - 1];
	if (choice[OF_GLASS] > 0)
		sample->facts.glass_by = sample->request.principal;
}

static void
make_healthy(struct sampler *s, const unsigned *choice)
{
	struct authority_facts *facts = &s->sample.facts;
	if (s->plain || choice[OF_HEALTHY] == s->hosts_n + 1)
		return; /* not known */
	facts->health_known = true;
	facts->healthy =
	    (struct strs){ s->sample.healthy, s->hosts_n - choice[OF_HEALTHY] };
	for (size_t i = 0; i < facts->healthy.n; i++)
		facts->healthy.p[i] = s->hosts[s->hosts_n - 1 - i];
}

const struct sample *
sampler_next(struct sampler *s, str principal, size_t k)
{
	unsigned choice[DIMENSIONS];
	struct sample *sample = &s->sample;
	if (k == 0)
		s->seed = UINT64_C(0x9e3779b97f4a7c15);
	if (!draw(s, k, choice))
		return NULL;
	sample->request = (struct authority_request){
		.principal = principal,
		.action = s->action,
		.service = s->service,
		.target = s->targets[choice[OF_TARGET]],
		.targets_n = s->targets_ns[choice[OF_TARGETS_N]],
		.params = &sample->given,
		.incident_open = choice[OF_INCIDENT] == 0,
		.wall = s->moments[choice[OF_MOMENT]],
		.at = AT,
	};
	sample->facts = (struct authority_facts){ 0 };
	make_params(s, choice);
	make_uses(s, choice);
	make_people(s, choice);
	make_healthy(s, choice);
	return sample;
}
