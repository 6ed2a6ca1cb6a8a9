#ifndef MODEL_MATCHER_H
#define MODEL_MATCHER_H

#include "model/model.h"

/* Gives back the machine code of all regular expressions of a model (struct reader's or
 * struct model's `regexes`). They cannot be matched afterwards. */
void regex_release(struct regex *all);

#endif
