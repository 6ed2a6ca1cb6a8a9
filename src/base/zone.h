#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/arena.h"
#include "base/err.h"

/*
 * zone -- local time by the rules of one TZif file (RFC 8536), version 2 or later.
 *
 * Uses the 64-bit block and, from its last transition on, the POSIX TZ footer. Files that
 * count leap seconds (zoneinfo's "right/") are refused: our clocks do not. One rule for
 * times that a jump skips or repeats: as a start, the first occurrence (a skipped time:
 * the instant of the jump); as an end, the last.
 *
 * Pure; the caller reads the file. Exact for the years 1 to 9999; instants beyond are
 * shown as the first or last second of that range.
 */
#define ZONE_TRANSITIONS_MAX 4096
#define ZONE_FILE_MAX (64 * 1024)      /* bytes */
#define ZONE_OFFSET_MAX INT32_C(93600) /* seconds, either way */

struct zone;

/* `file` is the whole TZif file; nothing of it or of `name` is kept. False with err when
 * it is not one or the arena is full. */
NODISCARD bool zone_parse(struct arena *arena, str name, str file, struct zone **ret,
    struct err *err);
const struct zone *zone_utc(void);
str zone_name(const struct zone *zone);

struct civil {
	int year;       /* 1..9999 */
	unsigned month; /* 1..12 */
	unsigned day;   /* 1..31 */
	unsigned hour, minute, second;
	unsigned weekday; /* 0 Sunday .. 6 */
};

/* Seconds east of UTC at that instant, and the abbreviation ("CET"). */
int32_t zone_offset(const struct zone *zone, int64_t utc_s);
str zone_abbreviation(const struct zone *zone, int64_t utc_s);
struct civil zone_civil(const struct zone *zone, int64_t utc_s);
/* The first instant after that one at which the offset, or its name, changes; INT64_MAX:
 * never again. */
int64_t zone_change_after(const struct zone *zone, int64_t utc_s);

enum zone_side { ZONE_START, ZONE_END };
/* The instant at which clocks in the zone show this time; `weekday` is ignored, hour 24 is
 * the end of the day, the 31st of a shorter month is in the next. */
int64_t zone_instant(const struct zone *zone, const struct civil *local,
    enum zone_side side);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t civil_days(int year, unsigned month, unsigned day);
void civil_from_days(int64_t days, int *ret_year, unsigned *ret_month, unsigned *ret_day);

#endif
