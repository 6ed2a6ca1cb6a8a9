#include "store/sqlite/sqlite.h"

#include <stdio.h>

/*
 * Is what the file says what was written? At open in a moment, by `journal verify` in full.
 */

/* At open a file of up to this size is checked whole, a larger one by its last entries;
 * rows are held against their digests whenever they are read. */
#define OPEN_CHECK_BYTES_MAX (64 << 20)
#define OPEN_CHECK_ENTRIES 64

static bool
no_text(void *context, const struct stored_entry *entry)
{
	(void)context;
	(void)entry;
	return true;
}

/* SQLite's own opinion of the file: "ok", or the first thing it found. */
static bool
file_sound(struct sqlite_store *s, const char *pragma, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, pragma, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite_step(stmt);
	bool ok = rc == SQLITE_ROW;
	if (!ok) {
		(void)sqlite_fail(s, rc, err, "check");
	} else {
		str said = sqlite_bytes(stmt, 0);
		ok = str_eq(said, STR("ok")) ||
		     err_set(err, ERR_CORRUPT, "'%s' is damaged: %.*s", s->path,
			 STR_ARG(said));
	}
	(void)sqlite3_finalize(stmt);
	return ok;
}

/* A row as of an entry that is not there means the journal lost its end. */
static bool
journal_whole(uint64_t seq, uint64_t head, const char *table, struct err *err)
{
	if (seq <= head)
		return true;
	return err_set(err, ERR_CORRUPT,
	    "the journal ends at entry %llu, but a row of %s is as of entry %llu",
	    (unsigned long long)head, table, (unsigned long long)seq);
}

bool
sqlite_check(struct sqlite_store *s, struct err *err)
{
	int64_t pages, control;
	struct store_base base;
	bool trimmed;
	if (!sqlite_number(s, "PRAGMA page_count", &pages, err))
		return false;
	if (pages <= OPEN_CHECK_BYTES_MAX / SQLITE_PAGE_BYTES &&
	    !file_sound(s, "PRAGMA quick_check(1)", err))
		return false;
	const struct store_head *head = &s->base.head;
	uint64_t first =
	    head->seq > OPEN_CHECK_ENTRIES ? head->seq - OPEN_CHECK_ENTRIES : 1;
	if (!sqlite_base_read(s, NULL, &base, &trimmed, err))
		return false;
	if (first <= base.mark.seq)
		first = base.mark.seq + 1;
	if (!store_entries(&s->base, first, OPEN_CHECK_ENTRIES + 1, no_text, NULL, err))
		return false;
	return sqlite_number(s, "SELECT coalesce(max(seq), 0) FROM control", &control,
		   err) &&
	       journal_whole((uint64_t)control, head->seq, "control", err) &&
	       journal_whole(head->alerts_as_of, head->seq, "alerts", err);
}

/* ---- in full ---- */

struct row_walk {
	int64_t last; /* also rows are seen whose id is out of range */
	uint64_t n;
	uint64_t newest; /* entry that a row is as of */
};

static bool
rows_walk(struct sqlite_store *s, enum table table, struct row_walk *walk, struct err *err)
{
	sqlite3_stmt *stmt = sqlite_table(s, table, STMT_ROWS, err);
	if (stmt == NULL)
		return false;
	(void)sqlite3_bind_int64(stmt, 1, walk->last);
	(void)sqlite3_bind_int64(stmt, 2, STORE_ROWS_MAX);
	bool ok = true;
	int rc = SQLITE_ROW;
	walk->n = 0;
	while (ok && (rc = sqlite_step(stmt)) == SQLITE_ROW) {
		struct stored_row row;
		ok = sqlite_row_read(s, stmt, table, &row, err);
		if (!ok)
			break;
		walk->last = (int64_t)row.id;
		walk->n++;
		if (walk->newest < row.seq)
			walk->newest = row.seq;
	}
	if (ok && rc != SQLITE_DONE)
		ok = sqlite_fail(s, rc, err, "read rows of");
	(void)sqlite3_reset(stmt);
	return ok;
}

static bool
table_sound(struct sqlite_store *s, enum table table, struct err *err)
{
	struct row_walk walk = { .last = INT64_MIN };
	do {
		if (!rows_walk(s, table, &walk, err))
			return false;
	} while (walk.n == STORE_ROWS_MAX);
	/* The head is read after the rows: a live server goes on writing. */
	struct store_head head;
	return sqlite_head(s, &head, err) &&
	       journal_whole(walk.newest, head.seq, schema_table(table), err);
}

static bool
next_bundle(void *context, const hash32 *hash, str bytes)
{
	(void)context, (void)hash, (void)bytes;
	return true;
}

/* An entry whose key was changed is missing from its place, and shows there; but for the
 * last one, which shows by where it went. */
static bool
no_strays(struct sqlite_store *s, struct err *err)
{
	char sql[128];
	int64_t strays;
	(void)snprintf(sql, sizeof(sql),
	    "SELECT count(*) FROM journal WHERE id < %lld OR id > %lld",
	    (long long)journal_key(1), (long long)journal_key(JOURNAL_SEQ_MAX));
	return sqlite_number(s, sql, &strays, err) &&
	       (strays == 0 || err_set(err, ERR_CORRUPT,
				   "%lld entries stand outside the journal's numbers",
				   (long long)strays));
}

bool
sqlite_verify(struct store *store, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	struct store_head head;
	if (!sqlite_head(s, &head, err) ||
	    !journal_whole(head.alerts_as_of, head.seq, "alerts", err))
		return false;
	if (!no_strays(s, err))
		return false;
	for (enum table table = 1; table < TABLE_COUNT; table++) {
		if (!table_sound(s, table, err))
			return false;
	}
	return sqlite_marks_sound(s, err) &&
	       sqlite_bundles(store, next_bundle, NULL, err) &&
	       file_sound(s, "PRAGMA integrity_check(1)", err);
}
