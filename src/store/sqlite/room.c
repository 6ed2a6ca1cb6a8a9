#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "os/fd.h"

/*
 * A full disk. STATE/reserve holds bytes that nobody else can take while there is room.
 * When a commit finds none, the engine takes nothing more in, gives the reserve up and
 * commits the page to the people on duty into the space that came free. From time to time
 * it asks whether there is room: that is found out by writing, and with some distance, so
 * that the answer does not flip with each commit; then it takes the reserve back.
 */
#define RESERVE_BYTES ((size_t)1 << 20)
#define ROOM_BYTES ((size_t)4 << 20)
/* Below this, a failure to write is taken for a full disk. */
#define FULL_BYTES ((uint64_t)256 << 10)

bool
sqlite_disk_full(int folder_fd)
{
	struct statvfs vfs;
	return fstatvfs(folder_fd, &vfs) == 0 &&
	       (uint64_t)vfs.f_bavail * vfs.f_frsize < FULL_BYTES;
}

static enum err_kind
write_error(const struct sqlite_store *s)
{
	bool full = errno == ENOSPC || errno == EDQUOT || sqlite_disk_full(s->state_fd);
	return full ? ERR_NO_SPACE : ERR_IO;
}

/* Writes `bytes` that do not compress and syncs them: allocation alone would be a promise
 * that some file systems do not keep. */
static bool
fill(int fd, size_t bytes)
{
	char block[8192];
	uint64_t word = UINT64_C(0x9e3779b97f4a7c15);
	for (size_t i = 0; i < sizeof(block); i += sizeof(word)) {
		word ^= word << 13;
		word ^= word >> 7;
		word ^= word << 17;
		memcpy(block + i, &word, sizeof(word));
	}
	for (size_t done = 0; done < bytes;) {
		size_t left = bytes - done;
		ssize_t n = pwrite(fd, block, left < sizeof(block) ? left : sizeof(block),
		    (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return fdatasync(fd) == 0;
}

/* Opened as it stands at its full size; -1 otherwise. */
static int
reserve_find(const struct sqlite_store *s)
{
	int fd = openat(s->state_fd, "reserve", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size == (off_t)RESERVE_BYTES)
		return fd;
	fd_close(&fd);
	return -1;
}

void
sqlite_reserve_open(struct sqlite_store *s)
{
	(void)unlinkat(s->state_fd, "room", 0); /* of a process that died asking */
	AUTO_CLOSE int fd = reserve_find(s);
	s->reserved = fd >= 0;
}

bool
sqlite_reserve(struct store *store, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	if (s->reserved)
		return true;
	AUTO_CLOSE int fd =
	    openat(s->state_fd, "reserve", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	s->reserved = fd >= 0 && fill(fd, RESERVE_BYTES);
	if (s->reserved)
		return true;
	(void)err_sys(err, write_error(s), "take the reserve of '%s'", s->path);
	(void)unlinkat(s->state_fd, "reserve", 0);
	return false;
}

bool
sqlite_reserve_release(struct store *store, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	if (!s->reserved)
		return err_set(err, ERR_NO_SPACE, "the reserve of '%s' is used up",
		    s->path);
	s->reserved = false;
	AUTO_CLOSE int fd = reserve_find(s);
	if (fd < 0 || ftruncate(fd, 0) != 0 || fsync(fd) != 0)
		return err_sys(err, ERR_IO, "give up the reserve of '%s'", s->path);
	return true;
}

/* Of a file system that was read-only: found out by writing, too. */
bool
sqlite_writes_again(struct store *store)
{
	struct sqlite_store *s = sqlite_of(store);
	AUTO_CLOSE int fd = openat(s->state_fd, "room",
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool again = fd >= 0 && write(fd, "", 1) == 1 && fsync(fd) == 0;
	(void)unlinkat(s->state_fd, "room", 0);
	return again;
}

static bool
room_for(const struct sqlite_store *s, size_t bytes, struct err *err)
{
	AUTO_CLOSE int fd = openat(s->state_fd, "room",
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && fill(fd, bytes);
	if (!ok)
		(void)err_sys(err, write_error(s), "write beside '%s'", s->path);
	(void)unlinkat(s->state_fd, "room", 0);
	return ok;
}

bool
sqlite_has_room(struct store *store, struct err *err)
{
	struct sqlite_store *s = sqlite_of(store);
	if (!room_for(s, ROOM_BYTES, err) || !sqlite_begin(s, err))
		return false;
	/* The same value once more: a page through the log all the same. */
	bool ok = sqlite_as_of_put(s, s->base.head.alerts_as_of, err);
	return sqlite_end(s, ok, err);
}
