#ifndef CLI_CONFIRM_H
#define CLI_CONFIRM_H

#include <stdbool.h>

/*
 * confirm -- a yes at the terminal, after what it is for was shown.
 *
 * Whoever is no terminal is not asked, and says yes by naming what it saw instead.
 */
bool confirm_can(void);
/* "Permit it? [y/N] ": true for y and yes alone. */
bool confirm(const char *question);

#endif
