#ifndef INTAKE_ORDER_H
#define INTAKE_ORDER_H

#include "base/arena.h"

/*
 * order -- the slots of all alerts, ascending by (fingerprint, number).
 *
 * Sorted runs of at most ORDER_RUN slots, and a sorted directory of the runs: two binary
 * searches find a place, putting one in moves half a run. Fingerprints are FNV, so anyone
 * can make them collide; the number behind them keeps even a million equal ones cheap.
 * Searches look at the upper half of the fingerprint, kept in the run, and at the alert
 * itself only where that is equal.
 */
#define ORDER_RUN 128

struct alert;

struct order_run {
	uint32_t n;
	uint32_t next_free;
	uint32_t key[ORDER_RUN]; /* upper half of the fingerprint */
	uint32_t slot[ORDER_RUN];
};

struct order {
	struct arena_map map;
	const struct alert *alert; /* by slot */
	struct order_run *run;     /* by id */
	uint32_t *first_key;       /* directory: of each run, ascending */
	uint32_t *id;
	uint32_t n; /* runs in the directory */
	uint32_t free, used, runs_max;
};

/* A place: entry i of the run at `run` of the directory. */
struct order_at {
	uint32_t run;
	uint32_t i;
};

void order_init(struct order *o, const struct alert *alert, uint32_t alerts_max);
void order_done(struct order *o);
/* The alert's fingerprint and number are in place. */
void order_add(struct order *o, uint32_t slot);
void order_remove(struct order *o, uint32_t slot); /* must be there */
/* The first at or above (fingerprint, number). */
struct order_at order_seek(const struct order *o, uint64_t fingerprint, uint64_t number);
/* The slot there, and on to the next; false at the end. */
bool order_next(const struct order *o, struct order_at *at, uint32_t *ret_slot);

#endif
