/*
 * A person must look: who is told, and who next while nobody says "I have it".
 *
 *	needed -> tier 0 told -> (its time, unacknowledged) -> tier 1 told -> ... -> last
 *	       -> ESCALATE_AGAIN_MS -> tier 0 again, until somebody acknowledges
 *
 *	acknowledged -> nobody does anything for the team's acknowledge_timeout -> tier 0
 */
#include "core/state.h"
#include "model/policy.h"

static msec
acknowledge_timeout(const struct team *team)
{
	return team->acknowledge_timeout_ms != 0 ? team->acknowledge_timeout_ms : HOUR;
}

/* So long it has been told to this tier alone, while nobody acknowledges. */
static msec
tier_lasts(const struct core *core, const struct incident *incident)
{
	uint32_t tier = incident->row.escalate_tier;
	const struct policy *policy = people_policy(core, incident);
	msec after = tier < policy->tier_n ? policy->tiers[tier].after_ms : 0;
	bool next =
	    after != 0 && people_next_tier(core, incident, tier, core->wall + after) != 0;
	return next ? after : ESCALATE_AGAIN_MS;
}

void
incident_escalate_arm(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	const struct team *team = people_team(core, incident);
	row->escalate_at = 0;
	if (row->needs_person && row->acknowledged) {
		if (!row->drill)
			row->escalate_at = core->at + acknowledge_timeout(team);
	} else if (row->needs_person) {
		/* While it waits for hours nobody is told whose time could be over. */
		msec from = row->waits_at > core->at ? row->waits_at : core->at;
		row->escalate_at = from + tier_lasts(core, incident);
	}
	object_touch(core, &incident->o);
	incident_arm(core, incident);
}

void
incident_page(struct core *core, struct incident *incident, str why)
{
	const struct incident_row *row = &incident->row;
	timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0, "%.*s", STR_ARG(why));
	if (row->acknowledged)
		return;
	incident_tell(core, incident,
	    row->needs_person                   ? PURPOSE_NEEDS_PERSON
	    : row->state == INCIDENT_HANDED_OFF ? PURPOSE_HANDED_OFF
						: PURPOSE_OPENED,
	    TELL_TIER);
	if (row->needs_person)
		incident_escalate_arm(core, incident);
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

/* Only a person can say how it went: until then nobody does anything. */
static bool
waits_for_word(const struct attempt *attempt)
{
	return attempt->row.state == ATTEMPT_IN_DOUBT && attempt->row.probe == 0 &&
	       attempt->row.ask_at == 0;
}

static bool
is_walking(const struct core *core, const struct run *run)
{
	if (run == NULL || run->row.phase != PHASE_ATTEMPT)
		return run != NULL;
	const struct attempt *attempt =
	    object_find(core, TABLE_ATTEMPT, run->row.waiting_for);
	if (attempt == NULL || !waits_for_word(attempt))
		return true;
	size_t n;
	const struct rolled *rolled = rolled_of(run, &n);
	for (size_t i = 0; i < n; i++) {
		attempt = rolled[i].state == ROLLED_OUT
		              ? object_find(core, TABLE_ATTEMPT, rolled[i].waiting_for)
		              : NULL;
		if (rolled[i].state < ROLLED_DONE &&
		    (attempt == NULL || !waits_for_word(attempt)))
			return true;
	}
	return false;
}

/* Is anything done about it, by anybody? */
static bool
is_worked_on(const struct core *core, const struct incident *incident)
{
	if (is_walking(core, incident->run) ||
	    lease_find(core, LEASE_HANDS_ON, incident->row.service, (str){ 0 }) != NULL)
		return true;
	list_each(it, &incident->attempts)
	{
		const struct attempt *attempt =
		    container_of(object_of(it, of_incident), struct attempt, o);
		if (attempt_open(attempt) && !waits_for_word(attempt))
			return true;
	}
	return false;
}

/* Somebody has it, and its time is over: still so, or has nobody it any more? */
static void
look_at_acknowledged(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	const struct team *team = people_team(core, incident);
	msec timeout = acknowledge_timeout(team);
	if (is_worked_on(core, incident)) {
		row->escalate_at = core->at + timeout;
	} else if (row->worked_at + timeout > core->at) {
		row->escalate_at = row->worked_at + timeout;
	} else {
		str lasted = text_ms(core, core->at - row->worked_at);
		row->acknowledged = false;
		row->escalate_tier = 0;
		timeline_add(core, row->id, TIMELINE_STATE, FIRSTLINE, 0,
		    "%.*s acknowledged it, and nobody has worked on it for %.*s: it comes "
		    "back",
		    STR_ARG(text_who(row->acknowledged_by)), STR_ARG(lasted));
		incident_escalate_arm(core, incident);
		incident_tell(core, incident, PURPOSE_ESCALATED, TELL_TIER | TELL_CHANNELS);
		return;
	}
	object_touch(core, &incident->o);
	incident_arm(core, incident);
}

void
incident_escalate_now(struct core *core, struct incident *incident, str person)
{
	struct incident_row *row = &incident->row;
	uint32_t tier = row->escalate_tier;
	const struct person *at = people_at_tier(core, incident, tier, core->wall);
	if (!row->needs_person || row->acknowledged || at == NULL ||
	    !str_eq(at->id, person) ||
	    people_next_tier(core, incident, tier, core->wall) == 0)
		return;
	timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0,
	    "%.*s could be reached in no way: the next tier now", STR_ARG(person));
	row->escalate_at = core->at;
	object_touch(core, &incident->o);
	incident_arm(core, incident);
}

void
incident_escalate(struct core *core, struct incident *incident)
{
	if (incident->row.needs_person && incident->row.acknowledged) {
		look_at_acknowledged(core, incident);
		return;
	}
	struct incident_row *row = &incident->row;
	const struct team *team = people_team(core, incident);
	row->escalate_at = 0;
	if (!row->needs_person || row->acknowledged)
		return;
	if (dependency_mutes(core, incident) || hours_wait(core, incident)) {
		incident_escalate_arm(core, incident);
		return;
	}
	row->escalate_tier =
	    people_next_tier(core, incident, row->escalate_tier, core->wall);
	timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0,
	    "nobody has acknowledged: escalated to tier %u of %.*s", row->escalate_tier + 1,
	    STR_ARG(team->name));
	incident_escalate_arm(core, incident);
	incident_tell(core, incident, PURPOSE_ESCALATED, TELL_TIER | TELL_CHANNELS);
}
