/*
 * The step `call`: another runbook, as one step.
 *
 *	runbook: drain-one
 *	each: {service: payments, role: worker}
 *	with: {host: "${target}", pool: "${pool}"}
 *
 * Runbooks are read in any order, so what they call is looked up when all are there: it has
 * steps and those inputs, answers for every service of its caller, and no way of calling
 * leads back or deeper than CALLS_DEEP_MAX.
 */
#include "model/runbook.h"

#include <assert.h>

struct called {
	struct called *next;
	const struct runbook *by;
	const struct runbook_step *step;
	const struct node *name;
	const struct node *with; /* NULL: none */
};

/* One after the other: a runbook for each has its own looks in between. */
static void
read_rolling(struct step_reader *s, const struct node *node, const struct node *each)
{
	struct reader *r = s->r;
	const struct node *pause = NULL, *failures = NULL;
	const struct key keys[] = {
		{ "pause", &pause },
		{ "stop_after_failures", &failures },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	if (pause != NULL)
		(void)read_duration(r, pause, 0, STEP_PAUSE_MS_MAX, &s->step->pause_ms);
	if (failures != NULL)
		(void)read_u32(r, failures, 1, STEP_FAILURES_MAX,
		    &s->step->stop_after_failures);
	if (each == NULL)
		read_error_key(r, node, STR("add 'each: {service: ...}'"),
		    "'rolling' means nothing without 'each'");
}

/* Else the same would be done as often as there are hosts. */
static void
uses_target(struct reader *r, const struct node *each, const struct runbook_step *step)
{
	for (size_t i = 0; i < step->with_n; i++) {
		const struct template *value = &step->with[i].value;
		for (size_t k = 0; k < value->n; k++) {
			if (value->pieces[k].placeholder &&
			    str_eq(value->pieces[k].text, STR("target")))
				return;
		}
	}
	read_error_key(r, each, STR("give it to an input: 'with: {host: \"${target}\"}'"),
	    "the called runbook is not told for which host it is");
}

void
step_read_call(struct step_reader *s)
{
	struct reader *r = s->r;
	const struct node *runbook = NULL, *with = NULL, *each = NULL, *rolling = NULL;
	const struct key keys[] = {
		{ "runbook", &runbook, .required = true },
		{ "with", &with },
		{ "each", &each },
		{ "rolling", &rolling },
		{ "then", &s->draft->then },
		{ "otherwise", &s->draft->otherwise },
	};
	(void)read_map(r, s->map, "call", keys, countof(keys));
	s->step->stop_after_failures = 1;
	if (each != NULL) {
		s->step->each = true;
		step_read_targets(s, each, false);
	}
	if (rolling != NULL)
		read_rolling(s, rolling, each);
	if (with != NULL)
		read_with(r, with, NULL, each != NULL ? s->with_names : s->probe_names,
		    &s->step->with, &s->step->with_n);
	if (each != NULL)
		uses_target(r, each, s->step);
	if (runbook == NULL || !read_name(r, runbook, &s->step->calls))
		return;
	struct called *called = arena_new(r->arena, struct called, 1);
	*called = (struct called){ r->called, s->runbook, s->step, runbook, with };
	r->called = called;
}

static size_t
index_of(const struct reader *r, const struct runbook *runbook)
{
	return (size_t)(runbook - r->model->runbooks);
}

static void
unknown(struct reader *r, const struct node *node)
{
	const struct model *m = r->model;
	str names[RUNBOOKS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < m->runbooks_n; i++) {
		if (m->runbooks[i].name.n > 0)
			names[n++] = m->runbooks[i].name;
	}
	str hint = read_suggest(r, node->text, names, n);
	if (hint.n > 0 || !r->incomplete)
		read_error(r, node,
		    hint.n > 0 ? hint : STR("name a runbook of this configuration"),
		    "unknown runbook '%.*s'", STR_ARG(node->text));
}

static const struct input *
input_of(const struct runbook *runbook, str name)
{
	for (size_t i = 0; i < runbook->inputs_n; i++) {
		if (str_eq(runbook->inputs[i].param.name, name))
			return &runbook->inputs[i];
	}
	return NULL;
}

static void
check_with(struct reader *r, const struct called *call, const struct runbook *runbook)
{
	const struct node *node = call->with != NULL ? call->with->first : NULL;
	for (size_t i = 0; i < call->step->with_n && node != NULL; i++, node = node->next) {
		const struct with *with = &call->step->with[i];
		const struct input *input = input_of(runbook, with->name);
		str names[RUNBOOK_INPUTS_MAX];
		for (size_t k = 0; k < runbook->inputs_n; k++)
			names[k] = runbook->inputs[k].param.name;
		if (input == NULL) {
			read_error_key(r, node,
			    read_suggest(r, with->name, names, runbook->inputs_n),
			    "'%.*s' has no input '%.*s'", STR_ARG(runbook->name),
			    STR_ARG(with->name));
			continue;
		}
		bool literal = with->value.n == 1 && !with->value.pieces[0].placeholder;
		str why =
		    literal && input->param.kind != 0
			? param_refuses(&input->param, with->value.pieces[0].text, r->arena)
			: (str){ 0 };
		if (why.n > 0)
			read_error(r, node, STR(""), "a bad value for %.*s", STR_ARG(why));
	}
}

static void
check_one(struct reader *r, const struct called *call, const struct runbook *runbook)
{
	if (runbook->steps_n == 0)
		read_error(r, call->name, STR("name one with steps"),
		    "'%.*s' has no steps: it is for people to read",
		    STR_ARG(runbook->name));
	for (size_t i = 0; i < call->by->services_n; i++) {
		if (runbook_is_for(runbook, call->by->services[i]->name))
			continue;
		read_error(r, call->name,
		    read_hint(r, "add it to the services of '%.*s'",
			STR_ARG(runbook->name)),
		    "'%.*s' is not for '%.*s', which this runbook is for",
		    STR_ARG(runbook->name), STR_ARG(call->by->services[i]->name));
		break;
	}
	check_with(r, call, runbook);
}

/* ---- where calling leads ---- */

#define WORDS (RUNBOOKS_MAX / 64)
struct calls {
	uint64_t leads[RUNBOOKS_MAX][WORDS]; /* by one call or more */
	uint8_t deep[RUNBOOKS_MAX];          /* calls below it */
};
static_assert(RUNBOOKS_MAX % 64 == 0, "whole words");

static bool
leads(const struct calls *c, size_t from, size_t to)
{
	return (c->leads[from][to / 64] >> (to % 64) & 1) != 0;
}

static void
close_over(struct calls *c, size_t n)
{
	for (size_t via = 0; via < n; via++) {
		for (size_t from = 0; from < n; from++) {
			for (size_t w = 0; leads(c, from, via) && w < WORDS; w++)
				c->leads[from][w] |= c->leads[via][w];
		}
	}
}

static bool
check_cycles(struct reader *r, const struct calls *c)
{
	bool ok = true;
	for (const struct called *call = r->called; call != NULL; call = call->next) {
		const struct runbook *to =
		    names_get(&r->model->runbook_by_name, call->step->calls);
		if (to == NULL ||
		    (to != call->by && !leads(c, index_of(r, to), index_of(r, call->by))))
			continue;
		ok = false;
		read_error(r, call->name, STR("let one of them do its steps itself"),
		    "a cycle of calls: '%.*s' comes back to '%.*s'", STR_ARG(to->name),
		    STR_ARG(call->by->name));
	}
	return ok;
}

static void
check_deep(struct reader *r, struct calls *c)
{
	for (size_t round = 0; round <= CALLS_DEEP_MAX; round++) {
		for (const struct called *call = r->called; call != NULL;
		     call = call->next) {
			const struct runbook *to =
			    names_get(&r->model->runbook_by_name, call->step->calls);
			size_t by = index_of(r, call->by);
			size_t deep = to != NULL ? c->deep[index_of(r, to)] + 1U : 0;
			if (deep <= CALLS_DEEP_MAX && deep > c->deep[by])
				c->deep[by] = (uint8_t)deep;
			else if (deep > CALLS_DEEP_MAX && round == CALLS_DEEP_MAX)
				read_error(r, call->name,
				    STR("call what does the work directly"),
				    "runbooks call one another more than %d deep",
				    CALLS_DEEP_MAX);
		}
	}
}

void
calls_check(struct reader *r)
{
	if (r->called == NULL)
		return;
	struct calls *c = arena_new(r->arena, struct calls, 1);
	*c = (struct calls){ 0 };
	for (const struct called *call = r->called; call != NULL; call = call->next) {
		const struct runbook *to =
		    names_get(&r->model->runbook_by_name, call->step->calls);
		if (to == NULL) {
			unknown(r, call->name);
			continue;
		}
		check_one(r, call, to);
		size_t i = index_of(r, to);
		c->leads[index_of(r, call->by)][i / 64] |= UINT64_C(1) << (i % 64);
	}
	close_over(c, r->model->runbooks_n);
	if (check_cycles(r, c))
		check_deep(r, c);
}
