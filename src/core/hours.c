/*
 * Hours: what is not urgent waits until somebody is at work.
 *
 *	sev4 at 23:10, and its policy says `outside: wait`: kept, its runbook runs, channels
 *	hear of it, nobody is paged
 *	... 09:00: it has not ended, so whoever has the tier is told
 *
 * Any doubt pages at once: a drill's, Firstline's own and overflowing incidents, hours that
 * do not begin within POLICY_WAIT_MS_MAX. So does a severity that is raised, and a newer
 * configuration under which it would not have waited. That it waits is worked out anew
 * whenever somebody would be told: clocks may be set.
 */
#include "core/state.h"
#include "model/policy.h"

#define LOOK_AGAIN_MS MINUTE /* it may be ending just now */

static void
waits_set(struct core *core, struct incident *incident, msec until)
{
	struct incident_row *row = &incident->row;
	ASSERT(row->state != INCIDENT_CLOSED);
	row->waits_wall = until;
	row->waits_at = until != 0 ? core->at + (until - core->wall) : 0;
	object_touch(core, &incident->o);
	incident_arm(core, incident);
}

/* When it is told; 0: now. */
static msec
waits_until(const struct core *core, const struct incident *incident)
{
	if (incident->row.drill || incident->row.overflow || incident_is_self(incident))
		return 0;
	const struct policy *policy = people_policy(core, incident);
	if (!policy->waits || window_has(&policy->when, core->wall))
		return 0;
	return window_next(&policy->when, core->wall, POLICY_WAIT_MS_MAX);
}

bool
hours_wait(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	msec until = waits_until(core, incident);
	if (until == 0) {
		if (row->waits_wall != 0)
			waits_set(core, incident, 0);
		return false;
	}
	if (row->waits_wall != until) {
		str when = text_when(core, until);
		timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0,
		    "nobody is paged before %.*s: it is %s, and nobody is at work for it",
		    STR_ARG(when), severity_name(row->severity));
	}
	waits_set(core, incident, until);
	return true;
}

void
hours_again(struct core *core, struct incident *incident)
{
	if (incident->row.waits_wall != 0 && !hours_wait(core, incident))
		incident_page(core, incident,
		    STR("it does not wait any longer: paged now"));
}

void
hours_adopted(struct core *core)
{
	list_each_safe(it, &core->open)
	{
		struct arena mark = core->scratch;
		hours_again(core, container_of(it, struct incident, in_state));
		core->scratch = mark;
	}
}

void
hours_begun(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	row->waits_at = 0;
	if (hours_wait(core, incident))
		return;
	if (row->settle_at != 0)
		row->waits_at = core->at + LOOK_AGAIN_MS;
	else if (row->state == INCIDENT_RECOVERED && !row->needs_person)
		return; /* verified: who is needed after all is told then */
	else if (!dependency_mutes(core, incident))
		incident_page(core, incident, STR("somebody is at work for it: paged now"));
}
