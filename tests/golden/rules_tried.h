#ifndef RULES_TRIED_H
#define RULES_TRIED_H

#include "authority/analysing.h"
#include "base/buf.h"

/*
 * rules_tried -- what analyses ask about, written out: one sample a line, as what of it is
 * not as in the first.
 */

/* All that varies alone, and the first of those that are drawn. `plain`: what `firstline may`
 * can be given. */
void tried_samples(struct buf *out, const struct model *model, msec wall, str principal,
    const struct action *action, const struct service *service, bool plain);
/* Of each parameter, the values at the edges of rules. */
void tried_values(struct buf *out, const struct model *model, const struct action *action);
/* Moments at which two configurations may differ. The first `changed_n` rules of `after` are
 * those that are not in both. Of what did not change `shown_max` are written. */
void tried_moments(struct buf *out, const struct model *before, const struct model *after,
    size_t changed_n, msec wall, size_t shown_max);
/* Texts that a pattern and a `like` take, by each order of bytes. */
void tried_texts(struct buf *out, str pattern, str like);

#endif
