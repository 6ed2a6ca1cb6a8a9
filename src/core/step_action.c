/*
 * The step `action`: what is done to each of its targets (which, and how many at once, is
 * step_roll.c's), each decided by authority at the moment it is due. What is refused, fails
 * too often or cannot be told ends the step; the verify that follows says whether it helped.
 *
 * Denied by nothing but an at_once limit a target waits for its turn, for at most
 * AT_ONCE_WAIT_MS: that limit is about this moment, not about the action. Its `deadline` is
 * set while it waits.
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
	str only = { 0 };
	struct pairs values = run_values(core, run);
	struct err err;
	if (step->target_host.n > 0 &&
	    !template_fill(&step->target_host, &values, &core->scratch, &only, &err))
		return targets;
	for (size_t i = 0; i < model->hosts_n && targets.n < TARGETS_MAX; i++) {
		const struct host *host = &model->hosts[i];
		if (host->service == step->target_service &&
		    (step->target_host.n == 0 || str_eq(host->name, only)) &&
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

/* The target is refused: the step is, too. */
static void
refused(struct core *core, struct run *run, struct rolled *rolled, str why)
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
	rolled_left(core, run, rolled, ROLLED_REFUSED);
	roll_leave(core, run, step->otherwise,
	    text_make(core, "%.*s was refused: %.*s", STR_ARG(step->name), STR_ARG(why)));
}

/* Nothing more is done to it, and a person must look. */
static void
left(struct core *core, struct run *run, struct rolled *rolled, str why)
{
	rolled_left(core, run, rolled, ROLLED_LEFT);
	roll_leave(core, run, STEP_PERSON, why);
}

/* ---- waiting for a turn ---- */

bool
action_waits(const struct run *run)
{
	size_t n;
	const struct rolled *rolled = rolled_of(run, &n);
	for (size_t i = 0; i < n; i++) {
		if (rolled[i].state == ROLLED_WAITS && rolled[i].deadline != 0)
			return true;
	}
	return false;
}

void
actions_again(struct core *core)
{
	list_each(it, &core->tables[TABLE_RUN])
	{
		struct run *run = container_of(object_of(it, in_table), struct run, o);
		size_t n;
		struct rolled *rolled = rolled_of(run, &n);
		if (!action_waits(run))
			continue;
		for (size_t i = 0; i < n; i++) {
			if (rolled[i].state == ROLLED_WAITS && rolled[i].deadline != 0)
				rolled[i].due = core->at;
		}
		roll_arm(core, run);
	}
	asked_turns(core);
}

static void
wait_for_turn(struct core *core, struct run *run, struct rolled *rolled, str why)
{
	str most = text_ms(core, AT_ONCE_WAIT_MS);
	if (rolled->deadline == 0) {
		rolled->deadline = core->at + AT_ONCE_WAIT_MS;
		str on = run->row.targets.n > 1
		             ? text_make(core, " on %.*s", STR_ARG(rolled->target))
		             : (str){ 0 };
		timeline_add(core, run->row.incident, TIMELINE_RUNBOOK, FIRSTLINE,
		    run->row.id, "%.*s%.*s waits for its turn, at most %.*s: %.*s",
		    STR_ARG(run_step(run)->name), STR_ARG(on), STR_ARG(most), STR_ARG(why));
	}
	if (core->at < rolled->deadline) {
		rolled->state = ROLLED_WAITS;
		rolled->due = rolled->deadline;
		return;
	}
	refused(core, run, rolled,
	    text_make(core, "its turn did not come within %.*s: %.*s", STR_ARG(most),
		STR_ARG(why)));
}

static void
begun(struct core *core, struct run *run, struct rolled *rolled,
    const struct beginning *beginning)
{
	rolled->waiting_for = 0;
	rolled->due = 0;
	switch (beginning->how) {
	case BEGUN_STARTED:
		rolled->state = ROLLED_OUT;
		rolled->waiting_for = rolled->attempt = beginning->attempt->row.id;
		rolled->deadline = 0;
		run->row.acted = true;
		return;
	case BEGUN_WAITS:
		rolled->state = ROLLED_ASKED;
		rolled->waiting_for = beginning->asked->row.id;
		if (beginning->asked->row.state == ASKED_APPROVAL)
			rolled->deadline = 0; /* that time is its own */
		return;
	case BEGUN_REFUSED:
		if (beginning->person && beginning->asked == NULL)
			trust_overridden(core, run); /* a person has the service in hand */
		if (beginning->person)
			left(core, run, rolled, beginning->why);
		else if (!beginning->only_at_once)
			refused(core, run, rolled, beginning->why);
		else
			wait_for_turn(core, run, rolled, beginning->why);
		return;
	}
	UNREACHABLE();
}

void
action_asked(struct core *core, struct run *run, const struct beginning *beginning)
{
	ASSERT(beginning->asked != NULL);
	struct rolled *rolled = rolled_waiting(run, beginning->asked->row.id);
	ASSERT(rolled != NULL);
	begun(core, run, rolled, beginning);
	object_touch(core, &run->o);
	roll_on(core, run);
}

/* Of the whole plan: what is called for each of many is done to many. */
static uint32_t
targets_in_all(const struct core *core, const struct run *run)
{
	size_t n = run->row.targets.n;
	for (const struct run *by = run_caller(core, run); by != NULL;
	     by = run_caller(core, by)) {
		if (run_step(by)->each)
			n *= by->row.targets.n;
		if (n > TARGETS_MAX)
			n = TARGETS_MAX;
	}
	return (uint32_t)n;
}

bool
action_asking(struct core *core, const struct run *run, struct asking *ret, str *ret_why)
{
	const struct runbook_step *step = run_step(run);
	const struct incident *incident = run_incident(core, run);
	str *behalf = arena_new(&core->scratch, str, 1);
	*behalf = run->row.behalf;
	str service = service_of(core, run);
	size_t n;
	const struct rolled *rolled = rolled_of(run, &n);
	*ret = (struct asking){ .principal = run->row.started_by,
		.behalf = { behalf, behalf->n > 0 ? 1 : 0 },
		.action = step->action->name,
		.service = service,
		.target = run->row.targets.p[run->row.target],
		.targets_n = targets_in_all(core, run),
		.incident = incident->row.id,
		.incident_open = incident_asks_for(incident, service),
		.run = run->row.id,
		.waits = run->row.target < n && rolled[run->row.target].deadline != 0,
		.at = core->at,
		.wall = core->wall };
	return read_params(core, run, &ret->params, ret_why);
}

/* Targets are those of the beginning of the step, and each must be one still, by the newest
 * configuration, when its turn comes. */
bool
action_still_there(const struct core *core, const struct run *run, str target)
{
	const struct runbook_step *step = run_step(run);
	if (step->target_service == NULL)
		return true;
	const struct host *host = names_get(&core->newest->model->host_by_name, target);
	return host != NULL && str_eq(host->service->name, step->target_service->name) &&
	       (step->target_role.n == 0 || str_eq(host->role, step->target_role)) &&
	       str_eq(host->environment, run_incident(core, run)->row.environment);
}

/* Since this run of it began, its owner said that it only watches. */
static bool
shadowed_since(const struct core *core, const struct run *run)
{
	return !run->row.shadow && str_eq(run->row.started_by, AUTOMATION) &&
	       model_shadows(core->newest->model, run->runbook,
		   run_incident(core, run)->row.service);
}

/* Decide, and order it. */
void
action_begin(struct core *core, struct run *run, size_t i)
{
	const struct runbook_step *step = run_step(run);
	struct incident *incident = run_incident(core, run);
	size_t n;
	struct rolled *rolled = &rolled_of(run, &n)[i];
	struct asking asking;
	str why;
	ASSERT(i < n && str_eq(rolled->target, run->row.targets.p[i]));
	run->row.target = (uint32_t)i;
	rolled->due = 0;
	if (shadowed_since(core, run)) {
		left(core, run, rolled,
		    STR("it is in shadow since it began: nothing more is done"));
		return;
	}
	if (!action_still_there(core, run, rolled->target)) {
		left(core, run, rolled, roll_gone(core, run, i, n - 1));
		return;
	}
	if (!action_asking(core, run, &asking, &why)) {
		left(core, run, rolled,
		    text_make(core, "%.*s cannot be asked for: %.*s", STR_ARG(step->name),
			STR_ARG(why)));
		return;
	}
	if (run->row.shadow) {
		bool would = shadow_act(core, run, &asking, &why);
		rolled_over(core, run, rolled, would ? ROLLED_DONE : ROLLED_REFUSED);
		if (!would)
			roll_leave(core, run, step->otherwise, why);
		return;
	}
	struct beginning beginning = asked_begin(core, incident, run, &asking, step->name);
	begun(core, run, rolled, &beginning);
}

/* Nothing is never everything. */
str
action_no_host(struct core *core, const struct run *run)
{
	const struct runbook_step *step = run_step(run);
	const struct incident *incident = run_incident(core, run);
	struct pairs values = run_values(core, run);
	str only = { 0 };
	struct err err;
	if (step->target_host.n > 0 &&
	    !template_fill(&step->target_host, &values, &core->scratch, &only, &err))
		return text_make(core, "its host is not known: %s", err.text);
	str role = step->target_role.n > 0
	               ? text_make(core, " with role %.*s", STR_ARG(step->target_role))
	               : (str){ 0 };
	if (step->target_host.n > 0)
		return text_make(core, "%.*s is no host of %.*s%.*s in %.*s", STR_ARG(only),
		    STR_ARG(step->target_service->name), STR_ARG(role),
		    STR_ARG(incident->row.environment));
	return text_make(core, "no host of %.*s in %.*s has role %.*s",
	    STR_ARG(step->target_service->name), STR_ARG(incident->row.environment),
	    STR_ARG(step->target_role));
}

void
action_enter(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	struct strs targets = action_targets(core, run);
	if (targets.n == 0) {
		str why = step->target_service == NULL
		              ? STR("the incident belongs to no service")
		              : action_no_host(core, run);
		run_goto(core, run, STEP_PERSON, why);
		return;
	}
	targets = continued_left(core, run, targets);
	if (targets.n == 0) {
		run_goto(core, run, STEP_NEXT, step->name);
		return;
	}
	row_set_strs(core, &run->row.targets, targets);
	if (run->row.targets.n != targets.n) {
		run_goto(core, run, STEP_PERSON, STR("there is no memory for its targets"));
		return;
	}
	roll_on(core, run);
}

/* ---- how it went ---- */

/* Once more, after a while, where the step says so. What surely failed may be tried again;
 * what was ended in the middle only where doing it twice does no harm. */
static bool
retry(struct core *core, struct run *run, struct rolled *rolled,
    const struct attempt *attempt)
{
	const struct runbook_step *step = run_step(run);
	const struct attempt_row *row = &attempt->row;
	bool sure = row->state == ATTEMPT_EXITED;
	if (rolled->retries >= step->retry_times || row->stop_asked ||
	    run->row.roll_why.n > 0 || !(sure || row->repeat_safe))
		return false;
	rolled->retries++;
	rolled->tries = 0;
	rolled->state = ROLLED_WAITS;
	rolled->due = core->at + step->retry_wait_ms;
	str wait = text_ms(core, step->retry_wait_ms);
	timeline_add(core, run->row.incident, TIMELINE_RUNBOOK, FIRSTLINE, run->row.id,
	    "%.*s on %.*s is tried again in %.*s, time %u of %u", STR_ARG(step->name),
	    STR_ARG(row->target), STR_ARG(wait), rolled->retries, step->retry_times);
	return true;
}

static void
failed(struct core *core, struct run *run, struct rolled *rolled)
{
	const struct runbook_step *step = run_step(run);
	rolled_over(core, run, rolled, ROLLED_FAILED);
	run->row.failures++;
	if (run->row.failures >= step->stop_after_failures)
		roll_leave(core, run, step->otherwise,
		    text_make(core, "%.*s failed on %.*s", STR_ARG(step->name),
			STR_ARG(rolled->target)));
}

/* Stopped by its time: it may have done its work. The verify knows, also after a while;
 * nothing else does. */
static void
timed_out(struct core *core, struct run *run, struct rolled *rolled)
{
	const struct runbook_step *step = run_step(run);
	uint32_t next = run->row.step + 1;
	rolled_over(core, run, rolled, ROLLED_TIMED_OUT);
	while (next < run->runbook->steps_n && run->runbook->steps[next].kind == STEP_WAIT)
		next++;
	ASSERT(next < run->runbook->steps_n); /* neither an action nor a wait is the last */
	if (run->runbook->steps[next].kind == STEP_VERIFY)
		roll_leave(core, run, STEP_NEXT, step->name);
	else
		roll_leave(core, run, STEP_PERSON,
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
again(struct core *core, struct run *run, struct rolled *rolled,
    const struct attempt *attempt)
{
	rolled->tries++;
	if (run->row.roll_why.n > 0) {
		rolled_left(core, run, rolled, ROLLED_LEFT);
		return;
	}
	if (rolled->tries < NEVER_STARTED_MAX) {
		rolled->state = ROLLED_WAITS;
		rolled->due = core->at;
		return;
	}
	left(core, run, rolled,
	    text_make(core, "%.*s on %.*s %s %u times: %.*s", STR_ARG(attempt->row.action),
		STR_ARG(attempt->row.target),
		may_have_happened(core, run, attempt) ? "was tried, and may have happened,"
						      : "could not be started",
		rolled->tries, STR_ARG(attempt->row.why)));
}

void
action_outcome(struct core *core, struct run *run, const struct attempt *attempt,
    enum outcome outcome)
{
	struct rolled *rolled = rolled_waiting(run, attempt->row.id);
	ASSERT(rolled != NULL);
	rolled->waiting_for = 0;
	switch (outcome) {
	case OUTCOME_OK:
		rolled_over(core, run, rolled, ROLLED_DONE);
		break;
	case OUTCOME_FAILED:
		if (!retry(core, run, rolled, attempt))
			failed(core, run, rolled);
		break;
	case OUTCOME_TIMED_OUT:
		if (!retry(core, run, rolled, attempt))
			timed_out(core, run, rolled);
		break;
	case OUTCOME_NOT_DONE:
	case OUTCOME_MAYBE:
		again(core, run, rolled, attempt);
		break;
	case OUTCOME_REFUSED:
		refused(core, run, rolled, attempt->row.why);
		break;
	}
	object_touch(core, &run->o);
	roll_due(core, run);
}
