/*
 * The step `wait`: for a time, or until something is so. The second is a look like that of
 * a check (step_check.c), but what does not hold yet is looked at again until the deadline,
 * and what holds only leads on.
 */
#include "core/state.h"

void
wait_enter(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	if (step->probe.kind != 0) {
		check_enter(core, run);
		return;
	}
	str lasts = text_ms(core, step->for_ms);
	timeline_add(core, run->row.incident, TIMELINE_RUNBOOK, FIRSTLINE, run->row.id,
	    "%.*s: waits %.*s", STR_ARG(step->name), STR_ARG(lasts));
	run_wait(core, run, PHASE_WAITING, core->at + step->for_ms, 0);
}

void
wait_due(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	if (step->probe.kind != 0)
		check_due(core, run);
	else
		run_goto(core, run, STEP_NEXT, step->name);
}
