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

#define TIERS_MAX 32
#define ACKNOWLEDGE_MS_DEFAULT HOUR
#define AFTER_MS_MIN (10 * SECOND)
#define AFTER_MS_MAX (7 * DAY)

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

/* ---- escalation ---- */

static void
report_unknown_tier(struct reader *r, const struct node *node, const struct team *team)
{
	const struct team *other = names_get(r->teams.by_name, node->text);
	if (other != NULL && other->kind == TEAM_DEVELOPMENT) {
		read_error(r, node,
		    STR("they receive handoffs; name a rotation or a person"),
		    "'%.*s' are developers and cannot be escalated to",
		    STR_ARG(node->text));
		return;
	}
	if (other != NULL) {
		read_error(r, node, STR("name a rotation of this team, a person, or lead"),
		    "'%.*s' is a team", STR_ARG(node->text));
		return;
	}

	size_t n = team->rotation_n + 1 + r->people.n;
	str *names = arena_new(r->arena, str, n);
	for (size_t i = 0; i < team->rotation_n; i++)
		names[i] = team->rotations[i].name;
	names[team->rotation_n] = STR("lead");
	for (size_t i = 0; i < r->people.n; i++)
		names[team->rotation_n + 1 + i] = r->people.list[i];
	str hint = read_suggest(r, node->text, names, n);
	if (hint.n == 0 && r->incomplete)
		return;
	read_error(r, node,
	    hint.n ? hint : STR("name a rotation of this team, a person, or lead"),
	    "unknown rotation or person '%.*s'", STR_ARG(node->text));
}

static void
tier_to(struct reader *r, const struct node *node, const struct team *team,
    const struct node *lead, struct tier *ret)
{
	str to;
	if (!read_text(r, node, &to))
		return;
	ret->kind = TIER_PERSON;
	const struct rotation *rotation = rotation_find(team, to);
	const struct person *person = names_get(r->people.by_name, to);
	if (str_eq(to, STR("lead"))) {
		ret->person = team->lead;
		if (team->lead != NULL)
			need_reach(r, node, team->lead);
		else if (lead == NULL)
			read_error(r, node, STR("add 'lead: PERSON' to the team"),
			    "team '%.*s' has no lead", STR_ARG(team->name));
	} else if (rotation != NULL && person != NULL) {
		read_error(r, node, STR("give the rotation another name"),
		    "'%.*s' is both a rotation and a person", STR_ARG(to));
	} else if (rotation != NULL) {
		ret->kind = TIER_ROTATION;
		ret->rotation = rotation;
	} else if (person != NULL) {
		ret->person = person;
		need_reach(r, node, person);
	} else {
		report_unknown_tier(r, node, team);
	}
}

static void
escalate_read(struct reader *r, const struct node *node, struct team *team,
    const struct node *lead)
{
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, TIERS_MAX))
		return;
	if (node->n == 0)
		read_error(r, node, STR("leave it out to tell the first rotation"),
		    "'escalate' tells nobody");
	team->tiers = arena_new(r->arena, struct tier, node->n);
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		struct tier *tier = &team->tiers[team->tier_n++];
		const struct node *to = NULL, *after = NULL;
		const struct key keys[] = {
			{ "to", &to, .required = true },
			{ "after", &after },
		};
		if (!read_map(r, item, "tier", keys, countof(keys)))
			continue;
		tier_to(r, to, team, lead, tier);
		if (after != NULL && item->next == NULL)
			read_error_key(r, after, STR("remove it, or add who is told then"),
			    "nobody comes after the last tier");
		else if (after != NULL)
			(void)read_duration(r, after, AFTER_MS_MIN, AFTER_MS_MAX,
			    &tier->after_ms);
		else if (item->next != NULL)
			read_error(r, item, STR("add 'after: 5m'"),
			    "this tier never gives way to the next");
	}
}

static void
on_call_read(struct reader *r, const struct node *node, struct team *team,
    const struct node *lead)
{
	const struct node *zone = NULL, *rotations = NULL, *escalate = NULL,
			  *timeout = NULL;
	const struct key keys[] = {
		{ "zone", &zone, .required = true },
		{ "rotations", &rotations, .required = true },
		{ "escalate", &escalate },
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
	if (escalate != NULL) {
		escalate_read(r, escalate, team, lead);
	} else if (team->rotation_n > 0) {
		team->tiers = arena_new(r->arena, struct tier, 1);
		team->tiers[0].kind = TIER_ROTATION;
		team->tiers[0].rotation = &team->rotations[0];
		team->tier_n = 1;
	}
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
