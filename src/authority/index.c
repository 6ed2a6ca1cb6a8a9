/*
 * Where rules stand, so that a request meets few of them.
 *
 * Of ten thousand rules a request is about a handful. Each rule is filed under every verb
 * and action name in `may` (a rule about anything under a word of its own), and there on
 * the narrowest kind of shelf its scope allows:
 *
 *	restart, service checkout -> [rule 3, rule 17]
 *	restart, system shop      -> [rule 5]
 *	restart, tier 1           -> [rule 1, rule 2]
 *
 * Shelves are found in one table by word and selector, both numbers. A request looks for at
 * most three words (verb, name, any) times three selectors. What it finds fits by these;
 * the other selectors are still to be checked. A word that no action of the configuration
 * answers to, or a service that is not in it, can never be asked for and has no shelf.
 */
#include <stdlib.h>

#include "authority/internal.h"
#include "authority/uses.h"

#define PREFETCH_MAX 8
#define SHELVES_OF_RULE_MAX 32 /* under each of its words */
#define SELECTORS_FIRST TIERS  /* tiers, then services, then systems */

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

/* ---- words and selectors ---- */

static struct word *
word_slot(struct authority *authority, struct arena *arena, str name)
{
	void **slot = names_slot(&authority->words, arena, name);
	if (*slot == NULL) {
		struct word *word = arena_new(arena, struct word, 1);
		*word = (struct word){ .name = name,
			.hash = name_hash(name),
			.id = ++authority->words_n };
		*slot = word;
	}
	return *slot;
}

static uint32_t
system_selector(struct authority *authority, struct arena *arena, str name)
{
	void **slot = names_slot(&authority->systems, arena, name);
	if (*slot == NULL)
		*slot = (void *)(uintptr_t)(SELECTORS_FIRST + authority->model->services_n +
					    ++authority->systems_n);
	return (uint32_t)(uintptr_t)*slot;
}

static uint64_t
shelf_key(uint32_t word, uint32_t selector)
{
	return ((uint64_t)word << 32 | selector) + 1;
}

static struct shelf *
shelf_home(const struct authority *authority, uint64_t key)
{
	size_t mask = authority->shelves_cap - 1;
	return &authority
	            ->shelves[(size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & mask];
}

/* The shelf of that key, or the free place where it belongs. */
static struct shelf *
shelf_at(const struct authority *authority, uint64_t key)
{
	size_t mask = authority->shelves_cap - 1;
	size_t i = (size_t)(shelf_home(authority, key) - authority->shelves);
	while (authority->shelves[i].key != 0 && authority->shelves[i].key != key)
		i = (i + 1) & mask;
	return &authority->shelves[i];
}

/* ---- where a rule is filed ---- */

/* Called for each shelf on which a rule belongs. */
typedef void shelf_visit(struct authority *authority, uint64_t key,
    const struct entry *entry);

static void
count_filing(struct authority *authority, uint64_t key, const struct entry *entry)
{
	(void)key;
	(void)entry;
	authority->filed_n++;
}

static void
count_shelf(struct authority *authority, uint64_t key, const struct entry *entry)
{
	struct shelf *shelf = shelf_at(authority, key);
	(void)entry;
	shelf->key = key;
	shelf->n++;
}

static void
file_entry(struct authority *authority, uint64_t key, const struct entry *entry)
{
	struct shelf *shelf = shelf_at(authority, key);
	uint32_t *filed = &authority->filed[shelf->first];
	if (shelf->n > 0 && filed[shelf->n - 1] == entry->order)
		return; /* `on: {service: [x, x]}` */
	filed[shelf->n++] = entry->order;
}

/* A list that is long stands on the shelves of all tiers, lest a rule of a thousand verbs
 * and a thousand services be filed a million times. */
static bool
is_short(const struct strs *list)
{
	return list->n > 0 && list->n <= SHELVES_OF_RULE_MAX;
}

static void
visit_word(struct authority *authority, uint32_t word, const struct entry *entry,
    shelf_visit *visit)
{
	const struct model *model = authority->model;
	const struct scope *on = &entry->rule->on;
	if (is_short(&on->services)) {
		for (size_t i = 0; i < on->services.n; i++) {
			const struct service *service =
			    model_service(model, on->services.p[i]);
			if (service != NULL)
				visit(authority,
				    shelf_key(word,
					SELECTORS_FIRST +
					    (uint32_t)(service - model->services)),
				    entry);
		}
		return;
	}
	if (is_short(&on->systems)) {
		for (size_t i = 0; i < on->systems.n; i++) {
			void *selector = names_get(&authority->systems, on->systems.p[i]);
			if (selector != NULL)
				visit(authority,
				    shelf_key(word, (uint32_t)(uintptr_t)selector), entry);
		}
		return;
	}
	for (unsigned tier = 0; tier < TIERS; tier++) {
		if (on->tiers == 0 || (on->tiers & (1u << tier)) != 0)
			visit(authority, shelf_key(word, tier), entry);
	}
}

static void
visit_all(struct authority *authority, shelf_visit *visit)
{
	for (size_t i = 0; i < authority->entries_n; i++) {
		const struct entry *entry = &authority->entries[i];
		if (entry->rule->any)
			visit_word(authority, 0, entry, visit);
		for (size_t m = 0; m < entry->words_n; m++) {
			if (entry->words[m]->asked)
				visit_word(authority, entry->words[m]->id, entry, visit);
		}
	}
}

static void
file_all(struct authority *authority, struct arena *arena)
{
	visit_all(authority, count_filing);
	authority->shelves_cap = 16;
	while (authority->shelves_cap / 2 < authority->filed_n)
		authority->shelves_cap *= 2;
	authority->shelves = arena_new(arena, struct shelf, authority->shelves_cap);
	authority->filed = arena_new(arena, uint32_t, authority->filed_n);
	visit_all(authority, count_shelf);
	uint32_t first = 0;
	for (size_t i = 0; i < authority->shelves_cap; i++) {
		authority->shelves[i].first = first;
		first += authority->shelves[i].n;
		authority->shelves[i].n = 0;
	}
	visit_all(authority, file_entry);
}

/* ---- entries ---- */

static unsigned
flags_of(const struct rule *rule)
{
	const struct scope *on = &rule->on;
	bool services = on->services.n > 0;
	bool systems = on->systems.n > 0;
	bool is_long =
	    (services && !is_short(&on->services)) || (systems && !is_short(&on->systems));
	bool shelved = !is_long && services + systems + (on->tiers != 0) <= 1;
	bool wider = rule_has_wider_limits(rule);
	bool limited = wider || rule->per_service.count > 0 || rule->per_target.count > 0 ||
	               rule->per_actor.count > 0 || rule->at_once > 0;
	return (shelved ? IS_SHELVED : 0) | (on->environments.n > 0 ? IS_PLACED : 0) |
	       (rule->during != NULL ? IS_DURING : 0) |
	       (rule->while_incident ? IS_INCIDENT : 0) |
	       (rule->with_n > 0 ? IS_VALUED : 0) | (limited ? IS_LIMITED : 0) |
	       (wider ? IS_WIDER : 0);
}

static bool
rule_said(const struct entry *entry, const struct word *word)
{
	for (size_t i = 0; i < entry->words_n; i++) {
		if (entry->words[i] == word)
			return true;
	}
	return false;
}

static struct whom
whom_of(struct authority *authority, const struct principal *principal, struct arena *arena)
{
	struct whom whom = { .kind = principal->kind };
	void **slot;
	switch (principal->kind) {
	case PRINCIPAL_PERSON:
		whom.thing = model_person(authority->model, principal->name);
		return whom;
	case PRINCIPAL_TEAM:
	case PRINCIPAL_ON_DUTY:
		whom.thing = principal->team;
		return whom;
	case PRINCIPAL_AUTOMATION:
		return whom;
	case PRINCIPAL_AGENT:
		slot = names_slot(&authority->agents, arena, principal->name);
		if (*slot == NULL)
			*slot = arena_new(arena, char, 1);
		whom.thing = *slot;
		return whom;
	}
	UNREACHABLE();
}

/* Words of the rule, and whether its shelf says all of its scope. */
static void
prepare_entry(struct authority *authority, struct entry *entry, struct arena *arena)
{
	const struct rule *rule = entry->rule;
	entry->kind = (uint8_t)rule->kind;
	entry->is = (uint16_t)flags_of(rule);
	ASSERT(rule->may.n <= UINT16_MAX);
	ASSERT(rule->to_n <= UINT16_MAX);
	entry->from_wall = rule->from_wall;
	entry->until_wall = rule->until_wall;
	entry->name = rule->name;
	entry->at_once = rule->at_once;
	entry->per_service = rule->per_service;
	entry->per_target = rule->per_target;
	entry->per_actor = rule->per_actor;
	size_t n = rule->any ? 0 : rule->may.n;
	entry->words = arena_alloc(arena,
	    n * sizeof(const struct word *) + rule->to_n * sizeof(struct whom) + 1,
	    alignof(struct whom), 1);
	entry->words_bits = rule->any ? UINT64_MAX : 0;
	entry->words_n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct word *word = word_slot(authority, arena, rule->may.p[i]);
		if (!rule_said(entry, word))
			entry->words[entry->words_n++] = word;
		entry->words_bits |= word_bit(word->hash);
	}
	entry->word = entry->words_n == 1 ? entry->words[0] : NULL;
	struct whom *to = (struct whom *)(void *)&entry->words[entry->words_n];
	for (size_t i = 0; i < rule->to_n; i++) {
		to[i] = whom_of(authority, &rule->to[i], arena);
		entry->to |= (uint8_t)(1u << to[i].kind);
	}
	entry->to_n = (uint16_t)rule->to_n;
}

static void
prepare_entries(struct authority *authority, struct arena *arena)
{
	const struct model *model = authority->model;
	size_t n = model->rules_n;
	authority->entries_n = n;
	authority->entries = arena_new(arena, struct entry, n);
	for (size_t i = 0; i < n; i++) {
		msec window_ms = rule_window_ms(&model->rules[i]);
		authority->entries[i].rule = &model->rules[i];
		if (window_ms > authority->window_ms)
			authority->window_ms = window_ms;
	}
	if (n > 0)
		qsort(authority->entries, n, sizeof(struct entry), place_cmp);
	for (size_t i = 0; i < n; i++) {
		authority->entries[i].order = (uint32_t)i;
		prepare_entry(authority, &authority->entries[i], arena);
	}
}

/* ---- what requests are about ---- */

static struct hashed_slot *
hashed_at(const struct hashed *hashed, uint64_t hash)
{
	size_t mask = hashed->cap - 1;
	size_t i = (size_t)hash & mask;
	while (hashed->slots[i].taken && hashed->slots[i].hash != hash)
		i = (i + 1) & mask;
	return &hashed->slots[i];
}

static void
hashed_begin(struct hashed *hashed, struct arena *arena, size_t n)
{
	hashed->cap = 16;
	while (hashed->cap / 2 < n)
		hashed->cap *= 2;
	hashed->slots = arena_new(arena, struct hashed_slot, hashed->cap);
}

static void
hashed_add(struct hashed *hashed, uint64_t hash, const void *thing)
{
	struct hashed_slot *slot = hashed_at(hashed, hash);
	slot->thing = slot->taken ? NULL : thing;
	slot->hash = hash;
	slot->taken = true;
}

static void
hash_names(struct authority *authority, struct arena *arena)
{
	const struct model *model = authority->model;
	hashed_begin(&authority->services, arena, model->services_n);
	hashed_begin(&authority->hosts_by_name, arena, model->hosts_n);
	hashed_begin(&authority->people, arena, model->people_n);
	for (size_t i = 0; i < model->services_n; i++) {
		uint64_t hash = name_hash(model->services[i].name);
		authority->of_service[i].hash = hash;
		hashed_add(&authority->services, hash, &model->services[i]);
	}
	for (size_t i = 0; i < model->hosts_n; i++)
		hashed_add(&authority->hosts_by_name, name_hash(model->hosts[i].name),
		    &model->hosts[i]);
	for (size_t i = 0; i < model->people_n; i++)
		hashed_add(&authority->people,
		    fnv64(name_hash(STR("person:")), model->people[i].id),
		    &model->people[i]);
}

const struct service *
service_of_hash(const struct authority *authority, uint64_t hash)
{
	return hashed_at(&authority->services, hash)->thing;
}

const struct host *
host_of_hash(const struct authority *authority, uint64_t hash, str name)
{
	const struct hashed_slot *slot = hashed_at(&authority->hosts_by_name, hash);
	const struct host *host = slot->thing;
	if (!slot->taken || (host != NULL && str_eq(host->name, name)))
		return host;
	return names_get(&authority->model->host_by_name, name);
}

const struct person *
person_of_hash(const struct authority *authority, uint64_t hash, str id)
{
	const struct hashed_slot *slot = hashed_at(&authority->people, hash);
	const struct person *person = slot->thing;
	if (!slot->taken || (person != NULL && str_eq(person->id, id)))
		return person;
	return model_person(authority->model, id);
}

static void
remember_turns(struct authority *authority, struct arena *arena)
{
	const struct model *model = authority->model;
	size_t n = 0;
	authority->turns_of = arena_new(arena, size_t, model->teams_n);
	for (size_t i = 0; i < model->teams_n; i++) {
		authority->turns_of[i] = n;
		n += model->teams[i].rotation_n;
	}
	authority->turns = arena_new(arena, struct turn, n);
}

static void
place_requests(struct authority *authority, struct arena *arena)
{
	const struct model *model = authority->model;
	authority->of_action = arena_new(arena, struct action_words, model->actions_n);
	for (size_t i = 0; i < model->actions_n; i++) {
		const struct action *action = &model->actions[i];
		struct word *verb = names_get(&authority->words, action->verb);
		struct word *name = names_get(&authority->words, action->name);
		if (verb != NULL)
			verb->asked = true;
		if (name != NULL)
			name->asked = true;
		authority->of_action[i] = (struct action_words){
			.verb = verb,
			.name = name,
			.noun = verb_noun(action->verb),
		};
	}
	authority->of_service = arena_new(arena, struct service_place, model->services_n);
	for (size_t i = 0; i < model->services_n; i++)
		authority->of_service[i].system =
		    system_selector(authority, arena, model->services[i].system);
}

static void
find_teams(struct authority *authority, struct arena *arena)
{
	const struct model *model = authority->model;
	uint32_t n = 0, cap = 0;
	for (size_t i = 0; i < model->teams_n; i++) {
		cap++; /* its lead */
		for (size_t k = 0; k < model->teams[i].rotation_n; k++)
			cap += (uint32_t)model->teams[i].rotations[k].people_n;
	}
	authority->teams = arena_new(arena, const struct team *, cap);
	authority->teams_of_person = arena_new(arena, struct array_run, model->people_n);
	for (size_t i = 0; i < model->people_n; i++) {
		struct array_run *run = &authority->teams_of_person[i];
		run->first = n;
		for (size_t k = 0; k < model->teams_n; k++) {
			if (team_has(&model->teams[k], model->people[i].id))
				authority->teams[n++] = &model->teams[k];
		}
		run->n = n - run->first;
	}
	ASSERT(n <= cap);
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
	authority->group_of_host = arena_new(arena, struct array_run, n);
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
			    (struct array_run){ first, end - first };
		const struct service *service = model_service(model, host->service->name);
		if (service == NULL)
			continue;
		struct array_run *of =
		    &authority->of_service[service - model->services].hosts;
		if (of->n == 0)
			of->first = first;
		of->n += end - first;
	}
}

/* ---- all of it ---- */

size_t
authority_arena_bytes(const struct model *model)
{
	/* A word costs a node of its table besides itself. */
	const size_t node_bytes = 128;
	const size_t filing_bytes = sizeof(uint32_t) + 4 * sizeof(struct shelf);
	const size_t word_bytes = node_bytes + sizeof(struct word) + sizeof(void *);
	const size_t to_bytes = node_bytes + sizeof(struct whom) + 16;
	size_t bytes = sizeof(struct authority) + 4096;
	bytes += model->hosts_n * (sizeof(struct host *) + sizeof(struct array_run));
	bytes += model->services_n * (node_bytes + sizeof(struct service_place));
	bytes += (model->services_n + model->hosts_n + model->people_n + 16) * 4 *
	         sizeof(struct hashed_slot);
	bytes += model->actions_n * sizeof(struct action_words);
	for (size_t i = 0; i < model->teams_n; i++)
		bytes += sizeof(size_t) + model->teams[i].rotation_n * sizeof(struct turn);
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		size_t words = rule->any ? 1 : rule->may.n;
		size_t shelves = TIERS;
		if (is_short(&rule->on.services) && rule->on.services.n > shelves)
			shelves = rule->on.services.n;
		if (is_short(&rule->on.systems) && rule->on.systems.n > shelves)
			shelves = rule->on.systems.n;
		bytes += sizeof(struct entry) + 32 + rule->to_n * to_bytes;
		bytes += words * (word_bytes + shelves * filing_bytes);
	}
	return bytes;
}

struct authority *
authority_new(const struct model *model, struct arena *arena)
{
	struct authority *authority = arena_new(arena, struct authority, 1);
	authority->model = model;
	prepare_entries(authority, arena);
	place_requests(authority, arena);
	hash_names(authority, arena);
	remember_turns(authority, arena);
	find_teams(authority, arena);
	group_hosts(authority, arena);
	file_all(authority, arena);
	return authority;
}

msec
authority_window_ms(const struct authority *authority)
{
	return authority->window_ms;
}

/* ---- looking ---- */

/* Then its name is found where it stands. */
bool
stands_in(const void *p, const void *array, size_t n, size_t size)
{
	uintptr_t at = (uintptr_t)p, first = (uintptr_t)array;
	return p != NULL && at >= first && at - first < n * size;
}

const struct action *
action_in_force(const struct authority *authority, const struct action *asked, str name)
{
	const struct model *model = authority->model;
	if (stands_in(asked, model->actions, model->actions_n, sizeof(*asked)))
		return asked;
	return model_action(model, asked != NULL ? asked->name : name);
}

const struct service *
service_in_force(const struct authority *authority, const struct service *asked)
{
	const struct model *model = authority->model;
	if (stands_in(asked, model->services, model->services_n, sizeof(*asked)))
		return asked;
	return model_service(model, asked->name);
}

bool
entry_names(const struct entry *entry, const struct word *verb, const struct word *name)
{
	if (entry->words_n == 0)
		return true;
	for (size_t i = 0; i < entry->words_n; i++) {
		if (entry->words[i] == verb || entry->words[i] == name)
			return true;
	}
	return false;
}

static void
walk_add(struct walk *walk, const struct authority *authority, uint64_t key, bool by_name)
{
	const struct shelf *shelf = shelf_at(authority, key);
	if (shelf->n == 0)
		return;
	walk->shelves[walk->n].p = &authority->filed[shelf->first];
	walk->shelves[walk->n].n = shelf->n;
	walk->shelves[walk->n++].by_name = by_name;
	__builtin_prefetch(&authority->filed[shelf->first]);
}

static void
prefetch_entry(const struct entry *entry)
{
	__builtin_prefetch(entry);
	__builtin_prefetch(&entry->words_bits);
}

/* Waiting for memory is most of what it costs, so all shelves are asked for at once, and
 * then the first rules of each. */
void
walk_begin(struct walk *walk, const struct authority *authority,
    const struct action *action, const struct service *service)
{
	const struct model *model = authority->model;
	const struct action_words *words = &authority->of_action[action - model->actions];
	uint32_t at = (uint32_t)(service - model->services);
	const uint32_t selectors[] = { SELECTORS_FIRST + at,
		authority->of_service[at].system, service->tier };
	struct {
		uint64_t key;
		bool by_name;
	} sought[9];
	size_t n = 0;
	ASSERT(service->tier < TIERS);
	walk->entries = authority->entries;
	walk->n = walk->shelf = 0;
	walk->next = walk->end = NULL;
	walk->verb = words->verb;
	walk->name = words->name;
	for (size_t i = 0; i < countof(selectors); i++) {
		sought[n].by_name = false;
		sought[n++].key = shelf_key(0, selectors[i]);
		if (walk->verb != NULL) {
			sought[n].by_name = false;
			sought[n++].key = shelf_key(walk->verb->id, selectors[i]);
		}
		if (walk->name != NULL && walk->name != walk->verb) {
			sought[n].by_name = true;
			sought[n++].key = shelf_key(walk->name->id, selectors[i]);
		}
	}
	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(shelf_home(authority, sought[i].key));
	for (size_t i = 0; i < n; i++)
		walk_add(walk, authority, sought[i].key, sought[i].by_name);
	for (size_t i = 0; i < walk->n; i++) {
		for (size_t k = 0; k < walk->shelves[i].n && k < PREFETCH_MAX; k++)
			prefetch_entry(&walk->entries[walk->shelves[i].p[k]]);
	}
}

const struct entry *
walk_next(struct walk *walk)
{
	for (;;) {
		if (walk->next == walk->end) {
			if (walk->shelf == walk->n)
				return NULL;
			walk->next = walk->shelves[walk->shelf].p;
			walk->end = walk->next + walk->shelves[walk->shelf++].n;
		}
		const struct entry *entry = &walk->entries[*walk->next++];
		if (walk->next != walk->end)
			__builtin_prefetch(walk->entries[*walk->next].rule);
		/* `may` names both: it was met under the verb. */
		if (!walk->shelves[walk->shelf - 1].by_name || entry->words_n == 1 ||
		    walk->verb == NULL || !entry_names(entry, walk->verb, NULL))
			return entry;
	}
}
