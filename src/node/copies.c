#include "node/copies.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/read.h"
#include "os/fd.h"
#include "os/file.h"

#define FOLDER "calendars"

/* The name is one of letters, digits, '.', '-' and '_', and begins with none of these. */
static bool
path_of(const char *state_dir, str name, char ret[static PATH_MAX])
{
	int n = snprintf(ret, PATH_MAX, "%s/" FOLDER "/%.*s.ics", state_dir, STR_ARG(name));
	return name_is(name) && n > 0 && n < PATH_MAX;
}

const struct copy *
copy_given(const struct copies *copies, str name)
{
	for (size_t i = 0; i < copies->given_n; i++) {
		if (str_eq(copies->given[i].name, name))
			return &copies->given[i];
	}
	return NULL;
}

static bool
copy_read(const struct copies *copies, str name, struct arena *arena, str *ret)
{
	char path[PATH_MAX];
	struct err err;
	const struct copy *given = copy_given(copies, name);
	if (given != NULL) {
		*ret = arena_str(arena, given->bytes);
		return true;
	}
	return copies->state_dir != NULL && path_of(copies->state_dir, name, path) &&
	       file_read(arena, path, CALENDAR_BYTES_MAX, ret, &err);
}

bool
copy_is_skipped(const struct copies_skipped *skipped, str name)
{
	for (size_t i = 0; i < skipped->n; i++) {
		if (str_eq(str_of(skipped->name[i]), name))
			return true;
	}
	return false;
}

void
copies_add(struct bundle *bundle, const struct copies *copies,
    const struct copies_skipped *skipped, struct arena *arena)
{
	struct arena_map map;
	size_t bytes = 0;
	for (size_t i = 0; i < bundle->n; i++)
		bytes += bundle->files[i].path.n + bundle->files[i].bytes.n;
	struct arena scratch = arena_map(&map, model_arena_bytes(bytes));
	struct strs names = model_calendar_url_names(bundle, &scratch);
	struct bundle_file *files =
	    arena_new(arena, struct bundle_file, bundle->n + names.n);
	memcpy(files, bundle->files, bundle->n * sizeof(*files));
	size_t n = bundle->n;
	for (size_t i = 0; i < names.n; i++) {
		str path = calendar_url_path(names.p[i], arena), text;
		if (!copy_is_skipped(skipped, names.p[i]) &&
		    bundle_find(bundle, path) == NULL &&
		    copy_read(copies, names.p[i], arena, &text))
			files[n++] = (struct bundle_file){ path, text };
	}
	arena_unmap(&map);
	bundle->files = files;
	bundle->n = n;
	bundle_sort(bundle);
}

/* ---- on the disk ---- */

bool
copy_write(const char *state_dir, str name, str bytes, struct err *err)
{
	char path[PATH_MAX], file[CALENDAR_NAME_MAX + 8];
	(void)snprintf(path, sizeof(path), "%s/" FOLDER, state_dir);
	(void)snprintf(file, sizeof(file), "%.*s.ics", STR_ARG(name));
	if (!name_is(name))
		return err_set(err, ERR_INVALID, "'%.*s' is no name", STR_ARG(name));
	if (!folder_make(path, 0700, err))
		return false;
	AUTO_CLOSE int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, ERR_IO, "open '%s'", path);
	return file_write_durable(dir, file, bytes, 0600, err);
}

void
copy_seen(const char *state_dir, str name, msec wall)
{
	char path[PATH_MAX];
	const struct timespec at = { .tv_sec = (time_t)(wall / SECOND) };
	const struct timespec times[] = { at, at };
	if (path_of(state_dir, name, path))
		(void)utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

msec
copy_wall(const char *state_dir, str name)
{
	char path[PATH_MAX];
	struct stat st;
	if (!path_of(state_dir, name, path) || lstat(path, &st) < 0 ||
	    !S_ISREG(st.st_mode) || st.st_mtim.tv_sec <= 0)
		return 0;
	return (msec)st.st_mtim.tv_sec * SECOND;
}
