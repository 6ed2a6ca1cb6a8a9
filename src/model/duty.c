/*
 * Who has a rotation, with stand-ins; its shifts and gaps.
 */
#include "model/duty.h"

#include "model/policy.h"

static bool
is_about(const struct stand_in *s, const struct team *team, const struct rotation *rotation)
{
	return str_eq(s->team, team->name) &&
	       (s->rotation.n == 0 || str_eq(s->rotation, rotation->name));
}

str
duty_of(const struct team *team, const struct rotation *rotation,
    const struct stand_ins *over, str turn, msec wall)
{
	for (size_t i = 0; over != NULL && i < over->n; i++) {
		const struct stand_in *s = &over->p[i];
		if (wall >= s->from_wall && wall < s->until_wall &&
		    is_about(s, team, rotation) &&
		    (s->instead.n == 0 || str_eq(s->instead, turn)))
			turn = s->person;
	}
	return turn;
}

struct turn
duty_at(const struct model *model, const struct team *team, const struct rotation *rotation,
    const struct stand_ins *over, msec wall)
{
	struct turn turn = rotation_at(rotation, wall);
	str written = turn.person != NULL ? turn.person->id : (str){ 0 };
	str has = duty_of(team, rotation, over, written, wall);
	if (!str_eq(has, written)) {
		const struct person *person = model_person(model, has);
		turn.person = person != NULL ? person : turn.person;
	}
	/* Cut where any begins or ends, though that need not change it. */
	for (size_t i = 0; over != NULL && i < over->n; i++) {
		const struct stand_in *s = &over->p[i];
		if (!is_about(s, team, rotation))
			continue;
		const msec edges[] = { s->from_wall, s->until_wall };
		for (size_t k = 0; k < countof(edges); k++) {
			if (edges[k] > wall && edges[k] < turn.until_wall)
				turn.until_wall = edges[k];
			if (edges[k] <= wall && edges[k] > turn.from_wall)
				turn.from_wall = edges[k];
		}
	}
	return turn;
}

static struct turn
turn_of(const struct shifts *s)
{
	return duty_at(s->model, s->team, s->rotation, s->over, s->at);
}

bool
shift_next(struct shifts *shifts, struct turn *ret)
{
	if (shifts->at >= shifts->until)
		return false;
	struct turn turn = turn_of(shifts);
	struct turn shift = { .person = turn.person, .from_wall = shifts->at };
	while (turn.person == shift.person && turn.until_wall < shifts->until) {
		ASSERT(turn.until_wall > shifts->at);
		shifts->at = turn.until_wall;
		turn = turn_of(shifts);
	}
	if (turn.person == shift.person)
		shifts->at = shifts->until;
	shift.until_wall = shifts->at;
	*ret = shift;
	return true;
}

uint32_t
duty_tier(const struct team *team, const struct rotation *rotation)
{
	/* That of `escalate` first, which is for everything. */
	for (size_t p = team->policies_n; p-- > 0;) {
		const struct policy *policy = &team->policies[p];
		for (size_t i = 0; i < policy->tier_n; i++) {
			const struct tier *tier = &policy->tiers[i];
			if (tier->kind == TIER_ROTATION && tier->rotation == rotation)
				return (uint32_t)i + 1;
		}
	}
	return 0;
}

bool
duty_member(const struct team *team, str person)
{
	if (team->lead != NULL && str_eq(team->lead->id, person))
		return true;
	for (size_t i = 0; i < team->rotation_n; i++) {
		const struct rotation *rotation = &team->rotations[i];
		for (size_t k = 0; k < rotation->people_n - rotation->guests_n; k++) {
			if (str_eq(rotation->people[k]->id, person))
				return true;
		}
	}
	return false;
}

str
duty_zone(const struct team *team, const struct rotation *rotation)
{
	return zone_name(rotation->layers_n > 0 ? rotation->layers[0].zone : team->zone);
}
