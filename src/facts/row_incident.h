#ifndef FACTS_ROW_INCIDENT_H
#define FACTS_ROW_INCIDENT_H

#include "facts/row_limits.h"

/* Rows: incidents, and what happened in them. */

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

/* When no alert of it was active any more. */
struct cleared {
	msec at;
};
#define CLEARED_MAX 8

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
	msec
	    worked_at; /* when a person last said something, or something done ended; or 0 */
	struct pairs annotations; /* of the first alert: those that inputs come from */
	/* struct remedy, at most REMEDIES_MAX: of it and of those before with its key */
	struct records remedies;
	/* An incident of what it depends on: while that is open nobody is paged; or 0 */
	incident_id muted_by;
	/* struct notice_thread, at most NOTICE_THREADS_MAX: where more is said of it */
	struct records threads;
	/* Acknowledged: since when, and when the next tier would have been told. */
	msec acknowledged_at, escalate_kept;
	/* It is not urgent: nobody is paged before somebody is at work, which is then; or 0 */
	msec waits_at, waits_wall;
	bool flapping; /* it clears and fires again and again: it stays open over that */
	/* struct cleared, at most CLEARED_MAX: of it and of those before with its key */
	struct records cleared;
	/* Links that acknowledged it: the notice each was sent in, and when, "42 1795456684000",
	 * or with " had" behind it that did nothing, since somebody had it; and calls that were
	 * answered with "not for me": "passed 42 ana". The last TAPS_MAX. Each does it once. */
	struct strs taps;
	str doing; /* of an answer about one that is open: what Firstline does now; else empty */
	/* Of such an answer: the run that goes on when a person says something, or 0 */
	row_id waiting_run;
	/* Persons who were told of it in their quiet hours: of its end they are too. */
	struct strs woken;
	str source; /* of the first alert; empty: it has none, or is older than that is kept */
	row_id noise; /* where it counts (row_noise.h); 0: nowhere */
	bool called;  /* somebody was called for it */
	bool acted;   /* a person did or said something, or an action was started */
	struct records useful; /* struct useful, at most USEFUL_MAX: what people answered */
	str tier_person; /* whom that tier was told through; empty: nobody was told yet */
	/* Who handed it over to whoever has it now, and who had it before that and since when:
	 * what is there again when that is taken back. Empty: it was not, or nobody had it. */
	str handed_by, handed_from;
	msec handed_from_wall, handed_from_at;
};

/* The first message about an incident there, as its provider calls it. */
struct notice_thread {
	str person, channel, address;
	str ref;
};
#define NOTICE_THREADS_MAX 32
#define TAPS_MAX 64

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
	TIMELINE_USEFUL,  /* somebody said whether it was; that is no work on it */
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

#endif
