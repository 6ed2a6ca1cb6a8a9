/*
 * Each request for memory of a scenario is refused once, alone. After each step every
 * invariant must hold and the journal must replay; in the end all is done, or a person is
 * called, or it was answered that something was left out; and it is counted, whatever it was.
 */
#include "core/state.h"
#include "support/poor.h"
#include "support/shop.h"
#include "support/world.h"

struct scenario {
	const char *name, *yaml, *runbook, *other;
	bool (*play)(struct world *w); /* false: not all of it was done */
};

/* ---- what authority and runbooks ask for before anything is done ---- */

#define SERVICES                                                       \
	"services:\n"                                                  \
	"  checkout: {owner: platform-ops, tier: 1}\n"                 \
	"  payments: {owner: platform-ops, tier: 2,"                   \
	" healthy: {promql: 'up{host=\"${target}\"}', expect: '> 0'}," \
	" look: {evidence: [{name: errors, promql: errors},"           \
	" {name: workers, promql: workers}]}}\n"                       \
	"hosts:\n"                                                     \
	"  pay-1: {service: payments, role: worker}\n"                 \
	"  pay-2: {service: payments, role: worker}\n"
#define ACTIONS                                                       \
	"actions:\n"                                                  \
	"  restart: {verb: restart, run: [restart, '${target}']}\n"   \
	"  scale:\n"                                                  \
	"    verb: scale\n"                                           \
	"    params: {replicas: {type: integer, min: 1, max: 100}}\n" \
	"    run: [scale, '${service}', '${replicas}']\n"             \
	"    observe: {replicas: {promql: 'replicas'}}\n"             \
	"    undo: {do: scale, with: {replicas: '${observed.replicas}'}}\n"
#define RULES                                                                 \
	"authority:\n"                                                        \
	"  - {grant: anything, to: [automation, ana], may: [restart, scale]," \
	" on: {tier: [1, 2]}, until: 2026-11-30, owner: mei}\n"               \
	"  - {approval: more than double, for: [scale],"                      \
	" when: {replicas: '> 2x'}, by: [ana, mei], need: 2}\n"               \
	"  - {limit: one stays, for: [restart], on: {service: [payments]},"   \
	" within: {keep_healthy: 1}}\n"
#define CONFIG SHOP_TOP SHOP_PEOPLE SERVICES ACTIONS RULES
#define RUNBOOK                                                                   \
	"---\nrunbook: r\nservice: payments\nanswers: [{alertname: Odd}]\n"       \
	"inputs:\n  depth: {type: integer, min: 1, max: 999,"                     \
	" from: {promql: depth}}\n"                                               \
	"  width: {type: integer, min: 1, max: 999, from: {promql: width}}\n"     \
	"evidence: [{name: page, promql: page}]\n---\n# R\n"                      \
	"```action go\ndo: restart\ntargets: {service: payments, role: worker}\n" \
	"```\n"                                                                   \
	"```verify up\npromql: up\nexpect: '> 0'\nwithin: 2m\n```\n"

static void
answer_all(struct world *w)
{
	while (w->probe_n > 0)
		world_probe(w, "12");
}

static bool
run_through(struct world *w)
{
	uint64_t alert = world_fire(w, "alertname=Odd,service=payments");
	for (unsigned i = 0; i < 4; i++) {
		answer_all(w);
		while (w->attempt_n > 0)
			world_exit(w, 0);
	}
	world_see(w, "12", 3 * MINUTE);
	struct run_row run = { 0 };
	row_id id = world_last(w, TABLE_RUN);
	bool done =
	    id != 0 && world_row_get(w, TABLE_RUN, id, &run) && run.state == RUN_RECOVERED;
	const struct incident_row *incident = core_incident(w->core, 1);
	done = done || (incident != NULL && incident->needs_person);
	world_resolve(w, alert);
	world_after(w, HOUR);
	return done;
}

static bool
approved(struct world *w)
{
	world_fire(w, "alertname=Slow,service=checkout");
	struct pair replicas = { STR("replicas"), STR("30") };
	struct command scale = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("scale"),
		.action = true,
		.target = STR("checkout"),
		.params = { &replicas, 1 },
		.principal = STR("automation") };
	if (world_command(w, &scale).status != 202)
		return false;
	answer_all(w);
	static const char *const who[] = { "person:ana", "person:mei" };
	for (size_t i = 0; i < countof(who); i++) {
		struct command yes = { .kind = COMMAND_APPROVE,
			.row = world_last(w, TABLE_ASKED),
			.text = STR("we need more"),
			.principal = str_of(who[i]) };
		if (world_command(w, &yes).status != 200)
			return false;
	}
	answer_all(w);
	bool began = w->attempt_n == 1;
	while (w->attempt_n > 0)
		world_exit(w, 0);
	return began;
}

/* ---- what people ask for ---- */

static bool
asked_by_people(struct world *w)
{
	const struct command commands[] = {
		{ .kind = COMMAND_FEED_ADD,
		    .principal = STR("person:ana"),
		    .role = ROLE_VIEWER,
		    .token = { .feed = STR("person:ana"), .secret = sha256(STR("a")) } },
		{ .kind = COMMAND_TOKEN_ADD,
		    .principal = STR("local-admin"),
		    .token = { .name = STR("t"),
			.principal = STR("person:ana"),
			.role = ROLE_VIEWER,
			.secret = sha256(STR("b")) } },
		{ .kind = COMMAND_HANDS_ON,
		    .principal = STR("person:ana"),
		    .name = STR("payments"),
		    .text = STR("looking into it") },
		{ .kind = COMMAND_BREAK_GLASS,
		    .principal = STR("person:ana"),
		    .name = STR("checkout"),
		    .text = STR("it burns, and nobody answers"),
		    .span_ms = 10 * MINUTE },
		{ .kind = COMMAND_CHANNEL_TEST,
		    .principal = STR("person:ana"),
		    .name = STR("ops-hook"),
		    .idempotency_key = STR("k") },
	};
	bool all = true;
	for (size_t i = 0; i < countof(commands); i++) {
		uint32_t status = world_command(w, &commands[i]).status;
		EXPECT(status < 300 || status == 503);
		all = all && status < 300;
	}
	world_after(w, HOUR);
	struct command review = { .kind = COMMAND_REVIEW,
		.principal = STR("person:mei"),
		.row = world_last(w, TABLE_LEASE),
		.text = STR("it was right") };
	uint32_t status = world_command(w, &review).status;
	EXPECT(status == 200 || status == 503 || !all);
	return all && status == 200;
}

/* ---- what another configuration brings ---- */

#define MORE                                                              \
	CONFIG "ping_key: file:/none\nheartbeats:\n"                      \
	       "  import: {service: payments, period: 10m, grace: 2m}\n"  \
	       "calendars:\n  nights: {zone: UTC, weekly: [{days: any,"   \
	       " from: '22:00', until: '06:00'}]}\n"                      \
	       "maintenance:\n  - {name: upgrades, match: {queue: mail}," \
	       " during: nights, owner: ana, because: patches}\n"

static bool
adopted(struct world *w)
{
	world_adopt_by(w, MORE, RUNBOOK, "person:ana");
	world_after(w, 13 * MINUTE); /* the heartbeat is missed */
	const struct heartbeat_row *row;
	bool done = core_heartbeats(w->core, &row, 1) == 1 &&
	            row->state == HEARTBEAT_DOWN && row->why.n > 0;
	return done && world_count(w, TABLE_SILENCE) == 1 &&
	       world_gap(w, GAP_GRANT_ENDS, "anything").count > 0;
}

/* ---- who signs in, and what people set ---- */

/* Whether it was done; if not, that was said, or follows from what was said before. */
static bool
said(struct world *w, const struct command *command, bool all)
{
	uint32_t status = world_command(w, command).status;
	EXPECT(status < 300 || status == 503 || !all);
	return status < 300 && all;
}

static bool
signed_in(struct world *w)
{
	struct command link = { .kind = COMMAND_LOGIN_LINK,
		.principal = STR("person:mei"),
		.login = { .person = STR("ana"), .link = sha256(STR("link")) } };
	struct command in = { .kind = COMMAND_SESSION_ADD,
		.principal = STR("person:ana"),
		.session = { .principal = STR("person:ana"),
		    .how = SESSION_LINK,
		    .secret = sha256(STR("cookie")),
		    .address = STR("192.0.2.1"),
		    .agent = STR("a browser") },
		.login = { .link = link.login.link } };
	bool all = said(w, &link, true);
	all = said(w, &in, all);
	struct command password = { .kind = COMMAND_PASSWORD_SET,
		.principal = STR("person:ana"),
		.row = world_last(w, TABLE_SESSION),
		.login = { .person = STR("ana"), .password = STR("argon2id") } };
	all = said(w, &password, all);
	password.principal = STR("person:mei");
	in.session.principal = STR("person:mei");
	in.session.how = SESSION_PASSWORD;
	in.session.secret = sha256(STR("another"));
	all = said(w, &in, all);
	password.row = world_last(w, TABLE_SESSION);
	password.login.person = STR("mei");
	return said(w, &password, all);
}

static bool
kept_quiet(struct world *w)
{
	struct silence_matcher matcher = { .name = STR("alertname"),
		.value = STR("Slow"),
		.equal = true };
	struct command set = { .kind = COMMAND_SILENCE_SET,
		.principal = STR("person:ana"),
		.silence = { .matchers = { &matcher, 1 },
		    .starts_wall = w->wall,
		    .ends_wall = w->wall + HOUR,
		    .created_by = STR("ana"),
		    .comment = STR("disks") },
		.fresh = STR("u-1") };
	bool all = said(w, &set, true);
	set.silence.uuid = STR("u-1");
	set.silence.comment = STR("more disks");
	all = said(w, &set, all);
	matcher.value = STR("Slower");
	set.fresh = STR("u-2");
	all = said(w, &set, all);
	char to[32];
	(void)snprintf(to, sizeof(to), "%llu", (unsigned long long)(w->wall + DAY));
	struct pair params[] = { { STR("person"), STR("mei") },
		{ STR("rotation"), STR("primary") }, { STR("team"), STR("platform-ops") },
		{ STR("to"), str_of(to) } };
	struct command override = { .kind = COMMAND_OVERRIDE_SET,
		.principal = STR("person:mei"),
		.text = STR("ana is ill"),
		.params = { params, countof(params) },
		.admin = true };
	return said(w, &override, all);
}

/* ---- runs of many parts ---- */

#define PARTS                                                                     \
	SHOP_TOP SHOP_PEOPLE                                                      \
	    "services:\n  web: {owner: platform-ops, tier: 2}\n"                  \
	    "hosts:\n  web-1: {service: web, role: front}\n"                      \
	    "  web-2: {service: web, role: front}\n"                              \
	    "actions:\n  restart: {verb: restart, run: [restart, '${target}']}\n" \
	    "  drain: {verb: drain, run: [drain, '${target}'], undo: fill}\n"     \
	    "  fill: {verb: fill, run: [fill, '${target}']}\n"                    \
	    "authority:\n  - {grant: anything, to: [automation], may: [restart,"  \
	    " drain], on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"
#define ALL                                                                          \
	"---\nrunbook: all\nservice: web\nanswers: [{alertname: Odd}]\n---\n# All\n" \
	"```ask which\nquestion: which?\nanswer: {type: name}\nwithin: 9m\n```\n"    \
	"```call hosts\nrunbook: one\neach: {service: web, role: front}\n"           \
	"with: {host: '${target}'}\n```\n"                                           \
	"```verify up\npromql: up\nexpect: '> 0'\nwithin: 1m\nundo: true\n```\n"
#define ONE                                                                      \
	"---\nrunbook: one\nservice: web\ninputs: {host: {type: host, default: " \
	"web-1}}\n---\n# One\n"                                                  \
	"```check bad\nany: [{name: a, promql: a, expect: '> 0'}, {name: b, "    \
	"promql: b, expect: '> 0'}]\n```\n"                                      \
	"```action drain\ndo: drain\ntargets: {service: web, host: '${host}'}\n" \
	"```\n```verify well\npromql: well\nexpect: '> 0'\nwithin: 1m\n```\n"

/* What is out is answered, until nothing is: true, a run ended well or a person is called. */
static bool
through(struct world *w, const char *up)
{
	for (unsigned i = 0; i < 12; i++) {
		while (w->attempt_n > 0)
			world_exit(w, 0);
		world_see(w, i < 6 ? "1" : up, 10 * SECOND);
	}
	const struct incident_row *incident = core_incident(w->core, 1);
	return incident != NULL &&
	       (incident->needs_person || incident->state == INCIDENT_RECOVERED);
}

static bool
each_host(struct world *w)
{
	world_fire(w, "alertname=Odd,service=web");
	struct command answer = { .kind = COMMAND_ANSWER,
		.principal = STR("person:ana"),
		.row = core_waiting_run(w->core, 1),
		.text = STR("left") };
	bool all = said(w, &answer, answer.row != 0);
	return through(w, "1") && all;
}

/* ---- all of them ---- */

static const struct scenario scenarios[] = {
	{ "a run", CONFIG, RUNBOOK, NULL, run_through },
	{ "what two people allow", CONFIG, NULL, NULL, approved },
	{ "what people ask for", CONFIG, NULL, NULL, asked_by_people },
	{ "a configuration", CONFIG, RUNBOOK, NULL, adopted },
	{ "who signs in", PARTS, NULL, NULL, signed_in },
	{ "who wants it quiet, and who stands in", PARTS, NULL, NULL, kept_quiet },
	{ "each host", PARTS, ALL, ONE, each_host },
};

/* What was not kept of an answer is not known, rather than known to be nothing. */
static void
expect_no_empty_value(struct world *w)
{
	for (size_t i = 0; i < w->row_n; i++) {
		struct decision_row row = { 0 };
		if (w->rows[i].table != TABLE_DECISION ||
		    !world_row_get(w, TABLE_DECISION, w->rows[i].id, &row))
			continue;
		for (size_t k = 0; k < row.given.observed.n; k++)
			EXPECT(row.given.observed.p[k].value.n > 0);
	}
}

/* How many requests it took. */
static uint64_t
play(const struct scenario *scenario, uint64_t refused, bool *ret_done)
{
	poorer = NULL;
	refuse_nth = refused;
	struct world *w = world_new(scenario->yaml, scenario->runbook, scenario->other);
	w->reload = false;
	bool done = scenario->play(w);
	EXPECT(done || refused != 0);
	expect_no_empty_value(w);
	EXPECT(refused == 0 || core_control(w->core)->shed > 0);
	uint64_t n = asked_for;
	*ret_done = done;
	poorer = NULL; /* the replay is refused the same */
	world_free(w);
	refuse_nth = 0;
	return n;
}

static void
core__goes_on_whichever_request_is_refused(void)
{
	for (size_t i = 0; i < countof(scenarios); i++) {
		static char name[80];
		bool done;
		test_row = scenarios[i].name;
		uint64_t n = play(&scenarios[i], 0, &done), fewer = 0;
		for (uint64_t k = SPARED + 1; k <= n && test_failures == 0; k++) {
			(void)snprintf(name, sizeof(name), "%s, without request %llu",
			    scenarios[i].name, (unsigned long long)k);
			test_row = name;
			play(&scenarios[i], k, &done);
			fewer += done ? 0 : 1;
		}
		EXPECT(fewer < n / 2); /* most of it is told or remembered, and no more */
	}
}

int
main(void)
{
	RUN(core__goes_on_whichever_request_is_refused);
	TEST_MAIN_END();
}
