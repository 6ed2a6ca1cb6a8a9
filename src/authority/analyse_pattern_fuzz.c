/* The first line is a `like`, the rest a pattern: whatever is made is like it, and a value. */
#include "authority/analysing.h"
#include "support/fuzz.h"

static char memory[1 << 16];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str_cut cut = str_cut((str){ (const char *)data, size }, '\n');
	for (unsigned variant = 0; variant < 3; variant++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		str made;
		if (!pattern_text_made(cut.tail, cut.head, variant, &arena, &made))
			continue;
		ASSERT(made.n <= PARAM_VALUE_BYTES_MAX);
		ASSERT(like_matches(cut.head, made));
	}
	return 0;
}
