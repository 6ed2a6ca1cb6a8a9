/* A person on a service: hands-on, broken glass. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=payments"
#define FREEZE                                                                    \
	"  - {prohibit: nothing moves in the freeze, may: any, from: 2026-01-01," \
	" until: 2030-01-01, because: the year ends, liftable: true}\n"
#define ANA_ALL                                                           \
	"  - {grant: ana restarts everything, to: [ana], may: [restart]," \
	" on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: mei}\n"

static struct command
hands_on(const char *who, msec ms)
{
	return (struct command){ .kind = COMMAND_HANDS_ON,
		.principal = str_of(who),
		.name = STR("payments"),
		.span_ms = ms };
}

static struct command
glass(const char *who, const char *why)
{
	return (struct command){ .kind = COMMAND_BREAK_GLASS,
		.principal = str_of(who),
		.name = STR("payments"),
		.text = str_of(why) };
}

static struct lease_row
lease_row(struct world *w, row_id id)
{
	struct lease_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_LEASE, id, &row));
	return row;
}

static struct decision_row
last_decision(struct world *w)
{
	struct decision_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_DECISION, world_last(w, TABLE_DECISION), &row));
	return row;
}

static struct reply
restart(struct world *w, const char *who)
{
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = str_of(who) };
	return world_command(w, &run);
}

/* A run whose first target is being restarted. */
static struct world *
restarting(const char *yaml)
{
	struct world *w = world_new(yaml, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	return w;
}

/* ---- hands-on ---- */

static void
hands_on__is_one_persons_for_a_time(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command take = hands_on("person:ana", 0);
	struct reply reply = world_command(w, &take);
	EXPECT_U64(reply.status, 201);
	EXPECT(reply.table == TABLE_LEASE);
	struct lease_row row = lease_row(w, reply.row);
	EXPECT_U64(row.until_wall, w->wall + HOUR);
	EXPECT_U64(core_counts(w->core).hands_on, 1);
	take = hands_on("person:mei", 0);
	struct reply other = world_command(w, &take);
	EXPECT_U64(other.status, 409);
	EXPECT_U64(other.exit, 9);
	EXPECT(
	    str_contains(other.error, STR("ana has payments in hand until 2026-11-23 ")));
	/* Its holder prolongs it, and is told before it ends. */
	world_after(w, 30 * MINUTE);
	take = hands_on("person:ana", 2 * HOUR);
	EXPECT_U64(world_command(w, &take).status, 200);
	EXPECT_U64(lease_row(w, reply.row).until_wall, w->wall + 2 * HOUR);
	world_restart(w);
	world_after(w, HOUR + 49 * MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 0);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	EXPECT_STR(world_last_notice(w)->subject,
	    STR("[hands-on] payments: yours for another 10m"));
	world_after(w, 10 * MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	row = lease_row(w, reply.row);
	EXPECT(row.over);
	EXPECT_STR(row.over_by, STR("firstline"));
	EXPECT(world_says(w, 0, "took payments in hand until"));
	EXPECT(world_says(w, 0, "keeps payments in hand until"));
	EXPECT(world_says(w, 0, "ana's hands-on of payments is over: its time has passed"));
	EXPECT_U64(core_counts(w->core).hands_on, 0);
	take = hands_on("person:mei", 0);
	EXPECT_U64(world_command(w, &take).status, 201);
	world_free(w);
}

static void
hands_on__that_is_kept_after_the_clock_was_set_back_ends_after_it_began(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command take = hands_on("person:ana", 0);
	struct reply reply = world_command(w, &take);
	w->wall -= 3 * HOUR;
	take = hands_on("person:ana", 30 * MINUTE);
	EXPECT_U64(world_command(w, &take).status, 200);
	struct lease_row row = lease_row(w, reply.row);
	EXPECT_U64(row.from_wall, w->wall);
	EXPECT_U64(row.until_wall, w->wall + 30 * MINUTE);
	world_after(w, 31 * MINUTE);
	EXPECT(lease_row(w, reply.row).over);
	world_free(w);
}

static void
hands_on__is_told_halfway_where_it_is_short(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command take = hands_on("person:ana", 4 * MINUTE);
	EXPECT_U64(world_command(w, &take).status, 201);
	world_after(w, 2 * MINUTE - 1);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 0);
	world_after(w, 2);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(core_counts(w->core).hands_on, 0);
	world_free(w);
}

static void
hands_on__ends_by_its_holder_or_by_another_with_a_reason(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, STUCK);
	struct command take = hands_on("person:ana", 0);
	row_id id = world_command(w, &take).row;
	struct command off = { .kind = COMMAND_HANDS_OFF,
		.name = STR("payments"),
		.principal = STR("person:mei") };
	EXPECT_U64(world_command(w, &off).status, 422);
	off.principal = STR("automation");
	EXPECT_U64(world_command(w, &off).status, 403);
	off.principal = STR("agent:helper");
	off.behalf = STR("person:ana");
	EXPECT_U64(world_command(w, &off).status, 403);
	off = (struct command){ .kind = COMMAND_HANDS_OFF,
		.row = id,
		.text = STR("she is asleep"),
		.principal = STR("person:mei") };
	EXPECT_U64(world_command(w, &off).status, 200);
	EXPECT_U64(world_command(w, &off).status, 404);
	EXPECT_STR(lease_row(w, id).over_by, STR("person:mei"));
	/* In the incident that is open, too; and ana hears of it. */
	EXPECT(world_says(w, 1, "ended ana's hands-on of payments: she is asleep"));
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	EXPECT(str_contains(world_last_notice(w)->text, STR("she is asleep")));
	take = hands_on("person:ana", 0);
	EXPECT_U64(world_command(w, &take).status, 201);
	off = (struct command){ .kind = COMMAND_HANDS_OFF, .name = STR("payments") };
	EXPECT_U64(world_command(w, &off).status, 200);
	off.name = STR("ledger");
	EXPECT_STR(world_command(w, &off).error, STR("nobody has ledger in hand"));
	world_free(w);
}

static void
lease__is_only_for_people_and_within_bounds(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	static const char *const nobody[] = { "automation", "agent:helper", "local-admin",
		"source:prometheus", "person:zoe", "ana" };
	for (size_t i = 0; i < countof(nobody); i++) {
		test_row = nobody[i];
		struct command command = hands_on(nobody[i], 0);
		EXPECT_U64(world_command(w, &command).status, 403);
		command = glass(nobody[i], "the queue must move now");
		EXPECT_U64(world_command(w, &command).status, 403);
	}
	test_row = NULL;
	/* Nor through an agent that serves a person. */
	struct command command = glass("person:ana", "the queue must move now");
	command.behalf = STR("person:mei");
	EXPECT_U64(world_command(w, &command).status, 403);
	command = hands_on("person:ana", LEASE_MS_MAX + 1);
	EXPECT_U64(world_command(w, &command).status, 422);
	command.span_ms = SECOND;
	EXPECT_STR(world_command(w, &command).error, STR("for how long: 1m to 12h"));
	command = hands_on("person:ana", 0);
	command.name = STR("payment");
	EXPECT_U64(world_command(w, &command).status, 404);
	command = glass("person:ana", "the queue must move now");
	command.span_ms = 4 * HOUR + 1;
	EXPECT_STR(world_command(w, &command).error, STR("for how long: 1m to 4h"));
	static const char *const short_ones[] = { "", "because", "  123456789  ",
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4" };
	for (size_t i = 0; i < countof(short_ones); i++) {
		command = glass("person:ana", short_ones[i]);
		EXPECT_STR(world_command(w, &command).error,
		    STR("break-glass needs a reason of at least 10 characters"));
	}
	EXPECT_U64(world_count(w, TABLE_LEASE), 0);
	EXPECT_U64(core_control(w->core)->glasses_broken, 0);
	world_free(w);
}

/* H11: automation fights the human. */
static void
h11__automation_stands_back_while_a_person_has_it_in_hand(void)
{
	struct world *w = restarting(SHOP);
	struct command take = hands_on("person:ana", 0);
	EXPECT_U64(world_command(w, &take).status, 201);
	/* What is under way is not killed ... */
	EXPECT_U64(world_effects(w, EFFECT_STOP_ATTEMPT), 0);
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	world_exit(w, 0);
	world_restart(w);
	/* ... but nothing more is begun. */
	world_after(w, 45 * SECOND);
	EXPECT_U64(w->attempt_n, 0);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_OPEN && row.needs_person);
	EXPECT(str_contains(row.needs_person_why, STR("ana has it in hand")));
	EXPECT(last_decision(w).verdict == VERDICT_DENY);
	EXPECT_U64(world_gap(w, GAP_REFUSED, NULL).count, 0);
	/* The person works, also one who does not hold it. */
	EXPECT_U64(restart(w, "person:ana").status, 202);
	world_exit(w, 0);
	/* Trouble that begins now waits for her as well; other services go on. */
	world_fire(w, "alertname=QueueStuck,queue=bills");
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_incident(w, 2).needs_person);
	/* Her time is over: automation acts again when it is asked to. */
	world_after(w, HOUR);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 2,
		.name = STR("queue-not-draining"),
		.principal = STR("automation") };
	EXPECT_U64(world_command(w, &run).status, 202);
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* ---- break-glass ---- */

static void
glass__is_loud_and_lifts_what_may_be_lifted(void)
{
	struct world *w = world_new(SHOP FREEZE, NULL, NULL);
	world_fire(w, STUCK);
	struct reply reply = restart(w, "person:ana");
	EXPECT_U64(reply.status, 403);
	EXPECT(str_contains(reply.error, STR("nothing moves in the freeze")));
	unsigned before = world_told(w, PURPOSE_SELF, NULL);
	struct command broke = glass("person:ana", "money is lost every minute");
	reply = world_command(w, &broke);
	EXPECT_U64(reply.status, 201);
	row_id id = reply.row;
	struct lease_row row = lease_row(w, id);
	EXPECT(row.kind == LEASE_BREAK_GLASS);
	EXPECT_U64(row.until_wall, w->wall + 30 * MINUTE);
	/* The team's channel, its lead, and who is on duty. */
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL) - before, 3);
	EXPECT(world_told(w, PURPOSE_SELF, "ops-hook") >= 1);
	EXPECT(world_told(w, PURPOSE_SELF, "mei") >= 1);
	EXPECT(world_told(w, PURPOSE_SELF, "ana") >= 1);
	EXPECT(str_contains(world_last_notice(w)->text, STR("money is lost every minute")));
	EXPECT(world_says(w, 0, "broke the glass on payments until"));
	EXPECT(world_says(w, 1, "broke the glass on payments until"));
	EXPECT_U64(core_counts(w->core).glass, 1);
	EXPECT_U64(core_control(w->core)->glasses_broken, 1);
	EXPECT_U64(world_command(w, &broke).status, 409);
	world_restart(w);
	/* For her, and each time is counted and said. */
	EXPECT_U64(restart(w, "person:ana").status, 202);
	struct decision_row decision = last_decision(w);
	EXPECT_STR(decision.given.glass_by, STR("person:ana"));
	bool lifted = false;
	const struct reason *reasons = decision.reasons.p;
	for (size_t i = 0; i < decision.reasons.n; i++)
		lifted = lifted || reasons[i].kind == REASON_LIFTED;
	EXPECT(lifted);
	EXPECT_U64(lease_row(w, id).uses, 1);
	world_exit(w, 0);
	/* What something else denies all the same was not done under it. */
	world_adopt(w, SHOP FREEZE "  - {prohibit: never, may: any}\n", NULL);
	EXPECT_U64(restart(w, "person:ana").status, 403);
	EXPECT_U64(lease_row(w, id).uses, 1);
	world_adopt(w, SHOP FREEZE, NULL);
	/* Not for another, nor for automation. */
	EXPECT_U64(restart(w, "automation").status, 403);
	EXPECT_U64(lease_row(w, id).uses, 1);
	world_after(w, 30 * MINUTE);
	EXPECT_U64(restart(w, "person:ana").status, 403);
	EXPECT(str_contains(world_gap(w, GAP_UNREVIEWED, "ana on payments").text,
	    STR("; 1 decision was made under it that rules would have stopped")));
	world_free(w);
}

static void
glass__stays_open_until_another_person_has_reviewed_it(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command broke = glass("person:ana", "money is lost every minute");
	row_id id = world_command(w, &broke).row;
	struct command review = { .kind = COMMAND_REVIEW,
		.row = id,
		.principal = STR("person:mei"),
		.text = STR("the queue was restarted, that was right") };
	EXPECT_U64(world_command(w, &review).status, 409);
	EXPECT_U64(world_gap(w, GAP_UNREVIEWED, NULL).count, 0);
	world_after(w, 30 * MINUTE);
	EXPECT(world_says(w, 0, "ana's broken glass on payments is over"));
	struct gap_row gap = world_gap(w, GAP_UNREVIEWED, "ana on payments");
	EXPECT_U64(gap.count, 1);
	EXPECT_STR(gap.owner, STR("platform-ops"));
	EXPECT_U64(core_counts(w->core).unreviewed, 1);
	EXPECT_U64(core_counts(w->core).glass, 0);
	world_restart(w);
	world_after(w, 30 * DAY);
	EXPECT_U64(core_counts(w->core).unreviewed, 1);
	/* Another one of hers is of the same gap. */
	broke.text = STR("and once more, in a hurry");
	row_id second = world_command(w, &broke).row;
	struct command off = { .kind = COMMAND_HANDS_OFF, .name = STR("payments") };
	EXPECT_U64(world_command(w, &off).status, 200);
	EXPECT_U64(world_gap(w, GAP_UNREVIEWED, "ana on payments").count, 2);

	review.principal = STR("person:ana");
	EXPECT_U64(world_command(w, &review).status, 403);
	review.principal = STR("agent:helper");
	review.behalf = STR("person:mei");
	EXPECT_U64(world_command(w, &review).status, 403);
	review.principal = STR("person:mei");
	review.behalf = (str){ 0 };
	review.text = STR("  ");
	EXPECT_U64(world_command(w, &review).status, 422);
	review.text = STR("the queue was restarted, that was right");
	EXPECT_U64(world_command(w, &review).status, 200);
	EXPECT_U64(world_command(w, &review).status, 404);
	struct lease_row row = lease_row(w, id);
	EXPECT_STR(row.reviewed_by, STR("person:mei"));
	EXPECT_STR(row.review, review.text);
	EXPECT_U64(world_gap(w, GAP_UNREVIEWED, "ana on payments").count, 2);
	review.row = second;
	EXPECT_U64(world_command(w, &review).status, 200);
	EXPECT_U64(world_gap(w, GAP_UNREVIEWED, "ana on payments").count, 0);
	EXPECT_U64(core_counts(w->core).unreviewed, 0);
	world_restart(w);
	world_free(w);
}

/* Each of them is asked about with the glass that they broke. */
static void
glass__who_can_counts_all_who_broke_it(void)
{
	struct world *w = world_new(SHOP FREEZE ANA_ALL
	    "  - {grant: mei restarts too, to: [mei], may: [restart],"
	    " on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: ana}\n",
	    NULL, NULL);
	static const char *const who[] = { "person:ana", "person:mei" };
	struct core_may may = { .action = STR("restart-unit"),
		.service = STR("payments"),
		.at = w->at,
		.wall = w->wall };
	struct who_view can[4];
	EXPECT_U64(core_who_can(w->core, &may, &w->arena, can, countof(can)), 0);
	for (size_t i = 0; i < countof(who); i++) {
		struct command broke = glass(who[i], "money is lost every minute");
		EXPECT_U64(world_command(w, &broke).status, 201);
		EXPECT_U64(core_who_can(w->core, &may, &w->arena, can, countof(can)),
		    i + 1);
		EXPECT_STR(can[i].principal, str_of(who[i]));
	}
	world_free(w);
}

/* A question is answered as the deed would be: in a chain the glass lifts nothing, nor at a
 * time when it is whole. */
static void
glass__questions_know_whom_and_when_it_lifts_for(void)
{
	struct world *w = world_new(SHOP FREEZE ANA_ALL
	    "  - {grant: the helper restarts, to: [{agent: helper}], may: [restart],"
	    " on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: mei}\n",
	    NULL, NULL);
	struct command broke = glass("person:ana", "money is lost every minute");
	EXPECT_U64(world_command(w, &broke).status, 201);
	world_fire(w, STUCK);
	str ana = STR("person:ana");
	struct core_may may = { .principal = ana,
		.action = STR("restart-unit"),
		.service = STR("payments"),
		.at = w->at,
		.wall = w->wall };
	struct can_view can[8];
	struct who_view who[4];
	struct decision_row decision;
	EXPECT(core_what_can_on(w->core, &may, &w->arena, can, countof(can)) > 0);
	EXPECT_U64(core_who_can(w->core, &may, &w->arena, who, countof(who)), 1);
	may.wall += 30 * MINUTE; /* it is over by then */
	core_judge(w->core, &may, &w->arena, &decision);
	EXPECT(decision.verdict == VERDICT_DENY);
	EXPECT_U64(core_what_can_on(w->core, &may, &w->arena, can, countof(can)), 0);
	EXPECT_U64(core_who_can(w->core, &may, &w->arena, who, countof(who)), 0);
	may.wall = w->wall - HOUR; /* and was not broken yet */
	EXPECT_U64(core_what_can_on(w->core, &may, &w->arena, can, countof(can)), 0);
	may.wall = w->wall;
	may.principal = STR("agent:helper");
	may.behalf = (struct strs){ &ana, 1 };
	EXPECT_U64(core_what_can_on(w->core, &may, &w->arena, can, countof(can)), 0);
	EXPECT_U64(core_what_can(w->core, may.principal, ana, 1, w->at, w->wall, &w->arena,
		       can, countof(can)),
	    0);
	world_free(w);
}

static void
lease__there_are_only_so_many(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->reload = false; /* a thousand rows, after each step */
	struct command broke = glass("person:ana", "money is lost every minute");
	struct command off = { .kind = COMMAND_HANDS_OFF, .name = STR("payments") };
	w->deliver = false;
	for (unsigned i = 0; i < LEASES_OF_KIND_MAX; i++) {
		EXPECT_U64(world_command(w, &broke).status, 201);
		EXPECT_U64(world_command(w, &off).status, 200);
	}
	EXPECT_U64(world_command(w, &broke).status, 409);
	EXPECT_U64(world_gap(w, GAP_UNREVIEWED, "ana on payments").count,
	    LEASES_OF_KIND_MAX);
	/* What nobody reviewed takes no place from who takes a service in hand. */
	struct command take = hands_on("person:mei", 0);
	EXPECT_U64(world_command(w, &take).status, 201);
	world_free(w);
}

/* In the timelines of the open incidents of that service, but of so many only. */
static void
lease__stands_in_the_timelines_of_open_incidents(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->reload = false;
	world_fire(w, "alertname=Slow,service=ledger");
	for (unsigned i = 0; i < LEASE_INCIDENTS + 1; i++) {
		char labels[64];
		(void)snprintf(labels, sizeof(labels), "alertname=At%u,service=payments",
		    i);
		world_fire(w, labels);
	}
	struct command take = hands_on("person:ana", HOUR);
	EXPECT_U64(world_command(w, &take).status, 201);
	EXPECT(!world_says(w, 1, "took payments in hand"));
	unsigned said = 0;
	for (incident_id id = 2; id < LEASE_INCIDENTS + 3; id++)
		said += world_says(w, id, "took payments in hand") ? 1 : 0;
	EXPECT_U64(said, LEASE_INCIDENTS);
	world_free(w);
}

/* With little memory the lease itself does not fit, which is answered. */
static void
lease__that_finds_no_memory_is_refused(void)
{
	struct world *w = world_within((size_t)320 << 10, SHOP, NULL, NULL);
	w->reload = false;
	w->deliver = false;
	struct command broke = glass("person:ana", "money is lost every minute");
	struct command off = { .kind = COMMAND_HANDS_OFF, .name = STR("payments") };
	struct reply reply = world_command(w, &broke);
	unsigned n = 0;
	while (reply.status == 201) {
		n++;
		EXPECT_U64(world_command(w, &off).status, 200);
		reply = world_command(w, &broke);
	}
	EXPECT(n < LEASES_OF_KIND_MAX);
	EXPECT_U64(reply.status, 503);
	EXPECT_U64(reply.exit, 1);
	EXPECT_STR(reply.error, STR("there is no memory for another lease"));
	EXPECT_U64(world_count(w, TABLE_LEASE), n);
	world_free(w);
}

/* H17: an agent ignores a freeze: written at 3, in a run that began at 2. */
static void
h17__a_freeze_written_in_mid_run_holds_for_an_agent(void)
{
#define AGENT                                                                     \
	"  - {grant: the helper restarts, to: [{agent: helper}], may: [restart]," \
	" on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: mei}\n"
	struct world *w = world_new(SHOP ANA_ALL AGENT, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	struct command stop = { .kind = COMMAND_CANCEL, .incident = 1 };
	EXPECT_U64(world_command(w, &stop).status, 200);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("queue-not-draining"),
		.principal = STR("agent:helper"),
		.behalf = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	while (w->probe_n > 1)
		world_probe(w, "812"); /* of the run that was cancelled */
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	struct decision_row before = last_decision(w);
	EXPECT_STR(before.principal, STR("agent:helper"));
	EXPECT_U64(before.given.behalf.n, 1);
	world_adopt(w, SHOP ANA_ALL AGENT FREEZE, SHOP_QUEUE("restart-unit"));
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	EXPECT_U64(w->attempt_n, 0);
	struct decision_row after = last_decision(w);
	EXPECT(after.verdict == VERDICT_DENY);
	EXPECT(!hash32_eq(&after.config, &before.config));
	EXPECT(str_contains(world_incident(w, 1).needs_person_why,
	    STR("nothing moves in the freeze")));
	/* The glass of the person it serves lifts nothing for it. */
	struct command broke = glass("person:ana", "money is lost every minute");
	EXPECT_U64(world_command(w, &broke).status, 201);
	struct command action = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = STR("agent:helper"),
		.behalf = STR("person:ana") };
	EXPECT_U64(world_command(w, &action).status, 403);
	EXPECT_U64(restart(w, "person:ana").status, 202);
	world_free(w);
}

int
main(void)
{
	RUN(hands_on__is_one_persons_for_a_time);
	RUN(hands_on__that_is_kept_after_the_clock_was_set_back_ends_after_it_began);
	RUN(hands_on__is_told_halfway_where_it_is_short);
	RUN(hands_on__ends_by_its_holder_or_by_another_with_a_reason);
	RUN(lease__is_only_for_people_and_within_bounds);
	RUN(h11__automation_stands_back_while_a_person_has_it_in_hand);
	RUN(glass__is_loud_and_lifts_what_may_be_lifted);
	RUN(glass__stays_open_until_another_person_has_reviewed_it);
	RUN(glass__who_can_counts_all_who_broke_it);
	RUN(glass__questions_know_whom_and_when_it_lifts_for);
	RUN(lease__there_are_only_so_many);
	RUN(lease__stands_in_the_timelines_of_open_incidents);
	RUN(lease__that_finds_no_memory_is_refused);
	RUN(h17__a_freeze_written_in_mid_run_holds_for_an_agent);
	TEST_MAIN_END();
}
