/*
 * Every invariant of the core, asserted over the whole state. What the loop keeps true in
 * small steps is worked out here the slow and obvious way.
 */
#include "core/noise.h"
#include "core/sessions.h"

/* ---- objects, lists, maps ---- */

static bool
ends_up_with(const struct heap *heap, const struct object *o)
{
	return o->heap_at < heap->n && heap->p[o->heap_at] == o;
}

static void
check_object(const struct core *core, const struct object *o, uint64_t before)
{
	ASSERT(!o->done);
	ASSERT(o->id > before);
	uint64_t value;
	if (o->table == TABLE_INCIDENT) {
		ASSERT(map_get(&core->incidents, o->id, &value));
		ASSERT(value == (uintptr_t)o);
		ASSERT(o->id < core->control->row.next_incident);
	} else if (o->table == TABLE_NOISE) {
		ASSERT(map_get(&core->noises, o->id, &value));
		ASSERT(value == (uintptr_t)o);
	} else if (o->table != TABLE_CONTROL) {
		ASSERT(map_get(&core->rows, o->id, &value));
		ASSERT(value == (uintptr_t)o);
		ASSERT(o->id < core->control->row.next_row);
	}
	if (o->heap != NULL) {
		ASSERT(o->due != 0);
		ASSERT(ends_up_with(o->heap, o));
	}
}

static void
check_tables(const struct core *core)
{
	size_t rows = 0;
	for (size_t t = 1; t < TABLE_COUNT; t++) {
		uint32_t n = 0;
		uint64_t before = 0;
		list_each(it, &core->tables[t])
		{
			const struct object *o = object_of(it, in_table);
			ASSERT(o->table == t);
			check_object(core, o, before);
			before = o->id;
			n++;
		}
		ASSERT(n == core->counts[t]);
		if (t != TABLE_INCIDENT && t != TABLE_CONTROL && t != TABLE_NOISE)
			rows += n;
	}
	ASSERT(core->rows.n == rows);
	ASSERT(core->incidents.n == core->counts[TABLE_INCIDENT]);
	ASSERT(core->noises.n == core->counts[TABLE_NOISE]);
	ASSERT(core->counts[TABLE_CONTROL] == 1);
	size_t touched = 0;
	list_each(it, &core->touched)
	{
		ASSERT(object_of(it, in_touched)->touched);
		touched++;
	}
	ASSERT(touched == core->touched_n);
}

static void
check_heap(const struct heap *heap)
{
	for (size_t i = 0; i < heap->n; i++) {
		const struct object *o = heap->p[i];
		ASSERT(o->heap == heap);
		ASSERT(o->heap_at == i);
		ASSERT(i == 0 || heap->p[(i - 1) / 2]->due <= o->due);
	}
}

/* ---- incidents ---- */

static msec
earliest(const struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	msec due = incident_is_quiet(incident) ? 0 : row->escalate_at;
	if (row->settle_at != 0 && (due == 0 || row->settle_at < due))
		due = row->settle_at;
	if (row->waits_at != 0 && (due == 0 || row->waits_at < due))
		due = row->waits_at;
	if (row->look_again_at != 0 && (due == 0 || row->look_again_at < due))
		due = row->look_again_at;
	return due;
}

/* Something, some time or somebody moves it. */
static void
check_moves(const struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	switch (row->state) {
	case INCIDENT_OPEN:
		ASSERT(incident->run == NULL);
		ASSERT(row->needs_person || row->settle_at != 0 || row->look_again_at != 0);
		return;
	case INCIDENT_ACTING:
	case INCIDENT_VERIFYING:
		ASSERT(incident->run != NULL);
		ASSERT(row->settle_at == 0);
		return;
	case INCIDENT_RECOVERED:
		ASSERT(incident->run == NULL);
		ASSERT(row->recovered_at != 0);
		ASSERT(row->alerts_active > 0 || row->settle_at != 0);
		ASSERT(row->needs_person || row->settle_at != 0 || row->look_again_at != 0);
		return;
	case INCIDENT_HANDED_OFF:
		ASSERT(incident->run == NULL);
		ASSERT(row->handoff != 0);
		ASSERT(row->alerts_active > 0 || row->settle_at != 0);
		return;
	case INCIDENT_CLOSED:
		ASSERT(incident->run == NULL);
		ASSERT(row->end != 0);
		ASSERT(!row->needs_person);
		ASSERT(row->settle_at == 0 && row->escalate_at == 0);
		ASSERT((row->alerts_active > 0) == (row->look_again_at != 0));
		ASSERT(row->end != END_VERIFIED || row->recovered_at != 0);
		ASSERT(row->told_people.n == 0);
		return;
	}
	UNREACHABLE();
}

static void
check_incident(const struct core *core, const struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	ASSERT(!incident->opening);
	ASSERT(row->alerts_active + row->alerts_held <= row->alerts_total);
	ASSERT(row->alerts_held == 0 || row->held != 0);
	ASSERT((row->end != 0) == (row->state == INCIDENT_CLOSED));
	ASSERT((row->run != 0) == (incident->run != NULL));
	ASSERT(incident->run == NULL || incident->run->row.id == row->run);
	bool rests = row->state == INCIDENT_CLOSED && row->alerts_active == 0;
	ASSERT(rests == (incident->model == NULL));
	ASSERT(rests || hash32_eq(&incident->model->hash, &row->config));
	ASSERT(incident->o.due == earliest(incident));
	ASSERT(!row->drill || (row->acknowledged && row->escalate_at == 0));
	ASSERT(row->needs_person || row->escalate_at == 0);
	ASSERT(row->waits_at != 0 || row->waits_wall == 0);
	ASSERT(row->acknowledged || (row->escalate_at != 0) == row->needs_person);
	uint64_t value;
	if (row->state != INCIDENT_CLOSED) {
		ASSERT(map_get(&core->keys, row->key, &value));
		ASSERT(value == (uintptr_t)incident);
	}
	check_moves(incident);
	uint32_t n = 0;
	list_each(it, &incident->timeline) n++;
	ASSERT(n == incident->timeline_n && n <= TIMELINE_KEPT_MAX);
	n = 0;
	list_each(it, &incident->decisions) n++;
	ASSERT(n == incident->decisions_n && n <= TRAIL_KEPT_MAX);
	n = 0;
	list_each(it, &incident->attempts) n++;
	ASSERT(n == incident->attempts_n);
}

static uint32_t
check_list(const struct link *list)
{
	uint32_t n = 0;
	const struct incident *before = NULL;
	list_each(it, list)
	{
		const struct incident *incident =
		    container_of(it, struct incident, in_state);
		if (before != NULL && before->row.state == INCIDENT_CLOSED &&
		    before->row.alerts_active == 0)
			ASSERT(before->row.closed_at <= incident->row.closed_at);
		else if (before != NULL)
			ASSERT(before->row.id < incident->row.id);
		before = incident;
		n++;
	}
	return n;
}

static void
check_incidents(const struct core *core)
{
	uint32_t open = 0, firing = 0, quiet = 0, counted = 0;
	list_each(it, &core->tables[TABLE_INCIDENT])
	{
		const struct incident *incident =
		    container_of(object_of(it, in_table), struct incident, o);
		check_incident(core, incident);
		bool is_open = incident->row.state != INCIDENT_CLOSED;
		bool is_firing = !is_open && incident->row.alerts_active > 0;
		open += is_open ? 1 : 0;
		firing += is_firing ? 1 : 0;
		quiet += !is_open && !is_firing ? 1 : 0;
		if ((is_open || is_firing) && !incident->row.overflow &&
		    !incident_is_self(incident))
			counted++;
	}
	ASSERT(open == core->open_n && open == check_list(&core->open));
	ASSERT(
	    firing == core->closed_firing_n && firing == check_list(&core->closed_firing));
	ASSERT(quiet == core->remembered_n && quiet == check_list(&core->remembered));
	ASSERT(counted == core->counted && counted <= core->incidents_max);
	ASSERT(core->keys.n == open);
	ASSERT(quiet <= core->remembered_max);
}

/* ---- runs, attempts, uses ---- */

/* Several are out, each for this run, and no other is. */
static void
check_looks(const struct core *core, const struct run *run)
{
	const struct look *looks = run->row.looks.p;
	uint32_t out = looks_out(run);
	ASSERT(out > 0);
	for (size_t i = 0; i < run->row.looks.n; i++) {
		ASSERT((looks[i].probe != 0) == (looks[i].answer == 0));
		if (looks[i].probe == 0)
			continue;
		const struct question *probe =
		    object_find(core, TABLE_PROBE, looks[i].probe);
		ASSERT(probe != NULL && probe->row.run == run->row.id);
	}
	list_each(it, &core->tables[TABLE_PROBE])
	{
		const struct question *probe =
		    container_of(object_of(it, in_table), struct question, o);
		bool looks_for_it = probe->row.run == run->row.id &&
		                    probe->row.attempt == 0 && probe->row.asked == 0;
		out -= looks_for_it ? 1 : 0;
	}
	ASSERT(out == 0);
}

/* What takes back takes back something of the same run, and nothing else does. */
static void
check_undoing(const struct core *core, const struct run *run, const struct attempt *attempt)
{
	const struct attempt *of =
	    object_find(core, TABLE_ATTEMPT, attempt->row.takes_back);
	ASSERT(run->runbook->steps[run->row.step].undoes);
	ASSERT(of != NULL && attempt_owner(&of->row) == run->row.id);
	ASSERT(of->row.undone_by == attempt->row.id && of->row.id < attempt->row.id);
}

/* What is out is out for evidence only while that is gathered. */
static void
check_evidence(const struct core *core, const struct run *run)
{
	const struct evidence *p = run->row.evidence.p;
	ASSERT(run->row.evidence.n <= EVIDENCE_MAX);
	for (size_t i = 0; i < run->row.evidence.n; i++) {
		const struct question *probe = object_find(core, TABLE_PROBE, p[i].probe);
		ASSERT(p[i].probe == 0 || run->row.phase == PHASE_EVIDENCE);
		ASSERT(p[i].probe == 0 || (probe != NULL && probe->row.run == run->row.id));
	}
}

/* Each target once, in order, and only what is not over waits for something that is there. */
static void
check_rolled(const struct core *core, const struct run *run)
{
	size_t n, under_way = 0;
	const struct rolled *p = rolled_of(run, &n);
	bool acts = run_step(run)->kind == STEP_ACTION, each = run_step(run)->each;
	ASSERT(run->row.rolled.n <= ROLLED_MAX);
	ASSERT(acts ||
	       ((n == 0 || each) && run->row.between == 0 && run->row.roll_why.n == 0));
	ASSERT(n <= run->row.targets.n);
	ASSERT(!each || (run->row.phase == PHASE_CALLED) ==
			    (n > 0 && p[n - 1].waiting_for == run->row.waiting_for &&
				p[n - 1].state == ROLLED_OUT));
	msec due = 0;
	for (size_t i = 0; acts && i < n; i++) {
		ASSERT(str_eq(p[i].target, run->row.targets.p[i]));
		ASSERT(i == 0 || p[i].batch == p[i - 1].batch ||
		       p[i].batch == p[i - 1].batch + 1);
		const struct attempt *attempt =
		    object_find(core, TABLE_ATTEMPT, p[i].waiting_for);
		const struct asked *asked =
		    object_find(core, TABLE_ASKED, p[i].waiting_for);
		ASSERT((p[i].state == ROLLED_OUT) ==
		       (attempt != NULL && attempt_open(attempt)));
		ASSERT(
		    (p[i].state == ROLLED_ASKED) == (asked != NULL && asked_open(asked)));
		ASSERT(p[i].state < ROLLED_DONE || p[i].waiting_for == 0);
		ASSERT(p[i].due == 0 || p[i].state == ROLLED_WAITS);
		/* Nothing of a batch goes on while the one before does. */
		ASSERT(p[i].state >= ROLLED_DONE || p[i].batch == p[n - 1].batch);
		under_way += p[i].state < ROLLED_DONE ? 1 : 0;
		if (p[i].due != 0 && (due == 0 || p[i].due < due))
			due = p[i].due;
	}
	ASSERT(under_way <= BATCH_MAX);
	ASSERT(under_way == 0 || run->row.between == 0);
	/* Permission is needed for what was under way, or, since a reload, is asked for anew. */
	bool again = due == 0 && run->row.phase == PHASE_WAITING && run->row.due != 0 &&
	             run->row.due <= core->at;
	ASSERT(under_way == 0 || run->row.phase == PHASE_PERMIT || again ||
	       run->row.due == due);
}

static void
check_run(const struct core *core, const struct run *run)
{
	const struct run_row *row = &run->row;
	const struct incident *incident = incident_find(core, row->incident);
	ASSERT(incident != NULL);
	ASSERT((incident->run == run) == (row->phase != PHASE_CALLED));
	const struct run *caller = run_caller(core, run);
	ASSERT(caller == NULL ||
	       (caller->row.phase == PHASE_CALLED && caller->row.waiting_for == row->id &&
		   caller->row.incident == row->incident));
	ASSERT(row->state == RUN_RUNNING);
	ASSERT(row->step < run->runbook->steps_n);
	ASSERT(row->steps_done <= STEPS_WALKED_MAX);
	ASSERT(row->drill == incident->row.drill);
	ASSERT(!row->shadow || !row->acted);
	ASSERT(run->o.due == row->due);
	bool looks = (row->phase == PHASE_PROBING && row->waiting_for == 0) ||
	             row->phase == PHASE_INPUTS;
	ASSERT(looks == (row->looks.n > 0));
	ASSERT(row->phase == PHASE_ANSWER || (row->question.n == 0 && row->askees.n == 0));
	check_evidence(core, run);
	check_rolled(core, run);
	const struct attempt *attempt;
	const struct question *probe;
	const struct asked *asked;
	const struct run *called;
	switch (row->phase) {
	case PHASE_ENTER:
		UNREACHABLE(); /* never between steps */
	case PHASE_INPUTS:
		ASSERT(row->due == 0 && row->waiting_for == 0 && row->steps_done == 0);
		check_looks(core, run);
		return;
	case PHASE_EVIDENCE:
		ASSERT(row->due != 0 && row->waiting_for == 0 && !row->acted);
		return;
	case PHASE_WAITING:
		ASSERT(row->due != 0 && row->waiting_for == 0);
		return;
	case PHASE_PROBING:
		ASSERT(row->due == 0);
		if (row->waiting_for == 0) {
			check_looks(core, run);
			return;
		}
		probe = object_find(core, TABLE_PROBE, row->waiting_for);
		ASSERT(probe != NULL && probe->row.run == row->id);
		return;
	case PHASE_ATTEMPT:
		attempt = object_find(core, TABLE_ATTEMPT, row->waiting_for);
		ASSERT(attempt != NULL && attempt->row.run == row->id);
		if (row->undoing)
			check_undoing(core, run, attempt);
		ASSERT(attempt_open(attempt));
		ASSERT(row->acted);
		return;
	case PHASE_ANSWER:
		ASSERT(run_step(run)->kind == STEP_ASK);
		ASSERT(row->due != 0 && row->due == row->deadline && row->waiting_for == 0);
		return;
	case PHASE_ASKED:
		asked = object_find(core, TABLE_ASKED, row->waiting_for);
		ASSERT(asked != NULL && asked->row.run == row->id && asked_open(asked));
		return;
	case PHASE_CALLED:
		called = object_find(core, TABLE_RUN, row->waiting_for);
		ASSERT(called != NULL && called->row.caller == row->id && row->due == 0);
		ASSERT(called->row.id > row->id && run_step(run)->kind == STEP_CALL);
		return;
	case PHASE_PERMIT:
		ASSERT(row->due != 0 && row->due == row->permit_at);
		ASSERT(row->waiting_for == 0 && row->permitted_by.n == 0);
		ASSERT(row->plan.n > 0 && row->level < AUTONOMY_AUTO);
		ASSERT(!hash32_zero(&row->plan_digest));
		ASSERT(run->runbook->steps[row->step].kind == STEP_ACTION);
		return;
	}
	UNREACHABLE();
}

static void
check_attempts(const struct core *core)
{
	uint32_t open = 0, held = 0;
	list_each(it, &core->tables[TABLE_ATTEMPT])
	{
		const struct attempt *attempt =
		    container_of(object_of(it, in_table), struct attempt, o);
		const struct attempt_row *row = &attempt->row;
		ASSERT(attempt->o.due == attempt_due(attempt));
		ASSERT(row->undo_until_at == 0 || !attempt_open(attempt));
		if (!attempt_open(attempt)) {
			ASSERT(row->ask_at == 0 && row->probe == 0);
			ASSERT(attempt->model == NULL);
			continue;
		}
		open++;
		ASSERT(attempt->model != NULL &&
		       hash32_eq(&attempt->model->hash, &row->config));
		ASSERT(row->decision != 0);
		ASSERT(row->happened == HAPPENED_UNKNOWN);
		ASSERT(row->state == ATTEMPT_IN_DOUBT || row->ask_at != 0);
		ASSERT(row->probe == 0 || row->ask_at == 0);
		ASSERT(row->probe == 0 || row->state == ATTEMPT_IN_DOUBT);
		ASSERT(
		    row->probe == 0 || object_find(core, TABLE_PROBE, row->probe) != NULL);
		/* A run that is not waiting for it has ended. */
		const struct run *run = object_find(core, TABLE_RUN, row->run);
		ASSERT(run == NULL || run_awaits(run, row->id));
	}
	list_each(it, &core->tables[TABLE_GRANT_USE])
	{
		const struct grant_use *use =
		    container_of(object_of(it, in_table), struct grant_use, o);
		ASSERT(use->row.state != USE_RELEASED);
		if (use->row.state != USE_HELD)
			continue;
		held++;
		const struct attempt *attempt =
		    object_find(core, TABLE_ATTEMPT, use->row.attempt);
		ASSERT(attempt != NULL && attempt_open(attempt));
		ASSERT(attempt->row.decision == use->row.decision);
	}
	ASSERT(open == held);
	list_each(it, &core->tables[TABLE_DECISION])
	{
		const struct decision *decision =
		    container_of(object_of(it, in_table), struct decision, o);
		ASSERT(
		    decision->row.attempt == 0 || decision->row.verdict == VERDICT_ALLOW);
	}
}

/* ---- what waits ---- */

static void
check_probes_of(const struct core *core, const struct asked *asked)
{
	const struct asked_probe *p = asked->row.probes.p;
	uint32_t out = 0;
	for (size_t i = 0; i < asked->row.probes.n; i++) {
		if (p[i].probe == 0)
			continue;
		const struct question *probe = object_find(core, TABLE_PROBE, p[i].probe);
		ASSERT(probe != NULL && probe->row.asked == asked->row.id);
		out++;
	}
	list_each(it, &core->tables[TABLE_PROBE])
	{
		const struct question *probe =
		    container_of(object_of(it, in_table), struct question, o);
		out -= probe->row.asked == asked->row.id ? 1 : 0;
	}
	ASSERT(out == 0);
	ASSERT(asked->row.probes.n == 0 || asked->row.state == ASKED_FACTS);
}

static void
check_votes(const struct asked *asked)
{
	const struct vote *votes = asked->row.given.votes.p;
	size_t n = asked->row.given.votes.n;
	ASSERT(n <= VOTES_MAX);
	ASSERT(n == 0 || asked->row.ends_at != 0);
	for (size_t i = 0; i < n; i++) {
		ASSERT(votes[i].yes || !asked_open(asked));
		for (size_t k = 0; k < i; k++)
			ASSERT(!str_eq(votes[i].principal, votes[k].principal));
	}
}

static void
check_open_asked(const struct core *core, const struct asked *asked)
{
	const struct asked_row *row = &asked->row;
	const struct incident *incident = incident_find(core, row->incident);
	ASSERT(incident != NULL && incident->row.state != INCIDENT_CLOSED);
	hash32 digest;
	ASSERT(asked_digest(row, &digest));
	ASSERT(hash32_eq(&digest, &row->digest));
	ASSERT(hash32_eq(&row->config, &core->newest->hash));
	ASSERT(row->attempt == 0 && row->over_wall == 0);
	if (row->state == ASKED_FACTS)
		ASSERT(row->due != 0);
	else
		ASSERT(row->ends_at != 0 && row->decision != 0);
	if (row->run == 0)
		return;
	const struct run *run = object_find(core, TABLE_RUN, row->run);
	ASSERT(run != NULL && run_awaits(run, row->id));
}

/* What a yes was used for, it was used for once. */
static void
check_asked_once(const struct core *core, const struct asked *asked)
{
	uint32_t started = 0;
	list_each(it, &core->tables[TABLE_ATTEMPT])
	{
		const struct attempt *attempt =
		    container_of(object_of(it, in_table), struct attempt, o);
		if (attempt->row.asked != asked->row.id)
			continue;
		ASSERT(attempt->row.id == asked->row.attempt);
		started++;
	}
	ASSERT(started <= 1);
}

static void
check_asked(const struct core *core)
{
	list_each(it, &core->tables[TABLE_ASKED])
	{
		const struct asked *asked =
		    container_of(object_of(it, in_table), struct asked, o);
		const struct asked_row *row = &asked->row;
		ASSERT(asked->o.due == asked_due(asked));
		ASSERT((asked->o.due != 0) == asked_open(asked));
		ASSERT(asked->o.heap == (asked_open(asked) ? &core->timers : NULL));
		check_probes_of(core, asked);
		check_votes(asked);
		check_asked_once(core, asked);
		if (asked_open(asked)) {
			check_open_asked(core, asked);
			continue;
		}
		ASSERT((row->state == ASKED_STARTED) == (row->attempt != 0));
		ASSERT(row->over_wall != 0);
	}
	list_each(it, &core->tables[TABLE_INCIDENT])
	{
		const struct incident *incident =
		    container_of(object_of(it, in_table), struct incident, o);
		uint32_t n = 0, open = 0;
		list_each(in, &incident->asked)
		{
			const struct asked *asked =
			    container_of(object_of(in, of_incident), struct asked, o);
			ASSERT(asked->row.incident == incident->row.id);
			open += asked_open(asked) ? 1 : 0;
			n++;
		}
		ASSERT(n == incident->asked_n && n <= TRAIL_KEPT_MAX);
		ASSERT(open <= ASKED_OPEN_MAX);
	}
}

/* ---- notices and others ---- */

static void
check_folded(const struct core *core, const struct notice *notice)
{
	const struct notice_row *row = &notice->row;
	const struct notice *digest = object_find(core, TABLE_NOTICE, row->digest);
	ASSERT(digest != NULL && digest->row.purpose == PURPOSE_DIGEST);
	ASSERT(str_eq(digest->row.channel, row->channel) &&
	       str_eq(digest->row.person, row->person) &&
	       str_eq(digest->row.address, row->address));
	ASSERT(link_on(&notice->in_digest) && !link_on(&notice->in_line));
	ASSERT(row->tries > 0 && row->purpose != PURPOSE_DIGEST);
	msec fallback = notice_fallback_at(core, notice);
	ASSERT(notice->o.due == fallback);
}

static void
check_held(const struct core *core, const struct notice *notice)
{
	const struct notice_row *row = &notice->row;
	ASSERT(row->state == NOTICE_PENDING && row->tries == 0 && row->was_held);
	ASSERT(row->person.n > 0 && row->purpose != PURPOSE_DIGEST);
	ASSERT(!link_on(&notice->in_line) && notice_fallback_at(core, notice) == 0);
	ASSERT(notice->o.heap == &core->timers && notice->o.due == row->next_at);
}

static void
check_notices(const struct core *core)
{
	uint32_t sending = 0;
	list_each(it, &core->tables[TABLE_NOTICE])
	{
		const struct notice *notice =
		    container_of(object_of(it, in_table), struct notice, o);
		const struct notice_row *row = &notice->row;
		bool out = row->state == NOTICE_SENDING;
		if (row->state == NOTICE_FOLDED) {
			check_folded(core, notice);
			continue;
		}
		ASSERT(out || row->state == NOTICE_PENDING);
		ASSERT(!link_on(&notice->in_digest));
		if (row->held_wall != 0) {
			check_held(core, notice);
			continue;
		}
		msec fallback = notice_fallback_at(core, notice);
		bool ready = link_on(&notice->in_line);
		bool alone = out || ready || (fallback != 0 && fallback < row->next_at);
		ASSERT(notice->o.heap == (alone ? &core->timers : &core->outbox));
		ASSERT(!ready || (!out && row->next_at <= core->at));
		ASSERT(!out || row->tries > 0);
		sending += out ? 1 : 0;
		/* Nothing about an end comes before the end, nothing else begins after it. */
		const struct incident *incident = incident_find(core, row->incident);
		if (incident != NULL && incident->row.state == INCIDENT_CLOSED)
			ASSERT(out || row->purpose == PURPOSE_ENDED);
	}
	ASSERT(sending == core->sending);
}

static uint32_t
check_reader(const struct line *line, const struct reader *reader)
{
	uint32_t ready = 0;
	for (size_t rank = 0; rank < NOTICE_RANKS; rank++) {
		const struct notice *before = NULL;
		list_each(in, &reader->ready[rank])
		{
			const struct notice *notice =
			    container_of(in, struct notice, in_line);
			ASSERT(notice->line == line && notice->reader == reader);
			ASSERT(notice_rank(&notice->row) == rank);
			ASSERT(reader->key == 0 || !notice->row.alone);
			ASSERT(before == NULL ||
			       before->row.next_at < notice->row.next_at ||
			       (before->row.next_at == notice->row.next_at &&
				   before->row.id < notice->row.id));
			before = notice;
			ready++;
		}
	}
	ASSERT(ready == reader->ready_n);
	return ready;
}

static void
check_lines(const struct core *core)
{
	uint32_t sending = 0, users = 0, lines = 0;
	list_each(it, &core->lines)
	{
		const struct line *line = container_of(it, struct line, link);
		uint32_t ready = check_reader(line, &line->alone);
		list_each(of, &line->readers)
		{
			const struct reader *reader = container_of(of, struct reader, link);
			ASSERT(reader->key != 0 && reader->ready_n > 0);
			ready += check_reader(line, reader);
		}
		ASSERT(ready == line->ready_n && ready + line->sending <= line->users);
		ASSERT(line->sending <= CHANNEL_SENDING_MAX + TRIED_MAX);
		sending += line->sending;
		users += line->users;
		lines++;
	}
	ASSERT(sending == core->sending && sending <= SENDING_MAX + lines + TRIED_MAX);
	ASSERT(users == core->counts[TABLE_NOTICE]);
	ASSERT(core->control->row.channels.n <= CHANNEL_TROUBLES_MAX);
}

static void
check_lease(const struct core *core, const struct lease *lease)
{
	const struct lease_row *row = &lease->row;
	ASSERT(lease->o.due == lease_due(lease));
	ASSERT(row->from_wall < row->until_wall && row->until_at != 0);
	ASSERT(row->reviewed_by.n == 0);
	ASSERT(str_starts(row->principal, STR("person:")));
	ASSERT(!row->over || row->kind == LEASE_BREAK_GLASS);
	ASSERT(row->over || lease->o.due != 0);
	ASSERT(row->kind == LEASE_HANDS_ON || row->why.n >= GLASS_WHY_MIN);
	ASSERT(row->warn_at == 0 || row->kind == LEASE_HANDS_ON);
	if (row->over)
		return;
	/* One hands-on of a service, one broken glass of a person on it. */
	list_each(it, &core->tables[TABLE_LEASE])
	{
		const struct lease *other =
		    container_of(object_of(it, in_table), struct lease, o);
		bool same = other != lease && !other->row.over &&
		            other->row.kind == row->kind &&
		            core->at < other->row.until_at && core->at < row->until_at &&
		            str_eq(other->row.service, row->service);
		ASSERT(!same || (row->kind == LEASE_BREAK_GLASS &&
				    !str_eq(other->row.principal, row->principal)));
	}
}

static void
check_overrides(const struct core *core)
{
	size_t stand_ins = 0;
	list_each(it, &core->tables[TABLE_OVERRIDE])
	{
		const struct override *override =
		    container_of(object_of(it, in_table), struct override, o);
		const struct override_row *row = &override->row;
		ASSERT(row->state == OVERRIDE_ASKED || row->state == OVERRIDE_HOLDS);
		ASSERT(row->from_wall < row->until_wall && row->team.n > 0);
		ASSERT(row->kind == OVERRIDE_SET || row->instead.n > 0);
		ASSERT((row->state == OVERRIDE_HOLDS) <= (row->person.n > 0));
		ASSERT((row->kind == OVERRIDE_SWAP) == (row->back_until_wall > 0));
		ASSERT(override->o.due == row->due_at && row->due_at != 0);
		stand_ins += row->kind == OVERRIDE_SWAP ? 2 : 1;
	}
	ASSERT(core->counts[TABLE_OVERRIDE] <= OVERRIDES_OPEN_MAX);
	ASSERT(core->over.n <= stand_ins && core->over.n <= STAND_INS_MAX);
	ASSERT(core->over.n == 0 || core->over.p == core->stand_ins);
}

static void
check_heartbeats(const struct core *core)
{
	list_each(it, &core->tables[TABLE_HEARTBEAT])
	{
		const struct heartbeat_kept *heartbeat =
		    container_of(object_of(it, in_table), struct heartbeat_kept, o);
		const struct heartbeat_row *row = &heartbeat->row;
		ASSERT(heartbeat->o.due == heartbeat_next(row));
		ASSERT((row->state == HEARTBEAT_DOWN) == (row->due_at == 0));
		ASSERT((row->state == HEARTBEAT_DOWN) == (row->why.n > 0));
		ASSERT(row->started_wall != 0 || row->run_due_at == 0);
	}
	ASSERT(core->counts[TABLE_HEARTBEAT] <= HEARTBEATS_MAX);
}

static void
check_others(const struct core *core)
{
	list_each(it, &core->tables[TABLE_LEASE])
	    check_lease(core, container_of(object_of(it, in_table), struct lease, o));
	ASSERT(core->counts[TABLE_LEASE] <= LEASES_MAX);
	ASSERT(core->control->o.due == control_due(core));
	check_overrides(core);
	check_heartbeats(core);
	list_each(it, &core->tables[TABLE_HANDOFF])
	    ASSERT(object_of(it, in_table)->due != 0);
	list_each(it, &core->tables[TABLE_PROBE]) ASSERT(object_of(it, in_table)->due != 0);
	list_each(it, &core->tables[TABLE_SILENCE])
	{
		const struct silence *silence =
		    container_of(object_of(it, in_table), struct silence, o);
		ASSERT(silence->row.uuid.n > 0 && silence->row.matchers.n > 0);
		ASSERT(silence->row.starts_wall <= silence->row.ends_wall);
		ASSERT(silence->o.due == silence->row.forget_at && silence->o.due != 0);
	}
	ASSERT(core->counts[TABLE_SILENCE] <= SILENCES_MAX);
	list_each(it, &core->tables[TABLE_TRUST])
	{
		struct trust *trust =
		    container_of(object_of(it, in_table), struct trust, o);
		const struct trust_row *row = &trust->row;
		ASSERT(trust_find(core, row->runbook, row->service) == trust);
		ASSERT(trust->o.due == row->due_at);
		ASSERT(
		    row->level == 0 || row->level_by.n > 0 || core->control->row.shed > 0);
		ASSERT(row->history.n <= TRUST_HISTORY_MAX);
		ASSERT(
		    (row->last_wall != 0) ==
		    (row->verified + row->failed + row->drills + row->drills_failed > 0));
		ASSERT(row->shadow_alone + row->shadow_person == row->shadow_runs);
	}
	ASSERT(core->counts[TABLE_TRUST] <= TRUST_MAX);
	ASSERT(core->counts[TABLE_SESSION] <= SESSIONS_MAX);
	list_each(it, &core->tables[TABLE_SESSION])
	{
		const struct session_row *row =
		    &container_of(object_of(it, in_table), struct session, o)->row;
		ASSERT(!row->over && !hash32_zero(&row->secret) && row->principal.n > 0);
	}
	ASSERT(core->trust_keys.n == core->counts[TABLE_TRUST]);
	ASSERT(core->gap_keys.n == core->counts[TABLE_GAP]);
	ASSERT(core->answer_keys.n == core->counts[TABLE_ANSWER]);
	uint32_t users = core->newest != NULL ? 1 : 0, counted = 0;
	users += core->open_n + core->closed_firing_n + core->counts[TABLE_RUN];
	list_each(it, &core->tables[TABLE_ATTEMPT]) users +=
	    container_of(object_of(it, in_table), struct attempt, o)->model != NULL ? 1 : 0;
	list_each(it, &core->models) counted +=
	    container_of(it, struct core_model, link)->users;
	ASSERT(users == counted);
	ASSERT(core->newest == NULL ||
	       hash32_eq(&core->newest->hash, &core->control->row.config));
}

void
core_check(const struct core *core)
{
	check_tables(core);
	check_heap(&core->timers);
	check_heap(&core->outbox);
	check_incidents(core);
	list_each(it, &core->tables[TABLE_RUN])
	    check_run(core, container_of(object_of(it, in_table), struct run, o));
	check_attempts(core);
	check_asked(core);
	check_notices(core);
	check_lines(core);
	check_others(core);
	noise_check(core);
}
