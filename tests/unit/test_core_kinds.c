/* Actions of other kinds than `run`, in the core: what is ordered, and what became of it. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define ACTIONS                                                                            \
	"actions:\n"                                                                       \
	"  drain:\n"                                                                       \
	"    verb: drain\n"                                                                \
	"    params: {seconds: {type: integer, default: 30}}\n"                            \
	"    http: {url: 'https://lb.example/${service}/drain', json: {host: '${target}'," \
	" seconds: '${seconds}'}}\n"                                                       \
	"  far:\n"                                                                         \
	"    verb: restart\n"                                                              \
	"    ssh: {host: '${target}', user: ops, known_hosts: /etc/k,"                     \
	" identity: 'file:/etc/id', run: [restart, '${service}']}\n"                       \
	"  far-safe:\n"                                                                    \
	"    verb: restart\n"                                                              \
	"    ssh: {host: '${target}', user: ops, known_hosts: /etc/k,"                     \
	" identity: 'file:/etc/id', run: [restart, '${service}']}\n"                       \
	"    repeat: safe\n"

#define AUTHORITY                                                             \
	"authority:\n"                                                        \
	"  - {grant: anything, to: [automation, ana], may: [drain, restart]," \
	" on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: mei}\n"

#define CONFIG SHOP_TOP SHOP_PEOPLE SHOP_SERVICES ACTIONS AUTHORITY

#define RUNBOOK(action)                                                          \
	"---\nrunbook: r\nservice: payments\nanswers: [{alertname: Odd}]\n---\n" \
	"# R\n```action go\ndo: " action                                         \
	"\ntargets: {service: payments, role: worker}\n```\n"                    \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
#define ODD "alertname=Odd,service=payments"

static struct attempt_row
last_attempt(struct world *w)
{
	return world_attempt(w, world_last(w, TABLE_ATTEMPT));
}

static struct world *
far_and_unknown(const char *runbook)
{
	struct world *w = world_new(CONFIG, runbook, NULL);
	world_fire(w, ODD);
	EXPECT_U64(w->attempt_n, 1);
	world_news(w, NEWS_STARTED);
	world_news(w, NEWS_UNKNOWN);
	return w;
}

static void
kinds__a_request_is_resolved_and_stands_with_its_attempt(void)
{
	struct world *w = world_new(CONFIG, RUNBOOK("drain"), NULL);
	world_fire(w, ODD);
	struct attempt_row row = last_attempt(w);
	EXPECT(row.kind == ACTION_HTTP && row.argv.n == 0);
	EXPECT_STR(pairs_get(&row.parts, STR("url")),
	    STR("https://lb.example/payments/drain"));
	EXPECT_STR(pairs_get(&row.parts, STR("body")),
	    STR("{\"host\":\"pay-1\",\"seconds\":30}"));
	world_exit(w, 0);
	EXPECT_STR(last_attempt(w).target, STR("pay-2"));
	world_free(w);
}

/* What is no command began by trying, and says itself that it came to nothing. */
static void
kinds__what_never_began_is_tried_again(void)
{
	struct world *w = world_new(CONFIG, RUNBOOK("drain"), NULL);
	world_fire(w, ODD);
	row_id first = last_attempt(w).id;
	world_news(w, NEWS_STARTED);
	world_news(w, NEWS_NEVER_STARTED);
	EXPECT(world_attempt(w, first).state == ATTEMPT_LOST);
	EXPECT(last_attempt(w).id != first && last_attempt(w).state == ATTEMPT_INTENT);
	world_free(w);
}

static void
record__that_is_done_ends_it_with_its_code(void)
{
	struct world *w = far_and_unknown(RUNBOOK("far"));
	struct attempt_row row = last_attempt(w);
	EXPECT(row.state == ATTEMPT_IN_DOUBT && row.probe != 0);
	struct probe_row probe;
	EXPECT(world_row_get(w, TABLE_PROBE, row.probe, &probe));
	EXPECT(probe.kind == PROBE_SSH && probe.argv.n == 0 && probe.attempt == row.id);
	EXPECT_STR(pairs_get(&probe.parts, STR("host")), STR("pay-1"));
	EXPECT(pairs_get(&probe.parts, STR(PROBE_RECORD)).n == 13);
	EXPECT_STR(pairs_get(&probe.parts, STR("secret.identity")), STR("file:/etc/id"));
	world_probe(w, "done 0\n");
	EXPECT(world_attempt(w, row.id).state == ATTEMPT_EXITED);
	EXPECT_STR(last_attempt(w).target, STR("pay-2"));
	EXPECT(!world_incident(w, 1).needs_person);
	world_free(w);

	w = far_and_unknown(RUNBOOK("far"));
	world_probe(w, "done 3\n");
	row = last_attempt(w);
	EXPECT(row.state == ATTEMPT_EXITED && row.exit_code == 3);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("go failed on pay-1"
		"; 0 of 2 done, 1 failed, 1 not begun: `firstline run r --continue 5` goes "
		"on with the rest"));
	world_free(w);
}

static void
record__that_it_never_began_decides_again(void)
{
	struct world *w = far_and_unknown(RUNBOOK("far"));
	row_id first = last_attempt(w).id;
	world_probe(w, "never\n");
	EXPECT(world_attempt(w, first).happened == HAPPENED_NO);
	EXPECT(last_attempt(w).id != first && last_attempt(w).state == ATTEMPT_INTENT);
	world_free(w);
}

static void
record__that_it_never_began_counts_once_our_end_is_gone(void)
{
	struct world *w = world_new(CONFIG, RUNBOOK("far"), NULL);
	world_fire(w, ODD);
	row_id first = last_attempt(w).id;
	struct event event = { .kind = EVENT_ATTEMPT_RESULT,
		.attempt_result = { .attempt = first,
		    .news = NEWS_UNKNOWN,
		    .alive = ALIVE_MAYBE } };
	world_step(w, &event);
	world_probe(w, "never\n");
	EXPECT(world_attempt(w, first).state == ATTEMPT_IN_DOUBT);
	world_after(w, 15 * SECOND);
	event.attempt_result.alive = ALIVE_NO;
	world_step(w, &event);
	world_probe(w, "never\n");
	EXPECT(world_attempt(w, first).happened == HAPPENED_NO);
	EXPECT(last_attempt(w).id != first && last_attempt(w).state == ATTEMPT_INTENT);
	world_free(w);
}

static void
record__while_it_runs_there_nobody_is_asked(void)
{
	struct world *w = far_and_unknown(RUNBOOK("far"));
	for (unsigned i = 0; i < 3; i++) {
		world_probe(w, "running\n");
		EXPECT(last_attempt(w).state == ATTEMPT_IN_DOUBT && w->probe_n == 0);
		EXPECT(!world_incident(w, 1).needs_person);
		if (i == 1)
			world_restart(w);
		world_after(w, RECORD_AGAIN_MS);
		EXPECT_U64(w->probe_n, 1);
	}
	world_probe(w, "done 0\n");
	EXPECT_STR(last_attempt(w).target, STR("pay-2"));
	world_free(w);

	/* but not for ever */
	w = far_and_unknown(RUNBOOK("far"));
	world_see(w, "running\n", RECORD_PATIENCE_MS + 5 * MINUTE);
	EXPECT(world_incident(w, 1).needs_person && w->probe_n == 0);
	EXPECT(last_attempt(w).state == ATTEMPT_IN_DOUBT);
	world_free(w);
}

static void
record__that_cannot_tell_leaves_it_in_doubt(void)
{
	static const char *const answers[] = { NULL, "lost\n", "", "done 300\n", "done x\n",
		"nevermore\n" };
	for (size_t i = 0; i < countof(answers); i++) {
		struct world *w = far_and_unknown(RUNBOOK("far"));
		test_row = answers[i];
		world_probe(w, answers[i]);
		EXPECT(last_attempt(w).state == ATTEMPT_IN_DOUBT);
		EXPECT(world_incident(w, 1).needs_person);
		world_free(w);
	}
	struct world *w = far_and_unknown(RUNBOOK("far-safe"));
	row_id first = last_attempt(w).id;
	world_probe(w, "lost\n");
	EXPECT(world_attempt(w, first).state == ATTEMPT_SETTLED);
	EXPECT(last_attempt(w).id != first);
	world_free(w);
}

int
main(void)
{
	RUN(kinds__a_request_is_resolved_and_stands_with_its_attempt);
	RUN(kinds__what_never_began_is_tried_again);
	RUN(record__that_is_done_ends_it_with_its_code);
	RUN(record__that_it_never_began_decides_again);
	RUN(record__that_it_never_began_counts_once_our_end_is_gone);
	RUN(record__while_it_runs_there_nobody_is_asked);
	RUN(record__that_cannot_tell_leaves_it_in_doubt);
	TEST_MAIN_END();
}
