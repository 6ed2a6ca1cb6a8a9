#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "base/pool.h"
#include "facts/effect.h"

/*
 * intake -- from foreign payloads to events, without what says nothing new.
 *
 * Pure. Two halves in two processes: the gate reads foreign formats into the wire form
 * (wire.h), the engine merges that with the alerts it knows and gets the event, if any.
 *
 * The engine's half owns every active alert: its text, times, freshness, and the incident
 * the core put it in. How fresh an alert is stays here, outside the replayed state: a
 * million unchanged re-sends write nothing.
 */

/* ---- the gate's half: alertmanager.c ---- */

struct intake_limits {
	size_t labels_max;      /* pairs an alert, and annotations alike; default 64 */
	size_t name_bytes_max;  /* default 256 */
	size_t value_bytes_max; /* default 8192 */
	size_t alert_bytes_max; /* body of one alert, default and most WIRE_BODY_MAX */
	size_t alerts_max;      /* a request, default ALERTS_PER_EVENT_MAX */
};
extern const struct intake_limits intake_limits_default;

enum intake_status {
	INTAKE_OK = 1,
	INTAKE_PARTLY,    /* some alerts were refused (400); the others are in *out */
	INTAKE_MALFORMED, /* not JSON, or of other types (400): nothing is in *out */
	INTAKE_INVALID,   /* JSON, but not of the schema (422): nothing is in *out */
	INTAKE_TOO_MUCH,  /* over a limit (413): nothing is in *out */
};

struct intake_read {
	enum intake_status status;
	size_t taken;
	size_t refused;
	uint32_t code;   /* Alertmanager's, for 422: 602 "required", 601 "not a URI"... */
	char error[512]; /* for the client: all problems joined by '\n', cut with a count */
	size_t error_at; /* MALFORMED: byte offset */
};

/* Alertmanager API v2, POST /api/v2/alerts: append the alerts in wire form (wire.h) to
 * `out`, which is not over its maximum yet. startsAt and endsAt defaults, dropped empty
 * labels, partial success and messages are Alertmanager's. `now` is wall time. An alert
 * over a limit of its own is refused alone. `scratch` needs room for the text's bytes and
 * INTAKE_SCRATCH_BYTES; with less the answer is INTAKE_TOO_MUCH. */
#define INTAKE_SCRATCH_BYTES ((size_t)96 << 10)
struct intake_read intake_read_alertmanager(str json, msec now, msec timeout_ms,
    const struct intake_limits *limits, struct arena *scratch, struct buf *out);

/* ---- the engine's half: alerts.c ---- */

struct alert {
	uint64_t number;       /* running, never reused */
	uint64_t fingerprint;  /* Prometheus', over the labels */
	str body;              /* CBOR of struct alert_body, in the pool */
	uint32_t labels_bytes; /* the labels' part at the front of the body: identity */
	incident_id incident;
	msec starts_wall, ends_wall, updated_wall;
	msec expires_at; /* engine clock */
	uint32_t
	    horizon_ms; /* endsAt minus reception at the last write, at least HORIZON_MIN_MS */
	uint16_t source; /* index into intake's sources */
	/* links of the tables; intake's own */
	uint32_t next_in_incident, prev_in_incident;
};
#define HORIZON_MIN_MS (5 * MINUTE)

struct intake;

/* `alerts_max` bounds active alerts; memory is reserved, used only as alerts come. */
struct intake *intake_new(uint64_t alerts_max, size_t bytes_max, uint64_t seed);
void intake_free(struct intake *intake);

enum merge_status {
	MERGE_OK = 1,
	MERGE_FULL,      /* alerts_max: nothing of this batch was taken: 503, counted */
	MERGE_MALFORMED, /* not wire form: close the peer */
};

struct merge {
	enum merge_status status;
	size_t fired, changed, resolved, unchanged;
	struct alerts_changed event; /* changes.n == 0: nothing new. In `arena`. */
};

/* Merge a wire payload at that time. Alertmanager's rules for overlapping intervals; an
 * alert that is already resolved or was never active is ignored when it resolves. New
 * alerts get numbers from *next_alert up. When the event is committed (after core_step gave
 * the incidents) intake_settle must follow; when it is not, the process ends. */
struct merge intake_merge(struct intake *intake, str wire, str source, msec at, msec wall,
    uint64_t *next_alert, struct arena *arena);
void intake_settle(struct intake *intake, const struct alerts_changed *event,
    const incident_id *incidents);

/* Look at some alerts (a slice: at most `n`) for those whose time is over; call it often.
 * What it finds leaves the table when intake_expired is called with the same event. */
bool intake_sweep(struct intake *intake, msec at, size_t n, struct arena *arena,
    struct alerts_expired *ret);
void intake_expired(struct intake *intake, const struct alerts_expired *event);

/* The gate was down or the engine just started: nothing expires before at + its horizon. */
void intake_grace(struct intake *intake, msec at);

uint64_t intake_active(const struct intake *intake);
const struct alert *intake_find(const struct intake *intake, uint64_t number);
/* In ascending fingerprint order for listings: the next at most n after `cursor` (0: start)
 * that belong to `incident` (0: all). Returns how many. */
size_t intake_list(struct intake *intake, incident_id incident, uint64_t cursor,
    const struct alert **ret, size_t n);
str intake_source(const struct intake *intake, uint16_t source);

/* ---- keeping: alert rows, packed, trailing the journal ---- */

/* A pack holds the alerts numbered [PACK_ALERTS * id, PACK_ALERTS * (id + 1)) that are
 * active, and the entry it is complete as of. CBOR; see packs.c. */
#define PACK_ALERTS 64

/* Packs changed since they were last written, oldest first; marks them clean. `seq` is the
 * last committed entry. Encodes at most `n` into bodies in the arena. */
struct pack {
	uint64_t id;
	str body; /* empty: no active alert left in it */
};
size_t intake_packs(struct intake *intake, uint64_t seq, struct pack *ret, size_t n,
    struct arena *arena);
size_t intake_packs_dirty(const struct intake *intake);
/* The entry up to which all packs on disk are complete, given `seq` committed. */
uint64_t intake_packs_as_of(const struct intake *intake, uint64_t seq);

/* At start: load packs, then apply recorded outcomes of entries after the store's
 * alerts_as_of (each step of each entry); a pack newer than the entry ignores it. */
NODISCARD bool intake_load_pack(struct intake *intake, uint64_t id, str body, msec at,
    struct err *err);
void intake_apply(struct intake *intake, uint64_t seq, const struct step *step, msec at);

#endif
