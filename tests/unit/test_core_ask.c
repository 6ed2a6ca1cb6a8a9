/* The step `ask`: asked, answered, not answered, and everything that may come between. */
#include "support/steps_shop.h"

#define SIDE                                                                 \
	"```ask side\nquestion: 'Which side of ${where} is behind?'\n"       \
	"answer: {type: one-of, values: [left, right, both]}\nwithin: 30m\n" \
	"then: {left: left, right: hand}\notherwise: hand\n```\n"
#define COUNT                                                                          \
	"```ask count\nquestion: How many?\nanswer: {type: integer, min: 1, max: 9}\n" \
	"within: 10m\n```\n"
#define SCALE "```action go\ndo: scale\nwith: {replicas: '${count}'}\n```\n"
#define LEFT "```action left\ndo: restart-unit\n```\n"
#define HAND "```handoff hand\nclass: architecture\nbecause: a\nask: b\n```\n"
#define SIDES                                                                          \
	STEPS_RUNBOOK(SIDE GO UP LEFT "```verify down\npromql: down\nexpect: '== 0'\n" \
				      "within: 2m\n```\n" HAND)
#define COUNTS STEPS_RUNBOOK(COUNT SCALE UP)

static struct reply
answer_as(struct world *w, row_id run, const char *value, const char *who)
{
	struct command command = { .kind = COMMAND_ANSWER,
		.row = run,
		.text = str_of(value),
		.principal = str_of(who) };
	return world_command(w, &command);
}

static struct reply
answer(struct world *w, const char *value)
{
	return answer_as(w, last_run(w).id, value, "person:ana");
}

static struct world *
fired(const char *runbook)
{
	struct world *w = world_new(STEPS_CONFIG, runbook, NULL);
	world_fire(w, ODD ",where=north");
	EXPECT(last_run(w).phase == PHASE_ANSWER);
	EXPECT_U64(core_waiting_run(w->core, 1), last_run(w).id);
	return w;
}

static void
ask__asks_who_is_on_duty_and_goes_where_the_answer_leads(void)
{
	struct world *w = fired(SIDES);
	EXPECT_STR(last_run(w).question, STR("Which side of north is behind?"));
	EXPECT_U64(world_told(w, PURPOSE_QUESTION, "ana"), 1); /* has the rotation */
	EXPECT_U64(world_told(w, PURPOSE_QUESTION, "mei"), 1); /* leads */
	EXPECT_U64(world_told(w, PURPOSE_QUESTION, NULL), 2);
	const struct notice_row *notice = NULL;
	for (size_t i = 0; i < w->notice_n; i++) {
		if (w->notices[i].row.purpose == PURPOSE_QUESTION)
			notice = &w->notices[i].row;
	}
	EXPECT(str_contains(notice->text, STR("r asks: Which side of north is behind?")));
	EXPECT(str_contains(notice->text, STR("answer:    left, right or both")));
	EXPECT(str_contains(notice->text, STR("firstline answer ")));
	EXPECT_U64(notice->asked, last_run(w).id);

	struct reply reply = answer(w, "left");
	EXPECT_U64(reply.status, 200);
	EXPECT(reply.table == TABLE_RUN && reply.row == last_run(w).id);
	EXPECT_STR(last_attempt(w).step, STR("left"));
	EXPECT(world_says(w, 1, "answered side: left"));
	EXPECT_U64(world_told(w, PURPOSE_QUESTION_ENDED, "mei"), 1);
	EXPECT_U64(world_told(w, PURPOSE_QUESTION_ENDED, "ana"), 0); /* who answered */
	EXPECT_STR(pairs_get(&(struct pairs){ last_run(w).answers.p,
				 last_run(w).answers.n },
		       STR("side")),
	    STR("left"));
	EXPECT_U64(last_run(w).question.n, 0);
	world_free(w);

	w = fired(SIDES);
	EXPECT_U64(answer(w, "right").status, 200);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_free(w);

	w = fired(SIDES);
	EXPECT_U64(answer(w, "both").status, 200);
	EXPECT_STR(last_attempt(w).step, STR("go")); /* the next step */
	world_free(w);
}

static void
ask__the_answer_is_a_value_from_then_on(void)
{
	struct world *w = fired(COUNTS);
	EXPECT_U64(answer(w, "7").status, 200);
	struct attempt_row row = last_attempt(w);
	EXPECT_STR(pairs_get(&row.params, STR("replicas")), STR("7"));
	world_exit(w, 0);
	world_probe(w, "1");
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

static void
ask__refuses_what_is_no_answer_and_says_what_is(void)
{
	struct world *w = fired(COUNTS);
	static const char *const wrong[] = { "0", "10", "seven", "", "7 8", "--all" };
	for (size_t i = 0; i < countof(wrong); i++) {
		test_row = wrong[i];
		struct reply reply = answer(w, wrong[i]);
		EXPECT_U64(reply.status, 422);
		EXPECT(str_contains(reply.error, STR("answer with a number from 1 to 9")));
		EXPECT(last_run(w).phase == PHASE_ANSWER);
	}
	test_row = NULL;
	EXPECT_U64(answer(w, "9").status, 200);
	world_free(w);

	w = fired(SIDES);
	EXPECT(str_contains(answer(w, "up").error, STR("answer with left, right or both")));
	world_free(w);
}

/* T18 */
static void
ask__an_agent_never_answers(void)
{
	struct world *w = fired(SIDES);
	EXPECT_U64(answer_as(w, last_run(w).id, "left", "agent:helper").status, 403);
	struct command command = { .kind = COMMAND_ANSWER,
		.row = last_run(w).id,
		.text = STR("left"),
		.principal = STR("person:ana"),
		.behalf = STR("person:mei") };
	EXPECT_U64(world_command(w, &command).status, 403);
	EXPECT(last_run(w).phase == PHASE_ANSWER);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
ask__who_is_not_in_the_configuration_never_answers(void)
{
	static const struct {
		const char *name, *who;
		uint32_t status;
	} rows[] = {
		{ .name = "a person who left", .who = "person:eve", .status = 403 },
		{ .name = "a person's name alone", .who = "ana", .status = 403 },
		{ .name = "a source", .who = "source:ana", .status = 403 },
		{ .name = "whoever has the machine", .who = "local-admin", .status = 200 },
		{ .name = "a person", .who = "person:mei", .status = 200 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = fired(SIDES);
		struct reply reply = answer_as(w, last_run(w).id, "left", rows[i].who);
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT(
		    str_contains(reply.error, STR("only a person of the configuration")) ==
		    (rows[i].status == 403));
		EXPECT((last_run(w).phase == PHASE_ANSWER) == (rows[i].status == 403));
		world_free(w);
	}
	test_row = NULL;
}

static void
ask__is_answered_once(void)
{
	struct world *w = fired(SIDES);
	row_id run = last_run(w).id;
	EXPECT_U64(answer_as(w, run + 1000, "left", "person:ana").status, 404);
	EXPECT_U64(answer(w, "left").status, 200);
	struct reply late = answer_as(w, run, "right", "person:mei");
	EXPECT_U64(late.status, 409);
	EXPECT(str_contains(late.error,
	    STR("asks nothing now: ana answered side: left, on 20")));
	EXPECT_U64(w->attempt_n, 1);
	/* The same request again is the same answer. */
	world_free(w);
	w = fired(SIDES);
	struct command command = { .kind = COMMAND_ANSWER,
		.row = last_run(w).id,
		.text = STR("left"),
		.principal = STR("person:ana"),
		.idempotency_key = STR("person:ana\nk1") };
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 1);
	world_free(w);
}

static void
ask__not_answered_in_time_leads_otherwise(void)
{
	struct world *w = fired(SIDES);
	world_after(w, 30 * MINUTE - 1);
	EXPECT(last_run(w).phase == PHASE_ANSWER);
	world_after(w, 1);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	EXPECT(world_says(w, 1, "nobody answered side within 30m"));
	EXPECT_U64(world_told(w, PURPOSE_QUESTION_ENDED, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_QUESTION_ENDED, "mei"), 1);
	EXPECT_U64(answer(w, "left").status, 404); /* the run is over */
	world_free(w);

	/* Too late also when its timer has not come yet. */
	w = fired(COUNTS);
	w->at += 10 * MINUTE;
	w->wall += 10 * MINUTE;
	EXPECT_U64(answer(w, "3").status, 409);
	EXPECT(str_starts(needs_person(w), STR("nobody answered count within 10m")));
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
ask__survives_a_restart(void)
{
	struct world *w = fired(COUNTS);
	world_after(w, 5 * MINUTE);
	world_restart(w);
	world_hands_restart(w);
	EXPECT_STR(last_run(w).question, STR("How many?"));
	EXPECT_U64(answer(w, "3").status, 200);
	world_restart(w);
	world_news(w, NEWS_NEVER_STARTED); /* it is acted upon again, with the answer */
	struct attempt_row row = last_attempt(w);
	EXPECT_STR(pairs_get(&row.params, STR("replicas")), STR("3"));
	EXPECT_U64(world_told(w, PURPOSE_QUESTION_ENDED, "mei"), 1);
	world_free(w);

	w = fired(COUNTS);
	world_after(w, 5 * MINUTE);
	world_restart(w);
	world_after(w, 5 * MINUTE);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	world_free(w);
}

static void
ask__ends_with_its_run(void)
{
	/* Stopped. */
	struct world *w = fired(SIDES);
	stop_all(w);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_U64(world_told(w, PURPOSE_QUESTION_ENDED, "mei"), 1);
	EXPECT_U64(answer(w, "left").status, 404);
	world_free(w);

	/* The alerts cleared before anything was done. */
	w = world_new(STEPS_CONFIG, SIDES, NULL);
	uint64_t alert = world_fire(w, ODD);
	world_resolve(w, alert);
	EXPECT(last_run(w).state == RUN_CANCELLED);
	EXPECT_U64(world_told(w, PURPOSE_QUESTION_ENDED, "ana"), 1);
	world_free(w);

	/* The incident was closed: its end is told, once. */
	w = fired(SIDES);
	EXPECT_U64(world_ask(w, COMMAND_RESOLVE, 1, "person:ana").status, 200);
	EXPECT(last_run(w).state == RUN_CANCELLED);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ana"), 1);
	world_free(w);

	w = fired(SIDES);
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	EXPECT(last_run(w).state == RUN_CANCELLED);
	EXPECT_U64(world_told(w, PURPOSE_QUESTION_ENDED, "mei"), 1);
	world_free(w);
}

static void
ask__after_something_was_done_waits_on_when_alerts_clear(void)
{
	struct world *w = world_new(STEPS_CONFIG,
	    STEPS_RUNBOOK("```action first\ndo: restart-unit\n```\n" COUNT SCALE UP), NULL);
	uint64_t alert = world_fire(w, ODD);
	world_exit(w, 0);
	world_resolve(w, alert);
	EXPECT(last_run(w).phase == PHASE_ANSWER);
	EXPECT_U64(answer(w, "2").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* Nobody on duty has a way to be reached: a person is needed until it is answered. */
static void
ask__that_reaches_nobody_needs_a_person(void)
{
	struct world *w = world_new(SHOP_TOP
	    "people:\n"
	    "  ana: {email: ana@example.com, reach: [mail]}\n"
	    "  bob: {name: Bob}\n"
	    "teams:\n"
	    "  platform-ops: {kind: operations, lead: ana, on_call: {zone: UTC, rotations:"
	    " [{name: primary, people: [ana], every: 1 week, handover: 'Mon 09:00'}]}}\n"
	    "  night: {kind: operations, lead: bob}\n"
	    "  checkout-dev: {kind: development}\n" SHOP_SERVICES STEPS_ACTIONS
	    "authority:\n"
	    "  - {grant: anything, to: [automation], may: [restart, scale], on: {tier: [1, "
	    "2,"
	    " 3]}, until: 2030-01-01, owner: ana}\n",
	    STEPS_RUNBOOK(
		"```ask count\nquestion: How many?\nto: {on-duty: night}\n"
		"answer: {type: integer, min: 1, max: 9}\nwithin: 10m\n```\n" SCALE UP),
	    NULL);
	world_fire(w, ODD);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(str_contains(needs_person(w),
	    STR("no notice reaches whom it asks: How many?")));
	EXPECT_U64(world_gap(w, GAP_NOBODY, "night").count, 1);
	EXPECT_U64(answer(w, "2").status, 200);
	EXPECT(!world_incident(w, 1).needs_person);
	world_free(w);
}

static void
ask__is_part_of_a_plan(void)
{
	struct world *w = world_new(STEPS_CONFIG, COUNTS, NULL);
	struct core_planned planned;
	core_plan(w->core,
	    &(struct core_plan){ .runbook = STR("r"),
		.service = STR("payments"),
		.principal = AUTOMATION,
		.at = w->at,
		.wall = w->wall },
	    &w->arena, &planned);
	EXPECT_U64(planned.n, 3);
	EXPECT(planned.steps[0].fate == PLAN_ASKS);
	EXPECT_STR(planned.steps[0].text, STR("asks whoever is on duty: How many?"));
	EXPECT(planned.steps[1].fate == PLAN_UNKNOWN && planned.steps[1].before == 1);
	EXPECT_STR(planned.steps[1].text, STR("it depends on the answer to count"));
	EXPECT(planned.steps[2].fate == PLAN_RUNS);
	world_free(w);
}

int
main(void)
{
	RUN(ask__asks_who_is_on_duty_and_goes_where_the_answer_leads);
	RUN(ask__the_answer_is_a_value_from_then_on);
	RUN(ask__refuses_what_is_no_answer_and_says_what_is);
	RUN(ask__an_agent_never_answers);
	RUN(ask__who_is_not_in_the_configuration_never_answers);
	RUN(ask__is_answered_once);
	RUN(ask__not_answered_in_time_leads_otherwise);
	RUN(ask__survives_a_restart);
	RUN(ask__ends_with_its_run);
	RUN(ask__after_something_was_done_waits_on_when_alerts_clear);
	RUN(ask__that_reaches_nobody_needs_a_person);
	RUN(ask__is_part_of_a_plan);
	TEST_MAIN_END();
}
