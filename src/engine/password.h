#ifndef ENGINE_PASSWORD_H
#define ENGINE_PASSWORD_H

#include "base/str.h"

/*
 * password -- may that become somebody's password?
 *
 * Any characters, so many of them, and not what everybody tries first. There is no list of
 * passwords that leaked: what stands at the top of each such list is made of a few words,
 * rows of keys, counting and saying the same again. Of those nothing counts, and enough else
 * must be left. Pure; folded as to ASCII letters and the digits that stand for them.
 */
#define PASSWORD_CHARS_MIN 12
#define PASSWORD_CHARS_MAX 128
#define PASSWORD_OWN_MIN 8 /* characters that are nothing of the kind */

/* NULL, or why not, to be told. `person` is the name by which they sign in. Limit:
 * PASSWORD_BYTES_MAX. */
const char *password_fault(str password, str person);

#endif
