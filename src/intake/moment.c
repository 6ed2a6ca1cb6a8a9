#include "intake/moment.h"

#include "base/zone.h"

struct fields {
	unsigned year, month, day, hour, minute, second, millisecond;
	unsigned fraction_digits;
	int offset_minutes;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Take exactly n digits. */
static bool
take_digits(str *s, size_t n, unsigned *ret)
{
	if (s->n < n)
		return false;
	unsigned value = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(s->p[i]))
			return false;
		value = value * 10 + (unsigned)(s->p[i] - '0');
	}
	*ret = value;
	*s = str_drop(*s, n);
	return true;
}

static bool
take_char(str *s, char c)
{
	if (s->n == 0 || *s->p != c)
		return false;
	*s = str_drop(*s, 1);
	return true;
}

static unsigned
days_in_month(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static bool
take_date(str *s, struct fields *f)
{
	return take_digits(s, 4, &f->year) && take_char(s, '-') &&
	       take_digits(s, 2, &f->month) && take_char(s, '-') &&
	       take_digits(s, 2, &f->day) && f->month >= 1 && f->month <= 12 &&
	       f->day >= 1 && f->day <= days_in_month(f->year, f->month);
}

/* A fraction is optional; of its digits the first three count. */
static void
take_fraction(str *s, struct fields *f)
{
	if (s->n < 2 || (*s->p != '.' && *s->p != ',') || !is_digit(s->p[1]))
		return;
	size_t i = 1;
	for (unsigned scale = 100; i < s->n && is_digit(s->p[i]); i++, scale /= 10)
		f->millisecond += scale * (unsigned)(s->p[i] - '0');
	f->fraction_digits = i > 8 ? 8 : (unsigned)i - 1;
	*s = str_drop(*s, i);
}

/* All that is left: nothing, Z, +02:00, or +0200 where the fraction allows it. */
static bool
take_zone(str s, struct fields *f)
{
	if (s.n == 0 || str_eq(s, STR("Z")))
		return true;
	bool east = take_char(&s, '+');
	if (!east && !take_char(&s, '-'))
		return false;

	unsigned hours = 0;
	unsigned minutes = 0;
	if (!take_digits(&s, 2, &hours))
		return false;
	if (!take_char(&s, ':') && f->fraction_digits != 3 && f->fraction_digits != 6)
		return false;
	if (!take_digits(&s, 2, &minutes) || s.n > 0 || hours > 24 || minutes > 60)
		return false;
	int offset = (int)(hours * 60 + minutes);
	f->offset_minutes = east ? offset : -offset;
	return true;
}

static bool
take_time(str s, struct fields *f)
{
	bool blank = take_char(&s, ' ');
	if (!blank && !take_char(&s, 'T'))
		return false;

	/* Go takes an hour of one digit. */
	if (!take_digits(&s, 2, &f->hour) && !take_digits(&s, 1, &f->hour))
		return false;
	if (f->hour > 23 || !take_char(&s, ':') || !take_digits(&s, 2, &f->minute) ||
	    f->minute > 59)
		return false;
	if (!take_char(&s, ':'))
		return !blank && (s.n == 0 || str_eq(s, STR("Z")));
	if (!take_digits(&s, 2, &f->second) || f->second > 59)
		return false;
	take_fraction(&s, f);
	return blank ? s.n == 0 : take_zone(s, f);
}

bool
moment_parse(str text, msec *ret)
{
	struct fields f = { .year = 0 };
	if (text.n == 0) {
		*ret = 0;
		return true;
	}
	if (!take_date(&text, &f) || (text.n > 0 && !take_time(text, &f)))
		return false;

	int64_t seconds = civil_days((int)f.year, f.month, f.day) * 86400 +
	                  (int64_t)(f.hour * 3600 + f.minute * 60 + f.second) -
	                  (int64_t)f.offset_minutes * 60;
	int64_t wall = seconds * 1000 + (int64_t)f.millisecond;
	bool zero_time = wall == civil_days(1, 1, 1) * 86400000;
	if (zero_time)
		*ret = 0;
	else
		*ret = wall < 1 ? 1 : wall > (int64_t)MOMENT_MAX ? MOMENT_MAX : (msec)wall;
	return true;
}
