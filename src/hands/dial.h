#ifndef HANDS_DIAL_H
#define HANDS_DIAL_H

#include <uv.h>

#include "base/err.h"
#include "base/str.h"

/*
 * dial -- a TCP connection to HOST:PORT, on the loop. No proxy.
 *
 * The addresses of a name are tried one after the other, each for its share of the time
 * that is left. That nobody listens is certain only where every address says so.
 */
struct dial;

struct dial_answer {
	int fd;       /* non-blocking, the caller's from now on; -1: none */
	bool refused; /* fd -1: for certain, nothing listens there */
	msec ms;      /* until this address answered; the name's lookup is not in it */
	str host;     /* as in `where`, without brackets */
	str error;    /* fd -1 and not refused: a sentence */
};
typedef void dial_done(void *ctx, const struct dial_answer *answer);

/* HOST:PORT or [V6]:PORT. */
NODISCARD bool dial_split(str where, str *ret_host, unsigned *ret_port);

/* `done` is called later, once; then the dial is gone. */
struct dial *dial_start(uv_loop_t *loop, str where, msec timeout_ms, dial_done *done,
    void *ctx, struct err *err);
void dial_drop(struct dial *dial); /* without calling `done`; NULL is allowed */

#endif
