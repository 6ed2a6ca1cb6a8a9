#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fd.h"
#include "store/sqlite/sqlite.h"

/*
 * A copy of the whole file as of one moment, beside a live server: one read transaction from
 * its first page to its last. Commits go on meanwhile; only their log is not reset.
 */

static bool
copy_pages(struct sqlite_store *from, struct sqlite_store *to, struct err *err)
{
	sqlite3_backup *copy = sqlite3_backup_init(to->db, "main", from->db, "main");
	if (copy == NULL)
		return sqlite_fail(to, sqlite3_errcode(to->db), err, "begin to write");
	int rc = sqlite3_backup_step(copy, -1);
	(void)sqlite3_backup_finish(copy);
	if (rc != SQLITE_DONE)
		return sqlite_fail(to, rc, err, "write");
	/* The copy is for one reader at a time, and needs no file beside it. */
	return sqlite_exec(to, "PRAGMA journal_mode = DELETE", err);
}

static bool
open_copy(struct sqlite_store *to, struct err *err)
{
	int rc = sqlite3_open_v2(to->path, &to->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	return rc == SQLITE_OK ? sqlite_exec(to, "PRAGMA synchronous = FULL", err)
	                       : sqlite_fail(to, rc, err, "open");
}

bool
sqlite_copy(struct store *store, const char *path, struct err *err)
{
	/* Made here, so that it is nobody else's to read. */
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(err, errno == ENOSPC ? ERR_NO_SPACE : ERR_IO, "make '%s'",
		    path);
	fd_close(&fd);
	char name[PATH_MAX];
	(void)snprintf(name, sizeof(name), "%s", path);
	struct sqlite_store to = { .path = name };
	bool ok = open_copy(&to, err) && copy_pages(sqlite_of(store), &to, err);
	(void)sqlite3_close(to.db);
	if (!ok)
		(void)unlink(path);
	return ok;
}

bool
sqlite_upgrade(const char *path, struct err *err)
{
	char name[PATH_MAX];
	int64_t version;
	(void)snprintf(name, sizeof(name), "%s", path);
	struct sqlite_store s = { .path = name };
	bool ok = open_copy(&s, err) && sqlite_version(&s, &version, err) &&
	          (version > 0 || err_set(err, ERR_INVALID, "'%s' holds nothing", path)) &&
	          schema_migrate(&s, version, SCHEMA_VERSION, err);
	sqlite_finalize(&s);
	(void)sqlite3_close(s.db);
	return ok;
}
