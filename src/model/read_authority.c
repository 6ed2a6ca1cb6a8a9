/*
 * authority: who may do what, on which services, within which bounds.
 *
 *	authority:
 *	  - grant: on-duty operators restart tier 1 to 3
 *	    to: [on-duty: platform-ops, automation]
 *	    may: [restart]
 *	    on: {tier: [1, 2, 3]}
 *	    within: {per_service: 3 in 1h, at_once: 1}
 *	    while: incident
 *	    until: 2027-06-30
 *	    owner: ana
 *	  - limit: two hosts of a group an hour, whoever does it
 *	    for: any
 *	    within: {targets: 2 in 1h, keep_healthy: 60%}
 *	  - approval: more than double needs a second operator
 *	    for: [scale]
 *	    when: {replicas: "> 2x"}
 *	    by: {on-duty: platform-ops}
 *	  - {prohibit: nothing moves in the year-end freeze, may: any, during: year-end,
 *	     because: the books are closed}
 *
 * What a rule names must exist: a grant that misses its mark surprises nobody but its
 * author, a prohibition that does is a hole.
 */
#include "model/rules.h"

#define RULES_MAX 20000

static void
words_init(struct reader *r, struct words *words, size_t max)
{
	*words = (struct words){ .list = arena_new(r->arena, str, max) };
}

static void
words_add(struct reader *r, struct words *words, str word)
{
	if (word.n == 0)
		return;
	void **slot = names_slot(&words->seen, r->arena, word);
	if (*slot != NULL)
		return;
	*slot = words;
	words->list[words->n++] = word;
}

static void
vocabulary_make(struct reader *r, struct vocabulary *v)
{
	const struct model *m = r->model;
	words_init(r, &v->deeds, 2 * m->actions_n);
	words_init(r, &v->systems, m->services_n);
	words_init(r, &v->environments, m->services_n + m->hosts_n);
	for (size_t i = 0; i < m->actions_n; i++)
		words_add(r, &v->deeds, m->actions[i].verb);
	for (size_t i = 0; i < m->actions_n; i++)
		words_add(r, &v->deeds, m->actions[i].name);
	for (size_t i = 0; i < m->services_n; i++) {
		words_add(r, &v->systems, m->services[i].system);
		words_add(r, &v->environments, m->services[i].environment);
	}
	for (size_t i = 0; i < m->hosts_n; i++)
		words_add(r, &v->environments, m->hosts[i].environment);
}

static void
check_word(struct reader *r, const struct node *node, const char *kind,
    const struct words *words)
{
	if (node->kind != NODE_TEXT || names_get(&words->seen, node->text) != NULL)
		return;
	str hint = read_suggest(r, node->text, words->list, words->n);
	if (hint.n == 0 && r->incomplete)
		return;
	if (hint.n == 0 && words->n > 0) {
		str all = read_join(r, words->list, words->n);
		hint = read_hint(r, "known here: %.*s", STR_ARG(all));
	}
	read_error(r, node, hint, "unknown %s '%.*s'", kind, STR_ARG(node->text));
}

void
read_words(struct reader *r, const struct node *node, const char *kind,
    const struct words *words, struct strs *ret)
{
	if (!read_at_most(r, node, RULE_LIST_MAX) || !read_strs(r, node, true, ret))
		return;
	if (node->kind == NODE_TEXT) {
		check_word(r, node, kind, words);
		return;
	}
	if (node->n == 0)
		read_error(r, node, STR("an empty list never means everything"),
		    "'%.*s' names nothing", STR_ARG(node->key));
	for (const struct node *item = node->first; item != NULL; item = item->next)
		check_word(r, item, kind, words);
}

/* ---- parts of rules ---- */

static void
principal_team(struct reader *r, const struct node *node, bool on_duty,
    struct principal *ret)
{
	ret->kind = on_duty ? PRINCIPAL_ON_DUTY : PRINCIPAL_TEAM;
	ret->name = node->text;
	ret->team = read_ref(r, &r->teams, node);
	if (on_duty && ret->team != NULL && ret->team->kind == TEAM_DEVELOPMENT)
		read_error(r, node, STR("name an operations team"),
		    "development team '%.*s' is never on duty", STR_ARG(node->text));
}

/* "automation", or the id of a person. */
static void
bare_principal(struct reader *r, const struct node *node, struct principal *ret)
{
	str name = node->text;
	ret->name = name;
	ret->kind = PRINCIPAL_PERSON;
	if (str_eq(name, STR("automation"))) {
		ret->kind = PRINCIPAL_AUTOMATION;
		return;
	}
	if (str_eq(name, STR("local-admin"))) {
		read_error(r, node,
		    STR("name a person, and give them a token of their own"),
		    "'local-admin' is the machine's own token: nothing is granted to it");
		return;
	}
	if (names_get(r->people.by_name, name) != NULL)
		return;
	if (names_get(r->teams.by_name, name) != NULL) {
		read_error(r, node,
		    read_hint(r, "write 'on-duty: %.*s' or 'team: %.*s'", STR_ARG(name),
			STR_ARG(name)),
		    "'%.*s' is a team, not a person", STR_ARG(name));
		return;
	}
	str automation = STR("automation");
	str hint = read_suggest(r, name, &automation, 1);
	if (hint.n > 0)
		read_error(r, node, hint, "unknown principal '%.*s'", STR_ARG(name));
	else
		(void)read_ref(r, &r->people, node);
}

void
read_principal(struct reader *r, const struct node *node, struct principal *ret)
{
	static const char *const kinds[] = { "automation", "person", "team", "on-duty",
		"agent" };
	str name;
	const struct node *value;
	if (!read_item(r, node, "principal", &name, &value))
		return;
	if (value == NULL) {
		bare_principal(r, node, ret);
		return;
	}

	str text;
	if (!read_name(r, value, &text))
		return;
	if (str_eq(name, STR("person"))) {
		*ret = (struct principal){ .kind = PRINCIPAL_PERSON, .name = text };
		(void)read_ref(r, &r->people, value);
	} else if (str_eq(name, STR("team")) || str_eq(name, STR("on-duty"))) {
		principal_team(r, value, str_eq(name, STR("on-duty")), ret);
	} else if (str_eq(name, STR("agent"))) {
		*ret = (struct principal){ .kind = PRINCIPAL_AGENT, .name = text };
	} else {
		str names[countof(kinds)];
		for (size_t i = 0; i < countof(kinds); i++)
			names[i] = str_of(kinds[i]);
		str hint = read_suggest(r, name, names, countof(names));
		read_error_key(r, value,
		    hint.n ? hint
			   : STR("write automation, person: X, team: X, on-duty: X or "
				 "agent: X"),
		    "unknown principal '%.*s'", STR_ARG(name));
	}
}

void
read_principals(struct reader *r, const struct node *node, struct principal **ret,
    size_t *ret_n)
{
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, RULE_LIST_MAX))
		return;
	if (node->n == 0)
		read_error(r, node, STR("as in [on-duty: platform-ops, ana]"),
		    "'%.*s' names nobody", STR_ARG(node->key));
	struct principal *list = arena_new(r->arena, struct principal, node->n);
	size_t n = 0;
	for (const struct node *item = node->first; item != NULL; item = item->next)
		read_principal(r, item, &list[n++]);
	*ret = list;
	*ret_n = n;
}

static void
services_in_scope(struct reader *r, const struct node *node, struct scope *ret)
{
	if (!read_at_most(r, node, RULE_LIST_MAX) ||
	    !read_strs(r, node, true, &ret->services))
		return;
	if (node->kind == NODE_TEXT) {
		(void)read_ref(r, &r->services, node);
		return;
	}
	if (node->n == 0)
		read_error(r, node, STR("an empty list never means everything"),
		    "'%.*s' names nothing", STR_ARG(node->key));
	for (const struct node *item = node->first; item != NULL; item = item->next)
		(void)read_ref(r, &r->services, item);
}

void
read_scope(struct reader *r, const struct node *node, const struct vocabulary *v,
    struct scope *ret)
{
	const struct node *service = NULL, *tier = NULL, *system = NULL,
			  *environment = NULL;
	const struct key keys[] = {
		{ "service", &service },
		{ "tier", &tier },
		{ "system", &system },
		{ "environment", &environment },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	if (node->n == 0)
		read_error(r, node,
		    STR("an empty selector never means everything: write {tier: [1, 2, 3, "
			"4]}"),
		    "'on' selects nothing");
	if (service != NULL)
		services_in_scope(r, service, ret);
	if (tier != NULL && read_tiers(r, tier, &ret->tiers) && ret->tiers == 0)
		read_error(r, tier, STR("an empty list never means everything"),
		    "'tier' names nothing");
	if (system != NULL)
		read_words(r, system, "system", &v->systems, &ret->systems);
	if (environment != NULL)
		read_words(r, environment, "environment", &v->environments,
		    &ret->environments);
}

/* ---- all rules ---- */

static const struct {
	const char *key;
	enum rule_kind kind;
} kinds[] = {
	{ "grant", RULE_GRANT },
	{ "limit", RULE_LIMIT },
	{ "approval", RULE_APPROVAL },
	{ "prohibit", RULE_PROHIBITION },
};

/* What kind the rule says it is; reports it when that is none, or several. */
static bool
find_kind(struct reader *r, const struct node *node, enum rule_kind *ret)
{
	str names[countof(kinds)];
	size_t found = 0;
	for (size_t i = 0; i < countof(kinds); i++) {
		names[i] = str_of(kinds[i].key);
		if (node_get(node, names[i]) == NULL)
			continue;
		*ret = kinds[i].kind;
		found++;
	}
	if (found == 1)
		return true;
	str hint = STR("");
	for (const struct node *key = node->first; found == 0 && key && hint.n == 0;
	     key = key->next)
		hint = read_suggest(r, key->key, names, countof(names));
	if (hint.n == 0)
		hint = STR("begin it with one of 'grant: SENTENCE', 'limit: SENTENCE', "
			   "'approval: SENTENCE' and 'prohibit: SENTENCE'");
	read_error_key(r, node, hint,
	    found ? "a rule is only one of grant, limit, approval and prohibit"
		  : "this rule is none of grant, limit, approval and prohibit");
	return false;
}

static size_t
indent_of(str line)
{
	size_t n = 0;
	while (n < line.n && line.p[n] == ' ')
		n++;
	return n;
}

/* From the line on which it begins to before the next that is indented no deeper. */
static str
written(const struct node *node)
{
	str text = node->src->text;
	size_t from = node->at.off < text.n ? node->at.off : text.n;
	while (from > 0 && text.p[from - 1] != '\n')
		from--;
	str rest = str_drop(text, from);
	size_t deep = indent_of(rest), n = 0;
	for (bool first = true; rest.n > 0; first = false) {
		struct str_cut line = str_cut(rest, '\n');
		bool empty = str_trim(line.head).n == 0;
		if (!first && !empty && indent_of(line.head) <= deep)
			break;
		rest = line.tail;
		if (!empty)
			n = (size_t)(line.head.p - text.p) + line.head.n - from;
	}
	return str_take(str_drop(text, from), n < RULE_TEXT_MAX ? n : RULE_TEXT_MAX);
}

void
authority_read(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	if (section->n > RULES_MAX) {
		read_error(r, section->nodes[RULES_MAX], STR(""), "more than %d rules",
		    RULES_MAX);
		return;
	}
	struct vocabulary vocabulary;
	vocabulary_make(r, &vocabulary);
	/* Room for what can be a rule: there may be many of nothing. */
	size_t n = 0;
	for (size_t i = 0; i < section->n; i++)
		n += section->nodes[i]->kind == NODE_MAP && section->nodes[i]->n > 0;
	m->rules = arena_new(r->arena, struct rule, n);
	for (size_t i = 0; i < section->n; i++) {
		const struct node *node = section->nodes[i];
		enum rule_kind kind;
		if (!read_is_map(r, node, "rule") || !find_kind(r, node, &kind))
			continue;
		struct rule *rule = &m->rules[m->rules_n++];
		rule->kind = kind;
		rule->place = node_place(node);
		rule->text = written(node);
		read_rule(r, node, &vocabulary, rule);
	}
}
