#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "facts/effect.h"
#include "facts/heartbeat.h"
#include "facts/plan.h"
#include "facts/trust.h"
#include "model/duty.h"

/*
 * core -- decides what an incident needs next.
 *
 * Pure: no I/O, no clock, no randomness; memory only from its own bounded pools.
 * State is a function of the configurations and the events stepped so far, so replaying
 * the journal rebuilds it exactly.
 *
 * Open incidents keep the catalogue and runbook text they began with; authority is always
 * judged by the newest configuration.
 *
 * Thread: one, the engine's loop.
 *
 *	core_step(core, &event, &fx);           any number of times
 *	rows = core_touched(core, &n);          whole rows to write with the entry
 *	... commit ...
 *	core_clean(core);                       rows and transient objects are forgotten
 */
struct core;

/* `incidents_max` bounds open incidents before overflow incidents collect the rest;
 * the pools are sized from it. */
struct core *core_new(uint32_t incidents_max);
void core_free(struct core *core);

/* Apply one event. Appends effects. Time must not run backwards. `fx->alert_incident` is
 * set for EVENT_ALERTS_CHANGED. The first event ever is EVENT_STARTED, then
 * EVENT_CONFIG_ADOPTED; before a configuration is adopted alerts must not come. */
void core_step(struct core *core, const struct event *event, struct effects *fx);

struct row_ref {
	enum table table;
	row_id id;
	incident_id incident;
	bool open;
	msec wall;
	const void *row; /* struct of the table's record type; NULL: delete */
};

/* Every object touched since core_clean, once each, in a fixed order (table, id). */
const struct row_ref *core_touched(struct core *core, size_t *ret_n);
void core_clean(struct core *core);

/* At start: rows with `open` set, in any order, then core_load_done. The models of
 * incidents and runs are asked for by hash; the core keeps them while it needs them. */
NODISCARD bool core_load(struct core *core, enum table table, str body, struct err *err);
NODISCARD bool core_load_done(struct core *core,
    const struct model *(*find_model)(void *context, const hash32 *hash), void *context,
    struct err *err);

/* When EVENT_TIME_PASSED is next due; 0: nothing waits. */
msec core_next_due(const struct core *core);

/* Hashes of the models in use, the newest first; the engine may free others. */
size_t core_models(const struct core *core, hash32 *ret, size_t n);

const struct control_row *core_control(const struct core *core);
/* The engine's own counters that live in the control row. */
uint64_t core_next_alert(const struct core *core);
void core_set_next_alert(struct core *core, uint64_t next);

/* ---- looking, without changing anything ---- */

struct core_counts {
	uint32_t incidents_open, needing_person, runs, attempts_open, notices_open, gaps;
	uint32_t hands_on, glass,
	    unreviewed;     /* leases: in force; broken glass that is over */
	uint32_t approvals; /* that wait for people */
	size_t uses;        /* starts of actions that limits count, or would */
	size_t bytes;       /* of memory: all that is open or remembered */
};
struct core_counts core_counts(const struct core *core);
const struct incident_row *core_incident(const struct core *core, incident_id id);
/* What is done about it right now, in words; nothing is added of one that is not open. */
void core_doing(struct core *core, incident_id id, struct buf *out);
/* The run of it that goes on when a person answers, or permits its plan; 0: none waits so.
 * What acts by itself unless somebody vetoes it does not wait. */
row_id core_waiting_run(const struct core *core, incident_id id);
/* When the link of that notice was used; 0: it was not. *ret_did: it acknowledged; else
 * somebody had it. */
msec core_tapped(const struct incident_row *row, row_id notice, bool *ret_did);
/* Open incidents in id order after `after`. */
size_t core_incidents(const struct core *core, incident_id after,
    const struct incident_row **ret, size_t n);
const struct token_row *core_token(const struct core *core, const hash32 *secret);
/* NULL: there is none that is not revoked. */
const struct token_row *core_token_by_id(const struct core *core, row_id id);
#define CORE_TOKENS_MAX 1024u    /* not revoked: there are never more */
#define CORE_TOKEN_NAME_MAX 200u /* bytes of its name; of its principal */
/* Those that somebody asks by: no feeds. */
size_t core_tokens(const struct core *core, const struct token_row **ret, size_t n);

/* The links of calendars, which are tokens of nobody: in none of the above. */
const struct token_row *core_feed(const struct core *core, const hash32 *secret);
size_t core_feeds(const struct core *core, const struct token_row **ret, size_t n);
/* May who asks see it, and end it? */
bool core_feed_is_theirs(const struct core *core, const struct token_row *row,
    str principal, enum role role);
/* Whose duty a feed tells; false: the configuration has them no more. */
struct feed_subject {
	const struct person *person; /* or: */
	const struct team *team;
	const struct rotation *rotation; /* NULL: all of the team's */
};
NODISCARD bool feed_subject(const struct model *model, str feed, struct feed_subject *ret);

/* Browsers that are signed in; those that ended by time may still be among them. */
const struct session_row *core_session(const struct core *core, const hash32 *secret);
size_t core_sessions(const struct core *core, const struct session_row **ret, size_t n);
/* How the person signs in; NULL: by nothing of their own yet. */
const struct login_row *core_login(const struct core *core, str person);
/* Whose link is that, if it still opens at `wall`; else NULL. */
const struct login_row *core_login_link(const struct core *core, const hash32 *link,
    msec wall);

/* In the order in which they were made. */
size_t core_silences(const struct core *core, const struct silence_row **ret, size_t n);
const struct silence_row *core_silence(const struct core *core, str uuid);
#define CORE_SILENCES_MAX 2048 /* there are never more */

/* Bytes of a command's `text` that are kept; of more, the rest would be lost. 0: it is not
 * bounded here. */
size_t core_words_max(enum command_kind kind);

/* A notice that is not over; NULL: there is none of that number. */
const struct notice_row *core_notice(const struct core *core, row_id id);

/* In the order in which they came. `core_heartbeats_turned` is another number once one of
 * them went up or down since. */
size_t core_heartbeats(const struct core *core, const struct heartbeat_row **ret, size_t n);
uint64_t core_heartbeats_turned(const struct core *core);

/* Rows of TABLE_ASKED: what waits for facts or approval; of TABLE_LEASE: those that hold,
 * and broken glass that waits for its review; of TABLE_OVERRIDE: those that wait or hold. In
 * id order after `after`. */
size_t core_waiting(const struct core *core, enum table table, row_id after,
    const void **ret, size_t n);

/* Who stands in for whom, now and later, as far as the configuration knows them. */
const struct stand_ins *core_stand_ins(const struct core *core);

/* How a channel does: what waits for a place of it, and since when it is down; 0: not. */
struct core_channel {
	uint32_t waiting;
	msec down_wall;
};
struct core_channel core_channel(const struct core *core, str name);

/* Judge without recording: the same evaluator, the same facts. Result in the arena. */
struct core_may {
	str principal;
	struct strs behalf; /* the rest of the chain */
	str action;
	str service;
	str target; /* empty: the service's first host, or its name where it has none */
	uint32_t targets_n;
	const struct pairs *params;
	/* As asked from that incident; 0: from one of the service's own, where one is open. */
	incident_id incident;
	struct pairs live; /* as if these were the live values of its parameters */
	/* `wall` may be another time than now: schedules, calendars and ends as of then; uses
	 * of limits, incidents, leases and stop-all as of now, which is `at`. */
	msec at, wall;
};
/* What would be asked of the world before it is decided, and was not: "the live value of
 * replicas"; empty: nothing. */
str core_judge(const struct core *core, const struct core_may *asked, struct arena *arena,
    struct decision_row *ret);
struct who_view {
	str principal;
	enum verdict verdict;
	str text;
};
/* Everybody who may, `asked` aside from its principal: automation, people, agents. */
size_t core_who_can(const struct core *core, const struct core_may *asked,
    struct arena *arena, struct who_view *ret, size_t max);
struct can_view {
	str action;
	str verb;
	enum verdict verdict;
	str text;
	str needs; /* "--target HOST replicas=VALUE": what whoever asks has to say besides */
};
/* Every action on the incident's service, judged for the principal now; `behalf`: for whom,
 * or empty. */
size_t core_what_can(const struct core *core, str principal, str behalf,
    incident_id incident, msec at, msec wall, struct arena *arena, struct can_view *ret,
    size_t max);
/* Every action on that service which the whole chain may do; of `asked` the principal,
 * behalf, service and times count. */
size_t core_what_can_on(const struct core *core, const struct core_may *asked,
    struct arena *arena, struct can_view *ret, size_t max);

/*
 * What a run of a runbook would do, decided by the same evaluator on the same facts: the
 * path on which each check holds and each action succeeds, and what else may become of
 * it. Nothing is kept, reserved or asked of the world; a limit that the plan itself would
 * use up counts.
 */
struct core_plan {
	str runbook;
	str principal;
	struct strs behalf;   /* the rest of the chain */
	incident_id incident; /* 0: as if one were open on `service` */
	str service;
	const struct pairs *inputs;
	msec at, wall;
};
struct core_planned {
	uint32_t status, exit; /* as for a command; 5: a step is refused, 6: one asks */
	str error;
	struct plan_item *steps;
	size_t n;
	str note;
};
/* At most PLAN_TARGETS_MAX decisions. All of *ret in the arena. */
#define PLAN_TARGETS_MAX 1024u
void core_plan(struct core *core, const struct core_plan *asked, struct arena *arena,
    struct core_planned *ret);

/* How far runbooks go, by what they proved: of the one named, or of all. Result in the
 * arena. */
size_t core_trust(const struct core *core, str runbook, msec wall, struct arena *arena,
    struct trust_item *ret, size_t max);

/* ASSERTs every invariant. Walks everything: for tests and simulation. */
void core_check(const struct core *core);

#endif
