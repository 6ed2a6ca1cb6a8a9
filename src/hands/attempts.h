#ifndef HANDS_ATTEMPTS_H
#define HANDS_ATTEMPTS_H

#include <uv.h>

#include "facts/effect.h"
#include "facts/frame.h"
#include "hands/ceiling.h"
#include "hands/spawner.h"
#include "hands/tell.h"

/*
 * attempts -- orders to attempts, and what became of them.
 *
 * The truth is the folder STATE/attempts/ID/ (shim/shim.h), not memory: after any crash
 * the same news follow from it.
 *
 *	no folder                                   never started
 *	folder with a result                        its news
 *	claim locked, no result                     at work: claimed, started once it says so
 *	claim free, no result, or damage            unknown: nobody can know
 *
 * A folder appears whole and goes whole (claim.h). The lock on its claim is taken before it
 * appears and inherited by the shim; it is free when neither this hands, nor its spawner,
 * nor the shim is at work any more, whatever numbers processes have by then.
 *
 * News follow one another as CLAIMED, STARTED, then one end; what is asked again is told
 * again.
 */
struct attempts;

#define ATTEMPTS_AT_WORK_MAX 1024
#define ATTEMPTS_LOOK_MS 200     /* how often locks are looked at */
#define ATTEMPTS_LEFT_AT_ONCE 16 /* folders that are told again, every ATTEMPTS_LOOK_MS */

/* `dir_fd` is STATE/attempts; all that is given must outlive it. */
NODISCARD struct attempts *attempts_new(uv_loop_t *loop, int dir_fd,
    struct spawner *spawner, struct ceiling *ceiling, const struct tell *tell,
    struct err *err);
/* Shims run on. The loop must run once more. */
void attempts_free(struct attempts *attempts);

/* Judged already. An attempt that has a folder is not started again, only told. False when
 * the spawner is gone: then hands must end. */
NODISCARD bool attempts_start(struct attempts *attempts, const struct attempt_order *order,
    const struct sandbox *sandbox, struct err *err);
void attempts_reconcile(struct attempts *attempts, row_id id);
void attempts_stop(struct attempts *attempts, row_id id);
/* What it has written so far, at most a second old; empty where it is not at work. */
struct output_item attempts_output(const struct attempts *attempts, row_id id,
    struct arena *arena);
/* The engine has kept its result: the folder may go. Not while somebody is at work. */
void attempts_forget(struct attempts *attempts, row_id id);

/* An engine is there: what every folder says is told once more, in slices, after the orders
 * that come first. Those whose end it keeps it answers with "forget": it may have died
 * between keeping it and saying so. */
void attempts_tell_left(struct attempts *attempts);

void attempts_answered(struct attempts *attempts, const struct spawn_answer *answer);

/* Tell news that need no folder: an order refused, or never begun. */
void attempts_tell(const struct tell *tell, row_id id, enum attempt_news news, str why);
void attempts_tell_refusal(const struct tell *tell, row_id id, str why, str judged);

#endif
