#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "facts/effect.h"
#include "facts/row.h"

/*
 * store -- the journal, and the tables of what is true as of its last entry.
 *
 * One writer. A commit is one transaction: the entry, and whole rows of every object the
 * steps touched. When store_commit returns true everything is on the disk (fsync). When it
 * returns false nothing of it is visible; ERR_NO_SPACE leaves the store usable, any other
 * error means the caller must end (the memory is ahead of the disk) and start again. After
 * a failed sync nobody can know what the disk has: the next start finds all of the commit
 * or nothing of it.
 *
 * Kinds: "memory:" (tests; same semantics, no disk, gone with its last handle) and
 * "sqlite:PATH", relative to the state folder or absolute. Thread: one for each handle;
 * readers are separate handles with their own connection, and closed by whoever made them.
 *
 * Rows and entries are held against their digests whenever they are read: ERR_CORRUPT names
 * what is damaged.
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
	uint64_t seq; /* of the last entry; 0: none */
	hash32 hash;  /* of the chain's end */
	uint64_t alerts_as_of;
};

#define STORE_ENTRY_BYTES_MAX (64u << 20)
#define STORE_ROW_BYTES_MAX (4u << 20)
#define STORE_ROWS_MAX 1000 /* in one call of store_rows */

/* Takes the lock (an flock on STATE/lock): ERR_BUSY when another process holds it. Creates
 * the store where there is none, for its user's eyes only, migrates it (numbered steps, each
 * a transaction) and checks its end, or all of a small one: ERR_CORRUPT. ERR_NO_SPACE when
 * the disk is full and even the reserve could not help; with its help the store opens, and
 * the reserve is given up. Where the file system lets nothing be written (EROFS) what is there
 * opens to be read alone: nothing may be asked of it then that writes. `state_dir` exists. */
NODISCARD bool store_open(const char *url, const char *state_dir, struct store **ret,
    struct err *err);
void store_close(struct store *store);
/* Can it be written to? Of one that cannot store_writes_again says when it could be: close it
 * then, and open it again. */
bool store_writes(const struct store *store);
bool store_writes_again(struct store *store);

/* Of a reader: as it was when that was opened. */
struct store_head store_head(const struct store *store);
NODISCARD bool store_commit(struct store *store, const struct commit *commit,
    struct err *err);

/* Move pages from the log into the file, when a slice's worth of them waits (4 MiB, about
 * 10 ms on a fast disk); costs nothing otherwise. Call it between commits, always: a slice
 * is as long as what came since the last. true while there is more to do at once. Never
 * fails loudly: what matters shows at a commit. Beyond 64 MiB a commit does it itself. */
bool store_checkpoint(struct store *store);
/* Would it do anything now? */
bool store_checkpoint_due(const struct store *store);

/* Bytes set aside (1 MiB, STATE/reserve) so that a page to the people on duty can still be
 * kept when the disk is full: store_reserve takes them (fine when taken; ERR_NO_SPACE),
 * store_reserve_release gives them up to the next commit (ERR_NO_SPACE when there are none:
 * they have been given up already). */
NODISCARD bool store_reserve(struct store *store, struct err *err);
NODISCARD bool store_reserve_release(struct store *store, struct err *err);
/* Is there room for ordinary work, and some distance? Tries by writing: a few syncs and
 * 4 MiB, so ask each second or so, not often. Where there is none err is ERR_NO_SPACE; after
 * any other the store may be of no more use, and is to be opened again. */
NODISCARD bool store_has_room(struct store *store, struct err *err);

/* Configuration bundles by hash. Putting one that is there is fine. Durable on return. */
NODISCARD bool store_bundle_put(struct store *store, const hash32 *hash, str bytes,
    msec wall, struct err *err);

/* ---- reading: works on the writer's handle and on readers ---- */

/* A read-only handle with a connection of its own, for another thread. */
NODISCARD bool store_reader(const struct store *store, struct store **ret, struct err *err);
/* Open the files read-only without the lock, for `journal verify` beside a live server. */
NODISCARD bool store_open_readonly(const char *url, const char *state_dir,
    struct store **ret, struct err *err);

/* From now on this reader sees all of it as of one entry, that of store_head, until it is
 * closed. The log of a live server grows until then. ERR_INVALID of a store in memory. */
NODISCARD bool store_hold(struct store *store, struct err *err);

struct stored_row {
	enum table table;
	row_id id;
	incident_id incident;
	bool open;
	msec wall;
	str body;
	uint64_t seq; /* the entry with which it was written last */
};

struct row_query {
	enum table table;
	incident_id incident; /* 0: any */
	bool open_only;
	bool newest_first;
	row_id after; /* go on after this id, in the order asked for; 0: from the start */
	/* A row that does not match its digest is given here and left out; NULL: it ends the
	 * call with ERR_CORRUPT. */
	void (*damaged)(void *context, row_id id);
	uint32_t limit; /* 1..STORE_ROWS_MAX */
};

/* Calls `take` for each row in id order; its slices hold until it returns, and it must not
 * use the store. `take` returning false ends early without error. All rows of one call are
 * as of one entry, *ret_seq. */
NODISCARD bool store_rows(struct store *store, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    uint64_t *ret_seq, struct err *err);
/* false with ERR_NOT_FOUND; the body is copied into the arena. */
NODISCARD bool store_row(struct store *store, enum table table, row_id id,
    struct arena *arena, struct stored_row *ret, struct err *err);
NODISCARD bool store_bundle_get(struct store *store, const hash32 *hash,
    struct arena *arena, str *ret, struct err *err);

/* Every configuration that is kept, in the order in which they came; slices as of store_rows.
 * ERR_CORRUPT: one does not match its hash. */
NODISCARD bool store_bundles(struct store *store,
    bool (*take)(void *context, const hash32 *hash, str bytes), void *context,
    struct err *err);

struct stored_entry {
	uint64_t seq;
	hash32 hash; /* of the chain up to and with this entry */
	str bytes;
};
/* Entries from `first` (1 or more) up, in order, each held against the chain. ERR_GONE says
 * so when `first` was let go of. */
NODISCARD bool store_entries(struct store *store, uint64_t first, uint64_t limit,
    bool (*take)(void *context, const struct stored_entry *entry), void *context,
    struct err *err);

/* Walk the chain from the start, or from what was let go of; names the first entry that is
 * missing or altered, else the first row whose digest differs from its bytes, else what
 * SQLite finds wrong with the file. Works beside a live server. false only when the store
 * cannot be read at all. */
struct store_verdict {
	bool ok;
	uint64_t entries; /* the last one's number */
	uint64_t let_go;  /* the first so many are not there any more */
	hash32 head;
	uint64_t bad_seq; /* 0: none */
	char text[200];
};
NODISCARD bool store_verify(struct store *store, struct store_verdict *ret,
    struct err *err);

/* ---- letting go of what is old ----
 *
 * A mark is the state as of an entry: its number, the chain's hash with it, and every open
 * row (but of alerts and quarantine) as it stood. The base is a mark up to which the journal
 * was let go of: the chain is walked from its hash on, and a replay begins with its rows.
 *
 *	entry 1 ........ base ........ mark ........ mark ....... head
 *	      let go of       kept
 *
 * Every call is a slice of a few milliseconds, to be made between commits; what a crash
 * cuts short goes on after the next start.
 */
struct store_mark {
	uint64_t seq;
	hash32 hash;
	msec at; /* the engine's clock */
	msec wall;
};
#define STORE_NOTE_MAX 4096

struct store_base {
	struct store_mark mark; /* seq 0: nothing was let go of */
	/* Closed rows written last with an entry up to this one were let go of too; never
	 * beyond the mark. */
	uint64_t rows_seq;
	str note; /* signed: about the mark (checkpoint.h) */
};

/* Begin a mark as of the head, and write part of it; *ret_done: it holds now. The state is
 * that of the beginning, whatever is committed between two slices. */
NODISCARD bool store_mark_begin(struct store *store, msec at, msec wall, struct err *err);
NODISCARD bool store_mark_some(struct store *store, bool *ret_done, struct err *err);
/* From now on the journal begins behind that mark, which is older than the head and not
 * newer than the alert packs. Goes forward only. Frees nothing by itself. */
NODISCARD bool store_let_go(struct store *store, const struct store_base *base,
    struct err *err);
/* Remove some of what was let go of: entries, closed rows, marks' rows, configurations that
 * neither the base nor anything after it used. Its room is used again by what comes. */
NODISCARD bool store_trim(struct store *store, bool *ret_done, struct err *err);
/* This configuration is in use as of the head. */
NODISCARD bool store_bundle_use(struct store *store, const hash32 *hash, struct err *err);

/* Reading, on every handle. The note is copied into the arena. */
NODISCARD bool store_base(struct store *store, struct arena *arena, struct store_base *ret,
    struct err *err);
/* From the oldest. */
NODISCARD bool store_marks(struct store *store,
    bool (*take)(void *context, const struct store_mark *mark), void *context,
    struct err *err);
/* The open rows as of the base: as store_rows of one table. ERR_GONE: the base is another by
 * now. */
NODISCARD bool store_base_rows(struct store *store, uint64_t base_seq, enum table table,
    row_id after, uint32_t limit, bool (*take)(void *context, const struct stored_row *row),
    void *context, struct err *err);

/* All of it as of one entry, in a new file of mode 0600 that is a store by itself. Works
 * beside a live server, whose log grows until it is done. ERR_INVALID of a store in memory;
 * on failure there is no file. What becomes of it in a power failure is the caller's to
 * sync. */
NODISCARD bool store_copy(struct store *store, const char *path, struct err *err);
/* Such a file, made by this version or an earlier one and opened by nobody else, becomes one
 * of this version, as store_open would make it. ERR_INVALID says why it cannot. Whatever
 * happens, it stays a file by itself; on failure it may be of a version between. */
NODISCARD bool store_upgrade(const char *path, struct err *err);

#endif
