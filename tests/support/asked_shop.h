#ifndef TESTS_ASKED_SHOP_H
#define TESTS_ASKED_SHOP_H

#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/*
 * asked_shop -- the configuration and shorthand of the scenarios in which things wait.
 *
 * ana is on duty, mei leads, jon is a colleague, tea has no way to be reached. checkout is one
 * thing; payments runs on three workers that can be asked how they are. Rules are added by
 * each scenario: CONFIG(RESTART_ASKS).
 */
#define PEOPLE                                                                     \
	"people:\n"                                                                \
	"  ana: {name: Ana Souza, email: ana@example.com, reach: [mail, pager]}\n" \
	"  mei: {name: Mei Lin, email: mei@example.com, reach: [mail]}\n"          \
	"  jon: {name: Jon Berg, email: jon@example.com, reach: [mail]}\n"         \
	"  tea: {name: Tea Novak, email: tea@example.com}\n"                       \
	"teams:\n"                                                                 \
	"  platform-ops:\n"                                                        \
	"    kind: operations\n"                                                   \
	"    lead: mei\n"                                                          \
	"    notify: [ops-hook]\n"                                                 \
	"    on_call:\n"                                                           \
	"      zone: UTC\n"                                                        \
	"      rotations: [{name: primary, people: [ana], every: 1 week,"          \
	" handover: 'Mon 09:00'}]\n"                                               \
	"      escalate: [{to: primary, after: 5m}, {to: lead}]\n"

#define SERVICES                                                                          \
	"services:\n"                                                                     \
	"  checkout: {owner: platform-ops, tier: 1, journeys: [buy]}\n"                   \
	"  payments: {owner: platform-ops, tier: 2,"                                      \
	" healthy: {http: 'http://127.0.0.1:8080/health?host=${target}', expect: status " \
	"== 200}}\n"                                                                      \
	"hosts:\n"                                                                        \
	"  pay-1: {service: payments, role: worker}\n"                                    \
	"  pay-2: {service: payments, role: worker}\n"                                    \
	"  pay-3: {service: payments, role: worker}\n"

#define ACTIONS                                                                      \
	"actions:\n"                                                                 \
	"  restart-unit:\n"                                                          \
	"    verb: restart\n"                                                        \
	"    run: [systemctl, restart, '${service}', '${target}']\n"                 \
	"    timeout: 30s\n"                                                         \
	"  scale-out:\n"                                                             \
	"    verb: scale\n"                                                          \
	"    params: {replicas: {type: integer, min: 1, max: 100}}\n"                \
	"    run: [scale, '${service}', '${replicas}']\n"                            \
	"    observe: {replicas: {promql: 'replicas{deployment=\"${service}\"}'}}\n" \
	"    timeout: 30s\n"

#define GRANTS                                                                \
	"authority:\n"                                                        \
	"  - {grant: restarts, to: [automation, ana, jon, {agent: helper}],"  \
	" may: [restart], on: {tier: [1, 2]}, within: {per_service: 3 in 1h," \
	" at_once: 1}, until: 2030-01-01, owner: mei}\n"                      \
	"  - {grant: scaling, to: [automation, ana], may: [scale],"           \
	" on: {service: [checkout]}, until: 2030-01-01, owner: mei}\n"

/* Restarts need another person's yes. */
#define RESTART_ASKS                                             \
	"  - {approval: restarts are agreed on, for: [restart]," \
	" on: {service: [checkout]}, by: [ana, mei, jon], expires: 15m}\n"
#define RESTART_ASKS_TWO                                                \
	"  - {approval: restarts are agreed on by two, for: [restart]," \
	" on: {service: [checkout]}, by: [ana, mei, jon], need: 2}\n"
/* And so does more than the double. */
#define SCALE_ASKS                                                      \
	"  - {approval: more than double needs a second, for: [scale]," \
	" when: {replicas: '> 2x'}, by: [mei, jon, {on-duty: platform-ops}]}\n"
#define SCALE_ASKS_TWO                                                      \
	"  - {approval: two agree, for: [scale], when: {replicas: '> 2x'}," \
	" by: [ana, mei, jon], need: 2}\n"
#define KEEP_HEALTHY                                                               \
	"  - {limit: two workers stay, for: [restart], on: {service: [payments]}," \
	" within: {keep_healthy: 2}}\n"

#define CONFIG(rules) SHOP_TOP PEOPLE SERVICES ACTIONS GRANTS rules
#define DOWN "alertname=Down,service=checkout"

/* Scales checkout to 30, then looks whether it is up. */
#define SCALE_RUNBOOK                            \
	"---\n"                                  \
	"runbook: too-small\n"                   \
	"service: checkout\n"                    \
	"answers: [{alertname: Small}]\n"        \
	"---\n"                                  \
	"# It is too small\n"                    \
	"```action grow\n"                       \
	"do: scale-out\n"                        \
	"with: {replicas: 30}\n"                 \
	"```\n"                                  \
	"```verify up\n"                         \
	"http: 'http://127.0.0.1:8080/health'\n" \
	"expect: \"status == 200\"\n"            \
	"within: 2m\n"                           \
	"otherwise: person\n"                    \
	"```\n"
#define SMALL "alertname=Small,service=checkout"

/* ---- shorthand ---- */

static inline struct asked_row
asked(struct world *w, row_id id)
{
	struct asked_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_ASKED, id, &row));
	return row;
}

static inline struct asked_row
last_asked(struct world *w)
{
	return asked(w, world_last(w, TABLE_ASKED));
}

static inline struct decision_row
last_decision(struct world *w)
{
	struct decision_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_DECISION, world_last(w, TABLE_DECISION), &row));
	return row;
}

/* What the last decision knew. */
static inline str
observed(struct world *w)
{
	struct decision_row row = last_decision(w);
	return pairs_get(&row.given.observed, STR("replicas"));
}

static inline struct run_row
last_run(struct world *w)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &row));
	return row;
}

static inline struct reply
answer(struct world *w, enum command_kind kind, row_id row, const char *who)
{
	struct command command = { .kind = kind, .row = row, .principal = str_of(who) };
	return world_command(w, &command);
}

static inline struct reply
approve(struct world *w, const char *who)
{
	return answer(w, COMMAND_APPROVE, world_last(w, TABLE_ASKED), who);
}

static inline struct reply
deny(struct world *w, const char *who)
{
	return answer(w, COMMAND_DENY, world_last(w, TABLE_ASKED), who);
}

static inline struct reply
restart(struct world *w, const char *target, const char *who)
{
	struct command command = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = str_of(target),
		.principal = str_of(who) };
	return world_command(w, &command);
}

static inline struct reply
scale(struct world *w, const char *replicas)
{
	struct pair param = { STR("replicas"), str_of(replicas) };
	struct command command = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("scale-out"),
		.action = true,
		.target = STR("checkout"),
		.params = { &param, 1 } };
	return world_command(w, &command);
}

/* The oldest probe, over HTTP. */
static inline void
status(struct world *w, int64_t code)
{
	ASSERT(w->probe_n > 0);
	struct event event = { .kind = EVENT_PROBE_RESULT,
		.probe_result = { .probe = w->probes[0],
		    .status = code < 0 ? PROBE_FAILED : PROBE_OK,
		    .code = code < 0 ? 0 : code } };
	memmove(w->probes, w->probes + 1, --w->probe_n * sizeof(*w->probes));
	world_step(w, &event);
}

#endif
