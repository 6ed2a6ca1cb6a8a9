#ifndef MODEL_BUNDLE_H
#define MODEL_BUNDLE_H

#include "base/err.h"
#include "base/hash.h"

/*
 * bundle -- a configuration folder as one value: its files and the zone files they name.
 *
 * The supervisor reads the folder once and seals the bytes; every role parses the same
 * bytes; the store keeps them under their hash. CBOR: an array of [path, bytes], paths
 * relative, '/'-separated, ascending, unique. Zone files stand under "zone:NAME", calendars
 * that were fetched under "url:NAME.ics", what a calendar says under "ics:PATH" (ics/ics.h).
 * The hash is SHA-256 of those bytes.
 */
#define BUNDLE_FILES_MAX (4096 + 512 + 64 + 16) /* of the folder, zones, and calendars */
#define BUNDLE_FILE_BYTES_MAX (1u << 20)
#define BUNDLE_BYTES_MAX (16u << 20)
#define BUNDLE_PATH_MAX 512

struct bundle_file {
	str path;
	str bytes;
};

struct bundle {
	struct bundle_file *files;
	size_t n;
	bool incomplete; /* something was left out that may define names; not encoded */
	/* It was taken before, perhaps by an earlier version: what was allowed then, and is not
	 * now, is mended as it is read, where it can be. Not encoded. */
	bool taken;
};

/* Relative, '/'-separated, no part of it empty, "." or "..", and not too long: others stand in
 * no bundle. */
bool bundle_path_ok(str path);
/* By path: what is said of files does not depend on how a disk lists them. */
void bundle_sort(struct bundle *bundle);
/* Sorts the files. */
void bundle_encode(struct bundle *bundle, struct buf *out);
/* Slices of `bytes`; refuses what bundle_encode would not write. */
NODISCARD bool bundle_decode(str bytes, struct arena *arena, struct bundle *ret,
    struct err *err);
/* NULL when absent. */
const struct bundle_file *bundle_find(const struct bundle *bundle, str path);

#endif
