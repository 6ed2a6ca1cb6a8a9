#ifndef CORE_STEPS_H
#define CORE_STEPS_H

#include "core/state.h"

/*
 * steps -- the steps of a run, each in a file of its own: what begins one, and what becomes
 * of what it waits for. A part of state.h, which includes it.
 */

/* ---- step_check.c, step_looks.c, step_wait.c, step_ask.c, step_action.c, step_undo.c,
 * step_handoff.c ---- */

void check_enter(struct core *core, struct run *run);
void check_seen(struct core *core, struct run *run, const struct probe_result *seen);
void check_due(struct core *core, struct run *run);
/* What was out is asked again: there is time for its answer, or for one more look. */
void check_again(struct core *core, struct run *run);
/* Between two batches of an action: as a `wait` with `until`. */
void gate_enter(struct core *core, struct run *run);
/* What was seen, in words: "812", "status 503", "no answer (timeout)". */
str check_value(struct core *core, const struct probe *asked,
    const struct probe_result *seen);
/* All that was looked at at once is there. */
void check_looked(struct core *core, struct run *run, enum holds holds, str value);

/* Ask all probes of the step at once; false: *ret_why. */
bool looks_send(struct core *core, struct run *run, str *ret_why);
/* That one of them saw this. */
void looks_seen(struct core *core, struct run *run, row_id probe,
    const struct probe_result *seen);
/* What is out is asked no more. */
void looks_drop(struct core *core, struct run *run);
/* Of a run: for several at once, not answered. */
uint32_t looks_out(const struct run *run);
void ask_enter(struct core *core, struct run *run);
/* Nobody answered in time. */
void ask_due(struct core *core, struct run *run);
/* The question needs no answer any more, because; `by`: who ended it. */
void ask_end(struct core *core, struct run *run, str by, str why);
/* COMMAND_ANSWER */
struct answering ask_answer(struct core *core, const struct command *command);
void wait_enter(struct core *core, struct run *run);
void wait_due(struct core *core, struct run *run);
void action_enter(struct core *core, struct run *run);
/* What its step is done to; and what is asked for its target number row.target, in scratch.
 * false: *ret_why. */
struct strs action_targets(struct core *core, const struct run *run);
bool action_asking(struct core *core, const struct run *run, struct asking *ret,
    str *ret_why);
str action_no_host(struct core *core, const struct run *run); /* that there is none */
bool action_still_there(const struct core *core, const struct run *run, str target);
/* That target of the step, which has its row: what comes of it stands there. */
void action_begin(struct core *core, struct run *run, size_t i);
/* Does one of its targets wait for its turn under at_once limits? */
bool action_waits(const struct run *run);
/* Something that was under way has ended, or other rules hold: whoever waits for a turn is
 * judged again, the run that began first before the others. */
void actions_again(struct core *core);
enum outcome {
	OUTCOME_OK = 1,
	OUTCOME_FAILED,
	OUTCOME_TIMED_OUT,
	OUTCOME_NOT_DONE, /* surely did not happen: may be decided again */
	OUTCOME_REFUSED,  /* hands would not */
	OUTCOME_MAYBE,    /* nobody knows, but it may be repeated */
};
void action_outcome(struct core *core, struct run *run, const struct attempt *attempt,
    enum outcome outcome);
/* What it waited for (PHASE_ASKED) has ended so. */
void action_asked(struct core *core, struct run *run, const struct beginning *beginning);
/* The same for whatever step is in work: it goes to that step's file. */
void run_outcome(struct core *core, struct run *run, const struct attempt *attempt,
    enum outcome outcome);
void run_asked(struct core *core, struct run *run, const struct beginning *beginning);

/* step_roll.c: the targets of the action step in work. Those that were begun, in order; the
 * one that waits for this attempt or asked row, or NULL. A pointer to one is good until the
 * next is begun. */
struct rolled *rolled_of(const struct run *run, size_t *ret_n);
struct rolled *rolled_waiting(const struct run *run, row_id id);
/* Does the run wait for that attempt or asked row, whatever step is in work? */
bool run_awaits(const struct run *run, row_id id);
void rolled_over(struct core *core, struct run *run, struct rolled *rolled,
    enum rolled_state state);
/* It ends without another try: as that state, or as failed where it was tried and had failed. */
void rolled_left(struct core *core, struct run *run, struct rolled *rolled,
    enum rolled_state untried);
/* One more row, for that target, behind the others; false: no room. */
bool rolled_add(struct core *core, struct run *run, size_t target, uint32_t batch);
/* In the timeline: "go: 3 of 8 done, 1 failed, 4 not begun". */
str roll_text(struct core *core, const struct run *run);
void roll_tell(struct core *core, const struct run *run);
/* The step ends there, because, as soon as nothing of it is under way. */
void roll_leave(struct core *core, struct run *run, uint32_t where, str why);
/* What follows from where its targets are; and first whatever is due. */
void roll_on(struct core *core, struct run *run);
void roll_due(struct core *core, struct run *run);
/* Wait for the first of what its targets wait for. */
void roll_arm(struct core *core, struct run *run);
/* That request is void, and is made anew. */
void roll_again(struct core *core, struct run *run, row_id asked);
/* The engine starts: runs of earlier versions are as those of this one. */
void rolls_started(struct core *core);
/* The run ends: what is under way is stopped. */
void roll_drop(struct core *core, struct run *run, str why);
/* "pay-3 is no longer one of the targets" */
str roll_gone(struct core *core, const struct run *run, size_t gone, size_t begun);
/* How many targets at once, of so many. */
size_t roll_batch_size(const struct runbook_step *step, size_t all);
struct strs roll_gate_hosts(struct core *core, const struct run *run);
void roll_gate_held(struct core *core, struct run *run);

/* inputs.c: ask for those that are not there, then the first step. */
void inputs_begin(struct core *core, struct run *run);
void inputs_seen(struct core *core, struct run *run, const struct probe_row *probe,
    const struct probe_result *seen);

/* evidence.c: before the step in work, is there something to see first? */
bool evidence_wanted(const struct core *core, const struct run *run);
/* false: no room to keep it. */
bool evidence_begin(struct core *core, struct run *run);
void evidence_seen(struct core *core, struct run *run, const struct probe_row *probe,
    const struct probe_result *seen);
void evidence_due(struct core *core, struct run *run);
void evidence_drop(struct core *core, struct run *run);

void undo_enter(struct core *core, struct run *run);
void undo_drop(struct core *core, enum step_phase phase, row_id out, str why);
/* A verify failed, because: what its `undo` names is taken back, then `otherwise`. */
void undo_begin(struct core *core, struct run *run, str why);
void undo_due(struct core *core, struct run *run);
void undo_outcome(struct core *core, struct run *run, const struct attempt *attempt,
    enum outcome outcome);
void undo_asked(struct core *core, struct run *run, const struct beginning *beginning);
/* step_call.c, beside what state.h has: the next target of a call for each. */
void call_due(struct core *core, struct run *run);
void handoff_enter(struct core *core, struct run *run);
void handoff_arm(struct core *core, struct handoff *handoff);
void handoff_again(struct core *core, struct handoff *handoff);
void handoff_timer(struct core *core, struct handoff *handoff);
void on_handoff_result(struct core *core, const struct handoff_result *result);
void case_file_write(struct core *core, const struct incident *incident,
    const struct run *run, const struct runbook_step *step, struct buf *out);

#endif
