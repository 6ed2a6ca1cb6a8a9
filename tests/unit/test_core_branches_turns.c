/* Asked while something else goes on: whose facts move, who says yes, whom it reaches. */
#include "support/asked_shop.h"

/* ---- whose health moved ---- */

#define GROUPS                                                                            \
	"services:\n"                                                                     \
	"  payments: {owner: platform-ops, tier: 2,"                                      \
	" healthy: {http: 'http://127.0.0.1:8080/health?host=${target}', expect: status " \
	"== 200}}\n"                                                                      \
	"hosts:\n"                                                                        \
	"  pay-1: {service: payments, role: worker}\n"                                    \
	"  pay-2: {service: payments, role: worker}\n"                                    \
	"  pay-3: {service: payments, role: worker, environment: staging}\n"              \
	"  pay-4: {service: payments, role: worker, environment: staging}\n"              \
	"  db-1: {service: payments, role: db}\n"                                         \
	"  db-2: {service: payments, role: db}\n"
#define MOVES                                                               \
	"authority:\n"                                                      \
	"  - {grant: restarts, to: [automation, ana, jon], may: [restart]," \
	" on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"                \
	"  - {limit: one stays, for: [restart], on: {service: [payments]}," \
	" within: {keep_healthy: 1}}\n"

/* Health that was read is void when something of the same group ended meanwhile: the same
 * role, in the same environment. */
static void
health__is_moved_by_what_ends_in_its_group(void)
{
	static const struct {
		const char *target;
		bool moves;
	} rows[] = { { "pay-2", true }, { "db-1", false }, { "pay-3", false } };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].target;
		struct world *w =
		    world_new(SHOP_TOP PEOPLE GROUPS ACTIONS MOVES, NULL, NULL);
		world_fire(w, "alertname=Down,service=payments");
		EXPECT_U64(restart(w, rows[i].target, "person:jon").status, 202);
		while (w->probe_n > 0)
			status(w, 200);
		EXPECT_U64(w->attempt_n, 1);
		EXPECT_U64(restart(w, "pay-1", "person:ana").status, 202);
		row_id waits = last_asked(w).id;
		size_t out = w->probe_n;
		world_exit(w, 0);
		for (size_t k = 0; k < out; k++)
			status(w, 200);
		EXPECT((asked(w, waits).state == ASKED_FACTS) == rows[i].moves);
		world_free(w);
	}
}

/* ---- votes, and what is asked twice ---- */

static void
vote__by_whom_it_is_asked_for_does_not_count(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
	world_fire(w, DOWN);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("checkout"),
		.principal = STR("agent:helper"),
		.behalf = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT(last_asked(w).state == ASKED_APPROVAL);
	EXPECT_U64(approve(w, "person:ana").status, 403);
	EXPECT_U64(last_asked(w).given.votes.n, 0);
	/* Whom it serves takes it back. */
	EXPECT_U64(answer(w, COMMAND_WITHDRAW, world_last(w, TABLE_ASKED), "person:ana")
		       .status,
	    200);
	EXPECT(last_asked(w).state != ASKED_APPROVAL);
	world_free(w);
}

/* ---- channels without an address of their own ---- */

static void
channel__without_an_address_is_tried_on_a_person(void)
{
	static const char *const channels[] = {
		"{twilio: AC0123456789, token: file:/t, from: '+15550100'}",
		"{ntfy: 'http://127.0.0.1:8001'}",
	};
	for (size_t i = 0; i < countof(channels); i++) {
		char yaml[4096];
		test_row = channels[i];
		(void)snprintf(yaml, sizeof(yaml), SHOP_TOP "  sms: %s\n" PEOPLE SERVICES,
		    channels[i]);
		struct world *w = world_new(yaml, NULL, NULL);
		static const enum command_kind kinds[] = { COMMAND_CHANNEL_TEST,
			COMMAND_CHANNEL_PREVIEW };
		for (size_t k = 0; k < countof(kinds); k++) {
			struct command try = { .kind = kinds[k],
				.principal = STR("person:ana"),
				.name = STR("sms") };
			struct reply reply = world_command(w, &try);
			EXPECT_U64(reply.status, 422);
			EXPECT_STR(reply.error,
			    STR("say whom: a person or a team that channel sms reaches"));
		}
		EXPECT_U64(w->notice_n, 0);
		world_free(w);
	}
}

int
main(void)
{
	RUN(health__is_moved_by_what_ends_in_its_group);
	RUN(vote__by_whom_it_is_asked_for_does_not_count);
	RUN(channel__without_an_address_is_tried_on_a_person);
	TEST_MAIN_END();
}
