#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include "base/err.h"
#include "base/str.h"

/*
 * demo -- a small real production on loopback, broken on purpose, and handled.
 *
 * Everything is real but small: services are processes that listen and die, alerts go in
 * over HTTP as Prometheus sends them, actions are started by hands, notices are delivered
 * by HTTP to a sink. All of it lives in one temporary folder and ends with the command.
 */
struct demo {
	char dir[256];  /* the temporary folder */
	char exe[4096]; /* this binary */
	unsigned shop_port, payments_port, sink_port;
};

/* demo_files.c: configuration and runbooks below dir/config. */
NODISCARD bool demo_write_files(const struct demo *demo, struct err *err);

/*
 * demo_service.c: `firstline demo service NAME DIR PORT` starts one of the services in the
 * background, as a start script would, and exits 0; the process writes DIR/NAME.pid. A
 * service whose DIR/NAME.conf does not say "workers N" dies right after its start.
 * NAME "sink" appends the subject of every notice it takes to DIR/notices.
 */
int demo_service(int argc, char **argv);

/* A free port on 127.0.0.1. */
NODISCARD bool demo_free_port(unsigned *ret, struct err *err);
/* Does something answer 200 on /health there? */
bool demo_healthy(unsigned port);

#endif
