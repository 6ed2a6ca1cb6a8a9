/*
 * check -- what of a confinement this machine has: each is tried, as it would be used.
 */
#include "shim/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
try_namespaces(struct setup *setup)
{
	struct clone_args args = { .flags = init_namespaces(setup),
		.exit_signal = SIGCHLD };
	int status = 0;
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0) {
		struct said said;
		_exit(init_confine(setup, &said) ? 0 : 1);
	}
	return pid > 0 && waitpid((pid_t)pid, &status, 0) == pid && status == 0;
}

static bool
try_cgroup(void)
{
	struct cgroup cgroup = { .base = -1, .own = -1 };
	char name[32];
	(void)snprintf(name, sizeof(name), "check-%d", getpid());
	cgroup_make(&cgroup, name);
	bool ok = cgroup_limit(&cgroup);
	cgroup_remove(&cgroup);
	return ok;
}

int
check_main(void)
{
	static struct setup setup;
	setup.confined = true;
	setup.shim_uid = (unsigned)geteuid();
	setup.shim_gid = (unsigned)getegid();
	unsigned has =
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0 ? SHIM_HAS_NO_NEW_PRIVS : 0;
	long landlock = landlock_version();
	has |= landlock >= 1 ? SHIM_HAS_LANDLOCK : 0;
	has |= landlock >= 6 ? SHIM_HAS_SCOPES : 0;
	has |= seccomp_works() ? SHIM_HAS_SECCOMP : 0;
	has |= try_cgroup() ? SHIM_HAS_CGROUP : 0;

	setup.pillars = SHIM_HAS_NAMESPACES;
	if (try_namespaces(&setup))
		has |= SHIM_HAS_NAMESPACES;
	setup.offline = true;
	setup.pillars = SHIM_HAS_NAMESPACES | SHIM_HAS_NET;
	if ((has & SHIM_HAS_NAMESPACES) && try_namespaces(&setup))
		has |= SHIM_HAS_NET;

	char text[64];
	int n = snprintf(text, sizeof(text), "pillars=%u\n", has);
	return write_all(1, text, (size_t)n) ? 0 : 1;
}
