#include "node/archive.h"

#include "node/folder.h"

#define BLOCK 512

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
	if (!bundle_path_ok(path)) /* Git keeps none like "/a.yaml" and "a//b.yaml" */
		return broken(tar);
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

bool
archive_read(str bytes, const char *revision, struct arena *arena, struct bundle *ret,
    struct err *err)
{
	struct bundle bundle = { .files = arena_new(arena, struct bundle_file,
				     BUNDLE_FILES_MAX) };
	struct tar of = { .rest = bytes,
		.revision = revision,
		.arena = arena,
		.bundle = &bundle,
		.err = err };
	struct tar *tar = &of;
	while (tar->rest.n >= BLOCK && tar->rest.p[0] != '\0') {
		if (!take_entry(tar))
			return false;
	}
	bundle_sort(&bundle);
	for (size_t i = 1; i < bundle.n; i++) {
		if (str_eq(bundle.files[i - 1].path, bundle.files[i].path))
			return broken(tar);
	}
	*ret = bundle;
	return true;
}

str
archive_missing(str paths, const struct bundle *bundle)
{
	while (paths.n > 0) {
		struct str_cut path = str_cut(paths, '\0');
		if (!is_hidden(path.head) && folder_wants(path.head) &&
		    bundle_find(bundle, path.head) == NULL)
			return path.head;
		paths = path.tail;
	}
	return (str){ 0 };
}
