/* Runs at their edges: inputs that nothing gives, calls of runbooks that do not fit. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define GO "```action go\ndo: restart-unit\n```\n"
#define UP "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
#define LOOK "```check bad\npromql: 'bad{x=\"${x}\"}'\nexpect: '> 0'\n```\n"

static struct reply
run(struct world *w, const char *runbook, const char *name, const char *value)
{
	struct pair given = { str_of(name), str_of(value) };
	struct command command = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = str_of(runbook),
		.principal = STR("person:ana"),
		.params = { &given, name[0] == '\0' ? 0 : 1 } };
	return world_command(w, &command);
}

static struct run_row
last_run(struct world *w)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &row));
	return row;
}

/* What belongs to no service has nothing of one: the default counts, or it is refused. */
static void
run__of_no_service_has_only_defaults(void)
{
	static const char *const from[] = { "name", "owner", "tier", "environment",
		"system", "developers" };
	for (size_t i = 0; i < countof(from); i++) {
		char book[1024];
		test_row = from[i];
		(void)snprintf(book, sizeof(book),
		    "---\nrunbook: r\ninputs:\n  x: {type: string, pattern: '.*',"
		    " from: service.%s, default: none}\n---\n# R\n" LOOK GO UP,
		    from[i]);
		struct world *w = world_new(SHOP, book, NULL);
		world_fire(w, "alertname=Odd");
		EXPECT_STR(world_incident(w, 1).service, STR(""));
		EXPECT_U64(run(w, "r", "", "").status, 202);
		struct run_row row = last_run(w);
		EXPECT_STR(pairs_get(&row.inputs, STR("x")), STR("none"));
		world_free(w);
	}
	test_row = NULL;
}

static void
run__is_refused_with_the_reason(void)
{
	static const struct {
		const char *runbook, *name, *value, *says;
	} rows[] = {
		{ "r", "zzzzzz", "1", "it has no input zzzzzz" },
		{ "to-read", "", "", "it has no steps to run: it is for people to read" },
	};
	struct world *w = world_new(SHOP,
	    "---\nrunbook: r\ninputs:\n  x: {type: name, default: none}\n"
	    "---\n# R\n" LOOK GO UP,
	    "---\nrunbook: to-read\nceiling: suggest\n---\n# Ask Jo\n");
	world_fire(w, "alertname=Odd,service=payments");
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].says;
		struct reply reply = run(w, rows[i].runbook, rows[i].name, rows[i].value);
		EXPECT(reply.status >= 400);
		EXPECT(str_contains(reply.error, str_of(rows[i].says)));
		EXPECT_U64(world_count(w, TABLE_RUN), 0);
	}
	test_row = NULL;
	world_free(w);
}

/* ---- calls ---- */

#define CALLER(rest)                                                                      \
	"---\nrunbook: all\nservice: payments\nanswers: [{alertname: Odd}]\n---\n# All\n" \
	"```call hosts\nrunbook: one\n" rest "```\n" UP
#define EACH "each: {service: payments, role: worker}\nwith: {x: '${target}'}\n"
#define ONE(top)                                                              \
	"---\nrunbook: one\n" top "inputs: {x: {type: name, default: all}}\n" \
	"---\n# One\n" LOOK "```action go\ndo: restart-unit\n```\n"           \
	"```verify well\npromql: well\nexpect: '> 0'\nwithin: 1m\n```\n"
#define ODD "alertname=Odd,service=payments"

/* Of each host the same: nothing to do for any, or it failed for all. */
static void
call__for_each_host_ends_as_all_of_them_do(void)
{
	struct world *w = world_new(SHOP, CALLER(EACH "then: stop\n"), ONE(""));
	world_fire(w, ODD);
	world_probe(w, "0");
	world_after(w, 0);
	world_probe(w, "0");
	world_after(w, 0);
	EXPECT(world_says(w, 1, "2 stopped"));
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_state(w, 1) != INCIDENT_VERIFYING);
	world_free(w);

	w = world_new(SHOP, CALLER(EACH "rolling: {stop_after_failures: 3}\n"), ONE(""));
	world_fire(w, ODD);
	for (unsigned i = 0; i < 2; i++) {
		world_probe(w, "1");
		world_exit(w, 1);
		world_after(w, 0);
	}
	EXPECT(str_starts(world_incident(w, 1).needs_person_why,
	    STR("hosts failed for every host; 0 of 2 done, 2 failed")));
	world_free(w);
}

static void
call__of_a_runbook_that_does_not_fit_goes_elsewhere(void)
{
	static const struct {
		const char *name, *with, *one, *says;
	} rows[] = {
		{ "for another service", "", ONE("service: ledger\n"),
		    "it is not for payments" },
		{ "one that may only suggest", "", ONE("ceiling: suggest\n"),
		    "it may only suggest" },
		{ "with what is no name", "with: {x: '${y}'}\n", ONE(""),
		    "its input x is not usable" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char caller[2048];
		test_row = rows[i].name;
		(void)snprintf(caller, sizeof(caller), "%s%s%s",
		    "---\nrunbook: all\nanswers: [{alertname: Odd}]\n"
		    "inputs: {y: {type: string, pattern: '.*', default: 'no name'}}\n---\n"
		    "# All\n```call hosts\nrunbook: one\n",
		    rows[i].with, "```\n" UP);
		struct world *w = world_new(SHOP, caller, rows[i].one);
		world_fire(w, ODD);
		EXPECT(str_contains(world_incident(w, 1).needs_person_why,
		    str_of(rows[i].says)));
		EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
		world_free(w);
	}
	test_row = NULL;
}

/* Only watched, by what its owner says of the called one alone. */
static void
call__of_what_is_in_shadow_does_nothing(void)
{
	struct world *w =
	    world_new(SHOP "autonomy:\n  - {shadow: true, runbook: one, owner: mei}\n",
		CALLER(""), ONE(""));
	world_fire(w, ODD);
	world_probe(w, "1");
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(world_count(w, TABLE_DECISION), 1);
	struct run_row called = last_run(w);
	EXPECT(called.shadow && called.caller != 0);
	world_free(w);
}

int
main(void)
{
	RUN(run__of_no_service_has_only_defaults);
	RUN(run__is_refused_with_the_reason);
	RUN(call__for_each_host_ends_as_all_of_them_do);
	RUN(call__of_a_runbook_that_does_not_fit_goes_elsewhere);
	RUN(call__of_what_is_in_shadow_does_nothing);
	TEST_MAIN_END();
}
