#ifndef CLI_JOURNAL_H
#define CLI_JOURNAL_H

#include "base/buf.h"
#include "cli/cli.h"
#include "facts/effect.h"

/* What is said of the journal in more than one command. */
#define STORE_DEFAULT "sqlite:firstline.db"

/* {"seq":1,"hash":"...","steps":[...]} without a line end. */
void entry_json(struct buf *json, const struct entry *entry, const hash32 *hash);

extern const struct command_line command_journal_checkpoint, command_journal_prove;

#endif
