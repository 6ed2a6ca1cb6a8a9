/*
 * roles -- what the re-executed binary becomes. Descriptors are fixed: 3 is the
 * supervisor's connection, 4 to 6 the gate's listening sockets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "gate/gate.h"
#include "hands/hands.h"
#include "node/serve.h"
#include "node/supervisor.h"
#include "os/confine.h"
#include "os/fd.h"

int
node_role(int argc, char **argv)
{
	/* role NAME PARENT STATE STORE [SINCE WHY: the store is lost] */
	if (argc != 6 && argc != 8) {
		fprintf(stderr, "firstline: 'role' is how serve starts its parts; "
				"run 'firstline serve'\n");
		return 2;
	}
	const char *name = argv[2];
	die_with_parent((int)strtol(argv[3], NULL, 10));
	if (strcmp(name, "engine") == 0)
		return engine_main(&(struct engine_options){
		    .supervisor_fd = ROLE_FD_SUPERVISOR,
		    .state_dir = argv[4],
		    .store_url = argv[5],
		    .lost.wall = argc == 8 ? strtoull(argv[6], NULL, 10) : 0,
		    .lost.why = argc == 8 ? argv[7] : NULL,
		});
	if (strcmp(name, "hands") == 0)
		return hands_main(&(struct hands_options){
		    .supervisor_fd = ROLE_FD_SUPERVISOR,
		    .state_dir = argv[4],
		});
	if (strcmp(name, "gate") == 0)
		return gate_main(&(struct gate_options){
		    .supervisor_fd = ROLE_FD_SUPERVISOR,
		    .listen_fd = ROLE_FD_LISTEN,
		    .tls_fd = fd_listens(ROLE_FD_TLS) ? ROLE_FD_TLS : -1,
		    .socket_fd = fd_listens(ROLE_FD_SOCKET) ? ROLE_FD_SOCKET : -1,
		});
	fprintf(stderr, "firstline: no role '%s'\n", name);
	return 2;
}
