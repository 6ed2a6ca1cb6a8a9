/*
 * teams: who answers, and who is told next when nobody does.
 *
 *	teams:
 *	  platform-ops:
 *	    kind: operations
 *	    on_call:
 *	      zone: Europe/Lisbon
 *	      rotations:
 *	        - {name: primary, people: [ana, piotr], every: 1 week, handover: "Mon 09:00"}
 *	      escalate: [{to: primary, after: 5m}, {to: lead}]
 *	    lead: mei
 *	    notify: [chat]
 *	  checkout-dev: {kind: development, tracker: github:acme/checkout}
 *
 * Development teams are never first responders: they have no on_call.
 */
#include "model/internal.h"

#define ACKNOWLEDGE_MS_DEFAULT HOUR

static const char *const team_kinds[] = { "operations", "development" };

void
teams_declare(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	m->teams = arena_new(r->arena, struct team, section->n);
	m->teams_n = section->n;
	known_init(r, &r->teams, "team", "teams", &m->team_by_name, section->n);
	for (size_t i = 0; i < section->n; i++) {
		struct team *team = &m->teams[i];
		team->name = section->nodes[i]->key;
		team->zone = zone_utc();
		team->acknowledge_timeout_ms = ACKNOWLEDGE_MS_DEFAULT;
		team->place = node_place(section->nodes[i]);
		known_add(r, &r->teams, section->nodes[i], team);

		/* Already needed to judge references to it. */
		const struct node *kind = section->nodes[i]->kind == NODE_MAP
		                              ? node_get(section->nodes[i], STR("kind"))
		                              : NULL;
		bool development = kind != NULL && kind->kind == NODE_TEXT &&
		                   str_eq(kind->text, STR("development"));
		team->kind = development ? TEAM_DEVELOPMENT : TEAM_OPERATIONS;
	}
}

static void
on_call_read(struct reader *r, const struct node *node, struct team *team,
    const struct node *lead)
{
	struct policies_of of = { .team = team, .lead = lead };
	const struct node *zone = NULL, *rotations = NULL, *timeout = NULL;
	const struct key keys[] = {
		{ "zone", &zone, .required = true },
		{ "rotations", &rotations, .required = true },
		{ "escalate", &of.escalate },
		{ "policies", &of.policies },
		{ "acknowledge_timeout", &timeout },
	};
	(void)read_map(r, node, NULL, keys, countof(keys));
	if (timeout != NULL)
		(void)read_duration(r, timeout, 10 * MINUTE, 7 * DAY,
		    &team->acknowledge_timeout_ms);
	if (zone != NULL)
		(void)read_zone(r, zone, &team->zone);
	if (rotations != NULL)
		rotations_read(r, rotations, team);
	policies_read(r, &of);
}

/* ---- teams ---- */

struct team_nodes {
	const struct node *kind, *on_call, *lead, *notify, *tracker;
};

/* Keys that the other kind of team has. */
static void
refuse_foreign_keys(struct reader *r, const struct team_nodes *n, const struct team *team)
{
	bool development = team->kind == TEAM_DEVELOPMENT;
	if (development && n->on_call != NULL)
		read_error_key(r, n->on_call,
		    STR("developers receive handoffs; put the rotation in an operations "
			"team"),
		    "development team '%.*s' cannot be on call", STR_ARG(team->name));
	if (!development && n->tracker != NULL)
		read_error_key(r, n->tracker,
		    STR("handoffs go to the tracker of developers"),
		    "operations team '%.*s' has no use for a tracker", STR_ARG(team->name));
}

static void
team_read(struct reader *r, const struct node *node, struct team *team)
{
	struct team_nodes n = { 0 };
	const struct key keys[] = {
		{ "kind", &n.kind, .required = true },
		{ "on_call", &n.on_call },
		{ "lead", &n.lead },
		{ "notify", &n.notify },
		{ "tracker", &n.tracker },
	};
	(void)read_map(r, node, "team", keys, countof(keys));
	unsigned kind;
	if (n.kind != NULL &&
	    !read_choice(r, n.kind, "kind of team", team_kinds, countof(team_kinds), &kind))
		return;
	refuse_foreign_keys(r, &n, team);
	if (n.lead != NULL)
		team->lead = read_ref(r, &r->people, n.lead);
	if (n.notify != NULL)
		(void)read_channels_of(r, n.notify, &team->notify);
	if (n.tracker != NULL)
		(void)read_text(r, n.tracker, &team->tracker);
	if (n.on_call != NULL && team->kind == TEAM_OPERATIONS)
		on_call_read(r, n.on_call, team, n.lead);
}

void
teams_read(struct reader *r, const struct section *section)
{
	for (size_t i = 0; i < section->n; i++)
		team_read(r, section->nodes[i], &r->model->teams[i]);
}

void
teams_check(struct reader *r, const struct section *section)
{
	const struct model *m = r->model;
	const struct service **owned =
	    arena_new(r->arena, const struct service *, m->teams_n);
	for (size_t i = m->services_n; i-- > 0;)
		if (m->services[i].owner != NULL)
			owned[m->services[i].owner - m->teams] = &m->services[i];

	for (size_t i = 0; i < m->teams_n; i++) {
		const struct team *team = &m->teams[i];
		const struct node *node = section->nodes[i];
		if (team->kind != TEAM_OPERATIONS || node->kind != NODE_MAP ||
		    node_get(node, STR("on_call")) != NULL)
			continue;
		str hint = STR("add on_call: with a zone and a rotation");
		if (m->fallback == team)
			read_error_key(r, node, hint,
			    "team '%.*s' is the fallback but has nobody on call",
			    STR_ARG(team->name));
		else if (owned[i] != NULL)
			read_error_key(r, node, hint,
			    "team '%.*s' answers for service '%.*s' but has nobody on call",
			    STR_ARG(team->name), STR_ARG(owned[i]->name));
	}
}
