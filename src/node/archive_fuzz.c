#include "node/archive.h"
#include "node/folder.h"
#include "support/fuzz.h"

/* Whatever is read goes into a bundle and comes out of it again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 1 << 20)
		return 0;
	struct arena_map map;
	struct arena arena = arena_map(&map, (size_t)32 << 20);
	struct bundle bundle, again;
	struct err err;
	str bytes = { (const char *)data, size };
	if (archive_read(bytes, "main", &arena, &bundle, &err)) {
		for (size_t i = 0; i < bundle.n; i++)
			ASSERT(folder_wants(bundle.files[i].path) &&
			       folder_path_plain(bundle.files[i].path));
		struct buf out = BUF(BUNDLE_BYTES_MAX);
		bundle_encode(&bundle, &out);
		str missing = archive_missing(bytes, &bundle);
		ASSERT(missing.n == 0 || bundle_find(&bundle, missing) == NULL);
		bool ok = bundle_decode(buf_str(&out), &arena, &again, &err);
		ASSERT(ok && again.n == bundle.n);
		buf_done(&out);
	}
	arena_unmap(&map);
	return 0;
}
