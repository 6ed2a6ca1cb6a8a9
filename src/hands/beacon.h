#ifndef HANDS_BEACON_H
#define HANDS_BEACON_H

#include "hands/net.h"
#include "hands/tell.h"
#include "model/model.h"

/*
 * beacon -- pings `heartbeat_url` while all is well, so that somebody outside notices when
 * it no longer is.
 *
 * It has no timer: each ping is caused by the engine's word that it commits, and nothing
 * else makes one. At most one each time one is due, and one at a time; what is answered
 * decides nothing.
 */
#define BEACON_TIMEOUT_MS (20 * SECOND)
#define BEACON_SLACK_MS \
	(2 * SECOND) /* so much sooner it may be: the word comes by the second */

struct beacon;
struct beacon *beacon_new(struct net *net, const struct tell *tell);
void beacon_free(struct beacon *beacon); /* after net_free */

void beacon_adopt(struct beacon *beacon, const struct model *model);
/* The engine said that it commits. `delivers`: what is told to people gets out. */
void beacon_all_well(struct beacon *beacon, bool delivers, msec now_boot);

#endif
