/* What fires and clears every few minutes is one incident, told once; and it ends. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define SLOW "alertname=Slow,service=checkout,severity=warning"

static unsigned
told(const struct world *w, const char *whom)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->notice_n; i++)
		n += str_eq(w->notices[i].row.person, str_of(whom)) &&
		     w->notices[i].row.incident != 0;
	return n;
}

static unsigned
told_of(const struct world *w, enum notice_purpose purpose, incident_id incident)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->notice_n; i++)
		n += w->notices[i].row.incident == incident &&
		     w->notices[i].row.purpose == purpose &&
		     str_eq(w->notices[i].row.person, STR("ana"));
	return n;
}

/* Fires for a minute, is calm for so long. */
static void
once(struct world *w, msec calm)
{
	uint64_t alert = world_fire(w, SLOW);
	world_after(w, MINUTE);
	world_resolve(w, alert);
	world_after(w, calm);
}

static void
flap__stays_open_and_tells_nobody_anew(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	/* Four times it is over, and each is an incident of its own. */
	for (unsigned i = 0; i < FLAP_CLEARS - 1; i++) {
		once(w, 4 * MINUTE);
		EXPECT(world_state(w, i + 1) == INCIDENT_CLOSED);
		EXPECT(!world_incident(w, i + 1).flapping);
	}
	once(w, 4 * MINUTE);
	EXPECT(world_state(w, FLAP_CLEARS) == INCIDENT_OPEN);
	EXPECT(world_incident(w, FLAP_CLEARS).flapping);
	EXPECT(world_says(w, FLAP_CLEARS, "flapping: it cleared 5 times within 1h"));
	world_restart(w);
	unsigned before = told(w, "ana");
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, FLAP_CLEARS, "person:ana").status,
	    200);
	for (unsigned i = 0; i < 20; i++)
		once(w, 10 * MINUTE);
	EXPECT_U64(world_last(w, TABLE_INCIDENT), FLAP_CLEARS);
	EXPECT_U64(told(w, "ana"), before);
	EXPECT(world_incident(w, FLAP_CLEARS).acknowledged);
	/* Calm for a while: over, and that is told, once. */
	world_after(w, FLAP_CALM_MS);
	EXPECT(world_state(w, FLAP_CLEARS) == INCIDENT_CLOSED);
	EXPECT_U64(told_of(w, PURPOSE_ENDED, FLAP_CLEARS), 1);
	EXPECT_U64(told(w, "ana"), before + 1);
	/* Later it is as any other. */
	world_after(w, 2 * HOUR);
	once(w, 2 * MINUTE);
	EXPECT(world_state(w, FLAP_CLEARS + 1) == INCIDENT_CLOSED);
	EXPECT(!world_incident(w, FLAP_CLEARS + 1).flapping);
	world_free(w);
}

static void
flap__is_not_what_comes_back_seldom(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	for (unsigned i = 0; i < 4 * FLAP_CLEARS; i++)
		once(w, 15 * MINUTE); /* never 5 times within the hour */
	EXPECT_U64(world_last(w, TABLE_INCIDENT), 4 * FLAP_CLEARS);
	EXPECT(!world_incident(w, 4 * FLAP_CLEARS).flapping);
	world_free(w);
}

#define OFTEN                                                                 \
	SHOP_TOP SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS                       \
	    "authority:\n"                                                    \
	    "  - {grant: automation restarts, to: [automation], may: "        \
	    "[restart], on: {tier: [1, 2, 3]}, within: {at_once: 1}, until: " \
	    "2030-01-01, owner: mei}\n"
#define DOWN "alertname=Down,service=checkout,severity=critical"

/* A runbook that recovers it each time has not mended it: a person, once. */
static void
flap__that_a_runbook_recovers_needs_a_person(void)
{
	struct world *w = world_new(OFTEN, SHOP_DOWN("checkout", "restart-unit"), NULL);
	struct probe_result seen = { .status = PROBE_OK, .code = 200 };
	uint64_t alert = world_fire(w, DOWN);
	for (unsigned i = 0; i < FLAP_CLEARS; i++) {
		EXPECT_U64(w->attempt_n, 1);
		world_exit(w, 0);
		world_answer(w, &seen);
		EXPECT(world_state(w, 1) == INCIDENT_RECOVERED);
		world_resolve(w, alert);
		world_after(w, 30 * SECOND);
		EXPECT(world_incident(w, 1).flapping == (i == FLAP_CLEARS - 1));
		alert = world_fire(w, DOWN);
	}
	EXPECT_U64(w->attempt_n, 0); /* not tried anew */
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(told_of(w, PURPOSE_REFIRED, 1), FLAP_CLEARS - 1);
	EXPECT_U64(told_of(w, PURPOSE_NEEDS_PERSON, 1), 1);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana").status, 200);
	for (unsigned i = 0; i < 5; i++) {
		world_resolve(w, alert);
		world_after(w, 10 * MINUTE);
		alert = world_fire(w, DOWN);
		world_after(w, MINUTE);
	}
	EXPECT_U64(told_of(w, PURPOSE_NEEDS_PERSON, 1), 1);
	EXPECT_U64(told_of(w, PURPOSE_REFIRED, 1), FLAP_CLEARS - 1);
	EXPECT_U64(world_last(w, TABLE_INCIDENT), 1);
	world_resolve(w, alert);
	world_after(w, FLAP_CALM_MS);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT_U64(told_of(w, PURPOSE_ENDED, 1), 1);
	world_free(w);
}

int
main(void)
{
	RUN(flap__stays_open_and_tells_nobody_anew);
	RUN(flap__is_not_what_comes_back_seldom);
	RUN(flap__that_a_runbook_recovers_needs_a_person);
	TEST_MAIN_END();
}
