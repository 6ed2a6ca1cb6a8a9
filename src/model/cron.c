#include "model/cron.h"

#define SEARCH_DAYS (9 * 366) /* February 29 may be eight years away */

struct cron_field {
	unsigned min, max;
	const char *names; /* three letters each, from min; or NULL */
	const char *hint;
};

static const struct cron_field fields[] = {
	{ 0, 59, NULL, "a minute is 0 to 59" },
	{ 0, 23, NULL, "an hour is 0 to 23" },
	{ 1, 31, NULL, "a day of the month is 1 to 31" },
	{ 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec",
	    "a month is 1 to 12, or jan to dec" },
	{ 0, 7, "sunmontuewedthufrisat", "a weekday is 0 to 7, or sun to sat" },
};

static const struct {
	const char *name, *text;
} nicknames[] = {
	{ "@hourly", "0 * * * *" },
	{ "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" },
	{ "@weekly", "0 0 * * 0" },
	{ "@monthly", "0 0 1 * *" },
	{ "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
};

/* ---- reading ---- */

static bool
value_read(str text, const struct cron_field *field, unsigned *ret)
{
	uint64_t number;
	if (str_u64(text, field->max, &number) && number >= field->min) {
		*ret = (unsigned)number;
		return true;
	}
	if (field->names == NULL || text.n != 3)
		return false;
	for (unsigned i = 0; field->names[3 * i] != '\0'; i++) {
		if (str_eq_caseless(text, (str){ field->names + 3 * i, 3 })) {
			*ret = field->min + i;
			return true;
		}
	}
	return false;
}

/* "*", "5", "mon-fri", "*" with a step, "8-18/2" */
static bool
part_read(str part, const struct cron_field *field, uint64_t *bits)
{
	struct str_cut stepped = str_cut(part, '/');
	struct str_cut range = str_cut(stepped.head, '-');
	uint64_t step = 1;
	unsigned from = field->min, to = field->max;
	if (stepped.found && (!str_u64(stepped.tail, 59, &step) || step == 0))
		return false;
	if (!str_eq(stepped.head, STR("*"))) {
		if (!value_read(range.head, field, &from))
			return false;
		to = stepped.found ? field->max : from;
		if (range.found && (!value_read(range.tail, field, &to) || to < from))
			return false;
	}
	for (unsigned i = from; i <= to; i += (unsigned)step)
		*bits |= UINT64_C(1) << i;
	return true;
}

static bool
field_read(str text, const struct cron_field *field, uint64_t *ret_bits, str *ret_part)
{
	*ret_bits = 0;
	do {
		struct str_cut cut = str_cut(text, ',');
		*ret_part = cut.head;
		if (!part_read(cut.head, field, ret_bits))
			return false;
		text = cut.tail;
		if (!cut.found)
			return true;
	} while (true);
}

static str
without_nickname(str text)
{
	for (size_t i = 0; i < countof(nicknames); i++) {
		if (str_eq_caseless(text, str_of(nicknames[i].name)))
			return str_of(nicknames[i].text);
	}
	return text;
}

static str
skip_blanks(str text)
{
	while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t'))
		text = str_drop(text, 1);
	return text;
}

bool
cron_parse(str text, struct cron *ret, str *ret_part, const char **ret_hint)
{
	uint64_t bits[countof(fields)];
	bool any[countof(fields)];
	str rest = skip_blanks(without_nickname(text));
	for (size_t i = 0; i < countof(fields); i++) {
		size_t n = 0;
		while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t')
			n++;
		str field = str_take(rest, n);
		*ret_part = text;
		*ret_hint =
		    "five fields: minute hour day month weekday, as in \"30 2 * * *\"";
		if (n == 0)
			return false;
		*ret_hint = fields[i].hint;
		if (!field_read(field, &fields[i], &bits[i], ret_part))
			return false;
		any[i] = field.p[0] == '*';
		rest = skip_blanks(str_drop(rest, n));
	}
	*ret_part = rest;
	*ret_hint = "five fields: minute hour day month weekday, as in \"30 2 * * *\"";
	if (rest.n > 0)
		return false;
	*ret = (struct cron){ .minutes = bits[0],
		.hours = (uint32_t)bits[1],
		.days = (uint32_t)bits[2],
		.months = (uint16_t)bits[3],
		.weekdays = (uint8_t)((bits[4] | bits[4] >> 7) & 0x7f),
		.any_day = any[2],
		.any_weekday = any[4] };
	return true;
}

/* ---- when ---- */

static bool
on_day(const struct cron *cron, int64_t day, struct civil *local)
{
	civil_from_days(day, &local->year, &local->month, &local->day);
	if ((cron->months >> local->month & 1) == 0)
		return false;
	bool of_month = (cron->days >> local->day & 1) != 0;
	bool of_week = (cron->weekdays >> (unsigned)((day % 7 + 11) % 7) & 1) != 0;
	if (cron->any_day || cron->any_weekday)
		return of_month && of_week;
	return of_month || of_week;
}

/* From that minute of the day on; 0: not on it any more. */
static int64_t
within_day(const struct cron *cron, const struct zone *zone, struct civil *local,
    unsigned from_minute, int64_t after_s)
{
	for (unsigned m = from_minute; m < 24 * 60; m++) {
		local->hour = m / 60;
		local->minute = m % 60;
		if ((cron->hours >> local->hour & 1) == 0) {
			m += 59 - local->minute;
			continue;
		}
		if ((cron->minutes >> local->minute & 1) == 0)
			continue;
		int64_t at = zone_instant(zone, local, ZONE_START);
		if (at > after_s)
			return at;
	}
	return 0;
}

int64_t
cron_after(const struct cron *cron, const struct zone *zone, int64_t after_s)
{
	struct civil now = zone_civil(zone, after_s), local = { .year = now.year };
	int64_t first = civil_days(now.year, now.month, now.day);
	for (int64_t day = first; day < first + SEARCH_DAYS; day++) {
		int year;
		unsigned month, of_month;
		civil_from_days(day, &year, &month, &of_month);
		if (year > 9998)
			return 0;
		if (!on_day(cron, day, &local))
			continue;
		unsigned from = day == first ? now.hour * 60 + now.minute : 0;
		int64_t at = within_day(cron, zone, &local, from, after_s);
		if (at != 0)
			return at;
	}
	return 0;
}
