/*
 * The targets of an action step: in batches, each of which is begun together.
 *
 *	batch --all of it over--> pause --> gate holds --> next batch ... --> the next step
 *	                                    '-- does not hold in time --> otherwise
 *
 * What becomes of each target is a row of run.rolled. Each has its own attempts, decided
 * and reserved by themselves: limits of authority count all that is under way, so a target
 * may wait for its turn although the runbook would take it now. One in doubt is under way
 * until somebody knows: no further batch begins.
 *
 * Whatever ends the step (a refusal, too many failures, a person) ends it when nothing of
 * it is under way any more; what is not begun by then is not done. Of several reasons the
 * strictest counts: a person, then otherwise, then the next step.
 *
 * A run that was loaded goes on with what is not over: nothing that is done is begun again.
 */
#include "core/state.h"

struct rolled *
rolled_of(const struct run *run, size_t *ret_n)
{
	struct rolled *p = run->row.rolled.p;
	size_t n = run->row.rolled.n, first = n;
	str step = run_step(run)->name;
	while (first > 0 && str_eq(p[first - 1].step, step))
		first--;
	*ret_n = n - first;
	return p + first;
}

struct rolled *
rolled_waiting(const struct run *run, row_id id)
{
	size_t n;
	struct rolled *p = rolled_of(run, &n);
	ASSERT(id != 0);
	for (size_t i = 0; i < n; i++) {
		if (p[i].waiting_for == id)
			return &p[i];
	}
	return NULL;
}

bool
run_awaits(const struct run *run, row_id id)
{
	if (run->row.phase != PHASE_ATTEMPT && run->row.phase != PHASE_ASKED)
		return false;
	return run->row.waiting_for == id || rolled_waiting(run, id) != NULL;
}

static bool
is_over(const struct rolled *rolled)
{
	return rolled->state >= ROLLED_DONE;
}

void
rolled_over(struct core *core, struct run *run, struct rolled *rolled,
    enum rolled_state state)
{
	ASSERT(state >= ROLLED_DONE);
	rolled->state = state;
	rolled->waiting_for = 0;
	rolled->due = 0;
	rolled->deadline = 0;
	rolled->wall = core->wall;
	object_touch(core, &run->o);
}

void
rolled_left(struct core *core, struct run *run, struct rolled *rolled,
    enum rolled_state untried)
{
	rolled_over(core, run, rolled, rolled->retries > 0 ? ROLLED_FAILED : untried);
}

/* ---- leaving the step ---- */

static int
strictness(uint32_t where)
{
	return where == STEP_PERSON ? 2 : where == STEP_NEXT ? 0 : 1;
}

void
roll_leave(struct core *core, struct run *run, uint32_t where, str why)
{
	struct run_row *row = &run->row;
	ASSERT(why.n > 0);
	if (row->roll_why.n > 0 && strictness(where) <= strictness(row->roll_to))
		return;
	row_set_str(core, &row->roll_why, text_line(core, why, TIMELINE_TEXT_MAX));
	row->roll_to = where;
	object_touch(core, &run->o);
}

/* What has not begun by now is not done. */
static void
cut_off(struct core *core, struct run *run, str why)
{
	size_t n;
	struct rolled *p = rolled_of(run, &n);
	for (size_t i = 0; i < n; i++) {
		struct asked *asked = p[i].state == ROLLED_ASKED
		                          ? object_find(core, TABLE_ASKED, p[i].waiting_for)
		                          : NULL;
		if (asked != NULL && asked_open(asked))
			asked_void(core, asked, why);
		if (p[i].state == ROLLED_ASKED || p[i].state == ROLLED_WAITS)
			rolled_left(core, run, &p[i], ROLLED_LEFT);
	}
}

void
roll_drop(struct core *core, struct run *run, str why)
{
	size_t n;
	struct rolled *p = rolled_of(run, &n);
	cut_off(core, run, why);
	for (size_t i = 0; i < n; i++) {
		if (p[i].state != ROLLED_OUT)
			continue;
		struct attempt *attempt =
		    object_find(core, TABLE_ATTEMPT, p[i].waiting_for);
		if (attempt != NULL && attempt_open(attempt))
			attempt_stop(core, attempt, why);
		attempt = object_find(core, TABLE_ATTEMPT, p[i].waiting_for);
		bool open = attempt != NULL && attempt_open(attempt);
		if (open)
			rolled_over(core, run, &p[i], ROLLED_INTERRUPTED);
		else
			rolled_left(core, run, &p[i], ROLLED_LEFT);
	}
}

static unsigned
count(const struct run *run, enum rolled_state state)
{
	size_t n;
	const struct rolled *p = rolled_of(run, &n);
	unsigned found = 0;
	for (size_t i = 0; i < n; i++)
		found += p[i].state == state ? 1 : 0;
	return found;
}

/* "3 of 8 done, 1 failed, 4 not begun"; nothing of one target, and in shadow. */
str
roll_text(struct core *core, const struct run *run)
{
	static const struct {
		enum rolled_state state;
		const char *word;
	} words[] = {
		{ ROLLED_STOPPED, "stopped" },
		{ ROLLED_FAILED, "failed" },
		{ ROLLED_TIMED_OUT, "timed out" },
		{ ROLLED_REFUSED, "refused" },
		{ ROLLED_LEFT, "not done" },
		{ ROLLED_INTERRUPTED, "interrupted" },
	};
	size_t n, all = run->row.targets.n;
	(void)rolled_of(run, &n);
	if (all <= 1 || run->row.shadow)
		return (str){ 0 };
	str text = text_make(core, "%u of %zu done", count(run, ROLLED_DONE), all);
	for (size_t i = 0; i < countof(words); i++) {
		unsigned found = count(run, words[i].state);
		if (found > 0)
			text = text_make(core, "%.*s, %u %s", STR_ARG(text), found,
			    words[i].word);
	}
	if (n < all)
		text = text_make(core, "%.*s, %zu not begun", STR_ARG(text), all - n);
	return text;
}

void
roll_tell(struct core *core, const struct run *run)
{
	str text = roll_text(core, run);
	if (text.n > 0)
		timeline_add(core, run->row.incident, TIMELINE_RUNBOOK, FIRSTLINE,
		    run->row.id, "%.*s: %.*s", STR_ARG(run_step(run)->name), STR_ARG(text));
}

static void
leave(struct core *core, struct run *run)
{
	str why = arena_str(&core->scratch, run->row.roll_why);
	cut_off(core, run, why);
	if (count(run, ROLLED_OUT) > 0) {
		roll_arm(core, run);
		return;
	}
	roll_tell(core, run);
	run_goto(core, run, run->row.roll_to, why);
}

str
roll_gone(struct core *core, const struct run *run, size_t gone, size_t begun)
{
	size_t all = run->row.targets.n;
	return text_make(core,
	    "%.*s is no longer one of the targets of %.*s: %zu of %zu are not touched",
	    STR_ARG(run->row.targets.p[gone]), STR_ARG(run_step(run)->name), all - begun,
	    all);
}

/* ---- waiting ---- */

/* The run shows what it waits for first: attempts, then answers, then time. */
void
roll_arm(struct core *core, struct run *run)
{
	size_t n;
	const struct rolled *p = rolled_of(run, &n);
	enum step_phase phase = PHASE_WAITING;
	row_id waiting_for = 0;
	msec due = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i].due != 0 && (due == 0 || p[i].due < due))
			due = p[i].due;
		if (p[i].state == ROLLED_OUT && phase != PHASE_ATTEMPT) {
			phase = PHASE_ATTEMPT;
			waiting_for = p[i].waiting_for;
		} else if (p[i].state == ROLLED_ASKED && phase == PHASE_WAITING) {
			phase = PHASE_ASKED;
			waiting_for = p[i].waiting_for;
		}
	}
	run_wait(core, run, phase, due, waiting_for);
}

void
roll_again(struct core *core, struct run *run, row_id asked)
{
	struct rolled *rolled = rolled_waiting(run, asked);
	ASSERT(rolled != NULL);
	rolled->state = ROLLED_WAITS;
	rolled->waiting_for = 0;
	rolled->due = core->at;
	roll_arm(core, run);
}

/* ---- between two batches ---- */

static bool
has_gate(const struct runbook_step *step)
{
	return step->gate_hosts || step->probe.kind != 0;
}

/* Those of the last batch that were done. */
struct strs
roll_gate_hosts(struct core *core, const struct run *run)
{
	size_t n;
	const struct rolled *p = rolled_of(run, &n);
	struct strs hosts = { arena_new(&core->scratch, str, BATCH_MAX), 0 };
	for (size_t i = 0; i < n; i++) {
		if (p[i].batch != p[n - 1].batch || p[i].state != ROLLED_DONE)
			continue;
		ASSERT(hosts.n < BATCH_MAX);
		hosts.p[hosts.n++] = p[i].target;
	}
	return hosts;
}

/* The next batch may begin; false: it waits, or went elsewhere. */
static bool
between(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	struct run_row *row = &run->row;
	size_t n;
	(void)rolled_of(run, &n);
	if (n == 0 || run->row.shadow || row->between == BETWEEN_OVER)
		return true;
	if (row->between == 0 && step->pause_ms > 0) {
		row->between = BETWEEN_PAUSE;
		run_wait(core, run, PHASE_WAITING, core->at + step->pause_ms, 0);
		return false;
	}
	if (!has_gate(step) || (step->gate_hosts && roll_gate_hosts(core, run).n == 0))
		return true;
	row->between = BETWEEN_GATE;
	gate_enter(core, run);
	return false;
}

void
roll_gate_held(struct core *core, struct run *run)
{
	run->row.between = BETWEEN_OVER;
	run->row.deadline = 0;
	run->row.held_since = 0;
	roll_on(core, run);
}

/* ---- batches ---- */

size_t
roll_batch_size(const struct runbook_step *step, size_t all)
{
	size_t n =
	    step->batch.percent > 0 ? all * step->batch.percent / 100 : step->batch.count;
	n = n > BATCH_MAX ? BATCH_MAX : n;
	return n > 0 ? n : 1;
}

/* One more row, behind the others; the first steps' go where there are too many. */
bool
rolled_add(struct core *core, struct run *run, size_t target, uint32_t batch)
{
	struct records *rolled = &run->row.rolled;
	size_t n = rolled->n < ROLLED_MAX ? rolled->n : ROLLED_MAX - 1;
	struct rolled *p = arena_new(&core->scratch, struct rolled, n + 1);
	if (n > 0)
		memcpy(p, (const struct rolled *)rolled->p + rolled->n - n, n * sizeof(*p));
	p[n] = (struct rolled){ .step = run_step(run)->name,
		.target = run->row.targets.p[target],
		.state = ROLLED_WAITS,
		.batch = batch };
	if (own_records(&rolled_type, core->pool, rolled, (struct records){ p, n + 1 }))
		return true;
	core->control->row.shed++;
	return false;
}

/* Of a version that took one target after the other, and kept no more of them than which: those
 * before it are over, whatever became of them, and none is begun again. */
static void
roll_as_it_was(struct core *core, struct run *run)
{
	const struct run_row *row = &run->row;
	enum step_phase phase = row->phase;
	bool out = phase == PHASE_ATTEMPT || phase == PHASE_ASKED;
	if (row->undoing || row->rolled.n > 0 || run_step(run)->kind != STEP_ACTION ||
	    !(out || (phase == PHASE_WAITING && row->acted)))
		return;
	for (size_t i = 0; i < row->target + (out ? 1u : 0u) && i < row->targets.n; i++) {
		if (!rolled_add(core, run, i, (uint32_t)i + 1)) {
			run_person(core, run, STR("there is no memory for its targets"));
			return;
		}
		struct rolled *rolled = (struct rolled *)row->rolled.p + i;
		rolled->state = ROLLED_INTERRUPTED;
		if (i < row->target)
			continue;
		rolled->state = phase == PHASE_ASKED ? ROLLED_ASKED : ROLLED_OUT;
		rolled->waiting_for = row->waiting_for;
	}
	object_touch(core, &run->o);
}

void
rolls_started(struct core *core)
{
	list_each_safe(it, &core->tables[TABLE_RUN])
	    roll_as_it_was(core, container_of(object_of(it, in_table), struct run, o));
}

/* All of it is asked about before any of it is begun. */
static bool
may_begin(struct core *core, struct run *run, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (action_still_there(core, run, run->row.targets.p[i]))
			continue;
		roll_leave(core, run, STEP_PERSON, roll_gone(core, run, i, from));
		return false;
	}
	for (size_t i = from; i < to && !run->row.shadow; i++) {
		run->row.target = (uint32_t)i;
		if (permit_has(core, run))
			continue;
		/* That may last: whether those before are well is looked at again. */
		run->row.between = from > 0 ? BETWEEN_PAUSE : 0;
		return false;
	}
	return true;
}

static void
batch(struct core *core, struct run *run, size_t begun)
{
	size_t n;
	const struct rolled *p = rolled_of(run, &n);
	uint32_t number = n > 0 ? p[n - 1].batch + 1 : 1;
	size_t end = begun + roll_batch_size(run_step(run), run->row.targets.n);
	end = end < run->row.targets.n ? end : run->row.targets.n;
	if (!may_begin(core, run, begun, end))
		return;
	run->row.between = 0;
	for (size_t i = begun; i < end && run->row.roll_why.n == 0; i++) {
		struct arena mark = core->scratch;
		if (rolled_add(core, run, i, number))
			action_begin(core, run, i);
		else
			roll_leave(core, run, STEP_PERSON,
			    STR("there is no memory for its targets"));
		core->scratch = mark;
	}
	object_touch(core, &run->o);
}

static void
finish(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	roll_tell(core, run);
	if (run->row.failures == run->row.targets.n)
		run_goto(core, run, step->otherwise,
		    text_make(core, "%.*s failed on every target", STR_ARG(step->name)));
	else
		run_goto(core, run, STEP_NEXT, step->name);
}

/* Those that wait for a permission alone; *ret_others: so many wait for something else. */
static size_t
first_parked(const struct run *run, size_t *ret_others)
{
	size_t n, parked = SIZE_MAX;
	const struct rolled *p = rolled_of(run, &n);
	*ret_others = 0;
	for (size_t i = 0; i < n; i++) {
		if (is_over(&p[i]))
			continue;
		if (p[i].state != ROLLED_WAITS || p[i].due != 0)
			++*ret_others;
		else if (parked == SIZE_MAX)
			parked = i;
	}
	return parked;
}

/* It is asked for when nothing else is under way: meanwhile the run waits for it alone. */
static bool
begin_parked(struct core *core, struct run *run, size_t i)
{
	run->row.target = (uint32_t)i;
	if (!permit_has(core, run))
		return false;
	action_begin(core, run, i);
	return true;
}

/* None of a batch was begun, and why not found no room either: so it would be for ever. */
static bool
is_stuck(struct run *run, size_t begun)
{
	size_t n;
	(void)rolled_of(run, &n);
	return n == begun && run->row.roll_why.n == 0;
}

void
roll_on(struct core *core, struct run *run)
{
	uint32_t step = run->row.step;
	for (;;) {
		size_t n, others;
		(void)rolled_of(run, &n);
		size_t parked = first_parked(run, &others);
		if (run->row.roll_why.n > 0) {
			leave(core, run);
			return;
		}
		if (others > 0) {
			roll_arm(core, run);
			return;
		}
		if (parked != SIZE_MAX) {
			if (!begin_parked(core, run, parked))
				return;
			continue;
		}
		if (n == run->row.targets.n) {
			finish(core, run);
			return;
		}
		if (!between(core, run))
			return;
		batch(core, run, n);
		/* It waits for a permission, or a person must look. */
		if (run->row.state != RUN_RUNNING || run->row.step != step ||
		    permit_waits(run))
			return;
		if (is_stuck(run, n)) {
			roll_tell(core, run);
			run_goto(core, run, STEP_PERSON,
			    STR("there is no memory for its targets"));
			return;
		}
	}
}

void
roll_due(struct core *core, struct run *run)
{
	size_t n;
	struct rolled *p = rolled_of(run, &n);
	if (run->row.between == BETWEEN_GATE) {
		check_due(core, run);
		return;
	}
	for (size_t i = 0; i < n && run->row.roll_why.n == 0; i++) {
		if (p[i].state != ROLLED_WAITS || p[i].due == 0 || p[i].due > core->at)
			continue;
		run->row.target = (uint32_t)i;
		p[i].due = 0;
		if (run->row.shadow || permit_lets(core, run))
			action_begin(core, run, i);
	}
	roll_on(core, run);
}
