#ifndef HANDS_CEILING_H
#define HANDS_CEILING_H

#include "base/err.h"
#include "base/str.h"

/*
 * ceiling -- how many attempts may start on one target in an hour, whatever is ordered.
 *
 * The last guard against a loop in the plans or a wrong policy: independent of the engine's
 * limits, known to nobody else. Counted from STATE/attempts/spawns, a line for each claim,
 *
 *	1795456684403 web-1
 *
 * (wall clock, target), so that a restart does not forget it. What is older than an hour is
 * left out when the file is read; a line that cannot be read counts for nothing.
 */
#define CEILING_PER_TARGET 60
#define CEILING_MS HOUR
#define CEILING_TARGETS_MAX 4096 /* starts remembered at once, over all targets */
#define CEILING_FILE "spawns"
#define CEILING_FILE_MAX (1u << 20)

struct ceiling;

/* Reads the file and rewrites it; where it cannot be written, the first count does, and
 * nothing starts until one can. `boot` is the present moment on the boot clock, which is
 * what is counted by: the wall clock may jump. */
NODISCARD struct ceiling *ceiling_open(int attempts_fd, msec wall, msec boot,
    struct err *err);
void ceiling_close(struct ceiling *ceiling);

/* False: this target has had its share, or too many have. */
bool ceiling_allows(const struct ceiling *ceiling, str target, msec boot);
/* Before the claim. ERR when it cannot be written down: then nothing must start. */
NODISCARD bool ceiling_count(struct ceiling *ceiling, str target, msec wall, msec boot,
    struct err *err);

#endif
