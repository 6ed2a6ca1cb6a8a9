#ifndef NODE_ADOPTION_H
#define NODE_ADOPTION_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "node/copies.h"

/*
 * adoption -- a configuration folder as it was read, once: what `serve` gives to each role,
 * and what `check` looks at, so that the two never differ.
 */
struct adoption {
	struct arena_map texts, map; /* files and mistakes; what they mean */
	const struct model *model;
	hash32 hash;
	int memfd; /* the sealed bundle; -1: none */
	uint64_t bytes;
	struct bundle bundle; /* the same, in `texts` */
	struct copies_skipped skipped;
};

#define ADOPTION_TEXT_MAX (1u << 20) /* of all mistakes, printed */

/* Read, check and seal the folder as it stands, or with a `revision` (else NULL) as it was in
 * its Git repository. Mistakes go to `out` as diagnostics, and any one of them refuses all.
 * Calendars of URLs are as `copies` has them. Where that is lenient, copies with a mistake in
 * them are left out and named in `skipped`, if all else is well. ERR_NOT_FOUND: there is no such
 * folder or revision; ERR_DENIED: that is no revision. */
NODISCARD bool adoption_read(const char *dir, const char *revision,
    const struct copies *copies, struct adoption *ret, struct buf *out, struct err *err);
/* The same; mistakes are also added to `list` as elements of a JSON list, unless that is NULL. */
NODISCARD bool adoption_check(const char *dir, const char *revision,
    const struct copies *copies, struct adoption *ret, struct buf *out, struct buf *list,
    struct err *err);
/* The same files once more, whatever the folder holds by now, with other copies. */
NODISCARD bool adoption_renew(const struct adoption *of, const struct copies *copies,
    struct adoption *ret, struct buf *out, struct err *err);
/* Also one that holds nothing (zeroed, memfd -1). */
void adoption_free(struct adoption *adoption);

#endif
