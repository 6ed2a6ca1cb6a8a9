#ifndef NODE_ADOPTION_H
#define NODE_ADOPTION_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

/*
 * adoption -- a configuration folder as it was read, once: what `serve` gives to each role,
 * and what `check` looks at, so that the two never differ.
 */
struct model;

struct adoption {
	struct arena_map texts, map; /* files and mistakes; what they mean */
	const struct model *model;
	hash32 hash;
	int memfd; /* the sealed bundle; -1: none */
	uint64_t bytes;
};

#define ADOPTION_TEXT_MAX (1u << 20) /* of all mistakes, printed */

/* Read, check and seal the folder as it stands, or with a `revision` (else NULL) as it was in
 * its Git repository. Mistakes go to `out` as diagnostics, and any one of them refuses all.
 * ERR_NOT_FOUND: there is no such folder or revision; ERR_DENIED: that is no revision. */
NODISCARD bool adoption_read(const char *dir, const char *revision, struct adoption *ret,
    struct buf *out, struct err *err);
/* Also one that holds nothing (zeroed, memfd -1). */
void adoption_free(struct adoption *adoption);

#endif
