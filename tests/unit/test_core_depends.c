/* Nobody is paged for what another incident explains; and they are, when it no longer does. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define SICK "alertname=Down,service=payments,severity=critical"
#define SLOW "alertname=Slow,service=checkout,severity=warning"
#define MANY                                                         \
	SHOP_TOP SHOP_PEOPLE                                         \
	    "services:\n"                                            \
	    "  a: {owner: platform-ops, tier: 2, depends_on: [b]}\n" \
	    "  b: {owner: platform-ops, tier: 2, depends_on: [c]}\n" \
	    "  c: {owner: platform-ops, tier: 2, depends_on: [a]}\n" \
	    "  loud: {owner: platform-ops, tier: 2, depends_on: [a], page_always: true}\n"

/* Orders to ana about trouble of that incident, so far. */
static unsigned
paged(const struct world *w, incident_id incident)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		n += row->incident == incident && str_eq(row->person, STR("ana")) &&
		     row->purpose != PURPOSE_ENDED;
	}
	return n;
}

static unsigned
told_end(const struct world *w, incident_id incident)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->notice_n; i++)
		n += w->notices[i].row.incident == incident &&
		     w->notices[i].row.purpose == PURPOSE_ENDED;
	return n;
}

static void
dependent__is_kept_and_pages_when_it_outlives_its_cause(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t cause = world_fire(w, SICK);
	EXPECT(paged(w, 1) > 0);
	uint64_t late = world_fire(w, SLOW);
	EXPECT_U64(world_incident(w, 2).muted_by, 1);
	EXPECT_U64(paged(w, 2), 0);
	EXPECT(world_says(w, 2, "nobody is paged: it depends on payments"));
	/* Neither its escalation nor a start of the engine pages anybody. */
	world_after(w, HOUR);
	world_restart(w);
	world_after(w, HOUR);
	EXPECT_U64(paged(w, 2), 0);
	EXPECT_U64(world_incident(w, 2).muted_by, 1);
	world_resolve(w, cause);
	world_after(w, 30 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT(paged(w, 2) > 0);
	EXPECT_U64(world_incident(w, 2).muted_by, 0);
	EXPECT(world_says(w, 2, "incident 1 of payments has ended, and this one has not"));
	world_resolve(w, late);
	world_after(w, 30 * MINUTE);
	EXPECT(told_end(w, 2) > 0);
	world_free(w);
}

static void
dependent__that_ends_first_was_nobodys_trouble(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, SICK);
	uint64_t late = world_fire(w, SLOW);
	world_resolve(w, late);
	world_after(w, 30 * MINUTE);
	EXPECT(world_state(w, 2) == INCIDENT_CLOSED);
	EXPECT_U64(paged(w, 2), 0);
	for (size_t i = 0; i < w->notice_n; i++)
		EXPECT(w->notices[i].row.incident != 2 || w->notices[i].row.person.n == 0);
	world_free(w);
}

/* What is worse than its cause is not explained by it, from the start or from then on. */
static void
dependent__that_is_worse_pages(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Late,service=payments,severity=info");
	world_fire(w, "alertname=Down,service=checkout,severity=critical");
	EXPECT(world_incident(w, 2).severity < world_incident(w, 1).severity);
	EXPECT(paged(w, 2) > 0);
	world_free(w);

	w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Late,service=payments,severity=warning");
	world_fire(w, "alertname=Slow,service=checkout,severity=info");
	EXPECT_U64(world_incident(w, 2).muted_by, 1);
	EXPECT_U64(paged(w, 2), 0);
	world_fire(w, "alertname=Slow,service=checkout,severity=critical");
	EXPECT(world_incident(w, 2).severity < world_incident(w, 1).severity);
	EXPECT(paged(w, 2) > 0);
	EXPECT(world_says(w, 2, "it is worse than what it depends on"));
	world_free(w);
}

/* The database is of a lower tier than the shop; and it is what people go to. */
static void
dependent__of_a_higher_tier_is_explained_too(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, SICK);
	world_fire(w, "alertname=Down,service=checkout,severity=critical");
	EXPECT(world_incident(w, 2).severity < world_incident(w, 1).severity);
	EXPECT_U64(world_incident(w, 2).muted_by, 1);
	EXPECT_U64(paged(w, 2), 0);
	world_free(w);
}

static void
cause__that_is_old_explains_nothing_new(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, SICK);
	world_after(w, HOUR + MINUTE);
	world_fire(w, SLOW);
	EXPECT(paged(w, 2) > 0);
	EXPECT_U64(world_incident(w, 2).muted_by, 0);
	world_free(w);
}

/* Told already: its escalation waits while the cause is open, and goes on after it. */
static void
dependent__that_was_first_is_not_escalated_meanwhile(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, SLOW);
	EXPECT(paged(w, 1) > 0);
	uint64_t cause = world_fire(w, SICK);
	world_after(w, HOUR);
	unsigned before = 0;
	for (size_t i = 0; i < w->notice_n; i++)
		before += w->notices[i].row.incident == 1 &&
		          w->notices[i].row.purpose == PURPOSE_ESCALATED;
	EXPECT_U64(before, 0);
	world_resolve(w, cause);
	world_after(w, HOUR);
	unsigned after = 0;
	for (size_t i = 0; i < w->notice_n; i++)
		after += w->notices[i].row.incident == 1 &&
		         w->notices[i].row.purpose == PURPOSE_ESCALATED;
	EXPECT(after > 0);
	world_free(w);
}

/* Each depends on the others: somebody is told once, never nobody. */
static void
circle__is_told_by_its_first(void)
{
	struct world *w = world_new(MANY, NULL, NULL);
	uint64_t first = world_fire(w, "alertname=X,service=b");
	world_fire(w, "alertname=X,service=a");
	world_fire(w, "alertname=X,service=c");
	EXPECT(paged(w, 1) > 0);
	EXPECT_U64(paged(w, 2), 0);
	EXPECT_U64(paged(w, 3), 0);
	EXPECT_U64(world_incident(w, 3).muted_by, 1);
	/* One of the two goes on for the circle, not both and not neither. */
	world_resolve(w, first);
	world_after(w, HOUR);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT((paged(w, 2) > 0) != (paged(w, 3) > 0));
	world_free(w);
}

static void
service__that_always_pages_does(void)
{
	struct world *w = world_new(MANY, NULL, NULL);
	world_fire(w, "alertname=X,service=a");
	world_fire(w, "alertname=X,service=loud");
	EXPECT(paged(w, 2) > 0);
	EXPECT_U64(world_incident(w, 2).muted_by, 0);
	world_free(w);
}

int
main(void)
{
	RUN(dependent__is_kept_and_pages_when_it_outlives_its_cause);
	RUN(dependent__that_ends_first_was_nobodys_trouble);
	RUN(dependent__that_is_worse_pages);
	RUN(dependent__of_a_higher_tier_is_explained_too);
	RUN(cause__that_is_old_explains_nothing_new);
	RUN(dependent__that_was_first_is_not_escalated_meanwhile);
	RUN(circle__is_told_by_its_first);
	RUN(service__that_always_pages_does);
	TEST_MAIN_END();
}
