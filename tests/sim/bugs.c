/*
 * bugs -- mistakes made on purpose, one at a time, by --bug NAME: each must be found by some
 * seed, or the oracles are worth nothing. And what is checked from within: after each step
 * every invariant of the core, at each start what the store has.
 */
#include <string.h>

#include "authority/uses.h"
#include "core/core.h"
#include "engine/state.h"
#include "hands/claim.h"
#include "sim/sim.h"
#include "sim/wrap.h"
#include "store/store.h"

void WRAP(core_step)(struct core *core, const struct event *event, struct effects *fx);
void REAL(core_step)(struct core *core, const struct event *event, struct effects *fx);
void
WRAP(core_step)(struct core *core, const struct event *event, struct effects *fx)
{
	static unsigned steps;
	struct event other = *event;
	/* Something that is not in the event decides. */
	if (sim_bug("not-pure") && event->kind == EVENT_PROBE_RESULT && ++steps % 7 == 0)
		other.probe_result.status = PROBE_FAILED;
	REAL(core_step)(core, &other, fx);
	core_check(core);
}

bool WRAP(engine_load)(struct engine *engine, struct err *err);
bool REAL(engine_load)(struct engine *engine, struct err *err);
bool
WRAP(engine_load)(struct engine *engine, struct err *err)
{
	if (engine->options->lost.why == NULL)
		oracle_started(store_head(engine->store).seq);
	keeping_started(engine->store);
	return REAL(engine_load)(engine, err);
}

bool WRAP(store_commit)(struct store *store, const struct commit *commit, struct err *err);
bool REAL(store_commit)(struct store *store, const struct commit *commit, struct err *err);
bool
WRAP(store_commit)(struct store *store, const struct commit *commit, struct err *err)
{
	struct commit less = *commit;
	/* A row of what changed is left out. */
	if (sim_bug("row-forgotten") && commit->row_n > 2 && commit->seq % 11 == 0)
		less.row_n--;
	keeping_committing(commit);
	if (!REAL(store_commit)(store, &less, err))
		return false;
	keeping_committed(commit, store_head(store).seq);
	return true;
}

bool WRAP(claim_make)(int attempts_fd, const struct attempt_order *order,
    struct claimed *ret, struct err *err);
bool REAL(claim_make)(int attempts_fd, const struct attempt_order *order,
    struct claimed *ret, struct err *err);
bool
WRAP(claim_make)(int attempts_fd, const struct attempt_order *order, struct claimed *ret,
    struct err *err)
{
	if (sim.claimed_n < CLAIMED_MAX)
		sim.claimed[sim.claimed_n++] = order->attempt;
	/* Its folder is made, and never synced. */
	bool lies = kernel.disk.lies;
	if (sim_bug("claim-unsynced"))
		kernel.disk.lies = true;
	bool ok = REAL(claim_make)(attempts_fd, order, ret, err);
	kernel.disk.lies = lies;
	return ok;
}

void WRAP(authority_uses_add)(struct authority_uses *uses, struct authority_use *use);
void REAL(authority_uses_add)(struct authority_uses *uses, struct authority_use *use);
void
WRAP(authority_uses_add)(struct authority_uses *uses, struct authority_use *use)
{
	/* Reserved, but nobody who asks about its service finds it. */
	REAL(authority_uses_add)(uses, use);
	if (sim_bug("use-forgotten"))
		use->service_hash ^= 1;
}
