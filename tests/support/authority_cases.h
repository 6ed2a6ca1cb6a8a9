#ifndef TESTS_AUTHORITY_CASES_H
#define TESTS_AUTHORITY_CASES_H

#include <stdlib.h>

#include "authority/authority.h"
#include "support/authority_answer.h"
#include "support/slow_authority.h"
#include "support/test.h"

/*
 * authority_cases -- random rules over a small catalogue, and random requests and facts:
 * every kind of rule, and every fact that may be known or not.
 *
 * LONG=1 in the environment: fifty times as many.
 */
#define MODELS_SHORT 10000
#define MODELS_LONG 500000
#define RULES_MAX 12
#define USES_MAX 12
#define CHAIN 3
#define WALL UINT64_C(1795439520000) /* 2026-11-23 13:12 UTC */
#define AT (100 * DAY)

#define S(literal)                             \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

static uint64_t seed;
static unsigned models = MODELS_SHORT; /* so many worlds */

static unsigned
below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

static bool
one_in(unsigned n)
{
	return below(n) == 0;
}

/* ---- a catalogue: what varies are rules, requests and uses ---- */

static struct person people[] = {
	{ .id = S("p0") },
	{ .id = S("p1") },
	{ .id = S("p2") },
	{ .id = S("p3") },
};
static const struct person *turns_a[] = { &people[0], &people[1] };
/* p1 stands in for p2, at the time of the requests in every second world. */
static const struct person *turns_b[] = { &people[2], &people[1] };
static struct calendar_span standing_in;
static struct calendar stand_in = { .spans = &standing_in, .spans_n = 1 };
static struct layer layers[] = {
	{ .people = turns_a, .people_n = 2, .days = 7 },
	{ .people = turns_b, .people_n = 1, .days = 14 },
	{ .people = &turns_b[1], .people_n = 1, .days = 7, .when = { .only = &stand_in } },
};
static struct rotation rotations[] = {
	{ .name = S("primary"),
	    .layers = &layers[0],
	    .layers_n = 1,
	    .people = turns_a,
	    .people_n = 2 },
	{ .name = S("secondary"),
	    .layers = &layers[1],
	    .layers_n = 2,
	    .people = turns_b,
	    .people_n = 2,
	    .guests_n = 1 },
};
static struct team teams[] = {
	{ .name = S("ops-a"), .rotations = rotations, .rotation_n = 2 },
	{ .name = S("ops-b"),
	    .rotations = &rotations[1],
	    .rotation_n = 1,
	    .lead = &people[3] },
};
static struct service services[] = {
	{ .name = S("s0"), .system = S("y0"), .tier = 1, .environment = S("e0") },
	{ .name = S("s1"), .system = S("y0"), .tier = 2, .environment = S("e0") },
	{ .name = S("s2"), .system = S("y1"), .tier = 2, .environment = S("e1") },
	{ .name = S("s3"), .system = S("s3"), .tier = 4, .environment = S("e0") },
};
static struct host hosts[] = {
	{ .name = S("h0"),
	    .service = &services[0],
	    .role = S("web"),
	    .environment = S("e0") },
	{ .name = S("h1"),
	    .service = &services[0],
	    .role = S("web"),
	    .environment = S("e1") },
	{ .name = S("h2"),
	    .service = &services[1],
	    .role = S("web"),
	    .environment = S("e0") },
	{ .name = S("h3"),
	    .service = &services[0],
	    .role = S("web"),
	    .environment = S("e0") },
	{ .name = S("h4"),
	    .service = &services[0],
	    .role = S("db"),
	    .environment = S("e0") },
	{ .name = S("h5"),
	    .service = &services[0],
	    .role = S("web"),
	    .environment = S("e0") },
};
static struct probe probe;
static str values[] = { S("a"), S("b") };
static struct param params[] = {
	{ .name = S("n"),
	    .kind = PARAM_INTEGER,
	    .min = -40,
	    .max = 40,
	    .otherwise = S("7"),
	    .dash = true },
	{ .name = S("x"), .kind = PARAM_ONE_OF, .values = { values, 2 } },
	{ .name = S("y"), .kind = PARAM_ONE_OF, .values = { values, 2 }, .optional = true },
};
static struct observe observe[] = { { .param = S("n") } };
static struct action actions[] = {
	{ .name = S("restart-unit"),
	    .verb = S("restart"),
	    .params = { params, 3 },
	    .observe = observe,
	    .observe_n = 1 },
	{ .name = S("restart-all"), .verb = S("restart") },
	{ .name = S("scale"), .verb = S("scale"), .params = { params, 1 } },
};

static struct calendar_span spans[] = {
	{ WALL - DAY, WALL - SECOND },
	{ WALL - DAY, WALL + SECOND },
	{ WALL + SECOND, WALL + DAY },
	{ WALL - HOUR, WALL },
};
static struct calendar calendars[] = {
	{ .name = S("c0"), .spans = spans, .spans_n = 1 },
	{ .name = S("c1"), .spans = spans, .spans_n = 2 },
	{ .name = S("c2"), .spans = spans + 2, .spans_n = 1 },
	{ .name = S("c3"), .spans = spans + 3, .spans_n = 1 },
};

static const str words[] = { S("restart"), S("scale"), S("restart-unit"), S("restart-all"),
	S("clear") };
static const str service_names[] = { S("s0"), S("s1"), S("s2"), S("s3"), S("gone") };
static const str systems[] = { S("y0"), S("y1"), S("s3") };
static const str environments[] = { S("e0"), S("e1") };
static const str targets[] = { S("h0"), S("h1"), S("h2"), S("h3"), S("h4"), S("h5"),
	S("s0"), S("s1"), S("s2"), S("s3"), S("gone"), S("lost") };
static const str numbers[] = { S("1"), S("2"), S("5"), S("7"), S("10"), S("14"), S("15"),
	S("20"), S("0"), S("-7"), S("-14") };
static const str globs[] = { S("a"), S("?"), S("*b"), S("1*"), S("-*") };
static const str asking[] = { S("automation"), S("automation"), S("person:p0"),
	S("person:p1"), S("person:p2"), S("person:p3"), S("person:nobody"), S("agent:x"),
	S("agent:y"), S("local-admin") };
static const str voters[] = { S("person:p0"), S("person:p1"), S("person:p2"),
	S("person:p3"), S("person:nobody"), S("agent:x"), S("automation"),
	S("local-admin") };

struct world {
	struct model model;
	struct rule rules[RULES_MAX];
	struct principal to[RULES_MAX][3], by[RULES_MAX][3];
	/* may, services, systems, environments, not_beside, a bound's values, a when's */
	str text[RULES_MAX][7][3];
	struct param_bound with[RULES_MAX][2];
	struct when when[RULES_MAX][2];
	struct arena arena;
};

static struct strs
some(str *room, const str *of, unsigned of_n, unsigned at_least)
{
	unsigned n = at_least + below(3 - at_least);
	for (unsigned i = 0; i < n; i++)
		room[i] = of[below(of_n)];
	return (struct strs){ room, n };
}

static struct rate
some_rate(void)
{
	if (one_in(2))
		return (struct rate){ 0 };
	return (struct rate){ 1 + below(3), (1 + below(4)) * 30 * MINUTE };
}

static void
make_principal(struct principal *to)
{
	to->kind = (enum principal_kind)(PRINCIPAL_PERSON + below(5));
	to->team = &teams[below(countof(teams))];
	to->name = to->team->name;
	if (to->kind == PRINCIPAL_PERSON)
		to->name = people[below(countof(people))].id;
	if (to->kind == PRINCIPAL_AGENT)
		to->name = STR("x");
}

static void
make_scope(struct world *world, unsigned i, struct scope *on)
{
	if (one_in(2))
		on->services =
		    some(world->text[i][1], service_names, countof(service_names), 1);
	if (one_in(4))
		on->systems = some(world->text[i][2], systems, countof(systems), 1);
	if (one_in(4))
		on->environments = some(world->text[i][3], environments, 2, 1);
	if (one_in(2))
		on->tiers = below(16) << 1;
}

static struct delta
some_delta(void)
{
	static const uint64_t parts[] = { 500, 1000, 1001, 1500, 2000, 3000 };
	struct delta delta = { .kind = (enum delta_kind)(DELTA_FACTOR + below(3)) };
	delta.thousandths = parts[below(countof(parts))];
	if (delta.kind == DELTA_FACTOR && delta.thousandths <= 1000)
		delta.thousandths = 2000;
	delta.number = below(8);
	return delta;
}

static void
make_bound(struct world *world, unsigned i, struct param_bound *bound)
{
	*bound = (struct param_bound){ .param = params[below(3)].name };
	if (one_in(3)) {
		bound->has_min = true;
		bound->min = (int64_t)below(30) - 10;
	}
	if (one_in(3)) {
		bound->has_max = true;
		bound->max = (int64_t)below(30) - 5;
	}
	if (one_in(2))
		bound->change = some_delta();
	if (!str_eq(bound->param, params[0].name) || one_in(10)) {
		*bound = (struct param_bound){ .param = bound->param };
		if (one_in(2))
			bound->values = some(world->text[i][5], values, 2, 1);
		else
			bound->like = globs[below(countof(globs))];
	}
}

static void
make_when(struct world *world, unsigned i, struct when *when)
{
	*when = (struct when){
		.param = one_in(3) ? STR("targets") : params[below(3)].name,
		.op = (enum when_op)(WHEN_GT + below(4)),
		.number = (int64_t)below(12),
	};
	if (str_eq(when->param, STR("x")) || str_eq(when->param, STR("y"))) {
		when->op = WHEN_IS;
		when->values = some(world->text[i][6], values, 2, 1);
	} else if (one_in(2) && str_eq(when->param, STR("n"))) {
		when->times = some_delta();
		if (when->times.kind == DELTA_NUMBER)
			when->times.kind = DELTA_PERCENT;
	}
}

static struct share
some_share(void)
{
	if (one_in(2))
		return (struct share){ .count = 1 + below(4) };
	return (struct share){ .percent = 1 + below(100) };
}

static void
make_limits(struct world *world, unsigned i, struct rule *rule)
{
	rule->per_service = some_rate();
	rule->per_target = some_rate();
	if (one_in(3))
		rule->per_actor = some_rate();
	rule->at_once = one_in(2) ? 1 + below(3) : 0;
	if (one_in(4)) {
		rule->targets = some_share();
		rule->targets_window_ms = (1 + below(4)) * 30 * MINUTE;
	}
	if (one_in(6))
		rule->keep_healthy = some_share();
	if (one_in(6))
		rule->spacing_ms = (1 + below(3)) * 30 * MINUTE;
	if (one_in(6))
		rule->not_beside = some(world->text[i][4], words, countof(words), 1);
}

static size_t
make_principals(struct principal to[3], size_t at_least)
{
	size_t n = at_least + below(4 - (unsigned)at_least);
	for (size_t k = 0; k < n; k++)
		make_principal(&to[k]);
	return n;
}

static void
make_rule(struct world *world, unsigned i)
{
	static const enum rule_kind kinds[] = { RULE_GRANT, RULE_GRANT, RULE_GRANT,
		RULE_GRANT, RULE_PROHIBITION, RULE_LIMIT, RULE_APPROVAL, RULE_APPROVAL };
	struct rule *rule = &world->rules[i];
	*rule = (struct rule){
		.kind = kinds[below(countof(kinds))],
		.name = STR("a rule"),
		.may = some(world->text[i][0], words, countof(words), 1),
		.place = { STR("authority.yaml"), i + 1 },
		.to = world->to[i],
		.by = world->by[i],
		.with = world->with[i],
		.when = world->when[i],
		.need = 1 + below(2),
	};
	if (!one_in(3))
		make_scope(world, i, &rule->on);
	if (one_in(4))
		rule->from_wall = WALL - 1 + below(3);
	if (one_in(4))
		rule->until_wall = WALL - 1 + below(3);
	if (one_in(4))
		rule->during = &calendars[below(countof(calendars))];
	rule->to_n = make_principals(world->to[i], rule->kind == RULE_GRANT);
	rule->by_n = make_principals(world->by[i], 1);
	rule->liftable = one_in(2);
	rule->not_reloader = one_in(3);
	rule->with_n = rule->kind == RULE_GRANT && one_in(3) ? 1 + below(2) : 0;
	rule->when_n = rule->kind == RULE_APPROVAL ? below(3) : 0;
	for (size_t k = 0; k < 2; k++) {
		make_bound(world, i, &world->with[i][k]);
		make_when(world, i, &world->when[i][k]);
	}
	if ((rule->kind == RULE_GRANT && one_in(2)) || rule->kind == RULE_LIMIT)
		make_limits(world, i, rule);
	rule->any = rule->kind != RULE_GRANT && one_in(4);
	rule->while_incident = rule->kind == RULE_GRANT && one_in(4);
}

/* Else nearly everything is denied for want of one. */
static void
make_wide_grant(struct world *world)
{
	static struct principal to[] = { { .kind = PRINCIPAL_AUTOMATION },
		{ .kind = PRINCIPAL_TEAM, .name = S("ops-a"), .team = &teams[0] },
		{ .kind = PRINCIPAL_TEAM, .name = S("ops-b"), .team = &teams[1] },
		{ .kind = PRINCIPAL_AGENT, .name = S("x") } };
	static str may[] = { S("restart"), S("scale") };
	world->rules[0] = (struct rule){
		.kind = RULE_GRANT,
		.name = STR("a wide grant"),
		.may = { may, 2 },
		.to = to,
		.to_n = countof(to),
		.place = { STR("authority.yaml"), 1 },
		.need = 1,
	};
}

static char memory[1 << 20];

static void
make_world(struct world *world)
{
	world->arena = arena_over(memory, sizeof(memory));
	world->model = (struct model){
		.people = people,
		.people_n = countof(people),
		.teams = teams,
		.teams_n = countof(teams),
		.services = services,
		.services_n = countof(services),
		.hosts = hosts,
		.hosts_n = countof(hosts),
		.actions = actions,
		.actions_n = countof(actions),
		.rules = world->rules,
		.rules_n = below(RULES_MAX / 2) + below(RULES_MAX / 2 + 2),
	};
	struct model *model = &world->model;
	for (size_t i = 0; i < countof(teams); i++)
		teams[i].zone = zone_utc();
	for (size_t i = 0; i < countof(layers); i++)
		layers[i].zone = zone_utc();
	stand_in.zone = zone_utc();
	standing_in =
	    (struct calendar_span){ WALL - HOUR, one_in(2) ? WALL + HOUR : WALL - MINUTE };
	for (size_t i = 0; i < countof(people); i++)
		*names_slot(&model->person_by_name, &world->arena, people[i].id) =
		    &people[i];
	services[0].healthy = &probe;
	for (size_t i = 0; i < countof(calendars); i++)
		calendars[i].zone = zone_utc();
	for (size_t i = 0; i < countof(services); i++)
		*names_slot(&model->service_by_name, &world->arena, services[i].name) =
		    &services[i];
	for (size_t i = 0; i < countof(hosts); i++)
		*names_slot(&model->host_by_name, &world->arena, hosts[i].name) = &hosts[i];
	for (size_t i = 0; i < countof(actions); i++)
		*names_slot(&model->action_by_name, &world->arena, actions[i].name) =
		    &actions[i];
	for (unsigned i = 0; i < RULES_MAX; i++)
		make_rule(world, i);
	if (!one_in(3))
		make_wide_grant(world);
}

/* ---- a case ---- */

struct asked {
	struct authority_request request;
	struct authority_facts facts;
	struct authority_use uses[USES_MAX + 1];
	struct authority_actor use_chain[USES_MAX + 1];
	size_t uses_n;
	str behalf[CHAIN], use_behalf[USES_MAX + 1];
	struct pairs params;
	struct pair pair[4];
	struct pair observed;
	str healthy[8];
	struct authority_yes yes[4];
	struct brought callers[2];
};

static void
make_use(struct asked *asked, size_t i)
{
	const struct action *action = &actions[below(countof(actions))];
	asked->use_behalf[i] = asking[below(countof(asking))];
	asked->uses[i] = (struct authority_use){
		.service = service_names[one_in(2) ? 0 : below(countof(service_names))],
		.target = targets[below(countof(targets))],
		.action = action->name,
		.verb = action->verb,
		.principal = asking[below(countof(asking))],
		.behalf = { &asked->use_behalf[i], one_in(3) },
		.chain = &asked->use_chain[i],
		/* Around the edges of the windows, and a little in the future. */
		.at = AT + 1 - below(3) - below(5) * 30 * MINUTE,
		.held = one_in(3),
	};
}

static void
make_params(struct asked *asked)
{
	const struct action *action = asked->request.action;
	size_t takes = action != NULL ? action->params.n : 0;
	struct pairs *given = &asked->params;
	given->p = asked->pair;
	if (takes > 0 && one_in(2))
		given->p[given->n++] = (struct pair){ STR("n"),
			one_in(20) ? STR("99") : numbers[below(countof(numbers))] };
	if ((takes > 1) != one_in(20))
		given->p[given->n++] =
		    (struct pair){ STR("x"), one_in(20) ? STR("c") : values[below(2)] };
	if (takes > 1 && one_in(3))
		given->p[given->n++] = (struct pair){ STR("y"), values[below(2)] };
	if (one_in(30))
		given->p[given->n++] = (struct pair){ STR("z"), STR("a") };
	asked->request.params = given;
}

static void
make_facts(struct asked *asked)
{
	struct authority_facts *facts = &asked->facts;
	facts->stopped = one_in(50);
	if (!one_in(3)) {
		asked->observed = (struct pair){ STR("n"),
			one_in(20) ? STR("many") : numbers[below(countof(numbers))] };
		facts->observed = (struct pairs){ &asked->observed, 1 };
	}
	facts->health_known = !one_in(3);
	facts->healthy.p = asked->healthy;
	for (size_t i = 0; i < countof(asked->healthy); i++) {
		if (!one_in(3))
			asked->healthy[facts->healthy.n++] =
			    targets[one_in(2) ? i : below(countof(targets))];
	}
	facts->yes = asked->yes;
	facts->yes_n = one_in(2) ? below(countof(asked->yes) + 1) : 0;
	for (size_t i = 0; i < facts->yes_n; i++)
		asked->yes[i].principal = voters[below(countof(voters))];
	if (one_in(10))
		facts->hands_on_by = voters[below(4)];
	if (one_in(4))
		facts->glass_by =
		    one_in(2) ? asked->request.principal : asking[below(countof(asking))];
	if (!one_in(3))
		facts->reloaded_by = voters[below(countof(voters))];
	facts->runbook_by = facts->reloaded_by;
	if (one_in(2))
		facts->runbook_by = one_in(4) ? (str){ 0 } : voters[below(countof(voters))];
	facts->callers.p = asked->callers;
	facts->callers.n = one_in(3) ? below(countof(asked->callers) + 1) : 0;
	for (size_t i = 0; i < facts->callers.n; i++)
		asked->callers[i].by =
		    one_in(4) ? (str){ 0 } : voters[below(countof(voters))];
}

static str
some_target(const struct service *service)
{
	const struct host *host = &hosts[below(countof(hosts))];
	if (one_in(10))
		return targets[below(countof(targets))];
	return host->service == service ? host->name : service->name;
}

static void
make_asked(struct asked *asked)
{
	const struct service *service = &services[one_in(2) ? 0 : below(countof(services))];
	*asked = (struct asked){
		.request = {
			.principal = asking[below(countof(asking))],
			.behalf = { asked->behalf, one_in(3) ? below(CHAIN + 1) : 0 },
			.action = one_in(50) ? NULL : &actions[below(countof(actions))],
			.action_name = STR("no-such-action"),
			.service = one_in(50) ? NULL : service,
			.target = one_in(3) ? service->name : some_target(service),
			.targets_n = below(6),
			.incident_open = !one_in(3),
			.undo = one_in(20),
			.wall = WALL,
			.at = AT,
		},
		.uses_n = below(USES_MAX + 1),
	};
	if (one_in(50))
		asked->request.target = (str){ 0 };
	for (size_t i = 0; i < CHAIN; i++)
		asked->behalf[i] = asking[below(countof(asking))];
	for (size_t i = 0; i < countof(asked->uses); i++)
		make_use(asked, i);
	make_params(asked);
	make_facts(asked);
}

/* The facts with the uses as they are now, in an order that is not theirs. */
static const struct authority_facts *
facts_of(struct asked *asked)
{
	static struct authority_uses index;
	authority_uses_init(&index);
	size_t from = asked->uses_n > 0 ? below((unsigned)asked->uses_n) : 0;
	for (size_t i = 0; i < asked->uses_n; i++) {
		struct authority_use *use = &asked->uses[(from + i) % asked->uses_n];
		use->by_service = use->by_target = use->in_held = (struct link){ 0 };
		authority_uses_add(&index, use);
	}
	asked->facts.uses = &index;
	return &asked->facts;
}

static struct decided
decide(struct world *world, const struct model *model, struct asked *asked)
{
	struct decided decision;
	struct authority *authority = authority_new(model, &world->arena);
	decide_and_explain(authority, &asked->request, facts_of(asked), &world->arena,
	    &decision);
	EXPECT(decision.reasons_n > 0 && decision.reasons_n <= AUTHORITY_REASONS_MAX);
	EXPECT((decision.forward.n == 0) == (decision.verdict == VERDICT_ALLOW));
	EXPECT((decision.yes_missing > 0) == (decision.verdict == VERDICT_AFTER_APPROVAL));
	EXPECT((decision.expires_ms > 0) == (decision.verdict == VERDICT_AFTER_APPROVAL));
	for (size_t i = 0; i < decision.reasons_n; i++)
		EXPECT(decision.reasons[i].text.n > 0);
	return decision;
}

static struct world world;
static struct asked asked;

#define RUN_SEEDED(test) (seed = UINT64_C(0x9e3779b97f4a7c15), RUN(test))

#endif
