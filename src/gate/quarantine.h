#ifndef GATE_QUARANTINE_H
#define GATE_QUARANTINE_H

#include "facts/row.h"

/*
 * quarantine -- which bodies were with the engine when it died.
 *
 * Pure. A body that was in flight at one death is suspected, one that was at two is in
 * quarantine and never sent again. Traffic is thick, so most suspects are bystanders:
 * a suspect is sent alone (the sender's business), and when the engine lives through it
 * the suspicion is dropped. What is told apart are labels and annotations, not times.
 * A death by the disk, which the engine tells of before it ends, makes no suspects.
 * Those the engine keeps are held for good, the others until a day after they were found.
 */
#define QUARANTINE_ITEMS_MAX 1024
#define QUARANTINE_SUSPECT_MS (10 * MINUTE)
#define QUARANTINE_KEEP_MS DAY
#define QUARANTINE_DEATHS 2 /* that put a body into quarantine */

struct quarantine_item {
	hash32 digest;
	uint32_t deaths;
	msec at; /* of the last death */
};

struct quarantine {
	struct quarantine_item item[QUARANTINE_ITEMS_MAX];
	size_t n;
	hash32 kept[QUARANTINE_KEPT_MAX]; /* by the engine */
	size_t kept_n;
};

enum quarantine_state { QUARANTINE_CLEAN = 1, QUARANTINE_SUSPECT, QUARANTINE_HELD };

/* Forgets what is old, then looks. `now` only grows. */
enum quarantine_state quarantine_look(struct quarantine *q, const hash32 *digest, msec now);
/* It was in flight at a death; returns at how many. When there is no room the oldest
 * suspicion gives way. */
uint32_t quarantine_strike(struct quarantine *q, const hash32 *digest, msec now);
/* What the engine keeps now, 32 bytes each, the newest first, needs no place here; false
 * when that is no such list. */
NODISCARD bool quarantine_keep(struct quarantine *q, str digests);
bool quarantine_is_kept(const struct quarantine *q, const hash32 *digest);
/* The engine answered it. */
void quarantine_clear(struct quarantine *q, const hash32 *digest);

#endif
