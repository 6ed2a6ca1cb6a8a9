#include "node/owned.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "os/fd.h"

static bool
is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() || st->st_uid == 0;
}

/* A link is as it is: whoever could put another in its place is asked for by its folder. */
static bool
others_write(const struct stat *st)
{
	return !S_ISLNK(st->st_mode) && (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static bool
folder_owned(int fd, const char *path, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_sys(err, ERR_IO, "stat '%s'", path);
	if (!is_ours(&st))
		return err_set(err, ERR_DENIED,
		    "the state folder '%s' belongs to user %u, who could make themselves "
		    "admin here; this is user %u: start as that user, or chown it",
		    path, (unsigned)st.st_uid, (unsigned)geteuid());
	if (others_write(&st))
		return err_set(err, ERR_DENIED,
		    "the state folder '%s' is open to others, who could make themselves "
		    "admin here: look whether all in it is yours, then chmod go-w it",
		    path);
	return true;
}

static bool
file_owned(int fd, const char *name, const char *path, struct err *err)
{
	struct stat st;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || err_sys(err, ERR_IO, "stat '%s/%s'", path, name);
	if (!is_ours(&st))
		return err_set(err, ERR_DENIED,
		    "'%s' in the state folder '%s' belongs to user %u, and this is user "
		    "%u: "
		    "remove it, or chown it if you know who put it there",
		    name, path, (unsigned)st.st_uid, (unsigned)geteuid());
	if (others_write(&st))
		return err_set(err, ERR_DENIED,
		    "'%s' in the state folder '%s' can be written by others: chmod go-w it",
		    name, path);
	return true;
}

bool
state_folder_owned(const char *path, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, ERR_IO, "open '%s'", path);
	if (!folder_owned(fd, path, err))
		return false;
	DIR *dir = opendir(path);
	if (dir == NULL)
		return err_sys(err, ERR_IO, "open '%s'", path);
	bool ok = true;
	for (const struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
		/* The folder itself was looked at, and the one around it is not ours. */
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ok = file_owned(fd, entry->d_name, path, err);
	}
	(void)closedir(dir);
	return ok;
}

bool
state_folder_usable(const char *path, const char *name, struct err *err)
{
	struct stat st;
	char folder[PATH_MAX];
	int n = snprintf(folder, sizeof(folder), "%s/%s", path, name);
	if (n < 0 || (size_t)n >= sizeof(folder))
		return err_set(err, ERR_LIMIT, "the state folder's name is too long");
	if (faccessat(AT_FDCWD, folder, R_OK | W_OK | X_OK, AT_EACCESS) == 0 ||
	    errno != EACCES || stat(folder, &st) != 0)
		return true;
	return err_set(err, ERR_DENIED,
	    "'%s' belongs to user %u, and the server, user %u, may not read and write it: "
	    "chown -R the state folder to the server's user, or start as the other",
	    folder, (unsigned)st.st_uid, (unsigned)geteuid());
}

bool
state_folder_complete(const char *path, str store, struct err *err)
{
	struct stat st;
	char part[PATH_MAX], file[PATH_MAX];
	if (!str_starts(store, STR("sqlite:")))
		return true; /* none that anybody restores */
	str name = str_drop(store, strlen("sqlite:"));
	int a = snprintf(part, sizeof(part), "%s/" ENGINE_RESTORING, path);
	int b = snprintf(file, sizeof(file), "%s/%.*s", path, STR_ARG(name));
	if (a < 0 || b < 0 || (size_t)a >= sizeof(part) || (size_t)b >= sizeof(file))
		return err_set(err, ERR_LIMIT, "the state folder's name is too long");
	if (lstat(file, &st) == 0 || errno != ENOENT)
		return true;
	if (lstat(part, &st) == 0)
		return err_set(err, ERR_INVALID,
		    "a restore into '%s' was begun and has not ended: run it again, or "
		    "remove '" ENGINE_RESTORING "' there to begin with an empty store",
		    path);
	(void)snprintf(part, sizeof(part), "%s/" ENGINE_RESTORED, path);
	(void)snprintf(file, sizeof(file), "%s/firstline.db", path);
	if (lstat(part, &st) != 0 || lstat(file, &st) != 0)
		return true;
	return err_set(err, ERR_INVALID,
	    "a backup was restored into '%s' as 'firstline.db', and the store is to be "
	    "'%.*s', which is not there: rename the one, or name it with 'store:'",
	    path, STR_ARG(name));
}
