#ifndef NODE_OWNED_H
#define NODE_OWNED_H

#include "base/err.h"
#include "base/str.h"

/*
 * owned -- is a state folder, and what stands in it, this user's alone to write?
 *
 * Whoever can write there is the local admin: a `local.token` of theirs is the server's.
 * ERR_DENIED names what is not so, and what to do. What is root's is as good as ours: root
 * needs no such door. What stands in the folders below is made and judged by who uses it.
 */
NODISCARD bool state_folder_owned(const char *path, struct err *err);

/* ERR_DENIED: this user may not read and write the folder NAME in it; says what to do. What a disk
 * that fails or that lets nothing be written has to say is no matter of owners. */
NODISCARD bool state_folder_usable(const char *path, const char *name, struct err *err);

/* ERR_INVALID: a restore into it was begun and has not come to this store (as serve names it):
 * an empty one would be begun in its place. */
NODISCARD bool state_folder_complete(const char *path, str store, struct err *err);

#endif
