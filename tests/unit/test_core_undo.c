/* Taking back: by who did it, in time, and never harder than doing it. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=payments"
#define FREEZE                                                                    \
	"  - {prohibit: nothing moves in the freeze, may: any, from: 2026-01-01," \
	" until: 2030-01-01, because: the year ends}\n"

/* stop-unit is taken back by start-unit, scale-out by itself with what was live before. */
#define ACTIONS                                                                   \
	SHOP_ACTIONS                                                              \
	"  stop-unit:\n"                                                          \
	"    verb: stop\n"                                                        \
	"    params: {unit: {type: name}, mode: {type: name, optional: true}}\n"  \
	"    run: [systemctl, stop, '${unit}', '${target}']\n"                    \
	"    undo: start-unit\n"                                                  \
	"  start-unit:\n"                                                         \
	"    verb: start\n"                                                       \
	"    params: {unit: {type: name}, mode: {type: name, optional: true}}\n"  \
	"    run: [systemctl, start, '${unit}', '${target}']\n"                   \
	"    undo: stop-unit\n"                                                   \
	"  scale-out:\n"                                                          \
	"    verb: scale\n"                                                       \
	"    params: {replicas: {type: integer, min: 1, max: 100}}\n"             \
	"    run: [scale, '${service}', '${replicas}']\n"                         \
	"    observe: {replicas: {promql: 'replicas{service=\"${service}\"}'}}\n" \
	"    undo: {do: scale-out, with: {replicas: '${observed.replicas}'},"     \
	" within: 30m}\n"
#define AUTHORITY                                                                   \
	SHOP_AUTHORITY                                                              \
	"  - {grant: ana stops, to: [ana], may: [stop], on: {service: [payments]}," \
	" within: {per_service: 1 in 1h}, until: 2030-01-01, owner: mei}\n"         \
	"  - {grant: automation stops, to: [automation], may: [stop],"              \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"              \
	"  - {grant: the helper stops, to: [{agent: helper}], may: [stop],"         \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"
#define UNITS SHOP_TOP SHOP_PEOPLE SHOP_SERVICES ACTIONS AUTHORITY
#define ANA_STARTS                                                                    \
	"  - {grant: ana starts, to: [ana], may: [start], on: {service: [payments]}," \
	" until: 2030-01-01, owner: mei}\n"

static struct reply
stop_unit(struct world *w, const char *who, const char *behalf)
{
	static struct pair unit[] = { { { "unit", 4 }, { "worker", 6 } } };
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("stop-unit"),
		.action = true,
		.target = STR("pay-1"),
		.params = { unit, 1 },
		.principal = str_of(who),
		.behalf = str_of(behalf) };
	return world_command(w, &run);
}

static struct reply
undo(struct world *w, row_id attempt, const char *who)
{
	struct command command = { .kind = COMMAND_UNDO,
		.row = attempt,
		.principal = str_of(who) };
	return world_command(w, &command);
}

/* An incident in which ana stopped a unit: the attempt. */
static struct world *
stopped(const char *yaml, row_id *ret)
{
	struct world *w = world_new(yaml, NULL, NULL);
	world_fire(w, STUCK);
	struct reply reply = stop_unit(w, "person:ana", "");
	EXPECT_U64(reply.status, 202);
	EXPECT_U64(undo(w, reply.row, "person:ana").status, 409); /* not yet */
	world_exit(w, 0);
	*ret = reply.row;
	return w;
}

static uint32_t
uses(struct world *w, enum use_state state)
{
	uint32_t n = 0;
	for (size_t i = 0; i < w->row_n; i++) {
		struct grant_use_row row;
		n += w->rows[i].table == TABLE_GRANT_USE &&
		             world_row_get(w, TABLE_GRANT_USE, w->rows[i].id, &row) &&
		             row.state == state
		         ? 1
		         : 0;
	}
	return n;
}

static void
undo__is_never_harder_than_doing(void)
{
	row_id id;
	struct world *w = stopped(UNITS, &id);
	/* Used up, frozen since, and no grant names starting: it is taken back all the same. */
	EXPECT_U64(stop_unit(w, "person:ana", "").status, 403);
	world_adopt(w, UNITS FREEZE, NULL);
	world_restart(w);
	struct reply reply = undo(w, id, "person:ana");
	EXPECT_U64(reply.status, 202);
	struct attempt_row row = world_attempt(w, reply.row);
	EXPECT_STR(row.action, STR("start-unit"));
	EXPECT_STR(row.target, STR("pay-1"));
	EXPECT_U64(row.argv.n, 4);
	EXPECT_STR(row.argv.p[2], STR("worker"));
	EXPECT_U64(row.undo_of, id);
	EXPECT_U64(world_attempt(w, id).undone_by, reply.row);
	struct decision_row decision = { 0 };
	EXPECT(world_row_get(w, TABLE_DECISION, row.decision, &decision));
	EXPECT(decision.given.undo && decision.given.undo_of == id);
	const struct reason *reasons = decision.reasons.p;
	EXPECT(decision.reasons.n > 0 && reasons[0].kind == REASON_UNDO);
	/* While it runs it counts, afterwards it has used up nothing. */
	EXPECT_U64(uses(w, USE_HELD), 1);
	EXPECT_U64(undo(w, id, "person:ana").status, 409);
	world_exit(w, 0);
	EXPECT_U64(uses(w, USE_HELD), 0);
	EXPECT_U64(uses(w, USE_CONSUMED), 1);
	EXPECT(world_says(w, 1, "took back attempt"));
	EXPECT(
	    str_contains(undo(w, id, "person:ana").error, STR("was taken back already")));
	/* To and fro would be without limits. */
	EXPECT(str_contains(undo(w, reply.row, "person:ana").error,
	    STR("ask for the action itself")));
	world_free(w);
}

static void
undo__is_for_who_did_it(void)
{
	row_id id;
	struct world *w = stopped(UNITS, &id);
	static const char *const others[] = { "person:mei", "automation", "local-admin",
		"agent:helper" };
	for (size_t i = 0; i < countof(others); i++) {
		struct reply reply = undo(w, id, others[i]);
		EXPECT_U64(reply.status, 403);
		EXPECT(str_contains(reply.error, STR("was ana's")));
	}
	struct command agent = { .kind = COMMAND_UNDO,
		.row = id,
		.principal = STR("person:ana"),
		.behalf = STR("person:ana") };
	EXPECT_U64(world_command(w, &agent).status, 403);
	EXPECT_U64(undo(w, 9999, "person:ana").status, 404);
	EXPECT_U64(undo(w, id, "person:ana").status, 202);
	world_free(w);
}

static void
undo__of_what_automation_did_is_judged_for_the_person_on_duty(void)
{
	struct world *w = world_new(UNITS, NULL, NULL);
	world_fire(w, STUCK);
	row_id id = stop_unit(w, "automation", "").row;
	world_exit(w, 0);
	/* mei is not on duty; ana is, and no grant lets her start anything. */
	EXPECT(str_contains(undo(w, id, "person:mei").error,
	    STR("or a person on duty for the service; `firstline run --action start-unit "
		"--incident 1 --target pay-1 unit=worker` does the same, by the ordinary "
		"rules")));
	EXPECT_U64(undo(w, id, "person:ana").status, 403);
	EXPECT_U64(world_attempt(w, id).undone_by, 0);
	world_adopt(w, UNITS ANA_STARTS FREEZE, NULL);
	EXPECT_U64(undo(w, id, "person:ana").status, 403);
	world_adopt(w, UNITS ANA_STARTS, NULL);
	struct reply reply = undo(w, id, "person:ana");
	EXPECT_U64(reply.status, 202);
	struct attempt_row row = world_attempt(w, reply.row);
	EXPECT_U64(row.undo_of, 0); /* an action of hers, like any other */
	EXPECT_STR(row.principal, STR("person:ana"));
	EXPECT_U64(world_attempt(w, id).undone_by, reply.row);
	world_exit(w, 0);
	EXPECT_U64(uses(w, USE_CONSUMED), 2);
	world_free(w);
}

/* One that fails took nothing back, whoever asked for it. */
static void
undo__by_the_person_on_duty_may_be_tried_again(void)
{
	struct world *w = world_new(UNITS ANA_STARTS, NULL, NULL);
	world_fire(w, STUCK);
	row_id id = stop_unit(w, "automation", "").row;
	world_exit(w, 0);
	EXPECT_U64(undo(w, id, "person:ana").status, 202);
	EXPECT_U64(undo(w, id, "person:ana").status, 409); /* it is under way */
	world_exit(w, 1);
	EXPECT_U64(world_attempt(w, id).undone_by, 0);
	EXPECT_U64(undo(w, id, "person:ana").status, 202);
	world_news(w, NEWS_NEVER_STARTED);
	EXPECT_U64(undo(w, id, "person:ana").status, 202);
	world_restart(w);
	world_exit(w, 0);
	EXPECT_U64(undo(w, id, "person:ana").status, 409); /* once */
	EXPECT(str_contains(undo(w, id, "person:ana").error, STR("taken back already")));
	world_free(w);
}

/* It is tied to what it takes back also when it waits first. */
static void
undo__that_waits_for_approval_is_still_once(void)
{
#define STARTS_ARE_AGREED                                                                \
	"  - {approval: starts are agreed on, for: [start], on: {service: [payments]}, " \
	"by: [mei]}\n"
	struct world *w = world_new(UNITS ANA_STARTS STARTS_ARE_AGREED, NULL, NULL);
	struct command yes = { .kind = COMMAND_APPROVE, .principal = STR("person:mei") };
	world_fire(w, STUCK);
	row_id id = stop_unit(w, "automation", "").row;
	world_exit(w, 0);
	EXPECT_U64(undo(w, id, "person:ana").exit, EXIT_NEEDS_APPROVAL);
	yes.row = world_last(w, TABLE_ASKED);
	world_restart(w);
	EXPECT_U64(world_command(w, &yes).status, 200);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(world_attempt(w, id).undone_by, w->attempts[0]);
	EXPECT_U64(undo(w, id, "automation").status, 409);
	world_exit(w, 1); /* in vain */
	EXPECT_U64(world_attempt(w, id).undone_by, 0);

	/* While a person is asked, who did it takes it back: the yes comes too late. */
	EXPECT_U64(undo(w, id, "person:ana").exit, EXIT_NEEDS_APPROVAL);
	yes.row = world_last(w, TABLE_ASKED);
	EXPECT_U64(undo(w, id, "automation").status, 202);
	world_exit(w, 0);
	(void)world_command(w, &yes);
	EXPECT_U64(w->attempt_n, 0);
	struct asked_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_ASKED, yes.row, &row));
	EXPECT(row.state == ASKED_REFUSED);
	EXPECT(str_contains(row.why, STR("was taken back already")));
	world_free(w);
}

static void
undo__of_an_agent_is_for_the_same_chain(void)
{
	struct world *w = world_new(UNITS, NULL, NULL);
	world_fire(w, STUCK);
	struct reply reply = stop_unit(w, "agent:helper", "person:ana");
	EXPECT_U64(reply.status, 202);
	world_exit(w, 0);
	struct command command = { .kind = COMMAND_UNDO,
		.row = reply.row,
		.principal = STR("agent:helper"),
		.behalf = STR("person:mei") };
	EXPECT_U64(world_command(w, &command).status, 403);
	/* Nor while a person has the service in hand. */
	struct command take = { .kind = COMMAND_HANDS_ON, .name = STR("payments") };
	EXPECT_U64(world_command(w, &take).status, 201);
	command.behalf = STR("person:ana");
	EXPECT_U64(world_command(w, &command).status, 403);
	struct command off = { .kind = COMMAND_HANDS_OFF, .name = STR("payments") };
	EXPECT_U64(world_command(w, &off).status, 200);
	EXPECT_U64(world_command(w, &command).status, 202);
	world_free(w);
}

static void
undo__is_for_a_time_also_when_the_incident_has_closed(void)
{
	row_id id;
	struct world *w = stopped(UNITS, &id);
	world_resolve(w, 1);
	world_after(w, 30 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	world_restart(w);
	struct reply reply = undo(w, id, "person:ana");
	EXPECT_U64(reply.status, 202);
	EXPECT_U64(w->attempt_n, 1);
	/* It did not work: it may be tried again. */
	world_exit(w, 1);
	EXPECT_U64(world_attempt(w, id).undone_by, 0);
	world_after(w, 29 * MINUTE);
	EXPECT_U64(undo(w, id, "person:ana").status, 202);
	world_news(w, NEWS_NEVER_STARTED);
	EXPECT_U64(world_attempt(w, id).undone_by, 0);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(undo(w, id, "person:ana").status, 404);
	EXPECT_U64(core_counts(w->core).attempts_open, 0);
	world_restart(w);
	world_free(w);

	w = stopped(UNITS, &id); /* and while it is open */
	world_after(w, HOUR);
	EXPECT(str_contains(undo(w, id, "person:ana").error, STR("it is too late")));
	world_free(w);
}

static void
undo__only_of_what_happened_and_can_be(void)
{
	struct world *w = world_new(UNITS, NULL, NULL);
	world_fire(w, STUCK);
	row_id id = stop_unit(w, "automation", "").row;
	world_exit(w, 1);
	EXPECT(str_contains(undo(w, id, "automation").error, STR("did not do its work")));
	id = stop_unit(w, "automation", "").row;
	world_news(w, NEWS_UNKNOWN);
	EXPECT(str_contains(undo(w, id, "automation").error, STR("is in-doubt")));
	struct command settle = { .kind = COMMAND_SETTLE,
		.row = id,
		.happened = HAPPENED_YES };
	EXPECT_U64(world_command(w, &settle).status, 200);
	EXPECT_U64(undo(w, id, "automation").status, 202);
	world_exit(w, 0);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1") };
	id = world_command(w, &run).row;
	world_exit(w, 0);
	EXPECT_STR(undo(w, id, "person:ana").error,
	    STR("nothing takes restart-unit back: the action has no `undo`"));
	/* stop-all holds for it too. */
	id = stop_unit(w, "automation", "").row;
	world_exit(w, 0);
	EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:ana").status, 200);
	EXPECT_U64(undo(w, id, "automation").status, 403);
	world_free(w);
}

static void
undo__of_a_scale_goes_back_to_what_was_live(void)
{
#define ANA_SCALES                                                                  \
	"  - {grant: ana scales, to: [ana], may: [scale], on: {service: [ledger]}," \
	" with: {replicas: {max: 50}}, until: 2030-01-01, owner: mei}\n"
	struct world *w = world_new(UNITS ANA_SCALES, NULL, NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	struct pair replicas[] = { { STR("replicas"), STR("12") } };
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("scale-out"),
		.action = true,
		.params = { replicas, 1 } };
	/* No rule compares with the live value: it is asked all the same, to go back to. */
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(w->probe_n, 1);
	world_probe(w, "4");
	EXPECT_U64(w->attempt_n, 1);
	row_id id = w->attempts[0];
	struct attempt_row row = world_attempt(w, id);
	EXPECT_STR(pairs_get(&row.observed, STR("replicas")), STR("4"));
	world_exit(w, 0);
	struct reply reply = undo(w, id, "person:ana");
	EXPECT_U64(reply.status, 202);
	EXPECT_STR(world_attempt(w, reply.row).argv.p[2], STR("4"));
	world_exit(w, 0);
	/* It could not be read: it is scaled, and not taken back by itself. */
	EXPECT_U64(world_command(w, &run).status, 202);
	world_probe(w, NULL);
	EXPECT_U64(w->attempt_n, 1);
	id = w->attempts[0];
	world_exit(w, 0);
	EXPECT_STR(undo(w, id, "person:ana").error,
	    STR("what it was before is not known: 'observed.replicas' has no value"));
	world_free(w);
}

/* ---- orders that hands judge otherwise ---- */

static void
refuse(struct world *w, const char *judged)
{
	row_id id = w->attempts[0];
	memmove(w->attempts, w->attempts + 1, --w->attempt_n * sizeof(w->attempts[0]));
	struct event event = { .kind = EVENT_ATTEMPT_RESULT,
		.attempt_result = { .attempt = id,
		    .news = NEWS_REFUSED,
		    .why = STR("the command is not what action 'restart-unit' runs"),
		    .judged = str_of(judged) } };
	world_step(w, &event);
}

static void
refused__an_order_that_hands_judge_otherwise_is_a_fault_of_ours(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, STUCK);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1") };
	EXPECT_U64(world_command(w, &run).status, 202);
	refuse(w, ""); /* by another configuration: stale, and no fault */
	EXPECT_U64(core_counts(w->core).incidents_open, 1);
	EXPECT_U64(world_command(w, &run).status, 202);
	refuse(w, "command");
	EXPECT_U64(core_counts(w->core).incidents_open, 2);
	struct incident_row row = world_incident(w, 2);
	EXPECT(row.needs_person);
	EXPECT_STR(row.title,
	    STR("Firstline itself: hands refused an order that was allowed, by the same "
		"configuration (command)"));
	EXPECT(world_says(w, 2,
	    "restart-unit on pay-1 of payments for incident 1 by "
	    "person:ana: the command is not what"));
	/* The same cause again is the same incident, another one is not. */
	EXPECT_U64(world_command(w, &run).status, 202);
	refuse(w, "command");
	EXPECT_U64(core_counts(w->core).incidents_open, 2);
	EXPECT_U64(world_incident(w, 2).alerts_total, 2);
	EXPECT_U64(world_command(w, &run).status, 202);
	refuse(w, "nothing moves, authority.yaml:12");
	EXPECT_U64(core_counts(w->core).incidents_open, 3);
	world_after(w, HOUR + MINUTE);
	world_restart(w);
	world_free(w);
}

static void
h6__a_runbook_changed_in_mid_run_is_no_plan_any_more(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	/* Somebody saw that the first restart was wrong, and mended the runbook. */
	world_adopt(w, SHOP, SHOP_QUEUE("restart-safe"));
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why,
	    STR("runbook queue-not-draining was changed or taken out since this run of it "
		"began")));
	/* Anew it runs as it is written now. */
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("queue-not-draining"),
		.principal = STR("automation") };
	EXPECT_U64(world_command(w, &run).status, 202);
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_STR(world_attempt(w, w->attempts[0]).action, STR("restart-safe"));
	world_free(w);
}

int
main(void)
{
	RUN(undo__is_never_harder_than_doing);
	RUN(undo__is_for_who_did_it);
	RUN(undo__of_what_automation_did_is_judged_for_the_person_on_duty);
	RUN(undo__by_the_person_on_duty_may_be_tried_again);
	RUN(undo__that_waits_for_approval_is_still_once);
	RUN(undo__of_an_agent_is_for_the_same_chain);
	RUN(undo__is_for_a_time_also_when_the_incident_has_closed);
	RUN(undo__only_of_what_happened_and_can_be);
	RUN(undo__of_a_scale_goes_back_to_what_was_live);
	RUN(refused__an_order_that_hands_judge_otherwise_is_a_fault_of_ours);
	RUN(h6__a_runbook_changed_in_mid_run_is_no_plan_any_more);
	TEST_MAIN_END();
}
