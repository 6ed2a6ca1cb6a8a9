#ifndef NODE_SERVE_H
#define NODE_SERVE_H

#include "base/err.h"

/*
 * serve -- the supervisor: reads the configuration folder, starts the roles, connects
 * them, starts again what dies, and ends them in order.
 *
 *	hands   first, so that an order always finds somebody who knows the configuration
 *	engine  next; it says when everything open is loaded
 *	gate    last; it inherits the listening socket, which therefore outlives it
 *
 * Each role re-executes this binary. The supervisor parses nothing from outside and holds
 * no state but the sealed bundle; when it is killed, the roles leave.
 */
struct serve_options {
	const char *config_dir;
	const char *state_dir; /* NULL: $STATE_DIRECTORY, else ./firstline-state */
	const char *store_url; /* NULL: from the configuration, else sqlite:firstline.db */
	const char *listen;    /* NULL: from the configuration */
	bool quiet;            /* no log lines but errors */
};

/* Runs until SIGTERM or SIGINT. The exit code of the command. */
int node_serve(const struct serve_options *options);

/* `firstline role NAME ...`: what a re-executed binary does. */
int node_role(int argc, char **argv);

#endif
