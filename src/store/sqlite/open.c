#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fd.h"

/*
 * Opening and closing. The lock comes first and goes last: it is an flock on STATE/lock,
 * so the kernel drops it with the process, whatever that died of. SQLite's own locks are
 * for the moment of a write and let readers in.
 */
#define APPLICATION_ID 0x46697273 /* "Firs", in the file's header */
#define BUSY_WAIT_MS 2000

static bool
path_make(str path, const char *state_dir, char *ret, size_t size, struct err *err)
{
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] == '\0' || path.p[i] == '\n')
			return err_set(err, ERR_INVALID, "the store's path is not a path");
	}
	bool absolute = path.p[0] == '/';
	char folder[PATH_MAX];
	if (realpath(absolute ? "/" : state_dir, folder) == NULL)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "state folder '%s'", state_dir);
	int n = absolute ? snprintf(ret, size, "%.*s", (int)path.n, path.p)
	                 : snprintf(ret, size, "%s/%.*s", folder, (int)path.n, path.p);
	if (n < 0 || (size_t)n >= size)
		return err_set(err, ERR_INVALID, "the store's path is too long");
	return true;
}

/* ---- the lock ---- */

/* Only an engine takes it. Ending that would only have it started again: it is named as
 * what it is, so that nobody takes the number for the server's. */
static bool
lock_taken(int fd, const char *name, struct err *err)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);
	if (n > 0 && strspn(pid, "0123456789") == (size_t)n)
		return err_set(err, ERR_BUSY,
		    "'%s' is held by another server, whose engine is process %s", name,
		    pid);
	return err_set(err, ERR_BUSY, "'%s' is held by another server", name);
}

/* Returns the descriptor that holds the lock, or -1. Nobody writes where nothing can be written,
 * but another may read as we do, and page people as we do. */
static int
lock_take(int folder_fd, const char *name, bool *read_only, struct err *err)
{
	int fd = openat(folder_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 && errno == EROFS) {
		*read_only = true;
		fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			errno = EROFS;
	}
	if (fd < 0) {
		(void)err_sys(err, errno == ENOSPC ? ERR_NO_SPACE : ERR_IO, "open '%s'",
		    name);
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			(void)lock_taken(fd, name, err);
		else
			(void)err_sys(err, ERR_IO, "lock '%s'", name);
		fd_close(&fd);
		return -1;
	}
	/* Who holds it, for the message above; on a full or read-only disk it stays untold. */
	char pid[16];
	int n = snprintf(pid, sizeof(pid), "%d", (int)getpid());
	bool told = ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)n, 0) == n;
	(void)told;
	return fd;
}

/* The state folder's lock, and one beside the file when that stands elsewhere: two servers
 * with a state folder each must not share it. */
static bool
locks_take(struct sqlite_store *s, const char *state_dir, bool elsewhere, struct err *err)
{
	s->state_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->state_fd < 0)
		return err_sys(err, ERR_IO, "open the state folder '%s'", state_dir);
	s->lock_fd = lock_take(s->state_fd, "lock", &s->base.read_only, err);
	if (s->lock_fd < 0)
		return false;
	if (!elsewhere)
		return true;
	char name[PATH_MAX];
	int n = snprintf(name, sizeof(name), "%s-lock", s->path);
	if (n < 0 || (size_t)n >= sizeof(name))
		return err_set(err, ERR_INVALID, "the store's path is too long");
	s->file_lock_fd = lock_take(AT_FDCWD, name, &s->base.read_only, err);
	return s->file_lock_fd >= 0;
}

/* ---- the connection ---- */

static void
folder_of(const char *path, char ret[static PATH_MAX])
{
	(void)snprintf(ret, PATH_MAX, "%s", path);
	char *slash = strrchr(ret, '/');
	ASSERT(slash != NULL);
	slash[slash == ret] = '\0';
}

/* Made by us and not by SQLite, so that it is nobody else's to read; SQLite gives the log
 * the same mode. */
static bool
file_make(const char *path, struct err *err)
{
	struct stat st;
	if (stat(path, &st) == 0)
		return true; /* to open and close it would drop locks of our own readers */
	AUTO_CLOSE int fd =
	    open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(err, errno == ENOSPC ? ERR_NO_SPACE : ERR_IO, "open '%s'",
		    path);
	char folder[PATH_MAX];
	folder_of(path, folder);
	AUTO_CLOSE int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0 || fsync(folder_fd) != 0)
		return err_sys(err, ERR_IO, "sync the folder of '%s'", path);
	return true;
}

/* The file as SQLite names one that nobody changes: without it, a file that was closed in order
 * cannot be read where its log cannot be made. */
static void
immutable_name(const char *path, char *ret, size_t size)
{
	size_t n = (size_t)snprintf(ret, size, "file:");
	for (const char *p = path; *p != '\0' && n + sizeof("%xx?immutable=1") < size;
	     p++) {
		if (strchr("%?#", *p) == NULL)
			n += (size_t)snprintf(ret + n, size - n, "%c", *p);
		else
			n += (size_t)snprintf(ret + n, size - n, "%%%02x", (unsigned)*p);
	}
	(void)snprintf(ret + n, size - n, "?immutable=1");
}

static bool
connect_to(struct sqlite_store *s, int flags, struct err *err)
{
	char name[3 * PATH_MAX];
	if (s->immutable) {
		immutable_name(s->path, name, sizeof(name));
		flags |= SQLITE_OPEN_URI;
	}
	errno = 0;
	int rc = sqlite3_open_v2(s->immutable ? name : s->path, &s->db,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc != SQLITE_OK)
		return sqlite_fail(s, rc, err, "open");
	(void)sqlite3_busy_timeout(s->db, BUSY_WAIT_MS);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	return sqlite_exec(s,
	    "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;"
	    "PRAGMA cache_size = -4096",
	    err);
}

bool
sqlite_version(struct sqlite_store *s, int64_t *ret, struct err *err)
{
	int64_t application = 0, version = 0, objects = 0, foreign = 0;
	if (!sqlite_number(s, "PRAGMA application_id", &application, err) ||
	    !sqlite_number(s, "PRAGMA user_version", &version, err) ||
	    !sqlite_number(s, "SELECT count(*) FROM sqlite_schema", &objects, err) ||
	    !sqlite_number(s,
		"SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')",
		&foreign, err))
		return false;
	bool empty = version == 0 && objects == 0;
	if (application != APPLICATION_ID && !empty)
		return err_set(err, ERR_INVALID, "'%s' is a database of another program",
		    s->path);
	if (foreign > 0)
		return err_set(err, ERR_CORRUPT,
		    "'%s' has a trigger or a view, which no Firstline makes: somebody "
		    "changed "
		    "it, restore the last good backup",
		    s->path);
	if (version > SCHEMA_VERSION)
		return err_set(err, ERR_INVALID,
		    "'%s' was written by a newer Firstline (version %lld, this one knows "
		    "%d): start that one, or restore a backup made before it",
		    s->path, (long long)version, SCHEMA_VERSION);
	*ret = version;
	return true;
}

/*
 * The answer comes before the change is on the disk: that it is, the end of the statement
 * says. Without it the file would be written with a rollback journal, whose removal no
 * commit syncs: the power could bring it back, and it would take the commit away.
 */
static bool
log_mode(struct sqlite_store *s, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite_step(stmt);
	bool wal = rc == SQLITE_ROW && str_eq(sqlite_bytes(stmt, 0), STR("wal"));
	if (wal)
		rc = sqlite_step(stmt);
	bool ok = wal && rc == SQLITE_DONE;
	if (!ok && rc == SQLITE_ROW)
		(void)err_set(err, ERR_IO, "'%s' can have no write-ahead log here",
		    s->path);
	else if (!ok)
		(void)sqlite_fail(s, rc, err, "begin the log of");
	(void)sqlite3_finalize(stmt);
	return ok;
}

static bool
write_again(int fd, const char *path, struct err *err)
{
	static char bytes[65536]; /* a start is one thread */
	off_t at = 0;
	ssize_t n;
	while ((n = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		ssize_t wrote = pwrite(fd, bytes, (size_t)n, at);
		if (wrote <= 0)
			break;
		at += wrote;
	}
	if (n == 0 && fdatasync(fd) == 0)
		return true;
	return err_sys(err, errno == ENOSPC ? ERR_NO_SPACE : ERR_IO, "write '%s' again",
	    path);
}

/*
 * A sync that failed leaves bytes which the kernel takes for written and the disk does not
 * have. The next start reads them, builds on them, and loses them with the power: with them
 * all that was committed since, for a log ends at its first hole. So a log that was left
 * behind is written once more before anything else is, and synced.
 */
static bool
log_keep(const struct sqlite_store *s, struct err *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s-wal", s->path);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(err, ERR_INVALID, "the store's path is too long");
	AUTO_CLOSE int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0)
		return err_sys(err, ERR_IO, "open '%s'", path);
	return write_again(fd, path, err);
}

static bool
writer_begin(struct sqlite_store *s, struct err *err)
{
	char sql[256];
	int64_t version = 0;
	if (!log_keep(s, err))
		return false;
	(void)snprintf(sql, sizeof(sql),
	    "PRAGMA page_size = %d; PRAGMA application_id = %d", SQLITE_PAGE_BYTES,
	    APPLICATION_ID);
	if (!connect_to(s, SQLITE_OPEN_READWRITE, err) ||
	    !sqlite_version(s, &version, err) ||
	    (version == 0 && !sqlite_exec(s, sql, err)) || !log_mode(s, err) ||
	    !sqlite_exec(s,
		"PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
		"PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = OFF;"
		"PRAGMA cache_size = -8192", /* holds for the size of its pages by now */
		err))
		return false;
	(void)sqlite3_wal_hook(s->db, sqlite_logged, s);
	return schema_migrate(s, version, SCHEMA_VERSION, err) &&
	       sqlite_head(s, &s->base.head, err) && sqlite_check(s, err);
}

static bool
reader_begin(struct sqlite_store *s, struct err *err)
{
	int64_t version = 0;
	if (!connect_to(s, SQLITE_OPEN_READONLY, err))
		return false;
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (!sqlite_exec(s, "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0", err) ||
	    !sqlite_version(s, &version, err))
		return false;
	if (version == 0)
		return err_set(err, ERR_INVALID, "'%s' is empty: no server has begun there",
		    s->path);
	if (version != SCHEMA_VERSION)
		return err_set(err, ERR_INVALID,
		    "'%s' was written by an older Firstline: back it up with that one, "
		    "then start this server once, which changes it for good",
		    s->path);
	return sqlite_head(s, &s->base.head, err);
}

/* ---- handles ---- */

static struct sqlite_store *
handle_new(const char *path)
{
	struct sqlite_store *s = calloc(1, sizeof(*s));
	ASSERT(s != NULL);
	s->base.ops = &sqlite_ops;
	for (size_t i = 0; i < TABLE_COUNT; i++)
		s->newest[i] = -1;
	s->path = strdup(path);
	ASSERT(s->path != NULL);
	s->state_fd = -1;
	s->lock_fd = -1;
	s->file_lock_fd = -1;
	s->trimming.after = INT64_MIN;
	return s;
}

static void
disconnect(struct sqlite_store *s)
{
	store_close(s->marking.from);
	s->marking.from = NULL;
	sqlite_finalize(s);
	compact_done(&s->row_written);
	compact_done(&s->row_read);
	memset(s->plain, 0, sizeof(s->plain));
	memset(s->table, 0, sizeof(s->table));
	int rc = sqlite3_close(s->db);
	ASSERT(rc == SQLITE_OK); /* every statement is done with */
	s->db = NULL;
}

static void
sqlite_close(struct store *store)
{
	struct sqlite_store *s = sqlite_of(store);
	disconnect(s);
	fd_close(&s->file_lock_fd);
	fd_close(&s->lock_fd);
	fd_close(&s->state_fd);
	free(s->path);
	free(s);
}

static bool
log_is_gone(const char *path)
{
	struct stat st;
	char *log = NULL;
	ASSERT(asprintf(&log, "%s-wal", path) > 0);
	bool ret = stat(log, &st) < 0 && errno == ENOENT;
	free(log);
	return ret;
}

/* Nothing can be written: what is there is read. */
static bool
frozen_begin(struct sqlite_store *s, struct store **ret, struct err *err)
{
	s->immutable = log_is_gone(s->path);
	if (reader_begin(s, err) && sqlite_check(s, err)) {
		*ret = &s->base;
		return true;
	}
	sqlite_close(&s->base);
	return false;
}

bool
sqlite_open(str path, const char *state_dir, struct store **ret, struct err *err)
{
	char full[PATH_MAX];
	if (!path_make(path, state_dir, full, sizeof(full), err))
		return false;
	struct sqlite_store *s = handle_new(full);
	s->base.writer = true;
	if (!locks_take(s, state_dir, path.p[0] == '/', err) || !file_make(full, err))
		goto fail;
	if (s->base.read_only)
		return frozen_begin(s, ret, err);
	sqlite_reserve_open(s);
	if (!writer_begin(s, err)) {
		/* Even an old store needs a little room to be opened. */
		if (!s->reserved || !sqlite_disk_full(s->state_fd))
			goto fail;
		disconnect(s);
		if (!sqlite_reserve_release(&s->base, err) || !writer_begin(s, err))
			goto fail;
	}
	*ret = &s->base;
	return true;
fail:
	if (err->kind == ERR_IO && s->state_fd >= 0 && sqlite_disk_full(s->state_fd))
		err->kind = ERR_NO_SPACE;
	sqlite_close(&s->base);
	return false;
}

static bool
reader_open(const char *path, bool immutable, struct store **ret, struct err *err)
{
	struct sqlite_store *s = handle_new(path);
	s->immutable = immutable;
	if (!reader_begin(s, err)) {
		sqlite_close(&s->base);
		return false;
	}
	*ret = &s->base;
	return true;
}

/* Was it closed in order, where we can make no log to read it by? Who writes there has one. */
static bool
is_frozen(const char *path)
{
	char folder[PATH_MAX];
	folder_of(path, folder);
	return log_is_gone(path) && faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) != 0 &&
	       (errno == EROFS || errno == EACCES);
}

bool
sqlite_open_readonly(str path, const char *state_dir, struct store **ret, struct err *err)
{
	char full[PATH_MAX];
	struct stat st;
	if (!path_make(path, state_dir, full, sizeof(full), err))
		return false;
	if (stat(full, &st) != 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "open '%s'",
		    full);
	return reader_open(full, false, ret, err) ||
	       (is_frozen(full) && reader_open(full, true, ret, err));
}

static bool
sqlite_reader(const struct store *store, struct store **ret, struct err *err)
{
	const struct sqlite_store *s = sqlite_of(store);
	return reader_open(s->path, s->immutable, ret, err);
}

const struct store_ops sqlite_ops = {
	.close = sqlite_close,
	.commit = sqlite_commit,
	.checkpoint = sqlite_checkpoint,
	.checkpoint_due = sqlite_checkpoint_due,
	.reserve = sqlite_reserve,
	.reserve_release = sqlite_reserve_release,
	.has_room = sqlite_has_room,
	.writes_again = sqlite_writes_again,
	.bundle_put = sqlite_bundle_put,
	.reader = sqlite_reader,
	.rows = sqlite_rows,
	.row = sqlite_row,
	.bundle_get = sqlite_bundle_get,
	.bundles = sqlite_bundles,
	.hold = sqlite_hold,
	.entries = sqlite_entries,
	.mark_begin = sqlite_mark_begin,
	.mark_some = sqlite_mark_some,
	.let_go = sqlite_let_go,
	.trim = sqlite_trim,
	.bundle_use = sqlite_bundle_use,
	.base = sqlite_base,
	.marks = sqlite_marks,
	.base_rows = sqlite_base_rows,
	.verify = sqlite_verify,
	.copy = sqlite_copy,
};
