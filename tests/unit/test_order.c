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

static uint32_t
expect_sorted(const struct order *o)
{
	struct order_at at = { 0, 0 };
	const struct alert *before = NULL;
	uint32_t n = 0;
	for (uint32_t slot; order_next(o, &at, &slot); n++) {
		const struct alert *alert = &alerts[slot];
		EXPECT(there[slot]);
		EXPECT(before == NULL || before->fingerprint < alert->fingerprint ||
		       (before->fingerprint == alert->fingerprint &&
			   before->number < alert->number));
		before = alert;
	}
	return n;
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
		struct order_at at = order_seek(&o, alerts[i].fingerprint, i);
		uint32_t slot = UINT32_MAX;
		bool any = order_next(&o, &at, &slot);
		EXPECT(!there[i] || (any && slot == i));
		EXPECT(!any || alerts[slot].fingerprint >= alerts[i].fingerprint);
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
		EXPECT(o.n <= ALERTS / (ORDER_RUN / 4));
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
