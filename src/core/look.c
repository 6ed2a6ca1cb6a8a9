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
		.gaps = core->counts[TABLE_GAP],
		.uses = core->counts[TABLE_GRANT_USE],
		.bytes = pool_used(core->pool) };
	list_each(it, &core->open)
	{
		const struct incident_row *row =
		    &container_of(it, struct incident, in_state)->row;
		if (row->drill)
			counts.incidents_open--;
		else if (row->needs_person)
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
	list_each(it, &core->tables[TABLE_ASKED])
	{
		const struct asked_row *row =
		    &container_of(object_of(it, in_table), struct asked, o)->row;
		if (row->state == ASKED_APPROVAL)
			counts.approvals++;
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

void
core_doing(struct core *core, incident_id id, struct buf *out)
{
	const struct incident *incident = incident_find(core, id);
	struct arena mark = core->scratch;
	if (incident != NULL && incident->row.state != INCIDENT_CLOSED)
		buf_add(out, text_shown(core, incident_doing(core, incident)));
	core->scratch = mark;
}

row_id
core_waiting_run(const struct core *core, incident_id id)
{
	const struct incident *incident = incident_find(core, id);
	const struct run *run = incident != NULL ? incident->run : NULL;
	if (run == NULL)
		return 0;
	bool waits = run->row.phase == PHASE_ANSWER ||
	             (permit_waits(run) && run->row.level != AUTONOMY_VETO);
	return waits ? run->row.id : 0;
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

const struct token_row *
core_token_by_id(const struct core *core, row_id id)
{
	struct object *o = object_find(core, TABLE_TOKEN, id);
	return o != NULL ? &container_of(o, struct token, o)->row : NULL;
}

size_t
core_tokens(const struct core *core, const struct token_row **ret, size_t n)
{
	size_t count = 0;
	list_each(it, &core->tables[TABLE_TOKEN])
	{
		const struct token_row *row =
		    &container_of(object_of(it, in_table), struct token, o)->row;
		if (count < n && row->role != ROLE_FEED)
			ret[count++] = row;
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

const struct stand_ins *
core_stand_ins(const struct core *core)
{
	return &core->over;
}

/* What is over may be kept a while for its incident. */
static bool
waits(enum table table, const void *row)
{
	const struct asked_row *asked = row;
	return table != TABLE_ASKED || asked->state == ASKED_FACTS ||
	       asked->state == ASKED_APPROVAL;
}

size_t
core_waiting(const struct core *core, enum table table, row_id after, const void **ret,
    size_t n)
{
	ASSERT(table == TABLE_ASKED || table == TABLE_LEASE || table == TABLE_OVERRIDE);
	size_t count = 0;
	for (const struct link *it = core->tables[table].next;
	     it != &core->tables[table] && count < n; it = it->next) {
		const struct object *o =
		    (const struct object *)(const void *)((const char *)it -
							  offsetof(struct object,
							      in_table));
		const void *row = object_row_const(o);
		if (o->id > after && waits(table, row))
			ret[count++] = row;
	}
	return count;
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

static struct asking
asking_of(const struct core *core, const struct core_may *asked, const struct given *given)
{
	const struct service_state *counts = service_state_find(core, asked->service);
	bool open =
	    asked->incident != 0
		? incident_asks_for(incident_find(core, asked->incident), asked->service)
		: counts != NULL && counts->open > counts->drills;
	struct asking asking = { .principal = asked->principal,
		.behalf = asked->behalf,
		.action = asked->action,
		.service = asked->service,
		.target =
		    asked->target.n > 0 ? asked->target : some_target(core, asked->service),
		.targets_n = asked->targets_n,
		.incident = asked->incident,
		.incident_open = open,
		.given = given,
		.question = true,
		.at = asked->at,
		.wall = asked->wall };
	if (asked->params != NULL)
		asking.params = *asked->params;
	return asking;
}

/* As an action that is run: on a target that is named, where there are hosts to choose from,
 * and from an incident on its own service, or on that of the host. What no configuration has
 * is told as it was asked. */
static void
as_run(const struct core *core, const struct core_may *asked, struct asking *asking)
{
	const struct incident *incident = incident_find(core, asked->incident);
	if (model_service(core->newest->model, asked->service) == NULL)
		return;
	if (asked->target.n == 0 && service_has_hosts(core, asked->service))
		asking->target = (str){ 0 };
	if (incident == NULL || asking->target.n == 0)
		return;
	asking->service = service_of_target(core, incident, asking->target);
	asking->incident_open = incident_asks_for(incident, asking->service);
}

str
core_judge(const struct core *core, const struct core_may *asked, struct arena *arena,
    struct decision_row *ret)
{
	ASSERT(core->newest != NULL);
	struct given given = { .observed = asked->live };
	struct asking asking = asking_of(core, asked, &given);
	as_run(core, asked, &asking);
	struct authority_decision decision;
	core_decide(core, &asking, arena, ret, &decision);
	struct authority_needs needs = core_needs(core, &asking, &decision, arena);
	bool too_few; /* its way forward says so */
	(void)core_explain(core, &asking, &decision, arena, ret, &too_few);
	return core_needs_text(&needs, arena);
}

size_t
core_who_can(const struct core *core, const struct core_may *asked, struct arena *arena,
    struct who_view *ret, size_t max)
{
	ASSERT(core->newest != NULL);
	struct given given = { .observed = asked->live };
	struct asking asking = asking_of(core, asked, &given);
	struct authority_who *who = arena_new(arena, struct authority_who, max);
	size_t n = core_decide_who(core, &asking, arena, who, max);
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct who_view){ who[i].principal, who[i].verdict, who[i].text };
	return n;
}

static str
needs_of(const struct core *core, const struct action *action, str service,
    struct arena *arena)
{
	struct buf needs = BUF(8192);
	if (service_has_hosts(core, service))
		buf_add(&needs, STR("--target HOST"));
	for (size_t i = 0; i < action->params.n; i++) {
		const struct param *param = &action->params.p[i];
		if (!param->optional && param->otherwise.n == 0)
			buf_printf(&needs, "%s%.*s=VALUE", needs.n > 0 ? " " : "",
			    STR_ARG(param->name));
	}
	str s = arena_str(arena, buf_str(&needs));
	buf_done(&needs);
	return s;
}

static size_t
what_can(const struct core *core, const struct asking *asking, struct arena *arena,
    struct can_view *ret, size_t max)
{
	struct authority_can *can = arena_new(arena, struct authority_can, max);
	size_t n = core_decide_what(core, asking, arena, can, max);
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct can_view){ .action = can[i].action->name,
			.verb = can[i].action->verb,
			.verdict = can[i].verdict,
			.text = can[i].text,
			.needs = needs_of(core, can[i].action, asking->service, arena) };
	return n;
}

size_t
core_what_can(const struct core *core, str principal, str behalf, incident_id id, msec at,
    msec wall, struct arena *arena, struct can_view *ret, size_t max)
{
	const struct incident *incident = incident_find(core, id);
	if (incident == NULL || core->newest == NULL)
		return 0;
	struct asking asking = { .principal = principal,
		.behalf = { &behalf, behalf.n > 0 ? 1 : 0 },
		.service = incident->row.service,
		.incident_open = incident_asks_for(incident, incident->row.service),
		.at = at,
		.wall = wall };
	return what_can(core, &asking, arena, ret, max);
}

size_t
core_what_can_on(const struct core *core, const struct core_may *asked, struct arena *arena,
    struct can_view *ret, size_t max)
{
	ASSERT(core->newest != NULL);
	struct asking asking = asking_of(core, asked, NULL);
	return what_can(core, &asking, arena, ret, max);
}
