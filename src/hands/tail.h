#ifndef HANDS_TAIL_H
#define HANDS_TAIL_H

#include "base/err.h"
#include "facts/record.h"

/*
 * tail -- the last lines of a file, opened where it may be looked at.
 *
 * A file is opened by its path below one of the folders, with no symbolic link on the way
 * from the folder down: openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, or part by
 * part where the kernel has no openat2. Only regular files are read.
 *
 * At most TAIL_BYTES_MAX from the end are looked at. A file that shrinks while it is read
 * is read again. A last line without its newline counts.
 */
#define TAIL_BYTES_MAX ((size_t)1 << 20)
#define TAIL_PATH_MAX 1024

/* The folder of `folders` that the path is below, or empty. */
str tail_folder(const struct strs *folders, str path);
/* `plain` as if the kernel had no openat2. */
NODISCARD bool tail_open(const char *folder, const char *below, bool plain, int *ret_fd,
    struct err *err);

struct tail {
	uint64_t lines, matches; /* in at most so many lines as were asked for */
	bool least;              /* there are more lines, too far from the end */
	str text; /* of these lines, the last `text_max` bytes at most; in `memory` */
	bool cut;
};

/* Of bytes that are the end of a file, or all of it. Pure. */
void tail_lines(str bytes, bool whole, uint32_t lines, str match, size_t text_max,
    struct tail *ret);
/* `memory` has TAIL_BYTES_MAX bytes. */
NODISCARD bool tail_read(int fd, char *memory, uint32_t lines, str match, size_t text_max,
    struct tail *ret, struct err *err);

#endif
