/*
 * services, hosts and alerts: what runs, where, and which alerts are about it.
 *
 *	services:
 *	  checkout:
 *	    owner: platform-ops
 *	    developers: checkout-dev
 *	    system: shop
 *	    tier: 1
 *	    journeys: [buy]
 *	    depends_on: [payments, orders-db]
 *	    look: {dashboards: [https://grafana.example/d/checkout], logs: [...]}
 *	    healthy: {http: "http://${target}:8080/health", expect: status == 200}
 *	hosts:
 *	  web-1: {service: checkout, role: web}
 *	alerts:
 *	  - {match: {namespace: shop, job: "~checkout-.*"}, service: checkout}
 */
#include "model/internal.h"

#define TIER_DEFAULT 3
#define DEPENDS_ON_MAX 256

static const char *const severities[] = { "sev1", "sev2", "sev3", "sev4" };

/* ---- services ---- */

void
services_declare(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	m->services = arena_new(r->arena, struct service, section->n);
	m->services_n = section->n;
	known_init(r, &r->services, "service", "services", &m->service_by_name, section->n);
	for (size_t i = 0; i < section->n; i++) {
		struct service *service = &m->services[i];
		service->name = section->nodes[i]->key;
		service->system = service->name;
		service->tier = TIER_DEFAULT;
		service->environment = STR("production");
		service->place = node_place(section->nodes[i]);
		known_add(r, &r->services, section->nodes[i], service);
	}
}

struct service_nodes {
	const struct node *owner, *developers, *system, *tier, *journeys, *depends_on,
	    *page_always, *environment, *description, *look, *healthy, *blast;
};

static void
service_teams(struct reader *r, const struct service_nodes *n, struct service *service)
{
	if (n->owner != NULL)
		service->owner = read_ref(r, &r->teams, n->owner);
	if (service->owner != NULL && service->owner->kind == TEAM_DEVELOPMENT) {
		read_error(r, n->owner,
		    STR("name the operations team that answers; developers go under "
			"'developers'"),
		    "development team '%.*s' cannot own a service",
		    STR_ARG(n->owner->text));
		service->owner = NULL;
	}
	if (n->developers == NULL)
		return;
	service->developers = read_ref(r, &r->teams, n->developers);
	if (service->developers != NULL && service->developers->kind == TEAM_OPERATIONS)
		read_error(r, n->developers, STR("name a team of kind: development"),
		    "operations team '%.*s' cannot receive handoffs",
		    STR_ARG(n->developers->text));
}

static void
service_dependencies(struct reader *r, const struct node *node, struct service *service)
{
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, DEPENDS_ON_MAX))
		return;
	service->depends_on = arena_new(r->arena, const struct service *, node->n);
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		const struct service *other = read_ref(r, &r->services, item);
		if (other == NULL)
			continue;
		if (other == service) {
			read_error(r, item, STR("remove it"),
			    "service '%.*s' depends on itself", STR_ARG(service->name));
			continue;
		}
		bool twice = false;
		for (size_t i = 0; i < service->depends_on_n; i++)
			twice = twice || service->depends_on[i] == other;
		if (twice)
			read_error(r, item, STR("remove one"), "'%.*s' is here twice",
			    STR_ARG(other->name));
		else
			service->depends_on[service->depends_on_n++] = other;
	}
}

static void
service_look(struct reader *r, const struct node *node, struct service *service)
{
	const struct node *dashboards = NULL, *logs = NULL, *evidence = NULL;
	str names[] = { STR("service") };
	const struct strs allowed = { names, countof(names) };
	const struct key keys[] = {
		{ "dashboards", &dashboards },
		{ "logs", &logs },
		{ "evidence", &evidence },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	if (dashboards != NULL)
		(void)read_strs(r, dashboards, true, &service->dashboards);
	if (logs != NULL)
		(void)read_strs(r, logs, true, &service->logs);
	if (evidence != NULL)
		read_evidence(r, evidence, &allowed, &service->evidence,
		    &service->evidence_n);
}

static void
service_healthy(struct reader *r, const struct node *node, struct service *service)
{
	str names[] = { STR("target"), STR("service") };
	const struct strs allowed = { names, countof(names) };
	struct probe_nodes n = { 0 };
	const struct key keys[] = { PROBE_KEYS(&n) };
	struct probe *probe = arena_new(r->arena, struct probe, 1);
	/* What is wrong with it is said here, not once more where it is needed. */
	service->healthy = probe;
	if (read_map(r, node, NULL, keys, countof(keys)))
		(void)read_probe(r, node, "'healthy'", &n, &allowed, probe);
}

static void
service_read(struct reader *r, const struct node *node, struct service *service)
{
	struct service_nodes n = { 0 };
	const struct key keys[] = {
		{ "owner", &n.owner, .required = true },
		{ "developers", &n.developers },
		{ "system", &n.system },
		{ "tier", &n.tier },
		{ "journeys", &n.journeys },
		{ "depends_on", &n.depends_on },
		{ "page_always", &n.page_always },
		{ "environment", &n.environment },
		{ "description", &n.description },
		{ "look", &n.look },
		{ "healthy", &n.healthy },
		{ "blast", &n.blast },
	};
	(void)read_map(r, node, "service", keys, countof(keys));
	service_teams(r, &n, service);
	if (n.system != NULL)
		(void)read_name(r, n.system, &service->system);
	if (n.tier != NULL)
		(void)read_u32(r, n.tier, 1, 4, &service->tier);
	if (n.journeys != NULL)
		(void)read_strs(r, n.journeys, false, &service->journeys);
	if (n.page_always != NULL)
		(void)read_bool(r, n.page_always, &service->page_always);
	if (n.depends_on != NULL)
		service_dependencies(r, n.depends_on, service);
	if (n.environment != NULL)
		(void)read_name(r, n.environment, &service->environment);
	if (n.description != NULL)
		(void)read_text(r, n.description, &service->description);
	if (n.look != NULL)
		service_look(r, n.look, service);
	if (n.healthy != NULL)
		service_healthy(r, n.healthy, service);
	if (n.blast != NULL)
		(void)read_share(r, n.blast, &service->blast);
}

/* Who depends on whom, the other way round. */
static void
derive_dependents(struct reader *r)
{
	struct model *m = r->model;
	size_t *count = arena_new(r->arena, size_t, m->services_n);
	for (size_t i = 0; i < m->services_n; i++)
		for (size_t k = 0; k < m->services[i].depends_on_n; k++)
			count[m->services[i].depends_on[k] - m->services]++;
	for (size_t i = 0; i < m->services_n; i++)
		m->services[i].dependents =
		    arena_new(r->arena, const struct service *, count[i]);
	for (size_t i = 0; i < m->services_n; i++) {
		for (size_t k = 0; k < m->services[i].depends_on_n; k++) {
			size_t other = (size_t)(m->services[i].depends_on[k] - m->services);
			struct service *needed = &m->services[other];
			needed->dependents[needed->dependents_n++] = &m->services[i];
		}
	}
}

void
services_read(struct reader *r, const struct section *section)
{
	for (size_t i = 0; i < section->n; i++)
		service_read(r, section->nodes[i], &r->model->services[i]);
	derive_dependents(r);
}

/* ---- hosts ---- */

void
hosts_declare(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	m->hosts = arena_new(r->arena, struct host, section->n);
	m->hosts_n = section->n;
	known_init(r, &r->hosts, "host", "hosts", &m->host_by_name, section->n);
	for (size_t i = 0; i < section->n; i++) {
		m->hosts[i].name = section->nodes[i]->key;
		m->hosts[i].place = node_place(section->nodes[i]);
		known_add(r, &r->hosts, section->nodes[i], &m->hosts[i]);
	}
}

void
hosts_read(struct reader *r, const struct section *section)
{
	for (size_t i = 0; i < section->n; i++) {
		struct host *host = &r->model->hosts[i];
		const struct node *service = NULL, *role = NULL, *environment = NULL;
		const struct key keys[] = {
			{ "service", &service, .required = true },
			{ "role", &role },
			{ "environment", &environment },
		};
		/* A target names one of them, and the one is judged otherwise than the other. */
		if (model_service(r->model, host->name) != NULL)
			read_error_key(r, section->nodes[i],
			    STR("a target would mean either: give one of them another "
				"name, such as 'db-1' for a host of 'db'"),
			    "host '%.*s' is called like a service", STR_ARG(host->name));
		if (!read_map(r, section->nodes[i], "host", keys, countof(keys)))
			continue;
		host->service = read_ref(r, &r->services, service);
		if (host->service != NULL)
			host->environment = host->service->environment;
		if (role != NULL)
			(void)read_name(r, role, &host->role);
		if (environment != NULL)
			(void)read_name(r, environment, &host->environment);
	}
}

/* ---- alerts ---- */

void
alerts_read(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	m->alert_rules = arena_new(r->arena, struct alert_rule, section->n);
	m->alert_rules_n = section->n;
	for (size_t i = 0; i < section->n; i++) {
		struct alert_rule *rule = &m->alert_rules[i];
		const struct node *match = NULL, *service = NULL, *severity = NULL,
				  *recurrence = NULL;
		const struct key keys[] = {
			{ "match", &match, .required = true },
			{ "service", &service, .required = true },
			{ "severity", &severity },
			{ "recurrence", &recurrence },
		};
		rule->place = node_place(section->nodes[i]);
		(void)read_map(r, section->nodes[i], "alert rule", keys, countof(keys));
		if (match != NULL)
			(void)read_matchers(r, match, &rule->match);
		if (service != NULL)
			rule->service = read_ref(r, &r->services, service);
		unsigned choice;
		if (severity != NULL && read_choice(r, severity, "severity", severities,
					    countof(severities), &choice))
			rule->severity = (enum severity)(choice + 1);
		if (recurrence != NULL)
			(void)read_strs(r, recurrence, false, &rule->recurrence);
	}
}
