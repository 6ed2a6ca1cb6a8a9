/*
 * people: who they are, and how they are reached.
 *
 *	people:
 *	  ana: {name: Ana Souza, email: ana@example.com, zone: Europe/Lisbon,
 *	        reach: [{pager: ana-duty, within: 2m}, email], role: lead}
 *
 * `{channel: email, within: 2m}` where the channel needs no address.
 */
#include "model/internal.h"
#include "model/policy.h"

#define WITHIN_MS_MIN (10 * SECOND)
#define WITHIN_MS_MAX HOUR

/* "CHANNEL", {CHANNEL: ADDRESS}, or either with `within` in a map of two. */
static bool
reach_shape(struct reader *r, const struct node *node, str *ret_name,
    const struct node **ret_value, const struct node **ret_within)
{
	static const char what[] = "way to reach someone";
	*ret_within = node->kind == NODE_MAP ? node_get(node, STR("within")) : NULL;
	if (*ret_within == NULL)
		return read_item(r, node, what, ret_name, ret_value);
	const struct node *way =
	    node->first == *ret_within ? node->first->next : node->first;
	if (node->n != 2 || way->kind == NODE_EMPTY) {
		read_error(r, node,
		    STR("write {CHANNEL: ADDRESS, within: 2m} or {channel: CHANNEL, "
			"within: 2m}"),
		    "'within' stands beside one channel");
		return false;
	}
	bool alone = str_eq(way->key, STR("channel")) &&
	             names_get(r->channels.by_name, way->key) == NULL;
	*ret_name = way->key;
	*ret_value = alone ? NULL : way;
	return !alone || read_text(r, way, ret_name);
}

static bool
reach_read(struct reader *r, const struct node *node, bool has_email, struct reach *ret)
{
	str name;
	const struct node *value, *within;
	if (!reach_shape(r, node, &name, &value, &within))
		return false;
	if (within != NULL && node->next == NULL)
		read_error_key(r, within,
		    STR("remove it, or add the channel that is tried then"),
		    "nothing comes after the last way to reach someone");
	else if (within != NULL)
		(void)read_duration(r, within, WITHIN_MS_MIN, WITHIN_MS_MAX,
		    &ret->within_ms);
	ret->channel = read_ref_name(r, &r->channels, value ? value : node, name);
	return ret->channel != NULL &&
	       channel_address(r, node, value, ret->channel, has_email, &ret->address);
}

bool
read_reaches(struct reader *r, const struct node *node, bool has_email, struct reaches *ret)
{
	if (!read_is_list(r, node, NULL))
		return false;
	struct reaches list = { arena_new(r->arena, struct reach, node->n), 0 };
	for (const struct node *item = node->first; item != NULL; item = item->next)
		if (reach_read(r, item, has_email, &list.p[list.n]))
			list.n++;
	*ret = list;
	return true;
}

/* All of these are told at once, so none comes after another. */
bool
read_channels_of(struct reader *r, const struct node *node, struct reaches *ret)
{
	bool ok = true;
	if (!read_is_list(r, node, NULL))
		return false;
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		const struct node *within =
		    item->kind == NODE_MAP ? node_get(item, STR("within")) : NULL;
		if (within == NULL)
			continue;
		read_error_key(r, within, STR("remove it: all of these are told at once"),
		    "'within' is for the reach of a person");
		ok = false;
	}
	return ok && read_reaches(r, node, false, ret);
}

void
need_reach(struct reader *r, const struct node *node, const struct person *person)
{
	/* Where `reach` is written but wrong, that was said. */
	size_t i = (size_t)(person - r->model->people);
	const struct node *at = r->sections[SECTION_PEOPLE].nodes[i];
	const struct node *reach = node_get(at, STR("reach"));
	if (person->reach.n > 0 || (reach != NULL && reach->n > 0))
		return;
	read_error(r, node,
	    read_hint(r, "add 'reach: [CHANNEL]' to person '%.*s'", STR_ARG(person->id)),
	    "'%.*s' is to be told of incidents, but cannot be reached",
	    STR_ARG(person->id));
}

/* What else acts or asks under a name of its own: nobody who reads "automation restarted it"
 * shall have to ask whether that is somebody's name. */
static void
refuse_taken(struct reader *r, const struct node *node)
{
	static const str taken[] = { { "automation", 10 }, { "firstline", 9 },
		{ "local-admin", 11 } };
	for (size_t i = 0; i < countof(taken); i++) {
		if (str_eq(node->key, taken[i]))
			read_error_key(r, node,
			    STR("take another id; `name:` may be anything"),
			    "'%.*s' is no person's id: it acts here by itself",
			    STR_ARG(node->key));
	}
}

void
people_declare(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	m->people = arena_new(r->arena, struct person, section->n);
	m->people_n = section->n;
	known_init(r, &r->people, "person", "people", &m->person_by_name, section->n);
	for (size_t i = 0; i < section->n; i++) {
		m->people[i].id = section->nodes[i]->key;
		m->people[i].name = section->nodes[i]->key;
		m->people[i].zone = zone_utc();
		m->people[i].place = node_place(section->nodes[i]);
		known_add(r, &r->people, section->nodes[i], &m->people[i]);
		refuse_taken(r, section->nodes[i]);
	}
}

/* Whoever presses a button there is this person: so it is an id, which nobody can take on. */
static void
account_read(struct reader *r, const struct node *node, str *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return;
	bool ok = text.n > 2 && text.n <= 32 && (text.p[0] == 'U' || text.p[0] == 'W');
	for (size_t i = 1; ok && i < text.n; i++)
		ok = (text.p[i] >= 'A' && text.p[i] <= 'Z') ||
		     (text.p[i] >= '0' && text.p[i] <= '9');
	if (ok)
		*ret = text;
	else
		read_error(r, node,
		    STR("their member ID, as in U0123ABC: it is in their profile"),
		    "'%.*s' is no account of Slack", STR_ARG(text));
}

static void
role_read(struct reader *r, const struct node *node, enum role *ret)
{
	static const char *const names[] = { "viewer", "operator", "lead", "admin" };
	static const enum role roles[] = { ROLE_VIEWER, ROLE_OPERATOR, ROLE_LEAD,
		ROLE_ADMIN };
	unsigned which;
	if (read_choice(r, node, "role", names, countof(names), &which))
		*ret = roles[which];
}

void
people_read(struct reader *r, const struct section *section)
{
	for (size_t i = 0; i < section->n; i++) {
		struct person *person = &r->model->people[i];
		const struct node *name = NULL, *email = NULL, *zone = NULL, *reach = NULL,
				  *role = NULL, *slack = NULL, *quiet = NULL;
		const struct key keys[] = {
			{ "name", &name },
			{ "email", &email },
			{ "zone", &zone },
			{ "reach", &reach },
			{ "quiet", &quiet },
			{ "role", &role },
			{ "slack", &slack },
		};
		if (!read_map(r, section->nodes[i], "person", keys, countof(keys)))
			continue;
		if (name != NULL)
			(void)read_text(r, name, &person->name);
		if (email != NULL)
			(void)read_email(r, email, &person->email);
		if (zone != NULL)
			(void)read_zone(r, zone, &person->zone);
		if (reach != NULL)
			(void)read_reaches(r, reach, email != NULL, &person->reach);
		if (quiet != NULL)
			quiet_read(r, quiet, zone != NULL, person);
		if (role != NULL)
			role_read(r, role, &person->role);
		if (slack != NULL)
			account_read(r, slack, &person->slack);
	}
}

static void
has_duty(struct reader *r, const struct person *person, enum role role)
{
	size_t i = (size_t)(person - r->model->people);
	if (r->model->people[i].role == 0)
		r->model->people[i].role = role;
}

static void
policy_roles(struct reader *r, const struct policy *policy)
{
	for (size_t i = 0; i < policy->tier_n; i++) {
		if (policy->tiers[i].kind == TIER_PERSON)
			has_duty(r, policy->tiers[i].person, ROLE_OPERATOR);
	}
}

/* Where no role is written: a team's lead leads, who is woken operates, others look. */
void
people_roles(struct reader *r)
{
	struct model *m = r->model;
	for (size_t i = 0; i < m->teams_n; i++) {
		if (m->teams[i].kind == TEAM_OPERATIONS && m->teams[i].lead != NULL)
			has_duty(r, m->teams[i].lead, ROLE_LEAD);
	}
	for (size_t i = 0; i < m->teams_n; i++) {
		const struct team *team = &m->teams[i];
		if (team->kind != TEAM_OPERATIONS)
			continue;
		for (size_t k = 0; k < team->rotation_n; k++) {
			const struct rotation *rotation = &team->rotations[k];
			for (size_t p = 0; p < rotation->people_n; p++)
				has_duty(r, rotation->people[p], ROLE_OPERATOR);
		}
		for (size_t k = 0; k < team->policies_n; k++)
			policy_roles(r, &team->policies[k]);
	}
	for (size_t i = 0; i < m->people_n; i++)
		has_duty(r, &m->people[i], ROLE_VIEWER);
}

void
people_accounts(struct reader *r, const struct section *section)
{
	const struct model *m = r->model;
	for (size_t i = 0; i < m->people_n; i++) {
		for (size_t k = 0; k < i && m->people[i].slack.n > 0; k++) {
			if (!str_eq(m->people[i].slack, m->people[k].slack))
				continue;
			read_error(r, node_get(section->nodes[i], STR("slack")),
			    STR("one account is one person's"),
			    "that is the account of '%.*s'", STR_ARG(m->people[k].id));
			break;
		}
	}
}
