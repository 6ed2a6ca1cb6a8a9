#ifndef HANDS_NOTICES_H
#define HANDS_NOTICES_H

#include "facts/effect.h"
#include "hands/net.h"
#include "hands/tell.h"
#include "model/model.h"

/*
 * notices -- telling people, by the channels of the newest configuration.
 *
 * One try for each order, one result for each try; the core decides about the next. A
 * result says `permanent` where another try could not help: an HTTP status of 400 to 499
 * but 408 and 429, an SMTP reply of 500 to 599, a channel or address that is not there.
 *
 * A channel whose provider is slow delays nobody else: each has at most
 * NOTICES_PER_CHANNEL_MAX tries out, its others wait in order. An order for a notice whose
 * try is out is not tried twice; one that was just delivered is only told again, so that a
 * restarted engine does not page people a second time.
 */
#define NOTICES_PER_CHANNEL_MAX CHANNEL_OUT_MAX
#define NOTICES_WAITING_MAX 4096 /* of one channel */
#define NOTICES_WAITING_BYTES_MAX ((size_t)16 << 20)
#define NOTICES_DELIVERED_KEPT 1024
#define NOTICES_FAILED_MAX 5 /* in a row, over all channels: then nothing gets out */

struct notices;
struct notices *notices_new(struct net *net, const struct tell *tell);
/* Tries that are out are dropped. Before net_free. */
void notices_free(struct notices *notices);

/* From now on these channels; it must outlive them. What is out goes on as it began. */
void notices_adopt(struct notices *notices, const struct model *model);
/* `bytes` is the order as it came: it is kept while the notice waits. */
void notices_send(struct notices *notices, const struct notice_order *order, str bytes);
/* The engine that ordered is gone: what waits will be ordered again. */
void notices_drop_waiting(struct notices *notices);
/* Not when so many tries failed in a row, the last of them within an hour. */
bool notices_get_out(const struct notices *notices, msec now_boot);
size_t notices_out(const struct notices *notices); /* tries that are out */

#endif
