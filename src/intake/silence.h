#ifndef INTAKE_SILENCE_H
#define INTAKE_SILENCE_H

#include "facts/event.h"

/*
 * silence -- the body of POST /api/v2/silences, and what a silence must be.
 *
 *	{"matchers": [{"name": "job", "value": "db-.*", "isRegex": true, "isEqual": true}],
 *	 "startsAt": "2026-11-23T07:00:00Z", "endsAt": "2026-11-23T09:00:00Z",
 *	 "createdBy": "ana", "comment": "new disks", "id": "...",
 *	 "during": "upgrade-nights", "untilResolved": true}
 *
 * The last two are ours: only while a calendar is on; until nothing of it fires any more.
 *
 * Pure. The gate reads the text (silence_read), the engine looks at what it got
 * (silence_refuses); the words of refusals are Alertmanager's.
 */
#define SILENCE_BYTES_MAX 16384u /* of all its texts together */

enum silence_status {
	SILENCE_READ = 1,
	SILENCE_MALFORMED, /* not JSON, or of other types: 400 */
	SILENCE_INVALID,   /* JSON, but not of the schema: 422 */
	SILENCE_TOO_MUCH,  /* over a limit: 413 */
};

struct silence_read {
	enum silence_status status;
	uint32_t code; /* Alertmanager's, where it has one */
	char error[256];
	struct silence_row
	    row; /* SILENCE_READ: texts are slices of `json` or in the arena */
};

/* The arena has room for json.n and SILENCE_READ_ROOM bytes. */
#define SILENCE_READ_ROOM ((size_t)8 << 10)
void silence_read(str json, struct arena *arena, struct silence_read *ret);

/* Why these matchers cannot be; NULL: they can. In `text` or constant. */
const char *silence_refuses(const struct silence_row *row, char text[static 512]);

#endif
