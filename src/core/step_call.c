/*
 * The step `call`: another runbook, as a run of its own on the same incident, while the
 * caller waits in PHASE_CALLED. The incident's run is the innermost; when it ends its caller
 * is that again, and what it did is its caller's to take back.
 *
 *	recovered			the next step: the caller's own verify says the rest
 *	stopped				then
 *	a person, cannot be called	otherwise
 *	handed off, cancelled		so has the caller
 *
 * Authority is never more than either has: the same principal asks, serving the same person,
 * so every action is judged for whoever began the caller; autonomy is the least of all that
 * called one another; and a runbook is called only where it answers for the service.
 */
#include "core/state.h"

struct run *
run_caller(const struct core *core, const struct run *run)
{
	if (run->row.caller == 0)
		return NULL;
	struct run *caller = object_find(core, TABLE_RUN, run->row.caller);
	ASSERT(caller != NULL);
	return caller;
}

bool
run_acted(const struct core *core, const struct run *run)
{
	for (; run != NULL; run = run_caller(core, run)) {
		if (run->row.acted)
			return true;
	}
	return false;
}

void
runs_overridden(struct core *core, const struct run *run)
{
	for (; run != NULL; run = run_caller(core, run))
		trust_overridden(core, run);
}

void
runs_end(struct core *core, struct incident *incident, enum run_state state, str why)
{
	while (incident->run != NULL)
		run_end(core, incident->run, state, why);
}

static bool
is_for(const struct runbook *runbook, str service)
{
	for (size_t i = 0; i < runbook->services_n; i++) {
		if (str_eq(runbook->services[i]->name, service))
			return true;
	}
	return runbook->services_n == 0;
}

/* The values of the step's `with`. */
static bool
given_to(struct core *core, const struct run *run, struct pairs *ret, str *ret_why)
{
	const struct runbook_step *step = run_step(run);
	struct pairs values = run_values(core, run);
	*ret = (struct pairs){ 0 };
	for (size_t i = 0; i < step->with_n; i++) {
		str value;
		struct err err;
		if (!template_fill(&step->with[i].value, &values, &core->scratch, &value,
			&err)) {
			*ret_why = arena_str(&core->scratch, str_of(err.text));
			return false;
		}
		*ret = pairs_with(core, ret, step->with[i].name, value);
	}
	return true;
}

/* NULL: *ret_why. */
static struct run *
begin(struct core *core, struct run *run, const struct runbook *runbook, str *ret_why)
{
	const struct incident *incident = run_incident(core, run);
	str service = incident->row.service;
	struct run_row row = { .incident = incident->row.id,
		.state = RUN_RUNNING,
		.runbook = runbook->name,
		.runbook_hash = runbook->hash,
		.config = run->model->hash,
		.started_by = run->row.started_by,
		.behalf = run->row.behalf,
		.phase = PHASE_ENTER,
		.step_at = core->at,
		.begun_wall = core->wall,
		.shadow = run->row.shadow,
		.drill = run->row.drill,
		.caller = run->row.id };
	struct pairs given;
	if (str_eq(row.started_by, AUTOMATION) &&
	    model_shadows(core->newest->model, runbook, service))
		row.shadow = true;
	if (!is_for(runbook, service)) {
		*ret_why = text_make(core, "it is not for %.*s", STR_ARG(service));
		return NULL;
	}
	if (str_eq(row.started_by, AUTOMATION) && !row.shadow &&
	    autonomy_of(core, runbook, service).level == AUTONOMY_SUGGEST) {
		*ret_why = STR("it may only suggest");
		return NULL;
	}
	if (!given_to(core, run, &given, ret_why) ||
	    !run_inputs(core, incident, runbook, &given, &row.inputs, ret_why))
		return NULL;
	row.id = row_next(core);
	struct run *called = core_roomy(core) ? object_add(core, TABLE_RUN, &row) : NULL;
	*ret_why = STR("there is no memory for another run");
	return called;
}

void
call_enter(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	const struct runbook *runbook = model_runbook(run->model->model, step->calls);
	struct incident *incident = run_incident(core, run);
	str why;
	ASSERT(runbook != NULL);
	struct run *called = begin(core, run, runbook, &why);
	if (called == NULL) {
		run_goto(core, run, step->otherwise,
		    text_make(core, "%.*s: runbook %.*s cannot be called: %.*s",
			STR_ARG(step->name), STR_ARG(step->calls), STR_ARG(why)));
		return;
	}
	called->model = core_model_use(run->model);
	called->runbook = runbook;
	incident->run = called;
	incident->row.run = called->row.id;
	object_touch(core, &incident->o);
	run_wait(core, run, PHASE_CALLED, 0, called->row.id);
	timeline_add(core, incident->row.id, TIMELINE_RUNBOOK, run->row.started_by,
	    called->row.id, "runbook %.*s starts, called by %.*s%s", STR_ARG(runbook->name),
	    STR_ARG(run->row.runbook),
	    called->row.shadow ? ", in shadow: nothing is done" : "");
	run_walk(core, called);
}

/* What it did is its caller's from now on. */
void
call_hand_back(struct core *core, struct run *run)
{
	struct run *caller = run_caller(core, run);
	struct incident *incident = run_incident(core, run);
	incident->run = caller;
	incident->row.run = caller != NULL ? caller->row.id : 0;
	if (caller == NULL)
		return;
	caller->row.acted = caller->row.acted || run->row.acted;
	caller->row.forgot = caller->row.forgot || run->row.forgot;
	object_touch(core, &caller->o);
	list_each(it, &incident->attempts)
	{
		struct attempt *attempt =
		    container_of(object_of(it, of_incident), struct attempt, o);
		if (attempt_owner(&attempt->row) != run->row.id)
			continue;
		attempt->row.plan = caller->row.id;
		object_touch(core, &attempt->o);
	}
}

bool
call_ended(struct core *core, const struct run *run, str why)
{
	struct run *caller = run_caller(core, run);
	if (caller == NULL)
		return false;
	ASSERT(caller->row.phase == PHASE_CALLED && run->row.state != RUN_RUNNING);
	const struct runbook_step *step = run_step(caller);
	uint32_t to = step->otherwise;
	if (run->row.state == RUN_RECOVERED)
		to = STEP_NEXT;
	else if (run->row.state == RUN_STOPPED)
		to = step->then;
	run_goto(core, caller, to, why);
	run_walk(core, caller);
	return true;
}
