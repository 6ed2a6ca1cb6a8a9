#ifndef TESTS_AUTHORITY_SHOP_H
#define TESTS_AUTHORITY_SHOP_H

#include "authority/authority.h"
#include "support/authority_answer.h"

/*
 * authority_shop -- a small catalogue written out by hand, and words to write rules with:
 *
 *	checkout  tier 1, shop, production   hosts web-1 to web-4 and db-1, and stage-1 in staging
 *	payments  tier 2, shop, production   no hosts
 *	ledger    tier 3, bank, staging      no hosts
 *
 * ana has the rotation of platform-ops on Monday 2026-11-23, piotr next week; mei leads.
 */
#define WALL UINT64_C(1795439520000) /* 2026-11-23 13:12 UTC */
#define AT (100 * DAY)

/* STR for what is laid out before the program runs. */
#define S(literal)                             \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

static struct person people[] = {
	{ .id = S("ana"), .name = S("Ana Souza") },
	{ .id = S("piotr"), .name = S("Piotr Nowak") },
	{ .id = S("mei"), .name = S("Mei Lin") },
	{ .id = S("tom"), .name = S("Tom of checkout-dev") },
};

static const struct person *turns[] = { &people[0], &people[1] };

static struct layer layer = { .people = turns,
	.people_n = 2,
	.days = 7,
	.handover_minute = 9 * 60 };
static struct rotation rotations[] = {
	{ .name = S("primary"),
	    .layers = &layer,
	    .layers_n = 1,
	    .people = turns,
	    .people_n = 2 },
};

static struct team teams[] = {
	{ .name = S("platform-ops"),
	    .kind = TEAM_OPERATIONS,
	    .rotations = rotations,
	    .rotation_n = 1,
	    .lead = &people[2] },
};

static struct service services[] = {
	{ .name = S("checkout"),
	    .owner = &teams[0],
	    .system = S("shop"),
	    .tier = 1,
	    .environment = S("production") },
	{ .name = S("payments"),
	    .owner = &teams[0],
	    .system = S("shop"),
	    .tier = 2,
	    .environment = S("production") },
	{ .name = S("ledger"),
	    .owner = &teams[0],
	    .system = S("bank"),
	    .tier = 3,
	    .environment = S("staging") },
};

#define HOST(id, of, at)                                               \
	{                                                              \
		.name = S(id), .service = &services[0], .role = S(of), \
		.environment = S(at)                                   \
	}
static struct host hosts[] = {
	HOST("web-1", "web", "production"),
	HOST("web-2", "web", "production"),
	HOST("stage-1", "web", "staging"),
	HOST("web-3", "web", "production"),
	HOST("web-4", "web", "production"),
	HOST("db-1", "db", "production"),
};

static struct param unit[] = { { .name = S("unit"), .kind = PARAM_NAME } };
static struct param replicas[] = {
	{ .name = S("replicas"),
	    .kind = PARAM_INTEGER,
	    .min = 1,
	    .max = 9,
	    .otherwise = S("2") },
};

static str zones[] = { S("eu-1"), S("eu-2"), S("eu-3") };
static struct param scale_out[] = {
	{ .name = S("replicas"),
	    .kind = PARAM_INTEGER,
	    .min = -1000000,
	    .max = INT64_MAX,
	    .dash = true },
	{ .name = S("zone"),
	    .kind = PARAM_ONE_OF,
	    .values = { zones, 3 },
	    .optional = true },
};
static struct observe observes[] = { { .param = S("replicas") } };
static struct probe probe;

static struct action actions[] = {
	{ .name = S("restart-unit"), .verb = S("restart"), .params = { unit, 1 } },
	{ .name = S("scale-web"), .verb = S("scale"), .params = { replicas, 1 } },
	{ .name = S("flush"), .verb = S("clear") },
	{ .name = S("scale-out"),
	    .verb = S("scale"),
	    .params = { scale_out, 2 },
	    .observe = observes,
	    .observe_n = 1 },
};

static struct model model;
static char memory[1 << 20];

/* The catalogue with these rules. */
static struct authority *
authority_of(struct arena *arena, struct rule *rules, size_t n)
{
	model = (struct model){
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
		.rules = rules,
		.rules_n = n,
	};
	teams[0].zone = zone_utc();
	services[0].healthy = &probe;
	layer.zone = zone_utc();
	layer.anchor_days = civil_days(2026, 1, 5);
	for (size_t i = 0; i < countof(people); i++)
		*names_slot(&model.person_by_name, arena, people[i].id) = &people[i];
	for (size_t i = 0; i < countof(teams); i++)
		*names_slot(&model.team_by_name, arena, teams[i].name) = &teams[i];
	for (size_t i = 0; i < countof(services); i++)
		*names_slot(&model.service_by_name, arena, services[i].name) = &services[i];
	for (size_t i = 0; i < countof(hosts); i++)
		*names_slot(&model.host_by_name, arena, hosts[i].name) = &hosts[i];
	for (size_t i = 0; i < countof(actions); i++)
		*names_slot(&model.action_by_name, arena, actions[i].name) = &actions[i];
	return authority_new(&model, arena);
}

/* Those uses, indexed; good until the next call. */
static const struct authority_uses *
uses_of(const struct authority_use *uses, size_t n)
{
	static struct authority_uses index;
	static struct authority_use kept[16];
	static struct authority_actor chain[countof(kept)][BEHALF_MAX];
	authority_uses_init(&index);
	ASSERT(n <= countof(kept));
	for (size_t i = 0; i < n; i++) {
		kept[i] = uses[i];
		kept[i].chain = chain[i];
		authority_uses_add(&index, &kept[i]);
	}
	return &index;
}

#define STRS(...)                                                                    \
	{                                                                            \
		(str[]){ __VA_ARGS__ }, sizeof((str[]){ __VA_ARGS__ }) / sizeof(str) \
	}
#define TO(...)                                    \
	.to = (struct principal[]){ __VA_ARGS__ }, \
	.to_n = sizeof((struct principal[]){ __VA_ARGS__ }) / sizeof(struct principal)
#define AUTOMATION                           \
	{                                    \
		.kind = PRINCIPAL_AUTOMATION \
	}
#define ON_DUTY                                                                         \
	{                                                                               \
		.kind = PRINCIPAL_ON_DUTY, .name = S("platform-ops"), .team = &teams[0] \
	}
#define TEAM                                                                         \
	{                                                                            \
		.kind = PRINCIPAL_TEAM, .name = S("platform-ops"), .team = &teams[0] \
	}
#define PERSON(id)                                      \
	{                                               \
		.kind = PRINCIPAL_PERSON, .name = S(id) \
	}
#define AGENT(id)                                      \
	{                                              \
		.kind = PRINCIPAL_AGENT, .name = S(id) \
	}
#define PLACE(n) .place = { S("authority.yaml"), (n) }, .owner = &people[0]
static struct pair unit_pair = { S("unit"), S("nginx.service") };
static const struct pairs unit_pairs = { &unit_pair, 1 };
#define UNIT (&unit_pairs)

#define GRANT(...)                                                                       \
	{                                                                                \
		.kind = RULE_GRANT, .name = S("restart tier 1"), .while_incident = true, \
		PLACE(3), __VA_ARGS__                                                    \
	}
#define BY_ALL TO(AUTOMATION, ON_DUTY)
#define RESTART .may = STRS(S("restart"))
#define ON_TIER_1 .on = { .tiers = 1u << 1 }
/* Automation and whoever is on duty restart tier 1 while there is an incident. */
#define TIER_1 GRANT(BY_ALL, RESTART, ON_TIER_1)
#define TIER_1_WITH(...) GRANT(BY_ALL, RESTART, ON_TIER_1, __VA_ARGS__)

#define SCALE .may = STRS(S("scale"))
#define SCALE_WITH(...)                                                                \
	GRANT(BY_ALL, SCALE, ON_TIER_1, .with = (struct param_bound[]){ __VA_ARGS__ }, \
	    .with_n = sizeof((struct param_bound[]){ __VA_ARGS__ }) /                  \
	              sizeof(struct param_bound))
#define REPLICAS(n)                                      \
	&(struct pairs)                                  \
	{                                                \
		&(struct pair){ S("replicas"), S(n) }, 1 \
	}
#define LIVE(n)                                          \
	{                                                \
		&(struct pair){ S("replicas"), S(n) }, 1 \
	}
#define RULE(of, called, at, ...)                                            \
	{                                                                    \
		.kind = RULE_##of, .name = S(called), PLACE(at), __VA_ARGS__ \
	}

#define RESTARTED(on, host, ago)                                                  \
	{                                                                         \
		.service = S(on), .target = S(host), .action = S("restart-unit"), \
		.verb = S("restart"), .at = AT - (ago)                            \
	}
#define RESTARTING(on, host, ago)                                                 \
	{                                                                         \
		.service = S(on), .target = S(host), .action = S("restart-unit"), \
		.verb = S("restart"), .at = AT - (ago), .held = true              \
	}

#endif
