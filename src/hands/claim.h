#ifndef HANDS_CLAIM_H
#define HANDS_CLAIM_H

#include "base/err.h"
#include "facts/effect.h"
#include "hands/tell.h"

/*
 * claim -- the folder that makes an attempt ours to answer for.
 *
 * It appears whole: made under the name ".ID", its claim written, locked and synced, room
 * reserved for what the shim will write, then renamed. It goes by the same rename
 * backwards. So names that begin with a dot mean nothing.
 */
#define CLAIM_NAME_BYTES 24
const char *claim_name(row_id id, bool hidden, char *ret); /* "17" or ".17"; returns ret */

struct claimed {
	int dir_fd;
	int lock_fd; /* holds the lock, as does every duplicate of it in any process */
	int look_fd; /* the same file opened again, for claim_locked */
};

/* Durable when it returns true. On failure there is no folder; and nothing can have begun. */
NODISCARD bool claim_make(int attempts_fd, const struct attempt_order *order,
    struct claimed *ret, struct err *err);

/* Is anybody at work, whatever number his process has? */
bool claim_locked(int look_fd);

NODISCARD bool claim_remove_hidden(int attempts_fd, const char *name, struct err *err);
/* Remove what of ours begins with a dot; what cannot be removed is logged, and stays. */
NODISCARD bool claim_sweep(int attempts_fd, const struct tell *tell, struct err *err);

#endif
