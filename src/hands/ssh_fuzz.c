#include "hands/ssh_script.h"

#include "support/fuzz.h"

static bool
is_within(str part, str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* Any bytes as what a machine far away says: no more is believed than stands there. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str bytes = { (const char *)data, size }, output = { 0 };
	struct ssh_said said = ssh_script_read(bytes);
	ASSERT(is_within(said.text, bytes));
	ASSERT(said.code >= 0 && said.code <= 255);
	ASSERT(said.code == 0 || said.answer == SSH_DONE);
	if (said.answer != SSH_NOTHING)
		ASSERT(str_contains(bytes, STR("firstline-")));

	int code = 0;
	if (ssh_look_read(bytes, UINT64_C(0xfeed), &code, &output)) {
		ASSERT(code >= 0 && code <= 255 && is_within(output, bytes));
		/* With a mark of another look it is the end of none. */
		ASSERT(!ssh_look_read(bytes, UINT64_C(0xfeee), &code, &output));
	}
	return 0;
}
