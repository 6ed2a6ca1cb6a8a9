#ifndef HANDS_SPAWN_REQUEST_H
#define HANDS_SPAWN_REQUEST_H

#include "hands/spawner.h"
#include "shim/shim.h"

/*
 * spawn_request -- what hands asks its spawner for, as bytes: a head, then the arguments of
 * firstline-shim (shim.h), each with its NUL. Descriptors go beside it.
 *
 * Pure.
 */
#define SPAWN_OWN_ARGS 7 /* what stands before the command's arguments */
#define SPAWN_ARGV_MAX (SPAWN_OWN_ARGS + SHIM_ARGS_MAX + 1) /* with the NULL at the end */
#define SPAWN_REQUEST_MAX (SHIM_ARGS_BYTES_MAX + 4096)

struct spawn_head {
	uint64_t id;
	uint32_t probe;
	uint32_t own; /* the last descriptor is its input */
	uint32_t argc;
	uint32_t reserved; /* 0 */
};

/* Into SPAWN_REQUEST_MAX bytes; returns how many. Not for what spawn_refuses. */
size_t spawn_request_write(const struct spawn_order *order, char *bytes);

/* The arguments as they stand in the request, into SPAWN_ARGV_MAX places. hands is not an
 * adversary, but a request that is not whole is refused, not guessed at. */
NODISCARD bool spawn_request_read(char *bytes, size_t n, struct spawn_head *head,
    char **ret_argv);

#endif
