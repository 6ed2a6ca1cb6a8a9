#include "node/git.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fd.h"

#define ARGS_MAX 16
#define ARGS_BYTES_MAX 8192

/* posix_spawn wants arguments that could be written to, and leaves them alone. */
static bool
copy_args(const char *const *argv, char *bytes, char **ret)
{
	size_t used = 0, n = 0;
	for (; argv[n] != NULL; n++) {
		size_t size = strlen(argv[n]) + 1;
		if (n + 1 == ARGS_MAX || size > ARGS_BYTES_MAX - used)
			return false;
		ret[n] = memcpy(bytes + used, argv[n], size);
		used += size;
	}
	ret[n] = NULL;
	return true;
}

static int
start(char *const *argv, int out, pid_t *ret)
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
		char bytes[4096];
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

bool
git_output(const char *const *argv, struct buf *out, struct err *err)
{
	char bytes[ARGS_BYTES_MAX];
	char *args[ARGS_MAX];
	int fds[2];
	pid_t pid;
	if (!copy_args(argv, bytes, args))
		return err_set(err, ERR_LIMIT, "too much to tell git");
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, ERR_IO, "pipe");
	AUTO_CLOSE int in = fds[0];
	int error = start(args, fds[1], &pid);
	(void)close(fds[1]);
	if (error != 0) {
		errno = error;
		return err_sys(err, ERR_IO, "start git");
	}
	bool read = read_all(in, out);
	if (!ended_well(pid) || !read)
		return err_set(err, ERR_NOT_FOUND, "git knows nothing of it");
	return true;
}
