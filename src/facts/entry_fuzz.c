/* An entry of the journal that is accepted has this one form. */
#include "facts/effect.h"

#include "support/fuzz.h"

#define INPUT_MAX (64u * 1024)

static char memory[16 << 20];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	str in = { (const char *)data, size };
	struct arena arena = arena_over(memory, sizeof(memory));
	struct entry entry;
	struct err err = { .kind = ERR_NONE };
	bool ok = entry_decode(in, &arena, &entry, &err);
	ASSERT(ok == (err.kind == ERR_NONE));
	ASSERT(ok || err.text[0] != '\0');
	if (!ok)
		return 0;

	struct buf out = BUF(INPUT_MAX);
	entry_begin(&out, entry.seq, entry.step_n);
	for (size_t i = 0; i < entry.step_n; i++)
		entry_step(&out, &entry.step[i]);
	ASSERT(str_eq(buf_str(&out), in));
	buf_done(&out);
	return 0;
}
