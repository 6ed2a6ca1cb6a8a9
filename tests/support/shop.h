#ifndef TESTS_SHOP_H
#define TESTS_SHOP_H

/*
 * shop -- the configuration that the core's scenarios play in.
 *
 * checkout (tier 1, journey buy) depends on payments (tier 2, workers on pay-1 and pay-2);
 * ledger (tier 3) has no developers. ana is on duty for platform-ops and reached by mail,
 * then by pager; mei is the next tier; the team's channel is ops-hook. Automation may
 * restart 3 times an hour a service, one at a time, while an incident is open; ana may
 * restart payments. Each message goes by itself.
 */
#define SHOP_TOP                                                             \
	"prometheus: http://127.0.0.1:9090\n"                                \
	"fallback: platform-ops\n"                                           \
	"channels:\n"                                                        \
	"  mail: {smtp: 'smtp://127.0.0.1:25', from: firstline@example.com," \
	" digest: never}\n"                                                  \
	"  pager: {webhook: 'http://127.0.0.1:8001/page', digest: never}\n"  \
	"  ops-hook: {webhook: 'http://127.0.0.1:8001/ops', digest: never}\n"

#define SHOP_PEOPLE                                                                \
	"people:\n"                                                                \
	"  ana: {name: Ana Souza, email: ana@example.com, reach: [mail, pager]}\n" \
	"  mei: {name: Mei Lin, email: mei@example.com, reach: [mail]}\n"          \
	"teams:\n"                                                                 \
	"  platform-ops:\n"                                                        \
	"    kind: operations\n"                                                   \
	"    lead: mei\n"                                                          \
	"    notify: [ops-hook]\n"                                                 \
	"    on_call:\n"                                                           \
	"      zone: UTC\n"                                                        \
	"      rotations: [{name: primary, people: [ana], every: 1 week,"          \
	" handover: 'Mon 09:00'}]\n"                                               \
	"      escalate: [{to: primary, after: 5m}, {to: lead}]\n"                 \
	"      acknowledge_timeout: 2d\n"                                          \
	"  checkout-dev: {kind: development, tracker: 'github:acme/checkout'}\n"

#define SHOP_SERVICES                                                          \
	"services:\n"                                                          \
	"  checkout: {owner: platform-ops, developers: checkout-dev, tier: 1," \
	" journeys: [buy], depends_on: [payments]}\n"                          \
	"  payments: {owner: platform-ops, developers: checkout-dev, tier: 2," \
	" look: {dashboards: ['http://grafana/payments']},"                    \
	" healthy: {promql: 'up{host=\"${target}\"}', expect: '> 0'}}\n"       \
	"  ledger: {owner: platform-ops, tier: 3}\n"                           \
	"hosts:\n"                                                             \
	"  pay-1: {service: payments, role: worker}\n"                         \
	"  pay-2: {service: payments, role: worker}\n"                         \
	"  pay-3: {service: payments, role: worker, environment: staging}\n"   \
	"alerts:\n"                                                            \
	"  - {match: {job: '~checkout-.*'}, service: checkout}\n"              \
	"  - {match: {queue: '~.+'}, service: payments, recurrence: [alertname, queue]}\n"

#define SHOP_ACTIONS                                                              \
	"actions:\n"                                                              \
	"  restart-unit:\n"                                                       \
	"    verb: restart\n"                                                     \
	"    run: [systemctl, restart, '${service}', '${target}']\n"              \
	"    timeout: 30s\n"                                                      \
	"  restart-known:\n"                                                      \
	"    verb: restart\n"                                                     \
	"    run: [systemctl, restart, '${service}', '${target}']\n"              \
	"    happened: {promql: 'restarts{host=\"${target}\"}', expect: '> 0'}\n" \
	"    timeout: 30s\n"                                                      \
	"  restart-safe:\n"                                                       \
	"    verb: restart\n"                                                     \
	"    run: [systemctl, restart, '${service}', '${target}']\n"              \
	"    repeat: safe\n"                                                      \
	"    timeout: 30s\n"                                                      \
	"  drop-table: {verb: clear, run: [dropdb, '${service}']}\n"

#define SHOP_AUTHORITY                                                        \
	"authority:\n"                                                        \
	"  - {grant: automation restarts, to: [automation], may: [restart],"  \
	" on: {tier: [1, 2, 3]}, within: {per_service: 3 in 1h, at_once: 1}," \
	" while: incident, until: 2030-01-01, owner: mei}\n"                  \
	"  - {grant: ana restarts payments, to: [ana], may: [restart],"       \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"

#define SHOP SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS SHOP_AUTHORITY

/* The queue does not drain: check, restart each worker by `action`, verify, hand off. */
#define SHOP_QUEUE(action) \
	SHOP_QUEUE_ROLLING(action, "{pause: 45s, stop_after_failures: 1}")
#define SHOP_QUEUE_ROLLING(action, rolling)                         \
	"---\n"                                                     \
	"runbook: queue-not-draining\n"                             \
	"service: payments\n"                                       \
	"answers: [{alertname: QueueStuck}]\n"                      \
	"inputs: {queue: {type: name, from: alert.labels.queue}}\n" \
	"---\n"                                                     \
	"# The payments queue is not draining\n"                    \
	"```check backlog\n"                                        \
	"promql: 'queue_depth{queue=\"${queue}\"}'\n"               \
	"expect: \"> 500\"\n"                                       \
	"for: 1m\n"                                                 \
	"otherwise: stop\n"                                         \
	"```\n"                                                     \
	"```action restart-workers\n"                               \
	"do: " action "\n"                                          \
	"targets: {service: payments, role: worker}\n"              \
	"rolling: " rolling "\n"                                    \
	"```\n"                                                     \
	"```verify drained\n"                                       \
	"promql: 'queue_depth{queue=\"${queue}\"}'\n"               \
	"expect: \"< 50\"\n"                                        \
	"for: 3m\n"                                                 \
	"within: 10m\n"                                             \
	"otherwise: handoff poison\n"                               \
	"```\n"                                                     \
	"```handoff poison\n"                                       \
	"class: investigation\n"                                    \
	"because: messages the workers cannot digest\n"             \
	"ask: decide to drop, fix forward, or replay\n"             \
	"```\n"

/* One service, one step, verified over HTTP. */
#define SHOP_DOWN(service, action)               \
	"---\n"                                  \
	"runbook: down-" service "\n"            \
	"service: " service "\n"                 \
	"answers: [{alertname: Down}]\n"         \
	"---\n"                                  \
	"# It is down\n"                         \
	"```action restart\n"                    \
	"do: " action "\n"                       \
	"```\n"                                  \
	"```verify up\n"                         \
	"http: 'http://127.0.0.1:8080/health'\n" \
	"expect: \"status == 200\"\n"            \
	"within: 2m\n"                           \
	"otherwise: person\n"                    \
	"```\n"

#endif
