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

static uint32_t
selector_of_service(const struct authority *authority, const struct service *service)
{
	return SELECTORS_FIRST + (uint32_t)(service - authority->model->services);
}

static uint64_t
shelf_key(uint32_t word, uint32_t selector)
{
	return ((uint64_t)word << 32 | selector) + 1;
}

static inline uint64_t
shelf_hash(uint64_t key)
{
	return key * UINT64_C(0x9e3779b97f4a7c15);
}

/* The shelf of that key, or the free place where it belongs. */
static struct shelf *
shelf_at(const struct authority *authority, uint64_t key)
{
	size_t mask = authority->shelves_cap - 1;
	size_t i = (size_t)(shelf_hash(key) >> 32) & mask;
	while (authority->shelves[i].key != 0 && authority->shelves[i].key != key)
		i = (i + 1) & mask;
	return &authority->shelves[i];
}

static inline size_t
slot_home(const struct authority *authority, uint64_t key)
{
	return (size_t)(shelf_hash(key) >> 32) & (authority->slots_cap - 1);
}

static inline uint32_t
slot_tag(uint64_t key)
{
	return (uint32_t)shelf_hash(key);
}

/* Of one tag: an odd factor tells lower halves apart, so there is only the word to compare. */
static inline bool
run_is(const uint32_t *run, uint64_t key)
{
	return run[1] == (uint32_t)(key >> 32);
}

/* NULL: there is none. */
static inline const uint32_t *
run_of(const struct authority *authority, uint64_t key)
{
	size_t mask = authority->slots_cap - 1;
	uint32_t tag = slot_tag(key);
	for (size_t i = slot_home(authority, key); authority->slots[i].first != 0;
	     i = (i + 1) & mask) {
		if (authority->slots[i].tag != tag)
			continue;
		const uint32_t *run = &authority->filed[authority->slots[i].first];
		if (run_is(run, key))
			return run;
	}
	return NULL;
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
	uint32_t *run = &authority->filed[shelf_at(authority, key)->first];
	uint32_t n = run[RUN_HEAD - 1];
	uint32_t order = (uint32_t)(entry - authority->entries);
	if (n > 0 && run[RUN_HEAD + n - 1] == order)
		return; /* `on: {service: [x, x]}` */
	run[RUN_HEAD + n] = order;
	run[RUN_HEAD - 1] = n + 1;
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
					selector_of_service(authority, service)),
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
			const struct word *word = entry_words(entry)[m];
			if (word->asked)
				visit_word(authority, word->id, entry, visit);
		}
	}
}

/* Most configurations say little about anything: a bit tells where to look for it. */
static void
note_any(struct authority *authority, uint64_t key, const struct entry *entry)
{
	(void)entry;
	if (key - 1 <= UINT32_MAX) /* word 0 */
		authority->any_on[(key - 1) / 64] |= UINT64_C(1) << (key - 1) % 64;
}

static void
put_slot(struct authority *authority, const struct shelf *shelf)
{
	size_t i = slot_home(authority, shelf->key);
	while (authority->slots[i].first != 0)
		i = (i + 1) & (authority->slots_cap - 1);
	authority->slots[i] = (struct slot){ slot_tag(shelf->key), shelf->first };
}

/* Each shelf a run, of which its head is written. */
static void
place_runs(struct authority *authority, struct arena *arena)
{
	size_t n = 0;
	for (size_t i = 0; i < authority->shelves_cap; i++)
		n += authority->shelves[i].key != 0;
	authority->slots_cap = 16;
	while (authority->slots_cap * 2 / 3 < n)
		authority->slots_cap *= 2;
	authority->slots = arena_new(arena, struct slot, authority->slots_cap);
	authority->filed =
	    arena_new(arena, uint32_t, 1 + authority->filed_n + RUN_HEAD * n);
	uint32_t first = 1;
	for (size_t i = 0; i < authority->shelves_cap; i++) {
		struct shelf *shelf = &authority->shelves[i];
		if (shelf->key == 0)
			continue;
		shelf->first = first;
		authority->filed[first] = (uint32_t)shelf->key;
		authority->filed[first + 1] = (uint32_t)(shelf->key >> 32);
		put_slot(authority, shelf);
		first += RUN_HEAD + shelf->n;
	}
}

static void
file_all(struct authority *authority, struct arena *arena)
{
	size_t selectors =
	    SELECTORS_FIRST + authority->model->services_n + authority->systems_n + 1;
	authority->any_on = arena_new(arena, uint64_t, selectors / 64 + 1);
	visit_all(authority, note_any);
	visit_all(authority, count_filing);
	struct arena_map map;
	authority->shelves_cap = 16;
	while (authority->shelves_cap / 2 < authority->filed_n)
		authority->shelves_cap *= 2;
	struct arena scratch =
	    arena_map(&map, authority->shelves_cap * sizeof(struct shelf) + 64);
	authority->shelves = arena_new(&scratch, struct shelf, authority->shelves_cap);
	visit_all(authority, count_shelf);
	place_runs(authority, arena);
	visit_all(authority, file_entry);
	authority->shelves = NULL;
	arena_unmap(&map);
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
	bool scoped = services || systems || on->tiers != 0;
	return (shelved ? IS_SHELVED : 0) | (scoped ? IS_SCOPED : 0) |
	       (on->environments.n > 0 ? IS_PLACED : 0) |
	       (rule->during != NULL ? IS_DURING : 0) |
	       (rule->while_incident ? IS_INCIDENT : 0) |
	       (rule->with_n + rule->when_n > 0 ? IS_VALUED : 0) |
	       (limited ? IS_LIMITED : 0) | (wider ? IS_WIDER : 0);
}

static bool
word_said(const struct word *const *words, size_t n, const struct word *word)
{
	for (size_t i = 0; i < n; i++) {
		if (words[i] == word)
			return true;
	}
	return false;
}

static uint32_t
agent_number(struct authority *authority, str name, struct arena *arena)
{
	void **slot = names_slot(&authority->agents, arena, name);
	if (*slot == NULL) {
		struct agent *agent = arena_new(arena, struct agent, 1);
		*agent = (struct agent){ name, ++authority->agents_n, authority->agent };
		*slot = agent;
		authority->agent = agent;
	}
	return ((const struct agent *)*slot)->number;
}

static uint32_t
whom_named(struct authority *authority, const struct principal *to, struct arena *arena)
{
	const struct model *model = authority->model;
	const struct person *person;
	switch (to->kind) {
	case PRINCIPAL_PERSON:
		person = model_person(model, to->name);
		return person == NULL ? WHOM_NOBODY
		                      : whom_of(to->kind, (size_t)(person - model->people));
	case PRINCIPAL_TEAM:
	case PRINCIPAL_ON_DUTY:
		return stands_in(to->team, model->teams, model->teams_n, sizeof(*to->team))
		           ? whom_of(to->kind, (size_t)(to->team - model->teams))
		           : WHOM_NOBODY;
	case PRINCIPAL_AUTOMATION:
		return whom_of(to->kind, 0);
	case PRINCIPAL_AGENT:
		return whom_of(to->kind, agent_number(authority, to->name, arena));
	}
	UNREACHABLE();
}

/* What it names, and to whom, one behind the other. */
static void
prepare_lists(struct authority *authority, struct entry *entry, struct arena *arena)
{
	const struct rule *rule = entry->rule;
	size_t n = rule->any ? 0 : rule->may.n;
	ASSERT(rule->may.n <= UINT16_MAX);
	ASSERT(rule->to_n <= UINT16_MAX);
	const struct strs *services = &rule->on.services;
	if (is_short(services) && rule->on.systems.n == 0 && rule->on.tiers == 0)
		entry->reach_n = (uint8_t)services->n;
	size_t bytes = sizeof(struct told) + n * sizeof(const struct word *) +
	               entry->reach_n * sizeof(uint64_t) + rule->to_n * sizeof(uint32_t);
	struct told *told = arena_alloc(arena, bytes + rule->name.n, alignof(uint64_t), 1);
	const struct word **words = (const struct word **)(void *)(told + 1);
	char *name = (char *)told + bytes;
	*told = (struct told){ rule->place, { name, rule->name.n } };
	if (rule->name.n > 0)
		memcpy(name, rule->name.p, rule->name.n);
	entry->lists = told;
	entry->words_bits = rule->any ? UINT64_MAX : 0;
	for (size_t i = 0; i < n; i++) {
		const struct word *word = word_slot(authority, arena, rule->may.p[i]);
		if (!word_said(words, entry->words_n, word))
			words[entry->words_n++] = word;
		entry->words_bits |= word_bit(word->hash);
	}
	for (size_t i = 0; i < entry->words_n && i < countof(entry->word_hashes); i++)
		entry->word_hashes[i] = words[i]->hash;
	uint64_t *reach = (uint64_t *)(void *)&words[entry->words_n];
	for (size_t i = 0; i < entry->reach_n; i++)
		reach[i] = name_hash(services->p[i]);
	uint32_t *whom = (uint32_t *)(void *)&reach[entry->reach_n];
	entry->to_n = (uint16_t)rule->to_n;
	for (size_t i = 0; i < rule->to_n; i++) {
		whom[i] = whom_named(authority, &rule->to[i], arena);
		if (i < WHOM_INLINE)
			entry->whom[i] = whom[i];
		entry->to |= (uint8_t)(1u << rule->to[i].kind);
	}
	for (size_t i = rule->to_n; i < WHOM_INLINE; i++)
		entry->whom[i] = WHOM_NOBODY;
}

static struct hours *
hours_of(struct authority *authority, const struct calendar *calendar, struct arena *arena)
{
	for (struct hours *it = authority->hours; it != NULL; it = it->next) {
		if (it->calendar == calendar)
			return it;
	}
	struct hours *hours = arena_new(arena, struct hours, 1);
	*hours = (struct hours){ .calendar = calendar, .next = authority->hours };
	authority->hours = hours;
	return hours;
}

/* All that is asked of it, and whether its shelf says all of its scope. */
static void
prepare_entry(struct authority *authority, struct entry *entry, struct arena *arena)
{
	const struct rule *rule = entry->rule;
	const struct rate *rates[] = { [RATE_SERVICE] = &rule->per_service,
		[RATE_TARGET] = &rule->per_target,
		[RATE_ACTOR] = &rule->per_actor };
	entry->kind = (uint8_t)rule->kind;
	entry->is = (uint8_t)flags_of(rule);
	entry->from_wall = rule->from_wall;
	entry->until_wall = rule->until_wall;
	if (rule->during != NULL)
		entry->during = hours_of(authority, rule->during, arena);
	entry->at_once = rule->at_once;
	entry->targets = rule->targets;
	entry->targets_window_ms = rule->targets_window_ms;
	entry->keep_healthy = rule->keep_healthy;
	entry->spacing_ms = rule->spacing_ms;
	entry->not_beside = rule->not_beside;
	if (rule->kind == RULE_APPROVAL) {
		entry->when = rule->when;
		entry->values_n = rule->when_n;
	} else {
		entry->with = rule->with;
		entry->values_n = rule->with_n;
	}
	for (size_t i = 0; i < countof(rates); i++) {
		entry->counts[i] = rates[i]->count;
		entry->windows_ms[i] = rates[i]->window_ms;
	}
	prepare_lists(authority, entry, arena);
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
	for (size_t i = 0; i < n; i++)
		prepare_entry(authority, &authority->entries[i], arena);
}

/* ---- what requests are about ---- */

static const char hashed_several; /* things of one hash: none of them */

static struct hashed_slot *
hashed_at(const struct hashed *hashed, uint64_t hash)
{
	size_t mask = hashed->cap - 1;
	size_t i = (size_t)hash & mask;
	while (hashed->slots[i].thing != NULL && hashed->slots[i].hash != hash)
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
	slot->thing = slot->thing != NULL ? &hashed_several : thing;
	slot->hash = hash;
}

static void
hash_names(struct authority *authority, struct arena *arena)
{
	const struct model *model = authority->model;
	hashed_begin(&authority->services, arena, model->services_n);
	hashed_begin(&authority->hosts_by_name, arena, model->hosts_n);
	hashed_begin(&authority->people, arena, model->people_n);
	hashed_begin(&authority->agents_asking, arena, authority->agents_n);
	for (size_t i = 0; i < model->services_n; i++) {
		uint64_t hash = name_hash(model->services[i].name);
		authority->of_service[i].hash = hash;
		hashed_add(&authority->services, hash, &model->services[i]);
	}
	for (size_t i = 0; i < model->hosts_n; i++)
		hashed_add(&authority->hosts_by_name, name_hash(model->hosts[i].name),
		    &model->hosts[i]);
	for (size_t i = 0; i < model->people_n; i++) {
		struct arena scratch = *arena;
		str asking =
		    arena_printf(&scratch, "person:%.*s", STR_ARG(model->people[i].id));
		hashed_add(&authority->people, name_hash(asking), &model->people[i]);
	}
	for (const struct agent *agent = authority->agent; agent; agent = agent->next) {
		struct arena scratch = *arena;
		str asking = arena_printf(&scratch, "agent:%.*s", STR_ARG(agent->name));
		hashed_add(&authority->agents_asking, name_hash(asking), agent);
	}
}

const struct service *
service_of_hash(const struct authority *authority, uint64_t hash)
{
	const void *thing = hashed_at(&authority->services, hash)->thing;
	return thing != &hashed_several ? thing : NULL;
}

const struct host *
host_of_hash(const struct authority *authority, uint64_t hash, str name)
{
	const void *thing = hashed_at(&authority->hosts_by_name, hash)->thing;
	const struct host *host = thing;
	if (thing == NULL || (thing != &hashed_several && str_eq(host->name, name)))
		return host;
	return names_get(&authority->model->host_by_name, name);
}

void
host_seek(const struct authority *authority, uint64_t hash)
{
	const struct hashed *hashed = &authority->hosts_by_name;
	__builtin_prefetch(&hashed->slots[(size_t)hash & (hashed->cap - 1)]);
}

const struct host *
host_fetch(const struct authority *authority, uint64_t hash)
{
	const struct host *host = hashed_at(&authority->hosts_by_name, hash)->thing;
	const struct model *model = authority->model;
	if (!stands_in(host, model->hosts, model->hosts_n, sizeof(*host)))
		return NULL;
	__builtin_prefetch(host);
	__builtin_prefetch(&authority->group_of_host[host - model->hosts]);
	return host;
}

const struct agent *
agent_of_hash(const struct authority *authority, uint64_t hash, str name)
{
	const void *thing = hashed_at(&authority->agents_asking, hash)->thing;
	const struct agent *agent = thing;
	if (thing == NULL || (thing != &hashed_several && str_eq(agent->name, name)))
		return agent;
	return names_get(&authority->agents, name);
}

const struct person *
person_of_hash(const struct authority *authority, uint64_t hash, str id)
{
	const void *thing = hashed_at(&authority->people, hash)->thing;
	const struct person *person = thing;
	if (thing == NULL || (thing != &hashed_several && str_eq(person->id, id)))
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
		ASSERT(action->observe_n <= OBSERVES_MAX);
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
	for (size_t i = 0; i < model->services_n; i++) {
		authority->of_service[i].tier = model->services[i].tier;
		authority->of_service[i].system =
		    system_selector(authority, arena, model->services[i].system);
	}
}

/* By the narrowest of what it says. */
static uint32_t
reach_of_scope(const struct authority *authority, const struct scope *on)
{
	uint32_t reach = 0;
	for (size_t i = 0; i < on->services.n; i++) {
		const struct service *service =
		    model_service(authority->model, on->services.p[i]);
		if (service != NULL)
			reach |= reach_bit(selector_of_service(authority, service));
	}
	for (size_t i = 0; on->services.n == 0 && i < on->systems.n; i++) {
		void *selector = names_get(&authority->systems, on->systems.p[i]);
		if (selector != NULL)
			reach |= reach_bit((uint32_t)(uintptr_t)selector);
	}
	if (on->services.n > 0 || on->systems.n > 0)
		return reach;
	for (uint32_t tier = 0; tier < TIERS; tier++) {
		if (on->tiers == 0 || (on->tiers & (1u << tier)) != 0)
			reach |= reach_bit(tier);
	}
	return reach;
}

uint32_t
reach_of_service(const struct authority *authority, const struct service *service)
{
	const struct service_place *place =
	    &authority->of_service[service - authority->model->services];
	return reach_bit(selector_of_service(authority, service)) |
	       reach_bit(place->system) | reach_bit(place->tier);
}

static void
find_reach(struct authority *authority)
{
	for (size_t i = 0; i < authority->entries_n; i++) {
		struct entry *entry = &authority->entries[i];
		entry->reach = reach_of_scope(authority, &entry->rule->on);
	}
}

/* A member, or one who stands in for a member at some time. */
static bool
team_may_have(const struct team *team, str person)
{
	for (size_t i = 0; i < team->rotation_n; i++) {
		const struct rotation *rotation = &team->rotations[i];
		size_t members_n = rotation->people_n - rotation->guests_n;
		for (size_t k = members_n; k < rotation->people_n; k++) {
			if (str_eq(rotation->people[k]->id, person))
				return true;
		}
	}
	return duty_member(team, person);
}

/* At most: some may be in several rotations. */
static size_t
people_of_team(const struct team *team)
{
	size_t n = 1; /* its lead */
	for (size_t i = 0; i < team->rotation_n; i++)
		n += team->rotations[i].people_n;
	return n;
}

static void
find_teams(struct authority *authority, struct arena *arena)
{
	const struct model *model = authority->model;
	uint32_t n = 0;
	size_t cap = 0;
	for (size_t i = 0; i < model->teams_n; i++)
		cap += people_of_team(&model->teams[i]);
	authority->teams = arena_new(arena, const struct team *, cap);
	authority->teams_of_person = arena_new(arena, struct array_run, model->people_n);
	for (size_t i = 0; i < model->people_n; i++) {
		struct array_run *run = &authority->teams_of_person[i];
		run->first = n;
		for (size_t k = 0; k < model->teams_n; k++) {
			if (team_may_have(&model->teams[k], model->people[i].id))
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

/* Groups of a service lie side by side, and so do the environments that are noted of it. */
static str *
note_elsewhere(struct strs *elsewhere, const struct service *service, str environment,
    str *room)
{
	if (str_eq(environment, service->environment) || strs_has(elsewhere, environment))
		return room;
	if (elsewhere->n == 0)
		elsewhere->p = room;
	elsewhere->p[elsewhere->n++] = environment;
	return room + 1;
}

static void
group_hosts(struct authority *authority, struct arena *arena)
{
	const struct model *model = authority->model;
	size_t n = model->hosts_n;
	authority->hosts = arena_new(arena, const struct host *, n);
	authority->group_of_host = arena_new(arena, struct array_run, n);
	authority->elsewhere = arena_new(arena, struct strs, model->services_n);
	str *room = arena_new(arena, str, n);
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
		room = note_elsewhere(&authority->elsewhere[service - model->services],
		    service, host->environment, room);
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
	const size_t to_bytes = node_bytes + sizeof(uint32_t) + 16 + sizeof(struct agent) +
	                        4 * sizeof(struct hashed_slot);
	size_t bytes = sizeof(struct authority) + 4096;
	bytes += model->hosts_n *
	         (sizeof(struct host *) + sizeof(struct array_run) + sizeof(str));
	bytes += model->services_n *
	         (node_bytes + sizeof(struct service_place) + sizeof(struct strs));
	bytes += (model->services_n + model->hosts_n + model->people_n + 16) * 4 *
	         sizeof(struct hashed_slot);
	bytes += model->people_n * sizeof(struct array_run);
	bytes += model->actions_n * sizeof(struct action_words);
	for (size_t i = 0; i < model->teams_n; i++)
		bytes += sizeof(size_t) + model->teams[i].rotation_n * sizeof(struct turn) +
		         people_of_team(&model->teams[i]) * sizeof(struct team *);
	for (size_t i = 0; i < model->rules_n; i++) {
		const struct rule *rule = &model->rules[i];
		size_t words = rule->any ? 1 : rule->may.n;
		size_t shelves = TIERS;
		if (is_short(&rule->on.services) && rule->on.services.n > shelves)
			shelves = rule->on.services.n;
		if (is_short(&rule->on.systems) && rule->on.systems.n > shelves)
			shelves = rule->on.systems.n;
		bytes += rule->during != NULL ? sizeof(struct hours) : 0;
		bytes += sizeof(struct entry) + sizeof(struct told) + rule->name.n + 48 +
		         SHELVES_OF_RULE_MAX * sizeof(uint64_t) + rule->to_n * to_bytes;
		bytes += words * (word_bytes + shelves * filing_bytes);
	}
	return bytes;
}

struct authority *
authority_new(const struct model *model, struct arena *arena)
{
	struct authority *authority = arena_new(arena, struct authority, 1);
	authority->model = model;
	authority->automation_hash = name_hash(STR("automation"));
	prepare_entries(authority, arena);
	place_requests(authority, arena);
	find_reach(authority);
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
action_in_force(const struct authority *authority, const struct action *asked)
{
	const struct model *model = authority->model;
	if (stands_in(asked, model->actions, model->actions_n, sizeof(*asked)))
		return asked;
	return model_action(model, asked->name);
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
	const struct word *const *words = entry_words(entry);
	if (entry->words_n == 0)
		return true;
	for (size_t i = 0; i < entry->words_n; i++) {
		if (words[i] == verb || words[i] == name)
			return true;
	}
	return false;
}

static inline void
seek(struct walk *walk, const struct authority *authority, uint64_t key, bool by_name)
{
	walk->sought[walk->sought_n++] = (struct walk_sought){ key, by_name };
	__builtin_prefetch(&authority->slots[slot_home(authority, key)]);
}

/* Waiting for memory is most of what it costs, so all that is known to be needed is asked
 * for at once: where the runs are, then the runs, then the first rules of each. */
void
walk_seek(struct walk *walk, const struct authority *authority, const struct action *action,
    const struct service *service)
{
	const struct model *model = authority->model;
	const struct action_words *words = &authority->of_action[action - model->actions];
	uint32_t at = (uint32_t)(service - model->services);
	const struct service_place *place = &authority->of_service[at];
	const uint32_t selectors[] = { SELECTORS_FIRST + at, place->system, place->tier };
	ASSERT(place->tier < TIERS);
	walk->entries = authority->entries;
	walk->sought_n = walk->n = walk->shelf = 0;
	walk->next = walk->end = NULL;
	walk->verb = words->verb;
	walk->name = words->name != words->verb ? words->name : NULL;
	for (size_t i = 0; i < countof(selectors); i++) {
		uint32_t on = selectors[i];
		if (authority->any_on[on / 64] >> on % 64 & 1)
			seek(walk, authority, shelf_key(0, on), false);
		if (walk->verb != NULL)
			seek(walk, authority, shelf_key(walk->verb->id, on), false);
		if (walk->name != NULL)
			seek(walk, authority, shelf_key(walk->name->id, on), true);
	}
}

static void
prefetch_run(const struct authority *authority, uint64_t key)
{
	const struct slot *slot = &authority->slots[slot_home(authority, key)];
	if (slot->tag == slot_tag(key))
		__builtin_prefetch(&authority->filed[slot->first]);
}

void
walk_fetch(const struct walk *walk, const struct authority *authority)
{
	for (size_t i = 0; i < walk->sought_n; i++)
		prefetch_run(authority, walk->sought[i].key);
}

void
walk_begin(struct walk *walk, const struct authority *authority)
{
	for (size_t i = 0; i < walk->sought_n; i++) {
		const uint32_t *run = run_of(authority, walk->sought[i].key);
		if (run == NULL)
			continue;
		const uint32_t *orders = run + RUN_HEAD;
		uint32_t n = run[RUN_HEAD - 1];
		walk->shelves[walk->n++] =
		    (struct walk_shelf){ orders, n, walk->sought[i].by_name };
		for (size_t k = 0; k < n && k < PREFETCH_MAX; k++) {
			__builtin_prefetch(&walk->entries[orders[k]]);
			__builtin_prefetch(&walk->entries[orders[k]].words_bits);
		}
	}
}
