/*
 * Taking back what the run did: the step `undo`, and a verify that failed where it says so.
 *
 * Last first, one after the other, each once and as it is by hand: what the run's own chain
 * did with no rule in its way; what somebody else did, in the run that it goes on with, by
 * the ordinary rules for the run's chain (undo.c). What is next is told by the attempts
 * themselves: the last one that is not taken back. So a run that was loaded goes on where
 * it was.
 *
 *	did nothing, or its action has no undo		passed over
 *	may or may not have happened			a person
 *	can no longer be taken back, refused, failed	a person
 *
 * Order matters: behind one that is not sure nothing more is taken back.
 */
#include "core/state.h"

static bool
is_of(const struct run *run, const struct attempt_row *row)
{
	const struct runbook_step *step = run_step(run);
	if (attempt_owner(row) != run->row.id || row->takes_back != 0 ||
	    row->undone_by != 0)
		return false;
	/* Of one step: not of one that is called alike, in a runbook that it called; but also
	 * of the run that it goes on with, which is of the same runbook. */
	return step->undo_of == STEP_ALL ||
	       ((row->run == run->row.id || str_eq(row->runbook, run->row.runbook)) &&
		   str_eq(row->step, run->runbook->steps[step->undo_of].name));
}

static bool
did_nothing(const struct attempt_row *row)
{
	return row->state == ATTEMPT_LOST ||
	       (row->state == ATTEMPT_EXITED && row->exit_code != 0) ||
	       (row->state == ATTEMPT_SETTLED && row->happened == HAPPENED_NO);
}

static bool
may_have_happened(const struct attempt_row *row)
{
	return row->state == ATTEMPT_TIMED_OUT || row->state == ATTEMPT_KILLED ||
	       (row->state == ATTEMPT_SETTLED && row->happened == HAPPENED_UNKNOWN);
}

static bool
has_undo(const struct core *core, const struct attempt_row *row)
{
	const struct action *action = model_action(core->newest->model, row->action);
	return action == NULL || action->undo != NULL; /* taken out: a person looks */
}

static const struct attempt *
attempt_before(const struct incident *incident, const struct link **it)
{
	*it = (*it)->prev;
	if (*it == &incident->attempts)
		return NULL;
	const char *o = (const char *)*it - offsetof(struct object, of_incident);
	return (const struct attempt *)(const void *)(o - offsetof(struct attempt, o));
}

/* The last that is to be taken back; *ret_n of them in all, *ret_stay stay for good. */
static const struct attempt *
last_done(const struct core *core, const struct run *run, unsigned *ret_n,
    unsigned *ret_stay)
{
	const struct incident *incident = run_incident(core, run);
	const struct attempt *last = NULL, *attempt;
	const struct link *it = &incident->attempts;
	*ret_n = *ret_stay = 0;
	while ((attempt = attempt_before(incident, &it)) != NULL) {
		if (!is_of(run, &attempt->row) || did_nothing(&attempt->row))
			continue;
		if (!has_undo(core, &attempt->row)) {
			++*ret_stay;
			continue;
		}
		last = last == NULL ? attempt : last;
		++*ret_n;
	}
	return last;
}

static void
give_up(struct core *core, struct run *run, const struct attempt_row *of, str why)
{
	run_goto(core, run, STEP_PERSON,
	    text_make(core, "%.*s on %.*s (attempt %llu) is not taken back: %.*s",
		STR_ARG(of->action), STR_ARG(of->target), (unsigned long long)of->id,
		STR_ARG(why)));
}

static void
finish(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	if (run->row.forgot) {
		run_goto(core, run, STEP_PERSON,
		    STR("what it did first is no longer known, and not taken back"));
		return;
	}
	str why = arena_str(&core->scratch, run->row.undo_why);
	if (step->kind == STEP_UNDO)
		run_goto(core, run, STEP_NEXT, step->name);
	else
		run_goto(core, run, step->otherwise, why);
}

/* Whoever comes is told why rules held at all. */
static str
why_refused(struct core *core, const struct run *run, const struct attempt_row *of, str why)
{
	if (undo_is_own(run, of))
		return why;
	return text_make(core, "it was %.*s's, so the rules hold for %.*s: %.*s",
	    STR_ARG(text_who(of->principal)), STR_ARG(text_who(run->row.started_by)),
	    STR_ARG(why));
}

static void
begun(struct core *core, struct run *run, const struct attempt *of,
    const struct beginning *beginning)
{
	switch (beginning->how) {
	case BEGUN_STARTED:
		run->row.acted = true; /* it may be all that a run that goes on does */
		run_wait(core, run, PHASE_ATTEMPT, 0, beginning->attempt->row.id);
		return;
	case BEGUN_WAITS:
		run_wait(core, run, PHASE_ASKED, 0, beginning->asked->row.id);
		return;
	case BEGUN_REFUSED:
		run->row.refused = true;
		give_up(core, run, &of->row,
		    why_refused(core, run, &of->row, beginning->why));
		return;
	}
	UNREACHABLE();
}

/* The next one, or what follows when none is left. */
static void
take_back(struct core *core, struct run *run)
{
	unsigned n, stay;
	const struct attempt *of = last_done(core, run, &n, &stay);
	struct asking asking;
	str why;
	if (of == NULL) {
		finish(core, run);
		return;
	}
	if (may_have_happened(&of->row)) {
		give_up(core, run, &of->row, STR("nobody knows whether it happened"));
		return;
	}
	if (!undo_asking(core, run, of, &asking, &why)) {
		give_up(core, run, &of->row, why);
		return;
	}
	struct beginning beginning =
	    asked_begin(core, run_incident(core, run), run, &asking, run_step(run)->name);
	begun(core, run, of, &beginning);
}

void
undo_begin(struct core *core, struct run *run, str why)
{
	unsigned n, stay;
	const struct runbook_step *step = run_step(run);
	(void)last_done(core, run, &n, &stay);
	run->row.undoing = true;
	run->row.tries = 0;
	row_set_str(core, &run->row.undo_why, text_line(core, why, TIMELINE_TEXT_MAX));
	object_touch(core, &run->o);
	incident_set_state(core, run_incident(core, run), INCIDENT_ACTING);
	str stays = stay == 0 ? (str){ 0 }
	                      : text_make(core, "; %u %s no undo", stay,
				    stay == 1 ? "stays: its action has"
					      : "stay: their actions have");
	timeline_add(core, run->row.incident, TIMELINE_RUNBOOK, FIRSTLINE, run->row.id,
	    "%.*s: %u attempt%s to take back%.*s", STR_ARG(step->name), n,
	    n == 1 ? "" : "s", STR_ARG(stays));
	take_back(core, run);
}

/* Its run ends while that is out. */
void
undo_drop(struct core *core, enum step_phase phase, row_id out, str why)
{
	if (phase == PHASE_ASKED)
		asked_void(core, object_find(core, TABLE_ASKED, out), why);
	struct attempt *attempt =
	    phase == PHASE_ATTEMPT ? object_find(core, TABLE_ATTEMPT, out) : NULL;
	if (attempt != NULL && attempt_open(attempt))
		attempt_stop(core, attempt, why);
}

void
undo_enter(struct core *core, struct run *run)
{
	undo_begin(core, run, run_step(run)->name);
}

void
undo_due(struct core *core, struct run *run)
{
	take_back(core, run);
}

/* What it waited for is over: it can only have been refused, or begun. */
void
undo_asked(struct core *core, struct run *run, const struct beginning *beginning)
{
	ASSERT(beginning->asked != NULL);
	const struct attempt *of =
	    object_find(core, TABLE_ATTEMPT, beginning->asked->row.takes_back);
	if (of == NULL)
		run_goto(core, run, STEP_PERSON, STR("what it takes back is gone"));
	else
		begun(core, run, of, beginning);
}

void
undo_outcome(struct core *core, struct run *run, const struct attempt *attempt,
    enum outcome outcome)
{
	const struct attempt *of =
	    object_find(core, TABLE_ATTEMPT, attempt->row.takes_back);
	ASSERT(of != NULL);
	unsigned long long id = attempt->row.id;
	switch (outcome) {
	case OUTCOME_OK:
		run->row.tries = 0;
		take_back(core, run);
		return;
	case OUTCOME_NOT_DONE:
	case OUTCOME_MAYBE: /* it may be repeated */
		run->row.tries++;
		if (run->row.tries < NEVER_STARTED_MAX)
			take_back(core, run);
		else
			give_up(core, run, &of->row,
			    text_make(core, "attempt %llu was try %u in vain", id,
				run->row.tries));
		return;
	case OUTCOME_FAILED:
	case OUTCOME_TIMED_OUT:
	case OUTCOME_REFUSED:
		give_up(core, run, &of->row,
		    text_make(core, "attempt %llu ended: %s, exit %lld", id,
			attempt_state_name(attempt->row.state),
			(long long)attempt->row.exit_code));
		return;
	}
	UNREACHABLE();
}
