#ifndef MODEL_MATCHER_H
#define MODEL_MATCHER_H

#include "model/model.h"

/* Gives back all regular expressions of a model (`regexes` of struct reader and of struct
 * model). They cannot be matched afterwards. */
void regex_release(struct regex *all);

/* Gives back what this thread kept for its matches; it may match again. */
void regex_thread_ends(void);

#endif
