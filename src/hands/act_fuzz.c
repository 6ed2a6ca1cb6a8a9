/* Whatever is read as a request is written again as it was. */
#include "hands/act.h"
#include "support/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[4 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	str bytes = { (const char *)data, size };
	struct act_request request;
	struct buf again = BUF(ACT_REQUEST_MAX);
	struct err err;
	if (size > ACT_REQUEST_MAX || !act_request_read(bytes, &arena, &request, &err))
		return 0;
	ASSERT(request.kind > 0 && request.kind < ACTION_KIND_COUNT);
	record_encode(&act_request_type, &request, &again);
	ASSERT(str_eq(buf_str(&again), bytes));
	buf_done(&again);
	return 0;
}
