#ifndef STORE_SQLITE_SQLITE_H
#define STORE_SQLITE_SQLITE_H

#include <sqlite3.h>

#include "store/compact.h"
#include "store/internal.h"

/*
 * The SQLite kind of store, as its files share it.
 *
 * One connection writes and checkpoints; readers are read-only and never checkpoint: the
 * WAL-reset race of SQLite before 3.51.3 needs a second writer or checkpointer, and
 * checkpoints stay off the commits' path. Pages of 8 kB; write-ahead log; every commit
 * is synced (synchronous=FULL).
 */
#define SQLITE_PAGE_BYTES 8192
/* One page in the write-ahead log. */
#define SQLITE_FRAME_BYTES (SQLITE_PAGE_BYTES + 24)

/* The journal's key is its shard in the upper bits and its number below: one integer key,
 * so that entries are appended to the table itself and to nothing else. */
#define JOURNAL_SHARD UINT64_C(1)
#define JOURNAL_SEQ_BITS 48
#define JOURNAL_SEQ_MAX ((UINT64_C(1) << JOURNAL_SEQ_BITS) - 1)

enum plain_stmt {
	STMT_BEGIN,
	STMT_BEGIN_READ,
	STMT_COMMIT,
	STMT_ROLLBACK,
	STMT_ENTRY_PUT,
	STMT_ENTRY_LAST,
	STMT_ENTRIES,
	STMT_AS_OF_GET,
	STMT_AS_OF_PUT,
	STMT_BUNDLE_PUT,
	STMT_BUNDLE_GET,
	STMT_BUNDLES,
	STMT_BUNDLE_USE,
	STMT_BUNDLES_DELETE, /* up to ?2 not in use since before entry ?1 */
	STMT_ENTRY_SIZES,
	STMT_ENTRIES_DELETE,
	STMT_MARK_PUT,
	STMT_MARKS,
	STMT_MARKS_DELETE, /* up to ?2 before entry ?1 */
	STMT_MARK_CLEAR,   /* up to ?1 rows of one that is not there */
	STMT_MARK_ROW_PUT,
	STMT_MARK_ROWS,
	STMT_MARK_ROWS_DELETE, /* up to ?2 of marks before entry ?1 */
	STMT_BASE_GET,
	STMT_BASE_PUT,
	PLAIN_STMT_COUNT,
};

enum table_stmt {
	STMT_ROW_INSERT, /* of a row that is not there */
	STMT_ROW_UPDATE, /* of a row whose incident and open flag stay as they are */
	STMT_ROW_PUT,
	STMT_ROW_DELETE,
	STMT_ROW_GET,
	STMT_ROWS, /* all, oldest first; + ROWS_OPEN, ROWS_INCIDENT, ROWS_NEWEST */
	TABLE_STMT_COUNT = STMT_ROWS + 8,
};
#define ROWS_OPEN 1
#define ROWS_INCIDENT 2
#define ROWS_NEWEST 4

struct sqlite_store {
	struct store base;
	sqlite3 *db;
	char *path; /* of the database file, absolute */
	/* Of the writer alone; -1 in readers. */
	int state_fd;     /* the state folder */
	int lock_fd;      /* STATE/lock, held */
	int file_lock_fd; /* PATH-lock, held; -1 when the file is in the state folder */
	bool immutable;   /* read-only, and its log is all in the file */
	bool reserved;    /* STATE/reserve is there at its full size */
	struct compact_room row_written, row_read;
	int64_t newest[TABLE_COUNT]; /* the highest id ever seen; -1: not looked yet */
	struct {
		struct store *from; /* stands still at the mark; NULL: none is written */
		struct store_mark mark;
		enum table table;
		int64_t after; /* the row copied last */
		bool cleared;
	} marking;
	struct {
		unsigned stage;
		int64_t after; /* the row looked at last */
	} trimming;
	bool held;   /* one read transaction until it is closed */
	bool broken; /* a commit failed in a way that says nothing about the disk */
	/* The write-ahead log, in frames: how many it holds, how many of these the file has
	 * too, and how many it held when a checkpoint was last tried. */
	int log_frames, log_copied, log_tried;
	sqlite3_stmt *plain[PLAIN_STMT_COUNT];
	sqlite3_stmt *table[TABLE_COUNT][TABLE_STMT_COUNT];
};

extern const struct store_ops sqlite_ops;

static inline struct sqlite_store *
sqlite_of(const struct store *store)
{
	return (struct sqlite_store *)(uintptr_t)store;
}

static inline int64_t
journal_key(uint64_t seq)
{
	ASSERT(seq <= JOURNAL_SEQ_MAX);
	return (int64_t)(JOURNAL_SHARD << JOURNAL_SEQ_BITS | seq);
}

static inline uint64_t
journal_seq(int64_t key)
{
	return (uint64_t)key & JOURNAL_SEQ_MAX;
}

/* ---- statements (sqlite.c): prepared on first use and kept ---- */

/* Describes why SQLite refused; a full disk and damage have kinds of their own. */
bool sqlite_fail(const struct sqlite_store *s, int rc, struct err *err, const char *doing);
NODISCARD sqlite3_stmt *sqlite_plain(struct sqlite_store *s, enum plain_stmt which,
    struct err *err);
NODISCARD sqlite3_stmt *sqlite_table(struct sqlite_store *s, enum table table,
    unsigned which, struct err *err);
/* As sqlite3_step; errno tells afterwards what the system refused, or is 0. */
int sqlite_step(sqlite3_stmt *stmt);
/* Runs a statement that returns no rows. */
NODISCARD bool sqlite_run(struct sqlite_store *s, sqlite3_stmt *stmt, struct err *err,
    const char *doing);
NODISCARD bool sqlite_run_plain(struct sqlite_store *s, enum plain_stmt which,
    struct err *err, const char *doing);
NODISCARD bool sqlite_exec(struct sqlite_store *s, const char *sql, struct err *err);
/* One integer, the first column of the first row. */
NODISCARD bool sqlite_number(struct sqlite_store *s, const char *sql, int64_t *ret,
    struct err *err);
/* The column's bytes; they hold until the statement moves. */
str sqlite_bytes(sqlite3_stmt *stmt, int column);
void sqlite_bind(sqlite3_stmt *stmt, int index, str bytes);
void sqlite_finalize(struct sqlite_store *s);

/* ---- open.c ---- */

/* Ours, and of which version? An empty file is version 0 of ours. */
NODISCARD bool sqlite_version(struct sqlite_store *s, int64_t *ret, struct err *err);

/* ---- schema.c ---- */

#define SCHEMA_VERSION 10
/* Takes the tables from version `from` to `to`, each step a transaction. */
NODISCARD bool schema_migrate(struct sqlite_store *s, int64_t from, int64_t to,
    struct err *err);
/* The name of a table in SQL; `table` is below TABLE_COUNT. */
const char *schema_table(enum table table);
/* Has it an index by incident? */
bool schema_by_incident(enum table table);

/* Over everything a row says, its body as it is stored, so that a flipped bit anywhere in it
 * shows. */
int64_t row_digest(const struct stored_row *row, uint64_t seq);
/* Of a number that has no bytes around it: `what` it is, and its value. */
int64_t number_digest(uint64_t what, uint64_t value);

/* ---- read.c ---- */

NODISCARD bool sqlite_head(struct sqlite_store *s, struct store_head *ret, struct err *err);
/* The columns of a row statement, checked against the digest. */
NODISCARD bool sqlite_row_read(struct sqlite_store *s, sqlite3_stmt *stmt, enum table table,
    struct stored_row *ret, struct err *err);
bool sqlite_rows(struct store *store, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    uint64_t *ret_seq, struct err *err);
bool sqlite_row(struct store *store, enum table table, row_id id, struct arena *arena,
    struct stored_row *ret, struct err *err);
bool sqlite_bundle_get(struct store *store, const hash32 *hash, struct arena *arena,
    str *ret, struct err *err);
bool sqlite_bundles(struct store *store,
    bool (*take)(void *context, const hash32 *hash, str bytes), void *context,
    struct err *err);
bool sqlite_hold(struct store *store, struct err *err);
/* A read transaction, or the one that holds. */
NODISCARD bool sqlite_read_begin(struct sqlite_store *s, struct err *err);
NODISCARD bool sqlite_read_end(struct sqlite_store *s, struct err *err);
bool sqlite_entries(struct store *store, uint64_t first, uint64_t limit,
    bool (*take)(void *context, const struct stored_entry *entry), void *context,
    struct err *err);

/* ---- verify.c ---- */

/* At open: what can be checked in a moment. */
NODISCARD bool sqlite_check(struct sqlite_store *s, struct err *err);
bool sqlite_verify(struct store *store, struct err *err);
bool sqlite_copy(struct store *store, const char *path, struct err *err);

/* ---- mark.c, trim.c ---- */

bool sqlite_mark_begin(struct store *store, const struct store_mark *mark, struct err *err);
bool sqlite_mark_some(struct store *store, bool *ret_done, struct err *err);
bool sqlite_marks(struct store *store,
    bool (*take)(void *context, const struct store_mark *mark), void *context,
    struct err *err);
bool sqlite_base(struct store *store, struct arena *arena, struct store_base *ret,
    struct err *err);
/* Is all of what was let go of removed? true of an empty base. */
NODISCARD bool sqlite_base_read(struct sqlite_store *s, struct arena *arena,
    struct store_base *ret, bool *ret_trimmed, struct err *err);
NODISCARD bool sqlite_base_put(struct sqlite_store *s, const struct store_base *base,
    bool trimmed, struct err *err);
bool sqlite_base_rows(struct store *store, uint64_t base_seq, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    struct err *err);
NODISCARD bool sqlite_marks_sound(struct sqlite_store *s, struct err *err);
bool sqlite_let_go(struct store *store, const struct store_base *base, struct err *err);
bool sqlite_trim(struct store *store, bool *ret_done, struct err *err);
bool sqlite_bundle_use(struct store *store, const hash32 *hash, struct err *err);

/* ---- commit.c ---- */

bool sqlite_commit(struct store *store, const struct commit *commit,
    const struct store_head *next, struct err *err);
bool sqlite_checkpoint(struct store *store);
bool sqlite_checkpoint_due(const struct store *store);
bool sqlite_bundle_put(struct store *store, const hash32 *hash, str bytes, msec wall,
    struct err *err);
/* Begin, and end as `ok` says: true when everything is on the disk. */
NODISCARD bool sqlite_begin(struct sqlite_store *s, struct err *err);
NODISCARD bool sqlite_end(struct sqlite_store *s, bool ok, struct err *err);
/* Writes the alerts' entry where a commit without an entry keeps it. */
NODISCARD bool sqlite_as_of_put(struct sqlite_store *s, uint64_t value, struct err *err);
/* Called by SQLite after each commit with the log's length. */
int sqlite_logged(void *context, sqlite3 *db, const char *name, int frames);

/* ---- room.c ---- */

/* At open: is the reserve there? */
void sqlite_reserve_open(struct sqlite_store *s);
bool sqlite_reserve(struct store *store, struct err *err);
bool sqlite_reserve_release(struct store *store, struct err *err);
bool sqlite_has_room(struct store *store, struct err *err);
bool sqlite_writes_again(struct store *store);
/* Nothing more can be written there. */
bool sqlite_disk_full(int folder_fd);

#endif
