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
 * With `each` it is called for one host after the other; between two of them the caller is
 * the incident's run and waits, if only for the next timer: calls that end at once do not
 * pile up on the stack. What became of each is a row of run.rolled; so many that failed end
 * the step, as an action's.
 *
 * Authority is never more than either has: the same principal asks, serving the same person,
 * so every action is judged for whoever began the caller; autonomy is the least of all that
 * called one another; and a runbook is called only where it answers for the service. When
 * one of them is changed or taken out, nothing more is called or started by any below it.
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

str
run_stale(struct core *core, const struct run *run)
{
	for (; run != NULL; run = run_caller(core, run)) {
		const struct runbook *now =
		    model_runbook(core->newest->model, run->row.runbook);
		if (now == NULL || !hash32_eq(&now->hash, &run->row.runbook_hash))
			return text_make(core,
			    "runbook %.*s was changed or taken out since this run of it "
			    "began",
			    STR_ARG(run->row.runbook));
	}
	return (str){ 0 };
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

/* The values of the step's `with`. */
static bool
given_to(struct core *core, const struct run *run, struct pairs *ret, str *ret_why)
{
	const struct runbook_step *step = run_step(run);
	struct pairs values = run_values(core, run);
	if (step->each)
		values = pairs_with(core, &values, STR("target"),
		    run->row.targets.p[run->row.target]);
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
	if (!runbook_is_for(runbook, service)) {
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

/* false: *ret_why, a sentence. */
static bool
call(struct core *core, struct run *run, str *ret_why)
{
	const struct runbook_step *step = run_step(run);
	const struct runbook *runbook = model_runbook(run->model->model, step->calls);
	struct incident *incident = run_incident(core, run);
	str why;
	ASSERT(runbook != NULL);
	struct run *called = begin(core, run, runbook, &why);
	if (called == NULL) {
		*ret_why = text_make(core, "runbook %.*s cannot be called: %.*s",
		    STR_ARG(step->calls), STR_ARG(why));
		return false;
	}
	called->model = core_model_use(run->model);
	called->runbook = runbook;
	incident->run = called;
	incident->row.run = called->row.id;
	object_touch(core, &incident->o);
	run_wait(core, run, PHASE_CALLED, 0, called->row.id);
	size_t n;
	struct rolled *rolled = rolled_of(run, &n);
	if (step->each) {
		rolled[n - 1].state = ROLLED_OUT;
		rolled[n - 1].waiting_for = called->row.id;
	}
	str for_host = step->each
	                   ? text_make(core, " for %.*s", STR_ARG(rolled[n - 1].target))
	                   : (str){ 0 };
	timeline_add(core, incident->row.id, TIMELINE_RUNBOOK, run->row.started_by,
	    called->row.id, "runbook %.*s starts, called by %.*s%.*s%s",
	    STR_ARG(runbook->name), STR_ARG(run->row.runbook), STR_ARG(for_host),
	    called->row.shadow ? ", in shadow: nothing is done" : "");
	inputs_begin(core, called);
	return true;
}

/* ---- for each ---- */

static unsigned
count(const struct run *run, enum rolled_state state)
{
	size_t n;
	const struct rolled *p = rolled_of(run, &n);
	unsigned found = 0;
	for (size_t i = 0; i < n; i++)
		found += p[i].state == state ? 1 : 0;
	return found;
}

/* All have had their turn. */
static void
finish(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	size_t all = run->row.targets.n;
	roll_tell(core, run);
	if (run->row.failures == all)
		run_goto(core, run, step->otherwise,
		    text_make(core, "%.*s failed for every host", STR_ARG(step->name)));
	else
		run_goto(core, run,
		    count(run, ROLLED_STOPPED) == all ? step->then : STEP_NEXT, step->name);
}

/* The host that was in work is over, so; because, where it failed. */
static void
each_ended(struct core *core, struct run *run, enum rolled_state state, str why)
{
	const struct runbook_step *step = run_step(run);
	size_t n;
	struct rolled *rolled = rolled_of(run, &n);
	rolled_over(core, run, &rolled[n - 1], state);
	run->row.failures += state == ROLLED_FAILED ? 1 : 0;
	if (state == ROLLED_FAILED && run->row.failures >= step->stop_after_failures) {
		roll_tell(core, run);
		run_goto(core, run, step->otherwise,
		    text_make(core, "%.*s for %.*s: %.*s", STR_ARG(step->name),
			STR_ARG(rolled[n - 1].target), STR_ARG(why)));
		return;
	}
	msec pause = n < run->row.targets.n ? step->pause_ms : 0;
	run_wait(core, run, PHASE_WAITING, core->at + pause, 0);
}

/* The calling run's plan is of yesterday: a person looks. */
static bool
refused_stale(struct core *core, struct run *run)
{
	str why = run_stale(core, run);
	if (why.n == 0)
		return false;
	run->row.refused = true;
	if (run_step(run)->each)
		roll_tell(core, run);
	run_goto(core, run, STEP_PERSON,
	    text_make(core, "%.*s: %.*s", STR_ARG(run_step(run)->name), STR_ARG(why)));
	return true;
}

void
call_due(struct core *core, struct run *run)
{
	size_t n;
	str why;
	(void)rolled_of(run, &n);
	if (n == run->row.targets.n) {
		finish(core, run);
		return;
	}
	if (refused_stale(core, run))
		return;
	run->row.target = (uint32_t)n;
	if (!action_still_there(core, run, run->row.targets.p[n])) {
		roll_tell(core, run);
		run_goto(core, run, STEP_PERSON, roll_gone(core, run, n, n));
		return;
	}
	if (!rolled_add(core, run, n, (uint32_t)n + 1)) {
		run_goto(core, run, STEP_PERSON, STR("there is no memory for its targets"));
		return;
	}
	if (!call(core, run, &why))
		each_ended(core, run, ROLLED_FAILED, why);
}

void
call_enter(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	str why;
	if (!step->each && continued_called(run)) {
		run_goto(core, run, STEP_NEXT, step->name);
		return;
	}
	if (!step->each) {
		if (!refused_stale(core, run) && !call(core, run, &why))
			run_goto(core, run, step->otherwise,
			    text_make(core, "%.*s: %.*s", STR_ARG(step->name),
				STR_ARG(why)));
		return;
	}
	struct strs targets = action_targets(core, run);
	if (targets.n == 0) {
		run_goto(core, run, STEP_PERSON, action_no_host(core, run));
		return;
	}
	targets = continued_left(core, run, targets);
	if (targets.n == 0) {
		run_goto(core, run, STEP_NEXT, step->name);
		return;
	}
	row_set_strs(core, &run->row.targets, targets);
	if (run->row.targets.n != targets.n)
		run_goto(core, run, STEP_PERSON, STR("there is no memory for its targets"));
	else
		call_due(core, run);
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
	enum run_state state = run->row.state;
	if (!step->each && state == RUN_RECOVERED)
		continued_call_done(core, caller);
	if (step->each)
		each_ended(core, caller,
		    state == RUN_RECOVERED ? ROLLED_DONE
		    : state == RUN_STOPPED ? ROLLED_STOPPED
					   : ROLLED_FAILED,
		    why);
	else
		run_goto(core, caller,
		    state == RUN_RECOVERED ? STEP_NEXT
		    : state == RUN_STOPPED ? step->then
					   : step->otherwise,
		    why);
	run_walk(core, caller);
	return true;
}
