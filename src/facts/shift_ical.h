#ifndef FACTS_SHIFT_ICAL_H
#define FACTS_SHIFT_ICAL_H

#include "base/ical.h"
#include "facts/frame.h"

/*
 * shift_ical -- shifts as events of a calendar, for whoever reads it: a program that
 * subscribes to a feed, or that a file is imported into.
 *
 * What is told is a span of time: shifts are cut to it. One that began before it is known by
 * that, and not by where it is cut, so that the event is the same one when the span moves on.
 */
#define SHIFTS_BACK_MS (60 * DAY) /* looked back for when a shift began */
#define SHIFTS_PAST_MS (7 * DAY)  /* shifts that ended longer ago are left out */

/* `from_wall` is where the span begins, `now_wall` when the calendar is written. */
void shift_ical(struct buf *out, const struct shift_item *shift, msec from_wall,
    msec now_wall);

#endif
