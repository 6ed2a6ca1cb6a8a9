#include "node/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
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

enum heard { HEARD_ALL = 1, HEARD_TOO_LONG, HEARD_BADLY };

/* So long there may still be something to read; -1: for ever. */
static int
left_ms(msec deadline)
{
	msec now = clock_boot();
	if (deadline == 0)
		return -1;
	return now < deadline ? (int)(deadline - now) : 0;
}

static enum heard
read_all(int fd, msec deadline, struct buf *out)
{
	for (;;) {
		char bytes[4096];
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int came = poll(&ready, 1, left_ms(deadline));
		if (came == 0)
			return HEARD_TOO_LONG;
		ssize_t n = came < 0 ? -1 : read(fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? HEARD_ALL : HEARD_BADLY;
		buf_put(out, bytes, (size_t)n);
	}
}

/* What it said is said; but it may go on without a voice. */
static bool
ends_in_time(pid_t pid, msec deadline)
{
	AUTO_CLOSE int end = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = { .fd = end, .events = POLLIN };
	int came;
	do
		came = end < 0 ? -1 : poll(&ended, 1, left_ms(deadline));
	while (came < 0 && end >= 0 && errno == EINTR);
	return came != 0;
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
	msec deadline = order->timeout_ms != 0 ? clock_boot() + order->timeout_ms : 0;
	enum heard heard = read_all(from, deadline, out);
	if (heard == HEARD_ALL && !ends_in_time(pid, deadline))
		heard = HEARD_TOO_LONG;
	if (heard != HEARD_ALL)
		(void)kill(pid, SIGKILL); /* what it says is of no use any more */
	*ret_well = ended_well(pid) && heard == HEARD_ALL;
	return heard != HEARD_TOO_LONG ||
	       err_set(err, ERR_LIMIT, "'%s' took too long", order->program);
}
