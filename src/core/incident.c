/*
 * An incident, from open to closed.
 *
 *	          run starts            action, then verify
 *	  OPEN ---------------> ACTING ---------------------> VERIFYING
 *	  ^  ^ <--- run ends ----'  '--------.--------.----------'
 *	  |  |                             holds    otherwise: handoff
 *	  |  |  fires again                  v        v
 *	  |  '---------------------- RECOVERED      HANDED_OFF
 *	  |                                |          |
 *	  | still firing    quiet for      v          v   (OPEN as well)
 *	  '----------------- a while --> CLOSED <-----'
 *
 * Quiet means that no alert of it is active. Closed incidents are remembered, so that the
 * same trouble is known again: while alerts of one that a person closed still count down,
 * and after that the last REMEMBERED_MAX. A remembered incident is a row that is loaded
 * at start, like any other.
 *
 * What an incident waits for stands in four of its times: escalate_at, waits_at (nobody is
 * told before: hours.c), settle_at (quiet until then: closed) and look_again_at, which means
 * by state
 *	OPEN       a check said it is over; do alerts still fire?
 *	RECOVERED  verified; do alerts still fire?
 *	CLOSED     by a person while alerts fired; do they still?
 * While it is quiet escalate_at moves nothing: what ran out meanwhile counts when it fires
 * again.
 */
#include "core/noise.h"
#include "core/state.h"

void
incident_arm(struct core *core, struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	const msec times[] = { incident_is_quiet(incident) ? 0 : row->escalate_at,
		row->settle_at, row->look_again_at, row->waits_at };
	msec due = 0;
	for (size_t i = 0; i < countof(times); i++) {
		if (times[i] != 0 && (due == 0 || times[i] < due))
			due = times[i];
	}
	heap_set(&core->timers, &incident->o, due);
}

/* ---- open ---- */

static void
opening_row(struct core *core, const struct opening *opening, struct incident_row *row)
{
	const struct model *model = core->newest->model;
	const struct service *service = opening->service;
	*row = (struct incident_row){
		.state = INCIDENT_OPEN,
		.severity = opening->severity,
		.owner = service != NULL ? service->owner->name : model->fallback->name,
		.title = text_line(core, opening->title, TITLE_MAX),
		.impact = opening->impact.n > 0 ? opening->impact
		                                : incident_impact(core, model, service),
		.recurrence = text_cut(opening->recurrence, RECURRENCE_MAX),
		.key = opening->key,
		.overflow = opening->overflow,
		.drill = opening->drill,
		.source = text_cut(opening->source, NOISE_NAME_MAX),
		.occurrence = 1,
		.config = core->newest->hash,
		.opened_at = core->at,
		.opened_wall = core->wall,
	};
	if (service != NULL) {
		row->service = service->name;
		row->environment = service->environment;
		if (service->developers != NULL)
			row->developers = service->developers->name;
	}
	if (opening->labels != NULL) {
		row->labels = *opening->labels;
		row->annotations = opening->annotations;
		row->signature = text_labels(core, opening->labels, 1000);
	}
	const struct incident *before = incident_closed_with(core, opening->key);
	if (before != NULL) {
		row->previous = before->row.id;
		row->occurrence = before->row.occurrence + 1;
		row->remedies = before->row.remedies;
		row->cleared = before->row.cleared;
	}
}

struct incident *
incident_open(struct core *core, const struct opening *opening)
{
	struct incident_row row;
	opening_row(core, opening, &row);
	row.id = core->control->row.next_incident;
	struct incident *incident = object_add(core, TABLE_INCIDENT, &row);
	if (incident == NULL)
		return NULL;
	core->control->row.next_incident++; /* also when it comes to nothing: its row did */
	struct incident *before = incident_closed_with(core, row.key);
	if (!incident_wire(core, incident, core->newest)) {
		core->control->row.shed++;
		object_erase(core, &incident->o);
		return NULL;
	}
	core->control->row.incidents_opened += opening->drill ? 0 : 1;
	noise_opened(core, incident);
	if (before != NULL && before->row.alerts_active == 0)
		incident_forget(core, before); /* this one knows it from now on */

	timeline_add(core, row.id, TIMELINE_OPENED, FIRSTLINE, 0, "opened as %s: %.*s",
	    severity_name(row.severity), STR_ARG(row.title));
	if (row.previous != 0)
		timeline_add(core, row.id, TIMELINE_OPENED, FIRSTLINE, 0,
		    "the same trouble as incident %u, time %u", row.previous,
		    row.occurrence);
	return incident;
}

/* Choose what to do and tell people, in one notice. */
void
incident_begin(struct core *core, struct incident *incident)
{
	incident->opening = true;
	if (incident->row.overflow) {
		str service = incident->row.service;
		gap_add(core, GAP_OVERFLOW, service, incident->row.owner, incident,
		    STR("more incidents at once than are kept apart"));
		person_need(core, incident,
		    STR("alerts that would open incidents of their own are only counted "
			"here: too many are open"));
	} else if (incident_is_self(incident)) {
		person_need(core, incident, incident->row.title);
	} else {
		run_choose(core, incident);
	}
	incident->opening = false;
	enum notice_purpose purpose = PURPOSE_OPENED;
	if (incident_is_self(incident))
		purpose = PURPOSE_SELF;
	else if (incident->row.needs_person)
		purpose = PURPOSE_NEEDS_PERSON;
	incident_tell(core, incident, purpose, TELL_TIER | TELL_CHANNELS);
	incident_arm(core, incident);
}

void
incident_set_state(struct core *core, struct incident *incident, enum incident_state state)
{
	ASSERT(state != INCIDENT_CLOSED && incident->row.state != INCIDENT_CLOSED);
	if (incident->row.state == state)
		return;
	timeline_add(core, incident->row.id, TIMELINE_STATE, FIRSTLINE, 0, "%s, was %s",
	    incident_state_name(state), incident_state_name(incident->row.state));
	incident->row.state = state;
	object_touch(core, &incident->o);
}

/* ---- alerts come and go ---- */

static void
try_again(struct core *core, struct incident *incident)
{
	if (flap_fired(core, incident))
		return;
	row_set_strs(core, &incident->row.tried, (struct strs){ 0 });
	incident->row.not_real = false;
	run_choose(core, incident);
}

static void
refired(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	row->refired++;
	row->recovered_at = 0;
	row->recovered_wall = 0;
	incident_set_state(core, incident, INCIDENT_OPEN);
	timeline_add(core, row->id, TIMELINE_STATE, FIRSTLINE, 0,
	    "fires again after a verified recovery, time %u", row->refired);
	if (flap_fired(core, incident))
		return;
	/* Whoever had it had what was before; no time of that counts for what fires now. */
	person_clear(core, incident);
	row->acknowledged = false;
	row->escalate_tier = 0;
	incident->opening = true;
	try_again(core, incident);
	incident->opening = false;
	incident_tell(core, incident, PURPOSE_REFIRED, TELL_TIER | TELL_CHANNELS);
}

void
incident_fired(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	bool settling = row->settle_at != 0;
	row->settle_at = 0;
	if (settling)
		noise_flapped(core, incident);
	switch (row->state) {
	case INCIDENT_RECOVERED:
		if (settling)
			refired(core, incident);
		break;
	case INCIDENT_OPEN:
		if (!settling || row->overflow || row->needs_person)
			break;
		timeline_add(core, row->id, TIMELINE_STATE, FIRSTLINE, 0,
		    "fires again before it was closed");
		if (row->not_real)
			row->look_again_at = core->at + STOPPED_LOOK_MS;
		else
			try_again(core, incident);
		break;
	case INCIDENT_ACTING:
	case INCIDENT_VERIFYING:
	case INCIDENT_HANDED_OFF:
		break;
	case INCIDENT_CLOSED:
		UNREACHABLE();
	}
	incident_arm(core, incident);
}

void
incident_quiet(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	if (row->alerts_active > 0 || row->state == INCIDENT_CLOSED ||
	    incident_is_self(incident))
		return;
	struct run *run = incident->run;
	if (run != NULL && !run_acted(core, run) &&
	    (run_only_looks(run) || permit_waits(run))) {
		bool asked = permit_waits(run);
		runs_end(core, incident, RUN_CANCELLED,
		    row->alerts_held > 0
			? STR("the alerts were suppressed before anything was done")
			: STR("the alerts cleared before anything was done"));
		if (asked)
			person_clear(core, incident); /* it was for this */
		incident_set_state(core, incident, INCIDENT_OPEN);
	}
	/* With a run that has acted, its verify decides. */
	if (incident->run == NULL) {
		row->settle_at = core->at + flap_settle_ms(incident);
		row->look_again_at = 0;
		object_touch(core, &incident->o);
	}
	incident_arm(core, incident);
}

void
incident_recovered(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	person_clear(core, incident);
	incident_set_state(core, incident, INCIDENT_RECOVERED);
	attempts_ask(core, incident);
	row->recovered_at = core->at;
	row->recovered_wall = core->wall;
	row->look_again_at = core->at + RECOVERED_LOOK_MS;
	recurrence_note(core, incident);
	object_touch(core, &incident->o);
	incident_quiet(core, incident);
	incident_arm(core, incident);
}

/* ---- closed ---- */

static str
still_fires(struct core *core, const struct incident_row *row)
{
	return row->alerts_active == 1
	           ? STR("1 alert still fires")
	           : text_make(core, "%u alerts still fire", row->alerts_active);
}

str
incident_end_text(struct core *core, const struct incident *incident)
{
	if (incident->row.drill)
		return STR("the drill is over");
	switch (incident->row.end) {
	case END_VERIFIED:
		return STR("recovered, verified, and the alerts cleared");
	case END_RESOLVED:
		return STR("the alerts cleared; nothing of ours proved why");
	case END_EXPIRED:
		return STR(
		    "the alerts' source went quiet: that is no proof that it is over");
	case END_PERSON:
		return incident->row.alerts_active > 0
		           ? text_make(core, "%.*s closed it while %.*s",
				 STR_ARG(text_who(incident->row.acknowledged_by)),
				 STR_ARG(still_fires(core, &incident->row)))
		           : text_make(core, "%.*s closed it",
				 STR_ARG(text_who(incident->row.acknowledged_by)));
	case END_NOT_REAL:
		return STR("a check of the runbook said that it is over, and the alerts "
			   "cleared");
	case END_SILENCED:
	case END_INHIBITED:
		return incident->row.held_why;
	}
	return STR("not ended");
}

void
incident_close(struct core *core, struct incident *incident, enum incident_end end, str who)
{
	struct incident_row *row = &incident->row;
	ASSERT(row->state != INCIDENT_CLOSED);
	ASSERT(end != END_VERIFIED || row->recovered_at != 0);
	if (incident->run != NULL)
		runs_end(core, incident, RUN_CANCELLED, STR("the incident was closed"));
	asked_void_of(core, incident, STR("the incident was closed"));
	struct noise_share share = noise_share(row);
	incident_unplace(core, incident);
	row->state = INCIDENT_CLOSED;
	noise_moved(core, row, &share);
	row->end = end;
	row->closed_wall = core->wall;
	row->needs_person = false;
	row->muted_by = 0;
	row->waits_at = 0;
	row->waits_wall = 0;
	row_set_str(core, &row->needs_person_why, (str){ 0 });
	row->escalate_at = 0;
	row->settle_at = 0;
	row->look_again_at = row->alerts_active > 0 ? core->at + RESOLVED_LOOK_MS : 0;
	incident_take_over(core, incident);
	incident_place(core, incident);
	object_touch(core, &incident->o);
	core->control->row.incidents_closed += row->drill ? 0 : 1;
	shadow_closed(core, incident);
	str how = incident_end_text(core, incident);
	timeline_add(core, row->id, TIMELINE_STATE, who, 0, "closed: %.*s", STR_ARG(how));
	notices_end(core, incident);
	attempts_ask(core, incident);
	if (row->alerts_active == 0)
		incident_rest(core, incident);
	incident_arm(core, incident);
	dependency_ended(core, incident);
	incident_remember(core);
}

void
incident_drained(struct core *core, struct incident *incident)
{
	ASSERT(incident->row.state == INCIDENT_CLOSED);
	if (incident->row.alerts_active > 0)
		return;
	/* It was placed as one that still counts down. */
	incident->row.alerts_active = 1;
	incident_unplace(core, incident);
	incident->row.alerts_active = 0;
	incident->row.look_again_at = 0;
	incident_place(core, incident);
	incident_rest(core, incident);
	incident_arm(core, incident);
	uint64_t value;
	if (incident_closed_with(core, incident->row.key) != incident ||
	    map_get(&core->keys, incident->row.key, &value))
		incident_forget(core, incident); /* a later one is known */
	else
		incident_remember(core);
}

static void
open_again(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	uint64_t value;
	if (map_get(&core->keys, row->key, &value)) {
		const struct incident *other = (const struct incident *)(uintptr_t)value;
		timeline_add(core, row->id, TIMELINE_STATE, FIRSTLINE, 0,
		    "%.*s; incident %u is open for the same trouble",
		    STR_ARG(still_fires(core, row)), other->row.id);
		row->look_again_at = core->at + RESOLVED_LOOK_MS;
		incident_arm(core, incident);
		return;
	}
	struct noise_share share = noise_share(row);
	incident_unknow(core, incident);
	incident_unplace(core, incident);
	row->state = INCIDENT_OPEN;
	noise_moved(core, row, &share);
	row->end = (enum incident_end)0; /* not ended */
	row->closed_wall = 0;
	row->look_again_at = 0;
	row->acknowledged = false;
	row->escalate_tier = 0;
	incident_place(core, incident);
	str since = text_ms(core, RESOLVED_LOOK_MS);
	str who = text_who(row->acknowledged_by);
	str why = text_make(core, "%.*s %.*s after %.*s resolved it",
	    STR_ARG(still_fires(core, row)), STR_ARG(since), STR_ARG(who));
	timeline_add(core, row->id, TIMELINE_STATE, FIRSTLINE, 0, "open again: %.*s",
	    STR_ARG(why));
	person_need(core, incident, why);
}

/* ---- times ---- */

static bool
in_doubt(const struct incident *incident)
{
	list_each(it, &incident->attempts)
	{
		const struct attempt *attempt =
		    container_of(object_of(it, of_incident), struct attempt, o);
		if (attempt->row.state == ATTEMPT_IN_DOUBT)
			return true;
	}
	return false;
}

bool
incident_only_settles(const struct incident *incident)
{
	return incident_is_quiet(incident) && !in_doubt(incident);
}

static enum incident_end
quiet_end(const struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	/* What nobody hears of any more proves nothing. */
	if (row->alerts_held > 0)
		return row->held;
	if (row->state == INCIDENT_RECOVERED)
		return END_VERIFIED;
	if (row->not_real)
		return END_NOT_REAL;
	return row->alerts_expired > 0 ? END_EXPIRED : END_RESOLVED;
}

static void
settled(struct core *core, struct incident *incident)
{
	if (in_doubt(incident)) {
		/* Somebody must say what happened before it may be forgotten. */
		incident->row.settle_at = core->at + SETTLE_MS;
		return;
	}
	incident_close(core, incident, quiet_end(incident), FIRSTLINE);
}

static void
look_again(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	row->look_again_at = 0;
	switch (row->state) {
	case INCIDENT_OPEN:
		run_choose(core, incident);
		return;
	case INCIDENT_RECOVERED:
		if (row->alerts_active > 0)
			person_need(core, incident,
			    text_make(core, "the verify holds, but %.*s",
				STR_ARG(still_fires(core, row))));
		return;
	case INCIDENT_CLOSED:
		open_again(core, incident);
		return;
	case INCIDENT_ACTING:
	case INCIDENT_VERIFYING:
	case INCIDENT_HANDED_OFF:
		return;
	}
	UNREACHABLE();
}

void
incident_timer(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	object_touch(core, &incident->o);
	if (row->settle_at != 0 && row->settle_at <= core->at)
		settled(core, incident);
	if (row->look_again_at != 0 && row->look_again_at <= core->at)
		look_again(core, incident);
	if (row->escalate_at != 0 && row->escalate_at <= core->at &&
	    !incident_only_settles(incident))
		incident_escalate(core, incident);
	if (row->waits_at != 0 && row->waits_at <= core->at)
		hours_begun(core, incident);
	incident_arm(core, incident);
}
