#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "authority/authority.h"
#include "base/list.h"
#include "base/pool.h"
#include "core/core.h"
#include "facts/own.h"

/*
 * state -- what the core holds, and which file does what with it.
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
#define ANSWERS_MAX 4096        /* replies kept for Idempotency-Key; the oldest go first */
#define SENDING_MAX 128         /* notices out at once; the others wait their turn */
#define TIMERS_PER_STEP_MAX 256 /* the rest is due at once again */
#define EFFECT_BYTES_PER_STEP (4 << 20) /* of timers, about: the same */
#define TIMELINE_KEPT_MAX 128  /* entries of one incident in memory, for its case file */
#define TIMELINE_KEPT_FIRST 32 /* of them from its beginning */
#define TRAIL_KEPT_MAX 64      /* of each: attempts, decisions, asked */
#define USES_KEPT_MS DAY       /* also where no rule counts for so long */
#define UNDO_KEPT_MAX 256      /* attempts, where they may be taken back */
#define ASKED_OPEN_MAX 16u     /* of one incident that wait at once */
#define TIMELINE_TEXT_MAX 1000 /* bytes */
#define NOTE_MAX (16u * 1024)  /* bytes */
#define TITLE_MAX 200          /* bytes */
#define STOPPED_WHY_SHOWN 300  /* bytes, in each refusal */
#define RECURRENCE_MAX 1000    /* bytes */
#define ALERTS_TOLD 20         /* alerts of an incident with a timeline entry each */
#define RECIPIENTS_MAX (TOLD_MAX + 256) /* of one notice */
#define NOTICE_TRIES_MAX 12
#define REACH_FALLBACK_MS MINUTE /* not delivered since the first try: the next reach too */
#define NEVER_STARTED_MAX 3      /* attempts on a target that never started */
#define CAN_MAX 16               /* allowed actions listed in a notice */

#define SETTLE_MS (60 * SECOND)         /* quiet for so long: closed */
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
	uint32_t users; /* incidents that point here */
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
};

struct notice {
	struct object o;
	struct notice_row row;
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
	    authority_map, over_map;
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

	struct heap timers;
	struct heap outbox; /* pending notices */
	uint32_t sending;

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
	struct core_trace *trace;   /* NULL, but in a rehearsal: who looks on */
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

#define object_of(link_, member_) container_of(link_, struct object, member_)

/* ---- timers.c ---- */

/* Wait in that heap until `due`; 0: wait no more. */
void heap_set(struct heap *heap, struct object *o, msec due);
struct object *heap_top(const struct heap *heap);
void on_time_passed(struct core *core);

/* ---- text.c: short texts, in the step's scratch ---- */

str text_make(struct core *core, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* At most max bytes, whole characters. */
str text_cut(str s, size_t max);
/* Control characters become blanks; cut. */
str text_line(struct core *core, str s, size_t max);
str text_ms(struct core *core, msec ms);     /* "1h 30m", "45s" */
str text_wall(struct core *core, msec wall); /* "2026-11-23T07:13:22.380Z" */
str text_verb(struct core *core, str verb);  /* "restart" to "restarting" */
/* {alertname="QueueStuck", queue="payments"} */
str text_labels(struct core *core, const struct pairs *labels, size_t max);
/* "web-1, web-2 and 3 more" */
str text_list(struct core *core, const struct strs *items, size_t max);
str text_url(struct core *core, incident_id incident);
/* What a principal is called: "person:ana" to "ana". */
str text_who(str principal);

/* ---- timeline.c ---- */

void timeline_add(struct core *core, incident_id incident, enum timeline_kind kind, str who,
    row_id ref, const char *fmt, ...) PRINTF_LIKE(6, 7);
/* Text of up to NOTE_MAX bytes. */
void timeline_text(struct core *core, incident_id incident, enum timeline_kind kind,
    str who, row_id ref, str words);
void timeline_release(struct core *core, struct incident *incident);

/* ---- gaps.c ---- */

void gap_add(struct core *core, enum gap_kind kind, str subject, str owner,
    const struct incident *incident, str words);
uint64_t gap_hash(enum gap_kind kind, str subject);
/* NULL: there is none. */
const struct gap_row *gap_find(const struct core *core, enum gap_kind kind, str subject);
/* What it told of is no longer so: its row goes. */
void gap_close(struct core *core, enum gap_kind kind, str subject);

/* ---- models.c ---- */

struct core_model *core_model_find(const struct core *core, const hash32 *hash);
struct core_model *core_model_use(struct core_model *model);
void core_model_drop(struct core *core, struct core_model *model);
void core_model_spare(struct core *core);
struct core_model *core_model_add(struct core *core, const hash32 *hash,
    const struct model *model);
void core_adopt(struct core *core, struct core_model *newest);
void on_config_adopted(struct core *core, const struct config_adopted *adopted);
void on_started(struct core *core, const struct started *started);

/* ---- alerts.c ---- */

void on_alerts_changed(struct core *core, const struct alerts_changed *changed);
void on_alerts_expired(struct core *core, const struct alerts_expired *expired);

/* ---- silences.c ---- */

enum silence_answer {
	SILENCE_DONE = 1,
	SILENCE_UNKNOWN,
	SILENCE_BACKWARDS, /* it ends before it starts */
	SILENCE_OVER,      /* its end is in the past */
	SILENCE_MATCHES_ALL,
	SILENCE_OTHERS,
	SILENCE_TOO_MANY,
	SILENCE_NO_CALENDAR,
};
struct silence *silence_find(const struct core *core, str uuid);
enum silence_answer silence_set(struct core *core, const struct command *command,
    struct silence **ret);
/* NULL: there is none. One that has expired stays as it is. */
struct silence *silence_expire(struct core *core, const struct command *command);
void silence_timer(struct core *core, struct silence *silence);
/* An alert of that silence is held: what waits for its end knows that there was one. */
void silence_holds(struct core *core, row_id id);
/* maintenance.c: the windows that the newest configuration has are silences. */
void maintenance_adopted(struct core *core);
/* Ends it, by FIRSTLINE; and makes one that is not asked for by a command. */
void silence_end(struct core *core, struct silence *silence, str by, const char *why);
struct silence *silence_make(struct core *core, const struct silence_row *row, str by);
bool silence_matchers_same(const struct records *a, const struct records *b);

/* Why the alert is held: "silenced by ID (WHO: COMMENT) until T". */
str silence_words(struct core *core, const struct alert_change *change);

/* ---- rules.c: which alert rule matches, by the newest configuration ---- */

size_t rules_bytes(void);
struct rules *rules_new(struct arena *arena);
void rules_adopt(struct rules *rules, const struct model *model);
/* The same as model_alert_rule, remembered. */
const struct alert_rule *rules_match(struct rules *rules, const struct pairs *labels);

/* ---- impact.c: how bad it is, in words ---- */

enum severity incident_severity(const struct service *service,
    const struct alert_rule *rule, const struct pairs *labels);
str incident_impact(struct core *core, const struct model *model,
    const struct service *service);

/* ---- places.c: where incidents are found ---- */

uint64_t incident_key(str service, str recurrence);
struct incident *incident_find(const struct core *core, incident_id id);
/* The open incident of this trouble; else NULL, and *key is free. */
struct incident *incident_by_key(const struct core *core, uint64_t *key, str service,
    str recurrence);
bool incident_is_self(const struct incident *incident);
const struct service *incident_service(const struct incident *incident);
struct service_state *service_state_find(const struct core *core, str name);
/* Derived places: lists, maps and counts by its state. */
void incident_place(struct core *core, struct incident *incident);
void incident_unplace(struct core *core, struct incident *incident);
/* Its model (NULL: it rests) and derived places; false: no room. */
bool incident_wire(struct core *core, struct incident *incident, struct core_model *model);
/* The last one closed with that key, or NULL. */
struct incident *incident_closed_with(const struct core *core, uint64_t key);
/* It is no longer that. */
void incident_unknow(struct core *core, const struct incident *incident);
/* Before it is placed as closed: it becomes that. */
void incident_take_over(struct core *core, struct incident *incident);
void incident_rest(struct core *core, struct incident *incident);
void incident_remember(struct core *core);
void incident_forget(struct core *core, struct incident *incident);

/* ---- incident.c: from open to closed ---- */

struct opening {
	const struct service *service; /* NULL: none */
	enum severity severity;
	str recurrence;
	str title;
	str impact; /* empty: from the service */
	uint64_t key;
	bool overflow;
	bool drill;
	const struct pairs *labels; /* NULL: none */
	struct pairs annotations;   /* those that are kept */
};

/* The row, its links, the timeline; incident_begin must follow. NULL: no room. */
struct incident *incident_open(struct core *core, const struct opening *opening);
void incident_begin(struct core *core, struct incident *incident);
void incident_set_state(struct core *core, struct incident *incident,
    enum incident_state state);
/* An alert joined it. */
void incident_fired(struct core *core, struct incident *incident);
/* Nothing fires any more, or nothing is being done any more: what follows from that. */
void incident_quiet(struct core *core, struct incident *incident);
/* An alert of a closed incident ended. */
void incident_drained(struct core *core, struct incident *incident);
void incident_recovered(struct core *core, struct incident *incident);
void incident_close(struct core *core, struct incident *incident, enum incident_end end,
    str who);
void incident_timer(struct core *core, struct incident *incident);
/* Wait for the earliest of its times. */
void incident_arm(struct core *core, struct incident *incident);

/* ---- people.c, escalate.c: who is told ---- */

struct recipient {
	str person; /* empty: a channel of a team */
	str channel;
	str address;
};

struct recipients {
	struct recipient p[RECIPIENTS_MAX];
	size_t n;
};

const struct team *people_team(const struct core *core, const struct incident *incident);
/* Who answers at that tier now; NULL: nobody. */
const struct person *people_at_tier(const struct core *core, const struct team *team,
    uint32_t tier);
/* From that tier on, the first who can be reached, also of the fallback team. The tier
 * in *ret_tier where it is the team's own. */
const struct person *people_reachable(const struct core *core, const struct team *team,
    uint32_t from, uint32_t *ret_tier);
void recipients_person(struct recipients *to, const struct person *person);
void recipients_team(struct recipients *to, const struct team *team);
/* Its lead, and whoever has a rotation of it now. */
void recipients_duty(const struct core *core, struct recipients *to,
    const struct team *team);
void recipients_told(struct recipients *to, const struct incident *incident);
/* The next way to reach that person, after this one; false: none left. */
bool people_next_reach(const struct core *core, const struct notice_row *tried,
    struct recipient *ret);

/* A person must look, because. While that is so, people are told tier by tier. */
void person_need(struct core *core, struct incident *incident, str why);
void person_clear(struct core *core, struct incident *incident);
void incident_escalate_arm(struct core *core, struct incident *incident);
void incident_escalate(struct core *core, struct incident *incident);

/* ---- depends.c: what another incident explains ---- */

/* Is nobody paged for it now? In its row, and why in its timeline. */
bool dependency_mutes(struct core *core, struct incident *incident);
/* It became worse; what it was muted by is closed: who was not paged is, unless it is muted
 * still. */
void dependency_again(struct core *core, struct incident *incident);
void dependency_ended(struct core *core, const struct incident *cause);

/* ---- notices.c, notice_text.c: telling them ---- */

#define TELL_TIER 1u     /* whoever has the present tier */
#define TELL_CHANNELS 2u /* the team's channels */
#define TELL_TOLD 4u     /* whoever was told before */
void incident_tell(struct core *core, struct incident *incident,
    enum notice_purpose purpose, unsigned whom);
/* Send what is due while there is room for more at once. After each step. */
void outbox_pump(struct core *core);
/* It is over: drop what was not sent, tell everyone who may know of it. */
void notices_end(struct core *core, struct incident *incident);
void notice_timer(struct core *core, struct notice *notice);
void notice_arm(struct core *core, struct notice *notice);
/* When the person's next reach is taken too; 0: never, or it was. */
msec notice_fallback_at(const struct notice *notice);
/* The order to send it, once more with the same id. */
void notice_order(struct core *core, struct notice *notice);
void on_notice_result(struct core *core, const struct notice_result *result);
msec notice_backoff_ms(struct core *core, uint32_t tries);

struct notice_words {
	str subject;
	str text;
	struct pairs fields;
	row_id asked; /* what it asks to approve, or the run that asks; or 0 */
};
void notices_make(struct core *core, const struct incident *incident,
    enum notice_purpose purpose, const struct recipients *to,
    const struct notice_words *words);
/* It is answered: who was not asked yet is not asked any more. Their names, in scratch. */
struct strs notices_unask(struct core *core, struct incident *incident,
    enum notice_purpose purpose, row_id asked);
void notice_words(struct core *core, const struct incident *incident,
    enum notice_purpose purpose, const struct person *person, struct notice_words *ret);
/* Of no incident: what concerns a service, or Firstline, as a whole. */
/* Where there is a thread about it. */
void notices_acknowledged(struct core *core, const struct incident *incident);
void notices_tell(struct core *core, const struct recipients *to,
    const struct notice_words *words);
str incident_doing(struct core *core, const struct incident *incident);
str incident_end_text(struct core *core, const struct incident *incident);

/* ---- runs.c: choosing and walking a runbook ---- */

/* The next runbook that answers; false: there is none, or it may not run by itself (then
 * a person is needed, and why is said). */
bool run_choose(struct core *core, struct incident *incident);
/* NULL: it cannot start; *ret_why says so. It may have ended already. `behalf`: whom the
 * agent serves that starts it; or empty. */
struct run *run_start(struct core *core, struct incident *incident,
    struct core_model *model, const struct runbook *runbook, str principal, str behalf,
    const struct pairs *given, str *ret_why);
void run_walk(struct core *core, struct run *run);
void run_goto(struct core *core, struct run *run, uint32_t where, str why);
void run_person(struct core *core, struct run *run, str why);
/* Ends the run only: the incident's state is the caller's. */
void run_end(struct core *core, struct run *run, enum run_state state, str why);
void run_wait(struct core *core, struct run *run, enum step_phase phase, msec due,
    row_id waiting_for);
void run_timer(struct core *core, struct run *run);
/* step_call.c: runs that called one another. NULL: nobody called it. */
struct run *run_caller(const struct core *core, const struct run *run);
/* Did it, or one that called it, start an action? A person stopped them all. */
bool run_acted(const struct core *core, const struct run *run);
void runs_overridden(struct core *core, const struct run *run);
/* End all runs of the incident, the innermost first. */
void runs_end(struct core *core, struct incident *incident, enum run_state state, str why);
void call_enter(struct core *core, struct run *run);
/* It has ended: its caller (if any) is the incident's run, and goes on; false: there is
 * none, and what follows for the incident is for whoever ended it. */
void call_hand_back(struct core *core, struct run *run);
bool call_ended(struct core *core, const struct run *run, str why);
/* The run that may take it back: its own, or what called that and has it since. */
static inline row_id
attempt_owner(const struct attempt_row *row)
{
	return row->plan != 0 ? row->plan : row->run;
}
/* It has done nothing, and is at a step that does nothing. */
bool run_only_looks(const struct run *run);
struct incident *run_incident(const struct core *core, const struct run *run);
const struct runbook_step *run_step(const struct run *run);
/* Inputs and what is always there, for templates. */
struct pairs run_values(struct core *core, const struct run *run);
/* Those that its runbook has, from what is given and from the incident; false: *ret_why. */
bool run_inputs(struct core *core, const struct incident *incident,
    const struct runbook *runbook, const struct pairs *given, struct pairs *ret,
    str *ret_why);
struct pairs pairs_with(struct core *core, const struct pairs *pairs, str name, str value);

/* ---- permit.c: what a person permits, or may veto, before it is done ---- */

/* How far a runbook goes by itself on that service now, and what holds it there. */
struct in_force {
	enum autonomy level;
	const struct autonomy_rule *rule; /* NULL: its own ceiling, or what it has proved */
};
struct in_force autonomy_of(const struct core *core, const struct runbook *runbook,
    str service);
/* Below AUTONOMY_AUTO people are asked, or told, before it acts; who started it themselves
 * are not. */
enum autonomy permit_level(const struct core *core, const struct run *run);
/* May the run's action step, with its targets resolved, go on? Else it waits, or it went
 * elsewhere. */
bool permit_has(struct core *core, struct run *run);
/* The same for its target number row.target, and nobody is asked. */
bool permit_lets(struct core *core, struct run *run);
bool permit_waits(const struct run *run);
/* Its time is over: it goes on (a veto that did not come), or a person is needed. */
void permit_due(struct core *core, struct run *run);
/* Other rules hold: what waits is asked for anew. */
void permits_again(struct core *core);
/* A notice was delivered; of what a person may veto, that is what the wait is for. */
void permit_told(struct core *core, const struct notice_row *notice);
/* What is about to be done, and when, for whoever reads of the incident. */
str permit_doing(struct core *core, const struct run *run);
void permit_can(const struct incident *incident, struct buf *out);
/* All of it, a line for each action; nothing where nothing waits. */
void permit_plan(const struct incident *incident, struct buf *out);
struct answering permit_give(struct core *core, const struct command *command,
    struct incident *incident);
struct answering permit_veto(struct core *core, const struct command *command,
    struct incident *incident);

/* ---- trusts.c: what runbooks have proved ---- */

/* NULL: nothing is known of it there. */
struct trust *trust_find(const struct core *core, str runbook, str service);
void trust_wire(struct core *core, struct trust *trust);
/* What it was promoted or demoted to; as it is declared where neither. */
enum autonomy trust_held(const struct core *core, const struct runbook *runbook,
    str service);
/* Before it is asked how far it goes: what the evidence is not enough for any more is
 * taken back. */
void trust_settle(struct core *core, const struct runbook *runbook, str service);
/* Its run has ended; a person stopped it; what it did was taken back; in shadow it would
 * have acted, and the trouble has ended. */
void trust_ran(struct core *core, const struct run *run);
void trust_overridden(struct core *core, const struct run *run);
void trust_undone(struct core *core, const struct attempt_row *undone);
void trust_shadowed(struct core *core, str runbook, str service, bool by_person);
void trusts_adopted(struct core *core);
void trust_timer(struct core *core, struct trust *trust);
struct answering trust_promote(struct core *core, const struct command *command);

/* ---- shadow.c, drill.c ---- */

/* The target in work, judged and not done; false: it would have been refused, *ret_why. */
bool shadow_act(struct core *core, struct run *run, const struct asking *asking,
    str *ret_why);
/* It goes no further: a person is told. */
bool shadow_ends(struct core *core, struct run *run);
void shadow_closed(struct core *core, const struct incident *incident);
struct answering drill_begin(struct core *core, const struct command *command);
/* ---- probe_says.c ---- */

/* What was seen, for people: as much as the condition is about. */
str probe_says(struct core *core, const struct probe *probe,
    const struct probe_result *seen);

/* ---- probes.c ---- */

/* Its texts, with the values in place; false: *ret_why. */
bool probe_fill(struct core *core, const struct model *model, const struct probe *what,
    const struct pairs *values, struct probe_row *ret, str *ret_why);
/* A copy of the row goes out, with an id of its own. 0: no room. */
row_id probe_send(struct core *core, const struct probe_row *row);
/* When it counts as not answered. */
msec probe_due(const struct question *probe);
void probe_again(struct core *core, struct question *probe);
void probe_drop(struct core *core, row_id id);
void probe_timer(struct core *core, struct question *probe);
void on_probe_result(struct core *core, const struct probe_result *result);

/* ---- decide.c: authority, with what it counted ---- */

/* One action on one target, by somebody. All of it is the caller's memory. */
struct asking {
	str principal;
	struct strs behalf; /* the rest of the chain */
	str action;
	str service;
	str target;
	struct pairs params;
	uint32_t targets_n; /* of the plan that it is part of; 0: it is alone */
	incident_id incident;
	bool incident_open;
	row_id run;
	row_id takes_back; /* an attempt; or 0 */
	row_id undo_of;    /* the same, where that makes it an undo: no rule holds */
	bool waits;        /* that it has to wait for its turn was recorded */
	/* What became known of it: observed, health, votes; NULL: nothing did. */
	const struct given *given;
	row_id asked; /* what waited for that; or 0 */
	msec at, wall;
	/* NULL: the core's. A plan has its own, with what it would have used by then. */
	const struct authority_uses *uses;
};
/* What a grant `while: incident` asks for: it is open, and of that very service. */
bool incident_asks_for(const struct incident *incident, str service);
struct authority_facts core_facts(const struct core *core);
/* Judged now, by the newest configuration; in *ret as it is recorded, with all that was
 * known. */
struct authority_decision core_decide(const struct core *core, const struct asking *asking,
    struct arena *arena, struct decision_row *ret);
/* Facts that it lacks. */
struct authority_needs core_needs(const struct core *core, const struct asking *asking,
    struct arena *arena);
/* Everybody who may do that, its principal aside; what its principal may do there. */
size_t core_decide_who(const struct core *core, const struct asking *asking,
    struct arena *arena, struct authority_who *ret, size_t max);
size_t core_decide_what(const struct core *core, const struct asking *asking,
    struct arena *arena, struct authority_can *ret, size_t max);
/* Would this person's yes count, now? Refused: why not. */
enum yes { YES_COUNTS = 1, YES_REFUSED, YES_NOT_NEEDED };
enum yes core_yes(const struct core *core, const struct asking *asking, str principal,
    struct arena *arena, str *ret_why);
void use_end(struct core *core, row_id attempt, enum use_state state);
void use_timer(struct core *core, struct grant_use *use);
void use_link(struct core *core, struct grant_use *use);
void use_unlink(struct grant_use *use);
void use_arm(struct core *core, struct grant_use *use);

/* ---- attempts.c: what was done ---- */

struct judged {
	struct decision_row row;
	struct authority_decision by;
};
/* What authority says, and whether it can be done at all. */
void attempt_judge(struct core *core, const struct asking *asking, struct judged *ret);
/* What the rules allow, but cannot be done, is denied: with this reason first. */
void judged_deny(struct core *core, struct judged *judged, str why);
void attempt_record(struct core *core, struct incident *incident, struct judged *judged);
/* Records the decision. When it allows: reserve and order it, in the same step. NULL: not
 * started; judged->row says why, as it was recorded. The incident may be closed or NULL. */
struct attempt *attempt_start(struct core *core, struct incident *incident, struct run *run,
    const struct asking *asking, str step, struct judged *judged);
/* Why not, and the way forward: a sentence. */
str judged_why(struct core *core, const struct judged *judged);
bool attempt_open(const struct attempt *attempt);
/* When its timer is due; 0: it waits for nothing. */
msec attempt_due(const struct attempt *attempt);
void attempt_timer(struct core *core, struct attempt *attempt);
void attempt_stop(struct core *core, struct attempt *attempt, str why);
void attempt_reconcile(struct core *core, struct attempt *attempt);
void attempt_settle(struct core *core, struct attempt *attempt, enum happened happened,
    str by);
/* A person is asked, again, of each that is in doubt: what asked before is over. */
void attempts_ask(struct core *core, const struct incident *incident);
/* attempt_record.c: what an ssh action left on its target. record_ask: 0: it cannot be. */
enum record_state { RECORD_DONE = 1, RECORD_NEVER, RECORD_RUNNING, RECORD_UNKNOWN };
struct record_said {
	enum record_state state;
	int64_t code; /* DONE */
};
#define RECORD_AGAIN_MS (15 * SECOND)    /* while it runs there */
#define RECORD_PATIENCE_MS (10 * MINUTE) /* beyond its timeout: then a person is asked */
row_id record_ask(struct core *core, const struct attempt *attempt);
struct record_said record_read(const struct probe_result *seen);

void attempt_probed(struct core *core, struct attempt *attempt,
    const struct probe_result *seen);
void on_attempt_result(struct core *core, const struct attempt_result *result);
void trail_release(struct core *core, struct incident *incident);

/* ---- answers to commands ---- */

#define EXIT_OK 0
#define EXIT_USAGE 2
#define EXIT_NOT_FOUND 3
#define EXIT_AUTH 4
#define EXIT_REFUSED 5
#define EXIT_NEEDS_APPROVAL 6
#define EXIT_CONFLICT 9

/* An answer in the making; `o` is what it shows. */
struct answering {
	uint32_t status;
	uint32_t exit;
	str error;
	struct object *o;
};
struct answering answer_no(struct core *core, uint32_t status, uint32_t exit,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
struct answering answer_yes(uint32_t status, struct object *o);

/* ---- asked.c: what waits for facts or approval ---- */

/*
 * Everything that acts begins here: a step of a run, an action that a person asks for, an
 * undo. It starts at once when authority lacks no fact and no approval; else a row waits
 * for them, and what becomes of it is told to the run.
 */
enum begun { BEGUN_STARTED = 1, BEGUN_WAITS, BEGUN_REFUSED };
struct beginning {
	enum begun how;
	struct attempt *attempt; /* BEGUN_STARTED */
	struct asked *asked;     /* BEGUN_WAITS; else what it came from, or NULL */
	str why;                 /* BEGUN_REFUSED: a sentence, with the way forward */
	bool only_at_once;       /* refused: may be allowed when what is under way ends */
	bool person;             /* a person holds the service, or wants it no more: nothing
	                          * is wrong with what is written */
};
/* The incident may be closed or NULL (an undo); `step` is the run's, or empty. */
struct beginning asked_begin(struct core *core, struct incident *incident, struct run *run,
    const struct asking *asking, str step);
/* For a command: 202 with the attempt or with what waits (EXIT_NEEDS_APPROVAL when it waits
 * for people), 403 with the sentence. */
struct answering asked_answer(struct core *core, const struct beginning *beginning);

/* Not over yet? */
bool asked_open(const struct asked *asked);
msec asked_due(const struct asked *asked); /* when it moves by itself; 0: over */
/* By its row alone: what a yes is for. false: it is too long for one. */
NODISCARD bool asked_digest(const struct asked_row *row, hash32 *ret);
struct asking asked_asking(const struct core *core, const struct asked *asked);
/* All that can be known is known; or a yes came, or its turn. It goes on from there. */
void asked_judge(struct core *core, struct asked *asked);
void asked_again(struct core *core, struct asked *asked);
/* It is over, by a person or by time; its run goes on. */
void asked_end(struct core *core, struct asked *asked, enum asked_state state, str by,
    str why);
void asked_timer(struct core *core, struct asked *asked);
void asked_arm(struct core *core, struct asked *asked);
/* What it was for is over, because. Its run is not told. */
void asked_void(struct core *core, struct asked *asked, str why);
/* The same for all of an incident, for all. */
void asked_void_of(struct core *core, struct incident *incident, str why);
void asked_void_all(struct core *core, str why);
/* And of what that principal asked for, serving that person (empty: nobody). */
void asked_void_by(struct core *core, str principal, str behalf, str by, str why);
/* Another configuration judges: what was approved by the old one is void. */
void asked_adopted(struct core *core);
/* Whoever held the answers is gone: facts are asked for anew. */
void asked_started(struct core *core);
/* Something that was under way has ended: what is approved and waits is judged again. */
void asked_turns(struct core *core);
/* Its incident is over: what became of what was asked is in the tables. */
void asked_release(struct core *core, struct incident *incident);

/* ---- asked_facts.c ---- */

/* Ask for all that authority needs to know of it; false: nothing can be asked. */
bool asked_facts(struct core *core, struct asked *asked);
/* A probe that was out for it saw that. */
void asked_seen(struct core *core, struct asked *asked, const struct probe_row *probe,
    const struct probe_result *seen);
/* What was not answered is not known; and it is asked no more. */
void asked_facts_end(struct core *core, struct asked *asked);
void asked_facts_stop(struct core *core, struct asked *asked);

/* ---- asked_tell.c: people are asked, and told that they need not answer ---- */

void asked_tell(struct core *core, struct asked *asked, const struct judged *judged,
    bool first);
/* It ended: who was asked is told, and a person who asked for it; not who ended it. */
void asked_tell_end(struct core *core, struct asked *asked, str by);

/* ---- asked_vote.c ---- */

/* COMMAND_APPROVE, COMMAND_DENY */
struct answering asked_vote(struct core *core, const struct command *command, bool yes);
struct answering asked_withdraw(struct core *core, const struct command *command);

/* ---- overrides.c, overrides_tell.c, handover.c: who stands in for whom ---- */

/* Another configuration, or other rows: core->over anew. */
void overrides_wire(struct core *core);
void override_timer(struct core *core, struct override *override);
struct answering override_set(struct core *core, const struct command *command);
struct answering override_cover(struct core *core, const struct command *command);
struct answering override_swap(struct core *core, const struct command *command);
struct answering override_accept(struct core *core, const struct command *command);
struct answering override_decline(struct core *core, const struct command *command);
struct answering override_end(struct core *core, const struct command *command);

/* "primary of platform-ops" */
str override_what(struct core *core, const struct override_row *row);
/* "from 2026-12-24T12:00:00Z until ..." */
str override_span(struct core *core, msec from, msec until);
/* In the timeline of no incident, and to these people (ids, each once; not to `but`). */
void override_say(struct core *core, const struct override_row *row, str who, str words);
void override_tell(struct core *core, const struct override_row *row,
    const struct strs *people, str but, str words, str you_can);
/* Those who would have the rotation within the span, in scratch. */
struct strs override_holders(struct core *core, const struct override_row *row, msec from,
    msec until);

/* Whoever comes on duty is told what is open. */
void handover_look(struct core *core);
/* What is written or stands in has changed: when to look next. */
void handover_arm(struct core *core);
/* The control row waits for the earliest of its times. */
msec control_due(const struct core *core);

/* ---- grants.c: grants that end ---- */

/* A configuration was adopted, or a day has passed. */
void grants_look(struct core *core);

/* ---- recurrence.c ---- */

#define RECURS_MIN 3
#define RECURS_MS (7 * DAY)
/* A runbook has just recovered it: is that a remedy without a cure? */
void recurrence_note(struct core *core, struct incident *incident);

/* ---- undo.c: taking back ---- */

/* It has ended: until when it may be taken back; and what it took back, if it did. */
void undo_ended(struct core *core, struct attempt *attempt);

struct answering undo_attempt(struct core *core, const struct command *command);
/* How it is taken back now by who did it; false: it cannot be, *ret_why. */
bool undo_asking(struct core *core, const struct attempt *attempt, struct asking *ret,
    str *ret_why);

/* ---- leases.c: a person on a service ---- */

#define HANDS_ON_MS HOUR        /* unless another span is asked for, at most LEASE_MS_MAX */
#define GLASS_MS (30 * MINUTE)  /* the same, */
#define GLASS_MS_MAX (4 * HOUR) /* and at most */
#define GLASS_WHY_MIN 10        /* characters of the reason */
#define LEASE_MS_MIN MINUTE
#define LEASE_WARN_MS (10 * MINUTE) /* before the end, or when half of its time is over */
#define LEASE_INCIDENTS 32          /* open ones in whose timelines it stands */

void lease_timer(struct core *core, struct lease *lease);
struct answering lease_hands_on(struct core *core, const struct command *command);
struct answering lease_hands_off(struct core *core, const struct command *command);
struct answering lease_break_glass(struct core *core, const struct command *command);
struct answering lease_review(struct core *core, const struct command *command);
/* When its timer is due; 0: over. */
msec lease_due(const struct lease *lease);
/* The lease of that kind that holds on the service now, or NULL; break-glass: of that
 * person, written as in a request. */
const struct lease *lease_find(const struct core *core, enum lease_kind kind, str service,
    str principal);

/* ---- commands.c, self.c ---- */

void on_command(struct core *core, const struct command *command);
void answers_expire(struct core *core);
uint64_t answer_hash(str key);
void on_self(struct core *core, const struct self *self);
/* Hands judged an order otherwise than we did: a fault of ours, an incident for each cause. */
void self_refused(struct core *core, const struct attempt_row *attempt, str judged);

#include "core/steps.h" /* what the steps of a run are */

#endif
