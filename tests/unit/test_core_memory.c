/* Days of one trouble after the other: what the core holds is bounded by its rules, not by how
 * much there ever was. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define TROUBLES_A_DAY 48u
#define DAYS 6u
#define REMEMBERED 16u
/* What a use costs: its object, five texts of it, its place among rows and among timers. */
#define USE_BYTES 768u
/* The same of a row of noise, of which each day has one of each alert. */
#define NOISE_BYTES 384u

static void
status(struct world *w, int64_t code)
{
	ASSERT(w->probe_n == 1);
	struct probe_result seen = { .probe = w->probes[0],
		.status = PROBE_OK,
		.code = code };
	world_answer(w, &seen);
}

/* None is the same as another: each is remembered by itself. */
static void
trouble(struct world *w, unsigned i)
{
	char labels[80];
	(void)snprintf(labels, sizeof(labels), "alertname=Down,service=payments,queue=q%u",
	    i);
	uint64_t alert = world_fire(w, labels);
	world_after(w, SECOND);
	world_exit(w, 0);
	status(w, 200);
	world_resolve(w, alert);
	world_after(w, DAY / TROUBLES_A_DAY - SECOND);
	EXPECT(world_state(w, w->last_incident) == INCIDENT_CLOSED);
}

static void
core__what_is_held_is_of_the_rules_not_of_all_that_was(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("payments", "restart-unit"), NULL);
	uint32_t counts[TABLE_COUNT];
	size_t used = 0;
	w->reload = false; /* it would take a minute */
	w->remembered_max = w->core->remembered_max = REMEMBERED;
	for (unsigned day = 0, i = 0; day < DAYS; day++) {
		for (unsigned k = 0; k < TROUBLES_A_DAY; k++)
			trouble(w, i++);
		const struct core *core = w->core;
		EXPECT(core->remembered_n <= REMEMBERED);
		EXPECT_U64(core->counts[TABLE_INCIDENT], REMEMBERED);
		/* A use is kept for a day, also where its limit reaches back for an hour. */
		EXPECT(core->counts[TABLE_GRANT_USE] >= TROUBLES_A_DAY - 1 &&
		       core->counts[TABLE_GRANT_USE] <= TROUBLES_A_DAY + 1);
		size_t noise = core->counts[TABLE_NOISE] * NOISE_BYTES;
		/* From the second day on nothing comes to it but noise. */
		for (enum table table = 1; day > 1 && table < TABLE_COUNT; table++)
			EXPECT(
			    table == TABLE_NOISE || core->counts[table] <= counts[table]);
		if (day > 1)
			EXPECT(pool_used(core->pool) <= used + noise);
		if (day == 1) {
			memcpy(counts, core->counts, sizeof(counts));
			used = pool_used(core->pool);
		}
	}
	EXPECT(w->core->counts[TABLE_NOISE] <= DAYS + 1);
	w->reload = true;
	world_after(w, MINUTE);
	world_free(w);
}

/* The same hour, with actions and without: the difference is what uses cost. */
static void
core__a_use_of_a_limit_costs_little(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("payments", "restart-unit"), NULL);
	w->reload = false;
	w->remembered_max = w->core->remembered_max = 1;
	for (unsigned i = 0; i < 24; i++)
		trouble(w, i);
	struct core_counts with = core_counts(w->core);
	EXPECT(with.uses >= 23);
	world_after(w, 2 * DAY);
	struct core_counts without = core_counts(w->core);
	EXPECT_U64(without.uses, 0);
	EXPECT(with.bytes - without.bytes <= with.uses * USE_BYTES);
	world_free(w);
}

int
main(void)
{
	RUN(core__what_is_held_is_of_the_rules_not_of_all_that_was);
	RUN(core__a_use_of_a_limit_costs_little);
	TEST_MAIN_END();
}
