#ifndef HANDS_JUDGE_H
#define HANDS_JUDGE_H

#include "authority/authority.h"
#include "facts/effect.h"

/*
 * judge -- may this order be carried out, by what is written down here?
 *
 * The second judgement, by hands' own reading of the newest configuration: the action is
 * one of it, with this verb and no longer a timeout; its request (kind, arguments and parts) filled with the order's values is
 * the order's; the runbook that it is a step of stands there as it did when the
 * run began; what it takes back can be taken back by it; and authority allows it now.
 *
 * What only the core knows comes with the order (`given`): for whom it is done, live
 * values, who is well, who said yes and when, whose broken glass lifts rules, that it is an
 * undo. What is counted (uses so far), stop-all and hands-on were the core's to judge: here
 * no use counts, nobody has anything in hand, and an order with an incident has an open one.
 *
 * Guards against stale configuration and wrong plans. It is not meant to survive a hostile
 * engine.
 */
struct order_refusal {
	str why; /* a sentence */
	/* What decided: a rule with its place, or "command", "runbook", ...: the same for
	 * the same cause. Empty where nothing is wrong with what was decided: the order names
	 * another configuration than this one, or it was allowed at the instant of its
	 * decision, and a freeze began or a grant ended since. */
	str judged;
};

/* False with *ret. The arena is used as scratch and for the texts. */
NODISCARD bool order_allowed(const struct model *model, const struct authority *authority,
    const struct attempt_order *order, msec wall, msec at, struct arena *arena,
    struct order_refusal *ret);

#endif
