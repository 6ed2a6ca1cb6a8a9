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

bool
incident_asks_for(const struct incident *incident, str service)
{
	return incident != NULL && incident->row.state != INCIDENT_CLOSED &&
	       service.n > 0 && str_eq(incident->row.service, service) &&
	       !incident->row.drill; /* practice is no trouble */
}

struct authority_facts
core_facts(const struct core *core)
{
	return (struct authority_facts){ .uses = &core->uses,
		.stopped = core->control->row.stopped,
		.stopped_by = core->control->row.stopped_by,
		.reloaded_by = core->control->row.reloaded_by,
		.runbook_by = core->control->row.reloaded_by,
		.over = core->over,
		.stopped_why =
		    text_cut(core->control->row.stopped_why, STOPPED_WHY_SHOWN) };
}

/* A no ends what is asked for: of what is judged each said yes. */
static struct authority_yes *
yes_of(const struct given *given, struct arena *arena)
{
	const struct vote *votes = given->votes.p;
	struct authority_yes *yes = arena_new(arena, struct authority_yes, given->votes.n);
	for (size_t i = 0; i < given->votes.n; i++) {
		ASSERT(votes[i].yes);
		yes[i] = (struct authority_yes){ votes[i].principal, votes[i].wall };
	}
	return yes;
}

/* A question may be about another time: the glass is broken from then until it is over, by
 * what is left of it now. */
static bool
is_broken_then(const struct core *core, const struct asking *asking,
    const struct lease_row *row)
{
	return !asking->question ||
	       (asking->wall >= row->from_wall &&
		   asking->wall < core->wall + (row->until_at - core->at));
}

static struct records
callers_of(const struct core *core, const struct run *run, struct arena *arena)
{
	static_assert(CALLS_DEEP_MAX <= CALLERS_MAX, "all of them fit");
	struct brought *p = NULL;
	size_t n = 0;
	if (run == NULL || run->row.caller == 0)
		return (struct records){ 0 };
	p = arena_new(arena, struct brought, CALLERS_MAX);
	while ((run = run_caller(core, run)) != NULL) {
		ASSERT(n < CALLERS_MAX);
		p[n++] = (struct brought){ .runbook = run->row.runbook_hash,
			.by = runbook_brought_by(core, &run->row.runbook_hash) };
	}
	return (struct records){ p, n };
}

static struct authority_facts
facts_of(const struct core *core, const struct asking *asking, struct arena *arena)
{
	struct authority_facts facts = core_facts(core);
	const struct run *run = object_find(core, TABLE_RUN, asking->run);
	if (run != NULL)
		facts.runbook_by = runbook_brought_by(core, &run->row.runbook_hash);
	else if (asking->run != 0)
		facts.runbook_by = (str){ 0 };
	if (asking->undo_of == 0)
		facts.callers = callers_of(core, run, arena);
	const struct lease *hands_on =
	    lease_find(core, LEASE_HANDS_ON, asking->service, (str){ 0 });
	const struct lease *glass =
	    lease_find(core, LEASE_BREAK_GLASS, asking->service, asking->principal);
	if (hands_on != NULL)
		facts.hands_on_by = hands_on->row.principal;
	if (glass != NULL && is_broken_then(core, asking, &glass->row))
		facts.glass_by = glass->row.principal;
	if (asking->uses != NULL)
		facts.uses = asking->uses;
	if (asking->given == NULL)
		return facts;
	facts.observed = asking->given->observed;
	facts.health_known = asking->given->health_known;
	facts.healthy = asking->given->healthy;
	facts.yes = yes_of(asking->given, arena);
	facts.yes_n = asking->given->votes.n;
	return facts;
}

static struct authority_request
request_of(const struct core *core, const struct asking *asking)
{
	const struct model *model = core->newest->model;
	return (struct authority_request){ .principal = asking->principal,
		.behalf = asking->behalf,
		.action = model_action(model, asking->action),
		.action_name = asking->action,
		.service = service_named(model, asking->service),
		.service_name = asking->question ? asking->service : (str){ 0 },
		.target = asking->target,
		.targets_n = asking->targets_n,
		.params = &asking->params,
		.incident_open = asking->incident_open,
		.undo = asking->undo_of != 0,
		.wall = asking->wall,
		.at = asking->at };
}

/* Those that hold at that instant. */
static struct records
stand_ins_then(const struct stand_ins *over, msec wall, struct arena *arena)
{
	size_t n = 0;
	if (over->n == 0)
		return (struct records){ 0 };
	struct stand_in *p = arena_new(arena, struct stand_in, over->n);
	for (size_t i = 0; i < over->n; i++) {
		if (wall >= over->p[i].from_wall && wall < over->p[i].until_wall)
			p[n++] = over->p[i];
	}
	return (struct records){ p, n };
}

/* What was known besides the rules, and goes on to hands. */
static struct given
given_with(const struct asking *asking, const struct authority_facts *facts,
    struct arena *arena)
{
	struct given given = { .behalf = asking->behalf,
		.observed = facts->observed,
		.health_known = facts->health_known,
		.healthy = facts->healthy,
		.undo = asking->undo_of != 0,
		.undo_of = asking->undo_of,
		.glass_by = facts->glass_by,
		.reloaded_by = facts->reloaded_by,
		.runbook_by = facts->runbook_by,
		.callers = facts->callers,
		.targets_n = asking->targets_n,
		.incident_open = asking->incident_open };
	given.stand_ins = stand_ins_then(&facts->over, asking->wall, arena);
	if (asking->given != NULL)
		given.votes = asking->given->votes;
	return given;
}

void
core_decide(const struct core *core, const struct asking *asking, struct arena *arena,
    struct decision_row *ret, struct authority_decision *ret_decision)
{
	struct authority_request request = request_of(core, asking);
	struct authority_facts facts = facts_of(core, asking, arena);
	authority_decide(core->authority, &request, &facts, ret_decision);
	*ret = (struct decision_row){ .incident = asking->incident,
		.run = asking->run,
		.at = asking->at,
		.wall = asking->wall,
		.principal = asking->principal,
		.action = asking->action,
		.verb = request.action != NULL ? request.action->verb : (str){ 0 },
		.service = asking->service,
		.target = asking->target,
		.params = asking->params,
		.config = core->newest->hash,
		.verdict = ret_decision->verdict,
		.given = given_with(asking, &facts, arena),
		.asked = asking->asked };
}

struct strs
core_explain(const struct core *core, const struct asking *asking,
    const struct authority_decision *decision, struct arena *arena,
    struct decision_row *row, bool *ret_too_few)
{
	struct authority_request request = request_of(core, asking);
	struct authority_facts facts = facts_of(core, asking, arena);
	struct authority_answer answer;
	authority_explain(core->authority, &request, &facts, decision, arena, &answer);
	row->reasons = (struct records){ answer.reasons, answer.reasons_n };
	row->forward = answer.forward;
	*ret_too_few = answer.too_few;
	return answer.approvers;
}

/* Is the live value of this parameter what taking the action back goes to? */
static bool
goes_back_to(const struct action *action, str param)
{
	str observed = STR("observed.");
	for (size_t i = 0; i < action->undo_with_n; i++) {
		const struct template *value = &action->undo_with[i].value;
		for (size_t k = 0; k < value->n; k++) {
			str name = value->pieces[k].text;
			if (value->pieces[k].placeholder && str_starts(name, observed) &&
			    str_eq(str_drop(name, observed.n), param))
				return true;
		}
	}
	return false;
}

static bool
is_needed(const struct authority_needs *needs, const struct observe *observe)
{
	for (size_t i = 0; i < needs->observe_n; i++) {
		if (needs->observe[i] == observe)
			return true;
	}
	return false;
}

/* What no rule asks for, but what takes it back does: how it was before. Where it cannot be
 * read the action is done all the same, and is not taken back by itself. */
static void
need_before(const struct authority_request *request, const struct authority_facts *facts,
    enum verdict verdict, struct arena *arena, struct authority_needs *needs)
{
	const struct action *action = request->action;
	if (action == NULL || action->undo_with_n == 0 || request->undo)
		return;
	const struct observe **all =
	    arena_new(arena, const struct observe *, needs->observe_n + action->observe_n);
	size_t n = 0;
	for (size_t i = 0; i < needs->observe_n; i++)
		all[n++] = needs->observe[i];
	for (size_t i = 0; i < action->observe_n; i++) {
		const struct observe *observe = &action->observe[i];
		if (goes_back_to(action, observe->param) &&
		    !pairs_has(&facts->observed, observe->param) &&
		    !is_needed(needs, observe))
			all[n++] = observe;
	}
	if (n == needs->observe_n)
		return;
	/* Nothing is asked for what is denied anyhow. */
	bool lacks = needs->observe_n > 0 || needs->health_n > 0;
	if (!lacks && verdict == VERDICT_DENY)
		return;
	needs->observe = all;
	needs->observe_n = n;
}

struct authority_needs
core_needs(const struct core *core, const struct asking *asking,
    const struct authority_decision *by, struct arena *arena)
{
	struct authority_request request = request_of(core, asking);
	struct authority_facts facts = facts_of(core, asking, arena);
	struct authority_needs needs = { 0 };
	if (by->lacks_facts)
		authority_needs(core->authority, &request, &facts, arena, &needs);
	need_before(&request, &facts, by->verdict, arena, &needs);
	return needs;
}

str
core_needs_text(const struct authority_needs *needs, struct arena *arena)
{
	struct buf text = BUF(4096);
	for (size_t i = 0; i < needs->observe_n; i++)
		buf_printf(&text, "%sthe live value of %.*s", text.n > 0 ? ", " : "",
		    STR_ARG(needs->observe[i]->param));
	if (needs->health_n > 0)
		buf_printf(&text, "%swhich of %zu host%s are well", text.n > 0 ? ", " : "",
		    needs->health_n, needs->health_n == 1 ? "" : "s");
	str ret = arena_str(arena, buf_str(&text));
	buf_done(&text);
	return ret;
}

enum yes
core_yes(const struct core *core, const struct asking *asking, str principal,
    struct arena *arena, str *ret_why)
{
	struct authority_request request = request_of(core, asking);
	struct authority_facts facts = facts_of(core, asking, arena);
	/* Who may agree does not hang on what happens to be under way or held right now. */
	facts.uses = NULL;
	facts.stopped = false;
	facts.hands_on_by = (str){ 0 };
	if (authority_verdict(core->authority, &request, &facts) == VERDICT_ALLOW)
		return YES_NOT_NEEDED;
	*ret_why =
	    authority_yes_refuses(core->authority, &request, &facts, principal, arena);
	return ret_why->n > 0 ? YES_REFUSED : YES_COUNTS;
}

/* Whoever broke the glass on the service: it is lifted for each of them alone. */
static struct strs
glass_on(const struct core *core, const struct asking *asking, struct arena *arena)
{
	struct strs who = { arena_new(arena, str, core->counts[TABLE_LEASE]), 0 };
	list_each(it, &core->tables[TABLE_LEASE])
	{
		const struct lease_row *row =
		    &container_of(object_of(it, in_table), struct lease, o)->row;
		if (row->kind == LEASE_BREAK_GLASS && !row->over &&
		    core->at < row->until_at && str_eq(row->service, asking->service) &&
		    is_broken_then(core, asking, row))
			who.p[who.n++] = row->principal;
	}
	return who;
}

size_t
core_decide_who(const struct core *core, const struct asking *asking, struct arena *arena,
    struct authority_who *ret, size_t max)
{
	struct authority_request request = request_of(core, asking);
	struct authority_facts facts = facts_of(core, asking, arena);
	facts.glass_by = (str){ 0 };
	facts.glass_all = glass_on(core, asking, arena);
	return authority_who_can(core->authority, &request, &facts, arena, ret, max);
}

size_t
core_decide_what(const struct core *core, const struct asking *asking, struct arena *arena,
    struct authority_can *ret, size_t max)
{
	struct authority_request request = request_of(core, asking);
	struct authority_facts facts = facts_of(core, asking, arena);
	return authority_what_can(core->authority, &request, &facts, arena, ret, max);
}

/* ---- uses ---- */

/* What the configuration in force calls the action: rules are about that. */
static str
verb_now(const struct core *core, const struct grant_use_row *row)
{
	const struct action *action =
	    core->newest != NULL ? model_action(core->newest->model, row->action) : NULL;
	return action != NULL ? action->verb : row->verb;
}

void
uses_adopted(struct core *core)
{
	/* Out with all of them first: then each is the youngest when its turn comes. */
	list_each(it, &core->tables[TABLE_GRANT_USE])
	    use_unlink(container_of(object_of(it, in_table), struct grant_use, o));
	list_each(it, &core->tables[TABLE_GRANT_USE])
	{
		struct grant_use *use =
		    container_of(object_of(it, in_table), struct grant_use, o);
		use_link(core, use);
		/* How long a use counts may have changed. */
		use_arm(core, use);
	}
}

void
use_link(struct core *core, struct grant_use *use)
{
	const struct grant_use_row *row = &use->row;
	use->use = (struct authority_use){ .service = row->service,
		.target = row->target,
		.action = row->action,
		.verb = verb_now(core, row),
		.principal = row->principal,
		.behalf = row->behalf,
		.chain = use->chain,
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
	/* A limit that is taken out and comes back counts what was used meanwhile and before. */
	msec window = authority_window_ms(core->authority);
	msec kept = window > USES_KEPT_MS ? window : USES_KEPT_MS;
	/* What is held counts for as long as nobody knows. */
	msec due = use->row.state == USE_HELD ? 0 : use->row.at + kept + 1;
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
	asked_moved(core, &use->row, 0);
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
