#ifndef CORE_OBJECTS_H
#define CORE_OBJECTS_H

#include "authority/authority.h"
#include "base/list.h"
#include "base/pool.h"
#include "core/core.h"
#include "facts/heartbeat.h"
#include "facts/own.h"

/*
 * objects -- what the core holds.
 *
 * Every object is a row (facts/row.h) behind a `struct object`: its row is what is kept,
 * links and pointers are derived from rows. So core_load rebuilds exactly what the rows
 * say, and nothing that decides may live outside them (check.c holds that in tests).
 *
 * Objects are named by id; a pointer to one is good within a step only, except for the
 * ones that this header shows (an incident's run, lists of an incident).
 */

/* ---- limits and times; README.md explains them to operators ---- */

#define MODELS_SPARE 64     /* configurations in use for which there is always room */
#define REMEMBERED_MAX 4096 /* closed incidents known for "again" */
#define GAPS_MAX 4096       /* further ones are counted as "others" */
#define SILENCES_MAX CORE_SILENCES_MAX /* also expired ones, of which the oldest go first */
#define TOKENS_MAX CORE_TOKENS_MAX
#define ANSWERS_MAX \
	4096 /* replies kept for Idempotency-Key; beyond, the oldest goes at the next step */
#define SENDING_MAX 128 /* notices out at once, but for one of each channel */
#define CHANNEL_SENDING_MAX CHANNEL_OUT_MAX
#define CHANNEL_DOWN_AFTER 5    /* failures in a row */
#define TRIED_MAX 16            /* tests of channels that wait for an answer */
#define LINES_MAX 1024          /* channels for which something waits; others share one */
#define TIMERS_PER_STEP_MAX 256 /* the rest is due at once again */
#define EFFECT_BYTES_PER_STEP (4 << 20) /* of timers, about: the same */
#define TIMELINE_KEPT_MAX 128  /* entries of one incident in memory, for its case file */
#define TIMELINE_KEPT_FIRST 32 /* of them from its beginning */
#define TRAIL_KEPT_MAX 64      /* of each: attempts, decisions, asked */
#define USES_KEPT_MS DAY       /* also where no rule counts for so long */
#define UNDO_KEPT_MAX 256      /* attempts, where they may be taken back */
#define ASKED_OPEN_MAX 16u     /* of one incident that wait at once */
#define TIMELINE_TEXT_MAX 1000 /* bytes */
#define TITLE_MAX 200          /* bytes */
#define STOPPED_WHY_SHOWN 300  /* bytes, in each refusal */
#define RECURRENCE_MAX 1000    /* bytes */
#define ALERTS_TOLD 20         /* alerts of an incident with a timeline entry each */
#define RECIPIENTS_MAX (TOLD_MAX + 256) /* of one notice */
#define NOTICE_TRIES_MAX 12
#define REACH_FALLBACK_MS MINUTE /* not delivered since the first try: the next reach too */
#define NOTICE_WAITS_MS DAY /* for a channel that is down, or its place; then given up */
#define NEVER_STARTED_MAX 3 /* attempts on a target that never started */
#define CAN_MAX 16          /* allowed actions listed in a notice */

#define SETTLE_MS (60 * SECOND) /* quiet for so long: closed */
#define FLAP_CLEARS 5           /* cleared so often within FLAP_WINDOW_MS: it flaps */
#define FLAP_WINDOW_MS HOUR
#define FLAP_CALM_MS (30 * MINUTE)      /* flapping, and quiet for so long: closed */
#define SELF_SETTLE_MS HOUR             /* the same for incidents about Firstline */
#define STOPPED_LOOK_MS (2 * MINUTE)    /* a check said "over", alerts fire: look again */
#define RECOVERED_LOOK_MS (15 * MINUTE) /* verified, alerts fire: a person */
#define RESOLVED_LOOK_MS (30 * MINUTE)  /* closed by a person, alerts fire: open again */
#define ESCALATE_AGAIN_MS (30 * MINUTE) /* after the last tier: from the first again */
#define AT_ONCE_WAIT_MS (15 * MINUTE)   /* for a turn under at_once limits, each target */
#define EVIDENCE_MS (20 * SECOND)       /* for all of it, before the first action */
#define PROBE_GRACE_MS (30 * SECOND)    /* beyond its timeout: no answer */
#define ATTEMPT_GRACE_MS MINUTE         /* beyond its timeout: ask what became of it */
#define NOTICE_GUARD_MS (10 * MINUTE)   /* no result: order it again */
#define CHANNEL_TOLD_MS MINUTE          /* down for so long: people are told */
#define CHANNEL_PROBE_MS MINUTE         /* for a probe's result, before there is another */
#define CHANNEL_FORGET_MS (30 * MINUTE) /* down, and nothing to send: it may be well */

#define POOL_BASE_BYTES ((size_t)64 << 20)
#define POOL_INCIDENT_BYTES ((size_t)64 << 10)
#define SCRATCH_BYTES ((size_t)64 << 20) /* of address space, for one step */

/* ---- objects ---- */

struct heap;

struct object {
	struct link in_table; /* core->tables[table]; ids ascend */
	struct link in_touched;
	struct link of_incident; /* a list of its incident */
	struct heap *heap;       /* the heap it waits in, or NULL */
	msec due;
	uint64_t id;
	uint32_t heap_at; /* its place there */
	uint8_t table;    /* enum table */
	bool touched;
	bool done;   /* not loaded again; freed by core_clean */
	bool erased; /* done, and its row goes */
};

/* Objects that wait, ordered by (due, table, id): never by where they lie in memory. */
struct heap {
	struct object **p;
	size_t n, cap;
};

struct core_model {
	struct link link; /* core->models, oldest first */
	hash32 hash;
	const struct model *model;
	uint32_t users; /* incidents and runs; the newest has one more */
};

/* How many incidents a service has; there while it has any. */
struct service_state {
	struct service_state *next; /* the same hash */
	str name;
	uint32_t counted; /* towards the bound */
	uint32_t open;
	uint32_t drills; /* of the open ones: practice, which is no trouble */
	uint32_t users;  /* incidents that point here */
};

struct incident {
	struct object o;
	struct incident_row row;
	struct core_model *model; /* NULL: closed and quiet, needs none any more */
	struct service_state *counts;
	struct run *run;
	struct link in_state; /* core->open, ->closed_firing or ->remembered */
	struct link timeline, attempts, decisions, notices, asked; /* kept ones, by id */
	uint32_t timeline_n, attempts_n, decisions_n, asked_n;
	bool opening; /* within incident_begin: one notice tells all */
};

struct timeline {
	struct object o;
	struct timeline_row row;
};

struct run {
	struct object o;
	struct run_row row;
	struct core_model *model;
	const struct runbook *runbook; /* of that model */
	/* NULL, but in a plan: the incident that it would be for. */
	struct incident *imagined;
};

struct attempt {
	struct object o;
	struct attempt_row row;
	/* While it is open, the one it was decided by: its `happened` is asked and judged
	 * by that. NULL when it is over. */
	struct core_model *model;
};

struct question {
	struct object o;
	struct probe_row row;
};

struct decision {
	struct object o;
	struct decision_row row;
};

struct grant_use {
	struct object o;
	struct grant_use_row row;
	struct authority_use use; /* of the row, in core->uses while it is in its table */
	struct authority_actor chain[]; /* of the use: there are many, and few have one */
};

#define NOTICE_RANKS 5u
#define LINE_NAME_MAX 256

/* What waits for one reader of a line (pace.h). There while anything does. */
struct reader {
	struct link link;                /* line->readers, in no order that matters */
	struct link ready[NOTICE_RANKS]; /* struct notice, by (next_at, id) */
	uint32_t ready_n;
	uint64_t key; /* 0: the line's own, of what goes by itself */
	msec until;   /* as in its struct notice_turn */
};

/* What waits for a channel, and what is out by it. There while it has any notice. */
struct line {
	struct link link;    /* core->lines, by name */
	struct link readers; /* struct reader: for whom something waits */
	struct reader alone; /* what goes by itself */
	uint32_t ready_n, sending, users;
	msec until; /* as in the struct notice_turn of the channel */
	size_t name_n;
	char name[LINE_NAME_MAX];
};

struct notice {
	struct object o;
	struct notice_row row;
	struct line *line;
	struct reader *reader; /* of the line, while it waits there */
	struct link in_line;   /* due: its reader's ->ready */
	struct link folded;    /* PURPOSE_DIGEST: struct notice, those it tells, by id */
	struct link in_digest; /* NOTICE_FOLDED: its digest's ->folded */
};

struct handoff {
	struct object o;
	struct handoff_row row;
};

struct gap {
	struct object o;
	struct gap_row row;
};

struct token {
	struct object o;
	struct token_row row;
};

struct silence {
	struct object o;
	struct silence_row row;
};

/* An action that waits for facts or approval. */
struct asked {
	struct object o;
	struct asked_row row;
};

struct lease {
	struct object o;
	struct lease_row row;
};

struct trust {
	struct object o;
	struct trust_row row;
};

struct override {
	struct object o;
	struct override_row row;
};

struct heartbeat_kept {
	struct object o;
	struct heartbeat_row row;
};

struct noise {
	struct object o;
	struct noise_row row;
};

struct answer {
	struct object o;
	struct answer_row row;
};

struct control {
	struct object o;
	struct control_row row;
};

struct core {
	struct pool *pool;
	size_t pool_bytes;
	struct arena_map scratch_map, timers_map, outbox_map, rules_map, refs_map,
	    authority_map, over_map, lines_map;
	struct arena scratch; /* of the step in work */
	struct row_ref *refs;
	size_t refs_cap;

	struct control *control;
	msec at, wall; /* of the step in work */
	struct effects *fx;

	struct link tables[TABLE_COUNT]; /* objects that are not done */
	uint32_t counts[TABLE_COUNT];
	struct link touched;
	size_t touched_n;
	struct map incidents; /* id to struct incident */
	struct map rows;      /* row id to struct object */
	struct map noises;    /* the same of TABLE_NOISE, whose numbers are its own */

	struct link open;          /* incidents that are not closed, by id */
	struct link closed_firing; /* closed by a person, alerts still count down; by id */
	struct link remembered;    /* closed and quiet, by (closed_at, id) */
	uint32_t open_n, closed_firing_n, remembered_n;
	uint32_t counted; /* incidents towards the bound */
	uint32_t incidents_max;
	uint32_t remembered_max; /* fewer in tests */
	struct map keys;         /* key of an open incident to it */
	struct map closed_keys;  /* key to the incident that closed last with it */
	struct map services;     /* hash of the name to the first struct service_state */
	struct map gap_keys;     /* hash of kind and subject to struct gap */
	struct map answer_keys;  /* hash of the key to struct answer */
	struct map trust_keys;   /* hash of runbook and service to struct trust */
	/* Hash of alert, source and service to struct noise: those of `noise_day`, that many.
	 * `noise_last`: found last; or NULL. */
	struct map noise_keys;
	uint32_t noise_day, noise_day_n;
	struct noise *noise_last;

	struct heap timers;
	struct heap outbox; /* pending notices that are not due */
	uint32_t sending;
	struct link lines, spare_lines; /* struct line */
	struct line *line_memory;       /* LINES_MAX */
	size_t lines_made;
	struct link spare_readers; /* struct reader */
	struct reader *reader_memory;
	size_t readers_made;
	msec lines_at; /* then what waits for a turn alone is looked at; 0: nothing does */

	struct link models;
	struct link spare_models;
	struct link loading;       /* loaded objects until core_load_done */
	struct core_model *newest; /* NULL: none adopted yet */
	struct authority *authority;
	struct authority_uses uses; /* all of TABLE_GRANT_USE */
	/* Of TABLE_OVERRIDE, those that hold and whose names the newest model has. */
	struct stand_ins over;
	struct stand_in *stand_ins; /* STAND_INS_MAX */
	struct rules *rules;        /* of the newest */
	uint64_t
	    heartbeats_turned; /* how often one went up or down; whoever looks compares */
	struct core_trace *trace; /* NULL, but in a rehearsal: who looks on */
};

/* Whoever looks on: told of what leaves no row of its own; changes nothing. `where` as a
 * step's `otherwise`. */
struct core_trace {
	void (*left)(struct core_trace *trace, const struct run *run, uint32_t where,
	    str why);
	void (*ended)(struct core_trace *trace, const struct run *run, enum run_state state,
	    str why);
	void (*decided)(struct core_trace *trace, const struct decision_row *row);
};

/* core_new with so much memory for all its objects. */
struct core *core_new_within(uint32_t incidents_max, size_t pool_bytes);

struct beginning; /* asked.c */
struct asking;    /* decide.c */
struct answering;

#define FIRSTLINE STR("firstline")
#define AUTOMATION STR("automation")

/* ---- object.c: rows with links ---- */

/* A new object with a copy of the row, touched. NULL when there is no room: counted. */
void *object_add(struct core *core, enum table table, const void *row);
/* The same for a row that was loaded: not touched, not linked. */
struct object *object_make(struct core *core, enum table table, const void *row);
void object_link(struct core *core, struct object *o);
void object_touch(struct core *core, struct object *o);
/* Its row is written once more, then it is forgotten. */
void object_done(struct core *core, struct object *o);
/* Its row is deleted. */
void object_erase(struct core *core, struct object *o);
void object_free(struct core *core, struct object *o);
/* A row of what is over and not kept any more, to be changed: it is written, and forgotten by
 * core_clean. NULL when there is no room: counted. */
struct object *object_pass(struct core *core, enum table table, const void *row);
/* Done, and not written yet; NULL: there is none. */
struct object *object_pending(const struct core *core, enum table table, uint64_t id);
void *object_row(struct object *o);
const void *object_row_const(const struct object *o);
row_id row_next(struct core *core);
/* The object with that id if it is of that table, else NULL. */
void *object_find(const struct core *core, enum table table, row_id id);
/* Replace a string or list of a touched row. Without room the old one stays: counted. */
void row_set_str(struct core *core, str *field, str value);
void row_set_strs(struct core *core, struct strs *field, struct strs value);
void row_set_records(struct core *core, const struct record_type *type,
    struct records *field, struct records value);
/* New incidents and runs are refused below this much memory, so that what is in work
 * can go on. */
bool core_roomy(const struct core *core);

#define NOISE_NO_DAY UINT32_MAX /* nothing was counted since the start */

#define object_of(link_, member_) container_of(link_, struct object, member_)

/* ---- timers.c ---- */

/* Wait in that heap until `due`; 0: wait no more. */
void heap_set(struct heap *heap, struct object *o, msec due);
struct object *heap_top(const struct heap *heap);
void on_time_passed(struct core *core);

#endif
