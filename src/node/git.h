#ifndef NODE_GIT_H
#define NODE_GIT_H

#include "base/buf.h"
#include "base/err.h"

/*
 * git -- the program, started without a shell: what it writes to stdout, without its
 * complaints. argv[0] is "git", a NULL ends it. ERR_NOT_FOUND: it ended badly.
 */
NODISCARD bool git_output(const char *const *argv, struct buf *out, struct err *err);

#endif
