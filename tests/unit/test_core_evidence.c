/* Evidence: what is seen before a run changes anything, kept with it. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define DOWN "alertname=Down,service=payments"
#define SERVICES                                                                       \
	"services:\n"                                                                  \
	"  payments: {owner: platform-ops, developers: checkout-dev, tier: 2,"         \
	" look: {evidence: [{name: errors, promql: 'errors{service=\"${service}\"}'}," \
	" {name: workers, run: [ps, -C, '${service}']}]}}\n"
#define AUTHORITY                                                            \
	"authority:\n"                                                       \
	"  - {grant: automation restarts, to: [automation], may: [restart]," \
	" on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: mei}\n"
#define SEEN SHOP_TOP SHOP_PEOPLE SERVICES SHOP_ACTIONS AUTHORITY

#define HEAD                                                             \
	"---\n"                                                          \
	"runbook: down\n"                                                \
	"service: payments\n"                                            \
	"answers: [{alertname: Down}]\n"                                 \
	"evidence: [{name: page, http: 'http://${service}:80/state'}]\n" \
	"---\n"                                                          \
	"# Down\n"
#define CHECK                \
	"```check really\n"  \
	"promql: 'really'\n" \
	"expect: \"> 5\"\n"  \
	"```\n"
#define RESTART               \
	"```action restart\n" \
	"do: restart-unit\n"  \
	"```\n"
#define VERIFY                \
	"```verify up\n"      \
	"promql: 'up'\n"      \
	"expect: \"> 0\"\n"   \
	"within: 2m\n"        \
	"otherwise: poison\n" \
	"```\n"
#define POISON                                         \
	"```handoff poison\n"                          \
	"class: investigation\n"                       \
	"because: nothing that operators have helps\n" \
	"ask: find out\n"                              \
	"```\n"
#define RUNBOOK HEAD CHECK RESTART VERIFY POISON

static void
answer(struct world *w, enum probe_status status, const char *value, int64_t code)
{
	ASSERT(w->probe_n > 0);
	struct event event = { .kind = EVENT_PROBE_RESULT,
		.probe_result = { .probe = w->probes[0],
		    .status = status,
		    .code = code,
		    .value = str_of(value),
		    .error = status == PROBE_FAILED ? STR("timeout") : (str){ 0 } } };
	memmove(w->probes, w->probes + 1, --w->probe_n * sizeof(w->probes[0]));
	world_step(w, &event);
}

static struct run_row
last_run(struct world *w)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &row));
	return row;
}

static struct world *
checked(void)
{
	struct world *w = world_new(SEEN, RUNBOOK, NULL);
	world_fire(w, DOWN);
	EXPECT_U64(w->probe_n, 1); /* the check looks at once */
	world_probe(w, "9");
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(w->probe_n, 3); /* all together */
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	return w;
}

static void
evidence__is_captured_before_the_first_action(void)
{
	struct world *w = checked();
	answer(w, PROBE_OK, "slow\nvery", 200);
	world_restart(w);
	EXPECT_U64(w->probe_n, 2);
	answer(w, PROBE_FAILED, "", 0);
	EXPECT_U64(w->attempt_n, 0);
	answer(w, PROBE_OK, "12 workers", 0);
	EXPECT_U64(w->attempt_n, 1);
	struct run_row run = last_run(w);
	const struct evidence *p = run.evidence.p;
	EXPECT_U64(run.evidence.n, 3);
	EXPECT_STR(p[0].name, STR("page"));
	EXPECT_STR(p[0].value, STR("status 200: slow\nvery"));
	EXPECT(p[0].seen && p[0].wall == w->wall);
	EXPECT_STR(p[1].name, STR("errors"));
	EXPECT_STR(p[1].value, STR("no answer: timeout"));
	EXPECT(!p[1].seen);
	EXPECT_STR(p[2].value, STR("exit 0: 12 workers"));
	EXPECT(world_says(w, 1,
	    "evidence before restart: page status 200: slow very; errors no answer: "
	    "timeout; workers exit 0: 12 workers"));
	/* Not again before what follows; and it is in the case file. */
	world_exit(w, 0);
	EXPECT_U64(w->probe_n, 1);
	world_see(w, "0", 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	struct handoff_row handoff = { 0 };
	EXPECT(world_row_get(w, TABLE_HANDOFF, world_last(w, TABLE_HANDOFF), &handoff));
	EXPECT(str_contains(handoff.case_file,
	    STR("## Evidence, before anything was changed\n\npage:\n\n    status 200: "
		"slow\n    very\n")));
	world_free(w);
}

static void
evidence__never_stops_the_run(void)
{
	struct world *w = checked();
	answer(w, PROBE_OK, "slow", 200);
	w->probe_n = 0; /* nobody answers the others */
	world_after(w, 19 * SECOND);
	EXPECT_U64(w->attempt_n, 0);
	world_restart(w);
	w->probe_n = 0;
	world_after(w, SECOND);
	EXPECT_U64(w->attempt_n, 1);
	struct run_row run = last_run(w);
	const struct evidence *p = run.evidence.p;
	EXPECT_STR(p[1].value, STR("no answer in time"));
	EXPECT(!p[1].seen && p[1].probe == 0);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	world_free(w);
}

static void
evidence__is_no_reason_to_act_when_it_is_over(void)
{
	struct world *w = checked();
	world_resolve(w, 1);
	EXPECT(world_incident(w, 1).run == 0);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	while (w->probe_n > 0)
		answer(w, PROBE_OK, "1", 0);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);

	w = checked();
	EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:ana").status, 200);
	EXPECT_U64(world_count(w, TABLE_PROBE), 0);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

static void
evidence__is_in_the_case_file_of_a_handoff_alone(void)
{
	struct world *w = world_new(SEEN, HEAD POISON, NULL);
	world_fire(w, DOWN);
	EXPECT_U64(w->probe_n, 3);
	while (w->probe_n > 0)
		answer(w, PROBE_NO_DATA, "", 0);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_free(w);
}

/* What a probe answers is long: its beginning is kept. */
static void
evidence__is_capped(void)
{
	static char text[PROBE_VALUE_MAX];
	memset(text, 'a', sizeof(text) - 1);
	struct world *w = checked();
	answer(w, PROBE_OK, text, 200);
	struct run_row run = last_run(w);
	EXPECT_U64(((const struct evidence *)run.evidence.p)[0].value.n,
	    EVIDENCE_VALUE_MAX);
	world_free(w);
}

int
main(void)
{
	RUN(evidence__is_captured_before_the_first_action);
	RUN(evidence__never_stops_the_run);
	RUN(evidence__is_no_reason_to_act_when_it_is_over);
	RUN(evidence__is_in_the_case_file_of_a_handoff_alone);
	RUN(evidence__is_capped);
	TEST_MAIN_END();
}
