/*
 * Attempts: one start of one action on one target, and the truth about it.
 *
 *	decided ALLOW, use reserved, INTENT, ordered      all in one step
 *	  -> CLAIMED -> STARTED -> EXITED | TIMED_OUT | KILLED     use consumed
 *	  -> LOST (never started, or hands refused)                use released
 *	  -> IN_DOUBT: hands found a claim without an end          use stays held
 *	       its `happened` probe says yes or no, or a person does   -> SETTLED
 *	       a no counts when what was begun can be at work no more
 *
 * Nothing is started twice: a new start is a new attempt, decided anew, and only after it
 * is sure that the one before did not happen, or where the action may be repeated.
 */
#include "core/noise.h"
#include "core/state.h"

bool
attempt_open(const struct attempt *attempt)
{
	switch (attempt->row.state) {
	case ATTEMPT_PLANNED:
	case ATTEMPT_AUTHORIZED:
	case ATTEMPT_INTENT:
	case ATTEMPT_CLAIMED:
	case ATTEMPT_STARTED:
	case ATTEMPT_IN_DOUBT:
		return true;
	case ATTEMPT_EXITED:
	case ATTEMPT_TIMED_OUT:
	case ATTEMPT_KILLED:
	case ATTEMPT_LOST:
	case ATTEMPT_SETTLED:
		return false;
	}
	UNREACHABLE();
}

msec
attempt_due(const struct attempt *attempt)
{
	return attempt_open(attempt) ? attempt->row.ask_at : attempt->row.undo_until_at;
}

/* ---- starting ---- */

void
judged_tell(struct core *core, struct judged *judged)
{
	if (!judged->told)
		judged->approvers = core_explain(core, judged->asking, &judged->by,
		    &core->scratch, &judged->row, &judged->too_few);
	judged->told = true;
	ASSERT(judged->row.reasons.n > 0); /* every decision explains itself */
}

str
judged_why(struct core *core, struct judged *judged)
{
	judged_tell(core, judged);
	const struct decision_row *row = &judged->row;
	const struct lease *lease =
	    judged->by.hands_on ? lease_find(core, LEASE_HANDS_ON, row->service, (str){ 0 })
				: NULL;
	if (lease != NULL) {
		str who = text_who(lease->row.principal);
		str until = text_when(core, lease->row.until_wall);
		return text_make(core, "%.*s has it in hand until %.*s", STR_ARG(who),
		    STR_ARG(until));
	}
	const struct reason *reasons = row->reasons.p;
	str why = reasons[0].text;
	if (row->forward.n == 0)
		return why;
	why = text_part(core, why);
	return text_make(core, "%.*s; %.*s", STR_ARG(why), STR_ARG(row->forward));
}

/* What it comes to, with these values. */
struct resolved {
	struct strs argv;
	struct pairs parts;
};

static bool
fill_request(struct core *core, const struct action *action, const struct asking *asking,
    struct resolved *ret, str *ret_why)
{
	struct pairs values =
	    pairs_with(core, &asking->params, STR("service"), asking->service);
	values = pairs_with(core, &values, STR("target"), asking->target);
	struct err err;
	if (request_fill(&action->argv, &action->parts, &values, &core->scratch, &ret->argv,
		&ret->parts, &err))
		return true;
	*ret_why = arena_str(&core->scratch, str_of(err.text));
	return false;
}

/* What the rules allow, but cannot be done, is refused: with its own reason first. */
void
judged_deny(struct core *core, struct judged *judged, str why)
{
	judged_tell(core, judged);
	struct decision_row *decision = &judged->row;
	size_t n = decision->reasons.n;
	ASSERT(n < REASONS_MAX); /* of authority a few, and of ours fewer */
	struct reason *reasons = arena_new(&core->scratch, struct reason, n + 1);
	reasons[0] = (struct reason){ .kind = REASON_ERROR, .text = why };
	memcpy(reasons + 1, decision->reasons.p, n * sizeof(*reasons));
	decision->verdict = VERDICT_DENY;
	decision->reasons = (struct records){ reasons, n + 1 };
	judged->by.only_at_once = false;
	judged->by.hands_on = false;
}

static void
keep_decision(struct core *core, struct incident *incident, struct decision_row *row)
{
	if (core->trace != NULL)
		core->trace->decided(core->trace, row);
	struct decision *decision = object_add(core, TABLE_DECISION, row);
	const struct reason *reasons = row->reasons.p;
	str why = reasons[0].text;
	str on = row->target.n > 0 ? row->target : STR("nothing");
	timeline_add(core, row->incident, TIMELINE_DECISION, row->principal, row->id,
	    "%s%s: %.*s on %.*s: %.*s", row->shadow ? "in shadow, " : "",
	    verdict_name(row->verdict), STR_ARG(row->action), STR_ARG(on), STR_ARG(why));
	if (decision == NULL)
		return;
	if (incident == NULL || incident->row.state == INCIDENT_CLOSED) {
		object_done(core, &decision->o); /* nobody shows it with its incident */
		return;
	}
	list_append(&incident->decisions, &decision->o.of_incident);
	if (++incident->decisions_n > TRAIL_KEPT_MAX) {
		incident->decisions_n--;
		object_done(core, object_of(incident->decisions.next, of_incident));
	}
}

/* Its run can no longer take back all that it did. */
static void
forget(struct core *core, const struct attempt_row *row)
{
	struct run *run = object_find(core, TABLE_RUN, attempt_owner(row));
	if (run == NULL || row->undo_until_at == 0 || row->undone_by != 0)
		return;
	run->row.forgot = true;
	object_touch(core, &run->o);
}

/* It is taken back right now: what comes of that is said of it. */
static bool
is_being_undone(const struct core *core, const struct attempt_row *row)
{
	const struct attempt *by = object_find(core, TABLE_ATTEMPT, row->undone_by);
	return by != NULL && attempt_open(by);
}

/* Those that have ended, from the first, until so many are left: what may still be taken
 * back, or what may not. */
static void
let_go_of(struct core *core, struct incident *incident, bool back, uint32_t most)
{
	list_each_safe(it, &incident->attempts)
	{
		struct attempt *attempt =
		    container_of(object_of(it, of_incident), struct attempt, o);
		const struct attempt_row *row = &attempt->row;
		if (incident->attempts_n <= most)
			return;
		if (attempt_open(attempt) || is_being_undone(core, row) ||
		    (row->undo_until_at != 0 && row->undone_by == 0) != back)
			continue;
		forget(core, row);
		incident->attempts_n--;
		object_done(core, &attempt->o);
	}
}

/* Attempts that have ended, beyond what a case file shows. */
static void
keep_attempts(struct core *core, struct incident *incident)
{
	let_go_of(core, incident, false, TRAIL_KEPT_MAX);
	let_go_of(core, incident, true, UNDO_KEPT_MAX);
}

static void
order(struct core *core, const struct attempt *attempt, enum effect_kind kind,
    const struct given *given)
{
	const struct attempt_row *row = &attempt->row;
	struct attempt_order order = { .attempt = row->id,
		.epoch = core->control->row.epoch,
		.config = row->config,
		.action = row->action,
		.verb = row->verb,
		.service = row->service,
		.target = row->target,
		.principal = row->principal,
		.params = row->params,
		.argv = row->argv,
		.timeout_ms = row->timeout_ms,
		.runbook_hash = row->runbook_hash,
		.incident = row->incident,
		.kind = row->kind,
		.parts = row->parts,
		.intent_wall = row->intent_wall };
	if (given != NULL)
		order.given = *given;
	struct effect *effect = effects_add(core->fx, kind);
	record_copy(effect_type(kind), &order, core->fx->arena, effect_record(effect));
}

static void
order_ref(struct core *core, row_id attempt, enum effect_kind kind, str why)
{
	struct attempt_ref ref = { .attempt = attempt,
		.epoch = core->control->row.epoch,
		.why = text_line(core, why, TIMELINE_TEXT_MAX) };
	struct effect *effect = effects_add(core->fx, kind);
	record_copy(effect_type(kind), &ref, core->fx->arena, effect_record(effect));
}

static void
wait_for_news(struct core *core, struct attempt *attempt)
{
	object_touch(core, &attempt->o);
	heap_set(&core->timers, &attempt->o, attempt_due(attempt));
}

/* The reservation and the intent; both or none. */
static struct attempt *
reserve(struct core *core, const struct attempt_row *row)
{
	struct grant_use_row use = { .id = row_next(core),
		.decision = row->decision,
		.attempt = row->id,
		.state = USE_HELD,
		.service = row->service,
		.target = row->target,
		.action = row->action,
		.verb = row->verb,
		.principal = row->principal,
		.behalf = row->behalf,
		.at = core->at,
		.wall = core->wall };
	struct attempt *attempt = object_add(core, TABLE_ATTEMPT, row);
	if (attempt == NULL)
		return NULL;
	if (object_add(core, TABLE_GRANT_USE, &use) == NULL) {
		object_erase(core, &attempt->o);
		return NULL;
	}
	asked_moved(core, &use, row->asked);
	return attempt;
}

/* While it waited somebody else took back the same. */
static bool
is_undone(const struct core *core, const struct asking *asking)
{
	const struct attempt *undone = object_find(core, TABLE_ATTEMPT, asking->takes_back);
	return undone != NULL && undone->row.undone_by != 0;
}

void
attempt_judge(struct core *core, const struct asking *asking, struct judged *ret)
{
	core_decide(core, asking, &core->scratch, &ret->row, &ret->by);
	ret->asking = asking;
	ret->approvers = (struct strs){ 0 };
	ret->too_few = false;
	ret->told = false;
	if (ret->row.verdict != VERDICT_DENY && is_undone(core, asking))
		judged_deny(core, ret,
		    text_make(core, "attempt %llu was taken back already",
			(unsigned long long)asking->takes_back));
	/* What takes back is no part of the plan, and never harder than what it takes back. */
	const struct run *run =
	    asking->undo_of == 0 ? object_find(core, TABLE_RUN, asking->run) : NULL;
	str stale = ret->row.verdict != VERDICT_DENY ? run_stale(core, run) : (str){ 0 };
	if (stale.n > 0)
		judged_deny(core, ret, stale);
}

/* What the rules allow must be possible too. */
static void
resolve(struct core *core, const struct action *action, const struct asking *asking,
    struct judged *judged, struct resolved *ret)
{
	str why = { 0 };
	if (!fill_request(core, action, asking, ret, &why))
		judged_deny(core, judged,
		    text_make(core, "its %s cannot be made: %.*s",
			action->kind == ACTION_RUN ? "command" : "request", STR_ARG(why)));
	else if (!core_roomy(core))
		judged_deny(core, judged, STR("there is no memory for another attempt"));
}

static struct attempt *
attempt_make(struct core *core, const struct run *run, const struct asking *asking,
    str step, struct judged *judged)
{
	const struct action *action = model_action(core->newest->model, asking->action);
	ASSERT(action != NULL);
	struct resolved request = { 0 };
	resolve(core, action, asking, judged, &request);
	if (judged->row.verdict != VERDICT_ALLOW)
		return NULL;
	struct attempt_row row = { .id = row_next(core),
		.incident = asking->incident,
		.run = run != NULL ? run->row.id : 0,
		.decision = judged->row.id,
		.state = ATTEMPT_INTENT,
		.step = step,
		.action = action->name,
		.verb = action->verb,
		.service = asking->service,
		.target = asking->target,
		.principal = asking->principal,
		.params = asking->params,
		.argv = request.argv,
		.config = core->newest->hash,
		.epoch = core->control->row.epoch,
		.timeout_ms = action->timeout_ms,
		.repeat_safe = action->repeat_safe,
		.intent_at = core->at,
		.intent_wall = core->wall,
		.ask_at = core->at + action->timeout_ms + ATTEMPT_GRACE_MS,
		.asked = asking->asked,
		.undo_of = asking->undo_of,
		.takes_back = asking->takes_back,
		.observed = judged->row.given.observed,
		.behalf = asking->behalf,
		.kind = action->kind,
		.parts = request.parts };
	if (run != NULL)
		row.runbook = run->row.runbook;
	if (run != NULL && asking->undo_of == 0)
		row.runbook_hash = run->row.runbook_hash;
	struct attempt *attempt = reserve(core, &row);
	if (attempt == NULL)
		judged_deny(core, judged, STR("there is no memory for another attempt"));
	else
		judged->row.attempt = row.id;
	return attempt;
}

/* Who broke a glass answers for each time that it helped: not where something else denied
 * it all the same. */
static void
count_lifted(struct core *core, const struct decision_row *row)
{
	const struct reason *reasons = row->reasons.p;
	size_t i = 0;
	if (row->verdict != VERDICT_ALLOW)
		return;
	while (i < row->reasons.n && reasons[i].kind != REASON_LIFTED)
		i++;
	const struct lease *held = i < row->reasons.n ? lease_find(core, LEASE_BREAK_GLASS,
							    row->service, row->principal)
	                                              : NULL;
	struct lease *lease =
	    held != NULL ? object_find(core, TABLE_LEASE, held->row.id) : NULL;
	if (lease == NULL)
		return;
	lease->row.uses++;
	object_touch(core, &lease->o);
}

void
attempt_record(struct core *core, struct incident *incident, struct judged *judged)
{
	if (judged->row.id == 0)
		judged->row.id = row_next(core);
	judged_tell(core, judged);
	keep_decision(core, incident, &judged->row);
	if (!judged->row.shadow)
		count_lifted(core, &judged->row);
}

struct attempt *
attempt_start(struct core *core, struct incident *incident, struct run *run,
    const struct asking *asking, str step, struct judged *judged)
{
	struct decision_row *decision = &judged->row;
	decision->id = row_next(core);
	struct attempt *attempt = decision->verdict == VERDICT_ALLOW
	                              ? attempt_make(core, run, asking, step, judged)
	                              : NULL;
	attempt_record(core, incident, judged);
	if (attempt == NULL)
		return NULL;
	core->control->row.attempts_started++;
	attempt->model = core_model_use(core->newest);
	struct attempt *undone = object_find(core, TABLE_ATTEMPT, asking->takes_back);
	if (undone != NULL) {
		undone->row.undone_by = attempt->row.id;
		object_touch(core, &undone->o);
	}
	if (incident != NULL) {
		list_append(&incident->attempts, &attempt->o.of_incident);
		incident->attempts_n++;
		keep_attempts(core, incident);
		noise_acted(core, incident);
	}
	wait_for_news(core, attempt);
	order(core, attempt, EFFECT_START_ATTEMPT, &decision->given);
	return attempt;
}

void
attempt_stop(struct core *core, struct attempt *attempt, str why)
{
	if (attempt->row.stop_asked || attempt->row.state == ATTEMPT_IN_DOUBT)
		return;
	attempt->row.stop_asked = true;
	object_touch(core, &attempt->o);
	order_ref(core, attempt->row.id, EFFECT_STOP_ATTEMPT, why);
}

void
attempt_reconcile(struct core *core, struct attempt *attempt)
{
	order(core, attempt, EFFECT_RECONCILE_ATTEMPT, NULL);
}

/* An open incident keeps it for its case file, and whoever may take it back does. */
static void
let_go(struct core *core, struct attempt *attempt)
{
	struct incident *incident = incident_find(core, attempt->row.incident);
	bool kept = incident != NULL && (incident->row.state != INCIDENT_CLOSED ||
					    incident->row.alerts_active > 0);
	if (kept || attempt->o.done || attempt->row.undo_until_at != 0)
		return;
	if (incident != NULL)
		incident->attempts_n--;
	object_done(core, &attempt->o);
}

/* What was asked, and what is expected of the answer, are of the configuration that made
 * the attempt: in a newer one the same name may ask something else, and a "no" to that
 * would start the action twice. */
static const struct probe *
happened_probe(const struct attempt *attempt)
{
	ASSERT(attempt_open(attempt));
	const struct action *action =
	    model_action(attempt->model->model, attempt->row.action);
	ASSERT(action != NULL);
	return action->happened;
}

/* Its own probe, or the record on its target; 0: it cannot be asked. */
static row_id
ask_happened(struct core *core, struct attempt *attempt)
{
	struct attempt_row *row = &attempt->row;
	const struct probe *happened = happened_probe(attempt);
	if (happened == NULL)
		return record_ask(core, attempt);
	struct pairs values = pairs_with(core, &row->params, STR("service"), row->service);
	values = pairs_with(core, &values, STR("target"), row->target);
	struct probe_row probe;
	str cannot;
	if (!probe_fill(core, happened, &values, &probe, &cannot))
		return 0;
	probe.incident = row->incident;
	probe.run = row->run;
	probe.attempt = row->id;
	probe.config = attempt->model->hash;
	return probe_send(core, &probe);
}

static void
ask_once_more(struct core *core, struct attempt *attempt)
{
	attempt->row.ask_at = 0;
	attempt->row.probe = ask_happened(core, attempt);
	if (attempt->row.probe == 0)
		attempt->row.ask_at = core->at + RECORD_AGAIN_MS;
	wait_for_news(core, attempt);
}

/* Where it may have been at work, hands look first: only then can a no count. */
static void
look_again(struct core *core, struct attempt *attempt)
{
	if (attempt->row.alive != ALIVE_MAYBE) {
		ask_once_more(core, attempt);
		return;
	}
	attempt->row.ask_at = core->at + RECORD_AGAIN_MS;
	wait_for_news(core, attempt);
	attempt_reconcile(core, attempt);
}

/* No news for long: maybe an order or an answer was lost. */
void
attempt_timer(struct core *core, struct attempt *attempt)
{
	if (!attempt_open(attempt)) {
		attempt->row.undo_until_at = 0; /* too late to take it back */
		wait_for_news(core, attempt);
		let_go(core, attempt);
		return;
	}
	if (attempt->row.state == ATTEMPT_IN_DOUBT) { /* it still ran, or may have */
		look_again(core, attempt);
		return;
	}
	attempt->row.ask_at = core->at + ATTEMPT_GRACE_MS;
	wait_for_news(core, attempt);
	attempt_reconcile(core, attempt);
}

/* ---- ending ---- */

static struct run *
waiting_run(const struct core *core, const struct attempt *attempt)
{
	struct run *run = object_find(core, TABLE_RUN, attempt->row.run);
	return run != NULL && run_awaits(run, attempt->row.id) ? run : NULL;
}

/* What people were asked of it nobody need ask any more: perhaps of another one. */
static void
doubt_over(struct core *core, struct incident *incident, const struct attempt_row *row,
    bool run_waits)
{
	str asked = text_make(core, "incident settle %llu ", (unsigned long long)row->id);
	if (run_waits) {
		person_clear(core, incident); /* it was for this */
	} else if (str_contains(incident->row.needs_person_why, asked)) {
		row_set_str(core, &incident->row.needs_person_why,
		    text_make(core, "%.*s on %.*s was in doubt, and is settled",
			STR_ARG(row->action), STR_ARG(row->target)));
		object_touch(core, &incident->o);
	} else {
		return;
	}
	attempts_ask(core, incident);
}

static void
end(struct core *core, struct attempt *attempt, enum attempt_state state,
    enum use_state use)
{
	struct attempt_row *row = &attempt->row;
	struct run *run = waiting_run(core, attempt);
	struct incident *incident = incident_find(core, row->incident);
	bool doubted = row->state == ATTEMPT_IN_DOUBT;
	row->state = state;
	if (incident != NULL)
		incident_worked(core, incident);
	if (incident != NULL && doubted)
		doubt_over(core, incident, row, run != NULL);
	row->ask_at = 0;
	if (row->ended_wall == 0)
		row->ended_wall = core->wall;
	if (row->probe != 0)
		probe_drop(core, row->probe);
	row->probe = 0;
	undo_ended(core, attempt);
	wait_for_news(core, attempt);
	/* What takes back uses up nothing: it was reserved only for as long as it ran. */
	use_end(core, row->id, row->undo_of != 0 ? USE_RELEASED : use);
	core_model_drop(core, attempt->model);
	attempt->model = NULL;
	order_ref(core, row->id, EFFECT_FORGET_ATTEMPT, (str){ 0 });
}

/* What follows for its run. The attempt may be gone afterwards. */
static void
go_on(struct core *core, struct attempt *attempt, enum outcome outcome)
{
	struct run *run = waiting_run(core, attempt);
	if (run != NULL)
		run_outcome(core, run, attempt, outcome);
	let_go(core, attempt);
}

static void
note_result(struct core *core, struct attempt *attempt, const struct attempt_result *result)
{
	struct attempt_row *row = &attempt->row;
	row->exit_code = result->exit_code;
	row->signal = result->signal;
	row->output_bytes = result->output_bytes;
	if (result->started_wall != 0)
		row->started_wall = result->started_wall;
	row->ended_wall = result->ended_wall;
	row_set_str(core, &row->output, text_cut(result->output, ATTEMPT_OUTPUT_MAX));
	if (result->why.n > 0)
		row_set_str(core, &row->why,
		    text_line(core, result->why, TIMELINE_TEXT_MAX));
}

static void
say(struct core *core, const struct attempt *attempt, str how)
{
	const struct attempt_row *row = &attempt->row;
	timeline_add(core, row->incident, TIMELINE_ATTEMPT, FIRSTLINE, row->id,
	    "%.*s on %.*s: %.*s", STR_ARG(row->action), STR_ARG(row->target), STR_ARG(how));
}

/* ---- in doubt ---- */

void
attempt_settle(struct core *core, struct attempt *attempt, enum happened happened, str by)
{
	ASSERT(attempt->row.state == ATTEMPT_IN_DOUBT);
	attempt->row.happened = happened;
	row_set_str(core, &attempt->row.settled_by, by);
	/* What may have happened counts. */
	end(core, attempt, ATTEMPT_SETTLED,
	    happened == HAPPENED_NO ? USE_RELEASED : USE_CONSUMED);
	switch (happened) {
	case HAPPENED_YES:
		say(core, attempt, STR("settled: it happened"));
		go_on(core, attempt, OUTCOME_OK);
		return;
	case HAPPENED_NO:
		say(core, attempt, STR("settled: it did not happen"));
		go_on(core, attempt, OUTCOME_NOT_DONE);
		return;
	case HAPPENED_UNKNOWN:
		say(core, attempt,
		    STR("nobody knows whether it happened, but it may be repeated"));
		go_on(core, attempt, OUTCOME_MAYBE);
		return;
	}
	UNREACHABLE();
}

/* Whoever answers for the service: its incident is closed, or gone, and nobody looks there. */
static void
tell_doubt(struct core *core, const struct attempt *attempt, str words)
{
	const struct attempt_row *row = &attempt->row;
	const struct service *service = model_service(core->newest->model, row->service);
	const struct team *team =
	    service != NULL ? service->owner : core->newest->model->fallback;
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_team(to, team);
	recipients_duty(core, to, team);
	str subject = text_make(core, "[in doubt] %.*s on %.*s", STR_ARG(row->action),
	    STR_ARG(row->target));
	notices_tell(core, to,
	    &(struct notice_words){ .subject = text_line(core, subject, 400),
		.text = text_make(core,
		    "%.*s.\n\nIncident %u, for which it was started, is closed. Until "
		    "somebody says, it counts as under way.\n",
		    STR_ARG(words), row->incident) });
}

/* Nothing stays held for ever without a person who is asked. */
static void
ask_person(struct core *core, const struct attempt *attempt, str why)
{
	const struct attempt_row *row = &attempt->row;
	why = text_part(core, why);
	str words = text_make(core,
	    "nobody knows whether %.*s on %.*s happened (%.*s): look, then `firstline "
	    "incident settle %llu yes|no`",
	    STR_ARG(row->action), STR_ARG(row->target), STR_ARG(why),
	    (unsigned long long)row->id);
	struct incident *incident = incident_find(core, row->incident);
	if (incident != NULL && incident->row.state != INCIDENT_CLOSED)
		person_need(core, incident, words);
	else
		tell_doubt(core, attempt, words);
}

void
attempts_ask(struct core *core, const struct incident *incident)
{
	list_each(it, &incident->attempts)
	{
		const struct attempt *attempt =
		    container_of(object_of(it, of_incident), struct attempt, o);
		/* One whose probe is out may settle by itself. */
		if (attempt->row.state == ATTEMPT_IN_DOUBT && attempt->row.probe == 0 &&
		    attempt->row.ask_at == 0)
			ask_person(core, attempt, attempt->row.why);
	}
}

static void
stay_in_doubt(struct core *core, struct attempt *attempt, str why)
{
	const struct attempt_row *row = &attempt->row;
	if (row->repeat_safe) {
		attempt_settle(core, attempt, HAPPENED_UNKNOWN, FIRSTLINE);
		return;
	}
	say(core, attempt, text_make(core, "in doubt: %.*s", STR_ARG(why)));
	ask_person(core, attempt, why);
}

/* Whoever watched it is gone: while it may be at work, what has not happened may happen yet.
 * Where hands did not look, it may be at work until its time is over. */
static bool
may_be_at_work(const struct attempt_row *row, bool over)
{
	switch (row->alive) {
	case ALIVE_NO:
		return false;
	case ALIVE_MAYBE:
		return true;
	}
	return row->started_wall != 0 && !over;
}

/* Its probe or its record says no. */
static void
not_happened(struct core *core, struct attempt *attempt)
{
	struct attempt_row *row = &attempt->row;
	msec over_at = row->intent_at + row->timeout_ms;
	if (!may_be_at_work(row, core->at >= over_at)) {
		attempt_settle(core, attempt, HAPPENED_NO, FIRSTLINE);
		return;
	}
	if (core->at >= over_at) {
		stay_in_doubt(core, attempt,
		    STR("it has not happened, but may be at work still, after its time"));
		return;
	}
	msec again_at = core->at + RECORD_AGAIN_MS;
	row->ask_at = again_at < over_at ? again_at : over_at;
	wait_for_news(core, attempt);
	str why = STR("it has not happened yet, and may still be at work");
	if (str_eq(row->why, why))
		return; /* said once, however often it is asked */
	row_set_str(core, &row->why, why);
	say(core, attempt, STR("not yet, but it may still be at work: asked again"));
}

static void on_exited(struct core *core, struct attempt *attempt);

/* What the far side's record said: the end of it, or that it still runs there. */
static void
record_seen(struct core *core, struct attempt *attempt, const struct record_said *said)
{
	switch (said->state) {
	case RECORD_DONE:
		attempt->row.exit_code = said->code;
		on_exited(core, attempt);
		return;
	case RECORD_NEVER: /* our own end of it may be about to begin it there */
		if (attempt->row.alive == ALIVE_MAYBE)
			not_happened(core, attempt);
		else
			attempt_settle(core, attempt, HAPPENED_NO, FIRSTLINE);
		return;
	case RECORD_RUNNING:
		if (core->at >=
		    attempt->row.intent_at + attempt->row.timeout_ms + RECORD_PATIENCE_MS) {
			stay_in_doubt(core, attempt,
			    STR("it still runs on its target, long after its time"));
			return;
		}
		attempt->row.ask_at = core->at + RECORD_AGAIN_MS;
		wait_for_news(core, attempt);
		return;
	case RECORD_UNKNOWN:
		stay_in_doubt(core, attempt, STR("the record on its target cannot tell"));
		return;
	}
	UNREACHABLE();
}

void
attempt_probed(struct core *core, struct attempt *attempt, const struct probe_result *seen)
{
	attempt->row.probe = 0;
	object_touch(core, &attempt->o);
	const struct probe *probe = happened_probe(attempt);
	if (probe == NULL && attempt->row.kind == ACTION_SSH) {
		struct record_said said = record_read(seen);
		record_seen(core, attempt, &said);
		return;
	}
	enum holds holds =
	    probe != NULL ? condition_holds(&probe->expect, seen) : HOLDS_UNKNOWN;
	switch (holds) {
	case HOLDS_YES:
		attempt_settle(core, attempt, HAPPENED_YES, FIRSTLINE);
		return;
	case HOLDS_NO:
		not_happened(core, attempt);
		return;
	case HOLDS_UNKNOWN:
		stay_in_doubt(core, attempt, STR("its own probe could not tell"));
		return;
	}
	UNREACHABLE();
}

static void
asked_or_stays(struct core *core, struct attempt *attempt)
{
	if (attempt->row.probe == 0)
		stay_in_doubt(core, attempt, STR("it cannot be asked"));
	else
		say(core, attempt, STR("its end is not known: asking whether it happened"));
}

static void
doubt(struct core *core, struct attempt *attempt, str why)
{
	struct attempt_row *row = &attempt->row;
	row->state = ATTEMPT_IN_DOUBT;
	row->ask_at = 0;
	row_set_str(core, &row->why, text_line(core, why, TIMELINE_TEXT_MAX));
	wait_for_news(core, attempt);
	const struct probe *happened = happened_probe(attempt);
	if (happened == NULL && row->kind != ACTION_SSH) {
		stay_in_doubt(core, attempt, row->why);
		return;
	}
	row->probe = ask_happened(core, attempt);
	asked_or_stays(core, attempt);
}

/* ---- news ---- */

static bool
is_last(enum attempt_news news)
{
	return news != NEWS_CLAIMED && news != NEWS_STARTED;
}

static void
on_exited(struct core *core, struct attempt *attempt)
{
	long long code = attempt->row.exit_code;
	end(core, attempt, ATTEMPT_EXITED, USE_CONSUMED);
	say(core, attempt, text_make(core, "exit %lld", code));
	go_on(core, attempt, code == 0 ? OUTCOME_OK : OUTCOME_FAILED);
}

static void
on_killed(struct core *core, struct attempt *attempt)
{
	end(core, attempt, ATTEMPT_KILLED, USE_CONSUMED);
	say(core, attempt,
	    attempt->row.stop_asked
		? STR("stopped")
		: text_make(core, "killed by signal %u", attempt->row.signal));
	go_on(core, attempt, OUTCOME_FAILED);
}

static void
on_timed_out(struct core *core, struct attempt *attempt)
{
	end(core, attempt, ATTEMPT_TIMED_OUT, USE_CONSUMED);
	str after = text_ms(core, attempt->row.timeout_ms);
	say(core, attempt, text_make(core, "stopped after its %.*s", STR_ARG(after)));
	go_on(core, attempt, OUTCOME_TIMED_OUT);
}

static void
on_lost(struct core *core, struct attempt *attempt, bool refused, str judged)
{
	/* An order of an engine that is gone is no refusal of the action. */
	bool stale = attempt->row.epoch < core->control->row.epoch;
	attempt->row.happened = HAPPENED_NO;
	end(core, attempt, ATTEMPT_LOST, USE_RELEASED);
	say(core, attempt,
	    text_make(core, "%s: %.*s", refused ? "refused by hands" : "never started",
		STR_ARG(attempt->row.why)));
	if (refused && !stale && judged.n > 0)
		self_refused(core, &attempt->row, judged);
	go_on(core, attempt, refused && !stale ? OUTCOME_REFUSED : OUTCOME_NOT_DONE);
}

/* What hands saw counts for what is asked after it, and for no answer that is out. */
static void
on_unknown(struct core *core, struct attempt *attempt, const struct attempt_result *result)
{
	struct attempt_row *row = &attempt->row;
	if (result->started_wall != 0)
		row->started_wall = result->started_wall;
	if (row->state != ATTEMPT_IN_DOUBT) {
		row->alive = result->alive;
		doubt(core, attempt,
		    result->why.n > 0 ? result->why : STR("claimed, without an end"));
	} else if (row->alive == ALIVE_MAYBE && row->ask_at != 0) {
		row->alive = result->alive;
		ask_once_more(core, attempt);
	}
}

void
on_attempt_result(struct core *core, const struct attempt_result *result)
{
	struct attempt *attempt = object_find(core, TABLE_ATTEMPT, result->attempt);
	if (attempt == NULL || !attempt_open(attempt)) {
		/* Known before: its folder may go. */
		if (is_last(result->news) && result->attempt < core->control->row.next_row)
			order_ref(core, result->attempt, EFFECT_FORGET_ATTEMPT, (str){ 0 });
		return;
	}
	struct attempt_row *row = &attempt->row;
	/* What is no command of its own begins by trying, and is the one to know how far it
	 * came. (0: made by a version that had commands alone, and did not say so.) */
	bool started =
	    row->state == ATTEMPT_STARTED && (row->kind == ACTION_RUN || row->kind == 0);
	object_touch(core, &attempt->o);
	switch (result->news) {
	case NEWS_CLAIMED:
		if (row->state == ATTEMPT_INTENT)
			row->state = ATTEMPT_CLAIMED;
		return;
	case NEWS_STARTED:
		if (row->state == ATTEMPT_INTENT || row->state == ATTEMPT_CLAIMED) {
			row->state = ATTEMPT_STARTED;
			row->started_wall =
			    result->started_wall != 0 ? result->started_wall : core->wall;
			say(core, attempt, STR("started"));
		}
		return;
	case NEWS_EXITED:
		note_result(core, attempt, result);
		on_exited(core, attempt);
		return;
	case NEWS_TIMED_OUT:
		note_result(core, attempt, result);
		on_timed_out(core, attempt);
		return;
	case NEWS_KILLED:
		note_result(core, attempt, result);
		on_killed(core, attempt);
		return;
	case NEWS_NEVER_STARTED:
	case NEWS_REFUSED:
		if (started) {
			doubt(core, attempt,
			    STR("hands say that it never started, but it had"));
			return;
		}
		note_result(core, attempt, result);
		on_lost(core, attempt, result->news == NEWS_REFUSED, result->judged);
		return;
	case NEWS_UNKNOWN:
		on_unknown(core, attempt, result);
		return;
	}
	UNREACHABLE();
}

void
trail_release(struct core *core, struct incident *incident)
{
	list_each_safe(it, &incident->decisions)
	    object_done(core, object_of(it, of_incident));
	incident->decisions_n = 0;
	asked_release(core, incident);
	list_each_safe(it, &incident->attempts)
	{
		struct attempt *attempt =
		    container_of(object_of(it, of_incident), struct attempt, o);
		if (!attempt_open(attempt) && attempt->row.undo_until_at == 0) {
			incident->attempts_n--;
			object_done(core, &attempt->o);
		}
	}
}
