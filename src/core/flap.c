/*
 * Flapping: trouble that comes and goes. A threshold that is crossed every few minutes
 * would open an incident each time, tell of it, and tell of its end.
 *
 *	fires, clears, fires, clears ... FLAP_CLEARS times within FLAP_WINDOW_MS
 *	flapping: stays open over the next times, and nobody is told anew
 *	calm for FLAP_CALM_MS: closed as ever, who was told is told of the end
 *
 * Once it flaps and fires again a person is needed, and told that once: what runbooks did has
 * not lasted, and they are not tried anew. When it cleared stands in the incident, and goes
 * to the next one with its key: those that closed in between count too.
 */
#include "core/state.h"

/* The times that still count, this one among them; how many. */
static size_t
note(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	const struct cleared *old = row->cleared.p;
	struct cleared p[FLAP_CLEARS];
	size_t n = 0;
	for (size_t i = 0; i < row->cleared.n; i++) {
		bool fits = row->cleared.n - i < FLAP_CLEARS;
		if (fits && core->at < old[i].at + FLAP_WINDOW_MS)
			p[n++] = old[i];
	}
	p[n++] = (struct cleared){ core->at };
	row_set_records(core, &cleared_type, &row->cleared, (struct records){ p, n });
	object_touch(core, &incident->o);
	return n;
}

void
flap_cleared(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	/* No alert joins a drill, but earlier versions let them. */
	if (row->state == INCIDENT_CLOSED || row->drill || row->overflow)
		return;
	if (note(core, incident) < FLAP_CLEARS || row->flapping)
		return;
	str window = text_ms(core, FLAP_WINDOW_MS), calm = text_ms(core, FLAP_CALM_MS);
	row->flapping = true;
	timeline_add(core, row->id, TIMELINE_STATE, FIRSTLINE, 0,
	    "flapping: it cleared %d times within %.*s; it stays open, and nobody is told "
	    "anew, until it is calm for %.*s",
	    FLAP_CLEARS, STR_ARG(window), STR_ARG(calm));
}

bool
flap_fired(struct core *core, struct incident *incident)
{
	if (!incident->row.flapping)
		return false;
	person_need(core, incident,
	    STR("it is flapping: it clears and fires again and again, and what was done "
		"did "
		"not last"));
	return true;
}

msec
flap_settle_ms(const struct incident *incident)
{
	return incident->row.flapping ? FLAP_CALM_MS : SETTLE_MS;
}
