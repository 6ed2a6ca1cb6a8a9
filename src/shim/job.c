#include "shim/parts.h"

#include <string.h>

bool
job_read(int argc, char **argv, struct job *ret)
{
	uint64_t number;
	if (argc < 8)
		return false;
	bool ask = strcmp(argv[1], "ask") == 0, act = strcmp(argv[1], "act") == 0;
	*ret = (struct job){
		.probe = strcmp(argv[1], "probe") == 0 || ask,
		.own = ask || act,
		.id = argv[2],
		.incident = argv[3],
		.service = argv[4],
		.target = argv[5],
		.argv = argv + 7,
	};
	return (ret->probe || act || strcmp(argv[1], "attempt") == 0) &&
	       parse_u64(ret->id, &number) && parse_u64(ret->incident, &number) &&
	       strlen(ret->service) < SHIM_NAME_BYTES_MAX &&
	       strlen(ret->target) < SHIM_NAME_BYTES_MAX &&
	       parse_u64(argv[6], &ret->timeout_ms) &&
	       ret->timeout_ms <= SHIM_TIMEOUT_MS_MAX;
}
