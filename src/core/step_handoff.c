/*
 * The step `handoff`: the problem goes to the developers as documented work. Filing it is
 * an order like a notice: a row first, repeated with growing pauses until it is filed.
 */
#include "core/state.h"

void
handoff_arm(struct core *core, struct handoff *handoff)
{
	object_touch(core, &handoff->o);
	heap_set(&core->timers, &handoff->o, handoff->row.next_at);
}

/* Due now: the timers order it. */
void
handoff_again(struct core *core, struct handoff *handoff)
{
	handoff->row.next_at = core->at;
	handoff_arm(core, handoff);
}

static void
order(struct core *core, struct handoff *handoff)
{
	handoff->row.next_at = core->at + NOTICE_GUARD_MS;
	handoff_arm(core, handoff);
	struct effect *effect = effects_add(core->fx, EFFECT_FILE_HANDOFF);
	record_copy(&handoff_row_type, &handoff->row, core->fx->arena,
	    &effect->file_handoff.handoff);
}

void
handoff_timer(struct core *core, struct handoff *handoff)
{
	order(core, handoff);
}

static struct handoff *
make(struct core *core, const struct incident *incident, const struct run *run)
{
	const struct runbook_step *step = run_step(run);
	struct buf file = BUF(CASE_FILE_MAX);
	case_file_write(core, incident, run, step, &file);
	struct handoff_row row = { .id = row_next(core),
		.incident = incident->row.id,
		.class = step->class,
		.state = HANDOFF_FILING,
		.team = incident->row.developers,
		.title = incident->row.title,
		.because = step->because,
		.ask = step->ask,
		.case_file = buf_str(&file),
		.wall = core->wall,
		.tries = 1 };
	struct handoff *handoff = object_add(core, TABLE_HANDOFF, &row);
	buf_done(&file);
	return handoff;
}

void
handoff_enter(struct core *core, struct run *run)
{
	struct incident *incident = run_incident(core, run);
	const struct incident_row *row = &incident->row;
	if (row->drill) {
		run_person(core, run,
		    text_make(core, "the drill came to the handoff %.*s; nothing is filed",
			STR_ARG(run_step(run)->name)));
		return;
	}
	if (row->developers.n == 0) {
		str why = text_make(core, "%.*s has no developers to hand it to",
		    STR_ARG(row->service.n > 0 ? row->service : row->title));
		gap_add(core, GAP_HANDOFF_INCOMPLETE,
		    row->service.n > 0 ? row->service : STR("no service"), row->owner,
		    incident, why);
		run_goto(core, run, STEP_PERSON, why);
		return;
	}
	struct handoff *handoff = make(core, incident, run);
	if (handoff == NULL) {
		run_goto(core, run, STEP_PERSON,
		    STR("there is no memory for its case file"));
		return;
	}
	timeline_add(core, row->id, TIMELINE_HANDOFF, FIRSTLINE, handoff->row.id,
	    "handed to %.*s (%s): %.*s", STR_ARG(row->developers),
	    handoff_class_name(handoff->row.class), STR_ARG(handoff->row.because));
	incident->row.handoff = handoff->row.id;
	runs_end(core, incident, RUN_HANDED_OFF, handoff->row.because);
	person_clear(core, incident);
	incident_set_state(core, incident, INCIDENT_HANDED_OFF);
	object_touch(core, &incident->o);
	order(core, handoff);
	incident_tell(core, incident, PURPOSE_HANDED_OFF,
	    TELL_TOLD | TELL_TIER | TELL_CHANNELS);
	incident_quiet(core, incident);
	incident_arm(core, incident);
}

void
on_handoff_result(struct core *core, const struct handoff_result *result)
{
	struct handoff *handoff = object_find(core, TABLE_HANDOFF, result->handoff);
	if (handoff == NULL)
		return;
	struct handoff_row *row = &handoff->row;
	if (result->filed) {
		row->state = HANDOFF_FILED;
		row->next_at = 0;
		row_set_str(core, &row->filed,
		    text_line(core, result->where, TIMELINE_TEXT_MAX));
		timeline_add(core, row->incident, TIMELINE_HANDOFF, FIRSTLINE, row->id,
		    "filed: %.*s", STR_ARG(row->filed));
		object_done(core, &handoff->o);
		return;
	}
	row->next_at = core->at + notice_backoff_ms(core, row->tries);
	row->tries++;
	handoff_arm(core, handoff);
	struct incident *incident = incident_find(core, row->incident);
	if (row->tries == NOTICE_TRIES_MAX && incident != NULL &&
	    incident->row.state != INCIDENT_CLOSED)
		person_need(core, incident,
		    text_make(core, "the handoff to %.*s cannot be filed: %.*s",
			STR_ARG(row->team), STR_ARG(result->error)));
}
