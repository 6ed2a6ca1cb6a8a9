/* Times and zones as they stand in a calendar. */
#include <stdio.h>

#include "base/zone.h"
#include "ics/parts.h"

#define DAY_S 86400
#define YEAR_MIN 1970
#define YEAR_MAX 2099
#define ZONE_BYTES_MAX 64

static bool
digits(str text, size_t at, size_t n, unsigned max, unsigned *ret)
{
	uint64_t value;
	if (!str_u64(str_take(str_drop(text, at), n), max, &value))
		return false;
	*ret = (unsigned)value;
	return true;
}

static unsigned
days_in(unsigned year, unsigned month)
{
	unsigned next_year = month == 12 ? year + 1 : year;
	return (unsigned)(civil_days((int)next_year, month % 12 + 1, 1) -
			  civil_days((int)year, month, 1));
}

/* "20261224", "20261224T090000", "20261224T090000Z" */
bool
moment_read(struct reading *r, const struct property *p, str text, struct moment *ret)
{
	unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
	bool date = text.n == 8, utc = text.n == 16 && text.p[15] == 'Z';
	bool ok = (date || text.n == 15 || utc) && digits(text, 0, 4, YEAR_MAX, &year) &&
	          digits(text, 4, 2, 12, &month) && digits(text, 6, 2, 31, &day) &&
	          year >= YEAR_MIN && month > 0 && day > 0 && day <= days_in(year, month);
	ok = ok && (date || (text.p[8] == 'T' && digits(text, 9, 2, 23, &hour) &&
				digits(text, 11, 2, 59, &minute) &&
				digits(text, 13, 2, 60, &second)));
	if (!ok) {
		ics_problem(r, p->line,
		    "write 20261224, 20261224T090000 or 20261224T090000Z",
		    "'%.*s' is no time", STR_ARG(text));
		return false;
	}
	int64_t days = civil_days((int)year, month, day);
	*ret = (struct moment){ .at = days * DAY_S + hour * 3600 + minute * 60 +
		                      (second < 60 ? second : 59),
		.date = date,
		.utc = utc };
	return true;
}

void
moment_put(struct buf *out, const struct moment *moment)
{
	int year;
	unsigned month, day;
	int64_t days = moment->at / DAY_S - (moment->at % DAY_S < 0);
	int64_t s = moment->at - days * DAY_S;
	civil_from_days(days, &year, &month, &day);
	buf_printf(out, "%04d%02u%02u", year, month, day);
	if (!moment->date)
		buf_printf(out, "T%02u%02u%02u", (unsigned)(s / 3600),
		    (unsigned)(s / 60 % 60), (unsigned)(s % 60));
}

static bool
is_zone_name(str name)
{
	if (name.n == 0 || name.n > ZONE_BYTES_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool mark = i > 0 && ((c >= '0' && c <= '9') || c == '/' || c == '_' ||
					 c == '-' || c == '+');
		if (!letter && !mark)
			return false;
	}
	return true;
}

bool
zone_read(struct reading *r, const struct property *p, str *ret)
{
	str name = p->zone;
	if (zone_of_windows(name, ret))
		return true;
	/* "/mozilla.org/20070129_1/Europe/Lisbon", "/freeassociation.sourceforge.net/..." */
	for (bool first = true; name.n > 0 && name.p[0] == '/'; first = false) {
		name = str_drop(name, 1);
		struct str_cut cut = str_cut(name, '/');
		bool number =
		    cut.head.n > 0 && cut.head.p[0] >= '0' && cut.head.p[0] <= '9';
		if (cut.found && (first || number))
			name = (str){ cut.tail.p - 1, cut.tail.n + 1 };
	}
	if (!is_zone_name(name)) {
		ics_problem(r, p->line,
		    "export it with times in UTC, or with a name as "
		    "Europe/Lisbon",
		    "'%.*s' is not a time zone", STR_ARG(p->zone));
		return false;
	}
	*ret = name;
	return true;
}
