#ifndef CLI_BACKUP_H
#define CLI_BACKUP_H

#include "base/err.h"
#include "store/store.h"

/*
 * backup -- what backup and restore have in common.
 */
#define BACKUP_STORE "firstline.db" /* of STORE_DEFAULT */

/* Says so on stderr; the exit code. */
int backup_failed(const struct err *err);
/* The folder that a path is in, open; -1 with an error. */
int backup_folder(const char *path, struct err *err);
/* Is the file at this absolute path a whole store? Where it begins behind entries that were
 * let go of, that must be signed; by whom is checked with a key alone. */
NODISCARD bool backup_whole(const char *path, const char *key, struct store_verdict *ret,
    struct err *err);
/* The error is about a file that is gone when it is read: name another one in its place, wherever
 * it is named. */
void backup_name(struct err *err, const char *was, const char *name);
/* EXIT_OK when it could be said. */
int backup_print(const char *what, const char *path, const struct store_verdict *v,
    bool json);

#endif
