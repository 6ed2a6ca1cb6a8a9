#include "base/zone.h"

/*
 * Dates count from 0000-03-01 in eras of 400 years (146,097 days), so the leap day is
 * the last day of a year and month lengths follow one line: (153 m + 2) / 5.
 */
#define ERA_DAYS 146097
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

int64_t
civil_days(int year, unsigned month, unsigned day)
{
	ASSERT(month >= 1 && month <= 12);
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t in_era = y - era * 400;
	int64_t m = (int64_t)(month + 9) % 12; /* March is 0 */
	int64_t in_year = (153 * m + 2) / 5 + (int64_t)day - 1;
	return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 + in_year -
	       DAYS_TO_1970;
}

void
civil_from_days(int64_t days, int *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	days += DAYS_TO_1970;
	int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
	int64_t d = days - era * ERA_DAYS;
	int64_t y = (d - d / 1460 + d / 36524 - d / (ERA_DAYS - 1)) / 365;
	int64_t in_year = d - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * in_year + 2) / 153;
	*ret_day = (unsigned)(in_year - (153 * m + 2) / 5 + 1);
	*ret_month = (unsigned)(m < 10 ? m + 3 : m - 9);
	*ret_year = (int)(y + era * 400 + (m >= 10));
}
