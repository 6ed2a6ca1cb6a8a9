#include "store/sqlite/sqlite.h"

#include <assert.h>
#include <stdio.h>

/*
 * The tables, as numbered steps from an empty file. A step that has been released is never
 * changed: what it makes is spelled out here and follows no name or number of today's.
 *
 * Version 1:
 *	journal   id = shard << 48 | number of the entry; hash, the chain's end up to and with
 *	          the entry; alerts_as_of, the entry that the alert rows were complete as of
 *	          with that commit, and digest, which covers it; bytes, the entry. No other
 *	          index: one would make every append a random write as well.
 *	incident, timeline, ... (one per enum table)
 *	          seq is the entry as of which the row stands (or trails), so that a journal
 *	          that lost its end shows; incident is NULL for none; digest covers the rest.
 *	          Open rows are found through a partial index, as start-up asks for them alone.
 *	bundle    configurations by their SHA-256
 *	alerts_as_of  one row: the same for commits without an entry; the larger one counts.
 *	          Not written with every commit, as it would cost each a page of its own.
 *
 * Version 2: bodies of rows and bytes of entries may be compact (compact.h), which an older
 * program could not read. What is there stays as it is.
 *
 * Version 3: silence, as the others of enum table.
 *
 * Version 4: asked and lease, alike.
 *
 * Version 5: trust, alike.
 *
 * Version 6: session and login, alike.
 *
 * Version 7: override, alike.
 *
 * Version 8: letting go of what is old (store.h).
 *	bundle.seq  the last entry as of which the configuration was known to be in use
 *	mark        entry, hash, engine's clock and wall of each; digest
 *	mark_row    rows as of a mark: kind is the table's number, the rest as in the table
 *	base        one row: the mark that the journal begins behind, rows_seq, the signed
 *	            note, and whether all of it has been removed
 *
 * Version 9: heartbeat, as the others of enum table.
 *
 * Version 10: noise, alike.
 */
static const char *const tables_1[] = { "incident", "timeline", "run", "attempt", "probe",
	"decision", "grant_use", "notice", "handoff", "gap", "token", "answer",
	"quarantine", "control", "alerts" };
static const char *const tables_3[] = { "silence" };
static const char *const tables_4[] = { "asked", "lease" };
static const char *const tables_5[] = { "trust" };
static const char *const tables_6[] = { "session", "login" };
static const char *const tables_7[] = { "override" };
static const char *const tables_9[] = { "heartbeat" };
static const char *const tables_10[] = { "noise" };
static const char *const by_incident_1[] = { "timeline", "run", "attempt", "decision",
	"notice", "handoff" };

static bool
make_tables(struct sqlite_store *s, const char *const *names, size_t n, struct err *err)
{
	char sql[512];
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(sql, sizeof(sql),
		    "CREATE TABLE %s (id INTEGER PRIMARY KEY, incident INTEGER,"
		    " open INTEGER NOT NULL, wall INTEGER NOT NULL, seq INTEGER NOT NULL,"
		    " digest INTEGER NOT NULL, body BLOB NOT NULL) STRICT;"
		    "CREATE INDEX %s_open ON %s (open) WHERE open = 1",
		    names[i], names[i], names[i]);
		if (!sqlite_exec(s, sql, err))
			return false;
	}
	return true;
}

static bool
step_1(struct sqlite_store *s, struct err *err)
{
	char sql[512];
	if (!sqlite_exec(s,
		"CREATE TABLE journal (id INTEGER PRIMARY KEY, hash BLOB NOT NULL,"
		" alerts_as_of INTEGER NOT NULL, digest INTEGER NOT NULL,"
		" bytes BLOB NOT NULL) STRICT;"
		"CREATE TABLE bundle (hash BLOB PRIMARY KEY NOT NULL,"
		" wall INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;"
		"CREATE TABLE alerts_as_of (id INTEGER PRIMARY KEY CHECK (id = 1),"
		" value INTEGER NOT NULL, digest INTEGER NOT NULL) STRICT",
		err))
		return false;
	if (!make_tables(s, tables_1, countof(tables_1), err))
		return false;
	for (size_t i = 0; i < countof(by_incident_1); i++) {
		const char *name = by_incident_1[i];
		(void)snprintf(sql, sizeof(sql),
		    "CREATE INDEX %s_incident ON %s (incident) WHERE incident IS NOT NULL",
		    name, name);
		if (!sqlite_exec(s, sql, err))
			return false;
	}
	return true;
}

static bool
step_2(struct sqlite_store *s, struct err *err)
{
	(void)s;
	(void)err;
	return true;
}

static bool
step_3(struct sqlite_store *s, struct err *err)
{
	return make_tables(s, tables_3, countof(tables_3), err);
}

static bool
step_4(struct sqlite_store *s, struct err *err)
{
	return make_tables(s, tables_4, countof(tables_4), err) &&
	       sqlite_exec(s,
		   "CREATE INDEX asked_incident ON asked (incident)"
		   " WHERE incident IS NOT NULL",
		   err);
}

static bool
step_5(struct sqlite_store *s, struct err *err)
{
	return make_tables(s, tables_5, countof(tables_5), err);
}

static bool
step_6(struct sqlite_store *s, struct err *err)
{
	return make_tables(s, tables_6, countof(tables_6), err);
}

static bool
step_7(struct sqlite_store *s, struct err *err)
{
	return make_tables(s, tables_7, countof(tables_7), err);
}

static bool
step_8(struct sqlite_store *s, struct err *err)
{
	return sqlite_exec(s,
	    "ALTER TABLE bundle ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;"
	    "CREATE TABLE mark (seq INTEGER PRIMARY KEY, hash BLOB NOT NULL,"
	    " at INTEGER NOT NULL, wall INTEGER NOT NULL, digest INTEGER NOT NULL) STRICT;"
	    "CREATE TABLE mark_row (mark INTEGER NOT NULL, kind INTEGER NOT NULL,"
	    " id INTEGER NOT NULL, incident INTEGER, open INTEGER NOT NULL,"
	    " wall INTEGER NOT NULL, seq INTEGER NOT NULL, digest INTEGER NOT NULL,"
	    " body BLOB NOT NULL, PRIMARY KEY (mark, kind, id)) STRICT, WITHOUT ROWID;"
	    "CREATE TABLE base (id INTEGER PRIMARY KEY CHECK (id = 1),"
	    " seq INTEGER NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL,"
	    " wall INTEGER NOT NULL, rows_seq INTEGER NOT NULL,"
	    " trimmed INTEGER NOT NULL, note BLOB NOT NULL, digest INTEGER NOT NULL)"
	    " STRICT",
	    err);
}

static bool
step_9(struct sqlite_store *s, struct err *err)
{
	return make_tables(s, tables_9, countof(tables_9), err);
}

static bool
step_10(struct sqlite_store *s, struct err *err)
{
	return make_tables(s, tables_10, countof(tables_10), err);
}

/* steps[i] leads from version i to i + 1. */
static bool (*const steps[SCHEMA_VERSION])(struct sqlite_store *s, struct err *err) = {
	step_1,
	step_2,
	step_3,
	step_4,
	step_5,
	step_6,
	step_7,
	step_8,
	step_9,
	step_10,
};

bool
schema_migrate(struct sqlite_store *s, int64_t from, int64_t to, struct err *err)
{
	ASSERT(from >= 0 && to <= SCHEMA_VERSION);
	for (int64_t version = from; version < to; version++) {
		char sql[64];
		(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %lld",
		    (long long)version + 1);
		if (!sqlite_begin(s, err))
			return false;
		bool ok = steps[version](s, err) && sqlite_exec(s, sql, err);
		if (!sqlite_end(s, ok, err))
			return false;
	}
	return true;
}

/* Today's tables. A new one needs a step above. */
static const char *const tables[] = {
	[TABLE_INCIDENT] = "incident",
	[TABLE_TIMELINE] = "timeline",
	[TABLE_RUN] = "run",
	[TABLE_ATTEMPT] = "attempt",
	[TABLE_PROBE] = "probe",
	[TABLE_DECISION] = "decision",
	[TABLE_GRANT_USE] = "grant_use",
	[TABLE_NOTICE] = "notice",
	[TABLE_HANDOFF] = "handoff",
	[TABLE_GAP] = "gap",
	[TABLE_TOKEN] = "token",
	[TABLE_ANSWER] = "answer",
	[TABLE_QUARANTINE] = "quarantine",
	[TABLE_CONTROL] = "control",
	[TABLE_ALERTS] = "alerts",
	[TABLE_SILENCE] = "silence",
	[TABLE_ASKED] = "asked",
	[TABLE_LEASE] = "lease",
	[TABLE_TRUST] = "trust",
	[TABLE_SESSION] = "session",
	[TABLE_LOGIN] = "login",
	[TABLE_OVERRIDE] = "override",
	[TABLE_HEARTBEAT] = "heartbeat",
	[TABLE_NOISE] = "noise",
};
static_assert(countof(tables) == TABLE_COUNT,
    "every table has a name here and a step above");

const char *
schema_table(enum table table)
{
	ASSERT(table >= 1 && table < TABLE_COUNT);
	return tables[table];
}

bool
schema_by_incident(enum table table)
{
	return table == TABLE_TIMELINE || table == TABLE_RUN || table == TABLE_ATTEMPT ||
	       table == TABLE_DECISION || table == TABLE_NOTICE || table == TABLE_HANDOFF;
}

/* The key is fixed and no secret: digests find what broke, they do not stop a forger. */
static const struct siphash_key digest_key = { { UINT64_C(0x6669727374),
    UINT64_C(0x6c696e65) } };

int64_t
row_digest(const struct stored_row *row, uint64_t seq)
{
	const uint64_t head[] = { (uint64_t)row->table, row->id, row->incident,
		(uint64_t)row->open, row->wall, seq, row->body.n };
	uint8_t bytes[sizeof(head)];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(head[i / 8] >> i % 8 * 8);
	struct siphash_key key = { { digest_key.k[0],
	    siphash(&digest_key, (str){ (const char *)bytes, sizeof(bytes) }) } };
	return (int64_t)siphash(&key, row->body);
}

int64_t
number_digest(uint64_t what, uint64_t value)
{
	struct siphash_key key = { { digest_key.k[0], what } };
	char bytes[8];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(value >> i * 8);
	return (int64_t)siphash(&key, (str){ bytes, sizeof(bytes) });
}
