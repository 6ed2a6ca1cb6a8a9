/*
 * Shifts and gaps of a rotation.
 */
#include "model/duty.h"

bool
shift_next(struct shifts *shifts, struct turn *ret)
{
	if (shifts->at >= shifts->until)
		return false;
	struct turn turn = rotation_at(shifts->rotation, shifts->at);
	struct turn shift = { .person = turn.person, .from_wall = shifts->at };
	while (turn.person == shift.person && turn.until_wall < shifts->until) {
		ASSERT(turn.until_wall > shifts->at);
		shifts->at = turn.until_wall;
		turn = rotation_at(shifts->rotation, shifts->at);
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
	for (size_t i = 0; i < team->tier_n; i++) {
		const struct tier *tier = &team->tiers[i];
		if (tier->kind == TIER_ROTATION && tier->rotation == rotation)
			return (uint32_t)i + 1;
	}
	return 0;
}
