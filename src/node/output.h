#ifndef NODE_OUTPUT_H
#define NODE_OUTPUT_H

#include "base/buf.h"
#include "base/err.h"

/*
 * output -- what another program says on its standard output. What it complains of is not
 * kept.
 */
struct output_order {
	const char *program; /* with a slash: that file; else looked for in PATH */
	char *const *argv, *const *env;
	int in;          /* its standard input; -1: nothing */
	msec timeout_ms; /* until it closes its output; then it is killed. 0: none */
};
/* Waits until it ends. false: it could not be started (ERR_IO), or took too long
 * (ERR_LIMIT). `*ret_well`: all of it was read, and it ended with 0. What `out` has no room
 * for shows in its overflow. */
NODISCARD bool output_of(const struct output_order *order, struct buf *out, bool *ret_well,
    struct err *err);

#endif
