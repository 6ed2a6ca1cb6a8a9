/* Who is called, who next, and by which time. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define DOWN "alertname=Down,service=payments"

/* A runbook that people start: when it fires again nothing begins by itself. */
#define BY_HAND                          \
	"---\n"                          \
	"runbook: by-hand\n"             \
	"service: payments\n"            \
	"answers: [{alertname: Down}]\n" \
	"ceiling: suggest\n"             \
	"---\n"                          \
	"# It is down\n"                 \
	"```action restart\n"            \
	"do: restart-unit\n"             \
	"```\n"                          \
	"```verify up\n"                 \
	"promql: 'up'\n"                 \
	"expect: '== 1'\n"               \
	"within: 2m\n"                   \
	"otherwise: person\n"            \
	"```\n"

/* Whoever acknowledged has two days; what fires again is acknowledged by nobody. */
static void
escalate__what_fires_again_has_its_own_time(void)
{
	struct world *w = world_new(SHOP, BY_HAND, NULL);
	uint64_t alert = world_fire(w, DOWN);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("by-hand"),
		.principal = STR("person:ana") };
	EXPECT(world_command(w, &run).status < 300);
	world_exit(w, 0);
	world_probe(w, "1");
	EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
	/* The alert fires on: a person is needed, and takes it. */
	world_after(w, RECOVERED_LOOK_MS);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana").status, 200);
	world_resolve(w, alert);
	world_after(w, 30 * SECOND);
	world_fire(w, DOWN);
	EXPECT(!world_incident(w, 1).acknowledged);
	EXPECT_U64(world_told(w, PURPOSE_REFIRED, "ana"), 1);
	world_after(w, 5 * MINUTE - SECOND);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 0);
	world_after(w, SECOND);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 1);
	world_free(w);
}

/* Three people and tiers of all kinds; ana has it until Monday 09:00, then mei. */
#define TURNS(name)                                                     \
	"        - {name: " name ", people: [ana, mei], every: 1 week," \
	" handover: 'Mon 09:00', start: 2026-11-23}\n"
#define DESK(others, tiers)                                             \
	SHOP_TOP "people:\n"                                            \
		 "  ana: {email: ana@example.com, reach: [mail]}\n"     \
		 "  mei: {email: mei@example.com, reach: [mail]}\n"     \
		 "  piotr: {email: piotr@example.com, reach: [mail]}\n" \
		 "teams:\n"                                             \
		 "  platform-ops:\n"                                    \
		 "    kind: operations\n"                               \
		 "    lead: piotr\n"                                    \
		 "    on_call:\n"                                       \
		 "      zone: UTC\n"                                    \
		 "      rotations:\n" TURNS("primary") others           \
	    "      escalate: [" tiers "]\n"                             \
	    "      acknowledge_timeout: 7d\n"                           \
	    "  checkout-dev: {kind: development}\n" SHOP_SERVICES

static unsigned
called(const struct world *w, const char *whom)
{
	return world_told(w, PURPOSE_NEEDS_PERSON, whom) +
	       world_told(w, PURPOSE_ESCALATED, whom);
}

static void
escalate__nobody_is_escalated_to_themselves(void)
{
	struct world *w =
	    world_new(DESK(TURNS("second"),
			  "{to: primary, after: 5m}, {to: second, after: 10m}, "
			  "{to: lead}"),
		NULL, NULL);
	world_fire(w, DOWN);
	EXPECT_U64(called(w, "ana"), 1);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(called(w, "ana"), 1);
	EXPECT_U64(called(w, "piotr"), 1);
	EXPECT(world_says(w, 1, "escalated to tier 3 of platform-ops"));
	EXPECT(
	    world_says(w, 1, "tier 2 is passed over: it is ana too, who was told already"));
	/* And from the first again. */
	world_after(w, 30 * MINUTE);
	EXPECT_U64(called(w, "ana"), 2);
	world_free(w);
}

/* Better the same once more than nobody, and who comes between gives them a time anew. */
static void
escalate__tells_the_same_again_where_nobody_else_comes(void)
{
	struct world *w =
	    world_new(DESK(TURNS("second"), "{to: primary, after: 5m}, {to: second}"), NULL,
		NULL);
	world_fire(w, DOWN);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(called(w, "ana"), 2);
	EXPECT(world_says(w, 1, "escalated to tier 2 of platform-ops"));
	EXPECT(!world_says(w, 1, "passed over"));
	/* "Not for me" goes to nobody. */
	EXPECT_U64(world_ask(w, COMMAND_ESCALATE, 1, "person:ana").status, 409);
	world_free(w);

	w = world_new(DESK(TURNS("second"),
			  "{to: primary, after: 5m}, {to: lead, after: 5m}, {to: second, "
			  "after: 5m}, {to: mei}"),
	    NULL, NULL);
	world_fire(w, DOWN);
	world_after(w, 10 * MINUTE);
	EXPECT_U64(called(w, "ana"), 2);
	EXPECT_U64(called(w, "piotr"), 1);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(called(w, "mei"), 1);
	world_free(w);
}

/* Who cannot be reached at all is the only one there is: their time runs, and nobody is
 * called sooner for it. */
static void
escalate__goes_to_nobody_sooner_where_there_is_nobody_else(void)
{
	static const struct {
		const char *name, *tiers;
		bool sooner;
	} rows[] = {
		{ "herself", "{to: primary, after: 5m}, {to: ana}", false },
		{ "another", "{to: primary, after: 5m}, {to: ana, after: 5m}, {to: lead}",
		    true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		char yaml[4096];
		(void)snprintf(yaml, sizeof(yaml), DESK("", "%s"), rows[i].tiers);
		struct world *w = world_new(yaml, NULL, NULL);
		w->deliver = false;
		world_fire(w, DOWN);
		struct event event = { .kind = EVENT_NOTICE_RESULT,
			.notice_result = { .notice = w->notices[0].row.id,
			    .permanent = true,
			    .error = STR("550 no such person") } };
		EXPECT_STR(w->notices[0].row.person, STR("ana"));
		world_step(w, &event);
		EXPECT(world_says(w, 1, "given up: 550 no such person"));
		EXPECT(
		    world_says(w, 1, "ana could be reached in no way: the next tier now") ==
		    rows[i].sooner);
		world_after(w, SECOND);
		EXPECT_U64(called(w, "piotr"), rows[i].sooner ? 1 : 0);
		EXPECT_U64(called(w, "ana"), 1);
		world_after(w, 5 * MINUTE);
		EXPECT_U64(called(w, "ana"), rows[i].sooner ? 1 : 2);
		world_free(w);
	}
}

static const msec handover = UINT64_C(1796029200000); /* Monday 2026-11-30 09:00 UTC */

/* Told to ana a minute before her turn ends: mei is not passed by for the lead. */
static void
escalate__calls_who_came_on_duty_meanwhile(void)
{
	struct world *w =
	    world_new(DESK("", "{to: primary, after: 5m}, {to: lead}"), NULL, NULL);
	world_after(w, handover - MINUTE - w->wall);
	world_fire(w, DOWN);
	EXPECT_U64(called(w, "ana"), 1);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(called(w, "mei"), 1);
	EXPECT_U64(called(w, "piotr"), 0);
	EXPECT(
	    world_says(w, 1, "mei has tier 1 of platform-ops now, which ana was told for"));
	world_after(w, 5 * MINUTE);
	EXPECT_U64(called(w, "piotr"), 1);
	EXPECT_U64(called(w, "mei"), 1);
	world_free(w);
}

/* Nobody had the turn when it opened: who has it by then is told, and in nobody's place. */
static void
escalate__calls_the_first_who_comes(void)
{
	static const char yaml[] =
	    SHOP_TOP "calendars:\n  away: {zone: UTC, spans: [{from: 2026-11-23, until: "
		     "2026-11-29}]}\n"
		     "people:\n  ana: {email: ana@example.com, reach: [mail]}\n"
		     "teams:\n  platform-ops:\n    kind: operations\n    on_call:\n"
		     "      zone: UTC\n      rotations: [{name: primary, people: [ana], "
		     "every: 1 week,"
		     " handover: 'Mon 09:00', except: away}]\n"
		     "      escalate: [{to: primary}]\n"
		     "  checkout-dev: {kind: development}\n" SHOP_SERVICES;
	struct world *w = world_new(yaml, NULL, NULL);
	world_after(w, handover - 9 * HOUR - 20 * MINUTE - w->wall);
	world_fire(w, DOWN);
	world_after(w, 10 * MINUTE);
	EXPECT_U64(called(w, "ana"), 0);
	EXPECT(world_says(w, 1, "nobody of platform-ops can be reached"));
	world_after(w, 20 * MINUTE);
	EXPECT_U64(called(w, "ana"), 1);
	EXPECT(world_says(w, 1, "escalated to tier 1 of platform-ops"));
	EXPECT(!world_says(w, 1, "has tier 1 of platform-ops now"));
	world_free(w);
}

/* What is open is told once to whoever comes to several rotations in one instant. */
static void
handover__of_two_rotations_to_one_person_is_one_message(void)
{
	struct world *w =
	    world_new(DESK(TURNS("second"), "{to: primary, after: 5m}, {to: second}"), NULL,
		NULL);
	world_after(w, handover - MINUTE - w->wall);
	world_fire(w, DOWN);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 1);
	EXPECT(str_contains(world_last_notice(w)->text,
	    STR("You have primary and second of platform-ops until 2026-12-07 09:00:00 "
		"UTC, "
		"after ana. Open now:")));
	world_free(w);
}

static struct notice_row
handover_with(struct world *w, unsigned n)
{
	struct notice_row told = { 0 };
	world_after(w, handover - MINUTE - w->wall);
	w->reload = false; /* of each of so many steps it is slow */
	for (unsigned i = 1; i <= n; i++) {
		char labels[64];
		(void)snprintf(labels, sizeof(labels), "alertname=N%u,service=payments", i);
		world_fire(w, labels);
	}
	world_after(w, 2 * MINUTE);
	for (size_t i = 0; i < w->notice_n; i++) {
		if (w->notices[i].row.purpose == PURPOSE_SELF)
			told = w->notices[i].row;
	}
	EXPECT_STR(told.person, STR("mei"));
	return told;
}

static void
handover__tells_of_the_first_twenty_and_how_many_more(void)
{
	static const char desk[] = DESK("", "{to: primary, after: 5m}, {to: lead}");
	struct world *w = world_new(desk, NULL, NULL);
	struct notice_row row = handover_with(w, 21);
	EXPECT_STR(row.subject,
	    STR("[on duty] primary of platform-ops: 21 open incidents"));
	EXPECT(str_contains(row.text, STR("incident 20 [sev3] payments: N20")));
	EXPECT(!str_contains(row.text, STR("incident 21 ")));
	EXPECT(str_contains(row.text, STR("\n  and 1 more\n\nYou may:")));
	world_free(w);
	w = world_new(desk, NULL, NULL);
	row = handover_with(w, 20);
	EXPECT(str_contains(row.text, STR("incident 20 [sev3] payments: N20")));
	EXPECT(!str_contains(row.text, STR(" more\n")));
	world_free(w);
}

/* The turn changed, by the clock or by what is written, while nobody looked. */
static void
escalate__calls_who_has_it_after_a_time_away(void)
{
	static const char only_mei[] = SHOP_TOP
	    "people:\n"
	    "  mei: {email: mei@example.com, reach: [mail]}\n"
	    "  piotr: {email: piotr@example.com, reach: [mail]}\n"
	    "teams:\n"
	    "  platform-ops:\n"
	    "    kind: operations\n"
	    "    lead: piotr\n"
	    "    on_call:\n"
	    "      zone: UTC\n"
	    "      rotations: [{name: primary, people: [mei], handover: 'Mon 09:00'}]\n"
	    "      escalate: [{to: primary, after: 5m}, {to: lead}]\n"
	    "  checkout-dev: {kind: development}\n" SHOP_SERVICES;
	static const struct {
		const char *name, *yaml;
		msec before, away; /* the handover; for so long */
		bool acknowledged;
	} rows[] = {
		{ "ten minutes", NULL, 2 * MINUTE, 10 * MINUTE, false },
		{ "three days", NULL, DAY, 3 * DAY, false },
		{ "acknowledged", NULL, DAY, 3 * DAY, true },
		{ "another configuration", only_mei, 3 * DAY, HOUR, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w =
		    world_new(DESK("", "{to: primary, after: 5m}, {to: lead}"), NULL, NULL);
		world_after(w, handover - rows[i].before - w->wall);
		world_fire(w, DOWN);
		EXPECT_U64(called(w, "ana"), 1);
		if (rows[i].acknowledged)
			EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana")
				       .status,
			    200);
		world_away(w, rows[i].away, rows[i].yaml);
		EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 1);
		world_after(w, SECOND);
		EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 1);
		EXPECT_U64(called(w, "mei"), rows[i].acknowledged ? 0 : 1);
		EXPECT_U64(called(w, "piotr"), 0);
		world_after(w, 5 * MINUTE);
		EXPECT_U64(called(w, "piotr"), rows[i].acknowledged ? 0 : 1);
		EXPECT_U64(called(w, "ana"), 1);
		world_free(w);
	}
}

int
main(void)
{
	RUN(escalate__what_fires_again_has_its_own_time);
	RUN(escalate__nobody_is_escalated_to_themselves);
	RUN(escalate__tells_the_same_again_where_nobody_else_comes);
	RUN(escalate__goes_to_nobody_sooner_where_there_is_nobody_else);
	RUN(escalate__calls_who_came_on_duty_meanwhile);
	RUN(escalate__calls_the_first_who_comes);
	RUN(escalate__calls_who_has_it_after_a_time_away);
	RUN(handover__of_two_rotations_to_one_person_is_one_message);
	RUN(handover__tells_of_the_first_twenty_and_how_many_more);
	TEST_MAIN_END();
}
