#include "node/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/env.h"
#include "os/file.h"

#define DEPTH_MAX 16

struct reading {
	struct arena *arena;
	struct bundle *bundle;
	struct err *err;
	char root[PATH_MAX]; /* resolved: symlinks may not lead out of it */
};

static bool
join(const struct reading *r, str path, char full[static PATH_MAX])
{
	int n = snprintf(full, PATH_MAX, "%s/%.*s", r->root, STR_ARG(path));
	if (n < 0 || n >= PATH_MAX || path.n > BUNDLE_PATH_MAX)
		return err_set(r->err, ERR_LIMIT, "a path in '%s' is too long", r->root);
	return true;
}

/* Runbooks are Markdown below runbooks/; the rest of the tree is only for YAML. */
static bool
is_wanted(str path)
{
	if (str_ends(path, STR(".test.yaml")) || str_ends(path, STR(".test.yml")))
		return false;
	if (str_ends(path, STR(".yaml")) || str_ends(path, STR(".yml")))
		return true;
	return str_starts(path, STR("runbooks/")) && str_ends(path, STR(".md"));
}

static bool
stays_inside(const struct reading *r, const char *full)
{
	static char real[PATH_MAX]; /* one thread reads folders */
	if (realpath(full, real) == NULL)
		return false;
	size_t n = strlen(r->root);
	return strncmp(real, r->root, n) == 0 && (real[n] == '/' || real[n] == '\0');
}

static bool
add_file(struct reading *r, const char *full, str path)
{
	if (r->bundle->n == BUNDLE_FILES_MAX)
		return err_set(r->err, ERR_LIMIT, "'%s' holds more than %d files", r->root,
		    BUNDLE_FILES_MAX);
	if (!stays_inside(r, full))
		return err_set(r->err, ERR_DENIED, "'%s' leads out of the folder", full);
	str bytes;
	if (!file_read(r->arena, full, BUNDLE_FILE_BYTES_MAX, &bytes, r->err))
		return false;
	r->bundle->files[r->bundle->n++] =
	    (struct bundle_file){ arena_str(r->arena, path), bytes };
	return true;
}

static bool read_folder(struct reading *r, str path, unsigned depth);

static bool
read_one(struct reading *r, str path, unsigned depth)
{
	char full[PATH_MAX];
	struct stat st;
	if (!join(r, path, full))
		return false;
	if (stat(full, &st) < 0)
		return err_sys(r->err, ERR_IO, "'%s'", full);
	if (S_ISDIR(st.st_mode))
		return read_folder(r, path, depth + 1);
	return !S_ISREG(st.st_mode) || !is_wanted(path) || add_file(r, full, path);
}

static bool
read_names(struct reading *r, DIR *dir, str path, unsigned depth)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(dir);
		if (entry == NULL)
			return errno == 0 ||
			       err_sys(r->err, ERR_IO, "read folder '%s'", r->root);
		if (entry->d_name[0] == '.')
			continue;
		char name[PATH_MAX];
		int n = path.n > 0 ? snprintf(name, sizeof(name), "%.*s/%s", STR_ARG(path),
					 entry->d_name)
		                   : snprintf(name, sizeof(name), "%s", entry->d_name);
		if (n < 0 || (size_t)n >= sizeof(name))
			return err_set(r->err, ERR_LIMIT, "a path in '%s' is too long",
			    r->root);
		if (!read_one(r, str_of(name), depth))
			return false;
	}
}

static bool
read_folder(struct reading *r, str path, unsigned depth)
{
	if (depth > DEPTH_MAX)
		return err_set(r->err, ERR_LIMIT, "'%s' is more than %d folders deep",
		    r->root, DEPTH_MAX);
	char full[PATH_MAX];
	if (!join(r, path, full))
		return false;
	if (!stays_inside(r, full))
		return err_set(r->err, ERR_DENIED, "'%s' leads out of the folder", full);
	DIR *dir = opendir(full);
	if (dir == NULL)
		return err_sys(r->err, ERR_IO, "open folder '%s'", full);
	bool ok = read_names(r, dir, path, depth);
	(void)closedir(dir);
	return ok;
}

bool
folder_read(const char *path, struct arena *arena, struct bundle *ret, struct err *err)
{
	struct bundle bundle = { arena_new(arena, struct bundle_file, BUNDLE_FILES_MAX),
		0 };
	struct reading *r = arena_new(arena, struct reading, 1);
	*r = (struct reading){ .arena = arena, .bundle = &bundle, .err = err };
	struct stat st;
	if (realpath(path, r->root) == NULL || stat(r->root, &st) < 0)
		return err_sys(err, ERR_NOT_FOUND, "configuration folder '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_INVALID,
		    "'%s' is a file: name the folder that holds the configuration", path);
	if (!read_folder(r, STR(""), 0))
		return false;
	bundle_sort(&bundle);
	*ret = bundle;
	return true;
}

/* Names come from the configuration: letters, digits, '_', '-', '+' and single '/'. */
static bool
is_zone_name(str name)
{
	if (name.n == 0 || name.n > 64 || name.p[0] == '/' || str_contains(name, STR("..")))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		          (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' ||
		          c == '/';
		if (!ok)
			return false;
	}
	return true;
}

bool
folder_read_zones(struct bundle *bundle, const struct strs *names, struct arena *arena,
    struct err *err)
{
	const char *root = env_get("TZDIR");
	struct bundle_file *files =
	    arena_new(arena, struct bundle_file, bundle->n + names->n);
	memcpy(files, bundle->files, bundle->n * sizeof(*files));
	size_t n = bundle->n;
	for (size_t i = 0; i < names->n; i++) {
		if (!is_zone_name(names->p[i]))
			continue;
		char path[PATH_MAX];
		(void)snprintf(path, sizeof(path), "%s/%.*s",
		    root != NULL ? root : "/usr/share/zoneinfo", STR_ARG(names->p[i]));
		str bytes;
		struct err missing;
		if (!file_read(arena, path, BUNDLE_FILE_BYTES_MAX, &bytes, &missing))
			continue;
		files[n++] = (struct bundle_file){
			arena_printf(arena, "zone:%.*s", STR_ARG(names->p[i])), bytes
		};
	}
	(void)err;
	*bundle = (struct bundle){ files, n };
	return true;
}
