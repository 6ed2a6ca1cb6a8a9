#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "facts/row.h"
#include "facts/effect.h"

/*
 * store -- the journal, and the tables of what is true as of its last entry.
 *
 * One writer. A commit is one transaction: the entry, and whole rows of every object the
 * steps touched. When store_commit returns true everything is on the disk (fsync). When it
 * returns false nothing of it is; ERR_NO_SPACE leaves the store usable, any other error
 * means the caller must end (the memory is ahead of the disk) and start again.
 *
 * Kinds: "memory:" (tests; same semantics, no disk) and "sqlite:PATH". Thread: one;
 * readers are separate handles with their own connection.
 */
struct store;

struct row_write {
	enum table table;
	row_id id;
	incident_id incident;
	bool open; /* loaded at the next start */
	msec wall; /* for listing by time */
	str body;  /* empty: delete the row */
};

struct commit {
	uint64_t seq; /* last + 1; 0: rows only, no entry (trailing rows) */
	str entry;    /* bytes; the store adds the chain */
	const struct row_write *rows;
	size_t row_n;
	/* The alert packs are complete as of this entry; never goes back. */
	uint64_t alerts_as_of;
};

struct store_head {
	uint64_t seq;  /* of the last entry; 0: none */
	hash32 hash;   /* of the chain's end */
	uint64_t alerts_as_of;
};

#define STORE_ENTRY_BYTES_MAX (32u << 20)
#define STORE_ROW_BYTES_MAX (4u << 20)

/* Creates the store where there is none, migrates it (numbered steps, each a transaction),
 * takes the lock: ERR_BUSY when another process holds it. `state_dir` holds the file. */
NODISCARD bool store_open(const char *url, const char *state_dir, struct store **ret,
    struct err *err);
void store_close(struct store *store);

struct store_head store_head(const struct store *store);
NODISCARD bool store_commit(struct store *store, const struct commit *commit, struct err *err);

/* Move at most a few pages from the log into the file; call when idle and between commits.
 * true while there is more to do. Never fails loudly: what matters shows at a commit. */
bool store_checkpoint(struct store *store);

/* Bytes set aside so that a page to the people on duty can still be kept when the disk is
 * full: store_reserve takes them (fine when taken), store_reserve_release gives them up. */
NODISCARD bool store_reserve(struct store *store, struct err *err);
NODISCARD bool store_reserve_release(struct store *store, struct err *err);
/* Is there room for ordinary work? Tries by writing. */
bool store_has_room(struct store *store);

/* Configuration bundles by hash. Putting one that is there is fine. Durable on return. */
NODISCARD bool store_bundle_put(struct store *store, const hash32 *hash, str bytes,
    msec wall, struct err *err);

/* ---- reading: works on the writer's handle and on readers ---- */

/* A read-only handle with a connection of its own, for another thread. */
NODISCARD bool store_reader(const struct store *store, struct store **ret, struct err *err);
/* Open the files read-only without the lock, for `journal verify` beside a live server. */
NODISCARD bool store_open_readonly(const char *url, const char *state_dir, struct store **ret,
    struct err *err);

struct stored_row {
	enum table table;
	row_id id;
	incident_id incident;
	bool open;
	msec wall;
	str body;
};

struct row_query {
	enum table table;
	incident_id incident; /* 0: any */
	bool open_only;
	bool newest_first;
	row_id after;   /* go on after this id; 0: from the start */
	uint32_t limit; /* 1..1000 */
};

/* Calls `take` for each row in id order; its slices hold until it returns. `take` returning
 * false ends early without error. All rows of one call are as of one entry, *ret_seq. */
NODISCARD bool store_rows(struct store *store, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    uint64_t *ret_seq, struct err *err);
/* false with ERR_NOT_FOUND; the body is copied into the arena. */
NODISCARD bool store_row(struct store *store, enum table table, row_id id,
    struct arena *arena, struct stored_row *ret, struct err *err);
NODISCARD bool store_bundle_get(struct store *store, const hash32 *hash, struct arena *arena,
    str *ret, struct err *err);

struct stored_entry {
	uint64_t seq;
	hash32 hash; /* of the chain up to and with this entry */
	str bytes;
};
/* Entries from `first` up, in order. */
NODISCARD bool store_entries(struct store *store, uint64_t first, uint64_t limit,
    bool (*take)(void *context, const struct stored_entry *entry), void *context,
    struct err *err);

/* Walk the chain from the start; names the first entry that is missing or altered, and
 * rows of tables whose stored digest differs from their bytes. */
struct store_verdict {
	bool ok;
	uint64_t entries;
	hash32 head;
	uint64_t bad_seq; /* 0: none */
	char text[200];
};
NODISCARD bool store_verify(struct store *store, struct store_verdict *ret, struct err *err);

#endif
