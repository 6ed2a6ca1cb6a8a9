#ifndef MODEL_DUTY_H
#define MODEL_DUTY_H

#include "model/model.h"

/*
 * duty -- a rotation as people read it: shift after shift, and the gaps between them.
 *
 * A shift lasts for as long as the same person has the rotation without a break, over
 * however many turns, layers and overrides. Where nobody has it there is a gap, which is a
 * shift of nobody: together they are every instant of the span, each once.
 */
#define DUTY_WEEKS 12 /* that a schedule is looked at ahead */
#define DUTY_AHEAD_MS (DUTY_WEEKS * 7 * DAY)

struct shifts {
	const struct rotation *rotation;
	msec at, until; /* what is left of the span */
};

/* The next one, cut to the span; false: there is none left. */
bool shift_next(struct shifts *shifts, struct turn *ret);

/* On which tier of the team the rotation is told, from 1; 0: on none. */
uint32_t duty_tier(const struct team *team, const struct rotation *rotation);

#endif
