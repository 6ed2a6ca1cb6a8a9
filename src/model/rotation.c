/*
 * Whose turn it is.
 *
 * Turn k of a layer begins when clocks of its zone show the handover time on civil day
 * anchor + k * days, and ends where turn k + 1 begins: so every instant lies in exactly one
 * turn, whatever the zone's clocks jump. A turn over such a jump is an hour longer or
 * shorter. Hours and holidays cut turns, and never move them.
 */
#include "model/model.h"

/* Zones know the years until 9999, and the turn after the one asked for must begin in them:
 * later instants are in the turn of this year's first day. */
#define YEAR_MAX 9998
#define CUTS_MAX 4096 /* of one turn by hours, holidays and other layers */
#define HOLE_LOOK_MS (8 * DAY)

static int64_t
floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;
	return a % b < 0 ? q - 1 : q;
}

/* The instant, in seconds since 1970, at which turn k begins. */
static int64_t
turn_start(const struct layer *layer, int64_t k)
{
	struct civil local = {
		.hour = layer->handover_minute / 60,
		.minute = layer->handover_minute % 60,
	};
	int64_t days = layer->anchor_days + k * (int64_t)layer->days;
	civil_from_days(days, &local.year, &local.month, &local.day);
	return zone_instant(layer->zone, &local, ZONE_START);
}

static msec
wall_of(int64_t seconds)
{
	return seconds > 0 ? (msec)seconds * SECOND : 0;
}

/* Whose turn of this layer it is, whatever its hours. */
static struct turn
layer_turn(const struct layer *layer, msec wall)
{
	ASSERT(layer->people_n > 0);
	ASSERT(layer->days > 0);

	int64_t last = civil_days(YEAR_MAX, 1, 1) * (int64_t)(DAY / SECOND);
	int64_t now = wall / SECOND < (msec)last ? (int64_t)(wall / SECOND) : last;
	struct civil local = zone_civil(layer->zone, now);
	int64_t today = civil_days(local.year, local.month, local.day);
	int64_t k = floor_div(today - layer->anchor_days, (int64_t)layer->days);
	while (turn_start(layer, k) > now)
		k--;
	while (turn_start(layer, k + 1) <= now)
		k++;

	int64_t people_n = (int64_t)layer->people_n;
	return (struct turn){
		.person = layer->people[k - floor_div(k, people_n) * people_n],
		.from_wall = wall_of(turn_start(layer, k)),
		.until_wall = wall_of(turn_start(layer, k + 1)),
	};
}

/* Who has it, and until when at least. */
static struct turn
turn_until(const struct rotation *rotation, msec wall)
{
	struct turn ret = { .until_wall = UINT64_MAX };
	for (size_t i = rotation->layers_n; i-- > 0 && ret.person == NULL;) {
		const struct layer *layer = &rotation->layers[i];
		msec until = window_until(&layer->when, wall);
		if (until < ret.until_wall)
			ret.until_wall = until;
		if (!window_has(&layer->when, wall))
			continue;
		struct turn turn = layer_turn(layer, wall);
		ret.person = turn.person;
		ret.from_wall = turn.from_wall;
		if (turn.until_wall < ret.until_wall)
			ret.until_wall = turn.until_wall;
	}
	return ret;
}

static bool
is_plain(const struct rotation *rotation)
{
	const struct layer *only = &rotation->layers[0];
	return rotation->layers_n == 1 && only->when.only == NULL &&
	       only->when.except == NULL;
}

struct turn
rotation_at(const struct rotation *rotation, msec wall)
{
	if (rotation->layers_n == 0)
		return (struct turn){ .until_wall = UINT64_MAX };
	struct turn ret = turn_until(rotation, wall);
	if (is_plain(rotation))
		return ret;
	/* From the turn's beginning on, over what cuts it. */
	msec at = ret.from_wall;
	if (ret.person == NULL)
		at = wall > HOLE_LOOK_MS ? wall - HOLE_LOOK_MS : 0;
	ret.from_wall = wall;
	for (size_t i = 0; i < CUTS_MAX && at <= wall; i++) {
		struct turn turn = turn_until(rotation, at);
		if (turn.until_wall > wall) {
			ret.from_wall = at;
			break;
		}
		at = turn.until_wall;
	}
	return ret;
}
