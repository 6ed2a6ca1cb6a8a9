#ifndef INTAKE_TAP_H
#define INTAKE_TAP_H

#include "base/buf.h"
#include "base/hash.h"
#include "facts/row.h"

/*
 * tap -- a link by which one person does one thing, with one tap.
 *
 * Pure. The last part of its path:
 *
 *	acknowledge.17.42.1795456684.0123456789abcdef0123456789abcdef.ana
 *
 * what, the incident ("17-18-21" of a message that tells of many, the worst first), the notice
 * that it was sent in, until when (seconds since 1970), the first 128 bits of HMAC-SHA256 over
 * all of the others with the engine's key, and who. Nobody who has not the key makes another
 * of it, for another incident, person, act or time.
 */
#define TAP_BYTES_MAX 512
#define TAP_INCIDENTS_MAX 20         /* one link acknowledges */
#define TAP_KEEP_MS (12 * HOUR)      /* from when the notice was made */
#define TAP_USEFUL_KEEP_MS (7 * DAY) /* of those that say whether it was useful */

enum tap_act {
	TAP_ACKNOWLEDGE = 1,
	TAP_USEFUL,  /* it was useful to know of it */
	TAP_USELESS, /* it was not */
	TAP_ASKS,    /* whether it was: who taps says so of one incident at a time */
};

struct tap {
	enum tap_act act;
	incident_id incident[TAP_INCIDENTS_MAX];
	size_t incident_n; /* one at least */
	row_id notice;
	uint64_t until_s; /* since 1970 */
	str person;       /* a slice of what was read */
};

const char *tap_act_word(enum tap_act act); /* "acknowledge", "useful", "not-useful" ... */

void tap_write(struct buf *out, const struct tap *tap, str key);
/* What it says, whoever made it: to be shown, and not to be acted on. */
NODISCARD bool tap_peek(str text, struct tap *ret);
/* The same, and made with that key. */
NODISCARD bool tap_read(str text, str key, struct tap *ret);

#endif
