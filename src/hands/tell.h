#ifndef HANDS_TELL_H
#define HANDS_TELL_H

#include "facts/frame.h"

/*
 * tell -- where the parts of hands send what they learn: results to whichever engine is
 * connected (none: the result is lost, and the next engine asks again), words to the
 * supervisor's log.
 */
struct tell {
	void (*result)(void *ctx, const struct event *event);
	void (*log)(void *ctx, enum log_level level, const char *text);
	void *ctx;
};

static inline void
tell_result(const struct tell *tell, const struct event *event)
{
	tell->result(tell->ctx, event);
}

void tell_log(const struct tell *tell, enum log_level level, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#endif
