#ifndef CLI_RUN_WAIT_H
#define CLI_RUN_WAIT_H

#include "cli/client.h"
#include "facts/row.h"

/*
 * run_wait -- how what was asked for goes on, as an exit code for scripts.
 */
struct awaiting {
	bool
	    wait; /* until it is over; else until it is allowed, refused or waits for people */
	msec timeout_ms;
};
#define AWAIT_DEFAULT_MS (10 * MINUTE)
#define AWAIT_HELP                                                                      \
	"  --wait             until it is over, also for an approval: exits 0 when it " \
	"did\n"                                                                         \
	"                     what it should, 1 when not, 5 refused, 6 still waits "    \
	"for\n"                                                                         \
	"                     approval, 7 in doubt, 8 not over in time\n"               \
	"  --timeout LENGTH   how long to wait (default 10m)\n"

/*
 * `body` is the answer to what asks for an action: the attempt, or what waits first. Looks
 * at what waits until it is decided, and says what became of it. EXIT_OK, EXIT_REFUSED,
 * EXIT_NEEDS_APPROVAL (it waits for people, who are named), EXIT_TIMEOUT (nobody answered in
 * time, or it goes on), EXIT_CONFLICT (it is void).
 */
int await_action(struct client *client, str body, const struct awaiting *awaiting);

/*
 * Look at the incident until the attempt (0: its newest run) is over or `timeout` has passed,
 * and say how it ended. EXIT_OK: it did what it should, or a check said there was no need;
 * EXIT_FAILED, EXIT_REFUSED, EXIT_IN_DOUBT, EXIT_TIMEOUT (it goes on).
 */
int await_run(struct client *client, uint64_t incident, row_id attempt, msec timeout);

#endif
