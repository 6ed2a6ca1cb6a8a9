#ifndef ENGINE_KEEP_H
#define ENGINE_KEEP_H

#include "engine/configs.h"
#include "store/store.h"

/*
 * keep -- lets go of what is over and old, a slice at a time (store.h).
 *
 * A mark now and then; when one is as old as `keep:` says, the journal begins behind it, by
 * this server's signature, and what was before goes. Age is by the engine's clock: a wall
 * clock that jumps ahead ages nothing.
 *
 *	look ──a mark is due──▶ mark, slice by slice ──▶ choose ──▶ sign, let go ──▶ trim ─┐
 *	  ▲ └───────────────────────────────────────────▶ choose ──nothing──▶ rest         │
 *	  └─────────────────────────────────────────────────────────────────────────────────┘
 *
 * Thread: whoever has the store; nothing else uses it meanwhile.
 */
#define KEEP_MARKS 32 /* marks within the time that the journal is kept */

/* Where the time is taken from, and what a mark must hold on to: as of the store's head. */
struct keep_now {
	msec at, wall;
	struct keep keep;
	hash32 used[CONFIGS_MAX];
	size_t used_n;
};

enum keep_stage {
	KEEP_TRIM = 1, /* first: what an earlier process began */
	KEEP_LOOK,
	KEEP_MARK,
	KEEP_CHOOSE,
	KEEP_REST, /* nothing to do for a while */
};

struct keeping {
	const char *state_dir; /* where the key is */
	enum keep_stage stage;
	uint64_t begins;   /* entries that were let go of, ever */
	struct err no_key; /* .kind: nothing is let go of, as nobody can sign that */
};

/* One slice; `now` counts in KEEP_LOOK and KEEP_CHOOSE. ERR_CORRUPT: what is old stays. */
NODISCARD bool keep_slice(struct keeping *keeping, struct store *store,
    const struct keep_now *now, struct err *err);

/* Which of the marks the journal should begin behind, at that time, and as of which entry
 * closed rows may go: forward from `was`. false: where it is. */
bool keep_choose(const struct store_base *was, const struct store_mark *marks, size_t n,
    const struct keep *keep, msec at, struct store_base *ret);
/* Is it time for another mark? `last` is the newest; its seq 0: there is none. */
bool keep_mark_due(const struct store_mark *last, const struct keep *keep, msec at);

#endif
