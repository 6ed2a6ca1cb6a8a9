#ifndef FACTS_FRAME_H
#define FACTS_FRAME_H

#include "facts/catalogue.h"
#include "facts/effect.h"
#include "facts/noise.h"
#include "facts/plan.h"
#include "facts/trust.h"

/*
 * frame -- messages between the roles, over SOCK_STREAM pairs.
 *
 * A frame is a head of 16 bytes (u32 payload length, u16 kind, u16 zero, u64 id; little
 * endian) and a payload, one CBOR record unless said otherwise. Descriptors travel beside
 * a head by SCM_RIGHTS. A frame that is too long, of a kind the receiver does not expect,
 * or that does not decode, closes the connection and nothing else.
 */
#define FRAME_HEAD_BYTES 16
#define FRAME_PAYLOAD_MAX (24u << 20)

enum role_kind {
	ROLE_KIND_SUPERVISOR = 1,
	ROLE_KIND_GATE,
	ROLE_KIND_ENGINE,
	ROLE_KIND_HANDS
};

enum frame_kind {
	/* gate to engine; id is the gate's request number, echoed in the reply */
	FRAME_ALERTS = 1, /* payload: intake/wire.h */
	FRAME_REQUEST,    /* struct request */
	/* engine to gate */
	FRAME_ANSWER,  /* struct answer; `more` = further frames with this id follow */
	FRAME_PUBLISH, /* struct publish: for event streams */
	/* engine to hands, hands to engine */
	FRAME_ORDER,  /* CBOR [effect kind, record] */
	FRAME_RESULT, /* CBOR [event kind, record] */
	FRAME_EPOCH,  /* struct epoch_frame: first on each connection to hands */
	/* supervisor and its roles */
	FRAME_PEER,    /* struct peer_frame, with one descriptor */
	FRAME_BUNDLE,  /* struct bundle_frame, with a memfd */
	FRAME_ADOPTED, /* struct adopted_frame */
	FRAME_READY,   /* struct ready_frame */
	FRAME_LOG,     /* struct log_frame: roles have no log of their own */
	FRAME_RELOAD, /* role to supervisor: read the folder again; answered by FRAME_ADOPTED */
	FRAME_SELF, /* struct self: supervisor or gate to engine */
	FRAME_STOP, /* end in good order; empty payload */
	FRAME_SETTINGS, /* supervisor to gate, at start and after each reload: struct settings_frame;
	                 * to the engine, before each bundle: struct dials_frame */
	FRAME_QUARANTINE, /* gate to engine: struct quarantine_row, a body that ended two engines */
	FRAME_PING, /* supervisor to role, empty: does your loop turn? The answer has its id */
	FRAME_PONG,
	FRAME_QUARANTINED, /* engine to gate: struct quarantined_frame, what is kept of that */
	FRAME_KEPT, /* engine to hands, empty: what was stepped before it is on the disk */
	/* hands to supervisor: struct calendar_frame, what came of fetching one; supervisor to
	 * hands, empty: fetch all of them now */
	FRAME_CALENDAR,
	/* engine to hands: struct output_item, its attempt alone: what has it written so far?
	 * Hands to engine: that. Neither is an event: nothing of it is kept. */
	FRAME_OUTPUT,
	/* engine to supervisor: struct peer_frame, its role alone, which is hands. The connection
	 * that came with FRAME_PEER of this id is gone, whoever lost it. A gate tells of that
	 * itself: it is ready again. */
	FRAME_PARTED,
	/* Engine to gate, empty: it ends now, and not by what it was given. Whatever is in flight
	 * is none of the quarantine's. */
	FRAME_BLAMELESS,
};

struct frame {
	enum frame_kind kind;
	uint64_t id;
	str payload;
	int fd; /* -1: none */
};

/* Start a frame in `out`; the payload is appended after it; frame_end fills in its length.
 * A frame that does not fit into `out`, or is over FRAME_PAYLOAD_MAX, is taken back whole
 * by frame_end and out->overflow is set: what stays in `out` are whole frames. */
size_t frame_begin(struct buf *out, enum frame_kind kind, uint64_t id);
void frame_end(struct buf *out, size_t begin);
void frame_record(struct buf *out, enum frame_kind kind, uint64_t id,
    const struct record_type *type, const void *record);

/* One without a payload. */
void frame_empty(struct buf *out, enum frame_kind kind, uint64_t id);

enum frame_status { FRAME_WHOLE = 1, FRAME_PARTIAL, FRAME_BAD };
/* Cut the first frame off `in` (its payload is a slice); FRAME_PARTIAL needs more bytes. */
enum frame_status frame_cut(str *in, struct frame *ret);
const char *frame_kind_name(enum frame_kind kind);

/* ---- gate to engine ---- */

enum op {
	OP_STATUS = 1,
	OP_METRICS,
	OP_ALERTS, /* active alerts; params: filters, receiver, flags, state, text; cursor */
	OP_INCIDENTS, /* params: state, service, owner; cursor, limit */
	OP_INCIDENT, /* one: incident, timeline, runs, attempts, decisions, notices, handoffs;
	              * in parts: go on with the answer's `cursor` until it is 0 */
	OP_WHY,      /* decisions of an incident with their reasons, alike in parts */
	OP_HANDOFFS,
	OP_HANDOFF,
	OP_GAPS,
	OP_ON_CALL, /* who is on duty for each team at params.at */
	/* Judge without doing. `name` is the action, `text` the principal (empty: who asks),
	 * `target`; params: service, at (milliseconds since 1970), targets (how many), behalf.0
	 * and up (the rest of the chain), with.NAME (the action's), live.NAME (as if that
	 * were its live value) */
	OP_MAY,
	OP_JOURNAL, /* entries after `cursor` */
	OP_EVENTS,  /* published rows after entry `cursor` */
	OP_TOKENS,
	OP_COMMAND,   /* params and fields below become a struct command */
	OP_TOKEN_ADD, /* the engine draws the secret */
	OP_RELOAD,
	OP_WHO,            /* whose token is this */
	OP_SILENCES,       /* all there are, as Alertmanager orders them */
	OP_SILENCE,        /* `name` is its uuid */
	OP_SILENCE_SET,    /* `silence` */
	OP_SILENCE_EXPIRE, /* `name` is its uuid */
	OP_RECEIVERS,      /* what Alertmanager's status and receivers tell */
	OP_ASKED, /* what waits; params.state "all": over too, newest first; cursor, limit */
	OP_ASKED_ONE, /* `row`: with its last decision */
	OP_LEASES,    /* as OP_ASKED */
	OP_WHO_CAN,   /* as OP_MAY, but for the principal: everybody who may */
	OP_WHAT_CAN,  /* every action on params.service that the principal may do */
	/* What a run of the runbook `name` by `text` (empty: who asks) would do on incident
	 * `row`, or on params.service as if one were open there; params: with.NAME (inputs),
	 * behalf.0 and up. Nothing is done. */
	OP_PLAN,
	OP_TRUST = 40, /* of the runbook `name`; empty: of all */
	/* Who has each rotation from params.from until params.to (milliseconds since 1970), of
	 * the team `name`; empty: of all */
	OP_SHIFTS = 50,
	OP_OVERRIDES,     /* as OP_ASKED: what waits or holds */
	OP_SESSION = 60,  /* whose browser is this */
	OP_SESSION_ADD,   /* sign in: `secret` and params.how; `from`, `agent` */
	OP_SESSION_AGAIN, /* the same once more, in a session */
	OP_SESSION_END,   /* this one; or `row` */
	OP_SESSIONS,      /* the asker's; to an admin all */
	OP_PASSWORD,      /* `secret` is the new one of who asks */
	OP_LOGIN_LINK,    /* for the person `name`; the engine draws the secret */
	OP_SERVICES = 70, /* of the configuration: all, or the one called `name` */
	OP_RUNBOOKS,      /* alike; one with its text */
	OP_CHANNELS,
	/* Somebody pressed a button: `target` is who, as the channel `name` calls them, `text`
	 * which, of `incident`. The gate has seen the channel's signature. */
	OP_PRESSED = 80,
	/* Heartbeat `name` was heard of: as COMMAND_PING. The gate has seen the key. */
	OP_PING = 90,
	OP_HEARTBEATS,   /* all of them */
	OP_NOTICE = 100, /* `row` */
	/* `secret` is the link that somebody tapped: the engine made it, or nothing is done. */
	OP_TAPPED,
	/* Active alerts, counted in groups; params: by.0 and up (labels, which ascend), first
	 * (alerts of each group that come with it), filters as OP_ALERTS, state, text */
	OP_ALERT_GROUPS,
	OP_FEED =
	    110,  /* `secret` is of a calendar's link: its row, and the shifts it tells */
	OP_FEEDS, /* the asker's; to a lead all */
	OP_FEED_ADD, /* params: person; or team, and rotation. The engine draws the secret */
	OP_FEED_END, /* `row` */
	/* Somebody who was called pressed a key: `secret` is the link that the call was made
	 * with, `text` the form that came, `name` its signature. The engine sees that both are
	 * right. */
	OP_DIALED,
	/* Of authority; params: service (those that cover it), file and line (the one there) */
	OP_RULES = 120,
	/* What alerts cost people, in sum by `name` (alert, source, service; empty: alert), over
	 * the days of the last `span_ms`; 0: NOISE_SINCE_MS */
	OP_NOISE = 140,
	OP_OUTPUT = 150, /* of attempt `row`, while it is at work: hands is asked */
};
#define OP_COUNT 151 /* one more than the last */
/* NULL where no op has that number. */
extern const char *const op_names[OP_COUNT];

struct request {
	enum op op;
	str token; /* bearer, as it came; empty: none */
	str idempotency_key;
	incident_id incident;
	row_id row;
	uint64_t cursor;
	uint32_t limit;
	str name;
	str text;
	str target;
	struct pairs params;
	enum command_kind command;
	enum happened happened;
	bool action;
	msec deadline_ms; /* how long the client still waits */
	struct silence_row silence;
	hash32 digest;
	msec span_ms;
	/* Of a browser: the cookie, what its page sent beside it to show that it is ours, and
	 * whether the method may change something. */
	str session;
	str csrf;
	bool changes;
	str secret; /* a password, a link's or a token's secret */
	str from;   /* the client's address */
	str agent;  /* what it calls itself */
	str user;   /* whom a proxy that may names; empty: nobody */
};
#define PASSWORD_BYTES_MAX 256

/* A row as bytes: what the tables hold, untouched. */
struct item {
	enum table table; /* 0: `type` in frame.c's list of plain records, by `kind` */
	uint32_t kind;
	str body;
};

/* Plain records in answers that are no rows. */
enum item_kind {
	ITEM_STATUS = 1,       /* struct status_item */
	ITEM_METRIC,           /* struct metric_item */
	ITEM_ALERT,            /* struct alert_item */
	ITEM_DUTY,             /* struct duty_item */
	ITEM_ENTRY,            /* struct entry_item */
	ITEM_SECRET,           /* struct secret_item */
	ITEM_CAN,              /* struct can_item */
	ITEM_RECEIVERS,        /* struct receivers_item */
	ITEM_WHO,              /* struct who_item */
	ITEM_PLAN,             /* struct plan_item */
	ITEM_TRUST = 40,       /* struct trust_item */
	ITEM_SHIFT = 50,       /* struct shift_item */
	ITEM_SESSION = 60,     /* struct session_item */
	ITEM_SERVICE = 70,     /* struct service_item */
	ITEM_RUNBOOK,          /* struct runbook_item */
	ITEM_CHANNEL,          /* struct channel_item */
	ITEM_RULE,             /* struct rule_item */
	ITEM_ALERT_GROUP = 80, /* struct alert_group_item */
	ITEM_ALERT_TOTAL,      /* struct alert_total_item */
	ITEM_NOISE = 140,      /* struct noise_item */
	ITEM_OUTPUT = 150,     /* struct output_item */
};

#define SANDBOX_GAPS_MAX 64

struct status_item {
	str version;
	uint64_t epoch, seq;
	msec since_wall, now_wall;
	hash32 config;
	bool refusing; /* no room on the disk, it is read-only, or the store is lost */
	str refusing_why;
	bool stopped;
	str stopped_by, stopped_why;
	bool hands_up;
	uint32_t incidents_open, incidents_needing_person;
	uint64_t alerts_active;
	uint32_t gaps;
	struct strs sandbox_gaps; /* at most SANDBOX_GAPS_MAX */
	str principal;            /* of the asker */
	bool loopback_only;
	uint64_t alerts_held;
	uint32_t silences_active;
	uint32_t approvals_waiting; /* for people */
	uint32_t hands_on, glass,
	    unreviewed; /* leases: in force; broken glass that is over */
};

struct metric_item {
	str name; /* without prefix "firstline_" */
	str help;
	bool counter;
	struct pairs labels;
	uint64_t value;
};

struct alert_item {
	uint64_t alert;
	uint64_t fingerprint;
	incident_id incident;
	str body; /* alert_body */
	msec starts_wall, ends_wall, updated_wall;
	str source;
	str owner; /* the incident's team that answers; empty: not in an incident */
	struct strs silenced_by;  /* uuids, at most ALERT_HOLDERS_MAX */
	struct strs inhibited_by; /* fingerprints, alike */
	bool begins_group;        /* where groups were asked for; `owner` is the group's */
	struct pairs group;       /* its labels of recurrence, where one begins */
};
#define ALERT_HOLDERS_MAX 32

/* Alerts that have the same values of some labels. */
struct alert_group_item {
	struct pairs labels; /* those; an empty value: they lack it */
	struct pairs shared; /* further ones that all of them have */
	uint32_t alerts, held;
	uint32_t sev1, sev2, sev3, sev4; /* by the incidents that they are in */
	msec oldest_wall, newest_wall;   /* when they started */
};

struct alert_total_item {
	uint32_t groups, alerts, held;
};

struct receivers_item {
	struct strs names; /* of the teams that answer, at most RECEIVERS_MAX */
	msec since_wall;
	str version;
};
#define RECEIVERS_MAX 1024

struct duty_item {
	str team;
	str rotation;
	str person;
	msec from_wall, until_wall;
	msec quiet_wall; /* until then that person's quiet hours are on; 0: they are not */
	str name;        /* the person's */
};

/* The same person has it without a break; a gap has none. */
struct shift_item {
	str team;
	str rotation;
	uint32_t tier; /* of `escalate`, from 1; 0: it is none */
	str person;
	msec from_wall, until_wall;
	bool gap;
	str zone; /* of its handovers */
};
#define SHIFTS_MAX 4096 /* in one answer */

struct entry_item {
	uint64_t seq;
	hash32 hash;
	str bytes;
};

struct secret_item {
	row_id id;
	str name;
	str secret; /* shown once */
	str url;    /* a link's: where this server is reached; empty: nobody said */
};

/* Who is signed in. */
struct session_item {
	row_id id;
	str principal;
	enum role role;
	str csrf;
	msec until_wall;
	enum session_how how;
	str secret; /* the cookie's value, once; else empty */
};

/* One action that authority allows, with or without approval. */
struct can_item {
	str action;
	str verb;
	str service;
	enum verdict verdict;
	str text;
	str needs; /* behind its command: "--target HOST replicas=VALUE" */
};

/* Somebody who may do what was asked about. */
struct who_item {
	str principal;
	enum verdict verdict;
	str text;
};

/* What an attempt has written so far. The attempt's row has what counts, once it is over. */
struct output_item {
	row_id attempt;
	bool at_work; /* false: there is no such attempt any more, or not yet */
	str output; /* as in attempt_row: redacted, head and tail, at most ATTEMPT_OUTPUT_MAX */
};

struct answer {
	uint32_t status; /* HTTP's */
	uint32_t exit;   /* the command line's */
	str error;
	uint64_t cursor;      /* where to go on; 0: that was all */
	uint64_t seq;         /* as of this entry */
	bool more;            /* further frames of this answer follow */
	uint32_t again_s;     /* Retry-After; 0: as usual for its status */
	struct records items; /* struct item, at most ITEMS_PER_FRAME_MAX */
	str note; /* of the last frame: what whoever reads the answer should know of it */
};
#define ITEMS_PER_FRAME_MAX 65536

/* After each commit: what changed, for event streams. Not for alerts. */
struct publish {
	uint64_t seq;
	msec wall;
	struct records items; /* struct item, at most ITEMS_PER_FRAME_MAX */
};

/* ---- supervisor ---- */

struct epoch_frame {
	uint64_t epoch; /* EPOCH_NONE: of an engine that only has people told */
};
#define EPOCH_NONE 0
struct peer_frame {
	enum role_kind role;
	bool loopback_only; /* the gate's socket is reached from this machine alone */
};
struct bundle_frame {
	hash32 hash;
	uint64_t bytes;
};
/* To the gate when it connects, and after each body that came to the quarantine. */
struct quarantined_frame {
	str digests; /* of all of them, 32 bytes each */
};
struct adopted_frame {
	hash32 hash;
	bool ok;
	str text;
};
struct ready_frame {
	struct strs sandbox_gaps; /* "landlock: kernel has no TCP rules (needs ABI 4)" */
	uint32_t port;            /* gate: where it listens */
	bool tokens;              /* engine: there are tokens besides the local one */
};
/* A channel that calls back: what it signs with. */
struct hook {
	str channel;
	str key;
};
#define HOOKS_MAX 32
#define HOOK_KEY_MAX 4096

/* What the gate needs of the configuration. */
struct settings_frame {
	str listen;        /* as bound: ADDR:PORT */
	struct strs hosts; /* further names in Host: of `url` */
	uint64_t body_bytes_max;
	msec alert_timeout_ms;
	bool loopback_only;            /* of the listening socket */
	str certificate, key, clients; /* of the TLS listener, as PEM; or empty */
	struct strs proxies;           /* networks, and "socket" */
	struct records hooks; /* struct hook: channels that call back, at most HOOKS_MAX */
	str user_header;      /* by which those name who asks; empty: by none */
	/* struct hook: a heartbeat's name, and the key in its URL; without a name the key of
	 * all. At most PINGS_MAX. */
	struct records pings;
	str tls_unread; /* why the three could not be read, which are empty then; or empty */
};
#define PINGS_MAX 1001

/* What the engine needs to see whether a call back is its provider's: `key` is no secret
 * that anything could be signed with, but two halves made of one (base/hmac_sha1.h), in
 * hexadecimal. */
struct dials_frame {
	struct records dials; /* struct hook, at most HOOKS_MAX */
};
#define PING_KEY_MIN 16 /* bytes; shorter ones are guessed */
#define PING_KEY_MAX 128
#define TLS_FILE_MAX ((size_t)256 << 10)
enum log_level { LOG_ERROR = 1, LOG_WARNING, LOG_INFO };
struct log_frame {
	enum log_level level;
	str text;
};

/* One of `calendar_urls` was asked for. */
enum fetched {
	FETCHED_NEW = 1, /* `bytes` */
	FETCHED_SAME,    /* as it was when it came last, on this connection */
	FETCHED_FAILED,  /* `text` says why; it holds no secret */
};
struct calendar_frame {
	str name;
	enum fetched what;
	str bytes;
	str text;
};

extern const struct record_type request_type, item_type, answer_type, publish_type,
    status_item_type, metric_item_type, alert_item_type, alert_group_item_type,
    alert_total_item_type, duty_item_type, shift_item_type, entry_item_type,
    secret_item_type, session_item_type, can_item_type, who_item_type, receivers_item_type,
    epoch_frame_type, quarantined_frame_type, peer_frame_type, bundle_frame_type,
    adopted_frame_type, ready_frame_type, log_frame_type, settings_frame_type, hook_type,
    dials_frame_type, calendar_frame_type, output_item_type;

/* The record type of an item's body; NULL when there is none. */
const struct record_type *item_body_type(const struct item *item);

/* Every record type there is; NULL from their number on. For tests and fuzzing. */
const struct record_type *record_type_at(size_t i);

/* An effect as an order, an event as a result, and back. Only the kinds that travel; of Firstline
 * itself hands says what its commands do without, and that it cannot read its folder. */
void order_encode(struct buf *out, const struct effect *effect);
NODISCARD bool order_decode(str bytes, struct arena *arena, struct effect *ret,
    struct err *err);
void result_encode(struct buf *out, const struct event *event);
NODISCARD bool result_decode(str bytes, struct arena *arena, struct event *ret,
    struct err *err);

#endif
