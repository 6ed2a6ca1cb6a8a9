/*
 * files -- a root of the command's own: the system's folders, read only; what it was given;
 * a /tmp, /proc and /dev of its own; and nothing else, so no socket of a daemon, no state
 * of Firstline's and no configuration with secrets in it.
 *
 * First a detached copy of each mount is taken (open_tree), then an empty tmpfs becomes the
 * root, and the copies are put into it: so nothing that is covered meanwhile is missed.
 */
#include "shim/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DETACH 2 /* MNT_DETACH: sys/mount.h and linux/mount.h do not go together */

const char *const files_system[] = { "/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32",
	NULL };

/* Of /etc only what programs look up: secrets and configuration lie there too. */
const char *const files_etc[] = { "/etc/alternatives", "/etc/ca-certificates",
	"/etc/ca-certificates.conf", "/etc/crypto-policies", "/etc/debian_version",
	"/etc/gai.conf", "/etc/group", "/etc/host.conf", "/etc/hosts", "/etc/java",
	"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/locale.alias",
	"/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/os-release",
	"/etc/passwd", "/etc/pki", "/etc/protocols", "/etc/resolv.conf", "/etc/services",
	"/etc/ssh/ssh_config", "/etc/ssh/ssh_config.d", "/etc/ssh/ssh_known_hosts",
	"/etc/ssl", "/etc/terminfo", "/etc/timezone", NULL };

const char *const files_dev[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
	"/dev/urandom", NULL };

#define PLACED_MAX 96

struct placed {
	const char *path;
	int fd;
	bool folder;
};

/* A copy of the mounts there, with these attributes; -1 with errno. */
static int
take_copy(const char *path, uint64_t attributes, bool *ret_folder)
{
	struct stat st;
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	struct mount_attr attr = { .attr_set = attributes };
	if (fd < 0 || fstat(fd, &st) < 0 ||
	    syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		sizeof(attr)) < 0)
		return -1;
	*ret_folder = S_ISDIR(st.st_mode);
	return fd;
}

static bool
take(struct placed *placed, size_t *n, const char *path, uint64_t attributes, bool wanted,
    struct said *ret)
{
	bool folder = false;
	int fd = take_copy(path, attributes, &folder);
	if (fd < 0)
		return (!wanted && errno == ENOENT) || say(ret, errno, path);
	placed[(*n)++] = (struct placed){ path, fd, folder };
	return true;
}

static bool
take_each(struct placed *placed, size_t *n, const char *const *paths, uint64_t attributes,
    struct said *ret)
{
	bool ok = true;
	for (size_t i = 0; ok && paths[i] != NULL; i++)
		ok = take(placed, n, paths[i], attributes, false, ret);
	return ok;
}

static bool
is_of_system(const char *path)
{
	for (size_t i = 0; files_system[i] != NULL; i++) {
		size_t n = strlen(files_system[i]);
		if (strncmp(path, files_system[i], n) == 0 && path[n] == '/')
			return true;
	}
	return false;
}

static bool
take_all(const struct setup *setup, struct placed *placed, size_t *n, struct said *ret)
{
	const uint64_t write = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	const uint64_t read = write | MOUNT_ATTR_RDONLY;
	bool ok =
	    take_each(placed, n, files_system, read, ret) &&
	    take_each(placed, n, files_etc, read, ret) &&
	    take_each(placed, n, files_dev, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, ret);
	if (ok && setup->program != NULL && !is_of_system(setup->program))
		ok = take(placed, n, setup->program, read, false, ret);
	for (size_t i = 0; ok && i < setup->paths_n; i++)
		ok = take(placed, n, setup->paths[i], setup->writable[i] ? write : read,
		    true, ret);
	return ok;
}

/* ---- the new root, which is the working folder: names without their first slash ---- */

static bool
make_parents(const char *name)
{
	char path[SHIM_NAME_BYTES_MAX * 2];
	if ((size_t)snprintf(path, sizeof(path), "%s", name) >= sizeof(path))
		return false;
	for (char *slash = strchr(path, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return true;
}

static bool
place(const struct placed *placed, struct said *ret)
{
	const char *name = placed->path + 1;
	bool made = make_parents(name);
	if (made && placed->folder) {
		made = mkdir(name, 0755) == 0 || errno == EEXIST;
	} else if (made) {
		int fd =
		    open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
		made = fd >= 0 || errno == EEXIST;
		if (fd >= 0)
			(void)close(fd);
	}
	if (!made || syscall(SYS_move_mount, placed->fd, "", AT_FDCWD, name,
			 MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return say(ret, errno, placed->path);
	(void)close(placed->fd);
	return true;
}

static bool
mount_at(const char *kind, const char *name, unsigned long flags, const char *options,
    struct said *ret)
{
	if (mkdir(name, 0755) < 0 && errno != EEXIST)
		return say(ret, errno, name);
	if (syscall(SYS_mount, kind, name, kind, flags, options) < 0)
		return say(ret, errno, name);
	return true;
}

static bool
make_own(struct said *ret)
{
	static const char *const links[][2] = { { "/proc/self/fd", "dev/fd" },
		{ "/proc/self/fd/0", "dev/stdin" }, { "/proc/self/fd/1", "dev/stdout" },
		{ "/proc/self/fd/2", "dev/stderr" }, { "/tmp", "dev/shm" },
		{ "/tmp", "var/tmp" } };
	char options[64];
	(void)snprintf(options, sizeof(options), "mode=1777,size=%llu,nr_inodes=65536",
	    SHIM_TMP_BYTES_MAX);
	(void)mkdir("dev", 0755);
	(void)mkdir("var", 0755);
	(void)mkdir("run", 0755);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		(void)!symlink(links[i][0], links[i][1]);
	/* The old /proc must still be there: the kernel wants to see that we could see all. */
	return mount_at("proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL,
		   ret) &&
	       mount_at("tmpfs", "tmp", MS_NOSUID | MS_NODEV, options, ret);
}

/* The old root goes, and what stands in the new one stays as it is. */
static bool
enter(struct said *ret)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	if (syscall(SYS_pivot_root, ".", ".") < 0 ||
	    syscall(SYS_umount2, ".", DETACH) < 0 || chdir("/") < 0 ||
	    syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attr, sizeof(attr)) < 0)
		return say(ret, errno, "enter a root of its own");
	return true;
}

bool
files_make(const struct setup *setup, struct said *ret)
{
	static struct placed placed[PLACED_MAX];
	_Static_assert(PLACED_MAX > 8 + 40 + 8 + SHIM_PATHS_MAX, "room for all of them");
	size_t n = 0;
	(void)umask(022);
	if (syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return say(ret, errno, "keep its mounts to itself");
	if (!take_all(setup, placed, &n, ret))
		return false;
	if (syscall(SYS_mount, "tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV,
		"mode=0755,size=4m") < 0 ||
	    chdir("/tmp") < 0)
		return say(ret, errno, "make a root of its own");
	if (!make_own(ret))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!place(&placed[i], ret))
			return false;
	}
	return enter(ret);
}
