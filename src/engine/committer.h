#ifndef ENGINE_COMMITTER_H
#define ENGINE_COMMITTER_H

#include <uv.h>

#include "store/store.h"

/*
 * committer -- the store's writing on a thread of its own, so that the loop goes on
 * stepping while the disk takes what was stepped before.
 *
 *	committer_start(c, &commit)    hand a commit over
 *	... the loop goes on; nothing else may be asked of the store ...
 *	done(context, &result)         on the loop, once
 *
 * One job at a time. What a commit points to must hold until it is done. Owner: the engine.
 * Thread: the loop's; the other thread is nobody else's business.
 */
struct committer;

struct committed {
	bool ok;
	struct err err; /* !ok */
	uint64_t us;    /* how long the store took */
};

struct committer *committer_new(uv_loop_t *loop, struct store *store,
    void (*done)(void *context, const struct committed *result), void *context);

/* Not while busy. */
void committer_start(struct committer *committer, const struct commit *commit);
/* Move pages from the log into the file; `done` is not called. Not while busy. */
void committer_checkpoint(struct committer *committer);
/* Call `run` with the store on the thread, then `ended` on the loop. Not while busy. */
void committer_run(struct committer *committer, void (*run)(void *context, struct store *),
    void (*ended)(void *context), void *context);
/* Until it is true the store is the thread's. */
bool committer_busy(const struct committer *committer);
/* Wait until it is not busy; `done` is called before this returns. */
void committer_wait(struct committer *committer);
void committer_free(struct committer *committer); /* waits */

#endif
