/*
 * A configuration folder as it was: `git archive`, started without a shell, writes a tar
 * archive (ustar, with pax headers for long paths) of the folder alone.
 */
#include "base/buf.h"
#include "node/archive.h"
#include "node/folder.h"
#include "node/git.h"

static bool
run_git(const char *path, const char *revision, struct buf *out, struct err *err)
{
	const char *const argv[] = { "git", "-C", path, "archive", "--format=tar", revision,
		".", NULL };
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

bool
folder_read_git(const char *path, const char *revision, struct arena *arena,
    struct bundle *ret, struct err *err)
{
	if (revision[0] == '-' || revision[0] == '\0')
		return err_set(err, ERR_DENIED, "'%s' is no revision", revision);
	struct buf out = BUF(ARCHIVE_BYTES_MAX);
	bool ok = run_git(path, revision, &out, err) &&
	          archive_read(buf_str(&out), revision, arena, ret, err);
	buf_done(&out);
	return ok;
}
