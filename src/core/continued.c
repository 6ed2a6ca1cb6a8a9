/*
 * A run that has ended goes on in a new one: of the same text, on the same incident, with
 * the same inputs, and without the targets on which it was done.
 *
 *	done, and not taken back since			left alone
 *	failed, refused, not begun, taken back		asked for again, decided anew
 *	may have happened (timed out, stopped)		the same, and it is said
 *
 * It walks from the first step: what a check saw then need not hold any more. What has not
 * ended, or is in doubt, comes first: nobody could say what is left.
 *
 * The run that ended is no object any more. Its row comes with the command, from the store;
 * of what it did, what was kept of its incident's attempts is newer than that.
 */
#include "core/state.h"

struct before {
	const struct run_row *row;
	const struct runbook *runbook;
	struct records passed; /* struct rolled */
	unsigned done, maybe;  /* targets */
	bool left;
};

/* ---- what it did ---- */

static bool
passed_step(const struct run *run, str step, str target)
{
	const struct rolled *p = run->row.passed.p;
	for (size_t i = 0; i < run->row.passed.n; i++) {
		if (str_eq(p[i].step, step) &&
		    (target.n == 0 || str_eq(p[i].target, target)))
			return true;
	}
	return false;
}

struct strs
continued_left(struct core *core, const struct run *run, struct strs targets)
{
	str step = run_step(run)->name;
	if (run->row.continues == 0)
		return targets;
	struct strs left = { arena_new(&core->scratch, str, targets.n + 1), 0 };
	for (size_t i = 0; i < targets.n; i++) {
		if (!passed_step(run, step, targets.p[i]))
			left.p[left.n++] = targets.p[i];
	}
	return left;
}

bool
continued_called(const struct run *run)
{
	return run->row.continues != 0 && passed_step(run, run_step(run)->name, (str){ 0 });
}

void
continued_call_done(struct core *core, struct run *run)
{
	const struct records *passed = &run->row.passed;
	if (passed->n == ROLLED_MAX)
		return; /* it is called once more */
	struct rolled *p = arena_new(&core->scratch, struct rolled, passed->n + 1);
	if (passed->n > 0)
		memcpy(p, passed->p, passed->n * sizeof(*p));
	p[passed->n] = (struct rolled){ .step = run_step(run)->name,
		.target = run_step(run)->calls,
		.state = ROLLED_DONE,
		.wall = core->wall };
	row_set_records(core, &rolled_type, &run->row.passed,
	    (struct records){ p, passed->n + 1 });
	object_touch(core, &run->o);
}

static bool
is_its(const struct attempt_row *row, row_id run)
{
	return attempt_owner(row) == run;
}

/* What was done by the runbooks that it called: was any of it taken back? */
static bool
called_undone(const struct incident *incident, row_id run)
{
	list_each(it, &incident->attempts)
	{
		const struct attempt_row *row =
		    &container_of(object_of(it, of_incident), struct attempt, o)->row;
		if (is_its(row, run) && row->run != run && row->undone_by != 0)
			return true;
	}
	return false;
}

static bool
is_done(const struct core *core, const struct incident *incident, const struct rolled *p,
    row_id run)
{
	const struct attempt *attempt = object_find(core, TABLE_ATTEMPT, p->attempt);
	if (attempt != NULL)
		return attempt_happened(&attempt->row) && attempt->row.undone_by == 0;
	return p->state == ROLLED_DONE &&
	       (p->attempt != 0 || !called_undone(incident, run));
}

static bool
may_be_done(const struct core *core, const struct rolled *p)
{
	const struct attempt *attempt = object_find(core, TABLE_ATTEMPT, p->attempt);
	if (attempt == NULL)
		return p->state == ROLLED_TIMED_OUT;
	return attempt->row.state == ATTEMPT_TIMED_OUT ||
	       attempt->row.state == ATTEMPT_KILLED ||
	       (attempt->row.state == ATTEMPT_SETTLED &&
		   attempt->row.happened == HAPPENED_UNKNOWN);
}

static bool
acts(const struct runbook_step *step)
{
	return step->kind == STEP_ACTION || step->kind == STEP_CALL;
}

/* At the step where it ended, or behind it as far as the next verify. */
static bool
never_begun(const struct before *before)
{
	const struct run_row *row = before->row;
	const struct runbook_step *step = &before->runbook->steps[row->step];
	const struct rolled *p = row->rolled.p;
	size_t begun = 0;
	for (size_t i = 0; i < row->rolled.n; i++)
		begun += str_eq(p[i].step, step->name) ? 1 : 0;
	if (acts(step) && (row->targets.n > begun || begun == 0))
		return true;
	for (size_t i = row->step; i < before->runbook->steps_n; i++) {
		step = &before->runbook->steps[i];
		if (step->kind == STEP_VERIFY || step->kind == STEP_HANDOFF)
			return false;
		if (i > row->step && acts(step))
			return true;
	}
	return false;
}

/* false: too many to know them all. */
static bool
look_at(struct core *core, const struct incident *incident, struct before *before)
{
	const struct run_row *row = before->row;
	const struct rolled *rolled = row->rolled.p, *passed = row->passed.p;
	size_t all = row->passed.n + row->rolled.n, n = 0;
	struct rolled *p = arena_new(&core->scratch, struct rolled, all + 1);
	if (row->rolled.n == ROLLED_MAX || all > ROLLED_MAX)
		return false;
	before->left = never_begun(before);
	for (size_t i = 0; i < all; i++) {
		bool here = i >= row->passed.n;
		const struct rolled *it = here ? &rolled[i - row->passed.n] : &passed[i];
		if (is_done(core, incident, it, row->id)) {
			p[n] = *it;
			p[n++].state = ROLLED_DONE;
			continue;
		}
		before->left = true;
		before->maybe += may_be_done(core, it) ? 1 : 0;
	}
	before->done = (unsigned)n;
	before->passed = (struct records){ p, n };
	return true;
}

void
continued_take_over(struct core *core, struct run *run, row_id before)
{
	const struct incident *incident = run_incident(core, run);
	const struct rolled *p = run->row.passed.p;
	list_each(it, &incident->attempts)
	{
		struct attempt *attempt =
		    container_of(object_of(it, of_incident), struct attempt, o);
		if (!is_its(&attempt->row, before))
			continue;
		attempt->row.plan = run->row.id;
		object_touch(core, &attempt->o);
	}
	for (size_t i = 0; i < run->row.passed.n; i++) {
		if (p[i].attempt != 0 &&
		    object_find(core, TABLE_ATTEMPT, p[i].attempt) == NULL)
			run->row.forgot = true; /* it takes not all of it back any more */
	}
	object_touch(core, &run->o);
}

/* ---- whether it can ---- */

/* Of the same run and not over, or what takes something of it back; NULL: none. */
static const struct attempt *
not_over(const struct core *core, const struct incident *incident, row_id run)
{
	list_each(it, &incident->attempts)
	{
		const struct attempt *attempt =
		    container_of(object_of(it, of_incident), struct attempt, o);
		const struct attempt *of =
		    object_find(core, TABLE_ATTEMPT, attempt->row.takes_back);
		if (attempt_open(attempt) &&
		    (is_its(&attempt->row, run) || (of != NULL && is_its(&of->row, run))))
			return attempt;
	}
	return NULL;
}

static struct answering
not_yet(struct core *core, const struct attempt *attempt)
{
	const struct attempt_row *row = &attempt->row;
	unsigned long long id = row->id;
	if (row->state == ATTEMPT_IN_DOUBT)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "nobody knows whether %.*s on %.*s happened: say it with `firstline "
		    "incident settle %llu yes|no`, and then go on",
		    STR_ARG(row->action), STR_ARG(row->target), id);
	return answer_no(core, 409, EXIT_CONFLICT,
	    "attempt %llu of it, %.*s on %.*s, has not ended: go on when it has", id,
	    STR_ARG(row->action), STR_ARG(row->target));
}

static struct answering
still_running(struct core *core, const struct run_row *row)
{
	unsigned long long id = row->id;
	if (object_find(core, TABLE_RUN, row->id) == NULL)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "run %llu has ended this moment: ask again", id);
	return answer_no(core, 409, EXIT_CONFLICT,
	    "run %llu of runbook %.*s still goes on: there is nothing to continue", id,
	    STR_ARG(row->runbook));
}

/* What it is, apart from what it did; status 0: it can go on. */
static struct answering
refuses(struct core *core, const struct command *command, const struct incident *incident,
    const struct run_row *row)
{
	unsigned long long id = row->id;
	bool agent = command->behalf.n > 0 || str_starts(command->principal, STR("agent:"));
	if (command->name.n > 0 && !str_eq(command->name, row->runbook))
		return answer_no(core, 422, EXIT_USAGE,
		    "run %llu is of runbook %.*s, not of %.*s", id, STR_ARG(row->runbook),
		    STR_ARG(command->name));
	if (row->state == RUN_RUNNING)
		return still_running(core, row);
	if (row->caller != 0)
		return answer_no(core, 422, EXIT_USAGE,
		    "run %llu was called by run %llu: continue that one", id,
		    (unsigned long long)row->caller);
	if (incident->run != NULL)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "runbook %.*s is in work on incident %u",
		    STR_ARG(incident->run->row.runbook), incident->row.id);
	if (row->shadow)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "run %llu was in shadow and did nothing: start it with `firstline run "
		    "%.*s --incident %u`",
		    id, STR_ARG(row->runbook), incident->row.id);
	if (core->control->row.stopped)
		return answer_no(core, 403, EXIT_REFUSED, "everything is stopped, by %.*s",
		    STR_ARG(text_who(core->control->row.stopped_by)));
	if (agent && row->drill)
		return answer_no(core, 403, EXIT_REFUSED,
		    "only a person goes on with a drill; %.*s is an agent",
		    STR_ARG(command->principal));
	return (struct answering){ .status = 0 };
}

/* The text that it ran is the one of now; NULL: *ret_no. */
static const struct runbook *
same_text(struct core *core, const struct run_row *row, struct answering *ret_no)
{
	unsigned long long id = row->id;
	const struct runbook *now = model_runbook(core->newest->model, row->runbook);
	if (now == NULL)
		*ret_no = answer_no(core, 409, EXIT_CONFLICT,
		    "runbook %.*s is not in the configuration any more: `firstline "
		    "incident show %u` tells what run %llu did; do the rest by another "
		    "runbook, or by hand",
		    STR_ARG(row->runbook), row->incident, id);
	else if (!hash32_eq(&now->hash, &row->runbook_hash))
		*ret_no = answer_no(core, 409, EXIT_CONFLICT,
		    "runbook %.*s was changed since run %llu of it began: its steps may "
		    "be others now. `firstline incident show %u` tells what was done; "
		    "`firstline run %.*s --incident %u` begins anew, on all targets",
		    STR_ARG(row->runbook), id, row->incident, STR_ARG(row->runbook),
		    row->incident);
	else if (row->step < now->steps_n)
		return now;
	else
		*ret_no = answer_no(core, 409, EXIT_CONFLICT,
		    "run %llu came to its end: nothing is left of it", id);
	return NULL;
}

static struct answering
nothing_left(struct core *core, const struct run_row *row)
{
	return answer_no(core, 409, EXIT_CONFLICT,
	    "nothing is left of run %llu: %s. `firstline run %.*s --incident %u` begins "
	    "anew, on all targets",
	    (unsigned long long)row->id,
	    row->state == RUN_RECOVERED ? "it recovered" : "it did all that it began",
	    STR_ARG(row->runbook), row->incident);
}

struct answering
run_continue(struct core *core, const struct command *command, struct incident *incident)
{
	struct before before = { .row = command->before.p };
	struct answering no;
	if (command->before.n == 0 || before.row->id != command->row)
		return answer_no(core, 404, EXIT_NOT_FOUND, "there is no run %llu",
		    (unsigned long long)command->row);
	const struct run_row *row = before.row;
	no = refuses(core, command, incident, row);
	if (no.status != 0)
		return no;
	before.runbook = same_text(core, row, &no);
	if (before.runbook == NULL)
		return no;
	const struct attempt *open = not_over(core, incident, row->id);
	if (open != NULL)
		return not_yet(core, open);
	if (!look_at(core, incident, &before))
		return answer_no(core, 409, EXIT_CONFLICT,
		    "run %llu had more targets than are remembered: what is left of it is "
		    "not known",
		    (unsigned long long)row->id);
	if (row->state == RUN_RECOVERED || !before.left)
		return nothing_left(core, row);
	str maybe = before.maybe == 0
	                ? (str){ 0 }
	                : text_make(core, "; %u may have happened, and %s done again",
			      before.maybe, before.maybe == 1 ? "is" : "are");
	timeline_add(core, row->incident, TIMELINE_COMMAND, command->principal, row->id,
	    "asked to go on with run %llu of runbook %.*s: %u %s done and left alone%.*s",
	    (unsigned long long)row->id, STR_ARG(row->runbook), before.done,
	    before.done == 1 ? "is" : "are", STR_ARG(maybe));
	return run_asked_for(core, incident,
	    &(struct starting){ .model = core->newest,
		.runbook = before.runbook,
		.principal = command->principal,
		.behalf = command->behalf,
		.given = &row->inputs,
		.continues = row,
		.passed = before.passed });
}
