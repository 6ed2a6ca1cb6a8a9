/* call with `each`: a runbook for one host after the other, and what became of each. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define ODD "alertname=Odd"
#define TOP TOP_OF("  web-2: {service: web, role: front}\n")
#define TOP_OF(web2)                                                                  \
	SHOP_TOP SHOP_PEOPLE "services:\n  web: {owner: platform-ops, tier: 2}\n"     \
			     "hosts:\n"                                               \
			     "  web-1: {service: web, role: front}\n" web2            \
			     "  web-3: {service: web, role: front}\n"                 \
			     "  db-1: {service: web, role: store}\n"                  \
			     "alerts:\n  - {match: {alertname: Odd}, service: web}\n" \
			     "actions:\n"                                             \
			     "  drain: {verb: drain, run: [drain, '${target}'],"      \
			     " undo: {do: fill, within: 1h}}\n"                       \
			     "  fill: {verb: drain, run: [fill, '${target}']}\n"      \
			     "  restart: {verb: restart, run: [restart, '${target}']}\n"
#define CONFIG TOP AUTHORITY
#define AUTHORITY                                                        \
	"authority:\n"                                                   \
	"  - {grant: anything, to: [automation], may: [drain, restart]," \
	" on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"

#define CALLER(rest)                                                                 \
	"---\nrunbook: all\nservice: web\nanswers: [{alertname: Odd}]\n---\n# All\n" \
	"```call hosts\nrunbook: one\neach: {service: web, role: front}\n"           \
	"with: {host: '${target}'}\n" rest "```\n"                                   \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\nundo: true\n```\n"
#define ONE                                                                   \
	"---\nrunbook: one\nservice: web\n"                                   \
	"inputs: {host: {type: host, default: db-1}}\n---\n# One\n"           \
	"```check bad\npromql: 'bad{host=\"${host}\"}'\nexpect: '> 0'\n```\n" \
	"```action drain\ndo: drain\n"                                        \
	"targets: {service: web, role: front, host: '${host}'}\n```\n"        \
	"```action restart\ndo: restart\n"                                    \
	"targets: {service: web, host: '${host}'}\n```\n"                     \
	"```verify well\npromql: 'up{host=\"${host}\"}'\nexpect: '> 0'\nwithin: 1m\n```\n"

static struct run_row
caller(struct world *w)
{
	struct run_row row = { 0 };
	for (row_id id = 1; id <= world_last(w, TABLE_RUN); id++) {
		if (world_row_get(w, TABLE_RUN, id, &row) &&
		    str_eq(row.runbook, STR("all")))
			return row;
	}
	EXPECT(false);
	return row;
}

static const char *
outcomes(struct world *w)
{
	static char text[1024];
	static const char *const names[] = { "", "out", "asked", "waits", "done", "failed",
		"timed-out", "refused", "not-done", "stopped" };
	struct run_row run = caller(w);
	const struct rolled *p = run.rolled.p;
	size_t n = 0;
	text[0] = 0;
	for (size_t i = 0; i < run.rolled.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s %s",
		    i > 0 ? ", " : "", STR_ARG(p[i].target), names[p[i].state]);
	return text;
}
#define EXPECT_OUTCOMES(w, want) EXPECT_STR(str_of(outcomes(w)), str_of(want))

/* The host in work: it is bad, drained, restarted, and well. */
static void
one_host(struct world *w, const char *host)
{
	world_probe(w, "1");
	EXPECT_STR(world_attempt(w, w->attempts[0]).target, str_of(host));
	world_exit(w, 0);
	world_exit(w, 0);
	world_probe(w, "1");
	world_after(w, 0);
}

static void
each__host_has_its_own_run_and_its_own_outcome(void)
{
	struct world *w = world_new(CONFIG, CALLER(""), ONE);
	world_fire(w, ODD);
	EXPECT(world_says(w, 1, "runbook one starts, called by all for web-1"));
	EXPECT_OUTCOMES(w, "web-1 out");
	one_host(w, "web-1");
	world_restart(w);
	EXPECT_OUTCOMES(w, "web-1 done, web-2 out");
	world_probe(w, "0"); /* nothing is wrong with web-2 */
	world_restart(w);
	world_after(w, 0);
	EXPECT_OUTCOMES(w, "web-1 done, web-2 stopped, web-3 out");
	one_host(w, "web-3");
	EXPECT(world_says(w, 1, "hosts: 2 of 3 done, 1 stopped"));
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_probe(w, "1");
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	world_free(w);
}

static void
each__goes_on_until_so_many_failed(void)
{
	struct world *w = world_new(CONFIG,
	    CALLER("rolling: {pause: 30s,"
		   " stop_after_failures: 2}\n"),
	    ONE);
	world_fire(w, ODD);
	world_probe(w, "1");
	world_exit(w, 1); /* web-1 cannot be drained */
	EXPECT_OUTCOMES(w, "web-1 failed");
	EXPECT(!world_incident(w, 1).needs_person);
	world_after(w, 29 * SECOND);
	EXPECT_OUTCOMES(w, "web-1 failed");
	world_restart(w);
	world_after(w, SECOND);
	EXPECT_OUTCOMES(w, "web-1 failed, web-2 out");
	world_probe(w, "1");
	world_exit(w, 1);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("hosts for web-2: drain failed on web-2"
		"; 0 of 3 done, 2 failed, 1 not begun: `firstline run all --continue 5` "
		"goes on with the rest"));
	EXPECT(world_says(w, 1, "hosts: 0 of 3 done, 2 failed, 1 not begun"));
	world_free(w);
}

static void
each__what_all_did_is_the_callers_to_take_back(void)
{
	struct world *w = world_new(CONFIG, CALLER(""), ONE);
	world_fire(w, ODD);
	one_host(w, "web-1");
	one_host(w, "web-2");
	one_host(w, "web-3");
	world_see(w, "0", 3 * MINUTE);
	EXPECT_STR(world_attempt(w, w->attempts[0]).argv.p[1], STR("web-3"));
	world_exit(w, 0);
	EXPECT_STR(world_attempt(w, w->attempts[0]).argv.p[1], STR("web-2"));
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT(world_incident(w, 1).needs_person);
	world_free(w);
}

static void
each__says_what_is_wrong_with_its_hosts(void)
{
	/* The store is a host of web, but none of its fronts. */
	struct world *w = world_new(CONFIG,
	    "---\nrunbook: all\nservice: web\nanswers: [{alertname: Odd}]\n---\n# All\n"
	    "```call hosts\nrunbook: one\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n",
	    ONE);
	world_fire(w, ODD);
	world_probe(w, "1");
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("db-1 is no host of web with role front in production"));
	world_free(w);

	/* What is gone when its turn comes is not called for. */
	w = world_new(CONFIG, CALLER(""), ONE);
	world_fire(w, ODD);
	world_adopt_both(w, TOP_OF("") AUTHORITY, CALLER(""), ONE, "");
	world_probe(w, "0");
	world_after(w, 0);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("web-2 is no longer one of the targets of hosts: 2 of 3 are not touched"
		"; 0 of 3 done, 1 stopped, 2 not begun: `firstline run all --continue 5` "
		"goes on with the rest"));
	world_free(w);
}

#define MANY_ASK "  - {approval: many ask, for: any, when: {targets: '> 2'}, by: mei}\n"

/* One host of each call, and the plan has three: nesting is no way around who must agree. */
static void
each__is_a_plan_of_all_its_hosts(void)
{
	struct world *w = world_new(CONFIG MANY_ASK, CALLER(""), ONE);
	world_fire(w, ODD);
	world_probe(w, "1");
	EXPECT_U64(w->attempt_n, 0);
	struct asked_row asked = { 0 };
	EXPECT(world_row_get(w, TABLE_ASKED, world_last(w, TABLE_ASKED), &asked));
	EXPECT(asked.state == ASKED_APPROVAL);
	EXPECT_U64(asked.given.targets_n, 3);
	world_free(w);
}

static void
each__ends_with_its_caller(void)
{
	for (unsigned between = 0; between < 2; between++) {
		struct world *w = world_new(CONFIG, CALLER("rolling: {pause: 1m}\n"), ONE);
		world_fire(w, ODD);
		if (between)
			world_probe(w, "0");
		EXPECT_U64(world_ask(w, COMMAND_STOP_ALL, 0, "person:ana").status, 200);
		EXPECT_OUTCOMES(w, between ? "web-1 stopped" : "web-1 not-done");
		world_restart(w);
		world_after(w, HOUR);
		EXPECT_U64(core_counts(w->core).runs, 0);
		world_free(w);
	}
}

/* A runbook that was taken out does nothing more by those that it called, either. */
static void
each__ends_where_the_caller_was_taken_out(void)
{
	struct world *w = world_new(CONFIG, CALLER(""), ONE);
	world_fire(w, ODD);
	world_probe(w, "1");
	EXPECT_U64(w->attempt_n, 1);
	world_adopt(w, CONFIG, ONE);
	world_exit(w, 0); /* drained; its restart is not begun any more */
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_says(w, 1,
	    "runbook all was changed or taken out since this run of it began"));
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_OUTCOMES(w, "web-1 failed");
	world_free(w);
}

static void
each__begins_no_further_host_for_a_caller_that_was_changed(void)
{
	struct world *w = world_new(CONFIG, CALLER(""), ONE);
	world_fire(w, ODD);
	world_probe(w, "1");
	world_exit(w, 0);
	world_exit(w, 0);
	world_adopt_both(w, CONFIG, CALLER("rolling: {pause: 1s}\n"), ONE, "person:ana");
	world_probe(w, "1"); /* web-1 is done */
	world_after(w, 0);
	EXPECT_OUTCOMES(w, "web-1 done");
	EXPECT_U64(w->probe_n, 0); /* of web-2 nothing is even asked */
	EXPECT(str_starts(world_incident(w, 1).needs_person_why,
	    STR("hosts: runbook all was changed or taken out since this run of it began")));
	world_restart(w);
	world_free(w);
}

/* What is under way carries what hands need to see the same; what takes back does not. */
static void
each__an_order_names_the_runbooks_that_called(void)
{
	struct world *w = world_new(CONFIG, CALLER(""), ONE);
	world_fire(w, ODD);
	world_probe(w, "1");
	struct decision_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_DECISION, world_last(w, TABLE_DECISION), &row));
	const struct brought *callers = row.given.callers.p;
	struct run_row run = caller(w);
	EXPECT_U64(row.given.callers.n, 1);
	EXPECT(hash32_eq(&callers[0].runbook, &run.runbook_hash));
	world_free(w);
}

/* Whoever wrote the caller agrees to nothing that it has done by another one. */
static void
each__a_caller_is_not_approved_by_who_brought_it_in(void)
{
#define AGREED                                                      \
	CONFIG "  - {approval: drains are agreed on, for: [drain]," \
	       " by: [ana, mei], not: reloader}\n"
	struct world *w = world_new(AGREED, NULL, NULL);
	world_adopt_by(w, AGREED, ONE, "person:ana");
	world_adopt_both(w, AGREED, CALLER(""), ONE, "person:mei");
	world_adopt_both(w, AGREED "listen: 127.0.0.1:9999\n", CALLER(""), ONE,
	    "person:ana");
	world_restart(w);
	world_fire(w, ODD);
	world_probe(w, "1");
	struct decision_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_DECISION, world_last(w, TABLE_DECISION), &row));
	const struct brought *callers = row.given.callers.p;
	EXPECT(row.given.callers.n == 1 && str_eq(callers[0].by, STR("person:mei")));
	EXPECT_STR(row.given.runbook_by, STR("person:ana"));
	EXPECT(world_says(w, 1, "nobody may approve it now"));
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

int
main(void)
{
	RUN(each__host_has_its_own_run_and_its_own_outcome);
	RUN(each__goes_on_until_so_many_failed);
	RUN(each__what_all_did_is_the_callers_to_take_back);
	RUN(each__says_what_is_wrong_with_its_hosts);
	RUN(each__is_a_plan_of_all_its_hosts);
	RUN(each__ends_with_its_caller);
	RUN(each__ends_where_the_caller_was_taken_out);
	RUN(each__begins_no_further_host_for_a_caller_that_was_changed);
	RUN(each__an_order_names_the_runbooks_that_called);
	RUN(each__a_caller_is_not_approved_by_who_brought_it_in);
	TEST_MAIN_END();
}
