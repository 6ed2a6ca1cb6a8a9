#ifndef NODE_ARCHIVE_H
#define NODE_ARCHIVE_H

#include "base/err.h"
#include "model/bundle.h"

/*
 * archive -- the files of a configuration in a tar archive: ustar with pax headers for long
 * paths, as `git archive` writes it (POSIX.1-2017, pax).
 *
 * Takes what a folder would be read for and leaves out the rest; held to the limits of a
 * folder. A symlink among them, or a path that no bundle holds, is an error. `revision` is
 * for messages. Everything in *ret is in the arena, with room for FOLDER_BYTES_MAX.
 */
#define ARCHIVE_BYTES_MAX (256u << 20)

NODISCARD bool archive_read(str bytes, const char *revision, struct arena *arena,
    struct bundle *ret, struct err *err);

/* The first of these paths, each with a NUL after it, that a folder would be read for and the
 * bundle does not hold; empty: it holds them all. */
str archive_missing(str paths, const struct bundle *bundle);

#endif
