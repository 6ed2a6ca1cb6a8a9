#include "rules_tried.h"

#define DRAWN_SHOWN 24
#define USES_SHOWN 5
#define ORDERS 3
#define MOMENTS_A_LINE 4
#define ARENA_BYTES ((size_t)64 << 20)

static void
add_moment(struct buf *out, msec wall, msec since)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, 4096);
	str text = moment_text(wall, &arena);
	buf_add(out, text);
	if (wall % MINUTE != 0)
		buf_printf(out, ":%02llu.%03llu",
		    (unsigned long long)(wall % MINUTE / SECOND),
		    (unsigned long long)(wall % SECOND));
	if (wall == since)
		buf_add(out, STR(" (now)"));
	arena_unmap(&map);
}

/* ---- one sample ---- */

/* What a sample is made of, as texts. */
enum { PARTS = 10 };
struct parts_of_sample {
	str p[PARTS];
};

static void
add_pairs(struct buf *text, const char *what, const struct pairs *pairs)
{
	buf_add(text, str_of(what));
	for (size_t i = 0; i < pairs->n; i++)
		buf_printf(text, " %.*s=%.*s", STR_ARG(pairs->p[i].name),
		    STR_ARG(pairs->p[i].value));
}

/* Of one action, by one principal, at one time: where, with a star where it is held. */
static void
add_uses(struct buf *text, const struct sample *sample)
{
	const struct authority_bucket *of = sample->facts.uses->by_service;
	size_t n = 0;
	for (size_t i = 0; i < AUTHORITY_USES_BUCKETS; i++) {
		for (const struct link *it = of[i].list.next; it != &of[i].list;
		     it = it->next)
			n++;
	}
	buf_printf(text, "%zu uses", n);
	if (n == 0)
		return;
	const struct authority_use *uses = sample->uses, *last = &uses[n - 1];
	buf_printf(text,
	    " of %.*s (%.*s) on %.*s by %.*s, %llu ms ago:", STR_ARG(last->action),
	    STR_ARG(last->verb), STR_ARG(last->service), STR_ARG(last->principal),
	    (unsigned long long)(sample->request.at - last->at));
	for (size_t i = 0; i < n; i++) {
		if (i < USES_SHOWN || i + 1 == n)
			buf_printf(text, " %.*s%s", STR_ARG(uses[i].target),
			    uses[i].held ? "*" : "");
		else if (i == USES_SHOWN)
			buf_add(text, STR(" ..."));
	}
}

static void
add_people(struct buf *text, const struct authority_facts *facts, msec wall)
{
	buf_printf(text, "%zu agree:", facts->yes_n);
	for (size_t i = 0; i < facts->yes_n; i++)
		buf_printf(text, " %.*s%s", STR_ARG(facts->yes[i].principal),
		    facts->yes[i].wall == wall ? "" : " (not then)");
}

static void
add_health(struct buf *text, const struct authority_facts *facts)
{
	buf_add(text, facts->health_known ? STR("healthy:") : STR("health is not known"));
	for (size_t i = 0; i < facts->healthy.n; i++)
		buf_printf(text, " %.*s", STR_ARG(facts->healthy.p[i]));
}

static void
add_part(struct buf *text, const struct sample *sample, size_t part, msec now)
{
	const struct authority_request *request = &sample->request;
	const struct authority_facts *facts = &sample->facts;
	switch (part) {
	case 0:
		buf_printf(text, "on %.*s", STR_ARG(request->target));
		return;
	case 1:
		buf_add(text, STR("at "));
		add_moment(text, request->wall, now);
		return;
	case 2:
		buf_add(text,
		    request->incident_open ? STR("incident") : STR("no incident"));
		return;
	case 3:
		buf_printf(text, "of %u", request->targets_n);
		return;
	case 4:
		add_pairs(text, "with", request->params);
		return;
	case 5:
		add_pairs(text, "live", &facts->observed);
		return;
	case 6:
		add_uses(text, sample);
		return;
	case 7:
		add_people(text, facts, request->wall);
		return;
	case 8:
		add_health(text, facts);
		return;
	default:
		buf_printf(text, "loaded by '%.*s' '%.*s', glass '%.*s'",
		    STR_ARG(facts->reloaded_by), STR_ARG(facts->runbook_by),
		    STR_ARG(facts->glass_by));
		return;
	}
}

static struct parts_of_sample
parts_of_sample(const struct sample *sample, msec now, struct arena *arena)
{
	struct parts_of_sample parts;
	for (size_t i = 0; i < PARTS; i++) {
		struct buf text = BUF(65536);
		add_part(&text, sample, i, now);
		parts.p[i] = arena_str(arena, buf_str(&text));
		buf_done(&text);
	}
	return parts;
}

static void
add_sample(struct buf *out, size_t k, const struct parts_of_sample *parts,
    const struct parts_of_sample *first)
{
	size_t n = 0;
	buf_printf(out, "%zu:", k);
	for (size_t i = 0; i < PARTS; i++) {
		if (first == NULL || !str_eq(parts->p[i], first->p[i]))
			buf_printf(out, "%s %.*s", n++ == 0 ? "" : ";",
			    STR_ARG(parts->p[i]));
	}
	buf_char(out, '\n');
}

static const struct rule **
rules_in_order(const struct model *model, struct arena *arena)
{
	const struct rule **rules =
	    arena_new(arena, const struct rule *, model->rules_n + 1);
	for (size_t i = 0; i < model->rules_n; i++)
		rules[i] = &model->rules[i];
	return rules;
}

void
tried_samples(struct buf *out, const struct model *model, msec wall, str principal,
    const struct action *action, const struct service *service, bool plain)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, ARENA_BYTES);
	struct sampler *s =
	    sampler_new(model, rules_in_order(model, &arena), model->rules_n, wall, &arena);
	const struct model *both[2] = { model, model };
	sampler_moments(s, both, 0, wall);
	s->plain = plain;
	if (!sampler_action(s, action)) {
		buf_printf(out, "no value of %.*s\n",
		    STR_ARG((s->unmade != NULL ? s->unmade->name : STR("so many"))));
		arena_unmap(&map);
		return;
	}
	sampler_service(s, service);
	const struct parts_of_sample first =
	    parts_of_sample(sampler_next(s, principal, 0), wall, &arena);
	add_sample(out, 0, &first, NULL);
	for (size_t k = 1; k <= s->singles_n + DRAWN_SHOWN; k++) {
		struct arena scratch = arena;
		const struct sample *sample = sampler_next(s, principal, k);
		if (sample == NULL)
			break;
		if (k == s->singles_n + 1)
			buf_printf(out, "drawn of %zu:\n", s->all);
		struct parts_of_sample parts = parts_of_sample(sample, wall, &scratch);
		add_sample(out, k, &parts, &first);
	}
	arena_unmap(&map);
}

/* ---- parts of it ---- */

void
tried_values(struct buf *out, const struct model *model, const struct action *action)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, ARENA_BYTES);
	const struct rule **rules = rules_in_order(model, &arena);
	for (size_t i = 0; i < action->params.n; i++) {
		struct candidates values = { .n = 0 };
		const struct param *param = &action->params.p[i];
		param_candidates(model, rules, model->rules_n, action, param, &arena,
		    &values);
		buf_printf(out, "%.*s:", STR_ARG(param->name));
		for (size_t k = 0; k < values.n; k++)
			buf_printf(out, " %.*s", STR_ARG(values.p[k]));
		if (values.cut)
			buf_printf(out, " and more; all of %zu rules", values.rules);
		buf_char(out, '\n');
	}
	arena_unmap(&map);
}

/* Four a line. */
static void
add_moments(struct buf *out, const msec *moments, size_t n, msec now)
{
	for (size_t i = 0; i < n; i++) {
		buf_add(out, i % MOMENTS_A_LINE == 0 ? STR("\n  ") : STR("  "));
		add_moment(out, moments[i], now);
	}
	buf_char(out, '\n');
}

void
tried_moments(struct buf *out, const struct model *before, const struct model *after,
    size_t changed_n, msec wall, size_t shown_max)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, ARENA_BYTES);
	struct sampler *s =
	    sampler_new(after, rules_in_order(after, &arena), after->rules_n, wall, &arena);
	const struct model *both[2] = { before, after };
	sampler_moments(s, both, changed_n, wall);
	size_t rest = s->moments_n - s->moments_first;
	size_t shown = rest < shown_max ? rest : shown_max;
	buf_add(out, STR("what changed:"));
	add_moments(out, s->moments, s->moments_first, wall);
	buf_printf(out, "what did not, %zu:", rest);
	add_moments(out, &s->moments[s->moments_first], shown, wall);
	if (s->moments_cut)
		buf_add(out, STR("and more that changed\n"));
	arena_unmap(&map);
}

void
tried_texts(struct buf *out, str pattern, str like)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, ARENA_BYTES);
	for (unsigned i = 0; i < ORDERS; i++) {
		str text;
		if (pattern_text_made(pattern, like, i, &arena, &text))
			buf_printf(out, "  %.*s\n", STR_ARG(text));
		else
			buf_add(out, STR("  none\n"));
	}
	arena_unmap(&map);
}
