#include "ics/ics.h"

#include <stdarg.h>
#include <stdio.h>

#include "ics/parts.h"

#define BLOCKS_MAX 16 /* BEGIN in BEGIN */
#define PROBLEM_TEXT_MAX 300

/* ---- what is wrong ---- */

void
ics_problem(struct reading *r, unsigned line, const char *hint, const char *fmt, ...)
{
	if (++r->problems > ICS_PROBLEMS_MAX)
		return;
	char text[PROBLEM_TEXT_MAX];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_printf(r->out, "problem %u ", line);
	str rest = str_of(text);
	while (rest.n > 0) {
		size_t n = str_utf8_char(rest);
		bool plain = n > 0 && (unsigned char)rest.p[0] >= ' ' && rest.p[0] != 0x7f;
		buf_add(r->out, plain ? str_take(rest, n) : STR("?"));
		rest = str_drop(rest, n > 0 ? n : 1);
	}
	buf_printf(r->out, "\t%s\n", hint);
}

/* ---- lines ---- */

struct lines {
	str rest;
	unsigned line; /* of the one that was taken last */
	unsigned next;
};

static str
physical(struct lines *l)
{
	struct str_cut cut = str_cut(l->rest, '\n');
	str line = cut.head;
	l->rest = cut.tail;
	l->next++;
	return line.n > 0 && line.p[line.n - 1] == '\r' ? str_take(line, line.n - 1) : line;
}

static bool
is_folded(const struct lines *l)
{
	return l->rest.n > 0 && (l->rest.p[0] == ' ' || l->rest.p[0] == '\t');
}

/* One content line, unfolded; false: there is none left. What is too long is empty. */
static bool
take_line(struct reading *r, struct lines *l, str *ret)
{
	if (l->rest.n == 0)
		return false;
	l->line = l->next;
	str line = physical(l);
	if (is_folded(l)) {
		struct buf whole = BUF(ICS_LINE_MAX);
		buf_add(&whole, line);
		while (is_folded(l))
			buf_add(&whole, str_drop(physical(l), 1));
		line = whole.overflow ? STR("") : arena_str(r->arena, buf_str(&whole));
		buf_done(&whole);
	}
	*ret = line.n > ICS_LINE_MAX ? STR("") : line;
	return true;
}

/* ---- properties ---- */

/* "DTSTART;TZID=Europe/Lisbon:2026..." into its name, its zone and its value. A quoted
 * parameter may hold what would end it. */
static bool
split(str line, str *name, struct property *ret)
{
	size_t end = 0, part = 0;
	bool quoted = false;
	*name = STR("");
	*ret = (struct property){ 0 };
	for (; end < line.n && (quoted || line.p[end] != ':'); end++) {
		quoted = quoted != (line.p[end] == '"');
		if (quoted || line.p[end] != ';')
			continue;
		if (name->n == 0)
			*name = str_take(line, end);
		part = end + 1;
		str rest = str_drop(line, part);
		struct str_cut value = str_cut(str_cut(rest, ':').head, ';');
		if (rest.n > 6 && rest.p[5] == '"')
			value = str_cut(str_drop(rest, 6), '"');
		else
			value.head = str_drop(value.head, value.head.n < 5 ? 0 : 5);
		if (rest.n > 5 && str_eq_caseless(str_take(rest, 5), STR("TZID=")))
			ret->zone = value.head;
	}
	if (end == line.n)
		return false;
	if (name->n == 0)
		*name = str_take(line, end);
	ret->value = str_trim(str_drop(line, end + 1));
	return true;
}

static void
add_date(struct reading *r, struct property **list, const struct property *p)
{
	struct property *copy = arena_new(r->arena, struct property, 1);
	*copy = *p;
	copy->next = *list;
	*list = copy;
}

static void
take_property(struct reading *r, struct vevent *event, str name, const struct property *p)
{
	static const char *const names[] = { "DTSTART", "DTEND", "DURATION", "RRULE",
		"RECURRENCE-ID", "SUMMARY" };
	struct property *const places[] = { &event->start, &event->end, &event->duration,
		&event->rule, &event->of, &event->summary };
	for (size_t i = 0; i < countof(names); i++) {
		if (!str_eq_caseless(name, str_of(names[i])))
			continue;
		if (places[i]->line != 0) {
			ics_problem(r, p->line, "keep one of the two",
			    "an event has two lines of %s", names[i]);
			event->wrong = true;
		}
		*places[i] = *p;
		return;
	}
	if (str_eq_caseless(name, STR("EXDATE")))
		add_date(r, &event->not, p);
	else if (str_eq_caseless(name, STR("RDATE")))
		add_date(r, &event->also, p);
	else if (str_eq_caseless(name, STR("UID")))
		event->uid = p->value;
	else if (str_eq_caseless(name, STR("STATUS")))
		event->cancelled = str_eq_caseless(p->value, STR("CANCELLED"));
}

/* ---- the whole ---- */

static struct vevent *
add_event(struct reading *r, unsigned line)
{
	if (r->events_n == ICS_EVENTS_MAX) {
		if (!r->full)
			ics_problem(r, line, "leave out what is over",
			    "more than %d events", ICS_EVENTS_MAX);
		r->full = true;
		return NULL;
	}
	struct vevent *event = &r->events[r->events_n++];
	*event = (struct vevent){ .line = line };
	return event;
}

/* Where we are: names of blocks that began, and the event, unless in a block of its own. */
struct within {
	str blocks[BLOCKS_MAX];
	size_t n;
	struct vevent *event;
	bool ended;
};

static bool
begin_block(struct reading *r, struct within *w, str name, unsigned line)
{
	if (w->n == BLOCKS_MAX || (w->n == 0) != str_eq_caseless(name, STR("VCALENDAR"))) {
		ics_problem(r, line, "export it again as iCalendar",
		    "this is no iCalendar: BEGIN:%.*s has no place here", STR_ARG(name));
		return false;
	}
	w->blocks[w->n++] = name;
	if (w->n == 2 && str_eq_caseless(name, STR("VEVENT")))
		w->event = add_event(r, line);
	return true;
}

static bool
end_block(struct reading *r, struct within *w, str name, unsigned line)
{
	if (w->n == 0 || !str_eq_caseless(w->blocks[w->n - 1], name)) {
		ics_problem(r, line, "export it again as iCalendar",
		    "this is no iCalendar: END:%.*s ends nothing", STR_ARG(name));
		return false;
	}
	if (--w->n == 1)
		w->event = NULL;
	w->ended = w->n == 0;
	return true;
}

/* false: it is not gone on with. */
static bool
take(struct reading *r, struct within *w, str line, unsigned number)
{
	str name;
	struct property p;
	if (str_trim(line).n == 0)
		return true;
	if (!split(line, &name, &p)) {
		if (w->n > 0)
			return true; /* of nobody: passed over */
		ics_problem(r, number, "export it again as iCalendar",
		    "this is no iCalendar: it does not begin with BEGIN:VCALENDAR");
		return false;
	}
	p.line = number;
	if (str_eq_caseless(name, STR("BEGIN")))
		return begin_block(r, w, p.value, number);
	if (str_eq_caseless(name, STR("END")))
		return end_block(r, w, p.value, number);
	if (w->n == 0) {
		ics_problem(r, number, "export it again as iCalendar",
		    "this is no iCalendar: it does not begin with BEGIN:VCALENDAR");
		return false;
	}
	if (w->n == 2 && w->event != NULL)
		take_property(r, w->event, name, &p);
	return true;
}

static void
take_all(struct reading *r, str text)
{
	struct lines lines = { .rest = text, .next = 1 };
	struct within within = { 0 };
	str line;
	if (str_starts(text, STR("\xef\xbb\xbf")))
		lines.rest = str_drop(text, 3);
	while (take_line(r, &lines, &line)) {
		if (!take(r, &within, line, lines.line))
			return;
	}
	if (!within.ended || within.n > 0)
		ics_problem(r, lines.next > 1 ? lines.next - 1 : 1, "fetch it again, whole",
		    "the calendar has no end: END:VCALENDAR is missing");
}

void
ics_read(str text, struct arena *arena, struct buf *out)
{
	struct reading r = { .arena = arena, .out = out };
	buf_add(out, STR("calendar 1\n"));
	if (text.n > ICS_BYTES_MAX || !str_utf8(text)) {
		ics_problem(&r, 1, "export it as UTF-8, and leave out what is over",
		    text.n > ICS_BYTES_MAX ? "the calendar is over 1 MiB"
					   : "the calendar is no UTF-8");
		return;
	}
	r.events = arena_new(arena, struct vevent, ICS_EVENTS_MAX);
	take_all(&r, text);
	ics_changed(&r);
	for (size_t i = 0; i < r.events_n; i++)
		ics_spell(&r, &r.events[i]);
	if (r.problems > ICS_PROBLEMS_MAX)
		buf_printf(out, "problem 1 and %u more\t\n", r.problems - ICS_PROBLEMS_MAX);
}
