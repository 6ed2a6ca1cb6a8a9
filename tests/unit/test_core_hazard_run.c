/*
 * Hazards of automatic remediation that others met, and threats, where it is the core that
 * stops them; the others by their numbers:
 *	H1 to H6, H9 to H11, H17, H19, T8, T15, T16, T19, T20	test_core_hazard and what it names
 *	H8	test_core_crash too, and tests/fault
 *	H14	test_core_roll
 *	H13, H15	test_core_trust
 *	T1	tests/e2e/test_injection.py
 *	T3	test_yaml, T4 test_template and tests/e2e/test_injection.py
 *	T9	tests/e2e/test_hands.py, T10 and T14 test_sandbox.py, T11 test_shipped.py,
 *		T12 test_actions.py there
 */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=payments"
#define DOWN "alertname=Down,service=checkout"

static struct world *
acting(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, STUCK);
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	return w;
}

/* H7: what comes back at once is not remedied for ever: the limit holds, then a person. */
static void
h7__what_flaps_is_stopped_by_its_limit_and_a_person(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	w->reload = false;
	msec starts[256];
	size_t n = 0;
	bool told = false;
	/* It recovers for a minute after each restart, and breaks again, for six hours. */
	for (unsigned i = 0; i < 90; i++) {
		uint64_t alert = world_fire(w, DOWN);
		while (w->probe_n > 0)
			world_probe(w, "");
		if (w->attempt_n > 0) {
			starts[n++] = w->at;
			world_exit(w, 0);
		}
		for (unsigned k = 0; k < 3; k++) {
			struct event up = { .kind = EVENT_PROBE_RESULT,
				.probe_result = { .probe =
						      w->probe_n > 0 ? w->probes[0] : 0,
				    .status = PROBE_OK,
				    .code = 200 } };
			if (w->probe_n > 0) {
				memmove(w->probes, w->probes + 1,
				    --w->probe_n * sizeof(*w->probes));
				world_step(w, &up);
			}
		}
		told = told || world_told(w, PURPOSE_NEEDS_PERSON, "ana") > 0 ||
		       world_told(w, PURPOSE_REFIRED, "ana") > 0;
		world_resolve(w, alert);
		world_after(w, 4 * MINUTE);
	}
	EXPECT(n >= 3);
	for (size_t i = 0; i + 3 < n; i++)
		EXPECT(starts[i + 3] - starts[i] >= HOUR); /* three an hour */
	EXPECT(told);
	world_free(w);
}

/* H8: whatever is said twice, nothing is done twice. */
static void
h8__nothing_that_is_said_twice_is_done_twice(void)
{
	struct world *w = acting();
	row_id id = w->attempts[0];
	world_news(w, NEWS_CLAIMED);
	world_news(w, NEWS_STARTED);
	world_fire(w, STUCK ",again=1"); /* the alert, once more */
	world_restart(w);
	world_hands_restart(w);
	world_after(w, 3 * MINUTE);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	/* A timeout is no failure, and no second start. */
	world_news(w, NEWS_TIMED_OUT);
	struct event late = { .kind = EVENT_ATTEMPT_RESULT,
		.attempt_result = { .attempt = id, .news = NEWS_TIMED_OUT } };
	world_step(w, &late);
	world_step(w, &late);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	/* The same command under the same key. */
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-2"),
		.idempotency_key = STR("person:ana\nk"),
		.request_hash = sha256(STR("k")) };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 2);
	world_free(w);
}

/* H14: each target has its own outcome; what failed is not called done, and what was done
 * is not done again. */
static void
h14__each_target_has_its_own_outcome(void)
{
	struct world *w = acting();
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	world_exit(w, 1);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 2);
	struct attempt_row last = world_attempt(w, world_last(w, TABLE_ATTEMPT));
	EXPECT_STR(last.target, STR("pay-2"));
	EXPECT(last.exit_code == 1);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("restart-workers failed on pay-2"
		"; 1 of 2 done, 1 failed: `firstline run queue-not-draining --continue 5` "
		"goes on with the rest"));
	EXPECT(world_incident(w, 1).end == 0);
	/* A person does the rest alone: the first is left as it is. */
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-2") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 3);
	world_exit(w, 0);
	world_restart(w);
	world_after(w, HOUR);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 3);
	world_free(w);
}

/* H16: monitoring is gone, mail is gone: it acts on nothing, and somebody hears of it. */
static void
h16__without_monitoring_or_mail_a_person_is_told(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	w->deliver = false;
	world_fire(w, STUCK);
	for (unsigned i = 0; i < 60; i++) {
		while (w->probe_n > 0)
			world_probe(w, NULL);
		for (size_t k = 0; k < w->notice_n; k++) {
			if (w->notices[k].answered)
				continue;
			w->notices[k].answered = true;
			bool mail = str_eq(w->notices[k].row.channel, STR("mail"));
			struct event told = { .kind = EVENT_NOTICE_RESULT,
				.notice_result = { .notice = w->notices[k].row.id,
				    .delivered = !mail,
				    .error = STR("connection refused") } };
			world_step(w, &told);
		}
		world_after(w, 10 * SECOND);
	}
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	EXPECT(world_incident(w, 1).needs_person);
	bool pager = false;
	for (size_t i = 0; i < w->notice_n; i++)
		pager = pager || (str_eq(w->notices[i].row.channel, STR("pager")) &&
				     str_eq(w->notices[i].row.person, STR("ana")));
	EXPECT(pager); /* her next reach */
	world_free(w);
}

/* H20: neither the alert that goes away nor one good look is a recovery. */
static void
h20__an_alert_that_clears_is_no_proof_of_recovery(void)
{
	struct world *w = acting();
	uint64_t alert = w->next_alert - 1;
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_resolve(w, alert);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	/* It must hold without a break for three minutes. */
	world_see(w, "12", 2 * MINUTE);
	world_see(w, "812", 20 * SECOND);
	world_see(w, "12", 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_see(w, "12", MINUTE + 20 * SECOND);
	EXPECT(world_incident(w, 1).recovered_at != 0);
	world_free(w);

	/* Cleared, and never proved: it ends as resolved by its source, not as verified. */
	w = acting();
	alert = w->next_alert - 1;
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	world_exit(w, 0);
	world_resolve(w, alert);
	world_see(w, NULL, 15 * MINUTE);
	world_after(w, HOUR);
	EXPECT(world_incident(w, 1).end != END_VERIFIED);
	world_free(w);
}

/* H21: a provider that is down neither stops nor repeats what is done. */
static void
h21__what_cannot_be_told_stops_nothing(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	w->deliver = false; /* nobody takes any of it */
	world_fire(w, DOWN);
	EXPECT_U64(w->attempt_n, 1);
	world_exit(w, 0);
	world_restart(w);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	struct event up = {
		.kind = EVENT_PROBE_RESULT,
		.probe_result = { .probe = w->probes[0], .status = PROBE_OK, .code = 200 }
	};
	world_step(w, &up);
	EXPECT(world_incident(w, 1).recovered_at != 0);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

/* H22: tries of a notice are bounded, ever further apart, and survive a restart; also where
 * nothing gets out for a day. */
static void
h22__tries_are_bounded_and_ever_further_apart(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	w->reload = false;
	world_fire(w, "alertname=Slow,service=ledger");
	struct notice_row row = w->notices[0].row;
	msec first = w->at, last = w->at, gap = 0;
	unsigned tries = 0, shorter = 0;
	size_t seen = 0;
	for (unsigned i = 0; i < 2 * 24 * 60 && row.state != NOTICE_GIVEN_UP; i++) {
		for (; seen < w->notice_n; seen++) {
			if (w->notices[seen].row.id == row.id) {
				tries++;
				shorter += w->at - last < gap / 2 ? 1 : 0;
				gap = w->at - last;
				last = w->at;
			}
			struct event told = { .kind = EVENT_NOTICE_RESULT,
				.notice_result = { .notice = w->notices[seen].row.id,
				    .error = STR("503") } };
			world_step(w, &told);
		}
		if (i % 500 == 250)
			world_restart(w);
		world_after(w, MINUTE);
		EXPECT(world_row_get(w, TABLE_NOTICE, row.id, &row));
	}
	EXPECT(row.state == NOTICE_GIVEN_UP);
	EXPECT(tries > 3 && tries <= NOTICE_TRIES_MAX + DAY / (12 * MINUTE));
	EXPECT(last - first <= DAY + HOUR);
	EXPECT_U64(shorter, 0);
	world_after(w, 2 * DAY);
	for (; seen < w->notice_n; seen++)
		EXPECT(w->notices[seen].row.id != row.id); /* and then no more */
	world_free(w);
}

/* T2: what stands in a label is a value, whatever it looks like: no template, no expression,
 * no query of its own. */
static void
t2__a_label_is_never_read_as_an_expression(void)
{
#define BOOK                                                                         \
	"---\nrunbook: any\nservice: payments\nanswers: [{alertname: QueueStuck}]\n" \
	"inputs: {queue: {type: string, pattern: '(?s).*', from: "                   \
	"alert.labels.queue}}\n---\n"                                                \
	"# Any\n"                                                                    \
	"```check backlog\npromql: 'queue_depth{queue=\"${queue}\"}'\nexpect: \"> "  \
	"500\"\n```\n"                                                               \
	"```action restart\ndo: restart-unit\n```\n"                                 \
	"```verify up\npromql: up\nexpect: \"== 1\"\nwithin: 5m\n```\n"
	static const struct {
		const char *label, *query;
	} rows[] = {
		{ "${service}", "queue_depth{queue=\"${service}\"}" },
		{ "$${x}", "queue_depth{queue=\"$${x}\"}" },
		{ "{{ payments }}", "queue_depth{queue=\"{{ payments }}\"}" },
		{ "\"} or vector(1) #", "queue_depth{queue=\"\\x22} or vector(1) #\"}" },
		{ "\\\"} or vector(1) #",
		    "queue_depth{queue=\"\\\\\\x22} or vector(1) #\"}" },
		{ "1 + 1", "queue_depth{queue=\"1 + 1\"}" },
		{ "> 0", "queue_depth{queue=\"> 0\"}" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].label;
		struct world *w = world_new(SHOP, BOOK, NULL);
		char labels[200];
		(void)snprintf(labels, sizeof(labels), "alertname=QueueStuck,queue=%s",
		    rows[i].label);
		world_fire(w, labels);
		struct probe_row row = { 0 };
		EXPECT(
		    w->probe_n == 1 && world_row_get(w, TABLE_PROBE, w->probes[0], &row));
		EXPECT_STR(row.query, str_of(rows[i].query));
		world_free(w);
	}
	test_row = NULL;
}

int
main(void)
{
	RUN(h7__what_flaps_is_stopped_by_its_limit_and_a_person);
	RUN(h8__nothing_that_is_said_twice_is_done_twice);
	RUN(h14__each_target_has_its_own_outcome);
	RUN(h16__without_monitoring_or_mail_a_person_is_told);
	RUN(h20__an_alert_that_clears_is_no_proof_of_recovery);
	RUN(h21__what_cannot_be_told_stops_nothing);
	RUN(h22__tries_are_bounded_and_ever_further_apart);
	RUN(t2__a_label_is_never_read_as_an_expression);
	TEST_MAIN_END();
}
