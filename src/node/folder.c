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
#define ENTRIES_MAX 100000 /* names looked at: links may show one folder many times */
#define FILE_OVERHEAD 16   /* bytes of an encoded bundle, for each file */
#define TARGET_SHOWN_MAX 200

struct folder_id {
	dev_t dev;
	ino_t ino;
};

struct reading {
	struct arena *arena;
	struct bundle *bundle;
	struct diags *diags;
	unsigned entries;
	size_t bytes;                         /* of the bundle, encoded */
	bool over_files, over_bytes;          /* told already */
	struct folder_id open[DEPTH_MAX + 1]; /* the folder being read and those it is in */
	char root[PATH_MAX];                  /* resolved: links may not lead out of it */
	bool tests;                           /* those beside runbooks are read, alone */
};

/* ---- what is read, and what is told where it cannot be ---- */

static bool
is_runbook(str path)
{
	return str_starts(path, STR("runbooks/")) && str_ends(path, STR(".md"));
}

/* Runbooks are Markdown below runbooks/; the rest of the tree is for YAML and calendars. */
bool
folder_wants(str path)
{
	if (str_ends(path, STR(".test.yaml")) || str_ends(path, STR(".test.yml")))
		return false;
	return str_ends(path, STR(".yaml")) || str_ends(path, STR(".yml")) ||
	       str_ends(path, STR(".ics")) || is_runbook(path);
}

static bool
is_test(str path)
{
	return str_starts(path, STR("runbooks/")) &&
	       (str_ends(path, STR(".test.yaml")) || str_ends(path, STR(".test.yml")));
}

static bool
wants(const struct reading *r, str path)
{
	return r->tests ? is_test(path) : folder_wants(path);
}

static bool
ends_as(str path, str end)
{
	if (path.n < end.n)
		return false;
	str tail = str_drop(path, path.n - end.n);
	for (size_t i = 0; i < end.n; i++) {
		char c = tail.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != end.p[i])
			return false;
	}
	return true;
}

static void tell(struct reading *r, str path, str hint, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* A mistake at the start of what cannot be read; without a path, of the whole folder. All
 * but a runbook may hold names that others refer to. */
static void
tell(struct reading *r, str path, str hint, const char *fmt, ...)
{
	static const struct source whole = { { "configuration", 13 }, { "", 0 } };
	const struct source *src = &whole;
	if (path.n > 0 && r->diags->kept < DIAGS_MAX) {
		struct source *file = arena_new(r->arena, struct source, 1);
		*file = (struct source){ arena_str(r->arena, path), STR("") };
		src = file;
	}
	va_list args;
	va_start(args, fmt);
	diag_verror(r->diags, src, (struct span){ 0, 0 }, hint, fmt, args);
	va_end(args);
	if (!is_runbook(path))
		r->bundle->incomplete = true;
}

static void
tell_unreadable(struct reading *r, str path, const char *why)
{
	tell(r, path,
	    STR("let the user that runs firstline read it, or move it out of the folder"),
	    "cannot be read: %s", why);
}

/* What the kernel does not find behind a name. */
static void
tell_missing(struct reading *r, const char *full, str path, int why)
{
	if (why == ELOOP) {
		tell(r, path, STR("remove the link, or let it name a file of this folder"),
		    "this link leads back to itself");
		return;
	}
	if (why != ENOENT && why != ENOTDIR) {
		tell_unreadable(r, path, strerror(why));
		return;
	}
	char target[TARGET_SHOWN_MAX];
	ssize_t n = readlink(full, target, sizeof(target));
	if (n < 0) /* no link: it was removed since the folder was listed */
		return;
	tell(r, path, STR("put back what it names, or remove the link"),
	    "this link leads to '%.*s', which is not there", (int)n, target);
}

static void
tell_no_file(struct reading *r, str path, mode_t mode)
{
	const char *what = S_ISDIR(mode)    ? "folder"
	                   : S_ISFIFO(mode) ? "pipe"
	                   : S_ISSOCK(mode) ? "socket"
	                                    : "device";
	tell(r, path, STR("put a regular file in its place, or give it another name"),
	    "this is named like a file of the configuration, but is a %s", what);
}

static void
tell_outside(struct reading *r, str path)
{
	tell(r, path, STR("put a copy of what it names in its place"),
	    "this link leads out of the folder");
}

static void
tell_large(struct reading *r, str path)
{
	str hint = is_runbook(path)
	               ? STR("keep what people need at night, and link the rest")
	               : STR("divide it: the same key may stand in many files");
	tell(r, path, hint, "a file is at most %u MiB", BUNDLE_FILE_BYTES_MAX >> 20);
}

/* Nobody who writes rules into a file means them to be left out. */
static void
tell_left_out(struct reading *r, str path)
{
	static const str ends[] = { { ".yaml", 5 }, { ".yml", 4 }, { ".ics", 4 } };
	bool runbook = str_starts(path, STR("runbooks/")) && ends_as(path, STR(".md")) &&
	               !is_runbook(path);
	bool like = runbook;
	for (size_t i = 0; i < countof(ends); i++)
		like = like || (ends_as(path, ends[i]) && !str_ends(path, ends[i]));
	bool test = !str_starts(path, STR("runbooks/")) &&
	            (str_ends(path, STR(".test.yaml")) || str_ends(path, STR(".test.yml")));
	if (r->tests)
		return;
	if (like)
		tell(r, path, STR("rename it, or keep it out of the folder"),
		    "this is left out: what ends the name of a file of the configuration "
		    "is "
		    "written in small letters");
	else if (test)
		tell(r, path, STR("give it another name, or move it below runbooks/"),
		    "this is left out: it is named like a test beside a runbook, and is "
		    "not "
		    "below runbooks/");
}

static bool
is_short(struct reading *r, str path)
{
	if (path.n > BUNDLE_PATH_MAX)
		tell(r, path, STR("shorten its name, or those of the folders it is in"),
		    "a path is at most %d bytes", BUNDLE_PATH_MAX);
	return path.n <= BUNDLE_PATH_MAX;
}

bool
folder_path_plain(str path)
{
	for (size_t n; path.n > 0; path = str_drop(path, n)) {
		n = str_utf8_char(path);
		unsigned char c = (unsigned char)path.p[0];
		if (n == 0 || c < 0x20 || c == 0x7f)
			return false;
		if (c == 0xc2 && (unsigned char)path.p[1] < 0xa0)
			return false;
	}
	return true;
}

/* Paths are kept as text and shown on terminals. */
static bool
is_printable(struct reading *r, str path)
{
	bool plain = folder_path_plain(path);
	if (!plain)
		tell(r, path, STR("rename it, or the folder it is in"),
		    "a path must be UTF-8 without control characters");
	return plain;
}

/* ---- files ---- */

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
has_room(struct reading *r, size_t bytes)
{
	static const char hint[] =
	    "keep notes, samples and generated files out of the folder";
	bool files = r->bundle->n < FOLDER_FILES_MAX;
	bool room = r->bytes + bytes <= FOLDER_BYTES_MAX;
	if (!files && !r->over_files)
		tell(r, STR(""), str_of(hint), "a folder holds at most %d files",
		    FOLDER_FILES_MAX);
	if (!room && !r->over_bytes)
		tell(r, STR(""), str_of(hint), "the files of a folder are at most %u MiB",
		    FOLDER_BYTES_MAX >> 20);
	r->over_files = r->over_files || !files;
	r->over_bytes = r->over_bytes || !room;
	return files && room;
}

static void
add_file(struct reading *r, const char *full, str path, off_t size)
{
	if (size > BUNDLE_FILE_BYTES_MAX) {
		tell_large(r, path);
		return;
	}
	size_t around = path.n + FILE_OVERHEAD;
	if (!has_room(r, around + (size_t)size))
		return;
	str bytes;
	struct err err;
	if (!file_read(r->arena, full, BUNDLE_FILE_BYTES_MAX, &bytes, &err)) {
		tell_unreadable(r, path, err.sys != 0 ? strerror(err.sys) : err.text);
		return;
	}
	r->bytes += around + bytes.n;
	r->bundle->files[r->bundle->n++] =
	    (struct bundle_file){ arena_str(r->arena, path), bytes };
}

/* ---- folders ---- */

static void read_folder(struct reading *r, const char *full, str path,
    const struct stat *st, unsigned depth);

static void
read_one(struct reading *r, str path, unsigned depth)
{
	if (!is_short(r, path))
		return;
	char full[PATH_MAX];
	struct stat st;
	int n = snprintf(full, sizeof(full), "%s/%.*s", r->root, STR_ARG(path));
	if (n < 0 || (size_t)n >= sizeof(full))
		tell_unreadable(r, path, strerror(ENAMETOOLONG));
	else if (stat(full, &st) < 0)
		tell_missing(r, full, path, errno);
	else if (S_ISDIR(st.st_mode))
		read_folder(r, full, path, &st, depth + 1);
	else if (!wants(r, path))
		tell_left_out(r, path);
	else if (!S_ISREG(st.st_mode))
		tell_no_file(r, path, st.st_mode);
	else if (!stays_inside(r, full))
		tell_outside(r, path);
	else if (is_printable(r, path))
		add_file(r, full, path, st.st_size);
}

static bool
may_look_further(struct reading *r)
{
	if (r->entries <= ENTRIES_MAX && ++r->entries > ENTRIES_MAX)
		tell(r, STR(""),
		    STR("name the folder of the configuration alone, without links to "
			"large folders"),
		    "there are more than %d names in the folder", ENTRIES_MAX);
	return r->entries <= ENTRIES_MAX;
}

static void
read_names(struct reading *r, DIR *dir, str path, unsigned depth)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(dir);
		if (entry == NULL && errno != 0)
			tell_unreadable(r, path, strerror(errno));
		if (entry == NULL || !may_look_further(r))
			return;
		if (entry->d_name[0] == '.')
			continue;
		char name[BUNDLE_PATH_MAX + sizeof(entry->d_name) + 1];
		int n = snprintf(name, sizeof(name), "%.*s%s%s", STR_ARG(path),
		    path.n > 0 ? "/" : "", entry->d_name);
		ASSERT(n > 0 && (size_t)n < sizeof(name)); /* read_one saw to it */
		read_one(r, str_of(name), depth);
	}
}

static bool
is_open(const struct reading *r, struct folder_id id, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		if (r->open[i].dev == id.dev && r->open[i].ino == id.ino)
			return true;
	return false;
}

static void
read_folder(struct reading *r, const char *full, str path, const struct stat *st,
    unsigned depth)
{
	struct folder_id id = { st->st_dev, st->st_ino };
	if (is_open(r, id, depth)) {
		tell(r, path, STR("remove the link: what it shows is read already"),
		    "this link leads back to a folder that it is in");
		return;
	}
	if (!stays_inside(r, full)) {
		tell_outside(r, path);
		return;
	}
	if (depth > DEPTH_MAX) {
		tell(r, path, STR("move what is in it further up"),
		    "folders are at most %d deep", DEPTH_MAX);
		return;
	}
	if (wants(r, path)) /* what is in it is read nevertheless */
		tell_no_file(r, path, st->st_mode);
	DIR *dir = opendir(full);
	if (dir == NULL) {
		tell_unreadable(r, path, strerror(errno));
		return;
	}
	r->open[depth] = id;
	read_names(r, dir, path, depth);
	(void)closedir(dir);
}

static bool
read_all(const char *path, bool tests, struct arena *arena, struct diags *diags,
    struct bundle *ret, struct err *err)
{
	struct bundle bundle = { .files = arena_new(arena, struct bundle_file,
				     FOLDER_FILES_MAX) };
	struct reading *r = arena_new(arena, struct reading, 1);
	*r = (struct reading){ .arena = arena,
		.bundle = &bundle,
		.diags = diags,
		.tests = tests };
	struct stat st;
	if (realpath(path, r->root) == NULL || stat(r->root, &st) < 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "configuration folder '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_INVALID,
		    "'%s' is a file: name the folder that holds the configuration", path);
	read_folder(r, r->root, STR(""), &st, 0);
	bundle_sort(&bundle);
	*ret = bundle;
	return true;
}

bool
folder_read(const char *path, struct arena *arena, struct diags *diags, struct bundle *ret,
    struct err *err)
{
	return read_all(path, false, arena, diags, ret, err);
}

bool
folder_read_tests(const char *path, struct arena *arena, struct diags *diags,
    struct bundle *ret, struct err *err)
{
	return read_all(path, true, arena, diags, ret, err);
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
	bundle->files = files;
	bundle->n = n;
	return true;
}
