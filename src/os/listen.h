#ifndef OS_LISTEN_H
#define OS_LISTEN_H

#include "base/err.h"
#include "base/str.h"

/*
 * listen -- listening sockets, made by the supervisor and inherited by the gate, so
 * that it outlives any one gate.
 */

/* "127.0.0.1:9911", "[::1]:9911", "0.0.0.0:9911"; port 0: any. Non-blocking, CLOEXEC. */
NODISCARD bool listen_tcp(str address, int *ret_fd, uint16_t *ret_port, struct err *err);
/* Is that an address to listen on? Nothing is opened. */
NODISCARD bool address_check(str address, struct err *err);
bool address_is_loopback(str address);
/* A socket in the file system, for its owner and group. One that nobody listens on any more
 * makes way. */
NODISCARD bool listen_unix(str path, int *ret_fd, struct err *err);

#endif
