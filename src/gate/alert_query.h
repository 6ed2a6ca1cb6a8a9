#ifndef GATE_ALERT_QUERY_H
#define GATE_ALERT_QUERY_H

#include "gate/state.h"
#include "intake/matchers.h"
#include "intake/needle.h"
#include "intake/tally.h"

/*
 * alert_query -- which alerts a request of /v1 asks for, as params of a request to the engine.
 *
 *	filter=severity="critical"   a matcher of Alertmanager's; may stand often
 *	state=active                 or held, or all
 *	text=disk full               each word stands in a value of its labels or annotations
 *	by=service                   groups: a label, up to eight times
 *
 * What is wrong is told with what to write instead. Reading is pure.
 */
#define ALERT_QUERY_LISTED_MAX 1000 /* alerts of a page */
struct alert_query {
	struct label_matchers filters; /* checked here, applied by the engine */
	struct pair param[LABEL_MATCHERS_MAX + TALLY_BY_MAX + 3];
	char name[LABEL_MATCHERS_MAX + TALLY_BY_MAX][10]; /* "by.0", "filter.00" and up */
	char first[4];
	size_t param_n, filter_n;
	uint64_t limit, cursor;
	char why[1024]; /* it is refused */
};

/* Into a zeroed query, which lives until alert_query_done, also where it is refused. Its texts
 * are the target's, or in the arena: room for as many bytes. */
NODISCARD bool alert_query_read(const struct target *target, bool groups,
    struct arena *arena, struct alert_query *query);
/* Of a request; false: it is answered. */
NODISCARD bool alert_query_take(struct call *call, bool groups, struct alert_query *query);
void alert_query_done(struct alert_query *query);

#endif
