/*
 * Requests that could be made, and how they are written on the command line.
 */
#include "authority/analysing.h"

/* ---- words ---- */

str
principal_text(str principal)
{
	return str_starts(principal, STR("person:")) ? str_drop(principal, 7) : principal;
}

str
moment_text(msec wall, struct arena *arena)
{
	struct civil at = zone_civil(zone_utc(), (int64_t)(wall / SECOND));
	return arena_printf(arena, "%04d-%02u-%02u %02u:%02u UTC", at.year, at.month,
	    at.day, at.hour, at.minute);
}

static bool
needs_quotes(str value)
{
	static const str plain = { "_@%+=:,./-", 10 };
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || memchr(plain.p, c, plain.n) != NULL))
			return true;
	}
	return value.n == 0;
}

str
request_text(const struct authority_request *request, struct arena *arena)
{
	struct buf text = BUF(4096);
	buf_add(&text, STR("firstline may "));
	buf_add(&text, principal_text(request->principal));
	buf_char(&text, ' ');
	buf_add(&text, request->action->name);
	buf_add(&text, STR(" on "));
	buf_add(&text, request->service->name);
	if (!str_eq(request->target, request->service->name)) {
		buf_add(&text, STR(" --target "));
		buf_add(&text, request->target);
	}
	for (size_t i = 0; i < request->behalf.n; i++) {
		buf_add(&text, STR(" --behalf "));
		buf_add(&text, principal_text(request->behalf.p[i]));
	}
	for (size_t i = 0; request->params != NULL && i < request->params->n; i++) {
		const struct pair *pair = &request->params->p[i];
		const char *quote = needs_quotes(pair->value) ? "'" : "";
		buf_printf(&text, " %.*s=%s%.*s%s", STR_ARG(pair->name), quote,
		    STR_ARG(pair->value), quote);
	}
	str copy = arena_str(arena, buf_str(&text));
	buf_done(&text);
	return copy;
}

/* ---- who ---- */

/* Is the agent among those from there on, which all are agents? */
static bool
has_agent(const struct strs *all, size_t from, str name)
{
	for (size_t i = from; i < all->n; i++) {
		if (str_eq(str_drop(all->p[i], strlen("agent:")), name))
			return true;
	}
	return false;
}

struct strs
everyone(const struct model *model, struct arena *arena)
{
	size_t most = 1 + model->people_n;
	for (size_t i = 0; i < model->rules_n; i++)
		most += model->rules[i].to_n;
	struct strs all = { arena_new(arena, str, most), 0 };
	all.p[all.n++] = STR("automation");
	for (size_t i = 0; i < model->people_n; i++)
		all.p[all.n++] =
		    arena_printf(arena, "person:%.*s", STR_ARG(model->people[i].id));
	size_t agents = all.n;
	for (size_t i = 0; i < model->rules_n; i++) {
		for (size_t k = 0; k < model->rules[i].to_n; k++) {
			const struct principal *to = &model->rules[i].to[k];
			if (to->kind == PRINCIPAL_AGENT &&
			    !has_agent(&all, agents, to->name))
				all.p[all.n++] =
				    arena_printf(arena, "agent:%.*s", STR_ARG(to->name));
		}
	}
	return all;
}

/* ---- values ---- */

bool
value_whole(str text, int64_t *ret)
{
	bool minus = str_starts(text, STR("-"));
	uint64_t n;
	if (!str_u64(minus ? str_drop(text, 1) : text, INT64_MAX, &n))
		return false;
	*ret = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

struct choosing {
	const struct model *model;
	const struct action *action;
	const struct param *param;
	struct arena *arena;
	struct candidates *ret;
};

static void
choose(struct choosing *c, str value)
{
	for (size_t i = 0; i < c->ret->n; i++) {
		if (str_eq(c->ret->p[i], value))
			return;
	}
	if (!param_takes(c->param, value))
		return;
	if (c->ret->n < CHOICES_MAX)
		c->ret->p[c->ret->n++] = value;
	else
		c->ret->cut = true;
}

static void
choose_number(struct choosing *c, int64_t number)
{
	choose(c, arena_printf(c->arena, "%lld", (long long)number));
}

/* The value itself and its neighbours, where there are any. */
static void
choose_around(struct choosing *c, int64_t number)
{
	choose_number(c, number);
	if (number < INT64_MAX)
		choose_number(c, number + 1);
	if (number > INT64_MIN)
		choose_number(c, number - 1);
}

/* The `like` with so many bytes for each star: as they stand, else as the pattern has it. */
static void
choose_stars(struct choosing *c, str like, size_t stars)
{
	struct buf text = BUF(PARAM_VALUE_BYTES_MAX);
	for (size_t i = 0; i < like.n; i++) {
		for (size_t k = 0; like.p[i] == '*' && k < stars; k++)
			buf_char(&text, '1');
		if (like.p[i] != '*')
			buf_char(&text, like.p[i] == '?' ? '1' : like.p[i]);
	}
	str value = arena_str(c->arena, buf_str(&text));
	buf_done(&text);
	if (param_takes(c->param, value) ||
	    value_made(c->param, like, stars, c->arena, &value))
		choose(c, value);
}

static void
choose_names_like(struct choosing *c, str like)
{
	const struct model *model = c->model;
	for (size_t i = 0; c->param->kind == PARAM_HOST && i < model->hosts_n; i++) {
		if (like_matches(like, model->hosts[i].name)) {
			choose(c, model->hosts[i].name);
			return;
		}
	}
	for (size_t i = 0; c->param->kind == PARAM_SERVICE && i < model->services_n; i++) {
		if (like_matches(like, model->services[i].name)) {
			choose(c, model->services[i].name);
			return;
		}
	}
}

/* What a longer or a shorter `like` of another rule tells apart, too. */
static void
choose_like(struct choosing *c, str like)
{
	choose_names_like(c, like);
	choose_stars(c, like, 1);
	if (memchr(like.p, '*', like.n) == NULL)
		return;
	choose_stars(c, like, 0);
	choose_stars(c, like, 3);
}

static void
choose_bound(struct choosing *c, const struct param_bound *bound)
{
	if (!str_eq(bound->param, c->param->name))
		return;
	for (size_t i = 0; i < bound->values.n; i++)
		choose(c, bound->values.p[i]);
	if (bound->like.n > 0)
		choose_like(c, bound->like);
	if (bound->has_max)
		choose_around(c, bound->max);
	if (bound->has_min)
		choose_around(c, bound->min);
}

static void
choose_when(struct choosing *c, const struct when *when)
{
	if (!str_eq(when->param, c->param->name))
		return;
	for (size_t i = 0; i < when->values.n; i++)
		choose(c, when->values.p[i]);
	if (when->op != WHEN_IS && when->times.kind == 0)
		choose_around(c, when->number);
}

static bool
one_literal(const struct template *t)
{
	return t->n == 1 && !t->pieces[0].placeholder;
}

/* What runbooks write: the best examples there are. */
static void
choose_written(struct choosing *c, size_t max)
{
	const struct model *model = c->model;
	for (size_t i = 0; i < model->runbooks_n; i++) {
		const struct runbook *runbook = &model->runbooks[i];
		for (size_t k = 0; k < runbook->steps_n; k++) {
			const struct runbook_step *step = &runbook->steps[k];
			if (step->kind != STEP_ACTION || step->action != c->action)
				continue;
			for (size_t w = 0; w < step->with_n; w++) {
				if (c->ret->n < max &&
				    str_eq(step->with[w].name, c->param->name) &&
				    one_literal(&step->with[w].value))
					choose(c, step->with[w].value.pieces[0].text);
			}
		}
	}
}

static void
choose_own(struct choosing *c)
{
	const struct model *model = c->model;
	const struct param *param = c->param;
	choose(c, param->otherwise);
	for (size_t i = 0; i < param->values.n; i++)
		choose(c, param->values.p[i]);
	if (param->kind == PARAM_INTEGER) {
		choose_number(c, param->min);
		choose_number(c, param->max);
	}
	for (size_t i = 0; param->kind == PARAM_HOST && i < model->hosts_n && i < 4; i++)
		choose(c, model->hosts[i].name);
	for (size_t i = 0; param->kind == PARAM_SERVICE && i < model->services_n && i < 4;
	     i++)
		choose(c, model->services[i].name);
}

/* What people would write, where it fits; else whatever does. */
static void
choose_guesses(struct choosing *c)
{
	static const str guesses[] = { { "web.service", 11 }, { "web", 3 }, { "web-1", 5 },
		{ "1", 1 }, { "10", 2 }, { "a", 1 }, { "1.2.3", 5 }, { "v1", 2 },
		{ "1h", 2 }, { "10.0.0.1", 8 }, { "/var/tmp", 8 },
		{ "web.example.com", 15 }, { "https://example.com/", 20 },
		{ "2026-01-01", 10 }, { "A", 1 }, { "0123456789abcdef", 16 } };
	for (size_t i = 0; c->ret->n == 0 && i < countof(guesses); i++)
		choose(c, guesses[i]);
	str value;
	if (c->ret->n == 0 && value_made(c->param, STR("*"), 1, c->arena, &value))
		choose(c, value);
}

void
param_candidates(const struct model *model, const struct rule *const *rules, size_t n,
    const struct action *action, const struct param *param, struct arena *arena,
    struct candidates *ret)
{
	struct choosing c = { model, action, param, arena, ret };
	choose_written(&c, 1); /* the plainest; then what rules say */
	for (size_t i = 0; i < n && !ret->cut; i++) {
		ret->rules = i;
		if (!rule_covers_action(rules[i], action))
			continue;
		for (size_t k = 0; k < rules[i]->with_n; k++)
			choose_bound(&c, &rules[i]->with[k]);
		for (size_t k = 0; k < rules[i]->when_n; k++)
			choose_when(&c, &rules[i]->when[k]);
	}
	ret->rules = ret->cut ? ret->rules : n;
	choose_written(&c, CHOICES_MAX);
	choose_own(&c);
	choose_guesses(&c);
}

void
params_order(struct pairs *params)
{
	bool each_once = pairs_sort(params);
	ASSERT(each_once);
}

bool
params_plain(const struct model *model, const struct rule *const *rules, size_t n,
    const struct action *action, struct arena *arena, struct pairs *ret)
{
	*ret = (struct pairs){ arena_new(arena, struct pair, action->params.n + 1), 0 };
	for (size_t i = 0; i < action->params.n; i++) {
		const struct param *param = &action->params.p[i];
		struct candidates candidates = { .n = 0 };
		param_candidates(model, rules, n, action, param, arena, &candidates);
		if (candidates.n > 0 && (!param->optional || n > 0))
			ret->p[ret->n++] = (struct pair){ param->name, candidates.p[0] };
		else if (!param->optional)
			return false;
	}
	params_order(ret);
	return true;
}
