#ifndef GATE_TARGET_H
#define GATE_TARGET_H

#include "base/arena.h"
#include "facts/record.h"

/*
 * target -- what stands between method and version: path and query, decoded strictly.
 *
 * Pure. Percent-escapes are undone once, per segment, so "%2f" is no separator. Segments
 * and query are UTF-8 without NUL or other control characters; "." and ".." are refused.
 * In the query '+' is a blank.
 */
#define TARGET_BYTES_MAX 8192
#define TARGET_SEGMENTS_MAX 8
#define TARGET_QUERY_MAX 64

struct target {
	str path;                         /* as it came, without the query */
	str segment[TARGET_SEGMENTS_MAX]; /* decoded; "/v1/status": v1, status; "/": none */
	size_t segment_n;
	struct pair query[TARGET_QUERY_MAX]; /* decoded, in order, names may repeat */
	size_t query_n;
};

/* NULL, or what is wrong with it. Decoded text is in the arena or a slice of `raw`; the
 * arena needs room for raw.n bytes. */
const char *target_parse(str raw, struct arena *arena, struct target *ret);

/* The first value of a name; empty when there is none. */
str target_query(const struct target *target, str name);
/* The first name that is not in `names` (separated by blanks) or stands twice; empty
 * when all is well. */
str target_query_unknown(const struct target *target, const char *names);

/* A query parameter of Alertmanager's that is true when it is not there. */
bool target_flag(const struct target *target, const char *name);

#endif
