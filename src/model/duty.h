#ifndef MODEL_DUTY_H
#define MODEL_DUTY_H

#include "facts/override.h"
#include "model/model.h"

/*
 * duty -- who has a rotation, with those who stand in for others; shift after shift, and the
 * gaps between them.
 *
 * What is written (rotation.c) says whose turn it is; stand-ins, which are facts, change
 * that in their order: each takes it from whoever would have it by then, or from the one
 * whom it names. One that names nobody of this team or rotation changes nothing.
 *
 * A shift lasts for as long as the same person has the rotation without a break, over
 * however many turns, layers and overrides. Where nobody has it there is a gap, which is a
 * shift of nobody: together they are every instant of the span, each once.
 */
#define DUTY_WEEKS 12 /* that a schedule is looked at ahead */
#define DUTY_AHEAD_MS (DUTY_WEEKS * 7 * DAY)

struct stand_ins {
	const struct stand_in *p;
	size_t n;
};

/* Who has it then, in the place of `turn` (empty: nobody): a person's id, or empty. NULL:
 * nobody stands in. */
str duty_of(const struct team *team, const struct rotation *rotation,
    const struct stand_ins *over, str turn, msec wall);
/* The same as rotation_at, with them. Who is not in the model stands in for nobody. */
struct turn duty_at(const struct model *model, const struct team *team,
    const struct rotation *rotation, const struct stand_ins *over, msec wall);

struct shifts {
	const struct model *model;
	const struct team *team;
	const struct rotation *rotation;
	const struct stand_ins *over; /* NULL: none */
	msec at, until;               /* what is left of the span */
};

/* The next one, cut to the span; false: there is none left. */
bool shift_next(struct shifts *shifts, struct turn *ret);

/* Is this person in any of the team's rotations, or its lead? Whenever that is; an override,
 * written or asked for, makes nobody a member. */
bool duty_member(const struct team *team, str person);

/* On which tier of the team the rotation is told, from 1; 0: on none, of no policy. */
uint32_t duty_tier(const struct team *team, const struct rotation *rotation);

/* In whose time its turns change: of its layers the first's. */
str duty_zone(const struct team *team, const struct rotation *rotation);

#endif
