#include "intake/order.h"

#include "intake/intake.h"
#include "support/test.h"

#define ALERTS 6000

static struct alert alerts[ALERTS];
static bool there[ALERTS];

static uint64_t
random_u64(void)
{
	static uint64_t seed = 88172645463325252;
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Buckets ascend, each slot is there once. */
static uint32_t
expect_sorted(const struct order *o)
{
	static bool seen[ALERTS];
	memset(seen, 0, sizeof(seen));
	struct order_at at = order_seek(o, 0);
	uint64_t before = 0, most = 0;
	bool any_before = false, any = false;
	uint32_t n = 0;
	do {
		for (uint32_t slot; order_next(o, &at, &slot); n++) {
			uint64_t fingerprint = alerts[slot].fingerprint;
			EXPECT(there[slot] && !seen[slot]);
			seen[slot] = true;
			EXPECT(!any_before || fingerprint > before);
			most = !any || most < fingerprint ? fingerprint : most;
			any = true;
		}
		before = most;
		any_before = any;
	} while (order_next_bucket(o, &at));
	return n;
}

static bool
is_in(const struct order *o, struct order_at at, uint32_t wanted)
{
	for (uint32_t slot; order_next(o, &at, &slot);) {
		if (slot == wanted)
			return true;
	}
	return false;
}

/* Fingerprints of which `mask` says what bits differ. */
static void
fill_and_empty(uint64_t mask)
{
	struct order o;
	order_init(&o, alerts, ALERTS);
	for (uint32_t i = 0; i < ALERTS; i++) {
		alerts[i] =
		    (struct alert){ .fingerprint = random_u64() & mask, .number = i };
		there[i] = false;
	}
	uint32_t n = 0;
	for (size_t i = 0; i < 20 * ALERTS; i++) {
		/* grows at first, shrinks at last */
		uint32_t slot = (uint32_t)(random_u64() % ALERTS);
		bool want = random_u64() % (20 * ALERTS) > i;
		if (there[slot] == want)
			continue;
		there[slot] = want;
		n += want ? 1 : -1u;
		if (want)
			order_add(&o, slot);
		else
			order_remove(&o, slot);
		if (i % 4000 == 0)
			EXPECT_U64(expect_sorted(&o), n);
	}
	for (uint32_t i = 0; i < ALERTS; i++) {
		struct order_at at = order_seek(&o, alerts[i].fingerprint);
		EXPECT(is_in(&o, at, i) == there[i]);
		if (there[i])
			order_remove(&o, i);
	}
	EXPECT_U64(o.n, 0);
	order_done(&o);
}

static void
order__holds_through_growth_and_shrinking(void)
{
	static const struct {
		const char *name;
		uint64_t mask;
	} rows[] = {
		{ "spread out", UINT64_MAX },
		{ "equal in the upper half", UINT32_MAX },
		{ "equal in the lower half", UINT64_C(0xffffffff00000000) },
		{ "few that differ", UINT64_C(0xf00000000000000f) },
		{ "all equal", 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		fill_and_empty(rows[i].mask);
	}
}

static void
order__takes_runs_of_ascending_and_descending_fingerprints(void)
{
	for (unsigned down = 0; down < 2; down++) {
		struct order o;
		order_init(&o, alerts, ALERTS);
		for (uint32_t i = 0; i < ALERTS; i++) {
			uint64_t place = down ? ALERTS - i : i;
			alerts[i] =
			    (struct alert){ .fingerprint = place << 40, .number = i };
			there[i] = true;
			order_add(&o, i);
		}
		EXPECT_U64(expect_sorted(&o), ALERTS);
		EXPECT_U64(o.n, ALERTS);
		order_done(&o);
	}
}

int
main(void)
{
	RUN(order__holds_through_growth_and_shrinking);
	RUN(order__takes_runs_of_ascending_and_descending_fingerprints);
	TEST_MAIN_END();
}
