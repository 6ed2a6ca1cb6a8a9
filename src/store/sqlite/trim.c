#include "store/sqlite/sqlite.h"

#include <stdio.h>

#include "os/crash.h"

/*
 * Letting go. The base is moved first, in a commit of its own; from then on what is before
 * it is not there for anybody, and its bytes go in slices. A crash between two slices leaves
 * more bytes than are needed, and nothing else: the next slices take them.
 *
 * The pages become free ones of the file, which later commits use again: the file grows no
 * more, but does not shrink.
 */
#define SLICE_ENTRIES 64
#define SLICE_BYTES ((size_t)1 << 20)
#define SLICE_ROWS 500
#define SLICE_BUNDLES 4

bool
sqlite_let_go(struct store *store, const struct store_base *base, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	if (!sqlite_begin(s, err))
		return false;
	CRASH_POINT("store-let-go");
	if (!sqlite_end(s, sqlite_base_put(s, base, false, err), err))
		return false;
	s->trimming.stage = 0;
	s->trimming.after = INT64_MIN;
	return true;
}

/* Up to a slice's worth from the oldest on; *ret_key 0: there are none. */
static bool
entries_until(struct sqlite_store *s, uint64_t base, int64_t *ret_key, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_ENTRY_SIZES, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, journal_key(1));
	(void)sqlite3_bind_int64(stmt, 2, journal_key(base));
	(void)sqlite3_bind_int64(stmt, 3, SLICE_ENTRIES);
	size_t bytes = 0;
	int rc = SQLITE_DONE;
	*ret_key = 0;
	while (bytes < SLICE_BYTES && (rc = sqlite_step(stmt)) == SQLITE_ROW) {
		*ret_key = sqlite3_column_int64(stmt, 0);
		bytes += (size_t)sqlite3_column_int64(stmt, 1);
	}
	bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE ||
	          sqlite_fail(s, rc, err, "read the journal of");
	(void)sqlite3_reset(stmt);
	return ok;
}

/* Runs a statement that deletes at most `limit`; *ret_more: there may be others. */
static bool
delete_some(struct sqlite_store *s, enum plain_stmt which, int64_t bound, int64_t limit,
    bool *ret_more, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_plain(s, which, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, bound);
	(void)sqlite3_bind_int64(stmt, 2, limit);
	if (!sqlite_run(s, stmt, err, "let go of what is old in"))
		return false;
	*ret_more = sqlite3_changes(s->db) >= limit;
	return true;
}

static bool
trim_entries(struct sqlite_store *s, uint64_t base, bool *ret_more, struct err *err)
{
	int64_t until;
	if (!entries_until(s, base, &until, err))
		return false;
	*ret_more = until != 0;
	if (until == 0)
		return true;
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_ENTRIES_DELETE, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, journal_key(1));
	(void)sqlite3_bind_int64(stmt, 2, until);
	return sqlite_run(s, stmt, err, "let go of entries of");
}

/*
 * Closed rows in order of their ids, a slice at a time. What belongs to an incident goes when
 * the incident does, so that none loses part of its story; incidents themselves come last.
 */
static bool
trim_rows(struct sqlite_store *s, enum table table, uint64_t rows_seq, bool *ret_more,
    struct err *err)
{
	char sql[400];
	const char *name = schema_table(table);
	int64_t last;
	(void)snprintf(sql, sizeof(sql),
	    "SELECT coalesce(max(id), %lld) FROM (SELECT id FROM %s WHERE id > %lld"
	    " ORDER BY id LIMIT %d)",
	    (long long)INT64_MIN + 1, name, (long long)s->trimming.after, SLICE_ROWS);
	if (!sqlite_number(s, sql, &last, err))
		return false;
	*ret_more = last > s->trimming.after && last != INT64_MIN + 1;
	if (!*ret_more)
		return true;
	(void)snprintf(sql, sizeof(sql),
	    "DELETE FROM %s WHERE id > %lld AND id <= %lld AND open = 0 AND seq <= %lld"
	    " AND NOT EXISTS (SELECT 1 FROM incident AS i WHERE i.id = %s.incident"
	    " AND (i.open = 1 OR i.seq > %lld))",
	    name, (long long)s->trimming.after, (long long)last, (long long)rows_seq, name,
	    (long long)rows_seq);
	s->trimming.after = last;
	return sqlite_exec(s, sql, err);
}

/* What is let go of, one after the other. */
enum stage { STAGE_ENTRIES, STAGE_MARK_ROWS, STAGE_MARKS, STAGE_BUNDLES, STAGE_ROWS };
#define STAGE_INCIDENT (STAGE_ROWS + TABLE_COUNT)
#define STAGE_COUNT (STAGE_INCIDENT + 1)

static bool
trim_stage(struct sqlite_store *s, const struct store_base *base, bool *ret_more,
    struct err *err)
{
	unsigned stage = s->trimming.stage;
	int64_t seq = (int64_t)base->mark.seq;
	*ret_more = false;
	if (stage == STAGE_ENTRIES)
		return trim_entries(s, base->mark.seq, ret_more, err);
	if (stage == STAGE_MARK_ROWS)
		return delete_some(s, STMT_MARK_ROWS_DELETE, seq, SLICE_ROWS, ret_more,
		    err);
	if (stage == STAGE_MARKS)
		return delete_some(s, STMT_MARKS_DELETE, (int64_t)base->rows_seq,
		    SLICE_ROWS, ret_more, err);
	if (stage == STAGE_BUNDLES)
		return delete_some(s, STMT_BUNDLES_DELETE, seq, SLICE_BUNDLES, ret_more,
		    err);
	enum table table =
	    stage == STAGE_INCIDENT ? TABLE_INCIDENT : (enum table)(stage - STAGE_ROWS);
	bool now = stage == STAGE_INCIDENT || table > TABLE_INCIDENT;
	return base->rows_seq == 0 || !now || !store_is_history(table) ||
	       trim_rows(s, table, base->rows_seq, ret_more, err);
}

bool
sqlite_trim(struct store *store, bool *ret_done, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	struct store_base base;
	static char memory[STORE_NOTE_MAX + 64];
	struct arena arena = arena_over(memory, sizeof(memory));
	bool trimmed, more = false;
	if (!sqlite_base_read(s, &arena, &base, &trimmed, err))
		return false;
	if (trimmed) {
		*ret_done = true;
		return true;
	}
	if (!sqlite_begin(s, err))
		return false;
	bool last = s->trimming.stage == STAGE_COUNT;
	bool ok =
	    last ? sqlite_base_put(s, &base, true, err) : trim_stage(s, &base, &more, err);
	CRASH_POINT("store-trim");
	if (!sqlite_end(s, ok, err))
		return false;
	if (!last && !more) {
		s->trimming.stage++;
		s->trimming.after = INT64_MIN;
	}
	*ret_done = last;
	return true;
}

bool
sqlite_bundle_use(struct store *store, const hash32 *hash, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_BUNDLE_USE, err);
	if (stmt == NULL || !sqlite_begin(s, err))
		return false;
	sqlite_bind(stmt, 1, (str){ (const char *)hash->b, sizeof(hash->b) });
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)store->head.seq);
	return sqlite_end(s, sqlite_run(s, stmt, err, "keep a configuration in"), err);
}
