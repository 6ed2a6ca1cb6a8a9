#ifndef FACTS_EVENT_H
#define FACTS_EVENT_H

#include "facts/row.h"

/*
 * event -- everything that can happen to the core. Facts, not wishes; the journal
 * stores them. Append new kinds and fields, never renumber.
 */
struct model;

enum event_kind {
	EVENT_ALERTS_CHANGED = 1,
	EVENT_ALERTS_EXPIRED,
	EVENT_COMMAND,
	EVENT_ATTEMPT_RESULT,
	EVENT_PROBE_RESULT,
	EVENT_NOTICE_RESULT,
	EVENT_HANDOFF_RESULT,
	EVENT_TIME_PASSED,
	EVENT_CONFIG_ADOPTED,
	EVENT_STARTED,
	EVENT_SELF,
};
#define EVENT_KIND_COUNT 12

/* ---- alerts ---- */

enum change_kind {
	CHANGE_FIRED = 1, /* a new alert, or one that fires again: a new number */
	CHANGE_CHANGED,   /* annotations or times that matter; labels never change */
	CHANGE_RESOLVED,  /* the source said so */
	CHANGE_HELD,      /* an active alert is suppressed from now on */
	CHANGE_RELEASED,  /* a held one no longer is: as if it fired now */
};

struct alert_change {
	uint64_t alert; /* running number, never reused */
	enum change_kind kind;
	incident_id incident; /* where the alert is; 0 for CHANGE_FIRED, CHANGE_RELEASED */
	uint64_t fingerprint; /* Prometheus' */
	msec starts_wall;
	msec ends_wall; /* resolved: when; else what the source promised */
	str body;  /* CBOR of struct alert_body, at most ALERT_BODY_MAX bytes; empty for
	                 * CHANGE_RESOLVED, CHANGE_HELD */
	bool held; /* it is suppressed: it is in no incident, and nobody is told of it */
	row_id silence;     /* CHANGE_HELD, or CHANGE_FIRED and held: by this silence, */
	uint64_t inhibitor; /* or by the alert with this fingerprint */
};
#define ALERT_BODY_MAX 65536

struct alert_body {
	struct pairs labels;
	struct pairs annotations;
	str url; /* generatorURL */
};

struct alerts_changed {
	str source;
	struct records changes; /* struct alert_change, at most ALERTS_PER_EVENT_MAX */
};
#define ALERTS_PER_EVENT_MAX 4096

struct alert_end {
	uint64_t alert;
	incident_id incident;
};

struct alerts_expired {
	struct records ends; /* struct alert_end, at most ALERTS_PER_EVENT_MAX */
};

/* ---- a person or an agent asked for something ---- */

enum command_kind {
	COMMAND_ACKNOWLEDGE = 1, /* `row`: by the link in that notice, which does it once */
	COMMAND_NOTE,
	COMMAND_RESOLVE,
	COMMAND_RUN,    /* `name` is the runbook, or "ACTION" with params (action = true) */
	COMMAND_CANCEL, /* the incident's run */
	COMMAND_SETTLE, /* `row` is an attempt in doubt, `happened` what is known */
	COMMAND_STOP_ALL,
	COMMAND_RESUME,
	COMMAND_TOKEN_ADD,
	COMMAND_TOKEN_REVOKE,
	COMMAND_SILENCE_SET,    /* `silence`, and `fresh` should it need a new uuid */
	COMMAND_SILENCE_EXPIRE, /* `name` is its uuid */
	COMMAND_APPROVE,        /* `row` is what was asked for; `digest` as it was shown */
	COMMAND_DENY,           /* the same */
	COMMAND_WITHDRAW,       /* `row`: by who asked */
	COMMAND_HANDS_ON,       /* `name` is the service, for `span_ms` */
	COMMAND_HANDS_OFF,      /* `row` is the lease, or `name` the service */
	COMMAND_BREAK_GLASS,    /* `name` is the service, for `span_ms`, `text` why */
	COMMAND_REVIEW, /* `row` is a broken glass that is over, `text` what was found */
	COMMAND_UNDO,   /* `row` is the attempt to take back */
	COMMAND_ANSWER, /* `row` is the run that asks, `text` the answer */
	COMMAND_PERMIT =
	    22,          /* the incident's run may do its plan; `digest` as it was shown */
	COMMAND_PROMOTE, /* runbook `name` on service `target` to `level`; `digest` of the
	                      * evidence as it was shown, `text` why */
	COMMAND_DRILL,   /* runbook `name` on `target`'s hosts in `environment`; `params` */
	COMMAND_VETO,    /* the incident's run may not; `text` why */
	COMMAND_SESSION_ADD,   /* `session`; by a link: `login.link` */
	COMMAND_SESSION_AGAIN, /* session `row` proved again who it is; by a link as above */
	COMMAND_SESSION_SEEN,  /* session `row` asked something */
	COMMAND_SESSION_END,   /* session `row` */
	COMMAND_LOGIN_LINK,    /* for `login.person`: `login.link` */
	COMMAND_PASSWORD_SET,  /* of `login.person`: `login.password`, in session `row` */
	/* params: team, rotation, person, from, to; `text` why */
	COMMAND_OVERRIDE_SET = 40,
	COMMAND_OVERRIDE_COVER,  /* of the asker's own turns; params as there, no person */
	COMMAND_OVERRIDE_SWAP,   /* with params.person; and back_from, back_to */
	COMMAND_OVERRIDE_ACCEPT, /* `row` is what was asked */
	COMMAND_OVERRIDE_DECLINE,
	COMMAND_OVERRIDE_END,
	COMMAND_CONTINUE, /* run `row`, which has ended: `before` is it; `name` its runbook, or empty */
	/* Heartbeat `name` was heard of; params: kind (heartbeat.h), rid; `row` the exit code,
	 * `text` the body */
	COMMAND_PING = 50,
	COMMAND_UNACKNOWLEDGE, /* by who acknowledged or handed it over, soon after */
	COMMAND_HAND_OVER,     /* the incident is `name`'s now, a person */
	/* A message by channel `name`: sent, or only shown (as one about `incident`; 0: a
	 * sample); params.to: the person or team whom it reaches there */
	COMMAND_CHANNEL_TEST = 60,
	COMMAND_CHANNEL_PREVIEW,
	COMMAND_FEED_ADD = 70, /* `token`: feed, secret hash */
	COMMAND_FEED_END,      /* `row` */
	COMMAND_ESCALATE, /* the next tier now; `row`: as who was told in that notice */
	/* The incident was useful to know of: `name` is yes or no, `text` a note; `was` is its
	 * row where the core does not have it any more */
	COMMAND_USEFUL = 80,
};

#define COMMAND_KIND_COUNT 81 /* one more than the last */

#define NOTE_MAX (16u * 1024) /* bytes */
#define COMMAND_WORDS_MAX \
	500 /* bytes of what is said with a command, where it is no note */

struct command {
	enum command_kind kind;
	uint64_t request; /* the frame to answer; 0: nobody waits */
	str principal;    /* set by the engine, never by the gate */
	incident_id incident;
	row_id row;
	str name;
	str text; /* note, reason */
	struct pairs params;
	bool action;
	str target;
	enum happened happened;
	struct token_row token; /* TOKEN_ADD: name, secret hash, principal, role, until */
	str idempotency_key;    /* principal + '\n' + key, or empty */
	hash32 request_hash;
	struct silence_row
	    silence; /* SILENCE_SET; its uuid is the one to change, or empty */
	str fresh;   /* a uuid that nobody has: drawn by the engine */
	str behalf;  /* the person whom the asking agent serves; empty: nobody */
	hash32 digest;
	msec span_ms;
	enum autonomy level;
	bool admin; /* the asker's role is admin */
	str environment;
	enum role role; /* of the asker; 0: nobody said */
	struct session_row session;
	struct login_row login;
	struct records before; /* CONTINUE: one struct run_row, as it is in the store */
	struct records was;    /* USEFUL: one struct incident_row, alike */
};

/* ---- the world answered ---- */

enum attempt_news {
	NEWS_CLAIMED = 1,
	NEWS_STARTED,
	NEWS_EXITED,
	NEWS_TIMED_OUT,
	NEWS_KILLED,
	NEWS_NEVER_STARTED, /* certainly: no folder, or the spawn failed */
	NEWS_REFUSED, /* hands would not: stale epoch, unknown action, limit of its own */
	NEWS_UNKNOWN, /* claimed, no result, nothing alive */
};

struct attempt_result {
	row_id attempt;
	enum attempt_news news;
	int64_t exit_code;
	uint32_t signal;
	str output;
	uint64_t output_bytes;
	str why;
	msec started_wall, ended_wall;
	/* NEWS_REFUSED: by hands' own judgement, by the configuration that the order names, and
	 * also as things were at the instant of its decision.
	 * What differs, always the same for the same cause: a rule, "command", ... */
	str judged;
	enum alive alive; /* NEWS_UNKNOWN: of what was begun; 0: nobody looked */
};

struct probe_result {
	row_id probe;
	enum probe_status status;
	/* PROMQL: the number as text; HTTP: body; RUN: output; TCP: what the other side
	 * said; DNS: answers, one a line, in order; TLS: why the certificate is not valid, or
	 * empty; LOG: the tail. Capped. */
	str value;
	/* HTTP status, 0 when nothing listened there; RUN exit code; TCP 1 open, 0 refused;
	 * DNS the server's RCODE (0, 3); TLS 1 valid, 0 not; LOG lines that have the text. */
	int64_t code;
	str error;       /* PROBE_FAILED: a sentence */
	uint32_t series; /* PROMQL: how many series the answer had; value is the first's */
	/* TCP ms until it was open; DNS how many answers; TLS whole days until the certificate
	 * ends, negative behind it; LOG lines looked at. */
	int64_t number;
	bool cut;   /* `value` is not all: its end is missing (LOG: its beginning) */
	bool least; /* LOG: there may be more lines and matches than were looked at */
};
#define PROBE_VALUE_MAX 4096

struct notice_result {
	row_id notice;
	bool delivered;
	bool permanent; /* trying again cannot help */
	str error;
	str ref; /* delivered: what the provider calls it */
	msec took_ms;
	str request, answer; /* PURPOSE_TEST: as in notice_row */
};

struct handoff_result {
	row_id handoff;
	bool filed;
	str where;
	str error;
};

struct time_passed {
	uint32_t unused; /* a record has at least one field */
};

struct config_adopted {
	hash32 hash;
	const struct model *model; /* not stored: whoever decodes finds it by hash */
	str by; /* who asked for the reload: a principal; empty: the operating system */
};

/* A role is up with nothing in its hands: the engine itself, or hands again. */
struct started {
	uint64_t epoch;
	bool engine;
	bool restored; /* from a backup: what came after it is not known */
};
/* The store that the backup is of went on: numbers that it may have given since, and told
 * the world, are not given again. */
#define RESTORED_ROWS_SKIPPED 10000000
#define RESTORED_INCIDENTS_SKIPPED 100000

enum self_kind {
	SELF_ROLE_DIED = 1,
	SELF_QUARANTINED,
	SELF_SANDBOX_GAP,
	SELF_OVERFLOW,  /* intake dropped or refused; text says what */
	SELF_DISK_FULL, /* no room, or it is read-only: we refuse */
	SELF_SOURCE_BAD,
	SELF_TLS,      /* the certificate cannot be used */
	SELF_CALENDAR, /* one of `calendar_urls` is as it was long ago; subject: its name */
	/* A row of the store is damaged, and left out; subject: which. Or hands cannot read its
	 * folder; subject: HANDS_DAMAGED. */
	SELF_DAMAGED,
};
#define HANDS_DAMAGED "attempts"

struct self {
	enum self_kind kind;
	str text;
	str subject;
	bool over; /* what an earlier one told of has ended */
};

struct event {
	enum event_kind kind;
	msec at;   /* the engine's clock: timers */
	msec wall; /* schedules, display */
	union {    /* the member named after kind */
		struct alerts_changed alerts_changed;
		struct alerts_expired alerts_expired;
		struct command command;
		struct attempt_result attempt_result;
		struct probe_result probe_result;
		struct notice_result notice_result;
		struct handoff_result handoff_result;
		struct time_passed time_passed;
		struct config_adopted config_adopted;
		struct started started;
		struct self self;
	};
};

/* self_frame_type is struct self, which is also a frame of its own. */
extern const struct record_type alert_body_type, self_frame_type;
const struct record_type *event_type(enum event_kind kind);
extern const char *const command_kind_names[COMMAND_KIND_COUNT];
const char *event_kind_name(enum event_kind kind);
/* The record inside the event, for record_encode and friends. */
void *event_record(struct event *event);

#endif
