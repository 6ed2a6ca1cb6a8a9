#include "hands/promql.h"

#include "support/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[1 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct probe_result result = { 0 };
	if (size > sizeof(memory) / 4)
		return 0;
	promql_read((str){ (const char *)data, size }, &arena, &result);

	/* One of three, each with what belongs to it, and all of it fit to be sent on. */
	double number;
	switch (result.status) {
	case PROBE_OK:
		ASSERT(result.series > 0 && result.error.n == 0);
		ASSERT(str_double(result.value, &number) ||
		       str_ends(result.value, STR("Inf")));
		break;
	case PROBE_NO_DATA:
		ASSERT(result.value.n == 0 && result.error.n == 0);
		break;
	case PROBE_FAILED:
		ASSERT(result.value.n == 0 && result.error.n > 0);
		ASSERT(result.error.n <= 400 && str_utf8(result.error));
		break;
	}
	arena_release(memory, sizeof(memory));
	return 0;
}
