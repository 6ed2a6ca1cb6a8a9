#ifndef NODE_FOLDER_H
#define NODE_FOLDER_H

#include "base/diag.h"
#include "facts/record.h"
#include "model/bundle.h"

/*
 * folder -- a configuration folder as a bundle.
 */

/* Files and bytes of them, so that there is room in a bundle for the zones they name. */
#define FOLDER_FILES_MAX 4096
#define FOLDER_BYTES_MAX (14u << 20)
#define FOLDER_ZONES_BYTES_MAX (BUNDLE_BYTES_MAX - FOLDER_BYTES_MAX)

/*
 * Read once: every *.yaml and *.yml, and runbooks/ (any depth) *.md; no hidden files, no
 * *.test.yaml; one elsewhere than below runbooks/ and a *.YAML would be left out, and are
 * mistakes. What of it cannot be read (no regular file, too large, no permission, a
 * link that leads nowhere, around or out of the folder) is a mistake like any other: it
 * is told at its place, and the rest is read. Never waits for a pipe. False only where
 * there is no folder.
 */
NODISCARD bool folder_read(const char *path, struct arena *arena, struct diags *diags,
    struct bundle *ret, struct err *err);

/* The tests beside its runbooks alone: runbooks/ (any depth) *.test.yaml and *.test.yml. */
NODISCARD bool folder_read_tests(const char *path, struct arena *arena, struct diags *diags,
    struct bundle *ret, struct err *err);

/* The same folder as it was in a revision of its Git repository: what `git archive` gives.
 * No shell. ERR_DENIED: a revision that begins with '-'; ERR_INVALID: a file of the
 * configuration that is a symlink there, or that attributes keep out of the archive. */
NODISCARD bool folder_read_git(const char *path, const char *revision, struct arena *arena,
    struct bundle *ret, struct err *err);

/* UTF-8 without control characters: others stand in no bundle. */
bool folder_path_plain(str path);

/* Is that path below the folder one of a configuration? */
bool folder_wants(str path);

/* Append "zone:NAME" files from /usr/share/zoneinfo (or $TZDIR). An unknown name is no error
 * here: the model reports it where it is written. */
NODISCARD bool folder_read_zones(struct bundle *bundle, const struct strs *names,
    struct arena *arena, struct err *err);

#endif
