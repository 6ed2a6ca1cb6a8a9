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
 * what many actions are for. What a timeout, a stop, a probe or a confined command leaves
 * behind is killed.
 */
#include "shim/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILL_MS 1000 /* for what was killed to be gone */

enum phase { RUNNING, TERMING, KILLING };

struct run {
	pid_t child;
	const struct word *word;
	bool reaped;
	bool alone; /* nobody of ours is left */
	int status; /* once reaped */
	enum phase phase;
	const char *ended; /* the state, where it was our doing */
	bool stuck;
	bool told;       /* that it started */
	bool term_asked; /* a TERM to ourselves is a wish to stop */
	uint64_t deadline;
	uint64_t begun_wall;
	int out;     /* reading end of the command's output */
	int verdict; /* of its verdict; -1: it gives none */
	int away;    /* as in struct started */
	int signals;
};

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
		run->alone = pid < 0 && errno == ECHILD;
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
	cgroup_kill(cgroup);
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
begin_end(struct run *run, const char *state, uint64_t now, uint64_t grace_ms)
{
	run->ended = state;
	run->phase = TERMING;
	run->deadline = now + grace_ms;
	if (!run->reaped)
		(void)kill(-run->child, SIGTERM);
}

/* Moves on with time; true when there is nothing left to wait for. */
static bool
advance(const struct job *job, struct run *run, const struct cgroup *cgroup)
{
	uint64_t now = boot_ms();
	switch (run->phase) {
	case RUNNING:
		if (run->reaped && (!job->tidy || run->alone))
			return true;
		if (run->reaped) {
			run->phase = KILLING;
			run->deadline = now + KILL_MS;
		} else if (stop_asked(job, run)) {
			begin_end(run, SHIM_STATE_STOPPED, now, SHIM_STOP_GRACE_MS);
		} else if (now >= run->deadline) {
			begin_end(run, SHIM_STATE_TIMED_OUT, now, SHIM_GRACE_MS);
		}
		return false;
	case TERMING:
		if (run->alone)
			return true;
		if (run->deadline > now + SHIM_STOP_GRACE_MS && stop_asked(job, run))
			run->deadline = now + SHIM_STOP_GRACE_MS;
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

/* Not before it is what it was to be: a program that cannot be read has not started. */
static void
tell_started(const struct job *job, struct run *run)
{
	if (run->told || !command_away(&run->away) || !run->word->leaving ||
	    run->word->said.failed)
		return;
	run->told = true;
	if (!job->probe)
		started_tell();
}

static void
wait_for_end(const struct job *job, struct run *run, struct output *out,
    const struct cgroup *cgroup)
{
	uint64_t shown = boot_ms();
	for (;;) {
		reap(run);
		tell_started(job, run);
		if (advance(job, run, cgroup))
			break;
		uint64_t now = boot_ms();
		if (now - shown >= SHIM_SHOW_MS) {
			output_show(out);
			shown = now;
		}
		uint64_t wait = run->phase == KILLING ? 5 : SHIM_LOOK_MS;
		if (run->deadline > now && run->deadline - now < wait)
			wait = run->deadline - now;
		/* One that hung up does so for ever: seen once, it would only wake us. */
		bool asked = job->probe && run->phase == RUNNING;
		struct pollfd polled[] = {
			{ .fd = run->signals, .events = POLLIN },
			{ .fd = run->out, .events = POLLIN },
			{ .fd = asked ? SHIM_FD_WORK : -1, .events = POLLRDHUP },
			{ .fd = run->away, .events = POLLIN },
		};
		(void)poll(polled, 4, (int)wait);
		struct signalfd_siginfo info;
		while (read(run->signals, &info, sizeof(info)) == sizeof(info))
			run->term_asked |= info.ssi_signo == SIGTERM;
		(void)output_read(out, &run->out);
	}
	/* What the command itself wrote is in the pipe by now. Whoever it left behind may
	 * keep writing: at most what a pipe holds is still taken. */
	for (int i = 0; i < 32 && output_read(out, &run->out); i++)
		continue;
	output_end(out);
}

/* ---- main ---- */

static bool
settle_in(const struct job *job, struct run *run)
{
	(void)setsid();
	(void)umask(077);
	bool at_root = chdir("/") == 0; /* the command's working folder, too */
	(void)close_range(SHIM_FD_SETUP + 1, ~0u, 0);
	(void)fcntl(SHIM_FD_WORK, F_SETFD, FD_CLOEXEC);
	(void)fcntl(SHIM_FD_LOCK, F_SETFD, FD_CLOEXEC);
	(void)fcntl(SHIM_FD_SETUP, F_SETFD, FD_CLOEXEC);
	if (!job->own)
		(void)close(SHIM_FD_INPUT);
	bool reaps = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
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
	return at_root && reaps && null >= 0 && run->signals >= 0;
}

struct line {
	char text[SHIM_WHY_MAX];
	size_t n;
};

static void
line_take(void *ctx, const char *p, size_t n)
{
	struct line *line = ctx;
	size_t room = sizeof(line->text) - 1 - line->n;
	memcpy(line->text + line->n, p, n < room ? n : room);
	line->n += n < room ? n : room;
}

/* It quotes who was spoken with: they may repeat what they were told. */
static void
hide_secrets(struct redactor *redactor, char *why)
{
	struct line line = { .n = 0 };
	redact_again(redactor, line_take, &line);
	redact_put(redactor, why, strlen(why));
	redact_end(redactor);
	memcpy(why, line.text, line.n + 1);
}

/* All that is there of what nobody writes to any more. */
static bool
read_line(int fd, char *ret, size_t size)
{
	size_t n = 0;
	ssize_t got = 1;
	while (n < size - 1 && (got > 0 || (got < 0 && errno == EINTR))) {
		got = read(fd, ret + n, size - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	ret[n] = '\0';
	return got >= 0 || errno == EAGAIN;
}

/* What a command of ours says of its end; false: its exit tells all. One that ended by itself
 * without a word may have done anything. The output has ended. */
static bool
read_verdict(const struct run *run, const struct output *out, struct ending *ending,
    char *why)
{
	static const char *const states[] = { SHIM_STATE_NEVER_STARTED, SHIM_STATE_REFUSED,
		SHIM_STATE_UNKNOWN };
	if (run->verdict < 0)
		return false;
	if (!read_line(run->verdict, why, SHIM_WHY_MAX)) {
		ending->state = SHIM_STATE_UNKNOWN;
		ending->why = "its verdict could not be read";
		return true;
	}
	char *blank = strchr(why, ' ');
	if (blank != NULL)
		*blank = '\0';
	if (strcmp(why, SHIM_STATE_EXITED) == 0)
		return false;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (blank == NULL || strcmp(why, states[i]) != 0)
			continue;
		ending->state = states[i];
		ending->why = why;
		memmove(why, blank + 1, strlen(blank + 1) + 1);
		hide_secrets(out->redactor, why);
		return true;
	}
	if (run->ended != NULL)
		return false;
	ending->state = SHIM_STATE_UNKNOWN;
	ending->why = "it ended without saying what became of it";
	return true;
}

static void
tell_end(const struct job *job, const struct run *run, struct output *out)
{
	/* As init says it, where there is one and it had the time to. */
	int status = run->word->ended ? run->word->status : run->status;
	bool exited = run->reaped && WIFEXITED(status);
	bool signaled = run->reaped && WIFSIGNALED(status);
	struct ending ending = {
		.state = exited ? SHIM_STATE_EXITED : SHIM_STATE_SIGNALED,
		.exit_code = exited ? WEXITSTATUS(status) : 0,
		.signal = signaled ? WTERMSIG(status) : 0,
		.begun_wall = run->begun_wall,
		.why = run->stuck ? SHIM_WHY_STUCK : "",
	};
	if (run->ended != NULL)
		ending.state = run->ended;
	char why[SHIM_WHY_MAX];
	if (run->stuck && run->ended != NULL)
		ending.state = SHIM_STATE_UNKNOWN;
	else if (read_verdict(run, out, &ending, why))
		ending.exit_code = ending.signal = 0;
	report(job, out, &ending);
}

static void
tell_never_started(const struct job *job, const struct run *run, struct output *out,
    const char *why)
{
	struct ending ending = {
		.state = SHIM_STATE_NEVER_STARTED,
		.begun_wall = run->begun_wall,
		.why = why,
	};
	report(job, out, &ending);
}

static void
tell_not_started(const struct job *job, const struct run *run, struct output *out,
    const struct said *said)
{
	char why[SHIM_WHY_MAX];
	if (said->what[0] == '\0')
		(void)snprintf(why, sizeof(why), "cannot start '%.200s': %s", job->argv[0],
		    strerror(said->value));
	else
		(void)snprintf(why, sizeof(why), "cannot confine '%.100s': %s: %s",
		    job->argv[0], said->what, strerror(said->value));
	tell_never_started(job, run, out, why);
}

/* What the setup says must be so; nothing of it is guessed. */
static bool
take_setup(struct job *job, struct setup *setup)
{
	if (!setup_read(setup))
		return false;
	job->tidy = job->probe || setup->confined;
	if (job->argv[0][0] == '/')
		setup->program = job->argv[0];
	return setup->secrets_n + setup->hidden_n == 0 ||
	       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static bool
start(const struct job *job, struct setup *setup, struct run *run, struct output *out,
    struct cgroup *cgroup)
{
	struct started started;
	struct said said = { 0 };
	if (!job->probe || setup->confined)
		cgroup_make(cgroup, job->id);
	if (setup->confined && (setup->pillars & SHIM_HAS_CGROUP) && !cgroup_limit(cgroup))
		(void)say(&said, EPERM, "limit it by its cgroup");
	if (!said.failed &&
	    command_start(job, setup, cgroup, run->begun_wall, &started, &said)) {
		setup_teach(setup, out->redactor);
		run->child = started.pid;
		run->out = started.out;
		run->word = started.word;
		run->verdict = started.verdict;
		run->away = started.away;
		return true;
	}
	cgroup_remove(cgroup);
	tell_not_started(job, run, out, &said);
	return false;
}

int
main(int argc, char **argv)
{
	static struct output out;
	static struct redactor redactor;
	static struct setup setup;
	struct job job;
	struct run run = { .out = -1, .verdict = -1, .away = -1 };
	struct cgroup cgroup = { .base = -1, .own = -1 };
	if (argc == 2 && strcmp(argv[1], "check") == 0)
		return check_main();
	if (!job_read(argc, argv, &job))
		return 2;
	bool settled = settle_in(&job, &run);
	out.fd = job.probe ? -1
	                   : openat(SHIM_FD_WORK, SHIM_OUTPUT,
				 O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	output_begin(&out, &redactor);
	run.begun_wall = wall_ms();
	CRASH_POINT("shim-begun");

	const char *never = !settled                    ? "the shim cannot be set up"
	                    : !take_setup(&job, &setup) ? "its setup is not whole"
	                    : stop_asked(&job, &run)    ? "stopped before it began"
	                                                : NULL;
	if (never != NULL) {
		tell_never_started(&job, &run, &out, never);
		return 0;
	}
	uint64_t began = boot_ms();
	if (!start(&job, &setup, &run, &out, &cgroup))
		return 0;
	tell_started(&job, &run);
	CRASH_POINT("shim-started");

	run.deadline = (run.away >= 0 ? began : boot_ms()) + job.timeout_ms;
	wait_for_end(&job, &run, &out, &cgroup);
	cgroup_remove(&cgroup);
	if (run.word->said.failed)
		tell_not_started(&job, &run, &out, &run.word->said);
	else if (run.word->leaving)
		tell_end(&job, &run, &out);
	else
		tell_never_started(&job, &run, &out,
		    run.stuck ? "it is stuck in the kernel before it began"
			      : "it ended before it began");
	return 0;
}
