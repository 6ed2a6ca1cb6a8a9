/*
 * limits -- what a confined command may use, as the kernel counts it for each process or
 * user. What it may use in all only a cgroup can say (cgroup.c).
 */
#include "shim/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The kernel counts all threads of a user: what others run as it must not be in the way. */
static rlim_t
threads_of(unsigned uid)
{
	rlim_t n = 0;
	DIR *proc = opendir("/proc");
	if (proc == NULL)
		return 0;
	for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
		uint64_t pid;
		char path[300], status[2048];
		if (!parse_u64(entry->d_name, &pid))
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
		(void)read_small(AT_FDCWD, path, status, sizeof(status));
		const char *user = strstr(status, "\nUid:\t");
		const char *threads = strstr(status, "\nThreads:\t");
		if (user != NULL && threads != NULL &&
		    strtoul(user + strlen("\nUid:\t"), NULL, 10) == uid)
			n += strtoul(threads + strlen("\nThreads:\t"), NULL, 10);
	}
	(void)closedir(proc);
	return n;
}

bool
limits_set(const struct setup *setup, struct said *ret)
{
	bool alone =
	    setup->has_user ? !setup->shared : (setup->pillars & SHIM_HAS_NAMESPACES) != 0;
	rlim_t others =
	    alone ? 0 : threads_of(setup->has_user ? setup->uid : (unsigned)getuid());
	const struct {
		__rlimit_resource_t what;
		rlim_t most;
		const char *name;
	} limits[] = {
		{ RLIMIT_NPROC, others + SHIM_PROCESSES_MAX, "limit its processes" },
		{ RLIMIT_NOFILE, SHIM_DESCRIPTORS, "limit its files" },
		{ RLIMIT_DATA, SHIM_MEMORY_MAX, "limit its memory" },
		{ RLIMIT_FSIZE, SHIM_FILE_BYTES_MAX, "limit the size of files" },
		/* 1, not 0: to a program that takes core dumps, 0 says nothing */
		{ RLIMIT_CORE, 1, "forbid core dumps" },
	};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit had;
		if (getrlimit(limits[i].what, &had) < 0)
			return say(ret, errno, limits[i].name);
		rlim_t most = limits[i].most;
		if (had.rlim_max != RLIM_INFINITY && had.rlim_max < most)
			most = had.rlim_max;
		if (setrlimit(limits[i].what, &(struct rlimit){ most, most }) < 0)
			return say(ret, errno, limits[i].name);
	}
	return true;
}
