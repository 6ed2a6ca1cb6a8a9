#include "store/sqlite/sqlite.h"

#include <stdio.h>

#include "os/crash.h"

/*
 * Writing: commits, and moving what they wrote from the log into the file.
 *
 * A commit appends its pages to the write-ahead log and syncs that once. A checkpoint
 * copies the newest version of each page into the file and syncs the file; then the log
 * starts over at its beginning, on blocks the disk has already given it, which halves the
 * cost of a sync. A checkpoint cannot stop half-way, so it is kept short by being done
 * often: whenever a slice's worth of pages waits and the engine has a moment.
 */
#define SLICE_FRAMES ((4 << 20) / SQLITE_FRAME_BYTES)
/* A reader that is not done holds part of the log back; try again after so many frames. */
#define RETRY_FRAMES ((1 << 20) / SQLITE_FRAME_BYTES)
/* Nobody had a moment: the commit itself does it. */
#define LOG_FRAMES_MAX ((64 << 20) / SQLITE_FRAME_BYTES)

int
sqlite_logged(void *context, sqlite3 *db, const char *name, int frames)
{
	(void)db;
	(void)name;
	struct sqlite_store *s = context;
	if (frames < s->log_frames) { /* it started over */
		s->log_copied = 0;
		s->log_tried = 0;
	}
	s->log_frames = frames;
	return SQLITE_OK;
}

bool
sqlite_checkpoint_due(const struct store *store)
{
	const struct sqlite_store *s = sqlite_of(store);
	return !s->broken && s->log_frames - s->log_copied >= SLICE_FRAMES &&
	       s->log_frames - s->log_tried >= RETRY_FRAMES;
}

bool
sqlite_checkpoint(struct store *store)
{
	struct sqlite_store *s = sqlite_of(store);
	if (!sqlite_checkpoint_due(store))
		return false;
	int frames = s->log_frames;
	int copied = s->log_copied;
	int rc = sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_PASSIVE,
	    &frames, &copied);
	s->log_tried = s->log_frames;
	if (rc == SQLITE_OK && frames >= 0 && copied >= 0) {
		s->log_frames = frames;
		s->log_copied = copied;
	}
	return false; /* what is left waits for a reader */
}

/* ---- transactions ---- */

bool
sqlite_begin(struct sqlite_store *s, struct err *err)
{
	if (s->broken)
		return err_set(err, ERR_IO, "the store '%s' failed at an earlier commit",
		    s->path);
	if (sqlite_run_plain(s, STMT_BEGIN, err, "begin a transaction in"))
		return true;
	s->broken = err->kind != ERR_NO_SPACE;
	return false;
}

bool
sqlite_end(struct sqlite_store *s, bool ok, struct err *err)
{
	if (ok) {
		CRASH_POINT("store-commit-before");
		if (sqlite_run_plain(s, STMT_COMMIT, err, "commit to")) {
			CRASH_POINT("store-commit-after");
			return true;
		}
	}
	/* SQLite rolls some failures back by itself. */
	struct err ignored;
	bool clean = sqlite3_get_autocommit(s->db) != 0 ||
	             sqlite_run_plain(s, STMT_ROLLBACK, &ignored, "roll back");
	if (!clean || err->kind != ERR_NO_SPACE)
		s->broken = true;
	return false;
}

/* ---- what a commit holds ---- */

static bool
entry_put(struct sqlite_store *s, const struct store_head *next, str bytes, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_ENTRY_PUT, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, journal_key(next->seq));
	sqlite_bind(stmt, 2, (str){ (const char *)next->hash.b, sizeof(next->hash.b) });
	(void)sqlite3_bind_int64(stmt, 3, (int64_t)next->alerts_as_of);
	(void)sqlite3_bind_int64(stmt, 4, number_digest(next->seq, next->alerts_as_of));
	sqlite_bind(stmt, 5, bytes);
	return sqlite_run(s, stmt, err, "append an entry to");
}

static void
row_bind(sqlite3_stmt *stmt, const struct stored_row *row, uint64_t seq, int64_t digest)
{
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)row->id);
	if (row->incident != 0)
		(void)sqlite3_bind_int64(stmt, 2, row->incident);
	else
		(void)sqlite3_bind_null(stmt, 2);
	(void)sqlite3_bind_int64(stmt, 3, row->open);
	(void)sqlite3_bind_int64(stmt, 4, (int64_t)row->wall);
	(void)sqlite3_bind_int64(stmt, 5, (int64_t)seq);
	(void)sqlite3_bind_int64(stmt, 6, digest);
	sqlite_bind(stmt, 7, row->body);
}

/* Is its id above all that were ever in the table? Ids count up, so most new rows are. */
static bool
is_newest(struct sqlite_store *s, const struct row_write *row, bool *ret, struct err *err)
{
	int64_t *newest = &s->newest[row->table];
	if (*newest < 0) {
		char sql[96];
		(void)snprintf(sql, sizeof(sql), "SELECT coalesce(max(id), 0) FROM %s",
		    schema_table(row->table));
		if (!sqlite_number(s, sql, newest, err))
			return false;
	}
	*ret = (int64_t)row->id > *newest;
	if (*ret)
		*newest = (int64_t)row->id;
	return true;
}

static bool
row_write_as(struct sqlite_store *s, enum table_stmt how, const struct stored_row *row,
    uint64_t seq, int64_t digest, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_table(s, row->table, how, err);
	if (stmt == NULL)
		return false;
	row_bind(stmt, row, seq, digest);
	return sqlite_run(s, stmt, err, "write a row of");
}

/*
 * A new row is inserted, which needs no look at what it might replace. Most others are there
 * already and keep their incident and their open flag; writing them without naming those
 * columns leaves the indexes' pages out of the commit.
 */
static bool
row_put(struct sqlite_store *s, const struct row_write *row, uint64_t seq, struct err *err)
{
	const struct stored_row as_stored = {
		.table = row->table,
		.id = row->id,
		.incident = row->incident,
		.open = row->open,
		.wall = row->wall,
		.body = compact_body(&s->row_written, row->body),
	};
	int64_t digest = row_digest(&as_stored, seq);
	bool newest;
	if (!is_newest(s, row, &newest, err))
		return false;
	if (newest)
		return row_write_as(s, STMT_ROW_INSERT, &as_stored, seq, digest, err);
	if (!row_write_as(s, STMT_ROW_UPDATE, &as_stored, seq, digest, err))
		return false;
	return sqlite3_changes(s->db) > 0 ||
	       row_write_as(s, STMT_ROW_PUT, &as_stored, seq, digest, err);
}

static bool
row_delete(struct sqlite_store *s, const struct row_write *row, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_table(s, row->table, STMT_ROW_DELETE, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)row->id);
	return sqlite_run(s, stmt, err, "delete a row of");
}

bool
sqlite_as_of_put(struct sqlite_store *s, uint64_t value, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_AS_OF_PUT, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)value);
	(void)sqlite3_bind_int64(stmt, 2, number_digest(0, value));
	return sqlite_run(s, stmt, err, "write to");
}

static bool
commit_write(struct sqlite_store *s, const struct commit *commit,
    const struct store_head *next, struct err *err)
{
	if (commit->seq != 0 ? !entry_put(s, next, commit->entry, err)
			     : next->alerts_as_of != s->base.head.alerts_as_of &&
				   !sqlite_as_of_put(s, next->alerts_as_of, err))
		return false;
	for (size_t i = 0; i < commit->row_n; i++) {
		const struct row_write *row = &commit->rows[i];
		if (row->body.n > 0 ? !row_put(s, row, next->seq, err)
				    : !row_delete(s, row, err))
			return false;
	}
	return true;
}

bool
sqlite_commit(struct store *store, const struct commit *commit,
    const struct store_head *next, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	if (!sqlite_begin(s, err))
		return false;
	if (!sqlite_end(s, commit_write(s, commit, next, err), err))
		return false;
	if (s->log_frames > LOG_FRAMES_MAX)
		(void)sqlite_checkpoint(store);
	return true;
}

bool
sqlite_bundle_put(struct store *store, const hash32 *hash, str bytes, msec wall,
    struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_BUNDLE_PUT, err);
	if (stmt == NULL || !sqlite_begin(s, err))
		return false;
	sqlite_bind(stmt, 1, (str){ (const char *)hash->b, sizeof(hash->b) });
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)wall);
	sqlite_bind(stmt, 3, bytes);
	(void)sqlite3_bind_int64(stmt, 4, (int64_t)store->head.seq);
	return sqlite_end(s, sqlite_run(s, stmt, err, "keep a configuration in"), err);
}
