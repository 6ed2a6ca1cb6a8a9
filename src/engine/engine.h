#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/err.h"

/*
 * engine -- the role that authenticates, deduplicates, decides, keeps and answers.
 *
 * One loop over a pure core and one store:
 *
 *	every frame that waits -> intake drops what says nothing new -> core_step
 *	-> one commit for all of it -> only then replies and orders go out
 *
 * Requests that come while a commit runs wait for the next, so the group grows with the
 * load and nothing waits without it. A failed commit ends the process: memory is then
 * ahead of the disk and starting again is the repair.
 *
 * Without room on the disk it comes up refusing: it steps nothing, answers 507, tells
 * the people on duty once from a reserve, looks again every second and heals by itself.
 *
 * Where the store is lost, damaged or not to be read, it is started without: it has nothing,
 * answers 507 to all that asks for more than how it does, tells people out of memory, and
 * after a while ends so that the store is tried again.
 */
struct engine_options {
	int supervisor_fd; /* all other peers arrive over it, as FRAME_PEER */
	const char *state_dir;
	const char *store_url;
	struct lost {
		const char *why; /* do without the store; NULL: it is not lost */
		msec wall;       /* since when */
	} lost;
};

/* Exit codes the supervisor understands. */
enum engine_exit {
	ENGINE_EXIT_STOPPED = 0, /* was asked to */
	ENGINE_EXIT_FAILED = 1,  /* start me again */
	ENGINE_EXIT_NO_ROOM = 3, /* start me again: I will refuse until there is room */
	ENGINE_EXIT_BUSY = 4,    /* another engine holds the store: do not start me again */
	ENGINE_EXIT_CORRUPT = 5, /* the store is damaged: start me without it */
	ENGINE_EXIT_WRITES =
	    6, /* the disk was read-only and is not any more: start me again */
	ENGINE_EXIT_AGAIN = 7, /* I was without the store: start me with it */
};

/* Ended so often in a row before it was ready: it is started without the store. */
#define LOST_AFTER_ENDS 5

/* Without the store: when it is tried again. The longer it is lost, the less often; and what
 * nobody could be told yet goes on for a while first, to the next tier. */
#define LOST_AGAIN_MIN_MS (5 * SECOND)
#define LOST_AGAIN_MAX_MS (5 * MINUTE)
#define LOST_UNTOLD_MS (10 * MINUTE)

/* A file of the state folder, made by `firstline restore`; its text says of which backup.
 * The first start stops everything until a person resumes, and removes it. */
#define ENGINE_RESTORED "restored"
/* A folder in it, while `firstline restore` makes what is to stand there. */
#define ENGINE_RESTORING "restore.part"

/* Runs until FRAME_STOP or the end of the supervisor's connection. */
int engine_main(const struct engine_options *options);

#define ENGINE_BATCH_STEPS_MAX 1024        /* steps in one commit */
#define ENGINE_BATCH_BYTES_MAX (16u << 20) /* of the entry, about; a step may pass it */
/* In the entry, for what a step makes of a frame beside its payload: of the most alerts that
 * one has, each in an incident of its own, 8 KiB each. */
#define ENGINE_STEP_ROOM (32u << 20)
#define ENGINE_PACKS_TRAIL_MAX \
	8192 /* dirty alert packs; beyond: every commit writes some */
#define ENGINE_INCIDENTS_MAX \
	100000u                    /* sizes the pools; the configuration limits below it */
#define ENGINE_ALERTS_MAX 4000000u /* address space; the configuration limits below it */
#define ENGINE_LIST_SLICE 500      /* objects answered from memory in a turn */
#define ENGINE_FOUND_MAX 5000      /* alerts that match, in one page */

#endif
