/*
 * questions -- may, who-can, what-can: what authority would say, now or at another time.
 *
 * The evaluator is the one that decides; nothing is recorded, reserved or asked of the
 * world. For another time schedules, calendars and ends are as of then; what has been used,
 * who holds what and which incidents are open is as of now, and the answer says so.
 */
#include <stdio.h>

#include "engine/state.h"

#define QUESTION_ANSWERS_MAX 1024u
#define QUESTION_NOTE_BYTES 1000

/* ---- reading the question ---- */

static void
fail(struct answer_out *a, const char *error)
{
	a->answer.status = 422;
	a->answer.exit = 2;
	a->answer.error = str_of(error);
}

/* Those that begin with the prefix, without it. */
static struct pairs
pairs_below(struct arena *arena, const struct pairs *all, str prefix)
{
	struct pairs ret = { arena_new(arena, struct pair, all->n + 1), 0 };
	for (size_t i = 0; i < all->n; i++) {
		if (str_starts(all->p[i].name, prefix))
			ret.p[ret.n++] = (struct pair){ str_drop(all->p[i].name, prefix.n),
				all->p[i].value };
	}
	return ret;
}

static bool
is_open(const struct engine *engine, incident_id id)
{
	const struct incident_row *row = core_incident(engine->core, id);
	return row != NULL && row->state != INCIDENT_CLOSED;
}

/* false: it is no question, which is answered. */
static bool
read_question(struct engine *engine, struct answer_out *a, const struct request *r,
    struct caller caller, struct core_may *ret, struct pairs *ret_params)
{
	uint64_t targets = 0;
	*ret = (struct core_may){ .principal = r->text,
		.incident = r->incident,
		.action = r->name,
		.target = r->target,
		.service = pairs_get(&r->params, STR("service")) };
	struct pairs behalf = pairs_below(a->arena, &r->params, STR("behalf."));
	ret->behalf.p = arena_new(a->arena, str, behalf.n + 1);
	for (size_t i = 0; i < behalf.n; i++)
		ret->behalf.p[ret->behalf.n++] = behalf.p[i].value;
	if (r->text.n == 0) {
		ret->principal = caller.principal;
		if (behalf.n == 0 && caller.behalf.n > 0)
			ret->behalf.p[ret->behalf.n++] = caller.behalf;
	}
	*ret_params = pairs_below(a->arena, &r->params, STR("with."));
	ret->params = ret_params;
	ret->live = pairs_below(a->arena, &r->params, STR("live."));
	engine_now(engine, &ret->at, &ret->wall);
	str at = pairs_get(&r->params, STR("at"));
	str number = pairs_get(&r->params, STR("targets"));
	if (at.n > 0 && !str_u64(at, INT64_MAX, &ret->wall)) {
		fail(a, "at is a time in milliseconds since 1970");
		return false;
	}
	if (number.n > 0 && !str_u64(number, TARGETS_MAX, &targets)) {
		fail(a, "targets is the number of targets that the plan has");
		return false;
	}
	if (ret->behalf.n > BEHALF_MAX) {
		fail(a, "behalf has too many principals");
		return false;
	}
	if (r->incident != 0 && !is_open(engine, r->incident)) {
		a->answer.status = 404;
		a->answer.exit = 3;
		a->answer.error =
		    arena_printf(a->arena, "there is no open incident %u", r->incident);
		return false;
	}
	ret->targets_n = (uint32_t)targets;
	return true;
}

/* ---- what the answer should be read with ---- */

static void
add_note(struct answer_out *a, msec wall, str unknown, size_t n)
{
	struct buf text = BUF(QUESTION_NOTE_BYTES), *note = &text;
	if (wall > 0) {
		buf_add(note, STR("as of "));
		buf_time(note, wall);
		buf_add(note,
		    STR(": who is on duty, calendars and ends of rules; uses of limits, "
			"open incidents and who holds a service are as of now"));
	}
	if (unknown.n > 0)
		buf_printf(note,
		    "%snothing was asked of the world: %.*s would be, before it is done",
		    note->n > 0 ? "; " : "", STR_ARG(unknown));
	if (n == QUESTION_ANSWERS_MAX)
		buf_printf(note, "%sthere may be more than these %u",
		    note->n > 0 ? "; " : "", QUESTION_ANSWERS_MAX);
	a->answer.note = arena_str(a->arena, buf_str(note));
	buf_done(note);
}

static msec
other_time(const struct request *r, const struct core_may *may)
{
	return pairs_get(&r->params, STR("at")).n > 0 ? may->wall : 0;
}

/* ---- answering ---- */

void
answer_may(struct engine *engine, struct answer_out *a, const struct request *r,
    struct caller caller)
{
	struct core_may may;
	struct pairs params;
	struct decision_row decision = { 0 };
	if (!read_question(engine, a, r, caller, &may, &params))
		return;
	str unknown = core_judge(engine->core, &may, a->arena, &decision);
	a->begin = *a->arena; /* it outlives the items */
	answer_row_record(a, TABLE_DECISION, &decision);
	add_note(a, other_time(r, &may), unknown, 1);
	a->answer.exit = decision.verdict == VERDICT_ALLOW  ? 0
	                 : decision.verdict == VERDICT_DENY ? 5
	                                                    : 6;
}

/* false: there is none, which is answered; a typing error must not read as "nobody". */
static bool
is_there(struct engine *engine, struct answer_out *a, const struct core_may *may,
    bool action)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	const char *what = NULL;
	str name = may->service;
	if (model_service(model, may->service) == NULL)
		what = "service";
	if (what == NULL && action && model_action(model, may->action) == NULL) {
		what = "action";
		name = may->action;
	}
	if (what == NULL)
		return true;
	a->answer.status = 404;
	a->answer.exit = 3;
	a->answer.error =
	    arena_printf(a->arena, "there is no %s '%.*s'", what, STR_ARG(name));
	return false;
}

/* The same of who asks, and for whom. */
static bool
are_known(struct engine *engine, struct answer_out *a, const struct core_may *may)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	str person = STR("person:");
	for (size_t i = 0; i <= may->behalf.n; i++) {
		str who = i == 0 ? may->principal : may->behalf.p[i - 1];
		str name = str_starts(who, person) ? str_drop(who, person.n) : who;
		bool known = str_starts(who, person) ? model_person(model, name) != NULL
		                                     : str_starts(who, STR("agent:")) ||
		                                           str_eq(who, STR("automation")) ||
		                                           str_eq(who, STR("local-admin"));
		if (known)
			continue;
		a->answer.status = 404;
		a->answer.exit = 3;
		a->answer.error =
		    arena_printf(a->arena, "nobody knows '%.*s'", STR_ARG(name));
		return false;
	}
	return true;
}

void
answer_who_can(struct engine *engine, struct answer_out *a, const struct request *r)
{
	struct core_may may;
	struct pairs params;
	if (!read_question(engine, a, r, (struct caller){ 0 }, &may, &params) ||
	    !is_there(engine, a, &may, true))
		return;
	struct who_view *who = arena_new(a->arena, struct who_view, QUESTION_ANSWERS_MAX);
	size_t n = core_who_can(engine->core, &may, a->arena, who, QUESTION_ANSWERS_MAX);
	a->begin = *a->arena;
	for (size_t i = 0; i < n; i++) {
		struct who_item item = { who[i].principal, who[i].verdict, who[i].text };
		answer_record(a, ITEM_WHO, &item);
	}
	add_note(a, other_time(r, &may), STR(""), n);
	a->answer.exit = n > 0 ? 0 : 5;
}

static void
put_can(struct answer_out *a, const struct can_view *can, size_t n, str service)
{
	for (size_t i = 0; i < n; i++) {
		struct can_item item = { .action = can[i].action,
			.verb = can[i].verb,
			.service = service,
			.verdict = can[i].verdict,
			.text = can[i].text,
			.needs = can[i].needs };
		answer_record(a, ITEM_CAN, &item);
	}
}

void
answer_what_can_on(struct engine *engine, struct answer_out *a, const struct request *r,
    struct caller caller)
{
	struct core_may may;
	struct pairs params;
	if (!read_question(engine, a, r, caller, &may, &params) ||
	    !is_there(engine, a, &may, false) || !are_known(engine, a, &may))
		return;
	struct can_view *can = arena_new(a->arena, struct can_view, QUESTION_ANSWERS_MAX);
	size_t n =
	    core_what_can_on(engine->core, &may, a->arena, can, QUESTION_ANSWERS_MAX);
	a->begin = *a->arena;
	put_can(a, can, n, may.service);
	add_note(a, other_time(r, &may), STR(""), n);
	a->answer.exit = n > 0 ? 0 : 5;
}

void
answer_trust(struct engine *engine, struct answer_out *a, const struct request *r)
{
	msec at, wall;
	str name = pairs_get(&r->params, STR("runbook"));
	engine_now(engine, &at, &wall);
	struct trust_item *items =
	    arena_new(a->arena, struct trust_item, QUESTION_ANSWERS_MAX);
	size_t n =
	    core_trust(engine->core, name, wall, a->arena, items, QUESTION_ANSWERS_MAX);
	a->begin = *a->arena; /* they outlive each frame */
	if (n == 0 && name.n > 0) {
		a->answer.status = 404;
		a->answer.exit = 3;
		a->answer.error = arena_printf(a->arena,
		    "there is no runbook '%.*s' with steps", STR_ARG(name));
		return;
	}
	for (size_t i = 0; i < n; i++)
		answer_record(a, ITEM_TRUST, &items[i]);
}

void
answer_what_can(struct engine *engine, struct answer_out *a, struct caller caller,
    incident_id incident)
{
	struct can_view can[32];
	msec at, wall;
	engine_now(engine, &at, &wall);
	size_t n = core_what_can(engine->core, caller.principal, caller.behalf, incident,
	    at, wall, a->arena, can, countof(can));
	const struct incident_row *row = core_incident(engine->core, incident);
	a->begin = *a->arena;
	put_can(a, can, n, row != NULL ? row->service : STR(""));
}

/* ---- a plan ---- */

void
answer_plan(struct engine *engine, struct answer_out *a, const struct request *r,
    struct caller caller)
{
	struct core_may may;
	struct pairs inputs;
	struct core_planned planned;
	if (!read_question(engine, a, r, caller, &may, &inputs))
		return;
	if ((r->row == 0) == (may.service.n == 0) || r->row > UINT32_MAX) {
		fail(a, "name an incident, or a service");
		return;
	}
	struct core_plan plan = { .runbook = r->name,
		.principal = may.principal,
		.behalf = may.behalf,
		.incident = (incident_id)r->row,
		.service = may.service,
		.inputs = &inputs,
		.at = may.at,
		.wall = may.wall };
	core_plan(engine->core, &plan, a->arena, &planned);
	a->begin = *a->arena; /* it outlives the items */
	a->answer.status = planned.status;
	a->answer.exit = planned.exit;
	a->answer.error = planned.error;
	a->answer.note = planned.note;
	for (size_t i = 0; i < planned.n; i++)
		answer_record(a, ITEM_PLAN, &planned.steps[i]);
}
