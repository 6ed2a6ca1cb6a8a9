/*
 * What a step takes back: `undo: true` or `undo: STEP` of a verify, `of: STEP` of an undo.
 *
 * The step is an action above, from which the run can come here, and whose action has an
 * `undo`. With true, at least one such step must be there.
 */
#include "model/runbook.h"

static bool
has_undo(const struct runbook_step *step)
{
	return step->kind == STEP_ACTION &&
	       (step->action == NULL || step->action->undo != NULL);
}

static bool
is_before(struct reader *r, const struct node *node, const struct runbook *runbook,
    uint32_t of, uint32_t at)
{
	const struct runbook_step *step = &runbook->steps[of];
	if (of >= at)
		read_error(r, node, STR("name a step above"), "'%.*s' is not before '%.*s'",
		    STR_ARG(step->name), STR_ARG(runbook->steps[at].name));
	else if (!flow_leads(runbook, of, at))
		read_error(r, node, STR("name a step from which the run comes here"),
		    "'%.*s' never leads to '%.*s'", STR_ARG(step->name),
		    STR_ARG(runbook->steps[at].name));
	else
		return true;
	return false;
}

static void
resolve_one(struct reader *r, const struct node *node, struct runbook *runbook, uint32_t at)
{
	str name;
	if (!read_text(r, node, &name))
		return;
	uint32_t of = flow_step(r, node, runbook, name, NULL, 0);
	if (of == RUNBOOK_STEPS_MAX || !is_before(r, node, runbook, of, at))
		return;
	const struct runbook_step *step = &runbook->steps[of];
	if (step->kind != STEP_ACTION)
		read_error(r, node, STR("name an action step"),
		    "'%.*s' is a %s step, and does nothing that could be taken back",
		    STR_ARG(name), step_kind_name(step->kind));
	else if (!has_undo(step))
		read_error(r, node,
		    read_hint(r, "give the action '%.*s' an 'undo'",
			STR_ARG(step->action->name)),
		    "nothing takes '%.*s' back", STR_ARG(name));
	else
		runbook->steps[at].undo_of = of;
}

static void
resolve_all(struct reader *r, const struct node *node, struct runbook *runbook, uint32_t at)
{
	runbook->steps[at].undo_of = STEP_ALL;
	for (uint32_t i = 0; i < at; i++) {
		/* What a called runbook does is known when all are read. */
		bool may =
		    has_undo(&runbook->steps[i]) || runbook->steps[i].kind == STEP_CALL;
		if (may && flow_leads(runbook, i, at))
			return;
	}
	read_error(r, node, STR("give an action of a step above an 'undo'"),
	    "nothing takes back what is done before '%.*s'",
	    STR_ARG(runbook->steps[at].name));
}

void
back_resolve(struct reader *r, struct runbook *runbook, const struct draft *drafts)
{
	for (uint32_t i = 0; i < runbook->steps_n; i++) {
		const struct node *node = drafts[i].undo;
		if (node == NULL)
			continue;
		runbook->steps[i].undoes = true;
		bool all = runbook->steps[i].kind == STEP_VERIFY &&
		           node->kind == NODE_TEXT && str_eq(node->text, STR("true"));
		if (all)
			resolve_all(r, node, runbook, i);
		else
			resolve_one(r, node, runbook, i);
	}
}
