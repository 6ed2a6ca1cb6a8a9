#include "store/sqlite/sqlite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp.h"
#include "support/test.h"

/*
 * What the SQLite kind promises beyond every kind: its files, its lock, its migrations,
 * and that damage shows.
 */
#define URL "sqlite:firstline.db"

static char folder[TEMP_PATH_MAX];
static char path[TEMP_PATH_MAX + 32];
static char memory[8 << 20];

static void
new_folder(void)
{
	if (folder[0] != '\0')
		temp_remove(folder);
	temp_folder(folder);
	(void)snprintf(path, sizeof(path), "%s/firstline.db", folder);
}

static struct store *
must_open(void)
{
	struct store *store = NULL;
	struct err err = { 0 };
	if (!store_open(URL, folder, &store, &err)) {
		(void)fprintf(stderr, "open: %s\n", err.text);
		abort();
	}
	return store;
}

static void
must_commit(struct store *store, str entry, const struct row_write *rows, size_t row_n)
{
	struct commit commit = { .seq = store_head(store).seq + 1,
		.entry = entry,
		.rows = rows,
		.row_n = row_n };
	struct err err = { 0 };
	if (!store_commit(store, &commit, &err)) {
		(void)fprintf(stderr, "commit: %s\n", err.text);
		abort();
	}
}

/* The sentence with which opening fails; empty when it does not. The folder's name, which
 * differs each time, stands as '@'. */
static str
open_fails(const char *url, const char *state_dir, enum err_kind *ret)
{
	static char text[256];
	struct store *store = NULL;
	struct err err = { 0 };
	if (store_open(url, state_dir, &store, &err)) {
		store_close(store);
		return (str){ 0 };
	}
	*ret = err.kind;
	str left = str_of(err.text);
	size_t n = 0;
	while (left.n > 0) {
		bool here = str_starts(left, str_of(folder));
		text[n++] = here ? '@' : left.p[0];
		left = str_drop(left, here ? strlen(folder) : 1);
	}
	return (str){ text, n };
}

static void
sql(const char *text)
{
	sqlite3 *db = NULL;
	char *message = NULL;
	ASSERT(sqlite3_open(path, &db) == SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
		(void)fprintf(stderr, "%s: %s\n", text, message);
	EXPECT(message == NULL);
	sqlite3_free(message);
	(void)sqlite3_close(db);
}

/* ---- memory ---- */

static size_t
pages_bytes(const struct store *store)
{
	int now = 0, highest = 0;
	ASSERT(sqlite3_db_status(sqlite_of(store)->db, SQLITE_DBSTATUS_CACHE_USED, &now,
		   &highest, 0) == SQLITE_OK);
	return (size_t)now;
}

/* Entries that no compression makes shorter, as many as do not fit into memory. */
static void
commit_much(struct store *store)
{
	static char text[1 << 20];
	uint64_t x = 1;
	for (int i = 0; i < 16; i++) {
		for (size_t at = 0; at < sizeof(text); at++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			text[at] = (char)x;
		}
		must_commit(store, (str){ text, sizeof(text) }, NULL, 0);
	}
}

static bool
skip_entry(void *context, const struct stored_entry *entry)
{
	(void)context;
	(void)entry;
	return true;
}

/* The limit is told in KiB, and SQLite makes a number of pages of it: of the size that they
 * have by then. */
static void
sqlite__pages_in_memory_are_bounded_alike_in_new_and_old_files(void)
{
	new_folder();
	for (int start = 0; start < 2; start++) {
		struct store *store = must_open(), *reader;
		struct err err;
		commit_much(store);
		EXPECT(pages_bytes(store) > (size_t)7 << 20);
		EXPECT(pages_bytes(store) < (size_t)9 << 20);
		ASSERT(store_reader(store, &reader, &err));
		EXPECT(store_entries(reader, 1, UINT32_MAX, skip_entry, NULL, &err));
		EXPECT(pages_bytes(reader) > (size_t)3 << 20);
		EXPECT(pages_bytes(reader) < (size_t)5 << 20);
		store_close(reader);
		store_close(store);
	}
}

/* ---- files ---- */

static void
sqlite__files_are_their_owners_alone(void)
{
	new_folder();
	struct store *store = must_open();
	struct err err;
	EXPECT(store_reserve(store, &err));
	must_commit(store, STR("one"), NULL, 0);
	static const struct {
		const char *name;
		off_t size; /* 0: any */
	} rows[] = {
		{ .name = "firstline.db" },
		{ .name = "firstline.db-wal" },
		{ .name = "firstline.db-shm" },
		{ .name = "lock" },
		{ .name = "reserve", .size = 1 << 20 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct stat st = { 0 };
		char name[TEMP_PATH_MAX + 64];
		test_row = rows[i].name;
		(void)snprintf(name, sizeof(name), "%s/%s", folder, rows[i].name);
		EXPECT(stat(name, &st) == 0 && (st.st_mode & 0777) == 0600);
		EXPECT(rows[i].size == 0 || st.st_size == rows[i].size);
	}
	int64_t pages;
	EXPECT(sqlite_number(sqlite_of(store), "PRAGMA page_size", &pages, &err));
	EXPECT_U64((uint64_t)pages, SQLITE_PAGE_BYTES);
	store_close(store);
}

static void
sqlite__refuses_what_is_no_store(void)
{
	enum err_kind kind = ERR_NONE;
	new_folder();
	EXPECT_STR(open_fails("postgres:x", folder, &kind),
	    STR("store 'postgres:x' is neither 'sqlite:FILE' nor 'memory:'"));
	EXPECT(kind == ERR_INVALID);
	(void)open_fails("sqlite:", folder, &kind);
	EXPECT(kind == ERR_INVALID);
	EXPECT_STR(open_fails(URL, "/nowhere", &kind),
	    STR("state folder '/nowhere': No such file or directory"));
	EXPECT_STR(open_fails("sqlite:sub/x.db", folder, &kind),
	    STR("open '@/sub/x.db': No such file or directory"));

	sql("CREATE TABLE theirs (x)");
	EXPECT_STR(open_fails(URL, folder, &kind),
	    STR("'@/firstline.db' is a database of another program"));
	EXPECT(kind == ERR_INVALID);

	new_folder();
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	for (int i = 0; i < 2000; i++)
		ASSERT(write(fd, "no database ", 12) == 12);
	(void)close(fd);
	EXPECT_STR(open_fails(URL, folder, &kind),
	    STR("set up '@/firstline.db': file is not a database"));
	EXPECT(kind == ERR_CORRUPT);
}

static void
sqlite__readonly_needs_a_store(void)
{
	new_folder();
	struct store *store = NULL;
	struct err err = { 0 };
	EXPECT(!store_open_readonly(URL, folder, &store, &err));
	EXPECT(err.kind == ERR_NOT_FOUND);
	struct stat st;
	EXPECT(stat(path, &st) != 0); /* nothing was made */
	EXPECT(!store_open_readonly("memory:", folder, &store, &err));
	EXPECT(err.kind == ERR_INVALID);
}

/* ---- one writer ---- */

static void
sqlite__second_writer_is_told_who_holds_it(void)
{
	enum err_kind kind = ERR_NONE;
	new_folder();
	struct store *store = must_open();
	char want[128];
	(void)snprintf(want, sizeof(want),
	    "'lock' is held by another server, whose engine is process %d", (int)getpid());
	EXPECT_STR(open_fails(URL, folder, &kind), str_of(want));
	EXPECT(kind == ERR_BUSY);

	/* Readers, also of another process, are let in. */
	struct store *reader = NULL;
	struct err err = { 0 };
	must_commit(store, STR("one"), NULL, 0);
	EXPECT(store_open_readonly(URL, folder, &reader, &err));
	must_commit(store, STR("two"), NULL, 0);
	struct store_verdict verdict;
	EXPECT(store_verify(reader, &verdict, &err) && verdict.ok && verdict.entries == 2);
	store_close(reader);
	must_commit(store, STR("three"), NULL, 0);
	store_close(store);

	store = must_open();
	EXPECT_U64(store_head(store).seq, 3);
	store_close(store);
}

static void
sqlite__file_elsewhere_is_locked_too(void)
{
	enum err_kind kind = ERR_NONE;
	char other[TEMP_PATH_MAX];
	char url[TEMP_PATH_MAX + 64];
	new_folder();
	temp_folder(other);
	(void)snprintf(url, sizeof(url), "sqlite:%s", path);
	struct store *store = NULL;
	struct err err = { 0 };
	EXPECT(store_open(url, other, &store, &err));
	str text = open_fails(url, folder, &kind);
	EXPECT(str_starts(text,
	    STR("'@/firstline.db-lock' is held by another server, whose engine is ")));
	EXPECT(kind == ERR_BUSY);
	store_close(store);
}

/* ---- reading as of one moment ---- */

static bool
count_bundle(void *context, const hash32 *hash, str bytes)
{
	hash32 is = sha256(bytes);
	*(unsigned *)context += hash32_eq(&is, hash);
	return true;
}

static bool
count_entry(void *context, const struct stored_entry *entry)
{
	*(uint64_t *)context = entry->seq;
	return true;
}

static bool
count_row(void *context, const struct stored_row *row)
{
	*(row_id *)context = row->id;
	return true;
}

static void
sqlite__a_reader_that_holds_sees_one_moment(void)
{
	struct err err = { 0 };
	struct row_write row = { .table = TABLE_RUN, .id = 1, .wall = 1, .body = STR("1") };
	struct row_query query = { .table = TABLE_RUN, .limit = STORE_ROWS_MAX };
	hash32 one = sha256(STR("one")), two = sha256(STR("two"));
	new_folder();
	struct store *store = must_open(), *reader = NULL;
	must_commit(store, STR("one"), &row, 1);
	EXPECT(store_bundle_put(store, &one, STR("one"), 1, &err));
	EXPECT(store_open_readonly(URL, folder, &reader, &err));
	row.id = 2;
	must_commit(store, STR("two"), &row, 1);
	EXPECT(store_hold(reader, &err));
	EXPECT_U64(store_head(reader).seq, 2);
	row.id = 3;
	must_commit(store, STR("three"), &row, 1);
	EXPECT(store_bundle_put(store, &two, STR("two"), 2, &err));

	uint64_t seq = 0, last = 0;
	row_id id = 0;
	unsigned bundles = 0;
	struct store_verdict verdict;
	EXPECT(store_rows(reader, &query, count_row, &id, &seq, &err));
	EXPECT(id == 2 && seq == 2);
	EXPECT(store_entries(reader, 1, UINT64_MAX, count_entry, &last, &err));
	EXPECT_U64(last, 2);
	EXPECT(store_bundles(reader, count_bundle, &bundles, &err));
	EXPECT_U64(bundles, 1);
	EXPECT(store_base_rows(reader, 0, TABLE_RUN, 0, 1, count_row, &id, &err));
	EXPECT(store_verify(reader, &verdict, &err) && verdict.ok && verdict.entries == 2);
	store_close(reader);
	bundles = 0;
	EXPECT(store_bundles(store, count_bundle, &bundles, &err));
	EXPECT_U64(bundles, 2);
	store_close(store);
}

/* ---- migrations ---- */

/* A store as that version left it, with something in each of its kinds of tables. */
static void
old_store(int64_t version)
{
	struct sqlite_store s = { .path = path };
	struct err err = { 0 };
	char text[400];
	ASSERT(sqlite3_open(path, &s.db) == SQLITE_OK);
	EXPECT(sqlite_exec(&s,
	    "PRAGMA page_size = 8192; PRAGMA application_id = 1181315699", &err));
	EXPECT(schema_migrate(&s, 0, version, &err));
	sqlite_finalize(&s);
	(void)sqlite3_close(s.db);
	if (version == 0)
		return;
	struct buf hex = BUF(200);
	hash32 hash = entry_hash(&(hash32){ 0 }, STR("one"));
	buf_hex(&hex, (str){ (const char *)hash.b, sizeof(hash.b) });
	(void)snprintf(text, sizeof(text),
	    "INSERT INTO journal (id, hash, alerts_as_of, digest, bytes)"
	    " VALUES (%lld, x'%.*s', 1, %lld, CAST('one' AS BLOB))",
	    (long long)journal_key(1), STR_ARG(buf_str(&hex)),
	    (long long)number_digest(1, 1));
	sql(text);
	struct stored_row row = { .table = TABLE_INCIDENT,
		.id = 7,
		.incident = 7,
		.open = true,
		.wall = 100,
		.body = STR("seven") };
	(void)snprintf(text, sizeof(text),
	    "INSERT INTO incident (id, incident, open, wall, seq, digest, body)"
	    " VALUES (7, 7, 1, 100, 1, %lld, CAST('seven' AS BLOB))",
	    (long long)row_digest(&row, 1));
	sql(text);
	buf_reset(&hex);
	hash = sha256(STR("bundle"));
	buf_hex(&hex, (str){ (const char *)hash.b, sizeof(hash.b) });
	(void)snprintf(text, sizeof(text),
	    "INSERT INTO bundle (hash, wall, bytes)"
	    " VALUES (x'%.*s', 1, CAST('bundle' AS BLOB))",
	    STR_ARG(buf_str(&hex)));
	sql(text);
	buf_done(&hex);
}

/* Migrated, nothing lost, and of use. */
static void
is_new_store(int64_t version)
{
	struct store *store = must_open();
	struct err err = { 0 };
	struct store_verdict verdict;
	int64_t now;
	EXPECT(sqlite_number(sqlite_of(store), "PRAGMA user_version", &now, &err));
	EXPECT(now == SCHEMA_VERSION);
	if (version > 0) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct stored_row row;
		hash32 hash = sha256(STR("bundle"));
		str bundle;
		EXPECT_U64(store_head(store).seq, 1);
		EXPECT(store_row(store, TABLE_INCIDENT, 7, &arena, &row, &err));
		EXPECT_STR(row.body, STR("seven"));
		EXPECT(store_bundle_get(store, &hash, &arena, &bundle, &err));
		EXPECT_STR(bundle, STR("bundle"));
	}
	must_commit(store, STR("two"), NULL, 0);
	EXPECT(store_verify(store, &verdict, &err) && verdict.ok);
	EXPECT_STR(str_of(verdict.text), STR(""));
	store_close(store);
}

static void
sqlite__migrates_from_every_version(void)
{
	for (int64_t version = 0; version < SCHEMA_VERSION; version++) {
		new_folder();
		old_store(version);
		is_new_store(version);
	}
}

/* Each instruction of SQLite's machine is a place to die at. */
static unsigned long die_at, passed;

static int
pass_instruction(void *context)
{
	(void)context;
	if (++passed == die_at)
		(void)kill(getpid(), SIGKILL);
	return 0;
}

static int
watch_connection(sqlite3 *db, char **message, const struct sqlite3_api_routines *api)
{
	(void)message, (void)api;
	sqlite3_progress_handler(db, 1, pass_instruction, NULL);
	return SQLITE_OK;
}

/* Opens it in a process of its own, which is killed at that instruction; false: it was done
 * before. */
static bool
killed_at(unsigned long instruction)
{
	(void)fflush(stdout);
	pid_t pid = fork();
	ASSERT(pid >= 0);
	if (pid == 0) {
		struct store *store = NULL;
		struct err err = { 0 };
		die_at = instruction;
		(void)sqlite3_auto_extension((void (*)(void))watch_connection);
		_exit(store_open(URL, folder, &store, &err) ? 0 : 1);
	}
	int status;
	ASSERT(waitpid(pid, &status, 0) == pid);
	EXPECT(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
	return WIFSIGNALED(status);
}

/* As before there was a store. */
static void
empty_folder(void)
{
	static const char *const files[] = { "", "-wal", "-shm" };
	for (size_t i = 0; i < countof(files); i++) {
		char name[TEMP_PATH_MAX + 64];
		(void)snprintf(name, sizeof(name), "%s%s", path, files[i]);
		(void)unlink(name);
	}
}

/* Killed ever later, it is migrated all the same. LONG=1 dies at each
 * instruction; the share of every build at one in about four hundred. */
static void
sqlite__migrates_however_often_it_is_killed(void)
{
	bool all = getenv("LONG") != NULL;
	unsigned long kills = 0;
	new_folder();
	for (int64_t version = 0; version < SCHEMA_VERSION; version++) {
		unsigned long at = 1;
		for (bool done = false; !done; at += all ? 1 : 397) {
			empty_folder();
			old_store(version);
			done = !killed_at(at);
			kills += !done;
			is_new_store(version);
		}
	}
	EXPECT(kills > (all ? 1000 : 10));
	if (all)
		printf("killed %lu times\n", kills);
}

/* A copy by itself becomes one of today, and stays by itself. */
static void
sqlite__a_copy_of_every_version_becomes_one_of_this(void)
{
	struct err err = { 0 };
	for (int64_t version = 0; version <= SCHEMA_VERSION; version++) {
		struct store *store = NULL;
		struct store_verdict verdict;
		new_folder();
		old_store(version);
		EXPECT(store_upgrade(path, &err) == (version > 0));
		if (version == 0)
			continue;
		EXPECT(store_open_readonly(URL, folder, &store, &err));
		EXPECT_U64(store_head(store).seq, 1);
		EXPECT(store_verify(store, &verdict, &err) && verdict.ok);
		store_close(store);
		char log[TEMP_PATH_MAX + 64];
		(void)snprintf(log, sizeof(log), "%s-wal", path);
		EXPECT(access(log, F_OK) != 0);
	}
	EXPECT(!store_upgrade("/nowhere/firstline.db", &err));
	sql("PRAGMA user_version = 99");
	EXPECT(!store_upgrade(path, &err) && err.kind == ERR_INVALID);
}

static void
sqlite__refuses_a_newer_version(void)
{
	enum err_kind kind = ERR_NONE;
	new_folder();
	store_close(must_open());
	sql("PRAGMA user_version = 99");
	str text = open_fails(URL, folder, &kind);
	EXPECT(str_starts(text, STR("'@/firstline.db' was written by a newer Firstline")));
	EXPECT(str_contains(text,
	    STR(": start that one, or restore a backup made before it")));
	EXPECT(kind == ERR_INVALID);
	struct store *reader = NULL;
	struct err err = { 0 };
	EXPECT(!store_open_readonly(URL, folder, &reader, &err) && err.kind == ERR_INVALID);
}

/* ---- damage ---- */

#define ENTRIES 30

static uint64_t random_state;

static uint64_t
random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

/* A store with something in every table, closed; its file's bytes are in `arena`. */
static str
sample(struct arena *arena)
{
	new_folder();
	struct store *store = must_open();
	struct err err = { 0 };
	for (uint64_t i = 1; i <= ENTRIES; i++) {
		struct row_write rows[TABLE_COUNT];
		size_t n = 0;
		for (enum table table = 1; table < TABLE_COUNT; table++)
			rows[n++] = (struct row_write){ .table = table,
				.id = table == TABLE_CONTROL ? 1 : i,
				.incident = (incident_id)(i % 4),
				.open = i % 2 == 0,
				.wall = i,
				.body = STR("what the row says") };
		struct commit commit = { .seq = i,
			.entry = STR("what the entry says, and it says it at some length"),
			.rows = rows,
			.row_n = n,
			.alerts_as_of = i - 1 };
		EXPECT(store_commit(store, &commit, &err));
	}
	EXPECT(store_commit(store, &(struct commit){ .alerts_as_of = ENTRIES }, &err));
	str bundle = STR("services: {}");
	hash32 hash = sha256(bundle);
	EXPECT(store_bundle_put(store, &hash, bundle, 1, &err));
	store_close(store);

	int fd = open(path, O_RDONLY);
	struct stat st;
	ASSERT(fd >= 0 && fstat(fd, &st) == 0);
	char *bytes = arena_new(arena, char, (size_t)st.st_size);
	ASSERT(read(fd, bytes, (size_t)st.st_size) == st.st_size);
	(void)close(fd);
	return (str){ bytes, (size_t)st.st_size };
}

static void
put_back(str bytes)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	ASSERT(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
	(void)close(fd);
}

static struct store_verdict
verdict_now(void)
{
	struct store *store = NULL;
	struct err err = { 0 };
	struct store_verdict verdict = { 0 };
	if (!store_open_readonly(URL, folder, &store, &err)) {
		EXPECT(err.kind == ERR_CORRUPT);
		(void)snprintf(verdict.text, sizeof(verdict.text), "%s", err.text);
		return verdict;
	}
	EXPECT(store_verify(store, &verdict, &err));
	store_close(store);
	return verdict;
}

/* Flip one bit of one value: of its bytes, or of the number. */
static void
flip(const char *table, const char *column, uint64_t row)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *get = NULL;
	sqlite3_stmt *set = NULL;
	char text[160];
	ASSERT(sqlite3_open(path, &db) == SQLITE_OK);
	(void)snprintf(text, sizeof(text), "SELECT rowid, %s FROM %s LIMIT 1 OFFSET %llu",
	    column, table, (unsigned long long)row);
	ASSERT(sqlite3_prepare_v2(db, text, -1, &get, NULL) == SQLITE_OK);
	ASSERT(sqlite3_step(get) == SQLITE_ROW);
	(void)snprintf(text, sizeof(text), "UPDATE %s SET %s = ?1 WHERE rowid = ?2", table,
	    column);
	ASSERT(sqlite3_prepare_v2(db, text, -1, &set, NULL) == SQLITE_OK);
	(void)sqlite3_bind_int64(set, 2, sqlite3_column_int64(get, 0));
	if (sqlite3_column_type(get, 1) == SQLITE_BLOB) {
		char bytes[256];
		str was = sqlite_bytes(get, 1);
		ASSERT(was.n > 0 && was.n <= sizeof(bytes));
		memcpy(bytes, was.p, was.n);
		uint64_t bit = random_below(was.n * 8);
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
		(void)sqlite3_bind_blob(set, 1, bytes, (int)was.n, SQLITE_TRANSIENT);
	} else {
		uint64_t was = (uint64_t)sqlite3_column_int64(get, 1);
		uint64_t bit = random_below(64);
		(void)sqlite3_bind_int64(set, 1, (int64_t)(was ^ UINT64_C(1) << bit));
		/* An id that another row has cannot be: then a bit that none of them has. */
		if (sqlite3_step(set) == SQLITE_CONSTRAINT) {
			(void)sqlite3_reset(set);
			(void)sqlite3_bind_int64(set, 1,
			    (int64_t)(was ^ UINT64_C(1) << 62));
		}
		(void)sqlite3_reset(set);
	}
	(void)sqlite3_finalize(get);
	ASSERT(sqlite3_step(set) == SQLITE_DONE);
	(void)sqlite3_finalize(set);
	(void)sqlite3_close(db);
}

/* T25 */
static void
sqlite__verify_finds_every_flipped_bit(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	str bytes = sample(&arena);
	EXPECT(verdict_now().ok);
	static const char *const journal[] = { "id", "hash", "alerts_as_of", "digest",
		"bytes" };
	static const char *const row[] = { "id", "incident", "open", "wall", "seq",
		"digest", "body" };
	random_state = 20;
	for (int i = 0; i < 200; i++) {
		char what[64];
		const char *table = "journal";
		const char *column = journal[random_below(countof(journal))];
		if (i % 2 == 1) {
			table =
			    schema_table((enum table)(1 + random_below(TABLE_COUNT - 1)));
			column = row[random_below(countof(row))];
		}
		flip(table, column,
		    str_eq(str_of(table), STR("control")) ? 0 : random_below(ENTRIES));
		(void)snprintf(what, sizeof(what), "%s.%s (%d)", table, column, i);
		test_row = what;
		EXPECT(!verdict_now().ok);
		put_back(bytes);
	}
	test_row = NULL;
	flip("bundle", "bytes", 0);
	EXPECT_STR(str_of(verdict_now().text),
	    STR("a configuration does not match its hash"));
	put_back(bytes);
	flip("alerts_as_of", "value", 0);
	EXPECT(!verdict_now().ok);
	put_back(bytes);
	EXPECT(verdict_now().ok);
}

static void
sqlite__verify_names_what_is_wrong(void)
{
#define KEY(n) "((1 << 48) + " #n ")"
	static const struct {
		const char *name;
		const char *change;
		uint64_t bad_seq;
		const char *text;
	} rows[] = {
		{ .name = "an altered entry",
		    .change = "UPDATE journal SET bytes = x'00' WHERE id = " KEY(7),
		    .bad_seq = 7,
		    .text = "entry 7 of the journal does not match its hash" },
		{ .name = "the first entry gone",
		    .change = "DELETE FROM journal WHERE id = " KEY(1),
		    .bad_seq = 1,
		    .text = "entry 1 of the journal is missing" },
		{ .name = "an entry gone",
		    .change = "DELETE FROM journal WHERE id = " KEY(12),
		    .bad_seq = 12,
		    .text = "entry 12 of the journal is missing" },
		{ .name = "the end gone",
		    .change = "DELETE FROM journal WHERE id > " KEY(28),
		    .text =
			"the journal ends at entry 28, but a row of alerts is as of entry "
			"30" },
		{ .name = "two entries changed places",
		    .change = "UPDATE journal SET id = " KEY(99) " WHERE id = " KEY(
			5) ";"
			   "UPDATE journal SET id = " KEY(5) " WHERE id = " KEY(
			       6) ";"
				  "UPDATE journal SET id = " KEY(6) " WHERE id = " KEY(99),
		    .bad_seq = 5,
		    .text = "entry 5 of the journal does not match its hash" },
		{ .name = "an entry moved out of sight",
		    .change = "UPDATE journal SET id = 5 WHERE id = " KEY(
			30) ";"
			    "UPDATE alerts_as_of SET value = 0",
		    .text =
			"alerts_as_of 1 is damaged: its bytes do not match its digest" },
		{ .name = "an altered row",
		    .change = "UPDATE incident SET wall = 5 WHERE id = 3",
		    .text = "incident 3 is damaged: its bytes do not match its digest" },
		{ .name = "an open row that its index does not have",
		    .change = "PRAGMA writable_schema = ON;"
			      "DELETE FROM sqlite_schema WHERE name = 'run_open';",
		    .text = NULL },
	};
	struct arena arena = arena_over(memory, sizeof(memory));
	str bytes = sample(&arena);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		sql(rows[i].change);
		struct store_verdict verdict = verdict_now();
		EXPECT(!verdict.ok);
		EXPECT_U64(verdict.bad_seq, rows[i].bad_seq);
		if (rows[i].text != NULL)
			EXPECT_STR(str_of(verdict.text), str_of(rows[i].text));
		put_back(bytes);
	}
}

static void
sqlite__damage_at_the_end_shows_at_open(void)
{
	enum err_kind kind = ERR_NONE;
	struct arena arena = arena_over(memory, sizeof(memory));
	str bytes = sample(&arena);
	sql("UPDATE journal SET bytes = x'00' WHERE id = " KEY(29));
	EXPECT_STR(open_fails(URL, folder, &kind),
	    STR("entry 29 of the journal does not match its hash"));
	EXPECT(kind == ERR_CORRUPT);
	put_back(bytes);
	sql("DELETE FROM journal WHERE id > " KEY(28) "; DELETE FROM alerts_as_of");
	EXPECT_STR(open_fails(URL, folder, &kind),
	    STR("the journal ends at entry 28, but a row of control is as of entry 30"));
	EXPECT(kind == ERR_CORRUPT);
}

static bool
ignore_row(void *context, const struct stored_row *row)
{
	(void)context;
	(void)row;
	return true;
}

static void
sqlite__damaged_row_is_not_handed_out(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	(void)sample(&arena);
	sql("UPDATE run SET body = x'00' WHERE id = 4");
	struct store *store = must_open();
	struct err err = { 0 };
	struct stored_row row;
	uint64_t seq;
	EXPECT(!store_row(store, TABLE_RUN, 4, &arena, &row, &err));
	EXPECT(err.kind == ERR_CORRUPT);
	struct row_query query = { .table = TABLE_RUN, .open_only = true, .limit = 100 };
	EXPECT(!store_rows(store, &query, ignore_row, NULL, &seq, &err));
	EXPECT_STR(str_of(err.text),
	    STR("run 4 is damaged: its bytes do not match its digest"));
	EXPECT(store_row(store, TABLE_RUN, 5, &arena, &row, &err));
	store_close(store);
}

/* Whatever the disk made of the file: an answer, never a crash. */
static void
sqlite__any_byte_of_the_file_may_be_wrong(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	str bytes = sample(&arena);
	char *copy = arena_new(&arena, char, bytes.n);
	random_state = 7;
	for (int i = 0; i < 200; i++) {
		memcpy(copy, bytes.p, bytes.n);
		/* Empty pages are most of such a small file: look for one in use. */
		size_t at;
		do
			at = random_below(bytes.n);
		while (copy[at] == 0);
		copy[at] = (char)(copy[at] ^ 1 << random_below(8));
		put_back((str){ copy, bytes.n });

		struct store *store = NULL;
		struct err err = { 0 };
		struct store_verdict verdict = { 0 };
		if (!store_open(URL, folder, &store, &err))
			continue;
		if (store_verify(store, &verdict, &err))
			EXPECT(verdict.ok == (verdict.text[0] == '\0'));
		store_close(store);
	}
}

int
main(void)
{
	RUN(sqlite__pages_in_memory_are_bounded_alike_in_new_and_old_files);
	RUN(sqlite__files_are_their_owners_alone);
	RUN(sqlite__refuses_what_is_no_store);
	RUN(sqlite__readonly_needs_a_store);
	RUN(sqlite__second_writer_is_told_who_holds_it);
	RUN(sqlite__file_elsewhere_is_locked_too);
	RUN(sqlite__a_reader_that_holds_sees_one_moment);
	RUN(sqlite__migrates_from_every_version);
	RUN(sqlite__migrates_however_often_it_is_killed);
	RUN(sqlite__a_copy_of_every_version_becomes_one_of_this);
	RUN(sqlite__refuses_a_newer_version);
	RUN(sqlite__verify_finds_every_flipped_bit);
	RUN(sqlite__verify_names_what_is_wrong);
	RUN(sqlite__damage_at_the_end_shows_at_open);
	RUN(sqlite__damaged_row_is_not_handed_out);
	RUN(sqlite__any_byte_of_the_file_may_be_wrong);
	TEST_MAIN_END();
}
