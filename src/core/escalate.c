/*
 * A person must look: who is told, and who next while nobody says "I have it".
 *
 *	needed -> tier 0 told -> (its time, unacknowledged) -> tier 1 told -> ... -> last
 *	       -> ESCALATE_AGAIN_MS -> tier 0 again, until somebody acknowledges
 *
 * A tier of whoever was told by the one before is passed over at once while another person
 * comes after it. A tier that somebody else has by the end of its time is told once more.
 *
 *	acknowledged -> nobody does anything for the team's acknowledge_timeout -> tier 0
 *
 * None of these times pages anybody while nothing of it fires: incident_only_settles.
 */
#include "core/state.h"
#include "model/policy.h"

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
			row->escalate_at = core->at + team->acknowledge_timeout_ms;
	} else if (row->needs_person) {
		/* While it waits for hours nobody is told whose time could be over. */
		msec from = row->waits_at > core->at ? row->waits_at : core->at;
		row->escalate_at = from + tier_lasts(core, incident);
	}
	object_touch(core, &incident->o);
	incident_arm(core, incident);
}

/* What is told of it, whatever it was that makes us tell it. */
static enum notice_purpose
purpose_now(const struct incident_row *row)
{
	return row->needs_person                   ? PURPOSE_NEEDS_PERSON
	       : row->state == INCIDENT_HANDED_OFF ? PURPOSE_HANDED_OFF
	                                           : PURPOSE_OPENED;
}

void
incident_page(struct core *core, struct incident *incident, str why)
{
	const struct incident_row *row = &incident->row;
	timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0, "%.*s", STR_ARG(why));
	if (row->acknowledged)
		return;
	incident_tell(core, incident, purpose_now(row), TELL_TIER);
	if (row->needs_person)
		incident_escalate_arm(core, incident);
}

/* Whoever has it already is told too, whether or not it is their turn now. */
static void
tell_holder(struct core *core, const struct incident *incident)
{
	str by = incident->row.acknowledged_by;
	const struct person *holder =
	    incident->row.acknowledged && str_starts(by, STR("person:"))
		? model_person(core->newest->model, text_who(by))
		: NULL;
	if (holder == NULL)
		return;
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	struct notice_words words = { 0 };
	recipients_person(to, holder);
	enum notice_purpose purpose = purpose_now(&incident->row);
	notice_words(core, incident, purpose, holder, &words);
	notices_make(core, incident, purpose, to, &words);
}

/* What was told of it was that it can wait, or that it is none of theirs: the tiers of
 * what it is now begin anew. One that recovered and is quiet is told as it fires again. */
void
incident_worse(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	bool quiet = row->muted_by != 0 || row->waits_wall != 0;
	dependency_again(core, incident);
	hours_again(core, incident);
	if (quiet || row->drill || row->state == INCIDENT_CLOSED ||
	    (row->state == INCIDENT_RECOVERED && row->settle_at != 0))
		return;
	row->escalate_tier = 0;
	if (row->needs_person && !row->acknowledged)
		incident_escalate_arm(core, incident);
	tell_holder(core, incident);
	incident_tell(core, incident, purpose_now(row), TELL_TIER | TELL_CHANNELS);
}

/* Its service is another team's: who answers there is told, and its tiers begin. */
static void
give_to(struct core *core, struct incident *incident, const struct team *team)
{
	struct incident_row *row = &incident->row;
	timeline_add(core, row->id, TIMELINE_STATE, FIRSTLINE, 0,
	    "%.*s answers for it now, by the new configuration; %.*s did",
	    STR_ARG(team->name), STR_ARG(row->owner));
	row_set_str(core, &row->owner, team->name);
	object_touch(core, &incident->o);
	if (row->state == INCIDENT_RECOVERED && !row->needs_person)
		return; /* who is needed after all is told then */
	bool pages = !row->acknowledged;
	if (pages)
		row->escalate_tier = 0;
	if (row->needs_person && pages)
		incident_escalate_arm(core, incident);
	incident_tell(core, incident, purpose_now(row),
	    (pages ? TELL_TIER : 0) | TELL_CHANNELS);
}

void
owners_adopted(struct core *core)
{
	list_each_safe(it, &core->open)
	{
		struct incident *incident = container_of(it, struct incident, in_state);
		struct arena mark = core->scratch;
		const struct service *service =
		    model_service(core->newest->model, incident->row.service);
		if (service != NULL && !incident->row.drill &&
		    !str_eq(service->owner->name, incident->row.owner))
			give_to(core, incident, service->owner);
		core->scratch = mark;
	}
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

void
incident_worked(struct core *core, struct incident *incident)
{
	if (!incident->row.acknowledged)
		return;
	incident->row.worked_at = core->at;
	object_touch(core, &incident->o);
}

/* Somebody has it, and its time is over: still so, or has nobody it any more? */
static void
look_at_acknowledged(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	const struct team *team = people_team(core, incident);
	msec timeout = team->acknowledge_timeout_ms;
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

/* Whoever has the tier by now, where the turn changed since it was told. */
static const struct person *
came_since(const struct core *core, const struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	const struct person *person =
	    people_at_tier(core, incident, row->escalate_tier, core->wall);
	bool came = person != NULL && person->reach.n > 0 && row->tier_person.n > 0 &&
	            !str_eq(person->id, row->tier_person);
	return came ? person : NULL;
}

bool
incident_is_told_to(const struct core *core, const struct incident *incident, str person)
{
	const struct incident_row *row = &incident->row;
	const struct person *at = NULL;
	if (row->tier_person.n == 0)
		at = people_at_tier(core, incident, row->escalate_tier, core->wall);
	str told = at != NULL ? at->id : row->tier_person;
	return told.n > 0 && str_eq(told, person);
}

bool
incident_has_next(const struct core *core, const struct incident *incident)
{
	return came_since(core, incident) != NULL ||
	       people_other_tier(core, incident, incident->row.escalate_tier, core->wall) !=
	           0;
}

void
incident_escalate_now(struct core *core, struct incident *incident, str person)
{
	struct incident_row *row = &incident->row;
	if (!row->needs_person || row->acknowledged ||
	    !incident_is_told_to(core, incident, person) ||
	    !incident_has_next(core, incident))
		return;
	timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0,
	    "%.*s could be reached in no way: the next tier now", STR_ARG(person));
	row->escalate_at = core->at;
	object_touch(core, &incident->o);
	incident_arm(core, incident);
}

/* Nobody is escalated to themselves, and nobody who came meanwhile is passed by. */
static void
next_tier(struct core *core, struct incident *incident, const struct team *team)
{
	struct incident_row *row = &incident->row;
	const struct person *came = came_since(core, incident);
	if (came != NULL) {
		timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0,
		    "nobody has acknowledged: %.*s has tier %u of %.*s now, which %.*s was "
		    "told for",
		    STR_ARG(came->id), row->escalate_tier + 1, STR_ARG(team->name),
		    STR_ARG(row->tier_person));
		return;
	}
	uint32_t before = row->escalate_tier;
	row->escalate_tier = people_next_tier(core, incident, before, core->wall);
	timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0,
	    "nobody has acknowledged: escalated to tier %u of %.*s", row->escalate_tier + 1,
	    STR_ARG(team->name));
	for (uint32_t i = before + 1; i < row->escalate_tier; i++) {
		const struct person *person = people_at_tier(core, incident, i, core->wall);
		if (person != NULL)
			timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0,
			    "tier %u is passed over: it is %.*s too, who was told already",
			    i + 1, STR_ARG(person->id));
	}
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
	next_tier(core, incident, team);
	incident_escalate_arm(core, incident);
	incident_tell(core, incident, PURPOSE_ESCALATED, TELL_TIER | TELL_CHANNELS);
}
