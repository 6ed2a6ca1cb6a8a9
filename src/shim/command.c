/*
 * command -- from the shim to the command: a fork that keeps nothing of what we are.
 */
#include "shim/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* An absolute path, or a plain name looked up in SHIM_PATH; never a shell, whatever the
 * file is. Returns only with errno set. */
static void
exec_command(char **argv, char **env)
{
	if (argv[0][0] == '/') {
		(void)execve(argv[0], argv, env);
		return;
	}
	int seen = ENOENT;
	bool plain = argv[0][0] != '\0' && strchr(argv[0], '/') == NULL;
	for (const char *dir = plain ? SHIM_PATH : ""; *dir != '\0';) {
		static char path[PATH_MAX];
		size_t n = strcspn(dir, ":");
		int len = snprintf(path, sizeof(path), "%.*s/%s", (int)n, dir, argv[0]);
		if (len > 0 && (size_t)len < sizeof(path))
			(void)execve(path, argv, env);
		if (errno != ENOENT && errno != ENOTDIR)
			seen = errno;
		dir += n + (dir[n] == ':');
	}
	errno = seen;
}

/* As fork(), but born in the cgroup: moving there afterwards waits 20 ms for the kernel. */
static pid_t
fork_into(struct cgroup *cgroup)
{
	if (cgroup->own >= 0) {
		struct clone_args args = {
			.flags = CLONE_INTO_CGROUP,
			.exit_signal = SIGCHLD,
			.cgroup = (unsigned)cgroup->own,
		};
		long pid = syscall(SYS_clone3, &args, sizeof(args));
		if (pid >= 0)
			return (pid_t)pid;
		cgroup_remove(cgroup);
	}
	return fork();
}

/* The server raised its own limit; programs that use select(), or close all descriptors
 * there could be, are made for the usual one. The hard limit stays: who needs more asks. */
static void
usual_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > SHIM_DESCRIPTORS) {
		limit.rlim_cur = SHIM_DESCRIPTORS;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* What we write to from the child. */
struct ends {
	int out;
	int failed;  /* closes itself when the exec works */
	int verdict; /* -1: none */
};

/* The command's own descriptors, each in its place. */
static bool
place_descriptors(const struct job *job, const struct ends *ends)
{
	if (dup2(ends->out, 1) != 1 || dup2(ends->out, 2) != 2)
		return false;
	if (job->own && dup2(SHIM_FD_INPUT, 0) != 0)
		return false;
	if (dup3(ends->failed, 3, O_CLOEXEC) != 3)
		return false;
	if (!job->own)
		return close_range(4, ~0u, 0) == 0;
	return dup2(ends->verdict, SHIM_FD_VERDICT) == SHIM_FD_VERDICT &&
	       close_range(SHIM_FD_VERDICT + 1, ~0u, 0) == 0;
}

/* Never returns. The command sees three descriptors, six variables, and nothing of us. */
static _Noreturn void
become_command(const struct job *job, const struct ends *ends)
{
	static char vars[4][SHIM_NAME_BYTES_MAX + 32];
	(void)snprintf(vars[0], sizeof(vars[0]), "FIRSTLINE_ATTEMPT=%s", job->id);
	(void)snprintf(vars[1], sizeof(vars[1]), "FIRSTLINE_INCIDENT=%s", job->incident);
	(void)snprintf(vars[2], sizeof(vars[2]), "FIRSTLINE_SERVICE=%s", job->service);
	(void)snprintf(vars[3], sizeof(vars[3]), "FIRSTLINE_TARGET=%s", job->target);
	char path[] = "PATH=" SHIM_PATH, lang[] = "LANG=" SHIM_LANG;
	char *env[] = { path, lang, vars[0], vars[1], vars[2], vars[3], NULL };

	(void)setsid();
	(void)umask(022);
	usual_descriptors();
	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);

	if (place_descriptors(job, ends))
		exec_command(job->argv, env);
	int error = errno;
	(void)!write(3, &error, sizeof(error));
	_exit(127);
}

/* A pipe whose writing end does not lie where the command's descriptors are put. */
static bool
high_pipe(int ret[2])
{
	int made[2];
	if (pipe2(made, O_CLOEXEC) < 0)
		return false;
	ret[0] = made[0];
	ret[1] = fcntl(made[1], F_DUPFD_CLOEXEC, 10);
	(void)close(made[1]);
	return ret[1] >= 0;
}

int
command_start(const struct job *job, struct cgroup *cgroup, pid_t *ret_pid, int *ret_out,
    int *ret_verdict)
{
	int out[2], failed[2], verdict[2] = { -1, -1 };
	if (!high_pipe(out) || !high_pipe(failed) || (job->own && !high_pipe(verdict)))
		return errno;

	pid_t pid = fork_into(cgroup);
	if (pid < 0)
		return errno;
	if (pid == 0)
		become_command(job, &(struct ends){ out[1], failed[1], verdict[1] });
	(void)close(failed[1]);
	(void)close(out[1]);
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	if (job->own) {
		(void)close(verdict[1]);
		(void)close(SHIM_FD_INPUT);
		(void)fcntl(verdict[0], F_SETFL, O_NONBLOCK);
	}
	CRASH_POINT("shim-forked");

	int error = 0;
	ssize_t n;
	do
		n = read(failed[0], &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	(void)close(failed[0]);
	if (n == sizeof(error)) {
		(void)waitpid(pid, NULL, 0);
		return error;
	}
	*ret_pid = pid;
	*ret_out = out[0];
	*ret_verdict = verdict[0];
	return 0;
}
