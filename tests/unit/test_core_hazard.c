/*
 * Hazards that others met, with what stops them here. Further ones, by their numbers:
 *	H6	test_core_undo, test_judge	a stale plan
 *	H11	test_core_lease			automation fights the human
 *	H17	test_core_lease			an agent ignores a freeze
 *	H7, H8, H14, H16, H20 to H22, T2	test_core_hazard_run
 *	T1, T4, T5, T13	tests/e2e/test_injection.py
 */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=payments"
#define GROW                                                         \
	"  grow:\n"                                                  \
	"    verb: scale\n"                                          \
	"    params: {replicas: {type: integer, min: 1, max: 99}}\n" \
	"    run: [scale, '${service}', '${replicas}']\n"            \
	"    observe: {replicas: {promql: 'replicas'}}\n"
#define RULES                                                                       \
	SHOP_AUTHORITY                                                              \
	"  - {grant: the helper restarts, to: [{agent: helper}], may: [restart],"   \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"              \
	"  - {grant: ana clears, to: [ana], may: [clear], on: {service: [ledger]}," \
	" until: 2030-01-01, owner: mei}\n"                                         \
	"  - {grant: ana grows, to: [ana], may: [scale], on: {service: [ledger]},"  \
	" with: {replicas: {change: 2x}}, until: 2030-01-01, owner: mei}\n"         \
	"  - {approval: two look at what is dropped, for: [clear], by: [mei]}\n"
#define CAREFUL SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS GROW RULES

static struct asked_row
asked_row(struct world *w, row_id id)
{
	struct asked_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_ASKED, id, &row));
	return row;
}

static struct reply
drop(struct world *w)
{
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("drop-table"),
		.action = true,
		.target = STR("ledger") };
	return world_command(w, &run);
}

static struct reply
approve(struct world *w, row_id id, const hash32 *digest, const char *key)
{
	struct command yes = { .kind = COMMAND_APPROVE,
		.row = id,
		.digest = *digest,
		.principal = STR("person:mei"),
		.idempotency_key = str_of(key),
		.request_hash = sha256(str_of(key)) };
	return world_command(w, &yes);
}

/* T19: an approval is replayed, or outlives what it was for. */
static void
t19__an_approval_is_for_one_start_of_exactly_this(void)
{
	struct world *w = world_new(CAREFUL, NULL, NULL);
	world_fire(w, "alertname=Odd,service=ledger");
	row_id first = drop(w).row;
	hash32 digest = asked_row(w, first).digest, other = digest;
	other.b[31] ^= 1;
	EXPECT_U64(approve(w, first, &other, "").status, 409);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(approve(w, first, &digest, "k1").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	/* The very same message again, and one like it. */
	EXPECT_U64(approve(w, first, &digest, "k1").status, 200);
	EXPECT_U64(approve(w, first, &digest, "").status, 409);
	EXPECT_U64(w->attempt_n, 1);
	world_restart(w);
	EXPECT_U64(approve(w, first, &digest, "").status, 409);
	world_exit(w, 0);
	EXPECT_U64(approve(w, first, &digest, "").status, 409);
	/* The same thing asked again waits again: nobody's old yes counts. */
	row_id second = drop(w).row;
	EXPECT(second != first);
	struct asked_row row = asked_row(w, second);
	EXPECT(row.state == ASKED_APPROVAL && row.given.votes.n == 0);
	EXPECT_U64(approve(w, first, &digest, "").status, 409);
	EXPECT_U64(w->attempt_n, 0);
	/* Too late is too late, also when it was under way. */
	world_after(w, 15 * MINUTE);
	EXPECT(asked_row(w, second).state == ASKED_EXPIRED);
	EXPECT_U64(approve(w, second, &digest, "").status, 409);
	/* By another configuration it is another request. */
	row_id third = drop(w).row;
	world_adopt(w, CAREFUL "limits: {incidents: 50}\n", NULL);
	digest = asked_row(w, third).digest;
	EXPECT_U64(approve(w, third, &digest, "").status, 409);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

/* The brake: in one step, whoever asked for it and whatever it waits for. */
static void
stop_all__reaches_what_runs_and_what_waits(void)
{
	struct world *w = world_new(CAREFUL, SHOP_DOWN("checkout", "restart-unit"), NULL);
	world_fire(w, "alertname=Odd,service=ledger");
	world_fire(w, "alertname=Down,service=checkout");
	EXPECT_U64(w->attempt_n, 1); /* automation's */
	world_fire(w, STUCK);
	struct command agents = { .kind = COMMAND_RUN,
		.incident = 3,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = STR("agent:helper"),
		.behalf = STR("person:ana") };
	EXPECT_U64(world_command(w, &agents).status, 202);
	EXPECT_U64(w->attempt_n, 2);
	row_id approval = drop(w).row;
	struct pair replicas = { STR("replicas"), STR("8") };
	struct command grow = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("grow"),
		.action = true,
		.target = STR("ledger"),
		.params = { &replicas, 1 } };
	row_id facts = world_command(w, &grow).row;
	EXPECT(asked_row(w, approval).state == ASKED_APPROVAL);
	EXPECT(asked_row(w, facts).state == ASKED_FACTS);
	EXPECT_U64(w->probe_n, 1);

	EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:mei").status, 200);
	EXPECT_U64(world_effects(w, EFFECT_STOP_ATTEMPT), 2);
	EXPECT_U64(world_effects(w, EFFECT_START_ATTEMPT), 0);
	EXPECT_U64(core_counts(w->core).runs, 0);
	EXPECT(asked_row(w, approval).state == ASKED_VOID);
	EXPECT(asked_row(w, facts).state == ASKED_VOID);
	/* Late answers start nothing, then or when the brake is lifted. */
	world_probe(w, "4");
	hash32 digest = asked_row(w, approval).digest;
	EXPECT_U64(approve(w, approval, &digest, "").status, 409);
	world_news(w, NEWS_KILLED);
	world_news(w, NEWS_KILLED);
	EXPECT_U64(world_command(w, &agents).status, 403);
	EXPECT_U64(world_ask(w, COMMAND_RESUME, 0, "person:mei").status, 200);
	world_after(w, 20 * MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(world_command(w, &agents).status, 202);
	world_free(w);
}

#define HOSTS_LEFT                                                               \
	"services:\n"                                                            \
	"  checkout: {owner: platform-ops, developers: checkout-dev, tier: 1}\n" \
	"  payments: {owner: platform-ops, developers: checkout-dev, tier: 2}\n" \
	"  ledger: {owner: platform-ops, tier: 3}\n"                             \
	"hosts:\n"                                                               \
	"  pay-1: {service: payments, role: worker}\n"                           \
	"  pay-2: {service: ledger, role: worker}\n"

/* H1: the list of targets is held against the configuration before each of them. */
static void
h1__a_target_that_left_the_configuration_is_not_touched(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	/* The runbook is the same; pay-2 serves something else now. */
	world_adopt(w, SHOP_TOP SHOP_PEOPLE HOSTS_LEFT SHOP_ACTIONS SHOP_AUTHORITY,
	    SHOP_QUEUE("restart-unit"));
	world_exit(w, 0);
	world_restart(w);
	world_after(w, 45 * SECOND);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("pay-2 is no longer one of the targets of restart-workers: 1 of 2 are not "
		"touched"
		"; 1 of 2 done, 1 not begun: `firstline run queue-not-draining --continue "
		"5` goes on with the rest"));
	world_free(w);
}

#define WELL_ENOUGH                                                                   \
	"authority:\n"                                                                \
	"  - {grant: automation restarts, to: [automation], may: [restart],"          \
	" on: {service: [payments]}, within: {keep_healthy: 50%}, until: 2030-01-01," \
	" owner: mei}\n"

/* H10: when so many are ill at once, the cause is common: nothing is remedied in masses. */
static void
h10__too_many_ill_ones_stop_it(void)
{
	struct world *w =
	    world_new(SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS WELL_ENOUGH,
		SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	world_see(w, "812", MINUTE - 1);
	world_after(w, 1);
	world_probe(w, "812");
	EXPECT_U64(w->probe_n, 2); /* is each of them well? */
	world_probe(w, "1");
	world_probe(w, "1");
	EXPECT_U64(w->attempt_n, 1); /* one of two stays */
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	EXPECT_U64(w->probe_n, 2);
	world_probe(w, "0"); /* the first did not come back */
	world_probe(w, "0");
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why, STR("was refused")));
	world_free(w);
}

/* H12: the same remedy for the third time says that the cause is still there. */
static void
h12__a_remedy_again_and_again_is_a_gap(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	for (unsigned i = 1; i <= 3; i++) {
		uint64_t alert = world_fire(w, "alertname=Down,service=checkout");
		EXPECT_U64(world_gap(w, GAP_RECURS, NULL).count, 0);
		world_exit(w, 0);
		struct event up = { .kind = EVENT_PROBE_RESULT,
			.probe_result = { .probe = w->probes[0],
			    .status = PROBE_OK,
			    .code = 200 } };
		w->probe_n = 0;
		world_step(w, &up);
		EXPECT(world_state(w, i) == INCIDENT_RECOVERED);
		world_resolve(w, alert);
		world_after(w, 12 * HOUR);
		EXPECT(world_state(w, i) == INCIDENT_CLOSED);
		world_restart(w);
	}
	struct gap_row gap = world_gap(w, GAP_RECURS, "down-checkout on checkout");
	EXPECT_U64(gap.count, 1);
	EXPECT(str_contains(gap.text, STR("was the remedy 3 times within 7 days")));
	EXPECT(str_contains(gap.text, STR("incidents 1, 2, 3")));
	EXPECT(str_contains(gap.text, STR("hand it to checkout-dev")));
	world_free(w);
	/* Not of what is a week apart. */
	w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	for (unsigned i = 1; i <= 3; i++) {
		uint64_t alert = world_fire(w, "alertname=Down,service=checkout");
		world_exit(w, 0);
		struct event up = { .kind = EVENT_PROBE_RESULT,
			.probe_result = { .probe = w->probes[0],
			    .status = PROBE_OK,
			    .code = 200 } };
		w->probe_n = 0;
		world_step(w, &up);
		world_resolve(w, alert);
		world_after(w, 4 * DAY);
	}
	EXPECT_U64(world_gap(w, GAP_RECURS, NULL).count, 0);
	world_free(w);
}

int
main(void)
{
	RUN(h1__a_target_that_left_the_configuration_is_not_touched);
	RUN(h10__too_many_ill_ones_stop_it);
	RUN(h12__a_remedy_again_and_again_is_a_gap);
	RUN(t19__an_approval_is_for_one_start_of_exactly_this);
	RUN(stop_all__reaches_what_runs_and_what_waits);
	TEST_MAIN_END();
}
