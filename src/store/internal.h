#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/compact.h"
#include "store/store.h"

/*
 * What a kind of store supplies. store.c checks arguments, keeps the chain and hands the
 * rest to these; so a kind never sees a commit that is out of order or over a limit.
 */
struct store_ops {
	void (*close)(struct store *store);
	/* `next` is the head once the commit holds. */
	bool (*commit)(struct store *store, const struct commit *commit,
	    const struct store_head *next, struct err *err);
	bool (*checkpoint)(struct store *store);
	bool (*checkpoint_due)(const struct store *store);
	bool (*reserve)(struct store *store, struct err *err);
	bool (*reserve_release)(struct store *store, struct err *err);
	bool (*has_room)(struct store *store, struct err *err);
	bool (*writes_again)(struct store *store); /* NULL: it never ceases to */
	bool (*bundle_put)(struct store *store, const hash32 *hash, str bytes, msec wall,
	    struct err *err);
	bool (*reader)(const struct store *store, struct store **ret, struct err *err);
	bool (*rows)(struct store *store, const struct row_query *query,
	    bool (*take)(void *context, const struct stored_row *row), void *context,
	    uint64_t *ret_seq, struct err *err);
	bool (*row)(struct store *store, enum table table, row_id id, struct arena *arena,
	    struct stored_row *ret, struct err *err);
	bool (*bundle_get)(struct store *store, const hash32 *hash, struct arena *arena,
	    str *ret, struct err *err);
	bool (*bundles)(struct store *store,
	    bool (*take)(void *context, const hash32 *hash, str bytes), void *context,
	    struct err *err);
	bool (*hold)(struct store *store, struct err *err);
	/* As they were given to `commit`, which is compact (compact.h): store.c holds them
	 * against the chain and opens them. */
	bool (*entries)(struct store *store, uint64_t first, uint64_t limit,
	    bool (*take)(void *context, const struct stored_entry *entry), void *context,
	    struct err *err);
	bool (*mark_begin)(struct store *store, const struct store_mark *mark,
	    struct err *err);
	bool (*mark_some)(struct store *store, bool *ret_done, struct err *err);
	bool (*let_go)(struct store *store, const struct store_base *base, struct err *err);
	bool (*trim)(struct store *store, bool *ret_done, struct err *err);
	bool (*bundle_use)(struct store *store, const hash32 *hash, struct err *err);
	/* `arena` NULL: without the note. */
	bool (*base)(struct store *store, struct arena *arena, struct store_base *ret,
	    struct err *err);
	bool (*marks)(struct store *store,
	    bool (*take)(void *context, const struct store_mark *mark), void *context,
	    struct err *err);
	bool (*base_rows)(struct store *store, uint64_t base_seq,
	    const struct row_query *query,
	    bool (*take)(void *context, const struct stored_row *row), void *context,
	    struct err *err);
	/* All but the journal's chain, which store.c has walked: ERR_CORRUPT is a finding. */
	bool (*verify)(struct store *store, struct err *err);
	bool (*copy)(struct store *store, const char *path, struct err *err);
};

struct store {
	const struct store_ops *ops;
	struct store_head head;
	bool writer;
	bool read_only; /* a writer that the file system lets write nothing */
	struct compact_room written, read; /* the entry that is being written, read */
};

/* Is a row of that table in a mark, when it is open? */
static inline bool
store_is_marked(enum table table)
{
	return table != TABLE_ALERTS && table != TABLE_QUARANTINE;
}

/* Is a row of that table let go of, when it is closed and old? The others are few, or their
 * owner drops them. */
static inline bool
store_is_history(enum table table)
{
	return store_is_marked(table) && table != TABLE_CONTROL && table != TABLE_TOKEN &&
	       table != TABLE_TRUST;
}

/* A copy of a body in the caller's arena: ERR_LIMIT where it does not fit. */
NODISCARD bool store_body_copy(struct arena *arena, str body, str *ret, struct err *err);

NODISCARD bool memory_open(struct store **ret, struct err *err);
NODISCARD bool sqlite_open(str path, const char *state_dir, struct store **ret,
    struct err *err);
NODISCARD bool sqlite_upgrade(const char *path, struct err *err);
NODISCARD bool sqlite_open_readonly(str path, const char *state_dir, struct store **ret,
    struct err *err);

#endif
