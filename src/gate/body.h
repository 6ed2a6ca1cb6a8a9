#ifndef GATE_BODY_H
#define GATE_BODY_H

#include "facts/frame.h"

/*
 * body -- the JSON object of a POST to /v1, read strictly into a request.
 *
 * Pure. Each route has a table of the members its body may have; any other, a repeated one
 * or one of another type is an error that names it and the place.
 */
enum body_kind {
	BODY_TEXT = 1, /* request.text */
	BODY_NAME,     /* request.name */
	BODY_ACTION,   /* request.name, and action = true */
	BODY_TARGET,   /* request.target */
	BODY_HAPPENED, /* "yes" or "no" */
	BODY_PARAM,    /* a string: params[member] */
	BODY_TIME, /* RFC 3339 or milliseconds since 1970: params[member], milliseconds */
	BODY_WITH, /* an object of strings: params[name] */
	BODY_WITH_MAY, /* the same: params["with." + name] */
	BODY_LIVE,     /* the same: params["live." + name] */
	BODY_SPAN,     /* "90s", "30m", "2h", "1d" or milliseconds: request.span_ms */
	BODY_DIGEST,   /* 64 hexadecimal digits: request.digest */
	BODY_COUNT,    /* a number from 1 to TARGETS_MAX: params[member] */
	BODY_ROW,      /* the number of a row, from 1: request.row */
	BODY_INCIDENT, /* of an incident, from 1: request.incident */
	/* A string, or a list of at most BEHALF_MAX of them: params["behalf.0"] and up. */
	BODY_BEHALF,
	BODY_SECRET, /* one of them at most: request.secret; request.text is its name */
};

struct body_member {
	const char *name;
	enum body_kind kind;
	bool required;
};

/* `members` ends with a NULL name. Text is in the arena or a slice of `json`. */
NODISCARD bool body_read(str json, const struct body_member *members, struct arena *arena,
    struct request *ret, struct err *err);

/* "90s", "30m", "2h", "1d": at most BODY_SPAN_MS_MAX, and not nothing. */
#define BODY_SPAN_MS_MAX (400 * DAY)
NODISCARD bool body_span(str text, msec *ret);
/* RFC 3339 with 'Z' or an offset, or milliseconds since 1970. */
NODISCARD bool body_time(str text, msec *ret);

#endif
