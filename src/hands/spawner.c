#include "hands/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hands/setup.h"
#include "hands/spawn_request.h"
#include "os/crash.h"
#include "os/env.h"
#include "os/fd.h"
#include "shim/shim.h"

#define FIRST_FREE_FD 10 /* above those a shim is given */
#define SHIM_FDS_MAX 4

/* ---- the process ---- */

struct process {
	int fd;
	int children; /* signalfd */
	const char *shim;
	char *env[8];
};

#ifdef CRASH_POINTS
/* A test build lets the shim know where it is to die, and what is to fail in it. */
static void
pass_troubles(char **env, size_t max)
{
	size_t n = 0;
	for (char **at = environ; *at != NULL && n + 1 < max; at++) {
		if (strncmp(*at, "FIRSTLINE_CRASH", 15) == 0 || strncmp(*at, "LD_", 3) == 0)
			env[n++] = *at;
	}
}
#endif

/* The work, the setup, the claim, the input: where the shim looks for each. */
static unsigned
fd_places(const struct spawn_head *head, int *ret)
{
	unsigned n = 0;
	ret[n++] = SHIM_FD_WORK;
	ret[n++] = SHIM_FD_SETUP;
	if (!head->probe)
		ret[n++] = SHIM_FD_LOCK;
	if (head->own)
		ret[n++] = SHIM_FD_INPUT;
	return n;
}

static int
start_shim(const struct process *s, char **argv, const int *fds, const int *places,
    unsigned fd_n)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all, none;
	pid_t pid;
	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	int error = posix_spawn_file_actions_init(&files);
	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attr);
	if (error != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return error;
	}
	for (int fd = 0; fd < 3 && error == 0; fd++)
		error =
		    posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
	for (unsigned i = 0; i < fd_n && error == 0; i++)
		error = posix_spawn_file_actions_adddup2(&files, fds[i], places[i]);
	if (error == 0)
		error = posix_spawnattr_setsigdefault(&attr, &all);
	if (error == 0)
		error = posix_spawnattr_setsigmask(&attr, &none);
	if (error == 0)
		error = posix_spawnattr_setflags(&attr,
		    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
	if (error == 0)
		error = posix_spawn(&pid, s->shim, &files, &attr, argv, s->env);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&files);
	return error;
}

/* Received descriptors, moved out of the way of those a shim gets. */
static unsigned
take_fds(struct msghdr *msg, int *ret, unsigned max)
{
	unsigned n = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; c->cmsg_type == SCM_RIGHTS && i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			int moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
			(void)close(fd);
			if (n < max && moved >= 0)
				ret[n++] = moved;
			else
				fd_close(&moved);
		}
	}
	return n;
}

/* One request; false when hands is gone. */
static bool
serve_one(const struct process *s)
{
	static char bytes[SPAWN_REQUEST_MAX];
	static char *argv[SPAWN_ARGV_MAX];
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(SHIM_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(s->fd, &msg, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return n < 0 && errno == EINTR;

	int fds[SHIM_FDS_MAX], places[SHIM_FDS_MAX];
	unsigned fd_n = take_fds(&msg, fds, SHIM_FDS_MAX);
	struct spawn_head head = { 0 };
	struct spawn_answer answer = { .error = EINVAL };
	CRASH_POINT("spawner-received");
	if (spawn_request_read(bytes, (size_t)n, &head, argv)) {
		answer.id = head.id;
		answer.probe = head.probe;
		if (fd_n == fd_places(&head, places))
			answer.error = start_shim(s, argv, fds, places, fd_n);
	}
	CRASH_POINT("spawner-spawned");
	for (unsigned i = 0; i < fd_n; i++)
		(void)close(fds[i]);
	return send(s->fd, &answer, sizeof(answer), MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(answer);
}

static void
reap(const struct process *s)
{
	struct signalfd_siginfo info;
	while (read(s->children, &info, sizeof(info)) == (ssize_t)sizeof(info))
		continue;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

static _Noreturn void
spawner_main(int fd, const char *shim)
{
	struct process s = { .shim = shim };
	(void)prctl(PR_SET_NAME, "spawner", 0, 0, 0);
	/* What is not confined may look into it: it holds no secret of hands'. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Only its socket stays; a shim that is given 3 and 4 must not take it away. */
	s.fd = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
	if (s.fd < 0)
		_exit(1);
	(void)close_range(3, (unsigned)s.fd - 1, 0);
	(void)close_range((unsigned)s.fd + 1, ~0u, 0);

	/* Whoever wants us to end ends hands. */
	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	sigset_t watched;
	(void)sigemptyset(&watched);
	(void)sigaddset(&watched, SIGCHLD);
	(void)sigprocmask(SIG_SETMASK, &watched, NULL);
	s.children = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.children < 0)
		_exit(1);
#ifdef CRASH_POINTS
	pass_troubles(s.env, countof(s.env));
#else
	env_wipe();
#endif

	for (bool up = true; up;) {
		struct pollfd polled[] = {
			{ .fd = s.fd, .events = POLLIN },
			{ .fd = s.children, .events = POLLIN },
		};
		if (poll(polled, 2, -1) < 0)
			continue;
		if (polled[1].revents != 0)
			reap(&s);
		if (polled[0].revents != 0)
			up = serve_one(&s);
	}
	_exit(0);
}

/* ---- hands' side ---- */

bool
spawner_start(const char *shim, struct spawner *ret, struct err *err)
{
	int pair[2];
	unsigned pillars;
	if (!setup_check(shim, &pillars, err))
		return false;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, ERR_IO, "socketpair");
	pid_t pid = fork();
	if (pid < 0) {
		(void)err_sys(err, ERR_IO, "fork the spawner");
		(void)close(pair[0]);
		(void)close(pair[1]);
		return false;
	}
	if (pid == 0)
		spawner_main(pair[1], shim);
	(void)close(pair[1]);
	/* A spawner that does not take an order for so long is as good as dead. */
	struct timeval patience = { .tv_sec = 2 };
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	*ret = (struct spawner){ .fd = pair[0], .pillars = pillars, .pid = pid };
	return true;
}

bool
spawner_busy(const struct spawner *spawner)
{
	return spawner->unanswered >= SPAWNS_UNANSWERED_MAX || spawner->deaf;
}

bool
spawner_send(struct spawner *spawner, const struct spawn_order *order, struct err *err)
{
	static char bytes[SPAWN_REQUEST_MAX];
	ASSERT(spawn_refuses(order) == NULL);
	ASSERT(order->probe == (order->lock_fd < 0));
	ASSERT(!spawner_busy(spawner));
	struct iovec iov = { .iov_base = bytes,
		.iov_len = spawn_request_write(order, bytes) };
	int fds[SHIM_FDS_MAX];
	size_t fd_n = 0;
	fds[fd_n++] = order->work_fd;
	fds[fd_n++] = order->setup_fd;
	if (!order->probe)
		fds[fd_n++] = order->lock_fd;
	if (order->input_fd > 0)
		fds[fd_n++] = order->input_fd;
	size_t fds_bytes = fd_n * sizeof(int);
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(fds))];
	} control = { .head = { .cmsg_len = CMSG_LEN(fds_bytes),
			  .cmsg_level = SOL_SOCKET,
			  .cmsg_type = SCM_RIGHTS } };
	memcpy(CMSG_DATA(&control.head), fds, fds_bytes);
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(fds_bytes),
	};
	ssize_t sent;
	do
		sent = sendmsg(spawner->fd, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	spawner->deaf = sent < 0 && errno == EAGAIN;
	if (sent < 0)
		return err_sys(err, ERR_CLOSED, "ask the spawner");
	if (spawner->unanswered++ == 0)
		spawner->looks = 0;
	return true;
}

enum spawner_news
spawner_receive(struct spawner *spawner, struct spawn_answer *ret)
{
	struct spawn_answer answer;
	ssize_t n = recv(spawner->fd, &answer, sizeof(answer), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return SPAWNER_NOTHING;
	if (n != (ssize_t)sizeof(answer))
		return SPAWNER_GONE;
	ASSERT(spawner->unanswered > 0);
	spawner->unanswered--;
	spawner->looks = 0;
	*ret = answer;
	return SPAWNER_ANSWER;
}

/* Looks count, not the clock: while we ourselves did not run, it may not have either. */
bool
spawner_hangs(struct spawner *spawner)
{
	if (spawner->unanswered > 0)
		spawner->looks++;
	return spawner->deaf ||
	       (spawner->unanswered > 0 && spawner->looks > SPAWNER_LOOKS_MAX);
}

/* Nobody but us reaps it: its number is its own. */
void
spawner_end(const struct spawner *spawner)
{
	if (spawner->pid > 0) /* a simulated one has none */
		(void)kill(spawner->pid, SIGKILL);
}
