/*
 * A configuration folder as it was: `git archive`, started without a shell, writes a tar
 * archive (ustar, with pax headers for long paths) of the folder alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "node/archive.h"
#include "node/folder.h"
#include "os/fd.h"

static int
start_git(char *const *argv, int out, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	int error = posix_spawn_file_actions_init(&files);
	if (error != 0)
		return error;
	error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&files, out, 1);
	if (error == 0)
		error =
		    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawnp(ret, argv[0], &files, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	return error;
}

static bool
read_all(int fd, struct buf *out)
{
	for (;;) {
		char bytes[8192];
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		buf_put(out, bytes, (size_t)n);
	}
}

static bool
ended_well(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
run_git(const char *path, const char *revision, struct arena *arena, struct buf *out,
    struct err *err)
{
	char *argv[] = { (char[]){ "git" }, (char[]){ "-C" }, NULL, (char[]){ "archive" },
		(char[]){ "--format=tar" }, NULL, (char[]){ "." }, NULL };
	/* git wants them writable and leaves them alone. */
	size_t path_n = strlen(path) + 1, revision_n = strlen(revision) + 1;
	argv[2] = memcpy(arena_new(arena, char, path_n), path, path_n);
	argv[5] = memcpy(arena_new(arena, char, revision_n), revision, revision_n);
	int fds[2];
	pid_t pid;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, ERR_IO, "pipe");
	AUTO_CLOSE int in = fds[0];
	int error = start_git(argv, fds[1], &pid);
	(void)close(fds[1]);
	if (error != 0) {
		errno = error;
		return err_sys(err, ERR_IO, "start git");
	}
	bool read = read_all(in, out);
	if (!ended_well(pid) || !read)
		return err_set(err, ERR_NOT_FOUND,
		    "git has no '%s' of '%s': name a revision that holds that folder, or "
		    "another folder",
		    revision, path);
	if (out->overflow)
		return err_set(err, ERR_LIMIT, "'%s' of '%s' is too large", revision, path);
	return true;
}

bool
folder_read_git(const char *path, const char *revision, struct arena *arena,
    struct bundle *ret, struct err *err)
{
	if (revision[0] == '-' || revision[0] == '\0')
		return err_set(err, ERR_DENIED, "'%s' is no revision", revision);
	struct buf out = BUF(ARCHIVE_BYTES_MAX);
	bool ok = run_git(path, revision, arena, &out, err) &&
	          archive_read(buf_str(&out), revision, arena, ret, err);
	buf_done(&out);
	return ok;
}
