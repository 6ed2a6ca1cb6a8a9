#include "intake/fingerprint.h"

#include <assert.h>

#include "base/hash.h"

void
fingerprint_lanes(const struct fingerprint_lane lane[static FINGERPRINT_LANES],
    uint64_t ret[static FINGERPRINT_LANES])
{
	static_assert(FINGERPRINT_LANES == 4, "the loop below is written out");
	size_t together = lane[0].n;
	for (size_t i = 1; i < FINGERPRINT_LANES; i++)
		together = lane[i].n < together ? lane[i].n : together;

	uint64_t a = FNV64_BASIS;
	uint64_t b = FNV64_BASIS;
	uint64_t c = FNV64_BASIS;
	uint64_t d = FNV64_BASIS;
	for (size_t i = 0; i < together; i++) {
		a = (a ^ (uint8_t)lane[0].bytes[i]) * FNV64_PRIME;
		b = (b ^ (uint8_t)lane[1].bytes[i]) * FNV64_PRIME;
		c = (c ^ (uint8_t)lane[2].bytes[i]) * FNV64_PRIME;
		d = (d ^ (uint8_t)lane[3].bytes[i]) * FNV64_PRIME;
	}
	uint64_t hash[FINGERPRINT_LANES] = { a, b, c, d };
	for (size_t i = 0; i < FINGERPRINT_LANES; i++) {
		str rest = { lane[i].bytes + together, lane[i].n - together };
		ret[i] = fnv64(hash[i], rest);
	}
}
