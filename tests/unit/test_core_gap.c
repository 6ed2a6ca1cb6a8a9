/* Gaps: how many are kept apart. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

static void
self_gap(struct world *w, unsigned i)
{
	char subject[32];
	(void)snprintf(subject, sizeof(subject), "confinement %u", i);
	struct event event = { .kind = EVENT_SELF,
		.self = { .kind = SELF_SANDBOX_GAP,
		    .text = STR("the kernel lacks it"),
		    .subject = str_of(subject) } };
	world_step(w, &event);
}

static void
gap__beyond_the_limit_they_are_counted_as_others(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->reload = false;
	for (unsigned i = 0; i < GAPS_MAX; i++)
		self_gap(w, i);
	EXPECT_U64(world_gap(w, GAP_SANDBOX, "others").count, 0);
	self_gap(w, GAPS_MAX);
	self_gap(w, GAPS_MAX + 1);
	self_gap(w, 7); /* one of those that are kept apart */
	EXPECT_U64(w->core->counts[TABLE_GAP], GAPS_MAX + 1);
	EXPECT_U64(world_gap(w, GAP_SANDBOX, "others").count, 2);
	EXPECT_U64(world_gap(w, GAP_SANDBOX, "confinement 7").count, 2);
	world_free(w);
}

int
main(void)
{
	RUN(gap__beyond_the_limit_they_are_counted_as_others);
	TEST_MAIN_END();
}
