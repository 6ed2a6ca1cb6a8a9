/*
 * Taking back what an attempt did: by who did it, for a time, with the action that its
 * configuration names as its `undo`. It is never harder than what it takes back, so no rule
 * holds for it (stop-all and hands-on do) and it uses up nothing: its use is held while it
 * runs, so that what must not run beside it does not, and is given back when it ends. What
 * the first one used stays used.
 *
 * What automation or an agent did may also be taken back by a person who is on duty for the
 * service: by the ordinary rules, as an action that this person asks for.
 *
 * What took something back is not taken back in turn: to and fro no limit would count.
 */
#include "core/state.h"

void
undo_ended(struct core *core, struct attempt *attempt)
{
	struct attempt_row *row = &attempt->row;
	const struct action *action = model_action(attempt->model->model, row->action);
	if (row->undo_of == 0 && attempt_happened(row) && action != NULL &&
	    action->undo != NULL)
		row->undo_until_at = core->at + action->undo_within_ms;
	if (row->takes_back == 0)
		return;
	struct attempt *undone = object_find(core, TABLE_ATTEMPT, row->takes_back);
	if (attempt_happened(row)) {
		if (undone != NULL)
			trust_undone(core, &undone->row);
		timeline_add(core, row->incident, TIMELINE_ATTEMPT, FIRSTLINE, row->id,
		    "took back attempt %llu", (unsigned long long)row->takes_back);
	} else if (undone != NULL && undone->row.undone_by == row->id) {
		undone->row.undone_by = 0; /* it may be tried again */
		object_touch(core, &undone->o);
	}
}

/* What the attempt was given, and what was live before it ("observed.NAME"). */
static struct pairs
values_of(struct core *core, const struct attempt_row *row)
{
	struct pairs values = pairs_with(core, &row->params, STR("service"), row->service);
	values = pairs_with(core, &values, STR("target"), row->target);
	for (size_t i = 0; i < row->observed.n; i++) {
		const struct pair *live = &row->observed.p[i];
		values = pairs_with(core, &values,
		    text_make(core, "observed.%.*s", STR_ARG(live->name)), live->value);
	}
	return values;
}

/* A parameter that was left out and may be: it is left out again. */
static bool
left_out(const struct param *param, const struct with *with, const struct pairs *values)
{
	if (param == NULL || !param->optional || with->value.n != 1)
		return false;
	const struct piece *piece = &with->value.pieces[0];
	return piece->placeholder && !str_starts(piece->text, STR("observed.")) &&
	       !pairs_has(values, piece->text);
}

static bool
params_of(struct core *core, const struct action *action, const struct attempt_row *row,
    struct pairs *ret, str *ret_why)
{
	struct pairs values = values_of(core, row), params = { 0 };
	for (size_t i = 0; i < action->undo->params.n; i++) {
		const struct param *param = &action->undo->params.p[i];
		if (param->otherwise.n > 0)
			params = pairs_with(core, &params, param->name, param->otherwise);
	}
	for (size_t i = 0; i < action->undo_with_n; i++) {
		const struct with *with = &action->undo_with[i];
		str value;
		struct err err;
		if (left_out(param_find(&action->undo->params, with->name), with, &values))
			continue;
		if (!template_fill(&with->value, &values, &core->scratch, &value, &err)) {
			*ret_why = arena_str(&core->scratch, str_of(err.text));
			return false;
		}
		params = pairs_with(core, &params, with->name, value);
	}
	*ret = params;
	return true;
}

/* ---- who may ---- */

static bool
same_chain(const struct attempt_row *row, str principal, str behalf)
{
	bool alone = row->behalf.n == 0 && behalf.n == 0;
	bool same = row->behalf.n == 1 && str_eq(row->behalf.p[0], behalf);
	return str_eq(row->principal, principal) && (alone || same);
}

bool
undo_is_own(const struct run *run, const struct attempt_row *row)
{
	return same_chain(row, run->row.started_by, run->row.behalf);
}

/* A person who has a rotation of the owner now, asking for nobody else. */
static bool
on_duty(const struct core *core, const struct attempt_row *row,
    const struct command *command)
{
	const struct service *service = model_service(core->newest->model, row->service);
	if (service == NULL || command->behalf.n > 0)
		return false;
	struct principal duty = { .kind = PRINCIPAL_ON_DUTY,
		.name = service->owner->name,
		.team = service->owner };
	return principal_covers(&duty, command->principal, &core->over, core->wall);
}

static bool
by_machine(const struct attempt_row *row)
{
	return str_eq(row->principal, AUTOMATION) ||
	       str_starts(row->principal, STR("agent:"));
}

/* ---- whether it can be ---- */

/* False with the refusal: what it is, apart from who asks. */
static bool
can_be(struct core *core, const struct attempt *attempt, const struct action *action,
    struct answering *ret)
{
	const struct attempt_row *row = &attempt->row;
	unsigned long long id = row->id;
	if (row->undo_of != 0)
		*ret = answer_no(core, 409, EXIT_CONFLICT,
		    "attempt %llu took back attempt %llu: ask for the action itself", id,
		    (unsigned long long)row->undo_of);
	else if (row->undone_by != 0)
		*ret = answer_no(core, 409, EXIT_CONFLICT,
		    "attempt %llu was taken back already, by attempt %llu", id,
		    (unsigned long long)row->undone_by);
	else if (attempt_open(attempt))
		*ret = answer_no(core, 409, EXIT_CONFLICT,
		    "attempt %llu is %s: what has not ended cannot be taken back", id,
		    attempt_state_name(row->state));
	else if (!attempt_happened(row))
		*ret = answer_no(core, 409, EXIT_CONFLICT,
		    "attempt %llu did not do its work (%s, exit %lld): nothing is taken "
		    "back",
		    id, attempt_state_name(row->state), (long long)row->exit_code);
	else if (action == NULL || action->undo == NULL)
		*ret = answer_no(core, 409, EXIT_CONFLICT,
		    "nothing takes %.*s back: the action has no `undo`",
		    STR_ARG(row->action));
	else if (row->undo_until_at <= core->at)
		*ret = answer_no(core, 409, EXIT_CONFLICT,
		    "it is too late to take back attempt %llu: ask for %.*s itself", id,
		    STR_ARG(action->undo->name));
	else
		return true;
	return false;
}

/* By that chain: its own, or another one that asks as for any action. */
static struct asking
asking_of(struct core *core, const struct attempt *attempt, const struct action *action,
    struct pairs params, str principal, str behalf)
{
	const struct attempt_row *row = &attempt->row;
	const struct incident *incident = incident_find(core, row->incident);
	str *rest = arena_new(&core->scratch, str, 1);
	*rest = behalf;
	return (struct asking){ .principal = principal,
		.behalf = { rest, behalf.n > 0 ? 1 : 0 },
		.action = action->undo->name,
		.service = row->service,
		.target = row->target,
		.params = params,
		.targets_n = 1,
		.incident = row->incident,
		.incident_open = incident_asks_for(incident, row->service),
		.takes_back = row->id,
		.undo_of = same_chain(row, principal, behalf) ? row->id : 0,
		.at = core->at,
		.wall = core->wall };
}

bool
undo_asking(struct core *core, const struct run *run, const struct attempt *attempt,
    struct asking *ret, str *ret_why)
{
	const struct attempt_row *row = &attempt->row;
	const struct action *action = model_action(core->newest->model, row->action);
	struct answering no;
	struct pairs params;
	if (!can_be(core, attempt, action, &no)) {
		*ret_why = no.error;
		return false;
	}
	if (!params_of(core, action, row, &params, ret_why)) {
		*ret_why = text_make(core, "what it was before is not known: %.*s",
		    STR_ARG(*ret_why));
		return false;
	}
	*ret =
	    asking_of(core, attempt, action, params, run->row.started_by, run->row.behalf);
	ret->run = run->row.id;
	return true;
}

/* As it may stand on a command line. */
static bool
is_plain(str value)
{
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || (i > 0 && c == '-') ||
			memchr("._/:@", c, 5) != NULL))
			return false;
	}
	return value.n > 0;
}

/* "; `firstline run --action scale --target web replicas=4 ...` does the same ..." */
static str
by_the_rules(struct core *core, const struct action *action, const struct attempt_row *row)
{
	struct pairs params;
	str why, text;
	if (!params_of(core, action, row, &params, &why))
		return (str){ 0 };
	text = text_make(core, "; `firstline run --action %.*s --incident %u --target %.*s",
	    STR_ARG(action->undo->name), row->incident, STR_ARG(row->target));
	for (size_t i = 0; i < params.n; i++)
		text = text_make(core, "%.*s %.*s=%.*s", STR_ARG(text),
		    STR_ARG(params.p[i].name),
		    STR_ARG(
			is_plain(params.p[i].value) ? params.p[i].value : STR("VALUE")));
	return text_make(core, "%.*s` does the same, by the ordinary rules", STR_ARG(text));
}

struct answering
undo_attempt(struct core *core, const struct command *command)
{
	struct answering no;
	struct attempt *attempt = object_find(core, TABLE_ATTEMPT, command->row);
	if (attempt == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "there is no attempt %llu that could be taken back",
		    (unsigned long long)command->row);
	const struct attempt_row *row = &attempt->row;
	const struct action *action = model_action(core->newest->model, row->action);
	if (!can_be(core, attempt, action, &no))
		return no;
	bool own = same_chain(row, command->principal, command->behalf);
	if (!own && !(by_machine(row) && on_duty(core, row, command)))
		return answer_no(core, 403, EXIT_REFUSED,
		    "attempt %llu was %.*s's: only who did it takes it back%s%.*s",
		    (unsigned long long)row->id, STR_ARG(text_who(row->principal)),
		    by_machine(row) ? ", or a person on duty for the service" : "",
		    STR_ARG(by_the_rules(core, action, row)));
	str why = { 0 };
	struct pairs params;
	if (!params_of(core, action, row, &params, &why))
		return answer_no(core, 409, EXIT_CONFLICT,
		    "what it was before is not known: %.*s", STR_ARG(why));
	struct incident *incident = incident_find(core, row->incident);
	struct asking asking =
	    asking_of(core, attempt, action, params, command->principal, command->behalf);
	str said = text_line(core, command->text, TIMELINE_TEXT_MAX / 2);
	timeline_add(core, row->incident, TIMELINE_COMMAND, command->principal, row->id,
	    "asked to take back %.*s on %.*s (attempt %llu)%s%.*s", STR_ARG(row->action),
	    STR_ARG(row->target), (unsigned long long)row->id, said.n > 0 ? ": " : "",
	    STR_ARG(said));
	struct beginning beginning = asked_begin(core, incident, NULL, &asking, (str){ 0 });
	return asked_answer(core, &beginning);
}
