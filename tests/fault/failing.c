/*
 * failing -- preloaded into the real program: each place from which it, or a library of its,
 * takes memory or calls the kernel fails once, and once with each error it may meet.
 *
 * A place is the function and the four returns above it, so that one malloc() of SQLite is
 * as many places as there are ways to it. All processes of a test share a table of them: a
 * file mapped before a role confines itself, named by LD_FAILING (variables that begin with
 * LD_ reach every role). Between two failures lie `apart_ms`, so that a role comes to its
 * work; a place that was passed meanwhile fails when it is passed again. Or one place alone
 * fails, named by the test (`only`). Or the disk does, for all of the store (`broken`), or is
 * slow (`slow_ms`).
 *
 * Of a shim there is no word of it: its stderr is that of its command, which is not preloaded.
 *
 * What is written there by the test: struct head. What it reads: struct place
 * (tests/fault/test_failing.py has the same layout).
 */
/* Each name is itself here: no open64 for open, no checked read for read. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#define PLACES 16384u /* a power of two */
#define FRAMES 4u
#define SHIM 16u   /* a role */
#define SHORT (-1) /* less than what was asked for, and no error */
#define ERRORS_MAX 4u

enum { MEMORY = 1, CALLS = 2 };
enum { OPENS_FAIL = 1, READS_FAIL = 2, WRITES_FAIL = 4, FOLDER_FAILS = 8 };
#define BROKEN_NAME "firstline.db" /* its log, too */
#define BROKEN_FOLDER "/state"     /* and what it holds, by its path */
#define BROKEN_FDS 1024

struct head {
	_Atomic uint32_t on; /* MEMORY | CALLS: these fail */
	uint32_t apart_ms;   /* between two failures */
	uint32_t each;       /* of the errors of a place so many are tried */
	uint32_t roles;      /* bits: 1 supervisor, 2 gate, 4 engine, 8 hands, 16 shim */
	_Atomic uint64_t last_ms;
	_Atomic uint32_t failures;
	uint32_t only;            /* the number of a place, from 1; 0: each */
	_Atomic uint32_t broken;  /* OPENS_FAIL, READS_FAIL, ...: with EIO, always */
	_Atomic uint32_t slow_ms; /* each sync of the store takes so much longer */
};

struct place {
	_Atomic uint64_t key;
	_Atomic uint32_t passed;
	_Atomic uint32_t failed;
	uint32_t kind; /* MEMORY or CALLS */
	uint32_t role;
	uint32_t errors; /* it may meet so many */
	int32_t last;    /* the error it met last */
	char name[24];
	char module[FRAMES][24];
	uint64_t at[FRAMES]; /* within its module */
};

struct table {
	struct head head;
	struct place place[PLACES];
};

static struct table *table;
static uint32_t role;
static uintptr_t own;
static __thread bool inside __attribute__((tls_model("initial-exec")));
static _Atomic bool of_store[BROKEN_FDS]; /* descriptors of it */

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);

static uint32_t
role_of_this(void)
{
	char line[4096] = { 0 };
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);
	if (fd >= 0)
		(void)close(fd);
	if (n > 0 && strcmp(line, "firstline-shim") == 0)
		return SHIM;
	const char *word = line + strlen(line) + 1;
	if (n <= 0 || word >= line + n)
		return 0;
	if (strcmp(word, "serve") == 0)
		return 1;
	if (strcmp(word, "role") != 0)
		return 0;
	word += strlen(word) + 1;
	return strcmp(word, "gate") == 0     ? 2
	       : strcmp(word, "engine") == 0 ? 4
	       : strcmp(word, "hands") == 0  ? 8
	                                     : 0;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("LD_FAILING");
	struct dl_find_object found;
	if (path == NULL || _dl_find_object((void *)&table, &found) != 0)
		return;
	own = (uintptr_t)found.dlfo_map_start;
	inside = true;
	role = role_of_this();
	int fd = role == 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *memory = fd < 0 ? MAP_FAILED
	                      : mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE,
				    MAP_SHARED, fd, 0);
	if (fd >= 0)
		(void)close(fd);
	if (memory != MAP_FAILED)
		table = memory;
	inside = false;
}

/* ---- where are we? ---- */

struct walk {
	unsigned n;
	uint64_t key;
	uint64_t at[FRAMES];
	const struct link_map *module[FRAMES];
};

static _Unwind_Reason_Code
on_frame(struct _Unwind_Context *context, void *arg)
{
	struct walk *w = arg;
	uintptr_t pc = (uintptr_t)_Unwind_GetIP(context);
	struct dl_find_object found;
	if (pc == 0 || _dl_find_object((void *)pc, &found) != 0)
		return _URC_END_OF_STACK;
	if ((uintptr_t)found.dlfo_map_start == own)
		return _URC_NO_REASON;
	uint64_t at = pc - (uintptr_t)found.dlfo_map_start;
	uint64_t size = (uintptr_t)found.dlfo_map_end - (uintptr_t)found.dlfo_map_start;
	w->at[w->n] = at;
	w->module[w->n] = found.dlfo_link_map;
	w->key = (w->key ^ at ^ size << 32) * UINT64_C(0x9E3779B97F4A7C15);
	w->key ^= w->key >> 29;
	return ++w->n == FRAMES ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static void
copy(char *to, size_t size, const char *from)
{
	const char *slash = strrchr(from, '/');
	from = slash != NULL ? slash + 1 : from;
	size_t n = strlen(from);
	n = n < size - 1 ? n : size - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static struct place *
find(const char *name, uint32_t kind, uint32_t errors)
{
	struct walk w = { .key = role };
	for (const char *c = name; *c != '\0'; c++)
		w.key = (w.key ^ (unsigned char)*c) * UINT64_C(0x100000001B3);
	(void)_Unwind_Backtrace(on_frame, &w);
	w.key |= 1;
	for (uint32_t i = 0; i < PLACES; i++) {
		struct place *p = &table->place[(w.key + i) & (PLACES - 1)];
		uint64_t key = 0;
		if (atomic_compare_exchange_strong(&p->key, &key, w.key)) {
			p->kind = kind;
			p->role = role;
			p->errors = errors;
			copy(p->name, sizeof(p->name), name);
			for (unsigned f = 0; f < w.n; f++) {
				copy(p->module[f], sizeof(p->module[f]),
				    w.module[f]->l_name);
				p->at[f] = w.at[f];
			}
			return p;
		}
		if (key == w.key)
			return p;
	}
	return NULL;
}

static uint64_t
now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A line in the server's log: what ends after it did so by this. */
static void
tell(const struct place *p)
{
	char line[320];
	if (role == SHIM)
		return;
	int n = snprintf(line, sizeof(line), "failing: %s, error %d, at", p->name, p->last);
	for (unsigned i = 0; i < FRAMES && p->at[i] != 0; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %s+%#llx", p->module[i],
		    (unsigned long long)p->at[i]);
	line[n] = '\n';
	(void)syscall(SYS_write, 2, line, (size_t)n + 1);
}

/* 0, or the error with which this call fails now. */
static int
fails(const char *name, uint32_t kind, const int errors[static ERRORS_MAX])
{
	if (table == NULL || inside || (table->head.roles & role) == 0)
		return 0;
	inside = true;
	int saved = errno;
	int error = 0;
	uint32_t n = 0;
	while (n < ERRORS_MAX && errors[n] != 0)
		n++;
	struct place *p = find(name, kind, n);
	if (p != NULL) {
		atomic_fetch_add(&p->passed, 1);
		uint32_t turn = atomic_load(&p->failed);
		uint32_t each = table->head.each < n ? table->head.each : n;
		uint64_t last = atomic_load(&table->head.last_ms);
		uint64_t now = now_ms();
		/* Which of its errors comes first differs from place to place. */
		uint32_t only = table->head.only;
		bool wanted = only == 0 || p == &table->place[only - 1];
		if ((atomic_load(&table->head.on) & kind) != 0 && wanted && turn < each &&
		    now >= last + table->head.apart_ms &&
		    atomic_compare_exchange_strong(&table->head.last_ms, &last, now)) {
			atomic_fetch_add(&p->failed, 1);
			atomic_fetch_add(&table->head.failures, 1);
			error = errors[(turn + (uint32_t)(p->key >> 8)) % n];
			p->last = error;
			tell(p);
		}
	}
	errno = saved;
	inside = false;
	return error;
}

/* ---- a disk that fails ---- */

static bool
is_broken(uint32_t how)
{
	if (table == NULL || (atomic_load(&table->head.broken) & how) == 0)
		return false;
	errno = EIO;
	return true;
}

static bool
is_broken_fd(int fd, uint32_t how)
{
	return fd >= 0 && fd < BROKEN_FDS && atomic_load(&of_store[fd]) && is_broken(how);
}

static bool
is_broken_path(const char *path)
{
	return (strstr(path, BROKEN_NAME) != NULL && is_broken(OPENS_FAIL)) ||
	       (strstr(path, BROKEN_FOLDER) != NULL && is_broken(FOLDER_FAILS));
}

static int
note_opened(const char *path, int fd)
{
	if (fd >= 0 && fd < BROKEN_FDS)
		atomic_store(&of_store[fd], strstr(path, BROKEN_NAME) != NULL);
	return fd;
}

/* ---- memory ---- */

static const int no_memory[ERRORS_MAX] = { ENOMEM };

static bool
no_more(const char *name)
{
	int error = fails(name, MEMORY, no_memory);
	if (error != 0)
		errno = error;
	return error != 0;
}

void *
malloc(size_t n)
{
	return no_more("malloc") ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return no_more("calloc") ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return n > 0 && no_more("realloc") ? NULL : __libc_realloc(p, n);
}

int
posix_memalign(void **ret, size_t align, size_t n)
{
	if (no_more("posix_memalign"))
		return ENOMEM;
	void *p = __libc_memalign(align, n);
	if (p == NULL)
		return ENOMEM;
	*ret = p;
	return 0;
}

/* ---- the kernel ---- */

#define REAL(name)                     \
	static __typeof__(&name) real; \
	if (real == NULL)              \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

/* Fails with one of the errors, or is the real one. */
#define CALL(type, name, params, args, ...)                            \
	type name params                                               \
	{                                                              \
		REAL(name);                                            \
		static const int errors[ERRORS_MAX] = { __VA_ARGS__ }; \
		int error = fails(#name, CALLS, errors);               \
		if (error != 0)                                        \
			return errno = error, (type)-1;                \
		return real args;                                      \
	}

/* The same of what moves bytes: half of them, too. */
#define MOVES(name, params, args, half, ...)                                  \
	ssize_t name params                                                   \
	{                                                                     \
		REAL(name);                                                   \
		static const int errors[ERRORS_MAX] = { SHORT, __VA_ARGS__ }; \
		int error = fails(#name, CALLS, errors);                      \
		if (error == SHORT && n > 1)                                  \
			n = n / 2;                                            \
		else if (error > 0)                                           \
			return errno = error, -1;                             \
		return real args;                                             \
	}

/* ... and where the disk fails, nothing of the store. */
#define MOVES_OF(how, name, params, args, ...)                                \
	ssize_t name params                                                   \
	{                                                                     \
		REAL(name);                                                   \
		static const int errors[ERRORS_MAX] = { SHORT, __VA_ARGS__ }; \
		int error = fails(#name, CALLS, errors);                      \
		if (error == SHORT && n > 1)                                  \
			n = n / 2;                                            \
		else if (error > 0)                                           \
			return errno = error, -1;                             \
		return is_broken_fd(fd, how) ? -1 : real args;                \
	}

#define OPENS(name, params, args, ...)                                            \
	int name params                                                           \
	{                                                                         \
		REAL(name);                                                       \
		mode_t mode = 0;                                                  \
		if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) { \
			va_list more;                                             \
			va_start(more, flags);                                    \
			mode = va_arg(more, mode_t);                              \
			va_end(more);                                             \
		}                                                                 \
		static const int errors[ERRORS_MAX] = { __VA_ARGS__ };            \
		int error = fails(#name, CALLS, errors);                          \
		if (error != 0)                                                   \
			return errno = error, -1;                                 \
		if (is_broken_path(path))                                         \
			return -1;                                                \
		return note_opened(path, real args);                              \
	}

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);
ssize_t __read_chk(int fd, void *to, size_t n, size_t room);

OPENS(open, (const char *path, int flags, ...), (path, flags, mode), EMFILE, EIO, ENOSPC,
    EINTR)
OPENS(open64, (const char *path, int flags, ...), (path, flags, mode), EMFILE, EIO, ENOSPC,
    EINTR)
OPENS(openat, (int dir, const char *path, int flags, ...), (dir, path, flags, mode), EMFILE,
    EIO, ENOSPC, EINTR)
OPENS(openat64, (int dir, const char *path, int flags, ...), (dir, path, flags, mode),
    EMFILE, EIO, ENOSPC, EINTR)
CALL(int, __open_2, (const char *path, int flags), (path, flags), EMFILE, EIO, EINTR)
CALL(int, __open64_2, (const char *path, int flags), (path, flags), EMFILE, EIO, EINTR)
CALL(int, __openat64_2, (int dir, const char *path, int flags), (dir, path, flags), EMFILE,
    EIO)

MOVES_OF(READS_FAIL, read, (int fd, void *to, size_t n), (fd, to, n), EIO, EINTR)
MOVES(__read_chk, (int fd, void *to, size_t n, size_t room), (fd, to, n, room), n, EIO,
    EINTR)
MOVES_OF(READS_FAIL, pread64, (int fd, void *to, size_t n, off_t at), (fd, to, n, at), EIO,
    EINTR)
MOVES_OF(WRITES_FAIL, write, (int fd, const void *from, size_t n), (fd, from, n), EIO,
    ENOSPC, EINTR)
MOVES_OF(WRITES_FAIL, pwrite64, (int fd, const void *from, size_t n, off_t at),
    (fd, from, n, at), EIO, ENOSPC, EINTR)
MOVES(send, (int fd, const void *from, size_t n, int flags), (fd, from, n, flags), n,
    EAGAIN, ENOBUFS, EINTR)
MOVES(recv, (int fd, void *to, size_t n, int flags), (fd, to, n, flags), n, EAGAIN, ENOMEM,
    EINTR)
MOVES(sendfile64, (int out, int in, off_t *at, size_t n), (out, in, at, n), n, EAGAIN, EIO,
    EINTR)
CALL(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n), EIO, ENOSPC,
    EINTR)
CALL(ssize_t, readv, (int fd, const struct iovec *v, int n), (fd, v, n), EIO, EINTR)
CALL(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags), EAGAIN,
    ENOBUFS, EINTR, EMFILE)
CALL(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags), EAGAIN,
    ENOMEM, EINTR)

static void
take_long(int fd)
{
	uint32_t ms = table != NULL ? atomic_load(&table->head.slow_ms) : 0;
	if (ms > 0 && fd >= 0 && fd < BROKEN_FDS && atomic_load(&of_store[fd]))
		(void)poll(NULL, 0, (int)ms);
}

#define SYNCS(name)                                                    \
	int name(int fd)                                               \
	{                                                              \
		REAL(name);                                            \
		static const int errors[ERRORS_MAX] = { EIO, ENOSPC }; \
		int error = fails(#name, CALLS, errors);               \
		if (error != 0)                                        \
			return errno = error, -1;                      \
		take_long(fd);                                         \
		return is_broken_fd(fd, WRITES_FAIL) ? -1 : real(fd);  \
	}
SYNCS(fsync)
SYNCS(fdatasync)
CALL(int, ftruncate64, (int fd, off_t n), (fd, n), EIO, ENOSPC, EINTR)
CALL(int, fallocate64, (int fd, int mode, off_t at, off_t n), (fd, mode, at, n), EIO,
    ENOSPC, EINTR)
CALL(int, fchmod, (int fd, mode_t mode), (fd, mode), EIO)
CALL(int, rename, (const char *from, const char *to), (from, to), EIO, ENOSPC)
CALL(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), EIO,
    ENOSPC)
CALL(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
    (a, from, b, to, flags), EIO, ENOSPC, EINVAL)
CALL(int, linkat, (int a, const char *from, int b, const char *to, int flags),
    (a, from, b, to, flags), EIO, ENOSPC, EPERM)
CALL(int, unlink, (const char *path), (path), EIO)
CALL(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags), EIO)
CALL(int, link, (const char *from, const char *to), (from, to), EIO, ENOSPC)
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), EIO, ENOSPC)
CALL(int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode), EIO, ENOSPC)
CALL(int, stat64, (const char *path, struct stat64 *ret), (path, ret), EIO)
CALL(int, lstat64, (const char *path, struct stat64 *ret), (path, ret), EIO)
CALL(int, fstat64, (int fd, struct stat64 *ret), (fd, ret), EIO, ENOMEM)
CALL(int, flock, (int fd, int how), (fd, how), EINTR, ENOLCK)
CALL(int, dup, (int fd), (fd), EMFILE)

CALL(int, socket, (int family, int type, int protocol), (family, type, protocol), EMFILE,
    ENOBUFS)
CALL(int, socketpair, (int family, int type, int protocol, int pair[2]),
    (family, type, protocol, pair), EMFILE, ENOBUFS)
CALL(int, accept, (int fd, __SOCKADDR_ARG from, socklen_t *n), (fd, from, n), EMFILE,
    ECONNABORTED)
CALL(int, accept4, (int fd, __SOCKADDR_ARG from, socklen_t *n, int flags),
    (fd, from, n, flags), EMFILE, ENOBUFS, ECONNABORTED, EINTR)
CALL(int, connect, (int fd, __CONST_SOCKADDR_ARG to, socklen_t n), (fd, to, n), ENOBUFS,
    EINTR)
CALL(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t n),
    (fd, level, name, value, n), ENOMEM)
CALL(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *n),
    (fd, level, name, value, n), ENOBUFS)
CALL(int, pipe2, (int pair[2], int flags), (pair, flags), EMFILE)
CALL(int, eventfd, (unsigned first, int flags), (first, flags), EMFILE, ENOMEM)
CALL(int, memfd_create, (const char *name, unsigned flags), (name, flags), EMFILE, ENOMEM)
CALL(int, epoll_create1, (int flags), (flags), EMFILE, ENOMEM)
CALL(int, epoll_ctl, (int e, int how, int fd, struct epoll_event *event),
    (e, how, fd, event), ENOMEM, ENOSPC)
CALL(int, epoll_wait, (int e, struct epoll_event *ret, int n, int ms), (e, ret, n, ms),
    EINTR)
CALL(int, epoll_pwait, (int e, struct epoll_event *ret, int n, int ms, const sigset_t *set),
    (e, ret, n, ms, set), EINTR)
CALL(int, poll, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms), EINTR, ENOMEM)
CALL(int, inotify_init1, (int flags), (flags), EMFILE, ENOMEM)
CALL(int, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask),
    ENOSPC, ENOMEM)
CALL(pid_t, fork, (void), (), EAGAIN, ENOMEM)
CALL(pid_t, waitpid, (pid_t pid, int *status, int flags), (pid, status, flags), EINTR)
CALL(ssize_t, getrandom, (void *to, size_t n, unsigned flags), (to, n, flags), EINTR)

/* ---- of a shim alone ---- */

#define SHIM_CALL(type, name, params, args, ...)                            \
	type name params                                                    \
	{                                                                   \
		REAL(name);                                                 \
		static const int errors[ERRORS_MAX] = { __VA_ARGS__ };      \
		int error = role == SHIM ? fails(#name, CALLS, errors) : 0; \
		if (error != 0)                                             \
			return errno = error, (type)-1;                     \
		return real args;                                           \
	}

SHIM_CALL(int, execve, (const char *path, char *const argv[], char *const env[]),
    (path, argv, env), ENOMEM, EAGAIN, EIO, EACCES)
SHIM_CALL(int, dup2, (int fd, int to), (fd, to), EMFILE, EINTR)
SHIM_CALL(int, dup3, (int fd, int to, int flags), (fd, to, flags), EMFILE, EINTR)
SHIM_CALL(int, close_range, (unsigned from, unsigned to, int flags), (from, to, flags),
    ENOMEM)
SHIM_CALL(int, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags), EMFILE,
    ENOMEM)
SHIM_CALL(pid_t, setsid, (void), (), EPERM)
SHIM_CALL(int, chdir, (const char *path), (path), EIO, ENOMEM)
SHIM_CALL(int, symlink, (const char *to, const char *path), (to, path), ENOSPC, EIO)
SHIM_CALL(int, faccessat, (int dir, const char *path, int how, int flags),
    (dir, path, how, flags), EIO, ENOMEM)
SHIM_CALL(int, fstatfs64, (int fd, struct statfs64 *ret), (fd, ret), EIO, EINTR)
SHIM_CALL(int, getrlimit64, (__rlimit_resource_t what, struct rlimit64 *ret), (what, ret),
    EPERM)
SHIM_CALL(int, setrlimit64, (__rlimit_resource_t what, const struct rlimit64 *to),
    (what, to), EPERM)
SHIM_CALL(int, setgroups, (size_t n, const gid_t *groups), (n, groups), EPERM, ENOMEM)
SHIM_CALL(int, setresuid, (uid_t a, uid_t b, uid_t c), (a, b, c), EPERM, EAGAIN)
SHIM_CALL(int, setresgid, (gid_t a, gid_t b, gid_t c), (a, b, c), EPERM, EAGAIN)
SHIM_CALL(int, kill, (pid_t pid, int signal), (pid, signal), EPERM)
SHIM_CALL(int, sigwaitinfo, (const sigset_t *set, siginfo_t *ret), (set, ret), EINTR,
    EAGAIN)

/* Of the shim's own calls, not of what they are made of. */
DIR *
opendir(const char *path)
{
	REAL(opendir);
	static const int errors[ERRORS_MAX] = { EMFILE, ENOMEM };
	int error = role == SHIM ? fails("opendir", CALLS, errors) : 0;
	return error != 0 ? (errno = error, NULL) : real(path);
}

/* With as many arguments as there could be: who takes fewer leaves the rest alone. */
#define WORDS_AFTER(last)                                    \
	va_list more;                                        \
	va_start(more, last);                                \
	long a = va_arg(more, long), b = va_arg(more, long); \
	long c = va_arg(more, long), d = va_arg(more, long); \
	va_end(more)

int
fcntl64(int fd, int how, ...)
{
	REAL(fcntl64);
	WORDS_AFTER(how);
	static const int errors[ERRORS_MAX] = { EMFILE, ENOMEM };
	int error = role == SHIM ? fails("fcntl64", CALLS, errors) : 0;
	if (error != 0)
		return errno = error, -1;
	return real(fd, how, a, b, c, d);
}

int
prctl(int what, ...)
{
	REAL(prctl);
	WORDS_AFTER(what);
	static const int errors[ERRORS_MAX] = { EPERM, ENOMEM };
	int error = role == SHIM ? fails("prctl", CALLS, errors) : 0;
	if (error != 0)
		return errno = error, -1;
	return real(what, a, b, c, d);
}

long
syscall(long what, ...)
{
	REAL(syscall);
	WORDS_AFTER(what);
	va_start(more, what);
	for (int i = 0; i < 4; i++)
		(void)va_arg(more, long);
	long e = va_arg(more, long), f = va_arg(more, long);
	va_end(more);
	static const int errors[ERRORS_MAX] = { EPERM, ENOMEM, EAGAIN };
	int error = role == SHIM ? fails("syscall", CALLS, errors) : 0;
	if (error != 0)
		return errno = error, -1;
	return real(what, a, b, c, d, e, f);
}

/* These return the error. */
int
pthread_create(pthread_t *ret, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	REAL(pthread_create);
	static const int errors[ERRORS_MAX] = { EAGAIN };
	int error = fails("pthread_create", CALLS, errors);
	return error != 0 ? error : real(ret, attr, run, arg);
}

void *
mmap64(void *at, size_t n, int protection, int flags, int fd, off_t from)
{
	REAL(mmap64);
	uint32_t kind = (flags & MAP_ANONYMOUS) != 0 ? MEMORY : CALLS;
	int error = fails("mmap64", kind, no_memory);
	if (error != 0)
		return errno = error, MAP_FAILED;
	return real(at, n, protection, flags, fd, from);
}

void *
mmap(void *at, size_t n, int protection, int flags, int fd, off_t from)
{
	REAL(mmap);
	uint32_t kind = (flags & MAP_ANONYMOUS) != 0 ? MEMORY : CALLS;
	int error = fails("mmap", kind, no_memory);
	if (error != 0)
		return errno = error, MAP_FAILED;
	return real(at, n, protection, flags, fd, from);
}

/* What is closed is closed, whatever is said of it. */
int
close(int fd)
{
	REAL(close);
	static const int errors[ERRORS_MAX] = { EINTR, EIO };
	int error = fails("close", CALLS, errors);
	if (fd >= 0 && fd < BROKEN_FDS)
		atomic_store(&of_store[fd], false);
	int code = real(fd);
	if (error != 0)
		return errno = error, -1;
	return code;
}
