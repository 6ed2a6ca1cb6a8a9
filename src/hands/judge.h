#ifndef HANDS_JUDGE_H
#define HANDS_JUDGE_H

#include "authority/authority.h"
#include "facts/effect.h"

/*
 * judge -- may this order be carried out, by what is written down here?
 *
 * The second judgement, by hands' own reading of the newest configuration: the action is
 * one of it, its command filled with the order's values is the order's command, and
 * authority allows it now. What only the core knows (uses so far, stop-all) came with its
 * own decision; here no use counts, and an order with an incident has an open one.
 *
 * Guards against stale configuration and wrong plans. It is not meant to survive a hostile
 * engine.
 */

/* False with a sentence in *ret_why. The arena is used as scratch and for the sentence. */
NODISCARD bool order_allowed(const struct model *model, const struct authority *authority,
    const struct attempt_order *order, msec wall, msec at, struct arena *arena,
    str *ret_why);

#endif
