#include "cli/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/file.h"

/* A file of its own, and not what is made: where the folder is on another machine, an flock
 * is one with the locks that SQLite takes. */
#define LOCK_FILE "part.lock"
#define TRIES 100 /* each of them lost to another process that ended meanwhile */
#define DEPTH_MAX 8

/* ---- removing ---- */

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *
folder_list(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	if (dir == NULL)
		fd_close(&own);
	return dir;
}

static bool empty(int fd, const char *except, unsigned depth, struct err *err);

static bool
remove_deep(int dir_fd, const char *name, unsigned depth, struct err *err)
{
	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR || depth == DEPTH_MAX)
		return err_sys(err, ERR_IO, "remove '%s'", name);
	AUTO_CLOSE int fd =
	    openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(err, ERR_IO, "open '%s'", name);
	return empty(fd, "", depth + 1, err) &&
	       (unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 ||
		   err_sys(err, ERR_IO, "remove '%s'", name));
}

static bool
empty(int fd, const char *except, unsigned depth, struct err *err)
{
	DIR *dir = folder_list(fd);
	if (dir == NULL)
		return err_sys(err, ERR_IO, "read a folder");
	bool ok = true;
	for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
		if (!is_dots(entry->d_name) && strcmp(entry->d_name, except) != 0)
			ok = remove_deep(fd, entry->d_name, depth, err);
	}
	(void)closedir(dir);
	return ok;
}

bool
part_remove_all(int dir_fd, const char *name, struct err *err)
{
	return remove_deep(dir_fd, name, 0, err);
}

/* ---- giving ---- */

static bool give_all(int fd, const char *except, unsigned depth, int to_fd,
    struct err *err);

/* Through no link, and no second name of what stands elsewhere: whoever may write around it
 * must not come to own more than this. What is in a folder comes first. */
static bool
give(int dir_fd, const char *name, unsigned depth, int to_fd, struct err *err)
{
	struct stat st;
	AUTO_CLOSE int fd =
	    openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(err, ERR_IO, "open '%s'", name);
	bool folder = S_ISDIR(st.st_mode) && depth < DEPTH_MAX;
	if (!folder && !(S_ISREG(st.st_mode) && st.st_nlink == 1))
		return err_set(err, ERR_DENIED, "'%s' is not what was made here", name);
	return (!folder || give_all(fd, "", depth + 1, to_fd, err)) &&
	       file_give(fd, to_fd, err) &&
	       (fsync(fd) == 0 || err_sys(err, ERR_IO, "write '%s'", name));
}

static bool
give_all(int fd, const char *except, unsigned depth, int to_fd, struct err *err)
{
	DIR *dir = folder_list(fd);
	if (dir == NULL)
		return err_sys(err, ERR_IO, "read a folder");
	bool ok = true;
	for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
		if (!is_dots(entry->d_name) && strcmp(entry->d_name, except) != 0)
			ok = give(fd, entry->d_name, depth, to_fd, err);
	}
	(void)closedir(dir);
	return ok;
}

bool
part_give(const struct part *part, int folder_fd, struct err *err)
{
	return geteuid() != 0 || give_all(part->fd, LOCK_FILE, 0, folder_fd, err);
}

/* ---- taking ---- */

/* One that somebody was killed over before he had its lock, or whose lock he had. */
static bool
is_part(int fd)
{
	if (faccessat(fd, LOCK_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	DIR *dir = folder_list(fd);
	if (dir == NULL)
		return false;
	bool other = false;
	for (struct dirent *entry; !other && (entry = readdir(dir)) != NULL;)
		other = !is_dots(entry->d_name) && strcmp(entry->d_name, LOCK_FILE) != 0;
	(void)closedir(dir);
	return !other;
}

enum tried { TRIED_TAKEN, TRIED_FAILED, TRIED_GONE };

static enum tried
lock(struct part *part, struct err *err)
{
	struct stat st;
	part->lock_fd =
	    openat(part->fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (part->lock_fd < 0 && errno == ENOENT)
		return TRIED_GONE; /* the folder was removed */
	if (part->lock_fd < 0) {
		(void)err_sys(err, ERR_IO, "lock '%s'", part->path);
		return TRIED_FAILED;
	}
	if (flock(part->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			(void)err_set(err, ERR_BUSY,
			    "another process is at work in '%s': let it end", part->path);
		else
			(void)err_sys(err, ERR_IO, "lock '%s'", part->path);
		return TRIED_FAILED;
	}
	/* Whoever had it may have ended, and taken its name away, in between. */
	return fstat(part->lock_fd, &st) == 0 && st.st_nlink > 0 ? TRIED_TAKEN : TRIED_GONE;
}

static enum tried
try(struct part *part, struct err *err)
{
	bool made = mkdir(part->path, 0700) == 0;
	if (!made && errno != EEXIST) {
		(void)err_sys(err, ERR_IO, "make '%s'", part->path);
		return TRIED_FAILED;
	}
	part->fd = open(part->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (part->fd < 0 && errno == ENOENT)
		return TRIED_GONE;
	if (part->fd < 0 || (!made && !is_part(part->fd))) {
		(void)err_set(err, ERR_INVALID,
		    "'%s' is there, and is nothing that was begun here: remove it",
		    part->path);
		return TRIED_FAILED;
	}
	enum tried tried = lock(part, err);
	if (tried == TRIED_TAKEN && !empty(part->fd, LOCK_FILE, 0, err))
		return TRIED_FAILED;
	return tried;
}

static void
part_close(struct part *part)
{
	fd_close(&part->lock_fd);
	fd_close(&part->fd);
	part->lock_fd = -1;
	part->fd = -1;
}

bool
part_take(const char *path, const char *suffix, struct part *ret, struct err *err)
{
	struct part part = { .fd = -1, .lock_fd = -1 };
	int n = snprintf(part.path, sizeof(part.path), "%s%s", path, suffix);
	if (n < 0 || (size_t)n >= sizeof(part.path))
		return err_set(err, ERR_INVALID, "the path is too long");
	for (unsigned i = 0; i < TRIES; i++) {
		enum tried tried = try(&part, err);
		if (tried == TRIED_TAKEN) {
			*ret = part;
			return true;
		}
		part_close(&part);
		if (tried == TRIED_FAILED)
			return false;
	}
	return err_set(err, ERR_BUSY, "other processes are at work in '%s'", part.path);
}

void
part_drop(struct part *part)
{
	struct err ignored;
	/* What cannot be removed is for the next one: the lock goes last. */
	if (empty(part->fd, LOCK_FILE, 0, &ignored)) {
		(void)unlinkat(part->fd, LOCK_FILE, 0);
		(void)rmdir(part->path);
	}
	part_close(part);
}

void
part_keep(struct part *part)
{
	(void)unlinkat(part->fd, LOCK_FILE, 0);
	part_close(part);
}
