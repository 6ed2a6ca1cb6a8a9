/* Targets that go different ways in one batch, and hosts that are no longer what they were. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define ODD "alertname=Odd"
#define HOSTS(second)                                                      \
	SHOP_TOP SHOP_PEOPLE                                               \
	    "services:\n  web: {owner: platform-ops, tier: 2}\n"           \
	    "  other: {owner: platform-ops, tier: 2}\n"                    \
	    "hosts:\n"                                                     \
	    "  web-1: {service: web, role: front}\n" second                \
	    "  web-3: {service: web, role: front}\n"                       \
	    "alerts:\n  - {match: {alertname: Odd}, service: web}\n"       \
	    "actions:\n"                                                   \
	    "  restart: {verb: restart, run: [restart, '${target}']}\n"    \
	    "authority:\n"                                                 \
	    "  - {grant: anything, to: [automation, ana], may: [restart]," \
	    " on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"
#define WEB_2 "  web-2: {service: web, role: front}\n"
#define BOOK(rolling)                                                               \
	"---\nrunbook: r\nservice: web\nanswers: [{alertname: Odd}]\n---\n# R\n"    \
	"```action go\ndo: restart\ntargets: {service: web, role: front}\n" rolling \
	"```\n"                                                                     \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
#define TWICE "retry: {times: 1, wait: 1m}\n"

static struct run_row
the_run(struct world *w)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &row));
	return row;
}

static const char *
outcomes(struct world *w)
{
	static char text[1024];
	static const char *const names[] = { "", "out", "asked", "waits", "done", "failed",
		"timed-out", "refused", "not-done", "stopped", "interrupted" };
	struct run_row run = the_run(w);
	const struct rolled *p = run.rolled.p;
	size_t n = 0;
	text[0] = 0;
	for (size_t i = 0; i < run.rolled.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s %s",
		    i > 0 ? ", " : "", STR_ARG(p[i].target), names[p[i].state]);
	return text;
}
#define EXPECT_OUTCOMES(w, want) EXPECT_STR(str_of(outcomes(w)), str_of(want))

static struct world *
rolling(const char *book)
{
	struct world *w = world_new(HOSTS(WEB_2), book, NULL);
	world_fire(w, ODD);
	return w;
}

/* Each is tried again after its own while; whichever is due first begins first. */
static void
roll__tries_each_again_when_it_is_due(void)
{
	struct world *w = rolling(BOOK("rolling: {batch: 3}\n" TWICE));
	world_exit(w, 1);
	world_after(w, 20 * SECOND);
	world_exit(w, 1);
	world_exit(w, 0);
	EXPECT_OUTCOMES(w, "web-1 waits, web-2 waits, web-3 done");
	world_after(w, 40 * SECOND);
	EXPECT_OUTCOMES(w, "web-1 out, web-2 waits, web-3 done");
	world_restart(w);
	world_after(w, 20 * SECOND);
	EXPECT_OUTCOMES(w, "web-1 out, web-2 out, web-3 done");
	world_exit(w, 0);
	world_exit(w, 0);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_free(w);
}

/* Once one failed for good, the others end what they are at, and nothing else begins. */
static void
roll__begins_nothing_more_once_one_has_failed(void)
{
	static const struct {
		const char *name;
		enum attempt_news news; /* of the second, which is out then */
		int code;
		const char *then;
	} rows[] = {
		{ "it fails too", NEWS_EXITED, 1, "web-1 failed, web-2 failed" },
		{ "it never started", NEWS_NEVER_STARTED, 0,
		    "web-1 failed, web-2 not-done" },
		{ "it is done", NEWS_EXITED, 0, "web-1 failed, web-2 done" },
		{ "its time is up", NEWS_TIMED_OUT, 0, "web-1 failed, web-2 timed-out" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = rolling(BOOK("rolling: {batch: 2}\n" TWICE));
		world_exit(w, 1);
		world_after(w, MINUTE);
		EXPECT_OUTCOMES(w, "web-1 out, web-2 out");
		/* Attempts are answered oldest first: web-2's is. */
		row_id second = w->attempts[0];
		w->attempts[0] = w->attempts[1];
		w->attempts[1] = second;
		world_exit(w, 1);
		if (rows[i].news == NEWS_EXITED)
			world_exit(w, rows[i].code);
		else
			world_news(w, rows[i].news);
		world_after(w, 2 * MINUTE);
		EXPECT_OUTCOMES(w, rows[i].then);
		EXPECT_U64(w->attempt_n, 0);
		EXPECT(the_run(w).state == RUN_NEEDS_PERSON);
		world_free(w);
	}
	test_row = NULL;
}

/* While it waits to be tried again, the host becomes another's, or goes. */
static void
roll__leaves_a_host_that_is_no_longer_what_it_was(void)
{
	static const struct {
		const char *name, *yaml;
	} rows[] = {
		{ "gone", HOSTS("") },
		{ "another role", HOSTS("  web-2: {service: web, role: store}\n") },
		{ "another service", HOSTS("  web-2: {service: other, role: front}\n") },
		{ "another environment",
		    HOSTS("  web-2: {service: web, role: front, environment: staging}\n") },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = rolling(BOOK("rolling: {batch: 2}\n" TWICE));
		world_exit(w, 0);
		world_exit(w, 1);
		EXPECT_OUTCOMES(w, "web-1 done, web-2 waits");
		world_adopt(w, rows[i].yaml, BOOK("rolling: {batch: 2}\n" TWICE));
		world_after(w, 2 * MINUTE);
		EXPECT_U64(w->attempt_n, 0);
		EXPECT(the_run(w).state == RUN_NEEDS_PERSON);
		EXPECT(str_contains(world_incident(w, 1).needs_person_why, STR("web-2")));
		world_free(w);
	}
	test_row = NULL;
}

int
main(void)
{
	RUN(roll__tries_each_again_when_it_is_due);
	RUN(roll__begins_nothing_more_once_one_has_failed);
	RUN(roll__leaves_a_host_that_is_no_longer_what_it_was);
	TEST_MAIN_END();
}
