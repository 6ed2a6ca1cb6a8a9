/*
 * The rotations of a team: who is on duty when.
 *
 *	rotations:
 *	  - {name: primary, people: [ana, piotr], every: 1 week, handover: "Mon 09:00"}
 *	  - name: sun
 *	    layers:
 *	      - {people: [ana, piotr], every: 1 day, handover: "09:00", zone: Europe/Lisbon,
 *	         hours: [{days: any, from: "09:00", until: "21:00"}]}
 *	      - {people: [mei, kenji], every: 1 week, handover: "Mon 09:00", zone: Asia/Tokyo,
 *	         hours: nights, except: holidays}
 *	    overrides:
 *	      - {person: mei, from: "2026-12-24 12:00", until: 2026-12-26, because: swap}
 *
 * A later layer stands before an earlier one, an override before all.
 */
#include <stdlib.h>

#include "model/ics.h"
#include "model/internal.h"

#define ANCHOR_DATE_YEAR 2024 /* from the first of January, a Monday, turns are counted */
#define ROTATIONS_MAX 32      /* of a team */
#define OVERRIDE_MS_MAX (366 * DAY)

struct layer_nodes {
	const struct node *people, *every, *handover, *start, *zone, *hours, *except;
};
#define LAYER_KEYS(n)                                                                   \
	{ "every", &(n)->every }, { "handover", &(n)->handover },                       \
	    { "start", &(n)->start }, { "zone", &(n)->zone }, { "hours", &(n)->hours }, \
	{                                                                               \
		"except", &(n)->except                                                  \
	}

const struct rotation *
rotation_find(const struct team *team, str name)
{
	for (size_t i = 0; i < team->rotation_n; i++)
		if (str_eq(team->rotations[i].name, name))
			return &team->rotations[i];
	return NULL;
}

/* ---- one layer ---- */

static void
layer_people(struct reader *r, const struct node *node, struct layer *ret)
{
	if (!read_is_list(r, node, NULL))
		return;
	if (node->n == 0)
		read_error(r, node, STR("add at least one person"),
		    "this rotation has nobody");
	ret->people = arena_new(r->arena, const struct person *, node->n);
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		const struct person *person = read_ref(r, &r->people, item);
		if (person == NULL)
			continue;
		need_reach(r, item, person);
		ret->people[ret->people_n++] = person;
	}
}

/* When turns change: a week's on a weekday, a day's at a time of day. */
static void
layer_turns(struct reader *r, const struct layer_nodes *n, struct layer *ret)
{
	bool weeks = true;
	bool ok = n->every == NULL || read_every(r, n->every, &ret->days, &weeks);
	int64_t days = civil_days(ANCHOR_DATE_YEAR, 1, 1);
	if (n->start != NULL)
		(void)read_date(r, n->start, &days);
	ret->anchor_days = days;
	if (n->handover == NULL || !ok)
		return;
	if (!weeks) {
		(void)read_handover_daily(r, n->handover, &ret->handover_minute);
		return;
	}
	unsigned handover_weekday = 0;
	(void)read_handover(r, n->handover, &handover_weekday, &ret->handover_minute);
	unsigned weekday = (unsigned)((days + 4) % 7); /* 1970-01-01 was a Thursday */
	ret->anchor_days = days - (weekday + 7 - handover_weekday) % 7;
}

/* A calendar's name, or the hours of a week themselves. */
static const struct calendar *
hours_read(struct reader *r, const struct node *node, const struct zone *zone)
{
	if (node->kind == NODE_TEXT) {
		const struct calendar *named = read_ref(r, &r->calendars, node);
		need_own_times(r, node, named, "when there is anybody");
		return named;
	}
	struct calendar *hours = arena_new(r->arena, struct calendar, 1);
	hours->zone = zone;
	hours->place = node_place(node);
	weekly_read(r, node, hours);
	return hours;
}

void
read_window(struct reader *r, const struct node *hours, const struct node *except,
    const struct zone *zone, struct window *ret)
{
	if (hours != NULL)
		ret->only = hours_read(r, hours, zone);
	if (except != NULL)
		ret->except = read_ref(r, &r->calendars, except);
}

static void
layer_fill(struct reader *r, const struct node *node, const struct layer_nodes *n,
    const struct zone *zone, struct layer *ret)
{
	*ret = (struct layer){ .zone = zone, .days = 7, .place = node_place(node) };
	if (n->zone != NULL)
		(void)read_zone(r, n->zone, &ret->zone);
	if (n->people != NULL)
		layer_people(r, n->people, ret);
	layer_turns(r, n, ret);
	read_window(r, n->hours, n->except, ret->zone, &ret->when);
}

static void
layers_read(struct reader *r, const struct node *node, const struct zone *zone,
    struct rotation *ret)
{
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, LAYERS_MAX))
		return;
	if (node->n == 0)
		read_error(r, node,
		    STR("add {people: [...], every: 1 week, handover: \"Mon 09:00\"}"),
		    "'layers' has nobody");
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		struct layer_nodes n = { 0 };
		const struct key keys[] = {
			{ "people", &n.people, .required = true },
			LAYER_KEYS(&n),
		};
		if (!read_map(r, item, "layer", keys, countof(keys)))
			continue;
		if (n.handover == NULL)
			read_error(r, item, STR("add 'handover: ...'"),
			    "missing key 'handover' in this layer");
		layer_fill(r, item, &n, zone, &ret->layers[ret->layers_n++]);
	}
}

/* ---- overrides ---- */

static void
override_read(struct reader *r, const struct node *node, const struct zone *zone,
    struct rotation *ret)
{
	const struct node *person = NULL, *from = NULL, *until = NULL, *because = NULL;
	const struct key keys[] = {
		{ "person", &person, .required = true },
		{ "from", &from, .required = true },
		{ "until", &until, .required = true },
		{ "because", &because },
	};
	if (!read_map(r, node, "override", keys, countof(keys)))
		return;
	struct calendar *span = arena_new(r->arena, struct calendar, 1);
	struct layer *layer = &ret->layers[ret->layers_n];
	*layer = (struct layer){ .zone = zone,
		.people = arena_new(r->arena, const struct person *, 1),
		.people_n = 1,
		.days = 7,
		.when = { .only = span },
		.place = node_place(node) };
	layer->people[0] = read_ref(r, &r->people, person);
	if (layer->people[0] != NULL)
		need_reach(r, person, layer->people[0]);
	str why;
	if (because != NULL)
		(void)read_text(r, because, &why);
	*span = (struct calendar){ .zone = zone,
		.spans = arena_new(r->arena, struct calendar_span, 1),
		.spans_n = 1,
		.place = layer->place };
	if (!read_moment(r, from, zone, ZONE_START, &span->spans[0].from_wall) ||
	    !read_moment(r, until, zone, ZONE_END, &span->spans[0].until_wall) ||
	    layer->people[0] == NULL)
		return;
	if (span->spans[0].until_wall <= span->spans[0].from_wall)
		read_error(r, until, STR("'until' lies after 'from'"),
		    "this override ends before it begins");
	else if (span->spans[0].until_wall - span->spans[0].from_wall > OVERRIDE_MS_MAX)
		read_error(r, until, STR("change the rotation itself"),
		    "an override of more than a year");
	else
		ret->layers_n++;
}

/* Two for the same time: which one holds must be written. */
static void
overrides_apart(struct reader *r, const struct node *node, const struct rotation *rotation,
    size_t first)
{
	for (size_t i = first; i < rotation->layers_n; i++) {
		const struct calendar_span *a = &rotation->layers[i].when.only->spans[0];
		for (size_t k = first; k < i; k++) {
			const struct layer *other = &rotation->layers[k];
			const struct calendar_span *b = &other->when.only->spans[0];
			if (a->from_wall >= b->until_wall || b->from_wall >= a->until_wall)
				continue;
			const struct node *item = node->first;
			while (item->line != rotation->layers[i].place.line &&
			       item->next != NULL)
				item = item->next;
			read_error(r, item, STR("end one where the other begins"),
			    "this override lies over that of %.*s in line %u",
			    STR_ARG(other->people[0]->id), other->place.line);
			return;
		}
	}
}

static void
overrides_read(struct reader *r, const struct node *node, const struct zone *zone,
    struct rotation *ret)
{
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, OVERRIDES_MAX))
		return;
	/* What is written stands before what a calendar says. */
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		if (node_get(item, STR("ics")) != NULL)
			ics_overrides_read(r, item, zone, ret);
	}
	size_t first = ret->layers_n;
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		if (node_get(item, STR("ics")) == NULL)
			override_read(r, item, zone, ret);
	}
	overrides_apart(r, node, ret, first);
}

/* ---- rotations ---- */

/* A calendar among the overrides may name anybody. */
static size_t
override_layers(const struct reader *r, const struct node *node)
{
	size_t n = 0;
	if (node == NULL || node->kind != NODE_LIST)
		return 0;
	for (const struct node *item = node->first; item != NULL; item = item->next)
		n += node_get(item, STR("ics")) != NULL ? r->model->people_n : 1;
	return n;
}

static size_t
items_of(const struct node *node)
{
	return node != NULL && node->kind == NODE_LIST ? node->n : 0;
}

/* Everybody of all layers, each once, in the order they are written; `written`: so many
 * layers are no overrides. Overrides stand last, and so do those whom only they name. */
static void
gather_people(struct reader *r, struct rotation *rotation, size_t written)
{
	size_t n = 0, members = 0;
	for (size_t i = 0; i < rotation->layers_n; i++)
		n += rotation->layers[i].people_n;
	rotation->people = arena_new(r->arena, const struct person *, n);
	for (size_t i = 0; i < rotation->layers_n; i++) {
		const struct layer *layer = &rotation->layers[i];
		for (size_t k = 0; k < layer->people_n; k++) {
			size_t at = 0;
			while (at < rotation->people_n &&
			       rotation->people[at] != layer->people[k])
				at++;
			if (at == rotation->people_n)
				rotation->people[rotation->people_n++] = layer->people[k];
		}
		if (i < written)
			members = rotation->people_n;
	}
	rotation->guests_n = rotation->people_n - members;
}

static void
rotation_read(struct reader *r, const struct node *node, const struct zone *zone,
    struct rotation *ret)
{
	const struct node *name = NULL, *layers = NULL, *overrides = NULL;
	struct layer_nodes n = { 0 };
	const struct key keys[] = {
		{ "name", &name, .required = true },
		{ "people", &n.people },
		{ "layers", &layers },
		{ "overrides", &overrides },
		LAYER_KEYS(&n),
	};
	*ret = (struct rotation){ .place = node_place(node) };
	if (!read_map(r, node, "rotation", keys, countof(keys)))
		return;
	if (read_name(r, name, &ret->name) && str_eq(ret->name, STR("lead")))
		read_error(r, name, STR("'lead' is the team's lead; use another name"),
		    "a rotation cannot be called 'lead'");
	ret->layers = arena_new(r->arena, struct layer,
	    1 + items_of(layers) + override_layers(r, overrides));
	const struct node *foreign = n.people ? n.people : n.every ? n.every : n.handover;
	if (n.zone != NULL)
		(void)read_zone(r, n.zone, &zone);
	if (layers != NULL && foreign != NULL)
		read_error_key(r, foreign, STR("write it in a layer"),
		    "'%.*s' and 'layers' in one rotation", STR_ARG(foreign->key));
	else if (layers != NULL)
		layers_read(r, layers, zone, ret);
	else if (n.people == NULL)
		read_error(r, node, STR("add 'people: ...'"),
		    "missing key 'people' in this rotation");
	else if (n.handover == NULL)
		read_error(r, node, STR("add 'handover: ...'"),
		    "missing key 'handover' in this rotation");
	else
		layer_fill(r, node, &n, zone, &ret->layers[ret->layers_n++]);
	size_t written = ret->layers_n;
	if (overrides != NULL)
		overrides_read(r, overrides, zone, ret);
	gather_people(r, ret, written);
}

void
rotations_read(struct reader *r, const struct node *node, struct team *team)
{
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, ROTATIONS_MAX))
		return;
	if (node->n == 0)
		read_error(r, node,
		    STR("add {name: primary, people: [...], every: 1 week, handover: \"Mon "
			"09:00\"}"),
		    "there is no rotation here");
	team->rotations = arena_new(r->arena, struct rotation, node->n);
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		struct rotation *rotation = &team->rotations[team->rotation_n];
		rotation_read(r, item, team->zone, rotation);
		if (rotation->name.n > 0 && rotation_find(team, rotation->name) != NULL)
			read_error(r, item, STR("give it another name"),
			    "team '%.*s' has two rotations '%.*s'", STR_ARG(team->name),
			    STR_ARG(rotation->name));
		team->rotation_n++;
	}
}
