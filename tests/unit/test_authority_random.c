/*
 * Random rules and requests: the index against the slow twin, and what must hold whatever
 * the rules say: their order is nothing, a prohibition or a limit more never widens, a
 * grant less never widens but by the limits that it carried itself.
 */
#include "authority/authority.h"
#include "support/slow_authority.h"
#include "support/test.h"

#define MODELS 10000
#define REQUESTS 20 /* a model: 200,000 cases */
#define RULES_MAX 12
#define USES_MAX 12
#define WALL UINT64_C(1795439520000) /* 2026-11-23 13:12 UTC */
#define AT (100 * DAY)

#define S(literal)                             \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

static uint64_t seed;

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
static const struct person *turns_b[] = { &people[2] };
static struct rotation rotations[] = {
	{ .name = S("primary"), .people = turns_a, .people_n = 2, .weeks = 1 },
	{ .name = S("secondary"), .people = turns_b, .people_n = 1, .weeks = 2 },
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
	{ .name = S("h0"), .service = &services[0], .environment = S("e0") },
	{ .name = S("h1"), .service = &services[0], .environment = S("e1") },
	{ .name = S("h2"), .service = &services[1], .environment = S("e0") },
};
static str values[] = { S("a"), S("b") };
static struct param params[] = {
	{ .name = S("x"), .kind = PARAM_ONE_OF, .values = { values, 2 } },
	{ .name = S("y"), .kind = PARAM_ONE_OF, .values = { values, 2 }, .optional = true },
};
static struct action actions[] = {
	{ .name = S("restart-unit"), .verb = S("restart"), .params = { params, 2 } },
	{ .name = S("restart-all"), .verb = S("restart") },
	{ .name = S("scale"), .verb = S("scale") },
};

static const str words[] = { S("restart"), S("scale"), S("restart-unit"), S("restart-all"),
	S("clear") };
static const str service_names[] = { S("s0"), S("s1"), S("s2"), S("s3"), S("gone") };
static const str systems[] = { S("y0"), S("y1"), S("s3") };
static const str environments[] = { S("e0"), S("e1") };
static const str targets[] = { S("h0"), S("h1"), S("h2"), S("s0"), S("s1"), S("s2"),
	S("s3"), S("gone") };
static const str asking[] = { S("automation"), S("automation"), S("person:p0"),
	S("person:p1"), S("person:p2"), S("person:p3"), S("person:nobody"), S("agent:x"),
	S("agent:y"), S("local-admin") };

struct world {
	struct model model;
	struct rule rules[RULES_MAX];
	struct principal to[RULES_MAX][3];
	str text[RULES_MAX][4][3]; /* may, services, systems, environments */
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

static void
make_rule(struct world *world, unsigned i)
{
	struct rule *rule = &world->rules[i];
	*rule = (struct rule){
		.kind = one_in(5) ? RULE_PROHIBITION : RULE_GRANT,
		.name = STR("a rule"),
		.may = some(world->text[i][0], words, countof(words), 1),
		.place = { STR("authority.yaml"), i + 1 },
	};
	make_scope(world, i, &rule->on);
	if (one_in(4))
		rule->from_wall = WALL - 1 + below(3);
	if (one_in(4))
		rule->until_wall = WALL - 1 + below(3);
	if (rule->kind == RULE_PROHIBITION) {
		rule->any = one_in(4);
		return;
	}
	rule->to = world->to[i];
	rule->to_n = 1 + below(3);
	for (size_t k = 0; k < rule->to_n; k++)
		make_principal(&rule->to[k]);
	rule->per_service = some_rate();
	rule->per_target = some_rate();
	rule->at_once = one_in(2) ? 1 + below(3) : 0;
	rule->while_incident = one_in(4);
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
		.rules_n = below(RULES_MAX + 1),
	};
	struct model *model = &world->model;
	for (size_t i = 0; i < countof(teams); i++)
		teams[i].zone = zone_utc();
	for (size_t i = 0; i < countof(people); i++)
		*names_slot(&model->person_by_name, &world->arena, people[i].id) =
		    &people[i];
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
}

/* ---- a case ---- */

struct asked {
	struct authority_request request;
	struct authority_facts facts;
	struct authority_use uses[USES_MAX + 1];
	struct pairs params;
	struct pair pair[2];
};

static void
make_use(struct authority_use *use)
{
	const struct action *action = &actions[below(countof(actions))];
	*use = (struct authority_use){
		.service = service_names[below(countof(service_names))],
		.target = targets[below(countof(targets))],
		.action = action->name,
		.verb = action->verb,
		/* Around the edges of the windows, and a little in the future. */
		.at = AT + 1 - below(3) - below(5) * 30 * MINUTE,
		.held = one_in(3),
	};
}

static void
make_asked(struct asked *asked)
{
	const struct service *service = &services[below(countof(services))];
	*asked = (struct asked){
		.request = {
			.principal = asking[below(countof(asking))],
			.action = one_in(50) ? NULL : &actions[below(countof(actions))],
			.action_name = STR("no-such-action"),
			.service = one_in(50) ? NULL : service,
			.target = one_in(2) ? service->name : targets[below(countof(targets))],
			.incident_open = !one_in(3),
			.wall = WALL,
			.at = AT,
		},
		.facts = { .stopped = one_in(50), .uses_n = below(USES_MAX + 1) },
	};
	struct authority_request *request = &asked->request;
	if (one_in(50))
		request->target = (str){ 0 };
	for (size_t i = 0; i < countof(asked->uses); i++)
		make_use(&asked->uses[i]);
	asked->facts.uses = asked->uses;
	request->params = &asked->params;
	asked->params.p = asked->pair;
	bool takes = request->action != NULL && request->action->params.n > 0;
	if (takes != one_in(20))
		asked->pair[asked->params.n++] =
		    (struct pair){ STR("x"), one_in(20) ? STR("c") : values[below(2)] };
	if (one_in(20))
		asked->pair[asked->params.n++] =
		    (struct pair){ one_in(2) ? STR("y") : STR("z"), STR("a") };
}

static struct authority_decision
decide(struct world *world, const struct model *model, const struct asked *asked)
{
	struct authority_decision decision;
	struct authority *authority = authority_new(model, &world->arena);
	authority_decide(authority, &asked->request, &asked->facts, &world->arena,
	    &decision);
	EXPECT(decision.reasons_n > 0 && decision.reasons_n <= AUTHORITY_REASONS_MAX);
	EXPECT((decision.forward.n == 0) == (decision.verdict == VERDICT_ALLOW));
	return decision;
}

static bool
decisions_eq(const struct authority_decision *a, const struct authority_decision *b)
{
	if (a->verdict != b->verdict || a->reasons_n != b->reasons_n ||
	    !str_eq(a->forward, b->forward))
		return false;
	for (size_t i = 0; i < a->reasons_n; i++) {
		const struct reason *x = &a->reasons[i];
		const struct reason *y = &b->reasons[i];
		if (x->kind != y->kind || !str_eq(x->text, y->text) || x->line != y->line ||
		    x->value != y->value || x->limit != y->limit ||
		    x->free_at != y->free_at)
			return false;
	}
	return true;
}

static struct world world;
static struct asked asked;
static uint64_t allowed, waiting;

/* ---- what must hold ---- */

static void
decide__agrees_with_its_slow_twin(void)
{
	for (unsigned m = 0; m < MODELS; m++) {
		make_world(&world);
		struct authority *authority = authority_new(&world.model, &world.arena);
		for (unsigned r = 0; r < REQUESTS; r++) {
			make_asked(&asked);
			struct arena scratch = world.arena;
			struct authority_decision decision;
			authority_decide(authority, &asked.request, &asked.facts, &scratch,
			    &decision);
			enum verdict want =
			    slow_verdict(&world.model, &asked.request, &asked.facts);
			EXPECT_U64(decision.verdict, want);
			allowed += want == VERDICT_ALLOW;
			/* Nothing under way, everything else the same. */
			for (size_t i = 0; i < asked.facts.uses_n; i++)
				asked.uses[i].held = false;
			bool later = slow_verdict(&world.model, &asked.request,
					 &asked.facts) == VERDICT_ALLOW;
			EXPECT(decision.only_at_once == (want == VERDICT_DENY && later));
			waiting += decision.only_at_once;
		}
	}
	/* The cases are worth something only when all answers are common. */
	EXPECT(allowed > MODELS * REQUESTS / 50);
	EXPECT(waiting > MODELS * REQUESTS / 1000);
}

static void
decide__does_not_see_the_order_of_rules(void)
{
	for (unsigned m = 0; m < MODELS; m++) {
		make_world(&world);
		make_asked(&asked);
		struct authority_decision before = decide(&world, &world.model, &asked);
		for (size_t i = world.model.rules_n; i > 1; i--) {
			size_t k = below((unsigned)i);
			struct rule rule = world.rules[i - 1];
			world.rules[i - 1] = world.rules[k];
			world.rules[k] = rule;
		}
		struct authority_decision after = decide(&world, &world.model, &asked);
		EXPECT(decisions_eq(&before, &after));
	}
}

static void
decide__is_not_widened_by_a_prohibition(void)
{
	for (unsigned m = 0; m < MODELS; m++) {
		make_world(&world);
		make_asked(&asked);
		struct model less = world.model;
		if (less.rules_n == RULES_MAX)
			less.rules_n--;
		struct model more = less;
		struct rule *added = &world.rules[more.rules_n++];
		added->kind = RULE_PROHIBITION;
		EXPECT(decide(&world, &more, &asked).verdict >=
		       decide(&world, &less, &asked).verdict);
	}
}

/* All that denies is limits of the rule at that line. */
static bool
only_limits_of(const struct authority_decision *decision, uint32_t line)
{
	for (size_t i = 0; i < decision->reasons_n; i++) {
		const struct reason *reason = &decision->reasons[i];
		if (reason->kind != REASON_GRANT &&
		    (reason->kind != REASON_LIMIT || reason->line != line))
			return false;
	}
	return true;
}

static void
decide__is_not_widened_by_a_grant_less_but_by_its_own_limits(void)
{
	for (unsigned m = 0; m < MODELS; m++) {
		make_world(&world);
		make_asked(&asked);
		if (world.model.rules_n == 0)
			continue;
		struct authority_decision before = decide(&world, &world.model, &asked);
		struct model less = world.model;
		less.rules_n--;
		const struct rule *gone = &world.rules[less.rules_n];
		if (gone->kind != RULE_GRANT)
			continue;
		struct authority_decision after = decide(&world, &less, &asked);
		EXPECT(after.verdict >= before.verdict ||
		       only_limits_of(&before, gone->place.line));
	}
}

static void
decide__is_not_widened_by_a_limit_or_a_use_more(void)
{
	for (unsigned m = 0; m < MODELS; m++) {
		make_world(&world);
		make_asked(&asked);
		if (world.model.rules_n == 0)
			continue;
		enum verdict before = decide(&world, &world.model, &asked).verdict;
		asked.facts.uses_n++;
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
		asked.facts.uses_n--;
		struct rule *rule = &world.rules[below((unsigned)world.model.rules_n)];
		if (rule->at_once != 1)
			rule->at_once =
			    rule->at_once == 0 ? 1 + below(3) : rule->at_once - 1;
		EXPECT(decide(&world, &world.model, &asked).verdict >= before);
	}
}

/* A rate that is used up gives way at exactly the time it names. */
static void
decide__is_free_when_it_says_so(void)
{
	for (unsigned m = 0; m < MODELS; m++) {
		make_world(&world);
		make_asked(&asked);
		asked.facts.stopped = false;
		struct authority_decision decision = decide(&world, &world.model, &asked);
		const struct reason *reason = &decision.reasons[0];
		if (reason->kind != REASON_LIMIT || reason->free_at == 0)
			continue;
		struct asked later = asked;
		later.facts.uses = later.uses;
		later.request.params = &asked.params;
		later.request.at = AT + (reason->free_at - WALL);
		/* Rules that begin or end meanwhile are another matter: only time moves. */
		decision = decide(&world, &world.model, &later);
		EXPECT(decision.reasons[0].kind != REASON_LIMIT ||
		       decision.reasons[0].line != reason->line ||
		       decision.reasons[0].free_at != reason->free_at);
		later.request.at--;
		decision = decide(&world, &world.model, &later);
		EXPECT(decision.reasons[0].kind == REASON_LIMIT &&
		       decision.reasons[0].line == reason->line);
	}
}

#define RUN_SEEDED(test) (seed = UINT64_C(0x9e3779b97f4a7c15), RUN(test))

int
main(void)
{
	RUN_SEEDED(decide__agrees_with_its_slow_twin);
	RUN_SEEDED(decide__does_not_see_the_order_of_rules);
	RUN_SEEDED(decide__is_not_widened_by_a_prohibition);
	RUN_SEEDED(decide__is_not_widened_by_a_grant_less_but_by_its_own_limits);
	RUN_SEEDED(decide__is_not_widened_by_a_limit_or_a_use_more);
	RUN_SEEDED(decide__is_free_when_it_says_so);
	TEST_MAIN_END();
}
