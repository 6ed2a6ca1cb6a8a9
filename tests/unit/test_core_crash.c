/*
 * Truth after a crash, moment by moment (the engine's side; tests/fault kills the processes):
 *
 *	decided, nothing journalled	the alert is still there: decided again
 *	intent journalled, not started	authority is asked again, then it is started
 *	started, outcome not known	`happened`; else a person; blindly only where safe
 *	outcome known, verify pending	verify goes on, with its first deadline
 *	during an undo			an attempt like any other
 *	notification pending		sent again, under the same number
 *
 * And all of them at once: a death after every entry of the journal of a run that waits for a
 * yes, takes its targets one after the other, and is taken back.
 */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=payments"
#define FREEZE                                                                    \
	"  - {prohibit: nothing moves in the freeze, may: any, from: 2026-01-01," \
	" until: 2030-01-01, because: the year ends}\n"

/* At its first action. */
static struct world *
acting(const char *action_runbook)
{
	struct world *w = world_new(SHOP, action_runbook, NULL);
	world_fire(w, STUCK);
	world_probe(w, "812");
	world_see(w, "812", MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	return w;
}

static void
crash__decided_and_not_journalled_is_decided_again(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	/* The same alert, decided about by an engine that dies before its commit. */
	struct pair labels[] = { { STR("alertname"), STR("Down") },
		{ STR("service"), STR("checkout") } };
	struct alert_body body = { .labels = { labels, 2 } };
	struct buf bytes = BUF(ALERT_BODY_MAX);
	record_encode(&alert_body_type, &body, &bytes);
	struct alert_change fired = { .alert = 1,
		.kind = CHANGE_FIRED,
		.fingerprint = 1,
		.starts_wall = w->wall,
		.ends_wall = w->wall + HOUR,
		.body = buf_str(&bytes) };
	struct event event = { .kind = EVENT_ALERTS_CHANGED,
		.at = w->at,
		.wall = w->wall,
		.alerts_changed = { .source = STR("prometheus"),
		    .changes = { &fired, 1 } } };
	struct arena memory = arena_over(w->fx_map.memory, w->fx_map.size);
	struct effects fx = { .arena = &memory };
	core_step(w->core, &event, &fx);
	unsigned lost = 0;
	for (size_t i = 0; i < fx.n; i++)
		lost += fx.item[i].kind == EFFECT_START_ATTEMPT ? 1 : 0;
	EXPECT_U64(lost, 1); /* never performed: it was not durable */
	buf_done(&bytes);
	world_restart(w);
	EXPECT_U64(world_count(w, TABLE_INCIDENT), 0);
	world_fire(w, "alertname=Down,service=checkout");
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

static void
crash__intent_and_not_started_is_judged_again_first(void)
{
	for (int frozen = 0; frozen < 2; frozen++) {
		struct world *w = acting(SHOP_QUEUE("restart-unit"));
		world_restart(w);
		EXPECT_U64(world_effects(w, EFFECT_START_ATTEMPT), 0);
		EXPECT(w->reconciled > 0);
		if (frozen)
			world_adopt(w, SHOP FREEZE, SHOP_QUEUE("restart-unit"));
		world_news(w, NEWS_NEVER_STARTED);
		EXPECT_U64(w->attempt_n, frozen ? 0 : 1);
		EXPECT_U64(world_count(w, TABLE_ATTEMPT), frozen ? 1 : 2);
		EXPECT(world_incident(w, 1).needs_person == (frozen == 1));
		world_free(w);
	}
}

static void
crash__started_without_an_outcome_is_asked_about(void)
{
	enum answer { YES, NO, NOBODY, PERSON, SAFE };
	static const struct {
		const char *name, *action;
		enum answer answer;
		unsigned attempts; /* in all, when it is known */
	} rows[] = {
		{ "the probe says yes", "restart-known", YES, 1 },
		{ "the probe says no", "restart-known", NO, 2 },
		{ "the probe cannot tell", "restart-known", NOBODY, 1 },
		{ "there is none, a person says yes", "restart-unit", PERSON, 1 },
		{ "it may be repeated", "restart-safe", SAFE, 2 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		static char book[4096];
		test_row = rows[i].name;
		str name = str_of(rows[i].action);
		const char *all[] = { SHOP_QUEUE("restart-known"),
			SHOP_QUEUE("restart-unit"), SHOP_QUEUE("restart-safe") };
		size_t k = str_eq(name, STR("restart-known"))  ? 0
		           : str_eq(name, STR("restart-unit")) ? 1
		                                               : 2;
		(void)snprintf(book, sizeof(book), "%s", all[k]);
		struct world *w = acting(book);
		row_id id = world_last(w, TABLE_ATTEMPT);
		world_news(w, NEWS_STARTED);
		world_restart(w);
		EXPECT_U64(world_effects(w, EFFECT_START_ATTEMPT), 0);
		world_news(w, NEWS_UNKNOWN);
		if (rows[i].answer == YES || rows[i].answer == NO)
			world_probe(w, rows[i].answer == YES ? "1" : "0");
		else if (rows[i].answer == NOBODY)
			world_probe(w, NULL);
		if (rows[i].answer == NO) {
			/* Until its time is over it may still be at work: a no is no end yet. */
			EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
			EXPECT(!world_incident(w, 1).needs_person);
			world_after(w, 15 * SECOND);
			world_restart(w);
			world_probe(w, "0");
			EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
			world_after(w, 15 * SECOND);
			world_probe(w, "0");
		}
		EXPECT_U64(world_count(w, TABLE_ATTEMPT), rows[i].attempts);
		bool doubt = rows[i].answer == NOBODY || rows[i].answer == PERSON;
		EXPECT(world_incident(w, 1).needs_person == doubt);
		EXPECT((world_attempt(w, id).state == ATTEMPT_IN_DOUBT) == doubt);
		if (doubt) {
			/* Its lock is kept, for as long as nobody says; then it goes on. */
			world_restart(w);
			world_after(w, DAY);
			EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
			struct command settle = { .kind = COMMAND_SETTLE,
				.incident = 1,
				.row = id,
				.happened = HAPPENED_YES };
			EXPECT_U64(world_command(w, &settle).status, 200);
			EXPECT(world_attempt(w, id).state == ATTEMPT_SETTLED);
		}
		world_free(w);
	}
	test_row = NULL;
}

/* Hands find its shim gone; and its command? */
static void
alone(struct world *w, row_id id, enum alive alive)
{
	struct event event = { .kind = EVENT_ATTEMPT_RESULT,
		.attempt_result = { .attempt = id,
		    .news = NEWS_UNKNOWN,
		    .why = STR("its shim is gone"),
		    .alive = alive } };
	world_step(w, &event);
}

/* A shim that died as it forked: nothing says that the command began. */
static unsigned
times_said(struct world *w, const char *part)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->row_n; i++) {
		struct timeline_row row;
		n += w->rows[i].table == TABLE_TIMELINE &&
		             world_row_get(w, TABLE_TIMELINE, w->rows[i].id, &row) &&
		             str_contains(row.text, str_of(part))
		         ? 1
		         : 0;
	}
	return n;
}

static void
crash__a_no_counts_only_when_what_was_begun_is_gone(void)
{
	enum { GONE_AT_ONCE, GONE_LATER, DONE_LATER, NEVER_GONE, GONE_WHILE_ASKED };
	static const char *const rows[] = { "gone at once", "gone later",
		"gone later, and done", "at work after its time",
		"gone while it is asked" };
	for (unsigned i = 0; i < countof(rows); i++) {
		test_row = rows[i];
		struct world *w = acting(SHOP_QUEUE("restart-known"));
		row_id id = world_last(w, TABLE_ATTEMPT);
		alone(w, id, i == GONE_AT_ONCE ? ALIVE_NO : ALIVE_MAYBE);
		if (i == GONE_WHILE_ASKED)
			alone(w, id, ALIVE_NO);
		world_probe(w, "0");
		if (i != GONE_AT_ONCE) {
			EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
			EXPECT(!world_incident(w, 1).needs_person);
			unsigned asked = w->reconciled;
			world_after(w, 15 * SECOND);
			EXPECT(w->reconciled == asked + 1);
			EXPECT_U64(w->probe_n, 0); /* first hands look */
			world_restart(w);
			alone(w, id, i == NEVER_GONE ? ALIVE_MAYBE : ALIVE_NO);
			world_probe(w, i == DONE_LATER ? "1" : "0");
		}
		if (i == NEVER_GONE) {
			EXPECT(!world_incident(w, 1).needs_person);
			world_after(w, 15 * SECOND); /* its 30 s are over */
			alone(w, id, ALIVE_MAYBE);
			world_probe(w, "0");
			EXPECT_U64(times_said(w, "may still be at work: asked again"), 1);
		}
		bool again = i != DONE_LATER && i != NEVER_GONE;
		EXPECT_U64(world_count(w, TABLE_ATTEMPT), again ? 2 : 1);
		EXPECT(world_incident(w, 1).needs_person == (i == NEVER_GONE));
		EXPECT(world_attempt(w, id).state ==
		       (i == NEVER_GONE ? ATTEMPT_IN_DOUBT : ATTEMPT_SETTLED));
		world_free(w);
	}
	test_row = NULL;
}

static void
crash__a_verify_goes_on_with_its_first_deadline(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("checkout", "restart-unit"), NULL);
	world_fire(w, "alertname=Down,service=checkout");
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_see(w, NULL, MINUTE + 30 * SECOND);
	world_restart(w);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	EXPECT(!world_incident(w, 1).needs_person);
	/* within: 2m, of which 30 s are left, not two minutes. */
	world_see(w, NULL, 50 * SECOND);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

static void
crash__a_notice_that_was_pending_is_sent_under_its_number(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	world_fire(w, "alertname=Slow,service=ledger");
	size_t n = w->notice_n;
	EXPECT(n > 0);
	row_id id = w->notices[0].row.id;
	world_hands_restart(w);
	bool again = false;
	for (size_t i = n; i < w->notice_n; i++)
		again = again || w->notices[i].row.id == id;
	EXPECT(again);
	w->deliver = true;
	world_after(w, 20 * MINUTE);
	struct notice_row row;
	EXPECT(world_row_get(w, TABLE_NOTICE, id, &row) && row.state == NOTICE_DELIVERED);
	world_free(w);
}

/* ---- at every entry ---- */

#define SHIFT                                      \
	"  shift:\n"                               \
	"    verb: shift-traffic\n"                \
	"    run: [lb, drain, '${target}']\n"      \
	"    undo: {do: shift-back, within: 1h}\n" \
	"  shift-back: {verb: shift-traffic, run: [lb, fill, '${target}']}\n"
#define SHIFT_RULES                                                                    \
	"  - {grant: automation shifts, to: [automation, ana], may: [shift-traffic],"  \
	" on: {service: [payments]}, within: {at_once: 1}, until: 2030-01-01, owner: " \
	"mei}\n"                                                                       \
	"  - {approval: shifting is agreed on, for: [shift], by: [mei]}\n"
#define SHIFTING \
	SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS SHIFT SHOP_AUTHORITY SHIFT_RULES

enum fate { FATE_DONE, FATE_NEVER_STARTED, FATE_UNKNOWN };

/* What the far side saw: starts of each attempt, which hands make at most once each. */
struct far {
	row_id seen[32];
	enum fate fate[32];
	size_t n;
};

static void
approve_all(struct world *w)
{
	for (size_t i = 0; i < w->row_n; i++) {
		struct asked_row row;
		if (w->rows[i].table != TABLE_ASKED ||
		    !world_row_get(w, TABLE_ASKED, w->rows[i].id, &row) ||
		    row.state != ASKED_APPROVAL)
			continue;
		struct command yes = { .kind = COMMAND_APPROVE,
			.row = row.id,
			.digest = row.digest,
			.principal = STR("person:mei") };
		EXPECT_U64(world_command(w, &yes).status, 200);
		return;
	}
}

/* News of the attempt that is out, of whatever fate after a death; a person settles doubt. */
static void
answer_one(struct world *w, struct far *far, enum fate fate)
{
	row_id id = w->attempts[0];
	ASSERT(far->n < countof(far->seen));
	for (size_t i = 0; i < far->n; i++)
		EXPECT(far->seen[i] != id); /* one folder, one start */
	far->seen[far->n] = id;
	far->fate[far->n++] = fate;
	if (fate == FATE_DONE)
		world_exit(w, 0);
	else
		world_news(w, fate == FATE_UNKNOWN ? NEWS_UNKNOWN : NEWS_NEVER_STARTED);
	if (fate == FATE_UNKNOWN) {
		EXPECT(world_attempt(w, id).state == ATTEMPT_IN_DOUBT);
		struct command settle = { .kind = COMMAND_SETTLE,
			.row = id,
			.incident = 1,
			.happened = HAPPENED_YES };
		EXPECT_U64(world_command(w, &settle).status, 200);
	}
}

/* At most once for each target, but for tries that surely never started. */
static void
check_far(struct world *w, const struct far *far)
{
	for (size_t i = 0; i < far->n; i++) {
		struct attempt_row a = world_attempt(w, far->seen[i]);
		if (far->fate[i] == FATE_NEVER_STARTED) {
			EXPECT(a.state == ATTEMPT_LOST);
			continue;
		}
		EXPECT(a.state == ATTEMPT_EXITED || a.state == ATTEMPT_SETTLED);
		for (size_t k = 0; k < i; k++) {
			struct attempt_row b = world_attempt(w, far->seen[k]);
			EXPECT(far->fate[k] == FATE_NEVER_STARTED ||
			       !str_eq(a.target, b.target) || !str_eq(a.action, b.action));
		}
	}
}

static size_t
done_n(const struct far *far)
{
	size_t n = 0;
	for (size_t i = 0; i < far->n; i++)
		n += far->fate[i] != FATE_NEVER_STARTED ? 1 : 0;
	return n;
}

static size_t
shift_and_take_back(size_t kill_at, bool engine, enum fate fate)
{
	struct world *w = world_new(SHIFTING, SHOP_QUEUE("shift"), NULL);
	w->reload = kill_at == 0;
	struct far far = { .n = 0 };
	size_t begun = w->entry_n;
	w->restart_at = kill_at != 0 ? begun + kill_at : 0;
	w->restart_engine = engine;
	world_fire(w, STUCK);
	world_see(w, "812", MINUTE + SECOND);
	bool due = kill_at != 0;
	for (unsigned i = 0; i < 12 && core_counts(w->core).runs > 0; i++) {
		approve_all(w);
		bool died = due && w->restart_at == 0;
		if (w->attempt_n > 0)
			answer_one(w, &far, died ? fate : FATE_DONE);
		due = due && !died;
		world_see(w, "40", MINUTE);
		world_see(w, "40", 4 * MINUTE);
	}
	EXPECT_U64(core_counts(w->core).runs, 0);
	EXPECT_U64(done_n(&far), 2);
	/* And back again, the last first: what never started is asked for once more. */
	for (size_t i = far.n; i > 0; i--) {
		row_id id = far.seen[i - 1];
		for (unsigned tries = 0; far.fate[i - 1] != FATE_NEVER_STARTED &&
					 tries < 2 && world_attempt(w, id).undone_by == 0;
		     tries++) {
			struct command undo = { .kind = COMMAND_UNDO,
				.row = id,
				.principal = STR("person:ana") };
			EXPECT_U64(world_command(w, &undo).status, 202);
			EXPECT_U64(w->attempt_n, 1);
			bool died = due && w->restart_at == 0;
			due = due && !died;
			answer_one(w, &far, died ? fate : FATE_DONE);
		}
		world_after(w, SECOND);
	}
	EXPECT_U64(done_n(&far), 4);
	check_far(w, &far);
	size_t entries = w->entry_n - begun;
	world_free(w);
	return entries;
}

static void
crash__at_every_entry_nothing_is_done_twice_or_forgotten(void)
{
	size_t entries = shift_and_take_back(0, true, FATE_DONE);
	EXPECT(entries > 20);
	for (size_t at = 1; at <= entries; at++) {
		for (int engine = 0; engine < 2; engine++) {
			for (enum fate fate = FATE_DONE; fate <= FATE_UNKNOWN; fate++)
				(void)shift_and_take_back(at, engine == 1, fate);
		}
	}
}

int
main(void)
{
	RUN(crash__decided_and_not_journalled_is_decided_again);
	RUN(crash__intent_and_not_started_is_judged_again_first);
	RUN(crash__started_without_an_outcome_is_asked_about);
	RUN(crash__a_no_counts_only_when_what_was_begun_is_gone);
	RUN(crash__a_verify_goes_on_with_its_first_deadline);
	RUN(crash__a_notice_that_was_pending_is_sent_under_its_number);
	RUN(crash__at_every_entry_nothing_is_done_twice_or_forgotten);
	TEST_MAIN_END();
}
