/*
 * Configurations in use: the newest, by which authority is judged and new incidents
 * begin, and those that open incidents and runs began with. And what a start of a role
 * asks for: everything that was out is asked for again.
 */
#include "base/diag.h"
#include "core/state.h"

struct core_model *
core_model_find(const struct core *core, const hash32 *hash)
{
	list_each(it, &core->models)
	{
		struct core_model *model = container_of(it, struct core_model, link);
		if (hash32_eq(&model->hash, hash))
			return model;
	}
	return NULL;
}

struct core_model *
core_model_use(struct core_model *model)
{
	model->users++;
	return model;
}

void
core_model_drop(struct core *core, struct core_model *model)
{
	ASSERT(model->users > 0);
	if (--model->users > 0)
		return;
	link_remove(&model->link);
	list_append(&core->spare_models, &model->link);
}

void
core_model_spare(struct core *core)
{
	for (size_t i = 0; i < MODELS_SPARE; i++) {
		struct core_model *model = pool_alloc(core->pool, sizeof(*model));
		ASSERT(model != NULL);
		list_append(&core->spare_models, &model->link);
	}
}

struct core_model *
core_model_add(struct core *core, const hash32 *hash, const struct model *model)
{
	/* A configuration must be adopted also when memory is short: spare ones first. */
	struct core_model *added = NULL;
	if (!list_empty(&core->spare_models)) {
		struct link *first = core->spare_models.next;
		link_remove(first);
		added = container_of(first, struct core_model, link);
	} else {
		added = pool_alloc(core->pool, sizeof(*added));
	}
	ASSERT(added != NULL);
	*added = (struct core_model){ .hash = *hash, .model = model };
	list_append(&core->models, &added->link);
	return added;
}

/* Makes it the one to judge by. */
void
core_adopt(struct core *core, struct core_model *newest)
{
	core_model_use(newest);
	if (core->newest != NULL)
		core_model_drop(core, core->newest);
	core->newest = newest;
	link_remove(&newest->link); /* the newest is the last */
	list_append(&core->models, &newest->link);

	if (core->authority_map.memory != NULL)
		arena_unmap(&core->authority_map);
	struct arena arena =
	    arena_map(&core->authority_map, authority_arena_bytes(newest->model));
	core->authority = authority_new(newest->model, &arena);
	rules_adopt(core->rules, newest->model);
	overrides_wire(core);
	uses_adopted(core);
}

str
unknown_runbook(const struct core *core, str name, struct arena *arena)
{
	const struct model *model = core->newest->model;
	str *names = arena_new(arena, str, model->runbooks_n);
	for (size_t i = 0; i < model->runbooks_n; i++)
		names[i] = model->runbooks[i].name;
	str near = diag_suggest(arena, name, names, model->runbooks_n);
	return arena_printf(arena, "there is no runbook %.*s%s%.*s", STR_ARG(name),
	    near.n > 0 ? ": " : "", STR_ARG(near));
}

str
unknown_service(const struct core *core, str name, struct arena *arena)
{
	const struct model *model = core->newest->model;
	str *names = arena_new(arena, str, model->services_n);
	for (size_t i = 0; i < model->services_n; i++)
		names[i] = model->services[i].name;
	str near = diag_suggest(arena, name, names, model->services_n);
	return arena_printf(arena, "there is no service '%.*s'%s%.*s", STR_ARG(name),
	    near.n > 0 ? ": " : "", STR_ARG(near));
}

bool
service_has_hosts(const struct core *core, str service)
{
	const struct model *model = core->newest->model;
	for (size_t i = 0; i < model->hosts_n; i++) {
		if (str_eq(model->hosts[i].service->name, service))
			return true;
	}
	return false;
}

/* ---- who brought in which runbook ---- */

static bool
has_runbook(const struct model *model, const hash32 *hash)
{
	for (size_t i = 0; i < model->runbooks_n; i++) {
		if (hash32_eq(&model->runbooks[i].hash, hash))
			return true;
	}
	return false;
}

str
runbook_brought_by(const struct core *core, const hash32 *hash)
{
	const struct records *brought = &core->control->row.brought;
	const struct brought *p = brought->p;
	for (size_t i = 0; i < brought->n; i++) {
		if (hash32_eq(&p[i].runbook, hash))
			return p[i].by;
	}
	return (str){ 0 };
}

/*
 * What was there before stays theirs who brought it, known or not; what was not is of
 * whoever brings it now, also where it was there once. Where it is not known what was
 * there, nothing new is anybody's.
 */
static void
brought_in(struct core *core, const struct model *before, const struct model *now, str by)
{
	struct records *kept = &core->control->row.brought;
	struct brought *p = arena_new(&core->scratch, struct brought, now->runbooks_n);
	size_t n = 0;
	bool person = str_starts(by, STR("person:"));
	for (size_t i = 0; i < now->runbooks_n; i++) {
		const hash32 *hash = &now->runbooks[i].hash;
		str who = runbook_brought_by(core, hash);
		if (who.n == 0 && person && before != NULL && !has_runbook(before, hash))
			who = by;
		if (who.n > 0)
			p[n++] = (struct brought){ *hash, who };
	}
	if (own_records(&brought_type, core->pool, kept, (struct records){ p, n }))
		return;
	/* No room: nobody knows any more, rather than what was. */
	core->control->row.shed++;
	row_set_records(core, &brought_type, kept, (struct records){ 0 });
}

void
on_config_adopted(struct core *core, const struct config_adopted *adopted)
{
	ASSERT(adopted->model != NULL);
	struct core_model *model = core_model_find(core, &adopted->hash);
	if (model == NULL)
		model = core_model_add(core, &adopted->hash, adopted->model);
	else
		ASSERT(model->users > 0);
	bool first = core->newest == NULL;
	struct hads had = handover_had(core);
	struct control_row *control = &core->control->row;
	/* A start of ours brings in nothing: whoever did before is remembered. */
	if (!hash32_eq(&control->config, &adopted->hash)) {
		brought_in(core, first ? NULL : core->newest->model, adopted->model,
		    adopted->by);
		row_set_str(core, &control->reloaded_by, adopted->by);
	}
	core_adopt(core, model);
	actions_again(core);
	control->config = adopted->hash;
	trusts_adopted(core);
	asked_adopted(core);
	permits_again(core);
	timeline_add(core, 0, TIMELINE_SELF, FIRSTLINE, 0,
	    "%s a configuration: %zu service%s, %zu runbook%s, %zu rule%s",
	    first ? "started with" : "adopted", model->model->services_n,
	    model->model->services_n == 1 ? "" : "s", model->model->runbooks_n,
	    model->model->runbooks_n == 1 ? "" : "s", model->model->rules_n,
	    model->model->rules_n == 1 ? "" : "s");
	maintenance_adopted(core);
	heartbeats_adopted(core);
	owners_adopted(core);
	hours_adopted(core);
	quiet_adopted(core);
	channels_adopted(core);
	grants_look(core);
	handover_look(core, &had);
}

size_t
core_models(const struct core *core, hash32 *ret, size_t n)
{
	size_t count = 0;
	for (struct link *it = core->models.prev; it != &core->models && count < n;
	     it = it->prev)
		ret[count++] = container_of(it, struct core_model, link)->hash;
	return count;
}

void
on_started(struct core *core, const struct started *started)
{
	struct control_row *control = &core->control->row;
	if (started->engine) {
		control->epoch = started->epoch;
		timeline_add(core, 0, TIMELINE_SELF, FIRSTLINE, 0, "started, epoch %llu",
		    (unsigned long long)started->epoch);
	}
	if (started->restored) {
		control->next_row += RESTORED_ROWS_SKIPPED;
		control->next_incident += RESTORED_INCIDENTS_SKIPPED;
	}
	rolls_started(core);
	/* First what became of what was begun; nothing new is ordered before. */
	list_each(it, &core->tables[TABLE_ATTEMPT])
	{
		struct attempt *attempt =
		    container_of(object_of(it, in_table), struct attempt, o);
		if (attempt_open(attempt))
			attempt_reconcile(core, attempt);
	}
	list_each(it, &core->tables[TABLE_PROBE])
	{
		struct question *probe =
		    container_of(object_of(it, in_table), struct question, o);
		if (probe->row.asked == 0)
			probe_again(core, probe);
	}
	list_each(it, &core->tables[TABLE_RUN])
	    check_again(core, container_of(object_of(it, in_table), struct run, o));
	asked_started(core);
	if (started->engine)
		heartbeats_started(core);
	/* Hands that went on send it still, and know its id. */
	list_each_safe(it, &core->tables[TABLE_NOTICE])
	{
		struct notice *notice =
		    container_of(object_of(it, in_table), struct notice, o);
		if (notice->row.state != NOTICE_SENDING)
			continue;
		if (started->engine)
			notice_order(core, notice);
		else
			notice_lost(core, notice);
	}
	/* Case files are large: timers order them in slices. */
	list_each(it, &core->tables[TABLE_HANDOFF])
	    handoff_again(core, container_of(object_of(it, in_table), struct handoff, o));
}
