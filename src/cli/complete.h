#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include "cli/cli.h"

/*
 * complete -- what could come next on a command line, for shells.
 *
 * `firstline complete WORD... LAST` (after "firstline"; LAST is what is being typed, maybe
 * empty) prints one "CANDIDATE<tab>DESCRIPTION" a line: commands, a page's options, and
 * numbers or names that the server knows now. A server that does not answer adds nothing.
 * The scripts that `firstline completion SHELL` prints call it, so they never grow old.
 */
int complete_main(const struct command_line *root, int argc, char **argv);

#endif
