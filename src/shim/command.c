/*
 * command -- from the shim to the command: a fork that keeps nothing of what we are.
 */
#include "shim/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* An absolute path, or a plain name looked up in SHIM_PATH; never a shell, whatever the
 * file is, and never another of that name because the first could not be run just now.
 * Returns only with errno set. */
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
		else
			errno = ENAMETOOLONG;
		if (errno == EACCES)
			seen = errno;
		else if (errno != ENOENT && errno != ENOTDIR)
			return;
		dir += n + (dir[n] == ':');
	}
	errno = seen;
}

/* As fork(), in namespaces of its own. A filter that looks at flags has to refuse clone3, where
 * they lie in memory (systemd's RestrictNamespaces, some containers): clone does the same. */
pid_t
fork_apart(uint64_t namespaces)
{
	struct clone_args args = { .flags = namespaces, .exit_signal = SIGCHLD };
	if (namespaces == 0)
		return fork();
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0 && errno == ENOSYS)
		pid = syscall(SYS_clone, (unsigned long)namespaces | SIGCHLD, NULL, NULL,
		    NULL, 0ul);
	return (pid_t)pid;
}

/* Moved into the cgroup before it may go on. */
static pid_t
fork_moved(struct cgroup *cgroup, uint64_t namespaces, bool must)
{
	pid_t pid = fork_apart(namespaces);
	if (pid <= 0 || cgroup_take(cgroup, pid))
		return pid;
	int error = errno;
	if (!must) {
		cgroup_remove(cgroup);
		return pid;
	}
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	errno = error;
	return -1;
}

/* As fork(), but born in the cgroup and in namespaces of its own: moving to a cgroup
 * afterwards waits 20 ms for the kernel. */
static pid_t
fork_into(struct cgroup *cgroup, const struct setup *setup)
{
	uint64_t namespaces = init_namespaces(setup);
	bool must = setup->confined && (setup->pillars & SHIM_HAS_CGROUP); /* its limits */
	if (cgroup->own < 0)
		return fork_apart(namespaces);
	struct clone_args args = { .flags = namespaces | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (unsigned)cgroup->own };
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0 && errno == ENOSYS)
		return fork_moved(cgroup, namespaces, must);
	if (pid >= 0 || must)
		return (pid_t)pid;
	cgroup_remove(cgroup);
	return fork_apart(namespaces);
}

/* The server raised its own limit; programs that use select(), or close all descriptors
 * there could be, are made for the usual one. The hard limit stays: who needs more asks. */
static bool
usual_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	if (limit.rlim_cur <= SHIM_DESCRIPTORS)
		return true;
	limit.rlim_cur = SHIM_DESCRIPTORS;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

#define FIRST_SECRET_FD 5 /* behind what tells of a failed exec, and the verdict */

/* What we write to from the child, and what it waits at. */
struct pipes {
	int go; /* the reading end */
	int out;
	int away;    /* closes itself when the exec works */
	int verdict; /* -1: none */
};

static char **
make_environment(const struct job *job, const struct setup *setup)
{
	static char vars[4 + SHIM_SECRETS_MAX][SHIM_NAME_BYTES_MAX + 32];
	static char path[] = "PATH=" SHIM_PATH, lang[] = "LANG=" SHIM_LANG;
	static char *env[2 + 4 + SHIM_SECRETS_MAX + 1] = { path, lang };
	size_t size = sizeof(vars[0]), n = 0;
	(void)snprintf(vars[n++], size, "FIRSTLINE_ATTEMPT=%s", job->id);
	(void)snprintf(vars[n++], size, "FIRSTLINE_INCIDENT=%s", job->incident);
	(void)snprintf(vars[n++], size, "FIRSTLINE_SERVICE=%s", job->service);
	(void)snprintf(vars[n++], size, "FIRSTLINE_TARGET=%s", job->target);
	for (size_t i = 0; i < setup->secrets_n; i++)
		(void)snprintf(vars[n++], size, "%.64s_FILE=/proc/self/fd/%d",
		    setup->secrets[i].name, FIRST_SECRET_FD + (int)i);
	for (size_t i = 0; i < n; i++)
		env[2 + i] = vars[i];
	return env;
}

/* The command's own descriptors, each in its place, and the secrets. */
static bool
keep_descriptors(const struct job *job, const struct setup *setup,
    const struct pipes *pipes)
{
	if (dup2(pipes->out, 1) != 1 || dup2(pipes->out, 2) != 2 ||
	    (job->own && dup2(SHIM_FD_INPUT, 0) != 0) ||
	    dup3(pipes->away, 3, O_CLOEXEC) != 3)
		return false;
	if (job->own && dup2(pipes->verdict, SHIM_FD_VERDICT) != SHIM_FD_VERDICT)
		return false;
	if (!job->own)
		(void)close(SHIM_FD_VERDICT);
	for (size_t i = 0; i < setup->secrets_n; i++) {
		int fd = FIRST_SECRET_FD + (int)i;
		if (dup2(setup->secrets[i].fd, fd) != fd)
			return false;
	}
	return close_range(FIRST_SECRET_FD + (unsigned)setup->secrets_n, ~0u, 0) == 0;
}

/* With secrets nobody gets a memory image of it: 1, because 0 says nothing to programs that
 * take core dumps. */
static bool
forbid_cores(const struct setup *setup)
{
	return setup->secrets_n + setup->hidden_n == 0 ||
	       setrlimit(RLIMIT_CORE, &(struct rlimit){ 1, 1 }) == 0;
}

/* Never returns. The command sees three descriptors, six variables, its secrets, and
 * nothing of us. */
static _Noreturn void
become_command(const struct job *job, struct setup *setup, const struct pipes *pipes,
    struct word *word)
{
	struct said *said = &word->said;
	char **env = make_environment(job, setup);
	bool ok =
	    (setsid() > 0 && usual_descriptors()) || say(said, errno, "make it ready");
	(void)umask(022);
	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);

	ok = ok && ((forbid_cores(setup) && keep_descriptors(job, setup, pipes)) ||
		       say(said, errno, "make it ready"));
	setup_forget(setup);
	if (ok && setup->confined && (setup->pillars & SHIM_HAS_SECCOMP))
		ok = seccomp_put_on(setup->offline, said);
	if (ok) {
		word->leaving = true;
		exec_command(job->argv, env);
		(void)say(said, errno, "");
	}
	_exit(127);
}

/* Waits until the command is away, and nobody holds the other end. False: it said why it
 * is not. Who died without a word is found at its end. */
static bool
is_running(int away, const struct word *word)
{
	char byte;
	while (read(away, &byte, 1) < 0 && errno == EINTR)
		continue;
	return !word->said.failed;
}

bool
command_away(int *away)
{
	struct pollfd polled = { .fd = *away, .events = POLLIN };
	char byte;
	if (*away < 0)
		return true;
	if (poll(&polled, 1, 0) != 1 || (read(*away, &byte, 1) < 0 && errno == EINTR))
		return false;
	(void)close(*away);
	*away = -1;
	return true;
}

/* The same for a moment only: a program on a disk that does not answer keeps whoever starts
 * it, and its time passes all the same. */
static bool
is_running_soon(int *away, const struct word *word)
{
	uint64_t until = boot_ms() + SHIM_AWAY_MS, now;
	while (!command_away(away) && (now = boot_ms()) < until) {
		struct pollfd polled = { .fd = *away, .events = POLLIN };
		(void)poll(&polled, 1, (int)(until - now));
	}
	return *away >= 0 || !word->said.failed;
}

/* A pipe whose writing end does not lie where the command's descriptors are put. */
static bool
high_pipe(int *ret_read, int *ret_write)
{
	int made[2];
	if (pipe2(made, O_CLOEXEC) < 0)
		return false;
	*ret_read = made[0];
	*ret_write = fcntl(made[1], F_DUPFD_CLOEXEC, SETUP_FDS);
	(void)close(made[1]);
	return *ret_write >= 0;
}

/* Between shim and command, where that is confined: see init.c. Never returns. */
static _Noreturn void
become_init(const struct job *job, struct setup *setup, const struct pipes *pipes,
    struct word *word)
{
	struct pipes inner = { -1, pipes->out, -1, pipes->verdict };
	int away = -1;
	pid_t pid = -1;
	bool ok = setsid() > 0 || say(&word->said, errno, "make it ready");
	(void)close(SHIM_FD_WORK);
	(void)close(SHIM_FD_LOCK); /* the shim's alone: it says whether the shim is there */
	ok = ok && init_confine(setup, &word->said);
	if (ok && (!high_pipe(&away, &inner.away) || (pid = fork()) < 0))
		ok = say(&word->said, errno, "start it");
	if (pid == 0)
		become_command(job, setup, &inner, word);
	setup_forget(setup);
	(void)close(pipes->out);
	(void)close(inner.away);
	if (!ok || !is_running(away, word))
		_exit(127);
	(void)close(pipes->away);
	init_main(pid, word);
}

/* The child begins nothing before it stands in the folder who it is: if we die first, it
 * ends, so that whoever looks there afterwards knows all that can be at work. */
static void
wait_for_go(int go, struct word *word)
{
	char byte;
	ssize_t n;
	do
		n = read(go, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1) {
		(void)say(&word->said, n < 0 ? errno : ECANCELED, "begin");
		_exit(127);
	}
	(void)close(go);
}

static bool
let_go(const struct job *job, pid_t pid, uint64_t begun_wall, const struct cgroup *cgroup,
    int go, struct said *ret_said)
{
	bool ok = job->probe || started_note(pid, begun_wall, cgroup) ||
	          say(ret_said, errno, "note its start");
	if (ok && !write_all(go, "", 1))
		ok = say(ret_said, errno, "let it go");
	(void)close(go);
	return ok;
}

/* What both ends are made of, before there is another process. */
static bool
make_ends(const struct job *job, struct started *ret, struct pipes *pipes, int *ret_away,
    int *ret_go)
{
	return high_pipe(&ret->out, &pipes->out) && high_pipe(ret_away, &pipes->away) &&
	       high_pipe(&pipes->go, ret_go) &&
	       (!job->own || high_pipe(&ret->verdict, &pipes->verdict)) &&
	       fcntl(ret->out, F_SETFL, O_NONBLOCK) == 0 &&
	       (!job->own || fcntl(ret->verdict, F_SETFL, O_NONBLOCK) == 0);
}

bool
command_start(const struct job *job, struct setup *setup, struct cgroup *cgroup,
    uint64_t begun_wall, struct started *ret, struct said *ret_said)
{
	struct pipes pipes = { -1, -1, -1, -1 };
	int away, go;
	struct word *word = mmap(NULL, sizeof(*word), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ret->verdict = -1;
	ret->word = word;
	if (word == MAP_FAILED || !make_ends(job, ret, &pipes, &away, &go))
		return say(ret_said, errno, "start it");
	ret->pid = fork_into(cgroup, setup);
	if (ret->pid < 0)
		return say(ret_said, errno, "start it");
	if (ret->pid == 0) {
		(void)close(go);
		wait_for_go(pipes.go, word);
		if (setup->confined)
			become_init(job, setup, &pipes, word);
		become_command(job, setup, &pipes, word);
	}
	(void)close(pipes.go);
	(void)close(pipes.away);
	(void)close(pipes.out);
	if (job->own) {
		(void)close(pipes.verdict);
		(void)close(SHIM_FD_INPUT);
	}
	CRASH_POINT("shim-forked");
	bool went = let_go(job, ret->pid, begun_wall, cgroup, go, ret_said);
	CRASH_POINT("shim-let-go");

	bool ok = went && is_running_soon(&away, word);
	if (went && !ok)
		*ret_said = word->said;
	ret->away = away;
	while (!ok && waitpid(ret->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return ok;
}
