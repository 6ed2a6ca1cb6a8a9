/*
 * Asking authority, always by the newest configuration, with every use that still counts;
 * and those uses: reserved with the decision, held until the attempt is known to have
 * ended, consumed when it started, released when it surely did not.
 */
#include "core/state.h"

/* A host is its service's; else the target is the service itself. */
static const struct service *
service_named(const struct model *model, str name)
{
	return name.n > 0 ? model_service(model, name) : NULL;
}

struct authority_facts
core_facts(const struct core *core)
{
	return (struct authority_facts){ .uses = &core->uses,
		.stopped = core->control->row.stopped,
		.stopped_by = core->control->row.stopped_by,
		.stopped_why =
		    text_cut(core->control->row.stopped_why, STOPPED_WHY_SHOWN) };
}

bool
core_decide(const struct core *core, const struct asking *asking, struct arena *arena,
    struct decision_row *ret)
{
	const struct model *model = core->newest->model;
	const struct action *action = model_action(model, asking->action);
	struct authority_request request = { .principal = asking->principal,
		.action = action,
		.action_name = asking->action,
		.service = service_named(model, asking->service),
		.target = asking->target,
		.params = &asking->params,
		.incident_open = asking->incident_open,
		.wall = asking->wall,
		.at = asking->at };
	struct authority_facts facts = core_facts(core);
	struct authority_decision decision;
	authority_decide(core->authority, &request, &facts, arena, &decision);
	*ret = (struct decision_row){ .incident = asking->incident,
		.run = asking->run,
		.at = asking->at,
		.wall = asking->wall,
		.principal = asking->principal,
		.action = asking->action,
		.verb = action != NULL ? action->verb : (str){ 0 },
		.service = asking->service,
		.target = asking->target,
		.params = asking->params,
		.config = core->newest->hash,
		.verdict = decision.verdict,
		.reasons = { decision.reasons, decision.reasons_n },
		.forward = decision.forward };
	return decision.only_at_once;
}

/* ---- uses ---- */

void
use_link(struct core *core, struct grant_use *use)
{
	const struct grant_use_row *row = &use->row;
	use->use = (struct authority_use){ .service = row->service,
		.target = row->target,
		.action = row->action,
		.verb = row->verb,
		.principal = row->principal,
		.behalf = row->behalf,
		.at = row->at,
		.held = row->state == USE_HELD };
	authority_uses_add(&core->uses, &use->use);
}

void
use_unlink(struct grant_use *use)
{
	authority_uses_remove(&use->use);
}

static struct grant_use *
use_of(const struct core *core, row_id attempt)
{
	/* The last ones are the likely ones. */
	for (struct link *it = core->tables[TABLE_GRANT_USE].prev;
	     it != &core->tables[TABLE_GRANT_USE]; it = it->prev) {
		struct grant_use *use =
		    container_of(object_of(it, in_table), struct grant_use, o);
		if (use->row.attempt == attempt)
			return use;
	}
	return NULL;
}

void
use_arm(struct core *core, struct grant_use *use)
{
	/* What is held counts for as long as nobody knows. */
	msec due = use->row.state == USE_HELD
	               ? 0
	               : use->row.at + authority_window_ms(core->authority) + 1;
	heap_set(&core->timers, &use->o, due);
}

void
use_end(struct core *core, row_id attempt, enum use_state state)
{
	struct grant_use *use = use_of(core, attempt);
	if (use == NULL || use->row.state != USE_HELD)
		return;
	use_unlink(use);
	use->row.state = state;
	use_link(core, use);
	object_touch(core, &use->o);
	actions_again(core);
	if (state == USE_RELEASED)
		object_done(core, &use->o);
	else
		use_arm(core, use);
}

void
use_timer(struct core *core, struct grant_use *use)
{
	object_done(core, &use->o);
}
