#ifndef HANDS_PROBES_H
#define HANDS_PROBES_H

#include "facts/effect.h"
#include "hands/net.h"
#include "hands/spawner.h"
#include "hands/tell.h"

/*
 * probes -- questions to the world, and what was seen.
 *
 *	promql   GET URL/api/v1/query?query=..., read by promql.h; no proxy
 *	http     GET URL: the status and the first PROBE_VALUE_MAX bytes of the body, of
 *	         whatever status; status 0 where the connection was refused, for that is
 *	         an answer too; no redirect followed, no proxy
 *	run      a command by the spawner: exit code and output; it is ended with its
 *	         timeout, with this hands, and leaves nothing behind
 *	tcp      a connection: open, or refused, which is an answer too; what is said there
 *	dns      one question to a server: an empty answer and "no such name" are answers
 *	tls      a handshake: the certificate's days, and whether it is valid for the name
 *	log      the tail of a file below a folder that the newest configuration names
 *
 * Each probe is answered once, PROBE_FAILED with a sentence where it could not be asked.
 * At most PROBES_AT_ONCE_MAX are out, the others wait in order; a probe that is ordered
 * again while it is out or waits is not asked twice.
 */
#define PROBES_AT_ONCE_MAX 64
#define PROBES_WAITING_MAX 4096
#define PROBES_WAITING_BYTES_MAX ((size_t)16 << 20)
#define PROBE_TIMEOUT_MS_MAX (10 * MINUTE)

struct model;
struct probes;
struct probes *probes_new(uv_loop_t *loop, struct net *net, struct spawner *spawner,
    const struct tell *tell);
/* What is out is dropped unanswered. The loop must run once more. */
void probes_free(struct probes *probes);

/* `bytes` is the order as it came: it is kept while the probe waits. */
/* The newest configuration, which outlives its use here: until the next, or the end. */
void probes_adopt(struct probes *probes, const struct model *model);
void probes_ask(struct probes *probes, const struct probe_order *order, str bytes);
/* The engine that asked is gone: what waits will be asked for again. */
void probes_drop_waiting(struct probes *probes);
void probes_answered(struct probes *probes, const struct spawn_answer *answer);

#endif
