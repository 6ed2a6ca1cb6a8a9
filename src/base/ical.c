#include "base/ical.h"

#include "base/zone.h"

#define LINE_OCTETS_MAX 75 /* without its end: RFC 5545, 3.1 */

/* One content line. */
struct line {
	struct buf *out;
	size_t octets; /* of what stands in the line so far */
};

static struct line
line_begin(struct buf *out, str name)
{
	buf_add(out, name);
	return (struct line){ out, name.n };
}

/* Octets that belong together: a character, or an escape. */
static void
line_put(struct line *line, str s)
{
	if (line->octets + s.n > LINE_OCTETS_MAX) {
		buf_add(line->out, STR("\r\n "));
		line->octets = 1;
	}
	buf_add(line->out, s);
	line->octets += s.n;
}

static void
line_end(struct line *line)
{
	buf_add(line->out, STR("\r\n"));
}

static void
line_plain(struct buf *out, str text)
{
	buf_add(out, text);
	buf_add(out, STR("\r\n"));
}

/* The next character of a text and what stands for it; how many bytes it has. */
static size_t
text_char(str rest, str *ret)
{
	size_t n = str_utf8_char(rest);
	unsigned char c = (unsigned char)rest.p[0];
	*ret = str_take(rest, n);
	if (c == '\r' && rest.n > 1 && rest.p[1] == '\n') {
		*ret = STR("\\n");
		return 2;
	}
	if (c == '\n' || c == '\r')
		*ret = STR("\\n");
	else if (c == '\\')
		*ret = STR("\\\\");
	else if (c == ';')
		*ret = STR("\\;");
	else if (c == ',')
		*ret = STR("\\,");
	else if (n == 0 || (c < ' ' && c != '\t') || c == 0x7f)
		*ret = STR("?");
	return n > 0 ? n : 1;
}

static void
text_line(struct buf *out, str name, str text)
{
	struct line line = line_begin(out, name);
	while (text.n > 0) {
		str shown;
		text = str_drop(text, text_char(text, &shown));
		line_put(&line, shown);
	}
	line_end(&line);
}

static void
time_line(struct buf *out, const char *name, msec wall)
{
	struct civil c = zone_civil(zone_utc(), (int64_t)(wall / SECOND));
	buf_printf(out, "%s:%04d%02u%02uT%02u%02u%02uZ\r\n", name, c.year, c.month, c.day,
	    c.hour, c.minute, c.second);
}

void
ical_begin(struct buf *out, str name)
{
	line_plain(out, STR("BEGIN:VCALENDAR"));
	line_plain(out, STR("VERSION:2.0"));
	line_plain(out, STR("PRODID:-//Firstline//Firstline//EN"));
	line_plain(out, STR("CALSCALE:GREGORIAN"));
	line_plain(out, STR("METHOD:PUBLISH"));
	text_line(out, STR("NAME:"), name);
	text_line(out, STR("X-WR-CALNAME:"), name); /* older programs know this one */
	/* Who subscribes to it looks again. */
	line_plain(out, STR("REFRESH-INTERVAL;VALUE=DURATION:PT1H"));
	line_plain(out, STR("X-PUBLISHED-TTL:PT1H"));
}

void
ical_event(struct buf *out, const struct ical_event *event)
{
	ASSERT(event->until_wall > event->from_wall);
	line_plain(out, STR("BEGIN:VEVENT"));
	text_line(out, STR("UID:"), event->uid);
	time_line(out, "DTSTAMP", event->stamp_wall);
	line_plain(out, STR("SEQUENCE:0"));
	time_line(out, "DTSTART", event->from_wall);
	time_line(out, "DTEND", event->until_wall);
	text_line(out, STR("SUMMARY:"), event->summary);
	if (event->description.n > 0)
		text_line(out, STR("DESCRIPTION:"), event->description);
	line_plain(out, STR("TRANSP:TRANSPARENT")); /* on duty is not busy */
	line_plain(out, STR("END:VEVENT"));
}

void
ical_end(struct buf *out)
{
	line_plain(out, STR("END:VCALENDAR"));
}
