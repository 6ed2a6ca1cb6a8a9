#include "hands/claim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hands/ceiling.h"
#include "hands/folder.h"
#include "os/clock.h"
#include "os/crash.h"
#include "os/fd.h"
#include "os/file.h"

const char *
claim_name(row_id id, bool hidden, char *ret)
{
	(void)snprintf(ret, CLAIM_NAME_BYTES, "%s%llu", hidden ? "." : "",
	    (unsigned long long)id);
	return ret;
}

static bool
write_claim(int fd, const struct attempt_order *order, struct err *err)
{
	struct claim claim = {
		.attempt = order->attempt,
		.incident = order->incident,
		.epoch = order->epoch,
		.wall = clock_wall(),
		.action = order->action,
		.service = order->service,
		.target = order->target,
	};
	struct buf text = BUF(SHIM_TEXT_MAX);
	claim_write(&text, &claim);
	bool ok = !text.overflow;
	if (!ok)
		(void)err_set(err, ERR_LIMIT, "its names are too long");
	else if (flock(fd, LOCK_EX | LOCK_NB) < 0 ||
		 write(fd, text.p, text.n) != (ssize_t)text.n || fsync(fd) < 0)
		ok = err_sys(err, ERR_IO, "write its claim");
	buf_done(&text);
	return ok;
}

/* Room on the disk for what the shim will write, so that no result is ever lost for the
 * lack of it. A file system that cannot promise room promises nothing: go on. */
static bool
make_room(int dir_fd, const char *name, off_t bytes, struct err *err)
{
	AUTO_CLOSE int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, ERR_IO, "make '%s'", name);
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes) < 0 && errno != EOPNOTSUPP)
		return err_sys(err, ERR_NO_SPACE, "room for '%s'", name);
	return true;
}

static bool
fill_folder(int dir_fd, int claim_fd, const struct attempt_order *order, struct err *err)
{
	return write_claim(claim_fd, order, err) &&
	       make_room(dir_fd, SHIM_OUTPUT, SHIM_OUTPUT_MAX, err) &&
	       make_room(dir_fd, SHIM_STARTED_NEW, SHIM_TEXT_MAX, err) &&
	       make_room(dir_fd, SHIM_RESULT_NEW, SHIM_TEXT_MAX, err) &&
	       folder_sync(dir_fd, err);
}

bool
claim_remove_hidden(int attempts_fd, const char *name, struct err *err)
{
	int fd = openat(attempts_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		fd_close(&fd);
		(void)unlinkat(attempts_fd, name, 0);
		return true;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		(void)unlinkat(fd, entry->d_name, 0);
	(void)closedir(dir);
	/* Where nothing can be written it is in nobody's way. */
	return unlinkat(attempts_fd, name, AT_REMOVEDIR) == 0 || errno == EROFS ||
	       err_sys(err, ERR_IO, "remove attempts/%s", name);
}

/* A claim that was being made or taken back, or the file of the ceiling before its name. */
static bool
is_ours(str name)
{
	row_id id;
	return str_starts(name, STR("." CEILING_FILE ".")) ||
	       (str_starts(name, STR(".")) && str_u64(str_drop(name, 1), UINT64_MAX, &id));
}

bool
claim_sweep(int attempts_fd, const struct tell *tell, struct err *err)
{
	int fd = openat(attempts_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		(void)err_sys(err, ERR_IO, "read the folder of attempts");
		fd_close(&fd);
		return false;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		struct err left;
		if (is_ours(str_of(entry->d_name)) &&
		    !claim_remove_hidden(attempts_fd, entry->d_name, &left))
			tell_log(tell, LOG_WARNING, "%s", left.text);
	}
	(void)closedir(dir);
	return true;
}

static void
close_all(struct claimed *claimed)
{
	fd_close(&claimed->look_fd);
	fd_close(&claimed->lock_fd);
	fd_close(&claimed->dir_fd);
}

bool
claim_make(int attempts_fd, const struct attempt_order *order, struct claimed *ret,
    struct err *err)
{
	char hidden[CLAIM_NAME_BYTES], name[CLAIM_NAME_BYTES];
	struct claimed made = { -1, -1, -1 };
	struct err ignored;
	(void)claim_name(order->attempt, true, hidden);
	(void)claim_name(order->attempt, false, name);
	CRASH_POINT("hands-claim-before");
	if (mkdirat(attempts_fd, hidden, 0700) < 0)
		return err_sys(err, ERR_IO, "make its folder");
	made.dir_fd = openat(attempts_fd, hidden, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (made.dir_fd >= 0)
		made.lock_fd = openat(made.dir_fd, SHIM_CLAIMED,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (made.lock_fd >= 0)
		made.look_fd = openat(made.dir_fd, SHIM_CLAIMED, O_RDONLY | O_CLOEXEC);
	bool ok = made.look_fd >= 0 ? fill_folder(made.dir_fd, made.lock_fd, order, err)
	                            : err_sys(err, ERR_IO, "make its folder");
	CRASH_POINT("hands-claim-written");
	if (ok && renameat(attempts_fd, hidden, attempts_fd, name) < 0)
		ok = err_sys(err, ERR_IO, "make its folder");
	if (ok && folder_sync(attempts_fd, err)) {
		*ret = made;
		return true;
	}
	if (ok) /* named, but not surely on the disk: nothing has begun, take it back */
		(void)renameat(attempts_fd, name, attempts_fd, hidden);
	close_all(&made);
	bool gone = claim_remove_hidden(attempts_fd, hidden, &ignored);
	(void)gone; /* if not, the next start of hands removes it */
	return false;
}

bool
claim_locked(int look_fd)
{
	if (flock(look_fd, LOCK_SH | LOCK_NB) < 0)
		return true;
	(void)flock(look_fd, LOCK_UN);
	return false;
}
