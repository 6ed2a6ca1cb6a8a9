#ifndef ENGINE_REPLAY_H
#define ENGINE_REPLAY_H

#include "base/buf.h"
#include "store/store.h"

/*
 * replay -- step the journal again from its first entry, with the configurations the store
 * keeps, and hold what the core makes of it against what was recorded: each effect and each
 * alert's incident byte for byte, and at the end the rows against the tables.
 *
 * The same journal and the same configurations must give the same decisions, so a difference
 * is a fault of ours or of the disk. Works on a reader beside a live server; rows are
 * compared as of the entry they were read at. The rows of quarantined bodies and of alert
 * packs are the engine's own and no part of this.
 */
struct replay_verdict {
	bool same;
	uint64_t entries, steps, effects, rows; /* compared */
	uint64_t
	    from; /* the state is taken as it was with this entry; 0: all is replayed */
	uint64_t rows_before; /* closed before that: nothing here made them */
};

/*
 * `report` gets the first difference in lines of text, ending each; nothing when there is
 * none. false when the store cannot be read: ERR_CORRUPT, ERR_NOT_FOUND for a configuration.
 */
NODISCARD bool replay(struct store *store, struct buf *report, struct replay_verdict *ret,
    struct err *err);

#endif
