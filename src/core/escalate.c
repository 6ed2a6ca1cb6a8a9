/*
 * A person must look: who is told, and who next while nobody says "I have it".
 *
 *	needed -> tier 0 told -> (its time, unacknowledged) -> tier 1 told -> ... -> last
 *	       -> ESCALATE_AGAIN_MS -> tier 0 again, until somebody acknowledges
 */
#include "core/state.h"

void
incident_escalate_arm(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	row->escalate_at = 0;
	if (row->needs_person && !row->acknowledged) {
		const struct team *team = people_team(core, incident);
		msec after = row->escalate_tier + 1 < team->tier_n
		                 ? team->tiers[row->escalate_tier].after_ms
		                 : 0;
		row->escalate_at = core->at + (after != 0 ? after : ESCALATE_AGAIN_MS);
	}
	object_touch(core, &incident->o);
	incident_arm(core, incident);
}

void
person_need(struct core *core, struct incident *incident, str why)
{
	struct incident_row *row = &incident->row;
	ASSERT(row->state != INCIDENT_CLOSED);
	why = text_line(core, why, TIMELINE_TEXT_MAX);
	if (row->needs_person && str_eq(row->needs_person_why, why))
		return;
	bool first = !row->needs_person;
	row->needs_person = true;
	row_set_str(core, &row->needs_person_why, why);
	timeline_add(core, row->id, TIMELINE_STATE, FIRSTLINE, 0, "needs a person: %.*s",
	    STR_ARG(why));
	if (first) {
		row->escalate_tier = 0;
		incident_escalate_arm(core, incident);
	}
	object_touch(core, &incident->o);
	if (!incident->opening)
		incident_tell(core, incident, PURPOSE_NEEDS_PERSON,
		    TELL_TIER | TELL_CHANNELS);
}

void
person_clear(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	if (!row->needs_person)
		return;
	row->needs_person = false;
	row_set_str(core, &row->needs_person_why, (str){ 0 });
	row->escalate_at = 0;
	row->escalate_tier = 0;
	object_touch(core, &incident->o);
	incident_arm(core, incident);
}

void
incident_escalate(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	const struct team *team = people_team(core, incident);
	row->escalate_at = 0;
	if (!row->needs_person || row->acknowledged)
		return;
	uint32_t next = row->escalate_tier + 1;
	row->escalate_tier = next < team->tier_n ? next : 0;
	timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0,
	    "nobody has acknowledged: escalated to tier %u of %.*s", row->escalate_tier + 1,
	    STR_ARG(team->name));
	incident_escalate_arm(core, incident);
	incident_tell(core, incident, PURPOSE_ESCALATED, TELL_TIER | TELL_CHANNELS);
}
