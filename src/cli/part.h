#ifndef CLI_PART_H
#define CLI_PART_H

#include <limits.h>

#include "base/err.h"

/*
 * part -- a folder in which something is made that gets its name when it is whole.
 *
 * Whoever works in it holds an flock on a file in it, which the kernel drops with the process:
 * a part that nobody holds was left by somebody who was killed, and the next one empties it
 * and goes on. Nothing of what a folder holds that is no part is touched.
 */
struct part {
	char path[PATH_MAX];
	int fd;      /* the folder */
	int lock_fd; /* holds the lock */
};

/* Make the folder PATH SUFFIX, or take it over, and leave it empty. ERR_BUSY: another process is at work
 * in it. ERR_INVALID: something else has its name. */
NODISCARD bool part_take(const char *path, const char *suffix, struct part *ret,
    struct err *err);
/* As root: all that is in it gets the owner of that folder (file_give). */
NODISCARD bool part_give(const struct part *part, int folder_fd, struct err *err);
/* Remove it with all that is in it. */
void part_drop(struct part *part);
/* It has its name by now, under which it is nobody's part any more. */
void part_keep(struct part *part);
/* Remove this with all that is in it; what is not there is fine. */
NODISCARD bool part_remove_all(int dir_fd, const char *name, struct err *err);

#endif
