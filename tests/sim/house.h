#ifndef TESTS_SIM_HOUSE_H
#define TESTS_SIM_HOUSE_H

/*
 * house -- what the simulated house has written down, in two versions that a reload goes
 * between: the second has narrower limits, a prohibition and another timeout.
 *
 * Automation and ana have limits of their own, which the oracles know: LIMIT_HOUR starts on
 * a service in an hour, and one at a time over all that a rule covers.
 */
#define SIM_CONFIGS 2
#define LIMIT_HOUR_AUTOMATION 2
#define LIMIT_HOUR_ANA 1

/* Of --days: a file more. */
#define SIM_KEEP "keep: {journal: 7d, history: 14d}\n"
#define SIM_KEEP_JOURNAL (7 * DAY)
#define SIM_KEEP_HISTORY (14 * DAY)

/* Short and often, so that they come within a seed and end before its end, on each of the days
 * (workload_init). */
#define SIM_QUIET                                      \
	"{days: any, from: '21:40', until: '22:10'},"  \
	" {days: any, from: '22:45', until: '23:20'}," \
	" {days: any, from: '00:10', until: '00:50'}," \
	" {days: any, from: '02:00', until: '02:40'}," \
	" {days: any, from: '06:30', until: '07:00'}"
#define SIM_QUIET_OTHER "{days: any, from: '02:00', until: '02:20'}"

#define SIM_HEAD(quiet)                                                \
	"prometheus: http://prometheus:9090\n"                         \
	"fallback: ops\n"                                              \
	"channels:\n"                                                  \
	"  page: {webhook: 'http://provider/page'}\n"                  \
	"  chat: {webhook: 'http://provider/chat'}\n"                  \
	"  ops: {webhook: 'http://provider/ops'}\n"                    \
	"people:\n"                                                    \
	"  ana: {name: Ana, zone: Europe/Lisbon, reach: [page, chat]," \
	" quiet: {hours: [" quiet "], by: [chat]}}\n"                  \
	"  mei: {name: Mei, zone: Asia/Tokyo, reach: [chat, page],"    \
	" quiet: {hours: [{days: any, from: '05:50', until: '06:30'}," \
	" {days: any, from: '07:10', until: '07:40'},"                 \
	" {days: any, from: '09:10', until: '09:50'},"                 \
	" {days: any, from: '11:00', until: '11:35'},"                 \
	" {days: any, from: '15:20', until: '16:00'}]}}\n"             \
	"teams:\n"                                                     \
	"  ops:\n"                                                     \
	"    kind: operations\n"                                       \
	"    lead: mei\n"                                              \
	"    notify: [ops]\n"                                          \
	"    on_call:\n"                                               \
	"      zone: Europe/Lisbon\n"                                  \
	"      rotations:\n"                                           \
	"        - {name: primary, people: [ana, mei], every: 1 day,"  \
	" handover: '02:30'}\n"                                        \
	"      escalate: [{to: primary, after: 5m}, {to: lead}]\n"     \
	"  dev: {kind: development, tracker: 'github:acme/dev'}\n"     \
	"services:\n"                                                  \
	"  checkout: {owner: ops, developers: dev, tier: 1,"           \
	" depends_on: [payments], journeys: [buy]}\n"                  \
	"  payments: {owner: ops, developers: dev, tier: 2}\n"         \
	"  ledger: {owner: ops, tier: 3}\n"

#define SIM_ACTIONS(timeout)                                                              \
	"actions:\n"                                                                      \
	"  restart: {verb: restart, run: [act, restart, '${service}'], timeout: " timeout \
	"}\n"                                                                             \
	"  restart-known: {verb: restart, run: [act, restart-known, '${service}'],"       \
	" timeout: " timeout ",\n"                                                        \
	"    happened: {promql: 'restarts{service=\"${service}\"}', expect: '> 0'}}\n"    \
	"  restart-safe: {verb: restart, run: [act, restart-safe, '${service}'],"         \
	" repeat: safe, timeout: " timeout "}\n"

#define SIM_GRANTS(hour)                                                              \
	"authority:\n"                                                                \
	"  - {grant: automation restarts, to: [automation], may: [restart],"          \
	" on: {tier: [1, 2, 3]}, within: {per_service: " hour " in 1h, at_once: 1},"  \
	" while: incident, until: 2030-01-01, owner: mei}\n"                          \
	"  - {grant: ana restarts, to: [ana], may: [restart], on: {tier: [1, 2, 3]}," \
	" within: {per_service: 1 in 1h, at_once: 1}, until: 2030-01-01, owner: mei}\n"

#define SIM_RUNBOOK(service, action)                        \
	"---\nrunbook: down-" service "\nservice: " service \
	"\nanswers: [{alertname: Down}]\n---\n"             \
	"# It is down\n"                                    \
	"```check down\n"                                   \
	"promql: 'up{service=\"" service "\"}'\n"           \
	"expect: '< 1'\n"                                   \
	"otherwise: stop\n"                                 \
	"```\n"                                             \
	"```action restart\n"                               \
	"do: " action "\n"                                  \
	"```\n"                                             \
	"```verify up\n"                                    \
	"promql: 'up{service=\"" service "\"}'\n"           \
	"expect: '> 0'\n"                                   \
	"for: 1m\n"                                         \
	"within: 5m\n"                                      \
	"otherwise: handoff broken\n"                       \
	"```\n"                                             \
	"```handoff broken\n"                               \
	"class: investigation\n"                            \
	"because: a restart does not help\n"                \
	"ask: find out why\n"                               \
	"```\n"

static const char *const sim_configs[SIM_CONFIGS] = {
	SIM_HEAD(SIM_QUIET) SIM_ACTIONS("30s") SIM_GRANTS("2"),
	SIM_HEAD(SIM_QUIET_OTHER) SIM_ACTIONS("20s")
	    SIM_GRANTS("1") "  - {prohibit: the ledger rests, may: any, on: {service: "
			    "[ledger]}, liftable: true}\n",
};

#endif
