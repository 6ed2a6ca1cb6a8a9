#ifndef FACTS_ROW_AUTHORITY_H
#define FACTS_ROW_AUTHORITY_H

#include "facts/row_run.h"

/* Rows: decisions, what was asked for and waits, leases, trust, uses of grants. */

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
	str runbook_by; /* who brought in the runbook of the run; without one as above */
	uint32_t targets_n;
	bool incident_open; /* an open incident on the very service asked for it */
	/* struct stand_in (override.h), those that held then; a later one stands before an
	 * earlier */
	struct records stand_ins;
	/* struct brought: the runbooks that called the run's, the nearest first; not of an
	 * undo, for which no rule holds */
	struct records callers;
};
#define STAND_INS_MAX 512
#define CALLERS_MAX 8
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
	/* The use of ours that began or ended after they were read; 0: none. */
	row_id facts_moved;
	uint32_t facts_rounds; /* so often in a row they were read again for that */
};
#define ASKED_PROBES_MAX (TARGETS_MAX + 32)
#define ASKED_FACTS_MS (20 * SECOND)       /* unknown by then: judged without */
#define ASKED_FACTS_FRESH_MS (30 * SECOND) /* older ones are asked for anew */
/* Moved by actions of ours they are read again so often: each of a batch begins once. */
#define ASKED_ROUNDS_MAX 20

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
/* Of a lease's reason or review, so that all of it stands in one line of a timeline, behind
 * the names of a person and a service. */
#define LEASE_WORDS_MAX 700

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

#endif
