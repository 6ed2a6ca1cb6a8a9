#ifndef GATE_GATE_H
#define GATE_GATE_H

/*
 * gate -- HTTP in: takes alerts, serves the API, health, metrics and event streams.
 *
 * A process of its own. It knows no secret but its clients' tokens, which it hands to the
 * engine unread; it cannot open a file, connect out or start a process. It returns when
 * the supervisor says so (0) or is gone (1).
 */
struct gate_options {
	int supervisor_fd;
	/* Bound and listening; they stay the supervisor's. -1: there is none. */
	int listen_fd, tls_fd, socket_fd;
};

int gate_main(const struct gate_options *options);

#endif
