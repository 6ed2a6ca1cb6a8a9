/*
 * firstline-torn -- the SQLite store on a disk that loses, tears and refuses writes, runs
 * out of memory, and flips bits.
 *
 *	firstline-torn [cuts N] [faults] [memory STEP] [flips N]
 *
 *	cuts    the power goes within any call of a store that is opened, written to and
 *	        emptied into its file: what was committed is there, whole, and verifies
 *	faults  the n-th operation on the disk fails, for every n, by EIO, ENOSPC or a short
 *	        write, once or for good: what was said to be committed is there afterwards
 *	memory  SQLite's n-th allocation fails, for every STEP-th n: the same
 *	flips   one bit of the file flips, an entry goes, two change places: verify says so, or
 *	        every entry and row is read as it was
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "sim/tasks.h"
#include "sim/vfs.h"
#include "store/store.h"

#define STATE "/sim/state"
#define FILE_PATH "/sim/state/firstline.db"
#define URL "sqlite:firstline.db"
#define CUTS_A_DISK 25
#define CUTS_JOBS 2
#define COMMITS_MAX 40

static struct rng rng;
static uint64_t seed;
static uint64_t acked;   /* the last entry that was said to be committed */
static uint64_t seen;    /* the last entry when the store was opened */
static unsigned commits; /* of one life */
static bool gave_up;     /* the store failed, and said so */
static char blob[300000];

static _Noreturn void PRINTF_LIKE(1, 2) fail(const char *fmt, ...)
{
	va_list args;
	kernel.now = NULL;
	fprintf(stderr, "not ok: disk %llu: ", (unsigned long long)seed);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	_exit(1);
}

static void
new_disk(uint64_t n)
{
	seed = n;
	rng = (struct rng){ n * 3 + 1 };
	vfs_forget(&kernel.disk);
	disk_done(&kernel.disk);
	disk_init(&kernel.disk, n * 3 + 2);
	tasks_init(n * 3 + 3);
	struct inode *top = inode_new(&kernel.disk, true);
	struct inode *state = inode_new(&kernel.disk, true);
	ASSERT(disk_link(&kernel.disk, kernel.disk.root, "sim", top) == 0);
	ASSERT(disk_link(&kernel.disk, top, "state", state) == 0);
	ASSERT(disk_sync(&kernel.disk, kernel.disk.root) == 0);
	ASSERT(disk_sync(&kernel.disk, top) == 0);
	kernel.disk.operations = 0;
	acked = seen = 0;
}

/* ---- one life of a store ---- */

static bool
commit_one(struct store *store, struct err *err)
{
	static const enum table tables[] = { TABLE_INCIDENT, TABLE_TIMELINE, TABLE_NOTICE,
		TABLE_ATTEMPT };
	uint64_t seq = store_head(store).seq + 1;
	char text[24];
	struct row_write rows[9];
	size_t n = 1 + rng_below(&rng, 8);
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)seq);
	rows[0] = (struct row_write){ .table = TABLE_CONTROL,
		.id = 1,
		.open = true,
		.body = str_of(text) };
	for (size_t i = 1; i < n; i++)
		rows[i] = (struct row_write){ .table = tables[rng_below(&rng, 4)],
			.id = 1 + 8 * rng_below(&rng, 40) + i,
			.incident = 7,
			.open = rng_percent(&rng, 50),
			.wall = seq,
			.body = { blob + rng_below(&rng, 1000), rng_below(&rng, 3000) } };
	size_t bytes =
	    rng_percent(&rng, 10) ? rng_below(&rng, 200000) : rng_below(&rng, 900);
	struct commit commit = { .seq = seq,
		.entry = { blob + rng_below(&rng, 1000), 1 + bytes },
		.rows = rows,
		.row_n = n };
	return store_commit(store, &commit, err);
}

static bool
take_control(void *context, const struct stored_row *row)
{
	return str_u64(row->body, UINT64_MAX, context);
}

static void
check_open(struct store *store)
{
	struct store_verdict verdict;
	struct err err;
	uint64_t control = 0, as_of;
	seen = store_head(store).seq;
	if (seen < acked)
		fail("entry %llu is gone, the last is %llu", (unsigned long long)acked,
		    (unsigned long long)seen);
	if (seen > acked + 1)
		fail("entry %llu was never committed", (unsigned long long)seen);
	acked = seen;
	if (!store_verify(store, &verdict, &err))
		fail("it cannot be verified: %s", err.text);
	if (!verdict.ok)
		fail("it does not verify: %s", verdict.text);
	struct row_query query = { .table = TABLE_CONTROL, .limit = 1 };
	if (!store_rows(store, &query, take_control, &control, &as_of, &err) ||
	    control != seen)
		fail("rows are as of %llu, entries as of %llu", (unsigned long long)control,
		    (unsigned long long)seen);
}

static int
life(void *arg)
{
	struct store *store;
	struct err err;
	bool check = *(bool *)arg;
	gave_up = true;
	if (!store_open(URL, STATE, &store, &err))
		return 1;
	if (check)
		check_open(store);
	bool ok = true;
	for (unsigned i = 0; ok && i < commits; i++) {
		ok = commit_one(store, &err);
		if (ok)
			acked = store_head(store).seq;
		if (ok && rng_percent(&rng, 20))
			(void)store_checkpoint(store);
	}
	gave_up = !ok;
	store_close(store);
	return 0;
}

/* To its end, or to the call in which it dies. */
static void
live(uint64_t dies_at, bool check)
{
	struct process *process = process_start("engine", life, &check);
	process->dies_at = dies_at;
	if (!tasks_run())
		fail("it runs for ever");
}

/* After whatever happened: without faults, everything is there. */
static void
must_be_there(void)
{
	kernel.disk.fault_at = 0;
	commits = 0;
	live(0, true);
	if (gave_up)
		fail("it does not open");
}

/* ---- cuts ---- */

static void
cuts_of(uint64_t disk, uint64_t n)
{
	new_disk(disk);
	for (uint64_t i = 0; i < n; i++) {
		commits = 1 + (unsigned)rng_below(&rng, COMMITS_MAX);
		live(1 + rng_below(&rng, rng_percent(&rng, 50) ? 40 : 900), true);
		disk_power_cut(&kernel.disk);
	}
	must_be_there();
}

/* A process for each disk: whoever dies within a call leaves its memory behind. */
static void
cuts(uint64_t n)
{
	unsigned running = 0;
	bool ok = true;
	(void)fflush(stdout);
	for (uint64_t begun = 0, disk = 1; (ok && begun < n) || running > 0;) {
		uint64_t some = n - begun < CUTS_A_DISK ? n - begun : CUTS_A_DISK;
		if (ok && some > 0 && running < CUTS_JOBS) {
			pid_t pid = fork();
			ASSERT(pid >= 0);
			if (pid == 0) {
				cuts_of(disk, some);
				_exit(0);
			}
			running++;
			disk++;
			begun += some;
			continue;
		}
		int status;
		ASSERT(wait(&status) > 0);
		running--;
		ok = ok && status == 0;
	}
	if (!ok)
		_exit(1); /* it said what is wrong */
	printf("ok cuts: %llu power cuts, nothing committed is lost\n",
	    (unsigned long long)n);
}

/* ---- faults ---- */

static void
fault_each(enum disk_fault fault, bool stays, uint64_t *ret_sites, uint64_t *ret_refused)
{
	for (uint64_t n = 1;; n++) {
		new_disk(n);
		kernel.disk.fault_at = n;
		kernel.disk.fault = fault;
		kernel.disk.fault_stays = stays;
		commits = 6;
		live(0, false);
		bool reached = kernel.disk.operations >= n;
		*ret_refused += gave_up;
		vfs_forget(&kernel.disk);
		/* Started again, it goes on: upon what the failed sync left in memory. */
		kernel.disk.fault_at = 0;
		if (n % 3 == 0)
			live(0, true);
		if (n % 3 != 1)
			disk_power_cut(&kernel.disk);
		must_be_there();
		if (!reached)
			return;
		++*ret_sites;
	}
}

static void
faults(void)
{
	static const enum disk_fault kinds[] = { FAULT_IO, FAULT_NO_SPACE, FAULT_SHORT };
	uint64_t sites = 0, refused = 0;
	for (size_t i = 0; i < countof(kinds); i++) {
		fault_each(kinds[i], false, &sites, &refused);
		fault_each(kinds[i], true, &sites, &refused);
	}
	printf("ok faults: %llu failed operations, %llu of them told; nothing committed is "
	       "lost\n",
	    (unsigned long long)sites, (unsigned long long)refused);
}

/* ---- memory ---- */

static struct {
	uint64_t n, fails_at;
	sqlite3_mem_methods real;
} memory;

static void *
memory_get(int bytes)
{
	return ++memory.n == memory.fails_at ? NULL : memory.real.xMalloc(bytes);
}

static void *
memory_change(void *p, int bytes)
{
	return ++memory.n == memory.fails_at ? NULL : memory.real.xRealloc(p, bytes);
}

/* Before SQLite is initialized. */
static void
memory_install(void)
{
	ASSERT(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.real) == SQLITE_OK);
	sqlite3_mem_methods own = memory.real;
	own.xMalloc = memory_get;
	own.xRealloc = memory_change;
	ASSERT(sqlite3_config(SQLITE_CONFIG_MALLOC, &own) == SQLITE_OK);
}

static void
each_allocation(uint64_t step)
{
	uint64_t refused = 0, tried = 0;
	bool reached = true;
	for (uint64_t n = 1; reached; n += step, tried++) {
		new_disk(n);
		commits = 4;
		memory.n = 0;
		memory.fails_at = n;
		live(0, false);
		reached = memory.n >= n;
		memory.fails_at = 0;
		refused += gave_up;
		vfs_forget(&kernel.disk);
		must_be_there();
	}
	printf("ok memory: %llu failed allocations, %llu of them told; nothing committed "
	       "is "
	       "lost\n",
	    (unsigned long long)tried, (unsigned long long)refused);
}

/* ---- flips ---- */

static void
hash_add(hash32 *hash, str bytes)
{
	struct buf text = BUF((size_t)1 << 24);
	buf_add(&text, (str){ (const char *)hash->b, sizeof(hash->b) });
	buf_add(&text, bytes);
	*hash = sha256(buf_str(&text));
	buf_done(&text);
}

static bool
hash_row(void *context, const struct stored_row *row)
{
	char head[96];
	int n = snprintf(head, sizeof(head), "%llu %u %d %llu", (unsigned long long)row->id,
	    row->incident, row->open, (unsigned long long)row->wall);
	hash_add(context, (str){ head, (size_t)n });
	hash_add(context, row->body);
	return true;
}

static bool
hash_entry(void *context, const struct stored_entry *entry)
{
	hash_add(context, entry->bytes);
	return true;
}

static bool
hash_table(struct store *store, enum table table, bool open_only, hash32 *ret)
{
	struct row_query query = { .table = table, .open_only = open_only, .limit = 1000 };
	struct err err;
	uint64_t seq;
	return store_rows(store, &query, hash_row, ret, &seq, &err);
}

/* Everything that can be read, as one number. */
static bool
hash_all(struct store *store, hash32 *ret)
{
	struct err err;
	*ret = (hash32){ { 0 } };
	if (!store_entries(store, 1, UINT64_MAX, hash_entry, ret, &err))
		return false;
	for (enum table table = 1; table < TABLE_COUNT; table++) {
		if (!hash_table(store, table, false, ret) ||
		    !hash_table(store, table, true, ret))
			return false;
	}
	return true;
}

/* Does verify find something? Else is all as it was? */
static bool
found(const hash32 *was, bool *ret_same)
{
	struct store *store;
	struct store_verdict verdict;
	struct err err;
	hash32 is;
	if (!store_open_readonly(URL, STATE, &store, &err))
		return true;
	bool bad = !store_verify(store, &verdict, &err) || !verdict.ok;
	*ret_same = hash_all(store, &is) && hash32_eq(was, &is);
	store_close(store);
	return bad;
}

static void
change(const char *sql)
{
	sqlite3 *db;
	char *why = NULL;
	ASSERT(sqlite3_open_v2(FILE_PATH, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail("%s: %s", sql, why);
	ASSERT(sqlite3_close(db) == SQLITE_OK);
}

/* What whoever can write to the file could do to the journal, at a random place: take an
 * entry out, or put another one in its place, with its hash and without. */
static void
tamper(unsigned how, uint64_t entries)
{
	static const char *const columns[] = { "", "hash, digest, bytes", "bytes" };
	char sql[512];
	uint64_t at = rng_between(&rng, 1, entries);
	uint64_t other = at == 1 ? entries : at - 1;
	if (how == 0)
		(void)snprintf(sql, sizeof(sql),
		    "DELETE FROM journal WHERE (id & 0xffffffffffff) = %llu",
		    (unsigned long long)at);
	else
		(void)snprintf(sql, sizeof(sql),
		    "UPDATE journal SET (%s) = (SELECT %s FROM journal AS t WHERE"
		    " (t.id & 0xffffffffffff) = %llu) WHERE (id & 0xffffffffffff) = %llu",
		    columns[how], columns[how], (unsigned long long)at,
		    (unsigned long long)other);
	change(sql);
}

static void
restore(struct inode *file, const uint8_t *bytes, size_t n)
{
	size_t wrote;
	vfs_forget(&kernel.disk);
	struct inode *log = disk_find(&kernel.disk, FILE_PATH "-wal");
	if (log != NULL)
		ASSERT(disk_truncate(&kernel.disk, log, 0) == 0);
	ASSERT(disk_truncate(&kernel.disk, file, n) == 0);
	ASSERT(disk_write(&kernel.disk, file, 0, bytes, n, &wrote) == 0);
	ASSERT(disk_sync(&kernel.disk, file) == 0);
}

static void
flips(uint64_t n)
{
	hash32 was;
	struct store *store;
	struct err err;
	uint64_t caught = 0, harmless = 0;
	bool same = false;
	new_disk(1);
	for (unsigned i = 0; i < 3; i++) {
		commits = COMMITS_MAX;
		live(0, false);
	}
	ASSERT(store_open_readonly(URL, STATE, &store, &err) && hash_all(store, &was));
	store_close(store);
	struct inode *file = disk_find(&kernel.disk, FILE_PATH);
	size_t bytes = file->now.n;
	uint8_t *copy = malloc(bytes);
	ASSERT(copy != NULL);
	memcpy(copy, file->now.bytes, bytes);
	for (uint64_t i = 0; i < n; i++) {
		unsigned how = (unsigned)rng_below(&rng, 20);
		uint64_t at = rng_below(&rng, bytes);
		unsigned bit = (unsigned)rng_below(&rng, 8);
		restore(file, copy, bytes);
		if (how < 3)
			tamper(how, acked);
		else
			file->now.bytes[at] ^= (uint8_t)(1u << bit);
		bool bad = found(&was, &same);
		if (!bad && (how < 3 || !same))
			fail("nobody finds change %llu: %s, byte %llu, bit %u",
			    (unsigned long long)i, how < 3 ? "of an entry" : "of a bit",
			    (unsigned long long)at, bit);
		caught += bad;
		harmless += !bad;
	}
	free(copy);
	printf("ok flips: %llu changes found, %llu harmless: all is read as it was\n",
	    (unsigned long long)caught, (unsigned long long)harmless);
}

/* ---- the command ---- */

int
main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(blob); i++)
		blob[i] = (char)rng_u64(&rng);
	memory_install();
	vfs_register();
	for (int i = 1; i < argc; i++) {
		const char *what = argv[i];
		uint64_t n = 1;
		if (i + 1 < argc && str_u64(str_of(argv[i + 1]), UINT64_MAX, &n))
			i++;
		if (strcmp(what, "cuts") == 0)
			cuts(n);
		else if (strcmp(what, "faults") == 0)
			faults();
		else if (strcmp(what, "memory") == 0)
			each_allocation(n > 0 ? n : 1);
		else if (strcmp(what, "flips") == 0)
			flips(n);
		else
			return fprintf(stderr, "unknown: %s\n", what), 2;
	}
	return 0;
}
