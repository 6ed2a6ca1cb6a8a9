/* What a yes, or silence, is for: plans that change while somebody is asked about them. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define DOWN "alertname=Down,service=payments"
#define RULES                                                               \
	"  - {grant: automation stops, to: [automation, ana], may: [stop]," \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"
#define DRAIN "  drain: {verb: stop, run: [drain, '${target}']}\n"
#define CONFIG(rules) \
	SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS DRAIN SHOP_AUTHORITY RULES rules
#define NO_RESTARTS                                                          \
	"  - {prohibit: not now, may: [restart], on: {service: [payments]}," \
	" until: 2030-01-01, because: it is being moved}\n"
#define ONE_AN_HOUR \
	"  - {limit: one an hour, for: [restart], within: {per_service: 1 in 1h}}\n"

#define BOOK(keys, steps)                                                \
	"---\nrunbook: two-steps\nservice: payments\n"                   \
	"answers: [{alertname: Down}]\n" keys "---\n# Two steps\n" steps \
	"```verify up\nhttp: 'http://127.0.0.1:8080/health'\n"           \
	"expect: \"status == 200\"\nwithin: 2m\notherwise: person\n```\n"
#define ON_WORKERS(name, action, more)         \
	"```action " name "\ndo: " action "\n" \
	"targets: {service: payments, role: worker}\n" more "```\n"
#define DRAINS ON_WORKERS("workers", "drain", "")
#define WORKERS ON_WORKERS("workers", "restart-unit", "")
#define WHOLE "```action whole\ndo: restart-safe\n```\n"
#define WAIT "```wait settle\nfor: 2m\n```\n"
#define VETO "ceiling: veto\nveto: 5m\n"
#define PLAN "ceiling: plan\n"

static struct run_row
the_run(struct world *w)
{
	struct run_row run = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &run));
	return run;
}

static const struct permit_item *
item(const struct run_row *run, size_t i)
{
	ASSERT(i < run->plan.n);
	return &((const struct permit_item *)run->plan.p)[i];
}

static struct reply
permit_as(struct world *w, const char *who)
{
	struct command command = { .kind = COMMAND_PERMIT,
		.incident = w->last_incident,
		.principal = str_of(who),
		.digest = the_run(w).plan_digest };
	return world_command(w, &command);
}

/* Rules that say something else of what was announced begin its time anew. */
static void
veto__time_begins_anew_when_the_plan_is_another(void)
{
	struct world *w = world_new(CONFIG(""), BOOK(VETO, DRAINS WHOLE), NULL);
	world_fire(w, DOWN);
	EXPECT_U64(the_run(w).plan.n, 3);
	world_after(w, 4 * MINUTE);
	world_adopt(w, CONFIG(NO_RESTARTS), BOOK(VETO, DRAINS WHOLE));
	world_after(w, 2 * MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(core_control(w->core)->vetoes_offered, 2);
	struct run_row run = the_run(w);
	EXPECT(item(&run, 2)->verdict == VERDICT_DENY);
	world_after(w, 3 * MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* What is not known to be possible, nobody may do all of but who is on duty. */
static void
permit__of_what_cannot_be_asked_for_yet_is_for_who_is_on_duty(void)
{
	static const char *const kim = SHOP_TOP
	    "people:\n"
	    "  ana: {name: Ana Souza, email: ana@example.com, reach: [mail]}\n"
	    "  kim: {name: Kim, email: kim@example.com, reach: [mail]}\n"
	    "teams:\n"
	    "  platform-ops:\n"
	    "    kind: operations\n"
	    "    on_call:\n"
	    "      zone: UTC\n"
	    "      rotations: [{name: primary, people: [ana], every: 1 week,"
	    " handover: 'Mon 09:00'}]\n"
	    "      escalate: [{to: primary}]\n"
	    "  checkout-dev: {kind: development, tracker: "
	    "'github:acme/checkout'}\n" SHOP_SERVICES "actions:\n"
	    "  scale: {verb: restart, params: {to: {type: name}}, run: [scale, '${to}']}\n"
	    "  restart-unit: {verb: restart, run: [restart, '${target}']}\n"
	    "authority:\n"
	    "  - {grant: kim restarts, to: [kim, automation], may: [restart],"
	    " on: {service: [payments]}, until: 2030-01-01, owner: ana}\n";
	struct world *w = world_new(kim,
	    BOOK(PLAN, WORKERS
		"```ask where\nquestion: where?\nanswer: {type: name}\nwithin: 9m\n```\n"
		"```action grow\ndo: scale\nwith: {to: '${where}'}\n```\n"),
	    NULL);
	world_fire(w, DOWN);
	struct run_row run = the_run(w);
	EXPECT(run.plan.n == 3 && item(&run, 2)->later);
	EXPECT_U64(permit_as(w, "person:kim").status, 403);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(permit_as(w, "person:ana").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* Refused when the yes was given, allowed when it is due: that is asked for anew. */
static void
permit__of_what_was_refused_is_none_once_it_is_allowed(void)
{
	struct world *w = world_new(CONFIG(ONE_AN_HOUR),
	    BOOK(PLAN, "```action off\ndo: drain\n```\n" WAIT WHOLE), NULL);
	world_fire(w, "alertname=Odd,service=payments");
	struct command restart = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &restart).status, 202);
	world_exit(w, 0);
	EXPECT_U64(world_ask(w, COMMAND_RESOLVE, 1, "person:ana").status, 200);
	world_after(w, 59 * MINUTE);
	world_fire(w, DOWN);
	struct run_row run = the_run(w);
	EXPECT(run.phase == PHASE_PERMIT && item(&run, 1)->verdict == VERDICT_DENY);
	EXPECT_U64(permit_as(w, "person:ana").status, 200);
	world_exit(w, 0);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	run = the_run(w);
	EXPECT(run.phase == PHASE_PERMIT && run.plan.n == 1);
	EXPECT(item(&run, 0)->verdict == VERDICT_ALLOW);
	EXPECT_U64(permit_as(w, "person:ana").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* As many hosts of payments as are asked for. */
static const char *
hosts(char *text, size_t size, unsigned n)
{
	size_t at = (size_t)snprintf(text, size, "%s",
	    SHOP_TOP SHOP_PEOPLE "services:\n"
				 "  payments: {owner: platform-ops, tier: 2}\nhosts:\n");
	for (unsigned i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, size - at,
		    "  pay-%03u: {service: payments, role: worker}\n", i);
	at += (size_t)snprintf(text + at, size - at, "%s",
	    SHOP_ACTIONS "authority:\n"
			 "  - {grant: all, to: [automation], may: [restart],"
			 " on: {tier: [2]}, until: 2030-01-01, owner: mei}\n");
	EXPECT(at < size);
	return text;
}

static void
permit__tells_a_long_plan_in_short_and_asks_for_none_too_long(void)
{
	static char text[65536];
	struct world *w =
	    world_new(hosts(text, sizeof(text), 25), BOOK(PLAN, WORKERS), NULL);
	world_fire(w, DOWN);
	EXPECT_U64(the_run(w).plan.n, 25);
	str told = world_last_notice(w)->text;
	EXPECT(str_contains(told, STR("workers: restart-unit on pay-000, pay-001, ")));
	EXPECT(str_contains(told, STR("pay-018, pay-019 (allow: ")));
	EXPECT(str_contains(told, STR("  and 5 more: firstline permit 1 shows all\n")));
	world_free(w);

	w = world_new(hosts(text, sizeof(text), PERMIT_ITEMS_MAX), BOOK(PLAN, WORKERS),
	    NULL);
	world_fire(w, DOWN);
	EXPECT_U64(the_run(w).plan.n, PERMIT_ITEMS_MAX);
	world_free(w);

	w = world_new(hosts(text, sizeof(text), PERMIT_ITEMS_MAX + 1), BOOK(PLAN, WORKERS),
	    NULL);
	world_fire(w, DOWN);
	EXPECT(the_run(w).state == RUN_NEEDS_PERSON);
	EXPECT_STR(world_incident(w, 1).needs_person_why,
	    STR("its plan is longer than a person can be asked to permit"));
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

/* A target that is to be tried again, under rules that the yes was not for. */
static void
permit__is_asked_anew_for_what_is_left_of_a_batch(void)
{
	static const char *const book =
	    BOOK(PLAN, ON_WORKERS("workers", "drain", "rolling: {batch: 2}\n") WHOLE);
	struct world *w = world_new(CONFIG(""), book, NULL);
	world_fire(w, DOWN);
	EXPECT_U64(permit_as(w, "person:ana").status, 200);
	EXPECT_U64(w->attempt_n, 2);
	world_adopt(w, CONFIG("  # another file\n"), book);
	world_news(w, NEWS_NEVER_STARTED);
	EXPECT_U64(w->attempt_n, 1); /* the other target's */
	world_exit(w, 0);
	world_after(w, 5 * MINUTE);
	struct run_row run = the_run(w);
	EXPECT(run.phase == PHASE_PERMIT);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT_U64(run.plan.n, 2);
	EXPECT_STR(item(&run, 0)->target, STR("pay-1"));
	EXPECT_STR(item(&run, 1)->step, STR("whole"));
	EXPECT_U64(permit_as(w, "person:ana").status, 200);
	EXPECT_U64(w->attempt_n, 1);
	world_exit(w, 0);
	EXPECT_U64(w->attempt_n, 1); /* the next step, which it was for too */
	world_free(w);
}

/* News of an announcement that is over says nothing of what waits now. */
static void
veto__announced_too_late_counts_for_nothing(void)
{
	struct world *w = world_new(CONFIG(""), BOOK(VETO, DRAINS WHOLE), NULL);
	w->deliver = false;
	world_fire(w, DOWN);
	struct event event = { .kind = EVENT_NOTICE_RESULT };
	for (size_t i = 0; i < w->notice_n; i++) {
		if (w->notices[i].row.purpose == PURPOSE_VETO)
			event.notice_result =
			    (struct notice_result){ .notice = w->notices[i].row.id,
				    .delivered = true };
	}
	EXPECT(event.notice_result.notice != 0);
	world_after(w, 5 * MINUTE); /* nobody was told: it waits for a yes */
	EXPECT(the_run(w).level == AUTONOMY_PLAN);
	world_step(w, &event);
	EXPECT(!the_run(w).veto_told);
	world_after(w, 6 * MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	world_free(w);
}

int
main(void)
{
	RUN(veto__time_begins_anew_when_the_plan_is_another);
	RUN(permit__of_what_cannot_be_asked_for_yet_is_for_who_is_on_duty);
	RUN(permit__of_what_was_refused_is_none_once_it_is_allowed);
	RUN(permit__tells_a_long_plan_in_short_and_asks_for_none_too_long);
	RUN(permit__is_asked_anew_for_what_is_left_of_a_batch);
	RUN(veto__announced_too_late_counts_for_nothing);
	TEST_MAIN_END();
}
