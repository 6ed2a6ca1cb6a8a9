#ifndef FACTS_HEARTBEAT_H
#define FACTS_HEARTBEAT_H

#include "facts/row.h"

/*
 * heartbeat -- what was heard of something that must be heard of again and again.
 */
enum heartbeat_state {
	HEARTBEAT_NEW = 1, /* written, and not heard of yet; it is waited for */
	HEARTBEAT_UP,
	HEARTBEAT_DOWN, /* missing, too long in its run, or it said that it failed */
};

/* What a ping says: healthchecks.io's endings of its URL. */
enum ping_kind {
	PING_SUCCESS = 1,
	PING_START,
	PING_FAIL,
	PING_LOG,  /* kept, and says nothing of how it is */
	PING_EXIT, /* the exit code: 0 is a success */
};
#define PING_KIND_COUNT 6
extern const char *const ping_kind_names[PING_KIND_COUNT];

struct heartbeat_row {
	row_id id;
	str name;
	str service;
	enum heartbeat_state state;
	msec since_wall; /* in that state */
	str why;         /* DOWN: a sentence */
	msec made_wall;
	msec heard_wall; /* the last success; 0: none yet */
	msec due_wall;   /* then the next is expected; its grace comes after */
	enum ping_kind last;
	msec last_wall; /* whatever it said; 0: nothing yet */
	uint32_t exit;  /* PING_EXIT: its code */
	str text;       /* the body of the last ping that had one, its beginning */
	uint64_t pings;
	msec started_wall; /* a run is on since then; 0: none */
	str run;           /* what tells it from others: rid; or empty */
	bool lasted;       /* one ended: */
	msec took_ms;      /* the last one, from start to end */
	msec due_at;       /* engine clock: then it is missing; 0: it is down */
	msec run_due_at;   /* the same of its run; 0: none is on */
};
#define HEARTBEAT_ALERTNAME "HeartbeatMissing"
#define PING_TEXT_MAX 10000 /* bytes kept of a body */
#define PING_RUN_MAX 36     /* of a rid: a uuid */

extern const struct record_type heartbeat_row_type;

#endif
