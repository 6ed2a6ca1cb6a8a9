/* The corners of steps: several targets, parameters, probes of each kind, and limits. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define ACTIONS                                                                   \
	"actions:\n"                                                              \
	"  scale:\n"                                                              \
	"    verb: scale\n"                                                       \
	"    params:\n"                                                           \
	"      replicas: {type: integer, min: 1, max: 9, default: 2}\n"           \
	"      zone: {type: name}\n"                                              \
	"      note: {type: name, optional: true}\n"                              \
	"    run: [scale, '${service}', '${target}', '${replicas}', '${zone}']\n" \
	"  restart-unit: {verb: restart, run: [restart, '${target}'],"            \
	" happened: {run: [was-restarted, '${target}'], expect: 'exit == 0'}}\n"

#define AUTHORITY                                                             \
	"authority:\n"                                                        \
	"  - {grant: anything, to: [automation, ana], may: [scale, restart]," \
	" on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: mei}\n"

#define CONFIG SHOP_TOP SHOP_PEOPLE SHOP_SERVICES ACTIONS AUTHORITY

#define RUNBOOK(steps)                                                             \
	"---\nrunbook: r\nservice: payments\nanswers: [{alertname: Odd}]\n"        \
	"inputs: {where: {type: name, from: alert.labels.where, default: here}}\n" \
	"---\n# R\n" steps

#define VERIFY "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
#define ODD "alertname=Odd,service=payments"

static struct attempt_row
last_attempt(struct world *w)
{
	return world_attempt(w, world_last(w, TABLE_ATTEMPT));
}

static void
step__params_come_from_the_step_then_from_defaults(void)
{
	struct world *w = world_new(CONFIG,
	    RUNBOOK("```action go\ndo: scale\nwith: {zone: '${where}'}\n```\n" VERIFY),
	    NULL);
	world_fire(w, ODD ",where=north");
	struct attempt_row row = last_attempt(w);
	EXPECT_STR(pairs_get(&row.params, STR("replicas")), STR("2"));
	EXPECT_STR(pairs_get(&row.params, STR("zone")), STR("north"));
	EXPECT(!pairs_has(&row.params, STR("note")));
	const char *const argv[] = { "scale", "payments", "payments", "2", "north" };
	EXPECT_U64(row.argv.n, countof(argv));
	for (size_t i = 0; i < row.argv.n; i++)
		EXPECT_STR(row.argv.p[i], str_of(argv[i]));
	world_free(w);
}

static void
step__an_input_takes_its_default_or_is_refused(void)
{
	const char *runbook =
	    RUNBOOK("```action go\ndo: scale\nwith: {zone: '${where}'}\n```\n" VERIFY);
	struct world *w = world_new(CONFIG, runbook, NULL);
	world_fire(w, ODD);
	struct attempt_row row = last_attempt(w);
	EXPECT_STR(row.argv.p[4], STR("here"));
	world_free(w);

	/* A label is data from outside. */
	w = world_new(CONFIG, runbook, NULL);
	world_fire(w, ODD ",where=--all");
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(str_starts(world_incident(w, 1).needs_person_why,
	    STR("runbook r cannot start: its input where is not usable: ")));
	world_free(w);
}

static void
step__goes_on_until_so_many_failed(void)
{
	const char *runbook = RUNBOOK("```action go\ndo: restart-unit\n"
				      "targets: {service: payments, role: worker}\n"
				      "rolling: {stop_after_failures: 2}\n```\n" VERIFY);
	struct world *w = world_new(CONFIG, runbook, NULL);
	world_fire(w, ODD);
	EXPECT_STR(last_attempt(w).target, STR("pay-1"));
	world_exit(w, 1);
	EXPECT_STR(last_attempt(w).target, STR("pay-2")); /* no pause: at once */
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_free(w);

	w = world_new(CONFIG, runbook, NULL);
	world_fire(w, ODD);
	world_exit(w, 1);
	world_exit(w, 1);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("go failed on pay-2"
		"; 0 of 2 done, 2 failed: `firstline run r --continue 5` goes on with the "
		"rest"));
	world_free(w);
}

static void
step__failing_on_every_target_is_a_failure(void)
{
	struct world *w = world_new(CONFIG,
	    RUNBOOK("```action go\ndo: restart-unit\n"
		    "targets: {service: payments, role: worker}\n"
		    "rolling: {stop_after_failures: 5}\n```\n" VERIFY),
	    NULL);
	world_fire(w, ODD);
	world_exit(w, 1);
	world_news(w, NEWS_KILLED);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("go failed on every target"
		"; 0 of 2 done, 2 failed: `firstline run r --continue 5` goes on with the "
		"rest"));
	world_free(w);
}

static void
step__a_timeout_that_nothing_verifies_next_needs_a_person(void)
{
	struct world *w = world_new(CONFIG,
	    RUNBOOK("```action go\ndo: restart-unit\n```\n"
		    "```action more\ndo: restart-unit\n```\n" VERIFY),
	    NULL);
	world_fire(w, ODD);
	world_news(w, NEWS_TIMED_OUT);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("go was stopped by its timeout, and nothing verifies it"));
	world_free(w);
}

static void
step__a_command_may_be_the_probe(void)
{
	struct world *w = world_new(CONFIG,
	    RUNBOOK("```check stuck\nrun: [is-stuck, '${service}', '${where}']\n"
		    "expect: exit == 0\notherwise: stop\n```\n"
		    "```action go\ndo: restart-unit\n```\n" VERIFY),
	    NULL);
	world_fire(w, ODD);
	struct probe_row probe = { 0 };
	EXPECT(world_row_get(w, TABLE_PROBE, w->probes[0], &probe));
	EXPECT(probe.kind == PROBE_RUN && probe.argv.n == 3);
	EXPECT_STR(probe.argv.p[1], STR("payments"));
	EXPECT_STR(probe.argv.p[2], STR("here"));
	world_probe(w, "stuck");
	EXPECT_U64(w->attempt_n, 1);
	/* In doubt it is asked with the attempt's own values. */
	world_news(w, NEWS_UNKNOWN);
	EXPECT(world_row_get(w, TABLE_PROBE, w->probes[0], &probe));
	EXPECT_STR(probe.argv.p[1], STR("payments"));
	EXPECT_U64(probe.attempt, world_last(w, TABLE_ATTEMPT));
	/* And again after a restart of hands; the answer comes once. */
	world_hands_restart(w);
	EXPECT_U64(world_effects(w, EFFECT_PROBE), 1);
	world_probe(w, "yes");
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_free(w);
}

static void
step__a_probe_without_an_answer_is_not_waited_for_for_ever(void)
{
	struct world *w = world_new(CONFIG,
	    RUNBOOK("```check a\npromql: up\nexpect: '== 0'\notherwise: stop\n```\n"
		    "```action go\ndo: restart-unit\n```\n" VERIFY),
	    NULL);
	world_fire(w, ODD);
	world_after(w, 10 * MINUTE);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why,
	    STR("no answer (no answer in time)")));
	world_free(w);
}

static void
step__started_before_is_never_never_started(void)
{
	struct world *w = world_new(CONFIG,
	    RUNBOOK("```action go\ndo: scale\nwith: {zone: a}\n```\n" VERIFY), NULL);
	world_fire(w, ODD);
	world_news(w, NEWS_STARTED);
	world_news(w, NEWS_NEVER_STARTED);
	EXPECT(last_attempt(w).state == ATTEMPT_IN_DOUBT);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
step__an_order_of_an_earlier_engine_is_no_refusal(void)
{
	struct world *w = world_new(CONFIG,
	    RUNBOOK("```action go\ndo: restart-unit\n```\n" VERIFY), NULL);
	world_fire(w, ODD);
	world_restart(w);
	world_news(w, NEWS_REFUSED);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(last_attempt(w).epoch, 2);
	EXPECT_U64(world_gap(w, GAP_REFUSED, NULL).count, 0);
	world_free(w);
}

static void
step__the_trail_in_memory_is_bounded(void)
{
	struct world *w = world_new(CONFIG, NULL, NULL);
	w->reload = false;
	world_fire(w, ODD);
	for (unsigned i = 0; i < TRAIL_KEPT_MAX + 8; i++) {
		struct command run = { .kind = COMMAND_RUN,
			.incident = 1,
			.name = STR("restart-unit"),
			.action = true,
			.target = STR("pay-1") };
		w->reload = i == TRAIL_KEPT_MAX + 7;
		EXPECT_U64(world_command(w, &run).status, 202);
		world_exit(w, 0);
	}
	EXPECT_U64(w->core->counts[TABLE_ATTEMPT], TRAIL_KEPT_MAX);
	EXPECT_U64(w->core->counts[TABLE_DECISION], TRAIL_KEPT_MAX);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), TRAIL_KEPT_MAX + 8);
	EXPECT_U64(w->core->counts[TABLE_TIMELINE], TIMELINE_KEPT_MAX);
	/* How it began, and the last of it: what is between them went. */
	const struct incident *incident = incident_find(w->core, 1);
	row_id entries[1024], kept[TIMELINE_KEPT_MAX];
	size_t n = 0, all = 0;
	list_each(it, &incident->timeline) kept[n++] = object_of(it, of_incident)->id;
	for (row_id id = 1; id <= world_last(w, TABLE_TIMELINE); id++) {
		struct timeline_row row;
		if (world_row_get(w, TABLE_TIMELINE, id, &row) && row.incident == 1)
			entries[all++] = id;
	}
	EXPECT_U64(n, TIMELINE_KEPT_MAX);
	for (size_t i = 0; i < n; i++)
		EXPECT_U64(kept[i], entries[i < TIMELINE_KEPT_FIRST ? i : all - n + i]);
	world_free(w);
}

static void
step__a_handoff_that_cannot_be_filed_needs_a_person(void)
{
	struct world *w = world_new(CONFIG,
	    RUNBOOK("```handoff hand\nclass: architecture\nbecause: a\nask: b\n```\n"),
	    NULL);
	world_fire(w, ODD);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	row_id id = world_incident(w, 1).handoff;
	for (unsigned i = 1; i < NOTICE_TRIES_MAX; i++) {
		EXPECT(!world_incident(w, 1).needs_person);
		struct event failed = { .kind = EVENT_HANDOFF_RESULT,
			.handoff_result = { .handoff = id, .error = STR("read only") } };
		world_step(w, &failed);
		world_after(w, 20 * MINUTE);
	}
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("the handoff to checkout-dev cannot be filed: read only"));
	world_restart(w);
	world_after(w, 1);
	struct event filed = { .kind = EVENT_HANDOFF_RESULT,
		.handoff_result = { .handoff = id, .filed = true, .where = STR("1.md") } };
	world_step(w, &filed);
	struct handoff_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_HANDOFF, id, &row) && row.state == HANDOFF_FILED);
	world_free(w);
}

int
main(void)
{
	RUN(step__params_come_from_the_step_then_from_defaults);
	RUN(step__an_input_takes_its_default_or_is_refused);
	RUN(step__goes_on_until_so_many_failed);
	RUN(step__failing_on_every_target_is_a_failure);
	RUN(step__a_timeout_that_nothing_verifies_next_needs_a_person);
	RUN(step__a_command_may_be_the_probe);
	RUN(step__a_probe_without_an_answer_is_not_waited_for_for_ever);
	RUN(step__started_before_is_never_never_started);
	RUN(step__an_order_of_an_earlier_engine_is_no_refusal);
	RUN(step__the_trail_in_memory_is_bounded);
	RUN(step__a_handoff_that_cannot_be_filed_needs_a_person);
	TEST_MAIN_END();
}
