/*
 * Whose week it is.
 *
 * Turn k begins when clocks of the zone show the handover time on civil day anchor + k *
 * weeks * 7, and ends where turn k + 1 begins: so every instant lies in exactly one turn,
 * whatever the zone's clocks jump. A turn over such a jump is an hour longer or shorter.
 */
#include "model/model.h"

/* Zones know the years until 9999, and the turn after the one asked for must begin in them:
 * later instants are in the turn of this year's first day. */
#define YEAR_MAX 9998

static int64_t
floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;
	return a % b < 0 ? q - 1 : q;
}

/* The instant, in seconds since 1970, at which turn k begins. */
static int64_t
turn_start(const struct rotation *rotation, const struct zone *zone, int64_t k)
{
	struct civil local = {
		.hour = rotation->handover_minute / 60,
		.minute = rotation->handover_minute % 60,
	};
	int64_t days = rotation->anchor_days + k * 7 * (int64_t)rotation->weeks;
	civil_from_days(days, &local.year, &local.month, &local.day);
	return zone_instant(zone, &local, ZONE_START);
}

static msec
wall_of(int64_t seconds)
{
	return seconds > 0 ? (msec)seconds * SECOND : 0;
}

struct turn
rotation_at(const struct rotation *rotation, const struct zone *zone, msec wall)
{
	ASSERT(rotation->people_n > 0);
	ASSERT(rotation->weeks > 0);

	int64_t last = civil_days(YEAR_MAX, 1, 1) * (int64_t)(DAY / SECOND);
	int64_t now = wall / SECOND < (msec)last ? (int64_t)(wall / SECOND) : last;
	struct civil local = zone_civil(zone, now);
	int64_t today = civil_days(local.year, local.month, local.day);
	int64_t k = floor_div(today - rotation->anchor_days, 7 * (int64_t)rotation->weeks);
	while (turn_start(rotation, zone, k) > now)
		k--;
	while (turn_start(rotation, zone, k + 1) <= now)
		k++;

	int64_t people_n = (int64_t)rotation->people_n;
	return (struct turn){
		.person = rotation->people[k - floor_div(k, people_n) * people_n],
		.from_wall = wall_of(turn_start(rotation, zone, k)),
		.until_wall = wall_of(turn_start(rotation, zone, k + 1)),
	};
}
