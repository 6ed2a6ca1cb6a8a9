/*
 * init -- the first process of the command's namespaces.
 *
 * It is born with all rights within them, makes the command's files, gives everything up,
 * forks the command, and waits. When the command ends it ends, and with it the kernel
 * ends all that the command left behind, whatever session or parent it gave itself.
 */
#include "shim/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAPABILITIES_MAX 64

uint64_t
init_namespaces(const struct setup *setup)
{
	uint64_t flags = 0;
	if (!setup->confined || !(setup->pillars & SHIM_HAS_NAMESPACES))
		return 0;
	flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
	if (setup->offline && (setup->pillars & SHIM_HAS_NET))
		flags |= CLONE_NEWNET;
	if (geteuid() != 0)
		flags |= CLONE_NEWUSER;
	return flags;
}

static bool
write_own(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write_all(fd, text, strlen(text));
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* In a user namespace of our own we stay who we were, and nobody else is known. Until there
 * is a map we have no number here, so what we were comes with the setup. */
static bool
map_user(const struct setup *setup, struct said *ret)
{
	char uids[64], gids[64];
	(void)snprintf(uids, sizeof(uids), "%u %u 1\n", setup->shim_uid, setup->shim_uid);
	(void)snprintf(gids, sizeof(gids), "%u %u 1\n", setup->shim_gid, setup->shim_gid);
	/* The files below /proc/self are ours only while we may be traced. */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (!write_own("/proc/self/setgroups", "deny") ||
	    !write_own("/proc/self/uid_map", uids) ||
	    !write_own("/proc/self/gid_map", gids))
		return say(ret, errno, "become itself in a user namespace");
	return true;
}

/* Nothing of root's comes back by exec, not even to uid 0. Who may not bar anything has
 * nothing that could. */
static bool
bar_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct have[2] = { 0 };
	if (syscall(SYS_capget, &head, have) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return false;
	if ((have[0].effective & 1u << CAP_SETPCAP) == 0)
		return true;
	for (unsigned long i = 0; i < CAPABILITIES_MAX; i++) {
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL)
			return false; /* EINVAL: this kernel has no such capability */
	}
	return prctl(PR_SET_SECUREBITS, SECURE_ALL_BITS | SECURE_ALL_LOCKS, 0, 0, 0) == 0;
}

static bool
give_up_user(const struct setup *setup, struct said *ret)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };
	if (!bar_capabilities())
		return say(ret, errno, "bar its capabilities");
	if (setup->has_user &&
	    (setgroups(0, NULL) < 0 || setresgid(setup->gid, setup->gid, setup->gid) < 0 ||
		setresuid(setup->uid, setup->uid, setup->uid) < 0))
		return say(ret, errno, "become its user");
	if (syscall(SYS_capset, &head, none) < 0)
		return say(ret, errno, "give up its capabilities");
	return true;
}

/* Before the root changes: what /proc says of others is outside. */
static bool
prepare(const struct setup *setup, struct said *ret)
{
	uint64_t namespaces = init_namespaces(setup);
	if ((namespaces & CLONE_NEWUSER) && !map_user(setup, ret))
		return false;
	return limits_set(setup, ret) && (namespaces == 0 || files_make(setup, ret));
}

bool
init_confine(const struct setup *setup, struct said *ret)
{
	if (!prepare(setup, ret) || !give_up_user(setup, ret))
		return false;
	if ((setup->pillars & SHIM_HAS_NO_NEW_PRIVS) &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return say(ret, errno, "forbid new privileges");
	if ((setup->pillars & SHIM_HAS_LANDLOCK) && !landlock_put_on(setup, ret))
		return false;
	/* Nobody traces us; the command may be traced by its own again once it is there. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return say(ret, errno, "keep its first process to itself");
	return true;
}

_Noreturn void
init_main(pid_t command, struct word *word)
{
	sigset_t watched; /* blocked since the shim began: none is missed */
	(void)sigemptyset(&watched);
	(void)sigaddset(&watched, SIGCHLD);
	(void)sigaddset(&watched, SIGTERM);
	for (;;) {
		int status;
		pid_t pid;
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0 ||
		       (pid < 0 && errno == EINTR)) {
			if (pid != command)
				continue;
			word->status = status;
			word->ended = true;
			_exit(0);
		}
		siginfo_t info;
		if (sigwaitinfo(&watched, &info) == SIGTERM)
			(void)kill(-command, SIGTERM);
	}
}
