#ifndef HANDS_SETUP_H
#define HANDS_SETUP_H

#include "base/err.h"
#include "facts/row.h"

/*
 * setup -- what a shim is told of its command's confinement, and its secrets.
 *
 * Both go by a sealed memfd (shim/shim.h). What this machine lacks of a confinement is
 * known from the start; the rest must be put on or nothing starts:
 *
 *	no no_new_privs, Landlock or seccomp at all    refused
 *	offline without network namespace and seccomp  refused
 *	anything else that lacks                       a gap, told where a command asks for it
 *
 * Where the server is root a confined command is the user that is written, else one that
 * nobody else is: SETUP_USER_FIRST and its number.
 */
#define SETUP_USER_FIRST 0x70000000u /* 65,536 of a range that no system hands out */

/* A memfd for the command with that number. `parts` of what acts by itself may name
 * secrets too ("secret.X"): they are kept out of its output. NULL: none; false where it may not start so, with why. */
NODISCARD bool setup_make(const struct sandbox *sandbox, const struct pairs *parts,
    uint64_t id, unsigned pillars, int *ret_fd, struct err *err);

/* What `firstline-shim check` says of this machine: SHIM_HAS_ bits. Before confine(). */
NODISCARD bool setup_check(const char *shim, unsigned *ret_pillars, struct err *err);

/* A sentence for each thing that lacks and that a command of the configuration asks for;
 * NULL at the end. */
struct setup_gap {
	const char *subject, *text;
};
struct model;
const struct setup_gap *setup_gap_at(const struct model *model, unsigned pillars, size_t i);

#endif
