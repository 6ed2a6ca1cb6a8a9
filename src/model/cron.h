#ifndef MODEL_CRON_H
#define MODEL_CRON_H

#include "base/zone.h"

/*
 * cron -- when something is due: "30 2 * * mon-fri", in local time of a zone.
 *
 * Pure. Five fields: minute, hour, day of the month, month, day of the week. Each a list of
 * *, N, N-M, N-M/S or * with /S; months and weekdays also by name; Sunday is 0 and 7. Where neither
 * day is a *, either is enough. Or @hourly, @daily, @weekly, @monthly, @yearly.
 *
 * A time that a jump of the clocks skips is due at the jump, one that comes twice is due the
 * first time: base/zone's rule for a start.
 */
struct cron {
	uint64_t minutes;
	uint32_t hours, days; /* bit n: n */
	uint16_t months;
	uint8_t weekdays; /* bit 0: Sunday */
	bool any_day, any_weekday;
};

/* False: *ret_part is what is wrong, a slice of the text, and *ret_hint what to write. */
NODISCARD bool cron_parse(str text, struct cron *ret, str *ret_part, const char **ret_hint);
/* The first instant after that one at which it is due; 0: never again. */
int64_t cron_after(const struct cron *cron, const struct zone *zone, int64_t after_s);

#endif
