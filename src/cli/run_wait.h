#ifndef CLI_RUN_WAIT_H
#define CLI_RUN_WAIT_H

#include "cli/client.h"
#include "facts/row.h"

/*
 * Look at the incident until the attempt (0: its newest run) is over or `timeout` has passed,
 * and say how it ended. EXIT_OK: it did what it should, or a check said there was no need;
 * EXIT_FAILED, EXIT_REFUSED, EXIT_IN_DOUBT, EXIT_TIMEOUT (it goes on).
 */
int await_run(struct client *client, uint64_t incident, row_id attempt, msec timeout);

#endif
