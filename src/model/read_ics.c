/*
 * Calendars of others, in the configuration.
 *
 *	calendars:
 *	  holidays: {zone: Europe/Lisbon, ics: holidays.ics}
 *
 *	    overrides:
 *	      - {ics: stand-ins.ics}
 *
 * In the first each event is a span, whatever it is called. In the second it is called like
 * the person who has the rotation then: by id, name or address, or what stands before a colon.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/calendar_url.h"
#include "model/ics.h"
#include "model/internal.h"

#define SPANS_MAX 4096 /* of one calendar, those that are on at once made one */
#define OVERRIDE_MS_MAX (366 * DAY)

/* ---- mistakes in such a file ---- */

static struct span
span_of_line(str text, unsigned line)
{
	size_t off = 0;
	for (unsigned at = 1; at < line && off < text.n; at++) {
		struct str_cut cut = str_cut(str_drop(text, off), '\n');
		off = cut.found ? off + cut.head.n + 1 : text.n;
	}
	str rest = str_trim(str_cut(str_drop(text, off), '\n').head);
	return (struct span){ off, rest.n };
}

void
ics_error(struct reader *r, const struct ics *ics, unsigned line, str hint, const char *fmt,
    ...)
{
	va_list args;
	va_start(args, fmt);
	diag_verror(r->diags, ics->src, span_of_line(ics->src->text, line), hint, fmt,
	    args);
	va_end(args);
}

/* ---- one line ---- */

static bool
take_digits(str *rest, size_t n, unsigned *ret)
{
	uint64_t value;
	if (rest->n < n || !str_u64(str_take(*rest, n), 9999, &value))
		return false;
	*rest = str_drop(*rest, n);
	*ret = (unsigned)value;
	return true;
}

/* "T090000" */
static bool
take_clock(str text, struct civil *ret)
{
	if (text.p[0] != 'T')
		return false;
	text = str_drop(text, 1);
	return take_digits(&text, 2, &ret->hour) && take_digits(&text, 2, &ret->minute) &&
	       take_digits(&text, 2, &ret->second) && text.n == 0 && ret->hour < 24 &&
	       ret->minute < 60 && ret->second < 60;
}

/* "20261224", "20261224T090000" */
static bool
take_local(str text, struct civil *ret)
{
	struct civil c = { 0 };
	unsigned year;
	if (!take_digits(&text, 4, &year) || !take_digits(&text, 2, &c.month) ||
	    !take_digits(&text, 2, &c.day) || year == 0 || c.month == 0 || c.month > 12 ||
	    c.day == 0 || c.day > 31)
		return false;
	c.year = (int)year;
	if (text.n > 0 && !take_clock(text, &c))
		return false;
	*ret = c;
	return true;
}

/* The one it names, by the bundle; "-": the reader's. */
static const struct zone *
zone_of(struct reader *r, const struct ics *ics, unsigned line, str name,
    const struct zone *own)
{
	if (str_eq(name, STR("-")))
		return own;
	const struct zone *zone = zone_named(r, name);
	if (zone == NULL)
		ics_error(r, ics, line,
		    STR("export it with times in UTC, or with a name of the time zone "
			"database, as in Europe/Lisbon"),
		    "unknown time zone '%.*s'", STR_ARG(name));
	return zone;
}

static str
word(str *rest)
{
	struct str_cut cut = str_cut(*rest, ' ');
	*rest = cut.tail;
	return cut.head;
}

static msec
wall_of(int64_t seconds)
{
	return seconds > 0 ? (msec)seconds * SECOND : 0;
}

enum line_status { LINE_READ = 1, LINE_LEFT_OUT, LINE_BAD };

/* "17 20261224T090000 Europe/Lisbon +3600 - - ana" */
static enum line_status
event_read(struct reader *r, const struct ics *ics, str rest, const struct zone *own,
    struct ics_event *ret)
{
	struct civil from, until, last;
	uint64_t line, seconds = 0;
	str number = word(&rest), from_text = word(&rest), from_zone = word(&rest);
	str until_text = word(&rest), until_zone = word(&rest), last_text = word(&rest);
	bool exact = str_starts(until_text, STR("+"));
	bool ends = !str_eq(last_text, STR("-"));
	if (!str_u64(number, UINT32_MAX, &line) || !take_local(from_text, &from) ||
	    (exact && !str_u64(str_drop(until_text, 1), UINT32_MAX, &seconds)) ||
	    (!exact && !take_local(until_text, &until)) ||
	    (ends && !take_local(last_text, &last)) || rest.n == 0)
		return LINE_BAD;
	*ret = (struct ics_event){ .text = rest, .line = (unsigned)line };
	const struct zone *zone = zone_of(r, ics, ret->line, from_zone, own);
	const struct zone *end_zone = exact || str_eq(from_zone, until_zone)
	                                  ? zone
	                                  : zone_of(r, ics, ret->line, until_zone, own);
	if (zone == NULL || end_zone == NULL)
		return LINE_LEFT_OUT;
	int64_t begins = zone_instant(zone, &from, ZONE_START);
	int64_t over =
	    exact ? begins + (int64_t)seconds : zone_instant(end_zone, &until, ZONE_END);
	if (ends && begins > zone_instant(zone_utc(), &last, ZONE_END))
		return LINE_LEFT_OUT;
	ret->from_wall = wall_of(begins);
	ret->until_wall = wall_of(over);
	if (ret->until_wall > ret->from_wall)
		return LINE_READ;
	/* Clocks were put forward over all of it; or it is so in two zones. */
	if (!str_eq(from_zone, until_zone))
		ics_error(r, ics, ret->line, STR("write DTEND after DTSTART"),
		    "this event ends before it begins");
	return LINE_LEFT_OUT;
}

static int
compare_events(const void *a, const void *b)
{
	const struct ics_event *x = a, *y = b;
	if (x->from_wall != y->from_wall)
		return x->from_wall < y->from_wall ? -1 : 1;
	if (x->until_wall != y->until_wall)
		return x->until_wall < y->until_wall ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* "problem 17 TEXT\tHINT" */
static bool
problem_read(struct reader *r, const struct ics *ics, str rest)
{
	uint64_t line;
	if (!str_u64(word(&rest), UINT32_MAX, &line))
		return false;
	struct str_cut cut = str_cut(rest, '\t');
	if (cut.head.n == 0)
		return false;
	ics_error(r, ics, (unsigned)line, cut.tail, "%.*s", STR_ARG(cut.head));
	return true;
}

/* false: no program of ours wrote that. */
static bool
lines_read(struct reader *r, str text, const struct zone *zone, struct ics *ics)
{
	struct str_cut cut = str_cut(text, '\n');
	size_t n = 0;
	if (!str_eq(cut.head, STR("calendar 1")) || !str_utf8(text) ||
	    memchr(text.p, '\0', text.n) != NULL)
		return false;
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	ics->events = arena_new(r->arena, struct ics_event, n);
	for (str rest = cut.tail; rest.n > 0;) {
		cut = str_cut(rest, '\n');
		rest = cut.tail;
		str line = cut.head, kind = word(&line);
		enum line_status status = LINE_LEFT_OUT;
		if (str_eq(kind, STR("problem")) && problem_read(r, ics, line))
			continue;
		if (str_eq(kind, STR("event")))
			status = event_read(r, ics, line, zone, &ics->events[ics->n]);
		if (status == LINE_BAD || !str_eq(kind, STR("event")))
			return false;
		ics->n += status == LINE_READ;
	}
	if (ics->n > 1)
		qsort(ics->events, ics->n, sizeof(*ics->events), compare_events);
	return true;
}

/* ---- which ---- */

static str
suggest_file(struct reader *r, str wanted)
{
	str names[ICS_FILES_MAX];
	size_t n = 0;
	for (size_t i = 0; i < r->bundle->n && n < countof(names); i++) {
		str path = r->bundle->files[i].path;
		if (str_ends(path, STR(".ics")) && !str_starts(path, STR(ICS_PREFIX)) &&
		    !str_starts(path, STR(CALENDAR_URL_PREFIX)))
			names[n++] = path;
	}
	for (size_t i = 0; i < r->model->calendar_urls_n && n < countof(names); i++)
		names[n++] = r->model->calendar_urls[i].name;
	str hint = read_suggest(r, wanted, names, n);
	return hint.n > 0 ? hint
	                  : STR("name a file of the configuration folder, as in "
				"holidays.ics, or one of 'calendar_urls'");
}

static bool
is_file(str path)
{
	return str_ends(path, STR(".ics"));
}

bool
ics_is_fetched(const struct node *node)
{
	if (node->kind == NODE_TEXT)
		return !is_file(node->text);
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		if (item->kind == NODE_TEXT && !is_file(item->text))
			return true;
	}
	return false;
}

/* Of its copy, where it names one; *ret_none: there is none yet. */
static str
fetched_path(struct reader *r, str name, bool *ret_none)
{
	if (names_get(&r->calendar_url_by_name, name) == NULL)
		return name;
	str path = calendar_url_path(name, r->arena);
	*ret_none = r->bundle == NULL || bundle_find(r->bundle, path) == NULL;
	return path;
}

bool
ics_of(struct reader *r, const struct node *node, const struct zone *zone, struct ics *ret)
{
	str path;
	bool none = false;
	*ret = (struct ics){ 0 };
	if (!read_text(r, node, &path))
		return false;
	if (!is_file(path))
		path = fetched_path(r, path, &none);
	if (none)
		return true;
	const struct bundle_file *file = r->bundle != NULL && str_ends(path, STR(".ics"))
	                                     ? bundle_find(r->bundle, path)
	                                     : NULL;
	if (file == NULL) {
		read_error(r, node, suggest_file(r, path), "there is no calendar '%.*s'",
		    STR_ARG(path));
		return false;
	}
	struct source *src = arena_new(r->arena, struct source, 1);
	*src = (struct source){ .name = file->path, .text = file->bytes };
	ret->src = src;
	file = bundle_find(r->bundle,
	    arena_printf(r->arena, ICS_PREFIX "%.*s", STR_ARG(path)));
	if (file != NULL && lines_read(r, file->bytes, zone, ret))
		return true;
	read_error(r, node, STR("install firstline whole: firstline-ics reads calendars"),
	    "the calendar '%.*s' was not read", STR_ARG(path));
	return false;
}

/* ---- as spans ---- */

static void
add_span(struct calendar *calendar, size_t first, const struct ics_event *event,
    struct place place)
{
	struct calendar_span *last =
	    calendar->spans_n > first ? &calendar->spans[calendar->spans_n - 1] : NULL;
	if (last == NULL || event->from_wall > last->until_wall)
		calendar->spans[calendar->spans_n++] =
		    (struct calendar_span){ event->from_wall, event->until_wall, place };
	else if (event->until_wall > last->until_wall)
		last->until_wall = event->until_wall;
}

void
ics_spans_read(struct reader *r, const struct node *node, struct calendar *calendar)
{
	struct ics all[ICS_LISTED_MAX];
	const struct node *one = node->kind == NODE_TEXT ? node : NULL;
	size_t n = 0, events = 0;
	if (one == NULL &&
	    (!read_is_list(r, node, NULL) || !read_at_most(r, node, countof(all))))
		return;
	if (one == NULL && node->n == 0)
		read_error(r, node, STR("name a file, or remove it"),
		    "'ics' names no file");
	for (one = one != NULL ? one : node->first; one != NULL && n < countof(all);
	     one = node->kind == NODE_TEXT ? NULL : one->next) {
		if (ics_of(r, one, calendar->zone, &all[n]))
			events += all[n++].n;
	}
	/* Those of all files, in order: days that several of them have are one span. */
	struct ics_event *sorted = arena_new(r->arena, struct ics_event, events);
	events = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < all[i].n; k++)
			sorted[events++] = all[i].events[k];
	}
	if (events > 1)
		qsort(sorted, events, sizeof(*sorted), compare_events);
	struct calendar_span *written = calendar->spans;
	calendar->spans =
	    arena_new(r->arena, struct calendar_span, calendar->spans_n + events);
	if (calendar->spans_n > 0)
		memcpy(calendar->spans, written, calendar->spans_n * sizeof(*written));
	size_t first = calendar->spans_n;
	for (size_t i = 0; i < events; i++)
		add_span(calendar, first, &sorted[i], node_place(node));
	if (calendar->spans_n > SPANS_MAX)
		read_error(r, node, STR("leave out what is over"),
		    "the calendars have more than %d times", SPANS_MAX);
}

/* ---- as overrides ---- */

static const struct person *
person_called(const struct model *model, str text)
{
	const str names[] = { str_trim(text), str_trim(str_cut(text, ':').head) };
	for (size_t k = 0; k < countof(names); k++) {
		for (size_t i = 0; i < model->people_n && names[k].n > 0; i++) {
			const struct person *person = &model->people[i];
			if (str_eq_caseless(person->id, names[k]) ||
			    str_eq_caseless(person->name, names[k]) ||
			    str_eq_caseless(person->email, names[k]))
				return person;
		}
	}
	return NULL;
}

static const struct person *
event_person(struct reader *r, const struct node *node, const struct ics *ics,
    const struct ics_event *event)
{
	const struct person *person = person_called(r->model, event->text);
	if (person == NULL) {
		str hint = read_suggest(r, str_trim(str_cut(event->text, ':').head),
		    r->people.list, r->people.n);
		ics_error(r, ics, event->line,
		    hint.n > 0 ? hint
			       : STR("call it like a person of the configuration: by id, "
				     "name or address"),
		    "nobody is called '%.*s'", STR_ARG(event->text));
	} else if (event->until_wall - event->from_wall > OVERRIDE_MS_MAX) {
		ics_error(r, ics, event->line, STR("change the rotation itself"),
		    "an event of more than a year");
		person = NULL;
	} else {
		need_reach(r, node, person);
	}
	return person;
}

/* Two people for the same time: which one holds must be said. */
static bool
are_apart(struct reader *r, const struct ics *ics, const struct person *const *who)
{
	size_t longest = 0;
	for (size_t i = 1; i < ics->n; i++) {
		const struct ics_event *a = &ics->events[longest], *b = &ics->events[i];
		if (b->from_wall < a->until_wall && who[i] != who[longest]) {
			ics_error(r, ics, b->line, STR("end one where the other begins"),
			    "this event lies over that of line %u, which is another "
			    "person's",
			    a->line);
			return false;
		}
		if (b->until_wall > a->until_wall)
			longest = i;
	}
	return true;
}

/* A layer of that person, on for all of their events. */
static void
layer_add(struct reader *r, const struct ics *ics, const struct person *const *who,
    const struct person *person, const struct layer *like, struct rotation *ret)
{
	struct layer *layer = &ret->layers[ret->layers_n++];
	struct calendar *times = arena_new(r->arena, struct calendar, 1);
	size_t n = 0;
	for (size_t i = 0; i < ics->n; i++)
		n += who[i] == person;
	*times = (struct calendar){ .zone = like->zone,
		.spans = arena_new(r->arena, struct calendar_span, n),
		.place = like->place };
	for (size_t i = 0; i < ics->n; i++) {
		if (who[i] == person)
			add_span(times, 0, &ics->events[i], like->place);
	}
	*layer = *like;
	layer->people = arena_new(r->arena, const struct person *, 1);
	layer->people[0] = person;
	layer->people_n = 1;
	layer->when.only = times;
}

void
ics_overrides_read(struct reader *r, const struct node *node, const struct zone *zone,
    struct rotation *ret)
{
	const struct node *file = NULL;
	const struct key keys[] = { { "ics", &file, .required = true } };
	const struct layer like = { .zone = zone, .days = 7, .place = node_place(node) };
	struct ics ics;
	size_t first = ret->layers_n;
	if (!read_map(r, node, "override", keys, countof(keys)) ||
	    !ics_of(r, file, zone, &ics))
		return;
	const struct person **who = arena_new(r->arena, const struct person *, ics.n);
	bool ok = true;
	for (size_t i = 0; i < ics.n; i++) {
		who[i] = event_person(r, file, &ics, &ics.events[i]);
		ok = ok && who[i] != NULL;
	}
	if (!ok || !are_apart(r, &ics, who))
		return;
	for (size_t i = 0; i < ics.n; i++) {
		size_t k = first;
		while (k < ret->layers_n && ret->layers[k].people[0] != who[i])
			k++;
		if (k == ret->layers_n)
			layer_add(r, &ics, who, who[i], &like, ret);
	}
}
