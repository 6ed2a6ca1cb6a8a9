/*
 * calendars: spans of time that rules name.
 *
 *	calendars:
 *	  year-end:
 *	    zone: Europe/Lisbon
 *	    spans: [{from: "2026-12-20 18:00", until: 2027-01-02}]
 *	  nights:
 *	    zone: Europe/Lisbon
 *	    weekly: [{days: mon-fri, from: "22:00", until: "06:00"}, {days: [sat, sun]}]
 *	  holidays:
 *	    zone: Europe/Lisbon
 *	    ics: holidays.ics
 *	  company-days:
 *	    zone: Europe/Lisbon
 *	    ics: company-days # of calendar_urls
 *
 * A date alone is all of its day: from its beginning, until its end.
 */
#include <stdlib.h>

#include "model/ics.h"
#include "model/internal.h"

#define CALENDARS_MAX 1000
#define DAY_MINUTES 1440
#define ALL_DAYS 0x7fu

static const char *const days[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

void
calendars_declare(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	size_t n = section->n;
	if (n > CALENDARS_MAX) {
		read_error_key(r, section->nodes[CALENDARS_MAX], STR(""),
		    "more than %d calendars", CALENDARS_MAX);
		n = CALENDARS_MAX;
	}
	m->calendars = arena_new(r->arena, struct calendar, n);
	m->calendars_n = n;
	known_init(r, &r->calendars, "calendar", "calendars", &m->calendar_by_name, n);
	for (size_t i = 0; i < n; i++) {
		m->calendars[i].name = section->nodes[i]->key;
		m->calendars[i].zone = zone_utc();
		m->calendars[i].place = node_place(section->nodes[i]);
		const struct node *ics = node_get(section->nodes[i], STR("ics"));
		m->calendars[i].fetched = ics != NULL && ics_is_fetched(ics);
		known_add(r, &r->calendars, section->nodes[i], &m->calendars[i]);
	}
}

void
need_own_times(struct reader *r, const struct node *node, const struct calendar *calendar,
    const char *what)
{
	if (calendar == NULL || !calendar->fetched)
		return;
	read_error(r, node,
	    STR("keep its times in the folder; a calendar of a URL is for 'except' and "
		"'overrides' of people on call"),
	    "calendar '%.*s' is fetched: who keeps it does not decide %s",
	    STR_ARG(calendar->name), what);
}

/* ---- spans ---- */

static msec
wall_of(int64_t seconds)
{
	return seconds > 0 ? (msec)seconds * SECOND : 0;
}

/* "2026-12-20 18:00" or "2026-12-20", which is the beginning or the end of that day. */
bool
read_moment(struct reader *r, const struct node *node, const struct zone *zone,
    enum zone_side side, msec *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	int64_t day;
	unsigned minute = side == ZONE_END ? DAY_MINUTES : 0;
	struct str_cut cut = str_cut(text, ' ');
	if (!text_date(cut.head, &day) || (cut.found && !text_minute(cut.tail, &minute))) {
		read_error(r, node,
		    STR("write a date, or a date and a local time, as in \"2026-12-20 "
			"18:00\""),
		    "'%.*s' is not a moment", STR_ARG(text));
		return false;
	}
	struct civil local = { .hour = minute / 60, .minute = minute % 60 };
	civil_from_days(day, &local.year, &local.month, &local.day);
	*ret = wall_of(zone_instant(zone, &local, side));
	return true;
}

/* In order as it is written, while no such time comes: clocks were put forward over it. */
static bool
is_skipped(struct reader *r, const struct node *from, const struct node *until)
{
	msec begins, ends;
	return read_moment(r, from, zone_utc(), ZONE_START, &begins) &&
	       read_moment(r, until, zone_utc(), ZONE_END, &ends) && begins < ends;
}

static void
span_read(struct reader *r, const struct node *node, struct calendar *calendar)
{
	const struct node *from = NULL, *until = NULL;
	const struct key keys[] = {
		{ "from", &from, .required = true },
		{ "until", &until, .required = true },
	};
	struct calendar_span span = { .place = node_place(node) };
	(void)read_map(r, node, "span", keys, countof(keys));
	bool begins = from != NULL &&
	              read_moment(r, from, calendar->zone, ZONE_START, &span.from_wall);
	bool ends = until != NULL &&
	            read_moment(r, until, calendar->zone, ZONE_END, &span.until_wall);
	if (!begins || !ends)
		return;
	if (span.until_wall <= span.from_wall && is_skipped(r, from, until)) {
		read_error(r, from,
		    STR("write a time before the clock is put forward, or an end after it"),
		    "in %.*s the clock is put forward over all of this span",
		    STR_ARG(zone_name(calendar->zone)));
		return;
	}
	if (span.until_wall <= span.from_wall) {
		read_error(r, until, STR("'until' lies after 'from'"),
		    "this span ends before it begins");
		return;
	}
	calendar->spans[calendar->spans_n++] = span;
}

static int
compare_spans(const void *a, const void *b)
{
	const struct calendar_span *x = a;
	const struct calendar_span *y = b;
	if (x->from_wall != y->from_wall)
		return x->from_wall < y->from_wall ? -1 : 1;
	return (x->until_wall > y->until_wall) - (x->until_wall < y->until_wall);
}

static void
spans_read(struct reader *r, const struct node *node, struct calendar *calendar)
{
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, CALENDAR_SPANS_MAX))
		return;
	if (node->n == 0)
		read_error(r, node, STR("add {from: DATE, until: DATE}, or remove it"),
		    "'spans' names no time");
	calendar->spans = arena_new(r->arena, struct calendar_span, node->n);
	for (const struct node *item = node->first; item != NULL; item = item->next)
		span_read(r, item, calendar);
}

/* ---- weekly ---- */

static bool
day_find(str name, unsigned *ret)
{
	for (unsigned i = 0; i < countof(days); i++) {
		if (!str_eq_caseless(name, str_of(days[i])))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

/* "mon", "mon-fri" (over the week's end too: "fri-mon") or "any". */
static bool
read_day_range(struct reader *r, const struct node *node, unsigned *days_of)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	if (str_eq(text, STR("any"))) {
		*days_of |= ALL_DAYS;
		return true;
	}
	struct str_cut cut = str_cut(text, '-');
	str names[] = { cut.head, cut.found ? cut.tail : cut.head };
	unsigned ends[countof(names)];
	for (size_t i = 0; i < countof(names); i++) {
		if (day_find(names[i], &ends[i]))
			continue;
		read_error_part(r, node, (size_t)(names[i].p - text.p), names[i].n,
		    STR("write mon, tue, wed, thu, fri, sat or sun, as in mon-fri, or any"),
		    "unknown weekday '%.*s'", STR_ARG(names[i]));
		return false;
	}
	for (unsigned day = ends[0];; day = (day + 1) % 7) {
		*days_of |= 1u << day;
		if (day == ends[1])
			return true;
	}
}

static bool
read_days(struct reader *r, const struct node *node, unsigned *ret)
{
	unsigned days_of = 0;
	if (node->kind == NODE_TEXT) {
		if (!read_day_range(r, node, &days_of))
			return false;
		*ret = days_of;
		return true;
	}
	if (!read_is_list(r, node, NULL))
		return false;
	if (node->n == 0) {
		read_error(r, node, STR("write any for every day"), "'days' names nothing");
		return false;
	}
	bool ok = true;
	for (const struct node *item = node->first; item != NULL; item = item->next)
		ok = read_day_range(r, item, &days_of) && ok;
	if (ok)
		*ret = days_of;
	return ok;
}

static bool
read_minute(struct reader *r, const struct node *node, unsigned *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	if (!text_minute(text, ret)) {
		read_error(r, node, STR("write HOUR:MINUTE, as in \"22:00\" or \"06:30\""),
		    "'%.*s' is not a time of day", STR_ARG(text));
		return false;
	}
	return true;
}

static void
week_read(struct reader *r, const struct node *node, struct calendar *calendar)
{
	const struct node *on = NULL, *from = NULL, *until = NULL;
	const struct key keys[] = {
		{ "days", &on, .required = true },
		{ "from", &from },
		{ "until", &until },
	};
	struct calendar_week week = { .until_minute = DAY_MINUTES };
	if (!read_map(r, node, "time", keys, countof(keys)))
		return;
	bool ok = read_days(r, on, &week.days);
	if (from != NULL)
		ok = read_minute(r, from, &week.from_minute) && ok;
	if (until != NULL)
		ok = read_minute(r, until, &week.until_minute) && ok;
	if (!ok)
		return;
	if (week.from_minute == week.until_minute || week.from_minute == DAY_MINUTES) {
		read_error_key(r, from != NULL ? from : until,
		    STR("for the whole day leave out 'from' and 'until'"),
		    "this time has no length");
		return;
	}
	calendar->weeks[calendar->weeks_n++] = week;
}

void
weekly_read(struct reader *r, const struct node *node, struct calendar *calendar)
{
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, CALENDAR_WEEKS_MAX))
		return;
	if (node->n == 0)
		read_error(r, node, STR("add {days: mon-fri}, or remove it"),
		    "'%.*s' names no time", STR_ARG(node->key));
	calendar->weeks = arena_new(r->arena, struct calendar_week, node->n);
	for (const struct node *item = node->first; item != NULL; item = item->next)
		week_read(r, item, calendar);
}

/* ---- calendars ---- */

static void
calendar_read(struct reader *r, const struct node *node, struct calendar *calendar)
{
	const struct node *zone = NULL, *spans = NULL, *weekly = NULL, *ics = NULL;
	const struct key keys[] = {
		{ "zone", &zone, .required = true },
		{ "spans", &spans },
		{ "weekly", &weekly },
		{ "ics", &ics },
	};
	if (!read_is_map(r, node, "calendar"))
		return;
	(void)read_map(r, node, "calendar", keys, countof(keys));
	if (zone != NULL)
		(void)read_zone(r, zone, &calendar->zone);
	if (spans != NULL)
		spans_read(r, spans, calendar);
	if (weekly != NULL)
		weekly_read(r, weekly, calendar);
	if (ics != NULL)
		ics_spans_read(r, ics, calendar);
	if (calendar->spans_n > 1)
		qsort(calendar->spans, calendar->spans_n, sizeof(*calendar->spans),
		    compare_spans);
	if (node_get(node, STR("spans")) == NULL && node_get(node, STR("weekly")) == NULL &&
	    node_get(node, STR("ics")) == NULL)
		read_error_key(r, node,
		    STR("add spans: [{from: DATE, until: DATE}], weekly: [{days: "
			"mon-fri}] or ics: FILE"),
		    "calendar '%.*s' names no time", STR_ARG(node->key));
}

void
calendars_read(struct reader *r, const struct section *section)
{
	for (size_t i = 0; i < r->model->calendars_n; i++)
		calendar_read(r, section->nodes[i], &r->model->calendars[i]);
}
