/*
 * What people are told: what is hit and how badly, who answers, what Firstline is doing,
 * and what the reader may do about it. Every notice says all of that, so each can be the
 * only one that arrives.
 *
 *	[sev2] checkout: QueueStuck (incident 17): restarting payments-worker
 *
 *	customers may be unable to buy; checkout (tier 1) is affected
 *
 *	severity:  sev2
 *	...
 */
#include "core/state.h"

#define TEXT_MAX (16 * 1024)

static const struct attempt *
attempt_out(const struct core *core, const struct incident *incident)
{
	const struct run *run = incident->run;
	if (run == NULL || run->row.phase != PHASE_ATTEMPT)
		return NULL;
	return object_find(core, TABLE_ATTEMPT, run->row.waiting_for);
}

static str
asked_doing(struct core *core, const struct asked *asked)
{
	ASSERT(asked != NULL);
	const struct asked_row *row = &asked->row;
	return text_make(core, "%s %.*s on %.*s",
	    row->state == ASKED_FACTS ? "asking what has to be known for"
				      : "waiting for approval of",
	    STR_ARG(row->action), STR_ARG(row->target));
}

/* "web-1, web-2 and 3 more" */
static str
targets_out(struct core *core, const struct run *run)
{
	size_t n;
	const struct rolled *rolled = rolled_of(run, &n);
	struct strs out = { arena_new(&core->scratch, str, n + 1), 0 };
	for (size_t i = 0; i < n; i++) {
		if (rolled[i].state == ROLLED_OUT)
			out.p[out.n++] = rolled[i].target;
	}
	return text_list(core, &out, 3);
}

static str
doing_in_run(struct core *core, const struct incident *incident)
{
	const struct run *run = incident->run;
	const struct runbook_step *step = run_step(run);
	str verb;
	if (run->row.phase == PHASE_INPUTS)
		return text_make(core, "asking for what runbook %.*s needs to know",
		    STR_ARG(run->row.runbook));
	if (run->row.phase == PHASE_EVIDENCE)
		return text_make(core, "looking before %.*s", STR_ARG(step->name));
	if (run->row.undoing)
		return text_make(core, "taking back what was done (%.*s)",
		    STR_ARG(step->name));
	switch (step->kind) {
	case STEP_CHECK:
		return text_make(core, "checking %.*s", STR_ARG(step->name));
	case STEP_ACTION: {
		const struct attempt *attempt = attempt_out(core, incident);
		if (attempt != NULL && attempt->row.state == ATTEMPT_IN_DOUBT)
			return text_make(core, "finding out whether %.*s on %.*s happened",
			    STR_ARG(attempt->row.action), STR_ARG(attempt->row.target));
		if (run->row.phase == PHASE_ASKED)
			return asked_doing(core,
			    object_find(core, TABLE_ASKED, run->row.waiting_for));
		if (permit_waits(run))
			return permit_doing(core, run);
		if (action_waits(run))
			return text_make(core, "waiting for its turn (%.*s)",
			    STR_ARG(step->name));
		verb = text_verb(core, step->action->verb);
		if (run->row.between == BETWEEN_GATE)
			return text_make(core,
			    "looking whether the next batch may begin (%.*s)",
			    STR_ARG(step->name));
		if (attempt != NULL)
			return text_make(core, "%.*s %.*s", STR_ARG(verb),
			    STR_ARG(targets_out(core, run)));
		return text_make(core, "%.*s (%.*s)", STR_ARG(verb), STR_ARG(step->name));
	}
	case STEP_VERIFY:
		return text_make(core, "verifying %.*s", STR_ARG(step->name));
	case STEP_CALL:
		if (run->row.targets.n > 0)
			return text_make(core, "calling runbook %.*s for host %u of %zu",
			    STR_ARG(step->calls), run->row.target + 1, run->row.targets.n);
		return text_make(core, "calling runbook %.*s", STR_ARG(step->calls));
	case STEP_UNDO:
		return text_make(core, "taking back what was done (%.*s)",
		    STR_ARG(step->name));
	case STEP_HANDOFF:
		return STR("handing it to the developers");
	case STEP_ASK:
		return text_make(core, "waiting for an answer (%.*s)", STR_ARG(step->name));
	case STEP_WAIT:
		return text_make(core, "waiting %s (%.*s)",
		    step->probe.kind == 0 ? "a while" : "until it is so",
		    STR_ARG(step->name));
	}
	UNREACHABLE();
}

/* Nobody is at work for what is not urgent, or somebody should come. */
static str
doing_nothing(struct core *core, const struct incident_row *row)
{
	if (row->waits_wall == 0)
		return STR("waiting for a person");
	str until = text_when(core, row->waits_wall);
	return text_make(core, "waiting until %.*s, when a person is told", STR_ARG(until));
}

str
incident_doing(struct core *core, const struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	switch (row->state) {
	case INCIDENT_CLOSED: {
		str how = incident_end_text(core, incident);
		return text_make(core, "ended: %.*s", STR_ARG(how));
	}
	case INCIDENT_RECOVERED:
		return row->needs_person
		           ? doing_nothing(core, row)
		           : STR("recovered and verified, watching the alerts");
	case INCIDENT_HANDED_OFF:
		return text_make(core, "handed to %.*s", STR_ARG(row->developers));
	case INCIDENT_ACTING:
	case INCIDENT_VERIFYING:
		return doing_in_run(core, incident);
	case INCIDENT_OPEN:
		if (row->needs_person)
			return doing_nothing(core, row);
		if (row->settle_at != 0 && row->flapping)
			return STR(
			    "flapping: the alerts cleared, closing when it stays calm");
		if (row->settle_at != 0)
			return row->alerts_held > 0
			           ? STR("the alerts are suppressed, closing soon")
			           : STR("the alerts cleared, closing soon");
		return STR("a check said it is over, watching the alerts");
	}
	UNREACHABLE();
}

/* ---- what the reader may do ---- */

static void
can_by_authority(struct core *core, const struct incident *incident,
    const struct person *person, struct buf *out)
{
	struct can_view can[CAN_MAX];
	str who = text_make(core, "person:%.*s", STR_ARG(person->id));
	size_t n = core_what_can(core, who, (str){ 0 }, incident->row.id, core->at,
	    core->wall, &core->scratch, can, countof(can));
	if (n == 0) {
		buf_printf(out, "authority allows %.*s no action on it right now\n",
		    STR_ARG(person->id));
		return;
	}
	buf_printf(out, "authority allows %.*s right now:\n", STR_ARG(person->id));
	for (size_t i = 0; i < n; i++)
		buf_printf(out,
		    "  firstline run --action %.*s --on %.*s --incident %u%s%.*s    "
		    "(%.*s)\n",
		    STR_ARG(can[i].action), STR_ARG(incident->row.service),
		    incident->row.id, can[i].needs.n > 0 ? " " : "", STR_ARG(can[i].needs),
		    STR_ARG(can[i].text));
}

/* What waits for an answer. */
static void
add_answers(const struct incident *incident, struct buf *out)
{
	const struct run *run = incident->run;
	if (run != NULL && run->row.phase == PHASE_ANSWER)
		buf_printf(out, "firstline answer %llu VALUE    (%.*s)\n",
		    (unsigned long long)run->row.id, STR_ARG(run->row.question));
	list_each(it, &incident->asked)
	{
		const struct asked *asked =
		    container_of(object_of(it, of_incident), struct asked, o);
		const struct asked_row *row = &asked->row;
		if (row->state == ASKED_APPROVAL)
			buf_printf(out,
			    "firstline approve %llu    (%.*s on %.*s; or deny %llu)\n",
			    (unsigned long long)row->id, STR_ARG(row->action),
			    STR_ARG(row->target), (unsigned long long)row->id);
	}
}

static str
you_can(struct core *core, const struct incident *incident, const struct person *person)
{
	const struct incident_row *row = &incident->row;
	unsigned id = row->id;
	struct buf out = BUF(TEXT_MAX / 2);
	if (row->state == INCIDENT_CLOSED) {
		buf_printf(&out, "firstline incident show %u    (what happened)\n", id);
	} else {
		if (!row->acknowledged)
			buf_printf(&out, "firstline incident ack %u    (%s)\n", id,
			    row->needs_person ? "you have it; stops the escalation"
					      : "you have it");
		buf_printf(&out, "firstline incident show %u    (all about it)\n", id);
		const struct attempt *attempt = attempt_out(core, incident);
		if (attempt != NULL && attempt->row.state == ATTEMPT_IN_DOUBT)
			buf_printf(&out,
			    "firstline incident settle %llu yes|no    (did it happen?)\n",
			    (unsigned long long)attempt->row.id);
		add_answers(incident, &out);
		permit_can(incident, &out);
		if (incident->run != NULL)
			buf_printf(&out,
			    "firstline incident cancel %u    (stop the runbook)\n", id);
		if (row->needs_person && incident->run == NULL && person != NULL &&
		    row->service.n > 0)
			can_by_authority(core, incident, person, &out);
		buf_printf(&out, "firstline incident resolve %u    (it is over)\n", id);
	}
	str s = arena_str(&core->scratch, buf_str(&out));
	buf_done(&out);
	return s;
}

/* Empty: nobody has it, perhaps since that was taken back. */
static str
holder_of(const struct incident_row *row)
{
	return row->acknowledged ? text_who(row->acknowledged_by) : (str){ 0 };
}

/* ---- the whole ---- */

static str
lead(struct core *core, const struct incident *incident, enum notice_purpose purpose)
{
	const struct incident_row *row = &incident->row;
	switch (purpose) {
	case PURPOSE_OPENED:
	case PURPOSE_HANDED_OFF:
	case PURPOSE_APPROVAL: /* in words of their own */
	case PURPOSE_APPROVAL_ENDED:
	case PURPOSE_QUESTION:
	case PURPOSE_QUESTION_ENDED:
	case PURPOSE_DIGEST:
	case PURPOSE_TEST:
		return (str){ 0 };
	case PURPOSE_VETO:
		return text_make(core, "Nothing is done yet, and you may stop it.\n\n");
	case PURPOSE_NEEDS_PERSON:
	case PURPOSE_SELF:
		return text_make(core, "A person is needed: %.*s.\n\n",
		    STR_ARG(row->needs_person_why));
	case PURPOSE_ESCALATED:
		return text_make(core,
		    "Nobody has acknowledged it yet. A person is needed: %.*s.\n\n",
		    STR_ARG(row->needs_person_why));
	case PURPOSE_REFIRED:
		return text_make(core,
		    "It fires again after a verified recovery (time %u).\n\n",
		    row->refired);
	case PURPOSE_ACKNOWLEDGED:
		if (!row->acknowledged)
			return STR(
			    "The acknowledgement was taken back: nobody has it.\n\n");
		return text_make(core, "%.*s has it.\n\n", STR_ARG(holder_of(row)));
	case PURPOSE_ENDED: {
		str how = incident_end_text(core, incident);
		if (row->end == END_SILENCED || row->end == END_INHIBITED)
			return text_make(core,
			    "Nobody is told of it any more: %.*s. Its alerts may still "
			    "fire.\n\n",
			    STR_ARG(how));
		return text_make(core, "It is over: %.*s.\n\n", STR_ARG(how));
	}
	}
	UNREACHABLE();
}

static str
subject_of(struct core *core, const struct incident *incident, enum notice_purpose purpose,
    str doing)
{
	const struct incident_row *row = &incident->row;
	str name = pairs_get(&row->labels, STR("alertname"));
	if (name.n == 0)
		name = row->title;
	str of = row->service.n > 0 ? row->service : row->owner;
	str state = doing;
	if (purpose == PURPOSE_ACKNOWLEDGED)
		state = row->acknowledged
		            ? text_make(core, "%.*s has it", STR_ARG(holder_of(row)))
		            : STR("taken back, nobody has it");
	else if (row->needs_person && row->state != INCIDENT_CLOSED)
		state = purpose == PURPOSE_ESCALATED
		            ? STR("escalated to you: needs a person")
		            : STR("needs a person");
	return text_line(core,
	    text_make(core, "[%s] %.*s: %.*s (incident %u): %.*s",
		severity_name(row->severity), STR_ARG(of),
		STR_ARG(text_short(core, name, 120)), row->id, STR_ARG(state)),
	    400);
}

void
notice_words(struct core *core, const struct incident *incident,
    enum notice_purpose purpose, const struct person *person, struct notice_words *ret)
{
	const struct incident_row *row = &incident->row;
	str doing = incident_doing(core, incident);
	str can = you_can(core, incident, person);
	str url = text_url(core, row->id);
	const char *state = incident_state_name(row->state);
	str service = row->service.n > 0 ? row->service : STR("none");

	struct buf out = BUF(TEXT_MAX);
	buf_add(&out, lead(core, incident, purpose));
	buf_printf(&out, "%.*s\n\n%.*s.\n\n", STR_ARG(row->title), STR_ARG(row->impact));
	buf_printf(&out, "severity:  %s\nowner:     %.*s\nservice:   %.*s\nstate:     %s\n",
	    severity_name(row->severity), STR_ARG(row->owner), STR_ARG(service), state);
	if (row->runbook.n > 0)
		buf_printf(&out, "runbook:   %.*s\n", STR_ARG(row->runbook));
	if (row->alerts_total > 0)
		buf_printf(&out, "alerts:    %u active, %u in all\n", row->alerts_active,
		    row->alerts_total);
	if (row->previous != 0)
		buf_printf(&out, "before:    incident %u, this is time %u\n", row->previous,
		    row->occurrence);
	buf_printf(&out, "\nFirstline: %.*s\n", STR_ARG(doing));
	permit_plan(incident, &out);
	buf_add(&out, STR("\nYou may:\n"));
	for (str rest = can; rest.n > 0;) {
		struct str_cut line = str_cut(rest, '\n');
		buf_printf(&out, "  %.*s\n", STR_ARG(line.head));
		rest = line.tail;
	}
	buf_printf(&out, "\n%.*s\n", STR_ARG(url));

	const struct pair fields[] = {
		{ STR("acknowledged_by"), holder_of(row) },
		{ STR("doing"), doing },
		{ STR("impact"), row->impact },
		{ STR("incident"), text_make(core, "%u", row->id) },
		{ STR("owner"), row->owner },
		{ STR("service"), service },
		{ STR("severity"), str_of(severity_name(row->severity)) },
		{ STR("state"), str_of(state) },
		{ STR("title"), row->title },
		{ STR("url"), url },
		{ STR("you_can"), can },
	};
	struct pair *p = arena_new(&core->scratch, struct pair, countof(fields));
	memcpy(p, fields, sizeof(fields));
	size_t absent = row->acknowledged ? 0 : 1;
	*ret = (struct notice_words){ .subject = subject_of(core, incident, purpose, doing),
		.text = arena_str(&core->scratch, buf_str(&out)),
		.fields = { p + absent, countof(fields) - absent } };
	buf_done(&out);
}
