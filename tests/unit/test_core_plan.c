/* Plans: what a run would do, and that saying so does nothing. */
#include "core/state.h"
#include "support/asked_shop.h"

#define QUEUE "alertname=QueueStuck,queue=payments"

/* Restarts each worker, after a look and before a proof; else scales, else hands off. */
#define BOOK(otherwise)                                   \
	"---\n"                                           \
	"runbook: slow\n"                                 \
	"inputs: {size: {type: integer, min: 1, max: 50," \
	" default: 4}}\n"                                 \
	"---\n"                                           \
	"# It is slow\n"                                  \
	"## Is it?\n"                                     \
	"```check slow\n"                                 \
	"promql: 'latency{service=\"${service}\"}'\n"     \
	"expect: \"> 500\"\n"                             \
	"for: 1m\n"                                       \
	"```\n"                                           \
	"```action restart\n"                             \
	"do: restart-unit\n"                              \
	"targets: {service: payments, role: worker}\n"    \
	"otherwise: " otherwise "\n"                      \
	"```\n"                                           \
	"```verify fast\n"                                \
	"promql: 'latency{service=\"${service}\"}'\n"     \
	"expect: \"< 100\"\n"                             \
	"within: 2m\n"                                    \
	"otherwise: grow\n"                               \
	"```\n"                                           \
	"```action grow\n"                                \
	"do: scale-out\n"                                 \
	"with: {replicas: '${size}'}\n"                   \
	"```\n"                                           \
	"```verify enough\n"                              \
	"promql: 'latency{service=\"${service}\"}'\n"     \
	"expect: \"< 100\"\n"                             \
	"within: 2m\n"                                    \
	"```\n"

static struct core_planned
plan_of(struct world *w, struct core_plan asked)
{
	struct core_planned planned;
	asked.runbook = STR("slow");
	asked.at = w->at;
	asked.wall = w->wall;
	if (asked.principal.n == 0)
		asked.principal = AUTOMATION;
	core_plan(w->core, &asked, &w->arena, &planned);
	return planned;
}

static struct core_planned
plan_on(struct world *w, const char *service)
{
	return plan_of(w, (struct core_plan){ .service = str_of(service) });
}

static const struct plan_target *
group(const struct plan_item *item, size_t i)
{
	EXPECT(i < item->targets.n);
	return i < item->targets.n ? &((const struct plan_target *)item->targets.p)[i]
	                           : NULL;
}

static void
plan__tells_what_would_run_and_what_is_not_known_yet(void)
{
	struct world *w = world_new(CONFIG(""), BOOK("person"), NULL);
	struct core_planned p = plan_on(w, "payments");
	EXPECT_U64(p.status, 200);
	EXPECT_U64(p.exit, 0);
	EXPECT_U64(p.n, 5);
	EXPECT(p.steps[0].fate == PLAN_RUNS && p.steps[1].fate == PLAN_RUNS &&
	       p.steps[2].fate == PLAN_RUNS);
	EXPECT_STR(p.steps[0].heading, STR("Is it?"));
	EXPECT_STR(p.steps[0].text, STR("latency{service=\"payments\"}: > 500 for 1m"));
	EXPECT_STR(p.steps[0].otherwise, STR("the run stops"));
	EXPECT_STR(p.steps[1].action, STR("restart-unit"));
	EXPECT_STR(group(&p.steps[1], 0)->targets.p[0], STR("pay-1"));
	EXPECT_STR(group(&p.steps[1], 0)->rule, STR("restarts"));
	EXPECT(group(&p.steps[1], 0)->line > 0);
	/* Whether it comes to that is known when the verify has looked; no grant is for it. */
	EXPECT(p.steps[3].fate == PLAN_UNKNOWN && p.steps[3].before == 3);
	EXPECT_STR(p.steps[3].before_step, STR("fast"));
	EXPECT(str_starts(p.steps[3].text, STR("if it comes to that, would be refused: ")));
	EXPECT(p.steps[4].fate == PLAN_UNREACHED);
	EXPECT_STR(p.note, STR("as if an incident were open on payments"));
	world_free(w);
}

static void
plan__counts_what_it_would_use_itself(void)
{
	/* Three an hour; one was used. */
	struct world *w = world_new(CONFIG(""), BOOK("person"), NULL);
	world_fire(w, "alertname=Odd,service=payments");
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-3"),
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	world_exit(w, 0);
	struct core_planned p = plan_of(w, (struct core_plan){ .incident = 1 });
	const struct plan_item *restart = &p.steps[1];
	EXPECT_U64(p.exit, 5);
	EXPECT(restart->fate == PLAN_REFUSED);
	const struct plan_target *last = group(restart, restart->targets.n - 1);
	EXPECT(last->fate == PLAN_REFUSED);
	EXPECT_STR(last->targets.p[0], STR("pay-3"));
	EXPECT(group(restart, 0)->fate == PLAN_RUNS);
	/* Refused, it goes elsewhere: what follows is not reached. */
	EXPECT(p.steps[2].fate == PLAN_UNREACHED);
	world_free(w);
}

static void
plan__goes_on_where_a_refusal_leads(void)
{
	struct world *w = world_new(CONFIG(""), BOOK("grow"), NULL);
	struct core_planned p = plan_of(w, (struct core_plan){ .service = STR("payments"),
					       .principal = STR("person:mei") });
	EXPECT_U64(p.exit, 5);
	EXPECT(p.steps[1].fate == PLAN_REFUSED);
	EXPECT(p.steps[2].fate == PLAN_UNREACHED);
	EXPECT(p.steps[3].fate == PLAN_REFUSED); /* sure to be reached, and no grant */
	EXPECT(p.steps[4].fate == PLAN_UNREACHED);
	world_free(w);
}

static void
plan__says_who_is_asked_and_which_fact_decides(void)
{
#define GROW                                                                              \
	"---\nrunbook: slow\n---\n# It is too small\n"                                    \
	"```action grow\ndo: scale-out\nwith: {replicas: 30}\n```\n"                      \
	"```verify up\nhttp: 'http://127.0.0.1:8080/health'\nexpect: \"status == 200\"\n" \
	"within: 2m\n```\n"
#define RESTART                                                                           \
	"---\nrunbook: slow\n---\n# It hangs\n"                                           \
	"```action restart\ndo: restart-unit\n```\n"                                      \
	"```verify up\nhttp: 'http://127.0.0.1:8080/health'\nexpect: \"status == 200\"\n" \
	"within: 2m\n```\n"
	struct world *w = world_new(CONFIG(SCALE_ASKS), GROW, NULL);
	struct core_planned p = plan_on(w, "checkout");
	EXPECT(p.steps[0].fate == PLAN_UNKNOWN && p.steps[0].before == 1);
	EXPECT_STR(p.steps[0].text, STR("it depends on the live value of replicas"));
	EXPECT(p.steps[1].fate == PLAN_RUNS);
	EXPECT_U64(p.exit, 0);
	world_free(w);

	w = world_new(CONFIG(RESTART_ASKS), RESTART, NULL);
	p = plan_on(w, "checkout");
	EXPECT(p.steps[0].fate == PLAN_ASKS);
	EXPECT_STR(group(&p.steps[0], 0)->rule, STR("restarts are agreed on"));
	EXPECT_U64(p.exit, 6);
	world_free(w);
}

static void
plan__refuses_what_cannot_start(void)
{
	struct world *w = world_new(CONFIG(""), BOOK("person"), NULL);
	EXPECT_U64(plan_on(w, "nowhere").status, 404);
	EXPECT_STR(plan_on(w, "nowhere").error, STR("there is no service 'nowhere'"));
	EXPECT_STR(plan_on(w, "payment").error,
	    STR("there is no service 'payment': did you mean 'payments'?"));
	EXPECT_U64(plan_of(w, (struct core_plan){ .incident = 7 }).status, 404);
	struct pair size = { STR("size"), STR("99") };
	struct pairs inputs = { &size, 1 };
	struct core_planned p =
	    plan_of(w, (struct core_plan){ .service = STR("payments"), .inputs = &inputs });
	EXPECT_U64(p.status, 422);
	EXPECT(str_contains(p.error, STR("its input size is not usable")));
	size.name = STR("sze");
	p = plan_of(w, (struct core_plan){ .service = STR("payments"), .inputs = &inputs });
	EXPECT_STR(p.error, STR("runbook slow cannot start: it has no input sze: did you "
				"mean 'size'?"));
	size.name = STR("size");
	size.value = STR("7");
	p = plan_of(w, (struct core_plan){ .service = STR("payments"), .inputs = &inputs });
	EXPECT_STR(p.steps[3].params.p[0].value, STR("7"));
	world_fire(w, "alertname=Odd,service=payments");
	world_ask(w, COMMAND_RESOLVE, 1, "person:ana");
	EXPECT_U64(plan_of(w, (struct core_plan){ .incident = 1 }).status, 409);
	world_free(w);
}

static void
plan__says_that_everything_is_stopped(void)
{
	struct world *w = world_new(CONFIG(""), BOOK("person"), NULL);
	world_ask(w, COMMAND_STOP_ALL, 0, "person:mei");
	struct core_planned p = plan_on(w, "payments");
	EXPECT_U64(p.exit, 5);
	EXPECT(p.steps[1].fate == PLAN_REFUSED);
	EXPECT_STR(p.note, STR("everything is stopped, by mei"));
	world_free(w);
}

/* The rows, the journal and whatever it decides next are as if nobody had asked. */
static void
plan__has_no_effect_at_all(void)
{
	struct world *w = world_new(CONFIG(SCALE_ASKS KEEP_HEALTHY), BOOK("grow"), NULL);
	world_fire(w, "alertname=Odd,service=payments");
	struct core_counts before = core_counts(w->core);
	size_t entries = w->entry_n, rows = w->row_n, touched = 0;
	row_id next = core_control(w->core)->next_row;
	struct buf control = BUF(65536), after = BUF(65536);
	record_encode(&control_row_type, core_control(w->core), &control);
	for (unsigned i = 0; i < 20; i++) {
		EXPECT_U64(plan_on(w, "payments").status, 200);
		EXPECT_U64(plan_of(w, (struct core_plan){ .incident = 1 }).status, 200);
	}
	record_encode(&control_row_type, core_control(w->core), &after);
	EXPECT(str_eq(buf_str(&control), buf_str(&after)));
	(void)core_touched(w->core, &touched);
	EXPECT_U64(touched, 0);
	EXPECT_U64(w->entry_n, entries);
	EXPECT_U64(w->row_n, rows);
	EXPECT_U64(core_control(w->core)->next_row, next);
	struct core_counts now = core_counts(w->core);
	EXPECT(memcmp(&before, &now, sizeof(now)) == 0);
	EXPECT_U64(w->core->counts[TABLE_GRANT_USE], 0);
	core_check(w->core);
	buf_done(&control);
	buf_done(&after);
	world_free(w); /* replays to the same effects */
}

static void
plan__asks_where_a_person_permits_it_first(void)
{
	struct world *w =
	    world_new(CONFIG(
			  "") "autonomy: [{service: payments, level: plan, owner: mei}]\n",
		BOOK("person"), NULL);
	struct core_planned p = plan_on(w, "payments");
	EXPECT_U64(p.exit, EXIT_NEEDS_APPROVAL);
	EXPECT(p.steps[1].fate == PLAN_ASKS);
	EXPECT(str_starts(p.steps[1].text, STR("a person permits it first (plan): ")));
	p = plan_of(w, (struct core_plan){ .service = STR("payments"),
			   .principal = STR("person:ana") });
	EXPECT(!str_starts(p.steps[1].text, STR("a person permits it first")));
	world_free(w);

	w = world_new(CONFIG("") "autonomy: [{service: payments, level: suggest, owner: "
				 "mei}]\n",
	    BOOK("person"), NULL);
	p = plan_on(w, "payments");
	EXPECT(p.steps[1].fate == PLAN_ASKS);
	EXPECT(str_starts(p.steps[1].text,
	    STR("it would be suggested: a person starts the runbook (suggest): ")));
	world_free(w);
}

int
main(void)
{
	RUN(plan__tells_what_would_run_and_what_is_not_known_yet);
	RUN(plan__counts_what_it_would_use_itself);
	RUN(plan__goes_on_where_a_refusal_leads);
	RUN(plan__says_who_is_asked_and_which_fact_decides);
	RUN(plan__refuses_what_cannot_start);
	RUN(plan__says_that_everything_is_stopped);
	RUN(plan__has_no_effect_at_all);
	RUN(plan__asks_where_a_person_permits_it_first);
	TEST_MAIN_END();
}
