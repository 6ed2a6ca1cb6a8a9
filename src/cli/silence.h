#ifndef CLI_SILENCE_H
#define CLI_SILENCE_H

#include "cli/view.h"

/*
 * silence -- what the commands of `firstline silence` share.
 */

/* All that the server keeps, in its order: active, pending, expired. */
int silences_get(struct client *client, str *ret_body, struct records *ret);
/* The one whose id begins with that; complains when there is none, or more than one. */
int silence_named(struct client *client, const char *id, struct silence_row *ret);
/* Matchers as they are typed, each an argument; a word alone is the name of an alert. Complains;
 * the arena needs room for all of them three times. */
NODISCARD bool silence_matchers_take(struct arena *arena, int argc, char **argv,
    struct silence_row *row);
/* job="db", instance=~"a-.*": read again, it is the same. */
str silence_matchers_text(struct arena *arena, const struct silence_row *row);
/* "active, 2h 3m left", "pending, starts in 5m", "expired 2h ago" */
str silence_when(struct out *out, const struct silence_row *row);

extern const struct command_line command_silence_add, command_silence_update,
    command_silence_import;

#endif
