#ifndef HANDS_SPAWNER_H
#define HANDS_SPAWNER_H

#include <sys/types.h>

#include "base/err.h"
#include "facts/row.h"

/*
 * spawner -- the one process that starts others, so that hands itself can be confined.
 *
 * A fork of hands from before it gave up its rights; single-threaded, it talks to hands
 * alone over a SOCK_SEQPACKET pair, starts nothing but shims, and leaves when hands is
 * gone. The shims it started live on. It keeps no record of anything: what is so is in the
 * attempts' folders.
 */

struct spawner {
	int fd;              /* readable: spawner_receive */
	unsigned unanswered; /* orders */
	unsigned looks;      /* since it last answered, while any is unanswered */
	bool deaf;           /* it did not take an order */
	pid_t pid;
	unsigned pillars;    /* SHIM_HAS_ bits: what this machine has to confine by */
	const char *program; /* our own, absolute: `firstline act` is started by it */
};

/* Fork it. `shim` is the path of firstline-shim. Call before the first thread and before
 * confine(). */
NODISCARD bool spawner_start(const char *shim, struct spawner *ret, struct err *err);

struct spawn_order {
	bool probe;  /* else an attempt */
	uint64_t id; /* the attempt's, or the probe's */
	incident_id incident;
	str service; /* may be empty */
	str target;
	msec timeout_ms;
	const struct strs *argv; /* of the command; checked by spawn_refuses */
	int work_fd;             /* the attempt's folder, or the probe's socket */
	int lock_fd;             /* the attempt's claim, locked; a probe has none: -1 */
	int setup_fd;            /* setup.h; needed by spawner_send alone */
	/* A command of our own reads this as stdin (act.h). 0: it is none. */
	int input_fd;
};

/* NULL, or why no command can be started so: no arguments, too many, too long, one with a
 * NUL, a program that is neither an absolute path nor a plain name, a timeout out of range,
 * or a service or target with control characters in its name. */
const char *spawn_refuses(const struct spawn_order *order);

/* While it is busy nothing more is ordered, so that neither side can ever wait for the
 * other. */
#define SPAWNS_UNANSWERED_MAX 64
bool spawner_busy(const struct spawner *spawner);

/* Not while it is busy. The descriptors are duplicated; the caller's stay open. May wait a
 * moment; false when the spawner is as good as dead. */
NODISCARD bool spawner_send(struct spawner *spawner, const struct spawn_order *order,
    struct err *err);

struct spawn_answer {
	uint64_t id;
	bool probe;
	int error; /* errno: surely nothing was started; 0: the shim runs */
};
enum spawner_news { SPAWNER_ANSWER = 1, SPAWNER_NOTHING, SPAWNER_GONE };
enum spawner_news spawner_receive(struct spawner *spawner, struct spawn_answer *ret);

/* Asked every SPAWNER_LOOK_MS: has it been asked, and not answered for SPAWNER_LOOKS_MAX of
 * them, or not even taken what it was asked? */
#define SPAWNER_LOOK_MS (5 * SECOND)
#define SPAWNER_LOOKS_MAX 6
bool spawner_hangs(struct spawner *spawner);
/* Kill it, so that it can start nothing once others look for what it began. */
void spawner_end(const struct spawner *spawner);

#endif
