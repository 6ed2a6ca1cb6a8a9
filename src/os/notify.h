#ifndef OS_NOTIFY_H
#define OS_NOTIFY_H

#include "base/base.h"

/*
 * notify -- tells systemd how we are (sd_notify(3)): datagrams of lines NAME=VALUE to the
 * socket that $NOTIFY_SOCKET names, a path or '@' and an abstract name.
 *
 * Both variables are taken out of the environment, so that no child speaks for us.
 */
struct notify {
	int fd;           /* -1: nobody listens */
	msec watchdog_ms; /* how often it wants to hear WATCHDOG=1; 0: it does not */
};

struct notify notify_begin(void);
/* Nobody listening, a full socket: it is not told, and nothing else follows. */
void notify_tell(const struct notify *notify, const char *lines);

#endif
