#include "intake/slack.h"

#include "base/err.h"
#include "support/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[1 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct slack_press press = { .user = STR("unset") };
	struct err err = { 0 };
	if (size > SLACK_BODY_MAX)
		return 0;
	str body = { (const char *)data, size };
	bool ok = slack_read(body, &arena, &press, &err);
	/* Every refusal explains itself and leaves the result alone. */
	ASSERT(ok || (err.text[0] != '\0' && str_eq(press.user, STR("unset"))));
	ASSERT(!ok || str_starts(body, STR("payload=")));
	ASSERT(!slack_signed(STR("key"), STR("1"), body, body, 1000));
	arena_release(memory, sizeof(memory));
	return 0;
}
