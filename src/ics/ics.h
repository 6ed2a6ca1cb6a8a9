#ifndef ICS_ICS_H
#define ICS_ICS_H

#include "base/arena.h"
#include "base/buf.h"

/*
 * ics -- reads iCalendar (RFC 5545) of whoever wrote it, into lines that say nothing but when
 * each event is and what it is called:
 *
 *	calendar 1
 *	event 17 20261224 - 20261227 - - Christmas
 *	event 31 20261224T090000 Europe/Lisbon 20261224T180000 Europe/Lisbon - ana
 *	event 44 20261231T220000 UTC +28800 - - mei
 *	problem 52 an event without DTSTART: write when it begins
 *
 *	event LINE FROM ZONE UNTIL ZONE LAST TEXT
 *
 * A date alone is all of the day. ZONE "-": that of whoever reads the calendar. "+N": so many
 * seconds after FROM. LAST: what repeats ends with this instant, in UTC ("-": it was seen to);
 * an occurrence that begins later is none. LINE is where its SUMMARY stands.
 *
 * Pure. Recurrences are spelled out, those that begin from 2024 until 2037; they are local
 * times, so what clocks do about them is for whoever knows the zones. Only VEVENTs are read.
 * What is cancelled is left out; a changed occurrence stands in the place of its own.
 *
 * What stands in a calendar is not trusted: lengths, events and steps of a recurrence have
 * limits, and only values whose form was looked at are given to libical.
 */
#define ICS_BYTES_MAX (1u << 20)
#define ICS_LINE_MAX 8192     /* unfolded */
#define ICS_TEXT_MAX 120      /* of what an event is called */
#define ICS_EVENTS_MAX 3000   /* VEVENTs; and what becomes of them */
#define ICS_DATES_MAX 4096    /* of EXDATE and RDATE, in all events */
#define ICS_STEPS_MAX 100000u /* of all recurrences */
#define ICS_PROBLEMS_MAX 20
#define ICS_ARENA_BYTES ((size_t)64 << 20) /* of what a text of that size may hold */
#define ICS_OUT_MAX ((size_t)1 << 20)

/* Always something; what could not be read is a problem in it. */
void ics_read(str text, struct arena *arena, struct buf *out);

#endif
