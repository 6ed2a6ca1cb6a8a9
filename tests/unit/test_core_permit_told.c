/* What people read of a plan that waits for their yes, and what they say with it. */
#include <stdio.h>

#include "core/state.h"
#include "support/steps_shop.h"
#include "support/world.h"

#define LIVE                                                                      \
	"  grow: {verb: scale, params: {size: {type: integer, min: 1, max: 9}}, " \
	"run: [grow, '${size}'], observe: {size: {promql: size}}}\n"
#define CONFIG                                                                \
	SHOP_TOP SHOP_PEOPLE SHOP_SERVICES STEPS_ACTIONS LIVE STEPS_AUTHORITY \
	    "  - {approval: much, for: [grow], when: {size: '> 2x'}, by: [mei]}\n"
#define BOOK(steps)                                                         \
	"---\nrunbook: r\nservice: payments\nanswers: [{alertname: Odd}]\n" \
	"ceiling: plan\n---\n# R\n" steps UP

static struct reply
say(struct world *w, enum command_kind kind, const char *words)
{
	return world_command(w, &(struct command){ .kind = kind,
				    .incident = 1,
				    .principal = STR("person:ana"),
				    .text = str_of(words),
				    .digest = last_run(w).plan_digest });
}

static void
permit__is_asked_for_with_all_that_would_be_done(void)
{
	static const struct {
		const char *steps, *says;
	} rows[] = {
		{ "```action go\ndo: scale\nwith: {replicas: 3}\n```\n",
		    "go: scale on payments with replicas=3 (allow: " },
		{ "```action go\ndo: scale\nwith: {replicas: 3, zone: north}\n```\n",
		    "go: scale on payments with replicas=3, zone=north (allow: " },
		{ "```action go\ndo: grow\nwith: {size: 3}\n```\n",
		    "go: grow on payments with size=3 (decided then: what is live is "
		    "looked "
		    "at before it is decided)" },
		{ "```action one\ndo: scale\nwith: {replicas: 3}\n```\n"
		  "```action two\ndo: scale\nwith: {replicas: 4}\n```\n",
		    "two: scale on payments with replicas=4 (allow: " },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char book[2048];
		test_row = rows[i].says;
		(void)snprintf(book, sizeof(book), BOOK("%s"), rows[i].steps);
		struct world *w = world_new(CONFIG, book, NULL);
		world_fire(w, ODD);
		EXPECT(last_run(w).phase == PHASE_PERMIT);
		EXPECT(str_contains(world_last_notice(w)->text, str_of(rows[i].says)));
		EXPECT_U64(w->attempt_n, 0);
		world_free(w);
	}
}

static void
permit__is_kept_with_the_words_that_came_with_it(void)
{
	static const struct {
		enum command_kind kind;
		const char *words, *says;
	} rows[] = {
		{ COMMAND_PERMIT, "", "permitted runbook r to do scale on payments" },
		{ COMMAND_PERMIT, "go ahead",
		    "permitted runbook r to do scale on payments: go ahead" },
		{ COMMAND_VETO, "", "vetoed runbook r" },
		{ COMMAND_VETO, "not today", "vetoed runbook r: not today" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].says;
		struct world *w = world_new(CONFIG,
		    BOOK("```action go\ndo: scale\nwith: {replicas: 3}\n```\n"), NULL);
		world_fire(w, ODD);
		EXPECT_U64(say(w, rows[i].kind, rows[i].words).status, 200);
		EXPECT(world_says(w, 1, rows[i].says));
		EXPECT_U64(w->attempt_n, rows[i].kind == COMMAND_PERMIT ? 1 : 0);
		/* It was answered: there is nothing left to say to. */
		EXPECT_U64(say(w, rows[i].kind, "").status, 409);
		world_free(w);
	}
}

/* Seen was one value; by now it would be another. */
static void
permit__of_other_values_than_were_seen_counts_for_nothing(void)
{
	struct world *w = world_new(CONFIG,
	    BOOK("```action go\ndo: scale\nwith: {replicas: 3}\n```\n"), NULL);
	world_fire(w, ODD);
	struct command permit = { .kind = COMMAND_PERMIT,
		.incident = 1,
		.principal = STR("person:ana"),
		.digest = last_run(w).plan_digest };
	permit.digest.b[31] ^= 1;
	EXPECT_U64(world_command(w, &permit).status, 409);
	permit.digest = (hash32){ 0 };
	EXPECT_U64(world_command(w, &permit).status, 422);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

int
main(void)
{
	RUN(permit__is_asked_for_with_all_that_would_be_done);
	RUN(permit__is_kept_with_the_words_that_came_with_it);
	RUN(permit__of_other_values_than_were_seen_counts_for_nothing);
	TEST_MAIN_END();
}
