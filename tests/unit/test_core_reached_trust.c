/* Trust at its edges: who is listed, what a promotion is refused for, what counts not. */
#include "support/shop.h"
#include "support/world.h"

#define DOWN "alertname=Down,service=payments"
#define EARNED "autonomy:\n  - {trust: earned, owner: mei}\n"
#define DRILLED "drill: {every: 30d, in: staging}\n"
#define STAGING                                          \
	"  - {grant: drills, to: [ana], may: [restart]," \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"

#define BOOK(name, keys) ON(name, keys, "")
#define ON(name, keys, targets)                                 \
	"---\nrunbook: " name "\n" keys "---\n# It is down\n"   \
	"```action restart\ndo: restart-unit\n" targets "```\n" \
	"```verify up\nhttp: 'http://127.0.0.1:8080/health'\n"  \
	"expect: \"status == 200\"\nwithin: 2m\notherwise: person\n```\n"
#define PAYMENTS(keys) \
	BOOK("workers", "service: payments\nanswers: [{alertname: Down}]\n" keys)

static size_t
listed(struct world *w, const char *name, struct trust_item *ret, size_t max)
{
	return core_trust(w->core, str_of(name), w->wall, &w->arena, ret, max);
}

static struct trust_item
view(struct world *w)
{
	struct trust_item item = { 0 };
	EXPECT_U64(listed(w, "workers", &item, 1), 1);
	return item;
}

static struct trust_row
trust(struct world *w)
{
	struct trust_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_TRUST, world_last(w, TABLE_TRUST), &row));
	return row;
}

static struct run_row
the_run(struct world *w)
{
	struct run_row run = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &run));
	return run;
}

/* The verify of what acted sees this, as long as it looks. */
static void
finish(struct world *w, int64_t code)
{
	world_exit(w, 0);
	while (the_run(w).state == RUN_RUNNING) {
		struct probe_result seen = { .status = PROBE_OK, .code = code };
		if (w->probe_n > 0)
			world_answer(w, &seen);
		else
			world_after(w, 10 * SECOND);
	}
}

static void
permit(struct world *w)
{
	struct command command = { .kind = COMMAND_PERMIT,
		.incident = w->last_incident,
		.principal = STR("person:ana"),
		.digest = the_run(w).plan_digest };
	EXPECT_U64(world_command(w, &command).status, 200);
}

static void
over(struct world *w, uint64_t alert)
{
	world_resolve(w, alert);
	world_after(w, 2 * HOUR);
}

/* A runbook for any service is listed with each that it ran on, or once without one. */
static void
trust__lists_a_runbook_for_any_service_by_where_it_ran(void)
{
	struct trust_item items[4];
	struct world *w = world_new(SHOP,
	    BOOK("any", "answers: [{alertname: Down}]\n" DRILLED),
	    "---\nrunbook: to-read\nservice: ledger\nceiling: suggest\n---\n# Ask Jo\n");
	EXPECT_U64(listed(w, "", items, 4), 1); /* what has no steps proves nothing */
	EXPECT_STR(items[0].runbook, STR("any"));
	EXPECT_STR(items[0].service, STR(""));
	EXPECT_U64(items[0].drill_due_wall, 0);
	EXPECT_U64(listed(w, "", items, 0), 0);
	EXPECT_U64(listed(w, "other", items, 4), 0);
	world_fire(w, DOWN);
	finish(w, 200);
	world_fire(w, "alertname=Down,service=checkout");
	finish(w, 200);
	EXPECT_U64(listed(w, "any", items, 4), 2);
	EXPECT_STR(items[0].service, STR("payments"));
	EXPECT_STR(items[1].service, STR("checkout"));
	EXPECT_U64(listed(w, "any", items, 1), 1);
	world_free(w);

	/* Of several, each has its own; there is room for so many only. */
	w = world_new(SHOP, BOOK("one", "service: [payments, ledger]\n"),
	    BOOK("two", "answers: [{alertname: Down}]\n"));
	EXPECT_U64(listed(w, "", items, 4), 3);
	EXPECT_U64(listed(w, "", items, 1), 1);
	EXPECT_U64(listed(w, "", items, 2), 2);
	world_fire(w, DOWN);
	finish(w, 200);
	EXPECT_U64(listed(w, "two", items, 4), 1);
	EXPECT_STR(items[0].service, STR("payments"));
	EXPECT_U64(listed(w, "one", items, 4), 2);
	world_free(w);
}

static void
trust__a_promotion_names_a_level_and_may_say_why(void)
{
	struct world *w = world_new(SHOP, PAYMENTS(""), NULL);
	struct command command = { .kind = COMMAND_PROMOTE,
		.principal = STR("local-admin"),
		.admin = true,
		.name = STR("workers"),
		.target = STR("payments"),
		.digest = view(w).digest };
	EXPECT_U64(world_command(w, &command).status, 422); /* to what? */
	command.level = AUTONOMY_STEP;
	command.text = STR("until the new disks are in");
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT(view(w).level == AUTONOMY_STEP);
	EXPECT_STR(view(w).why, STR("until the new disks are in"));
	world_free(w);
}

/* Overdue, it may be lowered further, but raised only to where a person says yes first. */
static void
trust__what_is_overdue_is_promoted_to_plan_at_most(void)
{
	struct world *w = world_new(SHOP STAGING, PAYMENTS(DRILLED), NULL);
	world_after(w, 38 * DAY);
	EXPECT(view(w).stale && view(w).level == AUTONOMY_PLAN);
	struct command command = { .kind = COMMAND_PROMOTE,
		.principal = STR("person:mei"),
		.name = STR("workers"),
		.target = STR("payments"),
		.level = AUTONOMY_VETO,
		.digest = view(w).digest };
	EXPECT(str_contains(world_command(w, &command).error, STR("its drill is overdue")));
	command.level = AUTONOMY_STEP;
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT(view(w).level == AUTONOMY_STEP);
	/* Not drilled any more: nothing is overdue. */
	EXPECT_U64(world_gap(w, GAP_DRILL, "workers on payments").count, 1);
	world_adopt(w, SHOP STAGING, PAYMENTS(""));
	EXPECT(!view(w).stale);
	EXPECT_U64(world_gap(w, GAP_DRILL, "workers on payments").count, 0);
	world_free(w);
}

/* Enough ends for more, but the drill is overdue. */
static void
trust__what_is_lacking_may_be_a_drill(void)
{
	struct world *w = world_new(SHOP STAGING EARNED, PAYMENTS(DRILLED), NULL);
	struct command command = { .kind = COMMAND_PROMOTE,
		.principal = STR("person:mei"),
		.name = STR("workers"),
		.target = STR("payments"),
		.level = AUTONOMY_STEP,
		.digest = view(w).digest };
	EXPECT_U64(world_command(w, &command).status, 200);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t alert = world_fire(w, DOWN);
		permit(w);
		finish(w, 200);
		over(w, alert);
	}
	EXPECT(view(w).earns == AUTONOMY_AUTO);
	command.level = AUTONOMY_AUTO;
	command.digest = view(w).digest;
	EXPECT_U64(world_command(w, &command).status, 200);
	world_after(w, 38 * DAY);
	EXPECT(view(w).stale && view(w).level == AUTONOMY_PLAN);
	EXPECT(str_starts(view(w).next, STR("veto needs a drill: ")));
	world_free(w);
}

/* It is lowered once, also when it fails again. */
static void
trust__what_is_low_already_is_not_lowered(void)
{
	struct world *w = world_new(SHOP, PAYMENTS(""), NULL);
	uint64_t alert = world_fire(w, DOWN);
	finish(w, 503);
	over(w, alert);
	EXPECT_U64(trust(w).demotions, 1);
	alert = world_fire(w, DOWN);
	permit(w);
	finish(w, 503);
	EXPECT_U64(trust(w).demotions, 1);
	EXPECT_U64(trust(w).failed, 2);
	EXPECT_STR(trust(w).history, STR("FF"));
	world_free(w);
}

/* Whoever stops a drill, or a run whose runbook is gone, says nothing of the runbook. */
static void
trust__what_says_nothing_of_the_runbook_is_not_counted(void)
{
	struct world *w = world_new(SHOP STAGING,
	    ON("workers", "service: payments\n" DRILLED,
		"targets: {service: payments, role: worker}\n"),
	    NULL);
	struct command drill = { .kind = COMMAND_DRILL,
		.principal = STR("person:ana"),
		.name = STR("workers"),
		.environment = STR("staging") };
	EXPECT_U64(world_command(w, &drill).status, 202);
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	EXPECT_STR(trust(w).history, STR(""));
	EXPECT_U64(trust(w).overridden, 0);
	world_free(w);

	w = world_new(SHOP, PAYMENTS(""), NULL);
	world_fire(w, DOWN);
	world_adopt(w, SHOP, BOOK("another", ""));
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	EXPECT_U64(world_count(w, TABLE_TRUST), 0);
	world_free(w);
}

int
main(void)
{
	RUN(trust__lists_a_runbook_for_any_service_by_where_it_ran);
	RUN(trust__a_promotion_names_a_level_and_may_say_why);
	RUN(trust__what_is_overdue_is_promoted_to_plan_at_most);
	RUN(trust__what_is_lacking_may_be_a_drill);
	RUN(trust__what_is_low_already_is_not_lowered);
	RUN(trust__what_says_nothing_of_the_runbook_is_not_counted);
	TEST_MAIN_END();
}
