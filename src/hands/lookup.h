#ifndef HANDS_LOOKUP_H
#define HANDS_LOOKUP_H

#include <sys/socket.h>
#include <uv.h>

#include "base/err.h"
#include "base/str.h"

/*
 * lookup -- names asked of /etc/hosts and DNS by c-ares, on the loop: nothing waits, and
 * no thread is held by a server that does not answer.
 *
 * One lookup has a channel of its own: a changed /etc/resolv.conf is noticed, and every
 * question leaves from a port of its own. It has no deadline beyond c-ares' tries: whoever
 * asks has one, and drops it.
 */
struct lookup;
#define LOOKUP_ADDRESSES_MAX 8
#define LOOKUP_TRIES 3
#define LOOKUP_TRY_MS (2 * SECOND) /* the first; each further one waits longer */

/* Holds during the call of `done` only. */
struct lookup_answer {
	bool ok;
	const struct sockaddr_storage *addresses; /* of lookup_addresses */
	size_t n;
	str message; /* of lookup_query: as it came; RCODE is 0 or 3 */
	str error;   /* not ok: a sentence */
};
typedef void lookup_done(void *ctx, const struct lookup_answer *answer);

/* `done` is called later, once; then the lookup is gone. A host may be an address. NULL
 * with err where c-ares does not start. */
struct lookup *lookup_addresses(uv_loop_t *loop, str host, unsigned port, lookup_done *done,
    void *ctx, struct err *err);
/* `type` is DNS' own number. `server` is ADDRESS[:PORT], empty: those of the system. */
struct lookup *lookup_query(uv_loop_t *loop, str server, str name, int type,
    lookup_done *done, void *ctx, struct err *err);
void lookup_drop(struct lookup *lookup); /* without calling `done` */

#endif
