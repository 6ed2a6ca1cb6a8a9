#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp.h"
#include "support/test.h"

/*
 * What the SQLite kind promises when the world fails it: the process killed anywhere, a
 * write or a sync refused at any place, no room on the disk, a log nobody empties.
 */
#define URL "sqlite:firstline.db"

static char folder[TEMP_PATH_MAX];
static char blob[1 << 20];

/* ---- a kernel that refuses the n-th write or sync ---- */

static struct {
	int writes, syncs; /* done since the last fault_none */
	int write_fails;   /* the how-manieth fails; 0: none */
	int sync_fails;
	int with; /* errno */
} fault;

static ssize_t
faulty_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	if (++fault.writes == fault.write_fails) {
		errno = fault.with;
		return -1;
	}
	return pwrite(fd, bytes, n, at);
}

/* In the place of libc's, for SQLite too. */
int
fdatasync(int fd)
{
	if (++fault.syncs == fault.sync_fails) {
		errno = fault.with;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static void
fault_none(void)
{
	memset(&fault, 0, sizeof(fault));
}

static void
fault_install(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	static const char *const names[] = { "pwrite", "pwrite64" };
	for (size_t i = 0; i < countof(names); i++)
		ASSERT(vfs->xSetSystemCall(vfs, names[i],
			   (sqlite3_syscall_ptr)faulty_pwrite) == SQLITE_OK);
}

/* ---- a store ---- */

static void
new_folder(void)
{
	if (folder[0] != '\0')
		temp_remove(folder);
	temp_folder(folder);
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

/* The next entry with a row that says which: the two must never part. */
static bool
commit_of(struct store *store, size_t bytes, struct err *err)
{
	uint64_t seq = store_head(store).seq + 1;
	char text[24];
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)seq);
	struct row_write row = { .table = TABLE_CONTROL,
		.id = 1,
		.open = true,
		.body = str_of(text) };
	struct commit commit = { .seq = seq,
		.entry = { blob, bytes },
		.rows = &row,
		.row_n = 1 };
	return store_commit(store, &commit, err);
}

static bool
take_number(void *context, const struct stored_row *row)
{
	uint64_t *ret = context;
	return str_u64(row->body, UINT64_MAX, ret);
}

/* The chain holds, and the row is as of the last entry. */
static void
expect_whole(struct store *store)
{
	struct store_verdict verdict = { 0 };
	struct err err = { 0 };
	uint64_t said = 0;
	uint64_t seq = 0;
	struct row_query query = { .table = TABLE_CONTROL, .limit = 10 };
	EXPECT(store_verify(store, &verdict, &err));
	EXPECT_STR(str_of(verdict.text), STR(""));
	EXPECT(verdict.ok);
	EXPECT(store_rows(store, &query, take_number, &said, &seq, &err));
	EXPECT_U64(said, seq);
	EXPECT_U64(verdict.entries, seq);
}

/* ---- killed ---- */

static void
commit_for_ever(int out)
{
	struct store *store = must_open();
	struct err err;
	for (;;) {
		if (!commit_of(store, 5000, &err))
			_exit(1);
		uint64_t seq = store_head(store).seq;
		if (write(out, &seq, sizeof(seq)) != sizeof(seq))
			_exit(1);
		(void)store_checkpoint(store);
	}
}

static void
sqlite__kill_loses_nothing_acknowledged(void)
{
	new_folder();
	uint64_t acknowledged = 0;
	for (unsigned kill_n = 0; kill_n < 20; kill_n++) {
		int out[2];
		ASSERT(pipe(out) == 0);
		pid_t child = fork();
		if (child == 0) {
			(void)close(out[0]);
			commit_for_ever(out[1]);
		}
		(void)close(out[1]);
		uint64_t seq;
		/* Long enough now and then for checkpoints to be in the way. */
		for (unsigned i = 0; i < 1 + kill_n * kill_n; i++) {
			ASSERT(read(out[0], &seq, sizeof(seq)) == sizeof(seq));
			acknowledged = seq;
		}
		ASSERT(kill(child, SIGKILL) == 0);
		while (read(out[0], &seq, sizeof(seq)) == sizeof(seq))
			acknowledged = seq;
		ASSERT(waitpid(child, NULL, 0) == child);
		(void)close(out[0]);

		struct store *store = must_open(); /* its lock went with it */
		EXPECT(store_head(store).seq >= acknowledged);
		EXPECT(store_head(store).seq <= acknowledged + 1);
		expect_whole(store);
		store_close(store);
	}
}

/* ---- refused ---- */

/* Fails the n-th write of a commit, for every n; how many there were. */
static void
sweep_writes(int with, enum err_kind want)
{
	for (int n = 1;; n++) {
		new_folder();
		fault_none();
		struct store *store = must_open();
		struct err err = { 0 };
		EXPECT(commit_of(store, 100, &err));
		fault_none();
		fault.write_fails = n;
		fault.with = with;
		bool ok = commit_of(store, 40000, &err);
		bool reached = fault.writes >= n;
		fault_none();
		if (!reached) {
			EXPECT(ok && n > 3);
			store_close(store);
			return;
		}
		EXPECT(!ok && err.kind == want);
		EXPECT_U64(store_head(store).seq, 1);
		expect_whole(store);
		/* What may go on goes on; what may not never lies. */
		EXPECT(commit_of(store, 200, &err) == (want == ERR_NO_SPACE));
		uint64_t seq = store_head(store).seq;
		store_close(store);
		store = must_open();
		EXPECT_U64(store_head(store).seq, seq);
		expect_whole(store);
		store_close(store);
	}
}

static void
sqlite__full_disk_at_any_write_leaves_it_usable(void)
{
	sweep_writes(ENOSPC, ERR_NO_SPACE);
	sweep_writes(EDQUOT, ERR_NO_SPACE);
}

static void
sqlite__failed_write_ends_it(void)
{
	sweep_writes(EIO, ERR_IO);
}

static void
sqlite__failed_sync_ends_it(void)
{
	static const int with[] = { EIO, ENOSPC };
	for (size_t i = 0; i < countof(with); i++) {
		new_folder();
		fault_none();
		struct store *store = must_open();
		struct err err = { 0 };
		EXPECT(commit_of(store, 100, &err));
		fault_none();
		fault.sync_fails = 1;
		fault.with = with[i];
		EXPECT(!commit_of(store, 100, &err) && err.kind == ERR_IO);
		fault_none();
		EXPECT(!commit_of(store, 100, &err) && err.kind == ERR_IO);
		EXPECT(!store_has_room(store, &err) && err.kind == ERR_IO);
		store_close(store);
		/* All of it or nothing. */
		store = must_open();
		EXPECT(store_head(store).seq == 1 || store_head(store).seq == 2);
		expect_whole(store);
		store_close(store);
	}
}

static void
sqlite__failed_checkpoint_is_tried_again(void)
{
	static const int places[] = { 1, 2, 3, 20, 150 };
	for (size_t p = 0; p < countof(places); p++) {
		int n = places[p];
		new_folder();
		fault_none();
		struct store *store = must_open();
		struct err err = { 0 };
		for (int i = 0; i < 6; i++)
			EXPECT(commit_of(store, sizeof(blob), &err));
		fault_none();
		fault.write_fails = n;
		fault.sync_fails = n < 3 ? n : 0;
		fault.with = n % 2 ? ENOSPC : EIO;
		(void)store_checkpoint(store);
		EXPECT(fault.writes >= n || fault.syncs >= n);
		fault_none();
		for (int i = 0; i < 6; i++) {
			EXPECT(commit_of(store, sizeof(blob), &err));
			(void)store_checkpoint(store);
		}
		expect_whole(store);
		store_close(store);
		store = must_open();
		EXPECT_U64(store_head(store).seq, 12);
		expect_whole(store);
		store_close(store);
	}
}

/* ---- the log ---- */

static off_t
log_bytes(void)
{
	struct stat st = { 0 };
	char name[TEMP_PATH_MAX + 32];
	(void)snprintf(name, sizeof(name), "%s/firstline.db-wal", folder);
	return stat(name, &st) == 0 ? st.st_size : 0;
}

/* A sync of the first start is refused: what opens all the same commits to its log, and not
 * by a rollback journal, which the power could bring back. */
static void
sqlite__opens_with_its_log_or_not_at_all(void)
{
	bool reached = true;
	unsigned refused = 0;
	for (int n = 1; reached; n++) {
		struct store *store = NULL;
		struct err err = { 0 };
		new_folder();
		fault_none();
		fault.sync_fails = n;
		fault.with = EIO;
		bool opened = store_open(URL, folder, &store, &err);
		reached = fault.syncs >= n;
		fault_none();
		refused += !opened;
		if (!opened)
			store = must_open();
		EXPECT(commit_of(store, 100, &err));
		EXPECT(log_bytes() > 0);
		store_close(store);
	}
	EXPECT(refused > 3);
}

static void
sqlite__log_stays_short_with_checkpoints(void)
{
	new_folder();
	struct store *store = must_open();
	struct store *reader = NULL;
	struct err err = { 0 };
	EXPECT(store_reader(store, &reader, &err));
	for (int i = 0; i < 30; i++) {
		EXPECT(commit_of(store, sizeof(blob), &err));
		EXPECT(!store_checkpoint(store));
		uint64_t said, seq;
		struct row_query query = { .table = TABLE_CONTROL, .limit = 10 };
		EXPECT(store_rows(reader, &query, take_number, &said, &seq, &err));
	}
	EXPECT(log_bytes() < 8 << 20);
	store_close(reader);
	store_close(store);
}

static void
sqlite__log_is_bounded_without(void)
{
	new_folder();
	struct store *store = must_open();
	struct err err = { 0 };
	for (int i = 0; i < 90; i++)
		EXPECT(commit_of(store, sizeof(blob), &err));
	EXPECT(log_bytes() < 72 << 20);
	EXPECT(log_bytes() > 32 << 20);
	store_close(store);
}

static bool
commit_more(void *context, const struct stored_entry *entry)
{
	struct err err = { 0 };
	(void)entry;
	for (int i = 0; i < 80; i++)
		EXPECT(commit_of(context, sizeof(blob), &err));
	return false;
}

static void
sqlite__log_shrinks_when_a_slow_reader_is_done(void)
{
	new_folder();
	struct store *store = must_open();
	struct store *reader = NULL;
	struct err err = { 0 };
	EXPECT(commit_of(store, 100, &err));
	EXPECT(store_reader(store, &reader, &err));
	/* All that while it looks at its one entry. */
	EXPECT(store_entries(reader, 1, 1, commit_more, store, &err));
	EXPECT(log_bytes() > 72 << 20);
	for (int i = 0; i < 10; i++) {
		EXPECT(commit_of(store, sizeof(blob), &err));
		(void)store_checkpoint(store);
	}
	EXPECT(log_bytes() <= 64 << 20);
	expect_whole(reader);
	store_close(reader);
	store_close(store);
}

/* ---- a full disk ---- */

static bool
disk_of(const char *size, unsigned long flags)
{
	char options[64];
	(void)snprintf(options, sizeof(options), "size=%s,mode=0700", size);
	return mount("tmpfs", folder, "tmpfs", flags, options) == 0;
}

static void
commit_until_full(struct store *store)
{
	struct err err = { 0 };
	while (commit_of(store, 100000, &err))
		ASSERT(store_head(store).seq < 1000);
	EXPECT(err.kind == ERR_NO_SPACE);
	while (commit_of(store, 100, &err))
		ASSERT(store_head(store).seq < 10000);
	EXPECT(err.kind == ERR_NO_SPACE);
}

static void
full_disk_heals(void)
{
	struct err err = { 0 };
	struct store *store = must_open();
	EXPECT(store_has_room(store, &err));
	EXPECT(store_reserve(store, &err));
	commit_until_full(store);
	expect_whole(store);
	EXPECT(!store_has_room(store, &err) && err.kind == ERR_NO_SPACE);
	EXPECT(!commit_of(store, 100, &err) && err.kind == ERR_NO_SPACE);

	/* The page about ourselves. */
	EXPECT(store_reserve_release(store, &err));
	EXPECT(commit_of(store, 20000, &err));
	EXPECT(!store_reserve_release(store, &err) && err.kind == ERR_NO_SPACE);
	commit_until_full(store);
	EXPECT(!store_reserve(store, &err) && err.kind == ERR_NO_SPACE);
	EXPECT(!store_has_room(store, &err) && err.kind == ERR_NO_SPACE);

	EXPECT(disk_of("40m", MS_REMOUNT));
	EXPECT(store_has_room(store, &err));
	EXPECT(store_reserve(store, &err));
	EXPECT(commit_of(store, 100000, &err));
	expect_whole(store);
	uint64_t seq = store_head(store).seq;
	store_close(store);
	store = must_open();
	EXPECT_U64(store_head(store).seq, seq);
	expect_whole(store);
	store_close(store);
}

/* Dies when full, and starts again on the full disk. */
static void
full_disk_at_start(void)
{
	pid_t child = fork();
	if (child == 0) {
		struct err err;
		struct store *store = must_open();
		ASSERT(store_reserve(store, &err));
		commit_until_full(store);
		_exit(test_failures ? 1 : 0);
	}
	int status = 0;
	ASSERT(waitpid(child, &status, 0) == child);
	EXPECT(status == 0);
	struct store *store = must_open();
	struct err err = { 0 };
	expect_whole(store);
	EXPECT(!store_has_room(store, &err) && err.kind == ERR_NO_SPACE);
	EXPECT(disk_of("40m", MS_REMOUNT));
	EXPECT(store_has_room(store, &err) && store_reserve(store, &err));
	EXPECT(commit_of(store, 100000, &err));
	expect_whole(store);
	store_close(store);
}

static void
no_room_for_a_store(void)
{
	struct store *store = NULL;
	struct err err = { 0 };
	EXPECT(disk_of("64k", MS_REMOUNT));
	EXPECT(!store_open(URL, folder, &store, &err));
	EXPECT(err.kind == ERR_NO_SPACE);
	EXPECT(disk_of("40m", MS_REMOUNT));
	store = must_open();
	EXPECT(commit_of(store, 100, &err));
	expect_whole(store);
	store_close(store);
}

/* Runs in a child with a small disk of its own, which goes with it. */
static void
on_small_disk(void (*test)(void))
{
	new_folder();
	fault_none();
	(void)fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWNS) != 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		    !disk_of("8m", 0)) {
			printf("skipped: a small disk needs root (%s)\n", strerror(errno));
			exit(0);
		}
		test_failures = 0;
		test();
		(void)fflush(stdout);
		_exit(test_failures ? 1 : 0);
	}
	int status = 0;
	ASSERT(waitpid(child, &status, 0) == child);
	EXPECT(status == 0);
}

static void
sqlite__full_disk_heals(void)
{
	on_small_disk(full_disk_heals);
}

static void
sqlite__starts_on_a_full_disk(void)
{
	on_small_disk(full_disk_at_start);
}

static void
sqlite__no_room_for_a_store_is_said(void)
{
	on_small_disk(no_room_for_a_store);
}

int
main(void)
{
	fault_install();
	/* Nothing that could be made compact. */
	uint64_t random = 1;
	for (size_t i = 0; i < sizeof(blob); i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		blob[i] = (char)(random >> 56 & 0x7f);
	}
	RUN(sqlite__kill_loses_nothing_acknowledged);
	RUN(sqlite__full_disk_at_any_write_leaves_it_usable);
	RUN(sqlite__failed_write_ends_it);
	RUN(sqlite__failed_sync_ends_it);
	RUN(sqlite__failed_checkpoint_is_tried_again);
	RUN(sqlite__opens_with_its_log_or_not_at_all);
	RUN(sqlite__log_stays_short_with_checkpoints);
	RUN(sqlite__log_is_bounded_without);
	RUN(sqlite__log_shrinks_when_a_slow_reader_is_done);
	RUN(sqlite__full_disk_heals);
	RUN(sqlite__starts_on_a_full_disk);
	RUN(sqlite__no_room_for_a_store_is_said);
	TEST_MAIN_END();
}
