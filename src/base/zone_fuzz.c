#include "base/zone.h"

#include "support/fuzz.h"

/* The instants around which most can go wrong, and some from the input itself. */
static int64_t
instant_of(str file, size_t i)
{
	static const int64_t fixed[] = { 0, -1, 1795418302, 4102444800, 253402300799,
		-62135596800, INT64_MAX, INT64_MIN };
	if (i < countof(fixed))
		return fixed[i];
	int64_t t = 0;
	size_t at = (i - countof(fixed)) * 5;
	if (at + 8 <= file.n)
		memcpy(&t, file.p + file.n - at - 8, sizeof(t));
	return (int64_t)(__builtin_bswap64((uint64_t)t)) >> (i % 3 * 8);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[1 << 18];
	struct arena arena = arena_over(memory, sizeof(memory));
	str file = { (const char *)data, size };
	struct zone *zone = NULL;
	struct err err = { .kind = ERR_NONE };
	bool ok = zone_parse(&arena, STR("Fuzz/Zone"), file, &zone, &err);
	ASSERT(ok == (err.kind == ERR_NONE));
	ASSERT(ok == (zone != NULL));
	if (!ok)
		return 0;

	const int64_t first = civil_days(1, 1, 3) * 86400;
	const int64_t last = civil_days(9999, 12, 29) * 86400;
	for (size_t i = 0; i < 40; i++) {
		int64_t t = instant_of(file, i);
		int32_t offset = zone_offset(zone, t);
		ASSERT(offset >= -ZONE_OFFSET_MAX && offset <= ZONE_OFFSET_MAX);
		ASSERT(zone_abbreviation(zone, t).n > 0);

		struct civil c = zone_civil(zone, t);
		ASSERT(c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= 31);
		ASSERT(c.hour < 24 && c.minute < 60 && c.second < 60 && c.weekday < 7);
		int64_t start = zone_instant(zone, &c, ZONE_START);
		int64_t end = zone_instant(zone, &c, ZONE_END);
		ASSERT(start <= end);
		/* what the clocks show at t, they show first at or before it, last at or after */
		if (t > first && t < last)
			ASSERT(start <= t && t <= end);

		/* any time at all has an instant, shown or jumped over */
		c.hour = (c.hour + (unsigned)i) % 25;
		start = zone_instant(zone, &c, ZONE_START);
		end = zone_instant(zone, &c, ZONE_END);
		ASSERT(start <= end);
	}
	return 0;
}
