#ifndef OS_CONFINE_H
#define OS_CONFINE_H

#include "base/arena.h"
#include "base/err.h"
#include "facts/record.h"

/*
 * confine -- a role gives up what it does not need: no new privileges, no core dumps, not
 * traceable; the gate also gives up root (to the user firstline-gate, else nobody);
 * Landlock for files and outgoing TCP; a seccomp filter that answers EPERM, and ENOSYS to calls
 * newer than the program. All roles may be one user: what a user may do to its own other
 * processes (limit, slow, signal them) is refused too, but for hands' signals to shims.
 *
 * Call it before the role starts a thread. What the kernel lacks is no failure: it is
 * appended to `gaps` as a sentence. ERR is returned only where a confinement the kernel
 * does have could not be put on: the role must then end.
 *
 *	role    files                              network            processes
 *	gate    none                               accept             none
 *	engine  state folder                       none               none
 *	hands   attempts, handoffs; reads all      connect            none (the spawner does)
 *	        but devices and the state folder
 */
enum confine_role { CONFINE_GATE = 1, CONFINE_ENGINE, CONFINE_HANDS };

struct confine {
	enum confine_role role;
	const char *state_dir; /* ENGINE, HANDS */
};
#define CONFINE_GAPS_MAX 8

NODISCARD bool confine(const struct confine *how, struct arena *arena, struct strs *gaps,
    struct err *err);

/* End with the parent. `parent` is its pid as seen before the fork: closes the race. */
void die_with_parent(int parent);

#endif
