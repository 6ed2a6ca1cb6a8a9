#ifndef HANDS_HANDOFF_FILE_H
#define HANDS_HANDOFF_FILE_H

#include "facts/effect.h"
#include "hands/tell.h"

/*
 * handoff_file -- a case file as STATE/handoffs/INCIDENT-HANDOFF.md, durable before it is
 * told; `filed` is its path below the state folder. Ordered again, it is written again.
 */
void handoff_file(int handoffs_fd, const struct handoff_order *order,
    const struct tell *tell);

#endif
