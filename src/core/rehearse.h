#ifndef CORE_REHEARSE_H
#define CORE_REHEARSE_H

#include "model/rehearsal.h"

/*
 * rehearse -- plays the cases beside a runbook through the real core, under simulated time.
 *
 * Each case has a core of its own, fed with what the case says of the world; nothing of
 * what it wants done leaves here. What is not as expected is a mistake at the place where
 * it was expected, with what happened instead.
 *
 * A case ends with its run, or is given up as a mistake after REHEARSAL_STEPS_MAX steps of
 * the core or REHEARSAL_MS_MAX of its time.
 */
#define REHEARSAL_STEPS_MAX 20000u
#define REHEARSAL_MS_MAX (30 * DAY)

/* `now`: when a case begins that does not say. True: all is as expected. */
bool rehearse(const struct model *model, const struct rehearsal *rehearsal, msec now,
    struct arena *arena, struct diags *diags);

#endif
