/*
 * Looking at the core without changing it: for answers, listings and judging ahead.
 */
#include "core/state.h"

struct core_counts
core_counts(const struct core *core)
{
	struct core_counts counts = { .incidents_open = core->open_n,
		.runs = core->counts[TABLE_RUN],
		.notices_open = core->counts[TABLE_NOTICE],
		.gaps = core->counts[TABLE_GAP] };
	list_each(it, &core->open)
	{
		if (container_of(it, struct incident, in_state)->row.needs_person)
			counts.needing_person++;
	}
	list_each(it, &core->tables[TABLE_LEASE])
	{
		const struct lease_row *row =
		    &container_of(object_of(it, in_table), struct lease, o)->row;
		if (row->over)
			counts.unreviewed++;
		else if (row->kind == LEASE_HANDS_ON)
			counts.hands_on++;
		else
			counts.glass++;
	}
	list_each(it, &core->tables[TABLE_ATTEMPT])
	{
		if (attempt_open(container_of(object_of(it, in_table), struct attempt, o)))
			counts.attempts_open++;
	}
	return counts;
}

const struct incident_row *
core_incident(const struct core *core, incident_id id)
{
	const struct incident *incident = incident_find(core, id);
	return incident != NULL ? &incident->row : NULL;
}

size_t
core_incidents(const struct core *core, incident_id after, const struct incident_row **ret,
    size_t n)
{
	/* Go on behind the one named, without walking there when it is still open. */
	const struct link *it = &core->open;
	const struct incident *from = after != 0 ? incident_find(core, after) : NULL;
	if (from != NULL && from->row.state != INCIDENT_CLOSED)
		it = &from->in_state;
	size_t count = 0;
	for (it = it->next; it != &core->open && count < n; it = it->next) {
		const struct incident *incident =
		    (const struct incident *)(const void *)((const char *)it -
							    offsetof(struct incident,
								in_state));
		if (incident->row.id > after)
			ret[count++] = &incident->row;
	}
	return count;
}

const struct token_row *
core_token(const struct core *core, const hash32 *secret)
{
	const struct token_row *found = NULL;
	list_each(it, &core->tables[TABLE_TOKEN])
	{
		const struct token *token =
		    container_of(object_of(it, in_table), struct token, o);
		if (hash32_eq_secret(&token->row.secret, secret))
			found = &token->row;
	}
	return found;
}

size_t
core_tokens(const struct core *core, const struct token_row **ret, size_t n)
{
	size_t count = 0;
	list_each(it, &core->tables[TABLE_TOKEN])
	{
		if (count < n)
			ret[count++] =
			    &container_of(object_of(it, in_table), struct token, o)->row;
	}
	return count;
}

size_t
core_silences(const struct core *core, const struct silence_row **ret, size_t n)
{
	size_t count = 0;
	list_each(it, &core->tables[TABLE_SILENCE])
	{
		if (count < n)
			ret[count++] =
			    &container_of(object_of(it, in_table), struct silence, o)->row;
	}
	return count;
}

const struct silence_row *
core_silence(const struct core *core, str uuid)
{
	const struct silence *silence = silence_find(core, uuid);
	return silence != NULL ? &silence->row : NULL;
}

/* Asked about a service as a whole: its first host stands for it, or itself where it has
 * none, as for an action that is run. */
static str
some_target(const struct core *core, str service)
{
	const struct model *model = core->newest->model;
	for (size_t i = 0; i < model->hosts_n; i++) {
		if (str_eq(model->hosts[i].service->name, service))
			return model->hosts[i].name;
	}
	return service;
}

void
core_judge(const struct core *core, const struct core_may *asked, struct arena *arena,
    struct decision_row *ret)
{
	ASSERT(core->newest != NULL);
	const struct service_state *counts = service_state_find(core, asked->service);
	struct asking asking = { .principal = asked->principal,
		.action = asked->action,
		.service = asked->service,
		.target =
		    asked->target.n > 0 ? asked->target : some_target(core, asked->service),
		.incident_open = counts != NULL && counts->open > 0,
		.at = asked->at,
		.wall = asked->wall };
	if (asked->params != NULL)
		asking.params = *asked->params;
	(void)core_decide(core, &asking, arena, ret);
}

size_t
core_what_can(const struct core *core, str principal, incident_id id, msec at, msec wall,
    struct arena *arena, struct can_view *ret, size_t max)
{
	const struct incident *incident = incident_find(core, id);
	if (incident == NULL || core->newest == NULL)
		return 0;
	const struct service *service =
	    incident->row.service.n > 0
		? model_service(core->newest->model, incident->row.service)
		: NULL;
	if (service == NULL)
		return 0;
	struct authority_facts facts = core_facts(core);
	struct authority_can *can = arena_new(arena, struct authority_can, max);
	size_t n = authority_what_can(core->authority, principal, service,
	    incident->row.state != INCIDENT_CLOSED, wall, at, &facts, arena, can, max);
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct can_view){ .action = can[i].action->name,
			.verb = can[i].action->verb,
			.verdict = can[i].verdict,
			.text = can[i].text };
	return n;
}
