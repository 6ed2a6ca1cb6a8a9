/* Whatever is read as a cron expression is due in the order of time, and says where else. */
#include "model/cron.h"
#include "support/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cron cron;
	str text = { (const char *)data, size }, part = { 0 };
	const char *hint = NULL;
	if (size > 256)
		return 0;
	if (!cron_parse(text, &cron, &part, &hint)) {
		ASSERT(hint != NULL && part.n <= size + 16);
		return 0;
	}
	ASSERT(cron.minutes != 0 && cron.hours != 0 && cron.months != 0);
	int64_t at = 1795439520;
	for (int i = 0; i < 3; i++) {
		int64_t next = cron_after(&cron, zone_utc(), at);
		if (next == 0)
			break;
		ASSERT(next > at && next % 60 == 0);
		struct civil civil = zone_civil(zone_utc(), next);
		ASSERT((cron.minutes >> civil.minute & 1) != 0);
		ASSERT((cron.hours >> civil.hour & 1) != 0);
		at = next;
	}
	return 0;
}
