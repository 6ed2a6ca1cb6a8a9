#ifndef FACTS_EFFECT_H
#define FACTS_EFFECT_H

#include "facts/event.h"

/*
 * effect -- what the core wants done. It never does anything itself; the engine
 * performs effects after the entry that holds them is durable. Each carries an id that
 * makes doing it twice harmless.
 */
enum effect_kind {
	EFFECT_START_ATTEMPT = 1,
	EFFECT_STOP_ATTEMPT,
	EFFECT_RECONCILE_ATTEMPT, /* say what became of it; starts nothing */
	EFFECT_FORGET_ATTEMPT,    /* its result is kept: its folder may go */
	EFFECT_PROBE,
	EFFECT_NOTIFY,
	EFFECT_FILE_HANDOFF,
	EFFECT_REPLY,
	EFFECT_APPEND_TIMELINE,
};
#define EFFECT_KIND_COUNT 10

/* What hands needs to start, find, or stop one attempt. */
struct attempt_order {
	row_id attempt;
	uint64_t epoch;
	hash32 config; /* hands starts nothing under a policy it has not adopted */
	str action;
	str verb;
	str service;
	str target;
	str principal;
	struct pairs params;
	struct strs argv;
	msec timeout_ms;
	hash32 runbook_hash;
	incident_id incident;
	struct given given;
	enum action_kind kind;
	struct pairs parts; /* as in attempt_row */
	msec intent_wall;   /* with `attempt`, a name that no other attempt ever has */
};

struct attempt_ref {
	row_id attempt;
	uint64_t epoch;
	str why;
};

struct probe_order {
	struct probe_row probe;
};

struct notice_order {
	struct notice_row notice;
};

struct handoff_order {
	struct handoff_row handoff;
};

/* The answer to a command. */
struct reply {
	uint64_t request;
	uint32_t status;  /* HTTP's */
	uint32_t exit;    /* the command line's exit code, design.md section 6 */
	str error;        /* a sentence; empty when 2xx */
	enum table table; /* the object concerned; 0: none */
	row_id row;
	str body; /* its record's CBOR as of this step, or empty; at most ANSWER_BODY_MAX */
};

struct append_timeline {
	struct timeline_row row;
};

struct effect {
	enum effect_kind kind;
	union { /* the member named after kind */
		struct attempt_order start_attempt;
		struct attempt_order reconcile_attempt;
		struct attempt_ref stop_attempt;
		struct attempt_ref forget_attempt;
		struct probe_order probe;
		struct notice_order notify;
		struct handoff_order file_handoff;
		struct reply reply;
		struct append_timeline append_timeline;
	};
};

const struct record_type *effect_type(enum effect_kind kind);
const char *effect_kind_name(enum effect_kind kind);
/* The record inside the effect, for record_encode and friends. */
void *effect_record(struct effect *effect);

/*
 * What one batch of steps made. Everything lives in `arena`, which the caller resets
 * once the batch is committed and performed. Grows as needed up to the arena's size.
 */
struct effects {
	struct arena *arena;
	struct effect *item;
	size_t n, cap;
	/* For the last EVENT_ALERTS_CHANGED stepped: the incident of each change. */
	incident_id *alert_incident;
	size_t alert_n;
};

/* A zeroed effect of that kind, to be filled before the next is added (which may move it). */
struct effect *effects_add(struct effects *fx, enum effect_kind kind);

/*
 * entry -- one commit as the journal keeps it: the steps of a batch, each with its
 * event and what was made of it.
 *
 * CBOR: {1: seq, 2: [step...]}; a step is {1: at, 2: wall, 3: event kind, 4: event,
 * 5: [incident of each alert change], 6: [[effect kind, effect]...]}, 5 and 6 left out
 * when empty; 5 has as many items as the event has changes. At least one step, seq > 0.
 * The chain: hash(n) = SHA-256(hash(n-1) || bytes(n)), hash(0) = 32 zeros; bytes(n) as the
 * store keeps them (store/compact.h).
 */
struct step {
	struct event event;
	const incident_id *alert_incident;
	size_t alert_n;
	const struct effect *effect;
	size_t effect_n;
};

/* entry_begin, then entry_step exactly step_n times. */
void entry_begin(struct buf *out, uint64_t seq, size_t step_n);
#define ENTRY_BEGIN_MAX 24 /* bytes that entry_begin writes at most */
void entry_step(struct buf *out, const struct step *step);
hash32 entry_hash(const hash32 *before, str bytes);

struct entry {
	uint64_t seq;
	struct step *step;
	size_t step_n;
};
/* Strings are slices of `bytes`. A decoded EVENT_CONFIG_ADOPTED has no model. */
NODISCARD bool entry_decode(str bytes, struct arena *arena, struct entry *ret,
    struct err *err);

#endif
