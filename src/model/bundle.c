#include "model/bundle.h"

#include <stdlib.h>

#include "base/cbor.h"

static int
compare_paths(const void *a, const void *b)
{
	const struct bundle_file *x = a;
	const struct bundle_file *y = b;
	return str_cmp(x->path, y->path);
}

void
bundle_sort(struct bundle *bundle)
{
	if (bundle->n > 1)
		qsort(bundle->files, bundle->n, sizeof(*bundle->files), compare_paths);
}

void
bundle_encode(struct bundle *bundle, struct buf *out)
{
	bundle_sort(bundle);
	cbor_put_array(out, bundle->n);
	for (size_t i = 0; i < bundle->n; i++) {
		cbor_put_array(out, 2);
		cbor_put_text(out, bundle->files[i].path);
		cbor_put_bytes(out, bundle->files[i].bytes);
	}
}

bool
bundle_path_ok(str path)
{
	if (path.n == 0 || path.n > BUNDLE_PATH_MAX)
		return false;
	for (bool more = true; more;) {
		struct str_cut cut = str_cut(path, '/');
		if (cut.head.n == 0 || str_eq(cut.head, STR(".")) ||
		    str_eq(cut.head, STR("..")))
			return false;
		path = cut.tail;
		more = cut.found;
	}
	return true;
}

static bool
decode_file(struct cbor *in, const struct bundle_file *before, struct bundle_file *ret,
    struct err *err)
{
	size_t n;
	if (!cbor_array(in, &n) || !cbor_text(in, &ret->path) ||
	    !cbor_bytes(in, &ret->bytes))
		return err_set(err, ERR_CORRUPT, "bundle: %s",
		    in->error ? in->error : "not a bundle");
	if (n != 2 || !bundle_path_ok(ret->path))
		return err_set(err, ERR_CORRUPT, "bundle: a bad file name");
	if (before != NULL && str_cmp(before->path, ret->path) >= 0)
		return err_set(err, ERR_CORRUPT, "bundle: '%.*s' is out of order",
		    STR_ARG(ret->path));
	if (ret->bytes.n > BUNDLE_FILE_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "bundle: '%.*s' is over %u bytes",
		    STR_ARG(ret->path), BUNDLE_FILE_BYTES_MAX);
	return true;
}

bool
bundle_decode(str bytes, struct arena *arena, struct bundle *ret, struct err *err)
{
	if (bytes.n > BUNDLE_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "bundle: over %u bytes", BUNDLE_BYTES_MAX);
	struct cbor in;
	size_t n;
	cbor_open(&in, bytes);
	if (!cbor_array(&in, &n))
		return err_set(err, ERR_CORRUPT, "bundle: %s",
		    in.error ? in.error : "not a bundle");
	if (n > BUNDLE_FILES_MAX)
		return err_set(err, ERR_LIMIT, "bundle: over %d files", BUNDLE_FILES_MAX);

	struct bundle bundle = { arena_try(arena, struct bundle_file, n), n };
	if (bundle.files == NULL)
		return err_set(err, ERR_LIMIT, "bundle: no room for %zu files", n);
	for (size_t i = 0; i < n; i++)
		if (!decode_file(&in, i ? &bundle.files[i - 1] : NULL, &bundle.files[i],
			err))
			return false;
	if (!cbor_close(&in))
		return err_set(err, ERR_CORRUPT, "bundle: %s",
		    in.error ? in.error : "bytes after its end");
	*ret = bundle;
	return true;
}

const struct bundle_file *
bundle_find(const struct bundle *bundle, str path)
{
	size_t low = 0, high = bundle->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(bundle->files[middle].path, path);
		if (order == 0)
			return &bundle->files[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
