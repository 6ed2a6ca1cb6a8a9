/* What is wrong with a request itself, in words, and what helps. */
#include "authority/internal.h"

static const struct pair *
given_param(const struct judgement *j, const struct finding *finding)
{
	return &j->request->params->p[finding->which];
}

static const struct param *
declared_param(const struct judgement *j, const struct finding *finding)
{
	return &j->action->params.p[finding->which];
}

/* "ana" for "person:ana" */
static str
name_of(str principal)
{
	struct asker asker = asker_of(principal, NULL);
	return asker.kind == ASKER_PERSON ? asker.name : asker.text;
}

static str
holder_name(const struct judgement *j)
{
	return name_of(j->facts->hands_on_by);
}

static str
asked_action(const struct authority_request *request)
{
	return request->action != NULL ? request->action->name : request->action_name;
}

static str
stopped_text(const struct authority_facts *facts, struct arena *arena)
{
	str who = name_of(facts->stopped_by);
	return arena_printf(arena, "everything was stopped by %.*s%s%.*s", STR_ARG(who),
	    facts->stopped_why.n > 0 ? ": " : "", STR_ARG(facts->stopped_why));
}

static str
param_text(const struct judgement *j, const struct finding *finding, struct arena *arena)
{
	str action = j->action->name;
	if (finding->wrong == WRONG_PARAM_MISSING)
		return arena_printf(arena, "parameter '%.*s' of %.*s is missing",
		    STR_ARG(declared_param(j, finding)->name), STR_ARG(action));
	const struct pair *given = given_param(j, finding);
	if (finding->wrong == WRONG_PARAM_ORDER)
		return arena_printf(arena, "parameter '%.*s' is out of order, or twice",
		    STR_ARG(given->name));
	if (finding->wrong == WRONG_PARAM_UNDECLARED)
		return arena_printf(arena, "%.*s has no parameter '%.*s'", STR_ARG(action),
		    STR_ARG(given->name));
	const struct param *param = param_find(&j->action->params, given->name);
	str why = param_refuses(param, given->value, arena);
	return arena_printf(arena, "parameter %.*s", STR_ARG(why));
}

str
fault_text(const struct judgement *j, const struct finding *finding, struct arena *arena)
{
	const struct authority_request *request = j->request;
	switch (finding->wrong) {
	case WRONG_STOPPED:
		return stopped_text(j->facts, arena);
	case WRONG_NOBODY:
		return arena_printf(arena, "nobody knows '%.*s'",
		    STR_ARG(finding_asker(j, finding)->text));
	case WRONG_CHAIN:
		return arena_printf(arena, "it is asked on behalf of more than %d others",
		    BEHALF_MAX);
	case WRONG_ACTION:
		return arena_printf(arena, "unknown action '%.*s'",
		    STR_ARG(asked_action(request)));
	case WRONG_NO_SERVICE:
		if (request->service_name.n == 0)
			return STR("it is about no service");
		return arena_printf(arena, "unknown service '%.*s'",
		    STR_ARG(request->service_name));
	case WRONG_SERVICE:
		return arena_printf(arena, "unknown service '%.*s'",
		    STR_ARG(request->service->name));
	case WRONG_NO_TARGET:
		return STR("no target: nothing means nothing, not everything");
	case WRONG_TARGET:
		return arena_printf(arena,
		    "'%.*s' is neither service %.*s nor one of its hosts",
		    STR_ARG(request->target), STR_ARG(j->service->name));
	case WRONG_PARAM_ORDER:
	case WRONG_PARAM_UNDECLARED:
	case WRONG_PARAM_VALUE:
	case WRONG_PARAM_MISSING:
		return param_text(j, finding, arena);
	case WRONG_HANDS_ON:
		return arena_printf(arena,
		    "%.*s has hands on %.*s: automation and agents only watch",
		    STR_ARG(holder_name(j)), STR_ARG(j->service->name));
	case WRONG_UNDO:
		return STR("it takes back what was done before, and may for as long as the "
			   "action says");
	case WRONG_NOTHING:
		break;
	}
	UNREACHABLE();
}

str
fault_forward(const struct judgement *j, const struct finding *finding, struct arena *arena)
{
	switch (finding->wrong) {
	case WRONG_STOPPED:
		if (asker_of(j->facts->stopped_by, NULL).kind == ASKER_AGENT)
			return STR("wait until a person resumes it");
		return arena_printf(arena, "wait until it is resumed, or ask %.*s",
		    STR_ARG(name_of(j->facts->stopped_by)));
	case WRONG_NOBODY:
		return STR("ask as a person of the configuration");
	case WRONG_CHAIN:
		return STR("ask with a shorter chain");
	case WRONG_ACTION:
		return STR("ask for an action of the configuration in force");
	case WRONG_NO_SERVICE:
		if (j->request->service_name.n == 0)
			return STR("name the service that it is for");
		return STR("ask for a service of the configuration in force");
	case WRONG_SERVICE:
		return STR("ask for a service of the configuration in force");
	case WRONG_NO_TARGET:
		return STR("name a host, or the service");
	case WRONG_TARGET:
		return STR("name a host of that service, or the service");
	case WRONG_PARAM_ORDER:
		return STR("give each parameter once");
	case WRONG_PARAM_UNDECLARED:
		return arena_printf(arena, "leave '%.*s' out",
		    STR_ARG(given_param(j, finding)->name));
	case WRONG_PARAM_VALUE:
		return arena_printf(arena, "correct '%.*s'",
		    STR_ARG(given_param(j, finding)->name));
	case WRONG_PARAM_MISSING:
		return arena_printf(arena, "give a value for '%.*s'",
		    STR_ARG(declared_param(j, finding)->name));
	case WRONG_HANDS_ON:
		return arena_printf(arena, "wait until %.*s lets go of it, or ask %.*s",
		    STR_ARG(holder_name(j)), STR_ARG(holder_name(j)));
	case WRONG_UNDO:
		return (str){ 0 };
	case WRONG_NOTHING:
		break;
	}
	UNREACHABLE();
}
