/*
 * Where rules stand, so that a request meets few of them.
 *
 * Of ten thousand rules a request is about a handful. Each rule is filed under every verb
 * and action name in `may` (a prohibition of anything under a word of its own), and there
 * on the narrowest kind of shelf its scope allows:
 *
 *	restart -> by service: checkout -> [rule 3, rule 17]
 *	           by system:  shop     -> [rule 5]
 *	           by tier:    1        -> [rule 1, rule 2]
 *
 * A request walks at most three words (verb, name, any) times three shelves. What it finds
 * fits by word and selector; the other selectors are still to be checked.
 */
#include <stdlib.h>

#include "authority/internal.h"

#define SHELVES_OF_RULE_MAX 32 /* under each of its words */

/* Called for each shelf on which a rule belongs. */
typedef void shelf_visit(struct shelf *shelf, const struct entry *entry,
    struct arena *arena);

static int
place_cmp(const void *a, const void *b)
{
	const struct rule *x = ((const struct entry *)a)->rule;
	const struct rule *y = ((const struct entry *)b)->rule;
	int by_file = str_cmp(x->place.file, y->place.file);
	if (by_file != 0)
		return by_file;
	if (x->place.line != y->place.line)
		return x->place.line < y->place.line ? -1 : 1;
	int by_name = str_cmp(x->name, y->name);
	if (by_name != 0)
		return by_name;
	return (x > y) - (x < y);
}

static struct word *
word_slot(struct names *words, struct arena *arena, str name)
{
	void **slot = names_slot(words, arena, name);
	if (*slot == NULL)
		*slot = arena_new(arena, struct word, 1);
	return *slot;
}

static struct shelf *
shelf_slot(struct names *shelves, struct arena *arena, str name)
{
	void **slot = names_slot(shelves, arena, name);
	if (*slot == NULL)
		*slot = arena_new(arena, struct shelf, 1);
	return *slot;
}

static void
count_entry(struct shelf *shelf, const struct entry *entry, struct arena *arena)
{
	(void)entry;
	(void)arena;
	shelf->cap++;
}

static void
file_entry(struct shelf *shelf, const struct entry *entry, struct arena *arena)
{
	if (shelf->p == NULL)
		shelf->p = arena_new(arena, const struct entry *, shelf->cap);
	if (shelf->n > 0 && shelf->p[shelf->n - 1] == entry)
		return; /* `may: [restart, restart]` */
	ASSERT(shelf->n < shelf->cap);
	shelf->p[shelf->n++] = entry;
}

/* A list that is long stands on the shelves of all tiers, lest a rule of a thousand verbs
 * and a thousand services be filed a million times. */
static bool
is_short(const struct strs *list)
{
	return list->n > 0 && list->n <= SHELVES_OF_RULE_MAX;
}

static void
visit_word(struct word *word, const struct entry *entry, struct arena *arena,
    shelf_visit *visit)
{
	const struct scope *on = &entry->rule->on;
	if (is_short(&on->services)) {
		for (size_t i = 0; i < on->services.n; i++)
			visit(shelf_slot(&word->by_service, arena, on->services.p[i]),
			    entry, arena);
		return;
	}
	if (is_short(&on->systems)) {
		for (size_t i = 0; i < on->systems.n; i++)
			visit(shelf_slot(&word->by_system, arena, on->systems.p[i]), entry,
			    arena);
		return;
	}
	for (unsigned tier = 0; tier < TIERS; tier++) {
		if (on->tiers == 0 || (on->tiers & (1u << tier)) != 0)
			visit(&word->by_tier[tier], entry, arena);
	}
}

/* Words of the rule, and whether its shelf says all of its scope. */
static void
prepare_entry(struct authority *authority, struct entry *entry, struct arena *arena)
{
	const struct rule *rule = entry->rule;
	const struct scope *on = &rule->on;
	entry->kind = (uint8_t)rule->kind;
	entry->anywhere = on->environments.n == 0;
	entry->always = rule->during == NULL;
	entry->bounded = rule_has_limits(rule);
	entry->from_wall = rule->from_wall;
	entry->until_wall = rule->until_wall;
	bool services = on->services.n > 0;
	bool systems = on->systems.n > 0;
	bool is_long =
	    (services && !is_short(&on->services)) || (systems && !is_short(&on->systems));
	entry->shelved = !is_long && services + systems + (on->tiers != 0) <= 1;
	entry->words_n = rule->any ? 0 : rule->may.n;
	entry->words = arena_new(arena, struct word *, entry->words_n);
	for (size_t i = 0; i < entry->words_n; i++)
		entry->words[i] = word_slot(&authority->words, arena, rule->may.p[i]);
}

static void
visit_all(struct authority *authority, struct arena *arena, shelf_visit *visit)
{
	for (size_t i = 0; i < authority->entries_n; i++) {
		const struct entry *entry = &authority->entries[i];
		if (entry->rule->any)
			visit_word(authority->any, entry, arena, visit);
		for (size_t m = 0; m < entry->words_n; m++)
			visit_word(entry->words[m], entry, arena, visit);
	}
}

/* ---- hosts ---- */

static int
group_cmp(const struct host *x, const struct host *y)
{
	int by_service = str_cmp(x->service->name, y->service->name);
	if (by_service != 0)
		return by_service;
	int by_role = str_cmp(x->role, y->role);
	return by_role != 0 ? by_role : str_cmp(x->environment, y->environment);
}

static int
host_cmp(const void *a, const void *b)
{
	const struct host *x = *(const struct host *const *)a;
	const struct host *y = *(const struct host *const *)b;
	int by_group = group_cmp(x, y);
	return by_group != 0 ? by_group : str_cmp(x->name, y->name);
}

static void
group_hosts(struct authority *authority, struct arena *arena)
{
	const struct model *model = authority->model;
	size_t n = model->hosts_n;
	authority->hosts = arena_new(arena, const struct host *, n);
	authority->group_of_host = arena_new(arena, struct host_run, n);
	authority->of_service = arena_new(arena, struct host_run, model->services_n);
	for (size_t i = 0; i < n; i++)
		authority->hosts[i] = &model->hosts[i];
	if (n > 0)
		qsort(authority->hosts, n, sizeof(const struct host *), host_cmp);
	for (uint32_t first = 0, end = 0; first < n; first = end) {
		const struct host *host = authority->hosts[first];
		while (end < n && group_cmp(host, authority->hosts[end]) == 0)
			end++;
		for (uint32_t i = first; i < end; i++)
			authority->group_of_host[authority->hosts[i] - model->hosts] =
			    (struct host_run){ first, end - first };
		const struct service *service = model_service(model, host->service->name);
		if (service == NULL)
			continue;
		struct host_run *of = &authority->of_service[service - model->services];
		if (of->n == 0)
			of->first = first;
		of->n += end - first;
	}
}

size_t
authority_arena_bytes(const struct model *model)
{
	/* A word costs a node of its table besides itself; so does a shelf. */
	const size_t node_bytes = 128;
	const size_t shelf_bytes = node_bytes + sizeof(struct shelf) + sizeof(void *);
	const size_t word_bytes = node_bytes + sizeof(struct word) + sizeof(void *);
	size_t bytes = sizeof(struct authority) + sizeof(struct word) + 4096;
	bytes += model->hosts_n * (sizeof(struct host *) + sizeof(struct host_run));
	bytes += model->services_n * sizeof(struct host_run);
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		size_t words = rule->any ? 1 : rule->may.n;
		size_t shelves = TIERS;
		if (is_short(&rule->on.services) && rule->on.services.n > shelves)
			shelves = rule->on.services.n;
		if (is_short(&rule->on.systems) && rule->on.systems.n > shelves)
			shelves = rule->on.systems.n;
		bytes += sizeof(struct entry);
		bytes += words * (word_bytes + shelves * shelf_bytes);
	}
	return bytes;
}

struct authority *
authority_new(const struct model *model, struct arena *arena)
{
	struct authority *authority = arena_new(arena, struct authority, 1);
	authority->model = model;
	authority->any = arena_new(arena, struct word, 1);
	authority->entries_n = model->rules_n;
	authority->entries = arena_new(arena, struct entry, model->rules_n);

	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		authority->entries[i].rule = rule;
		if (rule_window_ms(rule) > authority->window_ms)
			authority->window_ms = rule_window_ms(rule);
	}
	if (model->rules_n > 0)
		qsort(authority->entries, model->rules_n, sizeof(struct entry), place_cmp);
	for (size_t i = 0; i < model->rules_n; i++)
		authority->entries[i].order = (uint32_t)i;
	for (size_t i = 0; i < model->rules_n; i++)
		prepare_entry(authority, &authority->entries[i], arena);

	group_hosts(authority, arena);
	visit_all(authority, arena, count_entry);
	visit_all(authority, arena, file_entry);
	return authority;
}

msec
authority_window_ms(const struct authority *authority)
{
	return authority->window_ms;
}

static const struct word *
word_get(const struct authority *authority, str text)
{
	return names_get(&authority->words, text);
}

bool
entry_names(const struct entry *entry, const struct word *verb, const struct word *name)
{
	if (entry->rule->any)
		return true;
	for (size_t i = 0; i < entry->words_n; i++) {
		if (entry->words[i] == verb || entry->words[i] == name)
			return true;
	}
	return false;
}

static void
walk_add(struct walk *walk, const struct shelf *shelf)
{
	if (shelf != NULL && shelf->n > 0)
		walk->shelves[walk->n++] = shelf;
}

static void
walk_word(struct walk *walk, const struct word *word, const struct service *service)
{
	if (word == NULL)
		return;
	ASSERT(service->tier < TIERS);
	walk_add(walk, names_get(&word->by_service, service->name));
	walk_add(walk, names_get(&word->by_system, service->system));
	walk_add(walk, &word->by_tier[service->tier]);
}

void
walk_begin(struct walk *walk, const struct authority *authority,
    const struct action *action, const struct service *service)
{
	*walk = (struct walk){
		.verb = word_get(authority, action->verb),
		.name = word_get(authority, action->name),
	};
	walk_word(walk, walk->verb, service);
	walk->by_name = walk->n;
	if (walk->name != walk->verb)
		walk_word(walk, walk->name, service);
	walk->by_any = walk->n;
	walk_word(walk, authority->any, service);
}

const struct entry *
walk_next(struct walk *walk)
{
	while (walk->shelf < walk->n) {
		const struct shelf *shelf = walk->shelves[walk->shelf];
		if (walk->next == shelf->n) {
			walk->shelf++;
			walk->next = 0;
			continue;
		}
		const struct entry *entry = shelf->p[walk->next++];
		/* `may` names both: it was met under the verb. */
		bool by_name = walk->shelf >= walk->by_name && walk->shelf < walk->by_any;
		if (by_name && entry_names(entry, walk->verb, NULL))
			continue;
		return entry;
	}
	return NULL;
}
