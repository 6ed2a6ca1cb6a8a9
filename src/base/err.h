#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

/*
 * err -- one operational failure, described where it happened.
 *
 * `kind` is the only part a caller may branch on; `text` is for people. The
 * setters return false so that a failing function reads
 *
 *	return err_sys(err, ERR_IO, "open '%s'", path);
 *
 * The out-parameter is written on failure only.
 */
enum err_kind {
	ERR_NONE,
	ERR_INVALID,
	ERR_LIMIT,
	ERR_NOT_FOUND,
	ERR_BUSY,
	ERR_IO,
	ERR_CORRUPT,
	ERR_NO_SPACE, /* the disk or a quota is full: heals when there is room */
	ERR_DENIED,   /* the other side or the kernel refused */
	ERR_CLOSED,   /* the peer is gone */
	ERR_GONE,     /* it was there, and was let go of */
};

struct err {
	enum err_kind kind;
	int sys; /* errno at the point of failure, or 0 */
	char text[200];
};

bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool err_sys(struct err *err, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
