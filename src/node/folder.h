#ifndef NODE_FOLDER_H
#define NODE_FOLDER_H

#include "facts/record.h"
#include "model/bundle.h"

/*
 * folder -- a configuration folder as a bundle.
 */

/* Read once: every *.yaml and *.yml, and runbooks/ (any depth) *.md; no hidden files, no
 * *.test.yaml, no symlink that leads outside the folder. Regular files only. */
NODISCARD bool folder_read(const char *path, struct arena *arena, struct bundle *ret,
    struct err *err);

/* Append "zone:NAME" files from /usr/share/zoneinfo (or $TZDIR). An unknown name is no error
 * here: the model reports it where it is written. */
NODISCARD bool folder_read_zones(struct bundle *bundle, const struct strs *names,
    struct arena *arena, struct err *err);

#endif
