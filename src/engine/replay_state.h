#ifndef ENGINE_REPLAY_STATE_H
#define ENGINE_REPLAY_STATE_H

#include "engine/configs.h"
#include "engine/replay.h"

/*
 * What the files of replay share. Of each row only a digest is kept, so that a journal of
 * any length fits; when one differs, a second pass over the journal watches that row.
 */
struct kept_row {
	row_id id;
	uint64_t digest;
};

struct kept_rows {
	struct kept_row *row; /* by ascending id */
	size_t n, cap;
};

#define ARENA_KEEP \
	((size_t)8 << 20) /* bytes of an arena that stay in memory between entries */

struct replay {
	struct store *store;
	struct core *core;
	struct configs configs;
	struct arena_map entry_map; /* an entry, decoded */
	struct arena_map step_map;  /* effects of one step */
	struct arena step_arena;
	struct buf made; /* the entry as it comes out now */
	struct buf row;  /* scratch */
	uint64_t seq;    /* stepped so far */
	bool begun;
	struct kept_rows table[TABLE_COUNT];
	struct replay_verdict verdict;
	struct buf *report;

	/* An entry adopts this configuration, which is not loaded yet. */
	hash32 wanted;
	bool wants;

	/* The row to watch (watch_table 0: none), and it as JSON; empty: deleted. */
	enum table watch_table;
	row_id watch_id;
	struct buf watched_text;

	struct err err;
	bool failed; /* err is set */
};

void replay_begin(struct replay *r, struct store *store, struct buf *report);
void replay_end(struct replay *r);
/* Step up to and with entry `until`. false: an error, or a difference was reported. */
NODISCARD bool replay_to(struct replay *r, uint64_t until);
bool replay_differs(struct replay *r);
bool replay_fails(struct replay *r, const struct err *err);
/* Two records that should be one: which fields, and both as JSON; empty: there is none. */
void replay_report(struct replay *r, const struct record_type *type, const void *recorded,
    const void *replayed);
void replay_report_json(struct replay *r, str recorded, str replayed);

/* replay_tables.c */
bool replay_is_compared(enum table table);
/* Every row that the entry just stepped touched. */
void replay_keep_rows(struct replay *r);
/* From what was let go of: the open rows as of then. */
NODISCARD bool replay_load_base(struct replay *r);
NODISCARD bool replay_tables(struct replay *r);

#endif
