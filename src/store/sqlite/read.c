#include "store/sqlite/sqlite.h"

/*
 * Reading. What comes off the disk is held against its digest before anyone sees it. Every
 * call is one short read transaction, so no reader holds the log back for long.
 */

static bool
damaged(struct err *err, const char *what, int64_t id)
{
	return err_set(err, ERR_CORRUPT,
	    "%s %lld is damaged: its bytes do not match its digest", what, (long long)id);
}

bool
sqlite_row_read(struct sqlite_store *s, sqlite3_stmt *stmt, enum table table,
    struct stored_row *ret, struct err *err)
{
	int64_t id = sqlite3_column_int64(stmt, 0);
	int64_t incident = sqlite3_column_int64(stmt, 1);
	struct stored_row row = {
		.table = table,
		.id = (row_id)id,
		.incident = (incident_id)incident,
		.open = sqlite3_column_int64(stmt, 2) != 0,
		.wall = (msec)sqlite3_column_int64(stmt, 3),
		.body = sqlite_bytes(stmt, 6),
		.seq = (uint64_t)sqlite3_column_int64(stmt, 4),
	};
	/* What the columns hold beyond our types does not come back from them. */
	bool as_written = (int64_t)row.incident == incident &&
	                  (int64_t)row.open == sqlite3_column_int64(stmt, 2);
	if (!as_written || row_digest(&row, row.seq) != sqlite3_column_int64(stmt, 5) ||
	    !compact_open(&s->row_read, row.body, STORE_ROW_BYTES_MAX, &row.body))
		return damaged(err, schema_table(table), id);
	*ret = row;
	return true;
}

/* ---- transactions ---- */

bool
sqlite_read_begin(struct sqlite_store *s, struct err *err)
{
	return s->held || sqlite_run_plain(s, STMT_BEGIN_READ, err, "begin to read");
}

bool
sqlite_read_end(struct sqlite_store *s, struct err *err)
{
	return s->held || sqlite_run_plain(s, STMT_COMMIT, err, "end reading");
}

bool
sqlite_hold(struct store *store, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	if (!sqlite_read_begin(s, err))
		return false;
	s->held = true; /* closing it ends it */
	/* The first read is what a transaction stands still at. */
	return sqlite_head(s, &store->head, err);
}

/* ---- the head ---- */

/* The hash and what the alert rows were as of, from a journal statement. What does not
 * match its digest gets no hash, so it matches nothing in the chain either. */
static void
entry_read(sqlite3_stmt *stmt, struct store_head *ret)
{
	*ret = (struct store_head){
		.seq = journal_seq(sqlite3_column_int64(stmt, 0)),
		.alerts_as_of = (uint64_t)sqlite3_column_int64(stmt, 2),
	};
	str hash = sqlite_bytes(stmt, 1);
	if (hash.n == sizeof(ret->hash.b) &&
	    number_digest(ret->seq, ret->alerts_as_of) == sqlite3_column_int64(stmt, 3))
		memcpy(ret->hash.b, hash.p, hash.n);
}

static bool
head_entry(struct sqlite_store *s, struct store_head *ret, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_ENTRY_LAST, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, journal_key(1));
	(void)sqlite3_bind_int64(stmt, 2, journal_key(JOURNAL_SEQ_MAX));
	int rc = sqlite_step(stmt);
	bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE;
	if (!ok)
		(void)sqlite_fail(s, rc, err, "read the journal of");
	if (rc == SQLITE_ROW) {
		entry_read(stmt, ret);
		if (hash32_zero(&ret->hash))
			ok = damaged(err, "entry", (int64_t)ret->seq);
	}
	(void)sqlite3_reset(stmt);
	return ok;
}

/* As the last commit without an entry left it. */
static bool
as_of_get(struct sqlite_store *s, uint64_t *ret, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_AS_OF_GET, err);
	if (stmt == NULL)
		return false;
	int rc = sqlite_step(stmt);
	bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE;
	uint64_t value = 0;
	if (!ok)
		(void)sqlite_fail(s, rc, err, "read");
	if (rc == SQLITE_ROW) {
		value = (uint64_t)sqlite3_column_int64(stmt, 0);
		if (number_digest(0, value) != sqlite3_column_int64(stmt, 1))
			ok = damaged(err, "alerts_as_of", 1);
	}
	(void)sqlite3_reset(stmt);
	if (ok)
		*ret = value;
	return ok;
}

bool
sqlite_head(struct sqlite_store *s, struct store_head *ret, struct err *err)
{
	struct store_head head = { 0 };
	uint64_t as_of;
	if (!head_entry(s, &head, err) || !as_of_get(s, &as_of, err))
		return false;
	if (head.alerts_as_of < as_of)
		head.alerts_as_of = as_of;
	*ret = head;
	return true;
}

/* ---- rows ---- */

static bool
rows_take(struct sqlite_store *s, sqlite3_stmt *stmt, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    struct err *err)
{
	int64_t after = (int64_t)query->after;
	if (query->newest_first && query->after == 0)
		after = INT64_MAX;
	(void)sqlite3_bind_int64(stmt, 1, after);
	(void)sqlite3_bind_int64(stmt, 2, query->limit);
	if (query->incident != 0)
		(void)sqlite3_bind_int64(stmt, 3, query->incident);
	for (;;) {
		int rc = sqlite_step(stmt);
		if (rc == SQLITE_DONE)
			return true;
		if (rc != SQLITE_ROW)
			return sqlite_fail(s, rc, err, "read rows of");
		struct stored_row row;
		bool sound = sqlite_row_read(s, stmt, query->table, &row, err);
		if (!sound && query->damaged == NULL)
			return false;
		if (!sound)
			query->damaged(context, (row_id)sqlite3_column_int64(stmt, 0));
		else if (!take(context, &row))
			return true;
	}
}

bool
sqlite_rows(struct store *store, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    uint64_t *ret_seq, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	unsigned how = (query->open_only ? ROWS_OPEN : 0u) |
	               (query->incident != 0 ? ROWS_INCIDENT : 0u) |
	               (query->newest_first ? ROWS_NEWEST : 0u);
	sqlite3_stmt *stmt = sqlite_table(s, query->table, STMT_ROWS + how, err);
	if (stmt == NULL || !sqlite_read_begin(s, err))
		return false;
	struct store_head head = { 0 };
	bool ok =
	    head_entry(s, &head, err) && rows_take(s, stmt, query, take, context, err);
	(void)sqlite3_reset(stmt);
	struct err ignored;
	if (!sqlite_read_end(s, ok ? err : &ignored))
		return false;
	if (ok)
		*ret_seq = head.seq;
	return ok;
}

bool
sqlite_row(struct store *store, enum table table, row_id id, struct arena *arena,
    struct stored_row *ret, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	sqlite3_stmt *stmt = sqlite_table(s, table, STMT_ROW_GET, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)id);
	int rc = sqlite_step(stmt);
	struct stored_row row = { 0 };
	bool ok = false;
	if (rc == SQLITE_ROW)
		ok = sqlite_row_read(s, stmt, table, &row, err) &&
		     store_body_copy(arena, row.body, &row.body, err);
	else if (rc == SQLITE_DONE)
		(void)err_set(err, ERR_NOT_FOUND, "there is no %s %llu", table_names[table],
		    (unsigned long long)id);
	else
		(void)sqlite_fail(s, rc, err, "read a row of");
	(void)sqlite3_reset(stmt);
	if (ok)
		*ret = row;
	return ok;
}

bool
sqlite_bundle_get(struct store *store, const hash32 *hash, struct arena *arena, str *ret,
    struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_BUNDLE_GET, err);
	if (stmt == NULL)
		return false;
	sqlite_bind(stmt, 1, (str){ (const char *)hash->b, sizeof(hash->b) });
	int rc = sqlite_step(stmt);
	bool ok = false;
	if (rc == SQLITE_ROW)
		ok = store_body_copy(arena, sqlite_bytes(stmt, 0), ret, err);
	else if (rc == SQLITE_DONE)
		(void)err_set(err, ERR_NOT_FOUND, "the store holds no such configuration");
	else
		(void)sqlite_fail(s, rc, err, "read a configuration of");
	(void)sqlite3_reset(stmt);
	return ok;
}

bool
sqlite_bundles(struct store *store,
    bool (*take)(void *context, const hash32 *hash, str bytes), void *context,
    struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_BUNDLES, err);
	if (stmt == NULL)
		return false;
	bool ok = true, more = true;
	int rc = SQLITE_ROW;
	while (ok && more && (rc = sqlite_step(stmt)) == SQLITE_ROW) {
		str hash = sqlite_bytes(stmt, 0), bytes = sqlite_bytes(stmt, 1);
		hash32 is = sha256(bytes);
		ok = str_eq(hash, (str){ (const char *)is.b, sizeof(is.b) }) ||
		     err_set(err, ERR_CORRUPT, "a configuration does not match its hash");
		more = ok && take(context, &is, bytes);
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		ok = sqlite_fail(s, rc, err, "read configurations of");
	(void)sqlite3_reset(stmt);
	return ok;
}

bool
sqlite_entries(struct store *store, uint64_t first, uint64_t limit,
    bool (*take)(void *context, const struct stored_entry *entry), void *context,
    struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	sqlite3_stmt *stmt = sqlite_plain(s, STMT_ENTRIES, err);
	if (stmt == NULL)
		return false;
	if (first > JOURNAL_SEQ_MAX)
		return true;
	(void)sqlite3_bind_int64(stmt, 1, journal_key(first));
	(void)sqlite3_bind_int64(stmt, 2, journal_key(JOURNAL_SEQ_MAX));
	(void)sqlite3_bind_int64(stmt, 3, limit < INT64_MAX ? (int64_t)limit : INT64_MAX);
	bool ok = true;
	int rc;
	while ((rc = sqlite_step(stmt)) == SQLITE_ROW) {
		struct store_head at;
		entry_read(stmt, &at);
		struct stored_entry entry = {
			.seq = at.seq,
			.hash = at.hash,
			.bytes = sqlite_bytes(stmt, 4),
		};
		if (!take(context, &entry))
			break;
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		ok = sqlite_fail(s, rc, err, "read the journal of");
	(void)sqlite3_reset(stmt);
	return ok;
}
