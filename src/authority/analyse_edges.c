/*
 * Moments to ask about: what changed first, then what did not.
 *
 * Where both sides have a calendar or a rotation of one name, they are held against each
 * other: a moment at which the one has another answer than the other is worth more than an
 * edge of either. All that did not change gets the room that is left.
 */
#include "authority/analysing.h"

#define HORIZON (8 * 7 * DAY)
#define SOON (15 * DAY)   /* two weeks, and the day on which one looks */
#define LATER (400 * DAY) /* as far as calendars are looked at */
#define TURNS_MAX 64
#define CHANGES_MAX 8
#define STEPS_MAX 512   /* along two calendars or rotations, until they differ */
#define DIFFERING_MAX 4 /* moments of each stretch in which they may */

struct edges {
	struct sampler *s;
	const struct model *const *models; /* before, after */
	msec wall;
	bool first; /* of what changed: what finds no room is told */
};

static void
add_moment(struct edges *e, msec moment)
{
	struct sampler *s = e->s;
	if (moment < e->wall)
		return;
	for (size_t i = 0; i < s->moments_n; i++) {
		if (s->moments[i] == moment)
			return;
	}
	if (s->moments_n < MOMENTS_MAX)
		s->moments[s->moments_n++] = moment;
	else
		s->moments_cut |= e->first;
}

static void
add_edge(struct edges *e, msec edge)
{
	if (edge == 0)
		return;
	add_moment(e, edge);
	add_moment(e, edge - 1);
}

/* ---- calendars ---- */

static msec
sooner(msec a, msec b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* Moments at which the one is on and the other is not. */
static void
add_differing(struct edges *e, const struct calendar *a, const struct calendar *b,
    msec from, msec until)
{
	size_t found = 0;
	msec at = from > e->wall ? from : e->wall;
	for (size_t i = 0; i < STEPS_MAX && at < until && found < DIFFERING_MAX; i++) {
		if (calendar_has(a, at) != calendar_has(b, at)) {
			add_moment(e, at);
			found++;
		}
		msec next = sooner(calendar_changes(a, at), calendar_changes(b, at));
		if (next <= at)
			return;
		at = next;
	}
}

static bool
has_span(const struct calendar *calendar, const struct calendar_span *span)
{
	for (size_t i = 0; i < calendar->spans_n; i++) {
		if (calendar->spans[i].from_wall == span->from_wall &&
		    calendar->spans[i].until_wall == span->until_wall)
			return true;
	}
	return false;
}

/* What one of them says, however far ahead, and what weeks say for two of them. */
static void
add_calendars(struct edges *e, const struct calendar *a, const struct calendar *b)
{
	const struct calendar *both[] = { a, b };
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < both[i]->spans_n; k++) {
			const struct calendar_span *span = &both[i]->spans[k];
			if (!has_span(both[1 - i], span))
				add_differing(e, a, b, span->from_wall, span->until_wall);
		}
	}
	add_differing(e, a, b, e->wall, e->wall + SOON);
	add_differing(e, a, b, e->wall + SOON, e->wall + LATER);
}

static void
add_changed_calendar(struct edges *e, const struct calendar *calendar)
{
	const struct calendar *of[2];
	for (size_t i = 0; i < 2; i++)
		of[i] = names_get(&e->models[i]->calendar_by_name, calendar->name);
	if (of[0] != NULL && of[1] != NULL && of[0] != of[1])
		add_calendars(e, of[0], of[1]);
}

/* ---- rotations ---- */

static bool
duty_differs(const struct rotation *a, const struct rotation *b, msec at)
{
	const struct person *x = rotation_at(a, at).person, *y = rotation_at(b, at).person;
	return (x == NULL) != (y == NULL) || (x != NULL && !str_eq(x->id, y->id));
}

static void
add_differing_duty(struct edges *e, const struct rotation *a, const struct rotation *b,
    msec from, msec until)
{
	size_t found = 0;
	msec at = from > e->wall ? from : e->wall;
	for (size_t i = 0; i < STEPS_MAX && at < until && found < DIFFERING_MAX; i++) {
		if (duty_differs(a, b, at)) {
			add_moment(e, at);
			found++;
		}
		msec next =
		    sooner(rotation_at(a, at).until_wall, rotation_at(b, at).until_wall);
		if (next <= at)
			return;
		at = next;
	}
}

static bool
has_layer(const struct rotation *rotation, const struct layer *layer)
{
	for (size_t i = 0; i < rotation->layers_n; i++) {
		if (layers_same(&rotation->layers[i], layer))
			return true;
	}
	return false;
}

/* Overrides are layers that are on for a span, which may be far ahead. */
static void
add_rotations(struct edges *e, const struct rotation *a, const struct rotation *b)
{
	const struct rotation *both[] = { a, b };
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < both[i]->layers_n; k++) {
			const struct layer *layer = &both[i]->layers[k];
			const struct calendar *only = layer->when.only;
			if (only == NULL || has_layer(both[1 - i], layer))
				continue;
			for (size_t n = 0; n < only->spans_n; n++)
				add_differing_duty(e, a, b, only->spans[n].from_wall,
				    only->spans[n].until_wall);
		}
	}
	add_differing_duty(e, a, b, e->wall, e->wall + HORIZON);
}

static const struct rotation *
rotation_of(const struct team *team, str name)
{
	for (size_t i = 0; i < team->rotation_n; i++) {
		if (str_eq(team->rotations[i].name, name))
			return &team->rotations[i];
	}
	return NULL;
}

static void
add_changed_rotations(struct edges *e)
{
	const struct model *before = e->models[0], *after = e->models[1];
	for (size_t i = 0; i < before->teams_n && before->teams != after->teams; i++) {
		const struct team *old = &before->teams[i];
		const struct team *new = model_team(after, old->name);
		for (size_t k = 0; new != NULL &&k < old->rotation_n; k++) {
			const struct rotation *a = &old->rotations[k];
			const struct rotation *b = rotation_of(new, a->name);
			if (b != NULL && a != b)
				add_rotations(e, a, b);
		}
	}
}

static void
add_turns(struct edges *e, const struct principal *to)
{
	if (to->kind != PRINCIPAL_ON_DUTY)
		return;
	for (size_t i = 0; i < to->team->rotation_n; i++) {
		const struct rotation *rotation = &to->team->rotations[i];
		msec at = e->wall;
		for (size_t k = 0; k < TURNS_MAX && at < e->wall + HORIZON; k++) {
			struct turn turn = rotation_at(rotation, at);
			if (turn.until_wall <= at)
				break;
			add_moment(e, turn.until_wall);
			at = turn.until_wall;
		}
	}
}

/* ---- rules ---- */

/* When it is in force, without whose turn it is. */
static void
add_times(struct edges *e, const struct rule *rule)
{
	msec at = e->wall;
	add_edge(e, rule->from_wall);
	add_edge(e, rule->until_wall);
	for (size_t i = 0; rule->during != NULL && i < CHANGES_MAX; i++) {
		at = calendar_changes(rule->during, at);
		if (at == 0)
			break;
		add_edge(e, at);
	}
}

static void
add_duty(struct edges *e, const struct rule *rule)
{
	for (size_t i = 0; i < rule->to_n; i++)
		add_turns(e, &rule->to[i]);
	for (size_t i = 0; i < rule->by_n; i++)
		add_turns(e, &rule->by[i]);
}

void
sampler_moments(struct sampler *s, const struct model *const models[2], size_t changed_n,
    msec wall)
{
	struct edges e = { .s = s, .models = models, .wall = wall, .first = true };
	for (size_t i = 0; i < changed_n; i++) {
		if (s->rules[i]->during != NULL)
			add_changed_calendar(&e, s->rules[i]->during);
	}
	add_changed_rotations(&e);
	for (size_t i = 0; i < changed_n; i++)
		add_times(&e, s->rules[i]);
	s->moments_first = s->moments_n;
	e.first = false;
	for (size_t i = 0; i < changed_n; i++)
		add_duty(&e, s->rules[i]);
	for (size_t i = changed_n; i < s->rules_n; i++)
		add_times(&e, s->rules[i]);
	for (size_t i = changed_n; i < s->rules_n; i++)
		add_duty(&e, s->rules[i]);
}
