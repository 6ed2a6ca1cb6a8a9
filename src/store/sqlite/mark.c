#include "store/sqlite/sqlite.h"

/*
 * Marks: the open rows as of one entry, written in slices. A reader that was opened between
 * two commits stands still while the writer goes on; what it sees is copied, and the mark
 * itself comes last: without it its rows are nothing, and are removed before the next ones.
 */
#define SLICE_ROWS 200
#define SLICE_BYTES ((size_t)512 << 10)

static int64_t
mark_digest(const struct store_mark *mark)
{
	return row_digest(&(struct stored_row){ .id = mark->seq,
			      .wall = mark->wall,
			      .body = { (const char *)mark->hash.b,
				  sizeof(mark->hash.b) } },
	    mark->at);
}

static void
copy_end(struct sqlite_store *s)
{
	store_close(s->marking.from);
	s->marking.from = NULL;
}

bool
sqlite_mark_begin(struct store *store, const struct store_mark *mark, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	copy_end(s);
	s->marking.mark = *mark;
	s->marking.table = 1;
	s->marking.after = 0;
	s->marking.cleared = false;
	if (!store->ops->reader(store, &s->marking.from, err))
		return false;
	/* The first read is what a transaction stands still at. */
	struct sqlite_store *from = sqlite_of(s->marking.from);
	struct store_head head;
	if (sqlite_run_plain(from, STMT_BEGIN_READ, err, "begin to read") &&
	    sqlite_head(from, &head, err)) {
		ASSERT(head.seq == mark->seq && hash32_eq(&head.hash, &mark->hash));
		return true;
	}
	copy_end(s);
	return false;
}

/* What a mark left that was never finished. */
static bool
clear_some(struct sqlite_store *s, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_MARK_CLEAR, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, SLICE_ROWS);
	if (!sqlite_run(s, stmt, err, "clear a mark of"))
		return false;
	s->marking.cleared = sqlite3_changes(s->db) < SLICE_ROWS;
	return true;
}

static bool
copy_row(struct sqlite_store *s, sqlite3_stmt *row, struct err *err)
{
	sqlite3_stmt *put = sqlite_plain(s, STMT_MARK_ROW_PUT, err);
	if (put == NULL)
		return false;
	(void)sqlite3_bind_int64(put, 1, (int64_t)s->marking.mark.seq);
	(void)sqlite3_bind_int64(put, 2, (int64_t)s->marking.table);
	for (int i = 0; i < 7; i++)
		(void)sqlite3_bind_value(put, i + 3, sqlite3_column_value(row, i));
	return sqlite_run(s, put, err, "write a mark of");
}

/* As many as fit into a slice; behind the last of a table comes the next table. */
static bool
copy_some(struct sqlite_store *s, struct err *err)
{
	struct sqlite_store *from = sqlite_of(s->marking.from);
	sqlite3_stmt *stmt =
	    sqlite_table(from, s->marking.table, STMT_ROWS + ROWS_OPEN, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, s->marking.after);
	(void)sqlite3_bind_int64(stmt, 2, SLICE_ROWS);
	size_t bytes = 0, n = 0;
	int rc = SQLITE_DONE;
	bool ok = true;
	while (ok && bytes < SLICE_BYTES && (rc = sqlite_step(stmt)) == SQLITE_ROW) {
		struct stored_row row;
		ok = sqlite_row_read(from, stmt, s->marking.table, &row, err) &&
		     copy_row(s, stmt, err);
		s->marking.after = (int64_t)row.id;
		bytes += sqlite_bytes(stmt, 6).n;
		n++;
	}
	if (ok && rc != SQLITE_ROW && rc != SQLITE_DONE)
		ok = sqlite_fail(from, rc, err, "read rows of");
	(void)sqlite3_reset(stmt);
	if (ok && rc == SQLITE_DONE && n < SLICE_ROWS) {
		s->marking.table++;
		s->marking.after = 0;
	}
	return ok;
}

static bool
mark_put(struct sqlite_store *s, struct err *err)
{
	const struct store_mark *mark = &s->marking.mark;
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_MARK_PUT, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)mark->seq);
	sqlite_bind(stmt, 2, (str){ (const char *)mark->hash.b, sizeof(mark->hash.b) });
	(void)sqlite3_bind_int64(stmt, 3, (int64_t)mark->at);
	(void)sqlite3_bind_int64(stmt, 4, (int64_t)mark->wall);
	(void)sqlite3_bind_int64(stmt, 5, mark_digest(mark));
	return sqlite_run(s, stmt, err, "write a mark of");
}

bool
sqlite_mark_some(struct store *store, bool *ret_done, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	ASSERT(s->marking.from != NULL);
	while (s->marking.table < TABLE_COUNT && !store_is_marked(s->marking.table))
		s->marking.table++;
	bool last = s->marking.cleared && s->marking.table == TABLE_COUNT;
	if (!sqlite_begin(s, err))
		return false;
	bool ok = !s->marking.cleared ? clear_some(s, err)
	          : last              ? mark_put(s, err)
	                              : copy_some(s, err);
	ok = sqlite_end(s, ok, err);
	if (!ok || last)
		copy_end(s);
	if (ok)
		*ret_done = last;
	return ok;
}

/* ---- reading ---- */

static void
mark_read(sqlite3_stmt *stmt, struct store_mark *ret)
{
	*ret = (struct store_mark){ .seq = (uint64_t)sqlite3_column_int64(stmt, 0),
		.at = (msec)sqlite3_column_int64(stmt, 2),
		.wall = (msec)sqlite3_column_int64(stmt, 3) };
	str hash = sqlite_bytes(stmt, 1);
	if (hash.n == sizeof(ret->hash.b))
		memcpy(ret->hash.b, hash.p, hash.n);
}

bool
sqlite_marks(struct store *store,
    bool (*take)(void *context, const struct store_mark *mark), void *context,
    struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_MARKS, err);
	if (stmt == NULL)
		return false;
	int rc;
	bool ok = true, more = true;
	while (ok && more && (rc = sqlite_step(stmt)) != SQLITE_DONE) {
		struct store_mark mark;
		if (rc != SQLITE_ROW) {
			ok = sqlite_fail(s, rc, err, "read marks of");
			break;
		}
		mark_read(stmt, &mark);
		if (mark_digest(&mark) != sqlite3_column_int64(stmt, 4))
			ok = err_set(err, ERR_CORRUPT, "mark %llu is damaged",
			    (unsigned long long)mark.seq);
		else
			more = take(context, &mark);
	}
	(void)sqlite3_reset(stmt);
	return ok;
}

static int64_t
base_digest(const struct store_base *base, bool trimmed)
{
	int64_t note = row_digest(&(struct stored_row){ .id = base->rows_seq,
				      .open = trimmed,
				      .body = base->note },
	    base->mark.seq);
	return note ^ mark_digest(&base->mark);
}

bool
sqlite_base_read(struct sqlite_store *s, struct arena *arena, struct store_base *ret,
    bool *ret_trimmed, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_BASE_GET, err);
	if (stmt == NULL)
		return false;
	struct store_base base = { 0 };
	bool trimmed = true;
	int rc = sqlite_step(stmt);
	bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE;
	if (!ok)
		(void)sqlite_fail(s, rc, err, "read where the journal begins in");
	if (rc == SQLITE_ROW) {
		mark_read(stmt, &base.mark);
		base.rows_seq = (uint64_t)sqlite3_column_int64(stmt, 5);
		trimmed = sqlite3_column_int64(stmt, 6) != 0;
		base.note = sqlite_bytes(stmt, 7);
		if (base_digest(&base, trimmed) != sqlite3_column_int64(stmt, 4))
			ok = err_set(err, ERR_CORRUPT,
			    "where the journal begins is damaged: its bytes do not match "
			    "their digest");
	}
	if (ok && arena != NULL)
		ok = store_body_copy(arena, base.note, &base.note, err);
	(void)sqlite3_reset(stmt);
	if (!ok)
		return false;
	if (arena == NULL)
		base.note = (str){ 0 };
	*ret = base;
	*ret_trimmed = trimmed;
	return true;
}

bool
sqlite_base(struct store *store, struct arena *arena, struct store_base *ret,
    struct err *err)
{
	bool trimmed;
	return sqlite_base_read(sqlite_of(store), arena, ret, &trimmed, err);
}

bool
sqlite_base_put(struct sqlite_store *s, const struct store_base *base, bool trimmed,
    struct err *err)
{
	const struct store_mark *mark = &base->mark;
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_BASE_PUT, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)mark->seq);
	sqlite_bind(stmt, 2, (str){ (const char *)mark->hash.b, sizeof(mark->hash.b) });
	(void)sqlite3_bind_int64(stmt, 3, (int64_t)mark->at);
	(void)sqlite3_bind_int64(stmt, 4, (int64_t)mark->wall);
	(void)sqlite3_bind_int64(stmt, 5, base_digest(base, trimmed));
	(void)sqlite3_bind_int64(stmt, 6, (int64_t)base->rows_seq);
	(void)sqlite3_bind_int64(stmt, 7, trimmed);
	sqlite_bind(stmt, 8, base->note);
	return sqlite_run(s, stmt, err, "write where the journal begins in");
}

static bool
rows_read(struct sqlite_store *s, uint64_t mark, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    struct err *err)
{
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_MARK_ROWS, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)mark);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)query->table);
	(void)sqlite3_bind_int64(stmt, 3, (int64_t)query->after);
	(void)sqlite3_bind_int64(stmt, 4, query->limit);
	bool ok = true, more = true;
	int rc;
	while (ok && more && (rc = sqlite_step(stmt)) != SQLITE_DONE) {
		struct stored_row row;
		ok = rc == SQLITE_ROW ? sqlite_row_read(s, stmt, query->table, &row, err)
		                      : sqlite_fail(s, rc, err, "read a mark of");
		more = ok && take(context, &row);
	}
	(void)sqlite3_reset(stmt);
	return ok;
}

bool
sqlite_base_rows(struct store *store, uint64_t base_seq, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	struct store_base base;
	bool trimmed;
	if (!sqlite_read_begin(s, err))
		return false;
	bool ok = sqlite_base_read(s, NULL, &base, &trimmed, err);
	if (ok && base.mark.seq != base_seq)
		ok = err_set(err, ERR_GONE, "the journal begins elsewhere by now");
	ok = ok && rows_read(s, base_seq, query, take, context, err);
	struct err ignored;
	return sqlite_read_end(s, ok ? err : &ignored) && ok;
}

static bool
no_mark(void *context, const struct store_mark *mark)
{
	(void)context, (void)mark;
	return true;
}

static bool
last_row(void *context, const struct stored_row *row)
{
	*(row_id *)context = row->id;
	return true;
}

bool
sqlite_marks_sound(struct sqlite_store *s, struct err *err)
{
	struct store_base base;
	bool trimmed;
	if (!sqlite_marks(&s->base, no_mark, NULL, err) ||
	    !sqlite_base_read(s, NULL, &base, &trimmed, err))
		return false;
	for (enum table table = 1; table < TABLE_COUNT; table++) {
		struct row_query query = { .table = table, .limit = STORE_ROWS_MAX };
		do {
			row_id last = 0;
			if (!rows_read(s, base.mark.seq, &query, last_row, &last, err))
				return false;
			query.after = last;
		} while (query.after != 0);
	}
	return true;
}
