/* Incidents: how alerts become them, and how they end. */
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=mail"

static void
core__an_alert_becomes_an_incident_with_owner_and_impact(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	uint64_t alert = world_fire(w, STUCK);
	EXPECT_U64(w->alert_incident[alert], 1);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_ACTING);
	EXPECT(row.severity == SEV3);
	EXPECT_STR(row.service, STR("payments"));
	EXPECT_STR(row.owner, STR("platform-ops"));
	EXPECT_STR(row.developers, STR("checkout-dev"));
	EXPECT_STR(row.title, STR("QueueStuck: it does not move"));
	EXPECT_STR(row.impact, STR("customers may be unable to buy; payments (tier 2) is "
				   "affected, and checkout "
				   "depends on it"));
	EXPECT_STR(row.recurrence, STR("alertname=QueueStuck,queue=mail"));
	EXPECT_STR(row.runbook, STR("queue-not-draining"));
	EXPECT_U64(row.occurrence, 1);
	EXPECT_U64(row.alerts_active, 1);
	EXPECT(!row.needs_person);
	EXPECT_U64(world_told(w, PURPOSE_OPENED, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_OPENED, "ops-hook"), 1);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, NULL), 0);
	world_free(w);
}

static void
core__the_same_trouble_joins_and_another_does_not(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	uint64_t a = world_fire(w, STUCK ",instance=1");
	uint64_t b = world_fire(w, STUCK ",instance=2");
	uint64_t c = world_fire(w, "alertname=QueueStuck,queue=bills");
	EXPECT_U64(w->alert_incident[a], 1);
	EXPECT_U64(w->alert_incident[b], 1);
	EXPECT_U64(w->alert_incident[c], 2);
	EXPECT_U64(world_incident(w, 1).alerts_active, 2);
	world_free(w);
}

static void
core__severity_rises_and_never_falls(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow,service=checkout,severity=warning");
	EXPECT(world_incident(w, 1).severity == SEV3);
	world_fire(w, "alertname=Slow,service=checkout,severity=critical,instance=2");
	EXPECT(world_incident(w, 1).severity == SEV1);
	world_fire(w, "alertname=Slow,service=checkout,severity=info,instance=3");
	EXPECT(world_incident(w, 1).severity == SEV1);
	EXPECT(world_says(w, 1, "raised from sev3 to sev1"));
	world_free(w);
}

static void
core__only_the_first_alerts_have_an_entry_each(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->reload = false;
	for (int i = 0; i < 120; i++) {
		char labels[64];
		(void)snprintf(labels, sizeof(labels),
		    "alertname=Slow,service=ledger,instance=%d", i);
		world_fire(w, labels);
	}
	EXPECT_U64(world_incident(w, 1).alerts_total, 120);
	EXPECT(world_says(w, 1, "instance=\"19\""));
	EXPECT(!world_says(w, 1, "instance=\"20\""));
	EXPECT(world_says(w, 1, "100 alerts have fired"));
	world_free(w);
}

static void
core__what_matches_nothing_has_the_fallback_owner_and_a_gap(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Strange,severity=critical");
	struct incident_row row = world_incident(w, 1);
	EXPECT_STR(row.service, STR(""));
	EXPECT_STR(row.owner, STR("platform-ops"));
	EXPECT(row.severity == SEV2);
	EXPECT(row.needs_person);
	EXPECT_U64(world_gap(w, GAP_NO_SERVICE, "Strange").count, 1);
	world_fire(w, "alertname=Strange,instance=2");
	EXPECT_U64(world_incident(w, 1).alerts_active, 2);
	world_fire(w, "alertname=Other");
	EXPECT_U64(world_incident(w, 2).alerts_active, 1);
	EXPECT_U64(world_gap(w, GAP_NO_SERVICE, "Strange").count, 1);
	world_free(w);
}

static void
core__without_a_runbook_a_person_is_told_what_authority_allows(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, STUCK);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_OPEN && row.needs_person);
	EXPECT_STR(row.needs_person_why, STR("no runbook answers"));
	EXPECT(row.escalate_at == w->at + 5 * MINUTE);
	EXPECT_U64(world_gap(w, GAP_NO_RUNBOOK, "QueueStuck on payments").count, 1);
	/* One notice tells it all. */
	EXPECT_U64(world_told(w, PURPOSE_OPENED, NULL), 0);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "ana"), 1);
	const struct notice_row *notice = world_last_notice(w);
	EXPECT(str_contains(notice->text, STR("authority allows ana right now:")));
	EXPECT(str_contains(notice->text, STR("firstline run --action restart-unit --on "
					      "payments --incident 1 --target HOST")));
	EXPECT(!str_contains(notice->text, STR("drop-table")));
	EXPECT(str_contains(notice->text, STR("firstline incident ack 1")));
	EXPECT_STR(notice->subject,
	    STR("[sev3] payments: QueueStuck (incident 1): needs a person"));
	EXPECT_STR(pairs_get(&notice->fields, STR("url")),
	    STR("http://127.0.0.1:9911/incidents/1"));
	world_free(w);
}

static void
core__quiet_closes_after_a_while_and_says_how(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t a = world_fire(w, "alertname=Slow,service=ledger");
	uint64_t b = world_fire(w, "alertname=Slow,service=ledger,instance=2");
	uint64_t c = world_fire(w, "alertname=Gone,service=ledger");
	world_resolve(w, a);
	world_after(w, 5 * MINUTE - 1);
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	world_expire(w, b);
	world_expire(w, c);
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	world_after(w, MINUTE);
	/* One said that it is over, of the other nobody knows. */
	EXPECT(world_incident(w, 1).end == END_EXPIRED);
	EXPECT(world_incident(w, 2).end == END_EXPIRED);

	uint64_t d = world_fire(w, "alertname=Torn,service=ledger");
	world_expire(w, d);
	d = world_fire(w, "alertname=Torn,service=ledger");
	world_resolve(w, d);
	world_after(w, 6 * MINUTE);
	EXPECT(world_incident(w, 3).end == END_RESOLVED);
	EXPECT(world_says(w, 2, "closed: the alerts' source went quiet"));
	world_free(w);
}

static void
core__fires_again_before_it_is_closed(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t a = world_fire(w, "alertname=Slow,service=ledger");
	world_resolve(w, a);
	world_after(w, 30 * SECOND);
	world_fire(w, "alertname=Slow,service=ledger");
	world_after(w, 3 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	EXPECT_U64(world_count(w, TABLE_INCIDENT), 1);
	world_free(w);
}

static void
core__the_same_trouble_again_knows_the_one_before(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	for (uint32_t i = 1; i <= 3; i++) {
		uint64_t alert = world_fire(w, "alertname=Slow,service=ledger");
		EXPECT_U64(w->alert_incident[alert], i);
		EXPECT_U64(world_incident(w, i).occurrence, i);
		EXPECT_U64(world_incident(w, i).previous, i - 1);
		world_resolve(w, alert);
		world_after(w, 2 * MINUTE);
		EXPECT(world_state(w, i) == INCIDENT_CLOSED);
		world_restart(w);
	}
	world_free(w);
}

static void
core__too_many_incidents_are_counted_in_one_per_service(void)
{
	struct world *w =
	    world_new(SHOP "limits: {incidents: 4, incidents_per_service: 2}\n", NULL,
		NULL);
	world_fire(w, "alertname=A,service=ledger");
	world_fire(w, "alertname=B,service=ledger");
	uint64_t c = world_fire(w, "alertname=C,service=ledger");
	uint64_t d = world_fire(w, "alertname=D,service=ledger");
	EXPECT_U64(w->alert_incident[c], 3);
	EXPECT_U64(w->alert_incident[d], 3);
	struct incident_row row = world_incident(w, 3);
	EXPECT(row.overflow && row.needs_person);
	EXPECT_U64(row.alerts_active, 2);
	EXPECT_U64(world_gap(w, GAP_OVERFLOW, "ledger").count, 1);
	EXPECT_U64(core_control(w->core)->overflowed, 2);
	/* Another service has its own bound, then all of them share one. */
	world_fire(w, "alertname=E,service=payments");
	world_fire(w, "alertname=F,service=payments");
	uint64_t g = world_fire(w, "alertname=G");
	row = world_incident(w, w->alert_incident[g]);
	EXPECT(row.overflow);
	EXPECT_STR(row.service, STR(""));
	/* Overflow ends like any other. */
	world_resolve(w, c);
	world_resolve(w, d);
	world_after(w, 2 * MINUTE);
	EXPECT(world_incident(w, 3).end == END_RESOLVED);
	world_free(w);
}

static void
core__resolved_by_a_person_while_it_fires_opens_again(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire(w, "alertname=Slow,service=ledger");
	struct reply reply = world_ask(w, COMMAND_RESOLVE, 1, "person:ana");
	EXPECT_U64(reply.status, 200);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_CLOSED && row.end == END_PERSON);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ana"), 1);
	world_after(w, 29 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	world_after(w, MINUTE);
	row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_OPEN && row.needs_person && !row.acknowledged);
	EXPECT_STR(row.needs_person_why,
	    STR("1 alert still fires 30m after ana resolved it"));
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "ana"), 2);
	world_resolve(w, alert);
	world_after(w, 2 * MINUTE);
	EXPECT(world_incident(w, 1).end == END_RESOLVED);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ana"), 2);
	world_free(w);
}

static void
core__closed_by_a_person_its_alerts_count_down(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire(w, "alertname=Slow,service=ledger");
	world_ask(w, COMMAND_RESOLVE, 1, "person:ana");
	uint64_t again = world_fire(w, "alertname=Slow,service=ledger,instance=2");
	EXPECT_U64(w->alert_incident[again], 2);
	EXPECT_U64(world_incident(w, 2).previous, 1);
	/* While the second is open the first does not come back. */
	world_after(w, 31 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT(world_says(w, 1, "incident 2 is open for the same trouble"));
	world_restart(w);
	world_resolve(w, alert);
	EXPECT_U64(world_incident(w, 1).alerts_active, 0);
	world_after(w, HOUR);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	world_free(w);
}

static void
core__firstline_itself_is_an_incident_that_counts(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct event died = { .kind = EVENT_SELF,
		.self = { .kind = SELF_ROLE_DIED,
		    .text = STR("hands died"),
		    .subject = STR("hands") } };
	world_step(w, &died);
	world_after(w, 10 * MINUTE);
	world_step(w, &died);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.needs_person);
	EXPECT(row.severity == SEV3);
	EXPECT_U64(row.alerts_total, 2);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	world_after(w, 59 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	world_after(w, 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	/* What the kernel lacks wakes nobody. */
	struct event gap = { .kind = EVENT_SELF,
		.self = { .kind = SELF_SANDBOX_GAP,
		    .text = STR("landlock: no TCP rules") } };
	world_step(w, &gap);
	EXPECT_U64(world_gap(w, GAP_SANDBOX, "landlock: no TCP rules").count, 1);
	EXPECT_U64(world_count(w, TABLE_INCIDENT), 1);
	world_free(w);
}

/* Who told of it says when it is over; then it need not wait for the hour. */
static void
core__what_is_over_closes_its_incident(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct event full = { .kind = EVENT_SELF,
		.self = { .kind = SELF_OVERFLOW,
		    .text = STR("a limit is reached"),
		    .subject = STR("source:a") } };
	struct event over = full;
	over.self.text = STR("it is over");
	over.self.over = true;
	world_step(w, &over); /* there is none to close */
	EXPECT_U64(world_count(w, TABLE_INCIDENT), 0);
	world_step(w, &full);
	world_after(w, 10 * MINUTE);
	world_step(w, &over);
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	EXPECT_U64(world_incident(w, 1).alerts_total, 1);
	world_after(w, 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	world_step(w, &full);
	EXPECT_U64(world_count(w, TABLE_INCIDENT), 2);
	world_free(w);
}

int
main(void)
{
	RUN(core__an_alert_becomes_an_incident_with_owner_and_impact);
	RUN(core__the_same_trouble_joins_and_another_does_not);
	RUN(core__severity_rises_and_never_falls);
	RUN(core__only_the_first_alerts_have_an_entry_each);
	RUN(core__what_matches_nothing_has_the_fallback_owner_and_a_gap);
	RUN(core__without_a_runbook_a_person_is_told_what_authority_allows);
	RUN(core__quiet_closes_after_a_while_and_says_how);
	RUN(core__fires_again_before_it_is_closed);
	RUN(core__the_same_trouble_again_knows_the_one_before);
	RUN(core__too_many_incidents_are_counted_in_one_per_service);
	RUN(core__resolved_by_a_person_while_it_fires_opens_again);
	RUN(core__closed_by_a_person_its_alerts_count_down);
	RUN(core__firstline_itself_is_an_incident_that_counts);
	RUN(core__what_is_over_closes_its_incident);
	TEST_MAIN_END();
}
