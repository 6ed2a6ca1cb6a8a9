#ifndef AUTHORITY_AUTHORITY_H
#define AUTHORITY_AUTHORITY_H

#include "base/list.h"
#include "model/duty.h"

/*
 * authority -- may this principal do this, on that, now?
 *
 * Pure. The strictest answer over all rules; order never matters: allow < allow after
 * approval < deny. No grant, an unknown fact or an error is deny. A decision is data, and
 * every one can be explained.
 *
 * A rule is *about* a request when it is in force (from, until, its calendar), names the
 * action or its verb, covers the service, and is about who asks. Where a target host stands
 * in another environment than its service, a grant must cover both, any other rule needs to
 * cover one; where the service itself is the target, the same of it and all its hosts.
 *
 *	grant		applies when it is about the request, has the open incident it asks for
 *			and every parameter within its bounds. Where a bound compares with a
 *			live value that is not known, it grants nothing and its limits hold
 *	limit		and the limits of every grant that applies: all must have room
 *	approval	about the request and its `when` holds: so many people must agree
 *	prohibition	about the request: denied
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
 *	per_actor		those of who asks (of each in the chain), also those that others
 *				made on their behalf, on any service that the rule covers
 *	at_once			those held now on any service that the rule covers
 *	targets			different targets of the target's group, this one included,
 *				younger than the window; a percent of the group is rounded down
 *	keep_healthy		hosts of the group that are healthy now, without this target and
 *				those on which any use is held, must be so many; a percent is
 *				rounded up. Without hosts, or not known: denied
 *	spacing			the youngest use on the service must be as old
 *	not_beside		no use of these verbs and actions may be held on the service
 *
 * A service that is no longer known counts as covered, a target that is no longer known as
 * one of the group. The group of a host is the hosts of its service, role and environment.
 * Where the target is the service itself, it is all hosts of the service, and all of them
 * are touched: so no target is the way around a limit on targets.
 *
 * The chain: whoever asks, and all on whose behalf (an agent serves a person): each must be
 * allowed by itself, the strictest counts.
 *
 * What takes back (`undo`) is never harder than what it takes back: rules do not hold for
 * it; faults of the request, stop-all and hands-on do. That it is one, the core says.
 *
 * Break-glass lifts prohibitions, limits and approvals that say `liftable`, for the person
 * who broke it, alone: never with anybody else in the chain. It grants nothing. The limits
 * of grants stay.
 *
 * Whoever is on duty has a rotation of the team by what is written, or stands in for whoever
 * would: then that one is not. Who may stand in is decided where it is asked for (core).
 *
 * Approvals: the `need` different people whom `by` covers at this instant must have said
 * yes; never one of the chain, nor (not: reloader) who brought in the configuration in
 * force, nor who brought in the runbook that asks, as it is. Where nobody knows who either
 * was, one person more is needed.
 *
 * Hands-on: while a person holds a service, a request with automation or an agent in its
 * chain is denied.
 *
 * Names decide, not pointers: an action or service of an older configuration is looked
 * up by its name in the one that is judged by, so what was renamed or removed is denied.
 */
struct authority_request {
	str principal;      /* "automation", "person:ana", "agent:x", "local-admin" */
	struct strs behalf; /* the rest of the chain, written alike */
	const struct action *action;
	str action_name;               /* when action is NULL: unknown, denied by name */
	const struct service *service; /* whose target it is; NULL: denied */
	str service_name;              /* when service is NULL: unknown, said by name */
	/* A host of that service, or the service's own name. Empty is denied: nothing means
	 * nothing, never everything. */
	str target;
	/* How many the plan has that this is part of; 0 counts as 1, the service's own name as
	 * all its hosts at least. */
	uint32_t targets_n;
	/* NULL: none. Each must be declared by the action and be one of its values; one that
	 * is neither optional nor has a default must be there. */
	const struct pairs *params;
	bool incident_open; /* an open incident on that service asks for it */
	bool undo;          /* takes back what the same principal did, in time */
	msec wall;          /* schedules, ends */
	msec at;            /* windows of limits */
};

/* What the core knows about an earlier or present use. */
struct authority_use {
	msec at;   /* when reserved */
	bool held; /* not yet consumed: counts as "at once" */
	/* authority_uses: hashes of names, so that one is told from another without looking at
	 * either. Two names of one hash would count too much, never too little. */
	uint64_t service_hash, target_hash, verb_hash, action_hash;
	uint64_t words; /* a bit each for verb and action */
	struct link by_service, by_target, in_held;
	str service;
	str target;
	str action;
	str verb;
	str principal;
	struct strs
	    behalf; /* the rest of the chain; beyond BEHALF_MAX it is not looked at */
	struct authority_actor {
		struct link by_actor, by_actor_verb, by_actor_name;
		const struct authority_use *use;
		uint64_t hash; /* of who */
		msec at;       /* of the use */
	} actor;
	/* authority_chain_n of them, for those of `behalf`; most uses have none. */
	struct authority_actor *chain;
};

static inline size_t
authority_chain_n(size_t behalf_n)
{
	return behalf_n < BEHALF_MAX ? behalf_n : BEHALF_MAX;
}

/*
 * Uses, found by what limits ask for: a decision looks at those of its service, target and
 * chain, and at what is held, however many there are. Whoever keeps uses (the core) has the
 * memory: a use, its chain and its strings stay where they are while they are in here. To change one,
 * take it out and add it again.
 */
#define AUTHORITY_USES_BUCKETS 256 /* a power of two */
struct authority_bucket {
	struct link list; /* by `at`, the youngest last */
	/* None is younger; perhaps none as young any more. Most lists have nothing in a window,
	 * and then nothing of theirs is looked at. */
	msec youngest;
};
struct authority_uses {
	struct authority_bucket by_service[AUTHORITY_USES_BUCKETS],
	    by_target[AUTHORITY_USES_BUCKETS], by_actor[AUTHORITY_USES_BUCKETS],
	    by_actor_verb[AUTHORITY_USES_BUCKETS], by_actor_name[AUTHORITY_USES_BUCKETS],
	    held;
};
void authority_uses_init(struct authority_uses *uses);
void authority_uses_add(struct authority_uses *uses, struct authority_use *use);
void authority_uses_remove(struct authority_use *use);

/* A person said yes to exactly this request: whoever gives these facts has compared the
 * digest, and that it has not ended. */
struct authority_yes {
	str principal;
	msec wall; /* for people: that they may is asked of the instant of the decision */
};

#define AUTHORITY_REASONS_MAX 16

struct authority_facts {
	const struct authority_uses *uses; /* all that may still count; NULL: none */
	bool stopped;                      /* stop-all is in force: deny */
	str stopped_by;
	str stopped_why; /* a line, short; empty: not said */
	/* Live values of this action's parameters on this target: numbers as text. One that is
	 * absent is not known. */
	struct pairs observed;
	bool health_known;
	struct strs healthy; /* hosts of the target's group that are well */
	const struct authority_yes *yes;
	size_t yes_n;
	/* As principals ("person:ana"): */
	str hands_on_by; /* a person holds the service; empty: nobody */
	str glass_by;    /* a person broke the glass for this service; empty: nobody */
	/* All who did, for authority_who_can, which asks about each. */
	struct strs glass_all;
	str reloaded_by; /* who brought in the configuration in force; no person: not known */
	str runbook_by; /* who brought in the runbook that asks, alike; without one that too */
	struct records
	    callers; /* struct brought: the runbooks that called the one that asks */
	struct stand_ins over; /* who stands in for whom in rotations */
};

/* ---- decisions ---- */

/* The limit that a finding is about. */
enum bound {
	BOUND_NONE,
	BOUND_PER_SERVICE,
	BOUND_PER_TARGET,
	BOUND_PER_ACTOR,
	BOUND_TARGETS,
	BOUND_SPACING,
	BOUND_KEEP_HEALTHY,
	BOUND_NOT_BESIDE,
	BOUND_AT_ONCE,
};

/* What is wrong with the request itself, whatever the rules. */
enum wrong {
	WRONG_NOTHING,
	WRONG_STOPPED,
	WRONG_NOBODY, /* who asks is unknown */
	WRONG_CHAIN,
	WRONG_ACTION,
	WRONG_NO_SERVICE,
	WRONG_SERVICE,
	WRONG_NO_TARGET,
	WRONG_TARGET,
	WRONG_PARAM_ORDER, /* of those given; */
	WRONG_PARAM_UNDECLARED,
	WRONG_PARAM_VALUE,
	WRONG_PARAM_MISSING, /* of those declared */
	WRONG_HANDS_ON,
	WRONG_UNDO, /* none: rules do not hold */
};

/* One thing that a decision rests on. */
struct finding {
	enum reason_kind kind : 8;
	enum bound bound : 8; /* REASON_LIMIT: the one that is used up; REASON_GRANT: the
	                       * one with least room; REASON_UNKNOWN: the one that cannot
	                       * be told */
	enum wrong wrong : 8;
	bool may_change; /* a deny that what is not known yet may take away */
	uint32_t which;  /* of the chain, or of the params: which one it is about */
	const struct entry *entry;          /* its rule; NULL: none */
	const struct authority_use *beside; /* BOUND_NOT_BESIDE: what is under way */
	uint64_t value, limit;
	msec window_ms;
	msec free_at; /* wall; 0: not by itself */
	unsigned
	    lacks; /* REASON_NOT_NOW: what the nearest grant lacks. REASON_NO_GRANT: the
	                   * nearest is sought when it is explained */
	uint32_t touched; /* BOUND_TARGETS: hosts that this target stands for */
};

/*
 * What was decided, as data: what goes on needs nothing else. Words are made of it where
 * somebody reads them (authority_explain).
 */
struct authority_decision {
	enum verdict verdict;
	/* Denied by nothing but at_once and not_beside: when what is under way ends, it may be
	 * allowed. */
	bool only_at_once;
	bool hands_on;     /* denied by nothing but a person who holds the service */
	bool lacks_facts;  /* denied, and what authority_needs finds may change that */
	unsigned no_grant; /* a bit for each of the chain: REASON_NO_GRANT */
	/* VERDICT_AFTER_APPROVAL: */
	uint32_t yes_missing; /* at least so many more */
	msec expires_ms;      /* how long to wait for them: the least of the rules */
	msec free_at;         /* by when all limits have room; of those that say when */
	size_t n;             /* findings */
	size_t grants_n;      /* of them */
	size_t dropped;       /* the least important, for which there was no room */
	/* The deciding ones first, then by place; of the grants that apply two. */
	struct finding findings[AUTHORITY_REASONS_MAX];
};
#define AUTHORITY_APPROVERS_MAX 16

/* The same in words. */
struct authority_answer {
	/* As the findings; the last one counts what found no room. */
	struct reason *reasons;
	size_t reasons_n;
	/* What would help, read behind the first reason: "wait until then", "ask ana, who
	 * ..."; empty when allowed. */
	str forward;
	/* VERDICT_AFTER_APPROVAL: ids of people whose yes would count now, at most 16 */
	struct strs approvers;
	bool
	    too_few; /* of them, for one of the rules that ask: it cannot be approved now */
};

/* An index over a model's rules by verb and action. Remembers whose turn it was last: one
 * thread at a time. */
struct authority;

/* Address space that authority_new may take of its arena for this model. */
size_t authority_arena_bytes(const struct model *model);
struct authority *authority_new(const struct model *model, struct arena *arena);

/* Never fails: what goes wrong is deny. *ret points into the authority and to the names of
 * uses: read it while those stay. */
void authority_decide(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct authority_decision *ret);

/*
 * Why, and what would help: of the decision that the same request and facts came to. Uses
 * are not looked at again, so those may have changed. All of *ret is in the arena, the
 * authority or the model; in an arena that is full sentences are cut.
 */
void authority_explain(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    const struct authority_decision *decision, struct arena *arena,
    struct authority_answer *ret);

/* The verdict of authority_decide and nothing else. */
enum verdict authority_verdict(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts);

/* What a decision would ask for and does not know; whoever can asks, then decides. Only what
 * may change the answer: nothing for what is denied anyhow. In the arena or the model. */
struct authority_needs {
	const struct observe **observe;
	size_t observe_n;
	const struct host **health; /* the target's group: service->healthy of each */
	size_t health_n;
};
void authority_needs(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct arena *arena, struct authority_needs *ret);

/* Would this person's yes count for a request that waits for one, now? A sentence why not,
 * or empty. */
str authority_yes_refuses(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    str principal, struct arena *arena);

/* The longest window in which a use can still count: how long the core keeps it. */
msec authority_window_ms(const struct authority *authority);

/* Actions that the request's chain may do on its service right now, for people without a
 * runbook: judges the request for each action. Appends at most `max`, in the order of the
 * configuration; never one that is denied. Params are not judged, nor what holds for a
 * single target only. */
struct authority_can {
	const struct action *action;
	enum verdict verdict;
	str text; /* the deciding reason */
};
size_t authority_what_can(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct arena *arena, struct authority_can *ret, size_t max);

/*
 * Who may do this? Judges the request for automation, each agent that a rule names and each
 * person; appends at most `max`, none that is denied: automation, people by id, agents.
 */
struct authority_who {
	str principal;
	enum verdict verdict;
	str text; /* the deciding reason */
};
size_t authority_who_can(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct arena *arena, struct authority_who *ret, size_t max);

const char *rule_kind_word(enum rule_kind kind); /* "grant" */
/* Of some target of the service. */
bool rule_covers_service(const struct model *model, const struct rule *rule,
    const struct service *service);

/* Does the rule's principal cover who asks (written as in a request) at that instant, with
 * those who stand in for others? NULL: nobody does. */
bool principal_covers(const struct principal *principal, str asking,
    const struct stand_ins *over, msec wall);

#endif
