/*
 * A configuration folder as it was: `git archive`, started without a shell, writes a tar
 * archive (ustar, with pax headers for long paths) of the folder alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "node/folder.h"
#include "os/fd.h"

#define ARCHIVE_BYTES_MAX (256u << 20)
#define BLOCK 512

/* ---- the archive ---- */

struct tar {
	str rest;
	str path; /* of the next file, from a pax header; or empty */
	const char *revision;
	struct arena *arena;
	struct bundle *bundle;
	struct err *err;
	size_t bytes; /* of the files that were taken */
};

static bool
broken(struct tar *tar)
{
	return err_set(tar->err, ERR_CORRUPT, "what git archives of '%s' is no tar archive",
	    tar->revision);
}

static str
field(const char *block, size_t at, size_t n)
{
	const char *end = memchr(block + at, '\0', n);
	return (str){ block + at, end != NULL ? (size_t)(end - block) - at : n };
}

static bool
octal(str text, size_t *ret)
{
	size_t value = 0;
	text = str_trim(text);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '7' || value > ARCHIVE_BYTES_MAX)
			return false;
		value = value * 8 + (size_t)(text.p[i] - '0');
	}
	*ret = value;
	return text.n > 0;
}

/* "27 path=runbooks/a long one.md\n", and others that do not matter. */
static bool
take_pax(struct tar *tar, str records)
{
	while (records.n > 0) {
		uint64_t n;
		struct str_cut length = str_cut(records, ' ');
		if (!length.found || !str_u64(length.head, records.n, &n) ||
		    n <= length.head.n + 1)
			return broken(tar);
		str record = str_drop(str_take(records, (size_t)n), length.head.n + 1);
		if (str_starts(record, STR("path=")))
			tar->path = str_drop(str_take(record, record.n - 1), 5);
		records = str_drop(records, (size_t)n);
	}
	return true;
}

static bool
is_hidden(str path)
{
	while (path.n > 0) {
		struct str_cut parts = str_cut(path, '/');
		if (parts.head.n > 0 && parts.head.p[0] == '.')
			return true;
		path = parts.tail;
	}
	return false;
}

static bool
take_file(struct tar *tar, str path, char type, str bytes)
{
	struct bundle *bundle = tar->bundle;
	if (is_hidden(path) || !folder_wants(path))
		return true;
	if (type == '2')
		return err_set(tar->err, ERR_INVALID,
		    "'%.*s' of '%s' is a symlink, which is not followed there",
		    STR_ARG(path), tar->revision);
	if (type != '0' && type != '\0')
		return true;
	if (!folder_path_plain(path))
		return err_set(tar->err, ERR_INVALID,
		    "a path in '%s' is not UTF-8 without control characters",
		    tar->revision);
	tar->bytes += path.n + bytes.n;
	if (bundle->n == FOLDER_FILES_MAX || bytes.n > BUNDLE_FILE_BYTES_MAX ||
	    path.n > BUNDLE_PATH_MAX || tar->bytes > FOLDER_BYTES_MAX)
		return err_set(tar->err, ERR_LIMIT,
		    "'%.*s' of '%s' is too large, or there are too many files",
		    STR_ARG(path), tar->revision);
	bundle->files[bundle->n++] = (struct bundle_file){ arena_str(tar->arena, path),
		arena_str(tar->arena, bytes) };
	return true;
}

/* One header and its contents. */
static bool
take_entry(struct tar *tar)
{
	const char *block = tar->rest.p;
	size_t size;
	if (!octal(field(block, 124, 12), &size))
		return broken(tar);
	size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
	if (padded > tar->rest.n - BLOCK)
		return broken(tar);
	str bytes = { block + BLOCK, size };
	char type = block[156];
	tar->rest = str_drop(tar->rest, BLOCK + padded);
	if (type == 'x')
		return take_pax(tar, bytes);
	if (type == 'g') /* the revision's name */
		return true;
	str path = field(block, 0, 100), prefix = field(block, 345, 155);
	if (tar->path.n > 0)
		path = tar->path;
	else if (prefix.n > 0)
		path =
		    arena_printf(tar->arena, "%.*s/%.*s", STR_ARG(prefix), STR_ARG(path));
	tar->path = (str){ 0 };
	return take_file(tar, path, type, bytes);
}

static bool
take_archive(struct tar *tar)
{
	while (tar->rest.n >= BLOCK && tar->rest.p[0] != '\0') {
		if (!take_entry(tar))
			return false;
	}
	bundle_sort(tar->bundle);
	return true;
}

/* ---- git ---- */

static int
start_git(char *const *argv, int out, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	int error = posix_spawn_file_actions_init(&files);
	if (error != 0)
		return error;
	error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&files, out, 1);
	if (error == 0)
		error =
		    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawnp(ret, argv[0], &files, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	return error;
}

static bool
read_all(int fd, struct buf *out)
{
	for (;;) {
		char bytes[8192];
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		buf_put(out, bytes, (size_t)n);
	}
}

static bool
ended_well(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
run_git(const char *path, const char *revision, struct arena *arena, struct buf *out,
    struct err *err)
{
	char *argv[] = { (char[]){ "git" }, (char[]){ "-C" }, NULL, (char[]){ "archive" },
		(char[]){ "--format=tar" }, NULL, (char[]){ "." }, NULL };
	/* git wants them writable and leaves them alone. */
	size_t path_n = strlen(path) + 1, revision_n = strlen(revision) + 1;
	argv[2] = memcpy(arena_new(arena, char, path_n), path, path_n);
	argv[5] = memcpy(arena_new(arena, char, revision_n), revision, revision_n);
	int fds[2];
	pid_t pid;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, ERR_IO, "pipe");
	AUTO_CLOSE int in = fds[0];
	int error = start_git(argv, fds[1], &pid);
	(void)close(fds[1]);
	if (error != 0) {
		errno = error;
		return err_sys(err, ERR_IO, "start git");
	}
	bool read = read_all(in, out);
	if (!ended_well(pid) || !read)
		return err_set(err, ERR_NOT_FOUND,
		    "git has no '%s' of '%s': name a revision that holds that folder, or "
		    "another folder",
		    revision, path);
	if (out->overflow)
		return err_set(err, ERR_LIMIT, "'%s' of '%s' is too large", revision, path);
	return true;
}

bool
folder_read_git(const char *path, const char *revision, struct arena *arena,
    struct bundle *ret, struct err *err)
{
	if (revision[0] == '-' || revision[0] == '\0')
		return err_set(err, ERR_DENIED, "'%s' is no revision", revision);
	struct buf out = BUF(ARCHIVE_BYTES_MAX);
	struct bundle bundle = { .files = arena_new(arena, struct bundle_file,
				     BUNDLE_FILES_MAX) };
	bool ok = run_git(path, revision, arena, &out, err);
	if (ok) {
		struct tar tar = { .rest = buf_str(&out),
			.revision = revision,
			.arena = arena,
			.bundle = &bundle,
			.err = err };
		ok = take_archive(&tar);
	}
	buf_done(&out);
	if (ok)
		*ret = bundle;
	return ok;
}
