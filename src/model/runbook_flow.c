/*
 * Where steps lead.
 *
 *	check	holds: the next step		else: otherwise (stop)
 *	action	done: the next step		else: otherwise (person)
 *	verify	holds: the end, recovered	else: otherwise (person)
 *	handoff	the end
 *
 * `otherwise` leads only onward, so every run ends; a verify or handoff in the middle ends
 * what comes from above, so steps after it live only by being named.
 */
#include "model/runbook.h"

#define STEP_NONE UINT32_MAX

/* The step that follows when all is well; STEP_NONE: the run ends. */
static uint32_t
next_of(const struct runbook *runbook, uint32_t i)
{
	enum step_kind kind = runbook->steps[i].kind;
	if (kind == STEP_VERIFY || kind == STEP_HANDOFF || i + 1 == runbook->steps_n)
		return STEP_NONE;
	return i + 1;
}

static uint32_t
otherwise_of(const struct runbook *runbook, uint32_t i)
{
	uint32_t to = runbook->steps[i].otherwise;
	return to < runbook->steps_n ? to : STEP_NONE;
}

/* ---- otherwise ---- */

static uint32_t
step_find(const struct runbook *runbook, str name)
{
	for (uint32_t i = 0; i < runbook->steps_n; i++) {
		if (str_eq(runbook->steps[i].name, name))
			return i;
	}
	return STEP_NONE;
}

/* "handoff poison": the kind may stand before the name, and must then be right. */
static bool
read_otherwise(struct reader *r, const struct node *node, const struct runbook *runbook,
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
	uint32_t i = step_find(runbook, name);
	if (i == STEP_NONE) {
		str names[RUNBOOK_STEPS_MAX + 2];
		size_t n = 0;
		for (; n < runbook->steps_n; n++)
			names[n] = runbook->steps[n].name;
		names[n++] = STR("stop");
		names[n++] = STR("person");
		str hint = read_suggest(r, name, names, n);
		if (hint.n == 0)
			hint = STR("write stop, person, or the name of a later step");
		read_error(r, node, hint, "unknown step '%.*s'", STR_ARG(name));
		return false;
	}
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
		const uint32_t onward[] = { next_of(runbook, i), otherwise_of(runbook, i) };
		for (size_t k = 0; k < countof(onward); k++) {
			if (onward[k] == STEP_NONE || seen[onward[k]])
				continue;
			seen[onward[k]] = true;
			before[onward[k]] = i;
			queue[tail++] = onward[k];
		}
	}
	return false;
}

/* "a -> b -> a": from the step that is named, to the one that names it, and back. */
static void
report_cycle(struct reader *r, const struct node *node, const struct runbook *runbook,
    uint32_t from, uint32_t to)
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
	    "a cycle of 'otherwise': %.*s", STR_ARG(shown));
}

static bool
resolve(struct reader *r, struct runbook *runbook, const struct draft *drafts)
{
	unsigned faults = r->diags->count;
	for (uint32_t i = 0; i < runbook->steps_n; i++) {
		const struct node *node = drafts[i].otherwise;
		uint32_t to;
		if (node == NULL || !read_otherwise(r, node, runbook, &to))
			continue;
		if (to <= i)
			report_cycle(r, node, runbook, i, to);
		else
			runbook->steps[i].otherwise = to;
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
			    STR("name it in an 'otherwise' above, or remove it"),
			    "'%.*s' is never reached", STR_ARG(runbook->steps[i].name));
			reached[i] = true; /* what hangs on it is no fault of its own */
		}
		uint32_t next = next_of(runbook, i);
		uint32_t otherwise = otherwise_of(runbook, i);
		if (next != STEP_NONE)
			reached[next] = true;
		if (otherwise != STEP_NONE)
			reached[otherwise] = true;
	}
}

/* From the back: can a verify or handoff be met from here on? */
static void
check_verified(struct reader *r, const struct runbook *runbook, const struct draft *drafts)
{
	bool proved[RUNBOOK_STEPS_MAX] = { false };
	for (uint32_t i = (uint32_t)runbook->steps_n; i-- > 0;) {
		uint32_t next = next_of(runbook, i);
		uint32_t otherwise = otherwise_of(runbook, i);
		enum step_kind kind = runbook->steps[i].kind;
		bool after = next != STEP_NONE && proved[next];
		proved[i] = kind == STEP_VERIFY || kind == STEP_HANDOFF || after ||
		            (otherwise != STEP_NONE && proved[otherwise]);
		if (kind == STEP_ACTION && !after)
			read_error(r, &drafts[i].fence->name,
			    STR("add a verify step after it, or a handoff"),
			    "nothing verifies '%.*s'", STR_ARG(runbook->steps[i].name));
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
}
