#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "base/pool.h"
#include "facts/frame.h"

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

#define INTAKE_LABELS_MAX 64        /* of one alert; annotations alike */
#define INTAKE_NAME_BYTES_MAX 256   /* of one of them */
#define INTAKE_VALUE_BYTES_MAX 8192 /* of one of them; of a generatorURL */

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
	uint64_t number;      /* running, never reused */
	uint64_t fingerprint; /* Prometheus', over the labels */
	str head;             /* CBOR of struct alert_body up to its url; alert_put_body */
	const struct text *url; /* the rest, shared with others; NULL: none */
	uint32_t labels_bytes;  /* of the head, up to the end of the labels: identity */
	incident_id incident;
	msec starts_wall, ends_wall, updated_wall;
	msec expires_at; /* engine clock; see intake_grace */
	uint16_t source; /* who sent it so: intake_source */
	bool timeout;    /* ends_wall is a default, not the sender's word */
	bool held;       /* suppressed: it is in no incident */
	uint8_t heard;   /* since the grace of this number; 0: not since the start */
	uint32_t next_in_incident, prev_in_incident; /* intake's own */
};

/* The CBOR of its struct alert_body. */
void alert_put_body(const struct alert *alert, struct buf *out);
size_t alert_body_bytes(const struct alert *alert);

/* What `ends_wall` promised when the alert was last received, at least this, must pass
 * after a restart or a grace before it can expire: its horizon. */
#define HORIZON_MIN_MS (5 * MINUTE)

struct intake;

/* `alerts_max` bounds active alerts, `bytes_max` their text; address space is reserved,
 * memory used only as alerts come. `seed` is random: it keeps outsiders from making labels
 * collide. */
struct intake *intake_new(uint64_t alerts_max, size_t bytes_max, uint64_t seed);
void intake_free(struct intake *intake);

/* How much may be new: see bounds.c. */
struct intake_bounds {
	uint64_t alerts;               /* active, of all; never more than `alerts_max` */
	uint64_t alerts_per_source;    /* of them, of one source; 0: no less than all */
	uint64_t alerts_per_alertname; /* with one alertname; 0: no bound */
	uint64_t rate;  /* new or changed ones of a source a second; 0: no bound */
	uint64_t burst; /* of them at once */
};
/* From now on. What is active stays, also where it is more. */
void intake_bound(struct intake *intake, const struct intake_bounds *bounds);

/* Why something new was not taken. */
enum refusal {
	REFUSAL_FULL,      /* limits.alerts, or there is no memory */
	REFUSAL_SOURCE,    /* limits.alerts_per_source */
	REFUSAL_ALERTNAME, /* limits.alerts_per_alertname */
	REFUSAL_RATE,      /* limits.alert_rate_per_source */
	REFUSAL_KINDS,
};

enum merge_status {
	MERGE_OK = 1,
	MERGE_MALFORMED, /* not wire form: nothing was taken; close the peer */
};

struct merge {
	enum merge_status status;
	size_t fired, changed, resolved, unchanged;
	size_t refused; /* no room for it; with the others, the alerts of the payload */
	size_t refused_for[REFUSAL_KINDS];
	str alertname; /* the first refused for REFUSAL_ALERTNAME; a slice of the payload */
	struct alerts_changed event; /* changes.n == 0: nothing new. In `arena`. */
};

/*
 * Merge the alerts of a wire payload (what follows the token, wire.h) at that time.
 *
 * New labels that fire get numbers from *next_alert up. An active alert sent again with the
 * same body and start only moves its end: that is freshness, and no change. A start is only
 * ever moved back, but for one that lies beyond the present promise. What ends at or before
 * `wall` is resolved; of an alert that is not active that says nothing. The same labels
 * twice in a batch: the later one counts.
 *
 * Over a bound new alerts are refused, and news of known ones that find no memory or come
 * too fast, but never instead of new ones; what ends and what is sent again is always taken.
 *
 * The changes of the event are in `arena`, which has room for INTAKE_MERGE_ROOM;
 * their bodies are slices of `wire`. When there are changes,
 * core_step must follow and then intake_settle, before anything else is asked of intake.
 * When the entry cannot be committed the process ends: the table is ahead of the disk.
 */
struct merge intake_merge(struct intake *intake, str wire, str source, msec at, msec wall,
    uint64_t *next_alert, struct arena *arena);
#define INTAKE_MERGE_ROOM ((size_t)1 << 20)

/* The core took the event: put the alerts into their incidents, let go of the resolved. */
void intake_settle(struct intake *intake, const struct alerts_changed *event,
    const incident_id *incidents);

/* Look at the next `n` slots for alerts whose time is over; call it often. true: there are
 * some. They leave the table when intake_expired is called with the same event, before
 * anything else is asked of intake. */
bool intake_sweep(struct intake *intake, msec at, size_t n, struct arena *arena,
    struct alerts_expired *ret);
void intake_expired(struct intake *intake, const struct alerts_expired *event);

/* The gate was down or the engine just started: no alert that is not heard of again expires
 * before `at` plus its horizon. */
void intake_grace(struct intake *intake, msec at);

/* Memory that the next alerts will lie in and that was never touched. Whoever likes may touch
 * it beforehand, from another thread too: that changes nothing but what it costs later. */
#define INTAKE_UNTOUCHED 5
void intake_untouched(const struct intake *intake, struct untouched ret[INTAKE_UNTOUCHED]);

uint64_t intake_active(const struct intake *intake);
/* NULL: not active. Holds until something is changed. */
const struct alert *intake_find(const struct intake *intake, uint64_t number);
/* In ascending fingerprint order for listings: the next at most n after `cursor` (a
 * fingerprint; 0: start) that belong to `incident` (0: all). 0: that was all. Alerts whose
 * fingerprints are equal come together; more than n of them: only the first n come. */
size_t intake_list(const struct intake *intake, incident_id incident, uint64_t cursor,
    const struct alert **ret, size_t n);
str intake_source(const struct intake *intake, uint16_t source);
uint64_t intake_active_of(const struct intake *intake, str source);
uint64_t intake_active_named(const struct intake *intake,
    str alertname); /* while bounded */

/* What tells the alerts of a source (or, where it is empty, of an alertname) apart: the label
 * with the most values among the newest SPREAD_ALERTS of them, and one of its values. Empty
 * when there are none. */
#define SPREAD_ALERTS 1000
#define SPREAD_NAMES 256
struct spread {
	size_t alerts, values;
	bool
	    many_names; /* over SPREAD_NAMES different labels: the first of them were counted */
	str label, example; /* in `arena` */
};
struct spread intake_spread(const struct intake *intake, str source, str alertname,
    uint64_t next_alert, struct arena *arena);

/* ---- holding: silences and inhibition, hold.c ---- */

/* From now on these silences hold alerts while they are active, and those that have not
 * ended by `wall` will; what they say is copied. They ascend by id, and of a silence that
 * was there before only the times may be others. */
void intake_silences(struct intake *intake, const struct silence_row *const *rows, size_t n,
    msec wall);

/* While an alert that matches `source` is active, held or not, those that match `target`
 * and have the same values of the `equal` labels are held. */
struct inhibit_rule {
	struct records source, target; /* struct silence_matcher */
	struct strs equal;
};
#define INHIBIT_RULES_MAX 256
/* These rules instead of those before. When they differ it looks at every active alert,
 * about a microsecond each. */
void intake_inhibit(struct intake *intake, const struct inhibit_rule *rules, size_t n);

/*
 * Look at the next at most n alerts that may have to be held or released, at fewer where there
 * are many silences that no label leads to; true: there are some, as an event. As after intake_merge: core_step must follow, then intake_settle.
 * Alerts that fire are looked at by intake_merge itself.
 */
bool intake_hold(struct intake *intake, msec wall, size_t n, struct arena *arena,
    struct alerts_changed *ret);
bool intake_hold_waits(const struct intake *intake); /* intake_hold has more to look at */

/* What holds an alert at this moment, whatever the core was told so far. */
struct holders {
	str silence[ALERT_HOLDERS_MAX]; /* uuids, sorted */
	size_t silence_n;
	uint64_t inhibitor[ALERT_HOLDERS_MAX]; /* fingerprints */
	size_t inhibitor_n;
};
void intake_holders(const struct intake *intake, const struct alert *alert, msec wall,
    struct holders *ret);
uint64_t intake_held(const struct intake *intake); /* how many alerts are */

/* ---- keeping: alert rows, packed, trailing the journal ---- */

/* A pack holds the alerts numbered [PACK_ALERTS * id, PACK_ALERTS * (id + 1)) that are
 * active, and the entry it is complete as of. CBOR; see packs.c. */
#define PACK_ALERTS 64
#define PACK_BYTES_MAX (4u << 20)

struct pack {
	uint64_t id;
	str body; /* empty: no active alert left in it */
};

/* Packs changed since they were last written, oldest first; marks them clean. Every event
 * so far is settled and in an entry up to `seq`, or in the one that these packs are
 * committed with. At most `n`, and as many as `arena` has room for: more than
 * PACK_BYTES_MAX and there is at least one, if any is dirty. */
size_t intake_packs(struct intake *intake, uint64_t seq, struct pack *ret, size_t n,
    struct arena *arena);
size_t intake_packs_dirty(const struct intake *intake);
/* The entry up to which all packs on disk are complete, once those that intake_packs gave
 * are written too; `seq` as there. Never goes back. */
uint64_t intake_packs_as_of(struct intake *intake, uint64_t seq);

/* At start: load packs, then apply recorded outcomes of the entries after the store's
 * alerts_as_of, in order, each step of each. A pack newer than the entry ignores it; what
 * is applied again changes nothing. ERR_CORRUPT, or ERR_LIMIT when more alerts are kept
 * than this table may hold; after either intake is only good for intake_free. Freshness is
 * not kept: no loaded alert expires before `at` plus its horizon. */
NODISCARD bool intake_load_pack(struct intake *intake, uint64_t id, str body, msec at,
    struct err *err);

/* What is in a pack, for whoever has a store and no intake. */
struct packed_alert {
	uint64_t number;
	incident_id incident;
	str source;
	msec starts_wall, ends_wall, updated_wall;
	bool held;
	str body; /* CBOR of struct alert_body */
};
/* Calls `take` for each alert in order; its slices hold as long as the pack's body. `take`
 * returning false ends early without error. ERR_CORRUPT as of intake_load_pack. */
NODISCARD bool intake_read_pack(uint64_t id, str body,
    bool (*take)(void *context, const struct packed_alert *alert), void *context,
    struct err *err);
NODISCARD bool intake_apply(struct intake *intake, uint64_t seq, const struct step *step,
    msec at, struct err *err);

#endif
