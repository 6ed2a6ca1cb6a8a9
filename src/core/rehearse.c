#include "core/rehearse.h"

#include "core/rehearse_seen.h"
#include "core/state.h"

#define FX_BYTES ((size_t)8 << 20)     /* of one step */
#define CASE_BYTES ((size_t)256 << 20) /* of address space */
#define ORDERS_MAX 1024
#define WHY_SHOWN 300 /* bytes */
#define INCIDENTS_MAX 16

/* A step that the run came to, and what became of it. */
struct walked {
	str step;
	str became;
	str why;
	uint32_t at; /* run->row.steps_done */
};

struct order {
	enum effect_kind kind;
	row_id id;
};

struct rehearsing {
	struct core_trace trace; /* first: what the core calls */
	struct core *core;
	const struct rehearsal *rehearsal;
	struct rehearsal_case *c;
	struct arena *arena;
	struct diags *diags;
	struct arena_map fx_map;
	msec at, wall;
	struct order orders[ORDERS_MAX];
	size_t order_n;
	uint32_t reply_status;
	str reply_error;
	incident_id incident;
	row_id run;  /* 0: not begun */
	row_id mark; /* rows from here on are the present step's */
	struct walked *walked;
	size_t walked_n;
	const char *end; /* NULL: it goes on */
	str end_why;
	unsigned steps;
	bool failed;
};

static void PRINTF_LIKE(4, 5)
    fault(struct rehearsing *p, const struct node *node, str hint, const char *fmt, ...)
{
	va_list args;
	bool block = node->kind == NODE_LIST || node->kind == NODE_MAP;
	struct span at = { node->at.off, block ? 1 : node->at.len };
	if (hint.n > 0 && p->diags->kept < DIAGS_MAX)
		hint = arena_str(p->diags->arena, hint); /* it outlives the case */
	va_start(args, fmt);
	diag_verror(p->diags, node->src, at, hint, fmt, args);
	va_end(args);
	p->failed = true;
}

/* ---- what becomes of each step ---- */

/* How the last attempt of the step in work ended; NULL: there was none. */
static const struct attempt_row *
last_attempt(const struct rehearsing *p, const struct run *run)
{
	const struct incident *incident = incident_find(p->core, run->row.incident);
	const struct attempt_row *last = NULL;
	list_each(it, &incident->attempts)
	{
		const struct attempt_row *row =
		    &container_of(object_of(it, of_incident), struct attempt, o)->row;
		if (row->id >= p->mark)
			last = row;
	}
	return last;
}

static const char *
acted(const struct rehearsing *p, const struct run *run, uint32_t where)
{
	const struct attempt_row *row = last_attempt(p, run);
	if (row == NULL)
		return "refused";
	if (row->state == ATTEMPT_TIMED_OUT)
		return "timed out";
	if (row->state == ATTEMPT_LOST)
		return "not started";
	/* No step is left while one is under way or in doubt, and nobody stops any. */
	ASSERT(row->state == ATTEMPT_EXITED || row->state == ATTEMPT_SETTLED);
	bool did = row->state == ATTEMPT_EXITED ? row->exit_code == 0
	                                        : row->happened == HAPPENED_YES;
	return where == STEP_NEXT ? "done" : run->row.refused && did ? "refused" : "failed";
}

static const char *
looked(const struct run *run, bool holds)
{
	return holds ? "holds" : run->row.unknown ? "unknown" : "does not hold";
}

static const char *
became(const struct rehearsing *p, const struct run *run, uint32_t where,
    enum run_state state)
{
	const struct runbook_step *step = run_step(run);
	ASSERT(state != RUN_CANCELLED); /* nobody does */
	switch (step->kind) {
	case STEP_WAIT:
		if (step->probe.kind == 0)
			return "done";
		return looked(run, where == STEP_NEXT);
	case STEP_CHECK:
		return looked(run, where == step->then && run->row.held_since != 0);
	case STEP_VERIFY:
		return looked(run, state == RUN_RECOVERED);
	case STEP_ASK:
		return pairs_has(&run->row.answers, step->name) ? "answered" : "unanswered";
	case STEP_UNDO:
		return where == STEP_NEXT ? "done" : "failed";
	case STEP_ACTION:
		return acted(p, run, where);
	case STEP_HANDOFF:
		return state == RUN_HANDED_OFF ? "handed off" : "not possible";
	case STEP_CALL: /* rehearsal.c refuses them */
		break;
	}
	UNREACHABLE();
}

static void
walk(struct rehearsing *p, const struct run *run, uint32_t where, enum run_state state,
    str why)
{
	/* Calls are refused, and alerts start nothing: there is no other. */
	ASSERT(p->run == 0 || run->row.id == p->run);
	p->run = run->row.id;
	bool again =
	    p->walked_n > 0 && p->walked[p->walked_n - 1].at == run->row.steps_done;
	if (again)
		return;
	ASSERT(p->walked_n < STEPS_WALKED_MAX);
	p->walked[p->walked_n++] = (struct walked){ .step = run_step(run)->name,
		.became = str_of(became(p, run, where, state)),
		.why = arena_str(p->arena, text_short(p->core, why, WHY_SHOWN)),
		.at = run->row.steps_done };
	p->mark = p->core->control->row.next_row;
}

static void
on_left(struct core_trace *trace, const struct run *run, uint32_t where, str why)
{
	walk((struct rehearsing *)trace, run, where, RUN_RUNNING, why);
}

static void
on_ended(struct core_trace *trace, const struct run *run, enum run_state state, str why)
{
	struct rehearsing *p = (struct rehearsing *)trace;
	static const char *const ends[] = {
		[RUN_RECOVERED] = "recovered",
		[RUN_STOPPED] = "stopped",
		[RUN_NEEDS_PERSON] = "person",
		[RUN_HANDED_OFF] = "handed off",
		[RUN_CANCELLED] = "cancelled",
	};
	walk(p, run, STEP_PERSON, state, why);
	p->end = ends[state];
	p->end_why = arena_str(p->arena, text_short(p->core, why, WHY_SHOWN));
}

static void
on_decided(struct core_trace *trace, const struct decision_row *row)
{
	struct rehearsing *p = (struct rehearsing *)trace;
	const struct run *run = object_find(p->core, TABLE_RUN, row->run);
	ASSERT(run != NULL); /* who else would ask? */
	for (size_t i = 0; i < p->c->decisions.n; i++) {
		struct script *wanted = &p->c->decisions.p[i];
		if (!str_eq(wanted->name, run_step(run)->name) || wanted->used >= wanted->n)
			continue;
		str word = wanted->words.p[wanted->used++];
		str verdict = str_of(verdict_name(row->verdict));
		const struct reason *reasons = row->reasons.p;
		str why = row->reasons.n > 0 ? reasons[0].text : (str){ 0 };
		if (!str_eq(word, verdict))
			fault(p, wanted->node, (str){ 0 },
			    "expected '%.*s' for %.*s, but authority says '%.*s': %.*s",
			    STR_ARG(word), STR_ARG(wanted->name), STR_ARG(verdict),
			    STR_ARG(text_short(p->core, why, WHY_SHOWN)));
	}
}

/* ---- stepping ---- */

static void
add_order(struct rehearsing *p, enum effect_kind kind, row_id id)
{
	ASSERT(p->order_n < ORDERS_MAX);
	p->orders[p->order_n++] = (struct order){ kind, id };
}

static void
take(struct rehearsing *p, const struct effect *effect)
{
	switch (effect->kind) {
	case EFFECT_START_ATTEMPT:
		add_order(p, effect->kind, effect->start_attempt.attempt);
		return;
	case EFFECT_PROBE:
		add_order(p, effect->kind, effect->probe.probe.id);
		return;
	case EFFECT_NOTIFY:
		add_order(p, effect->kind, effect->notify.notice.id);
		return;
	case EFFECT_REPLY:
		p->reply_status = effect->reply.status;
		p->reply_error = arena_str(p->arena, effect->reply.error);
		return;
	case EFFECT_FILE_HANDOFF: /* what files it ends the run, and so the case */
	case EFFECT_RECONCILE_ATTEMPT:
	case EFFECT_FORGET_ATTEMPT:
	case EFFECT_APPEND_TIMELINE:
		return;
	case EFFECT_STOP_ATTEMPT: /* nobody does */
		break;
	}
	UNREACHABLE();
}

static void
step(struct rehearsing *p, struct event *event)
{
	struct arena memory = arena_over(p->fx_map.memory, p->fx_map.size);
	struct effects fx = { .arena = &memory };
	event->at = p->at;
	event->wall = p->wall;
	core_step(p->core, event, &fx);
	core_clean(p->core);
	if (event->kind == EVENT_ALERTS_CHANGED)
		p->incident = fx.alert_n > 0 ? fx.alert_incident[0] : 0;
	for (size_t i = 0; i < fx.n; i++)
		take(p, &fx.item[i]);
	p->steps++;
}

static void
command(struct rehearsing *p, struct command command)
{
	struct event event = { .kind = EVENT_COMMAND, .command = command };
	event.command.request = 1;
	step(p, &event);
}

/* ---- what the world says ---- */

static struct script *
script_of(struct scripts *scripts, str name)
{
	for (size_t i = 0; i < scripts->n; i++) {
		if (str_eq(scripts->p[i].name, name))
			return &scripts->p[i];
	}
	return NULL;
}

/* The next of its answers; the last one goes on. */
static size_t
next_of(struct script *script)
{
	size_t i = script->used < script->n ? script->used : script->n - 1;
	script->used++;
	return i;
}

static void
see(enum probe_kind kind, const struct seen *seen, struct arena *arena,
    struct probe_result *ret)
{
	ret->status = PROBE_OK;
	if (seen->kind == SEEN_FAILS) {
		ret->status = PROBE_FAILED;
		ret->error = STR("the case says so");
		return;
	}
	if (seen->kind == SEEN_NO_DATA) {
		ret->status = PROBE_NO_DATA;
		return;
	}
	rehearse_seen(kind, seen->value, arena, ret);
}

static bool
is_well(const struct rehearsing *p, str host)
{
	return strs_has(&p->c->well, host);
}

/* Is the host well? An answer that makes its `healthy` condition hold, or not. */
static void
health_seen(const struct rehearsing *p, const struct probe_row *row, str host,
    struct probe_result *ret)
{
	static const char *const tries[] = { "1", "0", "100", "200", "500", "exit 0",
		"exit 1", "ok", "open", "closed", "valid 1000", "invalid -1", "none",
		"192.0.2.1 192.0.2.2 192.0.2.3", "0 of 1000", "1000 of 1000" };
	const struct host *found = names_get(&p->core->newest->model->host_by_name, host);
	ASSERT(found != NULL && found->service->healthy != NULL); /* that is asked */
	const struct condition *well = &found->service->healthy->expect;
	enum holds wanted = is_well(p, host) ? HOLDS_YES : HOLDS_NO;
	*ret = (struct probe_result){ .probe = row->id,
		.status = PROBE_FAILED,
		.error = STR("the case does not say") };
	for (size_t i = 0; p->c->well_known && i < countof(tries); i++) {
		struct probe_result like = { .probe = row->id };
		struct seen seen = { SEEN_VALUE, str_of(tries[i]) };
		see(row->kind, &seen, p->arena, &like);
		if (condition_holds(well, &like) == wanted) {
			*ret = like;
			return;
		}
	}
}

static struct script *
fact_script(struct rehearsing *p, const struct probe_row *row, str *ret_host)
{
	const struct asked *asked = object_find(p->core, TABLE_ASKED, row->asked);
	ASSERT(asked != NULL); /* its probes go with it */
	const struct asked_probe *probe = asked->row.probes.p;
	while (probe->probe != row->id)
		probe++;
	if (!probe->health)
		return script_of(&p->c->live, probe->subject);
	*ret_host = probe->subject;
	return NULL;
}

/* STEP, or STEP.PROBE where it asks several at once and the case tells them apart. */
static struct script *
look_script(struct rehearsing *p, const struct run *run, row_id probe)
{
	const struct runbook_step *step = run_step(run);
	const struct look *looks = run->row.looks.p;
	struct script *script = NULL;
	for (size_t i = 0; i < run->row.looks.n && i < step->probes_n; i++) {
		if (looks[i].probe == probe)
			script = script_of(&p->c->probes,
			    arena_printf(p->arena, "%.*s.%.*s", STR_ARG(step->name),
				STR_ARG(step->probes[i].name)));
	}
	return script != NULL ? script : script_of(&p->c->probes, step->name);
}

/* Between two batches: the host that is asked whether it is well; empty: none is. */
static str
gate_host(const struct rehearsing *p, const struct run *run, row_id probe)
{
	const struct look *looks = run->row.looks.p;
	str host = { 0 };
	for (size_t i = 0; run_step(run)->gate_hosts && i < run->row.looks.n; i++) {
		if (looks[i].probe == probe)
			host = roll_gate_hosts(p->core, run).p[i];
	}
	return host;
}

static void
answer_probe(struct rehearsing *p, row_id id)
{
	const struct question *probe = object_find(p->core, TABLE_PROBE, id);
	if (probe == NULL)
		return;
	const struct probe_row *row = &probe->row;
	const struct run *run = object_find(p->core, TABLE_RUN, row->run);
	/* Of a run that goes on, with all of its inputs: rehearsal.c asks for them. */
	ASSERT(run != NULL && run->row.phase != PHASE_INPUTS);
	struct event event = { .kind = EVENT_PROBE_RESULT,
		.probe_result = { .probe = id,
		    .status = PROBE_FAILED,
		    .error = STR("the case does not say") } };
	str host = { 0 };
	struct script *script = NULL;
	struct seen seen;
	if (row->asked != 0) {
		script = fact_script(p, row, &host);
		if (host.n > 0)
			health_seen(p, row, host, &event.probe_result);
		else if (script != NULL)
			seen =
			    (struct seen){ SEEN_VALUE, script->words.p[next_of(script)] };
	} else if (row->attempt == 0 && run->row.phase != PHASE_EVIDENCE) {
		script = look_script(p, run, id);
		host = gate_host(p, run, id);
		if (script == NULL && host.n > 0)
			health_seen(p, row, host, &event.probe_result);
		if (script != NULL)
			seen = script->seen[next_of(script)];
	}
	if (script != NULL) {
		event.probe_result = (struct probe_result){ .probe = id };
		see(row->kind, &seen, p->arena, &event.probe_result);
	}
	step(p, &event);
}

/* Settled by a person, once nobody else could tell. */
static bool
settle(struct rehearsing *p)
{
	list_each(it, &p->core->tables[TABLE_ATTEMPT])
	{
		const struct attempt_row *row =
		    &container_of(object_of(it, in_table), struct attempt, o)->row;
		if (row->state != ATTEMPT_IN_DOUBT)
			continue;
		const struct script *script = script_of(&p->c->attempts, row->step);
		ASSERT(script != NULL); /* nothing else puts one in doubt */
		size_t i = script->used <= script->n ? script->used - 1 : script->n - 1;
		if (script->tried[i].kind == TRIED_IN_DOUBT) {
			ASSERT(p->walked_n < STEPS_WALKED_MAX);
			p->walked[p->walked_n++] =
			    (struct walked){ .step = arena_str(p->arena, row->step),
				    .became = STR("in doubt") };
			p->end = "in doubt";
			p->end_why =
			    arena_str(p->arena, text_short(p->core, row->why, WHY_SHOWN));
			return true;
		}
		command(p, (struct command){ .kind = COMMAND_SETTLE,
			       .principal = STR("local-admin"),
			       .incident = row->incident,
			       .row = row->id,
			       .happened = script->tried[i].kind == TRIED_HAPPENED
		                               ? HAPPENED_YES
		                               : HAPPENED_NO });
		return true;
	}
	return false;
}

static void
answer_attempt(struct rehearsing *p, row_id id)
{
	const struct attempt *attempt = object_find(p->core, TABLE_ATTEMPT, id);
	ASSERT(attempt != NULL && attempt_open(attempt)); /* its order is new */
	struct script *script = script_of(&p->c->attempts, attempt->row.step);
	struct tried tried = { TRIED_EXIT, 0 };
	if (script != NULL)
		tried = script->tried[next_of(script)];
	struct attempt_result result = { .attempt = id,
		.started_wall = p->wall,
		.ended_wall = p->wall };
	switch (tried.kind) {
	case TRIED_EXIT:
		result.news = NEWS_EXITED;
		result.exit_code = tried.code;
		break;
	case TRIED_TIMEOUT:
		result.news = NEWS_TIMED_OUT;
		break;
	case TRIED_NOT_STARTED:
		result.news = NEWS_NEVER_STARTED;
		result.why = STR("the case says so");
		break;
	case TRIED_IN_DOUBT:
	case TRIED_HAPPENED:
	case TRIED_NOT_HAPPENED:
		result.news = NEWS_UNKNOWN;
		result.why = STR("the case says so");
		break;
	}
	struct event event = { .kind = EVENT_ATTEMPT_RESULT, .attempt_result = result };
	step(p, &event);
}

static void
answer_order(struct rehearsing *p)
{
	struct order order = p->orders[0];
	struct event event;
	memmove(p->orders, p->orders + 1, --p->order_n * sizeof(*p->orders));
	switch (order.kind) {
	case EFFECT_START_ATTEMPT:
		answer_attempt(p, order.id);
		return;
	case EFFECT_PROBE:
		answer_probe(p, order.id);
		return;
	case EFFECT_NOTIFY:
		event = (struct event){ .kind = EVENT_NOTICE_RESULT,
			.notice_result = { .notice = order.id, .delivered = true } };
		step(p, &event);
		return;
	case EFFECT_FILE_HANDOFF:
	case EFFECT_RECONCILE_ATTEMPT:
	case EFFECT_FORGET_ATTEMPT:
	case EFFECT_REPLY:
	case EFFECT_APPEND_TIMELINE:
	case EFFECT_STOP_ATTEMPT:
		break;
	}
	UNREACHABLE();
}

/* Somebody says yes or no to what waits; false: nobody has more to say. */
static bool
vote(struct rehearsing *p)
{
	list_each(it, &p->core->tables[TABLE_ASKED])
	{
		const struct asked_row *row =
		    &container_of(object_of(it, in_table), struct asked, o)->row;
		if (row->state != ASKED_APPROVAL)
			continue;
		struct script *yes = script_of(&p->c->approve, row->step);
		struct script *no = script_of(&p->c->deny, row->step);
		struct script *script = yes != NULL && yes->used < yes->n ? yes : no;
		if (script == NULL || script->used >= script->n)
			continue;
		str who = script->words.p[script->used++];
		command(p,
		    (struct command){ .kind = script == no ? COMMAND_DENY : COMMAND_APPROVE,
			.principal = arena_printf(p->arena, "person:%.*s", STR_ARG(who)),
			.row = row->id,
			.digest = row->digest });
		if (p->reply_status >= 300)
			fault(p, script->node, (str){ 0 }, "%.*s cannot %s it: %.*s",
			    STR_ARG(who), script == no ? "deny" : "approve",
			    STR_ARG(p->reply_error));
		return true;
	}
	return false;
}

/* Somebody answers what a run asks; false: nobody does. */
static bool
answer_question(struct rehearsing *p)
{
	const struct model *model = p->core->newest->model;
	list_each(it, &p->core->tables[TABLE_RUN])
	{
		const struct run *run =
		    container_of(object_of(it, in_table), struct run, o);
		struct script *script = NULL;
		if (run->row.phase == PHASE_ANSWER)
			script = script_of(&p->c->answers, run_step(run)->name);
		if (script == NULL || script->used >= script->n)
			continue;
		str who =
		    run->row.askees.n > 0 ? run->row.askees.p[0] : model->people[0].id;
		command(p,
		    (struct command){ .kind = COMMAND_ANSWER,
			.principal = arena_printf(p->arena, "person:%.*s", STR_ARG(who)),
			.row = run->row.id,
			.text = script->words.p[script->used++] });
		if (p->reply_status >= 300)
			fault(p, script->node, (str){ 0 }, "this is no answer: %.*s",
			    STR_ARG(p->reply_error));
		return true;
	}
	return false;
}

/* ---- one case ---- */

static void
fire(struct rehearsing *p)
{
	struct pair summary = { STR("summary"), STR("a rehearsal") };
	struct alert_body body = { .labels = p->c->labels, .annotations = { &summary, 1 } };
	struct buf bytes = BUF(ALERT_BODY_MAX);
	record_encode(&alert_body_type, &body, &bytes);
	struct alert_change change = { .alert = 1,
		.kind = CHANGE_FIRED,
		.fingerprint = 1,
		.starts_wall = p->wall,
		.ends_wall = p->wall + 5 * MINUTE,
		.body = buf_str(&bytes) };
	struct event event = { .kind = EVENT_ALERTS_CHANGED,
		.alerts_changed = { .source = STR("rehearsal"),
		    .changes = { &change, 1 } } };
	if (bytes.overflow)
		fault(p, p->c->alert, (str){ 0 }, "an alert is at most %d bytes",
		    ALERT_BODY_MAX);
	else
		step(p, &event);
	buf_done(&bytes);
}

/* Would the alert come to this runbook by itself? */
static void
check_answers(struct rehearsing *p, const struct model *model)
{
	const struct runbook *runbook = p->rehearsal->runbook;
	const struct incident *incident = incident_find(p->core, p->incident);
	const struct node *node = p->c->alert;
	if (incident == NULL) {
		fault(p, node, (str){ 0 }, "this opens no incident");
		return;
	}
	if (node->kind != NODE_MAP || !str_eq(p->c->by, AUTOMATION))
		return;
	const struct runbook *answers = model_choose_runbook(model,
	    incident_service(incident), &incident->row.labels, NULL);
	if (answers == runbook && runbook->ceiling == AUTONOMY_AUTO)
		return;
	str hint = STR("'by: PERSON' says who starts it");
	if (incident->row.service.n == 0)
		fault(p, node,
		    STR("see 'alerts:': the first entry that matches says which"),
		    "this alert belongs to no service");
	else if (answers == NULL)
		fault(p, node, hint, "no runbook answers this alert");
	else if (answers != runbook)
		fault(p, node, hint, "runbook '%.*s' answers this alert",
		    STR_ARG(answers->name));
	else
		fault(p, node, hint, "by its ceiling '%s' a person comes first",
		    autonomy_name(runbook->ceiling));
}

static void
begin(struct rehearsing *p, const struct model *quiet, const struct model *model)
{
	struct event started = { .kind = EVENT_STARTED,
		.started = { .epoch = 1, .engine = true } };
	step(p, &started);
	struct event adopted = { .kind = EVENT_CONFIG_ADOPTED,
		.config_adopted = { .hash = model->hash, .model = quiet } };
	step(p, &adopted);
	fire(p);
	if (p->failed)
		return;
	check_answers(p, model);
	if (p->failed)
		return;
	p->mark = p->core->control->row.next_row;
	command(p, (struct command){ .kind = COMMAND_RUN,
		       .incident = p->incident,
		       .name = p->rehearsal->runbook->name,
		       .principal = p->c->by,
		       .params = p->c->inputs });
	const struct incident *incident = incident_find(p->core, p->incident);
	if (incident->run != NULL)
		p->run = incident->run->row.id;
	if (p->run == 0)
		fault(p, p->c->node, (str){ 0 }, "it does not start: %.*s",
		    STR_ARG(p->reply_error));
}

static void
play(struct rehearsing *p)
{
	msec until = p->at + REHEARSAL_MS_MAX;
	while (p->end == NULL && !p->failed) {
		if (p->order_n > 0) {
			answer_order(p);
		} else if (!vote(p) && !answer_question(p) && !settle(p)) {
			msec due = core_next_due(p->core);
			ASSERT(due >= p->at); /* whoever waits, waits for a time too */
			p->wall += due - p->at;
			p->at = due;
			struct event event = { .kind = EVENT_TIME_PASSED };
			step(p, &event);
			if (p->at > until)
				break;
		}
		if (p->steps >= REHEARSAL_STEPS_MAX)
			break;
	}
	if (p->end == NULL && !p->failed)
		fault(p, p->c->node, STR("fewer or shorter looks come to an end"),
		    "it has not ended within %u steps and %u days", REHEARSAL_STEPS_MAX,
		    (unsigned)(REHEARSAL_MS_MAX / DAY));
}

/* ---- is it as expected? ---- */

static str
all_walked(const struct rehearsing *p)
{
	struct buf text = BUF(2000);
	buf_add(&text, STR("what happened: "));
	for (size_t i = 0; i < p->walked_n; i++)
		buf_printf(&text, "%.*s: %.*s, ", STR_ARG(p->walked[i].step),
		    STR_ARG(p->walked[i].became));
	buf_printf(&text, "end: %s", p->end);
	str ret = arena_str(p->arena, buf_str(&text));
	buf_done(&text);
	return ret;
}

/* The first place where the two part; true: there is none. */
static bool
compare_step(struct rehearsing *p, size_t i, str hint)
{
	const struct expected_step *want = i < p->c->path_n ? &p->c->path[i] : NULL;
	const struct walked *got = i < p->walked_n ? &p->walked[i] : NULL;
	if (want == NULL) {
		fault(p, p->c->path_node, hint, "it went on with '%.*s: %.*s': %.*s",
		    STR_ARG(got->step), STR_ARG(got->became), STR_ARG(got->why));
		return false;
	}
	if (got == NULL) {
		fault(p, want->node, hint, "expected '%.*s', but the run had ended: %.*s",
		    STR_ARG(want->name), STR_ARG(p->end_why));
		return false;
	}
	if (!str_eq(want->name, got->step)) {
		fault(p, want->node, hint, "expected '%.*s', but it came to '%.*s: %.*s'",
		    STR_ARG(want->name), STR_ARG(got->step), STR_ARG(got->became));
		return false;
	}
	if (want->became.n > 0 && !str_eq(want->became, got->became)) {
		fault(p, want->node, hint, "expected '%.*s: %.*s', but %.*s: %.*s",
		    STR_ARG(want->name), STR_ARG(want->became), STR_ARG(got->became),
		    STR_ARG(got->why));
		return false;
	}
	return true;
}

static void
compare(struct rehearsing *p)
{
	str hint = all_walked(p);
	size_t n = p->c->path_n > p->walked_n ? p->c->path_n : p->walked_n;
	for (size_t i = 0; p->c->path_node != NULL && i < n; i++) {
		if (!compare_step(p, i, hint))
			break;
	}
	if (!str_eq(p->c->end, str_of(p->end)))
		fault(p, p->c->end_node, hint,
		    "expected the end '%.*s', but it is '%s': %.*s", STR_ARG(p->c->end),
		    p->end, STR_ARG(p->end_why));
	for (size_t i = 0; i < p->c->decisions.n; i++) {
		const struct script *wanted = &p->c->decisions.p[i];
		if (wanted->used < wanted->n)
			fault(p, wanted->node, hint,
			    "expected %zu decision%s about %.*s, but there were %zu",
			    wanted->n, wanted->n == 1 ? "" : "s", STR_ARG(wanted->name),
			    wanted->used);
	}
}

/* A runbook is started by the case alone, not by its alert. */
static struct model *
quiet_model(const struct model *model, struct arena *arena)
{
	struct model *quiet = arena_new(arena, struct model, 1);
	*quiet = *model;
	quiet->runbooks = arena_new(arena, struct runbook, model->runbooks_n + 1);
	for (size_t i = 0; i < model->runbooks_n; i++) {
		quiet->runbooks[i] = model->runbooks[i];
		quiet->runbooks[i].ceiling = AUTONOMY_SUGGEST;
	}
	return quiet;
}

static bool
rehearse_case(const struct model *model, const struct model *quiet,
    const struct rehearsal *rehearsal, struct rehearsal_case *c, msec now,
    struct diags *diags)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, CASE_BYTES);
	struct rehearsing *p = arena_new(&arena, struct rehearsing, 1);
	*p = (struct rehearsing){ .trace = { on_left, on_ended, on_decided },
		.rehearsal = rehearsal,
		.c = c,
		.arena = &arena,
		.diags = diags,
		.at = 1000,
		.wall = c->wall != 0 ? c->wall : now,
		.walked = arena_new(&arena, struct walked, STEPS_WALKED_MAX) };
	(void)arena_map(&p->fx_map, FX_BYTES);
	p->core = core_new(INCIDENTS_MAX);
	p->core->trace = &p->trace;
	begin(p, quiet, model);
	if (!p->failed)
		play(p);
	if (!p->failed)
		compare(p);
	bool ok = !p->failed;
	core_free(p->core);
	arena_unmap(&p->fx_map);
	arena_unmap(&map);
	return ok;
}

bool
rehearse(const struct model *model, const struct rehearsal *rehearsal, msec now,
    struct arena *arena, struct diags *diags)
{
	const struct model *quiet = quiet_model(model, arena);
	bool ok = true;
	for (size_t i = 0; i < rehearsal->n; i++) {
		struct rehearsal_case *c = &rehearsal->cases[i];
		ok = rehearse_case(model, quiet, rehearsal, c, now, diags) && ok;
	}
	return ok;
}
