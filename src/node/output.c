#include "node/output.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fd.h"

static int
start(const struct output_order *order, int out, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	int error = posix_spawn_file_actions_init(&files);
	if (error != 0)
		return error;
	error = order->in >= 0
	            ? posix_spawn_file_actions_adddup2(&files, order->in, 0)
	            : posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&files, out, 1);
	if (error == 0)
		error =
		    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawnp(ret, order->program, &files, NULL, order->argv,
		    order->env);
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
output_of(const struct output_order *order, struct buf *out, bool *ret_well,
    struct err *err)
{
	int fds[2];
	pid_t pid;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, ERR_IO, "pipe");
	AUTO_CLOSE int from = fds[0];
	int error = start(order, fds[1], &pid);
	(void)close(fds[1]);
	if (error != 0) {
		errno = error;
		return err_sys(err, ERR_IO, "start '%s'", order->program);
	}
	bool read = read_all(from, out);
	*ret_well = ended_well(pid) && read;
	return true;
}
