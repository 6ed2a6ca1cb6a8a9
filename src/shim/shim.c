/*
 * firstline-shim -- runs one command and tells how it went. shim.h is its contract.
 *
 * It outlives whoever asked: no pipe, no parent and no session ties it to hands. It is
 * the subreaper of everything its command starts, and gives the command a cgroup of its
 * own where cgroup v2 lets it, so "all of it" is something that can be ended.
 *
 *	RUNNING --time over, stop asked--> TERMING --grace over--> KILLING
 *	   |                                  |                       |
 *	   `--the command ended               `--nobody is left       `--nobody is left,
 *	                                                                 or stuck in the kernel
 *
 * What a command leaves behind when it ends by itself is left alone: starting a daemon is
 * what many actions are for. What a timeout, a stop or a probe leaves behind is killed.
 */
#include "shim/shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CGROUP2_MAGIC 0x63677270
#define KILL_MS 1000        /* for what was killed to be gone */
#define RESULT_TRIES_MAX 30 /* one a second, should the disk be full */
#define NAME_BYTES_MAX 2048 /* of a service or target */
#define WHY_MAX 300

struct job {
	bool probe;
	const char *id;
	const char *incident;
	const char *service;
	const char *target;
	uint64_t timeout_ms;
	char **argv;
};

/* What the command wrote: the beginning, the end, and how much in all. */
struct output {
	uint64_t total;
	int fd; /* of the attempt's file; -1 for a probe */
	char head[SHIM_HEAD_MAX];
	char tail[SHIM_TAIL_MAX]; /* a ring over what did not fit into the head */
};

struct cgroup {
	int base; /* the cgroup we are in ourselves; -1: no cgroup for the command */
	int own;
	char name[64];
};

enum phase { RUNNING, TERMING, KILLING };

struct run {
	pid_t child;
	bool reaped;
	bool alone; /* nobody of ours is left */
	int status; /* once reaped */
	enum phase phase;
	const char *ended; /* the state, where it was our doing */
	bool stuck;
	bool term_asked; /* a TERM to ourselves is a wish to stop */
	uint64_t deadline;
	uint64_t begun_wall;
	int out; /* reading end of the command's output */
	int signals;
};

/* ---- small things ---- */

#ifdef CRASH_POINTS
/* As os/crash.h says, for a process that has only libc. */
static void
crash_point(const char *name)
{
	const char *log = getenv("FIRSTLINE_CRASH_LOG");
	int fd = log ? open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd >= 0) {
		(void)!write(fd, name, strlen(name));
		(void)!write(fd, "\n", 1);
		(void)close(fd);
	}
	const char *wanted = getenv("FIRSTLINE_CRASH");
	size_t n = strlen(name);
	if (wanted == NULL || strncmp(wanted, name, n) != 0 ||
	    strcmp(wanted + n, ":1") != 0)
		return;
	const char *once = getenv("FIRSTLINE_CRASH_ONCE");
	if (once != NULL) {
		fd = open(once, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return;
	}
	(void)kill(getpid(), SIGKILL);
}
#define CRASH_POINT(name) crash_point(name)
#else
#define CRASH_POINT(name) ((void)0)
#endif

static uint64_t
clock_ms(clockid_t id)
{
	struct timespec ts = { 0 };
	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t wrote = write(fd, p, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		p += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

static bool
parse_u64(const char *text, uint64_t *ret)
{
	uint64_t value = 0;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	}
	*ret = value;
	return true;
}

/* As much of a small file as fits; 0 when there is none. NUL-terminated. */
static size_t
read_small(int dir, const char *name, char *ret, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, ret, size - 1);
	if (fd >= 0)
		(void)close(fd);
	ret[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* ---- the command's cgroup ---- */

static int
open_own_cgroup(void)
{
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	static char text[4096], path[4096 + 64];
	(void)read_small(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text));
	char *own = strstr(text, "0::/");
	if (own == NULL || (own != text && own[-1] != '\n'))
		return -1;
	own += strlen("0::");
	own[strcspn(own, "\n")] = '\0';

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", mounts[i], own);
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct statfs st;
		if (fd >= 0 && fstatfs(fd, &st) == 0 && st.f_type == CGROUP2_MAGIC)
			return fd;
		if (fd >= 0)
			(void)close(fd);
	}
	return -1;
}

/* Best effort: where it does not work the subreaper has to do. */
static void
cgroup_make(struct cgroup *cgroup, const char *id)
{
	cgroup->own = -1;
	cgroup->base = open_own_cgroup();
	if (cgroup->base < 0)
		return;
	(void)snprintf(cgroup->name, sizeof(cgroup->name), "firstline-attempt-%s", id);
	if (mkdirat(cgroup->base, cgroup->name, 0755) == 0)
		cgroup->own =
		    openat(cgroup->base, cgroup->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup->own >= 0)
		return;
	(void)close(cgroup->base);
	cgroup->base = -1;
	cgroup->name[0] = '\0';
}

static void
cgroup_write(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, text, strlen(text));
	(void)close(fd);
}

/* What still runs there goes on in our own cgroup; the command's goes away. */
static void
cgroup_remove(struct cgroup *cgroup)
{
	if (cgroup->base < 0)
		return;
	for (int i = 0; i < 10; i++) {
		char pids[4096];
		(void)read_small(cgroup->own, "cgroup.procs", pids, sizeof(pids));
		char *rest = pids;
		for (char *end; (end = strchr(rest, '\n')) != NULL; rest = end + 1) {
			*end = '\0';
			cgroup_write(cgroup->base, "cgroup.procs", rest);
		}
		if (unlinkat(cgroup->base, cgroup->name, AT_REMOVEDIR) == 0)
			break;
		(void)poll(NULL, 0, 5);
	}
	(void)close(cgroup->own);
	(void)close(cgroup->base);
	cgroup->own = cgroup->base = -1;
	cgroup->name[0] = '\0';
}

/* ---- output ---- */

static void
output_take(struct output *out, const char *p, size_t n)
{
	if (out->total < SHIM_HEAD_MAX) {
		size_t at = (size_t)out->total;
		size_t part = n < SHIM_HEAD_MAX - at ? n : SHIM_HEAD_MAX - at;
		memcpy(out->head + at, p, part);
		if (out->fd >= 0)
			(void)!pwrite(out->fd, p, part, (off_t)at);
		out->total += part;
		p += part;
		n -= part;
	}
	if (n > SHIM_TAIL_MAX) { /* only the end of it can stay */
		size_t skipped = n - SHIM_TAIL_MAX;
		out->total += skipped;
		p += skipped;
		n -= skipped;
	}
	for (; n > 0; n--, out->total++)
		out->tail[(out->total - SHIM_HEAD_MAX) % SHIM_TAIL_MAX] = *p++;
}

/* What follows the head: the line that says how much is missing, and the tail. */
static size_t
output_rest(const struct output *out, char *ret)
{
	size_t n = 0;
	if (out->total <= SHIM_HEAD_MAX)
		return 0;
	uint64_t beyond = out->total - SHIM_HEAD_MAX;
	if (beyond <= SHIM_TAIL_MAX) {
		memcpy(ret, out->tail, (size_t)beyond);
		return (size_t)beyond;
	}
	n = (size_t)snprintf(ret, SHIM_OUTPUT_MAX - SHIM_HEAD_MAX - SHIM_TAIL_MAX,
	    "\n[... %llu bytes left out ...]\n",
	    (unsigned long long)(beyond - SHIM_TAIL_MAX));
	size_t start = (size_t)(beyond % SHIM_TAIL_MAX);
	memcpy(ret + n, out->tail + start, SHIM_TAIL_MAX - start);
	memcpy(ret + n + SHIM_TAIL_MAX - start, out->tail, start);
	return n + SHIM_TAIL_MAX;
}

/* At most one large read, so that a flood never keeps us from the clock. */
static bool
output_read(struct output *out, int *pipe_fd)
{
	static char chunk[64 * 1024];
	if (*pipe_fd < 0)
		return false;
	ssize_t n = read(*pipe_fd, chunk, sizeof(chunk));
	if (n > 0)
		output_take(out, chunk, (size_t)n);
	if (n == 0) {
		(void)close(*pipe_fd);
		*pipe_fd = -1;
	}
	return n > 0;
}

/* ---- files ---- */

/* A value of a line: control characters and '%' written %XX, cut at WHY_MAX. */
static const char *
escaped(const char *text)
{
	static char ret[3 * WHY_MAX + 1];
	size_t n = 0;
	for (size_t i = 0; text[i] != '\0' && i < WHY_MAX; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20 || c == 0x7f || c == '%')
			n += (size_t)snprintf(ret + n, 4, "%%%02X", c);
		else
			ret[n++] = (char)c;
	}
	ret[n] = '\0';
	return ret;
}

static uint64_t
start_time(pid_t pid)
{
	char path[64], stat[1024];
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	(void)read_small(AT_FDCWD, path, stat, sizeof(stat));
	char *field =
	    strrchr(stat, ')'); /* the second; what follows has no blanks within */
	for (int i = 2; field != NULL && i < 22; i++)
		field = strchr(field + 1, ' ');
	return field ? strtoull(field + 1, NULL, 10) : 0;
}

static void
write_started(const struct run *run, const struct cgroup *cgroup)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
	    "shim_pid=%d\nchild_pid=%d\nchild_start=%llu\nbegun_wall=%llu\ncgroup=%s\n",
	    getpid(), run->child, (unsigned long long)start_time(run->child),
	    (unsigned long long)run->begun_wall, cgroup->name);
	int fd = openat(SHIM_FD_WORK, SHIM_STARTED ".new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (write_all(fd, text, (size_t)n))
		(void)renameat(SHIM_FD_WORK, SHIM_STARTED ".new", SHIM_FD_WORK,
		    SHIM_STARTED);
	(void)close(fd);
}

static bool
write_result_file(const char *text, size_t n)
{
	int fd =
	    openat(SHIM_FD_WORK, SHIM_RESULT_NEW, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool ok = write_all(fd, text, n) && ftruncate(fd, (off_t)n) == 0 && fsync(fd) == 0;
	(void)close(fd);
	CRASH_POINT("shim-result-written");
	return ok &&
	       renameat(SHIM_FD_WORK, SHIM_RESULT_NEW, SHIM_FD_WORK, SHIM_RESULT) == 0 &&
	       fsync(SHIM_FD_WORK) == 0;
}

static void
report(const struct job *job, const struct run *run, struct output *out, const char *state,
    const char *why)
{
	static char text[SHIM_TEXT_MAX], rest[SHIM_OUTPUT_MAX];
	bool exited = run->reaped && WIFEXITED(run->status);
	bool signaled = run->reaped && WIFSIGNALED(run->status);
	int n = snprintf(text, sizeof(text),
	    "state=%s\nexit_code=%d\nsignal=%d\nbegun_wall=%llu\nended_wall=%llu\n"
	    "output_bytes=%llu\nwhy=%s\n",
	    state, exited ? WEXITSTATUS(run->status) : 0,
	    signaled ? WTERMSIG(run->status) : 0, (unsigned long long)run->begun_wall,
	    (unsigned long long)clock_ms(CLOCK_REALTIME), (unsigned long long)out->total,
	    escaped(why));
	size_t rest_n = output_rest(out, rest);
	size_t head_n = out->total < SHIM_HEAD_MAX ? (size_t)out->total : SHIM_HEAD_MAX;

	if (job->probe) {
		(void)(write_all(SHIM_FD_WORK, text, (size_t)n) &&
		       write_all(SHIM_FD_WORK, "\n", 1) &&
		       write_all(SHIM_FD_WORK, out->head, head_n) &&
		       write_all(SHIM_FD_WORK, rest, rest_n));
		return;
	}
	CRASH_POINT("shim-result-before");
	if (out->fd >= 0 && out->total > 0) {
		(void)!pwrite(out->fd, rest, rest_n, SHIM_HEAD_MAX);
		(void)fsync(out->fd);
	}
	for (int i = 0; i < RESULT_TRIES_MAX && !write_result_file(text, (size_t)n); i++)
		(void)poll(NULL, 0, 1000);
	CRASH_POINT("shim-result-after");
}

/* ---- the command ---- */

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

/* Never returns. The command sees three descriptors, six variables, and nothing of us. */
static _Noreturn void
become_command(const struct job *job, int out, int failed)
{
	static char vars[4][NAME_BYTES_MAX + 32];
	(void)snprintf(vars[0], sizeof(vars[0]), "FIRSTLINE_ATTEMPT=%s", job->id);
	(void)snprintf(vars[1], sizeof(vars[1]), "FIRSTLINE_INCIDENT=%s", job->incident);
	(void)snprintf(vars[2], sizeof(vars[2]), "FIRSTLINE_SERVICE=%s", job->service);
	(void)snprintf(vars[3], sizeof(vars[3]), "FIRSTLINE_TARGET=%s", job->target);
	char path[] = "PATH=" SHIM_PATH, lang[] = "LANG=" SHIM_LANG;
	char *env[] = { path, lang, vars[0], vars[1], vars[2], vars[3], NULL };

	(void)setsid();
	(void)umask(022);
	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);

	/* What tells of a failed exec closes itself when the exec works. */
	if (dup2(out, 1) == 1 && dup2(out, 2) == 2 && dup3(failed, 3, O_CLOEXEC) == 3 &&
	    close_range(4, ~0u, 0) == 0)
		exec_command(job->argv, env);
	int error = errno;
	(void)!write(3, &error, sizeof(error));
	_exit(127);
}

/* 0 when the command runs, else the errno of what kept it from running. */
static int
start(const struct job *job, struct run *run, struct cgroup *cgroup)
{
	int out[2], failed[2];
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(failed, O_CLOEXEC) < 0)
		return errno;
	/* dup3 below must not fall on one of its own sources */
	int from = fcntl(failed[1], F_DUPFD_CLOEXEC, 10);
	if (from < 0)
		return errno;
	(void)close(failed[1]);

	run->begun_wall = clock_ms(CLOCK_REALTIME);
	run->child = fork_into(cgroup);
	if (run->child < 0)
		return errno;
	if (run->child == 0)
		become_command(job, out[1], from);
	(void)close(from);
	(void)close(out[1]);
	run->out = out[0];
	(void)fcntl(run->out, F_SETFL, O_NONBLOCK);
	CRASH_POINT("shim-forked");

	int error = 0;
	ssize_t n;
	do
		n = read(failed[0], &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	(void)close(failed[0]);
	if (n != sizeof(error))
		return 0;
	(void)waitpid(run->child, NULL, 0);
	return error;
}

/* ---- until the end ---- */

static void
reap(struct run *run)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid == run->child) {
			run->reaped = true;
			run->status = status;
		}
		if (pid > 0 || (pid < 0 && errno == EINTR))
			continue;
		run->alone = pid < 0; /* ECHILD */
		return;
	}
}

/* Everything that has us as its parent: as parents die, their children come to us. Their
 * numbers cannot mean anybody else before we reap them. */
static void
kill_children(void)
{
	char self[32], stat[512];
	(void)snprintf(self, sizeof(self), " %d ", getpid());
	DIR *proc = opendir("/proc");
	if (proc == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
		uint64_t pid;
		char path[300];
		if (!parse_u64(entry->d_name, &pid))
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		(void)read_small(AT_FDCWD, path, stat, sizeof(stat));
		const char *at = strrchr(stat, ')'); /* ") S PPID " */
		if (at != NULL && strlen(at) > 4 &&
		    strncmp(at + 3, self, strlen(self)) == 0)
			(void)kill((pid_t)pid, SIGKILL);
	}
	(void)closedir(proc);
}

static void
kill_all(const struct run *run, const struct cgroup *cgroup)
{
	if (cgroup->own >= 0)
		cgroup_write(cgroup->own, "cgroup.kill", "1");
	if (!run->reaped) /* while it is unreaped, its group is surely its own */
		(void)kill(-run->child, SIGKILL);
	kill_children();
}

static bool
stop_asked(const struct job *job, struct run *run)
{
	struct signalfd_siginfo info;
	while (read(run->signals, &info, sizeof(info)) == sizeof(info))
		run->term_asked |= info.ssi_signo == SIGTERM;
	if (run->term_asked)
		return true;
	if (!job->probe)
		return faccessat(SHIM_FD_WORK, SHIM_STOP, F_OK, 0) == 0;
	struct pollfd asker = { .fd = SHIM_FD_WORK, .events = POLLRDHUP };
	return poll(&asker, 1, 0) > 0 && (asker.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static void
begin_end(struct run *run, const char *state, uint64_t now)
{
	run->ended = state;
	run->phase = TERMING;
	run->deadline = now + SHIM_GRACE_MS;
	if (!run->reaped)
		(void)kill(-run->child, SIGTERM);
}

/* Moves on with time; true when there is nothing left to wait for. */
static bool
advance(const struct job *job, struct run *run, const struct cgroup *cgroup)
{
	uint64_t now = clock_ms(CLOCK_BOOTTIME);
	switch (run->phase) {
	case RUNNING:
		if (run->reaped && (!job->probe || run->alone))
			return true;
		if (run->reaped) { /* a probe leaves nothing behind */
			run->phase = KILLING;
			run->deadline = now + KILL_MS;
		} else if (stop_asked(job, run)) {
			begin_end(run, SHIM_STATE_STOPPED, now);
		} else if (now >= run->deadline) {
			begin_end(run, SHIM_STATE_TIMED_OUT, now);
		}
		return false;
	case TERMING:
		if (run->alone)
			return true;
		if (now < run->deadline)
			return false;
		run->phase = KILLING;
		run->deadline = now + KILL_MS;
		return false;
	case KILLING:
		if (run->alone)
			return true;
		run->stuck = now >= run->deadline;
		kill_all(run, cgroup);
		return run->stuck;
	}
	return true;
}

static void
wait_for_end(const struct job *job, struct run *run, struct output *out,
    const struct cgroup *cgroup)
{
	for (;;) {
		reap(run);
		if (advance(job, run, cgroup))
			break;
		uint64_t now = clock_ms(CLOCK_BOOTTIME);
		uint64_t wait = run->phase == KILLING ? 5 : SHIM_LOOK_MS;
		if (run->deadline > now && run->deadline - now < wait)
			wait = run->deadline - now;
		struct pollfd polled[] = {
			{ .fd = run->signals, .events = POLLIN },
			{ .fd = run->out, .events = POLLIN },
			{ .fd = job->probe ? SHIM_FD_WORK : -1, .events = POLLRDHUP },
		};
		(void)poll(polled, 3, (int)wait);
		struct signalfd_siginfo info;
		while (read(run->signals, &info, sizeof(info)) == sizeof(info))
			run->term_asked |= info.ssi_signo == SIGTERM;
		(void)output_read(out, &run->out);
	}
	/* What the command itself wrote is in the pipe by now. Whoever it left behind may
	 * keep writing: at most what a pipe holds is still taken. */
	for (int i = 0; i < 32 && output_read(out, &run->out); i++)
		continue;
}

/* ---- main ---- */

/* Reading the command line of our own spawner: it is right, or nothing is done. */
static bool
parse_job(int argc, char **argv, struct job *ret)
{
	uint64_t number;
	if (argc < 8)
		return false;
	*ret = (struct job){
		.probe = strcmp(argv[1], "probe") == 0,
		.id = argv[2],
		.incident = argv[3],
		.service = argv[4],
		.target = argv[5],
		.argv = argv + 7,
	};
	return (ret->probe || strcmp(argv[1], "attempt") == 0) &&
	       parse_u64(ret->id, &number) && parse_u64(ret->incident, &number) &&
	       strlen(ret->service) < NAME_BYTES_MAX &&
	       strlen(ret->target) < NAME_BYTES_MAX &&
	       parse_u64(argv[6], &ret->timeout_ms) &&
	       ret->timeout_ms <= (uint64_t)7 * 24 * 3600 * 1000;
}

static bool
settle_in(struct run *run)
{
	(void)setsid();
	(void)umask(077);
	(void)!chdir("/");
	(void)close_range(SHIM_FD_LOCK + 1, ~0u, 0);
	(void)fcntl(SHIM_FD_WORK, F_SETFD, FD_CLOEXEC);
	(void)fcntl(SHIM_FD_LOCK, F_SETFD, FD_CLOEXEC);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);

	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	if (null > 2)
		(void)close(null);

	sigset_t watched;
	(void)sigemptyset(&watched);
	(void)sigaddset(&watched, SIGCHLD);
	(void)sigaddset(&watched, SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &watched, NULL);
	run->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	return null >= 0 && run->signals >= 0;
}

static const char *
state_of(const struct run *run)
{
	if (run->ended != NULL)
		return run->ended;
	return WIFEXITED(run->status) ? SHIM_STATE_EXITED : SHIM_STATE_SIGNALED;
}

int
main(int argc, char **argv)
{
	static struct output out;
	struct job job;
	struct run run = { .out = -1 };
	struct cgroup cgroup = { .base = -1, .own = -1 };
	if (!parse_job(argc, argv, &job))
		return 2;
	if (!settle_in(&run))
		return 1; /* nothing ran and nobody can be told: in doubt */
	out.fd = job.probe ? -1
	                   : openat(SHIM_FD_WORK, SHIM_OUTPUT,
				 O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CRASH_POINT("shim-begun");

	if (stop_asked(&job, &run)) {
		run.begun_wall = clock_ms(CLOCK_REALTIME);
		report(&job, &run, &out, SHIM_STATE_NEVER_STARTED,
		    "stopped before it began");
		return 0;
	}
	if (!job.probe)
		cgroup_make(&cgroup, job.id);
	int error = start(&job, &run, &cgroup);
	if (error != 0) {
		char why[WHY_MAX];
		(void)snprintf(why, sizeof(why), "cannot start '%.200s': %s", job.argv[0],
		    strerror(error));
		cgroup_remove(&cgroup);
		report(&job, &run, &out, SHIM_STATE_NEVER_STARTED, why);
		return 0;
	}
	if (!job.probe)
		write_started(&run, &cgroup);
	CRASH_POINT("shim-started");

	run.deadline = clock_ms(CLOCK_BOOTTIME) + job.timeout_ms;
	wait_for_end(&job, &run, &out, &cgroup);
	cgroup_remove(&cgroup);
	report(&job, &run, &out, state_of(&run),
	    run.stuck ? "some of it could not be killed" : "");
	return 0;
}
