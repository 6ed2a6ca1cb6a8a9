#ifndef HANDS_FOLDER_H
#define HANDS_FOLDER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "facts/row.h"
#include "shim/shim.h"

/*
 * folder -- the small files of an attempt's folder, as text and as structs.
 *
 * What the files are for and which lines they have stands in shim/shim.h. Reading is
 * strict: exactly the lines of the list, in its order, each once, whole, at most
 * SHIM_TEXT_MAX bytes; anything else is damage (ERR_CORRUPT), and damage means that
 * nobody knows what happened. Whatever is read back can be written again, byte for byte.
 */
struct claim {
	row_id attempt;
	incident_id incident;
	uint64_t epoch; /* of the engine that gave the order */
	msec wall;
	str action;
	str service;
	str target;
};

struct started_file {
	uint64_t shim_pid;
	uint64_t child_pid;
	uint64_t child_start; /* ticks since boot: with the pid, one process for ever */
	msec begun_wall;
	str cgroup; /* empty: none */
};

enum shim_state {
	SHIM_EXITED = 1,
	SHIM_SIGNALED,
	SHIM_TIMED_OUT,
	SHIM_STOPPED,
	SHIM_NEVER_STARTED,
	SHIM_REFUSED,
	SHIM_UNKNOWN,
};

struct shim_result {
	enum shim_state state;
	uint32_t exit_code; /* 0..255 */
	uint32_t signal;
	msec begun_wall, ended_wall;
	uint64_t output_bytes; /* how much there was, kept or not */
	str why;
};

void claim_write(struct buf *out, const struct claim *claim);
NODISCARD bool claim_read(str text, struct arena *arena, struct claim *ret,
    struct err *err);
void started_write(struct buf *out, const struct started_file *started);
NODISCARD bool started_read(str text, struct arena *arena, struct started_file *ret,
    struct err *err);
void result_write(struct buf *out, const struct shim_result *result);
NODISCARD bool result_read(str text, struct arena *arena, struct shim_result *ret,
    struct err *err);

/* A probe's answer: the lines of a result, an empty line, then the output. */
NODISCARD bool probe_answer_read(str bytes, struct arena *arena, struct shim_result *ret,
    str *ret_output, struct err *err);

#endif
