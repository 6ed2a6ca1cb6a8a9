#ifndef OS_ENV_H
#define OS_ENV_H

#include <stddef.h>

/* env -- the only reader of the environment. NULL when unset or empty. */
const char *env_get(const char *name);

/* What a program needs to run at all: its paths, its language, its time zone, its
 * libraries' own. For a child that is to hold no secret which stands in the rest. The
 * variables are ours; the list ends with a NULL. */
#define ENV_PLAIN_MAX 64
void env_plain(char *ret[ENV_PLAIN_MAX + 1]);

/* Nothing of it stays, also where the kernel shows it to others (/proc/PID/environ). */
void env_wipe(void);

#endif
