#ifndef MODEL_ICS_H
#define MODEL_ICS_H

#include "model/read.h"

/*
 * ics -- calendars that others keep, as firstline-ics spelled them out (ics/ics.h): in the
 * bundle, beside the file itself, under "ics:PATH".
 *
 * What they say depends on no library and no day: whoever reads the same bundle, now or in a
 * replay, has the same events.
 */
#define ICS_PREFIX "ics:"
#define ICS_LISTED_MAX 8 /* of one calendar */
#define ICS_FILES_MAX 64 /* with those of URLs */

struct ics_event {
	msec from_wall, until_wall;
	str text; /* what it is called */
	unsigned line;
};

struct ics {
	const struct source *src;
	struct ics_event *events; /* by their beginning */
	size_t n;
};

/* The calendar that the node names: a file, or one of `calendar_urls`, which has no events and
 * no source where nothing was fetched yet. Times without a zone of their own are that one's. */
bool ics_of(struct reader *r, const struct node *node, const struct zone *zone,
    struct ics *ret);
/* Does that name one of `calendar_urls`, or a list with such a name? */
bool ics_is_fetched(const struct node *node);
/* A mistake in the line of an event. */
void ics_error(struct reader *r, const struct ics *ics, unsigned line, str hint,
    const char *fmt, ...) PRINTF_LIKE(5, 6);

/* Spans of calendars; text or list. */
void ics_spans_read(struct reader *r, const struct node *node, struct calendar *calendar);
/* {ics: FILE} among the overrides: a layer for each person that it names. */
void ics_overrides_read(struct reader *r, const struct node *node, const struct zone *zone,
    struct rotation *ret);

#endif
