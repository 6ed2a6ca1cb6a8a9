#include "sim/vfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel.h"

#define REGIONS_MAX 512

/* Of one database: what SQLite's connections share. */
struct shared {
	void *region[REGIONS_MAX];
	int region_bytes;
	unsigned slot_shared[SQLITE_SHM_NLOCK];
	const void *slot_owner[SQLITE_SHM_NLOCK];
	/* The file's own locks. */
	unsigned readers;
	const void *reserved, *pending, *exclusive;
};

struct file {
	sqlite3_file base;
	struct inode *inode;
	struct inode *sync_folder; /* at its first sync: its name must last too */
	int lock;
	unsigned shared_mask, exclusive_mask;
	bool delete_on_close, read_only;
	char path[256];
};

static void
enter(const char *call)
{
	if (kernel.now != NULL && kernel.enter != NULL)
		kernel.enter(call);
}

static struct shared *
shared_of(struct inode *inode)
{
	if (inode->shared_memory == NULL)
		inode->shared_memory = calloc(1, sizeof(struct shared));
	ASSERT(inode->shared_memory != NULL);
	return inode->shared_memory;
}

static void
shared_free(struct inode *inode)
{
	struct shared *shared = inode->shared_memory;
	if (shared == NULL)
		return;
	for (size_t i = 0; i < REGIONS_MAX; i++)
		free(shared->region[i]);
	free(shared);
	inode->shared_memory = NULL;
}

void
vfs_forget(const struct disk *disk)
{
	for (struct inode *inode = disk->all; inode != NULL; inode = inode->next)
		shared_free(inode);
}

static int
failed(int error, int otherwise)
{
	errno = error;
	return error == ENOSPC ? SQLITE_FULL : otherwise;
}

/* ---- bytes ---- */

static int
vfs_close(sqlite3_file *base)
{
	struct file *f = (struct file *)base;
	if (f->inode->opens > 0 && --f->inode->opens == 0)
		inode_closed(f->inode);
	return SQLITE_OK;
}

static int
vfs_read(sqlite3_file *base, void *ret, int n, sqlite3_int64 at)
{
	const struct file *f = (struct file *)base;
	size_t got = disk_read(f->inode, (uint64_t)at, ret, (size_t)n);
	if (got == (size_t)n)
		return SQLITE_OK;
	memset((char *)ret + got, 0, (size_t)n - got);
	return SQLITE_IOERR_SHORT_READ;
}

static int
vfs_write(sqlite3_file *base, const void *bytes, int n, sqlite3_int64 at)
{
	struct file *f = (struct file *)base;
	enter("vfs-write");
	for (size_t done = 0; done < (size_t)n;) {
		size_t part = 0;
		int error = disk_write(&kernel.disk, f->inode, (uint64_t)at + done,
		    (const char *)bytes + done, (size_t)n - done, &part);
		if (error != 0)
			return failed(error, SQLITE_IOERR_WRITE);
		if (part == 0)
			return failed(ENOSPC, SQLITE_FULL);
		done += part;
	}
	return SQLITE_OK;
}

static int
vfs_truncate(sqlite3_file *base, sqlite3_int64 n)
{
	struct file *f = (struct file *)base;
	enter("vfs-truncate");
	int error = disk_truncate(&kernel.disk, f->inode, (uint64_t)n);
	return error != 0 ? failed(error, SQLITE_IOERR_TRUNCATE) : SQLITE_OK;
}

static int
vfs_sync(sqlite3_file *base, int flags)
{
	struct file *f = (struct file *)base;
	(void)flags;
	enter("vfs-sync");
	if (kernel.syncs != NULL)
		kernel.syncs();
	int error = disk_sync(&kernel.disk, f->inode);
	if (error == 0 && f->sync_folder != NULL) {
		error = disk_sync(&kernel.disk, f->sync_folder);
		f->sync_folder = NULL;
	}
	return error != 0 ? failed(error, SQLITE_IOERR_FSYNC) : SQLITE_OK;
}

static int
vfs_size(sqlite3_file *base, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)((struct file *)base)->inode->now.n;
	return SQLITE_OK;
}

/* ---- locks ---- */

static int
vfs_lock(sqlite3_file *base, int lock)
{
	struct file *f = (struct file *)base;
	struct shared *s = shared_of(f->inode);
	if (f->lock >= lock)
		return SQLITE_OK;
	bool others = (s->exclusive != NULL && s->exclusive != f) ||
	              (s->pending != NULL && s->pending != f);
	if (lock == SQLITE_LOCK_SHARED && others)
		return SQLITE_BUSY;
	if (lock == SQLITE_LOCK_SHARED)
		s->readers++;
	if (lock == SQLITE_LOCK_RESERVED && s->reserved != NULL && s->reserved != f)
		return SQLITE_BUSY;
	if (lock == SQLITE_LOCK_RESERVED)
		s->reserved = f;
	if (lock == SQLITE_LOCK_EXCLUSIVE) {
		if (others)
			return SQLITE_BUSY;
		s->pending = f;
		if (s->readers > 1)
			return SQLITE_BUSY;
		s->exclusive = f;
	}
	f->lock = lock;
	return SQLITE_OK;
}

static int
vfs_unlock(sqlite3_file *base, int lock)
{
	struct file *f = (struct file *)base;
	struct shared *s = shared_of(f->inode);
	if (f->lock <= lock)
		return SQLITE_OK;
	s->exclusive = s->exclusive == f ? NULL : s->exclusive;
	s->pending = s->pending == f ? NULL : s->pending;
	s->reserved = s->reserved == f ? NULL : s->reserved;
	if (lock == SQLITE_LOCK_NONE && s->readers > 0)
		s->readers--;
	f->lock = lock;
	return SQLITE_OK;
}

static int
vfs_reserved(sqlite3_file *base, int *ret)
{
	*ret = shared_of(((struct file *)base)->inode)->reserved != NULL;
	return SQLITE_OK;
}

static int
vfs_control(sqlite3_file *base, int what, void *argument)
{
	(void)base;
	(void)what;
	(void)argument;
	return SQLITE_NOTFOUND;
}

static int
vfs_sector(sqlite3_file *base)
{
	(void)base;
	return 4096;
}

static int
vfs_device(sqlite3_file *base)
{
	(void)base;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as SQLite has it for Linux */
}

/* ---- shared memory ---- */

static int
vfs_map(sqlite3_file *base, int i, int bytes, int extend, void volatile **ret)
{
	const struct file *f = (struct file *)base;
	struct shared *s = shared_of(f->inode);
	ASSERT(i < REGIONS_MAX);
	/* Its file cannot be made, or not be written to: each makes one of its own. */
	if (f->read_only && s->region[i] == NULL)
		return SQLITE_READONLY_CANTINIT;
	if (s->region[i] == NULL && extend != 0) {
		s->region[i] = calloc(1, (size_t)bytes);
		ASSERT(s->region[i] != NULL);
	}
	*ret = s->region[i];
	return SQLITE_OK;
}

static bool
slot_free(const struct shared *s, const struct file *f, int i, bool shared)
{
	if (s->slot_owner[i] != NULL && s->slot_owner[i] != f)
		return false;
	unsigned own = (f->shared_mask >> i) & 1u;
	return shared || s->slot_shared[i] == own;
}

static void
slot_release(struct shared *s, struct file *f, int i)
{
	unsigned bit = 1u << i;
	if ((f->shared_mask & bit) != 0 && s->slot_shared[i] > 0)
		s->slot_shared[i]--;
	if ((f->exclusive_mask & bit) != 0)
		s->slot_owner[i] = NULL;
	f->shared_mask &= ~bit;
	f->exclusive_mask &= ~bit;
}

static int
vfs_slots(sqlite3_file *base, int from, int n, int flags)
{
	struct file *f = (struct file *)base;
	struct shared *s = shared_of(f->inode);
	bool shared = (flags & SQLITE_SHM_SHARED) != 0;
	for (int i = from; (flags & SQLITE_SHM_LOCK) != 0 && i < from + n; i++) {
		if (!slot_free(s, f, i, shared))
			return SQLITE_BUSY;
	}
	for (int i = from; i < from + n; i++) {
		unsigned bit = 1u << i;
		if ((flags & SQLITE_SHM_LOCK) == 0) {
			slot_release(s, f, i);
		} else if (!shared) {
			s->slot_owner[i] = f;
			f->exclusive_mask |= bit;
		} else if ((f->shared_mask & bit) == 0) {
			s->slot_shared[i]++;
			f->shared_mask |= bit;
		}
	}
	return SQLITE_OK;
}

static void
vfs_barrier(sqlite3_file *base)
{
	(void)base;
}

static int
vfs_unmap(sqlite3_file *base, int delete)
{
	struct file *f = (struct file *)base;
	struct shared *s = shared_of(f->inode);
	for (int i = 0; i < SQLITE_SHM_NLOCK; i++)
		slot_release(s, f, i);
	for (size_t i = 0; delete != 0 && i < REGIONS_MAX; i++) {
		free(s->region[i]);
		s->region[i] = NULL;
	}
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = vfs_close,
	.xRead = vfs_read,
	.xWrite = vfs_write,
	.xTruncate = vfs_truncate,
	.xSync = vfs_sync,
	.xFileSize = vfs_size,
	.xLock = vfs_lock,
	.xUnlock = vfs_unlock,
	.xCheckReservedLock = vfs_reserved,
	.xFileControl = vfs_control,
	.xSectorSize = vfs_sector,
	.xDeviceCharacteristics = vfs_device,
	.xShmMap = vfs_map,
	.xShmLock = vfs_slots,
	.xShmBarrier = vfs_barrier,
	.xShmUnmap = vfs_unmap,
};

/* ---- the file system ---- */

static int
vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *ret_flags)
{
	struct file *f = (struct file *)base;
	const char *name;
	(void)vfs;
	memset(f, 0, sizeof(*f));
	enter("vfs-open");
	ASSERT(path != NULL);
	struct inode *inode = disk_find(&kernel.disk, path);
	struct inode *folder = disk_folder_of(&kernel.disk, path, &name);
	if (folder == NULL || (inode == NULL && (flags & SQLITE_OPEN_CREATE) == 0))
		return failed(ENOENT, SQLITE_CANTOPEN);
	if (inode == NULL) {
		inode = inode_new(&kernel.disk, false);
		int error = disk_link(&kernel.disk, folder, name, inode);
		if (error != 0)
			return failed(error, SQLITE_CANTOPEN);
		if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
			f->sync_folder = folder;
	}
	inode->opens++;
	f->inode = inode;
	(void)snprintf(f->path, sizeof(f->path), "%s", path);
	f->base.pMethods = &methods;
	if ((flags & SQLITE_OPEN_READWRITE) != 0 && disk_read_only(&kernel.disk))
		flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) |
		        SQLITE_OPEN_READONLY;
	f->read_only = (flags & SQLITE_OPEN_READONLY) != 0 && disk_read_only(&kernel.disk);
	if (ret_flags != NULL)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	const char *name;
	(void)vfs;
	enter("vfs-delete");
	struct inode *folder = disk_folder_of(&kernel.disk, path, &name);
	int error = folder == NULL ? ENOENT : disk_unlink(&kernel.disk, folder, name);
	if (error == 0 && sync != 0)
		error = disk_sync(&kernel.disk, folder);
	if (error == ENOENT)
		return SQLITE_IOERR_DELETE_NOENT;
	return error != 0 ? failed(error, SQLITE_IOERR_DELETE) : SQLITE_OK;
}

static int
vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
	(void)vfs;
	const struct inode *inode = disk_find(&kernel.disk, path);
	*ret = inode != NULL && (flags != SQLITE_ACCESS_EXISTS || inode->now.n > 0);
	return SQLITE_OK;
}

static int
vfs_path(sqlite3_vfs *vfs, const char *path, int n, char *ret)
{
	(void)vfs;
	(void)snprintf(ret, (size_t)n, "%s", path);
	return SQLITE_OK;
}

static int
vfs_random(sqlite3_vfs *vfs, int n, char *ret)
{
	(void)vfs;
	for (int i = 0; i < n; i++)
		ret[i] = (char)(kernel.random != NULL ? kernel.random() : 7);
	return n;
}

static int
vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	if (kernel.sleeps != NULL)
		kernel.sleeps((msec)us / 1000);
	return us;
}

static int
vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
	(void)vfs;
	/* Milliseconds of the Julian day. */
	*ret = INT64_C(210866760000000) +
	       (sqlite3_int64)(kernel.wall != NULL ? kernel.wall() : 0);
	return SQLITE_OK;
}

static int
vfs_last_error(sqlite3_vfs *vfs, int n, char *ret)
{
	(void)vfs;
	(void)n;
	(void)ret;
	return errno;
}

void
vfs_register(void)
{
	static sqlite3_vfs vfs = {
		.iVersion = 2,
		.szOsFile = sizeof(struct file),
		.mxPathname = 255,
		.zName = "sim",
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_path,
		.xRandomness = vfs_random,
		.xSleep = vfs_sleep,
		.xGetLastError = vfs_last_error,
		.xCurrentTimeInt64 = vfs_time,
	};
	ASSERT(sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK);
	ASSERT(sqlite3_initialize() == SQLITE_OK);
	ASSERT(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}
