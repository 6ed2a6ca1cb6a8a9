#ifndef CLI_JOURNAL_H
#define CLI_JOURNAL_H

#include "base/buf.h"
#include "cli/cli.h"
#include "facts/effect.h"
#include "store/checkpoint.h"

/* What is said of the journal in more than one command. */
#define STORE_DEFAULT "sqlite:firstline.db"

/* {"seq":1,"hash":"...","steps":[...]} without a line end. */
void entry_json(struct buf *json, const struct entry *entry, const hash32 *hash);

/* May it begin where it does? By the key in that file, else the state folder's; without
 * either (`state` may be NULL) BASE_UNCHECKED at best. */
NODISCARD bool journal_base(struct store *store, const char *state, const char *key_file,
    struct base_verdict *ret, struct err *err);

extern const struct command_line command_journal_checkpoint, command_journal_prove;

#endif
