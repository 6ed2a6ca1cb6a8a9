#ifndef FACTS_ROW_NOTICE_H
#define FACTS_ROW_NOTICE_H

#include "facts/row_incident.h"
#include "facts/row_limits.h"

/* Rows: notices to people, handoffs to developers, gaps; silences. */

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
	PURPOSE_DIGEST,         /* many that would have come one by one, as one message */
	PURPOSE_TEST =
	    20, /* a person tries a channel, or wants to see what it would send */
};

enum notice_state {
	NOTICE_PENDING = 1, /* due at next_at */
	NOTICE_SENDING,     /* an order is out */
	NOTICE_DELIVERED,   /* the provider took it */
	NOTICE_GIVEN_UP,    /* tries used up; counts as "may have been told" */
	NOTICE_FOLDED, /* the notice `digest` tells it: what becomes of that does of it */
};

/* One of those that a digest tells, for who reads it by a program. */
struct digest_line {
	row_id notice;
	incident_id incident; /* 0: of none */
	enum notice_purpose about;
	enum severity severity; /* 0: of none */
	str service;
	str subject;
};
#define DIGEST_LINES_MAX 100 /* told one by one; all are counted */

/* When somebody, or a channel, has been told as much as they are told at once. */
struct notice_turn {
	uint64_t key; /* of who, by which channel, at which address; or of the channel */
	msec until;   /* engine clock: then they are as if never told */
	uint64_t
	    of; /* key of the channel by which they are; 0: written before it was kept */
};
#define NOTICE_TURNS_MAX 512

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
	msec within_ms; /* not delivered since first_at: the next reach too; 0: a minute */
	msec took_ms;   /* of the last try: until its provider answered */
	/* PURPOSE_TEST: what went out and what was answered, without secrets. */
	str request, answer;
	enum notice_purpose
	    shows_as;           /* only shown, as one of that purpose; 0: it is sent */
	incident_id shows;      /* and of that incident */
	enum severity severity; /* of its incident when it was made; 0: of none */
	row_id digest; /* NOTICE_FOLDED, and after that: the notice that told it; 0: none */
	bool alone;    /* never folded: it was tried, or goes where its thread is */
	/* PURPOSE_DIGEST: struct digest_line, the most urgent first, and how many in all. */
	struct records told;
	uint32_t told_n;
	bool moot;    /* NOTICE_GIVEN_UP since nobody needed it any more */
	msec turn_at; /* it is not its reader's turn before; 0: it was at once */
	/* PENDING: held for the end of its reader's quiet hours, which is then; 0: it is not. */
	msec held_wall;
	bool was_held; /* with all others that were it is one message */
	bool night;    /* by the order in which they are reached in their quiet hours */
	bool urgent;   /* whatever its severity, nobody's quiet hours hold it */
};

/* The field of a notice on its way that holds a link by which its reader acknowledges with one
 * tap: in no row, since whoever could read it there could tap it. */
#define NOTICE_TAP_FIELD "acknowledge"
/* The same of a notice that an incident is over: it was useful to know of it, or not. */
#define NOTICE_USEFUL_FIELD "useful"
#define NOTICE_USELESS_FIELD "not_useful"
/* Of one that tells of many ends, or has room for one link: a page that asks of each. */
#define NOTICE_ASKS_FIELD "was_useful"
#define NOTICE_REQUEST_MAX (24 * 1024) /* bytes of `request`; more is cut */
#define NOTICE_ANSWER_MAX 2048

/* A channel that failed: what the next tries depend on. Of those that do well there is none. */
struct channel_trouble {
	str name;
	uint32_t failed; /* tries in a row */
	msec failed_at;  /* the last of them */
	str error;       /* of that */
	msec down_at;    /* 0: it is not down */
	msec down_wall;
	row_id
	    probe; /* the notice that goes by it to see whether it is well again; 0: none */
	uint32_t probes;
	msec probe_at; /* the next, not before */
	msec look_at;
	bool told; /* there is an incident about it */
};
#define CHANNEL_TROUBLES_MAX 256

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
	GAP_NO_CALENDAR = 30,    /* a silence is for times that are not written any more */
	GAP_EXCEPTION_ENDS = 31, /* within 14 days: that developers are told of incidents */
	GAP_CALENDAR =
	    32, /* a calendar of a URL could not be brought up to date for long */
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

#endif
