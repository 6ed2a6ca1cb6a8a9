/* A run that has ended goes on in a new one, with what it did not do. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define ODD "alertname=Odd"
#define TOP                                                                            \
	SHOP_TOP SHOP_PEOPLE "services:\n  web: {owner: platform-ops, tier: 2}\n"      \
			     "hosts:\n"                                                \
			     "  web-1: {service: web, role: front}\n"                  \
			     "  web-2: {service: web, role: front}\n"                  \
			     "  web-3: {service: web, role: front}\n"                  \
			     "  web-4: {service: web, role: front}\n"                  \
			     "alerts:\n  - {match: {alertname: Odd}, service: web}\n"  \
			     "actions:\n"                                              \
			     "  restart: {verb: restart, run: [restart, '${target}']," \
			     " undo: {do: start, within: 1h}}\n"                       \
			     "  start: {verb: restart, run: [start, '${target}']}\n"
#define GRANT(more)                                                  \
	"authority:\n"                                               \
	"  - {grant: anything, to: [automation, ana, {agent: sre}]," \
	" may: [restart]," more " on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"
#define CONFIG TOP GRANT("")
#define BOOK_OF(rolling, before, after)                                                 \
	"---\nrunbook: r\nservice: web\nanswers: [{alertname: Odd}]\n---\n# R\n" before \
	"```action go\ndo: restart\ntargets: {service: web, role: front}\n"             \
	"rolling: " rolling "\n```\n" after                                             \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\nundo: true\n```\n"
#define BOOK BOOK_OF("{batch: 2}", "", "")

static bool
str_has(str text, str part)
{
	return text.n >= part.n && memmem(text.p, text.n, part.p, part.n) != NULL;
}

static struct run_row
the_run(struct world *w)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &row));
	return row;
}

/* As the engine asks: with the row of the store. */
static struct reply
go_on_by(struct world *w, row_id id, const char *runbook, const char *who)
{
	struct run_row before;
	EXPECT(world_row_get(w, TABLE_RUN, id, &before));
	return world_command(w, &(struct command){ .kind = COMMAND_CONTINUE,
				    .row = id,
				    .incident = before.incident,
				    .principal = str_of(who),
				    .name = str_of(runbook),
				    .before = { &before, 1 } });
}

static struct reply
go_on(struct world *w, row_id id)
{
	return go_on_by(w, id, "", "person:ana");
}

static struct world *
fired(const char *config, const char *runbook, const char *other)
{
	struct world *w = world_new(config, runbook, other);
	world_fire(w, ODD);
	return w;
}

/* web-1 is done, web-2 failed, web-3 and web-4 were not begun. */
static struct world *
failed_half_way(const char *config)
{
	struct world *w = fired(config, BOOK, NULL);
	world_exit(w, 0);
	world_exit(w, 1);
	EXPECT(world_incident(w, 1).needs_person);
	return w;
}

static void
expect_targets(struct world *w, const char *want)
{
	struct buf text = BUF(1000);
	for (size_t i = 0; i < w->attempt_n; i++) {
		str target = world_attempt(w, w->attempts[i]).target;
		buf_printf(&text, "%s%.*s", i > 0 ? " " : "", STR_ARG(target));
	}
	EXPECT_STR(buf_str(&text), str_of(want));
	buf_done(&text);
}

static void
continue__does_what_is_left_and_nothing_twice(void)
{
	struct world *w = failed_half_way(CONFIG);
	row_id first = the_run(w).id;
	world_restart(w);
	EXPECT_U64(go_on_by(w, first, "r", "person:ana").status, 202);
	struct run_row run = the_run(w);
	EXPECT(run.id != first && run.continues == first);
	EXPECT_STR(run.started_by, STR("person:ana"));
	EXPECT_U64(run.targets.n, 3);
	EXPECT(world_says(w, 1, "runbook r: 1 is done and left alone"));
	EXPECT(world_says(w, 1, "runbook r starts where run "));
	expect_targets(w, "web-2 web-3");
	world_restart(w);
	world_exit(w, 0);
	world_exit(w, 0);
	world_restart(w);
	expect_targets(w, "web-4");
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_probe(w, "1");
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

static void
continue__a_continuation_can_be_continued(void)
{
	struct world *w = failed_half_way(CONFIG);
	EXPECT_U64(go_on(w, the_run(w).id).status, 202);
	world_exit(w, 0);
	world_exit(w, 1); /* web-3 */
	EXPECT_U64(go_on(w, the_run(w).id).status, 202);
	EXPECT(world_says(w, 1, "2 are done and left alone"));
	expect_targets(w, "web-3 web-4");
	world_free(w);
}

static void
continue__authority_is_asked_again_for_each_target(void)
{
	struct world *w = failed_half_way(TOP GRANT(" within: {targets: 3 in 1h},"));
	EXPECT_U64(go_on(w, the_run(w).id).status, 202);
	expect_targets(w, "web-2 web-3");
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 0); /* web-4 would be the fourth */
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(str_starts(world_incident(w, 1).needs_person_why, STR("go was refused: ")));
	world_free(w);
}

static void
continue__an_agent_is_permitted_what_is_left(void)
{
	struct world *w = fired(CONFIG "autonomy:\n  - {level: plan, owner: mei}\n",
	    BOOK_OF("{batch: 2}", "",
		"```action again\ndo: restart\ntargets: {service: web, role: "
		"front}\n```\n"),
	    NULL);
	struct command permit = { .kind = COMMAND_PERMIT,
		.incident = 1,
		.digest = the_run(w).plan_digest };
	EXPECT_U64(the_run(w).plan.n, 8);
	EXPECT_U64(world_command(w, &permit).status, 200);
	world_exit(w, 0);
	world_exit(w, 1);
	EXPECT_U64(go_on_by(w, the_run(w).id, "", "agent:sre").status, 202);
	EXPECT(the_run(w).phase == PHASE_PERMIT);
	EXPECT_U64(the_run(w).plan.n, 7); /* three of `go`, all of `again` */
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

/* Stopped by a person: what was under way may have happened, and is named. */
static void
continue__after_everything_was_stopped(void)
{
	struct world *w = fired(CONFIG, BOOK, NULL);
	world_exit(w, 0);
	row_id run = the_run(w).id;
	EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:ana").status, 200);
	struct reply no = go_on(w, run);
	EXPECT_U64(no.status, 403);
	EXPECT_U64(world_ask(w, COMMAND_RESUME, 0, "person:ana").status, 200);
	no = go_on(w, run);
	EXPECT_U64(no.status, 409);
	EXPECT(
	    str_has(no.error, STR("restart on web-2, has not ended: go on when it has")));
	world_news(w, NEWS_KILLED);
	EXPECT_U64(go_on(w, run).status, 202);
	EXPECT(world_says(w, 1,
	    "1 is done and left alone; 1 may have happened, and is done again"));
	expect_targets(w, "web-2 web-3");
	world_free(w);
}

static void
continue__a_doubt_is_settled_first(void)
{
	struct world *w = fired(CONFIG, BOOK, NULL);
	world_news(w, NEWS_UNKNOWN);
	world_exit(w, 0);
	struct run_row run = the_run(w);
	row_id first = ((const struct rolled *)run.rolled.p)[0].attempt;
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	struct reply no = go_on(w, run.id);
	EXPECT_U64(no.status, 409);
	EXPECT(str_starts(no.error,
	    STR("nobody knows whether restart on web-1 happened: say it with")));
	EXPECT_U64(world_command(w, &(struct command){ .kind = COMMAND_SETTLE,
					.incident = 1,
					.row = first,
					.happened = HAPPENED_YES })
		       .status,
	    200);
	EXPECT_U64(go_on(w, run.id).status, 202);
	expect_targets(w, "web-3 web-4");
	world_free(w);
}

static void
continue__refuses_what_it_cannot_be_sure_of(void)
{
	struct world *w = failed_half_way(CONFIG);
	row_id run = the_run(w).id;
	struct reply no = go_on_by(w, run, "other", "person:ana");
	EXPECT_U64(no.status, 422);
	EXPECT(str_has(no.error, STR("is of runbook r, not of other")));

	world_adopt(w, CONFIG, BOOK_OF("{batch: 1}", "", ""));
	no = go_on(w, run);
	EXPECT_U64(no.status, 409);
	EXPECT(str_has(no.error,
	    STR("`firstline run r --incident 1` begins anew, on all targets")));
	EXPECT_U64(w->attempt_n, 0);

	world_adopt(w, CONFIG, BOOK);
	EXPECT_U64(go_on(w, run).status, 202);
	no = go_on(w, run);
	EXPECT_U64(no.status, 409);
	EXPECT_STR(no.error, STR("runbook r is in work on incident 1"));
	no = go_on(w, the_run(w).id);
	EXPECT(str_has(no.error, STR("still goes on: there is nothing to continue")));
	EXPECT_U64(no.exit, EXIT_CONFLICT);
	world_free(w);
}

static void
continue__nothing_is_left(void)
{
	struct world *w = fired(CONFIG, BOOK, NULL);
	for (unsigned i = 0; i < 4; i++)
		world_exit(w, 0);
	world_probe(w, "1");
	struct reply no = go_on(w, the_run(w).id);
	EXPECT_U64(no.status, 409);
	EXPECT(str_has(no.error, STR(": it recovered. `firstline run r --incident 1`")));
	world_free(w);

	/* A verify that nobody could answer: it did all, and there is nothing to go on with. */
	w = fired(CONFIG, BOOK, NULL);
	for (unsigned i = 0; i < 4; i++)
		world_exit(w, 0);
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	no = go_on(w, the_run(w).id);
	EXPECT_U64(no.status, 409);
	EXPECT(str_has(no.error, STR(": it did all that it began. ")));
	world_free(w);
}

/* It ended between two steps that act: the second is left. */
static void
continue__a_later_step_is_left_too(void)
{
	struct world *w = fired(CONFIG,
	    BOOK_OF("{batch: 4}", "",
		"```wait settle\nfor: 1m\n```\n"
		"```action again\ndo: restart\ntargets: {service: web, host: "
		"web-1}\n```\n"),
	    NULL);
	for (unsigned i = 0; i < 4; i++)
		world_exit(w, 0);
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	EXPECT_U64(go_on(w, the_run(w).id).status, 202);
	EXPECT_U64(w->attempt_n, 0);
	world_after(w, MINUTE);
	expect_targets(w, "web-1");
	EXPECT_STR(world_attempt(w, w->attempts[0]).step, STR("again"));
	world_free(w);
}

/* It begins with the checks: what is over by now is not repaired. */
static void
continue__looks_first(void)
{
	struct world *w = fired(CONFIG,
	    BOOK_OF("{batch: 2}", "```check bad\npromql: bad\nexpect: '> 0'\n```\n", ""),
	    NULL);
	world_probe(w, "1");
	world_exit(w, 0);
	world_exit(w, 1);
	EXPECT_U64(go_on(w, the_run(w).id).status, 202);
	EXPECT_U64(w->attempt_n, 0);
	world_probe(w, "0");
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(the_run(w).state == RUN_STOPPED);
	world_free(w);
}

/* What was taken back is left; and what both did is taken back together. */
static void
continue__knows_what_was_taken_back(void)
{
	struct world *w = failed_half_way(CONFIG);
	struct run_row run = the_run(w);
	row_id first = ((const struct rolled *)run.rolled.p)[0].attempt;
	EXPECT_U64(world_command(w, &(struct command){ .kind = COMMAND_UNDO, .row = first })
		       .status,
	    202);
	world_exit(w, 0);
	EXPECT_U64(go_on(w, run.id).status, 202);
	expect_targets(w, "web-1 web-2");
	world_free(w);

	w = failed_half_way(CONFIG);
	EXPECT_U64(go_on(w, the_run(w).id).status, 202);
	for (unsigned i = 0; i < 3; i++)
		world_exit(w, 0);
	for (unsigned i = 0; i < 13 && w->attempt_n == 0; i++) {
		world_probe(w, "0");
		world_after(w, 10 * SECOND);
	}
	EXPECT(world_says(w, 1, "up: 4 attempts to take back"));
	for (unsigned i = 0; i < 4; i++) {
		struct attempt_row back = world_attempt(w, w->attempts[0]);
		EXPECT_STR(back.action, STR("start"));
		EXPECT_STR(back.target, i == 0   ? STR("web-4")
					: i == 1 ? STR("web-3")
					: i == 2 ? STR("web-2")
						 : STR("web-1"));
		world_restart(w);
		world_exit(w, 0);
	}
	EXPECT(the_run(w).state == RUN_NEEDS_PERSON);
	world_free(w);
}

/* So much was done by hand meanwhile that what the run did first is not in memory any more. */
static void
continue__says_that_it_takes_back_less_than_it_did(void)
{
	struct world *w = failed_half_way(CONFIG);
	row_id run = the_run(w).id;
	w->reload = false; /* of each of so many steps it is slow */
	for (unsigned i = 0; i <= UNDO_KEPT_MAX; i++) {
		struct command by_hand = { .kind = COMMAND_RUN,
			.incident = 1,
			.name = STR("restart"),
			.action = true,
			.target = STR("web-4"),
			.principal = STR("person:ana") };
		EXPECT_U64(world_command(w, &by_hand).status, 202);
		world_exit(w, 0);
	}
	w->reload = true;
	EXPECT_U64(go_on(w, run).status, 202);
	EXPECT(the_run(w).forgot);
	for (unsigned i = 0; i < 3; i++)
		world_exit(w, 0);
	for (unsigned i = 0; i < 13 && w->attempt_n == 0; i++) {
		world_probe(w, "0");
		world_after(w, 10 * SECOND);
	}
	for (unsigned i = 0; i < 3; i++)
		world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("what it did first is no longer known, and not taken back"));
	world_free(w);
}

/* A runbook that it called and that recovered is not called again, nor are hosts that are
 * done; the called run itself is not continued. */
static void
continue__calls_only_what_is_left(void)
{
	static const char *const one =
	    "---\nrunbook: one\nservice: web\n"
	    "inputs: {host: {type: host, default: web-4}}\n---\n# One\n"
	    "```action go\ndo: restart\n"
	    "targets: {service: web, role: front, host: '${host}'}\n```\n"
	    "```verify well\npromql: up\nexpect: '> 0'\nwithin: 1m\n```\n";
	static const char *const all =
	    "---\nrunbook: r\nservice: web\nanswers: [{alertname: Odd}]\n---\n# R\n"
	    "```call once\nrunbook: one\n```\n"
	    "```call hosts\nrunbook: one\neach: {service: web, role: front}\n"
	    "with: {host: '${target}'}\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n";
	struct world *w = fired(CONFIG, all, one);
	row_id caller = world_last(w, TABLE_RUN) - 1;
	struct run_row row;
	while (!world_row_get(w, TABLE_RUN, caller, &row) || row.caller != 0)
		caller--;
	expect_targets(w, "web-4");
	world_exit(w, 0);
	world_probe(w, "1");
	expect_targets(w, "web-1");
	world_exit(w, 0);
	world_probe(w, "1");
	world_after(w, 0);
	expect_targets(w, "web-2");
	world_exit(w, 1);
	EXPECT(world_incident(w, 1).needs_person);
	struct reply no = go_on(w, world_last(w, TABLE_RUN));
	EXPECT_U64(no.status, 422);
	EXPECT(str_has(no.error, STR(": continue that one")));
	EXPECT_U64(go_on(w, caller).status, 202);
	world_restart(w);
	expect_targets(w, "web-2");
	world_exit(w, 0);
	world_probe(w, "1");
	world_after(w, 0);
	expect_targets(w, "web-3");
	world_free(w);
}

/* ---- what somebody else did is taken back by the rules ---- */

#define LB                                                                            \
	SHOP_TOP SHOP_PEOPLE "services:\n  web: {owner: platform-ops, tier: 2}\n"     \
			     "hosts:\n"                                               \
			     "  web-1: {service: web, role: front}\n"                 \
			     "  web-2: {service: web, role: front}\n"                 \
			     "alerts:\n  - {match: {alertname: Odd}, service: web}\n" \
			     "actions:\n"                                             \
			     "  drain: {verb: drain, run: [drain, '${target}'],"      \
			     " undo: {do: fill, within: 1h}}\n"                       \
			     "  fill: {verb: fill, run: [fill, '${target}']}\n"       \
			     "authority:\n"                                           \
			     "  - {grant: ana drains, to: [ana], may: [drain],"       \
			     " on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"
#define FILLS(who)                                       \
	"  - {grant: fills, to: [" who "], may: [fill]," \
	" on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"
#define NO_FILLS "  - {prohibit: nobody fills, may: [fill]}\n"
#define DRAIN_BOOK                                                        \
	"---\nrunbook: r\nservice: web\n---\n# R\n"                       \
	"```action go\ndo: drain\ntargets: {service: web, role: front}\n" \
	"otherwise: up\n```\n"                                            \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\nundo: true\n```\n"

/* ana's run drained web-1; `who` goes on with it, and it does not help. */
static struct world *
failed_after_anas(const char *config, const char *who)
{
	struct world *w = fired(config, DRAIN_BOOK, NULL);
	EXPECT_U64(world_command(w, &(struct command){ .kind = COMMAND_RUN,
					.incident = 1,
					.name = STR("r"),
					.principal = STR("person:ana") })
		       .status,
	    202);
	world_exit(w, 0);
	world_exit(w, 1);
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	EXPECT_U64(go_on_by(w, the_run(w).id, "", who).status, 202);
	if (w->attempt_n > 0)
		world_exit(w, 1);
	world_restart(w);
	for (unsigned i = 0; i < 13 && w->probe_n > 0; i++) {
		world_probe(w, "0");
		world_after(w, 10 * SECOND);
	}
	EXPECT(world_says(w, 1, "up: 1 attempt to take back"));
	return w;
}

static void
continue__takes_back_for_nobody_but_who_did_it(void)
{
	static const char *const others[] = { "person:mei", "agent:sre" };
	for (size_t i = 0; i < countof(others); i++) {
		struct world *w = failed_after_anas(LB NO_FILLS, others[i]);
		EXPECT_U64(w->attempt_n, 0);
		EXPECT(the_run(w).state == RUN_NEEDS_PERSON && the_run(w).refused);
		EXPECT(
		    str_has(the_run(w).why, STR("is not taken back: it was ana's, so ")));
		struct decision_row row = { 0 };
		EXPECT(
		    world_row_get(w, TABLE_DECISION, world_last(w, TABLE_DECISION), &row));
		EXPECT_STR(row.principal, str_of(others[i]));
		EXPECT_STR(row.action, STR("fill"));
		EXPECT(row.verdict == VERDICT_DENY && !row.given.undo);
		world_free(w);
	}

	/* Never harder than doing it for who did, whoever went on in between. */
	struct world *w = failed_after_anas(LB NO_FILLS, "person:ana");
	EXPECT_U64(w->attempt_n, 1);
	struct attempt_row row = world_attempt(w, w->attempts[0]);
	EXPECT_STR(row.principal, STR("person:ana"));
	EXPECT(row.undo_of != 0 && row.undo_of == row.takes_back);
	world_free(w);
}

/* An action like any other: it uses up, and may have to wait for somebody's yes. */
static void
continue__takes_back_what_another_did_where_the_rules_let_it(void)
{
	struct world *w = failed_after_anas(LB FILLS("mei"), "person:mei");
	EXPECT_U64(w->attempt_n, 1);
	struct attempt_row row = world_attempt(w, w->attempts[0]);
	EXPECT_STR(row.principal, STR("person:mei"));
	EXPECT(row.undo_of == 0 && row.takes_back != 0);
	world_exit(w, 0);
	EXPECT(world_attempt(w, row.takes_back).undone_by == row.id);
	EXPECT(the_run(w).state == RUN_NEEDS_PERSON);
	EXPECT(str_starts(the_run(w).why, STR("it has not recovered in time")));
	world_free(w);

	w = failed_after_anas(LB FILLS("mei") "  - {approval: fills are agreed on, for: "
					      "[fill], by: [ana]}\n",
	    "person:mei");
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(the_run(w).phase == PHASE_ASKED && the_run(w).undoing);
	world_restart(w);
	struct command yes = { .kind = COMMAND_APPROVE,
		.row = world_last(w, TABLE_ASKED),
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &yes).status, 200);
	EXPECT_U64(w->attempt_n, 1);
	world_exit(w, 0);
	EXPECT(world_says(w, 1, "took back attempt"));
	world_free(w);
}

int
main(void)
{
	RUN(continue__does_what_is_left_and_nothing_twice);
	RUN(continue__a_continuation_can_be_continued);
	RUN(continue__authority_is_asked_again_for_each_target);
	RUN(continue__an_agent_is_permitted_what_is_left);
	RUN(continue__after_everything_was_stopped);
	RUN(continue__a_doubt_is_settled_first);
	RUN(continue__refuses_what_it_cannot_be_sure_of);
	RUN(continue__nothing_is_left);
	RUN(continue__a_later_step_is_left_too);
	RUN(continue__looks_first);
	RUN(continue__knows_what_was_taken_back);
	RUN(continue__says_that_it_takes_back_less_than_it_did);
	RUN(continue__calls_only_what_is_left);
	RUN(continue__takes_back_for_nobody_but_who_did_it);
	RUN(continue__takes_back_what_another_did_where_the_rules_let_it);
	TEST_MAIN_END();
}
