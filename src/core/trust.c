#include "core/trust.h"

#include "base/base.h"

/* 10^6 is one; under the root 10^12. */
#define ONE UINT64_C(1000000)
#define Z2 UINT64_C(3841600)           /* z^2 */
#define Z2_HALF UINT64_C(1920800)      /* z^2 / 2 */
#define Z2_BIG UINT64_C(3841600000000) /* z^2, to be multiplied by s (n - s) / n */
#define Z4_QUARTER \
	UINT64_C(3689472640000) /* z^2 * z^2/4, so that z * sqrt(x) is one root */
#define OUTCOMES_MAX 1000u

/* The least number whose square is at least x. */
static uint64_t
root_up(uint64_t x)
{
	uint64_t low = 0, high = UINT64_C(1) << 32;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (middle * middle >= x)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

uint32_t
trust_bound(uint32_t verified, uint32_t outcomes)
{
	ASSERT(verified <= outcomes && outcomes <= OUTCOMES_MAX);
	if (outcomes == 0)
		return 0;
	uint64_t s = verified, n = outcomes;
	uint64_t spread = Z2_BIG * s * (n - s) / n + 1; /* not less than it is */
	if (s == 0 || s == n)
		spread = 0;
	uint64_t root = root_up(spread + Z4_QUARTER);
	uint64_t above = s * ONE + Z2_HALF;
	return above <= root ? 0 : (uint32_t)((above - root) * 10000 / (n * ONE + Z2));
}

static bool
is_outcome(char letter)
{
	return letter == 'V' || letter == 'F' || letter == 'D' || letter == 'E';
}

struct proof
trust_evidence(str history)
{
	struct proof e = { 0 };
	for (size_t i = 0; i < history.n; i++) {
		char letter = history.p[i];
		if (is_outcome(letter)) {
			e.outcomes++;
			e.since_change++;
		}
		e.verified += letter == 'V' || letter == 'D' ? 1 : 0;
		e.drills += letter == 'D' || letter == 'E' ? 1 : 0;
		e.overridden += letter == 'O' ? 1 : 0;
		e.undone += letter == 'U' ? 1 : 0;
		if (letter == 'C')
			e.since_change = 0;
	}
	e.bound = trust_bound(e.verified, e.outcomes);
	return e;
}

const struct trust_need trust_needs[] = {
	{ AUTONOMY_PLAN, .outcomes = 3, .bound = 2000, .age_ms = 180 * DAY,
	    .disturbed_percent = 100 },
	{ AUTONOMY_VETO, .outcomes = 5, .bound = 5000, .age_ms = 90 * DAY,
	    .disturbed_percent = 20, .since_change = 1 },
	{ AUTONOMY_AUTO, .outcomes = 10, .bound = 7000, .age_ms = 90 * DAY,
	    .disturbed_percent = 10, .since_change = 3 },
	{ (enum autonomy)0 },
};

const char *
trust_lacks(const struct trust_need *need, const struct proof *e, msec last_wall, msec wall)
{
	uint32_t disturbed = e->overridden + e->undone, all = e->outcomes + e->overridden;
	if (e->outcomes < need->outcomes)
		return "more verified ends";
	if (e->bound < need->bound)
		return "a higher share of them that recovered";
	if (e->since_change < need->since_change)
		return "verified ends since its text changed";
	if (disturbed * 100 > all * need->disturbed_percent)
		return "fewer that people stopped or took back";
	if (wall > last_wall && wall - last_wall > need->age_ms)
		return "a run or drill that is not so long ago";
	return NULL;
}

enum autonomy
trust_earns(const struct proof *evidence, msec last_wall, msec wall, bool stale)
{
	enum autonomy level = AUTONOMY_STEP;
	for (const struct trust_need *need = trust_needs; need->level != 0; need++) {
		if (trust_lacks(need, evidence, last_wall, wall) != NULL ||
		    (stale && need->level > AUTONOMY_PLAN))
			break;
		level = need->level;
	}
	return level;
}

static size_t
count(str history)
{
	size_t n = 0;
	for (size_t i = 0; i < history.n; i++)
		n += is_outcome(history.p[i]) ? 1 : 0;
	return n;
}

str
trust_add(str history, char letter, char out[static TRUST_HISTORY_MAX])
{
	/* A text that changed twice before anything ran has changed. */
	bool same = letter == 'C' && (history.n == 0 || history.p[history.n - 1] == 'C');
	size_t outcomes = count(history) + (is_outcome(letter) ? 1 : 0);
	size_t room = TRUST_HISTORY_MAX - (same ? 0 : 1);
	while (history.n > room || outcomes > TRUST_LAST ||
	       (outcomes == TRUST_LAST && history.n > 0 && !is_outcome(history.p[0]))) {
		outcomes -= is_outcome(history.p[0]) ? 1 : 0;
		history = str_drop(history, 1);
	}
	if (history.n > 0)
		memcpy(out, history.p, history.n);
	size_t n = history.n;
	if (!same)
		out[n++] = letter;
	return (str){ out, n };
}
