#include "sim/kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sim/wrap.h"

#define SOCKET_BYTES ((size_t)1 << 20)
#define PATH_BEGIN "/sim"

struct kernel kernel;

/* What one send put into a socket. */
struct chunk {
	struct chunk *next;
	struct open_file *file; /* with a descriptor beside it */
	size_t n, taken;
	char bytes[];
};

struct socket_end {
	struct socket_end *other; /* NULL: closed */
	struct open_file *file;
	struct chunk *first, **last;
	size_t waiting;
	bool shut;
};

enum file_kind { FILE_INODE = 1, FILE_SOCKET, FILE_EVENT };

struct open_file {
	enum file_kind kind;
	unsigned uses;
	uint64_t number;
	struct inode *inode;
	uint64_t at;
	bool shares; /* holds a shared lock */
	struct socket_end *end;
	bool set;
};

static struct descriptor {
	struct open_file *file;
	const struct process *owner;
} table[KERNEL_FD_MAX];
static int highest; /* no descriptor is in use from here on */

/* A folder being read: a copy of its names, as they were. */
struct reading {
	struct reading *next;
	int fd;
	size_t at, n;
	struct disk_name *names;
	struct dirent64 entry;
};
static struct reading *readings;

static struct open_file *
file_of(int fd)
{
	int i = fd - KERNEL_FD_FIRST;
	return i >= 0 && i < KERNEL_FD_MAX ? table[i].file : NULL;
}

static void
enter(const char *call)
{
	if (kernel.now != NULL && kernel.enter != NULL)
		kernel.enter(call);
}

static int
fail(int error)
{
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

static struct open_file *
file_new(enum file_kind kind)
{
	static uint64_t numbers;
	struct open_file *file = calloc(1, sizeof(*file));
	ASSERT(file != NULL);
	file->kind = kind;
	file->number = ++numbers;
	return file;
}

static int
fd_new(struct open_file *file)
{
	for (int i = 0; i < KERNEL_FD_MAX; i++) {
		if (table[i].file != NULL)
			continue;
		table[i].file = file;
		table[i].owner = kernel.now;
		file->uses++;
		if (i >= highest)
			highest = i + 1;
		return KERNEL_FD_FIRST + i;
	}
	return fail(EMFILE);
}

static struct open_file *
inode_open(struct inode *inode)
{
	struct open_file *file = file_new(FILE_INODE);
	file->inode = inode;
	inode->opens++;
	return file;
}

static void
unlock(struct open_file *file)
{
	struct inode *inode = file->inode;
	if (inode->exclusive == file->number)
		inode->exclusive = 0;
	if (file->shares && inode->shared > 0)
		inode->shared--;
	file->shares = false;
}

static void
end_free(struct socket_end *end)
{
	if (end->other != NULL)
		end->other->other = NULL;
	while (end->first != NULL) {
		struct chunk *chunk = end->first;
		end->first = chunk->next;
		if (chunk->file != NULL)
			kernel_drop(chunk->file);
		free(chunk);
	}
	free(end);
}

void
kernel_drop(struct open_file *file)
{
	ASSERT(file->uses > 0);
	if (--file->uses > 0)
		return;
	if (file->kind == FILE_INODE) {
		unlock(file);
		if (file->inode->opens > 0 && --file->inode->opens == 0)
			inode_closed(file->inode);
	}
	if (file->kind == FILE_SOCKET)
		end_free(file->end);
	free(file);
}

struct open_file *
kernel_inherit(int fd)
{
	struct open_file *file = file_of(fd);
	ASSERT(file != NULL);
	file->uses++;
	return file;
}

struct inode *
kernel_inode(const struct open_file *file)
{
	return file->inode;
}

void
kernel_close_all(const struct process *owner)
{
	for (int i = 0; i < highest; i++) {
		struct open_file *file = table[i].file;
		if (file == NULL || table[i].owner != owner)
			continue;
		table[i] = (struct descriptor){ 0 };
		kernel_drop(file);
	}
}

void
kernel_give(int fd, const struct process *owner)
{
	ASSERT(file_of(fd) != NULL);
	table[fd - KERNEL_FD_FIRST].owner = owner;
}

bool
kernel_readable(int fd)
{
	const struct open_file *file = file_of(fd);
	if (file == NULL)
		return true; /* an error is read from it */
	if (file->kind == FILE_EVENT)
		return file->set;
	if (file->kind == FILE_SOCKET)
		return file->end->first != NULL || file->end->other == NULL ||
		       file->end->shut;
	return true;
}

bool
kernel_writable(int fd)
{
	const struct open_file *file = file_of(fd);
	if (file == NULL || file->kind != FILE_SOCKET)
		return true;
	return file->end->other == NULL || file->end->other->waiting < SOCKET_BYTES;
}

int
kernel_event(void)
{
	return fd_new(file_new(FILE_EVENT));
}

void
kernel_event_set(int fd, bool set)
{
	struct open_file *file = file_of(fd);
	if (file != NULL && file->kind == FILE_EVENT)
		file->set = set;
}

/* ---- files ---- */

static bool
ours(const char *path)
{
	return strncmp(path, PATH_BEGIN, sizeof(PATH_BEGIN) - 1) == 0;
}

/* The folder that a path is in, from that descriptor on; NULL: there is none. */
static struct inode *
folder_at(int dir_fd, const char *path, const char **ret_name)
{
	if (path[0] == '/')
		return disk_folder_of(&kernel.disk, path, ret_name);
	const struct open_file *file = file_of(dir_fd);
	*ret_name = path;
	return file != NULL && file->kind == FILE_INODE && file->inode->folder ? file->inode
	                                                                       : NULL;
}

static struct inode *
inode_at(int dir_fd, const char *path)
{
	const char *name;
	struct inode *folder = folder_at(dir_fd, path, &name);
	if (folder == NULL || strcmp(name, ".") == 0 || name[0] == '\0')
		return folder;
	return disk_name(folder, name);
}

/* What the store writes for its room alone. */
static bool
ballast(const char *name)
{
	return strcmp(name, "room") == 0 || strcmp(name, "reserve") == 0;
}

static int
sim_open(int dir_fd, const char *path, int flags)
{
	const char *name;
	struct inode *folder = folder_at(dir_fd, path, &name);
	if (folder == NULL)
		return fail(ENOENT);
	struct inode *inode = inode_at(dir_fd, path);
	if (inode != NULL && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
		return fail(EEXIST);
	if (inode == NULL && (flags & O_CREAT) == 0)
		return fail(ENOENT);
	if (inode != NULL && !inode->folder && (flags & O_ACCMODE) != O_RDONLY &&
	    disk_read_only(&kernel.disk))
		return fail(EROFS);
	if (inode == NULL) {
		inode = inode_new(&kernel.disk, false);
		inode->ballast = ballast(name);
		int error = disk_link(&kernel.disk, folder, name, inode);
		if (error != 0)
			return fail(error);
	}
	if (!inode->folder && (flags & O_DIRECTORY) != 0)
		return fail(ENOTDIR);
	if ((flags & O_TRUNC) != 0 && inode->now.n > 0) {
		int error = disk_truncate(&kernel.disk, inode, 0);
		if (error != 0)
			return fail(error);
	}
	struct open_file *file = inode_open(inode);
	if ((flags & O_APPEND) != 0)
		file->at = UINT64_MAX;
	return fd_new(file);
}

int WRAP(open64)(const char *path, int flags, ...);
int REAL(open64)(const char *path, int flags, ...);
int
WRAP(open64)(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	unsigned mode = va_arg(args, unsigned);
	va_end(args);
	if (!ours(path))
		return REAL(open64)(path, flags, mode);
	enter("open");
	return sim_open(-1, path, flags);
}

int WRAP(openat64)(int dir_fd, const char *path, int flags, ...);
int REAL(openat64)(int dir_fd, const char *path, int flags, ...);
int
WRAP(openat64)(int dir_fd, const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	unsigned mode = va_arg(args, unsigned);
	va_end(args);
	if (file_of(dir_fd) == NULL && !ours(path))
		return REAL(openat64)(dir_fd, path, flags, mode);
	enter("openat");
	return sim_open(dir_fd, path, flags);
}

int WRAP(__openat64_2)(int dir_fd, const char *path, int flags);
int
WRAP(__openat64_2)(int dir_fd, const char *path, int flags)
{
	return WRAP(openat64)(dir_fd, path, flags, 0);
}

int WRAP(close)(int fd);
int REAL(close)(int fd);
int
WRAP(close)(int fd)
{
	struct open_file *file = file_of(fd);
	if (file == NULL)
		return REAL(close)(fd);
	table[fd - KERNEL_FD_FIRST] = (struct descriptor){ 0 };
	kernel_drop(file);
	return 0;
}

static ssize_t
write_at(struct open_file *file, const void *bytes, size_t n, uint64_t at)
{
	size_t wrote;
	int error = disk_write(&kernel.disk, file->inode, at, bytes, n, &wrote);
	return error != 0 ? fail(error) : (ssize_t)wrote;
}

ssize_t WRAP(pread64)(int fd, void *ret, size_t n, off_t at);
ssize_t REAL(pread64)(int fd, void *ret, size_t n, off_t at);
ssize_t
WRAP(pread64)(int fd, void *ret, size_t n, off_t at)
{
	struct open_file *file = file_of(fd);
	if (file == NULL)
		return REAL(pread64)(fd, ret, n, at);
	return (ssize_t)disk_read(file->inode, (uint64_t)at, ret, n);
}

ssize_t WRAP(pwrite64)(int fd, const void *bytes, size_t n, off_t at);
ssize_t REAL(pwrite64)(int fd, const void *bytes, size_t n, off_t at);
ssize_t
WRAP(pwrite64)(int fd, const void *bytes, size_t n, off_t at)
{
	struct open_file *file = file_of(fd);
	if (file == NULL)
		return REAL(pwrite64)(fd, bytes, n, at);
	enter("pwrite");
	return write_at(file, bytes, n, (uint64_t)at);
}

ssize_t WRAP(write)(int fd, const void *bytes, size_t n);
ssize_t REAL(write)(int fd, const void *bytes, size_t n);
ssize_t
WRAP(write)(int fd, const void *bytes, size_t n)
{
	struct open_file *file = file_of(fd);
	if (file == NULL)
		return REAL(write)(fd, bytes, n);
	enter("write");
	ASSERT(file->kind == FILE_INODE);
	if (file->at == UINT64_MAX)
		return write_at(file, bytes, n, file->inode->now.n);
	ssize_t wrote = write_at(file, bytes, n, file->at);
	if (wrote > 0)
		file->at += (uint64_t)wrote;
	return wrote;
}

static int
stat_inode(const struct inode *inode, struct stat64 *ret)
{
	if (inode == NULL)
		return fail(ENOENT);
	*ret = (struct stat64){ .st_mode = inode->folder ? S_IFDIR | 0700 : S_IFREG | 0600,
		.st_ino = inode->number,
		.st_nlink = 1,
		.st_size = (off_t)inode->now.n };
	return 0;
}

int WRAP(fstat64)(int fd, struct stat64 *ret);
int REAL(fstat64)(int fd, struct stat64 *ret);
int
WRAP(fstat64)(int fd, struct stat64 *ret)
{
	const struct open_file *file = file_of(fd);
	return file == NULL ? REAL(fstat64)(fd, ret) : stat_inode(file->inode, ret);
}

int WRAP(stat64)(const char *path, struct stat64 *ret);
int REAL(stat64)(const char *path, struct stat64 *ret);
int
WRAP(stat64)(const char *path, struct stat64 *ret)
{
	return ours(path) ? stat_inode(inode_at(-1, path), ret) : REAL(stat64)(path, ret);
}

int WRAP(fstatat64)(int dir_fd, const char *path, struct stat64 *ret, int flags);
int REAL(fstatat64)(int dir_fd, const char *path, struct stat64 *ret, int flags);
int
WRAP(fstatat64)(int dir_fd, const char *path, struct stat64 *ret, int flags)
{
	if (file_of(dir_fd) == NULL)
		return REAL(fstatat64)(dir_fd, path, ret, flags);
	return stat_inode(inode_at(dir_fd, path), ret);
}

int WRAP(fstatvfs64)(int fd, struct statvfs64 *ret);
int REAL(fstatvfs64)(int fd, struct statvfs64 *ret);
int
WRAP(fstatvfs64)(int fd, struct statvfs64 *ret)
{
	if (file_of(fd) == NULL)
		return REAL(fstatvfs64)(fd, ret);
	const struct disk *disk = &kernel.disk;
	uint64_t left = disk->capacity == 0           ? UINT64_C(1) << 40
	                : disk->capacity > disk->used ? disk->capacity - disk->used
	                                              : 0;
	*ret = (struct statvfs64){ .f_frsize = 1, .f_bsize = 1, .f_bavail = left };
	return 0;
}

static int
sync_file(int fd)
{
	enter("fsync");
	if (kernel.syncs != NULL)
		kernel.syncs();
	return fail(disk_sync(&kernel.disk, file_of(fd)->inode));
}

int WRAP(fsync)(int fd);
int REAL(fsync)(int fd);
int
WRAP(fsync)(int fd)
{
	return file_of(fd) == NULL ? REAL(fsync)(fd) : sync_file(fd);
}

int WRAP(fdatasync)(int fd);
int REAL(fdatasync)(int fd);
int
WRAP(fdatasync)(int fd)
{
	return file_of(fd) == NULL ? REAL(fdatasync)(fd) : sync_file(fd);
}

int WRAP(ftruncate64)(int fd, off_t n);
int REAL(ftruncate64)(int fd, off_t n);
int
WRAP(ftruncate64)(int fd, off_t n)
{
	struct open_file *file = file_of(fd);
	if (file == NULL)
		return REAL(ftruncate64)(fd, n);
	enter("ftruncate");
	return fail(disk_truncate(&kernel.disk, file->inode, (uint64_t)n));
}

int WRAP(fallocate64)(int fd, int mode, off_t at, off_t n);
int REAL(fallocate64)(int fd, int mode, off_t at, off_t n);
int
WRAP(fallocate64)(int fd, int mode, off_t at, off_t n)
{
	if (file_of(fd) == NULL)
		return REAL(fallocate64)(fd, mode, at, n);
	const struct disk *disk = &kernel.disk;
	bool full = disk->capacity != 0 && disk->used + (uint64_t)n > disk->capacity;
	return fail(full ? ENOSPC : 0);
}

int WRAP(flock)(int fd, int operation);
int REAL(flock)(int fd, int operation);
int
WRAP(flock)(int fd, int operation)
{
	struct open_file *file = file_of(fd);
	if (file == NULL)
		return REAL(flock)(fd, operation);
	struct inode *inode = file->inode;
	int how = operation & ~LOCK_NB;
	bool others = (inode->exclusive != 0 && inode->exclusive != file->number) ||
	              (how == LOCK_EX && inode->shared > (file->shares ? 1u : 0u));
	if (how != LOCK_UN && others)
		return fail(EWOULDBLOCK);
	unlock(file);
	if (how == LOCK_EX)
		inode->exclusive = file->number;
	if (how == LOCK_SH) {
		inode->shared++;
		file->shares = true;
	}
	return 0;
}

/* ---- folders ---- */

int WRAP(mkdirat)(int dir_fd, const char *path, mode_t mode);
int REAL(mkdirat)(int dir_fd, const char *path, mode_t mode);
int
WRAP(mkdirat)(int dir_fd, const char *path, mode_t mode)
{
	const char *name;
	if (file_of(dir_fd) == NULL && !ours(path))
		return REAL(mkdirat)(dir_fd, path, mode);
	enter("mkdir");
	struct inode *folder = folder_at(dir_fd, path, &name);
	if (folder == NULL)
		return fail(ENOENT);
	if (disk_name(folder, name) != NULL)
		return fail(EEXIST);
	return fail(disk_link(&kernel.disk, folder, name, inode_new(&kernel.disk, true)));
}

int WRAP(mkdir)(const char *path, mode_t mode);
int REAL(mkdir)(const char *path, mode_t mode);
int
WRAP(mkdir)(const char *path, mode_t mode)
{
	return ours(path) ? WRAP(mkdirat)(-1, path, mode) : REAL(mkdir)(path, mode);
}

int WRAP(renameat)(int from_fd, const char *from, int to_fd, const char *to);
int REAL(renameat)(int from_fd, const char *from, int to_fd, const char *to);
int
WRAP(renameat)(int from_fd, const char *from, int to_fd, const char *to)
{
	if (file_of(from_fd) == NULL)
		return REAL(renameat)(from_fd, from, to_fd, to);
	enter("rename");
	ASSERT(file_of(from_fd)->inode == file_of(to_fd)->inode);
	return fail(disk_rename(&kernel.disk, file_of(from_fd)->inode, from, to));
}

int WRAP(
    renameat2)(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int REAL(
    renameat2)(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int
WRAP(renameat2)(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	if (file_of(from_fd) == NULL)
		return REAL(renameat2)(from_fd, from, to_fd, to, flags);
	ASSERT(flags == RENAME_NOREPLACE && file_of(to_fd) != NULL);
	if (disk_name(file_of(to_fd)->inode, to) != NULL)
		return fail(EEXIST);
	return WRAP(renameat)(from_fd, from, to_fd, to);
}

/* This disk has no second names, as some have none. */
int WRAP(linkat)(int from_fd, const char *from, int to_fd, const char *to, int flags);
int REAL(linkat)(int from_fd, const char *from, int to_fd, const char *to, int flags);
int
WRAP(linkat)(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	if (file_of(from_fd) == NULL)
		return REAL(linkat)(from_fd, from, to_fd, to, flags);
	return fail(EPERM);
}

int WRAP(unlinkat)(int dir_fd, const char *path, int flags);
int REAL(unlinkat)(int dir_fd, const char *path, int flags);
int
WRAP(unlinkat)(int dir_fd, const char *path, int flags)
{
	if (file_of(dir_fd) == NULL)
		return REAL(unlinkat)(dir_fd, path, flags);
	enter("unlink");
	struct inode *folder = file_of(dir_fd)->inode;
	const struct inode *inode = disk_name(folder, path);
	if (inode == NULL)
		return fail(ENOENT);
	if (inode->folder != ((flags & AT_REMOVEDIR) != 0))
		return fail(inode->folder ? EISDIR : ENOTDIR);
	return fail(disk_unlink(&kernel.disk, folder, path));
}

int WRAP(faccessat)(int dir_fd, const char *path, int mode, int flags);
int REAL(faccessat)(int dir_fd, const char *path, int mode, int flags);
int
WRAP(faccessat)(int dir_fd, const char *path, int mode, int flags)
{
	if (file_of(dir_fd) == NULL)
		return REAL(faccessat)(dir_fd, path, mode, flags);
	return fail(inode_at(dir_fd, path) != NULL ? 0 : ENOENT);
}

DIR *WRAP(fdopendir)(int fd);
DIR *REAL(fdopendir)(int fd);
DIR *
WRAP(fdopendir)(int fd)
{
	const struct open_file *file = file_of(fd);
	if (file == NULL)
		return REAL(fdopendir)(fd);
	const struct folder_names *names = &file->inode->names;
	struct reading *reading = calloc(1, sizeof(*reading));
	ASSERT(reading != NULL);
	reading->fd = fd;
	reading->n = names->n;
	reading->names = calloc(names->n + 1, sizeof(*reading->names));
	ASSERT(reading->names != NULL);
	if (names->n > 0)
		memcpy(reading->names, names->item, names->n * sizeof(*names->item));
	reading->next = readings;
	readings = reading;
	return (DIR *)reading;
}

static struct reading *
reading_of(DIR *dir)
{
	for (struct reading *it = readings; it != NULL; it = it->next) {
		if (it == (struct reading *)dir)
			return it;
	}
	return NULL;
}

struct dirent64 *WRAP(readdir64)(DIR *dir);
struct dirent64 *REAL(readdir64)(DIR *dir);
struct dirent64 *
WRAP(readdir64)(DIR *dir)
{
	struct reading *reading = reading_of(dir);
	if (reading == NULL)
		return REAL(readdir64)(dir);
	if (reading->at == reading->n)
		return NULL;
	(void)snprintf(reading->entry.d_name, sizeof(reading->entry.d_name), "%s",
	    reading->names[reading->at++].name);
	return &reading->entry;
}

int WRAP(closedir)(DIR *dir);
int REAL(closedir)(DIR *dir);
int
WRAP(closedir)(DIR *dir)
{
	struct reading *reading = reading_of(dir);
	if (reading == NULL)
		return REAL(closedir)(dir);
	for (struct reading **it = &readings; *it != NULL; it = &(*it)->next) {
		if (*it == reading) {
			*it = reading->next;
			break;
		}
	}
	(void)WRAP(close)(reading->fd);
	free(reading->names);
	free(reading);
	return 0;
}

/* What gcc makes of realpath() where it knows the size. */
char *WRAP(__realpath_chk)(const char *path, char *ret, size_t size);
char *REAL(__realpath_chk)(const char *path, char *ret, size_t size);
char *
WRAP(__realpath_chk)(const char *path, char *ret, size_t size)
{
	if (!ours(path))
		return REAL(__realpath_chk)(path, ret, size);
	(void)snprintf(ret, size, "%s", path);
	return ret;
}

char *WRAP(realpath)(const char *path, char *ret);
char *REAL(realpath)(const char *path, char *ret);
char *
WRAP(realpath)(const char *path, char *ret)
{
	return ours(path) ? WRAP(__realpath_chk)(path, ret, PATH_MAX)
	                  : REAL(realpath)(path, ret);
}

/* ---- memfds ---- */

int WRAP(memfd_create)(const char *name, unsigned flags);
int REAL(memfd_create)(const char *name, unsigned flags);
int
WRAP(memfd_create)(const char *name, unsigned flags)
{
	(void)name;
	(void)flags;
	struct inode *inode = inode_new(&kernel.disk, false);
	inode->in_memory = inode->unlinked = true;
	return fd_new(inode_open(inode));
}

int WRAP(fcntl64)(int fd, int what, ...);
int REAL(fcntl64)(int fd, int what, ...);
int
WRAP(fcntl64)(int fd, int what, ...)
{
	va_list args;
	va_start(args, what);
	unsigned long value = va_arg(args, unsigned long);
	va_end(args);
	return file_of(fd) == NULL ? REAL(fcntl64)(fd, what, value) : 0;
}

/* ---- sockets ---- */

static struct socket_end *
end_new(void)
{
	struct socket_end *end = calloc(1, sizeof(*end));
	ASSERT(end != NULL);
	end->last = &end->first;
	end->file = file_new(FILE_SOCKET);
	end->file->end = end;
	return end;
}

int WRAP(socketpair)(int domain, int type, int protocol, int ret[2]);
int
WRAP(socketpair)(int domain, int type, int protocol, int ret[2])
{
	(void)domain;
	(void)type;
	(void)protocol;
	struct socket_end *a = end_new(), *b = end_new();
	a->other = b;
	b->other = a;
	ret[0] = fd_new(a->file);
	ret[1] = fd_new(b->file);
	return 0;
}

int WRAP(setsockopt)(int fd, int level, int name, const void *value, socklen_t n);
int REAL(setsockopt)(int fd, int level, int name, const void *value, socklen_t n);
int
WRAP(setsockopt)(int fd, int level, int name, const void *value, socklen_t n)
{
	return file_of(fd) == NULL ? REAL(setsockopt)(fd, level, name, value, n) : 0;
}

static ssize_t
send_bytes(struct socket_end *end, const void *bytes, size_t n, struct open_file *file)
{
	struct socket_end *other = end->other;
	if (other == NULL || end->shut) {
		errno = EPIPE;
		return -1;
	}
	if (file == NULL && other->waiting >= SOCKET_BYTES) {
		errno = EAGAIN;
		return -1;
	}
	if (file == NULL && n > SOCKET_BYTES - other->waiting)
		n = SOCKET_BYTES - other->waiting;
	struct chunk *chunk = malloc(sizeof(*chunk) + n);
	ASSERT(chunk != NULL);
	*chunk = (struct chunk){ .file = file, .n = n };
	memcpy(chunk->bytes, bytes, n);
	if (other->first == NULL)
		other->last = &other->first;
	*other->last = chunk;
	other->last = &chunk->next;
	other->waiting += n;
	return (ssize_t)n;
}

ssize_t WRAP(send)(int fd, const void *bytes, size_t n, int flags);
ssize_t REAL(send)(int fd, const void *bytes, size_t n, int flags);
ssize_t
WRAP(send)(int fd, const void *bytes, size_t n, int flags)
{
	struct open_file *file = file_of(fd);
	if (file == NULL)
		return REAL(send)(fd, bytes, n, flags);
	enter("send");
	return send_bytes(file->end, bytes, n, NULL);
}

ssize_t WRAP(sendmsg)(int fd, const struct msghdr *msg, int flags);
ssize_t REAL(sendmsg)(int fd, const struct msghdr *msg, int flags);
ssize_t
WRAP(sendmsg)(int fd, const struct msghdr *msg, int flags)
{
	struct open_file *file = file_of(fd), *beside = NULL;
	if (file == NULL)
		return REAL(sendmsg)(fd, msg, flags);
	enter("sendmsg");
	if (msg->msg_control != NULL) {
		struct msghdr copy = *msg;
		int sent;
		memcpy(&sent, CMSG_DATA(CMSG_FIRSTHDR(&copy)), sizeof(sent));
		beside = kernel_inherit(sent);
	}
	ssize_t n =
	    send_bytes(file->end, msg->msg_iov->iov_base, msg->msg_iov->iov_len, beside);
	if (n < 0 && beside != NULL)
		kernel_drop(beside);
	return n;
}

static void
receive_file(struct msghdr *msg, struct open_file *file)
{
	int fd = fd_new(file);
	kernel_drop(file); /* its place is the descriptor's now */
	struct cmsghdr *head = msg->msg_control;
	*head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	msg->msg_controllen = CMSG_SPACE(sizeof(int));
}

/* As much as waits, until the next chunk that has a descriptor beside it. */
static ssize_t
receive(struct socket_end *end, struct msghdr *msg)
{
	char *to = msg->msg_iov->iov_base;
	size_t room = msg->msg_iov->iov_len, n = 0;
	size_t control = msg->msg_controllen;
	msg->msg_controllen = 0;
	while (end->first != NULL && n < room) {
		struct chunk *chunk = end->first;
		if (chunk->file != NULL && n > 0)
			break;
		if (chunk->file != NULL) {
			ASSERT(control >= CMSG_SPACE(sizeof(int)));
			receive_file(msg, chunk->file);
			chunk->file = NULL;
		}
		size_t part = chunk->n - chunk->taken;
		if (part > room - n)
			part = room - n;
		memcpy(to + n, chunk->bytes + chunk->taken, part);
		n += part;
		chunk->taken += part;
		if (chunk->taken < chunk->n)
			break;
		end->first = chunk->next;
		free(chunk);
	}
	end->waiting -= n;
	return (ssize_t)n;
}

ssize_t WRAP(recvmsg)(int fd, struct msghdr *msg, int flags);
ssize_t REAL(recvmsg)(int fd, struct msghdr *msg, int flags);
ssize_t
WRAP(recvmsg)(int fd, struct msghdr *msg, int flags)
{
	struct open_file *file = file_of(fd);
	if (file == NULL)
		return REAL(recvmsg)(fd, msg, flags);
	enter("recvmsg");
	struct socket_end *end = file->end;
	if (end->first == NULL && (end->other == NULL || end->shut))
		return 0;
	if (end->first == NULL) {
		errno = EAGAIN;
		return -1;
	}
	return receive(end, msg);
}

int WRAP(shutdown)(int fd, int how);
int REAL(shutdown)(int fd, int how);
int
WRAP(shutdown)(int fd, int how)
{
	struct open_file *file = file_of(fd);
	if (file == NULL)
		return REAL(shutdown)(fd, how);
	file->end->shut = true;
	if (file->end->other != NULL)
		file->end->other->shut = true;
	return 0;
}
