#ifndef OS_CONFINE_H
#define OS_CONFINE_H

#include "base/err.h"
#include "facts/row.h"
#include "facts/record.h"

/*
 * confine -- a role gives up what it does not need (Landlock, seccomp answering EPERM,
 * no_new_privs, no core dumps, PR_SET_DUMPABLE 0).
 *
 * What the kernel lacks is no failure: it is appended to `gaps` as a sentence.
 */
enum confine_role { CONFINE_GATE = 1, CONFINE_ENGINE, CONFINE_HANDS };

struct confine {
	enum confine_role role;
	const char *state_dir;      /* ENGINE: read and write; HANDS: state_dir/attempts and /handoffs */
	const char *const *read;    /* files and folders that may be read (certificates, secrets) */
	size_t read_n;
	uint16_t port;              /* GATE: may accept there */
};
#define CONFINE_GAPS_MAX 8

NODISCARD bool confine(const struct confine *how, struct arena *arena, struct strs *gaps,
    struct err *err);

/* Die when the parent dies (PR_SET_PDEATHSIG plus a check for the race). */
void die_with_parent(int parent_pid);

#endif
