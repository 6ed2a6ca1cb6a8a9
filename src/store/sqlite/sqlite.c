#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <stdio.h>

/*
 * Statements and failures: the glue between SQLite's C interface and ours.
 */

/*
 * Only a write that found no room leaves the store usable: SQLite has rolled it back. A
 * failed sync is another matter, whatever its errno: the kernel may have dropped the pages.
 */
static enum err_kind
fail_kind(int rc, int sys)
{
	bool full = sys == ENOSPC || sys == EDQUOT;
	switch (rc) {
	case SQLITE_FULL:
		return ERR_NO_SPACE;
	case SQLITE_IOERR_WRITE:
		return full ? ERR_NO_SPACE : ERR_IO;
	default:
		break;
	}
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_MISMATCH:
		return ERR_CORRUPT;
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_READONLY:
		return ERR_DENIED;
	case SQLITE_TOOBIG:
		return ERR_LIMIT;
	default:
		return ERR_IO;
	}
}

bool
sqlite_fail(const struct sqlite_store *s, int rc, struct err *err, const char *doing)
{
	bool told = (rc & 0xff) == SQLITE_IOERR && errno != 0;
	enum err_kind kind = fail_kind(rc, told ? errno : 0);
	if (told)
		return err_sys(err, kind, "%s '%s'", doing, s->path);
	return err_set(err, kind, "%s '%s': %s", doing, s->path,
	    s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
}

/* ---- statements ---- */

static const char *const plain_sql[PLAIN_STMT_COUNT] = {
	[STMT_BEGIN] = "BEGIN IMMEDIATE",
	[STMT_BEGIN_READ] = "BEGIN",
	[STMT_COMMIT] = "COMMIT",
	[STMT_ROLLBACK] = "ROLLBACK",
	[STMT_ENTRY_PUT] = "INSERT INTO journal (id, hash, alerts_as_of, digest, bytes)"
			   " VALUES (?1, ?2, ?3, ?4, ?5)",
	[STMT_ENTRY_LAST] = "SELECT id, hash, alerts_as_of, digest FROM journal"
			    " WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1",
	[STMT_ENTRIES] = "SELECT id, hash, alerts_as_of, digest, bytes FROM journal"
			 " WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
	[STMT_AS_OF_GET] = "SELECT value, digest FROM alerts_as_of WHERE id = 1",
	[STMT_AS_OF_PUT] = "INSERT OR REPLACE INTO alerts_as_of (id, value, digest)"
			   " VALUES (1, ?1, ?2)",
	[STMT_BUNDLE_PUT] = "INSERT INTO bundle (hash, wall, bytes, seq)"
			    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (hash) DO UPDATE"
			    " SET seq = max(seq, excluded.seq)",
	[STMT_BUNDLE_GET] = "SELECT bytes FROM bundle WHERE hash = ?1",
	[STMT_BUNDLES] = "SELECT hash, bytes FROM bundle ORDER BY rowid",
	[STMT_BUNDLE_USE] = "UPDATE bundle SET seq = max(seq, ?2) WHERE hash = ?1",
	[STMT_BUNDLES_DELETE] = "DELETE FROM bundle WHERE hash IN"
				" (SELECT hash FROM bundle WHERE seq < ?1 LIMIT ?2)",
	[STMT_ENTRY_SIZES] = "SELECT id, length(bytes) FROM journal"
			     " WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
	[STMT_ENTRIES_DELETE] = "DELETE FROM journal WHERE id BETWEEN ?1 AND ?2",
	[STMT_MARK_PUT] = "INSERT OR REPLACE INTO mark (seq, hash, at, wall, digest)"
			  " VALUES (?1, ?2, ?3, ?4, ?5)",
	[STMT_MARKS] = "SELECT seq, hash, at, wall, digest FROM mark ORDER BY seq",
	[STMT_MARKS_DELETE] = "DELETE FROM mark WHERE seq IN"
			      " (SELECT seq FROM mark WHERE seq < ?1 LIMIT ?2)",
	[STMT_MARK_CLEAR] =
	    "DELETE FROM mark_row WHERE (mark, kind, id) IN (SELECT mark, kind, id"
	    " FROM mark_row WHERE mark > (SELECT coalesce(max(seq), 0) FROM mark)"
	    " LIMIT ?1)",
	[STMT_MARK_ROW_PUT] =
	    "INSERT OR REPLACE INTO mark_row (mark, kind, id, incident, open, wall, seq,"
	    " digest, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[STMT_MARK_ROWS] = "SELECT id, incident, open, wall, seq, digest, body"
			   " FROM mark_row WHERE mark = ?1 AND kind = ?2 AND id > ?3"
			   " ORDER BY id LIMIT ?4",
	[STMT_MARK_ROWS_DELETE] =
	    "DELETE FROM mark_row WHERE (mark, kind, id) IN (SELECT mark, kind, id"
	    " FROM mark_row WHERE mark < ?1 LIMIT ?2)",
	[STMT_BASE_GET] = "SELECT seq, hash, at, wall, digest, rows_seq, trimmed, note"
			  " FROM base WHERE id = 1",
	[STMT_BASE_PUT] = "INSERT OR REPLACE INTO base (id, seq, hash, at, wall, digest,"
			  " rows_seq, trimmed, note)"
			  " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
};

static sqlite3_stmt *
stmt_kept(struct sqlite_store *s, sqlite3_stmt **slot, const char *sql, struct err *err)
{
	int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
	if (rc != SQLITE_OK)
		(void)sqlite_fail(s, rc, err, "prepare a statement for");
	return *slot;
}

sqlite3_stmt *
sqlite_plain(struct sqlite_store *s, enum plain_stmt which, struct err *err)
{
	if (s->plain[which] != NULL)
		return s->plain[which];
	return stmt_kept(s, &s->plain[which], plain_sql[which], err);
}

/* Rows of one table from ?1 on; the index is named so that a plan that would read the
 * whole table instead is an error and no surprise. */
static void
rows_sql(enum table table, unsigned how, char *sql, size_t size)
{
	const char *name = schema_table(table);
	bool by_incident = (how & ROWS_INCIDENT) != 0 && schema_by_incident(table);
	bool by_open = !by_incident && (how & ROWS_OPEN) != 0;
	(void)snprintf(sql, size,
	    "SELECT id, incident, open, wall, seq, digest, body FROM %s%s%s%s"
	    " WHERE id %s ?1%s%s ORDER BY id%s LIMIT ?2",
	    name, by_incident || by_open ? " INDEXED BY " : "",
	    by_incident || by_open ? name : "",
	    by_incident ? "_incident"
	    : by_open   ? "_open"
			: "",
	    (how & ROWS_NEWEST) != 0 ? "<" : ">",
	    (how & ROWS_OPEN) != 0 ? " AND open = 1" : "",
	    (how & ROWS_INCIDENT) != 0 ? " AND incident = ?3" : "",
	    (how & ROWS_NEWEST) != 0 ? " DESC" : "");
}

static void
table_sql(enum table table, unsigned which, char *sql, size_t size)
{
	const char *name = schema_table(table);
	switch (which) {
	case STMT_ROW_UPDATE:
		(void)snprintf(sql, size,
		    "UPDATE %s SET wall = ?4, seq = ?5, digest = ?6, body = ?7"
		    " WHERE id = ?1 AND incident IS ?2 AND open = ?3",
		    name);
		return;
	case STMT_ROW_INSERT:
		(void)snprintf(sql, size,
		    "INSERT INTO %s (id, incident, open, wall, seq, digest, body)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		    name);
		return;
	case STMT_ROW_PUT:
		(void)snprintf(sql, size,
		    "INSERT OR REPLACE INTO %s (id, incident, open, wall, seq, digest, "
		    "body)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		    name);
		return;
	case STMT_ROW_DELETE:
		(void)snprintf(sql, size, "DELETE FROM %s WHERE id = ?1", name);
		return;
	case STMT_ROW_GET:
		(void)snprintf(sql, size,
		    "SELECT id, incident, open, wall, seq, digest, body FROM %s WHERE id = "
		    "?1",
		    name);
		return;
	default:
		rows_sql(table, which - STMT_ROWS, sql, size);
		return;
	}
}

sqlite3_stmt *
sqlite_table(struct sqlite_store *s, enum table table, unsigned which, struct err *err)
{
	sqlite3_stmt **slot = &s->table[table][which];
	if (*slot != NULL)
		return *slot;
	char sql[256];
	table_sql(table, which, sql, sizeof(sql));
	return stmt_kept(s, slot, sql, err);
}

/* SQLite keeps errno for itself in some paths and drops it in others. */
int
sqlite_step(sqlite3_stmt *stmt)
{
	errno = 0;
	return sqlite3_step(stmt);
}

bool
sqlite_run(struct sqlite_store *s, sqlite3_stmt *stmt, struct err *err, const char *doing)
{
	int rc = sqlite_step(stmt);
	if (rc == SQLITE_DONE) {
		(void)sqlite3_reset(stmt);
		return true;
	}
	ASSERT(rc != SQLITE_ROW);
	(void)sqlite_fail(s, rc, err, doing);
	(void)sqlite3_reset(stmt);
	return false;
}

bool
sqlite_run_plain(struct sqlite_store *s, enum plain_stmt which, struct err *err,
    const char *doing)
{
	sqlite3_stmt *stmt = sqlite_plain(s, which, err);
	return stmt != NULL && sqlite_run(s, stmt, err, doing);
}

bool
sqlite_exec(struct sqlite_store *s, const char *sql, struct err *err)
{
	errno = 0;
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK || sqlite_fail(s, rc, err, "set up");
}

bool
sqlite_number(struct sqlite_store *s, const char *sql, int64_t *ret, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite_step(stmt);
	bool ok = rc == SQLITE_ROW;
	if (ok)
		*ret = sqlite3_column_int64(stmt, 0);
	else
		(void)sqlite_fail(s, rc, err, "read");
	(void)sqlite3_finalize(stmt);
	return ok;
}

str
sqlite_bytes(sqlite3_stmt *stmt, int column)
{
	const char *p = sqlite3_column_blob(stmt, column);
	int n = sqlite3_column_bytes(stmt, column);
	return n > 0 ? (str){ p, (size_t)n } : (str){ 0 };
}

/* The bytes must hold until the statement has run. */
void
sqlite_bind(sqlite3_stmt *stmt, int index, str bytes)
{
	static const char nothing = 0;
	int rc = sqlite3_bind_blob64(stmt, index, bytes.n > 0 ? bytes.p : &nothing, bytes.n,
	    SQLITE_STATIC);
	ASSERT(rc == SQLITE_OK);
}

void
sqlite_finalize(struct sqlite_store *s)
{
	for (size_t i = 0; i < PLAIN_STMT_COUNT; i++)
		(void)sqlite3_finalize(s->plain[i]);
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t i = 0; i < TABLE_STMT_COUNT; i++)
			(void)sqlite3_finalize(s->table[t][i]);
	}
}
