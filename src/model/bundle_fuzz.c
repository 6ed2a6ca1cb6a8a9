/*
 * Bytes that decode are exactly what encoding them again writes; and whatever files they
 * hold are read to a model or to faults. A text that is no bundle is read as one file.
 */
#include "model/model.h"
#include "support/fuzz.h"

static void
load(struct bundle *bundle, size_t bytes)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, model_arena_bytes(bytes));
	struct diags diags;
	diags_init(&diags, &arena);
	hash32 hash = { { 0 } };
	struct model *m = model_load(bundle, &hash, &arena, &diags);
	ASSERT((m != NULL) == (diags.count == 0));
	struct buf text = BUF(1 << 20);
	diags_text(&text, &diags);
	ASSERT(str_utf8(buf_str(&text)));
	buf_done(&text);
	model_done(m);
	arena_unmap(&map);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[1 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	str bytes = { (const char *)data, size };
	struct bundle bundle;
	struct err err;
	if (!bundle_decode(bytes, &arena, &bundle, &err)) {
		struct bundle_file file = { STR("a.yaml"), bytes };
		bundle = (struct bundle){ &file, 1 };
		load(&bundle, size);
		return 0;
	}
	struct buf again = BUF(BUNDLE_BYTES_MAX);
	bundle_encode(&bundle, &again);
	ASSERT(str_eq(buf_str(&again), bytes));
	buf_done(&again);
	(void)model_zone_names(&bundle, &arena);
	load(&bundle, size);
	return 0;
}
