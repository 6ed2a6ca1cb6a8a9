#ifndef AUTHORITY_AUTHORITY_H
#define AUTHORITY_AUTHORITY_H

#include "model/model.h"

/*
 * authority -- may this principal do this, on that, now?
 *
 * Pure. The strictest answer over all rules; order never matters: allow < allow after
 * approval < deny. No grant, an unknown fact or an error is deny. Every decision
 * explains itself.
 *
 * A request names an action of the configuration. Rules that name its verb or its name
 * apply. Limits count uses (reservations held or consumed) of the actions that the same
 * rule covers, whoever made them.
 */
struct authority_request {
	str principal;       /* "automation", "person:ana", "agent:x", "local-admin" */
	const struct action *action;
	str action_name;     /* when action is NULL: unknown, denied by name */
	const struct service *service; /* NULL: denied */
	str target;          /* host or service name; empty is denied: nothing means nothing */
	const struct pairs *params;
	bool incident_open;  /* an open incident on that service asks for it */
	msec wall;           /* schedules, ends */
	msec at;             /* windows of limits */
};

/* What the core knows about earlier and present uses. */
struct authority_use {
	str service;
	str target;
	str action;
	str verb;
	msec at;       /* when reserved */
	bool held;     /* not yet consumed: counts as "at once" */
};

struct authority_facts {
	const struct authority_use *uses; /* all that may still count, any order */
	size_t uses_n;
	bool stopped; /* stop-all is in force: deny */
	str stopped_by;
};

struct authority_decision {
	enum verdict verdict;
	struct reason *reasons; /* the deciding ones first; at most AUTHORITY_REASONS_MAX */
	size_t reasons_n;
	str forward; /* "next slot at 14:07 UTC", "ask ana: she owns the grant", ... */
};
#define AUTHORITY_REASONS_MAX 16

struct authority; /* an index over a model's rules by verb and action */

struct authority *authority_new(const struct model *model, struct arena *arena);

/* Everything in *ret is in the arena or the model. Never fails: what goes wrong is deny. */
void authority_decide(const struct authority *authority, const struct authority_request *request,
    const struct authority_facts *facts, struct arena *arena, struct authority_decision *ret);

/* The longest window in which a use of this action on this service can still count:
 * how long the core keeps it. */
msec authority_window_ms(const struct authority *authority);

/* Actions a principal may do on a service right now, for people without a runbook.
 * Appends at most `max`; params are not judged. */
struct authority_can {
	const struct action *action;
	enum verdict verdict;
	str text; /* the deciding reason */
};
size_t authority_what_can(const struct authority *authority, str principal,
    const struct service *service, bool incident_open, msec wall, msec at,
    const struct authority_facts *facts, struct arena *arena, struct authority_can *ret,
    size_t max);

/* Is this person (an id) covered by that principal now? */
bool principal_covers(const struct principal *principal, str asking, msec wall);

#endif
