/*
 * The keys of each kind of rule. Where one is missing the answer is "everything" only if
 * that makes it stricter: a grant must say to whom, on what and until when; a limit, an
 * approval and a prohibition are about everybody and everything unless they say so.
 */
#include "model/rules.h"

#define NEED_MAX 16 /* people who must agree; as many are shown who may */
#define EXPIRES_MS_DEFAULT (15 * MINUTE)
#define EXPIRES_MS_MIN (10 * SECOND)
#define EXPIRES_MS_MAX DAY

struct rule_reader {
	struct reader *r;
	const struct vocabulary *v;
	const struct node *map;
	struct rule *rule;
};

/* What all kinds have. */
struct rule_nodes {
	const struct node *name, *to, *deeds, *on, *during, *from, *until, *owner;
};

static const char *
kind_text(enum rule_kind kind)
{
	switch (kind) {
	case RULE_GRANT:
		return "grant";
	case RULE_PROHIBITION:
		return "prohibition";
	case RULE_LIMIT:
		return "limit";
	case RULE_APPROVAL:
		return "approval";
	}
	UNREACHABLE();
}

static void
read_deeds(struct rule_reader *s, const struct node *node)
{
	bool any = node->kind == NODE_TEXT && str_eq(node->text, STR("any"));
	if (any && s->rule->kind == RULE_GRANT)
		read_error(s->r, node, STR("name verbs or actions, as in [restart]"),
		    "a grant names what it allows");
	else if (any)
		s->rule->any = true;
	else
		read_words(s->r, node, "verb or action", &s->v->deeds, &s->rule->may);
}

/* From the beginning of a day until the end of a day, in UTC. */
static void
read_force(struct rule_reader *s, const struct rule_nodes *n)
{
	struct rule *rule = s->rule;
	int64_t days;
	if (n->from != NULL && read_date(s->r, n->from, &days))
		rule->from_wall = (msec)days * DAY;
	if (n->until != NULL && read_date(s->r, n->until, &days)) {
		rule->until_wall = (msec)(days + 1) * DAY;
		rule->has_end = true;
	}
	if (rule->has_end && rule->until_wall <= rule->from_wall)
		read_error(s->r, n->until, STR("'until' lies after 'from'"),
		    "this %s ends before it begins", kind_text(rule->kind));
	if (n->during != NULL)
		rule->during = read_ref(s->r, &s->r->calendars, n->during);
	if (n->during != NULL)
		need_own_times(s->r, n->during, rule->during, "what is allowed");
}

static void
read_common(struct rule_reader *s, const struct rule_nodes *n)
{
	if (n->name != NULL)
		(void)read_text(s->r, n->name, &s->rule->name);
	if (n->to != NULL)
		read_principals(s->r, n->to, &s->rule->to, &s->rule->to_n);
	if (n->deeds != NULL)
		read_deeds(s, n->deeds);
	if (n->on != NULL)
		read_scope(s->r, n->on, s->v, &s->rule->on);
	read_force(s, n);
	if (n->owner != NULL)
		s->rule->owner = read_ref(s->r, &s->r->people, n->owner);
}

static void
read_grant(struct rule_reader *s)
{
	static const char *const whiles[] = { "incident" };
	struct rule_nodes n = { 0 };
	const struct node *with = NULL, *within = NULL, *when = NULL;
	const struct key keys[] = {
		{ "grant", &n.name, .required = true },
		{ "to", &n.to, .required = true },
		{ "may", &n.deeds, .required = true },
		{ "on", &n.on },
		{ "with", &with },
		{ "within", &within },
		{ "while", &when },
		{ "during", &n.during },
		{ "from", &n.from },
		{ "until", &n.until, .required = true },
		{ "owner", &n.owner, .required = true },
	};
	(void)read_map(s->r, s->map, "grant", keys, countof(keys));
	read_common(s, &n);
	if (node_get(s->map, STR("on")) == NULL)
		read_error_key(s->r, s->map,
		    STR("write on: {tier: [1, 2, 3, 4]} if you mean everything"),
		    "this grant does not say on what");
	if (with != NULL)
		read_bounds(s->r, with, s->rule);
	if (within != NULL)
		read_within(s->r, within, s->v, s->rule);
	unsigned choice;
	if (when != NULL)
		s->rule->while_incident =
		    read_choice(s->r, when, "state", whiles, countof(whiles), &choice);
}

static void
read_limit(struct rule_reader *s)
{
	struct rule_nodes n = { 0 };
	const struct node *within = NULL, *liftable = NULL;
	const struct key keys[] = {
		{ "limit", &n.name, .required = true },
		{ "for", &n.deeds, .required = true },
		{ "to", &n.to },
		{ "on", &n.on },
		{ "within", &within, .required = true },
		{ "during", &n.during },
		{ "from", &n.from },
		{ "until", &n.until },
		{ "owner", &n.owner },
		{ "liftable", &liftable },
	};
	(void)read_map(s->r, s->map, "limit", keys, countof(keys));
	read_common(s, &n);
	if (within != NULL)
		read_within(s->r, within, s->v, s->rule);
	if (liftable != NULL)
		(void)read_bool(s->r, liftable, &s->rule->liftable);
}

static void
read_prohibition(struct rule_reader *s)
{
	struct rule_nodes n = { 0 };
	const struct node *because = NULL, *liftable = NULL;
	const struct key keys[] = {
		{ "prohibit", &n.name, .required = true },
		{ "may", &n.deeds, .required = true },
		{ "to", &n.to },
		{ "on", &n.on },
		{ "during", &n.during },
		{ "from", &n.from },
		{ "until", &n.until },
		{ "because", &because },
		{ "owner", &n.owner },
		{ "liftable", &liftable },
	};
	(void)read_map(s->r, s->map, "prohibition", keys, countof(keys));
	read_common(s, &n);
	if (because != NULL)
		(void)read_text(s->r, because, &s->rule->because);
	if (liftable != NULL)
		(void)read_bool(s->r, liftable, &s->rule->liftable);
}

/* ---- approvals: by whom ---- */

/* People whom `by` covers: some always, some while they are on duty. */
struct cover {
	const struct model *m;
	bool *seen; /* by index of the person */
	size_t n;   /* different ones */
};

static void
cover_person(struct cover *c, const struct person *person)
{
	size_t i = (size_t)(person - c->m->people);
	if (c->seen[i])
		return;
	c->seen[i] = true;
	c->n++;
}

static void
cover_rotations(struct cover *c, const struct team *team, bool guests)
{
	for (size_t i = 0; i < team->rotation_n; i++) {
		const struct rotation *rotation = &team->rotations[i];
		size_t n = rotation->people_n - (guests ? 0 : rotation->guests_n);
		for (size_t k = 0; k < n; k++)
			cover_person(c, rotation->people[k]);
	}
}

/* No more than so many people are covered by `by` at any one time. */
static size_t
people_at_once(const struct model *m, const struct rule *rule, struct arena scratch)
{
	struct cover c = { m, arena_new(&scratch, bool, m->people_n), 0 };
	size_t turns = 0;
	for (size_t i = 0; i < rule->by_n; i++) {
		const struct principal *by = &rule->by[i];
		if (by->kind == PRINCIPAL_PERSON)
			cover_person(&c, names_get(&m->person_by_name, by->name));
		if (by->kind == PRINCIPAL_ON_DUTY)
			turns += by->team->rotation_n;
		if (by->kind != PRINCIPAL_TEAM)
			continue;
		cover_rotations(&c, by->team, false);
		if (by->team->lead != NULL)
			cover_person(&c, by->team->lead);
	}
	size_t always = c.n;
	for (size_t i = 0; i < rule->by_n; i++) {
		if (rule->by[i].kind == PRINCIPAL_ON_DUTY)
			cover_rotations(&c, rule->by[i].team, true);
	}
	return c.n < always + turns ? c.n : always + turns;
}

/* A single principal, or a list of them; all of them people. False when who is meant is
 * not known: that is reported already. */
static bool
read_by(struct rule_reader *s, const struct node *node)
{
	struct reader *r = s->r;
	struct rule *rule = s->rule;
	unsigned faults = r->diags->count;
	if (node->kind == NODE_LIST) {
		read_principals(r, node, &rule->by, &rule->by_n);
	} else {
		rule->by = arena_new(r->arena, struct principal, 1);
		rule->by_n = 1;
		read_principal(r, node, &rule->by[0]);
	}
	const struct node *item = node->kind == NODE_LIST ? node->first : node;
	for (size_t i = 0; i < rule->by_n; i++, item = item->next) {
		bool agent = rule->by[i].kind == PRINCIPAL_AGENT;
		if (!agent && rule->by[i].kind != PRINCIPAL_AUTOMATION)
			continue;
		read_error(r, item, STR("name people: person: X, team: X or on-duty: X"),
		    agent ? "an agent never approves" : "automation never approves");
	}
	return faults == r->diags->count && !r->incomplete;
}

static void
check_need(struct rule_reader *s, const struct node *by, const struct node *need)
{
	size_t most = people_at_once(s->r->model, s->rule, *s->r->arena);
	if (most >= s->rule->need)
		return;
	if (most == 0)
		read_error(s->r, by, STR("name people, or a team that has some on call"),
		    "'by' covers nobody");
	else
		read_error(s->r, need, STR("name more people in 'by', or lower 'need'"),
		    "'by' never covers more than %zu at once", most);
}

static void
read_approval(struct rule_reader *s)
{
	static const char *const nots[] = { "reloader" };
	struct rule_nodes n = { 0 };
	const struct node *when = NULL, *by = NULL, *need = NULL, *not = NULL,
			  *expires = NULL, *liftable = NULL;
	const struct key keys[] = {
		{ "approval", &n.name, .required = true },
		{ "for", &n.deeds, .required = true },
		{ "to", &n.to },
		{ "on", &n.on },
		{ "when", &when },
		{ "by", &by, .required = true },
		{ "need", &need },
		{ "not", &not },
		{ "expires", &expires },
		{ "during", &n.during },
		{ "from", &n.from },
		{ "until", &n.until },
		{ "owner", &n.owner },
		{ "liftable", &liftable },
	};
	struct reader *r = s->r;
	s->rule->need = 1;
	s->rule->expires_ms = EXPIRES_MS_DEFAULT;
	(void)read_map(r, s->map, "approval", keys, countof(keys));
	read_common(s, &n);
	if (when != NULL)
		read_whens(r, when, s->rule);
	bool known = by != NULL && read_by(s, by);
	bool counted = need == NULL || read_u32(r, need, 1, NEED_MAX, &s->rule->need);
	if (known && counted)
		check_need(s, by, need);
	unsigned choice;
	if (not != NULL)
		s->rule->not_reloader =
		    read_choice(r, not, "exception", nots, countof(nots), &choice);
	if (expires != NULL)
		(void)read_duration(r, expires, EXPIRES_MS_MIN, EXPIRES_MS_MAX,
		    &s->rule->expires_ms);
	if (liftable != NULL)
		(void)read_bool(r, liftable, &s->rule->liftable);
}

void
read_rule(struct reader *r, const struct node *node, const struct vocabulary *v,
    struct rule *rule)
{
	struct rule_reader s = { .r = r, .v = v, .map = node, .rule = rule };
	switch (rule->kind) {
	case RULE_GRANT:
		read_grant(&s);
		return;
	case RULE_PROHIBITION:
		read_prohibition(&s);
		return;
	case RULE_LIMIT:
		read_limit(&s);
		return;
	case RULE_APPROVAL:
		read_approval(&s);
		return;
	}
	UNREACHABLE();
}
