/*
 * Shadow: a run that decides, and does nothing. Its checks are asked, since asking changes
 * nothing; each action is judged, and the decision is kept with a mark; no limit is
 * reserved, nothing is started, nobody is asked to approve or permit it. Facts that would
 * have to be asked for first are not: what they would say is not known.
 *
 * It ends where only having acted leads on: at its verify, or at a handoff. A person is
 * then told what it would have done. How the trouble ended is added when its incident is
 * closed.
 */
#include "core/state.h"

bool
shadow_act(struct core *core, struct run *run, const struct asking *asking, str *ret_why)
{
	const struct runbook_step *step = run_step(run);
	struct incident *incident = run_incident(core, run);
	struct judged judged;
	attempt_judge(core, asking, &judged);
	judged.row.shadow = true;
	attempt_record(core, incident, &judged);
	if (judged.row.verdict == VERDICT_DENY && !judged.by.only_at_once) {
		str why = judged_why(core, &judged);
		*ret_why = text_make(core, "in shadow, %.*s would have been refused: %.*s",
		    STR_ARG(step->name), STR_ARG(why));
		return false;
	}
	run->row.would_act++;
	object_touch(core, &run->o);
	return true;
}

/* A step that changes nothing, or whose actions are only judged. */
static bool
goes_on(enum step_kind kind)
{
	switch (kind) {
	case STEP_CHECK:
	case STEP_ACTION:
	case STEP_WAIT:
	case STEP_CALL:
		return true;
	case STEP_ASK:
	case STEP_VERIFY:
	case STEP_HANDOFF:
	case STEP_UNDO:
		return false;
	}
	UNREACHABLE();
}

bool
shadow_ends(struct core *core, struct run *run)
{
	if (!run->row.shadow || goes_on(run_step(run)->kind))
		return false;
	struct incident *incident = run_incident(core, run);
	if (run->row.would_act > 0) {
		row_set_str(core, &incident->row.shadow, run->row.runbook);
		object_touch(core, &incident->o);
		core->control->row.shadow_runs++;
	}
	run_person(core, run,
	    text_make(core,
		"in shadow, runbook %.*s would have started %u action%s; nothing was done: "
		"`firstline why %u` says which",
		STR_ARG(run->row.runbook), run->row.would_act,
		run->row.would_act == 1 ? "" : "s", incident->row.id));
	return true;
}

static bool
person_acted(const struct incident *incident)
{
	list_each(it, &incident->attempts)
	{
		const struct attempt *attempt =
		    container_of(object_of(it, of_incident), struct attempt, o);
		if (!str_eq(attempt->row.principal, AUTOMATION))
			return true;
	}
	return false;
}

void
shadow_closed(struct core *core, const struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	if (row->shadow.n == 0)
		return;
	bool person = row->end == END_PERSON || person_acted(incident);
	str lasted = text_ms(core, core->at - row->opened_at);
	timeline_add(core, row->id, TIMELINE_RUNBOOK, FIRSTLINE, 0,
	    "runbook %.*s would have acted; %s, after %.*s", STR_ARG(row->shadow),
	    person ? "a person ended it" : "it ended by itself", STR_ARG(lasted));
	trust_shadowed(core, row->shadow, row->service, person);
}
