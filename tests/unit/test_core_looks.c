/* Several probes of one step at once. */
#include "support/steps_shop.h"

#define LOOKS(kind)                                                   \
	kind ":\n  - {name: depth, promql: depth, expect: '> 500'}\n" \
	     "  - {name: age, promql: age, expect: '> 60'}\n"         \
	     "  - {name: free, promql: free, expect: '< 10'}\n"
#define CHECK(kind) "```check bad\n" LOOKS(kind) "otherwise: stop\n```\n"
#define VERIFY(kind)                                                                  \
	"```verify good\n" kind ": [{name: a, promql: a, expect: '== 1'}, {name: b, " \
	"promql: b, expect: '== 1'}]\nfor: 20s\nwithin: 2m\n```\n"

/* Each is answered, in their order; NULL: no answer. */
static void
answer(struct world *w, const char *depth, const char *age, const char *free)
{
	EXPECT_U64(w->probe_n, 3);
	world_probe(w, depth);
	world_probe(w, age);
	EXPECT(last_run(w).phase == PHASE_PROBING);
	world_probe(w, free);
}

static struct world *
fired(const char *runbook)
{
	struct world *w = world_new(STEPS_CONFIG, runbook, NULL);
	world_fire(w, ODD);
	return w;
}

static void
looks__are_asked_together_and_judged_by_the_last_answer(void)
{
	static const struct {
		const char *name, *depth, *age, *free;
		bool any, goes_on, doubt;
	} rows[] = {
		{ "all hold", "900", "90", "1", false, true, false },
		{ "one does not", "900", "90", "30", false, false, false },
		{ "one is not known", "900", NULL, "1", false, false, true },
		{ "one does not, and that decides", NULL, "3", "1", false, false, false },
		{ "any holds", "3", "3", "1", true, true, false },
		{ "none holds", "3", "3", "30", true, false, false },
		{ "one holds, and that decides", NULL, "90", "30", true, true, false },
		{ "none of those that are known", NULL, "3", "30", true, false, true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = fired(rows[i].any ? STEPS_RUNBOOK(CHECK("any") GO UP)
						    : STEPS_RUNBOOK(CHECK("all") GO UP));
		answer(w, rows[i].depth, rows[i].age, rows[i].free);
		EXPECT(rows[i].goes_on == (w->attempt_n == 1));
		if (rows[i].doubt)
			EXPECT(last_run(w).state == RUN_RUNNING);
		else if (!rows[i].goes_on)
			EXPECT(last_run(w).state == RUN_STOPPED);
		world_free(w);
	}
	test_row = NULL;
}

static void
looks__say_what_each_saw(void)
{
	struct world *w = fired(STEPS_RUNBOOK(CHECK("all") GO UP));
	answer(w, "900", "90", "30");
	EXPECT(world_says(w, 1,
	    "bad: saw depth 900 (wanted > 500), age 90 (wanted > 60), free 30 (wanted < "
	    "10); "
	    "all must hold: does not hold"));
	world_free(w);
}

static void
looks__in_doubt_until_the_deadline_need_a_person(void)
{
	struct world *w = fired(STEPS_RUNBOOK(CHECK("all") GO UP));
	answer(w, "900", "90", NULL);
	for (unsigned i = 0; i < 5; i++) {
		world_after(w, 10 * SECOND);
		answer(w, "900", "90", NULL);
	}
	world_after(w, 10 * SECOND);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT(str_starts(needs_person(w), STR("could not tell, bad: saw ")));
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	world_free(w);
}

static void
looks__hold_together_for_their_time(void)
{
	struct world *w = fired(STEPS_RUNBOOK(GO VERIFY("all")));
	world_exit(w, 0);
	world_see(w, "1", 10 * SECOND);
	world_after(w, 9 * SECOND);
	/* One that breaks breaks all. */
	world_after(w, SECOND);
	world_probe(w, "1");
	world_probe(w, "0");
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_see(w, "1", 20 * SECOND);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_see(w, "1", 10 * SECOND);
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

static void
looks__survive_a_restart_with_some_answered(void)
{
	struct world *w = fired(STEPS_RUNBOOK(CHECK("all") GO UP));
	world_probe(w, "900");
	world_probe(w, "90");
	world_restart(w);
	EXPECT_U64(looks_out(
		       container_of(object_of(w->core->tables[TABLE_RUN].next, in_table),
			   struct run, o)),
	    1);
	world_hands_restart(w);
	world_see(w, "1", 0);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

static void
looks__without_an_answer_are_not_waited_for_for_ever(void)
{
	struct world *w = fired(STEPS_RUNBOOK(CHECK("any") GO UP));
	world_probe(w, "3");
	world_after(w, 10 * MINUTE);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	world_free(w);
}

static void
looks__end_with_their_run(void)
{
	struct world *w = world_new(STEPS_CONFIG, STEPS_RUNBOOK(CHECK("all") GO UP), NULL);
	uint64_t alert = world_fire(w, ODD);
	world_probe(w, "900");
	world_resolve(w, alert);
	EXPECT(last_run(w).state == RUN_CANCELLED);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	world_free(w);

	w = fired(STEPS_RUNBOOK(CHECK("all") GO UP));
	world_probe(w, "900");
	stop_all(w);
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	world_free(w);
}

int
main(void)
{
	RUN(looks__are_asked_together_and_judged_by_the_last_answer);
	RUN(looks__say_what_each_saw);
	RUN(looks__in_doubt_until_the_deadline_need_a_person);
	RUN(looks__hold_together_for_their_time);
	RUN(looks__survive_a_restart_with_some_answered);
	RUN(looks__without_an_answer_are_not_waited_for_for_ever);
	RUN(looks__end_with_their_run);
	TEST_MAIN_END();
}
