#include "hands/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/fd.h"

#define READS_MAX 3
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* ---- where ---- */

str
tail_folder(const struct strs *folders, str path)
{
	for (size_t i = 0; i < folders->n; i++) {
		str folder = folders->p[i];
		if (path.n > folder.n + 1 && str_starts(path, folder) &&
		    path.p[folder.n] == '/')
			return folder;
	}
	return STR("");
}

/* Part by part, none of them a symbolic link, none of them "..". */
static int
open_plain(int folder_fd, const char *below)
{
	int at = fcntl(folder_fd, F_DUPFD_CLOEXEC, 0);
	for (str rest = str_of(below); at >= 0;) {
		char part[256];
		struct str_cut cut = str_cut(rest, '/');
		if (cut.head.n == 0 || cut.head.n >= sizeof(part) ||
		    str_eq(cut.head, STR("..")) || str_eq(cut.head, STR("."))) {
			(void)close(at);
			errno = EXDEV;
			return -1;
		}
		memcpy(part, cut.head.p, cut.head.n);
		part[cut.head.n] = '\0';
		int flags = cut.found ? O_PATH | O_DIRECTORY | O_CLOEXEC : OPEN_FLAGS;
		int next = openat(at, part, flags | O_NOFOLLOW);
		int saved = errno;
		(void)close(at);
		errno = saved;
		if (!cut.found)
			return next;
		at = next;
		rest = cut.tail;
	}
	return -1;
}

static int
open_beneath(int folder_fd, const char *below, bool plain)
{
	const struct open_how how = {
		.flags = OPEN_FLAGS,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	if (!plain) {
		long fd = syscall(SYS_openat2, folder_fd, below, &how, sizeof(how));
		/* EPERM: a container's filter that does not know the call. */
		if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
			return (int)fd;
	}
	return open_plain(folder_fd, below);
}

bool
tail_open(const char *folder, const char *below, bool plain, int *ret_fd, struct err *err)
{
	AUTO_CLOSE int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0)
		return err_sys(err, ERR_IO, "open '%s'", folder);
	int fd = open_beneath(folder_fd, below, plain);
	if (fd < 0 && (errno == ELOOP || errno == EXDEV || errno == ENOTDIR))
		return err_set(err, ERR_DENIED,
		    "'%s/%s' leads through a symbolic link or out of its folder", folder,
		    below);
	if (fd < 0)
		return err_sys(err, ERR_IO, "open '%s/%s'", folder, below);
	struct stat st;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return err_set(err, ERR_INVALID, "'%s/%s' is not a regular file", folder,
		    below);
	}
	*ret_fd = fd;
	return true;
}

/* ---- lines ---- */

/* Where the last of `lines` lines begin. */
static size_t
lines_begin(str bytes, uint32_t lines, uint32_t *ret_found)
{
	size_t at = bytes.n;
	uint32_t found = 0;
	while (at > 0 && found < lines) {
		size_t begin = at - 1; /* over the newline that ends it */
		while (begin > 0 && bytes.p[begin - 1] != '\n')
			begin--;
		at = begin;
		found++;
	}
	*ret_found = found;
	return at;
}

void
tail_lines(str bytes, bool whole, uint32_t lines, str match, size_t text_max,
    struct tail *ret)
{
	uint32_t found;
	if (!whole) {
		/* It begins in the middle of a line, which nobody can judge. */
		struct str_cut cut = str_cut(bytes, '\n');
		bytes = cut.tail;
	}
	size_t begin = lines_begin(bytes, lines, &found);
	str text = str_drop(bytes, begin);
	*ret = (struct tail){ .lines = found, .least = !whole && found < lines };
	for (str rest = text; rest.n > 0;) {
		struct str_cut cut = str_cut(rest, '\n');
		ret->matches += match.n == 0 || str_contains(cut.head, match);
		rest = cut.tail;
	}
	ret->cut = ret->least || text.n > text_max;
	ret->text = str_drop(text, text.n > text_max ? text.n - text_max : 0);
}

/* All of the window; false: the file shrank meanwhile, or cannot be read (errno). */
static bool
read_window(int fd, char *memory, off_t from, size_t n)
{
	errno = 0;
	for (size_t at = 0; at < n;) {
		ssize_t got = pread(fd, memory + at, n - at, from + (off_t)at);
		if (got <= 0)
			return false;
		at += (size_t)got;
	}
	return true;
}

bool
tail_read(int fd, char *memory, uint32_t lines, str match, size_t text_max,
    struct tail *ret, struct err *err)
{
	for (int i = 0; i < READS_MAX; i++) {
		struct stat st;
		if (fstat(fd, &st) < 0)
			return err_sys(err, ERR_IO, "stat");
		size_t size = st.st_size > 0 ? (size_t)st.st_size : 0;
		size_t n = size < TAIL_BYTES_MAX ? size : TAIL_BYTES_MAX;
		if (read_window(fd, memory, (off_t)(size - n), n)) {
			tail_lines((str){ memory, n }, n == size, lines, match, text_max,
			    ret);
			return true;
		}
		if (errno != 0)
			return err_sys(err, ERR_IO, "read");
	}
	return err_set(err, ERR_BUSY, "it shrinks while it is read");
}
