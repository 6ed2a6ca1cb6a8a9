/*
 * catalogue -- services and runbooks, as the newest configuration has them.
 */
#include "facts/catalogue.h"
#include "engine/state.h"

static void
add(struct strs *list, str text)
{
	if (list->n < CATALOGUE_NAMES_MAX)
		list->p[list->n++] = text;
}

static struct strs
names_of(struct arena *arena, const struct service **services, size_t n)
{
	struct strs ret = { arena_new(arena, str, n + 1), 0 };
	for (size_t i = 0; i < n; i++)
		add(&ret, services[i]->name);
	return ret;
}

/* Lists are as long as they need to be: all of an answer's are in memory together. */
static struct strs
hosts_of(struct arena *arena, const struct model *model, const struct service *service)
{
	size_t n = 0;
	for (size_t i = 0; i < model->hosts_n; i++)
		n += model->hosts[i].service == service;
	struct strs ret = { arena_new(arena, str, n + 1), 0 };
	for (size_t i = 0; i < model->hosts_n; i++) {
		const struct host *host = &model->hosts[i];
		if (host->service != service)
			continue;
		add(&ret, host->role.n > 0 ? arena_printf(arena, "%.*s (%.*s)",
						 STR_ARG(host->name), STR_ARG(host->role))
					   : host->name);
	}
	return ret;
}

static bool
is_for(const struct runbook *runbook, const struct service *service)
{
	for (size_t i = 0; i < runbook->services_n; i++) {
		if (runbook->services[i] == service)
			return true;
	}
	return false;
}

static struct strs
runbooks_of(struct arena *arena, const struct model *model, const struct service *service)
{
	size_t n = 0;
	for (size_t i = 0; i < model->runbooks_n; i++)
		n += is_for(&model->runbooks[i], service);
	struct strs ret = { arena_new(arena, str, n + 1), 0 };
	for (size_t i = 0; i < model->runbooks_n; i++) {
		if (is_for(&model->runbooks[i], service))
			add(&ret, model->runbooks[i].name);
	}
	return ret;
}

static bool
is_asked(const struct request *request, str name)
{
	return request->name.n == 0 || str_eq(request->name, name);
}

static void
not_there(struct answer_out *a, const struct request *request, const char *what, bool any)
{
	if (any || request->name.n == 0)
		return;
	a->answer.status = 404;
	a->answer.exit = 3;
	a->answer.error = arena_printf(a->arena, "there is no %s '%.*s'", what,
	    STR_ARG(
		str_take(request->name, request->name.n < 128 ? request->name.n : 128)));
}

void
answer_services(struct engine *engine, const struct request *request, struct answer_out *a)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	bool any = false;
	for (size_t i = 0; i < model->services_n; i++) {
		const struct service *s = &model->services[i];
		if (!is_asked(request, s->name))
			continue;
		any = true;
		struct service_item item = {
			.name = s->name,
			.description = s->description,
			.owner = s->owner->name,
			.developers = s->developers != NULL ? s->developers->name : STR(""),
			.system = s->system,
			.tier = s->tier,
			.environment = s->environment,
			.journeys = s->journeys,
			.depends_on = names_of(a->arena, s->depends_on, s->depends_on_n),
			.dependents = names_of(a->arena, s->dependents, s->dependents_n),
			.dashboards = s->dashboards,
			.logs = s->logs,
			.hosts = hosts_of(a->arena, model, s),
			.runbooks = runbooks_of(a->arena, model, s),
			.file = s->place.file,
			.line = s->place.line,
		};
		answer_record(a, ITEM_SERVICE, &item);
	}
	not_there(a, request, "service", any);
}

void
answer_runbooks(struct engine *engine, const struct request *request, struct answer_out *a)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	bool any = false;
	for (size_t i = 0; i < model->runbooks_n; i++) {
		const struct runbook *r = &model->runbooks[i];
		if (!is_asked(request, r->name))
			continue;
		any = true;
		struct runbook_item item = {
			.name = r->name,
			.path = r->path,
			.title = r->title,
			.text = request->name.n > 0 ? r->text : STR(""),
			.hash = r->hash,
			.services = names_of(a->arena, r->services, r->services_n),
			.answers = (uint32_t)r->answers_n,
			.ceiling = r->ceiling,
			.shadow = r->shadow,
			.drill_every_ms = r->drill_every_ms,
			.drill_in = r->drill_in,
			.steps = (uint32_t)r->steps_n,
			.line = r->place.line,
		};
		answer_record(a, ITEM_RUNBOOK, &item);
	}
	not_there(a, request, "runbook", any);
}
