/*
 * Further hazards and threats by their numbers, with the whole core: what others met, and
 * what stops it here. See test_core_hazard.c and test_authority_holes.c for the rest:
 *	H1 H2 H10 H17 T16	test_authority_holes	rules
 *	T8, T15			test_authority_holes	confused deputy; broad default rights
 */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=payments"
#define MANY                                                                 \
	SHOP "  - {approval: many at once, for: [restart], when: {targets: " \
	     "'> 1'}, by: [mei], expires: 10m}\n"

static struct reply
restart(struct world *w, incident_id incident, const char *who, const char *target)
{
	struct command run = { .kind = COMMAND_RUN,
		.incident = incident,
		.name = STR("restart-unit"),
		.action = true,
		.target = str_of(target),
		.principal = str_of(who) };
	return world_command(w, &run);
}

/* H3: a parameter that was forgotten meant everything, and everything was restarted. */
static void
h3__nothing_named_is_nothing_and_many_need_another_look(void)
{
	struct world *w = world_new(MANY, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, "alertname=Slow,service=payments");
	struct reply reply = restart(w, 1, "person:ana", "");
	EXPECT_U64(reply.status, 403);
	EXPECT(str_contains(reply.error, STR("nothing means nothing")));
	EXPECT_U64(w->attempt_n, 0);
	/* One host that is named is what was asked for. */
	EXPECT_U64(restart(w, 1, "person:ana", "pay-1").status, 202);
	world_exit(w, 0);
	/* The service itself is all of them: that waits for another person. */
	EXPECT_U64(restart(w, 1, "person:ana", "payments").exit, EXIT_NEEDS_APPROVAL);
	EXPECT_U64(w->attempt_n, 0);
	/* So does a plan of several, and who is asked sees how many. */
	world_fire(w, STUCK);
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	struct asked_row asked = { 0 };
	EXPECT(world_row_get(w, TABLE_ASKED, world_last(w, TABLE_ASKED), &asked));
	EXPECT(asked.state == ASKED_APPROVAL && asked.given.targets_n > 1);
	world_free(w);
}

/* H4: ids of sites where ids of apps were meant; both were taken. */
static void
h4__an_id_of_another_kind_is_refused(void)
{
	static const char yaml[] = SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS
	    "  move:\n"
	    "    verb: restart\n"
	    "    params: {host: {type: host}, to: {type: service}}\n"
	    "    run: [move, '${host}', '${to}']\n" SHOP_AUTHORITY;
	static const struct {
		const char *target, *host, *to;
		bool taken;
	} rows[] = {
		{ "pay-1", "pay-2", "checkout", true },
		{ "pay-1", "checkout", "checkout", false }, /* a service for a host */
		{ "pay-1", "pay-2", "pay-1", false },       /* a host for a service */
		{ "checkout", "pay-2", "checkout",
		    false }, /* another service for a target */
		{ "restart-unit", "pay-2", "checkout", false },
		{ "payments-dev", "pay-2", "checkout", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].target;
		struct world *w = world_new(yaml, NULL, NULL);
		world_fire(w, "alertname=Slow,service=payments");
		struct pair params[] = { { STR("host"), str_of(rows[i].host) },
			{ STR("to"), str_of(rows[i].to) } };
		struct command run = { .kind = COMMAND_RUN,
			.incident = 1,
			.name = STR("move"),
			.action = true,
			.target = str_of(rows[i].target),
			.params = { params, 2 },
			.principal = STR("person:ana") };
		struct reply reply = world_command(w, &run);
		EXPECT_U64(reply.status, rows[i].taken ? 202 : 403);
		EXPECT_U64(w->attempt_n, rows[i].taken);
		world_free(w);
	}
}

/* H5: the right command on the wrong host. A step says who it expects to answer, asks the
 * host itself, and acts only then. */
static void
h5__a_host_that_says_it_is_another_is_left_alone(void)
{
	static const char runbook[] = "---\nrunbook: clear-standby\nservice: ledger\n"
				      "answers: [{alertname: Down}]\n---\n# It is down\n"
				      "```check standby\n"
				      "run: [/usr/bin/ssh, db-2, hostname]\n"
				      "expect: 'output contains db-2'\n"
				      "otherwise: person\n```\n"
				      "```action clear\ndo: restart-unit\n```\n"
				      "```verify up\npromql: up\nexpect: '> 0'\n"
				      "within: 2m\notherwise: person\n```\n";
	static const struct {
		const char *name;
		bool acts;
	} rows[] = { { "db-2", true }, { "db-1", false }, { "", false }, { NULL, false } };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name != NULL ? rows[i].name : "no answer";
		struct world *w = world_new(SHOP, runbook, NULL);
		world_fire(w, "alertname=Down,service=ledger");
		world_see(w, rows[i].name, 2 * MINUTE);
		EXPECT_U64(world_count(w, TABLE_ATTEMPT), rows[i].acts);
		EXPECT(world_incident(w, 1).needs_person == !rows[i].acts);
		world_free(w);
	}
}

static unsigned
attempts_open_now(struct world *w)
{
	return core_counts(w->core).attempts_open;
}

/* H9: all restarted at once, and the herd came back at once. */
static void
h9__restarts_roll_and_share_one_budget(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	static const char *const queues[] = { "alertname=QueueStuck,queue=a",
		"alertname=QueueStuck,queue=b", "alertname=QueueStuck,queue=c",
		"alertname=QueueStuck,queue=d" };
	for (size_t i = 0; i < countof(queues); i++)
		world_fire(w, queues[i]);
	for (unsigned minute = 0; minute < 50; minute++) {
		world_see(w, "812", 30 * SECOND);
		EXPECT(attempts_open_now(w) <= 1); /* at_once: 1, whichever run it is */
		if (w->attempt_n > 0)
			world_exit(w, 0);
		world_see(w, "812", 30 * SECOND);
	}
	/* Four runs of two or three targets each: the service's three an hour are all. */
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 3);
	world_free(w);
}

/* H19: a storm of alerts became a storm of actions. */
static void
h19__a_storm_of_alerts_is_one_incident_and_one_run(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	w->reload = false;
	for (unsigned i = 0; i < 300; i++) {
		char labels[64];
		(void)snprintf(labels, sizeof(labels), "alertname=Down,job=checkout-%u", i);
		world_fire(w, labels);
	}
	EXPECT_U64(world_count(w, TABLE_INCIDENT), 1);
	EXPECT_U64(world_count(w, TABLE_RUN), 1);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

/* ---- T20: a filter that knows other rules than the door ---- */

static enum verdict
verdict_of_reply(const struct reply *reply)
{
	if (reply->status == 403)
		return VERDICT_DENY;
	return reply->exit == EXIT_NEEDS_APPROVAL ? VERDICT_AFTER_APPROVAL : VERDICT_ALLOW;
}

static enum verdict
who_says(struct world *w, struct core_may may, str who)
{
	struct who_view can[16];
	size_t n = core_who_can(w->core, &may, &w->arena, can, countof(can));
	for (size_t i = 0; i < n; i++) {
		if (str_eq(can[i].principal, who))
			return can[i].verdict;
	}
	return VERDICT_DENY;
}

static enum verdict
what_says(struct world *w, str who, str action)
{
	struct can_view can[16];
	size_t n = core_what_can(w->core, who, STR(""), 1, w->at, w->wall, &w->arena, can,
	    countof(can));
	for (size_t i = 0; i < n; i++) {
		if (str_eq(can[i].action, action))
			return can[i].verdict;
	}
	return VERDICT_DENY;
}

static void
t20__every_question_is_answered_as_the_deed_is(void)
{
	static const char *const people[] = { "person:ana", "person:mei" };
	static const char *const actions[] = { "restart-unit", "restart-safe",
		"drop-table" };
	static const char *const rules[] = {
		SHOP,
		SHOP "  - {approval: another, for: [restart], by: [mei]}\n",
		SHOP "  - {prohibit: not now, may: any, from: 2026-01-01, until: "
		     "2030-01-01}\n",
		SHOP
		"  - {grant: mei drops, to: [mei], may: [clear], on: {tier: [1, 2, 3]},"
		" until: 2030-01-01, owner: ana}\n",
	};
	unsigned seen[VERDICT_COUNT] = { 0 };
	for (size_t r = 0; r < countof(rules); r++) {
		for (size_t p = 0; p < countof(people); p++) {
			for (size_t a = 0; a < countof(actions); a++) {
				struct world *w = world_new(rules[r], NULL, NULL);
				world_fire(w, "alertname=Slow,service=payments");
				struct core_may may = { .principal = str_of(people[p]),
					.action = str_of(actions[a]),
					.service = STR("payments"),
					.target = STR("pay-1"),
					.incident = 1,
					.at = w->at,
					.wall = w->wall };
				struct decision_row decision;
				core_judge(w->core, &may, &w->arena, &decision);
				EXPECT(who_says(w, may, may.principal) == decision.verdict);
				EXPECT(what_says(w, may.principal, may.action) ==
				       decision.verdict);
				struct command run = { .kind = COMMAND_RUN,
					.incident = 1,
					.name = may.action,
					.action = true,
					.target = may.target,
					.principal = may.principal };
				struct reply reply = world_command(w, &run);
				EXPECT(verdict_of_reply(&reply) == decision.verdict);
				seen[decision.verdict]++;
				world_free(w);
			}
		}
	}
	EXPECT(seen[VERDICT_ALLOW] > 0 && seen[VERDICT_DENY] > 0 &&
	       seen[VERDICT_AFTER_APPROVAL] > 0);
}

/* ---- limits ---- */

/* The last slot is one, whoever asks for it first: the run by itself, or a person. */
static void
limit__a_run_and_a_person_cannot_pass_it_together(void)
{
	static const char yaml[] =
	    SHOP "  - {limit: one an hour, for: [restart], on: {service: [payments]},"
		 " within: {per_service: 1 in 1h}}\n";
	for (unsigned first = 0; first < 2; first++) {
		struct world *w = world_new(yaml, SHOP_QUEUE("restart-unit"), NULL);
		world_fire(w, STUCK);
		if (first == 0) {
			EXPECT_U64(restart(w, 1, "person:ana", "pay-1").status, 202);
			world_see(w, "812", 2 * MINUTE);
		} else {
			world_see(w, "812", 2 * MINUTE);
			EXPECT_U64(restart(w, 1, "person:ana", "pay-1").status, 403);
		}
		EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
		world_exit(w, 0);
		EXPECT_U64(restart(w, 1, "person:ana", "pay-2").status, 403);
		world_see(w, "812", 30 * MINUTE);
		EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
		world_free(w);
	}
}

/* With little memory, whatever of it does not fit: no attempt without its reservation, and
 * what was not started says so. */
static void
memory__short_in_the_middle_of_deciding_is_a_refusal(void)
{
	unsigned started = 0, refused = 0;
	for (size_t kb = 64; kb <= 320; kb += 4) {
		char name[24];
		(void)snprintf(name, sizeof(name), "%zu kB", kb);
		test_row = name;
		struct world *w = world_within(kb << 10, SHOP, NULL, NULL);
		w->reload = false; /* what finds room depends on how memory is cut up */
		for (unsigned i = 0; i < 200; i++)
			world_fire(w, i % 2 == 0 ? "alertname=Slow,service=payments"
						 : "alertname=Odd,service=ledger");
		if (core_counts(w->core).incidents_open > 0) {
			struct reply reply = restart(w, 1, "person:ana", "pay-1");
			bool began = w->core->counts[TABLE_ATTEMPT] > 0;
			EXPECT(began == (w->core->counts[TABLE_GRANT_USE] > 0));
			EXPECT(began || reply.status != 202);
			EXPECT_U64(w->attempt_n, began);
			started += began;
			refused += !began;
		}
		world_free(w);
	}
	EXPECT(started > 0 && refused > 0);
}

int
main(void)
{
	RUN(h3__nothing_named_is_nothing_and_many_need_another_look);
	RUN(h4__an_id_of_another_kind_is_refused);
	RUN(h5__a_host_that_says_it_is_another_is_left_alone);
	RUN(h9__restarts_roll_and_share_one_budget);
	RUN(h19__a_storm_of_alerts_is_one_incident_and_one_run);
	RUN(t20__every_question_is_answered_as_the_deed_is);
	RUN(limit__a_run_and_a_person_cannot_pass_it_together);
	RUN(memory__short_in_the_middle_of_deciding_is_a_refusal);
	TEST_MAIN_END();
}
