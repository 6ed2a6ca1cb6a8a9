#include "hands/notify.h"

#include "support/fuzz.h"

/* A status, and any bytes, as Slack's answer: a message is taken or it is said why not, and what
 * is told fits into a line. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[1 << 20];
	static const uint16_t statuses[] = { 200, 200, 200, 204, 400, 408, 429, 500 };
	if (size < 1 || size > sizeof(memory) / 4)
		return 0;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct notice_result result;
	slack_answer(statuses[data[0] % countof(statuses)],
	    (str){ (const char *)data + 1, size - 1 }, &arena, &result);
	ASSERT(result.delivered == (result.error.n == 0));
	ASSERT(!result.delivered || !result.permanent);
	ASSERT(str_utf8(result.error) && str_utf8(result.ref));
	ASSERT(result.delivered || result.ref.n == 0);
	arena_release(memory, sizeof(memory));
	return 0;
}
