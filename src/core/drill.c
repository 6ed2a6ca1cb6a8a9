/*
 * Drills: a runbook run for practice, on the hosts that a service has in another
 * environment, by a person and on that person's authority, which is judged for those hosts
 * like any other. It has an incident of its own: no alert is in it, nobody is told of it
 * but who asked, nothing escalates, nothing is handed to developers, no gap is recorded,
 * and it counts in no figure. It is no incident to a grant `while: incident`.
 *
 * Its checks and verifies ask what they ask; a drill that is to prove something brings about
 * first what the runbook is for.
 */
#include "core/state.h"

static bool
has_hosts(const struct model *model, const struct service *service, str environment)
{
	for (size_t i = 0; i < model->hosts_n; i++) {
		if (model->hosts[i].service == service &&
		    str_eq(model->hosts[i].environment, environment))
			return true;
	}
	return false;
}

/* ": it can be drilled in staging"; empty where it has no others. */
static str
elsewhere(struct core *core, const struct service *service)
{
	const struct model *model = core->newest->model;
	struct strs places = { arena_new(&core->scratch, str, model->hosts_n + 1), 0 };
	for (size_t i = 0; i < model->hosts_n; i++) {
		str place = model->hosts[i].environment;
		if (model->hosts[i].service == service &&
		    !str_eq(place, service->environment) && !strs_has(&places, place))
			places.p[places.n++] = place;
	}
	if (places.n == 0)
		return (str){ 0 };
	return text_make(core, ": it can be drilled in %.*s",
	    STR_ARG(text_list(core, &places, 5)));
}

/* NULL: *ret_no says why. */
static const struct service *
service_of(struct core *core, const struct command *command, const struct runbook *runbook,
    struct answering *ret_no)
{
	str name = command->target;
	if (name.n == 0 && runbook->services_n == 1)
		name = runbook->services[0]->name;
	if (name.n == 0) {
		*ret_no = answer_no(core, 422, EXIT_USAGE,
		    "say on which service: runbook %.*s is for several",
		    STR_ARG(runbook->name));
		return NULL;
	}
	const struct service *service = model_service(core->newest->model, name);
	if (service == NULL || !runbook_is_for(runbook, name)) {
		str why = service == NULL
		              ? unknown_service(core, name, &core->scratch)
		              : text_make(core, "runbook %.*s is not for service %.*s",
				    STR_ARG(runbook->name), STR_ARG(name));
		*ret_no = answer_no(core, 404, EXIT_NOT_FOUND, "%.*s", STR_ARG(why));
		return NULL;
	}
	return service;
}

/* Status 0: it can be. */
static struct answering
refuses(struct core *core, const struct command *command, const struct runbook *runbook,
    const struct service *service, str environment)
{
	if (environment.n == 0)
		return answer_no(core, 422, EXIT_USAGE,
		    "say in which environment: runbook %.*s has no `drill`",
		    STR_ARG(runbook->name));
	if (str_eq(environment, service->environment))
		return answer_no(core, 422, EXIT_USAGE,
		    "%.*s itself is in %.*s: a drill is in another environment",
		    STR_ARG(service->name), STR_ARG(environment));
	if (!has_hosts(core->newest->model, service, environment))
		return answer_no(core, 422, EXIT_USAGE, "%.*s has no host in %.*s%.*s",
		    STR_ARG(service->name), STR_ARG(environment),
		    STR_ARG(elsewhere(core, service)));
	/* Which is in no other environment. */
	const struct runbook *of;
	const struct runbook_step *itself =
	    runbook_acts_on_itself(core->newest->model, runbook, &of);
	if (itself != NULL)
		return answer_no(core, 422, EXIT_USAGE,
		    "step %.*s of runbook %.*s has no `targets`: it would act on %.*s "
		    "itself, in %.*s",
		    STR_ARG(itself->name), STR_ARG(of->name), STR_ARG(service->name),
		    STR_ARG(service->environment));
	if (core->control->row.stopped)
		return answer_no(core, 403, EXIT_REFUSED, "everything is stopped, by %.*s",
		    STR_ARG(text_who(core->control->row.stopped_by)));
	if (command->behalf.n > 0 || str_starts(command->principal, STR("agent:")))
		return answer_no(core, 403, EXIT_REFUSED,
		    "only a person starts a drill; %.*s is an agent",
		    STR_ARG(command->principal));
	return (struct answering){ .status = 0 };
}

static struct incident *
open_drill(struct core *core, const struct command *command, const struct runbook *runbook,
    const struct service *service, str environment, struct answering *ret_no)
{
	struct opening opening = { .service = service,
		.severity = SEV4,
		.recurrence = text_make(core, "drill=%.*s, environment=%.*s",
		    STR_ARG(runbook->name), STR_ARG(environment)),
		.title = text_make(core, "drill of %.*s in %.*s", STR_ARG(runbook->name),
		    STR_ARG(environment)),
		.impact = STR("none: it is a drill"),
		.drill = true };
	opening.key = incident_key(service->name, opening.recurrence);
	const struct incident *open =
	    incident_by_key(core, &opening.key, service->name, opening.recurrence, true);
	if (open != NULL) {
		*ret_no = answer_no(core, 409, EXIT_CONFLICT,
		    "incident %u is a drill of it, and still open", open->row.id);
		return NULL;
	}
	struct incident *incident = core_roomy(core) ? incident_open(core, &opening) : NULL;
	if (incident == NULL) {
		*ret_no =
		    answer_no(core, 503, 1, "there is no memory for another incident");
		return NULL;
	}
	struct incident_row *row = &incident->row;
	row->acknowledged = true; /* by who asked for it: nobody else is to */
	row->acknowledged_wall = core->wall;
	row_set_str(core, &row->acknowledged_by, command->principal);
	row_set_str(core, &row->drill_by, command->principal);
	row_set_str(core, &row->environment, environment);
	object_touch(core, &incident->o);
	return incident;
}

struct answering
drill_begin(struct core *core, const struct command *command)
{
	struct answering no;
	const struct runbook *runbook = model_runbook(core->newest->model, command->name);
	if (runbook == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "%.*s",
		    STR_ARG(unknown_runbook(core, command->name, &core->scratch)));
	const struct service *service = service_of(core, command, runbook, &no);
	if (service == NULL)
		return no;
	str environment =
	    command->environment.n > 0 ? command->environment : runbook->drill_in;
	no = refuses(core, command, runbook, service, environment);
	if (no.status != 0)
		return no;
	struct incident *incident =
	    open_drill(core, command, runbook, service, environment, &no);
	if (incident == NULL)
		return no;
	core->control->row.drills++;
	timeline_add(core, incident->row.id, TIMELINE_COMMAND, command->principal, 0,
	    "asked for a drill of runbook %.*s in %.*s", STR_ARG(runbook->name),
	    STR_ARG(environment));
	str why;
	struct starting starting = { .model = core->newest,
		.runbook = runbook,
		.principal = command->principal,
		.given = &command->params };
	const struct run *run = run_start(core, incident, &starting, &why);
	if (run == NULL) {
		incident_close(core, incident, END_PERSON, FIRSTLINE);
		return answer_no(core, 422, EXIT_USAGE, "runbook %.*s cannot start: %.*s",
		    STR_ARG(runbook->name), STR_ARG(why));
	}
	if (run->row.state != RUN_RUNNING && run->row.refused && !run->row.acted)
		return answer_no(core, 403, EXIT_REFUSED, "%.*s", STR_ARG(run->row.why));
	return answer_yes(202, &incident->o);
}
