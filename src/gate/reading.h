#ifndef GATE_READING_H
#define GATE_READING_H

#include "facts/frame.h"

/*
 * reading -- what can be read without a script: the open incidents, one of them, a case file.
 *
 * Whoever is signed in gets it within the page's <noscript>, who is not gets a form there.
 * The script, where there is one, sees neither: it asks /v1 as ever. So everything here is
 * text between tags of ours; html_put is the only way in for what others wrote.
 */
#define READING_BYTES_MAX (4u << 20) /* then it says that it goes on */
#define READING_ALERTS 100           /* shown of an incident's */
#define READING_INCIDENTS 100        /* in the list */

/* As text: no byte of it is taken for markup. */
void html_put(struct buf *b, str text);
void html_time(struct buf *b, msec wall); /* in UTC */

/* Rows in the order that the engine sends them; a new table closes the one before. */
struct reading {
	enum table table; /* whose list is open; 0: none */
	bool alerts;      /* theirs is */
	bool listed;      /* incidents, not one of them */
	bool any;
	incident_id incident;
	uint64_t cursor;
};
void reading_row(struct buf *b, struct reading *reading, enum table table, const void *row);
void reading_alert(struct buf *b, struct reading *reading, const struct alert_item *item,
    const struct alert_body *body);
void reading_close(struct buf *b, struct reading *reading); /* the list that is open */

#endif
