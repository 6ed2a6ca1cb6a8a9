/*
 * cgroup -- a cgroup v2 of the command's own, below the one we are in: all that it starts
 * stays in it, so all of it can be ended at once.
 */
#include "shim/parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CGROUP2_MAGIC 0x63677270

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

/* Those of shims that were killed; one in which anything still runs stays by itself. */
static void
remove_left(int base)
{
	int again = openat(base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = again >= 0 ? fdopendir(again) : NULL;
	const struct dirent *entry;
	int pid;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (sscanf(entry->d_name, "firstline-attempt-%*[0-9]-%d", &pid) == 1 &&
		    pid > 0 && kill(pid, 0) < 0 && errno == ESRCH)
			(void)unlinkat(base, entry->d_name, AT_REMOVEDIR);
	}
	if (dir != NULL)
		(void)closedir(dir);
	else if (again >= 0)
		(void)close(again);
}

void
cgroup_make(struct cgroup *cgroup, const char *id)
{
	cgroup->own = -1;
	cgroup->base = open_own_cgroup();
	if (cgroup->base < 0)
		return;
	remove_left(cgroup->base);
	/* Another server in the same cgroup has an attempt of this number, too. */
	(void)snprintf(cgroup->name, sizeof(cgroup->name), "firstline-attempt-%s-%d", id,
	    (int)getpid());
	if (mkdirat(cgroup->base, cgroup->name, 0755) == 0)
		cgroup->own =
		    openat(cgroup->base, cgroup->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup->own >= 0)
		return;
	int error = errno;
	(void)unlinkat(cgroup->base, cgroup->name, AT_REMOVEDIR);
	(void)close(cgroup->base);
	cgroup->base = -1;
	cgroup->name[0] = '\0';
	errno = error;
}

static bool
cgroup_write(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = write(fd, text, strlen(text));
	int error = n < 0 ? errno : EIO;
	(void)close(fd);
	errno = error;
	return n == (ssize_t)strlen(text);
}

bool
cgroup_take(const struct cgroup *cgroup, pid_t pid)
{
	char text[16];
	(void)snprintf(text, sizeof(text), "%d", pid);
	return cgroup_write(cgroup->own, "cgroup.procs", text);
}

bool
cgroup_limit(const struct cgroup *cgroup)
{
	char processes[24], memory[24];
	(void)snprintf(processes, sizeof(processes), "%d", SHIM_PROCESSES_MAX);
	(void)snprintf(memory, sizeof(memory), "%llu", SHIM_MEMORY_MAX);
	if (cgroup->own < 0 || !cgroup_write(cgroup->own, "pids.max", processes) ||
	    !cgroup_write(cgroup->own, "memory.max", memory))
		return false;
	/* A kernel that counts no swap has no such file. */
	if (!cgroup_write(cgroup->own, "memory.swap.max", "0") && errno != ENOENT)
		return false;
	(void)cgroup_write(cgroup->own, "memory.oom.group", "1");
	return true;
}

void
cgroup_kill(const struct cgroup *cgroup)
{
	if (cgroup->own >= 0)
		(void)cgroup_write(cgroup->own, "cgroup.kill", "1");
}

void
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
			(void)cgroup_write(cgroup->base, "cgroup.procs", rest);
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
