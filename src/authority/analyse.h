#ifndef AUTHORITY_ANALYSE_H
#define AUTHORITY_ANALYSE_H

#include "authority/authority.h"

/*
 * analyse -- what is wrong with rules that can be read, before anything happens.
 *
 * Pure. Asks the same evaluator as every decision, of requests that it makes up from the
 * catalogue: principals, actions and verbs, services with their hosts, values at the edges
 * of every bound, the moments at which some rule, calendar or rotation changes. So each
 * finding has a counterexample that `firstline may` answers alike.
 *
 *	dead		a rule that is about no request that can be made, or is over
 *	shadowed	a rule without which every answer is the same: a grant beside others, a
 *			prohibition, limit or approval within one that is wider
 *	fit		a value, or two together, that a runbook can give parameters and no
 *			grant allows, on a host of each environment that the step acts in
 *	undo		an action whose undo is none of the configuration's, or needs what is
 *			not observed; a step of a runbook that nothing takes back is not one
 *	approvers	a moment within 8 weeks at which an approval could be asked for, and
 *			fewer than `need` others on duty could give it; one for more targets than
 *			any service has hosts
 *	separation	a person who could be both: requester and only approver; the only one
 *			who may act and the owner of the grant
 *	blast		how many targets one principal can reach in an hour, against what the
 *			service says it bears (`blast: 2` or `30%` in the catalogue); what
 *			acts on the service itself reaches them all
 *	freeze		during a prohibition's span: what of its scope is still allowed, and by
 *			whom; a freeze that forbids taking back what it leaves allowed
 *	ending		a grant that ends within 14 days, or an exception for developers; one that
 *			has ended is a mistake
 *	hole		a time within 12 weeks at which no tier of a team has anybody (a mistake),
 *			or none of a policy, or a rotation has nobody while another tier answers;
 *			hours of a policy or tier that do not come (a mistake)
 *	secret		one that is read from the environment, where others can read it too
 *	drill		a runbook that is to be drilled, and acts on the service itself
 *	limit		an action that no value of a parameter can be made up for
 *
 * Bounded: at most ANALYSE_DECISIONS_MAX decisions each; what was not looked at is a
 * finding too ("looked at 200,000 of 1,200,000 combinations").
 *
 * dead and shadowed are proofs: such a rule can be taken out, and no request gets another
 * verdict from then on. They do not find every such rule: what several others together
 * make superfluous is looked for by principal, action and service, not by value and time.
 */
enum found_kind {
	FOUND_DEAD = 1,
	FOUND_SHADOWED,
	FOUND_FIT,
	FOUND_UNDO,
	FOUND_APPROVERS,
	FOUND_SEPARATION,
	FOUND_BLAST,
	FOUND_FREEZE,
	FOUND_ENDING,
	FOUND_LIMIT, /* of the analysis itself */
	FOUND_HOLE,
	FOUND_SECRET,
	FOUND_DRILL,
	FOUND_OVERLAP,
};

struct found {
	enum found_kind kind;
	struct place place; /* of the rule, step or action */
	str text;           /* a sentence */
	str example;        /* the request, as on the command line: "firstline may ..." */
	str mend;           /* what to write instead */
	bool note;          /* good to know, nothing to mend */
	bool error;         /* a mistake: `check` fails */
};
#define ANALYSE_FOUND_MAX 200
#define ANALYSE_DECISIONS_MAX 200000

struct analysis {
	struct found *found; /* by place */
	size_t n;
	size_t dropped; /* over the maximum: only counted */
};

void authority_analyse(const struct model *model, msec wall, struct arena *arena,
    struct analysis *ret);

/*
 * What becomes possible and what no longer is, between two configurations: requests whose
 * verdict differs, one example for each (principal, action, service) and kind of change,
 * the widening ones first.
 *
 * Who asks is everybody alone, and each agent for each of the first people. It samples: that
 * nothing differs among what was asked is no proof that nothing does. A changed rule that
 * nothing of it met, a changed probe, and what a maximum cut off is told as `unseen`.
 *
 * Asks both about the same made-up requests: values and live values at the edges of the
 * rules that are not in both alike, moments at which they change, uses that fill their
 * limits. Where the catalogue differs too, of all rules.
 */
struct differs {
	enum verdict before, after;
	str request;        /* "firstline may ana restart-unit on checkout replicas=40" */
	str because;        /* the deciding reason of the newer answer */
	struct place place; /* of its rule, if any */
};
/* What was changed and could not be asked about, or was not. */
struct unseen {
	str text;
	struct place place; /* if any */
};
struct difference {
	struct differs *p;
	size_t n, dropped;
	struct unseen *unseen;
	size_t unseen_n, unseen_dropped;
	size_t looked_at, of; /* combinations of who, action and service */
	size_t decisions;     /* made, of both; at most ANALYSE_DECISIONS_MAX */
};
void authority_difference(const struct model *before, const struct model *after, msec wall,
    struct arena *arena, struct difference *ret);

const char *found_kind_name(enum found_kind kind);

#endif
