#ifndef FACTS_ROW_RUN_H
#define FACTS_ROW_RUN_H

#include "facts/row_limits.h"

/* Rows: runs of runbooks, attempts, probes. */

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
	ROLLED_INTERRUPTED, /* the run ended while it was under way: its attempt says the rest */
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
	row_id continues; /* the run that it goes on with; or 0 */
	/* What is not done (again) in this run: the targets that those before it did, and, for
	 * the one that would continue it, each runbook that it called once and that recovered. */
	struct records passed; /* struct rolled, at most ROLLED_MAX */
	str answered;          /* its last question: "ana answered side: left"; or empty */
	msec answered_wall;
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

/* What was begun, when nobody watches it any more: surely at work no more, or it may be.
 * 0 in what was written before anybody looked. */
enum alive { ALIVE_NO = 1, ALIVE_MAYBE };

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
	row_id
	    plan; /* its run has ended, and was called or is continued by this one; or 0 */
	enum alive alive; /* in doubt: as hands saw it before its probe was asked */
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

#endif
