/*
 * maintenance: at the times of a calendar, what is expected to be noisy is held.
 *
 *	- {name: database upgrades, match: {job: db}, during: upgrade-nights, owner: ana,
 *	   because: the vendor's patches, until: 2027-06-30}
 *
 * Each is a silence that begins when the configuration is adopted: it is listed, held and
 * told of like any other.
 */
#include "model/internal.h"

static bool
has_name(const struct model *m, const struct maintenance *window)
{
	for (const struct maintenance *w = m->maintenance; w < window; w++) {
		if (str_eq(w->name, window->name))
			return true;
	}
	return false;
}

/* One that matches whatever there is holds the whole of production. */
static bool
matches_empty(const struct matchers *match)
{
	struct pairs none = { 0 };
	return matchers_match(match, &none);
}

static void
window_read(struct reader *r, const struct node *node, struct maintenance *ret)
{
	const struct node *name = NULL, *match = NULL, *during = NULL, *owner = NULL,
			  *because = NULL, *until = NULL;
	const struct key keys[] = {
		{ "name", &name, .required = true },
		{ "match", &match, .required = true },
		{ "during", &during, .required = true },
		{ "owner", &owner, .required = true },
		{ "because", &because, .required = true },
		{ "until", &until },
	};
	ret->place = node_place(node);
	(void)read_map(r, node, "maintenance window", keys, countof(keys));
	if (name != NULL && read_text(r, name, &ret->name) && has_name(r->model, ret))
		read_error(r, name, STR("give it another name"),
		    "there are two maintenance windows '%.*s'", STR_ARG(ret->name));
	if (match != NULL && read_matchers(r, match, &ret->match) &&
	    matches_empty(&ret->match))
		read_error(r, match,
		    STR("name a label that alerts must have, as in {job: db}"),
		    "this matches every alert");
	if (during != NULL)
		ret->during = read_ref(r, &r->calendars, during);
	if (during != NULL)
		need_own_times(r, during, ret->during, "what is muted");
	if (owner != NULL)
		ret->owner = read_ref(r, &r->people, owner);
	if (because != NULL)
		(void)read_text(r, because, &ret->because);
	if (until != NULL && ret->during != NULL)
		(void)read_moment(r, until, ret->during->zone, ZONE_END, &ret->until_wall);
}

void
maintenance_read(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	if (section->n > MAINTENANCE_MAX) {
		read_error(r, section->nodes[MAINTENANCE_MAX], STR(""),
		    "more than %d maintenance windows", MAINTENANCE_MAX);
		return;
	}
	m->maintenance = arena_new(r->arena, struct maintenance, section->n);
	for (size_t i = 0; i < section->n; i++)
		window_read(r, section->nodes[i], &m->maintenance[m->maintenance_n++]);
}
