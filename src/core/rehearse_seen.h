#ifndef CORE_REHEARSE_SEEN_H
#define CORE_REHEARSE_SEEN_H

#include "facts/event.h"

/* The answer of a probe that a case writes down as text: see the file. Fills in what its
 * kind has; status and probe are the caller's. */
void rehearse_seen(enum probe_kind kind, str text, struct arena *arena,
    struct probe_result *ret);

#endif
