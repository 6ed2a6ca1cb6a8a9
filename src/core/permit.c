/*
 * What a person permits before it is done. A run that a person started needs nothing of
 * this: they said yes by starting it. One that automation or an agent started goes, on its
 * first action step, by the level in force for its runbook on that service:
 *
 *	auto	on, at once
 *	veto	its plan is announced; on when the time is over, unless somebody says no
 *	plan	its plan waits for a person's yes, for at most PERMIT_MS
 *	step	the same, of this step alone, and again at the next one
 *
 * A plan is every action on every target that the run may still come to, with its
 * parameters and what authority says of each. A yes is for that plan under that text,
 * configuration and level: its digest. An action that is not in it as it is now, or is
 * judged more easily than it was then, is not permitted, and is asked for anew. What is
 * permitted is judged by authority like everything else when it is due.
 *
 * Steps that only look ask nobody; nor does what authority refuses anyway.
 */
#include "core/state.h"

#define ITEM_TEXT_MAX 200
#define DIGEST_BYTES_MAX ((size_t)1 << 20)
#define DIGEST_SHOWN 6 /* bytes */
#define ITEMS_TOLD 20  /* in a notice */

struct in_force
autonomy_of(const struct core *core, const struct runbook *runbook, str service)
{
	const struct model *model = core->newest->model;
	const struct runbook *now = model_runbook(model, runbook->name);
	struct in_force in_force;
	in_force.level =
	    model_autonomy(model, now != NULL ? now : runbook, service, &in_force.rule);
	/* The text that runs is another one: the lesser of both. */
	if (runbook->ceiling < in_force.level)
		in_force = (struct in_force){ .level = runbook->ceiling };
	enum autonomy held = trust_held(core, now != NULL ? now : runbook, service);
	if (held < in_force.level)
		in_force = (struct in_force){ .level = held };
	return in_force;
}

bool
permit_waits(const struct run *run)
{
	return run->row.phase == PHASE_PERMIT;
}

static bool
by_machine(const struct run *run)
{
	return str_eq(run->row.started_by, AUTOMATION) || run->row.behalf.n > 0 ||
	       str_starts(run->row.started_by, STR("agent:"));
}

/* What owners say of the other services that its steps act on: the least holds for the
 * whole run. What it has proved is of the service that it runs for. */
static enum autonomy
least_of_targets(const struct core *core, const struct run *run, str service,
    enum autonomy level)
{
	const struct model *model = core->newest->model;
	const struct runbook *now = model_runbook(model, run->runbook->name);
	for (size_t i = 0; i < run->runbook->steps_n; i++) {
		const struct runbook_step *step = &run->runbook->steps[i];
		const struct autonomy_rule *rule;
		if (step->kind != STEP_ACTION || step->target_service == NULL ||
		    str_eq(step->target_service->name, service))
			continue;
		enum autonomy there = model_autonomy(model,
		    now != NULL ? now : run->runbook, step->target_service->name, &rule);
		level = there < level ? there : level;
	}
	return level;
}

enum autonomy
permit_level(const struct core *core, const struct run *run)
{
	if (!by_machine(run))
		return AUTONOMY_AUTO;
	str service = run_incident(core, run)->row.service;
	enum autonomy level = autonomy_of(core, run->runbook, service).level;
	level = least_of_targets(core, run, service, level);
	for (const struct run *by = run_caller(core, run); by != NULL;
	     by = run_caller(core, by)) {
		enum autonomy least = autonomy_of(core, by->runbook, service).level;
		level = least < level ? least : level;
	}
	/* What may only be suggested was started by an agent, or was lowered since. */
	return level == AUTONOMY_SUGGEST ? AUTONOMY_PLAN : level;
}

/* ---- plans ---- */

struct plan {
	struct permit_item *p;
	size_t n;
	bool too_long;
};

static void
judge_item(struct core *core, const struct asking *asking, struct permit_item *item)
{
	struct judged judged;
	attempt_judge(core, asking, &judged);
	struct authority_needs needs = core_needs(core, asking, &judged.by, &core->scratch);
	if (needs.observe_n > 0 || needs.health_n > 0) {
		item->text = STR("what is live is looked at before it is decided");
		return;
	}
	judged_tell(core, &judged);
	const struct reason *reasons = judged.row.reasons.p;
	if (judged.row.reasons.n > 0)
		item->text = text_line(core, reasons[0].text, ITEM_TEXT_MAX);
	if (!judged.by.only_at_once) /* else it waits for its turn */
		item->verdict = judged.row.verdict;
}

/* One target of the step that `run`, which may be a copy, is at. */
static struct permit_item
item_of(struct core *core, const struct run *run)
{
	const struct runbook_step *step = run_step(run);
	struct permit_item item = { .step = step->name, .action = step->action->name };
	struct asking asking;
	str why;
	item.target = run->row.targets.p[run->row.target];
	if (!action_asking(core, run, &asking, &why)) {
		item.later = true;
		item.text = text_line(core, why, ITEM_TEXT_MAX);
		return item;
	}
	item.service = asking.service;
	item.params = asking.params;
	judge_item(core, &asking, &item);
	return item;
}

static void
add_step(struct core *core, struct run *at, struct plan *plan)
{
	size_t n;
	const struct rolled *begun = rolled_of(at, &n);
	for (; at->row.target < at->row.targets.n; at->row.target++) {
		size_t i = at->row.target;
		if (i < n && begun[i].state >= ROLLED_DONE)
			continue;
		if (plan->n == PERMIT_ITEMS_MAX) {
			plan->too_long = true;
			return;
		}
		plan->p[plan->n++] = item_of(core, at);
	}
}

static struct plan
plan_of(struct core *core, const struct run *run, enum autonomy level)
{
	struct plan plan = { .p = arena_new(&core->scratch, struct permit_item,
				 PERMIT_ITEMS_MAX) };
	struct run at = *run;
	add_step(core, &at, &plan);
	size_t end = level == AUTONOMY_STEP ? 0 : run->runbook->steps_n;
	for (size_t i = run->row.step + 1; i < end; i++) {
		if (run->runbook->steps[i].kind != STEP_ACTION)
			continue;
		at.row.step = (uint32_t)i;
		at.row.target = 0;
		at.row.targets = continued_left(core, &at, action_targets(core, &at));
		add_step(core, &at, &plan);
	}
	return plan;
}

/* What a yes is for. false: too long to be told apart. */
static bool
digest_of(const struct core *core, const struct run *run, enum autonomy level,
    const struct permit_item *items, size_t n, hash32 *ret)
{
	struct buf out = BUF(DIGEST_BYTES_MAX);
	cbor_put_array(&out, 7 + n);
	cbor_put_u64(&out, run->row.id);
	cbor_put_text(&out, run->row.started_by);
	cbor_put_text(&out, run->row.behalf);
	cbor_put_text(&out, run->row.runbook);
	cbor_put_bytes(&out, (str){ (const char *)run->row.runbook_hash.b, 32 });
	cbor_put_bytes(&out, (str){ (const char *)core->newest->hash.b, 32 });
	cbor_put_u64(&out, level);
	for (size_t i = 0; i < n; i++)
		record_encode(&permit_item_type, &items[i], &out);
	bool ok = !out.overflow;
	if (ok)
		*ret = sha256(buf_str(&out));
	buf_done(&out);
	return ok;
}

static bool
same_action(const struct permit_item *a, const struct permit_item *b)
{
	bool same = str_eq(a->step, b->step) && str_eq(a->action, b->action) &&
	            str_eq(a->service, b->service) && str_eq(a->target, b->target) &&
	            a->params.n == b->params.n;
	for (size_t i = 0; same && i < a->params.n; i++)
		same = str_eq(a->params.p[i].name, b->params.p[i].name) &&
		       str_eq(a->params.p[i].value, b->params.p[i].value);
	return same;
}

/* Authority says yes where it did not: that is not what was permitted. */
static bool
looser(const struct permit_item *then, const struct permit_item *now)
{
	return then->verdict != 0 && now->verdict != 0 && now->verdict < then->verdict;
}

static bool
is_permitted(struct core *core, const struct run *run, enum autonomy level,
    const struct permit_item *now)
{
	const struct run_row *row = &run->row;
	const struct permit_item *items = row->plan.p;
	hash32 digest;
	if (row->permitted_by.n == 0 || core->at >= row->permit_at || now->later ||
	    !digest_of(core, run, level, items, row->plan.n, &digest) ||
	    !hash32_eq(&digest, &row->plan_digest))
		return false;
	for (size_t i = 0; i < row->plan.n; i++) {
		if (!items[i].later && same_action(&items[i], now))
			return !looser(&items[i], now);
	}
	return false;
}

/* ---- in words ---- */

static str
short_digest(struct core *core, const struct run_row *row)
{
	struct buf hex = BUF(80);
	buf_hex(&hex, (str){ (const char *)row->plan_digest.b, DIGEST_SHOWN });
	str s = arena_str(&core->scratch, buf_str(&hex));
	buf_done(&hex);
	return s;
}

/* "restart-unit on pay-1 and 2 more actions" */
static str
plan_text(struct core *core, const struct run_row *row)
{
	const struct permit_item *items = row->plan.p;
	ASSERT(row->plan.n > 0);
	str first = text_make(core, "%.*s on %.*s", STR_ARG(items[0].action),
	    STR_ARG(items[0].target));
	if (row->plan.n == 1)
		return first;
	return text_make(core, "%.*s and %zu more action%s", STR_ARG(first),
	    row->plan.n - 1, row->plan.n > 2 ? "s" : "");
}

str
permit_doing(struct core *core, const struct run *run)
{
	const struct run_row *row = &run->row;
	str what = plan_text(core, row);
	str when = text_when(core, row->permit_wall);
	if (row->level == AUTONOMY_VETO)
		return text_make(core, "will do %.*s at %.*s unless somebody vetoes it",
		    STR_ARG(what), STR_ARG(when));
	return text_make(core, "waiting until %.*s for a person to permit %.*s",
	    STR_ARG(when), STR_ARG(what));
}

void
permit_can(const struct incident *incident, struct buf *out)
{
	if (incident->run == NULL || !permit_waits(incident->run))
		return;
	buf_printf(out, "firstline permit %u    (look at what it would do, and say yes)\n",
	    incident->row.id);
	buf_printf(out, "firstline veto %u    (it is not done)\n", incident->row.id);
}

/* The same on another target, and as much of it allowed. */
static bool
is_alike(const struct permit_item *a, const struct permit_item *b)
{
	struct permit_item there = *b;
	there.target = a->target;
	return same_action(a, &there) && a->verdict == b->verdict &&
	       str_eq(a->text, b->text);
}

/* The first `n` items, which are alike but for their targets. */
static void
tell_items(struct buf *out, const struct permit_item *item, size_t n)
{
	buf_printf(out, "  %.*s: %.*s on ", STR_ARG(item->step), STR_ARG(item->action));
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(item[i].target));
	for (size_t i = 0; i < item->params.n; i++)
		buf_printf(out, "%s%.*s=%.*s", i == 0 ? " with " : ", ",
		    STR_ARG(item->params.p[i].name), STR_ARG(item->params.p[i].value));
	buf_printf(out, " (%s%s%.*s)\n",
	    item->verdict != 0 ? verdict_name(item->verdict) : "decided then",
	    item->text.n > 0 ? ": " : "", STR_ARG(item->text));
}

void
permit_plan(const struct incident *incident, struct buf *out)
{
	if (incident->run == NULL || !permit_waits(incident->run))
		return;
	const struct run_row *row = &incident->run->row;
	const struct permit_item *items = row->plan.p;
	buf_printf(out, "\nIt would do, in this order:\n");
	size_t told = row->plan.n < ITEMS_TOLD ? row->plan.n : ITEMS_TOLD;
	for (size_t from = 0, to = 0; from < told; from = to) {
		while (to < told && is_alike(&items[from], &items[to]))
			to++;
		tell_items(out, &items[from], to - from);
	}
	if (row->plan.n > told)
		buf_printf(out, "  and %zu more: firstline permit %u shows all\n",
		    row->plan.n - told, incident->row.id);
}

static str
waits_why(struct core *core, const struct run_row *row, incident_id incident)
{
	str what = plan_text(core, row);
	str digest = short_digest(core, row);
	return text_make(core,
	    "runbook %.*s waits for a person to permit %.*s: `firstline permit %u --digest "
	    "%.*s`",
	    STR_ARG(row->runbook), STR_ARG(what), incident, STR_ARG(digest));
}

/* ---- asking ---- */

static struct recipients *
who_may_veto(struct core *core, const struct incident *incident)
{
	const struct team *team = people_team(core, incident);
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_duty(core, to, team);
	recipients_team(to, team);
	return to;
}

static void
announce(struct core *core, struct incident *incident, const struct recipients *to)
{
	struct notice_words words;
	notice_words(core, incident, PURPOSE_VETO, NULL, &words);
	notices_make(core, incident, PURPOSE_VETO, to, &words);
}

static void
ask(struct core *core, struct run *run, enum autonomy level, const struct plan *plan)
{
	struct incident *incident = run_incident(core, run);
	struct run_row *row = &run->row;
	struct records items = { plan->p, plan->n };
	hash32 digest;
	row_set_str(core, &row->permitted_by, (str){ 0 });
	row_set_records(core, &permit_item_type, &row->plan, items);
	if (row->plan.n != plan->n || plan->too_long ||
	    !digest_of(core, run, level, plan->p, plan->n, &digest)) {
		run_goto(core, run, STEP_PERSON,
		    STR("its plan is longer than a person can be asked to permit"));
		return;
	}
	const struct recipients *to = who_may_veto(core, incident);
	if (level == AUTONOMY_VETO && to->n == 0) {
		run_goto(core, run, STEP_PERSON,
		    STR("nobody can be told who could veto what it would do"));
		return;
	}
	msec lasts = level == AUTONOMY_VETO ? run->runbook->veto_ms : PERMIT_MS;
	row->level = level;
	row->plan_digest = digest;
	row->permit_at = core->at + lasts;
	row->permit_wall = core->wall + lasts;
	row->veto_told = false;
	run_wait(core, run, PHASE_PERMIT, row->permit_at, 0);
	str doing = permit_doing(core, run);
	timeline_add(core, row->incident, TIMELINE_RUNBOOK, FIRSTLINE, row->id,
	    "runbook %.*s (%s): %.*s", STR_ARG(row->runbook), autonomy_name(level),
	    STR_ARG(doing));
	if (level == AUTONOMY_VETO) {
		core->control->row.vetoes_offered++;
		announce(core, incident, to);
	} else {
		core->control->row.permits_asked++;
		person_need(core, incident, waits_why(core, row, incident->row.id));
	}
}

/* *ret_level: that it would be asked for at. */
static bool
lets(struct core *core, struct run *run, enum autonomy *ret_level)
{
	const struct runbook *runbook =
	    model_runbook(core->newest->model, run->row.runbook);
	if (by_machine(run) && runbook != NULL)
		trust_settle(core, runbook, run_incident(core, run)->row.service);
	enum autonomy level = permit_level(core, run);
	if (level == AUTONOMY_AUTO)
		return true;
	struct permit_item now = item_of(core, run);
	/* What cannot even be asked for, nobody is asked to permit. */
	*ret_level = level;
	return now.later || now.verdict == VERDICT_DENY ||
	       is_permitted(core, run, level, &now);
}

bool
permit_lets(struct core *core, struct run *run)
{
	enum autonomy level;
	return lets(core, run, &level);
}

bool
permit_has(struct core *core, struct run *run)
{
	enum autonomy level;
	if (lets(core, run, &level))
		return true;
	struct plan plan = plan_of(core, run, level);
	ask(core, run, level, &plan);
	return false;
}

/* ---- answers ---- */

static void
go_on(struct core *core, struct run *run, str by)
{
	row_set_str(core, &run->row.permitted_by, by);
	run->row.permit_at = core->at + PERMIT_MS;
	run_wait(core, run, PHASE_WAITING, 0, 0); /* whatever follows says for what */
	roll_due(core, run);
	run_walk(core, run);
}

/* Silence is a yes only of those who were told. The same plan waits for a person. */
static void
nobody_told(struct core *core, struct run *run)
{
	struct run_row *row = &run->row;
	row->level = AUTONOMY_PLAN;
	row->permit_at = core->at + PERMIT_MS;
	row->permit_wall = core->wall + PERMIT_MS;
	run_wait(core, run, PHASE_PERMIT, row->permit_at, 0);
	core->control->row.permits_asked++;
	timeline_add(core, row->incident, TIMELINE_RUNBOOK, FIRSTLINE, row->id,
	    "nobody was told in time what runbook %.*s will do: it waits for a person's "
	    "yes",
	    STR_ARG(row->runbook));
	person_need(core, run_incident(core, run), waits_why(core, row, row->incident));
}

void
permit_told(struct core *core, const struct notice_row *notice)
{
	struct incident *incident = incident_find(core, notice->incident);
	if (notice->purpose != PURPOSE_VETO || incident == NULL || incident->run == NULL)
		return;
	struct run *run = incident->run;
	/* Not of an earlier plan. */
	if (!permit_waits(run) || run->row.level != AUTONOMY_VETO || run->row.veto_told ||
	    notice->made_wall + run->runbook->veto_ms < run->row.permit_wall)
		return;
	run->row.veto_told = true;
	object_touch(core, &run->o);
}

void
permit_due(struct core *core, struct run *run)
{
	const struct run_row *row = &run->row;
	if (row->level == AUTONOMY_VETO && !row->veto_told) {
		nobody_told(core, run);
		return;
	}
	if (row->level == AUTONOMY_VETO) {
		timeline_add(core, row->incident, TIMELINE_RUNBOOK, FIRSTLINE, row->id,
		    "nobody vetoed runbook %.*s", STR_ARG(row->runbook));
		go_on(core, run, FIRSTLINE);
		return;
	}
	str lasts = text_ms(core, PERMIT_MS);
	run_person(core, run,
	    text_make(core, "nobody permitted what it would do within %.*s",
		STR_ARG(lasts)));
}

static bool
same_plan(const struct records *a, const struct plan *b)
{
	const struct permit_item *items = a->p;
	bool same = a->n == b->n && !b->too_long;
	for (size_t i = 0; same && i < b->n; i++)
		same = same_action(&items[i], &b->p[i]) &&
		       items[i].later == b->p[i].later &&
		       items[i].verdict == b->p[i].verdict;
	return same;
}

/* What was announced is what it would announce now: the time goes on. */
static bool
still_announced(struct core *core, struct run *run)
{
	struct run_row *row = &run->row;
	hash32 digest;
	if (row->level != AUTONOMY_VETO || permit_level(core, run) != AUTONOMY_VETO)
		return false;
	struct plan plan = plan_of(core, run, AUTONOMY_VETO);
	if (!same_plan(&row->plan, &plan) ||
	    !digest_of(core, run, AUTONOMY_VETO, row->plan.p, row->plan.n, &digest))
		return false;
	row->plan_digest = digest;
	object_touch(core, &run->o);
	return true;
}

void
permits_again(struct core *core)
{
	list_each(it, &core->tables[TABLE_RUN])
	{
		struct run *run = container_of(object_of(it, in_table), struct run, o);
		struct arena mark = core->scratch;
		if (permit_waits(run) && !still_announced(core, run))
			run_wait(core, run, PHASE_WAITING, core->at, 0);
		core->scratch = mark;
	}
}

/* Whom authority allows every one of its actions, with or without approval. */
static bool
may_do_all(struct core *core, const struct incident *incident, const struct run_row *row,
    str principal)
{
	const struct permit_item *items = row->plan.p;
	for (size_t i = 0; i < row->plan.n; i++) {
		struct arena mark = core->scratch;
		struct asking asking = { .principal = principal,
			.action = items[i].action,
			.service = items[i].service,
			.target = items[i].target,
			.params = items[i].params,
			.incident = incident->row.id,
			.incident_open = incident_asks_for(incident, items[i].service),
			.at = core->at,
			.wall = core->wall };
		struct authority_decision decision;
		struct decision_row as_row;
		core_decide(core, &asking, &core->scratch, &as_row, &decision);
		core->scratch = mark;
		if (items[i].later || decision.verdict == VERDICT_DENY)
			return false;
	}
	return true;
}

static bool
on_duty(const struct core *core, const struct incident *incident, str principal)
{
	const struct team *team = people_team(core, incident);
	struct principal duty = { .kind = PRINCIPAL_ON_DUTY,
		.name = team->name,
		.team = team };
	return principal_covers(&duty, principal, &core->over, core->wall) ||
	       (team->lead != NULL && str_eq(team->lead->id, text_who(principal)));
}

/* Why this yes counts for nothing; status 0: it counts. */
static struct answering
yes_refused(struct core *core, const struct command *command,
    const struct incident *incident, const struct run_row *row)
{
	str who = command->principal;
	bool person = command->behalf.n == 0 && str_starts(who, STR("person:")) &&
	              model_person(core->newest->model, text_who(who)) != NULL;
	if (!person)
		return answer_no(core, 403, EXIT_REFUSED,
		    "only a person of the configuration permits what a runbook does; %.*s "
		    "is none",
		    STR_ARG(who));
	if (hash32_zero(&command->digest))
		return answer_no(core, 422, EXIT_USAGE,
		    "name the digest of the plan that you permit");
	if (!hash32_eq(&command->digest, &row->plan_digest))
		return answer_no(core, 409, EXIT_CONFLICT,
		    "what runbook %.*s would do is not what you saw any more: look at it "
		    "again",
		    STR_ARG(row->runbook));
	if (!on_duty(core, incident, who) && !may_do_all(core, incident, row, who))
		return answer_no(core, 403, EXIT_REFUSED,
		    "%.*s is not on duty for %.*s, and may not do all of it himself or "
		    "herself: who is on duty, or its lead, permits it",
		    STR_ARG(text_who(who)), STR_ARG(incident->row.owner));
	return (struct answering){ .status = 0 };
}

/* NULL: *ret_no says why. */
static struct run *
waiting_run(struct core *core, struct incident *incident, struct answering *ret_no)
{
	struct run *run = incident->run;
	if (run != NULL && permit_waits(run))
		return run;
	*ret_no = answer_no(core, 409, EXIT_CONFLICT,
	    "no runbook waits for a person's permission on incident %u", incident->row.id);
	return NULL;
}

struct answering
permit_give(struct core *core, const struct command *command, struct incident *incident)
{
	struct answering no;
	struct run *run = waiting_run(core, incident, &no);
	if (run == NULL)
		return no;
	no = yes_refused(core, command, incident, &run->row);
	if (no.status != 0)
		return no;
	str words = text_line(core, command->text, TIMELINE_TEXT_MAX / 2);
	str what = plan_text(core, &run->row);
	timeline_add(core, incident->row.id, TIMELINE_COMMAND, command->principal,
	    run->row.id, "permitted runbook %.*s to do %.*s%s%.*s",
	    STR_ARG(run->row.runbook), STR_ARG(what), words.n > 0 ? ": " : "",
	    STR_ARG(words));
	core->control->row.permits_given++;
	person_clear(core, incident);
	go_on(core, run, command->principal);
	return answer_yes(200, &incident->o);
}

struct answering
permit_veto(struct core *core, const struct command *command, struct incident *incident)
{
	struct answering no;
	struct run *run = waiting_run(core, incident, &no);
	if (run == NULL)
		return no;
	str words = text_line(core, command->text, TIMELINE_TEXT_MAX / 2);
	str who = text_who(command->principal);
	str why = text_make(core, "%.*s vetoed it%s%.*s", STR_ARG(who),
	    words.n > 0 ? ": " : "", STR_ARG(words));
	timeline_add(core, incident->row.id, TIMELINE_COMMAND, command->principal,
	    run->row.id, "vetoed runbook %.*s%s%.*s", STR_ARG(run->row.runbook),
	    words.n > 0 ? ": " : "", STR_ARG(words));
	core->control->row.vetoes_said++;
	runs_overridden(core, run);
	runs_end(core, incident, RUN_CANCELLED, why);
	incident_set_state(core, incident, INCIDENT_OPEN);
	person_need(core, incident, why);
	incident_quiet(core, incident);
	return answer_yes(200, &incident->o);
}
