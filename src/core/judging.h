#ifndef CORE_JUDGING_H
#define CORE_JUDGING_H

#include "core/objects.h"

/*
 * judging -- the files of the core that ask authority, and do, wait or take back: which of
 * them does what. Whoever uses them includes core/state.h.
 */

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
	bool question; /* nothing comes of it: an unknown service is told by its name */
	/* NULL: the core's. A plan has its own, with what it would have used by then. */
	const struct authority_uses *uses;
};
/* What a grant `while: incident` asks for: it is open, and of that very service. */
bool incident_asks_for(const struct incident *incident, str service);
struct authority_facts core_facts(const struct core *core);
/* The person whose reload brought in the runbook of that hash; empty: nobody knows. */
str runbook_brought_by(const struct core *core, const hash32 *hash);
/* Judged now, by the newest configuration; in *ret as it is recorded, with all that was
 * known, but for the words. */
void core_decide(const struct core *core, const struct asking *asking, struct arena *arena,
    struct decision_row *ret, struct authority_decision *ret_decision);
/* Puts the words into the row, and says whose yes would count, and whether those are too few
 * for what is asked. Before anything changes that
 * the decision was made by; uses may. */
struct strs core_explain(const struct core *core, const struct asking *asking,
    const struct authority_decision *decision, struct arena *arena,
    struct decision_row *row, bool *ret_too_few);
/* Facts that it lacks: of what was decided of the same. */
struct authority_needs core_needs(const struct core *core, const struct asking *asking,
    const struct authority_decision *by, struct arena *arena);
/* "the live value of replicas, which of 3 hosts are well"; empty: it lacks none. */
str core_needs_text(const struct authority_needs *needs, struct arena *arena);
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
/* Another configuration is in force: actions may be called otherwise, windows be longer. */
void uses_adopted(struct core *core);

/* ---- attempts.c: what was done ---- */

struct judged {
	const struct asking *asking; /* the caller's, which outlives this */
	struct authority_decision by;
	struct decision_row row;
	struct strs approvers;
	bool too_few; /* approvers: nobody can bring together the yes that is missing */
	bool told;    /* the row has its words, and approvers are known */
};
/* Words, and approvers, where they are wanted: nothing is said of most that is judged. */
void judged_tell(struct core *core, struct judged *judged);
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
str judged_why(struct core *core, struct judged *judged);
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
/* What was said with a command, to stand behind what was done: ": why", or nothing. */
str command_words(struct core *core, const struct command *command);
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
/* Nothing is known of it any more. */
void asked_facts_forget(struct core *core, struct asked *asked);

/* ---- asked_moved.c: what was read before something else changed it ---- */

/* It has begun, or ended: what was read before that is void, but for what it is for itself. */
void asked_moved(struct core *core, const struct grant_use_row *use, row_id own);
/* Why nothing may begin by what is known of it; empty: it may. *ret_turn: not before
 * something that is under way has ended. */
str asked_doubt(struct core *core, struct asked *asked, bool *ret_turn);

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

/* Who had each rotation at the last look, by what holds until it is changed; in scratch. */
struct had {
	str team, rotation, person; /* nobody: empty */
};
struct hads {
	struct had *p;
	size_t n; /* 0 before the first look */
};
struct hads handover_had(struct core *core);
/* Whoever comes on duty is told what is open. */
void handover_look(struct core *core, const struct hads *had);
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
/* How the run takes it back now; false: it cannot be, *ret_why. */
bool undo_asking(struct core *core, const struct run *run, const struct attempt *attempt,
    struct asking *ret, str *ret_why);
/* Was it done by the very chain that the run is of? Else the run asks for what takes it back
 * as for any action: it may go on with what somebody else did. */
bool undo_is_own(const struct run *run, const struct attempt_row *row);

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
/* Nothing gets out by that channel, and it lasts: said again, its incident stays open. */
void self_channel_down(struct core *core, str channel, str text);
void self_channel_up(struct core *core, str channel, str text);

#include "core/steps.h" /* what the steps of a run are */

#endif
