#include "engine/clock.h"

void
engine_clock_start(struct engine_clock *clock, msec last_at, msec last_wall, msec wall,
    msec boot)
{
	msec away = last_wall > 0 && wall > last_wall ? wall - last_wall : 0;
	if (away > CLOCK_JUMP_MAX)
		away = CLOCK_JUMP_MAX;
	/* Never 0: that means "not set" in rows. */
	*clock = (struct engine_clock){ .base = last_at + away + 1, .boot = boot };
	clock->last = clock->base;
}

msec
engine_clock_at(struct engine_clock *clock, msec boot)
{
	msec at = boot > clock->boot ? clock->base + (boot - clock->boot) : clock->base;
	if (at < clock->last)
		at = clock->last;
	clock->last = at;
	return at;
}
