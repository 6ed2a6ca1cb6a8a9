/* What is asked for and cannot be: what is answered, and that nothing has changed. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/* ---- a run to go on with ---- */

#define ODD "alertname=Odd"
#define WEB                                                                           \
	SHOP_TOP SHOP_PEOPLE "services:\n  web: {owner: platform-ops, tier: 2}\n"     \
			     "hosts:\n  web-1: {service: web, role: front}\n"         \
			     "  web-2: {service: web, role: front}\n"                 \
			     "alerts:\n  - {match: {alertname: Odd}, service: web}\n" \
			     "actions:\n  restart: {verb: restart, run: [restart, "   \
			     "'${target}']}\nauthority:\n  - {grant: anything, to: "  \
			     "[automation, ana, {agent: sre}], may: [restart], on: "  \
			     "{tier: [2]}, until: 2030-01-01, owner: mei}\n"
#define BOOK                                                                     \
	"---\nrunbook: r\nservice: web\nanswers: [{alertname: Odd}]\n---\n# R\n" \
	"```action go\ndo: restart\ntargets: {service: web, role: front}\n"      \
	"rolling: {batch: 2}\notherwise: person\n```\n"                          \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"

static struct run_row
the_run(struct world *w)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &row));
	return row;
}

/* Both of its targets were killed: nobody knows how far they came. */
static struct world *
killed(void)
{
	struct world *w = world_new(WEB, BOOK, NULL);
	world_fire(w, ODD);
	EXPECT_U64(w->attempt_n, 2);
	world_news(w, NEWS_KILLED);
	world_news(w, NEWS_KILLED);
	EXPECT(the_run(w).state == RUN_NEEDS_PERSON);
	return w;
}

static struct reply
go_on(struct world *w, struct run_row *before, const char *who, const char *behalf)
{
	return world_command(w, &(struct command){ .kind = COMMAND_CONTINUE,
				    .row = the_run(w).id,
				    .incident = 1,
				    .principal = str_of(who),
				    .behalf = str_of(behalf),
				    .before = { before, 1 } });
}

static void
continue__is_refused_for_a_row_that_does_not_fit(void)
{
	static struct rolled many[ROLLED_MAX];
	for (size_t i = 0; i < countof(many); i++)
		many[i] = (struct rolled){ .step = STR("before"),
			.target = STR("web-1"),
			.state = ROLLED_DONE };
	static const struct {
		const char *name;
		const char *runbook, *who, *behalf;
		row_id other; /* added to its id */
		enum run_state state;
		size_t rolled, passed;
		uint32_t step;
		bool shadow, drill;
		uint32_t status;
		const char *says;
	} rows[] = {
		{ .name = "of another run", .other = 1, .status = 404, .says = "no run" },
		{ .name = "of one that is gone",
		    .other = 1,
		    .state = RUN_RUNNING,
		    .status = 404,
		    .says = "no run" },
		{ .name = "it has ended meanwhile",
		    .state = RUN_RUNNING,
		    .status = 409,
		    .says = "has ended this moment: ask again" },
		{ .name = "it did nothing",
		    .shadow = true,
		    .status = 409,
		    .says = "was in shadow and did nothing" },
		{ .name = "a drill, for an agent",
		    .who = "agent:sre",
		    .drill = true,
		    .status = 403,
		    .says = "only a person goes on with a drill" },
		{ .name = "a drill, for an agent in a person's name",
		    .behalf = "person:ana",
		    .drill = true,
		    .status = 403,
		    .says = "only a person goes on with a drill" },
		{ .name = "its runbook is written no more",
		    .runbook = "gone",
		    .status = 409,
		    .says = "runbook gone is not in the configuration any more" },
		{ .name = "it came to its end",
		    .step = 2,
		    .status = 409,
		    .says = "came to its end: nothing is left of it" },
		{ .name = "as many targets as are kept",
		    .rolled = ROLLED_MAX,
		    .status = 409,
		    .says = "had more targets than are remembered" },
		{ .name = "more than are kept, with those before",
		    .rolled = ROLLED_MAX - 1,
		    .passed = 2,
		    .status = 409,
		    .says = "had more targets than are remembered" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = killed();
		struct run_row before = the_run(w);
		before.id += rows[i].other;
		before.shadow = rows[i].shadow;
		before.drill = rows[i].drill;
		before.step += rows[i].step;
		if (rows[i].state != 0)
			before.state = rows[i].state;
		if (rows[i].runbook != NULL)
			before.runbook = str_of(rows[i].runbook);
		if (rows[i].rolled != 0)
			before.rolled = (struct records){ many, rows[i].rolled };
		if (rows[i].passed != 0)
			before.passed = (struct records){ many, rows[i].passed };
		struct reply reply =
		    go_on(w, &before, rows[i].who != NULL ? rows[i].who : "person:ana",
			rows[i].behalf != NULL ? rows[i].behalf : "");
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT(str_contains(reply.error, str_of(rows[i].says)));
		EXPECT_U64(world_count(w, TABLE_RUN), 1);
		EXPECT_U64(w->attempt_n, 0);
		world_free(w);
	}
}

static void
continue__does_again_all_that_may_have_happened(void)
{
	struct world *w = killed();
	struct run_row before = the_run(w);
	EXPECT_U64(go_on(w, &before, "person:ana", "").status, 202);
	EXPECT(world_says(w, 1, "2 may have happened, and are done again"));
	EXPECT_U64(w->attempt_n, 2);
	world_free(w);
}

static void
run__waits_while_everything_is_stopped(void)
{
	struct world *w = killed();
	EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:mei").status, 200);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("r"),
		.principal = STR("person:ana") };
	struct reply reply = world_command(w, &run);
	EXPECT_U64(reply.status, 403);
	EXPECT_STR(reply.error, STR("everything is stopped, by mei"));
	EXPECT_U64(world_count(w, TABLE_RUN), 1);
	world_free(w);
}

/* ---- drills ---- */

#define PLACES                                                             \
	"hosts:\n"                                                         \
	"  pay-1: {service: payments, role: worker}\n"                     \
	"  pay-2: {service: payments, role: worker, environment: test}\n"  \
	"  pay-3: {service: payments, role: worker, environment: stage}\n" \
	"  pay-4: {service: payments, role: worker, environment: test}\n"
#define SERVICES                                       \
	"services:\n"                                  \
	"  payments: {owner: platform-ops, tier: 2}\n" \
	"  checkout: {owner: platform-ops, tier: 2}\n" \
	"  ledger: {owner: platform-ops, tier: 3}\n"
#define DRILLS SHOP_TOP SHOP_PEOPLE SERVICES PLACES SHOP_ACTIONS SHOP_AUTHORITY
#define WORKERS                                                  \
	"---\nrunbook: workers\nservice: [payments, checkout]\n" \
	"answers: [{alertname: Down}]\n---\n# Workers\n"         \
	"```action restart\ndo: restart-unit\n"                  \
	"targets: {service: payments, role: worker}\n```\n"      \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"

static void
drill__is_of_a_service_and_in_a_place_that_it_has(void)
{
	static const struct {
		const char *name, *service, *environment;
		uint32_t status;
		const char *says;
	} rows[] = {
		{ "of several, none is named", "", "test", 422,
		    "say on which service: runbook workers is for several" },
		{ "there is no such service", "paymets", "test", 404,
		    "there is no service 'paymets': did you mean 'payments'?" },
		{ "not one of its services", "ledger", "test", 404,
		    "runbook workers is not for service ledger" },
		{ "in no place of it", "payments", "moon", 422,
		    "payments has no host in moon: it can be drilled in test, stage" },
		{ "it has no hosts at all", "checkout", "moon", 422,
		    "checkout has no host in moon" },
	};
	struct world *w = world_new(DRILLS, WORKERS, NULL);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct command command = { .kind = COMMAND_DRILL,
			.principal = STR("person:ana"),
			.name = STR("workers"),
			.target = str_of(rows[i].service),
			.environment = str_of(rows[i].environment) };
		struct reply reply = world_command(w, &command);
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT_STR(reply.error, str_of(rows[i].says));
		EXPECT_U64(world_count(w, TABLE_INCIDENT), 0);
	}
	world_free(w);
}

/* ---- people on a service ---- */

static void
lease__has_a_reason_of_bounded_length(void)
{
	static char text[LEASE_WHY_MAX + 1];
	memset(text, 'y', sizeof(text));
	static const enum command_kind kinds[] = { COMMAND_HANDS_ON, COMMAND_BREAK_GLASS };
	for (size_t i = 0; i < countof(kinds); i++) {
		struct world *w = world_new(SHOP, NULL, NULL);
		struct command command = { .kind = kinds[i],
			.principal = STR("person:ana"),
			.name = STR("payments"),
			.text = { text, sizeof(text) } };
		struct reply reply = world_command(w, &command);
		EXPECT_U64(reply.status, 413);
		EXPECT_STR(reply.error, STR("a reason has at most 1000 bytes"));
		EXPECT_U64(world_count(w, TABLE_LEASE), 0);
		command.text.n = LEASE_WHY_MAX;
		EXPECT_U64(world_command(w, &command).status, 201);
		EXPECT_U64(world_count(w, TABLE_LEASE), 1);
		world_free(w);
	}
}

/* ---- what is heard of, links of calendars, who is next ---- */

static void
ping__of_no_known_kind_counts_for_nothing(void)
{
	struct world *w =
	    world_new(SHOP "ping_key: file:/none\n"
			   "heartbeats:\n"
			   "  import: {service: payments, period: 10m, grace: 2m}\n",
		NULL, NULL);
	struct pair kind = { STR("kind"), STR("hello") };
	struct command ping = { .kind = COMMAND_PING,
		.principal = STR("firstline"),
		.name = STR("import"),
		.params = { &kind, 1 } };
	struct reply reply = world_command(w, &ping);
	EXPECT_U64(reply.status, 422);
	EXPECT_STR(reply.error, STR("a ping of no known kind"));
	const struct heartbeat_row *row;
	EXPECT_U64(core_heartbeats(w->core, &row, 1), 1);
	EXPECT_U64(row->pings, 0);
	EXPECT(row->state == HEARTBEAT_NEW);
	world_free(w);
}

static void
feed__has_a_secret(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command add = { .kind = COMMAND_FEED_ADD,
		.principal = STR("person:ana"),
		.role = ROLE_VIEWER,
		.token = { .feed = STR("person:ana") } };
	EXPECT_U64(world_command(w, &add).status, 422);
	EXPECT_U64(world_count(w, TABLE_TOKEN), 0);
	world_free(w);
}

static void
escalate__needs_somebody_who_is_called(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	world_fire(w, "alertname=Down,service=checkout");
	EXPECT(!world_incident(w, 1).needs_person);
	struct reply reply = world_ask(w, COMMAND_ESCALATE, 1, "person:ana");
	EXPECT_U64(reply.status, 409);
	EXPECT_STR(reply.error,
	    STR("nobody is called for incident 1: it waits for no person"));
	world_free(w);
}

int
main(void)
{
	RUN(continue__is_refused_for_a_row_that_does_not_fit);
	RUN(continue__does_again_all_that_may_have_happened);
	RUN(run__waits_while_everything_is_stopped);
	RUN(drill__is_of_a_service_and_in_a_place_that_it_has);
	RUN(lease__has_a_reason_of_bounded_length);
	RUN(ping__of_no_known_kind_counts_for_nothing);
	RUN(feed__has_a_secret);
	RUN(escalate__needs_somebody_who_is_called);
	TEST_MAIN_END();
}
