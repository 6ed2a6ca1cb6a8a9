/*
 * What one decision costs among many rules, beside a scan of all of them.
 *
 *	bench_authority [RULES [mixed]]		default 10,000
 *
 * 1,000 services in 100 systems, each with four hosts, 20 verbs of 10 actions, 50 teams on
 * duty. Of the rules 80 in 100 name services, 17 a system, 3 a tier.
 *
 * A storm: automation acts on services. One rule in twenty is a prohibition, the others
 * are grants with a rate and a bound on what is under way; 64 uses.
 *
 * Mixed: 70 in 100 of the requests are automation's, 20 a person's, 10 an agent's for a
 * person; half are for a host. 80 in 100 rules are grants, a third of them with a bound
 * on how far a number may move; 10 are limits, 5 approvals, 5 prohibitions; limits are of
 * every kind, and one rule in ten holds at the times of a calendar. 2,000 uses of the last
 * day, of which eight are under way.
 *
 * A decision is all that goes on with an action: the verdict, and as data each rule that
 * it rests on with what was counted, and what it waits for (authority_decide). Timed beside
 * it: the same, explained at once in words, with the nearest grant where none allows it and
 * who may say yes (authority_decide, authority_explain); and the verdict alone, which ends
 * at the first denial (authority_verdict). The scan only looks whom and what a rule is
 * about.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "authority/internal.h"

#define SERVICES 1000u
#define SYSTEMS 100u
#define TEAMS 50u
#define VERBS 20u
#define ACTIONS (VERBS * 10u)
#define HOSTS (4u * SERVICES)
#define USES (mixed ? 2000u : 64u)
#define HELD (mixed ? 8u : 2u)
#define ROUNDS 200000u
#define SCANS 2000u
#define WALL UINT64_C(1795439520000) /* 2026-11-23 13:12 UTC */
#define AT (100 * DAY)

static bool mixed;
static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

static unsigned
below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

static uint64_t
now_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int
u64_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void
make_catalogue(struct model *model, struct arena *arena)
{
	*model = (struct model){
		.people = arena_new(arena, struct person, 2 * TEAMS),
		.people_n = (size_t)2 * TEAMS,
		.teams = arena_new(arena, struct team, TEAMS),
		.teams_n = TEAMS,
		.services = arena_new(arena, struct service, SERVICES),
		.services_n = SERVICES,
		.hosts = arena_new(arena, struct host, HOSTS),
		.hosts_n = HOSTS,
		.actions = arena_new(arena, struct action, ACTIONS),
		.actions_n = ACTIONS,
	};
	static struct param replicas[] = {
		{ .name = { "replicas", 8 }, .kind = PARAM_INTEGER, .min = 1, .max = 1000 }
	};
	static struct observe observe[] = { { .param = { "replicas", 8 } } };
	for (unsigned i = 0; i < 2 * TEAMS; i++) {
		struct person *person = &model->people[i];
		person->id = arena_printf(arena, "person-%u", i);
		*names_slot(&model->person_by_name, arena, person->id) = person;
	}
	for (unsigned i = 0; i < TEAMS; i++) {
		struct team *team = &model->teams[i];
		team->name = arena_printf(arena, "team-%u", i);
		team->zone = zone_utc();
		team->rotations = arena_new(arena, struct rotation, 1);
		team->rotation_n = 1;
		const struct person **turns = arena_new(arena, const struct person *, 2);
		turns[0] = &model->people[2 * i];
		turns[1] = &model->people[2 * i + 1];
		struct layer *layer = arena_new(arena, struct layer, 1);
		*layer = (struct layer){
			.zone = team->zone,
			.people = turns,
			.people_n = 2,
			.days = 7,
		};
		team->rotations[0] = (struct rotation){
			.layers = layer,
			.layers_n = 1,
			.people = turns,
			.people_n = 2,
		};
	}
	for (unsigned i = 0; i < SERVICES; i++) {
		struct service *service = &model->services[i];
		service->name = arena_printf(arena, "service-%u", i);
		service->system = arena_printf(arena, "system-%u", i % SYSTEMS);
		service->tier = 1 + i % 4;
		service->environment = i % 5 == 0 ? STR("staging") : STR("production");
		*names_slot(&model->service_by_name, arena, service->name) = service;
	}
	for (unsigned i = 0; i < HOSTS; i++) {
		struct host *host = &model->hosts[i];
		host->service = &model->services[i / 4];
		host->name = arena_printf(arena, "host-%u", i);
		host->role = STR("web");
		host->environment = host->service->environment;
		*names_slot(&model->host_by_name, arena, host->name) = host;
	}
	for (unsigned i = 0; i < ACTIONS; i++) {
		struct action *action = &model->actions[i];
		action->name = arena_printf(arena, "action-%u", i);
		action->verb = arena_printf(arena, "verb-%u", i % VERBS);
		action->params = (struct params){ replicas, 1 };
		action->observe = observe;
		action->observe_n = 1;
		*names_slot(&model->action_by_name, arena, action->name) = action;
	}
}

static struct strs
some(struct arena *arena, const char *what, unsigned of, unsigned n)
{
	struct strs strs = { arena_new(arena, str, n), n };
	for (unsigned i = 0; i < n; i++)
		strs.p[i] = arena_printf(arena, "%s-%u", what, below(of));
	return strs;
}

static const struct calendar *
some_calendar(void)
{
	static struct calendar_span spans[] = { { WALL - DAY, WALL + DAY },
		{ WALL + 2 * DAY, WALL + 9 * DAY } };
	static struct calendar_week nights = { 62, 22 * 60, 6 * 60 };
	static struct calendar calendars[] = {
		{ .spans = spans, .spans_n = 2 },
		{ .spans = &spans[1], .spans_n = 1 },
		{ .weeks = &nights, .weeks_n = 1 },
	};
	struct calendar *calendar = &calendars[below(countof(calendars))];
	calendar->zone = zone_utc();
	calendar->name = STR("times");
	return calendar;
}

static void
make_limits(struct rule *rule)
{
	rule->per_service = (struct rate){ 3, HOUR };
	rule->at_once = below(3);
	switch (mixed ? below(8) : 7) {
	case 0:
		rule->per_target = (struct rate){ 1, HOUR };
		return;
	case 1:
		rule->targets = (struct share){ .percent = 50 };
		rule->targets_window_ms = HOUR;
		return;
	case 2:
		rule->keep_healthy = (struct share){ .percent = 50 };
		return;
	case 3:
		rule->spacing_ms = 10 * MINUTE;
		return;
	case 4:
		rule->per_actor = (struct rate){ 20, HOUR };
		return;
	default:
		return;
	}
}

static void
make_grant(struct model *model, struct arena *arena, struct rule *rule)
{
	static struct param_bound twice[] = { { .param = { "replicas", 8 },
	    .change = { .kind = DELTA_FACTOR, .thousandths = 2000 } } };
	rule->to_n = mixed ? 3 : 2;
	rule->to = arena_new(arena, struct principal, 3);
	rule->to[0].kind = PRINCIPAL_ON_DUTY;
	rule->to[0].team = &model->teams[below(TEAMS)];
	rule->to[1].kind = below(3) ? PRINCIPAL_AUTOMATION : PRINCIPAL_AGENT;
	rule->to[1].name = STR("helper");
	rule->to[2].kind = below(4) ? PRINCIPAL_AGENT : PRINCIPAL_PERSON;
	rule->to[2].name = below(4) ? STR("helper") : STR("person-0");
	if (rule->to[2].kind == PRINCIPAL_AGENT)
		rule->to[2].name = STR("helper");
	rule->while_incident = true;
	rule->until_wall = WALL + 30 * DAY;
	if (mixed && below(3) == 0) {
		rule->with = twice;
		rule->with_n = 1;
	}
	make_limits(rule);
}

static void
make_rule(struct model *model, struct arena *arena, struct rule *rule)
{
	static struct when more[] = { { .param = { "replicas", 8 },
	    .op = WHEN_GT,
	    .times = { .kind = DELTA_FACTOR, .thousandths = 1500 } } };
	unsigned kind = below(20);
	if (!mixed && kind > 0)
		kind = 19;
	rule->may = some(arena, "verb", VERBS, 1 + below(2));
	unsigned on = below(100);
	if (on < 80)
		rule->on.services = some(arena, "service", SERVICES, 1 + below(3));
	else if (on < 97)
		rule->on.systems = some(arena, "system", SYSTEMS, 1);
	else
		rule->on.tiers = 2u << below(4);
	if (mixed && below(10) == 0)
		rule->during = some_calendar();
	if (kind == 0) {
		rule->kind = RULE_PROHIBITION;
		rule->from_wall = WALL + DAY; /* the next freeze */
	} else if (kind == 1) {
		rule->kind = RULE_APPROVAL;
		rule->when = more;
		rule->when_n = 1;
		rule->need = 1;
		rule->by = arena_new(arena, struct principal, 1);
		rule->by_n = 1;
		rule->by[0].kind = PRINCIPAL_ON_DUTY;
		rule->by[0].team = &model->teams[below(TEAMS)];
	} else if (kind < 4) {
		rule->kind = RULE_LIMIT;
		make_limits(rule);
	} else {
		rule->kind = RULE_GRANT;
		make_grant(model, arena, rule);
	}
}

static void
make_rules(struct model *model, struct arena *arena, unsigned n)
{
	model->rules = arena_new(arena, struct rule, n);
	model->rules_n = n;
	for (unsigned i = 0; i < n; i++) {
		struct rule *rule = &model->rules[i];
		rule->name = arena_printf(arena, "rule number %u", i);
		rule->place = (struct place){ STR("authority.yaml"), i + 1 };
		make_rule(model, arena, rule);
	}
}

static struct authority_facts
make_facts(const struct model *model, struct arena *arena)
{
	static const str who[] = { { "automation", 10 }, { "person:person-0", 15 },
		{ "agent:helper", 12 }, { "person:person-7", 15 },
		{ "person:person-9", 15 }, { "automation", 10 }, { "agent:other", 11 },
		{ "person:person-3", 15 } };
	static struct pair observed[] = { { { "replicas", 8 }, { "12", 2 } } };
	struct authority_use *uses = arena_new(arena, struct authority_use, USES);
	struct authority_uses *index = arena_new(arena, struct authority_uses, 1);
	authority_uses_init(index);
	for (unsigned i = 0; i < USES; i++) {
		const struct action *action = &model->actions[below(ACTIONS)];
		const struct host *host = &model->hosts[below(HOSTS)];
		uses[i] = (struct authority_use){
			.service = host->service->name,
			.target = host->name,
			.action = action->name,
			.verb = action->verb,
			.principal = who[below(countof(who))],
			.at = AT - DAY + i * (DAY / USES),
			.held = i % (USES / HELD) == 0,
		};
		authority_uses_add(index, &uses[i]);
	}
	return (struct authority_facts){ .uses = index,
		.observed = { observed, 1 },
		.health_known = true };
}

/* Hosts of the service that are well, three of four. */
static struct strs
some_healthy(const struct model *model, const struct service *service)
{
	static str names[3];
	size_t at = (size_t)(service - model->services);
	for (size_t i = 0; i < countof(names); i++)
		names[i] = model->hosts[4 * at + i].name;
	return (struct strs){ names, countof(names) };
}

static struct authority_request
make_request(const struct model *model)
{
	static struct pair given[] = { { { "replicas", 8 }, { "20", 2 } } };
	static const struct pairs params = { given, 1 };
	static str person = { "person:person-0", 15 };
	static char target[32]; /* who asks brings it along */
	size_t at = below(SERVICES);
	unsigned who = mixed ? below(10) : 0;
	bool host = mixed && below(2) == 0;
	int n = host ? snprintf(target, sizeof(target), "host-%zu", 4 * at + below(4))
	             : snprintf(target, sizeof(target), "service-%zu", at);
	struct authority_request request = {
		.principal = STR("automation"),
		.action = &model->actions[below(ACTIONS)],
		.service = &model->services[at],
		.target = { target, (size_t)n },
		.params = &params,
		.incident_open = true,
		.wall = WALL,
		.at = AT,
	};
	if (who > 6)
		request.principal = person;
	if (who > 8) {
		request.principal = STR("agent:helper");
		request.behalf = (struct strs){ &person, 1 };
	}
	return request;
}

static void
report(const char *what, uint64_t *ns, size_t n)
{
	if (n == 0)
		return;
	qsort(ns, n, sizeof(*ns), u64_cmp);
	printf("%-24s %8zu  p50 %7.2f us  p99 %7.2f us  max %8.2f us\n", what, n,
	    (double)ns[n / 2] / 1e3, (double)ns[n * 99 / 100] / 1e3,
	    (double)ns[n - 1] / 1e3);
}

/* Each of them asks and answers all there is to it. */
static enum verdict
ask_verdict(const struct authority *authority, const struct authority_request *request,
    const struct authority_facts *facts, struct arena arena)
{
	(void)arena;
	return authority_verdict(authority, request, facts);
}

static enum verdict
ask_decision(const struct authority *authority, const struct authority_request *request,
    const struct authority_facts *facts, struct arena arena)
{
	DECISION decision;
	(void)arena;
	authority_decide(authority, request, facts, &decision);
	return decision.verdict;
}

static enum verdict
ask_answer(const struct authority *authority, const struct authority_request *request,
    const struct authority_facts *facts, struct arena arena)
{
	DECISION decision;
	struct authority_answer answer;
	authority_decide(authority, request, facts, &decision);
	authority_explain(authority, request, facts, &decision, &arena, &answer);
	return decision.verdict;
}

typedef enum verdict asking(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct arena arena);

static void
time_asking(const char *what, asking *ask, const struct authority *authority,
    struct authority_facts *facts, struct arena arena)
{
	uint64_t *ns[VERDICT_COUNT], *all = arena_new(&arena, uint64_t, ROUNDS);
	size_t n[VERDICT_COUNT] = { 0 };
	for (size_t i = 0; i < countof(ns); i++)
		ns[i] = arena_new(&arena, uint64_t, ROUNDS);
	seed = UINT64_C(0x2545f4914f6cdd1d); /* the same requests for all */
	for (size_t i = 0; i < ROUNDS; i++) {
		struct authority_request request = make_request(authority->model);
		facts->healthy = some_healthy(authority->model, request.service);
		struct arena words = arena_over(arena.beg, 64 << 10);
		uint64_t from = now_ns();
		enum verdict verdict = ask(authority, &request, facts, words);
		all[i] = now_ns() - from;
		ns[verdict][n[verdict]++] = all[i];
	}
	report(what, all, ROUNDS);
	report("  allowed", ns[VERDICT_ALLOW], n[VERDICT_ALLOW]);
	report("  after approval", ns[VERDICT_AFTER_APPROVAL], n[VERDICT_AFTER_APPROVAL]);
	report("  denied", ns[VERDICT_DENY], n[VERDICT_DENY]);
}

static void
time_scan(const struct authority *authority, const struct authority_facts *facts,
    struct arena *arena)
{
	uint64_t *ns = arena_new(arena, uint64_t, SCANS);
	size_t applied = 0;
	for (size_t i = 0; i < SCANS; i++) {
		struct authority_request request = make_request(authority->model);
		DECISION decision;
		JUDGEMENT j;
		judgement_begin(&j, authority, &request, facts, &decision);
		j.action = request.action;
		j.service = request.service;
		uint64_t from = now_ns();
		for (size_t r = 0; r < authority->entries_n; r++) {
			const struct rule *rule = authority->entries[r].rule;
			bool names = strs_has(&rule->may, j.action->verb) ||
			             strs_has(&rule->may, j.action->name);
			if (names && scope_covers(&rule->on, j.service) &&
			    rule->kind == RULE_GRANT &&
			    grant_lacks(&j, &authority->entries[r]) == 0 &&
			    principals_have(NULL, rule->to, rule->to_n, &j.chain[0], WALL))
				applied++;
		}
		ns[i] = now_ns() - from;
	}
	report("scan of all, no limits", ns, SCANS);
	printf("%-24s %8.2f\n", "grants that apply", (double)applied / SCANS);
}

int
main(int argc, char **argv)
{
	uint64_t rules = 10000;
	mixed = argc > 2 && strcmp(argv[2], "mixed") == 0;
	if (argc > 1 && !str_u64(str_of(argv[1]), 1000000, &rules)) {
		(void)fprintf(stderr, "usage: bench_authority [RULES [mixed]]\n");
		return 2;
	}
	struct arena_map map;
	struct arena arena = arena_map(&map, (size_t)4 << 30);
	struct model model;
	make_catalogue(&model, &arena);
	make_rules(&model, &arena, (unsigned)rules);
	struct authority_facts facts = make_facts(&model, &arena);

	char *before = arena.beg;
	uint64_t from = now_ns();
	struct authority *authority = authority_new(&model, &arena);
	printf("%zu rules indexed in %.1f ms, %zu of at most %zu kB\n", model.rules_n,
	    (double)(now_ns() - from) / 1e6, (size_t)(arena.beg - before) / 1024,
	    authority_arena_bytes(&model) / 1024);
	time_asking("verdict alone", ask_verdict, authority, &facts, arena);
	time_asking("decision", ask_decision, authority, &facts, arena);
	time_asking("decision explained", ask_answer, authority, &facts, arena);
	time_scan(authority, &facts, &arena);
	arena_unmap(&map);
	return 0;
}
