/*
 * When a calendar is on.
 *
 * An entry "mon-fri 22:00-06:00" is one interval for each of its local days: from the first
 * instant at which clocks show the day's 22:00 until the last at which they show 06:00 of
 * the next; zone_instant says which these are where clocks jump. So an interval over such a
 * jump is longer or shorter, and none is ever open at one end.
 *
 * A calendar of many entries would ask the zone for each end of each; a `stretch` remembers
 * a change of its offset and how far it is the only one, which nearly always says it all.
 */
#include "model/model.h"

#define DAY_S ((int64_t)(DAY / SECOND))
/* No interval begins or ends further than that from what UTC clocks would say. */
#define ZONE_S ((int64_t)ZONE_OFFSET_MAX)
/* Zones know the years until 9999; an interval and a search ahead lie in them. */
#define YEAR_MAX 9996
#define AHEAD_DAYS_MAX 400
#define CUTS_MAX 4096      /* of a window that is looked along */
#define NEAR_S (4 * DAY_S) /* what is asked for next is seldom further back */

/* From `from` on the zone has one offset until `change`, then the other until `until`. */
struct stretch {
	const struct zone *zone;
	int64_t from, change, until; /* until 0: it and `after` were not asked for yet */
	int64_t before, after;
};

static void
stretch_move(struct stretch *s, int64_t from)
{
	s->from = from;
	s->change = zone_change_after(s->zone, from);
	s->before = zone_offset(s->zone, from);
	s->until = 0;
}

static void
stretch_look_behind(struct stretch *s)
{
	if (s->until != 0)
		return;
	s->until = zone_change_after(s->zone, s->change);
	s->after = zone_offset(s->zone, s->change);
}

/* The instant at which the zone's clocks show this minute of the day (0..1440): that of
 * zone_instant. */
static int64_t
instant(struct stretch *s, int64_t day, unsigned minute, enum zone_side side)
{
	int64_t wanted = day * DAY_S + minute * INT64_C(60);
	int64_t first = wanted - ZONE_S, last = wanted + ZONE_S;
	if (first < s->from)
		stretch_move(s, first - NEAR_S);
	for (;;) {
		if (last < s->change)
			return wanted - s->before;
		stretch_look_behind(s);
		if (last < s->until)
			break;
		if (first < s->change) {
			struct civil local = { .hour = minute / 60, .minute = minute % 60 };
			civil_from_days(day, &local.year, &local.month, &local.day);
			return zone_instant(s->zone, &local, side);
		}
		stretch_move(s, first);
	}
	/* Shown before the change, after it, twice, or skipped by it. */
	int64_t early = wanted - s->before, late = wanted - s->after;
	bool is_early = early < s->change, is_late = late >= s->change;
	if (is_early && is_late)
		return side == ZONE_START ? early : late;
	return is_early ? early : is_late ? late : s->change;
}

static bool
on_that_day(const struct calendar_week *week, int64_t day)
{
	/* 1970-01-01 was a Thursday (4) */
	int64_t weekday = ((day + 4) % 7 + 7) % 7;
	return (week->days >> weekday & 1) != 0;
}

static int64_t
week_from(const struct calendar_week *week, struct stretch *s, int64_t day)
{
	return instant(s, day, week->from_minute, ZONE_START);
}

static int64_t
week_until(const struct calendar_week *week, struct stretch *s, int64_t day)
{
	bool overnight = week->until_minute <= week->from_minute;
	return instant(s, day + overnight, week->until_minute, ZONE_END);
}

/* UTC's day then. */
static int64_t
day_of(int64_t now)
{
	return now / DAY_S - (now % DAY_S < 0);
}

/*
 * Whether anything of the calendar is on then, and the last of the ends of what is. The
 * days looked at are all whose interval can reach so far: it begins at most ZONE_S after
 * UTC's day does, ends at most two days and ZONE_S later.
 */
static bool
on_until(const struct calendar *calendar, struct stretch *s, int64_t now, int64_t *ret)
{
	int64_t until = now;
	int64_t now_ms = now * (int64_t)SECOND;
	for (size_t i = 0; i < calendar->spans_n; i++) {
		const struct calendar_span *span = &calendar->spans[i];
		if ((int64_t)span->from_wall > now_ms)
			break;
		int64_t end = (int64_t)(span->until_wall / SECOND);
		if (end > until)
			until = end;
	}
	int64_t today = day_of(now);
	for (size_t i = 0; i < calendar->weeks_n; i++) {
		const struct calendar_week *week = &calendar->weeks[i];
		for (int64_t day = today + 2; day >= today - 3; day--) {
			if (!on_that_day(week, day) || week_from(week, s, day) > now)
				continue;
			/* The latest that has begun ends last. */
			int64_t end = week_until(week, s, day);
			if (end > until)
				until = end;
			break;
		}
	}
	*ret = until;
	return until > now;
}

/* The first beginning of anything after that instant, INT64_MAX: none. */
static int64_t
next_from(const struct calendar *calendar, struct stretch *s, int64_t now)
{
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < calendar->spans_n; i++) {
		const struct calendar_span *span = &calendar->spans[i];
		int64_t from = (int64_t)(span->from_wall / SECOND);
		if (from > now && from < next && span->until_wall > span->from_wall)
			next = from;
	}
	int64_t today = day_of(now);
	for (size_t i = 0; i < calendar->weeks_n; i++) {
		const struct calendar_week *week = &calendar->weeks[i];
		/* The first that comes in a week; some more, where jumps make some empty. */
		for (int64_t day = today - 2; day <= today + 16; day++) {
			if (!on_that_day(week, day))
				continue;
			int64_t from = week_from(week, s, day);
			if (from <= now || week_until(week, s, day) <= from)
				continue;
			if (from < next)
				next = from;
			break;
		}
	}
	return next;
}

static int64_t
seconds_of(msec wall)
{
	int64_t last = civil_days(YEAR_MAX, 1, 1) * DAY_S;
	return wall / SECOND < (msec)last ? (int64_t)(wall / SECOND) : last;
}

/* All that is asked about `now` lies behind its beginning. */
static struct stretch
stretch_of(const struct calendar *calendar, int64_t now)
{
	struct stretch s = { .zone = calendar->zone };
	stretch_move(&s, now - 6 * DAY_S); /* that of the earliest day asked for */
	return s;
}

bool
calendar_has(const struct calendar *calendar, msec wall)
{
	int64_t now = seconds_of(wall), until;
	struct stretch s = stretch_of(calendar, now);
	return on_until(calendar, &s, now, &until);
}

msec
calendar_changes(const struct calendar *calendar, msec wall)
{
	int64_t now = seconds_of(wall);
	struct stretch s = stretch_of(calendar, now);
	int64_t last = now + AHEAD_DAYS_MAX * DAY_S;
	int64_t at = now;
	/* Each end is reached before the next that overlaps it begins: on to its end. */
	while (at <= last && on_until(calendar, &s, at, &at))
		continue;
	if (at == now)
		at = next_from(calendar, &s, now);
	return at > last ? 0 : (msec)at * SECOND;
}

bool
window_has(const struct window *window, msec wall)
{
	return (window->only == NULL || calendar_has(window->only, wall)) &&
	       (window->except == NULL || !calendar_has(window->except, wall));
}

msec
window_until(const struct window *window, msec wall)
{
	const struct calendar *const both[] = { window->only, window->except };
	msec until = UINT64_MAX;
	for (size_t i = 0; i < countof(both); i++) {
		msec changes = both[i] != NULL ? calendar_changes(both[i], wall) : 0;
		if (changes != 0 && changes < until)
			until = changes;
	}
	return until;
}

msec
window_next(const struct window *window, msec wall, msec ahead_ms)
{
	msec at = wall;
	for (size_t i = 0; i < CUTS_MAX && at - wall <= ahead_ms; i++) {
		if (window_has(window, at))
			return at;
		at = window_until(window, at);
	}
	return 0;
}
