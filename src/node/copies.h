#ifndef NODE_COPIES_H
#define NODE_COPIES_H

#include "model/calendar_url.h"

/*
 * copies -- the last good copy of each calendar of a URL: STATE/calendars/NAME.ics, written
 * whole or not at all. The file's time is when it was last known to be what its URL has.
 */
#define COPIES_SKIPPED_MAX CALENDAR_URLS_MAX
struct copies_skipped {
	char name[COPIES_SKIPPED_MAX][CALENDAR_NAME_MAX + 1];
	size_t n;
};

struct copy {
	str name, bytes;
};

struct copies {
	const char *state_dir; /* NULL: there are none */
	/* In place of the copies of those names, while it is not known whether they fit. */
	const struct copy *given;
	size_t given_n;
	/* Copies that do not fit (any more) are left out, rather than that all is refused: any
	 * of them; or those that are left out already. */
	bool lenient;
	const struct copies_skipped *may_skip;
};
/* NULL: none is given of that name. */
const struct copy *copy_given(const struct copies *copies, str name);
bool copy_is_skipped(const struct copies_skipped *skipped, str name);

/* Those that the files of the bundle name, beside them as "url:NAME.ics"; in order again. What
 * cannot be read is not there. */
void copies_add(struct bundle *bundle, const struct copies *copies,
    const struct copies_skipped *skipped, struct arena *arena);

NODISCARD bool copy_write(const char *state_dir, str name, str bytes, struct err *err);
/* It is what its URL has, as of now. */
void copy_seen(const char *state_dir, str name, msec wall);
/* When it last was; 0: there is no copy. */
msec copy_wall(const char *state_dir, str name);

#endif
