/*
 * check -- what of a confinement this machine has: each is tried, as it would be used.
 *
 * All actions are confined by what is found here, so what is not there just now is not
 * taken for what this machine never has: then there is no answer.
 */
#include "shim/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
passes(int error)
{
	return error == EAGAIN || error == EINTR || error == ENOMEM || error == EMFILE ||
	       error == ENFILE || error == EIO;
}

/* False with errno. */
static bool
try_namespaces(struct setup *setup)
{
	int status = 0;
	pid_t pid = fork_apart(init_namespaces(setup));
	if (pid == 0) {
		struct said said;
		bool ok = init_confine(setup, &said);
		_exit(ok ? 0 : passes(said.value) ? 2 : 1);
	}
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	errno = WIFEXITED(status) && WEXITSTATUS(status) == 1 ? EPERM : EAGAIN;
	return status == 0;
}

/* The same. */
static bool
try_cgroup(void)
{
	errno = 0;
	struct cgroup cgroup = { .base = -1, .own = -1 };
	char name[32];
	(void)snprintf(name, sizeof(name), "check-%d", getpid());
	cgroup_make(&cgroup, name);
	bool ok = cgroup_limit(&cgroup);
	int error = errno;
	cgroup_remove(&cgroup);
	errno = error;
	return ok;
}

/* What is there goes into *has. False: nobody can say just now. */
static bool
found(bool there, unsigned bit, unsigned *has)
{
	if (there)
		*has |= bit;
	return there || !passes(errno);
}

int
check_main(void)
{
	static struct setup setup;
	setup.confined = true;
	setup.shim_uid = (unsigned)geteuid();
	setup.shim_gid = (unsigned)getegid();
	unsigned has = 0;
	long landlock = landlock_version();
	if (landlock < 0)
		return 1;
	has |= landlock >= 1 ? SHIM_HAS_LANDLOCK : 0;
	has |= landlock >= 6 ? SHIM_HAS_SCOPES : 0;
	if (!found(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0, SHIM_HAS_NO_NEW_PRIVS,
		&has) ||
	    !found(seccomp_works(), SHIM_HAS_SECCOMP, &has) ||
	    !found(try_cgroup(), SHIM_HAS_CGROUP, &has))
		return 1;

	setup.pillars = SHIM_HAS_NAMESPACES;
	if (!found(try_namespaces(&setup), SHIM_HAS_NAMESPACES, &has))
		return 1;
	setup.offline = true;
	setup.pillars = SHIM_HAS_NAMESPACES | SHIM_HAS_NET;
	if ((has & SHIM_HAS_NAMESPACES) &&
	    !found(try_namespaces(&setup), SHIM_HAS_NET, &has))
		return 1;

	char text[64];
	int n = snprintf(text, sizeof(text), "pillars=%u\n", has);
	return write_all(1, text, (size_t)n) ? 0 : 1;
}
