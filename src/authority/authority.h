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
 * A request names an action of the configuration. Rules that name its verb or its name,
 * and whose `on` covers the service, are held against it. A grant *applies* when it is
 * also for the principal, has begun and not ended, and has the open incident it asks for.
 * A prohibition applies whoever asks. Where a target host stands in another environment
 * than its service, a grant must cover both and a prohibition needs to cover one.
 *
 * Limits add up: every grant that applies must have room, not just one of them. With
 *
 *	- {grant: restart anything, to: [automation], within: {per_service: 3 in 1h}, ...}
 *	- {grant: restart tier 2,   to: [automation], within: {per_service: 10 in 1h}, ...}
 *
 * automation restarts a tier 2 service 3 times an hour, although the second grant alone
 * would allow 10; so a wide grant with a limit is a ceiling. Consequence: taking away a
 * grant that is used up can widen what is left, by exactly the limits it carried.
 *
 * Limits count uses (reservations held or consumed) of the actions that the same rule
 * names, whoever made them:
 *	per_service, per_target	those on this service, on this target, younger than the
 *				window; a use exactly as old as the window counts no more
 *	at_once			those held now on any service that the rule covers (a service
 *				that is no longer known counts)
 *
 * Names decide, not pointers: an action or service of an older configuration is looked
 * up by its name in the one that is judged by, so what was renamed or removed is denied.
 */
struct authority_request {
	str principal; /* "automation", "person:ana", "agent:x", "local-admin" */
	const struct action *action;
	str action_name;               /* when action is NULL: unknown, denied by name */
	const struct service *service; /* whose target it is; NULL: denied */
	/* A host of that service, or the service's own name. Empty is denied: nothing means
	 * nothing, never everything. */
	str target;
	/* NULL: none. Each must be declared by the action and be one of its values; one that
	 * is neither optional nor has a default must be there. */
	const struct pairs *params;
	bool incident_open; /* an open incident on that service asks for it */
	msec wall;          /* schedules, ends */
	msec at;            /* windows of limits */
};

/* What the core knows about earlier and present uses. */
struct authority_use {
	str service;
	str target;
	str action;
	str verb;
	msec at;   /* when reserved */
	bool held; /* not yet consumed: counts as "at once" */
};

struct authority_facts {
	const struct authority_use *uses; /* all that may still count, any order */
	size_t uses_n;
	bool stopped; /* stop-all is in force: deny */
	str stopped_by;
	str stopped_why; /* a line, short; empty: not said */
};

struct authority_decision {
	enum verdict verdict;
	/* The deciding ones first, then by place; at most AUTHORITY_REASONS_MAX, of which
	 * the last one counts what found no room. */
	struct reason *reasons;
	size_t reasons_n;
	/* Denied by nothing but at_once limits: when what is under way ends, it may be allowed. */
	bool only_at_once;
	str forward; /* "next slot at 14:07 UTC", "ask ana, who ..."; empty when allowed */
};
#define AUTHORITY_REASONS_MAX 16

struct authority; /* an index over a model's rules by verb and action */

/* Address space that authority_new may take of its arena for this model. */
size_t authority_arena_bytes(const struct model *model);
struct authority *authority_new(const struct model *model, struct arena *arena);

/* Everything in *ret is in the arena or the model. Never fails: what goes wrong is deny;
 * in an arena that is full the sentences are cut, never the verdict. */
void authority_decide(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct arena *arena, struct authority_decision *ret);

/* The longest window in which a use can still count: how long the core keeps it. */
msec authority_window_ms(const struct authority *authority);

/* Actions a principal may do on a service right now, for people without a runbook.
 * Appends at most `max`, in the order of the configuration; never one that is denied.
 * Params are not judged, nor what holds for a single target only. */
struct authority_can {
	const struct action *action;
	enum verdict verdict;
	str text; /* the deciding reason */
};
size_t authority_what_can(const struct authority *authority, str principal,
    const struct service *service, bool incident_open, msec wall, msec at,
    const struct authority_facts *facts, struct arena *arena, struct authority_can *ret,
    size_t max);

/* Does the rule's principal cover who asks (written as in a request) at that instant? */
bool principal_covers(const struct principal *principal, str asking, msec wall);

#endif
