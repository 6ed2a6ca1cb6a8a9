#ifndef TESTS_STEPS_SHOP_H
#define TESTS_STEPS_SHOP_H

#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/*
 * steps_shop -- the configuration and shorthand of the scenarios about single steps.
 *
 * Whatever a scenario's runbook does, authority allows: GO acts on payments by restart-unit,
 * UP verifies it. The runbook answers Odd, whose label `where` is an input.
 */
#define STEPS_ACTIONS                                                            \
	"actions:\n"                                                             \
	"  restart-unit: {verb: restart, run: [restart, '${target}'],"           \
	" happened: {run: [was-restarted, '${target}'], expect: 'exit == 0'}}\n" \
	"  restart-safe: {verb: restart, run: [restart, '${target}'],"           \
	" repeat: safe}\n"                                                       \
	"  scale:\n"                                                             \
	"    verb: scale\n"                                                      \
	"    params: {replicas: {type: integer, min: 1, max: 9},"                \
	" zone: {type: name, optional: true}}\n"                                 \
	"    run: [scale, '${service}', '${replicas}']\n"

#define STEPS_AUTHORITY                                               \
	"authority:\n"                                                \
	"  - {grant: anything, to: [automation, ana], may: [restart," \
	" scale], on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: mei}\n"

#define STEPS_CONFIG SHOP_TOP SHOP_PEOPLE SHOP_SERVICES STEPS_ACTIONS STEPS_AUTHORITY

#define STEPS_RUNBOOK(steps)                                                       \
	"---\nrunbook: r\nservice: payments\nanswers: [{alertname: Odd}]\n"        \
	"inputs: {where: {type: name, from: alert.labels.where, default: here}}\n" \
	"---\n# R\n" steps

#define GO "```action go\ndo: restart-unit\n```\n"
#define UP "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
#define ODD "alertname=Odd,service=payments"

static inline struct run_row
last_run(struct world *w)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &row));
	return row;
}

static inline struct attempt_row
last_attempt(struct world *w)
{
	return world_attempt(w, world_last(w, TABLE_ATTEMPT));
}

static inline str
needs_person(struct world *w)
{
	return world_incident(w, 1).needs_person_why;
}

static inline void
stop_all(struct world *w)
{
	EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:ana").status, 200);
}

#endif
