/*
 * Where steps lead.
 *
 *	check	holds: then (the next step)	else: otherwise (stop)
 *	action	done: the next step		else: otherwise (person)
 *	wait	over, or holds: the next step	else: otherwise (person)
 *	ask	answered: then (the next step)	else: otherwise (person)
 *	verify	holds: the end, recovered	else: otherwise (person)
 *	call	recovered: the next step	stopped: then (the next step)
 *						else: otherwise (person)
 *	undo	taken back: the next step	else: a person
 *	handoff	the end
 *
 * `then` and `otherwise` lead only onward, so every run ends; a verify or handoff in the
 * middle ends what comes from above, so steps after it live only by being named.
 */
#include "model/runbook.h"

#include <assert.h>

#define STEP_NONE UINT32_MAX

/* The step that follows when all is well; STEP_NONE: the run ends. */
static uint32_t
next_of(const struct runbook *runbook, uint32_t i)
{
	const struct runbook_step *step = &runbook->steps[i];
	if (step->kind == STEP_VERIFY || step->kind == STEP_HANDOFF)
		return STEP_NONE;
	bool on = step->then == STEP_NEXT || step->kind == STEP_CALL;
	uint32_t to = on ? i + 1 : step->then;
	return to < runbook->steps_n ? to : STEP_NONE;
}

static void
add_after(const struct runbook *runbook, uint32_t to, uint32_t ret[STEPS_AFTER_MAX],
    size_t *n)
{
	if (to >= runbook->steps_n)
		return;
	for (size_t i = 0; i < *n; i++) {
		if (ret[i] == to)
			return;
	}
	ret[(*n)++] = to;
}

/* Is there an answer that leads to the next step? */
static bool
leads_on(const struct runbook_step *step)
{
	if (step->answer.kind != PARAM_ONE_OF)
		return true;
	for (size_t i = 0; i < step->answer.values.n; i++) {
		uint32_t to = STEP_NEXT;
		for (size_t k = 0; k < step->answers_n; k++) {
			if (str_eq(step->answers[k].value, step->answer.values.p[i]))
				to = step->answers[k].to;
		}
		if (to == STEP_NEXT)
			return true;
	}
	return false;
}

/* Where it leads when all is well. */
static size_t
when_well(const struct runbook *runbook, uint32_t i, uint32_t ret[STEPS_AFTER_MAX])
{
	const struct runbook_step *step = &runbook->steps[i];
	size_t n = 0;
	if (step->kind != STEP_ASK || leads_on(step))
		add_after(runbook, next_of(runbook, i), ret, &n);
	if (step->kind == STEP_CALL)
		add_after(runbook, step->then, ret, &n);
	for (size_t k = 0; k < step->answers_n; k++)
		add_after(runbook, step->answers[k].to, ret, &n);
	return n;
}

size_t
runbook_after(const struct runbook *runbook, uint32_t step, uint32_t ret[STEPS_AFTER_MAX])
{
	size_t n = when_well(runbook, step, ret);
	add_after(runbook, runbook->steps[step].otherwise, ret, &n);
	return n;
}

const struct runbook_step *
runbook_acts_on_itself(const struct model *model, const struct runbook *runbook,
    const struct runbook **ret_of)
{
	*ret_of = runbook;
	for (size_t i = 0; i < runbook->steps_n; i++) {
		const struct runbook_step *step = &runbook->steps[i];
		if (step->kind == STEP_ACTION && step->target_service == NULL)
			return step;
	}
	for (size_t i = 0; i < runbook->steps_n; i++) { /* calls come to an end */
		const struct runbook_step *step = &runbook->steps[i];
		if (step->kind != STEP_CALL)
			continue;
		step = runbook_acts_on_itself(model, model_runbook(model, step->calls),
		    ret_of);
		if (step != NULL)
			return step;
	}
	return NULL;
}

/* ---- otherwise and then ---- */

static uint32_t
step_find(const struct runbook *runbook, str name)
{
	for (uint32_t i = 0; i < runbook->steps_n; i++) {
		if (str_eq(runbook->steps[i].name, name))
			return i;
	}
	return STEP_NONE;
}

/* Hints say what may be written: one of the words, or the name of a step. */
uint32_t
flow_step(struct reader *r, const struct node *node, const struct runbook *runbook,
    str name, const str *words, size_t words_n)
{
	uint32_t i = step_find(runbook, name);
	if (i != STEP_NONE)
		return i;
	str names[RUNBOOK_STEPS_MAX + 2];
	size_t n = 0;
	for (; n < runbook->steps_n; n++)
		names[n] = runbook->steps[n].name;
	for (size_t k = 0; k < words_n; k++)
		names[n++] = words[k];
	str hint = read_suggest(r, name, names, n);
	if (hint.n == 0)
		hint = words_n > 1 ? STR("write stop, person, or the name of a later step")
		                   : STR("write the name of a step above");
	read_error(r, node, hint, "unknown step '%.*s'", STR_ARG(name));
	return RUNBOOK_STEPS_MAX;
}

/* "handoff poison": the kind may stand before the name, and must then be right. */
static bool
read_where(struct reader *r, const struct node *node, const struct runbook *runbook,
    uint32_t *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	struct str_cut cut = str_cut(text, ' ');
	enum step_kind kind = STEP_CHECK;
	bool has_kind = cut.found && step_kind_of(cut.head, &kind);
	str name = has_kind ? str_trim(cut.tail) : text;
	if (!has_kind && (str_eq(name, STR("stop")) || str_eq(name, STR("person")))) {
		*ret = name.n == 4 ? STEP_STOP : STEP_PERSON;
		return true;
	}
	static const str words[] = { { "stop", 4 }, { "person", 6 } };
	uint32_t i = flow_step(r, node, runbook, name, words, countof(words));
	if (i == RUNBOOK_STEPS_MAX)
		return false;
	if (has_kind && kind != runbook->steps[i].kind) {
		const char *is = step_kind_name(runbook->steps[i].kind);
		read_error(r, node, read_hint(r, "write '%s %.*s'", is, STR_ARG(name)),
		    "'%.*s' is no %s", STR_ARG(name), step_kind_name(kind));
		return false;
	}
	*ret = i;
	return true;
}

/* The shortest way from one step to another, as steps before[]; false: there is none. */
static bool
find_way(const struct runbook *runbook, uint32_t from, uint32_t to,
    uint32_t before[RUNBOOK_STEPS_MAX])
{
	uint32_t queue[RUNBOOK_STEPS_MAX];
	bool seen[RUNBOOK_STEPS_MAX] = { false };
	size_t head = 0, tail = 0;
	queue[tail++] = from;
	seen[from] = true;
	while (head < tail) {
		uint32_t i = queue[head++];
		if (i == to)
			return true;
		uint32_t onward[STEPS_AFTER_MAX];
		size_t n = runbook_after(runbook, i, onward);
		for (size_t k = 0; k < n; k++) {
			if (seen[onward[k]])
				continue;
			seen[onward[k]] = true;
			before[onward[k]] = i;
			queue[tail++] = onward[k];
		}
	}
	return false;
}

bool
flow_leads(const struct runbook *runbook, uint32_t from, uint32_t to)
{
	uint32_t before[RUNBOOK_STEPS_MAX];
	return find_way(runbook, from, to, before);
}

/* "a -> b -> a": from the step that is named, to the one that names it, and back. */
static void
report_cycle(struct reader *r, const struct node *node, const char *key,
    const struct runbook *runbook, uint32_t from, uint32_t to)
{
	uint32_t before[RUNBOOK_STEPS_MAX];
	uint32_t way[RUNBOOK_STEPS_MAX];
	size_t n = 0;
	way[n++] = from;
	if (find_way(runbook, to, from, before)) {
		for (uint32_t i = from; i != to; i = before[i])
			way[n++] = before[i];
	} else if (from != to) {
		way[n++] = to;
	}
	struct buf text = BUF(4096);
	for (size_t i = n; i > 0; i--) {
		buf_add(&text, runbook->steps[way[i - 1]].name);
		buf_add(&text, STR(" -> "));
	}
	buf_add(&text, runbook->steps[to].name);
	str shown = arena_str(r->arena, buf_str(&text));
	buf_done(&text);
	read_error(r, node, STR("name a later step, stop or person"),
	    "a cycle of '%s': %.*s", key, STR_ARG(shown));
}

/* Where `node` says, if it says anything, and that is later than step `i`. */
static void
resolve_one(struct reader *r, const struct node *node, const char *key,
    const struct runbook *runbook, uint32_t i, uint32_t *ret)
{
	uint32_t to;
	if (node == NULL || !read_where(r, node, runbook, &to))
		return;
	if (to <= i)
		report_cycle(r, node, key, runbook, i, to);
	else
		*ret = to;
}

static void
resolve_answers(struct reader *r, const struct node *then, const struct runbook *runbook,
    uint32_t i, struct runbook_step *step)
{
	const struct node *child = then != NULL ? then->first : NULL;
	for (size_t k = 0; k < step->answers_n && child != NULL; k++) {
		resolve_one(r, child, "then", runbook, i, &step->answers[k].to);
		child = child->next;
	}
}

static bool
resolve(struct reader *r, struct runbook *runbook, const struct draft *drafts)
{
	unsigned faults = r->diags->count;
	for (uint32_t i = 0; i < runbook->steps_n; i++) {
		struct runbook_step *step = &runbook->steps[i];
		resolve_one(r, drafts[i].otherwise, "otherwise", runbook, i,
		    &step->otherwise);
		if (step->kind == STEP_ASK)
			resolve_answers(r, drafts[i].then, runbook, i, step);
		else
			resolve_one(r, drafts[i].then, "then", runbook, i, &step->then);
	}
	return r->diags->count == faults;
}

/* ---- what is reached ---- */

static void
check_reached(struct reader *r, const struct runbook *runbook, const struct draft *drafts)
{
	bool reached[RUNBOOK_STEPS_MAX] = { true };
	for (uint32_t i = 0; i < runbook->steps_n; i++) {
		if (!reached[i]) {
			read_error(r, &drafts[i].fence->name,
			    STR("name it in an 'otherwise' or 'then' above, or remove it"),
			    "'%.*s' is never reached", STR_ARG(runbook->steps[i].name));
			reached[i] = true; /* what hangs on it is no fault of its own */
		}
		uint32_t after[STEPS_AFTER_MAX];
		size_t n = runbook_after(runbook, i, after);
		for (size_t k = 0; k < n; k++)
			reached[after[k]] = true;
	}
}

/* From the back: can a verify or handoff be met from here on? */
static void
check_verified(struct reader *r, const struct runbook *runbook, const struct draft *drafts)
{
	bool proved[RUNBOOK_STEPS_MAX] = { false };
	for (uint32_t i = (uint32_t)runbook->steps_n; i-- > 0;) {
		uint32_t next = next_of(runbook, i);
		enum step_kind kind = runbook->steps[i].kind;
		uint32_t after[STEPS_AFTER_MAX];
		size_t n = runbook_after(runbook, i, after);
		proved[i] = kind == STEP_VERIFY || kind == STEP_HANDOFF;
		for (size_t k = 0; k < n; k++)
			proved[i] = proved[i] || proved[after[k]];
		bool acts = kind == STEP_ACTION || kind == STEP_CALL;
		if (acts && (next == STEP_NONE || !proved[next]))
			read_error(r, &drafts[i].fence->name,
			    STR("add a verify step after it, or a handoff"),
			    "nothing verifies '%.*s'", STR_ARG(runbook->steps[i].name));
		bool on =
		    kind == STEP_WAIT || (kind == STEP_ASK && leads_on(&runbook->steps[i]));
		if (on && next == STEP_NONE)
			read_error(r, &drafts[i].fence->name,
			    STR("add the step that it is for, or remove it"),
			    "nothing follows '%.*s'", STR_ARG(runbook->steps[i].name));
	}
}

/* ---- answers ---- */

/* "${which}" in the text of the step, but not "$${which}". */
static bool
step_uses(const struct fence *fence, str name)
{
	str body =
	    str_take(str_drop(fence->name.src->text, fence->body.off), fence->body.len);
	for (size_t i = 0; i + name.n + 3 <= body.n; i++) {
		str at = str_drop(body, i);
		bool literal = i > 0 && body.p[i - 1] == '$';
		if (!literal && str_starts(at, STR("${")) &&
		    str_starts(str_drop(at, 2), name) && at.p[2 + name.n] == '}')
			return true;
	}
	return false;
}

/* Which answers are surely there at each step: on every way to it they were given. */
static void
check_answers(struct reader *r, struct runbook *runbook, const struct draft *drafts)
{
	uint64_t have[RUNBOOK_STEPS_MAX];
	static_assert(RUNBOOK_STEPS_MAX == 64, "a bit for each step");
	for (size_t i = 0; i < RUNBOOK_STEPS_MAX; i++)
		have[i] = i == 0 ? 0 : UINT64_MAX;
	for (uint32_t i = 0; i < runbook->steps_n; i++) {
		struct runbook_step *step = &runbook->steps[i];
		uint64_t given = step->kind == STEP_ASK ? UINT64_C(1) << i : 0;
		uint32_t after[STEPS_AFTER_MAX];
		size_t n = when_well(runbook, i, after);
		for (size_t k = 0; k < n; k++)
			have[after[k]] &= have[i] | given;
		if (step->otherwise < runbook->steps_n)
			have[step->otherwise] &= have[i];
		for (uint32_t k = 0; k < i; k++) {
			const struct runbook_step *asked = &runbook->steps[k];
			if (asked->kind != STEP_ASK ||
			    !step_uses(drafts[i].fence, asked->name))
				continue;
			step->uses_answers |= UINT64_C(1) << k;
			if ((have[i] >> k & 1) == 0)
				read_error(r, &drafts[i].fence->name,
				    STR("ask before the ways part, and lead without an "
					"answer "
					"to a step that needs none"),
				    "'%.*s' uses '${%.*s}', and is reached without that "
				    "answer too",
				    STR_ARG(step->name), STR_ARG(asked->name));
		}
	}
}

static void
note_inputs(struct runbook *runbook, const struct draft *drafts)
{
	static_assert(RUNBOOK_INPUTS_MAX <= 32, "a bit for each input");
	for (size_t i = 0; i < runbook->steps_n; i++) {
		for (size_t k = 0; k < runbook->inputs_n; k++) {
			const struct input *input = &runbook->inputs[k];
			if (input->from == INPUT_PROBE &&
			    step_uses(drafts[i].fence, input->param.name))
				runbook->steps[i].uses_asked |= UINT32_C(1) << k;
		}
	}
}

void
flow_check(struct reader *r, struct runbook *runbook, const struct draft *drafts)
{
	ASSERT(runbook->steps_n <= RUNBOOK_STEPS_MAX);
	if (!resolve(r, runbook, drafts))
		return;
	check_reached(r, runbook, drafts);
	check_verified(r, runbook, drafts);
	check_answers(r, runbook, drafts);
	note_inputs(runbook, drafts);
	back_resolve(r, runbook, drafts);
}
