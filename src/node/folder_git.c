/*
 * A configuration folder as it was: `git archive`, started without a shell, writes a tar
 * archive (ustar, with pax headers for long paths) of the folder alone.
 *
 * Attributes that stand in the revision itself can have `git archive` leave files out
 * (export-ignore) or write other text into them (export-subst): then what is compared is not
 * what was in force. The second does nothing to a tree that is no commit's; for the first, what
 * came is held against what git lists.
 */
#include "base/buf.h"
#include "node/archive.h"
#include "node/folder.h"
#include "node/git.h"

static bool
run_git(const char *const *argv, const char *path, const char *revision, struct buf *out,
    struct err *err)
{
	if (!git_output(argv, out, err)) {
		if (err->kind != ERR_NOT_FOUND)
			return false;
		return err_set(err, ERR_NOT_FOUND,
		    "git has no '%s' of '%s': name a revision that holds that folder, or "
		    "another folder",
		    revision, path);
	}
	if (out->overflow)
		return err_set(err, ERR_LIMIT, "'%s' of '%s' is too large", revision, path);
	return true;
}

static bool
read_archive(const char *path, const char *revision, const char *tree, struct arena *arena,
    struct bundle *ret, struct err *err)
{
	const char *const argv[] = { "git", "-C", path, "archive", "--format=tar", tree,
		".", NULL };
	struct buf out = BUF(ARCHIVE_BYTES_MAX);
	bool ok = run_git(argv, path, revision, &out, err) &&
	          archive_read(buf_str(&out), revision, arena, ret, err);
	buf_done(&out);
	return ok;
}

static bool
is_whole(const char *path, const char *revision, const char *tree,
    const struct bundle *bundle, struct err *err)
{
	const char *const argv[] = { "git", "-C", path, "ls-tree", "-r", "-z",
		"--name-only", tree, NULL };
	struct buf out = BUF(ARCHIVE_BYTES_MAX);
	bool ok = run_git(argv, path, revision, &out, err);
	str missing = ok ? archive_missing(buf_str(&out), bundle) : (str){ 0 };
	if (missing.n > 0)
		ok = err_set(err, ERR_INVALID,
		    "'%.*s' of '%s' is left out of what git archives, by export-ignore in "
		    ".gitattributes: take that out, or name another folder",
		    STR_ARG(missing), revision);
	buf_done(&out);
	return ok;
}

bool
folder_read_git(const char *path, const char *revision, struct arena *arena,
    struct bundle *ret, struct err *err)
{
	if (revision[0] == '-' || revision[0] == '\0')
		return err_set(err, ERR_DENIED, "'%s' is no revision", revision);
	const char *tree = arena_cstr(arena, arena_printf(arena, "%s^{tree}", revision));
	return read_archive(path, revision, tree, arena, ret, err) &&
	       is_whole(path, revision, tree, ret, err);
}
