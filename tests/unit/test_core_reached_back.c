/* Taking back within a run, by how each attempt ended; shadow; words that could act. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=mail"
#define DRAINS(more)                                                      \
	SHOP_ACTIONS                                                      \
	"  drain: {verb: drain, run: [lb, drain, '${target}']" more "}\n" \
	"  drain-safe: {verb: drain, run: [lb, drain, '${target}'],"      \
	" repeat: safe, undo: {do: fill, within: 2h}}\n"                  \
	"  fill: {verb: fill, run: [lb, fill, '${target}']}\n"
#define BACK ", undo: {do: fill, within: 2h}"
#define AUTHORITY                                                        \
	SHOP_AUTHORITY                                                   \
	"  - {grant: automation drains, to: [automation], may: [drain]," \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"
#define CONFIG(back) SHOP_TOP SHOP_PEOPLE SHOP_SERVICES DRAINS(back) AUTHORITY
#define BOOK(action)                                            \
	"---\nrunbook: drain-it\nservice: payments\n"           \
	"answers: [{alertname: QueueStuck}]\n---\n# Drain it\n" \
	"```action drain\ndo: " action "\n```\n"                \
	"```verify drained\npromql: depth\nexpect: '< 50'\nwithin: 2m\nundo: true\n```\n"

static struct attempt_row
last_attempt(struct world *w)
{
	return world_attempt(w, world_last(w, TABLE_ATTEMPT));
}

static str
person_why(struct world *w)
{
	return world_incident(w, 1).needs_person_why;
}

static void
settle(struct world *w, enum happened happened)
{
	struct command command = { .kind = COMMAND_SETTLE,
		.row = world_last(w, TABLE_ATTEMPT),
		.principal = STR("person:ana"),
		.happened = happened };
	EXPECT_U64(world_command(w, &command).status, 200);
}

/* What surely was not done is passed over; what may have been is a person's. */
static void
back__takes_back_what_happened_and_nothing_else(void)
{
	static const struct {
		const char *name, *action;
		enum attempt_news news;
		enum happened happened; /* as a person says */
		bool again;             /* it is done once more */
		const char *why;        /* NULL: one is taken back */
	} rows[] = {
		{ "it did not start, then it did", "drain", NEWS_NEVER_STARTED, 0, true,
		    NULL },
		{ "it did not happen, then it did", "drain", NEWS_UNKNOWN, HAPPENED_NO,
		    true, NULL },
		{ "it did happen", "drain", NEWS_UNKNOWN, HAPPENED_YES, false, NULL },
		{ "nobody knows whether it did, and it was repeated", "drain-safe",
		    NEWS_UNKNOWN, HAPPENED_UNKNOWN, true,
		    "nobody knows whether it happened" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char book[1024];
		test_row = rows[i].name;
		(void)snprintf(book, sizeof(book), BOOK("%s"), rows[i].action);
		struct world *w = world_new(CONFIG(BACK), book, NULL);
		world_fire(w, STUCK);
		world_news(w, rows[i].news);
		if (rows[i].happened != HAPPENED_UNKNOWN)
			settle(w, rows[i].happened);
		world_after(w, MINUTE);
		EXPECT_U64(w->attempt_n, rows[i].again ? 1 : 0);
		if (rows[i].again)
			world_exit(w, 0);
		EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
		world_see(w, "812", 2 * MINUTE);
		EXPECT_U64(w->attempt_n, 1); /* the last one first */
		EXPECT_STR(last_attempt(w).action, STR("fill"));
		world_exit(w, 0);
		EXPECT_U64(w->attempt_n, 0); /* and no other */
		if (rows[i].why != NULL)
			EXPECT(str_contains(person_why(w), str_of(rows[i].why)));
		EXPECT(world_incident(w, 1).needs_person);
		world_free(w);
	}
	test_row = NULL;
}

/* Its action has no undo any more, or is gone. */
static void
back__of_an_action_that_is_gone_is_a_persons(void)
{
	struct world *w = world_new(CONFIG(BACK), BOOK("drain"), NULL);
	world_fire(w, STUCK);
	world_exit(w, 0);
	world_adopt(w, SHOP, NULL);
	world_see(w, "812", 2 * MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(str_contains(person_why(w), STR("nothing takes drain back")));
	world_free(w);
}

/* ---- shadow ---- */

#define SHADOW "autonomy:\n  - {shadow: true, service: payments, owner: mei}\n"
#define WATCHED(steps)                                               \
	"---\nrunbook: watched\nservice: payments\n"                 \
	"answers: [{alertname: QueueStuck}]\n---\n# Watched\n" steps \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
#define GO "```action go\ndo: restart-unit\n```\n"

static void
shadow__says_what_it_would_have_done_and_who_ended_it(void)
{
	for (int acted = 0; acted < 2; acted++) {
		struct world *w = world_new(SHOP SHADOW, WATCHED(GO), NULL);
		uint64_t alert = world_fire(w, STUCK);
		EXPECT(str_contains(person_why(w), STR("would have started 1 action; ")));
		struct command restart = { .kind = COMMAND_RUN,
			.incident = 1,
			.name = STR("restart-unit"),
			.action = true,
			.target = STR("pay-1"),
			.principal = STR("person:ana") };
		if (acted) {
			EXPECT_U64(world_command(w, &restart).status, 202);
			world_exit(w, 0);
		}
		world_resolve(w, alert);
		world_after(w, HOUR);
		EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
		EXPECT(world_says(w, 1,
		    acted ? "would have acted; a person ended it"
			  : "would have acted; it ended by itself"));
		world_free(w);
	}
}

/* Nobody is asked in shadow: it ends there, and would have done nothing so far. */
static void
shadow__asks_nobody(void)
{
	struct world *w = world_new(SHOP SHADOW,
	    WATCHED("```ask which\nquestion: left?\nanswer: {type: one-of, values: "
		    "[left, right]}\nwithin: 10m\n```\n" GO),
	    NULL);
	world_fire(w, STUCK);
	EXPECT(str_contains(person_why(w), STR("would have started 0 actions; ")));
	EXPECT_U64(world_told(w, PURPOSE_QUESTION, NULL), 0);
	EXPECT_STR(world_incident(w, 1).shadow, STR(""));
	world_free(w);
}

/* ---- words ---- */

/* Text of others that would act on a terminal, or turn what is read around. */
static void
text__of_others_does_nothing_where_it_is_shown(void)
{
	static const struct {
		const char *name, *in, *line, *shown;
	} rows[] = {
		{ "plain", "disk \xc3\xa9", "disk \xc3\xa9", "disk \xc3\xa9" },
		{ "lines", "a\n\tb", "a  b", "a\n\tb" },
		{ "an escape", "a\x1b[2J", "a [2J", "a?[2J" },
		{ "delete", "a\x7f", "a ", "a?" },
		{ "control of latin-1",
		    "a\xc2\x9b"
		    "b",
		    "a?b", "a?b" },
		{ "right to left",
		    "a\xe2\x80\xae"
		    "b",
		    "a?b", "a?b" },
		{ "nothing", "", "", "" },
	};
	struct world *w = world_new(SHOP, NULL, NULL);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		EXPECT_STR(text_line(w->core, str_of(rows[i].in), 100),
		    str_of(rows[i].line));
		EXPECT_STR(text_shown(w->core, str_of(rows[i].in)), str_of(rows[i].shown));
	}
	test_row = NULL;
	world_free(w);
}

int
main(void)
{
	RUN(back__takes_back_what_happened_and_nothing_else);
	RUN(back__of_an_action_that_is_gone_is_a_persons);
	RUN(shadow__says_what_it_would_have_done_and_who_ended_it);
	RUN(shadow__asks_nobody);
	RUN(text__of_others_does_nothing_where_it_is_shown);
	TEST_MAIN_END();
}
