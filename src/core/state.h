#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "core/judging.h"
#include "core/objects.h"

/*
 * state -- which file of the core does what with its objects. What the core holds stands in
 * objects.h, what asks authority in judging.h.
 */

/* ---- text.c: short texts, in the step's scratch ---- */

str text_make(struct core *core, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* At most max bytes, whole characters. */
str text_cut(str s, size_t max);
/* The same, and "..." where something was left out. */
str text_short(struct core *core, str s, size_t max);
/* Half of what a timeline holds, where a sentence goes on behind it. */
str text_part(struct core *core, str s);
/* Short; control characters become blanks, and what turns the direction of writing '?'. */
str text_line(struct core *core, str s, size_t max);
/* The same of a text of many lines, whose ends and tabs stay; not cut. */
str text_shown(struct core *core, str s);
str text_ms(struct core *core, msec ms);     /* "1h 30m", "45s" */
str text_wall(struct core *core, msec wall); /* "2026-11-23T07:13:22.380Z", for programs */
str text_when(struct core *core, msec wall); /* "2026-11-23 07:13:22 UTC", for people */
str text_verb(struct core *core, str verb);  /* "restart" to "restarting" */
/* {alertname="QueueStuck", queue="payments"} */
str text_labels(struct core *core, const struct pairs *labels, size_t max);
/* "web-1, web-2 and 3 more" */
str text_list(struct core *core, const struct strs *items, size_t max);
str text_url(struct core *core, incident_id incident);
str text_url_all(struct core *core); /* of the page of all that are open */
/* What a principal is called: "person:ana" to "ana". */
str text_who(str principal);

/* ---- heartbeats.c ---- */

msec heartbeat_next(const struct heartbeat_row *row); /* when it is looked at; 0: never */
void heartbeat_timer(struct core *core, struct heartbeat_kept *heartbeat);
void heartbeats_adopted(struct core *core);
/* We did not hear what was said while we were away: those get some time to say it again. */
void heartbeats_started(struct core *core);
struct answering heartbeat_ping(struct core *core, const struct command *command);

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
/* "there is no runbook chekout: did you mean 'checkout'?" */
str unknown_runbook(const struct core *core, str name, struct arena *arena);
str unknown_service(const struct core *core, str name, struct arena *arena);
/* One of them has to be named to act on it by hand. */
bool service_has_hosts(const struct core *core, str service);
/* Whose an action on that target is, asked from the incident: the host's, or the incident's. */
str service_of_target(const struct core *core, const struct incident *incident, str target);
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
/* The open incident of this trouble, or drill; else NULL, and *key is free, or of its closed
 * one. */
struct incident *incident_by_key(const struct core *core, uint64_t *key, str service,
    str recurrence, bool drill);
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
	str source; /* of the alert; or empty */
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
/* Nothing of it fires any more. What is wrong with Firstline itself is never seen to. */
static inline bool
incident_is_quiet(const struct incident *incident)
{
	return incident->row.settle_at != 0 && !incident_is_self(incident);
}
/* Quiet, and nobody must say how anything went: it closes unless it fires
 * again, so nobody is paged for it anew. */
bool incident_only_settles(const struct incident *incident);
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

/* ---- flap.c: what comes and goes ---- */

/* No alert of it is active any more, for now: perhaps once too often. */
void flap_cleared(struct core *core, struct incident *incident);
/* It fires again while it was about to close. True: it flaps, and that is seen to. */
bool flap_fired(struct core *core, struct incident *incident);
/* Quiet for so long it is over. */
msec flap_settle_ms(const struct incident *incident);

/* ---- people.c, escalate.c: who is told ---- */

struct recipient {
	str person; /* empty: a channel of a team */
	str channel;
	str address;
	msec within_ms; /* then the next reach too; 0: a minute */
	bool night;     /* of the order in which they are reached in their quiet hours */
};

struct recipients {
	struct recipient p[RECIPIENTS_MAX];
	size_t n;
};

const struct team *people_team(const struct core *core, const struct incident *incident);
/* What says who is told of it now: by its severity, and the hours. */
const struct policy *people_policy(const struct core *core,
    const struct incident *incident);
/* Who answers at that tier then; NULL: nobody, or not at that hour. */
const struct person *people_at_tier(const struct core *core,
    const struct incident *incident, uint32_t tier, msec wall);
/* The next after that tier which has somebody else then than whom it was told to last; 0:
 * none. */
uint32_t people_other_tier(const struct core *core, const struct incident *incident,
    uint32_t tier, msec wall);
/* The same; where nobody else comes, the next which has the same. 0: it begins again. */
uint32_t people_next_tier(const struct core *core, const struct incident *incident,
    uint32_t tier, msec wall);
/* From that tier of `escalate` on, the first who can be reached; where nobody can, also
 * outside of hours and of the fallback team. The tier in *ret_tier where it is the team's. */
const struct person *people_reachable(const struct core *core, const struct team *team,
    uint32_t from, uint32_t *ret_tier);
/* The same by the policy in force for the incident, `escalate` where that has nobody. */
const struct person *people_to_tell(const struct core *core,
    const struct incident *incident, uint32_t from, uint32_t *ret_tier);
/* Each person, or place of a team, once. */
void recipients_add(struct recipients *to, const struct recipient *who);
void recipients_person(struct recipients *to, const struct person *person);
void recipients_team(struct recipients *to, const struct team *team);
/* Its lead, and whoever has a rotation of it now. */
void recipients_duty(const struct core *core, struct recipients *to,
    const struct team *team);
void recipients_told(struct recipients *to, const struct incident *incident);
/* The next way to reach that person, after this one; the first, where this one is theirs no
 * more; false: none left. */
/* A notice that is told in their quiet hours: by the first of their channels for these. */
void people_by_night(const struct core *core, struct notice_row *row);
bool people_next_reach(const struct core *core, const struct notice_row *tried,
    struct recipient *ret);

/* How that channel reaches `who`, a person or a team; empty: the first whom it does. */
bool people_by_channel(const struct core *core, const struct channel *channel, str who,
    struct recipient *ret);

/* A person must look, because. While that is so, people are told tier by tier. */
void person_need(struct core *core, struct incident *incident, str why);
void person_clear(struct core *core, struct incident *incident);
void incident_escalate_arm(struct core *core, struct incident *incident);
/* That person cannot be told: where the present tier is theirs, and not the last, its time is
 * over. */
void incident_escalate_now(struct core *core, struct incident *incident, str person);
/* Was its tier told through that person? Rows of earlier versions do not say: then whoever has
 * it is meant. */
bool incident_is_told_to(const struct core *core, const struct incident *incident,
    str person);
/* Somebody else than whom it was told to last can be told now, before it begins again. */
bool incident_has_next(const struct core *core, const struct incident *incident);
void incident_escalate(struct core *core, struct incident *incident);
/* What was done about it has ended: from now on nothing is, unless somebody says so. */
void incident_worked(struct core *core, struct incident *incident);
/* Its severity was raised. */
void incident_worse(struct core *core, struct incident *incident);
/* Another configuration holds: services are answered for by others. */
void owners_adopted(struct core *core);
/* Whom nobody told for a while is told now; why, for the timeline. */
void incident_page(struct core *core, struct incident *incident, str why);

/* ---- depends.c: what another incident explains ---- */

/* Is nobody paged for it now? In its row, and why in its timeline. */
bool dependency_mutes(struct core *core, struct incident *incident);
/* It became worse; what it was muted by is closed: who was not paged is, unless it is muted
 * still. */
void dependency_again(struct core *core, struct incident *incident);
void dependency_ended(struct core *core, const struct incident *cause);

/* ---- hours.c: what is not urgent waits until somebody is at work ---- */

/* Is nobody paged for it now? Until when, in its row. */
bool hours_wait(struct core *core, struct incident *incident);
/* It became worse; another configuration holds; what it waited for is there. */
void hours_again(struct core *core, struct incident *incident);
void hours_adopted(struct core *core);
void hours_begun(struct core *core, struct incident *incident);

/* ---- quiet.c: the quiet hours of those who are told ---- */

/* A notice that is about to be made: held, or by its reader's channels for the night. */
void quiet_place(struct core *core, struct notice_row *row);
/* It was made, and no other of the incident is held for them: that is said. */
void quiet_say(struct core *core, const struct notice *notice);
/* They are told of it, now. */
void quiet_woke(struct core *core, struct incident *incident, str person);
/* It is time to look at it, and at all that is held for that person and due: are they over? */
void quiet_look(struct core *core, const struct notice *first);
/* Whom pages about it are held for, in scratch; it ended: those who know nothing of it are
 * told that it was there. */
struct recipients *quiet_held_for(struct core *core, const struct incident *incident);
void quiet_ended(struct core *core, const struct incident *incident,
    const struct recipients *held, const struct recipients *told);
void quiet_adopted(struct core *core);

/* ---- notices.c, notice_text.c: telling them ---- */

#define TELL_TIER 1u     /* whoever has the present tier */
#define TELL_CHANNELS 2u /* the team's channels */
#define TELL_TOLD 4u     /* whoever was told before */
void incident_tell(struct core *core, struct incident *incident,
    enum notice_purpose purpose, unsigned whom);
/* It is over: drop what was not sent, tell everyone who may know of it. */
void notices_end(struct core *core, struct incident *incident);
void notice_timer(struct core *core, struct notice *notice);
void notice_arm(struct core *core, struct notice *notice);
/* The end of what is still on its way to the same reader: it comes after that. */
bool notice_must_wait(const struct core *core, const struct notice *notice);
void notice_wait_until(struct core *core, struct notice *notice, msec at);
/* When the person's next reach is taken too; 0: never, or it was. */
msec notice_fallback_at(const struct core *core, const struct notice *notice);
/* Its first order, or its next; the line counts it already. */
void notice_send(struct core *core, struct notice *notice);
/* The order to send it, once more with the same id. */
void notice_order(struct core *core, struct notice *notice);
/* It was ordered, and hands may have lost it: once more, where somebody needs it still. */
void notice_lost(struct core *core, struct notice *notice);
void on_notice_result(struct core *core, const struct notice_result *result);
/* digest.c does with each that a digest told what is done with one that was sent itself. */
void notice_told(struct core *core, const struct notice *notice, bool delivered);
void notice_delivered(struct core *core, struct notice *notice);
void notice_give_up(struct core *core, struct notice *notice, str error);
void notice_again(struct core *core, struct notice *notice);
bool notice_tried_enough(const struct core *core, const struct notice *notice);
void notice_finish(struct core *core, struct notice *notice, enum notice_state state);
/* As if it had never been; what it told has another place. */
void notice_erase(struct core *core, struct notice *notice);
/* A digest that tells nothing any more. */
void notice_drop(struct core *core, struct notice *notice);
bool notice_has_thread(const struct core *core, const struct notice *notice);
msec notice_backoff_ms(struct core *core, uint32_t tries);

struct notice_words {
	str subject;
	str text;
	struct pairs fields;
	row_id asked; /* what it asks to approve, or the run that asks; or 0 */
	bool urgent;  /* whatever the severity: nobody's quiet hours hold it */
};
/* Does it say that there is trouble? */
bool notice_pages(const struct notice_row *row);
/* What came from outside may be in any of them. */
struct pairs notice_fields(struct core *core, const struct pairs *fields);
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
void notices_handed_over(struct core *core, const struct incident *incident,
    const struct person *person, const struct command *command);
void notices_taken_back(struct core *core, const struct incident *incident,
    const struct person *person, const struct command *command);

/* ---- lines.c: what waits for each channel, and how each of them does ---- */

void lines_init(struct core *core);
/* Where a notice stands; of object_link and object_done alone. */
void line_join(struct core *core, struct notice *notice);
void line_leave(struct core *core, struct notice *notice);
/* NULL: nothing waits for it, and nothing is out by it. */
const struct line *line_find(const struct core *core, str name);
unsigned notice_rank(const struct notice_row *row); /* 0 goes first */
/* All rows are there: what is due stands in its line. */
void lines_loaded(struct core *core);
/* A turn has come: the pump sees to it. */
void lines_due(struct core *core);
/* Send what is due while there are places for it. After each step. */
void outbox_pump(struct core *core);
/* NULL: it does well. */
const struct channel_trouble *channel_trouble(const struct core *core, str name);
msec channel_down_at(const struct core *core, str name); /* 0: it is not down */
/* What became of a try by it; of a notice that is forgotten, but was the probe. */
void channel_result(struct core *core, str name, const struct notice_result *result);
void channel_late_result(struct core *core, const struct notice_result *result);
void channels_look(struct core *core);
msec channels_due(const struct core *core);
void channels_adopted(struct core *core);

/* feeds.c */
struct answering feed_add(struct core *core, const struct command *command);
struct answering feed_end(struct core *core, const struct command *command);
uint32_t feeds_count(const struct core *core, str subject); /* empty: of all */

/* acknowledge.c */
#define UNACKNOWLEDGE_MS MINUTE /* the page offers it for half of that */
struct answering acknowledge(struct core *core, const struct command *command,
    struct incident *incident);
struct answering unacknowledge(struct core *core, const struct command *command,
    struct incident *incident);
struct answering hand_over(struct core *core, const struct command *command,
    struct incident *incident);
struct answering escalate_command(struct core *core, const struct command *command,
    struct incident *incident);

/* useful.c: COMMAND_USEFUL */
struct answering useful_command(struct core *core, const struct command *command);

void notices_tell(struct core *core, const struct recipients *to,
    const struct notice_words *words);
/* channels.c: COMMAND_CHANNEL_TEST, COMMAND_CHANNEL_PREVIEW, and what came of one */
struct answering channel_try(struct core *core, const struct command *command);
void channel_tried(struct core *core, struct notice *notice,
    const struct notice_result *result);
str incident_doing(struct core *core, const struct incident *incident);
str incident_end_text(struct core *core, const struct incident *incident);

/* ---- runs.c: choosing and walking a runbook ---- */

/* The next runbook that answers; false: there is none, or it may not run by itself (then
 * a person is needed, and why is said). */
bool run_choose(struct core *core, struct incident *incident);
struct starting {
	struct core_model *model;
	const struct runbook *runbook; /* of it */
	str principal;
	str behalf;                /* whom the agent serves that starts it; or empty */
	const struct pairs *given; /* values for its inputs; or NULL */
	const struct run_row *continues; /* the run that it goes on with; or NULL */
	struct records passed; /* then: what need not be done again, struct rolled */
};
/* NULL: it cannot start; *ret_why says so. It may have ended already. */
struct run *run_start(struct core *core, struct incident *incident,
    const struct starting *starting, str *ret_why);
/* A person asks for it: what is answered, where it started or could not. */
struct answering run_asked_for(struct core *core, struct incident *incident,
    const struct starting *starting);
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
/* Its runbook, or one that called it, was changed or taken out since it began: its plan is of
 * yesterday, and hands would refuse it as well. The sentence; empty: none was, or no run. */
str run_stale(struct core *core, const struct run *run);
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
/* It did its work, for sure. */
static inline bool
attempt_happened(const struct attempt_row *row)
{
	return (row->state == ATTEMPT_EXITED && row->exit_code == 0) ||
	       (row->state == ATTEMPT_SETTLED && row->happened == HAPPENED_YES);
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
/* Can it begin on that incident, and with which inputs? false: *ret_why. */
bool run_can_begin(struct core *core, const struct incident *incident,
    const struct runbook *runbook, const struct pairs *given, struct pairs *ret,
    str *ret_why);
struct pairs pairs_with(struct core *core, const struct pairs *pairs, str name, str value);

/* ---- continued.c: a run goes on with one that has ended ---- */

/* COMMAND_CONTINUE */
struct answering run_continue(struct core *core, const struct command *command,
    struct incident *incident);
/* What that run did is the new one's to take back. */
void continued_take_over(struct core *core, struct run *run, row_id before);
/* Those targets of the step in work that were not done before. */
struct strs continued_left(struct core *core, const struct run *run, struct strs targets);
/* Was the runbook that the step in work calls once called before, and recovered? */
bool continued_called(const struct run *run);
/* It has now. */
void continued_call_done(struct core *core, struct run *run);

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
bool probe_fill(struct core *core, const struct probe *what, const struct pairs *values,
    struct probe_row *ret, str *ret_why);
/* A copy of the row goes out, with an id of its own. 0: no room. */
row_id probe_send(struct core *core, const struct probe_row *row);
/* When it counts as not answered. */
msec probe_due(const struct question *probe);
void probe_again(struct core *core, struct question *probe);
void probe_drop(struct core *core, row_id id);
void probe_timer(struct core *core, struct question *probe);
void on_probe_result(struct core *core, const struct probe_result *result);

#endif
