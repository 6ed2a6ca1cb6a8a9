/*
 * channels and people: how someone is reached.
 *
 *	channels:
 *	  email: {smtp: smtp://mail.example:25, from: firstline@example.com}
 *	  pager: {webhook: https://pager.example/hook, secret: env:PAGER_SECRET}
 *	people:
 *	  ana: {name: Ana Souza, email: ana@example.com, zone: Europe/Lisbon,
 *	        reach: [pager: ana-duty, email]}
 */
#include "model/internal.h"

#define ADDRESS_BYTES_MAX 512

void
channels_declare(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	m->channels = arena_new(r->arena, struct channel, section->n);
	m->channels_n = section->n;
	known_init(r, &r->channels, "channel", "channels", &m->channel_by_name, section->n);
	for (size_t i = 0; i < section->n; i++) {
		m->channels[i].name = section->nodes[i]->key;
		m->channels[i].place = node_place(section->nodes[i]);
		known_add(r, &r->channels, section->nodes[i], &m->channels[i]);
	}
}

struct channel_nodes {
	const struct node *smtp, *from, *username, *password, *webhook, *secret;
};

static void
smtp_read(struct reader *r, const struct node *node, const struct channel_nodes *n,
    struct channel *ret)
{
	ret->kind = CHANNEL_SMTP;
	(void)read_url(r, n->smtp, "smtp smtps", &ret->url);
	if (n->secret != NULL)
		read_error_key(r, n->secret, STR("write 'password' for SMTP"),
		    "'secret' is for webhooks");
	if (n->from == NULL)
		read_error_key(r, node, STR("add 'from: firstline@example.com'"),
		    "missing key 'from' in channel '%.*s'", STR_ARG(node->key));
	else
		(void)read_email(r, n->from, &ret->from);
	if ((n->username == NULL) != (n->password == NULL))
		read_error_key(r, n->username ? n->username : n->password,
		    STR("write both, or neither"), "username and password go together");
	if (n->username != NULL)
		(void)read_text(r, n->username, &ret->username);
	if (n->password != NULL)
		(void)read_secret(r, n->password, &ret->secret);
}

static void
webhook_read(struct reader *r, const struct channel_nodes *n, struct channel *ret)
{
	ret->kind = CHANNEL_WEBHOOK;
	(void)read_http_url(r, n->webhook, &ret->url);
	if (n->secret != NULL)
		(void)read_secret(r, n->secret, &ret->secret);
	const struct node *foreign[] = { n->from, n->username, n->password };
	for (size_t i = 0; i < countof(foreign); i++)
		if (foreign[i] != NULL)
			read_error_key(r, foreign[i], STR("a webhook has 'secret' only"),
			    "'%.*s' is for SMTP", STR_ARG(foreign[i]->key));
}

void
channels_read(struct reader *r, const struct section *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct node *node = section->nodes[i];
		struct channel_nodes n = { 0 };
		const struct key keys[] = {
			{ "smtp", &n.smtp },
			{ "from", &n.from },
			{ "username", &n.username },
			{ "password", &n.password },
			{ "webhook", &n.webhook },
			{ "secret", &n.secret },
		};
		if (!read_map(r, node, "channel", keys, countof(keys)))
			continue;
		if ((n.smtp == NULL) == (n.webhook == NULL))
			read_error_key(r, node,
			    STR("write smtp: smtp://host:25 or webhook: https://..."),
			    "channel '%.*s' needs smtp or webhook, and not both",
			    STR_ARG(node->key));
		else if (n.smtp != NULL)
			smtp_read(r, node, &n, &r->model->channels[i]);
		else
			webhook_read(r, &n, &r->model->channels[i]);
	}
}

static bool
reach_read(struct reader *r, const struct node *node, bool has_email, struct reach *ret)
{
	str name;
	const struct node *value;
	if (!read_item(r, node, "way to reach someone", &name, &value))
		return false;
	ret->channel = read_ref_name(r, &r->channels, value ? value : node, name);
	if (ret->channel == NULL)
		return false;

	bool smtp = ret->channel->kind == CHANNEL_SMTP;
	if (value != NULL && smtp)
		return read_email(r, value, &ret->address);
	if (value != NULL) {
		if (!read_text(r, value, &ret->address))
			return false;
		if (ret->address.n > ADDRESS_BYTES_MAX) {
			read_error(r, value, STR(""), "an address is at most %d bytes",
			    ADDRESS_BYTES_MAX);
			return false;
		}
		return true;
	}
	if (smtp && !has_email) {
		read_error(r, node,
		    read_hint(r, "write {%.*s: someone@example.com}", STR_ARG(name)),
		    "there is no e-mail address for '%.*s'", STR_ARG(name));
		return false;
	}
	return true;
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
