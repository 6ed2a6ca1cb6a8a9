#ifndef BASE_ICAL_H
#define BASE_ICAL_H

#include "base/buf.h"

/*
 * ical -- writes iCalendar (RFC 5545): one calendar of events, for programs that show or
 * subscribe to them.
 *
 *	ical_begin(&out, STR("platform-ops primary"));
 *	ical_event(&out, &event);
 *	ical_end(&out);
 *
 * Times are UTC, so no VTIMEZONE is needed. Lines end in CR LF and are folded at 75 octets,
 * never within a character. Texts may be anything: what is no UTF-8, and control characters
 * but line ends and tabs, become '?'.
 *
 * An event keeps its uid while it is the same one. A program that has it already takes the
 * one with the later stamp (RFC 5546, 2.1.4): so a stamp is when the calendar was written.
 */
struct ical_event {
	str uid; /* for ever this event's, no other's */
	msec stamp_wall;
	msec from_wall, until_wall; /* until is not in it any more */
	str summary;
	str description; /* or empty */
};

void ical_begin(struct buf *out, str name);
void ical_event(struct buf *out, const struct ical_event *event);
void ical_end(struct buf *out);

#endif
