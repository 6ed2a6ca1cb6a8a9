/* Rolling over targets: batches, what is under way at once, the gate between two of them. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define HOSTS                                          \
	"services:\n"                                  \
	"  web: {owner: platform-ops, tier: 2,"        \
	" healthy: {promql: 'up{host=\"${target}\"}'," \
	" expect: '> 0'}}\n"                           \
	"hosts:\n"                                     \
	"  web-1: {service: web, role: front}\n"       \
	"  web-2: {service: web, role: front}\n"       \
	"  web-3: {service: web, role: front}\n"       \
	"  web-4: {service: web, role: front}\n"       \
	"  web-5: {service: web, role: front}\n"       \
	"alerts:\n"                                    \
	"  - {match: {alertname: Odd}, service: web}\n"
#define ACTIONS                                                        \
	"actions:\n"                                                   \
	"  restart: {verb: restart, run: [restart, '${target}'],"      \
	" happened: {run: [was, '${target}'], expect: 'exit == 0'}}\n" \
	"  restart-blind: {verb: restart, run: [restart, '${target}']}\n"
#define GRANT(more)                                                         \
	"authority:\n"                                                      \
	"  - {grant: anything, to: [automation, ana], may: [restart]," more \
	" on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"
#define CONFIG(more) SHOP_TOP SHOP_PEOPLE HOSTS ACTIONS GRANT(more)
#define BOOK_OF(action, rolling, rest)                                           \
	"---\nrunbook: r\nservice: web\nanswers: [{alertname: Odd}]\n---\n# R\n" \
	"```action go\ndo: " action "\ntargets: {service: web, role: front}\n"   \
	"rolling: " rolling "\n" rest "```\n"                                    \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
#define BOOK(rolling) BOOK_OF("restart", rolling, "")
#define ODD "alertname=Odd"

static struct run_row
the_run(struct world *w)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &row));
	return row;
}

/* "web-1 done, web-2 under-way" */
static const char *
outcomes(struct world *w)
{
	static char text[1024];
	static const char *const names[] = { "", "out", "asked", "waits", "done", "failed",
		"timed-out", "refused", "not-done", "stopped", "interrupted" };
	struct run_row run = the_run(w);
	const struct rolled *p = run.rolled.p;
	size_t n = 0;
	text[0] = 0;
	for (size_t i = 0; i < run.rolled.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s %s",
		    i > 0 ? ", " : "", STR_ARG(p[i].target), names[p[i].state]);
	return text;
}
#define EXPECT_OUTCOMES(w, want) EXPECT_STR(str_of(outcomes(w)), str_of(want))

static struct world *
rolling(const char *config, const char *runbook)
{
	struct world *w = world_new(config, runbook, NULL);
	world_fire(w, ODD);
	return w;
}

static void
roll__a_batch_is_out_at_once_and_the_next_waits_for_all_of_it(void)
{
	struct world *w = rolling(CONFIG(""), BOOK("{batch: 2}"));
	EXPECT_U64(w->attempt_n, 2);
	EXPECT_OUTCOMES(w, "web-1 out, web-2 out");
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 1);
	world_exit(w, 0);
	EXPECT_OUTCOMES(w, "web-1 done, web-2 done, web-3 out, web-4 out");
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 1); /* the last batch is smaller */
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	EXPECT(world_says(w, 1, "go: 5 of 5 done"));
	world_probe(w, "1");
	EXPECT_OUTCOMES(w, "web-1 done, web-2 done, web-3 done, web-4 done, web-5 done");
	world_free(w);
}

/* It may have happened: nobody is told that it was not done. */
static void
roll__what_is_out_when_the_run_is_cancelled_is_interrupted(void)
{
	struct world *w = rolling(CONFIG(""), BOOK("{batch: 2}"));
	world_exit(w, 0);
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	EXPECT_OUTCOMES(w, "web-1 done, web-2 interrupted");
	world_free(w);
}

static void
roll__a_share_is_never_more_than_it_and_never_none(void)
{
	static const struct {
		const char *runbook;
		size_t n;
	} rows[] = {
		{ BOOK("{batch: 1%}"), 1 },
		{ BOOK("{batch: 39%}"), 1 },
		{ BOOK("{batch: 40%}"), 2 },
		{ BOOK("{batch: 79%}"), 3 },
		{ BOOK("{batch: 99%}"), 4 },
		{ BOOK("{batch: 16}"), 5 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].runbook;
		struct world *w = rolling(CONFIG(""), rows[i].runbook);
		EXPECT_U64(w->attempt_n, rows[i].n);
		world_free(w);
	}
	test_row = NULL;
}

/* After a batch, before the next; a restart in between neither shortens nor forgets it. */
static void
roll__rests_between_batches(void)
{
	struct world *w = rolling(CONFIG(""), BOOK("{batch: 2, pause: 45s}"));
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 0);
	world_after(w, 20 * SECOND);
	world_restart(w);
	world_after(w, 24 * SECOND);
	EXPECT_U64(w->attempt_n, 0);
	world_after(w, SECOND);
	EXPECT_OUTCOMES(w, "web-1 done, web-2 done, web-3 out, web-4 out");
	world_free(w);

	w = rolling(CONFIG(""), BOOK("{one_at_a_time: true, pause: 45s}"));
	EXPECT_U64(w->attempt_n, 1);
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 0);
	world_after(w, 45 * SECOND);
	EXPECT_OUTCOMES(w, "web-1 done, web-2 out");
	world_free(w);
}

static void
roll__limits_count_each_that_is_under_way(void)
{
	/* Two at once: the third of the batch waits for its turn. */
	struct world *w = rolling(CONFIG(" within: {at_once: 2},"), BOOK("{batch: 3}"));
	EXPECT_OUTCOMES(w, "web-1 out, web-2 out, web-3 waits");
	EXPECT(world_says(w, 1, "go on web-3 waits for its turn"));
	world_exit(w, 0);
	world_after(w, 0);
	EXPECT_OUTCOMES(w, "web-1 done, web-2 out, web-3 out");
	world_free(w);

	/* Two different targets an hour: the third is refused, when nothing is under way any
	 * more the step ends. */
	w = rolling(CONFIG(" within: {targets: 2 in 1h},"), BOOK("{batch: 3}"));
	EXPECT_OUTCOMES(w, "web-1 out, web-2 out, web-3 refused");
	EXPECT(!world_incident(w, 1).needs_person);
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(str_starts(world_incident(w, 1).needs_person_why, STR("go was refused: ")));
	EXPECT(world_says(w, 1, "go: 2 of 5 done, 1 refused, 2 not begun"));
	world_free(w);

	/* Three must stay well: those under way count as not. */
	w = rolling(CONFIG(" within: {keep_healthy: 4},"), BOOK("{batch: 2}"));
	EXPECT_OUTCOMES(w, "web-1 asked, web-2 asked");
	for (unsigned i = 0; i < 10; i++)
		world_probe(w, "1");
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_OUTCOMES(w, "web-1 out, web-2 refused");
	world_exit(w, 0);
	EXPECT(world_incident(w, 1).needs_person);
	world_free(w);
}

static void
roll__too_many_failures_let_what_is_under_way_end(void)
{
	struct world *w = rolling(CONFIG(""), BOOK("{batch: 2, stop_after_failures: 2}"));
	world_exit(w, 1);
	world_exit(w, 0);
	EXPECT_OUTCOMES(w, "web-1 failed, web-2 done, web-3 out, web-4 out");
	world_exit(w, 1);
	EXPECT(!world_incident(w, 1).needs_person); /* web-4 is under way */
	world_restart(w);
	world_exit(w, 0);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("go failed on web-3"
		"; 2 of 5 done, 2 failed, 1 not begun: `firstline run r --continue 5` goes "
		"on with the rest"));
	EXPECT_OUTCOMES(w, "web-1 failed, web-2 done, web-3 failed, web-4 done");
	EXPECT(world_says(w, 1, "go: 2 of 5 done, 2 failed, 1 not begun"));
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 4);
	world_free(w);
}

/* H14: what is done is never done again: not after a restart in the middle, and not after
 * one at each step of the way. */
static void
h14__a_roll_goes_on_with_what_is_not_done_after_every_restart(void)
{
	for (unsigned hands = 0; hands < 2; hands++) {
		struct world *w = rolling(CONFIG(""), BOOK("{batch: 2, pause: 30s}"));
		unsigned started[6] = { 0 };
		for (unsigned i = 0; i < 40 && world_state(w, 1) != INCIDENT_VERIFYING;
		     i++) {
			if (hands)
				world_hands_restart(w);
			world_restart(w);
			if (w->attempt_n > 0)
				world_exit(w, 0);
			else
				world_after(w, 10 * SECOND);
		}
		EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
		struct attempt_row row;
		for (row_id id = 1; id <= world_last(w, TABLE_ATTEMPT); id++) {
			if (world_row_get(w, TABLE_ATTEMPT, id, &row))
				started[row.target.p[row.target.n - 1] - '0']++;
		}
		for (unsigned i = 1; i <= 5; i++)
			EXPECT_U64(started[i], 1);
		EXPECT_OUTCOMES(w,
		    "web-1 done, web-2 done, web-3 done, web-4 done, web-5 done");
		world_free(w);
	}
}

static void
roll__a_doubt_stops_it_before_the_next_batch(void)
{
	struct world *w = rolling(CONFIG(""), BOOK_OF("restart-blind", "{batch: 2}", ""));
	world_news(w, NEWS_UNKNOWN);
	world_exit(w, 0);
	world_after(w, HOUR);
	EXPECT_OUTCOMES(w, "web-1 out, web-2 done");
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 2);
	world_restart(w);
	struct run_row run = the_run(w);
	row_id first = ((const struct rolled *)run.rolled.p)[0].attempt;
	world_command(w, &(struct command){ .kind = COMMAND_SETTLE,
			     .incident = 1,
			     .row = first,
			     .happened = HAPPENED_YES });
	EXPECT_OUTCOMES(w, "web-1 done, web-2 done, web-3 out, web-4 out");
	world_free(w);
}

static void
roll__two_doubts_are_each_settled_by_their_own_probe(void)
{
	struct world *w = rolling(CONFIG(""), BOOK("{batch: 2}"));
	world_news(w, NEWS_UNKNOWN);
	world_news(w, NEWS_UNKNOWN);
	EXPECT_U64(w->probe_n, 2);
	world_restart(w);
	world_answer(w, &(struct probe_result){ .status = PROBE_OK, .code = 0 });
	EXPECT_OUTCOMES(w, "web-1 done, web-2 out");
	/* It did not happen: it is decided anew, and started once more. */
	world_answer(w, &(struct probe_result){ .status = PROBE_OK, .code = 1 });
	EXPECT_OUTCOMES(w, "web-1 done, web-2 out");
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 3);
	world_free(w);
}

static void
roll__each_host_done_must_be_well_before_the_next_batch(void)
{
	struct world *w =
	    rolling(CONFIG(""), BOOK("{batch: 2, pause: 30s, healthy: {within: 5m}}"));
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT_U64(w->probe_n, 0); /* the pause */
	world_after(w, 30 * SECOND);
	EXPECT_U64(w->probe_n, 2);
	world_probe(w, "1");
	world_restart(w);
	EXPECT_U64(w->attempt_n, 0);
	world_probe(w, "0"); /* web-2 is not well yet */
	EXPECT_U64(w->attempt_n, 0);
	world_after(w, 10 * SECOND);
	world_restart(w);
	world_probe(w, "1");
	world_probe(w, "1");
	EXPECT(world_says(w, 1, "all must hold: the next batch may begin"));
	EXPECT_U64(w->attempt_n, 2);
	world_exit(w, 0);
	world_exit(w, 1); /* one failure ends it, whatever is well */
	EXPECT(world_incident(w, 1).needs_person);
	world_free(w);
}

static void
roll__what_is_not_well_in_time_ends_it(void)
{
	struct world *w = rolling(CONFIG(""), BOOK("{batch: 2, healthy: {within: 1m}}"));
	world_exit(w, 0);
	world_exit(w, 0);
	world_probe(w, "1");
	world_probe(w, "0");
	world_see(w, "0", 2 * MINUTE);
	EXPECT(str_starts(world_incident(w, 1).needs_person_why,
	    STR("the next batch did not begin: not well in time, go: saw web-1 0")));
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 2);
	world_free(w);

	/* Nobody can tell: no proof that it is well. */
	w = rolling(CONFIG(""), BOOK("{batch: 2, healthy: {within: 1m}}"));
	world_exit(w, 0);
	world_exit(w, 0);
	for (unsigned i = 0; i < 20; i++) {
		while (w->probe_n > 0)
			world_probe(w, NULL);
		world_after(w, 5 * SECOND);
	}
	EXPECT(str_starts(world_incident(w, 1).needs_person_why,
	    STR("could not tell, go: saw web-1")));
	world_free(w);
}

static void
roll__a_gate_may_be_any_condition(void)
{
	struct world *w =
	    rolling(CONFIG(""), BOOK("{batch: 2, healthy: {promql: errors, expect: '< 5', "
				     "for: 30s, within: 2m}}"));
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT_U64(w->probe_n, 1);
	world_see(w, "3", 20 * SECOND);
	EXPECT_U64(w->attempt_n, 0);
	world_see(w, "3", 11 * SECOND);
	EXPECT_U64(w->attempt_n, 2);
	world_free(w);
}

static void
roll__a_target_that_is_gone_ends_it_before_the_batch(void)
{
	struct world *w = rolling(CONFIG(""), BOOK("{batch: 2}"));
	world_exit(w, 0);
	world_adopt(w,
	    SHOP_TOP SHOP_PEOPLE
	    "services:\n  web: {owner: platform-ops, tier: 2}\n"
	    "hosts:\n"
	    "  web-1: {service: web, role: front}\n"
	    "  web-2: {service: web, role: front}\n"
	    "  web-3: {service: web, role: front}\n"
	    "alerts:\n  - {match: {alertname: Odd}, service: web}\n" ACTIONS GRANT(""),
	    BOOK("{batch: 2}"));
	world_exit(w, 0);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("web-4 is no longer one of the targets of go: 3 of 5 are not touched"
		"; 2 of 5 done, 3 not begun: `firstline run r --continue 5` goes on with "
		"the rest"));
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 2);
	world_free(w);
}

static void
roll__stopping_everything_stops_all_that_is_out(void)
{
	struct world *w = rolling(CONFIG(""), BOOK("{batch: 3}"));
	EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:ana").status, 200);
	EXPECT_OUTCOMES(w, "web-1 interrupted, web-2 interrupted, web-3 interrupted");
	for (unsigned i = 0; i < 3; i++)
		world_news(w, NEWS_KILLED);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 3);
	world_free(w);
}

static void
roll__a_failure_tried_again_does_not_hold_up_the_others(void)
{
	struct world *w = rolling(CONFIG(""),
	    BOOK_OF("restart", "{batch: 2}", "retry: {times: 1, wait: 30s}\n"));
	world_exit(w, 1);
	world_exit(w, 0);
	EXPECT_OUTCOMES(w, "web-1 waits, web-2 done");
	world_restart(w);
	world_after(w, 30 * SECOND);
	EXPECT_OUTCOMES(w, "web-1 out, web-2 done");
	world_exit(w, 0);
	EXPECT_OUTCOMES(w, "web-1 done, web-2 done, web-3 out, web-4 out");
	world_free(w);
}

static void
roll__the_whole_batch_is_permitted_before_any_of_it_begins(void)
{
	struct world *w = rolling(CONFIG("") "autonomy:\n"
					     "  - {level: plan, owner: mei}\n",
	    BOOK("{batch: 2}"));
	struct run_row run = the_run(w);
	EXPECT(run.phase == PHASE_PERMIT);
	EXPECT_U64(run.plan.n, 5);
	EXPECT_U64(w->attempt_n, 0);
	struct command permit = { .kind = COMMAND_PERMIT,
		.incident = 1,
		.digest = run.plan_digest };
	EXPECT_U64(world_command(w, &permit).status, 200);
	EXPECT_U64(w->attempt_n, 2);
	world_exit(w, 0);
	world_after(w, 59 * MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	world_after(w, 2 * MINUTE); /* what was permitted is over by now */
	world_exit(w, 0);
	EXPECT(the_run(w).phase == PHASE_PERMIT);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(the_run(w).plan.n, 3);
	world_free(w);
}

int
main(void)
{
	RUN(roll__a_batch_is_out_at_once_and_the_next_waits_for_all_of_it);
	RUN(roll__what_is_out_when_the_run_is_cancelled_is_interrupted);
	RUN(roll__a_share_is_never_more_than_it_and_never_none);
	RUN(roll__rests_between_batches);
	RUN(roll__limits_count_each_that_is_under_way);
	RUN(roll__too_many_failures_let_what_is_under_way_end);
	RUN(h14__a_roll_goes_on_with_what_is_not_done_after_every_restart);
	RUN(roll__a_doubt_stops_it_before_the_next_batch);
	RUN(roll__two_doubts_are_each_settled_by_their_own_probe);
	RUN(roll__each_host_done_must_be_well_before_the_next_batch);
	RUN(roll__what_is_not_well_in_time_ends_it);
	RUN(roll__a_gate_may_be_any_condition);
	RUN(roll__a_target_that_is_gone_ends_it_before_the_batch);
	RUN(roll__stopping_everything_stops_all_that_is_out);
	RUN(roll__a_failure_tried_again_does_not_hold_up_the_others);
	RUN(roll__the_whole_batch_is_permitted_before_any_of_it_begins);
	TEST_MAIN_END();
}
