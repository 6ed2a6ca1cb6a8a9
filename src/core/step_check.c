/*
 * The steps `check` and `verify`, and `wait` with `until`: ask, hold the answer against the
 * condition, ask again.
 *
 *	        holds for its time      does not hold      no answer
 *	check   then (next step)        otherwise          ask until the deadline, then a person
 *	verify  recovered               ask until the deadline, then otherwise; a person where
 *	                                the last look gave no answer
 *	wait    next step               as verify
 *
 * No answer is neither proof nor disproof, and breaks a time of holding: what was not
 * seen did not hold. The deadline counts when looks come back; one that is out at the
 * deadline is waited for, since its own timeout bounds it. Where the engine or hands was away
 * until then, one more look is made, and counts.
 */
#include "core/state.h"

/* The one probe of the step is out; false: *ret_why. */
static bool
send_one(struct core *core, struct run *run, str *ret_why)
{
	struct pairs values = run_values(core, run);
	struct probe_row row;
	if (!probe_fill(core, &run_step(run)->probe, &values, &row, ret_why))
		return false;
	row.incident = run->row.incident;
	row.run = run->row.id;
	row.config = run->model->hash;
	row_id id = probe_send(core, &row);
	*ret_why = STR("there is no memory to ask");
	if (id != 0)
		run_wait(core, run, PHASE_PROBING, 0, id);
	return id != 0;
}

static void
look(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	str why;
	bool several = step->probes_n > 0 || step->gate_hosts;
	if (!(several ? looks_send(core, run, &why) : send_one(core, run, &why)))
		run_goto(core, run, STEP_PERSON,
		    text_make(core, "%.*s cannot be asked: %.*s", STR_ARG(step->name),
			STR_ARG(why)));
}

void
check_enter(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	ASSERT(step->within_ms > 0 &&
	       step->every_ms > 0); /* whoever writes neither has ours */
	run->row.deadline = core->at + step->within_ms;
	look(core, run);
}

void
gate_enter(struct core *core, struct run *run)
{
	run->row.held_since = 0;
	run->row.unknown = false;
	run->row.deadline = core->at + run_step(run)->within_ms;
	look(core, run);
}

/* "drained: 812, wanted < 50" */
static str
seen_text(struct core *core, const struct run *run)
{
	const struct runbook_step *step = run_step(run);
	if (step->probes_n > 0 || step->gate_hosts)
		return text_make(core, "%.*s: saw %.*s; %s must hold", STR_ARG(step->name),
		    STR_ARG(run->row.last_value), step->any ? "one" : "all");
	return text_make(core, "%.*s: saw %.*s, wanted %.*s", STR_ARG(step->name),
	    STR_ARG(run->row.last_value), STR_ARG(step->probe.expect.written));
}

static void
say(struct core *core, const struct run *run, str words)
{
	timeline_add(core, run->row.incident, TIMELINE_CHECK, FIRSTLINE, run->row.id,
	    "%.*s", STR_ARG(words));
}

static void
held(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	str seen = seen_text(core, run), lasted = STR(": holds");
	if (step->kind == STEP_ACTION)
		lasted = STR(": the next batch may begin");
	else if (step->for_ms > 0)
		lasted = text_make(core, "; held for %.*s",
		    STR_ARG(text_ms(core, step->for_ms)));
	say(core, run, text_make(core, "%.*s%.*s", STR_ARG(seen), STR_ARG(lasted)));
	if (step->kind == STEP_ACTION) {
		roll_gate_held(core, run);
		return;
	}
	if (step->kind != STEP_VERIFY) {
		run_goto(core, run, step->then, seen);
		return;
	}
	struct incident *incident = run_incident(core, run);
	run_end(core, run, RUN_RECOVERED, seen);
	if (call_ended(core, run, seen))
		return;
	incident_recovered(core, incident);
}

/* The deadline passed and it did not hold long enough. */
static void
too_late(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	str seen = seen_text(core, run);
	if (step->kind == STEP_CHECK || run->row.unknown) {
		str why = text_make(core, "%s, %.*s",
		    step->kind == STEP_VERIFY ? "unverifiable" : "could not tell",
		    STR_ARG(seen));
		say(core, run, why);
		run_goto(core, run, STEP_PERSON, why);
		return;
	}
	if (step->kind == STEP_VERIFY) {
		run->row.verify_failed = true;
		object_touch(core, &run->o);
	}
	str why = text_make(core, "%s in time, %.*s",
	    step->kind == STEP_VERIFY   ? "it has not recovered"
	    : step->kind == STEP_ACTION ? "the next batch did not begin: not well"
					: "it did not become so",
	    STR_ARG(seen));
	say(core, run, why);
	if (step->undoes)
		undo_begin(core, run, why);
	else
		run_goto(core, run, step->otherwise, why);
}

/* Wait for the next look: after a while, when it will have held, or at the deadline. */
static void
look_later(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	const struct run_row *row = &run->row;
	msec due = core->at + step->every_ms;
	msec complete = row->held_since + step->for_ms;
	if (row->held_since != 0 && complete < due)
		due = complete;
	if (row->deadline < due)
		due = row->deadline;
	if (due <= core->at)
		due = core->at + 1;
	run_wait(core, run, PHASE_WAITING, due, 0);
}

str
check_value(struct core *core, const struct probe *asked, const struct probe_result *seen)
{
	return text_line(core, str_trim(probe_says(core, asked, seen)), 200);
}

void
check_looked(struct core *core, struct run *run, enum holds holds, str value)
{
	const struct runbook_step *step = run_step(run);
	struct run_row *row = &run->row;
	row_set_str(core, &row->last_value, value);
	row->unknown = holds == HOLDS_UNKNOWN;
	if (holds != HOLDS_YES)
		row->held_since = 0;
	else if (row->held_since == 0)
		row->held_since = core->at;
	object_touch(core, &run->o);
	bool yes = row->held_since != 0;
	msec complete = row->held_since + step->for_ms;
	if (yes && core->at >= complete && complete <= row->deadline) {
		held(core, run);
	} else if (step->kind == STEP_CHECK && !yes && !row->unknown) {
		str why = seen_text(core, run);
		say(core, run, text_make(core, "%.*s: does not hold", STR_ARG(why)));
		run_goto(core, run, step->otherwise, why);
	} else if (core->at >= row->deadline) {
		too_late(core, run);
	} else {
		look_later(core, run);
	}
	run_walk(core, run);
}

void
check_seen(struct core *core, struct run *run, const struct probe_result *seen)
{
	ASSERT(run->row.phase == PHASE_PROBING);
	const struct probe *asked = &run_step(run)->probe;
	check_looked(core, run, condition_holds(&asked->expect, seen),
	    check_value(core, asked, seen));
}

/* As long as a look of the step is waited for, at most. */
static msec
look_lasts(const struct runbook_step *step)
{
	msec most = step->gate_hosts ? step->target_service->healthy->timeout_ms
	                             : step->probe.timeout_ms;
	for (size_t i = 0; i < step->probes_n; i++) {
		if (most < step->probes[i].probe.timeout_ms)
			most = step->probes[i].probe.timeout_ms;
	}
	return most + PROBE_GRACE_MS;
}

void
check_again(struct core *core, struct run *run)
{
	struct run_row *row = &run->row;
	bool looks = row->phase == PHASE_PROBING || row->phase == PHASE_WAITING;
	if (row->state != RUN_RUNNING || !looks || row->deadline == 0 || row->undoing)
		return;
	msec least = core->at + look_lasts(run_step(run));
	if (row->deadline >= least)
		return;
	row->deadline = least;
	object_touch(core, &run->o);
}

void
check_due(struct core *core, struct run *run)
{
	const struct run_row *row = &run->row;
	msec complete = row->held_since + run_step(run)->for_ms;
	bool may_hold = row->held_since != 0 && complete <= row->deadline;
	/* A look that may prove it is made even at the deadline. */
	if (core->at < row->deadline || (may_hold && core->at >= complete))
		look(core, run);
	else
		too_late(core, run);
}
