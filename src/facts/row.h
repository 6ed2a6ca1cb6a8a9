#ifndef FACTS_ROW_H
#define FACTS_ROW_H

#include "facts/record.h"

/*
 * row -- what is true now: the objects that the core decides about, as they are kept.
 *
 * The core's objects are these structs plus links; after each step the engine writes
 * the whole row of every object the step touched, in the same transaction as the
 * journal entry. A row is stored as (id, incident, open, at, body): body is the record's
 * CBOR, the others are for queries. At start the rows with `open` set are loaded back.
 *
 * Strings in a row are owned by whoever owns the row. All stored enums start at 1.
 * No text is longer than FIELD_MAX_DEFAULT, no list longer than the limits below: a longer
 * text is cut when it is encoded, a longer list is a bug.
 */
#define PAIRS_MAX 256    /* params, inputs, notice fields */
#define ARGV_MAX 256     /* arguments of one command */
#define TARGETS_MAX 1024 /* of one step of a run */
#define TOLD_MAX 1024    /* people told of one incident */
#define LABELS_MAX 1024  /* of one alert; annotations alike */

typedef uint32_t incident_id; /* numbered from 1, never reused */
typedef uint64_t row_id;      /* one running number over all other kinds, never reused */

enum table {
	TABLE_INCIDENT = 1,
	TABLE_TIMELINE,
	TABLE_RUN,
	TABLE_ATTEMPT,
	TABLE_PROBE,
	TABLE_DECISION,
	TABLE_GRANT_USE,
	TABLE_NOTICE,
	TABLE_HANDOFF,
	TABLE_GAP,
	TABLE_TOKEN,
	TABLE_ANSWER,     /* replies kept for Idempotency-Key */
	TABLE_QUARANTINE, /* bodies that ended the engine twice */
	TABLE_CONTROL,    /* one row: counters and the stop state of the core */
	TABLE_ALERTS,     /* packs of alerts, see intake/alerts.h; may trail the journal */
	TABLE_SILENCE,
	TABLE_ASKED,
	TABLE_LEASE,
	TABLE_TRUST,    /* how far runbooks may go by what they proved */
	TABLE_SESSION,  /* browsers that are signed in */
	TABLE_LOGIN,    /* how a person signs in: one-time link, password */
	TABLE_OVERRIDE, /* who stands in for whom in a rotation */
};
#define TABLE_NONE ((enum table)0)
#define TABLE_COUNT 23 /* one more than the last */

extern const char *const table_names[TABLE_COUNT];
/* The record type of a table's body; NULL for TABLE_ALERTS (its own format). */
const struct record_type *table_type(enum table table);

/* ---- incident ---- */

enum incident_state {
	INCIDENT_OPEN = 1,  /* nothing is being done by us right now */
	INCIDENT_ACTING,    /* a runbook is running */
	INCIDENT_VERIFYING, /* an action was done; a verify step decides */
	INCIDENT_RECOVERED, /* a verify step proved it; alerts may still have to clear */
	INCIDENT_HANDED_OFF, /* with the developers; closes when the alerts clear or by a person */
	INCIDENT_CLOSED,
};

enum incident_end {
	END_VERIFIED = 1, /* recovered, and the alerts cleared */
	END_RESOLVED,     /* the source said so, nothing of ours proved it */
	END_EXPIRED,      /* the source went quiet: not the same as resolved */
	END_PERSON,       /* a person closed it */
	END_NOT_REAL,     /* a check step said it is already over */
	END_SILENCED,     /* its alerts may still fire: a silence holds them */
	END_INHIBITED,    /* the same, and it is another alert that holds them */
};

enum severity { SEV1 = 1, SEV2, SEV3, SEV4 };

/* A runbook brought the same trouble to a verified recovery. */
struct remedy {
	incident_id incident;
	str runbook;
	msec wall;
	msec took; /* since the incident began */
};
#define REMEDIES_MAX 16 /* the oldest go first */

struct incident_row {
	incident_id id;
	enum incident_state state;
	enum severity severity;
	str service;    /* empty: matched no service */
	str owner;      /* team that answers */
	str developers; /* team that receives handoffs; may be empty */
	str environment;
	str title;      /* from the first alert: alertname, and its summary */
	str impact;     /* a sentence */
	str recurrence; /* what makes it "the same trouble": "alertname=QueueStuck" */
	uint64_t
	    key; /* fnv64 over service and recurrence; overflow incidents: over service */
	bool overflow; /* collects what found no room */
	bool acknowledged;
	str acknowledged_by;
	bool needs_person;
	str needs_person_why;
	uint32_t alerts_active;
	uint32_t alerts_total;
	uint32_t alerts_expired; /* since the last one fired, how many went quiet */
	uint32_t refired;        /* times it came back after recovery */
	uint32_t occurrence;     /* 1 + earlier incidents with this key, within memory */
	incident_id previous;    /* the one before with the same key, or 0 */
	row_id run;              /* the run in work, or 0 */
	str runbook;             /* chosen runbook's name; may be empty */
	row_id handoff;          /* or 0 */
	hash32 config;           /* catalogue and runbook text it began with */
	msec opened_at, opened_wall;
	msec acknowledged_wall;
	msec recovered_at, recovered_wall;
	msec closed_wall;
	enum incident_end end;  /* 0 while not closed */
	msec escalate_at;       /* next escalation tier falls due; 0: none */
	uint32_t escalate_tier; /* index of the tier last told */
	msec settle_at;         /* recovered or resolved: closes then; 0: none */
	msec look_again_at;     /* closed or recovered with alerts still firing; 0: none */
	uint32_t
	    told; /* notices of this incident that reached or may have reached someone */
	struct strs told_people; /* who must be told of the end: "PERSON/CHANNEL/ADDRESS" */
	str signature;           /* labels of the first alert as text, for people */
	struct pairs labels;     /* of the first alert: what runbooks answer to */
	struct strs tried;       /* runbooks run since it opened or fired again */
	bool not_real;           /* the last run's check said: over, or something else */
	msec closed_at;          /* orders closed incidents that are remembered */
	uint32_t alerts_held;    /* of those no longer active, how many were suppressed */
	enum incident_end
	    held;     /* END_SILENCED or END_INHIBITED: the last of them, by what */
	str held_why; /* "silenced by ID (ana: new disks) until T" */
	bool drill;   /* nobody is told but who asked for it, and it counts in no figure */
	str drill_by; /* a principal */
	str shadow;   /* a runbook that in shadow would have acted on it; or empty */
	msec worked_at; /* when a person last said or asked something about it; or 0 */
	struct pairs annotations; /* of the first alert: those that inputs come from */
	/* struct remedy, at most REMEDIES_MAX: of it and of those before with its key */
	struct records remedies;
	/* An incident of what it depends on: while that is open nobody is paged; or 0 */
	incident_id muted_by;
	/* struct notice_thread, at most NOTICE_THREADS_MAX: where more is said of it */
	struct records threads;
};

/* The first message about an incident there, as its provider calls it. */
struct notice_thread {
	str person, channel, address;
	str ref;
};
#define NOTICE_THREADS_MAX 32

/* ---- timeline: what happened, in order, for people ---- */

enum timeline_kind {
	TIMELINE_OPENED = 1,
	TIMELINE_ALERT,
	TIMELINE_STATE,
	TIMELINE_RUNBOOK,  /* chosen, step reached, stopped */
	TIMELINE_CHECK,    /* a check or verify answered */
	TIMELINE_DECISION, /* ref: the decision */
	TIMELINE_ATTEMPT,  /* ref: the attempt */
	TIMELINE_NOTICE,   /* ref: the notice */
	TIMELINE_COMMAND,  /* a person asked for something */
	TIMELINE_NOTE,
	TIMELINE_HANDOFF, /* ref: the handoff */
	TIMELINE_GAP,     /* ref: the gap */
	TIMELINE_SELF,    /* about Firstline itself */
	TIMELINE_ASKED,   /* what waits for facts or approval; ref: the row */
};

struct timeline_row {
	row_id id;
	incident_id incident; /* 0: about no incident */
	msec at, wall;
	enum timeline_kind kind;
	str who;  /* principal or "firstline" */
	str text; /* one sentence */
	row_id ref;
};

/* ---- runs, attempts, probes ---- */

enum run_state {
	RUN_RUNNING = 1,
	RUN_RECOVERED,    /* reached its end with a verify that held */
	RUN_STOPPED,      /* a check said: not this, or it is over */
	RUN_NEEDS_PERSON, /* refused, in doubt, or nothing left that it may do */
	RUN_HANDED_OFF,
	RUN_CANCELLED, /* by a person, by stop-all, or because the incident closed */
};

enum verdict { VERDICT_ALLOW = 1, VERDICT_AFTER_APPROVAL, VERDICT_DENY };
#define VERDICT_COUNT 4 /* one more than the last */

/* Where in its step a run is. */
enum step_phase {
	PHASE_ENTER = 1,   /* step not begun */
	PHASE_PROBING,     /* a probe is out */
	PHASE_WAITING,     /* until `due`: the next look, or the pause between targets */
	PHASE_ATTEMPT,     /* an attempt is out */
	PHASE_ASKED,       /* facts or people are asked */
	PHASE_ANSWER,      /* a question is out, until `due` */
	PHASE_EVIDENCE,    /* what is seen before anything is changed is asked for */
	PHASE_CALLED = 8,  /* a runbook that it called is in work: the run `waiting_for` */
	PHASE_PERMIT = 9,  /* a person's permission, or the end of a time for a veto */
	PHASE_INPUTS = 10, /* inputs are asked for: it has not begun */
};

/* What was seen before anything was changed. */
struct evidence {
	row_id probe; /* that is out; 0: answered, or given up */
	str name;
	bool seen; /* there was an answer */
	str value; /* the answer, or why there is none */
	msec wall;
};

/* One of several probes that a step asks at once. */
enum look_answer { LOOK_NO = 1, LOOK_YES, LOOK_UNKNOWN };
struct look {
	row_id probe;            /* that is out; 0: answered */
	enum look_answer answer; /* does it hold? 0: not answered */
	str value;               /* what was seen */
};
#define LOOKS_MAX 32

/* How far a runbook goes by itself, on one service. */
enum autonomy {
	AUTONOMY_SUGGEST = 1, /* a person is told, and starts it */
	AUTONOMY_STEP,        /* a person permits each action step */
	AUTONOMY_PLAN,        /* a person permits the whole plan */
	AUTONOMY_VETO,        /* it is announced, and done unless somebody says no */
	AUTONOMY_AUTO,
};
#define AUTONOMY_COUNT 6 /* one more than the last */

/* One action of a plan: what a person permits. */
struct permit_item {
	str step;
	str action;
	str service;
	str target;
	struct pairs params;
	enum verdict verdict; /* as authority stood; 0: not known before it is due */
	str text;             /* why, a sentence */
	bool
	    later; /* its parameters or targets are not known yet: permitted when they are */
};
#define PERMIT_ITEMS_MAX 128

/* What became of one target of an action step, or of a call for each. */
enum rolled_state {
	ROLLED_OUT = 1, /* under way: `waiting_for` is its attempt */
	ROLLED_ASKED,   /* waits for facts or approval: `waiting_for` */
	ROLLED_WAITS,   /* until `due`, for its turn or the next try; 0: for a permission */
	ROLLED_DONE,    /* it is over, from here on */
	ROLLED_FAILED,  /* it was tried, and surely failed */
	ROLLED_TIMED_OUT, /* its timeout stopped it: it may have happened */
	ROLLED_REFUSED,   /* authority, or hands, would not */
	ROLLED_LEFT,      /* the step ended before it was done */
	ROLLED_STOPPED, /* the runbook that was called for it said: not this, or it is over */
};
struct rolled {
	str step;
	str target;
	enum rolled_state state;
	uint32_t batch; /* of its step, from 1 */
	row_id waiting_for;
	msec due;
	msec deadline;    /* of waiting for its turn; 0: it does not */
	uint32_t tries;   /* attempts that surely did not happen, */
	uint32_t retries; /* and tries after one that failed */
	row_id attempt;   /* the last one; 0: none */
	msec wall;        /* when it was over */
};
#define ROLLED_MAX 2048 /* of one run; those of its first steps go first */

/* Between two batches of an action step. */
enum between {
	BETWEEN_PAUSE = 1, /* then: are those that were done well? */
	BETWEEN_GATE,      /* that is looked at */
	BETWEEN_OVER,
};

struct run_row {
	row_id id;
	incident_id incident;
	enum run_state state;
	str runbook;         /* name */
	hash32 runbook_hash; /* of its file */
	hash32 config;       /* model that holds it */
	str started_by;      /* principal: "automation" or who asked */
	uint32_t step;       /* index into the runbook's steps */
	enum step_phase phase;
	uint32_t steps_done; /* bounds the walk: at most STEPS_WALKED_MAX */
	msec step_at;        /* when the step was entered */
	msec held_since;     /* condition true since; 0: not true now */
	msec due;            /* next look or pause end; 0: none */
	msec deadline;       /* of the step; 0: none */
	row_id
	    waiting_for;   /* probe, attempt or asked row that is out, of several the first;
	                      * 0: none */
	uint32_t target;   /* index of the target that was in work last */
	uint32_t failures; /* targets failed in this step */
	struct strs targets; /* resolved when the step began */
	struct pairs inputs; /* resolved when the run began */
	bool acted;          /* some action was started in this run */
	str last_value;      /* what the last probe saw */
	str why;             /* the end, as a sentence */
	msec begun_wall, ended_wall;
	uint32_t tries; /* of taking something back, in vain */
	bool unknown;   /* the last look gave no answer */
	bool refused;   /* authority refused a step */
	str behalf; /* the person whom the agent that started it serves; empty: nobody */
	uint32_t retries; /* not used any more */
	/* PHASE_PROBING without `waiting_for`: struct look, in the order of the step's probes;
	 * PHASE_INPUTS: in the order of the inputs that are asked for. */
	struct records looks;
	struct pairs answers; /* to the questions that were asked, by their steps */
	str question;         /* PHASE_ANSWER: what is asked, */
	struct strs askees;   /* and who was: people, at most TOLD_MAX */
	bool undoing;         /* what it did is being taken back by the step in work, */
	str undo_why;         /* because of that */
	bool forgot;   /* not all that it did and may be taken back is in memory any more */
	row_id caller; /* the run that called its runbook, or 0 */
	struct records evidence; /* struct evidence, at most EVIDENCE_MAX */
	enum autonomy level; /* by which it asked for permission last; 0: it never did */
	struct records
	    plan; /* struct permit_item, at most PERMIT_ITEMS_MAX: what it asked for */
	hash32 plan_digest;
	str permitted_by; /* a principal, "firstline": nobody vetoed it; empty: not yet */
	msec permit_at;   /* engine clock: then the wait, or what was permitted, is over */
	msec permit_wall; /* the same, for people */
	bool veto_told;   /* somebody has what it will do unless they veto it */
	bool shadow;      /* it decides, and does nothing */
	bool drill;
	uint32_t would_act; /* actions that it would have started: in shadow */
	bool verify_failed; /* a verify saw that it has not recovered */
	/* What became of the targets that were begun, in the order of steps and targets. */
	struct records rolled; /* struct rolled, at most ROLLED_MAX */
	enum between between;  /* of the action step in work; 0: neither */
	/* It leaves its action step when nothing of it is under way any more: because (empty:
	 * it does not), and where it goes, as a step's `otherwise`. */
	str roll_why;
	uint32_t roll_to;
};
#define EVIDENCE_MAX 16
#define EVIDENCE_VALUE_MAX 1024
#define STEPS_WALKED_MAX 256
#define PERMIT_MS HOUR /* a person has so long to permit it, and it holds so long */

enum attempt_state {
	ATTEMPT_PLANNED = 1,
	ATTEMPT_AUTHORIZED, /* limits reserved; the same commit makes it INTENT */
	ATTEMPT_INTENT,     /* committed; the order may be on its way */
	ATTEMPT_CLAIMED,    /* hands made its folder */
	ATTEMPT_STARTED,    /* the shim runs the child */
	ATTEMPT_EXITED,     /* result known: exit_code */
	ATTEMPT_TIMED_OUT, /* stopped by its timeout; not by itself a failure of the action */
	ATTEMPT_KILLED,    /* by a signal, or by stop-all */
	ATTEMPT_LOST,      /* never started: no folder, or refused by hands */
	ATTEMPT_IN_DOUBT, /* nobody knows whether it happened; its lock is kept */
	ATTEMPT_SETTLED,  /* was in doubt; a probe or a person said what happened */
};

enum happened { HAPPENED_UNKNOWN = 0, HAPPENED_YES = 1, HAPPENED_NO = 2 };
#define HAPPENED_COUNT 3

/* How an action is done. A kind is a row in model/kinds.c and, but for RUN, in hands/act.c;
 * its request is arguments and named texts ("url", "header.Accept"). 0 in what was written
 * before there were others: RUN. */
enum action_kind { ACTION_RUN = 1, ACTION_HTTP, ACTION_SSH, ACTION_SYSTEMD };
#define ACTION_KIND_COUNT 5
#define PARTS_MAX 64 /* of one request */

struct attempt_row {
	row_id id; /* also the name of its folder */
	incident_id incident;
	row_id run; /* 0: asked for by a person outside a run */
	row_id decision;
	enum attempt_state state;
	str step;
	str action;
	str verb;
	str service;
	str target;    /* host name, or the service's name where there are no hosts */
	str principal; /* on whose authority */
	struct pairs params;
	struct strs argv; /* RUN, SSH; resolved; a secret never stands here */
	hash32 config;    /* the policy it was judged by */
	hash32 runbook_hash;
	uint64_t epoch; /* of the engine that gave the order */
	msec timeout_ms;
	bool repeat_safe;
	enum happened happened;
	int64_t exit_code; /* 0..255 when exited */
	uint32_t signal;
	str output;            /* head and tail, at most ATTEMPT_OUTPUT_MAX */
	uint64_t output_bytes; /* how much it wrote in all */
	str why;               /* refused, lost or in doubt: a sentence */
	msec intent_at, intent_wall, started_wall, ended_wall;
	bool stop_asked;
	str settled_by;
	row_id probe; /* its `happened` probe that is out; 0: none */
	msec ask_at;  /* no news until then: hands are asked what became of it; 0: never */
	row_id asked; /* what was asked for, where it had to wait; or 0 */
	row_id undo_of, undone_by; /* attempts; or 0 */
	msec undo_until_at; /* engine clock: until then it may be taken back; 0: not */
	/* Of its decision, for what takes it back: live values, and the rest of the chain. */
	struct pairs observed;
	struct strs behalf;
	/* What it takes back, also where rules hold for it (then undo_of is 0); or 0. */
	row_id takes_back;
	enum action_kind kind;
	struct pairs parts; /* the rest of its request, resolved, as the kind's file says */
	str runbook;        /* whose step it was; or empty */
	row_id plan;        /* its run has ended, and was called by this one; or 0 */
};
#define ATTEMPT_OUTPUT_MAX 8192

/* How a command is confined (docs/sandbox.md), and the secrets it is given: names and
 * references ("cred:x"), never values. */
enum sandbox_profile { SANDBOX_NONE = 1, SANDBOX_CONTAINED, SANDBOX_OFFLINE };
struct sandbox {
	enum sandbox_profile profile; /* 0: none */
	str user;                     /* empty: one of its own */
	struct strs read, write; /* absolute paths, at most SANDBOX_PATHS_MAX together */
	struct pairs secrets;    /* at most SANDBOX_SECRETS_MAX */
};
#define SANDBOX_PATHS_MAX 32
#define SANDBOX_SECRETS_MAX 16

enum probe_kind {
	PROBE_PROMQL = 1,
	PROBE_HTTP,
	PROBE_RUN,
	PROBE_TCP,
	PROBE_DNS,
	PROBE_TLS,
	PROBE_LOG,
	PROBE_SSH,
	PROBE_SYSTEMD,
};

/* What can be asked of DNS. */
enum dns_type {
	DNS_A = 1,
	DNS_AAAA,
	DNS_CNAME,
	DNS_MX,
	DNS_TXT,
	DNS_SRV,
	DNS_NS,
};
#define DNS_TYPE_COUNT 8 /* one more than the last */
extern const char *const dns_type_names[DNS_TYPE_COUNT];

/* A question to the world; changes nothing. Kept until answered. */
struct probe_row {
	row_id id;
	incident_id incident;
	row_id run;
	row_id attempt; /* a `happened` probe: 0 otherwise */
	enum probe_kind kind;
	str url;          /* PROMQL: base of the server; HTTP: the whole URL */
	str query;        /* PROMQL */
	struct strs argv; /* RUN, SSH */
	msec timeout_ms;
	msec asked_at;
	hash32 config;
	bool answered;
	row_id asked; /* a fact that authority lacks: for this asked row; or 0 */
	str where; /* TCP, TLS: HOST:PORT; DNS: the server, empty: the system's; LOG: a path */
	str name; /* DNS: what is asked for; TLS: whom the certificate must be for */
	enum dns_type dns; /* DNS */
	uint32_t lines;    /* LOG: how many, from the end */
	str text;          /* TCP: what is said first; LOG: what lines are counted for */
	bool listen;       /* TCP: what the other side says is wanted */
	/* SSH, SYSTEMD: as an action's. SSH without argv: the record there of `attempt`, whose
	 * intent_wall is the part PROBE_RECORD. */
	struct pairs parts;
	struct sandbox sandbox; /* RUN */
};
#define PROBE_RECORD "record"

/* What a probe saw, as facts; the core holds it against the condition. */
enum probe_status {
	PROBE_OK = 1,  /* there is an answer */
	PROBE_NO_DATA, /* asked well, the answer is empty (no series) */
	PROBE_FAILED,  /* could not ask: refused, timeout, bad answer */
};

/* ---- authority ---- */

enum reason_kind {
	REASON_GRANT = 1,  /* this grant allows it */
	REASON_PROHIBITED, /* this prohibition forbids it */
	REASON_LIMIT,      /* this bound is used up or would be passed */
	REASON_NO_GRANT,   /* nothing allows it; nearest rule named if any */
	REASON_NOT_NOW,    /* the grant ended, or asks for an incident */
	REASON_UNKNOWN,    /* a fact the rule needs is not known */
	REASON_STOPPED,    /* stop-all is in force */
	REASON_ERROR,      /* the judge itself failed: deny */
	REASON_APPROVAL,   /* this rule asks for another person's approval */
	REASON_BOUND,      /* a grant would, but a parameter is outside its bounds */
	REASON_HANDS_ON,   /* a person holds the service */
	REASON_APPROVED,   /* this rule asked for approval, and has it */
	REASON_LIFTED,     /* this rule is lifted: the glass is broken */
	REASON_UNDO,       /* takes back what the same principal did */
};

struct reason {
	enum reason_kind kind;
	str rule; /* the rule's name */
	str file; /* where it is written; empty for built-in reasons */
	uint32_t line;
	str text;              /* "3 of 3 restarts of checkout in 1h are used" */
	uint64_t value, limit; /* the bound, where there is one */
	msec free_at; /* wall time at which the bound gives way; 0: never by itself */
};

/* A person's answer to what waits for approval. */
struct vote {
	str principal;
	bool yes;
	str why;
	msec wall;
};
#define VOTES_MAX 16

/* What was known beyond the rules: it goes with the decision, and with the order, so that
 * hands can judge again. */
struct given {
	struct strs behalf;    /* the rest of the chain, at most BEHALF_MAX */
	struct pairs observed; /* live values by parameter */
	bool health_known;
	struct strs healthy;  /* hosts of the group, at most TARGETS_MAX */
	struct records votes; /* struct vote, those that said yes */
	bool undo;
	row_id undo_of; /* the attempt taken back */
	str glass_by;
	str reloaded_by;
	uint32_t targets_n;
	bool incident_open; /* an open incident on the very service asked for it */
	/* struct stand_in (override.h), those that held then; a later one stands before an
	 * earlier */
	struct records stand_ins;
};
#define STAND_INS_MAX 512
#define BEHALF_MAX 8

struct decision_row {
	row_id id;
	incident_id incident;
	row_id run;
	row_id attempt; /* the attempt it led to, or 0 */
	msec at, wall;
	str principal;
	str action;
	str verb;
	str service;
	str target;
	struct pairs params;
	hash32 config; /* policy version */
	enum verdict verdict;
	struct records
	    reasons; /* struct reason; the deciding ones first; at most REASONS_MAX */
	str forward; /* the nearest way forward, a sentence */
	struct given given; /* what it was decided on, besides the rules */
	row_id asked;       /* what was asked for, where it had to wait; or 0 */
	bool shadow;        /* nothing came of it: it says what would have been */
};

#define REASONS_MAX 64

/* ---- what was asked for and waits: for facts, for approval ---- */

enum asked_state {
	ASKED_FACTS = 1, /* probes are out; then it is judged */
	ASKED_APPROVAL,  /* people are asked; a yes has it judged again */
	ASKED_STARTED,   /* became an attempt */
	ASKED_REFUSED,   /* by authority, or by a person's no */
	ASKED_EXPIRED,   /* nobody answered in time */
	ASKED_VOID,      /* withdrawn, or what it was for is over */
};

/* A fact that it was asked for. */
struct asked_probe {
	row_id probe; /* 0: answered */
	str subject;  /* the parameter, or the host */
	bool health;
	bool known; /* the answer told something */
};

/*
 * Exactly one action on one target. An approval is of this row: its digest is over the
 * chain, action, params, service, target, number of targets, runbook and configuration; a
 * yes that names another digest, or comes after the end, counts for nothing, and none is
 * ever counted twice.
 */
struct asked_row {
	row_id id;
	incident_id incident;
	row_id run; /* 0: asked for by a person outside a run */
	enum asked_state state;
	str step;
	str principal;
	str action;
	str verb;
	str service;
	str target;
	struct pairs params;
	hash32 config; /* the one that it was last judged by */
	hash32 runbook_hash;
	hash32 digest;
	struct given given;    /* as known so far; `votes` holds also a no */
	struct records probes; /* struct asked_probe, at most ASKED_PROBES_MAX */
	msec facts_at;         /* engine clock: none of the facts is older; 0: none */
	struct strs approvers; /* people who were asked */
	uint32_t yes_missing;
	msec asked_at, asked_wall;
	msec ends_at;   /* engine clock: then it expires; 0: approval is not asked for */
	msec ends_wall; /* for people */
	msec over_wall;
	row_id decision; /* the last */
	row_id attempt;  /* ASKED_STARTED */
	str why;         /* of its state, a sentence */
	msec due;        /* engine clock: the end of waiting for facts, or its turn; or 0 */
	row_id takes_back; /* an attempt, as there; or 0 */
};
#define ASKED_PROBES_MAX (TARGETS_MAX + 32)
#define ASKED_FACTS_MS (20 * SECOND)       /* unknown by then: judged without */
#define ASKED_FACTS_FRESH_MS (30 * SECOND) /* older ones are asked for anew */

/* ---- leases: a person on a service ---- */

enum lease_kind {
	LEASE_HANDS_ON = 1, /* automation only watches */
	LEASE_BREAK_GLASS,  /* liftable rules do not hold for this person */
};

/* A break-glass stays open after its end until somebody else has looked at it. */
struct lease_row {
	row_id id;
	enum lease_kind kind;
	str service;
	str principal;
	str why;
	msec from_wall, until_wall;
	msec until_at; /* engine clock */
	bool over;
	msec over_wall;
	str over_by;   /* "firstline": its time */
	uint32_t uses; /* decisions in which it lifted a rule */
	str reviewed_by, review;
	msec reviewed_wall;
	msec warn_at; /* engine clock: then its holder is told that it ends; 0: was told */
};
#define LEASES_MAX 1024
/* Of each kind: so what nobody reviews takes no place from hands-on. */
#define LEASES_OF_KIND_MAX 512
#define LEASE_MS_MAX (12 * HOUR)
#define LEASE_WHY_MAX 1000

/* ---- trust: what a runbook has proved on a service ---- */

/*
 * `history` is what counted, the last one at its end, a letter each:
 *	V F	a verify proved recovery, or saw that there is none
 *	D E	the same in a drill
 *	O	a person stopped it, vetoed it, or took the service in hand while it ran
 *	U	something that it did was taken back
 *	C	its text changed
 * It begins at most TRUST_LAST of V, F, D and E ago.
 */
struct trust_row {
	row_id id;
	str runbook;
	str service;
	hash32 runbook_hash; /* that the last letters are of */
	enum autonomy level; /* held down to, or promoted to; 0: as it is declared */
	str level_by;        /* a principal; "firstline": demoted */
	str level_why;
	msec level_wall;
	str history;
	msec last_wall;  /* of the last V, F, D, E; 0: none yet */
	msec drill_wall; /* of the last D; 0: none yet */
	msec since_wall; /* known since */
	msec due_at;     /* engine clock: then its drill is looked at; 0: it has none */
	bool told_due;   /* the owner was told that a drill is due */
	bool stale;      /* it was not drilled in time */
	/* ever */
	uint32_t verified, failed, drills, drills_failed, overridden, undone, demotions;
	/* in shadow: it would have acted; of those, how the trouble ended */
	uint32_t shadow_runs, shadow_alone, shadow_person;
};
#define TRUST_LAST 50         /* outcomes that count */
#define TRUST_HISTORY_MAX 200 /* letters */
#define TRUST_MAX 8192        /* rows: runbooks times services */

enum use_state { USE_HELD = 1, USE_CONSUMED, USE_RELEASED };

/* A reservation of a limit: made in the decision's commit, consumed or released by
 * the outcome, held while in doubt. Kept open until its longest window has passed. */
struct grant_use_row {
	row_id id;
	row_id decision;
	row_id attempt;
	enum use_state state;
	str service;
	str target;
	str action;
	str verb;
	str principal;
	msec at; /* engine clock */
	msec wall;
	struct strs behalf; /* the rest of the chain, at most BEHALF_MAX: counts for each */
};

/* ---- telling people ---- */

enum notice_purpose {
	PURPOSE_OPENED = 1,
	PURPOSE_NEEDS_PERSON,
	PURPOSE_ESCALATED,
	PURPOSE_REFIRED,
	PURPOSE_HANDED_OFF,
	PURPOSE_ENDED,
	PURPOSE_SELF,           /* Firstline about itself */
	PURPOSE_APPROVAL,       /* the reader is asked to approve an action */
	PURPOSE_APPROVAL_ENDED, /* and need not any more */
	PURPOSE_QUESTION,       /* the reader is asked something by a runbook */
	PURPOSE_QUESTION_ENDED, /* and need not answer any more */
	PURPOSE_VETO = 12,      /* what will be done unless somebody says no */
	PURPOSE_ACKNOWLEDGED,   /* somebody has it: said where there is a thread */
};

enum notice_state {
	NOTICE_PENDING = 1, /* due at next_at */
	NOTICE_SENDING,     /* an order is out */
	NOTICE_DELIVERED,   /* the provider took it */
	NOTICE_GIVEN_UP,    /* tries used up; counts as "may have been told" */
};

struct notice_row {
	row_id id; /* with the purpose it is the idempotency key */
	incident_id incident;
	enum notice_purpose purpose;
	enum notice_state state;
	str person;  /* empty: a team's channel */
	str channel; /* name of a channel in the configuration */
	str address; /* e-mail address, or empty where the channel has its own */
	str subject;
	str text;
	struct pairs
	    fields; /* impact, severity, owner, doing, you_can, url: for structured channels */
	uint32_t tries;
	msec next_at;
	msec made_wall, done_wall;
	str error;      /* of the last try */
	msec first_at;  /* first order; 0: none yet */
	bool fell_back; /* the person's next reach was taken too */
	row_id first;   /* the notice that this one says again by another reach; 0: none */
	row_id asked;   /* PURPOSE_APPROVAL, PURPOSE_APPROVAL_ENDED: what is asked for;
	                 * PURPOSE_QUESTION, PURPOSE_QUESTION_ENDED: the run that asks */
	str ref;        /* what its provider calls it; empty where it says nothing */
	str thread;     /* `ref` of the first about its incident there; empty: it is that */
};

enum handoff_class { HANDOFF_CODE_CHANGE = 1, HANDOFF_ARCHITECTURE, HANDOFF_INVESTIGATION };
enum handoff_state { HANDOFF_FILING = 1, HANDOFF_FILED };

struct handoff_row {
	row_id id;
	incident_id incident;
	enum handoff_class class;
	enum handoff_state state;
	str team; /* developers */
	str title;
	str because;
	str ask;
	str case_file; /* Markdown, complete in itself */
	msec wall;
	str filed; /* where hands put it */
	uint32_t tries;
	msec next_at;
};
#define CASE_FILE_MAX (256 * 1024)

enum gap_kind {
	GAP_NO_SERVICE = 1, /* an alert matched no service */
	GAP_NO_RUNBOOK,     /* an incident found no runbook */
	GAP_REFUSED,        /* authority refused a step of a runbook */
	GAP_NOBODY,         /* nobody on duty or reachable */
	GAP_NOT_TOLD,       /* a notice was given up */
	GAP_OVERFLOW,       /* too many incidents */
	GAP_SANDBOX,        /* the kernel lacks a confinement */
	GAP_HANDOFF_INCOMPLETE,
	GAP_GRANT_ENDS,  /* within 14 days */
	GAP_UNREVIEWED,  /* a broken glass that nobody has looked at */
	GAP_DRILL = 20,  /* a runbook whose drill is overdue */
	GAP_RECURS = 21, /* the same remedy, again and again: the cause is still there */
	GAP_NO_CALENDAR = 30, /* a silence is for times that are not written any more */
};

struct gap_row {
	row_id id;
	enum gap_kind kind;
	str subject; /* what it is about: alert name, service, person */
	str text;
	str owner;
	uint32_t count;
	incident_id incident; /* the last one it showed in */
	msec first_wall, last_wall;
};

/* ---- silences ---- */

/* Holds for an alert when its label (missing: empty) is, or is not, what is written. */
struct silence_matcher {
	str name;
	str value;
	bool regex; /* anchored at both ends */
	bool equal;
};

/* Alerts that all matchers fit are held while it is active: no incident, nobody is told.
 * Pending before `starts_wall`, active until `ends_wall`, expired from then on. */
struct silence_row {
	row_id id;
	str uuid;
	struct records matchers; /* struct silence_matcher, at most SILENCE_MATCHERS_MAX */
	msec starts_wall, ends_wall, updated_wall;
	str created_by; /* as the client said */
	str principal;  /* who asked */
	str comment;
	msec forget_at; /* engine clock: SILENCE_KEEP_MS after its end */
	str during;     /* only while this calendar of the configuration is on; or empty */
	bool until_resolved; /* it ends when nothing that it held fires any more */
	bool held_any;       /* of those: it has held something */
	str window;          /* `maintenance` of that name in the configuration; or empty */
	bool off;            /* never kept: in answers, between two times of `during` */
};
#define SILENCE_MATCHERS_MAX 32
#define SILENCE_TEXT_MAX 4096 /* bytes of a matcher's name, value, comment, author */
#define SILENCE_KEEP_MS (120 * HOUR)

enum silence_state { SILENCE_ACTIVE = 1, SILENCE_PENDING, SILENCE_EXPIRED };
enum silence_state silence_state(const struct silence_row *row, msec wall);
const char *silence_state_name(enum silence_state state);

/* ---- access ---- */

enum role { ROLE_VIEWER = 1, ROLE_OPERATOR, ROLE_ADMIN, ROLE_SOURCE, ROLE_LEAD };
#define ROLE_COUNT 6 /* one more than the last */

struct token_row {
	row_id id;
	str name;
	hash32 secret; /* SHA-256 of the secret part */
	str principal; /* "person:ana", "source:prometheus", "agent:helper", "local-admin" */
	enum role role;
	msec made_wall;
	msec until_wall; /* 0: no end */
	bool revoked;
	str behalf; /* the person whom an agent serves: "person:ana"; empty: nobody */
};

enum session_how { SESSION_LINK = 1, SESSION_PASSWORD, SESSION_TOKEN, SESSION_PROXY };
#define SESSION_HOW_COUNT 5 /* one more than the last */

/* A browser that is signed in. What its principal may do is looked up at each request: a
 * token's role, or the person's in the configuration. */
struct session_row {
	row_id id;
	hash32 secret; /* SHA-256 of the cookie's value */
	str principal; /* "person:ana", "local-admin" */
	enum session_how how;
	row_id token; /* SESSION_TOKEN: by which; 0: the local one */
	msec made_wall;
	msec until_wall; /* whatever happens */
	msec seen_wall;  /* last asked by it, give or take SESSION_SEEN_MS */
	msec again_wall; /* last proved who it is */
	str address;     /* where it signed in from */
	str agent;       /* the browser, as it called itself */
	bool over;
};
#define SESSION_KEEP_MS (7 * DAY)      /* from sign-in to end */
#define SESSION_IDLE_MS (12 * HOUR)    /* nothing asked for so long: it ends */
#define SESSION_SEEN_MS (10 * MINUTE)  /* so often that something was asked is kept */
#define SESSION_AGAIN_MS (5 * MINUTE)  /* signed in longer ago: again, for what is grave */
#define SESSIONS_MAX 1024u             /* beyond, the one that is longest idle ends */
#define SESSIONS_PER_PRINCIPAL_MAX 16u /* alike */
#define LOGIN_LINK_MS (10 * MINUTE)    /* a one-time link opens for so long */
#define SESSION_TEXT_MAX 120u          /* bytes of address and agent */

/* Over, or ended by time. */
bool session_ended(const struct session_row *row, msec wall);

/* What a person signs in with. */
struct login_row {
	row_id id;
	str person;      /* "ana" */
	hash32 link;     /* SHA-256 of its secret; zero: none, or it was used */
	msec link_until; /* wall */
	str password;    /* Argon2id in its usual text form; empty: none was set */
	msec password_wall;
};

struct answer_row {
	row_id id;
	str key; /* principal + '\n' + Idempotency-Key */
	hash32 request;
	uint32_t status;
	str body;  /* CBOR of the reply, see frame.h; at most ANSWER_BODY_MAX */
	msec wall; /* dropped after ANSWER_KEEP_MS */
};
#define ANSWER_KEEP_MS (24 * HOUR)
#define ANSWER_BODY_MAX (1024 * 1024)

struct quarantine_row {
	row_id id;
	hash32 body_hash; /* of the whole body */
	str body;         /* its first QUARANTINE_BODY_MAX bytes */
	str source;       /* hex of the digest by which the gate knows it again */
	uint32_t deaths;
	msec wall;
};

#define QUARANTINE_BODY_MAX (3 * 1024 * 1024)
#define QUARANTINE_KEPT_MAX 512 /* bodies; beyond, the oldest is let go of */

struct control_row {
	row_id id; /* always 1 */
	row_id next_row;
	incident_id next_incident;
	uint64_t next_alert;
	uint64_t epoch;
	uint64_t jitter; /* state of the core's seeded generator */
	bool stopped;
	str stopped_by;
	str stopped_why;
	msec stopped_wall;
	hash32 config; /* adopted last */
	msec at;       /* of the last step: the base of the clock at the next start */
	msec wall;
	uint64_t overflowed; /* alerts that went to overflow incidents */
	uint64_t incidents_opened, incidents_closed, attempts_started, notices_delivered;
	uint64_t shed;        /* rows that found no room in memory */
	uint64_t tokens_made; /* the first ends that alerts are open to everyone */
	str reloaded_by; /* who brought in `config`: a principal; empty: nobody knows */
	msec grants_at;  /* engine clock: then grants that end are looked for; 0: none */
	uint64_t glasses_broken;
	/* How often people are asked, beside what was done without; not of steps that look. */
	uint64_t permits_asked, vetoes_offered, approvals_asked;
	uint64_t permits_given, vetoes_said;
	uint64_t promotions, demotions, drills, shadow_runs;
	/* Who was on duty is known as of that wall; engine clock: looked at next; 0: not. */
	msec duty_wall, duty_at;
};

extern const struct record_type notice_thread_type, incident_row_type, timeline_row_type,
    look_type, evidence_type, rolled_type, run_row_type, remedy_type, attempt_row_type,
    probe_row_type, reason_type, decision_row_type, grant_use_row_type, notice_row_type,
    handoff_row_type, gap_row_type, token_row_type, answer_row_type, quarantine_row_type,
    control_row_type, silence_row_type, vote_type, given_type, asked_probe_type,
    asked_row_type, lease_row_type, permit_item_type, trust_row_type, session_row_type,
    login_row_type, stand_in_type, override_row_type;

/* The JSON names of enumerators, which the value must have; shared tables are arrays. */
extern const char *const happened_names[HAPPENED_COUNT],
    *const action_kind_names[ACTION_KIND_COUNT],
	*const verdict_names[VERDICT_COUNT],
	    *const autonomy_names[AUTONOMY_COUNT],
		*const role_names[ROLE_COUNT], *const session_how_names[SESSION_HOW_COUNT];
const char *incident_state_name(enum incident_state state);
const char *severity_name(enum severity severity); /* "sev1" */
const char *run_state_name(enum run_state state);
const char *attempt_state_name(enum attempt_state state);
/* "allow", "allow-after-approval", "deny" */
const char *verdict_name(enum verdict verdict);
const char *asked_state_name(enum asked_state state);
const char *autonomy_name(enum autonomy level); /* "suggest" */
const char *notice_purpose_name(enum notice_purpose purpose);
const char *handoff_class_name(enum handoff_class class);
const char *role_name(enum role role);
NODISCARD bool role_by_name(str name, enum role *ret);
/* viewer < operator < lead < admin; a source reaches none of them. */
bool role_reaches(enum role has, enum role wanted);
const char *session_how_name(enum session_how how); /* "link" */

#endif
