/*
 * A plan: what a run would do, said before it does anything.
 *
 * Each step is looked at once, in order (a run only ever goes forward), with what the run
 * would have in hand there: its inputs, its targets, and what the steps before would have
 * used of the limits. How sure it is that a step is reached goes with it:
 *
 *	sure	    each check before it holds, each action before it succeeds
 *	maybe	    only when some step before it does not: known after that step
 *	unreached   nothing leads there, because a step before it is refused
 *
 * The functions that resolve and judge are the ones that act; they get a run that is in no
 * table, and write nothing but scratch.
 */
#include "core/state.h"

#define PLAN_TEXT_MAX 300 /* bytes said of a target */

enum sure { REACH_NONE = 0, REACH_MAYBE, REACH_SURE };

struct reached {
	enum sure how;
	size_t since; /* MAYBE: the last step that decides about it */
};

struct planning {
	struct core *core;
	struct arena *arena;
	const struct core_plan *asked;
	struct incident imagined;
	struct run run;
	struct authority_uses *uses;
	struct reached *reached;
	struct plan_item *items;
	uint32_t judged; /* decisions so far */
};

static const struct runbook_step *
step_at(const struct planning *p, size_t i)
{
	return &p->run.runbook->steps[i];
}

static str
keep(struct planning *p, str s)
{
	return arena_str(p->arena, s);
}

/* ---- where a step leads ---- */

static void
reach(struct planning *p, size_t from, uint32_t where, enum sure how)
{
	size_t to = where == STEP_NEXT ? from + 1 : where;
	if (to >= p->run.runbook->steps_n || how == REACH_NONE)
		return;
	struct reached *reached = &p->reached[to];
	if (how == REACH_SURE)
		*reached = (struct reached){ REACH_SURE, 0 };
	else if (reached->how != REACH_SURE)
		*reached = (struct reached){ REACH_MAYBE, from };
}

static str
otherwise_text(const struct planning *p, const struct runbook_step *step)
{
	switch (step->kind) {
	case STEP_WAIT:
		if (step->probe.kind == 0)
			return (str){ 0 };
		break;
	case STEP_CHECK:
	case STEP_VERIFY:
	case STEP_ACTION:
	case STEP_ASK:
	case STEP_CALL:
		break;
	case STEP_UNDO:
		return STR("a person is told");
	case STEP_HANDOFF:
		return (str){ 0 };
	}
	if (step->otherwise == STEP_STOP)
		return STR("the run stops");
	if (step->otherwise == STEP_PERSON)
		return STR("a person is told");
	return step_at(p, step->otherwise)->name;
}

/* ---- steps that only look ---- */

static str
argv_text(struct core *core, const struct strs *argv)
{
	struct buf text = BUF(8192);
	for (size_t i = 0; i < argv->n; i++)
		buf_printf(&text, "%s%.*s", i > 0 ? " " : "", STR_ARG(argv->p[i]));
	str ret = arena_str(&core->scratch, buf_str(&text));
	buf_done(&text);
	return ret;
}

/* What is asked, as it would be sent. */
static str
question_text(struct core *core, const struct probe_row *row)
{
	switch (row->kind) {
	case PROBE_PROMQL:
		return row->query;
	case PROBE_HTTP:
		return row->url;
	case PROBE_RUN:
		return argv_text(core, &row->argv);
	case PROBE_SSH:
		return text_make(core, "%.*s on %.*s", STR_ARG(argv_text(core, &row->argv)),
		    STR_ARG(pairs_get(&row->parts, STR("host"))));
	case PROBE_SYSTEMD:
		return text_make(core, "unit %.*s",
		    STR_ARG(pairs_get(&row->parts, STR("unit"))));
	case PROBE_TCP:
		return text_make(core, "port %.*s", STR_ARG(row->where));
	case PROBE_DNS:
		return text_make(core, "name %.*s", STR_ARG(row->name));
	case PROBE_TLS:
		return text_make(core, "certificate of %.*s", STR_ARG(row->where));
	case PROBE_LOG:
		return text_make(core, "log %.*s", STR_ARG(row->where));
	}
	UNREACHABLE();
}

/* "up: == 1", or "all of depth: > 500; up: == 1"; false: *ret is why not. */
static bool
look_text(struct planning *p, const struct runbook_step *step, str *ret)
{
	struct pairs values = run_values(p->core, &p->run);
	size_t n = step->probes_n > 0 ? step->probes_n : 1;
	str text = step->probes_n == 0 ? (str){ 0 }
	           : step->any         ? STR("any of ")
	                               : STR("all of ");
	for (size_t k = 0; k < n; k++) {
		const struct probe *probe =
		    step->probes_n > 0 ? &step->probes[k].probe : &step->probe;
		struct probe_row row;
		if (!probe_fill(p->core, probe, &values, &row, ret))
			return false;
		text = text_make(p->core, "%.*s%s%.*s: %.*s", STR_ARG(text),
		    k > 0 ? "; " : "", STR_ARG(question_text(p->core, &row)),
		    STR_ARG(probe->expect.written));
	}
	*ret = text;
	return true;
}

/* It uses an answer that nobody has given yet, or an input that is asked for only then. */
static bool
plan_unanswered(struct planning *p, size_t i, struct plan_item *item)
{
	for (size_t k = 0; k < p->run.runbook->inputs_n; k++) {
		str name = p->run.runbook->inputs[k].param.name;
		if ((step_at(p, i)->uses_asked >> k & 1) == 0 ||
		    pairs_has(&p->run.row.inputs, name))
			continue;
		item->fate = PLAN_UNKNOWN;
		item->before = item->number;
		item->text = text_make(p->core,
		    "it depends on the input %.*s, which is asked for when it begins",
		    STR_ARG(name));
		return true;
	}
	for (size_t k = i; k-- > 0;) {
		if ((step_at(p, i)->uses_answers >> k & 1) == 0)
			continue;
		item->fate = PLAN_UNKNOWN;
		item->before = (uint32_t)k + 1;
		item->text = text_make(p->core, "it depends on the answer to %.*s",
		    STR_ARG(step_at(p, k)->name));
		return true;
	}
	return false;
}

static void
plan_look(struct planning *p, size_t i, struct plan_item *item)
{
	const struct runbook_step *step = step_at(p, i);
	str text;
	if (plan_unanswered(p, i, item))
		return;
	if (!look_text(p, step, &text)) {
		item->fate = PLAN_REFUSED;
		item->text = text_make(p->core, "it cannot be asked: %.*s", STR_ARG(text));
		return;
	}
	str lasts = step->for_ms == 0 ? (str){ 0 }
	                              : text_make(p->core, " for %.*s",
					    STR_ARG(text_ms(p->core, step->for_ms)));
	item->fate = PLAN_RUNS;
	item->text = text_make(p->core, "%.*s%.*s%s", STR_ARG(text), STR_ARG(lasts),
	    step->undoes ? "; else it is taken back" : "");
}

static void
plan_wait(struct planning *p, size_t i, struct plan_item *item)
{
	const struct runbook_step *step = step_at(p, i);
	if (step->probe.kind != 0) {
		plan_look(p, i, item);
		return;
	}
	item->fate = PLAN_RUNS;
	item->text =
	    text_make(p->core, "waits %.*s", STR_ARG(text_ms(p->core, step->for_ms)));
}

static void
plan_ask(struct planning *p, size_t i, struct plan_item *item)
{
	const struct runbook_step *step = step_at(p, i);
	struct pairs values = run_values(p->core, &p->run);
	str question;
	struct err err;
	if (plan_unanswered(p, i, item))
		return;
	item->fate = PLAN_ASKS;
	if (!template_fill(&step->question, &values, &p->core->scratch, &question, &err)) {
		item->fate = PLAN_REFUSED;
		question = text_make(p->core, "it cannot be asked: %s", err.text);
	}
	item->text = text_make(p->core, "asks whoever is on duty%s%.*s: %.*s",
	    step->ask_team != NULL ? " of " : "",
	    STR_ARG(step->ask_team != NULL ? step->ask_team->name : STR("")),
	    STR_ARG(question));
}

/* Each answer is one of several ways; where there is one way only, it is as sure as this. */
static void
reach_answers(struct planning *p, size_t i, enum sure how)
{
	uint32_t after[STEPS_AFTER_MAX];
	const struct runbook_step *step = step_at(p, i);
	if (step->answers_n == 0) {
		reach(p, i, STEP_NEXT, how);
		reach(p, i, step->otherwise, REACH_MAYBE);
		return;
	}
	size_t n = runbook_after(p->run.runbook, (uint32_t)i, after);
	for (size_t k = 0; k < n; k++)
		reach(p, i, after[k], REACH_MAYBE);
}

/* ---- steps that act ---- */

static void
use(struct planning *p, const struct asking *asking, str verb)
{
	struct authority_use *use = arena_new(p->arena, struct authority_use, 1);
	str *behalf = arena_new(p->arena, str, asking->behalf.n + 1);
	for (size_t i = 0; i < asking->behalf.n; i++)
		behalf[i] = keep(p, asking->behalf.p[i]);
	*use = (struct authority_use){ .at = asking->at,
		.service = keep(p, asking->service),
		.target = keep(p, asking->target),
		.action = keep(p, asking->action),
		.verb = keep(p, verb),
		.principal = keep(p, asking->principal),
		.behalf = { behalf, asking->behalf.n },
		.chain = arena_new(p->arena, struct authority_actor,
		    authority_chain_n(asking->behalf.n)) };
	authority_uses_add(p->uses, use);
}

/* The rule behind the first reason, and what it says. */
static void
tell_reason(struct planning *p, struct judged *judged, struct plan_target *ret)
{
	judged_tell(p->core, judged);
	const struct reason *reason = judged->row.reasons.p;
	if (judged->row.reasons.n > 0) {
		ret->rule = keep(p, reason->rule);
		ret->file = keep(p, reason->file);
		ret->line = reason->line;
	}
	ret->text =
	    keep(p, text_short(p->core, judged_why(p->core, judged), PLAN_TEXT_MAX));
}

static void
judge(struct planning *p, struct asking *asking, struct plan_target *ret)
{
	struct judged judged;
	attempt_judge(p->core, asking, &judged);
	struct authority_needs needs =
	    core_needs(p->core, asking, &judged.by, &p->core->scratch);
	bool lacks = needs.observe_n > 0 || needs.health_n > 0;
	tell_reason(p, &judged, ret);
	switch (judged.row.verdict) {
	case VERDICT_ALLOW:
		ret->fate = PLAN_RUNS;
		use(p, asking, judged.row.verb);
		return;
	case VERDICT_AFTER_APPROVAL:
		ret->fate = PLAN_ASKS;
		use(p, asking, judged.row.verb);
		return;
	case VERDICT_DENY:
		ret->fate = lacks || judged.by.only_at_once ? PLAN_UNKNOWN : PLAN_REFUSED;
		if (lacks)
			ret->text = arena_printf(p->arena, "it depends on %.*s",
			    STR_ARG(core_needs_text(&needs, &p->core->scratch)));
		else if (judged.by.only_at_once)
			ret->text = arena_printf(p->arena, "it waits for its turn: %.*s",
			    STR_ARG(ret->text));
		return;
	}
	UNREACHABLE();
}

/* One target; false: the step ends here, whatever the others are. */
static bool
plan_target(struct planning *p, struct plan_item *item, struct plan_target *ret)
{
	struct arena mark = p->core->scratch;
	struct asking asking;
	str why;
	if (p->judged++ >= PLAN_TARGETS_MAX) {
		ret->fate = PLAN_UNKNOWN;
		ret->text = STR("a plan decides about so many targets at most");
	} else if (!action_asking(p->core, &p->run, &asking, &why)) {
		ret->fate = PLAN_REFUSED;
		ret->text =
		    arena_printf(p->arena, "it cannot be asked for: %.*s", STR_ARG(why));
	} else {
		asking.behalf = p->asked->behalf;
		asking.uses = p->uses;
		asking.at = p->asked->at;
		asking.wall = p->asked->wall;
		if (item->params.n == 0 && asking.params.n > 0) {
			item->params.p = arena_new(p->arena, struct pair, asking.params.n);
			item->params.n = asking.params.n;
			for (size_t i = 0; i < asking.params.n; i++)
				item->params.p[i] =
				    (struct pair){ keep(p, asking.params.p[i].name),
					    keep(p, asking.params.p[i].value) };
		}
		judge(p, &asking, ret);
	}
	p->core->scratch = mark;
	return ret->fate != PLAN_REFUSED;
}

/* How strict a fate is: the strictest of its targets is the step's. */
static int
strictness(enum plan_fate fate)
{
	switch (fate) {
	case PLAN_RUNS:
		return 1;
	case PLAN_UNKNOWN:
		return 2;
	case PLAN_ASKS:
		return 3;
	case PLAN_REFUSED:
		return 4;
	case PLAN_UNREACHED:
		break;
	}
	return 0; /* none yet */
}

/* What is said of each target; of the last ones together where it is too much. */
struct groups {
	struct plan_target *p; /* PLAN_GROUPS_MAX */
	size_t n;
	str *names; /* of all targets */
	struct plan_target strictest;
};

static void
add_to_groups(struct groups *groups, const struct plan_target *target, uint32_t k)
{
	struct plan_target *last = groups->n > 0 ? &groups->p[groups->n - 1] : NULL;
	bool same = last != NULL && last->fate == target->fate &&
	            last->line == target->line && str_eq(last->text, target->text);
	if (last == NULL || (!same && groups->n < PLAN_GROUPS_MAX)) {
		last = &groups->p[groups->n++];
		*last = *target;
		last->targets = (struct strs){ &groups->names[k], 0 };
	}
	last->targets.n++;
	if (strictness(target->fate) > strictness(last->fate)) {
		struct strs targets = last->targets;
		*last = *target;
		last->targets = targets;
	}
	if (strictness(target->fate) > strictness(groups->strictest.fate))
		groups->strictest = *target;
}

/* Automation itself does not begin what may only be suggested; an agent is permitted it. */
static enum autonomy
level_of(const struct planning *p)
{
	str service = run_incident(p->core, &p->run)->row.service;
	if (str_eq(p->run.row.started_by, AUTOMATION) &&
	    autonomy_of(p->core, p->run.runbook, service).level == AUTONOMY_SUGGEST)
		return AUTONOMY_SUGGEST;
	return permit_level(p->core, &p->run);
}

static void
plan_action(struct planning *p, size_t i, struct plan_item *item)
{
	const struct runbook_step *step = step_at(p, i);
	struct strs targets = action_targets(p->core, &p->run);
	if (plan_unanswered(p, i, item)) {
		item->action = keep(p, step->action->name);
		return;
	}
	item->action = keep(p, step->action->name);
	item->fate = PLAN_REFUSED;
	if (targets.n == 0) {
		item->text = STR("it has no target: nothing is never everything");
		return;
	}
	p->run.row.targets = targets;
	struct groups groups = { .p = arena_new(p->arena, struct plan_target,
				     PLAN_GROUPS_MAX),
		.names = arena_new(p->arena, str, targets.n) };
	bool goes_on = true;
	for (uint32_t k = 0; k < targets.n && goes_on; k++) {
		struct plan_target target = { 0 };
		p->run.row.target = k;
		goes_on = plan_target(p, item, &target);
		groups.names[k] = keep(p, targets.p[k]);
		add_to_groups(&groups, &target, k);
	}
	p->run.row.targets = (struct strs){ 0 };
	p->run.row.target = 0;
	item->targets = (struct records){ groups.p, groups.n };
	item->fate = groups.strictest.fate;
	item->before = item->fate == PLAN_UNKNOWN ? item->number : 0;
	item->text = groups.strictest.text;
	if (targets.n > 1 && roll_batch_size(step, targets.n) > 1)
		item->text = text_make(p->core, "%zu of %zu at once: %.*s",
		    roll_batch_size(step, targets.n), targets.n, STR_ARG(item->text));
	enum autonomy level = level_of(p);
	if (item->fate != PLAN_RUNS || level == AUTONOMY_AUTO)
		return;
	item->fate = PLAN_ASKS;
	item->text = text_make(p->core,
	    level == AUTONOMY_SUGGEST
		? "it would be suggested: a person starts the runbook (%s): %.*s"
	    : level == AUTONOMY_VETO
		? "it is announced, and somebody may veto it (%s): %.*s"
		: "a person permits it first (%s): %.*s",
	    autonomy_name(level), STR_ARG(item->text));
}

/* ---- steps that end the run ---- */

static void
plan_handoff(struct planning *p, size_t i, struct plan_item *item)
{
	const struct runbook_step *step = step_at(p, i);
	const struct incident_row *row = &run_incident(p->core, &p->run)->row;
	item->fate = row->developers.n > 0 ? PLAN_RUNS : PLAN_REFUSED;
	item->text = row->developers.n > 0
	                 ? text_make(p->core, "handed to %.*s: %.*s",
			       STR_ARG(row->developers), STR_ARG(step->because))
	                 : text_make(p->core, "%.*s has no developers to hand it to",
			       STR_ARG(row->service));
}

/* " for each of 3 hosts" */
static str
called_for(struct planning *p, size_t i)
{
	if (!step_at(p, i)->each)
		return (str){ 0 };
	size_t n = action_targets(p->core, &p->run).n;
	return text_make(p->core, " for each of %zu host%s", n, n == 1 ? "" : "s");
}

/* ---- the walk ---- */

static void
plan_step(struct planning *p, size_t i, struct plan_item *item)
{
	enum sure how = p->reached[i].how;
	p->run.row.step = (uint32_t)i;
	switch (step_at(p, i)->kind) {
	case STEP_CHECK:
		plan_look(p, i, item);
		if (item->fate != PLAN_REFUSED) {
			reach(p, i, step_at(p, i)->then, how);
			reach(p, i, step_at(p, i)->otherwise, REACH_MAYBE);
		}
		return;
	case STEP_ASK:
		plan_ask(p, i, item);
		if (item->fate != PLAN_REFUSED)
			reach_answers(p, i, how);
		return;
	case STEP_WAIT:
		plan_wait(p, i, item);
		if (item->fate != PLAN_REFUSED)
			reach(p, i, STEP_NEXT, how);
		if (item->fate != PLAN_REFUSED && step_at(p, i)->probe.kind != 0)
			reach(p, i, step_at(p, i)->otherwise, REACH_MAYBE);
		return;
	case STEP_VERIFY:
		plan_look(p, i, item);
		if (item->fate != PLAN_REFUSED)
			reach(p, i, step_at(p, i)->otherwise, REACH_MAYBE);
		return;
	case STEP_ACTION:
		plan_action(p, i, item);
		if (item->fate != PLAN_REFUSED)
			reach(p, i, STEP_NEXT, how);
		reach(p, i, step_at(p, i)->otherwise,
		    item->fate == PLAN_REFUSED && item->targets.n > 0 ? how : REACH_MAYBE);
		return;
	case STEP_UNDO:
		item->fate = PLAN_RUNS;
		item->text = text_make(p->core, "what %.*s did is taken back, last first",
		    STR_ARG(step_at(p, step_at(p, i)->undo_of)->name));
		reach(p, i, STEP_NEXT, how);
		return;
	case STEP_CALL:
		item->fate = PLAN_UNKNOWN;
		item->before = item->number;
		item->text = text_make(p->core,
		    "runbook %.*s is called%.*s: `firstline run %.*s --dry-run` says what "
		    "it would do",
		    STR_ARG(step_at(p, i)->calls), STR_ARG(called_for(p, i)),
		    STR_ARG(step_at(p, i)->calls));
		reach(p, i, STEP_NEXT, REACH_MAYBE);
		reach(p, i, step_at(p, i)->then, REACH_MAYBE);
		reach(p, i, step_at(p, i)->otherwise, REACH_MAYBE);
		return;
	case STEP_HANDOFF:
		plan_handoff(p, i, item);
		return;
	}
	UNREACHABLE();
}

/* Only a step before it decides whether it comes to this one at all. */
static void
put_reach(struct planning *p, size_t i, struct plan_item *item)
{
	static const char *const would[] = {
		[PLAN_RUNS] = "would run",
		[PLAN_ASKS] = "would ask",
		[PLAN_REFUSED] = "would be refused",
		[PLAN_UNKNOWN] = "cannot be known before it",
	};
	const struct reached *reached = &p->reached[i];
	if (reached->how != REACH_MAYBE)
		return;
	item->text = text_make(p->core, "if it comes to that, %s: %.*s", would[item->fate],
	    STR_ARG(item->text));
	item->fate = PLAN_UNKNOWN;
	item->before = (uint32_t)reached->since + 1;
}

static void
plan_one(struct planning *p, size_t i)
{
	const struct runbook_step *step = step_at(p, i);
	struct plan_item *item = &p->items[i];
	*item = (struct plan_item){ .number = (uint32_t)i + 1,
		.kind = keep(p, str_of(step_kind_name(step->kind))),
		.step = keep(p, step->name),
		.heading = keep(p, step->heading),
		.fate = PLAN_UNREACHED,
		.text = STR("no step before it leads here"),
		.otherwise = keep(p, otherwise_text(p, step)) };
	struct arena mark = p->core->scratch;
	if (p->reached[i].how != REACH_NONE) {
		plan_step(p, i, item);
		put_reach(p, i, item);
	}
	item->text = keep(p, text_line(p->core, item->text, TIMELINE_TEXT_MAX));
	if (item->before > 0)
		item->before_step = keep(p, step_at(p, item->before - 1)->name);
	p->core->scratch = mark;
}

/* What counts already: the plan adds to a copy. */
static struct authority_uses *
uses_now(const struct core *core, struct arena *arena)
{
	struct authority_uses *uses = arena_new(arena, struct authority_uses, 1);
	authority_uses_init(uses);
	list_each(it, &core->tables[TABLE_GRANT_USE])
	{
		const struct authority_use *use =
		    &container_of(object_of(it, in_table), struct grant_use, o)->use;
		struct authority_use *copy = arena_new(arena, struct authority_use, 1);
		*copy = (struct authority_use){ .at = use->at,
			.held = use->held,
			.service = use->service,
			.target = use->target,
			.action = use->action,
			.verb = use->verb,
			.principal = use->principal,
			.behalf = use->behalf,
			.chain = arena_new(arena, struct authority_actor,
			    authority_chain_n(use->behalf.n)) };
		authority_uses_add(uses, copy);
	}
	return uses;
}

static void PRINTF_LIKE(5, 6) no(struct core_planned *ret, uint32_t status, uint32_t exit,
    struct arena *arena, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	*ret = (struct core_planned){ .status = status,
		.exit = exit,
		.error = arena_vprintf(arena, fmt, args) };
	va_end(args);
}

/* An incident that is open, or one as if; false: said why. */
static bool
find_incident(struct planning *p, struct core_planned *ret)
{
	const struct core_plan *asked = p->asked;
	struct core *core = p->core;
	if (asked->incident != 0) {
		const struct incident *incident = incident_find(core, asked->incident);
		if (incident == NULL && asked->incident >= core->control->row.next_incident)
			no(ret, 404, EXIT_NOT_FOUND, p->arena, "there is no incident %u",
			    asked->incident);
		else if (incident == NULL || incident->row.state == INCIDENT_CLOSED)
			no(ret, 409, EXIT_CONFLICT, p->arena, "incident %u is closed",
			    asked->incident);
		else
			p->run.row.incident = asked->incident;
		return p->run.row.incident != 0;
	}
	const struct service *service = model_service(core->newest->model, asked->service);
	if (service == NULL) {
		no(ret, 404, EXIT_NOT_FOUND, p->arena, "%.*s",
		    STR_ARG(unknown_service(core, asked->service, p->arena)));
		return false;
	}
	p->imagined.row = (struct incident_row){ .state = INCIDENT_OPEN,
		.service = service->name,
		.environment = service->environment };
	if (service->owner != NULL)
		p->imagined.row.owner = service->owner->name;
	if (service->developers != NULL)
		p->imagined.row.developers = service->developers->name;
	p->imagined.model = core->newest;
	list_init(&p->imagined.attempts);
	p->run.imagined = &p->imagined;
	return true;
}

static bool
begin(struct planning *p, struct core_planned *ret)
{
	struct core *core = p->core;
	const struct core_plan *asked = p->asked;
	const struct runbook *runbook = model_runbook(core->newest->model, asked->runbook);
	if (runbook == NULL) {
		no(ret, 404, EXIT_NOT_FOUND, p->arena, "%.*s",
		    STR_ARG(unknown_runbook(core, asked->runbook, p->arena)));
		return false;
	}
	p->run.row = (struct run_row){ .state = RUN_RUNNING,
		.runbook = runbook->name,
		.runbook_hash = runbook->hash,
		.config = core->newest->hash,
		.started_by = asked->principal,
		.phase = PHASE_ENTER };
	p->run.model = core->newest;
	p->run.runbook = runbook;
	if (!find_incident(p, ret))
		return false;
	str why;
	if (run_can_begin(core, run_incident(core, &p->run), runbook, asked->inputs,
		&p->run.row.inputs, &why))
		return true;
	no(ret, 422, EXIT_USAGE, p->arena, "runbook %.*s cannot start: %.*s",
	    STR_ARG(runbook->name), STR_ARG(why));
	return false;
}

/* What a run would have to wait for, or would not begin at all for. */
static str
note(struct planning *p)
{
	const struct run *busy = run_incident(p->core, &p->run)->run;
	if (p->core->control->row.stopped)
		return text_make(p->core, "everything is stopped, by %.*s",
		    STR_ARG(text_who(p->core->control->row.stopped_by)));
	if (busy != NULL)
		return text_make(p->core,
		    "runbook %.*s is in work on incident %u: another begins when it ended",
		    STR_ARG(busy->row.runbook), busy->row.incident);
	if (p->run.imagined != NULL)
		return text_make(p->core, "as if an incident were open on %.*s",
		    STR_ARG(p->asked->service));
	return (str){ 0 };
}

void
core_plan(struct core *core, const struct core_plan *asked, struct arena *arena,
    struct core_planned *ret)
{
	ASSERT(core->newest != NULL && core->fx == NULL);
	struct arena mark = core->scratch;
	struct planning *p = arena_new(arena, struct planning, 1);
	*p = (struct planning){ .core = core, .arena = arena, .asked = asked };
	if (!begin(p, ret)) {
		core->scratch = mark;
		return;
	}
	size_t n = p->run.runbook->steps_n;
	p->uses = uses_now(core, arena);
	p->reached = arena_new(arena, struct reached, n);
	p->items = arena_new(arena, struct plan_item, n);
	p->reached[0].how = REACH_SURE;
	*ret = (struct core_planned){ .status = 200, .steps = p->items, .n = n };
	bool refused = core->control->row.stopped, asks = false;
	for (size_t i = 0; i < n; i++) {
		plan_one(p, i);
		refused = refused || p->items[i].fate == PLAN_REFUSED;
		asks = asks || p->items[i].fate == PLAN_ASKS;
	}
	ret->exit = refused ? EXIT_REFUSED : asks ? EXIT_NEEDS_APPROVAL : EXIT_OK;
	ret->note = arena_str(arena, note(p));
	core->scratch = mark;
}
