/*
 * The step `action`: one target after the other, each decided by authority at the moment
 * it is due. What is refused, fails too often or cannot be told ends the step; the verify
 * that follows says whether it helped.
 *
 * Denied by nothing but an at_once limit it waits for its turn, for at most AT_ONCE_WAIT_MS:
 * that limit is about this moment, not about the action. `deadline` is set while it waits.
 */
#include "core/state.h"

/* Hosts of the service with that role where the incident is; or the service itself. */
struct strs
action_targets(struct core *core, const struct run *run)
{
	const struct runbook_step *step = run_step(run);
	const struct model *model = run->model->model;
	const struct incident *incident = run_incident(core, run);
	struct strs targets = { arena_new(&core->scratch, str, model->hosts_n + 1), 0 };
	if (step->target_service == NULL) {
		if (incident->row.service.n > 0)
			targets.p[targets.n++] = incident->row.service;
		return targets;
	}
	for (size_t i = 0; i < model->hosts_n && targets.n < TARGETS_MAX; i++) {
		const struct host *host = &model->hosts[i];
		if (host->service == step->target_service &&
		    (step->target_role.n == 0 || str_eq(host->role, step->target_role)) &&
		    str_eq(host->environment, incident->row.environment))
			targets.p[targets.n++] = host->name;
	}
	return targets;
}

static str
service_of(const struct core *core, const struct run *run)
{
	const struct runbook_step *step = run_step(run);
	return step->target_service != NULL ? step->target_service->name
	                                    : run_incident(core, run)->row.service;
}

/* The action's params: what the step gives, else their defaults. */
static bool
read_params(struct core *core, const struct run *run, struct pairs *ret, str *ret_why)
{
	const struct runbook_step *step = run_step(run);
	struct pairs values = run_values(core, run);
	values =
	    pairs_with(core, &values, STR("target"), run->row.targets.p[run->row.target]);
	struct pairs params = { 0 };
	for (size_t i = 0; i < step->action->params.n; i++) {
		const struct param *param = &step->action->params.p[i];
		if (param->otherwise.n > 0)
			params = pairs_with(core, &params, param->name, param->otherwise);
	}
	for (size_t i = 0; i < step->with_n; i++) {
		str value;
		struct err err;
		if (!template_fill(&step->with[i].value, &values, &core->scratch, &value,
			&err)) {
			*ret_why = arena_str(&core->scratch, str_of(err.text));
			return false;
		}
		params = pairs_with(core, &params, step->with[i].name, value);
	}
	*ret = params;
	return true;
}

static void
refused(struct core *core, struct run *run, str why)
{
	const struct runbook_step *step = run_step(run);
	struct incident *incident = run_incident(core, run);
	str service = service_of(core, run);
	run->row.refused = true;
	object_touch(core, &run->o);
	gap_add(core, GAP_REFUSED,
	    text_make(core, "%.*s on %.*s", STR_ARG(step->action->name), STR_ARG(service)),
	    incident->row.owner, incident,
	    text_make(core, "step %.*s of runbook %.*s was refused: %.*s",
		STR_ARG(step->name), STR_ARG(run->row.runbook), STR_ARG(why)));
	run_goto(core, run, step->otherwise,
	    text_make(core, "%.*s was refused: %.*s", STR_ARG(step->name), STR_ARG(why)));
}

/* ---- waiting for a turn ---- */

static void
too_long(struct core *core, struct run *run, str why)
{
	str most = text_ms(core, AT_ONCE_WAIT_MS);
	refused(core, run,
	    text_make(core, "its turn did not come within %.*s: %.*s", STR_ARG(most),
		STR_ARG(why)));
}

bool
action_waits(const struct run *run)
{
	return run->row.phase == PHASE_WAITING && run->row.deadline != 0 &&
	       run_step(run)->kind == STEP_ACTION;
}

void
actions_again(struct core *core)
{
	list_each(it, &core->tables[TABLE_RUN])
	{
		struct run *run = container_of(object_of(it, in_table), struct run, o);
		if (action_waits(run))
			run_wait(core, run, PHASE_WAITING, core->at, 0);
	}
	asked_turns(core);
}

/* false: it has waited long enough. */
static bool
wait_for_turn(struct core *core, struct run *run, str why)
{
	str most = text_ms(core, AT_ONCE_WAIT_MS);
	if (run->row.deadline == 0) {
		run->row.deadline = core->at + AT_ONCE_WAIT_MS;
		timeline_add(core, run->row.incident, TIMELINE_RUNBOOK, FIRSTLINE,
		    run->row.id, "%.*s waits for its turn, at most %.*s: %.*s",
		    STR_ARG(run_step(run)->name), STR_ARG(most), STR_ARG(why));
	}
	if (core->at >= run->row.deadline)
		return false;
	run_wait(core, run, PHASE_WAITING, run->row.deadline, 0);
	return true;
}

static void
begun(struct core *core, struct run *run, const struct beginning *beginning)
{
	switch (beginning->how) {
	case BEGUN_STARTED:
		run->row.deadline = 0;
		run->row.acted = true;
		run_wait(core, run, PHASE_ATTEMPT, 0, beginning->attempt->row.id);
		return;
	case BEGUN_WAITS:
		if (beginning->asked->row.state == ASKED_APPROVAL)
			run->row.deadline = 0; /* that time is its own */
		run_wait(core, run, PHASE_ASKED, 0, beginning->asked->row.id);
		return;
	case BEGUN_REFUSED:
		if (beginning->person && beginning->asked == NULL)
			trust_overridden(core, run); /* a person has the service in hand */
		if (beginning->person)
			run_goto(core, run, STEP_PERSON, beginning->why);
		else if (!beginning->only_at_once)
			refused(core, run, beginning->why);
		else if (!wait_for_turn(core, run, beginning->why))
			too_long(core, run, beginning->why);
		return;
	}
	UNREACHABLE();
}

void
action_asked(struct core *core, struct run *run, const struct beginning *beginning)
{
	begun(core, run, beginning);
}

bool
action_asking(struct core *core, const struct run *run, struct asking *ret, str *ret_why)
{
	const struct runbook_step *step = run_step(run);
	const struct incident *incident = run_incident(core, run);
	str *behalf = arena_new(&core->scratch, str, 1);
	*behalf = run->row.behalf;
	str service = service_of(core, run);
	*ret = (struct asking){ .principal = run->row.started_by,
		.behalf = { behalf, behalf->n > 0 ? 1 : 0 },
		.action = step->action->name,
		.service = service,
		.target = run->row.targets.p[run->row.target],
		.targets_n = (uint32_t)run->row.targets.n,
		.incident = incident->row.id,
		.incident_open = incident_asks_for(incident, service),
		.run = run->row.id,
		.waits = run->row.deadline != 0,
		.at = core->at,
		.wall = core->wall };
	return read_params(core, run, &ret->params, ret_why);
}

/* Targets are those of the beginning of the step, and each must be one still, by the newest
 * configuration, when its turn comes. */
static bool
still_there(const struct core *core, const struct run *run)
{
	const struct runbook_step *step = run_step(run);
	if (step->target_service == NULL)
		return true;
	const struct host *host = names_get(&core->newest->model->host_by_name,
	    run->row.targets.p[run->row.target]);
	return host != NULL && str_eq(host->service->name, step->target_service->name) &&
	       (step->target_role.n == 0 || str_eq(host->role, step->target_role)) &&
	       str_eq(host->environment, run_incident(core, run)->row.environment);
}

static void next_target(struct core *core, struct run *run);

/* Since this run of it began, its owner said that it only watches. */
static bool
shadowed_since(const struct core *core, const struct run *run)
{
	return !run->row.shadow && str_eq(run->row.started_by, AUTOMATION) &&
	       model_shadows(core->newest->model, run->runbook,
		   run_incident(core, run)->row.service);
}

/* The target in work: decide, and order it. */
static void
act(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	struct incident *incident = run_incident(core, run);
	struct asking asking;
	str why;
	if (shadowed_since(core, run)) {
		run_goto(core, run, STEP_PERSON,
		    STR("it is in shadow since it began: nothing more is done"));
		return;
	}
	if (!still_there(core, run)) {
		str target = run->row.targets.p[run->row.target];
		run_goto(core, run, STEP_PERSON,
		    text_make(core,
			"%.*s is no longer one of the targets of %.*s: %zu of %zu are not "
			"touched",
			STR_ARG(target), STR_ARG(step->name),
			run->row.targets.n - run->row.target, run->row.targets.n));
		return;
	}
	if (!run->row.shadow && !permit_has(core, run))
		return;
	if (!action_asking(core, run, &asking, &why)) {
		run_goto(core, run, STEP_PERSON,
		    text_make(core, "%.*s cannot be asked for: %.*s", STR_ARG(step->name),
			STR_ARG(why)));
		return;
	}
	if (run->row.shadow) {
		if (shadow_act(core, run, &asking, &why))
			next_target(core, run);
		else
			run_goto(core, run, step->otherwise, why);
		return;
	}
	struct beginning beginning = asked_begin(core, incident, run, &asking, step->name);
	begun(core, run, &beginning);
}

void
action_enter(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	struct strs targets = action_targets(core, run);
	if (targets.n == 0) {
		const struct incident *incident = run_incident(core, run);
		str why = step->target_service == NULL
		              ? STR("the incident belongs to no service")
		              : text_make(core, "no host of %.*s in %.*s has role %.*s",
				    STR_ARG(step->target_service->name),
				    STR_ARG(incident->row.environment),
				    STR_ARG(step->target_role));
		run_goto(core, run, STEP_PERSON, why);
		return;
	}
	row_set_strs(core, &run->row.targets, targets);
	if (run->row.targets.n != targets.n) {
		run_goto(core, run, STEP_PERSON, STR("there is no memory for its targets"));
		return;
	}
	act(core, run);
}

void
action_due(struct core *core, struct run *run)
{
	act(core, run);
}

/* This target is done with: the next one after the pause, or the next step. */
static void
next_target(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	run->row.target++;
	run->row.tries = 0;
	run->row.retries = 0;
	object_touch(core, &run->o);
	if (run->row.target < run->row.targets.n) {
		if (step->pause_ms == 0)
			act(core, run);
		else
			run_wait(core, run, PHASE_WAITING, core->at + step->pause_ms, 0);
		return;
	}
	if (run->row.failures == run->row.targets.n)
		run_goto(core, run, step->otherwise,
		    text_make(core, "%.*s failed on every target", STR_ARG(step->name)));
	else
		run_goto(core, run, STEP_NEXT, step->name);
}

/* Once more, after a while, where the step says so. What surely failed may be tried again;
 * what was ended in the middle only where doing it twice does no harm. */
static bool
retry(struct core *core, struct run *run, const struct attempt *attempt)
{
	const struct runbook_step *step = run_step(run);
	const struct attempt_row *row = &attempt->row;
	bool sure = row->state == ATTEMPT_EXITED;
	if (run->row.retries >= step->retry_times || row->stop_asked ||
	    !(sure || row->repeat_safe))
		return false;
	run->row.retries++;
	run->row.tries = 0;
	str wait = text_ms(core, step->retry_wait_ms);
	timeline_add(core, run->row.incident, TIMELINE_RUNBOOK, FIRSTLINE, run->row.id,
	    "%.*s on %.*s is tried again in %.*s, time %u of %u", STR_ARG(step->name),
	    STR_ARG(row->target), STR_ARG(wait), run->row.retries, step->retry_times);
	run_wait(core, run, PHASE_WAITING, core->at + step->retry_wait_ms, 0);
	return true;
}

static void
failed(struct core *core, struct run *run, const struct attempt *attempt)
{
	const struct runbook_step *step = run_step(run);
	uint32_t most = step->stop_after_failures != 0 ? step->stop_after_failures : 1;
	run->row.failures++;
	if (run->row.failures >= most)
		run_goto(core, run, step->otherwise,
		    text_make(core, "%.*s failed on %.*s", STR_ARG(step->name),
			STR_ARG(attempt->row.target)));
	else
		next_target(core, run);
}

/* Stopped by its time: it may have done its work. The verify knows, also after a while;
 * nothing else does. */
static void
timed_out(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	uint32_t next = run->row.step + 1;
	while (next < run->runbook->steps_n && run->runbook->steps[next].kind == STEP_WAIT)
		next++;
	if (next < run->runbook->steps_n && run->runbook->steps[next].kind == STEP_VERIFY)
		run_goto(core, run, STEP_NEXT, step->name);
	else
		run_goto(core, run, STEP_PERSON,
		    text_make(core,
			"%.*s was stopped by its timeout, and nothing verifies it",
			STR_ARG(step->name)));
}

/* Did one of the tries end with nobody knowing? Then nobody may say that it did not start. */
static bool
may_have_happened(struct core *core, const struct run *run, const struct attempt *attempt)
{
	const struct incident *incident = incident_find(core, run->row.incident);
	if (incident == NULL)
		return true;
	list_each(it, &incident->attempts)
	{
		const struct attempt_row *row =
		    &container_of(object_of(it, of_incident), struct attempt, o)->row;
		if (row->run == run->row.id && str_eq(row->target, attempt->row.target) &&
		    row->state == ATTEMPT_SETTLED && row->happened == HAPPENED_UNKNOWN)
			return true;
	}
	return false;
}

static void
again(struct core *core, struct run *run, const struct attempt *attempt)
{
	run->row.tries++;
	if (run->row.tries < NEVER_STARTED_MAX) {
		act(core, run);
		return;
	}
	run_goto(core, run, STEP_PERSON,
	    text_make(core, "%.*s on %.*s %s %u times: %.*s", STR_ARG(attempt->row.action),
		STR_ARG(attempt->row.target),
		may_have_happened(core, run, attempt) ? "was tried, and may have happened,"
						      : "could not be started",
		run->row.tries, STR_ARG(attempt->row.why)));
}

void
action_outcome(struct core *core, struct run *run, const struct attempt *attempt,
    enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_OK:
		next_target(core, run);
		return;
	case OUTCOME_FAILED:
		if (!retry(core, run, attempt))
			failed(core, run, attempt);
		return;
	case OUTCOME_TIMED_OUT:
		if (!retry(core, run, attempt))
			timed_out(core, run);
		return;
	case OUTCOME_NOT_DONE:
	case OUTCOME_MAYBE:
		again(core, run, attempt);
		return;
	case OUTCOME_REFUSED:
		refused(core, run, attempt->row.why);
		return;
	}
	UNREACHABLE();
}
