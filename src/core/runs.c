/*
 * Runs: choosing a runbook, and walking its steps. One run per incident at a time,
 * and those that called it (step_call.c).
 *
 * The walk is a loop over `run->row.step`: a step is entered, and either says where to go
 * next (run_goto) or waits (run_wait) for a probe, an attempt or a time. Whatever it waits
 * for comes back to its step's file, which says where to go, and the loop goes on. A run
 * ends in one of five ways: recovered, stopped, a person, handed off, cancelled.
 */
#include <stdlib.h>

#include "core/state.h"

struct incident *
run_incident(const struct core *core, const struct run *run)
{
	if (run->imagined != NULL)
		return run->imagined;
	struct incident *incident = incident_find(core, run->row.incident);
	ASSERT(incident != NULL);
	return incident;
}

const struct runbook_step *
run_step(const struct run *run)
{
	ASSERT(run->row.step < run->runbook->steps_n);
	return &run->runbook->steps[run->row.step];
}

/* Behind the last step, and so at none. */
static bool
is_through(const struct run *run)
{
	return run->row.step >= run->runbook->steps_n;
}

bool
run_only_looks(const struct run *run)
{
	if (run->row.acted)
		return false;
	if (run->row.phase == PHASE_EVIDENCE || run->row.phase == PHASE_INPUTS)
		return true;
	switch (run_step(run)->kind) {
	case STEP_CHECK:
	case STEP_WAIT:
	case STEP_ASK:
		return true;
	case STEP_ACTION:
	case STEP_VERIFY:
	case STEP_UNDO:
	case STEP_CALL:
	case STEP_HANDOFF:
		return false;
	}
	UNREACHABLE();
}

/* ---- values for templates ---- */

struct pairs
pairs_with(struct core *core, const struct pairs *pairs, str name, str value)
{
	struct pair *p = arena_new(&core->scratch, struct pair, pairs->n + 1);
	size_t n = 0;
	bool placed = false;
	for (size_t i = 0; i < pairs->n; i++) {
		int order = str_cmp(pairs->p[i].name, name);
		if (order > 0 && !placed) {
			p[n++] = (struct pair){ name, value };
			placed = true;
		}
		if (order != 0)
			p[n++] = pairs->p[i];
	}
	if (!placed)
		p[n++] = (struct pair){ name, value };
	return (struct pairs){ p, n };
}

struct pairs
run_values(struct core *core, const struct run *run)
{
	const struct incident *incident = run_incident(core, run);
	struct pairs values = run->row.inputs;
	for (size_t i = 0; i < run->row.answers.n; i++)
		values = pairs_with(core, &values, run->row.answers.p[i].name,
		    run->row.answers.p[i].value);
	return pairs_with(core, &values, STR("service"), incident->row.service);
}

/* What the catalogue or the first alert says; empty: nothing. */
static str
input_value(struct core *core, const struct incident *incident, const struct input *input)
{
	const struct service *service = incident_service(incident);
	str none = { 0 };
	switch (input->from) {
	case INPUT_LABEL:
		return pairs_get(&incident->row.labels, input->label);
	case INPUT_ANNOTATION:
		return pairs_get(&incident->row.annotations, input->label);
	case INPUT_SERVICE:
		return service != NULL ? service->name : none;
	case INPUT_OWNER:
		return service != NULL ? service->owner->name : none;
	case INPUT_TIER:
		return service != NULL ? text_make(core, "%u", service->tier) : none;
	case INPUT_ENVIRONMENT:
		return service != NULL ? service->environment : none;
	case INPUT_SYSTEM:
		return service != NULL ? service->system : none;
	case INPUT_DEVELOPERS:
		return service != NULL && service->developers != NULL
		           ? service->developers->name
		           : none;
	case INPUT_PROBE:
		return none;
	}
	return none; /* only its default */
}

static str
unknown_input(struct core *core, const struct runbook *runbook, str name)
{
	str *names = arena_new(&core->scratch, str, runbook->inputs_n + 1);
	for (size_t i = 0; i < runbook->inputs_n; i++)
		names[i] = runbook->inputs[i].param.name;
	str near = diag_suggest(&core->scratch, name, names, runbook->inputs_n);
	return text_make(core, "it has no input %.*s%s%.*s", STR_ARG(name),
	    near.n > 0 ? ": " : "", STR_ARG(near));
}

/* Each input: what was given, else what it comes from, else its default. */
bool
run_inputs(struct core *core, const struct incident *incident,
    const struct runbook *runbook, const struct pairs *given, struct pairs *ret,
    str *ret_why)
{
	struct pairs inputs = { 0 };
	for (size_t i = 0; i < runbook->inputs_n; i++) {
		const struct input *input = &runbook->inputs[i];
		str value =
		    given != NULL ? pairs_get(given, input->param.name) : (str){ 0 };
		if (value.n == 0)
			value = input_value(core, incident, input);
		if (value.n == 0)
			value = input->param.otherwise;
		if (value.n == 0 && input->from == INPUT_PROBE)
			continue; /* it is asked for (inputs.c) */
		if (value.n == 0) {
			*ret_why = text_make(core,
			    "its input %.*s is not known: `%.*s=VALUE` gives it",
			    STR_ARG(input->param.name), STR_ARG(input->param.name));
			return false;
		}
		str refused = param_refuses(&input->param, value, &core->scratch);
		if (refused.n > 0) {
			*ret_why = text_make(core, "its input %.*s is not usable: %.*s",
			    STR_ARG(input->param.name), STR_ARG(refused));
			return false;
		}
		inputs = pairs_with(core, &inputs, input->param.name, value);
	}
	for (size_t i = 0; given != NULL && i < given->n; i++) {
		size_t k = 0;
		while (k < runbook->inputs_n &&
		       !str_eq(runbook->inputs[k].param.name, given->p[i].name))
			k++;
		if (k == runbook->inputs_n) {
			*ret_why = unknown_input(core, runbook, given->p[i].name);
			return false;
		}
	}
	*ret = inputs;
	return true;
}

bool
run_can_begin(struct core *core, const struct incident *incident,
    const struct runbook *runbook, const struct pairs *given, struct pairs *ret,
    str *ret_why)
{
	str service = incident->row.service;
	if (runbook->steps_n == 0) {
		*ret_why = STR("it has no steps to run: it is for people to read");
		return false;
	}
	if (!runbook_is_for(runbook, service)) {
		*ret_why = text_make(core, "it is not for incidents of %.*s",
		    STR_ARG(service.n > 0 ? service : STR("no service")));
		return false;
	}
	return run_inputs(core, incident, runbook, given, ret, ret_why);
}

/* ---- starting ---- */

static void
add_tried(struct core *core, struct incident *incident, str name)
{
	struct strs *tried = &incident->row.tried;
	if (strs_has(tried, name) || tried->n >= TARGETS_MAX)
		return;
	struct strs more = { arena_new(&core->scratch, str, tried->n + 1), tried->n + 1 };
	for (size_t i = 0; i < tried->n; i++)
		more.p[i] = tried->p[i];
	more.p[tried->n] = name;
	row_set_strs(core, tried, more);
}

struct run *
run_start(struct core *core, struct incident *incident, const struct starting *starting,
    str *ret_why)
{
	ASSERT(incident->run == NULL);
	const struct runbook *runbook = starting->runbook;
	const struct run_row *before = starting->continues;
	str principal = starting->principal;
	struct run_row row = { .incident = incident->row.id,
		.state = RUN_RUNNING,
		.runbook = runbook->name,
		.runbook_hash = runbook->hash,
		.config = starting->model->hash,
		.started_by = principal,
		.behalf = starting->behalf,
		.phase = PHASE_ENTER,
		.step_at = core->at,
		.begun_wall = core->wall,
		.shadow =
		    str_eq(principal, AUTOMATION) &&
		    model_shadows(core->newest->model, runbook, incident->row.service),
		.drill = incident->row.drill,
		.continues = before != NULL ? before->id : 0,
		.forgot = before != NULL && before->forgot,
		.passed = starting->passed };
	if (!run_can_begin(core, incident, runbook, starting->given, &row.inputs, ret_why))
		return NULL;
	row.id = row_next(core);
	struct run *run = core_roomy(core) ? object_add(core, TABLE_RUN, &row) : NULL;
	if (run == NULL) {
		*ret_why = STR("there is no memory for another run");
		return NULL;
	}
	run->model = core_model_use(starting->model);
	run->runbook = runbook;
	incident->run = run;
	incident->row.run = row.id;
	incident->row.recovered_at = 0;
	incident->row.recovered_wall = 0;
	incident->row.not_real = false;
	incident->row.settle_at = 0;
	incident->row.look_again_at = 0;
	row_set_str(core, &incident->row.runbook, runbook->name);
	add_tried(core, incident, runbook->name);
	object_touch(core, &incident->o);
	str of = before != NULL ? text_make(core, " where run %llu ended",
				      (unsigned long long)before->id)
	                        : (str){ 0 };
	timeline_add(core, row.incident, TIMELINE_RUNBOOK, principal, row.id,
	    "runbook %.*s starts%.*s%s", STR_ARG(runbook->name), STR_ARG(of),
	    row.shadow ? ", in shadow: nothing is done" : "");
	person_clear(core, incident); /* it says so where it needs one again */
	if (before != NULL)
		continued_take_over(core, run, before->id);
	inputs_begin(core, run);
	incident_arm(core, incident);
	return run;
}

/* Nothing answers: a gap the first time, a person always. */
static void
no_runbook(struct core *core, struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	if (row->tried.n > 0) {
		str tried = text_list(core, &row->tried, 5);
		person_need(core, incident,
		    text_make(core, "no other runbook answers after %.*s", STR_ARG(tried)));
		return;
	}
	str name = pairs_get(&row->labels, STR("alertname"));
	str of = row->service.n > 0 ? row->service : STR("no service");
	gap_add(core, GAP_NO_RUNBOOK,
	    text_make(core, "%.*s on %.*s", STR_ARG(name), STR_ARG(of)), row->owner,
	    incident,
	    text_make(core, "no runbook answers %.*s on %.*s", STR_ARG(name), STR_ARG(of)));
	person_need(core, incident, STR("no runbook answers"));
}

bool
run_choose(struct core *core, struct incident *incident)
{
	const struct service *service = incident_service(incident);
	const struct runbook *runbook = model_choose_runbook(incident->model->model,
	    service, &incident->row.labels, &incident->row.tried);
	if (runbook == NULL) {
		no_runbook(core, incident);
		return false;
	}
	str why = { 0 };
	trust_settle(core, runbook, incident->row.service);
	struct in_force autonomy = autonomy_of(core, runbook, incident->row.service);
	bool shadow = model_shadows(core->newest->model, runbook, incident->row.service);
	if ((autonomy.level == AUTONOMY_SUGGEST && !shadow) || runbook->steps_n == 0) {
		row_set_str(core, &incident->row.runbook, runbook->name);
		add_tried(core, incident, runbook->name);
		person_need(core, incident,
		    text_make(core,
			"runbook %.*s may only suggest: run it with `firstline run %.*s "
			"--incident %u`",
			STR_ARG(runbook->name), STR_ARG(runbook->name), incident->row.id));
		return false;
	}
	struct starting starting = { .model = incident->model,
		.runbook = runbook,
		.principal = AUTOMATION };
	if (run_start(core, incident, &starting, &why) != NULL)
		return true;
	add_tried(core, incident, runbook->name);
	person_need(core, incident,
	    text_make(core, "runbook %.*s cannot start: %.*s", STR_ARG(runbook->name),
		STR_ARG(why)));
	return false;
}

/* ---- ending ---- */

void
run_end(struct core *core, struct run *run, enum run_state state, str why)
{
	ASSERT(run->row.state == RUN_RUNNING && state != RUN_RUNNING);
	if (core->trace != NULL)
		core->trace->ended(core->trace, run, state, why);
	struct incident *incident = run_incident(core, run);
	ASSERT(incident->run == run);
	row_id out = run->row.waiting_for;
	enum step_phase phase = run->row.phase;
	run->row.state = state;
	run->row.ended_wall = core->wall;
	run->row.waiting_for = 0;
	run->row.due = 0;
	row_set_str(core, &run->row.why, text_line(core, why, TIMELINE_TEXT_MAX));
	call_hand_back(core, run);
	object_touch(core, &incident->o);
	incident_worked(core, incident);
	timeline_add(core, run->row.incident, TIMELINE_RUNBOOK, FIRSTLINE, run->row.id,
	    "runbook %.*s ends, %s: %.*s", STR_ARG(run->row.runbook), run_state_name(state),
	    STR_ARG(why));
	trust_ran(core, run);
	if (phase == PHASE_PROBING)
		probe_drop(core, out);
	looks_drop(core, run);
	if (phase == PHASE_ANSWER)
		ask_end(core, run, FIRSTLINE, why);
	if (phase == PHASE_EVIDENCE)
		evidence_drop(core, run);
	if (run->row.undoing)
		undo_drop(core, phase, out, why);
	else if (!is_through(run) &&
		 (run_step(run)->kind == STEP_ACTION || run_step(run)->each))
		roll_drop(core, run, why);
	core_model_drop(core, run->model);
	object_done(core, &run->o);
}

/* Whoever comes is told how far it came, and how it goes on: it was in the middle. */
static str
why_in_the_middle(struct core *core, const struct run *run, str why)
{
	size_t n;
	if (run->row.caller != 0 || is_through(run))
		return why;
	enum step_kind kind = run_step(run)->kind;
	if (kind != STEP_ACTION && kind != STEP_CALL)
		return why;
	(void)rolled_of(run, &n);
	str came = roll_text(core, run);
	if (n == 0 || came.n == 0)
		return why;
	why = text_part(core, why);
	return text_make(core,
	    "%.*s; %.*s: `firstline run %.*s --continue %llu` goes on with the rest",
	    STR_ARG(why), STR_ARG(came), STR_ARG(run->row.runbook),
	    (unsigned long long)run->row.id);
}

void
run_person(struct core *core, struct run *run, str why)
{
	struct incident *incident = run_incident(core, run);
	str needed = why_in_the_middle(core, run, why);
	run_end(core, run, RUN_NEEDS_PERSON, why);
	if (call_ended(core, run, why))
		return;
	incident_set_state(core, incident, INCIDENT_OPEN);
	person_need(core, incident, needed);
	incident_quiet(core, incident);
	incident_arm(core, incident);
}

static void
run_stop(struct core *core, struct run *run, str why)
{
	struct incident *incident = run_incident(core, run);
	run_end(core, run, RUN_STOPPED, why);
	if (call_ended(core, run, why))
		return;
	incident_set_state(core, incident, INCIDENT_OPEN);
	incident->row.not_real = true;
	incident->row.look_again_at = core->at + STOPPED_LOOK_MS;
	object_touch(core, &incident->o);
	incident_quiet(core, incident);
	incident_arm(core, incident);
}

/* ---- walking ---- */

void
run_wait(struct core *core, struct run *run, enum step_phase phase, msec due,
    row_id waiting_for)
{
	run->row.phase = phase;
	run->row.due = due;
	run->row.waiting_for = waiting_for;
	object_touch(core, &run->o);
	heap_set(&core->timers, &run->o, due);
}

void
run_goto(struct core *core, struct run *run, uint32_t where, str why)
{
	if (core->trace != NULL)
		core->trace->left(core->trace, run, where, why);
	if (where == STEP_STOP) {
		run_stop(core, run, why);
		return;
	}
	if (where == STEP_PERSON) {
		run_person(core, run, why);
		return;
	}
	run->row.step = where == STEP_NEXT ? run->row.step + 1 : where;
	run_wait(core, run, PHASE_ENTER, 0, 0);
}

static void
show_state(struct core *core, const struct run *run)
{
	bool verifying = run_step(run)->kind == STEP_VERIFY && run->row.acted;
	incident_set_state(core, run_incident(core, run),
	    verifying ? INCIDENT_VERIFYING : INCIDENT_ACTING);
}

static void
enter(struct core *core, struct run *run)
{
	struct run_row *row = &run->row;
	row->steps_done++;
	row->step_at = core->at;
	row->held_since = 0;
	row->deadline = 0;
	row->failures = 0;
	row->target = 0;
	row->tries = 0;
	row->unknown = false;
	row->between = 0;
	row->undoing = false;
	row_set_str(core, &row->undo_why, (str){ 0 });
	row_set_str(core, &row->last_value, (str){ 0 });
	row_set_str(core, &row->roll_why, (str){ 0 });
	row_set_strs(core, &row->targets, (struct strs){ 0 });
	object_touch(core, &run->o);
	show_state(core, run);
	if (shadow_ends(core, run))
		return;
	switch (run_step(run)->kind) {
	case STEP_CHECK:
	case STEP_VERIFY:
		check_enter(core, run);
		return;
	case STEP_ACTION:
		action_enter(core, run);
		return;
	case STEP_UNDO:
		undo_enter(core, run);
		return;
	case STEP_CALL:
		call_enter(core, run);
		return;
	case STEP_HANDOFF:
		handoff_enter(core, run);
		return;
	case STEP_WAIT:
		wait_enter(core, run);
		return;
	case STEP_ASK:
		ask_enter(core, run);
		return;
	}
	UNREACHABLE();
}

/* Does it gather evidence before this step? */
static bool
looks_first(struct core *core, struct run *run)
{
	if (!evidence_wanted(core, run))
		return false;
	show_state(core, run);
	return evidence_begin(core, run);
}

void
run_walk(struct core *core, struct run *run)
{
	while (run->row.state == RUN_RUNNING && run->row.phase == PHASE_ENTER) {
		/* No step leads back, and they are fewer. */
		static_assert(RUNBOOK_STEPS_MAX < STEPS_WALKED_MAX, "a run ends");
		ASSERT(run->row.steps_done < STEPS_WALKED_MAX);
		if (is_through(run))
			run_person(core, run,
			    run->row.acted ? STR("it acted, but nothing verifies that it "
						 "helped")
					   : STR("it has nothing more to do"));
		else if (!looks_first(core, run))
			enter(core, run);
	}
}

void
run_timer(struct core *core, struct run *run)
{
	if (run->row.phase == PHASE_EVIDENCE) {
		evidence_due(core, run);
		return;
	}
	if (permit_waits(run)) {
		permit_due(core, run);
		return;
	}
	ASSERT(run->row.phase == PHASE_WAITING || run->row.phase == PHASE_ANSWER ||
	       run_step(run)->kind == STEP_ACTION);
	run_wait(core, run, PHASE_WAITING, 0, 0);
	switch (run_step(run)->kind) {
	case STEP_CHECK:
	case STEP_VERIFY:
		if (run->row.undoing)
			undo_due(core, run);
		else
			check_due(core, run);
		break;
	case STEP_ACTION:
		roll_due(core, run);
		break;
	case STEP_WAIT:
		wait_due(core, run);
		break;
	case STEP_ASK:
		ask_due(core, run);
		break;
	case STEP_UNDO:
		undo_due(core, run);
		break;
	case STEP_CALL:
		call_due(core, run);
		break;
	case STEP_HANDOFF:
		UNREACHABLE();
	}
	run_walk(core, run);
}

void
run_outcome(struct core *core, struct run *run, const struct attempt *attempt,
    enum outcome outcome)
{
	run_wait(core, run, PHASE_WAITING, 0, 0); /* whatever follows says for what */
	if (run->row.undoing)
		undo_outcome(core, run, attempt, outcome);
	else
		action_outcome(core, run, attempt, outcome);
	run_walk(core, run);
}

void
run_asked(struct core *core, struct run *run, const struct beginning *beginning)
{
	run_wait(core, run, PHASE_WAITING, 0, 0); /* the same */
	if (run->row.undoing)
		undo_asked(core, run, beginning);
	else
		action_asked(core, run, beginning);
	run_walk(core, run);
}
