/*
 * Trust as arithmetic: the bound against values worked out apart (with 60 decimal digits),
 * the levels of 10,000 seeded outcomes, and what is kept of a history.
 */
#include "base/arena.h"
#include "core/trust.h"
#include "support/test.h"

static void
trust_bound__is_wilsons(void)
{
	static const struct {
		uint32_t verified, outcomes, bound;
	} rows[] = {
		{ 0, 0, 0 },
		{ 0, 1, 0 },
		{ 1, 1, 2065 },
		{ 3, 3, 4384 },
		{ 2, 4, 1500 },
		{ 5, 5, 5655 },
		{ 9, 10, 5958 },
		{ 10, 10, 7224 },
		{ 18, 19, 7536 },
		{ 19, 20, 7638 },
		{ 25, 50, 3664 },
		{ 49, 50, 8950 },
		{ 50, 50, 9286 },
		{ 0, 50, 0 },
		{ 1, 50, 35 },
		{ 999, 1000, 9943 },
	};
	for (size_t i = 0; i < countof(rows); i++)
		EXPECT_U64(trust_bound(rows[i].verified, rows[i].outcomes), rows[i].bound);
	/* More that recovered is never less trust, nor is one more that failed ever more. */
	for (uint32_t n = 1; n <= 120; n++) {
		for (uint32_t s = 0; s < n; s++) {
			EXPECT(trust_bound(s, n) <= trust_bound(s + 1, n));
			EXPECT(trust_bound(s, n) >= trust_bound(s, n + 1));
			EXPECT(trust_bound(s, n) <= 10000 * s / n);
		}
	}
}

/* What happens: of 1,000, how often each letter; V otherwise. */
static const struct mix {
	const char *name;
	struct {
		char letter;
		uint32_t of_1000;
	} parts[4];
} mixes[] = {
	{ "reliable", { { 'F', 20 }, { 'D', 100 }, { 'U', 5 }, { 'O', 5 } } },
	{ "shaky", { { 'F', 200 }, { 'O', 50 }, { 'D', 50 }, { 'C', 20 } } },
	{ "bad", { { 'F', 600 }, { 'E', 50 }, { 'U', 50 }, { 'C', 0 } } },
	{ "fidgety", { { 'C', 200 }, { 'F', 20 }, { 'O', 0 }, { 'U', 0 } } },
	{ "disturbed", { { 'O', 150 }, { 'U', 60 }, { 'F', 20 }, { 'C', 0 } } },
};

static const struct {
	const char *mix;
	uint32_t after, outcomes, verified, since_change, overridden, undone, bound;
	enum autonomy earns;
} by_hand[] = {
	{ "reliable", 3, 3, 3, 3, 0, 0, 4384, AUTONOMY_PLAN },
	{ "reliable", 10, 10, 10, 10, 0, 0, 7224, AUTONOMY_AUTO },
	{ "reliable", 25, 25, 25, 25, 0, 0, 8668, AUTONOMY_AUTO },
	{ "reliable", 100, 50, 50, 50, 1, 1, 9286, AUTONOMY_AUTO },
	{ "reliable", 500, 50, 50, 50, 0, 0, 9286, AUTONOMY_AUTO },
	{ "reliable", 1000, 50, 49, 50, 0, 0, 8950, AUTONOMY_AUTO },
	{ "reliable", 2500, 50, 49, 50, 0, 0, 8950, AUTONOMY_AUTO },
	{ "reliable", 5000, 50, 49, 50, 1, 0, 8950, AUTONOMY_AUTO },
	{ "reliable", 7500, 50, 49, 50, 0, 0, 8950, AUTONOMY_AUTO },
	{ "reliable", 10000, 50, 48, 50, 0, 0, 8653, AUTONOMY_AUTO },
	{ "shaky", 3, 2, 2, 2, 1, 0, 3423, AUTONOMY_STEP },
	{ "shaky", 10, 8, 8, 8, 2, 0, 6755, AUTONOMY_VETO },
	{ "shaky", 25, 23, 20, 23, 2, 0, 6787, AUTONOMY_VETO },
	{ "shaky", 100, 50, 40, 7, 1, 0, 6696, AUTONOMY_VETO },
	{ "shaky", 500, 50, 44, 50, 2, 0, 7619, AUTONOMY_AUTO },
	{ "shaky", 1000, 50, 44, 46, 3, 0, 7619, AUTONOMY_AUTO },
	{ "shaky", 2500, 50, 36, 50, 2, 0, 5833, AUTONOMY_VETO },
	{ "shaky", 5000, 50, 40, 50, 1, 0, 6696, AUTONOMY_VETO },
	{ "shaky", 7500, 50, 42, 50, 4, 0, 7148, AUTONOMY_AUTO },
	{ "shaky", 10000, 50, 38, 1, 1, 0, 6258, AUTONOMY_VETO },
	{ "bad", 3, 3, 1, 3, 0, 0, 614, AUTONOMY_STEP },
	{ "bad", 10, 8, 4, 8, 0, 2, 2152, AUTONOMY_PLAN },
	{ "bad", 25, 21, 11, 21, 0, 4, 3236, AUTONOMY_PLAN },
	{ "bad", 100, 50, 19, 50, 0, 4, 2586, AUTONOMY_PLAN },
	{ "bad", 500, 50, 18, 50, 0, 4, 2413, AUTONOMY_PLAN },
	{ "bad", 1000, 50, 22, 50, 0, 1, 3116, AUTONOMY_PLAN },
	{ "bad", 2500, 50, 11, 50, 0, 3, 1275, AUTONOMY_STEP },
	{ "bad", 5000, 50, 19, 50, 0, 4, 2586, AUTONOMY_PLAN },
	{ "bad", 7500, 50, 16, 50, 0, 0, 2075, AUTONOMY_PLAN },
	{ "bad", 10000, 50, 16, 50, 0, 5, 2075, AUTONOMY_PLAN },
	{ "fidgety", 3, 3, 3, 3, 0, 0, 4384, AUTONOMY_PLAN },
	{ "fidgety", 10, 10, 9, 10, 0, 0, 5958, AUTONOMY_VETO },
	{ "fidgety", 25, 22, 21, 1, 0, 0, 7820, AUTONOMY_VETO },
	{ "fidgety", 100, 50, 50, 0, 0, 0, 9286, AUTONOMY_PLAN },
	{ "fidgety", 500, 50, 49, 1, 0, 0, 8950, AUTONOMY_VETO },
	{ "fidgety", 1000, 50, 48, 6, 0, 0, 8653, AUTONOMY_AUTO },
	{ "fidgety", 2500, 50, 50, 0, 0, 0, 9286, AUTONOMY_PLAN },
	{ "fidgety", 5000, 50, 50, 0, 0, 0, 9286, AUTONOMY_PLAN },
	{ "fidgety", 7500, 50, 47, 16, 0, 0, 8378, AUTONOMY_AUTO },
	{ "fidgety", 10000, 50, 48, 5, 0, 0, 8653, AUTONOMY_AUTO },
	{ "disturbed", 3, 3, 3, 3, 0, 0, 4384, AUTONOMY_PLAN },
	{ "disturbed", 10, 10, 9, 10, 0, 0, 5958, AUTONOMY_VETO },
	{ "disturbed", 25, 22, 21, 22, 2, 1, 7820, AUTONOMY_VETO },
	{ "disturbed", 100, 50, 50, 50, 6, 5, 9286, AUTONOMY_VETO },
	{ "disturbed", 500, 50, 48, 50, 8, 2, 8653, AUTONOMY_VETO },
	{ "disturbed", 1000, 50, 48, 50, 6, 1, 8653, AUTONOMY_VETO },
	{ "disturbed", 2500, 50, 50, 50, 12, 5, 9286, AUTONOMY_PLAN },
	{ "disturbed", 5000, 50, 50, 50, 8, 7, 9286, AUTONOMY_PLAN },
	{ "disturbed", 7500, 50, 46, 50, 7, 1, 8116, AUTONOMY_VETO },
	{ "disturbed", 10000, 50, 49, 50, 12, 4, 8950, AUTONOMY_PLAN },
};

static char
draw(const struct mix *mix, uint64_t *random)
{
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	uint32_t r = (uint32_t)((*random >> 33) % 1000), sum = 0;
	for (size_t i = 0; i < countof(mix->parts); i++) {
		sum += mix->parts[i].of_1000;
		if (r < sum)
			return mix->parts[i].letter;
	}
	return 'V';
}

static void
trust__ten_thousand_outcomes_give_the_levels_worked_out_by_hand(void)
{
	size_t at = 0;
	for (size_t m = 0; m < countof(mixes); m++) {
		uint64_t random = 7;
		char buffers[2][TRUST_HISTORY_MAX];
		str history = { 0 };
		for (uint32_t i = 1; i <= 10000; i++) {
			history =
			    trust_add(history, draw(&mixes[m], &random), buffers[i % 2]);
			if (at == countof(by_hand) || by_hand[at].after != i ||
			    !str_eq(str_of(by_hand[at].mix), str_of(mixes[m].name)))
				continue;
			test_row = mixes[m].name;
			struct proof e = trust_evidence(history);
			EXPECT_U64(e.outcomes, by_hand[at].outcomes);
			EXPECT_U64(e.verified, by_hand[at].verified);
			EXPECT_U64(e.since_change, by_hand[at].since_change);
			EXPECT_U64(e.overridden, by_hand[at].overridden);
			EXPECT_U64(e.undone, by_hand[at].undone);
			EXPECT_U64(e.bound, by_hand[at].bound);
			EXPECT(trust_earns(&e, DAY, DAY, false) == by_hand[at].earns);
			at++;
		}
	}
	EXPECT_U64(at, countof(by_hand));
}

static void
trust_earns__by_each_need(void)
{
	static const struct {
		const char *history;
		msec age;
		bool stale;
		enum autonomy level;
	} rows[] = {
		{ "", 0, false, AUTONOMY_STEP },
		{ "VV", 0, false, AUTONOMY_STEP },
		{ "VVV", 0, false, AUTONOMY_PLAN },
		{ "VVDV", 0, false, AUTONOMY_PLAN },
		{ "VVVVV", 0, false, AUTONOMY_VETO },
		{ "DDDDD", 0, false, AUTONOMY_VETO }, /* a drill is evidence */
		{ "VVVVVVVVV", 0, false, AUTONOMY_VETO },
		{ "VVVVVVVVVV", 0, false, AUTONOMY_AUTO },
		{ "VVVVVVVVVF", 0, false, AUTONOMY_VETO },
		{ "VVVVVVVVVV", 90 * DAY, false, AUTONOMY_AUTO },
		{ "VVVVVVVVVV", 90 * DAY + 1, false, AUTONOMY_PLAN },
		{ "VVVVVVVVVV", 181 * DAY, false, AUTONOMY_STEP },
		{ "VVVVVVVVVV", 0, true, AUTONOMY_PLAN },
		{ "VVVVVVVVVVC", 0, false, AUTONOMY_PLAN },
		{ "VVVVVVVVVVCV", 0, false, AUTONOMY_VETO },
		{ "VVVVVVVVVVCVVV", 0, false, AUTONOMY_AUTO },
		{ "VVVVVVVVVVO", 0, false, AUTONOMY_AUTO }, /* 1 of 11 */
		{ "VVVVVVVVVVOU", 0, false, AUTONOMY_VETO },
		{ "VVVVVVVVVVOOOO", 0, false, AUTONOMY_PLAN },
		{ "FFF", 0, false, AUTONOMY_STEP },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].history;
		struct proof e = trust_evidence(str_of(rows[i].history));
		EXPECT(trust_earns(&e, DAY, DAY + rows[i].age, rows[i].stale) ==
		       rows[i].level);
	}
}

static void
trust_add__keeps_what_counts(void)
{
	char buffers[2][TRUST_HISTORY_MAX];
	str history = { 0 };
	for (unsigned i = 0; i < 1000; i++)
		history = trust_add(history, i % 3 == 0 ? 'V' : 'O', buffers[i % 2]);
	struct proof e = trust_evidence(history);
	EXPECT_U64(e.outcomes, TRUST_LAST);
	EXPECT(history.p[0] == 'V');
	for (unsigned i = 0; i < 1000; i++)
		history = trust_add(history, 'U', buffers[i % 2]);
	EXPECT_U64(history.n, TRUST_HISTORY_MAX);
	EXPECT_U64(trust_evidence(history).outcomes, 0);
	EXPECT_STR(trust_add(STR("VC"), 'C', buffers[0]), STR("VC"));
	EXPECT_STR(trust_add(STR(""), 'C', buffers[0]), STR(""));
	EXPECT_STR(trust_add(STR("VC"), 'V', buffers[0]), STR("VCV"));
}

int
main(void)
{
	RUN(trust_bound__is_wilsons);
	RUN(trust__ten_thousand_outcomes_give_the_levels_worked_out_by_hand);
	RUN(trust_earns__by_each_need);
	RUN(trust_add__keeps_what_counts);
	TEST_MAIN_END();
}
