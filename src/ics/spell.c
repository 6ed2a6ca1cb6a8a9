/*
 * An event to the times at which it is: recurrences by libical, on local times, without a
 * zone. What it is given is looked at first: it counts seconds and minutes one by one, and
 * would be at it for hours.
 */
#include <libical/ical.h>
#include <stdio.h>

#include "base/zone.h"
#include "ics/parts.h"

#define DAY_S INT64_C(86400)
#define RULE_BYTES_MAX 1000
#define FROM_YEAR 2024 /* what repeats is told from here */
#define UNTIL_YEAR 2038

/* How an event is said: the same for each of its occurrences. */
struct span {
	struct moment from;
	str zone, until_zone;
	int64_t length; /* in local seconds; exact: in seconds */
	bool exact;
	str last; /* UNTIL that is an instant; empty: none */
	int64_t last_at;
	unsigned line;
};

/* ---- telling ---- */

/* The next character of a text, unescaped; how many bytes it took. */
static size_t
text_char(str text, str *ret)
{
	size_t escape = text.p[0] == '\\' && text.n > 1 ? 1 : 0;
	str rest = str_drop(text, escape);
	size_t n = str_utf8_char(rest);
	unsigned char c = (unsigned char)rest.p[0];
	bool line = escape > 0 && (c == 'n' || c == 'N');
	*ret = line || c < ' ' || c == 0x7f ? STR(" ") : str_take(rest, n);
	return escape + (n > 0 ? n : 1);
}

static void
put_text(struct buf *out, str text)
{
	size_t used = 0;
	while (text.n > 0) {
		str shown;
		text = str_drop(text, text_char(text, &shown));
		if (used + shown.n > ICS_TEXT_MAX)
			break;
		buf_add(out, shown);
		used += shown.n;
	}
	if (used == 0)
		buf_char(out, '-');
}

static void
tell(struct reading *r, const struct vevent *event, const struct span *span, int64_t at)
{
	struct moment from = span->from, until = span->from;
	if (r->told == ICS_EVENTS_MAX) {
		if (!r->full)
			ics_problem(r, span->line, "end what repeats with UNTIL or COUNT",
			    "more than %d occurrences until %d", ICS_EVENTS_MAX,
			    UNTIL_YEAR);
		r->full = true;
		return;
	}
	r->told++;
	from.at = at;
	until.at = at + span->length;
	buf_printf(r->out, "event %u ", span->line);
	moment_put(r->out, &from);
	buf_printf(r->out, " %.*s ", STR_ARG(span->zone));
	if (span->exact)
		buf_printf(r->out, "+%lld", (long long)span->length);
	else
		moment_put(r->out, &until);
	buf_printf(r->out, " %.*s %.*s ", STR_ARG(span->until_zone),
	    STR_ARG(span->last.n > 0 ? span->last : STR("-")));
	put_text(r->out, event->summary.value);
	buf_char(r->out, '\n');
}

/* ---- when it is ---- */

static bool
zone_of(struct reading *r, const struct property *p, const struct moment *moment, str *ret)
{
	*ret = moment->utc ? STR("UTC") : STR("-");
	return moment->utc || moment->date || p->zone.n == 0 || zone_read(r, p, ret);
}

static bool
length_by_duration(struct reading *r, const struct vevent *event, struct span *span)
{
	str text = event->duration.value;
	struct icaldurationtype d = icaldurationtype_bad_duration();
	if (text.n > 0 && text.n <= 32)
		d = icaldurationtype_from_string(arena_cstr(r->arena, text));
	bool days_only = d.hours == 0 && d.minutes == 0 && d.seconds == 0;
	if (icaldurationtype_is_bad_duration(d) || d.is_neg || d.weeks > 53 ||
	    d.days > 366 || d.hours > 9000 || d.minutes > 600000 || d.seconds > 40000000 ||
	    (span->from.date && !days_only)) {
		ics_problem(r, event->duration.line, "write P1D, P2W or PT8H30M",
		    "'%.*s' is no length of this event", STR_ARG(text));
		return false;
	}
	span->length = ((int64_t)d.weeks * 7 + d.days) * DAY_S + (int64_t)d.hours * 3600 +
	               (int64_t)d.minutes * 60 + d.seconds;
	span->exact =
	    d.weeks == 0 && d.days == 0; /* days are as long as clocks make them */
	span->until_zone = span->exact ? STR("-") : span->zone;
	return true;
}

static bool
length_of(struct reading *r, const struct vevent *event, struct span *span)
{
	struct moment until;
	span->until_zone = span->zone;
	if (event->end.line == 0 && event->duration.line != 0)
		return length_by_duration(r, event, span);
	if (event->end.line == 0) {
		span->length = span->from.date ? DAY_S : 0;
		return true;
	}
	if (!moment_read(r, &event->end, event->end.value, &until) ||
	    !zone_of(r, &event->end, &until, &span->until_zone))
		return false;
	if (until.date != span->from.date) {
		ics_problem(r, event->end.line, "write both with a time, or both without",
		    "an event begins on a date and ends at a time, or the other way");
		return false;
	}
	span->length = until.at - span->from.at;
	return true;
}

static bool
when(struct reading *r, const struct vevent *event, struct span *span)
{
	if (event->start.line == 0) {
		ics_problem(r, event->line, "write when it begins",
		    "an event without DTSTART");
		return false;
	}
	if (!moment_read(r, &event->start, event->start.value, &span->from) ||
	    !zone_of(r, &event->start, &span->from, &span->zone) ||
	    !length_of(r, event, span))
		return false;
	bool other = !str_eq(span->zone, span->until_zone) && !span->exact;
	if (other && event->rule.line != 0) {
		ics_problem(r, event->end.line, "end it in the zone that it begins in",
		    "what repeats begins in one zone and ends in another");
		return false;
	}
	if (!other && span->length <= 0) {
		ics_problem(r, span->line, "write DTEND after DTSTART",
		    "this event has no length");
		return false;
	}
	return true;
}

/* ---- what repeats ---- */

static bool
is_key(str part, const char *key)
{
	return str_starts(part, str_of(key)) && part.n > strlen(key) &&
	       part.p[strlen(key)] == '=';
}

/* What libical is asked: those of days and longer, without what would have it count seconds.
 * UNTIL as an instant is left to whoever knows the zone. */
static bool
rule_read(struct reading *r, const struct vevent *event, struct span *span,
    struct icalrecurrencetype *ret)
{
	static const char *const frequencies[] = { "FREQ=DAILY", "FREQ=WEEKLY",
		"FREQ=MONTHLY", "FREQ=YEARLY" };
	static const char *const refused[] = { "BYHOUR", "BYMINUTE", "BYSECOND", "RSCALE",
		"SKIP" };
	struct buf text = BUF(RULE_BYTES_MAX + 1);
	bool frequent = false, ok = event->rule.value.n <= RULE_BYTES_MAX;
	for (str rest = event->rule.value; ok && rest.n > 0;) {
		struct str_cut cut = str_cut(rest, ';');
		rest = cut.tail;
		for (size_t i = 0; i < countof(frequencies); i++)
			frequent = frequent || str_eq(cut.head, str_of(frequencies[i]));
		for (size_t i = 0; i < countof(refused); i++)
			ok = ok && !is_key(cut.head, refused[i]);
		if (is_key(cut.head, "UNTIL") && cut.head.p[cut.head.n - 1] == 'Z' &&
		    !span->from.utc && !span->from.date) {
			span->last = str_take(str_drop(cut.head, 6), cut.head.n - 7);
			continue;
		}
		if (text.n > 0)
			buf_char(&text, ';');
		buf_add(&text, cut.head);
	}
	struct moment last = { 0 };
	ok = ok && frequent && !text.overflow;
	if (ok && span->last.n > 0)
		ok = moment_read(r, &event->rule, span->last, &last) && !last.date;
	if (ok && span->last.n > 0)
		span->last_at = last.at;
	if (ok)
		*ret = icalrecurrencetype_from_string(arena_cstr(r->arena, buf_str(&text)));
	ok = ok && ret->freq != ICAL_NO_RECURRENCE;
	buf_done(&text);
	if (!ok)
		ics_problem(r, event->rule.line,
		    "it repeats by FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, with INTERVAL, "
		    "COUNT, UNTIL, BYDAY, BYMONTH, BYMONTHDAY",
		    "'%.*s' is not how an event repeats here", STR_ARG(event->rule.value));
	return ok;
}

static struct icaltimetype
time_of(const struct moment *moment)
{
	struct icaltimetype t = icaltime_null_time();
	int64_t days = moment->at / DAY_S, s = moment->at % DAY_S;
	unsigned month, day;
	civil_from_days(days, &t.year, &month, &day);
	t.month = (int)month;
	t.day = (int)day;
	t.hour = (int)(s / 3600);
	t.minute = (int)(s / 60 % 60);
	t.second = (int)(s % 60);
	t.is_date = moment->date;
	return t;
}

struct dates {
	int64_t *p;
	size_t n;
};

static bool
is_among(const struct dates *dates, int64_t at)
{
	for (size_t i = 0; i < dates->n; i++) {
		if (dates->p[i] == at)
			return true;
	}
	return false;
}

void
ics_changed(struct reading *r)
{
	r->changed = arena_new(r->arena, struct changed, r->events_n);
	for (size_t i = 0; i < r->events_n; i++) {
		struct vevent *event = &r->events[i];
		struct moment moment;
		if (event->of.line == 0)
			continue;
		if (moment_read(r, &event->of, event->of.value, &moment))
			r->changed[r->changed_n++] =
			    (struct changed){ moment.at, event->uid };
		else
			event->wrong = true;
	}
}

/* A changed occurrence stands in an event of its own. */
static bool
is_changed(const struct reading *r, const struct vevent *event, int64_t at)
{
	for (size_t i = 0; i < r->changed_n; i++) {
		if (r->changed[i].at == at && str_eq(r->changed[i].uid, event->uid))
			return true;
	}
	return false;
}

static bool
date_read(struct reading *r, const struct property *p, str text, const struct vevent *event,
    const struct span *span, int64_t *ret)
{
	struct moment moment;
	if (++r->dates_n > ICS_DATES_MAX) {
		ics_problem(r, p->line, "end the recurrence, or leave old dates out",
		    "more than %d dates in EXDATE and RDATE", ICS_DATES_MAX);
		return false;
	}
	if (!moment_read(r, p, text, &moment))
		return false;
	*ret = moment.at;
	/* In another form they could not be compared without the zone's clocks. */
	bool same = moment.utc == span->from.utc && moment.date == span->from.date &&
	            (moment.date || str_eq(p->zone, event->start.zone));
	if (!same)
		ics_problem(r, p->line, "write them in the zone that it begins in",
		    "dates of an event are in another form than its beginning");
	return same;
}

static bool
dates_read(struct reading *r, const struct property *list, const struct vevent *event,
    const struct span *span, struct dates *ret)
{
	size_t n = 0;
	for (const struct property *p = list; p != NULL; p = p->next) {
		for (size_t i = 0; i < p->value.n; i++)
			n += p->value.p[i] == ',';
		n++;
	}
	n = n < ICS_DATES_MAX ? n : ICS_DATES_MAX;
	*ret = (struct dates){ arena_new(r->arena, int64_t, n), 0 };
	for (const struct property *p = list; p != NULL; p = p->next) {
		for (str rest = p->value; rest.n > 0;) {
			struct str_cut cut = str_cut(rest, ',');
			int64_t at;
			rest = cut.tail;
			if (!date_read(r, p, cut.head, event, span, &at))
				return false;
			ret->p[ret->n++] = at;
		}
	}
	return true;
}

static void
tell_rule(struct reading *r, const struct vevent *event, const struct span *span,
    const struct dates * not, struct icalrecurrencetype rule)
{
	int64_t first = civil_days(FROM_YEAR, 1, 1) * DAY_S;
	int64_t end = civil_days(UNTIL_YEAR, 1, 1) * DAY_S;
	struct icalrecur_iterator_impl *it =
	    icalrecur_iterator_new(rule, time_of(&span->from));
	while (it != NULL && !r->full) {
		struct icaltimetype t = icalrecur_iterator_next(it);
		if (icaltime_is_null_time(t))
			break;
		int64_t at =
		    civil_days(t.year, (unsigned)t.month, (unsigned)t.day) * DAY_S +
		    span->from.at % DAY_S;
		/* No zone is further from UTC than a day. */
		if (at >= end || (span->last.n > 0 && at > span->last_at + DAY_S))
			break;
		if (++r->steps > ICS_STEPS_MAX) {
			ics_problem(r, event->rule.line,
			    "end what repeats, or begin it later",
			    "the recurrences take more than %u steps", ICS_STEPS_MAX);
			r->full = true;
		} else if (at >= first && !is_among(not, at) && !is_changed(r, event, at)) {
			tell(r, event, span, at);
		}
	}
	if (it != NULL)
		icalrecur_iterator_free(it);
}

void
ics_spell(struct reading *r, const struct vevent *event)
{
	struct icalrecurrencetype rule;
	struct dates not, also;
	struct span span = { .line = event->summary.line != 0 ? event->summary.line
		                                              : event->line };
	if (event->cancelled || event->wrong || !when(r, event, &span) ||
	    !dates_read(r, event->not, event, &span, &not ) ||
	    !dates_read(r, event->also, event, &span, &also))
		return;
	if (event->rule.line == 0) {
		if (!is_among(&not, span.from.at))
			tell(r, event, &span, span.from.at);
	} else if (event->of.line != 0) {
		ics_problem(r, event->rule.line, "leave RRULE out of it",
		    "a changed occurrence that repeats");
	} else if (rule_read(r, event, &span, &rule)) {
		tell_rule(r, event, &span, &not, rule);
	}
	for (size_t i = 0; i < also.n; i++) {
		if (!is_among(&not, also.p[i]) && !is_changed(r, event, also.p[i]))
			tell(r, event, &span, also.p[i]);
	}
}
