#ifndef ENGINE_CLOCK_H
#define ENGINE_CLOCK_H

#include "base/base.h"

/*
 * engine clock -- `at`: drives timers, never runs backwards, goes on over restarts.
 *
 * at = base + boot time since start. After a start the base is the last `at` committed
 * plus the wall clock's difference since, clamped to 0..24 h: a wrong wall clock can
 * delay or hasten by a day at most, once.
 */
struct engine_clock {
	msec base;
	msec boot;
	msec last;
};
#define CLOCK_JUMP_MAX (24 * HOUR)

void engine_clock_start(struct engine_clock *clock, msec last_at, msec last_wall, msec wall,
    msec boot);
msec engine_clock_at(struct engine_clock *clock, msec boot);

#endif
