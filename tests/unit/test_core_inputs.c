/* Inputs: from the first alert and the catalogue, and never from a guess. */
#include <stdio.h>

#include "support/steps_shop.h"

#define BOOK(service, inputs)                                                       \
	"---\nrunbook: r\nservice: " service                                        \
	"\nanswers: [{alertname: Odd}]\ninputs:\n" inputs                           \
	"---\n# R\n```wait a\nfor: 1m\n```\n```handoff hand\nclass: architecture\n" \
	"because: a\nask: b\n```\n"

static str
input(struct world *w, const char *name)
{
	struct run_row row = last_run(w);
	return pairs_get(&row.inputs, str_of(name));
}

static void
inputs__come_from_the_catalogue(void)
{
	struct world *w = world_new(STEPS_CONFIG,
	    BOOK("payments", "  name: {type: service, from: service.name}\n"
			     "  owner: {type: name, from: service.owner}\n"
			     "  tier: {type: integer, min: 1, max: 4, from: service.tier}\n"
			     "  where: {type: name, from: service.environment}\n"
			     "  system: {type: name, from: service.system}\n"
			     "  dev: {type: name, from: service.developers}\n"),
	    NULL);
	world_fire(w, ODD);
	EXPECT_STR(input(w, "name"), STR("payments"));
	EXPECT_STR(input(w, "owner"), STR("platform-ops"));
	EXPECT_STR(input(w, "tier"), STR("2"));
	EXPECT_STR(input(w, "where"), STR("production"));
	EXPECT_STR(input(w, "system"), STR("payments"));
	EXPECT_STR(input(w, "dev"), STR("checkout-dev"));
	world_free(w);
}

static void
inputs__come_from_an_annotation_of_the_first_alert(void)
{
	const char *book = BOOK("payments", "  what: {type: string, pattern: '[a-z ]+', "
					    "from: alert.annotations.summary}\n");
	struct world *w = world_new(STEPS_CONFIG, book, NULL);
	world_fire(w, ODD);
	EXPECT_STR(input(w, "what"), STR("it does not move"));
	/* It is a row: there for a later run, after a restart. */
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	world_restart(w);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("r"),
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_STR(input(w, "what"), STR("it does not move"));
	world_free(w);
}

static void
inputs__that_are_not_known_need_a_person(void)
{
	static const struct {
		const char *name, *service, *input, *why;
	} rows[] = {
		{ "no developers", "ledger",
		    "  x: {type: name, from: service.developers}\n",
		    "its input x is not known: `x=VALUE` gives it" },
		{ "no such annotation", "ledger",
		    "  x: {type: name, from: alert.annotations.nothing}\n",
		    "its input x is not known: `x=VALUE` gives it" },
		/* What comes from outside is checked like anything else. */
		{ "not of its type", "ledger",
		    "  x: {type: name, from: alert.annotations.summary}\n",
		    "'it does not move' is not a name" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char book[1024];
		test_row = rows[i].name;
		(void)snprintf(book, sizeof(book), BOOK("%s", "%s"), rows[i].service,
		    rows[i].input);
		struct world *w = world_new(STEPS_CONFIG, book, NULL);
		world_fire(w, "alertname=Odd,service=ledger");
		EXPECT_U64(world_count(w, TABLE_RUN), 0);
		EXPECT(str_contains(needs_person(w), str_of(rows[i].why)));
		world_free(w);
	}
	test_row = NULL;
}

static void
inputs__not_known_take_their_default_or_what_is_given(void)
{
	struct world *w = world_new(STEPS_CONFIG,
	    BOOK("ledger",
		"  x: {type: name, from: service.developers, default: nobody}\n"),
	    NULL);
	world_fire(w, "alertname=Odd,service=ledger");
	EXPECT_STR(input(w, "x"), STR("nobody"));
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	struct pair given = { STR("x"), STR("somebody") };
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("r"),
		.params = { &given, 1 },
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_STR(input(w, "x"), STR("somebody"));
	world_free(w);
}

#define ASKED                                                 \
	BOOK("payments",                                      \
	    "  queue: {type: name, default: mail}\n"          \
	    "  depth: {type: integer, min: 1, max: 999,"      \
	    " from: {promql: 'depth{queue=\"${queue}\"}'}}\n" \
	    "  leader: {type: name, from: {run: [who-leads, '${service}']}}\n")

static void
inputs__are_asked_for_before_the_first_step(void)
{
	struct world *w = world_new(STEPS_CONFIG, ASKED, NULL);
	world_fire(w, ODD);
	EXPECT(last_run(w).phase == PHASE_INPUTS);
	EXPECT_U64(w->probe_n, 2);
	struct probe_row probe = { 0 };
	EXPECT(world_row_get(w, TABLE_PROBE, w->probes[0], &probe));
	EXPECT_STR(probe.query, STR("depth{queue=\"mail\"}"));
	world_restart(w);
	world_probe(w, "812");
	EXPECT(last_run(w).phase == PHASE_INPUTS);
	world_restart(w);
	world_answer(w,
	    &(struct probe_result){ .status = PROBE_OK, .value = STR("pay-2\nmore\n") });
	EXPECT(last_run(w).phase == PHASE_WAITING);
	EXPECT_STR(input(w, "depth"), STR("812"));
	EXPECT_STR(input(w, "leader"), STR("pay-2"));
	EXPECT(world_says(w, 1, "input leader: pay-2"));
	world_free(w);
}

static void
inputs__that_nobody_can_tell_let_it_not_begin(void)
{
	static const struct {
		const char *name;
		struct probe_result depth;
		const char *why;
	} rows[] = {
		{ "it cannot be asked",
		    { .status = PROBE_FAILED, .error = { "refused", 7 } },
		    "depth is not known: refused" },
		{ "absent", { .status = PROBE_NO_DATA }, "depth is not known: no data" },
		{ "of several", { .status = PROBE_OK, .value = { "4", 1 }, .series = 2 },
		    "depth is not known: 2 series, which is none of them" },
		{ "no whole number",
		    { .status = PROBE_OK, .value = { "4.5", 3 }, .series = 1 },
		    "depth is not usable: 'depth': '4.5' is not a whole number from 1 to "
		    "999" },
		{ "too many", { .status = PROBE_OK, .value = { "1000", 4 }, .series = 1 },
		    "depth is not usable: 'depth': '1000' is not a whole number from 1 to "
		    "999" },
		{ "code", { .status = PROBE_OK, .value = { "$(reboot)", 9 }, .series = 1 },
		    "depth is not usable: 'depth': '$(reboot)' is not a whole number from "
		    "1 to "
		    "999" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(STEPS_CONFIG, ASKED, NULL);
		world_fire(w, ODD);
		world_answer(w, &rows[i].depth);
		world_answer(w,
		    &(struct probe_result){ .status = PROBE_OK, .value = STR("pay-2") });
		EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
		EXPECT_U64(last_run(w).steps_done, 0);
		EXPECT_STR(needs_person(w),
		    text_make(w->core, "runbook r does not begin: its input %s",
			rows[i].why));
		world_free(w);
	}
	static const struct {
		struct probe_result leader;
		const char *why;
	} leaders[] = {
		{ { .status = PROBE_OK, .code = 1, .value = { "pay-2", 5 } },
		    "leader is not known: exit 1" },
		{ { .status = PROBE_OK, .value = { "--all", 5 } },
		    "leader is not usable: 'leader': '--all' begins with '-'" },
		{ { .status = PROBE_OK, .value = { "a;b", 3 } },
		    "leader is not usable: 'leader': 'a;b' is not a name" },
		{ { .status = PROBE_OK, .value = { "\n", 1 } },
		    "leader is not usable: 'leader': it is empty" },
	};
	for (size_t i = 0; i < countof(leaders); i++) {
		test_row = leaders[i].why;
		struct world *w = world_new(STEPS_CONFIG, ASKED, NULL);
		world_fire(w, ODD);
		world_probe(w, "8");
		world_answer(w, &leaders[i].leader);
		str want = text_make(w->core, "runbook r does not begin: its input %s",
		    leaders[i].why);
		EXPECT_STR(needs_person(w), want);
		world_free(w);
	}
	test_row = NULL;
}

static void
inputs__that_are_given_are_not_asked_for(void)
{
	struct world *w = world_new(STEPS_CONFIG, ASKED, NULL);
	world_fire(w, "alertname=Even,service=payments");
	struct pair given[] = { { STR("depth"), STR("7") },
		{ STR("leader"), STR("pay-1") } };
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("r"),
		.params = { given, 2 },
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_U64(w->probe_n, 0);
	EXPECT_STR(input(w, "depth"), STR("7"));
	world_free(w);
}

static void
inputs__are_not_waited_for_when_it_is_over(void)
{
	struct world *w = world_new(STEPS_CONFIG, ASKED, NULL);
	uint64_t alert = world_fire(w, ODD);
	world_resolve(w, alert);
	EXPECT_U64(core_counts(w->core).runs, 0);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	world_after(w, HOUR);
	world_free(w);
	/* Nobody answers: the probes' own time is the end of it. */
	w = world_new(STEPS_CONFIG, ASKED, NULL);
	world_fire(w, ODD);
	world_after(w, 2 * MINUTE);
	EXPECT_STR(needs_person(w), STR("runbook r does not begin: its input depth is not "
					"known: no answer in time"));
	world_free(w);
}

/* A call whose runbook does not begin leads where a failed one does. */
static void
inputs__of_a_called_runbook_are_asked_for_too(void)
{
	const char *caller =
	    "---\nrunbook: all\nservice: payments\nanswers: [{alertname: Odd}]\n---\n# "
	    "All\n"
	    "```call r\nrunbook: r\notherwise: hand\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
	    "```handoff hand\nclass: architecture\nbecause: a\nask: b\n```\n";
	struct world *w = world_new(STEPS_CONFIG, caller,
	    "---\nrunbook: r\nservice: payments\n"
	    "inputs: {n: {type: integer, from: {promql: n}}}\n---\n# R\n"
	    "```check a\nhttp: 'http://127.0.0.1/?n=${n}'\nexpect: 'status == "
	    "200'\n```\n" GO UP);
	world_fire(w, ODD);
	EXPECT(last_run(w).phase == PHASE_INPUTS);
	world_probe(w, NULL);
	EXPECT(world_state(w, 1) == INCIDENT_HANDED_OFF);
	world_free(w);
}

int
main(void)
{
	RUN(inputs__come_from_the_catalogue);
	RUN(inputs__come_from_an_annotation_of_the_first_alert);
	RUN(inputs__that_are_not_known_need_a_person);
	RUN(inputs__not_known_take_their_default_or_what_is_given);
	RUN(inputs__are_asked_for_before_the_first_step);
	RUN(inputs__that_nobody_can_tell_let_it_not_begin);
	RUN(inputs__that_are_given_are_not_asked_for);
	RUN(inputs__are_not_waited_for_when_it_is_over);
	RUN(inputs__of_a_called_runbook_are_asked_for_too);
	TEST_MAIN_END();
}
