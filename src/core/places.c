/*
 * Where incidents are found: by id, by key, by state, and what counts towards the bounds.
 * All of it follows from their rows.
 *
 *	open           by id, and in `keys`: the same trouble joins it
 *	closed_firing  closed by a person while its alerts still count down
 *	remembered     closed and quiet; the last REMEMBERED_MAX
 *
 * `closed_keys` knows, for each key, the closed incident that closed last. A remembered one
 * is always that; when the same trouble opens anew it is forgotten, since the new one then
 * knows of it.
 */
#include "core/state.h"

#define SELF_RECURRENCE STR("firstline=")
#define KEYS_LOOKED 4u /* also behind one that nobody has */

uint64_t
incident_key(str service, str recurrence)
{
	uint64_t key = fnv64(FNV64_BASIS, service);
	key = fnv64(key, (str){ "", 1 }); /* a NUL */
	return fnv64(key, recurrence);
}

struct incident *
incident_find(const struct core *core, incident_id id)
{
	uint64_t value;
	return map_get(&core->incidents, id, &value) ? (struct incident *)(uintptr_t)value
	                                             : NULL;
}

bool
incident_is_self(const struct incident *incident)
{
	return incident->row.service.n == 0 &&
	       str_starts(incident->row.recurrence, SELF_RECURRENCE);
}

const struct service *
incident_service(const struct incident *incident)
{
	return incident->row.service.n > 0
	           ? model_service(incident->model->model, incident->row.service)
	           : NULL;
}

static struct incident *
at_key(const struct map *keys, uint64_t key)
{
	uint64_t value;
	return map_get(keys, key, &value) ? (struct incident *)(uintptr_t)value : NULL;
}

/* FNV is no protection against chosen labels: a key is of one trouble, while an incident of it
 * is open or known. A drill is none that alerts tell of, whatever they are called. Whose own was
 * taken has one behind it, and still has that when the other is forgotten. */
struct incident *
incident_by_key(const struct core *core, uint64_t *key, str service, str recurrence,
    bool drill)
{
	const uint64_t own = *key;
	bool found = false;
	recurrence = text_cut(recurrence, RECURRENCE_MAX);
	for (uint64_t i = 0; i < KEYS_LOOKED || !found; i++) {
		struct incident *open = at_key(&core->keys, own + i);
		const struct incident *there =
		    open != NULL ? open : at_key(&core->closed_keys, own + i);
		bool same = there != NULL && there->row.drill == drill &&
		            str_eq(there->row.service, service) &&
		            str_eq(there->row.recurrence, recurrence);
		if (same || (there == NULL && !found))
			*key = own + i;
		if (same)
			return open;
		found = found || there == NULL;
	}
	return NULL;
}

/* ---- places: lists, maps and counts that follow from the row ---- */

struct service_state *
service_state_find(const struct core *core, str name)
{
	uint64_t value;
	if (!map_get(&core->services, fnv64(FNV64_BASIS, name), &value))
		return NULL;
	struct service_state *state = (struct service_state *)(uintptr_t)value;
	while (state != NULL && !str_eq(state->name, name))
		state = state->next;
	return state;
}

/* Small, and from the reserve that core_roomy keeps. */
static struct service_state *
service_state_use(struct core *core, str name)
{
	struct service_state *state = service_state_find(core, name);
	if (state == NULL) {
		uint64_t hash = fnv64(FNV64_BASIS, name), value;
		state = pool_alloc(core->pool, sizeof(*state));
		if (state == NULL)
			return NULL;
		if (!pool_str(core->pool, name, &state->name)) {
			pool_free(core->pool, state, sizeof(*state));
			return NULL;
		}
		if (map_get(&core->services, hash, &value))
			state->next = (struct service_state *)(uintptr_t)value;
		map_put(&core->services, hash, (uintptr_t)state);
	}
	state->users++;
	return state;
}

static void
service_state_drop(struct core *core, struct service_state *state)
{
	ASSERT(state->users > 0);
	if (--state->users > 0)
		return;
	uint64_t hash = fnv64(FNV64_BASIS, state->name), value;
	bool found = map_get(&core->services, hash, &value);
	ASSERT(found);
	struct service_state *first = (struct service_state *)(uintptr_t)value;
	if (first == state) {
		if (state->next != NULL)
			map_put(&core->services, hash, (uintptr_t)state->next);
		else
			map_remove(&core->services, hash);
	} else {
		while (first->next != state)
			first = first->next;
		first->next = state->next;
	}
	pool_str_free(core->pool, state->name);
	pool_free(core->pool, state, sizeof(*state));
}

static bool
is_counted(const struct incident *incident)
{
	return !incident->row.overflow && !incident_is_self(incident);
}

static bool
closed_before(const struct incident *a, const struct incident *b)
{
	if (a->row.closed_at != b->row.closed_at)
		return a->row.closed_at < b->row.closed_at;
	return a->row.id < b->row.id;
}

#define in_state_of(it) container_of(it, struct incident, in_state)

/* Into a list that is sorted by id, or by closing for remembered ones; usually last. */
static void
insert(struct link *list, struct incident *incident, bool by_closing)
{
	struct link *before = list->prev;
	while (
	    before != list && (by_closing ? closed_before(incident, in_state_of(before))
					  : in_state_of(before)->row.id > incident->row.id))
		before = before->prev;
	/* Append to the list as seen from the link that follows. */
	list_append(before->next, &incident->in_state);
}

/* It is no longer the last one closed with its key: another that counts down may be. */
void
incident_unknow(struct core *core, const struct incident *incident)
{
	uint64_t key = incident->row.key, value;
	if (!map_get(&core->closed_keys, key, &value) || value != (uintptr_t)incident)
		return;
	const struct incident *last = NULL;
	list_each(it, &core->closed_firing)
	{
		const struct incident *other = in_state_of(it);
		if (other != incident && other->row.key == key &&
		    (last == NULL || other->row.closed_at > last->row.closed_at))
			last = other;
	}
	if (last != NULL)
		map_put(&core->closed_keys, key, (uintptr_t)last);
	else
		map_remove(&core->closed_keys, key);
}

/* Closed and quiet: only what knows it again stays. */
void
incident_rest(struct core *core, struct incident *incident)
{
	timeline_release(core, incident);
	trail_release(core, incident);
	if (incident->model != NULL)
		core_model_drop(core, incident->model);
	incident->model = NULL;
}

void
incident_forget(struct core *core, struct incident *incident)
{
	incident_unknow(core, incident);
	incident_unplace(core, incident);
	incident_rest(core, incident);
	/* What is still out goes on without it. */
	list_each_safe(it, &incident->attempts) link_remove(it);
	list_each_safe(it, &incident->notices) link_remove(it);
	list_each_safe(it, &incident->asked) link_remove(it);
	service_state_drop(core, incident->counts);
	object_done(core, &incident->o);
}

void
incident_place(struct core *core, struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	bool open = row->state != INCIDENT_CLOSED;
	bool firing = !open && row->alerts_active > 0;
	uint32_t counted = (open || firing) && is_counted(incident) ? 1 : 0;
	core->counted += counted;
	incident->counts->counted += counted;
	if (open) {
		incident->counts->open++;
		incident->counts->drills += row->drill ? 1 : 0;
		core->open_n++;
		insert(&core->open, incident, false);
		map_put(&core->keys, row->key, (uintptr_t)incident);
	} else if (firing) {
		core->closed_firing_n++;
		insert(&core->closed_firing, incident, false);
	} else {
		core->remembered_n++;
		insert(&core->remembered, incident, true);
	}
}

void
incident_unplace(struct core *core, struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	bool open = row->state != INCIDENT_CLOSED;
	bool firing = !open && row->alerts_active > 0;
	uint32_t counted = (open || firing) && is_counted(incident) ? 1 : 0;
	core->counted -= counted;
	incident->counts->counted -= counted;
	link_remove(&incident->in_state);
	if (open) {
		incident->counts->open--;
		incident->counts->drills -= row->drill ? 1 : 0;
		core->open_n--;
		map_remove(&core->keys, row->key);
	} else if (firing) {
		core->closed_firing_n--;
	} else {
		core->remembered_n--;
	}
}

struct incident *
incident_closed_with(const struct core *core, uint64_t key)
{
	uint64_t value;
	return map_get(&core->closed_keys, key, &value)
	           ? (struct incident *)(uintptr_t)value
	           : NULL;
}

bool
incident_wire(struct core *core, struct incident *incident, struct core_model *model)
{
	incident->counts = service_state_use(core, incident->row.service);
	if (incident->counts == NULL)
		return false;
	incident->model = model != NULL ? core_model_use(model) : NULL;
	list_init(&incident->timeline);
	list_init(&incident->attempts);
	list_init(&incident->decisions);
	list_init(&incident->notices);
	list_init(&incident->asked);
	incident_place(core, incident);
	return true;
}

/* Before it is placed as closed: the newest to close is the one that is known. */
void
incident_take_over(struct core *core, struct incident *incident)
{
	struct incident *before = incident_closed_with(core, incident->row.key);
	incident->row.closed_at = core->at;
	if (before != NULL) {
		if (before->row.closed_at >= incident->row.closed_at)
			incident->row.closed_at = before->row.closed_at + 1;
		if (before->row.alerts_active == 0)
			incident_forget(core, before);
	}
	map_put(&core->closed_keys, incident->row.key, (uintptr_t)incident);
}

void
incident_remember(struct core *core)
{
	while (core->remembered_n > core->remembered_max)
		incident_forget(core, in_state_of(core->remembered.next));
}
