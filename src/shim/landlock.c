/*
 * landlock -- which files a confined command may touch, how; and that it reaches nobody
 * outside by signals, abstract sockets or ptrace. Holds also where there is no mount
 * namespace; where there is, both must let it through.
 */
#include "shim/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Later than Debian 12's header; the numbers are the kernel's. */
#define ACCESS_REFER (UINT64_C(1) << 13)     /* ABI 2 */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)  /* ABI 3 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define ACCESS_TCP UINT64_C(3)               /* ABI 4: bind and connect */
#define SCOPES UINT64_C(3)                   /* ABI 6: abstract sockets and signals */

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RUN LANDLOCK_ACCESS_FS_EXECUTE
#define DEVICES (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)
#define OF_FILES                                                              \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | RUN | \
	    ACCESS_TRUNCATE | ACCESS_IOCTL_DEV)

struct ruleset_attr {
	uint64_t files;
	uint64_t net;
	uint64_t scoped;
};

long
landlock_version(void)
{
	long version =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return version < 0 && (errno == ENOSYS || errno == EOPNOTSUPP) ? 0 : version;
}

static uint64_t
all_files(long version)
{
	uint64_t all = (UINT64_C(1) << 13) - 1;
	all |= version >= 2 ? ACCESS_REFER : 0;
	all |= version >= 3 ? ACCESS_TRUNCATE : 0;
	all |= version >= 5 ? ACCESS_IOCTL_DEV : 0;
	return all;
}

/* What is not there, or not for us, needs no rule, unless somebody wants it to be. Any other
 * failure would let the command begin and fail half way. */
static bool
allow(int ruleset, const char *path, uint64_t access, bool wanted, struct said *ret)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;
	if (fd < 0)
		return (!wanted &&
			   (errno == ENOENT || errno == EACCES || errno == ENOTDIR)) ||
		       say(ret, errno, path);
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		access &= OF_FILES;
	struct landlock_path_beneath_attr rule = { .allowed_access = access,
		.parent_fd = fd };
	bool ok = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule,
		      0) == 0;
	int error = errno;
	(void)close(fd);
	return ok || say(ret, error, path);
}

static bool
allow_each(int ruleset, const char *const *paths, uint64_t access, struct said *ret)
{
	bool ok = true;
	for (size_t i = 0; ok && paths[i] != NULL; i++)
		ok = allow(ruleset, paths[i], access, false, ret);
	return ok;
}

static bool
allow_files(int ruleset, const struct setup *setup, uint64_t all, struct said *ret)
{
	uint64_t change = all & ~(uint64_t)(RUN | DEVICES);
	bool ok = allow_each(ruleset, files_system, READ | RUN, ret) &&
	          allow_each(ruleset, files_etc, READ, ret) &&
	          allow_each(ruleset, files_dev, OF_FILES & all & ~(uint64_t)RUN, ret) &&
	          allow(ruleset, "/proc", READ, true, ret);
	/* Its own; without a namespace both are everybody's. */
	if (ok && (setup->pillars & SHIM_HAS_NAMESPACES))
		ok = allow(ruleset, "/", LANDLOCK_ACCESS_FS_READ_DIR, true, ret) &&
		     allow(ruleset, "/tmp", change, true, ret);
	if (ok && setup->program != NULL)
		ok = allow(ruleset, setup->program, READ | RUN, false, ret);
	for (size_t i = 0; ok && i < setup->paths_n; i++)
		ok = allow(ruleset, setup->paths[i],
		    setup->writable[i] ? change : READ | RUN, true, ret);
	return ok;
}

bool
landlock_put_on(const struct setup *setup, struct said *ret)
{
	long version = landlock_version();
	long least = setup->pillars & SHIM_HAS_SCOPES ? 6 : 1;
	if (version < least) /* there was more when it was looked for */
		return say(ret, version < 0 ? errno : ENOSYS,
		    "confine its files by Landlock");
	struct ruleset_attr attr = {
		.files = all_files(version),
		.net = version >= 4 && setup->offline ? ACCESS_TCP : 0,
		.scoped = version >= 6 ? SCOPES : 0,
	};
	size_t size = version >= 6   ? sizeof(attr)
	              : version >= 4 ? offsetof(struct ruleset_attr, scoped)
	                             : offsetof(struct ruleset_attr, net);
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, (void *)&attr, size, 0);
	if (ruleset < 0)
		return say(ret, errno, "confine its files by Landlock");
	bool ok = allow_files(ruleset, setup, attr.files, ret);
	if (ok && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		ok = say(ret, errno, "confine its files by Landlock");
	(void)close(ruleset);
	return ok;
}
