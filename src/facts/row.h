#ifndef FACTS_ROW_H
#define FACTS_ROW_H

#include "facts/row_access.h"
#include "facts/row_authority.h"
#include "facts/row_incident.h"
#include "facts/row_noise.h"
#include "facts/row_notice.h"
#include "facts/row_run.h"

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
	TABLE_HEARTBEAT,
	TABLE_NOISE, /* what alerts cost people, by day */
};
#define TABLE_NONE ((enum table)0)
#define TABLE_COUNT 25 /* one more than the last */

extern const char *const table_names[TABLE_COUNT];
/* The record type of a table's body; NULL for TABLE_ALERTS (its own format). */
const struct record_type *table_type(enum table table);

/* ---- the engine itself ---- */

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

/* Whose reload brought the runbook of that hash into the configuration in force. */
struct brought {
	hash32 runbook;
	str by; /* a person, as a principal */
};
#define BROUGHT_MAX 256 /* as many as a configuration has runbooks */

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
	struct records channels; /* struct channel_trouble */
	/* struct brought: of runbooks in `config`; one that is not there: nobody knows */
	struct records brought;
	struct records turns; /* struct notice_turn: of whom was told something of late */
	row_id noise_rows;    /* that were ever made: the number of the last */
};

extern const struct record_type channel_trouble_type, notice_thread_type, incident_row_type,
    timeline_row_type, look_type, evidence_type, rolled_type, run_row_type, remedy_type,
    cleared_type, attempt_row_type, probe_row_type, reason_type, decision_row_type,
    grant_use_row_type, notice_row_type, handoff_row_type, gap_row_type, token_row_type,
    answer_row_type, quarantine_row_type, control_row_type, silence_row_type, vote_type,
    given_type, asked_probe_type, asked_row_type, lease_row_type, permit_item_type,
    trust_row_type, session_row_type, login_row_type, stand_in_type, override_row_type,
    brought_type, digest_line_type, notice_turn_type;

/* The JSON names of enumerators, which the value must have; shared tables are arrays. */
extern const char *const alive_names[3],
    *const happened_names[HAPPENED_COUNT],
	*const action_kind_names[ACTION_KIND_COUNT],
	    *const verdict_names[VERDICT_COUNT],
		*const autonomy_names[AUTONOMY_COUNT],
		    *const role_names[ROLE_COUNT],
			*const session_how_names[SESSION_HOW_COUNT],
			    *const severity_names[SEV4 + 1];
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
