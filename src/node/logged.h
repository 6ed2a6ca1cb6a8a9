#ifndef NODE_LOGGED_H
#define NODE_LOGGED_H

#include "base/buf.h"

/*
 * logged -- a text as it stands in the log. Parts of it may come from strangers, and all of it
 * from a role that somebody has taken over: what acts on whoever shows it, and what is not
 * UTF-8, is '?'; further lines are indented, so that none is taken for a line of the log.
 */
void logged_put(struct buf *b, str text);

#endif
