/*
 * What is asked for and waits: for facts, for people.
 *
 *	asked_begin --nothing lacking--> attempt, or refused
 *	   |   facts lacking                       approval lacking
 *	   v                                            v
 *	FACTS --answered, or ASKED_FACTS_MS--> judged --> APPROVAL --yes--> judged again
 *	   ^                                    |             |              |  |
 *	   '---------- facts too old -----------+-------------+--------------'  |
 *	                                        v             v                 v
 *	                              STARTED, REFUSED   EXPIRED, REFUSED    STARTED
 *	                              VOID: withdrawn, its run ended, other rules hold
 *
 * The decision that counts is the one at the instant of the start: by the newest
 * configuration, with facts of at most ASKED_FACTS_FRESH_MS, and with limits as they are
 * then. Nothing is reserved while it waits. Approved, but denied by what is under way, it
 * waits for its turn until it expires.
 *
 * A row that is over stays with its incident, so that who comes too late is told why.
 */
#include "core/state.h"

bool
asked_open(const struct asked *asked)
{
	return asked->row.state == ASKED_FACTS || asked->row.state == ASKED_APPROVAL;
}

msec
asked_due(const struct asked *asked)
{
	const struct asked_row *row = &asked->row;
	if (!asked_open(asked))
		return 0;
	return row->due != 0 && (row->ends_at == 0 || row->due < row->ends_at)
	           ? row->due
	           : row->ends_at;
}

void
asked_arm(struct core *core, struct asked *asked)
{
	heap_set(&core->timers, &asked->o, asked_due(asked));
}

static void
touch(struct core *core, struct asked *asked)
{
	object_touch(core, &asked->o);
	asked_arm(core, asked);
}

struct asking
asked_asking(const struct core *core, const struct asked *asked)
{
	const struct asked_row *row = &asked->row;
	const struct incident *incident = incident_find(core, row->incident);
	const struct run *run = object_find(core, TABLE_RUN, row->run);
	const struct rolled *rolled = run != NULL ? rolled_waiting(run, row->id) : NULL;
	return (struct asking){ .principal = row->principal,
		.behalf = row->given.behalf,
		.action = row->action,
		.service = row->service,
		.target = row->target,
		.params = row->params,
		.targets_n = row->given.targets_n,
		.incident = row->incident,
		.incident_open = incident_asks_for(incident, row->service),
		.run = row->run,
		.undo_of = row->given.undo_of,
		.takes_back = row->takes_back,
		.waits = rolled != NULL && rolled->deadline != 0,
		.given = &row->given,
		.asked = row->id,
		.at = core->at,
		.wall = core->wall };
}

/* ---- the end ---- */

/* The run that waits for it; NULL: none does. */
static struct run *
waiting_run(const struct core *core, const struct asked *asked)
{
	struct run *run = object_find(core, TABLE_RUN, asked->row.run);
	return run != NULL && run_awaits(run, asked->row.id) ? run : NULL;
}

/* `by`: who ended it; its run is the caller's. */
static void
end(struct core *core, struct asked *asked, enum asked_state state, str by, str why)
{
	ASSERT(asked_open(asked));
	struct asked_row *row = &asked->row;
	asked_facts_stop(core, asked);
	row->state = state;
	row->due = 0;
	row->over_wall = core->wall;
	row_set_str(core, &row->why, text_line(core, why, TIMELINE_TEXT_MAX));
	touch(core, asked);
	if (row->ends_at != 0)
		asked_tell_end(core, asked, by);
}

static void
end_said(struct core *core, struct asked *asked, enum asked_state state, str by, str why)
{
	const struct asked_row *row = &asked->row;
	timeline_add(core, row->incident, TIMELINE_ASKED, by, row->id,
	    "%.*s on %.*s is not started: %.*s", STR_ARG(row->action), STR_ARG(row->target),
	    STR_ARG(why));
	end(core, asked, state, by, why);
}

/* Nothing was decided anew: by a person, or by time. */
void
asked_end(struct core *core, struct asked *asked, enum asked_state state, str by, str why)
{
	end_said(core, asked, state, by, why);
	struct run *run = waiting_run(core, asked);
	if (run == NULL)
		return;
	struct beginning beginning = { .how = BEGUN_REFUSED,
		.asked = asked,
		.why = why,
		.person = state == ASKED_VOID };
	run_asked(core, run, &beginning);
}

static void
expire(struct core *core, struct asked *asked)
{
	const struct asked_row *row = &asked->row;
	str until = text_when(core, row->ends_wall);
	str why = text_make(core, "it was not approved by %.*s", STR_ARG(until));
	if (row->state == ASKED_FACTS)
		why = text_make(core, "what had to be known of it did not come by %.*s",
		    STR_ARG(until));
	else if (row->why.n > 0)
		why = text_make(core, "its turn did not come by %.*s: %.*s", STR_ARG(until),
		    STR_ARG(row->why));
	asked_end(core, asked, ASKED_EXPIRED, FIRSTLINE, why);
}

void
asked_void(struct core *core, struct asked *asked, str why)
{
	end_said(core, asked, ASKED_VOID, FIRSTLINE, why);
}

void
asked_void_of(struct core *core, struct incident *incident, str why)
{
	list_each(it, &incident->asked)
	{
		struct asked *asked =
		    container_of(object_of(it, of_incident), struct asked, o);
		if (asked_open(asked))
			asked_void(core, asked, why);
	}
}

void
asked_void_all(struct core *core, str why)
{
	list_each(it, &core->tables[TABLE_ASKED])
	{
		struct asked *asked =
		    container_of(object_of(it, in_table), struct asked, o);
		if (asked_open(asked))
			asked_void(core, asked, why);
	}
}

void
asked_void_by(struct core *core, str principal, str behalf, str by, str why)
{
	list_each(it, &core->tables[TABLE_ASKED])
	{
		struct asked *asked =
		    container_of(object_of(it, in_table), struct asked, o);
		const struct strs *served = &asked->row.given.behalf;
		str whom = served->n > 0 ? served->p[0] : (str){ 0 };
		if (asked_open(asked) && str_eq(asked->row.principal, principal) &&
		    str_eq(whom, behalf))
			asked_end(core, asked, ASKED_VOID, by, why);
	}
}

void
asked_release(struct core *core, struct incident *incident)
{
	list_each_safe(it, &incident->asked)
	{
		ASSERT(
		    !asked_open(container_of(object_of(it, of_incident), struct asked, o)));
		object_done(core, object_of(it, of_incident));
	}
	incident->asked_n = 0;
}

/* ---- judging ---- */

/* What needs no approval, or has it. */
static struct beginning
settle(struct core *core, struct incident *incident, struct run *run,
    const struct asking *asking, str step, struct judged *judged)
{
	struct beginning beginning = { .how = BEGUN_REFUSED };
	/* That it has to wait for its turn stands there already. */
	if (!judged->by.only_at_once || !asking->waits)
		beginning.attempt =
		    attempt_start(core, incident, run, asking, step, judged);
	if (beginning.attempt != NULL) {
		beginning.how = BEGUN_STARTED;
		return beginning;
	}
	beginning.why = judged_why(core, judged);
	beginning.only_at_once = judged->by.only_at_once;
	beginning.person = judged->by.hands_on;
	return beginning;
}

/* "ana and mei" */
static str
who_said_yes(struct core *core, const struct asked_row *row, str *ret_last)
{
	const struct vote *votes = row->given.votes.p;
	str who = { 0 };
	for (size_t i = 0; i < row->given.votes.n; i++) {
		str name = text_who(votes[i].principal);
		who = who.n > 0
		          ? text_make(core, "%.*s and %.*s", STR_ARG(who), STR_ARG(name))
		          : name;
		*ret_last = votes[i].principal;
	}
	return who;
}

/* It needs no approval, or has it: what comes of it. */
static struct beginning
settle_asked(struct core *core, struct asked *asked, const struct asking *asking,
    struct judged *judged)
{
	struct asked_row *row = &asked->row;
	struct incident *incident = incident_find(core, row->incident);
	struct run *run = object_find(core, TABLE_RUN, row->run);
	struct beginning beginning = settle(core, incident, run, asking, row->step, judged);
	beginning.asked = asked;
	if (judged->row.id != 0) /* else it stands there already */
		row->decision = judged->row.id;
	str by = FIRSTLINE;
	str who = who_said_yes(core, row, &by);
	if (beginning.how == BEGUN_STARTED) {
		row->attempt = beginning.attempt->row.id;
		end(core, asked, ASKED_STARTED, by,
		    who.n > 0 ? text_make(core, "approved by %.*s", STR_ARG(who))
			      : STR("it needs no approval"));
	} else {
		end(core, asked, ASKED_REFUSED, FIRSTLINE, beginning.why);
	}
	return beginning;
}

/* Approved, but what is under way fills the limit. */
static void
wait_for_turn(struct core *core, struct asked *asked, struct judged *judged)
{
	struct asked_row *row = &asked->row;
	str why = judged_why(core, judged);
	if (row->why.n == 0)
		timeline_add(core, row->incident, TIMELINE_ASKED, FIRSTLINE, row->id,
		    "%.*s on %.*s waits for its turn: %.*s", STR_ARG(row->action),
		    STR_ARG(row->target), STR_ARG(why));
	row->state = ASKED_APPROVAL;
	row->due = 0;
	row_set_str(core, &row->why, text_line(core, why, TIMELINE_TEXT_MAX));
	touch(core, asked);
}

/* People are asked, or asked again where others may answer now. Refused when nobody may, or
 * fewer than must: it would wait in vain. */
static struct beginning
ask_people(struct core *core, struct asked *asked, struct judged *judged)
{
	/* By the rule that asks for it, which says how many and for how long. */
	ASSERT(judged->by.yes_missing > 0 && judged->by.expires_ms > 0);
	judged_tell(core, judged);
	struct asked_row *row = &asked->row;
	bool first = row->ends_at == 0;
	row->state = ASKED_APPROVAL;
	row->due = 0;
	row->yes_missing = judged->by.yes_missing;
	row_set_str(core, &row->why, (str){ 0 });
	if (first && (judged->approvers.n == 0 || judged->too_few)) {
		str needs = judged_why(core, judged);
		str why = text_make(core, "%s may approve it now: %.*s",
		    judged->approvers.n == 0 ? "nobody" : "too few people", STR_ARG(needs));
		end_said(core, asked, ASKED_REFUSED, FIRSTLINE, why);
		return (
		    struct beginning){ .how = BEGUN_REFUSED, .asked = asked, .why = why };
	}
	if (first) {
		core->control->row.approvals_asked++;
		row->ends_at = core->at + judged->by.expires_ms;
		row->ends_wall = core->wall + judged->by.expires_ms;
	}
	touch(core, asked);
	asked_tell(core, asked, judged, first);
	return (struct beginning){ .how = BEGUN_WAITS, .asked = asked };
}

/* What may not be relied on is not known: is it allowed all the same? What takes back is,
 * whatever is live. */
static void
doubt(struct core *core, struct asked *asked, const struct asking *asking,
    struct judged *judged)
{
	bool turn;
	if (judged->row.verdict != VERDICT_ALLOW || asked->row.given.undo)
		return;
	str why = asked_doubt(core, asked, &turn);
	if (why.n == 0)
		return;
	asked_facts_forget(core, asked);
	attempt_judge(core, asking, judged);
	if (judged->row.verdict != VERDICT_DENY)
		return;
	judged_deny(core, judged, why);
	judged->row.forward = (str){ 0 }; /* of what would not be known */
	judged->by.only_at_once = turn;
}

static void
judge_now(struct core *core, struct asked *asked)
{
	struct asked_row *row = &asked->row;
	if (row->ends_at != 0 && core->at >= row->ends_at) {
		expire(core, asked);
		return;
	}
	struct asking asking = asked_asking(core, asked);
	struct judged judged;
	attempt_judge(core, &asking, &judged);
	doubt(core, asked, &asking, &judged);
	struct beginning beginning;
	if (judged.row.verdict == VERDICT_AFTER_APPROVAL) {
		if (row->ends_at == 0) { /* else it stands there already */
			attempt_record(core, incident_find(core, row->incident), &judged);
			row->decision = judged.row.id;
		}
		beginning = ask_people(core, asked, &judged);
	} else if (judged.by.only_at_once && row->ends_at != 0) {
		wait_for_turn(core, asked, &judged);
		return;
	} else {
		beginning = settle_asked(core, asked, &asking, &judged);
	}
	struct run *run = waiting_run(core, asked);
	if (run != NULL && beginning.how != BEGUN_WAITS)
		run_asked(core, run, &beginning);
}

/* All that can be known is known; unless it was moved meanwhile. */
void
asked_judge(struct core *core, struct asked *asked)
{
	struct asked_row *row = &asked->row;
	bool over = row->ends_at != 0 && core->at >= row->ends_at;
	if (!over && row->facts_moved != 0 && row->facts_rounds < ASKED_ROUNDS_MAX) {
		row->facts_rounds++;
		if (asked_facts(core, asked))
			return;
	}
	judge_now(core, asked);
}

/* A yes came, or its turn: the facts may be too old to start by, or not be so any more. */
void
asked_again(struct core *core, struct asked *asked)
{
	struct asked_row *row = &asked->row;
	struct asking asking = asked_asking(core, asked);
	struct judged judged;
	attempt_judge(core, &asking, &judged);
	bool old =
	    row->facts_at != 0 &&
	    (row->facts_moved != 0 || core->at - row->facts_at > ASKED_FACTS_FRESH_MS);
	bool more = judged.row.verdict == VERDICT_AFTER_APPROVAL;
	row->facts_rounds = 0;
	/* Where it has to wait for its turn, they are read when that comes. */
	if (!more && old && !judged.by.only_at_once) {
		if (asked_facts(core, asked))
			return;
		asked_facts_end(core,
		    asked); /* it needs none now, or they cannot be asked */
	}
	judge_now(core, asked);
}

/* ---- the beginning ---- */

static uint32_t
open_of(const struct incident *incident)
{
	uint32_t n = 0;
	list_each(it, &incident->asked)
	{
		if (asked_open(container_of(object_of(it, of_incident), struct asked, o)))
			n++;
	}
	return n;
}

/* Why it cannot wait; empty: it can. */
static str
cannot_wait(struct core *core, const struct incident *incident, struct asked_row *row)
{
	if (incident == NULL || incident->row.state == INCIDENT_CLOSED)
		return STR("its incident is closed, and it would have to wait");
	if (open_of(incident) >= ASKED_OPEN_MAX)
		return text_make(core, "%u actions wait for incident %u already",
		    ASKED_OPEN_MAX, incident->row.id);
	if (!asked_digest(row, &row->digest))
		return STR("its parameters are too long");
	return core_roomy(core) ? (str){ 0 }
	                        : STR("there is no memory for another request");
}

static struct asked_row
row_of(const struct core *core, const struct run *run, const struct asking *asking,
    str step)
{
	const struct action *action = model_action(core->newest->model, asking->action);
	ASSERT(action != NULL); /* else it was denied, and nothing is asked for it */
	struct asked_row row = { .incident = asking->incident,
		.run = asking->run,
		.state = ASKED_FACTS,
		.step = step,
		.principal = asking->principal,
		.action = asking->action,
		.verb = action->verb,
		.service = asking->service,
		.target = asking->target,
		.params = asking->params,
		.config = core->newest->hash,
		.given = { .behalf = asking->behalf,
		    .undo = asking->undo_of != 0,
		    .undo_of = asking->undo_of,
		    .targets_n = asking->targets_n },
		.takes_back = asking->takes_back,
		.asked_at = core->at,
		.asked_wall = core->wall,
		.due = core->at };
	if (run != NULL)
		row.runbook_hash = run->row.runbook_hash;
	return row;
}

/* A person who asks twice is told of what waits. */
static struct asked *
same_waiting(const struct incident *incident, const struct asked_row *row)
{
	list_each(it, &incident->asked)
	{
		struct asked *asked =
		    container_of(object_of(it, of_incident), struct asked, o);
		if (row->run == 0 && asked_open(asked) && asked->row.run == 0 &&
		    asked->row.takes_back == row->takes_back &&
		    hash32_eq(&asked->row.digest, &row->digest))
			return asked;
	}
	return NULL;
}

/* Those that are over, beyond what is kept. */
static void
keep_some(struct core *core, struct incident *incident)
{
	list_each_safe(it, &incident->asked)
	{
		struct asked *asked =
		    container_of(object_of(it, of_incident), struct asked, o);
		if (incident->asked_n <= TRAIL_KEPT_MAX)
			return;
		if (asked_open(asked))
			continue;
		incident->asked_n--;
		object_done(core, &asked->o);
	}
}

static struct asked *
asked_add(struct core *core, struct incident *incident, struct asked_row *row)
{
	row->id = row_next(core);
	struct asked *asked = object_add(core, TABLE_ASKED, row);
	if (asked == NULL)
		return NULL;
	list_append(&incident->asked, &asked->o.of_incident);
	incident->asked_n++;
	keep_some(core, incident);
	touch(core, asked);
	return asked;
}

struct beginning
asked_begin(struct core *core, struct incident *incident, struct run *run,
    const struct asking *asking, str step)
{
	struct judged judged;
	attempt_judge(core, asking, &judged);
	struct authority_needs needs = core_needs(core, asking, &judged.by, &core->scratch);
	bool lacks = needs.observe_n > 0 || needs.health_n > 0;
	if (!lacks && judged.row.verdict != VERDICT_AFTER_APPROVAL)
		return settle(core, incident, run, asking, step, &judged);

	struct asked_row row = row_of(core, run, asking, step);
	str cannot = cannot_wait(core, incident, &row);
	struct asked *asked = cannot.n == 0 ? same_waiting(incident, &row) : NULL;
	if (asked != NULL)
		return (struct beginning){ .how = BEGUN_WAITS, .asked = asked };
	if (cannot.n == 0)
		asked = asked_add(core, incident, &row);
	if (asked == NULL) {
		judged_deny(core, &judged,
		    cannot.n > 0 ? cannot : STR("there is no memory for another request"));
		return settle(core, incident, run, asking, step, &judged);
	}
	if (lacks) {
		/* Where nothing can be asked, it is judged without, by its timer. */
		(void)asked_facts(core, asked);
		return (struct beginning){ .how = BEGUN_WAITS, .asked = asked };
	}
	judged.row.asked = row.id;
	attempt_record(core, incident, &judged);
	asked->row.decision = judged.row.id;
	return ask_people(core, asked, &judged);
}

struct answering
asked_answer(struct core *core, const struct beginning *beginning)
{
	switch (beginning->how) {
	case BEGUN_STARTED:
		return answer_yes(202, &beginning->attempt->o);
	case BEGUN_WAITS: {
		struct answering answering = answer_yes(202, &beginning->asked->o);
		if (beginning->asked->row.state == ASKED_APPROVAL)
			answering.exit = EXIT_NEEDS_APPROVAL;
		return answering;
	}
	case BEGUN_REFUSED:
		return answer_no(core, 403, EXIT_REFUSED, "%.*s", STR_ARG(beginning->why));
	}
	UNREACHABLE();
}

/* ---- time, and what else moves it ---- */

void
asked_timer(struct core *core, struct asked *asked)
{
	struct asked_row *row = &asked->row;
	if (row->ends_at != 0 && core->at >= row->ends_at) {
		expire(core, asked);
		return;
	}
	if (row->state == ASKED_FACTS) {
		asked_facts_end(core, asked);
		asked_judge(core, asked);
		return;
	}
	asked_again(core, asked);
}

void
asked_turns(struct core *core)
{
	list_each(it, &core->tables[TABLE_ASKED])
	{
		struct asked *asked =
		    container_of(object_of(it, in_table), struct asked, o);
		if (asked->row.state != ASKED_APPROVAL || asked->row.why.n == 0)
			continue;
		asked->row.due = core->at;
		touch(core, asked);
	}
}

/* From the beginning, by its timer where nothing can be asked. */
static void
ask_anew(struct core *core, struct asked *asked)
{
	asked_facts_stop(core, asked);
	asked->row.due = core->at;
	touch(core, asked);
	(void)asked_facts(core, asked);
}

void
asked_adopted(struct core *core)
{
	list_each(it, &core->tables[TABLE_ASKED])
	{
		struct asked *asked =
		    container_of(object_of(it, in_table), struct asked, o);
		struct asked_row *row = &asked->row;
		if (!asked_open(asked) || hash32_eq(&row->config, &core->newest->hash))
			continue;
		if (row->ends_at == 0) {
			row->config = core->newest->hash;
			bool ok = asked_digest(row, &row->digest);
			ASSERT(ok);
			ask_anew(core, asked);
			continue;
		}
		struct run *run = waiting_run(core, asked);
		asked_void(core, asked, STR("another configuration is in force"));
		if (run == NULL)
			continue;
		if (run->row.undoing) /* it may be asked for again, by the new one */
			run_wait(core, run, PHASE_WAITING, core->at, 0);
		else
			roll_again(core, run, asked->row.id);
	}
}

void
asked_started(struct core *core)
{
	list_each(it, &core->tables[TABLE_ASKED])
	{
		struct asked *asked =
		    container_of(object_of(it, in_table), struct asked, o);
		if (asked->row.state == ASKED_FACTS)
			ask_anew(core, asked);
	}
}
