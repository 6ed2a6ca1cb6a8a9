#ifndef RULES_BESIDE_H
#define RULES_BESIDE_H

#include "model/model.h"

/*
 * rules_beside -- what stands right behind the end of each list of a configuration, and is no
 * part of it: whatever looks one too far finds something that is named "beside".
 *
 * Two files more, of which beside_cut() takes away again what they add. It makes most of that
 * like the first of its list, and the rule forbids all, so that whoever looks at it has much
 * to say.
 */
extern const char beside_yaml[], beside_runbook[];
void beside_cut(struct model *model);

#endif
