#ifndef ICS_PARTS_H
#define ICS_PARTS_H

#include "ics/ics.h"

/* parts -- what the files of ics share, and nobody else. */

/* A local time, an instant, or a date. */
struct moment {
	int64_t at; /* seconds since 1970 as the clock shows them */
	bool date, utc;
};

/* One property of an event: slices of what was read. */
struct property {
	str value, zone; /* TZID */
	unsigned line;   /* 0: it is not there */
	struct property *next;
};

struct vevent {
	unsigned line;
	struct property start, end, duration, rule, of, summary; /* `of`: RECURRENCE-ID */
	struct property * not, *also;                            /* EXDATE, RDATE */
	str uid;
	bool cancelled, wrong;
};

/* An occurrence that has an event of its own. */
struct changed {
	int64_t at;
	str uid;
};

struct reading {
	struct arena *arena;
	struct buf *out;
	struct vevent *events;
	size_t events_n, dates_n;
	struct changed *changed;
	size_t changed_n;
	size_t told;    /* lines of events */
	unsigned steps; /* that recurrences took */
	unsigned problems;
	bool full;
};

/* `hint` may be empty. */
void ics_problem(struct reading *r, unsigned line, const char *hint, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* moment.c */
NODISCARD bool moment_read(struct reading *r, const struct property *p, str text,
    struct moment *ret);
void moment_put(struct buf *out, const struct moment *moment);
/* "Europe/Lisbon" of what a TZID says; false: it names no zone of the database. */
NODISCARD bool zone_read(struct reading *r, const struct property *p, str *ret);

/* windows.c: "Europe/Berlin" of "W. Europe Standard Time"; false: Windows has no such name. */
NODISCARD bool zone_of_windows(str name, str *ret);

/* spell.c: first what was changed of all, then each */
void ics_changed(struct reading *r);
void ics_spell(struct reading *r, const struct vevent *event);

#endif
