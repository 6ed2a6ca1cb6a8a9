#include "intake/twilio.h"

#include "support/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[1 << 20];
	static const struct hmac_sha1_key key;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct pairs params = { NULL, 77 };
	struct err err = { 0 };
	str body = { (const char *)data, size };
	bool ok = twilio_read(body, &arena, &params, &err);
	/* Every refusal explains itself and leaves the result alone. */
	ASSERT(ok || (err.text[0] != '\0' && params.n == 77));
	ASSERT(!ok || params.n <= TWILIO_PARAMS_MAX);
	for (size_t i = 1; ok && i < params.n; i++)
		ASSERT(str_cmp(params.p[i - 1].name, params.p[i].name) < 0);
	ASSERT(!ok || !twilio_signed(&key, STR("https://f.example/x"), &params, body));
	arena_release(memory, sizeof(memory));
	return 0;
}
