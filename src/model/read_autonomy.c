/*
 * autonomy: how far runbooks may go by themselves, as the owner of services says.
 *
 *	autonomy:
 *	  - {service: ledger, level: plan, owner: ana}
 *	  - {runbook: [drop-cache, drop-table], service: payments, level: step, owner: ana}
 *	  - {trust: earned, owner: ana}
 *
 * Of all rules that match, and the runbook's own ceiling, the least holds. What is not
 * named is not asked for: a rule without `runbook` is about every runbook.
 */
#include "model/internal.h"

bool
read_autonomy(struct reader *r, const struct node *node, const char *what,
    enum autonomy *ret)
{
	unsigned level;
	if (!read_choice(r, node, what, autonomy_names + AUTONOMY_SUGGEST,
		AUTONOMY_COUNT - AUTONOMY_SUGGEST, &level))
		return false;
	*ret = (enum autonomy)(AUTONOMY_SUGGEST + level);
	return true;
}

/* Is there a host to drill it on? */
static bool
has_environment(const struct reader *r, const struct runbook *runbook, str environment)
{
	const struct model *m = r->model;
	for (size_t i = 0; i < m->hosts_n; i++) {
		bool of = runbook->services_n == 0;
		for (size_t k = 0; k < runbook->services_n; k++)
			of = of || runbook->services[k] == m->hosts[i].service;
		if (of && str_eq(m->hosts[i].environment, environment))
			return true;
	}
	return false;
}

void
read_drill(struct reader *r, const struct node *node, struct runbook *runbook)
{
	const struct node *every = NULL, *in = NULL;
	const struct key keys[] = {
		{ "every", &every, .required = true },
		{ "in", &in, .required = true },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	if (!read_duration(r, every, DRILL_EVERY_MS_MIN, DURATION_MS_MAX,
		&runbook->drill_every_ms) ||
	    !read_name(r, in, &runbook->drill_in))
		return;
	if (!has_environment(r, runbook, runbook->drill_in) && !r->incomplete)
		read_error(r, in,
		    STR("write the environment of hosts that the service has for it"),
		    "there is no host in '%.*s' to drill it on",
		    STR_ARG(runbook->drill_in));
	for (size_t i = 0; i < runbook->services_n; i++) {
		if (str_eq(runbook->services[i]->environment, runbook->drill_in))
			read_error(r, in, STR("a drill is in another environment"),
			    "'%.*s' itself is in '%.*s'",
			    STR_ARG(runbook->services[i]->name),
			    STR_ARG(runbook->drill_in));
	}
}

/* One name, or a list of them; an empty list never means everything. */
static void
read_names(struct reader *r, const struct node *node, const struct known *known,
    struct strs *ret)
{
	if (!read_strs(r, node, true, ret))
		return;
	if (ret->n == 0)
		read_error(r, node, STR("an empty list never means everything"),
		    "'%.*s' names nothing", STR_ARG(node->key));
	const struct node *item = node->kind == NODE_TEXT ? node : node->first;
	for (; item != NULL; item = node->kind == NODE_TEXT ? NULL : item->next)
		(void)read_ref(r, known, item);
}

static void
read_rule(struct reader *r, const struct node *node, const struct known *runbooks,
    struct autonomy_rule *rule)
{
	static const char *const trusts[] = { "declared", "earned" };
	const struct node *runbook = NULL, *service = NULL, *level = NULL, *owner = NULL,
			  *trust = NULL, *shadow = NULL;
	const struct key keys[] = {
		{ "owner", &owner, .required = true },
		{ "level", &level },
		{ "trust", &trust },
		{ "shadow", &shadow },
		{ "runbook", &runbook },
		{ "service", &service },
	};
	unsigned word;
	rule->place = node_place(node);
	if (read_map(r, node, "rule of autonomy", keys, countof(keys)) && level == NULL &&
	    trust == NULL && shadow == NULL)
		read_error(r, node, STR("write a level, trust: earned or shadow: true"),
		    "this rule of autonomy says nothing");
	if (trust != NULL && read_choice(r, trust, "trust", trusts, countof(trusts), &word))
		rule->earned = word == 1;
	if (shadow != NULL)
		(void)read_bool(r, shadow, &rule->shadow);
	if (level != NULL)
		(void)read_autonomy(r, level, "level", &rule->level);
	if (owner != NULL)
		rule->owner = read_ref(r, &r->people, owner);
	if (runbook != NULL)
		read_names(r, runbook, runbooks, &rule->runbooks);
	if (service != NULL)
		read_names(r, service, &r->services, &rule->services);
}

void
autonomy_read(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	if (section->n > AUTONOMY_RULES_MAX) {
		read_error(r, section->nodes[AUTONOMY_RULES_MAX], STR(""),
		    "more than %d rules of autonomy", AUTONOMY_RULES_MAX);
		return;
	}
	struct known runbooks = { .kind = "runbook",
		.section = "runbooks/",
		.by_name = &m->runbook_by_name,
		.list = arena_new(r->arena, str, m->runbooks_n) };
	for (size_t i = 0; i < m->runbooks_n; i++)
		runbooks.list[runbooks.n++] = m->runbooks[i].name;
	m->autonomy = arena_new(r->arena, struct autonomy_rule, section->n);
	for (size_t i = 0; i < section->n; i++)
		read_rule(r, section->nodes[i], &runbooks, &m->autonomy[m->autonomy_n++]);
}

static bool
names(const struct strs *names, str name)
{
	for (size_t i = 0; i < names->n; i++) {
		if (str_eq(names->p[i], name))
			return true;
	}
	return names->n == 0;
}

enum autonomy
model_autonomy(const struct model *model, const struct runbook *runbook, str service,
    const struct autonomy_rule **ret_rule)
{
	enum autonomy least = runbook->ceiling;
	*ret_rule = NULL;
	for (size_t i = 0; i < model->autonomy_n; i++) {
		const struct autonomy_rule *rule = &model->autonomy[i];
		if (rule->level != 0 && rule->level < least &&
		    names(&rule->runbooks, runbook->name) &&
		    names(&rule->services, service)) {
			least = rule->level;
			*ret_rule = rule;
		}
	}
	return least;
}

bool
model_must_earn(const struct model *model, const struct runbook *runbook, str service)
{
	for (size_t i = 0; i < model->autonomy_n; i++) {
		const struct autonomy_rule *rule = &model->autonomy[i];
		if (rule->earned && names(&rule->runbooks, runbook->name) &&
		    names(&rule->services, service))
			return true;
	}
	return false;
}

bool
model_shadows(const struct model *model, const struct runbook *runbook, str service)
{
	bool shadows = runbook->shadow;
	for (size_t i = 0; i < model->autonomy_n; i++) {
		const struct autonomy_rule *rule = &model->autonomy[i];
		shadows =
		    shadows || (rule->shadow && names(&rule->runbooks, runbook->name) &&
				   names(&rule->services, service));
	}
	return shadows;
}
