#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/*
 * demo -- a small real production on loopback, broken on purpose, and handled.
 *
 * Everything is real but small: services are processes that listen, die, hang and fill up;
 * alerts go in over HTTP as Prometheus sends them, actions are started by hands, notices are
 * delivered by HTTP to a sink. All of it lives in one temporary folder and ends with the
 * command.
 *
 *	demo.c          the four acts, and what the screen says of them
 *	demo_stage.c    the processes and the folder: made, and cleared away
 *	demo_files.c    configuration and runbooks
 *	demo_service.c  what a service does
 */
enum demo_part {
	DEMO_SHOP,
	DEMO_SEARCH,
	DEMO_PAYMENTS,
	DEMO_LEDGER,
	DEMO_SINK,
	DEMO_PARTS
};
extern const char *const demo_parts[DEMO_PARTS];

struct demo {
	char dir[256];  /* the temporary folder */
	char exe[4096]; /* this binary */
	unsigned port[DEMO_PARTS], server_port;
	pid_t server;
};
#define DEMO_PATH_BYTES 512

/* ---- demo_stage.c ---- */

/* The folder, ports, files, services and the server. false: it was said why; demo_clear is
 * still to be called. `interrupted` ends the waiting. */
NODISCARD bool demo_set(struct demo *demo, const volatile int *interrupted);
void demo_clear(struct demo *demo);
/* What the server said, to stderr. */
void demo_print_log(const struct demo *demo);
void demo_signal(const struct demo *demo, enum demo_part part, int number);
/* Another DIR/NAME.conf. */
NODISCARD bool demo_configure(const struct demo *demo, enum demo_part part, str text);
void demo_pause(unsigned ms);

/* demo_files.c: configuration and runbooks below dir/config. */
NODISCARD bool demo_write_files(const struct demo *demo, struct err *err);

/*
 * demo_service.c: `firstline demo service NAME DIR PORT` starts one of the services in the
 * background, as a start script would, and exits 0; the process writes DIR/NAME.pid. A
 * service whose DIR/NAME.conf does not say "workers N" dies right after its start; one that
 * says "consumer off" fills DIR/NAME.spool until it is full, and then answers 503.
 * NAME "sink" appends the subject of every notice it takes to DIR/notices.
 */
int demo_service(int argc, char **argv);

/* A free port on 127.0.0.1. */
NODISCARD bool demo_free_port(unsigned *ret, struct err *err);
/* Does something answer 200 on /health there, within `patience_ms`? */
bool demo_healthy(unsigned port, int patience_ms);

#endif
