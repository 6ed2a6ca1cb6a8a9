#ifndef NODE_CALENDARS_H
#define NODE_CALENDARS_H

#include "model/bundle.h"

/*
 * calendars -- what the *.ics of a folder say, as firstline-ics spells them out: beside each
 * stands "ics:PATH" (ics/ics.h) in the bundle.
 *
 * Each is read by a process of its own, which has the calendar and nothing else, 5 s of a
 * processor within 30 s, and half a GiB; `serve` waits for it on a thread (reading.c). ERR: there is no such program, it could not be started, or there are
 * more than ICS_FILES_MAX. One that ends badly leaves its calendar unread; that is told where
 * the configuration names it.
 */
NODISCARD bool calendars_spell(struct bundle *bundle, struct arena *arena, struct err *err);

/* One. *ret is in the arena; false without ERR_LIMIT and such: it could not be read. */
NODISCARD bool calendar_spell(str text, struct arena *arena, str *ret, struct err *err);

#endif
