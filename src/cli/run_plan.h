#ifndef CLI_RUN_PLAN_H
#define CLI_RUN_PLAN_H

#include "cli/client.h"

/*
 * run_plan -- what a run would do, without doing it.
 *
 * EXIT_OK: nothing stands in the way of the path on which every check holds;
 * EXIT_REFUSED, EXIT_NEEDS_APPROVAL: a step of it would be refused, would ask people.
 */
struct plan_options {
	uint64_t incident;   /* 0: as if one were open on */
	const char *service; /* this */
	const char *as;      /* for whom it is judged; NULL: who asks */
};
int plan_show(struct client *client, const char *runbook, const struct plan_options *o,
    const struct pairs *inputs);

#endif
