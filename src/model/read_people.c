/*
 * people: who they are, and how they are reached.
 *
 *	people:
 *	  ana: {name: Ana Souza, email: ana@example.com, zone: Europe/Lisbon,
 *	        reach: [pager: ana-duty, email]}
 */
#include "model/internal.h"

static bool
reach_read(struct reader *r, const struct node *node, bool has_email, struct reach *ret)
{
	str name;
	const struct node *value;
	if (!read_item(r, node, "way to reach someone", &name, &value))
		return false;
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
	}
}

void
people_read(struct reader *r, const struct section *section)
{
	for (size_t i = 0; i < section->n; i++) {
		struct person *person = &r->model->people[i];
		const struct node *name = NULL, *email = NULL, *zone = NULL, *reach = NULL;
		const struct key keys[] = {
			{ "name", &name },
			{ "email", &email },
			{ "zone", &zone },
			{ "reach", &reach },
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
	}
}
