/* What a run goes on with, by what became of each attempt before. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define TOP                                                                           \
	SHOP_TOP SHOP_PEOPLE "services:\n  web: {owner: platform-ops, tier: 2}\n"     \
			     "hosts:\n  web-1: {service: web, role: front}\n"         \
			     "  web-2: {service: web, role: front}\n"                 \
			     "alerts:\n  - {match: {alertname: Odd}, service: web}\n" \
			     "actions:\n  restart: {verb: restart, run: [restart, "   \
			     "'${target}']}\nauthority:\n  - {grant: anything, to: "  \
			     "[automation, ana, {agent: sre}], may: [restart], on: "  \
			     "{tier: [2]}, until: 2030-01-01, owner: mei}\n"
#define BOOK                                                                     \
	"---\nrunbook: r\nservice: web\nanswers: [{alertname: Odd}]\n---\n# R\n" \
	"```action go\ndo: restart\ntargets: {service: web, role: front}\n"      \
	"rolling: {batch: 2}\notherwise: person\n```\n"                          \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"

static struct run_row
the_run(struct world *w)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &row));
	return row;
}

static struct reply
go_on(struct world *w, row_id id)
{
	struct run_row before;
	EXPECT(world_row_get(w, TABLE_RUN, id, &before));
	return world_command(w, &(struct command){ .kind = COMMAND_CONTINUE,
				    .row = id,
				    .incident = before.incident,
				    .principal = STR("person:ana"),
				    .before = { &before, 1 } });
}

static void
continue__does_again_what_may_not_have_happened(void)
{
	static const struct {
		const char *name;
		enum attempt_news news; /* of web-1; web-2 is restarted */
		int code;
		enum happened settled; /* by a person, of one in doubt */
		const char *says;
	} rows[] = {
		{ "failed", NEWS_EXITED, 1, 0, "1 is done and left alone" },
		{ "killed", NEWS_KILLED, 0, 0,
		    "1 is done and left alone; 1 may have happened, and is done again" },
		{ "timed out", NEWS_TIMED_OUT, 0, 0,
		    "1 is done and left alone; 1 may have happened, and is done again" },
		{ "in doubt, and it did not", NEWS_UNKNOWN, 0, HAPPENED_NO,
		    "1 is done and left alone" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(TOP, BOOK, NULL);
		world_fire(w, "alertname=Odd");
		EXPECT_U64(w->attempt_n, 2);
		row_id doubtful = w->attempts[0], run = the_run(w).id;
		if (rows[i].news == NEWS_EXITED)
			world_exit(w, rows[i].code);
		else
			world_news(w, rows[i].news);
		world_exit(w, 0);
		if (the_run(w).state == RUN_RUNNING) {
			struct command cancel = { .kind = COMMAND_CANCEL,
				.incident = 1,
				.principal = STR("person:ana") };
			EXPECT_U64(world_command(w, &cancel).status, 200);
		}
		if (rows[i].settled != 0) {
			EXPECT_U64(go_on(w, run).status, 409); /* nobody knows yet */
			struct command settle = { .kind = COMMAND_SETTLE,
				.row = doubtful,
				.principal = STR("person:ana"),
				.happened = rows[i].settled };
			EXPECT_U64(world_command(w, &settle).status, 200);
		}
		EXPECT(the_run(w).state != RUN_RUNNING);
		struct reply reply = go_on(w, run);
		EXPECT_U64(reply.status, 202);
		EXPECT(world_says(w, 1, rows[i].says));
		EXPECT_U64(w->attempt_n, 1);
		EXPECT_STR(world_attempt(w, w->attempts[0]).target, STR("web-1"));
		world_free(w);
	}
}

int
main(void)
{
	RUN(continue__does_again_what_may_not_have_happened);
	TEST_MAIN_END();
}
