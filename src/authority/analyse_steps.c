/*
 * What runbooks ask for: does some grant let it through; is there still time to take back?
 */
#include "authority/analysing.h"

/* ---- fit ---- */

#define COMBINED_MAX 600 /* of values, of one step on one target */

struct fitting {
	struct analysing *a;
	const struct model *model; /* grants alone, at any time, without limits */
	const struct authority *authority;
	struct strs all;
	const struct runbook *runbook;
	const struct runbook_step *step;
};

/* Values that a step can give a parameter: one, those of an input, or none that can be
 * told. */
static void
step_values(const struct fitting *f, const struct param *param, struct arena *arena,
    struct candidates *ret)
{
	const struct rule **rules =
	    arena_new(arena, const struct rule *, f->model->rules_n + 1);
	const struct template *t = NULL;
	for (size_t i = 0; i < f->model->rules_n; i++)
		rules[i] = &f->model->rules[i];
	for (size_t i = 0; i < f->step->with_n; i++) {
		if (str_eq(f->step->with[i].name, param->name))
			t = &f->step->with[i].value;
	}
	if (t == NULL) {
		if (param->otherwise.n > 0)
			ret->p[ret->n++] = param->otherwise;
		return;
	}
	if (t->n != 1)
		return;
	if (!t->pieces[0].placeholder) {
		ret->p[ret->n++] = t->pieces[0].text;
		return;
	}
	const struct param *given = NULL; /* an input, or the answer to a question */
	for (size_t i = 0; i < f->runbook->inputs_n; i++) {
		if (str_eq(f->runbook->inputs[i].param.name, t->pieces[0].text))
			given = &f->runbook->inputs[i].param;
	}
	for (size_t i = 0; i < f->runbook->steps_n; i++) {
		const struct runbook_step *step = &f->runbook->steps[i];
		if (step->kind == STEP_ASK && str_eq(step->name, t->pieces[0].text))
			given = &step->answer;
	}
	if (given == NULL || (given->kind != PARAM_INTEGER && given->kind != PARAM_ONE_OF))
		return;
	/* Edges of its range and of the bounds on what it becomes. */
	struct param as = *given;
	as.name = param->name;
	param_candidates(f->model, rules, f->model->rules_n, f->step->action, &as, arena,
	    ret);
}

struct asking_for {
	struct pairs params;   /* of a value each that fits by itself */
	struct pairs observed; /* the same: nothing is further away than allowed */
	const struct service *service;
	str target;
};

/* A grant `while: incident` is for the service that has the incident: the one that the
 * runbook answers for, not whichever its step acts on. */
static bool
has_incident(const struct fitting *f, const struct service *service)
{
	const struct runbook *runbook = f->runbook;
	if (f->step->target_service == NULL || runbook->services_n == 0)
		return true;
	for (size_t i = 0; i < runbook->services_n; i++) {
		if (runbook->services[i] == service)
			return true;
	}
	return false;
}

static bool
may(struct fitting *f, str principal, const struct asking_for *want)
{
	struct authority_request request = {
		.principal = principal,
		.action = f->step->action,
		.service = want->service,
		.target = want->target,
		.params = &want->params,
		.incident_open = has_incident(f, want->service),
		.wall = f->a->wall,
		.at = DAY,
	};
	struct authority_facts facts = { .observed = want->observed };
	return authority_verdict(f->authority, &request, &facts) == VERDICT_ALLOW;
}

static bool
somebody_may(struct fitting *f, const struct asking_for *want)
{
	for (size_t i = 0; i < f->all.n; i++) {
		if (!decisions_left(f->a, "of steps, services and values in 'fit'") ||
		    may(f, f->all.p[i], want))
			return true;
	}
	return false;
}

static void
unfit(struct fitting *f, const struct asking_for *want, const struct param *param,
    str value)
{
	struct analysing *a = f->a;
	struct authority_request request = {
		.principal = STR("automation"),
		.action = f->step->action,
		.service = want->service,
		.target = want->target,
		.params = &want->params,
	};
	str what = param == NULL ? (str){ 0 }
	                         : arena_printf(a->arena, " with %.*s=%.*s",
				       STR_ARG(param->name), STR_ARG(value));
	if (!str_eq(want->target, want->service->name))
		what = arena_printf(a->arena, " (%.*s)%.*s", STR_ARG(want->target),
		    STR_ARG(what));
	found_add(a,
	    &(struct found){
		.kind = FOUND_FIT,
		.place = f->step->place,
		.text = arena_printf(a->arena,
		    "step '%.*s' can ask for %.*s on %.*s%.*s, and no grant lets it "
		    "through%s",
		    STR_ARG(f->step->name), STR_ARG(f->step->action->name),
		    STR_ARG(want->service->name), STR_ARG(what),
		    has_incident(f, want->service)
			? ""
			: " without an incident of that service"),
		.example = request_text(&request, a->arena),
		.mend =
		    param == NULL
			? STR("write a grant for it, or let the step hand on to a person")
			: STR("widen a grant's `with:`, or narrow what the step can ask "
			      "for"),
	    });
}

/* All parameters, each with the first of its values; false: it cannot be told. */
static bool
first_values(const struct fitting *f, struct arena *arena, struct asking_for *want,
    struct candidates *values)
{
	const struct params *params = &f->step->action->params;
	want->params.p = arena_new(arena, struct pair, PARAMS_MAX);
	want->observed.p = arena_new(arena, struct pair, PARAMS_MAX);
	want->params.n = want->observed.n = 0;
	for (size_t i = 0; i < params->n; i++) {
		const struct param *param = &params->p[i];
		struct candidates any = { .n = 0 };
		values[i].n = 0;
		step_values(f, param, arena, &values[i]);
		if (values[i].n == 0)
			param_candidates(f->a->model, NULL, 0, f->step->action, param,
			    arena, &any);
		const struct candidates *from = values[i].n > 0 ? &values[i] : &any;
		if (from->n == 0 && !param->optional)
			return false;
		if (from->n > 0)
			want->params.p[want->params.n++] =
			    (struct pair){ param->name, from->p[0] };
	}
	params_order(&want->params);
	return true;
}

static void
observe_as_asked(const struct fitting *f, struct asking_for *want)
{
	want->observed.n = 0;
	for (size_t i = 0; i < want->params.n; i++) {
		for (size_t k = 0; k < f->step->action->observe_n; k++) {
			if (str_eq(f->step->action->observe[k].param,
				want->params.p[i].name))
				want->observed.p[want->observed.n++] = want->params.p[i];
		}
	}
}

/* All that can be said where a value is one that nobody can list. */
static bool
grant_about(const struct fitting *f, const struct service *service)
{
	for (size_t i = 0; i < f->model->rules_n; i++) {
		const struct rule *rule = &f->model->rules[i];
		if (rule_covers_action(rule, f->step->action) &&
		    rule_covers_service(f->model, rule, service))
			return true;
	}
	return false;
}

static bool
param_fits(struct fitting *f, struct asking_for *want, size_t at,
    const struct candidates *values, struct arena scratch)
{
	const struct param *param = &f->step->action->params.p[at];
	struct pair *pair = NULL;
	for (size_t i = 0; i < want->params.n; i++) {
		if (str_eq(want->params.p[i].name, param->name))
			pair = &want->params.p[i];
	}
	for (size_t i = 0; pair != NULL && i < values->n; i++) {
		struct arena arena = scratch;
		str first = pair->value;
		/* What the action itself refuses is nobody's to grant. */
		if (param_refuses(param, values->p[i], &arena).n > 0)
			continue;
		pair->value = values->p[i];
		observe_as_asked(f, want);
		if (!somebody_may(f, want)) {
			unfit(f, want, param, values->p[i]);
			return false;
		}
		pair->value = first;
	}
	return true;
}

static void
set_value(struct asking_for *want, str name, str value)
{
	for (size_t i = 0; i < want->params.n; i++) {
		if (str_eq(want->params.p[i].name, name))
			want->params.p[i].value = value;
	}
}

/* Two parameters at once, with all others as they are at first. */
static bool
pair_fits(struct fitting *f, struct asking_for *want, size_t at, size_t other,
    const struct candidates *values, size_t *io_tried)
{
	const struct param *a = &f->step->action->params.p[at],
			   *b = &f->step->action->params.p[other];
	for (size_t i = 0; i < values[at].n; i++) {
		for (size_t k = 0; k < values[other].n; k++) {
			if (!param_takes(a, values[at].p[i]) ||
			    !param_takes(b, values[other].p[k]))
				continue;
			if ((*io_tried)++ >= COMBINED_MAX)
				return true;
			set_value(want, a->name, values[at].p[i]);
			set_value(want, b->name, values[other].p[k]);
			observe_as_asked(f, want);
			if (somebody_may(f, want))
				continue;
			unfit(f, want, b, values[other].p[k]);
			return false;
		}
	}
	set_value(want, a->name, values[at].p[0]);
	set_value(want, b->name, values[other].p[0]);
	return true;
}

/* Grants that each let one of the values through may let no two of them through. */
static bool
pairs_fit(struct fitting *f, struct asking_for *want, const struct candidates *values)
{
	size_t n = f->step->action->params.n, tried = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			if (values[i].n > 1 && values[k].n > 1 &&
			    !pair_fits(f, want, i, k, values, &tried))
				return false;
		}
	}
	if (tried > COMBINED_MAX)
		left_out(f->a, arena_printf(f->a->arena,
				   "looked at %d pairs of values of step '%.*s' (%.*s:%u) "
				   "in 'fit' and "
				   "left out the rest",
				   COMBINED_MAX, STR_ARG(f->step->name),
				   STR_ARG(f->step->place.file), f->step->place.line));
	return true;
}

/* It fits, but for people alone: a run that an alert starts ends there. */
static void
note_people_only(struct fitting *f, struct asking_for *want)
{
	struct analysing *a = f->a;
	observe_as_asked(f, want);
	if (f->runbook->answers_n == 0 || may(f, STR("automation"), want))
		return;
	struct authority_request request = { .principal = STR("automation"),
		.action = f->step->action,
		.service = want->service,
		.target = want->target,
		.params = &want->params };
	found_add(a,
	    &(struct found){
		.kind = FOUND_FIT,
		.place = f->step->place,
		.text = arena_printf(a->arena,
		    "step '%.*s' does %.*s on %.*s, which some people may and automation "
		    "may "
		    "not: a run that an alert starts ends there and asks for a person",
		    STR_ARG(f->step->name), STR_ARG(f->step->action->name),
		    STR_ARG(want->service->name)),
		.example = request_text(&request, a->arena),
		.note = true,
	    });
}

static bool
target_fits(struct fitting *f, const struct service *service, str target,
    struct arena arena)
{
	const struct params *params = &f->step->action->params;
	struct candidates *values = arena_new(&arena, struct candidates, PARAMS_MAX);
	struct asking_for want = { .service = service, .target = target };
	if (params->n > PARAMS_MAX)
		return true;
	bool known = first_values(f, &arena, &want, values);
	bool open =
	    known && params->n == 0 ? somebody_may(f, &want) : grant_about(f, service);
	if (!open) {
		unfit(f, &want, NULL, (str){ 0 });
		return false;
	}
	for (size_t i = 0; known && i < params->n; i++) {
		if (!param_fits(f, &want, i, &values[i], arena))
			return false;
	}
	if (known && !pairs_fit(f, &want, values))
		return false;
	if (known)
		note_people_only(f, &want);
	return true;
}

/* Where it acts on hosts, one of each environment that they are in: grants must cover it. */
static void
find_unfit_hosts(struct fitting *f, struct arena arena)
{
	const struct model *model = f->a->model;
	const struct runbook_step *step = f->step;
	const struct service *service = step->target_service;
	struct strs seen = { arena_new(&arena, str, model->hosts_n + 1), 0 };
	for (size_t i = 0; i < model->hosts_n; i++) {
		const struct host *host = &model->hosts[i];
		if (host->service != service || strs_has(&seen, host->environment) ||
		    (step->target_role.n > 0 && !str_eq(step->target_role, host->role)))
			continue;
		seen.p[seen.n++] = host->environment;
		if (!target_fits(f, service, host->name, arena))
			return;
	}
	if (seen.n == 0)
		(void)target_fits(f, service, service->name, arena);
}

/* The grants that are not over, as wide as they are at their best time. */
static struct model *
grants_at_best(const struct analysing *a, struct arena *arena)
{
	struct model *model = arena_new(arena, struct model, 1);
	*model = *a->model;
	model->rules = arena_new(arena, struct rule, a->model->rules_n + 1);
	model->rules_n = 0;
	for (size_t i = 0; i < a->model->rules_n; i++) {
		const struct rule *rule = &a->model->rules[i];
		if (rule->kind != RULE_GRANT || rule_first_in_force(rule, a->wall) == 0)
			continue;
		struct rule *grant = &model->rules[model->rules_n++];
		*grant = (struct rule){
			.kind = RULE_GRANT,
			.name = rule->name,
			.to = rule->to,
			.to_n = rule->to_n,
			.may = rule->may,
			.on = rule->on,
			.with = rule->with,
			.with_n = rule->with_n,
			.while_incident = rule->while_incident,
			.owner = rule->owner,
			.place = rule->place,
		};
	}
	return model;
}

static void
find_unfit(struct fitting *f, struct arena arena)
{
	const struct model *model = f->a->model;
	const struct runbook *runbook = f->runbook;
	if (f->step->target_service != NULL) {
		find_unfit_hosts(f, arena);
		return;
	}
	for (size_t i = 0; i < runbook->services_n; i++) {
		const struct service *service = runbook->services[i];
		if (!target_fits(f, service, service->name, arena))
			return;
	}
	/* A runbook for any service: that some of them are granted nothing is meant. */
	for (size_t i = 0; runbook->services_n == 0 && i < model->services_n; i++) {
		const struct service *service = &model->services[i];
		if (grant_about(f, service) &&
		    !target_fits(f, service, service->name, arena))
			return;
	}
}

/* ---- undo ---- */

static void
undo_found(struct analysing *a, const struct place *place, str text, const char *mend)
{
	found_add(a, &(struct found){ .kind = FOUND_UNDO,
			 .place = *place,
			 .text = text,
			 .mend = str_of(mend) });
}

/* What the action lets in and hands on, and its undo refuses. */
static bool
handed_on_refused(struct analysing *a, const struct param *from, const struct param *to,
    str *ret)
{
	struct candidates values = { .n = 0 };
	struct arena scratch = *a->arena;
	if (from->kind == PARAM_INTEGER) {
		values.p[values.n++] = arena_printf(a->arena, "%lld", (long long)from->min);
		values.p[values.n++] = arena_printf(a->arena, "%lld", (long long)from->max);
	}
	for (size_t i = 0; i < from->values.n && values.n < CHOICES_MAX; i++)
		values.p[values.n++] = from->values.p[i];
	for (size_t i = 0; i < values.n; i++) {
		struct arena arena = scratch;
		if (param_refuses(from, values.p[i], &arena).n == 0 &&
		    param_refuses(to, values.p[i], &arena).n > 0) {
			*ret = values.p[i];
			return true;
		}
	}
	return false;
}

static const struct with *
undo_value(const struct action *action, str name)
{
	for (size_t i = 0; i < action->undo_with_n; i++) {
		if (str_eq(action->undo_with[i].name, name))
			return &action->undo_with[i];
	}
	return NULL;
}

static void
check_undo_param(struct analysing *a, const struct action *action, const struct param *to)
{
	const struct with *with = undo_value(action, to->name);
	if (with == NULL || with->value.n != 1)
		return; /* what is missing is a mistake of the configuration */
	const struct piece *piece = &with->value.pieces[0];
	struct arena scratch = *a->arena;
	if (!piece->placeholder) {
		if (param_refuses(to, piece->text, &scratch).n > 0)
			undo_found(a, &action->place,
			    arena_printf(a->arena,
				"what takes %.*s back refuses '%.*s' as its '%.*s'",
				STR_ARG(action->name), STR_ARG(piece->text),
				STR_ARG(to->name)),
			    "write a value that the undo takes");
		return;
	}
	const struct param *from = action_param(action, piece->text);
	str refused;
	if (from == NULL)
		return; /* target, service, observed.* */
	if (handed_on_refused(a, from, to, &refused))
		undo_found(a, &action->place,
		    arena_printf(a->arena,
			"%.*s with %.*s=%.*s cannot be taken back: %.*s refuses it",
			STR_ARG(action->name), STR_ARG(from->name), STR_ARG(refused),
			STR_ARG(action->undo->name)),
		    "let both actions take the same values");
}

/* How long a step that acts on nothing may take. */
static msec
step_lasts(const struct runbook_step *step)
{
	switch (step->kind) {
	case STEP_CHECK:
	case STEP_VERIFY:
	case STEP_ASK:
		return step->within_ms;
	case STEP_WAIT:
		return step->probe.kind != 0 ? step->within_ms : step->for_ms;
	case STEP_ACTION:
	case STEP_UNDO:
	case STEP_CALL:
	case STEP_HANDOFF:
		return 0;
	}
	UNREACHABLE();
}

/* The longest way from the beginning of step `from` to a verify that fails; NULL: none. */
static const struct runbook_step *
longest_to_verify(const struct runbook *runbook, size_t from, msec *ret)
{
	const struct runbook_step *verify[RUNBOOK_STEPS_MAX] = { NULL };
	msec lasts[RUNBOOK_STEPS_MAX] = { 0 };
	if (from >= runbook->steps_n)
		return NULL;
	for (size_t i = runbook->steps_n; i-- > from;) {
		const struct runbook_step *step = &runbook->steps[i];
		uint32_t after[STEPS_AFTER_MAX];
		size_t n = step->kind == STEP_VERIFY
		               ? 0
		               : runbook_after(runbook, (uint32_t)i, after);
		if (step->kind == STEP_VERIFY)
			verify[i] = step;
		for (size_t k = 0; k < n; k++) {
			if (verify[after[k]] == NULL || lasts[after[k]] < lasts[i])
				continue;
			verify[i] = verify[after[k]];
			lasts[i] = lasts[after[k]];
		}
		lasts[i] += step_lasts(step);
	}
	*ret = lasts[from];
	return verify[from];
}

/* The verification that follows may last longer than the time in which to take back. */
static void
check_undo_time(struct analysing *a, const struct runbook *runbook, size_t at)
{
	const struct runbook_step *step = &runbook->steps[at];
	msec lasts = 0;
	if (step->action->undo == NULL)
		return;
	const struct runbook_step *verify = longest_to_verify(runbook, at + 1, &lasts);
	if (verify == NULL || lasts <= step->action->undo_within_ms)
		return;
	undo_found(a, &step->place,
	    arena_printf(a->arena,
		"step '%.*s' can be taken back for %llu minute%s, but '%.*s' may fail "
		"only after %llu",
		STR_ARG(step->name),
		(unsigned long long)(step->action->undo_within_ms / MINUTE),
		step->action->undo_within_ms / MINUTE == 1 ? "" : "s",
		STR_ARG(verify->name), (unsigned long long)(lasts / MINUTE)),
	    "give the action's `undo:` a longer `within:`");
}

static void
find_undo(struct analysing *a)
{
	const struct model *model = a->model;
	for (size_t i = 0; i < model->actions_n; i++) {
		const struct action *action = &model->actions[i];
		for (size_t k = 0; action->undo != NULL && k < action->undo->params.n; k++)
			check_undo_param(a, action, &action->undo->params.p[k]);
	}
	for (size_t i = 0; i < model->runbooks_n; i++) {
		for (size_t k = 0; k < model->runbooks[i].steps_n; k++) {
			if (model->runbooks[i].steps[k].kind == STEP_ACTION)
				check_undo_time(a, &model->runbooks[i], k);
		}
	}
}

void
analyse_steps(struct analysing *a)
{
	struct arena_map map, index;
	struct arena arena = arena_map(&map, ANALYSE_WORK_BYTES);
	struct fitting f = { .a = a, .model = grants_at_best(a, &arena) };
	f.authority = authority_mapped(f.model, &index);
	f.all = everyone(a->model, &arena);
	for (size_t i = 0; i < a->model->runbooks_n; i++) {
		f.runbook = &a->model->runbooks[i];
		for (size_t k = 0; k < f.runbook->steps_n; k++) {
			f.step = &f.runbook->steps[k];
			if (f.step->kind == STEP_ACTION)
				find_unfit(&f, arena);
		}
	}
	arena_unmap(&index);
	arena_unmap(&map);
	find_undo(a);
}
