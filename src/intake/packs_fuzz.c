#include "intake/state.h"
#include "support/fuzz.h"

#define AT DAY

static str
encode(struct intake *intake, uint64_t id, struct arena *arena)
{
	struct pack pack = { .id = 0 };
	pack_touch(intake, pack_find(intake, id), 0);
	size_t n = intake_packs(intake, 7, &pack, 1, arena);
	ASSERT(n == 1 && pack.id == id && pack.body.n > 0);
	return pack.body;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[16 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err = { .kind = ERR_NONE };
	uint64_t id = size > 0 ? data[0] : 0;
	str body = { (const char *)data + (size > 0), size - (size > 0) };

	struct intake *intake = intake_new(100, 8 << 20, 1);
	bool ok = intake_load_pack(intake, id, body, AT, &err);
	ASSERT(ok == (err.kind == ERR_NONE));
	if (ok) {
		/* What is accepted is a table, and comes back as it was. */
		intake_check(intake);
		str once = encode(intake, id, &arena);
		struct intake *again = intake_new(100, 8 << 20, 2);
		ok = intake_load_pack(again, id, once, AT, &err);
		ASSERT(ok && intake_active(again) == intake_active(intake));
		ASSERT(str_eq(encode(again, id, &arena), once));
		intake_free(again);

		struct alerts_expired expired;
		ASSERT(
		    !intake_sweep(intake, AT + HORIZON_MIN_MS - 1, 100, &arena, &expired));
	}
	intake_free(intake);
	return 0;
}
