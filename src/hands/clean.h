#ifndef HANDS_CLEAN_H
#define HANDS_CLEAN_H

#include "base/arena.h"

/*
 * clean -- what the world said, made fit for records, terminals and mail.
 *
 * Valid UTF-8 without control characters, nor such as turn the direction of writing: what
 * is none becomes '?', so that escape sequences in the output of a command are inert
 * wherever it is shown.
 */

/* Newlines and tabs stay, a CR before a newline goes. At most `max` bytes, cut between
 * characters. Never longer than `in`. */
str clean_text(struct arena *arena, str in, size_t max);
/* For one line: newlines and tabs become blanks too. */
str clean_line(struct arena *arena, str in, size_t max);

/* Prefix that ends between characters and has at most `max` bytes. */
str clean_cut(str in, size_t max);

#endif
