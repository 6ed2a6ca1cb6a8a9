/* call: another runbook as one step, as a run of its own that its caller waits for. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=payments"
#define ACTIONS                                                 \
	SHOP_ACTIONS                                            \
	"  drain: {verb: drain, run: [drain, '${target}'],"     \
	" undo: {do: fill, within: 1h}}\n"                      \
	"  fill: {verb: drain, run: [fill, '${target}']}\n"     \
	"  purge: {verb: drain, params: {queue: {type: name}}," \
	" run: [purge, '${queue}']}\n"
#define AUTHORITY                                                        \
	SHOP_AUTHORITY                                                   \
	"  - {grant: automation drains, to: [automation], may: [drain]," \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"
#define CALLS SHOP_TOP SHOP_PEOPLE SHOP_SERVICES ACTIONS AUTHORITY

#define ANA_DRAINS                                             \
	"  - {grant: ana drains, to: [ana], may: [drain], on:" \
	" {service: [payments]}, until: 2030-01-01, owner: mei}\n"
#define HELPER_DRAINS                                                   \
	"  - {grant: helper drains, to: [agent: helper], may: [drain]," \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"

#define CALLER_WITH(front, rest)                             \
	"---\n"                                              \
	"runbook: queue-stuck\n"                             \
	"answers: [{alertname: QueueStuck}]\n" front "---\n" \
	"# The queue is stuck\n"                             \
	"```call empty\n"                                    \
	"runbook: empty-it\n" rest "```\n"                   \
	"```verify drained\n"                                \
	"promql: 'depth'\n"                                  \
	"expect: \"< 50\"\n"                                 \
	"within: 2m\n"                                       \
	"undo: true\n"                                       \
	"```\n"                                              \
	"```check other\n"                                   \
	"promql: 'other'\n"                                  \
	"expect: \"> 0\"\n"                                  \
	"```\n"                                              \
	"```handoff poison\n"                                \
	"class: investigation\n"                             \
	"because: nothing helps\n"                           \
	"ask: look into it\n"                                \
	"```\n"
#define CALLER(rest) CALLER_WITH("", rest "otherwise: other\n")

#define CALLED_FOR(front, service, action)     \
	"---\n"                                \
	"runbook: empty-it\n"                  \
	"service: " service "\n" front "---\n" \
	"# Empty it\n"                         \
	"```check full\n"                      \
	"promql: 'full'\n"                     \
	"expect: \"> 0\"\n"                    \
	"```\n"                                \
	"```action drain\n" action "```\n"     \
	"```verify empty\n"                    \
	"promql: 'depth'\n"                    \
	"expect: \"< 50\"\n"                   \
	"within: 2m\n"                         \
	"```\n"
#define CALLED(front) CALLED_FOR(front, "payments", "do: drain\n")

static struct run_row
run_of(struct world *w, row_id id)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, id, &row));
	return row;
}

static struct run_row
inner(struct world *w)
{
	return run_of(w, world_incident(w, 1).run);
}

static void
call__recovered_goes_on_to_the_callers_own_verify(void)
{
	struct world *w = world_new(CALLS, CALLER(""), CALLED(""));
	world_fire(w, STUCK);
	struct run_row called = inner(w);
	EXPECT_STR(called.runbook, STR("empty-it"));
	EXPECT(called.caller != 0);
	EXPECT(run_of(w, called.caller).phase == PHASE_CALLED);
	EXPECT(world_says(w, 1, "runbook empty-it starts, called by queue-stuck"));
	world_restart(w);
	world_probe(w, "1"); /* full */
	world_restart(w);
	EXPECT_STR(world_attempt(w, w->attempts[0]).runbook, STR("empty-it"));
	world_exit(w, 0);
	world_probe(w, "10"); /* empty */
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	EXPECT_U64(inner(w).id, called.caller);
	EXPECT(run_of(w, called.id).state == RUN_RECOVERED);
	world_restart(w);
	world_probe(w, "10"); /* drained */
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	EXPECT(run_of(w, called.caller).state == RUN_RECOVERED);
	world_free(w);
}

static void
call__what_it_did_is_its_callers_to_take_back(void)
{
	struct world *w = world_new(CALLS, CALLER(""), CALLED(""));
	world_fire(w, STUCK);
	world_probe(w, "1");
	world_exit(w, 0);
	world_probe(w, "10");
	world_restart(w);
	world_see(w, "812", 2 * MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	struct attempt_row row = world_attempt(w, world_last(w, TABLE_ATTEMPT));
	EXPECT_STR(row.action, STR("fill"));
	EXPECT_STR(row.step, STR("drained"));
	world_restart(w);
	world_exit(w, 0);
	EXPECT(world_incident(w, 1).needs_person);
	world_free(w);
}

static void
call__stopped_goes_then_and_failed_goes_otherwise(void)
{
	struct world *w = world_new(CALLS, CALLER("then: poison\n"), CALLED(""));
	world_fire(w, STUCK);
	world_probe(w, "0"); /* it is not full: empty-it stops */
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_free(w);

	w = world_new(CALLS, CALLER(""), CALLED(""));
	world_fire(w, STUCK);
	world_probe(w, "1");
	world_exit(w, 1); /* the drain failed: a person, for empty-it */
	EXPECT(!world_incident(w, 1).needs_person);
	EXPECT_STR(inner(w).runbook, STR("queue-stuck"));
	EXPECT_U64(inner(w).step, 2);
	world_probe(w, "1");
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_free(w);
}

static void
call__where_the_callee_is_not_for_the_service_it_is_not_called(void)
{
	struct world *w =
	    world_new(CALLS, CALLER(""), CALLED_FOR("", "ledger", "do: restart-unit\n"));
	world_fire(w, STUCK);
	EXPECT_STR(inner(w).runbook, STR("queue-stuck"));
	EXPECT_U64(inner(w).step, 2);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

/* The least of both decides how far it goes alone. */
static void
call__autonomy_is_the_least_of_both(void)
{
	struct world *w = world_new(CALLS, CALLER(""), CALLED("ceiling: plan\n"));
	world_fire(w, STUCK);
	world_probe(w, "1");
	EXPECT(inner(w).phase == PHASE_PERMIT);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
	w = world_new(CALLS, CALLER_WITH("ceiling: step\n", "otherwise: other\n"),
	    CALLED(""));
	world_fire(w, STUCK);
	world_probe(w, "1");
	EXPECT(inner(w).phase == PHASE_PERMIT);
	EXPECT(inner(w).level == AUTONOMY_STEP);
	world_restart(w);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
	w = world_new(CALLS, CALLER(""), CALLED("ceiling: suggest\n"));
	world_fire(w, STUCK);
	EXPECT_STR(inner(w).runbook, STR("queue-stuck"));
	EXPECT_U64(inner(w).step, 2);
	world_free(w);
}

/* Who may not do it does not get it done by calling a runbook that does it. */
static void
call__is_judged_for_whoever_began_it(void)
{
	static const struct {
		const char *config;
		const char *who, *behalf;
		size_t attempts;
	} rows[] = {
		{ CALLS, "person:ana", "", 0 }, /* automation may drain, and she may not */
		{ CALLS ANA_DRAINS, "person:ana", "", 1 },
		{ CALLS ANA_DRAINS, "agent:helper", "person:ana", 0 },
		{ CALLS ANA_DRAINS HELPER_DRAINS, "agent:helper", "person:ana", 1 },
		{ CALLS HELPER_DRAINS, "agent:helper", "person:ana", 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].config;
		struct world *w = world_new(rows[i].config,
		    CALLER_WITH("ceiling: suggest\n", "otherwise: other\n"), CALLED(""));
		world_fire(w, STUCK);
		struct reply reply =
		    world_command(w, &(struct command){ .kind = COMMAND_RUN,
					 .incident = 1,
					 .name = STR("queue-stuck"),
					 .principal = str_of(rows[i].who),
					 .behalf = str_of(rows[i].behalf) });
		EXPECT(reply.status < 300);
		world_probe(w, "1"); /* it is full */
		if (inner(w).phase ==
		    PHASE_PERMIT) { /* an agent's wait for a person's yes */
			struct run_row run = inner(w);
			EXPECT_U64(world_command(w,
				       &(struct command){ .kind = COMMAND_PERMIT,
					   .incident = 1,
					   .principal = STR("person:mei"),
					   .digest = run.plan_digest })
				       .status,
			    200);
		}
		EXPECT_U64(w->attempt_n, rows[i].attempts);
		EXPECT_STR(inner(w).runbook,
		    rows[i].attempts > 0 ? STR("empty-it") : STR("queue-stuck"));
		world_free(w);
	}
	test_row = NULL;
}

static void
call__gives_its_inputs(void)
{
	struct world *w = world_new(CALLS, CALLER("with: {pool: '${service}'}\n"),
	    CALLED_FOR("inputs: {pool: {type: name, default: none}}\n", "payments",
		"do: purge\nwith: {queue: '${pool}'}\n"));
	world_fire(w, STUCK);
	world_probe(w, "1");
	EXPECT_STR(world_attempt(w, w->attempts[0]).argv.p[1], STR("payments"));
	world_free(w);
}

/* Whoever ends it ends all of it, whatever it waits for. */
static void
call__ends_with_its_caller(void)
{
	for (unsigned how = 0; how < 6; how++) {
		struct world *w = world_new(CALLS, CALLER(""), CALLED(""));
		uint64_t alert = world_fire(w, STUCK);
		struct run_row called = inner(w);
		if (how % 2 == 1)
			world_probe(w, "1"); /* the attempt is out */
		if (how / 2 == 0)
			EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:ana").status,
			    200);
		else if (how / 2 == 1)
			EXPECT_U64(world_ask(w, COMMAND_RESOLVE, 1, "person:ana").status,
			    200);
		else if (how % 2 == 0)
			world_resolve(w, alert);
		else
			EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status,
			    200);
		EXPECT(run_of(w, called.id).state != RUN_RUNNING);
		EXPECT(run_of(w, called.caller).state != RUN_RUNNING);
		EXPECT_U64(core_counts(w->core).runs, 0);
		EXPECT_U64(world_incident(w, 1).run, 0);
		world_restart(w);
		world_free(w);
	}
}

/* What the caller did keeps it in work when the alert clears while it calls. */
static void
call__alerts_that_clear_end_it_only_where_nothing_was_done(void)
{
	struct world *w = world_new(CALLS, CALLER(""), CALLED(""));
	uint64_t alert = world_fire(w, STUCK);
	world_probe(w, "1");
	world_resolve(w, alert);
	EXPECT_U64(core_counts(w->core).runs, 2);
	world_exit(w, 0);
	world_probe(w, "10");
	world_probe(w, "10");
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

int
main(void)
{
	RUN(call__recovered_goes_on_to_the_callers_own_verify);
	RUN(call__what_it_did_is_its_callers_to_take_back);
	RUN(call__stopped_goes_then_and_failed_goes_otherwise);
	RUN(call__where_the_callee_is_not_for_the_service_it_is_not_called);
	RUN(call__autonomy_is_the_least_of_both);
	RUN(call__is_judged_for_whoever_began_it);
	RUN(call__gives_its_inputs);
	RUN(call__ends_with_its_caller);
	RUN(call__alerts_that_clear_end_it_only_where_nothing_was_done);
	TEST_MAIN_END();
}
